package diagnose

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

var (
	ssl465      = submission.Endpoint{Host: "smtp.example.com", Port: 465, Security: submission.SSL}
	starttls587 = submission.Endpoint{Host: "smtp.example.com", Port: 587, Security: submission.STARTTLS}
	clear587    = submission.Endpoint{Host: "smtp.example.com", Port: 587, Security: submission.None}
	bridgeAt    = submission.Endpoint{Host: "127.0.0.1", Port: 1025, Security: submission.STARTTLS}
)

// provider is a preset with two data centres and app passwords.
func provider() *preset.Preset {
	return &preset.Preset{
		Name: "example", Title: "Example Mail", Kind: preset.Mailbox, Support: "help@example.com", Status: "https://status.example.com",
		Match:   preset.Match{Greeting: `\bmx\.example\.com\b`},
		Account: preset.Account{Username: preset.UsernameAddress, FromRule: "Write from an address of your account."},
		Password: preset.Password{Kind: preset.PasswordApp, Label: "Example app password", URL: "https://{domain}/app-passwords",
			Steps: []string{"Open {domain}."}, Shape: &preset.Shape{Length: 16, Alphabet: preset.Letters, Grouped: true}},
		Endpoints: []preset.Endpoint{
			{Host: "smtp.{domain}", Port: 465, Security: submission.SSL},
			{Host: "smtp.{domain}", Port: 587, Security: submission.STARTTLS},
		},
		DefaultRegion: "eu", RegionQuestion: "Where does your mail open?",
		Regions: []preset.Region{
			{Name: "eu", Title: "Europe", Values: map[string]string{"domain": "example.eu"}},
			{Name: "com", Title: "America", Values: map[string]string{"domain": "example.com"}},
		},
		Limits: []preset.Limit{{Text: "At most 200 mails a day.", Per: preset.PerDay, Max: 200, URL: "https://example.com/limits"}},
		Replies: []preset.Reply{{Pattern: "no bananas", Stages: []string{"data"}, Cause: submission.ContentRejectedVirus,
			Why: "Example Mail takes no bananas.", Fixes: []preset.Fix{{Text: "Peel it.", URL: "https://example.com/peel"}}}},
	}
}

func bridge() *preset.Preset {
	return &preset.Preset{Name: "bridge", Title: "Example Bridge", Kind: preset.Bridge,
		Endpoints: []preset.Endpoint{{Host: "127.0.0.1", Port: 1025, Security: submission.STARTTLS}}}
}

// failedAt is a report whose last step failed; the stages before it passed.
func failedAt(e submission.Endpoint, s report.Stage, change func(*report.Report, *report.Step)) *report.Report {
	from, _ := submission.ParseAddress("you@example.com")
	r := &report.Report{Check: report.CheckSend, Endpoint: e,
		Account: submission.Account{Username: "you@example.com", From: from, To: from}}
	for _, before := range []report.Stage{report.Resolve, report.Connect, report.TLSStage, report.Greeting, report.EHLO, report.Auth, report.Mail, report.Rcpt} {
		if before == s {
			break
		}
		r.Steps = append(r.Steps, report.Step{Stage: before, Status: report.OK})
	}
	step := report.Step{Stage: s, Status: report.Failed}
	if change != nil {
		change(r, &step)
	}
	r.Steps = append(r.Steps, step)
	return r
}

func fault(f report.Fault, err string) func(*report.Report, *report.Step) {
	return func(_ *report.Report, s *report.Step) { s.Fault, s.Err = f, err }
}

func refusal(text string) func(*report.Report, *report.Step) {
	return func(_ *report.Report, s *report.Step) { s.Reply = parsed(text) }
}

func parsed(text string) *reply.Reply {
	f := findReply(text)
	rest := strings.TrimSpace(strings.TrimPrefix(text[3:], " "+f.enhanced.String()))
	return &reply.Reply{Code: f.code, Enhanced: f.enhanced, Lines: []string{rest}}
}

func both(changes ...func(*report.Report, *report.Step)) func(*report.Report, *report.Step) {
	return func(r *report.Report, s *report.Step) {
		for _, c := range changes {
			c(r, s)
		}
	}
}

func finding(k report.FindingKind, detail string) func(*report.Report, *report.Step) {
	return func(r *report.Report, _ *report.Step) {
		r.Findings = append(r.Findings, report.Finding{Kind: k, Detail: detail})
	}
}

func greeting(text string) func(*report.Report, *report.Step) {
	return func(r *report.Report, _ *report.Step) { r.Greeting = text }
}

