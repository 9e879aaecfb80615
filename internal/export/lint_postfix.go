package export

import (
	"fmt"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// readPostfix reads main.cf as far as it is about a relay that wants a login.
func readPostfix(l *linter, all []line) []*account {
	given := map[string]setting{}
	last := ""
	for _, at := range all {
		text := at.text
		if strings.HasPrefix(strings.TrimSpace(text), "#") || strings.TrimSpace(text) == "" {
			continue
		}
		if text[0] == ' ' || text[0] == '\t' { // continues the line before
			s := given[last]
			s.value += " " + strings.TrimSpace(text)
			given[last] = s
			continue
		}
		key, value, ok := strings.Cut(text, "=")
		if !ok {
			continue
		}
		last = strings.TrimSpace(key)
		given[last] = setting{line: at.number, shown: last + " = " + strings.TrimSpace(value), value: strings.TrimSpace(value), literal: !strings.Contains(value, "$")}
	}
	relay, ok := given["relayhost"]
	if !ok || relay.value == "" {
		return nil
	}
	return []*account{l.relay(relay, given)}
}

func (l *linter) relay(relay setting, given map[string]setting) *account {
	a := &account{host: relay, port: relay}
	host, port, bracketed := relay.value, "", false
	if inside, rest, ok := strings.Cut(strings.TrimPrefix(relay.value, "["), "]"); ok && strings.HasPrefix(relay.value, "[") {
		host, port, bracketed = inside, strings.TrimPrefix(rest, ":"), true
	} else if h, p, ok := strings.Cut(relay.value, ":"); ok {
		host, port = h, p
	}
	a.host.value, a.port.value = host, port
	switch port {
	case "":
		a.port.value = "25"
	case "submission":
		a.port.value = "587"
	case "submissions", "smtps":
		a.port.value = "465"
	}
	if !bracketed {
		l.find(relay.line, fmt.Sprintf("`%s` without brackets: Postfix asks for the mail exchangers of that name: [%s]:%s", relay.shown, host, a.port.value))
	}
	l.judgeLogin(relay, given)
	a.secure(given)
	return a
}

// judgeLogin finds what is missing for a login at the relay.
func (l *linter) judgeLogin(relay setting, given map[string]setting) {
	sasl, maps := given["smtp_sasl_auth_enable"], given["smtp_sasl_password_maps"]
	switch {
	case maps.line > 0 && sasl.value != "yes":
		l.find(maps.line, "smtp_sasl_password_maps without `smtp_sasl_auth_enable = yes`: Postfix does not log in")
	case sasl.value == "yes" && maps.value == "":
		l.find(sasl.line, "`smtp_sasl_auth_enable = yes` without smtp_sasl_password_maps: Postfix has no password")
	}
	options, ok := given["smtp_sasl_security_options"]
	inTLS := given["smtp_sasl_tls_security_options"]
	switch {
	case sasl.value != "yes" || inTLS.line > 0 && !strings.Contains(inTLS.value, "noplaintext") && inTLS.literal:
	case !ok:
		l.find(sasl.line, "`smtp_sasl_auth_enable = yes` without `smtp_sasl_security_options = noanonymous`: Postfix refuses PLAIN and LOGIN, and most providers have nothing else")
	case strings.Contains(options.value, "noplaintext"):
		l.find(options.line, fmt.Sprintf("`%s`: Postfix refuses PLAIN and LOGIN, and most providers have nothing else: use noanonymous", options.shown))
	}
}

// secure works out how Postfix will speak with the relay.
func (a *account) secure(given map[string]setting) {
	wrapper, level := given["smtp_tls_wrappermode"], given["smtp_tls_security_level"]
	old := given["smtp_use_tls"].value == "yes" || given["smtp_enforce_tls"].value == "yes"
	switch {
	case wrapper.value == "yes":
		a.means, a.security, a.instead = submission.SSL, wrapper, "no"
	case level.line > 0 && level.value != "none" && level.value != "" || old:
		a.means, a.missing = submission.STARTTLS, "`smtp_tls_wrappermode = yes`"
		if wrapper.line > 0 {
			a.security, a.instead = wrapper, "yes"
		}
	case level.line > 0:
		a.means, a.security, a.instead = submission.None, level, "encrypt"
	default:
		a.means, a.missing = submission.None, "`smtp_tls_security_level = encrypt`"
	}
}
