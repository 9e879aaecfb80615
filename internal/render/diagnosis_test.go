package render

import (
	"bytes"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/smtpwiz/smtpwiz/internal/diagnose"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

func answer() *diagnose.Answer {
	return &diagnose.Answer{
		Diagnosis: &diagnose.Diagnosis{
			Cause: submission.FromMismatch, Summary: "The server does not let you.", Evidence: "553 5.7.1 <a@b.example> `no` ``` @team",
			Fixes: []diagnose.Fix{{Text: "Write from your own address."}, {Text: "Or add an alias.", URL: "https://example.com/alias"}},
			Also:  []submission.Cause{submission.RelayDenied}, Temporary: true,
		},
		Reference: "RFC 6409", Examples: []string{"553 no"},
		Recognised: &diagnose.Recognised{Preset: "example", Provider: "Example", By: "smtp.example.com", Code: 553},
		Stages:     []diagnose.AtStage{{Stages: []report.Stage{report.Mail, report.Data}, Cause: submission.FromMismatch}, {Stages: []report.Stage{report.Rcpt}, Cause: submission.RelayDenied}},
	}
}

func TestAnswerInWords(t *testing.T) {
	t.Parallel()
	for _, width := range []int{0, 40, 80} {
		var out bytes.Buffer
		text := &Text{W: &out, Width: width}
		text.Answer(answer())
		if text.Err != nil {
			t.Fatal(text.Err)
		}
		joined := strings.Join(strings.Fields(out.String()), " ")
		for _, want := range []string{
			"The server does not let you.", "The words that decide: 553 5.7.1 <a@b.example>", "1. Write from your own address.", "2. Or add an alias. https://example.com/alias",
			"For example: 553 no", "Also possible: relay_denied", "with --stage: mail, data: from_mismatch rcpt: relay_denied", `Recognised: Example, by "smtp.example.com"; code 553`,
			"Temporary: the same may pass later.", "Standard: RFC 6409", "Cause: from_mismatch",
		} {
			if !strings.Contains(joined, want) {
				t.Errorf("%d columns: %q is not in\n%s", width, want, out.String())
			}
		}
		for line := range strings.Lines(out.String()) {
			if line = strings.TrimSuffix(line, "\n"); width > 0 && ansi.StringWidth(line) > width {
				t.Errorf("%d columns: %q has %d", width, line, ansi.StringWidth(line))
			}
		}
	}
}

// A topic says its name once, and a command is no cause.
func TestAnswerOnATopic(t *testing.T) {
	t.Parallel()
	for text, cause := range map[string]bool{"RCPT": false, "from_mismatch": false, "calendar": true} {
		var out bytes.Buffer
		written := &Text{W: &out}
		written.Answer(diagnose.Ask(diagnose.Question{Text: text}))
		if got := strings.Contains(out.String(), "\nCause: "); got != cause {
			t.Errorf("%s: names its cause: %v\n%s", text, got, out.String())
		}
	}
}

func TestTroublesInWords(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	text := &Text{W: &out, Width: 40}
	text.Troubles(diagnose.Troubles())
	for _, name := range []string{"web-form", "sent-twice", "cannot-send", "calendar", "limits", "port-25", "junk"} {
		if !strings.Contains(out.String(), "\n  "+name+" ") {
			t.Errorf("%s is not in\n%s", name, out.String())
		}
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := Markdown(&out, answer()); err != nil {
		t.Fatal(err)
	}
	const want = "**from_mismatch**: The server does not let you.\n\n" +
		"````text\n553 5.7.1 <a@b.example> `no` ``` @team\n````\n\n" +
		"What to do:\n\n1. Write from your own address.\n2. Or add an alias. <https://example.com/alias>\n\n" +
		"For example:\n\n```text\n553 no\n```\n\n" +
		"- Also possible: `relay_denied`\n- At `mail`, `data` it means `from_mismatch`\n- At `rcpt` it means `relay_denied`\n- Recognised: Example\n" +
		"- Temporary: the same may pass later\n- Standard: RFC 6409\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

// What others wrote is shown, not obeyed.
func TestMarkdownIsEscaped(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"you@example.com sends":            "you@example.com sends",
		"greets with @team and #12, 5.1.1": "greets with @<!-- -->team and #<!-- -->12, 5.1.1",
		"![x](https://a.example) [y](z)":   `!\[x\](https://a.example) \[y\](z)`,
		"<script> **b** _c_ `d` ~~e~~ a|b": "\\<script\\> \\*\\*b\\*\\* \\_c_ \\`d\\` \\~\\~e\\~\\~ a\\|b",
		"from_mismatch of Rates & Limits":  "from_mismatch of Rates & Limits",
		`back\slash`:                       `back\\slash`,
	} {
		if got := escaped(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got := linked("https://a.example/> [x](y)"); strings.HasPrefix(got, "<") {
		t.Errorf("an address with blanks became the link %q", got)
	}
}
