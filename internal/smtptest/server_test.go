package smtptest

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/smtp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const submission = `
	S: 220 smtp.example.test ready
	C: EHLO *
	S: 250-smtp.example.test
	S: 250 STARTTLS
	C: STARTTLS
	S: 220 go on
	tls
	# the name again, now in TLS
	C: EHLO *
	S: 250-smtp.example.test\r\n250 AUTH PLAIN
	C: AUTH PLAIN *
	S: 235 2.7.0 welcome
	C: MAIL FROM:<you@example.test>*
	S: 250 ok
	C: RCPT TO:<them@example.test>
	S: 250 ok
	C: DATA
	S: 354 go on
	message
	S: 250 queued
	quit`

// submit is the whole dialogue with Go's own client.
func submit(conn net.Conn, config *tls.Config) error {
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.StartTLS(config); err != nil {
		return err
	}
	if err := c.Auth(smtp.PlainAuth("", "you", "pa55-Marker-9fQ", host)); err != nil {
		return err
	}
	if err := errors.Join(c.Mail("you@example.test"), c.Rcpt("them@example.test")); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, "Subject: hello\r\n\r\n.\r\n"); err != nil {
		return err
	}
	return errors.Join(w.Close(), c.Quit())
}

func TestServerPlaysASubmission(t *testing.T) {
	t.Parallel()
	ways := map[string]func(*Server) net.Conn{
		"pipe": (*Server).Dial,
		"port": func(s *Server) net.Conn { return must(net.Dial("tcp", s.Listen().String())) },
	}
	for name, dial := range ways {
		play := func(t *testing.T) {
			ca := NewCA()
			srv := New(t, Config{Scripts: []string{submission}, TLS: ca.Server(Leaf{Names: []string{host}})})
			if err := submit(dial(srv), ca.Client(host)); err != nil {
				t.Fatal(err)
			}
			srv.Wait(1)
			checkSubmission(t, srv.Received())
		}
		t.Run(name, func(t *testing.T) {
			if name == "pipe" {
				synctest.Test(t, play)
			} else {
				play(t)
			}
		})
	}
}

func checkSubmission(t *testing.T, got []Line) {
	t.Helper()
	want := []Line{
		{0, 0, false, "EHLO localhost", "\r\n"},
		{0, 1, false, "STARTTLS", "\r\n"},
		{0, 2, true, "EHLO localhost", "\r\n"},
		{0, 3, true, "AUTH PLAIN AHlvdQBwYTU1LU1hcmtlci05ZlE=", "\r\n"},
		{0, 4, true, "MAIL FROM:<you@example.test>", "\r\n"},
		{0, 5, true, "RCPT TO:<them@example.test>", "\r\n"},
		{0, 6, true, "DATA", "\r\n"},
		{0, 7, true, "Subject: hello", "\r\n"},
		{0, 7, true, "", "\r\n"},
		{0, 7, true, "..", "\r\n"},
		{0, 7, true, ".", "\r\n"},
		{0, 8, true, "QUIT", "\r\n"},
	}
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("received\n%+v\nwant\n%+v", got, want)
	}
}

func TestServerTellsWritesApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := New(t, Config{Scripts: []string{"C: one\nC: two\nC: three\nC: four\nC: five\ndrain"}})
		conn := srv.Dial()
		for _, write := range []string{"one\r\ntwo\r\nth", "ree\n", "four\r\n", "five\r\n", "rest"} {
			fmt.Fprint(conn, write)
		}
		conn.Close()
		srv.Wait(1)
		want := []Line{
			{0, 0, false, "one", "\r\n"}, {0, 0, false, "two", "\r\n"}, {0, 0, false, "three", "\n"},
			{0, 2, false, "four", "\r\n"}, {0, 3, false, "five", "\r\n"}, {0, 4, false, "rest", ""},
		}
		if got := srv.Received(); fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Errorf("received %+v", got)
		}
	})
}

