//go:build unix

package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/demo"
)

// These tests run the program as a process of its own where the system gives
// it less than it asks for.

// ended is how a child ended.
type ended struct {
	status int // -1 where a signal ended it
	signal syscall.Signal
	text   string
}

func end(t *testing.T, cmd *exec.Cmd) ended {
	t.Helper()
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if bytes.Contains(out, []byte("goroutine ")) {
		t.Errorf("%q panics: %s", cmd.Args, out)
	}
	return ended{cmd.ProcessState.ExitCode(), cmd.ProcessState.Sys().(syscall.WaitStatus).Signal(), string(out)}
}

// within is a command of the user's, after what the shell is told beforehand.
func (h *home) within(before string, args ...string) *exec.Cmd {
	cmd := h.command(args...)
	cmd.Args = append([]string{"sh", "-c", before + `; exec "$0" "$@"`}, cmd.Args...)
	cmd.Path = "/bin/sh"
	cmd.Dir = h.dir
	return cmd
}

// files are those of the home with their texts, without the locks, which are
// empty and stay.
func (h *home) files() map[string]string {
	h.t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(h.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasSuffix(path, ".lock") {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}

// login are the flags of the demo's account.
func (h *home) login() []string {
	e := h.server.Endpoints()[0]
	username, _ := h.server.Account()
	return []string{"--host", e.Host, "--port", strconv.Itoa(e.Port), "--security", string(e.Security), "--username", username, "--ca-file", filepath.Join(h.dir, "ca.pem")}
}

func (h *home) unchanged(before map[string]string) {
	h.t.Helper()
	now := h.files()
	for path, text := range now {
		if old, ok := before[path]; !ok || old != text {
			h.t.Errorf("%s was left as %q, it was %q", path, text, old)
		}
	}
	if len(now) < len(before) {
		h.t.Errorf("of %d files %d are left", len(before), len(now))
	}
}

// On a full disk each command that writes says so with status 1, and leaves the
// files as they were.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.keyFile()
	h.env["SMTPWIZ_PASSWORD"] = h.password()
	h.profile("work", "")
	h.write("old", "an older text")
	before := h.files()
	for _, args := range []string{
		"setup you@demo.test LOGIN --yes --name other --secret-store file",
		"setup you@demo.test LOGIN --yes --name other --secret-store none",
		"secret set work --secret-store file --password-stdin",
		"profiles rename work office",
		"profiles remove work",
		"export work --for msmtp -o new",
		"export work --for msmtp -o old --force",
		"report work --no-route -o new",
		"report work --no-route -o old --force",
		"demo --ca-out new",
		"demo --ca-out old",
	} {
		command := strings.Fields(strings.ReplaceAll(args, "LOGIN", strings.Join(h.login(), " ")))
		cmd := h.within("ulimit -f 0", command...)
		cmd.Stdin = strings.NewReader(h.password())
		got := end(t, cmd)
		if got.status != 1 || !strings.Contains(got.text, ": file too large\nhint: raise the limit") || strings.Contains(got.text, ".tmp") {
			t.Errorf("%s: status %d: %s", args, got.status, got.text)
		}
		h.unchanged(before)
	}
}

// results are commands that put something on standard output, and how they end.
func (h *home) results() map[string]int {
	h.keyFile()
	h.env["SMTPWIZ_PASSWORD"] = h.password()
	h.profile("work", "")
	end(h.t, h.command("test", "work")) // without which it is no model for a preset
	h.write("env", "SMTP_HOST=smtp.gmail.com\nSMTP_PORT=465\n")
	h.write("loud", "EMAIL_HOST=smtp.gmail.com\nEMAIL_PORT=465\nEMAIL_USE_TLS=True\n")
	h.write("wrong.toml", "schema = 0\n")
	return map[string]int{
		"setup you@demo.test LOGIN --yes --name other --secret-store none": 0,
		"setup --demo=bad_credentials --yes":                               7,
		"test --demo":                                                      0,
		"test --demo --json":                                               0,
		"test --demo=bad_credentials":                                      7,
		"test --demo=bad_credentials --json":                               7,
		"test work":                                                        0,
		"report --demo --no-route":                                         0,
		"report --demo=bad_credentials --no-route --json":                  7,
		"presets":                         0,
		"presets --json":                  0,
		"presets show gmail":              0,
		"presets check wrong.toml":        2,
		"presets check wrong.toml --json": 2,
		"presets new --from work":         0,
		"explain 535":                     0,
		"explain 535 --json":              0,
		"profiles":                        0,
		"profiles show work":              0,
		"profiles default":                0,
		"profiles rename work office":     0,
		"profiles remove work":            0,
		"secret set work --secret-store file --password-stdin": 0,
		"card work":               0,
		"export work --for msmtp": 0,
		"export --list":           0,
		"lint env":                0,
		"lint loud":               1,
		"version":                 0,
		"":                        0,
		"--help":                  0,
		"help test":               0,
		"card --help":             0,
		"--version":               0,
		"completion bash":         0,
	}
}

// shell is a command of results after what the shell is told beforehand, with
// the home as it was.
func (h *home) shell(before, args string, kept map[string]string) *exec.Cmd {
	h.t.Helper()
	for path, text := range kept {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			h.t.Fatal(err)
		}
	}
	cmd := h.within(before, strings.Fields(strings.ReplaceAll(args, "LOGIN", strings.Join(h.login(), " ")))...)
	cmd.Stdin = strings.NewReader(h.password())
	return cmd
}

