package diagnose

import (
	"slices"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// resolved fills in a preset that still has braces, for the region whose server
// was used.
func resolved(p *preset.Preset, host string) *preset.Preset {
	if p == nil || !hasBraces(p) {
		return p
	}
	choices := []preset.Choice{{}}
	for _, r := range p.Regions {
		choices = append(choices, preset.Choice{Region: r.Name})
	}
	var byDefault *preset.Preset
	for _, c := range choices {
		s, err := p.Resolve(c)
		if err != nil {
			continue
		}
		for _, e := range s.Endpoints {
			if strings.EqualFold(e.Host, host) {
				return s.Preset
			}
		}
		if byDefault == nil {
			byDefault = s.Preset
		}
	}
	if byDefault == nil {
		return p
	}
	return byDefault
}

func hasBraces(p *preset.Preset) bool {
	for _, e := range p.Endpoints {
		if strings.Contains(e.Host, "{") {
			return true
		}
	}
	return strings.Contains(p.Password.URL, "{")
}

// byPreset looks the reply up in what the preset knows of its provider's words.
func (t *trouble) byPreset() (verdict, bool) {
	if t.preset == nil || t.code == 0 && t.text == "" {
		return verdict{}, false
	}
	for _, r := range t.preset.Replies {
		if !r.Fits(string(t.stage), t.code, t.text) {
			continue
		}
		v := verdict{cause: r.Cause, why: filledIn(r.Why), temporary: r.Temporary, enough: len(r.Fixes) > 0}
		for _, f := range r.Fixes {
			v.fixes = append(v.fixes, Fix{filledIn(f.Text), filledIn(f.URL)})
		}
		return v, true
	}
	return verdict{}, false
}

// withPreset keeps in question what a provider's servers do not tell apart: the
// wrong password from one of the wrong kind.
func (t *trouble) withPreset(v verdict) verdict {
	if t.preset != nil && t.preset.Password.Kind == preset.PasswordApp && v.cause == submission.BadCredentials && len(v.also) == 0 {
		v.also = []submission.Cause{submission.AppPasswordRequired}
	}
	if t.preset != nil && v.cause == submission.AppPasswordRequired && t.code == 535 && len(v.also) == 0 {
		v.also = []submission.Cause{submission.BadCredentials}
	}
	return v
}

// filledIn is a preset's text, "" where the region or host that it needs is not known.
func filledIn(s string) string {
	if strings.ContainsAny(s, "{}") {
		return ""
	}
	return s
}

func (t *trouble) isBridge() bool { return t.preset != nil && t.preset.Kind == preset.Bridge }

// opensWebmail: the password is the web mail's too, and not one for programs alone.
func (t *trouble) opensWebmail() bool {
	return t.preset == nil || t.preset.Password.Kind == preset.PasswordAccount || t.preset.Password.Kind == preset.PasswordMailbox
}

// replaced are the causes whose own fixes say what the preset says better.
var replaced = []submission.Cause{
	submission.AppPasswordRequired, submission.OAuthRequired, submission.FromMismatch,
	submission.SenderNotVerified, submission.WrongPortOrSecurity, submission.STARTTLSNotOffered, submission.NotSMTP, submission.Unknown,
	submission.TLSRequired, submission.AuthNotOffered,
}

// ofPreset is what the preset adds to a verdict: pages, limits, rules. Where
// its own reply came with fixes, only pages that they lack.
func (t *trouble) ofPreset(v verdict) []Fix {
	p := t.preset
	if p == nil {
		return nil
	}
	var fixes []Fix
	add := func(text, url string) {
		text, url = filledIn(text), filledIn(url)
		if text != "" && (url != "" || !v.enough) {
			fixes = append(fixes, Fix{text, url})
		}
	}
	switch v.cause {
	case submission.AppPasswordRequired:
		addPassword(p, add)
		for _, s := range p.Password.Steps {
			add(s, "")
		}
		add(p.Password.Unavailable, "")
	case submission.BadCredentials:
		addPassword(p, add)
		if hint := p.Account.UsernameHint; hint != "" {
			add("Check the user name: "+strings.ToLower(hint[:1])+hint[1:], "")
		}
		addRegion(p, add)
	case submission.WebLoginRequired:
		addPassword(p, add)
	case submission.OAuthRequired:
		if p.OAuth != nil {
			add(p.OAuth.Note, "")
		}
	case submission.FromMismatch, submission.SenderRejected, submission.SenderNotVerified:
		add(p.Account.FromRule, "")
	case submission.RateLimited, submission.QuotaExceeded:
		return withoutPages(limits(p), v.fixes)
	case submission.MessageTooLarge:
		return withoutPages(limits(p, preset.PerMessage), v.fixes)
	case submission.ServerDownTemporary, submission.ServerSilent, submission.ConnectionLost:
		if p.Status != "" {
			add("Look whether "+titleOf(p)+" reports an outage.", p.Status)
		}
	case submission.AuthDisabledForAccount, submission.AccountSuspended, submission.Unknown, submission.ContentRejectedSpam, submission.IPBlocked:
		t.addSupport(add)
	case submission.WrongPortOrSecurity, submission.STARTTLSNotOffered, submission.NotSMTP, submission.ConnectionRefused, submission.TLSRequired, submission.AuthNotOffered:
		if t.ports(submission.SSL, submission.STARTTLS) != "" {
			add(t.endpointsInWords(), "")
		}
	}
	return fixes
}

// withoutPages leaves out the pages that others name already.
func withoutPages(fixes, others []Fix) []Fix {
	for i, f := range fixes {
		if slices.ContainsFunc(others, func(o Fix) bool { return o.URL == f.URL }) {
			fixes[i].URL = ""
		}
	}
	return fixes
}

func addPassword(p *preset.Preset, add func(text, url string)) {
	if p.Password.Kind != preset.PasswordAccount && p.Password.Label != "" {
		add("Use the "+labelOf(p)+", not another password.", p.Password.URL)
	}
}

// labelOf names the password that the provider wants, without an article.
func labelOf(p *preset.Preset) string { return strings.TrimPrefix(p.Password.Label, "the ") }

// titleOf is the provider's name without what stands in brackets behind it.
func titleOf(p *preset.Preset) string {
	name, _, _ := strings.Cut(p.Title, " (")
	return name
}

// addRegion: an account lives in one data centre, and the others say that its
// password is wrong.
func addRegion(p *preset.Preset, add func(text, url string)) {
	if len(p.Regions) > 1 && p.RegionQuestion != "" {
		add("Check the region: the servers of another one do not know your account. "+p.RegionQuestion, "")
	}
}

func (t *trouble) addSupport(add func(text, url string)) {
	s := t.preset.Support
	if s == "" {
		return
	}
	url := ""
	if strings.Contains(s, "://") {
		url = s
	} else if strings.Contains(s, "@") {
		url = "mailto:" + s
	}
	add("Ask the support of "+titleOf(t.preset)+", and quote the server's words.", url)
}

// endpointsInWords names where the provider takes mail.
func (t *trouble) endpointsInWords() string {
	if t.isBridge() {
		return "Use " + ofBridge + ": it takes the next port when its own is in use."
	}
	var list []string
	for _, e := range t.preset.Endpoints {
		list = append(list, inWords(submission.Endpoint{Port: e.Port, Security: e.Security}))
	}
	if len(list) == 0 {
		return ""
	}
	return "With " + titleOf(t.preset) + ", use " + strings.Join(list, " or ") + "."
}

// ofBridge: whatever a preset says, the user may have changed it there.
const ofBridge = "the port and security that the bridge shows in its mailbox settings"

// usual are the endpoints of most providers (RFC 8314 section 3.3).
var usual = []submission.Endpoint{
	{Port: submission.PortSubmissions, Security: submission.SSL},
	{Port: submission.PortSubmission, Security: submission.STARTTLS},
}

// ports are the provider's endpoints with these securities, else the usual ones,
// without those that have just failed; "" where none is left.
func (t *trouble) ports(securities ...submission.Security) string {
	if t.isBridge() {
		return ofBridge
	}
	list := usual
	if t.preset != nil && len(t.preset.Endpoints) > 0 {
		list = nil
		for _, e := range t.preset.Endpoints {
			list = append(list, submission.Endpoint{Port: e.Port, Security: e.Security})
		}
	}
	var words []string
	for _, e := range list {
		if slices.Contains(securities, e.Security) && !t.hasFailed(e) {
			words = append(words, inWords(e))
		}
	}
	return strings.Join(words, " or ")
}

// hasFailed: this port was tried, with this security where that is known.
func (t *trouble) hasFailed(e submission.Endpoint) bool {
	same := func(tried submission.Endpoint) bool {
		unconnected := tried.Security == "" && t.stage == report.Connect
		return tried.Port == e.Port && (tried.Security == e.Security || unconnected)
	}
	if same(t.endpoint) {
		return true
	}
	return t.report != nil && slices.ContainsFunc(t.report.Alternatives, func(a report.Alternative) bool {
		return same(a.Endpoint) && !a.Reachable && a.Fault != report.FaultInterrupted
	})
}

// serves reports whether an endpoint is one of the preset's; known is false
// without a preset that names any.
func (t *trouble) serves(fits func(submission.Endpoint) bool) (yes, known bool) {
	if t.preset == nil || len(t.preset.Endpoints) == 0 {
		return false, false
	}
	for _, e := range t.preset.Endpoints {
		if fits(submission.Endpoint{Host: e.Host, Port: e.Port, Security: e.Security}) {
			return true, true
		}
	}
	return false, true
}
