package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/export"
	"github.com/smtpwiz/smtpwiz/internal/settings"
)

// Each kind of file that lint reads is tried with what stands in it.
func TestFromFile(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	e := firstWith(h.server.Endpoints(), "ssl")
	starttls := firstWith(h.server.Endpoints(), "starttls")
	user, password := h.server.Account()
	filled := strings.NewReplacer("@HOST", e.Host, "@SSL", fmt.Sprint(e.Port), "@STARTTLS", fmt.Sprint(starttls.Port), "@USER", user, "@PASSWORD", password.Reveal())
	for name, file := range map[string]string{
		".env":        "SMTP_HOST=@HOST\nSMTP_PORT=@STARTTLS\nSMTP_USER=@USER\nSMTP_PASSWORD='@PASSWORD'\nSMTP_TLS=true\n",
		"msmtprc":     "defaults\nauth on\ntls on\naccount one\nhost 127.0.0.1\nport 1\nuser x\naccount two\nhost @HOST\nport @STARTTLS\nuser @USER\npassword @PASSWORD\n",
		"mail.js":     "nodemailer.createTransport({ host: '@HOST', port: @SSL, secure: true, auth: { user: '@USER', pass: '@PASSWORD' } })",
		"settings.py": "EMAIL_HOST = '@HOST'\nEMAIL_PORT = @STARTTLS\nEMAIL_USE_TLS = True\nEMAIL_HOST_USER = '@USER'\nEMAIL_HOST_PASSWORD = '@PASSWORD'\n",
		"send.php":    "<?php\n$mail->Host = '@HOST';\n$mail->Port = @STARTTLS;\n$mail->SMTPSecure = 'tls';\n$mail->SMTPAuth = true;\n$mail->Username = '@USER';\n$mail->Password = '@PASSWORD';\n",
		"app.ini":     "[mailer]\nENABLED = true\nPROTOCOL = smtps\nSMTP_ADDR = @HOST\nSMTP_PORT = @SSL\nUSER = @USER\nPASSWD = `@PASSWORD`\nFROM = You <@USER>\n",
		"compose.yml": "services:\n  web: {image: web}\n  app:\n    environment:\n      SMTP_HOST: @HOST\n      SMTP_PORT: @STARTTLS\n      SMTP_SECURITY: starttls\n      SMTP_USERNAME: @USER\n      SMTP_PASSWORD: @PASSWORD\n",
	} {
		args := []string{"test", "--from-file", h.write(name, filled.Replace(file)), "--ca-file", h.dir + "/ca.pem"}
		if name == "msmtprc" {
			args = append(args, "two")
		}
		h.run(0, args...)
		h.says("Works.")
		h.hides(name, h.out.String()+h.errs.String())
	}
	if got := len(h.server.Messages()); got != 7 {
		t.Errorf("%d mails came through, want 7", got)
	}

	// Commands and files that a file names are neither run nor read.
	ran := h.dir + "/ran"
	h.write("eval.msmtprc", filled.Replace("account a\nhost @HOST\nport @STARTTLS\ntls on\nauth on\nuser @USER\npasswordeval \"touch "+ran+"; echo @PASSWORD\"\n"))
	h.run(2, "test", "--from-file", h.dir+"/eval.msmtprc", "--ca-file", h.dir+"/ca.pem")
	h.says("line 7: the password comes from the command touch, which was neither run nor read: give it with --password-command", "no password was given")
	h.hides("the output", h.out.String()+h.errs.String())
	if strings.Contains(h.errs.String(), ran) {
		t.Errorf("the command's arguments are shown: %s", h.errs.String())
	}
	h.env["SMTPWIZ_PASSWORD"] = password.Reveal()
	h.run(0, "test", "--from-file", h.dir+"/eval.msmtprc", "--ca-file", h.dir+"/ca.pem", "--check", "login")
	delete(h.env, "SMTPWIZ_PASSWORD")
	if _, err := os.Stat(ran); err == nil {
		t.Error("the file's command was run")
	}

	// The server is never guessed.
	h.write("var.env", "SMTP_HOST=$HOST\nSMTP_USER=you@gmail.com\nSMTP_PASSWORD=pa55-Marker-9fQ\n")
	h.run(2, "test", "--from-file", h.dir+"/var.env")
	h.says("line 1: the host is a variable, whose value only its program knows", "hint: add --host")

	// Several accounts, and what excludes each other.
	h.run(2, "test", "three", "--from-file", h.dir+"/msmtprc")
	h.says(`has no account "three"`, "it has one, two")
	h.run(4, "test", "--from-file", h.dir+"/msmtprc", "--check", "connect")
	h.says("has 2 accounts: one, two; this is one")
	h.run(2, "test", "--from-file", h.dir+"/msmtprc", "--demo")
	h.run(2, "test", "--from-file", h.dir+"/msmtprc", "--all")
	h.run(2, "test", "--from-file", h.dir+"/none.env")
	h.says("none.env")

	// The findings stand before the result, and in its notes.
	h.write("bad.js", "nodemailer.createTransport({ host: '127.0.0.1', port: 587, secure: true })")
	h.run(4, "test", "--from-file", h.dir+"/bad.js", "--check", "connect", "--json")
	h.says("bad.js line 1: `secure: true` on 587")
	if !strings.Contains(h.out.String(), "`secure: true` on 587") {
		t.Errorf("the notes do not have the finding: %s", h.out.String())
	}

	// report takes the same.
	h.run(4, "report", "--from-file", h.dir+"/bad.js", "--check", "connect", "--no-route")
}

