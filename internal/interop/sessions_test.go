//go:build interop

package interop

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// session is how Postfix sums up a connection when it ends:
// "disconnect from unknown[127.0.0.1] ehlo=1 auth=0/1 quit=1 commands=2/3".
type session string

var (
	connectLine    = regexp.MustCompile(`(?m)/smtpd\[\d+\]: connect from `)
	disconnectLine = regexp.MustCompile(`(?m)/smtpd\[\d+\]: disconnect from \S+ (.*)$`)
)

// sessions returns those that a service had, when at least one is there and
// all have ended.
func (s *site) sessions(t *testing.T, service string) []session {
	t.Helper()
	var ended []session
	eventually(t, "the sessions of "+service+" to end", func() bool {
		var log strings.Builder
		for line := range strings.Lines(readLog(s.mailLog)) {
			if strings.Contains(line, " postfix/"+service+"/") {
				log.WriteString(line)
			}
		}
		ended = nil
		for _, match := range disconnectLine.FindAllStringSubmatch(log.String(), -1) {
			ended = append(ended, session(match[1]))
		}
		return len(ended) > 0 && len(ended) == len(connectLine.FindAllString(log.String(), -1))
	})
	return ended
}

// tried counts how often a command was sent: "auth=0/1" is none accepted of
// one, "auth=1" one of one.
func (s session) tried(command string) int {
	for _, field := range strings.Fields(string(s)) {
		name, count, _ := strings.Cut(field, "=")
		if name == command {
			_, all, refused := strings.Cut(count, "/")
			if !refused {
				all = count
			}
			n, _ := strconv.Atoi(all)
			return n
		}
	}
	return 0
}

// badManners are Postfix's words for a client that breaks the protocol.
var badManners = regexp.MustCompile(`improper command pipelining|bare <LF>|non-SMTP command|Illegal address syntax`)

// wantManners looks through the whole log for what a client must not do.
func (s *site) wantManners(t *testing.T) {
	t.Helper()
	for line := range strings.Lines(readLog(s.mailLog)) {
		if badManners.MatchString(line) && !strings.Contains(line, " postfix/misdialled/") {
			t.Errorf("Postfix complains: %s", line)
		}
	}
}

// testWrongPasswordOnce asks Postfix, not us, how often a wrong password was
// sent: accounts are locked for less than two.
func testWrongPasswordOnce(t *testing.T, p program, s *site) {
	sc := scenario{service: "once", password: badPassword,
		want: want{status: 7, stage: "auth", cause: "bad_credentials"}}
	sc.run(t, p, s)
	attempts := 0
	for _, session := range s.sessions(t, "once") {
		attempts += session.tried("auth")
	}
	if attempts != 1 {
		t.Errorf("the password was sent %d times", attempts)
	}
}

// testEnvelopeOnly: the transaction is taken back, and the session ended.
func testEnvelopeOnly(t *testing.T, p program, s *site) {
	scenario{service: "envelope", check: "sender"}.run(t, p, s)
	for _, session := range s.sessions(t, "envelope") {
		for command, times := range map[string]int{"auth": 1, "mail": 1, "rcpt": 1, "data": 0, "rset": 1, "quit": 1} {
			if got := session.tried(command); got != times {
				t.Errorf("%s was sent %d times, want %d: %s", command, got, times, session)
			}
		}
	}
}

// testUnverifiedSilence: behind a certificate that does not verify, Postfix
// must not have seen a single command.
func testUnverifiedSilence(t *testing.T, p program, s *site) {
	sc := scenario{service: "silence", want: want{status: 5, stage: "tls", cause: "cert_untrusted"}}
	sc.run(t, p, s)
	for _, session := range s.sessions(t, "silence") {
		if n := session.tried("commands"); n != 0 {
			t.Errorf("%d commands were sent: %s", n, session)
		}
	}
}

// testTooManyConnections: Postfix itself counts, and turns the second away.
func testTooManyConnections(t *testing.T, p program, s *site) {
	scenario{service: "busy", check: "connect"}.run(t, p, s)
	scenario{service: "busy", check: "connect", want: want{
		status: 6, stage: "greeting", reply: "421 4.7.0", cause: "rate_limited", temporary: true,
	}}.run(t, p, s)
}

