package settings

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/presets"
)

// library has the sorts of presets that there are.
func library() *preset.Library {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	return preset.New(fstest.MapFS{
		"acme.toml": file(`
			name = "acme"
			default_region = "com"
			[account]
			username = "address"
			[[endpoint]]
			host = "smtp.{domain}"
			port = 465
			security = "ssl"
			[[endpoint]]
			host = "smtp.{domain}"
			port = 587
			security = "starttls"
			[[region]]
			name = "com"
			values = { domain = "acme.example" }
			domains = ["acme.example"]
			[[region]]
			name = "eu"
			values = { domain = "eu.acme.example" }
			domains = ["eu.acme.example", "acmemail.com"]`),
		"hosted.toml": file(`
			name = "hosted"
			default_variant = "shared"
			[account]
			username = "address"
			[[endpoint]]
			host = "smtp.hosted.example"
			port = 465
			security = "ssl"
			[[variant]]
			name = "shared"
			[[variant]]
			name = "pro"
			ask_host = "Which is your server?"
			host_pattern = "pro{n}.hosted.example"
			[[variant.endpoint]]
			host = "{host}"
			port = 587
			security = "starttls"`),
		"keys.toml": file(`
			name = "keys"
			[account]
			username = "fixed"
			fixed_username = "apikey"
			mechanism = "LOGIN"
			[[endpoint]]
			host = "smtp.keys.example"
			port = 2525
			security = "starttls"`),
		"local.toml": file(`
			name = "local"
			[account]
			username = "local-part"
			[[endpoint]]
			host = "smtp.local.example"
			port = 465
			security = "ssl"`),
		"bridge.toml": file(`
			name = "bridge"
			[account]
			username = "address"
			[[endpoint]]
			host = "127.0.0.1"
			port = 1025
			security = "starttls"`),
		"own.toml": file(`
			name = "own"
			default_variant = "yours"
			[account]
			username = "address"
			[[endpoint]]
			host = "unused.example"
			port = 465
			security = "ssl"
			[[variant]]
			name = "yours"
			ask_host = "Which is your server?"
			host_pattern = "srv{n}.own.example"
			[[variant.endpoint]]
			host = "{host}"
			port = 465
			security = "ssl"`),
	}, "")
}

// flags are answers as a command line gives them: name, value, …
func flags(words ...string) Answers {
	given := Answers{}
	for pair := range slices.Chunk(words, 2) {
		given[pair[0]] = Answer{Value: pair[1], List: []string{pair[1]}, Source: FromFlag, Name: "--" + pair[0]}
	}
	return given
}

// and adds variables to flags.
func (a Answers) and(words ...string) Answers {
	for pair := range slices.Chunk(words, 2) {
		if _, ok := a[pair[0]]; !ok {
			a[pair[0]] = Answer{Value: pair[1], List: []string{pair[1]}, Source: FromVariable, Name: VariableOf(pair[0])}
		}
	}
	return a
}

