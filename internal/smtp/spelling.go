package smtp

import (
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"html"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/smtpwiz/smtpwiz/internal/reply"
)

// formsOf are the spellings in which a secret may come back: its characters as
// they are or escaped one by one, also backwards, its octets in any charset listed as numbers,
// and the whole in base32, base64 or base64 of base64, wherever it stands in a
// longer text that was encoded.
func formsOf(secret string) []form {
	chars := characters(secret)
	forms := []form{newForm(chars), newForm(backwards(slices.Clone(chars))), newForm(numbers([]rune(secret), "u+%04x", "u+%x", "u+%06x"), separators()...)}
	for charset, text := range charsets(secret) {
		if charset > 0 {
			forms = append(forms, newForm(rawOctets(text)))
		}
		forms = append(forms, listings(text)...)
	}
	for _, encoded := range encodingsOf(secret) {
		forms = append(forms, encodedForm(encoded))
	}
	return forms
}

// shortFormsOf are those of a secret that stands in any text by chance.
func shortFormsOf(secret string) []form {
	whole := base64.RawStdEncoding.EncodeToString([]byte(secret))
	return []form{newForm(characters(secret)).wholly(), hexListing(secret).wholly(), newForm(characters(whole)).wholly()}
}

// charsets are the octets of a secret: as given, in UTF-16 of either byte
// order, and in ISO 8859-1 where that differs and can hold it.
func charsets(secret string) []string {
	all := []string{secret}
	if !utf8.ValidString(secret) {
		return all
	}
	var little, big, latin []byte
	for _, u := range utf16.Encode([]rune(secret)) {
		little, big = append(little, byte(u), byte(u>>8)), append(big, byte(u>>8), byte(u))
	}
	all = append(all, string(little), string(big))
	for _, r := range secret {
		if r > unicode.MaxLatin1 {
			return all
		}
		latin = append(latin, byte(r))
	}
	if len(latin) < len(secret) {
		all = append(all, string(latin))
	}
	return all
}

// --- characters, one by one ---

// characters tells for each character of a secret how it may be written.
func characters(secret string) [][]string {
	var chars []string
	for secret != "" {
		_, size := utf8.DecodeRuneInString(secret)
		chars = append(chars, secret[:size])
		secret = secret[size:]
	}
	return spell(chars, character)
}

func backwards(units [][]string) [][]string {
	slices.Reverse(units)
	return units
}

// spell tells for each part how it may be written, asking once for equal ones.
func spell[T comparable](parts []T, ways func(T) []string) [][]string {
	known := map[T][]string{}
	units := make([][]string, len(parts))
	for i, part := range parts {
		if known[part] == nil {
			known[part] = ways(part)
		}
		units[i] = known[part]
	}
	return units
}

func character(char string) []string {
	r, _ := utf8.DecodeRuneInString(char)
	ways := append(octets(char), string(r)) // U+FFFD for what is not UTF-8
	if r != utf8.RuneError {
		ways = append(ways, escapes(r)...)
	}
	return tidy(ways)
}

// tidy puts ways into lower case, each once.
func tidy(ways []string) []string {
	for i, way := range ways {
		ways[i] = lowerASCII(way)
	}
	slices.Sort(ways)
	return slices.Compact(ways)
}

// octets are the ways to write a character octet by octet.
func octets(char string) []string {
	ways := []string{char}
	// URLs, quoted-printable (RFC 2045), xtext (RFC 3461), what Safe makes, C's octal.
	for _, format := range []string{"%%%02x", "=%02x", "+%02x", `\x%02x`, `\%03o`} {
		ways = append(ways, each(format, []byte(char)))
	}
	return ways
}

func each[T byte | uint16](format string, numbers []T) string {
	var b strings.Builder
	for _, n := range numbers {
		fmt.Fprintf(&b, format, n)
	}
	return b.String()
}

