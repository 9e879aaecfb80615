package submission

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Address is a mailbox's addr-spec, taken apart (RFC 5321 section 4.1.2, with
// RFC 6531 for what is not ASCII).
type Address struct {
	Local  string // as typed
	Domain string // as typed, without a final dot
}

// ParseAddress reads "local@domain", or "Name <local@domain>", whose name it drops.
func ParseAddress(s string) (Address, error) {
	if err := checkVisible(s); err != nil {
		return Address{}, fmt.Errorf("address %w", err)
	}
	bare := withoutName(strings.TrimSpace(s))
	at := strings.LastIndexByte(bare, '@')
	if at <= 0 || at == len(bare)-1 {
		return Address{}, fmt.Errorf("%q is not an address: it has the form you@example.com", s)
	}
	a := Address{Local: bare[:at], Domain: strings.TrimSuffix(bare[at+1:], ".")}
	if err := a.check(); err != nil {
		return Address{}, fmt.Errorf("%q is not an address: %w", s, err)
	}
	return a, nil
}

// withoutName takes the addr-spec out of "Name <local@domain>". It is cut out
// by hand because net/mail would bring sockets into this room.
func withoutName(s string) string {
	open := strings.LastIndexByte(s, '<')
	if open < 0 || !strings.HasSuffix(s, ">") {
		return s
	}
	name := strings.TrimSpace(s[:open])
	quoted := len(name) > 1 && name[0] == '"' && name[len(name)-1] == '"'
	if !quoted && strings.ContainsAny(name, "<>@,;") {
		return s // several addresses, which are then refused as one
	}
	return s[open+1 : len(s)-1]
}

func (a Address) check() error {
	if !isAtoms(a.Local) && !isQuotedString(a.Local) {
		return fmt.Errorf("%q cannot stand before the @", a.Local)
	}
	if len(a.Local) > 64 {
		return errors.New("more than 64 octets before the @")
	}
	if isAddressLiteral(a.Domain) {
		return nil
	}
	_, err := domainToASCII(a.Domain)
	return err
}

// isAtoms is a local part without quotes. Dots may stand anywhere: some
// providers gave out addresses like a..b@ and .a@ against RFC 5321.
func isAtoms(local string) bool {
	return !strings.ContainsFunc(local, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(`"(),:;<>@[\]`, r)
	})
}

// isQuotedString is the Quoted-string of RFC 5321 section 4.1.2: a quote or
// backslash inside has a backslash before it.
func isQuotedString(local string) bool {
	inside, opened := strings.CutPrefix(local, `"`)
	inside, closed := strings.CutSuffix(inside, `"`)
	for i := 0; i < len(inside); i++ {
		if inside[i] == '\\' {
			i++
			closed = closed && i < len(inside) // else it is the last quote that has it
		} else if inside[i] == '"' {
			return false
		}
	}
	return opened && closed && inside != ""
}

// isAddressLiteral is "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 section 4.1.3).
func isAddressLiteral(domain string) bool {
	inside, open := strings.CutPrefix(domain, "[")
	inside, closed := strings.CutSuffix(inside, "]")
	const tag = "IPv6:"
	six := len(inside) > len(tag) && strings.EqualFold(inside[:len(tag)], tag)
	if six {
		inside = inside[len(tag):]
	}
	addr, err := netip.ParseAddr(inside)
	return open && closed && err == nil && addr.Is6() == six && addr.Zone() == ""
}

// String is the address as it was typed.
func (a Address) String() string {
	if a == (Address{}) {
		return ""
	}
	return a.Local + "@" + a.Domain
}

// Wire is the address as it goes into MAIL and RCPT: the domain as A-labels,
// which every server understands.
func (a Address) Wire() string {
	if a == (Address{}) {
		return ""
	}
	return a.Local + "@" + a.ASCIIDomain()
}

// ASCIIDomain is the domain as A-labels.
func (a Address) ASCIIDomain() string {
	if d, err := domainToASCII(a.Domain); err == nil {
		return d
	}
	return a.Domain
}

// NeedsSMTPUTF8 reports whether only a server with SMTPUTF8 can carry the
// address: its local part is not ASCII (RFC 6531 section 3.2).
func (a Address) NeedsSMTPUTF8() bool {
	return strings.ContainsFunc(a.Local, func(r rune) bool { return r > unicode.MaxASCII })
}

// Envelope is who a message is from and for, apart from its header.
type Envelope struct {
	From, To Address
}

// NeedsSMTPUTF8 reports whether one of the two addresses does.
func (e Envelope) NeedsSMTPUTF8() bool { return e.From.NeedsSMTPUTF8() || e.To.NeedsSMTPUTF8() }

// domainToASCII returns a name as A-labels in lower case (RFC 5891). Names that
// are ASCII need none of IDNA's rules, which forbid what DNS and private
// networks have: an underscore, or two hyphens in the third place.
func domainToASCII(domain string) (string, error) {
	const most = 253 * utf8.UTFMax // longer ones are no names, and would keep Punycode busy
	if len(domain) > most {
		return "", fmt.Errorf("%d octets are no domain name", len(domain))
	}
	ascii, err := strings.ToLower(domain), error(nil)
	if !isASCII(domain) {
		ascii, err = idna.Lookup.ToASCII(domain)
	}
	if err != nil || !isDomainName(ascii) {
		return "", fmt.Errorf("%q is not a domain name", domain)
	}
	return ascii, nil
}

// isDomainName checks a name in lower-case ASCII, without a final dot (RFC 1123
// section 2.1): labels of 1 to 63 octets, 253 in all, and a last label that is
// no number, for then it is an IPv4 address with a slip in it.
func isDomainName(s string) bool {
	labels := strings.Split(s, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || strings.Trim(l, letters+digits+"-_") != "" {
			return false
		}
	}
	return len(s) <= 253 && strings.Trim(labels[len(labels)-1], digits) != ""
}

const (
	letters = "abcdefghijklmnopqrstuvwxyz"
	digits  = "0123456789"
)

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}

// checkVisible refuses what nobody sees or means when typing: controls (a line
// end among them), and the marks of direction and width zero that a paste
// brings along. The joiners of Indic and Persian writing are none of these.
func checkVisible(s string) error {
	const zwnj, zwj = '\u200c', '\u200d'
	hidden := func(r rune) bool {
		return r != zwnj && r != zwj && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, hidden) {
		return fmt.Errorf("%q holds a character that cannot be seen", s)
	}
	return nil
}
