package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/smtpwiz/smtpwiz/internal/demo"
	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/probe"
	"github.com/smtpwiz/smtpwiz/internal/settings"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

type demoOptions struct{ as, fail, caOut string }

func newDemoCmd(d *deps) *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run a submission server on this machine, to try everything without an account",
		Long: `demo runs a submission server on loopback until it is stopped with Ctrl-C. It
shows the account to log in with, and the subject of each mail that arrives.
Mails are kept in memory only and go nowhere.

With --as it greets, offers and refuses like a provider, in the provider's own
words; with --fail something goes wrong, so that you can see what a program makes
of it. What works all the same is shown too.`,
		Example: `  smtpwiz demo --ca-out demo-ca.pem
  smtpwiz demo --as zoho --fail from_mismatch
  smtpwiz test --demo
  smtpwiz test --demo=app_password_required --preset gmail`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDemo(cmd.Context(), d, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.as, "as", "", "greet and refuse like this `provider`, named as its preset")
	f.StringVar(&o.fail, "fail", "", "what goes wrong: a `cause` as smtpwiz test names it")
	f.StringVar(&o.caOut, "ca-out", "", "write the server's certificate authority into this PEM `file`")
	f.SortFlags = false
	completing(cmd, "as", func(*cobra.Command) []string { return demo.Providers() })
	completing(cmd, "fail", func(cmd *cobra.Command) []string { return demoCauses(cmd.Flags().Lookup("as").Value.String()) })
	return cmd
}

// completing offers words for a flag's value.
func completing(cmd *cobra.Command, flag string, words func(*cobra.Command) []string) {
	// The error is that of a flag that does not exist, which any test shows.
	_ = cmd.RegisterFlagCompletionFunc(flag, func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return words(cmd), cobra.ShellCompDirectiveNoFileComp
	})
}

func demoCauses(as string) []string {
	var words []string
	for _, c := range demo.Causes(as) {
		words = append(words, string(c))
	}
	return words
}

func runDemo(ctx context.Context, d *deps, o demoOptions) error {
	opts := d.demo
	opts.As, opts.Fail = o.as, submission.Cause(o.fail)
	server, err := demo.Start(ctx, opts)
	if err != nil {
		return demoError(err)
	}
	defer server.Close()
	if o.caOut != "" {
		if err := putFile(o.caOut, server.CAPEM(), 0o644, true); err != nil {
			return putError(fmt.Errorf("writing the certificate authority: %w", err), "give --ca-out a file that may be written")
		}
	}
	var mu sync.Mutex
	server.OnMessage(func(m demo.Message) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(d.streams.Out, "%s  from %s to %s: %s\n", m.Received.Format(time.TimeOnly), m.From, strings.Join(m.To, ", "), m.Subject)
	})
	if _, err := io.WriteString(d.streams.Out, introduction(d, server, o)); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// demoError puts what no demo can play into words.
func demoError(err error) error {
	var unknown *demo.UnknownError
	if errors.As(err, &unknown) {
		return &settings.UsageError{What: err.Error(), Hint: "use one of " + strings.Join(unknown.Known, ", ")}
	}
	return err
}

func introduction(d *deps, server *demo.Server, o demoOptions) string {
	out := &strings.Builder{}
	username, password := server.Account()
	like := ""
	if o.as != "" {
		like = ", in the words of " + o.as
	}
	fmt.Fprintf(out, "A submission server for you alone is running%s:\n\n", like)
	for _, e := range server.Endpoints() {
		fmt.Fprintf(out, "  %s\n", e)
	}
	fmt.Fprintf(out, "\n  user name  %s\n  password   %s\n", username, password.Reveal()) // made up for this run
	if server.From() != username {
		fmt.Fprintf(out, "  sender     %s\n", server.From())
	}
	fmt.Fprintln(out)
	for _, note := range server.Notes() {
		fmt.Fprintf(out, "%s\n", note)
	}
	if o.caOut == "" {
		fmt.Fprintf(out, "Its certificate is its own: --ca-out FILE writes the authority to trust.\n")
	} else {
		fmt.Fprintf(out, "Try it from another terminal; the password is asked for:\n  smtpwiz test %s\n", strings.Join(demoFlagsFor(d, server, o), " "))
	}
	fmt.Fprintf(out, "Mails that arrive are listed here. Ctrl-C ends it.\n\n")
	return out.String()
}