func leaf(c report.Certificate, verified bool) func(*report.Report, *report.Step) {
	return func(r *report.Report, _ *report.Step) {
		r.TLS = &report.TLS{Version: "TLS 1.3", Verified: verified, Chain: []report.Certificate{c}}
	}
}

func answers(e submission.Endpoint) func(*report.Report, *report.Step) {
	return func(r *report.Report, _ *report.Step) {
		r.Alternatives = append(r.Alternatives, report.Alternative{Endpoint: e, Reachable: true})
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	at := func(port int, s submission.Security) submission.Endpoint {
		return submission.Endpoint{Host: "smtp.example.com", Port: port, Security: s}
	}
	mine := report.Certificate{Subject: "CN=smtp.example.com", Issuer: "CN=Example CA", Names: []string{"smtp.example.com"},
		NotBefore: time.Date(2031, 2, 3, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2024, 5, 6, 0, 0, 0, 0, time.UTC), SHA256: "00ff"}
	foreign := report.Certificate{Subject: "CN=cpanel.host.example", Issuer: "CN=Example CA", Names: []string{"cpanel.host.example", "host.example"}}
	for _, c := range []struct {
		name   string
		report *report.Report
		preset *preset.Preset
		cause  submission.Cause
		field  submission.Field
		says   string // in the summary or a fix
	}{
		// names
		{"no such name", failedAt(ssl465, report.Resolve, fault(report.FaultNotFound, "no such host")), nil, submission.DNSFailure, submission.FieldHost, "smtp.example.com"},
		{"slip in the name", failedAt(submission.Endpoint{Host: "smtp.exmaple.com", Port: 587}, report.Resolve, fault(report.FaultNotFound, "no such host")), nil, submission.DNSFailure, submission.FieldHost, "Did you mean smtp.example.com?"},
		{"no dot", failedAt(submission.Endpoint{Host: "smtp", Port: 587}, report.Resolve, fault(report.FaultNotFound, "no such host")), nil, submission.DNSFailure, submission.FieldHost, "no dot"},
		{"resolver", failedAt(ssl465, report.Resolve, fault(report.FaultDNS, "server misbehaving")), nil, submission.DNSFailure, submission.FieldHost, "another network"},
		{"resolver silent", failedAt(ssl465, report.Resolve, fault(report.FaultTimeout, "i/o timeout")), nil, submission.DNSFailure, submission.FieldHost, "DNS"},

		// the network
		{"refused", failedAt(ssl465, report.Connect, fault(report.FaultRefused, "192.0.2.1:465: connection refused")), nil, submission.ConnectionRefused, submission.FieldPort, "nothing answers"},
		{"refused on loopback", failedAt(submission.Endpoint{Host: "localhost", Port: 2525, Security: submission.None}, report.Connect, fault(report.FaultRefused, "127.0.0.1:2525: connection refused")), nil, submission.ConnectionRefused, submission.FieldPort, "this computer"},
		{"refused, dialled elsewhere", failedAt(ssl465, report.Connect, fault(report.FaultRefused, "127.0.0.1:4465: connection refused")), provider(), submission.ConnectionRefused, submission.FieldPort, "this computer"},
		{"refused where the provider listens", failedAt(ssl465, report.Connect, fault(report.FaultRefused, "192.0.2.1:465: connection refused")), provider(), submission.PortBlocked, submission.FieldPort, "firewall"},
		{"refused where it does not", failedAt(at(26, submission.STARTTLS), report.Connect, fault(report.FaultRefused, "192.0.2.1:26: connection refused")), provider(), submission.WrongPortOrSecurity, submission.FieldPort, "port 465 with ssl"},
		{"bridge refused", failedAt(bridgeAt, report.Connect, fault(report.FaultRefused, "127.0.0.1:1025: connection refused")), bridge(), submission.BridgeNotRunning, submission.FieldPort, "Start the bridge"},
		{"bridge ends at once", failedAt(bridgeAt, report.Greeting, fault(report.FaultClosed, "EOF")), bridge(), submission.BridgeNotRunning, submission.FieldPort, "port 1025"},
		{"timeout", failedAt(ssl465, report.Connect, fault(report.FaultTimeout, "i/o timeout")), nil, submission.PortBlocked, submission.FieldPort, "another network"},
		{"timeout on 25", failedAt(at(25, submission.STARTTLS), report.Connect, fault(report.FaultTimeout, "i/o timeout")), nil, submission.PortBlocked, submission.FieldPort, "port 465 with ssl"},
		{"timeout, sibling answers", failedAt(ssl465, report.Connect, both(fault(report.FaultTimeout, "i/o timeout"), answers(starttls587))), nil, submission.PortBlocked, submission.FieldPort, "Use port 587 with starttls"},
		{"timeout, its domain's web answers", failedAt(ssl465, report.Connect, both(fault(report.FaultTimeout, "i/o timeout"), finding(report.FoundHTTPS, "example.com"))), nil, submission.PortBlocked, submission.FieldPort, "reaches example.com, but not"},
		{"timeout, web answers", failedAt(ssl465, report.Connect, both(fault(report.FaultTimeout, "i/o timeout"), finding(report.FoundHTTPS, ""))), nil, submission.PortBlocked, submission.FieldPort, "443"},
		{"timeout in a cloud", failedAt(ssl465, report.Connect, both(fault(report.FaultTimeout, "i/o timeout"), finding(report.FoundCloud, "Example Cloud"))), nil, submission.PortBlocked, submission.FieldPort, "Ask Example Cloud"},
		{"timeout, port not served", failedAt(at(2465, submission.SSL), report.Connect, fault(report.FaultTimeout, "i/o timeout")), provider(), submission.WrongPortOrSecurity, submission.FieldPort, "does not serve"},
		{"no route", failedAt(ssl465, report.Connect, fault(report.FaultUnreachable, "192.0.2.1:465: no route to host")), nil, submission.PortBlocked, submission.FieldPort, "offline"},
		{"no IPv6", failedAt(ssl465, report.Connect, fault(report.FaultUnreachable, "[2001:db8::1]:465: network is unreachable")), nil, submission.PortBlocked, submission.FieldPort, "-4"},
		{"proxy", failedAt(ssl465, report.Connect, fault(report.FaultProxy, "the proxy was not reached: connection refused")), nil, submission.ConnectionRefused, submission.FieldProxy, "proxy"},
		{"proxy forbids", failedAt(ssl465, report.Connect, fault(report.FaultProxy, "the proxy did not connect: connection not allowed by ruleset")), nil, submission.PortBlocked, submission.FieldProxy, "mail ports"},

		// port and security
		{"465 with starttls", failedAt(at(465, submission.STARTTLS), report.Greeting, fault(report.FaultTimeout, "i/o timeout")), nil, submission.WrongPortOrSecurity, submission.FieldSecurity, "Use ssl with port 465"},
		{"465 in clear", failedAt(at(465, submission.None), report.Greeting, fault(report.FaultClosed, "EOF")), nil, submission.WrongPortOrSecurity, submission.FieldSecurity, "ssl"},
		{"another port that speaks TLS", failedAt(at(2465, submission.STARTTLS), report.Greeting, both(fault(report.FaultTimeout, "i/o timeout"), finding(report.FoundTLSPort, ""))), nil, submission.WrongPortOrSecurity, submission.FieldSecurity, "port 2465"},
		{"587 with ssl", failedAt(at(587, submission.SSL), report.TLSStage, fault(report.FaultNotTLS, "first record does not look like a TLS handshake")), nil, submission.WrongPortOrSecurity, submission.FieldSecurity, "starttls with port 587"},
		{"587 with ssl, cut off", failedAt(at(587, submission.SSL), report.TLSStage, fault(report.FaultClosed, "EOF")), nil, submission.WrongPortOrSecurity, submission.FieldSecurity, "starttls"},
		{"a TLS port that greets in clear", failedAt(at(4465, submission.SSL), report.TLSStage, both(fault(report.FaultTimeout, "i/o timeout"), finding(report.FoundClearPort, "mx.example.com ESMTP"))), provider(), submission.WrongPortOrSecurity, submission.FieldSecurity, "starttls"},
		{"silent on a right pair", failedAt(starttls587, report.Greeting, fault(report.FaultTimeout, "i/o timeout")), nil, submission.ServerSilent, submission.FieldPort, "no greeting"},
		{"silent inside TLS", failedAt(ssl465, report.Greeting, fault(report.FaultTimeout, "i/o timeout")), nil, submission.ServerSilent, submission.FieldPort, "no greeting"},
		{"silent, sibling answers", failedAt(starttls587, report.Greeting, both(fault(report.FaultTimeout, "i/o timeout"), answers(ssl465))), nil, submission.ServerSilent, submission.FieldPort, "Use port 465 with ssl"},
		{"handshake stalls", failedAt(ssl465, report.TLSStage, fault(report.FaultTimeout, "i/o timeout")), nil, submission.ServerDownTemporary, "", "encryption"},
		{"stood still", failedAt(ssl465, report.Greeting, fault(report.FaultStopped, "no answer in time")), nil, submission.Unknown, "", "stood still"},
		{"no more files", failedAt(ssl465, report.Connect, fault(report.FaultExhausted, "socket: too many open files")), nil, submission.Unknown, "", "ulimit -n"},
		{"no STARTTLS", failedAt(starttls587, report.STARTTLS, both(fault(report.FaultNoSTARTTLS, ""), answers(ssl465))), nil, submission.STARTTLSNotOffered, submission.FieldPort, "Use port 465 with ssl"},
		{"STARTTLS refused", failedAt(starttls587, report.STARTTLS, refusal("454 4.7.0 TLS not available due to local problem")), nil, submission.ServerDownTemporary, "", "trouble"},
		{"injection", failedAt(starttls587, report.STARTTLS, fault(report.FaultInjection, "")), nil, submission.STARTTLSInjection, "", "attack"},
		{"old TLS", failedAt(ssl465, report.TLSStage, fault(report.FaultTLSVersion, "protocol version not supported")), nil, submission.TLSVersion, "", "TLS 1.2"},

		// certificates
		{"unknown authority", failedAt(ssl465, report.TLSStage, both(fault(report.FaultCertUntrusted, "unknown authority"), leaf(mine, false))), nil, submission.CertUntrusted, submission.FieldHost, "Example CA"},
		{"signed by itself", failedAt(ssl465, report.TLSStage, both(fault(report.FaultCertUntrusted, ""), leaf(report.Certificate{Subject: "CN=x", Issuer: "CN=x", Names: []string{"smtp.example.com"}}, false))), nil, submission.CertUntrusted, submission.FieldHost, "itself"},
		{"bridge's own", failedAt(bridgeAt, report.TLSStage, both(fault(report.FaultCertUntrusted, ""), leaf(mine, false))), bridge(), submission.CertUntrusted, "", "sha256:00ff"},
		{"another leaf than the pinned", failedAt(ssl465, report.TLSStage, both(fault(report.FaultPin, "x"), leaf(mine, false))), nil, submission.CertUntrusted, "", "The one shown has sha256:00ff"},
		{"no client certificate", failedAt(ssl465, report.TLSStage, fault(report.FaultClientCert, "x")), nil, submission.AuthMissing, "", "--client-cert"},
		{"no IPv6 address", failedAt(ssl465, report.Resolve, fault(report.FaultFamily, "x: there is no IPv6 address, which -6 asks for, only IPv4")), nil, submission.DNSFailure, "", "without -6"},
		{"no IPv4 address", failedAt(ssl465, report.Resolve, fault(report.FaultFamily, "x: there is no IPv4 address, which -4 asks for, only IPv6")), nil, submission.DNSFailure, "", "without -4"},
		{"expired", failedAt(ssl465, report.TLSStage, both(fault(report.FaultCertExpired, ""), leaf(mine, false))), nil, submission.CertExpired, "", "6 May 2024"},
		{"not yet valid", failedAt(ssl465, report.TLSStage, both(fault(report.FaultCertNotYetValid, ""), leaf(mine, false))), nil, submission.CertExpired, "", "3 February 2031"},
		{"other name", failedAt(ssl465, report.TLSStage, both(fault(report.FaultCertName, ""), leaf(foreign, false))), nil, submission.CertNameMismatch, submission.FieldHost, "cpanel.host.example"},
		{"other name of the family", failedAt(submission.Endpoint{Host: "mail.example.com", Port: 465, Security: submission.SSL}, report.TLSStage, both(fault(report.FaultCertName, ""), leaf(mine, false))), provider(), submission.CertNameMismatch, submission.FieldHost, "use that name"},
		{"a number", failedAt(submission.Endpoint{Host: "192.0.2.1", Port: 465, Security: submission.SSL}, report.TLSStage, both(fault(report.FaultCertName, ""), leaf(mine, false))), nil, submission.CertNameMismatch, submission.FieldHost, "smtp.example.com"},
		{"no names", failedAt(ssl465, report.TLSStage, both(fault(report.FaultCertName, ""), leaf(report.Certificate{Subject: "CN=smtp.example.com"}, false))), nil, submission.CertNameMismatch, submission.FieldHost, "no alternative names"},

		// somebody in between
		{"foreign certificate", failedAt(ssl465, report.TLSStage, both(fault(report.FaultCertName, ""), leaf(foreign, false))), provider(), submission.SMTPIntercepted, "", "cpanel.host.example"},
		{"foreign greeting and certificate", failedAt(starttls587, report.TLSStage, both(fault(report.FaultCertUntrusted, ""), leaf(mine, false), greeting("cpanel.host.example ESMTP Exim 4.97"))), provider(), submission.SMTPIntercepted, "", "Exim"},
		{"foreign certificate that signs itself", failedAt(ssl465, report.TLSStage, both(fault(report.FaultCertUntrusted, ""), leaf(report.Certificate{Subject: "CN=host", Issuer: "CN=host", Names: []string{"host.example"}}, false))), provider(), submission.SMTPIntercepted, "", "is for host.example"},
		{"virus scanner", failedAt(ssl465, report.TLSStage, both(fault(report.FaultCertUntrusted, ""), leaf(report.Certificate{Subject: "CN=smtp.example.com", Issuer: "CN=Avast Web/Mail Shield Root", Names: []string{"smtp.example.com"}}, false))), nil, submission.SMTPIntercepted, "", "Avast"},
		{"foreign greeting in clear", failedAt(clear587, report.Auth, both(refusal("535 Incorrect authentication data"), greeting("cpanel.host.example ESMTP Exim 4.97"))), provider(), submission.SMTPIntercepted, "", "Exim"},
		{"foreign greeting behind a good certificate", failedAt(ssl465, report.Auth, both(refusal("535 5.7.8 authentication failed"), greeting("relay7.example.net ESMTP"), leaf(mine, true))), provider(), submission.BadCredentials, submission.FieldPassword, "Caps Lock"},
		{"SCRAM without proof, in clear", failedAt(clear587, report.Auth, fault(report.FaultServerSignature, "")), nil, submission.SMTPIntercepted, "", "prove"},
		{"SCRAM without proof, in TLS", failedAt(ssl465, report.Auth, both(fault(report.FaultServerSignature, ""), leaf(mine, true))), nil, submission.AuthMechanismUnsupported, submission.FieldAuth, "PLAIN"},
		{"clear after STARTTLS", failedAt(starttls587, report.STARTTLS, fault(report.FaultNotTLS, "")), nil, submission.SMTPIntercepted, "", "in clear"},

		// the session
		{"ends after EHLO", failedAt(ssl465, report.EHLO, fault(report.FaultClosed, "EOF")), nil, submission.HELORejected, submission.FieldHelo, "--helo"},
		{"ends at once", failedAt(ssl465, report.Greeting, fault(report.FaultClosed, "EOF")), nil, submission.ConnectionLost, "", "without a greeting"},
		{"ends after AUTH", failedAt(ssl465, report.Auth, fault(report.FaultReset, "connection reset by peer")), nil, submission.ConnectionLost, "", "AUTH"},
		{"ends after the message", failedAt(ssl465, report.Data, fault(report.FaultClosed, "EOF")), nil, submission.ConnectionLost, "", "has arrived"},
		{"no answer to AUTH", failedAt(ssl465, report.Auth, fault(report.FaultTimeout, "i/o timeout")), nil, submission.ServerSilent, "", "AUTH"},
		{"421 to EHLO", failedAt(ssl465, report.EHLO, refusal("421 4.7.0 closing")), nil, submission.HELORejected, submission.FieldHelo, "--helo"},
		{"busy at EHLO", failedAt(ssl465, report.EHLO, refusal("421 4.3.2 System busy, try again later")), nil, submission.ServerDownTemporary, "", "trouble"},
		{"web server", failedAt(at(443, submission.None), report.Greeting, both(fault(report.FaultNotSMTP, "malformed reply"), finding(report.FoundService, "http"))), nil, submission.NotSMTP, submission.FieldPort, "HTTP"},
		{"IMAP by its words", failedAt(at(143, submission.STARTTLS), report.Greeting, fault(report.FaultNotSMTP, "the server speaks something else than SMTP: * OK ready")), nil, submission.NotSMTP, submission.FieldPort, "IMAP"},
		{"POP3", failedAt(at(995, submission.SSL), report.Greeting, both(fault(report.FaultNotSMTP, ""), finding(report.FoundService, "pop3"))), nil, submission.NotSMTP, submission.FieldPort, "POP3"},
		{"SSH", failedAt(at(22, submission.None), report.Greeting, both(fault(report.FaultNotSMTP, ""), finding(report.FoundService, "ssh"))), nil, submission.NotSMTP, submission.FieldPort, "SSH"},
		{"garbled", failedAt(ssl465, report.EHLO, fault(report.FaultMalformed, "codes 250 and 550 in one reply")), nil, submission.ProtocolError, "", "rules of SMTP"},

		// signing in
		{"AUTH after STARTTLS only", failedAt(clear587, report.Auth, both(fault(report.FaultNoAuth, ""), func(r *report.Report, _ *report.Step) { r.Extensions = reply.Extensions{"STARTTLS": ""} })), nil, submission.AuthNotOffered, submission.FieldSecurity, "Use starttls"},
		{"no AUTH on 25", failedAt(at(25, submission.STARTTLS), report.Auth, fault(report.FaultNoAuth, "")), nil, submission.AuthNotOffered, submission.FieldPort, "port 25"},
		{"tokens only", failedAt(ssl465, report.Auth, both(fault(report.FaultNoMechanism, ""), func(r *report.Report, _ *report.Step) { r.Extensions = reply.Extensions{"AUTH": "XOAUTH2 OAUTHBEARER"} })), nil, submission.OAuthRequired, submission.FieldAuth, "OAuth"},
		{"nothing in common", failedAt(ssl465, report.Auth, both(fault(report.FaultNoMechanism, ""), func(r *report.Report, _ *report.Step) { r.Extensions = reply.Extensions{"AUTH": "GSSAPI NTLM"} })), nil, submission.AuthMechanismUnsupported, submission.FieldAuth, "GSSAPI, NTLM"},
		{"in clear", failedAt(clear587, report.Auth, fault(report.FaultInsecure, "")), nil, submission.TLSRequired, submission.FieldSecurity, "in clear"},
		{"bad password", failedAt(ssl465, report.Auth, refusal("535 5.7.8 authentication failed")), nil, submission.BadCredentials, submission.FieldPassword, "Caps Lock"},
		{"bad password, provider", failedAt(ssl465, report.Auth, refusal("535 5.7.8 authentication failed")), provider(), submission.BadCredentials, submission.FieldPassword, "region"},
		{"token", failedAt(ssl465, report.Auth, both(refusal("535 5.7.8 authentication failed"), func(_ *report.Report, s *report.Step) { s.Detail = "XOAUTH2" })), nil, submission.OAuthTokenInvalid, submission.FieldPassword, "token"},
		{"user name without domain", failedAt(ssl465, report.Auth, both(refusal("535 5.7.8 authentication failed"), func(r *report.Report, _ *report.Step) { r.Account.Username = "you" })), provider(), submission.BadCredentials, submission.FieldUsername, "you has no @"},
		{"another kind of password", failedAt(ssl465, report.Auth, both(refusal("535 5.7.8 authentication failed"), func(r *report.Report, _ *report.Step) { r.Account.Password = submission.NewSecret("pa55-Marker-9fQ") })), provider(), submission.AppPasswordRequired, submission.FieldPassword, "does not look like"},

		// the envelope and the message
		{"other sender", failedAt(ssl465, report.Mail, refusal("553 5.7.1 Sender address rejected: not owned by user you@example.com")), provider(), submission.FromMismatch, submission.FieldFrom, "Write from an address"},
		{"slip in the sender", failedAt(ssl465, report.Mail, both(refusal("553 5.7.1 Sender address rejected: not owned by user"), func(r *report.Report, _ *report.Step) {
			r.Account.From, _ = submission.ParseAddress("yuo@example.com")
		})), nil, submission.FromMismatch, submission.FieldFrom, "Did you mean you@example.com?"},
		{"nobody there", failedAt(ssl465, report.Rcpt, refusal("550 5.1.1 User unknown")), nil, submission.RecipientRejected, submission.FieldTo, "you@example.com"},
		{"relay without signing in", failedAt(clear587, report.Rcpt, both(refusal("554 5.7.1 Relay access denied"), func(r *report.Report, _ *report.Step) {
			r.Steps = slices.DeleteFunc(r.Steps, func(s report.Step) bool { return s.Stage == report.Auth })
		})), nil, submission.RelayDenied, submission.FieldUsername, "user name"},
		{"signed in, but refused by address", failedAt(ssl465, report.Rcpt, refusal("554 5.7.1 Client host rejected: Access denied")), nil, submission.IPBlocked, "", "another network"},
		{"limit", failedAt(ssl465, report.Data, refusal("550 5.4.5 Daily sending limit exceeded")), provider(), submission.QuotaExceeded, "", "200 mails a day"},
		{"the provider's own words", failedAt(ssl465, report.Data, refusal("554 5.7.1 no bananas")), provider(), submission.ContentRejectedVirus, "", "Peel it"},
		{"the provider's words elsewhere", failedAt(ssl465, report.Mail, refusal("550 5.7.1 no bananas")), provider(), submission.SenderRejected, submission.FieldFrom, "no reason"},
		{"SMTPUTF8", failedAt(ssl465, report.Mail, both(fault(report.FaultNoSMTPUTF8, ""), func(r *report.Report, _ *report.Step) {
			r.Account.From, _ = submission.ParseAddress("jürgen@example.com")
		})), nil, submission.SenderRejected, submission.FieldFrom, "plain letters"},
		{"unknown", failedAt(ssl465, report.Data, refusal("554 5.6.9 whatever")), provider(), submission.Unknown, "", "554 means"},
		{"not seen", failedAt(ssl465, report.Delivery, nil), nil, submission.NotDelivered, submission.FieldTo, "junk"},
		{"ours", failedAt(ssl465, report.Data, fault(report.FaultInternal, "oops")), nil, submission.ProtocolError, "", "not your mistake"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := Explain(c.report, c.preset)
			if d.Cause != c.cause || d.Field != c.field {
				t.Errorf("got %s, field %q; want %s, field %q\n%s", d.Cause, d.Field, c.cause, c.field, d.Summary)
			}
			if all := allText(d); !strings.Contains(all, c.says) {
				t.Errorf("%q is not said in:\n%s", c.says, all)
			}
			wellFormed(t, d)
			notTwice(t, d)
		})
	}
}

