package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/smtpwiz/smtpwiz/internal/export"
	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/profile"
	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/settings"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

type exportOptions struct {
	request
	format, output                  string
	list, force, withPassword, json bool
}

func newExportCmd(d *deps) *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "export [PROFILE] --for FORMAT",
		Short: "Write the settings for another program",
		Long: `export writes an account's settings the way another program wants them, with
its own words for TLS and its own quoting. --list names the programs.

The password is not in it: each program gets it by a command, a variable, a file
or a question. With --with-password it is written too; then use -o, which makes
a file that nobody else can read.`,
		Example: `  smtpwiz export --list
  smtpwiz export work --for msmtp -o ~/.msmtprc
  smtpwiz export work --for postfix --with-password -o main.cf
  smtpwiz export --preset gmail --username you@gmail.com --for nodemailer`,
		Args:              atMostOneArgument,
		ValidArgsFunction: completeProfiles(d),
		RunE: func(cmd *cobra.Command, args []string) error {
			var k *keeping
			var err error
			if o.request, k, err = requestOf(d, cmd, args, map[string]*bool{
				"list": &o.list, "force": &o.force, "with-password": &o.withPassword, "json": &o.json,
			}); err != nil {
				return err
			}
			o.format, o.output = o.given.Get("for"), fileOf(o.given.Get("output"))
			if o.list {
				return listFormats(d, o.json)
			}
			if cmd.Flags().Changed("json") { // a variable may be meant for other commands
				return &settings.UsageError{What: "--json goes with --list", Hint: "--for json writes the settings as JSON"}
			}
			return runExport(cmd.Context(), k, o)
		},
	}
	f := cmd.Flags()
	f.String("for", "", "the `format`, as --list names them")
	f.StringP("output", "o", "", "write into this `file` instead of standard output")
	f.Bool("force", false, "overwrite the file")
	f.Bool("with-password", false, "write the password too")
	f.Bool("list", false, "list the formats")
	f.Bool("json", false, "with --list: print JSON")
	takenFlags(f, "ca-file", "tls-fingerprint", "client-cert", "client-key", "proxy", "connect-to")
	f.Bool("password-stdin", false, "read the password from standard input")
	f.String("password-file", "", "read the password from this `file`")
	f.String("password-command", "", "the `command` that prints the password")
	keepingFlags(f)
	f.SortFlags = false
	_ = cmd.RegisterFlagCompletionFunc("for", cobra.FixedCompletions(export.Names(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// fileOf is the file that -o names, "" for standard output.
func fileOf(output string) string {
	if output == "-" {
		return ""
	}
	return output
}

// takenFlags are those that describe an account without a profile, or change
// what a profile says.
func takenFlags(f *pflag.FlagSet, further ...string) {
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	accountFlags(all)
	for _, name := range append([]string{"preset", "region", "variant", "host", "port", "security", "username", "from", "display-name", "auth"}, further...) {
		f.AddFlag(all.Lookup(name))
	}
}

func completeProfiles(d *deps) func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return profileNames(d, cmd), cobra.ShellCompDirectiveNoFileComp
	}
}

func listFormats(d *deps, asJSON bool) error {
	all, err := export.Formats()
	if err != nil {
		return err
	}
	if asJSON {
		type listed struct {
			*export.Format
			Proof string `json:"proof"`
		}
		var out []listed
		for _, f := range all {
			out = append(out, listed{f, f.Proof()})
		}
		return writeJSON(d, out)
	}
	table := tabwriter.NewWriter(d.streams.Out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "FORMAT\tPROGRAM\tFILE\tHOW IT IS KNOWN TO WORK")
	for _, f := range all {
		proof := f.Proof()
		if f.Proven == "" {
			proof += ": " + f.Source
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", f.Name, f.Title, f.File, proof)
	}
	return table.Flush()
}

func runExport(ctx context.Context, k *keeping, o exportOptions) error {
	format, err := formatOf(o.format)
	if err != nil {
		return err
	}
	t, err := takenOf(k, o.request)
	if err != nil {
		return err
	}
	if o.withPassword {
		if err := mayWrite(k.deps, format, o); err != nil {
			return err
		}
		if t.Password, err = t.password(ctx); err != nil {
			return withoutCheck(err)
		}
	}
	t.File = o.output
	out, err := format.Write(t.Settings)
	if err != nil {
		return exportError(err)
	}
	if err := deliver(k.deps, out, o); err != nil {
		return err
	}
	if t.guessed {
		out.Notes = append(out.Notes, fmt.Sprintf("no port was given, and none is proven: %d with %s is written; smtpwiz test finds out which one works", t.Endpoint.Port, t.Endpoint.Security))
	}
	for _, note := range out.Notes {
		fmt.Fprintf(k.deps.streams.Err, "smtpwiz: warning: %s\n", reply.Safe(note))
	}
	for _, line := range out.Next {
		fmt.Fprintln(k.deps.streams.Err, reply.Safe(line))
	}
	return nil
}

// withoutCheck takes a flag of test out of a hint.
func withoutCheck(err error) error {
	var wrong *settings.UsageError
	if errors.As(err, &wrong) {
		return &settings.UsageError{What: wrong.What, Hint: strings.TrimSuffix(wrong.Hint, ", or use --check connect")}
	}
	return err
}

func formatOf(name string) (*export.Format, error) {
	hint := "use one of " + strings.Join(export.Names(), ", ")
	if name == "" {
		return nil, &settings.UsageError{What: "nothing says for which program: --for is missing", Hint: hint}
	}
	f, err := export.Find(strings.ToLower(name))
	var unknown *export.UnknownFormatError
	if errors.As(err, &unknown) {
		return nil, &settings.UsageError{What: err.Error(), Hint: hint}
	}
	return f, err
}

// exportError makes what a program cannot work with a matter of usage.
func exportError(err error) error {
	var refused *export.RefusedError
	if errors.As(err, &refused) {
		return &settings.UsageError{What: "not written for " + refused.Error(), Hint: cmp.Or(refused.Hint, "smtpwiz export --list names the other formats")}
	}
	return err
}

// mayWrite asks before a password gets onto a terminal, and wants a file where
// the format keeps the password in one of its own.
func mayWrite(d *deps, f *export.Format, o exportOptions) error {
	const hint = "add -o FILE: it is made readable by you alone"
	switch {
	case o.output != "" || f.NoPassword:
		return nil
	case f.SecretFile != "":
		return &settings.UsageError{What: fmt.Sprintf("%s keeps the password in a file of its own, %s", f.Name, f.SecretFile), Hint: "add -o FILE: it is written beside that"}
	case !d.streams.OutIsTerminal:
		return nil
	case !d.streams.Interactive():
		return &settings.UsageError{What: "the password is not shown on a terminal unasked", Hint: hint}
	}
	fmt.Fprint(d.streams.Err, "Show the password on this terminal? [y/N] ")
	line, _ := bufio.NewReader(d.streams.In).ReadString('\n')
	if answer := strings.ToLower(strings.TrimSpace(line)); answer != "y" && answer != "yes" {
		return &settings.UsageError{What: "nothing was written", Hint: hint}
	}
	return nil
}

// deliver writes the result where it was asked for.
func deliver(d *deps, out export.Output, o exportOptions) error {
	if o.output == "" {
		_, err := fmt.Fprint(d.streams.Out, out.Files[0].Text)
		return err
	}
	paths := []string{o.output}
	for _, f := range out.Files[1:] {
		paths = append(paths, filepath.Join(filepath.Dir(o.output), f.Name))
	}
	for _, path := range paths {
		if _, err := os.Lstat(path); err == nil && !o.force {
			return &settings.UsageError{What: path + " is there already", Hint: "name another file with -o, or overwrite it with --force"}
		}
	}
	for i, f := range out.Files {
		mode := fs.FileMode(0o644)
		if f.Private {
			mode = 0o600
		}
		if err := putFile(paths[i], []byte(f.Text), mode, o.force); err != nil {
			return putError(err, "name a file that may be written with -o")
		}
		fmt.Fprintf(d.streams.Err, "Wrote %s%s.\n", paths[i], map[bool]string{true: ", readable by you alone"}[f.Private])
	}
	return nil
}

// taken is an account that goes elsewhere, and where its password is.
type taken struct {
	export.Settings
	alternatives []submission.Endpoint
	guessed      bool // neither the user, a test nor a preset has named the endpoint
	password     reader
}

// takenOf finds the account as test does: a saved profile, or flags.
func takenOf(k *keeping, r request) (taken, error) {
	given := r.given
	saved, err := chosenProfile(k, r)
	if err != nil {
		return taken{}, err
	}
	var s *settings.Settings
	var stored []passwordFrom
	if saved == nil {
		s, err = settings.Resolve(given, k.deps.known)
		saved = &profile.Profile{Name: given.Get("preset")}
	} else {
		given = savedAnswers(given, saved)
		s, err = settings.ResolveProfile(*saved, given, k.deps.known)
		stored = append(stored, k.storedWay(*saved))
	}
	if err != nil {
		return taken{}, err
	}
	t := taken{
		Settings: export.Settings{
			Name: saved.Name, Username: s.Account.Username, From: s.Account.From, DisplayName: s.Account.DisplayName,
			Mechanism: s.Account.Mechanism, Command: commandOf(saved.Secret, given), CAFile: s.CAFile, Preset: s.Preset,
			Fingerprint: s.Fingerprint, ClientCert: s.ClientCert, ClientKey: s.ClientKey, Proxy: s.Proxy,
		},
		password: func(ctx context.Context) (submission.Secret, error) {
			ways, err := passwordWays(k.deps, given, stored...)
			if err != nil {
				return submission.Secret{}, err
			}
			password, _, err := credentials(ctx, k.deps, s, ways, true)
			return password, err
		},
	}
	t.Endpoint, t.alternatives = preferred(s.Account.Endpoints, saved.Proven)
	t.Name = cmp.Or(t.Name, t.Endpoint.Host)
	if t.Mechanism == "" && t.Endpoint == saved.Proven.Endpoint {
		t.Mechanism = saved.Proven.Mechanism
	}
	t.guessed = t.Preset == nil && len(t.alternatives) > 0 && t.Endpoint != saved.Proven.Endpoint
	t.Elsewhere = elsewhere(t.Endpoint, s.ConnectTo)
	t.Incoming = incomingOf(*saved, s)
	return t, nil
}

// elsewhere is where --connect-to leads an endpoint, "" where it does not.
func elsewhere(e submission.Endpoint, routes []settings.ConnectTo) string {
	for _, to := range routes {
		if to.Host != "" && !strings.EqualFold(to.Host, e.Host) || to.Port != 0 && to.Port != e.Port {
			continue
		}
		return submission.JoinHostPort(cmp.Or(to.TargetHost, e.Host), cmp.Or(to.TargetPort, e.Port))
	}
	return ""
}

// preferred puts the endpoint first that has been proven.
func preferred(all []submission.Endpoint, proven profile.Proven) (submission.Endpoint, []submission.Endpoint) {
	first := all[0]
	for _, e := range all {
		if e == proven.Endpoint {
			first = e
		}
	}
	var others []submission.Endpoint
	for _, e := range all {
		if e != first {
			others = append(others, e)
		}
	}
	return first, others
}

// keyringService is the attribute under which internal/secret keeps passwords.
const keyringService = "smtpwiz"

// commandOf is a command line that prints the password: the user's own, or one
// that reads the very record in the keyring where the system has such a program.
func commandOf(ref profile.SecretRef, given settings.Answers) string {
	switch {
	case given.Get("password-command") != "":
		return given.Get("password-command")
	case ref.Store == profile.StoreCommand:
		return ref.Command
	case ref.Store == profile.StoreKeyring && runtime.GOOS != "darwin" && runtime.GOOS != "windows":
		return "secret-tool lookup service " + keyringService + " username " + export.Shell(ref.ID)
	}
	return ""
}

// incomingOf is where the account's mail is read: what the profile says, else
// what the preset knows.
func incomingOf(p profile.Profile, s *settings.Settings) []export.Incoming {
	var out []export.Incoming
	for _, in := range p.Incoming {
		name := in.Username
		if name == "" {
			name = s.Account.Username
		}
		out = append(out, export.Incoming{Protocol: preset.Protocol(in.Protocol), Endpoint: in.Endpoint, Username: name})
	}
	if len(out) > 0 || s.Preset == nil {
		return out
	}
	for _, in := range s.Preset.Incoming {
		out = append(out, export.Incoming{
			Protocol: in.Protocol,
			Endpoint: submission.Endpoint{Host: in.Host, Port: in.Port, Security: in.Security},
			Username: incomingName(in.Username, s.Account),
		})
	}
	return out
}

func incomingName(form preset.UsernameForm, a submission.Account) string {
	switch {
	case form == preset.UsernameAddress && a.From.Local != "":
		return a.From.String()
	case form == preset.UsernameLocalPart && a.From.Local != "":
		return a.From.Local
	}
	return a.Username
}
