package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/smtpwiz/smtpwiz/internal/demo"
	"github.com/smtpwiz/smtpwiz/internal/discover"
	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/profile"
	"github.com/smtpwiz/smtpwiz/internal/prompt"
	"github.com/smtpwiz/smtpwiz/internal/render"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/secret"
	"github.com/smtpwiz/smtpwiz/internal/settings"
	"github.com/smtpwiz/smtpwiz/internal/submission"
	"github.com/smtpwiz/smtpwiz/internal/terminal"
	"github.com/smtpwiz/smtpwiz/internal/wizard"
)

func newSetupCmd(d *deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "setup [EMAIL|PROFILE]",
		Short: "From an address to settings that are proven to work, saved",
		Long: `setup asks as little as it can (--accessible asks line by line), tries what it
was told, explains what failed, goes back to the one wrong answer, and saves only
what works. A flag answers a question beforehand; with every answer given it asks
nothing and needs no terminal. --yes takes the default for the rest.

With a saved profile's name, its answers are the defaults.`,
		Example: `  smtpwiz setup
  smtpwiz setup you@example.com
  smtpwiz setup you@gmail.com --yes --password-file pw --name work
  smtpwiz setup --demo`,
		Args: atMostOneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			given, err := answersOf(d, cmd)
			if err != nil {
				return err
			}
			k, err := newKeeping(d, cmd)
			if err != nil {
				return err
			}
			s := setup{deps: d, keeping: k, given: given}
			for name, into := range map[string]*bool{
				"yes": &s.yes, "save-untested": &s.saveUntested, "json": &s.json, "accessible": &s.accessible,
			} {
				*into, _ = cmd.Flags().GetBool(name)
			}
			s.demo, s.fail = demoFlag(cmd)
			k.mayBeNew, k.keys.Prompt = true, nil // the wizard asks for a passphrase on a page
			if !s.demo {
				if _, err := k.load(); err != nil {
					return err // before anything is asked: it could not be saved
				}
			}
			return s.run(cmd.Context(), append(args, "")[0])
		},
	}
	f := cmd.Flags()
	accountFlags(f)
	keepingFlags(f)
	f.String("name", "", "what to call the profile")
	f.String("secret-store", "", "where the password rests: keyring, file, command or none")
	f.Bool("yes", false, "take the default for every answer that is not given")
	f.Bool("save-untested", false, "save also what has not passed")
	f.Bool("accessible", false, "ask line by line, in words alone (also with ACCESSIBLE=1 or TERM=dumb)")
	f.Bool("json", false, "print one JSON object at the end")
	addDemoFlag(cmd, "set up an account on a server inside this process")
	f.SortFlags = false
	completeFlags(d, cmd)
	return cmd
}

// setup is one run of the command.
type setup struct {
	deps    *deps
	keeping *keeping
	given   settings.Answers
	server  *demo.Server     // of --demo
	fail    submission.Cause // what goes wrong there

	yes, saveUntested, json, accessible, demo bool
}

func (s *setup) run(ctx context.Context, argument string) error {
	given, err := s.beforehand(ctx, argument)
	if err != nil {
		return err
	}
	if s.demo {
		defer s.server.Close()
	}
	options, err := settings.Options(s.given, s.deps.known)
	if err != nil {
		return err
	}
	given.Check = options.Check
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	prompter, canAsk, err := s.prompter(cancel)
	if err != nil {
		return err
	}
	if s.demo && !canAsk {
		tellNotes(s.deps, s.server)
	}
	prober := &setupProber{setup: s, options: options}
	out, err := wizard.New(wizard.Deps{
		Prompter: prompter, CanAsk: canAsk, Library: s.deps.known,
		Prober: prober, Card: s.card, WriteCase: prober.writeCase,
		Finder:   s.finder(),
		Bridges:  s.bridges(),
		Keeper:   &keeper{keeping: s.keeping, options: options, given: s.given},
		Received: s.received,
		Hostname: hostname(s.deps),
		Now:      time.Now,
	}, given).Run(ctx)
	if closer, ok := prompter.(interface{ Close() }); ok {
		closer.Close()
	}
	return s.finish(ctx, out, canAsk, err)
}