// escapes are the ways to write a character as such.
func escapes(r rune) []string {
	char := string(r)
	quoted := strconv.QuoteRune(r) // Go's and C's \n, \t, …
	units := utf16.Encode([]rune{r})
	ways := []string{
		strings.ToUpper(char), strings.ToLower(char), reply.Safe(char), quoted[1 : len(quoted)-1], html.EscapeString(char),
		each(`\u%04x`, units), each("%%u%04x", units), // JSON, the old escape of JavaScript
		fmt.Sprintf(`\u{%x}`, r), fmt.Sprintf(`\x{%x}`, r), fmt.Sprintf(`\U%08x`, r), fmt.Sprintf("U+%04x", r),
	}
	const padded = 8 // digits of a character reference (&#039; and the like)
	for prefix, digits := range map[string]string{"&#": strconv.Itoa(int(r)), "&#x": strconv.FormatInt(int64(r), 16)} {
		for ; len(digits) <= padded; digits = "0" + digits {
			ways = append(ways, prefix+digits, prefix+digits+";")
		}
	}
	switch {
	case r == ' ':
		ways = append(ways, "+", "_") // forms of the web; encoded words (RFC 2047)
	case r == '"':
		ways = append(ways, "&quot;")
	case r == '\'':
		ways = append(ways, "&apos;")
	case r > unicode.MaxASCII && r <= unicode.MaxLatin1:
		ways = append(ways, octets(string([]byte{byte(r)}))...) // ISO 8859-1
	}
	if r <= unicode.MaxASCII && !isWord(byte(r)) {
		ways = append(ways, `\`+char) // as JSON may write a slash
	}
	return ways
}

// rawOctets writes octets as they are or escaped: UTF-16 shows its zeros.
func rawOctets(text string) [][]string {
	return spell([]byte(text), func(b byte) []string {
		ways := append(octets(string([]byte{b})), fmt.Sprintf(`\u%04x`, b))
		if b == 0 {
			ways = append(ways, `\0`, "^@")
		}
		return tidy(ways)
	})
}

// --- lists of numbers ---

// listings write octets as numbers with something between.
func listings(text string) []form {
	octets := []byte(text)
	return []form{
		hexListing(text),
		newForm(numbers(octets, "%d", "%03d"), separators()...),
		newForm(numbers(octets, "%o", "%03o", "%04o", "0o%o", `\%o`), append(separators(), "")...),
	}
}

func hexListing(text string) form {
	return newForm(numbers([]byte(text), "%02x", "0x%02x", `\x%02x`), append(separators(), "")...)
}

// separators part the numbers of a list.
func separators() []string { return []string{" ", ",", ", ", ";", "; ", ":", "-", ".", "|", "/"} }

func numbers[T byte | rune](values []T, formats ...string) [][]string {
	return spell(values, func(n T) []string {
		var ways []string
		for _, format := range formats {
			ways = append(ways, fmt.Sprintf(format, n))
		}
		return tidy(ways)
	})
}

// --- encodings of the whole ---

// encodedForm is for base64 and base32, also with the alphabet for URLs and
// file names (RFC 4648 section 5).
func encodedForm(encoded string) form {
	letters := encodedLetters()
	units := make([][]string, len(encoded))
	for i, c := range []byte(encoded) {
		units[i] = letters[c]
	}
	f := newForm(units)
	f.kind = hitEncoded
	return f
}

// encodedLetters tells for each letter of an encoding how it may be written:
// for those of a base64 that is encoded again too.
var encodedLetters = sync.OnceValue(func() *[utf8.RuneSelf][]string {
	var letters [utf8.RuneSelf][]string
	for c := range letters {
		letters[c] = []string{lowerASCII(string(rune(c)))}
	}
	letters['+'] = append(character("+"), "-")
	letters['/'] = append(character("/"), "_")
	return &letters
})

// encodingsOf are those of a secret in any charset that it alone decides.
func encodingsOf(secret string) []string {
	var all []string
	for _, text := range charsets(secret) {
		for shift := range 5 {
			all = append(all, base32Inside(text, shift))
		}
		for shift := range 3 {
			all = append(all, base64Inside(text, shift))
		}
	}
	return append(all, nested(secret)...)
}

// base64Inside is what a text alone decides when it stands in a longer one
// that is encoded as a whole, shift octets behind a multiple of three.
func base64Inside(text string, shift int) string {
	padded := "\x00\x00\x00\x00"[:shift] + text
	return base64.StdEncoding.EncodeToString([]byte(padded))[(8*shift+5)/6 : 8*len(padded)/6]
}

// base32Inside is the same for base32, with its groups of five octets.
func base32Inside(text string, shift int) string {
	padded := "\x00\x00\x00\x00"[:shift] + text
	return base32.StdEncoding.EncodeToString([]byte(padded))[(8*shift+4)/5 : 8*len(padded)/5]
}

// nested is base64 of base64, where it is long enough to tell something.
func nested(secret string) []string {
	const tells = 6
	var all []string
	for shift := range 3 {
		inner := base64Inside(secret, shift)
		for shift := range 3 {
			if encoded := base64Inside(inner, shift); len(encoded) >= tells {
				all = append(all, encoded)
			}
		}
	}
	return all
}
