package cli

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/smtpwiz/smtpwiz/internal/demo"
	"github.com/smtpwiz/smtpwiz/internal/probe"
	"github.com/smtpwiz/smtpwiz/internal/settings"
)

func newDemoCmd(d *deps) *cobra.Command {
	var caOut string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run a submission server on this machine, to try everything without an account",
		Long: `demo runs a submission server on loopback until it is stopped with Ctrl-C. It
shows the account to log in with, and the subject of each mail that arrives.
Mails are kept in memory only and go nowhere.`,
		Example: `  smtpwiz demo --ca-out demo-ca.pem
  smtpwiz test --demo`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDemo(cmd.Context(), d, caOut) },
	}
	cmd.Flags().StringVar(&caOut, "ca-out", "", "write the server's certificate authority into this PEM `file`")
	return cmd
}

func runDemo(ctx context.Context, d *deps, caOut string) error {
	server, err := demo.Start(ctx, demo.Options{})
	if err != nil {
		return err
	}
	defer server.Close()
	if caOut != "" {
		if err := os.WriteFile(caOut, server.CAPEM(), 0o644); err != nil {
			return &settings.UsageError{What: "writing the certificate authority: " + err.Error(), Hint: "give --ca-out a file that may be written"}
		}
	}
	var mu sync.Mutex
	server.OnMessage(func(m demo.Message) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(d.streams.Out, "%s  from %s to %s: %s\n", m.Received.Format(time.TimeOnly), m.From, strings.Join(m.To, ", "), m.Subject)
	})
	introduce(d, server, caOut)
	<-ctx.Done()
	return nil
}

func introduce(d *deps, server *demo.Server, caOut string) {
	username, password := server.Account()
	fmt.Fprintf(d.streams.Out, "A submission server for you alone is running:\n\n")
	for _, e := range server.Endpoints() {
		fmt.Fprintf(d.streams.Out, "  %s\n", e)
	}
	fmt.Fprintf(d.streams.Out, "\n  user name  %s\n  password   %s\n\n", username, password.Reveal()) // made up for this run
	if caOut == "" {
		fmt.Fprintf(d.streams.Out, "Its certificate is its own: --ca-out FILE writes the authority to trust.\n")
	} else {
		e := server.Endpoints()[0]
		fmt.Fprintf(d.streams.Out, "Try it from another terminal; the password is asked for:\n  smtpwiz test --host %s --port %d --security %s --username %s --ca-file %s\n", e.Host, e.Port, e.Security, username, caOut)
	}
	fmt.Fprintf(d.streams.Out, "Mails that arrive are listed here. Ctrl-C ends it.\n\n")
}

// demoFlags may not point elsewhere: they are what the demo fills in.
var demoFlags = []string{"preset", "region", "variant", "host", "username", "connect-to", "ca-file", "tls-fingerprint", "proxy", "password-stdin", "password-file", "password-command"}

func startDemo(given settings.Answers) (*demo.Server, error) {
	for _, name := range demoFlags {
		if a, ok := given[name]; ok && a.Source == settings.FromFlag {
			return nil, &settings.UsageError{What: a.Name + " and --demo contradict each other", Hint: "leave " + a.Name + " out: --demo brings its own server and account"}
		}
	}
	return demo.Start(context.Background(), demo.Options{})
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
	first := endpoints[0]
	if security := answers.Get("security"); security != "" {
		for _, e := range endpoints {
			if string(e.Security) == security {
				first = e
			}
		}
	}
	fill := func(name, value string) {
		if _, ok := answers[name]; !ok {
			answers[name] = settings.Answer{Value: value, Source: settings.FromDefault, Name: "--demo"}
		}
	}
	fill("username", username)
	fill("host", first.Host)
	fill("port", strconv.Itoa(first.Port))
	fill("security", string(first.Security))
	p, s, err := planOf(d, answers)
	if err != nil {
		return p, s, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(server.CAPEM())
	p.Trust.Roots = func() (*x509.CertPool, error) { return pool, nil }
	if answers["port"].Source == settings.FromDefault && answers["security"].Source == settings.FromDefault {
		p.Account.Endpoints = endpoints // both, as with a real provider
	}
	return p, s, nil
}

// tellReceived lists what the demo's server got: the proof that mail went through.
func tellReceived(d *deps, server *demo.Server) {
	for _, m := range server.Messages() {
		fmt.Fprintf(d.streams.Out, "The demo server received: %s\n", m.Subject)
	}
}
