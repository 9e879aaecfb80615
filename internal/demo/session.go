package demo

import (
	"io"
	"slices"
	"sync"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// session is one client's, made anew after STARTTLS.
type session struct {
	server   *Server
	secure   bool
	loggedIn bool

	mu         sync.Mutex // BDAT has Data run beside the next commands
	from       string
	recipients []string
}

func (s *Server) newSession(c *smtp.Conn) (smtp.Session, error) {
	_, secure := c.TLSConnectionState()
	return &session{server: s, secure: secure}, nil
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain, sasl.Login} }

// Auth is called within TLS only: the library refuses it before.
func (s *session) Auth(mechanism string) (sasl.Server, error) {
	login := func(username, password string) error {
		err := s.server.rules.login(username, password)
		s.loggedIn = err == nil
		return err
	}
	switch mechanism {
	case sasl.Plain:
		return newPlain(login), nil
	case sasl.Login:
		return &loginServer{login: login}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if err := s.server.rules.begin(s.secure, s.loggedIn); err != nil {
		return err
	}
	if err := s.server.rules.sender(from); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.from, s.recipients = from, nil
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := s.server.rules.recipient(to); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
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
	m := newMessage(from, to, raw)
	m.Truncated = rest > 0
	m.Received = s.server.now()
	s.server.mailbox.add(m)
	return nil
}

func (s *session) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.from, s.recipients = "", nil
}

func (s *session) Logout() error { return nil }
