//go:build interop && linux

package secret

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// These tests let other programs read, make and interrupt the encrypted file:
//
//	sudo apt-get install python3-argon2 python3-cryptography strace

const vectorsScript = "../../scripts/secrets-vectors.py"

func script(t *testing.T, input string, args ...string) string {
	t.Helper()
	mustHave(t, "python3", "/usr/bin/python3")
	cmd := exec.Command("/usr/bin/python3", append([]string{vectorsScript}, args...)...)
	cmd.Stdin = strings.NewReader(input)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s\nto have its modules: sudo apt-get install python3-argon2 python3-cryptography", err, complaint.String())
	}
	return string(out)
}

// TestVectorsAreTheScripts: what is checked in is what the script makes.
func TestVectorsAreTheScripts(t *testing.T) {
	t.Parallel()
	script(t, "", "check", "testdata/vectors.json")
}

// TestPythonReads opens with Python what we write, at the cost that users have.
func TestPythonReads(t *testing.T) {
	t.Parallel()
	f := newFile(t, passphrase("första"))
	f.Cost = Cost{}
	want := map[string]string{"a": marker, "b-_9": "\x00ключ\r\n", NewRef("").ID: strings.Repeat("x", MaxSize)}
	for id, password := range want {
		set(t, f, id, "replaced")
		set(t, f, id, password)
	}
	if err := f.Rekey(t.Context(), passphrase("andra")); err != nil {
		t.Fatal(err)
	}
	var got map[string]string
	if err := json.Unmarshal([]byte(script(t, "andra\n", "read", f.Path)), &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Errorf("%d passwords, want %d", len(got), len(want))
	}
	for id, password := range want {
		if got[id] != hex.EncodeToString([]byte(password)) {
			t.Errorf("%s: %.40s, want %.20q", id, got[id], password)
		}
	}
}

const changeVariable = "SMTPWIZ_TEST_CHANGE"

// TestChange is the process that TestKilled kills. Its calls come from one
// thread, since strace counts them by thread.
func TestChange(t *testing.T) {
	path := os.Getenv(changeVariable)
	if path == "" {
		t.Skip("runs under TestKilled")
	}
	runtime.LockOSThread()
	f := &File{Path: path, Keys: always(passphrase("p")), Cost: cheap}
	set(t, f, "a", "new")
}

// TestKilled ends a process that sets a password at every system call which may
// change the disk.
func TestKilled(t *testing.T) {
	t.Parallel()
	mustHave(t, "strace", "strace")
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	killed := map[string]int{}
	for _, call := range []string{"mkdirat", "openat", "fchmod", "fchmodat", "flock", "write", "fsync", "renameat", "close"} {
		for _, old := range []string{"", "old"} {
			for n := 1; ; n++ {
				f := newFile(t, passphrase("p"))
				if old != "" {
					set(t, f, "a", old)
					set(t, f, "b", "other")
				}
				cmd := exec.Command("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace="+call,
					"-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", call, n), binary, "-test.run=^TestChange$")
				cmd.Env = append(WithoutSecrets(os.Environ()), changeVariable+"="+f.Path)
				out, err := cmd.CombinedOutput()
				after := reopened(f, passphrase("p"))
				got := get(t, after, "a")
				if got != old && got != "new" {
					t.Errorf("killed at %s %d: %q", call, n, got)
				}
				if old != "" && get(t, after, "b") != "other" {
					t.Errorf("killed at %s %d: another record was lost", call, n)
				}
				set(t, after, "next", "x")
				var exit *exec.ExitError
				if err == nil && got == "new" {
					break
				}
				if !errors.As(err, &exit) || exit.ExitCode() == 1 {
					t.Fatalf("%s %d: %v: %s", call, n, err, out)
				}
				killed[call+" "+got]++
			}
		}
	}
	for _, want := range []string{"mkdirat ", "flock ", "write old", "fsync old", "fsync new", "renameat old", "close new"} {
		if killed[want] == 0 {
			t.Errorf("never killed at %q; killed %v", want, killed)
		}
	}
	t.Log(killed)
}
