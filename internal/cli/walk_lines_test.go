//go:build linux

package cli

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"slices"
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
	l.out.WriteString(shown)
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

// lineWalk is a walk in line mode: other answers, the same end.
type lineWalk struct {
	walk
	lines []line
}

var lineWalks = map[string]lineWalk{
	"zoho": {walks["zoho"], []line{
		{"Address (? for help): ", "you@example.com"}, {"Your name (Enter for none, ? for help): ", ""},
		{"Zoho app password: ", loginWord},
		{nextPrompt, ""},
		{"Zoho app password: ", zohoWord},
		{nextPrompt, ""},
	}},
	"ssh": {walks["ssh"], []line{
		{"Address (? for help): ", "you@gmail.com"}, {"Your name (Enter for none, ? for help): ", ""},
		{"Google app password: ", spacedWord},
		{"Will a script use this without you? (yes or no, Enter for no, ? for help): ", ""},
		{"Passphrase: ", passphrase}, {"The same again: ", passphrase},
		{nextPrompt, ""},
	}},
	"ovh": {detours["ovh"], []line{
		{"Address (? for help): ", "you@example.com"}, {"Your name (Enter for none, ? for help): ", ""},
		{"web hosting, ? for the list): ", "email pro"}, {"Server (? for help): ", "2"},
		{"The password of the mailbox: ", loginWord},
		{nextPrompt, "transcript"}, {nextPrompt, ""}, {nextPrompt, ""},
		{"The password of the mailbox: ", zohoWord},
		{"Will a script use this without you? (yes or no, Enter for no, ? for help): ", "y"},
		{"? for the list): ", "command"}, {"Command (? for help): ", printsZoho},
		{nextPrompt, ""},
	}},
	"bridge": {walks["bridge"], []line{
		{"Address (? for help): ", "you@proton.me"}, {"Your name (Enter for none, ? for help): ", ""},
		{"(yes or no, ? for help): ", "yes"},
		{"Bridge password: ", bridgeWord}, {nextPrompt, ""},
	}},
	"othername": {walks["othername"], []line{
		{"Address (? for help): ", "you@example.com"}, {"Your name (Enter for none, ? for help): ", ""},
		{"? for the list): ", ""}, {"? for help): ", ""}, {"Password: ", loginWord},
		{nextPrompt, ""}, {"? for the list): ", ""}, {nextPrompt, ""},
	}},
}

// nextPrompt is the question of a page where something is chosen.
const nextPrompt = "What next? (? for help) "

func TestLineWalks(t *testing.T) {
	t.Parallel()
	for name, w := range lineWalks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := w.start(t)
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
		if hidden(a) {
			shown = "(typed)"
		}
		l.hear(a.behind).say(a.types, shown)
	}
}

// hidden: a password is asked for.
func hidden(a line) bool {
	return slices.Contains([]string{loginWord, spacedWord, zohoWord, bridgeWord, passphrase}, a.types)
}

// upTo is a line walk to one of its questions.
func (w lineWalk) upTo(question int) lineWalk {
	w.cut, w.sent, w.lines = true, nil, w.lines[:question+1]
	return w
}

// eachQuestion runs a test at each question of all line walks, once each.
func eachQuestion(t *testing.T, test func(t *testing.T, w lineWalk)) {
	t.Helper()
	done := map[string]bool{}
	for name, w := range lineWalks {
		for i, question := range w.lines {
			if done[question.behind] && question.behind != nextPrompt {
				continue
			}
			done[question.behind] = true
			t.Run(fmt.Sprintf("%s %d %s", name, i+1, question.behind), func(t *testing.T) {
				t.Parallel()
				test(t, w.upTo(i))
			})
		}
	}
}

// Where the answers end, whichever is next: status 2, what is missing is named,
// nothing written.
func TestLineWalkEndsAtEveryQuestion(t *testing.T) {
	t.Parallel()
	eachQuestion(t, func(t *testing.T, w lineWalk) {
		p := w.start(t)
		at, env := w.furnish(t, p)
		l := listen(t, program(t, at, p.world, env, "setup", "--accessible"))
		last := len(w.lines) - 1
		l.answer(w.lines[:last])
		l.hear(w.lines[last].behind)
		_ = l.in.Close()
		said := l.end(2)
		if !strings.Contains(said, "\nsmtpwiz: the answers ended before all was answered, at “") {
			t.Errorf("it does not tell why it ends, and where:\n%s", said)
		}
		if got := files(t, at); got != nil {
			t.Errorf("it wrote %v", got)
		}
	})
}

// In a terminal Ctrl-C, SIGTERM and Ctrl-D end it at every question, whatever was
// typed, and leave the terminal as it was.
func TestLineWalkEndsInTerminal(t *testing.T) {
	t.Parallel()
	ends := maps.Clone(endings)
	ends["ctrl+d"] = func(p *ptytest.Terminal) { p.Send("<ctrl+u><ctrl+d>") }
	eachQuestion(t, func(t *testing.T, w lineWalk) {
		for name, end := range ends {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				_, at, person := w.walk.sit(t, "--accessible")
				for i, a := range w.lines {
					person.Hear(a.behind)
					if hidden(a) {
						person.WaitHidden()
					}
					if i < len(w.lines)-1 {
						person.Send(a.types + "<enter>")
					}
				}
				if hidden(w.lines[len(w.lines)-1]) {
					person.Send("half a pass")
				}
				end(person)
				status := 130
				if name == "ctrl+d" {
					status = 2
				}
				person.End(status)
				if got := files(t, at); got != nil {
					t.Errorf("it wrote %v", got)
				}
			})
		}
	})
}

// From every question < goes back to the one before, or to the first of the page
// before, which keeps its answer.
func TestLineWalkBack(t *testing.T) {
	t.Parallel()
	w := lineWalks["ovh"]
	p := w.upTo(len(w.lines) - 1).start(t)
	at, env := w.furnish(t, p)
	l := listen(t, program(t, at, p.world, env, "setup", "--accessible"))
	l.answer(w.lines[:5])
	for _, a := range []line{
		{nextPrompt, "<"}, {"The password of the mailbox: ", "<"}, {"Server (Enter for pro2.mail.ovh.net, ? for help): ", "<"},
		{"Offer (Enter for Email Pro, ? for the list): ", "<"}, {"Address (Enter for you@example.com, ? for help): ", "<"},
		{"there is nothing to go back to", ""},
	} {
		l.hear(a.behind).say(a.types, a.types)
	}
	_ = l.in.Close()
	l.end(2)
}
