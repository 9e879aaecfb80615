package wizard

import (
	"context"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

func addressStep() step {
	return step{
		key:   "address",
		needs: func(s *state) bool { return !s.fixed[submission.FieldFrom] },
		page: func(s *state) Page {
			p := Page{
				Title:     s.t.addressTitle(),
				Blocks:    []Block{{Plain, s.t.welcome()}},
				Questions: []Question{s.question(submission.FieldFrom), s.question(DisplayName)},
				Help:      s.t.addressHelp(),
			}
			switch {
			case s.given.Demo:
				p.Blocks = []Block{{Plain, s.t.demo()}}
			case s.given.Profile != "":
				p.Blocks = []Block{{Plain, s.t.editing(s.given.Profile)}}
			}
			return p
		},
		take: func(s *state, a Answer) string {
			text := a.Texts[string(submission.FieldFrom)]
			address, err := submission.ParseAddress(text)
			if err != nil {
				return s.t.notAnAddress()
			}
			a.Texts[string(submission.FieldFrom)] = address.String()
			s.taken(a, submission.FieldFrom, DisplayName)
			return ""
		},
		assume: func(s *state) bool { return s.look().from.Domain != "" }, // of the profile that is edited
		flags:  func(*state) []string { return []string{"EMAIL or --username"} },
	}
}

// wantsDNS: something is open that DNS may tell.
func (s *state) wantsDNS() bool {
	p := s.look()
	if s.found != nil || p.mailbox.Domain == "" {
		return false
	}
	return s.given.Demo || !p.decidedProvider() || p.known != nil && (s.variantOpen(p) || p.regionOpen())
}

func (w *Wizard) find(ctx context.Context) error {
	s := w.state
	p := s.look()
	w.deps.Prompter.Busy(s.t.lookingUp(p.mailbox.Domain))
	found := w.deps.Finder.Find(ctx, p.mailbox)
	if err := ctx.Err(); err != nil {
		return err
	}
	s.found = &found
	domain := p.mailbox.ASCIIDomain()
	if found.DomainMissing && found.Suggestion == "" && !p.decidedProvider() && !s.insisted[domain] && s.asksAddress() {
		s.insisted[domain] = true
		s.problem = s.t.domainMissing(p.from.Domain)
		s.loosen()
		s.reopen("address")
	}
	return nil
}

// asksAddress: it may be asked for, also where it was given beforehand, as long
// as there is somebody to say whether it is right.
func (s *state) asksAddress() bool {
	return !s.fixed[submission.FieldFrom] || s.canAsk && !s.given.Yes
}

// loosen lets an address that was given beforehand be changed, and with it the
// user name that is the same.
func (s *state) loosen() {
	from := s.value(submission.FieldFrom)
	delete(s.fixed, submission.FieldFrom)
	if s.value(submission.FieldUsername) == from {
		delete(s.values, submission.FieldUsername)
		delete(s.fixed, submission.FieldUsername)
	}
}

// slip is the address that was probably meant, "" for none.
func (s *state) slip() string {
	p := s.look()
	if s.found == nil || s.found.Suggestion == "" || p.mailbox != p.from || s.found.Suggestion == p.from.ASCIIDomain() {
		return ""
	}
	return p.from.Local + "@" + s.found.Suggestion
}

const slipKey = "slip"

func slipStep() step {
	return step{
		key:     slipKey,
		passing: true,
		needs:   func(s *state) bool { return s.slip() != "" },
		page: func(s *state) Page {
			typed, meant := s.value(submission.FieldFrom), s.slip()
			p := Page{
				Title: s.t.slipTitle(meant),
				Questions: []Question{{
					Key: slipKey, Kind: Choice, Label: s.t.slipLabel(), Value: meant,
					Options: []Option{{meant, meant, ""}, {typed, s.t.slipKeep(typed), ""}},
				}},
			}
			if s.found.DomainMissing {
				p.Blocks = []Block{{Strong, s.t.domainMissing(domainOf(typed))}}
			}
			return p
		},
		take: func(s *state, a Answer) string {
			typed := s.value(submission.FieldFrom)
			if meant := s.slip(); a.Texts[slipKey] == meant {
				s.insisted[domainOf(meant)] = true
				s.draft[string(submission.FieldFrom)] = meant
				s.say(submission.FieldFrom, meant)
				if s.value(submission.FieldUsername) == typed {
					s.say(submission.FieldUsername, meant)
				}
			}
			return ""
		},
		// Never changed without a word: what was typed holds.
		assume: func(*state) bool { return true },
	}
}
