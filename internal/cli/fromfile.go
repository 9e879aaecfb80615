package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/smtpwiz/smtpwiz/internal/export"
	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/settings"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// fromFileFlag is the flag that names another program's configuration.
const fromFileFlag = "from-file"

func addFromFileFlag(f *pflag.FlagSet) {
	f.String(fromFileFlag, "", "try what another program's `file` says (as lint reads it); PROFILE is then an account in it")
}

// fileAttempt is of an account in another program's configuration. It stands
// where a profile would: behind flags and variables. Nothing that the file
// names is run or read; the password is taken only if it stands in it.
func fileAttempt(ctx context.Context, d *deps, o testOptions) (a attempt, err error) {
	path := o.given.Get(fromFileFlag)
	reading, err := readMailFile(d, path)
	if err != nil {
		return a, err
	}
	account, err := chosenAccount(path, reading.Accounts, o.name)
	if err != nil {
		return a, err
	}
	given := fileAnswers(path, account, o.given)
	if err := wantHost(path, account, given); err != nil {
		return a, err
	}
	s, err := settings.Resolve(given, d.known)
	if err != nil {
		return a, err
	}
	if s.Preset == nil { // for its advice: the endpoint is the file's
		if s.Preset = export.ProviderAt(s.Account.Endpoints[0].Host, d.known); s.Preset != nil {
			s.Account.Preset = s.Preset.Name
		}
	}
	tellReading(d, o, s, path, reading, account)
	if a.plan, a.settings, err = planFor(d, s); err != nil {
		return a, err
	}
	_, err = a.login(ctx, d, given, filePassword(path, account)...)
	return a, err
}

// chosenAccount is the one of that name, or at that server; "" is the first.
func chosenAccount(path string, all []export.Account, name string) (export.Account, error) {
	i := slices.IndexFunc(all, func(a export.Account) bool {
		return name == "" || strings.EqualFold(a.Name, name) || strings.EqualFold(a.Values["host"].Text, name)
	})
	if i < 0 {
		return export.Account{}, &settings.UsageError{
			What: fmt.Sprintf("%s has no account %q", path, name),
			Hint: "it has " + namesOf(all),
		}
	}
	return all[i], nil
}

func namesOf(all []export.Account) string {
	var names []string
	for _, a := range all {
		names = append(names, a.String())
	}
	return strings.Join(names, ", ")
}

// fileAnswers puts what the file says behind flags and variables. One of them
// that names another server, port or security leaves no half of the file's.
func fileAnswers(path string, a export.Account, given settings.Answers) settings.Answers {
	out := settings.Answers{}
	for flag, v := range a.Values {
		out[flag] = settings.Answer{Value: v.Text, Source: settings.FromFile, Name: fmt.Sprintf("%s line %d", path, v.Line)}
	}
	if info, err := os.Stat(out.Get("ca-file")); err != nil || !info.Mode().IsRegular() || !filepath.IsAbs(out.Get("ca-file")) {
		delete(out, "ca-file") // of another machine, or relative to nobody knows what
	}
	for _, drops := range []struct{ given, file []string }{
		{[]string{"preset", "region", "variant", "host"}, []string{"host", "port", "security"}},
		{[]string{"port", "security"}, []string{"port", "security"}},
	} {
		if slices.ContainsFunc(drops.given, given.Has) {
			for _, name := range drops.file {
				delete(out, name)
			}
		}
	}
	for name, answer := range given {
		out[name] = answer
	}
	return out
}

// wantHost refuses to guess the server of a file that does not say it: its
// password is meant for that server alone.
func wantHost(path string, a export.Account, given settings.Answers) error {
	if given.Has("host") || given.Has("preset") {
		return nil
	}
	what := fmt.Sprintf("%s: the account of line %d has no server", path, a.Line)
	for _, e := range a.Elsewhere {
		if e.Flag == "host" {
			what = fmt.Sprintf("%s line %d: the host is %s, whose value only its program knows", path, e.Line, e.From)
		}
	}
	return &settings.UsageError{What: what, Hint: "add --host"}
}

// filePassword is the way to a password that stands in the file.
func filePassword(path string, a export.Account) []passwordFrom {
	if a.Password.IsZero() {
		return nil
	}
	return []passwordFrom{{name: path, source: settings.FromFile, read: func(context.Context) (submission.Secret, error) { return a.Password, nil }}}
}

// tellReading says before anything is dialled what lint finds, which account is
// tried, and what was left alone. With --json it is in the notes too.
func tellReading(d *deps, o testOptions, s *settings.Settings, path string, r export.Reading, a export.Account) {
	var said []string
	for _, f := range r.Findings {
		said = append(said, fmt.Sprintf("%s line %d: %s", path, f.Line, f.Text))
	}
	if len(r.Accounts) > 1 && o.name == "" {
		said = append(said, fmt.Sprintf("%s has %d accounts: %s; this is %s: smtpwiz test NAME --from-file %s takes another",
			path, len(r.Accounts), namesOf(r.Accounts), a, export.Shell(path)))
	}
	for _, e := range a.Elsewhere {
		if text := left(e, o.given); text != "" {
			said = append(said, fmt.Sprintf("%s line %d: %s", path, e.Line, text))
		}
	}
	for i := range said {
		said[i] = reply.Safe(said[i])
		if !o.quiet {
			fmt.Fprintf(d.streams.Err, "smtpwiz: %s\n", said[i])
		}
	}
	if o.json {
		s.Notes = append(said, s.Notes...)
	}
}

// left says what the file takes from elsewhere and nothing else has given.
func left(e export.Elsewhere, given settings.Answers) string {
	if e.Flag != "password" {
		if given.Has(e.Flag) {
			return ""
		}
		return fmt.Sprintf("the %s is %s and was passed over: give it with --%s", e.Flag, e.From, e.Flag)
	}
	for _, flag := range []string{"password-stdin", "password-file", "password-command"} {
		if given.Has(flag) {
			return ""
		}
	}
	with := "SMTPWIZ_PASSWORD or --password-file"
	if strings.HasPrefix(e.From, "the command") {
		with = "--password-command"
	}
	return fmt.Sprintf("the password comes from %s, which was neither run nor read: give it with %s", e.From, with)
}
