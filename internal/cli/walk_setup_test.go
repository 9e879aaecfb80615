//go:build linux

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/ptytest"
)

// A demonstration's certificate for another name: the name that it is for leads
// to the same server, and nothing is kept of it all.
func TestWalkDemoOfAnotherName(t *testing.T) {
	t.Parallel()
	for _, more := range [][]string{nil, {"--preset", "zoho"}} {
		at := emptyHome(t)
		w := sit(t, ptytest.Usual, program(t, at, world{Demo: true}, nil, append([]string{"setup", "--demo=cert_name_mismatch"}, more...)...))
		w.See("This is a demonstration.").Send("<enter><enter>")
		w.See("[ctrl+e] change").Send("<enter>")
		w.See("[enter] use the name mail.other.test").Send("<enter>")
		w.See("Is this the name of your server?").Send("<enter>")
		w.See("Works.").See("Nothing of this demonstration is kept.").See("[enter] end the demonstration").Send("<esc>")
		w.See("Is this the name of your server?").Send("<esc>")
		w.See("[enter] use the name mail.other.test").Send("<enter>")
		w.See("Is this the name of your server?").Send("<enter>")
		w.See("[enter] end the demonstration").Send("<enter>")
		w.End(0)
		if left := w.Left(); !strings.Contains(left, "mail.other.test, port") || !strings.Contains(left, "nothing was kept") {
			t.Errorf("it leaves\n%s", left)
		}
		if got := files(t, at); got != nil {
			t.Errorf("it wrote %v", got)
		}
	}
}

// A failure's support case goes into a new file, for the user alone, and beside
// the one that is there.
func TestWalkWritesTheSupportCase(t *testing.T) {
	t.Parallel()
	p := newPlace(t).serve("smtp.gmail.com:465", opening+"tls"+hello+refuses)
	at := emptyHome(t)
	first := filepath.Join(at, "smtpwiz-report.md")
	if err := os.WriteFile(first, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := sit(t, ptytest.Usual, program(t, at, p.world, []string{p.trust(at), "PATH=" + at}, "setup", "you@gmail.com", "--helo", "laptop.example"))
	w.See("[ctrl+e] change").Send("<paste>" + googleWord + "</paste><enter>")
	w.See("The login was refused").Send("w")
	w.See("The report is in").See("smtpwiz-report-2.md").Send("q")
	w.End(7)
	if text, err := os.ReadFile(first); err != nil || string(text) != "mine" {
		t.Errorf("the file that was there is %q, %v", text, err)
	}
	second := filepath.Join(at, "smtpwiz-report-2.md")
	info, err := os.Stat(second)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	text, err := os.ReadFile(second)
	if err != nil {
		t.Fatal(err)
	}
	noSecrets(t, string(text))
	for _, has := range []string{
		"# Sending through smtp.gmail.com port 465 (ssl) fails at auth", "535 Authentication Failed", "username        you@gmail.com  (setup)",
		"helo            laptop.example  (flag --helo)", "FAIL auth", "## Transcript", "EHLO laptop.example", "192.0.2.1", "## Route",
	} {
		if !strings.Contains(string(text), has) {
			t.Errorf("the case has no %q:\n%s", has, text)
		}
	}
}

// The passphrase of a saved password is asked on a page, once that password is
// wanted; where nobody can be asked it is all that is missing.
func TestWalkOpensTheSavedPassword(t *testing.T) {
	t.Parallel()
	a := newAlone(t, atGmail(t))
	a.runs(0, everything...)
	_, talk := a.runs(2, "setup", "work", "--yes")
	if !strings.Contains(talk, "answers are missing: SMTPWIZ_PASSPHRASE, --passphrase-file or SMTPWIZ_KEY_FILE\n") {
		t.Errorf("it says\n%s", talk)
	}
	a.write("other", "another one\n")
	if _, talk := a.runs(2, "setup", "work", "--yes", "--passphrase-file", "other"); !strings.Contains(talk, "this passphrase does not open") {
		t.Errorf("it says\n%s", talk)
	}
	w := sit(t, ptytest.Usual, program(t, a.at, a.p.world, []string{a.p.trust(a.at)}, "setup", "work"))
	w.See("Which address will send the mail?").Send("<enter><enter>")
	w.See("leave it empty for the saved one").Send("<enter>")
	w.See("The passphrase of the encrypted file").Send("<paste>another one</paste><enter>")
	w.See("cannot be read: this passphrase does not open").Send("<paste>" + passphrase + "</paste><enter>")
	w.See("Save as “work”").Send("<enter>")
	w.End(0)
	if strings.Contains(w.Written(), "it is not shown") {
		t.Errorf("it asked beside the pages:\n%s", w.Written())
	}
	if got := a.p.passwords(); len(got) != 2 || got[1] != spacedWord[:4] {
		t.Errorf("passwords %q were sent", got)
	}
}

// What is missing has its reason.
func TestSetupAloneTellsWhyAStoreIsMissing(t *testing.T) {
	t.Parallel()
	a := newAlone(t, newPlace(t))
	_, talk := a.runs(2, "setup", "you@gmail.com", "--yes", "--password-file", "pw")
	for _, says := range []string{"answers are missing: --secret-store\n", "no D-Bus session", "--secret-store file (encrypted), command (yours prints it), or none"} {
		if !strings.Contains(talk, says) {
			t.Errorf("it does not say %q:\n%s", says, talk)
		}
	}
}

// A slip that is near a profile and a preset of one name is asked about once.
func TestSetupAsksOnceWhatWasMeant(t *testing.T) {
	t.Parallel()
	a := newAlone(t, atGmail(t))
	a.runs(0, append(everything[:len(everything)-1:len(everything)-1], "gmail")...)
	for _, mode := range [][]string{nil, {"--accessible"}} {
		if _, talk := a.runs(2, append([]string{"setup", "gmial"}, mode...)...); strings.Count(talk, "did you mean gmail?") != 1 {
			t.Errorf("it says\n%s", talk)
		}
	}
}

// In lines, the domain that does not exist is told once.
func TestLinesTellOfTheDomainOnce(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	at := emptyHome(t)
	l := listen(t, program(t, at, p.world, []string{p.trust(at)}, "setup", "you@gmail.co", "--accessible"))
	l.hear("? for the list): ").say("2", "2")
	l.hear("? for the list): ").say("!", "!")
	said := l.end(130)
	if n := strings.Count(said, "DNS knows no domain"); n != 1 || !strings.Contains(said, "Who runs the mail of gmail.co?") {
		t.Errorf("it is told %d times:\n%s", n, said)
	}
}
