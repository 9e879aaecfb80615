// Package terminal is where the program reads and writes, and what is known of
// the places: is it a terminal, how wide, may it have colour.
package terminal

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Streams are a process's three, with a double in tests.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer

	InIsTerminal, OutIsTerminal, ErrIsTerminal bool

	Width   int  // columns of the output, 0 where it is no terminal
	Styled  bool // the output shows bold text
	Palette bool // and colours: see Accent
	Getenv  func(string) string
}

// System returns the streams of this process.
func System() *Streams {
	s := &Streams{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		InIsTerminal:  isTerminal(os.Stdin),
		OutIsTerminal: isTerminal(os.Stdout),
		ErrIsTerminal: isTerminal(os.Stderr),
		Getenv:        os.Getenv,
	}
	if s.OutIsTerminal {
		s.Width, _, _ = term.GetSize(int(os.Stdout.Fd()))
		s.Styled = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && os.Getenv("TERM") != ""
		s.Palette = s.Styled && Palette(os.Getenv)
	}
	return s
}

// Interactive reports whether somebody can be asked: on both ends is a
// terminal, and it is not a build machine (CI is set there).
func (s *Streams) Interactive() bool {
	return s.InIsTerminal && s.ErrIsTerminal && s.Getenv("CI") == ""
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }
