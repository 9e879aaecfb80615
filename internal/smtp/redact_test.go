package smtp

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/smtpwiz/smtpwiz/internal/reply"
)

// secrets are of the kinds that people and services have.
var secrets = []string{
	marker, "abcd", "correct horse battery staple", `p"a's\s<w>o&r/d`, "50%+1=51!", "pässwörd", "密码密码", "🙂🙃🙂🙃", "a b c d", "%25%41", `\x1b[0m`,
	"\x00\x01\x02\x03binary\xff\xfe", "tab\tand\nnewline", "aaaaaaaa", "ababababab", "&amp;&amp;",
	"ya29.a0AfH6SMB_" + strings.Repeat("x9Y-_.", 40),
}

// encodings are what a server may make of a secret in its reply.
var encodings = map[string]func(string) string{
	"as it is":         func(s string) string { return s },
	"made safe":        reply.Safe,
	"upper case":       strings.ToUpper,
	"lower case":       strings.ToLower,
	"Go":               func(s string) string { q := strconv.Quote(s); return q[1 : len(q)-1] },
	"Go, ASCII":        func(s string) string { q := strconv.QuoteToASCII(s); return q[1 : len(q)-1] },
	"JSON":             toJSON,
	"JSON, slash":      func(s string) string { return strings.ReplaceAll(toJSON(s), "/", `\/`) },
	"HTML":             html.EscapeString,
	"HTML, decimal":    func(s string) string { return eachRune("&#%d;", s) },
	"HTML, hex":        func(s string) string { return eachRune("&#x%X;", s) },
	"URL, query":       url.QueryEscape,
	"URL, path":        url.PathEscape,
	"URL, component":   component,
	"URL, all":         func(s string) string { return eachByte("%%%02X", s) },
	"quoted-printable": quotedPrintable,
	"QP, all":          func(s string) string { return eachByte("=%02X", s) },
	"octal":            func(s string) string { return eachByte(`\%03o`, s) },
	"hex":              func(s string) string { return eachByte("%02x", s) },
	"HEX":              func(s string) string { return eachByte("%02X", s) },
	"hex dump":         func(s string) string { return strings.TrimSpace(eachByte("%02x ", s)) },
	"base64":           func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64, raw":      func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte(s)) },
	"base64, URL":      func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) },
	"base64, in JSON": func(s string) string {
		return strings.ReplaceAll(base64.StdEncoding.EncodeToString([]byte(s)), "/", `\/`)
	},
	"base64, in a URL": func(s string) string { return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(s))) },
	"base64, upper":    func(s string) string { return strings.ToUpper(base64.StdEncoding.EncodeToString([]byte(s))) },
	"PLAIN": func(s string) string {
		return base64.StdEncoding.EncodeToString([]byte("\x00you@example.test\x00" + s))
	},
	"PLAIN, shifted": func(s string) string { return base64.StdEncoding.EncodeToString([]byte("\x00you@example.te\x00" + s)) },
	"PLAIN, decoded": func(s string) string { return "\x00you\x00" + s },
	"XOAUTH2": func(s string) string {
		return base64.StdEncoding.EncodeToString([]byte("user=you\x01auth=Bearer " + s + "\x01\x01"))
	},
}

func toJSON(s string) string {
	b, _ := json.Marshal(s)
	return string(b[1 : len(b)-1])
}

func eachRune(format, s string) string {
	out := ""
	for _, r := range s {
		out += fmt.Sprintf(format, r)
	}
	return out
}

func eachByte(format, s string) string {
	out := ""
	for _, b := range []byte(s) {
		out += fmt.Sprintf(format, b)
	}
	return out
}

// component is JavaScript's encodeURIComponent.
func component(s string) string {
	return strings.NewReplacer("%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*", "+", "%20").Replace(url.QueryEscape(s))
}

// quotedPrintable encodes what must be and nothing else.
func quotedPrintable(s string) string {
	out := ""
	for _, b := range []byte(s) {
		if b < 0x20 || b > 0x7e || b == '=' {
			out += fmt.Sprintf("=%02X", b)
		} else {
			out += string(rune(b))
		}
	}
	return out
}

