package wizard

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// picture is what the answers and DNS amount to so far.
type picture struct {
	from      submission.Address
	mailbox   submission.Address // whose server is looked for: the sender, unless a flag gives a user name that is an address
	own       bool               // a server without a preset
	known     *preset.Preset     // as it stands in the library, nil without one
	preset    *preset.Preset     // filled in; nil while region, variant or host are open
	candidate *Candidate         // what DNS says of the choice, nil for nothing
	byDNS     bool               // DNS made the choice

	resolve               func(preset.Choice) (preset.Settings, error)
	region, variant, host string
	endpoints             []submission.Endpoint // nil while the server is not known
	err                   error                 // the answers cannot be used
}

// look puts the answers together.
func (s *state) look() picture {
	var p picture
	p.from, _ = submission.ParseAddress(s.value(submission.FieldFrom))
	p.mailbox = p.from
	if a, err := submission.ParseAddress(s.value(submission.FieldUsername)); err == nil && s.fixed[submission.FieldUsername] {
		p.mailbox = a
	}
	name := s.value(submission.FieldPreset)
	if name == "" {
		p.candidate = s.decided()
		p.byDNS = p.candidate != nil
	}
	switch {
	case p.byDNS:
		name = p.candidate.Preset
		p.own = name == ""
	case name == OwnServer, name == "" && s.value(submission.FieldHost) != "":
		p.own = true
		if s.guess() == "" {
			p.candidate = s.candidate("")
		}
	case name != "":
		p.candidate = s.candidate(name)
	}
	switch {
	case p.own:
		p.ownServer(s)
	case name != "":
		p.provider(s, name)
	}
	return p
}

// candidate is the first that DNS names for a preset.
func (s *state) candidate(name string) *Candidate {
	if s.found == nil {
		return nil
	}
	i := slices.IndexFunc(s.found.Candidates, func(c Candidate) bool { return c.Preset == name })
	if i < 0 {
		return nil
	}
	return &s.found.Candidates[i]
}

// decided is the candidate that needs no question. A name that merely exists
// decides nothing. Nor does an SPF record that names several, for it names all
// that may send for a domain, newsletters too.
func (s *state) decided() *Candidate {
	if s.found == nil || len(s.found.Candidates) == 0 {
		return nil
	}
	first := &s.found.Candidates[0]
	switch {
	case first.only(ByGuess):
		return nil
	case !first.only(BySPF):
		return first
	}
	if lib, err := s.known.Get(first.Preset); err != nil || lib.Kind == preset.Transactional {
		return nil
	}
	for _, c := range s.found.Candidates[1:] {
		if len(c.Why) == 0 || c.Why[0].Name != first.Why[0].Name {
			return nil
		}
	}
	return first
}

// only: nothing but this speaks for it.
func (c *Candidate) only(kind EvidenceKind) bool {
	return len(c.Why) > 0 && !slices.ContainsFunc(c.Why, func(e Evidence) bool { return e.Kind != kind })
}

// guess is the host of a server of the domain's own that merely exists.
func (s *state) guess() string {
	if c := s.candidate(""); c != nil && c.only(ByGuess) {
		return c.host()
	}
	return ""
}

func (p *picture) ownServer(s *state) {
	p.host = s.value(submission.FieldHost)
	base := []submission.Endpoint(nil)
	if c := p.candidate; c != nil && (p.host == "" || p.host == c.host()) {
		p.host, base = c.host(), c.Endpoints
	}
	if p.host == "" {
		return
	}
	if host, err := (preset.Variant{}).HostOf(p.host); err == nil {
		p.host = host
	} else {
		p.err = err
		return
	}
	if base == nil {
		base = usual(p.host)
	}
	p.endpoints = s.narrow(base)
}

// host is where the candidate's server is.
func (c *Candidate) host() string {
	if c.Host == "" && len(c.Endpoints) > 0 {
		return c.Endpoints[0].Host
	}
	return c.Host
}

// usual are the two endpoints that a server mostly has (RFC 8314 section 3.3).
func usual(host string) []submission.Endpoint {
	return []submission.Endpoint{
		{Host: host, Port: submission.PortSubmissions, Security: submission.SSL},
		{Host: host, Port: submission.PortSubmission, Security: submission.STARTTLS},
	}
}

