//go:build unix

package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// modesCount: whether a file's mode says who may read and write it.
const modesCount = true

func checkOwner(path string, info fs.FileInfo) error {
	if uid(info) == os.Geteuid() {
		return nil
	}
	return &LooseError{path, "it belongs to another user", `sudo chown "$(id -u)" ` + shellWord(path)}
}

// checkFolderOwner also trusts root, who owns /tmp and could do anything anyway.
func checkFolderOwner(path string, info fs.FileInfo) error {
	if uid(info) == 0 {
		return nil
	}
	return checkOwner(path, info)
}

func uid(info fs.FileInfo) int {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(stat.Uid)
	}
	return -1
}

func lockFile(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// syncFolder sees the names in a folder to the disk, where the file system can.
func syncFolder(folder *os.Root) error {
	f, err := folder.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOTSUP) {
		return err
	}
	return nil
}
