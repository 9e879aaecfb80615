package cli

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/smtptest"
)

// mishaps are the rows of the matrix.
func mishaps() []mishap {
	return slices.Concat(atTheNetwork(), atTLS(), byStrangers(), byHostileServers(), atEveryStage(), inWords())
}

// beforeAuth is a session up to where AUTH would follow.
func beforeAuth(security string) string {
	beats := smtptest.Dialogue(security)
	return smtptest.Script(beats[:len(beats)-len(smtptest.Transaction())])
}

// lookedAt is a session that goes no further.
func lookedAt(security string) string { return beforeAuth(security) + "\n" + polite }

func at465(place string) map[string]string { return map[string]string{"192.0.2.10:465": place} }

func atTheNetwork() []mishap {
	none := map[string]string{}
	bridge := []string{"--preset", "proton-bridge", "--security", "starttls"}
	return []mishap{
		{name: "no such name", resolver: map[string]smtptest.Answer{}, want: "3 resolve dns_failure host"},
		{name: "a slip in the name", args: []string{"--host", "smtp.exmaple.test", "--port", "465"}, resolver: map[string]smtptest.Answer{},
			want: "3 resolve dns_failure host", says: "Did you mean smtp.example.test?"},
		{name: "the resolver is silent", resolver: map[string]smtptest.Answer{matrixHost: {Stall: true}}, want: "3 resolve dns_failure host", took: stageTime},
		{name: "the resolver fails", resolver: map[string]smtptest.Answer{matrixHost: {Err: &net.DNSError{Err: "server misbehaving", Name: matrixHost}}},
			want: "3 resolve dns_failure host"},
		{name: "no IPv6 address", args: append(viaSSL(), "-6"), want: "3 resolve dns_failure", says: "without -6"},

		{name: "nothing listens", at: none, want: "4 connect connection_refused port"},
		{name: "nothing listens on loopback", args: inClear(), at: none, want: "4 connect connection_refused port", says: "this computer"},
		{name: "reset while connecting", at: at465(resets), want: "4 connect port_blocked port", says: "cut off as soon as it opens"},
		{name: "reset while connecting to loopback", args: inClear(), at: map[string]string{"127.0.0.1:25": resets}, want: "4 connect connection_lost", says: "this computer"},
		{name: "no route", at: at465(unreachable), want: "4 connect port_blocked port"},
		{name: "a blocked port", at: map[string]string{"192.0.2.10:465": silent, "192.0.2.10:587": lookedAt("starttls")},
			want: "4 connect port_blocked port", says: "Use port 587 with starttls: it answers", took: deaf},
		{name: "port 25 is blocked", args: []string{"--host", matrixHost, "--port", "25", "--security", "starttls"},
			at:   map[string]string{"192.0.2.10:25": silent, "192.0.2.10:465": lookedAt("ssl")},
			want: "4 connect port_blocked port", says: "Use port 465 with ssl", took: deaf},
		{name: "all mail ports are blocked", at: map[string]string{"192.0.2.10:465": silent, "192.0.2.10:587": silent, "192.0.2.10:443": "stall"},
			want: "4 connect port_blocked port", says: "answers on its web port (443)", took: deaf + lookTime},
		{name: "a cloud blocks them", vendor: "DigitalOcean\n", at: map[string]string{"192.0.2.10:465": silent, "192.0.2.10:587": silent, "192.0.2.10:443": "stall"},
			want: "4 connect port_blocked port", says: "This machine runs at DigitalOcean", took: deaf + lookTime},
		{name: "the provider does not serve the port", args: []string{"--preset", "zoho", "--port", "26", "--security", "starttls"}, at: none,
			want: "4 connect wrong_port_or_security port", says: "does not serve that port"},
		{name: "the bridge does not run", args: bridge, at: none, want: "4 connect bridge_not_running port"},
		{name: "the bridge hangs up", args: bridge, at: map[string]string{"127.0.0.1:1025": "close"}, want: "6 greeting bridge_not_running port"},
		{name: "the run has no time left", args: append(viaSSL(), "--max-time", "1s"), at: at465(silent),
			want: "4 connect port_blocked", says: "--max-time", took: time.Second},
	}
}

