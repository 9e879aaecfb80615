package export

import (
	"regexp"
	"sync"
)

// lazily is a regular expression that is compiled when it is first used: only
// lint needs them, and every start of the program would pay.
func lazily(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}
