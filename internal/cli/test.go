package cli

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/smtpwiz/smtpwiz/internal/diagnose"
	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/probe"
	"github.com/smtpwiz/smtpwiz/internal/render"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/sasl"
	"github.com/smtpwiz/smtpwiz/internal/settings"
	"github.com/smtpwiz/smtpwiz/internal/smtp"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

type testOptions struct {
	request
	demo, all, json, transcript, quiet, verbose bool

	fail submission.Cause // what goes wrong in the demo
}

func newTestCmd(d *deps) *cobra.Command {
	var o testOptions
	cmd := &cobra.Command{
		Use:   "test [PROFILE]",
		Short: "Try an account, stage by stage, and send yourself a test mail",
		Long: `test tries an account from the server's name to an accepted message and says
at which stage it fails, why, and what to do. It asks nothing but a password.

The password comes from SMTPWIZ_PASSWORD, --password-stdin, --password-file or
--password-command, or is asked for in a terminal; it is never an argument.
Every other flag has a variable: SMTPWIZ_USERNAME for --username, and so on.

Exit status: 0 all passed, 1 smtpwiz failed, 2 wrong usage, and the stage that
failed: 3 name, 4 connection, 5 TLS, 6 session, 7 login, 8 sender, 9 recipient,
10 message; 130 interrupted.`,
		Example: `  smtpwiz test --preset gmail --username you@gmail.com
  smtpwiz test --preset zoho --region eu --check login
  smtpwiz test --host mail.example.com --username you@example.com --json
  smtpwiz test work          # a saved profile
  smtpwiz test --all --json
  smtpwiz test --from-file .env   # another program's settings
  smtpwiz test --demo`,
		Args: atMostOneArgument,
		ValidArgsFunction: func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			return profileNames(d, cmd), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			var k *keeping
			var err error
			if o.request, k, err = requestOf(d, cmd, args, o.switches()); err != nil {
				return err
			}
			o.demo, o.fail = demoFlag(cmd)
			return runTest(cmd.Context(), d, k, o)
		},
	}
	accountFlags(cmd.Flags())
	addFromFileFlag(cmd.Flags())
	keepingFlags(cmd.Flags())
	outputFlags(cmd.Flags())
	cmd.Flags().Bool("all", false, "test every saved profile, side by side")
	addDemoFlag(cmd, "start a server inside this process and test that, without an account")
	cmd.Flags().SortFlags = false
	completeFlags(d, cmd)
	return cmd
}

// switches are the flags without a value, and where they go.
func (o *testOptions) switches() map[string]*bool {
	return map[string]*bool{"all": &o.all, "json": &o.json, "transcript": &o.transcript, "quiet": &o.quiet, "verbose": &o.verbose}
}

func runTest(ctx context.Context, d *deps, k *keeping, o testOptions) error {
	switch {
	case (o.demo || o.all) && o.name != "" || o.demo && o.all:
		return &settings.UsageError{What: "a profile, --all and --demo exclude each other", Hint: "leave all but one of them out"}
	case o.all:
		return testAll(ctx, d, k, o)
	}
	a, err := attemptOf(ctx, d, k, o)
	if err != nil {
		return err
	}
	defer a.end()
	told := a.server != nil && !o.json && !o.quiet
	if told {
		tellNotes(d, a.server)
		if e, alone := a.server.Failing(); alone && len(a.plan.Account.Endpoints) > 1 && e.Security != submission.None {
			fmt.Fprintf(d.streams.Err, "demo: With --security %s the one that fails is tried alone.\n", e.Security)
		}
	}
	rep, err := probeAndTell(ctx, d, o, a.plan, a.settings)
	if told {
		tellReceived(d, a.server)
	}
	if err == nil && rep.OK() && a.saved != nil {
		if err := k.remember(ctx, *a.saved, rep); err != nil {
			k.warn("the profile could not be updated: %v", err)
		}
	}
	return err
}

// asSaved reports that nothing was changed against the profile that could have
// made the test pass, so that what was proven holds for it.
func asSaved(given settings.Answers) bool {
	for _, name := range append([]string{"preset", "to", "auth", "helo", "connect-to", "proxy", "ca-file", "tls-fingerprint", "client-cert", "client-key"}, identity...) {
		if given.Has(name) {
			return false
		}
	}
	return true
}

