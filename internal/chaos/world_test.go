package chaos

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/smtptest"
)

const (
	host     = "smtp.example.test"
	username = "you@example.test"
	marker   = "pa55-Marker-9fQ"
	far      = "192.0.2.10" // where host is
)

// world is a network of random servers. Over loopback instead of pipes its
// connections are real ones, and its time is short.
type world struct {
	servers  map[string]*server // by address
	over     sync.WaitGroup     // the servers' sessions
	ended    chan struct{}
	real     bool
	password string

	mu   sync.Mutex
	open int // connections that the client has not closed
}

// authorities are made once: keys cost more than servers.
type authorities struct{ good, other *smtptest.CA }

func newAuthorities() authorities { return authorities{smtptest.NewCA(), smtptest.NewCA()} }

// newWorld has a server at each of the ports, all of them decided by rng.
func newWorld(rng *rand.Rand, ca authorities, real bool) *world {
	w := &world{servers: map[string]*server{}, ended: make(chan struct{}), real: real, password: pick(rng, passwords...)}
	mood := pick(rng, 0, 0.02, 0.1, 0.3)
	for address, implicit := range map[string]bool{far + ":465": true, far + ":587": false, "127.0.0.1:25": false} {
		w.servers[address] = &server{world: w, inTLS: implicit, mood: mood}
	}
	// In a fixed order: a map has none.
	for _, address := range []string{far + ":465", far + ":587", "127.0.0.1:25"} {
		w.servers[address].decide(rng, ca)
	}
	return w
}

func (s *server) decide(rng *rand.Rand, ca authorities) {
	s.rng = rand.New(rand.NewPCG(rng.Uint64(), rng.Uint64()))
	if rng.IntN(3) == 0 { // a false friend: few sessions with others come far
		s.calm, s.mood = 2+rng.IntN(6), 0.5
	}
	leaf := smtptest.Leaf{Names: []string{host}}
	kind := rng.IntN(20) + s.calm
	s.trusted = kind > 3
	switch kind {
	case 0:
		leaf = leaf.Expired()
	case 1:
		leaf = leaf.NotYetValid()
	case 2:
		leaf.Names = []string{"\x1b[2J." + host, "other.example.test", marker + ".example.test"}
	}
	if kind == 3 {
		s.tls = ca.other.Server(leaf)
	} else {
		s.tls = ca.good.Server(leaf)
	}
	if rng.IntN(3) == 0 {
		s.tls.MaxVersion = pick(rng, uint16(0x0303), 0x0303, 0x0302) // TLS 1.2, or 1.1
		s.tls.MinVersion = 0x0301
	}
	if rng.IntN(15) == 0 {
		s.tls.ClientAuth = tls.RequireAnyClientCert // which ends in an alert
	}
	if rng.IntN(8) == 0 {
		s.tls.CurvePreferences = []tls.CurveID{tls.CurveP384} // another ClientHello
	}
}

