package secret

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// The credentials that smtpwiz looks for in $CREDENTIALS_DIRECTORY. In a unit
// of systemd: LoadCredentialEncrypted=smtpwiz.password:/etc/…
const (
	CredentialPassword   = "smtpwiz.password"
	CredentialPassphrase = "smtpwiz.passphrase" // of the encrypted file
	CredentialKey        = "smtpwiz.key"        // the encrypted file's key file
)

// FromReader reads a password to the end of r, for --password-stdin, or until
// ctx ends: r may be a pipe that nobody writes to.
func FromReader(ctx context.Context, r io.Reader) (submission.Secret, error) {
	return within(ctx, func() (submission.Secret, error) { return readSecret(r, "standard input") })
}

// FromFile reads a password that the user has put into a file, for
// --password-file, or until ctx ends: it may be a named pipe. Its mode is the
// user's choice (a mounted Kubernetes secret is readable by all), so others being
// able to read it is only a note.
func FromFile(ctx context.Context, path string) (password submission.Secret, note string, err error) {
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		note = fmt.Sprintf("others on this machine may read %s: its mode is %04o", path, info.Mode().Perm())
	}
	password, err = within(ctx, func() (submission.Secret, error) {
		f, err := os.Open(path)
		if err != nil {
			return submission.Secret{}, unreadable(path, err)
		}
		defer f.Close()
		return readSecret(f, path)
	})
	return password, note, err
}

// within gives up waiting for what is read when the context ends.
func within(ctx context.Context, read func() (submission.Secret, error)) (submission.Secret, error) {
	type answer struct {
		password submission.Secret
		err      error
	}
	done := make(chan answer, 1)
	go func() {
		password, err := read()
		done <- answer{password, err}
	}()
	select {
	case a := <-done:
		return a.password, a.err
	case <-ctx.Done():
		return submission.Secret{}, ctx.Err()
	}
}

// FromCredentials reads the credential name from dir, the value of
// $CREDENTIALS_DIRECTORY. ErrNotFound if dir is "" or has no such file.
//
// As systemd means it (systemd.exec(5), Credentials): each file is one
// credential, and the folder is the service's alone, whatever the modes look
// like (an access list of ours shows as group-readable and owned by root), so
// they are not judged.
func FromCredentials(dir, name string) (submission.Secret, error) {
	notFound := &Error{Kind: ErrNotFound, Text: fmt.Sprintf("there is no credential %s", name),
		Todo: fmt.Sprintf("give the unit LoadCredential=%s:FILE", name)}
	if dir == "" {
		return submission.Secret{}, notFound
	}
	if strings.ContainsAny(name, `/\:`) || name == "." || name == ".." {
		return submission.Secret{}, unreadable("the credential "+name, errors.New("that is no name of one"))
	}
	if !filepath.IsAbs(dir) {
		return submission.Secret{}, unreadable("the credential "+name, errors.New("CREDENTIALS_DIRECTORY is no absolute path"))
	}
	folder, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return submission.Secret{}, notFound
	}
	if err != nil {
		return submission.Secret{}, unreadable("the credential "+name, err)
	}
	defer folder.Close()
	// Links that stay inside are followed: Kubernetes mounts are made of them.
	info, err := folder.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return submission.Secret{}, notFound
	}
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a plain file")
	}
	if err != nil {
		return submission.Secret{}, unreadable("the credential "+name, err)
	}
	f, err := folder.Open(name)
	if err != nil {
		return submission.Secret{}, unreadable("the credential "+name, err)
	}
	defer f.Close()
	return readSecret(f, "the credential "+name)
}

// readSecret takes everything, byte for byte, but one line end at the end.
func readSecret(r io.Reader, from string) (submission.Secret, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxSize+3))
	if err != nil {
		return submission.Secret{}, unreadable(from, err)
	}
	return newSecret(data, from)
}

// unreadable is trouble with what the user has pointed to.
func unreadable(from string, err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		err = inner // the path is said already
	}
	return &Error{Kind: ErrUnreadable, Cause: err, Text: fmt.Sprintf("read %s: %v", from, err),
		Todo: "check that it is the right one, and that you may read it"}
}

func newSecret(data []byte, from string) (submission.Secret, error) {
	data = withoutLineEnd(data)
	switch {
	case len(data) == 0:
		return submission.Secret{}, &Error{Kind: ErrEmpty, Text: from + " is empty"}
	case len(data) > MaxSize:
		return submission.Secret{}, &Error{Kind: ErrTooBig, Text: fmt.Sprintf("%s has more than %d bytes, which is no password", from, MaxSize)}
	}
	return submission.NewSecret(string(data)), nil
}

func withoutLineEnd(data []byte) []byte {
	if rest, ok := bytes.CutSuffix(data, []byte("\r\n")); ok {
		return rest
	}
	return bytes.TrimSuffix(data, []byte("\n"))
}

// secretVariables hold secrets, and so reach no child.
var secretVariables = []string{"SMTPWIZ_PASSWORD", "SMTPWIZ_PASSPHRASE", "SMTPWIZ_PROXY_PASSWORD"}

// WithoutSecrets returns environ ("NAME=value" each) without the variables that
// hold our secrets, for a child.
func WithoutSecrets(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		// Windows knows no case in names.
		return slices.ContainsFunc(secretVariables, func(v string) bool { return strings.EqualFold(v, name) })
	})
}

// Take reads the environment variable name and unsets it, so that no child gets
// it that a library starts (go-keyring runs macOS's security). Call it first
// thing, once a variable.
func Take(name string) submission.Secret {
	value := os.Getenv(name)
	os.Unsetenv(name)
	return submission.NewSecret(value)
}
