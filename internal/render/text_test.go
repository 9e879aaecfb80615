package render

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/smtpwiz/smtpwiz/internal/diagnose"
	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
	"github.com/smtpwiz/smtpwiz/internal/terminal"
	"github.com/smtpwiz/smtpwiz/presets"
)

func refused() *report.Report {
	no := reply.Reply{Code: 553, Enhanced: reply.EnhancedCode{Class: 5, Subject: 7, Detail: 1}, Lines: []string{"someone@example.test is not yours, and this is a long explanation of it"}}
	return &report.Report{
		Check: report.CheckSend, Endpoint: submission.Endpoint{Host: "smtp.example.test", Port: 465, Security: submission.SSL},
		Steps: []report.Step{
			{Stage: report.Connect, Status: report.OK, Duration: 30 * time.Millisecond, Detail: "[2001:db8:1234:5678:9abc:def0:1234:5678]:465"},
			{Stage: report.Mail, Status: report.Failed, Duration: 1500 * time.Millisecond, Reply: &no},
			{Stage: report.Quit, Status: report.Skipped},
		},
		Alternatives: []report.Alternative{{Endpoint: submission.Endpoint{Host: "smtp.example.test", Port: 587, Security: submission.STARTTLS}, Reachable: true}},
	}
}

func written(t *testing.T, width int, write func(*Text)) string {
	t.Helper()
	var b bytes.Buffer
	text := &Text{W: &b, Width: width}
	write(text)
	if text.Err != nil {
		t.Fatal(text.Err)
	}
	return b.String()
}

// What to do about a profile that could not be tried stands below its line.
func TestSummaryHint(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	text := &Text{W: &b, Width: 80}
	text.Summary("work", Result{ExitStatus: report.ExitUsage, Err: "the password is not kept", Hint: "smtpwiz secret set work"})
	text.Summary("home", Result{ExitStatus: report.ExitUsage, Err: "no server"})
	const want = "  FAIL work  the password is not kept\n       hint: smtpwiz secret set work\n  FAIL home  no server\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

// Words stay whole and lines fit, from 40 columns up; links may be longer.
func TestTextFitsTheTerminal(t *testing.T) {
	t.Parallel()
	rep := refused()
	d := &diagnose.Diagnosis{Cause: submission.FromMismatch, Summary: "The sender is not one of this account's addresses, and so the server refuses it.",
		Fixes: []diagnose.Fix{{Text: "Send from the address you sign in with, or from an alias of it.", URL: "https://example.test/a/very/long/link/that/is/not/broken/by/wrapping"}}}
	zoho, err := preset.New(presets.FS, "").Get("zoho")
	if err != nil {
		t.Fatal(err)
	}
	settings, err := zoho.Resolve(preset.Choice{Region: "eu"})
	if err != nil {
		t.Fatal(err)
	}
	for _, width := range []int{40, 59, 60, 80, 120} {
		out := written(t, width, func(text *Text) {
			text.Heading("Example", submission.Account{Endpoints: []submission.Endpoint{rep.Endpoint}, Username: "you@example.test"})
			for _, s := range rep.Steps {
				text.Stage(s)
			}
			text.Verdict(rep, d)
			text.Preset(settings)
		})
		for _, line := range strings.Split(out, "\n") {
			if ansi.StringWidth(line) > width && !strings.Contains(line, "/") && !strings.Contains(line, "2001:db8") {
				t.Errorf("%d columns are too few for %q", width, line)
			}
		}
		for _, want := range []string{"FAIL mail", "553 5.7.1", "Cause: from_mismatch", "https://example.test/a/very/long/link/that/is/not/broken/by/wrapping"} {
			if !strings.Contains(out, want) {
				t.Errorf("%d columns: %q is missing in\n%s", width, want, out)
			}
		}
	}
}

func TestColourIsNeverAlone(t *testing.T) {
	t.Parallel()
	var plain, coloured bytes.Buffer
	for _, text := range []*Text{{W: &plain}, {W: &coloured, Styled: true, Palette: true}} {
		for _, s := range refused().Steps {
			text.Stage(s)
		}
	}
	if ansi.Strip(coloured.String()) != plain.String() || plain.String() == coloured.String() {
		t.Errorf("with colour %q, without %q", coloured.String(), plain.String())
	}
}

// TestStyles: colours are those that can be read on any background, and where the
// terminal does not know them there is bold text and nothing else.
func TestStyles(t *testing.T) {
	t.Parallel()
	style := regexp.MustCompile(`\x1b\[([0-9;]*)m`)
	d := &diagnose.Diagnosis{Cause: submission.FromMismatch, Summary: "No."}
	for _, tt := range []struct {
		palette bool
		allowed []string
	}{{true, []string{"0", "1", "39", "38;5;" + terminal.Accent, "38;5;" + terminal.Alarm}}, {false, []string{"0", "1"}}} {
		var out bytes.Buffer
		text := &Text{W: &out, Styled: true, Palette: tt.palette}
		for _, s := range refused().Steps {
			text.Stage(s)
		}
		text.Verdict(refused(), d)
		text.Verdict(&report.Report{}, nil)
		found := map[string]bool{}
		for _, m := range style.FindAllStringSubmatch(out.String(), -1) {
			found[m[1]] = true
			if !slices.Contains(tt.allowed, m[1]) {
				t.Errorf("palette %v: style %q", tt.palette, m[1])
			}
		}
		if len(found) != len(tt.allowed) {
			t.Errorf("palette %v: of %q only %v are used", tt.palette, tt.allowed, found)
		}
	}
}

func TestGlossKnowsEveryCommand(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"EHLO x", "AUTH PLAIN ***", "MAIL FROM:<a@b>", "RCPT TO:<a@b>", "DATA", "RSET", "NOOP", "QUIT", "STARTTLS", "."} {
		if Gloss(report.Line{From: report.Client, Text: line}) == "" {
			t.Errorf("%s is not explained", line)
		}
	}
	for _, line := range []string{"220 x", "250-x", "334 ***", "354 x", "421 x", "535 x"} {
		if Gloss(report.Line{From: report.Server, Text: line}) == "" {
			t.Errorf("%s is not explained", line)
		}
	}
}
