package cli

import (
	"context"
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/smtptest"
)

// A server whose queue of connections is full answers nothing at all: its system
// drops what asks for one more.
func TestMatrixOfAFullBacklog(t *testing.T) {
	t.Parallel()
	ca := smtptest.NewCA()
	full := fullPort(t)
	m := mishap{args: append(viaSSL(), "--timeout", "1s"), want: "4 connect port_blocked port"}
	dial := dialerFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
		if address != "192.0.2.10:465" {
			return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
		}
		var d net.Dialer
		return d.DialContext(ctx, network, full)
	})
	status, out := m.command(t, dial, matrixRoots(t, ca))
	m.check(t, status, out)
}

type dialerFunc func(ctx context.Context, network, address string) (net.Conn, error)

func (f dialerFunc) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return f(ctx, network, address)
}

// fullPort listens on loopback, never accepts, and has no room for another connection.
func fullPort(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
	const most = 16
	for range most {
		conn, err := net.DialTimeout("tcp", address, 200*time.Millisecond)
		if err != nil {
			return address
		}
		t.Cleanup(func() { conn.Close() })
	}
	t.Fatalf("%d connections fit into a queue of none", most)
	return ""
}
