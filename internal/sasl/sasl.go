// Package sasl chooses the SASL mechanism for AUTH (RFC 4422, RFC 4954) and
// plays the client's part of it. The normal order: Candidates lists what to
// try, New makes the client of one exchange, the wire drives its Start and
// Next, and after the server's 235 Finish has the last word. When to go on to
// the next candidate is for the caller to decide. The package knows no
// connection; errors never hold a password, a token or a payload.
package sasl

import (
	"errors"
	"fmt"
	"io"
	"strings"

	gosasl "github.com/emersion/go-sasl"
)

// Names of the mechanisms, as in the IANA registry; XOAUTH2 is Google's.
const (
	Plain           = "PLAIN"
	Login           = "LOGIN"
	SCRAMSHA256Plus = "SCRAM-SHA-256-PLUS"
	SCRAMSHA256     = "SCRAM-SHA-256"
	SCRAMSHA1Plus   = "SCRAM-SHA-1-PLUS"
	SCRAMSHA1       = "SCRAM-SHA-1"
	CRAMMD5         = "CRAM-MD5"
	XOAuth2         = "XOAUTH2"
	OAuthBearer     = "OAUTHBEARER"
	External        = "EXTERNAL"
)

// maxServerText bounds, in bytes, what is taken from a challenge.
const maxServerText = 4096

var (
	// ErrUnknownMechanism: the name is none of Mechanisms.
	ErrUnknownMechanism = errors.New("unknown SASL mechanism")
	// ErrCredentials: the mechanism cannot carry them; nothing was sent.
	ErrCredentials = errors.New("credentials cannot be sent")
	// ErrChallenge: the server asked for something that the mechanism does not
	// have, or that is refused for safety. The exchange must be cancelled.
	ErrChallenge = errors.New("challenge refused")
	// ErrServerSignature: SCRAM's server did not prove that it knows the
	// password (RFC 5802 section 5), so it may be an impostor.
	ErrServerSignature = errors.New("the server did not prove that it knows the password")
)

// Client is one exchange. Start gives a nil initial response where the
// mechanism has none, and an empty one where it must be sent as "=" (RFC 4954
// section 4); a response of Next is never nil.
type Client interface {
	gosasl.Client

	// Finish is called after the server's success reply, with its text. It
	// fails with ErrServerSignature where the mechanism lets the server prove
	// itself and it has not.
	Finish(success string) error

	// ServerDetail is why the server refused, said inside the exchange: the
	// JSON of XOAUTH2 and OAUTHBEARER (at most 4 KiB, cut there), the error
	// name of SCRAM ("invalid-proof"), else "". It is the server's text, to be
	// redacted and made safe like all of it.
	ServerDetail() string
}

// Credentials are who logs in, and where. Printed they show nothing, for some
// providers have the key as user name too; but fmt does not ask the values of
// unexported fields how to print them, so keep credentials out of those.
type Credentials struct {
	Username string // EXTERNAL: the identity to act as, may be empty
	Password string `json:"-"` // byte for byte; the access token of the OAuth mechanisms
	Host     string // OAUTHBEARER tells it, unless empty
	Port     int    // OAUTHBEARER tells it, unless 0
}

func (Credentials) String() string               { return "***" }
func (Credentials) GoString() string             { return "***" }
func (c Credentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// New makes the client of one exchange. The mechanism's name may be in any
// case; b is needed by the -PLUS mechanisms alone and may be nil. Errors are
// ErrUnknownMechanism, ErrCredentials and ErrNoBinding.
func New(mechanism string, c Credentials, b *Binding) (Client, error) {
	name := strings.ToUpper(mechanism)
	if !isKnown(name) {
		return nil, unknown(mechanism)
	}
	if err := c.check(name); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", name, ErrCredentials, err)
	}
	switch name {
	case Plain:
		return newOneMessage(gosasl.NewPlainClient("", c.Username, c.Password))
	case External:
		return newOneMessage(gosasl.NewExternalClient(c.Username))
	case Login:
		return &loginClient{answers: []string{c.Username, c.Password}}, nil
	case CRAMMD5:
		return &cramMD5Client{username: c.Username, password: c.Password}, nil
	case XOAuth2:
		return newXOAuth2(c)
	case OAuthBearer:
		return newOAuthBearer(c)
	}
	return newSCRAM(name, c, b, nil)
}

// CheckCredentials refuses, with ErrCredentials, a user name or password that no
// mechanism can carry: for callers that want to know before they dial. It does
// not ask for either to be there.
func CheckCredentials(username, password string) error {
	if err := checkNUL(username, password); err != nil {
		return fmt.Errorf("%w: %w", ErrCredentials, err)
	}
	return nil
}

// checkNUL: no server can store a NUL; PLAIN would be torn at it, C programs stop at it.
func checkNUL(username, password string) error {
	switch {
	case strings.Contains(username, "\x00"):
		return errors.New("the user name holds a NUL")
	case strings.Contains(password, "\x00"):
		return errors.New("the password holds a NUL")
	}
	return nil
}

// check refuses what a mechanism cannot carry, before anything is sent.
func (c Credentials) check(mechanism string) error {
	if mechanism == External {
		return checkNUL(c.Username, "") // the password stays here
	}
	if err := checkNUL(c.Username, c.Password); err != nil {
		return err
	}
	switch mechanism {
	case XOAuth2, OAuthBearer:
		return c.checkBearer(mechanism)
	}
	switch {
	case c.Username == "":
		return errors.New("the user name is empty")
	case c.Password == "":
		// Some directories take an empty password for an anonymous login, which
		// succeeds and proves nothing (RFC 4513 section 5.1.2).
		return errors.New("the password is empty")
	}
	return nil
}

// base is what most mechanisms share. Its Format keeps the secrets of the
// client that embeds it out of whatever prints it.
type base struct{}

func (base) Finish(string) error        { return nil }
func (base) ServerDetail() string       { return "" }
func (base) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "SASL client") }

func refuse(mechanism, why string) error {
	return fmt.Errorf("%s: %w: %s", mechanism, ErrChallenge, why)
}

func refuseMore(mechanism string) error { return refuse(mechanism, "the exchange was over") }
