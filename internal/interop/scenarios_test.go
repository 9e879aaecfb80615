//go:build interop

package interop

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// scenario is one run of the program and what has to come of it. What is left
// empty is as usual: alice, with her password, over implicit TLS to mailHost.
type scenario struct {
	name     string
	service  string  // which server answers
	security string  // "" for ssl
	host     string  // "" for mailHost; an address is dialled without --connect-to
	as       account // whose login and address
	password string
	from, to string
	check    string // "" for send
	flags    []string
	// systemRoots leaves out --ca-file, with which alone the site's CA is known.
	systemRoots bool
	want        want
}

// want is the outcome. With status 0 and a message sent, the message is also
// read back and judged.
type want struct {
	status    int
	stage     string // the one that failed
	reply     string // its code and enhanced code
	cause     string // several, with | between, where each is right
	temporary bool
	mechanism string // "" for any
	tls       string // version, "" for any
	name      string // display name in From
}

const badPassword = "not-" + marker

func scenarios(s *site) []scenario {
	return slices.Concat(logins(s), refusals(), certificateScenarios(s), securities(), senders(), checks())
}

func logins(s *site) []scenario {
	auth := func(mechanism string) []string { return []string{"--auth", mechanism} }
	list := []scenario{
		{name: "implicit TLS", service: "ssl", want: want{mechanism: "PLAIN", tls: "TLS 1.3"}},
		{name: "STARTTLS", service: "starttls", security: "starttls", want: want{mechanism: "PLAIN", tls: "TLS 1.3"}},
		{name: "clear on loopback", service: "clear", security: "none", want: want{mechanism: "CRAM-MD5"}},
		{name: "clear to an address", service: "clear", security: "none", host: "127.0.0.1", want: want{mechanism: "CRAM-MD5"}},
		{name: "TLS 1.2", service: "tls12", want: want{mechanism: "PLAIN", tls: "TLS 1.2"}},
		{name: "only CRAM-MD5 offered", service: "cramonly", want: want{mechanism: "CRAM-MD5"}},
		{name: "only SCRAM offered", service: "scramonly", want: want{mechanism: "SCRAM-SHA-256"}},
		{name: "no PIPELINING and 8BITMIME", service: "nopipelining", want: want{mechanism: "PLAIN"}},

		{name: "stored hash", service: "ssl", as: hashed, want: want{mechanism: "PLAIN"}},
		{name: "stored hash with CRAM-MD5", service: "cramonly", as: hashed,
			want: want{status: 7, stage: "auth", reply: "535 5.7.8", cause: "bad_credentials", mechanism: "CRAM-MD5"}},
		{name: "wrong password", service: "ssl", password: badPassword,
			want: want{status: 7, stage: "auth", reply: "535 5.7.8", cause: "bad_credentials"}},
		{name: "unknown user", service: "ssl", as: account{"ghost@example.test", marker, alice.address, false},
			want: want{status: 7, stage: "auth", reply: "535 5.7.8", cause: "bad_credentials"}},
		{name: "no AUTH", service: "noauth", want: want{status: 7, stage: "auth", cause: "auth_not_offered"}},
		{name: "AUTH only inside TLS", service: "starttls", security: "none",
			want: want{status: 7, stage: "auth", cause: "tls_required|auth_not_offered"}},
		{name: "only tokens accepted", service: "oauthonly", want: want{status: 7, stage: "auth", cause: "oauth_required"}},

		{name: "client certificate", service: "clientcert",
			flags: []string{"--client-cert", s.certs.clientCert, "--client-key", s.certs.clientKey}, want: want{tls: "TLS 1.3"}},
		// No cause is made for this one: the server's words have to do.
		{name: "no client certificate", service: "clientcert", want: want{status: 6, stage: "greeting", reply: "421 4.7.1"}},
	}
	for _, m := range []string{"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"} {
		list = append(list,
			scenario{name: m, service: "ssl", flags: auth(m), want: want{mechanism: m}},
			scenario{name: m + " after STARTTLS", service: "starttls", security: "starttls", flags: auth(m), want: want{mechanism: m}},
			scenario{name: m + " in clear", service: "clear", security: "none", flags: auth(m), want: want{mechanism: m}},
			scenario{name: m + " of characters that need care", service: "ssl", as: odd, check: "login", flags: auth(m), want: want{mechanism: m}},
			scenario{name: m + " with a wrong password", service: "ssl", password: badPassword, flags: auth(m),
				want: want{status: 7, stage: "auth", reply: "535 5.7.8", cause: "bad_credentials", mechanism: m}},
		)
	}
	for _, m := range []string{"XOAUTH2", "OAUTHBEARER"} {
		list = append(list,
			scenario{name: m, service: "ssl", password: goodToken, flags: auth(m), want: want{mechanism: m}},
			scenario{name: m + " where nothing else is offered", service: "oauthonly", password: goodToken, flags: auth(m), want: want{mechanism: m}},
			scenario{name: m + " with a bad token", service: "ssl", password: "ya29.expired-" + marker, flags: auth(m),
				want: want{status: 7, stage: "auth", reply: "535 5.7.8", cause: "oauth_token_invalid", mechanism: m}},
		)
	}
	return list
}

