// Package smtp speaks the client's side of a submission session (RFC 5321,
// RFC 6409) and keeps what was said. The usual order of calls:
//
//	conn := New(netConn, options)
//	conn.Handshake(ctx, config)  // implicit TLS
//	conn.Greeting(ctx)
//	conn.Hello(ctx, name)
//	conn.StartTLS(ctx)           // or here, then Handshake and Hello again
//	conn.Auth(ctx, client)
//	conn.Submit(ctx, transaction, each)
//	conn.Quit(ctx)
//
// A refusal is a reply, not an error: errors are of the connection, of a
// server that does not speak the protocol, or of a caller's argument. The
// package trusts nobody: what a server sends is bounded in size and time.
package smtp

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/smtpwiz/smtpwiz/internal/reply"
)

// ErrInjection: bytes in clear stood behind the reply to STARTTLS. An attacker
// or a broken proxy put them there; nothing may be sent (CVE-2011-0411).
var ErrInjection = errors.New("bytes in clear behind the reply to STARTTLS")

// errArgument: what was to be sent would be more than one line; nothing was.
var errArgument = errors.New("a command may hold no line end and no NUL")

// Options of a Conn.
type Options struct {
	Timeout    time.Duration // for one write, for one whole reply and for a handshake
	Transcript *Transcript
	// Upgrades: STARTTLS will follow. Until TLS stands nothing is said but EHLO,
	// STARTTLS and QUIT, so there is no falling back to HELO.
	Upgrades bool
}

// Conn is one session. It is used by one goroutine.
type Conn struct {
	nc       net.Conn
	head     *headReader // the peer's first bytes, to name what is not TLS
	br       *bufio.Reader
	timeout  time.Duration
	log      *Transcript
	redactor *Redactor
	ext      reply.Extensions
	shown    reply.Extensions // ext, fit to be seen

	upgrades bool
	owed     int // replies that the server has yet to send
	inTLS    bool
	inAuth   bool
	quitSent bool
	bareLF   bool
	torn     bool // a reply broke off: what comes next is the rest of it
}

// New begins a session on a connection that was just made.
func New(nc net.Conn, o Options) *Conn {
	c := &Conn{nc: nc, timeout: o.Timeout, log: o.Transcript, redactor: o.Transcript.redactor, upgrades: o.Upgrades, owed: 1}
	c.head = &headReader{Conn: nc}
	c.br = bufio.NewReader(c.head)
	return c
}

// Extensions are those of the last Hello, safe to show.
func (c *Conn) Extensions() reply.Extensions {
	shown := reply.Extensions{}
	for keyword, params := range c.shown {
		shown[c.redactor.Clean(keyword)] = c.redactor.Clean(params)
	}
	return shown
}

// Offers reports whether the last Hello offered an extension.
func (c *Conn) Offers(keyword string) bool { return c.ext.Has(keyword) }

// Mechanisms are the SASL mechanisms that the last Hello offered, as written: a
// password may be the name of one.
func (c *Conn) Mechanisms() []string { return c.ext.Mechanisms() }

// SawBareLF reports whether a line ended without the CR that RFC 5321 section
// 2.3.8 asks for.
func (c *Conn) SawBareLF() bool { return c.bareLF }

// LocalAddr is our own end of the connection.
func (c *Conn) LocalAddr() net.Addr { return c.nc.LocalAddr() }

// Close drops the connection without a word.
func (c *Conn) Close() error { return c.nc.Close() }

// Handshake secures the connection and forgets what was offered in clear
// (RFC 3207 section 4.2). On an error the connection is closed; the first bytes
// of a peer that does not speak TLS are then in Head.
func (c *Conn) Handshake(ctx context.Context, config *tls.Config) (tls.ConnectionState, error) {
	if c.br.Buffered() > 0 {
		_ = c.Close()
		return tls.ConnectionState{}, ErrInjection
	}
	c.head.seen = nil
	stop := c.bound(ctx, c.timeout)
	defer stop()
	secured := tls.Client(c.head, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = c.Close()
		return secured.ConnectionState(), interrupted(ctx, err)
	}
	c.nc, c.inTLS, c.ext, c.shown = secured, true, nil, nil
	c.br.Reset(secured)
	return secured.ConnectionState(), nil
}

// Head is what the peer sent first since the last handshake began, at most 256 octets.
func (c *Conn) Head() string { return string(c.head.seen) }

