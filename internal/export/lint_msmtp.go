package export

import (
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// msmtpAccount is one of an msmtprc.
type msmtpAccount struct {
	account
	tls, starttls setting // tls is off unless said, tls_starttls on
	auth          setting
}

// readMsmtp reads an msmtprc: accounts, each of which begins with what the last
// defaults say, or the accounts after a colon.
func readMsmtp(l *linter, all []line) []*account {
	var found []*msmtpAccount
	defaults := &msmtpAccount{}
	current := defaults
	for _, s := range scan(all, "#", msmtpSettings) {
		switch s.name {
		case "defaults":
			defaults = &msmtpAccount{}
			current = defaults
		case "account":
			copied := *defaults
			current = &copied
			if !strings.Contains(s.value, ":") { // which only names another one
				current.name = s.value
				found = append(found, current)
			}
		default:
			current.set(l, s)
		}
	}
	if len(found) == 0 {
		found = append(found, defaults)
	}
	var out []*account
	for _, a := range found {
		a.finish(l)
		out = append(out, &a.account)
	}
	return out
}

func msmtpSettings(at line) []setting {
	text := strings.TrimSpace(at.text)
	key, value, _ := strings.Cut(strings.ReplaceAll(text, "\t", " "), " ")
	return []setting{{line: at.number, name: key, shown: text, value: unquoteMsmtp(strings.TrimSpace(value)), literal: true}}
}

func (a *msmtpAccount) set(l *linter, s setting) {
	switch s.name {
	case "from":
		a.from = s
		a.from.literal = !strings.ContainsAny(s.value, "%*")
	case "auth":
		a.auth = s
		if m := strings.ToUpper(s.value); s.value != "on" && s.value != "off" {
			a.mechanism = s
			a.mechanism.value = m
		}
	case "tls":
		a.tls = s
	case "tls_starttls":
		a.starttls = s
	case "tls_trust_file":
		if s.value != "system" {
			a.caFile = s
		}
	case "tls_fingerprint":
		if strings.Count(s.value, ":") == 31 { // SHA-256
			a.fingerprint = s
			a.fingerprint.value = "sha256:" + s.value
		}
	case "tls_certcheck":
		if s.value == "off" {
			l.find(s.line, "`tls_certcheck off`: "+unchecked)
		}
	default:
		a.take(map[string]role{"host": roleHost, "port": rolePort, "user": roleUser, "password": rolePassword,
			"passwordeval": rolePasswordCommand, "domain": roleHelo}[s.name], s)
	}
}

// finish works out what msmtp will do: tls is off by default, tls_starttls on.
func (a *msmtpAccount) finish(l *linter) {
	if a.user.line > 0 && (a.auth.line == 0 || a.auth.value == "off") {
		l.find(a.user.line, "a user name without `auth on`: msmtp does not log in")
	}
	switch {
	case a.tls.line == 0 || a.tls.value == "off":
		a.means, a.missing = submission.None, "`tls on`"
		a.security, a.instead = a.tls, "on"
	case a.starttls.value == "off":
		a.means, a.security, a.instead = submission.SSL, a.starttls, "on"
	case a.starttls.line > 0:
		a.means, a.security, a.instead = submission.STARTTLS, a.starttls, "off"
	default:
		a.means, a.missing = submission.STARTTLS, "`tls_starttls off`"
	}
	a.unsaid = submission.PortRelay
	if a.means == submission.SSL {
		a.unsaid = submission.PortSubmissions
	}
}

// unquoteMsmtp takes the quotes off that may stand around an argument; there
// is no escape inside.
func unquoteMsmtp(s string) string {
	if len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}
