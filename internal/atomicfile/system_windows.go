package atomicfile

import (
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// modesCount: on Windows access lists rule, which a user's own folders inherit,
// and modes say nothing.
const modesCount = false

func checkOwner(string, fs.FileInfo) error       { return nil }
func checkFolderOwner(string, fs.FileInfo) error { return nil }

func lockFile(f *os.File) error {
	const wholeFile = ^uint32(0)
	return windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK, 0, wholeFile, wholeFile, new(windows.Overlapped))
}

// syncFolder: Windows has no such call; its file system keeps a journal of names.
func syncFolder(*os.Root) error { return nil }
