// Package settings turns what was given beforehand (flags, variables, a saved
// profile, a provider's preset) into one account to be tried, and remembers
// where each value came from. It asks nobody and dials nothing.
package settings

import (
	"fmt"
	"slices"
	"strings"
)

// Source is where a value came from, the strongest first.
type Source string

const (
	FromFlag     Source = "flag"
	FromVariable Source = "variable"
	FromProfile  Source = "profile"
	FromFile     Source = "file" // another program's configuration
	FromPreset   Source = "preset"
	FromAddress  Source = "address" // derived from another answer
	FromDefault  Source = "default"
)

// Answer is a value with its source.
type Answer struct {
	Value  string
	List   []string // for what may be given several times
	Source Source
	Name   string // for messages: --host, SMTPWIZ_HOST, profile work
}

// origin tells where the answer came from: "flag --host", "profile work", ".env line 4".
func (a Answer) origin() string {
	if a.Source == FromProfile || a.Source == FromFile {
		return a.Name
	}
	return string(a.Source) + " " + a.Name
}

// strength orders sources: flag, variable, profile, preset.
func (s Source) strength() int {
	weakestFirst := []Source{FromDefault, FromAddress, FromPreset, FromProfile, FromFile, FromVariable, FromFlag}
	return slices.Index(weakestFirst, s)
}

// Answers are those given by flags and variables, by the flag's name.
type Answers map[string]Answer

// Get returns the value of an answer, "" where there is none.
func (a Answers) Get(name string) string { return a[name].Value }

// Has reports whether an answer was given.
func (a Answers) Has(name string) bool { _, ok := a[name]; return ok }

// Provenance tells one value and where it came from.
type Provenance struct {
	Name, Value, Source string
}

// UsageError is a wrong or missing answer: what is wrong, and what to do.
type UsageError struct {
	What string
	Hint string
}

func (e *UsageError) Error() string { return e.What }

func usage(hint, format string, args ...any) *UsageError {
	return &UsageError{What: fmt.Sprintf(format, args...), Hint: hint}
}

// VariableOf is the environment variable of a flag: --max-time has SMTPWIZ_MAX_TIME.
func VariableOf(flag string) string {
	return "SMTPWIZ_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}
