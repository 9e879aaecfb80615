package smtp

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	gosasl "github.com/emersion/go-sasl"

	"github.com/smtpwiz/smtpwiz/internal/reply"
)

// maxCommand is the longest command line, CRLF included (RFC 5321 section 4.5.3.1.4).
const maxCommand = 512

// maxChallenges ends an exchange with a server that never decides.
const maxChallenges = 16

// ErrExchange: the SASL exchange broke on our side; the server's last word is
// in the reply.
var ErrExchange = errors.New("the exchange of AUTH broke off")

// Undemanding is a client that answers whatever the server asks, as LOGIN does.
// Its challenges need not be base64, as RFC 4954 section 4 wants them: some
// servers prompt with a plain "334 Username:".
type Undemanding interface {
	gosasl.Client
	IgnoresChallenges()
}

// Auth runs one SASL exchange (RFC 4954 section 4). The reply is the server's
// last word, whatever it is; 235 alone is success.
func (c *Conn) Auth(ctx context.Context, client gosasl.Client) (reply.Reply, error) {
	c.inAuth = true
	defer func() { c.inAuth = false }()
	mechanism, initial, err := client.Start()
	if err != nil {
		return reply.Reply{}, fmt.Errorf("%w: %w", ErrExchange, err)
	}
	x := exchange{conn: c, client: client}
	if err := x.start(ctx, mechanism, initial); err != nil {
		return c.lastWords(ctx, err)
	}
	return x.run(ctx)
}

type exchange struct {
	conn   *Conn
	client gosasl.Client
	held   []byte // an initial response that did not fit into the command's line
}

func (x *exchange) start(ctx context.Context, mechanism string, initial []byte) error {
	command := "AUTH " + mechanism
	if initial == nil {
		return x.conn.send(ctx, command)
	}
	encoded := "=" // an empty initial response, which is not the same as none
	if len(initial) > 0 {
		encoded = base64.StdEncoding.EncodeToString(initial)
		x.conn.redactor.AddPayload(initial)
	}
	if len(command)+len(" ")+len(encoded)+len("\r\n") > maxCommand {
		x.held = initial
		return x.conn.send(ctx, command)
	}
	return x.conn.sendAs(ctx, []string{command + " " + Redacted}, []string{command + " " + encoded})
}

func (x *exchange) run(ctx context.Context) (reply.Reply, error) {
	for n := 0; ; n++ {
		raw, err := x.conn.readRaw(ctx, x.conn.timeout)
		if err != nil || raw.Code != reply.CodeContinue {
			return x.conn.show(raw), err
		}
		if n == maxChallenges {
			return x.cancel(ctx, fmt.Errorf("more than %d challenges", maxChallenges))
		}
		response, err := x.answer(raw)
		if err != nil {
			return x.cancel(ctx, err)
		}
		if err := x.respond(ctx, response); err != nil {
			return x.conn.lastWords(ctx, err)
		}
	}
}

func (x *exchange) answer(challenge reply.Reply) ([]byte, error) {
	if held := x.held; held != nil {
		x.held = nil
		return held, nil
	}
	if _, ok := x.client.(Undemanding); ok {
		return x.client.Next(nil)
	}
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(challenge.Text()))
	if err != nil {
		return nil, errors.New("the server's challenge is not base64")
	}
	return x.client.Next(decoded)
}

func (x *exchange) respond(ctx context.Context, response []byte) error {
	x.conn.redactor.AddPayload(response)
	return x.conn.sendAs(ctx, []string{Redacted}, []string{base64.StdEncoding.EncodeToString(response)})
}

// cancel gives the exchange up with the "*" of RFC 4954 section 4.
func (x *exchange) cancel(ctx context.Context, why error) (reply.Reply, error) {
	last, _ := x.conn.exchange(ctx, "*")
	return last, fmt.Errorf("%w: %w", ErrExchange, why)
}
