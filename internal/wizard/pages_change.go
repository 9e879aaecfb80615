package wizard

import (
	"slices"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

const changeKey = "change"

// everyField is all that can be changed, in the order of the page.
var everyField = []submission.Field{
	submission.FieldPreset, submission.FieldVariant, submission.FieldRegion, submission.FieldHost, submission.FieldPort,
	submission.FieldSecurity, submission.FieldUsername, submission.FieldFrom, DisplayName, submission.FieldTo,
	submission.FieldAuth, submission.FieldHelo, submission.FieldProxy, ProfileName, SecretStore,
}

// deciding are those that others on the page follow from.
var deciding = []submission.Field{submission.FieldPreset, submission.FieldVariant, submission.FieldRegion, submission.FieldHost}

// change leads to the page of the fields given, to begin at one of them.
func (s *state) change(focus submission.Field, fields ...submission.Field) {
	if !slices.Contains(fields, focus) {
		focus = submission.FieldHost // not the list of providers, which would fill the screen
	}
	s.wanted, s.edit = changeKey, edit{fields: fields, focus: focus}
}

// changeStep lists answers to change, all of them or those of one fault.
func changeStep() step {
	return step{
		key:   changeKey,
		needs: never,
		page: func(s *state) Page {
			p := Page{Title: s.t.changeTitle(), Help: s.t.changeHelp()}
			if len(s.edit.fields) < len(everyField) {
				p.Title = s.t.changeOneTitle(s.edit.fields[0])
			}
			if len(s.edit.fields) == 1 {
				p.Blocks = s.t.about(s.edit.fields[0])
			}
			reached := false
			for _, f := range s.edit.fields {
				reached = reached || f == s.edit.focus
				if s.hasChoice(f) {
					q := s.question(f)
					if reached && p.Focus == "" {
						p.Focus = q.Key
					}
					q.Decides = slices.Contains(deciding, f)
					if f == submission.FieldFrom {
						q.Label = s.t.senderLabel()
					}
					p.Questions = append(p.Questions, q)
				}
			}
			return p
		},
		take: func(s *state, a Answer) string {
			if wrong := s.takeChanges(a, s.edit.fields); wrong != "" {
				return wrong
			}
			if s.username(s.look()) == "" && s.passed["login"] {
				return s.t.usernameMissing()
			}
			return ""
		},
		changed: func(s *state, a Answer) string {
			if s.edit.before == nil {
				s.edit.before = s.snapshot()
			}
			f := submission.Field(a.Changed)
			wrong := s.takeChanges(a, []submission.Field{f})
			if wrong != "" {
				s.edit.focus = f
				return wrong
			}
			delete(s.draft, a.Changed) // shown as it was understood
			s.edit.focus = submission.Field(a.Focus)
			if at := slices.Index(s.edit.fields, f); slices.Index(s.edit.fields, s.edit.focus) > at {
				s.edit.focus = s.edit.fields[at+1] // which may not have been asked before
			}
			if s.found == nil && !s.look().decidedProvider() {
				s.wanted = "" // DNS comes first
			}
			return ""
		},
	}
}

// unchange leaves the page of changes as if it had not been answered.
func (s *state) unchange() {
	if s.edit.before != nil {
		s.restore(s.edit.before)
	}
	for _, f := range deciding {
		delete(s.draft, string(f)) // or what follows from it would be another's
	}
}

// takeChanges takes the answers of the page of changes to some of its questions.
func (s *state) takeChanges(a Answer, fields []submission.Field) string {
	for _, f := range fields {
		if wrong := s.fault(f, a.Texts[string(f)]); wrong != "" && a.Texts[string(f)] != s.before[string(f)] {
			return wrong
		}
	}
	if slices.Contains(fields, submission.FieldPreset) && a.Texts[string(submission.FieldPreset)] == askDNS {
		delete(a.Texts, string(submission.FieldPreset))
		s.lookAgain()
	}
	if from := string(submission.FieldFrom); slices.Contains(fields, submission.FieldFrom) && a.Texts[from] != s.before[from] {
		s.freeze()
		s.changeFrom(a.Texts[from])
	}
	s.taken(a, slices.DeleteFunc(slices.Clone(fields), func(f submission.Field) bool { return f == submission.FieldFrom })...)
	return s.unfit()
}

// unfit says why answers do not go together, and takes one of them back.
func (s *state) unfit() string {
	p := s.look()
	for _, f := range []submission.Field{submission.FieldHost, submission.FieldVariant, submission.FieldRegion} {
		if s.look().err != nil {
			s.drop(f)
		}
	}
	if p.err != nil {
		return s.t.unfit(p.err.Error())
	}
	wrong := s.clearText(p.endpoints)
	if wrong != "" {
		s.drop(submission.FieldSecurity)
	}
	return wrong
}

// changeFrom changes the sender alone: the server was found already.
func (s *state) changeFrom(text string) {
	if a, err := submission.ParseAddress(text); err == nil {
		s.values[submission.FieldFrom] = a.String()
		s.untry()
	}
}

// hasChoice: the answer means something with this provider.
func (s *state) hasChoice(f submission.Field) bool {
	p := s.look()
	switch f {
	case ProfileName, SecretStore:
		return !s.given.Demo // nothing of which is kept
	case submission.FieldRegion:
		return p.known != nil && len(p.known.Regions) > 1
	case submission.FieldVariant:
		return p.known != nil && len(p.known.Variants) > 0
	}
	return true
}
