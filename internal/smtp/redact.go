package smtp

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/smtpwiz/smtpwiz/internal/reply"
)

// Redacted stands where a secret was.
const Redacted = "***"

// Secrets shorter than this occur by chance in any text: they are looked for
// only inside an AUTH exchange, and there only as whole words.
const shortSecret = 4

// Redactor replaces secrets in texts, in every encoding that a server could
// echo them in: as they are, base64 at any alignment, hex, percent and
// quoted-printable encoding, escaped; in upper or lower case.
type Redactor struct {
	mu    sync.RWMutex
	forms []form
	short []string
}

type form struct {
	text   string // ASCII letters in lower case
	base64 bool   // what is joined to a match is part of the same encoding
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
	if secret == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(secret) < shortSecret {
		r.short = append(r.short, secret, base64.StdEncoding.EncodeToString([]byte(secret)))
		return
	}
	for _, text := range spellings(secret) {
		r.addForm(text, false)
	}
	for _, text := range base64Spellings(secret) {
		r.addForm(text, true)
	}
}

// AddPayload looks for one SASL payload from now on: as sent, and decoded.
func (r *Redactor) AddPayload(payload []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.addForm(base64.StdEncoding.EncodeToString(payload), true)
	r.addForm(reply.Safe(string(payload)), false)
	// CRAM-MD5 answers "user digest", SCRAM "…,p=proof": both are worth guessing against.
	for _, sep := range []string{" ", ",p="} {
		if i := strings.LastIndex(string(payload), sep); i >= 0 && len(payload)-i > 20 {
			r.addForm(string(payload[i+len(sep):]), false)
		}
	}
}

func (r *Redactor) addForm(text string, isBase64 bool) {
	if len(text) >= shortSecret {
		r.forms = append(r.forms, form{lowerASCII(text), isBase64})
	}
}

// Clean returns the text with each secret replaced.
func (r *Redactor) Clean(s string) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	low := lowerASCII(s)
	var out strings.Builder
	done := 0
	for i := 0; i < len(low); {
		n, from := r.match(low, s, i, done)
		if n == 0 {
			i++
			continue
		}
		out.WriteString(s[done:from])
		out.WriteString(Redacted)
		i += n
		done = i
	}
	if done == 0 {
		return s
	}
	return out.String() + s[done:]
}

// match returns the length of the longest form at i and where the replaced
// part begins, which may be before i.
func (r *Redactor) match(low, s string, i, done int) (n, from int) {
	joined := false
	for _, f := range r.forms {
		if len(f.text) > n && strings.HasPrefix(low[i:], f.text) {
			n, joined = len(f.text), f.base64
		}
	}
	from = i
	if n == 0 || !joined {
		return n, from
	}
	for from > done && isBase64(s[from-1]) {
		from--
	}
	for i+n < len(s) && isBase64(s[i+n]) {
		n++
	}
	return n, from
}

// CleanAuth is Clean for the server's words inside an AUTH exchange, where
// short secrets are looked for too.
func (r *Redactor) CleanAuth(s string) string {
	s = r.Clean(s)
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, secret := range r.short {
		s = replaceWord(s, secret)
	}
	return s
}

func replaceWord(s, word string) string {
	var out strings.Builder
	for {
		i := strings.Index(s, word)
		if i < 0 {
			return out.String() + s
		}
		end := i + len(word)
		whole := (i == 0 || !isWord(s[i-1])) && (end == len(s) || !isWord(s[end]))
		out.WriteString(s[:i])
		if whole {
			out.WriteString(Redacted)
		} else {
			out.WriteString(word)
		}
		s = s[end:]
	}
}

// spellings are the ways to write a secret character by character.
func spellings(secret string) []string {
	var percent, quoted strings.Builder
	for _, b := range []byte(secret) {
		fmt.Fprintf(&percent, "%%%02X", b)
		fmt.Fprintf(&quoted, "=%02X", b)
	}
	escaped := strconv.Quote(secret)
	ascii := strconv.QuoteToASCII(secret)
	return []string{
		secret,
		reply.Safe(secret),
		escaped[1 : len(escaped)-1],
		ascii[1 : len(ascii)-1],
		url.QueryEscape(secret),
		url.PathEscape(secret),
		percent.String(),
		quoted.String(),
		qEscape(secret),
		hex.EncodeToString([]byte(secret)),
	}
}

// qEscape writes quoted-printable: only what must be encoded is (RFC 2045 section 6.7).
func qEscape(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c < 0x20 || c > 0x7e || c == '=' {
			fmt.Fprintf(&b, "=%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// base64Spellings are the characters that a secret alone decides when it
// stands at any place of a longer text that is encoded as a whole.
func base64Spellings(secret string) []string {
	var out []string
	for shift := range 3 {
		padded := append(make([]byte, shift), secret...)
		first := (8*shift + 5) / 6
		last := 8 * len(padded) / 6
		for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			out = append(out, enc.EncodeToString(padded)[first:last])
		}
	}
	return out
}

func isBase64(c byte) bool {
	return isWord(c) || c == '+' || c == '/' || c == '-' || c == '='
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
