package profile

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Error is something in the file, or about to go into it, that cannot stand.
type Error struct {
	Path   string // of the file; "" for a profile that has not been written
	Line   int    // from 1; 0 where it is about the whole file
	Column int    // from 1, in characters
	Key    string // "profile.work.endpoint[1].port", "" where it is not about one
	Text   string // what is wrong
	hint   string
}

func (e *Error) Error() string {
	text := e.Text
	if e.Key != "" {
		text = e.Key + ": " + text
	}
	switch {
	case e.Path == "":
		return text
	case e.Line == 0:
		return e.Path + ": " + text
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.Path, e.Line, e.Column, text)
}

// Hint is what would be right.
func (e *Error) Hint() string { return e.hint }

// HomelessError is a user without a place for the configuration.
type HomelessError struct{}

func (*HomelessError) Error() string {
	return "neither XDG_CONFIG_HOME nor HOME names a folder for the configuration"
}

// Hint is what to do about it.
func (*HomelessError) Hint() string { return "set HOME, or name a file with --config" }

// UnknownError is a profile that does not exist.
type UnknownError struct {
	Name    string
	Nearest string // the one that may be meant, or ""
	None    bool   // there is no profile at all
}

func (e *UnknownError) Error() string { return "there is no profile " + quoted(e.Name) }

// Hint is what to do instead.
func (e *UnknownError) Hint() string {
	switch {
	case e.None:
		return "none is saved yet: smtpwiz setup makes one"
	case e.Nearest != "":
		return "did you mean " + e.Nearest + "?"
	}
	return "smtpwiz profiles lists them"
}

// ExistsError is a name that another profile has.
type ExistsError struct{ Name string }

func (e *ExistsError) Error() string { return "there is a profile " + quoted(e.Name) + " already" }

// Hint is what to do first.
func (e *ExistsError) Hint() string {
	return "take another name, or first: smtpwiz profiles remove " + e.Name
}

// NameError is a name that no profile can have.
type NameError struct {
	Name  string
	Fault string // "it is empty"
}

func (e *NameError) Error() string {
	return quoted(e.Name) + " cannot be a profile's name: " + e.Fault
}

// Hint is what a name looks like.
func (e *NameError) Hint() string { return "a name such as work or zoho-eu" }

// errEdit is an edit that did not come out as it should: a fault of ours. The
// file has not been touched.
var errEdit = errors.New("the configuration could not be changed as meant, and was left alone")

// keyText writes a path as a person would, items counted from 1.
func keyText(n *node) string {
	if n.parent == nil {
		return ""
	}
	above := keyText(n.parent)
	if n.parent.kind == arrayKind {
		i, _ := strconv.Atoi(n.name)
		return fmt.Sprintf("%s[%d]", above, i+1)
	}
	return strings.TrimPrefix(above+"."+quoteKey(n.name), ".")
}

// nearest finds the name that a mistyped one most likely stands for, or "".
func nearest(typed string, names []string) string {
	if len(typed) > 100 {
		return ""
	}
	best, least := "", len([]rune(typed))/3+2
	for _, name := range names {
		if d := distance(strings.ToLower(typed), strings.ToLower(name)); d < least {
			best, least = name, d
		}
	}
	return best
}

// distance counts the letters to put in, take out or replace (Levenshtein).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := diagonal
			if x[i] != y[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(y)]
}
