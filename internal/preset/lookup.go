package preset

import (
	"slices"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Candidate is a preset that DNS speaks for.
type Candidate struct {
	Preset   *Preset
	Region   string // the region that the name tells, "" for none
	Evidence string // the name that told it
}

// index is every name that a preset is recognised by, in lower case.
type index struct {
	domains, mx, spf map[string][]entry
}

type entry struct {
	preset *Preset
	region string
}

// ByDomain finds the provider whose own mail domain this is, and the region
// that it tells, if it tells one.
func (l *Library) ByDomain(mailDomain string) (p *Preset, region string, ok bool) {
	domain := plainName(mailDomain)
	found := l.around(domain).domains[domain]
	if len(found) == 0 {
		return nil, "", false
	}
	return found[0].preset, found[0].region, true
}

// ByMX finds the providers behind the mail exchangers of a customer's domain,
// given in order of preference, and reads the region off. Of several presets
// for one exchanger the likeliest stands first.
func (l *Library) ByMX(hosts []string) []Candidate { return candidates(l.index().mx, hosts) }

// BySPF finds the providers that a domain's SPF record includes (RFC 7208
// section 5.2).
func (l *Library) BySPF(includes []string) []Candidate { return candidates(l.index().spf, includes) }

// RegionOf reads off where an account lives: from its mail domain, where that is
// the provider's own, else from the domain's mail exchangers. by is the name that
// told it; both are "" where nothing does, or two speak for different regions.
func (p *Preset) RegionOf(mailDomain string, exchangers []string) (region, by string) {
	ix := indexOf([]*Preset{p})
	if own := ix.domains[plainName(mailDomain)]; len(own) > 0 {
		return own[0].region, plainName(mailDomain)
	}
	for _, c := range candidates(ix.mx, exchangers) {
		if region != "" && c.Region != region {
			return "", ""
		}
		region, by = c.Region, c.Evidence
	}
	return region, by
}

func (l *Library) buildIndex() *index {
	all, _ := l.All() // a broken file is told when it is asked for
	return indexOf(all)
}

func indexOf(presets []*Preset) *index {
	ix := &index{map[string][]entry{}, map[string][]entry{}, map[string][]entry{}}
	for _, p := range presets {
		ix.add(p, "", p.Match.Domains, p.Match.MX, p.Match.SPF)
		for _, r := range p.Regions {
			ix.add(p, r.Name, r.Domains, r.MX, r.SPF)
		}
	}
	for _, lists := range []map[string][]entry{ix.domains, ix.mx, ix.spf} {
		for _, list := range lists {
			slices.SortStableFunc(list, likelier)
		}
	}
	return ix
}

func (ix *index) add(p *Preset, region string, domains, mx, spf []string) {
	for _, list := range []struct {
		to    map[string][]entry
		names []string
	}{{ix.domains, domains}, {ix.mx, mx}, {ix.spf, spf}} {
		for _, name := range list.names {
			name = plainName(name)
			list.to[name] = append(list.to[name], entry{p, region})
		}
	}
}

// likelier compares two presets that one name speaks for: the user's own come
// first, then those that say so of themselves, then the order of names.
func likelier(a, b entry) int {
	own, other := a.preset.Origin != BuiltIn, b.preset.Origin != BuiltIn
	switch {
	case own && !other:
		return -1
	case other && !own:
		return 1
	case slices.Contains(a.preset.Match.Before, b.preset.Name):
		return -1
	case slices.Contains(b.preset.Match.Before, a.preset.Name):
		return 1
	}
	return 0
}

// candidates looks each name up, then what is left after each of its dots: a
// suffix counts from a label's start only, and the longest wins.
func candidates(suffixes map[string][]entry, names []string) []Candidate {
	var found []Candidate
	for _, name := range names {
		for rest, ok := plainName(name), true; ok; _, rest, ok = strings.Cut(rest, ".") {
			if entries := suffixes[rest]; len(entries) > 0 {
				found = appendNew(found, entries, name)
				break
			}
		}
	}
	return found
}

func appendNew(found []Candidate, entries []entry, evidence string) []Candidate {
	for _, e := range entries {
		known := func(c Candidate) bool { return c.Preset == e.preset && c.Region == e.region }
		if !slices.ContainsFunc(found, known) {
			found = append(found, Candidate{e.preset, e.region, evidence})
		}
	}
	return found
}

// plainName is a domain name as it is compared: A-labels in lower case without
// a final dot.
func plainName(s string) string {
	if host, err := submission.ParseHost(s); err == nil {
		return host
	}
	return strings.ToLower(strings.TrimSuffix(s, "."))
}
