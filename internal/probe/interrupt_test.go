package probe

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/smtptest"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// interrupted is a run that is cancelled where its server says nothing. The
// script tells whether a QUIT is due: it must come, or nothing may.
type interrupted struct {
	fault
	at  report.Stage
	nth int // of the stages of that name, from 0
}

func (i interrupted) run(t *testing.T, ca *smtptest.CA) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		config := smtptest.Config{TLS: ca.Server(smtptest.Leaf{Names: []string{host}})}
		if i.script != "" {
			config.Scripts = []string{i.script}
		}
		net := serve(smtptest.New(t, config))
		if i.site != nil {
			net.sites["192.0.2.10:465"] = i.site
		}
		p := proberOn(net)
		if i.resolver != nil {
			p.Resolver = i.resolver
		}
		pl := plan(t, ca, i.endpoint)
		if i.change != nil {
			i.change(&pl)
		}
		var at time.Time
		seen := 0
		rep := runOn(t, ctx, p, pl, func(e report.Event) {
			if !e.Running || e.Step.Stage != i.at {
				return
			}
			if seen == i.nth {
				time.AfterFunc(courtesy/2, func() { at = time.Now(); cancel() })
			}
			seen++
		})
		if took := time.Since(at); at.IsZero() || took > time.Second {
			t.Errorf("it ended %s after the interruption", took)
		}
		if got := outcome(rep); got != i.want {
			t.Errorf("got %s, want %s", got, i.want)
		}
	})
}

func TestInterrupt(t *testing.T) {
	t.Parallel()
	ca := smtptest.NewCA()
	const quit = "C: QUIT\ndrain" // it is said, and not answered
	auth := func(offer string) string {
		return smtptest.Script([]smtptest.Beat{smtptest.Secured(), smtptest.Greeted(), smtptest.Hello("AUTH " + offer)}) + "\n"
	}
	pipelined := smtptest.Script([]smtptest.Beat{smtptest.Secured(), smtptest.Greeted(), smtptest.Hello("PIPELINING", "AUTH PLAIN"), smtptest.Transaction()[0]},
		"C: MAIL FROM:<you@example.test>", "C: RCPT TO:<you@example.test>", "C: DATA")
	onlySender := func(p *Plan) { p.Check = report.CheckSender }
	on := func(stage report.Stage) string { return fmt.Sprintf("130 %s interrupted", stage) }

	for _, i := range []interrupted{
		{at: report.Resolve, fault: fault{name: "resolve", endpoint: implicit, resolver: answers(smtptest.Answer{Stall: true})}},
		{at: report.Resolve, fault: fault{name: "resolve for a session in clear", endpoint: inClear, resolver: smtptest.Resolver{"localhost": {Stall: true}}}},
		{at: report.Connect, fault: fault{name: "connect", endpoint: implicit, site: silent}},
		{at: report.TLSStage, fault: fault{name: "tls", endpoint: implicit, script: "drain"}},
		{at: report.Greeting, fault: fault{name: "greeting", endpoint: implicit, script: "tls\n" + "stall"}},
		{at: report.EHLO, fault: fault{name: "ehlo", endpoint: implicit, script: until(submission.SSL, report.EHLO, quit)}},
		{at: report.EHLO, fault: fault{name: "ehlo, and QUIT is answered", endpoint: implicit, script: until(submission.SSL, report.EHLO, polite)}},
		{at: report.STARTTLS, fault: fault{name: "starttls", endpoint: upgraded, script: until(submission.STARTTLS, report.STARTTLS, "stall")}},
		{at: report.TLSStage, fault: fault{name: "tls after STARTTLS", endpoint: upgraded, script: until(submission.STARTTLS, report.TLSStage, "drain")}},
		{at: report.EHLO, nth: 1, fault: fault{name: "second ehlo", endpoint: upgraded, script: smtptest.Script(dialogue(submission.STARTTLS)[:4], "C: EHLO *", quit)}},
		{at: report.Auth, fault: fault{name: "auth by PLAIN", endpoint: implicit, script: until(submission.SSL, report.Auth, quit)}},
		{at: report.Auth, fault: fault{name: "auth by LOGIN", endpoint: implicit, script: auth("LOGIN") + "C: AUTH LOGIN\nS: 334 \nC: *\nstall"}},
		{at: report.Mail, fault: fault{name: "mail", endpoint: implicit, script: until(submission.SSL, report.Mail, quit)}},
		{at: report.Rcpt, fault: fault{name: "rcpt", endpoint: implicit, script: until(submission.SSL, report.Rcpt, quit)}},
		{at: report.Data, fault: fault{name: "data", endpoint: implicit, script: until(submission.SSL, report.Data, "stall")}},
		{at: report.Data, fault: fault{name: "message", endpoint: implicit, script: until(submission.SSL, report.Data, "S: 354 go on", "message", "stall")}},
		{at: report.Mail, fault: fault{name: "mail in one write", endpoint: implicit, script: pipelined + "\nstall"}},
		{at: report.Rcpt, fault: fault{name: "rcpt in one write", endpoint: implicit, script: pipelined + "\nS: 250 ok\nstall"}},
		{at: report.Mail, fault: fault{name: "mail of a sender check in one write", endpoint: implicit, change: onlySender,
			script: smtptest.Script([]smtptest.Beat{smtptest.Secured(), smtptest.Greeted(), smtptest.Hello("PIPELINING", "AUTH PLAIN"), smtptest.Transaction()[0]},
				"C: MAIL *", "C: RCPT *", "C: RSET", "C: QUIT", "drain")}},
	} {
		i.want = on(i.at)
		t.Run(i.name, func(t *testing.T) { i.run(t, ca) })
	}
}

