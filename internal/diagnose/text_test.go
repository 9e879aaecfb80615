package diagnose

import (
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

func TestFindReply(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		code     int
		enhanced string
	}{
		"535 5.7.8 Authentication failed":                                            {535, "5.7.8"},
		"(534, b'5.7.9 Please log in')":                                              {534, "5.7.9"},
		"smtp;550 5.1.1 <them@example.net> User unknown":                             {550, "5.1.1"},
		"SMTP; 552-5.2.3 too large":                                                  {552, "5.2.3"},
		`Expected response code 250 but got code "553", with message "553 5.7.1 no"`: {553, "5.7.1"},
		"got response [530 5.7.0 Must issue a STARTTLS command first]":               {530, "5.7.0"},
		`level=warning msg="454 4.7.1 Relay access denied" code=454`:                 {454, "4.7.1"},
		"said: 550 sorry, no mailbox here by that name (#5.1.1)":                     {550, "5.1.1"},
		"The server response was: 5.7.60 SMTP; Client does not":                      {0, "5.7.60"},
		"577 5.1.1 <a@b.example>: Recipient address rejected":                        {577, "5.1.1"},
		"554-mx.example.com\n554 no":                                                 {554, ""},
		"dial tcp 192.0.2.10:465: i/o timeout":                                       {0, ""},
		"read tcp 10.0.0.2:41000->192.0.2.10:587: i/o timeout":                       {0, ""},
		"port 465 is blocked":                                                        {0, ""},
		"220 mx.example.com\n250 ok":                                                 {0, ""},
		"more than 500 messages were sent":                                           {0, ""},
		"Exim 4.96.1 said nothing":                                                   {0, ""},
		"connect to 198.51.100.25 failed":                                            {0, ""},
		"535":                                                                        {535, ""},
	} {
		if got := findReply(unwrap(text)); got.code != want.code || got.enhanced.String() != want.enhanced {
			t.Errorf("%q: got %d %s, want %d %s", text, got.code, got.enhanced, want.code, want.enhanced)
		}
	}
}

func TestTextOfManyLines(t *testing.T) {
	t.Parallel()
	swaks := strings.Join([]string{
		"=== Connected to smtp.example.com.", "<-  220 mx.example.com ESMTP", " -> EHLO pc.example.org", "<-  250-mx.example.com", "<-  250 AUTH PLAIN LOGIN",
		" -> AUTH PLAIN AHlvdQBzZWNyZXQ=", "<-  235 2.7.0 Authentication successful", " -> MAIL FROM:<other@example.com>", "<-  250 ok", " -> RCPT TO:<them@example.net>",
		"<** 553 5.7.1 <other@example.com>: Sender address rejected: not owned by user you@example.com", " -> QUIT", "<-  221 Bye",
	}, "\n")
	phpmailer := strings.Join([]string{
		"2024-01-01 10:00:00 SERVER -> CLIENT: 220 mx.example.com ESMTP", "2024-01-01 10:00:00 CLIENT -> SERVER: EHLO pc", "2024-01-01 10:00:00 SERVER -> CLIENT: 250-mx.example.com250 SIZE 100",
		"2024-01-01 10:00:01 CLIENT -> SERVER: MAIL FROM:<you@example.com>", "2024-01-01 10:00:01 SERVER -> CLIENT: 530 5.7.0 Must issue a STARTTLS command first",
		"2024-01-01 10:00:01 CLIENT -> SERVER: QUIT", "2024-01-01 10:00:01 SERVER -> CLIENT: 221 Bye",
	}, "\n")
	for name, c := range map[string]struct {
		text     string
		cause    submission.Cause
		evidence string
	}{
		"swaks":     {swaks, submission.FromMismatch, "553 5.7.1 <other@example.com>: Sender address rejected: not owned by user you@example.com"},
		"PHPMailer": {phpmailer, submission.TLSRequired, "530 5.7.0 Must issue a STARTTLS command first"},
		"a bounce": {"This is the mail system at host mx.example.com.\nI'm sorry to have to inform you that your message could not be delivered.\n\n<them@example.net>: host mx.example.net[192.0.2.1] said: 550 5.1.1 User unknown\n    (in reply to RCPT TO command)",
			submission.RecipientRejected, "<them@example.net>: host mx.example.net[192.0.2.1] said: 550 5.1.1 User unknown (in reply to RCPT TO command)"},
		"one sentence over lines": {"550-5.7.26 This mail is not accepted: it does not pass\n550-5.7.26 authentication checks of its\n550 5.7.26 domain", submission.SenderDomainAuth,
			"550-5.7.26 This mail is not accepted: it does not pass 550-5.7.26 authentication checks of its 550 5.7.26 domain"},
		"Python": {`Traceback (most recent call last):\n  File "mail.py", line 3\nsmtplib.SMTPAuthenticationError: (535, b'5.7.8 Error: authentication failed: no')`, submission.BadCredentials,
			`smtplib.SMTPAuthenticationError: (535, '5.7.8 Error: authentication failed: no')`},
		"HTML": {"Mailer Error: SMTP Error: Could not authenticate.<br />\n&lt;you@example.com&gt;", submission.BadCredentials, "Mailer Error: SMTP Error: Could not authenticate."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := Text(Pasted{Text: c.text})
			if d.Cause != c.cause || d.Evidence != c.evidence {
				t.Errorf("got %s, evidence %q; want %s, evidence %q", d.Cause, d.Evidence, c.cause, c.evidence)
			}
		})
	}
}

