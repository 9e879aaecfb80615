package profile

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFaultsHavePositions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, at, says, hint string }{
		{"not TOML", "version = 1\n\n[profile.a]\n  from = you@example.com\n", "4:10", "not TOML", "quotes"},
		{"twice", "[profile.a]\nhelo = 'x'\nhelo = 'y'\n", "3:1", "already defined", "once"},
		{"two tables", "[profile.a]\n\n[profile.a]\n", "3:2", "already exists", "once"},
		{"no such date", "[profile.a.proven]\nwhen = 2026-13-01T00:00:00Z\n", "2:13", "not TOML", ""},
		{"control character", "a = 'x\x1by'\n", "1:7", "control", ""},
		{"not UTF-8", "# \xff\n", "1:3", "UTF-8", ""},
		{"UTF-16", "\xff\xfev\x00", "1:1", "not TOML", ""},
		{"cut off", "[profile.a]\nhelo = 'x", "2:9", "unterminated", ""},
		{"newer", "# v\nversion = 2\n[profile]\na = 1\n", "2:11", "version 2", "newer smtpwiz"},
		{"version of text", "version = '1'\n", "1:11", "not a version", "version = 1"},
		{"version 0", "version = 0\n", "1:11", "not a version", "version = 1"},
		{"default of no profile", "default = 'wrok'\n[profile.work]\n", "1:11", `no profile "wrok"`, "name of a profile"},
		{"default no text", "default = 1\n", "1:11", "not a text", `default = "…"`},
		{"accessible", "accessible = 'yes'\n", "1:14", "neither true nor false", "without quotes"},
		{"profile a list", "[[profile]]\nname = 'a'\n", "1:3", "not a table", "[profile.NAME]"},
		{"profile a value", "[profile]\na = 'zoho'\n", "2:5", "not a profile", "[profile.NAME]"},
		{"name", "[profile.'a@b']\n", "1:1", "an @", "such as work"},
		{"name empty", "[profile.'']\n", "1:1", "empty", "such as work"},
		{"columns count characters", "profile = { \"büro\" = 1 }\n", "1:22", "not a profile", ""},
		{"type of a text", "[profile.a]\nusername = true\n", "2:12", "profile.a.username: it is not a text", `username = "…"`},
		{"type of a number", "[profile.a]\nip_version = '4'\n", "2:14", "not a whole number", "ip_version = 4"},
		{"number too big", "[profile.a]\nip_version = 99999999999\n", "2:14", "not a whole number", ""},
		{"type of a list", "[profile.a]\nconnect_to = 'a:1:b:2'\n", "2:14", "not a list", `connect_to = ["…"]`},
		{"type of an item", "[profile.a]\nconnect_to = ['a:1:b:2', 5]\n", "2:26", "connect_to[2]: it is not a text", `connect_to = "…"`},
		{"type of a table", "[profile.a]\nproven = 'yes'\n", "2:10", "not a table", "[profile.a.proven]"},
		{"type of a list of tables", "[profile.a.endpoint]\nhost = 'x'\n", "1:1", "not a list", "[[profile.a.endpoint]]"},
		{"type of a duration", "[profile.a]\ntimeout = 15\n", "2:11", "length of time", `timeout = "15s"`},
		{"type of a time", "[profile.a.proven]\nwhen = 2026-01-31T12:00:00\n", "2:8", "zone", "Z"},
		{"a value", "[profile.a]\nhelo = 'ok'\nfrom = 'nobody'\n", "3:8", "not an address", "you@example.com"},
		{"the first of several", "[profile.b]\nip_version = 5\n[profile.a]\nhelo = ' '\n", "2:14", "5 is not", "4 or 6"},
		{"in an inline table", "[profile.a]\nendpoint = [{ host = 'h', port = 0, security = 'ssl' }]\n", "2:34", "endpoint[1].port", "465"},
		{"what is missing", "[profile.a]\n[[profile.a.endpoint]]\nport = 465\nsecurity = 'ssl'\n", "2:1", "endpoint[1]: host: the host is empty", "smtp.example.com"},
		{"security tls without its port", "[profile.a]\nendpoint = [{ host = 'h', port = 2525, security = 'tls' }]\n", "2:51", "not clear", "ssl"},
		{"an unwritten path", "[profile.a]\nca_file = '~/ca.pem'\n", "2:11", "absolute", "root"},
		{"a copied id", "[profile.a]\nsecret = { store = 'file', id = '1' }\n[profile.b.secret]\nstore = 'file'\nid = '1'\n", "5:6", "the profile a has the same", "smtpwiz secret set b"},
		{"no delivery yet", "[profile.a]\ncheck = 'delivery'\n", "2:9", "unknown", "sender, send"},
		{"a CRLF file", "version = 1\r\n\r\n[profile.a]\r\nhelo = ' '\r\n", "4:8", "host's name", ""},
		{"behind a byte order mark", byteOrderMark + "version = 2\r\n", "1:11", "version 2", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := parse("config.toml", []byte(test.text))
			var fault *Error
			if !errors.As(err, &fault) {
				t.Fatalf("got %v", err)
			}
			if at := fmt.Sprintf("%d:%d", fault.Line, fault.Column); at != test.at {
				t.Errorf("points to %s, not %s: %v", at, test.at, err)
			}
			if !strings.Contains(err.Error(), test.says) || !strings.HasPrefix(err.Error(), "config.toml:") {
				t.Errorf("got %q, which does not say %q", err, test.says)
			}
			if fault.Hint() == "" || !strings.Contains(fault.Hint(), test.hint) {
				t.Errorf("hint %q does not say %q", fault.Hint(), test.hint)
			}
			if strings.ContainsAny(err.Error(), "\x1b\x00\r\n") {
				t.Errorf("%q is not one printable line", err)
			}
		})
	}
}

