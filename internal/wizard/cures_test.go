package wizard

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/diagnose"
	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// wrongName is a try of a server that is certified for another name.
func wrongName(name string) outcome {
	return faulty(report.TLSStage, report.FaultCertName, "name mismatch", func(r *report.Report) {
		r.TLS = &report.TLS{Chain: []report.Certificate{{Names: []string{name}}}}
	})
}

var ownServer = []turn{
	address("you@example.com"), {page: "provider", texts: map[string]string{"preset": OwnServer}},
	{page: "host", texts: map[string]string{"host": "mail.example.com"}}, {page: "login", secrets: typed(marker)},
}

// TestCures: what a failure leads to, and back from there.
func TestCures(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]walk{
		"a foreign sender: the login address by one key": {
			dns: atZoho, given: Given{Answers: answers{"username": "you@example.com", "from": "me@example.org"}},
			tries: []outcome{refused(report.Data, 553, "", "Relaying disallowed as me@example.org"), passes()},
			turns: []turn{
				{page: "login", secrets: typed(marker)},
				{page: "failed", says: []string{"[enter] send as the login address", "[c] change the sender"}},
				{page: "save"},
			},
			account: "example: you@example.com at smtppro.zoho.eu:465 ssl as you@example.com in keyring",
		},
		"and back: the foreign sender again": {
			dns: atZoho, given: Given{Answers: answers{"username": "you@example.com", "from": "me@example.org"}}, status: 10,
			tries: []outcome{refused(report.Data, 553, "", "Relaying disallowed as me@example.org"), refused(report.Data, 552, "5.3.4", "too big")},
			turns: []turn{
				{page: "login", secrets: typed(marker)}, {page: "failed"},
				{page: "failed", says: []string{"too big"}, do: "back"},
				{page: "failed", says: []string{"as me@example.org", "[enter] send as the login address"}, do: "stop"},
			},
		},
		"the name of the certificate keeps the port, and no other port is offered": {
			dns: nothing, given: Given{Answers: answers{"port": "2525"}}, tries: []outcome{wrongName("server7.hoster.example"), passes()},
			turns: append(slices.Clone(ownServer),
				turn{page: "failed", says: []string{"[enter] use the name server7.hoster.example"}, hides: []string{"try port"}},
				turn{page: "certificate"}, turn{page: "save"}),
			account: "example: you@example.com at server7.hoster.example:2525 starttls as you@example.com in keyring",
		},
		"back from the name of the certificate: the name that was typed": {
			dns: nothing, tries: []outcome{wrongName("server7.hoster.example"), faulty(report.Resolve, report.FaultNotFound, "no such name"), wrongName("other.example")}, status: 5,
			turns: append(slices.Clone(ownServer),
				turn{page: "failed"}, turn{page: "certificate"},
				turn{page: "failed", says: []string{"The name server7.hoster.example was not found"}, do: "back"},
				turn{page: "certificate", says: []string{"You asked for mail.example.com"}, do: "back"},
				turn{page: "failed", says: []string{"No protected connection to mail.example.com"}, do: "back"},
				turn{page: "login", says: []string{"mail.example.com, port 465"}},
				turn{page: "failed", do: "stop"}),
		},
		"back from the other endpoint": {
			dns: nothing, status: 5,
			tries: []outcome{faulty(report.Connect, report.FaultRefused, "refused", func(r *report.Report) {
				r.Alternatives = []report.Alternative{{Endpoint: submission.Endpoint{Host: "mail.example.com", Port: 587, Security: submission.STARTTLS}, Reachable: true}}
			}), faulty(report.TLSStage, report.FaultCertExpired, "expired")},
			turns: append(slices.Clone(ownServer),
				turn{page: "failed", says: []string{"[enter] try port 587, STARTTLS"}},
				turn{page: "failed", says: []string{"No protected connection"}, do: "back"},
				turn{page: "failed", says: []string{"No connection to mail.example.com", "[enter] try port 587, STARTTLS"}, do: "back"},
				turn{page: "login", says: []string{"port 465, SSL; else port 587"}, do: "back"},
				turn{page: "host", err: ErrAborted}),
			err: "aborted",
		},
		"back from the other provider, and on to another": {
			dns: atZoho, tries: []outcome{refused(report.Auth, 535, "", "Authentication Failed"), refused(report.Auth, 535, "", "Authentication Failed"), passes()},
			turns: []turn{
				address("you@example.com"), {page: "login", secrets: typed(marker)},
				{page: "failed", do: "other"},
				{page: "failed", says: []string{"try Zoho Mail for organisations"}, do: "back"},
				{page: "failed", says: []string{"try Zoho Mail (personal and free)"}, do: "back"},
				{page: "login", says: []string{"smtppro.zoho.eu"}}, {page: "save"},
			},
			account: "example: you@example.com at smtppro.zoho.eu:465 ssl as you@example.com in keyring",
		},
		"a report for support, written once for each failure": {
			dns: atGmail, cases: 1, status: 7,
			tries: []outcome{refused(report.Auth, 535, "5.7.8", "no"), refused(report.Auth, 535, "5.7.8", "no")},
			turns: []turn{
				address("you@gmail.com"), {page: "login", secrets: typed(bare)},
				{page: "failed", says: []string{"[w] write a report for support"}, do: "case"},
				{page: "failed", says: []string{"The report is in case.md. Send it to the desk of gmail"}, hides: []string{"write a report"}, do: "again"},
				{page: "failed", do: "case"},
				{page: "failed", says: []string{"could not be written: the disk is full.", "write a report"}, do: "stop"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if w.status == 5 && w.err != "" {
				w.status = report.ExitInterrupted
			}
			w.run(t)
		})
	}
}

