//go:build linux

package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/ptytest"
)

// detours are walks to the pages that the others do not come by.
var detours = map[string]walk{
	"slip": {
		place: atGmail, keyring: true,
		steps: []step{
			address("you@gmial.com"),
			{"slip", "Did you mean", "<enter>"},
			password(loginWord),
			{"doubt", "A Google app password has 16 letters.", "t"},
			save,
		},
		sent: []string{loginWord}, saved: []string{`"you@gmail.com"`},
	},
	"line end": {
		place: atZoho, keyring: true,
		steps: []step{
			address("you@example.com"), password(zohoWord + "\n"),
			{"doubt", "begins or ends with a space or line end", "<enter>"},
			{"refused", "The login was refused", "r"},
			{"region", "Change the region", "<enter>"},
			{"refused again", "The login was refused", "<enter>"},
			password(zohoWord), save,
		},
		sent: []string{zohoWord, zohoWord}, saved: []string{`preset = "zoho-pro"`},
	},
	"confirm": {
		place: func(t *testing.T) *place {
			return newPlace(t, "example.com MX 10 mx.example.com.", "_submissions._tcp.example.com SRV 0 0 465 mail.elsewhere.example.").
				serve("mail.elsewhere.example:465", opening+"tls"+hello+takes)
		},
		keyring: true,
		steps: []step{
			address("you@example.com"),
			{"confirm", "the right server?", "y"},
			password(loginWord), save,
		},
		sent: []string{loginWord}, saved: []string{`"mail.elsewhere.example"`},
	},
	"warning": {
		place:  func(t *testing.T) *place { return newPlace(t) },
		steps:  []step{address("you@outlook.com"), {"warning", "Outlook.com and passwords", "<enter>"}, {"token", "Microsoft sign-in token:", "<ctrl+c>"}},
		status: 130,
	},
	"no bridge": {
		place: func(t *testing.T) *place { return newPlace(t) },
		steps: []step{
			address("you@proton.me"),
			{"no bridge", "Proton Mail Bridge is not on this computer", "t"},
			{"port", "Change the port", "<ctrl+c>"},
		},
		status: 130,
	},
	"own": {
		args: []string{"--host", "127.0.0.1", "--port", "465"},
		place: func(t *testing.T) *place {
			return newPlace(t).serveAs("127.0.0.1:465", bridgeCertificate(t), opening+"tls refused", opening+"tls"+hello+takes)
		},
		keyring: true,
		steps: []step{
			address("you@example.com"), password(loginWord),
			{"untrusted", "signed its certificate itself", "<enter>"},
			{"trust", "Trust the certificate", "y"},
			save,
		},
		sent: []string{loginWord}, saved: []string{"tls_fingerprint"},
	},
	"ovh": {
		place: func(t *testing.T) *place {
			return newPlace(t, "example.com MX 1 mx1.mail.ovh.net.").
				serve("pro2.mail.ovh.net:587", opening+upgrade+refuses, opening+upgrade+takes)
		},
		steps: []step{
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
			{"command", "Which command prints the password?", printsZoho + "<enter>"},
			save,
		},
		sent: []string{loginWord, zohoWord}, saved: []string{`"` + printsZoho + `"`},
	},
}

// TestDetours goes them to their end.
func TestDetours(t *testing.T) {
	t.Parallel()
	for name, w := range detours {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, at, person := w.sit(t)
			for _, st := range w.steps {
				person.See(st.sees).Send(st.keys)
			}
			person.End(w.status)
			w.check(t, p, at)
		})
	}
}

// start makes the place of a walk.
func (w walk) start(t *testing.T) *place {
	p := w.place(t)
	for _, srv := range p.servers {
		if w.cut {
			srv.MayEndEarly()
		}
	}
	return p
}

