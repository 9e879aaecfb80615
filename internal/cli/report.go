package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/smtpwiz/smtpwiz/internal/diagnose"
	"github.com/smtpwiz/smtpwiz/internal/probe"
	"github.com/smtpwiz/smtpwiz/internal/render"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/secret"
	"github.com/smtpwiz/smtpwiz/internal/settings"
	"github.com/smtpwiz/smtpwiz/internal/smtp"
	"github.com/smtpwiz/smtpwiz/internal/support"
)

type reportOptions struct {
	testOptions

	out                    string // file, "" for standard output
	force, public, noRoute bool
}

func newReportCmd(d *deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "report [PROFILE]",
		Short: "Test an account and write what the provider's support asks for",
		Long: `report does what test does and writes the support case, as Markdown or JSON:
whom to send it to, the settings, each stage with its time, the diagnosis, the
certificates, the addresses, the route to the server, the transcript, versions,
and blank lines for what only you can tell. There is no password in it.

It takes the arguments of test. The route is asked of traceroute, tracepath or
mtr, whichever is installed, while the test runs, for ten seconds at most.

Exit status: that of the test, as smtpwiz test --help lists them. With 0 and 3
to 10 the case was written, with 1, 2 and 130 it was not.`,
		Example: `  smtpwiz report --preset zoho --username you@zoho.com -o case.md
  smtpwiz report work --json > case.json     # a saved profile
  smtpwiz report --public --preset gmail --username you@gmail.com
  smtpwiz report --demo=from_mismatch`,
		Args: atMostOneArgument,
		ValidArgsFunction: func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			return profileNames(d, cmd), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o, k, err := reportOptionsOf(d, cmd, args)
			if err != nil {
				return err
			}
			return runReport(cmd.Context(), d, k, o)
		},
	}
	f := cmd.Flags()
	accountFlags(f)
	addFromFileFlag(f)
	keepingFlags(f)
	outputFlags(f)
	f.Lookup("transcript").Hidden = true // it is always in
	f.Lookup("quiet").Usage = "say nothing while it runs"
	f.Lookup("verbose").Usage = "show where each value came from while it runs"
	f.StringP("output", "o", "", "write into this new `file` (default: standard output)")
	f.Bool("force", false, "write over the file where it exists")
	f.Bool("public", false, "mask your mail addresses, IP addresses and host names")
	f.Bool("no-route", false, "do not follow the route to the server")
	addDemoFlag(cmd, "report of a server inside this process, without an account")
	f.SortFlags = false
	completeFlags(d, cmd)
	return cmd
}

func reportOptionsOf(d *deps, cmd *cobra.Command, args []string) (o reportOptions, k *keeping, err error) {
	o.request, k, err = requestOf(d, cmd, args, map[string]*bool{
		"json": &o.json, "quiet": &o.quiet, "verbose": &o.verbose, "force": &o.force, "public": &o.public, "no-route": &o.noRoute,
	})
	if o.out = o.given.Get("output"); o.out == "-" {
		o.out = ""
	}
	o.demo, o.fail = demoFlag(cmd)
	return o, k, err
}

// checkOut refuses a file that is there, before anything is tried.
func (o reportOptions) checkOut() error {
	if o.out == "" {
		return nil
	}
	info, err := os.Stat(o.out)
	switch {
	case err == nil && info.IsDir():
		return &settings.UsageError{What: o.out + " is a folder", Hint: "name a file in it"}
	case err == nil && !o.force:
		return exists(o.out)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return outError(err)
	}
	if _, err := os.Stat(filepath.Dir(o.out)); err != nil {
		return outError(err)
	}
	return nil
}

func exists(file string) error {
	return &settings.UsageError{What: file + " exists already", Hint: "name another file, or add --force to write over it"}
}

func outError(err error) error {
	return putError(fmt.Errorf("writing the report: %w", err), "give --output a file that may be written")
}

// deliver writes to where the user wants it. The file is for the user alone: it
// holds addresses.
func (o reportOptions) deliver(d *deps, to support.Desk, text []byte) error {
	if o.out == "" {
		_, err := d.streams.Out.Write(text)
		return err
	}
	switch err := putFile(o.out, text, 0o600, o.force); {
	case errors.Is(err, fs.ErrExist):
		return exists(o.out)
	case err != nil:
		return outError(err)
	}
	if !o.quiet {
		fmt.Fprintf(d.streams.Err, "The support case is in %s. Send it to %s.\n", o.out, cmp.Or(to.Address, "the support of your provider"))
	}
	return nil
}

func runReport(ctx context.Context, d *deps, k *keeping, o reportOptions) error {
	if err := o.checkOut(); err != nil {
		return err
	}
	a, err := attemptOf(ctx, d, k, o.testOptions)
	if err != nil {
		return err
	}
	defer a.end()
	c, err := investigate(ctx, d, o, a)
	if err != nil {
		return err
	}
	text, err := document(c, o.json)
	if err != nil {
		return err
	}
	if err := o.deliver(d, c.SendTo, text); err != nil {
		return err
	}
	if c.Result.ExitStatus != report.ExitOK {
		return statusError(c.Result.ExitStatus)
	}
	return nil
}

