package preset

import (
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/presets"
)

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
		slipped := known[:2] + known[3:]
		if got, want := lib.NearestDomain(slipped), nearestOf(all, slipped); got != want {
			t.Errorf("%s is near %q, not %q", slipped, want, got)
		}
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

// A domain of nobody's decodes next to nothing.
func TestAroundIsSparing(t *testing.T) {
	t.Parallel()
	lib := New(presets.FS, "")
	if _, _, ok := lib.ByDomain("own.example"); ok || lib.NearestDomain("own.example") != "" {
		t.Error("own.example is known")
	}
	if read, all := len(lib.loaded), len(lib.Names()); read > all/4 {
		t.Errorf("%d of %d presets were decoded", read, all)
	}
}
