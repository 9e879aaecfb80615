package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/diagnose"
	"github.com/smtpwiz/smtpwiz/internal/probe"
	"github.com/smtpwiz/smtpwiz/internal/profile"
	"github.com/smtpwiz/smtpwiz/internal/render"
	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/secret"
	"github.com/smtpwiz/smtpwiz/internal/settings"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// identity are the answers that say which account is meant.
var identity = []string{"region", "variant", "host", "port", "security", "username", "from"}

// chosenProfile is the saved profile that a test is about, nil where it is
// about an account given by flags: the one named, the default where nothing
// else is said, or the only one of a preset.
func chosenProfile(k *keeping, r request) (*profile.Profile, error) {
	if r.name != "" {
		p, err := k.profile(r.name)
		return &p, err
	}
	for _, name := range identity {
		if r.given.Has(name) {
			return nil, nil
		}
	}
	if k.config.Path() == "" {
		return nil, nil // without a home nothing is saved
	}
	config, err := k.load()
	if err != nil {
		return nil, err
	}
	if preset := r.given.Get("preset"); preset != "" {
		return onlyOne(config, preset)
	}
	if config.Default() == "" {
		return nil, nil
	}
	p, err := config.Get(config.Default())
	return &p, err
}

func onlyOne(config *profile.Config, preset string) (*profile.Profile, error) {
	var found []profile.Profile
	for _, p := range config.Profiles() {
		if strings.EqualFold(p.Preset, preset) {
			found = append(found, p)
		}
	}
	switch len(found) {
	case 0:
		return nil, nil
	case 1:
		return &found[0], nil
	}
	var names []string
	for _, p := range found {
		names = append(names, p.Name)
	}
	return nil, &settings.UsageError{
		What: fmt.Sprintf("%d profiles use the preset %s: %s", len(names), preset, strings.Join(names, ", ")),
		Hint: "name one of them: smtpwiz test " + names[0],
	}
}

// savedAnswers are the answers that go before a saved profile's.
func savedAnswers(given settings.Answers, p *profile.Profile) settings.Answers {
	out := settings.Answers{}
	for name, a := range given {
		if name == "preset" && strings.EqualFold(a.Value, p.Preset) {
			continue // it found the profile, and says nothing against its endpoints
		}
		out[name] = a
	}
	return out
}

// remember notes in the profile what a passed test has proven, unless more is
// proven of the same endpoint already.
func (k *keeping) remember(ctx context.Context, p profile.Profile, rep *report.Report) error {
	return k.update(ctx, func(c *profile.Config) error {
		p, err := current(c, p)
		if err != nil {
			return err
		}
		depth := func(check report.Check) int { return slices.Index(report.Checks(), check) }
		if p.Proven.Endpoint == rep.Endpoint && depth(report.Check(p.Proven.Check)) > depth(rep.Check) {
			return nil
		}
		p.Proven = provenBy(rep)
		return c.Put(p)
	})
}

// storedWay is a profile's own way to its password.
func (k *keeping) storedWay(p profile.Profile) passwordFrom {
	return passwordFrom{name: cmp.Or(string(p.Secret.Store), secret.KindNone), source: settings.FromProfile,
		read: func(ctx context.Context) (submission.Secret, error) { return k.password(ctx, p) }}
}

func provenBy(rep *report.Report) profile.Proven {
	proven := profile.Proven{When: time.Now(), Check: string(rep.Check), Endpoint: rep.Endpoint, Address: rep.Dialled}
	if rep.TLS != nil {
		proven.TLS = rep.TLS.Version
	}
	for _, s := range rep.Steps {
		if s.Stage == report.Auth && s.Status == report.OK {
			proven.Mechanism = s.Detail
		}
	}
	return proven
}

// perHost is how many sessions run at a time with one host: providers lock out bursts.
const perHost = 2

// Files that are open at a time: the program's own, and those of one profile's
// test, which runs a command for the password and races endpoints and addresses.
const filesOfOurs, filesOfOne = 12, 10

// tested is how one profile of --all ended.
type tested struct {
	name   string
	result render.Result
}

// testAll tries all profiles side by side. What the variables say of account
// and password does not count: it could be meant for one of them at most.
func testAll(ctx context.Context, d *deps, k *keeping, o testOptions) error {
	config, err := k.load()
	if err != nil {
		return err
	}
	profiles := config.Profiles()
	if len(profiles) == 0 {
		return &settings.UsageError{What: "there are no saved profiles yet", Hint: "smtpwiz setup makes one; or test an account with --preset or --host"}
	}
	given, err := answersForAll(o.given)
	if err != nil {
		return err
	}
	if err := k.openForAll(config); err != nil {
		return secretError(ctx, err)
	}
	results := make([]tested, len(profiles))
	hosts := newHosts()
	room := make(chan struct{}, max(1, (openFiles()-filesOfOurs)/filesOfOne))
	var all sync.WaitGroup
	for i, p := range profiles {
		all.Go(func() {
			room <- struct{}{}
			results[i] = tested{p.Name, testOne(ctx, d, k, p, given, hosts)}
			<-room
		})
	}
	all.Wait()
	slices.SortStableFunc(results, func(a, b tested) int { return cmp.Compare(a.result.ExitStatus, b.result.ExitStatus) })
	if err := tellAll(d, o, results); err != nil {
		return err
	}
	if worst := results[len(results)-1].result.ExitStatus; worst != report.ExitOK {
		return statusError(worst)
	}
	return nil
}

