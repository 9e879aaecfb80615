//go:build linux

package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// alone is the program without anybody to ask.
type alone struct {
	t   *testing.T
	at  string
	p   *place
	env []string
}

func newAlone(t *testing.T, p *place) *alone {
	a := &alone{t: t, at: emptyHome(t), p: p}
	a.write("pw", spacedWord[:4]+"\n") // too short for a password of Google's, and sent all the same
	a.write("phrase", passphrase+"\n")
	return a
}

func (a *alone) write(name, text string) {
	a.t.Helper()
	if err := os.WriteFile(filepath.Join(a.at, name), []byte(text), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

// runs the program to its end, and returns what it printed.
func (a *alone) runs(status int, args ...string) (out, talk string) {
	a.t.Helper()
	cmd := program(a.t, a.at, a.p.world, append(a.env, a.p.trust(a.at)), args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	_ = cmd.Run() // its status tells
	if got := cmd.ProcessState.ExitCode(); got != status {
		a.t.Errorf("%v: status %d, want %d\n%s%s", args, got, status, &stdout, &stderr)
	}
	if strings.Contains(stdout.String()+stderr.String(), "\x1b") {
		a.t.Errorf("%v: an escape was written:\n%q%q", args, &stdout, &stderr)
	}
	noSecrets(a.t, stdout.String()+stderr.String())
	return stdout.String(), stderr.String()
}

// written are the files of the program.
func (a *alone) written() []string {
	var out []string
	for _, file := range files(a.t, a.at) {
		if strings.Count(strings.TrimPrefix(file, a.at), "/") > 1 {
			out = append(out, file)
		}
	}
	return out
}

var everything = []string{"setup", "you@gmail.com", "--yes", "--password-file", "pw", "--secret-store", "file", "--passphrase-file", "phrase", "--name", "work"}

func TestSetupAlone(t *testing.T) {
	t.Parallel()
	a := newAlone(t, atGmail(t))
	out, talk := a.runs(0, everything...)
	for _, says := range []string{"ok: auth", "Saved as “work”", "smtpwiz test work"} {
		if !strings.Contains(out, says) {
			t.Errorf("it does not say %q:\n%s", says, out)
		}
	}
	if talk != "" {
		t.Errorf("beside the result it says\n%s", talk)
	}
	out, _ = a.runs(0, "test", "work", "--passphrase-file", "phrase")
	if !strings.Contains(out, "smtp.gmail.com") {
		t.Errorf("test work says\n%s", out)
	}
	if got := a.p.passwords(); len(got) != 2 || got[0] != spacedWord[:4] || got[1] != spacedWord[:4] {
		t.Errorf("passwords %q were sent", got)
	}
}

func TestSetupAloneInJSON(t *testing.T) {
	t.Parallel()
	a := newAlone(t, atGmail(t))
	out, _ := a.runs(0, append(everything, "--json")...)
	var got struct {
		Schema   string
		OK       bool
		ExitCode int `json:"exit_code"`
		Profile  string
		Preset   string
		Account  struct{ Username string }
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	if got.Schema != "smtpwiz.result/1" || !got.OK || got.ExitCode != 0 || got.Profile != "work" || got.Preset != "gmail" || got.Account.Username != "you@gmail.com" {
		t.Errorf("%+v", got)
	}
}

// What is missing is named by its flag, before anything is dialled.
func TestSetupAloneNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args []string
		says []string
	}{
		"everything":      {nil, []string{"EMAIL or --username", "--password-file", "--secret-store"}},
		"also with --yes": {[]string{"--yes"}, []string{"EMAIL or --username", "--password-file"}},
		"password":        {[]string{"you@gmail.com", "--yes", "--secret-store", "none"}, []string{"--password-stdin, --password-file, --password-command or SMTPWIZ_PASSWORD"}},
		"provider":        {[]string{"you@example.com", "--yes", "--secret-store", "none", "--password-file", "pw"}, []string{"--preset or --host"}},
		"store":           {[]string{"you@gmail.com", "--yes", "--password-file", "pw"}, []string{"--secret-store"}},
		"passphrase":      {[]string{"you@gmail.com", "--yes", "--password-file", "pw", "--secret-store", "file"}, []string{"SMTPWIZ_PASSPHRASE"}},
		"name":            {[]string{"you@gmail.com", "--password-file", "pw", "--secret-store", "none"}, []string{"--name"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, "example.com NS ns.example.com.").serve("smtp.gmail.com:465") // nobody may come
			a := newAlone(t, p)
			_, talk := a.runs(2, append([]string{"setup"}, tt.args...)...)
			for _, says := range append(tt.says, "answers are missing", "hint: ") {
				if !strings.Contains(talk, says) {
					t.Errorf("it does not say %q:\n%s", says, talk)
				}
			}
			if got := a.written(); got != nil {
				t.Errorf("it wrote %v", got)
			}
		})
	}
}

// A script's TERM=dumb brings nobody to ask: the failure keeps its status.
func TestSetupAloneOnDumbTerminal(t *testing.T) {
	t.Parallel()
	args := []string{"setup", "you@gmail.com", "--password-file", "pw", "--secret-store", "none", "--name", "work"}
	for _, tt := range []struct {
		more, says string
		saved      bool
	}{{"--json", `"exit_code": 7`, false}, {"--save-untested", "Saved as “work”", true}} {
		a := newAlone(t, newPlace(t).serve("smtp.gmail.com:465", opening+"tls"+hello+refuses))
		a.env = []string{"TERM=dumb"}
		if out, talk := a.runs(7, append(args, tt.more)...); !strings.Contains(out+talk, tt.says) || !strings.Contains(talk, "The login was refused") {
			t.Errorf("%s: it says\n%s%s", tt.more, out, talk)
		}
		if got := a.written(); (got != nil) != tt.saved {
			t.Errorf("%s: it wrote %v", tt.more, got)
		}
	}
}

// Where there can be no configuration it ends before anything is asked or dialled,
// and says what to do.
func TestSetupAloneWithoutAPlace(t *testing.T) {
	t.Parallel()
	a := newAlone(t, newPlace(t).serve("smtp.gmail.com:465")) // nobody may come
	a.env = []string{"XDG_CONFIG_HOME=" + filepath.Join(a.at, "pw")}
	out, _ := a.runs(1, append(everything, "--json")...)
	if !strings.Contains(out, "not a directory") || !strings.Contains(out, `"hint": "there can be no such place`) {
		t.Errorf("it says\n%s", out)
	}
}

// On a build machine nobody is told how to answer, for nothing is asked.
func TestSetupAloneInCI(t *testing.T) {
	t.Parallel()
	a := newAlone(t, newPlace(t))
	a.env = []string{"CI=1"}
	out, talk := a.runs(2, "setup", "--accessible")
	if all := out + talk; strings.Contains(all, "Line by line") || strings.Contains(all, "Looking for") || !strings.Contains(all, "EMAIL or --username; --password-stdin, ") {
		t.Errorf("it says\n%s", all)
	}
}

func TestSetupAloneSavesNothingThatFailed(t *testing.T) {
	t.Parallel()
	refusing := func() *place {
		return newPlace(t).serve("smtp.gmail.com:465", opening+"tls"+hello+refuses)
	}
	a := newAlone(t, refusing())
	out, talk := a.runs(7, append(everything, "--json")...)
	if !strings.Contains(out, `"exit_code": 7`) || !strings.Contains(talk, "FAIL: auth") {
		t.Errorf("it says\n%s%s", out, talk)
	}
	if got := a.written(); got != nil {
		t.Errorf("it wrote %v", got)
	}
	b := newAlone(t, refusing())
	out, _ = b.runs(7, append(everything, "--save-untested")...)
	if !strings.Contains(out, "Saved as “work”") || !strings.Contains(out, "Nothing is proven") {
		t.Errorf("it says\n%s", out)
	}
	config, err := os.ReadFile(filepath.Join(b.at, "config/smtpwiz/config.toml"))
	if err != nil || !strings.Contains(string(config), "[profile.work]") || strings.Contains(string(config), "proven") {
		t.Errorf("%v\n%s", err, config)
	}
}

// The day on which a password was set stays while it does, also in another store,
// and is nothing that is known of a command's.
func TestSetupKeepsTheDayOfThePassword(t *testing.T) {
	t.Parallel()
	a := newAlone(t, atGmail(t))
	a.runs(0, everything...)
	path := filepath.Join(a.at, "config/smtpwiz/config.toml")
	day := regexp.MustCompile(`password_set = \S+`)
	config, err := os.ReadFile(path)
	if err != nil || !day.Match(config) {
		t.Fatalf("%v\n%s", err, config)
	}
	const long = "password_set = 2020-02-02T02:02:02Z"
	if err := os.WriteFile(path, day.ReplaceAll(config, []byte(long)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, variable := newKeyring(t)
	a.env = append(a.env, variable)
	for _, step := range []struct {
		args     []string
		day      string
		says, no string
	}{
		{[]string{"--display-name", "You"}, long, "The password is in the encrypted file.", "It was set on"},
		{[]string{"--secret-store", "keyring"}, long, "The password is in the keyring.", "It was set on"},
		{[]string{"--password-file", "pw"}, "password_set = 2", "It was set on", "2020"},
		{[]string{"--secret-store", "command", "--password-command", "cat pw"}, "", "The password comes from your command.", "It was set on"},
	} {
		out, talk := a.runs(0, append([]string{"setup", "work", "--yes", "--passphrase-file", "phrase"}, step.args...)...)
		config, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(day.Find(config)); !strings.HasPrefix(got, step.day) || step.day == "" && (got != "" || strings.Contains(string(config), "\nid = ")) {
			t.Errorf("after %v it has %q:\n%s", step.args, got, config)
		}
		if all := out + talk; !strings.Contains(all, step.says) || strings.Contains(all, step.no) {
			t.Errorf("%v says\n%s", step.args, all)
		}
	}
}

// A renamed profile's password is shown under its new name in the keyring, whoever
// renamed it, and where that cannot be done it is said and the name is new all the same.
func TestRenamedInTheKeyring(t *testing.T) {
	t.Parallel()
	a := newAlone(t, atGmail(t))
	kept, variable := newKeyring(t)
	bare := a.env
	a.env = append(a.env[:len(a.env):len(a.env)], variable)
	a.runs(0, append(slices.Clone(everything), "--secret-store", "keyring")...)
	for _, step := range []struct {
		args []string
		name string
	}{
		{[]string{"profiles", "rename", "work", "office"}, "office"},
		{[]string{"setup", "office", "--yes", "--name", "home"}, "home"},
	} {
		a.runs(0, step.args...)
		if got, want := kept.labels(), []string{"smtpwiz: " + step.name}; !slices.Equal(got, want) {
			t.Errorf("after %v the keyring shows %q, want %q", step.args, got, want)
		}
		if got := kept.passwords(); !slices.Equal(got, []string{spacedWord[:4]}) {
			t.Errorf("after %v it keeps %q", step.args, got)
		}
	}
	a.env = bare
	if out, talk := a.runs(0, "profiles", "rename", "home", "away"); !strings.Contains(out, "home is now called away.") || !strings.Contains(talk, "under its old name still: there is no keyring") {
		t.Errorf("without a keyring it says\n%s%s", out, talk)
	}
}

// A saved profile is edited: its answers are the defaults, its password too.
func TestSetupEditsAProfile(t *testing.T) {
	t.Parallel()
	a := newAlone(t, atGmail(t))
	a.runs(0, everything...)
	a.runs(0, "setup", "work", "--yes", "--passphrase-file", "phrase", "--display-name", "You Yourself")
	config, err := os.ReadFile(filepath.Join(a.at, "config/smtpwiz/config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, has := range []string{`display_name = "You Yourself"`, `username = "you@gmail.com"`, `"file"`} {
		if !strings.Contains(string(config), has) {
			t.Errorf("config.toml has no %s:\n%s", has, config)
		}
	}
	if n := strings.Count(string(config), "[profile."); strings.Count(string(config), "[profile.work]") != 1 {
		t.Errorf("%d tables of profiles:\n%s", n, config)
	}
	if got := a.p.passwords(); len(got) != 2 || got[1] != spacedWord[:4] {
		t.Errorf("passwords %q were sent", got)
	}
}
