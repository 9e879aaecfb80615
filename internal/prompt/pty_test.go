//go:build linux

package prompt

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/smtpwiz/smtpwiz/internal/ptytest"
)

// begin starts the helper in a terminal.
func begin(t *testing.T, mode string, env ...string) *ptytest.Terminal {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append([]string{"PROMPT_HELPER=" + mode, "TERM=xterm-256color", "LANG=C.UTF-8"}, env...)
	return ptytest.Start(t, cmd, ptytest.Usual, marker)
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
	s.Hear(atAddress).Send("you@example.com\r")
	s.Hear("> ").Send("张伟\r")
	s.Hear(atProvider).Send("zoho").Hear("Zoho").Send("\r")
	s.Hear(atPassword).Send("<paste>" + marker + "\n</paste>").Hear("16 characters, with a line end").Send("\x7f").Hear("15 characters").Send("\r")
	s.Hear(atFailed).Send("h")
	s.Hear(atChange).Send("\r\r\rn")
	s.Hear(atSave).Send("\r")
	s.Hear("The end.").Hear("address next  address=you@example.com name=张伟").
		Hear("provider=zoho").Hear("password=15,true").Hear("probe stopped: false").
		Hear("failed acted host").Hear("security=ssl keyring=no").Hear("save next")
	s.End(0)
	out := s.Written()
	if strings.LastIndex(out, "The end.") < strings.LastIndex(out, "\x1b[?1049l") {
		t.Error("the end was told on the screen that is gone")
	}
}

// All at once, as a terminal without marked pastes sends it: every key meets
// the question that it was meant for, and the password is shown nowhere.
func TestPTYTypeAhead(t *testing.T) {
	t.Parallel()
	s := begin(t, "screen")
	s.Hear(atAddress).Send("you@example.com\rYou\r")
	s.Hear(atProvider).Send("zoho\r" + marker + "\r")
	s.Hear(atFailed).Send("q")
	s.Hear("name=You").Hear("provider=zoho").Hear("password=15,true")
	s.End(0)
}

// After something was told the terminal is taken again, and given back again.
func TestPTYTellInBetween(t *testing.T) {
	t.Parallel()
	s := begin(t, "screen", "PROMPT_TELL=address")
	s.Hear(atAddress).Send("you@example.com\r\r")
	s.Hear("Told in between.").Hear(atProvider).Send("zoho\r")
	s.Hear(atPassword).Send("\x03").Hear("aborted")
	s.End(130)
}

func TestPTYWatchStops(t *testing.T) {
	t.Parallel()
	s := begin(t, "screen", "PROMPT_PACE=1h")
	s.Hear(atAddress).Send("you@example.com\r\r")
	s.Hear(atProvider).Send("\r")
	s.Hear(atPassword).Send(marker + "\r")
	s.Hear("587: no answer yet").Send("\x1b")
	s.Hear(atFailed).Send("q")
	s.Hear("password=15,true").Hear("probe stopped: true")
	s.End(0)
}

// On every page: ctrl+c and SIGTERM leave the terminal as it was.
func TestPTYEndsAnywhere(t *testing.T) {
	t.Parallel()
	ways := map[string]func(*ptytest.Terminal){
		"ctrl+c":  func(s *ptytest.Terminal) { s.Send("\x03") },
		"SIGTERM": func(s *ptytest.Terminal) { s.Terminate() },
	}
	for _, end := range ways {
		for pages := range 6 {
			s := begin(t, "screen", "PROMPT_PACE=1h")
			s.Hear(atAddress)
			if pages > 0 {
				s.Send("you@example.com\r").See("mail? you@example.com")
			}
			if pages > 1 {
				s.Send("\r").Hear(atProvider)
			}
			if pages > 2 {
				s.Send("\r").Hear(atPassword)
			}
			if pages > 3 {
				s.Send(marker + "\r").Hear("connect")
			}
			if pages > 4 {
				s.Send("\x1b").Hear(atFailed)
			}
			end(s)
			s.Hear("aborted")
			s.End(130)
		}
	}
}

func TestPTYResize(t *testing.T) {
	t.Parallel()
	s := begin(t, "screen")
	s.Hear(atAddress).Send("you@example.com").Hear("com")
	for _, size := range []ptytest.Size{ptytest.Narrow, {Columns: 10, Rows: 3}, {Columns: 120, Rows: 40}} {
		s.Resize(size)
	}
	s.Hear("[ctrl+c] quit").Send("\r").Hear("> ").Send("\r")
	s.Hear(atProvider).Send("\x03")
	s.Hear("aborted")
	s.End(130)
}

func TestPTYLines(t *testing.T) {
	t.Parallel()
	s := begin(t, "lines")
	s.Hear("switched on by PROMPT_HELPER").Hear(atAddress).Send("you@example.com\n")
	s.Hear(atName[:10]).Send("\n")
	s.Hear("the list").Send("zoho\n")
	s.Hear(atPassword + ": ").WaitHidden().Send(marker + "\n").Hear("15 characters received.")
	s.Hear("FAIL: auth").Hear("  stop").Hear("What next?").Send("stop\n")
	s.Hear("password=15,true")
	s.End(0)
	if strings.Contains(s.Written(), "\x1b") {
		t.Errorf("an escape was written: %q", s.Written())
	}
}

// A password that is being typed is never left without echo.
func TestPTYLinesEndInPassword(t *testing.T) {
	t.Parallel()
	for _, end := range map[string]func(*ptytest.Terminal){
		"ctrl+c":  func(s *ptytest.Terminal) { s.Send("\x03") },
		"SIGTERM": func(s *ptytest.Terminal) { s.Terminate() },
	} {
		s := begin(t, "lines")
		s.Hear(atAddress).Send("you@example.com\n").Hear(atName[:10]).Send("\n").Hear("the list").Send("zoho\n")
		s.Hear(atPassword + ": ").WaitHidden().Send("half a pass")
		end(s)
		s.Hear("aborted")
		s.End(130)
	}
}

// Ctrl-D at a password is the end of the input.
func TestPTYLinesEndOfInputInPassword(t *testing.T) {
	t.Parallel()
	s := begin(t, "lines")
	s.Hear(atAddress).Send("you@example.com\n").Hear(atName[:10]).Send("\n").Hear("the list").Send("zoho\n")
	s.Hear(atPassword + ": ").WaitHidden().Send("<ctrl+d>").Hear("error: EOF")
	s.End(1)
}

// Of a paste of two lines the first is the password; the second is no answer to
// the next question, and is not shown.
func TestPTYLinesPasteIntoPassword(t *testing.T) {
	t.Parallel()
	s := begin(t, "lines")
	s.Hear(atAddress).Send("you@example.com\n").Hear(atName[:10]).Send("\n").Hear("the list").Send("zoho\n")
	s.Hear(atPassword + ": ").WaitHidden().Send(marker + "\nhidden").Hear(sayFirstLine).Hear("15 characters received.")
	s.Hear("What next?").Send("stop\n").Hear("password=15,true")
	s.End(0)
	if strings.Contains(s.Written(), "hidden") {
		t.Errorf("it shows the second line: %q", s.Written())
	}
}

// A terminal that never answers must not hold the start up, nor see an escape.
// This is the one timed test.
func TestPTYStartIsQuiet(t *testing.T) {
	t.Parallel()
	for try := range 3 {
		began := time.Now()
		s := begin(t, "start", "COLORTERM=truecolor")
		s.Hear("started with TERM=xterm-256color")
		took := time.Since(began)
		s.End(0)
		if strings.Contains(s.Written(), "\x1b") {
			t.Errorf("an escape was written: %q", s.Written())
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
