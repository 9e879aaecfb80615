package export

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
		"nodemailer, URL on 465": {"mail.js", `nodemailer.createTransport("smtp://you:pw@smtp.example.com:465")`,
			[]string{"1: `smtp://` on 465: use smtps://, or port 587"}},
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
		"env, host with port": {".env", "SMTP_HOST=smtp.example.com:587\n", []string{"1: the host \"smtp.example.com:587\" holds a port: it has a setting of its own"}},
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
		"alertmanager, false": {"alertmanager.yml", "global:\n  smtp_smarthost: smtp.example.com:587\n  smtp_require_tls: false\n", []string{"3: `smtp_require_tls: false` on 587: the password would go in clear, and most servers refuse it: use true"}},
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
		"nodemailer, service": {"mail.js", "nodemailer.createTransport({\n  service: 'gmail',\n  auth: { user: 'you@gmail.com', pass: 'pa55-Marker-9fQ' },\n})",
			[]string{"3: the value of pass is not shaped like a Google app password"}},
		"nodemailer, service and a name alone": {"mail.js", "createTransport({ service: 'Gmail',\nauth: { user: 'you', pass: process.env.PASS } })",
			[]string{"2: the user name at Gmail and Google Workspace is the whole address"}},
		"nodemailer, wrong words": {"mail.js", "createTransport({ host: 'smtp.example.com', port: 587,\nauth: {\n username: 'you',\n password: 'pa55' } })",
			[]string{"3: `username:` is not read: Nodemailer calls them user and pass", "4: `password:` is not read"}},
		"nodemailer, IMAP server": {"mail.js", "createTransport({ host: 'imap.gmail.com', port: 993, secure: true })",
			[]string{"1: imap.gmail.com is for reading mail", "1: port 993 is for reading mail (IMAP)"}},
		"Outlook.com with a password": {"mail.js", "createTransport({ host: 'smtp-mail.outlook.com', port: 587, secure: false,\nauth: { user: 'you@outlook.com', pass: 'pa55' } })",
			[]string{"2: Outlook.com (Hotmail, Live, MSN) takes no password from programs"}},
		"Laravel, both words":     {".env", "MAIL_MAILER=smtp\nMAIL_SCHEME=smtps\nMAIL_HOST=smtp.example.com\nMAIL_PORT=465\nMAIL_ENCRYPTION=tls\n", []string{"5: `MAIL_SCHEME=smtps` and `MAIL_ENCRYPTION=tls` contradict each other"}},
		"Laravel, smtps on 587":   {".env", "MAIL_SCHEME=smtps\nMAIL_HOST=smtp.example.com\nMAIL_PORT=587\n", []string{"1: `MAIL_SCHEME=smtps` on 587: use smtp, or port 465"}},
		"Laravel, sandbox's port": {".env", "MAIL_HOST=smtp.example.com\nMAIL_PORT=2525\nMAIL_ENCRYPTION=ssl\n", []string{"3: `MAIL_ENCRYPTION=ssl` on 2525"}},
		"Laravel, From of another": {".env", "MAIL_HOST=smtp.gmail.com\nMAIL_PORT=587\nMAIL_USERNAME=you@gmail.com\nMAIL_ENCRYPTION=tls\nMAIL_FROM_ADDRESS=\"noreply@shop.example\"\n",
			[]string{"5: the sender noreply@shop.example is not the account you@gmail.com"}},
		"Yahoo, login password":    {".env", "SMTP_HOST=smtp.mail.yahoo.com\nSMTP_PORT=465\nSMTP_SECURE=true\nSMTP_USER=you@yahoo.com\nSMTP_PASS='Summer2024!'\n", []string{"5: the value of SMTP_PASS is not shaped like"}},
		"blank behind the host":    {".env", "SMTP_HOST=\"smtp.example.com;\"\nSMTP_PORT=587\n", []string{"1: "}},
		"two addresses for one":    {".env", "SMTP_HOST=you@example.com\nSMTP_PORT=587\n", []string{"1: the host holds an @"}},
		"Grafana, no port":         {"compose.yml", "services:\n  grafana:\n    environment:\n      - GF_SMTP_ENABLED=true\n      - GF_SMTP_HOST=smtp.example.com\n", []string{"5: `GF_SMTP_HOST: smtp.example.com` without a port: it has to be host:port"}},
		"Grafana, policy":          {"compose.yml", "services:\n  grafana:\n    environment:\n      GF_SMTP_HOST: smtp.example.com:465\n      GF_SMTP_STARTTLS_POLICY: MandatoryStartTLS\n", []string{"5: `GF_SMTP_STARTTLS_POLICY: MandatoryStartTLS` on 465"}},
		"Grafana, file":            {"grafana.ini", "[server]\ndomain = x\n[smtp]\n;enabled = false\nhost = smtp.example.com:587\nstartTLS_policy = NoStartTLS\n", []string{"5: without `enabled = true` no mail is sent", "6: `startTLS_policy = NoStartTLS` on 587"}},
		"Grafana, policy's word":   {"grafana.ini", "[smtp]\nenabled = true\nhost = smtp.example.com:587\nstartTLS_policy = starttls\n", []string{"4: `startTLS_policy = starttls`: it is MandatoryStartTLS"}},
		"Gitea, plain":             {"app.ini", "[mailer]\nENABLED = true\nPROTOCOL = smtp\nSMTP_ADDR = smtp.example.com\nSMTP_PORT = 587\n", []string{"3: `PROTOCOL = smtp` on 587: the password would go in clear"}},
		"Gitea, smtps on 587":      {"app.ini", "[mailer]\nENABLED=true\nPROTOCOL=smtps\nSMTP_ADDR=smtp.example.com\nSMTP_PORT=587\n", []string{"3: `PROTOCOL = smtps` on 587: use smtp+starttls, or port 465"}},
		"Gitea, a word of its own": {"app.ini", "[mailer]\nENABLED = true\nPROTOCOL = starttls\nSMTP_ADDR = smtp.example.com\nSMTP_PORT = 587\n", []string{"3: `PROTOCOL = starttls`: it is smtps"}},
		"Gitea, off":               {"app.ini", "[mailer]\nENABLED = false\nPROTOCOL = smtp+starttls\nSMTP_ADDR = smtp.example.com\nSMTP_PORT = 587\n", []string{"2: `ENABLED = false`: no mail is sent"}},
		"Gitea, variables":         {"compose.yml", "services:\n  gitea:\n    environment:\n      - GITEA__mailer__PROTOCOL=smtps\n      - GITEA__mailer__SMTP_ADDR=smtp.example.com\n      - GITEA__mailer__SMTP_PORT=587\n", []string{"4: `GITEA__mailer__PROTOCOL: smtps` on 587"}},
		"alertmanager, no port":    {"alertmanager.yml", "global:\n  smtp_smarthost: smtp.example.com\n", []string{"2: `smtp_smarthost: smtp.example.com` without a port"}},
		"alertmanager, receiver":   {"alertmanager.yml", "receivers:\n- name: me\n  email_configs:\n  - smarthost: smtp.example.com:25\n    to: a@example.com\nglobal:\n  smtp_smarthost: 'smtp.example.com:25'\n", []string{"7: port 25"}},
		"Kubernetes, container":    {"app.yaml", "kind: Deployment\nspec:\n  containers:\n  - env:\n    - name: SMTP_HOST\n      value: smtp.example.com\n    - name: SMTP_PORT\n      value: '465'\n    - name: SMTP_SECURE\n      value: 'false'\n", []string{"10: `SMTP_SECURE: false` on 465: use true, or port 587"}},
		"compose, anchor":          {"compose.yml", "x-mail: &mail\n  SMTP_HOST: smtp.example.com\n  SMTP_PORT: 587\n  SMTP_PASSWORD: pa$word\nservices:\n  a:\n    environment: *mail\n", []string{"4: the $ in the value of SMTP_PASSWORD begins a variable"}},
		"msmtp, no port":           {".msmtprc", "account a\nhost smtp.example.com\ntls on\nauth on\nuser you@example.com\n", []string{"2: no port is said, and the program takes 25"}},
		"msmtp, both said":         {".msmtprc", "account a\nhost smtp.example.com\nport 465\ntls on\ntls_starttls on\n", []string{"5: `tls_starttls on` on 465: use off, or port 587"}},
		"WP, secure on 465":        {"wp-config.php", "<?php\ndefine('SMTP_HOST', 'smtp.example.com');\ndefine('SMTP_PORT', '465');\ndefine('SMTP_SECURE', 'tls');\n", []string{"4: `SMTP_SECURE, 'tls'` on 465: use 'ssl', or port 587"}},
		"WP, no login":             {"wp-config.php", "<?php\ndefine('SMTP_HOST', 'smtp.example.com');\ndefine('SMTP_PORT', 587);\ndefine('SMTP_AUTH', false);\ndefine('SMTP_USER', 'you@example.com');\n", []string{"5: a user name without SMTPAuth = true"}},
		"Django, texts":            {"settings.py", "EMAIL_HOST = 'smtp.example.com'\nEMAIL_PORT = 465\nEMAIL_USE_SSL = True\nEMAIL_USE_TLS = 'False'\n", []string{"4: `EMAIL_USE_TLS = 'False'` is a text, which always counts as true", "4: `EMAIL_USE_TLS` and `EMAIL_USE_SSL` exclude each other"}},
		"Django, no port":          {"settings.py", "EMAIL_HOST = 'smtp.example.com'\nEMAIL_USE_TLS = True\n", []string{"1: no port is said"}},
		"Postfix, no SASL": {"main.cf", "relayhost = [smtp.gmail.com]:587\nsmtp_tls_security_level = encrypt\n",
			[]string{"1: `relayhost = [smtp.gmail.com]:587` without `smtp_sasl_auth_enable = yes`"}},
		"Postfix, comment behind": {"main.cf", "relayhost = [smtp.example.com]:587 # the relay\nsmtp_tls_security_level = encrypt\n", []string{"1: the port", "1: what stands behind the # belongs to the value"}},
		"Postfix, smtpd": {"main.cf", "relayhost = [smtp.example.com]:587\nsmtp_tls_security_level = encrypt\nsmtpd_sasl_password_maps = hash:/etc/postfix/sasl_passwd\n",
			[]string{"3: smtpd_sasl_password_maps does not exist"}},
		"Postfix, no kind of table": {"main.cf", "relayhost = [smtp.example.com]:587\nsmtp_tls_security_level = encrypt\nsmtp_sasl_auth_enable = yes\nsmtp_sasl_password_maps = /etc/postfix/sasl_passwd\nsmtp_sasl_security_options = noanonymous\n",
			[]string{"4: `smtp_sasl_password_maps = /etc/postfix/sasl_passwd` without the kind of table"}},
		"Postfix, wrapper and may": {"main.cf", "relayhost = [smtp.example.com]:465\nsmtp_tls_wrappermode = yes\nsmtp_tls_security_level = may\n", []string{"2: `smtp_tls_wrappermode = yes` needs `smtp_tls_security_level = encrypt`"}},
		"by its content":           {"config", "SMTP_HOST=smtp.example.com\nSMTP_PORT=25\n", []string{"2: port 25"}},
		"env, none on 587":         {".env", "SMTP_HOST=smtp.example.com\nSMTP_PORT=587\nSMTP_SECURITY=none\n", []string{"3: `SMTP_SECURITY=none` on 587: the password would go in clear, and most servers refuse it: use starttls"}},
		"env, forced TLS on 587":   {".env", "SMTP_HOST=smtp.example.com\nSMTP_PORT=587\nSMTP_SECURITY=force_tls\n", []string{"3: `SMTP_SECURITY=force_tls` on 587: use starttls, or port 465"}},
		"env, open quote":          {".env", "SMTP_HOST=smtp.example.com\nSMTP_PASSWORD='pa55\n", []string{"2: the quote at the value of SMTP_PASSWORD is not closed"}},
		"env, quote in the value":  {".env", "SMTP_HOST=smtp.example.com\nSMTP_PASSWORD=\"pa55\"pa55\n", []string{"2: the value of SMTP_PASSWORD goes on behind the closing quote"}},
		"env, any certificate":     {".env", "SMTP_HOST=smtp.example.com\nSMTP_PORT=587\nSMTP_ACCEPT_INVALID_CERTS=true\n", []string{"3: `SMTP_ACCEPT_INVALID_CERTS=true`: anybody on the way"}},
		"env, no verify":           {".env", "SMTP_SERVER=smtp.example.com\nSMTP_PORT=587\nSMTP_OPENSSL_VERIFY_MODE=none\n", []string{"3: `SMTP_OPENSSL_VERIFY_MODE=none`: anybody on the way"}},
		"Grafana, any certificate": {"grafana.ini", "[smtp]\nenabled = true\nhost = smtp.example.com:587\nskip_verify = true\n", []string{"4: `skip_verify = true`: anybody on the way"}},
		"Grafana, # unquoted":      {"grafana.ini", "[smtp]\nenabled = true\nhost = smtp.example.com:587\npassword = pa55#word\n", []string{"4: the # in the value of password begins a comment"}},
		"Gitea, ; in quotes":       {"app.ini", "[mailer]\nENABLED = true\nPROTOCOL = smtps\nSMTP_ADDR = smtp.example.com\nSMTP_PORT = 465\nPASSWD = \"pa55;word\"\n", []string{"6: the ; in the value of PASSWD begins a comment"}},
		"iCloud on 465": {"compose.yml", "services:\n  app:\n    environment:\n      SMTP_HOST: smtp.mail.me.com\n      SMTP_PORT: 465\n      SMTP_SECURITY: ssl\n      SMTP_PASSWORD: pa55\n",
			[]string{"5: smtp.mail.me.com has no port 465: use 587 with STARTTLS", "7: the value of SMTP_PASSWORD is not shaped like an app-specific password"}},
		"Ghost": {"compose.yml", "services:\n  ghost:\n    environment:\n      mail__options__host: smtp.gmail.com\n      mail__options__port: 587\n      mail__options__secure: \"true\"\n      mail__options__auth__user: you\n",
			[]string{"6: `mail__options__secure: true` on 587: use false, or port 465", "7: the user name at Gmail"}},
		"password by its own key": {"alertmanager.yml", "global:\n  smtp_smarthost: smtp.gmail.com:587\n  smtp_auth_password: pa55\n", []string{"3: the value of smtp_auth_password is not shaped like"}},
		"WordPress, its constant": {"wp-config.php", "<?php\ndefine('WPMS_SMTP_HOST', 'smtp.gmail.com');\ndefine('WPMS_SMTP_PASS', 'pa55');\n", []string{"3: the value of WPMS_SMTP_PASS is not shaped like"}},
		"nodemailer, an object before": {"mail.ts", "const db = { host: 'db', port: 25 };\nconst options: Options = {\n  host: 'smtp.example.com',\n  port: 587,\n  secure: true,\n};\nconst cache = { host: 'redis.example.com', port: 25 };\nexport const t = nodemailer.createTransport(options);\n",
			[]string{"5: `secure: true` on 587: use false, or port 465"}},
		"nodemailer, a property of an object": {"mail.js", "module.exports = {\n  smtp: {\n    host: 'smtp.example.com',\n    port: 465, secure: false } };\nconst t = createTransport(config.smtp)\n",
			[]string{"4: `secure: false` on 465"}},
		"nodemailer, an old word": {"mail.js", "createTransport({ host: 'smtp.example.com', port: 465,\n  secureConnection: true })", []string{"2: `secureConnection: true` is not read: Nodemailer calls it secure"}},
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
		"gitea/app.ini":      "APP_NAME = x\n[server]\nSMTP_PORT = 25\n[mailer]\nENABLED = true\nPROTOCOL = smtp+starttls\nSMTP_ADDR = smtp.example.com\nSMTP_PORT = 587 ; submission\nUSER = `you`\nPASSWD = `p#;x`\n",
		"grafana.ini":        "[smtp]\nenabled = true\nhost = \"smtp.example.com:587\"\nstartTLS_policy = MandatoryStartTLS\npassword = \"\"\"p#x;\"\"\"\n",
		"custom.ini":         "[smtp]\nenabled = ${ON}\nhost = ${HOST}\npassword = $__file{/etc/secret}\n",
		"grafana.env":        "GF_SMTP_HOST=smtp.example.com:465\nGF_SMTP_STARTTLS_POLICY=NoStartTLS\n",
		"service.js":         "createTransport({ service: 'gmail', auth: { user: 'you@gmail.com', pass: 'abcdefghijklmnop' } })",
		"secret.yaml":        "kind: Secret\nstringData:\n  SMTP_PASSWORD: pa$word\n---\nkind: ConfigMap\ndata:\n  SMTP_HOST: smtp.example.com\n  SMTP_PORT: '587'\n",
		"pinned.php":         "<?php\n$mail->Host = 'smtp.example.com';\n$mail->Port = 587;\n$mail->SMTPOptions = ['ssl' => ['verify_peer' => false, 'peer_fingerprint' => ['sha256' => 'ab']]];\n",
		"windows/dotenv.env": "\ufeffSMTP_HOST=smtp.example.com\r\nSMTP_PORT=587\r\nSMTP_SECURE=false\r\n",
	} {
		findings, err := Lint(file, []byte(text), library)
		if err != nil || len(findings) > 0 {
			t.Errorf("%s: %v, %v", file, findings, err)
		}
	}
}

