package reply

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestReply(t *testing.T) {
	t.Parallel()
	r := Reply{Code: 535, Enhanced: EnhancedCode{5, 7, 8}, Lines: []string{"no,", "", "really "}}
	if r.String() != "535 5.7.8 no,  really" || r.Text() != "no,\n\nreally " || r.Class() != 5 || r.OK() {
		t.Errorf("%q, %q, %d, %t", r.String(), r.Text(), r.Class(), r.OK())
	}
	if got := (Reply{Code: 250, Lines: []string{""}}).String(); got != "250" {
		t.Errorf("got %q", got)
	}
	for code, ok := range map[int]bool{199: false, 200: true, 250: true, 299: true, 334: false, 450: false, 550: false, 0: false} {
		if got := (Reply{Code: code}).OK(); got != ok {
			t.Errorf("OK of %d is %t", code, got)
		}
	}
}

func TestMapLeavesTheOriginal(t *testing.T) {
	t.Parallel()
	r := Reply{Code: 250, Lines: []string{"a", "b"}}
	upper := r.Map(strings.ToUpper)
	if !slices.Equal(upper.Lines, []string{"A", "B"}) || !slices.Equal(r.Lines, []string{"a", "b"}) || upper.Code != 250 {
		t.Errorf("%v, %v", upper, r)
	}
}

func TestReplyAsJSON(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]Reply{
		`{"code":535,"enhanced_code":"5.7.8","lines":["no"]}`: {535, EnhancedCode{5, 7, 8}, []string{"no"}},
		`{"code":250,"enhanced_code":"","lines":[""]}`:        {250, EnhancedCode{}, []string{""}},
	} {
		got, err := json.Marshal(r)
		if err != nil || string(got) != want {
			t.Errorf("%s, %v; want %s", got, err, want)
		}
		var again Reply
		if err := json.Unmarshal(got, &again); err != nil || again.String() != r.String() {
			t.Errorf("%s is read as %v, %v", got, again, err)
		}
	}
	var e EnhancedCode
	for _, bad := range []string{"5.7", "5.7.8 x", "x", "3.0.0", "5.7.8888", "5.-1.0"} {
		if err := e.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q is read as %v", bad, e)
		}
	}
}

func TestParseEnhancedCode(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in   string
		want EnhancedCode
		rest string
	}{
		{"5.7.8 no", EnhancedCode{5, 7, 8}, "no"},
		{"2.0.0", EnhancedCode{2, 0, 0}, ""},
		{"4.123.999 x y", EnhancedCode{4, 123, 999}, "x y"},
		{"5.7.8  two spaces", EnhancedCode{5, 7, 8}, " two spaces"},
		{"", EnhancedCode{}, ""},
		{"5.7.8: no", EnhancedCode{}, "5.7.8: no"},
		{"5.7.8.1 no", EnhancedCode{}, "5.7.8.1 no"},
		{"5.7 no", EnhancedCode{}, "5.7 no"},
		{"3.0.0 no", EnhancedCode{}, "3.0.0 no"},
		{"1.0.0 no", EnhancedCode{}, "1.0.0 no"},
		{"05.7.8 no", EnhancedCode{}, "05.7.8 no"},
		{"5.1234.8 no", EnhancedCode{}, "5.1234.8 no"},
		{"5..8 no", EnhancedCode{}, "5..8 no"},
		{"5.+7.8 no", EnhancedCode{}, "5.+7.8 no"},
		{"5.٧.8 no", EnhancedCode{}, "5.٧.8 no"},
		{" 5.7.8 no", EnhancedCode{}, " 5.7.8 no"},
		{"[5.7.8] no", EnhancedCode{}, "[5.7.8] no"},
		{"192.0.2 is no code", EnhancedCode{}, "192.0.2 is no code"},
	} {
		got, rest := ParseEnhancedCode(tt.in)
		if got != tt.want || rest != tt.rest {
			t.Errorf("%q: %v, %q; want %v, %q", tt.in, got, rest, tt.want, tt.rest)
		}
	}
}

func FuzzEnhancedCode(f *testing.F) {
	for _, seed := range []string{"5.7.8 no", "2.0.0", "4.999.999", "5.7.8x", "5.07.8 ", "٥.٧.٨", "5.7.8.9", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		code, rest := ParseEnhancedCode(s)
		if code.IsZero() {
			if rest != s {
				t.Fatalf("%q: without a code the rest is %q", s, rest)
			}
			return
		}
		if code.Class != 2 && code.Class != 4 && code.Class != 5 || code.Subject < 0 || code.Subject > 999 || code.Detail < 0 || code.Detail > 999 {
			t.Fatalf("%q: %v", s, code)
		}
		if !strings.HasSuffix(s, rest) || !strings.HasPrefix(s, code.String()[:2]) {
			t.Fatalf("%q: %v and %q", s, code, rest)
		}
		var again EnhancedCode
		text, _ := code.MarshalText()
		if err := again.UnmarshalText(text); err != nil || again != code {
			t.Fatalf("%q: %v is read as %v, %v", s, code, again, err)
		}
	})
}

