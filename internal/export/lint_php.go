package export

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

var (
	phpProperty = lazily(`->(Host|Port|SMTPSecure|SMTPAuth|Username|Password|From)\s*=\s*(.*)$`)
	phpFrom     = lazily(`(?:->setFrom\(|'wp_mail_from',\s*fn\s*\(\)\s*=>)\s*(.*)$`)
	phpDefine   = lazily(`define\(\s*['"]((?:WPMS|SMTP)_[A-Za-z_]+)['"]\s*,\s*(.*)$`)
	phpVerify   = lazily(`['"](verify_peer|verify_peer_name)['"]\s*=>\s*false`)
)

func readPHP(l *linter, all []line) []*account {
	a := &account{missing: "SMTPSecure"}
	auth := setting{}
	pinned := bytes.Contains(l.text, []byte("peer_fingerprint")) // in place of the chain
	for _, s := range scan(all, "#", l.phpSettings) {
		switch s.name {
		case "verify_peer", "verify_peer_name":
			if !pinned {
				l.find(s.line, fmt.Sprintf("`%s` => false: %s", s.name, unchecked))
			}
		case "SMTPAuth":
			auth = s
		case "SMTPSecure":
			l.phpSecurity(a, s)
		case "Host":
			a.host = s
			if scheme, host, ok := strings.Cut(s.value, "://"); ok && (scheme == "ssl" || scheme == "tls") {
				a.host.value, _, _ = strings.Cut(host, ":") // which PHPMailer understands
			}
		default:
			a.take(map[string]role{"Port": rolePort, "Username": roleUser, "Password": rolePassword, "From": roleFrom}[s.name], s)
		}
	}
	if a.user.line > 0 && (auth.line == 0 || auth.literal && strings.EqualFold(auth.value, "false")) {
		l.find(a.user.line, "a user name without SMTPAuth = true: nothing logs in")
	}
	if a.security.line == 0 && a.port.value == "465" {
		a.means = submission.STARTTLS // which PHPMailer takes where it is offered
	}
	return []*account{a}
}

// phpSettings are those of a line, by PHPMailer's names.
func (l *linter) phpSettings(at line) []setting {
	var out []setting
	text := withoutComment(withoutComment(at.text, "//"), "#")
	for _, m := range phpVerify().FindAllStringSubmatch(text, -1) {
		out = append(out, setting{line: at.number, name: m[1]})
	}
	if m := phpFrom().FindStringSubmatch(text); m != nil {
		out = append(out, codeSetting(at, "From", " = ", m[1]))
	}
	if m := phpProperty().FindStringSubmatch(text); m != nil {
		out = append(out, l.phpSetting(at, m[1], " = ", m[2]))
	}
	if m := phpDefine().FindStringSubmatch(text); m != nil {
		s := l.phpSetting(at, m[1], ", ", m[2])
		s.name = constants()[m[1]]
		out = append(out, s)
	}
	return out
}

// constants are those of WP Mail SMTP and of hand-made code, under the names
// that PHPMailer has for them.
func constants() map[string]string {
	return map[string]string{
		"WPMS_SMTP_HOST": "Host", "WPMS_SMTP_PORT": "Port", "WPMS_SSL": "SMTPSecure", "WPMS_SMTP_USER": "Username",
		"WPMS_SMTP_PASS": "Password", "WPMS_MAIL_FROM": "From", "WPMS_SMTP_AUTH": "SMTPAuth", "SMTP_AUTH": "SMTPAuth",
		"SMTP_HOST": "Host", "SMTP_PORT": "Port", "SMTP_SECURE": "SMTPSecure", "SMTP_USER": "Username",
		"SMTP_USERNAME": "Username", "SMTP_PASS": "Password", "SMTP_PASSWORD": "Password", "SMTP_FROM": "From",
	}
}

// phpSetting notes a variable in double quotes, which is mostly a password with
// a $, and knows PHPMailer's constants.
func (l *linter) phpSetting(at line, name, separator, expression string) setting {
	s := codeSetting(at, name, separator, expression)
	if s.quoted && strings.HasPrefix(strings.TrimSpace(expression), `"`) && phpVariable().MatchString(expression) {
		s.literal = false
		if strings.Contains(strings.ToLower(name), "pass") {
			l.find(at.number, fmt.Sprintf("the $ in the value of %s begins a variable: put it between single quotes", name))
		}
	}
	for constant, value := range map[string]string{"ENCRYPTION_SMTPS": "ssl", "ENCRYPTION_STARTTLS": "tls"} {
		if strings.Contains(expression, constant) {
			s.value, s.literal = value, true
			s.shown += constant
		}
	}
	return s
}

var phpVariable = lazily(`(^|[^\\])\$[A-Za-z_{]`)

func (l *linter) phpSecurity(a *account, s setting) {
	switch value := strings.ToLower(s.value); {
	case !s.literal:
	case value == "ssl":
		a.security, a.means, a.instead = s, submission.SSL, "'tls'"
	case value == "tls":
		a.security, a.means, a.instead = s, submission.STARTTLS, "'ssl'"
	case value != "" && value != "none" && value != "false":
		l.find(s.line, fmt.Sprintf("`%s`: it is 'tls' (STARTTLS, port 587) or 'ssl' (implicit TLS, port 465)", s.shown))
	}
}
