//go:build interop && linux

package secret

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// These tests run the real gnome-keyring in a D-Bus session of their own:
//
//	sudo apt-get install dbus gnome-keyring libsecret-tools
//	go test -tags interop ./internal/secret

// mustHave fails, rather than skips, without a program.
func mustHave(t *testing.T, install string, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%v; to have it: sudo apt-get install %s", err, install)
		}
	}
}

// desktop is a D-Bus session with a home of its own.
type desktop struct {
	dir string
	env []string
	bus *exec.Cmd
}

func newDesktop(t *testing.T) *desktop {
	t.Helper()
	mustHave(t, "dbus gnome-keyring libsecret-tools", "dbus-daemon", "gnome-keyring-daemon", "secret-tool")
	dir := shortDir(t)
	d := &desktop{dir: dir}
	for _, entry := range WithoutSecrets(os.Environ()) {
		if !strings.HasPrefix(entry, "DBUS_") && !strings.HasPrefix(entry, "XDG_") && !strings.HasPrefix(entry, "HOME=") && !strings.HasPrefix(entry, "DISPLAY=") {
			d.env = append(d.env, entry)
		}
	}
	t.Cleanup(func() { d.checkGone(t) }) // after all that is started from here on
	d.env = append(d.env, "HOME="+dir, "XDG_RUNTIME_DIR="+dir, "XDG_DATA_HOME="+dir+"/data", "DBUS_SESSION_BUS_ADDRESS=unix:path="+dir+"/bus")
	d.bus = exec.Command("dbus-daemon", "--session", "--nofork", "--print-address", "--address=unix:path="+dir+"/bus")
	d.bus.Env = d.env
	printed, err := d.bus.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	start(t, d.bus)
	if _, err := bufio.NewReader(printed).ReadString('\n'); err != nil { // it listens now
		t.Fatal(err)
	}
	return d
}

// start runs cmd until the test ends, if not stopped before.
func start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(cmd) })
}

