package probe

import (
	"io"
	"net"
	"syscall"
	"testing"
)

// Each read has the kernel acknowledge at once, though it left that mode in between.
func TestReadsAcknowledgeAtOnce(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	raw, err := client.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	option := func(do func(fd int)) {
		t.Helper()
		if err := raw.Control(func(fd uintptr) { do(int(fd)) }); err != nil {
			t.Fatal(err)
		}
	}
	reader := quick(client)
	for range 2 {
		option(func(fd int) { err = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 0) })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(server, "220 "); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(reader, make([]byte, 4)); err != nil {
			t.Fatal(err)
		}
		var on int
		option(func(fd int) { on, err = syscall.GetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_QUICKACK) })
		if err != nil || on != 1 {
			t.Errorf("a read does not acknowledge at once: %d, %v", on, err)
		}
	}
}
