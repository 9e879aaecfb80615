package probe

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/smtptest"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// away is how far the servers of these tests are, one way.
const away = 20 * time.Millisecond

// distant leads each address to a line of its own.
type distant map[string]*net.TCPAddr

func (d distant) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, network, d[address].String())
}

// A greeting is a turn, each command with its reply are two, and a handshake of
// TLS 1.3 too: what the client says with its end rides along. The one who is
// not waited for is the client that closes: its last word (RFC 8446 section
// 6.1) is a turn without an answer.
func TestTurns(t *testing.T) {
	t.Parallel()
	const (
		quitAlone  = 2
		farewell   = 1
		implicitOf = 2 + 2 + 2 + 2 + 2 + 2         // TLS, greeting, EHLO, AUTH, envelope and DATA, message and QUIT
		startOf    = 1 + 2 + 2 + 2 + 2 + 2 + 2 + 2 // greeting, EHLO, STARTTLS, TLS, EHLO, AUTH, …
	)
	const afterHello = `
		S: 220 smtp.example.test ready` + helloAndAll
	const upgrade = `
		S: 220 smtp.example.test ready
		C: EHLO *
		S: 250-smtp.example.test
		S: 250 STARTTLS
		C: STARTTLS
		S: 220 go on
		tls` + helloAndAll
	for _, c := range []struct {
		name   string
		at     submission.Endpoint
		script string
		check  report.Check
		turns  int
	}{
		{"a message over implicit TLS", implicit, "tls" + afterHello + wholeMessage, report.CheckSend, implicitOf + farewell},
		{"a message over STARTTLS", upgraded, upgrade + wholeMessage, report.CheckSend, startOf + farewell},
		{"a sender over implicit TLS", implicit, "tls" + afterHello + onlyEnvelope, report.CheckSender, implicitOf - 2 + farewell},
		{"a login over implicit TLS", implicit, "tls" + afterHello + "\n" + polite, report.CheckLogin, implicitOf - 4 + quitAlone + farewell},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ca := smtptest.NewCA()
			srv := smtptest.New(t, smtptest.Config{TLS: ca.Server(smtptest.Leaf{Names: []string{host}}), Scripts: []string{c.script}})
			line := smtptest.NewLink(t, srv.Listen().String(), away)
			p := prober()
			p.Resolver = smtptest.Resolver{host: smtptest.Addrs("192.0.2.10")}
			p.Dialer = distant{netip.AddrPortFrom(netip.MustParseAddr("192.0.2.10"), uint16(c.at.Port)).String(): line.Addr()}
			pl := plan(t, ca, c.at)
			pl.Check = c.check
			rep := runOn(t, context.Background(), p, pl, nil)
			srv.Wait(1)
			if got := outcome(rep); got != "0" || line.Turns() != c.turns {
				t.Errorf("%s in %d turns, not %d: %+v", got, line.Turns(), c.turns, rep.Failed())
			}
		})
	}
}

const (
	helloAndAll = `
		C: EHLO *
		S: 250-smtp.example.test
		S: 250-PIPELINING
		S: 250 AUTH PLAIN
		C: AUTH PLAIN *
		S: 235 2.7.0 welcome`
	wholeMessage = `
		C: MAIL *
		C: RCPT *
		C: DATA
		S: 250 2.1.0 fine
		S: 250 2.1.5 fine
		S: 354 go on
		message
		C: QUIT
		S: 250 2.0.0 queued
		S: 221 2.0.0 bye`
	onlyEnvelope = `
		C: MAIL *
		C: RCPT *
		C: RSET
		C: QUIT
		S: 250 2.1.0 fine
		S: 250 2.1.5 fine
		S: 250 2.0.0 fine
		S: 221 2.0.0 bye`
)