func allText(d *Diagnosis) string {
	all := d.Summary
	for _, f := range d.Fixes {
		all += "\n" + f.Text + " " + f.URL
	}
	return all
}

// wellFormed checks what holds for each diagnosis.
func wellFormed(t *testing.T, d *Diagnosis) {
	t.Helper()
	if !slices.Contains(submission.Causes(), d.Cause) {
		t.Errorf("%q is no cause", d.Cause)
	}
	if d.Field != submission.FieldNone && !slices.Contains(submission.Fields(), d.Field) {
		t.Errorf("%q is no field", d.Field)
	}
	if d.Summary == "" || len(d.Fixes) == 0 {
		t.Errorf("%s: no summary or no fixes", d.Cause)
	}
	if strings.ContainsAny(allText(d), "{}") {
		t.Errorf("%s: a name is not filled in: %s", d.Cause, allText(d))
	}
	if slices.Contains(d.Also, d.Cause) {
		t.Errorf("%s: stands in question beside itself", d.Cause)
	}
	for _, s := range []string{allText(d), d.Evidence} {
		for line := range strings.Lines(s) {
			line = strings.TrimSuffix(line, "\n")
			if reply.Safe(line) != line {
				t.Errorf("%s: not safe to print: %q", d.Cause, line)
			}
		}
	}
	if utf8.RuneCountInString(d.Evidence) > maxEvidence+1 {
		t.Errorf("%s: evidence of %d characters", d.Cause, utf8.RuneCountInString(d.Evidence))
	}
}

