package diagnose

import (
	"fmt"
	"slices"

	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// The standards that give codes their meanings.
const (
	rfcReplies   = "RFC 5321 section 4.2.3"
	rfcAuthCodes = "RFC 4954 section 6"
	rfcNoMail    = "RFC 7504"
	rfcRegistry  = "RFC 5248"
)

// replyCode is what a reply's code says by itself, and of a refusal what it may
// stand for: servers put many causes under one number.
type replyCode struct {
	code    int
	meaning string
	rfc     string
	stages  []report.Stage     // where it comes as a refusal
	causes  []submission.Cause // the likelier first
}

// The commands after which a kind of refusal comes.
var (
	anywhere  = []report.Stage{report.Greeting, report.EHLO, report.Auth, report.Mail, report.Rcpt, report.Data}
	addresses = []report.Stage{report.Mail, report.Rcpt, report.Data}
	malformed = []report.Stage{report.EHLO, report.STARTTLS, report.Auth, report.Mail, report.Rcpt, report.Data}
)

var codes = []replyCode{
	{code: 211, meaning: "the state of the server", rfc: rfcReplies},
	{code: 214, meaning: "a help text", rfc: rfcReplies},
	{code: 220, meaning: "the service is ready", rfc: rfcReplies},
	{code: 221, meaning: "the service ends the session", rfc: rfcReplies},
	{code: 235, meaning: "signed in", rfc: rfcAuthCodes},
	{code: 250, meaning: "done", rfc: rfcReplies},
	{code: 251, meaning: "the recipient is elsewhere; the mail will be passed on", rfc: rfcReplies},
	{code: 252, meaning: "the recipient cannot be checked, but the mail is taken", rfc: rfcReplies},
	{code: 334, meaning: "go on with signing in", rfc: "RFC 4954 section 4"},
	{code: 354, meaning: "send the message now", rfc: rfcReplies},
	{421, "the service is not available and ends the session; try later", rfcReplies, anywhere,
		[]submission.Cause{submission.ServerDownTemporary, submission.RateLimited, submission.HELORejected, submission.IPBlocked}},
	{432, "the password has to be changed over first", rfcAuthCodes, atAuth,
		[]submission.Cause{submission.BadCredentials, submission.AppPasswordRequired}},
	{450, "the mailbox is not available now; try later", rfcReplies, addresses,
		[]submission.Cause{submission.Greylisted, submission.RateLimited, submission.SenderDomainInvalid, submission.ServerDownTemporary}},
	{451, "an error at the server; try later", rfcReplies, anywhere,
		[]submission.Cause{submission.ServerDownTemporary, submission.Greylisted, submission.QuotaExceeded}},
	{452, "not enough room at the server; try later", rfcReplies, addresses,
		[]submission.Cause{submission.RateLimited, submission.RecipientMailboxFull, submission.ServerDownTemporary}},
	{454, "signing in or encrypting does not work now; try later", rfcAuthCodes, []report.Stage{report.STARTTLS, report.Auth, report.Rcpt},
		[]submission.Cause{submission.ServerDownTemporary, submission.BadCredentials, submission.RelayDenied}},
	{455, "the parameters cannot be met now", "RFC 5321 section 4.1.1.11", addresses,
		[]submission.Cause{submission.ServerDownTemporary}},
	{500, "the command is not known", rfcReplies, malformed,
		[]submission.Cause{submission.ProtocolError, submission.AuthNotOffered, submission.STARTTLSNotOffered}},
	{501, "the command's parameters are not understood", rfcReplies, malformed,
		[]submission.Cause{submission.ProtocolError, submission.HELORejected, submission.SenderRejected, submission.RecipientRejected}},
	{502, "the command is not there", rfcReplies, malformed,
		[]submission.Cause{submission.AuthNotOffered, submission.STARTTLSNotOffered, submission.ProtocolError}},
	{503, "the command comes at the wrong point", rfcReplies, malformed,
		[]submission.Cause{submission.ProtocolError, submission.AuthNotOffered, submission.AuthMissing}},
	{504, "the command's parameter is not there", rfcReplies, malformed,
		[]submission.Cause{submission.AuthMechanismUnsupported, submission.HELORejected}},
	{521, "this host takes no mail", rfcNoMail, []report.Stage{report.Greeting, report.Rcpt},
		[]submission.Cause{submission.RecipientRejected, submission.IPBlocked}},
	{523, "encryption is needed first", rfcRegistry, []report.Stage{report.Auth, report.Mail}, []submission.Cause{submission.TLSRequired}},
	{524, "this way of signing in needs encryption", rfcRegistry, atAuth, []submission.Cause{submission.TLSRequired}},
	{525, "the account is disabled", rfcRegistry, atAuth, []submission.Cause{submission.AccountSuspended, submission.IPBlocked}},
	{530, "sign in or encrypt first", rfcAuthCodes, []report.Stage{report.Auth, report.Mail, report.Rcpt},
		[]submission.Cause{submission.AuthMissing, submission.TLSRequired}},
	{534, "this way of signing in is too weak", rfcAuthCodes, atAuth,
		[]submission.Cause{submission.AppPasswordRequired, submission.WebLoginRequired, submission.AuthMechanismUnsupported}},
	{535, "user name or password are not accepted", rfcAuthCodes, atAuth,
		[]submission.Cause{submission.BadCredentials, submission.AppPasswordRequired, submission.AuthDisabledForAccount, submission.OAuthRequired, submission.OAuthTokenInvalid}},
	{538, "this way of signing in needs encryption", rfcAuthCodes, atAuth, []submission.Cause{submission.TLSRequired}},
	{550, "no, for the mailbox or by the server's rules", rfcReplies, anywhere,
		[]submission.Cause{submission.RecipientRejected, submission.FromMismatch, submission.IPBlocked, submission.ContentRejectedSpam, submission.SenderDomainAuth, submission.RelayDenied, submission.QuotaExceeded, submission.AccountSuspended}},
	{551, "the recipient is elsewhere", rfcReplies, atRcpt, []submission.Cause{submission.RecipientRejected, submission.RelayDenied}},
	{552, "too much for the mailbox or the server", rfcReplies, addresses,
		[]submission.Cause{submission.MessageTooLarge, submission.RecipientMailboxFull, submission.ContentRejectedVirus, submission.QuotaExceeded}},
	{553, "the address is not allowed", rfcReplies, addresses,
		[]submission.Cause{submission.FromMismatch, submission.SenderRejected, submission.RecipientRejected, submission.AuthMissing, submission.RelayDenied}},
	{554, "the transaction failed, or there is no mail service for you here", rfcReplies, anywhere,
		[]submission.Cause{submission.ContentRejectedSpam, submission.IPBlocked, submission.RelayDenied, submission.FromMismatch, submission.SenderNotVerified}},
	{555, "the parameters of MAIL or RCPT are not known", "RFC 5321 section 4.1.1.11", []report.Stage{report.Mail, report.Rcpt},
		[]submission.Cause{submission.ProtocolError}},
	{556, "the recipient's domain takes no mail", rfcNoMail, atRcpt, []submission.Cause{submission.RecipientRejected}},
}

func knownCode(n int) (replyCode, bool) {
	i := slices.IndexFunc(codes, func(c replyCode) bool { return c.code == n })
	if i < 0 {
		return replyCode{}, false
	}
	return codes[i], true
}

// codeMeaning is what a code says by itself, and the standard that says so: its
// own meaning where it has one, else its class's; "" for no code.
func codeMeaning(n int) (meaning, rfc string) {
	if c, ok := knownCode(n); ok {
		return c.meaning, c.rfc
	}
	return classMeaning(n / 100), "RFC 5321 section 4.2.1"
}

// classMeaning is what a code's first figure says (RFC 5321 section 4.2.1).
func classMeaning(class int) string {
	switch class {
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

// subject is what an enhanced code's middle figure says (RFC 3463 section 3).
func subject(figure int) string {
	switch figure {
	case 1:
		return "an address"
	case 2:
		return "a mailbox"
	case 3:
		return "the mail system"
	case 4:
		return "the network or the way to the server"
	case 5:
		return "the dialogue of the two sides"
	case 6:
		return "the content of the message"
	case 7:
		return "security or the server's rules"
	}
	return ""
}

// detail is what the last two figures of an enhanced code say, whatever the class.
type detail struct {
	code    string // "subject.detail", as in the registry that RFC 5248 set up
	meaning string
	rfc     string             // "" for the subject's section of RFC 3463
	causes  []submission.Cause // where the rules know none or more than one
}

const (
	rfcDomainAuth = "RFC 7372"
	rfcNullMX     = "RFC 7505"
)

var details = []detail{
	{code: "0.0", meaning: "a reason that has no code of its own"},

	{code: "1.0", meaning: "something is wrong with an address", causes: []submission.Cause{submission.RecipientRejected, submission.SenderRejected}},
	{code: "1.1", meaning: "the recipient's mailbox does not exist"},
	{code: "1.2", meaning: "the recipient's domain does not exist or takes no mail"},
	{code: "1.3", meaning: "the recipient's address is not written as an address is"},
	{code: "1.4", meaning: "the recipient's address fits several mailboxes"},
	{code: "1.5", meaning: "the recipient's address is valid"},
	{code: "1.6", meaning: "the recipient has moved and left no new address"},
	{code: "1.7", meaning: "the sender's address is not written as an address is"},
	{code: "1.8", meaning: "the sender's domain does not exist or takes no answers"},
	{code: "1.9", meaning: "the mail was passed on to a system that may not tell of failures", rfc: "RFC 3886"},
	{code: "1.10", meaning: "the recipient's domain says that it takes no mail", rfc: rfcNullMX},

	{code: "2.0", meaning: "something is wrong with the recipient's mailbox", causes: []submission.Cause{submission.RecipientRejected, submission.RecipientMailboxFull}},
	{code: "2.1", meaning: "the mailbox is disabled and takes no mail"},
	{code: "2.2", meaning: "the mailbox is full"},
	{code: "2.3", meaning: "the message is longer than the mailbox allows"},
	{code: "2.4", meaning: "the mailing list could not be expanded"},

	{code: "3.0", meaning: "something is wrong with the mail system"},
	{code: "3.1", meaning: "the mail system is full"},
	{code: "3.2", meaning: "the system takes no network messages now"},
	{code: "3.3", meaning: "the system lacks a feature that the message needs"},
	{code: "3.4", meaning: "the message is larger than the system allows"},
	{code: "3.5", meaning: "the system is not configured to take this message"},
	{code: "3.6", meaning: "the message was taken with another priority than asked for", rfc: "RFC 6710"},

	{code: "4.0", meaning: "something is wrong with the network", causes: []submission.Cause{submission.ServerDownTemporary}},
	{code: "4.1", meaning: "the other host does not answer"},
	{code: "4.2", meaning: "the connection broke off"},
	{code: "4.3", meaning: "the directory or name service failed"},
	{code: "4.4", meaning: "no way to the next host is known"},
	{code: "4.5", meaning: "the mail system is overloaded"},
	{code: "4.6", meaning: "the mail went round in a loop"},
	{code: "4.7", meaning: "the mail could not be delivered in time", causes: []submission.Cause{submission.Greylisted, submission.ServerDownTemporary}},

	{code: "5.0", meaning: "something is wrong with the dialogue"},
	{code: "5.1", meaning: "the command is not valid at this point"},
	{code: "5.2", meaning: "the command is not understood"},
	{code: "5.3", meaning: "too many recipients"},
	{code: "5.4", meaning: "the command's parameters are not valid"},
	{code: "5.5", meaning: "the two sides speak different versions of the protocol"},
	{code: "5.6", meaning: "a line of the exchange for signing in is too long", rfc: rfcAuthCodes, causes: []submission.Cause{submission.OAuthTokenInvalid, submission.ProtocolError}},

	{code: "6.0", meaning: "something is wrong with the content", causes: []submission.Cause{submission.ContentRejectedSpam, submission.ProtocolError}},
	{code: "6.1", meaning: "the kind of content is not supported", causes: []submission.Cause{submission.ContentRejectedSpam, submission.ProtocolError}},
	{code: "6.2", meaning: "the content would have to be converted, and that is forbidden", causes: []submission.Cause{submission.ProtocolError}},
	{code: "6.3", meaning: "the content would have to be converted, and that is not supported", causes: []submission.Cause{submission.ProtocolError}},
	{code: "6.4", meaning: "the content was converted with losses"},
	{code: "6.5", meaning: "the content could not be converted", causes: []submission.Cause{submission.ProtocolError}},
	{code: "6.6", meaning: "the content of the message is not to be had", causes: []submission.Cause{submission.ContentRejectedSpam}},
	{code: "6.7", meaning: "addresses outside ASCII are not permitted here", rfc: "RFC 6531", causes: []submission.Cause{submission.SenderRejected, submission.RecipientRejected}},
	{code: "6.8", meaning: "a reply in UTF-8 is needed, and the client does not allow it", rfc: "RFC 6531", causes: []submission.Cause{submission.ProtocolError}},
	{code: "6.9", meaning: "the header in UTF-8 cannot be passed on", rfc: "RFC 6531", causes: []submission.Cause{submission.ProtocolError}},

	{code: "7.0", meaning: "refused by the server's rules or for security, without a reason", causes: []submission.Cause{submission.BadCredentials, submission.AuthMissing, submission.ContentRejectedSpam, submission.IPBlocked, submission.RateLimited}},
	{code: "7.1", meaning: "refused by the server's rules: you may not send this, from here, as this sender or to this recipient",
		causes: []submission.Cause{submission.FromMismatch, submission.RelayDenied, submission.AuthMissing, submission.ContentRejectedSpam, submission.IPBlocked, submission.SenderDomainAuth}},
	{code: "7.2", meaning: "you may not send to this mailing list", causes: []submission.Cause{submission.RecipientRejected, submission.FromMismatch}},
	{code: "7.3", meaning: "the message would have to be secured in another way, and that is not possible"},
	{code: "7.4", meaning: "a security feature is not supported; in answer to AUTH, the way of signing in", causes: []submission.Cause{submission.AuthMechanismUnsupported, submission.ProtocolError}},
	{code: "7.5", meaning: "an encryption or signature of the message failed", causes: []submission.Cause{submission.ContentRejectedSpam}},
	{code: "7.6", meaning: "the cryptographic algorithm is not supported", causes: []submission.Cause{submission.ContentRejectedSpam, submission.AuthMechanismUnsupported}},
	{code: "7.7", meaning: "the message was altered on its way", causes: []submission.Cause{submission.SenderDomainAuth}},
	{code: "7.8", meaning: "user name and password are not valid", rfc: rfcAuthCodes},
	{code: "7.9", meaning: "this way of signing in is too weak", rfc: rfcAuthCodes, causes: []submission.Cause{submission.AppPasswordRequired, submission.WebLoginRequired}},
	{code: "7.10", meaning: "encryption is needed", rfc: rfcRegistry},
	{code: "7.11", meaning: "this way of signing in needs encryption", rfc: rfcAuthCodes},
	{code: "7.12", meaning: "the password has to be changed over first", rfc: rfcAuthCodes, causes: []submission.Cause{submission.BadCredentials}},
	{code: "7.13", meaning: "the account is disabled", rfc: rfcRegistry},
	{code: "7.14", meaning: "the server has to be trusted for you first", rfc: rfcRegistry, causes: []submission.Cause{submission.WebLoginRequired, submission.AppPasswordRequired}},
	{code: "7.15", meaning: "the priority of the message is too low now", rfc: "RFC 6710", causes: []submission.Cause{submission.ServerDownTemporary}},
	{code: "7.16", meaning: "the message is too large for its priority", rfc: "RFC 6710", causes: []submission.Cause{submission.MessageTooLarge}},
	{code: "7.17", meaning: "the mailbox has another owner than before", rfc: "RFC 7293", causes: []submission.Cause{submission.RecipientRejected}},
	{code: "7.18", meaning: "the domain has another owner than before", rfc: "RFC 7293", causes: []submission.Cause{submission.RecipientRejected}},
	{code: "7.19", meaning: "nobody can tell who owns the mailbox", rfc: "RFC 7293", causes: []submission.Cause{submission.RecipientRejected}},
	{code: "7.20", meaning: "no DKIM signature holds", rfc: rfcDomainAuth},
	{code: "7.21", meaning: "no DKIM signature is good enough", rfc: rfcDomainAuth},
	{code: "7.22", meaning: "no DKIM signature is by the sender's own domain", rfc: rfcDomainAuth},
	{code: "7.23", meaning: "the sender's domain does not let this server send (SPF)", rfc: rfcDomainAuth},
	{code: "7.24", meaning: "the check of the sender's domain (SPF) ran into an error", rfc: rfcDomainAuth},
	{code: "7.25", meaning: "the address that sends has no proper name (reverse DNS)", rfc: rfcDomainAuth},
	{code: "7.26", meaning: "several checks of the sender's domain failed", rfc: rfcDomainAuth},
	{code: "7.27", meaning: "the sender's domain says that it takes no mail", rfc: rfcNullMX},
	{code: "7.28", meaning: "too much mail at once", rfc: "the registry of RFC 5248"},
	{code: "7.29", meaning: "the chain of those who passed the mail on does not hold (ARC)", rfc: "RFC 8617"},
	{code: "7.30", meaning: "the mail asks for encryption all the way, and the next server does not offer it", rfc: "RFC 8689"},

	// Exchange's own.
	{code: "7.57", meaning: "the session is not signed in, says Exchange", rfc: none},
	{code: "7.60", meaning: "the account may not send as this sender, says Exchange", rfc: none},
	{code: "7.139", meaning: "signing in is refused for a reason that the words name, says Exchange", rfc: none, causes: []submission.Cause{submission.OAuthRequired, submission.AuthDisabledForAccount, submission.BadCredentials}},
}

// none: no standard has it.
const none = "none"

// detailOf returns what is known of an enhanced code, with its standard.
func detailOf(e reply.EnhancedCode) (detail, bool) {
	code := fmt.Sprintf("%d.%d", e.Subject, e.Detail)
	i := slices.IndexFunc(details, func(d detail) bool { return d.code == code })
	if i < 0 {
		return detail{}, false
	}
	d := details[i]
	switch d.rfc {
	case none:
		d.rfc = ""
	case "":
		// RFC 3463 has the subjects from section 3.1 (other) to 3.8 (security).
		d.rfc = fmt.Sprintf("RFC 3463 section 3.%d", e.Subject+1)
	}
	return d, true
}

func codeWord(code int) string {
	if code == 0 {
		return ""
	}
	return fmt.Sprintf("%03d", code)
}
