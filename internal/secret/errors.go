package secret

import (
	"context"
	"errors"

	"github.com/smtpwiz/smtpwiz/internal/atomicfile"
)

// The kinds of trouble that the user can mend, for errors.Is. Errors of ErrLoose
// are *atomicfile.LooseError, which has a Hint too. Any other error, such as a
// full disk, is none of the user's doing.
var (
	ErrNotFound        = errors.New("no password is kept for this")
	ErrEmpty           = errors.New("there is no password in it")
	ErrTooBig          = errors.New("too long for a password")
	ErrReadOnly        = errors.New("smtpwiz does not keep this password")
	ErrNoKeyring       = errors.New("no keyring can be reached")
	ErrLocked          = errors.New("the keyring is locked")
	ErrNoKey           = errors.New("nothing was given to open the encrypted file with")
	ErrWrongPassphrase = errors.New("the passphrase is wrong")
	ErrDamaged         = errors.New("the encrypted file is damaged")
	ErrTampered        = errors.New("the encrypted file was tampered with")
	ErrNewer           = errors.New("the encrypted file has a newer format")
	ErrCommand         = errors.New("the password command failed")
	ErrTimeout         = errors.New("no answer in time")
	ErrUnreadable      = errors.New("the secret that was pointed to cannot be read")
	ErrBadID           = errors.New("no id of a record")
	ErrNoHome          = errors.New("there is no home for the encrypted file")
	ErrLoose           = atomicfile.ErrLoose
)

// Error is trouble of one of the kinds above, in words.
type Error struct {
	Kind  error  // one of the Err values
	Text  string // what is wrong; made safe to print
	Todo  string // what to do next, "" if there is nothing to say
	Cause error  // what was underneath, nil if nothing; not printed
}

func (e *Error) Error() string { return e.Text }

// Hint is what to do next.
func (e *Error) Hint() string { return e.Todo }

func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Cause}
}

// timedOut tells our own time limit from the caller's cancelling, which is
// returned as it is.
func timedOut(ctx context.Context, text, todo string) error {
	if err := ctx.Err(); !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &Error{Kind: ErrTimeout, Text: text, Todo: todo, Cause: context.DeadlineExceeded}
}
