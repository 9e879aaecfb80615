package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/atomicfile"
	"github.com/smtpwiz/smtpwiz/internal/demo"
	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/probe"
	"github.com/smtpwiz/smtpwiz/internal/secret"
	"github.com/smtpwiz/smtpwiz/internal/submission"
	"github.com/smtpwiz/smtpwiz/internal/terminal"
	"github.com/smtpwiz/smtpwiz/presets"
)

// home is a user's empty home with the demo server's certificate authority in it.
type home struct {
	t      *testing.T
	dir    string
	env    map[string]string
	server *demo.Server
	stdin  string
	in     io.Reader // in place of stdin
	asks   bool      // In stands for a terminal
	ctx    context.Context
	out    bytes.Buffer // of the last command
	errs   bytes.Buffer
}

func newHome(t *testing.T) *home {
	t.Helper()
	server, err := demo.Start(context.Background(), demo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	dir := t.TempDir()
	h := &home{t: t, dir: dir, server: server, ctx: t.Context(), env: map[string]string{
		"HOME": dir, "XDG_CONFIG_HOME": filepath.Join(dir, "config"), "XDG_DATA_HOME": filepath.Join(dir, "data"),
	}}
	h.write("ca.pem", string(server.CAPEM()))
	return h
}

func (h *home) write(name, text string) string {
	h.t.Helper()
	path := filepath.Join(h.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
	return path
}

// config is the text of config.toml.
func (h *home) config() string {
	h.t.Helper()
	text, err := os.ReadFile(filepath.Join(h.dir, "config/smtpwiz/config.toml"))
	if err != nil {
		h.t.Fatal(err)
	}
	return string(text)
}

// records counts those of the encrypted file.
func (h *home) records() int {
	text, _ := os.ReadFile(filepath.Join(h.dir, "data/smtpwiz/secrets"))
	return strings.Count(string(text), "\nrecord ")
}

// keep puts the password of a profile into the encrypted file.
func (h *home) keep(name string) {
	h.stdin = h.password()
	h.run(0, "secret", "set", name, "--secret-store", "file", "--password-stdin")
}

// keyFile has the encrypted file open with a key file from now on.
func (h *home) keyFile() {
	h.env["SMTPWIZ_KEY_FILE"] = h.write("key", "a-key-of-some-length\n")
}

// command is one of the user's as a process of its own.
func (h *home) command(args ...string) *exec.Cmd {
	cmd := exec.Command("smtpwiz", args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "GORACE=" + os.Getenv("GORACE")}
	for name, value := range h.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

// says fails the test unless the last command said all that on either stream.
func (h *home) says(words ...string) {
	h.t.Helper()
	for _, w := range words {
		if all := h.out.String() + h.errs.String(); !strings.Contains(all, w) {
			h.t.Errorf("%q is not in:\n%s", w, all)
		}
	}
}

// profile adds one for the demo's server to the configuration.
func (h *home) profile(name, extra string) {
	h.t.Helper()
	e := h.server.Endpoints()[0]
	path := filepath.Join(h.dir, "config/smtpwiz/config.toml")
	before, err := os.ReadFile(path)
	if err != nil {
		before = []byte("version = 1\ndefault = \"" + name + "\"\n")
	}
	username, _ := h.server.Account()
	h.write("config/smtpwiz/config.toml", string(before)+fmt.Sprintf(`
[profile.%s]
username = %q
ca_file = %q
%s
[[profile.%s.endpoint]]
host = %q
port = %d
security = %q
`, name, username, filepath.Join(h.dir, "ca.pem"), extra, name, e.Host, e.Port, e.Security))
}

// run is one command of the user's; the variables of secrets are taken as Main does.
func (h *home) run(status int, args ...string) string {
	h.t.Helper()
	h.out.Reset()
	h.errs.Reset()
	getenv := func(name string) (string, bool) { v, ok := h.env[name]; return v, ok }
	if h.in == nil {
		h.in = strings.NewReader(h.stdin)
	}
	d := &deps{
		streams: &terminal.Streams{In: h.in, Out: &h.out, Err: &h.errs, InIsTerminal: h.asks, ErrIsTerminal: h.asks, Getenv: func(n string) string { return h.env[n] }},
		getenv:  getenv, known: preset.New(presets.FS, ""), prober: probe.New("test"), version: "test",
		password:   submission.NewSecret(h.env["SMTPWIZ_PASSWORD"]),
		passphrase: submission.NewSecret(h.env["SMTPWIZ_PASSPHRASE"]),
		cost:       secret.Cost{Time: 1, Memory: 64, Threads: 1},
	}
	h.in = nil
	if got := run(h.ctx, d, args); got != status {
		h.t.Fatalf("smtpwiz %s: status %d, want %d\n%s%s", strings.Join(args, " "), got, status, h.out.String(), h.errs.String())
	}
	return h.out.String()
}

func (h *home) password() string {
	_, password := h.server.Account()
	return password.Reveal()
}

func TestSavedProfileFromEachStore(t *testing.T) {
	t.Parallel()
	for store, prepare := range map[string]func(h *home){
		"file with a passphrase": func(h *home) {
			h.env["SMTPWIZ_PASSPHRASE"] = "correct horse"
			h.stdin = h.password() + "\n"
			h.run(0, "secret", "set", "work", "--secret-store", "file", "--password-stdin")
		},
		"file with a key file": func(h *home) {
			h.env["SMTPWIZ_KEY_FILE"] = h.write("key", "a-key-of-some-length\n")
			h.stdin = h.password() + "\n"
			h.run(0, "secret", "set", "work", "--secret-store", "file", "--password-stdin")
			delete(h.env, "SMTPWIZ_KEY_FILE") // the profile remembers where it is
		},
		"command": func(h *home) {
			h.run(0, "secret", "set", "work", "--secret-store", "command", "--password-command", "cat "+h.write("pw", h.password()+"\n"))
		},
		"none": func(h *home) { h.env["SMTPWIZ_PASSWORD"] = h.password() },
	} {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			h := newHome(t)
			h.profile("work", "")
			prepare(h)
			if out := h.run(0, "test", "work"); !strings.Contains(out, "Works.") {
				t.Errorf("test work:\n%s", out)
			}
			if store != "none" {
				h.run(0, "secret", "check", "work")
			}
			if out := h.run(0, "profiles"); !strings.Contains(out, "work *") || !strings.Contains(out, "(send)") {
				t.Errorf("profiles:\n%s", out)
			}
			h.run(0, "test") // the default
			if got := len(h.server.Messages()); got != 2 {
				t.Errorf("%d mails arrived", got)
			}
			h.secretRestsOnlyIn("pw")
		})
	}
}

// marker is a password of its own kind, which the demo's server refuses.
const marker = "pa55-Marker-9fQ"

// formsOf are the ways in which a password could be seen: as it is, in hex, and
// in base64 wherever in a SASL message it stands (PLAIN, LOGIN, XOAUTH2, …).
func formsOf(password string) []string {
	forms := []string{password, hex.EncodeToString([]byte(password)), base64.StdEncoding.EncodeToString([]byte(password))}
	for before := range 3 {
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x00", before) + password))
		forms = append(forms, text[4:len(text)-4]) // its ends depend on the neighbours
	}
	return forms
}

// hides fails the test if a text shows the demo's password or the marker.
func (h *home) hides(where, text string) {
	h.t.Helper()
	for _, password := range []string{h.password(), marker} {
		for _, form := range formsOf(password) {
			if strings.Contains(text, form) {
				h.t.Errorf("%s shows the password, as %q", where, form)
			}
		}
	}
}

// secretRestsOnlyIn looks into every file of the home but those of the user's
// own that have to hold it. The encrypted file is not among them.
func (h *home) secretRestsOnlyIn(allowed ...string) {
	h.t.Helper()
	err := filepath.WalkDir(h.dir, func(path string, e fs.DirEntry, err error) error {
		name, _ := filepath.Rel(h.dir, path)
		if err != nil || e.IsDir() || slices.Contains(allowed, filepath.ToSlash(name)) {
			return err
		}
		data, err := os.ReadFile(path)
		h.hides(name, string(data))
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func TestOutputsNeverShowThePassword(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.keyFile()
	wrong := h.write("wrong", marker)
	h.profile("work", fmt.Sprintf("secret = {store = \"command\", command = \"cat %s\"}", h.write("pw", h.password())))
	h.profile("bad", fmt.Sprintf("secret = {store = \"command\", command = \"cat %s\"}", wrong))
	h.profile("noisy", fmt.Sprintf("secret = {store = \"command\", command = \"PW=%s; exit 3\"}", marker))
	h.profile("filed", "")
	h.stdin = marker
	for _, c := range []struct {
		status int
		args   string
	}{
		{0, "test work -v"}, {0, "test work --json --transcript"}, {0, "test work --transcript"},
		{7, "test bad -v"}, {7, "test bad --json --transcript"}, {7, "test bad --auth LOGIN --transcript -v"},
		{2, "test noisy"}, {2, "test noisy --json"}, {2, "secret check noisy"}, {0, "profiles show noisy"}, {0, "profiles show noisy --json"},
		{7, "test --all"}, {7, "test --all --json --transcript"}, {7, "test work --password-stdin --transcript"},
		{0, "secret set filed --secret-store file --password-stdin"}, {0, "secret check filed"}, {7, "test filed --json --transcript"},
		{2, "secret set filed --password-stdin --password-file " + wrong}, {2, "test filed --password-stdin --password-file " + wrong},
		{0, "profiles"}, {0, "profiles --json"}, {0, "profiles remove filed"}, {0, "profiles remove bad"},
	} {
		h.run(c.status, strings.Fields(c.args)...)
		h.hides("smtpwiz "+c.args, h.out.String()+h.errs.String())
	}
	h.write("config/smtpwiz/config.toml", strings.ReplaceAll(h.config(), marker, "")) // it was written by hand
	h.secretRestsOnlyIn("pw", "wrong")
}

// A child gets no secret, neither as an argument nor in its environment, and
// ours stands in none of our own arguments.
func TestChildrenGetNoSecret(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/cmdline"); err != nil {
		t.Skip("this system does not show what a process was given")
	}
	h := newHome(t)
	h.write("pw", h.password())
	script := h.write("script", "cat /proc/$$/cmdline /proc/$$/environ /proc/$PPID/cmdline >>seen; echo . >>seen; cat pw\n")
	h.profile("work", fmt.Sprintf("secret = {store = \"command\", command = \"exec sh %s\"}", script))
	h.env["SMTPWIZ_PASSPHRASE"], h.env["SMTPWIZ_PROXY_PASSWORD"] = marker, marker
	for _, args := range []string{"test work", "test --all", "secret check work", "secret set work --password-command script", "test work --check connect"} {
		cmd := h.command(strings.Fields(strings.ReplaceAll(args, "script", "sh@"+script))...)
		for i, a := range cmd.Args {
			cmd.Args[i] = strings.ReplaceAll(a, "@", " ")
		}
		cmd.Dir = h.dir
		if args == "secret check work" {
			cmd.Env = append(cmd.Env, "SMTPWIZ_PASSWORD="+marker)
		}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("smtpwiz %s: %v: %s", args, err, out)
		}
		h.hides("smtpwiz "+args, string(out))
	}
	seen, err := os.ReadFile(filepath.Join(h.dir, "seen"))
	if n := bytes.Count(seen, []byte("XDG_DATA_HOME=")); err != nil || n != 4 {
		t.Errorf("%d children were seen, %v", n, err)
	}
	h.secretRestsOnlyIn("pw") // and so not in what they saw
}

func TestAllProfiles(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	pw := h.write("pw", h.password())
	wrong := h.write("wrong", "pa55-Marker-9fQ")
	h.profile("good", fmt.Sprintf("secret = {store = \"command\", command = \"cat %s\"}", pw))
	h.profile("bad", fmt.Sprintf("secret = {store = \"command\", command = \"cat %s\"}", wrong))
	h.profile("kept-nowhere", "")
	h.env["SMTPWIZ_PASSWORD"] = h.password() // must not count
	out := h.run(7, "test", "--all")
	lines := strings.Split(strings.TrimRight(out, "\n"), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "  ok   good") || !strings.HasPrefix(lines[3], "  FAIL bad") ||
		!strings.HasPrefix(lines[2], "       hint: keep it: smtpwiz secret set kept-nowhere") {
		t.Errorf("test --all:\n%s", out)
	}
	var codes []int
	dec := json.NewDecoder(strings.NewReader(h.run(7, "test", "--all", "--json")))
	for dec.More() {
		var doc struct {
			Profile  string `json:"profile"`
			ExitCode int    `json:"exit_code"`
		}
		if err := dec.Decode(&doc); err != nil {
			t.Fatal(err)
		}
		codes = append(codes, doc.ExitCode)
	}
	if fmt.Sprint(codes) != "[0 2 7]" {
		t.Errorf("statuses %v", codes)
	}
}

func TestProfileOfAPreset(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.env["SMTPWIZ_PASSWORD"] = h.password()
	h.profile("work", "preset = \"gmail\"")
	if out := h.run(0, "test", "--preset", "gmail"); !strings.Contains(out, "saved profile work") {
		t.Errorf("the only profile of a preset was not used and said:\n%s", out)
	}
	h.profile("home", "preset = \"gmail\"")
	h.run(2, "test", "--preset", "gmail")
	if got := h.errs.String(); !strings.Contains(got, "work, home") {
		t.Errorf("several profiles are not named: %s", got)
	}
}

func TestProfilesAreManaged(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.env["SMTPWIZ_PASSPHRASE"] = "correct horse"
	h.profile("work", "# a comment of mine")
	h.keep("work")
	h.run(0, "profiles", "rename", "work", "office")
	delete(h.env, "SMTPWIZ_PASSPHRASE")
	h.run(2, "secret", "check", "office") // a rename needs no passphrase, reading does
	if !strings.Contains(h.errs.String(), "hint: set SMTPWIZ_PASSPHRASE") {
		t.Errorf("no passphrase: %s", h.errs.String())
	}
	h.env["SMTPWIZ_PASSPHRASE"] = "wrong"
	h.run(2, "secret", "check", "office")
	h.env["SMTPWIZ_PASSPHRASE"] = "correct horse"
	h.run(0, "secret", "check", "office")
	h.run(0, "secret", "rekey", "--new-passphrase-file", h.write("new", "battery staple"))
	h.run(2, "secret", "check", "office")
	h.env["SMTPWIZ_PASSPHRASE"] = "battery staple"
	h.run(0, "secret", "check", "office")
	h.run(2, "profiles", "show", "ofice")
	if !strings.Contains(h.errs.String(), "office") {
		t.Errorf("no nearest name: %s", h.errs.String())
	}
	if got := strings.TrimSpace(h.run(0, "profiles", "default")); got != "office" {
		t.Errorf("default is %q", got)
	}
	h.run(0, "profiles", "remove", "office")
	if !strings.Contains(h.errs.String(), "a comment of mine") {
		t.Errorf("what goes along was not told: %s", h.errs.String())
	}
	h.run(2, "test", "office")
}

func TestConfigThatOthersMayWriteIsRefused(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.profile("work", "")
	if err := os.Chmod(filepath.Join(h.dir, "config/smtpwiz/config.toml"), 0o666); err != nil {
		t.Fatal(err)
	}
	h.run(2, "profiles")
	if !strings.Contains(h.errs.String(), "chmod") {
		t.Errorf("the mend is not told: %s", h.errs.String())
	}
}

// Without a home nothing is saved, and all that needs nothing saved works.
func TestTestNeedsNoHome(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	e := h.server.Endpoints()[0]
	username, _ := h.server.Account()
	h.env = map[string]string{"SMTPWIZ_PASSWORD": h.password()}
	h.run(0, "test", "--demo")
	h.run(0, "test", "--host", e.Host, "--port", strconv.Itoa(e.Port), "--security", string(e.Security),
		"--username", username, "--ca-file", filepath.Join(h.dir, "ca.pem"))
	h.run(2, "test", "--preset", "gmail") // no user name
	h.says("no user name")
	for _, args := range [][]string{{"test", "work"}, {"test", "--all"}, {"profiles"}} {
		h.run(2, args...)
		h.says("set HOME")
	}
}

// Several profiles of the encrypted file are opened side by side; go test -race looks on.
func TestAllFromOneFile(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.keyFile()
	for i := range 4 {
		name := fmt.Sprintf("p%d", i)
		h.profile(name, "")
		h.keep(name)
	}
	delete(h.env, "SMTPWIZ_KEY_FILE") // the profiles know it
	if out := h.run(0, "test", "--all", "--check", "login"); strings.Count(out, "  ok   p") != 4 {
		t.Errorf("test --all:\n%s", out)
	}
}

// What says how to connect holds for all; what is one account's does not.
func TestAllTakesTheRoute(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	pw := h.write("pw", h.password())
	username, _ := h.server.Account()
	e := h.server.Endpoints()[0]
	config := h.write("config/smtpwiz/config.toml", fmt.Sprintf(`[profile.work]
username = %q
endpoint = [{ host = %q, port = 46500, security = %q }]
secret = { store = "command", command = %q }
`, username, e.Host, e.Security, "cat "+pw))
	to := fmt.Sprintf("--connect-to=:46500:%s:%d", e.Host, e.Port)
	h.run(4, "test", "--all", "--ca-file", filepath.Join(h.dir, "ca.pem"))
	h.run(5, "test", "--all", to)
	h.run(0, "test", "--all", to, "--ca-file", filepath.Join(h.dir, "ca.pem"), "--helo", "desk.example")
	if text, _ := os.ReadFile(config); bytes.Contains(text, []byte("proven")) {
		t.Error("another route proves nothing of the profile")
	}
	h.env["SMTPWIZ_CA_FILE"], h.env["SMTPWIZ_USERNAME"], h.env["SMTPWIZ_HOST"] = filepath.Join(h.dir, "ca.pem"), "nobody", "nowhere.invalid"
	h.run(0, "test", "--all", to)
	for _, flag := range []string{"--username=x", "--host=x", "--from=x@x.example", "--preset=gmail", "--password-stdin", "--password-file=" + pw, "--auth=LOGIN", "--to=x@x.example"} {
		h.run(2, "test", "--all", flag)
		h.says("for one account", "leave it out")
	}
}

// --all takes and refuses the profiles that test NAME takes and refuses.
func TestAllIsLikeOne(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.profile("external", "auth = \"EXTERNAL\"")
	one := h.run(7, "test", "external")
	h.run(7, "test", "--all")
	if !strings.Contains(one, "EXTERNAL") {
		t.Errorf("test external:\n%s", one)
	}
	h.profile("asked", "")
	h.run(7, "test", "--all", "--json")
	h.says("not kept", "smtpwiz secret set asked")
	if strings.Contains(h.out.String(), "SMTPWIZ_") {
		t.Errorf("--all takes no variable for a password:\n%s", h.out.String())
	}
}

func TestUnknownKeysAreTold(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.profile("work", "usernme = \"x\"")
	for _, args := range [][]string{{"profiles"}, {"test", "work", "--check", "connect"}, {"profiles", "default", "work"}} {
		h.run(0, args...)
		if got := h.errs.String(); strings.Count(got, "profile.work.usernme is unknown and has no effect; did you mean username?") != 1 || !strings.Contains(got, "config.toml:7:1") {
			t.Errorf("%v: %s", args, got)
		}
	}
	h.run(0, "test", "work", "--check", "connect", "-q")
	if h.errs.Len() > 0 {
		t.Errorf("not quiet: %s", h.errs.String())
	}
}

// What is noted as proven has been shown of the profile as it is saved.
func TestProofIsTrue(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	pw := h.write("pw", "pa55-Marker-9fQ")
	h.profile("work", fmt.Sprintf("secret = {store = \"command\", command = \"cat %s\"}", pw))
	wantProof := func(when, want string) {
		t.Helper()
		if _, proof, _ := strings.Cut(h.run(0, "profiles", "show", "work"), "last passed"); !strings.Contains(proof, want) {
			t.Errorf("%s: %s, want %s", when, proof, want)
		}
	}
	h.env["SMTPWIZ_PASSWORD"] = h.password() // the stored one is wrong
	h.run(0, "test", "work")
	wantProof("a password from elsewhere", "never")
	h.write("pw", h.password())
	delete(h.env, "SMTPWIZ_PASSWORD")
	h.run(0, "test", "work", "--helo", "other.example")
	wantProof("another greeting", "never")
	h.run(0, "test", "work", "--check", "connect")
	wantProof("check connect", "(connect)")
	h.run(0, "test", "work")
	wantProof("check send", "(send)")
	h.run(0, "test", "work", "--check", "connect")
	h.run(0, "test", "--all", "--check", "login")
	wantProof("a weaker check", "(send)")
	wantProof("a weaker check", "PLAIN")
	other := h.server.Endpoints()[1]
	text := h.config()
	at := strings.Index(text, "[[profile.work.endpoint]]")
	h.write("config/smtpwiz/config.toml", text[:at]+fmt.Sprintf("[[profile.work.endpoint]]\nhost = %q\nport = %d\nsecurity = %q\n", other.Host, other.Port, other.Security)+text[strings.Index(text, "\n[profile.work.proven]"):])
	h.run(0, "test", "work", "--check", "login")
	wantProof("another endpoint", "(login)")
}

// Ctrl-C ends what waits for a person or for another program.
func TestInterruptedWaits(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.profile("work", "")
	ctx, cancel := context.WithCancel(t.Context())
	in, hold := io.Pipe()
	defer hold.Close()
	h.ctx, h.asks = ctx, true
	h.in = io.MultiReader(readerFunc(func() (string, error) { cancel(); return "", io.EOF }), in)
	h.run(130, "profiles", "remove", "work")

	unlock, err := atomicfile.Lock(t.Context(), filepath.Join(h.dir, "config/smtpwiz/config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	h.ctx, h.asks = ctx, false
	h.run(130, "profiles", "default", "work")
	h.ctx = t.Context()
	h.run(0, "profiles", "show", "work")
}

// A path with a slip in it is no empty configuration.
func TestConfigThatIsNotThere(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	none := filepath.Join(h.dir, "none", "config.toml")
	for _, args := range [][]string{
		{"profiles"}, {"profiles", "--json"}, {"profiles", "show", "work"}, {"profiles", "default"}, {"profiles", "default", "work"},
		{"profiles", "rename", "a", "b"}, {"profiles", "remove", "work"}, {"secret", "set", "work"}, {"test", "work"}, {"test", "--all"}, {"test"},
	} {
		h.run(2, append(args, "--config", none)...)
		h.says("--config: there is no file " + none)
	}
	h.env["SMTPWIZ_CONFIG"] = none
	h.run(2, "profiles")
	h.says("SMTPWIZ_CONFIG: there is no file")
	if _, err := os.Stat(filepath.Dir(none)); err == nil {
		t.Error("a folder was made for nothing")
	}
	delete(h.env, "SMTPWIZ_CONFIG")
	h.run(0, "profiles") // the usual one may be missing
}

// Postmark and others use a key as user name and password in one.
func TestAKeyThatIsTheUserNameTooIsHidden(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.env["SMTPWIZ_PASSWORD"] = "pa55-Marker-9fQ"
	e := h.server.Endpoints()[0]
	for _, extra := range [][]string{{"-v"}, {"--json", "--transcript"}} {
		args := append([]string{"test", "--host", e.Host, "--port", fmt.Sprint(e.Port), "--security", "ssl", "--ca-file", filepath.Join(h.dir, "ca.pem"),
			"--username", "pa55-Marker-9fQ", "--from", "you@demo.test"}, extra...)
		if out := h.run(7, args...) + h.errs.String(); strings.Contains(out, "pa55-Marker-9fQ") {
			t.Errorf("%v shows the key:\n%s", extra, out)
		}
	}
}

func TestSpacesOfAnAppPasswordAreNoted(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.env["SMTPWIZ_PASSWORD"] = "abcd efgh ijkl mnop"
	e := h.server.Endpoints()[0]
	out := h.run(7, "test", "--preset", "gmail", "--username", "you@gmail.com", "--ca-file", filepath.Join(h.dir, "ca.pem"),
		"--port", "465", "--connect-to", fmt.Sprintf("smtp.gmail.com:465:127.0.0.1:%d", e.Port), "--tls-fingerprint", h.fingerprint())
	if !strings.Contains(out, "spaces between its groups") {
		t.Errorf("no note:\n%s", out)
	}
}

// fingerprint is that of the demo server's certificate, for names that it does not hold.
func (h *home) fingerprint() string {
	h.t.Helper()
	conn, err := tls.Dial("tcp", h.server.Endpoints()[0].Address(), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		h.t.Fatal(err)
	}
	defer conn.Close()
	return fmt.Sprintf("sha256:%x", sha256.Sum256(conn.ConnectionState().PeerCertificates[0].Raw))
}

// A pipe that nobody writes to must not keep Ctrl-C from ending the program.
func TestInterruptedWhileThePasswordIsRead(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	silent, writer := io.Pipe()
	defer writer.Close()
	ctx, cancel := context.WithCancel(context.Background())
	d := &deps{
		streams: &terminal.Streams{In: silent, Out: &h.out, Err: &h.errs, Getenv: func(string) string { return "" }},
		getenv:  func(string) (string, bool) { return "", false },
		known:   preset.New(presets.FS, ""), prober: probe.New("test"), version: "test",
	}
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, d, []string{"test", "--host", "smtp.example.test", "--username", "you@example.test", "--password-stdin", "--json"})
	}()
	cancel()
	if status := <-ended; status != 130 {
		t.Errorf("status %d", status)
	}
	if !strings.Contains(h.out.String(), `"exit_code": 130`) {
		t.Errorf("no whole object: %s", h.out.String())
	}
}
