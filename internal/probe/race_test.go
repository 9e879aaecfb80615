package probe

import (
	"context"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/smtptest"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// side is one endpoint of a race.
type side struct {
	script string
	leaf   smtptest.Leaf // a certificate for host
	site   site          // in place of the server
}

func (s side) at(t *testing.T, ca *smtptest.CA) site {
	if s.site != nil {
		return s.site
	}
	if s.leaf.Names == nil {
		s.leaf.Names = []string{host}
	}
	return answering(smtptest.New(t, smtptest.Config{TLS: ca.Server(s.leaf), Scripts: []string{s.script}}))
}

// Both sides of a race up to EHLO, and what follows on the one that is kept or
// left. A script fails over a line that it does not expect: AUTH above all.
func upTo(security submission.Security, wait string) string {
	for i, b := range dialogue(security) {
		if b.Stage == string(report.Auth) {
			return "wait " + wait + "\n" + smtptest.Script(dialogue(security)[:i])
		}
	}
	panic("no AUTH")
}

var afterwards = "\n" + smtptest.Script(smtptest.Transaction(), polite)

func TestRace(t *testing.T) {
	t.Parallel()
	ca := smtptest.NewCA()
	ssl := func(wait, end string) side { return side{script: upTo(submission.SSL, wait) + end} }
	starttls := func(wait, end string) side { return side{script: upTo(submission.STARTTLS, wait) + end} }
	left := "\n" + polite
	expired := smtptest.Leaf{Names: []string{host}}.Expired()

	for _, c := range []struct {
		name         string
		at465, at587 side
		resolver     Resolver
		hosts        [2]string // of 465 and 587, where they differ
		kept         int
		want         string
		alternatives string // "port reachable stage fault"
	}{
		{name: "both at once", at465: ssl("0s", afterwards), at587: starttls("0s", left), kept: 465, want: "0", alternatives: "587 true"},
		{name: "the preferred a little later", at465: ssl("299ms", afterwards), at587: starttls("0s", left), kept: 465, want: "0", alternatives: "587 true"},
		{name: "the preferred too late", at465: ssl("301ms", "\nmay leave"+left), at587: starttls("0s", afterwards), kept: 587, want: "0", alternatives: "465 false tls interrupted"},
		{name: "the preferred too late, but in time to part", at465: ssl("301ms", left), at587: starttls("0s", "\n"+strings.Replace(smtptest.Script(smtptest.Transaction()), "S: 235", "wait 1s\nS: 235", 1)+"\n"+polite),
			kept: 587, want: "0", alternatives: "465 true"},
		{name: "the other is silent", at465: ssl("0s", afterwards), at587: side{script: "stall"}, kept: 465, want: "0", alternatives: "587 false greeting interrupted"},
		{name: "the other does not connect", at465: ssl("0s", afterwards), at587: side{site: silent}, kept: 465, want: "0", alternatives: "587 false connect interrupted"},
		{name: "the preferred is refused", at465: side{site: refusing}, at587: starttls("0s", afterwards), kept: 587, want: "0", alternatives: "465 false connect refused"},

		{name: "a certificate fails", at465: side{script: "tls refused", leaf: expired}, at587: starttls("0s", afterwards), kept: 587, want: "0", alternatives: "465 false tls cert_expired"},
		{name: "a certificate fails late", at465: side{script: "wait 280ms\ntls refused", leaf: expired}, at587: starttls("0s", afterwards), kept: 587, want: "0", alternatives: "465 false tls cert_expired"},
		{name: "the other's certificate fails late", at465: ssl("0s", afterwards), at587: side{script: "wait 280ms\n" + until(submission.STARTTLS, report.TLSStage, "tls refused"), leaf: expired},
			kept: 465, want: "0", alternatives: "587 false tls cert_expired"},
		{name: "both certificates fail", at465: side{script: "tls refused", leaf: expired}, at587: side{script: until(submission.STARTTLS, report.TLSStage, "tls refused"), leaf: expired},
			kept: 465, want: "5 tls cert_expired", alternatives: "587 false tls cert_expired, 465 false tls cert_expired"},
		{name: "a certificate fails before a missing STARTTLS", at465: side{script: "tls refused", leaf: expired}, at587: side{script: smtptest.Script([]smtptest.Beat{smtptest.Greeted(), smtptest.Hello()}, polite)},
			kept: 465, want: "5 tls cert_expired", alternatives: "587 false starttls no_starttls, 465 false tls cert_expired"},

		{name: "both refused", at465: side{site: refusing}, at587: side{site: refusing}, kept: 465, want: "4 connect refused", alternatives: "587 false connect refused"},
		{name: "one greets", at465: side{site: refusing}, at587: side{script: "S: 554 5.7.1 no\n" + polite}, kept: 587, want: "6 greeting 554", alternatives: "465 false connect refused"},
		{name: "one says more", at465: side{script: "drain"}, at587: side{script: smtptest.Script([]smtptest.Beat{smtptest.Greeted(), smtptest.Hello()}, polite)}, kept: 587, want: "5 starttls no_starttls", alternatives: "465 false tls timeout"},
		{name: "one has TLS", at465: side{script: "tls\nS: 554 5.7.1 no\n" + polite}, at587: side{script: smtptest.Script([]smtptest.Beat{smtptest.Greeted(), smtptest.Hello()}, polite)},
			kept: 465, want: "6 greeting 554", alternatives: "587 false starttls no_starttls"},
		{name: "both have TLS, one a greeting", at465: side{script: "tls\nclose"}, at587: side{script: smtptest.Script(dialogue(submission.STARTTLS)[:4], "C: EHLO *", "S: 550 no", polite)},
			kept: 587, want: "6 ehlo 550", alternatives: "465 false greeting closed"},
		{name: "one name is found", hosts: [2]string{"gone.example.test", host}, at465: side{site: refusing}, at587: side{site: refusing},
			kept: 587, want: "4 connect refused", alternatives: "465 false resolve not_found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				net := &internet{sites: map[string]site{
					"192.0.2.10:465": c.at465.at(t, ca), "192.0.2.10:587": c.at587.at(t, ca),
				}}
				first, second := implicit, upgraded
				if c.hosts[0] != "" {
					first.Host, second.Host = c.hosts[0], c.hosts[1]
				}
				rep := runOn(t, context.Background(), proberOn(net), plan(t, ca, first, second), nil)
				if got := outcome(rep); got != c.want || rep.Endpoint.Port != c.kept {
					t.Errorf("kept %s: %s; want %d: %s", rep.Endpoint, got, c.kept, c.want)
				}
				var told []string
				for _, a := range rep.Alternatives {
					told = append(told, strings.TrimRight(fmt.Sprintf("%d %t %s %s", a.Port, a.Reachable, a.Stage, a.Fault), " "))
					if a.Reachable != (a.Err == "") {
						t.Errorf("%s says %q", a.Endpoint, a.Err)
					}
				}
				if got := strings.Join(told, ", "); got != c.alternatives {
					t.Errorf("alternatives %s; want %s", got, c.alternatives)
				}
			})
		})
	}
}

