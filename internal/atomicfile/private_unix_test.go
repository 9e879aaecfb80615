//go:build unix

package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestUmask runs before the parallel tests go on: the umask is the process's.
func TestUmask(t *testing.T) {
	dir := t.TempDir()
	for i, umask := range []int{0, 0o022, 0o777} {
		old := syscall.Umask(umask)
		path := filepath.Join(dir, string(rune('a'+i)), "folder", "file")
		// Whoever may open a file before its chmod may read it ever after.
		atOnce := Disk{Before: func(step string) error {
			made, _ := filepath.Glob(filepath.Dir(path) + "/.file.*.tmp")
			if info, err := os.Stat(strings.Join(made, " ")); step == "chmod" && (err != nil || info.Mode().Perm()&Private != 0) {
				t.Errorf("umask %03o: made as %v (%v)", umask, info, err)
			}
			return nil
		}}
		err := lockedWrite(atOnce, path, "x")
		if err == nil {
			err = lockedWrite(atOnce, path, "y")
		}
		syscall.Umask(old)
		if err != nil {
			t.Fatalf("umask %03o: %v", umask, err)
		}
		for file, want := range map[string]fs.FileMode{
			path: 0o600, path + ".lock": 0o600, filepath.Dir(path): 0o700, filepath.Dir(filepath.Dir(path)): 0o700,
		} {
			info, err := os.Stat(file)
			if err != nil || info.Mode().Perm() != want {
				t.Errorf("umask %03o: %s has mode %v, want %v (%v)", umask, file, info.Mode(), want, err)
			}
		}
	}
}

func TestLooseIsRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		file, folder fs.FileMode
		forbidden    fs.FileMode
		fix          string // "" when it is taken
	}{
		{"private", 0o600, 0o700, Private, ""},
		{"tighter still", 0o400, 0o500, Private, ""},
		{"folder others may read", 0o600, 0o755, Private, ""},
		{"shared folder with sticky bit", 0o600, 0o777 | fs.ModeSticky, Private, ""},
		{"others may read", 0o604, 0o700, Private, "chmod 600 FILE"},
		{"group may read", 0o640, 0o700, Private, "chmod 600 FILE"},
		{"group may write", 0o620, 0o700, Private, "chmod 600 FILE"},
		{"folder group may write", 0o600, 0o770, Private, "chmod go-w FOLDER"},
		{"folder all may write", 0o600, 0o707, Own, "chmod go-w FOLDER"},
		{"readable where that is fine", 0o644, 0o755, Own, ""},
		{"group may write where reading is fine", 0o664, 0o755, Own, "chmod go-w FILE"},
		{"others may write where reading is fine", 0o602, 0o755, Own, "chmod go-w FILE"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			folder := filepath.Join(t.TempDir(), "folder")
			path := filepath.Join(folder, "file")
			if err := errors.Join(Write(path, nil, 0o600), os.Chmod(path, test.file), os.Chmod(folder, test.folder)); err != nil {
				t.Fatal(err)
			}
			_, err := Read(path, test.forbidden, 10)
			checkFix(t, err, strings.NewReplacer("FILE", path, "FOLDER", folder).Replace(test.fix))
			if test.forbidden == Private {
				checkFix(t, CheckPrivate(path), strings.NewReplacer("FILE", path, "FOLDER", folder).Replace(test.fix))
			}
			mend(t, test.fix, err)
			if _, err := Read(path, test.forbidden, 10); err != nil {
				t.Errorf("after the fix: %v", err)
			}
		})
	}
}

func checkFix(t *testing.T, err error, fix string) {
	t.Helper()
	var loose *LooseError
	switch {
	case fix == "" && err != nil:
		t.Errorf("refused: %v", err)
	case fix == "":
	case !errors.As(err, &loose) || !errors.Is(err, ErrLoose):
		t.Errorf("error %v, want a LooseError", err)
	case loose.Hint() != fix:
		t.Errorf("fix %q, want %q", loose.Hint(), fix)
	}
}

// mend runs the command that the error gives.
func mend(t *testing.T, fix string, err error) {
	t.Helper()
	var loose *LooseError
	if fix == "" || !errors.As(err, &loose) {
		return
	}
	if out, err := exec.Command("sh", "-c", loose.Fix).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", loose.Fix, err, out)
	}
}

func TestOtherOwnerIsRefused(t *testing.T) {
	t.Parallel()
	path := "/etc/passwd"
	if os.Geteuid() == 0 {
		path = filepath.Join(t.TempDir(), "file")
		if err := errors.Join(Write(path, nil, 0o600), os.Chown(path, 65534, 65534)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Read(path, Own, 1<<20); !errors.Is(err, ErrLoose) || !strings.Contains(err.Error(), "another user") {
		t.Errorf("error %v", err)
	}
}

// TestOnlyPlainFiles also shows that a link does not make us write elsewhere,
// and that a pipe does not make us wait.
func TestOnlyPlainFiles(t *testing.T) {
	t.Parallel()
	outside := filepath.Join(t.TempDir(), "outside")
	if err := Write(outside, []byte("untouched"), 0o600); err != nil {
		t.Fatal(err)
	}
	makers := map[string]func(path string) error{
		"link out":   func(path string) error { return os.Symlink(outside, path) },
		"link up":    func(path string) error { return os.Symlink("../outside", path) },
		"dead link":  func(path string) error { return os.Symlink("nowhere", path) },
		"named pipe": func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"folder":     func(path string) error { return os.Mkdir(path, 0o700) },
	}
	for name, make := range makers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "file")
			if err := errors.Join(make(path), make(filepath.Join(dir, "locked.lock"))); err != nil {
				t.Fatal(err)
			}
			if _, err := Read(path, Private, 10); !errors.Is(err, ErrLoose) {
				t.Errorf("Read: %v", err)
			}
			if err := Write(path, []byte("x"), 0o600); !errors.Is(err, ErrLoose) {
				t.Errorf("Write: %v", err)
			}
			if _, err := Lock(t.Context(), filepath.Join(dir, "locked")); !errors.Is(err, ErrLoose) {
				t.Errorf("Lock: %v", err)
			}
		})
	}
	t.Cleanup(func() {
		if data, err := os.ReadFile(outside); string(data) != "untouched" {
			t.Errorf("the file outside holds %q (%v)", data, err)
		}
	})
}
