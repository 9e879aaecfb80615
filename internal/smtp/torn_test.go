package smtp

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/reply"
)

// A reply that stops in the middle stays so: its rest is no answer to what was
// said since, and half a password is not shown either.
func TestTornReply(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ part, rest, last string }{
		"in a line":      {"raw 250 you said " + marker[:6], `raw 221 not to QUIT\r\n`, "250 you said " + Redacted},
		"in an escape":   {"raw 250 %70%61%35%35%2", `raw d\r\n221 not to QUIT\r\n`, "250 " + Redacted},
		"between lines":  {`raw 250-you said ` + marker[:6] + `\r\n`, `raw 250 ` + marker[6:] + `\r\n`, "250-you said " + Redacted},
		"over two lines": {`raw 250-pa\r\n250-55`, `raw -Marker\r\n250 x\r\n`, "250-" + Redacted},
		"harmless":       {"raw 250 pa5", `raw 221 not to QUIT\r\n`, "250 pa5"}, // so may anything begin
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			session(t, "C: EHLO client.example.test\n"+c.part+"\nC: QUIT\nmay leave\n"+c.rest+"\ndrain", func(t *testing.T, f *fixture) {
				if r, err := f.Hello(t.Context(), "client.example.test"); err == nil || r.Code != 0 {
					t.Fatalf("half a reply is one: %v, %v", r, err)
				}
				var malformed *reply.MalformedError
				if r, err := f.Quit(t.Context()); !errors.As(err, &malformed) {
					t.Errorf("the rest of a reply is one: %v, %v", r, err)
				}
				lines := slices.DeleteFunc(f.lines(), func(l string) bool { return strings.HasPrefix(l, "C") })
				if got := lines[len(lines)-1]; got != "S "+c.last {
					t.Errorf("the transcript ends with %q", got)
				}
			})
		})
	}
}

// Where AUTH was given up, half of the answer to that is no verdict.
func TestTornAnswerToCancel(t *testing.T) {
	t.Parallel()
	offering(t, "AUTH PLAIN", "C: AUTH PLAIN *\nS: 334 not base64!\nC: \\*\nraw 501-pa5\\r\\n501 5\ndrain", func(t *testing.T, f *fixture) {
		r, err := f.Auth(t.Context(), &client{mechanism: "PLAIN", initial: []byte("x")})
		if !errors.Is(err, ErrExchange) || r.Code != 0 {
			t.Errorf("got %v, %v", r, err)
		}
	})
}

func TestCleanEnd(t *testing.T) {
	t.Parallel()
	r := NewRedactor(marker)
	for _, c := range []struct{ in, want string }{
		{"you said " + marker[:4], "you said " + Redacted},
		{"you said " + marker[:14], "you said " + Redacted},
		{"you said " + strings.ToUpper(marker[:9]), "you said " + Redacted},
		{"you said " + marker[:3], "you said " + marker[:3]},
		{"you said " + marker[:9] + "!", "you said " + marker[:9] + "!"},
		{"cGE1NS1N", Redacted},
		{encode("you said " + marker)[:20], Redacted}, // what is joined to base64 is part of it
		{"70 61 35 35", Redacted},
		{"70 61 35 35 ", Redacted},
		{"70, 61, 35, 35,", Redacted},
		{"pa\n55", Redacted + "\n" + Redacted},
		{"fine", "fine"},
		{"", ""},
	} {
		if got := strings.Join(r.CleanEnd(strings.Split(c.in, "\n")), "\n"); got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}
