package submission

import (
	"net/mail"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestParseAddress(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 64)
	label := strings.Repeat("b", 63)
	for _, tt := range []struct {
		in, local, domain string
		wire              string // "" for the same as in
		utf8              bool   // needs SMTPUTF8
	}{
		{in: "you@example.com", local: "you", domain: "example.com"},
		{in: "  you@example.com ", local: "you", domain: "example.com", wire: "you@example.com"},
		{in: "You@Example.COM", local: "You", domain: "Example.COM", wire: "You@example.com"},
		{in: "you@example.com.", local: "you", domain: "example.com", wire: "you@example.com"},
		{in: "you+tag@mail.example.com", local: "you+tag", domain: "mail.example.com"},
		{in: "!#$%&'*+-/=?^_`{|}~@example.com", local: "!#$%&'*+-/=?^_`{|}~", domain: "example.com"},
		{in: "a..b.@example.com", local: "a..b.", domain: "example.com"},
		{in: "you@localhost", local: "you", domain: "localhost"},
		{in: "you@_private.example", local: "you", domain: "_private.example"},
		{in: "you@ab--cd.example", local: "you", domain: "ab--cd.example"},
		{in: "you@xn--bcher-kva.example", local: "you", domain: "xn--bcher-kva.example"},
		{in: long + "@" + label + ".example", local: long, domain: label + ".example"},

		{in: "you@bücher.example", local: "you", domain: "bücher.example", wire: "you@xn--bcher-kva.example"},
		{in: "you@BÜCHER.example", local: "you", domain: "BÜCHER.example", wire: "you@xn--bcher-kva.example"},
		{in: "you@例え。テスト", local: "you", domain: "例え。テスト", wire: "you@xn--r8jz45g.xn--zckzah"},
		{in: "jürgen@example.com", local: "jürgen", domain: "example.com", utf8: true},
		{in: "用户@例え.テスト", local: "用户", domain: "例え.テスト", wire: "用户@xn--r8jz45g.xn--zckzah", utf8: true},
		{in: "उपयोगक\u094d\u200dता@example.com", local: "उपयोगक\u094d\u200dता", domain: "example.com", utf8: true},

		{in: `"two words"@example.com`, local: `"two words"`, domain: "example.com"},
		{in: `"a@b"@example.com`, local: `"a@b"`, domain: "example.com"},
		{in: `"a\"b\\c"@example.com`, local: `"a\"b\\c"`, domain: "example.com"},
		{in: `"<>()[],;: "@example.com`, local: `"<>()[],;: "`, domain: "example.com"},
		{in: `"ü\ü"@example.com`, local: `"ü\ü"`, domain: "example.com", utf8: true},

		{in: "you@[192.0.2.1]", local: "you", domain: "[192.0.2.1]"},
		{in: "you@[IPv6:2001:db8::1]", local: "you", domain: "[IPv6:2001:db8::1]"},

		{in: "<you@example.com>", local: "you", domain: "example.com", wire: "you@example.com"},
		{in: "You <you@example.com>", local: "you", domain: "example.com", wire: "you@example.com"},
		{in: `"Du, Sie" <you@example.com>`, local: "you", domain: "example.com", wire: "you@example.com"},
		{in: "Jürgen <jürgen@bücher.example>", local: "jürgen", domain: "bücher.example", wire: "jürgen@xn--bcher-kva.example", utf8: true},
		{in: `You <"two words"@example.com>`, local: `"two words"`, domain: "example.com", wire: `"two words"@example.com`},
		{in: `You <"a@b"@example.com>`, local: `"a@b"`, domain: "example.com", wire: `"a@b"@example.com`},
	} {
		a, err := ParseAddress(tt.in)
		if err != nil || a.Local != tt.local || a.Domain != tt.domain {
			t.Errorf("ParseAddress(%q) = %q @ %q, %v", tt.in, a.Local, a.Domain, err)
			continue
		}
		if tt.wire == "" {
			tt.wire = tt.in
		}
		if got := a.Wire(); got != tt.wire {
			t.Errorf("%q: Wire is %q, want %q", tt.in, got, tt.wire)
		}
		if got := a.String(); got != tt.local+"@"+tt.domain {
			t.Errorf("%q: String is %q", tt.in, got)
		}
		if got := a.NeedsSMTPUTF8(); got != tt.utf8 {
			t.Errorf("%q: NeedsSMTPUTF8 is %t", tt.in, got)
		}
	}
}