// Greeting reads the server's first reply.
func (c *Conn) Greeting(ctx context.Context) (reply.Reply, error) { return c.read(ctx, c.timeout) }

// Hello says EHLO, or HELO to a server from before RFC 1869, and keeps the extensions.
func (c *Conn) Hello(ctx context.Context, name string) (reply.Reply, error) {
	c.ext, c.shown = reply.Extensions{}, nil
	if err := c.send(ctx, "EHLO "+name); err != nil {
		return c.lastWords(ctx, err)
	}
	raw, err := c.readRaw(ctx, c.timeout)
	r := c.show(raw)
	if err != nil {
		return r, err
	}
	switch {
	case raw.OK():
		c.ext, c.shown = reply.ParseExtensions(raw.Map(reply.Safe)), reply.ParseExtensions(r)
	case (r.Code == 500 || r.Code == 502 || r.Code == 504) && (c.inTLS || !c.upgrades):
		return c.exchange(ctx, "HELO "+name)
	}
	return r, nil
}

// StartTLS asks for the upgrade (RFC 3207 section 4). After a 220, Handshake is
// next; with ErrInjection the connection is closed.
func (c *Conn) StartTLS(ctx context.Context) (reply.Reply, error) {
	r, err := c.exchange(ctx, "STARTTLS")
	if err == nil && r.OK() && c.br.Buffered() > 0 {
		_ = c.Close()
		return r, ErrInjection
	}
	return r, err
}

// courtesy is how long we wait for answers that no longer decide anything.
const courtesy = time.Second

// Quit ends the session, waiting only a moment for the server's goodbye.
func (c *Conn) Quit(ctx context.Context) (reply.Reply, error) {
	defer c.Close()
	if !c.quitSent {
		if err := c.send(ctx, "QUIT"); err != nil {
			return reply.Reply{}, err
		}
	}
	// After a run that was cut short, answers to earlier commands come first.
	for c.owed > 1 {
		if _, err := c.read(ctx, min(courtesy, c.timeout)); err != nil {
			return reply.Reply{}, err
		}
	}
	return c.read(ctx, min(courtesy, c.timeout))
}

func (c *Conn) exchange(ctx context.Context, command string) (reply.Reply, error) {
	if err := c.send(ctx, command); err != nil {
		return c.lastWords(ctx, err)
	}
	return c.read(ctx, c.timeout)
}

// lastWords looks for what a server said before it closed the connection that
// we could not write to any more: often a 421 that tells why.
func (c *Conn) lastWords(ctx context.Context, why error) (reply.Reply, error) {
	if errors.Is(why, errArgument) || ctx.Err() != nil {
		return reply.Reply{}, why
	}
	r, err := c.read(ctx, min(courtesy, c.timeout))
	var alert *net.OpError
	switch {
	case err == nil && r.Class() >= 4:
		return r, nil
	case errors.As(err, &alert) && alert.Op == "remote error": // of TLS, which says more
		return reply.Reply{}, err
	}
	return reply.Reply{}, why
}

// send writes commands in one write, as RFC 2920 allows where PIPELINING is offered.
func (c *Conn) send(ctx context.Context, commands ...string) error {
	return c.sendAs(ctx, commands, commands)
}

// sendAs is send with other lines for the transcript.
func (c *Conn) sendAs(ctx context.Context, shown, commands []string) error {
	for i, line := range commands {
		if strings.ContainsAny(line, "\r\n\x00") {
			return fmt.Errorf("%w: %s", errArgument, reply.Safe(c.redactor.Clean(shown[i])))
		}
	}
	if err := c.early(); err != nil {
		return err
	}
	for _, line := range shown {
		c.log.add(Line{At: c.log.now(), TLS: c.inTLS, Text: c.redactor.Clean(line)})
	}
	c.owed += len(commands)
	return c.write(ctx, []byte(strings.Join(commands, "\r\n")+"\r\n"))
}

// early is an error where the server consents to what was not said yet: from
// here on each of its answers would be taken for that to another question. A
// refusal may come at any time (RFC 5321 section 3.8): it answers what is next.
func (c *Conn) early() error {
	if c.owed > 0 || c.br.Buffered() == 0 {
		return nil
	}
	if next, _ := c.br.Peek(1); next[0] != '2' && next[0] != '3' {
		return nil
	}
	return &reply.MalformedError{Reason: "an answer came before there was a question"}
}

