package probe

import (
	"context"
	"crypto/tls"
	"fmt"
	"io/fs"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/smtptest"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// The scripts fail over any line but those of EHLO and QUIT: a second look
// never logs in.
func TestLook(t *testing.T) {
	t.Parallel()
	ca := smtptest.NewCA()
	valid := ca.Server(smtptest.Leaf{Names: []string{host}})
	serving := func(scripts ...string) func(*testing.T) site {
		return func(t *testing.T) site {
			return answering(smtptest.New(t, smtptest.Config{TLS: valid, Scripts: scripts}))
		}
	}
	being := func(s site) func(*testing.T) site { return func(*testing.T) site { return s } }
	ssl, starttls := upTo(submission.SSL, "0s")+"\n"+polite, upTo(submission.STARTTLS, "0s")+"\n"+polite
	elsewhere := func(p *Plan) { p.Route.ConnectTo = []ConnectTo{{TargetHost: "192.0.2.10"}} }

	for _, c := range []struct {
		name         string
		endpoint     submission.Endpoint
		at           map[int]func(*testing.T) site // port → what is there
		change       func(*Plan)
		want         string
		findings     string
		alternatives string // "port reachable fault"
		dialled      []int
		took         time.Duration // of the looks; 0 for at once
	}{
		{name: "a TLS port asked in clear", endpoint: upgraded, want: "6 greeting timeout", findings: "speaks_tls", alternatives: "465 true", dialled: []int{587, 465, 587},
			at: map[int]func(*testing.T) site{587: serving("stall", "tls\n"+mute), 465: serving(ssl)}},
		{name: "a port that is silent in TLS too", endpoint: upgraded, want: "6 greeting timeout", alternatives: "465 false refused", dialled: []int{587, 465, 587},
			at: map[int]func(*testing.T) site{587: serving("stall", "drain"), 465: being(refusing)}},
		{name: "a clear port asked for TLS", endpoint: implicit, want: "5 tls not_tls", findings: "greets_in_clear: 220 smtp.example.test ready", alternatives: "587 true", dialled: []int{465, 587},
			at: map[int]func(*testing.T) site{465: serving("S: 220 smtp.example.test ready\ndrain"), 587: serving(starttls)}},
		{name: "HTTP", endpoint: implicit, want: "5 tls not_tls", findings: "service: http", alternatives: "587 true", dialled: []int{465, 587},
			at: map[int]func(*testing.T) site{465: serving("S: HTTP/1.1 400 Bad Request\ndrain"), 587: serving(starttls)}},
		{name: "IMAP", endpoint: upgraded, want: "6 greeting not_smtp", findings: "service: imap", alternatives: "465 true", dialled: []int{587, 465},
			at: map[int]func(*testing.T) site{587: serving("S: * OK ready\n" + mute), 465: serving(ssl)}},
		{name: "IMAP inside TLS", endpoint: submission.Endpoint{Host: host, Port: 993, Security: submission.SSL}, want: "6 greeting not_smtp", findings: "service: imap", alternatives: "465 true", dialled: []int{993, 465},
			at: map[int]func(*testing.T) site{993: serving("tls\nS: * OK ready\n" + mute), 465: serving(ssl)}},
		{name: "POP3", endpoint: upgraded, want: "6 greeting not_smtp", findings: "service: pop3", alternatives: "465 false refused", dialled: []int{587, 465},
			at: map[int]func(*testing.T) site{587: serving("S: +OK ready\n" + mute), 465: being(refusing)}},
		{name: "SSH", endpoint: upgraded, want: "6 greeting not_smtp", findings: "service: ssh", alternatives: "465 true", dialled: []int{587, 465},
			at: map[int]func(*testing.T) site{587: serving("S: SSH-2.0-x\n" + mute), 465: serving(ssl)}},
		{name: "a server that hangs up", endpoint: upgraded, want: "6 greeting closed", alternatives: "465 true", dialled: []int{587, 465},
			at: map[int]func(*testing.T) site{587: serving("close"), 465: serving(ssl)}},
		{name: "no STARTTLS", endpoint: upgraded, want: "5 starttls no_starttls", alternatives: "465 true", dialled: []int{587, 465},
			at: map[int]func(*testing.T) site{587: serving(smtptest.Script([]smtptest.Beat{smtptest.Greeted(), smtptest.Hello("AUTH PLAIN")}, polite)), 465: serving(ssl)}},
		{name: "a blocked port of a host that is there", endpoint: implicit, want: "4 connect timeout", alternatives: "587 true", dialled: []int{465, 587, 443},
			at: map[int]func(*testing.T) site{465: being(silent), 443: being(silent), 587: func(t *testing.T) site {
				return late(time.Millisecond, serving(starttls)(t)) // not before 443 is dialled
			}}},
		{name: "blocked ports of a host that is there", endpoint: implicit, want: "4 connect timeout", findings: "https_open: " + host, alternatives: "587 false timeout", dialled: []int{465, 587, 443},
			at: map[int]func(*testing.T) site{465: being(silent), 443: serving("stall"), 587: being(silent)}},
		{name: "a host that is not reached at all", endpoint: implicit, want: "4 connect unreachable", alternatives: "587 false timeout", dialled: []int{465, 443, 587}, took: lookTime,
			at: map[int]func(*testing.T) site{465: being(failing(syscall.EHOSTUNREACH)), 443: being(silent), 587: being(silent)}},
		{name: "a refused port", endpoint: upgraded, want: "4 connect refused", alternatives: "465 true", dialled: []int{587, 465},
			at: map[int]func(*testing.T) site{587: being(refusing), 465: serving(ssl)}},
		{name: "a port of another number", endpoint: submission.Endpoint{Host: host, Port: 25, Security: submission.STARTTLS}, want: "4 connect refused", alternatives: "465 true", dialled: []int{25, 465},
			at: map[int]func(*testing.T) site{25: being(refusing), 465: serving(ssl)}},

		{name: "not after a certificate that fails", endpoint: implicit, want: "5 tls cert_name", alternatives: "465 false cert_name", dialled: []int{465},
			at: map[int]func(*testing.T) site{465: func(t *testing.T) site {
				return answering(smtptest.New(t, smtptest.Config{TLS: ca.Server(smtptest.Leaf{Names: []string{"other.example.test"}}), Scripts: []string{"tls refused"}}))
			}}},
		{name: "not after a refused login", endpoint: implicit, want: "7 auth 535", dialled: []int{465},
			at: map[int]func(*testing.T) site{465: serving(until(submission.SSL, report.Auth, "S: 535 5.7.8 no", polite))}},
		{name: "not after success", endpoint: implicit, want: "0", dialled: []int{465},
			at: map[int]func(*testing.T) site{465: serving(smtptest.Script(dialogue(submission.SSL), polite))}},
		{name: "not past --connect-to", endpoint: implicit, want: "4 connect refused", change: elsewhere, dialled: []int{465},
			at: map[int]func(*testing.T) site{465: being(refusing)}},
		{name: "not unless told", endpoint: implicit, want: "5 tls not_tls", findings: "service: http", change: func(p *Plan) { p.Look = false }, dialled: []int{465},
			at: map[int]func(*testing.T) site{465: serving("S: HTTP/1.1 400 Bad Request\ndrain")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				net := &internet{sites: map[string]site{}}
				for port, at := range c.at {
					net.sites[fmt.Sprintf("192.0.2.10:%d", port)] = at(t)
				}
				pl := plan(t, ca, c.endpoint)
				pl.Look = true
				if c.change != nil {
					c.change(&pl)
				}
				rep := runOn(t, context.Background(), proberOn(net), pl, nil)
				if got := outcome(rep); got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
				if got := found(rep); got != c.findings {
					t.Errorf("found %s, want %s", got, c.findings)
				}
				if got := tried(rep); got != c.alternatives {
					t.Errorf("alternatives %s, want %s", got, c.alternatives)
				}
				var dialled []string
				for _, port := range c.dialled {
					dialled = append(dialled, fmt.Sprintf("192.0.2.10:%d", port))
				}
				asked := net.asked()
				slices.Sort(asked[1:]) // the looks go side by side
				slices.Sort(dialled[1:])
				if !slices.Equal(asked, dialled) {
					t.Errorf("dialled %s", asked)
				}
				if took := rep.Duration - elapsed(rep); took != c.took {
					t.Errorf("looked for %s", took)
				}
			})
		})
	}
}

