package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/smtptest"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// fault is one way to fail. The zero value of most fields is the ordinary.
type fault struct {
	name     string
	endpoint submission.Endpoint // implicit
	script   string              // what the server plays; "": nobody may connect
	tls      *tls.Config         // a certificate for host
	resolver Resolver
	site     site // in place of the server
	change   func(*Plan)

	want string // as outcome tells it
	says string // part of the failed step's words or reply
}

func (f fault) run(t *testing.T, ca *smtptest.CA) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rep := f.report(t, ca)
		if got := outcome(rep); got != f.want {
			t.Errorf("got %s, want %s; %+v", got, f.want, rep.Failed())
		}
		if step := rep.Failed(); step != nil {
			words := step.Err
			if step.Reply != nil {
				words += step.Reply.String()
			}
			if !strings.Contains(words, f.says) {
				t.Errorf("it says %q, without %q", words, f.says)
			}
		}
	})
}

func (f fault) report(t *testing.T, ca *smtptest.CA) *report.Report {
	t.Helper()
	config := smtptest.Config{TLS: f.tls}
	if f.tls == nil {
		config.TLS = ca.Server(smtptest.Leaf{Names: []string{host}})
	}
	if f.script != "" {
		config.Scripts = []string{f.script}
	}
	net := serve(smtptest.New(t, config))
	if f.site != nil {
		for address := range net.sites {
			net.sites[address] = f.site
		}
	}
	p := proberOn(net)
	if f.resolver != nil {
		p.Resolver = f.resolver
	}
	if f.endpoint.IsZero() {
		f.endpoint = implicit
	}
	pl := plan(t, ca, f.endpoint)
	if f.change != nil {
		f.change(&pl)
	}
	return runOn(t, context.Background(), p, pl, nil)
}

func answers(a smtptest.Answer) Resolver { return smtptest.Resolver{host: a} }

// unsuitable resolves as Go does a name of the hosts file that has no address of the family.
type unsuitable struct{}

