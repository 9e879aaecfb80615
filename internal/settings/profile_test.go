package settings

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/profile"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

func saved(name string, change func(*profile.Profile), endpoints ...submission.Endpoint) profile.Profile {
	p := profile.Profile{Name: name, Username: "you@acme.example", Endpoints: endpoints}
	if change != nil {
		change(&p)
	}
	return p
}

func TestProfileEndpoints(t *testing.T) {
	t.Parallel()
	proven := submission.Endpoint{Host: "smtp.acme.example", Port: 465, Security: submission.SSL}
	own := submission.Endpoint{Host: "mail.own.example", Port: 465, Security: submission.SSL}
	acme := func(p *profile.Profile) { p.Preset, p.Region = "acme", "com" }
	pro := func(p *profile.Profile) { p.Preset, p.Variant = "hosted", "pro" }
	for _, c := range []struct {
		name    string
		profile profile.Profile
		given   []string
		want    string
		note    string
	}{
		{name: "as proven", profile: saved("work", acme, proven), want: "smtp.acme.example:465 ssl"},
		{name: "as proven, without a preset", profile: saved("work", nil, own), want: "mail.own.example:465 ssl"},
		{name: "never proven", profile: saved("work", acme), want: "smtp.acme.example:465 ssl, smtp.acme.example:587 starttls"},
		{name: "the preset's other endpoint by security", profile: saved("work", acme, proven), given: []string{"security", "starttls"}, want: "smtp.acme.example:587 starttls"},
		{name: "the preset's other endpoint by port", profile: saved("work", acme, proven), given: []string{"port", "587"}, want: "smtp.acme.example:587 starttls"},
		{name: "the other endpoint of an own server", profile: saved("work", nil, own), given: []string{"security", "starttls"}, want: "mail.own.example:587 starttls"},
		{name: "another port", profile: saved("work", acme, proven), given: []string{"port", "2525"}, want: "smtp.acme.example:2525 starttls",
			note: "the preset acme does not list port 2525 starttls; it has port 465 ssl and port 587 starttls"},
		{name: "an own server of a preset, other endpoint", profile: saved("work", acme, own), given: []string{"port", "587"}, want: "mail.own.example:587 starttls"},
		{name: "the customer's server", profile: saved("work", pro, submission.Endpoint{Host: "pro2.hosted.example", Port: 587, Security: submission.STARTTLS}), want: "pro2.hosted.example:587 starttls"},
		{name: "another host", profile: saved("work", acme, proven), given: []string{"host", "mail.own.example"}, want: "mail.own.example:465 ssl, mail.own.example:587 starttls"},
		{name: "another region", profile: saved("work", acme, proven), given: []string{"region", "eu"}, want: "smtp.eu.acme.example:465 ssl, smtp.eu.acme.example:587 starttls"},
		{name: "another preset, whose regions are others", profile: saved("work", acme, proven), given: []string{"preset", "local", "from", "you@local.example"}, want: "smtp.local.example:465 ssl"},
		{name: "the same preset in capitals", profile: saved("work", func(p *profile.Profile) { p.Preset, p.Region = "acme", "eu" }, proven), given: []string{"preset", "ACME"},
			want: "smtp.eu.acme.example:465 ssl, smtp.eu.acme.example:587 starttls"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, err := ResolveProfile(c.profile, flags(c.given...), library())
			if err != nil {
				t.Fatal(err)
			}
			if got := endpointsOf(s); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if got := strings.Join(s.Notes, "\n"); got != c.note {
				t.Errorf("notes %q, want %q", got, c.note)
			}
			if s.Account.Profile != "work" {
				t.Errorf("profile %q", s.Account.Profile)
			}
		})
	}
}

// Every value that a profile keeps is used, told as the profile's, and gives
// way to a flag.
func TestProfileValues(t *testing.T) {
	t.Parallel()
	p := profile.Profile{
		Name: "work", Preset: "acme", Region: "eu", Username: "you@acme.example", From: "info@own.example", To: "them@own.example",
		DisplayName: "You", Auth: "LOGIN", Check: "login", Helo: "me.example", CAFile: "/ca.pem", TLSFingerprint: "sha256:" + strings.Repeat("ab", 32),
		ClientCert: "/cert.pem", ClientKey: "/key.pem", Proxy: "socks5://proxy.example:1080", ConnectTo: []string{"a.example:1:b.example:2", ":::3"},
		IPVersion: 4, Timeout: 3 * time.Second, MaxTime: time.Minute,
	}
	s, err := ResolveProfile(p, nil, library())
	if err != nil {
		t.Fatal(err)
	}
	a := s.Account
	got := fmt.Sprint(a.Preset, " ", s.Region, " ", a.Username, " ", a.From, " ", a.To, " ", a.DisplayName, " ", a.Mechanism, " ", s.Check, " ", s.Helo, " ", s.CAFile, " ",
		s.ClientCert, " ", s.ClientKey, " ", s.Proxy, " ", s.ConnectTo, " ", s.Family, " ", s.Timeout, " ", s.MaxTime, " ", s.Fingerprint == strings.Repeat("ab", 32))
	const want = "acme eu you@acme.example info@own.example them@own.example You LOGIN login me.example /ca.pem " +
		"/cert.pem /key.pem proxy.example:1080 [{a.example 1 b.example 2} { 0  3}] ip4 3s 1m0s true"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	checkTold(t, s, []string{"preset acme profile work", "region eu profile work", "username you@acme.example profile work", "auth LOGIN profile work",
		"helo me.example profile work", "proxy socks5://proxy.example:1080 profile work"})

	for flag, changed := range map[string]func(*Settings) bool{
		"username":     func(s *Settings) bool { return s.Account.Username == "x@x.example" },
		"from":         func(s *Settings) bool { return s.Account.From.String() == "x@x.example" },
		"to":           func(s *Settings) bool { return s.Account.To.String() == "x@x.example" },
		"display-name": func(s *Settings) bool { return s.Account.DisplayName == "x@x.example" },
		"helo":         func(s *Settings) bool { return s.Helo == "x@x.example" },
		"ca-file":      func(s *Settings) bool { return s.CAFile == "x@x.example" },
	} {
		s, err := ResolveProfile(p, flags(flag, "x@x.example"), library())
		if err != nil || !changed(s) {
			t.Errorf("--%s does not go before the profile: %v", flag, err)
		}
	}
	if s, err := ResolveProfile(p, flags("ipv6", "true"), library()); err != nil || s.Family != "ip6" {
		t.Errorf("-6 does not go before the profile: %v", err)
	}
}

func TestProfileErrorsNameIt(t *testing.T) {
	t.Parallel()
	_, err := ResolveProfile(saved("work", func(p *profile.Profile) { p.From = "nobody" }, submission.Endpoint{Host: "mail.own.example", Port: 465, Security: submission.SSL}), nil, library())
	if err == nil || !strings.HasPrefix(err.Error(), "profile work: ") {
		t.Errorf("got %v", err)
	}
}

func TestOptionsOf(t *testing.T) {
	t.Parallel()
	got := OptionsOf(profile.Profile{Username: "you@acme.example", Helo: "me.example", IPVersion: 6, Timeout: 3 * time.Second, ConnectTo: []string{":::1", ":::2"}})
	want := map[string]string{"helo": "me.example", "ipv6": "true", "timeout": "3s", "connect-to": ":::1 :::2"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v", got)
	}
	for name := range got {
		if !slices.Contains(OptionNames(), name) {
			t.Errorf("%s is not among the names", name)
		}
	}
}
