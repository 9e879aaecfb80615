package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"

	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/sasl"
	"github.com/smtpwiz/smtpwiz/internal/secret"
	"github.com/smtpwiz/smtpwiz/internal/settings"
	"github.com/smtpwiz/smtpwiz/internal/submission"
	"github.com/smtpwiz/smtpwiz/internal/terminal"
)

// reader is one way to come by a password.
type reader func(context.Context) (submission.Secret, error)

// credentials finds the password for a run: the first of the ways that has one,
// in the order of the contract, then a prompt where somebody can be asked. The
// source is "" for one that was typed.
func credentials(ctx context.Context, d *deps, s *settings.Settings, ways []passwordFrom, mayAsk bool) (submission.Secret, settings.Source, error) {
	if s.Account.Mechanism == sasl.External {
		return submission.Secret{}, "", nil // the client's certificate is the login
	}
	if s.Account.Username == "" {
		return submission.Secret{}, "", noUsername(s)
	}
	password, source, err := firstPassword(ctx, ways)
	if err == nil {
		err = sendable(s, password)
	}
	if err == nil || !errors.Is(err, secret.ErrNotFound) {
		return password, source, secretError(ctx, err)
	}
	ofProfile := ways[0].source == settings.FromProfile
	switch {
	case mayAsk && d.streams.Interactive():
		if ofProfile && ways[0].name != secret.KindNone {
			fmt.Fprintf(d.streams.Err, "smtpwiz: %s\n", reply.Safe(err.Error()))
		}
		password, err = askPassword(ctx, d, s)
		return password, "", err
	case ofProfile:
		return password, "", secretError(ctx, err)
	}
	return password, "", noPassword()
}

// sendable refuses before anything is dialled what no mechanism can carry.
func sendable(s *settings.Settings, password submission.Secret) error {
	if err := sasl.CheckCredentials(s.Account.Username, password.Reveal()); err != nil {
		return &settings.UsageError{What: err.Error(), Hint: "look at what gives the password: it is taken byte for byte"}
	}
	return nil
}

func noPassword() error {
	return &settings.UsageError{
		What: "no password was given",
		Hint: "use --password-file, --password-command or --password-stdin, or set SMTPWIZ_PASSWORD; --check connect needs none",
	}
}

func noUsername(s *settings.Settings) error {
	if name := s.Account.Profile; name != "" {
		return &settings.UsageError{What: "the profile " + name + " has no user name", Hint: "smtpwiz setup " + name + " adds it; --check connect needs none"}
	}
	return &settings.UsageError{What: "no user name was given", Hint: "use --username or SMTPWIZ_USERNAME, and --password-file or SMTPWIZ_PASSWORD; --check connect needs neither"}
}

// passwordFrom is one way to come by the password.
type passwordFrom struct {
	name   string // of the flag or variable, or of a profile's store
	source settings.Source
	read   reader
}

// passwordWays lists the ways to the password, the strongest first. One that a
// flag or variable names stands alone: it has to work.
func passwordWays(d *deps, given settings.Answers, saved ...passwordFrom) ([]passwordFrom, error) {
	ways, err := givenWays(d, given)
	if err != nil || len(ways) > 0 {
		return ways, err
	}
	dir := d.value("CREDENTIALS_DIRECTORY")
	return append(saved, passwordFrom{name: "CREDENTIALS_DIRECTORY", source: settings.FromVariable, read: func(context.Context) (submission.Secret, error) {
		return secret.FromCredentials(dir, secret.CredentialPassword)
	}}), nil
}

// firstPassword reads the first way that has a password. If none has, the error
// is that of the strongest, which is ErrNotFound.
func firstPassword(ctx context.Context, ways []passwordFrom) (submission.Secret, settings.Source, error) {
	var first error
	for _, way := range ways {
		password, err := way.read(ctx)
		if err == nil || !errors.Is(err, secret.ErrNotFound) {
			return password, way.source, err
		}
		if first == nil {
			first = err
		}
	}
	return submission.Secret{}, "", first
}

