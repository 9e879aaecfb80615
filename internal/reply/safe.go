package reply

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Safe makes a server's text safe to print in one line: control, escape,
// bidirectional and other invisible format characters and invalid UTF-8 appear
// escaped, as \x1b or \u202e. What is visible stays as it is.
func Safe(s string) string {
	if isSafe(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case !unsafeRune(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		i += size
	}
	return b.String()
}

func isSafe(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unsafeRune)
}

// unsafeRune: controls (Cc), format characters (Cf: bidirectional marks, zero
// width ones, tags), line and paragraph separators. The two joiners that
// Indic and Persian writing needs are kept.
func unsafeRune(r rune) bool {
	const zwnj, zwj = '\u200c', '\u200d'
	if r == zwnj || r == zwj {
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co)
}
