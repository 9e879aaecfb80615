package prompt

import (
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/wizard"
)

// deciding is a page whose second question the others follow from.
func deciding() wizard.Page {
	return wizard.Page{
		Key: "change", Title: "Change", Focus: "b",
		Questions: []wizard.Question{
			{Key: "a", Label: "A", Value: "one"},
			{Key: "b", Label: "B", Kind: wizard.Choice, Value: "x", Decides: true, Options: []wizard.Option{{Value: "x"}, {Value: "y"}}},
			{Key: "c", Label: "C", Value: "follows from x"},
			{Key: "d", Label: "D", Value: "last", Decides: true},
		},
	}
}

// TestScreenDecides: a page is left as soon as an answer that others follow
// from was changed and is left, whichever way.
func TestScreenDecides(t *testing.T) {
	t.Parallel()
	for keys, want := range map[string][3]string{
		"<down><enter>":          {"changed", "b", "c"},
		"<down><tab>":            {"changed", "b", "c"},
		"<down><shift+tab>":      {"changed", "b", "a"},
		"<enter><enter><enter>":  {"next", "", ""},
		"<down><up><enter><tab>": {"", "", ""}, // as it was: still on the page
		"<enter><tab>!<enter>":   {"next", "", ""},
		"<ctrl+s>":               {"next", "", ""},      // with what stands in the rest
		"<down><ctrl+s>":         {"changed", "b", "c"}, // the rest comes anew first
		"<shift+tab>!<ctrl+s>":   {"next", "", ""},
		"<enter><ctrl+s>":        {"", "", ""}, // two are left: Enter does it
	} {
		t.Run(keys, func(t *testing.T) {
			t.Parallel()
			d := drive(t, utf8Terminal, 80, 24).open(deciding()).press(keys)
			var got [3]string
			select {
			case o := <-d.reply:
				got = [3]string{string(o.answer.Move), o.answer.Changed, o.answer.Focus}
				if got[0] == "changed" && o.answer.Texts["b"] != "y" {
					t.Errorf("answers %v", o.answer.Texts)
				}
			default:
			}
			if got != want {
				t.Errorf("left by %q, want %q", got, want)
			}
		})
	}
}

func TestLinesDecides(t *testing.T) {
	t.Parallel()
	a, _, err := linesOf(t, deciding(), "y\nthis belongs to the next page\n")
	if err != nil || a.Move != wizard.Changed || a.Changed != "b" || a.Focus != "c" || a.Texts["b"] != "y" {
		t.Errorf("%+v, %v", a, err)
	}
	a, _, err = linesOf(t, deciding(), "\n\nother\n")
	if err != nil || a.Move != wizard.Next || a.Texts["d"] != "other" {
		t.Errorf("%+v, %v", a, err)
	}
}

// TestPasswordShape: what becomes of a password is told as it is typed, in both
// ways of asking.
func TestPasswordShape(t *testing.T) {
	t.Parallel()
	shape := func(typed string) string {
		if typed == "ab cd" {
			return "4 characters; the space is left out"
		}
		return ""
	}
	p := wizard.Page{Title: "Log in", Questions: []wizard.Question{{Key: "password", Label: "Password", Kind: wizard.Password, Shape: shape}}}
	d := drive(t, utf8Terminal, 80, 24).open(p).press("ab c")
	d.sees("\n4 characters\n")
	d.press("d").sees("\n4 characters; the space is left out\n")
	if _, out, err := linesOf(t, p, "ab cd\n"); err != nil || !strings.Contains(out, "5 characters received. 4 characters; the space is left out") {
		t.Errorf("%q, %v", out, err)
	}
}
