package diagnose

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// wordings are refusals and errors as servers and programs word them, by cause.
// The stage is "" where the text alone must do.
var wordings = map[submission.Cause][]struct {
	stage report.Stage
	text  string
}{
	submission.BadCredentials: {
		{"auth", "535 5.7.8 Error: authentication failed: authentication failure"},                              // Postfix, Cyrus SASL
		{"auth", "535 Incorrect authentication data"},                                                           // Exim
		{"auth", "535 5.7.3 Authentication unsuccessful"},                                                       // Exchange
		{"auth", "535 5.7.0 authentication failed"},                                                             // sendmail
		{"auth", "535 5.7.8 Authentication failed"},                                                             // OpenSMTPD, Haraka
		{"auth", "535 authorization failed (#5.7.0)"},                                                           // qmail
		{"auth", "454 4.7.0 invalid username or password"},                                                      // Proton Bridge: a 4xx that no retry helps
		{"auth", "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect."},               // Exchange Online
		{"auth", "535 5.7.0 Invalid login or password"},                                                         // Infomaniak
		{"auth", "535 5.7.8 Error: authentication failed: Invalid user or password!"},                           // Yandex
		{"auth", "535 Authentication failed: Bad username / password"},                                          // SendGrid
		{"auth", "535 Authentication failed: The provided authorization grant is invalid, expired, or revoked"}, // SendGrid, a key that was deleted
		{"auth", "smtplib.SMTPAuthenticationError: (535, b'5.7.8 Authentication failed: wrong user/password')"},
		{"auth", "Error: Invalid login: 535 5.7.8 Error: authentication failed: (reason unavailable)"},
		{"", "SMTP Error: Could not authenticate."},                                                                                         // PHPMailer
		{"", `Failed to authenticate on SMTP server with username "you@example.com" using the following authenticators: "LOGIN", "PLAIN".`}, // Symfony
		{"", "534-5.7.8 wrong password"},
		{"", "535 5.7.8 Sorry"},
		{"", "535"},
	},
	submission.AppPasswordRequired: {
		{"auth", "534-5.7.9 Application-specific password required. For more information, go to\n534 5.7.9  https://support.google.com/mail/?p=InvalidSecondFactor x1-2002 - gsmtp"},
		{"auth", "535-5.7.8 Username and Password not accepted. For more information, go to\n535 5.7.8  https://support.google.com/mail/?p=BadCredentials a5 - gsmtp"},
		{"auth", "535 5.7.0 (#AUTH006) Invalid credentials"}, // Yahoo, AOL
		{"auth", "535 5.7.0 NEOBHODIM parol prilozheniya https://help.mail.ru/mail/security/protection/external / Application password is REQUIRED"},
		{"auth", "535 Error: 请使用授权码登录。详情请看: http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=28&&no=1001256"},
		{"auth", "535 Error: ÇëÊ¹ÓÃÊÚÈ¨ÂëµÇÂ¼¡£ÏêÇéÇë¿´: http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=28&&no=1001256"},
		{"auth", "535 5.7.8 Error: authentication failed: app password required"},
		{"", "5.7.8 Username and Password not accepted. Learn more at https://support.google.com/mail/?p=BadCredentials - gsmtp"},
	},
	submission.OAuthRequired: {
		{"auth", "535 5.7.139 Authentication unsuccessful, basic authentication is disabled. [LO2P265CA0001.GBRP265.PROD.OUTLOOK.COM 2024-10-01T10:00:00.000Z 08DC]"},
		{"auth", "550 5.7.30 Basic authentication is not supported for Client Submission."},
		{"auth", "535 5.7.8 Password login is no longer supported, OAuth2 is required"},
		{"auth", "535 5.7.3 Authentication unsuccessful; modern authentication required"},
	},
	submission.OAuthTokenInvalid: {
		{"auth", "334 eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ=="},
		{"auth", `535 5.7.8 Error: authentication failed: {"status":"invalid_token","schemes":"bearer","scope":"mail"}`}, // Dovecot
		{"auth", "535 5.7.3 Authentication unsuccessful: XOAUTH2 token expired"},
		{"auth", "501 5.5.2 Malformed XOAUTH2 response"},
		{"", "Can't create new access token for user: invalid_grant"},
	},
	submission.AuthDisabledForAccount: {
		{"auth", "535 5.7.139 Authentication unsuccessful, account security policies block smtp"},
		{"auth", "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox. Visit https://aka.ms/smtp_auth_disabled for more information."},
		{"auth", "535 5.7.139 Authentication unsuccessful, user is locked by your organization's security defaults policy. Contact your administrator."},
		{"auth", "535 5.7.8 Error: authentication failed: You do not have access to this service"},
		{"auth", "550 User has no permission"}, // NetEase
		{"auth", "535 SMTP access is disabled for this mailbox"},
		{"auth", "502 5.7.0 Your SMTP account is not yet activated. Please contact us"}, // Brevo
		{"auth", "535 5.7.8 POP3 and IMAP access is disabled. Enable it in the settings"},
	},
	submission.AuthMissing: {
		{"auth", "530 5.7.1 Authentication required"},
		{"mail", "530 5.7.0 Authentication required"},
		{"mail", "530 5.5.1 Authentication Required. Learn more at https://support.example.com"},
		{"rcpt", "550 5.7.1 Client was not authenticated"},
		{"mail", "530 5.7.57 Client not authenticated to send mail. [AM0PR01]"},
		{"rcpt", "554 5.7.1 <unknown[192.0.2.7]>: Client host rejected: Access denied"}, // Postfix submission
		{"rcpt", "553 5.7.1 <you@example.com>: Sender address rejected: not logged in"},
		{"mail", "503 5.5.4 Error: send AUTH command first"},
		{"rcpt", "550 relay not permitted, authentication required"}, // Exim
		{"", "550 Unauthenticated senders not allowed"},              // SendGrid
		{"", "553 authentication is required"},                       // NetEase
		{"", "The SMTP server requires a secure connection or the client was not authenticated. The server response was: 5.5.1 Authentication Required."},
		{"mail", "530 please log in"},
	},
	submission.AuthMechanismUnsupported: {
		{"auth", "504 5.7.4 Unrecognized authentication type"},  // Exchange
		{"auth", "504 5.5.4 Unrecognized authentication type."}, // Postfix
		{"auth", "504 PLAIN authentication mechanism not supported"},
		{"auth", "535 5.7.8 Error: authentication failed: no mechanism available"},
		{"auth", "534 5.7.9 Authentication mechanism is too weak"},
		{"auth", "smtplib.SMTPException: No suitable authentication method found."},
		{"auth", "504 Unknown mechanism <PLAIN>"},
		{"auth", "javax.mail.AuthenticationFailedException: No authentication mechanisms supported by both server and client"},
	},
	submission.AuthNotOffered: {
		{"auth", "503 AUTH command used when not advertised"},      // Exim
		{"auth", "503 5.5.1 Error: authentication not enabled"},    // Postfix
		{"auth", "502 5.5.2 Error: command not recognized"},        // Postfix
		{"auth", "500 5.5.1 Command unrecognized: \"AUTH LOGIN\""}, // sendmail
		{"auth", "502 unimplemented (#5.5.1)"},                     // qmail
		{"auth", "smtplib.SMTPNotSupportedError: SMTP AUTH extension not supported by server."},
		{"", "server does not support SMTP AUTH"},
		{"", "smtp: server doesn't support AUTH"},
		{"auth", "Authentication is not supported by the server"},
	},
	submission.TLSRequired: {
		{"", "STARTTLS is required"},
		{"mail", "530 5.7.0 Must issue a STARTTLS command first"},
		{"auth", "538 5.7.11 Encryption required for requested authentication mechanism"},
		{"auth", "504 5.7.4 Plaintext authentication disallowed on non-secure (SSL/TLS) connections."},
		{"mail", "451 5.7.3 STARTTLS is required to send mail"}, // Exchange Online
		{"rcpt", "550 5.7.10 Encryption needed"},
		{"auth", "unencrypted connection"}, // Go
		{"mail", "554 5.7.1 Session encryption is required"},
		{"", "The SMTP server requires a secure connection or the client was not authenticated. The server response was: 5.7.0 Must issue a STARTTLS command first."},
	},
	submission.WebLoginRequired: {
		{"auth", "534-5.7.14 <https://accounts.google.com/signin/continue?sarp=1&scc=1> Please\n534-5.7.14 log in via your web browser and then try again.\n534 5.7.14  Learn more at https://support.google.com/mail/answer/78754 b1 - gsmtp"},
		{"auth", "534 5.7.9 Please log in with your web browser and then try again."},
		{"auth", "535 Please sign in to webmail and confirm that it was you"},
		{"", "Exception message was: 5.7.14 Please log in via your web browser and 5.7.14 then try again."},
	},
	submission.AccountSuspended: {
		{"data", "550 5.4.6 Unusual sending activity detected. Please try after sometime. To unblock https://mail.zoho.com/UnblockMe"},
		{"data", "554 5.2.0 STOREDRV.Submission.Exception:OutboundSpamException; Failed to process message due to a permanent exception with message WASCL UserAction verdict is not None. Actual verdict is Suspend"},
		{"auth", "525 5.7.13 User Account Disabled"},
		{"auth", "535 5.7.8 Your account has been suspended"},
		{"rcpt", "550 Outgoing mail from \"you@example.com\" has been suspended."}, // cPanel
		{"data", "554 Message rejected: Sending suspended for this account."},      // Amazon SES
		{"data", "550 5.1.8 Access denied, bad outbound sender AS(42004)"},         // Exchange Online
		{"auth", "535 Error: account is locked"},
		{"mail", "550 User suspended"}, // NetEase
		{"auth", "535 5.7.1 mailbox blocked for spam"},
		{"rcpt", "550 5.7.501 Service unavailable. Spam abuse detected"},
	},
	submission.FromMismatch: {
		{"rcpt", "553 5.7.1 <other@example.com>: Sender address rejected: not owned by user you@example.com"}, // Postfix
		{"data", "553 Relaying disallowed as other@example.com"},
		{"data", "550 5.7.60 SMTP; Client does not have permissions to send as this sender"},
		{"data", "554 5.2.252 SendAsDenied; you@example.com not allowed to send as other@example.com; STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied"},
		{"data", "550 5.7.1 Sender mismatch"},                                // Infomaniak
		{"mail", "501 mail from address must be same as authorization user"}, // QQ
		{"mail", "553 Mail from must equal authorized user"},                 // NetEase
		{"data", "550 5.7.0 From address is not one of your addresses"},      // iCloud
		{"data", "554 5.0.0 Error: transaction failed: invalid return path"}, // Bridge
		{"data", "554 5.0.0 cannot send from address: other@example.com"},
		{"mail", "550-Requested action not taken: mailbox unavailable\n550 Sender address is not allowed."}, // GMX, web.de
		{"rcpt", "554 5.7.1 Recipient address rejected: Username you@example.com and sender doesn't match"},
		{"mail", "550 5.7.1 Sender is not authorized to use this address"},
		{"mail", "550 you are not allowed to send mail from this address"},
		{"data", "554 DT:SUM 163 smtp9,x1"},
	},
	submission.SenderNotVerified: {
		{"data", "554 Message rejected: Email address is not verified. The following identities failed the check in region EU-WEST-1: you@example.com"},
		{"data", "550 The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved."},
		{"data", "550 The example.com domain is not verified. Please, add and verify your domain"}, // Resend
		{"data", "Sandbox subdomains are for test purposes only. Please add your own domain or add the address to authorized recipients in Account Settings."},
		{"mail", "550 5.7.1 Unconfigured Sending Domain <example.com>"},                                                                                  // SparkPost
		{"data", "The 'From' address you supplied is not a Sender Signature on your account."},                                                           // Postmark
		{"data", "Sending has been rejected because the sender you used you@example.com is not valid. Validate your sender or authenticate your domain"}, // Brevo
	},
	submission.SenderDomainInvalid: {
		{"rcpt", "450 4.1.8 <you@nowhere.example>: Sender address rejected: Domain not found"},
		{"mail", "553 5.1.8 <you@nowhere.example>... Domain of sender address you@nowhere.example does not exist"}, // sendmail
		{"mail", "451 4.1.8 Domain of sender address you@nowhere.example does not resolve"},
		{"rcpt", "550-Verification failed for <you@nowhere.example>\n550-The mail server could not deliver mail to you@nowhere.example.\n550 Sender verify failed"}, // Exim
		{"mail", "550 5.7.27 Sender address has null MX"},
		{"mail", "504 5.5.2 <you@localhost>: Sender address rejected: need fully-qualified address"},
	},
	submission.SenderDomainAuth: {
		{"data", "550 5.7.26 This mail has been blocked because the sender is unauthenticated. Gmail requires all senders to authenticate with either SPF or DKIM."},
		{"rcpt", "550 5.7.23 SPF validation failed"},
		{"rcpt", "550 5.7.1 <you@example.com>: Recipient address rejected: Please see http://www.openspf.net/Why?s=mfrom;id=you%40example.com : Reason: mechanism; SPF fail - not authorized"},
		{"data", "550 5.7.1 Email rejected per DMARC policy for example.com"},
		{"data", "554 5.7.5 Permanent error evaluating DMARC policy"},
		{"data", "550 5.7.20 No passing DKIM signature found"},
		{"data", "550 MI:SPF mx12"},
	},
	submission.SenderRejected: {
		{"mail", "550 5.7.1 <you@example.com>: Sender address rejected: Access denied"},
		{"mail", "501 5.1.7 Bad sender address syntax"},
		{"mail", "553 sorry, your envelope sender is in my badmailfrom list (#5.7.1)"}, // qmail
		{"mail", "550 no thanks"},
	},
	submission.RelayDenied: {
		{"rcpt", "554 5.7.1 <them@example.net>: Relay access denied"}, // Postfix
		{"rcpt", "550 5.7.1 Unable to relay"},                         // Exchange
		{"rcpt", "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain"},
		{"rcpt", "550 5.7.1 <them@example.net>... Relaying denied"},                       // sendmail
		{"rcpt", "550 relay not permitted"},                                               // Exim
		{"rcpt", "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)"}, // qmail
		{"rcpt", "550 5.7.64 TenantAttribution; Relay Access Denied [AM5EUR]"},
		{"", "550 We do not relay mail for this domain"},
	},
	submission.RecipientRejected: {
		{"rcpt", "550 5.1.1 <them@example.net>: Recipient address rejected: User unknown in local recipient table"}, // Postfix
		{"rcpt", "550 5.1.1 <them@example.net>... User unknown"},                                                    // sendmail
		{"rcpt", "550 Unrouteable address"},                                                                         // Exim
		{"rcpt", "550 No Such User Here"},                                                                           // cPanel
		{"rcpt", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"},           // Exchange
		{"rcpt", "550 sorry, no mailbox here by that name. (#5.7.17)"},                                              // qmail
		{"rcpt", "550 5.2.1 The email account that you tried to reach is inactive."},                                // Gmail
		{"rcpt", "550 Requested action not taken: mailbox unavailable"},
		{"rcpt", "550 5.4.1 Recipient address rejected: Access denied. [AM6EUR05]"},
		{"rcpt", "450 4.1.2 <them@nowhere.example>: Recipient address rejected: Domain not found"},
		{"rcpt", "550 Invalid User : them@example.net"}, // NetEase
		{"data", "554 5.5.1 Error: no valid recipients"},
		{"rcpt", "550 #5.1.0 Address rejected."}, // IronPort
		{"rcpt", "553 5.1.3 Bad recipient address syntax"},
		{"rcpt", "550 5.1.1 hmm"},
		{"", "Recipient address rejected: undeliverable address: unknown user: \"them\""},
	},
	submission.RecipientMailboxFull: {
		{"rcpt", "452 4.2.2 <them@example.net>: Mailbox full"},
		{"data", "552 5.2.2 <them@example.net> Quota exceeded (mailbox for user is full)"}, // Dovecot
		{"rcpt", "552-5.2.2 The email account that you tried to reach is over quota. Please direct\n552 5.2.2 the recipient to https://support.google.com/mail/?p=OverQuotaPerm"},
		{"rcpt", "552 Requested mail action aborted: exceeded storage allocation"},
		{"rcpt", "550 5.1.1 User mailbox exceeds allowed size"},
		{"rcpt", "422 the recipient's mailbox is over its storage limit"},
		{"", "550 user over quota"},
	},
	submission.RateLimited: {
		{"", "421 4.7.0 mx.example.com Error: too many errors"},
		{"greeting", "421 4.7.0 mx.example.com Error: too many connections from 192.0.2.1"},
		{"auth", "454 4.7.0 Too many login attempts, please try again later."},
		{"auth", "432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending"},
		{"data", "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded"},
		{"mail", "450 4.7.1 Error: too much mail from 192.0.2.1"},
		{"data", "454 Throttling failure: Maximum sending rate exceeded."},
		{"mail", "451 MI:SFQ 163 smtp5"},
		{"rcpt", "450 4.7.1 sasl_rate_limit per minute exceeded"},
		{"rcpt", "550 5.7.1 sorry, too many emails (#5.7.1)"},
		{"rcpt", "550 Domain example.com has exceeded the max emails per hour (220/200 (110%)) allowed. Message discarded."}, // cPanel
		{"rcpt", "452 4.5.3 Error: too many recipients"},
		{"greeting", "421 HL:ICC 163 mx22"},
	},
	submission.QuotaExceeded: {
		{"data", "550 5.4.5 Daily user sending limit exceeded. For more information on Gmail sending limits go to https://support.google.com/a/answer/166852 - gsmtp"},
		{"rcpt", "550 5.7.1 You have exceeded your daily sending quota"},
		{"data", "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; message with the recipients over the limit"},
		{"data", "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients"},
		{"auth", "550 Your balance of credits is exhausted"},
		{"data", "454 Throttling failure: Daily message quota exceeded."},
		{"rcpt", "554 5.7.1 <you@example.com>: Sender address rejected: Policy rejection; Message count quota exceeded."},
		{"rcpt", "550 MI:STC 163 smtp3"},
		{"quota", "550 5.7.1 that is all for you"},
		{"data", "554 5.7.1 You have reached the limit of 100 messages per day of your plan"},
	},
	submission.Greylisted: {
		{"rcpt", "450 4.2.0 <them@example.net>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/example.net.html"},
		{"rcpt", "451 4.7.1 Greylisting in action, please come back later"},
		{"rcpt", "451 4.7.1 Please try again later (graylisted)"},
		{"data", "450 4.7.1 Greylisted for 300 seconds"},
	},
	submission.IPBlocked: {
		{"data", "550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP."}, // Exchange Online
		{"rcpt", "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.1"},
		{"greeting", "554 mx.example.com ESMTP not accepting connections from your IP, see blocklist"},
		{"rcpt", "550 5.7.25 The IP address sending this message does not have a PTR record setup"},
		{"rcpt", "450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]"},
		{"auth", "525 5.7.1 Unauthorized IP address"}, // Brevo
		{"mail", "550 5.7.606 Access denied, banned sending IP [192.0.2.1]"},
		{"greeting", "554 HL:IPB 163 mx1"},
		{"", "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Part of their network is on our block list (S3140)."},
		{"greeting", "554 Your access to this mail system has been rejected due to the sending MTA's poor reputation."}, // IronPort
		{"greeting", "554 5.7.1 You are not authorized to connect"},
		{"greeting", "550 go away"},
	},
	submission.MessageTooLarge: {
		{"mail", "552 5.3.4 Message size exceeds fixed limit"}, // Postfix
		{"mail", "552 Message size exceeds maximum permitted"}, // Exim
		{"data", "552 5.3.4 Error: message file too big"},
		{"mail", "552 5.2.3 Message exceeds maximum fixed size"},
		{"data", "552-5.2.3 Your message exceeded Google's message size limits."},
		{"data", "552 sorry, that message size exceeds my databytes limit (#5.3.4)"}, // qmail
		{"mail", "552 too big"},
	},
	submission.ContentRejectedSpam: {
		{"data", "550 5.7.1 Message rejected as spam by Content Filtering."}, // Exchange
		{"data", "554 5.7.1 Spam message rejected"},                          // rspamd
		{"data", "550-5.7.1 Our system has detected that this message is\n550-5.7.1 likely unsolicited mail. To reduce the amount of spam sent to Gmail,\n550 5.7.1 this message has been blocked."},
		{"data", "554 Transaction failed\n554 Reject due to policy restrictions."},
		{"data", "550 High probability of spam"},
		{"data", "554 5.7.1 Blocked by SpamAssassin"},
		{"data", "554 5.7.7 Email policy violation detected"},
		{"data", "550 5.7.1 Reject for policy reason RULE3_1. See http://postmaster.gandi.net"},
		{"data", "554 DT:SPM 163 smtp11"},
		{"data", "550 A URL in this email is listed on https://spamrl.com"},
	},
	submission.ContentRejectedVirus: {
		{"data", "554 5.7.1 virus Eicar-Signature detected by ClamAV - http://www.clamav.net"},
		{"data", "552-5.7.0 This message was blocked because its content presents a potential\n552 5.7.0 security issue."},
		{"data", "550 This message contains malware (Win.Test.EICAR_HDB-1)"},
		{"data", "554 5.7.1 Attachment type not allowed: .exe"},
		{"data", "552 Illegal Attachment"}, // NetEase
	},
	submission.ProtocolError: {
		{"data", "503 5.5.1 Error: need RCPT command"},
		{"mail", "503 5.5.1 Bad sequence of commands"},
		{"mail", "503 5.5.1 Error: send HELO/EHLO first"},
		{"mail", "555 5.5.2 Syntax error. b1 - gsmtp"},
		{"ehlo", "554 SMTP synchronization error"}, // Exim
		{"data", "550 5.7.1 Messages missing a valid address in From: header, or having no From: header, are not accepted."},
		{"data", "554 5.6.0 Message contains bare newlines"},
		{"data", "550 5.7.1 Our system has detected that this message is not RFC 5322 compliant"},
		{"mail", "501 5.5.4 Syntax: MAIL FROM:<address>"},
		{"auth", "501 5.5.2 cannot decode AUTH parameter"},
	},
	submission.HELORejected: {
		{"ehlo", "504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname"}, // Postfix
		{"ehlo", "501 Syntactically invalid EHLO argument(s)"},                                  // Exim
		{"ehlo", "501 5.5.4 Invalid domain name"},                                               // Exchange
		{"ehlo", "421 4.7.0 Try again later, closing connection. (EHLO) a1 - gsmtp"},            // Google
		{"rcpt", "550 Access denied - Invalid HELO name (See RFC2821 4.1.1.1)"},                 // cPanel
		{"rcpt", "450 4.7.1 <laptop>: Helo command rejected: Host not found"},
		{"ehlo", "501 5.0.0 Invalid domain name"}, // sendmail
		{"ehlo", "550 MI:NHD 163 mx3"},
		{"ehlo", "421 bye"},
		{"ehlo", "EOF"},
	},
	submission.DNSFailure: {
		{"", "dial tcp: lookup smtp.exmaple.com: no such host"},
		{"", "getaddrinfo ENOTFOUND smtp.exmaple.com"},
		{"", "getaddrinfo EAI_AGAIN smtp.example.com"},
		{"", "socket.gaierror: [Errno -2] Name or service not known"},
		{"", "php_network_getaddresses: getaddrinfo failed: Temporary failure in name resolution"},
		{"", "java.net.UnknownHostException: smtp.exmaple.com"},
		{"", "The remote name could not be resolved: 'smtp.exmaple.com'"},
		{"dns", "lookup smtp.example.com on 127.0.0.53:53: read udp 127.0.0.1:40000->127.0.0.53:53: i/o timeout"},
		{"", "curl: (6) Could not resolve host: smtp.exmaple.com"},
	},
	submission.ConnectionRefused: {
		{"", "dial tcp 127.0.0.1:25: connect: connection refused"},
		{"", "connect ECONNREFUSED 192.0.2.10:8025"},
		{"", "ConnectionRefusedError: [Errno 111] Connection refused"},
		{"", "No connection could be made because the target machine actively refused it 192.0.2.10:26"},
	},
	submission.PortBlocked: {
		{"", "dial tcp 192.0.2.10:465: i/o timeout"},
		{"", "connect ETIMEDOUT 192.0.2.10:587"},
		{"", "stream_socket_client(): unable to connect to smtp.example.com:587 (Connection timed out)"},
		{"", "dial tcp 192.0.2.10:25: connect: no route to host"},
		{"", "OSError: [Errno 101] Network is unreachable"},
		{"connect", "A connection attempt failed because the connected party did not properly respond after a period of time"},
	},
	submission.ServerSilent: {
		{"greeting", "read tcp 10.0.0.2:41000->192.0.2.10:587: i/o timeout"},
		{"greeting", "smtp.example.com:587: timed out waiting for the greeting"},
		{"auth", "read tcp 10.0.0.2:41000->192.0.2.10:465: i/o timeout"},
	},
	submission.ConnectionLost: {
		{"auth", "read tcp 10.0.0.2:41000->192.0.2.10:587: read: connection reset by peer"},
		{"data", "smtplib.SMTPServerDisconnected: Connection unexpectedly closed"},
		{"mail", "421 4.4.2 mx.example.com Error: timeout exceeded"},
		{"", "write: broken pipe"},
		{"", "lost connection with mx.example.com[192.0.2.1] while sending end of data"},
	},
	submission.NotSMTP: {
		{"greeting", "Invalid greeting. response=HTTP/1.1 400 Bad Request"},
		{"greeting", "malformed reply: * OK [CAPABILITY IMAP4rev1 SASL-IR] Dovecot ready."},
		{"greeting", "malformed reply: +OK POP3 server ready"},
		{"greeting", "malformed reply: SSH-2.0-OpenSSH_9.6"},
	},
	submission.WrongPortOrSecurity: {
		{"", "tls: first record does not look like a TLS handshake"},
		{"", "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)"},
		{"", "javax.net.ssl.SSLException: Unrecognized SSL message, plaintext connection?"},
		{"greeting", "read tcp 10.0.0.2:41000->192.0.2.10:465: i/o timeout"},
		{"", "Error: Greeting never received"},
		{"", "The handshake failed due to an unexpected packet format."},
	},
	submission.STARTTLSNotOffered: {
		{"", "502 5.5.1 STARTTLS not supported"},
		{"", "smtplib.SMTPNotSupportedError: STARTTLS extension not supported by server."},
		{"", "server does not support STARTTLS"},
		{"starttls", "502 5.5.1 Unrecognized command"},
		{"starttls", "503 STARTTLS command used when not advertised"},
	},
	submission.TLSVersion: {
		{"", "tls: server selected unsupported protocol version 301"},
		{"", "[SSL: UNSUPPORTED_PROTOCOL] unsupported protocol (_ssl.c:1129)"},
		{"", "remote error: tls: handshake failure"},
		{"", "javax.net.ssl.SSLHandshakeException: No appropriate protocol (protocol is disabled or cipher suites are inappropriate)"},
		{"", "421 4.7.0 TLS 1.1 is not supported here"},
	},
	submission.CertUntrusted: {
		{"", "x509: certificate signed by unknown authority"},
		{"", "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self signed certificate (_ssl.c:997)"},
		{"", "Error: self signed certificate in certificate chain"},
		{"", "PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target"},
		{"", "unable to verify the first certificate"},
		{"", "The remote certificate is invalid according to the validation procedure."},
		{"", "error:1416F086:SSL routines:tls_process_server_certificate:certificate verify failed"},
	},
	submission.CertExpired: {
		{"", "The remote certificate is invalid because of errors in the certificate chain: NotTimeValid"}, // .NET
		{"", "x509: certificate has expired or is not yet valid: current time 2025-03-01T00:00:00Z is after 2025-02-01T00:00:00Z"},
		{"", "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1007)"},
		{"", "Error: certificate has expired"},
		{"", "x509: certificate has expired or is not yet valid: current time 2020-03-01T00:00:00Z is before 2025-02-01T00:00:00Z"},
	},
	submission.CertNameMismatch: {
		{"", "ERR_TLS_CERT_ALTNAME_INVALID"},
		{"", "x509: certificate is valid for *.example.net, example.net, not smtp.example.org"},
		{"", "Hostname/IP does not match certificate's altnames: Host: smtp.example.org. is not in the cert's altnames: DNS:*.example.net"},
		{"", "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch, certificate is not valid for 'smtp.example.org'. (_ssl.c:997)"},
		{"", "stream_socket_enable_crypto(): Peer certificate CN=`mail.example.net' did not match expected CN=`smtp.example.org'"},
		{"", "x509: cannot validate certificate for 192.0.2.1 because it doesn't contain any IP SANs"},
		{"", "java.security.cert.CertificateException: No subject alternative names matching IP address 192.0.2.1 found"},
	},
	submission.ServerDownTemporary: {
		{"mail", "451 4.3.0 Error: queue file write error"},
		{"rcpt", "451 Temporary local problem - please try later"},         // Exim
		{"rcpt", "451 4.3.0 <them@example.net>: Temporary lookup failure"}, // Postfix
		{"data", "452 4.3.1 Insufficient system storage"},
		{"greeting", "421 4.3.2 Service not available"},
		{"auth", "454 4.7.0 Temporary authentication failure"},
		{"auth", "535 5.7.8 Error: authentication failed: Connection lost to authentication server"},
		{"", "421 Service not available, closing transmission channel"},
		{"data", "451 qq internal error (#4.3.0)"}, // qmail
		{"data", "451 4.4.0 something else"},
		{"starttls", "454 4.7.0 TLS not available due to local problem"},
	},
	submission.Unknown: {
		{"", "hello"},
		{"", "553"},
		{"", "554 bananas"},
		{"data", "554 5.7.1 bananas"},
		{"rcpt", "550 5.7.1 bananas"},
		{"", "550 5.7.1 Command rejected"},
		{"", "Message could not be sent."},
	},
}

// The program alone can see these, never a text.
var withoutWords = map[submission.Cause]bool{
	submission.BridgeNotRunning: true, submission.SMTPIntercepted: true,
	submission.STARTTLSInjection: true, submission.NotDelivered: true,
}

func TestWordings(t *testing.T) {
	t.Parallel()
	for _, cause := range submission.Causes() {
		list := wordings[cause]
		if len(list) < 3 && !withoutWords[cause] {
			t.Errorf("%s: %d texts, at least three are needed", cause, len(list))
		}
		for _, w := range list {
			d := Text(Pasted{Text: w.text, Stage: w.stage})
			if d.Cause != cause {
				t.Errorf("%s %q: got %s, want %s", w.stage, w.text, d.Cause, cause)
			}
		}
	}
}

// The texts of testdata/wordings.tsv, at their stage and without it. They were
// written down, with their causes, before the rules were run on them.
func TestWordingsOfMany(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/wordings.tsv")
	if err != nil {
		t.Fatal(err)
	}
	const least = 350
	rows := 0
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		rows++
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(cells) != 4 {
			t.Fatalf("%d cells in %q", len(cells), line)
		}
		text := strings.ReplaceAll(cells[3], `\n`, "\n")
		for _, stage := range []report.Stage{report.Stage(cells[1]), ""} {
			d := Text(Pasted{Text: text, Stage: stage})
			if !slices.Contains(strings.Split(cells[2], "|"), string(d.Cause)) {
				t.Errorf("%s, at %q: %s, want %s: %s", cells[0], stage, d.Cause, cells[2], text)
			}
			if d.Summary == "" || len(d.Fixes) == 0 {
				t.Errorf("%s: nothing is said of %s", cells[0], text)
			}
		}
	}
	if rows < least {
		t.Errorf("only %d texts", rows)
	}
}