// What was asked for is done: cutting the goodbye short interrupts nothing.
func TestInterruptedGoodbye(t *testing.T) {
	t.Parallel()
	ca := smtptest.NewCA()
	for _, i := range []interrupted{
		{at: report.Quit, fault: fault{name: "after success", endpoint: implicit, script: smtptest.Script(dialogue(submission.SSL), "C: QUIT", "drain"), want: "0"}},
		{at: report.Quit, fault: fault{name: "after a refusal", endpoint: implicit,
			script: until(submission.SSL, report.Auth, "S: 535 5.7.8 no", "C: QUIT", "drain"), want: "7 auth 535"}},
	} {
		t.Run(i.name, func(t *testing.T) { i.run(t, ca) })
	}
}

func TestInterruptBeforehand(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		net := &internet{}
		rep := runOn(t, ctx, proberOn(net), plan(t, smtptest.NewCA(), implicit, upgraded), nil)
		if got := outcome(rep); got != "130 resolve interrupted" {
			t.Errorf("got %s", got)
		}
		if asked := net.asked(); len(asked) > 0 {
			t.Errorf("dialled %s", asked)
		}
	})
}

// Two endpoints at work: both part politely within the same second.
func TestInterruptTheRace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ca := smtptest.NewCA()
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(time.Second, cancel)
		srv := smtptest.New(t, smtptest.Config{Scripts: []string{
			smtptest.Script([]smtptest.Beat{smtptest.Greeted()}, "C: EHLO *", "C: QUIT", "drain"),
			smtptest.Script([]smtptest.Beat{smtptest.Greeted()}, "C: EHLO *", "C: QUIT", "drain"),
		}})
		one, other := upgraded, upgraded
		other.Port = 25
		net := serve(srv)
		net.sites["192.0.2.10:25"] = answering(srv)
		began := time.Now()
		rep := runOn(t, ctx, proberOn(net), plan(t, ca, one, other), nil)
		if got := outcome(rep); got != "130 ehlo interrupted" || rep.Endpoint != one || len(rep.Alternatives) != 1 {
			t.Errorf("got %s of %s, alternatives %v", got, rep.Endpoint, rep.Alternatives)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}
