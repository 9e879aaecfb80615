package export

import (
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// msmtpAccount is one of an msmtprc.
type msmtpAccount struct {
	account
	line          int
	tls, starttls setting // tls is off unless said, tls_starttls on
	auth          setting
}

// readMsmtp reads an msmtprc: accounts, each of which begins with what the last
// defaults say.
func readMsmtp(l *linter, all []line) []*account {
	var found []*msmtpAccount
	defaults := &msmtpAccount{}
	current := defaults
	for _, at := range all {
		text := strings.TrimSpace(at.text)
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		key, value, _ := strings.Cut(strings.ReplaceAll(text, "\t", " "), " ")
		s := setting{line: at.number, shown: text, value: unquoteMsmtp(strings.TrimSpace(value)), literal: true}
		switch key {
		case "defaults":
			defaults = &msmtpAccount{}
			current = defaults
		case "account":
			copied := *defaults
			copied.line = at.number
			current = &copied
			if !strings.Contains(s.value, ":") { // which only names another one
				found = append(found, current)
			}
		default:
			current.set(l, key, s)
		}
	}
	if len(found) == 0 && defaults.host.line > 0 {
		found = append(found, defaults)
	}
	var out []*account
	for _, a := range found {
		a.finish(l)
		out = append(out, &a.account)
	}
	return out
}

func (a *msmtpAccount) set(l *linter, key string, s setting) {
	switch key {
	case "host":
		a.host = s
	case "port":
		a.port = s
	case "user":
		a.user = s
	case "password":
		a.password = s
		a.password.shown = key
	case "from":
		a.from = s
		a.from.literal = !strings.ContainsAny(s.value, "%*")
	case "auth":
		a.auth = s
	case "tls":
		a.tls = s
	case "tls_starttls":
		a.starttls = s
	case "tls_certcheck":
		if s.value == "off" {
			l.find(s.line, "`tls_certcheck off`: anybody on the way can pretend to be the server and read the password")
		}
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
}

// unquoteMsmtp takes the quotes off that may stand around an argument; there
// is no escape inside.
func unquoteMsmtp(s string) string {
	if len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}