func TestRedactorFindsEveryEncoding(t *testing.T) {
	t.Parallel()
	for _, secret := range secrets {
		r := NewRedactor("another secret", secret)
		for name, encode := range encodings {
			if (strings.HasPrefix(name, "JSON") || strings.HasPrefix(name, "HTML,")) && !utf8.ValidString(secret) {
				continue // these have no way to write it
			}
			for _, around := range [][2]string{{"", ""}, {"535 5.7.8 wrong password <", ">"}, {"user=you pass='", "'."}, {"é", "é"}, {`{"p":"`, `"}`}} {
				text := around[0] + encode(secret) + around[1]
				got := r.Clean(text)
				if strings.Contains(got, encode(secret)) || leak(got, secret) != "" {
					t.Errorf("%s: %q became %q", name, text, got)
				}
				if !strings.Contains(got, Redacted) || !strings.HasPrefix(got, around[0]) || !strings.HasSuffix(got, around[1]) && !strings.Contains(name, "base64") {
					t.Errorf("%s: %q became %q", name, text, got)
				}
			}
		}
	}
}

// No form of a secret survives in random surroundings, nor is anything else touched.
func TestRedactorInRandomSurroundings(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=-_%&;\\ .,:<>\"'äß名🙂\x00\x1b"
	letters := []rune(alphabet)
	some := func() string {
		var b strings.Builder
		for range random.IntN(30) {
			b.WriteRune(letters[random.IntN(len(letters))])
		}
		return b.String()
	}
	for range 300 {
		secret := some() + some()
		if len([]rune(secret)) < 8 {
			continue
		}
		r := NewRedactor(secret)
		for name, encode := range encodings {
			before, after := some(), some()
			text := before + encode(secret) + after
			if got := r.Clean(text); strings.Contains(got, encode(secret)) || !strings.Contains(got, Redacted) {
				t.Errorf("%s of %q: %q became %q", name, secret, text, got)
			}
		}
		if text := some() + " " + some(); leak(text, secret) == "" && r.Clean(text) != text {
			t.Errorf("%q: %q became %q", secret, text, r.Clean(text))
		}
	}
}

