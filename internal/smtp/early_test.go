package smtp

import (
	"errors"
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/reply"
)

// A server that consents twice would have its second consent taken for the
// answer to what comes next: to the message, in the worst case.
func TestAnswerBeforeItsQuestion(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ offers, script, told string }{
		"to RCPT":                 {"SIZE", "C: MAIL FROM:<you@example.test> *\nS: 250 fine\nS: 250 fine", "MAIL 250"},
		"to the message":          {"SIZE", "C: MAIL *\nS: 250 fine\nC: RCPT *\nS: 250 fine\nC: DATA\nS: 354 go on\nS: 250 queued", "MAIL 250, RCPT 250, DATA 354"},
		"to the message, at once": {"PIPELINING", "C: MAIL *\nC: RCPT *\nC: DATA\nS: 250 fine\nS: 250 fine\nS: 354 go on\nS: 250 queued", "MAIL 250, RCPT 250, DATA 354"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			offering(t, c.offers, c.script+"\nmay leave\ndrain", func(t *testing.T, f *fixture) {
				got, err := submitTo(t.Context(), f, "Subject: x\r\n\r\n")
				var malformed *reply.MalformedError
				if !errors.As(err, &malformed) || got.String() != c.told {
					t.Errorf("%s, %v", got, err)
				}
				if lines := f.lines(); !strings.HasPrefix(lines[len(lines)-1], "S 250 ") {
					t.Errorf("the transcript ends with %q", lines[len(lines)-1])
				}
			})
		})
	}
}

// A server that ends the session early is heard.
func TestRefusalBeforeTheQuestion(t *testing.T) {
	t.Parallel()
	offering(t, "SIZE", "C: MAIL *\nS: 250 fine\nS: 421 4.4.2 too slow\nC: RCPT *\nclose", func(t *testing.T, f *fixture) {
		got, err := submitTo(t.Context(), f, "Subject: x\r\n\r\n")
		if err != nil || got.String() != "MAIL 250, RCPT 421" {
			t.Errorf("%s, %v", got, err)
		}
	})
}
