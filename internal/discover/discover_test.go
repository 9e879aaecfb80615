package discover

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// find asks a zone about an address.
func find(ctx context.Context, address, text string) Result {
	a, err := submission.ParseAddress(address)
	if err != nil {
		panic(err)
	}
	f := Finder{Library: library, Resolver: parseZone(text)}
	return f.Find(ctx, a)
}

// lines is a result as text: what is said of the domain, then the candidates as
//
//	zoho-pro/eu mx:mx.zoho.eu
//	ovh/eu#pro@pro2.mail.ovh.net mx:mx1.mail.ovh.net +autodiscover:pro2.mail.ovh.net
//	own mail.example.com:465=ssl srv:mail.example.com !
//
// where ! marks a host that nothing but DNS speaks for.
func lines(r Result) []string {
	var out []string
	for _, said := range []struct {
		ok   bool
		text string
	}{
		{r.Suggestion != "", "suggest " + r.Suggestion}, {r.DomainMissing, "missing"}, {r.NoMail, "no mail"},
		{r.DNSFailed != nil, "failed"}, {r.Filter != "", "filter " + r.Filter}, {r.ForwardOnly != "", "forward " + r.ForwardOnly},
	} {
		if said.ok {
			out = append(out, said.text)
		}
	}
	for _, c := range r.Candidates {
		out = append(out, line(c))
	}
	return out
}

func line(c Candidate) string {
	var b strings.Builder
	if c.Preset != nil {
		b.WriteString(c.Preset.Name)
		for _, part := range []struct{ mark, text string }{{"/", c.Region}, {"#", c.Variant}, {"@", c.Host}} {
			if part.text != "" {
				b.WriteString(part.mark + part.text)
			}
		}
	} else {
		b.WriteString("own")
		for _, e := range c.Endpoints {
			fmt.Fprintf(&b, " %s=%s", e.Address(), e.Security)
		}
	}
	fmt.Fprintf(&b, " %s:%s", c.Why.Kind, c.Why.Evidence)
	for _, w := range c.Also {
		fmt.Fprintf(&b, " +%s:%s", w.Kind, w.Evidence)
	}
	if c.FromDNSAlone() {
		b.WriteString(" !")
	}
	return b.String()
}

const exists = "\nexample.com NS ns1.example.net.\nexample.com A 192.0.2.1\n"

// ovhDefaults is what stands in a new zone at OVHcloud.
const ovhDefaults = exists + `
	example.com MX 1 redirect.ovh.net.
	example.com TXT 1|www.example.com
	example.com TXT v=spf1 include:mx.ovh.com ~all
	_autodiscover._tcp.example.com SRV 0 0 443 mailconfig.ovh.net.
	_imaps._tcp.example.com SRV 0 0 993 ssl0.ovh.net.
	_submission._tcp.example.com SRV 0 0 465 ssl0.ovh.net.
	autodiscover.example.com CNAME mailconfig.ovh.net.
	mail.example.com CNAME ssl0.ovh.net.
	smtp.example.com CNAME ssl0.ovh.net.
`

