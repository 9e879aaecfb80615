package export

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Programs are read line by line for the few lines that set up mail.

// literalIn reads the literal at the beginning of an expression: a string in
// quotes, a number, a word. What is not literal (a variable, a call) is not.
func literalIn(expression string) (value string, literal, isString bool) {
	e := strings.TrimSpace(expression)
	if e == "" {
		return "", false, false
	}
	if quote := e[0]; quote == '"' || quote == '\'' || quote == '`' {
		var b strings.Builder
		for i := 1; i < len(e); i++ {
			switch {
			case e[i] == '\\' && i+1 < len(e):
				i++
				b.WriteByte(e[i])
			case e[i] == quote:
				rest := strings.TrimLeft(e[i+1:], " ")
				return b.String(), rest == "" || strings.IndexByte(",;)}#/]", rest[0]) >= 0, true
			default:
				b.WriteByte(e[i])
			}
		}
		return "", false, true
	}
	word := wordLiteral.FindString(e)
	rest := strings.TrimLeft(e[len(word):], " ")
	return word, word != "" && (rest == "" || strings.IndexByte(",;)}#/]", rest[0]) >= 0), false
}

var wordLiteral = regexp.MustCompile(`^(?:[0-9]+|true|false|True|False|TRUE|FALSE|null|None|NULL)\b`)

func codeSetting(at line, name, separator, expression string) setting {
	value, literal, isString := literalIn(expression)
	shown := value
	if isString {
		shown = "'" + value + "'"
	}
	return setting{line: at.number, shown: name + separator + shown, value: value, literal: literal, quoted: isString}
}

// property is "name: value" of an object.
var property = regexp.MustCompile(`(?:^|[{,\s])["']?(host|port|secure|user|pass|from|requireTLS|ignoreTLS|rejectUnauthorized|createTransport)["']?\s*[:(]\s*([^:].*)$`)

// nextProperty finds where another property begins in the same line.
var nextProperty = regexp.MustCompile(`[{,]\s*["']?(?:host|port|secure|user|pass|from|requireTLS|ignoreTLS|rejectUnauthorized)["']?\s*:`)

func readNodemailer(l *linter, all []line) []*account {
	var out []*account
	var a *account
	for _, at := range all {
		for _, part := range properties(withoutComment(at.text, "//")) {
			m := property.FindStringSubmatch(part)
			if m == nil && !strings.Contains(part, "createTransport") {
				continue
			}
			if strings.Contains(part, "createTransport") {
				a = &account{missing: "`secure: true`"}
				out = append(out, a)
				_, arguments, _ := strings.Cut(part, "createTransport")
				if s := codeSetting(at, "createTransport", "", strings.TrimPrefix(strings.TrimSpace(arguments), "(")); s.quoted {
					l.assignURL(a, variable{setting: s, name: "createTransport"})
				}
				continue
			}
			if a != nil {
				l.setNodemailer(a, m[1], codeSetting(at, m[1], ": ", m[2]))
			}
		}
	}
	for _, a := range out {
		if a.security.line == 0 && a.port.value != "465" { // where it is implicit TLS by default
			a.means = submission.STARTTLS
		}
	}
	return withServer(out)
}

// properties splits a line before each property.
func properties(text string) []string {
	var out []string
	for {
		next := nextProperty.FindStringIndex(text[min(1, len(text)):])
		if next == nil {
			return append(out, text)
		}
		out = append(out, text[:next[0]+1])
		text = text[next[0]+1:]
	}
}

func (l *linter) setNodemailer(a *account, name string, s setting) {
	switch name {
	case "host":
		a.host = s
	case "port":
		a.port = s
	case "user":
		a.user = s
	case "pass":
		a.password = s
		a.password.shown = name
	case "from":
		a.from = s
	case "secure":
		if s.quoted {
			l.find(s.line, fmt.Sprintf("`%s` is a text, which always counts as true: write it without quotes", s.shown))
			return
		}
		if s.literal && s.value == "true" {
			a.security, a.means, a.instead = s, submission.SSL, "false"
		} else if s.literal {
			a.security, a.means, a.instead = s, submission.STARTTLS, "true"
		}
	case "rejectUnauthorized":
		if s.value == "false" {
			l.find(s.line, "`rejectUnauthorized: false`: anybody on the way can pretend to be the server and read the password")
		}
	}
}

// withoutComment cuts a comment off that does not stand in quotes.
func withoutComment(text, mark string) string {
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case strings.HasPrefix(text[i:], mark):
			return text[:i]
		}
	}
	return text
}

var pythonSetting = regexp.MustCompile(`^\s*(EMAIL_[A-Z_]+|DEFAULT_FROM_EMAIL)\s*=\s*(.*)$`)

