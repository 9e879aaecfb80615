package smtp

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gosasl "github.com/emersion/go-sasl"

	"github.com/smtpwiz/smtpwiz/internal/reply"
)

const message = "Subject: hello\r\n\r\n.dot\r\n..\r\nbye\r\n"

// wholeSession is a submission after STARTTLS, each command in its own write.
const wholeSession = `
	S: 220 smtp.example.test ready
	C: EHLO client.example.test
	S: 250-smtp.example.test
	S: 250-SIZE 1000
	S: 250 STARTTLS
	C: STARTTLS
	S: 220 2.0.0 go on
	tls
	C: EHLO client.example.test
	S: 250-smtp.example.test
	S: 250 AUTH PLAIN LOGIN
	C: AUTH PLAIN AHlvdQBwYTU1LU1hcmtlci05ZlE=
	S: 235 2.7.0 welcome
	C: MAIL FROM:<you@example.test>
	S: 250 2.1.0 ok
	C: RCPT TO:<them@example.test>
	S: 250 2.1.5 ok
	C: DATA
	S: 354 go on
	message
	S: 250 2.0.0 queued as 1234
	quit`

func (f *fixture) wholeSession() {
	f.t.Helper()
	ctx := f.t.Context()
	f.must(f.Greeting(ctx))
	f.must(f.Hello(ctx, "client.example.test"))
	f.must(f.StartTLS(ctx))
	if _, err := f.Handshake(ctx, f.ca.Client(host)); err != nil {
		f.t.Fatal(err)
	}
	f.must(f.Hello(ctx, "client.example.test"))
	f.must(f.Auth(ctx, gosasl.NewPlainClient("", "you", marker)))
	if got, err := submitTo(ctx, f, message); err != nil || got.String() != "MAIL 250, RCPT 250, DATA 354, message 250" {
		f.t.Errorf("told were %v, %v", got, err)
	}
	f.must(f.Quit(ctx))
}