// A result that nobody gets is a failure of ours, whatever came out.
func TestOutputThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full")
	}
	h := newHome(t)
	all := h.results()
	all["demo"] = 0
	kept := h.files()
	for args := range all {
		got := end(t, h.shell("exec >/dev/full", args, kept))
		if got.status != 1 || !strings.Contains(got.text, "smtpwiz: writing the result: ") || !strings.Contains(got.text, "no space left on device") || !strings.Contains(got.text, "hint: make room") {
			t.Errorf("%s: status %d: %s", args, got.status, got.text)
		}
	}
}

// Talk that nobody hears changes nothing, nor does an input that is not there. A
// standard output that was closed is no failure either: before the program
// begins Go opens /dev/null there, which nobody can tell from the one of a
// caller who wants the status alone.
func TestMissingStreams(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	all := h.results()
	kept := h.files()
	for _, before := range []string{"exec 2>/dev/full", "exec >&-", "exec <&- >&- 2>&-"} {
		for args, status := range all {
			if strings.Contains(before, "<&-") && strings.Contains(args, "stdin") {
				status = 2
			}
			if got := end(t, h.shell(before, args, kept)); got.status != status {
				t.Errorf("%s; %s: status %d, want %d: %s", before, args, got.status, status, got.text)
			}
		}
	}
}

// A reader that has ended ends the program as it does all others, by SIGPIPE and
// without a word, also where somebody had switched that off.
func TestBrokenPipe(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	all := h.results()
	kept := h.files()
	temporary := t.TempDir()
	h.env["TMPDIR"] = temporary
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	r.Close()
	for args := range all {
		cmd := h.shell("trap '' PIPE", args, kept)
		var errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = w, &errs
		_ = cmd.Run()
		if cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGPIPE || strings.Contains(errs.String(), "pipe") || strings.Contains(errs.String(), "goroutine ") {
			t.Errorf("%s: %v: %s", args, cmd.ProcessState, errs.String())
		}
	}
	if left, _ := os.ReadDir(temporary); len(left) > 0 {
		t.Errorf("it leaves %v", left)
	}
}

// A home that cannot be written: a test passes, and what would be saved is said
// to be lost, with nothing half done.
func TestReadOnlyHome(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.keyFile()
	h.env["SMTPWIZ_PASSWORD"] = h.password()
	h.profile("work", "")
	h.env["XDG_DATA_HOME"] = filepath.Join(h.dir, "data")
	before := h.files()
	lock := func(mode fs.FileMode) {
		for _, dir := range []string{"config/smtpwiz", "config", "."} {
			if err := os.Chmod(filepath.Join(h.dir, dir), mode); err != nil {
				t.Fatal(err)
			}
		}
	}
	lock(0o500)
	t.Cleanup(func() { lock(0o700) })
	run := h.command
	if os.Geteuid() == 0 {
		if _, err := os.Stat("/proc/self/fd"); err != nil {
			t.Skip("root may write everywhere, and cannot hand the program to somebody else here")
		}
		run = h.asNobody
	}
	for _, c := range []struct {
		status     int
		args, says string
	}{
		{0, "test work --check connect", "the profile could not be updated: "},
		{0, "test LOGIN --check login", "ok   auth"},
		{1, "setup you@demo.test LOGIN --yes --name other --secret-store none", "hint: nothing was saved"},
		{1, "setup you@demo.test LOGIN --yes --name other --secret-store file", "hint: nothing was saved"},
		{1, "secret set work --secret-store file --password-stdin", "hint: nothing was saved"},
		{1, "profiles default work", "hint: nothing was saved"},
		{2, "export work --for msmtp -o DIR/new", "permission denied"},
		{2, "report work --no-route --check connect -o DIR/new", "permission denied"},
	} {
		args := strings.NewReplacer("LOGIN", strings.Join(h.login(), " "), "DIR", h.dir).Replace(c.args)
		cmd := run(strings.Fields(args)...)
		cmd.Stdin = strings.NewReader(h.password())
		if got := end(t, cmd); got.status != c.status || !strings.Contains(got.text, c.says) {
			t.Errorf("%s: status %d, want %d with %q: %s", c.args, got.status, c.status, c.says, got.text)
		}
	}
	h.unchanged(before)
}

// asNobody is a command of a user who is not root: for root no mode is a limit.
// The program is handed over open, since it rests where nobody may look.
func (h *home) asNobody(args ...string) *exec.Cmd {
	h.t.Helper()
	const nobody = 65534
	cmd := h.command(args...)
	program, err := os.Open(cmd.Path)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { program.Close() })
	err = filepath.WalkDir(filepath.Dir(h.dir), func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Chown(path, nobody, nobody))
	})
	if err != nil {
		h.t.Fatal(err)
	}
	cmd.Path, cmd.ExtraFiles = "/proc/self/fd/3", []*os.File{program}
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	return cmd
}