func readDjango(l *linter, all []line) []*account {
	a := &account{means: submission.None, missing: "`EMAIL_USE_TLS = True`"}
	both := map[string]setting{}
	for _, at := range all {
		m := pythonSetting.FindStringSubmatch(withoutComment(at.text, "#"))
		if m == nil {
			continue
		}
		s := codeSetting(at, m[1], " = ", m[2])
		switch m[1] {
		case "EMAIL_HOST":
			a.host = s
		case "EMAIL_PORT":
			a.port = s
		case "EMAIL_HOST_USER":
			a.user = s
		case "EMAIL_HOST_PASSWORD":
			a.password = s
			a.password.shown = m[1]
		case "DEFAULT_FROM_EMAIL":
			a.from = s
		case "EMAIL_USE_TLS", "EMAIL_USE_SSL":
			both[m[1]] = s
		}
	}
	l.djangoSecurity(a, both["EMAIL_USE_TLS"], both["EMAIL_USE_SSL"])
	return withServer([]*account{a})
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

var (
	phpProperty = regexp.MustCompile(`->(Host|Port|SMTPSecure|SMTPAuth|Username|Password|From)\s*=\s*(.*)$`)
	phpFrom     = regexp.MustCompile(`(?:->setFrom\(|'wp_mail_from',\s*fn\s*\(\)\s*=>)\s*(.*)$`)
	phpDefine   = regexp.MustCompile(`define\(\s*['"]((?:WPMS|SMTP)_[A-Za-z_]+)['"]\s*,\s*(.*)$`)
	phpVerify   = regexp.MustCompile(`['"](verify_peer|verify_peer_name)['"]\s*=>\s*false`)
)

func readPHP(l *linter, all []line) []*account {
	a := &account{missing: "SMTPSecure"}
	auth := setting{}
	for _, at := range all {
		text := withoutComment(withoutComment(at.text, "//"), "#")
		if m := phpVerify.FindStringSubmatch(text); m != nil {
			l.find(at.number, fmt.Sprintf("`%s` => false: anybody on the way can pretend to be the server and read the password", m[1]))
		}
		if m := phpFrom.FindStringSubmatch(text); m != nil {
			a.from = codeSetting(at, "From", " = ", m[1])
		}
		if m := phpProperty.FindStringSubmatch(text); m != nil {
			s := l.phpSetting(at, m[1], " = ", m[2])
			if m[1] == "SMTPAuth" {
				auth = s
			}
			l.setPHP(a, m[1], s, m[2])
		}
		if m := phpDefine.FindStringSubmatch(text); m != nil {
			s := l.phpSetting(at, m[1], ", ", m[2])
			if strings.HasSuffix(m[1], "_AUTH") {
				auth = s
			}
			l.setPHP(a, constants()[m[1]], s, m[2])
		}
	}
	if a.user.line > 0 && (auth.line == 0 || auth.literal && strings.EqualFold(auth.value, "false")) {
		l.find(a.user.line, "a user name without SMTPAuth = true: nothing logs in")
	}
	if a.security.line == 0 && a.port.value == "465" {
		a.means = submission.STARTTLS // which PHPMailer takes where it is offered
	}
	return withServer([]*account{a})
}

// constants are those of WP Mail SMTP and of hand-made code, under the names
// that PHPMailer has for them.
func constants() map[string]string {
	return map[string]string{
		"WPMS_SMTP_HOST": "Host", "WPMS_SMTP_PORT": "Port", "WPMS_SSL": "SMTPSecure", "WPMS_SMTP_USER": "Username",
		"WPMS_SMTP_PASS": "Password", "WPMS_MAIL_FROM": "From",
		"SMTP_HOST": "Host", "SMTP_PORT": "Port", "SMTP_SECURE": "SMTPSecure", "SMTP_USER": "Username",
		"SMTP_USERNAME": "Username", "SMTP_PASS": "Password", "SMTP_PASSWORD": "Password", "SMTP_FROM": "From",
	}
}

// phpSetting notes a variable in double quotes, which is mostly a password with a $.
func (l *linter) phpSetting(at line, name, separator, expression string) setting {
	s := codeSetting(at, name, separator, expression)
	if s.quoted && strings.HasPrefix(strings.TrimSpace(expression), `"`) && phpVariable.MatchString(expression) {
		s.literal = false
		if strings.Contains(strings.ToLower(name), "pass") {
			l.find(at.number, fmt.Sprintf("the $ in the value of %s begins a variable: put it between single quotes", name))
		}
	}
	return s
}

var phpVariable = regexp.MustCompile(`(^|[^\\])\$[A-Za-z_{]`)

func (l *linter) setPHP(a *account, name string, s setting, expression string) {
	switch name {
	case "Host":
		a.host = s
		if scheme, host, ok := strings.Cut(s.value, "://"); ok && (scheme == "ssl" || scheme == "tls") {
			a.host.value, _, _ = strings.Cut(host, ":") // which PHPMailer understands
		}
	case "Port":
		a.port = s
	case "Username":
		a.user = s
	case "Password":
		a.password = s
		a.password.shown = name
	case "From":
		a.from = s
	case "SMTPSecure":
		l.phpSecurity(a, s, expression)
	}
}

func (l *linter) phpSecurity(a *account, s setting, expression string) {
	value := strings.ToLower(s.value)
	for _, constant := range []string{"ENCRYPTION_SMTPS", "ENCRYPTION_STARTTLS"} {
		if strings.Contains(expression, constant) {
			value, s.literal = map[string]string{"ENCRYPTION_SMTPS": "ssl", "ENCRYPTION_STARTTLS": "tls"}[constant], true
			s.shown += constant
		}
	}
	switch {
	case !s.literal:
	case value == "ssl":
		a.security, a.means, a.instead = s, submission.SSL, "'tls'"
	case value == "tls":
		a.security, a.means, a.instead = s, submission.STARTTLS, "'ssl'"
	case value == "starttls" || value == "smtps" || value == "ssl/tls":
		l.find(s.line, fmt.Sprintf("`%s`: it is 'tls' (STARTTLS, port 587) or 'ssl' (implicit TLS, port 465)", s.shown))
	}
}
