package diagnose

import (
	"slices"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// found is a provider that a text names.
type found struct {
	preset *preset.Preset // filled in for the region that the text names
	by     string         // the words that told it
	sure   bool           // it is the server that was used; else only the words are its
}

// onlyFromSubmission are the causes of which none but the server speaks where
// the user signs in. Whatever else a provider says, it may say to strangers
// whose mail it is only to receive, and its advice to its own users is not for
// them.
var onlyFromSubmission = []submission.Cause{
	submission.BadCredentials, submission.AppPasswordRequired, submission.OAuthRequired,
	submission.OAuthTokenInvalid, submission.AuthDisabledForAccount, submission.AuthMissing,
	submission.AuthMechanismUnsupported, submission.WebLoginRequired, submission.AccountSuspended,
	submission.FromMismatch, submission.SenderNotVerified, submission.QuotaExceeded, submission.TLSRequired,
}

// find looks for the provider: its server's name, its greeting, else a link to
// its pages, the surest first. Where a text speaks for two providers it is
// neither.
func find(t *trouble, known []*preset.Preset) found {
	names, greeting := namesIn(t.error), t.pastedGreeting()
	if len(names) == 0 && greeting == "" && t.endpoint.Host == "" {
		return found{}
	}
	var signs [5][]found
	for _, p := range known {
		for _, r := range inRegions(p) {
			if by := r.serverIn(names, t); by != "" {
				signs[0] = append(signs[0], found{r.Preset, by, true})
			}
			if p.Kind != preset.Bridge && greeting != "" && r.Match.Greeting != "" && r.Match.GreetingFits(greeting) {
				signs[1] = append(signs[1], found{r.Preset, greeting, true})
			}
			if by, nearness := r.linkIn(names); by != "" {
				signs[2+nearness] = append(signs[2+nearness], found{preset: r.Preset, by: by})
			}
		}
	}
	for _, list := range signs {
		if len(list) > 0 {
			return only(list)
		}
	}
	return found{}
}

// only is the one provider that all speak for.
func only(list []found) found {
	for _, f := range list {
		if !sameProvider(f.preset, list[0].preset) {
			return found{}
		}
	}
	return list[0]
}

// sameProvider: two offers with one name ("Zoho Mail", "Zoho Mail for
// organisations") and the same password, so that the same is to be said.
func sameProvider(a, b *preset.Preset) bool {
	one, other := titleOf(a), titleOf(b)
	return (strings.HasPrefix(one, other) || strings.HasPrefix(other, one)) && a.Password.Label == b.Password.Label
}

// regional is a preset filled in for a region or offer.
type regional struct{ *preset.Preset }

func inRegions(p *preset.Preset) []regional {
	choices := []preset.Choice{{}}
	for _, r := range p.Regions {
		if r.Name != p.DefaultRegion {
			choices = append(choices, preset.Choice{Region: r.Name})
		}
	}
	for _, v := range p.Variants {
		if v.Name != p.DefaultVariant && v.AskHost == "" {
			choices = append(choices, preset.Choice{Variant: v.Name})
		}
	}
	var out []regional
	for _, c := range choices {
		if s, err := p.Resolve(c); err == nil {
			out = append(out, regional{s.Preset})
		}
	}
	return out
}

// serverIn is the name of one of its servers among those of a text. This
// computer's own address is a provider's only with a word of a bridge.
func (r regional) serverIn(names []name, t *trouble) string {
	if r.Kind == preset.Bridge {
		same := func(e preset.Endpoint) bool { return e.Port == t.endpoint.Port }
		if submission.IsLoopbackHost(t.endpoint.Host) && slices.ContainsFunc(r.Endpoints, same) && anyIn(parsePhrases([]string{"*bridge*"}), wordsOf(t.error)) {
			return t.endpoint.Address()
		}
		return ""
	}
	for _, n := range names {
		serves := func(e preset.Endpoint) bool { return strings.EqualFold(e.Host, n.host) }
		hosts := func(v preset.Variant) bool {
			host, err := v.HostOf(n.host)
			return v.HostPattern != "" && err == nil && strings.EqualFold(host, n.host) && fitsPattern(v.HostPattern, host)
		}
		if !n.link && (slices.ContainsFunc(r.Endpoints, serves) || slices.ContainsFunc(r.Variants, hosts)) {
			return n.host
		}
	}
	return ""
}

// fitsPattern: "pro{n}.mail.ovh.net" has a number at that place.
func fitsPattern(pattern, host string) bool {
	before, after, _ := strings.Cut(pattern, "{n}")
	n, begins := strings.CutPrefix(host, before)
	n, ends := strings.CutSuffix(n, after)
	return begins && ends && n != "" && strings.Trim(n, "0123456789") == ""
}

// linkIn is a link of a text to the provider's own pages: 0, to one that the
// preset names; 1, on the same host; 2, on another host of the same domain.
func (r regional) linkIn(names []name) (by string, nearness int) {
	pages := []string{r.Support, r.Status, r.Password.URL}
	for _, l := range r.Limits {
		pages = append(pages, l.URL)
	}
	for _, e := range r.Endpoints {
		pages = append(pages, "https://"+e.Host)
	}
	nearness = 3
	for _, page := range pages {
		_, page, _ = strings.Cut(strings.ToLower(page), "://")
		host, path, _ := strings.Cut(page, "/")
		for _, n := range names {
			near := 3
			switch {
			case host == "" || !n.link:
			case host == n.host && path != "" && strings.HasPrefix(n.path, "/"+path):
				near = 0
			case slices.Contains(shared, registered(host)):
			case host == n.host:
				near = 1
			case registered(host) == registered(n.host):
				near = 2
			}
			if near < nearness {
				by, nearness = n.host, near
			}
		}
	}
	return by, nearness
}

// shared are domains under which pages of many stand.
var shared = []string{"aka.ms", "github.com", "amazonaws.com"}

// registered is the part of a name that somebody registered: its last two
// labels, or three under a suffix such as com.au.
func registered(host string) string {
	labels := strings.Split(strings.ToLower(host), ".")
	n := 2
	if l := len(labels); l > 2 && len(labels[l-1]) == 2 && len(labels[l-2]) <= 3 {
		n = 3
	}
	return strings.Join(labels[max(0, len(labels)-n):], ".")
}

// name is a host's name in a text.
type name struct {
	host, path string // in lower case
	link       bool   // it stands in a link, which has a path
}

var hostName = lazily(`(?i)(://|@)?\b((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,})\b(/[^\s"'<>]*)?`)

// namesIn are the names of hosts in a text, but not the domains of addresses:
// whose mail it is does not tell through whom it goes.
func namesIn(text string) []name {
	const most = 200
	var out []name
	for _, m := range hostName.re().FindAllStringSubmatch(text, most) {
		n := name{strings.ToLower(m[2]), strings.ToLower(m[3]), m[1] == "://"}
		if m[1] != "@" && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}
