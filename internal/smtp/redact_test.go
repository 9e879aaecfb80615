package smtp

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"iter"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"
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
	"backwards":        reversed,
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
	"PLAIN, shifted":   func(s string) string { return base64.StdEncoding.EncodeToString([]byte("\x00you@example.te\x00" + s)) },
	"PLAIN, decoded":   func(s string) string { return "\x00you\x00" + s },
	"HTML, padded":     func(s string) string { return eachRune("&#%03d;", s) },
	"HTML, padded far": func(s string) string { return eachRune("&#%07d;", s) },
	"HTML, padded hex": func(s string) string { return eachRune("&#x%04X", s) },
	"PHP":              func(s string) string { return strings.ReplaceAll(html.EscapeString(s), "&#39;", "&#039;") },
	"code points":      func(s string) string { return strings.TrimSpace(eachRune("U+%04X ", s)) },
	"hex, 0x":          func(s string) string { return "0x" + eachByte("%02X", s) },
	"hex, colons":      func(s string) string { return strings.TrimSuffix(eachByte("%02x:", s), ":") },
	"hex, commas":      func(s string) string { return strings.TrimSuffix(eachByte("%02x,", s), ",") },
	"hex, 0x each":     func(s string) string { return strings.TrimSuffix(eachByte("0x%02x, ", s), ", ") },
	"hex, C":           func(s string) string { return eachByte(`\x%02X`, s) },
	"octets":           func(s string) string { return strings.Trim(fmt.Sprint([]byte(s)), "[]") },
	"octets, padded":   func(s string) string { return strings.TrimSpace(eachByte("%03d ", s)) },
	"octets, commas":   func(s string) string { return strings.TrimSuffix(eachByte("%d, ", s), ", ") },
	"octal dump":       func(s string) string { return strings.TrimSpace(eachByte("%03o ", s)) },
	"UTF-16":           func(s string) string { return wide(binary.LittleEndian, s) },
	"UTF-16BE":         func(s string) string { return wide(binary.BigEndian, s) },
	"UTF-16, safe":     func(s string) string { return reply.Safe(wide(binary.LittleEndian, s)) },
	"UTF-16, hex":      func(s string) string { return eachByte("%02x", wide(binary.LittleEndian, s)) },
	"UTF-16BE, hex":    func(s string) string { return eachByte("%02X ", wide(binary.BigEndian, s)) },
	"UTF-16, base64":   func(s string) string { return toBase64(wide(binary.LittleEndian, s)) },
	"base32":           toBase32,
	"base32, lower":    func(s string) string { return strings.ToLower(toBase32(s)) },
	"base32, PLAIN":    func(s string) string { return toBase32("\x00you\x00" + s) },
	"base64, twice":    func(s string) string { return toBase64(toBase64(s)) },
	"PLAIN, twice":     func(s string) string { return toBase64(toBase64("\x00you@example.test\x00" + s)) },
	"XOAUTH2": func(s string) string {
		return base64.StdEncoding.EncodeToString([]byte("user=you\x01auth=Bearer " + s + "\x01\x01"))
	},
}

func toBase64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
func toBase32(s string) string { return base32.StdEncoding.EncodeToString([]byte(s)) }

// wide is UTF-16.
func wide(order binary.AppendByteOrder, s string) string {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = order.AppendUint16(out, u)
	}
	return string(out)
}

func reversed(s string) string {
	chars := strings.Split(s, "")
	slices.Reverse(chars)
	return strings.Join(chars, "")
}

// unable reports that an encoding has no way to write a secret.
func unable(encoding, secret string) bool {
	if utf8.ValidString(secret) {
		return false
	}
	for _, characters := range []string{"JSON", "HTML,", "UTF-16", "code points"} {
		if strings.HasPrefix(encoding, characters) {
			return true
		}
	}
	return false
}

