package sasl

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ErrNoneUsable: nothing that is offered can be used without being forced.
var ErrNoneUsable = errors.New("no usable SASL mechanism")

// NotOfferedError: the forced mechanism is not one that the server offers.
type NotOfferedError struct {
	Mechanism string
	Offered   []string // as the server named them
}

func (e *NotOfferedError) Error() string {
	return fmt.Sprintf("%s is not offered: %s", e.Mechanism, offer(e.Offered))
}

// Situation is what the choice depends on.
type Situation struct {
	Offered []string // the mechanisms of EHLO, in any case
	Forced  string   // the only mechanism to use, in any case; "" to choose
	Clear   bool     // no TLS, which is so on loopback only
	Binding *Binding // of the connection; nil rules -PLUS out
}

// Mechanisms lists every name that may be forced.
func Mechanisms() []string {
	return append(preference(), XOAuth2, OAuthBearer, External)
}

// preference is the path that the user's own mail program will take: passwords
// as they are, inside TLS. Servers offer the others also for accounts whose
// stored hash cannot do them, so a refusal there would prove little.
func preference() []string {
	return []string{Plain, Login, SCRAMSHA256Plus, SCRAMSHA256, SCRAMSHA1Plus, SCRAMSHA1, CRAMMD5}
}

// Candidates lists the mechanisms to try, best first; in clear the order is
// reversed, so that the password is readable only where nothing else is left.
// The next one is to be tried only after the server refused the mechanism
// itself. Errors are ErrNoneUsable, and for a forced mechanism
// *NotOfferedError, ErrUnknownMechanism or ErrNoBinding.
func Candidates(s Situation) ([]string, error) {
	if s.Forced != "" {
		return s.forced()
	}
	var fit []string
	for _, m := range preference() {
		if s.offers(m) && (s.Binding != nil || !needsBinding(m)) {
			fit = append(fit, m)
		}
	}
	if len(fit) == 0 {
		return nil, fmt.Errorf("%w: %s", ErrNoneUsable, offer(s.Offered))
	}
	if s.Clear {
		slices.Reverse(fit)
	}
	return fit, nil
}

func (s Situation) forced() ([]string, error) {
	name := strings.ToUpper(s.Forced)
	switch {
	case !isKnown(name):
		return nil, unknown(s.Forced)
	case !s.offers(name):
		return nil, &NotOfferedError{Mechanism: name, Offered: s.Offered}
	case needsBinding(name) && s.Binding == nil:
		return nil, fmt.Errorf("%s: %w", name, ErrNoBinding)
	}
	return []string{name}, nil
}

func (s Situation) offers(mechanism string) bool {
	return slices.ContainsFunc(s.Offered, func(o string) bool { return strings.EqualFold(o, mechanism) })
}

func isKnown(mechanism string) bool      { return slices.Contains(Mechanisms(), mechanism) }
func needsBinding(mechanism string) bool { return strings.HasSuffix(mechanism, "-PLUS") }

func unknown(mechanism string) error {
	return fmt.Errorf("%w %q: use one of %s", ErrUnknownMechanism, mechanism, strings.Join(Mechanisms(), ", "))
}

// offer tells what the server offers, safe to print and of bounded length.
func offer(names []string) string {
	const maxNames = 20
	if len(names) == 0 {
		return "the server offers none"
	}
	var shown []string
	for _, n := range names[:min(len(names), maxNames)] {
		if !isName(n) {
			n = strconv.QuoteToASCII(n[:min(len(n), maxNameLength)])
		}
		shown = append(shown, n)
	}
	if len(names) > maxNames {
		shown = append(shown, "…")
	}
	return "the server offers " + strings.Join(shown, ", ")
}

// maxNameLength is that of a mechanism's name (RFC 4422 section 3.1).
const maxNameLength = 20

func isName(s string) bool {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return s != "" && len(s) <= maxNameLength && strings.Trim(s, alphabet) == ""
}
