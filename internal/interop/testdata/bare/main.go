// Bare is the least that a Go program can do to submit one message: every
// command that may be sent together is, no reply is waited for that need not
// be, and nothing is reported. The comparison of the speed of smtpwiz with
// other programs takes it as its measure.
//
//	bare ssl|starttls HOST:PORT NAME CAFILE USER PASSWORD
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 6 {
		return errors.New("usage: bare ssl|starttls HOST:PORT NAME CAFILE USER PASSWORD")
	}
	security, address, name, caFile, user, password := args[0], args[1], args[2], args[3], args[4], args[5]
	roots := x509.NewCertPool()
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return err
	}
	roots.AppendCertsFromPEM(pem)
	dialled, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	tcp := dialled.(*net.TCPConn)
	raw, err := tcp.SyscallConn()
	if err != nil {
		return err
	}
	p := peer{conn: &quick{tcp, raw}}
	p.br = bufio.NewReader(p.conn)
	if security == "starttls" {
		p.say("", 1)
		p.say("EHLO [127.0.0.1]\r\n", 1)
		p.say("STARTTLS\r\n", 1)
	}
	secured := tls.Client(p.conn, &tls.Config{ServerName: name, RootCAs: roots})
	if err := errors.Join(p.err, secured.Handshake()); err != nil {
		return err
	}
	p.conn, p.br = secured, bufio.NewReader(secured)
	if security == "ssl" {
		p.say("", 1)
	}
	p.say("EHLO [127.0.0.1]\r\n", 1)
	p.say("AUTH PLAIN "+base64.StdEncoding.EncodeToString([]byte("\x00"+user+"\x00"+password))+"\r\n", 1)
	p.say("MAIL FROM:<"+user+">\r\nRCPT TO:<"+user+">\r\nDATA\r\n", 3)
	p.say("From: "+user+"\r\nTo: "+user+"\r\nSubject: test\r\n\r\n"+strings.Repeat("A line of text as long as others are.\r\n", 20)+".\r\nQUIT\r\n", 2)
	return p.err
}

// quick is a connection that acknowledges at once what it is sent.
type quick struct {
	*net.TCPConn
	raw syscall.RawConn
}

func (q *quick) Read(b []byte) (int, error) {
	_ = q.raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
	})
	return q.TCPConn.Read(b)
}

type peer struct {
	conn net.Conn
	br   *bufio.Reader
	err  error
}

// say writes commands and reads their replies, all of which must be good.
func (p *peer) say(commands string, replies int) {
	if p.err == nil && commands != "" {
		_, p.err = p.conn.Write([]byte(commands))
	}
	for replies > 0 && p.err == nil {
		var line string
		if line, p.err = p.br.ReadString('\n'); p.err != nil {
			return
		}
		if len(line) < 4 || line[0] > '3' {
			p.err = fmt.Errorf("the server answers %q", line)
			return
		}
		if line[3] == ' ' {
			replies--
		}
	}
}
