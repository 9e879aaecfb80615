//go:build linux

package cli

import (
	"html"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The pictures of the README show what the program shows now.
func TestPictures(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ picture, walk, screen string }{
		{"rescue", "gmail-app_password_required-80x24", "failed, then <enter>"},
		{"setup", "bad_credentials-80x24", "left on the screen"},
	} {
		drawn := words(svgText(t, "../../docs/pictures/"+tt.picture+".svg"))
		kept, err := os.ReadFile("testdata/rescues/" + tt.walk + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		_, screen, _ := strings.Cut(string(kept), cut+tt.screen+"\n")
		screen, _, _ = strings.Cut(screen, "\n"+cut)
		if want := words(screen); want == "" || !strings.Contains(drawn, want) {
			t.Errorf("make pictures: %s.svg shows\n%s\nand the program\n%s", tt.picture, drawn, want)
		}
	}
}

var svgWord = regexp.MustCompile(`<text[^>]*>([^<]*)</text>`)

func svgText(t *testing.T, path string) string {
	t.Helper()
	svg, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range svgWord.FindAllStringSubmatch(string(svg), -1) {
		out = append(out, html.UnescapeString(m[1]))
	}
	return strings.Join(out, " ")
}

// words is a text in one line, without what differs from run to run.
func words(text string) string { return settled(strings.Join(strings.Fields(text), " ")) }
