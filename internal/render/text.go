package render

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/smtpwiz/smtpwiz/internal/diagnose"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
	"github.com/smtpwiz/smtpwiz/internal/terminal"
)

// Text writes for a person: a line a stage as it happens, then the verdict.
// The first error of the writer is kept and ends the writing.
type Text struct {
	W         io.Writer
	Width     int  // columns to wrap at, 0 for no wrapping
	Styled    bool // what matters most is bold
	Palette   bool // marks are also in colour; they are words in any case
	NoMailbox bool // the mail went to a server that keeps it for nobody
	Err       error
}

func (t *Text) printf(format string, args ...any) {
	if t.Err == nil {
		_, t.Err = fmt.Fprintf(t.W, format, args...)
	}
}

// paragraph writes a text, wrapped, with each line indented; the first by lead.
func (t *Text) paragraph(lead, text string) {
	indent := ansi.StringWidth(lead)
	if t.Width > indent+10 {
		text = ansi.Wrap(text, t.Width-indent-1, "")
	}
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			lead = strings.Repeat(" ", indent)
		}
		t.printf("%s\n", strings.TrimRight(lead+line, " "))
	}
}

// Plain writes a paragraph.
func (t *Text) Plain(text string) { t.paragraph("", text) }

// Heading says what is about to be tried.
func (t *Text) Heading(title string, a submission.Account) {
	var where []string
	for _, e := range a.Endpoints {
		where = append(where, describe(e))
	}
	words := strings.Join(where, " or ")
	if title != "" {
		words = title + ": " + words
	}
	if a.Username != "" {
		words += ", as " + a.Username
	}
	t.paragraph("", words)
	t.printf("\n")
}

// describe says an endpoint in words: "smtp.example.com port 465 (ssl)".
func describe(e submission.Endpoint) string {
	return fmt.Sprintf("%s port %d (%s)", e.Host, e.Port, e.Security)
}

// Stage writes the line of a stage that ended.
func (t *Text) Stage(s report.Step) {
	if s.Status == report.Skipped && s.Detail == "" {
		return
	}
	lead := fmt.Sprintf("  %s %-8s %9s  ", t.mark(s.Status), s.Stage, duration(s))
	if t.narrow() {
		t.printf("%s\n", strings.TrimRight(lead, " "))
		lead = "       "
	}
	t.paragraph(lead, s.Found())
}

// narrow reports that there is no room for columns beside each other.
func (t *Text) narrow() bool { return t.Width > 0 && t.Width < 60 }

// labelled writes a text behind its label, or below it where that is too narrow.
func (t *Text) labelled(label, text string) {
	if t.narrow() {
		t.printf("%s\n", strings.TrimRight(label, " "))
		label = "  "
	}
	t.paragraph(label, text)
}

func duration(s report.Step) string {
	if s.Status == report.Skipped {
		return ""
	}
	if s.Duration < time.Second {
		return fmt.Sprintf("%.1f ms", milliseconds(s.Duration))
	}
	return fmt.Sprintf("%.1f s", s.Duration.Seconds())
}

// mark is a word, so that nothing is told by colour alone.
func (t *Text) mark(s report.Status) string {
	switch s {
	case report.OK:
		return t.colour(terminal.Accent, "ok  ")
	case report.Failed:
		return t.bold(t.colour(terminal.Alarm, "FAIL"))
	}
	return "skip"
}

func (t *Text) bold(text string) string {
	if !t.Styled {
		return text
	}
	return "\x1b[1m" + text + "\x1b[0m"
}

func (t *Text) colour(number, text string) string {
	if !t.Palette {
		return text
	}
	return "\x1b[38;5;" + number + "m" + text + "\x1b[39m"
}

// Verdict says how it ended, and after a failure what happened, the server's
// words, and what to do.
func (t *Text) Verdict(r *report.Report, d *diagnose.Diagnosis) {
	t.printf("\n")
	switch {
	case r.Interrupted:
		t.paragraph("", "Interrupted: nothing more was tried.")
	case d != nil:
		t.failed(r, d)
	default:
		t.passed(r)
	}
}

