package smtp

import (
	"bytes"
	"context"
	"strconv"

	"github.com/smtpwiz/smtpwiz/internal/reply"
)

// Transaction is one mail transaction (RFC 5321 section 3.3).
type Transaction struct {
	From, To string // addr-specs without angle brackets, domains as A-labels
	Message  []byte // lines ended by CRLF; nil ends the transaction after RCPT with RSET
	EightBit bool   // the message holds octets over 127 (RFC 6152)
	UTF8     bool   // an address or the header needs SMTPUTF8 (RFC 6531)
}

// Verb is a command of a transaction whose reply is told.
type Verb string

const (
	MAIL    Verb = "MAIL"
	RCPT    Verb = "RCPT"
	DATA    Verb = "DATA"
	Message Verb = "message" // the end of the data
	RSET    Verb = "RSET"
)

// Submit runs one transaction and tells each reply as it arrives. It goes no
// further after a refusal. Where PIPELINING is offered the commands go in one
// write, and QUIT goes with the end of the message (RFC 2920 section 3.1).
func (c *Conn) Submit(ctx context.Context, t Transaction, each func(Verb, reply.Reply)) error {
	s := submission{conn: c, Transaction: t, each: each}
	if c.ext.Has("PIPELINING") {
		return s.pipelined(ctx)
	}
	return s.stepwise(ctx)
}

type submission struct {
	conn *Conn
	Transaction
	each func(Verb, reply.Reply)
}

// commands are the transaction's own, in order, with what they are told as.
func (s *submission) commands() (verbs []Verb, lines []string) {
	if s.Message == nil {
		return []Verb{MAIL, RCPT, RSET}, []string{s.mail(), s.rcpt(), "RSET"}
	}
	return []Verb{MAIL, RCPT, DATA}, []string{s.mail(), s.rcpt(), "DATA"}
}

func (s *submission) mail() string {
	line := "MAIL FROM:<" + s.From + ">"
	if s.conn.ext.Has("SIZE") && s.Message != nil {
		line += " SIZE=" + strconv.Itoa(len(s.Message))
	}
	if s.EightBit && s.conn.ext.Has("8BITMIME") {
		line += " BODY=8BITMIME"
	}
	if s.UTF8 {
		line += " SMTPUTF8"
	}
	return line
}

func (s *submission) rcpt() string { return "RCPT TO:<" + s.To + ">" }

func (s *submission) stepwise(ctx context.Context) error {
	verbs, lines := s.commands()
	for i, line := range lines {
		r, err := s.conn.exchange(ctx, line)
		if err != nil {
			return err
		}
		s.each(verbs[i], r)
		if refused(verbs[i], r) {
			return nil
		}
	}
	if s.Message == nil {
		return nil
	}
	return s.finish(ctx, s.Message)
}

func (s *submission) pipelined(ctx context.Context) error {
	verbs, lines := s.commands()
	if s.Message == nil {
		lines = append(lines, "QUIT")
	}
	if err := s.conn.send(ctx, lines...); err != nil {
		r, err := s.conn.lastWords(ctx, err)
		if err == nil {
			s.each(MAIL, r)
		}
		return err
	}
	s.conn.quitSent = s.Message == nil
	told := false // a refusal was told: what follows decides nothing
	for _, verb := range verbs {
		within := s.conn.timeout
		if told {
			within = min(courtesy, within)
		}
		r, err := s.conn.read(ctx, within)
		if err != nil {
			if told {
				return nil
			}
			return err
		}
		if !told {
			s.each(verb, r)
		}
		if verb == DATA && r.Code == reply.CodeStartMailInput {
			if told {
				return s.finishEmpty(ctx)
			}
			return s.finish(ctx, s.Message)
		}
		told = told || refused(verb, r)
	}
	return nil
}

// finish sends the message and tells what the server made of it.
func (s *submission) finish(ctx context.Context, message []byte) error {
	c := s.conn
	if err := c.early(); err != nil {
		_, err = c.lastWords(ctx, err)
		return err
	}
	wire := stuff(message)
	c.owed++
	if c.ext.Has("PIPELINING") {
		wire = append(wire, "QUIT\r\n"...)
		c.quitSent = true
		c.owed++
	}
	for line := range bytes.Lines(wire) {
		c.log.add(Line{At: c.log.now(), TLS: c.inTLS, Text: c.redactor.Clean(string(bytes.TrimSuffix(line, []byte("\r\n"))))})
	}
	within := c.timeout
	broke := c.write(ctx, wire)
	if broke != nil { // the server may have closed behind its reply to the message
		within = min(courtesy, within)
	}
	r, err := c.read(ctx, within)
	switch {
	case err == nil:
		s.each(Message, r)
		return nil
	case broke != nil:
		return broke
	}
	return err
}

// finishEmpty answers a 354 that came although a recipient was refused: with
// nothing but the final dot, which no server delivers (RFC 2920 section 3.1).
func (s *submission) finishEmpty(ctx context.Context) error {
	if err := s.conn.send(ctx, "."); err != nil {
		return nil
	}
	_, _ = s.conn.read(ctx, min(courtesy, s.conn.timeout))
	return nil
}

func refused(verb Verb, r reply.Reply) bool {
	if verb == DATA {
		return r.Code != reply.CodeStartMailInput
	}
	return !r.OK()
}

// stuff doubles leading dots and adds the end of data (RFC 5321 section 4.5.2).
func stuff(message []byte) []byte {
	var out bytes.Buffer
	out.Grow(len(message) + 16)
	for line := range bytes.Lines(message) {
		if line[0] == '.' {
			out.WriteByte('.')
		}
		out.Write(bytes.TrimRight(line, "\r\n"))
		out.WriteString("\r\n")
	}
	out.WriteString(".\r\n")
	return out.Bytes()
}
