//go:build !windows

package probe

import "syscall"

// The system's errors of connections, by what they say of the way to the server.

func refused() []syscall.Errno  { return []syscall.Errno{syscall.ECONNREFUSED} }
func timedOut() []syscall.Errno { return []syscall.Errno{syscall.ETIMEDOUT} }
func aborted() []syscall.Errno {
	return []syscall.Errno{syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED}
}
func exhausted() []syscall.Errno {
	return []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM}
}
func noRoute() []syscall.Errno {
	return []syscall.Errno{syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EADDRNOTAVAIL, syscall.EACCES, syscall.EPERM}
}
