package profile

import (
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// full is a profile with every field set.
func full(t testing.TB, name string) Profile {
	t.Helper()
	ssl := submission.Endpoint{Host: "smtp.example.com", Port: 465, Security: submission.SSL}
	return Profile{
		Name: name, Preset: "zoho", Region: "eu", Variant: "pro",
		Username: "you@example.com", From: "you@example.com", To: "other@example.org", DisplayName: `Zoë "Zo" Example`,
		Auth: "PLAIN", Check: "send", Helo: "desk.example.com",
		CAFile: absolutePath(t, "ca.pem"), ClientCert: absolutePath(t, "me.pem"), ClientKey: absolutePath(t, "me.key"),
		TLSFingerprint: "sha256:" + strings.Repeat("0f", 32), Proxy: "socks5://127.0.0.1:1080",
		ConnectTo: []string{"smtp.example.com:465:127.0.0.1:1465", "::[::1]:"},
		IPVersion: 4, Timeout: 15 * time.Second, MaxTime: 2 * time.Minute,
		Endpoints: []submission.Endpoint{ssl, {Host: "smtp.example.com", Port: 587, Security: submission.STARTTLS}},
		Secret: SecretRef{Store: StoreCommand, ID: "zoho/1", Command: `pass show 'mail\zoho'`, KeyFile: absolutePath(t, "key"),
			PasswordSet: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)},
		Incoming: []Incoming{
			{"imap", submission.Endpoint{Host: "imap.example.com", Port: 993, Security: submission.SSL}, "you"},
			{"pop3", submission.Endpoint{Host: "pop.example.com", Port: 995, Security: submission.SSL}, "you"},
		},
		Proven: Proven{When: time.Date(2026, 2, 1, 8, 30, 0, 0, time.UTC), Check: "send", Endpoint: ssl,
			Address: "203.0.113.5:465", TLS: "TLS 1.3", Mechanism: "PLAIN"},
	}
}

func absolutePath(t testing.TB, name string) string {
	t.Helper()
	path, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// isFull fails for a struct with a field that is not set.
func isFull(t *testing.T, v reflect.Value, path string) {
	t.Helper()
	for _, f := range fieldsOf(v) {
		at := path + "." + f.key
		switch {
		case f.value.IsZero():
			t.Errorf("%s is not set in the test's profile", at)
		case f.value.Kind() == reflect.Struct && f.value.Type() != reflect.TypeFor[time.Time]():
			isFull(t, f.value, at)
		case f.value.Kind() == reflect.Slice && f.value.Index(0).Kind() == reflect.Struct:
			isFull(t, f.value.Index(0), at)
		}
	}
}

func mustParse(t testing.TB, text string) *Config {
	t.Helper()
	c, err := parse("config.toml", []byte(text))
	if err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	return c
}

func mustPut(t testing.TB, c *Config, p Profile) {
	t.Helper()
	if err := c.Put(p); err != nil {
		t.Fatalf("put %s: %v", p.Name, err)
	}
}

func TestEveryFieldComesBack(t *testing.T) {
	t.Parallel()
	want := full(t, "zoho-eu")
	isFull(t, reflect.ValueOf(want), "profile")
	c := mustParse(t, freshFile)
	mustPut(t, c, want)
	again := mustParse(t, string(c.doc.text))
	got, err := again.Get("zoho-eu")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what was put (-) and what came back (+):\n%s", diff)
	}
	if again.Default() != "zoho-eu" {
		t.Errorf("the first profile is not the default, which is %q", again.Default())
	}
	if unknown := again.Unknown(); len(unknown) > 0 {
		t.Errorf("own keys are unknown: %v", unknown)
	}
	mustPut(t, again, Profile{Name: "zoho-eu"})
	if got, _ := again.Get("zoho-eu"); !reflect.DeepEqual(encodeProfile(got), encodeProfile(Profile{})) {
		t.Errorf("emptied, but %+v is left", got)
	}
}

