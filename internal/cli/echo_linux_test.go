package cli

import (
	"bytes"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// passphraseQuestion is "test --all" of several profiles of the encrypted file in a
// terminal, at the moment in which it waits for the passphrase.
type passphraseQuestion struct {
	t             *testing.T
	cmd           *exec.Cmd
	master, slave *os.File
	out, shown    bytes.Buffer // standard output; what the terminal shows
	reading       sync.WaitGroup
}

func newQuestion(t *testing.T) *passphraseQuestion {
	t.Helper()
	h := newHome(t)
	h.env["SMTPWIZ_PASSPHRASE"] = "correct horse"
	for _, name := range []string{"a", "b", "c"} {
		h.profile(name, "")
		h.stdin = h.password()
		h.run(0, "secret", "set", name, "--secret-store", "file", "--password-stdin")
	}
	delete(h.env, "SMTPWIZ_PASSPHRASE")
	q := &passphraseQuestion{t: t, cmd: h.command("test", "--all")}
	var err error
	if q.master, q.slave, err = pty.Open(); err != nil {
		t.Fatal(err)
	}
	stop := time.AfterFunc(time.Minute, func() { _ = q.cmd.Process.Kill() }) // or it would wait for ever
	t.Cleanup(func() { stop.Stop() })
	q.cmd.Stdin, q.cmd.Stdout, q.cmd.Stderr = q.slave, &q.out, q.slave
	if err := q.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	q.reading.Go(func() { _, _ = q.shown.ReadFrom(q.master) })
	for end := time.Now().Add(time.Minute); q.echoes(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nothing was asked")
		}
	}
	return q
}

// end waits for the program, which has to have asked once, and returns its status.
func (q *passphraseQuestion) end() int {
	q.t.Helper()
	_ = q.cmd.Wait()
	if !q.echoes() {
		q.t.Error("the terminal does not echo any more")
	}
	q.slave.Close()
	q.master.Close()
	q.reading.Wait()
	if n := bytes.Count(q.shown.Bytes(), []byte("Passphrase of")); n != 1 {
		q.t.Errorf("asked %d times:\n%s", n, q.shown.Bytes())
	}
	return q.cmd.ProcessState.ExitCode()
}

func (q *passphraseQuestion) echoes() bool {
	q.t.Helper()
	state, err := unix.IoctlGetTermios(int(q.slave.Fd()), unix.TCGETS)
	if err != nil {
		q.t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

// Ctrl-C leaves the terminal as it was, also where several profiles wait.
func TestInterruptedQuestionKeepsEcho(t *testing.T) {
	t.Parallel()
	q := newQuestion(t)
	if err := q.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if status := q.end(); status != 130 {
		t.Errorf("status %d", status)
	}
}

// A wrong answer is that of all profiles: nobody is asked again.
func TestWrongPassphraseIsAskedForOnce(t *testing.T) {
	t.Parallel()
	q := newQuestion(t)
	if _, err := q.master.WriteString("wrong\n"); err != nil {
		t.Fatal(err)
	}
	if status := q.end(); status != 2 || bytes.Count(q.out.Bytes(), []byte("passphrase does not open")) != 3 {
		t.Errorf("status %d:\n%s", status, q.out.Bytes())
	}
}
