package render

import (
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/report"
)

var commands = map[string]string{
	"EHLO":     "EHLO: this machine says its name and asks what the server can do",
	"HELO":     "HELO: the greeting of old servers, which offer nothing more",
	"STARTTLS": "STARTTLS: from here on everything should be encrypted",
	"AUTH":     "AUTH: log in; the word after it is the way the password is sent",
	"MAIL":     "MAIL FROM: the sender on the envelope; providers check that it is yours",
	"RCPT":     "RCPT TO: the recipient on the envelope",
	"DATA":     "DATA: the message itself comes next, ended by a dot alone on a line",
	"RSET":     "RSET: forget sender and recipient; nothing is sent",
	"NOOP":     "NOOP: do nothing, but answer",
	"QUIT":     "QUIT: this side is done",
	"*":        "*: give the login up",
	".":        "a dot alone on a line: the message ends here",
	"***":      "an answer within AUTH, which is kept secret",
}

// Gloss explains a line of a transcript to somebody who sees SMTP for the
// first time (RFC 5321 sections 4.1.1 and 4.2.1); "" where there is nothing to say.
func Gloss(l report.Line) string {
	if l.From == report.Client {
		verb, _, _ := strings.Cut(l.Text, " ")
		return commands[strings.ToUpper(verb)]
	}
	if len(l.Text) < 3 {
		return ""
	}
	switch l.Text[:3] {
	case "220":
		return "220: the server is ready"
	case "221":
		return "221: goodbye"
	case "235":
		return "235: the login is accepted"
	case "334":
		return "334: the login goes on, the server waits for an answer"
	case "354":
		return "354: go on with the message"
	}
	switch l.Text[0] {
	case '2':
		return "2xx: done"
	case '3':
		return "3xx: go on"
	case '4':
		return "4xx: not now; the same may work later"
	case '5':
		return "5xx: no; the same will not work again"
	}
	return ""
}
