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

	// securityOf is what a port speaks where a standard says so (RFC 8314
	// section 7.3, RFC 6409 section 3.1).
	securityOf = map[int]submission.Security{
		465: submission.SSL, 993: submission.SSL, 995: submission.SSL,
		25: submission.STARTTLS, 587: submission.STARTTLS, 143: submission.STARTTLS, 110: submission.STARTTLS,
	}
)
