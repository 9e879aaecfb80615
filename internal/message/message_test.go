package message

import (
	"bytes"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

const marker = "pa55-Marker-9fQ"

func facts() Facts {
	you := submission.Address{Local: "you", Domain: "example.com"}
	return Facts{
		Account: submission.Account{
			Username: "you@example.com", Password: submission.NewSecret(marker), From: you, To: you,
		},
		Endpoint:   submission.Endpoint{Host: "smtp.example.com", Port: 465, Security: submission.SSL},
		Mechanism:  "PLAIN",
		TLSVersion: "TLS 1.3",
		Version:    "1.2.3",
		Date:       time.Date(2026, time.March, 4, 5, 6, 7, 0, time.FixedZone("", -(3*60+30)*60)),
	}
}

// parse reads a message with the library's parsers, after a look at its lines.
func parse(t *testing.T, m Message) (header mail.Header, body string) {
	t.Helper()
	checkLines(t, m)
	parsed, err := mail.ReadMessage(bytes.NewReader(m.Bytes))
	if err != nil {
		t.Fatalf("%v in %q", err, m.Bytes)
	}
	r := parsed.Body
	if parsed.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
		r = quotedprintable.NewReader(r)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%v in %q", err, m.Bytes)
	}
	return parsed.Header, string(text)
}

// checkLines: CRLF alone ends lines, none is longer than 998 octets, and the
// octets are what the message says it holds.
func checkLines(t *testing.T, m Message) {
	t.Helper()
	if !bytes.HasSuffix(m.Bytes, []byte("\r\n")) || !utf8.Valid(m.Bytes) || bytes.ContainsRune(m.Bytes, 0) {
		t.Errorf("the end, UTF-8 or a NUL: %q", m.Bytes)
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(string(m.Bytes), "\r\n"), "\r\n") {
		if strings.ContainsAny(line, "\r\n") || len(line) > 998 {
			t.Errorf("a bare CR or LF, or %d octets: %q", len(line), line)
		}
	}
	_, body, _ := bytes.Cut(m.Bytes, []byte("\r\n\r\n"))
	if !m.EightBit && !isASCII(string(body)) {
		t.Errorf("not in seven bits: %q", body)
	}
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > 127 }) < 0
}

func head(m Message) string {
	header, _, _ := strings.Cut(string(m.Bytes), "\r\n\r\n")
	return header
}

func TestHeader(t *testing.T) {
	t.Parallel()
	f := facts()
	m := New(f)
	header, _ := parse(t, m)
	for field, want := range map[string]string{
		"From":                      "<you@example.com>",
		"To":                        "<you@example.com>",
		"Subject":                   m.Subject,
		"Date":                      "Wed, 04 Mar 2026 05:06:07 -0330",
		"Message-ID":                m.ID,
		"Auto-Submitted":            "auto-generated",
		"MIME-Version":              "1.0",
		"Content-Type":              "text/plain; charset=utf-8",
		"Content-Transfer-Encoding": "quoted-printable",
	} {
		if got := header[textproto.CanonicalMIMEHeaderKey(field)]; len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q, want %q once", field, got, want)
		}
	}
	if len(header) != 9 {
		t.Errorf("%d fields: %v", len(header), header)
	}
	if date, err := header.Date(); err != nil || !date.Equal(f.Date) {
		t.Errorf("the date is %v, %v", date, err)
	}
	if !regexp.MustCompile(`^<[a-z0-9]{24}\.smtpwiz@example\.com>$`).MatchString(m.ID) {
		t.Errorf("the Message-ID is %s", m.ID)
	}
	if !regexp.MustCompile(`^smtpwiz self-test [A-Z2-7]{6}: smtp\.example\.com port 465$`).MatchString(m.Subject) {
		t.Errorf("the subject is %q", m.Subject)
	}
}

func TestBodySaysWhatWasTested(t *testing.T) {
	t.Parallel()
	for _, eightBit := range []bool{false, true} {
		f := facts()
		f.EightBit = eightBit
		m := New(f)
		header, body := parse(t, m)
		if want := map[bool]string{false: "quoted-printable", true: "8bit"}[eightBit]; header.Get("Content-Transfer-Encoding") != want || m.EightBit != eightBit {
			t.Errorf("the encoding is %s, EightBit %t", header.Get("Content-Transfer-Encoding"), m.EightBit)
		}
		for _, want := range []string{
			"smtp.example.com\r\n", " 465\r\n", " ssl\r\n", " TLS 1.3\r\n", " PLAIN as you@example.com\r\n", "2026-03-04 05:06:07 -0330\r\n",
			"Grüße", "Привет", "नमस्ते", "你好", "\r\n-- \r\nsmtpwiz 1.2.3\r\n",
		} {
			if !strings.Contains(body, want) {
				t.Errorf("no %q in %q", want, body)
			}
		}
		token := regexp.MustCompile(`Test: +([A-Z2-7]{24})\r\n`).FindStringSubmatch(body)
		if token == nil || !strings.Contains(m.ID, strings.ToLower(token[1])) || !strings.Contains(m.Subject, token[1][:6]) {
			t.Errorf("the token %q is not that of %s, %s", token, m.ID, m.Subject)
		}
	}
}