func TestParseAddressRefuses(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		"", " ", "you", "@", "you@", "@example.com", "you@.", "you@example..com", "you@.example.com", "you@-a.example",
		"two words@example.com", "a@b@example.com", "a,b@example.com", "a;b@example.com", "a\u00a0b@example.com", `a"b@example.com`,
		`"@example.com`, `""@example.com`, `"a"b"@example.com`, `"a\"@example.com`, `a"b"@example.com`,
		strings.Repeat("a", 65) + "@example.com", strings.Repeat("ü", 33) + "@example.com",
		"you@" + strings.Repeat("b", 64) + ".example", "you@" + strings.Repeat("b.", 127) + "example",
		"you@exa mple.com", "you@example.com/path", "you@192.0.2.1", "you@example.123",
		"you@[192.0.2.300]", "you@[2001:db8::1]", "you@[IPv6:192.0.2.1]", "you@[IPv6:fe80::1%eth0]", "you@[IPv6:]", "you@[]", "you@[x]", "you@[192.0.2.1",
		"You <you@example.com", "You you@example.com>", "A <a@example.com>, B <b@example.com>", "<a@example.com> <b@example.com>", "You <>",
		// What would end or add to a command, or hide in it.
		"you@example.com\r\nRCPT TO:<them@example.com>", "you\n@example.com", "you@example.com\n", "you\x00@example.com",
		"you> SIZE=1 <@example.com", `"you"> BODY=8BITMIME "@example.com`, "you@[192.0.2.1> SIZE=1 x]", "you@example.com> SIZE=1",
		"\ufeffyou@example.com", "you@exam\u200bple.com", "\u202eyou@example.com", "you\u2028@example.com", "you\xff@example.com",
	} {
		if a, err := ParseAddress(in); err == nil {
			t.Errorf("ParseAddress(%q) = %q @ %q, want an error", in, a.Local, a.Domain)
		} else if strings.ContainsFunc(err.Error(), unicode.IsControl) || !utf8.ValidString(err.Error()) {
			t.Errorf("ParseAddress(%q): the error %q is not safe to print", in, err)
		} else if a != (Address{}) {
			t.Errorf("ParseAddress(%q) returns %v with its error", in, a)
		}
	}
}

func TestZeroAddress(t *testing.T) {
	t.Parallel()
	var a Address
	if a.String() != "" || a.Wire() != "" || a.NeedsSMTPUTF8() {
		t.Errorf("String %q, Wire %q, NeedsSMTPUTF8 %t", a.String(), a.Wire(), a.NeedsSMTPUTF8())
	}
}

func TestEnvelope(t *testing.T) {
	t.Parallel()
	plain, international := Address{"you", "bücher.example"}, Address{"jürgen", "example.com"}
	for _, tt := range []struct {
		from, to Address
		want     bool
	}{{plain, plain, false}, {plain, international, true}, {international, plain, true}} {
		if e := (Account{From: tt.from, To: tt.to}).Envelope(); e.NeedsSMTPUTF8() != tt.want || e.From != tt.from || e.To != tt.to {
			t.Errorf("%v: NeedsSMTPUTF8 is %t", e, e.NeedsSMTPUTF8())
		}
	}
}

// FuzzParseAddress: what is accepted can stand between < and > in a command,
// is the same when read again, and is an address for net/mail too.
func FuzzParseAddress(f *testing.F) {
	for _, seed := range []string{
		"you@example.com", "You <you@bücher.example>", `"a\"b"@example.com`, "you@[IPv6:::1]", "用户@例え.テスト",
		`"a"> X "@b.example`, "a@b\r\n", "x@xn--a.example", "a@[1.2.3.4> x]", "\u202ea@b", `N <"a@b"@c>`, "a@b。c",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAddress(s)
		if err != nil {
			return
		}
		wire := a.Wire()
		if strings.ContainsFunc(wire, unicode.IsControl) || !utf8.ValidString(wire) {
			t.Fatalf("%q: Wire is %q", s, wire)
		}
		if outside := unquoted(wire); strings.ContainsAny(outside, " <>,;()\"\\") || strings.Count(outside, "@") != 1 {
			t.Fatalf("%q: Wire is %q", s, wire)
		}
		if !isASCII(a.ASCIIDomain()) {
			t.Fatalf("%q: the domain is %q", s, a.ASCIIDomain())
		}
		again, err := ParseAddress(wire)
		if err != nil || again.Wire() != wire || again.Local != a.Local {
			t.Fatalf("%q: Wire %q is read as %q, %v", s, wire, again.Wire(), err)
		}
		if typed, err := ParseAddress(a.String()); err != nil || typed != a {
			t.Fatalf("%q: %q is read as %v, %v", s, a.String(), typed, err)
		}
		if _, err := mail.ParseAddress("<" + wire + ">"); err != nil && isASCII(wire) && !strings.Contains(wire, "..") &&
			!strings.HasPrefix(wire, ".") && !strings.Contains(wire, ".@") && !strings.HasSuffix(wire, "]") {
			t.Fatalf("%q: net/mail refuses %q: %v", s, wire, err)
		}
	})
}

// unquoted is an address without its quoted local part.
func unquoted(s string) string {
	if strings.HasPrefix(s, `"`) {
		return s[strings.LastIndex(s, `"@`)+1:]
	}
	return s
}
