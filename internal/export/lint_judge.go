package export

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// unchecked is what comes of not checking certificates.
const unchecked = "anybody on the way can pretend to be the server and read the password"

// judge says what cannot work in an account, whatever program it is for.
func (l *linter) judge(a *account) {
	l.judgeHost(a)
	l.judgePort(a)
	l.judgeProvider(a)
}

func (l *linter) judgeHost(a *account) {
	if !a.host.known() {
		return
	}
	host, err := submission.ParseHost(a.host.value)
	switch {
	case strings.Contains(a.host.value, "@"): // which may have a password before it
		l.find(a.host.line, "the host holds an @: give the server's name alone")
	case err != nil && strings.Contains(a.host.value, ":") && !strings.Contains(a.host.value, "/"):
		l.find(a.host.line, fmt.Sprintf("the host %q holds a port: it has a setting of its own", a.host.value))
	case err != nil:
		l.find(a.host.line, err.Error())
	case strings.HasPrefix(host, "imap.") || strings.HasPrefix(host, "pop.") || strings.HasPrefix(host, "pop3."):
		l.find(a.host.line, fmt.Sprintf("%s is for reading mail: take the provider's server for sending, mostly smtp.…", host))
	}
	a.host.value = host
}

// judgePort holds the port against the security: the commonest mistake.
func (l *linter) judgePort(a *account) {
	local := submission.IsLoopbackHost(a.host.value) || a.host.known() && !strings.Contains(a.host.value, ".")
	if a.port.line == 0 && a.unsaid == submission.PortRelay && a.host.known() && !local {
		l.find(a.host.line, "no port is said, and the program takes 25, which is for servers among themselves: say 587 with STARTTLS, or 465 with implicit TLS")
	}
	port, err := strconv.Atoi(a.port.value)
	if !a.port.known() {
		return
	}
	if err != nil || port < 1 || port > 65535 {
		l.find(a.port.line, fmt.Sprintf("the port %q is not a number from 1 to 65535", a.port.value))
		return
	}
	if port == submission.PortRelay && !local {
		l.find(a.port.line, "port 25 is for servers among themselves, and mostly blocked: use 587 with STARTTLS, or 465 with implicit TLS")
		return
	}
	if wrong := map[int]string{143: "IMAP", 993: "IMAP", 110: "POP", 995: "POP"}[port]; wrong != "" {
		l.find(a.port.line, fmt.Sprintf("port %d is for reading mail (%s): use 587 with STARTTLS, or 465 with implicit TLS", port, wrong))
		return
	}
	if l.onlySTARTTLS(a.host.value) && port == submission.PortSubmissions {
		l.find(a.port.line, fmt.Sprintf("%s has no port 465: use 587 with STARTTLS", a.host.value))
		return
	}
	right := rightSecurity(port)
	switch {
	case right == "" || a.means == "" || a.means == right || local && a.means == submission.None:
	case a.security.line == 0:
		l.find(a.port.line, fmt.Sprintf("port %d without %s: %s", port, a.missing, whatHappens(a.means, port)))
	case a.means == submission.None:
		l.find(a.security.line, fmt.Sprintf("`%s` on %d: %s: use %s", a.security.shown, port, whatHappens(a.means, port), a.instead))
	default:
		l.find(a.security.line, fmt.Sprintf("`%s` on %d: use %s, or port %d", a.security.shown, port, a.instead, otherPort(port)))
	}
}

// rightSecurity is what is spoken on the ports of submission.
func rightSecurity(port int) submission.Security {
	switch port {
	case submission.PortSubmissions:
		return submission.SSL
	case submission.PortSubmission, submission.PortRelay, 2525:
		return submission.STARTTLS
	}
	return ""
}

func otherPort(port int) int {
	if port == submission.PortSubmissions {
		return submission.PortSubmission
	}
	return submission.PortSubmissions
}

func whatHappens(means submission.Security, port int) string {
	switch {
	case means == submission.None && port != submission.PortSubmissions:
		return "the password would go in clear, and most servers refuse it"
	case port == submission.PortSubmissions:
		return "the program waits for a greeting that never comes"
	}
	return "the server speaks in clear there, and the program does not"
}

// onlySTARTTLS reports the host of a provider that has 587 and no 465.
func (l *linter) onlySTARTTLS(host string) bool {
	if l.providers == nil {
		return false
	}
	p, _ := l.byHost(host)
	if p == nil {
		return false
	}
	has := func(port int) bool {
		return slices.ContainsFunc(p.Endpoints, func(e preset.Endpoint) bool { return strings.EqualFold(e.Host, host) && e.Port == port })
	}
	return has(submission.PortSubmission) && !has(submission.PortSubmissions)
}

// judgeProvider holds the account against what is known of the provider.
func (l *linter) judgeProvider(a *account) {
	if l.providers == nil || !a.host.known() || submission.IsLoopbackHost(a.host.value) {
		return
	}
	p, region := l.byHost(a.host.value)
	if p == nil {
		return
	}
	l.judgeDomain(a, p, region)
	l.judgeUser(a, p)
	l.judgeFrom(a, p)
	l.judgePassword(a, p)
}

// judgeDomain finds the server of one provider with the address of another.
func (l *linter) judgeDomain(a *account, p *preset.Preset, region string) {
	if p.Kind != preset.Mailbox || !a.user.known() {
		return
	}
	_, domain, ok := strings.Cut(a.user.value, "@")
	if !ok {
		return
	}
	own, ownRegion, ok := l.providers.ByDomain(domain)
	switch {
	case !ok:
	case own.Name != p.Name && !l.sharesHost(own, a.host.value):
		l.find(a.host.line, fmt.Sprintf("%s is of %s, and an address at %s is of %s: see smtpwiz card --preset %s", a.host.value, p.Title, domain, own.Title, own.Name))
	case own.Name == p.Name && region != "" && ownRegion != "" && region != ownRegion:
		l.find(a.host.line, fmt.Sprintf("%s is of another region than the address at %s: see smtpwiz card --preset %s --region %s", a.host.value, domain, p.Name, ownRegion))
	}
}

