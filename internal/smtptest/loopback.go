package smtptest

import (
	"net"
	"sync"
	"testing"
)

// loopback accepts connections on 127.0.0.1 and, when the test ends, closes
// them and waits for their handlers.
type loopback struct {
	addr *net.TCPAddr
	wg   sync.WaitGroup

	mu    sync.Mutex
	ended bool
	conns []net.Conn
}

func listen(tb testing.TB, handle func(*loopback, net.Conn)) *loopback {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("smtptest: %v", err)
	}
	b := &loopback{addr: l.Addr().(*net.TCPAddr)}
	b.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			b.own(conn)
			b.wg.Go(func() {
				defer conn.Close()
				handle(b, conn)
			})
		}
	})
	tb.Cleanup(func() {
		l.Close()
		b.closeAll()
		b.wg.Wait()
	})
	return b
}

// own has a connection closed at the end of the test.
func (b *loopback) own(conn net.Conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.conns = append(b.conns, conn)
	if b.ended {
		conn.Close()
	}
}

func (b *loopback) closeAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = true
	for _, conn := range b.conns {
		conn.Close()
	}
}