func (t *Text) passed(r *report.Report) {
	t.paragraph("", t.bold(t.colour(terminal.Accent, "Works."))+" "+t.proof(r))
	if !r.Conclusive {
		t.paragraph("", "This does not prove that the sender is right: the provider judges it only when it has the whole message. Run the same with --check send.")
	}
	for _, n := range r.Notes {
		t.labelled("Note: ", n)
	}
	for _, a := range r.Alternatives {
		if !a.Reachable && a.Fault != report.FaultInterrupted {
			t.labelled("Note: ", describe(a.Endpoint)+" could not be used: "+a.Err)
		}
	}
}

func (t *Text) proof(r *report.Report) string {
	host := r.Endpoint.Host
	switch r.Check {
	case report.CheckConnect:
		return describe(r.Endpoint) + " answers. No login was tried and nothing was sent."
	case report.CheckLogin:
		return host + " accepts the login of " + r.Account.Username + ". Nothing was sent."
	case report.CheckSender:
		return fmt.Sprintf("%s accepts %s as sender and %s as recipient. Nothing was sent.", host, r.Account.From, r.Account.To)
	}
	if t.NoMailbox {
		return host + " accepted the self-test mail."
	}
	return fmt.Sprintf("%s accepted the self-test mail. Look for %q in the mailbox of %s; it may be in Junk.", host, r.Subject, r.Account.To)
}

func (t *Text) failed(r *report.Report, d *diagnose.Diagnosis) {
	t.paragraph("", t.bold(t.colour(terminal.Alarm, "Failed."))+" "+d.Summary)
	if said := serverWords(r); said != "" {
		t.printf("\n")
		t.labelled("The server said: ", said)
	}
	t.Fixes(d)
	for _, n := range r.Notes {
		t.labelled("Note: ", n)
	}
	t.alternatives(r)
	t.paragraph("Cause: ", string(d.Cause))
}

// Fixes writes what to do, the likeliest first, each link alone on its line.
func (t *Text) Fixes(d *diagnose.Diagnosis) {
	if len(d.Fixes) == 0 {
		return
	}
	t.printf("\nWhat to do:\n")
	for i, f := range d.Fixes {
		t.paragraph(fmt.Sprintf("  %d. ", i+1), f.Text)
		if f.URL != "" {
			t.printf("     %s\n", f.URL)
		}
	}
	t.printf("\n")
}

func serverWords(r *report.Report) string {
	if step := r.Failed(); step != nil && step.Reply != nil {
		return step.Reply.String()
	}
	return ""
}

func (t *Text) alternatives(r *report.Report) {
	for _, a := range r.Alternatives {
		if a.Endpoint == r.Endpoint || a.Err != "" && a.Err == r.Failed().Err {
			continue
		}
		if a.Reachable {
			t.labelled("Also tried: ", describe(a.Endpoint)+", which answers")
		} else {
			t.labelled("Also tried: ", describe(a.Endpoint)+": "+a.Err)
		}
	}
}

// Transcript writes what crossed the wire, who said it and whether inside TLS;
// with gloss, what each line means.
func (t *Text) Transcript(lines []report.Line, gloss bool) {
	t.printf("\nTranscript (C: this side, S: the server; * inside TLS; passwords are replaced)\n")
	previous := ""
	for _, l := range lines {
		who, inside := "C", " "
		if l.From == report.Server {
			who = "S"
		}
		if l.TLS {
			inside = "*"
		}
		t.printf("%10.1f ms %s%s: %s\n", milliseconds(l.At), inside, who, l.Text)
		if meaning := Gloss(l); gloss && meaning != "" && meaning != previous {
			t.paragraph("                   ^ ", meaning)
			previous = meaning
		}
	}
}

// Provenance writes one value with where it came from.
func (t *Text) Provenance(name, value, source string) {
	t.paragraph(fmt.Sprintf("  %-12s ", name), fmt.Sprintf("%s  (%s)", value, source))
}

// Summary writes how one of several tests ended, in one line, and what to do
// where nothing could be tried.
func (t *Text) Summary(name string, r Result) {
	status, words := report.OK, "nothing was tried"
	switch {
	case r.ExitStatus != report.ExitOK:
		status, words = report.Failed, r.Err
		if r.Diagnosis != nil {
			words = fmt.Sprintf("%s (%s)", r.Diagnosis.Summary, r.Diagnosis.Cause)
		}
	case r.Report != nil:
		words = t.proof(r.Report)
	}
	t.paragraph(fmt.Sprintf("  %s %s  ", t.mark(status), name), words)
	if r.Hint != "" {
		t.paragraph("       hint: ", r.Hint)
	}
}
