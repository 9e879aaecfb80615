package terminal

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReadLine(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	tests := []struct {
		name string
		in   io.Reader
		want string
		err  error
	}{
		{"LF", strings.NewReader("a\nb"), "a", nil},
		{"CRLF", strings.NewReader("a\r\nb"), "a", nil},
		{"CR inside", strings.NewReader("a\rb\n"), "a\rb", nil},
		{"no end", strings.NewReader("a"), "a", nil},
		{"empty", strings.NewReader(""), "", io.EOF},
		{"empty line", strings.NewReader("\n"), "", nil},
		{"data with the error", iotest.DataErrReader(strings.NewReader("a")), "a", nil},
		{"broken", iotest.ErrReader(broken), "", broken},
	}
	for _, tc := range tests {
		got, err := readLine(tc.in)
		if got != tc.want || !errors.Is(err, tc.err) {
			t.Errorf("%s: %q, %v; want %q, %v", tc.name, got, err, tc.want, tc.err)
		}
	}
	if _, err := readLine(strings.NewReader(strings.Repeat("x", mostLine+1))); err == nil {
		t.Error("a line without bounds was read")
	}
}

// What stands behind a line is left for the next reader.
func TestReadLineTakesNoMore(t *testing.T) {
	t.Parallel()
	in := strings.NewReader("one\ntwo\n")
	if _, err := readLine(in); err != nil {
		t.Fatal(err)
	}
	if rest, _ := io.ReadAll(in); string(rest) != "two\n" {
		t.Errorf("left %q", rest)
	}
}