// refusals are those of the transaction: the same trouble at several stages.
func refusals() []scenario {
	return []scenario{
		{name: "another's sender at RCPT", service: "ssl", from: boss.address,
			want: want{status: 9, stage: "rcpt", reply: "553 5.7.1", cause: "from_mismatch"}},
		{name: "another's sender at RCPT after STARTTLS", service: "starttls", security: "starttls", from: boss.address,
			want: want{status: 9, stage: "rcpt", reply: "553 5.7.1", cause: "from_mismatch"}},
		{name: "another's sender at MAIL", service: "early", from: boss.address,
			want: want{status: 8, stage: "mail", reply: "553 5.7.1", cause: "from_mismatch"}},
		{name: "another's sender without PIPELINING", service: "nopipelining", from: boss.address,
			want: want{status: 9, stage: "rcpt", reply: "553 5.7.1", cause: "from_mismatch"}},
		{name: "unknown recipient", service: "ssl", to: "ghost@example.test",
			want: want{status: 9, stage: "rcpt", reply: "550 5.1.1", cause: "recipient_rejected"}},
		{name: "unknown recipient without PIPELINING", service: "nopipelining", to: "ghost@example.test",
			want: want{status: 9, stage: "rcpt", reply: "550 5.1.1", cause: "recipient_rejected"}},
		{name: "full mailbox", service: "full",
			want: want{status: 9, stage: "rcpt", reply: "552 5.2.2", cause: "recipient_mailbox_full", temporary: true}},
		{name: "greylisted", service: "greylist",
			want: want{status: 9, stage: "rcpt", reply: "450 4.2.0", cause: "greylisted", temporary: true}},
		{name: "oversize message", service: "tiny",
			want: want{status: 8, stage: "mail", reply: "552 5.3.4", cause: "message_too_large"}},
		{name: "spam", service: "spam",
			want: want{status: 10, stage: "data", reply: "550 5.7.1", cause: "content_rejected_spam"}},
		{name: "EHLO name refused at RCPT", service: "strict", flags: []string{"--helo", "localhost"},
			want: want{status: 9, stage: "rcpt", reply: "504 5.5.2", cause: "helo_rejected"}},
		{name: "EHLO name refused", service: "strictehlo", flags: []string{"--helo", "localhost"},
			want: want{status: 6, stage: "ehlo", reply: "504 5.5.2", cause: "helo_rejected"}},
		{name: "own EHLO name to a strict server", service: "strictehlo"},
	}
}

func certificateScenarios(s *site) []scenario {
	pin := func(certificate string) []string { return []string{"--tls-fingerprint", s.certs.pins[certificate]} }
	refused := func(cause string) want { return want{status: 5, stage: "tls", cause: cause} }
	const otherHost = "other.example.test"
	return []scenario{
		{name: "self-signed", service: "selfsigned", want: refused("cert_untrusted")},
		{name: "unknown CA", service: "stranger", want: refused("cert_untrusted")},
		{name: "CA known to the system only", service: "ssl", systemRoots: true, want: refused("cert_untrusted")},
		{name: "expired", service: "expired", want: refused("cert_expired")},
		{name: "not yet valid", service: "future", want: refused("cert_expired")},
		{name: "wrong name", service: "ssl", host: otherHost, want: refused("cert_name_mismatch")},
		{name: "wrong name after STARTTLS", service: "starttls", security: "starttls", host: otherHost, want: refused("cert_name_mismatch")},
		{name: "name in the subject only", service: "subject", want: refused("cert_name_mismatch")},
		{name: "self-signed and pinned", service: "selfsigned", flags: pin("selfsigned")},
		{name: "unknown CA and pinned", service: "stranger", flags: pin("stranger")},
		{name: "expired and pinned", service: "expired", flags: pin("expired")},
		{name: "wrong name and pinned", service: "ssl", host: otherHost, flags: pin("good")},
		{name: "another certificate pinned", service: "ssl", flags: pin("selfsigned"), want: refused("cert_untrusted")},
	}
}