func stop(cmd *exec.Cmd) {
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// connect gives the test a connection of its own, apart from what it tests.
func (d *desktop) connect(t *testing.T) *dbus.Conn {
	t.Helper()
	conn, err := dbus.Connect("unix:path=" + d.dir + "/bus")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// startKeyring waits until the keyring is on the bus. With a password it has a
// login collection, unlocked.
func (d *desktop) startKeyring(t *testing.T, password string) *exec.Cmd {
	t.Helper()
	conn := d.connect(t)
	owners := make(chan *dbus.Signal, 10)
	conn.Signal(owners)
	if err := conn.AddMatchSignal(dbus.WithMatchInterface(busName), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, secretsName)); err != nil {
		t.Fatal(err)
	}
	args := []string{"--foreground", "--components=secrets", "--control-directory=" + d.dir}
	if password != "" {
		args = append(args, "--unlock")
	}
	cmd := exec.Command("gnome-keyring-daemon", args...)
	cmd.Env, cmd.Stdin = d.env, strings.NewReader(password)
	start(t, cmd)
	for signal := range owners {
		if len(signal.Body) == 3 && signal.Body[2] != "" {
			return cmd
		}
	}
	t.Fatal("the bus went away")
	return nil
}

func (d *desktop) keyring() Keyring {
	return Keyring{Timeout: time.Minute, Getenv: func(name string) string {
		if name == "XDG_RUNTIME_DIR" {
			return d.dir
		}
		return ""
	}}
}

func (d *desktop) secretTool(t *testing.T, input string, args ...string) string {
	t.Helper()
	cmd := exec.Command("secret-tool", args...)
	cmd.Env, cmd.Stdin = d.env, strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("secret-tool %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// daemons lists the processes of d that a client of the keyring could have
// started.
func (d *desktop) daemons(t *testing.T) (found []int) {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		name, err := os.ReadFile(dir + "/comm")
		if err != nil || !strings.HasPrefix(string(name), "gnome-keyring") && !strings.HasPrefix(string(name), "dbus-") && !strings.HasPrefix(string(name), "gcr-prompter") {
			continue
		}
		environ, err := os.ReadFile(dir + "/environ")
		if err == nil && bytes.Contains(environ, []byte("XDG_RUNTIME_DIR="+d.dir+"\x00")) {
			pid, err := strconv.Atoi(filepath.Base(dir))
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, pid)
		}
	}
	return found
}

func (d *desktop) checkDaemons(t *testing.T, when string, want ...*exec.Cmd) {
	t.Helper()
	if got := d.daemons(t); len(got) != len(want) {
		t.Errorf("%s: processes %v, want %d", when, got, len(want))
	}
}

// checkGone waits for what was killed to be gone, and ends what was not.
func (d *desktop) checkGone(t *testing.T) {
	t.Helper()
	for range 5000 {
		if len(d.daemons(t)) == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
	for _, pid := range d.daemons(t) {
		t.Errorf("process %d was left behind", pid)
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

func TestRealKeyring(t *testing.T) {
	t.Parallel()
	d := newDesktop(t)
	daemon := d.startKeyring(t, "login password")
	k := d.keyring()
	ref, other := Ref{ID: "ID1", Label: "work"}, Ref{ID: "ID2", Label: "home"}
	if err := k.Available(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Get(t.Context(), ref); !errors.Is(err, ErrNotFound) {
		t.Errorf("before it is set: %v", err)
	}
	for _, password := range []string{"first", marker, "\x00\xff\r\n", strings.Repeat("x", MaxSize)} {
		if err := k.Set(t.Context(), ref, submission.NewSecret(password)); err != nil {
			t.Fatal(err)
		}
		if got, err := k.Get(t.Context(), ref); got.Reveal() != password || err != nil {
			t.Errorf("%.20q, want %.20q (%v)", got.Reveal(), password, err)
		}
	}
	if err := k.Set(t.Context(), ref, submission.NewSecret(marker)); err != nil {
		t.Fatal(err)
	}
	if got := d.secretTool(t, "", "lookup", "service", "smtpwiz", "username", ref.ID); got != marker {
		t.Errorf("secret-tool finds %q", got)
	}
	listed := d.secretTool(t, "", "search", "--all", "service", "smtpwiz")
	if strings.Count(listed, "label = smtpwiz: work") != 1 {
		t.Errorf("entries are not replaced, or have another label:\n%s", listed)
	}
	if err := k.Relabel(t.Context(), Ref{ID: ref.ID, Label: "office"}); err != nil {
		t.Error(err)
	}
	listed = d.secretTool(t, "", "search", "--all", "service", "smtpwiz")
	if strings.Count(listed, "label = smtpwiz: office") != 1 || strings.Contains(listed, "smtpwiz: work") {
		t.Errorf("the entry has its old label still:\n%s", listed)
	}
	if got, err := k.Get(t.Context(), ref); got.Reveal() != marker || err != nil {
		t.Errorf("under its new label: %q, %v", got.Reveal(), err)
	}
	if err := k.Relabel(t.Context(), other); !errors.Is(err, ErrNotFound) {
		t.Errorf("an entry that is not there: %v", err)
	}
	d.secretTool(t, "from secret-tool", "store", "--label=x", "service", "smtpwiz", "username", other.ID)
	if got, err := k.Get(t.Context(), other); got.Reveal() != "from secret-tool" || err != nil {
		t.Errorf("what secret-tool keeps: %q, %v", got.Reveal(), err)
	}
	if err := k.Remove(t.Context(), ref); err != nil {
		t.Error(err)
	}
	if err := k.Remove(t.Context(), ref); !errors.Is(err, ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
	if _, err := k.Get(t.Context(), other); err != nil {
		t.Errorf("another entry: %v", err)
	}
	d.checkDaemons(t, "after all", d.bus, daemon)
}

func TestLockedKeyring(t *testing.T) {
	t.Parallel()
	d := newDesktop(t)
	daemon := d.startKeyring(t, "login password")
	k := d.keyring()
	ref := Ref{ID: "a", Label: "work"}
	if err := k.Set(t.Context(), ref, submission.NewSecret(marker)); err != nil {
		t.Fatal(err)
	}
	var locked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	collection := []dbus.ObjectPath{"/org/freedesktop/secrets/collection/login"}
	if err := d.connect(t).Object(secretsName, secretsPath).Call(serviceFace+".Lock", 0, collection).Store(&locked, &prompt); err != nil || len(locked) != 1 {
		t.Fatalf("locked %v, %v", locked, err)
	}
	checkAll(t, k, ErrLocked)
	if _, err := k.Get(t.Context(), Ref{ID: "unknown"}); !errors.Is(err, ErrLocked) {
		t.Errorf("unknown record: %v", err)
	}
	d.checkDaemons(t, "no prompt was opened", d.bus, daemon)
}

func TestKeyringWithoutCollection(t *testing.T) {
	t.Parallel()
	d := newDesktop(t)
	daemon := d.startKeyring(t, "")
	checkAll(t, d.keyring(), ErrLocked)
	d.checkDaemons(t, "no prompt was opened", d.bus, daemon)
}

// TestKeyringIsNotStarted: the bus would start one for the asking.
func TestKeyringIsNotStarted(t *testing.T) {
	t.Parallel()
	d := newDesktop(t)
	k := d.keyring()
	checkAll(t, k, ErrNoKeyring)
	if err := k.Available(t.Context()); !strings.Contains(err.Error(), "installed but does not run") {
		t.Errorf("error %v", err)
	}
	d.checkDaemons(t, "after asking", d.bus)

	// The proof that it would have shown: somebody else has it started.
	var result uint32
	if err := d.connect(t).BusObject().Call(busName+".StartServiceByName", 0, secretsName, uint32(0)).Store(&result); err != nil {
		t.Fatal(err)
	}
	started := d.daemons(t) // with a helper of the bus's
	if len(started) < 2 {
		t.Errorf("processes %v after the keyring was started", started)
	}
	for _, pid := range started {
		if pid != d.bus.Process.Pid {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

func TestKeyringDies(t *testing.T) {
	t.Parallel()
	d := newDesktop(t)
	daemon := d.startKeyring(t, "login password")
	k := d.keyring()
	ref := Ref{ID: "a"}
	if err := k.Set(t.Context(), ref, submission.NewSecret(marker)); err != nil {
		t.Fatal(err)
	}
	if err := daemon.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	hanging := k
	hanging.Timeout = 100 * time.Millisecond
	checkAll(t, hanging, ErrTimeout)
	stop(daemon)
	for { // until the bus has noticed
		if _, err := hanging.Get(t.Context(), ref); !errors.Is(err, ErrTimeout) {
			break
		}
	}
	checkAll(t, k, ErrNoKeyring)
	d.checkDaemons(t, "after the keyring died", d.bus)
	stop(d.bus)
	checkAll(t, k, ErrNoKeyring)
	d.checkDaemons(t, "after the bus died")
}

// asking is a Secret Service that wants to ask the user before every change, as
// KeePassXC may: it answers with a prompt instead of doing it.
type asking struct{ dismissed chan struct{} }

const (
	askingItem   = dbus.ObjectPath("/org/freedesktop/secrets/collection/c/1")
	askingPrompt = dbus.ObjectPath("/org/freedesktop/secrets/prompt/1")
)

func (asking) ReadAlias(string) (dbus.ObjectPath, *dbus.Error) { return askingItem, nil }

func (asking) SearchItems(map[string]string) (unlocked, locked []dbus.ObjectPath, _ *dbus.Error) {
	return []dbus.ObjectPath{askingItem}, nil, nil
}

func (asking) OpenSession(string, dbus.Variant) (dbus.Variant, dbus.ObjectPath, *dbus.Error) {
	return dbus.MakeVariant(""), "/session", nil
}

func (asking) CreateItem(map[string]dbus.Variant, dbusSecret, bool) (item, prompt dbus.ObjectPath, _ *dbus.Error) {
	return noObject, askingPrompt, nil
}

func (asking) Delete() (dbus.ObjectPath, *dbus.Error) { return askingPrompt, nil }

func (asking) GetSecret(dbus.ObjectPath) (dbusSecret, *dbus.Error) {
	return dbusSecret{}, &dbus.Error{Name: "org.freedesktop.Secret.Error.IsLocked"}
}

func (asking) Get(string, string) (dbus.Variant, *dbus.Error) { return dbus.MakeVariant(false), nil }

func (a asking) Dismiss() *dbus.Error {
	a.dismissed <- struct{}{}
	return nil
}

func TestKeyringThatAsks(t *testing.T) {
	t.Parallel()
	d := newDesktop(t)
	service := asking{make(chan struct{}, 10)}
	conn := d.connect(t)
	for path, faces := range map[dbus.ObjectPath][]string{
		secretsPath: {serviceFace}, askingItem: {collectionFace, itemFace, propertiesFace}, askingPrompt: {promptFace},
	} {
		for _, face := range faces {
			if err := conn.Export(service, path, face); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := conn.RequestName(secretsName, 0); err != nil {
		t.Fatal(err)
	}
	k, ref := d.keyring(), Ref{ID: "a"}
	if err := k.Available(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := k.Get(t.Context(), ref); !errors.Is(err, ErrLocked) {
		t.Errorf("get: %v", err)
	}
	if err := k.Set(t.Context(), ref, submission.NewSecret(marker)); !errors.Is(err, ErrLocked) {
		t.Errorf("set: %v", err)
	}
	if err := k.Remove(t.Context(), ref); !errors.Is(err, ErrLocked) {
		t.Errorf("remove: %v", err)
	}
	if len(service.dismissed) != 2 {
		t.Errorf("%d prompts were sent away, want 2", len(service.dismissed))
	}
}