func atTLS() []mishap {
	valid := smtptest.Leaf{Names: []string{matrixHost}}
	other := smtptest.Leaf{Names: []string{"mail.other.test"}}
	behind := func(m mishap) []mishap { // with ssl, and behind STARTTLS
		again := m
		m.script = "tls refused"
		again.name += ", behind STARTTLS"
		again.args, again.script = append(viaSTARTTLS(), m.args...), smtptest.Until("starttls", "tls", "tls refused")
		m.args = append(viaSSL(), m.args...)
		return []mishap{m, again}
	}
	old := func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS10 }
	return slices.Concat(
		behind(mishap{name: "certificate expired", leaf: valid.Expired(), want: "5 tls cert_expired", says: "ended on 1 January 1991"}),
		behind(mishap{name: "certificate not yet valid", leaf: valid.NotYetValid(), want: "5 tls cert_expired", says: "most often the clock is wrong"}),
		behind(mishap{name: "certificate self-signed", leaf: smtptest.Leaf{Names: valid.Names, SelfSigned: true}, want: "5 tls cert_untrusted host", says: "signed its certificate itself"}),
		behind(mishap{name: "certificate of an unknown authority", tls: func(c *tls.Config) { c.Certificates = smtptest.NewCA().Server(valid).Certificates },
			want: "5 tls cert_untrusted host", says: "does not trust"}),
		behind(mishap{name: "certificate for another name", leaf: other, want: "5 tls cert_name_mismatch host", says: "is for mail.other.test"}),
		behind(mishap{name: "certificate without alternative names", leaf: smtptest.Leaf{CommonName: matrixHost}, want: "5 tls cert_name_mismatch host"}),
		behind(mishap{name: "another certificate than the pinned", args: []string{"--tls-fingerprint", "sha256:" + strings.Repeat("0", 64)},
			want: "5 tls cert_untrusted", says: "--tls-fingerprint"}),
		behind(mishap{name: "TLS 1.0 only", tls: old, want: "5 tls tls_version"}),
		behind(mishap{name: "no cipher in common", tls: func(c *tls.Config) {
			c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}
		}, want: "5 tls tls_version"}),
		behind(mishap{name: "a certificate of ours is wanted", tls: func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert },
			want: "5 tls auth_missing", says: "--client-cert"}),
		[]mishap{
			{name: "the key is short", leaf: smtptest.Leaf{Names: valid.Names, RSA: 1024}, script: smtptest.Until("ssl", "auth", "S: 535 5.7.8 no", polite),
				want: "7 auth bad_credentials password", notes: "RSA with 1024 bits"},
			{name: "the certificate is for a program that signs in", leaf: smtptest.Leaf{Names: valid.Names, Usage: x509.ExtKeyUsageClientAuth}, script: "tls refused",
				want: "5 tls cert_untrusted host"},
			{name: "a server addressed by number", args: []string{"--host", "192.0.2.10", "--port", "465"}, script: "tls refused",
				want: "5 tls cert_name_mismatch host", says: "use that name as the host"},
			{name: "another server in the provider's place", args: []string{"--preset", "zoho", "--security", "ssl"}, leaf: smtptest.Leaf{Names: []string{"cpanel.webhost.test"}},
				script: "tls refused", want: "5 tls smtp_intercepted", says: "cpanel.webhost.test"},
			{name: "an alert", script: `raw \x15\x03\x03\x00\x02\x02\x50` + "\ndrain", want: "5 tls tls_version"},
			{name: "garbage in the handshake", script: `raw \x16\x03\x03\x00\x04zzzz` + "\ndrain", want: "5 tls tls_version"},

			{name: "a port of STARTTLS asked for TLS", args: []string{"--host", matrixHost, "--port", "587", "--security", "ssl"},
				script: "S: 220 smtp.example.test ready\ndrain", want: "5 tls wrong_port_or_security security", says: "starttls with port 587"},
			{name: "a port of TLS asked in clear", args: []string{"--host", matrixHost, "--port", "465", "--security", "starttls"},
				script: "stall\n---\ntls", want: "6 greeting wrong_port_or_security security", says: "ssl with port 465", took: hush},
			{name: "an alert in place of a greeting", args: viaSTARTTLS(), script: `raw \x15\x03\x01\x00\x02\x02\x46` + "\nclose",
				want: "6 greeting wrong_port_or_security security"},
			{name: "STARTTLS not offered", args: viaSTARTTLS(), want: "5 starttls starttls_not_offered port", says: "Use port 465 with ssl: it answers",
				at: map[string]string{"192.0.2.10:465": lookedAt("ssl"),
					"192.0.2.10:587": smtptest.Script([]smtptest.Beat{smtptest.Greeted(), smtptest.Hello("AUTH PLAIN")}, polite)}},
			{name: "STARTTLS refused", args: viaSTARTTLS(), script: smtptest.Until("starttls", "starttls", "S: 454 4.7.0 TLS not available due to local problem", polite),
				want: "5 starttls server_down_temporary"},
			{name: "STARTTLS unknown", args: viaSTARTTLS(), script: smtptest.Until("starttls", "starttls", "S: 502 5.5.1 what", polite),
				want: "5 starttls starttls_not_offered port"},
			{name: "bytes injected behind STARTTLS", args: viaSTARTTLS(), script: smtptest.Until("starttls", "starttls", "S: 220 go on", "S: 250 injected"),
				want: "5 starttls starttls_injection"},
			{name: "on in clear behind STARTTLS", args: viaSTARTTLS(), script: smtptest.Until("starttls", "starttls", "S: 220 go on", "wait 1s", "S: 250 injected", "drain"),
				want: "5 tls starttls_injection", took: time.Second},
			{name: "AUTH only behind STARTTLS", args: inClear(), script: smtptest.Script([]smtptest.Beat{smtptest.Greeted(), smtptest.Hello("STARTTLS")}, polite),
				want: "7 auth auth_not_offered security", says: "starttls"},
			{name: "AUTH refused without TLS", args: inClear(), script: smtptest.Until("none", "auth", "S: 538 5.7.11 Encryption required for requested authentication mechanism", polite),
				want: "7 auth tls_required security"},
			{name: "nothing goes without TLS", args: inClear(), script: smtptest.Until("none", "mail", "S: 530 5.7.0 Must issue a STARTTLS command first", polite),
				want: "8 mail tls_required security"},
		},
	)
}

