// Package secret is where passwords rest between two runs: in the system's
// keyring, in an encrypted file, behind a command of the user's, or nowhere.
//
// A profile holds a Ref; the Store of its kind gives the password for it.
// The From functions read a password that a flag or the environment points to.
// What goes wrong is an error of one of the kinds listed at ErrNotFound, whose
// Hint says what to do next. No error, no printed value of this package and no
// child's environment holds a password.
//
// It asks nobody: a prompt comes in as a function (KeyOptions.Prompt, None.Ask).
package secret

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// The kinds of store, as --secret-store takes them and profiles keep them.
const (
	KindKeyring = "keyring"
	KindFile    = "file"
	KindCommand = "command"
	KindNone    = "none"
)

// Kinds lists the kinds of store.
func Kinds() []string { return []string{KindKeyring, KindFile, KindCommand, KindNone} }

// Store keeps passwords. A password that is not there is ErrNotFound.
type Store interface {
	// Name is one of Kinds.
	Name() string
	Get(ctx context.Context, ref Ref) (submission.Secret, error)
	// Set keeps password in place of an earlier one. Stores that keep nothing
	// themselves return ErrReadOnly.
	Set(ctx context.Context, ref Ref, password submission.Secret) error
	// Remove forgets the password; stores that keep nothing return nil.
	Remove(ctx context.Context, ref Ref) error
}

// Ref points to one password.
type Ref struct {
	ID    string // stable and random, kept in the profile; see NewRef
	Label string // the profile's name, for people only; it may change
}

// NewRef returns a Ref with a new ID of 26 letters and digits.
func NewRef(label string) Ref { return Ref{ID: rand.Text(), Label: label} }

// String is how people know the record.
func (r Ref) String() string {
	if r.Label == "" {
		return r.ID
	}
	return r.Label
}

func setHint(ref Ref) string { return "smtpwiz secret set " + ref.String() }

const maxID = 64

// validID: what may stand in a line of the file and in a keyring's attribute.
func validID(id string) bool {
	inner := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
	}
	return id != "" && len(id) <= maxID && strings.IndexFunc(id, func(r rune) bool { return !inner(r) }) < 0
}

// MaxSize is the most a password, a passphrase or a key file may have, in bytes.
const MaxSize = 64 << 10

// checkSet says why a password cannot be kept under ref, if so.
func checkSet(ref Ref, password submission.Secret) error {
	switch size := len(password.Reveal()); {
	case !validID(ref.ID):
		return &Error{Kind: ErrBadID, Text: fmt.Sprintf("the record id %q is not made of 1 to %d letters, digits, - and _", ref.ID, maxID),
			Todo: "take the line with the id out of the configuration; a new one will be made"}
	case size == 0:
		return &Error{Kind: ErrEmpty, Text: "an empty password is not kept"}
	case size > MaxSize:
		return &Error{Kind: ErrTooBig, Text: fmt.Sprintf("the password has more than %d bytes", MaxSize)}
	}
	return nil
}

// None keeps nothing: the password comes from the environment or is asked for.
type None struct {
	Password submission.Secret                                             // SMTPWIZ_PASSWORD, if set
	Ask      func(ctx context.Context, ref Ref) (submission.Secret, error) // nil when there is nobody to ask
}

// Name is "none".
func (None) Name() string { return KindNone }

// Get returns the environment's password, else asks.
func (n None) Get(ctx context.Context, ref Ref) (submission.Secret, error) {
	switch {
	case !n.Password.IsZero():
		return n.Password, nil
	case n.Ask != nil:
		return n.Ask(ctx, ref)
	}
	return submission.Secret{}, &Error{Kind: ErrNotFound, Text: "the password of this profile is not kept anywhere",
		Todo: "set SMTPWIZ_PASSWORD, or use --password-stdin, --password-file or --password-command"}
}

// Set returns ErrReadOnly.
func (None) Set(context.Context, Ref, submission.Secret) error {
	return &Error{Kind: ErrReadOnly, Text: "the password of this profile is not kept anywhere",
		Todo: "choose a store with --secret-store keyring, file or command"}
}

// Remove has nothing to do.
func (None) Remove(context.Context, Ref) error { return nil }