// Nothing of the environment is needed but to save, and an unknown locale is none.
func TestBareEnvironment(t *testing.T) {
	t.Parallel()
	for name, env := range map[string][]string{
		"nothing":        nil,
		"unknown locale": {"LANG=tlh_QX.ROT13@x", "LC_ALL=no such \xff locale", "LC_CTYPE=C.KOI17", "LANGUAGE=::"},
		"odd terminal":   {"TERM=no-such-terminal", "COLUMNS=-1", "LINES=x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t)
			h.env = nil
			for _, c := range []struct {
				status     int
				args, says string
			}{
				{0, "test --demo", "Works."},
				{7, "test --demo=bad_credentials", "Cause: bad_credentials"},
				{0, "explain 535", "535"},
				{0, "presets show gmail", "smtp.gmail.com"},
				{2, "profiles", "hint: set HOME"},
				{2, "setup you@demo.test LOGIN --yes --name other --secret-store none", "hint: set HOME"},
			} {
				cmd := h.command(strings.Fields(strings.ReplaceAll(c.args, "LOGIN", strings.Join(h.login(), " ")))...)
				cmd.Env = env
				if env == nil {
					cmd.Env = []string{}
				}
				if got := end(t, cmd); got.status != c.status || !strings.Contains(got.text, c.says) {
					t.Errorf("%s: status %d, want %d with %q: %s", c.args, got.status, c.status, c.says, got.text)
				}
			}
		})
	}
}

// Few open files are enough, also for many profiles at once. Of fewer than that
// the limit is to blame, not what could not be started.
func TestFewOpenFiles(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	pw := h.write("pw", h.password())
	for i := range 12 {
		h.profile(fmt.Sprintf("p%d", i), fmt.Sprintf("secret = {store = \"command\", command = \"cat %s\"}", pw))
	}
	for args, passes := range map[string]int{"test --demo": 1, "test p3": 1, "test --all --check login": 12} {
		got := end(t, h.within("ulimit -n 32", strings.Fields(args)...))
		if got.status != 0 || strings.Count(got.text, "Works.")+strings.Count(got.text, "  ok   p") != passes {
			t.Errorf("%s: status %d: %s", args, got.status, got.text)
		}
	}
	got := end(t, h.within("ulimit -n 12", "secret", "check", "p3")) // with six Go itself does not start
	if got.status != 1 || !strings.Contains(got.text, "too many open files") || !strings.Contains(got.text, "hint: raise the limit of open files") {
		t.Errorf("the password's command: status %d: %s", got.status, got.text)
	}
}

// A process that is stopped in the middle of a run goes on where it was.
func TestStoppedAndContinued(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.env["SMTPWIZ_PASSWORD"] = h.password()
	cmd := h.command(append([]string{"test"}, h.login()...)...)
	stopped := make(chan error, 1)
	started := make(chan struct{})
	h.server.OnMessage(func(demo.Message) { // while the answer to the message is waited for
		<-started
		stopped <- stopAndContinue(cmd.Process)
	})
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	close(started)
	if err := cmd.Wait(); err != nil || !strings.Contains(out.String(), "Works.") {
		t.Errorf("%v: %s", err, out.String())
	}
	select {
	case err := <-stopped:
		if err != nil {
			t.Error(err)
		}
	default:
		t.Error("it was never stopped")
	}
}

// stopAndContinue stops a child, sees that it stands, and lets it go on.
func stopAndContinue(p *os.Process) error {
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	var seen syscall.WaitStatus
	if _, err := syscall.Wait4(p.Pid, &seen, syscall.WUNTRACED, nil); err != nil || !seen.Stopped() {
		return fmt.Errorf("it did not stop: %v (%v)", seen, err)
	}
	return p.Signal(syscall.SIGCONT)
}

// A crash writes no core file, and its traceback tells nothing of the password,
// which was used by then: the answer to the message is waited for.
func TestCrashTellsNothing(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.env["SMTPWIZ_PASSWORD"] = h.password()
	for _, sig := range []syscall.Signal{syscall.SIGABRT, syscall.SIGQUIT, syscall.SIGSEGV} {
		cmd := h.within("ulimit -c unlimited", append([]string{"test"}, h.login()...)...)
		started, over := make(chan struct{}), make(chan struct{})
		h.server.OnMessage(func(demo.Message) {
			<-started
			if err := cmd.Process.Signal(sig); err != nil {
				t.Error(err)
			}
			<-over
		})
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		close(started)
		_ = cmd.Wait()
		close(over)
		if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.CoreDump() || status.ExitStatus() == 0 {
			t.Errorf("%v: %v", sig, cmd.ProcessState)
		}
		if !strings.Contains(out.String(), "goroutine ") {
			t.Errorf("%v: no traceback was seen: %s", sig, out.String())
		}
		h.hides(sig.String(), out.String())
	}
	h.secretRestsOnlyIn()
}
