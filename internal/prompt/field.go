package prompt

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/huh"
	"github.com/charmbracelet/x/ansi"

	"github.com/smtpwiz/smtpwiz/internal/wizard"
)

// unwrapped is wider than any option.
const unwrapped = 1000

// beforeDetail stands between the label of an option and its detail.
const beforeDetail = "  "

// findFrom is the length of a list from which it is found by typing.
const findFrom = 9

// lineEnd stands for a line end in a password, of which huh's input would make a
// space. It is a noncharacter, which Unicode keeps for such use.
const lineEnd = '\uFDD0'

// field is one question on the page and the huh field that answers it. huh binds
// to text and yes, so a form that is built again keeps its answers.
type field struct {
	wizard.Question
	text string
	yes  bool

	widget huh.Field
	list   *huh.Select[string] // of a Choice
}

func newField(q wizard.Question) *field {
	f := &field{Question: q, text: safe(q.Value), yes: q.Value == "yes"}
	switch q.Kind {
	case wizard.Choice:
		f.list = huh.NewSelect[string]().Key(q.Key).Options(options(q)...).Value(&f.text)
		if f.finds() {
			// A title makes room for what is typed; the question itself is in our
			// own header. To begin in the filter keeps the list from jumping.
			f.list.Title(" ").Filtering(true)
		}
		f.widget = f.list
	case wizard.YesNo:
		f.widget = huh.NewConfirm().Key(q.Key).Affirmative(wordYes).Negative(wordNo).Value(&f.yes)
	case wizard.Password:
		f.text = ""
		f.widget = huh.NewInput().Key(q.Key).EchoMode(huh.EchoModePassword).Value(&f.text)
	default:
		f.widget = huh.NewInput().Key(q.Key).Value(&f.text)
	}
	return f
}

func options(q wizard.Question) []huh.Option[string] {
	var list []huh.Option[string]
	for _, o := range q.Options {
		list = append(list, huh.NewOption(optionText(o), o.Value))
	}
	return list
}

func optionName(o wizard.Option) string { return cmp.Or(o.Label, o.Value) }

func optionText(o wizard.Option) string {
	text := optionName(o)
	if o.Detail != "" {
		text += beforeDetail + o.Detail
	}
	return safe(strings.ReplaceAll(text, "\n", " "))
}

// typed reports that letters go into the answer.
func (f *field) typed() bool {
	return f.Kind != wizard.YesNo && f.Kind != wizard.Choice || f.finds()
}

// finds reports that the list is long and found by typing.
func (f *field) finds() bool { return f.Kind == wizard.Choice && len(f.Options) >= findFrom }

// filter is what was typed to find an option.
func (f *field) filter() string {
	if !f.finds() {
		return ""
	}
	return strings.TrimPrefix(strings.TrimSpace(ansi.Strip(f.lines()[0])), "/")
}

// answer is what would be given now. A password stays as it is, byte for byte.
func (f *field) answer() string {
	switch f.Kind {
	case wizard.Password:
		return strings.ReplaceAll(f.text, string(lineEnd), "\n")
	case wizard.YesNo:
		if f.yes {
			return "yes"
		}
		return "no"
	case wizard.Choice:
		value, _ := f.list.Hovered()
		return value
	}
	return strings.TrimSpace(f.text)
}

// option is the one under the cursor, the zero one where nothing matches.
func (f *field) option() wizard.Option {
	i := slices.IndexFunc(f.Options, func(o wizard.Option) bool { return o.Value == f.answer() })
	if i < 0 {
		return wizard.Option{}
	}
	return f.Options[i]
}

func (f *field) problem() string {
	if f.Kind == wizard.Choice {
		if _, ok := f.list.Hovered(); !ok {
			return sayNoMatch
		}
	}
	return problem(f.Question, f.answer())
}

// shown is the answer in a line, while another question has the focus.
func (f *field) shown() string {
	switch f.Kind {
	case wizard.Password:
		return f.shape()
	case wizard.YesNo:
		if f.yes {
			return wordYes
		}
		return wordNo
	case wizard.Choice:
		o := f.option()
		o.Detail = "" // for choosing
		return optionText(o)
	}
	return safe(f.text)
}

// shape is what may be told of a password.
func (f *field) shape() string {
	switch {
	case f.text == "":
		return ""
	case f.Shape != nil && f.Shape(f.answer()) != "":
		return f.Shape(f.answer())
	case strings.ContainsRune(f.text, lineEnd):
		return sayWithLineEnd(utf8.RuneCountInString(f.text))
	}
	return sayCharacters(utf8.RuneCountInString(f.text))
}

// lines draws the widget, without the room that huh keeps at the end.
func (f *field) lines() []string {
	lines := strings.Split(f.widget.View(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	for len(lines) > 1 && ansi.Strip(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// toTop is a key that nothing else means: see keyMap.
var toTop = tea.KeyMsg{Type: tea.KeyF20}

// keyMap leaves to huh only what changes an answer. To go on, back or away is
// ours: huh does it by messages that arrive late, and keys typed meanwhile would
// land in the field that is about to be left.
func keyMap() *huh.KeyMap {
	m := huh.NewDefaultKeyMap()
	off := key.NewBinding(key.WithDisabled())
	m.Quit = off
	m.Input = huh.InputKeyMap{AcceptSuggestion: off, Next: off, Prev: off, Submit: off}
	m.Confirm.Next, m.Confirm.Prev, m.Confirm.Submit = off, off, off
	m.Confirm.Accept, m.Confirm.Reject = off, off
	s := &m.Select
	s.Next, s.Prev, s.Submit, s.Filter, s.SetFilter, s.ClearFilter, s.HalfPageDown = off, off, off, off, off, off, off
	// In a list that is being filtered only half a page up moves without also
	// editing the filter: twice is the top, for huh counts the whole list a page.
	s.HalfPageUp = key.NewBinding(key.WithKeys(toTop.String()))
	return m
}

// pasted is what of a text that came at once goes into an answer, and what to
// say of the rest. A newline never answers a question, and never shows in one
// field what was meant for the next: an answer gets the first line. A secret
// keeps line ends, for somebody to ask about, and what cannot be seen.
func pasted(runes []rune, secret bool) (line []rune, notice string) {
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(runes))
	if secret {
		text = strings.ReplaceAll(text, "\n", string(lineEnd))
	}
	first, _, more := strings.Cut(strings.Trim(text, "\n"), "\n")
	kept := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, first)
	if !secret {
		kept = safe(kept)
	}
	switch {
	case more:
		notice = sayFirstLine
	case kept != first:
		notice = sayLeftOut
	}
	return []rune(kept), notice
}