func TestWholeSession(t *testing.T) {
	t.Parallel()
	play(t, wholeSession, func(t *testing.T, f *fixture) {
		f.wholeSession()
		want := []string{
			"S 220 smtp.example.test ready",
			"C EHLO client.example.test",
			"S 250-smtp.example.test", "S 250-SIZE 1000", "S 250 STARTTLS",
			"C STARTTLS",
			"S 220 2.0.0 go on",
			"C+ EHLO client.example.test",
			"S+ 250-smtp.example.test", "S+ 250 AUTH PLAIN LOGIN",
			"C+ AUTH PLAIN ***",
			"S+ 235 2.7.0 welcome",
			"C+ MAIL FROM:<you@example.test>", "S+ 250 2.1.0 ok",
			"C+ RCPT TO:<them@example.test>", "S+ 250 2.1.5 ok",
			"C+ DATA", "S+ 354 go on",
			"C+ Subject: hello", "C+ ", "C+ ..dot", "C+ ...", "C+ bye", "C+ .",
			"S+ 250 2.0.0 queued as 1234",
			"C+ QUIT",
			"S+ 221 2.0.0 bye",
		}
		if got := f.lines(); !slices.Equal(got, want) {
			t.Errorf("the transcript is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		f.checkTranscript()
		f.checkNoSecret()
		for i, l := range f.srv.Received() {
			if clear := i < 2; l.TLS == clear {
				t.Errorf("in TLS is %t: %s", l.TLS, l.Text)
			}
		}
	})
}

// Lines carry the time since the transcript began.
func TestTranscriptTellsTheTime(t *testing.T) {
	t.Parallel()
	play(t, "wait 2s\nS: 220 ready\nC: EHLO x\nwait 3s\nS: 250 ok\nquit", func(t *testing.T, f *fixture) {
		f.must(f.Greeting(t.Context()))
		f.must(f.Hello(t.Context(), "x"))
		f.must(f.Quit(t.Context()))
		var got []time.Duration
		for _, l := range f.log.Lines() {
			got = append(got, l.At)
		}
		if want := []time.Duration{2e9, 2e9, 5e9, 5e9, 5e9}; !slices.Equal(got, want) {
			t.Errorf("the times are %v, want %v", got, want)
		}
	})
}

func TestTranscriptIsBounded(t *testing.T) {
	t.Parallel()
	log := NewTranscript(time.Now(), NewRedactor())
	for range maxTranscript + 10 {
		log.add(Line{Text: "x"})
	}
	lines := log.Lines()
	if len(lines) != maxTranscript {
		t.Errorf("%d lines", len(lines))
	}
	lines[0].Text = "changed"
	if log.Lines()[0].Text != "x" {
		t.Error("Lines is no copy")
	}
	long := NewTranscript(time.Now(), NewRedactor())
	long.add(Line{Text: "x" + strings.Repeat("é", maxLine) + "\x1b"})
	if got := long.Lines()[0].Text; got != "x"+strings.Repeat("é", maxLine/2-1)+"…" {
		t.Errorf("a long line has %d octets and ends with %q", len(got), got[len(got)-10:])
	}
}

func TestHelo(t *testing.T) {
	t.Parallel()
	for code, falls := range map[int]bool{500: true, 502: true, 504: true, 501: false, 503: false, 550: false, 554: false, 421: false, 450: false} {
		script := fmt.Sprintf("C: EHLO x\nS: %d no\n", code)
		want := code
		if falls {
			script += "C: HELO x\nS: 250-hello\nS: 250 PIPELINING\n"
			want = 250
		}
		session(t, script+"quit", func(t *testing.T, f *fixture) {
			r := f.must(f.Hello(t.Context(), "x"))
			if r.Code != want || len(f.Extensions()) != 0 {
				t.Errorf("after %d: %v, extensions %v", code, r, f.Extensions())
			}
			f.must(f.Quit(t.Context()))
			f.checkTranscript()
		})
	}
}

func TestHeloRefusedToo(t *testing.T) {
	t.Parallel()
	session(t, "C: EHLO x\nS: 502 no\nC: HELO x\nS: 554 5.7.1 go away\nquit", func(t *testing.T, f *fixture) {
		if r := f.must(f.Hello(t.Context(), "x")); r.String() != "554 5.7.1 go away" {
			t.Errorf("got %v", r)
		}
	})
}

// What was offered in clear is forgotten when TLS is up, whatever comes then.
func TestExtensionsInClearAreForgotten(t *testing.T) {
	t.Parallel()
	offering(t, "STARTTLS,PIPELINING,AUTH EVIL", "C: STARTTLS\nS: 220 go on\ntls\nC: EHLO x\nclose", func(t *testing.T, f *fixture) {
		if !f.Extensions().Has("PIPELINING") {
			t.Errorf("extensions are %v", f.Extensions())
		}
		f.must(f.StartTLS(t.Context()))
		if _, err := f.Handshake(t.Context(), f.ca.Client(host)); err != nil {
			t.Fatal(err)
		}
		if len(f.Extensions()) != 0 {
			t.Errorf("after the handshake they are %v", f.Extensions())
		}
		if r, err := f.Hello(t.Context(), "x"); err == nil || len(f.Extensions()) != 0 {
			t.Errorf("%v, %v, extensions %v", r, err, f.Extensions())
		}
	})
}

func TestExtensionsAreThoseOfTheLastEHLO(t *testing.T) {
	t.Parallel()
	offering(t, "PIPELINING", "C: EHLO x\nS: 250-x\nS: 250 SIZE\nC: EHLO x\nS: 550 no\nquit", func(t *testing.T, f *fixture) {
		f.must(f.Hello(t.Context(), "x"))
		if e := f.Extensions(); len(e) != 1 || !e.Has("SIZE") {
			t.Errorf("extensions are %v", e)
		}
		f.must(f.Hello(t.Context(), "x"))
		if e := f.Extensions(); len(e) != 0 {
			t.Errorf("after a refusal they are %v", e)
		}
	})
}

func TestImplicitTLS(t *testing.T) {
	t.Parallel()
	play(t, "tls\nS: 220 ready\nquit", func(t *testing.T, f *fixture) {
		state, err := f.Handshake(t.Context(), f.ca.Client(host))
		if err != nil || state.Version != tls.VersionTLS13 || len(state.PeerCertificates) == 0 {
			t.Fatalf("%+v, %v", state, err)
		}
		f.must(f.Greeting(t.Context()))
		f.must(f.Quit(t.Context()))
		if got := f.lines(); !slices.Equal(got, []string{"S+ 220 ready", "C+ QUIT", "S+ 221 2.0.0 bye"}) {
			t.Errorf("the transcript is %q", got)
		}
		f.checkTranscript()
	})
}

// Nothing more goes out behind a handshake that failed.
func TestHandshakeFails(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"untrusted": "tls refused",
		"not TLS":   "S: 220 smtp.example.test ESMTP\ndrain",
		"closed":    "close",
	} {
		play(t, script, func(t *testing.T, f *fixture) {
			state, err := f.Handshake(t.Context(), &tls.Config{ServerName: host, RootCAs: nil})
			if err == nil {
				t.Fatalf("%s: no error, %+v", name, state)
			}
			var record tls.RecordHeaderError
			if name == "not TLS" && (!errors.As(err, &record) || f.Head() != "220 smtp.example.test ESMTP\r\n") {
				t.Errorf("%s: %v, head %q", name, err, f.Head())
			}
			_, errHello := f.Hello(t.Context(), "x")
			_, errQuit := f.Quit(t.Context())
			if errHello == nil || errQuit == nil {
				t.Errorf("%s: then EHLO: %v, QUIT: %v", name, errHello, errQuit)
			}
			f.srv.Wait(1)
			for _, l := range f.srv.Received() {
				if strings.Contains(l.Text, "EHLO") || strings.Contains(l.Text, "QUIT") {
					t.Errorf("%s: the server received %q", name, l.Text)
				}
			}
		})
	}
}

// What stands in the buffer before a handshake came in clear.
func TestHandshakeBehindBufferedBytes(t *testing.T) {
	t.Parallel()
	play(t, "raw 220 ready\\r\\n250 evil\\r\\n\nstall", func(t *testing.T, f *fixture) {
		f.must(f.Greeting(t.Context()))
		if _, err := f.Handshake(t.Context(), f.ca.Client(host)); !errors.Is(err, ErrInjection) {
			t.Errorf("got %v", err)
		}
		if _, err := f.exchange(t.Context(), "NOOP"); err == nil {
			t.Error("the connection is open")
		}
	})
}

func TestHeadIsBounded(t *testing.T) {
	t.Parallel()
	play(t, "may leave\nS: "+strings.Repeat("x", 5000)+"\ndrain", func(t *testing.T, f *fixture) {
		_, err := f.Handshake(t.Context(), f.ca.Client(host))
		if err == nil || f.Head() != strings.Repeat("x", 256) {
			t.Errorf("%v, head %q", err, f.Head())
		}
	})
}

// Bytes in clear behind the reply to STARTTLS stop all, however they come.
func TestInjection(t *testing.T) {
	t.Parallel()
	for _, injected := range []string{"250 evil\\r\\n", "2", "\\r\\n", "\\x16\\x03\\x01", "250-a\\r\\n250 AUTH PLAIN\\r\\n"} {
		offering(t, "STARTTLS", "C: STARTTLS\nraw 220 go on\\r\\n"+injected+"\nstall", func(t *testing.T, f *fixture) {
			r, err := f.StartTLS(t.Context())
			if !errors.Is(err, ErrInjection) || r.Code != 220 {
				t.Errorf("%q: %v, %v", injected, r, err)
			}
			if _, err := f.Hello(t.Context(), "x"); err == nil {
				t.Errorf("%q: EHLO was sent", injected)
			}
			if _, err := f.Handshake(t.Context(), f.ca.Client(host)); err == nil {
				t.Errorf("%q: a handshake", injected)
			}
			f.srv.Wait(1)
			if got := f.srv.Received(); len(got) != 2 {
				t.Errorf("%q: the server received %+v", injected, got)
			}
		})
	}
	offering(t, "STARTTLS", "C: STARTTLS\nraw 220 go on\\r\\n\nraw 250 evil\\r\\n\ndrain", func(t *testing.T, f *fixture) {
		f.must(f.StartTLS(t.Context()))
		_, err := f.Handshake(t.Context(), f.ca.Client(host))
		var record tls.RecordHeaderError
		if !errors.As(err, &record) || f.Head() != "250 evil\r\n" {
			t.Errorf("%v, head %q", err, f.Head())
		}
		if _, err := f.Hello(t.Context(), "x"); err == nil {
			t.Error("EHLO was sent")
		}
	})
}

func TestStartTLSRefused(t *testing.T) {
	t.Parallel()
	offering(t, "STARTTLS", "C: STARTTLS\nraw 454 4.7.0 not now\\r\\n\nquit", func(t *testing.T, f *fixture) {
		if r := f.must(f.StartTLS(t.Context())); r.String() != "454 4.7.0 not now" {
			t.Errorf("got %v", r)
		}
		f.must(f.Quit(t.Context()))
		f.checkTranscript()
	})
}

// Replies may come in any pieces.
func TestReplyInPieces(t *testing.T) {
	t.Parallel()
	const text = `250-smtp.example.test\r\n250-SIZE 10\r\n250 AUTH PLAIN\r\n`
	whole := strings.NewReplacer(`\r`, "\r", `\n`, "\n").Replace(text)
	for i := 1; i < len(whole); i++ {
		pieces := fmt.Sprintf("raw %s\nwait 1s\nraw %s\n", escaped(whole[:i]), escaped(whole[i:]))
		session(t, "C: EHLO x\n"+pieces+"quit", func(t *testing.T, f *fixture) {
			r := f.must(f.Hello(t.Context(), "x"))
			if r.Code != 250 || len(r.Lines) != 3 || f.Extensions()["AUTH"] != "PLAIN" || f.Extensions()["SIZE"] != "10" {
				t.Errorf("split at %d: %+v", i, r)
			}
		})
	}
}

// escaped writes any text as a script takes it.
func escaped(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' || c == '\\' {
			fmt.Fprintf(&b, `\x%02x`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// A whole reply has the time limit, not each of its pieces.
func TestDrip(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		drip string
		ends time.Duration // 0: it passes
	}{
		"slow but whole":      {"drip 100ms 250 this comes in time", 0},
		"octet by octet":      {"drip 1s 250 this never comes to an end", timeout},
		"line by line":        {strings.Repeat("raw 250-x\\r\\n\nwait 4s\n", 10), timeout},
		"silence":             {"wait 1h", timeout},
		"in the middle":       {"raw 250-x\\r\\n\nwait 1h", timeout},
		"before the line end": {"raw 250 x\nwait 1h", timeout},
	} {
		session(t, "may leave\nC: EHLO x\n"+tt.drip+"\ndrain", func(t *testing.T, f *fixture) {
			var r reply.Reply
			var err error
			took := elapsed(func() { r, err = f.Hello(t.Context(), "x") })
			if tt.ends == 0 {
				if err != nil || r.Text() != "this comes in time" {
					t.Errorf("%s: %v, %v", name, r, err)
				}
				return
			}
			if !errors.Is(err, os.ErrDeadlineExceeded) || took != tt.ends {
				t.Errorf("%s: %v after %v", name, err, took)
			}
		})
	}
}

// A peer that takes nothing holds us up no longer than one that says nothing.
func TestPeerThatTakesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		defer server.Close()
		c := New(client, Options{Timeout: timeout, Transcript: NewTranscript(time.Now(), NewRedactor())})
		var err error
		took := elapsed(func() { _, err = c.Hello(t.Context(), "x") })
		if !errors.Is(err, os.ErrDeadlineExceeded) || took != timeout+courtesy {
			t.Errorf("EHLO: %v after %v", err, took)
		}
		took = elapsed(func() { _, err = c.Handshake(t.Context(), &tls.Config{ServerName: host}) })
		if !errors.Is(err, os.ErrDeadlineExceeded) || took != timeout {
			t.Errorf("the handshake: %v after %v", err, took)
		}
	})
}

