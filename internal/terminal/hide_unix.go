//go:build unix

package terminal

import (
	"os"

	"golang.org/x/sys/unix"
)

// hide turns the echo off. restore puts the terminal back as it was, throws away
// what has been typed since, and reports whether there was any.
func hide(file *os.File) (restore func() (dropped bool), err error) {
	fd := int(file.Fd())
	before, err := unix.IoctlGetTermios(fd, getState)
	if err != nil {
		return nil, err
	}
	now := *before
	now.Lflag &^= unix.ECHO
	now.Lflag |= unix.ICANON | unix.ISIG
	now.Iflag |= unix.ICRNL
	if err := unix.IoctlSetTermios(fd, setState, &now); err != nil {
		return nil, err
	}
	return func() bool {
		now.Lflag &^= unix.ICANON // or a line without its end is not seen
		_ = unix.IoctlSetTermios(fd, setState, &now)
		waiting, _ := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
		_ = unix.IoctlSetTermios(fd, flushState, before)
		return waiting > 0
	}, nil
}

// Flush throws away what was typed and nobody has read.
func Flush(file *os.File) {
	fd := int(file.Fd())
	if state, err := unix.IoctlGetTermios(fd, getState); err == nil {
		_ = unix.IoctlSetTermios(fd, flushState, state)
	}
}