// demoFlagsFor leads test to a demo in another process; with the preset of the
// provider that it plays, for its advice.
func demoFlagsFor(d *deps, server *demo.Server, o demoOptions) []string {
	username, _ := server.Account()
	account := []string{"--username", username, "--ca-file", o.caOut}
	if server.From() != username {
		account = append(account, "--from", server.From())
	}
	e := server.Endpoints()[0]
	endpoints, route, err := disguised(d, server, o.as)
	if o.as == "" || err != nil || len(endpoints) == 0 || endpoints[0].Security == submission.None || submission.IsLoopbackHost(endpoints[0].Host) {
		return append([]string{"--host", e.Host, "--port", strconv.Itoa(e.Port), "--security", string(e.Security)}, account...)
	}
	flags := append([]string{"--preset", o.as}, account...)
	for _, to := range route {
		if to.Port != 0 {
			flags = append(flags, "--connect-to", fmt.Sprintf("%s:%d:%s:%d", to.Host, to.Port, to.TargetHost, to.TargetPort))
		}
	}
	return flags
}

// demoFlags may not point elsewhere: they are what the demo fills in.
var demoFlags = []string{"region", "variant", "host", "username", "connect-to", "ca-file", "tls-fingerprint", "proxy", "from-file", "password-stdin", "password-file", "password-command"}

// demoWorks is what --demo means without a cause.
const demoWorks = "works"

// addDemoFlag adds --demo[=CAUSE].
func addDemoFlag(cmd *cobra.Command, usage string) {
	cmd.Flags().String("demo", "", usage+"; with `CAUSE` that goes wrong")
	cmd.Flags().Lookup("demo").NoOptDefVal = demoWorks
	completing(cmd, "demo", func(cmd *cobra.Command) []string {
		preset, _ := cmd.Flags().GetString("preset")
		return append([]string{demoWorks}, demoCauses(preset)...)
	})
}

// demoFlag reads it: is a demo wanted, and what is to go wrong?
func demoFlag(cmd *cobra.Command) (wanted bool, fail submission.Cause) {
	switch value, _ := cmd.Flags().GetString("demo"); value {
	case "", "false", "0":
		return false, ""
	case demoWorks, "true", "1": // the latter as its variable may say
		return true, ""
	default:
		return true, submission.Cause(value)
	}
}

// startDemo starts a server in this process. It plays the provider whose preset
// is given as a flag.
func startDemo(d *deps, given settings.Answers, fail submission.Cause, hosts ...string) (*demo.Server, error) {
	for _, name := range demoFlags {
		if a, ok := given[name]; ok && a.Source == settings.FromFlag {
			return nil, &settings.UsageError{What: a.Name + " and --demo contradict each other", Hint: "leave " + a.Name + " out: --demo brings its own server and account"}
		}
	}
	opts := d.demo
	opts.As, opts.Fail, opts.Hosts = demoPreset(given), fail, hosts
	server, err := demo.Start(context.Background(), opts)
	if err != nil {
		return nil, demoError(err)
	}
	if err := serves(server, given); err != nil {
		server.Close()
		return nil, err
	}
	return server, nil
}

// serves refuses flags of an endpoint that the demo does not have. Where it
// plays a provider it has that one's, which are judged with the preset.
func serves(server *demo.Server, given settings.Answers) error {
	if demoPreset(given) != "" {
		return nil
	}
	if given["port"].Source == settings.FromFlag {
		return &settings.UsageError{What: "--port and --demo contradict each other", Hint: "leave --port out: the demo takes free ports; --security chooses between them"}
	}
	security := given["security"]
	wanted, err := submission.ParseSecurity(security.Value, 0)
	if err != nil || wanted != submission.None || security.Source != settings.FromFlag {
		return nil // what is no security is said with all other answers
	}
	for _, e := range server.Endpoints() {
		if e.Security == submission.None {
			return nil
		}
	}
	return &settings.UsageError{What: "the demo has no endpoint with --security none", Hint: "use --security ssl or starttls"}
}

// demoPreset is the provider to play, "" for none. What a variable says is
// about another account.
func demoPreset(given settings.Answers) string {
	if a := given["preset"]; a.Source == settings.FromFlag {
		return a.Value
	}
	return ""
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
	fill := func(name, value string) {
		if _, ok := answers[name]; !ok {
			answers[name] = settings.Answer{Value: value, Source: settings.FromDefault, Name: "--demo"}
		}
	}
	username, _ := server.Account()
	fill("username", username)
	fill("from", server.From())
	as := demoPreset(given)
	if as == "" {
		e := firstWith(server.Endpoints(), answers.Get("security"))
		fill("host", e.Host)
		fill("port", strconv.Itoa(e.Port))
		fill("security", string(e.Security))
	}
	p, s, err := planOf(d, answers)
	if err != nil {
		return p, s, err
	}
	p.Trust.Roots = demoRoots(server)
	chosen := answers["port"].Source == settings.FromFlag || answers["security"].Source == settings.FromFlag
	if as == "" && !chosen {
		p.Account.Endpoints = server.Endpoints() // all, as with a real provider
	}
	if as != "" {
		var endpoints []submission.Endpoint
		if endpoints, p.Route.ConnectTo, err = disguised(d, server, as); err != nil {
			return p, s, err
		}
		if !chosen {
			p.Account.Endpoints = endpoints
		}
		if !answers.Has("auth") {
			p.Account.Mechanism = "" // the demo's account has a password, whatever the provider wants
		}
	}
	return p, s, nil
}