func resolve(t *testing.T, given Answers) *Settings {
	t.Helper()
	s, err := Resolve(given, library())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// endpointsOf are an account's, as "host:port security, …".
func endpointsOf(s *Settings) string {
	var words []string
	for _, e := range s.Account.Endpoints {
		words = append(words, e.String())
	}
	return strings.Join(words, ", ")
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	const acme = "smtp.acme.example:465 ssl, smtp.acme.example:587 starttls"
	for _, c := range []struct {
		given []string
		want  string
		note  string // the only one, or ""
	}{
		{given: []string{"preset", "acme"}, want: acme},
		{given: []string{"preset", "ACME"}, want: acme},
		{given: []string{"preset", "acme", "region", "eu"}, want: "smtp.eu.acme.example:465 ssl, smtp.eu.acme.example:587 starttls"},
		{given: []string{"preset", "acme", "security", "starttls"}, want: "smtp.acme.example:587 starttls"},
		{given: []string{"preset", "acme", "security", "SSL"}, want: "smtp.acme.example:465 ssl"},
		{given: []string{"preset", "acme", "port", "465"}, want: "smtp.acme.example:465 ssl"},
		{given: []string{"preset", "acme", "port", "587", "security", "starttls"}, want: "smtp.acme.example:587 starttls"},
		{given: []string{"preset", "acme", "port", "587", "security", "tls"}, want: "smtp.acme.example:587 starttls",
			note: `security "tls" with port 587 was taken as starttls`},
		{given: []string{"preset", "acme", "port", "465", "security", "TLS"}, want: "smtp.acme.example:465 ssl",
			note: `security "tls" with port 465 was taken as ssl`},
		{given: []string{"preset", "hosted", "security", "tls"}, want: "smtp.hosted.example:465 ssl",
			note: `security "tls" with port 465 was taken as ssl`},
		{given: []string{"preset", "acme", "port", "2525"}, want: "smtp.acme.example:2525 starttls",
			note: "the preset acme does not list port 2525 starttls; it has port 465 ssl and port 587 starttls"},
		{given: []string{"preset", "acme", "port", "465", "security", "starttls"}, want: "smtp.acme.example:465 starttls",
			note: "the preset acme does not list port 465 starttls; it has port 465 ssl and port 587 starttls"},
		{given: []string{"preset", "acme", "host", "mail.own.example"}, want: "mail.own.example:465 ssl, mail.own.example:587 starttls"},
		{given: []string{"preset", "hosted", "variant", "pro", "host", "2"}, want: "pro2.hosted.example:587 starttls"},
		{given: []string{"preset", "hosted", "variant", "Pro", "host", "https://pro3.hosted.example/mail/"}, want: "pro3.hosted.example:587 starttls"},
		{given: []string{"preset", "own", "host", "https://srv7.own.example/"}, want: "srv7.own.example:465 ssl"},
		{given: []string{"preset", "bridge"}, want: "127.0.0.1:1025 starttls"},
		{given: []string{"preset", "bridge", "port", "1026"}, want: "127.0.0.1:1026 starttls, 127.0.0.1:1026 ssl"},
		{given: []string{"preset", "bridge", "port", "25", "security", "none"}, want: "127.0.0.1:25 none"},

		{given: []string{"username", "you@acme.example"}, want: acme},
		{given: []string{"username", "you@acmemail.com"}, want: "smtp.eu.acme.example:465 ssl, smtp.eu.acme.example:587 starttls"},
		{given: []string{"username", "you@acmemail.com", "region", "com"}, want: acme},
		{given: []string{"from", "You <you@acme.example>"}, want: acme},

		{given: []string{"host", "mail.own.example"}, want: "mail.own.example:465 ssl, mail.own.example:587 starttls"},
		{given: []string{"host", "MAIL.Own.Example."}, want: "mail.own.example:465 ssl, mail.own.example:587 starttls"},
		{given: []string{"host", "münchen.example"}, want: "xn--mnchen-3ya.example:465 ssl, xn--mnchen-3ya.example:587 starttls"},
		{given: []string{"host", "[2001:db8::1]", "port", "465"}, want: "[2001:db8::1]:465 ssl"},
		{given: []string{"host", "mail.own.example", "port", "25"}, want: "mail.own.example:25 starttls"},
		{given: []string{"host", "mail.own.example", "port", "1465"}, want: "mail.own.example:1465 starttls, mail.own.example:1465 ssl"},
		{given: []string{"host", "mail.own.example", "port", "1465", "security", "ssl"}, want: "mail.own.example:1465 ssl"},
		{given: []string{"host", "mail.own.example", "security", "starttls"}, want: "mail.own.example:587 starttls"},
		{given: []string{"host", "localhost", "port", "2500", "security", "none"}, want: "localhost:2500 none"},
		{given: []string{"host", "mail.own.example", "username", "you@acme.example"}, want: "mail.own.example:465 ssl, mail.own.example:587 starttls"},
	} {
		t.Run(strings.Join(c.given, " "), func(t *testing.T) {
			t.Parallel()
			s := resolve(t, flags(c.given...))
			if got := endpointsOf(s); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if got := strings.Join(s.Notes, "\n"); got != c.note {
				t.Errorf("notes %q, want %q", got, c.note)
			}
		})
	}
}

// What is wrong, and what to do: parts of both.
func TestErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		given      []string
		what, hint string
	}{
		{nil, "nothing says which server", "smtpwiz presets"},
		{[]string{"username", "you@elsewhere.example"}, "nothing says which server", "--host"},
		{[]string{"preset", "acne"}, `unknown preset "acne"`, "--preset acme"},
		{[]string{"preset", "zzzzzzzz"}, `unknown preset "zzzzzzzz"`, "smtpwiz presets lists them"},
		{[]string{"preset", "../acme"}, `unknown preset "../acme"`, "presets"},
		{[]string{"preset", "acme", "region", "ue"}, `preset acme has no region "ue"`, "did you mean eu? use one of com, eu"},
		{[]string{"preset", "keys", "region", "eu"}, `preset keys has no region "eu"`, "leave it out"},
		{[]string{"preset", "hosted", "variant", "prof"}, `preset hosted has no variant "prof"`, "did you mean pro?"},
		{[]string{"preset", "hosted", "variant", "pro"}, "the host of your own server is needed", "add --host: Which is your server?"},
		{[]string{"preset", "hosted", "variant", "pro", "host", "two"}, `--host: "two" is neither`, "your own server"},
		{[]string{"preset", "own", "host", "https://elsewhere.example/"}, "--host: ", "your own server"},
		{[]string{"host", "mail.own.example", "region", "eu"}, "--region says nothing without a preset", "--preset"},
		{[]string{"host", "mail.own.example", "variant", "pro"}, "--variant says nothing without a preset", "--preset"},

		{[]string{"host", "smtp://mail.own.example"}, "holds a scheme", "smtp.example.com"},
		{[]string{"preset", "acme", "host", "https://mail.own.example/"}, "holds a scheme", "smtp.example.com"},
		{[]string{"host", "you@own.example"}, "is an address", "smtp.example.com"},
		{[]string{"host", "mail.own.example:465"}, "--port", "smtp.example.com"},
		{[]string{"host", ""}, "--host: the host is empty", "smtp.example.com"},
		{[]string{"host", "mail..own.example"}, "--host: ", "smtp.example.com"},

		{[]string{"preset", "acme", "port", "0"}, "--port: ", "465 (ssl) and 587 (starttls)"},
		{[]string{"preset", "acme", "port", "65536"}, "--port: ", "465 (ssl) and 587 (starttls)"},
		{[]string{"preset", "acme", "port", "smtps"}, "--port: ", "465 (ssl) and 587 (starttls)"},
		{[]string{"preset", "acme", "port", "25"}, "port 25 is for servers", "use 465 (ssl) or 587 (starttls)"},
		{[]string{"preset", "acme", "port", "25", "security", "starttls"}, "port 25 is for servers", "use 465 (ssl) or 587 (starttls)"},
		{[]string{"username", "you@acme.example", "port", "25"}, "port 25 is for servers", "use 465 (ssl) or 587 (starttls)"},
		{[]string{"preset", "acme", "security", "none"}, "the preset has no endpoint with --security none", "port 465 ssl and port 587 starttls"},
		{[]string{"preset", "keys", "security", "ssl"}, "the preset has no endpoint with --security ssl", "port 2525 starttls"},
		{[]string{"preset", "acme", "security", "tls"}, "is it ssl", "--security ssl (port 465)"},
		{[]string{"preset", "bridge", "security", "tls"}, "is it ssl", "--security ssl (port 465)"},
		{[]string{"host", "mail.own.example", "port", "25", "security", "tls"}, "is it ssl", "--security starttls (port 587)"},
		{[]string{"host", "mail.own.example", "security", "opportunistic"}, "--security: unknown security", "--security ssl"},
		{[]string{"host", "localhost", "security", "none"}, "does not say which port", "add --port"},

		{[]string{"preset", "acme", "username", "you\nQUIT"}, "control character", "in one line"},
		{[]string{"preset", "acme", "username", strings.Repeat("x", 1025)}, "too long", "in one line"},
		{[]string{"preset", "acme", "from", "you"}, "--from: ", "you@example.com"},
		{[]string{"preset", "acme", "to", "you@"}, "--to: ", "you@example.com"},
		{[]string{"preset", "acme", "from", "you", "to", "you@"}, "--from: ", "you@example.com"},
		{[]string{"preset", "keys"}, `the user name "apikey" is no address`, "--from"},
		{[]string{"preset", "local", "username", "you"}, `the user name "you" is no address`, "--from"},
		{[]string{"host", "mail.own.example", "auth", "external"}, "the sender is not known", "--from"},
		{[]string{"preset", "acme", "display-name", "two\nlines"}, "--display-name", "one line"},
		{[]string{"preset", "acme", "display-name", strings.Repeat("x", 257)}, "--display-name", "256"},

		{[]string{"preset", "acme", "check", "all"}, `unknown check "all"`, "connect, login, sender or send"},
		{[]string{"preset", "acme", "timeout", "15"}, `--timeout "15"`, "15s"},
		{[]string{"preset", "acme", "timeout", "0s"}, `--timeout "0s"`, "15s"},
		{[]string{"preset", "acme", "max-time", "-1s"}, `--max-time "-1s"`, "15s"},
		{[]string{"preset", "acme", "helo", "two words"}, `--helo "two words"`, "[192.0.2.1]"},
		{[]string{"preset", "acme", "helo", "a\r\nQUIT"}, "cannot be said in EHLO", "host name"},
		{[]string{"preset", "acme", "client-key", "key.pem"}, "without its certificate", "--client-cert"},
		{[]string{"preset", "acme", "tls-fingerprint", strings.Repeat("a", 64)}, "--tls-fingerprint", "sha256:"},
		{[]string{"preset", "acme", "tls-fingerprint", "sha256:" + strings.Repeat("a", 63)}, "--tls-fingerprint", "64"},
		{[]string{"preset", "acme", "tls-fingerprint", "sha256:" + strings.Repeat("x", 64)}, "--tls-fingerprint", "64"},

		{[]string{"preset", "acme", "connect-to", "a:b"}, "--connect-to: ", "HOST:PORT:TARGET-HOST:TARGET-PORT"},
		{[]string{"preset", "acme", "connect-to", "a:99999:b:1"}, "--connect-to: ", "HOST:PORT"},
		{[]string{"preset", "acme", "proxy", "http://proxy.example:8080"}, "--proxy is not a SOCKS5 proxy", "socks5://HOST:PORT"},
		{[]string{"preset", "acme", "proxy", "socks5://proxy.example"}, "--proxy: ", "socks5://HOST:PORT"},
		{[]string{"preset", "acme", "proxy", "socks5://proxy.example:0"}, "--proxy: ", "socks5://HOST:PORT"},
		{[]string{"preset", "acme", "proxy", "socks5://me:pa55-Marker-9fQ@proxy.example:1080"}, "may not hold a user or password", "SMTPWIZ_PROXY_PASSWORD"},
		{[]string{"preset", "acme", "proxy", "http://me:pa55-Marker-9fQ@proxy.example:1080"}, "not a SOCKS5 proxy", "socks5://"},
		{[]string{"preset", "acme", "ipv4", "true", "ipv6", "true"}, "-4 and -6 exclude each other", "leave both out"},
	} {
		t.Run(strings.Join(c.given, " "), func(t *testing.T) {
			t.Parallel()
			s, err := Resolve(flags(c.given...), library())
			var wrong *UsageError
			if s != nil || !errors.As(err, &wrong) {
				t.Fatalf("settings %+v, error %v", s, err)
			}
			if !strings.Contains(wrong.What, c.what) || !strings.Contains(wrong.Hint, c.hint) {
				t.Errorf("what: %s\nhint: %s", wrong.What, wrong.Hint)
			}
			if strings.Contains(wrong.What+wrong.Hint, "pa55-Marker-9fQ") {
				t.Errorf("it tells the password: %s", wrong.What)
			}
			if strings.ContainsAny(wrong.What+wrong.Hint, "\r\n") {
				t.Errorf("more than a line: %q, %q", wrong.What, wrong.Hint)
			}
		})
	}
}