// TestCuresOffered: every way out that applies has a key, and none that does not.
func TestCuresOffered(t *testing.T) {
	t.Parallel()
	said := func(s report.Stage, code int, enhanced, text string) outcome { return refused(s, code, enhanced, text) }
	certified := func(r *report.Report) {
		r.TLS = &report.TLS{Chain: []report.Certificate{{Names: []string{"server7.hoster.example"}}}}
	}
	heard := func(r *report.Report) {
		r.Transcript = []report.Line{{From: report.Server, Text: "220 hello"}}
	}
	for name, tt := range map[string]struct {
		preset, region, port string
		ends                 outcome
		keys                 string // in order
	}{
		"a refused password":            {"zoho-pro", "eu", "", said(report.Auth, 535, "", "Authentication Failed"), "password other region again more case stop"},
		"of a provider with one server": {"gandi", "", "", said(report.Auth, 535, "5.7.8", "no"), "password again more case stop"},
		"no mechanism but refused ones": {"gandi", "", "", said(report.Auth, 504, "5.7.4", "Unrecognized authentication type"), "fix again more case stop"},
		"TLS is wanted first":           {"gandi", "", "", said(report.Auth, 530, "5.7.0", "Must issue a STARTTLS command first"), "endpoint fix again more case stop"},
		"blocked ports":                 {"gandi", "", "", faulty(report.Connect, report.FaultTimeout, "no answer"), "again endpoint fix proxy untested more case stop"},
		"a closed port":                 {"gandi", "", "", faulty(report.Connect, report.FaultRefused, "refused"), "again endpoint fix proxy untested more case stop"},
		"a name that is not there":      {"", "", "", faulty(report.Resolve, report.FaultNotFound, "no such name"), "fix again proxy untested more case stop"},
		"an own server's other name":    {"", "", "2525", faulty(report.TLSStage, report.FaultCertName, "name", certified), "certificate fix again proxy untested more case stop"},
		"an expired certificate":        {"", "", "", faulty(report.TLSStage, report.FaultCertExpired, "expired", certified), "again proxy untested more case stop"},
		"a foreign sender":              {"zoho-pro", "eu", "", said(report.Data, 553, "", "Relaying disallowed as me@example.org"), "login fix again more case stop"},
		"a recipient":                   {"gandi", "", "", said(report.Rcpt, 550, "5.1.1", "no such user"), "fix again more case stop"},
		"relaying":                      {"gandi", "", "", said(report.Rcpt, 554, "5.7.1", "<them@example.net>: Relay access denied"), "fix recipient again more case stop"},
		"greylisting":                   {"gandi", "", "", said(report.Rcpt, 451, "4.7.1", "Greylisted, try again later"), "wait again untested more case stop"},
		"an address on a list":          {"gandi", "", "", said(report.Greeting, 554, "5.7.1", "blocked using zen.spamhaus.org"), "endpoint again proxy untested more case stop"},
		"with something said before":    {"gandi", "", "", ends(report.Step{Stage: report.Greeting, Status: report.Failed, Fault: report.FaultTimeout, Err: "silence"}, heard), "again endpoint fix proxy untested more transcript case stop"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			given := answers{"username": "you@example.com", "from": "me@example.org", "preset": tt.preset, "region": tt.region, "port": tt.port}
			if tt.preset == "" {
				given["host"] = "mail.example.com"
			}
			maps.DeleteFunc(given, func(_ submission.Field, v string) bool { return v == "" })
			s := newState(Deps{Library: library(), Keeper: &keeper{}, Now: time.Now}, Given{Answers: given})
			s.report = tt.ends(s.attempt())
			s.diagnosis = diagnose.Explain(s.report, s.attempt().Preset)
			var keys []string
			for _, c := range s.cures() {
				keys = append(keys, c.Key)
			}
			if got := strings.Join(keys, " "); got != tt.keys {
				t.Errorf("%s: keys %s\nwant %s", s.diagnosis.Cause, got, tt.keys)
			}
		})
	}
}

