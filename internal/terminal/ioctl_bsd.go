//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package terminal

import "golang.org/x/sys/unix"

// The requests of tcgetattr and tcsetattr; flushState is that of TCSAFLUSH.
const (
	getState   = unix.TIOCGETA
	setState   = unix.TIOCSETA
	flushState = unix.TIOCSETAF
)