func TestAccount(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		given                         []string
		username, from, to, mechanism string
	}{
		{given: []string{"preset", "acme"}},
		{given: []string{"preset", "acme", "username", "you@acme.example"}, username: "you@acme.example", from: "you@acme.example", to: "you@acme.example"},
		{given: []string{"preset", "acme", "from", "You <you@acme.example>"}, username: "you@acme.example", from: "you@acme.example", to: "you@acme.example"},
		{given: []string{"preset", "acme", "username", "you@acme.example", "from", "info@own.example", "to", "them@else.example"},
			username: "you@acme.example", from: "info@own.example", to: "them@else.example"},
		{given: []string{"preset", "acme", "username", "you", "check", "login"}, username: "you"},
		{given: []string{"preset", "keys", "from", "you@own.example"}, username: "apikey", from: "you@own.example", to: "you@own.example", mechanism: "LOGIN"},
		{given: []string{"preset", "keys", "username", "other", "from", "you@own.example", "auth", "plain"}, username: "other", from: "you@own.example", to: "you@own.example", mechanism: "PLAIN"},
		{given: []string{"preset", "keys", "check", "login"}, username: "apikey", mechanism: "LOGIN"},
		{given: []string{"preset", "local", "username", "you", "from", "you@local.example"}, username: "you", from: "you@local.example", to: "you@local.example"},
		{given: []string{"preset", "local", "from", "you@local.example"}, from: "you@local.example", to: "you@local.example"},
		{given: []string{"host", "mail.own.example", "from", "you@own.example"}, username: "you@own.example", from: "you@own.example", to: "you@own.example"},
		{given: []string{"host", "mail.own.example", "auth", "external", "from", "you@own.example"}, from: "you@own.example", to: "you@own.example", mechanism: "EXTERNAL"},
		{given: []string{"host", "mail.own.example", "auth", "external", "check", "login"}, mechanism: "EXTERNAL"},
	} {
		t.Run(strings.Join(c.given, " "), func(t *testing.T) {
			t.Parallel()
			a := resolve(t, flags(c.given...)).Account
			got := fmt.Sprintf("%s, %s, %s, %s", a.Username, a.From, a.To, a.Mechanism)
			if want := fmt.Sprintf("%s, %s, %s, %s", c.username, c.from, c.to, c.mechanism); got != want {
				t.Errorf("got %s; want %s", got, want)
			}
		})
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	s := resolve(t, flags("preset", "acme"))
	if s.Check != report.CheckSend || s.Timeout != 15*time.Second || s.MaxTime != 0 || s.Family != "" || s.Account.Preset != "acme" || s.Region != "com" {
		t.Errorf("defaults %+v", s)
	}
	s = resolve(t, flags(
		"preset", "hosted", "variant", "pro", "host", "2", "check", "sender", "timeout", "3s", "max-time", "1m", "helo", "[192.0.2.1]",
		"ca-file", "ca.pem", "client-cert", "cert.pem", "client-key", "key.pem", "display-name", "Żółw",
		"tls-fingerprint", "SHA256:"+strings.Repeat("AB:", 31)+"AB", "proxy", "SOCKS5://[::1]:1080/", "ipv6", "true",
		"connect-to", "smtp.acme.example:465:[2001:db8::1]:2465",
	))
	want := Settings{
		Check: report.CheckSender, Timeout: 3 * time.Second, MaxTime: time.Minute, Helo: "[192.0.2.1]", Variant: "pro",
		CAFile: "ca.pem", ClientCert: "cert.pem", ClientKey: "key.pem", Fingerprint: strings.Repeat("ab", 32),
		Proxy: "[::1]:1080", Family: "ip6", ConnectTo: []ConnectTo{{"smtp.acme.example", 465, "2001:db8::1", 2465}},
	}
	if s.Account.DisplayName != "Żółw" || s.Preset == nil || s.Preset.Name != "hosted" {
		t.Errorf("account %+v", s.Account)
	}
	s.Account, s.Preset, s.Provenance = want.Account, nil, nil
	if got := fmt.Sprintf("%+v", *s); got != fmt.Sprintf("%+v", want) {
		t.Errorf("got  %s\nwant %+v", got, want)
	}
}

