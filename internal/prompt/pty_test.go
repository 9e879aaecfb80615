//go:build linux

package prompt

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/creack/pty"
	"golang.org/x/term"
)

// patient is how long a screen may take on a busy machine; nothing waits for it
// where all is well.
const patient = 20 * time.Second

// session is the helper in a terminal, with all that it wrote.
type session struct {
	t        *testing.T
	cmd      *exec.Cmd
	terminal *os.File // our end
	line     *os.File // the program's end, kept open to look at its state

	mu   sync.Mutex
	news *sync.Cond
	out  bytes.Buffer
	seen int // what was waited for already
}

func begin(t *testing.T, mode string, env ...string) *session {
	t.Helper()
	terminal, line, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	s := &session{t: t, terminal: terminal, line: line}
	s.news = sync.NewCond(&s.mu)
	if err := pty.Setsize(line, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	s.cmd = exec.Command(os.Args[0])
	s.cmd.Env = append([]string{"PROMPT_HELPER=" + mode, "TERM=xterm-256color", "LANG=C.UTF-8"}, env...)
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = line, line, line
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		_, _ = s.cmd.Process.Wait()
		_, _ = terminal.Close(), line.Close()
	})
	before := s.state()
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go s.read()
	t.Cleanup(func() {
		if after := s.state(); after != before {
			t.Errorf("the terminal was left in another state:\n%+v\n%+v", before, after)
		}
	})
	return s
}

func (s *session) read() {
	buf := make([]byte, 4096)
	for {
		n, err := s.terminal.Read(buf)
		s.mu.Lock()
		s.out.Write(buf[:n])
		s.news.Broadcast()
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// state is the terminal's, as the program has set it.
func (s *session) state() term.State {
	state, err := term.GetState(int(s.line.Fd()))
	if err != nil {
		s.t.Fatal(err)
	}
	return *state
}

// waitFor waits until the text was written after what was waited for before.
func (s *session) waitFor(text string) *session {
	s.t.Helper()
	s.waitUntil(text, func(written string) int {
		if at := strings.Index(written, text); at >= 0 {
			return at + len(text)
		}
		if strings.Contains(ansi.Strip(written), text) {
			return len(written)
		}
		return -1
	})
	return s
}

func (s *session) waitUntil(what string, found func(written string) int) {
	s.t.Helper()
	late := time.AfterFunc(patient, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.news.Broadcast()
	})
	defer late.Stop()
	deadline := time.Now().Add(patient)
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if n := found(s.out.String()[s.seen:]); n >= 0 {
			s.seen += n
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("waited in vain for %s in %q", what, s.out.String()[s.seen:])
		}
		s.news.Wait()
	}
}

func (s *session) send(keys string) *session {
	s.t.Helper()
	if _, err := s.terminal.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
	return s
}

// status waits for the end of the program.
func (s *session) status() int {
	s.t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- s.cmd.Wait() }()
	select {
	case err := <-ended:
		var failed *exec.ExitError
		if err != nil && !errors.As(err, &failed) {
			s.t.Fatal(err)
		}
		return s.cmd.ProcessState.ExitCode()
	case <-time.After(patient):
		s.t.Fatalf("it does not end; it wrote %q", s.written())
		return -1
	}
}

func (s *session) written() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.String()
}

func (s *session) ends(want int) {
	s.t.Helper()
	if got := s.status(); got != want {
		s.t.Errorf("status %d, want %d; it wrote %q", got, want, s.written())
	}
	if strings.Contains(s.written(), marker) {
		s.t.Errorf("the password was shown: %q", s.written())
	}
}

// left checks that the terminal was given back: the normal screen, the cursor
// shown, pastes no longer marked.
func (s *session) left() {
	s.t.Helper()
	out := s.written()
	for _, pair := range [][2]string{{"\x1b[?1049h", "\x1b[?1049l"}, {"\x1b[?25l", "\x1b[?25h"}, {"\x1b[?2004h", "\x1b[?2004l"}} {
		if strings.LastIndex(out, pair[0]) > strings.LastIndex(out, pair[1]) {
			s.t.Errorf("%q was not taken back by %q", pair[0], pair[1])
		}
	}
}

