package wizard

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/diagnose"
	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Answers beside those that submission names, by their flags.
const (
	DisplayName     submission.Field = "display-name"
	Fingerprint     submission.Field = "tls-fingerprint"
	ProfileName     submission.Field = "name"
	SecretStore     submission.Field = "secret-store"
	PasswordCommand submission.Field = "password-command"
)

// OwnServer is the answer to "which provider" that means none.
const OwnServer = "own server"

// state is everything that was answered and found out. It decides what comes
// next, so that going back needs no undoing.
type state struct {
	t        texts
	given    Given
	canAsk   bool
	known    *preset.Library // the presets there are
	machine  string
	now      func() time.Time
	names    func() []string
	resolved map[choice]resolved
	checked  func(name string) string // a profile's name
	received func() []string          // subjects of the mails that the demo took

	values map[submission.Field]string // the answers
	fixed  map[submission.Field]bool   // given by flags: not asked
	old    map[submission.Field]string // answers that no longer hold, shown when the question comes again
	draft  map[string]string           // typed on a page that was left without going on
	before map[string]string           // what the page that is shown began with

	password   submission.Secret
	ungrouped  bool           // spaces between groups were taken out of it
	printedBy  string         // the command that printed it
	takesKept  bool           // the saved one is wanted, and not read yet
	accepted   map[doubt]bool // said to be right all the same
	unattended bool           // a script will use the profile
	unlock     Unlock
	passphrase submission.Secret

	found    *Found          // nil: not asked yet
	insisted map[string]bool // domains that do not exist and are wanted all the same
	bridge   *Bridge
	offers   []StoreOffer // nil: not asked yet

	passed   map[string]bool // pages that were answered
	reopened map[string]bool // pages that Back has led to
	history  []visit         // pages to go back to
	wanted   string          // the page that goes before all, "" for none
	edit     edit            // what the page of changes lists
	problem  string          // told at the head of the next page
	asked    bool            // somebody has answered something

	report    *report.Report
	diagnosis *diagnose.Diagnosis
	caseOf    *report.Report // a support case of it is wanted
	caseDone  *report.Report // and of this one written
	refusals  int            // of credentials, in a row
	notBefore time.Time      // of the next try
	untested  bool           // save it though it has not passed
	declined  bool           // do not save it
	saved     *Saved
	told      bool // what came of it
	done      bool
	status    int
}

// visit is a page that was passed. Where a key there changed answers by itself,
// before is what they were: going back brings them again.
type visit struct {
	page   string
	before *snapshot
}

// snapshot is what one key can change.
type snapshot struct {
	values    map[submission.Field]string
	fixed     map[submission.Field]bool
	passed    map[string]bool
	history   []visit
	wanted    string
	bridge    *Bridge
	report    *report.Report
	diagnosis *diagnose.Diagnosis
	notBefore time.Time
}

// remember makes going back lead to this page, with the answers as they are now.
func (s *state) remember(page string) {
	s.history = append(s.history, visit{page, s.snapshot()})
}

func (s *state) snapshot() *snapshot {
	return &snapshot{maps.Clone(s.values), maps.Clone(s.fixed), maps.Clone(s.passed), slices.Clone(s.history), s.wanted, s.bridge, s.report, s.diagnosis, s.notBefore}
}

func (s *state) restore(b *snapshot) {
	s.values, s.fixed, s.passed, s.history, s.wanted = b.values, b.fixed, b.passed, b.history, b.wanted
	s.bridge, s.report, s.diagnosis, s.notBefore = b.bridge, b.report, b.diagnosis, b.notBefore
	if s.password.IsZero() {
		delete(s.passed, "login") // it was taken back since
	}
}

// edit is which answers are changed, and where to begin.
type edit struct {
	fields []submission.Field
	focus  submission.Field
	before *snapshot // what it was like before one was taken that others depend on; nil: none was
}

