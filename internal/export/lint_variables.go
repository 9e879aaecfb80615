package export

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Variables, and what is named like them: in .env files, YAML and ini files.

// variableName takes a name apart into the account that it belongs to and what
// it says of it: MAIL_PORT, WPMS_SMTP_PORT, EMAIL_HOST_USER.
var variableName = lazily(`^((?:[A-Z0-9]+_)*?(?:SMTP|MAILER|MAIL|EMAIL|WPMS_SMTP|WPMS))_?([A-Z_]*)$`)

// roleOf tells what a variable is for, and of which account.
func roleOf(name string) (account string, r role) {
	m := variableName().FindStringSubmatch(strings.ReplaceAll(strings.ToUpper(name), "__", "_"))
	if m == nil {
		return "", noRole
	}
	rest := m[2]
	for _, within := range []string{"SERVER_", "SMTP_", "OPTIONS_"} { // NextAuth's EMAIL_SERVER_HOST, Gitea's mailer.SMTP_ADDR, Ghost's mail__options__host
		rest = strings.TrimPrefix(rest, within)
	}
	switch rest {
	case "HOST", "SERVER", "HOSTNAME", "ADDR", "ADDRESS", "SMARTHOST", "HOST_ADDRESS":
		return m[1], roleHost
	case "PORT":
		return m[1], rolePort
	case "USER", "USERNAME", "LOGIN", "HOST_USER", "USER_NAME", "AUTH_USERNAME", "AUTH_USER":
		return m[1], roleUser
	case "PASS", "PASSWORD", "PASSWD", "HOST_PASSWORD", "AUTH_PASSWORD", "AUTH_PASS", "PW":
		return m[1], rolePassword
	case "PASSWORD_FILE", "PASS_FILE", "AUTH_PASSWORD_FILE", "PASSWD_FILE":
		return m[1], rolePasswordFile
	case "FROM", "FROM_ADDRESS", "FROM_EMAIL", "SENDER", "FROM_ADDR", "DEFAULT_FROM":
		return m[1], roleFrom
	case "SECURE", "SECURITY", "ENCRYPTION", "SCHEME", "PROTOCOL", "TLS", "SSL", "USE_TLS", "USE_SSL", "STARTTLS", "USE_STARTTLS", "REQUIRE_TLS", "STARTTLS_POLICY", "START_TLS_POLICY", "ENABLE_STARTTLS", "ENABLE_STARTTLS_AUTO":
		return m[1], roleSecurity
	case "SKIP_VERIFY", "FORCE_TRUST_SERVER_CERT", "ACCEPT_INVALID_CERTS", "ACCEPT_INVALID_HOSTNAMES", "OPENSSL_VERIFY_MODE":
		return m[1], roleUnchecked
	case "URL", "DSN", "URI":
		return m[1], roleURL
	}
	return m[1], noRole
}

// accountsOf puts the variables together that belong together: those of one
// path, up to a second host.
func (l *linter) accountsOf(found []setting) []*account {
	var all []*account
	open := map[string]*account{}
	for _, v := range found {
		prefix, r := roleOf(v.name)
		if r == noRole {
			continue
		}
		a := open[v.path]
		if a == nil || a.host.line > 0 && (r == roleHost || r == roleURL) {
			a = &account{name: v.path}
			open[v.path] = a
			all = append(all, a)
		}
		if a.name == "" && (r == roleHost || r == roleURL) {
			a.name = prefix
		}
		l.assign(a, v, r)
	}
	return all
}

func (l *linter) assign(a *account, v setting, r role) {
	switch r {
	case roleHost:
		l.assignHost(a, v)
	case roleURL:
		l.assignURL(a, v)
	case roleSecurity:
		l.assignSecurity(a, v)
	case roleUnchecked:
		if v.literal && (isYes(v.value) || strings.EqualFold(v.value, "none")) {
			l.find(v.line, fmt.Sprintf("`%s`: %s", v.shown, unchecked))
		}
	default:
		a.take(r, v)
	}
}

// assignHost reads a name, or what some programs have in its place: a URL, or
// a name with a port.
func (l *linter) assignHost(a *account, v setting) {
	if strings.HasPrefix(v.value, "smtp://") || strings.HasPrefix(v.value, "smtps://") {
		l.assignURL(a, v)
		return
	}
	a.host = v
	alertmanager := strings.HasSuffix(v.name, "SMARTHOST")
	if alertmanager {
		a.means, a.missing = submission.STARTTLS, "`smtp_require_tls: false`"
	}
	if !alertmanager && !strings.HasPrefix(v.name, "GF_") {
		return
	}
	host, port, ok := strings.Cut(v.value, ":")
	if !ok && a.host.known() {
		l.find(v.line, fmt.Sprintf("`%s` without a port: it has to be host:port, mostly %s:587", v.shown, v.value))
	}
	if ok {
		a.host.value, a.port = host, v
		a.port.value = port
	}
}

func isYes(value string) bool {
	return slices.Contains([]string{"true", "1", "yes", "on"}, strings.ToLower(value))
}

