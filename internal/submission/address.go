package submission

import (
	"fmt"
	"net/mail"
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
	if strings.ContainsFunc(s, unicode.IsControl) || !utf8.ValidString(s) {
		return Address{}, fmt.Errorf("address %q holds a control character", s)
	}
	bare := strings.TrimSpace(s)
	if strings.HasSuffix(bare, ">") {
		parsed, err := mail.ParseAddress(bare)
		if err != nil {
			return Address{}, fmt.Errorf("%q is not an address", s)
		}
		bare = parsed.Address
	}
	at := strings.LastIndexByte(bare, '@')
	if at <= 0 || at == len(bare)-1 {
		return Address{}, fmt.Errorf("%q is not an address: it has the form you@example.com", s)
	}
	a := Address{Local: bare[:at], Domain: strings.TrimSuffix(bare[at+1:], ".")}
	if err := a.check(s); err != nil {
		return Address{}, err
	}
	return a, nil
}

func (a Address) check(typed string) error {
	quoted := strings.HasPrefix(a.Local, `"`) && strings.HasSuffix(a.Local, `"`) && len(a.Local) > 2
	if !quoted && strings.ContainsAny(a.Local, " \t\"(),:;<>@[\\]") {
		return fmt.Errorf("%q is not an address: %q cannot stand before the @", typed, a.Local)
	}
	if len(a.Local) > 64 {
		return fmt.Errorf("%q is not an address: more than 64 octets before the @", typed)
	}
	if strings.HasPrefix(a.Domain, "[") && strings.HasSuffix(a.Domain, "]") {
		return nil
	}
	if _, err := domainToASCII(a.Domain); err != nil {
		return fmt.Errorf("%q is not an address: %w", typed, err)
	}
	return nil
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

func domainToASCII(domain string) (string, error) {
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || ascii == "" {
		// Lookup is strict about what STD 3 forbids; an underscore is common in private names.
		if relaxed := strings.ReplaceAll(domain, "_", "x"); relaxed != domain && isASCII(domain) {
			if _, err := idna.Lookup.ToASCII(relaxed); err == nil {
				return strings.ToLower(domain), nil
			}
		}
		return "", fmt.Errorf("%q is not a domain name", domain)
	}
	if strings.Contains("."+ascii+".", "..") || len(ascii) > 253 {
		return "", fmt.Errorf("%q is not a domain name", domain)
	}
	return ascii, nil
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}
