package preset

import (
	"fmt"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// UnknownError says that there is no preset, region or variant of that name.
type UnknownError struct {
	Field   submission.Field // preset, region or variant
	Preset  string           // whose region or variant it is
	Name    string
	Nearest string // the known name that looks most like it, "" if none does
	Known   []string
}

func newUnknownError(field submission.Field, preset, name string, known []string) *UnknownError {
	return &UnknownError{Field: field, Preset: preset, Name: name, Nearest: nearest(strings.ToLower(name), known), Known: known}
}

func (e *UnknownError) Error() string {
	switch {
	case e.Field == submission.FieldPreset:
		return fmt.Sprintf("unknown preset %q%s", e.Name, didYouMean(e.Nearest))
	case len(e.Known) == 0:
		return fmt.Sprintf("preset %s has no %s to choose: %q is not known", e.Preset, e.Field, e.Name)
	}
	return fmt.Sprintf("preset %s has no %s %q%s; it has %s", e.Preset, e.Field, e.Name, didYouMean(e.Nearest), strings.Join(e.Known, ", "))
}

func didYouMean(name string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", name)
}

// nearest returns the known name that is fewest edits away, or begins or ends
// alike; "" if nothing is near enough to be meant.
func nearest(name string, known []string) string {
	if len(name) > 2*maxName {
		return ""
	}
	best, least := "", max(2, len(name)/3)+1
	for _, k := range known {
		d := distance(name, k)
		if len(name) >= 3 && (strings.HasPrefix(k, name) || strings.HasSuffix(k, name) || strings.HasPrefix(name, k)) {
			d = min(d, 2)
		}
		if d < least && d < len(k) {
			best, least = k, d
		}
	}
	return best
}

// distance counts the bytes to insert, drop, replace or swap with their
// neighbour to get from a to b (optimal string alignment).
func distance(a, b string) int {
	before, last := []int{}, make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			substitute := last[j]
			if a[i] != b[j] {
				substitute++
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, substitute)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
