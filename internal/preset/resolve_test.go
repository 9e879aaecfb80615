package preset

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/smtpwiz/smtpwiz/internal/submission"
	"github.com/smtpwiz/smtpwiz/presets"
)

func mustGet(t testing.TB, name string) *Preset {
	t.Helper()
	p, err := New(presets.FS, "").Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestResolve(t *testing.T) {
	t.Parallel()
	ssl, starttls := submission.SSL, submission.STARTTLS
	tests := []struct {
		preset string
		choice Choice
		want   []submission.Endpoint
	}{
		{"zoho", Choice{}, []submission.Endpoint{{Host: "smtp.zoho.com", Port: 465, Security: ssl}, {Host: "smtp.zoho.com", Port: 587, Security: starttls}}},
		{"zoho", Choice{Region: "eu"}, []submission.Endpoint{{Host: "smtp.zoho.eu", Port: 465, Security: ssl}, {Host: "smtp.zoho.eu", Port: 587, Security: starttls}}},
		{"zoho", Choice{Region: "ZOHO.COM.AU"}, []submission.Endpoint{{Host: "smtp.zoho.com.au", Port: 465, Security: ssl}, {Host: "smtp.zoho.com.au", Port: 587, Security: starttls}}},
		{"zoho", Choice{Region: "com.cn"}, []submission.Endpoint{{Host: "smtp.zoho.com.cn", Port: 465, Security: ssl}, {Host: "smtp.zoho.com.cn", Port: 587, Security: starttls}}},
		{"zoho-pro", Choice{Region: "ca"}, []submission.Endpoint{{Host: "smtppro.zohocloud.ca", Port: 465, Security: ssl}, {Host: "smtppro.zohocloud.ca", Port: 587, Security: starttls}}},
		{"gmail", Choice{}, []submission.Endpoint{{Host: "smtp.gmail.com", Port: 465, Security: ssl}, {Host: "smtp.gmail.com", Port: 587, Security: starttls}}},
		{"ovh", Choice{}, []submission.Endpoint{{Host: "ssl0.ovh.net", Port: 465, Security: ssl}, {Host: "ssl0.ovh.net", Port: 587, Security: starttls}}},
		{"ovh", Choice{Variant: "mxplan", Region: "ca"}, []submission.Endpoint{{Host: "smtp.mail.ovh.ca", Port: 465, Security: ssl}, {Host: "smtp.mail.ovh.ca", Port: 587, Security: starttls}}},
		{"ovh", Choice{Variant: "PRO", Host: "2"}, []submission.Endpoint{{Host: "pro2.mail.ovh.net", Port: 587, Security: starttls}}},
		{"ovh", Choice{Variant: "exchange", Host: "https://ex4.mail.ovh.net/owa/"}, []submission.Endpoint{{Host: "ex4.mail.ovh.net", Port: 587, Security: starttls}}},
		{"gandi", Choice{}, []submission.Endpoint{{Host: "mail.gandi.net", Port: 465, Security: ssl}, {Host: "mail.gandi.net", Port: 587, Security: starttls}}},
		{"infomaniak", Choice{}, []submission.Endpoint{{Host: "mail.infomaniak.com", Port: 465, Security: ssl}, {Host: "mail.infomaniak.com", Port: 587, Security: starttls}}},
		{"proton-bridge", Choice{}, []submission.Endpoint{{Host: "127.0.0.1", Port: 1025, Security: starttls}, {Host: "127.0.0.1", Port: 1025, Security: ssl}}},
		{"proton-bridge", Choice{Host: "::1"}, []submission.Endpoint{{Host: "::1", Port: 1025, Security: starttls}, {Host: "::1", Port: 1025, Security: ssl}}},
		{"laposte", Choice{}, []submission.Endpoint{{Host: "smtp.laposte.net", Port: 465, Security: ssl}, {Host: "smtp.laposte.net", Port: 587, Security: starttls}}},
	}
	for _, tt := range tests {
		s, err := mustGet(t, tt.preset).Resolve(tt.choice)
		if err != nil {
			t.Errorf("%s %+v: %v", tt.preset, tt.choice, err)
			continue
		}
		if diff := cmp.Diff(tt.want, s.Endpoints); diff != "" {
			t.Errorf("%s %+v (-want +got):\n%s", tt.preset, tt.choice, diff)
		}
	}
}

func TestResolveFillsTheRest(t *testing.T) {
	t.Parallel()
	s, err := mustGet(t, "zoho").Resolve(Choice{Region: "com.au"})
	if err != nil {
		t.Fatal(err)
	}
	if s.Region != "au" || s.Variant != "" || s.Host != "" {
		t.Errorf("got %q, %q, %q", s.Region, s.Variant, s.Host)
	}
	if got := s.Preset.Password.URL; got != "https://accounts.zoho.com.au/home#security/app_password" {
		t.Errorf("the password's page is %s", got)
	}
	if got := s.Preset.Incoming[0].Host; got != "imap.zoho.com.au" {
		t.Errorf("IMAP is at %s", got)
	}
	s, err = mustGet(t, "ovh").Resolve(Choice{Variant: "exchange", Host: "7"})
	if err != nil {
		t.Fatal(err)
	}
	if s.Host != "ex7.mail.ovh.net" || len(s.Preset.Incoming) != 1 || s.Preset.Incoming[0].Host != "ex7.mail.ovh.net" {
		t.Errorf("got %q, %+v", s.Host, s.Preset.Incoming)
	}
	if !s.Preset.Match.GreetingFits("mail.example.com Microsoft ESMTP MAIL Service ready") {
		t.Error("the variant's greeting is not taken")
	}
}

func TestResolveErrors(t *testing.T) {
	t.Parallel()
	var unknown *UnknownError
	var needed *HostNeededError

	_, err := mustGet(t, "zoho").Resolve(Choice{Region: "euu"})
	if !errors.As(err, &unknown) || unknown.Field != submission.FieldRegion || unknown.Nearest != "eu" || !slices.Equal(unknown.Known, []string{"com", "eu", "in", "au", "jp", "cn", "sa", "ca"}) {
		t.Errorf("got %v", err)
	}
	_, err = mustGet(t, "ovh").Resolve(Choice{Variant: "exchang"})
	if !errors.As(err, &unknown) || unknown.Field != submission.FieldVariant || unknown.Nearest != "exchange" {
		t.Errorf("got %v", err)
	}
	_, err = mustGet(t, "gmail").Resolve(Choice{Region: "eu"})
	if !errors.As(err, &unknown) || len(unknown.Known) != 0 || !strings.Contains(err.Error(), "has no region to choose") {
		t.Errorf("got %v", err)
	}
	_, err = mustGet(t, "ovh").Resolve(Choice{Variant: "pro"})
	if !errors.As(err, &needed) || needed.Preset != "ovh" || needed.Variant != "pro" || needed.Ask == "" {
		t.Errorf("got %v", err)
	}
	if _, err = mustGet(t, "gmail").Resolve(Choice{Host: "smtp gmail"}); err == nil {
		t.Error("a host with a space went through")
	}
}

func TestHostOf(t *testing.T) {
	t.Parallel()
	pro := Variant{HostPattern: "pro{n}.mail.ovh.net"}
	tests := []struct {
		variant      Variant
		answer, want string
	}{
		{pro, "2", "pro2.mail.ovh.net"},
		{pro, " Pro2 ", "pro2.mail.ovh.net"},
		{pro, "pro2.mail.ovh.net", "pro2.mail.ovh.net"},
		{pro, "https://pro2.mail.ovh.net", "pro2.mail.ovh.net"},
		{pro, "https://pro12.mail.ovh.net/owa/#path=/mail", "pro12.mail.ovh.net"},
		{pro, "pro2.mail.ovh.net/owa", "pro2.mail.ovh.net"},
		{pro, "mail.example.com", "mail.example.com"},
		{pro, "https://webmail.mail.ovh.net/", ""},
		{pro, "https://www.ovh.com/mail/", ""},
		{pro, "ex2", ""},
		{pro, "pro", ""},
		{pro, "99999", ""},
		{pro, "pro2.mail.ovh.net:587", ""},
		{pro, "you@example.com", ""},
		{pro, "https://", ""},
		{Variant{}, "mail.example.com", "mail.example.com"},
		{Variant{}, "https://mail.example.com/owa", "mail.example.com"},
		{Variant{}, "localhost", "localhost"},
		{Variant{}, "a b", ""},
	}
	for _, tt := range tests {
		got, err := tt.variant.HostOf(tt.answer)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%q: got %q, %v; want %q", tt.answer, got, err, tt.want)
		}
	}
}

