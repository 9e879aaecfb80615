package preset

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/pelletier/go-toml/v2"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// BuiltIn is the Origin of a preset that comes with the program.
const BuiltIn = "built in"

const (
	extension   = ".toml"
	maxFileSize = 256 << 10 // bytes; the largest preset has a tenth of it
	maxName     = 40        // bytes
)

// validName is what a preset, region or variant may be called, so that it is
// easy to type and is always a plain file name.
func validName(name string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	return name != "" && len(name) <= maxName && strings.Contains(letters, name[:1]) && strings.Trim(name, letters+".-") == ""
}

// Library finds presets: those built in and the user's own. A file is decoded
// when it is first asked for, and once. Presets are shared: change none.
// It may be used by several goroutines.
type Library struct {
	builtin fs.FS
	userDir string

	mu     sync.Mutex
	loaded map[string]loaded
	index  func() *index
}

type loaded struct {
	preset *Preset
	err    error
}

// New returns the library of the presets NAME.toml in builtin (package presets)
// and in userDir, whose file is taken where both have one. userDir may be "" or
// not exist.
func New(builtin fs.FS, userDir string) *Library {
	l := &Library{builtin: builtin, userDir: userDir, loaded: map[string]loaded{}}
	l.index = sync.OnceValue(l.buildIndex)
	return l
}

// Names lists the presets in order, without reading them.
func (l *Library) Names() []string {
	entries, _ := fs.ReadDir(l.builtin, ".")
	if l.userDir != "" {
		own, _ := os.ReadDir(l.userDir) // a folder that cannot be read holds no presets
		entries = append(entries, own...)
	}
	names := namesOf(entries)
	slices.Sort(names)
	return slices.Compact(names)
}

func namesOf(entries []fs.DirEntry) []string {
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), extension); ok && !e.IsDir() && validName(name) {
			names = append(names, name)
		}
	}
	return names
}

// Get returns a preset by its name, in any case. The error is an *UnknownError
// or, of a user's file, an *InvalidError or that of reading it.
func (l *Library) Get(name string) (*Preset, error) {
	key := strings.ToLower(name)
	if !validName(key) {
		return nil, l.unknown(name)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if got, ok := l.loaded[key]; ok {
		return got.preset, got.err
	}
	p, err := l.load(key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, l.unknown(name)
	}
	l.loaded[key] = loaded{p, err}
	return p, err
}

// All returns every preset that can be used, in order of names; the error joins
// those of the files that cannot.
func (l *Library) All() ([]*Preset, error) {
	var all []*Preset
	var errs []error
	for _, name := range l.Names() {
		p, err := l.Get(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, p)
	}
	return all, errors.Join(errs...)
}

func (l *Library) load(name string) (*Preset, error) {
	if l.userDir != "" {
		path := filepath.Join(l.userDir, name+extension)
		data, err := readFile(path)
		if err == nil {
			return Decode(data, path)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	data, err := fs.ReadFile(l.builtin, name+extension)
	if err != nil {
		return nil, fmt.Errorf("reading the built-in preset %s: %w", name, err)
	}
	// A test has checked the built-in ones; decoding alone keeps start-up cheap.
	p := &Preset{Origin: BuiltIn}
	if err := toml.Unmarshal(data, p); err != nil {
		return nil, fmt.Errorf("decoding the built-in preset %s: %w", name, err)
	}
	return p, nil
}

func readFile(path string) ([]byte, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("reading a preset of your own: %s is no plain file", path) // a pipe would wait for ever
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading a preset of your own: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading a preset of your own: %w", err)
	}
	if len(data) > maxFileSize {
		return nil, fmt.Errorf("reading a preset of your own: %s has more than %d KiB", path, maxFileSize>>10)
	}
	return data, nil
}

func (l *Library) unknown(name string) error {
	return newUnknownError(submission.FieldPreset, "", name, l.Names())
}
