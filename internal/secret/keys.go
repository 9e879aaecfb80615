package secret

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/smtpwiz/smtpwiz/internal/atomicfile"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// KeyKind is what an encrypted file opens with, as the file itself says.
type KeyKind string

const (
	Passphrase KeyKind = "passphrase" // words that a person types
	KeyFile    KeyKind = "key-file"   // a file of mode 0600, for machines
)

func (k KeyKind) valid() bool { return k == Passphrase || k == KeyFile }

// Key opens an encrypted file. Its text goes through Argon2id whatever its kind.
type Key struct {
	Kind KeyKind
	Text submission.Secret
}

// Need is the file that a key is asked for.
type Need struct {
	Path string
	New  bool    // the key is chosen now: let it be typed twice
	Kind KeyKind // what the file opens with; "" when New
}

// KeySource gives the key of an encrypted file. It is called only when the file
// has to be opened, and not again by a File that it has failed.
type KeySource func(ctx context.Context, need Need) (Key, error)

// KeyOptions says where a key may come from; its method Key is a KeySource. The
// first that is set is taken, of the kind that the file opens with.
type KeyOptions struct {
	PassphraseFile string            // --passphrase-file
	Passphrase     submission.Secret // SMTPWIZ_PASSPHRASE
	KeyFile        string            // SMTPWIZ_KEY_FILE
	CredentialsDir string            // $CREDENTIALS_DIRECTORY
	// Note is told what is odd about a file that is taken all the same; nil: nobody.
	Note func(text string)
	// Prompt asks for a passphrase; nil when there is nobody to ask.
	Prompt func(ctx context.Context, need Need) (submission.Secret, error)
}

// Key returns the key, or ErrNoKey.
func (o KeyOptions) Key(ctx context.Context, need Need) (Key, error) {
	if need.Kind != KeyFile {
		if text, err := o.passphrase(ctx); err != nil || !text.IsZero() {
			return Key{Passphrase, text}, err
		}
	}
	if need.Kind != Passphrase {
		if text, err := o.keyFile(); err != nil || !text.IsZero() {
			return Key{KeyFile, text}, err
		}
	}
	if need.Kind != KeyFile && o.Prompt != nil {
		text, err := o.Prompt(ctx, need)
		return Key{Passphrase, text}, err
	}
	return Key{}, noKey(need)
}

func (o KeyOptions) passphrase(ctx context.Context) (submission.Secret, error) {
	if o.PassphraseFile != "" {
		text, note, err := FromFile(ctx, o.PassphraseFile)
		if err == nil && note != "" && o.Note != nil {
			o.Note(note)
		}
		return text, err
	}
	if !o.Passphrase.IsZero() {
		return o.Passphrase, nil
	}
	return optional(FromCredentials(o.CredentialsDir, CredentialPassphrase))
}

func (o KeyOptions) keyFile() (submission.Secret, error) {
	switch {
	case o.KeyFile == "":
		return optional(FromCredentials(o.CredentialsDir, CredentialKey))
	case o.CredentialsDir != "" && filepath.Dir(o.KeyFile) == filepath.Clean(o.CredentialsDir):
		return FromCredentials(o.CredentialsDir, filepath.Base(o.KeyFile))
	}
	data, err := atomicfile.Read(o.KeyFile, atomicfile.Private, MaxSize)
	if errors.Is(err, fs.ErrNotExist) {
		return submission.Secret{}, &Error{Kind: ErrNoKey, Cause: err, Text: fmt.Sprintf("there is no key file %s", o.KeyFile),
			Todo: "to make one: (umask 077; head -c 32 /dev/urandom | base64 > FILE)"}
	}
	if errors.Is(err, ErrLoose) {
		return submission.Secret{}, err
	}
	if err != nil {
		return submission.Secret{}, unreadable("the key file "+o.KeyFile, err)
	}
	return newSecret(data, "the key file "+o.KeyFile)
}

func optional(text submission.Secret, err error) (submission.Secret, error) {
	if errors.Is(err, ErrNotFound) {
		return submission.Secret{}, nil
	}
	return text, err
}

func noKey(need Need) error {
	e := &Error{Kind: ErrNoKey, Text: fmt.Sprintf("%s opens with a passphrase, and none was given", need.Path),
		Todo: "set SMTPWIZ_PASSPHRASE, use --passphrase-file, or run smtpwiz in a terminal"}
	switch {
	case need.New:
		e.Text = fmt.Sprintf("there is no passphrase or key file to make %s with", need.Path)
		e.Todo = "set SMTPWIZ_PASSPHRASE or SMTPWIZ_KEY_FILE, use --passphrase-file, or run smtpwiz in a terminal"
	case need.Kind == KeyFile:
		e.Text = fmt.Sprintf("%s opens with a key file, and none was given", need.Path)
		e.Todo = "set SMTPWIZ_KEY_FILE to the path of the key file"
	}
	return e
}

// NewKeyFile writes a random key into a new file of mode 0600, and never over
// one that is there: what it opens could not be opened again.
func NewKeyFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the folder of the key file: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("make the key file: %w", err)
	}
	_, err = fmt.Fprintln(f, rand.Text()+rand.Text())
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		_ = os.Remove(path)
		return fmt.Errorf("write the key file: %w", err)
	}
	return nil
}
