package diagnose

import (
	"slices"
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

func offers(mechanisms string) func(*report.Report, *report.Step) {
	return func(r *report.Report, _ *report.Step) { r.Extensions = reply.Extensions{"AUTH": mechanisms} }
}

func forced(mechanism string) func(*report.Report, *report.Step) {
	return func(r *report.Report, _ *report.Step) { r.Account.Mechanism = mechanism }
}

func tried(mechanism string) func(*report.Report, *report.Step) {
	return func(_ *report.Report, s *report.Step) { s.Detail = mechanism }
}

func to(address string) func(*report.Report, *report.Step) {
	return func(r *report.Report, _ *report.Step) { r.Account.To, _ = submission.ParseAddress(address) }
}

// The advice never is what was just tried, nor what the session shows to be untrue.
func TestAdviceFitsTheSession(t *testing.T) {
	t.Parallel()
	const runLimit, pin = "the time limit of the run was reached", "the certificate is not the one whose fingerprint was given"
	at := func(port int, s submission.Security) submission.Endpoint {
		return submission.Endpoint{Host: "smtp.example.com", Port: port, Security: s}
	}
	eu := at(465, submission.SSL)
	eu.Host = "smtp.example.eu"
	shown := report.Certificate{Subject: "CN=smtp.example.com", Issuer: "CN=Example CA", Names: []string{"smtp.example.com"}, SHA256: "00ff"}
	gone := fault(report.FaultNotFound, "smtp.example.eu: no such host")
	refused := fault(report.FaultRefused, "192.0.2.1:26: connection refused")
	for _, c := range []struct {
		name   string
		report *report.Report
		preset *preset.Preset
		cause  submission.Cause
		field  submission.Field
		says   []string
		not    []string
	}{
		{"TLS only on 587", failedAt(starttls587, report.Greeting, both(fault(report.FaultTimeout, "no answer in time"), finding(report.FoundTLSPort, ""))), nil,
			submission.WrongPortOrSecurity, submission.FieldSecurity, []string{"Use ssl with port 587"}, []string{"starttls with port 587", "587 and 25 with starttls"}},
		{"TLS only on 587, provider", failedAt(starttls587, report.Greeting, both(fault(report.FaultTimeout, "no answer in time"), finding(report.FoundTLSPort, ""))), provider(),
			submission.WrongPortOrSecurity, submission.FieldSecurity, []string{"Use ssl with port 587"}, []string{"port 587 with starttls"}},
		{"TLS only on 2465", failedAt(at(2465, submission.STARTTLS), report.Greeting, both(fault(report.FaultTimeout, "no answer in time"), finding(report.FoundTLSPort, ""))), nil,
			submission.WrongPortOrSecurity, submission.FieldSecurity, []string{"Use ssl with port 2465, or starttls with port 587."}, nil},

		{"forced, not offered", failedAt(ssl465, report.Auth, both(fault(report.FaultNoMechanism, "CRAM-MD5 is not offered: the server offers PLAIN, LOGIN"), offers("PLAIN LOGIN XOAUTH2"), forced("cram-md5"))), nil,
			submission.AuthMechanismUnsupported, submission.FieldAuth, []string{"does not offer CRAM-MD5", "(no --auth)", "PLAIN, LOGIN"}, []string{"None of them", "almost everywhere"}},
		{"forced, nothing usable offered", failedAt(ssl465, report.Auth, both(fault(report.FaultNoMechanism, ""), offers("GSSAPI NTLM"), forced("CRAM-MD5"))), nil,
			submission.AuthMechanismUnsupported, submission.FieldAuth, []string{"GSSAPI, NTLM", "None of them"}, []string{"(no --auth)", "almost everywhere"}},
		{"forced, without TLS to bind to", failedAt(clear587, report.Auth, both(fault(report.FaultNoMechanism, "SCRAM-SHA-256-PLUS: channel binding needs a TLS connection"), offers("PLAIN SCRAM-SHA-256-PLUS"), forced("SCRAM-SHA-256-PLUS"))), nil,
			submission.AuthMechanismUnsupported, submission.FieldAuth, []string{"SCRAM-SHA-256-PLUS cannot be used on this connection", "(no --auth)"}, []string{"None of them", "does not offer"}},
		{"credentials that it cannot carry", failedAt(ssl465, report.Auth, both(fault(report.FaultNoMechanism, "PLAIN: credentials cannot be sent: the user name holds a NUL"), offers("PLAIN LOGIN"))), nil,
			submission.AuthMechanismUnsupported, submission.FieldAuth, []string{"characters"}, []string{"None of them", "almost everywhere"}},
		{"refuses all that it offers", failedAt(ssl465, report.Auth, both(refusal("504 5.7.4 Unrecognized authentication type"), offers("PLAIN LOGIN"), tried("LOGIN"))), nil,
			submission.AuthMechanismUnsupported, submission.FieldNone, []string{"PLAIN, LOGIN", "refuses", "whoever runs the server"}, []string{"almost everywhere", "--auth"}},
		{"refuses passwords, offers tokens", failedAt(ssl465, report.Auth, both(refusal("504 5.7.4 Unrecognized authentication type"), offers("PLAIN LOGIN XOAUTH2"), tried("LOGIN"))), nil,
			submission.AuthMechanismUnsupported, submission.FieldAuth, []string{"--auth XOAUTH2"}, []string{"almost everywhere"}},
		{"refuses the one that was forced", failedAt(ssl465, report.Auth, both(refusal("504 5.7.4 Unrecognized authentication type"), offers("PLAIN LOGIN"), tried("PLAIN"), forced("plain"))), nil,
			submission.AuthMechanismUnsupported, submission.FieldAuth, []string{"refuses PLAIN", "(--auth LOGIN)", "Or leave the way"}, []string{"almost everywhere"}},
		{"refuses one, in words", failedAt(ssl465, report.Auth, both(refusal("535 5.7.8 Error: authentication failed: no mechanism available"), offers("PLAIN LOGIN"), tried("PLAIN"))), nil,
			submission.AuthMechanismUnsupported, submission.FieldAuth, []string{"(--auth LOGIN)"}, []string{"almost everywhere", "Or leave the way"}},

		{"the run's limit at AUTH", failedAt(ssl465, report.Auth, fault(report.FaultTimeout, runLimit)), nil,
			submission.ServerSilent, submission.FieldNone, []string{"--max-time", "after AUTH"}, []string{"--timeout", "in in time"}},
		{"the run's limit at connect", failedAt(ssl465, report.Connect, fault(report.FaultTimeout, "192.0.2.1:465: "+runLimit)), provider(),
			submission.PortBlocked, submission.FieldNone, []string{"--max-time"}, []string{"firewall"}},
		{"the run's limit at the name", failedAt(ssl465, report.Resolve, fault(report.FaultTimeout, runLimit)), nil,
			submission.DNSFailure, submission.FieldNone, []string{"--max-time", "name"}, []string{"spelling"}},
		{"no greeting where port and security are right", failedAt(ssl465, report.Greeting, fault(report.FaultTimeout, "no answer in time")), nil,
			submission.ServerSilent, submission.FieldPort, []string{"fit together", "Try again later", "another network"}, []string{"Check port and security"}},
		{"the stage's limit", failedAt(ssl465, report.Auth, fault(report.FaultTimeout, "no answer in time")), nil,
			submission.ServerSilent, submission.FieldNone, []string{"--timeout", "in time after AUTH, which signs you in."}, []string{"--max-time"}},

		{"no relay though signed in", failedAt(ssl465, report.Rcpt, both(refusal("554 5.7.1 Relay access denied"), to("them@example.net"))), nil,
			submission.RelayDenied, submission.FieldTo, []string{"signed in", "them@example.net", "plan", "outgoing server"}, []string{"Give a user name"}},
		{"no relay to oneself though signed in", failedAt(ssl465, report.Rcpt, refusal("554 5.7.1 Relay access denied")), nil,
			submission.RelayDenied, submission.FieldHost, []string{"signed in"}, []string{"Give a user name"}},

		{"no relay though signed in, in other words", failedAt(ssl465, report.Rcpt, both(refusal("550 relay not permitted, authentication required"), to("them@example.net"))), nil,
			submission.RelayDenied, submission.FieldTo, []string{"signed in"}, []string{"Give a user name"}},

		{"no AUTH on 465", failedAt(ssl465, report.Auth, fault(report.FaultNoAuth, "")), nil,
			submission.AuthNotOffered, submission.FieldPort, []string{"port 587 with starttls", "outgoing server"}, []string{"port 465 with ssl"}},
		{"no AUTH on 465, provider", failedAt(ssl465, report.Auth, fault(report.FaultNoAuth, "")), provider(),
			submission.AuthNotOffered, submission.FieldPort, []string{"port 587 with starttls"}, []string{"port 465 with ssl"}},
		{"no AUTH on 587", failedAt(starttls587, report.Auth, fault(report.FaultNoAuth, "")), nil,
			submission.AuthNotOffered, submission.FieldPort, []string{"port 465 with ssl"}, []string{"port 587 with starttls"}},

		{"refused where it does not serve", failedAt(at(26, submission.STARTTLS), report.Connect, refused), provider(),
			submission.WrongPortOrSecurity, submission.FieldPort, []string{"refuses connections on port 26"}, []string{"No answer"}},
		{"refused, another port answers", failedAt(ssl465, report.Connect, both(refused, answers(starttls587))), provider(),
			submission.PortBlocked, submission.FieldPort, []string{"refused", "Use port 587 with starttls"}, []string{"No answer"}},
		{"refused in a cloud", failedAt(ssl465, report.Connect, both(refused, finding(report.FoundCloud, "Example Cloud"))), provider(),
			submission.PortBlocked, submission.FieldPort, []string{"refused", "Ask Example Cloud", "runs at"}, []string{"No answer"}},

		{"the provider's own name", failedAt(eu, report.Resolve, gone), provider(),
			submission.DNSFailure, submission.FieldNone, []string{"offline", "VPN", "is right"}, []string{"spelling"}},
		{"the provider's own name, DNS fails", failedAt(eu, report.Resolve, fault(report.FaultDNS, "server misbehaving")), provider(),
			submission.DNSFailure, submission.FieldNone, []string{"offline", "VPN"}, []string{"spelling"}},
		{"another name", failedAt(at(465, submission.SSL), report.Resolve, gone), bridge(),
			submission.DNSFailure, submission.FieldHost, []string{"spelling"}, nil},

		{"another certificate than the pinned one", failedAt(ssl465, report.TLSStage, both(fault(report.FaultPin, pin), leaf(shown, false))), nil,
			submission.CertUntrusted, submission.FieldNone, []string{"not the one", "has sha256:00ff", "--tls-fingerprint sha256:00ff", "Ask whoever runs"}, []string{"authority", "--ca-file", "signed"}},
		{"another certificate than the pinned one, bridge", failedAt(bridgeAt, report.STARTTLS, both(fault(report.FaultPin, pin), leaf(shown, false))), bridge(),
			submission.CertUntrusted, submission.FieldNone, []string{"sha256:00ff", "Example Bridge"}, []string{"authority", "signs", "--ca-file"}},

		{"client certificate", failedAt(ssl465, report.Greeting, fault(report.FaultClientCert, "remote error: tls: certificate required")), nil,
			submission.AuthMissing, submission.FieldNone, []string{"--client-cert", "--client-key"}, []string{"user name"}},
		{"another alert", failedAt(ssl465, report.TLSStage, fault(report.FaultTLS, "remote error: tls: internal error")), nil,
			submission.TLSVersion, submission.FieldNone, []string{"handshake"}, []string{"--client-cert"}},
		{"garbled TLS", failedAt(ssl465, report.Data, fault(report.FaultTLS, "local error: tls: bad record MAC")), nil,
			submission.ConnectionLost, submission.FieldNone, []string{"broke down after the message", "before you send it again"}, []string{"handshake", "version"}},

		{"no IPv6 address", failedAt(ssl465, report.Resolve, fault(report.FaultFamily, "smtp.example.com: there is no IPv6 address, which -6 asks for, only IPv4")), provider(),
			submission.DNSFailure, submission.FieldNone, []string{"-6"}, []string{"spelling", "offline"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := Explain(c.report, c.preset)
			all := allText(d)
			if d.Cause != c.cause || d.Field != c.field {
				t.Errorf("got %s, field %q; want %s, field %q", d.Cause, d.Field, c.cause, c.field)
			}
			for _, s := range c.says {
				if !strings.Contains(all, s) {
					t.Errorf("%q is not said in:\n%s", s, all)
				}
			}
			for _, s := range c.not {
				if strings.Contains(all, s) {
					t.Errorf("%q is said in:\n%s", s, all)
				}
			}
			wellFormed(t, d)
			notTwice(t, d)
		})
	}
}

// notTwice: no two fixes begin alike, as those do that say the same.
func notTwice(t *testing.T, d *Diagnosis) {
	t.Helper()
	const alike = 4 // words
	seen := map[string]string{}
	for _, f := range d.Fixes {
		words := strings.FieldsFunc(strings.ToLower(f.Text), func(r rune) bool { return strings.ContainsRune(" .,:;?", r) })
		key := strings.Join(words[:min(alike, len(words))], " ")
		if other, ok := seen[key]; ok {
			t.Errorf("%s: %q after %q", d.Cause, f.Text, other)
		}
		seen[key] = f.Text
	}
}

func TestNothingIsAdvisedTwice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		report *report.Report
		most   string // what may stand once only, in whatever words
	}{
		"554 greeting":  {failedAt(ssl465, report.Greeting, refusal("554 no SMTP service here")), "another network"},
		"not yet valid": {failedAt(ssl465, report.TLSStage, fault(report.FaultCertNotYetValid, "")), "ate and time"},
		"DNS":           {failedAt(ssl465, report.Resolve, fault(report.FaultDNS, "server misbehaving")), "online"},
	} {
		d := Explain(c.report, nil)
		n := 0
		for _, f := range d.Fixes {
			n += strings.Count(f.Text, c.most)
		}
		if n != 1 {
			t.Errorf("%s: %q stands %d times in\n%s", name, c.most, n, allText(d))
		}
		notTwice(t, d)
	}
}

