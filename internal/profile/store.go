package profile

import (
	"bytes"
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
}

// Open names the file; it is not touched before Load or Update.
func Open(path string) *Store {
	// Fifty writers in a row take their time on a slow disk; none holds the lock
	// while it waits for a person.
	return &Store{path, atomicfile.Disk{LockWait: time.Minute}}
}

// Path is the file's.
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
	return "", errors.New("neither XDG_CONFIG_HOME nor HOME names a folder for the configuration")
}

// DefaultPath is the file that is used unless --config names another.
func DefaultPath(getenv func(string) string) (string, error) {
	dir, err := Dir(getenv)
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "config.toml"), nil
}

// Load reads the file; one that is missing says nothing. What it says wrong is
// an *Error with line and column, and a file that somebody else could have
// written is refused (atomicfile.ErrLoose).
func (s *Store) Load() (*Config, error) {
	text, err := atomicfile.Read(s.path, atomicfile.Own, maxSize)
	if errors.Is(err, fs.ErrNotExist) {
		return parse(s.path, []byte(freshFile))
	}
	if err != nil {
		return nil, err
	}
	return parse(s.path, text)
}

// Update reads the file, lets change work on what it says, and replaces it,
// all under a lock, so that writers do not undo one another. An error of
// change comes back as it is and leaves the file alone, as does a change that
// changes nothing. change must not call Update, and should ask nobody anything
// while others wait.
func (s *Store) Update(change func(*Config) error) error {
	unlock, err := s.disk.Lock(s.path)
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
	if _, err := parse(s.path, text); err != nil {
		return fmt.Errorf("%w: %w", errEdit, err)
	}
	return s.disk.Write(s.path, text, 0o600)
}
