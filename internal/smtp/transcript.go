package smtp

import (
	"sync"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/reply"
)

// Line is one line of a session as it crossed the wire, safe to print and with
// every secret replaced.
type Line struct {
	At     time.Duration // since the transcript began
	Server bool          // sent by the server
	TLS    bool
	Text   string
}

// Bounds of what a talkative server can make us keep: lines, and octets of one.
const (
	maxTranscript = 4096
	maxLine       = 4096
)

// Transcript keeps the lines of one session. It redacts as it writes, so that
// no reader of it can forget to.
type Transcript struct {
	began    time.Time
	redactor *Redactor

	mu    sync.Mutex
	lines []Line
}

// NewTranscript begins one at a moment, which several may share.
func NewTranscript(began time.Time, r *Redactor) *Transcript {
	return &Transcript{began: began, redactor: r}
}

// Lines returns a copy of what was written so far.
func (t *Transcript) Lines() []Line {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]Line(nil), t.lines...)
}

func (t *Transcript) now() time.Duration { return time.Since(t.began) }

func (t *Transcript) add(l Line) {
	l.Text = cut(reply.Safe(l.Text), maxLine)
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.lines) < maxTranscript {
		t.lines = append(t.lines, l)
	}
}
