package sasl

import (
	"errors"
	"testing"

	gosasl "github.com/emersion/go-sasl"
)

func TestPlainKnownAnswer(t *testing.T) {
	t.Parallel()
	// RFC 4616 section 4, the first example.
	client, initial := start(t, Plain, Credentials{Username: "tim", Password: "tanstaaftanstaaf"}, nil)
	if want := "\x00tim\x00tanstaaftanstaaf"; string(initial) != want {
		t.Errorf("initial response %q, want %q", initial, want)
	}
	if err := client.Finish("OK"); err != nil {
		t.Errorf("Finish: %v", err)
	}
}

func TestPlainWithServer(t *testing.T) {
	t.Parallel()
	for _, c := range []Credentials{account(), {Username: "jörg", Password: " \xff\t密碼, =\n"}} {
		_, initial := start(t, Plain, c, nil)
		var identity, username, password string
		server := gosasl.NewPlainServer(func(i, u, p string) error {
			identity, username, password = i, u, p
			return nil
		})
		if _, done, err := server.Next(initial); err != nil || !done {
			t.Fatalf("the server is not content: done %t, %v", done, err)
		}
		if identity != "" || username != c.Username || password != c.Password {
			t.Errorf("the server got %q, %q, %q", identity, username, password)
		}
	}
}

func TestExternalWithServer(t *testing.T) {
	t.Parallel()
	for _, identity := range []string{"", "you@example.com"} {
		_, initial := start(t, External, Credentials{Username: identity}, nil)
		if initial == nil {
			t.Fatalf("identity %q: the initial response is nil, want it sent even if empty", identity)
		}
		got := "not called"
		server := gosasl.NewExternalServer(func(i string) error { got = i; return nil })
		if _, done, err := server.Next(initial); err != nil || !done || got != identity {
			t.Errorf("the server got %q, done %t, %v; want %q", got, done, err, identity)
		}
	}
}

func TestOneMessageOnly(t *testing.T) {
	t.Parallel()
	for _, name := range []string{Plain, External} {
		client, _ := start(t, name, account(), nil)
		if response, err := client.Next([]byte("more?")); response != nil || !errors.Is(err, ErrChallenge) {
			t.Errorf("%s: Next = %q, %v; want ErrChallenge", name, response, err)
		}
	}
}

// No server for LOGIN is at hand to check against; the only rules of
// draft-murchison-sasl-login are two prompts and two answers.
func TestLogin(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, user, password string }{
		{"usual", "Username:", "Password:"},
		{"the draft's", "User Name\x00", "Password\x00"},
		{"other words", "VXNlcm5hbWU6", "密码"},
		{"no words", "", ""},
		{"swapped", "Password:", "Username:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client, initial := start(t, Login, account(), nil)
			if initial != nil {
				t.Errorf("initial response %q, want none", initial)
			}
			next(t, client, tt.user, "you@example.com")
			next(t, client, tt.password, marker)
			if response, err := client.Next([]byte("Password:")); response != nil || !errors.Is(err, ErrChallenge) {
				t.Errorf("third challenge: %q, %v; want ErrChallenge", response, err)
			}
			if err := client.Finish(""); err != nil {
				t.Errorf("Finish: %v", err)
			}
		})
	}
}

func TestCRAMMD5KnownAnswer(t *testing.T) {
	t.Parallel()
	// RFC 2195 section 2.
	client, initial := start(t, CRAMMD5, Credentials{Username: "tim", Password: "tanstaaftanstaaf"}, nil)
	if initial != nil {
		t.Errorf("initial response %q, want none", initial)
	}
	next(t, client, "<1896.697170952@postoffice.reston.mci.net>", "tim b913a602c7eda7a495b4e6e7334d3890")
	if response, err := client.Next([]byte("<2@example.com>")); response != nil || !errors.Is(err, ErrChallenge) {
		t.Errorf("second challenge: %q, %v; want ErrChallenge", response, err)
	}
}

func TestCRAMMD5RefusesChallenge(t *testing.T) {
	t.Parallel()
	for name, challenge := range map[string][]byte{"nil": nil, "empty": {}, "too long": make([]byte, maxServerText+1)} {
		client, _ := start(t, CRAMMD5, account(), nil)
		if response, err := client.Next(challenge); response != nil || !errors.Is(err, ErrChallenge) {
			t.Errorf("%s: %q, %v; want ErrChallenge", name, response, err)
		}
	}
}