func TestFreshFileText(t *testing.T) {
	t.Parallel()
	c := mustParse(t, freshFile)
	mustPut(t, c, Profile{
		Name: "work", Preset: "zoho", Username: "you@example.com", ConnectTo: []string{"a:1:b:2"},
		Endpoints: []submission.Endpoint{{Host: "smtp.zoho.com", Port: 465, Security: "ssl"}},
		Secret:    SecretRef{Store: StoreKeyring, ID: "work"},
	})
	mustPut(t, c, Profile{Name: "für.uns", Preset: "ovh"})
	want := freshFile + `default = "work"

[profile.work]
preset = "zoho"
username = "you@example.com"
connect_to = ["a:1:b:2"]

[[profile.work.endpoint]]
host = "smtp.zoho.com"
port = 465
security = "ssl"

[profile.work.secret]
store = "keyring"
id = "work"

[profile."für.uns"]
preset = "ovh"
`
	if diff := cmp.Diff(want, string(c.doc.text)); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
}

func TestSpellingsAreNormalized(t *testing.T) {
	t.Parallel()
	c := mustParse(t, `profile.a = { auth = "plain", tls_fingerprint = "SHA256:`+strings.Repeat("AB:", 31)+`AB",
  endpoint = [{ host = "h.example", port = 587, security = "tls" }],
  secret = { password_set = 2026-01-31 }, proven = { when = "2026-01-31T13:00:00.5+01:00" } }`)
	p, err := c.Get("a")
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	want := Profile{
		Name: "a", Auth: "PLAIN", TLSFingerprint: "sha256:" + strings.Repeat("ab", 32),
		Endpoints: []submission.Endpoint{{Host: "h.example", Port: 587, Security: submission.STARTTLS}},
		Secret:    SecretRef{PasswordSet: day}, Proven: Proven{When: day.Add(12 * time.Hour)},
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	good := []string{"a", "7", "zoho-eu", "my_work.2", "büro", "काम", "仕事", ".x", strings.Repeat("é", 64)}
	bad := []string{"", "-a", "a@b", "a b", "a/b", `a\b`, "a\x1b", "a\u202e", "..", "_", "a:b", "a\xff", "\ufffd", strings.Repeat("a", 65)}
	for _, name := range good {
		if err := CheckName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		c := mustParse(t, "")
		mustPut(t, c, Profile{Name: name})
		if got := mustParse(t, string(c.doc.text)).Names(); len(got) != 1 || got[0] != name {
			t.Errorf("%q came back as %q", name, got)
		}
	}
	for _, name := range bad {
		var fault *NameError
		if err := CheckName(name); !errors.As(err, &fault) {
			t.Errorf("%q is let through: %v", name, err)
		} else if strings.ContainsAny(err.Error(), "\x1b\u202e") {
			t.Errorf("%q is printed as it is", name)
		}
		if err := mustParse(t, "").Put(Profile{Name: name}); !errors.As(err, &fault) {
			t.Errorf("Put takes %q: %v", name, err)
		}
	}
}

func TestPutRefuses(t *testing.T) {
	t.Parallel()
	endpoint := func(host string, port int, s submission.Security) Profile {
		return Profile{Endpoints: []submission.Endpoint{{Host: host, Port: port, Security: s}}}
	}
	for key, p := range map[string]Profile{
		"username":             {Username: "a\r\nb"},
		"display_name":         {DisplayName: "a\xff"},
		"from":                 {From: "nobody"},
		"to":                   {To: "a b@example.com"},
		"auth":                 {Auth: "PLA IN"},
		"check":                {Check: "all"},
		"helo":                 {Helo: "a b"},
		"client_key":           {ClientKey: "k.pem"},
		"tls_fingerprint":      {TLSFingerprint: "sha256:00"},
		"proxy":                {Proxy: "socks5://me:pa55-Marker-9fQ@127.0.0.1:1080"},
		"connect_to[2]":        {ConnectTo: []string{"a:1:b:2", "a:1:b"}},
		"connect_to[1]":        {ConnectTo: []string{"a:1:b:70000"}},
		"ip_version":           {IPVersion: 5},
		"timeout":              {Timeout: -1},
		"max_time":             {MaxTime: -1},
		"endpoint[1].host":     endpoint("https://x", 465, "ssl"),
		"endpoint[1].port":     endpoint("x.example", 0, "ssl"),
		"endpoint[1].security": endpoint("x.example", 465, ""),
		"incoming[1].protocol": {Incoming: []Incoming{{"smtp", submission.Endpoint{Host: "x.example", Port: 993, Security: "ssl"}, ""}}},
		"incoming[1].host":     {Incoming: []Incoming{{Protocol: "imap"}}},
		"secret.store":         {Secret: SecretRef{Store: "cloud"}},
		"secret.command":       {Secret: SecretRef{Store: StoreCommand}},
		"proven.check":         {Proven: Proven{Check: "x"}},
		"proven.port":          {Proven: Proven{Endpoint: submission.Endpoint{Host: "x.example", Security: "ssl"}}},
		"proven.address":       {Proven: Proven{Address: strings.Repeat("x", maxText+1)}},
	} {
		p.Name = "a"
		c := mustParse(t, freshFile)
		err := c.Put(p)
		var fault *Error
		if !errors.As(err, &fault) || fault.Key != "profile.a."+key || fault.Hint() == "" {
			t.Errorf("%s: got %v", key, err)
		} else if strings.Contains(err.Error()+fault.Hint(), "pa55") {
			t.Errorf("%s: a password is shown: %v", key, err)
		}
		if string(c.doc.text) != freshFile {
			t.Errorf("%s: the refused profile left a trace:\n%s", key, c.doc.text)
		}
	}
}

func TestFilesBecomeAbsolute(t *testing.T) {
	t.Parallel()
	c := mustParse(t, "")
	mustPut(t, c, Profile{Name: "a", CAFile: "ca.pem"})
	if p, _ := c.Get("a"); p.CAFile != absolutePath(t, "ca.pem") {
		t.Errorf("ca_file is %q", p.CAFile)
	}
}

func TestDefaultIsHandedOn(t *testing.T) {
	t.Parallel()
	c := mustParse(t, "")
	for _, name := range []string{"a", "b", "c"} {
		mustPut(t, c, Profile{Name: name})
	}
	step := func(what string, err error, want string, names ...string) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		again := mustParse(t, string(c.doc.text))
		if again.Default() != want || !slices.Equal(again.Names(), names) {
			t.Fatalf("%s: the default is %q of %q, not %q of %q in:\n%s", what, again.Default(), again.Names(), want, names, c.doc.text)
		}
	}
	step("put", nil, "a", "a", "b", "c")
	step("set", c.SetDefault("b"), "b", "a", "b", "c")
	step("rename", c.Rename("b", "büro"), "büro", "a", "büro", "c")
	step("remove another", c.Remove("a"), "büro", "büro", "c")
	step("remove the default of two", c.Remove("büro"), "c", "c")
	step("put again", c.Put(Profile{Name: "d"}), "c", "c", "d")
	step("put more", c.Put(Profile{Name: "e"}), "c", "c", "d", "e")
	step("remove the default of three", c.Remove("c"), "", "d", "e")
	step("unset", c.SetDefault(""), "", "d", "e")
	step("remove", c.Remove("d"), "", "e")
	step("remove the last", c.Remove("e"), "")
}