// stage is a call that waits for the server, and the script up to there.
type stage struct {
	script string
	call   func(context.Context, *fixture) error
}

// prepare reads the greeting, and with PIPELINING says EHLO too.
func (s stage) prepare(f *fixture) {
	f.t.Helper()
	if s.script != "" {
		f.must(f.Greeting(f.t.Context()))
	}
	if strings.Contains(s.script, "PIPELINING") {
		f.must(f.Hello(f.t.Context(), "client.example.test"))
	}
}

func stages() map[string]stage {
	const greeted = "S: 220 ready\n"
	const pipelining = greeted + "C: EHLO client.example.test\nS: 250-x\nS: 250 PIPELINING\n"
	hello := func(ctx context.Context, f *fixture) error { _, err := f.Hello(ctx, "x"); return err }
	plain := func(ctx context.Context, f *fixture) error {
		_, err := f.Auth(ctx, gosasl.NewPlainClient("", "you", marker))
		return err
	}
	login := func(ctx context.Context, f *fixture) error {
		_, err := f.Auth(ctx, gosasl.NewLoginClient("you", marker))
		return err
	}
	submit := func(ctx context.Context, f *fixture) error { _, err := submitTo(ctx, f, message); return err }
	return map[string]stage{
		"greeting":          {"", func(ctx context.Context, f *fixture) error { _, err := f.Greeting(ctx); return err }},
		"EHLO":              {greeted + "C: EHLO x\n", hello},
		"HELO":              {greeted + "C: EHLO x\nS: 500 no\nC: HELO x\n", hello},
		"STARTTLS":          {greeted + "C: STARTTLS\n", func(ctx context.Context, f *fixture) error { _, err := f.StartTLS(ctx); return err }},
		"AUTH":              {greeted + "C: AUTH PLAIN *\n", plain},
		"AUTH, second step": {greeted + "C: AUTH LOGIN *\nS: 334 UGFzc3dvcmQ6\nC: *\n", login},
		"AUTH, given up":    {greeted + "C: AUTH PLAIN *\nS: 334 !\nC: \\*\n", plain},
		"MAIL":              {greeted + "C: MAIL *\n", submit},
		"RCPT":              {greeted + "C: MAIL *\nS: 250 ok\nC: RCPT *\n", submit},
		"DATA":              {greeted + "C: MAIL *\nS: 250 ok\nC: RCPT *\nS: 250 ok\nC: DATA\n", submit},
		"message":           {greeted + "C: MAIL *\nS: 250 ok\nC: RCPT *\nS: 250 ok\nC: DATA\nS: 354 go on\nmessage\n", submit},
		"RSET": {greeted + "C: MAIL *\nS: 250 ok\nC: RCPT *\nS: 250 ok\nC: RSET\n", func(ctx context.Context, f *fixture) error {
			_, err := submitTo(ctx, f, "")
			return err
		}},
		"MAIL in one write": {pipelining + "C: MAIL *\nC: RCPT *\nC: DATA\n", submit},
		"RCPT in one write": {pipelining + "C: MAIL *\nC: RCPT *\nC: DATA\nS: 250 ok\n", submit},
		"message with QUIT": {pipelining + "C: MAIL *\nC: RCPT *\nC: DATA\nS: 250 ok\nS: 250 ok\nS: 354 go on\nmessage\nC: QUIT\n", submit},
		"QUIT":              {greeted + "C: QUIT\n", func(ctx context.Context, f *fixture) error { _, err := f.Quit(ctx); return err }},
	}
}

