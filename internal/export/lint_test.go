package export

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/submission"
	"github.com/smtpwiz/smtpwiz/presets"
)

// TestLintMistakes is a table of what people really write. Each finding is
// "line: text" and must be there, and no other.
func TestLintMistakes(t *testing.T) {
	t.Parallel()
	library := preset.New(presets.FS, "")
	for name, tt := range map[string]struct {
		file, text string
		want       []string
	}{
		"nodemailer, secure on 587": {"mail.js", `const t = nodemailer.createTransport({
  host: "smtp.example.com",
  port: 587,
  secure: true,
  auth: { user: "you@example.com", pass: process.env.PASS },
});`, []string{"4: `secure: true` on 587: use false, or port 465"}},
		"nodemailer in one line": {"mail.ts", `nodemailer.createTransport({ host: 'smtp.example.com', port: 465, secure: false })`,
			[]string{"1: `secure: false` on 465: use true, or port 587"}},
		"nodemailer, secure as a text": {"mail.mjs", "nodemailer.createTransport({\nhost: 'a.example.com',\nport: 587,\nsecure: 'false' // not TLS\n})",
			[]string{"4: `secure: 'false'` is a text"}},
		"nodemailer, no check": {"mail.js", "createTransport({\nhost: 'a.example.com', port: 465, secure: true,\ntls: { rejectUnauthorized: false } })",
			[]string{"3: `rejectUnauthorized: false`"}},
		"nodemailer, URL": {"mail.js", `nodemailer.createTransport("smtps://you:pw@smtp.example.com:587")`,
			[]string{"1: `smtps://` on 587: use smtp://, or port 465"}},
		"env, secure on 587": {".env", "SMTP_HOST=smtp.example.com\nSMTP_PORT=587\nSMTP_SECURE=true\n",
			[]string{"3: `SMTP_SECURE=true` on 587: use false, or port 465"}},
		"env, tls on 465":     {".env", "MAIL_HOST=smtp.example.com\nMAIL_PORT=465\nMAIL_ENCRYPTION=tls\n", []string{"3: `MAIL_ENCRYPTION=tls` on 465: use ssl, or port 587"}},
		"env, ssl on 587":     {".env.production", "MAIL_HOST=smtp.example.com\nMAIL_PORT=587\nMAIL_ENCRYPTION=ssl\n", []string{"3: `MAIL_ENCRYPTION=ssl` on 587: use tls, or port 465"}},
		"env, Laravel scheme": {".env", "MAIL_SCHEME=tls\nMAIL_HOST=smtp.example.com\nMAIL_PORT=587\n", []string{"1: `MAIL_SCHEME=tls`: it is smtp"}},
		"env, port 25":        {".env", "SMTP_HOST=smtp.example.com\nSMTP_PORT=25\n", []string{"2: port 25 is for servers"}},
		"env, IMAP port":      {".env", "SMTP_HOST=smtp.example.com\nSMTP_PORT=993\n", []string{"2: port 993 is for reading mail (IMAP)"}},
		"env, IMAP host":      {".env", "SMTP_HOST=imap.example.com\nSMTP_PORT=587\n", []string{"1: imap.example.com is for reading mail"}},
		"env, port with text": {".env", "SMTP_HOST=smtp.example.com\nSMTP_PORT=587/tls\n", []string{"2: the port \"587/tls\" is not a number"}},
		"env, scheme":         {".env", "SMTP_HOST=https://smtp.example.com\nSMTP_PORT=587\n", []string{"1: host \"https://smtp.example.com\" holds a scheme"}},
		"env, host with port": {".env", "SMTP_HOST=smtp.example.com:587\n", []string{"1: host \"smtp.example.com:587\" holds a port"}},
		"env, $ unquoted":     {".env", "SMTP_HOST=smtp.example.com\nSMTP_PASSWORD=pa$word\n", []string{"2: the $ in the value of SMTP_PASSWORD stands unquoted"}},
		"env, $ in double":    {".env", "SMTP_HOST=smtp.example.com\nSMTP_PASSWORD=\"pa$word\"\n", []string{"2: the $ in the value of SMTP_PASSWORD begins a variable"}},
		"env, # unquoted":     {".env", "SMTP_HOST=smtp.example.com\nSMTP_PASS=pa#word\n", []string{"2: the # in the value of SMTP_PASS stands unquoted"}},
		"env, blanks":         {".env", "SMTP_HOST=smtp.example.com\nSMTP_FROM=My App <a@example.com>\n", []string{"2: the value of SMTP_FROM has blanks"}},
		"env, both":           {".env", "EMAIL_HOST=smtp.example.com\nEMAIL_PORT=587\nEMAIL_USE_TLS=True\nEMAIL_USE_SSL=True\n", []string{"4: `EMAIL_USE_TLS=True` and `EMAIL_USE_SSL=True` contradict"}},
		"env, URL":            {".env", "MAILER_DSN=smtps://you:pw@smtp.example.com:587\n", []string{"1: `smtps://` on 587"}},
		"env, URL, raw #":     {".env", "MAILER_DSN=\"smtp://you:p#w@smtp.example.com:587\"\n", []string{"1: the value of MAILER_DSN is no URL: special characters"}},
		"env, two accounts":   {".env", "SMTP_HOST=a.example.com\nSMTP_PORT=587\nMAIL_HOST=b.example.com\nMAIL_PORT=25\n", []string{"4: port 25"}},
		"other provider": {".env", "SMTP_HOST=smtp.gmail.com\nSMTP_PORT=587\nSMTP_USER=you@zoho.com\n",
			[]string{"1: smtp.gmail.com is of Gmail and Google Workspace, and an address at zoho.com is of Zoho"}},
		"other region":   {".env", "SMTP_HOST=smtp.zoho.com\nSMTP_PORT=587\nSMTP_USER=you@zoho.eu\n", []string{"1: smtp.zoho.com is of another region"}},
		"user name":      {".env", "SMTP_HOST=smtp.gmail.com\nSMTP_PORT=587\nSMTP_USER=you\n", []string{"3: the user name at Gmail and Google Workspace is the whole address"}},
		"fixed user":     {".env", "SMTP_HOST=smtp.sendgrid.net\nSMTP_PORT=587\nSMTP_USER=you@example.com\n", []string{"3: the user name at SendGrid (Twilio) is \"apikey\""}},
		"other sender":   {".env", "SMTP_HOST=smtp.zoho.com\nSMTP_PORT=465\nSMTP_USER=you@zoho.com\nSMTP_FROM=noreply@example.com\n", []string{"4: the sender noreply@example.com is not the account you@zoho.com"}},
		"login password": {".env", "SMTP_HOST=smtp.gmail.com\nSMTP_PORT=465\nSMTP_USER=you@gmail.com\nSMTP_PASSWORD=pa55-Marker-9fQ\n", []string{"4: the value of SMTP_PASSWORD is not shaped like a Google app password (16 characters)"}},
		"compose": {"compose.yaml", "services:\n  app:\n    environment:\n      SMTP_HOST: smtp.example.com\n      SMTP_PORT: 587\n      SMTP_SECURE: \"true\"\n      SMTP_PASSWORD: \"pa$word\"\n  other:\n    environment:\n      - SMTP_HOST=mail.example.com\n      - SMTP_PORT=25\n",
			[]string{"6: `SMTP_SECURE: true` on 587", "7: the $ in the value of SMTP_PASSWORD begins a variable, in quotes too: write $$", "11: port 25"}},
		"compose, Grafana":    {"docker-compose.yml", "services:\n  g:\n    environment:\n      GF_SMTP_HOST: smtp.example.com:25\n", []string{"4: port 25"}},
		"alertmanager":        {"alertmanager.yml", "global:\n  smtp_smarthost: 'smtp.example.com:465'\n  smtp_from: a@example.com\n", []string{"2: port 465 without `smtp_require_tls: false`"}},
		"alertmanager, true":  {"alertmanager.yml", "global:\n  smtp_smarthost: 'smtp.example.com:465'\n  smtp_require_tls: true\n", []string{"3: `smtp_require_tls: true` on 465: use false, or port 587"}},
		"alertmanager, false": {"alertmanager.yml", "global:\n  smtp_smarthost: smtp.example.com:587\n  smtp_require_tls: false\n", []string{"3: `smtp_require_tls: false` on 587: use true, or port 465"}},
		"msmtp, STARTTLS on 465": {".msmtprc", "defaults\ntls on\nauth on\naccount a\nhost smtp.example.com\nport 465\nuser you@example.com\n",
			[]string{"6: port 465 without `tls_starttls off`: the program waits"}},
		"msmtp, implicit on 587": {"msmtprc", "account a\nhost smtp.example.com\nport 587\ntls on\ntls_starttls off\n", []string{"5: `tls_starttls off` on 587: use on, or port 465"}},
		"msmtp, clear":           {".msmtprc", "account a\nhost smtp.example.com\nport 587\nauth on\nuser you@example.com\n", []string{"3: port 587 without `tls on`: the password would go in clear"}},
		"msmtp, no auth":         {".msmtprc", "account a\nhost smtp.example.com\nport 587\ntls on\nuser you@example.com\n", []string{"5: a user name without `auth on`"}},
		"msmtp, no check":        {".msmtprc", "defaults\ntls on\ntls_certcheck off\naccount a\nhost smtp.example.com\nport 587\n", []string{"3: `tls_certcheck off`"}},
		"WP Mail SMTP":           {"wp-config.php", "<?php\ndefine( 'WPMS_ON', true );\ndefine( 'WPMS_SMTP_HOST', 'smtp.example.com' );\ndefine( 'WPMS_SMTP_PORT', 587 );\ndefine( 'WPMS_SSL', 'ssl' );\ndefine( 'WPMS_SMTP_AUTH', true );\ndefine( 'WPMS_SMTP_USER', 'you' );\n", []string{"5: `WPMS_SSL, 'ssl'` on 587: use 'tls', or port 465"}},
		"PHPMailer":              {"send.php", "<?php\n$mail->isSMTP();\n$mail->Host = 'smtp.example.com';\n$mail->SMTPSecure = PHPMailer::ENCRYPTION_STARTTLS;\n$mail->Port = 465;\n$mail->Username = 'you';\n", []string{"4: `SMTPSecure = ENCRYPTION_STARTTLS` on 465: use 'ssl', or port 587", "6: a user name without SMTPAuth = true"}},
		"PHPMailer, 465 alone":   {"send.php", "<?php\n$mail->Host = 'smtp.example.com';\n$mail->Port = 465;\n", []string{"3: port 465 without SMTPSecure"}},
		"PHPMailer, starttls":    {"send.php", "<?php\n$mail->Host = 'smtp.example.com';\n$mail->SMTPSecure = 'starttls';\n$mail->Port = 587;\n", []string{"3: `SMTPSecure = 'starttls'`: it is 'tls'"}},
		"PHPMailer, $":           {"send.php", "<?php\n$mail->Host = 'smtp.example.com';\n$mail->Password = \"pa$word\";\n", []string{"3: the $ in the value of Password"}},
		"PHPMailer, no check":    {"send.php", "<?php\n$mail->Host = 'smtp.example.com';\n$o = ['ssl' => ['verify_peer' => false]];\n", []string{"3: `verify_peer` => false"}},
		"Django, both":           {"settings.py", "EMAIL_HOST = 'smtp.example.com'\nEMAIL_PORT = 587\nEMAIL_USE_TLS = True\nEMAIL_USE_SSL = True\n", []string{"4: `EMAIL_USE_TLS` and `EMAIL_USE_SSL` exclude each other"}},
		"Django, TLS on 465":     {"settings.py", "EMAIL_HOST = 'smtp.example.com'\nEMAIL_PORT = 465\nEMAIL_USE_TLS = True\n", []string{"3: `EMAIL_USE_TLS = True` on 465: use EMAIL_USE_SSL = True, or port 587"}},
		"Django, none":           {"settings.py", "EMAIL_HOST = \"smtp.example.com\"\nEMAIL_PORT = 587 # submission\nEMAIL_HOST_USER = 'you'\n", []string{"2: port 587 without `EMAIL_USE_TLS = True`: the password would go in clear"}},
		"Django, none on 465":    {"local.py", "EMAIL_HOST = \"smtp.example.com\"\nEMAIL_PORT = 465\n", []string{"2: port 465 without `EMAIL_USE_SSL = True`"}},
		"Postfix, wrapper": {"main.cf", "relayhost = [smtp.example.com]:465\nsmtp_sasl_auth_enable = yes\nsmtp_sasl_password_maps = hash:/etc/postfix/sasl_passwd\nsmtp_sasl_security_options = noanonymous\nsmtp_tls_security_level = encrypt\n",
			[]string{"1: port 465 without `smtp_tls_wrappermode = yes`"}},
		"Postfix, wrapper on 587": {"main.cf", "relayhost = [smtp.example.com]:587\nsmtp_tls_wrappermode = yes\nsmtp_tls_security_level = encrypt\n", []string{"2: `smtp_tls_wrappermode = yes` on 587: use no, or port 465"}},
		"Postfix, MX":             {"main.cf", "relayhost = smtp.example.com:587\nsmtp_tls_security_level = encrypt\n", []string{"1: `relayhost = smtp.example.com:587` without brackets"}},
		"Postfix, port":           {"main.cf", "relayhost = [smtp.example.com]\nsmtp_tls_security_level = may\n", []string{"1: port 25 is for servers"}},
		"Postfix, options":        {"main.cf", "relayhost = [smtp.example.com]:587\nsmtp_sasl_auth_enable = yes\nsmtp_sasl_password_maps =\n  hash:/etc/postfix/sasl_passwd\nsmtp_tls_security_level = may\n", []string{"2: `smtp_sasl_auth_enable = yes` without `smtp_sasl_security_options = noanonymous`"}},
		"Postfix, no login":       {"main.cf", "relayhost = [smtp.example.com]:587\nsmtp_sasl_password_maps = hash:/x\nsmtp_tls_security_level = may\n", []string{"2: smtp_sasl_password_maps without `smtp_sasl_auth_enable = yes`"}},
		"Postfix, clear":          {"main.cf", "relayhost = [smtp.example.com]:587\n", []string{"1: port 587 without `smtp_tls_security_level = encrypt`"}},
		"by its content":          {"config", "SMTP_HOST=smtp.example.com\nSMTP_PORT=25\n", []string{"2: port 25"}},
	} {
		findings, err := Lint(tt.file, []byte(tt.text), library)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(findings) != len(tt.want) {
			t.Errorf("%s: %v, want %q", name, findings, tt.want)
			continue
		}
		for i, f := range findings {
			got := fmt.Sprintf("%d: %s", f.Line, f.Text)
			if !strings.HasPrefix(got, tt.want[i]) {
				t.Errorf("%s: %q, want %q", name, got, tt.want[i])
			}
			if strings.Contains(got, "pa55") || strings.Contains(got, "pa$word") {
				t.Errorf("%s: the finding shows the password: %s", name, got)
			}
		}
	}
}

