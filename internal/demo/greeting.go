package demo

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// greeter hands out connections to the library, which greets in words of its
// own: the first thing that it writes becomes the provider's greeting.
type greeter struct {
	net.Listener
	greeting func() string
	injects  bool
}

func (g greeter) Accept() (net.Conn, error) {
	conn, err := g.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &greeted{Conn: conn, greeting: g.greeting, injects: g.injects}, nil
}

type greeted struct {
	net.Conn
	greeting func() string // nil once it was said
	injects  bool
}

// Write is called with one whole reply each time.
func (g *greeted) Write(p []byte) (int, error) {
	said := p
	switch {
	case g.greeting != nil:
		if err := handshake(g.Conn); err != nil {
			return 0, err
		}
		said, g.greeting = []byte("220 "+g.greeting()+"\r\n"), nil
	case g.injects && bytes.HasPrefix(p, []byte("220 ")): // to STARTTLS
		said, g.injects = append(bytes.Clone(p), "250 injected\r\n"...), false
	}
	if _, err := g.Conn.Write(said); err != nil {
		return 0, err
	}
	return len(p), nil
}

// handshake completes TLS where the connection is with it, in bounded time.
func handshake(conn net.Conn) error {
	secure, ok := conn.(*tls.Conn)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	return secure.HandshakeContext(ctx)
}

// play is a part that the library cannot take: it has the connection until it
// returns, within TLS where the endpoint is with it.
type play func(conn net.Conn)

// perform lets a part play on every connection.
func (s *Server) perform(l net.Listener, part play) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		s.serving.Go(func() {
			defer conn.Close()
			if handshake(conn) == nil {
				_ = conn.SetDeadline(time.Now().Add(idleTimeout))
				part(conn)
			}
		})
	}
}

// silence takes what comes until the client leaves.
func silence(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

// imap greets like a server for reading mail (RFC 9051 section 7.1.1) and knows
// no command.
func imap(conn net.Conn) {
	_, _ = io.WriteString(conn, "* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+] Mail server ready.\r\n")
	answer(conn, func(line string) (string, bool) {
		tag, _, _ := strings.Cut(line, " ")
		return tag + " BAD Error in IMAP command received by server.", true
	})
}

// turnAway refuses in place of a greeting. After 421 the connection ends, after
// 554 the server waits for QUIT (RFC 5321 sections 3.1 and 3.8).
func (s *Server) turnAway(conn net.Conn) {
	r := s.rules.refusal
	lines := r.lines("{ip}", host(conn.RemoteAddr()))
	for i, text := range lines {
		separator := "-"
		if i == len(lines)-1 {
			separator = " "
		}
		if _, err := fmt.Fprintf(conn, "%d%s%s\r\n", r.Code, separator, text); err != nil {
			return
		}
	}
	if r.Code == 421 {
		return
	}
	answer(conn, func(line string) (string, bool) {
		if strings.EqualFold(strings.TrimSpace(line), "QUIT") {
			return "221 Bye", false
		}
		return "503 Bad sequence of commands", true
	})
}

// maxLine is as long as a command line may be, and some more.
const maxLine = 4096

// answer replies to each line until the client leaves, the reply is the last
// or a line is too long.
func answer(conn net.Conn, reply func(line string) (text string, more bool)) {
	lines := bufio.NewScanner(conn)
	lines.Buffer(make([]byte, 0, maxLine), maxLine)
	for lines.Scan() {
		text, more := reply(lines.Text())
		if _, err := io.WriteString(conn, text+"\r\n"); err != nil || !more {
			return
		}
	}
}

// host is an address without its port.
func host(a net.Addr) string {
	name, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return name
}
