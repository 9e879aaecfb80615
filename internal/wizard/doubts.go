package wizard

import (
	"strings"
	"unicode"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// doubt is what makes a password look like a slip.
type doubt string

const (
	noDoubt       doubt = ""
	isUsername    doubt = "username"  // the user name or an address stands in its place
	isKey         doubt = "key"       // a private key, or a link to make codes with
	isCode        doubt = "code"      // the six digits of a second factor
	hasLineBreak  doubt = "line"      // a line end within
	hasEdgeSpace  doubt = "space"     // white space before or after it
	otherShape    doubt = "shape"     // not as the provider's passwords look
	otherAlphabet doubt = "non-ascii" // letters that programs send in different ways
)

// ungroup takes out the spaces that the provider shows between groups.
func (s *state) ungroup() {
	p := s.look()
	if p.preset == nil || p.preset.Password.Shape == nil {
		return
	}
	if bare, changed := p.preset.Password.Shape.Ungroup(s.password); changed {
		s.password, s.ungrouped = bare, true
	}
}

// doubted is the first thing about the password to ask about. What a flag gave
// is sent as it is.
func (s *state) doubted() doubt {
	text := s.password.Reveal()
	if text == "" || !s.canAsk || text == s.given.Password.Reveal() || text == s.given.Kept.Reveal() || s.report != nil {
		return noDoubt
	}
	return s.slipIn(text)
}

// warn tells of slips in what was given where nobody can be asked about them.
func (w *Wizard) warn() {
	s := w.state
	if s.canAsk || s.given.Password.IsZero() {
		return
	}
	if meant := s.slip(); meant != "" {
		w.deps.Prompter.Tell(Block{Plain, s.t.slipTitle(meant)})
	}
	if d := s.slipIn(s.password.Reveal()); d != noDoubt {
		w.deps.Prompter.Tell(Block{Plain, s.t.triedAsGiven(s.doubtInWords(d))})
	}
}

// slipIn is the first thing about a password that looks like a slip.
func (s *state) slipIn(text string) doubt {
	p := s.look()
	bare := strings.TrimSpace(text)
	shaped := p.preset != nil && p.preset.Password.Shape != nil
	for _, d := range []struct {
		kind doubt
		yes  bool
	}{
		{hasEdgeSpace, bare != text},
		{hasLineBreak, strings.ContainsAny(bare, "\r\n")},
		{isUsername, s.looksLikeUser(p, bare)},
		{isKey, strings.Contains(bare, "-----BEGIN") || strings.HasPrefix(strings.ToLower(bare), "otpauth://") || strings.HasPrefix(strings.ToLower(bare), "https://")},
		{isCode, len(bare) == 6 && strings.Trim(bare, "0123456789") == ""},
		{otherShape, shaped && !p.preset.Password.Shape.Fits(s.password)},
		{otherAlphabet, strings.ContainsFunc(bare, func(r rune) bool { return r > unicode.MaxASCII })},
	} {
		if d.yes && !s.accepted[d.kind] {
			return d.kind
		}
	}
	return noDoubt
}

// looksLikeUser: the user name or an address of the domain. Where names are
// issued, a token may well be both name and password.
func (s *state) looksLikeUser(p picture, text string) bool {
	if strings.EqualFold(text, s.username(p)) && !s.asksUsername(p) {
		return true
	}
	a, err := submission.ParseAddress(text)
	return err == nil && a.ASCIIDomain() == p.from.ASCIIDomain()
}

func doubtStep() step {
	return step{
		key:     "doubt",
		strict:  true,
		passing: true,
		needs:   func(s *state) bool { return s.doubted() != noDoubt },
		page: func(s *state) Page {
			d := s.doubted()
			p := Page{
				Title:  s.doubtInWords(d),
				Blocks: []Block{{Plain, s.t.received(s.password.Len())}},
				Next:   s.t.pasteAgain(),
				Actions: []Action{
					{Key: "anyway", Label: s.t.tryAnyway(), Letter: "t"},
				},
			}
			if d == hasEdgeSpace {
				p.Next = s.t.leaveOut()
				p.Actions = append(p.Actions, Action{Key: "again", Label: s.t.pasteAgain(), Letter: "p"})
			}
			return p
		},
		take: func(s *state, _ Answer) string {
			if s.doubted() == hasEdgeSpace {
				s.setPassword(submission.NewSecret(strings.TrimSpace(s.password.Reveal())))
				s.ungroup()
				return ""
			}
			s.pasteAgain()
			return ""
		},
		act: func(s *state, key string) {
			if key == "again" {
				s.pasteAgain()
				return
			}
			s.accepted[s.doubted()] = true
		},
	}
}

// pasteAgain asks for another password; the one there was is gone.
func (s *state) pasteAgain() {
	s.setPassword(submission.Secret{})
	s.reopen("login")
}

func (s *state) doubtInWords(d doubt) string {
	switch d {
	case hasEdgeSpace:
		return s.t.doubtSpace()
	case hasLineBreak:
		return s.t.doubtLine()
	case isUsername:
		return s.t.doubtUsername()
	case isKey:
		return s.t.doubtKey()
	case isCode:
		return s.t.doubtCode()
	case otherAlphabet:
		return s.t.doubtNonASCII()
	}
	want := s.look().preset.Password
	return s.t.doubtShape(want.Label, want.Shape.Length, string(want.Shape.Alphabet), want.Refused)
}