func securities() []scenario {
	return []scenario{
		{name: "nobody listens", service: "dead", want: want{status: 4, stage: "connect", cause: "connection_refused"}},
		{name: "TLS to a port that begins in clear", service: "misdialled",
			want: want{status: 5, stage: "tls", cause: "wrong_port_or_security"}},
		{name: "STARTTLS to a port of implicit TLS", service: "ssl", security: "starttls", flags: []string{"--timeout", "1s"},
			want: want{status: 6, stage: "greeting", cause: "wrong_port_or_security"}},
		{name: "STARTTLS not offered", service: "clear", security: "starttls",
			want: want{status: 5, stage: "starttls", cause: "starttls_not_offered"}},
		{name: "TLS 1.1", service: "tls11", want: want{status: 5, stage: "tls", cause: "tls_version"}},
	}
}

func senders() []scenario {
	named := func(name string) scenario {
		return scenario{name: "display name " + name, service: "ssl", flags: []string{"--display-name", name}, want: want{name: name}}
	}
	return []scenario{
		named("Alice Example"),
		named(`Example, Alice "Al"`),
		named("Zoë Großmann · 王小明"),
		named(strings.Repeat("длинное имя ", 9) + "конец"),
		{name: "to somebody else", service: "ssl", to: boss.address},
		{name: "non-ASCII address", service: "ssl", as: intl},
		{name: "non-ASCII address and name", service: "nopipelining", as: intl,
			flags: []string{"--display-name", "Jürgen"}, want: want{name: "Jürgen"}},
		{name: "to a non-ASCII address", service: "starttls", security: "starttls", to: intl.address},
	}
}

func checks() []scenario {
	return []scenario{
		{name: "check connect", service: "ssl", check: "connect"},
		{name: "check login", service: "ssl", check: "login"},
		{name: "check sender", service: "ssl", check: "sender"},
		{name: "check sender without PIPELINING", service: "nopipelining", check: "sender"},
		{name: "check sender refused", service: "ssl", check: "sender", from: boss.address,
			want: want{status: 9, stage: "rcpt", reply: "553 5.7.1", cause: "from_mismatch"}},
	}
}

// run carries a scenario out and judges it.
func (sc scenario) run(t *testing.T, p program, s *site) {
	sc.complete()
	r := p.test(t, sc.password, sc.arguments(s)...)
	if r.ExitCode != sc.want.status {
		t.Errorf("exit status %d, want %d", r.ExitCode, sc.want.status)
	}
	sc.wantEndpoint(t, r, s)
	sc.wantDiagnosis(t, r)
	sc.wantSession(t, r)
	sc.wantStages(t, r)
	if sc.want.status == 0 && sc.check == "send" && r.OK {
		d := s.awaitMail(t, sc.to, r.MessageID)
		d.wantSelfTest(t, r, sc.want.name)
	}
}

// complete fills in what is as usual.
func (sc *scenario) complete() {
	if sc.as == (account{}) {
		sc.as = alice
	}
	sc.security = cmp.Or(sc.security, "ssl")
	sc.host = cmp.Or(sc.host, mailHost)
	sc.password = cmp.Or(sc.password, sc.as.password)
	sc.from = cmp.Or(sc.from, sc.as.address)
	sc.to = cmp.Or(sc.to, sc.from)
	sc.check = cmp.Or(sc.check, "send")
}

// port is the one that users know, led to the service by --connect-to.
func (sc scenario) port(s *site) int {
	if sc.host == "127.0.0.1" {
		return s.ports[sc.service]
	}
	return map[string]int{"ssl": 465, "starttls": 587, "none": 2525}[sc.security]
}

