package probe

import "syscall"

// The errors of Winsock, by what they say of the way to the server. Those that
// package syscall calls ECONNREFUSED and so on are inventions: Windows never
// returns them.

func refused() []syscall.Errno  { return []syscall.Errno{10061} } // WSAECONNREFUSED
func timedOut() []syscall.Errno { return []syscall.Errno{10060} } // WSAETIMEDOUT
func aborted() []syscall.Errno {
	return []syscall.Errno{syscall.WSAECONNRESET, syscall.WSAECONNABORTED}
}
func exhausted() []syscall.Errno { return []syscall.Errno{10024, 10055} } // WSAEMFILE, WSAENOBUFS
func noRoute() []syscall.Errno {
	// WSAEHOSTUNREACH, WSAENETUNREACH, WSAEADDRNOTAVAIL, WSAEACCES
	return []syscall.Errno{10065, 10051, 10049, 10013}
}