// A flag that says another server or port leaves no half of the file's.
func TestFileAnswers(t *testing.T) {
	t.Parallel()
	account := export.Account{Values: map[string]export.Value{
		"host": {Text: "smtp.example.com", Line: 1}, "port": {Text: "465", Line: 2}, "security": {Text: "ssl", Line: 3}, "ca-file": {Text: "ca.pem", Line: 4},
	}}
	flag := func(name, value string) settings.Answers {
		return settings.Answers{name: {Value: value, Source: settings.FromFlag, Name: "--" + name}}
	}
	for name, tt := range map[string]struct {
		given                settings.Answers
		host, port, security string
	}{
		"as it is":         {nil, "smtp.example.com", "465", "ssl"},
		"another port":     {flag("port", "587"), "smtp.example.com", "587", ""},
		"another security": {flag("security", "starttls"), "smtp.example.com", "", "starttls"},
		"another host":     {flag("host", "mail.example.com"), "mail.example.com", "", ""},
		"a preset":         {flag("preset", "gmail"), "", "", ""},
	} {
		got := fileAnswers("x.env", account, tt.given)
		if got.Get("host") != tt.host || got.Get("port") != tt.port || got.Get("security") != tt.security || got.Has("ca-file") {
			t.Errorf("%s: %v", name, got)
		}
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	account.Values["ca-file"] = export.Value{Text: ca, Line: 4}
	if fileAnswers("x.env", account, nil).Has("ca-file") {
		t.Error("an authority that is not there is taken")
	}
	if err := os.WriteFile(ca, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := fileAnswers("x.env", account, nil).Get("ca-file"); got != ca {
		t.Errorf("ca-file %q", got)
	}
	if got := fileAnswers("x.env", account, nil)["port"]; got.Name != "x.env line 2" || got.Source != settings.FromFile {
		t.Errorf("%+v", got)
	}
}

// The advice is the provider's at whose server the file points.
func TestFromFileKnowsTheProvider(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	e := firstWith(h.server.Endpoints(), "starttls")
	h.write(".env", "SMTP_HOST=smtp.gmail.com\nSMTP_PORT=587\nSMTP_USER=you@gmail.com\nSMTP_PASSWORD=pa55-Marker-9fQ\n")
	h.run(7, "test", "--from-file", h.dir+"/.env", "--json", "--check", "login", "--ca-file", h.dir+"/ca.pem",
		"--connect-to", fmt.Sprintf("smtp.gmail.com:587:127.0.0.1:%d", e.Port), "--tls-fingerprint", h.fingerprint())
	h.says(`"preset": "gmail"`, "Google app password")
	h.hides("the output", h.out.String()+h.errs.String())
}
