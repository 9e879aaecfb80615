package wizard

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/diagnose"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// chance answers every page with something that fits it, and gives up in the end.
type chance struct {
	t     *testing.T
	r     *rand.Rand
	pages []Page
	told  []Block
	moves []string
	state *state
}

const patience = 80 // pages

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

func (c *chance) Ask(_ context.Context, p Page) (Answer, error) {
	checkPage(c.t, p)
	c.pages = append(c.pages, p)
	if len(c.pages) > patience {
		return Answer{}, ErrAborted
	}
	a := Answer{Move: Next, Texts: map[string]string{}, Secrets: map[string]submission.Secret{}}
	for _, q := range p.Questions {
		a.Texts[q.Key] = c.text(q)
		if q.Kind == Password {
			delete(a.Texts, q.Key)
			a.Secrets[q.Key] = submission.NewSecret(pick(c.r, "", marker, " "+marker, grouped, "you@example.com", "123456", bare))
		}
	}
	if n := c.r.IntN(10); n < 2 && p.Back {
		a.Move = Back
	} else if n < 5 && len(p.Actions) > 0 {
		a.Move, a.Action = Acted, pick(c.r, p.Actions...).Key
	}
	for _, q := range p.Questions { // a Prompter lets nothing wrong go on
		if a.Move == Next && q.Kind == TextLine && !q.Optional && a.Texts[q.Key] == "" {
			a.Texts[q.Key] = or(q.Value, "name")
		}
		if a.Move == Next && q.Check != nil && q.Kind != Password && q.Check(a.Texts[q.Key]) != "" {
			a.Texts[q.Key] = q.Value
		}
	}
	for i, q := range p.Questions[:max(len(p.Questions)-1, 0)] {
		if a.Move == Next && q.Decides && a.Texts[q.Key] != q.Value {
			a.Move, a.Changed, a.Focus = Changed, q.Key, p.Questions[i+1].Key
		}
	}
	c.moves = append(c.moves, p.Key+" "+string(a.Move)+" "+a.Action+a.Changed)
	return a, nil
}

func (c *chance) text(q Question) string {
	if c.r.IntN(3) > 0 && q.Value != "" {
		return q.Value
	}
	switch q.Kind {
	case Choice:
		return pick(c.r, q.Options...).Value
	case YesNo:
		return pick(c.r, "yes", "no")
	}
	return pick(c.r, "", "you@example.com", "me@gmail.com", "you@proton.me", "x@exampel.com", "2", "mail.example.com", "127.0.0.1",
		"465", "587", "socks5://127.0.0.1:1080", "name", "   ", "Ünïcode", "ex4.mail.ovh.net", "pass show x")
}

func (c *chance) Busy(string) {}

func (c *chance) Watch(ctx context.Context, title string, run func(context.Context, func(report.Event))) (bool, error) {
	c.told = append(c.told, Block{Text: title})
	run(ctx, func(report.Event) {})
	return c.r.IntN(8) == 0, nil
}

func (c *chance) Tell(blocks ...Block) { c.told = append(c.told, blocks...) }

// Probe ends in any way there is.
func (c *chance) Probe(_ context.Context, a Attempt, _ func(report.Event)) (*report.Report, *diagnose.Diagnosis, error) {
	if len(a.Account.Endpoints) == 0 || a.Account.Password.IsZero() || a.Account.Username == "" || a.Account.From.Local == "" || a.Account.To.Local == "" {
		c.t.Errorf("an incomplete try: %+v: %v %+v\n%s", a.Account, c.state.values, c.state.look(), strings.Join(c.moves, "\n"))
		return nil, nil, errors.New("incomplete")
	}
	for _, e := range a.Account.Endpoints {
		if e.Security == submission.None && !submission.IsLoopbackHost(e.Host) {
			c.t.Errorf("a password in clear to %s", e)
		}
	}
	chain := func(r *report.Report) {
		r.TLS = &report.TLS{Chain: []report.Certificate{{Names: []string{"mail.hoster.example", "*.example.com", "192.0.2.1"}, SHA256: "00"}}}
		r.Transcript = []report.Line{{From: report.Server, Text: "220 hello"}}
	}
	r := pick(c.r, passes(), passes(), refused(report.Auth, 535, "5.7.8", "Authentication Failed"), refused(report.Data, 553, "", "Relaying disallowed as x"),
		refused(report.Mail, 451, "4.3.0", "try later"), faulty(report.Connect, report.FaultTimeout, "no answer"), faulty(report.Connect, report.FaultRefused, "refused"),
		faulty(report.TLSStage, report.FaultCertName, "name", chain), faulty(report.TLSStage, report.FaultCertUntrusted, "untrusted", chain),
		faulty(report.Resolve, report.FaultNotFound, "no such name"))(a)
	r.Account = a.Account
	return r, diagnose.Explain(r, a.Preset), nil
}