func TestProxySpellings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"socks5://proxy.example:1080":  "proxy.example:1080",
		"socks5h://proxy.example:1080": "proxy.example:1080",
		"socks5://192.0.2.1:9050/":     "192.0.2.1:9050",
		"":                             "",
	} {
		if got := resolve(t, flags("preset", "acme", "proxy", text)).Proxy; got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// Flag over variable over preset, in what counts and in what is told.
func TestProvenance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		given Answers
		want  []string // "name value source", some of them
	}{
		{"flags over variables", flags("preset", "acme", "port", "465", "username", "you@acme.example").and("preset", "keys", "port", "587", "username", "other@acme.example", "to", "them@else.example"),
			[]string{"preset acme flag --preset", "region com preset", "port 465 flag --port", "endpoint smtp.acme.example:465 ssl preset",
				"username you@acme.example flag --username", "from you@acme.example the user name", "to them@else.example variable SMTPWIZ_TO"}},
		{"variables over the preset", Answers{}.and("preset", "keys", "auth", "plain", "username", "other", "from", "you@own.example", "max-time", "1m"),
			[]string{"preset keys variable SMTPWIZ_PRESET", "auth plain variable SMTPWIZ_AUTH", "username other variable SMTPWIZ_USERNAME",
				"from you@own.example variable SMTPWIZ_FROM", "to you@own.example the sender's address"}},
		{"the preset's own", flags("preset", "keys", "from", "you@own.example"), []string{"auth LOGIN preset", "username apikey preset"}},
		{"derived", flags("from", "you@acmemail.com", "helo", "me.example"),
			[]string{"preset acme mail domain acmemail.com", "region eu preset", "username you@acmemail.com the sender's address", "helo me.example flag --helo"}},
		{"no preset", flags("host", "mail.own.example"), []string{"host mail.own.example flag --host", "endpoint mail.own.example:465 ssl default"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkTold(t, resolve(t, c.given), c.want)
		})
	}
}

