package discover

import (
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/preset"
)

// TestServices: each line can be found, is found once, and takes no exchanger
// from a preset.
func TestServices(t *testing.T) {
	t.Parallel()
	all := append(filters(), forwarders()...)
	for i, s := range all {
		if host, ok := hostName("x." + s.suffix); !ok || host != "x."+s.suffix || strings.Trim(s.name, " ") == "" {
			t.Errorf("%+v is not a line that can be found", s)
		}
		if found := library.ByMX([]string{"mx1." + s.suffix}); len(found) > 0 {
			t.Errorf("%s is also an exchanger of %s", s.suffix, found[0].Preset.Name)
		}
		for _, other := range all[:i] {
			if under(s.suffix, other.suffix) || under(other.suffix, s.suffix) {
				t.Errorf("%s and %s overlap", s.suffix, other.suffix)
			}
		}
		if _, err := library.Get(s.zone); s.zone != "" && err != nil {
			t.Errorf("%s: %v", s.suffix, err)
		}
		if _, ok := hostName(s.smtp); s.smtp != "" && !ok {
			t.Errorf("%s: %q is no host", s.suffix, s.smtp)
		}
	}
}

// TestPointers: each leads to a preset that can be resolved, and none hides an
// endpoint.
func TestPointers(t *testing.T) {
	t.Parallel()
	f := Finder{Library: library}
	for _, to := range pointers() {
		c, ok := f.owner(to.suffix)
		if !ok || c.Preset.Name != to.preset || c.Region != to.region || c.Variant != to.variant || (c.Host != "") != to.server {
			t.Fatalf("%s leads to %+v", to.suffix, c)
		}
		if _, err := c.Preset.Resolve(c.Choice()); err != nil {
			t.Errorf("%s: %v", to.suffix, err)
		}
	}
}

// TestOwner: every endpoint of every preset leads back to it.
func TestOwner(t *testing.T) {
	t.Parallel()
	f := Finder{Library: library}
	all, err := library.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		regions := []string{""}
		for _, r := range p.Regions {
			regions = append(regions, r.Name)
		}
		for _, region := range regions {
			s, err := p.Resolve(preset.Choice{Region: region})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range s.Endpoints {
				if p.Kind == preset.Bridge {
					continue // this machine is no one's
				}
				c, ok := f.owner(e.Host)
				if !ok || c.Preset != p || (c.Region != "" && c.Region != s.Region) {
					t.Errorf("%s of %s in %q leads to %+v", e.Host, p.Name, s.Region, c)
				}
			}
		}
	}
	for _, host := range []string{"pro.mail.ovh.net", "pro12345.mail.ovh.net", "pro2x.mail.ovh.net", "pro2.mail.ovh.net.example", "xpro2.mail.ovh.net", "gmail.com", "example.com"} {
		if c, ok := f.owner(host); ok {
			t.Errorf("%s leads to %+v", host, c)
		}
	}
}
