package sasl

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/hex"

	gosasl "github.com/emersion/go-sasl"
)

// oneMessage is a mechanism that is all said with its initial response: PLAIN
// (RFC 4616) and EXTERNAL (RFC 4422 appendix A).
type oneMessage struct {
	base
	mechanism string
	initial   []byte
}

func newOneMessage(c gosasl.Client) (Client, error) {
	mechanism, initial, err := c.Start()
	return &oneMessage{mechanism: mechanism, initial: initial}, err
}

func (c *oneMessage) Start() (mechanism string, initial []byte, err error) {
	return c.mechanism, c.initial, nil
}

func (c *oneMessage) Next([]byte) ([]byte, error) { return nil, refuseMore(c.mechanism) }

// loginClient speaks LOGIN, which no RFC defines. Servers word and translate
// the two prompts as they like, or leave them empty: the first asks for the
// user name, the second for the password. Some do not take an initial response.
type loginClient struct {
	base
	answers []string
}

func (c *loginClient) Start() (mechanism string, initial []byte, err error) { return Login, nil, nil }

func (c *loginClient) Next([]byte) ([]byte, error) {
	if len(c.answers) == 0 {
		return nil, refuseMore(Login)
	}
	answer := []byte(c.answers[0])
	c.answers = c.answers[1:]
	return answer, nil
}

// IgnoresChallenges tells the wire that prompts need not even be base64.
func (c *loginClient) IgnoresChallenges() {}

// cramMD5Client speaks CRAM-MD5 (RFC 2195 section 2).
type cramMD5Client struct {
	base
	username, password string
	answered           bool
}

func (c *cramMD5Client) Start() (mechanism string, initial []byte, err error) {
	return CRAMMD5, nil, nil
}

func (c *cramMD5Client) Next(challenge []byte) ([]byte, error) {
	switch {
	case c.answered:
		return nil, refuseMore(CRAMMD5)
	case len(challenge) == 0:
		// The same for every session: its answer could be replayed for ever.
		return nil, refuse(CRAMMD5, "it is empty")
	case len(challenge) > maxServerText:
		return nil, refuse(CRAMMD5, "it is too long")
	}
	c.answered = true
	mac := hmac.New(md5.New, []byte(c.password))
	mac.Write(challenge)
	return []byte(c.username + " " + hex.EncodeToString(mac.Sum(nil))), nil
}
