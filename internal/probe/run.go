package probe

import (
	"context"
	"crypto/x509"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/smtp"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// preference is how long a session with the preferred endpoint is waited for
// once another one stands.
const preference = 300 * time.Millisecond

// glance is how long those that have not connected yet are waited for when all
// else is done.
const glance = 5 * time.Millisecond

// courtesy is how long a goodbye may take.
const courtesy = time.Second

var errMaxTime = errors.New("the time limit of the run was reached")

// Run carries a plan out and tells what happens to events, one at a time. The
// report is whole also when the context is cancelled, and then says so.
func (p *Prober) Run(ctx context.Context, plan Plan, events func(report.Event)) (*report.Report, error) {
	if err := plan.validate(); err != nil {
		return nil, err
	}
	r := newRun(p, plan, events)
	began := time.Now()
	bounded, cancel := ctx, context.CancelFunc(func() {})
	if plan.MaxTime > 0 {
		bounded, cancel = context.WithTimeoutCause(ctx, plan.MaxTime, errMaxTime)
	}
	defer cancel()

	kept, all, err := r.race(bounded)
	if err != nil {
		return nil, err
	}
	if kept.up {
		kept.goOn(bounded)
	}
	r.settle(all)
	rep := r.report(kept, all)
	found, others := r.look(bounded, kept)
	rep.Findings = append(rep.Findings, found...)
	rep.Alternatives = append(rep.Alternatives, others...)
	rep.Interrupted = ctx.Err() != nil && kept.cutShort()
	rep.Duration = time.Since(began)
	return rep, nil
}

// run is one plan under way: what its sessions share.
type run struct {
	prober   *Prober
	plan     Plan
	began    time.Time
	redactor *smtp.Redactor
	roots    func() (*x509.CertPool, error)
	names    *names

	mu     sync.Mutex
	events func(report.Event)

	firstUp time.Time // when the first session stood
	losers  sync.WaitGroup
	giveUp  context.CancelFunc // ends the sessions that were not kept
}

func newRun(p *Prober, plan Plan, events func(report.Event)) *run {
	r := &run{
		prober: p, plan: plan, began: time.Now(), events: events,
		redactor: plan.Redactor,
		names:    newNames(p.Resolver, plan.Route.Family),
	}
	if r.redactor == nil {
		r.redactor = smtp.NewRedactor(plan.Account.Password.Reveal())
	}
	if plan.Route.Proxy != nil {
		r.redactor.AddSecret(plan.Route.Proxy.Password.Reveal())
	}
	load := plan.Trust.Roots
	if load == nil {
		load = x509.SystemCertPool
	}
	r.roots = sync.OnceValues(load)
	go r.roots() // reading the roots takes as long as DNS does: side by side
	return r
}

func (r *run) tell(e report.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.events != nil {
		r.events(e)
	}
}

// race opens a session with every endpoint side by side and keeps the most
// preferred of those that stand within a moment of the first.
func (r *run) race(ctx context.Context) (kept *session, all []*session, err error) {
	racing, giveUp := context.WithCancel(ctx)
	r.giveUp = giveUp
	ended := make(chan *session, len(r.plan.Account.Endpoints))
	for _, e := range r.plan.Account.Endpoints {
		s := newSession(r, e)
		s.live = len(r.plan.Account.Endpoints) == 1
		all = append(all, s)
		r.losers.Go(func() {
			s.open(racing)
			close(s.opened)
			ended <- s
		})
	}
	kept = r.choose(all, ended)
	if kept.misuse != nil {
		giveUp()
		r.losers.Wait()
		return nil, all, kept.misuse
	}
	kept.keep()
	for _, s := range all {
		if s != kept {
			r.losers.Go(func() { s.leave(racing) })
		}
	}
	return kept, all, nil
}

// choose waits until the choice is clear.
func (r *run) choose(all []*session, ended <-chan *session) *session {
	var patience <-chan time.Time
	finished := map[*session]bool{}
	for {
		if best, clear := pick(all, finished); clear {
			return best
		}
		select {
		case s := <-ended:
			finished[s] = true
			if s.up && patience == nil {
				r.firstUp = time.Now()
				patience = time.After(preference)
			}
		case <-patience:
			best, _ := pick(all, finished)
			return best
		}
	}
}

// pick returns the session to keep so far, and whether no other could still be better.
func pick(all []*session, finished map[*session]bool) (best *session, clear bool) {
	clear = true
	for _, s := range all {
		if !finished[s] {
			clear = false
			continue
		}
		if s.up {
			return s, clear
		}
	}
	if !clear {
		return nil, false
	}
	best = all[0]
	for _, s := range all {
		if s.progress() > best.progress() {
			best = s
		}
	}
	return best, true
}

// settle ends the sessions that were not kept. One that is connected gets a
// moment more, so that a certificate that fails is always told.
func (r *run) settle(all []*session) {
	grace := time.Until(r.firstUp.Add(preference))
	done := make(chan struct{})
	go func() { r.losers.Wait(); close(done) }()
	select { // one that is as near as the kept one gets to say so
	case <-done:
	case <-time.After(min(glance, max(grace, 0))):
	}
	if slices.ContainsFunc(all, (*session).underWay) {
		select {
		case <-done:
		case <-time.After(time.Until(r.firstUp.Add(preference))):
		}
	}
	r.giveUp()
	<-done
}

// report puts together what the kept session and the others found.
func (r *run) report(kept *session, all []*session) *report.Report {
	rep := &report.Report{
		Check:      r.plan.Check,
		Account:    r.plan.Account,
		Endpoint:   kept.endpoint,
		Dialled:    kept.dialled,
		Steps:      withSkipped(kept),
		TLS:        kept.tls,
		Greeting:   kept.greeting,
		Extensions: kept.extensions,
		Conclusive: true,
		MessageID:  kept.messageID,
		Subject:    kept.subject,
		Notes:      kept.notes,
		Transcript: lines(kept.log),
	}
	// Where a key is user name and password in one, the name is the secret too.
	rep.Account.Username = r.redactor.Clean(rep.Account.Username)
	if r.plan.Check == report.CheckSender && r.plan.JudgesAfterMessage {
		rep.Conclusive = false
	}
	for _, s := range all {
		if s != kept {
			rep.Alternatives = append(rep.Alternatives, s.alternative())
		}
	}
	if kept.certificateFailed() {
		rep.Alternatives = append(rep.Alternatives, kept.alternative())
	}
	return rep
}

// order is that of the stages when all of them run.
func order(security submission.Security) []report.Stage {
	switch security {
	case submission.SSL:
		return []report.Stage{report.Resolve, report.Connect, report.TLSStage, report.Greeting, report.EHLO,
			report.Auth, report.Mail, report.Rcpt, report.Data, report.Quit}
	case submission.STARTTLS:
		return []report.Stage{report.Resolve, report.Connect, report.Greeting, report.EHLO, report.STARTTLS, report.TLSStage,
			report.Auth, report.Mail, report.Rcpt, report.Data, report.Quit}
	}
	return []report.Stage{report.Resolve, report.Connect, report.Greeting, report.EHLO,
		report.Auth, report.Mail, report.Rcpt, report.Data, report.Quit}
}

// withSkipped adds the stages that were not asked for or not reached.
func withSkipped(s *session) []report.Step {
	steps := append([]report.Step(nil), s.steps...)
	ran := map[report.Stage]bool{}
	for _, step := range steps {
		ran[step.Stage] = true
	}
	for _, stage := range order(s.endpoint.Security) {
		if !ran[stage] {
			steps = append(steps, report.Step{Stage: stage, Status: report.Skipped})
		}
	}
	return steps
}

func lines(t *smtp.Transcript) []report.Line {
	var out []report.Line
	for _, l := range t.Lines() {
		from := report.Client
		if l.Server {
			from = report.Server
		}
		out = append(out, report.Line{At: l.At, From: from, TLS: l.TLS, Text: l.Text})
	}
	return out
}
