package sasl

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	passwords := []string{Plain, Login, CRAMMD5, SCRAMSHA1, SCRAMSHA256}
	tokens := []string{XOAuth2, OAuthBearer}
	tests := []struct {
		name       string
		mechanisms []string
		c          Credentials
		says       string
	}{
		{"no user", append(passwords, XOAuth2), Credentials{Password: marker}, "the user name is empty"},
		{"no password", passwords, Credentials{Username: "you"}, "the password is empty"},
		{"no token", tokens, Credentials{Username: "you"}, "the token is empty"},
		{"NUL in user", Mechanisms(), Credentials{Username: "y\x00u", Password: marker}, "the user name holds a NUL"},
		{"NUL in password", passwords, Credentials{Username: "you", Password: marker + "\x00"}, "the password holds a NUL"},
		{"separator in user", tokens, Credentials{Username: "you\x01auth=x", Password: marker}, "control character"},
		{"separator in host", tokens, Credentials{Username: "you", Password: marker, Host: "a\x01b"}, "control character"},
		{"separator in token", tokens, Credentials{Username: "you", Password: marker + "\x01\x01"}, "no token has"},
		{"line end in token", tokens, Credentials{Username: "you", Password: marker + "\n"}, "no token has"},
		{"space in token", tokens, Credentials{Username: "you", Password: marker + " x"}, "no token has"},
		{"not ASCII in token", tokens, Credentials{Username: "you", Password: marker + "é"}, "no token has"},
	}
	for _, tt := range tests {
		for _, mechanism := range tt.mechanisms {
			client, err := New(mechanism, tt.c, nil)
			if client != nil || !errors.Is(err, ErrCredentials) {
				t.Errorf("%s: New(%s) = %v, %v; want ErrCredentials", tt.name, mechanism, client, err)
				continue
			}
			if !strings.HasPrefix(err.Error(), mechanism+": ") || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%s: error is %q", tt.name, err)
			}
			if leaked := leak(err.Error(), marker); leaked != "" {
				t.Errorf("%s: the error tells the password as %q", tt.name, leaked)
			}
		}
	}
}

func TestNewUnknownAndUnbound(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "DIGEST-MD5", "ANONYMOUS", "SCRAM-SHA-512", "PLAIN "} {
		if client, err := New(name, account(), nil); client != nil || !errors.Is(err, ErrUnknownMechanism) {
			t.Errorf("New(%q) = %v, %v; want ErrUnknownMechanism", name, client, err)
		}
	}
	for _, name := range []string{SCRAMSHA1Plus, SCRAMSHA256Plus} {
		if client, err := New(name, account(), nil); client != nil || !errors.Is(err, ErrNoBinding) {
			t.Errorf("New(%q) = %v, %v; want ErrNoBinding", name, client, err)
		}
	}
	client, err := New("cram-md5", account(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if name, _, _ := client.Start(); name != CRAMMD5 {
		t.Errorf("New(cram-md5) starts %q", name)
	}
}

// An initial response that is nil is not sent, an empty one is "=".
func TestInitialResponseIsNilOrNot(t *testing.T) {
	t.Parallel()
	b := binding(t, first(tlsPair(t, tls13, ecdsaKey(t))))
	for _, name := range Mechanisms() {
		_, initial := start(t, name, account(), b)
		if none := name == Login || name == CRAMMD5; (initial == nil) != none {
			t.Errorf("%s: the initial response is nil: %t", name, initial == nil)
		}
	}
}

func TestNothingPrintsSecrets(t *testing.T) {
	t.Parallel()
	b := binding(t, first(tlsPair(t, tls13, ecdsaKey(t))))
	values := map[string]any{
		"Credentials": account(), "*Credentials": new(account()), "[]Credentials": []Credentials{account()},
		"in a struct": struct{ C Credentials }{account()},
	}
	for _, name := range Mechanisms() {
		values[name], _ = start(t, name, account(), b)
	}
	for what, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
			if leaked := leak(fmt.Sprintf(verb, value), marker); leaked != "" {
				t.Errorf("%s: %s prints the password as %q", what, verb, leaked)
			}
		}
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if leaked := leak(string(text), marker); leaked != "" {
			t.Errorf("%s: JSON holds the password as %q", what, leaked)
		}
	}
	for _, text := range []string{account().String(), account().GoString()} {
		if text != "***" {
			t.Errorf("Credentials print as %q", text)
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%d"} {
		if got := fmt.Sprintf(verb, b) + fmt.Sprintf(verb, *b); got != "tls-exportertls-exporter" {
			t.Errorf("a Binding prints as %q", got)
		}
	}
}

// What no mechanism can carry is known before anything is dialled; what is
// missing is the caller's question.
func TestCheckCredentials(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ username, password, want string }{
		{"you", marker, ""}, {"", "", ""}, {"you", " \r\n\xff密", ""},
		{"y\x00u", marker, "the user name holds a NUL"}, {"you", marker + "\x00", "the password holds a NUL"}, {"", "\x00", "the password holds a NUL"},
	} {
		err := CheckCredentials(c.username, c.password)
		switch {
		case c.want == "":
			if err != nil {
				t.Errorf("%q: %v", c.username, err)
			}
		case !errors.Is(err, ErrCredentials) || !strings.HasSuffix(err.Error(), c.want) || strings.Contains(err.Error(), "pa55"):
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}