func (unsuitable) LookupNetIP(_ context.Context, network, name string) ([]netip.Addr, error) {
	return nil, &net.AddrError{Err: "no suitable address found", Addr: name}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	ca := smtptest.NewCA()
	valid := smtptest.Leaf{Names: []string{host}}
	other := smtptest.Leaf{Names: []string{"other.example.test"}}
	named := func(l smtptest.Leaf) *tls.Config { return ca.Server(l) }
	old := named(valid)
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	foreignCipher := named(valid)
	foreignCipher.MaxVersion = tls.VersionTLS12
	foreignCipher.CipherSuites = []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}
	wantsClient := named(valid)
	wantsClient.ClientAuth = tls.RequireAnyClientCert
	wantsClient12 := limited(wantsClient.Clone(), tls.VersionTLS12)
	knowsClients := named(valid)
	knowsClients.ClientAuth, knowsClients.ClientCAs = tls.RequireAndVerifyClientCert, smtptest.NewCA().Pool()
	knowsClients12 := limited(knowsClients.Clone(), tls.VersionTLS12)
	mine := ca.Issue(smtptest.Leaf{CommonName: "you", SelfSigned: true, Usage: x509.ExtKeyUsageClientAuth})

	for _, f := range []fault{
		{name: "name not found", resolver: smtptest.Resolver{}, want: "3 resolve not_found", says: host + ": no such host"},
		{name: "name without address", resolver: answers(smtptest.Answer{}), want: "3 resolve not_found"},
		{name: "resolver fails", resolver: answers(smtptest.Answer{Err: &net.DNSError{Err: "server misbehaving", Name: host, IsTemporary: true}}),
			want: "3 resolve dns", says: "server misbehaving"},
		{name: "resolver silent", resolver: answers(smtptest.Answer{Stall: true}), want: "3 resolve dns", says: "no answer in time"},
		{name: "wrong family", change: func(p *Plan) { p.Route.Family = IPv6 }, want: "3 resolve family", says: host + ": there is no IPv6 address, which -6 asks for"},
		{name: "wrong family, by the hosts file", resolver: unsuitable{}, change: func(p *Plan) { p.Route.Family = IPv6 }, want: "3 resolve family", says: "-6"},
		{name: "no IPv4", resolver: answers(smtptest.Addrs("2001:db8::1")), change: func(p *Plan) { p.Route.Family = IPv4 }, want: "3 resolve family", says: "-4"},
		{name: "no name of either family", resolver: smtptest.Resolver{}, change: func(p *Plan) { p.Route.Family = IPv6 }, want: "3 resolve not_found"},
		{name: "literal of the wrong family", endpoint: submission.Endpoint{Host: "192.0.2.10", Port: 465, Security: submission.SSL},
			change: func(p *Plan) { p.Route.Family = IPv6 }, want: "3 resolve family", says: "192.0.2.10: there is no IPv6 address, which -6 asks for"},

		{name: "refused", site: refusing, want: "4 connect refused", says: "192.0.2.10:465: connection refused"},
		{name: "connecting takes too long", site: silent, want: "4 connect timeout", says: "192.0.2.10:465: "},
		{name: "no route", site: failing(syscall.EHOSTUNREACH), want: "4 connect unreachable", says: "no route to host"},
		{name: "no more files", site: failing(syscall.EMFILE), want: "4 connect exhausted", says: "too many open files"},
		{name: "no network", site: failing(syscall.ENETUNREACH), want: "4 connect unreachable"},
		{name: "forbidden by a firewall", site: failing(syscall.EPERM), want: "4 connect unreachable"},
		{name: "reset while connecting", site: failing(syscall.ECONNRESET), want: "4 connect reset"},
		{name: "the system's own timeout", site: failing(syscall.ETIMEDOUT), want: "4 connect timeout"},

		{name: "clear port spoken TLS", script: "S: 220 smtp.example.test ready\ndrain", want: "5 tls not_tls", says: `"220 smtp.example.test ready"`},
		{name: "HTTP on the TLS port", script: `raw HTTP/1.1 400 Bad Request\r\n\r\n` + "\ndrain", want: "5 tls not_tls", says: `"HTTP/1.1 400 Bad Request"`},
		{name: "TLS port spoken in clear", endpoint: upgraded, script: "stall", want: "6 greeting timeout"},
		{name: "TLS port answers in clear with an alert", endpoint: upgraded, script: `raw \x15\x03\x01\x00\x02\x02\x46` + "\nclose", want: "6 greeting not_smtp"},
		{name: "TLS 1.1 at most", script: "tls refused", tls: old, want: "5 tls tls_version"},
		{name: "TLS 1.0 without asking", want: "5 tls tls_version",
			script: `raw \x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01` + strings.Repeat("r", 32) + `\x00\x00\x2f\x00` + "\ndrain"},
		{name: "no cipher in common", script: "tls refused", tls: foreignCipher, want: "5 tls tls_version"},
		{name: "handshake alert", script: `raw \x15\x03\x03\x00\x02\x02\x50` + "\ndrain", want: "5 tls tls", says: "internal error"},
		{name: "garbage after the ClientHello", script: `raw \x16\x03\x03\x00\x04zzzz` + "\ndrain", want: "5 tls tls"},
		{name: "no client certificate", script: "tls refused", tls: wantsClient, want: "5 tls client_cert", says: "none was given with --client-cert: tls: certificate required"},
		{name: "no client certificate, TLS 1.2", script: "tls refused", tls: wantsClient12, want: "5 tls client_cert", says: "none was given"},
		{name: "no client certificate behind STARTTLS", endpoint: upgraded, tls: wantsClient, want: "5 tls client_cert", says: "none was given",
			script: until(submission.STARTTLS, report.TLSStage, "tls refused")},
		{name: "client certificate refused", script: "tls refused", tls: knowsClients, want: "5 tls client_cert", says: "refused the client certificate of --client-cert: tls: ",
			change: func(p *Plan) { p.Trust.Client = &mine }},
		{name: "client certificate refused, TLS 1.2", script: "tls refused", tls: knowsClients12, want: "5 tls client_cert", says: "refused",
			change: func(p *Plan) { p.Trust.Client = &mine }},
		{name: "an alert about no certificate of ours", script: `raw \x15\x03\x03\x00\x02\x02\x2a` + "\ndrain", want: "5 tls tls", says: "bad certificate"},

		{name: "certificate expired", script: "tls refused", tls: named(valid.Expired()), want: "5 tls cert_expired"},
		{name: "certificate not yet valid", script: "tls refused", tls: named(valid.NotYetValid()), want: "5 tls cert_not_yet_valid"},
		{name: "certificate for another name", script: "tls refused", tls: named(other), want: "5 tls cert_name", says: "other.example.test"},
		{name: "certificate with a common name only", script: "tls refused", tls: named(smtptest.Leaf{CommonName: host}), want: "5 tls cert_name"},
		{name: "certificate self-signed", script: "tls refused", tls: named(smtptest.Leaf{Names: []string{host}, SelfSigned: true}), want: "5 tls cert_untrusted"},
		{name: "certificate of an unknown authority", script: "tls refused", tls: smtptest.NewCA().Server(valid), want: "5 tls cert_untrusted"},
		{name: "another certificate than the pinned", script: "tls refused", want: "5 tls pin", says: "has sha256:",
			change: func(p *Plan) { p.Trust.Fingerprint = strings.Repeat("0", 64) }},
		{name: "certificate fails after STARTTLS", endpoint: upgraded, want: "5 tls cert_expired",
			tls: named(valid.Expired()), script: until(submission.STARTTLS, report.TLSStage, "tls refused")},

		{name: "STARTTLS not offered", endpoint: upgraded, want: "5 starttls no_starttls", script: smtptest.Script([]smtptest.Beat{smtptest.Greeted(), smtptest.Hello("AUTH PLAIN")}, polite)},
		{name: "STARTTLS refused", endpoint: upgraded, want: "5 starttls 454", script: until(submission.STARTTLS, report.STARTTLS, "S: 454 4.7.0 not now", polite)},
		{name: "STARTTLS answered with 250", endpoint: upgraded, want: "5 starttls 250", script: until(submission.STARTTLS, report.STARTTLS, "S: 250 fine", polite)},
		{name: "injection behind STARTTLS", endpoint: upgraded, want: "5 starttls injection",
			script: until(submission.STARTTLS, report.STARTTLS, "S: 220 go on", "S: 250 injected", mute)},
		{name: "goes on in clear behind STARTTLS", endpoint: upgraded, want: "5 tls injection",
			script: until(submission.STARTTLS, report.STARTTLS, "S: 220 go on", "wait 1s", "S: 250 injected", "drain")},

		{name: "IMAP answers", endpoint: upgraded, script: "S: * OK IMAP4rev1 ready\n" + mute, want: "6 greeting not_smtp", says: `"* OK IMAP4rev1 ready"`},
		{name: "POP3 answers", endpoint: upgraded, script: "S: +OK POP3 ready\n" + mute, want: "6 greeting not_smtp"},
		{name: "SSH answers", endpoint: upgraded, script: "S: SSH-2.0-OpenSSH_9.9\n" + mute, want: "6 greeting not_smtp"},
		{name: "HTTP answers", endpoint: upgraded, script: "S: HTTP/1.1 408 Request Timeout\nS: Connection: close\n" + mute, want: "6 greeting not_smtp"},
		{name: "an escape in what answers", endpoint: upgraded, script: `S: * OK \x1b[31m` + "\n" + mute, want: "6 greeting not_smtp", says: `"* OK \x1b[31m"`},
		{name: "greeting 421", endpoint: upgraded, script: "S: 421 4.3.2 too busy\n" + mute, want: "6 greeting 421"},
		{name: "greeting 554", endpoint: upgraded, script: "S: 554 5.7.1 not you\n" + polite, want: "6 greeting 554"},
		{name: "greeting without end", endpoint: upgraded, script: "may leave\ndrip 1s 220-" + strings.Repeat("x", 20), want: "6 greeting timeout"},
		{name: "codes that disagree", endpoint: upgraded, script: "S: 220-one\nS: 250 two\n" + mute, want: "6 greeting malformed"},

		{name: "EHLO refused", script: until(submission.SSL, report.EHLO, "S: 550 5.7.1 not by that name", polite), want: "6 ehlo 550"},
		{name: "EHLO and HELO refused", script: until(submission.SSL, report.EHLO, "S: 502 what", "C: HELO client.example.test", "S: 502 what", polite), want: "6 ehlo 502"},

		{name: "AUTH not offered", script: smtptest.Script([]smtptest.Beat{smtptest.Secured(), smtptest.Greeted(), smtptest.Hello("SIZE")}, polite), want: "7 auth no_auth"},
		{name: "only GSSAPI offered", script: smtptest.Script([]smtptest.Beat{smtptest.Secured(), smtptest.Greeted(), smtptest.Hello("AUTH GSSAPI")}, polite), want: "7 auth no_mechanism", says: "GSSAPI"},
		{name: "forced mechanism not offered", script: smtptest.Script([]smtptest.Beat{smtptest.Secured(), smtptest.Greeted(), smtptest.Hello("AUTH PLAIN")}, polite), want: "7 auth no_mechanism",
			change: func(p *Plan) { p.Account.Mechanism = "CRAM-MD5" }},
		{name: "no credentials", script: smtptest.Script([]smtptest.Beat{smtptest.Secured(), smtptest.Greeted(), smtptest.Hello("AUTH PLAIN")}, polite), want: "7 auth no_mechanism",
			change: func(p *Plan) { p.Account.Username, p.Account.Password = "", submission.Secret{} }},
		{name: "a password that no mechanism carries", script: smtptest.Script([]smtptest.Beat{smtptest.Secured(), smtptest.Greeted(), smtptest.Hello("AUTH LOGIN")}, polite), want: "7 auth no_mechanism", says: "NUL",
			change: func(p *Plan) { p.Account.Password = submission.NewSecret("a\x00b") }},
		{name: "clear session not to loopback", endpoint: submission.Endpoint{Host: host, Port: 587, Security: submission.None}, want: "7 auth insecure",
			script: smtptest.Script([]smtptest.Beat{smtptest.Greeted(), smtptest.Hello("AUTH PLAIN")}, polite),
			change: func(p *Plan) { p.Account.Username, p.Account.Password = "", submission.Secret{} }},
		{name: "challenge that is not base64", script: smtptest.Script([]smtptest.Beat{smtptest.Secured(), smtptest.Greeted(), smtptest.Hello("AUTH CRAM-MD5")}, "C: AUTH CRAM-MD5", "S: 334 !!", "C: \\*", "S: 501 5.7.0 cancelled", polite), want: "7 auth 501 malformed"},

		{name: "SMTPUTF8 not offered", script: smtptest.Script(dialogue(submission.SSL)[:4], polite), want: "8 mail no_smtputf8",
			change: func(p *Plan) { p.Account.From.Local = "jörg" }},
		{name: "DATA answered without 354", script: until(submission.SSL, report.Data, "S: 250 2.0.0 fine", polite), want: "10 data 250"},
	} {
		t.Run(f.name, func(t *testing.T) { f.run(t, ca) })
	}
}

