package discover

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/google/go-cmp/cmp"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// TestFindNetResolver asks a name server on loopback through Go's own
// resolver, so that the fake and it cannot differ unnoticed: in final dots, in
// what is missing, in names that are no names.
func TestFindNetResolver(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, zone string
		want       []string
	}{
		{"provider", exists + "example.com MX 20 mx2.zoho.eu.\nexample.com MX 10 mx.zoho.eu.\n_submissions._tcp.example.com SRV 0 1 465 smtp.zoho.eu.",
			[]string{"zoho/eu mx:mx.zoho.eu +srv:smtp.zoho.eu", "zoho-pro/eu mx:mx.zoho.eu"}},
		{"filter", exists + "example.com MX 1 mx01.hornetsecurity.com.\nexample.com TXT v=spf1 include:_spf.google.com -all\n" +
			"autodiscover.example.com CNAME autodiscover.outlook.com.\nautodiscover.outlook.com A 192.0.2.9",
			[]string{"filter Hornetsecurity", "gmail spf:_spf.google.com", "microsoft365 autodiscover:autodiscover.outlook.com"}},
		{"missing", "", []string{"missing"}},
		{"there", exists, nil},
		{"only a delegation", "example.com NS ns1.example.net.", nil},
		{"null mx", exists + "example.com MX 0 .", []string{"no mail"}},
		{"no submission", exists + "_submission._tcp.example.com SRV 0 0 0 .", nil},
		{"an address for a name", exists + "example.com MX 0 192.0.2.1.\nexample.com MX 1 mx.zoho.in.", []string{"zoho-pro/in mx:mx.zoho.in", "zoho/in mx:mx.zoho.in"}},
		{"a bad name beside a good one", exists + "example.com MX 0 a b.\nexample.com MX 1 mx.zoho.in.", []string{"zoho-pro/in mx:mx.zoho.in", "zoho/in mx:mx.zoho.in"}},
		{"guesses", exists + "mail.example.com CNAME mail.gandi.net.\nmail.gandi.net A 192.0.2.7\nsmtp.example.com A 192.0.2.8",
			[]string{"gandi guess:mail.gandi.net", "own smtp.example.com:465=ssl smtp.example.com:587=starttls guess:smtp.example.com !"}},
		{"broken", "example.com MX !fail\nexample.com TXT v=spf1 include:spf.messagingengine.com -all",
			[]string{"failed", "fastmail spf:spf.messagingengine.com"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := Finder{Library: library, Resolver: serve(t, parseZone(tt.zone))}
			got := f.Find(t.Context(), submission.Address{Local: "you", Domain: "example.com"})
			if diff := cmp.Diff(tt.want, lines(got)); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

// serve answers for a zone on loopback until the test ends.
func serve(t *testing.T, z zone) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	go func() {
		packet := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(packet)
			if err != nil {
				return
			}
			if reply, ok := z.reply(packet[:n]); ok {
				server.WriteTo(reply, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

// reply answers one query: NXDOMAIN for a name that has nothing, an empty
// answer where it has other types only.
func (z zone) reply(query []byte) ([]byte, bool) {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil, false
	}
	q := m.Questions[0]
	m.Response, m.RecursionAvailable, m.Additionals, m.RCode = true, true, nil, dnsmessage.RCodeNameError
	name := strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))
	for key := range z {
		if owner, _, _ := strings.Cut(key, " "); under(owner, name) {
			m.RCode = dnsmessage.RCodeSuccess
		}
	}
	kind := strings.TrimPrefix(q.Type.String(), "Type")
	if end := z[name+" CNAME"]; len(end) > 0 && kind != "CNAME" {
		m.Answers = append(m.Answers, resource(q.Name, "CNAME", end[0]))
		q.Name = dnsmessage.MustNewName(end[0])
		name = strings.TrimSuffix(end[0], ".")
	}
	for _, data := range z[name+" "+kind] {
		if data == "!fail" {
			m.RCode = dnsmessage.RCodeServerFailure
			continue
		}
		m.Answers = append(m.Answers, resource(q.Name, kind, data))
	}
	reply, err := m.Pack()
	return reply, err == nil
}

func resource(name dnsmessage.Name, kind, data string) dnsmessage.Resource {
	f := strings.SplitN(data, " ", 2)
	r := dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET}}
	switch kind {
	case "A":
		r.Body = &dnsmessage.AResource{A: netip.MustParseAddr(data).As4()}
	case "NS":
		r.Body = &dnsmessage.NSResource{NS: dnsmessage.MustNewName(data)}
	case "CNAME":
		r.Body = &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName(data)}
	case "TXT":
		r.Body = &dnsmessage.TXTResource{TXT: []string{data[:3], data[3:]}} // strings of one record belong together
	case "MX":
		r.Body = &dnsmessage.MXResource{Pref: number(f[0]), MX: dnsmessage.MustNewName(f[1])}
	case "SRV":
		f = strings.Fields(data)
		r.Body = &dnsmessage.SRVResource{Priority: number(f[0]), Weight: number(f[1]), Port: number(f[2]), Target: dnsmessage.MustNewName(f[3])}
	}
	return r
}
