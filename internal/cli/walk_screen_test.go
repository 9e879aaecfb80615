//go:build linux

package cli

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
	"golang.org/x/term"
)

var update = flag.Bool("update", false, "write the screens of the walks anew")

// patient is how long a screen may take on a busy machine; nothing waits for it
// where all is well.
const patient = 20 * time.Second

// size is that of a terminal.
type size struct{ columns, rows int }

func (s size) String() string { return fmt.Sprintf("%dx%d", s.columns, s.rows) }

var (
	usual  = size{80, 24}
	narrow = size{40, 12}
)

// emptyHome is where a program lives: a folder with nothing in it, whose path has
// always the same length, so that lines break alike.
func emptyHome(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "walk-")
	if err != nil {
		t.Fatal(err)
	}
	fixed := fmt.Sprintf("/tmp/walk-%012s", strings.TrimPrefix(dir, "/tmp/walk-"))
	if err := os.Rename(dir, fixed); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(fixed) })
	return fixed
}

// program is smtpwiz with its arguments, in a home and a world of its own.
func program(t *testing.T, home string, w world, env []string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Args[0] = "smtpwiz-walk" // what TestMain looks at
	cmd.Dir = home
	cmd.Env = append([]string{
		worldVariable + "=" + string(text), "HOME=" + home, "XDG_CONFIG_HOME=" + home + "/config", "XDG_DATA_HOME=" + home + "/data",
		"TERM=xterm-256color", "LANG=C.UTF-8", "PATH=" + os.Getenv("PATH"),
	}, env...)
	return cmd
}

// walker is somebody at a terminal with the program in it.
type walker struct {
	t        *testing.T
	home     string
	cmd      *exec.Cmd
	terminal *os.File // our end
	line     *os.File // the program's end, kept open to look at its state
	before   term.State

	mu     sync.Mutex
	news   *sync.Cond
	screen vt10x.Terminal
	raw    []byte
	done   chan struct{} // closed when nothing more can come
}

// sit starts the program in a terminal.
func sit(t *testing.T, s size, home string, cmd *exec.Cmd) *walker {
	t.Helper()
	terminal, line, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	w := &walker{t: t, home: home, cmd: cmd, terminal: terminal, line: line, screen: vt10x.New(vt10x.WithSize(s.columns, s.rows)), done: make(chan struct{})}
	w.news = sync.NewCond(&w.mu)
	if err := pty.Setsize(line, &pty.Winsize{Rows: uint16(s.rows), Cols: uint16(s.columns)}); err != nil {
		t.Fatal(err)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = line, line, line
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	w.before = w.state()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go w.read()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_, _ = cmd.Process.Wait()
		_, _ = terminal.Close(), line.Close()
	})
	return w
}

func (w *walker) read() {
	defer close(w.done)
	buf := make([]byte, 4096)
	for {
		n, err := w.terminal.Read(buf)
		w.mu.Lock()
		w.raw = append(w.raw, buf[:n]...)
		_, _ = w.screen.Write(buf[:n])
		w.news.Broadcast()
		w.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (w *walker) state() term.State {
	w.t.Helper()
	state, err := term.GetState(int(w.line.Fd()))
	if err != nil {
		w.t.Fatal(err)
	}
	return *state
}

// wait returns once the screen is as wanted; it fails the test in the end.
func (w *walker) wait(what string, is func(screen string) bool) {
	w.t.Helper()
	if !w.until(is) {
		w.t.Fatalf("waited in vain for %s on\n%s", what, w.shown())
	}
}

func (w *walker) until(is func(screen string) bool) bool {
	late := time.AfterFunc(patient, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.news.Broadcast()
	})
	defer late.Stop()
	deadline := time.Now().Add(patient)
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		if is(cells(w.screen)) {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
		w.news.Wait()
	}
}

// see waits for a text on the screen, wherever its lines break.
func (w *walker) see(text string) *walker {
	w.t.Helper()
	w.wait(fmt.Sprintf("%q", text), func(screen string) bool { return reads(screen, text) })
	return w
}

func reads(screen, text string) bool {
	return strings.Contains(strings.Join(strings.Fields(screen), " "), text)
}

func (w *walker) shown() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return cells(w.screen)
}

// cells is a screen as text, without the blanks at the end of its lines.
func cells(screen vt10x.Terminal) string {
	lines := strings.Split(screen.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n") + "\n"
}

func (w *walker) written() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.raw)
}

// send types keys, in the notation of typed.
func (w *walker) send(keys string) *walker {
	w.t.Helper()
	if _, err := io.WriteString(w.terminal, typed(keys)); err != nil {
		w.t.Fatal(err)
	}
	return w
}

var keyNames = strings.NewReplacer(
	"<enter>", "\r", "<esc>", "\x1b", "<back>", "\x1b[Z", "<down>", "\x1b[B", "<up>", "\x1b[A", "<tab>", "\t",
	"<ctrl+c>", "\x03", "<ctrl+e>", "\x05", "<ctrl+u>", "\x15", "<pgdown>", "\x1b[6~", "<f1>", "\x1bOP",
	"<paste>", "\x1b[200~", "</paste>", "\x1b[201~",
)

// typed turns names of keys into what a terminal sends.
func typed(keys string) string { return keyNames.Replace(keys) }

var (
	oneKey = regexp.MustCompile(`<paste>.*?</paste>|<[a-z+0-9]+>|.`)
	pasted = regexp.MustCompile(`<paste>.*?</paste>`)
	answer = regexp.MustCompile(`<enter>|^[a-z]$`)
)

