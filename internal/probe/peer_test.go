package probe

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"

	gosasl "github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/smtptest"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// peer is a submission server that others have written, so that our client and
// our scripts cannot agree on the same mistake.
type peer struct {
	mu   sync.Mutex
	mail []delivered
}

type delivered struct {
	from, to string
	utf8     bool
	message  string
}

// start listens on loopback, with TLS from the first byte or by STARTTLS.
func (p *peer) start(t *testing.T, security submission.Security, config *tls.Config, tune func(*gosmtp.Server)) submission.Endpoint {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	server := gosmtp.NewServer(p)
	server.Domain, server.ErrorLog = host, log.New(io.Discard, "", 0)
	e := submission.Endpoint{Host: host, Port: port, Security: security}
	switch security {
	case submission.SSL:
		l = tls.NewListener(l, config)
	case submission.STARTTLS:
		server.TLSConfig = config
	default:
		e.Host, server.AllowInsecureAuth = "127.0.0.1", true
	}
	if tune != nil {
		tune(server)
	}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(l) }()
	t.Cleanup(func() {
		server.Close()
		l.Close()
		<-served
	})
	return e
}

func (p *peer) NewSession(*gosmtp.Conn) (gosmtp.Session, error) { return &peerSession{peer: p}, nil }

func (p *peer) delivered() []delivered {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]delivered(nil), p.mail...)
}

type peerSession struct {
	peer   *peer
	known  bool
	letter delivered
}

func (s *peerSession) AuthMechanisms() []string { return []string{gosasl.Login, gosasl.Plain} }

func (s *peerSession) Auth(mechanism string) (gosasl.Server, error) {
	check := func(username, password string) error {
		if username != "you@example.test" || password != marker {
			return gosmtp.ErrAuthFailed
		}
		s.known = true
		return nil
	}
	if mechanism != gosasl.Plain {
		return nil, gosmtp.ErrAuthUnknownMechanism
	}
	return gosasl.NewPlainServer(func(_, username, password string) error { return check(username, password) }), nil
}

func (s *peerSession) Mail(from string, opts *gosmtp.MailOptions) error {
	if !s.known {
		return gosmtp.ErrAuthRequired
	}
	s.letter = delivered{from: from, utf8: opts.UTF8}
	return nil
}

func (s *peerSession) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	if strings.HasPrefix(to, "nobody@") {
		return &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
	}
	s.letter.to = to
	return nil
}

func (s *peerSession) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.letter.message = string(text)
	s.peer.mu.Lock()
	defer s.peer.mu.Unlock()
	s.peer.mail = append(s.peer.mail, s.letter)
	return nil
}

func (s *peerSession) Reset()        {}
func (s *peerSession) Logout() error { return nil }

