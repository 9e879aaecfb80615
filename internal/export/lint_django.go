package export

import (
	"fmt"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

var pythonSetting = lazily(`^\s*(EMAIL_[A-Z_]+|DEFAULT_FROM_EMAIL)\s*=\s*(.*)$`)

func readDjango(l *linter, all []line) []*account {
	a := &account{means: submission.None, missing: "`EMAIL_USE_TLS = True`", unsaid: submission.PortRelay}
	both := map[string]setting{}
	roles := map[string]role{"EMAIL_HOST": roleHost, "EMAIL_PORT": rolePort, "EMAIL_HOST_USER": roleUser,
		"EMAIL_HOST_PASSWORD": rolePassword, "DEFAULT_FROM_EMAIL": roleFrom}
	for _, s := range scan(all, "#", djangoSettings) {
		switch s.name {
		case "EMAIL_USE_TLS", "EMAIL_USE_SSL":
			if s.quoted {
				l.find(s.line, fmt.Sprintf("`%s` is a text, which always counts as true: write it without quotes", s.shown))
				s.value = "True"
			}
			both[s.name] = s
		default:
			a.take(roles[s.name], s)
		}
	}
	l.djangoSecurity(a, both["EMAIL_USE_TLS"], both["EMAIL_USE_SSL"])
	return []*account{a}
}

func djangoSettings(at line) []setting {
	m := pythonSetting().FindStringSubmatch(withoutComment(at.text, "#"))
	if m == nil {
		return nil
	}
	return []setting{codeSetting(at, m[1], " = ", m[2])}
}

func (l *linter) djangoSecurity(a *account, useTLS, useSSL setting) {
	yes := func(s setting) bool { return s.literal && s.value == "True" }
	switch {
	case useTLS.line > 0 && !useTLS.literal || useSSL.line > 0 && !useSSL.literal:
		a.means = "" // a variable
	case yes(useTLS) && yes(useSSL):
		a.means = ""
		l.find(max(useTLS.line, useSSL.line), "`EMAIL_USE_TLS` and `EMAIL_USE_SSL` exclude each other: EMAIL_USE_SSL is for port 465, EMAIL_USE_TLS for 587")
	case yes(useSSL):
		a.security, a.means, a.instead = useSSL, submission.SSL, "EMAIL_USE_TLS = True"
	case yes(useTLS):
		a.security, a.means, a.instead = useTLS, submission.STARTTLS, "EMAIL_USE_SSL = True"
	case a.port.value == "465":
		a.missing = "`EMAIL_USE_SSL = True`"
	}
}
