package demo

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestTokenServer(t *testing.T) {
	t.Parallel()
	const right = "user=you@demo.test\x01auth=Bearer t0ken\x01\x01"
	tests := []struct {
		name      string
		responses []string // noInitial first where none comes with AUTH
		err       string   // of the last step, "" for success
	}{
		{"at once", []string{right}, ""},
		{"asked for", []string{noInitial, right}, ""},
		{"type in any case", []string{"user=you@demo.test\x01auth=bEARER t0ken\x01\x01"}, ""},
		{"wrong token", []string{"user=you@demo.test\x01auth=Bearer other\x01\x01", ""}, "no other"},
		{"wrong token, cancelled with ^A", []string{"user=you@demo.test\x01auth=Bearer other\x01\x01", "\x01"}, "no other"},
		{"no token", []string{"user=you@demo.test\x01\x01"}, "Malformed"},
		{"no user", []string{"auth=Bearer t0ken\x01\x01"}, "Malformed"},
		{"nothing", []string{""}, "Malformed"},
	}
	for _, tt := range tests {
		server := &tokenServer{read: readXOAuth2, token: func(username, token string) error {
			if username != "you@demo.test" || token != "t0ken" {
				return errors.New("no " + token)
			}
			return nil
		}}
		var err error
		done := false
		for i, response := range tt.responses {
			var r []byte
			if response != noInitial {
				r = []byte(response)
			}
			var challenge []byte
			challenge, done, err = server.Next(r)
			if last := i == len(tt.responses)-1; !last && (err != nil || done) {
				t.Errorf("%s: ends after step %d: %q, %v", tt.name, i, challenge, err)
			}
		}
		if tt.err == "" && (!done || err != nil) || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%s: done %v, %v", tt.name, done, err)
		}
	}
}

func TestReadOAuthBearer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		response, username, token string
		ok                        bool
	}{
		{"n,a=you@demo.test,\x01host=h\x01port=587\x01auth=Bearer t\x01\x01", "you@demo.test", "t", true},
		{"n,a=a=2Cb=3Dc,\x01auth=Bearer t\x01\x01", "a,b=c", "t", true},
		{"n,,\x01auth=Bearer t\x01\x01", "", "", false},
		{"y,a=you,\x01auth=Bearer t\x01\x01", "", "", false},
		{"n,a=you,\x01host=h\x01\x01", "", "", false},
		{"n,a=you,\x01auth=Basic t\x01\x01", "", "", false},
		{"", "", "", false},
	}
	for _, tt := range tests {
		username, token, ok := readOAuthBearer(tt.response)
		if ok != tt.ok || ok && (username != tt.username || token != tt.token) {
			t.Errorf("%q: %q, %q, %v", tt.response, username, token, ok)
		}
	}
}

func FuzzTokens(f *testing.F) {
	f.Add([]byte("user=you\x01auth=Bearer t\x01\x01"))
	f.Add([]byte("n,a=you,\x01auth=Bearer t\x01\x01"))
	f.Fuzz(func(t *testing.T, response []byte) {
		for _, read := range []func(string) (string, string, bool){readXOAuth2, readOAuthBearer} {
			_, token, ok := read(string(response))
			if ok && (!bytes.Contains(response, []byte(token)) || strings.Contains(token, "\x01")) {
				t.Errorf("token %q of %q", token, response)
			}
		}
	})
}
