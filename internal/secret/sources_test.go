package secret

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

func TestOneLineEndIsDropped(t *testing.T) {
	t.Parallel()
	full := strings.Repeat("x", MaxSize)
	tests := []struct {
		text, want string
		err        error
	}{
		{"word", "word", nil},
		{"word\n", "word", nil},
		{"word\r\n", "word", nil},
		{"word\n\n", "word\n", nil},
		{"word\r\n\r\n", "word\r\n", nil},
		{"word\r", "word\r", nil},
		{" word \t\n", " word \t", nil},
		{"two\nlines\n", "two\nlines", nil},
		{"\x00\xff\n", "\x00\xff", nil},
		{"\ufeffword", "\ufeffword", nil},
		{"", "", ErrEmpty},
		{"\n", "", ErrEmpty},
		{"\r\n", "", ErrEmpty},
		{full + "\r\n", full, nil},
		{full + "x", "", ErrTooBig},
		{full + "x\r\n", "", ErrTooBig},
		{full + full + "\n", "", ErrTooBig},
	}
	dir := t.TempDir()
	path := filepath.Join(dir, CredentialPassword)
	for _, test := range tests {
		if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		fromFile, note, fileErr := FromFile(t.Context(), path)
		fromReader, readerErr := FromReader(t.Context(), iotest.OneByteReader(strings.NewReader(test.text)))
		fromCredential, credentialErr := FromCredentials(dir, CredentialPassword)
		fromCommand, commandErr := FromCommand(t.Context(), "cat", nil)
		if !errors.Is(commandErr, ErrEmpty) {
			t.Fatalf("a command got standard input: %q, %v", fromCommand.Reveal(), commandErr)
		}
		fromCommand, commandErr = FromCommand(t.Context(), "cat "+path, nil)
		for name, got := range map[string]struct {
			password submission.Secret
			err      error
		}{"file": {fromFile, fileErr}, "reader": {fromReader, readerErr}, "credential": {fromCredential, credentialErr}, "command": {fromCommand, commandErr}} {
			if got.password.Reveal() != test.want || !errors.Is(got.err, test.err) {
				t.Errorf("%s with %.20q: %.20q, %v; want %.20q, %v", name, test.text, got.password.Reveal(), got.err, test.want, test.err)
			}
		}
		if note != "" {
			t.Errorf("note %q for a private file", note)
		}
	}
}

func TestFromReaderFails(t *testing.T) {
	t.Parallel()
	if got, err := FromReader(t.Context(), iotest.ErrReader(io.ErrUnexpectedEOF)); !got.IsZero() || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%q, %v", got.Reveal(), err)
	}
}

