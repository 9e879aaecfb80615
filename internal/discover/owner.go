package discover

import (
	"slices"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/preset"
)

// owner finds the preset that a host belongs to, and what the host tells of
// region, variant and customer's server. A user's own preset comes first.
func (f *Finder) owner(host string) (Candidate, bool) {
	all, _ := f.Library.All() // a broken file is told when it is asked for
	slices.SortStableFunc(all, func(a, b *preset.Preset) int {
		return rank(a) - rank(b)
	})
	for _, p := range all {
		if c, ok := at(p, host); ok {
			return c, true
		}
	}
	return f.pointed(host)
}

func rank(p *preset.Preset) int {
	if p.Origin != preset.BuiltIn {
		return 0
	}
	return 1
}

// pointed looks a host up in the names that only DNS uses.
func (f *Finder) pointed(host string) (Candidate, bool) {
	for _, to := range pointers() {
		p, err := f.Library.Get(to.preset)
		if err != nil || !under(host, to.suffix) {
			continue
		}
		c := Candidate{Preset: p, Region: to.region, Variant: to.variant}
		if to.server {
			c.Host = host
		}
		return c, true
	}
	return Candidate{}, false
}

// at reports whether a preset submits at a host.
func at(p *preset.Preset, host string) (Candidate, bool) {
	if region, ok := regionAt(p, p.Endpoints, host); ok {
		// A variant without servers of its own shares these with the rest of
		// the preset, so the host does not tell it.
		return Candidate{Preset: p, Region: region}, true
	}
	for _, v := range p.Variants {
		if numbered(v.HostPattern, host) {
			return Candidate{Preset: p, Variant: v.Name, Host: host}, true
		}
		if region, ok := regionAt(p, v.Endpoints, host); ok {
			return Candidate{Preset: p, Region: region, Variant: v.Name}, true
		}
	}
	return Candidate{}, false
}

// regionAt looks for a host among endpoints, and in which region it is one.
func regionAt(p *preset.Preset, endpoints []preset.Endpoint, host string) (region string, ok bool) {
	for _, e := range endpoints {
		if e.Host == host {
			return "", true
		}
		for _, r := range p.Regions {
			if filled(e.Host, r.Values) == host {
				return r.Name, true
			}
		}
	}
	return "", false
}

func filled(s string, values map[string]string) string {
	for name, value := range values {
		s = strings.ReplaceAll(s, "{"+name+"}", value)
	}
	return s
}

// numbered reports whether a host fits a pattern like "pro{n}.mail.ovh.net".
func numbered(pattern, host string) bool {
	prefix, suffix, ok := strings.Cut(pattern, "{n}")
	n, begins := strings.CutPrefix(host, prefix)
	n, ends := strings.CutSuffix(n, suffix)
	return ok && begins && ends && n != "" && len(n) <= 4 && strings.Trim(n, "0123456789") == ""
}