// byStrangers: something answers, and it is no server for sending mail.
func byStrangers() []mishap {
	var out []mishap
	for _, s := range []struct{ name, hello string }{
		{"HTTP", "HTTP/1.1 400 Bad Request"}, {"IMAP", "* OK [CAPABILITY IMAP4rev1] Dovecot ready."}, {"POP3", "+OK Dovecot ready."},
		{"SSH", "SSH-2.0-OpenSSH_10.0"}, {"escape sequences", `* OK \x1b]0;owned\x07\x1b[2J\u202e`},
	} {
		says := s.name
		if s.name == "escape sequences" {
			says = "IMAP"
		}
		out = append(out,
			mishap{name: s.name + ", asked in clear", args: viaSTARTTLS(), script: "S: " + s.hello, want: "6 greeting not_smtp port", says: says},
			mishap{name: s.name + ", asked for TLS", script: "S: " + s.hello + "\ndrain", want: "5 tls not_smtp port", says: says},
			mishap{name: s.name + ", inside TLS", script: "tls\nS: " + s.hello, want: "6 greeting not_smtp port", says: says},
		)
	}
	return append(out, mishap{name: "IMAP, with a sibling that answers", args: viaSTARTTLS(), want: "6 greeting not_smtp port", says: "Use port 465 with ssl: it answers",
		at: map[string]string{"192.0.2.10:587": "S: * OK ready", "192.0.2.10:465": lookedAt("ssl")}})
}

