package export

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// property is "name: value" of an object.
const properties = `host|port|secure|secureConnection|user|pass|username|password|from|service|requireTLS|ignoreTLS|rejectUnauthorized`

var (
	property = lazily(`(?:^|[{,\s])["']?(` + properties + `|createTransport)["']?\s*[:(]\s*([^:].*)$`)
	// nextProperty finds where another one begins in the same line.
	nextProperty = lazily(`[{,]\s*["']?(?:` + properties + `)["']?\s*:`)
)

func readNodemailer(l *linter, all []line) []*account {
	var out []*account
	var a *account
	named := objectsOf(l.text)
	for _, s := range scan(all, "", func(at line) []setting { return nodemailerSettings(at, named) }) {
		if s.name == "createTransport" {
			a = &account{missing: "`secure: true`"}
			out = append(out, a)
			if s.quoted {
				l.assignURL(a, s)
				if strings.HasPrefix(s.value, "smtp://") { // which is never implicit TLS here, on 465 neither
					a.security, a.means, a.instead = setting{line: s.line, shown: "smtp://"}, submission.STARTTLS, "smtps://"
				}
			}
			continue
		}
		if a != nil {
			l.setNodemailer(a, s)
		}
	}
	for _, a := range out {
		l.finishNodemailer(a)
	}
	return out
}

var namedTransport = lazily(`createTransport\s*\(\s*(?:[\w$]+\.)*([A-Za-z_]\w*)\s*[,)]`)

// objectsOf finds where the objects begin that createTransport is given by their
// names; nil without one.
func objectsOf(text []byte) *regexp.Regexp {
	var names []string
	for _, m := range namedTransport().FindAllSubmatch(text, -1) {
		names = append(names, string(m[1]))
	}
	if names == nil {
		return nil
	}
	return regexp.MustCompile(`\b(?:` + strings.Join(names, "|") + `)["']?\s*(?::[^={]*)?[:=]\s*\{`)
}

// nodemailerSettings are those of a line, among them createTransport with its
// argument, or with nothing where the object begins that is named there.
func nodemailerSettings(at line, named *regexp.Regexp) []setting {
	var out []setting
	text := withoutComment(at.text, "//")
	if named != nil && named.MatchString(text) {
		out = append(out, setting{line: at.number, name: "createTransport"})
	}
	for _, part := range splitBefore(nextProperty(), text) {
		if _, arguments, ok := strings.Cut(part, "createTransport"); ok {
			if named != nil && namedTransport().MatchString(part) {
				continue
			}
			out = append(out, codeSetting(at, "createTransport", "", strings.TrimPrefix(strings.TrimSpace(arguments), "(")))
		} else if m := property().FindStringSubmatch(part); m != nil {
			out = append(out, codeSetting(at, m[1], ": ", m[2]))
		}
	}
	return out
}

// splitBefore splits a line before each match.
func splitBefore(next *regexp.Regexp, text string) []string {
	var out []string
	for {
		at := next.FindStringIndex(text[min(1, len(text)):])
		if at == nil {
			return append(out, text)
		}
		out = append(out, text[:at[0]+1])
		text = text[at[0]+1:]
	}
}

func (l *linter) setNodemailer(a *account, s setting) {
	switch s.name {
	case "secure":
		if s.quoted {
			l.find(s.line, fmt.Sprintf("`%s` is a text, which always counts as true: write it without quotes", s.shown))
			return
		}
		if a.security.line > 0 {
			return // ignoreTLS has said it, or it is of another object
		}
		if s.literal && s.value == "true" {
			a.security, a.means, a.instead = s, submission.SSL, "false"
		} else if s.literal {
			a.security, a.means, a.instead = s, submission.STARTTLS, "true"
		}
	case "rejectUnauthorized":
		if s.value == "false" {
			l.find(s.line, "`rejectUnauthorized: false`: "+unchecked)
		}
	case "ignoreTLS":
		if s.value == "true" {
			a.security, a.means, a.instead = s, submission.None, "requireTLS: true"
		}
	case "secureConnection":
		l.find(s.line, fmt.Sprintf("`%s` is not read: Nodemailer calls it secure", s.shown))
	case "service":
		l.setService(a, s)
	case "username", "password":
		if a.user.line == 0 && s.quoted {
			l.find(s.line, fmt.Sprintf("`%s:` is not read: Nodemailer calls them user and pass", s.name))
		}
	default:
		r := map[string]role{"host": roleHost, "port": rolePort, "user": roleUser, "pass": rolePassword, "from": roleFrom}[s.name]
		if into := a.field(r); into != nil && into.line == 0 { // a second one is of another object
			a.take(r, s)
		}
	}
}

// setService takes the server of a provider that is named in its place.
func (l *linter) setService(a *account, s setting) {
	if l.providers == nil || !s.known() {
		return
	}
	p, err := l.providers.Get(strings.ToLower(s.value))
	if err != nil {
		return
	}
	chosen, err := p.Resolve(preset.Choice{})
	if err != nil {
		return
	}
	e := chosen.Endpoints[0]
	a.host, a.port, a.security, a.means = s, s, s, e.Security
	a.host.value, a.port.value = e.Host, strconv.Itoa(e.Port)
}

// finishNodemailer works out what is not said: implicit TLS on 465, else
// STARTTLS; port 465 with it, else 587.
func (l *linter) finishNodemailer(a *account) {
	if a.security.line == 0 {
		a.means = submission.STARTTLS
		if a.port.value == "465" {
			a.means = submission.SSL
		}
		if a.port.line > 0 && !a.port.literal {
			a.means = ""
		}
	}
	a.unsaid = submission.PortSubmission
	if a.means == submission.SSL {
		a.unsaid = submission.PortSubmissions
	}
}
