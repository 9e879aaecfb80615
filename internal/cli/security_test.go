package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Each promise of docs/security.md names tests, and all of them exist.
func TestSecurityPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	_, promises, _ := strings.Cut(string(page), "## Promises")
	promises, _, found := strings.Cut(promises, "## What is not promised")
	if !found {
		t.Fatal("the page has no promises, or says nothing of what is not promised")
	}
	named := regexp.MustCompile("`([a-z]+)\\.((?:Test|Fuzz)[A-Za-z0-9]+)`")
	count := 0
	for line := range strings.Lines(promises) {
		cells := strings.Split(line, " | ")
		if len(cells) != 2 || strings.HasPrefix(line, "| promise") || strings.HasPrefix(line, "| ---") || strings.HasPrefix(line, "| **") {
			continue
		}
		count++
		tests := named.FindAllStringSubmatch(cells[1], -1)
		if len(tests) == 0 {
			t.Errorf("nothing holds %q", cells[0])
		}
		if rest := strings.Trim(named.ReplaceAllString(cells[1], ""), " |\n"); rest != "" {
			t.Errorf("%q is no test", rest)
		}
		for _, test := range tests {
			if !strings.Contains(testsOf(t, test[1]), "\nfunc "+test[2]+"(") {
				t.Errorf("%s is not there, which holds %q", test[0], cells[0])
			}
		}
	}
	if count < 20 {
		t.Errorf("only %d promises were read", count)
	}
}

// testsOf is the source of a room's tests.
func testsOf(t *testing.T, room string) string {
	t.Helper()
	files, err := filepath.Glob("../" + room + "/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// A secret is never a flag's value: every list of processes shows that.
func TestNoFlagTakesASecret(t *testing.T) {
	t.Parallel()
	d := quietDeps()
	secrets := regexp.MustCompile(`pass|secret|token|credential|key$`)
	elsewhere := regexp.MustCompile(`-(stdin|file|command|store)$|^client-key$|^keep-password$`)
	seen := 0
	var look func(cmd *cobra.Command)
	look = func(cmd *cobra.Command) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			seen++
			if secrets.MatchString(f.Name) && !elsewhere.MatchString(f.Name) && f.Value.Type() != "bool" {
				t.Errorf("%s --%s takes a secret", cmd.CommandPath(), f.Name)
			}
		})
		for _, sub := range cmd.Commands() {
			look(sub)
		}
	}
	look(newRootCmd(d, nil))
	if seen < 100 {
		t.Errorf("only %d flags were seen", seen)
	}
}

// What reads a preset, a profile or another program's file cannot run anything
// that stands in it: these rooms alone start programs, and cli hands no command
// to them but the user's own.
func TestOnlyTheseRoomsRunPrograms(t *testing.T) {
	t.Parallel()
	rooms := []string{"internal/bridge", "internal/ptytest", "internal/secret", "internal/support"}
	for _, p := range list(t) {
		room := strings.TrimPrefix(p.ImportPath, module)
		if slices.Contains(p.Imports, "os/exec") && !slices.Contains(rooms, room) {
			t.Errorf("%s starts programs", room)
		}
	}
	for _, room := range []string{"preset", "profile", "settings", "export", "diagnose", "wizard"} {
		for _, p := range list(t) {
			if p.ImportPath == module+"internal/"+room && slices.Contains(p.Deps, "os/exec") {
				t.Errorf("internal/%s can start programs by way of another package", room)
			}
		}
	}
}
