// Package message writes the self-test mail: a small, complete and unique
// message (RFC 5322) that says what was tested, when and how.
package message

import (
	"bytes"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"

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
	m := Message{
		ID:       "<" + strings.ToLower(token) + ".smtpwiz@" + f.domain() + ">",
		Subject:  fmt.Sprintf("smtpwiz self-test %s: %s port %d", token[:6], f.Endpoint.Host, f.Endpoint.Port),
		EightBit: f.EightBit,
	}
	encoding := "quoted-printable"
	if f.EightBit {
		encoding = "8bit"
	}
	var b bytes.Buffer
	for _, field := range [][2]string{
		{"From", f.mailbox(f.Account.DisplayName, f.Account.From)},
		{"To", f.mailbox("", f.Account.To)},
		{"Subject", m.Subject},
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
	writeBody(&b, f.body(token), f.EightBit)
	m.Bytes = b.Bytes()
	return m
}

func newToken() string {
	var random [15]byte
	_, _ = rand.Read(random[:]) // never fails (crypto/rand)
	return base32.StdEncoding.EncodeToString(random[:])
}

func (f Facts) domain() string {
	if f.UTF8 {
		return f.Account.From.Domain
	}
	return f.Account.From.ASCIIDomain()
}

// mailbox is a name and an address as a header field holds them: the name as
// encoded words where it must be (RFC 2047), the address raw only with SMTPUTF8.
func (f Facts) mailbox(name string, a submission.Address) string {
	address := a.Wire()
	if f.UTF8 {
		address = a.String()
	}
	if name == "" {
		return "<" + address + ">"
	}
	encoded := (&mail.Address{Name: name, Address: "x@x"}).String()
	return strings.TrimSuffix(encoded, "<x@x>") + "<" + address + ">"
}

func (f Facts) body(token string) string {
	tls := f.TLSVersion
	if tls == "" {
		tls = "none (loopback)"
	}
	return strings.Join([]string{
		"This message was sent by smtpwiz to prove that these settings can send mail.",
		"Nobody needs to answer it, and it can be deleted.",
		"",
		"  Server:     " + f.Endpoint.Host,
		fmt.Sprintf("  Port:       %d", f.Endpoint.Port),
		"  Security:   " + string(f.Endpoint.Security),
		"  TLS:        " + tls,
		"  Login:      " + f.Mechanism + " as " + f.Account.Username,
		"  Sender:     " + f.Account.From.String(),
		"  Recipient:  " + f.Account.To.String(),
		"  Sent:       " + f.Date.Format("2006-01-02 15:04:05 -0700"),
		"  Test:       " + token,
		"",
		"These should read as words of five languages: Grüße · résumé · Привет · नमस्ते · 你好",
		"",
		"-- ",
		strings.TrimSpace("smtpwiz " + f.Version),
		"",
	}, "\n")
}

func writeBody(b *bytes.Buffer, body string, eightBit bool) {
	if eightBit {
		b.WriteString(strings.ReplaceAll(body, "\n", "\r\n"))
		return
	}
	w := quotedprintable.NewWriter(b)
	_, _ = w.Write([]byte(strings.ReplaceAll(body, "\n", "\r\n"))) // a bytes.Buffer takes all
	_ = w.Close()
}
