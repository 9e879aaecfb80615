package smtp

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	gosasl "github.com/emersion/go-sasl"

	"github.com/smtpwiz/smtpwiz/internal/reply"
)

// client is a SASL client that answers as it is told, then fails.
type client struct {
	mechanism string
	initial   []byte
	fails     error // of Start
	answers   []string
	asked     []string
}

var errNoMore = errors.New("no more answers")

func (c *client) Start() (string, []byte, error) { return c.mechanism, c.initial, c.fails }

func (c *client) Next(challenge []byte) ([]byte, error) {
	c.asked = append(c.asked, string(challenge))
	if len(c.answers) == 0 {
		return nil, errNoMore
	}
	answer := []byte(c.answers[0])
	c.answers = c.answers[1:]
	return answer, nil
}

func encode(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func TestAuth(t *testing.T) {
	t.Parallel()
	const bye = "\nquit"
	for name, tt := range map[string]struct {
		client gosasl.Client
		script string
		shown  []string // what we sent, by the transcript
	}{
		"no initial response": {
			&client{mechanism: "X", answers: []string{"a"}},
			"C: AUTH X\nS: 334 \nC: " + encode("a"), []string{"AUTH X", "***"},
		},
		"an empty one":    {&client{mechanism: "X", initial: []byte{}}, "C: AUTH X =", []string{"AUTH X ***"}},
		"one":             {&client{mechanism: "X", initial: []byte("a")}, "C: AUTH X " + encode("a"), []string{"AUTH X ***"}},
		"an empty answer": {&client{mechanism: "X", answers: []string{""}}, "C: AUTH X\nS: 334 \nC: ", []string{"AUTH X", "***"}},
		"PLAIN": {
			gosasl.NewPlainClient("", "you", marker),
			"C: AUTH PLAIN " + encode("\x00you\x00"+marker), []string{"AUTH PLAIN ***"},
		},
		"LOGIN": {
			&client{mechanism: "LOGIN", answers: []string{"you", marker}},
			"C: AUTH LOGIN\nS: 334 " + encode("Username:") + "\nC: " + encode("you") + "\nS: 334 " + encode("Password:") + "\nC: " + encode(marker),
			[]string{"AUTH LOGIN", "***", "***"},
		},
		"challenges of all kinds": {
			&client{mechanism: "X", answers: []string{"1", "2", "3", "4"}},
			"C: AUTH X\nS: 334\nC: MQ==\nS: 334 YQ== \nC: Mg==\nS: 334-YWFh\nS: 334 YWFh\nC: Mw==\nS: 334   \nC: NA==",
			[]string{"AUTH X", "***", "***", "***", "***"},
		},
	} {
		session(t, tt.script+"\nS: 235 2.7.0 welcome"+bye, func(t *testing.T, f *fixture) {
			if r := f.must(f.Auth(t.Context(), tt.client)); r.String() != "235 2.7.0 welcome" {
				t.Errorf("%s: %v", name, r)
			}
			var sent []string
			for _, l := range f.log.Lines() {
				if !l.Server {
					sent = append(sent, l.Text)
				} else if strings.HasPrefix(l.Text, "334") && l.Text != "334 ***" {
					t.Errorf("%s: the transcript shows a challenge: %q", name, l.Text)
				}
			}
			if !slices.Equal(sent, tt.shown) {
				t.Errorf("%s: the transcript shows %q", name, sent)
			}
			if c, ok := tt.client.(*client); ok && strings.HasPrefix(name, "challenges") && !slices.Equal(c.asked, []string{"", "a", "aaaaaa", ""}) {
				t.Errorf("the challenges were %q", c.asked)
			}
			f.must(f.Quit(t.Context()))
			f.checkTranscript()
			f.checkNoSecret()
		})
	}
}

// An initial response goes along while the line has at most 512 octets.
func TestLongInitialResponse(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		mechanism string
		length    int // of the response; 375 octets are 500 in base64
		held      bool
	}{
		"short": {"PLAIN", 10, false}, "just within": {"FOUR", 375, false}, "one more": {"PLAIN", 375, true}, "a token": {"XOAUTH2", 3000, true},
	} {
		initial := bytes.Repeat([]byte("x"), tt.length)
		encoded := base64.StdEncoding.EncodeToString(initial)
		script := "C: AUTH " + tt.mechanism + " " + encoded
		if tt.held {
			script = "C: AUTH " + tt.mechanism + "\nS: 334 \nC: " + encoded
		}
		session(t, script+"\nS: 235 ok\nquit", func(t *testing.T, f *fixture) {
			f.must(f.Auth(t.Context(), &client{mechanism: tt.mechanism, initial: initial}))
			f.must(f.Quit(t.Context()))
			f.checkTranscript()
			for _, l := range f.srv.Received() {
				if strings.HasPrefix(l.Text, "AUTH") && len(l.Text+l.End) > maxCommand {
					t.Errorf("%s: the line has %d octets", name, len(l.Text))
				}
			}
			if got := strings.Join(f.lines(), "\n"); strings.Contains(got, "xxxx") || strings.Contains(got, encoded[:10]) {
				t.Errorf("%s: the transcript is %s", name, got)
			}
		})
	}
}