func checkTold(t *testing.T, s *Settings, want []string) {
	t.Helper()
	var told []string
	names := map[string]bool{}
	for _, p := range s.Provenance {
		told = append(told, p.Name+" "+p.Value+" "+p.Source)
		if p.Name != "endpoint" && names[p.Name] {
			t.Errorf("%s is told twice", p.Name)
		}
		names[p.Name] = true
	}
	for _, w := range want {
		if !slices.Contains(told, w) {
			t.Errorf("%q is not told; but\n%s", w, strings.Join(told, "\n"))
		}
	}
}

func TestFamilyOfTheStrongerSource(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		given Answers
		want  string
	}{
		{flags("preset", "acme"), ""},
		{flags("preset", "acme", "ipv4", "true"), "ip4"},
		{flags("preset", "acme", "ipv4", "false").and("ipv6", "true"), "ip6"},
		{flags("preset", "acme", "ipv4", "true").and("ipv6", "true"), "ip4"},
		{flags("preset", "acme", "ipv6", "true").and("ipv4", "true"), "ip6"},
	} {
		if got := resolve(t, c.given).Family; got != c.want {
			t.Errorf("%v: got %q, want %q", c.given, got, c.want)
		}
	}
}

// A slip of the fingers is told and changes nothing.
func TestWarnings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		given []string
		want  string
	}{
		{[]string{"preset", "acme", "username", "you@acmemail.con"}, "you@acmemail.con: did you mean you@acmemail.com?"},
		{[]string{"preset", "acme", "username", "you@acmemail.com", "to", "them@acmemial.com"}, "them@acmemial.com: did you mean them@acmemail.com?"},
		{[]string{"preset", "acme", "username", "you@acmemail.com"}, ""},
		{[]string{"preset", "acme", "username", "you@own.example", "to", "you@[192.0.2.1]"}, ""},
		{[]string{"preset", "keys", "username", "apikey", "check", "login"}, ""},
	} {
		s := resolve(t, flags(c.given...))
		if got := strings.Join(s.Warnings, "\n"); got != c.want {
			t.Errorf("%v: got %q, want %q", c.given, got, c.want)
		}
	}
}