// byHostileServers: what a server should not do to a client.
func byHostileServers() []mishap {
	auth := func(more ...string) string { return smtptest.Until("ssl", "auth", more...) }
	said := strings.Join(echoes(), " ")
	out := []mishap{
		{name: "a flood of lines", script: "tls\nmay leave\nraw " + strings.Repeat(`220-more\r\n`, 20000) + "\ndrain", want: "6 greeting protocol_error"},
		{name: "a line without end", script: "tls\nmay leave\nraw 220 " + strings.Repeat("more", 50000) + "\ndrain", want: "6 greeting protocol_error"},
		{name: "a greeting that drips", script: "tls\nmay leave\ndrip 1s 220-" + strings.Repeat("x", 20), want: "6 greeting server_silent port", took: stageTime},
		{name: "a reply that drips", script: auth("may leave", "drip 1s 535-5.7.8 "+strings.Repeat("x", 20)), want: "7 auth server_silent", took: stageTime},
		{name: "codes that disagree", script: auth("S: 535-5.7.8 no", "S: 235 2.7.0 yes"), want: "7 auth protocol_error"},
		{name: "an enhanced code of another class", script: auth("S: 535 2.7.0 no", polite), want: "7 auth bad_credentials password"},
		{name: "an enhanced code that is milder", script: auth("S: 535 4.7.8 no", polite), want: "7 auth bad_credentials password"},
		{name: "a code of no class", script: auth("S: 999 what"), want: "7 auth protocol_error"},
		{name: "a yes to DATA", script: smtptest.Until("ssl", "data", "S: 250 2.0.0 fine", polite), want: "10 data protocol_error"},
		{name: "escape sequences", script: auth(`S: 535 5.7.8 \x1b]8;;http://evil.test\x07no\x1b[2J\u202e\x9b31m`, polite), want: "7 auth bad_credentials password"},
		{name: "invalid UTF-8", script: auth(`S: 535 5.7.8 \xff\xfe\xc3(`, polite), want: "7 auth bad_credentials password"},
		{name: "a challenge that is none", args: append(viaSSL(), "--auth", "CRAM-MD5"), want: "7 auth protocol_error",
			script: smtptest.Script([]smtptest.Beat{smtptest.Secured(), smtptest.Greeted(), smtptest.Hello("AUTH CRAM-MD5")}, "C: AUTH CRAM-MD5", "S: 334 !!", `C: \*`, "S: 501 5.7.0 cancelled", polite)},
		{name: "half a reply", script: auth(`raw 535-5.7.8 no\r\n53`, "close"), want: "7 auth connection_lost"},
		{name: "a bare LF", script: auth(`raw 535 5.7.8 no\n`, polite), want: "7 auth bad_credentials password", notes: "bare LF"},
		{name: "the end after EHLO", script: smtptest.Until("ssl", "ehlo", "close"), want: "6 ehlo helo_rejected helo", says: "--helo"},
	}
	for stage, status := range map[string]string{"greeting": "6", "ehlo": "6", "auth": "7", "mail": "8", "rcpt": "9", "data": "10"} {
		cause := map[string]string{"greeting": "ip_blocked", "ehlo": "helo_rejected helo", "auth": "bad_credentials password", "mail": "sender_rejected from",
			"rcpt": "recipient_rejected to", "data": "content_rejected_spam"}[stage]
		code := map[string]string{"auth": "535 5.7.8", "data": "554 5.7.1 spam"}[stage]
		if code == "" {
			code = "550"
		}
		out = append(out, mishap{name: "the password echoed at " + stage, want: status + " " + stage + " " + cause,
			script: smtptest.Until("ssl", stage, "S: "+code+" "+said, polite)})
	}
	return out
}

// atEveryStage: sessions that are cut short at each of their points.
func atEveryStage() []mishap {
	var out []mishap
	for security, args := range map[string][]string{"ssl": viaSSL(), "starttls": viaSTARTTLS(), "none": inClear()} {
		beats := smtptest.Dialogue(security)
		for i, b := range beats {
			said := slices.ContainsFunc(beats[:i], func(b smtptest.Beat) bool { return b.Stage == "ehlo" })
			for _, end := range []struct{ name, with string }{{"silence", "stall"}, {"the end", "close"}, {"421", "S: 421 4.3.2 going down"}} {
				if b.Stage == "tls" && end.with == "stall" {
					end.with = "drain" // there is a ClientHello
				}
				m := mishap{name: fmt.Sprintf("%s at %d %s of %s", end.name, i, b.Stage, security), args: args,
					script: smtptest.Script(append(beats[:i:i], smtptest.Beat{Stage: b.Stage, Client: b.Client}), end.with)}
				cause, ok := cutShort(end.name, b.Stage, said)
				if !ok {
					continue
				}
				m.want = fmt.Sprintf("%d %s %s", exitAt[b.Stage], b.Stage, cause)
				if end.name == "silence" {
					m.took = stageTime
				}
				if end.name == "silence" && b.Stage == "greeting" && security != "ssl" {
					m.script += "\n---\ndrain" // it is asked whether it speaks TLS
				}
				out = append(out, m)
			}
		}
	}
	return out
}