// sit starts a walk on the usual screen.
func (w walk) sit(t *testing.T, flags ...string) (p *place, at string, person *ptytest.Terminal) {
	p = w.start(t)
	at, env := w.furnish(t, p)
	args := slices.Concat([]string{"setup"}, w.args, flags)
	return p, at, sit(t, ptytest.Usual, program(t, at, p.world, env, args...))
}

// everyPage is each page of all walks once: the shortest way to it, with the page last.
func everyPage() map[string]walk {
	ways := map[string]walk{}
	for _, all := range []map[string]walk{walks, detours} {
		for _, w := range all {
			for i, st := range w.steps {
				if known, ok := ways[st.sees]; !ok || len(known.steps) > i+1 {
					short := w
					short.steps, short.cut, short.sent = w.steps[:i+1], true, nil
					ways[st.sees] = short
				}
			}
		}
	}
	return ways
}

// On every page Ctrl-C and SIGTERM end the program with status 130; nothing
// was written, and the terminal is as it was.
func TestWalkEndsOnEveryPage(t *testing.T) {
	t.Parallel()
	for page, w := range everyPage() {
		for name, end := range endings {
			t.Run(name+" at "+page, func(t *testing.T) {
				t.Parallel()
				_, at, person := w.sit(t)
				last := len(w.steps) - 1
				for _, st := range w.steps[:last] {
					person.See(st.sees).Send(st.keys)
				}
				person.See(page)
				end(person)
				person.End(130)
				if got := files(t, at); got != nil {
					t.Errorf("it wrote %v", got)
				}
				if !strings.Contains(person.Left(), "nothing was saved") {
					t.Errorf("it does not tell that nothing was saved:\n%s", person.Left())
				}
			})
		}
	}
}

// So they do while it tries, and Esc goes back to the password, which is kept.
func TestWalkEndsWhileTrying(t *testing.T) {
	t.Parallel()
	silent := walk{place: walks["blocked"].place, steps: walks["blocked"].steps[:2]}
	for name, end := range endings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, stopped := range []bool{false, true} {
				_, at, person := silent.sit(t)
				for _, st := range silent.steps {
					person.See(st.sees).Send(st.keys)
				}
				person.See("Trying smtp.gmail.com").See("[esc] stop")
				if stopped {
					person.Send("<esc>").See("characters typed before")
				}
				end(person)
				person.End(130)
				if got := files(t, at); got != nil {
					t.Errorf("it wrote %v", got)
				}
			}
		})
	}
}

// From the end back to the beginning and on again, without typing anything anew:
// it comes to the same end.
func TestWalkBackAndOn(t *testing.T) {
	t.Parallel()
	again := map[string]string{"address": "<enter><enter>", "passphrase": walks["ssh"].steps[3].keys}
	for _, name := range []string{"gmail", "ovh", "ssh", "unknown"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := walks[name]
			p, at, person := w.sit(t)
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

// From every page both keys go back to the page before, where the answer is kept.
func TestWalkBackFromEveryPage(t *testing.T) {
	t.Parallel()
	for page, w := range everyPage() {
		last := len(w.steps) - 1
		if last == 0 {
			continue
		}
		before := w.steps[last-1]
		if w.steps[last].title == "login again" {
			before = w.steps[0] // a refusal is nothing to come back to
		}
		for _, key := range []string{"<back>", "<esc>"} {
			if page == "Change what you like" && key == "<back>" {
				continue // goes to the question before, of which there are many
			}
			t.Run(key+" from "+page, func(t *testing.T) {
				t.Parallel()
				_, _, person := w.sit(t)
				for _, st := range w.steps[:last] {
					person.See(st.sees).Send(st.keys)
				}
				person.See(page).Send(key).See(before.sees)
				if answer, _, ok := strings.Cut(before.keys, "<"); ok {
					person.See(answer)
				}
				person.Send("<ctrl+c>").End(130)
			})
		}
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
	w.See("Without the spaces between the groups: 16 characters").Send("<enter>")
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
