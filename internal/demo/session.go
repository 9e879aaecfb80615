package demo

import (
	"io"
	"net"
	"net/mail"
	"slices"
	"sync"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// session is one client's, made anew after STARTTLS.
type session struct {
	server   *Server
	conn     net.Conn
	secure   bool
	loggedIn bool

	mu         sync.Mutex // BDAT has Data run beside the next commands
	from       string
	recipients []string
}

// backend makes the sessions of one endpoint. With implicit TLS the library
// does not see that there is any, for its connections are wrapped.
func (s *Server) backend(implicit bool) smtp.Backend {
	return smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		_, upgraded := c.TLSConnectionState()
		if err := s.rules.hello(c.Hostname()); err != nil {
			return nil, err
		}
		return &session{server: s, conn: c.Conn(), secure: implicit || upgraded}, nil
	})
}

// AuthMechanisms are offered within TLS only, but where the trouble to show is
// a server that refuses them without.
func (s *session) AuthMechanisms() []string {
	if s.secure || s.server.rules.fault.clear {
		return s.server.rules.mechanisms()
	}
	return nil
}

func (s *session) Auth(mechanism string) (sasl.Server, error) {
	rules := s.server.rules
	if err := rules.encrypted(s.secure); err != nil {
		return nil, err
	}
	offered := rules.mechanisms()
	if len(offered) == 0 {
		return nil, noAuth()
	}
	if !slices.Contains(offered, mechanism) {
		return nil, unknownMechanism()
	}
	switch mechanism {
	case sasl.Plain:
		return newPlain(s.noting(rules.login)), nil
	case sasl.Login:
		return &loginServer{login: s.noting(rules.login)}, nil
	case xoauth2:
		return &tokenServer{read: readXOAuth2, token: s.noting(rules.token)}, nil
	case sasl.OAuthBearer:
		return &tokenServer{read: readOAuthBearer, token: s.noting(rules.token)}, nil
	}
	return nil, unknownMechanism()
}

// noting remembers who was let in.
func (s *session) noting(login loginFunc) loginFunc {
	return func(username, secret string) error {
		err := login(username, secret)
		s.loggedIn = err == nil
		return err
	}
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if err := s.server.rules.begin(s.secure, s.loggedIn); err != nil {
		return err
	}
	if s.server.rules.fault.hangUp {
		s.conn.Close()
		return io.ErrClosedPipe // which nobody hears
	}
	if err := s.server.rules.sender(from, host(s.conn.RemoteAddr())); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.from, s.recipients = from, nil
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.server.rules.recipient(s.from, to, host(s.conn.RemoteAddr())); err != nil {
		return err
	}
	s.recipients = append(s.recipients, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	s.mu.Lock()
	from, to := s.from, slices.Clone(s.recipients)
	s.mu.Unlock()
	raw, err := io.ReadAll(io.LimitReader(r, maxRaw))
	if err != nil {
		return err
	}
	rest, err := io.Copy(io.Discard, r) // all of it must be taken, and counted against SIZE
	if err != nil {
		return err
	}
	if err := s.server.rules.message(from, headerFrom(raw)); err != nil {
		return err
	}
	m := newMessage(from, to, raw)
	m.Truncated = rest > 0
	m.Received = s.server.now()
	s.server.mailbox.add(m)
	return nil
}

// headerFrom is the address in a message's From, "" where there is none that
// can be read.
func headerFrom(raw []byte) string {
	address, err := mail.ParseAddress(header(raw).Get("From"))
	if err != nil {
		return ""
	}
	return address.Address
}

func (s *session) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.from, s.recipients = "", nil
}

func (s *session) Logout() error { return nil }