const (
	atAddress  = "Which address will send the mail?"
	atName     = "Your name (optional):"
	atProvider = "My own server"
	atPassword = "Zoho app password"
	atFailed   = "The server refused the password"
	atChange   = "Port: 465"
	atSave     = "do not save"
)

func TestPTYWalk(t *testing.T) {
	t.Parallel()
	s := begin(t, "screen")
	s.waitFor(atAddress).send("you@example.com\r")
	s.waitFor("> ").send("张伟\r")
	s.waitFor(atProvider).send("zoho").waitFor("Zoho").send("\r")
	s.waitFor(atPassword).send("\x1b[200~" + marker + "\n\x1b[201~").waitFor("15 characters").send("\r")
	s.waitFor(atFailed).send("h")
	s.waitFor(atChange).send("\r\r\rn")
	s.waitFor(atSave).send("\r")
	s.waitFor("The end.").waitFor("address next  address=you@example.com name=张伟").
		waitFor("provider=zoho").waitFor("password=15,true").waitFor("probe stopped: false").
		waitFor("failed acted host").waitFor("security=ssl keyring=no").waitFor("save next")
	s.ends(0)
	s.left()
	out := s.written()
	if strings.LastIndex(out, "The end.") < strings.LastIndex(out, "\x1b[?1049l") {
		t.Error("the end was told on the screen that is gone")
	}
}

// All at once, as a terminal without marked pastes sends it: every key meets
// the question that it was meant for, and the password is shown nowhere.
func TestPTYTypeAhead(t *testing.T) {
	t.Parallel()
	s := begin(t, "screen")
	s.waitFor(atAddress).send("you@example.com\rYou\r")
	s.waitFor(atProvider).send("zoho\r" + marker + "\r")
	s.waitFor(atFailed).send("q")
	s.waitFor("name=You").waitFor("provider=zoho").waitFor("password=15,true")
	s.ends(0)
}

// After something was told the terminal is taken again, and given back again.
func TestPTYTellInBetween(t *testing.T) {
	t.Parallel()
	s := begin(t, "screen", "PROMPT_TELL=address")
	s.waitFor(atAddress).send("you@example.com\r\r")
	s.waitFor("Told in between.").waitFor(atProvider).send("zoho\r")
	s.waitFor(atPassword).send("\x03").waitFor("aborted")
	s.ends(130)
	s.left()
}

func TestPTYWatchStops(t *testing.T) {
	t.Parallel()
	s := begin(t, "screen", "PROMPT_PACE=1h")
	s.waitFor(atAddress).send("you@example.com\r\r")
	s.waitFor(atProvider).send("\r")
	s.waitFor(atPassword).send(marker + "\r")
	s.waitFor("587: no answer yet").send("\x1b")
	s.waitFor(atFailed).send("q")
	s.waitFor("password=15,true").waitFor("probe stopped: true")
	s.ends(0)
}

// On every page: ctrl+c and SIGTERM leave the terminal as it was.
func TestPTYEndsAnywhere(t *testing.T) {
	t.Parallel()
	ways := map[string]func(*session){
		"ctrl+c":  func(s *session) { s.send("\x03") },
		"SIGTERM": func(s *session) { _ = s.cmd.Process.Signal(syscall.SIGTERM) },
	}
	for name, end := range ways {
		for pages := range 6 {
			s := begin(t, "screen", "PROMPT_PACE=1h")
			s.waitFor(atAddress)
			if pages > 0 {
				s.send("you@example.com\r").waitFor("> ")
			}
			if pages > 1 {
				s.send("\r").waitFor(atProvider)
			}
			if pages > 2 {
				s.send("\r").waitFor(atPassword)
			}
			if pages > 3 {
				s.send(marker + "\r").waitFor("connect")
			}
			if pages > 4 {
				s.send("\x1b").waitFor(atFailed)
			}
			end(s)
			s.waitFor("aborted")
			if got := s.status(); got != 130 {
				t.Errorf("%s after %d pages: status %d", name, pages, got)
			}
			s.left()
		}
	}
}

