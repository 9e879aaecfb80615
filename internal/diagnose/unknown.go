package diagnose

import (
	"fmt"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// unknown says what the codes mean and no more.
func (t *trouble) unknown() verdict {
	v := verdict{cause: submission.Unknown, temporary: t.class() == 4}
	var parts []string
	if t.class() >= 4 {
		parts = append(parts, "The words of this refusal are not known to smtpwiz.")
	}
	if m := codeMeaning(t.code); m != "" {
		parts = append(parts, fmt.Sprintf("Code %d means: %s (RFC 5321).", t.code, m))
	}
	if m := subjects[t.enhanced.Subject]; m != "" && !t.enhanced.IsZero() {
		parts = append(parts, fmt.Sprintf("%s is about %s (RFC 3463).", t.enhanced, m))
	}
	v.why = strings.Join(parts, " ")
	return v
}

// codeMeaning is what a code says by itself: its own meaning where the
// standards give one (RFC 5321 section 4.2.3, RFC 4954 section 6), else its class's.
func codeMeaning(code int) string {
	if m, ok := codes[code]; ok {
		return m
	}
	switch code / 100 {
	case 2:
		return "done"
	case 3:
		return "go on"
	case 4:
		return "not now; the same may pass later"
	case 5:
		return "no; the same again will not pass"
	}
	return ""
}

var codes = map[int]string{
	220: "the service is ready",
	221: "the service ends the session",
	235: "signed in",
	250: "done",
	251: "the recipient is elsewhere; the mail will be passed on",
	252: "the recipient cannot be checked, but the mail is taken",
	334: "go on with signing in",
	354: "send the message now",
	421: "the service is not available and ends the session; try later",
	432: "the password has to be changed over first",
	450: "the mailbox is not available now; try later",
	451: "an error at the server; try later",
	452: "not enough room at the server; try later",
	454: "signing in or encrypting does not work now; try later",
	455: "the parameters cannot be met now",
	500: "the command is not known",
	501: "the command's parameters are not understood",
	502: "the command is not there",
	503: "the command comes at the wrong point",
	504: "the command's parameter is not there",
	521: "this host takes no mail",
	530: "sign in or encrypt first",
	534: "this way of signing in is too weak",
	535: "user name or password are not accepted",
	538: "this way of signing in needs encryption",
	550: "no, for the mailbox or by the server's rules",
	551: "the recipient is elsewhere",
	552: "too much for the mailbox or the server",
	553: "the address is not allowed",
	554: "the transaction failed, or there is no mail service for you here",
	555: "the parameters of MAIL or RCPT are not known",
	556: "the recipient's domain takes no mail",
}

// subjects are the middle figures of enhanced codes (RFC 3463 section 3).
var subjects = map[int]string{
	1: "an address",
	2: "a mailbox",
	3: "the mail system",
	4: "the network or the way to the server",
	5: "the dialogue of the two sides",
	6: "the content of the message",
	7: "security or the server's rules",
}

func codeWord(code int) string {
	if code == 0 {
		return ""
	}
	return fmt.Sprintf("%03d", code)
}
