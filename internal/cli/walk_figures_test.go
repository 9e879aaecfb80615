//go:build linux

package cli

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// figures are the walks of docs/walks.md, in its order.
var figures = []struct{ walk, title string }{
	{"gmail", "Gmail, a new app password with its spaces"},
	{"gmail-given", "the same, begun with `smtpwiz setup you@gmail.com`"},
	{"ovh-srv", "OVH Email Pro, its autodiscover record there"},
	{"ovh", "OVH Email Pro without that record"},
	{"zoho", "Zoho organisation in Europe with a second factor: first the login password, then an app password"},
	{"bridge", "Proton Mail Bridge moved to port 1026, its certificate confirmed"},
	{"ssh", "Gmail over ssh, no keyring: an encrypted file with a passphrase"},
	{"unknown", "own domain whose host nobody knows"},
	{"othername", "own server with a certificate for another name"},
	{"blocked", "Gmail, both ports blocked: saved untested"},
}

// The figures in the documentation are those of the walks above, counted.
func TestWalkFigures(t *testing.T) {
	t.Parallel()
	const (
		path  = "../../docs/walks.md"
		begin = "<!-- counted: go test ./internal/cli -run Figures -update -->\n"
		end   = "<!-- end -->"
	)
	table := "| walk | pages | answers | keystrokes |\n|---|---:|---:|---:|\n"
	for _, f := range figures {
		keys, answers := 0, 0
		for _, st := range walks[f.walk].steps {
			k, a := strokes(st.keys)
			keys, answers = keys+k, answers+a
		}
		table += fmt.Sprintf("| %s | %d | %d | %d |\n", f.title, len(walks[f.walk].steps), answers, keys)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	kept, after, closed := strings.Cut(rest, end)
	switch {
	case !ok || !closed:
		t.Fatalf("%s has no place for the figures", path)
	case kept == table:
	case *update:
		if err := os.WriteFile(path, []byte(before+begin+table+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s has\n%s\nand counted is\n%s", path, kept, table)
	}
}