func TestEOFAtEachStage(t *testing.T) {
	t.Parallel()
	for name, stage := range stages() {
		for part, want := range map[string]error{"": io.EOF, "raw 25\n": io.ErrUnexpectedEOF, "raw 250-x\\r\\n\n": io.ErrUnexpectedEOF, "raw 250-x\\r\\n250 y\n": io.ErrUnexpectedEOF} {
			play(t, stage.script+part+"close", func(t *testing.T, f *fixture) {
				stage.prepare(f)
				var err error
				took := elapsed(func() { err = stage.call(t.Context(), f) })
				if name == "AUTH, given up" {
					want = ErrExchange
				}
				if !errors.Is(err, want) || took != 0 {
					t.Errorf("%s, behind %q: %v after %v", name, part, err, took)
				}
				f.checkNoSecret(err)
			})
		}
	}
}

func TestSilenceAtEachStage(t *testing.T) {
	t.Parallel()
	for name, stage := range stages() {
		play(t, stage.script+"drain", func(t *testing.T, f *fixture) {
			stage.prepare(f)
			var err error
			took := elapsed(func() { err = stage.call(t.Context(), f) })
			limit := timeout
			if name == "QUIT" {
				limit = courtesy
			}
			if err == nil || took != limit || name != "AUTH, given up" && !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%s: %v after %v", name, err, took)
			}
			f.checkNoSecret(err)
		})
	}
}

