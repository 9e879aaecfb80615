package preset

import "github.com/smtpwiz/smtpwiz/internal/submission"

// What may stand where a file chooses between words.
var (
	kinds         = []Kind{Mailbox, Transactional, Bridge}
	usernameForms = []UsernameForm{UsernameAddress, UsernameLocalPart, UsernameFixed, UsernameIssued}
	fromChecks    = []FromChecked{FromAtMail, FromAtData, FromRewritten, FromFree}
	passwordKinds = []PasswordKind{PasswordAccount, PasswordMailbox, PasswordApp, PasswordBridge, PasswordKey, PasswordOAuth}
	alphabets     = []Alphabet{Letters, Alphanumeric, Hex, Base64URL}
	protocols     = []Protocol{IMAP, POP3}
	sentCopies    = []SentCopy{CopyByServer, CopyByClient}
	periods       = []Period{PerMessage, PerMinute, PerHour, PerDay, PerMonth}
	confidences   = []Confidence{High, Medium, ConfidenceUnknown}
	securities    = []submission.Security{submission.SSL, submission.STARTTLS, submission.None}
	mechanisms    = []string{"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "XOAUTH2", "OAUTHBEARER", "EXTERNAL"}
	stages        = []string{"dns", "resolve", "connect", "tls", "starttls", "greeting", "ehlo", "auth", "mail", "rcpt", "data", "quota", "quit", "delivery"}
)

// securityOf is what a port speaks where a standard says so (RFC 8314
// section 7.3, RFC 6409 section 3.1).
func securityOf(port int) submission.Security {
	switch port {
	case 465, 993, 995:
		return submission.SSL
	case 25, 587, 143, 110:
		return submission.STARTTLS
	}
	return ""
}
