package sasl

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xdg-go/scram"
)

// play feeds a client three challenges as a hostile server would and checks
// what holds for every mechanism. It returns the responses that were given.
func play(t *testing.T, client Client, password string, challenges ...string) (responses []string) {
	t.Helper()
	if _, _, err := client.Start(); err != nil {
		t.Fatal(err)
	}
	for _, challenge := range challenges {
		response, err := client.Next([]byte(challenge))
		if (response == nil) != (err != nil) {
			t.Fatalf("Next(%q) = %q, %v: one of them, not both", challenge, response, err)
		}
		if err != nil {
			if mustHide(t, err); !errors.Is(err, ErrChallenge) && !errors.Is(err, ErrServerSignature) {
				t.Fatalf("Next(%q): %v", challenge, err)
			}
			break
		}
		responses = append(responses, string(response))
	}
	if detail := client.ServerDetail(); len(detail) > maxServerText || strings.Contains(detail, password) {
		t.Fatalf("detail of %d bytes, or with the password: %q", len(detail), detail)
	}
	if err := client.Finish(challenges[0]); err != nil {
		mustHide(t, err)
	}
	if shown := fmt.Sprintf("%v %+v %#v", client, client, client); strings.Contains(shown, marker) {
		t.Fatalf("the client is printed as %q", shown)
	}
	return responses
}

func mustHide(t *testing.T, err error) {
	t.Helper()
	if leaked := leak(err.Error(), marker); leaked != "" || len(err.Error()) > 200 {
		t.Fatalf("the error tells the password as %q, or too much: %q", leaked, err)
	}
}

// said are the responses that a server has to get from somebody's credentials
// after its first challenge, the initial one first, or "-" without one.
type said func(c Credentials, challenge string) []string

// fuzz gives a mechanism any account, whose password begins with the marker, and
// any challenges. What is answered is the mechanism's form of those credentials,
// in its order, as far as the server asked; never more of it, and nothing else.
func fuzz(f *testing.F, mechanism string, want said) {
	f.Helper()
	f.Add("you@example.com", "", "", "", "")
	f.Add("jörg,x=y", " \xff\t密碼", marker, "Zm9v"+marker, "\x00")
	f.Fuzz(func(t *testing.T, username, tail, a, b, c string) {
		account := Credentials{Username: username, Password: marker + tail, Host: "mail.example.com", Port: 587}
		client, err := New(mechanism, account, nil)
		if err != nil {
			if mustHide(t, err); !errors.Is(err, ErrCredentials) {
				t.Fatal(err)
			}
			return
		}
		_, initial, _ := client.Start()
		got := []string{"-"}
		if initial != nil {
			got[0] = string(initial)
		}
		got = append(got, play(t, client, account.Password, a, b, c)...)
		expected := want(account, a)
		if len(got) > len(expected) || !slices.Equal(got, expected[:len(got)]) {
			t.Fatalf("%s said %q, want %q", mechanism, got, expected)
		}
	})
}

func FuzzPlain(f *testing.F) {
	fuzz(f, Plain, func(c Credentials, _ string) []string { return []string{"\x00" + c.Username + "\x00" + c.Password} })
}

func FuzzExternal(f *testing.F) {
	fuzz(f, External, func(c Credentials, _ string) []string { return []string{c.Username} })
}

func FuzzLogin(f *testing.F) {
	fuzz(f, Login, func(c Credentials, _ string) []string { return []string{"-", c.Username, c.Password} })
}

func FuzzCRAMMD5(f *testing.F) {
	fuzz(f, CRAMMD5, func(c Credentials, challenge string) []string {
		mac := hmac.New(md5.New, []byte(c.Password))
		mac.Write([]byte(challenge))
		return []string{"-", fmt.Sprintf("%s %x", c.Username, mac.Sum(nil))}
	})
}

