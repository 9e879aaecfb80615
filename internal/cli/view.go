package cli

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/probe"
	"github.com/smtpwiz/smtpwiz/internal/render"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/settings"
	"github.com/smtpwiz/smtpwiz/internal/submission"
	"github.com/smtpwiz/smtpwiz/internal/terminal"
)

// view shows one run: for a person as it happens, for a program at its end.
type view struct {
	streams *terminal.Streams
	o       testOptions
	text    *render.Text // where stages go as they happen
	waiting *waiting
}

// textOn writes results for a person.
func textOn(s *terminal.Streams) *render.Text {
	return &render.Text{W: s.Out, Width: s.Width, Styled: s.Styled, Palette: s.Palette}
}

func newView(s *terminal.Streams, o testOptions) *view {
	v := &view{streams: s, o: o, text: textOn(s)}
	switch {
	case o.json && s.ErrIsTerminal && !o.quiet:
		v.text = &render.Text{W: s.Err}
	case o.json, o.quiet:
		v.text = &render.Text{W: io.Discard}
	}
	if s.ErrIsTerminal && !o.quiet {
		v.waiting = newWaiting(s.Err)
	}
	return v
}

func (v *view) begin(p probe.Plan, s *settings.Settings) {
	for _, w := range s.Warnings {
		if v.o.quiet {
			break
		}
		fmt.Fprintf(v.streams.Err, "smtpwiz: warning: %s\n", w)
	}
	// Some services use a key as user name and password in one.
	secrets := p.Redactor
	if v.o.verbose {
		for _, from := range s.Provenance {
			v.text.Provenance(from.Name, secrets.Clean(from.Value), from.Source)
		}
	}
	title := ""
	switch {
	case v.o.demo:
		title = "The embedded demo server"
	case s.Preset != nil:
		title = s.Preset.Title
	}
	account := p.Account
	account.Username = secrets.Clean(account.Username)
	v.text.Heading(title, account)
}

func (v *view) event(e report.Event) {
	if v.waiting != nil {
		v.waiting.event(e)
	}
	if !e.Running {
		v.text.Stage(e.Step)
	}
}

func (v *view) stop() {
	if v.waiting != nil {
		v.waiting.stop()
	}
}

func (v *view) end(r render.Result) error {
	if v.o.json {
		return render.JSON(v.streams.Out, r)
	}
	passed := r.ExitStatus == report.ExitOK
	if v.o.quiet && passed {
		return nil
	}
	out := textOn(v.streams)
	out.NoMailbox = v.o.demo
	if v.o.transcript || v.o.verbose {
		out.Transcript(r.Report.Transcript, v.o.verbose)
	}
	out.Verdict(r.Report, r.Diagnosis)
	return out.Err
}

// waiting says so when a stage takes long, since nothing else moves then.
type waiting struct {
	out  io.Writer
	quit chan struct{}
	done chan struct{}

	mu    sync.Mutex
	since map[submission.Endpoint]time.Time
	stage map[submission.Endpoint]report.Stage
}

// slow is when a stage is worth a word, and again after each further one.
const slow = 3 * time.Second

func newWaiting(out io.Writer) *waiting {
	w := &waiting{
		out: out, quit: make(chan struct{}), done: make(chan struct{}),
		since: map[submission.Endpoint]time.Time{}, stage: map[submission.Endpoint]report.Stage{},
	}
	go w.watch()
	return w
}

func (w *waiting) event(e report.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e.Running {
		w.since[e.Endpoint], w.stage[e.Endpoint] = time.Now(), e.Step.Stage
		return
	}
	// Only the endpoint that is kept ends stages: nobody waits for the others any more.
	for other := range w.since {
		if other != e.Endpoint || w.stage[other] == e.Step.Stage {
			delete(w.since, other)
		}
	}
}

func (w *waiting) watch() {
	defer close(w.done)
	tick := time.NewTicker(slow)
	defer tick.Stop()
	for {
		select {
		case <-w.quit:
			return
		case <-tick.C:
			w.say()
		}
	}
}

func (w *waiting) say() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for e, since := range w.since {
		if waited := time.Since(since); waited >= slow {
			fmt.Fprintf(w.out, "  ...  %-8s %s: no answer yet after %d s\n", w.stage[e], e.Address(), int(waited.Seconds()))
		}
	}
}

func (w *waiting) stop() {
	close(w.quit)
	<-w.done
}
