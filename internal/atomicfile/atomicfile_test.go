package atomicfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestWriteThenRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a", "b", "file")
	for _, want := range []string{"first", "second, longer", ""} {
		if err := Write(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Read(path, Private, 100)
		if err != nil || string(got) != want {
			t.Fatalf("Read = %q, %v, want %q", got, err, want)
		}
	}
	if got := names(t, filepath.Dir(path)); len(got) != 1 {
		t.Errorf("left in the folder: %q", got)
	}
}

func TestReadIsBounded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	if err := Write(path, make([]byte, 11), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path, Private, 11); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	if _, err := Read(path, Private, 10); !errors.Is(err, ErrTooBig) {
		t.Errorf("over the limit: %v", err)
	}
}

func TestReadMissing(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"file", "folder/file"} {
		if _, err := Read(filepath.Join(t.TempDir(), path), Private, 10); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

var errCrash = errors.New("crash")

// crashAt stops for good before step n.
func crashAt(n int, stopped *string) func(string) error {
	step := 0
	return func(name string) error {
		step++
		if step <= n {
			return nil
		}
		if *stopped == "" {
			*stopped = name
		}
		return errCrash
	}
}

// TestCrashes stops a locked write before each of its steps, in a new folder
// and over an old file, and looks at what a reader finds.
func TestCrashes(t *testing.T) {
	t.Parallel()
	for _, old := range []string{"", "old contents"} {
		var steps []string
		for n := 0; ; n++ {
			path := filepath.Join(t.TempDir(), "new", "folder", "file")
			if old != "" {
				if err := Write(path, []byte(old), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var stopped string
			err := lockedWrite(Disk{Before: crashAt(n, &stopped)}, path, "new contents")
			if stopped == "" {
				if err != nil {
					t.Fatalf("without a crash: %v", err)
				}
				break
			}
			steps = append(steps, stopped)
			if !errors.Is(err, errCrash) {
				t.Fatalf("before %q: error %v", stopped, err)
			}
			got, err := Read(path, Private, 100)
			if errors.Is(err, fs.ErrNotExist) && old == "" {
				got, err = nil, nil
			}
			if err != nil || string(got) != old && string(got) != "new contents" {
				t.Errorf("before %q: read %q, %v", stopped, got, err)
			}
			if err := lockedWrite(Disk{}, path, "after the crash"); err != nil {
				t.Errorf("before %q: the next write: %v", stopped, err)
			}
		}
		const order = "create, chmod, write, sync, rename, sync folder" // what is not on the disk gets no name
		if all := strings.Join(steps, ", "); !strings.HasSuffix(all, order) {
			t.Errorf("a crash was tried before %s", all)
		}
	}
}

func lockedWrite(disk Disk, path, data string) error {
	unlock, err := disk.Lock(context.Background(), path)
	if err != nil {
		return err
	}
	defer unlock()
	return disk.Write(path, []byte(data), 0o600)
}

func TestFailedWriteLeavesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	disk := Disk{Before: func(step string) error {
		if step == "rename" {
			return errors.New("disk full")
		}
		return nil
	}}
	if err := disk.Write(path, []byte("x"), 0o600); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("error %v", err)
	}
	if got := names(t, filepath.Dir(path)); len(got) != 0 {
		t.Errorf("left in the folder: %q", got)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	long := time.Now().Add(-2 * time.Hour)
	for name, when := range map[string]time.Time{
		".file.AAAA.tmp": long, ".file.BBBB.tmp": time.Now(), ".other.AAAA.tmp": long, ".file.bak": long,
	} {
		full := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(full, nil, 0o600), os.Chtimes(full, when, when)); err != nil {
			t.Fatal(err)
		}
	}
	if err := Write(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	want := []string{".file.BBBB.tmp", ".file.bak", ".other.AAAA.tmp", "file"}
	if got := names(t, dir); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("in the folder: %q, want %q", got, want)
	}
}

func TestFiftyWriters(t *testing.T) {
	t.Parallel()
	const writers = 50
	path := filepath.Join(t.TempDir(), "folder", "file")
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			unlock, err := Lock(t.Context(), path)
			if err != nil {
				t.Error(err)
				return
			}
			defer unlock()
			data, err := Read(path, Private, 1<<20)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Error(err)
			}
			if err := Write(path, fmt.Appendf(data, "writer %d\n", i), 0o600); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	data, err := Read(path, Private, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for i := range writers {
		if !bytes.Contains(data, fmt.Appendf(nil, "writer %d\n", i)) {
			t.Errorf("writer %d was lost", i)
		}
	}
}

func TestLockIsBounded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	unlock, err := Lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (Disk{LockWait: time.Millisecond}).Lock(t.Context(), path); !errors.Is(err, ErrBusy) {
		t.Errorf("second lock: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := Lock(ctx, path); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("cancelled: %v", err)
	}
	unlock()
	again, err := Lock(t.Context(), path)
	if err != nil {
		t.Fatalf("after unlock: %v", err)
	}
	again()
}

func names(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func TestShellWord(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/home/you/.config/x-1": "/home/you/.config/x-1",
		"/a b":                  `'/a b'`,
		"/it's; rm":             `'/it'\''s; rm'`,
		"-rf":                   `'-rf'`,
		"":                      `''`,
	} {
		if got := shellWord(path); got != want {
			t.Errorf("shellWord(%q) = %s, want %s", path, got, want)
		}
	}
}
