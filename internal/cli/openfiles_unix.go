//go:build unix

package cli

import "syscall"

// openFiles is how many files this process may have open at a time.
func openFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 256 // what systems give at least
	}
	return int(min(uint64(limit.Cur), 1<<16))
}