// Providers that want an app password say so to a mistyped one as well.
func TestWrongPasswordStaysInQuestion(t *testing.T) {
	t.Parallel()
	words := map[string]string{
		"gmail":  "535 5.7.8 Username and Password not accepted. For more information, go to https://support.google.com/mail/?p=BadCredentials",
		"yandex": "535 5.7.8 Error: authentication failed: Invalid user or password!",
		"qq":     "535 Login Fail. Please enter your authorization code to login.",
		"proton": "535 5.7.8 Error: authentication failed: authentication failed",
	}
	found := 0
	for _, p := range builtIn(t) {
		text, ok := words[p.Name]
		if !ok {
			continue
		}
		found++
		d := Explain(failedAt(submission.Endpoint{Host: p.Endpoints[0].Host, Port: 465, Security: submission.SSL}, report.Auth, refusal(text)), p)
		if d.Cause != submission.AppPasswordRequired || !slices.Equal(d.Also, []submission.Cause{submission.BadCredentials}) {
			t.Errorf("%s: got %s, also %v", p.Name, d.Cause, d.Also)
		}
		if p.Name != "gmail" {
			continue
		}
		if all := allText(d); !strings.Contains(all, "less secure apps") {
			t.Errorf("nothing of the old guides in\n%s", all)
		}
		d = Explain(failedAt(ssl465, report.Auth, refusal("534 5.7.9 Application-specific password required")), p)
		if d.Cause != submission.AppPasswordRequired || len(d.Also) != 0 {
			t.Errorf("gmail's plain words: got %s, also %v", d.Cause, d.Also)
		}
	}
	if found != len(words) {
		t.Errorf("%d of %d presets are there", found, len(words))
	}
}

