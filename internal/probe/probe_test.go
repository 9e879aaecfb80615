package probe

import (
	"context"
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/smtptest"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

const marker = "pa55-Marker-9fQ"

// acceptAll is a session that takes a whole self-test mail.
const acceptAll = `
	S: 220 smtp.example.test ready
	C: EHLO *
	S: 250-smtp.example.test
	S: 250-PIPELINING
	S: 250-SIZE 1000000
	S: 250-8BITMIME
	S: 250 AUTH PLAIN LOGIN
	C: AUTH PLAIN *
	S: 235 2.7.0 welcome
	C: MAIL FROM:<you@example.test> SIZE=*
	C: RCPT TO:<you@example.test>
	C: DATA
	S: 250 2.1.0 sender fine
	S: 250 2.1.5 recipient fine
	S: 354 go on
	message
	S: 250 2.0.0 queued
	quit`

func plan(t *testing.T, ca *smtptest.CA, endpoints ...submission.Endpoint) Plan {
	t.Helper()
	from, err := submission.ParseAddress("you@example.test")
	if err != nil {
		t.Fatal(err)
	}
	return Plan{
		Account: submission.Account{
			Endpoints: endpoints, Username: "you@example.test",
			Password: submission.NewSecret(marker), From: from, To: from,
		},
		Check: report.CheckSend, Timeout: 5 * time.Second,
		Trust: Trust{Roots: func() (*x509.CertPool, error) { return ca.Pool(), nil }},
	}
}

func prober() *Prober {
	p := New("test")
	p.Resolver = smtptest.Resolver{"smtp.example.test": smtptest.Addrs("127.0.0.1")}
	p.Hostname = func() (string, error) { return "client.example.test", nil }
	p.Exchangers, p.Vendor = nil, nil
	return p
}

func TestSendOverImplicitTLS(t *testing.T) {
	t.Parallel()
	ca := smtptest.NewCA()
	srv := smtptest.New(t, smtptest.Config{
		TLS:     ca.Server(smtptest.Leaf{Names: []string{"smtp.example.test"}}),
		Scripts: []string{"tls" + acceptAll},
	})
	addr := srv.Listen()
	var told []string
	rep, err := prober().Run(context.Background(), plan(t, ca, submission.Endpoint{Host: "smtp.example.test", Port: addr.Port, Security: submission.SSL}),
		func(e report.Event) {
			if !e.Running {
				told = append(told, string(e.Step.Stage)+" "+string(e.Step.Status))
			}
		})
	if err != nil {
		t.Fatal(err)
	}
	want := "resolve ok, connect ok, tls ok, greeting ok, ehlo ok, auth ok, mail ok, rcpt ok, data ok, quit ok"
	if got := strings.Join(told, ", "); got != want {
		t.Errorf("told %s", got)
	}
	if !rep.OK() || rep.ExitStatus() != 0 || rep.TLS == nil || !rep.TLS.Verified || rep.MessageID == "" {
		t.Errorf("report %+v", rep)
	}
	for _, l := range rep.Transcript {
		if strings.Contains(l.Text, marker) {
			t.Errorf("the transcript tells the password: %s", l.Text)
		}
	}
}
