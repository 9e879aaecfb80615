package prompt

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Every word of this package's own that a person sees stands in this file:
// whole sentences and labels, so that a translation has one place to begin.
const (
	sayNeeded        = "An answer is needed here."
	sayNoMatch       = "Nothing in the list matches what you typed."
	sayFirstLine     = "Only the first line of the pasted text was taken."
	sayLeftOut       = "Characters that cannot be shown were left out of the pasted text."
	sayMoment        = "One moment"
	sayStopping      = "Stopping"
	sayNotText       = "The answer was not readable text (UTF-8). Please type it again."
	sayNoBack        = "This is the first page; there is nothing to go back to."
	sayNoHelp        = "There is no more to tell about this."
	sayWhatNext      = "What next? (? for help) "
	sayInstead       = "Instead of an answer you can type one of these words:"
	sayChoices       = "You can press Enter alone, or type one of these words:"
	sayGoOn          = "go on"
	sayList          = "Choose one, by its number or its name:"
	sayYesOrNo       = "Please answer yes or no."
	sayUnknown       = "That is not one of the words offered here."
	sayEmptyPassword = "Nothing was typed."
	sayKept          = "Nothing was typed: the kept password is used."
	wordYes          = "Yes"
	wordNo           = "No"
	labelNext        = "next"
	labelBack        = "back"
	labelQuit        = "quit"
	labelStop        = "stop"
	labelHelp        = "help"
	labelClose       = "close"
	labelChoose      = "choose"
	labelDone        = "done"
	labelFind        = "type to find"
	labelRead        = "read on"
	labelYesNo       = "yes, no"
	keyEnter         = "enter"
	keyBack          = "shift+tab"
	keyEsc           = "esc"
	keyInterrupt     = "ctrl+c"
	keyHelp          = "f1"
	keyHelpLetter    = "?"
	keyArrows        = "up/down"
	keyPages         = "page up/down"
	keyField         = "tab"
	keyDone          = "ctrl+s"
	briefBack        = "[esc] back"
	briefPages       = "[pgdn] more"
	briefYesNo       = "[y, n]"
)

// sayMode is the first line of Lines.
func sayMode(reason string) string {
	return fmt.Sprintf("Line by line mode, switched on by %s. Type < to go back, ? for an explanation, ! to stop, and then Enter.", reason)
}

func sayCharacters(n int) string {
	if n == 1 {
		return "1 character"
	}
	return fmt.Sprintf("%d characters", n)
}

// sayGoesOn counts down, in seconds that have begun.
func sayGoesOn(left time.Duration) string {
	seconds := max(int(math.Ceil(left.Seconds())), 0)
	if seconds < 60 {
		return fmt.Sprintf("It goes on by itself in %d s.", seconds)
	}
	return fmt.Sprintf("It goes on by itself in %d min %d s.", seconds/60, seconds%60)
}

func sayWithLineEnd(n int) string { return fmt.Sprintf("%d characters, with a line end among them", n) }

func sayReceived(n int) string {
	if n == 1 {
		return "1 character received."
	}
	return fmt.Sprintf("%d characters received.", n)
}

// sayBusy is what the wizard does while nothing is asked.
func sayBusy(what string) string {
	if what == "" {
		return sayMoment
	}
	return safe(what)
}

func sayHint(hint string) string { return "(" + hint + ")" }

func sayMore(lines int) string {
	if lines == 1 {
		return "1 more line"
	}
	return fmt.Sprintf("%d more lines", lines)
}

// sayMove is what the arrows do where n lines of the list are not to be seen.
func sayMove(n int) string {
	if n == 0 {
		return "move"
	}
	return fmt.Sprintf("move, %d more", n)
}

func sayNoAnswerYet(where string) string { return fmt.Sprintf("%s: no answer yet", where) }

func sayStillWaiting(stage report.Stage, at submission.Endpoint, d time.Duration) string {
	return fmt.Sprintf("still waiting: %s, %s port %d, for %s", stage, at.Host, at.Port, duration(d))
}

func saySeveral(names []string) string {
	return fmt.Sprintf("That fits more than one: %s.", strings.Join(names, ", "))
}

func sayOption(n int, name, detail string) string {
	if detail == "" {
		return fmt.Sprintf("  %d. %s", n, name)
	}
	return fmt.Sprintf("  %d. %s: %s", n, name, detail)
}

func sayNoSuchOption(typed string) string {
	return fmt.Sprintf("%q is not in the list. Type ? for the list.", typed)
}

func sayStep(n int, text string) string { return fmt.Sprintf("Step %d: %s", n, text) }

// sayPassword tells of a question whose answer is not shown.
func sayPassword(words []string) string {
	const how = "It is not shown while you type. A < alone goes back, a ? alone explains"
	if len(words) == 0 {
		return how + "."
	}
	return fmt.Sprintf("%s, and after that these words work too: %s.", how, strings.Join(words, ", "))
}

func sayEnter(label string) string { return "Enter: " + label }

// prompt words of Lines: the label, and in brackets what can be typed.
func askPlain(label string) string { return label + " (? for help): " }
func askDefault(label, value string) string {
	return fmt.Sprintf("%s (Enter for %s, ? for help): ", label, value)
}
func askDefaultOrEmpty(label, value string) string {
	return fmt.Sprintf("%s (Enter for %s, - to empty it, ? for help): ", label, value)
}
func askOptional(label string) string { return label + " (Enter for none, ? for help): " }
func askList(label string) string     { return label + " (? for the list): " }
func askListDefault(label, value string) string {
	return fmt.Sprintf("%s (Enter for %s, ? for the list): ", label, value)
}
func askYesNo(label, value string) string {
	if value == "" {
		return label + " (yes or no, ? for help): "
	}
	return fmt.Sprintf("%s (yes or no, Enter for %s, ? for help): ", label, value)
}

// markWord says how a stage ended, without colour or picture.
func markWord(s report.Status) string {
	switch s {
	case report.OK:
		return "ok"
	case report.Failed:
		return "FAIL"
	}
	return "skip"
}

func stageLine(s report.Step) string {
	line := fmt.Sprintf("%s: %s", markWord(s.Status), s.Stage)
	if text := safe(s.Found()); text != "" {
		line += ", " + text
	}
	if s.Status != report.Skipped {
		line += ", " + duration(s.Duration)
	}
	return line
}

func duration(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "under 1 ms"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// withColon ends a label that is no question or sentence yet.
func withColon(label string) string {
	if label == "" || strings.ContainsRune("?:.>？：。", []rune(label)[len([]rune(label))-1]) {
		return label
	}
	return label + ":"
}