// strokes counts keystrokes, a paste as one, and answers: each Enter, and each
// letter that stands for a choice.
func strokes(keys string) (pressed, answers int) {
	return len(oneKey.FindAllString(keys, -1)), len(answer.FindAllString(keys, -1))
}

// end waits for the end of the program, and checks what every end must be like:
// the terminal as it was, no password on it.
func (w *walker) end(status int) {
	w.t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- w.cmd.Wait() }()
	select {
	case err := <-ended:
		var failed *exec.ExitError
		if err != nil && !errors.As(err, &failed) {
			w.t.Fatal(err)
		}
	case <-time.After(patient):
		w.t.Fatalf("it does not end; the screen is\n%s", w.shown())
	}
	if got := w.cmd.ProcessState.ExitCode(); got != status {
		w.t.Errorf("status %d, want %d; the screen is\n%s", got, status, w.shown())
	}
	if after := w.state(); after != w.before {
		w.t.Errorf("the terminal was left in another state:\n%+v\n%+v", w.before, after)
	}
	_ = w.line.Close() // the last one: what is still on its way comes, then the end
	<-w.done
	out := w.written()
	for _, pair := range [][2]string{{"\x1b[?1049h", "\x1b[?1049l"}, {"\x1b[?25l", "\x1b[?25h"}, {"\x1b[?2004h", "\x1b[?2004l"}} {
		if strings.LastIndex(out, pair[0]) > strings.LastIndex(out, pair[1]) {
			w.t.Errorf("%q was not taken back by %q", pair[0], pair[1])
		}
	}
	noSecrets(w.t, out)
}

// left is what stays on the screen after the program.
func (w *walker) left() string {
	out := w.written()
	_, out, _ = strings.Cut(out[max(strings.LastIndex(out, "\x1b[?1049l"), 0):], "l")
	return plain(out)
}

func plain(out string) string {
	lines := strings.Split(strings.ReplaceAll(ansi.Strip(out), "\r", ""), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n") + "\n"
}

// changing are the parts of a screen that differ from run to run.
var changing = []struct {
	found *regexp.Regexp
	with  string
}{
	{regexp.MustCompile(`self-test [0-9A-Z]{6}\b`), "self-test ######"},
	{regexp.MustCompile(`under 1 ms|\b\d+ ms|\b\d+\.\d s`), "# ms"},
	{regexp.MustCompile(`It was set on \d+ \w+ \d+`), "It was set on # # #"},
}

var (
	hexadecimal = regexp.MustCompile(`\b[0-9a-f]{12,}\b`)
	lineEnds    = regexp.MustCompile(`(?m) +$`)
)

func settled(screen string) string {
	for _, c := range changing {
		screen = c.found.ReplaceAllString(screen, c.with)
	}
	screen = lineEnds.ReplaceAllString(screen, "")
	return hexadecimal.ReplaceAllStringFunc(screen, func(s string) string { return strings.Repeat("#", len(s)) })
}

// golden are the screens of one walk, kept in a file.
type golden struct {
	t    *testing.T
	path string
	old  []string // that are kept
	new  []string // of this run
}

const cut = "=== "

func openGolden(t *testing.T, name string) *golden {
	t.Helper()
	g := &golden{t: t, path: filepath.Join("testdata", "walks", name+".txt")}
	if *update {
		return g
	}
	text, err := os.ReadFile(g.path)
	if err != nil {
		t.Fatalf("%v: go test -run %s -update writes it", err, t.Name())
	}
	for _, part := range strings.Split("\n"+string(text), "\n"+cut)[1:] {
		g.old = append(g.old, strings.TrimRight(part, "\n"))
	}
	return g
}

// next compares the next screen, which may still be on its way.
func (g *golden) next(title string, w *walker) {
	g.t.Helper()
	part := func(screen string) string { return strings.TrimRight(title+"\n"+settled(screen), "\n") }
	if *update {
		time.Sleep(150 * time.Millisecond) // the whole screen has come by then
		g.new = append(g.new, part(w.shown()))
		return
	}
	want := g.want()
	if !w.until(func(screen string) bool { return part(screen) == want }) {
		g.t.Errorf("the screen is\n%s\nand was\n%s", part(w.shown()), want)
	}
}

// text compares what does not change any more.
func (g *golden) text(title, text string) {
	g.t.Helper()
	got := strings.TrimRight(title+"\n"+settled(text), "\n")
	if *update {
		g.new = append(g.new, got)
	} else if want := g.want(); got != want {
		g.t.Errorf("there is\n%s\nand was\n%s", got, want)
	}
}

func (g *golden) want() string {
	g.new = append(g.new, "")
	if len(g.new) > len(g.old) {
		return "(no such screen)"
	}
	return g.old[len(g.new)-1]
}

func (g *golden) close() {
	g.t.Helper()
	if !*update {
		if len(g.new) < len(g.old) {
			g.t.Errorf("%s has %d screens more", g.path, len(g.old)-len(g.new))
		}
		return
	}
	if err := os.MkdirAll(filepath.Dir(g.path), 0o755); err != nil {
		g.t.Fatal(err)
	}
	text := cut + strings.Join(g.new, "\n\n"+cut) + "\n"
	if err := os.WriteFile(g.path, []byte(text), 0o644); err != nil {
		g.t.Fatal(err)
	}
}