// DialContext connects to a server, or does not.
func (w *world) DialContext(ctx context.Context, _, address string) (net.Conn, error) {
	refuse := func(err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: err}
	}
	s, ok := w.servers[address]
	if !ok {
		return refuse(syscall.ECONNREFUSED)
	}
	if err := ctx.Err(); err != nil {
		return refuse(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(s.sessions) == 0 && s.calm == 0 && s.rng.Float64() < s.mood/2 {
		return refuse(pick[error](s.rng, syscall.ECONNREFUSED, syscall.EHOSTUNREACH, os.ErrDeadlineExceeded))
	}
	client, mine, err := w.pair()
	if err != nil {
		return refuse(err)
	}
	w.begin(s, mine)
	return w.end(client, address), nil
}

// pair is a connection's two ends.
func (w *world) pair() (client, mine net.Conn, err error) {
	if !w.real {
		client, mine = net.Pipe()
		return client, mine, nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		return nil, nil, err
	}
	if mine, err = l.Accept(); err != nil {
		client.Close()
	}
	return client, mine, err
}

func (w *world) begin(s *server, conn net.Conn) {
	// Second looks may come side by side: each with chance of its own.
	own := *s
	own.rng = rand.New(rand.NewPCG(s.rng.Uint64(), s.rng.Uint64()))
	sess := &session{server: &own, wire: newWire(conn)}
	if sess.misbehaves() {
		sess.wire.chops, sess.wire.rng = true, rand.New(rand.NewPCG(own.rng.Uint64(), 0))
	}
	sess.conn, sess.br = sess.wire, bufio.NewReader(sess.wire)
	s.sessions = append(s.sessions, sess)
	w.over.Go(sess.wire.run)
	w.over.Go(sess.serve)
}

// end is the client's end, with the addresses of the world.
func (w *world) end(conn net.Conn, address string) net.Conn {
	w.open++
	return &end{Conn: conn, far: netip.MustParseAddrPort(address), closed: sync.OnceFunc(w.closed)}
}

func (w *world) closed() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open--
}

// wait is cut short when all is over.
func (w *world) wait(d time.Duration) {
	if w.real {
		d /= 1000
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.ended:
	}
}

// finish ends what servers still do.
func (w *world) finish() {
	close(w.ended)
	for _, s := range w.servers {
		for _, sess := range s.sessions {
			sess.wire.Close()
		}
	}
	w.over.Wait()
}

type end struct {
	net.Conn
	far    netip.AddrPort
	closed func()
}

func (e *end) Close() error         { e.closed(); return e.Conn.Close() }
func (e *end) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(e.far) }
func (e *end) LocalAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(e.far.Addr(), 40000))
}

// wire is the server's end: it takes all that comes at once, so that nobody
// waits for its reader, and keeps it and how much went the other way.
type wire struct {
	net.Conn
	mu   sync.Mutex
	more *sync.Cond
	raw  []byte // all that the client sent, below TLS
	read int
	err  error

	sent  int64
	left  int  // so many octets may still go out, then the connection ends; below 0: all
	chops bool // writes in parts of any size
	rng   *rand.Rand
}

func newWire(conn net.Conn) *wire {
	w := &wire{Conn: conn, left: -1}
	w.more = sync.NewCond(&w.mu)
	return w
}

func (w *wire) run() {
	chunk := make([]byte, 16<<10)
	for {
		n, err := w.Conn.Read(chunk)
		w.mu.Lock()
		w.raw = append(w.raw, chunk[:n]...)
		w.err = err
		w.more.Broadcast()
		w.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (w *wire) Read(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.read == len(w.raw) {
		if w.err != nil {
			return 0, w.err
		}
		w.more.Wait()
	}
	n := copy(b, w.raw[w.read:])
	w.read += n
	return n, nil
}

func (w *wire) Write(b []byte) (int, error) {
	if w.left >= 0 {
		b, w.left = b[:min(w.left, len(b))], max(w.left-len(b), 0)
		if len(b) == 0 {
			w.Conn.Close()
		}
	}
	total := 0
	for len(b) > 0 {
		part := len(b)
		if w.chops && part > 1 && part < 4096 {
			part = 1 + w.rng.IntN(part-1)
		}
		n, err := w.Conn.Write(b[:part])
		total, w.sent = total+n, w.sent+int64(n)
		if err != nil {
			return total, err
		}
		b = b[part:]
	}
	return total, nil
}

func (w *wire) reset() {
	if tcp, ok := w.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	w.Conn.Close()
}

// String tells what was said, for a seed that fails.
func (s *session) String() string {
	text := ""
	for _, h := range s.heard {
		text += fmt.Sprintf("C (tls %t): %.200q\n", h.tls, h.text)
	}
	for _, w := range s.said {
		text += fmt.Sprintf("S (tls %t): %.200q\n", w.tls, w.text)
	}
	return text
}
