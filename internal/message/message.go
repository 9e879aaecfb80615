// Package message writes the self-test mail: a small, complete and unique
// message (RFC 5322) that says what was tested, when and how.
package message

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Facts are what the message tells of the session that carries it.
type Facts struct {
	Account    submission.Account
	Endpoint   submission.Endpoint
	Mechanism  string    // SASL mechanism
	TLSVersion string    // "" for a session in clear
	Version    string    // of smtpwiz
	Date       time.Time // goes into the Date field with its zone
	EightBit   bool      // the server offers 8BITMIME
	UTF8       bool      // the server offers SMTPUTF8 and an address needs it
}

// Message is ready for the wire: lines end with CRLF.
type Message struct {
	ID       string // with angle brackets
	Subject  string
	Bytes    []byte
	EightBit bool
}

// New writes a message. Each is different: Proton Bridge, for one, silently
// drops a second one with the same content.
func New(f Facts) Message {
	token := newToken()
	body := f.body(token)
	m := Message{
		// The domain is in ASCII also where SMTPUTF8 would allow the other: not all
		// that compares Message-IDs knows that (RFC 6532 section 3.3).
		ID:       "<" + strings.ToLower(token) + ".smtpwiz@" + f.Account.From.ASCIIDomain() + ">",
		Subject:  fmt.Sprintf("smtpwiz self-test %s: %s port %d", token[:6], f.Endpoint.Host, f.Endpoint.Port),
		EightBit: f.EightBit && fits(body),
	}
	encoding := "quoted-printable"
	if m.EightBit {
		encoding = "8bit"
	}
	var b bytes.Buffer
	for _, field := range [][2]string{
		{"From", f.mailbox(f.Account.DisplayName, f.Account.From)},
		{"To", f.mailbox("", f.Account.To)},
		{"Subject", mime.BEncoding.Encode("utf-8", m.Subject)},
		{"Date", f.Date.Format("Mon, 02 Jan 2006 15:04:05 -0700")},
		{"Message-ID", m.ID},
		{"Auto-Submitted", "auto-generated"}, // RFC 3834 section 5: nobody should answer
		{"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=utf-8"},
		{"Content-Transfer-Encoding", encoding},
	} {
		fmt.Fprintf(&b, "%s: %s\r\n", field[0], field[1])
	}
	b.WriteString("\r\n")
	writeBody(&b, body, m.EightBit)
	m.Bytes = b.Bytes()
	return m
}

func newToken() string {
	var random [15]byte
	_, _ = rand.Read(random[:]) // never fails (crypto/rand)
	return base32.StdEncoding.EncodeToString(random[:])
}

// mailbox is a name and an address as a header field holds them: the address
// raw only with SMTPUTF8.
func (f Facts) mailbox(name string, a submission.Address) string {
	address := a.Wire()
	if f.UTF8 {
		address = a.String()
	}
	if name = oneLine(name); name == "" {
		return "<" + address + ">"
	}
	const most = 76 - len("From: ") // what a line with encoded words may have (RFC 2047 section 2)
	name, address = phrase(name), "<"+address+">"
	if len(name)+len(" ")+len(address) > most {
		return name + "\r\n " + address
	}
	return name + " " + address
}

// phrase is a display name: quoted, or as encoded words where it is not ASCII,
// is too long for a line or looks like encoded words itself.
func phrase(name string) string {
	const quotable = 60
	ascii := strings.IndexFunc(name, func(r rune) bool { return r > unicode.MaxASCII }) < 0
	if ascii && len(name) <= quotable && !strings.Contains(name, "=?") {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
	}
	return encodedWords(name)
}

// encodedWords writes one word a line, of at most 75 characters, that ends with
// a whole character (RFC 2047 sections 2 and 5).
func encodedWords(s string) string {
	const most = 42 // octets, which are 56 of base64 and leave room for "From: "
	var words []string
	for s != "" {
		n := min(most, len(s))
		for n < len(s) && !utf8.RuneStart(s[n]) {
			n--
		}
		words = append(words, "=?utf-8?b?"+base64.StdEncoding.EncodeToString([]byte(s[:n]))+"?=")
		s = s[n:]
	}
	return strings.Join(words, "\r\n ")
}

func (f Facts) body(token string) string {
	return strings.Join([]string{
		"This message was sent by smtpwiz to prove that these settings can send mail.",
		"Nobody needs to answer it, and it can be deleted.",
		"",
		"  Server:     " + oneLine(f.Endpoint.Host),
		fmt.Sprintf("  Port:       %d", f.Endpoint.Port),
		"  Security:   " + string(f.Endpoint.Security),
		"  TLS:        " + cmp.Or(f.TLSVersion, "none"),
		"  Login:      " + f.login(),
		"  Sender:     " + f.Account.From.String(),
		"  Recipient:  " + f.Account.To.String(),
		"  Sent:       " + f.Date.Format("2006-01-02 15:04:05 -0700"),
		"  Test:       " + token,
		"",
		"These should read as words of five languages: Grüße · résumé · Привет · नमस्ते · 你好",
		"",
		"-- ",
		strings.TrimSpace("smtpwiz " + oneLine(f.Version)),
		"",
	}, "\r\n")
}

// login says how the session was authenticated. Some services take one token
// as user name and password alike.
func (f Facts) login() string {
	if f.Mechanism == "" {
		return "none"
	}
	const shortest = 4 // characters; less stands in a name by chance
	name := oneLine(f.Account.Username)
	if secret := f.Account.Password; secret.Len() >= shortest && strings.Contains(f.Account.Username, secret.Reveal()) {
		name = secret.String()
	}
	return f.Mechanism + " as " + name
}

// oneLine makes a value of the user's harmless in a header field or a line of
// the body.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd")))
}

// fits reports whether no line is longer than the 998 octets of RFC 5322
// section 2.1.1.
func fits(body string) bool {
	const most = 998
	for line := range strings.Lines(body) {
		if len(line) > most+len("\r\n") {
			return false
		}
	}
	return true
}

func writeBody(b *bytes.Buffer, body string, eightBit bool) {
	if eightBit {
		b.WriteString(body)
		return
	}
	w := quotedprintable.NewWriter(b)
	_, _ = w.Write([]byte(body)) // a bytes.Buffer takes all
	_ = w.Close()
}
