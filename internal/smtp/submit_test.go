package smtp

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/reply"
)

// writes groups what the server received by the client's writes, without EHLO.
func (f *fixture) writes() [][]string {
	f.t.Helper()
	f.Close()
	f.srv.Wait(1)
	var out [][]string
	last := -1
	for _, l := range f.srv.Received() {
		if strings.HasPrefix(l.Text, "EHLO") {
			continue
		}
		if l.Write != last {
			out = append(out, nil)
			last = l.Write
		}
		out[len(out)-1] = append(out[len(out)-1], l.Text)
	}
	return out
}

func (f *fixture) checkWrites(want ...string) {
	f.t.Helper()
	var got []string
	for _, w := range f.writes() {
		got = append(got, strings.Join(w, "|"))
	}
	if !slices.Equal(got, want) {
		f.t.Errorf("the writes were\n%q, want\n%q", got, want)
	}
	f.checkTranscript()
}

const (
	mail = "MAIL FROM:<you@example.test>"
	rcpt = "RCPT TO:<them@example.test>"
	wire = "Subject: hello||..dot|...|bye|." // the message as it is sent
)

func TestPipelining(t *testing.T) {
	t.Parallel()
	offering(t, "PIPELINING", "C: "+mail+"\nC: "+rcpt+"\nC: DATA\nS: 250 ok\nS: 250 ok\nS: 354 go on\nmessage\nS: 250 queued\nquit", func(t *testing.T, f *fixture) {
		if got, err := submitTo(t.Context(), f, message); err != nil || got.String() != "MAIL 250, RCPT 250, DATA 354, message 250" {
			t.Errorf("%v, %v", got, err)
		}
		if r := f.must(f.Quit(t.Context())); r.Code != 221 {
			t.Errorf("QUIT got %v", r)
		}
		f.checkWrites(mail+"|"+rcpt+"|DATA", wire+"|QUIT")
	})
}

func TestNoPipelining(t *testing.T) {
	t.Parallel()
	offering(t, "8BITMIME", "C: "+mail+"\nS: 250 ok\nC: "+rcpt+"\nS: 250 ok\nC: DATA\nS: 354 go on\nmessage\nS: 250 queued\nquit", func(t *testing.T, f *fixture) {
		if got, err := submitTo(t.Context(), f, message); err != nil || got.String() != "MAIL 250, RCPT 250, DATA 354, message 250" {
			t.Errorf("%v, %v", got, err)
		}
		f.must(f.Quit(t.Context()))
		f.checkWrites(mail, rcpt, "DATA", wire, "QUIT")
	})
}

// Without a message the transaction ends with RSET.
func TestSenderOnly(t *testing.T) {
	t.Parallel()
	offering(t, "PIPELINING,SIZE", "C: "+mail+"\nC: "+rcpt+"\nC: RSET\nS: 250 ok\nS: 251 ok\nS: 250 reset\nquit", func(t *testing.T, f *fixture) {
		if got, err := submitTo(t.Context(), f, ""); err != nil || got.String() != "MAIL 250, RCPT 251, RSET 250" {
			t.Errorf("%v, %v", got, err)
		}
		if r := f.must(f.Quit(t.Context())); r.Code != 221 {
			t.Errorf("QUIT got %v", r)
		}
		f.checkWrites(mail + "|" + rcpt + "|RSET|QUIT")
	})
	session(t, "C: "+mail+"\nS: 250 ok\nC: "+rcpt+"\nS: 250 ok\nC: RSET\nS: 250 reset\nquit", func(t *testing.T, f *fixture) {
		if got, err := submitTo(t.Context(), f, ""); err != nil || got.String() != "MAIL 250, RCPT 250, RSET 250" {
			t.Errorf("%v, %v", got, err)
		}
		f.must(f.Quit(t.Context()))
		f.checkWrites(mail, rcpt, "RSET", "QUIT")
	})
}

