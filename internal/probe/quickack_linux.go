package probe

import (
	"net"
	"syscall"
)

// quick acknowledges what the server sends at once. Servers that write their
// TLS 1.3 session tickets and their greeting separately have Nagle's algorithm
// hold the second back until the first is acknowledged, which the kernel
// otherwise delays by 40 ms (RFC 1122 section 4.2.3.2).
func quick(conn net.Conn) net.Conn {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return conn
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return conn
	}
	return &quickConn{tcp, raw}
}

type quickConn struct {
	*net.TCPConn
	raw syscall.RawConn
}

// Read arms the option anew: the kernel leaves that mode by itself.
func (c *quickConn) Read(p []byte) (int, error) {
	_ = c.raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
	})
	return c.TCPConn.Read(p)
}
