package reply

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// read reads one reply from a text and tells the lines that were seen.
func read(text string) (Reply, []Raw, error) {
	var seen []Raw
	r, err := Read(bufio.NewReader(strings.NewReader(text)), func(raw Raw) { seen = append(seen, raw) })
	return r, seen, err
}

func TestRead(t *testing.T) {
	t.Parallel()
	code := func(c, s, d int) EnhancedCode { return EnhancedCode{c, s, d} }
	for _, tt := range []struct {
		in   string
		want Reply
	}{
		{"220 smtp.example.test ready\r\n", Reply{220, EnhancedCode{}, []string{"smtp.example.test ready"}}},
		{"250\r\n", Reply{250, EnhancedCode{}, []string{""}}},
		{"250 \r\n", Reply{250, EnhancedCode{}, []string{""}}},
		{"250-\r\n250-a\r\n250\r\n", Reply{250, EnhancedCode{}, []string{"", "a", ""}}},
		{"250-a\r\n250-b\r\n250 c\r\n", Reply{250, EnhancedCode{}, []string{"a", "b", "c"}}},
		{"535 5.7.8 no\r\n", Reply{535, code(5, 7, 8), []string{"no"}}},
		{"535 5.7.8\r\n", Reply{535, code(5, 7, 8), []string{""}}},
		{"535-5.7.8 no,\r\n535 5.7.8  really\r\n", Reply{535, code(5, 7, 8), []string{"no,", " really"}}},
		{"535-no,\r\n535 5.7.8 really\r\n", Reply{535, code(5, 7, 8), []string{"no,", "really"}}},
		{"550-5.7.1 first\r\n550 5.7.26 second\r\n", Reply{550, code(5, 7, 1), []string{"first", "5.7.26 second"}}},
		{"454 5.7.8 another class\r\n", Reply{454, EnhancedCode{}, []string{"5.7.8 another class"}}},
		{"354 3.0.0 no such class\r\n", Reply{354, EnhancedCode{}, []string{"3.0.0 no such class"}}},
		{"250 2.1 of 5\r\n", Reply{250, EnhancedCode{}, []string{"2.1 of 5"}}},
		{"599 \xff\x1b\t\rx\r\n", Reply{599, EnhancedCode{}, []string{"\xff\x1b\t\rx"}}},
		{"250 a\r\n250 the next reply\r\n", Reply{250, EnhancedCode{}, []string{"a"}}},
	} {
		r, seen, err := read(tt.in)
		if err != nil || r.Code != tt.want.Code || r.Enhanced != tt.want.Enhanced || !slices.Equal(r.Lines, tt.want.Lines) {
			t.Errorf("%q: %+q, %v; want %+q", tt.in, r, err, tt.want)
		}
		if len(seen) != len(tt.want.Lines) {
			t.Errorf("%q: %d lines were seen", tt.in, len(seen))
		}
	}
}

func TestReadTakesOneReply(t *testing.T) {
	t.Parallel()
	br := bufio.NewReader(strings.NewReader("250-a\r\n250 b\r\n354 go on\r\n"))
	for _, want := range []int{250, 354} {
		if r, err := Read(br, func(Raw) {}); err != nil || r.Code != want {
			t.Errorf("%d, %v; want %d", r.Code, err, want)
		}
	}
	if r, err := Read(br, func(Raw) {}); err != io.EOF {
		t.Errorf("behind the end: %+v, %v", r, err)
	}
}

// A line past the limit has no more of a line end than any other.
func TestReadOfTooLongALine(t *testing.T) {
	t.Parallel()
	_, seen, err := read(strings.Repeat("250-"+strings.Repeat("a", 1018)+"\r\n", 64) + "250 " + strings.Repeat("a", 1018) + "\r\n")
	var malformed *MalformedError
	if !errors.As(err, &malformed) || strings.ContainsAny(malformed.Line+seen[len(seen)-1].Text, "\r\n") {
		t.Errorf("%v of %q", err, seen[len(seen)-1].Text)
	}
}

