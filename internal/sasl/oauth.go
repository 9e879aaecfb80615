package sasl

import (
	"encoding/base64"
	"errors"
	"strings"

	gosasl "github.com/emersion/go-sasl"
)

// bearerClient speaks XOAUTH2 and OAUTHBEARER (RFC 7628). Both send the token
// at once. A refusal comes in two parts: the reason as a challenge, which the
// client must answer, and only then the failure reply. Giving up at the
// challenge would lose that reply.
type bearerClient struct {
	base
	mechanism string
	initial   []byte
	token     string
	answer    string // to the reason of a refusal
	refused   bool
	detail    string
}

func newOAuthBearer(c Credentials) (Client, error) {
	_, initial, err := gosasl.NewOAuthBearerClient(&gosasl.OAuthBearerOptions{
		Username: saslname(c.Username), Token: c.Password, Host: c.Host, Port: c.Port,
	}).Start()
	// RFC 7628 section 3.2.3: the dummy response is one %x01.
	return &bearerClient{mechanism: OAuthBearer, initial: initial, token: c.Password, answer: "\x01"}, err
}

// newXOAuth2 follows Google's description, where the dummy response is empty.
func newXOAuth2(c Credentials) (Client, error) {
	initial := []byte("user=" + c.Username + "\x01auth=Bearer " + c.Password + "\x01\x01")
	return &bearerClient{mechanism: XOAuth2, initial: initial, token: c.Password, answer: ""}, nil
}

func (c *bearerClient) Start() (mechanism string, initial []byte, err error) {
	return c.mechanism, c.initial, nil
}

func (c *bearerClient) Next(challenge []byte) ([]byte, error) {
	if c.refused {
		return nil, refuseMore(c.mechanism)
	}
	c.refused = true
	// Looked at as a whole, for a token that is cut off is no longer recognised.
	if text := string(challenge); !echoes(text, c.token) {
		c.detail = text[:min(len(text), maxServerText)]
	}
	return []byte(c.answer), nil
}

func (c *bearerClient) ServerDetail() string { return c.detail }

// echoes reports whether a server's text repeats the token: as it is, as JSON
// may write a slash, or inside base64 at any alignment.
func echoes(text, token string) bool {
	if strings.Contains(strings.ReplaceAll(text, `\/`, "/"), token) {
		return true
	}
	for shift := range 3 {
		padded := base64.RawStdEncoding.EncodeToString([]byte("\x00\x00"[:shift] + token))
		// Without the characters that the neighbours of the token decide too.
		inner := padded[(8*shift+5)/6 : 8*(shift+len(token))/6]
		url := strings.NewReplacer("+", "-", "/", "_").Replace(inner)
		if len(inner) > 0 && (strings.Contains(text, inner) || strings.Contains(text, url)) {
			return true
		}
	}
	return false
}

// saslname escapes the user name for the GS2 header (RFC 5801 section 4).
func saslname(s string) string {
	return strings.NewReplacer("=", "=3D", ",", "=2C").Replace(s)
}

func (c Credentials) checkBearer(mechanism string) error {
	switch {
	case mechanism == XOAuth2 && c.Username == "":
		return errors.New("the user name is empty")
	case c.Password == "":
		return errors.New("the token is empty")
	case strings.ContainsFunc(c.Username+c.Host, isControl):
		// %x01 separates the fields: a user name with one could add fields.
		return errors.New("the user name or the host holds a control character")
	case strings.ContainsFunc(c.Password, notTokenChar):
		return errors.New("the token holds a space or another character that no token has")
	}
	return nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// notTokenChar is wider than RFC 6750 section 2.1 allows, as far as it is safe.
func notTokenChar(r rune) bool { return r <= ' ' || r >= 0x7f }
