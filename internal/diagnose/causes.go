package diagnose

import (
	"slices"
	"strconv"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// advice is what there is to say of a cause wherever it comes from. {server},
// {provider}, {user}, {from}, {to}, {domain} and {port} stand for the account's
// own, or for a word such as "the server"; with a capital they begin a sentence.
// {ports} are the other endpoints that may work, {ssl} those with implicit TLS; a
// fix without any to name is left out.
type advice struct {
	cause     submission.Cause
	summary   string
	field     submission.Field
	temporary bool
	fixes     []string
	always    []string // fixes that stand also where a preset has better ones than the others
	webmail   []string // fixes where the password is the one of the web mail too
	elsewhere []string // fixes for the settings of another program, whose error was pasted
	rfc       string   // where to read more
	examples  []string // how servers and programs word it
}

func adviceOn(c submission.Cause) advice {
	if i := adviceAt(c); i >= 0 {
		return advices[i]
	}
	return advices[adviceAt(submission.Unknown)]
}

// adviceAt is where the advice on a cause stands, -1 for none.
func adviceAt(c submission.Cause) int {
	return slices.IndexFunc(advices, func(a advice) bool { return a.cause == c })
}

// advices is a list, as all tables here are: the compiler lays it out, where a
// map would be filled at the start of every run.
var advices = []advice{
	{
		cause:     submission.BadCredentials,
		summary:   "{Server} does not accept this user name with this password. One of the two is not what it expects.",
		field:     submission.FieldPassword,
		always:    []string{"Type the password again. Capitals count: is Caps Lock on?"},
		webmail:   []string{"Sign in to the web mail with the same two. If that fails as well, set a new password there."},
		elsewhere: []string{"Give the full address as user name, as in you@example.com.", "In a settings file or a shell, put the password in single quotes: $, # and ! may be changed there."},
		rfc:       "RFC 4954 section 6",
		examples:  []string{"535 5.7.8 Error: authentication failed", "535 Incorrect authentication data", "454 4.7.0 invalid username or password"},
	},
	{
		cause:    submission.AppPasswordRequired,
		summary:  "{Provider} does not take the password of your account here. A program needs a password of its own, called an app password.",
		field:    submission.FieldPassword,
		fixes:    []string{"Make an app password in the security settings of your account, and use it here.", "Copy it whole: such a password is long and is shown once."},
		examples: []string{"534 5.7.9 Application-specific password required", "535 5.7.8 Username and Password not accepted", "535 Login Fail. Please enter your authorization code to login"},
	},
	{
		cause:    submission.OAuthRequired,
		summary:  "{Provider} no longer takes passwords from mail programs. It wants OAuth 2.0: you sign in with a browser, and the program gets a token.",
		field:    submission.FieldAuth,
		fixes:    []string{"Use a program that signs in with OAuth 2.0; here, choose XOAUTH2 as the way of signing in (--auth XOAUTH2), with a token as the password.", "Or send through a provider that still takes passwords."},
		rfc:      "RFC 7628",
		examples: []string{"535 5.7.139 Authentication unsuccessful, basic authentication is disabled", "550 5.7.30 Basic authentication is not supported for Client Submission"},
	},
	{
		cause:    submission.OAuthTokenInvalid,
		summary:  "{Server} does not accept the OAuth token. It has expired, belongs to another user, or does not allow sending mail.",
		field:    submission.FieldPassword,
		fixes:    []string{"Get a new token: most last an hour.", "Check that it was given to {user}, with the permission (scope) to send mail over SMTP."},
		rfc:      "RFC 7628",
		examples: []string{"535 5.7.3 Authentication unsuccessful: XOAUTH2 token expired", "501 5.5.2 Malformed XOAUTH2 response"},
	},
	{
		cause:    submission.AuthDisabledForAccount,
		summary:  "Sending from mail programs is switched off for this account. The password may well be right.",
		fixes:    []string{"Switch on SMTP (or IMAP and SMTP access) in the settings of the account.", "In a company, ask whoever runs the mail to allow it for you."},
		examples: []string{"535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox", "535 SMTP access is disabled for this mailbox"},
	},
	{
		cause:    submission.AuthMissing,
		summary:  "{Server} takes mail only from those who sign in, and this session did not.",
		field:    submission.FieldUsername,
		fixes:    []string{"Give a user name and a password.", "In another program, switch on authentication for outgoing mail."},
		rfc:      "RFC 4954 section 6",
		examples: []string{"530 5.7.0 Authentication required", "553 5.7.1 <you@example.com>: Sender address rejected: not logged in", "550 relay not permitted, authentication required"},
	},
	{
		cause:    submission.AuthMechanismUnsupported,
		summary:  "{Server} does not allow the way of signing in that was tried.",
		field:    submission.FieldAuth,
		fixes:    []string{"Choose another way of signing in (--auth): PLAIN or LOGIN work almost everywhere."},
		rfc:      "RFC 4954 section 4",
		examples: []string{"504 5.7.4 Unrecognized authentication type", "535 5.7.8 Error: authentication failed: no mechanism available"},
	},
	{
		cause:    submission.AuthNotOffered,
		summary:  "{Server} offers no way to sign in here. Many servers offer it only once the connection is encrypted, and not on port 25.",
		field:    submission.FieldSecurity,
		fixes:    []string{"Use {ports}."},
		rfc:      "RFC 4954 section 3",
		examples: []string{"503 AUTH command used when not advertised", "503 5.5.1 Error: authentication not enabled", "smtp: server doesn't support AUTH"},
	},
	{
		cause:    submission.TLSRequired,
		summary:  "{Server} goes on only over an encrypted connection, and this one is in clear.",
		field:    submission.FieldSecurity,
		fixes:    []string{"Use {ports}."},
		rfc:      "RFC 3207 section 4",
		examples: []string{"530 5.7.0 Must issue a STARTTLS command first", "538 5.7.11 Encryption required for requested authentication mechanism"},
	},
	{
		cause:    submission.WebLoginRequired,
		summary:  "{Provider} wants you to sign in with a web browser first. It asks this after a sign-in that looks unusual to it.",
		field:    submission.FieldPassword,
		fixes:    []string{"Sign in to your account in a browser and confirm that it was you.", "Then use an app password, if your provider has them."},
		examples: []string{"534 5.7.14 Please log in via your web browser and then try again"},
	},
	{
		cause:    submission.AccountSuspended,
		summary:  "{Provider} has locked this account, or its outgoing mail. Most often that follows unusual activity.",
		fixes:    []string{"Look in the web mail or control panel for a notice and a way to unlock it.", "Change the password: somebody else may be sending with it."},
		examples: []string{"550 5.4.6 Unusual sending activity detected", "554 5.7.1 Your account has been suspended from sending"},
	},
	{
		cause:   submission.FromMismatch,
		summary: "{Server} does not let this account send as {from}. The sender must be an address of the account. If mail still arrives, the account itself is fine.",
		field:   submission.FieldFrom,
		fixes:   []string{"Send from the address you sign in with.", "Or add the other address to your account as an alias."},
		always: []string{
			"Look at the sender letter by letter: one slip is enough, and some programs fill in a sender of their own.",
			"If only a calendar invitation fails that you forward, forward it as an attachment.",
		},
		rfc:      "RFC 6409 section 6.1",
		examples: []string{"553 5.7.1 <other@example.com>: Sender address rejected: not owned by user you@example.com", "553 Relaying disallowed as other@example.com", "550 5.7.60 SMTP; Client does not have permissions to send as this sender"},
	},
	{
		cause:    submission.SenderNotVerified,
		summary:  "{Provider} sends only for addresses and domains that you have verified with it. A trial account may also send only to chosen recipients.",
		field:    submission.FieldFrom,
		fixes:    []string{"Verify {from}, or its domain, in the console of the service.", "Of a trial account, verify the recipient too or ask for full access."},
		examples: []string{"554 Message rejected: Email address is not verified", "550 The from address does not match a verified Sender Identity"},
	},
	{
		cause:    submission.SenderDomainInvalid,
		summary:  "{Server} cannot find the domain of the sender's address, so no answer could ever reach it.",
		field:    submission.FieldFrom,
		fixes:    []string{"Check the spelling after the @ of {from}.", "The domain needs an MX or address record in DNS."},
		examples: []string{"450 4.1.8 <you@example.invalid>: Sender address rejected: Domain not found", "550 Sender verify failed"},
	},
	{
		cause:    submission.SenderDomainAuth,
		summary:  "The mail did not pass the checks of its sender's domain (SPF, DKIM, DMARC). They tell which servers may send for that domain, and this way is not among them.",
		field:    submission.FieldFrom,
		fixes:    []string{"Send through the provider of that domain.", "If the domain is yours, add your provider to its SPF record and switch on DKIM."},
		rfc:      "RFC 7208, RFC 6376 and RFC 7489",
		examples: []string{"550 5.7.26 Unauthenticated email from example.com is not accepted due to domain's DMARC policy", "550 5.7.23 SPF validation failed"},
	},
	{
		cause:    submission.SenderRejected,
		summary:  "{Server} does not accept {from} as the sender.",
		field:    submission.FieldFrom,
		fixes:    []string{"Check the spelling of the sender's address.", "Send from the address you sign in with."},
		rfc:      "RFC 5321 section 3.3",
		examples: []string{"550 5.1.7 Invalid address of the sender", "553 sorry, your envelope sender is in my badmailfrom list"},
	},
	{
		cause:    submission.RelayDenied,
		summary:  "{Server} will not pass this mail on. It does so only for its own users, or for recipients at its own domains.",
		field:    submission.FieldHost,
		fixes:    []string{"Give a user name and a password: who signs in may send to anybody.", "Check that this is your provider's outgoing server, not the one where its mail arrives."},
		rfc:      "RFC 5321 section 3.6.2",
		examples: []string{"554 5.7.1 <them@example.net>: Relay access denied", "550 relay not permitted", "553 sorry, that domain isn't in my list of allowed rcpthosts"},
	},
	{
		cause:    submission.RecipientRejected,
		summary:  "{Server} does not accept mail for {to}. There is no such mailbox, or it takes no mail.",
		field:    submission.FieldTo,
		fixes:    []string{"Check the spelling of the recipient's address."},
		rfc:      "RFC 5321 section 3.3",
		examples: []string{"550 5.1.1 <them@example.net>: Recipient address rejected: User unknown", "550 No such user here"},
	},
	{
		cause:   submission.RecipientMailboxFull,
		summary: "The mailbox of the recipient is full. Your own settings are right.", field: submission.FieldTo, temporary: true,
		fixes:    []string{"Tell the recipient another way, or try later."},
		rfc:      "RFC 3463 section 3.3",
		examples: []string{"552 5.2.2 Mailbox full", "452 4.2.2 The recipient is over quota"},
	},
	{
		cause:   submission.RateLimited,
		summary: "Too much came in a short time: mails, connections or errors. The server asks you to slow down.", temporary: true,
		fixes:    []string{"Wait some minutes, then go on more slowly.", "Look for another program or device that signs in with the same account."},
		examples: []string{"421 4.7.0 Too many connections", "450 4.7.1 Error: too much mail from 192.0.2.1", "550 Sender frequency limited"},
	},
	{
		cause:   submission.QuotaExceeded,
		summary: "The sending allowance of this account is used up for now.", temporary: true,
		fixes: []string{"Wait until it starts again, most often the next day."},
		always: []string{"Send fewer mails at a time, with pauses between them. Each recipient counts as a mail.",
			"If you need more, ask the provider for a larger allowance, or use a service for many mails."},
		examples: []string{"550 5.4.5 Daily user sending limit exceeded", "451 Authentication failed: Maximum credits exceeded"},
	},
	{
		cause:   submission.Greylisted,
		summary: "{Server} does not know this sender yet and asks it to come again. That is a test against spam, no error.", temporary: true,
		fixes:    []string{"Try again in some minutes. Servers do that by themselves."},
		rfc:      "RFC 6647",
		examples: []string{"450 4.2.0 <them@example.net>: Recipient address rejected: Greylisted", "451 4.7.1 Greylisting in action, please come back later"},
	},
	{
		cause:    submission.IPBlocked,
		summary:  "{Server} refuses your internet address (IP), whoever signs in from it. It is on a list of senders of spam, or not among those allowed.",
		fixes:    []string{"Try from another network, such as your phone's. If it works there, this network is the reason.", "If your provider keeps a list of allowed addresses, add yours.", "Else follow the link in the server's words to have it taken off the list."},
		rfc:      "RFC 5782",
		examples: []string{"554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", "525 5.7.1 Unauthorized IP address"},
	},
	{
		cause:    submission.MessageTooLarge,
		summary:  "The message is larger than {server} accepts. Attachments grow by a third on their way.",
		fixes:    []string{"Send a smaller message, or a link in place of the attachment."},
		rfc:      "RFC 1870",
		examples: []string{"552 5.3.4 Message size exceeds fixed limit", "552 5.2.3 Your message exceeded the size limits"},
	},
	{
		cause:    submission.ContentRejectedSpam,
		summary:  "{Server} takes this mail for spam, or for something its rules forbid. It judges words, links and the name of the sender.",
		fixes:    []string{"Send a plain message without links. If that passes, the content is the reason.", "If every message is refused, ask your provider's support and quote the server's words."},
		examples: []string{"554 5.7.1 Message rejected under suspicion of SPAM", "550 5.7.1 Rejected for policy reasons"},
	},
	{
		cause:    submission.ContentRejectedVirus,
		summary:  "{Server} has found something dangerous in the mail, or an attachment of a forbidden kind.",
		fixes:    []string{"Send it without the attachment, or a link in its place.", "Let a virus scanner look at the file and this computer."},
		examples: []string{"552 5.7.0 Our system detected an illegal attachment on your message", "554 5.7.1 Virus found in the message"},
	},
	{
		cause:    submission.ProtocolError,
		summary:  "{Server} did not understand what was sent, or did not expect it at that point. That is a fault of the program, or of something between it and the server.",
		fixes:    []string{"Update the program. If the fault stays, report it with a transcript of the session.", "Switch off virus scanners that look into mail, and try again."},
		rfc:      "RFC 5321 section 4.1",
		examples: []string{"503 5.5.1 Bad sequence of commands", "501 5.1.7 Syntax error in parameters", "554 SMTP synchronization error"},
	},
	{
		cause:    submission.HELORejected,
		summary:  "{Server} does not accept the name by which this computer introduces itself (EHLO). Names such as localhost are often refused.",
		field:    submission.FieldHelo,
		fixes:    []string{"Give a real host name as the name for EHLO (--helo), such as one of your own domain.", "In another program, look for a setting called EHLO, HELO or local host name."},
		rfc:      "RFC 5321 section 4.1.1.1",
		examples: []string{"501 Syntactically invalid EHLO argument(s)", "504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname"},
	},
	{
		cause:    submission.DNSFailure,
		summary:  "The name {server} leads to no address.",
		field:    submission.FieldHost,
		fixes:    []string{"Check the spelling of the server's name.", "Check that this computer is online, and whether a VPN is needed or in the way."},
		rfc:      "RFC 5321 section 5.1",
		examples: []string{"dial tcp: lookup smtp.example.invalid: no such host", "getaddrinfo ENOTFOUND smtp.example.invalid", "Temporary failure in name resolution"},
	},
	{
		cause:    submission.ConnectionRefused,
		summary:  "{Server} is there, but nothing answers on {port}.",
		field:    submission.FieldPort,
		fixes:    []string{"Check the name of the server, and its port.", "Try {ports}."},
		examples: []string{"dial tcp 192.0.2.1:587: connect: connection refused", "connect ECONNREFUSED 192.0.2.1:465"},
	},
	{
		cause:    submission.BridgeNotRunning,
		summary:  "No mail bridge answers on {port} of this computer. It is not running, or listens on another port.",
		field:    submission.FieldPort,
		fixes:    []string{"Start the bridge and sign in to it.", "Read the SMTP port in its mailbox settings: it takes the next one when its own is in use."},
		examples: []string{"dial tcp 127.0.0.1:1025: connect: connection refused"},
	},
	{
		cause:     submission.PortBlocked,
		summary:   "No answer comes from {server} on {port}. Something on the way drops the connection: most often a firewall, or the network's provider.",
		field:     submission.FieldPort,
		temporary: false,
		fixes:     []string{"Try {ports}.", "Ask whoever runs the network, or the provider of this machine, to open it."},
		examples:  []string{"connect ETIMEDOUT 192.0.2.1:465", "dial tcp 192.0.2.1:587: i/o timeout", "No route to host"},
	},
	{
		cause:   submission.ServerSilent,
		summary: "{Server} took the connection, but then said nothing.", temporary: true,
		field:    submission.FieldPort,
		fixes:    []string{"Try {ports}.", "Try again later: the server may be overloaded."},
		rfc:      "RFC 5321 section 4.5.3.2",
		examples: []string{"Greeting never received"},
	},
	{
		cause:   submission.ConnectionLost,
		summary: "The connection broke off in the middle of the session, without a word from {server}.", temporary: true,
		fixes:    []string{"Try again. If it breaks at the same point each time, try from another network."},
		rfc:      "RFC 5321 section 3.8",
		examples: []string{"SMTPServerDisconnected: Connection unexpectedly closed", "read ECONNRESET"},
	},
	{
		cause:    submission.NotSMTP,
		summary:  "What answers on {port} is not a mail server for sending.",
		field:    submission.FieldPort,
		fixes:    []string{"Use {ports}."},
		always:   []string{"Check the name of the server: this may be the one for something else."},
		rfc:      "RFC 5321 section 4.3.1",
		examples: []string{"HTTP/1.1 400 Bad Request", "* OK [CAPABILITY IMAP4rev1] Dovecot ready"},
	},
	{
		cause:   submission.SMTPIntercepted,
		summary: "Another server answers in place of the one that was asked for. Some web hosts, firewalls and virus scanners turn outgoing mail round like this.",
		fixes: []string{"Ask your web host to allow outgoing SMTP to {server} (cPanel calls the switch SMTP Restrictions).",
			"Switch off a virus scanner that looks into mail, and try again.", "Send no password until it is settled."},
	},
	{
		cause:    submission.WrongPortOrSecurity,
		summary:  "Port and security do not fit together.",
		field:    submission.FieldSecurity,
		fixes:    []string{"Port 465 goes with ssl, ports 587 and 25 with starttls."},
		rfc:      "RFC 8314 section 3.3",
		examples: []string{"ssl3_get_record:wrong version number", "tls: first record does not look like a TLS handshake"},
	},
	{
		cause:    submission.STARTTLSNotOffered,
		summary:  "{Server} does not offer to encrypt on {port} (STARTTLS), so nothing may be sent there.",
		field:    submission.FieldPort,
		fixes:    []string{"Use {ssl}."},
		always:   []string{"Try from another network: some devices on the way take the offer out."},
		rfc:      "RFC 3207 section 4",
		examples: []string{"STARTTLS extension not supported by server", "502 5.5.1 STARTTLS not supported"},
	},
	{
		cause:   submission.STARTTLSInjection,
		summary: "Extra bytes came in clear just before the encryption began. That is an attack, or a broken device on the way. Nothing more was sent.",
		fixes:   []string{"Do not send a password over this network.", "Use {ssl}.", "Try from another network."},
		rfc:     "CVE-2011-0411",
	},
	{
		cause:    submission.TLSVersion,
		summary:  "The two sides found no encryption (TLS version or cipher) that both accept. One of them is too old.",
		fixes:    []string{"The server should speak TLS 1.2 or later: ask who runs it.", "In another program, update it and its TLS library."},
		rfc:      "RFC 8314 section 4.1",
		examples: []string{"SSL routines:tls_early_post_process_client_hello:unsupported protocol", "421 4.7.66 TLS 1.0 and 1.1 are not supported"},
	},
	{
		cause:    submission.CertUntrusted,
		summary:  "The certificate of {server} is not signed by an authority that this computer trusts. So nobody can tell it from an impostor's.",
		field:    submission.FieldHost,
		fixes:    []string{"Check the name of the server.", "For a server of your own, give its authority with --ca-file.", "Do not switch the check off: the password would go to whoever answers."},
		rfc:      "RFC 5280 section 6",
		examples: []string{"x509: certificate signed by unknown authority", "DEPTH_ZERO_SELF_SIGNED_CERT", "certificate verify failed: unable to get local issuer certificate"},
	},
	{
		cause:    submission.CertExpired,
		summary:  "The certificate of {server} is not valid at this time. Or the clock of this computer is wrong.",
		fixes:    []string{"Check date and time of this computer.", "If they are right, tell the provider: only it can renew the certificate."},
		rfc:      "RFC 5280 section 4.1.2.5",
		examples: []string{"x509: certificate has expired or is not yet valid", "CERT_HAS_EXPIRED"},
	},
	{
		cause:    submission.CertNameMismatch,
		summary:  "The certificate that answers is for other names than that of {server}.",
		field:    submission.FieldHost,
		fixes:    []string{"Use the name of the server that your provider gives, not a name of your own domain that leads to it."},
		rfc:      "RFC 9525",
		examples: []string{"x509: certificate is valid for mail.example.net, not smtp.example.com", "ERR_TLS_CERT_ALTNAME_INVALID"},
	},
	{
		cause:   submission.ServerDownTemporary,
		summary: "{Server} has trouble of its own at the moment. Your settings may be right.", temporary: true,
		fixes:    []string{"Try again in some minutes."},
		rfc:      "RFC 5321 section 4.2.1",
		examples: []string{"421 4.3.2 Service not available", "451 4.3.0 Temporary lookup failure", "454 4.7.0 Temporary authentication failure"},
	},
	{
		cause:   submission.NotDelivered,
		summary: "{Server} took the mail, but it has not been seen in the mailbox in time. It may be late, in another folder, or filtered out.",
		field:   submission.FieldTo,
		fixes:   []string{"Look in the folder for junk mail.", "Wait some minutes and look again."},
	},
	{
		cause:   submission.Unknown,
		summary: "What went wrong is not known.",
		fixes:   []string{"Ask the provider's support, and quote the words of the server as they are."},
	},
}

// names fills in the words in braces.
type names struct{ replacer *strings.Replacer }

func (t *trouble) names() names {
	host, port := t.endpoint.Host, "this port"
	if t.endpoint.Port != 0 {
		port = "port " + strconv.Itoa(t.endpoint.Port)
	}
	provider := ""
	if t.preset != nil {
		provider = titleOf(t.preset)
	}
	user, from, to := "", "", ""
	if t.report != nil {
		a := t.report.Account
		user, from, to = a.Username, a.From.String(), a.To.String()
	}
	var pairs []string
	add := func(key, value, small, capital string) {
		if value != "" {
			small, capital = quoted(value), quoted(value)
		}
		pairs = append(pairs, "{"+key+"}", small, "{"+strings.ToUpper(key[:1])+key[1:]+"}", capital)
	}
	add("server", host, "the server", "The server")
	add("provider", provider, "the provider", "The provider")
	add("user", user, "your user name", "Your user name")
	add("from", from, "this address", "This address")
	add("to", to, "this recipient", "This recipient")
	add("port", port, port, port)
	for key, ports := range map[string]string{"ports": t.ports(submission.SSL, submission.STARTTLS), "ssl": t.ports(submission.SSL)} {
		if ports != "" {
			add(key, ports, "", "")
		}
	}
	return names{strings.NewReplacer(pairs...)}
}

func (n names) in(s string) string { return reply.Safe(n.replacer.Replace(s)) }
