//go:build unix

package demo

import (
	"net"
	"syscall"
)

// canBlock: a full queue makes a port silent, not refused.
const canBlock = true

// shortenQueue calls listen once more, which only changes the length.
func shortenQueue(l *net.TCPListener) error {
	raw, err := l.SyscallConn()
	if err != nil {
		return err
	}
	var listenErr error
	if err := raw.Control(func(fd uintptr) { listenErr = syscall.Listen(int(fd), queueLength) }); err != nil {
		return err
	}
	return listenErr
}