// TestRead: what each kind of file says, under the names of our own flags, and
// what it takes from elsewhere.
func TestRead(t *testing.T) {
	t.Parallel()
	library := preset.New(presets.FS, "")
	for name, tt := range map[string]struct {
		file, text string
		want       []string // of each account: name, values, password, elsewhere
	}{
		"env":  {".env", "SMTP_HOST=a.example.com\nSMTP_PORT=587\nSMTP_USER=you\nSMTP_PASSWORD='p$w'\nEMAIL_FROM='You <you@example.com>'\n", []string{"SMTP 1 from=You <you@example.com> host=a.example.com port=587 username=you p$w"}},
		"none": {".env", "SMTP_HOST=127.0.0.1\nSMTP_PORT=1025\nSMTP_SECURITY=none\n", []string{"SMTP 1 host=127.0.0.1 port=1025 security=none"}},
		"refs": {".env", "SMTP_HOST=a.example.com\nSMTP_PORT=$PORT\nSMTP_PASSWORD=${PW}\n", []string{"SMTP 1 host=a.example.com [port 2 a variable] [password 3 a variable]"}},
		"URL":  {".env", "MAILER_DSN=smtps://you%40example.com:p%24w@a.example.com:465\n", []string{"MAILER 1 host=a.example.com port=465 security=ssl username=you@example.com p$w"}},
		"compose": {"compose.yml", "services:\n  web:\n    environment:\n      SMTP_HOST: a.example.com\n      SMTP_PASSWORD_FILE: /run/secrets/pw\n  app:\n    environment: [SMTP_HOST=b.example.com, 'SMTP_PASSWORD=p$$w']\n",
			[]string{"web 4 host=a.example.com [password 5 the file /run/secrets/pw]", "app 7 host=b.example.com p$w"}},
		"msmtp": {"msmtprc", "defaults\ntls on\nauth login\ntls_trust_file /ca.pem\naccount a\nhost a.example.com\nfrom you@example.com\nuser you\npasswordeval \"pass show mail\"\naccount b\nhost b.example.com\ntls_starttls off\nport 465\npassword \"p w\"\naccount default : a\n",
			[]string{"a 3 auth=LOGIN ca-file=/ca.pem from=you@example.com host=a.example.com port=25 security=starttls username=you [password 9 the command pass]",
				"b 3 auth=LOGIN ca-file=/ca.pem host=b.example.com port=465 security=ssl p w"}},
		"nodemailer": {"a.js", "createTransport({ host: 'a.example.com', secure: true, auth: { user: 'you', pass: process.env.PW } })",
			[]string{" 1 host=a.example.com port=465 security=ssl username=you [password 1 a variable]"}},
		"service": {"a.js", "createTransport({ service: 'gmail', auth: { user: 'you@gmail.com', pass: 'x' } })", []string{" 1 host=smtp.gmail.com port=465 security=ssl username=you@gmail.com x"}},
		"Django": {"settings.py", "EMAIL_HOST = 'a.example.com'\nEMAIL_PORT = 587\nEMAIL_USE_TLS = True\nEMAIL_HOST_PASSWORD = os.environ['PW']\nDEFAULT_FROM_EMAIL = 'You <you@example.com>'\n",
			[]string{" 1 from=You <you@example.com> host=a.example.com port=587 security=starttls [password 4 a variable]"}},
		"PHP": {"wp-config.php", "<?php\ndefine('WPMS_SMTP_HOST', 'a.example.com');\ndefine('WPMS_SMTP_PORT', 465);\ndefine('WPMS_SSL', 'ssl');\ndefine('WPMS_SMTP_AUTH', true);\ndefine('WPMS_SMTP_USER', 'you');\ndefine('WPMS_SMTP_PASS', 'p\\'w');\n",
			[]string{" 2 host=a.example.com port=465 security=ssl username=you p'w"}},
		"Postfix": {"main.cf", "relayhost = [a.example.com]:465\nsmtp_tls_wrappermode = yes\nsmtp_tls_security_level = encrypt\nsmtp_sasl_password_maps = hash:/etc/postfix/sasl_passwd\nsmtp_tls_CAfile = /ca.pem\n",
			[]string{" 1 ca-file=/ca.pem host=a.example.com port=465 security=ssl [password 4 the file /etc/postfix/sasl_passwd] [username 4 the file /etc/postfix/sasl_passwd]"}},
		"Gitea":   {"app.ini", "[mailer]\nPROTOCOL = smtp+starttls\nSMTP_ADDR = a.example.com\nSMTP_PORT = 587\nUSER = you\nPASSWD = `p;w`\n", []string{"GITEA_MAILER 3 host=a.example.com port=587 security=starttls username=you p;w"}},
		"Grafana": {"grafana.ini", "[smtp]\nhost = a.example.com:587\nuser = you\npassword = $__file{/etc/pw}\n", []string{"GF_SMTP 2 host=a.example.com port=587 username=you [password 4 the file /etc/pw]"}},
	} {
		r, err := Read(tt.file, []byte(tt.text), library)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, a := range r.Accounts {
			words := []string{a.Name, fmt.Sprint(a.Line)}
			for _, flag := range slices.Sorted(maps.Keys(a.Values)) {
				words = append(words, flag+"="+a.Values[flag].Text)
			}
			if !a.Password.IsZero() {
				words = append(words, a.Password.Reveal())
			}
			for _, e := range a.Elsewhere {
				words = append(words, fmt.Sprintf("[%s %d %s]", e.Flag, e.Line, e.From))
			}
			got = append(got, strings.Join(words, " "))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestLintUnknown(t *testing.T) {
	t.Parallel()
	for file, text := range map[string]string{
		"a.txt": "Dear all,\nplease use port 25.\n", "empty.env": "", ".env": "DATABASE_URL=x\n", "main.cf": "mydestination = x\n",
		"settings.py": "DEBUG = True\n", "a.js": "console.log({ host: 'x', port: 25 })",
		"broken.yml": "services:\n\tapp: x\n", "loop.yml": "a: &a [*a]\n", "smtp.ini": "[database]\nhost = x\n", "big.env": strings.Repeat("#", MaxLint+1),
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
			for _, password := range []string{"", `p$a"s#s\ w'o%d`, `p$a"s#s\ w'ö%d`, marker} {
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
	if want := 3 * 3 * 10; read < want {
		t.Errorf("%d of the files were read, want %d at least", read, want)
	}
}

// TestReadsExports: what we write is read as the same account, by the same words.
func TestReadsExports(t *testing.T) {
	t.Parallel()
	for format, password := range map[string]bool{ // is the password in the file?
		"env": true, "laravel": true, "symfony": true, "docker-compose": false, "kubernetes": true, "alertmanager": false,
		"msmtp": true, "nodemailer": true, "django": true, "php": true, "wordpress": true, "postfix": false, "gitea": true, "grafana": false,
	} {
		for _, security := range []submission.Security{submission.SSL, submission.STARTTLS, submission.None} {
			s := settings(security)
			s.Password = submission.NewSecret(`p$a"s#s\ w'o%d`)
			out := write(t, format, s)
			r, err := Read(path.Base(out.Files[0].Name), []byte(out.Files[0].Text), nil)
			if err != nil || len(r.Accounts) != 1 {
				t.Errorf("%s, %s: %v, %+v", format, security, err, r)
				continue
			}
			a := r.Accounts[0]
			if a.Values["host"].Text != s.Endpoint.Host || a.Values["port"].Text != fmt.Sprint(s.Endpoint.Port) {
				t.Errorf("%s, %s: %v", format, security, a.Values)
			}
			if got := a.Values["security"].Text; got != "" && got != string(security) {
				t.Errorf("%s: %s is read as %s", format, security, got)
			}
			if got := a.Values["username"].Text; got != s.Username && format != "postfix" {
				t.Errorf("%s: the user name is read as %q", format, got)
			}
			if got := a.Password.Reveal(); password && got != s.Password.Reveal() || !password && got != "" {
				t.Errorf("%s: the password is read as %q", format, got)
			}
		}
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
