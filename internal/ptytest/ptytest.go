//go:build linux

package ptytest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
	"golang.org/x/sys/unix"
)

// Patient is how long a step may take on a busy machine; nothing waits for it
// where all is well.
const Patient = 20 * time.Second

// Size is that of a terminal.
type Size struct{ Columns, Rows int }

func (s Size) String() string { return fmt.Sprintf("%dx%d", s.Columns, s.Rows) }

// Sizes that everything has to work at.
var (
	Usual  = Size{80, 24}
	Narrow = Size{40, 12}
)

// Terminal is a terminal with a program in it. Its methods are for one goroutine.
type Terminal struct {
	Cmd *exec.Cmd

	t      *testing.T
	ours   *os.File
	theirs *os.File // the program's end, kept open to look at its state
	before unix.Termios
	never  []string

	mu     sync.Mutex
	news   *sync.Cond
	screen vt10x.Terminal
	raw    []byte
	heard  int           // what Hear has been through
	done   chan struct{} // closed when nothing more can come
}

// Start runs cmd in a terminal of its own. The texts in never are passwords: End
// fails where one was written.
func Start(t *testing.T, cmd *exec.Cmd, s Size, never ...string) *Terminal {
	t.Helper()
	ours, theirs, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	p := &Terminal{
		Cmd: cmd, t: t, ours: ours, theirs: theirs, never: never,
		screen: vt10x.New(vt10x.WithSize(s.Columns, s.Rows)), done: make(chan struct{}),
	}
	p.news = sync.NewCond(&p.mu)
	p.setSize(s)
	cmd.Stdin, cmd.Stderr = theirs, theirs
	if cmd.Stdout == nil {
		cmd.Stdout = theirs
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	p.before = p.state()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go p.read()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_, _ = cmd.Process.Wait()
		_, _ = ours.Close(), theirs.Close()
	})
	return p
}

func (p *Terminal) read() {
	defer close(p.done)
	buf := make([]byte, 4096)
	for {
		n, err := p.ours.Read(buf)
		p.mu.Lock()
		p.raw = append(p.raw, buf[:n]...)
		_, _ = p.screen.Write(buf[:n])
		p.news.Broadcast()
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (p *Terminal) setSize(s Size) {
	if err := pty.Setsize(p.theirs, &pty.Winsize{Rows: uint16(s.Rows), Cols: uint16(s.Columns)}); err != nil {
		p.t.Fatal(err)
	}
}

// Resize makes the terminal another size; the program is told.
func (p *Terminal) Resize(s Size) *Terminal {
	p.t.Helper()
	p.mu.Lock()
	p.screen.Resize(s.Columns, s.Rows)
	p.mu.Unlock()
	p.setSize(s)
	return p
}

func (p *Terminal) state() unix.Termios {
	p.t.Helper()
	state, err := unix.IoctlGetTermios(int(p.theirs.Fd()), unix.TCGETS)
	if err != nil {
		p.t.Fatal(err)
	}
	return *state
}

// Until waits until the screen is as wanted, and reports whether it came to be.
func (p *Terminal) Until(is func(screen string) bool) bool {
	return p.until(func() bool { return is(cells(p.screen)) })
}

func (p *Terminal) until(is func() bool) bool {
	late := time.AfterFunc(Patient, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.news.Broadcast()
	})
	defer late.Stop()
	deadline := time.Now().Add(Patient)
	p.mu.Lock()
	defer p.mu.Unlock()
	for !is() {
		if time.Now().After(deadline) {
			return false
		}
		p.news.Wait()
	}
	return true
}

// Wait is Until, and fails the test in the end.
func (p *Terminal) Wait(what string, is func(screen string) bool) *Terminal {
	p.t.Helper()
	if !p.Until(is) {
		p.t.Fatalf("waited in vain for %s on\n%s", what, p.Shown())
	}
	return p
}

// See waits for a text on the screen, wherever its lines break.
func (p *Terminal) See(text string) *Terminal {
	p.t.Helper()
	return p.Wait(fmt.Sprintf("%q", text), func(screen string) bool { return Reads(screen, text) })
}

// Reads reports that a screen shows a text, wherever its lines break.
func Reads(screen, text string) bool {
	return strings.Contains(strings.Join(strings.Fields(screen), " "), text)
}

// Hear waits for a text in what was written since what was heard last. Unlike
// See it knows scripts of every width.
func (p *Terminal) Hear(text string) *Terminal {
	p.t.Helper()
	if !p.until(func() bool {
		news := string(p.raw[p.heard:])
		if at := strings.Index(news, text); at >= 0 {
			p.heard += at + len(text)
			return true
		}
		if strings.Contains(ansi.Strip(news), text) {
			p.heard = len(p.raw)
			return true
		}
		return false
	}) {
		p.t.Fatalf("waited in vain for %q in %q", text, p.Written()[p.heard:])
	}
	return p
}

// WaitHidden waits until the echo is off: typed before, a password shows, as
// with any program. It has to look again and again, for nothing tells.
func (p *Terminal) WaitHidden() *Terminal {
	p.t.Helper()
	for deadline := time.Now().Add(Patient); p.state().Lflag&unix.ECHO != 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("the echo stays on; the screen is\n%s", p.Shown())
		}
	}
	return p
}