func (p *picture) provider(s *state, name string) {
	if p.known, p.err = s.known.Get(name); p.err != nil {
		return
	}
	c := Candidate{}
	if p.candidate != nil {
		c = *p.candidate
	}
	p.region = or(s.value(submission.FieldRegion), c.Region)
	p.variant = or(s.value(submission.FieldVariant), c.Variant)
	p.host = s.value(submission.FieldHost)
	if p.host == "" && p.asksHost() {
		p.host = c.Host
	}
	p.resolve = s.resolver(p.known)
	settings, err := p.resolve(preset.Choice{Region: p.region, Variant: p.variant, Host: p.host})
	var open *preset.HostNeededError
	if errors.As(err, &open) {
		return
	}
	if p.err = err; err != nil {
		return
	}
	p.preset, p.host = settings.Preset, settings.Host
	if p.region != "" {
		p.region = settings.Region
	}
	if p.variant != "" {
		p.variant = settings.Variant
	}
	base := settings.Endpoints
	if s.bridge != nil && !s.bridge.Endpoint.IsZero() && p.preset.Kind == preset.Bridge {
		base = []submission.Endpoint{s.bridge.Endpoint}
	}
	p.endpoints = s.narrow(base)
}

type choice struct {
	preset *preset.Preset
	preset.Choice
}

type resolved struct {
	preset.Settings
	error
}

