package preset

import (
	"regexp"
	"slices"
	"unicode"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Fits reports whether a refusal is worded like this. The text is the reply's,
// with or without its codes; a stage of "" and a code of 0 are not known and
// fit all.
func (r Reply) Fits(stage string, code int, text string) bool {
	if stage != "" && len(r.Stages) > 0 && !slices.Contains(r.Stages, stage) {
		return false
	}
	if code != 0 && r.Code != 0 && code != r.Code {
		return false
	}
	re, err := compile(r.Pattern)
	return err == nil && re.MatchString(text)
}

// GreetingFits reports whether the text of a 220 is as this provider's; so is
// any where the preset does not know.
func (m Match) GreetingFits(text string) bool {
	re, err := compile(m.Greeting)
	return err != nil || re.MatchString(text)
}

// compile reads a pattern of a preset: RE2 without regard to case, "." across
// the lines of a reply.
func compile(pattern string) (*regexp.Regexp, error) { return regexp.Compile("(?is:" + pattern + ")") }

// Ungroup takes out the spaces and hyphens that a provider shows between the
// groups of such a secret, and reports whether there were any. Of a secret
// that does not look so it changes nothing.
func (s Shape) Ungroup(secret submission.Secret) (submission.Secret, bool) {
	if !s.Grouped {
		return secret, false
	}
	var kept []rune
	text := secret.Reveal()
	for _, r := range text {
		if r != '-' && !unicode.IsSpace(r) {
			kept = append(kept, r)
		}
	}
	bare := submission.NewSecret(string(kept))
	if string(kept) == text || !s.Fits(bare) {
		return secret, false
	}
	return bare, true
}

// Fits reports whether a secret looks like this, letter for letter.
func (s Shape) Fits(secret submission.Secret) bool {
	if secret.Len() != s.Length {
		return false
	}
	for _, r := range secret.Reveal() {
		if !s.Alphabet.has(r) {
			return false
		}
	}
	return true
}

func (a Alphabet) has(r rune) bool {
	letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	digit := '0' <= r && r <= '9'
	switch a {
	case Letters:
		return letter
	case Alphanumeric:
		return letter || digit
	case Hex:
		return digit || 'a' <= r && r <= 'f' || 'A' <= r && r <= 'F'
	case Base64URL:
		return letter || digit || r == '-' || r == '_'
	}
	return false
}
