package sasl

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// play feeds a client three challenges as a hostile server would and checks
// what holds for every mechanism. It returns the responses that were given.
func play(t *testing.T, client Client, challenges ...string) (responses []string) {
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
			mustHide(t, err)
			break
		}
		responses = append(responses, string(response))
	}
	if detail := client.ServerDetail(); len(detail) > maxServerText || strings.Contains(detail, marker) {
		t.Fatalf("detail of %d bytes, or with the password: %q", len(detail), detail)
	}
	if err := client.Finish(challenges[0]); err != nil {
		mustHide(t, err)
	}
	return responses
}

func mustHide(t *testing.T, err error) {
	t.Helper()
	if leaked := leak(err.Error(), marker); leaked != "" || len(err.Error()) > 200 {
		t.Fatalf("the error tells the password as %q, or too much: %q", leaked, err)
	}
}

func fuzz(f *testing.F, mechanism string, most int, seeds ...[3]string) {
	f.Helper()
	f.Add("", "", "")
	f.Add(marker, "Zm9v"+marker, "\x00")
	for _, s := range seeds {
		f.Add(s[0], s[1], s[2])
	}
	f.Fuzz(func(t *testing.T, a, b, c string) {
		client, err := New(mechanism, account(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(play(t, client, a, b, c)); n > most {
			t.Fatalf("%s answered %d challenges, it has %d", mechanism, n, most)
		}
	})
}

func FuzzPlain(f *testing.F)    { fuzz(f, Plain, 0) }
func FuzzExternal(f *testing.F) { fuzz(f, External, 0) }
func FuzzLogin(f *testing.F)    { fuzz(f, Login, 2, [3]string{"Username:", "Password:", "Password:"}) }
func FuzzCRAMMD5(f *testing.F)  { fuzz(f, CRAMMD5, 1, [3]string{"<1.2@example.com>"}) }
func FuzzXOAuth2(f *testing.F)  { fuzz(f, XOAuth2, 1, [3]string{`{"status":"400"}`}) }

func FuzzOAuthBearer(f *testing.F) {
	fuzz(f, OAuthBearer, 1, [3]string{`{"status":"invalid_token","scope":"a"}`})
}

// serverFirstForm is what a client may answer (RFC 5802 section 7), with a
// bound on the count that a reader of the rule would write.
var serverFirstForm = regexp.MustCompile(`^r=(?s:[^,]+),s=[^,]*,i=([1-9][0-9]{3,6})(,|$)`)

// FuzzSCRAM fixes the nonce, so that the fuzzer comes past it.
func FuzzSCRAM(f *testing.F) {
	for _, v := range vectors() {
		f.Add(v.mechanism == SCRAMSHA256, v.serverFirst, v.serverFinal, "")
		f.Add(v.mechanism == SCRAMSHA256, v.serverFirst, "e=invalid-proof", v.serverFinal)
		f.Add(v.mechanism == SCRAMSHA256, inBase64(v.serverFinal), "", "")
	}
	f.Add(true, "r=fyko+d2lbbFgONRv9qkxdawLx,s=,i=5000000", "", "")
	f.Add(true, "r=fyko+d2lbbFgONRv9qkxdawLx,s=,i=-1", "", "")
	f.Fuzz(func(t *testing.T, strong bool, a, b, c string) {
		mechanism := SCRAMSHA1
		if strong {
			mechanism = SCRAMSHA256
		}
		client, err := newSCRAM(mechanism, account(), nil, func() string { return "fyko+d2lbbFgONRv9qkxdawL" })
		if err != nil {
			t.Fatal(err)
		}
		responses := play(t, client, a, b, c)
		if len(responses) > 2 {
			t.Fatalf("answered %d challenges", len(responses))
		}
		if len(responses) == 0 || responses[0] == "" {
			return
		}
		form := serverFirstForm.FindStringSubmatch(a)
		if form == nil {
			t.Fatalf("proved the password to %q", a)
		}
		if n, _ := strconv.Atoi(form[1]); n < minIterations || n > maxIterations {
			t.Fatalf("took %d iterations", n)
		}
	})
}