func TestFromFileOfAnyMode(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "password")
	for mode, noted := range map[os.FileMode]bool{0o600: false, 0o400: false, 0o644: true, 0o640: true, 0o444: true} {
		if err := errors.Join(os.WriteFile(path, []byte(marker), 0o600), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
		got, note, err := FromFile(t.Context(), path)
		if got.Reveal() != marker || err != nil || (note != "") != noted {
			t.Errorf("mode %o: %q, note %q, %v", mode, got.Reveal(), note, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := FromFile(t.Context(), path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	if _, _, err := FromFile(t.Context(), t.TempDir()); err == nil {
		t.Error("a folder was read")
	}
}

func TestFromCredentials(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	inside, outside := filepath.Join(dir, "credentials"), filepath.Join(dir, "outside")
	err := errors.Join(os.Mkdir(inside, 0o500+0o200), os.WriteFile(outside, []byte("outside"), 0o600),
		os.WriteFile(filepath.Join(inside, "plain"), []byte("plain"), 0o440),
		os.Symlink("plain", filepath.Join(inside, "linked")),
		os.Symlink("../outside", filepath.Join(inside, "up")),
		os.Symlink(outside, filepath.Join(inside, "out")),
		os.Mkdir(filepath.Join(inside, "folder"), 0o700))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		dir, name, want string
		notFound        bool
	}{
		{inside, "plain", "plain", false},
		{inside, "linked", "plain", false},
		{inside, "up", "", false},
		{inside, "out", "", false},
		{inside, "folder", "", false},
		{inside, "none", "", true},
		{inside, "../outside", "", false},
		{inside, "..", "", false},
		{inside, "", "", false},
		{"", "plain", "", true},
		{dir + "/none", "plain", "", true},
		{"relative", "plain", "", false},
	}
	for _, test := range tests {
		got, err := FromCredentials(test.dir, test.name)
		if got.Reveal() != test.want || (err == nil) != (test.want != "") || errors.Is(err, ErrNotFound) != test.notFound {
			t.Errorf("%s in %s: %q, %v", test.name, test.dir, got.Reveal(), err)
		}
	}
}

func TestWithoutSecrets(t *testing.T) {
	t.Parallel()
	environ := []string{"PATH=/bin", "SMTPWIZ_PASSWORD=" + marker, "SMTPWIZ_PASSPHRASE=x", "smtpwiz_password=x",
		"SMTPWIZ_PROXY_PASSWORD=x", "SMTPWIZ_PASSWORD_FILE=kept", "SMTPWIZ_KEY_FILE=kept", "ODD"}
	want := []string{"PATH=/bin", "SMTPWIZ_PASSWORD_FILE=kept", "SMTPWIZ_KEY_FILE=kept", "ODD"}
	before := slices.Clone(environ)
	if got := WithoutSecrets(environ); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if !slices.Equal(environ, before) {
		t.Error("the argument was changed")
	}
}

func TestTake(t *testing.T) {
	t.Setenv("SMTPWIZ_PASSWORD", marker)
	if got := Take("SMTPWIZ_PASSWORD"); got.Reveal() != marker {
		t.Errorf("%q", got.Reveal())
	}
	if _, still := os.LookupEnv("SMTPWIZ_PASSWORD"); still {
		t.Error("the variable is still set")
	}
	if got := Take("SMTPWIZ_PASSWORD"); !got.IsZero() {
		t.Errorf("taken twice: %q", got.Reveal())
	}
}

func TestNone(t *testing.T) {
	t.Parallel()
	ref := NewRef("work")
	asked := None{Ask: func(_ context.Context, got Ref) (submission.Secret, error) {
		if got != ref {
			t.Errorf("asked for %v", got)
		}
		return submission.NewSecret("typed"), nil
	}}
	if got, err := asked.Get(t.Context(), ref); got.Reveal() != "typed" || err != nil {
		t.Errorf("%q, %v", got.Reveal(), err)
	}
	asked.Password = submission.NewSecret("set")
	if got, err := asked.Get(t.Context(), ref); got.Reveal() != "set" || err != nil {
		t.Errorf("%q, %v", got.Reveal(), err)
	}
	_, err := None{}.Get(t.Context(), ref)
	if !errors.Is(err, ErrNotFound) {
		t.Errorf("nobody to ask: %v", err)
	}
	checkHint(t, err)
	if err := (None{}).Set(t.Context(), ref, submission.NewSecret("x")); !errors.Is(err, ErrReadOnly) {
		t.Errorf("set: %v", err)
	}
	if err := (None{}).Remove(t.Context(), ref); err != nil {
		t.Errorf("remove: %v", err)
	}
}

func TestNewRef(t *testing.T) {
	t.Parallel()
	a, b := NewRef("x"), NewRef("x")
	if a.ID == b.ID || !validID(a.ID) || a.Label != "x" {
		t.Errorf("%+v, %+v", a, b)
	}
}

// All four are stores under the names that profiles keep.
func TestStores(t *testing.T) {
	t.Parallel()
	var got []string
	for _, store := range []Store{Keyring{}, &File{}, Command{}, None{}} {
		got = append(got, store.Name())
	}
	if !slices.Equal(got, Kinds()) {
		t.Errorf("%q, want %q", got, Kinds())
	}
}
