// Package atomicfile keeps the user's own files whole and private: a write
// replaces the file at once or not at all, a lock keeps writers in a row, and a
// read refuses what somebody else could have written or could read.
//
// To change a file: Lock, Read, Write, unlock. To read one: Read alone, since
// a reader sees either the old or the new file, both whole.
//
// Folders that are missing are made with mode 0700 (as the XDG Base Directory
// specification asks), and modes do not depend on the umask. The file itself
// must not be a symbolic link, so nothing is read or written outside its folder.
package atomicfile

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// What nobody else may do with a file, as the mode bits that Read forbids.
const (
	Private fs.FileMode = 0o077 // neither read nor write it
	Own     fs.FileMode = 0o022 // not write it
)

// Disk changes files. Its zero value is what programs use.
type Disk struct {
	// Before, if set, is asked before every call that changes the disk; an error
	// stops there and leaves all as a crash would. For tests.
	Before func(step string) error
	// LockWait bounds the wait for another writer; 0 means 10 s.
	LockWait time.Duration
}

// Write replaces the file at path by data, with mode perm.
func Write(path string, data []byte, perm fs.FileMode) error { return Disk{}.Write(path, data, perm) }

// Lock waits until no other writer holds path and returns the function that
// lets the next one in.
func Lock(ctx context.Context, path string) (unlock func(), err error) { return Disk{}.Lock(ctx, path) }

// Write replaces the file at path by data, with mode perm. Whoever reads it
// meanwhile, or after a crash at any point, finds the old or the new contents.
// When it returns nil the new ones are on the disk. Hold the Lock if what is
// written depends on what was read.
func (d Disk) Write(path string, data []byte, perm fs.FileMode) error {
	err := d.write(path, data, perm)
	if err == nil {
		return nil
	}
	var at *fs.PathError
	if errors.As(err, &at) && strings.HasSuffix(at.Path, tempSuffix) {
		err = at.Err // nobody knows that file, and it is gone
	}
	return fmt.Errorf("write %s: %w", path, err)
}

func (d Disk) write(path string, data []byte, perm fs.FileMode) error {
	folder, err := d.openOrMakeFolder(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer folder.Close()
	name := filepath.Base(path)
	if info, err := folder.Lstat(name); err == nil && !info.Mode().IsRegular() {
		return notPlain(path, info)
	}
	d.sweep(folder, name)

	temp := tempPrefix(name) + rand.Text() + tempSuffix
	err = d.fill(folder, temp, data, perm)
	if err == nil {
		err = d.change("rename", func() error { return folder.Rename(temp, name) })
	}
	if err != nil {
		_ = d.change("remove", func() error { return folder.Remove(temp) })
		return err
	}
	return d.change("sync folder", func() error { return syncFolder(folder) })
}

// fill makes the new file and sees it to the disk before it gets its name.
func (d Disk) fill(folder *os.Root, name string, data []byte, perm fs.FileMode) (err error) {
	var f *os.File
	err = d.change("create", func() error {
		f, err = folder.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		return err
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err = d.change("chmod", func() error { return f.Chmod(perm) }); err != nil {
		return err
	}
	if err = d.change("write", func() error { _, err := f.Write(data); return err }); err != nil {
		return err
	}
	return d.change("sync", f.Sync)
}

const tempSuffix = ".tmp"

func tempPrefix(name string) string { return "." + name + "." }

// sweep removes what earlier crashes left. The hour spares the file of a
// writer at work that, against advice, holds no lock.
func (d Disk) sweep(folder *os.Root, name string) {
	entries, err := fs.ReadDir(folder.FS(), ".")
	if err != nil {
		return
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), tempPrefix(name)) || !strings.HasSuffix(entry.Name(), tempSuffix) {
			continue
		}
		if info, err := entry.Info(); err == nil && time.Since(info.ModTime()) > time.Hour {
			_ = d.change("sweep", func() error { return folder.Remove(entry.Name()) })
		}
	}
}

// Read returns the file at path, of at most limit bytes, if it is a plain file
// of the user's own, in a folder that nobody else can change, and its mode has
// none of the bits of forbidden (Private or Own). A *LooseError says what is
// wrong and how to mend it; a missing file is fs.ErrNotExist.
func Read(path string, forbidden fs.FileMode, limit int64) ([]byte, error) {
	folder, err := openFolder(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	name := filepath.Base(path)
	// Before opening: a named pipe would block there.
	if info, err := folder.Lstat(name); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, errors.Unwrap(err))
	} else if err := checkFile(path, info, forbidden); err != nil {
		return nil, err
	}
	f, err := folder.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, errors.Unwrap(err))
	}
	defer f.Close()
	// Again, of what was opened: the name may have changed hands in between.
	if info, err := f.Stat(); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	} else if err := checkFile(path, info, forbidden); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("read %s: %w of %d bytes", path, ErrTooBig, limit)
	}
	return data, nil
}

// ErrTooBig is returned by Read for a file over the limit.
var ErrTooBig = errors.New("bigger than the limit")

// CheckPrivate returns a *LooseError unless the file at path is one that Read
// takes as Private.
func CheckPrivate(path string) error {
	folder, err := openFolder(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer folder.Close()
	info, err := folder.Lstat(filepath.Base(path))
	if err != nil {
		return err
	}
	return checkFile(path, info, Private)
}

// openFolder opens a folder that nobody else can change. An os.Root is held so
// that no name in it can lead out of it.
func openFolder(path string) (*os.Root, error) {
	folder, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	info, err := folder.Stat(".")
	if err == nil {
		err = checkFolder(path, info)
	}
	if err != nil {
		folder.Close()
		return nil, err
	}
	return folder, nil
}

func (d Disk) openOrMakeFolder(path string) (*os.Root, error) {
	if err := d.makeFolder(path); err != nil {
		return nil, err
	}
	return openFolder(path)
}

// makeFolder makes path and its missing parents, each with mode 0700.
func (d Disk) makeFolder(path string) error {
	if _, err := os.Stat(path); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(path)
	if err := d.makeFolder(parent); err != nil {
		return err
	}
	err := d.change("mkdir", func() error { return os.Mkdir(path, 0o700) })
	if errors.Is(err, fs.ErrExist) {
		return nil // another writer was first
	}
	if err != nil {
		return err
	}
	if err := d.change("chmod folder", func() error { return os.Chmod(path, 0o700) }); err != nil {
		return err
	}
	return d.change("sync parent", func() error {
		folder, err := os.OpenRoot(parent)
		if err != nil {
			return nil // a parent that may be searched but not read cannot be synced
		}
		defer folder.Close()
		return syncFolder(folder)
	})
}

// change runs one step that changes the disk.
func (d Disk) change(step string, do func() error) error {
	if d.Before != nil {
		if err := d.Before(step); err != nil {
			return err
		}
	}
	return do()
}
