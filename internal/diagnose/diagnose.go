// Package diagnose turns what a probe reported, or a text pasted from any
// program, into the cause in words: what happened, why, and what to do. It is
// pure: no I/O, no clock, the same answer for the same facts.
//
// What failed without a word of the server is a fault, which faults.go and
// trust.go explain. A refusal is explained from the surest source to the least:
// what the preset knows of its provider's replies, the words (worded.go), the
// enhanced code, the code at that stage (rules.go). Where none of them knows,
// the cause is unknown, and the text says no more than what the codes mean. The
// texts of each cause are in causes.go; what a preset adds to them is in
// preset.go, what the account's own answers add in account.go. A pasted text
// (text.go, lines.go, errors.go) becomes the same facts and takes the same way.
//
// Ask answers whatever a person wants explained: a text, whose provider it finds
// (recognise.go), or something by its name: a command, a code (numbers.go,
// codes.go), a cause, or a trouble that has no text (troubles.go).
package diagnose

import (
	"slices"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Diagnosis is one trouble explained. Its texts are safe to print.
type Diagnosis struct {
	Cause     submission.Cause   `json:"cause"`
	Summary   string             `json:"summary"`        // what happened and why, one to three short sentences
	Field     submission.Field   `json:"field"`          // the answer at fault, "" where no answer is
	Temporary bool               `json:"temporary"`      // the same attempt may pass later
	Fixes     []Fix              `json:"fixes"`          // what to do, the first thing first
	Evidence  string             `json:"evidence"`       // the server's words, or the error
	Also      []submission.Cause `json:"also,omitempty"` // other causes in question, the likelier first
}

// Fix is one thing to do, with the page where it is done or "". A flag of smtpwiz
// for which setup has a question stands in brackets: see Asked.
type Fix struct {
	Text string `json:"text"`
	URL  string `json:"url"`
}

// Asked is a text of a Diagnosis for somebody who answers setup's questions: without
// the flags in brackets that give the same answers.
func Asked(text string) string { return inBrackets.re().ReplaceAllString(text, "") }

var inBrackets = lazily(` \((?:no )?--[a-z][^()]*\)`)

// Explain tells why a probe failed, nil when it did not or was interrupted. The
// preset may be nil; it should be resolved for the account's region.
func Explain(r *report.Report, p *preset.Preset) *Diagnosis {
	step := r.Failed()
	if step == nil || r.Interrupted {
		return nil
	}
	t := &trouble{
		stage: step.Stage, fault: step.Fault, endpoint: r.Endpoint, error: step.Err,
		preset: resolved(p, r.Endpoint.Host), report: r, step: step,
	}
	t.evidence = evidence(step.Err)
	if step.Reply != nil {
		t.hear(*step.Reply)
	}
	return t.diagnose()
}

// trouble is all that is known of one failure, from a report or a text.
type trouble struct {
	stage    report.Stage // "" where a text does not tell
	guessed  bool         // the stage is only the likeliest
	quota    bool         // the user says that it is about the sending allowance
	fault    report.Fault
	code     int
	enhanced reply.EnhancedCode
	text     string     // the refusal without its codes, for presets
	words    [][]string // the same for the rules; then wider surroundings
	error    string     // the error in words where there is no reply
	evidence string
	endpoint submission.Endpoint // parts may be zero in a text

	preset *preset.Preset // nil for none
	report *report.Report // nil for a text
	step   *report.Step   // nil for a text
}

// hear takes a server's reply in.
func (t *trouble) hear(r reply.Reply) {
	t.code, t.enhanced, t.text = r.Code, r.Enhanced, r.Text()
	t.words = [][]string{without(wordsOf(strings.Join(r.Lines, " ")), codeWord(r.Code), r.Enhanced.String())}
	t.evidence = evidence(r.String())
}

// class is the first digit of the code, or of the enhanced one.
func (t *trouble) class() int {
	if t.code != 0 {
		return t.code / 100
	}
	return t.enhanced.Class
}

// verdict is what was concluded, before the texts.
type verdict struct {
	cause     submission.Cause
	also      []submission.Cause
	why       string            // in place of the cause's own summary
	field     *submission.Field // in place of the cause's own
	temporary bool              // though the cause as such is not
	fixes     []Fix             // before the cause's own
	enough    bool              // the cause's own fixes have nothing to add
	tell      string            // the experiment that tells the causes apart
}

func (t *trouble) diagnose() *Diagnosis {
	return t.write(t.judge())
}

// judge asks the sources in the order of how sure they are.
func (t *trouble) judge() verdict {
	if t.stage == report.Delivery {
		return verdict{cause: submission.NotDelivered}
	}
	v, ok := t.byFault()
	if !ok {
		v = t.byReply()
	}
	return t.secondThoughts(t.withPreset(v))
}

func (t *trouble) byReply() verdict {
	all := tables()
	if t.step != nil && t.class() < 4 { // a yes, but not the one that belongs there
		return verdict{cause: submission.ProtocolError,
			why: "{Server} gave an answer that does not belong at this point. The server is faulty, or something on the way garbles what it says."}
	}
	if v, ok := t.byPreset(); ok {
		// Providers that say "authentication failed" to all say the reason behind it to some.
		if v.cause == submission.BadCredentials && len(t.words) > 0 {
			if c := first(all.worded, t, t.words[0]); c != nil && c.cause != submission.BadCredentials {
				return c.verdict()
			}
		}
		return v
	}
	for _, words := range t.words {
		if c := first(all.worded, t, words); c != nil {
			return c.verdict()
		}
	}
	for _, table := range [][]compiled{all.numbered, all.coded} {
		if c := first(table, t, nil); c != nil {
			return c.verdict()
		}
	}
	if t.quota && t.class() != 0 {
		return verdict{cause: submission.QuotaExceeded, also: []submission.Cause{submission.RateLimited}}
	}
	return t.unknown()
}

// secondThoughts corrects a verdict by what the session shows besides.
func (t *trouble) secondThoughts(v verdict) verdict {
	r, greeting := t.report, ""
	if r == nil {
		greeting = t.pastedGreeting()
	} else if r.TLS == nil {
		greeting = r.Greeting
	}
	if v.cause != submission.SMTPIntercepted && !t.isBridge() && !t.onLoopback() && t.foreign(greeting) {
		was := v.cause
		v = t.intercepted(greeting)
		v.also = []submission.Cause{was}
		return v
	}
	if r == nil {
		return v
	}
	if v.cause == submission.STARTTLSNotOffered {
		v = t.withSibling(v)
		_, v.enough = t.sibling()
	}
	return t.withAccount(v)
}

// write puts the texts to a verdict.
func (t *trouble) write(v verdict) *Diagnosis {
	a := adviceOn(v.cause)
	d := &Diagnosis{
		Cause: v.cause, Summary: a.summary, Field: a.field, Temporary: a.temporary || v.temporary,
		Evidence: t.evidence, Also: v.also, Fixes: v.fixes,
	}
	if v.why != "" {
		d.Summary = v.why
	}
	if v.field != nil {
		d.Field = *v.field
	}
	fromPreset := t.ofPreset(v)
	d.Fixes = append(d.Fixes, fromPreset...)
	if !v.enough && !(slices.Contains(replaced, v.cause) && len(fromPreset) > 0) {
		d.Fixes = append(d.Fixes, plain(a.fixes)...)
	}
	d.Fixes = append(d.Fixes, plain(a.always)...)
	if t.opensWebmail() {
		d.Fixes = append(d.Fixes, plain(a.webmail)...)
	}
	if t.report == nil {
		d.Fixes = append(d.Fixes, plain(a.elsewhere)...)
	}
	if v.tell != "" {
		d.Fixes = append(d.Fixes, Fix{Text: v.tell})
	}
	return t.fill(d)
}

// plain are fixes without a page.
func plain(texts []string) []Fix {
	var out []Fix
	for _, text := range texts {
		out = append(out, Fix{Text: text})
	}
	return out
}

// fill puts names in place of the words in braces, and makes all of it safe.
func (t *trouble) fill(d *Diagnosis) *Diagnosis {
	names := t.names()
	d.Summary = names.in(d.Summary)
	fixes := []Fix{}
	for _, f := range d.Fixes {
		f = Fix{names.in(f.Text), reply.Safe(f.URL)}
		same := func(g Fix) bool { return g.Text == f.Text || g.URL == f.URL && f.URL != "" }
		unfilled := strings.Contains(f.Text, "{ports}") || strings.Contains(f.Text, "{ssl}")
		if f.Text != "" && !unfilled && !slices.ContainsFunc(fixes, same) {
			fixes = append(fixes, f)
		}
	}
	if len(fixes) == 0 { // all that there was to try has been tried
		fixes = plain(adviceOn(submission.Unknown).fixes)
	}
	d.Fixes = fixes
	return d
}

// maxEvidence is how many characters of a server's words are shown.
const maxEvidence = 400

// evidence is a text as it is shown: in one line, bounded, safe to print.
func evidence(s string) string {
	s = reply.Safe(strings.Join(strings.Fields(s), " "))
	if r := []rune(s); len(r) > maxEvidence {
		s = string(r[:maxEvidence]) + "…"
	}
	return s
}