// A context that ends, ends each call at once, with its cause.
func TestCancelAtEachStage(t *testing.T) {
	t.Parallel()
	why := errors.New("the user has left")
	for name, stage := range stages() {
		play(t, stage.script+"drain", func(t *testing.T, f *fixture) {
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(500*time.Millisecond, func() { cancel(why) })
			stage.prepare(f)
			var err error
			took := elapsed(func() { err = stage.call(ctx, f) })
			if took != 500*time.Millisecond || name != "AUTH, given up" && !errors.Is(err, why) {
				t.Errorf("%s: %v after %v", name, err, took)
			}
			if took := elapsed(func() { err = stage.call(ctx, f) }); took != 0 || err == nil {
				t.Errorf("%s, with a context that had ended: %v after %v", name, err, took)
			}
		})
	}
}

func TestCancelTheHandshake(t *testing.T) {
	t.Parallel()
	play(t, "drain", func(t *testing.T, f *fixture) {
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errors.New("too slow"))
		defer cancel()
		var err error
		took := elapsed(func() { _, err = f.Handshake(ctx, f.ca.Client(host)) })
		if took != time.Second || err == nil || err.Error() != "too slow" {
			t.Errorf("%v after %v", err, took)
		}
	})
}

// slowDeadline takes a while to set the deadline with which a context ends a call.
type slowDeadline struct {
	net.Conn
	ending chan struct{}
}

