package wizard

import (
	"context"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/diagnose"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

func (s *state) wantsTry() bool { return s.report == nil && !s.untested }

// try probes the account as the answers have it.
func (w *Wizard) try(ctx context.Context) error {
	s := w.state
	if !s.canAsk {
		if err := w.complete(); err != nil {
			return err
		}
	}
	s.ungroup()
	w.warn()
	a := s.attempt()
	var wrong error
	stopped, err := w.deps.Prompter.Watch(ctx, s.tryTitle(a), func(ctx context.Context, events func(report.Event)) {
		s.report, s.diagnosis, wrong = w.deps.Prober.Probe(ctx, a, events)
	})
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	case stopped, wrong == nil && s.report.Interrupted:
		if s.untry(); !s.canAsk {
			return context.Canceled
		}
		s.problem = s.t.stopped()
		s.reopen("login")
		return nil
	case wrong != nil && s.canAsk:
		s.untry()
		s.problem = wrong.Error()
		s.reopen("login")
		return nil
	case wrong != nil:
		return wrong
	}
	if s.diagnosis == nil {
		s.diagnosis = &diagnose.Diagnosis{Cause: submission.Unknown}
	}
	s.count()
	return nil
}

func (s *state) wantsCase() bool { return s.caseOf != nil && s.caseOf == s.report }

// writeCase writes what the provider's support asks about the failure.
func (w *Wizard) writeCase(ctx context.Context) error {
	s := w.state
	w.deps.Prompter.Busy(s.t.writingCase())
	written, err := w.deps.WriteCase(ctx, s.attempt(), s.report)
	switch s.caseOf = nil; {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		s.problem = s.t.caseNotWritten(err.Error())
	default:
		s.caseDone, s.problem = s.report, s.t.caseWritten(written.File, written.SendTo)
	}
	return nil
}

// complete makes sure that nothing is left to ask before anything is dialled.
func (w *Wizard) complete() error {
	s := w.state
	if flags := s.open(w.steps); len(flags) > 0 {
		return s.missing(flags)
	}
	if wrong := s.clearText(s.look().endpoints); wrong != "" {
		return &UsageError{What: wrong, Hint: s.t.givenHint(submission.FieldSecurity)}
	}
	if offer := s.offer(s.store()); !offer.Usable {
		return &UsageError{What: s.t.storeUnusable(s.store(), offer.Why), Hint: s.t.givenHint(SecretStore)}
	}
	return nil
}

func (s *state) tryTitle(a Attempt) string {
	host := ""
	if len(a.Account.Endpoints) > 0 {
		host = a.Account.Endpoints[0].Host
	}
	if s.ungrouped {
		return s.t.tryingUngrouped(host)
	}
	return s.t.trying(host)
}

// count notes refusals of credentials in a row.
func (s *state) count() {
	failed := s.report.Failed()
	if failed == nil || failed.Stage != report.Auth || failed.Reply == nil {
		s.refusals, s.notBefore = 0, time.Time{}
		return
	}
	s.refusals++
	if s.refusals >= mostRefusals {
		s.notBefore = s.now().Add(pause)
	}
}
