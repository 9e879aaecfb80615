package cli

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/terminal"
	"github.com/smtpwiz/smtpwiz/presets"
)

// explaining is what the command works with, its input at a terminal or not.
func explaining(in io.Reader, atTerminal bool) (d *deps, out, complaints *bytes.Buffer) {
	out, complaints = &bytes.Buffer{}, &bytes.Buffer{}
	return &deps{
		streams: &terminal.Streams{In: in, Out: out, Err: complaints, InIsTerminal: atTerminal, Width: 40},
		getenv:  func(string) (string, bool) { return "", false },
		known:   preset.New(presets.FS, ""),
	}, out, complaints
}

// At a terminal nobody is left waiting: what can be asked is listed.
func TestExplainAtATerminal(t *testing.T) {
	t.Parallel()
	d, out, _ := explaining(iotest.ErrReader(errors.New("it is not to be read")), true)
	if status := run(context.Background(), d, []string{"explain"}); status != report.ExitUsage {
		t.Errorf("status %d", status)
	}
	for _, want := range []string{"web-form", "junk", "RCPT", "553"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is not in\n%s", want, out.String())
		}
	}
	d, _, _ = explaining(strings.NewReader("535 5.7.8 no\n"), true)
	if status := run(context.Background(), d, []string{"explain", "-"}); status != report.ExitOK {
		t.Errorf("with -: status %d", status)
	}
}

func TestExplainIsInterrupted(t *testing.T) {
	t.Parallel()
	never, _ := io.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	d, _, complaints := explaining(never, false)
	if status := run(ctx, d, []string{"explain"}); status != report.ExitInterrupted {
		t.Errorf("status %d: %s", status, complaints)
	}
}

func TestExplainTellsWhatItDidNotRead(t *testing.T) {
	t.Parallel()
	d, out, complaints := explaining(io.MultiReader(strings.NewReader("535 5.7.8 no\n"), strings.NewReader(strings.Repeat("x\n", maxPasted))), false)
	if status := run(context.Background(), d, []string{"explain"}); status != report.ExitOK {
		t.Errorf("status %d", status)
	}
	if !strings.Contains(out.String(), "bad_credentials") || !strings.Contains(complaints.String(), "only the first and the last 512 KiB") {
		t.Errorf("%s%s", out, complaints)
	}
}

// The latest failure stands at the end of a log, however long that is.
func TestExplainReadsTheEndOfALog(t *testing.T) {
	t.Parallel()
	lines := strings.Repeat("Dec  1 12:00:01 host postfix/qmgr[1]: 4F1A2B3C4D: removed\n", 5*maxPasted/60)
	last := "Dec  1 12:00:02 host postfix/smtp[1]: SASL authentication failed; server mail.gandi.net[192.0.2.1] said: 535 5.7.8 Error: authentication failed:\n"
	d, out, _ := explaining(io.MultiReader(strings.NewReader(lines), strings.NewReader(last)), false)
	if status := run(context.Background(), d, []string{"explain"}); status != report.ExitOK || !strings.Contains(out.String(), "bad_credentials") {
		t.Errorf("status %d\n%s", status, out)
	}
}

func TestReadText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"UTF-8":              {"535 für", "535 für"},
		"with a mark":        {"\ufeff535", "535"},
		"UTF-16, small end":  {"\xff\xfe5\x003\x005\x00\xfc\x00", "535ü"},
		"UTF-16, big end":    {"\xfe\xff\x005\x003\x005", "535"},
		"half a unit":        {"\xff\xfe5\x003", "5"},
		"nothing":            {"", ""},
		"nothing but a mark": {"\xff\xfe", ""},
	} {
		if got, more, err := readText(strings.NewReader(c.in)); got != c.want || more || err != nil {
			t.Errorf("%s: got %q, %v, %v", name, got, more, err)
		}
	}
	exact, more, _ := readText(strings.NewReader(strings.Repeat("x", maxPasted)))
	if len(exact) != maxPasted || more {
		t.Errorf("%d bytes, more: %v", len(exact), more)
	}
	if cut, more, _ := readText(strings.NewReader(strings.Repeat("x", maxPasted+9))); len(cut) != maxPasted || !more {
		t.Errorf("%d bytes, more: %v", len(cut), more)
	}
	if _, _, err := readText(iotest.ErrReader(io.ErrUnexpectedEOF)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
}

// FuzzReadText: UTF-8 stays as it is, what Windows writes becomes that, and back,
// and of an endless text both ends are kept and no more.
func FuzzReadText(f *testing.F) {
	for _, s := range []string{"535 no", "\xff\xfe5\x00", "\xfe\xff\xd8\x00", "\ufeff", "\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		text, more, err := readText(bytes.NewReader(data))
		if err != nil || more != (len(data) > maxPasted) {
			t.Fatalf("more %v, %v of %d bytes", more, err, len(data))
		}
		if len(data) > maxPasted {
			return
		}
		wide := bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff"))
		switch {
		case wide && !utf8.ValidString(text):
			t.Errorf("%q became %q", data, text)
		case !wide && text != strings.TrimPrefix(string(data), "\ufeff"):
			t.Errorf("%q became %q", data, text)
		}
		if wide || !utf8.Valid(data) || len(data) > maxPasted/2-1 {
			return
		}
		written := []byte("\xff\xfe")
		for _, unit := range utf16.Encode([]rune(string(data))) {
			written = binary.LittleEndian.AppendUint16(written, unit)
		}
		if again, _, err := readText(bytes.NewReader(written)); err != nil || again != string(data) {
			t.Errorf("%q is read as %q, %v where Windows wrote it", data, again, err)
		}
	})
}