func (s slowDeadline) SetDeadline(t time.Time) error {
	if t.Before(time.Now()) {
		close(s.ending)
		time.Sleep(time.Second)
	}
	return s.Conn.SetDeadline(t)
}

// A context that ends just when its call does must not end the next call.
func TestCancelDoesNotReachTheNextCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		defer server.Close()
		slow := slowDeadline{client, make(chan struct{})}
		c := New(slow, Options{Timeout: timeout, Transcript: NewTranscript(time.Now(), NewRedactor())})
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			cancel()
			<-slow.ending
			_, _ = io.WriteString(server, "220 ready\r\n")
			_, _ = server.Read(make([]byte, 100))
			time.Sleep(2 * time.Second)
			_, _ = io.WriteString(server, "221 bye\r\n")
		}()
		_, _ = c.Greeting(ctx)
		if r, err := c.exchange(t.Context(), "NOOP"); err != nil || r.Code != 221 {
			t.Errorf("%v, %v", r, err)
		}
	})
}

// A 421 may come at any time (RFC 5321 section 3.8); it is a reply like others.
func TestClosing421(t *testing.T) {
	t.Parallel()
	const bye = "S: 421 4.3.2 shutting down\nclose"
	for name, stage := range stages() {
		if name == "QUIT" || strings.HasPrefix(name, "AUTH, given up") {
			continue
		}
		play(t, stage.script+bye, func(t *testing.T, f *fixture) {
			stage.prepare(f)
			if err := stage.call(t.Context(), f); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if got := f.lines(); !strings.HasSuffix(got[len(got)-1], "421 4.3.2 shutting down") {
				t.Errorf("%s: the transcript is %q", name, got)
			}
		})
	}
}

// A server may say why and close while we are silent: our next command cannot
// be written, and its words are still read.
func TestLastWords(t *testing.T) {
	t.Parallel()
	const gone = "S: 220 ready\\r\\n421 4.4.2 idle too long\nclose"
	calls := map[string]func(*fixture) (reply.Reply, error){
		"EHLO": func(f *fixture) (reply.Reply, error) { return f.Hello(f.t.Context(), "x") },
		"AUTH": func(f *fixture) (reply.Reply, error) {
			return f.Auth(f.t.Context(), gosasl.NewPlainClient("", "you", marker))
		},
		"MAIL": func(f *fixture) (r reply.Reply, err error) {
			err = f.Submit(f.t.Context(), Transaction{}, func(_ Verb, told reply.Reply) { r = told })
			return r, err
		},
		"MAIL in one write": func(f *fixture) (r reply.Reply, err error) {
			f.ext = reply.Extensions{"PIPELINING": ""}
			err = f.Submit(f.t.Context(), Transaction{}, func(_ Verb, told reply.Reply) { r = told })
			return r, err
		},
	}
	for name, call := range calls {
		play(t, gone, func(t *testing.T, f *fixture) {
			f.must(f.Greeting(t.Context()))
			f.srv.Wait(1)
			if r, err := call(f); err != nil || r.String() != "421 4.4.2 idle too long" {
				t.Errorf("%s: %v, %v", name, r, err)
			}
		})
		// What is not a refusal is no answer to a command that was not sent.
		play(t, "S: 220 ready\\r\\n250 stray\nclose", func(t *testing.T, f *fixture) {
			f.must(f.Greeting(t.Context()))
			f.srv.Wait(1)
			if r, err := call(f); err == nil || r.Code != 0 {
				t.Errorf("%s: %v, %v", name, r, err)
			}
		})
	}
}