// A client that the script does not expect must fail the test.
func TestServerFailsTheTest(t *testing.T) {
	t.Parallel()
	say := func(lines ...string) func(net.Conn) {
		return func(conn net.Conn) {
			for _, l := range lines {
				fmt.Fprint(conn, l)
			}
			conn.Close()
		}
	}
	open := func(net.Conn) {}
	tests := []struct {
		name, script string
		client       func(net.Conn)
		want         string // in the failure; "" for none
	}{
		{"as expected", "C: EHLO *\nC: QUIT", say("EHLO x\r\nQUIT\r\n"), ""},
		{"other line", "C: EHLO *", say("HELO x\r\n"), `session 0: line 1 of the script, C: EHLO *: got "HELO x"`},
		{"line too many", "C: EHLO *", say("EHLO x\r\n", "QUIT\r\n"), `behind the end of the script the client sent "QUIT"`},
		{"half a line too many", "C: EHLO *", say("EHLO x\r\nQU"), `sent "QU"`},
		{"left early", "C: EHLO *\n\nC: QUIT", say("EHLO x\r\n"), `line 3 of the script, C: QUIT: the client had left`},
		{"never leaves", "C: EHLO *", open, "kept its session open"},
		{"not silent", "stall", say("EHLO x\r\n"), `stall: got "EHLO x"`},
		{"a star is a star", `C: \*`, say("*\r\n"), ""},
		{"a star is no word", `C: \*`, say("word\r\n"), `got "word"`},
		{"may leave", "may leave\nC: EHLO *", say(), ""},
		{"may leave, not lie", "may leave\nC: EHLO *", say("HELO x\r\n"), `got "HELO x"`},
		{"quit", "quit", say("QUIT\r\n"), ""},
		{"quit without a word", "quit", say(), ""},
		{"quit with another word", "quit", say("RSET\r\n"), `got "RSET"`},
		{"drain", "drain", say("\x16\x03\x01", "anything"), ""},
		{"stalled until the end", "stall", open, ""},
		{"drained until the end", "drain", open, ""},
		{"no such answer", "answer x", say("a\r\n"), `no "x"`},
		{"no configuration", "tls", say(), "Config.TLS is not set"},
		{"refused handshake", "tls refused", say(), "Config.TLS is not set"},
		{"words before the handshake", "C: STARTTLS\ntls", say("STARTTLS\r\nEHLO x\r\n"), `before the handshake the client sent "EHLO x\r\n"`},
		{"message", "message\nC: QUIT", say("a\r\n..\r\n.\r\nQUIT\r\n"), ""},
		{"message without end", "message", say("a\r\n"), "message: the client had left"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rec := &recorder{TB: t}
				tt.client(New(rec, Config{Scripts: []string{tt.script}}).Dial())
				rec.end()
				if got := strings.Join(rec.failures, "\n"); (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
					t.Errorf("failures %q, want %q", got, tt.want)
				}
			})
		})
	}
}

func TestServerCountsSessions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		scripts  []string
		sessions int
		want     string
	}{
		{nil, 0, ""},
		{nil, 1, "session 0 was not expected"},
		{[]string{"quit"}, 0, ""},
		{[]string{"quit"}, 3, ""},
		{[]string{"quit", "quit"}, 2, ""},
		{[]string{"quit", "quit"}, 1, "1 of 2 scripts were played"},
		{[]string{"quit", "quit"}, 3, "session 2 was not expected"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%d scripts, %d sessions", len(tt.scripts), tt.sessions), func(t *testing.T) {
			t.Parallel()
			rec := &recorder{TB: t}
			srv := New(rec, Config{Scripts: tt.scripts})
			for range tt.sessions {
				srv.Dial().Close()
			}
			srv.Wait(tt.sessions)
			rec.end()
			if got := strings.Join(rec.failures, "\n"); (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("failures %q, want %q", got, tt.want)
			}
		})
	}
}

func TestEachSessionItsScript(t *testing.T) {
	t.Parallel()
	srv := New(t, Config{Scripts: []string{"S: first\nquit", "S: second\nquit"}})
	for i, want := range []string{"first\r\n", "second\r\n"} {
		conn := must(net.Dial("tcp", srv.Listen().String()))
		if got := readLine(t, conn); got != want {
			t.Errorf("session %d says %q", i, got)
		}
		fmt.Fprint(conn, "QUIT\r\n")
		conn.Close()
	}
	srv.Wait(2)
	if got := srv.Received(); len(got) != 2 || got[0].Session == got[1].Session {
		t.Errorf("received %+v", got)
	}
}

func TestScriptThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, script := range []string{"say hello", `S: \q`, "drip 220 x", "wait", "tls later", `raw \x1`} {
		if _, err := parseScript(script); err == nil || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%q: error %v", script, err)
		}
	}
}