// TestNoFlagWhereAKeyDoesIt: the page names a flag only where it has no key for
// the same.
func TestNoFlagWhereAKeyDoesIt(t *testing.T) {
	t.Parallel()
	offers := func(mechanisms string) func(*report.Report) {
		return func(r *report.Report) { r.Extensions = reply.Extensions{"AUTH": mechanisms} }
	}
	for name, tt := range map[string]struct {
		given answers
		ends  outcome
		says  []string
	}{
		"the name for EHLO": {
			answers{"preset": "gandi"}, refused(report.EHLO, 504, "5.5.2", "<localhost>: Helo command rejected: need fully-qualified hostname"),
			[]string{"as the name for EHLO, such as", "[enter] change the name for EHLO"},
		},
		"the mechanism": {
			answers{"preset": "gandi"}, ends(report.Step{Stage: report.Auth, Status: report.Failed, Detail: "PLAIN", Reply: &reply.Reply{Code: 535, Lines: []string{"Error: authentication failed: no mechanism available"}}}, offers("PLAIN LOGIN")),
			[]string{"Choose LOGIN as the way of signing in. ", "[enter] change the way of signing in"},
		},
		"the mechanism that was asked for": {
			answers{"preset": "gandi", "auth": "CRAM-MD5"}, faulty(report.Auth, report.FaultNoMechanism, "not offered", offers("PLAIN LOGIN")),
			[]string{"that was asked for.", "Leave the way of signing in open: then", "[enter] change the way of signing in"},
		},
		"OAuth": {
			answers{"preset": "gandi"}, refused(report.Auth, 535, "5.7.139", "Authentication unsuccessful, basic authentication is disabled"),
			[]string{"choose XOAUTH2 as the way of signing in, with a token", "[enter] change the way of signing in"},
		},
		"Bridge's certificate": {
			answers{"preset": "proton-bridge"}, faulty(report.TLSStage, report.FaultCertUntrusted, "unknown authority", func(r *report.Report) {
				r.TLS = &report.TLS{Chain: []report.Certificate{{Subject: "CN=127.0.0.1", Issuer: "CN=127.0.0.1", SHA256: "00ff"}}}
			}),
			[]string{"compare its fingerprint with the bridge's, and trust it.", "[enter] look at the certificate"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.given["username"], tt.given["from"] = "you@example.com", "you@example.com"
			s := newState(Deps{Library: library(), Keeper: &keeper{}, Now: time.Now}, Given{Answers: tt.given})
			s.report = tt.ends(s.attempt())
			s.report.Account = s.attempt().Account
			s.diagnosis = diagnose.Explain(s.report, s.attempt().Preset)
			text := textOf(failedStep().page(s))
			for _, want := range tt.says {
				if !strings.Contains(text, want) {
					t.Errorf("the page does not say %q:\n%s", want, text)
				}
			}
			for _, flag := range []string{"--auth", "--helo", "--tls-fingerprint"} {
				if strings.Contains(text, flag) {
					t.Errorf("the page names %s:\n%s", flag, text)
				}
			}
		})
	}
}