var exitAt = map[string]int{"resolve": 3, "connect": 4, "tls": 5, "starttls": 5, "greeting": 6, "ehlo": 6, "auth": 7, "mail": 8, "rcpt": 9, "data": 10}

// cutShort is the cause and the field of a session that ended in some way at a stage.
func cutShort(how, stage string, saidHello bool) (want string, ok bool) {
	switch how {
	case "421":
		return "server_down_temporary", stage != "tls"
	case "silence":
		switch stage {
		case "tls", "starttls":
			return "server_down_temporary", true
		case "greeting":
			return "server_silent port", true
		}
		return "server_silent", true
	}
	if stage == "ehlo" && !saidHello {
		return "helo_rejected helo", true
	}
	return "connection_lost", true
}

// inWords: refusals as servers word them, at each stage where they come.
func inWords() []mishap {
	var out []mishap
	for _, r := range []struct{ want, text string }{
		{"6 greeting ip_blocked", "554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using zen.spamhaus.org"},
		{"6 greeting rate_limited", "421 4.7.0 Too many concurrent connections"},
		{"6 greeting server_down_temporary", "421 4.3.2 Service not available"},
		{"6 ehlo helo_rejected helo", "501 Syntactically invalid EHLO argument(s)"},
		{"6 ehlo rate_limited", "421 4.7.0 me.test Error: too many errors"},
		{"6 ehlo ip_blocked", "554 5.7.1 Your IP address is listed"},

		{"7 auth bad_credentials password", "535 5.7.8 Error: authentication failed"},
		{"7 auth app_password_required password", "534 5.7.9 Application-specific password required"},
		{"7 auth oauth_required auth", "535 5.7.139 Authentication unsuccessful, basic authentication is disabled."},
		{"7 auth oauth_token_invalid password", "535 5.7.8 invalid_token"},
		{"7 auth auth_disabled_for_account", "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant."},
		{"7 auth web_login_required password", "534 5.7.14 Please log in via your web browser and then try again."},
		{"7 auth account_suspended", "535 5.7.0 Your account is suspended"},
		{"7 auth auth_not_offered security", "502 5.5.1 Command not implemented"},
		{"7 auth protocol_error", "503 5.5.1 already authenticated"},
		{"7 auth tls_required security", "530 5.7.0 Must issue a STARTTLS command first"},
		{"7 auth rate_limited", "454 4.7.0 Too many login attempts, please try again later."},
		{"7 auth quota_exceeded", "451 Authentication failed: Maximum credits exceeded"},
		{"7 auth server_down_temporary", "454 4.7.0 Temporary authentication failure"},
		{"7 auth ip_blocked", "525 5.7.1 Unauthorized IP address"},

		{"8 mail from_mismatch from", "553 5.7.1 <you@example.test>: Sender address rejected: not owned by user other@example.test"},
		{"8 mail sender_not_verified from", "550 5.7.1 Sender address is not verified"},
		{"8 mail sender_domain_invalid from", "450 4.1.8 <you@example.test>: Sender address rejected: Domain not found"},
		{"8 mail sender_rejected from", "550 5.1.7 you are in my badmailfrom list"},
		{"8 mail message_too_large", "552 5.3.4 Message size exceeds fixed limit"},
		{"8 mail quota_exceeded", "550 5.4.5 Daily user sending limit exceeded"},
		{"8 mail rate_limited", "450 4.7.1 Error: too much mail from 192.0.2.9"},
		{"8 mail account_suspended", "550 5.1.8 Access denied, bad outbound sender"},
		{"8 mail ip_blocked", "553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.9"},
		{"8 mail protocol_error", "501 5.5.4 Syntax error"},
		{"8 mail server_down_temporary", "451 4.3.0 Temporary lookup failure"},

		{"9 rcpt recipient_rejected to", "550 5.1.1 <you@example.test>: Recipient address rejected: User unknown"},
		{"9 rcpt recipient_mailbox_full to", "452 4.2.2 Mailbox full"},
		{"9 rcpt relay_denied host", "554 5.7.1 <you@example.test>: Relay access denied"},
		{"9 rcpt relay_denied host", "550 Authentication is required for relay"}, // of one who has signed in
		{"9 rcpt greylisted", "450 4.2.0 Recipient address rejected: Greylisted"},
		{"9 rcpt quota_exceeded", "554 5.7.1 <you@example.test>: Recipient address rejected: Quota exceeded"},
		{"9 rcpt rate_limited", "452 4.5.3 Too many recipients"},
		{"9 rcpt ip_blocked", "550 5.7.1 Client host blocked using bl.spamcop.net"},
		{"9 rcpt sender_domain_invalid from", "550 Sender verify failed"},

		{"10 data content_rejected_spam", "554 5.7.1 Message rejected under suspicion of SPAM"},
		{"10 data content_rejected_virus", "554 5.7.1 Virus found in the message"},
		{"10 data message_too_large", "552 5.2.3 Your message exceeded the size limits"},
		{"10 data from_mismatch from", "553 Relaying disallowed as you@example.test"},
		{"10 data sender_domain_auth from", "550 5.7.26 Unauthenticated email is not accepted due to the domain's DMARC policy"},
		{"10 data sender_not_verified from", "554 Message rejected: Email address is not verified."},
		{"10 data quota_exceeded", "454 Throttling failure: Daily message quota exceeded."},
		{"10 data account_suspended", "550 5.4.6 Unusual sending activity detected"},
		{"10 data protocol_error", "550 5.7.1 This message is not RFC 5322 compliant"},
		{"10 data unknown", "550 5.9.9 bananas"},
	} {
		stage := strings.Fields(r.want)[1]
		m := mishap{name: r.want + ": " + r.text, want: r.want}
		end := polite
		if strings.HasPrefix(r.text, "421") {
			end = ""
		}
		m.script = smtptest.Until("ssl", stage, "S: "+r.text, end)
		if stage == "data" {
			beats := smtptest.Dialogue("ssl")
			m.script = smtptest.Script(beats[:len(beats)-1], "message", "S: "+r.text, end)
		}
		out = append(out, m)
	}
	opening := func(offers string) []smtptest.Beat {
		return []smtptest.Beat{smtptest.Secured(), smtptest.Greeted(), smtptest.Hello(offers)}
	}
	zoho := []string{"--preset", "zoho", "--security", "ssl"}
	return append(out,
		mishap{name: "no way to sign in that is known", want: "7 auth auth_mechanism_unsupported auth", script: smtptest.Script(opening("AUTH GSSAPI"), polite)},
		mishap{name: "each way to sign in is refused", want: "7 auth auth_mechanism_unsupported",
			script: smtptest.Script(opening("AUTH PLAIN LOGIN"), "C: AUTH PLAIN *", "S: 504 5.7.4 what", "C: AUTH LOGIN", "S: 504 5.7.4 what", polite)},
		mishap{name: "tokens only", want: "7 auth oauth_required auth", script: smtptest.Script(opening("AUTH XOAUTH2 OAUTHBEARER"), polite)},
		mishap{name: "a token refused", args: append(viaSSL(), "--auth", "XOAUTH2"), want: "7 auth oauth_token_invalid password",
			script: smtptest.Script(opening("AUTH XOAUTH2"), "C: AUTH XOAUTH2 *", "S: 334 eyJzdGF0dXMiOiI0MDAifQ==", "C: ", "S: 535 5.7.8 no", polite)},
		mishap{name: "no sign-in over TLS", want: "7 auth auth_not_offered port", script: smtptest.Script(opening("SIZE"), polite)},
		mishap{name: "a letter is wrong in the sender", args: append(viaSSL(), "--username", "yuo@example.test", "--from", "you@example.test", "--to", "you@example.test"),
			script: smtptest.Until("ssl", "mail", "S: 553 5.7.1 Sender address rejected: not owned by user", polite), want: "8 mail from_mismatch from", says: "Did you mean yuo@example.test?"},
		mishap{name: "another data centre", args: zoho, leaf: smtptest.Leaf{Names: []string{"smtp.zoho.com"}}, mx: []string{"mx.zoho.eu", "mx2.zoho.eu"},
			script: smtptest.Until("ssl", "auth", "S: 535 Authentication Failed", polite), want: "7 auth bad_credentials region", says: "Use the server smtp.zoho.eu (--region eu)"},
		mishap{name: "a foreign greeting behind the provider's own certificate", args: zoho, leaf: smtptest.Leaf{Names: []string{"smtp.zoho.com"}},
			script: smtptest.Until("ssl", "auth", "S: 535 Authentication Failed", polite), want: "7 auth bad_credentials password", notes: "the greeting is not the one that Zoho Mail"},
	)
}
