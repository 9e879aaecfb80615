package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/smtpwiz/smtpwiz/internal/sasl"
	"github.com/smtpwiz/smtpwiz/internal/secret"
	"github.com/smtpwiz/smtpwiz/internal/settings"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// reader is one way to come by a password.
type reader func(context.Context) (submission.Secret, error)

// credentials finds the password for a run, in the order of the contract: a
// flag, a variable, the saved profile (nil without one), the system's
// credentials, and a prompt where there is a terminal.
func credentials(ctx context.Context, d *deps, s *settings.Settings, given settings.Answers, saved reader) (submission.Secret, error) {
	if s.Account.Mechanism == sasl.External {
		return submission.Secret{}, nil // the client's certificate is the login
	}
	if s.Account.Username == "" {
		return submission.Secret{}, missing("no user name was given")
	}
	source, err := passwordSource(d, given, saved)
	if err != nil {
		return submission.Secret{}, err
	}
	password, err := source.read(ctx)
	switch {
	case errors.Is(err, secret.ErrNotFound) && d.streams.Interactive():
		password, err = askPassword(ctx, d, s)
	case errors.Is(err, secret.ErrNotFound):
		return submission.Secret{}, missing("no password was given")
	}
	if err != nil {
		return submission.Secret{}, secretError(ctx, err)
	}
	return password, nil
}

func missing(what string) error {
	return &settings.UsageError{What: what, Hint: "set SMTPWIZ_USERNAME and SMTPWIZ_PASSWORD, or use --check connect"}
}

// passwordFrom is one way to come by the password.
type passwordFrom struct {
	name   string
	source settings.Source
	read   reader
}

// passwordSource picks the strongest way that was given; two of the same
// strength contradict each other.
func passwordSource(d *deps, given settings.Answers, saved reader) (passwordFrom, error) {
	var ways []passwordFrom
	add := func(name string, read reader) {
		if a, ok := given[name]; ok && a.Value != "false" && a.Value != "" {
			ways = append(ways, passwordFrom{a.Name, a.Source, read})
		}
	}
	add("password-stdin", func(context.Context) (submission.Secret, error) { return secret.FromReader(d.streams.In) })
	add("password-file", func(context.Context) (submission.Secret, error) { return fromFile(d, given.Get("password-file")) })
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
			return passwordFrom{}, &settings.UsageError{
				What: fmt.Sprintf("the password is given twice, by %s and %s", equal[0].name, equal[1].name),
				Hint: "leave one of them out",
			}
		}
		if len(equal) == 1 {
			return equal[0], nil
		}
	}
	if saved != nil {
		return passwordFrom{name: "profile", source: settings.FromProfile, read: saved}, nil
	}
	dir := d.value("CREDENTIALS_DIRECTORY")
	return passwordFrom{name: "CREDENTIALS_DIRECTORY", read: func(context.Context) (submission.Secret, error) {
		return secret.FromCredentials(dir, secret.CredentialPassword)
	}}, nil
}

func fromFile(d *deps, path string) (submission.Secret, error) {
	password, note, err := secret.FromFile(path)
	if err == nil && note != "" {
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
	password, err := ask(ctx, d, fmt.Sprintf("%s for %s (it is not shown): ", label, s.Account.Username))
	if err == nil && password.IsZero() {
		err = missing("no password was given")
	}
	return password, err
}

// ask puts one question whose answer is not shown. The terminal is left as it
// was also when the question is cut short.
func ask(ctx context.Context, d *deps, question string) (submission.Secret, error) {
	restore := d.streams.KeepState()
	type answer struct {
		text string
		err  error
	}
	asked := make(chan answer, 1)
	go func() {
		text, err := d.streams.ReadPassword(question)
		asked <- answer{text, err}
	}()
	select {
	case a := <-asked:
		return submission.NewSecret(a.text), a.err
	case <-ctx.Done():
		restore()
		fmt.Fprintln(d.streams.Err)
		return submission.Secret{}, ctx.Err()
	}
}

// secretError makes trouble with a password the user's to mend (status 2).
func secretError(ctx context.Context, err error) error {
	var wrong *settings.UsageError
	if ctx.Err() != nil || errors.As(err, &wrong) {
		return err
	}
	hint := "check where the password is read from"
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) && hinted.Hint() != "" {
		hint = hinted.Hint()
	}
	return &settings.UsageError{What: err.Error(), Hint: hint}
}