func TestPeer(t *testing.T) {
	t.Parallel()
	ca := smtptest.NewCA()
	address := func(text string) submission.Address {
		a, err := submission.ParseAddress(text)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	to := func(text string) func(*Plan) { return func(p *Plan) { p.Account.To = address(text) } }
	small := func(s *gosmtp.Server) { s.MaxMessageBytes = 100 }
	for _, c := range []struct {
		name     string
		security submission.Security
		tune     func(*gosmtp.Server)
		change   func(*Plan)
		want     string
		mail     *delivered // that arrived, but for the message
	}{
		{name: "in clear", security: submission.None, want: "0", mail: &delivered{from: "you@example.test", to: "you@example.test"}},
		{name: "implicit TLS", security: submission.SSL, want: "0", mail: &delivered{from: "you@example.test", to: "you@example.test"}},
		{name: "STARTTLS", security: submission.STARTTLS, want: "0", mail: &delivered{from: "you@example.test", to: "you@example.test"}},
		{name: "an international domain", security: submission.SSL, want: "0", change: to("them@münchen.example.test"),
			mail: &delivered{from: "you@example.test", to: "them@xn--mnchen-3ya.example.test"}},
		{name: "SMTPUTF8", security: submission.SSL, want: "0", change: to("jörg@münchen.example.test"),
			tune: func(s *gosmtp.Server) { s.EnableSMTPUTF8 = true }, mail: &delivered{from: "you@example.test", to: "jörg@xn--mnchen-3ya.example.test", utf8: true}},
		{name: "SMTPUTF8 not offered", security: submission.SSL, want: "8 mail no_smtputf8", change: to("jörg@example.test")},
		{name: "wrong password", security: submission.STARTTLS, want: "7 auth 535", change: func(p *Plan) { p.Account.Password = submission.NewSecret("pa55-Marker-9fQ ") }},
		{name: "wrong password in clear", security: submission.None, want: "7 auth 535", change: func(p *Plan) { p.Account.Password = submission.NewSecret("another") }},
		{name: "a mechanism refused", security: submission.SSL, want: "7 auth 504", change: func(p *Plan) { p.Account.Mechanism = "LOGIN" }},
		{name: "unknown recipient", security: submission.SSL, want: "9 rcpt 550", change: to("nobody@example.test")},
		{name: "unknown recipient, sender check", security: submission.SSL, want: "9 rcpt 550", change: func(p *Plan) {
			to("nobody@example.test")(p)
			p.Check = report.CheckSender
		}},
		{name: "too large", security: submission.SSL, want: "8 mail 552", tune: small},
		{name: "sender check says no size", security: submission.SSL, want: "0", tune: small, change: func(p *Plan) { p.Check = report.CheckSender }},
		{name: "login", security: submission.STARTTLS, want: "0", change: func(p *Plan) { p.Check = report.CheckLogin }},
		{name: "a certificate for another name", security: submission.STARTTLS, want: "5 tls cert_name", change: func(p *Plan) {
			p.Account.Endpoints[0].Host = "localhost"
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var p peer
			e := p.start(t, c.security, ca.Server(smtptest.Leaf{Names: []string{host}}), c.tune)
			pl := plan(t, ca, e)
			if c.change != nil {
				c.change(&pl)
			}
			prober := prober()
			prober.Resolver = smtptest.Resolver{host: smtptest.Addrs("127.0.0.1"), "localhost": smtptest.Addrs("127.0.0.1")}
			rep := runOn(t, context.Background(), prober, pl, nil)
			if got := outcome(rep); got != c.want {
				t.Errorf("got %s, want %s: %+v", got, c.want, rep.Failed())
			}
			checkDelivered(t, p.delivered(), c.mail, rep)
		})
	}
}

// checkDelivered compares the mails that arrived with the one that should.
func checkDelivered(t *testing.T, got []delivered, want *delivered, rep *report.Report) {
	t.Helper()
	if want == nil {
		if len(got) > 0 {
			t.Errorf("a mail arrived: %+v", got)
		}
		return
	}
	if len(got) != 1 {
		t.Fatalf("%d mails arrived", len(got))
	}
	m, err := mail.ReadMessage(strings.NewReader(got[0].message))
	if err != nil {
		t.Fatal(err)
	}
	if id, subject := m.Header.Get("Message-Id"), m.Header.Get("Subject"); id != rep.MessageID || subject != rep.Subject {
		t.Errorf("message %q, %q; report %q, %q", id, subject, rep.MessageID, rep.Subject)
	}
	if strings.Contains(got[0].message, marker) {
		t.Error("the message tells the password")
	}
	got[0].message = ""
	if got[0] != *want {
		t.Errorf("arrived %+v, want %+v", got[0], *want)
	}
}

// Both endpoints of one provider: one mail arrives.
func TestPeerRace(t *testing.T) {
	t.Parallel()
	ca := smtptest.NewCA()
	config := ca.Server(smtptest.Leaf{Names: []string{host}})
	var p peer
	ssl, starttls := p.start(t, submission.SSL, config, nil), p.start(t, submission.STARTTLS, config, nil)
	rep := runOn(t, context.Background(), prober(), plan(t, ca, ssl, starttls), nil)
	if !rep.OK() || rep.Endpoint != ssl || len(rep.Alternatives) != 1 || rep.Alternatives[0].Endpoint != starttls {
		t.Errorf("%s of %s, alternatives %+v", outcome(rep), rep.Endpoint, rep.Alternatives)
	}
	if n := len(p.delivered()); n != 1 {
		t.Errorf("%d mails arrived", n)
	}
}