// document is the case as it is written: Markdown, or JSON.
func document(c support.Case, asJSON bool) ([]byte, error) {
	var text bytes.Buffer
	write := c.Markdown
	if asJSON {
		write = c.JSON
	}
	if err := write(&text); err != nil {
		return nil, fmt.Errorf("writing the report: %w", err)
	}
	return text.Bytes(), nil
}

// investigate runs the test, follows the route beside it, and puts the case
// together, without secrets.
func investigate(ctx context.Context, d *deps, o reportOptions, a attempt) (support.Case, error) {
	beside := o.testOptions
	beside.json = true // only the case goes to standard output
	view := newView(d.streams, beside)
	a.plan.Redactor = smtp.NewRedactor(a.plan.Account.Password.Reveal())
	view.begin(a.plan, a.settings)
	began := time.Now()
	rep, route, err := runAndFollow(ctx, d, o, a.plan, view)
	switch {
	case err != nil:
		return support.Case{}, planError(err)
	case ctx.Err() != nil:
		return support.Case{}, ctx.Err()
	}
	noteworthy(rep, a.settings, a.plan.Account.Password)
	c := caseOf(d, a, rep, began)
	c.Route, c.Public = route, o.public
	return withoutSecrets(d, a, c), nil
}

// caseOf is the support case of a run that has ended, with its secrets still
// in: withoutSecrets takes them out.
func caseOf(d *deps, a attempt, rep *report.Report, began time.Time) support.Case {
	return support.Case{
		Result: render.Result{
			Report: rep, Diagnosis: diagnose.Explain(rep, a.settings.Preset), Check: rep.Check, Account: rep.Account,
			ExitStatus: rep.ExitStatus(),
		},
		Created:  began.UTC().Truncate(time.Second),
		Settings: settingsOf(a.settings),
		SendTo:   support.DeskOf(a.settings.Preset),
		Versions: support.VersionsOf(d.version, os.DirFS("/")),
	}
}

// runAndFollow runs the test, and follows the route from the first connection on.
func runAndFollow(ctx context.Context, d *deps, o reportOptions, p probe.Plan, v *view) (*report.Report, support.Route, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	first := support.NewFirstDial(d.prober.Dialer)
	prober := *d.prober
	prober.Dialer = first
	follow := func() support.Route {
		return first.Follow(ctx, tracer())
	}
	switch {
	case o.noRoute:
		follow = func() support.Route { return support.NoRoute("--no-route was given") }
	case p.Route.Proxy != nil:
		follow = func() support.Route { return support.NoRoute("the connection goes through a proxy") }
	}
	route := make(chan support.Route, 1)
	go func() { route <- follow() }()

	rep, err := prober.Run(ctx, p, v.event)
	first.End()
	v.stop()
	if err != nil {
		return nil, support.Route{}, err
	}
	if d.streams.ErrIsTerminal && !o.quiet {
		fmt.Fprintln(d.streams.Err, "  ...  route    it is followed for 10 s at most")
	}
	return rep, <-route, nil
}

func tracer() support.Tracer {
	return support.Tracer{Env: secret.WithoutSecrets(os.Environ())}
}

// settingsOf lists what was set, and where from.
func settingsOf(s *settings.Settings) []support.Setting {
	list := []support.Setting{}
	for _, p := range s.Provenance {
		list = append(list, support.Setting{Name: p.Name, Value: p.Value, Source: p.Source})
	}
	list = append(list,
		support.Setting{Name: "check", Value: string(s.Check)},
		support.Setting{Name: "timeout", Value: s.Timeout.String()})
	for _, to := range s.ConnectTo {
		list = append(list, support.Setting{Name: "connect-to", Value: fmt.Sprintf("%s:%d:%s:%d", to.Host, to.Port, to.TargetHost, to.TargetPort)})
	}
	return list
}

// withoutSecrets is the last guard: whatever was written into the case before,
// no password is in it, in any encoding; nor an address in a public one.
func withoutSecrets(d *deps, a attempt, c support.Case) support.Case {
	passwords := smtp.NewRedactor(a.plan.Account.Password.Reveal(), d.password.Reveal(), d.passphrase.Reveal(), d.proxyPassword.Reveal())
	if !c.Public {
		return c.Map(passwords.Clean)
	}
	known := knownOf(d, a, c.Result.Report)
	mask := support.NewMask(known)
	addresses := smtp.NewRedactor() // for encodings that the mask does not read
	for _, address := range known.Addresses {
		addresses.AddSecret(address.String())
	}
	return c.Map(func(s string) string { return addresses.Clean(mask.Clean(passwords.Clean(s))) })
}

// knownOf tells the user's names from the provider's.
func knownOf(d *deps, a attempt, rep *report.Report) support.Known {
	k := support.Known{Home: d.value("HOME")}
	k.AddAccount(rep.Account)
	k.AddPreset(a.settings.Preset)
	k.AddGreeted(rep)
	if name, err := d.prober.Hostname(); err == nil {
		k.AddMachine(name)
	}
	if proxy := a.plan.Route.Proxy; proxy != nil {
		k.AddMachine(proxy.Address) // and what was dialled is the user's
	} else {
		k.AddServers(rep)
	}
	return k
}
