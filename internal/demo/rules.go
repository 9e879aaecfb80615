package demo

import (
	"crypto/subtle"
	"fmt"
	"strings"

	"github.com/emersion/go-smtp"

	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// rules say who may do what, and in which words the others are refused. A
// refusal is a *smtp.SMTPError. All that makes one provider differ from another
// belongs here; the session only asks.
type rules struct {
	username string
	password submission.Secret
}

func (r rules) login(username, password string) error {
	right := subtle.ConstantTimeCompare([]byte(password), []byte(r.password.Reveal())) == 1
	if !right || !strings.EqualFold(username, r.username) {
		return refuse(535, "5.7.8", "Authentication failed: wrong user name or password")
	}
	return nil
}

// begin judges MAIL before its address: TLS first, then AUTH (RFC 3207 section
// 4, RFC 4954 section 6).
func (r rules) begin(secure, loggedIn bool) error {
	switch {
	case !secure:
		return refuse(530, "5.7.0", "Must issue a STARTTLS command first")
	case !loggedIn:
		return refuse(530, "5.7.0", "Authentication required")
	}
	return nil
}

// sender lets the account send as itself only.
func (r rules) sender(address string) error {
	if !strings.EqualFold(address, r.username) {
		return refuse(553, "5.7.1", "<%s>: Sender address rejected: not owned by user %s", reply.Safe(address), r.username)
	}
	return nil
}

// recipient takes mail for every mailbox of the domain and relays none.
func (r rules) recipient(address string) error {
	domain := address[strings.LastIndexByte(address, '@')+1:]
	if !strings.EqualFold(strings.TrimSuffix(domain, "."), Domain) {
		return refuse(550, "5.7.1", "<%s>: Relay access denied: this server delivers to %s only", reply.Safe(address), Domain)
	}
	return nil
}

func malformedAuth() error { return refuse(501, "5.5.2", "Malformed authentication exchange") }

func refuse(code int, enhanced, format string, args ...any) error {
	e, _ := reply.ParseEnhancedCode(enhanced)
	return &smtp.SMTPError{
		Code:         code,
		EnhancedCode: smtp.EnhancedCode{e.Class, e.Subject, e.Detail},
		Message:      fmt.Sprintf(format, args...),
	}
}
