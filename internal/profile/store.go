package profile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/atomicfile"
)

// Store is the file that holds a Config.
type Store struct {
	path string
	disk atomicfile.Disk
	err  error // why there is no path
}

// Open names the file; it is not touched before Load or Update.
func Open(path string) *Store {
	// Fifty writers in a row take their time on a slow disk; none holds the lock
	// while it waits for a person.
	return &Store{path: path, disk: atomicfile.Disk{LockWait: time.Minute}}
}

// OpenDefault names the file at DefaultPath. Where there is no such place, Load
// and Update return why, a *HomelessError.
func OpenDefault(getenv func(string) string) *Store {
	path, err := DefaultPath(getenv)
	if err != nil {
		return &Store{err: err}
	}
	return Open(path)
}

// Path is the file's, "" where there is no place for one.
func (s *Store) Path() string { return s.path }

// maxSize is far above what hundreds of profiles need.
const maxSize = 256 << 10

// Dir is the folder of config.toml and of the user's own presets:
// $XDG_CONFIG_HOME/smtpwiz, or what stands in for it where that is not set to
// an absolute path (~/.config, on Windows %AppData%).
func Dir(getenv func(string) string) (string, error) {
	if base := getenv("XDG_CONFIG_HOME"); filepath.IsAbs(base) {
		return filepath.Join(base, "smtpwiz"), nil
	}
	if base := getenv("AppData"); runtime.GOOS == "windows" && filepath.IsAbs(base) {
		return filepath.Join(base, "smtpwiz"), nil
	}
	if home := getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".config", "smtpwiz"), nil
	}
	return "", &HomelessError{}
}

// DefaultPath is the file that is used unless --config names another.
func DefaultPath(getenv func(string) string) (string, error) {
	dir, err := Dir(getenv)
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "config.toml"), nil
}

// Load reads the file; one that is missing says nothing (Config.IsNew). What it says wrong is
// an *Error with line and column, and a file that somebody else could have
// written is refused (atomicfile.ErrLoose).
func (s *Store) Load() (*Config, error) {
	if s.err != nil {
		return nil, s.err
	}
	text, err := atomicfile.Read(s.path, atomicfile.Own, maxSize)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c, err := parse(s.path, []byte(freshFile))
		if err == nil {
			c.isNew = true
		}
		return c, err
	case errors.Is(err, atomicfile.ErrTooBig):
		return nil, s.tooBig("it has")
	case err != nil:
		return nil, err
	}
	return parse(s.path, text)
}

// Update reads the file, lets change work on what it says, and replaces it,
// all under a lock, so that writers do not undo one another. An error of
// change comes back as it is and leaves the file alone, as does a change that
// changes nothing. change must not call Update, and should ask nobody anything
// while others wait. ctx bounds the wait for the others.
func (s *Store) Update(ctx context.Context, change func(*Config) error) error {
	if s.err != nil {
		return s.err
	}
	unlock, err := s.disk.Lock(ctx, s.path)
	if err != nil {
		return err
	}
	defer unlock()
	c, err := s.Load()
	if err != nil {
		return err
	}
	before := c.doc.text
	if err := change(c); err != nil || bytes.Equal(c.doc.text, before) {
		return err
	}
	text, err := c.text()
	if err != nil {
		return err
	}
	if len(text) > maxSize {
		return s.tooBig("it would have")
	}
	if _, err := parse(s.path, text); err != nil {
		return fmt.Errorf("%w: %w", errEdit, err)
	}
	return s.disk.Write(s.path, text, 0o600)
}

// tooBig is a file that could not be read (again).
func (s *Store) tooBig(verb string) error {
	return &Error{Path: s.path, Text: fmt.Sprintf("%s more than %d KiB", verb, maxSize>>10),
		hint: "take out comments, or profiles that are not used any more"}
}
