package diagnose

import (
	"regexp"
	"slices"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/presets"
)

// TestAsked: who answers setup's questions is not told of flags that give the same
// answers; those that only a new start can give stay.
func TestAsked(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Use the server smtp.zoho.eu (--region eu).":        "Use the server smtp.zoho.eu.",
		"Leave it open (no --auth): then it is chosen.":     "Leave it open: then it is chosen.",
		"Trust it (--tls-fingerprint sha256:00ff).":         "Trust it.",
		"For a server of your own, give --ca-file.":         "For a server of your own, give --ca-file.",
		"Its names (two of them) differ -- look (-4 or -6)": "Its names (two of them) differ -- look (-4 or -6)",
	} {
		if got := Asked(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	flag := regexp.MustCompile(`--(auth|helo|region|variant|host|port|security|username|from|to|proxy|preset)\b`)
	seen := 0
	check := func(of string, texts ...string) {
		for _, text := range texts {
			if flag.MatchString(text) {
				seen++
			}
			if flag.MatchString(Asked(text)) {
				t.Errorf("%s: a flag without brackets, though setup has a question for it: %s", of, text)
			}
		}
	}
	for _, a := range advices {
		check(string(a.cause), a.summary)
		check(string(a.cause), slices.Concat(a.fixes, a.always, a.webmail)...)
	}
	all, err := preset.New(presets.FS, "").All()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		for _, r := range p.Replies {
			check(p.Name, r.Why)
			for _, f := range r.Fixes {
				check(p.Name, f.Text)
			}
		}
	}
	rules := tables()
	for _, table := range [][]compiled{rules.worded, rules.numbered, rules.coded} {
		for _, c := range table {
			check("a rule", c.why, c.tell)
		}
	}
	if seen < 5 {
		t.Errorf("only %d texts name a flag at all", seen)
	}
}