func TestServerSends(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, script, want string
		lasts              time.Duration
	}{
		{"neighbours in one write", "S: 250-a\nS: 250 \"b\"\nclose", "250-a\r\n250 \"b\"\r\n", 0},
		{"spaces", "S:  334 \nclose", " 334 \r\n", 0},
		{"escapes", `S: 220 \x1b[2J\u202e\xff\\` + "\nclose", "220 \x1b[2J\u202e\xff\\\r\n", 0},
		{"raw", `raw 220 bare\n` + "\nclose", "220 bare\n", 0},
		{"drip", "drip 10s 220\nclose", "220\r\n", 50 * time.Second},
		{"wait", "wait 1m\nS: 220\nclose", "220\r\n", time.Minute},
		{"reset over a pipe", "S: 220\nreset", "220\r\n", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				got, err := io.ReadAll(New(t, Config{Scripts: []string{tt.script}}).Dial())
				if string(got) != tt.want || err != nil {
					t.Errorf("got %q, %v", got, err)
				}
				if lasted := time.Since(begin); lasted != tt.lasts {
					t.Errorf("lasted %v", lasted)
				}
			})
		})
	}
}

func TestResetAborts(t *testing.T) {
	t.Parallel()
	srv := New(t, Config{Scripts: []string{"C: EHLO *\nreset"}})
	conn := must(net.Dial("tcp", srv.Listen().String()))
	defer conn.Close()
	fmt.Fprint(conn, "EHLO x\r\n")
	if _, err := io.ReadAll(conn); err == nil {
		t.Error("the connection ended in an orderly way")
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	srv := New(t, Config{
		Scripts: []string{"answer upper\nquit"},
		Answers: map[string]func(string) string{"upper": strings.ToUpper},
	})
	conn := srv.Dial()
	defer conn.Close()
	fmt.Fprint(conn, "word\r\n")
	if got := readLine(t, conn); got != "WORD\r\n" {
		t.Errorf("got %q", got)
	}
}

func TestRefusedHandshake(t *testing.T) {
	t.Parallel()
	look := func(err *error) *tls.Config { // judges for itself and goes on
		return &tls.Config{InsecureSkipVerify: true, VerifyConnection: func(tls.ConnectionState) error { return *err }}
	}
	later, sooner := error(nil), errors.New("no")
	tests := []struct {
		name   string
		config *tls.Config
		say    string
		want   string
	}{
		{"the handshake fails", look(&sooner), "", ""},
		{"the client leaves behind it", look(&later), "", ""},
		{"the client goes on", look(&later), "EHLO x\r\n", `tls refused: got "EHLO x"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rec := &recorder{TB: t}
				srv := New(rec, Config{Scripts: []string{"tls refused"}, TLS: NewCA().Server(Leaf{})})
				conn := tls.Client(srv.Dial(), tt.config)
				if conn.Handshake() == nil {
					fmt.Fprint(conn, tt.say)
				}
				conn.Close()
				rec.end()
				if got := strings.Join(rec.failures, "\n"); (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
					t.Errorf("failures %q, want %q", got, tt.want)
				}
			})
		})
	}
}

func TestDialContextHeedsItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := New(t, Config{}).DialContext(ctx, "tcp", host+":465"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestPattern(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern, line string
		want          bool
	}{
		{"QUIT", "QUIT", true}, {"QUIT", "QUIT ", false}, {"QUIT", "QUI", false}, {"", "", true}, {"", "x", false},
		{"EHLO *", "EHLO x", true}, {"EHLO *", "EHLO ", true}, {"EHLO *", "EHLO", false},
		{"*", "", true}, {"*", "any\xff", true}, {"*@*", "a@b", true}, {"*@*", "ab", false},
		{"a*a", "a", false}, {"a*a", "aa", true}, {"a*b*c", "a-b-b-c", true}, {"a*b*c", "a-c-b", false},
		{`\*`, "*", true}, {`\*`, "x", false}, {`a\*b*`, "a*bc", true}, {"\xfa*", "\xfa", true},
	}
	for _, tt := range tests {
		if got := parsePattern(tt.pattern).matches(tt.line); got != tt.want {
			t.Errorf("%q and %q: %v", tt.pattern, tt.line, got)
		}
	}
}

func FuzzParseScript(f *testing.F) {
	f.Add(submission)
	f.Add("drip 1ms x\nraw \\x00\nC: \\*\\\\*\n# y\nwait 1s")
	f.Fuzz(func(t *testing.T, text string) {
		if steps, err := parseScript(text); err == nil && len(steps) > strings.Count(text, "\n")+1 {
			t.Errorf("%d steps", len(steps))
		}
	})
}

// recorder stands in for a test that fails.
type recorder struct {
	testing.TB
	mu       sync.Mutex
	failures []string
	cleanups []func()
}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }

func (r *recorder) end() {
	for _, f := range r.cleanups {
		f()
	}
}

func readLine(t *testing.T, conn net.Conn) string {
	t.Helper()
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line
}