// TestLintClean: what is right is left alone.
func TestLintClean(t *testing.T) {
	t.Parallel()
	library := preset.New(presets.FS, "")
	for file, text := range map[string]string{
		".env":               "# mail\nexport SMTP_HOST=smtp.gmail.com # Google\nSMTP_PORT=465\nSMTP_SECURE=true\nSMTP_USER=\"you@gmail.com\"\nSMTP_PASSWORD='abcd efgh ijkl mnop'\nSMTP_FROM='You <you@gmail.com>'\nIMAP_HOST=imap.gmail.com\nIMAP_PORT=993\n",
		"a/.env.local":       "SMTP_HOST=localhost\nSMTP_PORT=25\n",
		"dev.env":            "MAIL_HOST=mailhog\nMAIL_PORT=1025\nMAIL_ENCRYPTION=null\n",
		"var.env":            "SMTP_HOST=${HOST}\nSMTP_PORT=$PORT\nSMTP_PASSWORD=$SECRET\nSMTP_SECURE=$SECURE\n",
		"next.env":           "EMAIL_SERVER=smtp://you:p%40ss@smtp.example.com:587\nEMAIL_FROM=you@example.com\n",
		"mail.js":            "nodemailer.createTransport({ host: 'smtp.example.com', port: 587, secure: false, // true for 465\n requireTLS: true, auth: { user, pass } })",
		"port.js":            "nodemailer.createTransport({ host: process.env.HOST, port: Number(process.env.PORT), secure: process.env.SECURE === 'true' })",
		"465.js":             "nodemailer.createTransport({ host: 'smtp.example.com', port: 465 })",
		"settings.py":        "EMAIL_HOST = 'smtp.example.com'\nEMAIL_PORT = env.int('PORT', 587)\nEMAIL_USE_TLS = env.bool('TLS')\n",
		"local.py":           "EMAIL_HOST = 'localhost'\nEMAIL_PORT = 1025\n",
		"msmtprc":            "defaults\nauth on\ntls on\n\naccount a\nhost smtp.example.com\nport 587\nuser you@example.com\npassword \"pa#$\"\n\naccount b : a\nfrom x@example.com\naccount default : a\n",
		"wp-config.php":      "<?php\ndefine('WPMS_SMTP_HOST', 'smtp.example.com');\ndefine('WPMS_SMTP_PORT', 465);\ndefine('WPMS_SSL', 'ssl'); // or 'tls'\n",
		"main.cf":            "# relayhost = bad\nrelayhost = [smtp.example.com]:submission\nsmtp_sasl_auth_enable=yes\nsmtp_sasl_password_maps=hash:/x\nsmtp_sasl_security_options=noanonymous\nsmtp_use_tls=yes\n",
		"compose.yaml":       "services:\n  app:\n    environment:\n      SMTP_HOST: ${SMTP_HOST:-smtp.example.com}\n      SMTP_PORT: ${PORT}\n      SMTP_PASSWORD: pa$$word\n      SMTP_SECURITY: starttls\n",
		"alertmanager.yml":   "global:\n  smtp_smarthost: smtp.example.com:465\n  smtp_require_tls: false\n",
		"sister.env":         "SMTP_HOST=mail.gmx.net\nSMTP_PORT=587\nSMTP_USER=you@gmx.de\n",
		"own-domain.env":     "SMTP_HOST=smtp.gmail.com\nSMTP_PORT=587\nSMTP_USER=you@example.com\nSMTP_FROM=you@example.com\n",
		"transactional.env":  "SMTP_HOST=smtp.sendgrid.net\nSMTP_PORT=587\nSMTP_USER=apikey\nSMTP_FROM=you@gmail.com\n",
		"windows/dotenv.env": "\ufeffSMTP_HOST=smtp.example.com\r\nSMTP_PORT=587\r\nSMTP_SECURE=false\r\n",
	} {
		findings, err := Lint(file, []byte(text), library)
		if err != nil || len(findings) > 0 {
			t.Errorf("%s: %v, %v", file, findings, err)
		}
	}
}

