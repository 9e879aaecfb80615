//go:build darwin || windows

package secret

import (
	"context"
	"errors"

	"github.com/zalando/go-keyring"

	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// available: both systems always have a keyring; whether it can be used shows
// when an entry that cannot exist is looked up.
func (k Keyring) available(ctx context.Context) error {
	_, err := k.get(ctx, Ref{ID: "none"})
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

func (Keyring) get(ctx context.Context, ref Ref) (submission.Secret, error) {
	text, err := beside(ctx, func() (string, error) { return keyring.Get(service, ref.ID) })
	return submission.NewSecret(text), native(ref, err)
}

func (Keyring) set(ctx context.Context, ref Ref, password submission.Secret) error {
	_, err := beside(ctx, func() (string, error) { return "", keyring.Set(service, ref.ID, password.Reveal()) })
	return native(ref, err)
}

func (Keyring) relabel(context.Context, Ref) error { return nil }

func (Keyring) remove(ctx context.Context, ref Ref) error {
	_, err := beside(ctx, func() (string, error) { return "", keyring.Delete(service, ref.ID) })
	return native(ref, err)
}

// beside runs a call that knows no context, and leaves it behind when ctx is
// done: the system may be waiting for the user in a window.
func beside(ctx context.Context, call func() (string, error)) (string, error) {
	type result struct {
		text string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text, err := call()
		done <- result{text, err}
	}()
	select {
	case r := <-done:
		return r.text, r.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func native(ref Ref, err error) error {
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, keyring.ErrNotFound):
		return notInKeyring(ref)
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return &Error{Kind: ErrTooBig, Text: "the password is too long for this system's keyring", Todo: otherStore, Cause: err}
	}
	return &Error{Kind: ErrNoKeyring, Text: "the system's keyring refuses: " + reply.Safe(err.Error()),
		Todo: "unlock it, " + otherStore, Cause: err}
}