func TestPTYResize(t *testing.T) {
	t.Parallel()
	s := begin(t, "screen")
	s.waitFor(atAddress).send("you@example.com").waitFor("com")
	for _, size := range []pty.Winsize{{Rows: 12, Cols: 40}, {Rows: 3, Cols: 10}, {Rows: 40, Cols: 120}} {
		if err := pty.Setsize(s.line, &size); err != nil {
			t.Fatal(err)
		}
		_ = s.cmd.Process.Signal(syscall.SIGWINCH)
	}
	s.waitFor("[ctrl+c] quit").send("\r").waitFor("> ").send("\r")
	s.waitFor(atProvider).send("\x03")
	s.waitFor("aborted")
	s.ends(130)
}

func TestPTYLines(t *testing.T) {
	t.Parallel()
	s := begin(t, "lines")
	s.waitFor("switched on by PROMPT_HELPER").waitFor(atAddress).send("you@example.com\n")
	s.waitFor(atName[:10]).send("\n")
	s.waitFor("the list").send("zoho\n")
	s.waitFor(atPassword + ": ").waitNoEcho().send(marker + "\n").waitFor("15 characters received.")
	s.waitFor("FAIL: auth").waitFor("What next?").send("stop\n")
	s.waitFor("password=15,true")
	s.ends(0)
	if strings.Contains(s.written(), "\x1b") {
		t.Errorf("an escape was written: %q", s.written())
	}
}

// A password that is being typed is never left without echo.
func TestPTYLinesEndInPassword(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*session){
		"ctrl+c":  func(s *session) { s.send("\x03") },
		"SIGTERM": func(s *session) { _ = s.cmd.Process.Signal(syscall.SIGTERM) },
	} {
		s := begin(t, "lines")
		s.waitFor(atAddress).send("you@example.com\n").waitFor(atName[:10]).send("\n").waitFor("the list").send("zoho\n")
		s.waitFor(atPassword + ": ").waitNoEcho().send("half a pass")
		end(s)
		s.waitFor("aborted")
		if got := s.status(); got != 130 {
			t.Errorf("%s: status %d", name, got)
		}
	}
}

// waitNoEcho waits until the program has turned the echo off: typed before, a
// password shows, as with any program.
func (s *session) waitNoEcho() *session {
	s.t.Helper()
	first := s.state()
	for deadline := time.Now().Add(patient); !noEcho(s.line); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("the echo stays on: %+v", first)
		}
	}
	return s
}

// A terminal that never answers must not hold the start up, nor see an escape.
// This is the one timed test.
func TestPTYStartIsQuiet(t *testing.T) {
	t.Parallel()
	for try := range 3 {
		began := time.Now()
		s := begin(t, "start", "COLORTERM=truecolor")
		s.waitFor("started with TERM=xterm-256color")
		took := time.Since(began)
		s.ends(0)
		if strings.Contains(s.written(), "\x1b") {
			t.Errorf("an escape was written: %q", s.written())
		}
		if took < time.Second {
			return
		}
		// A busy machine may be slow once; a terminal that is asked is slow each time.
		if try == 2 {
			t.Errorf("it took %v", took)
		}
	}
}

// With a pipe at either end there is no screen, no escape, and no other way to
// the terminal is looked for.
func TestPTYNoScreenOnPipes(t *testing.T) {
	t.Parallel()
	terminal, line, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	defer terminal.Close()
	defer line.Close()
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{"PROMPT_HELPER=screen", "TERM=xterm-256color"}
	cmd.Stdin = strings.NewReader("you@example.com\n")
	cmd.Stderr = line
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 2}
	out, err := cmd.Output()
	var failed *exec.ExitError
	if !errors.As(err, &failed) || failed.ExitCode() != 2 || string(out) != "error: "+ErrNoTerminal.Error()+"\n" {
		t.Errorf("%v, %q", err, out)
	}
}