func newState(d Deps, given Given) *state {
	s := &state{
		given: given, canAsk: d.CanAsk, known: d.Library, machine: d.Hostname, now: d.Now,
		values: map[submission.Field]string{}, fixed: map[submission.Field]bool{}, old: map[submission.Field]string{},
		draft: map[string]string{}, accepted: map[doubt]bool{}, insisted: map[string]bool{},
		resolved: map[choice]resolved{}, passed: map[string]bool{}, reopened: map[string]bool{},
		password: given.Password, names: d.Keeper.Names, checked: d.Keeper.CheckName, received: d.Received,
	}
	if given.Check == "" {
		s.given.Check = report.CheckSend
	}
	for f, v := range given.Defaults {
		s.values[f] = spelled(f, v, given.Defaults)
	}
	for f, v := range given.Answers {
		s.values[f], s.fixed[f] = spelled(f, v, given.Answers), true
	}
	s.fillAddress()
	return s
}

// spelled is an answer as the pages have it.
func spelled(f submission.Field, v string, all map[submission.Field]string) string {
	switch f {
	case submission.FieldAuth:
		return strings.ToUpper(v)
	case submission.FieldSecurity:
		port, _ := submission.ParsePort(all[submission.FieldPort])
		if known, err := submission.ParseSecurity(v, port); err == nil {
			return string(known)
		}
	}
	return v
}

// fillAddress takes the sender from a user name that is an address.
func (s *state) fillAddress() {
	if _, ok := s.given.Answers[submission.FieldFrom]; ok {
		return
	}
	if a, err := submission.ParseAddress(s.given.Answers[submission.FieldUsername]); err == nil {
		s.values[submission.FieldFrom], s.fixed[submission.FieldFrom] = a.String(), true
	}
}

func (s *state) value(f submission.Field) string { return s.values[f] }

// say takes an answer. One that only repeats what would hold without it is not
// kept, so that it follows when other answers change.
func (s *state) say(f submission.Field, v string) {
	was := s.shown(f)
	v = strings.TrimSpace(v)
	if v == "" || v == s.derived(f) {
		delete(s.values, f)
	} else {
		s.values[f] = v
	}
	if s.shown(f) != was {
		s.follow(f, was)
	}
}

// derived is what would hold without the answer.
func (s *state) derived(f submission.Field) string {
	other := *s
	other.values = maps.Clone(s.values)
	delete(other.values, f)
	return other.shown(f)
}

// follow drops what rested on an answer that has changed. A first answer
// changes nothing: what was given beforehand is about it.
func (s *state) follow(f submission.Field, was string) {
	switch f {
	case ProfileName, SecretStore, PasswordCommand, DisplayName:
		return // no matter for the server
	}
	s.untry()
	if was != "" && (f != submission.FieldFrom || domainOf(was) != domainOf(s.value(f))) {
		s.release(f)
	}
}

func (s *state) release(f submission.Field) {
	switch f {
	case submission.FieldFrom:
		s.found = nil
		s.drop(submission.FieldPreset)
		s.reask("slip", "provider")
		s.release(submission.FieldPreset)
	case submission.FieldPreset:
		s.drop(submission.FieldRegion, submission.FieldVariant)
		s.reask("variant", "region", "warning", "login")
		s.release(submission.FieldVariant)
	case submission.FieldVariant:
		s.drop(submission.FieldHost)
		s.reask("host")
		s.release(submission.FieldHost)
	case submission.FieldRegion:
		if !s.look().asksHost() {
			s.drop(submission.FieldHost)
		}
	case submission.FieldHost:
		s.drop(submission.FieldPort, submission.FieldSecurity, Fingerprint)
		s.bridge = nil
		s.reask("confirm")
	}
}

// drop takes answers back; they are shown when their question comes again.
func (s *state) drop(fields ...submission.Field) {
	for _, f := range fields {
		if v, ok := s.values[f]; ok {
			s.old[f] = v
		}
		delete(s.values, f)
		delete(s.fixed, f)
	}
}

