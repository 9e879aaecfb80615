//go:build unix

package cli_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/creack/pty"
)

// On a terminal that never answers, a program that asks it for its colours at
// start hangs for seconds, whatever the command. This is the one timed test.
func TestStartAsksTheTerminalNothing(t *testing.T) {
	t.Parallel()
	bin := filepath.Join(t.TempDir(), "smtpwiz")
	build := exec.Command("go", "build", "-o", bin, "github.com/smtpwiz/smtpwiz/cmd/smtpwiz")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for _, args := range [][]string{{"--version"}, {"version"}, {"presets"}, {"--help"}} {
		var out []byte
		var took time.Duration
		// A busy machine may be slow once; a terminal that is asked is slow each time.
		for try := 0; try == 0 || try < 3 && took > time.Second; try++ {
			out, took = runInTerminal(t, bin, args)
		}
		if took > time.Second {
			t.Errorf("%v took %v", args, took)
		}
		if args[0] != "presets" && bytes.ContainsRune(out, 0x1b) {
			t.Errorf("%v wrote an escape byte: %q", args, out)
		}
		if len(out) == 0 {
			t.Errorf("%v wrote nothing", args)
		}
	}
}

func runInTerminal(t *testing.T, bin string, args []string) ([]byte, time.Duration) {
	t.Helper()
	cmd := exec.Command(bin, args...)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor")
	began := time.Now()
	terminal, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	var out bytes.Buffer
	_, _ = out.ReadFrom(terminal) // a pty ends with EIO
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %v", args, err)
	}
	return out.Bytes(), time.Since(began)
}
