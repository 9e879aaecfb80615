package cli

import (
	"context"
	"crypto/x509"
	"fmt"
	"strconv"
	"sync"

	"github.com/spf13/cobra"

	"github.com/smtpwiz/smtpwiz/internal/demo"
	"github.com/smtpwiz/smtpwiz/internal/probe"
	"github.com/smtpwiz/smtpwiz/internal/settings"
)

func newDemoCmd(d *deps) *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Run a submission server on this machine, to try everything without an account",
		Long: `demo runs a submission server on loopback until it is stopped. It shows the
account to log in with, and the subject of each mail that arrives. Mails are
kept in memory only and go nowhere.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDemo(cmd.Context(), d) },
	}
}

func runDemo(ctx context.Context, d *deps) error {
	var mu sync.Mutex
	server, err := demo.Start(ctx, demo.Options{OnMessage: func(m demo.Message) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(d.streams.Out, "%s  from %s to %s: %s\n", m.Received.Format("15:04:05"), m.From, m.To, m.Subject)
	}})
	if err != nil {
		return fmt.Errorf("starting the server: %w", err)
	}
	defer server.Close()
	<-ctx.Done()
	return nil
}

// demoFlags may not point elsewhere: they are what the demo fills in.
var demoFlags = []string{"preset", "region", "variant", "host", "username", "connect-to", "ca-file", "tls-fingerprint", "proxy", "password-stdin", "password-file", "password-command"}

func startDemo(ctx context.Context, given settings.Answers) (*demo.Server, error) {
	for _, name := range demoFlags {
		if a, ok := given[name]; ok && a.Source == settings.FromFlag {
			return nil, &settings.UsageError{What: a.Name + " and --demo contradict each other", Hint: "leave " + a.Name + " out: --demo brings its own server and account"}
		}
	}
	server, err := demo.Start(ctx, demo.Options{})
	if err != nil {
		return nil, fmt.Errorf("starting the demo's server: %w", err)
	}
	return server, nil
}

// demoPlan is a plan for the demo's server and account. What the variables say
// of another account does not count here.
func demoPlan(d *deps, given settings.Answers, server *demo.Server) (probe.Plan, *settings.Settings, error) {
	answers := settings.Answers{}
	for name, a := range given {
		if a.Source == settings.FromFlag || name == "timeout" || name == "max-time" {
			answers[name] = a
		}
	}
	username, _ := server.Account()
	endpoints := server.Endpoints()
	fill := func(name, value string) {
		if _, ok := answers[name]; !ok {
			answers[name] = settings.Answer{Value: value, Source: settings.FromDefault, Name: "--demo"}
		}
	}
	fill("username", username)
	fill("host", endpoints[0].Host)
	fill("port", strconv.Itoa(endpoints[0].Port))
	fill("security", string(endpoints[0].Security))
	p, s, err := planOf(d, answers)
	if err != nil {
		return p, s, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(server.CAPEM())
	p.Trust.Roots = func() (*x509.CertPool, error) { return pool, nil }
	if !given.Has("port") && !given.Has("security") {
		p.Account.Endpoints = endpoints // both, as with a real provider
	}
	return p, s, nil
}