// FuzzXOAuth2: no account makes another field of what is separated by %x01.
func FuzzXOAuth2(f *testing.F) {
	fuzz(f, XOAuth2, func(c Credentials, _ string) []string {
		if strings.Contains(c.Username+c.Password, "\x01") {
			return nil
		}
		return []string{"user=" + c.Username + "\x01auth=Bearer " + c.Password + "\x01\x01", ""}
	})
}

// FuzzOAuthBearer: nor does it make another part of the GS2 header.
func FuzzOAuthBearer(f *testing.F) {
	fuzz(f, OAuthBearer, func(c Credentials, _ string) []string {
		if strings.Contains(c.Username+c.Password, "\x01") {
			return nil
		}
		authzid := ""
		if c.Username != "" {
			authzid = "a="
		}
		for _, r := range []byte(c.Username) {
			switch r {
			case '=', ',':
				authzid += fmt.Sprintf("=%02X", r)
			default:
				authzid += string([]byte{r})
			}
		}
		return []string{"n," + authzid + ",\x01host=mail.example.com\x01port=587\x01auth=Bearer " + c.Password + "\x01\x01", "\x01"}
	})
}

// serverFirstForm is what a client may answer (RFC 5802 section 7), with a
// bound on the count that a reader of the rule would write.
var serverFirstForm = regexp.MustCompile(`^r=(?s:[^,]+),s=[^,]*,i=([1-9][0-9]{3,6})(,|$)`)

// FuzzSCRAM fixes the nonce, so that the fuzzer comes past it. The proof goes
// only to a server whose nonce, salt and count are what they have to be, it says
// what the connection is bound to, and nobody is believed who does not prove
// himself.
func FuzzSCRAM(f *testing.F) {
	for _, v := range vectors() {
		f.Add(byte(slices.Index(scrams, v.mechanism)), v.serverFirst, v.serverFinal, "")
		f.Add(byte(slices.Index(scrams, v.mechanism)), v.serverFirst, "e=invalid-proof", v.serverFinal)
		f.Add(byte(slices.Index(scrams, v.mechanism)), inBase64(v.serverFinal), "", "")
	}
	const nonce = "fyko+d2lbbFgONRv9qkxdawL"
	bound := &Binding{scram.ChannelBinding{Type: scram.ChannelBindingTLSExporter, Data: []byte("what both ends know")}}
	f.Fuzz(func(t *testing.T, which byte, a, b, c string) {
		mechanism := scrams[int(which)%len(scrams)]
		client, err := newSCRAM(mechanism, account(), bound, func() string { return nonce })
		if err != nil {
			t.Fatal(err)
		}
		responses := play(t, client, marker, a, b, c)
		if len(responses) > 2 {
			t.Fatalf("answered %d challenges", len(responses))
		}
		// No server of a fuzzer knows the marker, so none proves itself.
		if client.Finish("235 2.7.0 welcome") == nil || client.Finish(inBase64(b)) == nil {
			t.Fatalf("believed %q, %q, %q", a, b, c)
		}
		if len(responses) == 0 || responses[0] == "" {
			return
		}
		form := serverFirstForm.FindStringSubmatch(a)
		if form == nil || !strings.HasPrefix(a, "r="+nonce) {
			t.Fatalf("proved the password to %q", a)
		}
		if n, _ := strconv.Atoi(form[1]); n < minIterations || n > maxIterations {
			t.Fatalf("took %d iterations", n)
		}
		header, size := "n,,", 20
		if needsBinding(mechanism) {
			header = "p=tls-exporter,,what both ends know"
		}
		if strings.HasPrefix(mechanism, SCRAMSHA256) {
			size = 32
		}
		proof, found := strings.CutPrefix(responses[0], "c="+inBase64(header)+","+strings.SplitN(a, ",", 2)[0]+",p=")
		if decoded, err := base64.StdEncoding.DecodeString(proof); !found || err != nil || len(decoded) != size {
			t.Fatalf("answered %q to %q", responses[0], a)
		}
	})
}

var scrams = []string{SCRAMSHA1, SCRAMSHA256, SCRAMSHA1Plus, SCRAMSHA256Plus}
