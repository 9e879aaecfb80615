package smtp

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/smtptest"
)

// Until TLS stands nothing may be said but EHLO, STARTTLS and QUIT.
func TestNoHELOBeforeSTARTTLS(t *testing.T) {
	t.Parallel()
	srv := smtptest.New(t, smtptest.Config{Scripts: []string{`
		S: 220 old
		C: EHLO x
		S: 502 what?
		quit`}})
	log := NewTranscript(time.Now(), NewRedactor())
	conn := New(srv.Dial(), Options{Timeout: time.Second, Transcript: log, Upgrades: true})
	defer conn.Close()
	if _, err := conn.Greeting(context.Background()); err != nil {
		t.Fatal(err)
	}
	if r, err := conn.Hello(context.Background(), "x"); err != nil || r.Code != 502 {
		t.Errorf("%v, %v", r, err)
	}
	_, _ = conn.Quit(context.Background())
}

// A password that is the name of a mechanism hides it from view, not from use.
func TestPasswordLikeAMechanism(t *testing.T) {
	t.Parallel()
	srv := smtptest.New(t, smtptest.Config{Scripts: []string{`
		S: 220 ready
		C: EHLO x
		S: 250-x
		S: 250 AUTH PLAIN LOGIN
		quit`}})
	log := NewTranscript(time.Now(), NewRedactor("login"))
	conn := New(srv.Dial(), Options{Timeout: time.Second, Transcript: log})
	defer conn.Close()
	if _, err := conn.Greeting(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Hello(context.Background(), "x"); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(conn.Mechanisms(), " "); got != "PLAIN LOGIN" {
		t.Errorf("mechanisms %q", got)
	}
	if got := conn.Extensions()["AUTH"]; strings.Contains(got, "LOGIN") {
		t.Errorf("the password is shown: %q", got)
	}
	_, _ = conn.Quit(context.Background())
}