// ofOneAccount are the answers that can be meant for one account only.
func ofOneAccount() []string {
	return append([]string{"preset", "to", "display-name", "auth", "from-file", "password-stdin", "password-file", "password-command"}, identity...)
}

// answersForAll are those that hold for every profile. A flag for one account
// is a misunderstanding; a variable may be there for other runs.
func answersForAll(given settings.Answers) (settings.Answers, error) {
	out := maps.Clone(given)
	for _, name := range ofOneAccount() {
		if a, ok := out[name]; ok && a.Source == settings.FromFlag && a.Value != "false" {
			return nil, &settings.UsageError{What: a.Name + " is for one account, and --all tests several", Hint: "leave it out, or name the profile in place of --all"}
		}
		delete(out, name)
	}
	return out, nil
}

// openForAll readies the one encrypted file before the profiles share it.
func (k *keeping) openForAll(config *profile.Config) error {
	for _, p := range config.Profiles() {
		if p.Secret.Store == profile.StoreFile {
			_, err := k.encrypted(savedKeyFile(config))
			return err
		}
	}
	return nil
}

// passwordForAll is a profile's own; nobody is asked for several at once.
func (k *keeping) passwordForAll(ctx context.Context, d *deps, s *settings.Settings, p profile.Profile) (submission.Secret, error) {
	way := k.storedWay(p)
	if !isKept(p) {
		way.read = func(context.Context) (submission.Secret, error) {
			return submission.Secret{}, &settings.UsageError{What: "the password of " + p.Name + " is not kept, and --all asks for none",
				Hint: "keep it: smtpwiz secret set " + p.Name + " --secret-store keyring (or file, command); or test it alone: smtpwiz test " + p.Name}
		}
	}
	password, _, err := credentials(ctx, d, s, []passwordFrom{way}, false)
	return password, err
}

// testOne tries one profile and never fails: what goes wrong is its result.
func testOne(ctx context.Context, d *deps, k *keeping, p profile.Profile, given settings.Answers, hosts *hosts) render.Result {
	plan, s, err := planOfProfile(d, p, given)
	result := render.Result{Account: submission.Account{Profile: p.Name, Preset: p.Preset}}
	if err == nil && plan.Check.Includes(report.Auth) {
		plan.Account.Password, err = k.passwordForAll(ctx, d, s, p)
	}
	var rep *report.Report
	if err == nil {
		result.Account, result.Check = plan.Account, plan.Check
		leave := hosts.enter(plan.Account.Endpoints[0].Host)
		rep, err = d.prober.Run(ctx, plan, nil)
		leave()
	}
	if err != nil {
		f := failureOf(ctx, nil, secretError(ctx, planError(err)))
		result.ExitStatus, result.Err, result.Hint = f.status, reply.Safe(f.what), reply.Safe(f.hint)
		return result
	}
	result.Report, result.ExitStatus, result.Diagnosis = rep, rep.ExitStatus(), diagnose.Explain(rep, s.Preset)
	if rep.OK() && asSaved(given) {
		if err := k.remember(ctx, p, rep); err != nil {
			rep.Notes = append(rep.Notes, "the profile could not be updated: "+err.Error())
		}
	}
	return result
}

func tellAll(d *deps, o testOptions, results []tested) error {
	if o.json {
		return tellAllJSON(d.streams.Out, results, o.transcript)
	}
	text := textOn(d.streams)
	widest := 0
	for _, r := range results {
		widest = max(widest, len(r.name))
	}
	for _, r := range results {
		if !o.quiet || r.result.ExitStatus != report.ExitOK {
			text.Summary(fmt.Sprintf("%-*s", widest, r.name), r.result)
		}
	}
	return text.Err
}

// tellAllJSON writes one object a line.
func tellAllJSON(w io.Writer, results []tested, transcript bool) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, r := range results {
		r.result.Transcript = transcript
		if err := enc.Encode(r.result); err != nil {
			return err
		}
	}
	return nil
}

// hosts limits the sessions with each host.
type hosts struct {
	mu    sync.Mutex
	slots map[string]chan struct{}
}

func newHosts() *hosts { return &hosts{slots: map[string]chan struct{}{}} }

func (h *hosts) enter(host string) (leave func()) {
	h.mu.Lock()
	slot, ok := h.slots[host]
	if !ok {
		slot = make(chan struct{}, perHost)
		h.slots[host] = slot
	}
	h.mu.Unlock()
	slot <- struct{}{}
	return func() { <-slot }
}

// planOfProfile is planOf for a saved profile.
func planOfProfile(d *deps, p profile.Profile, given settings.Answers) (probe.Plan, *settings.Settings, error) {
	s, err := settings.ResolveProfile(p, given, d.known)
	if err != nil {
		return probe.Plan{}, nil, err
	}
	return planFor(d, s)
}
