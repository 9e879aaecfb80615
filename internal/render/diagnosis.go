package render

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/diagnose"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Answer writes what explain has to say for a person.
func (t *Text) Answer(a *diagnose.Answer) {
	if a.Title != "" {
		t.paragraph("", t.bold(a.Title))
		t.printf("\n")
	}
	t.paragraph("", a.Summary)
	if a.Evidence != "" {
		t.printf("\n")
		t.paragraph("The words that decide: ", a.Evidence)
	}
	t.Fixes(a.Diagnosis)
	if len(a.Fixes) == 0 {
		t.printf("\n")
	}
	t.examples(a.Examples)
	t.open(a)
	if words := recognised(a.Recognised); words != "" {
		t.paragraph("Recognised: ", words)
	}
	t.conclusion(a)
}

func (t *Text) examples(list []string) {
	if len(list) == 0 {
		return
	}
	t.printf("For example:\n")
	for _, e := range list {
		t.paragraph("  ", e)
	}
	t.printf("\n")
}

// open names the causes that remain, and what would tell them apart.
func (t *Text) open(a *diagnose.Answer) {
	if len(a.Also) > 0 {
		t.paragraph(inQuestion(a)+": ", words(a.Also))
	}
	if len(a.Stages) == 0 {
		return
	}
	t.paragraph("", "The step at which it came decides. Add it with --stage:")
	for _, s := range a.Stages {
		t.paragraph("  ", words(s.Stages)+": "+string(s.Cause))
	}
	t.printf("\n")
}

func inQuestion(a *diagnose.Answer) string {
	if a.Cause == submission.Unknown {
		return "In question"
	}
	return "Also possible"
}

func (t *Text) conclusion(a *diagnose.Answer) {
	if a.Temporary {
		t.paragraph("Temporary: ", "the same may pass later.")
	}
	if a.Reference != "" {
		t.paragraph("Standard: ", a.Reference)
	}
	if !isTopicAlone(a) {
		t.paragraph("Cause: ", string(a.Cause))
	}
}

// isTopicAlone: the cause says nothing that the title has not said.
func isTopicAlone(a *diagnose.Answer) bool {
	return a.Topic != "" && (a.Cause == submission.Unknown || a.Topic == string(a.Cause))
}

// words joins names into a list.
func words[T ~string](list []T) string {
	var out []string
	for _, w := range list {
		out = append(out, string(w))
	}
	return strings.Join(out, ", ")
}

// recognised says in words what was read out of a text, "" for nothing.
func recognised(r *diagnose.Recognised) string {
	if r == nil {
		return ""
	}
	var parts []string
	if r.Provider != "" {
		parts = append(parts, fmt.Sprintf("%s, by %q", r.Provider, r.By))
	}
	code := strings.TrimSpace(strings.TrimPrefix(fmt.Sprintf("%d %s", r.Code, r.Enhanced), "0 "))
	switch {
	case code != "" && r.Stage != "":
		parts = append(parts, "code "+code+" at "+string(r.Stage))
	case code != "":
		parts = append(parts, "code "+code)
	case r.Stage != "":
		parts = append(parts, "it came at "+string(r.Stage))
	}
	return strings.Join(parts, "; ")
}

// Troubles lists those that explain knows without a text.
func (t *Text) Troubles(list []diagnose.Trouble) {
	width := 0
	for _, tr := range list {
		width = max(width, len(tr.Name))
	}
	t.paragraph("", "Paste the error of any program behind smtpwiz explain, in quotes, or send a file into it. These troubles have no text; name one:")
	t.printf("\n")
	for _, tr := range list {
		t.paragraph(fmt.Sprintf("  %-*s  ", width, tr.Name), tr.Title)
	}
	t.printf("\n")
	t.paragraph("", "A command (RCPT), a code (553, 5.7.8) or a cause (from_mismatch) is explained as well.")
}

// --- Markdown ---

// markdown writes GitHub's dialect. What others wrote is escaped or fenced, so
// that it is shown and never obeyed: no hidden links, no images, nobody notified.
type markdown struct {
	w   io.Writer
	err error
}

// Markdown writes the same to be posted, in an issue's thread say.
func Markdown(w io.Writer, a *diagnose.Answer) error {
	m := &markdown{w: w}
	title := a.Title
	if title == "" {
		title = string(a.Cause)
	}
	m.printf("**%s**: %s\n", escaped(title), escaped(a.Summary))
	if a.Evidence != "" {
		m.printf("\n%s", fenced(a.Evidence))
	}
	m.fixes(a.Fixes)
	m.examples(a.Examples)
	m.facts(a)
	return m.err
}

func (m *markdown) printf(format string, args ...any) {
	if m.err == nil {
		_, m.err = fmt.Fprintf(m.w, format, args...)
	}
}

