package support

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Mask replaces what would tell strangers who the user is and where: mail
// addresses, names, and the IP addresses and host names of the user's side. The
// same is replaced by the same everywhere: a local part by you1, you2, …, a
// domain by domain1.example. What is the provider's stays. It is not for
// several goroutines at once.
type Mask struct {
	known   Known
	pattern *regexp.Regexp
	kinds   []func(*Mask, []string) string // what becomes of each group of the pattern
	stands  map[string]string              // what was replaced, in lower case → what stands for it
	counts  map[string]int                 // how many of each kind
}

const (
	localPart  = `(?:[\pL\pN_.%+~-]|=[0-9a-f]{2})+|"[^"]{1,64}"`
	at         = `@|%40|=40|\+40` // plain, in a URL, in quoted-printable, in xtext
	domainPart = `\[[^\]\s]+\]|[\pL\pN_](?:[\pL\pN_.-]*[\pL\pN])?`
	hostName   = `[\pL\pN][\pL\pN_.-]*\.\pL[\pL\pN-]*`
	ipv4       = `\b\d{1,3}(?:\.\d{1,3}){3}\b`
	ipv6       = `(?:\b[0-9a-f]{1,4}:|:)(?:[0-9a-f]{0,4}:){1,7}[0-9a-f]{0,4}(?:\.\d{1,3}){0,3}`
	address    = ipv4 + `|IPv6:` + ipv6 + `|` + ipv6
	// As home connections are named after their address: p203-0-113-5.dsl.example.net
	dialIn  = `[\w.-]*\d{1,3}(?:-\d{1,3}){3}[\w-]*(?:\.[\w-]+)+`
	encoded = `=\?[^?\s]+\?[bq]\?[^?\s]*\?=` // a name in a header field (RFC 2047)
)

// everybodys are local parts and logins that tell nothing of a person, while
// they are words of the texts around (RFC 2142, and the fixed logins of services).
const everybodys = `abuse admin administrator api apikey auth contact data from hello help home hostmaster
	info localhost mail mailer-daemon news no-reply noreply office password post postmaster resend root sales security send server
	smtp spam support team test user username webmaster you your`

// desks are local parts behind which is a duty, and nobody's mailbox (RFC 2142).
const desks = "abuse hostmaster mailer-daemon noc postmaster security support"

// NewMask returns a mask for what is known.
func NewMask(k Known) *Mask {
	m := &Mask{known: k, stands: map[string]string{}, counts: map[string]int{}}
	var locals, domains []string
	for _, a := range k.Addresses {
		if a.Local == "" {
			continue
		}
		locals = append(locals, regexp.QuoteMeta(a.Local))
		m.local(a.Local)
		if !m.isProviders(a.ASCIIDomain()) {
			m.domain(a.Domain)
			domains = append(domains, a.Domain, a.ASCIIDomain())
		}
	}
	words := slices.Clone(k.Names)
	for _, a := range k.Addresses {
		words = append(words, a.Local)
	}
	words = slices.DeleteFunc(words, m.isEverybodys)

	// Where several could begin at one place, the first one counts.
	var parts []string
	add := func(pattern string, f func(*Mask, []string) string) {
		parts, m.kinds = append(parts, pattern), append(m.kinds, f)
	}
	locals = append(locals, localPart)
	add(`(`+encoded+`)()()`, func(m *Mask, g []string) string { return m.stand("encoded", g[0], "name%d") })
	add(`(`+hostName+`)([\s(\[]+)(`+address+`)`, (*Mask).hostAndIP)
	add(`(`+strings.Join(locals, "|")+`)(`+at+`)(`+domainPart+`)`, (*Mask).mailbox)
	add(`(`+dialIn+`)()()`, func(m *Mask, g []string) string { return m.machine(g[0]) })
	add(`(`+address+`)()()`, func(m *Mask, g []string) string { return m.ip(g[0]) })
	add(bounded([]string{k.Home}), func(*Mask, []string) string { return "~" })
	add(bounded(slices.DeleteFunc(slices.Clone(k.Machines), m.isEverybodys)), func(m *Mask, g []string) string { return m.machine(g[0]) })
	add(bounded(domains), func(m *Mask, g []string) string { return m.domain(g[0]) })
	add(bounded(words), func(m *Mask, g []string) string { return m.local(g[0]) })
	m.pattern = regexp.MustCompile(`(?i)` + strings.Join(parts, "|"))
	return m
}

// bounded is a pattern for whole words, in a group and two empty ones; for no
// words it is one that nothing fits.
func bounded(words []string) string {
	words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return utf8.RuneCountInString(w) < 3 })
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) }) // of two, the longer
	if len(words) == 0 {
		return `([^\x00-\x{10FFFF}])()()`
	}
	for i, w := range words {
		before, after := "", ""
		if isASCIIWord(w[0]) {
			before = `\b`
		}
		if isASCIIWord(w[len(w)-1]) {
			after = `\b`
		}
		words[i] = before + regexp.QuoteMeta(w) + after
	}
	return `(` + strings.Join(words, "|") + `)()()`
}

func isLetterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// isASCIIWord: what \b knows as a part of a word.
func isASCIIWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// Clean returns the text masked.
func (m *Mask) Clean(s string) string {
	const groups = 3 // of each kind
	var out strings.Builder
	end := 0
	for _, match := range m.pattern.FindAllStringSubmatchIndex(s, -1) {
		out.WriteString(s[end:match[0]])
		end = match[1]
		for i, f := range m.kinds {
			first := 2 + 2*groups*i
			if match[first] < 0 {
				continue
			}
			var found []string
			for g := range groups {
				found = append(found, s[match[first+2*g]:match[first+2*g+1]])
			}
			out.WriteString(f(m, found))
		}
	}
	return out.String() + s[end:]
}

// stand returns what stands for a text, the same each time.
func (m *Mask) stand(kind, text, format string) string {
	key := kind + " " + strings.ToLower(text)
	if m.stands[key] == "" {
		m.counts[kind]++
		m.stands[key] = fmt.Sprintf(format, m.counts[kind])
	}
	return m.stands[key]
}

func (m *Mask) local(text string) string {
	return m.stand("local", strings.Trim(text, `"`), "you%d")
}

func (m *Mask) domain(text string) string {
	ascii := submission.Address{Domain: text}.ASCIIDomain()
	if m.isProviders(ascii) || strings.EqualFold(ascii, "localhost") {
		return text
	}
	return m.stand("domain", ascii, "domain%d.example")
}

func (m *Mask) machine(name string) string {
	if _, err := netip.ParseAddr(name); err == nil {
		return m.ip(name)
	}
	if m.isProviders(name) {
		return name
	}
	return m.stand("machine", name, "host%d.example")
}

// mailbox masks local part, at sign and domain.
func (m *Mask) mailbox(g []string) string {
	whole := strings.Join(g, "")
	isPublic := slices.ContainsFunc(m.known.Public, func(p string) bool { return strings.EqualFold(p, whole) })
	if local := strings.ToLower(g[0]); isPublic || isOneOf(desks, local) && m.stands["local "+local] == "" {
		return whole // a desk is masked only where it is the user's own
	}
	domain := g[2]
	if inside, ok := strings.CutPrefix(domain, "["); ok {
		domain = "[" + m.ip(strings.TrimSuffix(inside, "]")) + "]"
	} else {
		domain = m.domain(domain)
	}
	return m.local(g[0]) + g[1] + domain
}

// hostAndIP: a name beside an address is that machine's, as in "Hello
// home.example.net [203.0.113.5]".
func (m *Mask) hostAndIP(g []string) string {
	ip := m.ip(g[2])
	if ip == g[2] {
		return m.Clean(g[0]) + g[1] + ip
	}
	return m.machine(g[0]) + g[1] + ip
}

// ip masks an address that is not the server's; what only looks like one is
// searched again for what may stand inside.
func (m *Mask) ip(text string) string {
	prefix := ""
	if len(text) > len("IPv6:") && strings.EqualFold(text[:len("IPv6:")], "IPv6:") {
		prefix, text = text[:len("IPv6:")], text[len("IPv6:"):]
	}
	for cut := len(text); cut > 0 && cut >= len(text)-2; cut-- { // behind it may stand a colon
		addr, err := netip.ParseAddr(text[:cut])
		if err != nil {
			continue
		}
		if addr = addr.Unmap().WithZone(""); addr.IsLoopback() || addr.IsUnspecified() || slices.Contains(m.known.Servers, addr) {
			return prefix + text
		}
		return prefix + m.stand("ip", addr.String(), "ip%d") + text[cut:]
	}
	if first, rest, ok := strings.Cut(text, ":"); ok {
		return prefix + first + ":" + m.Clean(rest)
	}
	return prefix + text
}

// isProviders reports that a name is a host of the provider, in a domain of
// one, or a mail domain that everybody uses.
func (m *Mask) isProviders(name string) bool {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	for _, h := range m.known.Hosts {
		if h = strings.ToLower(h); h == name || zone(h) != "" && zone(h) == zone(name) {
			return true
		}
	}
	return slices.ContainsFunc(m.known.Domains, func(d string) bool { return strings.EqualFold(d, name) })
}

// zone is the domain as it can be registered, "" for what is none.
func zone(host string) string {
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	z, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return ""
	}
	return z
}

// isOneOf finds a word in a list with blanks between.
func isOneOf(list, word string) bool { return slices.Contains(strings.Fields(list), word) }

// isEverybodys reports that a word tells nothing of the user (a secret that was
// replaced has no letter), or is a part of the provider's own names.
func (m *Mask) isEverybodys(word string) bool {
	word = strings.ToLower(word)
	return !strings.ContainsFunc(word, isLetterOrDigit) || isOneOf(everybodys, word) || slices.ContainsFunc(m.known.Hosts, func(h string) bool {
		return slices.Contains(strings.FieldsFunc(strings.ToLower(h), func(c rune) bool { return c == '.' || c == '-' }), word)
	})
}
