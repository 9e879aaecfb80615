package smtp

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/sasl"
)

// canned is a server that has written all that it will ever say. It gives a
// line a read, as a server does that waits for its client.
type canned struct {
	net.Conn
	toSay []byte
	heard bytes.Buffer
}

func (c *canned) Read(p []byte) (int, error) {
	if len(c.toSay) == 0 {
		return 0, io.EOF
	}
	line := len(c.toSay)
	if i := bytes.IndexByte(c.toSay, '\n'); i >= 0 {
		line = i + 1
	}
	n := copy(p, c.toSay[:line])
	c.toSay = c.toSay[n:]
	return n, nil
}

func (c *canned) Write(p []byte) (int, error)   { return c.heard.Write(p) }
func (c *canned) SetDeadline(_ time.Time) error { return nil }
func (c *canned) Close() error                  { return nil }

// FuzzAuth lets a server say anything in the exchange of any mechanism, with a
// token too long for the command's line in every second half. Each line of ours answers a 334 and is base64 or "*", the password goes once,
// nothing that is told has it, and the last word is the server's own.
func FuzzAuth(f *testing.F) {
	names := sasl.Mechanisms()
	for i := range names {
		f.Add(byte(i), []byte("334 \r\n235 2.7.0 welcome\r\n"))
		f.Add(byte(i), []byte("535-5.7.8 "+marker+"\r\n535 5.7.8 no\r\n"))
	}
	f.Fuzz(func(t *testing.T, mechanism byte, dialogue []byte) {
		name, password := names[int(mechanism)%len(names)], marker
		if mechanism >= 128 {
			password += strings.Repeat("-A0AfB_byC", 50)
		}
		client, err := sasl.New(name, sasl.Credentials{Username: "you@example.test", Password: password}, nil)
		if errors.Is(err, sasl.ErrNoBinding) {
			return // of -PLUS, which has the exchange of the one without
		}
		if err != nil {
			t.Fatal(err)
		}
		server := &canned{toSay: append([]byte("220 ready\r\n250 "+host+"\r\n"), dialogue...)}
		c := New(server, Options{Timeout: timeout, Transcript: NewTranscript(time.Now(), NewRedactor(password))})
		if _, err := c.Greeting(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Hello(t.Context(), "client.example.test"); err != nil {
			t.Fatal(err)
		}
		server.heard.Reset()
		r, err := c.Auth(t.Context(), client)
		sent := strings.SplitAfter(server.heard.String(), "\r\n")
		ours := judgeSent(t, name, sent[:len(sent)-1])
		asked, beginning := 0, password[:min(16, len(password))] // less of a long one may be shown
		for _, l := range c.log.Lines() {
			if l.Server && l.Text == "334 "+Redacted {
				asked++
			}
			if found := leak(l.Text, beginning); found != "" || l.Text != reply.Safe(l.Text) {
				t.Fatalf("%s: the transcript has %q in %q", name, found, l.Text)
			}
		}
		if ours > asked {
			t.Fatalf("%s: %d answers to %d challenges: %q", name, ours, asked, sent)
		}
		if err == nil && (r.Code == reply.CodeContinue || !bytes.Contains(dialogue, fmt.Append(nil, r.Code))) {
			t.Fatalf("%s: %v after %q", name, r, dialogue)
		}
		told := fmt.Sprint(r, err)
		if found := leak(told, beginning); found != "" {
			t.Fatalf("%s: %q in %q", name, found, told)
		}
	})
}

// judgeSent returns how many lines followed the command of AUTH.
func judgeSent(t *testing.T, mechanism string, sent []string) int {
	t.Helper()
	if len(sent) == 0 || !strings.HasPrefix(sent[0], "AUTH "+mechanism) {
		t.Fatalf("%s: %q", mechanism, sent)
	}
	passwords := 0
	for i, line := range sent {
		text := strings.TrimSuffix(line, "\r\n")
		if i == 0 {
			text = strings.TrimPrefix(text[len("AUTH "+mechanism):], " ")
		}
		if text == "*" || text == "=" {
			if i < len(sent)-1 && text == "*" {
				t.Fatalf("%s goes on after it gave up: %q", mechanism, sent)
			}
			continue
		}
		decoded, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatalf("%s: %q is no base64", mechanism, line)
		}
		if bytes.Contains(decoded, []byte(marker)) {
			passwords++
		}
	}
	if passwords > 1 {
		t.Fatalf("%s: the password went %d times: %q", mechanism, passwords, sent)
	}
	return len(sent) - 1
}
