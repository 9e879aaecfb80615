package secret

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

func TestKeyOptions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	credentials := filepath.Join(dir, "credentials")
	if err := os.Mkdir(credentials, 0o700); err != nil {
		t.Fatal(err)
	}
	write("credentials/"+CredentialPassphrase, "from credential\n", 0o440)
	write("credentials/"+CredentialKey, "key credential\n", 0o440)
	write("credentials/other", "other credential", 0o440)
	words := write("words", "from file\r\n", 0o644)
	keyFile := write("key", "key bytes\n", 0o600)
	looseKey := write("loose", "key bytes\n", 0o640)
	emptyKey := write("empty", "\n", 0o600)

	env := submission.NewSecret("from environment")
	prompt := func(context.Context, Need) (submission.Secret, error) { return submission.NewSecret("typed"), nil }
	old, oldKey, fresh := Need{Kind: Passphrase}, Need{Kind: KeyFile}, Need{New: true}
	tests := []struct {
		name    string
		options KeyOptions
		need    Need
		want    string
		kind    KeyKind
		err     error
	}{
		{"nothing", KeyOptions{}, old, "", "", ErrNoKey},
		{"nothing for a new one", KeyOptions{}, fresh, "", "", ErrNoKey},
		{"prompt", KeyOptions{Prompt: prompt}, old, "typed", Passphrase, nil},
		{"prompt for a new one", KeyOptions{Prompt: prompt}, fresh, "typed", Passphrase, nil},
		{"a prompt is no key file", KeyOptions{Prompt: prompt, Passphrase: env}, oldKey, "", "", ErrNoKey},
		{"environment before prompt", KeyOptions{Passphrase: env, Prompt: prompt}, old, "from environment", Passphrase, nil},
		{"flag before environment", KeyOptions{PassphraseFile: words, Passphrase: env}, old, "from file", Passphrase, nil},
		{"flag's file missing", KeyOptions{PassphraseFile: dir + "/none", Passphrase: env}, old, "", Passphrase, os.ErrNotExist},
		{"credential before prompt", KeyOptions{CredentialsDir: credentials, Prompt: prompt}, old, "from credential", Passphrase, nil},
		{"environment before credential", KeyOptions{CredentialsDir: credentials, Passphrase: env}, old, "from environment", Passphrase, nil},
		{"key file", KeyOptions{KeyFile: keyFile}, oldKey, "key bytes", KeyFile, nil},
		{"key file for a new one, before the prompt", KeyOptions{KeyFile: keyFile, Prompt: prompt}, fresh, "key bytes", KeyFile, nil},
		{"passphrase for a new one, before the key file", KeyOptions{KeyFile: keyFile, Passphrase: env}, fresh, "from environment", Passphrase, nil},
		{"each for its file", KeyOptions{KeyFile: keyFile, Passphrase: env}, oldKey, "key bytes", KeyFile, nil},
		{"a key file is no passphrase", KeyOptions{KeyFile: keyFile}, old, "", "", ErrNoKey},
		{"loose key file", KeyOptions{KeyFile: looseKey}, oldKey, "", KeyFile, ErrLoose},
		{"empty key file", KeyOptions{KeyFile: emptyKey}, oldKey, "", KeyFile, ErrEmpty},
		{"no key file there", KeyOptions{KeyFile: dir + "/none"}, oldKey, "", KeyFile, ErrNoKey},
		{"key credential", KeyOptions{CredentialsDir: credentials}, oldKey, "key credential", KeyFile, nil},
		{"key file named among the credentials", KeyOptions{CredentialsDir: credentials + "/", KeyFile: credentials + "/other"}, oldKey, "other credential", KeyFile, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			key, err := test.options.Key(t.Context(), test.need)
			if key.Text.Reveal() != test.want || key.Kind != test.kind || !errors.Is(err, test.err) {
				t.Errorf("%s %q, %v; want %s %q, %v", key.Kind, key.Text.Reveal(), err, test.kind, test.want, test.err)
			}
			if errors.Is(err, ErrNoKey) || errors.Is(err, ErrLoose) {
				checkHint(t, err)
			}
		})
	}
}

func TestNewKeyFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "smtpwiz", "secrets.key")
	if err := NewKeyFile(path); err != nil {
		t.Fatal(err)
	}
	key, err := KeyOptions{KeyFile: path}.Key(context.Background(), Need{New: true})
	if err != nil || key.Kind != KeyFile || key.Text.Len() < 40 {
		t.Errorf("key of %d characters, kind %q, %v", key.Text.Len(), key.Kind, err)
	}
	if err := NewKeyFile(path); err == nil {
		t.Error("a key file was written over")
	}
}

func TestOpensWith(t *testing.T) {
	t.Parallel()
	f := &File{Path: filepath.Join(t.TempDir(), "secrets"), Cost: Cost{Time: 1, Memory: 8, Threads: 1},
		Keys: func(context.Context, Need) (Key, error) {
			return Key{KeyFile, submission.NewSecret("a key")}, nil
		}}
	if _, err := f.OpensWith(); !errors.Is(err, ErrNotFound) {
		t.Errorf("no file: %v", err)
	}
	if err := f.Set(context.Background(), NewRef("x"), submission.NewSecret("pa55-Marker-9fQ")); err != nil {
		t.Fatal(err)
	}
	if kind, err := f.OpensWith(); kind != KeyFile || err != nil {
		t.Errorf("opens with %q, %v", kind, err)
	}
}

func TestLoosePassphraseFileIsNoted(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "words")
	if err := errors.Join(os.WriteFile(path, []byte("words"), 0o600), os.Chmod(path, 0o644)); err != nil {
		t.Fatal(err)
	}
	var notes []string
	options := KeyOptions{PassphraseFile: path, Note: func(text string) { notes = append(notes, text) }}
	if _, err := options.Key(t.Context(), Need{New: true}); err != nil || len(notes) != 1 || !strings.Contains(notes[0], "0644") {
		t.Errorf("notes %q, %v", notes, err)
	}
}
