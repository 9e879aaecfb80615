package sasl

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	gosasl "github.com/emersion/go-sasl"
)

const rfcToken = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="

func TestOAuthBearerKnownAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		c    Credentials
		want string
	}{
		{"RFC 7628 section 4.1",
			Credentials{"user@example.com", rfcToken, "server.example.com", 143},
			"bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB"},
		{"no host, no port", Credentials{Username: "you", Password: "t"},
			base64.StdEncoding.EncodeToString([]byte("n,a=you,\x01auth=Bearer t\x01\x01"))},
		{"no user", Credentials{Password: "t"},
			base64.StdEncoding.EncodeToString([]byte("n,,\x01auth=Bearer t\x01\x01"))},
		{"escaped user", Credentials{Username: "a,b=c=2C", Password: "t"},
			base64.StdEncoding.EncodeToString([]byte("n,a=a=2Cb=3Dc=3D2C,\x01auth=Bearer t\x01\x01"))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, initial := start(t, OAuthBearer, tt.c, nil)
			if got := base64.StdEncoding.EncodeToString(initial); got != tt.want {
				t.Errorf("initial response %q\nis %s\nwant %s", initial, got, tt.want)
			}
		})
	}
}

func TestXOAuth2KnownAnswer(t *testing.T) {
	t.Parallel()
	// The example of Google's description of the protocol.
	c := Credentials{Username: "someuser@example.com", Password: "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"}
	client, initial := start(t, XOAuth2, c, nil)
	want := "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ=="
	if got := base64.StdEncoding.EncodeToString(initial); got != want {
		t.Errorf("initial response is %s\nwant %s", got, want)
	}
	reason := `{"status":"401","schemes":"bearer mac","scope":"https://mail.google.com/"}`
	next(t, client, reason, "")
	if got := client.ServerDetail(); got != reason {
		t.Errorf("detail %q, want %q", got, reason)
	}
}

func TestOAuthBearerWithServer(t *testing.T) {
	t.Parallel()
	var got gosasl.OAuthBearerOptions
	server := func(answer *gosasl.OAuthBearerError) gosasl.Server {
		return gosasl.NewOAuthBearerServer(func(o gosasl.OAuthBearerOptions) *gosasl.OAuthBearerError {
			got = o
			return answer
		})
	}
	client, initial := start(t, OAuthBearer, account(), nil)
	if _, done, err := server(nil).Next(initial); err != nil || !done {
		t.Fatalf("the server is not content: done %t, %v", done, err)
	}
	want := gosasl.OAuthBearerOptions{Username: "you@example.com", Token: marker, Host: "mail.example.com", Port: 587}
	if got != want {
		t.Errorf("the server got %+v", got)
	}
	if err := client.Finish("Welcome"); err != nil || client.ServerDetail() != "" {
		t.Errorf("after success: %v, detail %q", err, client.ServerDetail())
	}

	// A refusal goes the whole way, so that the server's final reply is heard.
	client, initial = start(t, OAuthBearer, account(), nil)
	refusing := server(&gosasl.OAuthBearerError{Status: "invalid_token", Schemes: "bearer", Scope: "smtp"})
	reason, done, err := refusing.Next(initial)
	if err != nil || done {
		t.Fatalf("the server gave no reason: done %t, %v", done, err)
	}
	next(t, client, string(reason), "\x01")
	if got := client.ServerDetail(); got != string(reason) || !strings.Contains(got, `"invalid_token"`) {
		t.Errorf("detail %q, want %q", got, reason)
	}
	var refusal *gosasl.OAuthBearerError
	if _, done, err := refusing.Next([]byte{1}); !done || !errors.As(err, &refusal) {
		t.Errorf("the server ends with %v, done %t", err, done)
	}
}

func TestBearerReason(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxServerText)
	slashed := "to/ken+with/slashes"
	encoded := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	tests := []struct {
		name, token, challenge, want string
	}{
		{"JSON", marker, `{"status":"400"}`, `{"status":"400"}`},
		{"empty", marker, "", ""},
		{"not JSON", marker, "no", "no"},
		{"as long as may be", marker, long, long},
		{"longer", marker, long + "yz", long},
		{"echo", marker, `{"token":"` + marker + `"}`, ""},
		{"echo across the end", marker, long[:maxServerText-3] + marker, ""},
		{"echo, slashes escaped", slashed, `{"token":"` + strings.ReplaceAll(slashed, "/", `\/`) + `"}`, ""},
		{"echo in base64", marker, encoded(marker), ""},
		{"echo in base64, shifted by 1", marker, encoded("=" + marker + "!"), ""},
		{"echo in base64, shifted by 2", marker, encoded("==" + marker + "!"), ""},
		{"echo in base64url", ">>>???" + marker, base64.URLEncoding.EncodeToString([]byte(">>>???" + marker)), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for name, answer := range map[string]string{XOAuth2: "", OAuthBearer: "\x01"} {
				client, _ := start(t, name, Credentials{Username: "you", Password: tt.token}, nil)
				next(t, client, tt.challenge, answer)
				if got := client.ServerDetail(); got != tt.want {
					t.Errorf("%s: detail %q, want %q", name, got, tt.want)
				}
				if response, err := client.Next(nil); response != nil || !errors.Is(err, ErrChallenge) {
					t.Errorf("%s: second challenge: %q, %v; want ErrChallenge", name, response, err)
				}
			}
		})
	}
}
