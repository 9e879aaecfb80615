package secret

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// service is the name under which all our entries stand in a keyring; the
// account is the record's id.
const service = "smtpwiz"

const keyringTimeout = 10 * time.Second

// Keyring is the store in the system's keyring: the Secret Service of a Linux
// or BSD desktop, the Keychain of macOS, the Credential Manager of Windows.
// It never starts a keyring that does not run and never opens its window to
// unlock it: both are told in words. Its zero value is ready.
type Keyring struct {
	Timeout time.Duration            // of each call; 0: 10 s
	Getenv  func(name string) string // nil: os.Getenv
}

// Name is "keyring".
func (Keyring) Name() string { return KindKeyring }

// Available returns nil if a password could be kept now, else ErrNoKeyring,
// ErrLocked or ErrTimeout.
func (k Keyring) Available(ctx context.Context) error {
	return k.limited(ctx, k.available)
}

// Get returns the password of ref.
func (k Keyring) Get(ctx context.Context, ref Ref) (password submission.Secret, err error) {
	err = k.limited(ctx, func(ctx context.Context) error {
		password, err = k.get(ctx, ref)
		return err
	})
	if err != nil {
		return submission.Secret{}, err
	}
	return password, nil
}

// Set keeps password for ref.
func (k Keyring) Set(ctx context.Context, ref Ref, password submission.Secret) error {
	if err := checkSet(ref, password); err != nil {
		return err
	}
	return k.limited(ctx, func(ctx context.Context) error { return k.set(ctx, ref, password) })
}

// Relabel gives the record of ref the label that ref has now, for the windows in
// which people look at their keyring. The Keychain and the Credential Manager show
// no label of ours: there it does nothing.
func (k Keyring) Relabel(ctx context.Context, ref Ref) error {
	return k.limited(ctx, func(ctx context.Context) error { return k.relabel(ctx, ref) })
}

// Remove forgets the password of ref.
func (k Keyring) Remove(ctx context.Context, ref Ref) error {
	return k.limited(ctx, func(ctx context.Context) error { return k.remove(ctx, ref) })
}

// limited bounds a call in time.
func (k Keyring) limited(ctx context.Context, call func(context.Context) error) error {
	timeout := k.Timeout
	if timeout == 0 {
		timeout = keyringTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err := call(ctx)
	var known *Error
	if err == nil || errors.As(err, &known) || ctx.Err() == nil {
		return err
	}
	return timedOut(ctx, "the keyring did not answer in time", "see whether it waits for you in a window; "+otherStore)
}

func (k Keyring) env(name string) string {
	if k.Getenv == nil {
		return os.Getenv(name)
	}
	return k.Getenv(name)
}

const otherStore = "or choose another store, as --secret-store file"

func notInKeyring(ref Ref) error {
	return &Error{Kind: ErrNotFound, Text: "the keyring has no password for " + ref.String(),
		Todo: setHint(ref)}
}
