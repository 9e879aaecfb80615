package diagnose

import (
	"fmt"
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// noise is a log in which nothing decides, but much sounds as if.
func noise(lines int) string {
	var b strings.Builder
	for i := range lines {
		fmt.Fprintf(&b, "2024-05-%02d 10:%02d:%02d INFO  request id=%d status=200 took=%dms timeout=30s, connection closed\n", i%28+1, i/60%60, i%60, i, i)
	}
	return b.String()
}

func TestTextOfAnyShape(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text, evidence string
		cause          submission.Cause
	}{
		"a reply deep in a log": {noise(400) + "2024-05-09 11:00:00 ERROR mailer: 553 5.7.1 <a@example.com>: Sender address rejected: not owned by user b@example.com\n" + noise(400),
			"2024-05-09 11:00:00 ERROR mailer: 553 5.7.1 <a@example.com>: Sender address rejected: not owned by user b@example.com", submission.FromMismatch},
		"an error deep in a log": {noise(400) + "2024-05-09 11:00:00 ERROR mailer: dial tcp 192.0.2.1:587: connect: connection refused\n" + noise(400),
			"2024-05-09 11:00:00 ERROR mailer: dial tcp 192.0.2.1:587: connect: connection refused", submission.ConnectionRefused},
		"a short log": {noise(3) + "2024-05-09 11:00:00 ERROR send failed: x509: certificate has expired or is not yet valid\n" + noise(2),
			"2024-05-09 11:00:00 ERROR send failed: x509: certificate has expired or is not yet valid", submission.CertExpired},
		"another server's error in the log": {noise(9) + "2024-05-09 11:00:00 ERROR mail: 534 5.7.9 Application-specific password required\n2024-05-09 11:00:01 ERROR web: upstream said: 502 Bad Gateway\n",
			"2024-05-09 11:00:00 ERROR mail: 534 5.7.9 Application-specific password required", submission.AppPasswordRequired},
		"the latest of two in a log": {noise(3) + "2024-05-09 11:00:00 ERROR mail: 535 5.7.8 Authentication failed\n" + noise(3) + "2024-05-09 12:00:00 ERROR mail: 554 5.7.1 <them@example.net>: Relay access denied\n",
			"2024-05-09 12:00:00 ERROR mail: 554 5.7.1 <them@example.net>: Relay access denied", submission.RelayDenied},
		"one long line": {strings.Repeat("x ", 20_000) + "554 5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org" + strings.Repeat(" y", 9_000), "", submission.IPBlocked},
		"JSON in a log": {`{"level":"error","msg":"send","error":"554 5.7.1 \u003cthem@example.net\u003e: Relay access denied"}`,
			`{"level":"error","msg":"send","error":"554 5.7.1 <them@example.net>: Relay access denied"}`, submission.RelayDenied},
		"Node": {"Error: Invalid login: 535 5.7.0 Invalid login or password\n    at SMTPConnection._formatError (/app/node_modules/nodemailer/lib/smtp-connection/index.js:790:19)\n  code: 'EAUTH',\n  responseCode: 535,\n}",
			"Error: Invalid login: 535 5.7.0 Invalid login or password", submission.BadCredentials},
		"Java": {"javax.mail.MessagingException: Could not convert socket to TLS;\n  nested exception is:\n\tjavax.net.ssl.SSLHandshakeException: PKIX path building failed: unable to find valid certification path\n\tat com.sun.mail.smtp.SMTPTransport.startTLS(SMTPTransport.java:2155)",
			"javax.net.ssl.SSLHandshakeException: PKIX path building failed: unable to find valid certification path", submission.CertUntrusted},
		"a Python traceback": {"Traceback (most recent call last):\n  File \"send.py\", line 12, in <module>\n    smtplib.SMTP(\"smtp.example.com\", 587)\nTimeoutError: [Errno 110] Connection timed out",
			"TimeoutError: [Errno 110] Connection timed out", submission.PortBlocked},
		".NET": {"Unhandled exception. System.Net.Mail.SmtpException: The SMTP server requires a secure connection or the client was not authenticated. The server response was: 5.7.57 Client not authenticated to send mail.\n   at System.Net.Mail.MailCommand.CheckResponse()",
			"Unhandled exception. System.Net.Mail.SmtpException: The SMTP server requires a secure connection or the client was not authenticated. The server response was: 5.7.57 Client not authenticated to send mail. at System.Net.Mail.MailCommand.CheckResponse()", submission.AuthMissing},
		"a delivery report": {"Reporting-MTA: dns; mail.example.com\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.example.net\nDiagnostic-Code: smtp; 550 5.1.1 <them@example.net>: Recipient address\n    rejected: User unknown in virtual mailbox table",
			"Diagnostic-Code: 550 5.1.1 <them@example.net>: Recipient address rejected: User unknown in virtual mailbox table", submission.RecipientRejected},
		"curl": {"> EHLO x\n< 250 AUTH PLAIN\n> AUTH PLAIN\n< 334 \n> AHg=\n< 535 5.7.8 Authentication failed\n* Closing connection\ncurl: (67) Login denied",
			"< 535 5.7.8 Authentication failed", submission.BadCredentials},
		"a plugin's report": {"WordPress: 6.4\nHost: smtp.example.com\nPort: 587\nErrorInfo: SMTP Error: Could not authenticate.\n\nSMTP Debug:\nSMTP ERROR: Password command failed: 535 Incorrect authentication data",
			"SMTP ERROR: Password command failed: 535 Incorrect authentication data", submission.BadCredentials},
		"Latin-1": {"535 5.7.8 Authentifizierung f\xfcr you@example.com fehlgeschlagen: authentication failed", "535 5.7.8 Authentifizierung f�r you@example.com fehlgeschlagen: authentication failed", submission.BadCredentials},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := Text(Pasted{Text: c.text})
			wellFormed(t, d)
			if d.Cause != c.cause || c.evidence != "" && d.Evidence != c.evidence {
				t.Errorf("got %s by %q, want %s by %q", d.Cause, d.Evidence, c.cause, c.evidence)
			}
		})
	}
}

func TestNarrowed(t *testing.T) {
	t.Parallel()
	const line = "2024-05-09 11:00:00 ERROR mailer: 535 5.7.8 no"
	got := narrowed(noise(300) + line + "\n" + noise(300))
	if len(got) > maxText || !strings.Contains(got, line) {
		t.Errorf("%d bytes, with the line: %v", len(got), strings.Contains(got, line))
	}
	before, after, _ := strings.Cut(got, line)
	if len(before) < len(after) {
		t.Errorf("%d bytes before the line and %d after it", len(before), len(after))
	}
	if short := "a\nb"; narrowed(short) != short {
		t.Errorf("a short text is changed: %q", narrowed(short))
	}
	for _, l := range shortLines(strings.Repeat("ü", maxLine)) {
		if len(l) > maxLine || strings.Contains(l, "\ufffd") || strings.ToValidUTF8(l, "?") != l {
			t.Errorf("a line of %d bytes, cut inside a character: %v", len(l), strings.ToValidUTF8(l, "?") != l)
		}
	}
}
