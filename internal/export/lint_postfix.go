package export

import (
	"fmt"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// readPostfix reads main.cf as far as it is about a relay that wants a login.
func readPostfix(l *linter, all []line) []*account {
	given := map[string]setting{}
	for _, s := range scan(continued(all), "#", postfixSettings) {
		given[s.name] = s
	}
	relay, ok := given["relayhost"]
	if !ok || relay.value == "" {
		return nil
	}
	return []*account{l.relay(relay, given)}
}

func postfixSettings(at line) []setting {
	key, value, ok := strings.Cut(at.text, "=")
	if !ok {
		return nil
	}
	key, value = strings.TrimSpace(key), strings.TrimSpace(value)
	return []setting{{line: at.number, name: key, shown: key + " = " + value, value: value, literal: !strings.Contains(value, "$")}}
}

// continued puts lines that begin with a blank behind the line that they
// continue (postconf(5)); comments between them do not end it.
func continued(all []line) []line {
	var out []line
	for _, at := range all {
		text := strings.TrimSpace(at.text)
		switch {
		case text == "" || text[0] == '#':
		case len(out) > 0 && strings.ContainsAny(at.text[:1], " \t"):
			out[len(out)-1].text += " " + text
		default:
			out = append(out, at)
		}
	}
	return out
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
	if before, after, ok := strings.Cut(relay.value, "#"); ok {
		l.find(relay.line, fmt.Sprintf("what stands behind the # belongs to the value of relayhost, for Postfix has comments on lines of their own only: `%s` and `#%s`", strings.TrimSpace(before), after))
	}
	l.judgeLogin(relay, given)
	a.secure(l, given)
	if file := given["smtp_sasl_password_maps"]; file.value != "" {
		_, name, _ := strings.Cut(file.value, ":")
		a.user, a.passwordFile = setting{line: file.line}, file
		a.passwordFile.value = name
	}
	for name, into := range map[string]*setting{"smtp_tls_CAfile": &a.caFile, "smtp_helo_name": &a.helo} {
		*into = given[name]
	}
	return a
}

// judgeLogin finds what is missing for a login at the relay.
func (l *linter) judgeLogin(relay setting, given map[string]setting) {
	sasl, maps := given["smtp_sasl_auth_enable"], given["smtp_sasl_password_maps"]
	if wrong := given["smtpd_sasl_password_maps"]; wrong.line > 0 {
		l.find(wrong.line, "smtpd_sasl_password_maps does not exist: smtpd_ is for mail that comes in, and the login at the relay is smtp_sasl_password_maps")
	}
	if value := maps.value; value != "" && maps.literal && !strings.Contains(value, ":") {
		l.find(maps.line, fmt.Sprintf("`%s` without the kind of table: hash:%s, and postmap after each change", maps.shown, value))
	}
	switch {
	case sasl.value != "yes" && maps.line == 0 && l.wantsLogin(given):
		l.find(relay.line, fmt.Sprintf("`%s` without `smtp_sasl_auth_enable = yes`: Postfix does not log in, and the provider takes mail after a login only", relay.shown))
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

// wantsLogin reports a relay where a known provider has people submit.
func (l *linter) wantsLogin(given map[string]setting) bool {
	if l.providers == nil {
		return false
	}
	host, _, _ := strings.Cut(strings.TrimPrefix(given["relayhost"].value, "["), "]")
	host, _, _ = strings.Cut(host, ":")
	p, _ := l.byHost(host)
	return p != nil
}

// secure works out how Postfix will speak with the relay.
func (a *account) secure(l *linter, given map[string]setting) {
	wrapper, level := given["smtp_tls_wrappermode"], given["smtp_tls_security_level"]
	old := given["smtp_use_tls"].value == "yes" || given["smtp_enforce_tls"].value == "yes"
	switch {
	case wrapper.value == "yes":
		if level.value == "may" || level.line == 0 && !old {
			l.find(wrapper.line, "`smtp_tls_wrappermode = yes` needs `smtp_tls_security_level = encrypt`, or secure: Postfix sends nothing without")
		}
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
