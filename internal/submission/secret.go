package submission

import (
	"fmt"
	"log/slog"
	"unicode/utf8"
)

// Secret is a password, key or token. Whatever prints it, in any verb or
// encoding, prints ***; only Reveal gives the text. Compare what Reveal gives,
// not two Secrets.
type Secret struct {
	// A pointer, for fmt asks no methods in an unexported field, under %p or
	// under a misplaced %w: it then prints an address.
	text *string
}

// NewSecret wraps a text byte for byte.
func NewSecret(text string) Secret { return Secret{&text} }

const hidden = "***"

// Reveal returns the text. Its callers are the wire, the stores and the redactor.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether there is no text.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// Len is the number of characters, which may be shown to the person who typed it.
func (s Secret) Len() int { return utf8.RuneCountInString(s.Reveal()) }

func (s Secret) String() string               { return hidden }
func (s Secret) GoString() string             { return hidden }
func (s Secret) Format(f fmt.State, _ rune)   { fmt.Fprint(f, hidden) }
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }
func (s Secret) LogValue() slog.Value         { return slog.StringValue(hidden) }
