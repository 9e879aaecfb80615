package export

import (
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/submission"
	"github.com/smtpwiz/smtpwiz/presets"
)

const marker = "pa55-Marker-9fQ"

func settings(security submission.Security) Settings {
	port := map[submission.Security]int{submission.SSL: 465, submission.STARTTLS: 587, submission.None: 1025}[security]
	host := "smtp.example.com"
	if security == submission.None {
		host = "127.0.0.1"
	}
	return Settings{
		Name: "work", Endpoint: submission.Endpoint{Host: host, Port: port, Security: security},
		Username: "you@example.com", From: submission.Address{Local: "you", Domain: "example.com"}, DisplayName: "You",
		Incoming: []Incoming{{preset.IMAP, submission.Endpoint{Host: "imap.example.com", Port: 993, Security: submission.SSL}, "you@example.com"}},
	}
}

func write(t *testing.T, format string, s Settings) Output {
	t.Helper()
	f, err := Find(format)
	if err != nil {
		t.Fatal(err)
	}
	out, err := f.Write(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFormats(t *testing.T) {
	t.Parallel()
	all, err := Formats()
	if err != nil {
		t.Fatal(err)
	}
	want := "aerc alertmanager curl django docker-compose env git gitea go grafana himalaya ios json kubernetes laravel " +
		"msmtp mutt nodemailer php postfix python rails s-nail swaks symfony thunderbird wordpress"
	if got := strings.Join(Names(), " "); got != want {
		t.Errorf("formats %s", got)
	}
	for _, f := range all {
		if f.Title == "" || f.File == "" || f.Reference == "" || !strings.HasPrefix(f.Source, "http") || len(f.Next) != 2 {
			t.Errorf("%s: the head is not complete: %+v", f.Name, f)
		}
	}
	var unknown *UnknownFormatError
	for _, name := range []string{"", "exim", "../quote", "msmtp.tmpl"} {
		if _, err := Find(name); !errors.As(err, &unknown) {
			t.Errorf("Find(%q): %v", name, err)
		}
	}
}

// TestSecurityWords holds each program's words for the three securities, which
// people mix up most.
func TestSecurityWords(t *testing.T) {
	t.Parallel()
	for format, words := range map[string][3]string{ // implicit TLS, STARTTLS, none
		"aerc":           {"outgoing = smtps://", "outgoing = smtp://", "outgoing = smtp+insecure://"},
		"alertmanager":   {"smtp_require_tls: false", "smtp_require_tls: true", "smtp_require_tls: false"},
		"curl":           {`url = "smtps://`, "ssl-reqd", `url = "smtp://`},
		"django":         {"EMAIL_USE_SSL = True", "EMAIL_USE_TLS = True", "EMAIL_PORT = 1025"},
		"docker-compose": {"SMTP_SECURITY: ssl", "SMTP_SECURITY: starttls", "SMTP_SECURITY: none"},
		"env":            {"SMTP_SECURITY=ssl", "SMTP_SECURITY=starttls", "SMTP_SECURITY=none"},
		"git":            {"smtpEncryption = ssl", "smtpEncryption = tls", "smtpServerPort = 1025"},
		"gitea":          {"PROTOCOL = smtps\n", "PROTOCOL = smtp+starttls\n", "PROTOCOL = smtp\n"},
		"go":             {"tls.Dial(", "c.StartTLS(", "smtp.Dial("},
		"grafana":        {"startTLS_policy = NoStartTLS", "startTLS_policy = MandatoryStartTLS", "startTLS_policy = NoStartTLS"},
		"himalaya":       {`smtp.server = "smtps://`, "smtp.starttls = true", `smtp.server = "smtp://`},
		"ios":            {"OutgoingMailServerUseSSL</key>\n\t\t\t<true/>", "OutgoingMailServerUseSSL</key>\n\t\t\t<true/>", "OutgoingMailServerUseSSL</key>\n\t\t\t<false/>"},
		"json":           {`"security": "ssl"`, `"security": "starttls"`, `"security": "none"`},
		"kubernetes":     {"SMTP_SECURITY: ssl", "SMTP_SECURITY: starttls", "SMTP_SECURITY: none"},
		"laravel":        {"MAIL_SCHEME=smtps\nMAIL_ENCRYPTION=ssl", "MAIL_SCHEME=smtp\nMAIL_ENCRYPTION=tls", "MAIL_ENCRYPTION=null"},
		"msmtp":          {"tls on\ntls_starttls off", "tls on\ntls_starttls on", "tls off"},
		"mutt":           {`"smtps://`, "# STARTTLS, and no mail without it", "set ssl_force_tls = no"},
		"nodemailer":     {"secure: true,", "requireTLS: true,", "ignoreTLS: true,"},
		"php":            {"ENCRYPTION_SMTPS", "ENCRYPTION_STARTTLS", "SMTPAutoTLS = false"},
		"postfix":        {"smtp_tls_wrappermode = yes\nsmtp_tls_security_level = secure", "smtp_tls_wrappermode = no\nsmtp_tls_security_level = secure", "smtp_tls_security_level = none"},
		"python":         {"smtplib.SMTP_SSL(", "server.starttls(", "smtplib.SMTP("},
		"rails":          {"  tls: true,", "enable_starttls: true,", "enable_starttls_auto: false,"},
		"s-nail":         {"mta=smtps://", "set smtp-use-starttls\n", "mta=smtp://"},
		"swaks":          {"--tls-on-connect", "--tls\n", "--port 1025"},
		"symfony":        {`"smtps://`, "?require_tls=true", "?auto_tls=false"},
		"thunderbird":    {"<socketType>SSL</socketType>\n      <authentication>password-cleartext</authentication>\n      <username>%EMAILADDRESS%</username>\n    </outgoingServer>", "<socketType>STARTTLS<", "<socketType>plain<"},
		"wordpress":      {"SMTPSecure = 'ssl'", "SMTPSecure = 'tls'", "SMTPAutoTLS = false"},
	} {
		for i, security := range []submission.Security{submission.SSL, submission.STARTTLS, submission.None} {
			text := write(t, format, settings(security)).Files[0].Text
			if other := words[max(0, 1-i)]; i < 2 && other != words[i] && strings.Contains(text, other) {
				t.Errorf("%s, %s: %q, which is of the other, in\n%s", format, security, other, text)
			}
			if !strings.Contains(text, words[i]) {
				t.Errorf("%s, %s: no %q in\n%s", format, security, words[i], text)
			}
		}
	}
}

// TestPasswordOnlyIfGiven: without a password there is none; with one it is in
// one file, which is private, or the format refuses it.
func TestPasswordOnlyIfGiven(t *testing.T) {
	t.Parallel()
	for _, format := range Names() {
		s := settings(submission.STARTTLS)
		for _, line := range write(t, format, s).Next {
			if strings.Contains(line, "<no value>") {
				t.Errorf("%s: %s", format, line)
			}
		}
		s.Password = submission.NewSecret(marker)
		f, err := Find(format)
		if err != nil {
			t.Fatal(err)
		}
		out, err := f.Write(s)
		var refused *RefusedError
		if f.NoPassword {
			if !errors.As(err, &refused) {
				t.Errorf("%s: %v", format, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		holding := 0
		for _, file := range out.Files {
			if strings.Contains(file.Text, marker) {
				holding++
				if !file.Private {
					t.Errorf("%s: %s holds the password and is not private", format, file.Name)
				}
			}
		}
		if holding != 1 {
			t.Errorf("%s: %d files hold the password", format, holding)
		}
		for _, line := range out.Next {
			if strings.Contains(line, marker) {
				t.Errorf("%s: the instructions hold the password", format)
			}
		}
	}
}

func TestCommand(t *testing.T) {
	t.Parallel()
	s := settings(submission.SSL)
	s.Command = `pass show "mail/work"`
	for format, want := range map[string]string{
		"msmtp":    "passwordeval \"pass show \"mail/work\"\"\n",
		"mutt":     "set smtp_pass = \"`pass show \"mail/work\"`\"\n",
		"aerc":     "outgoing-cred-cmd = pass show \"mail/work\"\n",
		"himalaya": `smtp.sasl.plain.password.command = "pass show \"mail/work\""`,
		"s-nail":   `vput ! password printf %s "$(pass show "mail/work")"`,
		"json":     `"password_command": "pass show \"mail/work\""`,
		"git":      `\"$(pass show \"mail/work\")\"`,
	} {
		out := write(t, format, s)
		if !strings.Contains(out.Files[0].Text, want) || !out.Files[0].Private {
			t.Errorf("%s: private %v, no %q in\n%s", format, out.Files[0].Private, want, out.Files[0].Text)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		format string
		change func(*Settings)
		want   string
	}{
		"no user":        {"msmtp", func(s *Settings) { s.Username = "" }, "user name"},
		"line end":       {"env", func(s *Settings) { s.Password = submission.NewSecret("a\nb") }, "control character"},
		"line end, name": {"python", func(s *Settings) { s.DisplayName = "a\r\nBcc: x" }, "control character"},
		"OAuth":          {"git", func(s *Settings) { s.Mechanism = "XOAUTH2" }, "XOAUTH2"},
		"odd SSL port":   {"grafana", func(s *Settings) { s.Endpoint.Port = 8465 }, "465 only"},
		"STARTTLS 465":   {"alertmanager", func(s *Settings) { s.Endpoint.Security = submission.STARTTLS }, "implicit TLS"},
		"not ASCII":      {"django", func(s *Settings) { s.Password = submission.NewSecret("pä") }, "ASCII"},
		"LOGIN":          {"go", func(s *Settings) { s.Mechanism = "LOGIN" }, "LOGIN"},
		"no incoming":    {"ios", func(s *Settings) { s.Incoming = nil }, "incoming"},
		"colon":          {"postfix", func(s *Settings) { s.Username = "a:b" }, "colon"},
		"blank at end":   {"swaks", func(s *Settings) { s.Password = submission.NewSecret("a ") }, "blank"},
		"go-ini":         {"gitea", func(s *Settings) { s.Password = submission.NewSecret("%(x)s") }, "%("},
		"both quotes":    {"gitea", func(s *Settings) { s.Password = submission.NewSecret("a`b\"") }, "backquotes"},
	} {
		f, err := Find(tt.format)
		if err != nil {
			t.Fatal(err)
		}
		s := settings(submission.SSL)
		tt.change(&s)
		_, err = f.Write(s)
		var refused *RefusedError
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), tt.want) || refused.Format != tt.format {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestQuoting(t *testing.T) {
	t.Parallel()
	const ugly = `p$a"s#s\ w'ö%d` + "`"
	for name, tt := range map[string]struct{ got, want string }{
		"sh":       {Shell(ugly), `'p$a"s#s\ w'\''ö%d` + "`'"},
		"sh plain": {Shell("smtp.example.com"), "smtp.example.com"},
		"sh empty": {Shell(""), "''"},
		"single":   {single(ugly), `'p$a"s#s\\ w\'ö%d` + "`'"},
		"dotenv":   {escaped(ugly, `\"$`), `"p\$a\"s#s\\ w'ö%d` + "`\""},
		"percent":  {percent(ugly), "p%24a%22s%23s%5C%20w%27%C3%B6%25d%60"},
		"phrase":   {phrase(`Jo "x" \`), `"Jo \"x\" \\"`},
		"uuid":     {uuid("a", "b"), uuid("a", "b")},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %s, want %s", name, tt.got, tt.want)
		}
	}
	if uuid("a", "b") == uuid("ab", "") || len(uuid("a")) != 36 {
		t.Errorf("uuid %s", uuid("a"))
	}
}

// FuzzQuoting: what can be read back by a library is the same text.
func FuzzQuoting(f *testing.F) {
	f.Add(`p$a"s#s\ w'ö%d`)
	f.Add("\u2028<&>\U0001f600")
	f.Fuzz(func(t *testing.T, s string) {
		if got, err := url.PathUnescape(percent(s)); err != nil || got != s {
			t.Errorf("percent(%q) is read as %q, %v", s, got, err)
		}
		var got string
		if err := json.Unmarshal([]byte(jsonString(s)), &got); err != nil || utf8.ValidString(s) && got != s {
			t.Errorf("jsonString(%q) is read as %q, %v", s, got, err)
		}
		quoted := Shell(s)
		if got, ending := unquoteShell(quoted); strings.HasPrefix(quoted, "'") && (got != s || ending != quoteClosed) {
			t.Errorf("Shell(%q) = %s is read as %q, %q", s, quoted, got, ending)
		}
	})
}

// TestCards: the card of every preset fits a page and holds all it should.
func TestCards(t *testing.T) {
	t.Parallel()
	const pageLines = 60 // of A4 or Letter, with margins
	library := preset.New(presets.FS, "")
	for _, name := range library.Names() {
		p, err := library.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		choice := preset.Choice{}
		if _, err := p.Resolve(choice); err != nil {
			choice.Host = "mail.example.com"
		}
		resolved, err := p.Resolve(choice)
		if err != nil {
			t.Fatal(err)
		}
		s := Settings{Name: name, Endpoint: resolved.Endpoints[0], Preset: resolved.Preset, Password: submission.NewSecret(marker)}
		for _, in := range resolved.Preset.Incoming {
			s.Incoming = append(s.Incoming, Incoming{in.Protocol, submission.Endpoint{Host: in.Host, Port: in.Port, Security: in.Security}, ""})
		}
		card := NewCard(s, resolved.Endpoints[1:])
		text, markdown := card.Text(), card.Markdown()
		if lines := strings.Count(text, "\n"); lines > pageLines {
			t.Errorf("%s: %d lines\n%s", name, lines, text)
		}
		for _, line := range strings.Split(text, "\n") {
			if len([]rune(line)) > pageWidth && !strings.Contains(line, "https://") {
				t.Errorf("%s: too wide: %s", name, line)
			}
		}
		for _, e := range resolved.Endpoints {
			if !strings.Contains(text, e.Host) || !strings.Contains(markdown, strings.ReplaceAll(e.Host, "_", `\_`)) {
				t.Errorf("%s: no %s", name, e)
			}
		}
		for _, program := range card.Programs {
			if oauth := resolved.Preset.Password.Kind == preset.PasswordOAuth; oauth == strings.Contains(strings.ToLower(program.Login), "password") && program.Program == "Thunderbird" {
				t.Errorf("%s: %+v", name, program)
			}
			if phone := program.Program == "iPhone, iPad"; phone && submission.IsLoopbackHost(s.Endpoint.Host) {
				t.Errorf("%s: a phone cannot reach this machine's loopback", name)
			}
		}
		for _, known := range resolved.Preset.Incoming {
			if known.Enable != "" && !strings.Contains(strings.Join(strings.Fields(text), " "), strings.Join(strings.Fields(known.Enable), " ")) {
				t.Errorf("%s: how to switch %s on is missing", name, known.Protocol)
			}
		}
		if strings.Contains(text+markdown, marker) {
			t.Errorf("%s: the card holds the password", name)
		}
	}
}

func TestCardWords(t *testing.T) {
	t.Parallel()
	s := settings(submission.STARTTLS)
	s.Incoming = append(s.Incoming, Incoming{preset.POP3, submission.Endpoint{Host: "pop.example.com", Port: 995, Security: submission.SSL}, "other"})
	card := NewCard(s, nil)
	text := card.Text()
	for _, want := range []string{
		"Mail settings of you@example.com (You), work", "smtp.example.com", "587", "STARTTLS", "user name           you@example.com",
		"imap.example.com", "pop.example.com", "user name           other", "POP fetches the inbox only",
		"outgoing Encryption method: STARTTLS, incoming Encryption", "Use TLS/SSL: ticked", "TLS, STARTTLS, or secure: false",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if short := strings.Join(card.Short(), "\n"); !strings.Contains(short, "smtp.example.com, port 587, STARTTLS") || len(card.Short()) != 3 {
		t.Errorf("short:\n%s", short)
	}
	s.Username = "login"
	if short := strings.Join(NewCard(s, nil).Short(), "\n"); !strings.HasSuffix(short, "\nSender            you@example.com") {
		t.Errorf("short, with a user name that is no address:\n%s", short)
	}
	s.Mechanism = "XOAUTH2"
	if text := NewCard(s, nil).Text(); !strings.Contains(text, "OAuth 2.0") || strings.Contains(text, "Normal password") {
		t.Errorf("with OAuth:\n%s", text)
	}
}

// TestTrustAndRoute: what not every program has a word for is written, or it is
// told that it is not; and which programs have a word.
func TestTrustAndRoute(t *testing.T) {
	t.Parallel()
	const hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	for name, tt := range map[string]struct {
		change  func(*Settings)
		text    string // as it is in the note
		written string // by which formats
	}{
		"CA file":            {func(s *Settings) { s.CAFile = "/etc/own-ca.pem" }, "/etc/own-ca.pem", "alertmanager curl git go himalaya json msmtp mutt nodemailer php postfix python rails s-nail swaks wordpress"},
		"fingerprint":        {func(s *Settings) { s.Fingerprint = hash }, hash, "go json msmtp php postfix python s-nail wordpress"},
		"client certificate": {func(s *Settings) { s.ClientCert, s.ClientKey = "/c.pem", "/k.pem" }, "/c.pem", "alertmanager curl django gitea go grafana json msmtp nodemailer php postfix python s-nail swaks wordpress"},
		"certificate, key":   {func(s *Settings) { s.ClientCert = "/both.pem" }, "/both.pem", "alertmanager curl django gitea go grafana json msmtp mutt nodemailer php postfix python s-nail swaks wordpress"},
		"proxy":              {func(s *Settings) { s.Proxy = "[2001:db8::1]:1080" }, "[2001:db8::1]:1080", "curl json msmtp nodemailer s-nail"},
		"another way":        {func(s *Settings) { s.Elsewhere = "203.0.113.5:1587" }, "203.0.113.5:1587", "curl go json msmtp nodemailer"},
	} {
		var written []string
		for _, format := range Names() {
			s := settings(submission.STARTTLS)
			before := write(t, format, s).Files[0].Text
			tt.change(&s)
			out := write(t, format, s)
			switch noted := len(out.Notes) == 1 && strings.Contains(out.Notes[0], tt.text); {
			case out.Files[0].Text != before:
				written = append(written, format)
				if len(out.Notes) > 0 {
					t.Errorf("%s, %s: written, and noted: %q", name, format, out.Notes)
				}
			case !noted:
				t.Errorf("%s, %s: neither written nor noted: %q", name, format, out.Notes)
			}
		}
		if got := strings.Join(written, " "); got != tt.written {
			t.Errorf("%s: written by %s\nwant %s", name, got, tt.written)
		}
	}
	if got := (values{Settings: Settings{Fingerprint: "00abff"}}).Colons(); got != "00:AB:FF" {
		t.Errorf("colons %s", got)
	}
}

// TestDocumented: every format stands in the documentation.
func TestDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/export.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range Names() {
		if !strings.Contains(string(text), "| `"+format+"` |") {
			t.Errorf("docs/export.md has no %s", format)
		}
	}
}
