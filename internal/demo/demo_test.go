package demo

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/smtp"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// The client of these tests is Go's own net/smtp.

func start(t *testing.T) *Server {
	t.Helper()
	s, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func endpoint(t *testing.T, s *Server, security submission.Security) submission.Endpoint {
	t.Helper()
	for _, e := range s.Endpoints() {
		if e.Security == security {
			return e
		}
	}
	t.Fatalf("no endpoint with %s", security)
	return submission.Endpoint{}
}

func trusting(s *Server, name string) *tls.Config {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(s.CAPEM())
	return &tls.Config{RootCAs: pool, ServerName: name}
}

// connect gets through TLS and EHLO.
func connect(s *Server, e submission.Endpoint, config *tls.Config) (*smtp.Client, error) {
	conn, err := net.Dial("tcp", e.Address())
	if err != nil {
		return nil, err
	}
	if e.Security == submission.SSL {
		conn = tls.Client(conn, config)
	}
	c, err := smtp.NewClient(conn, e.Host)
	if err != nil {
		conn.Close()
		return nil, err
	}
	err = c.Hello("client.example.test")
	if err == nil && e.Security == submission.STARTTLS {
		err = c.StartTLS(config)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func loggedIn(t *testing.T, s *Server, security submission.Security) *smtp.Client {
	t.Helper()
	e := endpoint(t, s, security)
	c, err := connect(s, e, trusting(s, e.Host))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	username, password := s.Account()
	if err := c.Auth(smtp.PlainAuth("", username, password.Reveal(), e.Host)); err != nil {
		t.Fatal(err)
	}
	return c
}

func send(c *smtp.Client, raw string, recipients ...string) error {
	if err := c.Mail(Username); err != nil {
		return err
	}
	for _, to := range recipients {
		if err := c.Rcpt(to); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, raw); err != nil {
		return err
	}
	return w.Close()
}

// refused reports whether err is the reply.
func refused(err error, code int, text string) bool {
	var reply *textproto.Error
	return errors.As(err, &reply) && reply.Code == code && strings.Contains(reply.Msg, text)
}

func TestSubmission(t *testing.T) {
	t.Parallel()
	for _, security := range []submission.Security{submission.SSL, submission.STARTTLS} {
		t.Run(string(security), func(t *testing.T) {
			t.Parallel()
			s := start(t)
			told := make(chan Message, 1)
			s.OnMessage(func(m Message) { told <- m })
			c := loggedIn(t, s, security)
			const raw = "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nFrom: you@demo.test\r\n\r\n.hidden\r\n"
			before := time.Now()
			if err := send(c, raw, "you@demo.test", "them@DEMO.test"); err != nil {
				t.Fatal(err)
			}
			if err := c.Quit(); err != nil {
				t.Error(err)
			}
			m := <-told
			if m.Subject != "Grüße" || m.From != Username || fmt.Sprint(m.To) != "[you@demo.test them@DEMO.test]" ||
				string(m.Raw) != raw || m.Truncated || m.Received.Before(before) {
				t.Errorf("told of %+v", m)
			}
			if all := s.Messages(); len(all) != 1 || all[0].Subject != m.Subject {
				t.Errorf("keeps %+v", all)
			}
		})
	}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	all := start(t).Endpoints()
	if len(all) != 2 || all[0].Security != submission.SSL || all[1].Security != submission.STARTTLS || all[0].Port == all[1].Port {
		t.Fatalf("endpoints %v", all)
	}
	for _, e := range all {
		if !submission.IsLoopbackHost(e.Host) {
			t.Errorf("%v is not on loopback", e)
		}
	}
}

func TestLoopbackOnly(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"0.0.0.0", "::", "203.0.113.5", "localhost", "127.0.0.1:0", "::ffff:0.0.0.0"} {
		if s, err := Start(t.Context(), Options{Address: address}); err == nil {
			s.Close()
			t.Errorf("listens on %s", address)
		}
	}
	s, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if len(s.listeners) == 0 {
		t.Error("it listens nowhere")
	}
	for _, l := range s.listeners {
		if at := l.Addr().(*net.TCPAddr); !at.IP.IsLoopback() {
			t.Errorf("it listens on %s", at)
		}
	}
}

func TestOtherLoopbackAddress(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"127.0.0.2", "::1"} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			s, err := Start(t.Context(), Options{Address: address})
			if err != nil {
				t.Skipf("this machine does not have it: %v", err)
			}
			defer s.Close()
			for _, e := range s.Endpoints() {
				c, err := connect(s, e, trusting(s, address))
				if err != nil || e.Host != address {
					t.Fatalf("%v: %v", e, err)
				}
				c.Close()
			}
		})
	}
}

