//go:build linux

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/ptytest"
)

// everyPage is a walk over as many kinds of pages as there are.
var everyPage = []step{
	address("you@example.com"),
	{"offer", "Which offer is it?", "<down><enter>"},
	{"server", "Which is your server?", "2<enter>"},
	password(loginWord),
	{"refused", "The login was refused", "m"},
	{"change", "Change what you like", "<esc>"},
	{"refused again", "The login was refused", "t"},
	{"transcript", "Transcript", "<enter>"},
	{"refused once more", "The login was refused", "<enter>"},
	password(zohoWord),
	{"no keyring", "Will a script use this without you?", "y"},
	{"place", "Where should the password rest?", "<down><enter>"},
	{"command", "Which command prints the password?", "pass show mail<enter>"},
	{"save", "Save as", ""},
}

// On every page Ctrl-C and SIGTERM end the program with status 130; nothing
// was written, and the terminal is as it was.
func TestWalkEndsOnEveryPage(t *testing.T) {
	t.Parallel()
	for name, end := range endings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i, last := range everyPage {
				t.Run(last.title, func(t *testing.T) {
					p := newPlace(t, "example.com MX 1 mx1.mail.ovh.net.").
						serve("pro2.mail.ovh.net:587", []string{opening + upgrade + refuses, opening + upgrade + takes}[:min(1+i/10, 2)]...) // a second try goes before page 10
					at := emptyHome(t)
					w := sit(t, ptytest.Usual, program(t, at, p.world, []string{p.trust(at)}, "setup"))
					for _, st := range everyPage[:i] {
						w.See(st.sees).Send(st.keys)
					}
					w.See(last.sees)
					end(w)
					w.End(130)
					if got := files(t, at); got != nil {
						t.Errorf("it wrote %v", got)
					}
					if !strings.Contains(w.Left(), "nothing was saved") {
						t.Errorf("it does not tell that nothing was saved:\n%s", w.Left())
					}
				})
			}
		})
	}
}

// From every page back, and on again without typing anything anew: it comes to
// the same end.
func TestWalkBackFromEveryPage(t *testing.T) {
	t.Parallel()
	again := map[string]string{"address": "<enter><enter>", "passphrase": walks["ssh"].steps[3].keys, "certificate": "y"}
	for _, name := range []string{"gmail", "ovh", "ssh", "unknown"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := walks[name]
			p := w.place(t)
			at, env := w.furnish(t, p)
			person := sit(t, ptytest.Usual, program(t, at, p.world, env, "setup"))
			for i, st := range w.steps {
				if person.See(st.sees); i > 0 {
					before := w.steps[i-1]
					person.Send("<back>").See(before.sees)
					if answer, _, ok := strings.Cut(before.keys, "<"); ok {
						person.See(answer) // it is kept
					}
					keys := again[before.title]
					if keys == "" {
						keys = "<enter>"
					}
					person.Send(keys).See(st.sees)
				}
				person.Send(st.keys)
			}
			person.End(0)
			w.sent = p.passwords() // tried once more after the way back from what came behind
			w.check(t, p, at)
			for _, got := range w.sent {
				if got != walks[name].sent[0] {
					t.Errorf("password %q was sent", got)
				}
			}
		})
	}
}

func TestWalkResizes(t *testing.T) {
	t.Parallel()
	p := atGmail(t)
	at := emptyHome(t)
	w := sit(t, ptytest.Usual, program(t, at, p.world, []string{p.trust(at)}, "setup", "--secret-store", "none"))
	w.See("Which address").Send("you@gmail.com<enter>")
	w.See("Your name:")
	w.Resize(ptytest.Narrow)
	w.See("[shift+tab] back").Send("张伟 आदित्य<enter>")
	w.See("20 more lines")
	w.Resize(ptytest.Size{Columns: 10, Rows: 3}).Resize(ptytest.Size{Columns: 120, Rows: 40})
	w.See("One test mail goes to you@gmail.com. Nothing is saved yet.").Send("<paste>" + spacedWord + "</paste>")
	w.See("19 characters").Send("<enter>")
	w.See("Save as").Send("<enter>")
	w.End(0)
	config, err := os.ReadFile(filepath.Join(at, "config/smtpwiz/config.toml"))
	if err != nil || !strings.Contains(string(config), "张伟 आदित्य") {
		t.Errorf("%v, the name is not in\n%s", err, config)
	}
}

// A paste with line ends answers one question, and shows nothing of what was
// meant for another; keys that come early decide nothing.
func TestWalkPastes(t *testing.T) {
	t.Parallel()
	p := atGmail(t)
	at := emptyHome(t)
	w := sit(t, ptytest.Usual, program(t, at, p.world, []string{p.trust(at)}, "setup", "--secret-store", "none"))
	w.See("Which address").Send("<paste>you@gmail.com\r\n" + loginWord + "\n</paste>")
	w.See("Only the first line of the pasted text was taken.").Send("<enter><enter>\r")
	w.See("Google app password:").Send("<paste>" + spacedWord + "\n</paste>\ry")
	w.See("Save as").Send("<enter>")
	w.End(0)
	if got := p.passwords(); len(got) != 1 || got[0] != googleWord {
		t.Errorf("passwords %q", got)
	}
}
