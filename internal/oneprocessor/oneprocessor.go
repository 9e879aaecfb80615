// Package oneprocessor starts the program on one processor, as GOMAXPROCS=1
// would; it is imported for that alone:
//
//	import _ "github.com/smtpwiz/smtpwiz/internal/oneprocessor"
//
// A run waits for a server far more than it computes. With more processors the
// scheduler wakes a thread for each goroutine, to find that there is nothing
// left to do: that is a fourteenth of all CPU of a test (docs/performance.md).
// It has to be decided before the other packages initialise, which takes half
// of the time; as for quietinit, importing os and runtime alone sees to that.
//
// What computes for long calls runtime.SetDefaultGOMAXPROCS first. Whoever sets
// GOMAXPROCS gets what he asked for.
package oneprocessor

import (
	"os"
	"runtime"
)

func init() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
}
