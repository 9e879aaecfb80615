package profile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/atomicfile"
)

func newStore(t *testing.T) *Store {
	t.Helper()
	return Open(filepath.Join(t.TempDir(), "smtpwiz", "config.toml"))
}

func write(t *testing.T, s *Store, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(s.Path()), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.Path(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(s.Path(), mode); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, s *Store) string {
	t.Helper()
	text, err := os.ReadFile(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func put(name string) func(*Config) error {
	return func(c *Config) error { return c.Put(Profile{Name: name, Helo: name}) }
}

func TestMissingFileIsEmpty(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	c, err := s.Load()
	if err != nil || len(c.Profiles()) > 0 || c.Default() != "" || len(c.Unknown()) > 0 {
		t.Fatalf("got %+v, %v", c, err)
	}
	if !c.IsNew() {
		t.Error("it is not said to be new")
	}
	if _, err := os.Stat(filepath.Dir(s.Path())); !os.IsNotExist(err) {
		t.Errorf("reading made the folder: %v", err)
	}
	if err := s.Update(t.Context(), func(*Config) error { return nil }); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(s.Path()); !os.IsNotExist(err) {
		t.Errorf("a change that changed nothing made the file: %v", err)
	}
}

func TestUpdateWrites(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	if err := s.Update(t.Context(), put("a")); err != nil {
		t.Fatal(err)
	}
	if want := freshFile + "default = \"a\"\n\n[profile.a]\nhelo = \"a\"\n"; read(t, s) != want {
		t.Errorf("got:\n%s", read(t, s))
	}
	info, err := os.Stat(s.Path())
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestUpdateLeavesAlone(t *testing.T) {
	t.Parallel()
	stop := errors.New("stop")
	const text = "# by hand, without a version\n[profile.a]\nhelo = 'x'\n"
	for name, change := range map[string]func(*Config) error{
		"nothing to do": func(*Config) error { return nil },
		"the same":      func(c *Config) error { return c.Put(Profile{Name: "a", Helo: "x"}) },
		"an error":      func(c *Config) error { return errors.Join(c.Remove("a"), stop) },
		"refused":       func(c *Config) error { return c.SetDefault("b") },
	} {
		s := newStore(t)
		write(t, s, text, 0o600)
		err := s.Update(t.Context(), change)
		if name == "an error" && !errors.Is(err, stop) {
			t.Errorf("the error of change became %v", err)
		}
		if read(t, s) != text {
			t.Errorf("%s: the file was changed to:\n%s", name, read(t, s))
		}
	}
}

func TestUpdateOfAHandEdit(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	write(t, s, byteOrderMark+"# mine\r\n\r\n[profile.a] # a\r\nhelo = 'x'\r\n", 0o644)
	if err := s.Update(t.Context(), put("a")); err != nil {
		t.Fatal(err)
	}
	if want := byteOrderMark + "# mine\r\nversion = 1\r\n\r\n[profile.a] # a\r\nhelo = \"a\"\r\n"; read(t, s) != want {
		t.Errorf("got %q", read(t, s))
	}
}

func TestUpdateRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"version = 2\n", "[profile.a]\nhelo = x\n", "password = 'x'\n"} {
		s := newStore(t)
		write(t, s, text, 0o600)
		var fault *Error
		if err := s.Update(t.Context(), put("b")); !errors.As(err, &fault) || fault.Path != s.Path() {
			t.Errorf("%q: %v", text, err)
		}
		if read(t, s) != text {
			t.Errorf("%q was changed", text)
		}
	}
	s := newStore(t)
	write(t, s, strings.Repeat("# long\n", maxSize/7+1), 0o600)
	var fault *Error
	if _, err := s.Load(); !errors.As(err, &fault) || fault.Hint() == "" || !strings.Contains(err.Error(), "256 KiB") {
		t.Errorf("too big: %v", err)
	}
}

// What could not be read again is not written.
func TestUpdateKeepsTheSize(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	text := "version = 1\n" + strings.Repeat("# long\n", (maxSize-20)/7)
	write(t, s, text, 0o600)
	var fault *Error
	if err := s.Update(t.Context(), put("a")); !errors.As(err, &fault) || fault.Hint() == "" {
		t.Errorf("over the limit: %v", err)
	}
	if read(t, s) != text {
		t.Error("the file was changed")
	}
}

func TestUpdateStopsWaiting(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Update(ctx, func(*Config) error {
		cancel() // of the second writer, while it waits for the first
		return Open(s.Path()).Update(ctx, put("a"))
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestWithoutAHome(t *testing.T) {
	t.Parallel()
	s := OpenDefault(func(string) string { return "" })
	var homeless *HomelessError
	if _, err := s.Load(); !errors.As(err, &homeless) || homeless.Hint() == "" || s.Path() != "" {
		t.Errorf("load %q: %v", s.Path(), err)
	}
	if err := s.Update(t.Context(), put("a")); !errors.As(err, &homeless) {
		t.Errorf("update: %v", err)
	}
}

func TestFoundByID(t *testing.T) {
	t.Parallel()
	c := mustParse(t, "[profile.a.secret]\nid = '1'\n[profile.b]\n")
	if err := c.Rename("a", "c"); err != nil {
		t.Fatal(err)
	}
	if p, ok := c.ByID("1"); !ok || p.Name != "c" {
		t.Errorf("found %+v", p)
	}
	if p, ok := c.ByID(""); ok {
		t.Errorf("found %+v", p)
	}
	var fault *Error
	if err := c.Put(Profile{Name: "b", Secret: SecretRef{ID: "1"}}); !errors.As(err, &fault) || !strings.Contains(err.Error(), "profile.b.secret.id") {
		t.Errorf("two with one id: %v", err)
	}
}

func TestFiftyWritersLoseNothing(t *testing.T) {
	t.Parallel()
	const writers = 50
	path := newStore(t).Path()
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			if err := Open(path).Update(t.Context(), put(fmt.Sprintf("p%d", i))); err != nil {
				t.Errorf("writer %d: %v", i, err)
			}
		})
	}
	for range writers {
		all.Go(func() {
			if _, err := Open(path).Load(); err != nil {
				t.Errorf("a reader saw what is not whole: %v", err)
			}
		})
	}
	all.Wait()
	c, err := Open(path).Load()
	if err != nil {
		t.Fatal(err)
	}
	for i := range writers {
		name := fmt.Sprintf("p%d", i)
		if p, err := c.Get(name); err != nil || p.Helo != name {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	if _, err := c.Get(c.Default()); err != nil {
		t.Errorf("default: %v", err)
	}
}

func TestLooseFilesAreRefused(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("modes say nothing there")
	}
	for mode, refused := range map[os.FileMode]bool{0o600: false, 0o400: false, 0o644: false, 0o620: true, 0o602: true, 0o666: true} {
		s := newStore(t)
		write(t, s, "[profile.a]\n", mode)
		_, err := s.Load()
		if errors.Is(err, atomicfile.ErrLoose) != refused {
			t.Errorf("mode %04o: %v", mode, err)
		}
		if err := s.Update(t.Context(), put("b")); errors.Is(err, atomicfile.ErrLoose) != refused {
			t.Errorf("mode %04o: update: %v", mode, err)
		}
		if changed := read(t, s) != "[profile.a]\n"; changed == refused {
			t.Errorf("mode %04o: changed is %v", mode, changed)
		}
	}
}

func TestSymbolicLinkIsRefused(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	write(t, s, "[profile.a]\n", 0o600)
	link := filepath.Join(filepath.Dir(s.Path()), "link.toml")
	if err := os.Symlink("config.toml", link); err != nil {
		t.Skip(err)
	}
	if _, err := Open(link).Load(); !errors.Is(err, atomicfile.ErrLoose) {
		t.Errorf("load: %v", err)
	}
	if err := Open(link).Update(t.Context(), put("b")); !errors.Is(err, atomicfile.ErrLoose) {
		t.Errorf("update: %v", err)
	}
	if read(t, s) != "[profile.a]\n" {
		t.Errorf("the link was followed:\n%s", read(t, s))
	}
}

func TestDefaultPath(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	xdg := filepath.Join(home, "xdg")
	for _, test := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{"XDG_CONFIG_HOME": xdg, "HOME": home}, filepath.Join(xdg, "smtpwiz", "config.toml")},
		{map[string]string{"XDG_CONFIG_HOME": "relative", "HOME": home}, filepath.Join(home, ".config", "smtpwiz", "config.toml")},
		{map[string]string{"HOME": home}, filepath.Join(home, ".config", "smtpwiz", "config.toml")},
		{nil, ""},
	} {
		got, err := DefaultPath(func(key string) string { return test.env[key] })
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%v: %q, %v", test.env, got, err)
		}
	}
}