func TestFind(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, address, zone string
		want                []string
	}{
		// Domains that a preset knows need no DNS, whatever that says.
		{"gmail", "you@Gmail.com", "gmail.com MX !fail", []string{"gmail domain:gmail.com"}},
		{"zoho tells the region", "you@zohomail.eu", "", []string{"zoho/eu domain:zohomail.eu"}},
		{"proton", "you@proton.me", "", []string{"proton-bridge domain:proton.me"}},

		// Own domains at the providers.
		{"workspace", "you@example.com", `
			example.com MX 10 alt3.aspmx.l.google.com.
			example.com MX 1 ASPMX.L.GOOGLE.COM.
			example.com TXT v=spf1 include:_spf.google.com include:sendgrid.net ~all
			_submission._tcp.example.com SRV 0 0 465 ssl0.ovh.net.`,
			[]string{"gmail mx:aspmx.l.google.com"}},
		{"workspace with one exchanger", "you@example.com", "example.com MX 1 smtp.google.com.", []string{"gmail mx:smtp.google.com"}},
		{"zoho", "you@example.com", `
			example.com MX 20 mx2.zoho.eu.
			example.com MX 10 mx.zoho.eu.`,
			[]string{"zoho-pro/eu mx:mx.zoho.eu", "zoho/eu mx:mx.zoho.eu"}},
		{"zoho in Australia", "you@example.com", "example.com MX 10 mx.zoho.com.au.",
			[]string{"zoho-pro/au mx:mx.zoho.com.au", "zoho/au mx:mx.zoho.com.au"}},
		{"zoho, whose plan a SRV record tells", "you@example.com", `
			example.com MX 10 mx.zoho.eu.
			_submissions._tcp.example.com SRV 0 1 465 smtp.zoho.eu.`,
			[]string{"zoho/eu mx:mx.zoho.eu +srv:smtp.zoho.eu", "zoho-pro/eu mx:mx.zoho.eu"}},
		{"zoho, with a SRV record of another data centre", "you@example.com", `
			example.com MX 10 mx.zoho.eu.
			_submissions._tcp.example.com SRV 0 1 465 smtp.zoho.com.`,
			[]string{"zoho-pro/eu mx:mx.zoho.eu", "zoho/eu mx:mx.zoho.eu"}},
		{"gandi", "you@example.com", "example.com MX 10 spool.mail.gandi.net.\nexample.com MX 50 fb.mail.gandi.net.", []string{"gandi mx:spool.mail.gandi.net"}},
		{"infomaniak", "you@example.com", "example.com MX 5 mta-gw.infomaniak.ch.", []string{"infomaniak mx:mta-gw.infomaniak.ch"}},
		{"proton by its own domain", "you@example.com", "example.com MX 10 mail.protonmail.ch.\nexample.com MX 20 mailsec.protonmail.ch.",
			[]string{"proton-bridge mx:mail.protonmail.ch", "proton mx:mail.protonmail.ch"}},
		{"microsoft 365", "you@example.com", "example.com MX 0 example-com.mail.protection.outlook.com.",
			[]string{"microsoft365 mx:example-com.mail.protection.outlook.com"}},
		{"fastmail", "you@example.com", "example.com MX 10 in1-smtp.messagingengine.com.", []string{"fastmail mx:in1-smtp.messagingengine.com"}},
		{"a look-alike of an exchanger", "you@example.com", exists + "example.com MX 10 mx.evilzoho.eu.", nil},
		{"ovh without autodiscover", "you@example.com", "example.com MX 1 mx1.mail.ovh.net.", []string{"ovh mx:mx1.mail.ovh.net"}},
		{"ovh mx plan", "you@example.com", strings.Replace(ovhDefaults, "redirect.ovh.net", "mx0.mail.ovh.net", 1),
			[]string{"ovh/eu#mxplan mx:mx0.mail.ovh.net +autodiscover:mailconfig.ovh.net +srv:ssl0.ovh.net"}},
		{"ovh email pro, with the defaults beside it", "you@example.com",
			strings.NewReplacer("redirect.ovh.net", "mx1.mail.ovh.net", "SRV 0 0 443 mailconfig.ovh.net.", "SRV 0 0 443 PRO2.mail.ovh.net.").Replace(ovhDefaults),
			[]string{"ovh/eu#pro@pro2.mail.ovh.net mx:mx1.mail.ovh.net +autodiscover:pro2.mail.ovh.net +srv:ssl0.ovh.net"}},
		{"ovh exchange", "you@example.com", `
			example.com MX 1 mx1.mail.ovh.net.
			_autodiscover._tcp.example.com SRV 0 0 443 ex4.mail.ovh.net.`,
			[]string{"ovh#exchange@ex4.mail.ovh.net mx:mx1.mail.ovh.net +autodiscover:ex4.mail.ovh.net"}},
		{"ovh exchange in Canada", "you@example.com", `
			example.com MX 1 mx1.mail.ovh.net.
			_autodiscover._tcp.example.com SRV 0 0 443 ex.mail.ovh.ca.`,
			[]string{"ovh/ca#exchange@ex.mail.ovh.ca mx:mx1.mail.ovh.net +autodiscover:ex.mail.ovh.ca"}},
		{"ovh with a server that is not OVH's", "you@example.com", `
			example.com MX 1 mx1.mail.ovh.net.
			_autodiscover._tcp.example.com SRV 0 0 443 pro2.mail.ovh.net.evil.example.
			_submission._tcp.example.com SRV 0 0 465 evil.example.`,
			[]string{"ovh mx:mx1.mail.ovh.net"}},
		{"ovh redirection, where the defaults mean nothing", "you@example.com", ovhDefaults, []string{"forward OVHcloud redirection"}},
		{"moved away from ovh, leaving its defaults", "you@example.com",
			strings.NewReplacer("redirect.ovh.net", "mx1.hoster.example", "include:mx.ovh.com", "include:_spf.hoster.example", "mail.example.com CNAME ssl0.ovh.net.", "mail.example.com A 192.0.2.7").Replace(ovhDefaults),
			[]string{"own mail.example.com:465=ssl mail.example.com:587=starttls guess:mail.example.com !",
				"ovh/eu#mxplan guess:ssl0.ovh.net +srv:ssl0.ovh.net +autodiscover:mailconfig.ovh.net"}},

		// Filters in front.
		{"proofpoint before microsoft", "you@example.com", `
			example.com MX 10 mx0a-00123456.pphosted.com.
			example.com TXT v=spf1 include:sendgrid.net include:spf.protection.outlook.com -all`,
			[]string{"filter Proofpoint", "microsoft365 spf:spf.protection.outlook.com", "sendgrid spf:sendgrid.net"}},
		{"mimecast before zoho", "you@example.com", `
			example.com MX 10 eu-smtp-inbound-1.mimecast.com.
			example.com TXT v=spf1 include:eu._netblocks.mimecast.com include:zoho.eu ~all`,
			[]string{"filter Mimecast", "zoho-pro/eu spf:zoho.eu", "zoho/eu spf:zoho.eu"}},
		{"two in the SPF record, autodiscover agrees with one", "you@example.com", `
			example.com MX 10 d1.ess.barracudanetworks.com.
			example.com TXT v=spf1 include:_spf.google.com include:spf.protection.outlook.com -all
			autodiscover.example.com CNAME autodiscover.outlook.com.`,
			[]string{"filter Barracuda", "microsoft365 spf:spf.protection.outlook.com +autodiscover:autodiscover.outlook.com", "gmail spf:_spf.google.com"}},
		{"autodiscover alone", "you@example.com", `
			example.com MX 10 mx01.hornetsecurity.com.
			example.com TXT v=spf1 include:spf.hornetsecurity.com -all
			autodiscover.example.com CNAME autod.ms-acdc-autod.office.com.`,
			[]string{"filter Hornetsecurity", "microsoft365 autodiscover:autod.ms-acdc-autod.office.com"}},
		{"the provider is a lower exchanger", "you@example.com", `
			example.com MX 100 example-com.mail.protection.outlook.com.
			example.com MX 0 example.in.tmes.trendmicro.com.`,
			[]string{"filter Trend Micro Email Security", "microsoft365 mx:example-com.mail.protection.outlook.com"}},
		{"ovh email pro behind vade", "you@example.com", `
			example.com MX 10 mx01.cloud.vadesecure.com.
			example.com TXT v=spf1 include:mx.ovh.com -all
			_autodiscover._tcp.example.com SRV 0 0 443 pro1.mail.ovh.net.
			_submission._tcp.example.com SRV 0 0 465 ssl0.ovh.net.`,
			[]string{"filter Vade", "ovh/eu#pro@pro1.mail.ovh.net spf:mx.ovh.com +autodiscover:pro1.mail.ovh.net +srv:ssl0.ovh.net"}},
		{"an own server behind cisco", "you@example.com", `
			example.com MX 10 mx1.example.iphmx.com.
			mail.example.com A 192.0.2.7`,
			[]string{"filter Cisco Secure Email", "own mail.example.com:465=ssl mail.example.com:587=starttls guess:mail.example.com !"}},
		{"the SPF record is in pieces", "you@example.com", `
			example.com MX 10 cluster5.eu.messagelabs.com.
			example.com TXT v=spf1 redirect=_spf.example.com
			_spf.example.com TXT v=spf1 include:a._spf.example.com include:_spf.example.com include:mailgun.org -all
			a._spf.example.com TXT v=spf1 include:spf.messagingengine.com -all`,
			[]string{"filter Symantec Email Security.cloud", "fastmail spf:spf.messagingengine.com", "mailgun spf:mailgun.org"}},

		// Forwarders.
		{"cloudflare", "you@example.com", exists + `
			example.com MX 86 route1.mx.cloudflare.net.
			example.com TXT v=spf1 include:_spf.mx.cloudflare.net ~all
			mail.example.com A 192.0.2.7`,
			[]string{"forward Cloudflare Email Routing"}},
		{"cloudflare, sending by brevo and gmail", "you@example.com", `
			example.com MX 86 route1.mx.cloudflare.net.
			example.com TXT v=spf1 include:spf.brevo.com include:_spf.mx.cloudflare.net include:_spf.google.com ~all`,
			[]string{"forward Cloudflare Email Routing", "gmail spf:_spf.google.com", "brevo spf:spf.brevo.com"}},
		{"improvmx has a server of its own", "you@example.com", "example.com MX 10 mx1.improvmx.com.",
			[]string{"forward ImprovMX", "own smtp.improvmx.com:465=ssl smtp.improvmx.com:587=starttls mx:improvmx.com"}},
		{"namecheap", "you@example.com", "example.com MX 10 eforward3.registrar-servers.com.", []string{"forward Namecheap email forwarding"}},
		{"duckduckgo", "you@duck.com", "duck.com MX 10 smtp-inbound1.duck.com.", []string{"forward DuckDuckGo Email Protection"}},

		// What the domain says of submission.
		{"srv", "you@example.com", `
			example.com MX 10 mx.example.com.
			_submission._tcp.example.com SRV 0 1 587 mail.example.com.
			_submissions._tcp.example.com SRV 0 1 465 mail.example.com.
			mail.example.com A 192.0.2.7`,
			[]string{"own mail.example.com:465=ssl mail.example.com:587=starttls srv:mail.example.com !"}},
		{"465 is SSL, 587 STARTTLS, by any name", "you@example.com", exists + `
			_submission._tcp.example.com SRV 0 1 465 a.example.com.
			_submissions._tcp.example.com SRV 0 1 587 b.example.com.
			_submissions._tcp.example.com SRV 5 1 2465 b.example.com.`,
			[]string{"own b.example.com:587=starttls b.example.com:2465=ssl srv:b.example.com !", "own a.example.com:465=ssl srv:a.example.com !"}},
		{"priority, then weight, then name", "you@example.com", exists + `
			_submission._tcp.example.com SRV 20 9 587 d.example.com.
			_submission._tcp.example.com SRV 10 1 587 c.example.com.
			_submission._tcp.example.com SRV 10 5 587 b.example.com.
			_submission._tcp.example.com SRV 10 5 587 a.example.com.`,
			[]string{"own a.example.com:587=starttls srv:a.example.com !", "own b.example.com:587=starttls srv:b.example.com !",
				"own c.example.com:587=starttls srv:c.example.com !", "own d.example.com:587=starttls srv:d.example.com !"}},
		{"the target . is none", "you@example.com", exists + "_submission._tcp.example.com SRV 0 0 0 .\n_submissions._tcp.example.com SRV 0 0 465 .", nil},
		{"srv of a provider", "you@example.com", exists + `
			_submission._tcp.example.com SRV 0 1 587 SMTP.Fastmail.COM.
			_submissions._tcp.example.com SRV 0 1 465 smtp.fastmail.com.`,
			[]string{"fastmail srv:smtp.fastmail.com"}},
		{"srv of a region", "you@example.com", exists + "_submissions._tcp.example.com SRV 0 1 465 smtppro.zoho.in.", []string{"zoho-pro/in srv:smtppro.zoho.in"}},
		{"srv of outlook, not of what is beside it", "you@example.com", exists + "_submission._tcp.example.com SRV 0 1 587 smtp-mail.outlook.com.", []string{"outlook srv:smtp-mail.outlook.com"}},
		{"srv before SPF where nothing stands in front", "you@example.com", `
			example.com MX 10 mx.example.com.
			example.com TXT v=spf1 mx include:_spf.google.com include:mailgun.org -all
			_submissions._tcp.example.com SRV 0 1 465 mail.example.com.`,
			[]string{"own mail.example.com:465=ssl srv:mail.example.com !", "gmail spf:_spf.google.com", "mailgun spf:mailgun.org"}},
		{"guesses", "you@example.com", exists + `
			example.com MX 10 box.example.com.
			example.com MX 20 mx.hoster.example.
			smtp.example.com A 192.0.2.8`,
			[]string{"own smtp.example.com:465=ssl smtp.example.com:587=starttls guess:smtp.example.com !",
				"own box.example.com:465=ssl box.example.com:587=starttls guess:box.example.com !"}},
		{"a guess that is an alias of a provider's", "you@example.com", exists + `
			mail.example.com CNAME mail.gandi.net.
			smtp.example.com A 192.0.2.8`,
			[]string{"gandi guess:mail.gandi.net", "own smtp.example.com:465=ssl smtp.example.com:587=starttls guess:smtp.example.com !"}},
		{"a guess that leads to this machine", "you@example.com", exists + "mail.example.com A 127.0.0.1\nsmtp.example.com A 0.0.0.0", nil},

		// The domain itself.
		{"missing", "you@example.com", "", []string{"missing"}},
		{"missing, and near a known one", "you@gmial.com", "", []string{"suggest gmail.com", "missing"}},
		{"missing, for its ending was forgotten", "you@gmail", "", []string{"suggest gmail.com", "missing"}},
		{"near a known one, and real", "you@gmail.co", "gmail.co NS ns1.example.net.\ngmail.co A 192.0.2.1", []string{"suggest gmail.com"}},
		{"there without mail", "you@example.com", exists, nil},
		{"a delegation is enough", "you@example.com", "example.com NS ns1.example.net.", nil},
		{"null mx", "you@example.com", exists + "example.com MX 0 .\nexample.com TXT v=spf1 include:amazonses.com -all", []string{"no mail", "amazon-ses spf:amazonses.com"}},
		{"no null mx beside another", "you@example.com", exists + "example.com MX 0 .\nexample.com MX 5 mx.zoho.eu.", []string{"zoho-pro/eu mx:mx.zoho.eu", "zoho/eu mx:mx.zoho.eu"}},
		{"IDN", "you@bücher.example", "xn--bcher-kva.example MX 5 mta-gw.infomaniak.ch.", []string{"infomaniak mx:mta-gw.infomaniak.ch"}},
		{"upper case and final dots", "you@EXAMPLE.com.", "example.com MX 1 Mx.Zoho.IN.", []string{"zoho-pro/in mx:mx.zoho.in", "zoho/in mx:mx.zoho.in"}},
		{"an address literal", "you@[192.0.2.1]", "", nil},
		{"this machine", "you@localhost", "", nil},

		// A resolver that is broken.
		{"servfail", "you@example.com", "example.com MX !fail\nexample.com TXT !fail\nexample.com NS !fail\nexample.com A !fail", []string{"failed"}},
		{"exchangers fail, the rest helps", "you@example.com", "example.com MX !fail\nexample.com TXT v=spf1 include:_spf.google.com -all",
			[]string{"failed", "gmail spf:_spf.google.com"}},
		{"only the rest fails", "you@example.com", "example.com MX 1 smtp.google.com.\nexample.com TXT !fail\nexample.com A !fail", []string{"gmail mx:smtp.google.com"}},
		{"missing is not said on half the answers", "you@example.com", "example.com NS !fail", []string{"failed"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, lines(find(t.Context(), tt.address, tt.zone))); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

// TestFindHostile: names that could fool a person or the terminal, and more of
// everything than anyone needs.
func TestFindHostile(t *testing.T) {
	t.Parallel()
	var many strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&many, "example.com MX %d mx%d.example.com.\n", i, i)
		fmt.Fprintf(&many, "_submission._tcp.example.com SRV %d 0 587 s%d.example.com.\n", i, i)
	}
	long := strings.Repeat("a.", 500)
	for _, tt := range []struct {
		name, zone string
		want       int
	}{
		{"bad names", exists + "example.com MX 1 \x1b[2Jmx.zoho.eu.\nexample.com MX 2 \u202emx.zoho.eu.\nexample.com MX 3 " + long + "zoho.eu.\n" +
			"example.com MX 4 192.0.2.1.\nexample.com MX 5 mx.zoho.eu\x00.\nexample.com MX 6 localhost.\nexample.com MX 7 com.", 0},
		{"bad targets", exists + "_submission._tcp.example.com SRV 0 0 587 a\x07.example.com.\n_submission._tcp.example.com SRV 0 0 587 localhost.\n" +
			"_submission._tcp.example.com SRV 0 0 587 x.localhost.\n_submission._tcp.example.com SRV 0 0 587 127.0.0.1.\n" +
			"_submission._tcp.example.com SRV 0 0 0 b.example.com.\n_submission._tcp.example.com SRV 0 0 587 ::1\nautodiscover.example.com CNAME \x1b.", 0},
		{"many", many.String(), maxCandidates},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := find(t.Context(), "you@example.com", tt.zone); len(got.Candidates) != tt.want {
				t.Errorf("got %q", lines(got))
			}
		})
	}
}

