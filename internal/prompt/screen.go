package prompt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"golang.org/x/term"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/terminal"
	"github.com/smtpwiz/smtpwiz/internal/wizard"
)

// ErrNoTerminal: there is no terminal on both ends to fill.
var ErrNoTerminal = errors.New("no terminal to ask in")

// Screen asks on the whole of the terminal. It takes the terminal with the first
// page and gives it back with Tell, Close, ctrl+c or the end of a context. Its
// methods are for one goroutine, but for Close.
type Screen struct {
	in, out *os.File
	getenv  func(string) string
	abort   func()

	mu      sync.Mutex
	program *tea.Program
	ended   chan struct{} // closed when program has given the terminal back
	failure error         // of program
}

// NewScreen prepares a Screen between the terminal's keys (In) and the screen
// (Err, where talk goes). interrupt, which may be nil, is told of a ctrl+c while
// the wizard thinks and nothing is asked: let it cancel the context of that work.
// The error is ErrNoTerminal where either end is none.
func NewScreen(s *terminal.Streams, interrupt func()) (*Screen, error) {
	in, inFile := s.In.(*os.File)
	out, outFile := s.Err.(*os.File)
	if !inFile || !outFile || !term.IsTerminal(int(in.Fd())) || !term.IsTerminal(int(out.Fd())) {
		return nil, ErrNoTerminal
	}
	return &Screen{in: in, out: out, getenv: s.Getenv, abort: interrupt}, nil
}

// Ask implements wizard.Prompter.
func (s *Screen) Ask(ctx context.Context, p wizard.Page) (wizard.Answer, error) {
	if err := ctx.Err(); err != nil {
		s.Close()
		return wizard.Answer{}, err
	}
	reply := make(chan outcome, 1)
	program, ended := s.start()
	program.Send(openPage{p, reply})
	select {
	case o := <-reply:
		if o.err != nil {
			s.Close()
		}
		return o.answer, o.err
	case <-ctx.Done():
		s.Close()
		return wizard.Answer{}, ctx.Err()
	case <-ended:
		return wizard.Answer{}, s.failed()
	}
}

// Watch implements wizard.Prompter.
func (s *Screen) Watch(ctx context.Context, title string, run func(context.Context, func(report.Event))) (bool, error) {
	running, stop := context.WithCancel(ctx)
	defer stop()
	program, ended := s.start()
	program.Send(openWatch{title, stop})
	run(running, func(e report.Event) { program.Send(happened{e}) })

	reply := make(chan watchEnd, 1)
	program.Send(closeWatch{reply})
	select {
	case end := <-reply:
		if end.aborted {
			s.Close()
			return true, wizard.ErrAborted
		}
		if ctx.Err() != nil {
			s.Close()
		}
		return end.stopped, ctx.Err()
	case <-ended:
		if ctx.Err() != nil {
			return true, ctx.Err()
		}
		return true, s.failed()
	}
}

// Busy implements wizard.Prompter: it is shown where it takes a while.
func (s *Screen) Busy(what string) {
	program, _ := s.start()
	program.Send(busy{what})
}

// Tell implements wizard.Prompter: it leaves the screen and prints below what
// stood there before the wizard.
func (s *Screen) Tell(blocks ...wizard.Block) {
	s.Close()
	width, _, err := term.GetSize(int(s.out.Fd()))
	if err != nil || width <= 0 {
		width = 80
	}
	tell(s.out, newLook(s.out, s.getenv), blocks, width-1)
}

func tell(w io.Writer, l look, blocks []wizard.Block, width int) {
	fmt.Fprintf(w, "%s\n", l.legible(strings.Join(l.summary(blocks, width), "\n")))
}

// Close gives the terminal back as it was, and with nothing in its queue: what was
// typed into the wizard is not for the shell. It does nothing where that was done.
func (s *Screen) Close() {
	s.mu.Lock()
	program, ended := s.program, s.ended
	s.program = nil
	s.mu.Unlock()
	if program == nil {
		return
	}
	program.Quit()
	<-ended
	terminal.Flush(s.in)
}

// start takes the terminal, if it is not held already.
func (s *Screen) start() (*tea.Program, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.program != nil {
		return s.program, s.ended
	}
	width, height, err := term.GetSize(int(s.out.Fd()))
	if err != nil || width <= 0 || height <= 0 {
		width, height = 80, 24
	}
	m := &model{look: newLook(s.out, s.getenv), now: time.Now, width: width, height: height, interrupt: s.abort}
	// Both ends are named, or bubbletea would open /dev/tty where one is a pipe.
	// Signals are the program's own: its context ends what is asked here.
	program := tea.NewProgram(m, tea.WithInput(s.in), tea.WithOutput(s.out), tea.WithAltScreen(), tea.WithoutSignalHandler())
	ended := make(chan struct{})
	s.program, s.ended = program, ended
	go func() {
		defer close(ended)
		_, err := program.Run()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.failure = err
		if s.program == program {
			s.program = nil
		}
	}()
	return program, ended
}

// failed is the error of a program that ended by itself: the terminal is gone.
func (s *Screen) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failure == nil {
		return io.EOF
	}
	return fmt.Errorf("the terminal: %w", s.failure)
}
