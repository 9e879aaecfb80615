package demo

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/smtpwiz/smtpwiz/internal/reply"
)

func TestSubject(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, raw, want string }{
		{"plain", "From: a\r\nSubject: hello\r\n\r\nbody", "hello"},
		{"none", "From: a\r\n\r\nSubject: in the body", ""},
		{"empty message", "", ""},
		{"no header", "\r\nSubject: body", ""},
		{"no body", "Subject: hello", "hello"},
		{"folded", "Subject: one\r\n two\r\n\r\n", "one two"},
		{"encoded", "Subject: =?utf-8?b?4pyJ?= =?iso-8859-1?q?caf=E9?=\r\n\r\n", "✉café"},
		{"unknown charset", "Subject: =?x-none?q?a?=\r\n\r\n", "=?x-none?q?a?="},
		{"8 bit", "Subject: Grüße\r\n\r\n", "Grüße"},
		{"not UTF-8", "Subject: \xff\r\n\r\n", `\xff`},
		{"the terminal's escapes", "Subject: =?utf-8?q?=1B[2J=0Aa?=\r\n\r\n", `\x1b[2J\x0aa`},
		{"the other direction", "Subject: \u202eabc\r\n\r\n", `\u202eabc`},
		{"before a line that is no header", "Subject: hello\r\nno header\r\n\r\n", "hello"},
		{"lower case", "subject: hello\r\n\r\n", "hello"},
		{"long", "Subject: " + strings.Repeat("ü", 300) + "\r\n\r\n", strings.Repeat("ü", 199) + "…"},
	}
	for _, tt := range tests {
		if got := subject([]byte(tt.raw)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func FuzzSubject(f *testing.F) {
	f.Add([]byte("Subject: =?utf-8?q?=1B[2J?=\r\n\r\n"))
	f.Add([]byte("Subject:\r\n \xff\u202e\r\nX"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := subject(raw)
		if reply.Safe(got) != got || utf8.RuneCountInString(got) > maxSubject {
			t.Errorf("%q", got)
		}
	})
}