func TestPasswordsAreRefused(t *testing.T) {
	t.Parallel()
	const marker = "pa55-Marker-9fQ"
	for _, test := range []struct{ text, at, name string }{
		{"[profile.a]\npassword = 'X'\n", "2:1", "a"},
		{"[profile.a]\n  Password = 'X'\n", "2:3", "a"},
		{"[profile.a]\nsmtp-passwd = ['X']\n", "2:1", "a"},
		{"[profile.a]\npass = { x = 'X' }\n", "2:1", "a"},
		{"[profile.a]\nPWD = 'X'\n", "2:1", "a"},
		{"[profile.a]\nsecret = 'X'\n", "2:1", "a"},
		{"[profile.a.secret]\nstore = 'file'\nsecret = 'X'\n", "3:1", "a"},
		{"[profile.a.secret]\npassphrase = 'X'\n", "2:1", "a"},
		{"profile = { a = { endpoint = [{ apiKey = 'X' }] } }\n", "1:33", "a"},
		{"[profile.a.mystery.deep]\nrefreshToken = 'X'\n", "2:1", "a"},
		{"[[oauth]]\nclient_secret = 'X'\n", "2:1", "NAME"},
		{"password = 'X'\n", "1:1", "NAME"},
		{"[profile.a]\npassword = X\n", "2:1", "NAME"},
		{"[profile.a]\npassword = 'X\n", "2:1", "NAME"},
		{"[profile.a]\npassword = 99999999999999999999999\n", "2:1", ""},
	} {
		_, err := parse("config.toml", []byte(strings.ReplaceAll(test.text, "X", marker)))
		var fault *Error
		if !errors.As(err, &fault) || fault.Text != passwordFault {
			t.Errorf("%q: got %v", test.text, err)
			continue
		}
		if at := fmt.Sprintf("%d:%d", fault.Line, fault.Column); at != test.at {
			t.Errorf("%q: points to %s, not %s", test.text, at, test.at)
		}
		if !strings.Contains(fault.Hint(), "smtpwiz secret set "+test.name) {
			t.Errorf("%q: hint %q", test.text, fault.Hint())
		}
		if said := err.Error() + fault.Hint(); strings.Contains(said, "pa55") || strings.Contains(said, "9999") {
			t.Errorf("%q: the password is shown: %s", test.text, said)
		}
	}
	for _, text := range []string{
		"[profile.password]\nhelo = 'x'\n", "profile.secret.helo = 'x'\n", "[profile.token.secret]\nstore = 'file'\n",
		"[profile.a.secret]\npassword_set = 2026-01-31\nkey_file = '" + absolutePath(t, "k") + "'\n", "[profile.a]\nbypass = true\n",
	} {
		if _, err := parse("config.toml", []byte(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestUnknownKeysAreTold(t *testing.T) {
	t.Parallel()
	c := mustParse(t, `acessible = true
theme = "dark"
[profile.a]
usernme = "x"
colour = 1
[[profile.a.endpoint]]
host = "h"
port = 465
security = "ssl"
hots = "x"
[profile.a.secret]
keyfile = "x"
[profile.a.mystery]
x = 1
[[profile.a.incoming]]
protocol = "imap"
host = "h"
port = 993
security = "ssl"
usrname = "x"
`)
	want := []Unknown{
		{1, 1, "acessible", "accessible"},
		{2, 1, "theme", ""},
		{4, 1, "profile.a.usernme", "username"},
		{5, 1, "profile.a.colour", ""},
		{10, 1, "profile.a.endpoint[1].hots", "host"},
		{12, 1, "profile.a.secret.keyfile", "key_file"},
		{13, 12, "profile.a.mystery", ""},
		{20, 1, "profile.a.incoming[1].usrname", "username"},
	}
	if diff := cmp.Diff(want, c.Unknown()); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	c := mustParse(t, "accessible = true\ndefault = 'a'\n[profile.a]\n[profile.b]\n")
	if !c.Accessible() || c.Default() != "a" {
		t.Errorf("read as %v, %q", c.Accessible(), c.Default())
	}
	if err := c.SetAccessible(false); err != nil || c.Accessible() {
		t.Errorf("switched off: %v, %v", err, c.Accessible())
	}
	if want := "default = 'a'\n[profile.a]\n[profile.b]\n"; string(c.doc.text) != want {
		t.Errorf("got:\n%s", c.doc.text)
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"work", "home", "zoho-eu"}
	for typed, want := range map[string]string{
		"wrok": "work", "WORK": "work", "hom": "home", "zoho": "", "zohoeu": "zoho-eu", "x": "", "": "", strings.Repeat("work", 100): "",
	} {
		if got := nearest(typed, names); got != want {
			t.Errorf("%q: %q, not %q", typed, got, want)
		}
	}
}
