package smtp

import (
	"crypto/tls"
	"errors"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gosasl "github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"

	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/smtptest"
)

// peer is go-smtp's server: independent of us and of smtptest, so that client
// and scripts cannot agree on the same mistake.
type peer struct {
	t    *testing.T
	addr string
	ca   *smtptest.CA

	mu  sync.Mutex
	got []delivery
}

type delivery struct {
	from, to, message string
	opts              gosmtp.MailOptions
}

// peerSession is one connection to the peer.
type peerSession struct {
	*peer
	now delivery
}

func newPeer(t *testing.T) *peer {
	t.Helper()
	p := &peer{t: t, ca: smtptest.NewCA()}
	s := gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) { return &peerSession{peer: p}, nil }))
	s.Domain, s.TLSConfig, s.EnableSMTPUTF8, s.MaxMessageBytes = host, p.ca.Server(smtptest.Leaf{Names: []string{host}}), true, 1<<20
	s.ErrorLog = log.New(io.Discard, "", 0)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.addr = l.Addr().String()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() {
		_ = s.Close()
		<-done
	})
	return p
}

// deliveries are those so far.
func (p *peer) deliveries() []delivery {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.got)
}

func (s *peerSession) Reset()        { s.now = delivery{} }
func (s *peerSession) Logout() error { return nil }

func (s *peerSession) Mail(from string, opts *gosmtp.MailOptions) error {
	s.now.from, s.now.opts = from, *opts
	return nil
}

func (s *peerSession) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	if strings.HasPrefix(to, "nobody@") {
		return &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	}
	s.now.to = to
	return nil
}

func (s *peerSession) Data(r io.Reader) error {
	message, err := io.ReadAll(r)
	s.now.message = string(message)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, s.now)
	return err
}

func (s *peerSession) AuthMechanisms() []string { return []string{gosasl.Plain, gosasl.Login} }

func (s *peerSession) Auth(mechanism string) (gosasl.Server, error) {
	check := func(_, password string) error {
		if password != marker {
			return &gosmtp.SMTPError{Code: 535, EnhancedCode: gosmtp.EnhancedCode{5, 7, 8}, Message: "wrong password " + password}
		}
		return nil
	}
	if mechanism == gosasl.Plain {
		return gosasl.NewPlainServer(func(_, username, password string) error { return check(username, password) }), nil
	}
	return &loginServer{check: check}, nil
}

// loginServer asks for both in turn, as servers do; go-sasl has none any more.
type loginServer struct {
	check    func(username, password string) error
	asked    int
	username string
}

