package diagnose

import (
	"fmt"
	"slices"
	"sync"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// rule is one thing that is known of how servers and programs word a trouble.
// Every part that is set must fit; the first rule of a table that fits decides.
type rule struct {
	says     []string       // any of these phrases (see phrase); nil: whatever is said
	unless   []string       // and none of these
	stages   []report.Stage // one of these, or the stage is not known; nil: any
	codes    []int          // one of these codes, or of a class: 4, 5; nil: any
	enhanced []string       // one of these "subject.detail" of RFC 3463; nil: any
	bridge   bool           // only where the preset is a program on this machine

	cause submission.Cause
	also  []submission.Cause // other causes in question, the likelier first
	why   string             // in place of the cause's own text
	tell  string             // the experiment that tells the causes in question apart
}

// The stages at which a kind of refusal can come.
var (
	atAuth     = []report.Stage{report.Auth}
	atHello    = []report.Stage{report.EHLO}
	atStart    = []report.Stage{report.Connect, report.Greeting, report.EHLO}
	atMail     = []report.Stage{report.Mail}
	atRcpt     = []report.Stage{report.Rcpt}
	atData     = []report.Stage{report.Data}
	atEnvelope = []report.Stage{report.Mail, report.Rcpt, report.Data}
	pastMail   = []report.Stage{report.Rcpt, report.Data}
	notRcpt    = []report.Stage{report.Connect, report.Greeting, report.EHLO, report.Auth, report.Mail, report.Data}
)

// worded are the rules on what a reply says, the surest first: a wording that
// one provider or product alone uses stands before one that many share, and a
// sentence that names its reason before one that only says no.
var worded = []rule{
	// --- what must be done before anybody may sign in or send ---

	// Servers that drop old protocol versions after the handshake say so in words.
	{says: []string{"tls 1.0|1.1|1 … not supported", "upgrade|update … tls 1.2"}, cause: submission.TLSVersion},
	// RFC 3207 section 4 words it "Must issue a STARTTLS command first"; servers vary it.
	{says: []string{"must|please|should issue|use|do … starttls", "starttls … first|required", "issue … starttls",
		"tls|ssl|encryption … required|mandatory|needed", "require* … tls|ssl|encryption|encrypted", "must use … tls|ssl|encryption",
		"session|connection … not|isnt|must … encrypted", "encrypted connection required", "encryption required",
		"plaintext|cleartext|plain auth* … disallowed|disabled|not|only", "unencrypted connection",
		"insecure connection", "must be … secure|encrypted"},
		unless: []string{"not supported", "doesnt|does not support"}, cause: submission.TLSRequired},
	// .NET puts this status text before every 530; alone it leaves both open.
	{says: []string{"requires a secure connection or the client was not authenticated"}, cause: submission.AuthMissing,
		also: []submission.Cause{submission.TLSRequired}},
	// Microsoft names what it ends: "basic authentication", which is a user name with a password.
	{says: []string{"basic authentication|auth … disabled|supported|deprecated|blocked|retired|allowed", "basicauth*"},
		cause: submission.OAuthRequired},
	{says: []string{"oauth|oauth2|xoauth2|modern … required|only|instead", "require* … oauth|oauth2|xoauth2",
		"modern authentication"}, unless: []string{"failed|invalid|expired"}, cause: submission.OAuthRequired},
	// Microsoft 365 has a switch for SMTP AUTH for the tenant and one for each mailbox;
	// security defaults and authentication policies close it too.
	{says: []string{"smtpclientauthentication … disabled", "smtp auth … disabled|off", "authenticated smtp … disabled|off",
		"smtp_auth_disabled", "security defaults policy", "did not meet the criteria"}, cause: submission.AuthDisabledForAccount},
	// Yandex, NetEase (user not on the list for clients), GMX and others let mail programs in only after a switch.
	{says: []string{"does not|doesnt have access … to this|the service", "access … this|the|smtp service … denied|disabled|not",
		"user has no permission", "mi spb", "smtp|pop3|imap … access|service|protocol … disabled|off|denied|closed|not … enabled|open|activated|allowed",
		"enable|activate|switch … smtp|pop3|imap", "not|isnt allowed|authorized|authorised|permitted|enabled … use smtp|this",
		"smtp … is|not … disabled|enabled for", "account … not|isnt … activated|active|enabled for", "service is not open|enabled|activated"},
		unless: []string{"authorization|authorisation code", "password is incorrect", "recipient*", "extension", "vrfy|etrn|expn"},
		stages: []report.Stage{report.Auth, report.Mail, report.Data}, cause: submission.AuthDisabledForAccount},

	// --- OAuth 2.0 ---

	// RFC 7628 section 3.2.2 and Google's XOAUTH2 answer with base64 of {"status":…}.
	{says: []string{"eyjzdgf0dxmi*", "invalid_token|invalid_grant|invalid_request"}, cause: submission.OAuthTokenInvalid},
	{says: []string{"xoauth2|oauthbearer|oauth|oauth2|bearer … invalid|failed|failure|error|expired|rejected|malformed|refused",
		"invalid|failed|expired|bad|malformed … xoauth2|oauthbearer|oauth|oauth2|bearer",
		"access|refresh|oauth token … expired|invalid|revoked|rejected|malformed", "invalid|expired|bad|revoked access|refresh|oauth token",
		"token … expired|revoked|malformed"}, unless: []string{"unrecogni*ed|unsupported|supported … type|mechanism", "unknown mechanism"},
		cause: submission.OAuthTokenInvalid},
	// A refusal that names the mechanism of OAuth is about the token, whatever else it says.
	{says: []string{"xoauth2|oauthbearer"}, stages: atAuth, codes: []int{535}, cause: submission.OAuthTokenInvalid},

	// --- passwords for programs ---

	// Each provider has its own word: app(lication-specific) password, authorisation
	// code (QQ, NetEase), device password (Infomaniak), parol prilozheniya (Mail.ru).
	{says: []string{"application|app specific password*", "app|application|device password*", "invalidsecondfactor",
		"authorization|authorisation|authentication code", "*授权码*", "*应用专用密码*", "*独立密码*", "parol prilozheni*", "token … instead of … password"},
		cause: submission.AppPasswordRequired},
	// QQ refuses in Chinese, which arrives garbled; its help page on authorisation codes has this number.
	{says: []string{"service.mail.qq.com … 1001256", "1001256"}, cause: submission.AppPasswordRequired},
	// QQ's newer text names every reason at once; the first thing to check is the authorisation code.
	{says: []string{"account is abnormal … password is incorrect", "service is not open … password is incorrect"},
		cause: submission.AppPasswordRequired,
		also:  []submission.Cause{submission.AuthDisabledForAccount, submission.BadCredentials, submission.RateLimited}},
	// Google has taken no account passwords since 2022: its "not accepted" is an account
	// password, a mistyped or withdrawn app password, or a stale token.
	{says: []string{"username and password not accepted", "p badcredentials"}, cause: submission.AppPasswordRequired,
		also: []submission.Cause{submission.BadCredentials, submission.OAuthTokenInvalid},
		tell: "Make a new app password: if the server refuses that one too, look at the user name."},
	// Yahoo and AOL number their refusals of AUTH and take app passwords only.
	{says: []string{"auth00*"}, cause: submission.AppPasswordRequired,
		also: []submission.Cause{submission.BadCredentials, submission.RateLimited}},
	// Google: WebLoginRequired, and 5.7.14 with a link to sign in.
	{says: []string{"log|login|sign in … web|your browser", "webloginrequired", "via|with your web browser",
		"log|login|sign in … web mail|webmail|captcha", "solve|complete … captcha"}, cause: submission.WebLoginRequired},
	{codes: []int{534}, enhanced: []string{"7.14"}, cause: submission.WebLoginRequired},

	// --- ways to sign in ---

	{says: []string{"no suitable|supported|common|form … authentication|authorization|authorisation|authenticat*",
		"no authentication mechanism*", "unrecognized|unrecognised|unsupported|unknown|invalid authentication|auth|sasl type|mechanism|method*",
		"unknown|unsupported|unrecognized|unrecognised|invalid|bad mechanism|authenticator",
		"mechanism|method|type … not|isnt … supported|available|allowed|offered|recognized|recognised|implemented|permitted",
		"mechanism … too weak|unavailable", "auth* type|mechanism … not"}, stages: atAuth, cause: submission.AuthMechanismUnsupported},
	// Clients: Go, Python, nodemailer. Servers: Exim 503 "when not advertised", Postfix 503
	// "not enabled", and any that do not know the command, which they then quote.
	{says: []string{"doesnt|does not|not support|supported … auth|authentication", "auth|authentication extension … not supported",
		"auth|authentication … not|isnt|never … advertised|enabled|available|offered|implemented|supported|recognized|recognised|allowed",
		"auth|authentication disabled|unavailable", "auth|authentication is disabled",
		"unrecognized|unrecognised|unknown|unimplemented … auth", "auth unrecognized|unrecognised|unknown|unimplemented",
		"no auth|authentication … offered|available|advertised"},
		unless: []string{"credentials", "for … user|account|mailbox"}, stages: []report.Stage{report.EHLO, report.Auth},
		cause: submission.AuthNotOffered},

	// --- how much and how fast ---

	{says: []string{"greylist*|graylist*|greylisting", "grey|gray list*", "postgrey*", "first time … try|retry"}, cause: submission.Greylisted},
	// A day, a month, a plan or credits: an allowance. An hour or less: a rate.
	{says: []string{"daily|monthly|24 … limit|quota|allowance|limits", "limit|quota|maximum … day|24|month|daily|monthly",
		"per|a|each day|24|month", "credit|credits|balance … exceeded|exhausted|used|insufficient|depleted|out", "insufficient|no|maximum … credit|credits",
		"sending|send|sent|message*|mail|mails|email|emails|outgoing|outbound|sender* … limit|quota|allowance … exceeded|reached|exhausted|used",
		"exceeded|reached|exhausted … sending|send|message|mail|email|outgoing|outbound|sender|plan … limit|quota|allowance",
		"*quotaexceeded*", "message count quota", "plan … limit", "limit … plan", "tenant … exceeded", "upgrade … plan … more"},
		unless: []string{"hour*|minute*|second*", "rate|frequency", "recipient* … exceeded|quota|limit", "size|storage|large", "queue", "connection*"},
		cause:  submission.QuotaExceeded},
	// Policy servers (5.7.x) refuse at RCPT when the sender's allowance is gone; a full mailbox has x.2.2.
	{says: []string{"quota … exceeded|reached", "exceeded|over … quota"}, unless: []string{"mailbox|inbox|storage|user|disk"},
		enhanced: []string{"7.0", "7.1"}, cause: submission.QuotaExceeded},
	{says: []string{"quota … exceeded|reached", "exceeded|over … quota"}, unless: []string{"mailbox|inbox|storage|disk|recipient*|organization|queue"},
		stages: atMail, cause: submission.QuotaExceeded},
	{says: []string{"too many|much … connection*|message*|mail|mails|email|emails|error*|command*|attempt*|login|logins|auth*|bad|failed|failure*|fail|request*|session*|hits|recipient*|recent",
		"rate limit*|limited|exceeded", "ratelimit*", "*rate_limit*", "rate … exceeded|too|limit", "frequency limit*", "throttl*", "slow down",
		"concurrent|simultaneous … connection*|session*|limit", "connection|thread|session … limit … exceeded|reached", "max* … per connection|session|minute|hour",
		"per|each|an hour|minute|second", "exceeded … hour|hourly|minute", "too fast|quickly|frequently|often", "receiving mail at a rate", "excessive volume|messages|mail|connections|rate",
		"unexpected volume", "unusual rate", "bruteforce|brute force", "login frequency", "try again in|after … minute*|second*|hour*",
		"temporarily blocked … login|auth*|attempts", "hl icc|ifc|ifq", "mi cel|dmc|ccl|sfq|stc", "rp drc|ccl|cel|qrc|rcl|trc"},
		unless: []string{"unauthenticated command*", "blocked|block using|list", "hops"}, cause: submission.RateLimited},
	// Google tells of a network by the same words, and blocks it.
	{says: []string{"unusual rate of unsolicited mail … ip"}, cause: submission.IPBlocked, also: []submission.Cause{submission.RateLimited}},

	// --- accounts that are locked ---

	// Zoho, Microsoft (OutboundSpamException, bad outbound sender), cPanel and Amazon SES
	// say that it is the sender's own outgoing mail which is closed.
	{says: []string{"unusual|suspicious sending|activity|sign|login … detected|blocked", "unusual sending activity", "unblockme", "*outboundspam*", "bad outbound sender",
		"banned send*", "spam abuse detected", "wascl", "outgoing|outbound|sending … suspended|paused|blocked|disabled|locked|frozen",
		"sending|email … has been disabled|suspended|paused|blocked", "suspended|blocked|locked|disabled … from sending", "sender … banned|suspended|locked|frozen",
		"not allowed to send … spam|abuse", "compromised", "suspected spam sender", "blocked for|due … spam … account|mailbox",
		"account|mailbox|user … blocked … spam"},
		unless: []string{"smtpclientauthentication", "ip|host|network"}, cause: submission.AccountSuspended,
		also: nil},
	{says: []string{"account|mailbox|user|login|customer … suspended|locked|blocked|disabled|deactivated|frozen|banned|expired|inactive|closed|terminated",
		"suspended|locked|blocked|disabled|deactivated|expired account|user|mailbox|login"},
		unless: []string{"recipient*", "tried to reach", "local mailbox", "invalid mailbox", "ip|host", "attachment", "due to inactivity", "this mailbox", "*authentication"},
		stages: []report.Stage{report.EHLO, report.Auth, report.Mail, report.Data}, cause: submission.AccountSuspended},

	// --- whose mail it is ---

	// Services for programs send only for what was verified with them; a trial sends only to chosen recipients.
	{says: []string{"not|isnt … verified|confirmed sender|domain|address|identit*|signature", "sender|domain|address|identity|identities|email … not|isnt|is … verified|unverified|confirmed|validated",
		"unverified|unconfirmed|unconfigured … sender|domain|address|identity|sending", "verified sender", "verify … sender|domain|identity",
		"sender signature*", "failed the check in region", "test purposes", "sandbox", "authorized recipients", "only send testing emails",
		"validate your sender", "sender … not|isnt valid", "domain … not|isnt … allowed to send|authenticated|registered|configured", "not authorized to perform"},
		unless: []string{"dmarc|spf|dkim", "recipient verif*", "reverse|ptr|helo|ehlo"}, cause: submission.SenderNotVerified},
	// The three checks of a sender's domain have unmistakable names (RFC 7208, 6376, 7489).
	{says: []string{"dmarc", "spf", "dkim", "unauthenticated email", "pass authentication checks", "sender policy framework", "mi spf|dma"},
		cause: submission.SenderDomainAuth},
	// Postfix reject_unknown_sender_domain, sendmail, Exim sender verification, RFC 7505.
	{says: []string{"sender address rejected … domain not found|exist", "sender … domain … not … exist|resolve|found|valid|mx", "domain of sender … not|doesnt",
		"sender … domain … doesnt … exist|resolve", "sender verify failed", "sender verification failed|error", "verification failed for", "sender* domain … unresolvable|invalid|unroutable",
		"domain … sender … not … exist|resolve|found", "invalid dns mx", "domain … no … mx", "sender address rejected … need fully qualified",
		"sender address … malformed dns", "mail from domain … not … exist|resolve|found|valid", "domain of mail from … not", "fake sender domain", "return path … not … resolve|exist"},
		unless: []string{"recipient domain", "recipient address"}, cause: submission.SenderDomainInvalid},
	{enhanced: []string{"1.8"}, stages: atEnvelope, unless: []string{"recipient address"}, cause: submission.SenderDomainInvalid},
	// Postfix reject_authenticated_sender_login_mismatch; Exchange SendAs; QQ and NetEase;
	// Bridge; Infomaniak; iCloud; GMX.
	{says: []string{"not|isnt owned by", "permission* … send as", "send as … denied|not|permission*", "*sendasdenied*", "send on behalf",
		"from … must|should … same|equal|match", "same as authori*ation|login|auth* user", "must equal authori*ed user", "sender mismatch", "sender … does|doesnt|not … match",
		"mismatch … sender|from|login", "from address … not|isnt … your|match|allowed|yours|associated|belong", "invalid return path", "cannot send from|as", "unknown sender address",
		"sender … not|isnt … allowed|authorized|authorised|permitted|accepted|yours|owned|belong*|associated|match*",
		"not|isnt allowed|authorized|authorised|permitted|entitled to … send … as|from|using|with|behalf", "not|isnt allowed|authorized|permitted to use … sender|from|address",
		"you … not|cant|cannot … send … from|as this|that", "unauthorized|unauthorised sender", "sender … unauthorized|unauthorised", "invalid sender", "sender … invalid", "emetteur invalide",
		"sender … incorrect", "envelope sender … not|isnt|doesnt", "from header … not|doesnt|isnt", "dt sum", "authenticated … as … cannot|not|may",
		"address … not|isnt … your addresses", "does not belong … user|account|you", "doesnt belong", "use … your own … address"},
		unless: []string{"domain not found", "ip|host … not", "unauthenticated", "not logged", "syntax", "send mail|messages|email to"}, cause: submission.FromMismatch},
	// Zoho judges the sender after the message, in words that elsewhere mean an open relay.
	{says: []string{"relaying disallowed"}, stages: []report.Stage{report.Mail, report.Data}, cause: submission.FromMismatch, also: []submission.Cause{submission.RelayDenied}},

	// --- sign in first ---

	{says: []string{"authentication|auth … required|needed|necessary|mandatory", "require* … authentication|auth|authorization|login", "must|please|need*|have … authenticate|auth|login", "need … be authenticated",
		"must be … authenticated|logged", "not|isnt logged in", "client|user|session|you|sender … not|isnt|wasnt … authenticated", "not|isnt authenticated", "unauthenticated sender*|command*|client*|relay*",
		"log|login in first", "login first", "authenticate first|before", "anonymous … not|mail|denied", "please|must log|sign in", "authorization required"},
		unless: []string{"starttls", "mechanism"}, cause: submission.AuthMissing},
	// Bridge finds no account for a session that never signed in.
	{says: []string{"no such user", "not available in bridge"}, stages: []report.Stage{report.Mail, report.Rcpt, report.Data}, bridge: true,
		cause: submission.AuthMissing, also: []submission.Cause{submission.BadCredentials}},
	{says: []string{"not available in bridge"}, cause: submission.AuthMissing, also: []submission.Cause{submission.BadCredentials}},
	// Postfix's submission service refuses whoever has not signed in with these words.
	{says: []string{"client host rejected access denied"}, cause: submission.AuthMissing, also: []submission.Cause{submission.IPBlocked}},
	{says: []string{"relay* … denied|disallowed|prohibited|forbidden|refused|rejected|disabled", "relay* … not|isnt … permitted|allowed|authorized|accepted|supported", "not|isnt|cannot|cant|unable|refuse* … relay*",
		"denied|deny … relay*", "no relay*", "credentials for relay", "rcpthosts|rcpthost", "not a gateway", "open relay", "dont|doesnt|wont … relay", "no smtp mx only", "not a local domain|address", "non local recipient",
		"domain … not … hosted|local|accepted here", "not … responsible for … domain"},
		unless: []string{"ip|host … listed|blocked|blacklisted"}, cause: submission.RelayDenied},

	// --- where it comes from ---

	// A list of domains is about the message's words; a list of addresses about the network.
	{says: []string{"dbl", "surbl|uribl", "url|urls|link|links … listed|blacklisted|blocked|reputation", "domain … listed|blacklisted|spamhaus", "*@* is … rbl|blacklisted|blocklisted",
		"reputation of the sending domain", "sending domain … reputation", "domain reputation"}, unless: []string{"ip|client|host"}, cause: submission.ContentRejectedSpam},
	{says: []string{"blocked|listed|found|present|rejected using|by|in|on|at … list|dnsbl|rbl|spamhaus|spamcop|barracuda*|sorbs|blacklist*|blocklist*|reputation|bl|zen*|abusix|cloudmark",
		"spamhaus|spamcop|barracuda*|sorbs|uceprotect|abusix|cloudmark|senderscore|dnsbl|rbl|rbls|zen.spamhaus.org", "blacklist*|blocklist*|denylist*", "black|block|deny list*|listed",
		"client|host|server|ip|address|source|network|connection* … blocked|banned|blacklisted|bloquee|blocklisted", "ip … rejected|denied|refused|blocked|banned|listed|reputation|not|unauthorized|frequency",
		"unauthorized|unauthorised|untrusted|bad|unknown|poor|black|blocked|suspicious|dynamic|residential … ip|ips", "ip not in whitelist|allowlist", "not|isnt in whitelist|allowlist",
		"not|isnt allowed|permitted|authorized to connect", "not|isnt authorized to send … directly", "messages from … werent|not sent|accepted", "reverse dns|lookup", "ptr|rdns|fcrdns", "cannot|cant|could|unable … find|resolve … your … hostname|address",
		"client host rejected", "part of their network", "connections … not|no|refused … accepted|from", "connection refused|rejected|denied … ip|policy|address|blocked", "hl ihu|ipb|itc|rep|mep", "dt rbl", "wm bli|blu",
		"access|connection denied|refused|rejected … ip|network|your|reputation", "blocked you may* … infected", "your ip", "*ip* reputation", "bad|poor|low reputation"},
		unless: []string{"sending domain", "attachment", "recipient* … blocked|rejected", "mailbox", "content"}, cause: submission.IPBlocked},

	// --- what the message is ---

	{says: []string{"virus|viruses|malware|trojan|worm|infected|eicar|clamav|ransomware", "illegal|dangerous|forbidden|banned|prohibited|blocked|executable|suspicious|unsafe|restricted|bad … attachment*|file|files|extension",
		"attachment* … not|isnt|blocked|illegal|forbidden|prohibited|rejected|denied|allowed|dangerous", "potential security issue", "rule1_*", "potentially dangerous|harmful|executable"},
		unless: []string{"too large|big", "size"}, cause: submission.ContentRejectedVirus},
	{says: []string{"message|mail|email|attachment|attachments|data|content|file … too large|big|long", "too large|big … message|mail|email|attachment", "exceed* … size", "size … exceed*|limit|too|larger", "maximum … message|mail|email … size",
		"larger|bigger than … allowed|maximum|limit|permitted", "message|mail|email … exceed* … maximum|allowed|fixed|limit", "mailsize"}, unless: []string{"mailbox", "recipient* limit"}, cause: submission.MessageTooLarge},

	// --- whom it is for ---

	{says: []string{"mailbox|inbox|account|box|user … full|overquota", "over quota|overquota", "storage allocation", "storage limit|quota|full", "mailbox … size|quota|limit|exceeded|quota", "exceeded … mailbox|storage|disk", "quota violation",
		"quota … exceeded|reached|full", "exceeded … quota", "boite … pleine", "postfach voll|ist voll", "insufficient disk|space|quota", "out of storage", "disk quota", "not enough space|storage|disk"},
		unless: []string{"insufficient system", "queue", "daily|hour*|sending"}, stages: pastMail, cause: submission.RecipientMailboxFull},
	{enhanced: []string{"2.2"}, cause: submission.RecipientMailboxFull},
	{says: []string{"user|recipient|address|mailbox|account|addressee|destination|destinataire … unknown|unavailable|nonexistent|unallocated|inactive|undeliverable|unrouteable|unroutable|disabled|invalide|unreachable|deactivated|suspended",
		"unknown|invalid|bad|unavailable|inactive|nonexistent|undeliverable|unrouteable|unroutable|illegal|inexistent … user|recipient|recipients|address|mailbox|local|destination|account|addressee",
		"no such … user|recipient|mailbox|account|address|person|local|domain|here|addressee", "no mailbox|account|user … here|by|with|that|found", "user|recipient|mailbox|account|address|person … not … found|exist|known|valid|listed|accepted|available|permitted|local",
		"recipient|recipients|destination|addressee … rejected|refused|denied|refuses|blocked|invalid", "user|recipient|mailbox|account|address|person … doesnt … exist|accept|have", "tried to reach", "trying to contact",
		"delivery … to … user|recipient|address|mailbox … denied|not|restricted", "mailbox delivery", "all recipient addresses rejected", "rejected by … destination|recipient*", "no longer … valid|exists|available|active|accept*|here|use*",
		"not our customer", "not|isnt a valid … mailbox|user|recipient|address|rfc", "no valid recipients", "find the recipient domain", "recipient domain", "mailbox not|unavailable|unknown|disabled|blocked|inactive", "email address could not be found",
		"misspelled", "policy … target address", "relay … recipient … unknown", "addressee unknown", "blank mailhost", "local user only", "user unknown", "no such user"},
		unless: []string{"sender", "helo|ehlo", "reverse|ptr", "client host", "mail from", "authentication failed", "policy restrictions", "ip"}, stages: []report.Stage{report.Rcpt, report.Data}, cause: submission.RecipientRejected},
	{says: []string{"recipient address rejected"}, cause: submission.RecipientRejected},

	// --- the dialogue ---

	// A server that was not greeted at all is the client's fault, not its name's.
	{says: []string{"send|say|need*|issue|require*|use|expected … helo|ehlo|hello … first|before", "polite people", "helo|ehlo|hello first", "no helo|ehlo"}, cause: submission.ProtocolError},
	// Postfix reject_*_helo_hostname, Exim "Syntactically invalid EHLO argument(s)",
	// Google tags the command "(EHLO)", NetEase MI:NHD, Exchange 5.5.4.
	{says: []string{"helo|ehlo … rejected|invalid|denied|refused|bad|mismatch|malformed|illegal|argument*|not|requires|blocked|error", "invalid|bad|illegal|unacceptable|malformed|reject* … helo|ehlo",
		"closing connection ehlo|helo", "again later … ehlo|helo", "helo command rejected", "mi nhd", "helohost"}, unless: []string{"unknown|unrecognized|not implemented command"}, cause: submission.HELORejected},
	{says: []string{"invalid|bad|illegal … domain|host|hostname|name|address|argument*", "need fully qualified", "fully qualified … required", "hostname … invalid|rejected|required|not", "domain name … required|invalid", "localhost"},
		stages: atHello, codes: []int{4, 5}, cause: submission.HELORejected},
	{says: []string{"bad|wrong|invalid|out|incorrect … sequence", "sequence error", "syntax error", "command … unrecognized|unrecognised|unknown|not|unimplemented|invalid|bad|error", "unrecognized|unrecognised|unknown|invalid|unimplemented|illegal|bad command", "synchronization|synchronisation error",
		"improper … pipelining", "need|expected|no … mail|rcpt … command|before|first", "nested mail", "sender already", "bare lf|cr|newline|linefeed", "stray newline", "line … too long", "8 bit|non ascii|invalid character*|null byte*",
		"not|isnt|arent … rfc|compliant", "malformed|invalid|missing|duplicate|multiple|bad … header*|from|date|mime|message|line", "header* … missing|invalid|malformed|not", "from header", "smtp protocol violation", "no identity changes", "already authenticated",
		"protocol error", "invalid input", "must … crlf", "cannot decode|base64", "invalid base64|sasl argument", "unable to decode", "without mail|rcpt"},
		unless: []string{"sender|recipient|mailbox address … syntax", "invalid return", "credentials|password"}, cause: submission.ProtocolError},

	// --- signing in ---

	// RFC 4954 section 6: 454 4.7.0 is the server's own trouble with checking.
	{says: []string{"temporary|temporarily|internal … authentication|auth|login", "authentication|auth|login … temporar*|unavailable", "authentication|auth|login … try again later", "authentication … internal|server error", "system busy … authentication", "authentication … backend|database"},
		unless: []string{"invalid|incorrect|wrong|bad"}, codes: []int{4}, cause: submission.ServerDownTemporary},
	// "UGFzc3dvcmQ6" is base64 for "Password:", which Cyrus SASL reports as reason for a failed LOGIN.
	{says: []string{"ugfzc3dvcmq6|vxnlcm5hbwu6", "invalid|incorrect|wrong|bad|unknown … password|credentials|credential|login|username|authentication|passwd|passphrase|user or|user and",
		"password|credentials|credential|login|username|passwd … invalid|incorrect|wrong|rejected|denied|failed|fail|failure|bad|mismatch|refused|error|unknown",
		"password|credentials|username … not|doesnt|dont … accepted|correct|match|valid|recognized|recognised", "authentication|auth|authentification|authenticating … failed|failure|unsuccessful|error|rejected|refused|denied|invalid|fail|fails|erreur|unsuccessfully|incorrect",
		"failed|unable|cannot|could|couldnt|not … authenticate|login|log", "failed|invalid|bad|unsuccessful … authentication|login|auth|logon", "logon failure", "login|logon denied|fail*|invalid|incorrect", "authenticationerror|smtpauthenticationerror|authenticationfailedexception",
		"user … not found|exist|known", "no such user", "authorization grant", "invalid|bad … api key|key|token", "access denied", "eauth"},
		unless: []string{"certificate|x509|tls|ssl"}, stages: atAuth, cause: submission.BadCredentials},

	// --- refused, with less of a reason ---

	{says: []string{"sender … rejected|refused|denied|blocked|unacceptable", "sender address … syntax", "reject* … sender", "mail from … rejected|refused|denied|not", "from address … rejected|refused|denied|failed"},
		unless: []string{"recipient", "ip|content|spam"}, stages: atEnvelope, cause: submission.SenderRejected},
	// An authenticated sender's message that is refused as a whole was judged by a filter.
	{says: []string{"spam*|spammy|junk|uce|unsolicited|suspicious|phishing|phish|scam|fraud*|bulk|spamassassin|rspamd", "policy reason*|restriction*|violation|rejection|filter|rejected|denied", "policy … rejected|refused|violat*|denied|prohibit*|blocked",
		"rejected|refused|denied|blocked|violates|accepted … policy|policies|filter|content|rules", "content … rejected|denied|blocked|refused|filter*|unacceptable|policy|not", "message|mail|email … blocked|refused|denied|unacceptable",
		"message|mail|email … content", "rule2_*|rule3_*", "dt spm", "banned|blocked|forbidden … content|word*|url*", "local policy", "mailpolicy", "email policy", "high probability", "reputation", "message not allowed|accepted", "mail rejete", "looks like"},
		unless: []string{"authentication", "relay", "ip address|source|based", "try again later"}, cause: submission.ContentRejectedSpam},
	{says: []string{"spam*|unsolicited|suspicious", "policy restrictions ip"}, cause: submission.ContentRejectedSpam, also: []submission.Cause{submission.IPBlocked}},
	{says: []string{"policy restrictions"}, cause: submission.ContentRejectedSpam},

	// --- the server's own trouble ---

	// RFC 5321 section 4.5.3.2.7: a server that waited in vain ends with 421 and a timeout.
	{says: []string{"timeout … exceeded|waiting|closing", "timed out … waiting|closing", "idle … timeout|too long"}, codes: []int{421, 451}, cause: submission.ConnectionLost,
		also: []submission.Cause{submission.ServerDownTemporary}, why: "The server gave up waiting for the next command and ended the connection."},
	{says: []string{"try|retry|again … later", "service|server|system|resources|backend|database|queue … unavailable|busy|overloaded|down|maintenance|error|problem|shutting", "service not available", "not available … later", "temporary|temporarily|transient … failure|error|problem|unavailable|rejected|deferred|system|lookup|server|domain|local|trouble|service",
		"internal|local … error|problem", "error in processing", "server|system|too busy", "overload*|maintenance", "lookup failure", "insufficient system|resources|storage", "queue … full|exceeded|quota|error|failed", "out of memory", "come back later", "wasnt|unable|not able to establish", "unexpected error|failure",
		"no healthy", "shutting down", "load too high|average", "not accepting … messages|mail|connections"},
		cause: submission.ServerDownTemporary},
}

// numbered are the rules on enhanced status codes alone, where the words say
// nothing that is known: the registry of RFC 5248.
var numbered = []rule{
	{enhanced: []string{"7.8", "7.3"}, stages: atAuth, cause: submission.BadCredentials}, // X.7.8 credentials invalid; Exchange says 5.7.3
	{enhanced: []string{"7.9"}, stages: atAuth, codes: []int{534, 504}, cause: submission.AuthMechanismUnsupported},
	{enhanced: []string{"7.10", "7.11"}, cause: submission.TLSRequired},
	{enhanced: []string{"7.13"}, cause: submission.AccountSuspended},
	{enhanced: []string{"7.14"}, stages: atAuth, cause: submission.WebLoginRequired},
	{enhanced: []string{"7.4", "5.4"}, stages: atAuth, codes: []int{5}, cause: submission.AuthMechanismUnsupported},
	{enhanced: []string{"5.1", "5.2"}, stages: atAuth, codes: []int{500, 502, 503}, cause: submission.AuthNotOffered},
	{enhanced: []string{"7.20", "7.21", "7.22", "7.23", "7.24", "7.26", "7.29"}, cause: submission.SenderDomainAuth},
	{enhanced: []string{"7.25"}, cause: submission.IPBlocked}, // reverse DNS
	{enhanced: []string{"7.27", "1.8"}, cause: submission.SenderDomainInvalid},
	{enhanced: []string{"7.28"}, cause: submission.RateLimited},
	{enhanced: []string{"7.57"}, cause: submission.AuthMissing},  // Exchange
	{enhanced: []string{"7.60"}, cause: submission.FromMismatch}, // Exchange
	{enhanced: []string{"1.7"}, cause: submission.SenderRejected},
	{enhanced: []string{"1.0", "1.1", "1.2", "1.3", "1.4", "1.6", "1.10", "2.1"}, stages: pastMail, cause: submission.RecipientRejected},
	{enhanced: []string{"2.3", "3.4"}, cause: submission.MessageTooLarge},
	{enhanced: []string{"5.3"}, cause: submission.RateLimited}, // too many recipients
	{enhanced: []string{"5.4"}, stages: atHello, cause: submission.HELORejected},
	{enhanced: []string{"5.0", "5.1", "5.2", "5.4", "5.5", "6.0"}, codes: []int{500, 501, 502, 503, 504, 555}, cause: submission.ProtocolError},
	{enhanced: []string{"4.1", "4.4", "4.5", "3.0", "3.1", "3.2", "3.5"}, codes: []int{4, 5}, cause: submission.ServerDownTemporary},
	{enhanced: []string{"4.2"}, cause: submission.ConnectionLost, also: []submission.Cause{submission.ServerDownTemporary}},
	{enhanced: []string{"7.0", "7.1"}, stages: atStart, codes: []int{5}, cause: submission.IPBlocked},
	{enhanced: []string{"7.0", "7.1"}, stages: atAuth, codes: []int{535}, cause: submission.BadCredentials},
}

// coded are the rules on the reply's code and the stage, the last resort: only
// where RFC 5321 and RFC 4954 give a code one meaning at that stage.
var coded = []rule{
	{codes: []int{530}, cause: submission.AuthMissing, also: []submission.Cause{submission.TLSRequired}},
	{codes: []int{538}, cause: submission.TLSRequired},
	{codes: []int{535}, cause: submission.BadCredentials},
	{codes: []int{534, 504}, stages: atAuth, cause: submission.AuthMechanismUnsupported},
	{codes: []int{500, 502, 503}, stages: atAuth, cause: submission.AuthNotOffered},
	{codes: []int{500, 502, 503}, stages: []report.Stage{report.STARTTLS}, cause: submission.STARTTLSNotOffered},
	{codes: []int{554, 550, 521, 571}, stages: []report.Stage{report.Connect, report.Greeting}, cause: submission.IPBlocked,
		also: []submission.Cause{submission.ServerDownTemporary},
		why:  "The server turns the connection away before anything was said. As a rule it does not want mail from this internet address."},
	{codes: []int{421}, stages: atHello, cause: submission.HELORejected, also: []submission.Cause{submission.ServerDownTemporary},
		tell: "Try again with another --helo name: if the reply stays the same, the name is not the reason."},
	{codes: []int{501, 504, 550, 554}, stages: atHello, cause: submission.HELORejected},
	{codes: []int{552}, stages: atMail, cause: submission.MessageTooLarge}, // RFC 1870 section 6.1
	{codes: []int{5}, stages: atMail, cause: submission.SenderRejected},
	{codes: []int{550, 551, 553}, stages: atRcpt, enhanced: []string{""}, cause: submission.RecipientRejected,
		also: []submission.Cause{submission.RelayDenied, submission.ContentRejectedSpam}},
	{codes: []int{500, 501, 502, 503, 504, 555}, cause: submission.ProtocolError},
	{codes: []int{421, 450, 451, 452, 454}, cause: submission.ServerDownTemporary},
}

// compiled is a rule with its phrases parsed.
type compiled struct {
	rule
	says, unless []phrase
}

// tables are parsed when the first trouble comes, and once.
var tables = sync.OnceValue(func() (t struct{ worded, numbered, coded []compiled }) {
	t.worded, t.numbered, t.coded = compileRules(worded), compileRules(numbered), compileRules(coded)
	return t
})

func compileRules(list []rule) []compiled {
	out := make([]compiled, len(list))
	for i, r := range list {
		out[i] = compiled{r, parsePhrases(r.says), parsePhrases(r.unless)}
	}
	return out
}

// first returns the rule of a table that decides on words said in a trouble.
func first(table []compiled, t *trouble, words []string) *compiled {
	for i := range table {
		if table[i].fits(t, words) {
			return &table[i]
		}
	}
	return nil
}

func (c *compiled) fits(t *trouble, words []string) bool {
	return c.fitsStage(t.stage) && c.fitsCode(t) && c.fitsEnhanced(t) && (!c.bridge || t.isBridge()) &&
		(len(c.says) == 0 || anyIn(c.says, words)) && !anyIn(c.unless, words)
}

func (c *compiled) fitsStage(s report.Stage) bool {
	return len(c.stages) == 0 || s == "" || slices.Contains(c.stages, s)
}

func (c *compiled) fitsCode(t *trouble) bool {
	return len(c.codes) == 0 || slices.Contains(c.codes, t.code) || slices.Contains(c.codes, t.class())
}

func (c *compiled) fitsEnhanced(t *trouble) bool {
	if len(c.enhanced) == 0 {
		return true
	}
	key := ""
	if !t.enhanced.IsZero() {
		key = fmt.Sprintf("%d.%d", t.enhanced.Subject, t.enhanced.Detail)
	}
	return slices.Contains(c.enhanced, key)
}