// CR, LF and NUL are refused in any argument; nothing is sent, nothing waited for.
func TestArgumentsOfMoreThanOneLine(t *testing.T) {
	t.Parallel()
	calls := map[string]func(*fixture, string) error{
		"EHLO": func(f *fixture, s string) error { _, err := f.Hello(f.t.Context(), s); return err },
		"MAIL": func(f *fixture, s string) error {
			return f.Submit(f.t.Context(), Transaction{From: s, To: "x"}, func(Verb, reply.Reply) { f.t.Error("told") })
		},
		"RCPT in one write": func(f *fixture, s string) error {
			f.ext = reply.Extensions{"PIPELINING": ""}
			return f.Submit(f.t.Context(), Transaction{From: "x", To: s}, func(Verb, reply.Reply) { f.t.Error("told") })
		},
		"AUTH": func(f *fixture, s string) error {
			_, err := f.Auth(f.t.Context(), &client{mechanism: s})
			return err
		},
		"AUTH with a response": func(f *fixture, s string) error {
			_, err := f.Auth(f.t.Context(), &client{mechanism: s, initial: []byte("x")})
			return err
		},
	}
	for name, call := range calls {
		for _, bad := range []string{"x\r\nQUIT", "x\n", "\rx", "x\x00", "x\n" + marker} {
			session(t, "stall", func(t *testing.T, f *fixture) {
				var err error
				took := elapsed(func() { err = call(f, bad) })
				if !errors.Is(err, errArgument) || took != 0 {
					t.Errorf("%s with %q: %v after %v", name, bad, err, took)
				}
				if strings.ContainsAny(err.Error(), "\r\n\x00") {
					t.Errorf("%s with %q: the error is %q", name, bad, err)
				}
				f.checkNoSecret(err)
				f.checkTranscript()
			})
		}
	}
}

// A transaction that was never sent has not sent its QUIT either.
func TestQuitBehindARefusedArgument(t *testing.T) {
	t.Parallel()
	offering(t, "PIPELINING", "quit", func(t *testing.T, f *fixture) {
		if err := f.Submit(t.Context(), Transaction{From: "x\n"}, func(Verb, reply.Reply) {}); !errors.Is(err, errArgument) {
			t.Errorf("got %v", err)
		}
		if r := f.must(f.Quit(t.Context())); r.Code != 221 {
			t.Errorf("QUIT got %v", r)
		}
		f.checkTranscript()
	})
}

func TestBareLF(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]bool{
		"S: 250-x\nS: 250 y":         false,
		"raw 250-x\\n250 y\\r\\n":    true,
		"raw 250-x\\r\\n250 y\\n":    true,
		"raw 250-x\\r\\r\\n250 y\\n": true,
	} {
		session(t, "C: EHLO x\n"+script+"\nquit", func(t *testing.T, f *fixture) {
			if r := f.must(f.Hello(t.Context(), "x")); len(r.Lines) != 2 || f.SawBareLF() != want {
				t.Errorf("%q: %v, bare LF is %t", script, r, f.SawBareLF())
			}
		})
	}
}

func TestServerTextIsMadeSafe(t *testing.T) {
	t.Parallel()
	const nasty = "\x1b[2J\u202egnp.exe\xff\x00\r\t\u009b"
	const safe = `\x1b[2J\u202egnp.exe\xff\x00\x0d\x09\x9b`
	session(t, "C: EHLO x\nS: 250-x\nS: 250 SIZE "+escaped(nasty)+"\nquit", func(t *testing.T, f *fixture) {
		r := f.must(f.Hello(t.Context(), "x"))
		if r.Lines[1] != "SIZE "+safe || f.Extensions()["SIZE"] != safe {
			t.Errorf("the reply is %q, extensions %v", r.Lines, f.Extensions())
		}
		if got := f.lines(); got[3] != "S 250 SIZE "+safe {
			t.Errorf("the transcript is %q", got)
		}
	})
	session(t, "C: EHLO x\nraw "+escaped(nasty)+"\\n\ndrain", func(t *testing.T, f *fixture) {
		_, err := f.Hello(t.Context(), "x")
		var malformed *reply.MalformedError
		if !errors.As(err, &malformed) || malformed.Line != safe || !malformed.Foreign {
			t.Errorf("%+v, %v", malformed, err)
		}
	})
}