func TestRedactorLeavesOtherTexts(t *testing.T) {
	t.Parallel()
	r := NewRedactor(marker, "Hunter2!", "")
	r.AddPayload([]byte("\x00you@example.com\x00" + marker))
	r.AddPayload([]byte("you@example.com"))
	for _, text := range []string{
		"", "535 5.7.8 Username and Password not accepted", "250-AUTH PLAIN LOGIN XOAUTH2 SCRAM-SHA-256", "MAIL FROM:<you@example.com> SIZE=1234 BODY=8BITMIME",
		"553 5.7.1 <you@example.com>: Sender address rejected: not owned by user you@example.com", "pa55-Marker", "55-Marker-9fQ", "*** ***", "\x00\xff", "Grüße 名前",
		"250 2.0.0 OK 1710000000 d9443c01a7336-2a2f3c65d66sm50829075ad.20 - gsmtp",
	} {
		if got := r.Clean(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestRedactorReplacesOnlyTheSecret(t *testing.T) {
	t.Parallel()
	r := NewRedactor(marker, "Marker-9fQ-and-more", "abcd%", "abcd")
	encoded := base64.StdEncoding.EncodeToString([]byte("\x00you\x00" + marker))
	for in, want := range map[string]string{
		marker:                                 "***",
		"wrong: " + marker + ".":               "wrong: ***.",
		marker + marker + " " + marker:         "*** ***",
		"AUTH PLAIN " + encoded + " is wrong":  "AUTH PLAIN *** is wrong",
		"<" + encoded + ">":                    "<***>",
		"pa55-Marker-9fQ-and-more":             "***", // they overlap
		"pa55-" + marker:                       "pa55-***",
		"abcd%25!, abcd%!, abcd!":              "***!, ***!, ***!",
		strings.Repeat(marker+" ok ", 3):       "*** ok *** ok *** ok ",
		strings.ToUpper(marker) + " PA55":      "*** PA55",
		"%70a%35%35-M%61rker&#45;9f\\u0051 no": "*** no",
	} {
		if got := r.Clean(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

// Servers cut short what they echo.
func TestRedactorFindsWhatWasCutShort(t *testing.T) {
	t.Parallel()
	token := "eyJhbGciOiJSUzI1NiJ9." + strings.Repeat("eyJzdWIi/+", 50)
	payload := "user=you@example.com\x01auth=Bearer " + token + "\x01\x01"
	r := NewRedactor(token)
	r.AddPayload([]byte(payload))
	encoded := base64.StdEncoding.EncodeToString([]byte(payload))
	for _, n := range []int{telling, 50, 100, 400} {
		for _, echo := range []string{token[:n], encoded[:n], url.QueryEscape(token)[:n]} {
			got := r.Clean("500 what is " + echo + "... ?")
			inner, ok := strings.CutPrefix(strings.TrimSuffix(got, "... ?"), "500 what is ***")
			if !ok || len(inner) > len("%2") { // of an octet that was cut in two
				t.Errorf("%q became %q", echo, got)
			}
		}
	}
}

func TestAddPayload(t *testing.T) {
	t.Parallel()
	const digest = "b913a602c7eda7a495b4e6e7334d3890"
	const proof = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
	r := NewRedactor()
	for _, payload := range []string{"tim " + digest, "c=biws,r=nonce,p=" + proof, "you@example.com", "\x00you\x00abc", ""} {
		r.AddPayload([]byte(payload))
		encoded := base64.StdEncoding.EncodeToString([]byte(payload))
		if got := r.Clean("501 " + encoded + " ?"); payload != "" && got != "501 *** ?" {
			t.Errorf("%q: became %q", payload, got)
		}
	}
	for in, want := range map[string]string{
		"535 " + digest + " is wrong":                  "535 *** is wrong",
		"535 " + strings.ToUpper(digest) + " is wrong": "535 *** is wrong",
		"535 p=" + proof + ".":                         "535 p=***.",
		"553 you@example.com is not yours":             "553 you@example.com is not yours",
	} {
		if got := r.Clean(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

// Short secrets stand in any text by chance.
func TestShortSecrets(t *testing.T) {
	t.Parallel()
	r := NewRedactor("abc", "x", "密码", "5%")
	for in, want := range map[string]string{
		"535 abc is wrong":        "535 *** is wrong",
		"535 (ABC)":               "535 (***)",
		"535 abcd xabc":           "535 abcd xabc",
		"535 max x x1 x":          "535 max *** x1 ***",
		"535 YWJj, 616263, %61bc": "535 ***, ***, ***",
		"535 密码 no":               "535 *** no",
		"535 wrong: 5%":           "535 wrong: ***",
	} {
		if got := r.CleanAuth(in); got != want {
			t.Errorf("within AUTH %q became %q, want %q", in, got, want)
		}
		if got := r.Clean(in); got != in {
			t.Errorf("outside AUTH %q became %q", in, got)
		}
	}
}

func TestRedactorOfNothing(t *testing.T) {
	t.Parallel()
	r := NewRedactor("")
	r.AddSecret("")
	r.AddPayload(nil)
	if got := r.CleanAuth("535 " + marker); got != "535 "+marker {
		t.Errorf("got %q", got)
	}
}

// FuzzRedactor: no encoding of the secret stands in what was cleaned, once or twice.
func FuzzRedactor(f *testing.F) {
	f.Add(marker, "535 ", " is wrong")
	f.Add("%25%41", "%", "%25")
	f.Add(`\\\\`, `\`, `\\`)
	f.Add("+/+/+/", "AA", "==")
	f.Add("äöüß", "\xc3", "\xa4")
	f.Add("aaaa", "aaa", "aaa")
	f.Add("\xff\xfe\xfd\xfc", "\xff", "\xfc")
	f.Fuzz(func(t *testing.T, secret, before, after string) {
		if utf8.RuneCountInString(secret) < shortSecret || strings.Contains(secret, "*") || len(secret) > 200 || len(before)+len(after) > 1000 {
			return
		}
		r := NewRedactor(secret)
		for name, encode := range encodings {
			if (strings.HasPrefix(name, "JSON") || strings.HasPrefix(name, "HTML,")) && !utf8.ValidString(secret) {
				continue
			}
			echo := encode(secret)
			got := r.Clean(before + echo + after)
			if strings.Contains(got, echo) {
				t.Fatalf("%s: %q became %q", name, before+echo+after, got)
			}
			if again := r.Clean(got); strings.Contains(again, echo) {
				t.Fatalf("%s: %q, again %q", name, got, again)
			}
		}
	})
}
