package demo

import (
	"crypto/rand"
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

func startAs(t *testing.T, as string, fail submission.Cause) *Server {
	t.Helper()
	s, err := Start(t.Context(), Options{As: as, Fail: fail})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Where the sender is judged after the message, the message's own From counts too.
func TestHeaderFrom(t *testing.T) {
	t.Parallel()
	const foreign = "From: Shop <them@example.test>\r\n\r\n"
	tests := []struct {
		as, raw string
		code    int // 0: accepted
		text    string
	}{
		{"zoho", foreign, 553, "Relaying disallowed as them@example.test"},
		{"infomaniak", foreign, 550, "5.7.1 Sender mismatch"},
		{"zoho", "From: =?utf-8?q?J=C3=BC?= <YOU@demo.test>\r\n\r\n", 0, ""},
		{"zoho", "Subject: no sender\r\n\r\n", 0, ""},
		{"zoho", "From: nonsense\r\n\r\n", 0, ""},
		{"yandex", foreign, 0, ""}, // judged at MAIL
		{"gmail", foreign, 0, ""},  // rewritten
		{"", foreign, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.as, func(t *testing.T) {
			t.Parallel()
			s := startAs(t, tt.as, "")
			err := send(loggedIn(t, s, submission.SSL), tt.raw, Username)
			if tt.code == 0 && err != nil || tt.code != 0 && !refused(err, tt.code, tt.text) {
				t.Errorf("%q: %v", tt.raw, err)
			}
		})
	}
}

// What is put off once passes then, each sender and recipient for itself.
func TestGreylist(t *testing.T) {
	t.Parallel()
	c := loggedIn(t, startAs(t, "", submission.Greylisted), submission.STARTTLS)
	for _, step := range []struct {
		to   string
		code int
	}{{"a@demo.test", 450}, {"b@demo.test", 450}, {"A@demo.test", 0}, {"b@demo.test", 0}, {"them@example.test", 450}, {"them@example.test", 550}} {
		err := send(c, "Subject: x\r\n\r\n", step.to)
		if step.code == 0 && err != nil || step.code != 0 && !refused(err, step.code, "") {
			t.Errorf("%s: %v, want %d", step.to, err, step.code)
		}
		if err := c.Reset(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestGreylistIsBounded(t *testing.T) {
	t.Parallel()
	r := newRules(named(providers(), ""), submission.Greylisted, rand.Reader)
	for i := range 3 * maxMet {
		r.meets(strings.Repeat("x", i), "to")
	}
	if len(r.met) > maxMet {
		t.Errorf("remembers %d", len(r.met))
	}
}

// Every line of a refusal begins with its codes, as providers' do.
func TestRefusalLines(t *testing.T) {
	t.Parallel()
	r := refusal{Code: 535, Enhanced: "5.7.8", Text: "no {user}\n see {link}"}
	if got := r.reply("{user}", "you", "{link}", "that").Message; got != "5.7.8 no you\n5.7.8  see that" {
		t.Errorf("%q", got)
	}
}

// What a client says stays in its line of the refusal.
func FuzzRefusal(f *testing.F) {
	f.Add("you@demo.test")
	f.Add("a\r\n250 ok {user}\x1b[2J\u202e")
	r := newRules(named(providers(), "zoho"), submission.FromMismatch, rand.Reader)
	f.Fuzz(func(t *testing.T, from string) {
		err := r.message(from, "")
		if strings.EqualFold(from, Username) {
			return
		}
		if want := "SMTP error 553: Relaying disallowed as " + reply.Safe(from); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	})
}