// A port that waits for TLS is found out long before the stage's time is over,
// and a server that is only slow to greet is still waited for.
func TestSilenceIsCutShort(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, first, second, want string
		greeting                  time.Duration
	}{
		{"it speaks TLS", "stall", "tls\n" + mute, "6 greeting timeout", hush},
		{"it says nothing", "stall", "drain", "6 greeting timeout", 5 * time.Second},
		{"it greets late", "wait 4s\n" + smtptest.Script(dialogue(submission.STARTTLS), polite), "drain", "0", 4 * time.Second},
		{"it greets soon", "wait 1s\n" + smtptest.Script(dialogue(submission.STARTTLS), polite), "", "0", time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ca := smtptest.NewCA()
				scripts := []string{c.first}
				if c.second != "" {
					scripts = append(scripts, c.second)
				}
				net := serve(smtptest.New(t, smtptest.Config{TLS: ca.Server(smtptest.Leaf{Names: []string{host}}), Scripts: scripts}))
				net.sites["192.0.2.10:465"] = refusing
				pl := plan(t, ca, upgraded)
				pl.Look = true
				rep := runOn(t, context.Background(), proberOn(net), pl, nil)
				if got := outcome(rep); got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
				for _, step := range rep.Steps {
					if step.Stage == report.Greeting && step.Duration != c.greeting {
						t.Errorf("the greeting took %s", step.Duration)
					}
				}
			})
		})
	}
}

