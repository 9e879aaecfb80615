package smtp

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/smtptest"
)

const (
	marker  = "pa55-Marker-9fQ"
	host    = "smtp.example.test"
	timeout = 15 * time.Second
)

// fixture is a session over net.Pipe with a server that plays a script.
type fixture struct {
	*Conn
	t   *testing.T
	srv *smtptest.Server
	ca  *smtptest.CA
}

// play runs a test in a bubble, where time passes at once and each wait can be told.
func play(t *testing.T, script string, test func(t *testing.T, f *fixture)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newFixture(t, script, marker)) })
}

func newFixture(t *testing.T, script string, secrets ...string) *fixture {
	t.Helper()
	ca := smtptest.NewCA()
	srv := smtptest.New(t, smtptest.Config{Scripts: []string{script}, TLS: ca.Server(smtptest.Leaf{Names: []string{host}})})
	log := NewTranscript(time.Now(), NewRedactor(secrets...))
	f := &fixture{New(srv.Dial(), Options{Timeout: timeout, Transcript: log}), t, srv, ca}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// session plays a script with the greeting in front, and reads that.
func session(t *testing.T, script string, test func(t *testing.T, f *fixture)) {
	t.Helper()
	play(t, "S: 220 "+host+" ready\n"+script, func(t *testing.T, f *fixture) {
		f.must(f.Greeting(t.Context()))
		test(t, f)
	})
}

// offering is session behind an EHLO that offers the extensions.
func offering(t *testing.T, extensions, script string, test func(t *testing.T, f *fixture)) {
	t.Helper()
	ehlo := "C: EHLO client.example.test\nS: 250-" + host + "\n"
	for keyword := range strings.SplitSeq(extensions, ",") {
		ehlo += "S: 250-" + keyword + "\n"
	}
	session(t, ehlo+"S: 250 HELP\n"+script, func(t *testing.T, f *fixture) {
		f.must(f.Hello(t.Context(), "client.example.test"))
		test(t, f)
	})
}

func (f *fixture) must(r reply.Reply, err error) reply.Reply {
	f.t.Helper()
	if err != nil {
		f.t.Fatalf("%v, %v", r, err)
	}
	return r
}

// lines is the transcript as text: "C " or "S ", "+" within TLS, the line.
func (f *fixture) lines() []string {
	var out []string
	for _, l := range f.log.Lines() {
		who := "C"
		if l.Server {
			who = "S"
		}
		if l.TLS {
			who += "+"
		}
		out = append(out, who+" "+l.Text)
	}
	return out
}

// checkTranscript compares what the transcript says we sent with what the
// server received, line by line.
func (f *fixture) checkTranscript() {
	f.t.Helper()
	f.Close()
	f.srv.Wait(1)
	var sent []Line
	for _, l := range f.log.Lines() {
		if !l.Server {
			sent = append(sent, l)
		}
	}
	got := f.srv.Received()
	if len(got) != len(sent) {
		f.t.Errorf("the server received %d lines, the transcript has %d:\n%+v\n%+v", len(got), len(sent), got, sent)
		return
	}
	for i, l := range got {
		if l.TLS != sent[i].TLS || l.End != "\r\n" || !shows(sent[i].Text, l.Text) {
			f.t.Errorf("the server received %+v, the transcript has %+v", l, sent[i])
		}
	}
}

// shows reports whether a line is the transcript's, whose *** stand for anything.
func shows(shown, line string) bool {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(shown), `\*\*\*`, `.*`)
	return regexp.MustCompile(`(?s)^` + pattern + `$`).MatchString(line)
}

// checkNoSecret looks through all that a session gave out.
func (f *fixture) checkNoSecret(more ...any) {
	f.t.Helper()
	text := strings.Join(f.lines(), "\n") + fmt.Sprintf("%+v %q", more, more) + fmt.Sprint(f.Extensions())
	if found := leak(text, marker); found != "" {
		f.t.Errorf("%q stands in %s", found, text)
	}
}

// leak is the first spelling of a secret that stands in a text, or "".
func leak(text, secret string) string {
	low := strings.ToLower(text)
	for _, spelling := range spellings(secret) {
		if strings.Contains(low, strings.ToLower(spelling)) {
			return spelling
		}
	}
	return ""
}

// spellings is written apart from the redactor's way to find them.
func spellings(secret string) []string {
	all := []string{secret, hex.EncodeToString([]byte(secret)), fmt.Sprintf("% x", secret), url.QueryEscape(secret), url.PathEscape(secret)}
	for _, format := range []string{"%%%02x", "=%02x", `\x%02x`, `\u%04x`, "&#%d;", "&#x%x;"} {
		escaped := ""
		for _, b := range []byte(secret) {
			escaped += fmt.Sprintf(format, b)
		}
		all = append(all, escaped)
	}
	for shift := range 3 {
		// Enough of it to tell the secret: without what the neighbours decide too.
		padded := []byte(strings.Repeat("\x00", shift) + secret)
		for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			all = append(all, enc.EncodeToString(padded)[(8*shift+5)/6:8*len(padded)/6])
		}
	}
	return all
}

// elapsed tells how long f takes by the bubble's clock.
func elapsed(f func()) time.Duration {
	began := time.Now()
	f()
	return time.Since(began)
}

// told gathers what Submit tells.
type told []string

func (t *told) each(v Verb, r reply.Reply) { *t = append(*t, fmt.Sprintf("%s %d", v, r.Code)) }

func (t told) String() string { return strings.Join(t, ", ") }

func submitTo(ctx context.Context, f *fixture, message string) (told, error) {
	var got told
	t := Transaction{From: "you@example.test", To: "them@example.test"}
	if message != "" {
		t.Message = []byte(message)
	}
	err := f.Submit(ctx, t, got.each)
	return got, err
}