func TestUnknownProfile(t *testing.T) {
	t.Parallel()
	c := mustParse(t, "[profile.work]\n[profile.home]\n")
	exists := c.Rename("work", "home")
	if fault := (*ExistsError)(nil); !errors.As(exists, &fault) || fault.Error() != `there is a profile "home" already` || !strings.Contains(fault.Hint(), "remove home") {
		t.Errorf("renamed onto another: %v", exists)
	}
	for what, err := range map[string]error{
		"get": second(c.Get("wrok")), "remove": c.Remove("wrok"), "rename": c.Rename("wrok", "x"), "default": c.SetDefault("wrok"),
	} {
		var fault *UnknownError
		if !errors.As(err, &fault) || fault.Nearest != "work" || fault.Hint() != "did you mean work?" {
			t.Errorf("%s: %v", what, err)
		}
	}
	far := &UnknownError{}
	if !errors.As(second(c.Get("something-else")), &far) || far.Nearest != "" || far.None {
		t.Errorf("far: %+v", far)
	}
	if !errors.As(second(mustParse(t, "").Get("x")), &far) || !far.None {
		t.Errorf("none: %+v", far)
	}
}

func second[T any](_ T, err error) error { return err }

func TestCopiesAreTheCallers(t *testing.T) {
	t.Parallel()
	c := mustParse(t, "")
	mustPut(t, c, full(t, "a"))
	p, _ := c.Get("a")
	p.Endpoints[0].Host, p.ConnectTo[0], p.Incoming[0].Host = "changed", "changed", "changed"
	q := c.Profiles()[0]
	q.Endpoints[0].Host = "changed"
	if got, _ := c.Get("a"); !reflect.DeepEqual(got, full(t, "a")) {
		t.Errorf("a caller's copy changed the configuration: %+v", got)
	}
}