// A stage whose time is over while it asks beside asks again afterwards.
func TestSilenceIsAskedInAShortStage(t *testing.T) {
	t.Parallel()
	for _, timeout := range []time.Duration{hush / 2, hush - 1, hush, hush + 1, hush + time.Millisecond} {
		t.Run(timeout.String(), func(t *testing.T) {
			t.Parallel()
			ca := smtptest.NewCA()
			port, err := tls.Listen("tcp", "127.0.0.1:0", ca.Server(smtptest.Leaf{Names: []string{host}}))
			if err != nil {
				t.Fatal(err)
			}
			defer port.Close()
			go func() {
				for {
					conn, err := port.Accept()
					if err != nil {
						return
					}
					go conn.(*tls.Conn).Handshake()
				}
			}()
			p := proberOn(&internet{sites: map[string]site{
				"192.0.2.10:465": refusing,
				"192.0.2.10:587": func(ctx context.Context) (net.Conn, error) {
					return new(net.Dialer).DialContext(ctx, "tcp", port.Addr().String())
				},
			}})
			pl := plan(t, ca, upgraded)
			pl.Look, pl.Timeout = true, timeout
			rep := runOn(t, context.Background(), p, pl, nil)
			if got := found(rep); got != "speaks_tls" {
				t.Errorf("%s: found %q", outcome(rep), got)
			}
		})
	}
}

