package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/ptytest"
)

// passphraseQuestion is "test --all" of several profiles of the encrypted file in a
// terminal, at the moment in which it waits for the passphrase.
type passphraseQuestion struct {
	*ptytest.Terminal
	t   *testing.T
	out bytes.Buffer // standard output
}

func newQuestion(t *testing.T) *passphraseQuestion {
	t.Helper()
	h := newHome(t)
	h.env["SMTPWIZ_PASSPHRASE"] = "correct horse"
	for _, name := range []string{"a", "b", "c"} {
		h.profile(name, "")
		h.keep(name)
	}
	delete(h.env, "SMTPWIZ_PASSPHRASE")
	q := &passphraseQuestion{t: t}
	cmd := h.command("test", "--all")
	cmd.Stdout = &q.out
	q.Terminal = ptytest.Start(t, cmd, ptytest.Usual, "half a pass")
	q.Hear("Passphrase of").WaitHidden()
	return q
}

// ends waits for the program, which has to have asked once.
func (q *passphraseQuestion) ends(status int) {
	q.t.Helper()
	q.End(status)
	if n := strings.Count(q.Written(), "Passphrase of"); n != 1 {
		q.t.Errorf("asked %d times:\n%s", n, q.Written())
	}
}

// The terminal is left as it was, also where several profiles wait, and the
// shell is not given half a passphrase.
func TestInterruptedQuestion(t *testing.T) {
	t.Parallel()
	for name, end := range endings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := newQuestion(t)
			q.Send("half a pass")
			end(q.Terminal)
			q.ends(130)
		})
	}
}

// endings are the ways to end the program from outside.
var endings = map[string]func(*ptytest.Terminal){
	"ctrl+c":  func(p *ptytest.Terminal) { p.Send("<ctrl+c>") },
	"SIGTERM": func(p *ptytest.Terminal) { p.Terminate() },
}

// A wrong answer is that of all profiles: nobody is asked again.
func TestWrongPassphraseIsAskedForOnce(t *testing.T) {
	t.Parallel()
	q := newQuestion(t)
	q.Send("wrong<enter>")
	if q.ends(2); bytes.Count(q.out.Bytes(), []byte("passphrase does not open")) != 3 {
		t.Errorf("it says\n%s", q.out.Bytes())
	}
}

// Ctrl-D answers nothing, and what was asked is named.
func TestEndOfInputAtAPassphrase(t *testing.T) {
	t.Parallel()
	q := newQuestion(t)
	q.Send("<ctrl+d>")
	if q.ends(2); !strings.Contains(q.out.String(), "not given: Passphrase of") {
		t.Errorf("it says\n%s", q.out.String())
	}
}

// The second line of a paste is neither taken nor left to the shell, and that is said.
func TestPasteOfTwoLinesAtAPassphrase(t *testing.T) {
	t.Parallel()
	q := newQuestion(t)
	q.Send("wrong<enter>half a pass").Hear("only the first line")
	q.ends(2)
}