func (s *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	s.asked++
	switch s.asked {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		s.username = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, s.check(s.username, string(response))
}

// connect begins a session within TLS after STARTTLS, and logs in.
func (p *peer) connect(t *testing.T, auth gosasl.Client) (*Conn, reply.Reply) {
	t.Helper()
	nc, err := net.Dial("tcp", p.addr)
	if err != nil {
		t.Fatal(err)
	}
	c := New(nc, Options{Timeout: timeout, Transcript: NewTranscript(time.Now(), NewRedactor(marker))})
	t.Cleanup(func() { _ = c.Close() })
	must := func(r reply.Reply, err error) reply.Reply {
		if err != nil {
			t.Fatalf("%v, %v", r, err)
		}
		return r
	}
	must(c.Greeting(t.Context()))
	must(c.Hello(t.Context(), "client.example.test"))
	must(c.StartTLS(t.Context()))
	if state, err := c.Handshake(t.Context(), p.ca.Client(host)); err != nil || state.Version < tls.VersionTLS12 {
		t.Fatal(err)
	}
	must(c.Hello(t.Context(), "client.example.test"))
	return c, must(c.Auth(t.Context(), auth))
}

func TestPeer(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	for name, auth := range map[string]gosasl.Client{
		"PLAIN":            gosasl.NewPlainClient("", "you", marker),
		"LOGIN":            &client{mechanism: "LOGIN", answers: []string{"you", marker}},
		"PLAIN, held back": gosasl.NewPlainClient(strings.Repeat("z", 600), strings.Repeat("y", 600), marker),
	} {
		c, r := p.connect(t, auth)
		if r.Code != reply.CodeAuthenticated || r.Enhanced.String() != "2.0.0" {
			t.Errorf("%s: %v", name, r)
		}
		if e := c.Extensions(); !e.Has("PIPELINING") || !e.Has("8BITMIME") || e["SIZE"] != "1048576" || e.Has("STARTTLS") {
			t.Errorf("%s: extensions are %v", name, e)
		}
		var got told
		err := c.Submit(t.Context(), Transaction{
			From: "jürgen@xn--bcher-kva.example", To: "them@example.test", Message: []byte("Subject: é\r\n\r\n.\r\n"), EightBit: true, UTF8: true,
		}, got.each)
		if err != nil || got.String() != "MAIL 250, RCPT 250, DATA 354, message 250" {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if r, err := c.Quit(t.Context()); err != nil || r.Code != 221 {
			t.Errorf("%s: QUIT got %v, %v", name, r, err)
		}
	}
	for _, d := range p.deliveries() {
		if d.from != "jürgen@xn--bcher-kva.example" || d.to != "them@example.test" || d.message != "Subject: é\r\n\r\n.\r\n" {
			t.Errorf("delivered was %+v", d)
		}
		if d.opts.Body != gosmtp.Body8BitMIME || !d.opts.UTF8 || d.opts.Size != int64(len(d.message)) {
			t.Errorf("the options were %+v", d.opts)
		}
	}
	if got := len(p.deliveries()); got != 3 {
		t.Errorf("%d deliveries", got)
	}
}

func TestPeerRefuses(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	_, r := p.connect(t, gosasl.NewPlainClient("", "you", marker+"!"))
	if r.Text() != "wrong password ***!" || r.Enhanced.String() != "5.7.8" {
		t.Errorf("got %v", r)
	}
	// Go-smtp answers each command of the group, DATA with a refusal.
	for _, tt := range []struct {
		t    Transaction
		want string
	}{
		{Transaction{From: "you@example.test", To: "nobody@example.test"}, "MAIL 250, RCPT 550"},
		{Transaction{From: "you@example.test", To: "nobody@example.test", Message: []byte("x\r\n")}, "MAIL 250, RCPT 550"},
	} {
		c, _ := p.connect(t, gosasl.NewPlainClient("", "you", marker))
		var got told
		if err := c.Submit(t.Context(), tt.t, got.each); err != nil || got.String() != tt.want {
			t.Errorf("%v, %v", got, err)
		}
		if r, err := c.Quit(t.Context()); err != nil || r.Code != 221 {
			t.Errorf("QUIT got %v, %v", r, err)
		}
	}
	if len(p.deliveries()) != 0 {
		t.Errorf("delivered was %v", p.deliveries())
	}
}

// What arrives is what was given, whatever the dots.
func TestPeerReceivesTheMessageAsItIs(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	pieces := []string{".", "..", "...", "", "a", ".a", "a.", "é", " ", "QUIT", "MAIL FROM:<x@y>", strings.Repeat("x", 998), "." + strings.Repeat("y", 997)}
	message := func() string {
		var b strings.Builder
		for range 1 + random.IntN(12) {
			b.WriteString(pieces[random.IntN(len(pieces))] + "\r\n")
		}
		return b.String()
	}
	p := newPeer(t)
	var want []string
	submit := func(c *Conn) {
		want = append(want, message())
		var got told
		err := c.Submit(t.Context(), Transaction{From: "you@example.test", To: "them@example.test", Message: []byte(want[len(want)-1])}, got.each)
		if err != nil || !strings.HasSuffix(got.String(), "message 250") {
			t.Fatalf("%v, %v", got, err)
		}
	}
	for range 10 { // in one write; QUIT goes along
		c, _ := p.connect(t, gosasl.NewPlainClient("", "you", marker))
		submit(c)
		if _, err := c.Quit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	c, _ := p.connect(t, gosasl.NewPlainClient("", "you", marker))
	delete(c.ext, "PIPELINING")
	for range 100 {
		submit(c)
	}
	if _, err := c.Quit(t.Context()); err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	arrived := p.deliveries()
	if len(arrived) != len(want) {
		t.Fatalf("%d of %d arrived", len(arrived), len(want))
	}
	for i, d := range arrived {
		if d.message != want[i] {
			t.Errorf("%q arrived as %q", want[i], d.message)
		}
	}
}