// TestResolveLeavesThePresetAlone: presets are shared between callers.
func TestResolveLeavesThePresetAlone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"zoho", "ovh", "gmail"} {
		p, fresh := mustGet(t, name), mustGet(t, name)
		for _, c := range choices(p) {
			s, err := p.Resolve(c)
			if err != nil {
				t.Fatal(err)
			}
			s.Preset.Endpoints[0].Host = "changed"
			s.Preset.Password.Steps = append(s.Preset.Password.Steps[:0], "changed")
			if s.Preset.OAuth != nil {
				s.Preset.OAuth.AuthURL = "changed"
			}
		}
		if diff := cmp.Diff(fresh, p, cmp.AllowUnexported(Preset{})); diff != "" {
			t.Errorf("%s (-before +after):\n%s", name, diff)
		}
	}
}

// choices lists each region with each variant.
func choices(p *Preset) []Choice {
	regions, variants := []Region{{}}, []Variant{{}}
	regions, variants = append(regions, p.Regions...), append(variants, p.Variants...)
	var out []Choice
	for _, r := range regions {
		for _, v := range variants {
			c := Choice{Region: r.Name, Variant: v.Name}
			if v.AskHost != "" || (v.Name == "" && asks(p)) {
				c.Host = "mail.example.com"
			}
			out = append(out, c)
		}
	}
	return out
}