func TestExplainNothing(t *testing.T) {
	t.Parallel()
	if d := Explain(&report.Report{}, nil); d != nil {
		t.Errorf("a report without a failure: %v", d)
	}
	r := failedAt(ssl465, report.Auth, refusal("535 no"))
	r.Interrupted = true
	if d := Explain(r, provider()); d != nil {
		t.Errorf("an interrupted run: %v", d)
	}
}

// Every fault has a cause wherever it can come.
func TestEveryFaultIsKnown(t *testing.T) {
	t.Parallel()
	session := []report.Stage{report.Greeting, report.EHLO, report.STARTTLS, report.TLSStage, report.Auth, report.Mail, report.Rcpt, report.Data}
	at := map[report.Fault][]report.Stage{
		report.FaultNotFound: {report.Resolve}, report.FaultDNS: {report.Resolve}, report.FaultRefused: {report.Connect},
		report.FaultUnreachable: {report.Connect}, report.FaultProxy: {report.Connect},
		report.FaultTimeout: append([]report.Stage{report.Resolve, report.Connect}, session...),
		report.FaultReset:   append([]report.Stage{report.Connect}, session...), report.FaultClosed: session,
		report.FaultNotTLS: {report.TLSStage, report.STARTTLS}, report.FaultNotSMTP: {report.Greeting, report.EHLO}, report.FaultMalformed: session,
		report.FaultTLSVersion: {report.TLSStage}, report.FaultTLS: session, report.FaultCertUntrusted: {report.TLSStage},
		report.FaultCertExpired: {report.TLSStage}, report.FaultCertNotYetValid: {report.TLSStage}, report.FaultCertName: {report.TLSStage},
		report.FaultNoSTARTTLS: {report.STARTTLS}, report.FaultInjection: {report.STARTTLS}, report.FaultNoAuth: {report.Auth},
		report.FaultNoMechanism: {report.Auth}, report.FaultServerSignature: {report.Auth}, report.FaultNoSMTPUTF8: {report.Mail},
		report.FaultInsecure: {report.Auth}, report.FaultInternal: session,
		report.FaultFamily: {report.Resolve}, report.FaultPin: {report.TLSStage}, report.FaultClientCert: {report.TLSStage},
	}
	for f, stages := range at {
		for _, s := range stages {
			for _, e := range []submission.Endpoint{ssl465, starttls587, clear587, bridgeAt, {}} {
				for _, p := range []*preset.Preset{nil, provider(), bridge()} {
					d := Explain(failedAt(e, s, fault(f, "an error")), p)
					if d.Cause == submission.Unknown {
						t.Errorf("%s at %s of %s is unknown", f, s, e)
					}
					wellFormed(t, d)
					notTwice(t, d)
				}
			}
		}
	}
}