func TestVariableOf(t *testing.T) {
	t.Parallel()
	if got := VariableOf("max-time"); got != "SMTPWIZ_MAX_TIME" {
		t.Errorf("got %s", got)
	}
}

// Options leave the account alone: it is yet to be asked for.
func TestOptionsWithoutAnAccount(t *testing.T) {
	t.Parallel()
	s, err := Options(flags("check", "login", "timeout", "3s", "helo", "me.example", "ipv4", "true", "port", "no port"), library())
	if err != nil {
		t.Fatal(err)
	}
	if s.Check != report.CheckLogin || s.Timeout != 3*time.Second || s.Helo != "me.example" || s.Family != "ip4" || s.Account.Endpoints != nil {
		t.Errorf("got %+v", s)
	}
	for _, wrong := range []Answers{flags("timeout", "soon"), flags("check", "all"), flags("helo", "two words"), flags("proxy", "proxy")} {
		var usage *UsageError
		if _, err := Options(wrong, library()); !errors.As(err, &usage) {
			t.Errorf("%v: %v", wrong, err)
		}
	}
}

// An account lives in one data centre; its address often tells which.
func TestRegionOfTheAddress(t *testing.T) {
	t.Parallel()
	lib := preset.New(presets.FS, "")
	for _, c := range []struct{ preset, region, username, host string }{
		{"zoho", "", "you@zoho.eu", "smtp.zoho.eu"},
		{"zoho-pro", "", "you@zohomail.in", "smtppro.zoho.in"},
		{"zoho", "", "you@own.example", "smtp.zoho.com"},
		{"zoho", "jp", "you@zoho.eu", "smtp.zoho.jp"},
		{"", "", "you@zoho.eu", "smtp.zoho.eu"},
	} {
		given := flags("username", c.username)
		if c.preset != "" {
			given["preset"] = Answer{Value: c.preset, Source: FromFlag, Name: "--preset"}
		}
		if c.region != "" {
			given["region"] = Answer{Value: c.region, Source: FromFlag, Name: "--region"}
		}
		s, err := Resolve(given, lib)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Account.Endpoints[0].Host; got != c.host {
			t.Errorf("%+v: host %s", c, got)
		}
	}
}
