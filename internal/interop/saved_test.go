//go:build interop

package interop

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/smtpwiz/smtpwiz/internal/demo"
)

// saved is a home with two saved profiles: "work" for the site, "demo" for the
// embedded server. Their passwords rest in one kind of store.
type saved struct {
	program program
	env     []string
	site    *site
	demo    *demo.Server
}

// stores are the kinds of store: what opens each, and the flags of secret set.
var stores = []struct {
	name  string
	env   func(t *testing.T) []string
	flags func(t *testing.T, password string) []string // nil: nothing is set
}{
	{"keyring", keyringSession, kept("keyring")},
	{"file with a passphrase", func(*testing.T) []string { return []string{"SMTPWIZ_PASSPHRASE=correct horse"} }, kept("file")},
	{"file with a key file", func(t *testing.T) []string {
		return []string{"SMTPWIZ_KEY_FILE=" + writeOwn(t, t.TempDir(), "key", "a-key-of-some-length\n")}
	}, kept("file")},
	{"command", func(*testing.T) []string { return nil }, func(t *testing.T, password string) []string {
		path := writeOwn(t, t.TempDir(), "pw", password+"\n") // in no home that is looked through
		return []string{"--secret-store", "command", "--password-command", "cat " + path}
	}},
	{"none", func(*testing.T) []string { return nil }, nil},
}

func kept(store string) func(*testing.T, string) []string {
	return func(*testing.T, string) []string { return []string{"--secret-store", store, "--password-stdin"} }
}

// testSavedProfiles sets the passwords of two profiles and tests both, one by
// one and side by side, from each store.
func testSavedProfiles(t *testing.T, p program, s *site) {
	for _, store := range stores {
		t.Run(store.name, func(t *testing.T) {
			t.Parallel()
			v := newSaved(t, p, s, store.env(t))
			_, secret := v.demo.Account()
			passwords := map[string]string{"work": alice.password, "demo": secret.Reveal()}
			for name, password := range passwords {
				env := []string{"SMTPWIZ_PASSWORD=" + password} // as a store that keeps nothing needs it
				if store.flags != nil {
					v.run(t, 0, password, nil, append([]string{"secret", "set", name}, store.flags(t, password)...)...)
					v.run(t, 0, password, nil, "secret", "check", name)
					env = nil
				}
				v.wantWorks(t, name, password, env)
			}
			status := 0
			if store.flags == nil {
				status = 2 // for --all no variable holds
			}
			v.run(t, status, marker, nil, "test", "--all", "--check", "login")
			for name, password := range passwords {
				wantNoFileWith(t, p.home, password)
				v.run(t, 0, password, nil, "profiles", "remove", name)
				v.run(t, 2, password, nil, "test", name)
			}
		})
	}
}

func newSaved(t *testing.T, p program, s *site, env []string) *saved {
	t.Helper()
	p.home = t.TempDir()
	server, err := demo.Start(context.Background(), demo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	username, _ := server.Account()
	e := server.Endpoints()[0]
	writeOwn(t, p.home, "config/smtpwiz/config.toml", fmt.Sprintf(`# mine
[profile.work]
username = %q
ca_file = %q
connect_to = ["%s:465:%s"]
endpoint = [{ host = %q, port = 465, security = "ssl" }]

[profile.demo]
username = %q
ca_file = %q
endpoint = [{ host = %q, port = %d, security = %q }]
`, alice.login, s.certs.ca, mailHost, loopback(s.ports["ssl"]), mailHost,
		username, writeOwn(t, t.TempDir(), "ca.pem", string(server.CAPEM())), e.Host, e.Port, e.Security))
	env = append(env, "PATH="+os.Getenv("PATH"), "HOME="+p.home, "XDG_CONFIG_HOME="+p.home+"/config", "XDG_DATA_HOME="+p.home+"/data", "CI=1")
	return &saved{p, env, s, server}
}

// run runs smtpwiz with a password on standard input, which must not come out.
func (v *saved) run(t *testing.T, status int, password string, env []string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, v.program.path, args...)
	cmd.Env = append(env, v.env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(password), &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || cmd.ProcessState.ExitCode() != status {
		t.Fatalf("smtpwiz %s: %v, want status %d\n%s%s", strings.Join(args, " "), err, status, stdout.Bytes(), stderr.Bytes())
	}
	wantNoSecret(t, stdout.String()+stderr.String(), password)
	return stdout.Bytes()
}

// wantWorks tests a profile by its name, finds its mail, and what it has proven.
func (v *saved) wantWorks(t *testing.T, name, password string, env []string) {
	t.Helper()
	out := v.run(t, 0, password, env, "test", name, "--json", "--transcript")
	r := parseResult(t, out)
	r.wantConsistent(t, 0)
	if name == "work" {
		v.site.awaitMail(t, alice.address, r.MessageID).wantSelfTest(t, r, "")
	} else if n := len(v.demo.Messages()); n != 1 {
		t.Errorf("%d mails came to the demo server", n)
	}
	var shown struct {
		Proven struct{ Check, Mechanism, TLS string }
	}
	if err := json.Unmarshal(v.run(t, 0, password, env, "profiles", "show", name, "--json"), &shown); err != nil {
		t.Fatal(err)
	}
	if p := shown.Proven; p.Check != "send" || p.Mechanism != "PLAIN" || p.TLS != "TLS 1.3" {
		t.Errorf("%s: proven is %+v", name, p)
	}
}

// writeOwn writes a file that is the user's alone, and returns its path.
func writeOwn(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// keyringSession is a D-Bus session of its own with the real gnome-keyring,
// unlocked; its answer is what leads a program there. Both end with the test.
func keyringSession(t *testing.T) []string {
	t.Helper()
	for _, program := range []string{"dbus-daemon", "gnome-keyring-daemon"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%v: apt-get install dbus gnome-keyring", err)
		}
	}
	dir := sharedDir(t) // short enough for a socket
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	address := "unix:path=" + dir + "/bus"
	env := []string{"XDG_RUNTIME_DIR=" + dir, "DBUS_SESSION_BUS_ADDRESS=" + address}
	begin := func(stdin string, program string, args ...string) *bufio.Reader {
		cmd := exec.Command(program, args...)
		cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "XDG_DATA_HOME=" + dir + "/data"}, env...)
		cmd.Stdin = strings.NewReader(stdin)
		printed, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
		return bufio.NewReader(printed)
	}
	if _, err := begin("", "dbus-daemon", "--session", "--nofork", "--print-address", "--address="+address).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	begin("login password", "gnome-keyring-daemon", "--foreground", "--components=secrets", "--control-directory="+dir, "--unlock")
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	eventually(t, "the keyring", func() bool {
		var owned bool
		err := conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, "org.freedesktop.secrets").Store(&owned)
		return err == nil && owned
	})
	t.Cleanup(func() { wantNoFileWith(t, dir, marker) })
	return env
}
