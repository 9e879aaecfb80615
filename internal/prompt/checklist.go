package prompt

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// patience is how long a stage may run before it is said that nobody answers.
const patience = 3 * time.Second

// checklist is the stages of a probe: those that ended, and those that run at
// one endpoint or at several side by side.
type checklist struct {
	ended   []report.Step
	running []running
}

type running struct {
	endpoint submission.Endpoint
	stage    report.Stage
	since    time.Time
}

// add takes an event. Stages end only at the endpoint that is kept, so with the
// first end the others are out of the race.
func (c *checklist) add(e report.Event, now time.Time) {
	if e.Running {
		c.run(running{e.Endpoint, e.Step.Stage, now})
		return
	}
	c.drop(func(r running) bool { return r.endpoint != e.Endpoint || r.stage == e.Step.Stage })
	if e.Step.Status == report.Skipped && e.Step.Detail == "" {
		return
	}
	c.ended = append(c.ended, e.Step)
}

// run is the next stage of an endpoint. It takes the line of the one before, so
// that endpoints side by side do not change places.
func (c *checklist) run(r running) {
	at := slices.IndexFunc(c.running, func(o running) bool { return o.endpoint == r.endpoint })
	if at < 0 {
		c.running = append(c.running, r)
		return
	}
	c.running[at] = r
}

func (c *checklist) drop(out func(running) bool) {
	kept := c.running[:0]
	for _, r := range c.running {
		if !out(r) {
			kept = append(kept, r)
		}
	}
	c.running = kept
}

// where names a running endpoint: by its port, and by its host too where
// several hosts are tried.
func (c *checklist) where(r running) string {
	for _, other := range c.running {
		if other.endpoint.Host != r.endpoint.Host {
			return fmt.Sprintf("%s:%d", safe(r.endpoint.Host), r.endpoint.Port)
		}
	}
	return fmt.Sprint(r.endpoint.Port)
}

// narrow is the width under which what was found has a line of its own.
const narrow = 60

// lines draws the list. Where it is brief, what a stage found is left out for all
// that passed but the last.
func (c *checklist) lines(l look, now time.Time, width int, brief bool) []string {
	var lines []string
	for i, s := range c.ended {
		took, text := "", safe(s.Found())
		if s.Status != report.Skipped {
			took = duration(s.Duration)
		}
		if brief && s.Status == report.OK && i < len(c.ended)-1 {
			text = ""
		}
		lines = append(lines, row(l, markWord(s.Status), string(s.Stage), took, text, width)...)
	}
	for _, r := range c.running {
		took, text := "", c.where(r)
		if waited := now.Sub(r.since); waited >= patience {
			took, text = fmt.Sprintf("%d s", int(waited.Seconds())), sayNoAnswerYet(text)
		}
		lines = append(lines, row(l, l.dots, string(r.stage), took, text, width)...)
	}
	return lines
}

// row is a stage: its mark, name, time and what was found, which is last, for it
// may be long or in any script. On a narrow screen it has a line of its own.
func row(l look, mark, stage, took, text string, width int) []string {
	lead := mark + pad(mark, 4) + " " + stage + pad(stage, 9) + pad(took, 8) + took + "  "
	rest := led(lead, text, width)
	if width < narrow && ansi.StringWidth(lead+text) > width {
		rest = append([]string{lead}, led("     ", text, width)...)
	}
	rest[0] = paint(l, mark) + strings.TrimRight(strings.TrimPrefix(rest[0], mark), " ")
	return rest
}

func pad(text string, width int) string {
	return strings.Repeat(" ", max(width-ansi.StringWidth(text), 0))
}

// paint sets the mark; the word says it without colour too.
func paint(l look, mark string) string {
	if mark == markWord(report.Failed) {
		return l.strong.Render(mark)
	}
	return l.accent.Render(mark)
}
