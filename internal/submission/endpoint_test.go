package submission

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestParseSecurity(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in   string
		port int
		want Security // "" for an error
	}{
		{"ssl", 465, SSL}, {"SSL", 587, SSL}, {"implicit", 0, SSL}, {"smtps", 2465, SSL},
		{"starttls", 587, STARTTLS}, {"StartTLS", 465, STARTTLS}, {"starttls", 0, STARTTLS},
		{"none", 1025, None}, {"None", 587, None}, {"plain", 25, None},
		{"tls", 465, SSL}, {"tls", 587, STARTTLS}, {"TLS", 587, STARTTLS},
		{"tls", 0, ""}, {"tls", 25, ""}, {"tls", 2525, ""}, {"tls", 2587, ""},
		{"", 587, ""}, {"ssl/tls", 465, ""}, {"starttls\n", 587, ""}, {"yes", 465, ""},
	} {
		got, err := ParseSecurity(tt.in, tt.port)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("ParseSecurity(%q, %d) = %q, %v; want %q", tt.in, tt.port, got, err, tt.want)
		}
	}
}

func TestSecuritiesOf(t *testing.T) {
	t.Parallel()
	for port, want := range map[int][]Security{
		465: {SSL}, 587: {STARTTLS}, 25: {STARTTLS}, 2525: {STARTTLS}, 1025: {STARTTLS, SSL}, 2465: {STARTTLS, SSL},
	} {
		if got := SecuritiesOf(port); !slices.Equal(got, want) {
			t.Errorf("SecuritiesOf(%d) = %v, want %v", port, got, want)
		}
	}
}

func TestParsePort(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int{
		"1": 1, "587": 587, "65535": 65535,
		"0": 0, "65536": 0, "-1": 0, "": 0, "x": 0, "587 ": 0, "58 7": 0, "0x1": 0, "99999999999999999999": 0,
	} {
		got, err := ParsePort(in)
		if got != want || (err == nil) != (want != 0) {
			t.Errorf("ParsePort(%q) = %d, %v; want %d", in, got, err, want)
		}
	}
}

