package smtp

import (
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/reply"
)

// BenchmarkClean is of the longest replies that are read at all.
func BenchmarkClean(b *testing.B) {
	r := NewRedactor(marker)
	r.AddPayload([]byte("\x00you@example.test\x00" + marker))
	for name, line := range map[string]string{
		"words":  "5.7.8 the user name and password were not accepted, see https://support.example.test/mail?p=BadCredentials ",
		"lines":  "5.7.8 the user name and password were not accepted, see https://support.example.test/mail?p=BadCredentials\n",
		"base64": toBase64("5.7.8 the user name and password were not accepted, see https://support.example.test/mail?p=BadCredentials\n"),
		"octets": "112 97 53 53 45 77 ",
	} {
		text := strings.Repeat(line, reply.MaxBytes/len(line))
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r.Clean(text)
			}
		})
	}
}

func BenchmarkNewRedactor(b *testing.B) {
	for b.Loop() {
		NewRedactor(marker)
	}
}
