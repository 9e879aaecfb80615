package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/smtpwiz/smtpwiz/internal/demo"
	"github.com/smtpwiz/smtpwiz/internal/probe"
	"github.com/smtpwiz/smtpwiz/internal/profile"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/settings"
)

// request is which account a command is about: a saved profile, or what flags
// and variables say.
type request struct {
	name  string // of the profile, "" for none
	given settings.Answers
}

// requestOf reads the command line of a command about one account, its switches
// into where the map points.
func requestOf(d *deps, cmd *cobra.Command, args []string, switches map[string]*bool) (r request, k *keeping, err error) {
	if r.given, err = answersOf(d, cmd); err != nil {
		return r, nil, err
	}
	if len(args) == 1 {
		r.name = args[0]
	}
	for name, into := range switches {
		*into, _ = cmd.Flags().GetBool(name)
	}
	k, err = newKeeping(d, cmd)
	return r, k, err
}

// attempt is what test and report are about to try.
type attempt struct {
	plan     probe.Plan
	settings *settings.Settings
	saved    *profile.Profile // that a pass is proof of; nil for none
	server   *demo.Server     // of --demo, else nil
}

// end closes the demo's server.
func (a attempt) end() {
	if a.server != nil {
		a.server.Close()
	}
}

// attemptOf plans what the arguments of test ask for, with the password.
func attemptOf(ctx context.Context, d *deps, k *keeping, o testOptions) (attempt, error) {
	if o.demo {
		return demoAttempt(d, o)
	}
	if o.given.Get(fromFileFlag) != "" {
		return fileAttempt(ctx, d, o)
	}
	saved, err := chosenProfile(k, o.request)
	switch {
	case err != nil:
		return attempt{}, err
	case saved == nil:
		return givenAttempt(ctx, d, o)
	}
	return savedAttempt(ctx, d, k, o, *saved)
}

func demoAttempt(d *deps, o testOptions) (attempt, error) {
	if o.name != "" {
		return attempt{}, &settings.UsageError{What: "a profile and --demo exclude each other", Hint: "leave one of them out"}
	}
	server, err := startDemo(d, o.given, o.fail)
	if err != nil {
		return attempt{}, err
	}
	a := attempt{server: server}
	if a.plan, a.settings, err = demoPlan(d, o.given, server); err != nil {
		a.end()
		return attempt{}, err
	}
	_, a.plan.Account.Password = server.Account()
	return a, nil
}

// givenAttempt is of the account that flags and variables describe.
func givenAttempt(ctx context.Context, d *deps, o testOptions) (a attempt, err error) {
	if a.plan, a.settings, err = planOf(d, o.given); err != nil {
		return a, err
	}
	_, err = a.login(ctx, d, o.given)
	return a, err
}

// savedAttempt is of a saved profile.
func savedAttempt(ctx context.Context, d *deps, k *keeping, o testOptions, saved profile.Profile) (a attempt, err error) {
	given := savedAnswers(o.given, &saved)
	if a.plan, a.settings, err = planOfProfile(d, saved, given); err != nil {
		return a, err
	}
	if o.name == "" {
		a.settings.Notes = append(a.settings.Notes, "this is the saved profile "+saved.Name)
	}
	source, err := a.login(ctx, d, given, k.storedWay(saved))
	own := source == settings.FromProfile || !isKept(saved) || a.plan.Account.Password.IsZero()
	if asSaved(given) && own {
		a.saved = &saved
	}
	return a, err
}

// login finds the password where the plan needs one, and says where it came from.
func (a *attempt) login(ctx context.Context, d *deps, given settings.Answers, stored ...passwordFrom) (source settings.Source, err error) {
	if !a.plan.Check.Includes(report.Auth) {
		return "", nil
	}
	ways, err := passwordWays(d, given, stored...)
	if err != nil {
		return "", err
	}
	a.plan.Account.Password, source, err = credentials(ctx, d, a.settings, ways, true)
	return source, err
}