// A port that does not answer is given up as soon as the other one got through,
// and a connection that is only slow to open is waited for.
func TestBlockedPortIsToldSoon(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		at465        func(site) site // made of one that works
		at587        string          // the script there, "" for silence
		want         string
		alternatives string
		connect      time.Duration // how long the stage took
		looks        time.Duration
	}{
		{"the other one answers", func(site) site { return silent }, upTo(submission.STARTTLS, "0s") + "\n" + polite,
			"4 connect timeout", "587 true", deaf, 0},
		{"the other one answers late", func(site) site { return silent }, upTo(submission.STARTTLS, "2s") + "\n" + polite,
			"4 connect timeout", "587 true", deaf + 2*time.Second, 0},
		{"both are silent", func(site) site { return silent }, "", "4 connect timeout", "587 false timeout", 5 * time.Second, 0},
		{"it is only slow", func(up site) site { return late(deaf-time.Second, up) }, "", "0", "", deaf - time.Second, 0},
		{"it is slow, and the other one is silent", func(up site) site { return late(4*time.Second, up) }, "", "0", "", 4 * time.Second, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ca := smtptest.NewCA()
				serving := func(script string) site {
					return answering(smtptest.New(t, smtptest.Config{TLS: ca.Server(smtptest.Leaf{Names: []string{host}}), Scripts: []string{script}}))
				}
				net := &internet{sites: map[string]site{"192.0.2.10:443": silent, "192.0.2.10:587": silent}}
				net.sites["192.0.2.10:465"] = c.at465(serving(smtptest.Script(dialogue(submission.SSL), polite)))
				if c.at587 != "" {
					net.sites["192.0.2.10:587"] = serving(c.at587)
				}
				pl := plan(t, ca, implicit)
				pl.Look = true
				rep := runOn(t, context.Background(), proberOn(net), pl, nil)
				if got := outcome(rep); got != c.want {
					t.Errorf("got %s", got)
				}
				if got := tried(rep); got != c.alternatives {
					t.Errorf("alternatives %s", got)
				}
				if step := rep.Steps[1]; step.Stage != report.Connect || step.Duration != c.connect {
					t.Errorf("%s took %s", step.Stage, step.Duration)
				}
				if took := rep.Duration - elapsed(rep); took != c.looks {
					t.Errorf("looked for %s", took)
				}
			})
		})
	}
}

// Ports for mail that stay silent while the web port opens are given up with one
// accord, be it the host's own or its domain's; and not while nothing opens.
func TestBlockedMailPortsAreToldSoon(t *testing.T) {
	t.Parallel()
	const soon = deaf + lookTime
	for _, c := range []struct {
		name      string
		endpoints []submission.Endpoint
		opens     string // the address whose port 443 does
		findings  string
		took      time.Duration
	}{
		{"the host's web port", []submission.Endpoint{implicit, upgraded}, "192.0.2.10", "https_open: smtp.example.test", soon},
		{"its domain's", []submission.Endpoint{implicit, upgraded}, "192.0.2.80", "https_open: example.test", soon},
		{"of one port alone", []submission.Endpoint{implicit}, "192.0.2.80", "https_open: example.test", soon},
		{"none", []submission.Endpoint{implicit, upgraded}, "", "", 5 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				net := &internet{sites: map[string]site{"192.0.2.10:465": silent, "192.0.2.10:587": silent, "192.0.2.10:443": silent, "192.0.2.80:443": silent}}
				if c.opens != "" {
					net.sites[c.opens+":443"] = answering(smtptest.New(t, smtptest.Config{Scripts: slices.Repeat([]string{"drain"}, len(c.endpoints))}))
				}
				p := proberOn(net)
				p.Resolver = smtptest.Resolver{host: smtptest.Addrs("192.0.2.10"), "example.test": smtptest.Addrs("192.0.2.80")}
				pl := plan(t, smtptest.NewCA(), c.endpoints...)
				pl.Look = true
				rep := runOn(t, context.Background(), p, pl, nil)
				if got := outcome(rep); got != "4 connect timeout" || found(rep) != c.findings || rep.Duration != c.took {
					t.Errorf("%s, %q after %s", got, found(rep), rep.Duration)
				}
			})
		})
	}
}