// encodesWhole reports that what is joined to an echo belongs to it.
func encodesWhole(encoding string) bool {
	return strings.Contains(encoding, "base64") || strings.Contains(encoding, "base32") || strings.Contains(encoding, "twice")
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
			if unable(name, secret) {
				continue
			}
			for _, around := range [][2]string{{"", ""}, {"535 5.7.8 wrong password <", ">"}, {"user=you pass='", "'."}, {"é", "é"}, {`{"p":"`, `"}`}} {
				text := around[0] + encode(secret) + around[1]
				got := r.Clean(text)
				if strings.Contains(got, encode(secret)) || leak(got, secret) != "" {
					t.Errorf("%s: %q became %q", name, text, got)
				}
				if !strings.Contains(got, Redacted) || !strings.HasPrefix(got, around[0]) || !strings.HasSuffix(got, around[1]) && !encodesWhole(name) {
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
		"553 5.7.1 <you@example.com>: Sender address rejected: not owned by user you@example.com", "pa55-Ma", "ker-9fQ", "55-Marker-9f", "*** ***", "\x00\xff", "Grüße 名前",
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
	for _, n := range []int{tellingMost, 50, 100, 400} {
		for _, echo := range []string{token[:n], encoded[:n], url.QueryEscape(token)[:n]} {
			got := r.Clean("500 what is " + echo + "... ?")
			inner, ok := strings.CutPrefix(strings.TrimSuffix(got, "... ?"), "500 what is ***")
			if !ok || len(inner) > len("%2") { // of an octet that was cut in two
				t.Errorf("%q became %q", echo, got)
			}
		}
	}
}

// What nobody sees parts no letters.
func TestRedactorLooksPastWhatIsUnseen(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{marker, "correct horse battery staple", "密码密码", "\xffbinary\xfe"} {
		r := NewRedactor(secret)
		for _, unseen := range []string{"\x00", "\x00\x00\x00", "\b", "\t", "\r", "\x1b", "\x7f", "\u00ad", "\u200b", "\u200d", "\u202e", "\ufeff", "\n\x00"} {
			for _, echo := range []string{secret, base64Inside(secret, 0)} {
				parts := strings.Split(echo, "")
				got := strings.Join(r.CleanLines(strings.Split("no: "+strings.Join(parts, unseen)+" is wrong", "\n")), "\n")
				for _, part := range parts {
					if got = strings.Replace(got, Redacted, "", 1); part != " " && strings.Contains(got[len("no: "):len(got)-len(" is wrong")], part) {
						t.Errorf("%q parted by %q: %q is left", echo, unseen, got)
						break
					}
				}
				if !strings.HasPrefix(got, "no: ") || !strings.HasSuffix(got, " is wrong") {
					t.Errorf("%q parted by %q: %q is left", echo, unseen, got)
				}
			}
		}
	}
}

// What was logged on its way to the reply may be escaped once more.
func TestRedactorFindsWhatIsEscapedTwice(t *testing.T) {
	t.Parallel()
	r := NewRedactor(marker)
	percent, unicodes := "", ""
	for _, c := range []byte(marker) {
		percent += fmt.Sprintf("%%25%02X", c)
		unicodes += fmt.Sprintf(`\\u%04x`, c)
	}
	for _, echo := range []string{percent, strings.ToLower(percent), unicodes} {
		got := r.Clean("no: " + echo + " is wrong")
		if left := strings.NewReplacer("***", "", "25", "", `\`, "").Replace(got); left != "no:  is wrong" {
			t.Errorf("%s became %q", echo, got)
		}
	}
}

// No server holds the search up, whatever it repeats: a text that would take too
// long is hidden as a whole, and only such a one.
func TestRedactorGivesUpOnRepetition(t *testing.T) {
	t.Parallel()
	payload := []byte("\x00you@example.test\x00" + marker)
	r := NewRedactor(marker)
	r.AddPayload(payload)
	for _, echo := range []string{marker, toBase64(string(payload)), toBase64(marker), "pa55-Marke ", hex.EncodeToString([]byte(marker))} {
		got := r.Clean("no: " + strings.Repeat(echo, reply.MaxBytes/len(echo)))
		if !strings.HasPrefix(got, "no: ") {
			t.Errorf("of many times %q all is hidden", echo)
		}
	}
	const again = "aaaaaaaaaaaaaaaa"
	if got := NewRedactor(again).Clean("no: " + strings.Repeat("a", reply.MaxBytes-4)); strings.Contains(got, again[:shortSecret]) {
		t.Errorf("%q is left", got[:min(len(got), 100)])
	}
}

// Half of a secret gives it away, from either end.
func TestRedactorFindsEitherEnd(t *testing.T) {
	t.Parallel()
	const secret = "Zq7-mR2_xW9+kT4=vB" // 18 characters
	r := NewRedactor(secret)
	for _, encode := range []string{"as it is", "hex", "hex, 0x each", "URL, all", "HTML, padded", "octets, commas", "code points"} {
		for n := 9; n < len(secret); n++ {
			for _, part := range []string{secret[:n], secret[len(secret)-n:]} {
				text := "535 wrong: <" + encodings[encode](part) + ">"
				if got := r.Clean(text); got != "535 wrong: <***>" {
					t.Errorf("%s: %q became %q", encode, text, got)
				}
			}
		}
	}
	for _, part := range []string{secret[:8], secret[10:], secret[4:14]} {
		if got := r.Clean(part); got != part {
			t.Errorf("%q became %q", part, got)
		}
	}
	if got := NewRedactor("abcdefgh").Clean("bcdefgh"); got != "bcdefgh" {
		t.Errorf("seven characters became %q", got)
	}
}

// A secret broken over the lines of a reply is replaced on each of them.
func TestRedactorJoinsLines(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{marker, "correct horse battery staple", "密码密码密码"} {
		r := NewRedactor(secret)
		for name, encode := range encodings {
			if unable(name, secret) || strings.Contains(name, "PLAIN") || name == "XOAUTH2" {
				continue // of these a line may hold the user name alone
			}
			echo := strings.TrimRight(encode(secret), "= ")
			for _, at := range []int{1, len(echo) / 3, len(echo) / 2, len(echo) - 1} {
				lines := []string{"5.7.8 no: " + echo[:at], echo[at:] + " is wrong"}
				for _, code := range []string{"", "5.7.8 "} {
					given := []string{code + lines[0], code + lines[1]}
					got := r.CleanLines(given)
					shows := at > 3 && strings.Contains(got[0], echo[:at]) || len(echo)-at > 3 && strings.Contains(got[1], echo[at:])
					if shows || !strings.HasPrefix(got[0], given[0][:len(given[0])-at]+Redacted) || !strings.HasPrefix(got[1], strings.TrimSpace(code)) ||
						!strings.HasSuffix(got[1], " is wrong") || len(echo)-at > 3 && !strings.Contains(got[1], Redacted) {
						t.Errorf("%s: %q became %q", name, given, got)
					}
				}
			}
		}
	}
	passphrase := NewRedactor("correct horse battery staple")
	for _, lines := range [][]string{
		{"correct horse", "battery staple"}, {"correct", "horse", "battery", "staple"}, {"5.7.8 correct horse", "5.7.8 battery staple"}, {"correct horse ", "  battery staple"},
		{"correct ho", "rse", " battery staple"}, {"5.7.8 correct ho", "5.7.8 rse ", "5.7.8 battery staple"},
	} {
		for _, got := range passphrase.CleanLines(lines) {
			if !strings.HasSuffix(got, Redacted) || len(got) > len("5.7.8 ***") {
				t.Errorf("%q became %q", lines, got)
			}
		}
	}
	same := []string{"535-5.7.8 not accepted", "", "535 5.7.8 learn more"}
	if got := passphrase.CleanLines(same); !slices.Equal(got, same) {
		t.Errorf("became %q", got)
	}
	// What stands beside it on another line is not part of the encoding.
	r := NewRedactor(marker)
	if got := r.CleanLines([]string{"AUTH", toBase64(marker), "PLAIN"}); !slices.Equal(got, []string{"AUTH", "***", "PLAIN"}) {
		t.Errorf("became %q", got)
	}
}

// Texts that do not hold the secret stay as they are.
func TestRedactorLeavesRandomTexts(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	r := NewRedactor(marker, "hunter2!", "correct horse battery staple", "abcd efgh ijkl mnop", "密码密码")
	r.AddPayload([]byte("\x00you@example.com\x00" + marker))
	words := strings.Fields("the horse has a stable and marks; password, passphrase: not correctly accepted 5.7.8 marker hunter ijkl abcd 112 97 53 0x70 U+0070 &#112; %70")
	octets := make([]byte, 3000)
	for range 15 {
		var english strings.Builder
		for range 1000 {
			english.WriteString(words[random.IntN(len(words))])
			english.WriteByte(" \n,-"[random.IntN(4)])
		}
		for i := range octets {
			octets[i] = byte(random.Uint32())
		}
		for name, text := range map[string]string{
			"words": english.String(), "base64": toBase64(string(octets)), "base32": toBase32(string(octets)), "hex": eachByte("%02x", string(octets)),
			"octets": fmt.Sprint(octets), "binary": string(octets), "base64 in lines": strings.Join(slices.Collect(pieces(toBase64(string(octets)), 76)), "\n"),
		} {
			if got := r.Clean(text); got != text {
				t.Errorf("%s changed: %q", name, got)
			}
		}
	}
}

func pieces(s string, size int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for s != "" && yield(s[:min(size, len(s))]) {
			s = s[min(size, len(s)):]
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

// A server with short lines takes a token for several commands.
func TestPayloadInPieces(t *testing.T) {
	t.Parallel()
	payload := "user=you@example.com\x01auth=Bearer ya29." + strings.Repeat("x9Y-_.a0AfH6SMB", 30) + "\x01\x01"
	encoded := toBase64(payload)
	r := NewRedactor()
	r.AddPayload([]byte(payload))
	for n := range len(encoded) - 100 {
		for _, length := range []int{15, 16, 40, 100} {
			if got := r.Clean("500 5.5.2 what is " + encoded[n:n+length] + "?"); got != "500 5.5.2 what is ***?" {
				t.Fatalf("%d at %d: became %q", length, n, got)
			}
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

// Endpoints that are tried side by side share one.
func TestRedactorIsShared(t *testing.T) {
	t.Parallel()
	r := NewRedactor(marker)
	var wait sync.WaitGroup
	for i := range 4 {
		wait.Go(func() {
			secret := fmt.Sprint("secret number ", i)
			r.AddSecret(secret)
			r.AddPayload([]byte(secret))
			if got := r.CleanAuth(secret + ", " + marker); got != "***, ***" {
				t.Errorf("became %q", got)
			}
		})
	}
	wait.Wait()
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
			if unable(name, secret) {
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

// FuzzRedactorLines: a secret broken over two lines stands in neither, nor in
// both put together, and what broke off does not end with its beginning.
func FuzzRedactorLines(f *testing.F) {
	f.Add(marker, "535 ", uint(6), uint(9))
	f.Add("correct horse battery staple", "5.7.8 no: ", uint(10), uint(13))
	f.Add("aaaa", "aaa", uint(2), uint(3))
	f.Add("密码密码", "5.7.8 ", uint(3), uint(4))
	f.Fuzz(func(t *testing.T, secret, before string, first, second uint) {
		if utf8.RuneCountInString(secret) < shortSecret || strings.ContainsAny(secret, "*\r\n \t") || len(secret) > 200 || len(before) > 500 || strings.Contains(before, "\n") {
			return
		}
		r := NewRedactor(secret)
		for name, encode := range encodings {
			if unable(name, secret) {
				continue
			}
			echo := encode(secret)
			if strings.TrimSpace(echo) != echo {
				continue // what stands at the end of a line is not kept
			}
			one := int(first % uint(len(echo)))
			two := one + int(second%uint(len(echo)-one))
			lines := []string{before + echo[:one], echo[one:two], echo[two:] + " is wrong"}
			if !strings.ContainsAny(echo, " \t") && !isEnhanced(lines[1]) && !isEnhanced(lines[2]) {
				if got := strings.Join(r.CleanLines(lines), ""); strings.Contains(got, echo) {
					t.Fatalf("%s: %q became %q", name, lines, got)
				}
			}
		}
		chars := strings.SplitAfter(secret, "")
		n := shortSecret + int(first%uint(len(chars)-shortSecret+1))
		begun := strings.Join(chars[:n], "")
		if got := r.Clean(r.CleanEnd([]string{before + begun})[0]); strings.HasSuffix(got, begun) {
			t.Fatalf("%q became %q", before+begun, got)
		}
	})
}

func isEnhanced(line string) bool {
	code, _ := reply.ParseEnhancedCode(line)
	return !code.IsZero()
}
