package wizard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/diagnose"
	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
	"github.com/smtpwiz/smtpwiz/presets"
)

// turn is one page and what the person does there.
type turn struct {
	page    string            // key of the page that must come
	says    []string          // what must be read on it
	hides   []string          // what must not
	texts   map[string]string // what is changed of its questions
	secrets map[string]string // what is typed without echo
	do      string            // "" for Enter, "back", else the key of an action
	err     error             // in place of an answer
}

// person answers pages by a script, and fails on one that it does not expect.
type person struct {
	t      *testing.T
	turns  []turn
	seen   []Page
	told   []Block
	titles []string // of what was watched
	stops  int      // how many of the first tries are stopped
}

func (p *person) Ask(_ context.Context, page Page) (Answer, error) {
	p.t.Helper()
	p.seen = append(p.seen, page)
	checkPage(p.t, page)
	if len(p.turns) == 0 {
		p.t.Fatalf("unexpected page %q:\n%s", page.Key, textOf(page))
	}
	next := p.turns[0]
	p.turns = p.turns[1:]
	if next.page != page.Key {
		p.t.Fatalf("page %q came, expected %q:\n%s", page.Key, next.page, textOf(page))
	}
	for _, s := range next.says {
		if !strings.Contains(textOf(page), s) {
			p.t.Errorf("page %q does not say %q:\n%s", page.Key, s, textOf(page))
		}
	}
	for _, s := range next.hides {
		if strings.Contains(textOf(page), s) {
			p.t.Errorf("page %q says %q:\n%s", page.Key, s, textOf(page))
		}
	}
	if next.err != nil {
		return Answer{}, next.err
	}
	return p.answer(page, next), nil
}

func (p *person) answer(page Page, next turn) Answer {
	p.t.Helper()
	a := Answer{Move: Next, Texts: map[string]string{}, Secrets: map[string]submission.Secret{}}
	for _, q := range page.Questions {
		if q.Kind == Password {
			a.Secrets[q.Key] = submission.NewSecret(next.secrets[q.Key])
			continue
		}
		text := q.Value
		if typed, ok := next.texts[q.Key]; ok {
			text = typed
		}
		p.check(page, q, text, next.do == "")
		a.Texts[q.Key] = text
	}
	for k := range next.texts {
		if _, ok := a.Texts[k]; !ok {
			p.t.Fatalf("page %q does not ask %q:\n%s", page.Key, k, textOf(page))
		}
	}
	for k := range next.secrets {
		if _, ok := a.Secrets[k]; !ok {
			p.t.Fatalf("page %q does not ask %q:\n%s", page.Key, k, textOf(page))
		}
	}
	if i := slices.IndexFunc(page.Questions, func(q Question) bool { return q.Decides && a.Texts[q.Key] != q.Value }); next.do == "" && i >= 0 && i+1 < len(page.Questions) {
		a.Move, a.Changed, a.Focus = Changed, page.Questions[i].Key, page.Questions[i+1].Key
	}
	switch {
	case next.do == "back":
		a.Move = Back
		if !page.Back {
			p.t.Fatalf("page %q has no way back", page.Key)
		}
	case next.do != "":
		a.Move, a.Action = Acted, next.do
		if !slices.ContainsFunc(page.Actions, func(x Action) bool { return x.Key == next.do }) {
			p.t.Fatalf("page %q has no action %q:\n%s", page.Key, next.do, textOf(page))
		}
	}
	return a
}

// check does what a Prompter does before it lets go of a page.
func (p *person) check(page Page, q Question, text string, moving bool) {
	p.t.Helper()
	if !moving {
		return
	}
	if q.Kind == Choice && !slices.ContainsFunc(q.Options, func(o Option) bool { return o.Value == text }) {
		p.t.Fatalf("page %q: %q is not among the options of %q", page.Key, text, q.Key)
	}
	if q.Kind == TextLine && text == "" && !q.Optional {
		p.t.Fatalf("page %q: %q must be answered", page.Key, q.Key)
	}
	if q.Check != nil {
		if wrong := q.Check(text); wrong != "" {
			p.t.Fatalf("page %q: %q as %q: %s", page.Key, text, q.Key, wrong)
		}
	}
}

func (p *person) Watch(ctx context.Context, title string, run func(context.Context, func(report.Event))) (bool, error) {
	p.titles = append(p.titles, title)
	run(ctx, func(report.Event) {})
	p.stops--
	return p.stops >= 0, ctx.Err()
}

func (p *person) Busy(what string) {
	if what == "" {
		p.t.Error("it does not tell what it looks for")
	}
}

func (p *person) Tell(blocks ...Block) { p.told = append(p.told, blocks...) }

// textOf is all of a page that can be read.
func textOf(p Page) string {
	lines := []string{p.Title}
	for _, b := range p.Blocks {
		lines = append(lines, b.Text)
	}
	for _, q := range p.Questions {
		lines = append(lines, fmt.Sprintf("? %s [%s] %s", q.Label, q.Value, q.Hint))
		for _, o := range q.Options[:min(4, len(q.Options))] {
			lines = append(lines, "  - "+o.Label)
		}
	}
	lines = append(lines, "[enter] "+p.Next)
	for _, a := range p.Actions {
		lines = append(lines, "["+a.Letter+"] "+a.Label)
	}
	return strings.Join(lines, "\n")
}