func TestBodyOfASessionInClearWithoutLogin(t *testing.T) {
	t.Parallel()
	f := facts()
	f.Endpoint.Security, f.TLSVersion, f.Mechanism, f.Version = submission.None, "", "", ""
	f.Account.Username, f.Account.Password = "", submission.Secret{}
	_, body := parse(t, New(f))
	for _, want := range []string{"Security:   none\r\n", "TLS:        none\r\n", "Login:      none\r\n", "-- \r\nsmtpwiz\r\n"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q in %q", want, body)
		}
	}
}

func TestEachMessageIsDifferent(t *testing.T) {
	t.Parallel()
	ids, subjects, bodies := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for range 20 {
		m := New(facts())
		_, body := parse(t, m)
		ids[m.ID], subjects[m.Subject], bodies[body] = true, true, true
	}
	if len(ids) != 20 || len(subjects) != 20 || len(bodies) != 20 {
		t.Errorf("of 20 there are %d IDs, %d subjects, %d bodies", len(ids), len(subjects), len(bodies))
	}
}

func TestDisplayName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"You", "You Yourself", "Müller, Jürgen", `The "Boss"`, `back\slash`, `"quoted"`, "O'Brien (work)", "a@b <c@d>", "comma, semi; colon:", "dots. and. dots.",
		"名前", "नमस्ते", "🙂 smile", "é", "e\u0301", "=?utf-8?q?x?=", "=?", "?=",
		strings.Repeat("ü", 300), strings.Repeat("名", 500), strings.Repeat("🙂", 400), strings.Repeat("a", 2000), strings.Repeat("word ", 300) + "end",
		strings.Repeat("a", 59) + "é" + strings.Repeat("b", 59), strings.Repeat("a", 60), strings.Repeat("a", 61), strings.Repeat(`"`, 60), strings.Repeat(`\`, 61),
	} {
		f := facts()
		f.Account.DisplayName = name
		m := New(f)
		header, _ := parse(t, m)
		list, err := header.AddressList("From")
		if err != nil || len(list) != 1 || list[0].Name != name || list[0].Address != "you@example.com" {
			t.Errorf("%q is read as %v, %v from %q", name, list, err, header.Get("From"))
		}
		if !isASCII(head(m)) {
			t.Errorf("%q: the header is not ASCII", name)
		}
		for line := range strings.SplitSeq(head(m), "\r\n") {
			if strings.Contains(line, "=?utf-8?b?") && len(line) > 76 {
				t.Errorf("%q: a line with an encoded word has %d characters: %s", name, len(line), line)
			}
		}
	}
}

func TestDisplayNameEveryLength(t *testing.T) {
	t.Parallel()
	for n := range 200 {
		f := facts()
		f.Account.DisplayName = strings.Repeat("a", n%7) + strings.Repeat("ü", n) + "x"
		header, _ := parse(t, New(f))
		list, err := header.AddressList("From")
		if err != nil || len(list) != 1 || list[0].Name != f.Account.DisplayName {
			t.Errorf("%d: %v, %v", n, list, err)
		}
		words := regexp.MustCompile(`=\?[^ \r]*\?=`).FindAllString(header.Get("From"), -1)
		for _, w := range words {
			decoded, err := new(mime.WordDecoder).Decode(w)
			if err != nil || !utf8.ValidString(decoded) || len(w) > 75 {
				t.Errorf("%d: the word %s is %q, %v", n, w, decoded, err)
			}
		}
	}
}

// What is put in cannot add a field, a line or a message.
func TestValuesStayWithinTheirLine(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"x\r\nBcc: them@example.com", "x\nBcc: them@example.com", "x\r\n\r\n.\r\nMAIL FROM:<>", "x\x00", "x\u2028y", "x\xff", "\r", "\r\n.\r\n"} {
		f := facts()
		f.EightBit = true
		f.Account.DisplayName, f.Account.Username, f.Version, f.Endpoint.Host = bad, bad, bad, bad
		m := New(f)
		header, body := parse(t, m)
		if len(header) != 9 || len(header["Bcc"]) != 0 {
			t.Errorf("%q: fields are %v", bad, header)
		}
		if list, err := header.AddressList("From"); err != nil || len(list) != 1 || strings.ContainsAny(list[0].Name, "\r\n\x00") {
			t.Errorf("%q: From is %v, %v", bad, list, err)
		}
		if strings.Contains(body, "\nBcc") || strings.Contains(body, "\n.\r\n") || strings.Count(body, "\r\n") != 17 {
			t.Errorf("%q: the body is %q", bad, body)
		}
	}
}

func TestLongValuesFitIntoLines(t *testing.T) {
	t.Parallel()
	for _, name := range []string{strings.Repeat("u", 1200), strings.Repeat("ü", 1200), strings.Repeat("u", 998-len("  Login:      PLAIN as "))} {
		f := facts()
		f.EightBit = true
		f.Account.Username = name
		m := New(f)
		if _, body := parse(t, m); !strings.Contains(body, name) {
			t.Errorf("a user name of %d octets is not whole", len(name))
		}
		if fits := len(name) < 998; m.EightBit != fits {
			t.Errorf("a user name of %d octets: EightBit is %t", len(name), m.EightBit)
		}
	}
}

func TestInternationalAddresses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		address  submission.Address
		utf8     bool
		want, id string
	}{
		{submission.Address{Local: "you", Domain: "bücher.example"}, false, "<you@xn--bcher-kva.example>", "@xn--bcher-kva.example>"},
		{submission.Address{Local: "jürgen", Domain: "bücher.example"}, true, "<jürgen@bücher.example>", "@xn--bcher-kva.example>"},
		{submission.Address{Local: "用户", Domain: "例え.テスト"}, true, "<用户@例え.テスト>", "@xn--r8jz45g.xn--zckzah>"},
		{submission.Address{Local: `"two words"`, Domain: "example.com"}, false, `<"two words"@example.com>`, "@example.com>"},
		{submission.Address{Local: "you", Domain: "[192.0.2.1]"}, false, "<you@[192.0.2.1]>", "@[192.0.2.1]>"},
	} {
		f := facts()
		f.Account.From, f.Account.To, f.UTF8, f.EightBit = tt.address, tt.address, tt.utf8, tt.utf8
		m := New(f)
		header, body := parse(t, m)
		if header.Get("From") != tt.want || header.Get("To") != tt.want || !strings.HasSuffix(m.ID, tt.id) {
			t.Errorf("%v: From %q, To %q, Message-ID %s", tt.address, header.Get("From"), header.Get("To"), m.ID)
		}
		if !tt.utf8 && !isASCII(head(m)) {
			t.Errorf("%v: the header is not ASCII", tt.address)
		}
		if _, err := header.AddressList("From"); err != nil {
			t.Errorf("%v: %v", tt.address, err)
		}
		if !strings.Contains(body, tt.address.String()) {
			t.Errorf("%v is not in the body", tt.address)
		}
	}
}

func TestSubjectOfAHostThatIsNotASCII(t *testing.T) {
	t.Parallel()
	f := facts()
	f.Endpoint.Host = "bücher.example"
	m := New(f)
	header, _ := parse(t, m)
	got, err := new(mime.WordDecoder).DecodeHeader(header.Get("Subject"))
	if err != nil || got != m.Subject || !isASCII(head(m)) {
		t.Errorf("the subject is %q, %v; want %q", got, err, m.Subject)
	}
}

// A message holds no password, also where a service takes one token as user
// name and password.
func TestNoSecret(t *testing.T) {
	t.Parallel()
	for username, login := range map[string]string{
		"you@example.com": "PLAIN as you@example.com", marker: "PLAIN as ***", "x-" + marker: "PLAIN as ***",
	} {
		f := facts()
		f.EightBit = true
		f.Account.Username = username
		m := New(f)
		if _, body := parse(t, m); bytes.Contains(m.Bytes, []byte(marker)) || !strings.Contains(body, login+"\r\n") {
			t.Errorf("user name %q: %s", username, body)
		}
	}
	f := facts()
	f.Account.Username, f.Account.Password = "abc", submission.NewSecret("b")
	if _, body := parse(t, New(f)); !strings.Contains(body, "PLAIN as abc\r\n") {
		t.Errorf("a short password hides the user name: %s", body)
	}
}