func (c *chance) Find(context.Context, submission.Address) Found {
	all := []Found{{}, {DNSFailed: true}, {DomainMissing: true}, {Suggestion: "example.com"}, {ForwardOnly: "x"}, {NoMail: true}}
	for _, m := range []map[string]Found{atGmail, atZoho, atOVH, atOVHPro, atProton, bySRV, guessed} {
		for _, f := range m {
			all = append(all, f)
		}
	}
	return all[c.r.IntN(len(all))]
}

// near is Bridge in some state.
type near struct{ *chance }

func (n near) Find(context.Context) Bridge {
	e := submission.Endpoint{Host: "127.0.0.1", Port: 1026, Security: submission.STARTTLS}
	return pick(n.r, Bridge{}, Bridge{Installed: true}, Bridge{Endpoint: e}, Bridge{Endpoint: e, Certificate: &report.Certificate{SHA256: "00"}},
		Bridge{Endpoint: e, Certificate: &report.Certificate{SHA256: "00"}, OwnProcess: true, Occupants: []Occupant{{Port: 1025}}})
}

// TestAnyPath: whatever a person does, no page is unusable, no try incomplete,
// nothing is saved that has not passed unless that was chosen, and the password
// is nowhere to be read.
func TestAnyPath(t *testing.T) {
	t.Parallel()
	ends := map[string]int{}
	for seed := range uint64(300) {
		c := &chance{t: t, r: rand.New(rand.NewPCG(seed, 4))}
		k := &keeper{offers: pick(c.r, keyring, noKeyring, []StoreOffer{{Store: StoreFile, Usable: true, Unlock: ByPassphrase}}, []StoreOffer{{Store: StoreFile, Why: "it is damaged"}})}
		given := pick(c.r, Given{}, Given{}, Given{Yes: true, Answers: answers{"from": "you@example.com"}}, Given{Profile: "p", Defaults: answers{"from": "you@example.com", "preset": "zoho", "region": "eu"}, Kept: submission.NewSecret(marker)})
		w := New(Deps{
			Prompter: c, CanAsk: true, Prober: c, Finder: c, Bridges: near{c}, Keeper: k, Library: library(), Hostname: "laptop",
			Now: func() time.Time { return noon },
		}, given)
		c.state = w.state
		w.deps.Card = func(Proven) []string { return nil }
		w.deps.WriteCase = func(context.Context, Attempt, *report.Report) (Case, error) { return Case{File: "case.md"}, nil }
		out, err := w.Run(t.Context())
		trail := func() string { return "seed " + portText(int(seed)) + "\n" + strings.Join(c.moves, "\n") }
		if len(k.saved) > 0 {
			p := k.saved[0]
			if !p.Untested && (p.Report == nil || !p.Report.OK() || len(p.Account.Endpoints) != 1 || p.Account.Endpoints[0] != p.Report.Endpoint) {
				t.Errorf("saved without proof: %s\n%s", describe(p), trail())
			}
			if p.Untested && !slices.ContainsFunc(c.moves, func(m string) bool { return m == "failed acted untested" || m == "failed next " }) {
				t.Errorf("saved untested unasked: %s\n%s", describe(p), trail())
			}
			if p.Place.Store == "" || p.Place.Store == StoreFile && p.Place.Unlock == "" || p.Name == "" {
				t.Errorf("saved nowhere: %s\n%s", describe(p), trail())
			}
		}
		if err != nil && !errors.Is(err, ErrAborted) {
			t.Errorf("%v\n%s", err, trail())
		}
		switch {
		case err != nil:
			ends["given up"]++
		case len(k.saved) > 0:
			ends["saved"]++
		default:
			ends["stopped"]++
		}
		if (out.Saved != nil) != (len(k.saved) > 0) {
			t.Errorf("the outcome does not tell what was saved\n%s", trail())
		}
		for _, p := range c.pages {
			for _, secret := range []string{marker, grouped, bare} {
				if strings.Contains(textOf(p), secret) {
					t.Errorf("the password stands on the page %q\n%s", p.Key, trail())
				}
			}
		}
	}
	for _, end := range []string{"saved", "stopped"} {
		if ends[end] == 0 {
			t.Errorf("no path ended %q: %v", end, ends)
		}
	}
}
