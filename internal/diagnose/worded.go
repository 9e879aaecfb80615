package diagnose

import (
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Words that servers use for one another.
const (
	not     = "not|isnt|arent|wasnt|cannot|cant|never|no|doesnt|dont|unable"
	refused = "rejected|refused|denied|disallowed|forbidden|prohibited|blocked|declined"
	allowed = "allowed|permitted|authorized|authorised|accepted|entitled"
	needed  = "required|needed|necessary|mandatory"
	past    = "exceeded|exceeds|exceed|exceeding|reached|exhausted|depleted"
	wrong   = "invalid|incorrect|wrong|bad|unknown"
	failed  = "failed|failure|fail|fails|unsuccessful|error|errors"
	mails   = "message|messages|mail|mails|email|emails"
	account = "account|user|mailbox|login|username"
	unheard = "unknown|unrecognized|unrecognised|unsupported|unimplemented|undefined"

	// In German, French, Spanish, Italian and Portuguese.
	signin = "benutzername|kennwort|passwort|anmeldung|authentifizierung|identifiant|passe|authentification|contrasena|autenticacion|senha|autenticacao|autenticazione"
	fails  = "falsch|ungultig|fehlgeschlagen|incorrect*|echoue*|echec|erreur|fallida|error|errata|fallita|errore|invalida*|falhou|erro"

	offered = "offered|advertised|supported|implemented|available|recognized|recognised|enabled"
	listed  = "listed|blacklisted|blocklisted|bloquee|banned"
	largest = "large|big|long|heavy"
)

// worded are the rules on what is said, the surest first: a wording that one
// provider or product alone uses stands before one that many share, and a
// sentence that names its reason before one that only says no.
var worded = []rule{
	// --- what has to come before anybody may sign in or send ---

	// Servers that give up old protocol versions after the handshake say so in words.
	{says: []string{"tls 1.0|1.1|1 … not supported", "upgrade|update … tls 1.2"}, cause: submission.TLSVersion},
	// RFC 3207 section 4 has "Must issue a STARTTLS command first".
	{
		says: []string{
			"must|please|should|first|need … starttls", "starttls … first|" + needed,
			"tls|ssl|encryption … " + needed, "require* … tls|ssl|encryption",
			"must|please use … tls|ssl|encryption", "session|connection … not|must … encrypted|secured",
			"encrypted|secure connection " + needed, "plaintext|cleartext … disallowed|disabled|not",
			"unencrypted connection",
		},
		unless: []string{"not|doesnt support*", "secure connection or", "not offered|advertised"},
		cause:  submission.TLSRequired,
	},
	// .NET puts this before every 530 that says no more.
	{
		says:  []string{"secure connection or the client was not authenticated"},
		cause: submission.AuthMissing,
		also:  []submission.Cause{submission.TLSRequired},
	},
	// RFC 3207 section 4: 454 is the server's own trouble with its keys.
	{
		says:  []string{"tls … not available", "tls … temporar*"},
		codes: []int{4},
		cause: submission.ServerDownTemporary,
	},
	{says: []string{"starttls … " + not + " … " + offered}, codes: []int{5}, cause: submission.STARTTLSNotOffered},
	// Exim says 503 "when not advertised"; others do not know the command.
	{stages: atSTARTTLS, codes: []int{500, 502, 503}, cause: submission.STARTTLSNotOffered},

	// --- ways to sign in ---

	// Microsoft names what it ends: "basic authentication", a user name with a password.
	{
		says: []string{
			"basic authentication|auth … disabled|supported|deprecated|blocked|retired|allowed",
			"oauth|oauth2|xoauth2|modern … " + needed, "require* … oauth|oauth2|xoauth2",
			"modern authentication",
		},
		unless: []string{"expired|invalid"},
		cause:  submission.OAuthRequired,
	},
	// Microsoft 365 has a switch for SMTP AUTH for all and for each mailbox; security
	// defaults and policies close it too.
	{
		says: []string{
			"smtpclientauthentication … disabled", "smtp_auth_disabled",
			"smtp auth|authentication … disabled|off", "security defaults|policy|policies policy|block|blocks|blocked",
			"did not meet the criteria",
		},
		cause: submission.AuthDisabledForAccount,
	},
	// RFC 7628 section 3.2.2: the failed token's answer is JSON, often seen as base64 of {"status".
	{
		says:  []string{"eyjzdgf0dxmi*", "invalid_token|invalid_grant|invalid_request"},
		cause: submission.OAuthTokenInvalid,
	},
	// Dovecot and Microsoft say it in words; keys of programs are called tokens as well.
	{
		says: []string{
			"token … expired|revoked|malformed|" + wrong, "expired|revoked|malformed|" + wrong + " … token",
			"xoauth2|oauthbearer|oauth|oauth2 … expired|malformed|" + wrong + "|" + failed,
			"expired|malformed|" + wrong + " … xoauth2|oauthbearer|oauth|oauth2",
		},
		unless: []string{"api token", "mechanism|method|type", "server token"},
		stages: atAuth,
		cause:  submission.OAuthTokenInvalid,
	},
	// What is refused after a mechanism of OAuth is its token, whatever else is said.
	{says: []string{"xoauth2|oauthbearer"}, codes: []int{535}, cause: submission.OAuthTokenInvalid},
	// Each provider has its own word: app(lication-specific) password, device password,
	// authorisation code (QQ, NetEase), parol prilozheniya (Mail.ru).
	{
		says: []string{
			"application|app specific", "app|application|device|third-party password|passwords",
			"invalidsecondfactor", "authorization|authorisation code", "*授权码*", "*专用密码*", "parol prilozheni*",
		},
		cause: submission.AppPasswordRequired,
	},
	// QQ's Chinese arrives garbled; its help page on authorisation codes keeps its number.
	{says: []string{"no 1001256"}, cause: submission.AppPasswordRequired},
	// QQ's newer text lists every reason; the authorisation code is the first to check.
	{
		says:  []string{"account is abnormal … service is not open"},
		cause: submission.AppPasswordRequired,
		also:  []submission.Cause{submission.AuthDisabledForAccount, submission.BadCredentials, submission.RateLimited},
		tell:  "Make a new authorisation code: if that is refused too, look whether the service is switched on.",
	},
	// Google takes no account passwords since 2022: so it is one of those, a slip in
	// an app password, or a stale token.
	{
		says:  []string{"username and password not accepted", "p badcredentials"},
		cause: submission.AppPasswordRequired,
		also:  []submission.Cause{submission.BadCredentials, submission.OAuthTokenInvalid},
		tell:  "Make a new app password: if that is refused too, look at the user name.",
	},
	// Yahoo and AOL number their refusals and take app passwords only.
	{
		says:  []string{"auth00*"},
		cause: submission.AppPasswordRequired,
		also:  []submission.Cause{submission.BadCredentials, submission.RateLimited},
	},
	// Google asks for a look with the browser after a sign-in that it finds strange, Yandex
	// for a yes to its terms.
	{
		says: []string{
			"log|login|sign in … web|your browser", "log|login|sign in … webmail", "webloginrequired",
			"captcha", "accept … eula|terms|agreement|conditions",
		},
		stages: notRcpt,
		cause:  submission.WebLoginRequired,
	},
	// Yandex, NetEase (also MI:SPB), Brevo and others let programs in only after a switch;
	// Fastmail, Zoho and others only with a plan that has it.
	{
		says: []string{
			"access … to this|the service", "user has no permission", "*无权*", "mi spb",
			"smtp|pop3|imap access|service|client|sending … disabled|denied|off|closed|not",
			"smtp|pop3|imap … is|are disabled|off", "account … not|yet … activated|enabled",
			"not … " + allowed + "|enabled to use smtp|this service", "service is not open|enabled|activated",
			"plan|subscription|package|licence|license … not|doesnt … include*|allow*|have|cover*",
		},
		unless: []string{"service not available", "client|recipient*|sender*", "extension"},
		stages: []report.Stage{report.Auth, report.Mail},
		cause:  submission.AuthDisabledForAccount,
	},
	// Exchange "unrecognized authentication type", RFC 4954 section 6 "mechanism is too weak",
	// and what libraries and programs say when they have nothing in common with the server:
	// Cyrus SASL "no worthy mechs", mutt "no authenticators", Go a challenge that PLAIN has not.
	{
		says: []string{
			"mechanism|method|type … " + not + " … allowed|" + offered, "no|" + unheard + " mechanism",
			"no authentication mechanism*",
			unheard + "|invalid authentication|auth|sasl type|mechanism|method*",
			"no suitable|supported|common … authentication", "mechanism … weak|unavailable",
			"form of authorization|authorisation supported", "no … mech|mechs|authenticator* … found|available",
			"cannot|cant|unable … use … authentication|auth method|mechanism",
			"not|doesnt … support … encrypted|secure|hashed password*", "unexpected … challenge",
		},
		stages: atAuth,
		cause:  submission.AuthMechanismUnsupported,
	},
	// Libraries of Go, Python and Java; Exim "when not advertised", Postfix "not enabled".
	// Some servers only quote the command that they do not know.
	{
		says: []string{
			"auth|authentication … " + not + " … " + offered,
			"not|doesnt|didnt support|advertise|offer … auth|authentication", unheard + " … auth",
		},
		unless: []string{"failed|failure|unsuccessful", "credentials", "later", "for … " + account},
		stages: []report.Stage{report.EHLO, report.Auth},
		cause:  submission.AuthNotOffered,
	},
	// Postfix and qmail without AUTH know the command as little as any other word.
	{
		says: []string{
			"command … " + not + " … " + offered, unheard + " command", "unimplemented|unrecognized",
		},
		stages: atAuth,
		codes:  []int{500, 502},
		unless: []string{"activated|active"},
		cause:  submission.AuthNotOffered,
	},

	// --- how much and how fast ---

	// Every greylisting program has the word in its text.
	{says: []string{"greylist*|graylist*", "grey|gray list*", "postgrey*"}, cause: submission.Greylisted},
	// SPF, DKIM and DMARC (RFC 7208, 6376, 7489) are checks of a sender's domain, whatever follows from them.
	{
		says: []string{
			"spf|dkim|dmarc", "unauthenticated email", "authentication checks", "mi spf|dma", "sender policy framework",
			"domainkeys", "required authentication level",
		},
		cause: submission.SenderDomainAuth,
	},
	// RFC 7372 gave these codes to such checks alone.
	{enhanced: []string{"7.20", "7.21", "7.22", "7.23", "7.24", "7.26"}, cause: submission.SenderDomainAuth},
	// A day, a month, a plan or credits are an allowance; an hour or less is a rate.
	{
		says: []string{
			"credit|credits|balance … " + past + "|insufficient",
			"insufficient|no|maximum … credit|credits|balance",
			"daily|monthly|24|24h … limit|limits|quota|allowance",
			"limit|quota|" + past + " … daily|monthly|day|today|24|24h|month", mails + " per|a day|month",
			"*submissionquota*", "exceeded threshold", "mi stc", "rp trc",
		},
		cause: submission.QuotaExceeded,
	},
	// Limits without a span of time are an allowance too, unless the words speak of a rate.
	{
		says: []string{
			"message|messages|email|emails|send|sending|outgoing|outbound|plan limit|quota|allowance … " + past,
			past + " … your|sending|send|sender|outbound|plan|" + mails + " … limit|quota|allowance",
			"count|sender|tenant … quota|threshold … " + past,
		},
		unless: []string{"hour*|minute*|second*", "rate|frequency|connection*|recipient|size|mailbox"},
		cause:  submission.QuotaExceeded,
	},
	// A policy server (x.7) refuses at RCPT when the sender's allowance is gone; a full mailbox has x.2.2.
	{
		says:     []string{"quota … " + past},
		unless:   []string{"mailbox|storage|disk"},
		enhanced: []string{"7.0", "7.1"},
		cause:    submission.QuotaExceeded,
	},
	// Google speaks of the network in the words of a rate, and blocks it.
	{
		says:  []string{"unsolicited mail originating from your ip … blocked"},
		cause: submission.IPBlocked,
		also:  []submission.Cause{submission.RateLimited},
	},
	// Postfix "too many errors" and "too much mail", Exchange "concurrent connections",
	// Amazon SES "throttling", cPanel "max emails per hour", Gandi sasl_rate_limit.
	{
		says: []string{
			"too many|much … connection*|recipient*|recent|error*|command*|attempt*|request*|session*|fail*|bad|auth*|login*|" + mails,
			"rate limit*|limited|" + past, "rate … " + past, "ratelimit*|*_rate_limit*|throttl*",
			"frequency limited", "slow down", "concurrent|simultaneous … connection*|limit",
			"connection|connections|thread|session limit … " + past, "max* … per connection|session",
			"per|an|each hour|minute|second", "too fast|quickly|frequently|often", "again slower", "at a rate",
			"attempt*|tries|retries … limit|" + past, "hourly … limit|quota|allowance|rate|max*",
			"connection limit", "trop de connexions", "excessive|unexpected volume|rate|" + mails,
			"unusual rate", "login frequency",
		},
		unless: []string{"unauthenticated command*", "hops"},
		cause:  submission.RateLimited,
	},
	// NetEase's letters: a rate of the network (HL), of the sender (MI), of recipients (RP).
	{
		says:  []string{"hl icc|ifc|ifq", "mi cel|dmc|ccl|sfq", "rp drc|ccl|cel|qrc|rcl"},
		cause: submission.RateLimited,
	},

	// --- accounts that are locked ---

	// Zoho, Microsoft (OutboundSpam, WASCL, bad outbound sender), cPanel and Amazon SES
	// say that the sender's own outgoing mail is closed.
	{
		says: []string{
			"unusual sending activity", "unblockme", "*outboundspam*", "bad outbound sender",
			"spam abuse detected", "outgoing|outbound|sending … suspended|paused|disabled|locked|frozen",
			"suspended|locked|disabled|blocked from sending", "suspected spam sender",
			"sender … suspended|banned", "sender … mailbox|account … blocked|locked|disabled", "*wascl*",
		},
		unless: []string{"ip|host|domain"},
		cause:  submission.AccountSuspended,
	},
	// Before the recipient is named, an account in a refusal is the sender's own.
	{
		says: []string{
			account + " … suspended|locked|blocked|disabled|deactivated|frozen|banned|expired|terminated",
			"suspended|locked|blocked|disabled|frozen " + account,
		},
		unless: []string{"recipient*|local|invalid", "tried to reach", "ip|host", "inactivity", "this mailbox"},
		stages: notRcpt,
		cause:  submission.AccountSuspended,
	},

	// --- whose mail it is ---

	// Services for programs send only for what was verified; a trial only to chosen recipients.
	{
		says: []string{
			"sender|domain|address|identity|identities|signature … " + not + " … verified|confirmed|validated",
			"sender|domain|address|identity|signature unverified|unconfirmed|unconfigured",
			"unverified|unconfirmed|unconfigured … domain|sender|address", "verified sender",
			"validate your sender", "not a sender signature", "failed the check in region", "test purposes",
			"only send testing", "domain … unverified", "not authorized to perform",
		},
		unless: []string{"address rejected", "reverse|ptr|helo"},
		cause:  submission.SenderNotVerified,
	},
	// Postfix reject_unknown_sender_domain, sendmail, Exim's sender verification.
	{
		says: []string{
			"sender address rejected … domain not found", "sender … domain … not|doesnt … exist|resolve|found",
			"domain of sender … not|doesnt", "sender … not|doesnt … exist|resolve",
			"sender verify|verification failed", "verification failed for",
			"sender address rejected … need fully qualified", "sender … null mx", "invalid dns mx",
			"sender address rejected … malformed dns", wrong + " sender domain", "sender domain must|does|doesnt|not|" + wrong,
		},
		unless: []string{"recipient"},
		cause:  submission.SenderDomainInvalid,
	},
	// X.1.8 is "bad sender's system address"; Microsoft gives it to locked accounts too.
	{
		enhanced: []string{"1.8"},
		says:     []string{"sender|domain"},
		unless:   []string{"recipient", "outbound"},
		cause:    submission.SenderDomainInvalid,
	},
	// A header without a sender is malformed, not another's.
	{
		says:  []string{"missing … from", "no from header", "from header … missing|invalid", "having no from"},
		cause: submission.ProtocolError,
	},
	// A group, or a person, that takes mail only from some: Exchange calls that a restriction
	// (RST) and has codes of its own.
	{
		says: []string{
			"resolver.rst.*", "group|list … members|accepts", "only accepts … from", "allowed sender|senders list",
			"sender not in|on … list",
		},
		cause: submission.RecipientRejected,
	},
	{enhanced: []string{"7.124", "7.129", "7.133", "7.134", "7.135", "7.136"}, cause: submission.RecipientRejected},
	// Postfix reject_*_sender_login_mismatch, Exchange (SendAs), QQ and NetEase (also DT:SUM),
	// Bridge, Infomaniak, iCloud, GMX, Orange.
	{
		says: []string{
			not + " owned by", "permission* … send as", "*sendasdenied*", "send on behalf",
			"must be same as … user|login", "must|should … equal|match … user|login|account|sender",
			"sender mismatch", "sender … doesnt|not|does … match",
			"from|header|envelope … doesnt|not … match* … user|login|account|sender|authenticated",
			"from|sender|return … " + not + " … your|yours|owned|belong*|associated", "invalid return path",
			"cannot send from", "unknown sender address", "sender … " + not + " … " + allowed,
			"from address|header … " + not + " … " + allowed, not + " … " + allowed + " … send … as|from",
			not + " … " + allowed + " … use … sender|from|address", "unauthorized|unauthorised sender",
			"invalid sender", "emetteur invalide", "dt sum",
			"absender|absenderadresse … nicht … konto|erlaubt|zulassig|berechtigt", "expediteur|remitente|mittente … autorise|autorizado|autorizzato",
		},
		unless: []string{"ip|host", "unauthenticated", "logged", "syntax"},
		cause:  submission.FromMismatch,
	},
	// Zoho judges the sender after the message, in words that elsewhere mean an open relay.
	{
		says:   []string{"relaying disallowed"},
		stages: []report.Stage{report.Mail, report.Data},
		cause:  submission.FromMismatch,
		also:   []submission.Cause{submission.RelayDenied},
	},

	// --- sign in first ---

	// RFC 4954 section 6 has "Authentication required"; hosts explain it at length.
	{
		says: []string{
			"auth|authentication|authorization|login … " + needed, "authentication turned on",
			"authentification requise", "require* … authentication|authorization|login",
			"must|please|need* … authenticate|login|authenticated", "must|please log|sign in", "send auth",
			"not|isnt logged in", "client|user|you|session … not|wasnt authenticated",
			"without|smtp authentication", "not authenticated", "unauthenticated sender*|command*|client*",
			"authenticate|login|auth first", "log|sign in first", "nao|no|non|pas|nicht autenticado|autenticato|authentifie|angemeldet",
		},
		unless: []string{"mechanism"},
		stages: []report.Stage{report.EHLO, report.Mail, report.Rcpt, report.Data},
		cause:  submission.AuthMissing,
	},
	// Bridge finds no account for a session that never signed in.
	{
		says:   []string{"no such user"},
		bridge: true,
		cause:  submission.AuthMissing,
		also:   []submission.Cause{submission.BadCredentials},
	},
	// Newer versions of it say so; its log marks what comes from this side as pkg=smtp.
	{
		says:  []string{"not available in bridge", "no such user … pkg smtp"},
		cause: submission.AuthMissing,
		also:  []submission.Cause{submission.BadCredentials},
	},
	// RFC 4954 section 6: 530 is for commands that need a login first, whatever was tried before.
	{says: []string{"authentication|login " + needed, "authenticate|login first"}, codes: []int{502, 503, 530}, stages: atAuth, cause: submission.AuthMissing},
	// Postfix's submission service has only this for those who have not signed in.
	{
		says:  []string{"client host rejected access denied"},
		cause: submission.AuthMissing,
		also:  []submission.Cause{submission.IPBlocked},
	},
	// Postfix, sendmail, Exim and Exchange all speak of relaying; qmail of its file rcpthosts.
	{
		says: []string{
			"relay* … " + refused, "relay* … " + not + " … " + allowed, not + " … relay*",
			refused + " … relay*", "credentials for relay", "rcpthosts", "open relay", "no smtp mx only",
		},
		unless: []string{"ip|host … " + listed},
		cause:  submission.RelayDenied,
	},

	// --- where it comes from ---

	// A list of domains or links is about what is in the mail; a list of addresses about the network.
	{
		says: []string{
			"dbl*|*surbl*|*uribl*", "url|urls|link|links … " + listed + "|blocked",
			"domain is|was|present … " + listed + "|spamhaus", "*@* is … " + listed,
			"reputation of the sending domain", "domain … reputation",
		},
		cause: submission.ContentRejectedSpam,
	},
	// The same list may be of senders' addresses.
	{
		says: []string{
			"sender … blacklisted|blocklisted|blacklist", "email address … blacklisted|blocklisted",
			"sender … black list",
		},
		unless: []string{"ip|client|host"},
		stages: inMail,
		cause:  submission.SenderRejected,
	},
	// The lists by name, missing reverse DNS, IronPort's reputation, Brevo's list of allowed addresses.
	{
		says: []string{
			"*spamhaus*|*spamcop*|*barracuda*|*sorbs*|*uceprotect*|*abusix*|*abuseat*|*cloudmark*|*dnsbl*|rbl|rbls",
			"blocked|rejected|listed using", "blacklist*|blocklist*|denylist*", "black|block|deny list*",
			"ip|client|host|hostname|network|source … " + listed + "|blocked", "ip|your address … " + listed,
			"ip … rejected|denied|refused|reputation|unauthorized|unauthorised",
			"unauthorized|unauthorised|untrusted|banned|dynamic|blocked|suspicious … ip",
			"ip not in whitelist|allowlist", "from your ip|network", "from <ip> … " + refused + "|" + listed + "|not", "dynamic ips|ip", "open proxy",
			"host|ip|network … " + not + " " + allowed, "ip name lookup", "unresolvable … host",
			not + " " + allowed + " to connect", not + " " + allowed + " from … ip|network", "not authorized to send … directly",
			"messages from … werent|not sent", "reverse dns|lookup", "ptr|rdns|fcrdns",
			"cannot|cant|could|unable … find|resolve … your … hostname", "client host rejected",
			"connections … not … accepted", "mta … reputation", "bad|poor … reputation", "banned sending",
			"blocked you … infected",
		},
		unless: []string{"mailbox", "attachment", "recipient"},
		cause:  submission.IPBlocked,
	},
	// NetEase's letters for a network (HL) on a list, or not on the list of those allowed.
	{says: []string{"hl ihu|ipb|itc|rep|mep", "dt rbl", "wm bli|blu"}, cause: submission.IPBlocked},

	// --- what is in it ---

	// ClamAV and its like name what they found; Google and NetEase speak of the attachment; Gandi numbers (RULE1).
	{
		says: []string{
			"virus*|malware|trojan|worm|infected|eicar|clamav",
			"attachment* … " + refused + "|illegal|dangerous|not",
			"illegal|dangerous|forbidden|banned|prohibited|executable … attachment*|file|files",
			"potential security issue", "rule1_*",
		},
		unless: []string{largest, "size"},
		cause:  submission.ContentRejectedVirus,
	},
	// RFC 1870 section 6.1 and its variants; "too long" is also said of lines and of queues.
	{
		says: []string{
			"too large|big|heavy", mails + "|attachment … too long",
			"*size|length … limit|limits|" + past + "|larger", past + "|larger|bigger … size|maximum",
		},
		unless: []string{"mailbox|recipient|line|storage|queue"},
		cause:  submission.MessageTooLarge,
	},

	// --- whom it is for ---

	// Dovecot, Google and RFC 5321's "exceeded storage allocation".
	{
		says: []string{
			"mailbox|inbox|account|user|box … full|overquota", "over|exceeded|exceeds|exceed … quota",
			"quota … full|violation|" + past, "overquota", "storage allocation|limit|quota",
			"mailbox … size|limit|" + past, "boite … pleine", "postfach voll", "full mailbox",
			"folder is full", "disk space|quota", "diskspace", "no|not|enough … space",
		},
		unless: []string{"organization|queue|organisation|system", "insufficient disk"}, // the server's own (RFC 5321: 452)
		stages: pastMail,
		cause:  submission.RecipientMailboxFull,
	},
	// Before the recipient is named, a quota is the sender's.
	{
		says:   []string{"quota … " + past},
		unless: []string{"organization|queue|organisation"},
		cause:  submission.QuotaExceeded,
	},
	// RFC 5321 section 6.3: a mail that servers hand round in a circle; a forwarding does that as a rule.
	{
		says:  []string{"too many hops", "mail|routing|forwarding loop", "loop|loops … detected|back to myself", "hop count"},
		cause: submission.RecipientRejected,
		why:   "The mail goes round in a circle between servers. Most often a forwarding at the recipient's side leads back to where it came from.",
	},
	// Postfix "user unknown", Exim "unrouteable", Google "tried to reach", RFC 5321 "mailbox unavailable".
	{
		says: []string{
			"user|recipient|mailbox|account|address|addressee|destinataire … unknown|unavailable|unallocated|inactive|undeliverable|invalide|nonexistent|disabled|suspended|locked",
			"unknown|invalid|inactive|undeliverable|unrouteable|unroutable … user|recipient|recipients|address|mailbox",
			"no such … user|recipient|mailbox|account|address|person|here|local", "no mailbox",
			"user|recipient|mailbox|account|address|person … " + not + " … found|exist|exists|known|valid|listed|available|have",
			"recipient|recipients|address|destination … " + refused, "rejected by … destination|recipient*",
			"tried to reach", "trying to contact", "mailbox delivery", "recipient* … rejected",
			"no longer … valid|exists|available|accepting", "not our customer",
			"not a valid … mailbox|user|recipient|address", "no valid recipients", "recipient domain",
			"recipientnotfound", "bad recipient|address|destination", "target address", "misspelled",
			"mailbox … blocked", "local user only",
			"delivery … " + not + " … " + allowed,
			"destinatario|destinataire|empfanger … inconnu*|unbekannt|desconocido|sconosciuto|inexistente|existe|pas|nicht",
		},
		unless: []string{
			"sender", "from address|header", "helo|ehlo", "policy restrictions", "credentials|password",
		},
		stages: pastMail,
		cause:  submission.RecipientRejected,
	},

	// --- the dialogue ---

	// A server that was not greeted at all blames the order, not the name.
	{
		says:  []string{"send|say|issue|need … helo|ehlo|hello … first", "helo|ehlo first"},
		cause: submission.ProtocolError,
	},
	// Postfix reject_*_helo_hostname, Exim "syntactically invalid", NetEase MI:NHD;
	// Google puts the command into brackets behind its text.
	{
		says: []string{
			"helo|ehlo … rejected|invalid|argument*|mismatch|" + refused, "invalid|illegal|bad … helo|ehlo",
			"closing connection ehlo|helo", "mi nhd", "host|hostname|name … in helo|ehlo",
		},
		cause: submission.HELORejected,
	},
	// In answer to EHLO, a name that is not right is the one just given.
	{
		says: []string{
			"invalid|bad|illegal domain|host|hostname|name|address|argument*", "fully qualified",
			"domain name", "localhost",
		},
		stages: atHello,
		codes:  []int{4, 5},
		cause:  submission.HELORejected,
	},
	// RFC 5321 "bad sequence" and "syntax error", Exim "synchronization error", Google on headers
	// (RFC 5322); qmail points to its page on bare line feeds (smtplf).
	{
		says: []string{
			"bad|wrong|invalid|improper|out … sequence", "sequence error", "syntax",
			"command … " + not + " … " + offered, unheard + "|invalid|bad command",
			"synchronization|synchronisation error", "pipelining", "need|without|no mail|rcpt", "rcpt first",
			"nested mail", "sender already", "bare|lone|stray … lf|cr|newline|newlines|linefeed", "invalid input", "line … too long",
			"not|isnt|arent … rfc|compliant", "malformed",
			"header* … missing|invalid|duplicate|improper|error", "invalid|improper … mime|header*",
			"line length", "line|lines … longer", "corrupt* … message|content|mime", "*smtplf*",
			"protocol violation", "duplicate|multiple|missing … header*", "cannot|unable … decode",
			"invalid base64|character*", "identity changes",
			"already authenticated|performed|logged|signed",
		},
		unless: []string{"sender|recipient address", "address syntax", "dns"},
		cause:  submission.ProtocolError,
	},

	// --- signing in ---

	// RFC 4954 section 6: 454 with such words is the server's own trouble with checking; Exim
	// has 435 "at present" for it.
	{
		says: []string{
			"authenticate|login … temporary|temporarily|present|moment|currently",
			"temporary|temporarily … authentication|auth|login", "authentication|auth|login … temporar*",
			"authentication|auth|login server|service|backend|database … unavailable|down",
			"lost|unable|cannot … authentication server|service|backend|database", "authentication … internal",
		},
		stages: atAuth,
		cause:  submission.ServerDownTemporary,
	},
	// Go's net/smtp refuses by itself when the name that it was given twice differs.
	{says: []string{"wrong host name"}, stages: atAuth, cause: submission.ProtocolError},
	// These are Exim's words. Providers with servers of another kind never use them.
	{
		says:     []string{"incorrect authentication data"},
		provider: true,
		cause:    submission.BadCredentials,
		also:     []submission.Cause{submission.SMTPIntercepted},
		tell:     "Look at the server's greeting (220): if it does not name your provider, another server answers in its place.",
	},
	// All others say in some way that it failed. "UGFzc3dvcmQ6", base64 of "Password:", is
	// what Cyrus SASL gives as the reason of a failed LOGIN.
	{
		says: []string{
			"authentication|authentification|auth|authorization|login|logon|password|credentials … " + refused + "|" + failed + "|invalide|" + wrong,
			failed + "|" + wrong + " … authentication|auth|login|password|credentials|username|user",
			"could|couldnt|cannot|unable|failed … authenticate|login", "password|credentials … " + not,
			"user … not found|exist|known", "no such user", "ugfzc3dvcmq6|vxnlcm5hbwu6", "authorization grant",
			wrong + " … api key|token", "smtpauthenticationerror|authenticationfailedexception|eauth",
			refused + " … login|logon|password|credentials|username",
			signin + " … " + fails, fails + " … " + signin, "no authentication type|method|mechanism succeeded|worked",
		},
		stages: atAuth,
		cause:  submission.BadCredentials,
	},

	// --- refused, with less of a reason ---

	// Postfix's access lists and qmail's badmailfrom name the sender and no reason.
	{
		says:   []string{"sender … " + refused, "sender address", "badmailfrom", "mail from … " + refused, wrong + "|malformed mail from"},
		unless: []string{"recipient|content|spam"},
		stages: inMail,
		cause:  submission.SenderRejected,
	},
	// In answer to MAIL, the mailbox of RFC 5321's text is the sender's.
	{says: []string{"mailbox unavailable"}, stages: atMail, cause: submission.SenderRejected},
	// The provider's filter judges also the mail of those who have signed in.
	{
		says: []string{
			"spam*|antispam|bulk|junk|unsolicited|suspicious|phishing|scam|fraud*|spamassassin|rspamd",
			"policy|policies reason*|restriction*|violation|rejection|filter",
			"policy|filter|content … " + refused + "|violation",
			refused + "|violates … policy|policies|filter|content", "local|email|mail policy", "not|doesnt allow … forward*",
			"inappropriate … content|words", "banned|rejecting … content", "message filtered",
			mails + " … " + refused, mails + " not|not " + allowed, "rule2_*|rule3_*", "dt spm", "mailpolicy",
			"mail rejete",
		},
		unless: []string{"later", "policy restrictions ip", "temporarily"},
		stages: inMail,
		cause:  submission.ContentRejectedSpam,
	},
	// GMX and IONOS tell whether the network was meant; some take back such a judgement later.
	{
		says:  []string{"spam*|unsolicited|suspicious", "policy restrictions"},
		cause: submission.ContentRejectedSpam,
		also:  []submission.Cause{submission.IPBlocked},
	},

	// --- the server's own trouble ---

	// RFC 5321 section 4.5.3.2.7: a server that waited in vain ends with 421.
	{
		says:  []string{"timeout|timed"},
		codes: []int{421, 451},
		cause: submission.ConnectionLost,
		also:  []submission.Cause{submission.ServerDownTemporary},
		why:   "{Server} gave up waiting for the next command, and ended the connection.",
	},
	// RFC 5321's own texts of 421 and 451, Postfix "temporary lookup failure", Exchange "insufficient system resources".
	{
		says: []string{
			"try|retry|again|back … later",
			"service|server|system|resources|backend|database … unavailable|busy|overloaded|down|maintenance|shutting",
			"service|resources not|temporarily available", "temporary|temporarily|transient",
			"internal|local|lookup|queue … " + failed + "|problem", "server|system|too busy",
			"insufficient system", "system full", "configuration|config error", "misconfigured", "queue quota",
			"able to establish", "no healthy",
		},
		cause: submission.ServerDownTemporary,
	},

	// --- programs that do not say why ---

	// PHPMailer and .NET keep the system's error to themselves.
	{
		says: []string{
			"could|can|unable|failed|cannot|couldnt … connect", "connect failed",
			"connection could not be established",
		},
		stages: []report.Stage{report.Connect, report.Greeting},
		cause:  submission.PortBlocked,
		also:   []submission.Cause{submission.WrongPortOrSecurity, submission.DNSFailure, submission.ServerDownTemporary},
		why:    "The program could not connect, and does not say why. A firewall may close the port, or host, port or security are not right.",
		tell:   "Let smtpwiz test the same server: it shows at which step it ends.",
	},
}
