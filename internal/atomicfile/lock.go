package atomicfile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// ErrBusy is returned by Lock when another writer does not finish.
var ErrBusy = errors.New("another program is writing it")

const defaultLockWait = 10 * time.Second

// Lock takes the advisory lock of path, which is on the file path + ".lock" and
// stays there: removing it would let two writers in. The system releases the
// lock of a process that dies. A context that is done ends the wait.
func (d Disk) Lock(ctx context.Context, path string) (unlock func(), err error) {
	unlock, err = d.lock(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return unlock, nil
}

func (d Disk) lock(ctx context.Context, path string) (unlock func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := d.openLock(path)
	if err != nil {
		return nil, err
	}
	// The system's call knows no time limit, so it waits beside us. When the
	// limit passes first, closing the file gives back a lock that comes late.
	locked := make(chan error, 1)
	go func() { locked <- lockFile(f) }()
	wait := d.LockWait
	if wait == 0 {
		wait = defaultLockWait
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case err = <-locked:
		if err != nil {
			f.Close()
			return nil, err
		}
		return func() { f.Close() }, nil
	case <-timer.C:
		err = fmt.Errorf("%w since %v", ErrBusy, wait)
	case <-ctx.Done():
		err = ctx.Err()
	}
	go func() { <-locked; f.Close() }()
	return nil, err
}

func (d Disk) openLock(path string) (f *os.File, err error) {
	folder, err := d.openOrMakeFolder(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	name := filepath.Base(path) + ".lock"
	if info, err := folder.Lstat(name); err == nil && !info.Mode().IsRegular() {
		return nil, notPlain(path+".lock", info)
	} else if err == nil {
		return folder.OpenFile(name, os.O_RDWR, 0)
	}
	err = d.change("create lock", func() error {
		f, err = folder.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := d.change("chmod lock", func() error { return f.Chmod(0o600) }); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
