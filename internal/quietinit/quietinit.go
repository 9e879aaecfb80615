// Package quietinit keeps the libraries of the screen from asking the terminal
// questions while the program starts.
//
// bubbletea v1 asks for the background colour in an init function, whatever the
// command is; a terminal that does not answer then holds even --version up for
// five seconds. It does not ask where TERM is dumb. So this package sets that in
// its own init, and main takes it back before anything else:
//
//	quietinit.Restore()
//
// That works because Go initialises packages in the order of their import
// paths, each as soon as all that it imports is ready (the specification,
// "Program initialization"). This one imports os alone and is ready at once;
// bubbletea has to wait for os/exec and os/signal, which sort behind it. Import
// nothing else here. GODEBUG=inittrace=1 shows the order, and a test of
// internal/prompt holds it.
package quietinit

import "os"

var term, given = os.LookupEnv("TERM")

func init() { _ = os.Setenv("TERM", "dumb") }

// Restore gives the environment the TERM back that the program was started with.
func Restore() {
	if given {
		_ = os.Setenv("TERM", term)
		return
	}
	_ = os.Unsetenv("TERM")
}
