//go:build aix || linux || solaris

package terminal

import "golang.org/x/sys/unix"

// The requests of tcgetattr and tcsetattr; flushState is that of TCSAFLUSH.
const (
	getState   = unix.TCGETS
	setState   = unix.TCSETS
	flushState = unix.TCSETSF
)