// resolver fills a preset in, once for each choice: the picture is looked at
// many times a page.
func (s *state) resolver(lib *preset.Preset) func(preset.Choice) (preset.Settings, error) {
	return func(c preset.Choice) (preset.Settings, error) {
		key := choice{lib, c}
		if _, ok := s.resolved[key]; !ok {
			settings, err := lib.Resolve(c)
			s.resolved[key] = resolved{settings, err}
		}
		return s.resolved[key].Settings, s.resolved[key].error
	}
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// offer is the variant that was chosen.
func (p picture) offer() preset.Variant {
	if p.known == nil {
		return preset.Variant{}
	}
	for _, v := range p.known.Variants {
		if strings.EqualFold(v.Name, p.variant) {
			return v
		}
	}
	return preset.Variant{}
}

// asksHost: the provider has a server for each customer.
func (p picture) asksHost() bool { return p.own || p.offer().AskHost != "" }

// regionOpen: the region decides which server it is, and nothing tells it.
func (p picture) regionOpen() bool { return p.region == "" && p.regionMatters() }

// regionMatters: the provider has another server in another region.
func (p picture) regionMatters() bool {
	if p.known == nil || len(p.known.Regions) < 2 {
		return false
	}
	hosts := map[string]bool{}
	for _, r := range p.known.Regions {
		settings, err := p.resolve(preset.Choice{Region: r.Name, Variant: p.variant, Host: p.host})
		if err == nil && len(settings.Endpoints) > 0 {
			hosts[settings.Endpoints[0].Host] = true
		}
	}
	return len(hosts) > 1
}

// decidedProvider: which server or provider it is, is known.
func (p picture) decidedProvider() bool { return p.own || p.known != nil }

// name is the answer to "which provider".
func (p picture) name() string {
	switch {
	case p.own:
		return OwnServer
	case p.known != nil:
		return p.known.Name
	}
	return ""
}

// narrow leaves the endpoints that port and security allow, or makes those
// that they ask for.
func (s *state) narrow(base []submission.Endpoint) []submission.Endpoint {
	port, _ := submission.ParsePort(s.value(submission.FieldPort))
	security, _ := submission.ParseSecurity(s.value(submission.FieldSecurity), port)
	fit := slices.DeleteFunc(slices.Clone(base), func(e submission.Endpoint) bool {
		return port != 0 && e.Port != port || security != "" && e.Security != security
	})
	if len(fit) > 0 || len(base) == 0 {
		return fit
	}
	securities := []submission.Security{security}
	if security == "" {
		securities = submission.SecuritiesOf(port)
	}
	if port == 0 {
		port = portOf(security)
	}
	for _, sec := range securities {
		fit = append(fit, submission.Endpoint{Host: base[0].Host, Port: port, Security: sec})
	}
	return fit
}

func portOf(security submission.Security) int {
	switch security {
	case submission.SSL:
		return submission.PortSubmissions
	case submission.STARTTLS:
		return submission.PortSubmission
	}
	return submission.PortRelay
}

// username is the one that holds, "" while it must be asked.
func (s *state) username(p picture) string {
	if v := s.value(submission.FieldUsername); v != "" {
		return v
	}
	if p.known == nil {
		return p.from.String()
	}
	switch p.known.Account.Username {
	case preset.UsernameLocalPart:
		return p.from.Local
	case preset.UsernameFixed:
		return p.known.Account.FixedUsername
	case preset.UsernameIssued:
		return ""
	}
	return p.from.String()
}

// attempt is what the answers ask to be tried.
func (s *state) attempt() Attempt {
	p := s.look()
	a := Attempt{
		Preset: p.preset, Region: p.region, Variant: p.variant,
		Fingerprint: s.value(Fingerprint), Proxy: s.value(submission.FieldProxy), Helo: s.value(submission.FieldHelo),
		Account: submission.Account{
			Profile: s.given.Profile, Endpoints: p.endpoints, Username: s.username(p), Password: s.password,
			From: p.from, To: p.from, DisplayName: s.value(DisplayName), Mechanism: strings.ToUpper(s.value(submission.FieldAuth)),
		},
	}
	if to, err := submission.ParseAddress(s.value(submission.FieldTo)); err == nil {
		a.Account.To = to
	}
	if p.preset != nil {
		a.Account.Preset = p.preset.Name
		a.Account.Mechanism = or(a.Account.Mechanism, p.preset.Account.Mechanism)
	}
	return a
}

// shown is an answer as it holds, by whatever tells it.
func (s *state) shown(f submission.Field) string {
	p := s.look()
	switch f { // what may be spelled in several ways
	case submission.FieldPreset, submission.FieldRegion, submission.FieldVariant, submission.FieldHost:
	default:
		if v, ok := s.values[f]; ok {
			return v
		}
	}
	switch f {
	case submission.FieldPreset:
		return p.name()
	case submission.FieldRegion:
		return p.region
	case submission.FieldVariant:
		return p.variant
	case submission.FieldHost:
		if len(p.endpoints) > 0 {
			return p.endpoints[0].Host
		}
		return s.values[f]
	case submission.FieldUsername:
		return s.username(p)
	case submission.FieldTo:
		return p.from.String()
	case ProfileName:
		return s.defaultName(p)
	case SecretStore:
		return s.store()
	}
	return ""
}

// prefill is what a question begins with: what was typed, what holds, or what
// held once.
func (s *state) prefill(f submission.Field) string {
	if v, ok := s.draft[string(f)]; ok {
		return v
	}
	return or(s.shown(f), s.old[f])
}

// others are the presets that the provider's MX records speak for as well,
// such as Zoho's servers for paid and for free accounts.
func (s *state) others(p picture) []preset.Candidate {
	if p.known == nil {
		return nil
	}
	names := p.known.Match.MX
	for _, r := range p.known.Regions {
		if r.Name == p.region {
			names = append(slices.Clone(names), r.MX...)
		}
	}
	return slices.DeleteFunc(s.known.ByMX(names), func(c preset.Candidate) bool {
		return c.Preset.Name == p.known.Name || c.Preset.Kind != p.known.Kind
	})
}

// defaultName is the first label of the mail domain, or of a provider's own
// domain the provider's name, with a number where it is taken.
func (s *state) defaultName(p picture) string {
	if s.given.Profile != "" {
		return s.given.Profile
	}
	base := "mail"
	if label, _, _ := strings.Cut(p.from.Domain, "."); label != "" && s.checked(label) == "" {
		base = label
	}
	if p.known != nil {
		if own, _, ok := s.known.ByDomain(p.from.ASCIIDomain()); ok && own.Name == p.known.Name {
			base = own.Name
		}
	}
	name := base
	for i := 2; slices.Contains(s.names(), name); i++ {
		name = base + "-" + strconv.Itoa(i)
	}
	return name
}
