package discover

import (
	"cmp"
	"fmt"
	"net"
	"slices"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// conclude makes the result out of what DNS said. Where the exchangers decide
// at once, nothing else counts, so that the result does not hang on what else
// happened to be in.
func (f *Finder) conclude(domain string, x *facts) Result {
	front := inFront(x.mx.got.hosts)
	r := Result{Filter: front.filter.name, NoMail: x.mx.got.none}
	if found := f.byMX(x); len(found) > 0 {
		r.Candidates = f.told(found, x)
		return r
	}
	r.ForwardOnly = front.forwarder.name
	if x.absent() {
		r.DomainMissing = true
		return r
	}
	r.Candidates = f.gleaned(domain, x, front)
	if err := x.failure(); err != nil && (!x.mx.in || x.mx.err != nil || len(r.Candidates) == 0) {
		r.DNSFailed = fmt.Errorf("asking DNS: %w", err)
	}
	return r
}

// byMX are the providers that the mail exchangers belong to.
func (f *Finder) byMX(x *facts) []Candidate {
	return candidates(f.Library.ByMX(x.mx.got.hosts), ByMX)
}

// bySPF are the providers that the SPF record includes: those with mailboxes,
// and those that only send what programs write.
func (f *Finder) bySPF(x *facts) (mailboxes, senders []Candidate) {
	for _, c := range candidates(f.Library.BySPF(x.spf.got), BySPF) {
		if c.Preset.Kind == preset.Transactional {
			senders = append(senders, c)
		} else {
			mailboxes = append(mailboxes, c)
		}
	}
	return mailboxes, senders
}

func candidates(found []preset.Candidate, kind Kind) []Candidate {
	var out []Candidate
	for _, c := range found {
		out = append(out, Candidate{Preset: c.Preset, Region: c.Region, Why: Why{kind, c.Evidence}})
	}
	return out
}

// tellable reports whether more of DNS could tell providers that share their
// exchangers apart, or a region, or the server of a customer.
func tellable(found []Candidate) bool {
	p := found[0].Preset
	return len(found) > 1 || (len(p.Regions) > 0 && found[0].Region == "") ||
		slices.ContainsFunc(p.Variants, func(v preset.Variant) bool { return v.HostPattern != "" })
}

// told adds to providers what the other records tell of them, and puts the one
// first that they speak of most. They do not bring in others: a zone often
// keeps the defaults of the registrar, whoever has the mailboxes.
func (f *Finder) told(found []Candidate, x *facts) []Candidate {
	if !tellable(found) {
		return found
	}
	for _, c := range slices.Concat(f.byAutodiscover(x), f.bySRV(x)) {
		if i := slices.IndexFunc(found, c.agrees); i >= 0 {
			found[i] = found[i].with(c)
		}
	}
	slices.SortStableFunc(found, func(a, b Candidate) int { return cmp.Compare(len(b.Also), len(a.Also)) })
	return limited(found)
}

// gleaned finds candidates where the exchangers name no provider.
func (f *Finder) gleaned(domain string, x *facts, front front) []Candidate {
	mailboxes, senders := f.bySPF(x)
	auto, srv := f.byAutodiscover(x), f.bySRV(x)
	var list []Candidate
	if front.known() {
		// The SPF record must name whoever sends, so behind a service it decides.
		agreed, alone := split(mailboxes, among(auto, srv))
		list = slices.Concat(agreed, alone, front.forwarder.submission(), auto, srv)
		if len(list) == 0 && front.forwarder.name == "" {
			list = f.guesses(domain, x)
		}
	} else {
		// A provider that neither takes the mail in nor may send it was left
		// over in the zone when the mail moved on.
		sends := among(mailboxes, senders)
		valid, leftover := split(slices.Concat(srv, auto), func(c Candidate) bool {
			return c.Preset == nil || sends(c) || len(x.mx.got.hosts) == 0 || len(x.spf.got) == 0
		})
		list = slices.Concat(valid, mailboxes)
		if len(valid) == 0 {
			list = append(list, f.guesses(domain, x)...)
		}
		list = append(list, leftover...)
	}
	list = slices.DeleteFunc(append(list, senders...), front.forwarder.isDefault)
	return limited(merged(list))
}

// among tells whether a candidate agrees with one of these.
func among(lists ...[]Candidate) func(Candidate) bool {
	all := slices.Concat(lists...)
	return func(c Candidate) bool { return slices.ContainsFunc(all, c.agrees) }
}

func split(list []Candidate, ok func(Candidate) bool) (yes, no []Candidate) {
	for _, c := range list {
		if ok(c) {
			yes = append(yes, c)
		} else {
			no = append(no, c)
		}
	}
	return yes, no
}

// byAutodiscover are the providers that Outlook's service discovery leads to.
func (f *Finder) byAutodiscover(x *facts) []Candidate {
	var hosts, seen []string
	for _, r := range x.autodiscover.got {
		hosts = append(hosts, r.Target)
	}
	if x.alias.got != "" {
		hosts = append(hosts, x.alias.got)
	}
	var out []Candidate
	for _, host := range hosts {
		c, ok := f.owner(host)
		if !ok || slices.Contains(seen, host) {
			continue
		}
		seen = append(seen, host)
		c.Why = Why{ByAutodiscover, host}
		out = append(out, c)
	}
	return out
}

// bySRV are the servers that the domain names for submission; RFC 8314
// section 5.1 puts implicit TLS first. A provider's server yields its preset.
func (f *Finder) bySRV(x *facts) []Candidate {
	var own []Candidate
	add := func(r *net.SRV, security submission.Security) {
		e := submission.Endpoint{Host: r.Target, Port: int(r.Port), Security: security}
		if speaks := submission.SecuritiesOf(e.Port); len(speaks) == 1 {
			e.Security = speaks[0] // whatever the record is called
		}
		i := slices.IndexFunc(own, func(c Candidate) bool { return c.Host == e.Host })
		if i < 0 {
			i = len(own)
			own = append(own, Candidate{Host: e.Host, Why: Why{BySRV, e.Host}})
		}
		if !slices.Contains(own[i].Endpoints, e) {
			own[i].Endpoints = append(own[i].Endpoints, e)
		}
	}
	for _, r := range x.submissions.got {
		add(r, submission.SSL)
	}
	for _, r := range x.submission.got {
		add(r, submission.STARTTLS)
	}
	for i, c := range own {
		if known, ok := f.owner(c.Host); ok {
			known.Why = c.Why
			own[i] = known
		}
	}
	return own
}

// guesses are the usual names that exist, and exchangers within the domain,
// which on a small server are the submission server too.
func (f *Finder) guesses(domain string, x *facts) []Candidate {
	names := []guess{x.mail.got, x.smtp.got}
	for _, host := range x.mx.got.hosts {
		if under(host, domain) {
			names = append(names, guess{host, host})
		}
	}
	var out []Candidate
	for _, g := range names {
		if g.name == "" {
			continue
		}
		c, ok := f.owner(g.alias)
		if !ok {
			c = Candidate{Host: g.name, Endpoints: usualEndpoints(g.name)}
			g.alias = g.name
		}
		c.Why = Why{ByGuess, g.alias}
		out = append(out, c)
	}
	return out
}

func usualEndpoints(host string) []submission.Endpoint {
	return []submission.Endpoint{
		{Host: host, Port: submission.PortSubmissions, Security: submission.SSL},
		{Host: host, Port: submission.PortSubmission, Security: submission.STARTTLS},
	}
}

// agrees reports whether two candidates can be one: the same preset and
// nothing that differs, or the same server.
func (c Candidate) agrees(other Candidate) bool {
	if c.Preset == nil || other.Preset == nil {
		return c.Preset == other.Preset && c.Host == other.Host
	}
	same := func(a, b string) bool { return a == "" || b == "" || a == b }
	return c.Preset == other.Preset && same(c.Region, other.Region) && same(c.Variant, other.Variant) && same(c.Host, other.Host)
}

// with adds what another candidate, which agrees, tells.
func (c Candidate) with(other Candidate) Candidate {
	c.Region = cmp.Or(c.Region, other.Region)
	c.Variant = cmp.Or(c.Variant, other.Variant)
	c.Host = cmp.Or(c.Host, other.Host)
	for _, w := range append([]Why{other.Why}, other.Also...) {
		if w != c.Why && !slices.Contains(c.Also, w) {
			c.Also = append(c.Also, w)
		}
	}
	return c
}

// merged makes one candidate of those that agree, in the place of the first.
func merged(list []Candidate) []Candidate {
	var out []Candidate
	for _, c := range list {
		if i := slices.IndexFunc(out, c.agrees); i >= 0 {
			out[i] = out[i].with(c)
		} else {
			out = append(out, c)
		}
	}
	return out
}

func limited(list []Candidate) []Candidate { return list[:min(len(list), maxCandidates)] }