func TestReplyPastTheLimits(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"an endless line": "raw 250 " + strings.Repeat("x", 70000),
		"many lines":      "raw " + strings.Repeat("250-x\\r\\n", 600),
		"two codes":       "raw 250-x\\r\\n251 y\\r\\n",
	} {
		session(t, "may leave\nC: EHLO x\n"+script+"\ndrain", func(t *testing.T, f *fixture) {
			r, err := f.Hello(t.Context(), "x")
			var malformed *reply.MalformedError
			if !errors.As(err, &malformed) || malformed.Foreign || len(malformed.Line) > 520 || len(f.Extensions()) != 0 {
				t.Errorf("%s: %v, %v", name, r.Code, err)
			}
			for _, l := range f.log.Lines() {
				if len(l.Text) > maxLine+len("…") {
					t.Errorf("%s: a line of the transcript has %d octets", name, len(l.Text))
				}
			}
		})
	}
}

func TestQuit(t *testing.T) {
	t.Parallel()
	session(t, "C: QUIT\nwait 900ms\nS: 221 bye", func(t *testing.T, f *fixture) {
		if r := f.must(f.Quit(t.Context())); r.Code != 221 {
			t.Errorf("got %v", r)
		}
		if _, err := f.Hello(t.Context(), "x"); err == nil {
			t.Error("the connection is open")
		}
	})
	session(t, "C: QUIT\nwait 1h", func(t *testing.T, f *fixture) {
		if took := elapsed(func() { _, _ = f.Quit(t.Context()) }); took != courtesy {
			t.Errorf("it took %v", took)
		}
	})
}

func TestLocalAddr(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	nc, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c := New(nc, Options{Timeout: timeout, Transcript: NewTranscript(time.Now(), NewRedactor())})
	defer c.Close()
	if c.LocalAddr().String() != nc.LocalAddr().String() || !bytes.HasPrefix([]byte(c.LocalAddr().String()), []byte("127.0.0.1:")) {
		t.Errorf("got %v", c.LocalAddr())
	}
}

// A secret that a server breaks over the lines of its reply is seen in neither
// half, in the reply, the transcript or the extensions.
func TestEchoOverSeveralLines(t *testing.T) {
	t.Parallel()
	for _, echo := range []string{marker, encode(marker), encode("\x00you\x00" + marker), fmt.Sprintf("%x", marker)} {
		a, b := echo[:len(echo)/2], echo[len(echo)/2:]
		script := "C: AUTH PLAIN *\nS: 535-5.7.8 no: " + a + "\nS: 535 5.7.8 " + b + "\nC: EHLO x\nS: 250-" + host + "\nS: 250-XFOO " + a + "\nS: 250 " + b + "\nC: EHLO x\nS: 250-" + a + "\nS: 550 " + b
		session(t, script+"\ndrain", func(t *testing.T, f *fixture) {
			r := f.must(f.Auth(t.Context(), gosasl.NewPlainClient("", "you", marker)))
			f.must(f.Hello(t.Context(), "x"))
			extensions := f.Extensions()
			_, err := f.Hello(t.Context(), "x")
			var malformed *reply.MalformedError
			if !errors.As(err, &malformed) {
				t.Fatal(err)
			}
			all := fmt.Sprint(r, extensions, malformed.Line, f.lines())
			if strings.Contains(all, a) || strings.Contains(all, b) {
				t.Errorf("%q: %s", echo, all)
			}
			if lines := f.lines(); !slices.Contains(lines, "S 535-5.7.8 no: ***") || !slices.Contains(lines, "S 535 5.7.8 ***") {
				t.Errorf("the transcript is %q", lines)
			}
		})
	}
}

// An alert of TLS that waits when a command cannot be written any more says why.
func TestAlertAfterAFailedWrite(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken pipe")
	alert := &net.OpError{Op: "remote error", Err: tls.AlertError(116)}
	nc, far := net.Pipe()
	far.Close()
	c := New(&deaf{nc, broken, alert}, Options{Timeout: timeout, Transcript: NewTranscript(time.Now(), NewRedactor())})
	if _, err := c.Hello(t.Context(), "x"); !errors.Is(err, alert) {
		t.Errorf("got %v", err)
	}
}

type deaf struct {
	net.Conn
	write, read error
}

func (d *deaf) Write([]byte) (int, error) { return 0, d.write }
func (d *deaf) Read([]byte) (int, error)  { return 0, d.read }