// server answers tries one after the other; the last outcome holds on.
type server struct {
	t        *testing.T
	outcomes []outcome
	tried    []Attempt
}

// outcome makes the report of a try.
type outcome func(Attempt) *report.Report

func (s *server) Probe(_ context.Context, a Attempt, _ func(report.Event)) (*report.Report, *diagnose.Diagnosis, error) {
	if len(s.outcomes) == 0 {
		s.t.Fatalf("unexpected try of %+v", a.Account)
	}
	if len(a.Account.Endpoints) == 0 || a.Account.Password.IsZero() {
		s.t.Fatalf("a try without endpoint or password: %+v", a.Account)
	}
	s.tried = append(s.tried, a)
	r := s.outcomes[0](a)
	s.outcomes = s.outcomes[1:]
	r.Account = a.Account
	return r, diagnose.Explain(r, a.Preset), nil
}

var stages = []report.Stage{report.Resolve, report.Connect, report.TLSStage, report.Greeting, report.EHLO, report.Auth, report.Mail, report.Rcpt, report.Data, report.Quit}

// ends is a try that passes up to a step.
func ends(last report.Step, change ...func(*report.Report)) outcome {
	return func(a Attempt) *report.Report {
		r := &report.Report{
			Check: report.CheckSend, Endpoint: a.Account.Endpoints[0], Conclusive: true, Subject: "smtpwiz test",
			TLS: &report.TLS{Version: "TLS 1.3", Verified: true},
		}
		for _, stage := range stages {
			if stage == last.Stage {
				r.Steps = append(r.Steps, last)
				break
			}
			r.Steps = append(r.Steps, report.Step{Stage: stage, Status: report.OK})
		}
		for _, f := range change {
			f(r)
		}
		return r
	}
}

func passes() outcome { return ends(report.Step{Stage: report.Quit, Status: report.OK}) }

func refused(stage report.Stage, code int, enhanced, text string) outcome {
	e, _ := reply.ParseEnhancedCode(enhanced)
	return ends(report.Step{Stage: stage, Status: report.Failed, Reply: &reply.Reply{Code: code, Enhanced: e, Lines: []string{text}}})
}

func faulty(stage report.Stage, f report.Fault, err string, change ...func(*report.Report)) outcome {
	return ends(report.Step{Stage: stage, Status: report.Failed, Fault: f, Err: err}, change...)
}

type dns struct {
	says  map[string]Found // by domain
	asked []string
}

func (d *dns) Find(_ context.Context, a submission.Address) Found {
	d.asked = append(d.asked, a.String())
	return d.says[a.ASCIIDomain()]
}

type bridges struct{ found []Bridge }

func (b *bridges) Find(context.Context) Bridge {
	first := b.found[0]
	if len(b.found) > 1 {
		b.found = b.found[1:]
	}
	return first
}

type keeper struct {
	offers []StoreOffer
	names  []string
	fails  []error
	saved  []Proven
	kept   string // the password of the profile that is edited
	opens  string // the passphrase for it, "" for none
	read   int    // how often it was read
}

func (k *keeper) Stores(context.Context) []StoreOffer { return k.offers }
func (k *keeper) Kept(_ context.Context, _ string, passphrase submission.Secret) (submission.Secret, error) {
	if k.kept == "" || k.opens != "" && passphrase.Reveal() != k.opens {
		return submission.Secret{}, errors.New("that does not open it")
	}
	k.read++
	return submission.NewSecret(k.kept), nil
}
func (k *keeper) Printed(_ context.Context, command string) (submission.Secret, error) {
	text, ok := map[string]string{"show marker": marker, "show bare": bare, "show short": "abcd", "show other": "qrstuvwxyzabcdef"}[command]
	if !ok {
		return submission.Secret{}, noProgram{}
	}
	return submission.NewSecret(text), nil
}
func (k *keeper) Names() []string { return k.names }
func (k *keeper) CheckName(name string) string {
	if name == "" || strings.ContainsAny(name, "@ /") {
		return "a name is made of letters and digits"
	}
	return ""
}
func (k *keeper) Save(_ context.Context, p Proven) (Saved, error) {
	if len(k.fails) > 0 {
		err := k.fails[0]
		k.fails = k.fails[1:]
		return Saved{}, err
	}
	k.saved = append(k.saved, p)
	return Saved{Name: p.Name, Path: "config.toml", Default: len(k.names) == 0}, nil
}

// noProgram is the error of a command that cannot be run.
type noProgram struct{}

func (noProgram) Error() string { return "the password command pass failed (exit status 127)" }
func (noProgram) Hint() string  { return "is the program installed?" }

