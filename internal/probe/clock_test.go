package probe

import (
	"context"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/smtptest"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// A clock that is set while a run is under way moves no time limit and no
// duration: it says only which certificates are valid and what the mail is dated.
func TestClockJumps(t *testing.T) {
	t.Parallel()
	const year = 365 * 24 * time.Hour
	ca := smtptest.NewCA()
	for _, c := range []struct {
		name        string
		before, off time.Duration // what the clock is off by up to TLS, and after it
		want        string
	}{
		{"forward after TLS", 0, 150 * year, "0"},
		{"back after TLS", 0, -150 * year, "0"},
		{"to and fro", time.Hour, -time.Hour, "0"},
		{"far ahead all the time", 150 * year, 150 * year, "5 tls cert_expired"},
		{"far behind all the time", -150 * year, -150 * year, "5 tls cert_not_yet_valid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				beats := dialogue(submission.SSL)
				end := polite
				if c.want != "0" {
					beats, end = nil, "tls refused"
				}
				p := proberOn(serve(smtptest.New(t, smtptest.Config{
					TLS: ca.Server(smtptest.Leaf{Names: []string{host}}), Scripts: []string{smtptest.Script(beats, end)},
				})))
				began, asked := time.Now(), 0
				p.Now = func() time.Time {
					asked++
					off := c.before
					if asked > 1 {
						off = c.off
					}
					return began.Round(0).Add(off) // without the monotonic clock
				}
				pl := plan(t, ca, implicit)
				rep := runOn(t, context.Background(), p, pl, nil)
				if got := outcome(rep); got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
				for _, step := range rep.Steps {
					if step.Duration != 0 { // nothing takes time in the bubble
						t.Errorf("%s took %s", step.Stage, step.Duration)
					}
				}
				if c.want == "0" && asked != 2 {
					t.Errorf("the clock was asked %d times, not for the certificate and the date of the mail", asked)
				}
			})
		})
	}
}

// A process that is stopped for longer than its time limit does not blame the
// server for it.
func TestStandstill(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		late time.Duration // after the time limit of the stage
		want string
	}{
		"on time":       {0, "4 connect timeout"},
		"a little late": {standstill, "4 connect timeout"},
		"stopped":       {time.Minute, "4 connect stopped"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				pl := plan(t, smtptest.NewCA(), implicit)
				p := proberOn(&internet{sites: map[string]site{"192.0.2.10:465": func(context.Context) (net.Conn, error) {
					time.Sleep(pl.Timeout + c.late) // nothing else runs either where the process stands still
					return nil, os.ErrDeadlineExceeded
				}}})
				if got := outcome(runOn(t, context.Background(), p, pl, nil)); got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
			})
		})
	}
}