// reask makes pages be asked as if they had never been.
func (s *state) reask(keys ...string) {
	for _, k := range keys {
		delete(s.passed, k)
		delete(s.reopened, k)
	}
	s.history = slices.DeleteFunc(s.history, func(v visit) bool { return slices.Contains(keys, v.page) })
}

// untry forgets what the last try found: the next runs all stages.
func (s *state) untry() { s.report, s.diagnosis, s.untested = nil, nil, false }

// freeze keeps the server and the user name as they are while the sender changes.
func (s *state) freeze() {
	for _, f := range []submission.Field{submission.FieldPreset, submission.FieldRegion, submission.FieldVariant, submission.FieldHost, submission.FieldUsername} {
		if v := s.shown(f); v != "" && (f != submission.FieldHost || s.look().asksHost()) {
			s.values[f] = v
		}
	}
}

// setPassword takes a new password.
func (s *state) setPassword(p submission.Secret) {
	s.password, s.ungrouped, s.takesKept, s.printedBy = p, false, false, ""
	s.accepted = map[doubt]bool{}
}

// show notes what a page begins with.
func (s *state) show(p Page) {
	s.before = map[string]string{}
	for _, q := range p.Questions {
		s.before[q.Key] = s.shown(submission.Field(q.Key))
	}
}

// hold keeps what was typed, also on a page that is left unfinished.
func (s *state) hold(a Answer) {
	for k, text := range a.Texts {
		s.draft[k] = text
	}
	if typed := a.Secrets[passwordKey]; !typed.IsZero() {
		s.setPassword(typed)
	}
}

// forgetShown keeps of the drafts only what somebody typed: the rest of the page
// follows from an answer that has changed.
func (s *state) forgetShown() {
	for k, text := range s.draft {
		if was, ok := s.before[k]; ok && text == was {
			delete(s.draft, k)
		}
	}
}

// taken says the answers of a page that differ from what it began with.
func (s *state) taken(a Answer, fields ...submission.Field) {
	for _, f := range fields {
		text, ok := a.Texts[string(f)]
		if ok && strings.TrimSpace(text) != s.before[string(f)] {
			s.say(f, text)
		}
	}
}

// pass notes that a page was answered.
func (s *state) pass(st *step) {
	for k := range s.before {
		if isAnswer(submission.Field(k)) {
			delete(s.draft, k) // from now on it is among the values
		}
	}
	if s.wanted == st.key {
		s.wanted = ""
		return
	}
	delete(s.reopened, st.key)
	s.passed[st.key] = true
	if s.visited(st.key) < 0 && !st.passing {
		s.history = append(s.history, visit{page: st.key})
	}
}

func (s *state) visited(page string) int {
	return slices.IndexFunc(s.history, func(v visit) bool { return v.page == page })
}

// back leads to the page before, with all answers kept.
func (s *state) back(from string) {
	if from == changeKey {
		s.unchange()
	}
	if s.wanted != "" {
		s.wanted = ""
		return
	}
	delete(s.reopened, from)
	delete(s.passed, from)
	if n := len(s.history); n > 0 && s.history[n-1].before != nil {
		s.restore(s.history[n-1].before)
	} else if n > 0 {
		s.reopen(s.history[n-1].page)
	}
}

// reopen asks a page again that was answered.
func (s *state) reopen(key string) {
	if i := s.visited(key); i >= 0 {
		s.history = s.history[:i]
	}
	delete(s.passed, key)
	s.reopened[key] = true
}

// stop ends the wizard without saving.
func (s *state) stop() {
	s.done, s.status = true, report.ExitInterrupted
	if s.report != nil {
		s.status = s.report.ExitStatus()
	}
}

// isAnswer: one of the values, and not a question that only decides the way.
func isAnswer(f submission.Field) bool {
	return slices.Contains(everyField, f) || slices.Contains(submission.Fields(), f) || f == PasswordCommand
}

func domainOf(address string) string {
	a, err := submission.ParseAddress(address)
	if err != nil {
		return ""
	}
	return a.ASCIIDomain()
}
