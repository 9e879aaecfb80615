package wizard

import (
	"context"
	"slices"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

const passwordKey = string(submission.FieldPassword)

// loginStep tells the server and asks the password; moving on sends the mail.
func loginStep() step {
	return step{
		key: "login",
		needs: func(s *state) bool {
			p := s.look()
			return s.given.Password.IsZero() || s.username(p) == ""
		},
		page: func(s *state) Page {
			p := s.look()
			page := Page{
				Title:   s.t.loginTitle(),
				Blocks:  s.whereInWords(p),
				Actions: []Action{{Key: changeKey, Label: s.t.change(), Letter: "c", Chord: "ctrl+e"}},
				Next:    s.t.logIn(s.given.Check),
				Help:    s.t.loginHelp(s.given.Check),
			}
			if p.preset != nil {
				want := p.preset.Password
				page.Help = strings.Join(slices.DeleteFunc([]string{page.Help, want.Refused, want.Unavailable}, func(t string) bool { return t == "" }), "\n\n")
			}
			page.Blocks = append(page.Blocks, s.passwordGuide(p)...)
			page.Blocks = append(page.Blocks, paragraphs(s.given.Notes...)...)
			if s.username(p) == "" || s.asksUsername(p) {
				q := s.question(submission.FieldUsername)
				if p.known != nil {
					q.Hint = or(p.known.Account.UsernameHint, q.Hint)
				}
				page.Questions = append(page.Questions, q)
			}
			page.Questions = append(page.Questions, s.passwordQuestion(p))
			page.Blocks = append(page.Blocks, Block{Plain, s.t.nothingSaved(s.given.Check, s.attempt().Account.To.String())})
			return page
		},
		take: func(s *state, a Answer) string {
			s.taken(a, submission.FieldUsername)
			switch {
			case s.username(s.look()) == "":
				return s.t.usernameMissing()
			case !s.hasPassword():
				return s.t.passwordMissing()
			}
			s.ungroup()
			s.untry()
			return ""
		},
		act: func(s *state, _ string) { s.change("", everyField...) },
		assume: func(s *state) bool {
			return s.hasPassword() && s.username(s.look()) != ""
		},
		flags: func(s *state) []string {
			var out []string
			if p := s.look(); s.username(p) == "" && p.from.Domain != "" {
				out = append(out, "--username")
			}
			if s.given.Password.IsZero() {
				out = append(out, s.t.passwordFlags())
			}
			return out
		},
	}
}

// hasPassword: one was typed, or the saved one is taken in its place.
func (s *state) hasPassword() bool {
	if s.password.IsZero() {
		s.password = s.given.Kept
	}
	s.takesKept = s.password.IsZero() && s.given.Keeps
	return s.takesKept || !s.password.IsZero()
}

const unlockKey = "unlock"

// unlockStep asks for what opens the saved password, once that is wanted.
func unlockStep() step {
	return step{
		key:     unlockKey,
		strict:  true,
		passing: true,
		needs:   func(s *state) bool { return s.takesKept && s.given.Locked && s.passphrase.IsZero() },
		page: func(s *state) Page {
			return Page{
				Title:     s.t.passphraseTitle(false),
				Blocks:    []Block{{Plain, s.t.unlockWhy(s.given.Profile)}},
				Questions: []Question{{Key: unlockKey, Kind: Password, Label: s.t.passphraseLabel()}},
			}
		},
		take: func(s *state, a Answer) string {
			s.passphrase = a.Secrets[unlockKey]
			if s.passphrase.IsZero() {
				return s.t.passphraseMissing()
			}
			return ""
		},
		flags: func(s *state) []string { return []string{s.t.passphraseFlags()} },
	}
}

func (s *state) wantsKept() bool { return s.takesKept }

// readKept reads the saved password, which may ask a keyring or run a command.
func (w *Wizard) readKept(ctx context.Context) error {
	s := w.state
	w.deps.Prompter.Busy(s.t.readingKept())
	kept, err := w.deps.Keeper.Kept(ctx, s.given.Profile, s.passphrase)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		s.given.Kept, s.password, s.takesKept = kept, kept, false
	case !s.canAsk:
		return err
	default:
		s.problem, s.passphrase = s.t.keptUnreadable(err.Error()), submission.Secret{}
		if !s.given.Locked { // nothing that is asked would help
			s.given.Keeps, s.takesKept = false, false
			s.reopen("login")
		}
	}
	return nil
}

// asksUsername: the provider makes user names up, so that none follows from
// the address.
func (s *state) asksUsername(p picture) bool {
	return p.known != nil && p.known.Account.Username == preset.UsernameIssued && !s.fixed[submission.FieldUsername]
}

