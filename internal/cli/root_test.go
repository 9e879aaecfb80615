package cli

import (
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/terminal"
	"github.com/smtpwiz/smtpwiz/presets"
)

// quietDeps are enough to build the commands with, not to run them.
func quietDeps() *deps {
	return &deps{
		streams: &terminal.Streams{Getenv: func(string) string { return "" }},
		getenv:  func(string) (string, bool) { return "", false },
		known:   preset.New(presets.FS, ""), version: "test",
	}
}

// A command line that begins with a command gets that one alone, by each of its
// names, so that no other is built for nothing.
func TestOnlyTheCommandIsBuilt(t *testing.T) {
	t.Parallel()
	d := quietDeps()
	all := newRootCmd(d, nil).Commands()
	if len(all) < 12 {
		t.Fatalf("%d commands without arguments, want all", len(all))
	}
	for _, cmd := range all {
		for _, name := range append(cmd.Aliases, cmd.Name()) {
			built := newRootCmd(d, []string{name, "x"}).Commands()
			if len(built) != 1 || built[0].Name() != cmd.Name() {
				t.Errorf("%s builds %d commands, want %s alone", name, len(built), cmd.Name())
			}
		}
	}
	for _, first := range []string{"--help", "help", "tset", "__complete"} {
		if built := newRootCmd(d, []string{first}).Commands(); len(built) != len(all) {
			t.Errorf("%s builds %d commands, want all %d", first, len(built), len(all))
		}
	}
}