// testMessagesDiffer: there are servers that drop a second message that is like
// the first.
func testMessagesDiffer(t *testing.T, p program, s *site) {
	send := func() delivered {
		sc := scenario{service: "ssl"}
		sc.complete()
		r := p.test(t, sc.password, sc.arguments(s)...)
		if !r.OK {
			t.Fatalf("not sent: %+v", r.failed())
		}
		return s.awaitMail(t, sc.to, r.MessageID)
	}
	one, two := send(), send()
	for _, field := range []string{"Message-Id", "Subject"} {
		if one.header.Get(field) == two.header.Get(field) {
			t.Errorf("both have %s %q", field, one.header.Get(field))
		}
	}
	if one.body == two.body {
		t.Error("both have the same body")
	}
}

// testClearCommands reads the transcript of a STARTTLS session: in clear go the
// commands that lead to TLS. Postfix, which refuses others there, has refused none.
func testClearCommands(t *testing.T, p program, s *site) {
	sc := scenario{service: "upgrade", security: "starttls", flags: []string{"--transcript"}}
	sc.complete()
	r := p.test(t, sc.password, sc.arguments(s)...)
	clear := regexp.MustCompile(`^(EHLO \S+|STARTTLS)$`)
	var secured bool
	for _, line := range r.Transcript {
		if line.From == "client" && !line.TLS && !clear.MatchString(line.Line) {
			t.Errorf("in clear: %q", line.Line)
		}
		secured = secured || line.TLS && strings.HasPrefix(line.Line, "MAIL FROM:")
	}
	if !secured {
		t.Errorf("the transcript shows no MAIL inside TLS: %+v", r.Transcript)
	}
	const clean = "ehlo=2 starttls=1 auth=1 mail=1 rcpt=1 data=1 quit=1 commands=8"
	if sessions := s.sessions(t, "upgrade"); len(sessions) != 1 || sessions[0] != clean {
		t.Errorf("Postfix saw %q, want %q", sessions, clean)
	}
}

// race is a run without port and security, whose two ports lead to two services.
type race struct {
	name          string
	on465, on587  string // services
	kept          int    // the port that has to win, 0 for either
	status        int
	cause         string
	failing       int    // the port whose alternative has to tell of a failure
	failingReason string // a word of what it tells
}

// testRace leaves the choice of the endpoint to the program.
func testRace(t *testing.T, p program, s *site) {
	for _, c := range []race{
		{name: "both stand", on465: "ssl", on587: "starttls"},
		{name: "465 is closed", on465: "dead", on587: "starttls", kept: 587, failing: 465, failingReason: "refused"},
		{name: "587 is closed", on465: "ssl", on587: "dead", kept: 465, failing: 587, failingReason: "refused"},
		{name: "465 has a bad certificate", on465: "stranger", on587: "starttls", kept: 587, failing: 465, failingReason: "certificate"},
		{name: "both have a bad certificate", on465: "stranger", on587: "expiredstarttls", kept: 465, status: 5, cause: "cert_untrusted", failing: 587, failingReason: "expired"},
		{name: "both are closed", on465: "dead", on587: "dead", kept: 465, status: 4, cause: "connection_refused", failing: 587, failingReason: "refused"},
		{name: "587 came further", on465: "dead", on587: "clear", kept: 587, status: 5, cause: "starttls_not_offered", failing: 465, failingReason: "refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, p, s)
		})
	}
}

func (c race) run(t *testing.T, p program, s *site) {
	r := p.test(t, marker,
		"--host", mailHost, "--username", alice.login, "--from", alice.address, "--ca-file", s.certs.ca,
		"--connect-to", mailHost+":465:"+loopback(s.ports[c.on465]),
		"--connect-to", mailHost+":587:"+loopback(s.ports[c.on587]))
	if r.ExitCode != c.status || r.cause() != c.cause {
		t.Errorf("exit status %d, cause %q, want %d, %q", r.ExitCode, r.cause(), c.status, c.cause)
	}
	if c.kept != 0 && r.Endpoint.Port != c.kept {
		t.Errorf("port %d was kept, want %d", r.Endpoint.Port, c.kept)
	}
	if strings.HasPrefix(c.cause, "cert_") {
		r.wantListed(t)
	}
	told := map[int]string{r.Endpoint.Port: ""}
	for _, a := range r.Alternatives {
		told[a.Port] = a.Error
		if a.Reachable != (a.Error == "") {
			t.Errorf("alternative %+v", a)
		}
	}
	if len(told) != 2 {
		t.Errorf("endpoint %+v and alternatives %+v are not both ports", r.Endpoint, r.Alternatives)
	}
	if c.failing != 0 && !strings.Contains(told[c.failing], c.failingReason) {
		t.Errorf("of port %d it tells %q, want something with %q", c.failing, told[c.failing], c.failingReason)
	}
}
