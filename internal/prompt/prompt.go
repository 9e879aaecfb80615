// Package prompt asks a person what the wizard wants to know. It has the two
// implementations of wizard.Prompter: Screen fills the terminal, Lines asks line
// by line for screen readers, plain terminals and pipes. Neither knows what an
// answer means.
//
// A program that links this package calls quietinit.Restore first.
package prompt

import (
	"strings"
	"unicode"

	// Before bubbletea is initialised, wherever this package is linked.
	_ "github.com/smtpwiz/smtpwiz/internal/quietinit"
	"github.com/smtpwiz/smtpwiz/internal/submission"
	"github.com/smtpwiz/smtpwiz/internal/wizard"
)

var (
	_ wizard.Prompter = (*Screen)(nil)
	_ wizard.Prompter = (*Lines)(nil)
)

// safe drops what could move the cursor, colour the rest or turn the reading
// direction: texts were made safe where they came from, and this is the last gate.
func safe(text string) string {
	return strings.Map(func(r rune) rune {
		const zwnj, zwj = '\u200c', '\u200d' // Indic and Persian writing needs them
		switch {
		case r == '\n', r == zwnj, r == zwj:
			return r
		case r == '\t':
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp):
			return -1
		}
		return r
	}, text)
}

// problem says what is wrong with an answer, "" if nothing.
func problem(q wizard.Question, answer string) string {
	if answer == "" && !q.Optional {
		return sayNeeded
	}
	if answer == "" || q.Check == nil {
		return ""
	}
	return safe(q.Check(answer))
}

// decided: the answer is another than the page began with, and the rest of the
// page depends on it.
func decided(q wizard.Question, answer string) bool { return q.Decides && answer != q.Value }

// collect makes an Answer of the raw texts, one for each question.
func collect(move wizard.Move, questions []wizard.Question, texts []string) wizard.Answer {
	a := wizard.Answer{Move: move, Texts: map[string]string{}, Secrets: map[string]submission.Secret{}}
	for i, q := range questions {
		if q.Kind == wizard.Password {
			a.Secrets[q.Key] = submission.NewSecret(texts[i])
		} else {
			a.Texts[q.Key] = texts[i]
		}
	}
	return a
}