// undemanding answers in turn, whatever it is asked.
type undemanding struct{ client }

func (*undemanding) IgnoresChallenges() {}

// LOGIN's prompts are often not base64, though RFC 4954 section 4 wants it.
func TestPromptsThatAreNotBase64(t *testing.T) {
	t.Parallel()
	for _, prompts := range [][2]string{{"Username:", "Password:"}, {"VXNlcm5hbWU6", "Password:"}, {"", "!"}} {
		script := "C: AUTH LOGIN\nS: 334 " + prompts[0] + "\nC: " + encode("you") + "\nS: 334 " + prompts[1] + "\nC: " + encode(marker) + "\nS: 235 ok\nquit"
		session(t, script, func(t *testing.T, f *fixture) {
			login := &undemanding{client{mechanism: "LOGIN", answers: []string{"you", marker}}}
			if r := f.must(f.Auth(t.Context(), login)); r.Code != reply.CodeAuthenticated {
				t.Errorf("%q: %v", prompts, r)
			}
			f.must(f.Quit(t.Context()))
			f.checkTranscript()
			f.checkNoSecret()
		})
	}
}

// The held response answers the first challenge only.
func TestHeldResponseIsSentOnce(t *testing.T) {
	t.Parallel()
	initial := strings.Repeat("x", 500)
	session(t, "C: AUTH X\nS: 334 \nC: "+encode(initial)+"\nS: 334 YQ==\nC: Yg==\nS: 235 ok\nquit", func(t *testing.T, f *fixture) {
		c := &client{mechanism: "X", initial: []byte(initial), answers: []string{"b"}}
		f.must(f.Auth(t.Context(), c))
		if !slices.Equal(c.asked, []string{"a"}) {
			t.Errorf("asked %q", c.asked)
		}
	})
}

func TestAuthRefused(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"535 5.7.8 Authentication failed", "504 5.5.4 no such mechanism", "454 4.7.0 later", "421 4.7.0 too many", "250 what", "354 what"} {
		session(t, "C: AUTH PLAIN *\nS: "+line+"\nquit", func(t *testing.T, f *fixture) {
			if r := f.must(f.Auth(t.Context(), gosasl.NewPlainClient("", "you", marker))); r.String() != line {
				t.Errorf("%q: %v", line, r)
			}
			f.must(f.Quit(t.Context()))
			f.checkTranscript()
		})
	}
}

// What breaks on our side is given up with "*"; the session goes on in step.
func TestAuthGivenUp(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		script  string
		answers int
		because error
	}{
		"not base64":                {"S: 334 Password:", 9, nil},
		"base64 with a hole":        {"S: 334 YQ=", 9, nil},
		"the client refuses":        {"S: 334 YQ==", 0, errNoMore},
		"the client refuses, later": {"S: 334 YQ==\nC: eA==\nS: 334 Yg==", 1, errNoMore},
		"a flood of challenges":     {strings.Repeat("S: 334 YQ==\nC: eA==\n", maxChallenges) + "S: 334 YQ==", 100, nil},
	} {
		session(t, "C: AUTH X\n"+tt.script+"\nC: \\*\nS: 501 5.7.0 cancelled\nquit", func(t *testing.T, f *fixture) {
			c := &client{mechanism: "X", answers: slices.Repeat([]string{"x"}, tt.answers)}
			r, err := f.Auth(t.Context(), c)
			if !errors.Is(err, ErrExchange) || tt.because != nil && !errors.Is(err, tt.because) || r.String() != "501 5.7.0 cancelled" {
				t.Errorf("%s: %v, %v", name, r, err)
			}
			if r := f.must(f.Quit(t.Context())); r.Code != 221 {
				t.Errorf("%s: QUIT got %v", name, r)
			}
			f.checkTranscript()
		})
	}
}

