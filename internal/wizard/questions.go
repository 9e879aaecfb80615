package wizard

import (
	"slices"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// question asks for one answer, with what is known of it filled in.
func (s *state) question(f submission.Field) Question {
	q := Question{
		Key: string(f), Label: s.t.label(f), Kind: TextLine, Value: s.prefill(f), Hint: s.t.hint(f), Optional: true,
		Check: func(v string) string { return s.fault(f, strings.TrimSpace(v)) },
	}
	p := s.look()
	switch f {
	case submission.FieldFrom:
		q.Optional = false
	case submission.FieldUsername:
		q.Optional = s.derived(f) != ""
	case submission.FieldHost:
		q.Optional = !p.asksHost()
		if p.own {
			q.Value = or(q.Value, s.guess())
		}
		q.Hint = or(strings.ReplaceAll(p.offer().HostPattern, "{n}", "1"), q.Hint)
	case submission.FieldPort:
		if p.preset != nil && p.preset.Kind == preset.Bridge {
			q.Hint = s.t.bridgePort()
		}
	case submission.FieldPreset:
		if q.Options = s.providers(p); s.guess() != "" {
			q.Value = or(q.Value, OwnServer)
		}
	case submission.FieldRegion:
		q.Options, q.Value = regions(p), or(q.Value, p.known.DefaultRegion)
	case submission.FieldVariant:
		q.Options, q.Value = variants(p), or(q.Value, p.known.DefaultVariant)
	case submission.FieldSecurity:
		q.Options = s.securities(p)
	case submission.FieldAuth:
		q.Options = s.mechanisms()
	case SecretStore:
		q.Options = s.stores()
	}
	if q.Options != nil {
		q.Kind, q.Check = Choice, nil
		// "Find out by trying" and its like are answers too, and have no value.
		q.Optional = slices.ContainsFunc(q.Options, func(o Option) bool { return o.Value == "" })
		if !slices.ContainsFunc(q.Options, func(o Option) bool { return o.Value == q.Value }) {
			q.Value = q.Options[0].Value
		}
	}
	return q
}

// providers lists those that DNS speaks for first, then what is none, then all
// in order of titles.
func (s *state) providers(p picture) []Option {
	var out []Option
	add := func(lib *preset.Preset) {
		if !slices.ContainsFunc(out, func(o Option) bool { return o.Value == lib.Name }) {
			out = append(out, Option{lib.Name, lib.Title, lib.Summary})
		}
	}
	if p.known != nil {
		add(p.known)
	}
	if s.found != nil {
		for _, c := range s.found.Candidates {
			if lib, err := s.known.Get(c.Preset); err == nil && c.Preset != "" {
				add(lib)
			}
		}
	}
	out = append(out, Option{OwnServer, s.t.ownServer(), s.t.ownServerDetail()}, Option{askDNS, s.t.byDNS(), s.t.byDNSDetail()})
	all, _ := s.known.All() // a broken file of the user's own is told by presets check
	slices.SortStableFunc(all, func(a, b *preset.Preset) int {
		return strings.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title))
	})
	for _, lib := range all {
		add(lib)
	}
	return out
}

func regions(p picture) []Option {
	var out []Option
	for _, r := range p.known.Regions {
		out = append(out, Option{r.Name, r.Title, r.Hint})
	}
	return out
}

func variants(p picture) []Option {
	var out []Option
	for _, v := range p.known.Variants {
		out = append(out, Option{v.Name, v.Title, v.Hint})
	}
	return out
}

// securities: a session in clear only where it cannot leave the machine.
func (s *state) securities(p picture) []Option {
	out := []Option{
		{"", s.t.byTrying(), ""},
		{string(submission.SSL), s.t.security(submission.SSL), ""},
		{string(submission.STARTTLS), s.t.security(submission.STARTTLS), ""},
	}
	if len(p.endpoints) > 0 && submission.IsLoopbackHost(p.endpoints[0].Host) {
		out = append(out, Option{string(submission.None), s.t.security(submission.None), ""})
	}
	return out
}

func (s *state) mechanisms() []Option {
	out := []Option{{"", s.t.chosenFromOffer(), ""}}
	for _, m := range []string{"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "XOAUTH2", "OAUTHBEARER", "EXTERNAL"} {
		out = append(out, Option{m, m, ""})
	}
	return out
}