// whereInWords tells which provider it is and why, and where mail will go.
func (s *state) whereInWords(p picture) []Block {
	blocks := s.evidence(p)
	if s.found != nil && s.found.Filter != "" && p.byDNS {
		blocks = append(blocks, Block{Plain, s.t.behindFilter(p.mailbox.Domain, s.found.Filter)})
	}
	blocks = append(blocks, s.occupants()...)
	if len(p.endpoints) == 0 {
		return blocks
	}
	first, second := p.endpoints[0], submission.Endpoint{}
	if len(p.endpoints) > 1 {
		second = p.endpoints[1]
	}
	blocks = append(blocks, Block{Under, s.t.endpoint(first, second)})
	if user := s.username(p); user != "" {
		blocks = append(blocks, Block{Under, s.t.logsInAs(user, p.from.String())})
	}
	if s.bridge != nil && s.bridge.OwnProcess && s.bridge.Certificate != nil {
		blocks = append(blocks, Block{Plain, s.t.pinnedItself(s.bridge.Certificate.SHA256)})
	}
	return blocks
}

// evidence tells the provider and what speaks for it.
func (s *state) evidence(p picture) []Block {
	title, region := "", ""
	if p.known != nil {
		title = short(p.known.Title)
		for _, r := range p.known.Regions {
			if r.Name == p.region && !p.regionOpen() {
				region = short(r.Title)
			}
		}
	}
	switch {
	case p.own && (!p.byDNS || s.given.Demo), !p.decidedProvider():
		return nil
	case p.byDNS && p.known != nil && p.known.Kind == preset.Bridge:
		return []Block{{Plain, s.t.throughBridge(p.mailbox.Domain, title)}}
	case !p.byDNS:
		return []Block{{Plain, s.t.provider(title, region)}}
	case p.own:
		return []Block{{Plain, s.t.serverByDNS(p.mailbox.Domain, p.host, s.why(p))}}
	case len(p.candidate.Why) > 0 && p.candidate.Why[0].Kind == ByDomain:
		return []Block{{Plain, s.t.ownDomain(p.mailbox.Domain, title, region)}}
	}
	return []Block{{Plain, s.t.hostedAt(p.mailbox.Domain, title, region, s.why(p))}}
}

// short is a title without what it says in brackets.
func short(title string) string {
	before, _, _ := strings.Cut(title, " (")
	return before
}

func (s *state) why(p picture) string {
	if len(p.candidate.Why) == 0 {
		return ""
	}
	return s.t.why(p.candidate.Why[0])
}

// passwordGuide is which password it is and how to get it.
func (s *state) passwordGuide(p picture) []Block {
	switch {
	case s.given.Demo:
		return []Block{{Plain, s.t.passwordOfDemo(len(s.given.Notes) > 0)}}
	case p.preset == nil:
		return []Block{{Plain, s.t.passwordOfServer()}}
	}
	want := p.preset.Password
	out := paragraphs(want.Required)
	if want.URL == "" && len(want.Steps) == 0 {
		return append(out, Block{Plain, s.t.passwordGeneric(short(p.preset.Title))})
	}
	if len(out) == 0 {
		out = []Block{{Plain, s.t.howToGetIt(want.Kind == preset.PasswordMailbox || want.Kind == preset.PasswordAccount)}}
	}
	if want.Kind != preset.PasswordApp || s.machine == "" {
		return append(out, guide(want)...)
	}
	name := "smtpwiz " + s.machine
	if steps, named := s.t.named(want.Steps, name); named {
		want.Steps = steps
		return append(out, guide(want)...)
	}
	return append(append(out, guide(want)...), Block{Plain, s.t.nameForIt(name)})
}

func (s *state) passwordQuestion(p picture) Question {
	q := Question{Key: passwordKey, Label: s.t.password(), Kind: Password}
	if p.preset != nil {
		q.Label = s.t.passwordLabel(p.preset.Password.Label)
		if shape := p.preset.Password.Shape; shape != nil {
			q.Hint = s.t.characters(shape.Length)
			q.Shape = func(typed string) string {
				if bare, changed := shape.Ungroup(submission.NewSecret(typed)); changed {
					return s.t.withoutSpaces(bare.Len())
				}
				return ""
			}
		}
	}
	switch {
	case !s.password.IsZero() && s.password.Reveal() != s.given.Kept.Reveal():
		q.Optional, q.Hint = true, s.t.sameAsTyped(s.password.Len())
	case s.given.Demo:
		q.Optional, q.Hint = true, s.t.sameAsDemo()
	case !s.given.Kept.IsZero(), s.given.Keeps:
		q.Optional, q.Hint = true, s.t.sameAsSaved()
	}
	return q
}
