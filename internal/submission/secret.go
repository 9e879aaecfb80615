package submission

import (
	"fmt"
	"log/slog"
)

// Secret is a password, key or token. Whatever prints it, in any verb or
// encoding, prints ***; only Reveal gives the text.
type Secret struct{ text string }

// NewSecret wraps a text byte for byte.
func NewSecret(text string) Secret { return Secret{text} }

const hidden = "***"

// Reveal returns the text. Its callers are the wire, the stores and the redactor.
func (s Secret) Reveal() string { return s.text }

// IsZero reports whether there is no text.
func (s Secret) IsZero() bool { return s.text == "" }

// Len is the number of characters, which may be shown to the person who typed it.
func (s Secret) Len() int { return len([]rune(s.text)) }

func (s Secret) String() string               { return hidden }
func (s Secret) GoString() string             { return hidden }
func (s Secret) Format(f fmt.State, _ rune)   { fmt.Fprint(f, hidden) }
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }
func (s Secret) LogValue() slog.Value         { return slog.StringValue(hidden) }