// What providers' own replies and quirks say, where people ask most.
func TestPresetsSayWhatPeopleAsk(t *testing.T) {
	t.Parallel()
	for _, p := range builtIn(t) {
		if p.Name == "zoho" || p.Name == "zoho-pro" {
			d := Explain(failedAt(ssl465, report.Data, refusal("553 Relaying disallowed as other@example.com")), p)
			if !strings.Contains(d.Summary, "receiving still works") {
				t.Errorf("%s: %s", p.Name, d.Summary)
			}
		}
		offer := map[string]string{"zoho": "smtppro.zoho.", "zoho-pro": "smtp.zoho.", "ovh": "--variant pro or exchange", "infomaniak": "Check the user name: your full address."}
		if want, ok := offer[p.Name]; ok {
			d := Explain(failedAt(ssl465, report.Auth, refusal("535 5.7.8 Authentication failed")), p)
			if !strings.Contains(allText(d), want) {
				t.Errorf("%s does not say %q:\n%s", p.Name, want, allText(d))
			}
		}
		for name, want := range map[string]string{"infomaniak": "dollar sign", "gmail": "refused sign-in Google may send you a security alert"} {
			said := func(q preset.Quirk) bool { return strings.Contains(q.Text, want) }
			if p.Name == name && !slices.ContainsFunc(p.Quirks, said) {
				t.Errorf("%s says nothing of a %s", name, want)
			}
		}
	}
}