// firstWith is the first endpoint with a security, the first of all where none has it.
func firstWith(endpoints []submission.Endpoint, security string) submission.Endpoint {
	wanted, _ := submission.ParseSecurity(security, 0)
	for _, e := range endpoints {
		if e.Security == wanted {
			return e
		}
	}
	return endpoints[0]
}

func demoRoots(server *demo.Server) func() (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(server.CAPEM())
	return func() (*x509.CertPool, error) { return pool, nil }
}

// disguised are a demo's endpoints under the names and ports of the provider
// that it plays, and the way to where they are. Whatever else is dialled of the
// provider's ends on this machine too.
func disguised(d *deps, server *demo.Server, as string) (endpoints []submission.Endpoint, route []probe.ConnectTo, err error) {
	played, err := d.known.Get(as)
	if err != nil {
		return nil, nil, settings.PresetError(err)
	}
	chosen, err := played.Resolve(preset.Choice{})
	if err != nil {
		return nil, nil, settings.PresetError(err)
	}
	for _, known := range chosen.Endpoints {
		for _, e := range server.Endpoints() {
			inClear := e.Security == submission.None && known.Security == submission.STARTTLS
			if e.Security != known.Security && !inClear {
				continue
			}
			to := probe.ConnectTo{Host: known.Host, Port: known.Port, TargetHost: e.Host, TargetPort: e.Port}
			shown := submission.Endpoint{Host: known.Host, Port: known.Port, Security: e.Security}
			switch taken := slices.ContainsFunc(route, func(r probe.ConnectTo) bool { return r.Host == to.Host && r.Port == to.Port && r != to }); {
			case taken: // a bridge has one port for either security
			case inClear:
				endpoints, route = slices.Insert(endpoints, 0, shown), append(route, to)
			default:
				endpoints, route = append(endpoints, shown), append(route, to)
			}
		}
	}
	failing, alone := server.Failing()
	leads := func(to probe.ConnectTo) bool { return to.TargetPort == failing.Port }
	if alone && !slices.ContainsFunc(route, leads) {
		return nil, nil, &settings.UsageError{What: as + " has no port where this can go wrong",
			Hint: "leave --preset out: the demo itself has one for ssl and one for starttls"}
	}
	if len(endpoints) == 0 { // told with a security that the provider has on no port
		e, known := server.Endpoints()[0], chosen.Endpoints[0]
		endpoints = []submission.Endpoint{{Host: known.Host, Port: known.Port, Security: e.Security}}
		route = []probe.ConnectTo{{Host: known.Host, Port: known.Port, TargetHost: e.Host, TargetPort: e.Port}}
	}
	for _, known := range chosen.Endpoints {
		route = append(route, probe.ConnectTo{Host: known.Host, TargetHost: server.Endpoints()[0].Host})
	}
	return endpoints, slices.Compact(route), nil
}

// everywhere leads every other name to the demo's server too: the one that its
// certificate is for, and whatever else is typed. No mail leaves this machine.
func everywhere(server *demo.Server, route []probe.ConnectTo) []probe.ConnectTo {
	for _, to := range slices.Clone(route) {
		if to.Host = ""; to.Port != 0 {
			route = append(route, to)
		}
	}
	return append(route, probe.ConnectTo{TargetHost: server.Endpoints()[0].Host})
}

// tellNotes says what goes wrong in a demo, and what works.
func tellNotes(d *deps, server *demo.Server) {
	for _, note := range server.Notes() {
		fmt.Fprintf(d.streams.Err, "demo: %s\n", note)
	}
}

// tellReceived lists what the demo's server got: the proof that mail went through.
func tellReceived(d *deps, server *demo.Server) {
	for _, m := range server.Messages() {
		fmt.Fprintf(d.streams.Out, "The demo server received: %s\n", m.Subject)
	}
}
