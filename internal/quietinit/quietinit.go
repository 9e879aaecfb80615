// Package quietinit keeps the libraries of the screen from asking the terminal
// questions, and from searching the disk, while the program starts.
//
// bubbletea v1 asks for the background colour in an init function, whatever the
// command is; a terminal that does not answer then holds even --version up for
// five seconds. It does not ask where TERM is dumb. The clipboard of the text
// fields looks for four programs in each directory of PATH; where no clipboard
// can be, it need not find any. So this package sets both variables in its own
// init, and main takes that back before anything else:
//
//	quietinit.Restore()
//
// That works because Go initialises packages in the order of their import
// paths, each as soon as all that it imports is ready (the specification,
// "Program initialization"). This one imports os and runtime alone and is ready
// at once; the libraries have to wait for os/exec and os/signal, which sort
// behind it. Import nothing else here. GODEBUG=inittrace=1 shows the order, and
// tests of internal/prompt hold it.
package quietinit

import (
	"os"
	"runtime"
)

var term, path = lookup("TERM"), lookup("PATH")

func init() {
	_ = os.Setenv("TERM", "dumb")
	if !clipboard() {
		_ = os.Unsetenv("PATH")
	}
}

// Restore gives the environment back that the program was started with.
func Restore() {
	term.restore()
	path.restore()
}

// clipboard reports whether there may be one to paste from: the programs for it
// need a display, or are those of Termux or of Windows around Linux.
func clipboard() bool {
	if runtime.GOOS != "linux" {
		return true
	}
	for _, name := range []string{"DISPLAY", "WAYLAND_DISPLAY", "TERMUX_VERSION", "WSL_DISTRO_NAME", "WSL_INTEROP"} {
		if os.Getenv(name) != "" {
			return true
		}
	}
	return false
}

// variable is one of the environment.
type variable struct {
	name, value string
	given       bool
}

func lookup(name string) variable {
	value, given := os.LookupEnv(name)
	return variable{name, value, given}
}

func (v variable) restore() {
	if v.given {
		_ = os.Setenv(v.name, v.value)
		return
	}
	_ = os.Unsetenv(v.name)
}