func TestTextOfAClientCertificate(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"remote error: tls: certificate required", "tlsv13 alert certificate required (SSL alert number 116)"} {
		if d := Text(Pasted{Text: text}); d.Cause != submission.AuthMissing || !strings.Contains(allText(d), "certificate from you") {
			t.Errorf("%q: got %s, %s", text, d.Cause, d.Summary)
		}
	}
}

// A server of another data centre says that the password is wrong. Where the
// address or the MX records of its domain tell the right one, that is said first.
func TestWrongDataCentre(t *testing.T) {
	t.Parallel()
	var zoho *preset.Preset
	for _, p := range builtIn(t) {
		if p.Name == "zoho" {
			zoho = p
		}
	}
	at := func(host string) submission.Endpoint {
		return submission.Endpoint{Host: host, Port: 465, Security: submission.SSL}
	}
	as := func(username string) func(*report.Report, *report.Step) {
		return func(r *report.Report, _ *report.Step) { r.Account.Username = username }
	}
	wrong := refusal("535 Authentication Failed")
	europe := finding(report.FoundExchangers, "mx.zoho.eu mx2.zoho.eu mx3.zoho.eu")
	for _, c := range []struct {
		name   string
		report *report.Report
		right  string // the server to use, "" for no such word
		says   string
	}{
		{"by the MX records", failedAt(at("smtp.zoho.com"), report.Auth, both(wrong, europe)), "smtp.zoho.eu (--region eu)", "mail for example.com arrives at mx.zoho.eu"},
		{"by the address", failedAt(at("smtp.zoho.com"), report.Auth, both(wrong, as("you@zohomail.in"))), "smtp.zoho.in (--region in)", "zohomail.in is in another data centre"},
		{"the right one by MX", failedAt(at("smtp.zoho.eu"), report.Auth, both(wrong, europe)), "", ""},
		{"no MX of Zoho's", failedAt(at("smtp.zoho.com"), report.Auth, both(wrong, finding(report.FoundExchangers, "mx.filter.example"))), "", ""},
		{"nothing known", failedAt(at("smtp.zoho.com"), report.Auth, wrong), "", ""},
	} {
		d := Explain(c.report, zoho)
		if d.Cause != submission.BadCredentials {
			t.Errorf("%s: got %s", c.name, d.Cause)
		}
		if c.right == "" {
			if d.Field != submission.FieldPassword || strings.Contains(allText(d), "--region") {
				t.Errorf("%s: field %s in\n%s", c.name, d.Field, allText(d))
			}
			continue
		}
		if d.Field != submission.FieldRegion || !strings.Contains(d.Fixes[0].Text, c.right) || !strings.Contains(d.Summary, c.says) || !strings.Contains(allText(d), strings.Replace(c.right[:12], "smtp", "accounts", 1)) {
			t.Errorf("%s: field %s in\n%s", c.name, d.Field, allText(d))
		}
	}
}