func TestReadNotesBareLF(t *testing.T) {
	t.Parallel()
	_, seen, err := read("250-a\r\n250-b\n250 c\r\r\n")
	want := []Raw{{"250-a", false}, {"250-b", true}, {"250 c\r", false}}
	if err != nil || !slices.Equal(seen, want) {
		t.Errorf("%+v, %v; want %+v", seen, err, want)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	line := func(n int) string { return "250-" + strings.Repeat("a", n-len("250-\r\n")) + "\r\n" }
	for _, tt := range []struct {
		name, in string
		foreign  bool
		line     string // "" for any
	}{
		{"HTTP", "HTTP/1.1 400 Bad Request\r\n", true, "HTTP/1.1 400 Bad Request"},
		{"IMAP", "* OK IMAP4rev1 ready\r\n", true, "* OK IMAP4rev1 ready"},
		{"POP3", "+OK ready\r\n", true, ""},
		{"SSH", "SSH-2.0-OpenSSH_9.9\r\n", true, ""},
		{"an empty line", "\r\n", true, ""},
		{"two digits", "22 ready\r\n", true, ""},
		{"four digits", "2200 ready\r\n", true, ""},
		{"class 1", "150 ready\r\n", true, ""},
		{"class 6", "650 ready\r\n", true, ""},
		{"digits of another script", "२२० ready\r\n", true, ""},
		{"no separator", "220ready\r\n", true, ""},
		{"TLS", "\x15\x03\x01\x00\x02\x02\x0a\n", true, ""},
		{"endless garbage", strings.Repeat("x", MaxBytes+1), true, ""},
		{"codes that disagree", "250-a\r\n251 b\r\n", false, "251 b"},
		{"a line without a code", "250-a\r\nPIPELINING\r\n250 b\r\n", false, "PIPELINING"},
		{"too many lines", strings.Repeat("250-\r\n", MaxLines) + "250 \r\n", false, ""},
		{"too many octets", strings.Repeat(line(1<<10), 64) + "250 a\r\n", false, ""},
		{"one line too long", line(MaxBytes + 1), false, ""},
		{"an endless line", "250 " + strings.Repeat("x", 2*MaxBytes), false, ""},
	} {
		_, seen, err := read(tt.in)
		var malformed *MalformedError
		if !errors.As(err, &malformed) {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if malformed.Foreign != tt.foreign {
			t.Errorf("%s: foreign is %t", tt.name, malformed.Foreign)
		}
		if tt.line != "" && malformed.Line != tt.line {
			t.Errorf("%s: the line is %q", tt.name, malformed.Line)
		}
		if len(malformed.Line) > MaxBytes+4096+1 {
			t.Errorf("%s: the line has %d octets", tt.name, len(malformed.Line))
		}
		if strings.HasPrefix(tt.in, "\r\n") != (len(seen) == 1 && seen[0].Text == "") {
			t.Errorf("%s: %d lines were seen", tt.name, len(seen))
		}
		if len(seen) == 0 {
			t.Errorf("%s: the line was not seen", tt.name)
		}
	}
}

func TestReadTakesWhatIsJustWithinTheLimits(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"lines":    strings.Repeat("250-\r\n", MaxLines-1) + "250 \r\n",
		"octets":   strings.Repeat("250-"+strings.Repeat("a", 1018)+"\r\n", 63) + "250 " + strings.Repeat("a", 1018) + "\r\n",
		"one line": "250 " + strings.Repeat("a", MaxBytes-6) + "\r\n",
	} {
		if r, _, err := read(in); err != nil {
			t.Errorf("%s: %d lines, %v", name, len(r.Lines), err)
		}
	}
}

// A reply may come in any pieces.
func TestReadInPieces(t *testing.T) {
	t.Parallel()
	const text = "535-5.7.8 no,\r\n535-5.7.8 é\r\n535 5.7.8 really\n"
	want, _, err := read(text)
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(text) + 1 {
		pieces := io.MultiReader(strings.NewReader(text[:i]), strings.NewReader(text[i:]))
		r, err := Read(bufio.NewReader(pieces), func(Raw) {})
		if err != nil || r.String() != want.String() {
			t.Errorf("split at %d: %v, %v", i, r, err)
		}
	}
	r, err := Read(bufio.NewReader(iotest.OneByteReader(strings.NewReader(text))), func(Raw) {})
	if err != nil || r.String() != want.String() {
		t.Errorf("byte by byte: %v, %v", r, err)
	}
}

// Wherever a reply breaks off, the reader's error returns, an end in the middle
// is unexpected, and the part of a line that came is seen.
func TestReadBrokenOff(t *testing.T) {
	t.Parallel()
	const text = "535-5.7.8 no,\r\n535 5.7.8 really\r\n"
	broke := errors.New("broke")
	for i := range len(text) {
		for _, cause := range []error{io.EOF, broke} {
			var seen []string
			br := bufio.NewReader(io.MultiReader(strings.NewReader(text[:i]), iotest.ErrReader(cause)))
			_, err := Read(br, func(raw Raw) { seen = append(seen, raw.Text) })
			want := cause
			if cause == io.EOF && i > 0 {
				want = io.ErrUnexpectedEOF
			}
			if err != want {
				t.Errorf("%q, then %v: %v", text[:i], cause, err)
			}
			lines := strings.Split(strings.ReplaceAll(text[:i], "\r\n", "\n"), "\n")
			if lines[len(lines)-1] == "" {
				lines = lines[:len(lines)-1]
			}
			if !slices.Equal(seen, lines) {
				t.Errorf("%q: seen are %q", text[:i], seen)
			}
		}
	}
}

func TestReadForeignBrokenOff(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"SSH-2.0-x", "1", "12", "x", "2x", "22x", "220x", "* OK", "\r"} {
		_, _, err := read(in)
		var malformed *MalformedError
		if !errors.As(err, &malformed) || !malformed.Foreign || malformed.Line != in || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestMalformedErrorTellsNoLine(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("reading: %w", &MalformedError{Reason: "codes 250 and 251 in one reply", Line: "251 pa55-Marker-9fQ"})
	if got := err.Error(); got != "reading: malformed reply: codes 250 and 251 in one reply" {
		t.Errorf("got %q", got)
	}
}

// FuzzRead: what is read keeps to the limits, agrees with itself and with what
// was seen, and reads the same in one-byte pieces.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"220 smtp.example.test ready\r\n", "250-a\r\n250 b\r\n", "535-5.7.8 no\n535 5.7.8 no\n", "250", "2", "250-a\r\n251 b\r\n",
		"250-a\r\nb\r\n", "HTTP/1.1 400\r\n\r\n", "334 VXNlcm5hbWU6\r\n", "250 \x00\xff\r\r\n", "454 5.7.0 x\r\n", "\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, seen, err := read(string(data))
		slow := 0
		again, errAgain := Read(bufio.NewReader(iotest.OneByteReader(strings.NewReader(string(data)))), func(Raw) { slow++ })
		if fmt.Sprintf("%#v", r) != fmt.Sprintf("%#v", again) || fmt.Sprint(err) != fmt.Sprint(errAgain) || slow != len(seen) {
			t.Fatalf("at once %#v, %v; in pieces %#v, %v", r, err, again, errAgain)
		}
		total := 0
		for _, raw := range seen {
			if strings.Contains(raw.Text, "\n") {
				t.Fatalf("a line end in %q", raw.Text)
			}
			total += len(raw.Text)
		}
		if total > MaxBytes+4096 || len(seen) > MaxLines+1 {
			t.Fatalf("%d octets in %d lines", total, len(seen))
		}
		if err != nil {
			return
		}
		if r.Code < 200 || r.Code > 599 || len(r.Lines) != len(seen) || len(r.Lines) == 0 {
			t.Fatalf("%+v of %+v", r, seen)
		}
		if !r.Enhanced.IsZero() && r.Enhanced.Class != r.Class() {
			t.Fatalf("%v in a reply %d", r.Enhanced, r.Code)
		}
		for i, line := range r.Lines {
			if !strings.HasSuffix(seen[i].Text, line) || !strings.HasPrefix(seen[i].Text, fmt.Sprint(r.Code)) {
				t.Fatalf("line %q of %q", line, seen[i].Text)
			}
		}
	})
}
