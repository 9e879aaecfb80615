package export

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/preset"
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
	word := wordLiteral().FindString(e)
	rest := strings.TrimLeft(e[len(word):], " ")
	return word, word != "" && (rest == "" || strings.IndexByte(",;)}#/]", rest[0]) >= 0), false
}

var wordLiteral = lazily(`^(?:[0-9]+|true|false|True|False|TRUE|FALSE|null|None|NULL)\b`)

func codeSetting(at line, name, separator, expression string) setting {
	value, literal, isString := literalIn(expression)
	shown := value
	if isString {
		shown = "'" + value + "'"
	}
	return setting{line: at.number, name: name, shown: name + separator + shown, value: value, literal: literal, quoted: isString}
}

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
