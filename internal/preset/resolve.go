package preset

import (
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Choice is what the user chose of a preset; "" takes the default.
type Choice struct {
	Region, Variant string
	Host            string // the customer's own server: a name, a number, or the address of its web mail
}

// Settings is a preset for one region, variant and host.
type Settings struct {
	Region, Variant, Host string                // as chosen or by default, in the preset's spelling; "" where there is none
	Endpoints             []submission.Endpoint // preferred first
	Preset                *Preset               // a copy with nothing left to fill in; the variant's servers, greeting and mechanism have replaced the preset's
}

// HostNeededError says that the servers of a variant differ per customer, and
// that none was given.
type HostNeededError struct {
	Preset, Variant string
	Ask             string // the question for a person
}

func (e *HostNeededError) Error() string {
	return fmt.Sprintf("preset %s, variant %s: the host of your own server is needed", e.Preset, e.Variant)
}

// Resolve fills in the region, variant and host, also of one that was filled in
// for another choice. The error is an *UnknownError for a region or variant, or
// that of a host that is none. With a *HostNeededError the settings are there,
// with "{host}" left in them.
func (p *Preset) Resolve(c Choice) (Settings, error) {
	if p.unfilled != nil {
		p = p.unfilled
	}
	region, err := p.region(c.Region)
	if err != nil {
		return Settings{}, err
	}
	variant, err := p.variant(c.Variant)
	if err != nil {
		return Settings{}, err
	}
	s := Settings{Region: region.Name, Variant: variant.Name}
	var open *HostNeededError
	if s.Host, err = p.host(variant, c.Host); err != nil && !errors.As(err, &open) {
		return Settings{}, err
	}
	s.Preset = p.with(variant).filled(region.Values, s.Host)
	s.Preset.unfilled = p
	s.Endpoints = endpoints(s.Preset.Endpoints)
	if s.Host != "" && variant.AskHost == "" {
		for i := range s.Endpoints {
			s.Endpoints[i].Host = s.Host
		}
	}
	return s, err
}

// region returns a copy of the region that a name or alias means, the zero
// Region where the preset has none.
func (p *Preset) region(name string) (Region, error) {
	if name == "" {
		name = p.DefaultRegion
	}
	if name == "" {
		return Region{}, nil
	}
	var known []string
	for _, r := range p.Regions {
		if strings.EqualFold(r.Name, name) || slices.ContainsFunc(r.Aliases, func(a string) bool { return strings.EqualFold(a, name) }) {
			return r, nil
		}
		known = append(known, r.Name)
	}
	return Region{}, newUnknownError(submission.FieldRegion, p.Name, name, known)
}

func (p *Preset) variant(name string) (Variant, error) {
	if name == "" {
		name = p.DefaultVariant
	}
	if name == "" {
		return Variant{}, nil
	}
	var known []string
	for _, v := range p.Variants {
		if strings.EqualFold(v.Name, name) {
			return v, nil
		}
		known = append(known, v.Name)
	}
	return Variant{}, newUnknownError(submission.FieldVariant, p.Name, name, known)
}

// host is the server the user gave, as it is dialled; "" for none.
func (p *Preset) host(v Variant, answer string) (string, error) {
	if answer != "" {
		return v.HostOf(answer)
	}
	if v.AskHost != "" {
		return "", &HostNeededError{Preset: p.Name, Variant: v.Name, Ask: v.AskHost}
	}
	return "", nil
}

// with returns the preset with the variant's own settings in place of its.
func (p *Preset) with(v Variant) *Preset {
	out := *p
	if len(v.Endpoints) > 0 {
		out.Endpoints = v.Endpoints
	}
	if len(v.Incoming) > 0 {
		out.Incoming = v.Incoming
	}
	if v.Greeting != "" {
		out.Match.Greeting = v.Greeting
	}
	if v.Mechanism != "" {
		out.Account.Mechanism = v.Mechanism
	}
	return &out
}

// filled returns a deep copy with the values in place of "{…}".
func (p *Preset) filled(values map[string]string, host string) *Preset {
	fill := func(_, s string) string {
		if !strings.Contains(s, "{") {
			return s
		}
		return placeholder().ReplaceAllStringFunc(s, func(m string) string {
			name := m[1 : len(m)-1]
			if v, ok := values[name]; ok {
				return v
			}
			if name == hostPlaceholder && host != "" {
				return host
			}
			return m
		})
	}
	out := *p
	mapStrings(reflect.ValueOf(&out).Elem(), "", fill)
	return &out
}

func endpoints(list []Endpoint) []submission.Endpoint {
	out := make([]submission.Endpoint, len(list))
	for i, e := range list {
		out[i] = submission.Endpoint{Host: e.Host, Port: e.Port, Security: e.Security}
	}
	return out
}

func numbered(s string) bool {
	return len(s) >= 1 && len(s) <= 4 && strings.Trim(s, "0123456789") == ""
}

// HostOf reads a customer's server out of what a person has at hand: its name,
// its number ("2", "pro2" for "pro{n}.mail.ovh.net") or the address of its web
// mail, which counts only where it fits the variant's pattern.
func (v Variant) HostOf(answer string) (string, error) {
	s := strings.ToLower(strings.TrimSpace(answer))
	prefix, suffix, numbers := strings.Cut(v.HostPattern, numberPlaceholder)
	if n := strings.TrimPrefix(s, prefix); numbers && numbered(n) {
		return prefix + n + suffix, nil
	}
	if host, ok := hostOfURL(s); ok {
		n, fits := strings.CutPrefix(host, prefix)
		n, ends := strings.CutSuffix(n, suffix)
		if numbers && !(fits && ends && numbered(n)) {
			return "", fmt.Errorf("%q is not the address of a server %s", answer, v.HostPattern)
		}
		s = host
	}
	if numbers && !strings.Contains(s, ".") {
		return "", fmt.Errorf("%q is neither a server's name nor the number in %s", answer, v.HostPattern)
	}
	host, err := submission.ParseHost(s)
	if err != nil {
		return "", fmt.Errorf("reading the host: %w", err)
	}
	return host, nil
}

// hostOfURL takes the host out of an address with a scheme or a path.
func hostOfURL(s string) (string, bool) {
	if !strings.Contains(s, "/") {
		return "", false
	}
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" {
		return "", false
	}
	return u.Hostname(), true
}