// The same failure on one endpoint alone is told among the alternatives too.
func TestFailedCertificateIsAnAlternative(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ca := smtptest.NewCA()
		f := fault{script: "tls refused", tls: ca.Server(smtptest.Leaf{Names: []string{"other.example.test"}})}
		rep := f.report(t, ca)
		if len(rep.Alternatives) != 1 || rep.Alternatives[0].Fault != report.FaultCertName || rep.Alternatives[0].Endpoint != implicit {
			t.Errorf("alternatives %+v", rep.Alternatives)
		}
		if rep.TLS == nil || rep.TLS.Verified || len(rep.TLS.Chain) != 1 || !slices.Equal(rep.TLS.Chain[0].Names, []string{"other.example.test"}) {
			t.Errorf("chain %+v", rep.TLS)
		}
	})
}

// Stages that begin are told of both endpoints; those that ended of the kept one
// alone, all of them and in order.
func TestEventsOfARace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ca := smtptest.NewCA()
		net := &internet{sites: map[string]site{
			"192.0.2.10:465": side{script: "tls\nS: 554 no\n" + polite}.at(t, ca),
			"192.0.2.10:587": side{script: upTo(submission.STARTTLS, "1s") + afterwards}.at(t, ca),
		}}
		var ended []report.Step
		begun := map[int]int{}
		kept := runOn(t, context.Background(), proberOn(net), plan(t, ca, implicit, upgraded), func(e report.Event) {
			if e.Running {
				begun[e.Endpoint.Port]++
				return
			}
			if e.Endpoint != upgraded {
				t.Errorf("told of %s: %v", e.Endpoint, e.Step)
			}
			ended = append(ended, e.Step)
		})
		if fmt.Sprint(ended) != fmt.Sprint(kept.Steps) {
			t.Errorf("told %v\nreport %v", ended, kept.Steps)
		}
		if begun[465] != 5 || begun[587] != len(ended) {
			t.Errorf("begun %v", begun)
		}
	})
}

// Roots are read while the name is looked up, and once for all endpoints.
func TestRootsLoadBeside(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ca := smtptest.NewCA()
		began := time.Now()
		net := &internet{sites: map[string]site{
			"192.0.2.10:465": side{script: upTo(submission.SSL, "2s") + afterwards}.at(t, ca),
			"192.0.2.10:587": side{script: upTo(submission.STARTTLS, "2s") + "\n" + polite}.at(t, ca),
		}}
		pl := plan(t, ca, implicit, upgraded)
		loads := 0
		pl.Trust.Roots = func() (*x509.CertPool, error) {
			loads++
			time.Sleep(2 * time.Second)
			return ca.Pool(), nil
		}
		rep := runOn(t, context.Background(), proberOn(net), pl, nil)
		if took := time.Since(began); !rep.OK() || loads != 1 || took != 2*time.Second {
			t.Errorf("%s, %d loads, took %s", outcome(rep), loads, took)
		}
	})
}

func TestRootsFail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := fault{script: "tls refused", change: func(p *Plan) {
			p.Trust.Roots = func() (*x509.CertPool, error) { return nil, x509.SystemRootsError{} }
		}}
		if got := outcome(f.report(t, smtptest.NewCA())); got != "5 tls cert_untrusted" {
			t.Errorf("got %s", got)
		}
	})
}