func TestTextWithAPreset(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		stage report.Stage
		cause submission.Cause
		says  string
	}{
		{"554 5.7.1 no bananas", report.Data, submission.ContentRejectedVirus, "Peel it"},
		{"554 5.7.1 no bananas", "", submission.ContentRejectedVirus, "https://example.com/peel"},
		{"535 5.7.8 authentication failed", "", submission.BadCredentials, "https://example.eu/app-passwords"},
		{"connect ECONNREFUSED 192.0.2.1:465", "", submission.PortBlocked, "firewall"},
		{"connect ETIMEDOUT 192.0.2.1:2525", "", submission.WrongPortOrSecurity, "port 465 with ssl"},
		{"550 5.4.5 daily limit exceeded", StageQuota, submission.QuotaExceeded, "200 mails a day"},
		{"550 5.4.5 daily limit exceeded", "", submission.QuotaExceeded, "with pauses between them"},
		{"550 5.4.5 daily limit exceeded", "", submission.QuotaExceeded, "larger allowance"},
		{"x509: certificate is valid for cpanel.host.example, not smtp.example.eu", "", submission.SMTPIntercepted, "cpanel.host.example"},
		{"SERVER -> CLIENT: 220-cpanel.host.example ESMTP Exim 4.97\nCLIENT -> SERVER: AUTH LOGIN\nSERVER -> CLIENT: 535 Incorrect authentication data", "", submission.SMTPIntercepted, "cpanel.host.example"},
	} {
		d := Text(Pasted{Text: c.text, Stage: c.stage, Preset: provider()})
		if d.Cause != c.cause || !strings.Contains(allText(d), c.says) {
			t.Errorf("%s %q: got %s, want %s saying %q:\n%s", c.stage, c.text, d.Cause, c.cause, c.says, allText(d))
		}
	}
	for _, text := range []string{"connect ECONNREFUSED 127.0.0.1:1025", "error creating smtp client: EOF"} {
		if d := Text(Pasted{Text: text, Preset: bridge()}); d.Cause != submission.BridgeNotRunning {
			t.Errorf("%q with a bridge: got %s", text, d.Cause)
		}
	}
}

func TestTextOfNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", " \n\t ", `\n`} {
		if d := Text(Pasted{Text: text}); d != nil {
			t.Errorf("%q: got %v", text, d)
		}
	}
}

func TestUnknownSaysWhatTheCodesMean(t *testing.T) {
	t.Parallel()
	d := Text(Pasted{Text: "452 4.6.5 bananas", Stage: report.Data})
	if d.Cause != submission.ServerDownTemporary { // a 452 is the server's own trouble
		t.Errorf("got %s", d.Cause)
	}
	d = Text(Pasted{Text: "554 5.6.5 bananas", Stage: report.Data})
	for _, want := range []string{"554 means", "RFC 5321", "5.6.5 is about the content of the message", "RFC 3463"} {
		if d.Cause != submission.Unknown || !strings.Contains(d.Summary, want) {
			t.Errorf("%s: %q is not in %q", d.Cause, want, d.Summary)
		}
	}
	if d.Evidence != "554 5.6.5 bananas" {
		t.Errorf("the words are not shown as they are: %q", d.Evidence)
	}
}

func TestPhrases(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		phrase, text string
		fits         bool
	}{
		{"relay access denied", "Relay access denied.", true},
		{"relay access denied", "relay was access denied", false},
		{"relay* … denied|refused", "Relaying to them@example.net is refused", true},
		{"relay … denied", "relay a b c d e f g denied", false}, // more than the gap
		{"*授权码*", "请使用授权码登录", true},
		{"*quota", "overquota", true},
		{"black listed", "black-listed", true},
		{"doesnt exist", "doesn't exist", true},
		{"a … b", "a b", true},
		{"a b", "a", false},
	} {
		if got := parsePhrase(c.phrase).in(wordsOf(c.text)); got != c.fits {
			t.Errorf("%q in %q: got %v", c.phrase, c.text, got)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, list := range wordings {
		for _, w := range list {
			f.Add(w.text, string(w.stage))
		}
	}
	f.Add("220 \x1b[31m\u202e x\n535-5.7.8 a\r\n535 b\xff", "auth")
	f.Add(strings.Repeat("535 5.7.8 relay not quota ", 1000), "")
	f.Add(`Host: a. is not in the cert's altnames: DNS:{server}`, "tls")
	f.Fuzz(func(t *testing.T, text, stage string) {
		d := Text(Pasted{Text: text, Stage: report.Stage(stage), Preset: provider()})
		if d == nil {
			return
		}
		wellFormed(t, d)
		if again := Text(Pasted{Text: text, Stage: report.Stage(stage), Preset: provider()}); again.Cause != d.Cause {
			t.Errorf("got %s, then %s", d.Cause, again.Cause)
		}
	})
}
