package demo

import (
	"errors"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

type loginFunc func(username, password string) error

// plainServer is go-sasl's, but its complaints about the form become a reply
// of their own; the library would answer 454, as if trying later helped.
type plainServer struct{ sasl.Server }

func newPlain(login loginFunc) plainServer {
	return plainServer{sasl.NewPlainServer(func(identity, username, password string) error {
		if identity != "" && !strings.EqualFold(identity, username) {
			// No account may act for another (RFC 4616 section 2).
			return login("", "")
		}
		return login(username, password)
	})}
}

func (p plainServer) Next(response []byte) ([]byte, bool, error) {
	challenge, done, err := p.Server.Next(response)
	if refusal := (*smtp.SMTPError)(nil); err != nil && !errors.As(err, &refusal) {
		err = malformedAuth()
	}
	return challenge, done, err
}

// loginServer is LOGIN, which go-sasl has for clients only (draft-murchison-sasl-login).
type loginServer struct {
	login    loginFunc
	asked    int // prompts sent
	username string
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if response == nil && l.asked == 0 {
		l.asked = 1
		return []byte("Username:"), false, nil
	}
	switch {
	case l.asked < 2: // the user name, maybe as initial response
		l.asked = 2
		l.username = string(response)
		return []byte("Password:"), false, nil
	case l.asked == 2:
		l.asked = 3
		return nil, true, l.login(l.username, string(response))
	}
	return nil, false, malformedAuth()
}
