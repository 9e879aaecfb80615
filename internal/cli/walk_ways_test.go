//go:build linux

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
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
	ways := map[string]func(*walker){
		"ctrl+c":  func(w *walker) { w.send("<ctrl+c>") },
		"SIGTERM": func(w *walker) { _ = w.cmd.Process.Signal(syscall.SIGTERM) },
	}
	for name, end := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i, last := range everyPage {
				t.Run(last.title, func(t *testing.T) {
					p := newPlace(t, "example.com MX 1 mx1.mail.ovh.net.").
						serve("pro2.mail.ovh.net:587", []string{opening + upgrade + refuses, opening + upgrade + takes}[:min(1+i/10, 2)]...) // a second try goes before page 10
					at := emptyHome(t)
					w := sit(t, usual, at, program(t, at, p.world, []string{p.trust(at)}, "setup"))
					for _, st := range everyPage[:i] {
						w.see(st.sees).send(st.keys)
					}
					w.see(last.sees)
					end(w)
					w.end(130)
					if got := files(t, at); got != nil {
						t.Errorf("it wrote %v", got)
					}
					if !strings.Contains(w.left(), "nothing was saved") {
						t.Errorf("it does not tell that nothing was saved:\n%s", w.left())
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
			person := sit(t, usual, at, program(t, at, p.world, env, "setup"))
			for i, st := range w.steps {
				if person.see(st.sees); i > 0 {
					before := w.steps[i-1]
					person.send("<back>").see(before.sees)
					if answer, _, ok := strings.Cut(before.keys, "<"); ok {
						person.see(answer) // it is kept
					}
					keys := again[before.title]
					if keys == "" {
						keys = "<enter>"
					}
					person.send(keys).see(st.sees)
				}
				person.send(st.keys)
			}
			person.end(0)
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
	w := sit(t, usual, at, program(t, at, p.world, []string{p.trust(at)}, "setup", "--secret-store", "none"))
	resize := func(s size) {
		w.mu.Lock()
		w.screen.Resize(s.columns, s.rows)
		w.mu.Unlock()
		if err := pty.Setsize(w.line, &pty.Winsize{Rows: uint16(s.rows), Cols: uint16(s.columns)}); err != nil {
			t.Fatal(err)
		}
	}
	w.see("Which address").send("you@gmail.com<enter>")
	w.see("Your name:")
	resize(narrow)
	w.see("[shift+tab] back").send("张伟 आदित्य<enter>")
	w.see("20 more lines")
	resize(size{10, 3})
	resize(size{120, 40})
	w.see("One test mail goes to you@gmail.com. Nothing is saved yet.").send("<paste>" + spacedWord + "</paste>")
	w.see("19 characters").send("<enter>")
	w.see("Save as").send("<enter>")
	w.end(0)
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
	w := sit(t, usual, at, program(t, at, p.world, []string{p.trust(at)}, "setup", "--secret-store", "none"))
	w.see("Which address").send("<paste>you@gmail.com\r\n" + loginWord + "\n</paste>")
	w.see("Only the first line of the pasted text was taken.").send("<enter><enter>\r")
	w.see("Google app password:").send("<paste>" + spacedWord + "\n</paste>\ry")
	w.see("Save as").send("<enter>")
	w.end(0)
	if got := p.passwords(); len(got) != 1 || got[0] != googleWord {
		t.Errorf("passwords %q", got)
	}
}