func TestEveryCauseHasItsAdvice(t *testing.T) {
	t.Parallel()
	for _, c := range submission.Causes() {
		i := adviceAt(c)
		if i < 0 {
			t.Errorf("%s: no advice", c)
			continue
		}
		a := advices[i]
		if a.summary == "" || len(a.fixes)+len(a.always) == 0 {
			t.Errorf("%s: no summary or no fixes", c)
			continue
		}
		if a.field != submission.FieldNone && !slices.Contains(submission.Fields(), a.field) {
			t.Errorf("%s: %q is no field", c, a.field)
		}
		for _, s := range slices.Concat([]string{a.summary}, a.fixes, a.always, a.elsewhere) {
			checkSentences(t, string(c), s)
		}
	}
	for _, table := range [][]rule{worded, numbered, coded} {
		for _, r := range table {
			if !slices.Contains(submission.Causes(), r.cause) {
				t.Errorf("%v: %q is no cause", r.says, r.cause)
			}
			if r.says == nil && r.codes == nil && r.enhanced == nil {
				t.Errorf("a rule for %s fits everything", r.cause)
			}
			for _, s := range []string{r.why, r.tell} {
				if s != "" {
					checkSentences(t, string(r.cause), s)
				}
			}
		}
	}
}

// checkSentences: at most three, whole, and short enough for a narrow terminal.
func checkSentences(t *testing.T, name, s string) {
	t.Helper()
	if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "?") {
		t.Errorf("%s: %q is not a whole sentence", name, s)
	}
	if n := strings.Count(s, ". ") + strings.Count(s, "? ") + 1; n > 3 {
		t.Errorf("%s: %d sentences: %q", name, n, s)
	}
	for _, w := range strings.Fields(s) {
		if utf8.RuneCountInString(w) > 36 {
			t.Errorf("%s: %q is too long a word for 40 columns", name, w)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(Explain(failedAt(ssl465, report.Greeting, fault(report.FaultTimeout, "i/o timeout")), nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"cause":"server_silent"`, `"summary":"`, `"field":"port"`, `"temporary":true`, `"fixes":[{"text":"`, `"url":""`, `"evidence":"i/o timeout"`, `"also":["server_down_temporary"`} {
		if !strings.Contains(string(got), want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
}

func TestSecretsStayOut(t *testing.T) {
	t.Parallel()
	const marker = "pa55-Marker-9fQ"
	r := failedAt(ssl465, report.Auth, both(refusal("535 5.7.8 authentication failed"), func(r *report.Report, _ *report.Step) {
		r.Account.Password = submission.NewSecret(marker)
	}))
	texts := []string{allText(Explain(r, provider())), allText(Explain(r, nil))}
	for _, pasted := range []string{
		"500 5.5.1 Command unrecognized: \"AUTH PLAIN cGE1NS1NYXJrZXItOWZR\"",
		"535 no; password=pa55-Marker-9fQ user=you",
		`{ auth: { user: 'you', pass: 'pa55-Marker-9fQ' } } Error: Invalid login: 535 no`,
		"535 no\nCLIENT -> SERVER: cGE1NS1NYXJrZXItOWZR",
		"<- 250 ok\n-> AUTH LOGIN\n<- 334 VXNlcm5hbWU6\n-> eW91\n<- 334 UGFzc3dvcmQ6\n-> cGE1NS1NYXJrZXItOWZR\n<- 535 5.7.8 no",
	} {
		d := Text(Pasted{Text: pasted})
		texts = append(texts, allText(d)+d.Evidence)
	}
	for _, s := range texts {
		if strings.Contains(s, marker) || strings.Contains(s, "cGE1NS1NYXJrZXItOWZR") {
			t.Errorf("the password stands in %q", s)
		}
	}
}