func asks(p *Preset) bool {
	return slices.ContainsFunc(p.Variants, func(v Variant) bool { return v.Name == p.DefaultVariant && v.AskHost != "" })
}

// checkFilled fails where a text still holds "{…}" or a host is none.
func checkFilled(t *testing.T, s Settings) {
	t.Helper()
	mapStrings(reflect.ValueOf(s.Preset).Elem(), "", func(at, text string) string {
		if placeholder().MatchString(text) {
			t.Errorf("%s in %s %s: %q is not filled in", at, s.Region, s.Variant, text)
		}
		return text
	})
	for _, e := range s.Endpoints {
		if _, err := submission.ParseHost(e.Host); err != nil {
			t.Errorf("%s %s: %v", s.Region, s.Variant, err)
		}
	}
}

// What was filled in for one region can be filled in for another.
func TestResolveAgain(t *testing.T) {
	t.Parallel()
	p := mustGet(t, "zoho")
	for _, region := range []string{"eu", "in", "com"} {
		s, err := p.Resolve(Choice{Region: region})
		if err != nil {
			t.Fatal(err)
		}
		if p = s.Preset; p.Endpoints[0].Host != "smtp.zoho."+region {
			t.Errorf("%s: %s", region, p.Endpoints[0].Host)
		}
	}
}

func TestRegionOf(t *testing.T) {
	t.Parallel()
	zoho := mustGet(t, "zoho")
	for _, c := range []struct {
		domain, mx, region, by string
	}{
		{"zoho.eu", "", "eu", "zoho.eu"},
		{"ZohoMail.in", "mx.zoho.eu", "in", "zohomail.in"},
		{"example.com", "mx.zoho.eu mx2.zoho.eu", "eu", "mx.zoho.eu"},
		{"example.com", "mx.zoho.com.au", "au", "mx.zoho.com.au"},
		{"example.com", "mx.zoho.eu mx.zoho.in", "", ""},
		{"example.com", "mx.example.com", "", ""},
		{"example.com", "notzoho.eu", "", ""},
		{"example.com", "", "", ""},
	} {
		region, by := zoho.RegionOf(c.domain, strings.Fields(c.mx))
		if region != c.region || by != c.by {
			t.Errorf("%s, %s: got %s by %s", c.domain, c.mx, region, by)
		}
	}
}