// givenWays is the way that a flag names, else a variable, or nothing; two of
// the same strength contradict each other.
func givenWays(d *deps, given settings.Answers) ([]passwordFrom, error) {
	var ways []passwordFrom
	add := func(name string, read reader) {
		if a, ok := given[name]; ok && a.Value != "" {
			ways = append(ways, passwordFrom{a.Name, a.Source, read})
		}
	}
	if given.Get("password-stdin") == "false" {
		given = maps.Clone(given)
		delete(given, "password-stdin")
	}
	add("password-stdin", func(ctx context.Context) (submission.Secret, error) { return secret.FromReader(ctx, d.streams.In) })
	add("password-file", func(ctx context.Context) (submission.Secret, error) { return fromFile(ctx, d, given) })
	add("password-command", func(ctx context.Context) (submission.Secret, error) {
		return secret.FromCommand(ctx, given.Get("password-command"), os.Environ())
	})
	if !d.password.IsZero() {
		ways = append(ways, passwordFrom{"SMTPWIZ_PASSWORD", settings.FromVariable,
			func(context.Context) (submission.Secret, error) { return d.password, nil }})
	}
	for _, strength := range []settings.Source{settings.FromFlag, settings.FromVariable} {
		var equal []passwordFrom
		for _, w := range ways {
			if w.source == strength {
				equal = append(equal, w)
			}
		}
		if len(equal) > 1 {
			return nil, &settings.UsageError{
				What: fmt.Sprintf("the password is given twice, by %s and %s", equal[0].name, equal[1].name),
				Hint: "leave one of them out",
			}
		}
		if len(equal) == 1 {
			return equal, nil
		}
	}
	return nil, nil
}

func fromFile(ctx context.Context, d *deps, given settings.Answers) (submission.Secret, error) {
	password, note, err := secret.FromFile(ctx, given.Get("password-file"))
	if err == nil && note != "" && given.Get("quiet") != "true" {
		fmt.Fprintf(d.streams.Err, "smtpwiz: warning: %s\n", note)
	}
	return password, err
}

// askPassword asks in the terminal for the password that the provider wants.
func askPassword(ctx context.Context, d *deps, s *settings.Settings) (submission.Secret, error) {
	label := "Password"
	if s.Preset != nil && s.Preset.Password.Label != "" {
		label = s.Preset.Password.Label
	}
	password, err := ask(ctx, d, fmt.Sprintf("%s for %s", label, s.Account.Username))
	if err == nil && password.IsZero() {
		err = noPassword()
	}
	return password, err
}

// ask asks for a secret, which is not shown. The end of the input is no answer.
func ask(ctx context.Context, d *deps, what string) (submission.Secret, error) {
	if err := ctx.Err(); err != nil {
		return submission.Secret{}, err
	}
	fmt.Fprintf(d.streams.Err, "%s (it is not shown): ", what)
	text, more, err := terminal.ReadSecret(ctx, d.streams.In, d.streams.Err)
	switch {
	case errors.Is(err, io.EOF):
		err = &settings.UsageError{What: "not given: " + what, Hint: "run the same command again"}
	case err == nil && more:
		fmt.Fprintln(d.streams.Err, "smtpwiz: warning: only the first line of what was typed or pasted was taken")
	}
	return submission.NewSecret(text), err
}

// secretError makes trouble with a password that the user can mend a matter of
// usage (status 2). Such trouble brings its hint; what does not, such as a full
// disk, stays our own failure.
func secretError(ctx context.Context, err error) error {
	var wrong *settings.UsageError
	var hinted interface{ Hint() string }
	if ctx.Err() != nil || exhausted(err) != "" || errors.As(err, &wrong) || !errors.As(err, &hinted) {
		return err
	}
	return &settings.UsageError{What: err.Error(), Hint: cmp.Or(hinted.Hint(), "check where the password is read from")}
}
