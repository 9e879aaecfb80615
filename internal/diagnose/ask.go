package diagnose

import (
	"slices"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Question is what a person wants explained: a pasted text; the name of a
// command, a code or a cause; or a trouble that has no text (see Troubles).
type Question struct {
	Text   string
	Stage  report.Stage     // "" where it is not known
	Preset *preset.Preset   // the provider, nil to find it in the text
	Known  []*preset.Preset // the providers to look for there
}

// Answer is a diagnosis with what it is about. Its texts are safe to print.
type Answer struct {
	*Diagnosis
	Topic      string      `json:"topic,omitempty"`     // what was asked about by name, "" for a pasted text
	Title      string      `json:"title,omitempty"`     // the same in words
	Reference  string      `json:"reference,omitempty"` // the standard that says so
	Examples   []string    `json:"examples,omitempty"`  // how it is worded, or how a command looks
	Recognised *Recognised `json:"recognised,omitempty"`
	Stages     []AtStage   `json:"stages,omitempty"` // where the stage would decide: what it would be at which
}

// Recognised is what was read out of a pasted text.
type Recognised struct {
	Preset   string             `json:"preset,omitempty"`
	Provider string             `json:"provider,omitempty"` // its name for people
	By       string             `json:"by,omitempty"`       // the words that told the provider
	Stage    report.Stage       `json:"stage,omitempty"`
	Code     int                `json:"code,omitempty"`
	Enhanced reply.EnhancedCode `json:"enhanced_code,omitzero"`
}

// AtStage is what a text would mean at some stages.
type AtStage struct {
	Stages []report.Stage   `json:"stages"`
	Cause  submission.Cause `json:"cause"`
}

// Ask answers a question, with nil where it holds nothing.
func Ask(q Question) *Answer {
	if a := q.topic(); a != nil {
		return a
	}
	t := Pasted{Text: q.Text, Stage: q.Stage, Preset: q.Preset}.trouble()
	if t == nil {
		return nil
	}
	if a := q.described(t); a != nil {
		return a
	}
	seen := q.recognise(t)
	a := &Answer{Diagnosis: t.diagnose(), Recognised: seen}
	a.Stages = t.undecided(a.Diagnosis)
	return a
}

// topic answers what is asked about by its name.
func (q Question) topic() *Answer {
	name := strings.TrimSpace(q.Text)
	if len(name) > 320 || strings.ContainsAny(name, "\r\n") { // as long as a command with an address may be
		return nil
	}
	for _, find := range []func(string) *Answer{q.trouble, q.cause, q.port, q.code, q.command} {
		if a := find(name); a != nil {
			return a
		}
	}
	return nil
}

// described answers a trouble that somebody puts in words of their own, where
// they quote no error.
func (q Question) described(t *trouble) *Answer {
	if t.code != 0 || !t.enhanced.IsZero() || t.fault != report.FaultNone {
		return nil
	}
	// "It lands in spam" has the words of a refusal and is none.
	if c := t.judge().cause; c != submission.Unknown && c != submission.ContentRejectedSpam {
		return nil
	}
	for _, tr := range troubles {
		if anyIn(parsePhrases(tr.says), t.allWords()) {
			return q.trouble(tr.name)
		}
	}
	return nil
}

// recognise finds the provider in the text, and takes its preset where that is
// the one whose server speaks.
func (q Question) recognise(t *trouble) *Recognised {
	seen := &Recognised{Stage: t.stage, Code: t.code, Enhanced: t.enhanced}
	if t.guessed {
		seen.Stage = ""
	}
	known := q.Known
	if q.Preset != nil {
		known = []*preset.Preset{q.Preset}
	}
	switch f := find(t, known); {
	case f.preset == nil:
	case q.Preset != nil:
		t.preset = f.preset // in the region that the text names
	default:
		seen.Provider, seen.By = quoted(titleOf(f.preset)), quoted(f.by)
		if f.sure || slices.Contains(onlyFromSubmission, t.judge().cause) {
			t.preset, seen.Preset = f.preset, f.preset.Name
		}
	}
	if *seen == (Recognised{}) {
		return nil
	}
	return seen
}

// undecided tells what the stage would decide, where it is not known and more
// than one cause remains.
func (t *trouble) undecided(d *Diagnosis) []AtStage {
	open := t.stage == "" || t.guessed
	if !open || t.quota || len(d.Also) == 0 && d.Cause != submission.Unknown {
		return nil
	}
	var out []AtStage
	for _, s := range t.possibleStages() {
		at := *t
		at.stage, at.guessed = s, false
		cause := at.judge().cause
		if cause == submission.Unknown {
			continue
		}
		if i := indexOf(out, cause); i >= 0 {
			out[i].Stages = append(out[i].Stages, s)
		} else {
			out = append(out, AtStage{[]report.Stage{s}, cause})
		}
	}
	if len(out) < 2 && d.Cause != submission.Unknown || len(out) == 0 {
		return nil
	}
	return out
}

func indexOf(list []AtStage, c submission.Cause) int {
	for i := range list {
		if list[i].Cause == c {
			return i
		}
	}
	return -1
}

// possibleStages are those at which such a text can come.
func (t *trouble) possibleStages() []report.Stage {
	switch {
	case t.class() >= 4:
		if c, ok := knownCode(t.code); ok {
			return c.stages
		}
		return anywhere
	case t.fault == report.FaultTimeout, t.fault == report.FaultReset:
		return []report.Stage{report.Connect, report.Greeting, report.TLSStage, report.EHLO, report.Data}
	case t.fault == report.FaultClosed:
		return []report.Stage{report.Greeting, report.TLSStage, report.EHLO, report.Data}
	case t.fault == report.FaultNone:
		return addresses
	}
	return nil
}
