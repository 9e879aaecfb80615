package cli

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/smtpwiz/smtpwiz/internal/settings"
)

// putFile writes a file that the user has named: all of it or nothing. What is
// there already is replaced only by force; a device or a pipe then takes the
// text as it comes.
func putFile(path string, text []byte, mode fs.FileMode, force bool) error {
	if !force {
		return newFile(path, text, mode)
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(path, text, mode)
	}
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return &fs.PathError{Op: "write", Path: path, Err: errors.New("it is a symbolic link, name the file itself")}
	}
	temp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text())
	if err := newFile(temp, text, mode); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		_ = os.Remove(temp)
		return err
	}
	return nil
}

func newFile(path string, text []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(path) // half a file is none
	}
	return err
}

// putError makes a file that cannot be written the user's to mend, unless the
// machine itself is at its end.
func putError(err error, hint string) error {
	if exhausted(err) != "" {
		return err
	}
	return &settings.UsageError{What: err.Error(), Hint: hint}
}

// exhausted is what to do about a machine that has nothing more to give, ""
// for any other error.
func exhausted(err error) string {
	for _, known := range []struct {
		hint string
		errs []error
	}{
		{"make room on the disk (df shows what is left), then run the same command again", []error{syscall.ENOSPC, syscall.EDQUOT}},
		{"raise the limit of a file's size (ulimit -f shows it), then run the same command again", []error{syscall.EFBIG}},
		{"raise the limit of open files (ulimit -n shows it), or close other programs", []error{syscall.EMFILE, syscall.ENFILE}},
	} {
		for _, e := range known.errs {
			if errors.Is(err, e) {
				return known.hint
			}
		}
	}
	return ""
}

// remedy is what to do about an error of the machine's.
func remedy(err error) string {
	switch hint := exhausted(err); {
	case hint != "":
		return hint
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return "nothing was saved: see that you may write there, or name another place (--config, XDG_CONFIG_HOME, XDG_DATA_HOME)"
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrNotExist):
		return "there can be no such place: name another one (--config, XDG_CONFIG_HOME, XDG_DATA_HOME)"
	}
	return ""
}
