//go:build unix

package secret

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestCommandFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, line string
		want       error
		text       []string // in the error
	}{
		{"exit status", "echo 'Error: mail/zoho is not in the password store.' >&2; exit 3", ErrCommand,
			[]string{"exit status 3", "Error: mail/zoho is not in the password store."}},
		{"not installed", "no-such-program-here show", ErrCommand, []string{"no-such-program-here", "127"}},
		{"hostile text", `printf 'a\033[2Jb\n\n  \377c\342\200\256\n' >&2; false`, ErrCommand, []string{`a\x1b[2Jb; \xffc\u202e`}},
		{"long text", "head -c 1000000 /dev/zero | tr '\\0' e >&2; false", ErrCommand, []string{"eee; …"}},
		{"killed", "kill -TERM $$", ErrCommand, []string{"terminated"}},
		{"nothing", "echo 'no agent' >&2", ErrEmpty, []string{"is empty: no agent"}},
		{"endless", "yes", ErrTooBig, []string{"yes", "65536 bytes"}},
		{"no terminal", "read x < /dev/tty", ErrCommand, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := FromCommand(t.Context(), test.line, nil)
			if !got.IsZero() || !errors.Is(err, test.want) {
				t.Fatalf("%q, %v; want %v", got.Reveal(), err, test.want)
			}
			for _, text := range test.text {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%.300q has no %q", err.Error(), text)
				}
			}
			if len(err.Error()) > 2*maxComplaint {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			if test.want == ErrCommand {
				checkHint(t, err)
			}
		})
	}
}

// TestCommandLineIsNotShown: people write secrets into it.
func TestCommandLineIsNotShown(t *testing.T) {
	t.Parallel()
	_, err := FromCommand(t.Context(), "TOKEN="+marker+" false "+marker, nil)
	if err == nil || strings.Contains(err.Error(), marker) || !strings.Contains(err.Error(), "command false failed") {
		t.Errorf("error %v", err)
	}
}

func TestCommandEnvironment(t *testing.T) {
	t.Setenv("SMTPWIZ_PASSWORD", marker)
	t.Setenv("SMTPWIZ_PASSPHRASE", marker)
	t.Setenv("SMTPWIZ_PROXY_PASSWORD", marker)
	t.Setenv("SMTPWIZ_TEST_KEPT", "kept")
	for _, env := range [][]string{nil, os.Environ()} {
		got, err := FromCommand(t.Context(), "env", env)
		if err != nil || strings.Contains(got.Reveal(), marker) || !strings.Contains(got.Reveal(), "SMTPWIZ_TEST_KEPT=kept") {
			t.Errorf("the command's environment: %q, %v", got.Reveal(), err)
		}
	}
}

// TestCommandIsKilledWhole: the shell's child is ended too, although it ignores
// the hang-up.
func TestCommandIsKilledWhole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pidFile := filepath.Join(dir, "pid")
	if err := syscall.Mkfifo(pidFile, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	failed := make(chan error, 1)
	go func() {
		_, err := FromCommand(ctx, "sh -c 'trap \"\" HUP; echo $$ > "+pidFile+"; exec sleep 1000'; true", nil)
		failed <- err
	}()
	text, err := os.ReadFile(pidFile) // waits for the child
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	for range 1000 { // it is dead, but whoever adopts it has to notice
		if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) || zombie(pid) {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("process %d still runs", pid)
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

func zombie(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && strings.Contains(string(stat), ") Z ")
}

func TestCommandTimeout(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := Command{Line: "sleep 1000"}.Get(ctx, Ref{})
	if !errors.Is(err, ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	checkHint(t, err)
}

// TestCommandLeavesAgent: a password is not waited for until the agent ends
// that printed it and kept the pipe.
func TestCommandLeavesAgent(t *testing.T) {
	t.Parallel()
	got, err := FromCommand(t.Context(), "(trap '' HUP; sleep 3) & echo "+marker, nil)
	if got.Reveal() != marker || err != nil {
		t.Errorf("%q, %v", got.Reveal(), err)
	}
}

func TestProgramName(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"pass show mail/zoho":                    "pass",
		"  /usr/local/bin/pass show x":           "pass",
		"echo " + marker:                         "echo",
		"PASSWORD_STORE_DIR=/x pass show":        "pass",
		"TOKEN=" + marker + " bw get":            "bw",
		"TOKEN='" + marker + " x' bw get":        "sh",
		`TOKEN="a ` + marker + `" bw get`:        "sh",
		`TOKEN=a\ ` + marker + " bw":             "sh",
		"TOKEN=$(cat x) " + marker:               "sh",
		"(pass show x)":                          "sh",
		"echo${IFS}" + marker:                    "sh",
		"'/opt/my tool/get' x":                   "sh",
		"echo;" + marker:                         "sh",
		"<<<" + marker + " cat":                  "sh",
		"TOKEN=" + marker:                        "sh",
		"":                                       "sh",
		"gpg\x1b[2J -d x":                        `gpg\x1b[2J`,
		"rbw get zoho | head -n1":                "rbw",
		"security find-generic-password -w -s x": "security",
	} {
		if got := (Command{Line: line}).Program(); got != want {
			t.Errorf("%q is %q, want %q", line, got, want)
		}
	}
}