// A slip between the user name and the sender is asked about, whichever of the
// two the server refuses.
func TestASlipBetweenNameAndSender(t *testing.T) {
	t.Parallel()
	slip := func(r *report.Report, _ *report.Step) { r.Account.Username = "yuo@example.com" }
	other := func(r *report.Report, _ *report.Step) { r.Account.Username = "somebody@example.com" }
	for text, at := range map[string]report.Stage{
		"535 5.7.8 Authentication failed":                                          report.Auth,
		"553 5.7.1 <you@example.com>: Sender address rejected: not owned by user":  report.Mail,
		"550 5.7.1 sender rejected":                                                report.Mail,
		"450 4.1.8 <you@example.com>: Sender address rejected: Domain not found":   report.Mail,
		"553 Relaying disallowed as you@example.com":                               report.Data,
		"550 5.7.60 SMTP; Client does not have permissions to send as this sender": report.Data,
	} {
		if d := Explain(failedAt(ssl465, at, both(refusal(text), slip)), nil); !strings.HasPrefix(d.Fixes[0].Text, "Did you mean ") {
			t.Errorf("%s: %+v", text, d.Fixes)
		}
		if d := Explain(failedAt(ssl465, at, both(refusal(text), other)), nil); strings.Contains(allText(d), "Did you mean") {
			t.Errorf("%s: %+v", text, d.Fixes)
		}
	}
}