func (c *Conn) write(ctx context.Context, b []byte) error {
	stop := c.bound(ctx, c.timeout)
	defer stop()
	_, err := c.nc.Write(b)
	return interrupted(ctx, err)
}

// read takes one whole reply within a time limit: a server that drips is cut off.
func (c *Conn) read(ctx context.Context, within time.Duration) (reply.Reply, error) {
	raw, err := c.readRaw(ctx, within)
	return c.show(raw), err
}

// readRaw is read with the server's bytes as they are: for what SASL decodes.
// After a reply that broke off there is no other: its rest would be taken for one.
func (c *Conn) readRaw(ctx context.Context, within time.Duration) (reply.Reply, error) {
	if c.torn {
		return reply.Reply{}, &reply.MalformedError{Reason: "a reply that broke off"}
	}
	stop := c.bound(ctx, within)
	defer stop()
	var heard []Line
	r, err := reply.Read(c.br, func(raw reply.Raw) {
		c.bareLF = c.bareLF || raw.BareLF
		heard = append(heard, Line{At: c.log.now(), Server: true, TLS: c.inTLS, Text: raw.Text})
	})
	c.torn = err != nil && len(heard) > 0
	c.note(heard, err)
	if err != nil {
		return reply.Reply{}, interrupted(ctx, err)
	}
	c.owed--
	return r, nil
}

// note writes the lines of one reply into the transcript, together: a secret
// may be broken over several. A line that could not be read is cleaned likewise.
func (c *Conn) note(heard []Line, err error) {
	codes, texts := make([]string, len(heard)), make([]string, len(heard))
	for i, l := range heard {
		codes[i], texts[i] = splitCode(l.Text)
	}
	if c.torn {
		texts = c.redactor.CleanEnd(texts)
	}
	line := ""
	for i, text := range c.cleanLines(texts) {
		line = codes[i] + text
		if c.inAuth && strings.HasPrefix(line, "334") {
			line = "334 " + Redacted // a challenge is replaced whole
		}
		heard[i].Text = line
		c.log.add(heard[i])
	}
	var malformed *reply.MalformedError
	if errors.As(err, &malformed) && malformed.Line != "" {
		const most = 512 // of an error's text; cut only now, when no secret can be cut in two
		malformed.Line = cut(reply.Safe(line), most)
	}
}

// splitCode parts a line of a reply from its code.
func splitCode(line string) (code, text string) {
	const length = len("535-")
	if len(line) >= length && strings.Trim(line[:3], "0123456789") == "" && (line[3] == ' ' || line[3] == '-') {
		return line[:length], line[length:]
	}
	return "", line
}

// show makes a reply fit to be seen. A challenge is replaced whole.
func (c *Conn) show(r reply.Reply) reply.Reply {
	if c.inAuth && r.Code == reply.CodeContinue {
		return r.Map(func(string) string { return Redacted })
	}
	r.Lines = c.cleanLines(r.Lines)
	return r.Map(reply.Safe)
}

func (c *Conn) cleanLines(lines []string) []string {
	if c.inAuth {
		return c.redactor.CleanAuthLines(lines)
	}
	return c.redactor.CleanLines(lines)
}

// bound limits what follows in time and by the context, which ends it at once.
// When stop returns, the context has no more say in this connection.
func (c *Conn) bound(ctx context.Context, within time.Duration) (stop func()) {
	nc := c.nc
	_ = nc.SetDeadline(time.Now().Add(within))
	over := make(chan struct{})
	release := context.AfterFunc(ctx, func() {
		_ = nc.SetDeadline(time.Unix(1, 0))
		close(over)
	})
	return func() {
		if !release() {
			<-over
		}
	}
}

// cut shortens a text that is safe to print.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most] + "…"
}

// interrupted prefers the reason why a context ended to the I/O error it caused.
func interrupted(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// headReader keeps the first bytes that a peer sends.
type headReader struct {
	net.Conn
	seen []byte
}

func (h *headReader) Read(p []byte) (int, error) {
	n, err := h.Conn.Read(p)
	const most = 256
	if room := most - len(h.seen); room > 0 {
		h.seen = append(h.seen, p[:min(n, room)]...)
	}
	return n, err
}