func TestAuthTakesAsManyChallengesAsAreAllowed(t *testing.T) {
	t.Parallel()
	session(t, "C: AUTH X\n"+strings.Repeat("S: 334 YQ==\nC: eA==\n", maxChallenges)+"S: 235 ok\nquit", func(t *testing.T, f *fixture) {
		r, err := f.Auth(t.Context(), &client{mechanism: "X", answers: slices.Repeat([]string{"x"}, 100)})
		if err != nil || r.Code != reply.CodeAuthenticated {
			t.Errorf("%v, %v", r, err)
		}
	})
}

func TestAuthThatDoesNotStart(t *testing.T) {
	t.Parallel()
	session(t, "stall", func(t *testing.T, f *fixture) {
		if _, err := f.Auth(t.Context(), &client{mechanism: "X", fails: errNoMore}); !errors.Is(err, ErrExchange) || !errors.Is(err, errNoMore) {
			t.Errorf("got %v", err)
		}
	})
}

// A challenge is a payload of SASL too: it is seen in no reply and no error.
func TestChallengesAreNotShown(t *testing.T) {
	t.Parallel()
	const challenge = "cj1ub25jZSxzPXNhbHQsaT00MDk2"
	for name, script := range map[string]string{
		"an answer to *":  "S: 334 !\nC: \\*\nS: 334 " + challenge,
		"cut off":         "S: 334-" + challenge + "\nclose",
		"cut off earlier": "raw 334 " + challenge + "\nclose",
		"of two codes":    "S: 334-" + challenge + "\nS: 535 no\ndrain",
		"too long":        "raw 334 " + strings.Repeat(challenge, 3000) + "\ndrain",
	} {
		session(t, "C: AUTH X\nmay leave\n"+script, func(t *testing.T, f *fixture) {
			r, err := f.Auth(t.Context(), &client{mechanism: "X", answers: []string{"x"}})
			var malformed *reply.MalformedError
			line := ""
			if errors.As(err, &malformed) {
				line = malformed.Line
			}
			if all := fmt.Sprint(r, err, line, f.lines()); strings.Contains(all, challenge[:8]) || err == nil {
				t.Errorf("%s: %s", name, all)
			}
		})
	}
}

// echoes are the replies in which a server may repeat what it was sent, in a
// session that goes on whatever they say.
func echoSession(echo string) string {
	e := escaped(echo)
	return "C: AUTH PLAIN *\nS: 535-5.7.8 " + e + " is wrong\nS: 535 5.7.8 " + e + "\n" +
		"C: AUTH LOGIN\nS: 334 " + encode(echo) + "\nC: *\nS: 334 " + encode("Password: "+echo) + "\nC: *\nS: 235 2.7.0 welcome with " + e + "\n" +
		"C: EHLO x\nS: 250-" + host + " " + e + "\nS: 250-" + e + "\nS: 250 XPASS " + e + "\n" +
		"C: MAIL *\nS: 250 " + e + " ok\nC: RCPT *\nS: 250 <" + e + "> ok\nC: DATA\nS: 354 go on, " + e + "\nmessage\nS: 250-2.0.0 " + e + "\nS: 250 2.0.0 queued as " + e + "\n" +
		"C: MAIL *\nS: 553 5.7.1 not " + e + "\n" +
		"C: QUIT\nS: 421 bye " + e + "\n"
}