var (
	keyring   = []StoreOffer{{Store: StoreKeyring, Usable: true}, {Store: StoreFile, Usable: true}}
	noKeyring = []StoreOffer{{Store: StoreKeyring, Why: "no D-Bus session, normal over ssh."}, {Store: StoreFile, Usable: true}}
)

// library is shared, as it may be: presets are decoded once.
var library = sync.OnceValue(func() *preset.Library { return preset.New(presets.FS, "") })

// walk is one setup from its beginning to its end.
type walk struct {
	given  Given
	dns    map[string]Found
	bridge []Bridge
	offers []StoreOffer // nil: a keyring
	names  []string
	tries  []outcome
	fails  []error // of saving
	turns  []turn
	stops  int
	kept   string // the saved password
	opens  string // and its passphrase
	cases  int    // support cases that are written
	mute   bool   // nobody can be asked

	status  int
	err     string // part of the error, "" for none
	hint    string // part of the hint with it
	account string // saved: "NAME user@host:port security from STORE"; "" for nothing
}

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

type walked struct {
	*person
	server *server
	dns    *dns
	keeper *keeper
	state  *state
	out    Outcome
	err    error
}

func (w walk) run(t *testing.T) *walked {
	t.Helper()
	got := &walked{
		person: &person{t: t, turns: w.turns, stops: w.stops}, server: &server{t: t, outcomes: w.tries},
		dns: &dns{says: w.dns}, keeper: &keeper{offers: w.offers, names: w.names, fails: w.fails, kept: w.kept, opens: w.opens},
	}
	if w.offers == nil {
		got.keeper.offers = keyring
	}
	deps := Deps{
		Prompter: got.person, CanAsk: !w.mute, Prober: got.server, Finder: got.dns, Keeper: got.keeper,
		Library: library(), Hostname: "laptop",
		Now: func() time.Time { return noon },
	}
	deps.Received = func() []string { return []string{"a test mail"} }
	deps.Card = func(p Proven) []string { return []string{"card of " + p.Account.Endpoints[0].String()} }
	deps.WriteCase = func(_ context.Context, a Attempt, r *report.Report) (Case, error) {
		if w.cases--; w.cases < 0 {
			return Case{}, errors.New("the disk is full")
		}
		return Case{File: "case.md", SendTo: "the desk of " + a.Account.Preset}, nil
	}
	if w.bridge != nil {
		deps.Bridges = &bridges{w.bridge}
	}
	wizard := New(deps, w.given)
	got.state = wizard.state
	got.out, got.err = wizard.Run(t.Context())
	w.verify(t, got)
	return got
}

func (w walk) verify(t *testing.T, got *walked) {
	t.Helper()
	if len(got.turns) > 0 {
		t.Errorf("the page %q never came", got.turns[0].page)
	}
	if len(got.server.outcomes) > 0 {
		t.Errorf("%d tries were not made", len(got.server.outcomes))
	}
	if w.err == "" && got.err != nil || w.err != "" && (got.err == nil || !strings.Contains(got.err.Error(), w.err)) {
		t.Errorf("error %v, want %q", got.err, w.err)
	}
	var usage *UsageError
	if w.hint != "" && (!errors.As(got.err, &usage) || !strings.Contains(usage.Hint, w.hint)) {
		t.Errorf("error %#v, want the hint %q", got.err, w.hint)
	}
	if got.out.Status != w.status {
		t.Errorf("status %d, want %d", got.out.Status, w.status)
	}
	saved := ""
	if len(got.keeper.saved) > 0 {
		saved = describe(got.keeper.saved[len(got.keeper.saved)-1])
	}
	if saved != w.account {
		t.Errorf("saved %q\n want %q", saved, w.account)
	}
	if (got.out.Saved != nil) != (w.account != "") {
		t.Errorf("the outcome says saved: %v", got.out.Saved)
	}
	for _, text := range got.everything() {
		if strings.Contains(text, marker) || strings.Contains(text, grouped) {
			t.Errorf("the password stands in %q", text)
		}
	}
}

// everything is all text that was on the screen.
func (w *walked) everything() []string {
	var out []string
	for _, p := range w.seen {
		out = append(out, textOf(p))
	}
	for _, b := range w.told {
		out = append(out, b.Text)
	}
	return append(out, w.titles...)
}

func describe(p Proven) string {
	var where []string
	for _, e := range p.Account.Endpoints {
		where = append(where, e.String())
	}
	out := fmt.Sprintf("%s: %s at %s as %s in %s", p.Name, p.Account.Username, strings.Join(where, ", "), p.Account.From, p.Place.Store)
	if p.Place.Unlock != "" {
		out += " " + string(p.Place.Unlock)
	}
	if p.Untested {
		out += " untested"
	}
	return out
}

const (
	marker  = "pa55-Marker-9fQ"
	grouped = "abcd efgh\u00a0ijkl mnop" // an app password as Google shows it
	bare    = "abcdefghijklmnop"
)

func typed(password string) map[string]string { return map[string]string{passwordKey: password} }

func address(a string) turn {
	return turn{page: "address", texts: map[string]string{"from": a}}
}
