package cli

// openFiles is how many files this process may have open at a time: here
// memory alone is the limit.
func openFiles() int { return 1 << 16 }