// A route that leads to the sibling too lets it be looked at.
func TestLookAlongTheRoute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ca := smtptest.NewCA()
		up := smtptest.New(t, smtptest.Config{TLS: ca.Server(smtptest.Leaf{Names: []string{host}}), Scripts: []string{upTo(submission.STARTTLS, "0s") + "\n" + polite}})
		net := &internet{sites: map[string]site{"127.0.0.1:4650": silent, "127.0.0.1:5870": answering(up)}}
		pl := plan(t, ca, implicit)
		pl.Look = true
		pl.Route.ConnectTo = []ConnectTo{{Host: host, Port: 465, TargetHost: "127.0.0.1", TargetPort: 4650}, {Host: host, Port: 587, TargetHost: "127.0.0.1", TargetPort: 5870}}
		rep := runOn(t, context.Background(), proberOn(net), pl, nil)
		if got := outcome(rep); got != "4 connect timeout" || tried(rep) != "587 true" || rep.Duration != deaf {
			t.Errorf("%s, %s after %s", got, tried(rep), rep.Duration)
		}
	})
}

func found(rep *report.Report) string {
	var words []string
	for _, f := range rep.Findings {
		words = append(words, strings.TrimSuffix(string(f.Kind)+": "+f.Detail, ": "))
	}
	return strings.Join(words, ", ")
}

func tried(rep *report.Report) string {
	var words []string
	for _, a := range rep.Alternatives {
		words = append(words, strings.TrimRight(fmt.Sprintf("%d %t %s", a.Port, a.Reachable, a.Fault), " "))
	}
	return strings.Join(words, ", ")
}

func elapsed(rep *report.Report) (sum time.Duration) {
	for _, step := range rep.Steps {
		sum += step.Duration
	}
	return sum
}

func TestInterruptedLook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		net := &internet{sites: map[string]site{"192.0.2.10:465": failing(syscall.EHOSTUNREACH), "192.0.2.10:443": silent, "192.0.2.10:587": silent}}
		pl := plan(t, smtptest.NewCA(), implicit)
		pl.Look = true
		time.AfterFunc(time.Second, cancel)
		rep := runOn(t, ctx, proberOn(net), pl, nil)
		if got := outcome(rep); got != "4 connect unreachable" || rep.Duration != time.Second {
			t.Errorf("got %s after %s", got, rep.Duration)
		}
	})
}

// What says hello in clear may be anything.
func TestLookIsSafe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := fault{script: `S: 220 \x1b[2J\u202e` + marker + "\ndrain"}
		rep := f.report(t, smtptest.NewCA())
		if got := found(rep); !strings.HasPrefix(got, `greets_in_clear: 220 \x1b[2J\u202e`) {
			t.Errorf("found %q", got)
		}
	})
}