// Shown is the screen as text, without the blanks at the end of its lines.
func (p *Terminal) Shown() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return cells(p.screen)
}

func cells(screen vt10x.Terminal) string {
	return tidy(screen.String())
}

// Written is all that came, escape sequences too.
func (p *Terminal) Written() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(p.raw)
}

// Left is what stays on the screen after the program.
func (p *Terminal) Left() string {
	out := p.Written()
	_, out, _ = strings.Cut(out[max(strings.LastIndex(out, "\x1b[?1049l"), 0):], "l")
	return strings.TrimLeft(tidy(strings.ReplaceAll(ansi.Strip(out), "\r", "")), "\n")
}

func tidy(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n") + "\n"
}

var keys = strings.NewReplacer(
	"<enter>", "\r", "<esc>", "\x1b", "<back>", "\x1b[Z", "<down>", "\x1b[B", "<up>", "\x1b[A", "<tab>", "\t",
	"<ctrl+c>", "\x03", "<ctrl+d>", "\x04", "<ctrl+e>", "\x05", "<ctrl+u>", "\x15", "<pgdown>", "\x1b[6~", "<f1>", "\x1bOP",
	"<paste>", "\x1b[200~", "</paste>", "\x1b[201~",
)

// Send types text, with the names of keys in brackets: <enter>, <back> (shift+tab).
func (p *Terminal) Send(text string) *Terminal {
	p.t.Helper()
	if _, err := io.WriteString(p.ours, keys.Replace(text)); err != nil {
		p.t.Fatal(err)
	}
	return p
}

// Terminate sends SIGTERM.
func (p *Terminal) Terminate() { _ = p.Cmd.Process.Signal(syscall.SIGTERM) }

// End waits for the end of the program, and checks what every end must be like:
// the terminal as it was and with nothing typed left in it, no password written.
func (p *Terminal) End(status int) {
	p.t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- p.Cmd.Wait() }()
	select {
	case err := <-ended:
		var failed *exec.ExitError
		if err != nil && !errors.As(err, &failed) {
			p.t.Fatal(err)
		}
	case <-time.After(Patient):
		p.t.Fatalf("it does not end; the screen is\n%s", p.Shown())
	}
	if got := p.Cmd.ProcessState.ExitCode(); got != status {
		p.t.Errorf("status %d, want %d; the screen is\n%s", got, status, p.Shown())
	}
	if after := p.state(); after != p.before {
		p.t.Errorf("the terminal was left in another state:\n%+v\n%+v", p.before, after)
	}
	if typed := p.unread(); typed != "" {
		p.t.Errorf("the shell would read %q", typed)
	}
	_ = p.theirs.Close() // the last one: what is still on its way comes, then the end
	<-p.done
	p.checkWritten()
}

// unread is what the next program in the terminal would be given.
func (p *Terminal) unread() string {
	fd := int(p.theirs.Fd())
	raw := p.before
	raw.Lflag &^= unix.ICANON // else a line without its end waits
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, &raw); err != nil {
		p.t.Fatal(err)
	}
	buf := make([]byte, 4096)
	if n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0); n <= 0 || err != nil {
		return ""
	}
	n, _ := unix.Read(fd, buf)
	return string(buf[:max(n, 0)])
}

func (p *Terminal) checkWritten() {
	p.t.Helper()
	out := p.Written()
	for _, pair := range [][2]string{{"\x1b[?1049h", "\x1b[?1049l"}, {"\x1b[?25l", "\x1b[?25h"}, {"\x1b[?2004h", "\x1b[?2004l"}} {
		if strings.LastIndex(out, pair[0]) > strings.LastIndex(out, pair[1]) {
			p.t.Errorf("%q was not taken back by %q", pair[0], pair[1])
		}
	}
	for _, secret := range p.never {
		if strings.Contains(out, secret) {
			p.t.Errorf("a password can be read:\n%q", out)
		}
	}
}