func TestEchoOfTheSecret(t *testing.T) {
	t.Parallel()
	for name, encoding := range encodings {
		session(t, echoSession(encoding(marker)), func(t *testing.T, f *fixture) {
			ctx := t.Context()
			var replies []reply.Reply
			keep := func(r reply.Reply, err error) { replies = append(replies, f.must(r, err)) }
			each := func(_ Verb, r reply.Reply) { replies = append(replies, r) }
			keep(f.Auth(ctx, gosasl.NewPlainClient("", "you", marker)))
			keep(f.Auth(ctx, &client{mechanism: "LOGIN", answers: []string{"you", marker}}))
			keep(f.Hello(ctx, "x"))
			ok := Transaction{From: "you@example.test", To: "them@example.test", Message: []byte("I say " + marker + "\r\n")}
			if err := errors.Join(f.Submit(ctx, ok, each), f.Submit(ctx, ok, each)); err != nil {
				t.Fatal(err)
			}
			extensions := fmt.Sprint(f.Extensions())
			keep(f.Quit(ctx))
			f.checkNoSecret(replies, extensions)
			if len(replies) != 9 || !strings.Contains(fmt.Sprint(replies), Redacted) {
				t.Errorf("%s: %v", name, replies)
			}
		})
	}
}

// The echo in an answer that is no reply of SMTP, and across the place where
// an error's text is cut.
func TestEchoInMalformedAnswers(t *testing.T) {
	t.Parallel()
	for n := range 40 {
		padding := strings.Repeat("x", 490+n) + " "
		session(t, "C: AUTH PLAIN *\nraw "+padding+marker+"\\r\\n\ndrain", func(t *testing.T, f *fixture) {
			_, err := f.Auth(t.Context(), gosasl.NewPlainClient("", "you", marker))
			var malformed *reply.MalformedError
			if !errors.As(err, &malformed) || strings.Contains(malformed.Line, "pa55") || strings.Contains(strings.Join(f.lines(), ""), "pa55") {
				t.Errorf("%d: %+v", n, malformed)
			}
		})
	}
}

// Short secrets are looked for in AUTH only, where they are found.
func TestEchoOfAShortSecret(t *testing.T) {
	t.Parallel()
	script := "C: AUTH LOGIN\nS: 334 YQ==\nC: eW91\nS: 334 YQ==\nC: YWJj\nS: 535-5.7.8 abc is wrong, so is YWJj\nS: 535 5.7.8 ABC, abcd\nC: EHLO x\nS: 250 abc\nquit"
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, "S: 220 abc ready\n"+script, "abc")
		f.must(f.Greeting(t.Context()))
		r := f.must(f.Auth(t.Context(), &client{mechanism: "LOGIN", answers: []string{"you", "abc"}}))
		if !slices.Equal(r.Lines, []string{"*** is wrong, so is ***", "***, abcd"}) {
			t.Errorf("the reply is %q", r.Lines)
		}
		if r := f.must(f.Hello(t.Context(), "x")); r.Text() != "abc" {
			t.Errorf("behind AUTH: %v", r)
		}
	})
}

// A user name that was sent as a payload is no secret: replies name it.
func TestUserNameStaysReadable(t *testing.T) {
	t.Parallel()
	const you = "you@example.test"
	session(t, "C: AUTH LOGIN\nS: 334 YQ==\nC: *\nS: 334 YQ==\nC: *\nS: 235 ok\nC: MAIL *\nS: 553 5.7.1 <"+you+"> is not yours ("+encode(you)+")\nquit", func(t *testing.T, f *fixture) {
		f.must(f.Auth(t.Context(), &client{mechanism: "LOGIN", answers: []string{you, marker}}))
		var got reply.Reply
		if err := f.Submit(t.Context(), Transaction{From: you, To: you}, func(_ Verb, r reply.Reply) { got = r }); err != nil {
			t.Fatal(err)
		}
		if got.Text() != "<"+you+"> is not yours (***)" {
			t.Errorf("the reply is %v", got)
		}
		if lines := f.lines(); !slices.Contains(lines, "C MAIL FROM:<"+you+">") {
			t.Errorf("the transcript is %q", lines)
		}
	})
	session(t, "C: AUTH EXTERNAL *\nS: 535 "+encode(you)+" is not "+you+"\nquit", func(t *testing.T, f *fixture) {
		r := f.must(f.Auth(t.Context(), &client{mechanism: "EXTERNAL", initial: []byte(you)}))
		if r.Text() != "*** is not "+you {
			t.Errorf("the reply is %v", r)
		}
	})
}