// probeAndTell runs the plan, shows it as it goes, and then the verdict.
func probeAndTell(ctx context.Context, d *deps, o testOptions, p probe.Plan, s *settings.Settings) (*report.Report, error) {
	view := newView(d.streams, o)
	p.Redactor = smtp.NewRedactor(p.Account.Password.Reveal())
	view.begin(p, s)
	rep, err := d.prober.Run(ctx, p, view.event)
	view.stop()
	if err != nil {
		return nil, planError(err)
	}
	noteworthy(rep, s, p.Account.Password)
	result := render.Result{
		Report: rep, Diagnosis: diagnose.Explain(rep, s.Preset), Check: rep.Check, Account: rep.Account,
		Transcript: o.transcript, ExitStatus: rep.ExitStatus(),
	}
	if rep.Interrupted {
		result.Err, result.Hint = "interrupted", "run the same command again"
	}
	if err := view.end(result); err != nil {
		return rep, err
	}
	if result.ExitStatus != report.ExitOK {
		return rep, statusError(result.ExitStatus)
	}
	return rep, nil
}

func planError(err error) error {
	var insecure *probe.InsecureError
	if errors.As(err, &insecure) {
		return &settings.UsageError{
			What: fmt.Sprintf("--security none would send the password to %s in clear", insecure.Host),
			Hint: "use --security ssl or starttls; only this machine itself (loopback) may be talked to in clear, or use --check connect",
		}
	}
	return err
}

// planOf turns the answers into a plan without a password.
func planOf(d *deps, given settings.Answers) (probe.Plan, *settings.Settings, error) {
	s, err := settings.Resolve(given, d.known)
	if err != nil {
		return probe.Plan{}, nil, err
	}
	return planFor(d, s)
}

func planFor(d *deps, s *settings.Settings) (probe.Plan, *settings.Settings, error) {
	if m := s.Account.Mechanism; m != "" && !slices.Contains(sasl.Mechanisms(), m) {
		return probe.Plan{}, nil, &settings.UsageError{
			What: fmt.Sprintf("unknown SASL mechanism %q", m),
			Hint: "use one of " + strings.Join(sasl.Mechanisms(), ", ") + ", or leave --auth out",
		}
	}
	p := probe.Plan{
		Account: s.Account, Check: s.Check, Timeout: s.Timeout, MaxTime: s.MaxTime, Helo: s.Helo,
		Look:               true,
		Regional:           s.Preset != nil && len(s.Preset.Regions) > 1,
		JudgesAfterMessage: s.Preset != nil && s.Preset.Account.FromChecked == preset.FromAtData,
		Trust:              probe.Trust{Fingerprint: s.Fingerprint},
		Route:              probe.Route{Family: probe.Family(s.Family)},
	}
	for _, to := range s.ConnectTo {
		p.Route.ConnectTo = append(p.Route.ConnectTo, probe.ConnectTo(to))
	}
	if s.Proxy != "" {
		p.Route.Proxy = proxyOf(d, s.Proxy)
	}
	return p, s, loadCertificates(s, &p.Trust)
}

func proxyOf(d *deps, address string) *probe.Proxy {
	user, _ := d.getenv("SMTPWIZ_PROXY_USERNAME")
	return &probe.Proxy{Address: address, Username: user, Password: d.proxyPassword}
}

func loadCertificates(s *settings.Settings, trust *probe.Trust) error {
	if s.CAFile != "" {
		pem, err := readLimited(s.CAFile)
		if err != nil {
			return &settings.UsageError{What: "reading --ca-file: " + err.Error(), Hint: "give a file with the authority's certificate in PEM form"}
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return &settings.UsageError{What: "--ca-file " + s.CAFile + " holds no certificate", Hint: "it has to hold -----BEGIN CERTIFICATE----- blocks"}
		}
		trust.Roots = func() (*x509.CertPool, error) { return pool, nil }
	}
	if s.ClientCert == "" {
		return nil
	}
	key := s.ClientKey
	if key == "" {
		key = s.ClientCert
	}
	pair, err := tls.LoadX509KeyPair(s.ClientCert, key)
	if err != nil {
		return &settings.UsageError{What: "reading the client certificate: " + err.Error(), Hint: "--client-cert and --client-key are PEM files that belong together, the key not encrypted"}
	}
	trust.Client = &pair
	return nil
}

func readLimited(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	const most = 4 << 20 // the system's own bundle has a twentieth
	return io.ReadAll(io.LimitReader(f, most))
}
