package bridge

import (
	"slices"
	"strings"
)

// subjects are the names in the certificates that Bridge makes for itself, for
// twenty years each: now, and until April 2022.
// From: ProtonMail/proton-bridge dbef40cf, and before f3c69faf, internal/certs/tls.go.
var subjects = []string{
	"CN=127.0.0.1,OU=Proton Mail,O=Proton AG,C=CH",
	"CN=127.0.0.1,OU=ProtonMail,O=Proton Technologies AG,C=CH",
}

// isBridge asks for both marks, since each alone stands elsewhere too: the
// greeting is that of every server made with go-smtp but for its first word,
// the domain (proton-bridge dbef40cf, internal/services/imapsmtpserver/smtp.go),
// and the certificate serves IMAP likewise.
func (s seen) isBridge() bool {
	domain, _, _ := strings.Cut(s.greeting, " ")
	c := s.certificate
	return domain == host && c != nil && c.Subject == c.Issuer && slices.Contains(subjects, c.Subject)
}

// others are programs that people run on these ports, by a part of the greeting
// that each sends unless it was told otherwise. MailDev and hydroxide do not
// tell who they are.
var others = []struct{ greeting, name string }{
	{"Mailpit", "Mailpit"},                      // axllent/mailpit 408b30d, internal/smtpd/main.go AppName
	{"ESMTP MailHog", "MailHog"},                // mailhog/smtp 0c4e9b7, protocol.go Ident
	{"DavMail ", "DavMail"},                     // mguessan/davmail 3b87d523, SmtpConnection.java
	{"smtp4dev ready", "smtp4dev"},              // rnwood/smtp4dev 738a75ff, Connection.cs
	{"Inbucket SMTP ready", "Inbucket"},         // inbucket/inbucket e56c6d5, pkg/server/smtp/handler.go
	{"EventMachine SMTP Server", "MailCatcher"}, // default of the library that MailCatcher is made with
	{"GreenMail SMTP Service", "GreenMail"},     // greenmail, SmtpHandler.java sendGreetings
	{"Papercut", "Papercut"},                    // ChangemakerStudios/Papercut-SMTP#144: "Papercut.Service v6.0.0.0 ESMTP ready"
	{"Python SMTP", "aiosmtpd"},                 // aio-libs/aiosmtpd, smtp.py __ident__
	{"ESMTP SubEthaSMTP", "SubEthaSMTP"},        // voodoodyne/subethasmtp, as FakeSMTP uses it
	{"ESMTP Postfix", "Postfix"},                // postconf(5) smtpd_banner, mail_name
	{"ESMTP OpenSMTPD", "OpenSMTPD"},            // OpenSMTPD, smtpd.h SMTPD_BANNER
	{"ESMTP Exim", "Exim"},                      // Exim's specification, smtp_banner
	{"ESMTP Sendmail", "Sendmail"},              // Sendmail's operations guide, SmtpGreetingMessage
}

// services are the names of those who do not speak SMTP at all.
var services = []struct{ service, name string }{
	{"http", "a web server"}, {"imap", "an IMAP server"}, {"pop3", "a POP3 server"}, {"ssh", "an SSH server"},
}

// name says who it is, where Bridge is elsewhere.
func (s seen) name() string {
	if s.isBridge() {
		return "another user's Proton Mail Bridge"
	}
	for _, o := range others {
		if strings.Contains(s.greeting, o.greeting) {
			return o.name
		}
	}
	for _, o := range services {
		if s.service == o.service {
			return o.name
		}
	}
	return ""
}
