package render

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/diagnose"
	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/submission"
	"github.com/smtpwiz/smtpwiz/presets"
)

var update = flag.Bool("update", false, "write the pages on causes")

const (
	pages  = "../../docs/causes"
	remake = "run: go test ./internal/render -run TestCausePages -update"
)

// The pages on causes are made from what the diagnosis and the presets say, and
// from nothing else.
func TestCausePages(t *testing.T) {
	t.Parallel()
	want := causePages(t)
	if *update {
		writePages(t, want)
	}
	for name, text := range want {
		got, err := os.ReadFile(filepath.Join(pages, name))
		if err != nil {
			t.Errorf("%v; %s", err, remake)
		} else if string(got) != text {
			t.Errorf("%s is not what the diagnosis says; %s", name, remake)
		}
	}
	there, err := os.ReadDir(pages)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range there {
		if _, ok := want[e.Name()]; !ok {
			t.Errorf("%s is the page of no cause", e.Name())
		}
	}
}

// causePages are the texts by the files' names.
func causePages(t *testing.T) map[string]string {
	t.Helper()
	all, err := preset.New(presets.FS, "").All()
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]string{}
	var answers []*diagnose.Answer
	for _, c := range submission.Causes() {
		a := diagnose.Ask(diagnose.Question{Text: string(c)})
		var page bytes.Buffer
		if err := CausePage(&page, a, diagnose.OfProviders(c, all)); err != nil {
			t.Fatal(err)
		}
		made[string(c)+".md"] = page.String()
		answers = append(answers, a)
	}
	var index bytes.Buffer
	if err := CauseIndex(&index, answers); err != nil {
		t.Fatal(err)
	}
	made["README.md"] = index.String()
	return made
}

func writePages(t *testing.T, made map[string]string) {
	t.Helper()
	if err := os.MkdirAll(pages, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range made {
		if err := os.WriteFile(filepath.Join(pages, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCausePageHasWhatThereIs(t *testing.T) {
	t.Parallel()
	page := causePages(t)["from_mismatch.md"]
	for _, want := range []string{
		"# from_mismatch\n", "The setting to look at: `from`.", "\n1. ", "```text\n553 5.7.1 <other@example.com>",
		"### Zoho Mail (personal and free)", "Relaying disallowed as other@example.com", "<https://mail.zoho.com/", "smtpwiz explain from_mismatch",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not in\n%s", want, page)
		}
	}
}
