package support

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

func mustAddress(t testing.TB, s string) submission.Address {
	t.Helper()
	a, err := submission.ParseAddress(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// aliceAtZoho writes from a domain of her own, from home.
func aliceAtZoho(t testing.TB) Known {
	return Known{
		Addresses: []submission.Address{mustAddress(t, "alice.smith@smith-family.org"), mustAddress(t, "bob@zoho.com"), mustAddress(t, "post@grün.example")},
		Names:     []string{"Alice Smith", "asmith7"},
		Machines:  []string{"laptop.fritz.box"},
		Home:      "/home/asmith",
		Hosts:     []string{"smtp.zoho.com"},
		Domains:   []string{"zohomail.com"},
		Servers:   []netip.Addr{netip.MustParseAddr("203.0.113.5"), netip.MustParseAddr("2001:db8::25")},
		Public:    []string{"help@desk.example"},
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		// Addresses, the same by the same, whatever the case and the encoding.
		"<alice.smith@smith-family.org>":               "<you1@domain1.example>",
		"Alice.Smith@Smith-Family.ORG.":                "you1@domain1.example.",
		"alice.smith%40smith-family.org":               "you1%40domain1.example",
		"rfc822;alice.smith+40smith-family.org":        "rfc822;you1+40domain1.example",
		"user=alice.smith@smith-family.org ":           "user=you1@domain1.example ",
		"MAIL FROM:<bob@zoho.com> SIZE=1":              "MAIL FROM:<you2@zoho.com> SIZE=1",
		"post@grün.example, post@xn--grn-ioa.example":  "you3@domain2.example, you3@domain2.example",
		"carol@example.net and dave@zohomail.com":      "you4@domain3.example and you5@zohomail.com",
		`"carol b"@example.net and "carol"@[10.0.0.9]`: `you4@domain3.example and you5@[ip1]`,
		"malice.smith@smith-family.org":                "you4@domain1.example",
		"  Sender:  p=C3=A4ul@smith-family.org":        "  Sender:  you4@domain1.example",
		"<k2.smtpwiz@smith-family.org>":                "<you4@domain1.example>",
		// Names alone.
		"user alice.smith unknown":                  "user you1 unknown",
		`From: "Alice Smith" <bob@zoho.com>`:        `From: "you4" <you2@zoho.com>`,
		"From: =?utf-8?b?QWxpY2U=?= <bob@zoho.com>": "From: name1 <you2@zoho.com>",
		"Alice Smith, ASMITH7 and casmith7":         "you4, you5 and casmith7",
		"reading /home/asmith/ca.pem":               "reading ~/ca.pem",
		"mail.smith-family.org, smith-family.org":   "mail.domain1.example, domain1.example",
		"post is a word, and so is bob":             "post is a word, and so is you2",
		// Machines and IP addresses of the user's side.
		"EHLO laptop.fritz.box":                            "EHLO host1.example",
		"EHLO [192.168.1.5]":                               "EHLO [ip1]",
		"EHLO [IPv6:2001:db8::77]":                         "EHLO [IPv6:ip1]",
		"smtp.zoho.com Hello dsl-7.isp.net [198.51.100.7]": "smtp.zoho.com Hello host1.example [ip1]",
		"Hello p198-51-100-7.dsl.isp.net, pleased":         "Hello host1.example, pleased",
		"550 5.7.1 [198.51.100.7] listed":                  "550 5.7.1 [ip1] listed",
		"198.51.100.7, 198.51.100.8, 198.51.100.7":         "ip1, ip2, ip1",
		"7.100.51.198.zen.example.org":                     "ip1.zen.example.org",
		"https://lists.example.org/q/ip/198.51.100.7.":     "https://lists.example.org/q/ip/ip1.",
		"from 2001:db8:1::7: refused":                      "from ip1: refused",
		"[2001:db8:1::7]:587, ::ffff:198.51.100.7":         "[ip1]:587, ip2",
		"bad:198.51.100.7":                                 "bad:ip1",
		" 1  192.168.1.1  0.512 ms":                        " 1  ip1  0.512 ms",
		"  1.|-- 192.168.1.1   0.0%  3":                    "  1.|-- ip1   0.0%  3",
		// What stays.
		"traceroute to 203.0.113.5 (203.0.113.5), 20 hops max": "traceroute to 203.0.113.5 (203.0.113.5), 20 hops max",
		"[2001:db8::25]:465 203.0.113.5:465":                   "[2001:db8::25]:465 203.0.113.5:465",
		"127.0.0.1 ::1 [::1]:25 localhost":                     "127.0.0.1 ::1 [::1]:25 localhost",
		"mx-1-2-3-4.zoho.com (203.0.113.5)":                    "mx-1-2-3-4.zoho.com (203.0.113.5)",
		"220 mx.zoho.com SMTP Server ready 12:34:56 5.7.1.":    "220 mx.zoho.com SMTP Server ready 12:34:56 5.7.1.",
		"write to help@desk.example or postmaster@example.net": "write to help@desk.example or postmaster@example.net",
		"TLS 1.3, 250-SIZE 1000, std::string, C: QUIT, *S:":    "TLS 1.3, 250-SIZE 1000, std::string, C: QUIT, *S:",
		"535 5.7.8 Authentication failed":                      "535 5.7.8 Authentication failed",
		"smtpwiz self-test ABC123: smtp.zoho.com port 465":     "smtpwiz self-test ABC123: smtp.zoho.com port 465",
		"@ a@ @b 1@ ::: ... é ":                                "@ a@ @b 1@ ::: ... é ",
		"":                                                     "",
	} {
		if got := NewMask(aliceAtZoho(t)).Clean(in); got != want {
			t.Errorf("%q\n became %q,\n  want  %q", in, got, want)
		}
	}
}

// One mask tells the same by the same across texts.
func TestMaskIsConsistent(t *testing.T) {
	t.Parallel()
	m := NewMask(aliceAtZoho(t))
	first := m.Clean("zoe@example.net [198.51.100.9]")
	m.Clean("yan@example.com [198.51.100.10] ")
	if again := m.Clean("zoe@example.net [198.51.100.9]"); again != first {
		t.Errorf("%q, then %q", first, again)
	}
}

func TestMaskOfNothingKnown(t *testing.T) {
	t.Parallel()
	m := NewMask(Known{Names: []string{"***", "", "x"}})
	if got := m.Clean("carol@example.net [198.51.100.7] mail *** x"); got != "you1@domain1.example [ip1] mail *** x" {
		t.Errorf("got %q", got)
	}
}

// FuzzMask: no address of the user's survives, whatever stands around it.
func FuzzMask(f *testing.F) {
	f.Add("250 <", "> ok")
	f.Add("a@", "@b")
	f.Add("1.2.3.", ".4")
	f.Add("é", "é")
	f.Add("::", ":1")
	f.Fuzz(func(t *testing.T, before, after string) {
		m := NewMask(aliceAtZoho(t))
		for _, secret := range []string{"alice.smith@smith-family.org", "bob@zoho.com"} {
			got := m.Clean(before + secret + after)
			if strings.Contains(strings.ToLower(got), secret) && !strings.Contains(before+after, secret) {
				t.Errorf("%q became %q", before+secret+after, got)
			}
		}
	})
}