func TestLintUnknown(t *testing.T) {
	t.Parallel()
	for file, text := range map[string]string{
		"a.txt": "Dear all,\nplease use port 25.\n", "empty.env": "", ".env": "DATABASE_URL=x\n", "main.cf": "mydestination = x\n",
		"settings.py": "DEBUG = True\n", "a.js": "console.log({ host: 'x', port: 25 })", "big.env": strings.Repeat("#", MaxLint+1),
	} {
		if findings, err := Lint(file, []byte(text), nil); !errors.Is(err, ErrUnknownFile) {
			t.Errorf("%s: %v, %v", file, findings, err)
		}
	}
}

// TestLintAcceptsExports: what we write has nothing wrong in it.
func TestLintAcceptsExports(t *testing.T) {
	t.Parallel()
	library := preset.New(presets.FS, "")
	read := 0
	for _, format := range Names() {
		for _, security := range []submission.Security{submission.SSL, submission.STARTTLS, submission.None} {
			for _, password := range []string{"", `p$a"s#s\ w'o%d`, marker} {
				f, err := Find(format)
				if err != nil {
					t.Fatal(err)
				}
				s := settings(security)
				s.Password = submission.NewSecret(password)
				s.DisplayName = `Jürgen "Jo" O'Hara, #1 $x`
				out, err := f.Write(s)
				if err != nil {
					continue
				}
				findings, err := Lint(path.Base(out.Files[0].Name), []byte(out.Files[0].Text), library)
				if err == nil {
					read++
				}
				for _, finding := range findings {
					t.Errorf("%s, %s: line %d: %s\n%s", format, security, finding.Line, finding.Text, out.Files[0].Text)
				}
			}
		}
	}
	if want := 3 * 3 * 9; read < want {
		t.Errorf("%d of the files were read, want %d at least", read, want)
	}
}

// FuzzLint: whatever it is given, it ends, and its findings are of lines there.
func FuzzLint(f *testing.F) {
	for _, file := range []string{".env", "main.cf", "msmtprc", "a.js", "a.php", "settings.py", "compose.yml", "x"} {
		f.Add(file, "SMTP_HOST='x\\''\nSMTP_PORT: 465\nrelayhost = [a]:465\nport 25\n$mail->Host = \"$x\";\ncreateTransport({ host: 'a', port: 587, secure: true })")
	}
	f.Add(".env", `MAILER_DSN="smtp://a:b`)
	f.Fuzz(func(t *testing.T, file, text string) {
		findings, _ := Lint(file, []byte(text), nil)
		last := strings.Count(text, "\n") + 1
		for _, finding := range findings {
			if finding.Line < 1 || finding.Line > last || finding.Text == "" {
				t.Errorf("%+v in a file of %d lines", finding, last)
			}
		}
	})
}