// After a refused login, and only then, DNS is asked where the mail of the
// account's domain arrives: beside all else, and never for long.
func TestExchangers(t *testing.T) {
	t.Parallel()
	refused := until(submission.SSL, report.Auth, "S: 535 5.7.8 no", polite)
	for _, c := range []struct {
		name, script, asked, findings string
		change                        func(*Plan)
		silent                        bool
		took                          time.Duration
	}{
		{name: "a refused login", script: refused, asked: "example.test.", findings: "exchangers: mx.zoho.eu mx2.zoho.eu"},
		{name: "of the user name", script: refused, asked: "b\u00fccher.test.", change: func(p *Plan) { p.Account.Username = "you@b\u00fccher.test" }, findings: "exchangers: mx.zoho.eu mx2.zoho.eu"},
		{name: "a user name that is no address", script: refused, asked: "example.test.", change: func(p *Plan) { p.Account.Username = "you" }, findings: "exchangers: mx.zoho.eu mx2.zoho.eu"},
		{name: "DNS is silent", script: refused, asked: "example.test.", silent: true, took: lookTime},
		{name: "success", script: smtptest.Script(dialogue(submission.SSL), polite)},
		{name: "a refused sender", script: until(submission.SSL, report.Mail, "S: 550 5.7.1 no", polite)},
		{name: "no mechanism", script: smtptest.Script([]smtptest.Beat{smtptest.Secured(), smtptest.Greeted(), smtptest.Hello("AUTH GSSAPI")}, polite)},
		{name: "one data centre only", script: refused, change: func(p *Plan) { p.Regional = false }},
		{name: "no looks", script: refused, change: func(p *Plan) { p.Look = false }},
		{name: "somebody's own way", script: refused, change: func(p *Plan) { p.Route.ConnectTo = []ConnectTo{{TargetHost: "192.0.2.10"}} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ca := smtptest.NewCA()
				srv := smtptest.New(t, smtptest.Config{TLS: ca.Server(smtptest.Leaf{Names: []string{host}}), Scripts: []string{c.script}})
				p := proberOn(serve(srv))
				questions := make(chan string, 10)
				p.Exchangers = func(ctx context.Context, domain string) ([]*net.MX, error) {
					questions <- domain
					if c.silent {
						<-ctx.Done()
						return nil, ctx.Err()
					}
					return []*net.MX{{Host: "mx.zoho.eu.", Pref: 10}, {Host: "mx2.zoho.eu.", Pref: 20}}, nil
				}
				pl := plan(t, ca, implicit)
				pl.Look, pl.Regional = true, true
				if c.change != nil {
					c.change(&pl)
				}
				rep := runOn(t, context.Background(), p, pl, nil)
				synctest.Wait()
				close(questions)
				asked := ""
				for q := range questions {
					asked += q
				}
				if want, err := submission.ParseHost(strings.TrimSuffix(c.asked, ".")); asked != c.asked && (err != nil || asked != want+".") {
					t.Errorf("asked for %q", asked)
				}
				if got := found(rep); got != c.findings {
					t.Errorf("found %q", got)
				}
				if took := rep.Duration - elapsed(rep); took != c.took {
					t.Errorf("looked for %s", took)
				}
			})
		})
	}
}

// A blocked port is put down to the cloud only where that cloud closes this one.
func TestCloud(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		vendor   string
		err      error
		endpoint submission.Endpoint
		findings string
	}{
		{"DigitalOcean\n", nil, implicit, "cloud: DigitalOcean"},
		{"DigitalOcean\n", nil, upgraded, "cloud: DigitalOcean"},
		{"Hetzner\n", nil, implicit, "cloud: Hetzner"},
		{"Hetzner\n", nil, upgraded, ""},
		{"Google\n", nil, implicit, ""},
		{"Google\n", nil, submission.Endpoint{Host: host, Port: 25, Security: submission.STARTTLS}, "cloud: Google Cloud"},
		{"LENOVO\n", nil, implicit, ""},
		{"DigitalOcean\n", fs.ErrNotExist, implicit, ""},
	} {
		t.Run(fmt.Sprintf("%q at %d, %v", c.vendor, c.endpoint.Port, c.err), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := proberOn(&internet{sites: map[string]site{
					"192.0.2.10:25": silent, "192.0.2.10:443": silent, "192.0.2.10:465": silent, "192.0.2.10:587": silent,
				}})
				p.Vendor = func() (string, error) { return c.vendor, c.err }
				pl := plan(t, smtptest.NewCA(), c.endpoint)
				pl.Look = true
				if got := found(runOn(t, context.Background(), p, pl, nil)); got != c.findings {
					t.Errorf("found %q", got)
				}
				asked := false
				p.Vendor = func() (string, error) { asked = true; return c.vendor, c.err }
				pl.Route.Proxy = &Proxy{Address: "192.0.2.10:443"} // not this machine's network that blocks
				runOn(t, context.Background(), p, pl, nil)
				if asked {
					t.Error("asked behind a proxy")
				}
			})
		})
	}
}

// late is a site that takes its time to connect.
func late(d time.Duration, to site) site {
	return func(ctx context.Context) (net.Conn, error) {
		select {
		case <-time.After(d):
			return to(ctx)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