// finish turns how the wizard ended into status and JSON.
func (s *setup) finish(ctx context.Context, out wizard.Outcome, asked bool, err error) error {
	var wrong *wizard.UsageError
	switch {
	case errors.As(err, &wrong):
		return &settings.UsageError{What: wrong.What, Hint: wrong.Hint}
	case errors.Is(err, wizard.ErrAborted), ctx.Err() != nil:
		return interruptedError{}
	case err != nil:
		return planError(err)
	}
	if s.accessible && out.Saved != nil && !s.demo {
		if err := s.keeping.update(ctx, func(c *profile.Config) error { return c.SetAccessible(true) }); err != nil {
			return err
		}
	}
	switch {
	case s.json:
		if err := render.JSON(s.deps.streams.Out, s.result(out)); err != nil {
			return err
		}
	case out.Diagnosis != nil && out.Report != nil && (!asked || !out.Told):
		text := textOn(s.deps.streams)
		if !asked || s.lineMode() == "" { // else it stands above
			text.Verdict(out.Report, out.Diagnosis)
		}
		if out.Saved == nil {
			text.Plain("Nothing was saved.")
		}
		if text.Err != nil {
			return text.Err
		}
	}
	if out.Status != report.ExitOK {
		return statusError(out.Status)
	}
	return nil
}

func (s *setup) result(out wizard.Outcome) render.Result {
	r := render.Result{Report: out.Report, Diagnosis: out.Diagnosis, ExitStatus: out.Status}
	if out.Report != nil {
		r.Check, r.Account = out.Report.Check, out.Report.Account
	}
	if out.Saved != nil {
		r.Account.Profile = out.Saved.Name
	}
	return r
}

// prompter chooses who asks: the whole screen, line by line, or nobody.
func (s *setup) prompter(interrupt func()) (wizard.Prompter, bool, error) {
	streams := s.deps.streams
	reason := s.lineMode()
	switch {
	case s.deps.value("CI") != "", reason == "" && !streams.Interactive():
		return prompt.NewLines(s.alone(), ""), false, nil
	case reason != "":
		return prompt.NewLines(streams, reason), true, nil
	}
	screen, err := prompt.NewScreen(streams, interrupt)
	return screen, true, err
}

// alone are the streams where nobody is asked: what is told is the result then.
func (s *setup) alone() *terminal.Streams {
	streams := *s.deps.streams
	if !s.json {
		streams.Err = streams.Out
	}
	return &streams
}

// lineMode is what switched the line mode on, "" where nothing did.
func (s *setup) lineMode() string {
	switch {
	case s.accessible:
		return "--accessible"
	case s.deps.value("ACCESSIBLE") != "" && s.deps.value("ACCESSIBLE") != "0":
		return "ACCESSIBLE=" + s.deps.value("ACCESSIBLE")
	case s.deps.value("TERM") == "dumb":
		return "TERM=dumb"
	}
	if config, err := s.keeping.config.Load(); err == nil && config.Accessible() {
		return "accessible = true in " + s.keeping.config.Path()
	}
	return ""
}

// beforehand collects what is known before anything is asked.
func (s *setup) beforehand(ctx context.Context, argument string) (wizard.Given, error) {
	g := wizard.Given{
		Answers: map[submission.Field]string{}, Defaults: map[submission.Field]string{},
		Yes: s.yes, SaveUntested: s.saveUntested, Demo: s.demo,
	}
	for _, field := range append(submission.Fields(), wizard.DisplayName, wizard.Fingerprint, wizard.ProfileName, wizard.SecretStore, wizard.PasswordCommand) {
		if a, ok := s.given[string(field)]; ok && a.Value != "" && field != submission.FieldPassword {
			g.Answers[field] = a.Value
		}
	}
	if s.demo {
		return g, s.beginDemo(&g)
	}
	if err := s.takeArgument(argument, &g); err != nil {
		return g, err
	}
	var err error
	g.Password, err = s.password(ctx)
	return g, err
}