// Where the server judges our certificate behind the handshake, the events tell
// one step of TLS, which failed, and none of the stage that met the alert.
func TestEventsOfALateAlert(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ca := smtptest.NewCA()
		config := ca.Server(smtptest.Leaf{Names: []string{host}})
		config.ClientAuth = tls.RequireAnyClientCert
		srv := smtptest.New(t, smtptest.Config{TLS: config, Scripts: []string{"tls refused"}})
		var told []string
		rep := runOn(t, context.Background(), proberOn(serve(srv)), plan(t, ca, implicit), func(e report.Event) {
			if !e.Running {
				told = append(told, string(e.Step.Stage)+" "+string(e.Step.Status))
			}
		})
		if got := strings.Join(told, ", "); got != "resolve ok, connect ok, tls failed" {
			t.Errorf("told %s", got)
		}
		if s := rep.Steps[3]; s.Stage != report.Greeting || s.Status != report.Skipped {
			t.Errorf("behind TLS stands %+v", s)
		}
	})
}

// Servers that ask for a certificate and do not insist go on without one.
func TestClientCertificateNotInsistedOn(t *testing.T) {
	ca := smtptest.NewCA()
	config := ca.Server(smtptest.Leaf{Names: []string{host}})
	config.ClientAuth = tls.RequestClientCert
	fault{script: smtptest.Script(dialogue(submission.SSL), polite), tls: config, want: "0"}.run(t, ca)
}

