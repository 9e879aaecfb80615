package chaos

import (
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// passwords are what the games are played with: one in letters, one that every
// notation escapes, a short one and a long one.
var passwords = []string{marker, `Wört "9fQ" & 50%\7`, "kurz7!", "ya29.A0AfB_byC-" + marker + "-0123456789abcdefABCDEF.xyz~x9"}

// pieces of a password give it away: the whole, and of one with more than eight
// octets either half, or the sixteen at either end.
func pieces(password string) []string {
	half := min(max((len(password)+1)/2, 8), 16)
	if half >= len(password) {
		return []string{password}
	}
	first, last := half, len(password)-half
	for !utf8.RuneStart(password[first]) {
		first++
	}
	for !utf8.RuneStart(password[last]) {
		last--
	}
	return []string{password, password[:first], password[last:]}
}

// spellings are ways in which a text can be read, written apart from the
// redactor's way to find them.
func spellings(text string) []string {
	all := []string{
		text, strings.ToUpper(text), strings.ToLower(text), backwards(text), url.QueryEscape(text), url.PathEscape(text),
		fmt.Sprintf("%x", text), fmt.Sprintf("%X", text), fmt.Sprintf("% x", text), strings.ReplaceAll(fmt.Sprintf("% x", text), " ", ":"),
		strings.Trim(fmt.Sprintf("%+q", text), `"`), strings.Trim(fmt.Sprint([]byte(text)), "[]"),
	}
	for _, format := range []string{"%%%02x", "%%%02X", "=%02X", `\x%02x`, `\%03o`, `\u%04x`, "&#%d;", "&#x%x;"} {
		escaped := ""
		for _, r := range text {
			if r < 0x80 {
				escaped += fmt.Sprintf(format, r)
			} else {
				escaped += string(r)
			}
		}
		all = append(all, escaped)
	}
	// Where it stands in a longer text, without what its neighbours decide too.
	for shift := range 3 {
		padded := []byte(strings.Repeat("\x00", shift) + text)
		for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			all = append(all, enc.EncodeToString(padded)[(8*shift+5)/6:8*len(padded)/6])
		}
	}
	return append(all, base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte(text))[:8*len(text)/5])
}

func backwards(text string) string {
	chars := []rune(text)
	slices.Reverse(chars)
	return string(chars)
}