func (l *linter) judgeUser(a *account, p *preset.Preset) {
	if !a.user.known() {
		return
	}
	switch {
	case p.Account.Username == preset.UsernameFixed && a.user.value != p.Account.FixedUsername:
		l.find(a.user.line, fmt.Sprintf("the user name at %s is %q for everybody", p.Title, p.Account.FixedUsername))
	case p.Account.Username == preset.UsernameAddress && !strings.Contains(a.user.value, "@"):
		l.find(a.user.line, fmt.Sprintf("the user name at %s is the whole address, with @", p.Title))
	}
}

func (l *linter) judgeFrom(a *account, p *preset.Preset) {
	from, err := submission.ParseAddress(a.from.value)
	if !a.from.known() || !a.user.known() || err != nil || !strings.Contains(a.user.value, "@") || strings.EqualFold(from.String(), a.user.value) {
		return
	}
	if p.Kind == preset.Mailbox && p.Account.FromChecked != preset.FromFree && p.Account.FromChecked != preset.FromUnknown {
		rule := p.Account.FromRule
		if rule == "" {
			rule = "Write from the account's own address, or from one that the provider knows as yours."
		}
		l.find(a.from.line, fmt.Sprintf("the sender %s is not the account %s: %s", from, a.user.value, rule))
	}
}

// judgePassword tells a login password from an app password by its shape. It
// says nothing of the text itself.
func (l *linter) judgePassword(a *account, p *preset.Preset) {
	shape := p.Password.Shape
	switch {
	case !a.password.known():
		return
	case p.Password.Kind == preset.PasswordOAuth:
		l.find(a.password.line, fmt.Sprintf("%s takes no password from programs, only a sign-in by OAuth 2.0: send by another provider, or by a program that can do that", p.Title))
		return
	case shape == nil:
		return
	}
	text := a.password.value
	if shape.Grouped {
		text = strings.NewReplacer(" ", "", "-", "").Replace(text)
	}
	if len([]rune(text)) != shape.Length || strings.ContainsFunc(text, outside(shape.Alphabet)) {
		l.find(a.password.line, fmt.Sprintf("the value of %s is not shaped like %s (%d characters): %s", a.password.shown, withArticle(p.Password.Label), shape.Length, p.Password.URL))
	}
}

func withArticle(noun string) string {
	if strings.ContainsAny(noun[:min(1, len(noun))], "aeioAEIO") {
		return "an " + noun
	}
	return "a " + noun
}

// outside reports the characters that an alphabet does not have.
func outside(a preset.Alphabet) func(rune) bool {
	letter := func(r rune) bool { return r <= unicode.MaxASCII && unicode.IsLetter(r) }
	digit := func(r rune) bool { return r >= '0' && r <= '9' }
	return func(r rune) bool {
		switch a {
		case preset.Letters:
			return !letter(r)
		case preset.Alphanumeric:
			return !letter(r) && !digit(r)
		case preset.Hex:
			return !digit(r) && !strings.ContainsRune("abcdefABCDEF", r)
		}
		return !letter(r) && !digit(r) && r != '-' && r != '_'
	}
}

// ProviderAt is the provider that submits at a host, filled in for its region;
// nil where none is known to. What listens on this machine may be anything.
func ProviderAt(host string, providers *preset.Library) *preset.Preset {
	if submission.IsLoopbackHost(host) {
		return nil
	}
	p, _ := (&linter{providers: providers}).byHost(host)
	return p
}

// submitter is who submits at a host.
type submitter struct {
	preset *preset.Preset // filled in for the region
	region string
}

// byHost finds the provider that submits at a host, and the region that it is of.
func (l *linter) byHost(host string) (*preset.Preset, string) {
	if found := l.submitters()[strings.ToLower(host)]; len(found) > 0 {
		return found[0].preset, found[0].region
	}
	return nil, ""
}

// submitters are the providers by their hosts, in lower case.
func (l *linter) submitters() map[string][]submitter {
	if l.hosts != nil {
		return l.hosts
	}
	l.hosts = map[string][]submitter{}
	all, _ := l.providers.All() // a broken file of the user's own is told elsewhere
	for _, p := range all {
		for _, choice := range choices(p) {
			s, err := p.Resolve(choice)
			if err != nil {
				continue // its servers differ per customer
			}
			for _, e := range s.Endpoints {
				host := strings.ToLower(e.Host)
				l.hosts[host] = append(l.hosts[host], submitter{s.Preset, s.Region})
			}
		}
	}
	return l.hosts
}

// choices are all regions and variants of a preset.
func choices(p *preset.Preset) []preset.Choice {
	out := []preset.Choice{{}}
	for _, r := range p.Regions {
		out = append(out, preset.Choice{Region: r.Name})
	}
	for _, v := range p.Variants {
		out = append(out, preset.Choice{Variant: v.Name})
	}
	return out
}

// sharesHost reports that a provider submits at this host too, as sister
// brands do.
func (l *linter) sharesHost(p *preset.Preset, host string) bool {
	return slices.ContainsFunc(l.submitters()[strings.ToLower(host)], func(s submitter) bool { return s.preset.Name == p.Name })
}
