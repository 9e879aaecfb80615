package smtp

import (
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

// Redacted stands where a secret was.
const Redacted = "***"

// Secrets of fewer characters occur by chance in any text: they are looked for
// only inside an AUTH exchange, and there only as whole words.
const shortSecret = 4

// Servers cut short what they echo: so many characters give a longer secret away.
const telling = 16

// Redactor replaces secrets in texts, in every encoding that a server could
// echo them in: each character as it is, escaped or percent-encoded and the
// like, the whole as hex or as base64 at any alignment, in upper or lower case.
type Redactor struct {
	mu    sync.RWMutex
	forms []form
	short []form
}

// NewRedactor looks for the given secrets; empty ones are ignored.
func NewRedactor(secrets ...string) *Redactor {
	r := &Redactor{}
	for _, s := range secrets {
		r.AddSecret(s)
	}
	return r
}

// AddSecret looks for one more secret from now on.
func (r *Redactor) AddSecret(secret string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch n := utf8.RuneCountInString(secret); {
	case n >= shortSecret:
		r.forms = append(r.forms, newForm(characters(secret)), newForm(hexDigits(secret)))
		for shift := range 3 {
			r.forms = append(r.forms, newBase64Form(base64Inside(secret, shift)))
		}
	case n > 0:
		whole := base64.RawStdEncoding.EncodeToString([]byte(secret))
		r.short = append(r.short, newForm(characters(secret)), newForm(hexDigits(secret)), newForm(characters(whole)))
	}
}

// AddPayload looks for one SASL payload from now on, as it is sent. Decoded it
// may be a user name, which replies ought to show.
func (r *Redactor) AddPayload(payload []byte) {
	if encoded := base64.RawStdEncoding.EncodeToString(payload); len(encoded) >= shortSecret {
		r.mu.Lock()
		r.forms = append(r.forms, newBase64Form(encoded))
		r.mu.Unlock()
	}
	// CRAM-MD5 answers "user digest", SCRAM "…,p=proof": passwords can be guessed against both.
	for _, sep := range []string{" ", ",p="} {
		if i := strings.LastIndex(string(payload), sep); i >= 0 && len(payload)-i > 20 {
			r.AddSecret(string(payload[i+len(sep):]))
		}
	}
}

// Clean returns the text with each secret replaced.
func (r *Redactor) Clean(s string) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return redact(s, r.forms, false)
}

// CleanAuth is Clean for the server's words inside an AUTH exchange, where
// short secrets are looked for too.
func (r *Redactor) CleanAuth(s string) string {
	s = r.Clean(s)
	r.mu.RLock()
	defer r.mu.RUnlock()
	return redact(s, r.short, true)
}

// redact replaces what the forms match, overlapping matches as one.
func redact(s string, forms []form, words bool) string {
	low := lowerASCII(s)
	var out strings.Builder
	end := -1 // of the last match
	for i := range len(low) {
		from, to := find(low, i, forms)
		if to == 0 || words && !(isEdge(low, from) && isEdge(low, to)) {
			continue
		}
		if from > end {
			out.WriteString(s[max(end, 0):from])
			out.WriteString(Redacted)
		}
		end = max(end, to)
	}
	if end < 0 {
		return s
	}
	return out.String() + s[end:]
}

// find returns the longest match of any form at i, and 0, 0 for none.
func find(low string, i int, forms []form) (from, to int) {
	for k := range forms {
		f := &forms[k]
		n := f.match(low[i:])
		if n == 0 {
			continue
		}
		start, end := i, i+n
		if f.base64 {
			start, end = widen(low, start, end)
		}
		if to == 0 || start < from {
			from = start
		}
		to = max(to, end)
	}
	return from, to
}

// widen takes in the rest of an encoded text of which a part was found.
func widen(low string, from, to int) (int, int) {
	for from > 0 && isBase64(low[from-1]) {
		from--
	}
	for to < len(low) && (isBase64(low[to]) || low[to] == '=') {
		to++
	}
	return from, to
}

// form is one way to write a secret.
type form struct {
	units  [][]string // for each character what may stand for it, ASCII letters in lower case
	least  int        // so many units are a match; more belong to it as far as they follow
	base64 bool       // what is joined to a match is part of the same encoding
	begins [256]bool  // the first octets of the first unit
}