func (sc scenario) arguments(s *site) []string {
	args := []string{
		"--host", sc.host, "--port", itoa(sc.port(s)), "--security", sc.security, "--check", sc.check,
		"--username", sc.as.login, "--from", sc.from, "--timeout", "10s",
	}
	if sc.host != "127.0.0.1" {
		args = append(args, "--connect-to", sc.host+":"+itoa(sc.port(s))+":"+loopback(s.ports[sc.service]))
	}
	if sc.to != sc.from {
		args = append(args, "--to", sc.to)
	}
	if !sc.systemRoots {
		args = append(args, "--ca-file", s.certs.ca)
	}
	return append(args, sc.flags...)
}

func (sc scenario) wantEndpoint(t *testing.T, r result, s *site) {
	t.Helper()
	if got, want := r.Endpoint.endpoint, (endpoint{sc.host, sc.port(s), sc.security}); got != want {
		t.Errorf("endpoint %+v, want %+v", got, want)
	}
	if address := loopback(s.ports[sc.service]); sc.service != "dead" && r.Endpoint.Address != address {
		t.Errorf("address %q, want %q", r.Endpoint.Address, address)
	}
	if r.Account.Username != sc.as.login || r.Account.From != sc.from || r.Account.To != sc.to {
		t.Errorf("account %+v", r.Account)
	}
}

func (sc scenario) wantDiagnosis(t *testing.T, r result) {
	t.Helper()
	failed := r.failed()
	if failed.Stage != sc.want.stage {
		t.Errorf("stage %q failed, want %q", failed.Stage, sc.want.stage)
	}
	if sc.want.reply != "" {
		if failed.Reply == nil {
			t.Errorf("no reply, want %s", sc.want.reply)
		} else if got := itoa(failed.Reply.Code) + " " + failed.Reply.Enhanced; got != sc.want.reply {
			t.Errorf("reply %s, want %s", got, sc.want.reply)
		}
	}
	if sc.want.cause == "" {
		return
	}
	if !slices.Contains(strings.Split(sc.want.cause, "|"), r.cause()) {
		t.Errorf("cause %q, want %q", r.cause(), sc.want.cause)
	}
	if r.Diagnosis != nil && r.Diagnosis.Temporary != sc.want.temporary {
		t.Errorf("temporary is %v", r.Diagnosis.Temporary)
	}
}

func (sc scenario) wantSession(t *testing.T, r result) {
	t.Helper()
	if got := r.stage("auth").Detail; sc.want.mechanism != "" && got != sc.want.mechanism {
		t.Errorf("mechanism %q, want %q", got, sc.want.mechanism)
	}
	if sc.want.tls != "" && (r.TLS == nil || r.TLS.Version != sc.want.tls) {
		t.Errorf("TLS %+v, want %s", r.TLS, sc.want.tls)
	}
	if r.OK && sc.security != "none" && !r.TLS.Verified {
		t.Error("the session was kept although its certificate is not verified")
	}
	if strings.HasPrefix(sc.want.cause, "cert_") {
		if r.TLS == nil || r.TLS.Verified || len(r.TLS.Chain) == 0 {
			t.Errorf("the certificate that failed is not shown: %+v", r.TLS)
		}
		r.wantListed(t)
	}
}

// wantListed judges that an endpoint whose certificate failed is in alternatives,
// also where it is the one that is reported.
func (r result) wantListed(t *testing.T) {
	t.Helper()
	for _, a := range r.Alternatives {
		if a.endpoint == r.Endpoint.endpoint && !a.Reachable && a.Error != "" {
			return
		}
	}
	t.Errorf("the certificate of %+v failed, and alternatives are %+v", r.Endpoint, r.Alternatives)
}

// wantStages judges that a run went as far as was asked, and no further.
func (sc scenario) wantStages(t *testing.T, r result) {
	t.Helper()
	asked := map[string]bool{
		"auth": sc.check != "connect",
		"mail": sc.check == "sender" || sc.check == "send",
		"rcpt": sc.check == "sender" || sc.check == "send",
		"data": sc.check == "send",
	}
	for name, asked := range asked {
		status := r.stage(name).Status
		if r.OK && asked && status != "ok" || !asked && status != "skipped" {
			t.Errorf("stage %s is %q with --check %s", name, status, sc.check)
		}
	}
	if r.Check != sc.check || r.OK && !r.Conclusive {
		t.Errorf("check %q, conclusive %v", r.Check, r.Conclusive)
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
