// Package wizard is the flow of setup: what is asked, in which order, what a
// failure leads back to, and what is saved. It declares what it needs as small
// interfaces and knows neither terminal nor network.
//
//	out, err := wizard.New(deps, given).Run(ctx)
//
// The answers so far alone decide what comes next: steps.go lists the pages
// and jobs in order, and the first that is due is done. picture.go says what
// the answers and DNS amount to, the pages_ files hold what is asked, texts.go
// every sentence that a person reads.
package wizard

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/diagnose"
	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// ErrAborted: the person ended the wizard; nothing was written.
var ErrAborted = errors.New("aborted")

// UsageError is an answer that is wrong or missing where nobody can be asked
// (status 2): what is wrong, and what to do.
type UsageError struct {
	What  string
	Hint  string
	Flags []string // that would have given what is missing
}

func (e *UsageError) Error() string { return e.What }

// Deps is what the wizard works with.
type Deps struct {
	Prompter Prompter
	CanAsk   bool // there is somebody to ask; else Prompter only tells
	Prober   Prober
	Finder   Finder
	Bridges  BridgeFinder // nil: none is looked for
	Keeper   Keeper
	Card     func(Proven) []string // the settings in the words of mail programs, a line each
	// WriteCase writes the support case of a try into a new file.
	WriteCase func(context.Context, Attempt, *report.Report) (Case, error)
	Received  func() []string // of the demo: subjects of the mails that its server took
	Library   *preset.Library
	Hostname  string // of this machine, for the name of an app password
	Now       func() time.Time
}

// Given is what is known before anything is asked.
type Given struct {
	Answers  map[submission.Field]string // by flag and argument; what stands here is not asked
	Password submission.Secret           // likewise
	Defaults map[submission.Field]string // of the profile that is edited, or of the demo: shown, and changed at will
	Kept     submission.Secret           // the password of that profile, taken where none is typed
	Keeps    bool                        // or it has one that Keeper.Kept reads, once it is wanted
	Locked   bool                        // which takes a passphrase
	Profile  string                      // name of the profile that is edited, "" for a new one
	Check    report.Check                // how far the Prober goes, "" for a test mail
	Yes      bool                        // take the default for what is not given
	// SaveUntested saves also what has not passed, where nobody can be asked.
	SaveUntested bool
	Demo         bool     // the embedded server is set up
	Notes        []string // of the demo: what it refuses, and what would work
}

// Outcome is how it ended.
type Outcome struct {
	Status    int                 // exit status
	Saved     *Saved              // nil: nothing was saved
	Report    *report.Report      // of the last try, nil for none
	Diagnosis *diagnose.Diagnosis // why that failed
	Told      bool                // the settings, and what is proven of them, were left on the screen
}

// Wizard is one setup under way. It is used once, by one goroutine.
type Wizard struct {
	deps  Deps
	state *state
	steps []step
}

// New prepares a setup.
func New(deps Deps, given Given) *Wizard {
	return &Wizard{deps: deps, state: newState(deps, given), steps: steps()}
}

// Run goes through it to the end. The error is a *UsageError, also where the
// answers ended, ErrAborted, the context's, or that of the Keeper or Prober; a
// server's refusal is no error.
func (w *Wizard) Run(ctx context.Context) (Outcome, error) {
	err := w.state.check()
	for err == nil && !w.state.done {
		if err = ctx.Err(); err == nil {
			err = w.advance(ctx)
		}
	}
	return w.outcome(err), err
}

func (w *Wizard) outcome(err error) Outcome {
	s := w.state
	out := Outcome{Status: s.status, Saved: s.saved, Report: s.report, Diagnosis: s.diagnosis, Told: s.told}
	if s.report == nil || s.report.OK() {
		out.Diagnosis = nil
	}
	var wrong *UsageError
	switch {
	case err == nil:
	case errors.Is(err, ErrAborted), errors.Is(err, context.Canceled):
		out.Status = report.ExitInterrupted
	case errors.As(err, &wrong):
		out.Status = report.ExitUsage
	default:
		out.Status = report.ExitInternal
	}
	return out
}

// advance does the first thing that is due.
func (w *Wizard) advance(ctx context.Context) error {
	s := w.state
	next := s.next(w.steps)
	switch {
	case next == nil:
		s.done = true
		return nil
	case next.do != nil:
		return next.do(w, ctx)
	case (s.given.Yes || !s.canAsk) && s.wanted == "" && !s.reopened[next.key] && next.assume != nil && next.assume(s):
		s.passed[next.key] = true
		return nil
	case !s.canAsk:
		return s.missing(s.open(w.steps))
	}
	return w.ask(ctx, next)
}

// ask shows a page and takes what comes of it.
func (w *Wizard) ask(ctx context.Context, st *step) error {
	s := w.state
	p := st.page(s)
	p.Key, p.Back = st.key, s.wanted != "" || len(s.history) > 0
	if s.problem != "" {
		p.Blocks = append([]Block{{Strong, s.problem}}, p.Blocks...)
	}
	s.show(p)
	a, err := w.deps.Prompter.Ask(ctx, p)
	switch {
	case errors.Is(err, io.EOF) && s.report != nil && !s.asked:
		s.canAsk = false // everything was given, and nobody is there: TERM=dumb of a script
		return nil
	case errors.Is(err, io.EOF):
		return s.ended(p.Title, s.open(w.steps))
	case err != nil:
		return err
	}
	s.asked, s.problem = true, ""
	s.hold(a)
	switch a.Move {
	case Back:
		s.back(st.key)
	case Acted:
		st.act(s, a.Action)
	case Changed:
		s.forgetShown()
		s.problem = st.changed(s, a)
	default:
		if s.problem = st.take(s, a); s.problem == "" {
			s.pass(st)
			s.problem = s.unfit()
		}
	}
	return nil
}

// open lists the flags of everything that is still to be answered.
func (s *state) open(all []step) []string {
	var flags []string
	for i := range all {
		st := &all[i]
		if st.flags != nil && s.due(st) && (st.assume == nil || !st.assume(s)) {
			flags = append(flags, st.flags(s)...)
		}
	}
	return slices.Compact(flags) // what reads a passphrase once reads it for all
}

// ended is the error where the answers ended too early, at a page.
func (s *state) ended(title string, flags []string) error {
	return &UsageError{What: s.t.ended(title, strings.Join(flags, "; ")), Hint: s.t.endedHint(), Flags: flags}
}

func (s *state) missing(flags []string) error {
	hint := s.t.missingHint(s.given.Yes)
	if slices.Contains(flags, "--"+string(SecretStore)) && s.offers != nil && s.store() == "" {
		hint = s.t.storeMissing(s.offer(StoreKeyring).Why)
	}
	if s.found != nil && s.found.DomainMissing {
		hint = s.t.domainMissing(s.look().from.Domain)
	}
	if meant := s.slip(); meant != "" {
		hint = s.t.slipTitle(meant)
	}
	return &UsageError{What: s.t.missing(strings.Join(flags, "; ")), Hint: hint, Flags: flags}
}
