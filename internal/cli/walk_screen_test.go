//go:build linux

package cli

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/ptytest"
)

var update = flag.Bool("update", false, "write the screens of the walks anew")

// emptyHome is where a program lives: a folder with nothing in it, whose path has
// always the same length, so that lines break alike.
func emptyHome(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "walk-")
	if err != nil {
		t.Fatal(err)
	}
	fixed := fmt.Sprintf("/tmp/walk-%012s", strings.TrimPrefix(dir, "/tmp/walk-"))
	if err := os.Rename(dir, fixed); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(fixed) })
	return fixed
}

// program is smtpwiz with its arguments, in a home and a world of its own.
func program(t *testing.T, home string, w world, env []string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Args[0] = "smtpwiz-walk" // what TestMain looks at
	cmd.Dir = home
	cmd.Env = append([]string{
		worldVariable + "=" + string(text), "HOME=" + home, "XDG_CONFIG_HOME=" + home + "/config", "XDG_DATA_HOME=" + home + "/data",
		"TERM=xterm-256color", "LANG=C.UTF-8", "PATH=" + os.Getenv("PATH"), "GORACE=" + os.Getenv("GORACE"),
	}, env...)
	return cmd
}

// sit starts the program in a terminal.
func sit(t *testing.T, s ptytest.Size, cmd *exec.Cmd) *ptytest.Terminal {
	t.Helper()
	return ptytest.Start(t, cmd, s, secretForms()...)
}

var (
	oneKey = regexp.MustCompile(`<paste>.*?</paste>|<[a-z+0-9]+>|.`)
	pasted = regexp.MustCompile(`<paste>.*?</paste>`)
	answer = regexp.MustCompile(`<enter>|^[a-z]$`)
)

// strokes counts keystrokes, a paste as one, and answers: each Enter, and each
// letter that stands for a choice.
func strokes(keys string) (pressed, answers int) {
	return len(oneKey.FindAllString(keys, -1)), len(answer.FindAllString(keys, -1))
}

// changing are the parts of a screen that differ from run to run.
var changing = []struct {
	found *regexp.Regexp
	with  string
}{
	{regexp.MustCompile(`self-test [0-9A-Z]{6}\b`), "self-test ######"},
	{regexp.MustCompile(`under 1 ms|\b\d+ ms|\b\d+\.\d s\b`), "# ms"},
	{regexp.MustCompile(`\b[3-6]\d{4}\b`), "#####"}, // a port of the system's choice
	{regexp.MustCompile(`itself in (\d+ min )?\d+ s`), "itself in # s"},
	{regexp.MustCompile(`It was\s+set on \d+ \w+ \d+`), "It was set on # # #"},
}

var (
	hexadecimal = regexp.MustCompile(`\b[0-9a-f]{12,}\b`)
	lineEnds    = regexp.MustCompile(`(?m) +$`)
)

func settled(screen string) string {
	for _, c := range changing {
		screen = c.found.ReplaceAllString(screen, c.with)
	}
	screen = lineEnds.ReplaceAllString(screen, "")
	return hexadecimal.ReplaceAllStringFunc(screen, func(s string) string { return strings.Repeat("#", len(s)) })
}

// golden are the screens of one walk, kept in a file.
type golden struct {
	t    *testing.T
	path string
	old  []string // that are kept
	new  []string // of this run
}

const cut = "=== "

func openGolden(t *testing.T, name string) *golden {
	t.Helper()
	g := &golden{t: t, path: filepath.Join("testdata", name+".txt")}
	if *update {
		return g
	}
	text, err := os.ReadFile(g.path)
	if err != nil {
		t.Fatalf("%v: go test -run %s -update writes it", err, t.Name())
	}
	for _, part := range strings.Split("\n"+string(text), "\n"+cut)[1:] {
		g.old = append(g.old, strings.TrimRight(part, "\n"))
	}
	return g
}

// next compares the next screen, which may still be on its way.
func (g *golden) next(title string, person *ptytest.Terminal) {
	g.t.Helper()
	part := func(screen string) string { return strings.TrimRight(title+"\n"+settled(screen), "\n") }
	if *update {
		time.Sleep(150 * time.Millisecond) // the whole screen has come by then
		g.new = append(g.new, part(person.Shown()))
		return
	}
	want := g.want()
	if !person.Until(func(screen string) bool { return part(screen) == want }) {
		g.t.Errorf("the screen is\n%s\nand was\n%s", part(person.Shown()), want)
	}
}

// text compares what does not change any more.
func (g *golden) text(title, text string) {
	g.t.Helper()
	got := strings.TrimRight(title+"\n"+settled(text), "\n")
	if *update {
		g.new = append(g.new, got)
	} else if want := g.want(); got != want {
		g.t.Errorf("there is\n%s\nand was\n%s", got, want)
	}
}

func (g *golden) want() string {
	g.new = append(g.new, "")
	if len(g.new) > len(g.old) {
		return "(no such screen)"
	}
	return g.old[len(g.new)-1]
}

func (g *golden) close() {
	g.t.Helper()
	if !*update {
		if len(g.new) < len(g.old) {
			g.t.Errorf("%s has %d screens more", g.path, len(g.old)-len(g.new))
		}
		return
	}
	if err := os.MkdirAll(filepath.Dir(g.path), 0o755); err != nil {
		g.t.Fatal(err)
	}
	text := cut + strings.Join(g.new, "\n\n"+cut) + "\n"
	if err := os.WriteFile(g.path, []byte(text), 0o644); err != nil {
		g.t.Fatal(err)
	}
}
