package smtp

import (
	"strings"
	"testing"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/reply"
)

// BenchmarkClean is of the longest replies that are read at all.
func BenchmarkClean(b *testing.B) {
	r := NewRedactor(marker)
	r.AddPayload([]byte("\x00you@example.test\x00" + marker))
	r.AddSecret(strings.Repeat("a", 100))
	for name, line := range map[string]string{
		"words":  "5.7.8 the user name and password were not accepted, see https://support.example.test/mail?p=BadCredentials ",
		"lines":  "5.7.8 the user name and password were not accepted, see https://support.example.test/mail?p=BadCredentials\n",
		"base64": toBase64("5.7.8 the user name and password were not accepted, see https://support.example.test/mail?p=BadCredentials\n"),
		"octets": "112 97 53 53 45 77 ",
		"echoes": toBase64("\x00you@example.test\x00" + marker),
		"pieces": toBase64(marker),
		"itself": "a",
		"begun":  "aaaaaaa ",
	} {
		text := strings.Repeat(line, reply.MaxBytes/len(line))
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r.Clean(text)
			}
			if most := 500 * time.Millisecond; b.Elapsed() > most*time.Duration(b.N) {
				b.Errorf("a reply takes more than %s: a server that says many holds the run up", most)
			}
		})
	}
}

func BenchmarkNewRedactor(b *testing.B) {
	for b.Loop() {
		NewRedactor(marker)
	}
}

// BenchmarkSession is of what a run without a fault has cleaned.
func BenchmarkSession(b *testing.B) {
	texts := []string{
		"smtp.example.test ESMTP Service Ready", "Hello [127.0.0.1]\nPIPELINING\n8BITMIME\nENHANCEDSTATUSCODES\nAUTH PLAIN LOGIN\nSIZE 26214400",
		"2.0.0 Authentication succeeded", "MAIL FROM:<you@example.test> SIZE=895 BODY=8BITMIME", "250 2.0.0 Roger, accepting mail from <you@example.test>",
		"Date: Sun, 22 Nov 2026 05:07:51 +0000", "Message-ID: <xsixkevjmbhroehc4d4spoyb.smtpwiz@example.test>", "Content-Type: text/plain; charset=utf-8",
		"  Sent:       2026-11-22 05:07:51 +0000", "250 2.0.0 OK 1710000000 d9443c01a7336-2a2f3c65d66sm50829075ad.20 - gsmtp", "QUIT",
	}
	for b.Loop() {
		r := NewRedactor(marker)
		r.AddPayload([]byte("\x00you@example.test\x00" + marker))
		for range 8 {
			for _, text := range texts {
				r.Clean(text)
			}
		}
	}
}
