package sasl

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/xdg-go/scram"
)

// Iterations of PBKDF2 that a server may ask for. Fewer make a captured
// exchange cheap to guess against (RFC 5802 section 5.1); more would let a
// server keep the client busy for as long as it likes.
const (
	minIterations = 4096
	maxIterations = 1_000_000
)

// scramClient speaks SCRAM (RFC 5802, RFC 7677), with and without -PLUS.
type scramClient struct {
	base
	mechanism string
	conv      *scram.ClientConversation
	awaits    scramMessage
	detail    string
}

// scramMessage is what the server says next.
type scramMessage int

const (
	serverFirst scramMessage = iota
	serverFinal
	nothing
)

// newSCRAM makes a client; nonce is nil but in tests of known answers.
func newSCRAM(mechanism string, c Credentials, b *Binding, nonce func() string) (Client, error) {
	if needsBinding(mechanism) && b == nil {
		return nil, fmt.Errorf("%s: %w", mechanism, ErrNoBinding)
	}
	client := prepare(hashOf(mechanism), c)
	if nonce != nil {
		client.WithNonceGenerator(nonce)
	}
	// Without -PLUS the header says "n", never "y": that would claim that the
	// server offers no -PLUS, which is not known here, and one that does offer
	// it must refuse the claim (RFC 5802 section 6).
	conv := client.NewConversation()
	if needsBinding(mechanism) {
		conv = client.NewConversationWithChannelBinding(b.channel)
	}
	return &scramClient{mechanism: mechanism, conv: conv}, nil
}

func hashOf(mechanism string) scram.HashGeneratorFcn {
	if strings.HasPrefix(mechanism, SCRAMSHA256) {
		return scram.SHA256
	}
	return scram.SHA1
}

// prepare normalises user name and password with SASLprep. What SASLprep
// forbids in either (an emoji, scripts of both directions mixed, bytes that are
// not UTF-8) leaves both as they are: a server that took such an account cannot
// have prepared it, so the bytes themselves are all that can match.
func prepare(hash scram.HashGeneratorFcn, c Credentials) *scram.Client {
	client, err := hash.NewClient(c.Username, c.Password, "")
	if err != nil {
		client, _ = hash.NewClientUnprepped(c.Username, c.Password, "") // never fails
	}
	return client
}

func (c *scramClient) Start() (mechanism string, initial []byte, err error) {
	first, err := c.conv.Step("")
	if err != nil {
		return "", nil, fmt.Errorf("%s: the exchange was started before", c.mechanism)
	}
	return c.mechanism, []byte(first), nil
}

func (c *scramClient) Next(challenge []byte) ([]byte, error) {
	awaited := c.awaits
	c.awaits = nothing // unless the exchange goes on
	text := string(challenge)
	switch {
	case awaited == nothing:
		return nil, refuseMore(c.mechanism)
	case len(text) > maxServerText:
		return nil, refuse(c.mechanism, "it is too long")
	case strings.HasPrefix(text, "e="):
		// The failure reply follows once this is answered.
		c.detail = errorName(text)
		return []byte{}, nil
	case awaited == serverFirst:
		return c.prove(text)
	}
	// In SMTP the server's proof is a challenge, for 235 carries no data: the
	// answer is empty (RFC 4422 section 3.6).
	if err := c.verify(text); err != nil {
		return nil, err
	}
	return []byte{}, nil
}

// prove answers the server-first-message, "r=…,s=…,i=…", with the client's
// proof. Errors of the library quote the server, so they stay here.
func (c *scramClient) prove(message string) ([]byte, error) {
	n, ok := iterations(message)
	if !ok {
		return nil, refuse(c.mechanism, "it holds no valid iteration count")
	}
	if n < minIterations || n > maxIterations {
		why := fmt.Sprintf("it asks for %d iterations, %d to %d are accepted", n, minIterations, maxIterations)
		return nil, refuse(c.mechanism, why)
	}
	final, err := c.conv.Step(message)
	if err != nil {
		return nil, refuse(c.mechanism, "its nonce or salt is not valid")
	}
	c.awaits = serverFinal
	return []byte(final), nil
}

// verify checks the server's proof, "v=…" of its server-final-message.
func (c *scramClient) verify(message string) error {
	if _, err := c.conv.Step(message); err != nil || !c.conv.Valid() {
		return fmt.Errorf("%s: %w", c.mechanism, ErrServerSignature)
	}
	return nil
}

// Finish also takes the server's proof from the success reply, where some put
// it although SMTP has no place for it there.
func (c *scramClient) Finish(success string) error {
	if c.conv.Valid() {
		return nil
	}
	if proof := proofIn(success); proof != "" && c.awaits == serverFinal {
		return c.verify(proof)
	}
	return fmt.Errorf("%s: %w", c.mechanism, ErrServerSignature)
}

func (c *scramClient) ServerDetail() string { return c.detail }

// iterations reads the count from "r=…,s=…,i=4096[,…]" at the place where the
// library reads it: digits alone, not beginning with 0 (RFC 5802 section 7).
func iterations(message string) (n int, ok bool) {
	fields := strings.Split(message, ",")
	if len(fields) < 3 {
		return 0, false
	}
	digits, found := strings.CutPrefix(fields[2], "i=")
	if !found || digits == "" || digits[0] == '0' || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil
}

// errorName is the value of "e=invalid-proof[,…]" if it has the form of the
// names in RFC 5802 section 7.
func errorName(message string) string {
	const alphabet, longest = "abcdefghijklmnopqrstuvwxyz-", 64
	name, _, _ := strings.Cut(strings.TrimPrefix(message, "e="), ",")
	if len(name) > longest || strings.Trim(name, alphabet) != "" {
		return ""
	}
	return name
}

// proofIn finds base64 of "v=…" among the words of a reply.
func proofIn(reply string) string {
	for word := range strings.FieldsSeq(reply) {
		decoded, err := base64.StdEncoding.DecodeString(word)
		if err == nil && strings.HasPrefix(string(decoded), "v=") {
			return string(decoded)
		}
	}
	return ""
}
