package prompt

import (
	"os"

	"golang.org/x/sys/unix"
)

// noEcho reports that the terminal does not show what is typed.
func noEcho(terminal *os.File) bool {
	state, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	return err == nil && state.Lflag&unix.ECHO == 0
}