// assignSecurity reads the many ways to say it.
func (l *linter) assignSecurity(a *account, v setting) {
	value := strings.ToLower(v.value)
	yes := isYes(value)
	no := value == "false" || value == "0" || value == "no" || value == "off"
	last := v.name[strings.LastIndexByte(v.name, '_')+1:]
	if !v.literal {
		return
	}
	means, instead := submission.Security(""), ""
	switch {
	case strings.HasSuffix(v.name, "STARTTLS_POLICY"):
		l.assignPolicy(a, v, value)
		return
	case last == "PROTOCOL": // Gitea's
		means, instead = l.protocol(v, value)
	case last == "SCHEME" && (value == "tls" || value == "ssl" || value == "starttls"):
		l.find(v.line, fmt.Sprintf("`%s`: it is smtp (STARTTLS, port 587) or smtps (implicit TLS, port 465)", v.shown))
	case strings.HasSuffix(v.name, "REQUIRE_TLS") && no: // Alertmanager: by the port, or not at all
		means, instead = submission.None, "true"
		if a.port.value == "465" {
			means = submission.SSL
		}
	case strings.HasSuffix(v.name, "REQUIRE_TLS") && yes:
		means, instead = submission.STARTTLS, "false"
	case value == "smtps":
		means, instead = submission.SSL, "smtp"
	case last == "SECURITY" && (value == "none" || value == "off"):
		means, instead = submission.None, "starttls on 587, ssl on 465"
	case value == "ssl" || value == "implicit" || value == "force_tls":
		means, instead = submission.SSL, map[bool]string{true: "starttls", false: "tls"}[last == "SECURITY"]
	case value == "tls" || value == "starttls":
		means, instead = submission.STARTTLS, "ssl"
	case last == "SCHEME": // smtp does either, by the port
	case yes && (last == "SECURE" || last == "SSL"):
		means, instead = submission.SSL, "false"
	case no && last == "SECURE":
		means, instead = submission.STARTTLS, "true"
	case yes:
		means, instead = submission.STARTTLS, "false, and SSL in its place"
	}
	if means == "" {
		return
	}
	if a.security.line > 0 && a.means != means {
		l.find(v.line, fmt.Sprintf("`%s` and `%s` contradict each other: implicit TLS is for port 465, STARTTLS for 587", a.security.shown, v.shown))
		return
	}
	a.security, a.means, a.instead = v, means, instead
}

// assignPolicy reads Grafana's policy. It speaks implicit TLS on port 465, and
// then wants no STARTTLS inside it.
func (l *linter) assignPolicy(a *account, v setting, value string) {
	switch value {
	case "mandatorystarttls":
		if a.port.value == "465" {
			l.find(v.line, fmt.Sprintf("`%s` on 465, which is TLS from the first byte: use NoStartTLS, or port 587", v.shown))
		}
	case "nostarttls":
		if a.port.value == "587" {
			l.find(v.line, fmt.Sprintf("`%s` on 587: the password would go in clear, and most servers refuse it: use MandatoryStartTLS", v.shown))
		}
	case "", "opportunisticstarttls":
	default:
		l.find(v.line, fmt.Sprintf("`%s`: it is MandatoryStartTLS, OpportunisticStartTLS or NoStartTLS", v.shown))
	}
}

// protocol reads Gitea's word for the security.
func (l *linter) protocol(v setting, value string) (means submission.Security, instead string) {
	switch value {
	case "smtps":
		return submission.SSL, "smtp+starttls"
	case "smtp+starttls":
		return submission.STARTTLS, "smtps"
	case "smtp":
		return submission.None, "smtp+starttls on 587, smtps on 465"
	case "smtp+unix", "sendmail", "dummy", "":
	default:
		l.find(v.line, fmt.Sprintf("`%s`: it is smtps (implicit TLS, port 465) or smtp+starttls (port 587)", v.shown))
	}
	return "", ""
}

var variableInURL = lazily(`\$(\{[^}]*\}|[A-Za-z_][A-Za-z0-9_]*)`)

// assignURL reads smtps://user:password@host:port.
func (l *linter) assignURL(a *account, v setting) {
	const unknown = "00000" // stands for a variable, also for that of a port
	u, err := url.Parse(variableInURL().ReplaceAllString(v.value, unknown))
	a.host.line = v.line
	if err != nil && strings.Contains(v.value, "smtp") {
		l.find(v.line, fmt.Sprintf("the value of %s is no URL: special characters in the user name and password must be percent-encoded (@ is %%40)", v.name))
		return
	}
	if err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return
	}
	if strings.Contains(u.Path, "@") || strings.Contains(u.Fragment, "@") || strings.Contains(u.RawQuery, "@") {
		l.find(v.line, fmt.Sprintf("special characters in the password in %s must be percent-encoded (/ is %%2F, ? is %%3F, # is %%23)", v.name))
		return
	}
	part := func(value string) setting {
		return setting{line: v.line, value: value, literal: !strings.Contains(value, unknown), shown: v.name}
	}
	a.host, a.port, a.user = part(u.Hostname()), part(u.Port()), part(u.User.Username())
	if password, ok := u.User.Password(); ok {
		a.password = part(password)
	}
	if u.Scheme == "smtps" {
		a.security, a.means, a.instead = setting{line: v.line, shown: "smtps://"}, submission.SSL, "smtp://"
	}
}
