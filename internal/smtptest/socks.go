package smtptest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
)

// SOCKSConfig is how a SOCKS5 proxy behaves.
type SOCKSConfig struct {
	Username, Password string            // asked for when set (RFC 1929)
	Refuse             byte              // reply to every request (RFC 1928 section 6); 0 lets them pass
	Hosts              map[string]string // "host:port" as asked for → the address where it is
}

// SOCKS is a SOCKS5 proxy on 127.0.0.1 (RFC 1928), for CONNECT only. It
// reaches what SOCKSConfig.Hosts names and loopback addresses.
type SOCKS struct {
	config SOCKSConfig
	loop   *loopback

	mu      sync.Mutex
	targets []Target
}

// Target is what a client asked the proxy for.
type Target struct {
	Host   string
	Port   int
	IsName bool // the proxy was given the name to resolve, not an address
}

// Address types and replies of RFC 1928 sections 5 and 6.
const (
	socksIPv4, socksName, socksIPv6 = 1, 3, 4

	socksHostUnreachable      = 4
	socksConnectionRefused    = 5
	socksCommandNotSupported  = 7
	socksNoAcceptableMethods  = 0xff
	socksNoAuth, socksUserPwd = 0, 2
)

// NewSOCKS starts a proxy, which ends with the test.
func NewSOCKS(tb testing.TB, config SOCKSConfig) *SOCKS {
	tb.Helper()
	p := &SOCKS{config: config}
	p.loop = listen(tb, p.serve)
	return p
}

// Addr is where the proxy listens.
func (p *SOCKS) Addr() *net.TCPAddr { return p.loop.addr }

// Targets returns what was asked for, also where it was refused.
func (p *SOCKS) Targets() []Target {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.targets)
}

func (p *SOCKS) serve(b *loopback, client net.Conn) {
	if p.negotiate(client) != nil {
		return
	}
	target, code := p.request(client)
	if code == 0 {
		code = p.config.Refuse
	}
	var server net.Conn
	if code == 0 {
		if server, code = p.dial(target); code == 0 {
			b.own(server)
			defer server.Close()
		}
	}
	if _, err := client.Write([]byte{5, code, 0, socksIPv4, 0, 0, 0, 0, 0, 0}); err == nil && code == 0 {
		b.wg.Go(func() { forward(server, client) })
		forward(client, server)
	}
}

// negotiate agrees on a method and asks for the password (RFC 1928 section 3, RFC 1929).
func (p *SOCKS) negotiate(conn net.Conn) error {
	head, err := take(conn, 2)
	if err != nil || head[0] != 5 {
		return errors.Join(err, errors.New("not SOCKS5"))
	}
	offered, err := take(conn, int(head[1]))
	if err != nil {
		return err
	}
	var method byte = socksNoAuth
	if p.config.Username != "" {
		method = socksUserPwd
	}
	if !bytes.Contains(offered, []byte{method}) {
		_, err := conn.Write([]byte{5, socksNoAcceptableMethods})
		return errors.Join(err, errors.New("no method in common"))
	}
	if _, err := conn.Write([]byte{5, method}); err != nil || method == socksNoAuth {
		return err
	}
	return p.login(conn)
}

func (p *SOCKS) login(conn net.Conn) error {
	if _, err := take(conn, 1); err != nil { // version of the negotiation
		return err
	}
	username, err := takeString(conn)
	if err != nil {
		return err
	}
	password, err := takeString(conn)
	if err != nil {
		return err
	}
	if username != p.config.Username || password != p.config.Password {
		_, err := conn.Write([]byte{1, 1})
		return errors.Join(err, errors.New("wrong password"))
	}
	_, err = conn.Write([]byte{1, 0})
	return err
}

// request reads what to connect to; the second result is not 0 to refuse it.
func (p *SOCKS) request(conn net.Conn) (Target, byte) {
	head, err := take(conn, 4)
	if err != nil || head[1] != 1 {
		return Target{}, socksCommandNotSupported
	}
	var t Target
	switch head[3] {
	case socksName:
		t.IsName = true
		t.Host, err = takeString(conn)
	case socksIPv4:
		t.Host, err = takeAddr(conn, 4)
	case socksIPv6:
		t.Host, err = takeAddr(conn, 16)
	}
	port, portErr := take(conn, 2)
	if errors.Join(err, portErr) != nil || t.Host == "" {
		return Target{}, socksHostUnreachable
	}
	t.Port = int(binary.BigEndian.Uint16(port))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.targets = append(p.targets, t)
	return t, 0
}

func (p *SOCKS) dial(t Target) (net.Conn, byte) {
	address := joinHostPort(t.Host, t.Port)
	if real, ok := p.config.Hosts[address]; ok {
		address = real
	} else if addr, err := netip.ParseAddr(t.Host); err != nil || !addr.IsLoopback() {
		return nil, socksHostUnreachable
	}
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, socksConnectionRefused
	}
	return conn, 0
}

// forward copies until one end closes, and passes that on.
func forward(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	closeWrite(to)
}

func closeWrite(conn net.Conn) {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}

func take(r io.Reader, n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	return b, err
}

// takeString reads one octet of length, then so much text.
func takeString(r io.Reader) (string, error) {
	length, err := take(r, 1)
	if err != nil {
		return "", err
	}
	text, err := take(r, int(length[0]))
	return string(text), err
}

func takeAddr(r io.Reader, n int) (string, error) {
	b, err := take(r, n)
	addr, _ := netip.AddrFromSlice(b)
	return addr.String(), err
}
