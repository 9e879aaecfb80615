//go:build linux

package cli

import (
	"errors"
	"io"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/ptytest"
)

// listener is somebody who is asked line by line, over pipes.
type listener struct {
	t    *testing.T
	cmd  *exec.Cmd
	in   io.WriteCloser
	done chan struct{}

	mu   sync.Mutex
	news *sync.Cond
	out  strings.Builder
	from int // what was heard before
}

func listen(t *testing.T, cmd *exec.Cmd) *listener {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, to := io.Pipe()
	l := &listener{t: t, cmd: cmd, in: in, done: make(chan struct{})}
	l.news = sync.NewCond(&l.mu)
	cmd.Stdout, cmd.Stderr = to, to
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = to.Close() })
	go func() {
		defer close(l.done)
		buf := make([]byte, 4096)
		for {
			n, err := out.Read(buf)
			l.mu.Lock()
			l.out.Write(buf[:n])
			l.news.Broadcast()
			l.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return l
}

// hear waits for a text behind what was heard before.
func (l *listener) hear(text string) *listener {
	l.t.Helper()
	late := time.AfterFunc(ptytest.Patient, l.news.Broadcast)
	defer late.Stop()
	deadline := time.Now().Add(ptytest.Patient)
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		said := l.out.String()
		if at := strings.Index(said[l.from:], text); at >= 0 {
			l.from += at + len(text)
			return l
		}
		if time.Now().After(deadline) {
			l.t.Fatalf("waited in vain for %q in\n%s", text, said)
		}
		l.news.Wait()
	}
}

// say types a line, which stands in what was heard as hidden says.
func (l *listener) say(line, shown string) {
	l.t.Helper()
	l.mu.Lock()
	l.out.WriteString(shown + "\n")
	l.from = l.out.Len()
	l.mu.Unlock()
	if _, err := io.WriteString(l.in, line+"\n"); err != nil {
		l.t.Fatal(err)
	}
}

// end waits for the end, and returns all that was heard.
func (l *listener) end(status int) string {
	l.t.Helper()
	err := l.cmd.Wait()
	_ = l.cmd.Stdout.(*io.PipeWriter).Close()
	<-l.done
	said := l.out.String()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		l.t.Fatal(err)
	}
	if got := l.cmd.ProcessState.ExitCode(); got != status {
		l.t.Errorf("status %d, want %d, after\n%s", got, status, said)
	}
	if strings.Contains(said, "\x1b") {
		l.t.Errorf("an escape was written:\n%q", said)
	}
	noSecrets(l.t, said)
	return said
}

// line is an answer in line mode: behind which words it is typed, and what.
type line struct{ behind, types string }

var lineWalks = map[string]struct {
	walk
	lines []line
}{
	"zoho": {walks["zoho"], []line{
		{"Address (? for help): ", "you@example.com"}, {"Your name (Enter for none, ? for help): ", ""},
		{"Zoho app password: ", loginWord},
		{"What next? (? for help) ", ""},
		{"Zoho app password: ", zohoWord},
		{"What next? (? for help) ", ""},
	}},
	"ssh": {walks["ssh"], []line{
		{"Address (? for help): ", "you@gmail.com"}, {"Your name (Enter for none, ? for help): ", ""},
		{"Google app password: ", spacedWord},
		{"Will a script use this without you? (yes or no, Enter for no, ? for help): ", ""},
		{"Passphrase: ", passphrase}, {"The same again: ", passphrase},
		{"What next? (? for help) ", ""},
	}},
}

func TestLineWalks(t *testing.T) {
	t.Parallel()
	for name, w := range lineWalks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := w.place(t)
			at, env := w.furnish(t, p)
			l := listen(t, program(t, at, p.world, env, "setup", "--accessible"))
			l.answer(w.lines)
			g := openGolden(t, "walks/"+name+"-lines")
			g.text("line by line", l.end(0))
			g.close()
			w.check(t, p, at)
		})
	}
}

func (l *listener) answer(lines []line) {
	l.t.Helper()
	for _, a := range lines {
		shown := a.types
		if strings.Contains(a.behind, "assword") || strings.Contains(a.behind, "phrase") || strings.Contains(a.behind, "same again") {
			shown = "(typed)"
		}
		l.hear(a.behind).say(a.types, shown)
	}
}

// Where the answers end, whichever is next: status 2, nothing written.
func TestLineWalkEndsAtEveryQuestion(t *testing.T) {
	t.Parallel()
	w := lineWalks["ssh"]
	for i := range w.lines {
		p := newPlace(t).serve("smtp.gmail.com:465", opening+"tls"+hello+takes)
		at, env := w.furnish(t, p)
		l := listen(t, program(t, at, p.world, env, "setup", "--accessible"))
		l.answer(w.lines[:i])
		l.hear(w.lines[i].behind)
		_ = l.in.Close()
		if said := l.end(2); !strings.Contains(said, "the answers ended before all was answered") {
			t.Errorf("question %d: it does not tell why it ends:\n%s", i+1, said)
		}
		if got := files(t, at); got != nil {
			t.Errorf("question %d: it wrote %v", i+1, got)
		}
	}
}