func TestMailParameters(t *testing.T) {
	t.Parallel()
	size := fmt.Sprintf(" SIZE=%d", len(message))
	for _, tt := range []struct {
		extensions     string
		eightBit, utf8 bool
		message, want  string
	}{
		{"HELP", true, false, message, ""},
		{"SIZE", false, false, message, size},
		{"SIZE 1000", true, false, message, size},
		{"SIZE", false, false, "", ""},
		{"8BITMIME", true, false, message, " BODY=8BITMIME"},
		{"8BITMIME", false, false, message, ""},
		{"SMTPUTF8", false, false, message, ""},
		{"SMTPUTF8", false, true, message, " SMTPUTF8"},
		{"SMTPUTF8,8BITMIME,SIZE", true, true, message, size + " BODY=8BITMIME SMTPUTF8"},
	} {
		offering(t, tt.extensions, "C: "+mail+tt.want+"\nS: 550 no\nquit", func(t *testing.T, f *fixture) {
			tr := Transaction{From: "you@example.test", To: "them@example.test", EightBit: tt.eightBit, UTF8: tt.utf8}
			if tt.message != "" {
				tr.Message = []byte(tt.message)
			}
			if err := f.Submit(t.Context(), tr, func(Verb, reply.Reply) {}); err != nil {
				t.Errorf("%+v: %v", tt, err)
			}
			f.must(f.Quit(t.Context()))
		})
	}
}

// After a refusal nothing more of the transaction is told or done, and the
// session is in step for QUIT.
func TestRefusals(t *testing.T) {
	t.Parallel()
	const group = "C: " + mail + "\nC: " + rcpt + "\nC: DATA\n"
	for name, tt := range map[string]struct {
		script, told string
		writes       []string
	}{
		"MAIL": {
			"C: " + mail + "\nS: 550 5.7.1 no\nquit", "MAIL 550",
			[]string{mail, "QUIT"},
		},
		"RCPT": {
			"C: " + mail + "\nS: 250 ok\nC: " + rcpt + "\nS: 450 later\nquit", "MAIL 250, RCPT 450",
			[]string{mail, rcpt, "QUIT"},
		},
		"DATA": {
			"C: " + mail + "\nS: 250 ok\nC: " + rcpt + "\nS: 250 ok\nC: DATA\nS: 554 no\nquit", "MAIL 250, RCPT 250, DATA 554",
			[]string{mail, rcpt, "DATA", "QUIT"},
		},
		"DATA with a 250": {
			"C: " + mail + "\nS: 250 ok\nC: " + rcpt + "\nS: 250 ok\nC: DATA\nS: 250 what\nquit", "MAIL 250, RCPT 250, DATA 250",
			[]string{mail, rcpt, "DATA", "QUIT"},
		},
		"message": {
			"C: " + mail + "\nS: 250 ok\nC: " + rcpt + "\nS: 250 ok\nC: DATA\nS: 354 go on\nmessage\nS: 552 too big\nquit", "MAIL 250, RCPT 250, DATA 354, message 552",
			[]string{mail, rcpt, "DATA", wire, "QUIT"},
		},
		"MAIL in one write": {
			group + "S: 550 no\nS: 503 MAIL first\nS: 503 RCPT first\nquit", "MAIL 550",
			[]string{mail + "|" + rcpt + "|DATA", "QUIT"},
		},
		"RCPT in one write": {
			group + "S: 250 ok\nS: 550 no\nS: 554 no recipients\nquit", "MAIL 250, RCPT 550",
			[]string{mail + "|" + rcpt + "|DATA", "QUIT"},
		},
		"RCPT, and 354 all the same": {
			group + "S: 250 ok\nS: 550 no\nS: 354 go on\nC: .\nS: 554 no recipients\nquit", "MAIL 250, RCPT 550",
			[]string{mail + "|" + rcpt + "|DATA", ".", "QUIT"},
		},
		"MAIL, and 354 all the same": {
			group + "S: 550 no\nS: 550 no\nS: 354 go on\nC: .\nS: 250 queued\nquit", "MAIL 550",
			[]string{mail + "|" + rcpt + "|DATA", ".", "QUIT"},
		},
		"DATA in one write": {
			group + "S: 250 ok\nS: 250 ok\nS: 451 later\nquit", "MAIL 250, RCPT 250, DATA 451",
			[]string{mail + "|" + rcpt + "|DATA", "QUIT"},
		},
		"message in one write": {
			group + "S: 250 ok\nS: 250 ok\nS: 354 go on\nmessage\nS: 550 spam\nquit", "MAIL 250, RCPT 250, DATA 354, message 550",
			[]string{mail + "|" + rcpt + "|DATA", wire + "|QUIT"},
		},
		"421 in one write": {
			group + "S: 250 ok\nS: 421 bye\nclose", "MAIL 250, RCPT 421",
			[]string{mail + "|" + rcpt + "|DATA"},
		},
	} {
		extensions := "HELP"
		if strings.HasPrefix(tt.script, group) {
			extensions = "PIPELINING"
		}
		offering(t, extensions, tt.script, func(t *testing.T, f *fixture) {
			var got told
			var err error
			if took := elapsed(func() { got, err = submitTo(t.Context(), f, message) }); took != 0 {
				t.Errorf("%s: it took %v", name, took)
			}
			if err != nil || got.String() != tt.told {
				t.Errorf("%s: told were %v, %v", name, got, err)
			}
			if tt.script[len(tt.script)-len("quit"):] == "quit" {
				if r := f.must(f.Quit(t.Context())); r.Code != 221 {
					t.Errorf("%s: QUIT got %v", name, r)
				}
			}
			f.checkWrites(tt.writes...)
		})
	}
}