func TestParseExtensions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		lines []string
		want  Extensions
	}{
		{[]string{"smtp.example.test"}, Extensions{}},
		{nil, Extensions{}},
		{[]string{"PIPELINING"}, Extensions{}}, // the first line is the greeting
		{[]string{"x", "SIZE 1000", "PIPELINING", "STARTTLS"}, Extensions{"SIZE": "1000", "PIPELINING": "", "STARTTLS": ""}},
		{[]string{"x", "size 1000", "8BitMime", "auth plain Login"}, Extensions{"SIZE": "1000", "8BITMIME": "", "AUTH": "plain Login"}},
		{[]string{"x", "AUTH=LOGIN PLAIN", "AUTH PLAIN XOAUTH2"}, Extensions{"AUTH": "LOGIN PLAIN XOAUTH2"}},
		{[]string{"x", "AUTH PLAIN LOGIN", "AUTH=LOGIN PLAIN"}, Extensions{"AUTH": "PLAIN LOGIN"}},
		{[]string{"x", "AUTH", "AUTH PLAIN"}, Extensions{"AUTH": "PLAIN"}},
		{[]string{"x", "AUTH="}, Extensions{"AUTH": ""}},
		{[]string{"x", "", " ", "  SIZE   1  2  "}, Extensions{"SIZE": "1 2"}},
	} {
		if got := ParseExtensions(Reply{Code: 250, Lines: tt.lines}); !maps.Equal(got, tt.want) {
			t.Errorf("%q: %v, want %v", tt.lines, got, tt.want)
		}
	}
}

func TestExtensions(t *testing.T) {
	t.Parallel()
	e := Extensions{"AUTH": "plain Login SCRAM-SHA-256", "SIZE": ""}
	if !slices.Equal(e.Mechanisms(), []string{"PLAIN", "LOGIN", "SCRAM-SHA-256"}) {
		t.Errorf("mechanisms are %q", e.Mechanisms())
	}
	if !e.Has("SIZE") || e.Has("size") || e.Has("STARTTLS") || Extensions(nil).Has("AUTH") || len(Extensions(nil).Mechanisms()) != 0 {
		t.Error("Has, or the nil map")
	}
}

// FuzzExtensions: keywords are in upper case and not empty, parameters stand
// once with single spaces, and nothing depends on the case of the keywords.
func FuzzExtensions(f *testing.F) {
	for _, seed := range []string{
		"x\nSIZE 1000\nAUTH=LOGIN\nAUTH PLAIN", "PIPELINING", "x\n\n \n=", "x\nAUTH= =", "x\nAUTH=AUTH=\xff", "x\nſize 1", "x\nA\tB",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(text, "\n")
		ext := ParseExtensions(Reply{Code: 250, Lines: lines})
		if len(ext) > len(lines)-1 {
			t.Fatalf("%d extensions in %q", len(ext), text)
		}
		for keyword, params := range ext {
			if keyword == "" || keyword != strings.ToUpper(keyword) || strings.Contains(keyword, " ") || strings.HasPrefix(keyword, "AUTH=") {
				t.Fatalf("keyword %q in %q", keyword, text)
			}
			words := strings.Fields(params)
			if strings.Join(words, " ") != params {
				t.Fatalf("parameters %q in %q", params, text)
			}
			for i, w := range words {
				if slices.ContainsFunc(words[:i], func(o string) bool { return strings.EqualFold(o, w) }) {
					t.Fatalf("%q stands twice in %q", w, params)
				}
			}
		}
		for _, m := range ext.Mechanisms() {
			if m != strings.ToUpper(m) {
				t.Fatalf("mechanism %q", m)
			}
		}
	})
}

func TestSafe(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                      "",
		"Authentication failed": "Authentication failed",
		"Grüße, привет, नमस्ते, 你好, 🙂":   "Grüße, привет, नमस्ते, 你好, 🙂",
		"क\u094d\u200dष می\u200cخواهم":   "क\u094d\u200dष می\u200cخواهم",
		"\x1b[31mred\x1b]0;title\x07":    `\x1b[31mred\x1b]0;title\x07`,
		"a\tb\r\nc\x00d\x7f":             `a\x09b\x0d\x0ac\x00d\x7f`,
		"\u0085\u009b31m":                `\x85\x9b31m`,
		"\xff\xc3(":                      `\xff\xc3(`,
		"\xed\xa0\x80":                   `\xed\xa0\x80`,
		"a\u202eb\u2066c\u200f":          `a\u202eb\u2066c\u200f`,
		"\ufeffa\u200bb\u00adc":          `\ufeffa\u200bb\xadc`,
		"a\u2028b\u2029c":                `a\u2028b\u2029c`,
		"\U000e0041":                     `\U000e0041`,
		"\ue000":                         `\ue000`,
		"\ufffd":                         "\ufffd",
		`already \x1b escaped \u202e`:    `already \x1b escaped \u202e`,
		strings.Repeat("é", 1000) + "\a": strings.Repeat("é", 1000) + `\x07`,
	} {
		if got := Safe(in); got != want {
			t.Errorf("Safe(%+q) = %+q, want %+q", in, got, want)
		}
	}
}

// FuzzSafe: nothing is left that moves, hides or turns text, what was safe
// stays, and a second time changes nothing.
func FuzzSafe(f *testing.F) {
	for _, seed := range []string{"ok", "\x1b[2J", "\u202egnp", "\xff\xfe", "क\u094d\u200dष", "\U000e0041\ufeff", "a\r\nb", `\x1b`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Safe(s)
		if !utf8.ValidString(got) {
			t.Fatalf("%q is not UTF-8", got)
		}
		for _, r := range got {
			joiner := r == '\u200c' || r == '\u200d'
			if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || !joiner && unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
				t.Fatalf("%U is left of %q", r, s)
			}
		}
		if again := Safe(got); again != got {
			t.Fatalf("%q, again %q", got, again)
		}
		if strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }) < 0 && got != s {
			t.Fatalf("%q became %q", s, got)
		}
	})
}