func newForm(units [][]string) form {
	f := form{units: units, least: min(telling, len(units))}
	for _, way := range units[0] {
		f.begins[way[0]] = true
	}
	return f
}

func newBase64Form(encoded string) form {
	units := make([][]string, len(encoded))
	for i := range len(encoded) {
		switch c := encoded[i : i+1]; c {
		case "+": // with the alphabet for URLs and file names (RFC 4648 section 5)
			units[i] = append(characters(c)[0], "-")
		case "/":
			units[i] = append(characters(c)[0], "_")
		default:
			units[i] = []string{lowerASCII(c)}
		}
	}
	f := newForm(units)
	f.base64 = true
	return f
}

// match returns the length of the longest match at the beginning, 0 for none.
func (f *form) match(low string) int {
	if low == "" || !f.begins[low[0]] {
		return 0
	}
	ends, next := make([]int, 1, 8), make([]int, 0, 8)
	for n, ways := range f.units {
		next = next[:0]
		for _, end := range ends {
			for _, way := range ways {
				if strings.HasPrefix(low[end:], way) && !slices.Contains(next, end+len(way)) {
					next = append(next, end+len(way))
				}
			}
		}
		if len(next) == 0 {
			if n < f.least {
				return 0
			}
			break
		}
		ends, next = next, ends
	}
	return slices.Max(ends)
}

// characters tells for each character of a secret how it may be written.
func characters(secret string) [][]string {
	var units [][]string
	for secret != "" {
		r, size := utf8.DecodeRuneInString(secret)
		ways := append(octets(secret[:size]), string(r)) // U+FFFD for what is not UTF-8
		if r != utf8.RuneError {
			ways = append(ways, escapes(r)...)
		}
		for i, way := range ways {
			ways[i] = lowerASCII(way)
		}
		slices.Sort(ways)
		units = append(units, slices.Compact(ways))
		secret = secret[size:]
	}
	return units
}

// octets are the ways to write a character octet by octet.
func octets(char string) []string {
	ways := []string{char}
	// URLs, quoted-printable (RFC 2045), xtext (RFC 3461), what Safe makes, C's octal.
	for _, format := range []string{"%%%02x", "=%02x", "+%02x", `\x%02x`, `\%03o`} {
		var way strings.Builder
		for _, b := range []byte(char) {
			fmt.Fprintf(&way, format, b)
		}
		ways = append(ways, way.String())
	}
	return ways
}

// escapes are the ways to write a character as such.
func escapes(r rune) []string {
	char := string(r)
	quoted := strconv.QuoteRune(r) // Go's and C's \n, \t, …
	ways := []string{
		strings.ToUpper(char), strings.ToLower(char), reply.Safe(char), quoted[1 : len(quoted)-1],
		html.EscapeString(char), fmt.Sprintf("&#%d;", r), fmt.Sprintf("&#x%x;", r), fmt.Sprintf(`\u{%x}`, r), fmt.Sprintf(`\U%08x`, r),
	}
	units := ""
	for _, u := range utf16.Encode([]rune{r}) {
		units += fmt.Sprintf(`\u%04x`, u) // JSON
	}
	ways = append(ways, units)
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

// hexDigits writes a secret in hex, also with spaces, colons or hyphens between.
func hexDigits(secret string) [][]string {
	var units [][]string
	for i, b := range []byte(secret) {
		digits := fmt.Sprintf("%02x", b)
		ways := []string{digits}
		if i > 0 {
			ways = append(ways, " "+digits, ":"+digits, "-"+digits)
		}
		units = append(units, ways)
	}
	return units
}

// base64Inside is what a secret alone decides when it stands in a longer text
// that is encoded as a whole, shift octets behind a multiple of three.
func base64Inside(secret string, shift int) string {
	padded := append(make([]byte, shift), secret...)
	first := (8*shift + 5) / 6
	last := 8 * len(padded) / 6
	return base64.RawStdEncoding.EncodeToString(padded)[first:last]
}

func isBase64(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("+/-_", c) >= 0
}

// isEdge reports whether a word begins or ends at i.
func isEdge(s string, i int) bool {
	return i == 0 || i == len(s) || !isWord(s[i-1]) || !isWord(s[i])
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80
}

// lowerASCII keeps offsets, which strings.ToLower does not.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