func TestCertificate(t *testing.T) {
	t.Parallel()
	s := start(t)
	tests := []struct {
		name   string
		config *tls.Config
		wrong  any // type of the error, nil for none
	}{
		{"host", trusting(s, Host), nil},
		{"localhost", trusting(s, "localhost"), nil},
		{"IPv4", trusting(s, "127.0.0.1"), nil},
		{"IPv6", trusting(s, "::1"), nil},
		{"other name", trusting(s, "smtp.example.test"), new(x509.HostnameError)},
		{"the system's roots", &tls.Config{ServerName: Host}, new(x509.UnknownAuthorityError)},
		{"another demo's authority", trusting(start(t), Host), new(x509.UnknownAuthorityError)},
	}
	for _, tt := range tests {
		for _, e := range s.Endpoints() {
			t.Run(tt.name+" "+string(e.Security), func(t *testing.T) {
				c, err := connect(s, e, tt.config)
				if err == nil {
					c.Close()
				}
				if tt.wrong == nil && err != nil || tt.wrong != nil && !errors.As(err, tt.wrong) {
					t.Errorf("error %v", err)
				}
			})
		}
	}
}

func TestCertificateFollowsTheClock(t *testing.T) {
	t.Parallel()
	then := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	s, err := Start(t.Context(), Options{Now: func() time.Time { return then }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	config := trusting(s, Host)
	config.Time = func() time.Time { return then }
	e := endpoint(t, s, submission.SSL)
	c, err := connect(s, e, config)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, password := s.Account()
	if err := errors.Join(c.Auth(smtp.PlainAuth("", Username, password.Reveal(), e.Host)), send(c, "Subject: x\r\n", Username)); err != nil {
		t.Fatal(err)
	}
	if got := s.Messages()[0].Received; !got.Equal(then) {
		t.Errorf("received at %v", got)
	}
}

func TestExtensions(t *testing.T) {
	t.Parallel()
	s := start(t)
	e := endpoint(t, s, submission.STARTTLS)
	c, err := smtp.Dial(e.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if offered, _ := c.Extension("AUTH"); offered {
		t.Error("AUTH is offered in clear")
	}
	if err := c.StartTLS(trusting(s, e.Host)); err != nil {
		t.Fatal(err)
	}
	for keyword, want := range map[string]string{
		"AUTH": "PLAIN LOGIN", "SIZE": "26214400", "8BITMIME": "", "PIPELINING": "", "ENHANCEDSTATUSCODES": "", "SMTPUTF8": "",
	} {
		if offered, params := c.Extension(keyword); !offered || params != want {
			t.Errorf("%s: offered %v, %q", keyword, offered, params)
		}
	}
	if again, _ := c.Extension("STARTTLS"); again {
		t.Error("STARTTLS is offered within TLS")
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	s := start(t)
	_, secret := s.Account()
	password := secret.Reveal()
	tests := []struct {
		name string
		auth scriptedAuth
		code int // 0: accepted
		text string
	}{
		{"PLAIN", scriptedAuth{"PLAIN", []string{"\x00" + Username + "\x00" + password}}, 0, ""},
		{"PLAIN, without initial response", scriptedAuth{"PLAIN", []string{noInitial, "\x00" + Username + "\x00" + password}}, 0, ""},
		{"PLAIN, own identity", scriptedAuth{"PLAIN", []string{Username + "\x00" + Username + "\x00" + password}}, 0, ""},
		{"PLAIN, upper case", scriptedAuth{"PLAIN", []string{"\x00YOU@demo.test\x00" + password}}, 0, ""},
		{"PLAIN, other identity", scriptedAuth{"PLAIN", []string{"them@demo.test\x00" + Username + "\x00" + password}}, 535, "5.7.8"},
		{"PLAIN, wrong password", scriptedAuth{"PLAIN", []string{"\x00" + Username + "\x00pa55-Marker-9fQ"}}, 535, "5.7.8"},
		{"PLAIN, wrong user", scriptedAuth{"PLAIN", []string{"\x00you\x00" + password}}, 535, "5.7.8"},
		{"PLAIN, no password", scriptedAuth{"PLAIN", []string{"\x00" + Username + "\x00"}}, 535, "5.7.8"},
		{"PLAIN, malformed", scriptedAuth{"PLAIN", []string{Username}}, 501, "5.5.2"},
		{"LOGIN", scriptedAuth{"LOGIN", []string{noInitial, Username, password}}, 0, ""},
		{"LOGIN, user name at once", scriptedAuth{"LOGIN", []string{Username, password}}, 0, ""},
		{"LOGIN, wrong password", scriptedAuth{"LOGIN", []string{noInitial, Username, "pa55-Marker-9fQ"}}, 535, "5.7.8"},
		{"other mechanism", scriptedAuth{"CRAM-MD5", []string{noInitial, "x"}}, 504, "5.7.4"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := endpoint(t, s, submission.SSL)
			c, err := connect(s, e, trusting(s, e.Host))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			err = c.Auth(&tt.auth)
			if tt.code == 0 && err != nil || tt.code != 0 && !refused(err, tt.code, tt.text) {
				t.Errorf("error %v", err)
			}
			if err != nil && strings.Contains(err.Error(), password) {
				t.Error("the reply tells the password")
			}
			if err := c.Mail(Username); (tt.code == 0) != (err == nil) {
				t.Errorf("afterwards MAIL: %v", err)
			}
		})
	}
}

// scriptedAuth sends what it is told, whatever the challenge.
type scriptedAuth struct {
	mechanism string
	responses []string
}

const noInitial = "(none)"

func (a *scriptedAuth) Start(*smtp.ServerInfo) (string, []byte, error) {
	first := a.responses[0]
	a.responses = a.responses[1:]
	if first == noInitial {
		return a.mechanism, nil, nil
	}
	return a.mechanism, []byte(first), nil
}

func (a *scriptedAuth) Next(_ []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	if len(a.responses) == 0 {
		return nil, errors.New("one challenge too many")
	}
	next := a.responses[0]
	a.responses = a.responses[1:]
	return []byte(next), nil
}

func TestLoginPrompts(t *testing.T) {
	t.Parallel()
	l := &loginServer{login: func(username, password string) error { return errors.New(username + "/" + password) }}
	for i, step := range []struct {
		response  []byte
		challenge string
		done      bool
		err       string
	}{
		{nil, "Username:", false, ""},
		{[]byte{}, "Password:", false, ""},
		{[]byte("p"), "", true, "/p"},
		{[]byte("more"), "", false, malformedAuth().Error()},
	} {
		challenge, done, err := l.Next(step.response)
		if string(challenge) != step.challenge || done != step.done || (err == nil) != (step.err == "") || err != nil && err.Error() != step.err {
			t.Errorf("step %d: %q, %v, %v", i, challenge, done, err)
		}
	}
}

// Each case is a dialogue of which the last command is refused.
func TestRefusals(t *testing.T) {
	t.Parallel()
	s := start(t)
	inClear := func(t *testing.T) *smtp.Client {
		c, err := smtp.Dial(endpoint(t, s, submission.STARTTLS).Address())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	stranger := func(t *testing.T) *smtp.Client {
		e := endpoint(t, s, submission.SSL)
		c, err := connect(s, e, trusting(s, e.Host))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	known := func(t *testing.T) *smtp.Client { return loggedIn(t, s, submission.SSL) }
	tests := []struct {
		name   string
		client func(*testing.T) *smtp.Client
		said   []string
		code   int
		text   string
	}{
		{"AUTH in clear", inClear, []string{"EHLO x", "AUTH PLAIN AAAA"}, 530, "5.7.0 Must issue a STARTTLS command first"},
		{"MAIL in clear", inClear, []string{"EHLO x", "MAIL FROM:<you@demo.test>"}, 530, "5.7.0 Must issue a STARTTLS command first"},
		{"MAIL without AUTH", stranger, []string{"MAIL FROM:<you@demo.test>"}, 530, "5.7.0 Authentication required"},
		{"other sender", known, []string{"MAIL FROM:<them@demo.test>"}, 553, "5.7.1 <them@demo.test>: Sender address rejected: not owned by user you@demo.test"},
		{"no sender", known, []string{"MAIL FROM:<>"}, 553, "5.7.1"},
		{"far recipient", known, []string{"MAIL FROM:<you@demo.test>", "RCPT TO:<them@example.test>"}, 550, "5.7.1 <them@example.test>: Relay access denied"},
		{"recipient in a longer domain", known, []string{"MAIL FROM:<you@demo.test>", "RCPT TO:<them@not-demo.test>"}, 550, "5.7.1"},
		{"RCPT without MAIL", known, []string{"RCPT TO:<you@demo.test>"}, 502, "5.5.1"},
		{"too large", known, []string{"MAIL FROM:<you@demo.test> SIZE=26214401"}, 552, "5.3.4"},
		{"too large, told later", known, []string{"MAIL FROM:<you@demo.test>", "RCPT TO:<you@demo.test>", "BDAT 26214401 LAST"}, 552, "5.3.4"},
		{"logged in twice", known, []string{"AUTH PLAIN AAAA"}, 503, "5.5.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := tt.client(t)
			var err error
			for _, line := range tt.said {
				if err != nil {
					t.Fatalf("before the last: %v", err)
				}
				if _, sendErr := c.Text.Cmd("%s", line); sendErr != nil {
					t.Fatal(sendErr)
				}
				_, _, err = c.Text.ReadResponse(250)
			}
			if !refused(err, tt.code, tt.text) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := loggedIn(t, s, submission.SSL)
	for i := range maxMessages + 5 {
		if err := send(c, fmt.Sprintf("Subject: %d\r\n\r\n", i), Username); err != nil {
			t.Fatal(err)
		}
	}
	long := "Subject: long\r\n\r\n" + strings.Repeat("x\r\n", maxRaw/3)
	if err := send(c, long, Username); err != nil {
		t.Fatal(err)
	}
	all := s.Messages()
	if len(all) != maxMessages || all[0].Subject != "6" {
		t.Errorf("keeps %d, the oldest %q", len(all), all[0].Subject)
	}
	if last := all[len(all)-1]; !last.Truncated || string(last.Raw) != long[:maxRaw] || last.Subject != "long" {
		t.Errorf("keeps %d octets of %q, truncated %v", len(last.Raw), last.Subject, last.Truncated)
	}
}

func TestPipelining(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := loggedIn(t, s, submission.STARTTLS)
	if _, err := io.WriteString(c.Text.W, "MAIL FROM:<you@demo.test>\r\nRCPT TO:<you@demo.test>\r\nRCPT TO:<them@example.test>\r\nDATA\r\n"); err != nil {
		t.Fatal(err)
	}
	c.Text.W.Flush()
	for _, want := range []int{250, 250, 550, 354} {
		if code, text, err := c.Text.ReadResponse(0); code != want {
			t.Fatalf("%d %s, %v, want %d", code, text, err, want)
		}
	}
	c.Text.PrintfLine("\r\n.")
	if code, _, err := c.Text.ReadResponse(250); code != 250 {
		t.Fatal(err)
	}
	if all := s.Messages(); len(all) != 1 || fmt.Sprint(all[0].To) != "[you@demo.test]" {
		t.Errorf("keeps %+v", all)
	}
}

func TestChunks(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := loggedIn(t, s, submission.SSL)
	say := func(line string, want int) {
		t.Helper()
		c.Text.PrintfLine("%s", line)
		if code, text, err := c.Text.ReadResponse(0); code != want {
			t.Fatalf("%s: %d %s, %v", line, code, text, err)
		}
	}
	say("MAIL FROM:<you@demo.test>", 250)
	say("RCPT TO:<you@demo.test>", 250)
	say("BDAT 12\r\nSubject: b", 250)
	say("BDAT 2 LAST\r\n", 250)
	if all := s.Messages(); len(all) != 1 || string(all[0].Raw) != "Subject: b\r\n\r\n" {
		t.Errorf("keeps %+v", all)
	}
}

// The library tells of a message over the limit as an error of the reader, too.
func TestMessageCutShort(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, after := range []int{5, maxRaw + 5} {
		gone := errors.New("gone")
		r := io.MultiReader(strings.NewReader(strings.Repeat("x", after)), iotest.ErrReader(gone))
		if err := (&session{server: s}).Data(r); err != gone {
			t.Errorf("after %d octets: error %v", after, err)
		}
	}
	if all := s.Messages(); len(all) != 0 {
		t.Errorf("keeps %d", len(all))
	}
}

func TestSMTPUTF8(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := loggedIn(t, s, submission.SSL)
	if err := send(c, "Subject: Grüße\r\n\r\n", "jürgen@demo.test"); err != nil {
		t.Fatal(err)
	}
	if m := s.Messages()[0]; m.Subject != "Grüße" || m.To[0] != "jürgen@demo.test" {
		t.Errorf("keeps %+v", m)
	}
}

func TestManyClients(t *testing.T) {
	t.Parallel()
	s := start(t)
	told := 0 // OnMessage needs no lock of its own
	s.OnMessage(func(Message) { told++; _ = s.Messages() })
	const clients = 8
	var wg sync.WaitGroup
	for i := range clients {
		c := loggedIn(t, s, s.Endpoints()[i%2].Security)
		wg.Go(func() {
			for range 5 {
				if err := send(c, "Subject: x\r\n\r\n", Username); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	s.OnMessage(nil)
	if err := send(loggedIn(t, s, submission.SSL), "Subject: x\r\n\r\n", Username); err != nil {
		t.Error(err)
	}
	if kept := len(s.Messages()); told != clients*5 || kept != told+1 {
		t.Errorf("told of %d, keeps %d", told, kept)
	}
}

func TestEnd(t *testing.T) {
	t.Parallel()
	ends := map[string]func(*Server, context.CancelFunc){
		"Close":       func(s *Server, _ context.CancelFunc) { s.Close(); s.Close() },
		"the context": func(_ *Server, cancel context.CancelFunc) { cancel() },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			s, err := Start(ctx, Options{})
			if err != nil {
				t.Fatal(err)
			}
			inTLS, inClear := loggedIn(t, s, submission.SSL), must(smtp.Dial(s.Endpoints()[1].Address()))
			end(s, cancel)
			for _, c := range []*smtp.Client{inTLS, inClear} {
				if _, err := c.Text.ReadLine(); err == nil {
					t.Error("a session goes on")
				}
			}
			s.Close() // waits for what the context set going
			for _, l := range s.listeners {
				if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
					t.Errorf("still listens: %v", err)
				}
			}
		})
	}
}

func TestStartWithAnEndedContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s, err := Start(ctx, Options{}); err == nil {
		s.Close()
		t.Error("starts")
	}
}

func TestPassword(t *testing.T) {
	t.Parallel()
	words := strings.Fields(wordList)
	known := map[string]bool{}
	for _, w := range words {
		known[w] = true
	}
	if len(known) != 128 || len(words) != 128 {
		t.Errorf("%d words, %d of them different", len(words), len(known))
	}
	seen := map[string]bool{}
	for range 20 {
		p := newPassword(rand.Reader)
		parts := strings.Split(p.Reveal(), "-")
		for _, w := range parts {
			if !known[w] {
				t.Errorf("%q is not in the list", w)
			}
		}
		if len(parts) != passwordWords {
			t.Errorf("%d words", len(parts))
		}
		seen[p.Reveal()] = true
	}
	if len(seen) < 2 {
		t.Error("the password is always the same")
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