// Every stage of either security, cut short in each way.
func TestFaultsAtEveryStage(t *testing.T) {
	t.Parallel()
	ca := smtptest.NewCA()
	endings := []struct {
		name, server, want string
	}{
		{"silence", "stall", "timeout"},
		{"end of the connection", "close", "closed"},
		{"421", "S: 421 4.3.2 going down\n" + mute, "421"},
		{"half a reply", "raw 250-half\\r\\n25\nclose", "closed"},
		{"a refusal", "S: 550 5.0.0 no\n" + polite, "550"},
		{"a refusal for now", "S: 450 4.0.0 not now\n" + polite, "450"},
	}
	for _, e := range []submission.Endpoint{implicit, upgraded, inClear} {
		beats := dialogue(e.Security)
		for i, b := range beats {
			for _, ending := range endings {
				if b.Stage == string(report.TLSStage) && strings.ContainsAny(ending.server, "245") {
					continue // not a way for TLS to fail
				}
				if b.Stage == string(report.TLSStage) && ending.server == "stall" {
					ending.server = "drain" // there is a ClientHello
				}
				f := fault{
					name: fmt.Sprintf("%s/%d %s/%s", e.Security, i, b.Stage, ending.name), endpoint: e,
					script: smtptest.Script(append(beats[:i:i], smtptest.Beat{Stage: b.Stage, Client: b.Client}), ending.server),
					want:   fmt.Sprintf("%d %s %s", (&report.Report{Steps: []report.Step{{Stage: report.Stage(b.Stage), Status: report.Failed}}}).ExitStatus(), b.Stage, ending.want),
				}
				t.Run(f.name, func(t *testing.T) { f.run(t, ca) })
			}
		}
	}
}