// TestOneAnswerExplained: a page for one answer says what that is for; of a proxy
// also its form, and how to do without one.
func TestOneAnswerExplained(t *testing.T) {
	t.Parallel()
	blocked := faulty(report.Connect, report.FaultTimeout, "no answer")
	got := walk{
		given: Given{Answers: answers{"from": "you@example.com", "preset": "gandi"}, Password: submission.NewSecret(marker)}, tries: []outcome{blocked},
		turns: []turn{
			{page: "failed", do: "proxy"},
			{page: "change", says: []string{"Change the proxy", "lets no mail out", "socks5://HOST:PORT", "If you have none, leave this empty", "ssh -D 1080"}},
			{page: "failed", err: ErrAborted},
		},
		status: report.ExitInterrupted, err: "aborted",
	}.run(t)
	for _, f := range everyField {
		got.state.change(f, f)
		p := changeStep().page(got.state)
		choice := len(p.Questions) == 1 && p.Questions[0].Kind == Choice && f != submission.FieldAuth // its options tell
		if named := slices.Contains([]submission.Field{submission.FieldHost, submission.FieldPort, DisplayName, ProfileName}, f); len(p.Blocks) == 0 && len(p.Questions) > 0 && !choice && !named {
			t.Errorf("the page for %s alone explains nothing", f)
		}
	}
}

// TestFailedTitle: nothing was refused where the server said nothing.
func TestFailedTitle(t *testing.T) {
	t.Parallel()
	no := &reply.Reply{Code: 550, Lines: []string{"no"}}
	for _, tt := range []struct {
		step report.Step
		want string
	}{
		{report.Step{Stage: report.Auth, Reply: no}, "The login was refused"},
		{report.Step{Stage: report.Auth, Fault: report.FaultNoAuth}, "No login at h"},
		{report.Step{Stage: report.Mail, Reply: no}, "The sender was refused"},
		{report.Step{Stage: report.Mail, Fault: report.FaultClosed}, "The test mail did not get through"},
		{report.Step{Stage: report.Rcpt, Fault: report.FaultTimeout}, "The test mail did not get through"},
		{report.Step{Stage: report.Data, Reply: no}, "The test mail was refused"},
		{report.Step{Stage: report.Data, Fault: report.FaultClosed}, "The test mail did not get through"},
		{report.Step{Stage: report.EHLO, Reply: no}, "No mail session with h"},
		{report.Step{Stage: report.Connect, Fault: report.FaultRefused}, "No connection to h"},
	} {
		if got := (texts{}).failedTitle(tt.step, "h"); got != tt.want {
			t.Errorf("%s, %v: %q, want %q", tt.step.Stage, tt.step.Reply, got, tt.want)
		}
	}
}
