package preset

import (
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/presets"
)

var update = flag.Bool("update", false, "write the list of the presets' mail domains")

// TestDomainsList: a domain that is not in the list is not known.
func TestDomainsList(t *testing.T) {
	t.Parallel()
	ix := New(presets.FS, "").index()
	of := map[string][]string{}
	for domain, entries := range ix.domains {
		for _, e := range entries {
			of[e.preset.Name] = append(of[e.preset.Name], domain)
		}
	}
	var want strings.Builder
	for _, name := range slices.Sorted(maps.Keys(of)) {
		slices.Sort(of[name])
		fmt.Fprintln(&want, name, strings.Join(slices.Compact(of[name]), " "))
	}
	if *update {
		if err := os.WriteFile("../../presets/"+domainsFile, []byte(want.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got, err := fs.ReadFile(presets.FS, domainsFile); err != nil || string(got) != want.String() {
		t.Errorf("presets/%s is not what the presets say (%v): run go generate ./presets", domainsFile, err)
	}
}

// Looking at the files that mention a domain finds what looking at all of them
// does: for every domain there is, and for a slip of it.
func TestAroundFindsAll(t *testing.T) {
	t.Parallel()
	with := func(name, domain string) string {
		return strings.Replace(named(name), `domains = ["example.com"]`, `domains = ["`+domain+`"]`, 1)
	}
	lib := New(presets.FS, userDir(t, map[string]string{
		"plain.toml": with("plain", "plain.example"), "escaped.toml": with("escaped", `esc\u0061ped.example`),
	}))
	all := lib.index().domains
	for _, own := range []string{"plain.example", "escaped.example"} {
		if len(all[own]) == 0 {
			t.Errorf("no preset has %s", own)
		}
	}
	for known, entries := range all {
		p, region, ok := lib.ByDomain(known)
		if !ok || p != entries[0].preset || region != entries[0].region {
			t.Errorf("%s: %v %q %v", known, p, region, ok)
		}
		name, _, _ := strings.Cut(known, ".")
		for _, slipped := range []string{known[:2] + known[3:], known + "x", name} {
			if got, want := lib.NearestDomain(slipped), nearestOf(all, slipped); got != want {
				t.Errorf("%s is near %q, not %q", slipped, want, got)
			}
		}
	}
}

// The user's own file takes a built-in one's place, with all its domains.
func TestAroundKnowsWhatIsReplaced(t *testing.T) {
	t.Parallel()
	lib := New(presets.FS, userDir(t, map[string]string{"gmail.toml": named("gmail")}))
	if p, _, ok := lib.ByDomain("gmail.com"); ok {
		t.Errorf("gmail.com is known from %s", p.Origin)
	}
	if meant := lib.NearestDomain("gmial.com"); meant != "" {
		t.Errorf("gmial.com is near %s", meant)
	}
}

// nearestOf is NearestDomain over all there is.
func nearestOf(all map[string][]entry, domain string) string {
	if _, ok := all[domain]; ok || realNeighbour(domain) {
		return ""
	}
	best := ""
	for k := range all {
		if slip(domain, k) && (best == "" || k < best) {
			best = k
		}
	}
	return best
}

// A domain of nobody's decodes nothing.
func TestAroundIsSparing(t *testing.T) {
	t.Parallel()
	lib := New(presets.FS, "")
	if _, _, ok := lib.ByDomain("own.example"); ok || lib.NearestDomain("own.example") != "" {
		t.Error("own.example is known")
	}
	if len(lib.loaded) > 0 {
		t.Errorf("%d presets were decoded", len(lib.loaded))
	}
}