// takeArgument reads EMAIL, else a saved profile, else a preset.
func (s *setup) takeArgument(argument string, g *wizard.Given) error {
	switch {
	case argument == "":
		return nil
	case strings.Contains(argument, "@"):
		if _, err := submission.ParseAddress(argument); err != nil {
			return &settings.UsageError{What: err.Error(), Hint: "write it like you@example.com"}
		}
		for _, field := range []submission.Field{submission.FieldUsername, submission.FieldFrom} {
			if g.Answers[field] == "" {
				g.Answers[field] = argument
			}
		}
		return nil
	}
	config, err := s.keeping.load()
	if err != nil {
		return err
	}
	p, err := config.Get(argument)
	if err == nil {
		s.edit(p, g)
		return nil
	}
	if known, presetErr := s.deps.known.Get(argument); presetErr == nil {
		g.Answers[submission.FieldPreset] = known.Name
		return nil
	}
	hint := "give an address, the name of a saved profile, or that of a preset"
	if near := s.nearest(argument, err); len(near) > 0 {
		hint = "did you mean " + strings.Join(near, " or ") + "? " + hint
	}
	return &settings.UsageError{What: fmt.Sprintf("%q is no address, no saved profile and no preset", argument), Hint: hint}
}

// nearest are the profile and the preset that may be meant, each name once.
func (s *setup) nearest(argument string, err error) []string {
	var near []string
	var noProfile *profile.UnknownError
	if errors.As(err, &noProfile) && noProfile.Nearest != "" {
		near = append(near, noProfile.Nearest)
	}
	var unknown *preset.UnknownError
	if _, err := s.deps.known.Get(argument); errors.As(err, &unknown) && unknown.Nearest != "" && !slices.Contains(near, unknown.Nearest) {
		near = append(near, unknown.Nearest)
	}
	return near
}

// edit makes a profile's answers the defaults. Its password is read once it is wanted.
func (s *setup) edit(p profile.Profile, g *wizard.Given) {
	g.Profile = p.Name
	if g.Keeps = isKept(p); p.Secret.Store == profile.StoreFile {
		file := (&keeper{keeping: s.keeping}).fileOffer()
		g.Locked = file.Unlock == wizard.ByPassphrase && !file.Open
	}
	for field, value := range map[submission.Field]string{
		submission.FieldPreset: p.Preset, submission.FieldRegion: p.Region, submission.FieldVariant: p.Variant,
		submission.FieldUsername: p.Username, submission.FieldFrom: p.From, submission.FieldTo: p.To,
		submission.FieldAuth: p.Auth, submission.FieldHelo: p.Helo, submission.FieldProxy: p.Proxy,
		wizard.DisplayName: p.DisplayName, wizard.Fingerprint: p.TLSFingerprint, wizard.ProfileName: p.Name,
		wizard.SecretStore: string(p.Secret.Store), wizard.PasswordCommand: p.Secret.Command,
	} {
		if value != "" {
			g.Defaults[field] = value
		}
	}
	if len(p.Endpoints) == 1 {
		e := p.Endpoints[0]
		g.Defaults[submission.FieldHost], g.Defaults[submission.FieldSecurity] = e.Host, string(e.Security)
		g.Defaults[submission.FieldPort] = fmt.Sprint(e.Port)
	}
	// What no question is about, the profile keeps: its authority, its route.
	for name, a := range settings.OptionAnswers(p) {
		if !s.given.Has(name) {
			s.given[name] = a
		}
	}
}

// password is one that was given beforehand; nothing is asked for it here.
func (s *setup) password(ctx context.Context) (submission.Secret, error) {
	ways, err := passwordWays(s.deps, s.given)
	if err != nil {
		return submission.Secret{}, err
	}
	password, _, err := firstPassword(ctx, ways)
	if errors.Is(err, secret.ErrNotFound) {
		return submission.Secret{}, nil
	}
	if err != nil {
		return submission.Secret{}, secretError(ctx, err)
	}
	return password, nil
}

func (s *setup) finder() wizard.Finder {
	if s.demo {
		return demoFinder{s.server}
	}
	return &dnsFinder{discover.Finder{Library: s.deps.known, Resolver: s.deps.resolver}}
}

func hostname(d *deps) string {
	name, err := d.prober.Hostname()
	if err != nil {
		return ""
	}
	return name
}