// A stage is silent for its timeout and no longer, however many replies it is made of.
func TestStageTimeout(t *testing.T) {
	t.Parallel()
	ca := smtptest.NewCA()
	for _, f := range []fault{
		{name: "one reply", script: until(submission.SSL, report.Mail, "stall"), want: "8 mail timeout"},
		{name: "name", resolver: answers(smtptest.Answer{Stall: true}), want: "3 resolve dns"},
		{name: "connection", site: silent, want: "4 connect timeout"},
		{name: "handshake", script: "drain", want: "5 tls timeout"},
		{name: "several replies", want: "7 auth timeout", script: smtptest.Script([]smtptest.Beat{smtptest.Secured(), smtptest.Greeted(), smtptest.Hello("AUTH LOGIN")},
			"C: AUTH LOGIN", "wait 3s", "S: 334 ", "C: *", "wait 3s", "may leave", "S: 334 ", "drain")},
		{name: "two replies of DATA", want: "10 data timeout", script: smtptest.Script(dialogue(submission.SSL)[:6],
			"C: DATA", "wait 3s", "S: 354 go on", "message", "wait 3s", "may leave", "S: 250 ok")},
	} {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				rep := f.report(t, ca)
				if got := outcome(rep); got != f.want {
					t.Fatalf("got %s, want %s", got, f.want)
				}
				if took := rep.Failed().Duration; took != 5*time.Second {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
}

// A leftover reply decides nothing and is not waited for as long as a stage.
func TestSilenceAfterwards(t *testing.T) {
	t.Parallel()
	ca := smtptest.NewCA()
	for name, end := range map[string]string{
		"RSET": "C: RSET\ndrain",
		"QUIT": "C: RSET\nS: 250 ok\nC: QUIT\nstall",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				f := fault{script: smtptest.Script(dialogue(submission.SSL)[:6], end), change: func(p *Plan) { p.Check = report.CheckSender }}
				if rep := f.report(t, ca); outcome(rep) != "0" {
					t.Errorf("got %s", outcome(rep))
				}
				if took := time.Since(began); took > 2*time.Second {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
}

func TestMaxTime(t *testing.T) {
	t.Parallel()
	ca := smtptest.NewCA()
	for _, f := range []fault{
		{name: "resolve", resolver: answers(smtptest.Answer{Stall: true}), want: "3 resolve timeout"},
		{name: "connect", site: silent, want: "4 connect timeout"},
		{name: "session", script: until(submission.SSL, report.Rcpt, "stall"), want: "9 rcpt timeout"},
	} {
		f.says = "time limit of the run"
		f.change = func(p *Plan) { p.MaxTime = 2 * time.Second }
		t.Run(f.name, func(t *testing.T) { f.run(t, ca) })
	}
}

// Real sockets, for what a pipe does not have.
func TestReset(t *testing.T) {
	t.Parallel()
	ca := smtptest.NewCA()
	for i, b := range dialogue(submission.SSL) {
		t.Run(fmt.Sprintf("%d %s", i, b.Stage), func(t *testing.T) {
			t.Parallel()
			beats := append(dialogue(submission.SSL)[:i:i], smtptest.Beat{Stage: b.Stage, Client: b.Client, Server: "reset"})
			srv := smtptest.New(t, smtptest.Config{TLS: ca.Server(smtptest.Leaf{Names: []string{host}}), Scripts: []string{smtptest.Script(beats)}})
			e := implicit
			e.Port = srv.Listen().Port
			rep := runOn(t, context.Background(), prober(), plan(t, ca, e), nil)
			step := rep.Failed()
			at := func(stage string) bool {
				return step != nil && string(step.Stage) == stage && step.Fault == report.FaultReset
			}
			// The first reset may overtake the end of connecting.
			if !at(b.Stage) && (i > 0 || !at(string(report.Connect))) {
				t.Errorf("got %s", outcome(rep))
			}
		})
	}
}

func TestRefusedForReal(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	rep := runOn(t, context.Background(), prober(), plan(t, smtptest.NewCA(), submission.Endpoint{Host: host, Port: port, Security: submission.SSL}), nil)
	if got := outcome(rep); got != "4 connect refused" {
		t.Errorf("got %s", got)
	}
}

func TestMisuse(t *testing.T) {
	t.Parallel()
	clear := func(host string) submission.Endpoint {
		return submission.Endpoint{Host: host, Port: 25, Security: submission.None}
	}
	proxied := func(p *Plan) { p.Route.Proxy = &Proxy{Address: "127.0.0.1:1080"} }
	for name, c := range map[string]struct {
		endpoint submission.Endpoint
		change   func(*Plan)
		insecure bool
	}{
		"no endpoint":                  {change: func(p *Plan) { p.Account.Endpoints = nil }},
		"clear to a name elsewhere":    {endpoint: clear(host), insecure: true},
		"clear to a literal elsewhere": {endpoint: clear("192.0.2.10"), insecure: true},
		"clear to a name of both":      {endpoint: clear("both.example.test"), insecure: true},
		"clear to loopback by a proxy": {endpoint: clear("localhost"), change: proxied, insecure: true},
		"clear to loopback put elsewhere": {endpoint: clear("localhost"), insecure: true, change: func(p *Plan) {
			p.Route.ConnectTo = []ConnectTo{{TargetHost: "192.0.2.10"}}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			net := &internet{}
			p := proberOn(net)
			p.Resolver = smtptest.Resolver{host: smtptest.Addrs("192.0.2.10"), "both.example.test": smtptest.Addrs("127.0.0.1", "192.0.2.10")}
			pl := plan(t, smtptest.NewCA(), c.endpoint)
			if c.change != nil {
				c.change(&pl)
			}
			rep, err := p.Run(context.Background(), pl, nil)
			var insecure *InsecureError
			if rep != nil || err == nil || errors.As(err, &insecure) != c.insecure {
				t.Fatalf("report %v, error %v", rep, err)
			}
			if c.insecure && (insecure.Host == "" || !strings.Contains(err.Error(), insecure.Host)) {
				t.Errorf("%v", err)
			}
			if asked := net.asked(); len(asked) > 0 {
				t.Errorf("dialled %s", asked)
			}
		})
	}
}