// TestFindInTime runs under a clock of its own: what is waited for, how long,
// and what is found by then.
func TestFindInTime(t *testing.T) {
	t.Parallel()
	const slowRest = `
		example.com NS !stall
		example.com A !stall
		_submissions._tcp.example.com SRV !stall
		_submission._tcp.example.com SRV !stall
		_autodiscover._tcp.example.com SRV !stall
		autodiscover.example.com CNAME !stall
		mail.example.com CNAME !stall
		smtp.example.com CNAME !stall
	`
	for _, tt := range []struct {
		name, zone string
		want       []string
		after      time.Duration
	}{
		{"the exchangers decide at once", slowRest + "example.com TXT !stall\nexample.com MX 1 smtp.google.com.", []string{"gmail mx:smtp.google.com"}, 0},
		{"nothing tells it before the exchangers", "example.com MX !3s\nexample.com MX 1 smtp.google.com.\nexample.com TXT v=spf1 include:zoho.eu -all",
			[]string{"gmail mx:smtp.google.com"}, 3 * time.Second},
		{"details are waited for a second", slowRest + "example.com TXT !stall\nexample.com MX 1 mx.zoho.eu.",
			[]string{"zoho-pro/eu mx:mx.zoho.eu", "zoho/eu mx:mx.zoho.eu"}, time.Second},
		{"and count if they come in it", "example.com MX 1 mx1.mail.ovh.net.\nexample.com TXT !stall\n" +
			"_autodiscover._tcp.example.com SRV !900ms\n_autodiscover._tcp.example.com SRV 0 0 443 pro2.mail.ovh.net.",
			[]string{"ovh#pro@pro2.mail.ovh.net mx:mx1.mail.ovh.net +autodiscover:pro2.mail.ovh.net"}, 900 * time.Millisecond},
		{"behind a filter the SPF record decides", slowRest + "example.com MX 1 mx01.hornetsecurity.com.\nexample.com TXT v=spf1 include:_spf.google.com -all",
			[]string{"filter Hornetsecurity", "gmail spf:_spf.google.com"}, time.Second},
		{"a piece of the SPF record is slow", "example.com MX 1 mx01.hornetsecurity.com.\n_spf.example.com TXT !stall\n" +
			"example.com TXT v=spf1 include:_spf.google.com include:_spf.example.com -all",
			[]string{"filter Hornetsecurity", "gmail spf:_spf.google.com"}, time.Second},
		{"no such domain", "mail.example.com A !stall\n_submission._tcp.example.com SRV !stall", []string{"missing"}, 0},
		{"one is out to the end", "example.com MX 1 mx.example.net.\nexample.com NS !stall\nmail.example.com A 192.0.2.7",
			[]string{"own mail.example.com:465=ssl mail.example.com:587=starttls guess:mail.example.com !"}, 5 * time.Second},
		{"no answer at all", slowRest + "example.com TXT !stall\nexample.com MX !stall", []string{"failed"}, 5 * time.Second},
		{"no answer about the exchangers", "example.com MX !stall\nexample.com TXT v=spf1 include:_spf.google.com -all",
			[]string{"failed", "gmail spf:_spf.google.com"}, 5 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				got := find(t.Context(), "you@example.com", tt.zone)
				if diff := cmp.Diff(tt.want, lines(got)); diff != "" {
					t.Errorf("want -, got +:\n%s", diff)
				}
				if took := time.Since(start); took != tt.after {
					t.Errorf("took %v, want %v", took, tt.after)
				}
				synctest.Wait() // a bubble does not end before each look-up has
			})
		})
	}
}

func TestFindCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(2*time.Second, cancel)
		start := time.Now()
		got := find(ctx, "you@example.com", "example.com MX !stall")
		if !errors.Is(got.DNSFailed, context.Canceled) || time.Since(start) != 2*time.Second {
			t.Errorf("after %v: %v", time.Since(start), got.DNSFailed)
		}
	})
}

func TestFindTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		f := Finder{Library: library, Resolver: parseZone("example.com MX !stall"), Timeout: 700 * time.Millisecond}
		got := f.Find(t.Context(), submission.Address{Local: "you", Domain: "example.com"})
		if !errors.Is(got.DNSFailed, context.DeadlineExceeded) || time.Since(start) != 700*time.Millisecond {
			t.Errorf("after %v: %v", time.Since(start), got.DNSFailed)
		}
	})
}

// TestFindResolves: what is found of a preset can be resolved, so that the
// choice fits its regions and variants.
func TestFindResolves(t *testing.T) {
	t.Parallel()
	r := find(t.Context(), "you@example.com", `
		example.com MX 1 mx1.mail.ovh.net.
		_autodiscover._tcp.example.com SRV 0 0 443 ex12.mail.ovh.net.`)
	s, err := r.Candidates[0].Preset.Resolve(r.Candidates[0].Choice())
	if want := (submission.Endpoint{Host: "ex12.mail.ovh.net", Port: 587, Security: submission.STARTTLS}); err != nil || !slices.Equal(s.Endpoints, []submission.Endpoint{want}) {
		t.Errorf("got %v, %v", s.Endpoints, err)
	}
}