func TestSenderOnlyRefusedInOneWrite(t *testing.T) {
	t.Parallel()
	offering(t, "PIPELINING", "C: "+mail+"\nC: "+rcpt+"\nC: RSET\nS: 553 not yours\nS: 503 MAIL first\nS: 250 reset\nquit", func(t *testing.T, f *fixture) {
		if got, err := submitTo(t.Context(), f, ""); err != nil || got.String() != "MAIL 553" {
			t.Errorf("%v, %v", got, err)
		}
		if r := f.must(f.Quit(t.Context())); r.Code != 221 {
			t.Errorf("QUIT got %v", r)
		}
		f.checkWrites(mail + "|" + rcpt + "|RSET|QUIT")
	})
}

// Answers that decide nothing any more are waited for only a moment.
func TestAnswersBehindARefusalAreSlow(t *testing.T) {
	t.Parallel()
	offering(t, "PIPELINING", "C: *\nC: *\nC: *\nS: 550 no\nwait 1h", func(t *testing.T, f *fixture) {
		took := elapsed(func() {
			if got, err := submitTo(t.Context(), f, message); err != nil || got.String() != "MAIL 550" {
				t.Errorf("%v, %v", got, err)
			}
		})
		if took != courtesy {
			t.Errorf("it took %v", took)
		}
	})
}

// The 250 to the message counts also where the server then drops the
// connection before it reads the QUIT.
func TestAcceptedAndClosed(t *testing.T) {
	t.Parallel()
	offering(t, "PIPELINING", "C: *\nC: *\nC: *\nS: 250 ok\nS: 250 ok\nS: 354 go on\nmessage\nS: 250 queued\nclose", func(t *testing.T, f *fixture) {
		if got, err := submitTo(t.Context(), f, message); err != nil || !strings.HasSuffix(got.String(), "message 250") {
			t.Errorf("%v, %v", got, err)
		}
		if _, err := f.Quit(t.Context()); err == nil {
			t.Error("QUIT was answered")
		}
	})
}

// A server may refuse while we still send, and close.
func TestRefusedWhileSending(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("0123456789\r\n", 100_000)
	offering(t, "HELP", "C: *\nS: 250 ok\nC: *\nS: 250 ok\nC: DATA\nS: 354 go on\\r\\n552 5.3.4 too big\nclose", func(t *testing.T, f *fixture) {
		var got told
		var err error
		took := elapsed(func() { got, err = submitTo(t.Context(), f, big) })
		if err != nil || !strings.HasSuffix(got.String(), "message 552") || took > time.Second {
			t.Errorf("%v, %v after %v", got, err, took)
		}
	})
}

func TestStuff(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                      ".\r\n",
		"a":                     "a\r\n.\r\n",
		"a\r\n":                 "a\r\n.\r\n",
		".":                     "..\r\n.\r\n",
		".\r\n":                 "..\r\n.\r\n",
		"..a\r\n\r\n.b.\r\n":    "...a\r\n\r\n..b.\r\n.\r\n",
		"a\nb\r\n":              "a\r\nb\r\n.\r\n",
		"a\r\r\nb":              "a\r\nb\r\n.\r\n",
		"\r\n.\r\nMAIL FROM:<>": "\r\n..\r\nMAIL FROM:<>\r\n.\r\n",
	} {
		if got := string(stuff([]byte(in))); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}