func (m *markdown) fixes(fixes []diagnose.Fix) {
	for i, f := range fixes {
		if i == 0 {
			m.printf("\nWhat to do:\n\n")
		}
		link := ""
		if f.URL != "" {
			link = " " + linked(f.URL)
		}
		m.printf("%d. %s%s\n", i+1, escaped(f.Text), link)
	}
}

func (m *markdown) examples(list []string) {
	if len(list) > 0 {
		m.printf("\nFor example:\n\n%s", fenced(list...))
	}
}

// facts are the short lines at the end.
func (m *markdown) facts(a *diagnose.Answer) {
	var facts []string
	if len(a.Also) > 0 {
		facts = append(facts, inQuestion(a)+": "+codes(a.Also))
	}
	for _, s := range a.Stages {
		facts = append(facts, fmt.Sprintf("At %s it means %s", codes(s.Stages), codes([]submission.Cause{s.Cause})))
	}
	if a.Recognised != nil && a.Recognised.Provider != "" {
		facts = append(facts, "Recognised: "+escaped(a.Recognised.Provider))
	}
	if a.Temporary {
		facts = append(facts, "Temporary: the same may pass later")
	}
	if a.Reference != "" {
		facts = append(facts, "Standard: "+escaped(a.Reference))
	}
	for i, f := range facts {
		if i == 0 {
			m.printf("\n")
		}
		m.printf("- %s\n", f)
	}
}

func codes[T ~string](list []T) string {
	return "`" + strings.ReplaceAll(words(list), ", ", "`, `") + "`"
}

// fenced is a block of lines that Markdown leaves alone, whatever is in them.
func fenced(lines ...string) string {
	fence := "```"
	for slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, fence) }) {
		fence += "`"
	}
	return fence + "text\n" + strings.Join(lines, "\n") + "\n" + fence + "\n"
}

// escaped takes from a text in prose what Markdown would act on. GitHub looks
// for @names and #numbers after that, so an empty comment parts these.
func escaped(s string) string {
	var b strings.Builder
	previous := ' '
	for _, r := range s {
		switch {
		case (r == '@' || r == '#') && !isWord(previous):
			b.WriteString(string(r) + "<!-- -->")
		case strings.ContainsRune("\\`*_[]<>|~", r) && !(r == '_' && isWord(previous)):
			b.WriteString("\\" + string(r))
		default:
			b.WriteRune(r)
		}
		previous = r
	}
	return b.String()
}

// isWord: an @ behind it belongs to an address.
func isWord(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._%+-", r)
}

// linked is a page's address as a link that shows where it leads.
func linked(url string) string {
	if strings.ContainsAny(url, "<> \t") {
		return escaped(url)
	}
	return "<" + url + ">"
}

// --- one page a cause ---

// CausePage writes the page on a cause for the documentation. The presets add
// how their providers word it.
func CausePage(w io.Writer, a *diagnose.Answer, at []diagnose.AtProvider) error {
	m := &markdown{w: w}
	m.printf("# %s\n\n%s\n", a.Topic, escaped(a.Summary))
	if a.Temporary {
		m.printf("\nThis may pass by itself: the same may work later.\n")
	}
	if a.Field != submission.FieldNone {
		m.printf("\nThe setting to look at: `%s`.\n", a.Field)
	}
	m.fixes(a.Fixes)
	m.examples(a.Examples)
	for i, p := range at {
		if i == 0 {
			m.printf("\n## At single providers\n")
		}
		m.printf("\n### %s\n\n%s", escaped(p.Provider), fenced(p.Example))
		if p.Why != "" {
			m.printf("\n%s\n", escaped(p.Why))
		}
		m.fixes(p.Fixes)
	}
	if a.Reference != "" {
		m.printf("\nStandard: %s.\n", escaped(a.Reference))
	}
	m.printf("\nIn a terminal: `smtpwiz explain %s`, with `--preset NAME` for your provider.\n", a.Topic)
	return m.err
}

// CauseIndex writes the list of those pages.
func CauseIndex(w io.Writer, causes []*diagnose.Answer) error {
	m := &markdown{w: w}
	m.printf("# Causes\n\nEach failure that smtpwiz reports has one of these causes, in the JSON of\n`smtpwiz test --json` and in `smtpwiz explain`. The names are fixed. These pages are\nmade from the program's own texts; do not edit them:\n\n    go test ./internal/render -run TestCausePages -update\n\n| cause | what it means |\n|---|---|\n")
	for _, a := range causes {
		first, _, _ := strings.Cut(a.Summary, ". ")
		m.printf("| [%s](%s.md) | %s. |\n", a.Topic, a.Topic, escaped(strings.TrimSuffix(first, ".")))
	}
	return m.err
}