func TestParseHost(t *testing.T) {
	t.Parallel()
	label := strings.Repeat("a", 63)
	for in, want := range map[string]string{
		"smtp.example.com":               "smtp.example.com",
		" smtp.example.com ":             "smtp.example.com",
		"SMTP.Example.com":               "smtp.example.com",
		"smtp.example.com.":              "smtp.example.com",
		"localhost":                      "localhost",
		"mail_1.internal":                "mail_1.internal",
		"r1---sn-x.example.com":          "r1---sn-x.example.com",
		"3com.example":                   "3com.example",
		"bücher.example":                 "xn--bcher-kva.example",
		"BÜCHER.example":                 "xn--bcher-kva.example",
		"例え。テスト":                         "xn--r8jz45g.xn--zckzah",
		label + ".example":               label + ".example",
		"192.0.2.1":                      "192.0.2.1",
		"[192.0.2.1]":                    "192.0.2.1",
		"::1":                            "::1",
		"[2001:DB8:0::1]":                "2001:db8::1",
		"fe80::1%eth0":                   "fe80::1%eth0",
		"":                               "",
		" ":                              "",
		".":                              "",
		"a..b":                           "",
		".example.com":                   "",
		"-a.example":                     "",
		"a-.example":                     "",
		"exa mple.com":                   "",
		"*.example.com":                  "",
		"a" + label + ".example":         "",
		strings.Repeat("a.", 127) + "a":  "",
		"192.0.2.300":                    "",
		strings.Repeat("ü.", 2000) + "a": "",
		"192.0.2":                        "",
		"[192.0.2.1":                     "",
		"192.0.2.1]":                     "",
		"[smtp.example.com]":             "",
		"smtp.example.com:587":           "",
		"smtps://smtp.example.com":       "",
		"you@example.com":                "",
		"smtp.example.com/path":          "",
		"smtp.example.com\r\nBcc: x":     "",
		"smtp.example.com\n":             "",
		"fe80::1%\r\nBcc: x":             "",
		"smtp\u200b.example.com":         "",
		"smtp.example.com\x00":           "",
		"smtp\xff.example.com":           "",
	} {
		got, err := ParseHost(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("ParseHost(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestParseHostSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for in, says := range map[string]string{
		"": "empty", " ": "empty", "smtps://smtp.example.com:465": "scheme", "you@example.com": "address",
		"smtp.example.com/x": "path", "smtp.example.com:587": "--port", "exa mple": "not a domain name", "a\u202eb": "cannot be seen",
	} {
		if _, err := ParseHost(in); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("ParseHost(%q): %v, want %q in it", in, err, says)
		}
	}
}

func TestEndpoint(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		e    Endpoint
		want string
	}{
		{Endpoint{"smtp.example.com", 465, SSL}, "smtp.example.com:465 ssl"},
		{Endpoint{"2001:db8::1", 587, STARTTLS}, "[2001:db8::1]:587 starttls"},
		{Endpoint{"192.0.2.1", 25, None}, "192.0.2.1:25 none"},
	} {
		if got := tt.e.String(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
		if got, want := tt.e.Address(), net.JoinHostPort(tt.e.Host, strconv.Itoa(tt.e.Port)); got != want {
			t.Errorf("Address is %q, net's %q", got, want)
		}
		if tt.e.IsZero() || !(Endpoint{}).IsZero() {
			t.Error("IsZero")
		}
	}
}

func TestIsLoopbackHost(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"127.0.0.1": true, "127.1.2.3": true, "::1": true, "::ffff:127.0.0.1": true,
		"localhost": true, "LOCALHOST": true, "mail.localhost": true,
		"": false, "192.0.2.1": false, "::": false, "0.0.0.0": false, "localhost.example.com": false, "notlocalhost": false,
		"127.0.0.1.example.com": false, "::ffff:192.0.2.1": false,
	} {
		if got := IsLoopbackHost(host); got != want {
			t.Errorf("IsLoopbackHost(%q) = %t", host, got)
		}
	}
}

func TestListsAreWithoutDoubles(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range Causes() {
		if c == "" || seen[string(c)] {
			t.Errorf("cause %q stands twice, or is empty", c)
		}
		seen[string(c)] = true
	}
	fields := map[Field]bool{}
	for _, f := range Fields() {
		if f == FieldNone || fields[f] {
			t.Errorf("field %q stands twice, or is empty", f)
		}
		fields[f] = true
	}
}

// FuzzParseHost: what is accepted is an address, or a name in ASCII that is
// safe to print, to dial and to put into a header, and stays as it is.
func FuzzParseHost(f *testing.F) {
	for _, seed := range []string{
		"smtp.example.com", "bücher.example", "[::1]", "fe80::1%eth0", "a_b.c", "xn--a", "1.2.3", "ｅｘａｍｐｌｅ．ｃｏｍ", "fe80::1%\n", "::ffff:1.2.3.4",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		host, err := ParseHost(s)
		if err != nil {
			if host != "" || !utf8.ValidString(err.Error()) || strings.ContainsFunc(err.Error(), unicode.IsControl) {
				t.Fatalf("ParseHost(%q) = %q, %q", s, host, err)
			}
			return
		}
		if strings.ContainsFunc(host, func(r rune) bool { return unicode.IsControl(r) || r == ' ' }) {
			t.Fatalf("ParseHost(%q) = %q", s, host)
		}
		if _, err := netip.ParseAddr(host); err != nil && (!isASCII(host) || len(host) > 253 || host != strings.ToLower(host)) {
			t.Fatalf("ParseHost(%q) = %q", s, host)
		}
		if again, err := ParseHost(host); err != nil || again != host {
			t.Fatalf("ParseHost(%q) = %q, again %q, %v", s, host, again, err)
		}
	})
}
