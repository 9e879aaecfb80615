package bridge

import "testing"

// The greetings are as the programs send them by default.
func TestName(t *testing.T) {
	t.Parallel()
	tests := []struct{ greeting, service, want string }{
		{"laptop Mailpit ESMTP Service ready", "", "Mailpit"},
		{"laptop Mailpit (staging) ESMTP Service ready", "", "Mailpit"},
		{"mailhog.example ESMTP MailHog", "", "MailHog"},
		{"DavMail 6.2.2-3546 SMTP ready at Thu Aug 20 10:00:00 CEST 2026", "", "DavMail"},
		{"localhost smtp4dev ready", "", "smtp4dev"},
		{"inbucket Inbucket SMTP ready", "", "Inbucket"},
		{"EventMachine SMTP Server", "", "MailCatcher"},
		{"/127.0.0.1 GreenMail SMTP Service v2.1.3 ready", "", "GreenMail"},
		{"Papercut.Service v6.0.0.0 ESMTP ready", "", "Papercut"},
		{"laptop Python SMTP 1.4.6", "", "aiosmtpd"},
		{"laptop ESMTP SubEthaSMTP 3.1.7", "", "SubEthaSMTP"},
		{"laptop ESMTP Postfix (Debian/GNU)", "", "Postfix"},
		{"laptop ESMTP OpenSMTPD", "", "OpenSMTPD"},
		{"laptop ESMTP Exim 4.98 Thu, 20 Aug 2026 10:00:00 +0200", "", "Exim"},
		{"laptop ESMTP Sendmail 8.18.1/8.18.1; Thu, 20 Aug 2026 10:00:00 +0200", "", "Sendmail"},
		{"localhost ESMTP Service Ready", "", ""}, // hydroxide
		{"laptop ESMTP", "", ""},                  // MailDev
		{"", "http", "a web server"},
		{"", "pop3", "a POP3 server"},
		{"", "gopher", ""},
		{"", "", ""},
	}
	for _, tt := range tests {
		if got := (seen{greeting: tt.greeting, service: tt.service}).name(); got != tt.want {
			t.Errorf("%q %q: %q", tt.greeting, tt.service, got)
		}
	}
}
