package smtptest

import (
	"net"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Link is a slow line: a TCP proxy on 127.0.0.1 that holds back what goes
// through it and counts how often the two ends took turns.
type Link struct {
	loop   *loopback
	target string
	delay  time.Duration

	mu    sync.Mutex
	turns int
}

// NewLink starts a line to an address of host:port that delays each direction.
// It ends with the test.
func NewLink(tb testing.TB, target string, delay time.Duration) *Link {
	tb.Helper()
	l := &Link{target: target, delay: delay}
	l.loop = listen(tb, l.serve)
	return l
}

// Addr is where the line begins.
func (l *Link) Addr() *net.TCPAddr { return l.loop.addr }

// Turns counts, over all connections, the runs of data in one direction: a
// greeting is one, each command with its reply two. Opening the connection is
// not among them.
func (l *Link) Turns() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.turns
}

func (l *Link) serve(b *loopback, client net.Conn) {
	server, err := net.Dial("tcp", l.target)
	if err != nil {
		return
	}
	b.own(server)
	defer server.Close()
	var last net.Conn // who spoke last on this connection; under l.mu
	count := func(from net.Conn) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if from != last {
			l.turns++
			last = from
		}
	}
	b.wg.Go(func() { l.carry(b, server, client, count) })
	l.carry(b, client, server, count)
}

// carry takes data at once and hands it over after the delay, so that what is
// said in one go is held back once.
func (l *Link) carry(b *loopback, to, from net.Conn, count func(net.Conn)) {
	type parcel struct {
		data []byte
		due  time.Time
	}
	way := make(chan parcel, 1024)
	b.wg.Go(func() {
		defer close(way)
		for {
			data := make([]byte, pumpSize)
			n, err := from.Read(data)
			if err != nil {
				return
			}
			count(from)
			way <- parcel{data[:n], time.Now().Add(l.delay)}
		}
	})
	for p := range way {
		time.Sleep(time.Until(p.due))
		_, _ = to.Write(p.data) // an end that is gone ends the other copy too
	}
	time.Sleep(l.delay)
	closeWrite(to)
}

func joinHostPort(host string, port int) string {
	return net.JoinHostPort(host, strconv.Itoa(port))
}
