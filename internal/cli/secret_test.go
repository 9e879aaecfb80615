package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/profile"
	"github.com/smtpwiz/smtpwiz/internal/secret"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// readerFunc is an input during whose reading something happens.
type readerFunc func() (string, error)

func (f readerFunc) Read(p []byte) (int, error) {
	text, err := f()
	return copy(p, text), err
}

// beforePassword gives the demo's password as standard input, after do.
func (h *home) beforePassword(do func()) io.Reader {
	return io.MultiReader(readerFunc(func() (string, error) { do(); return "", io.EOF }), strings.NewReader(h.password()))
}

// Eight at once on a profile without an id leave one record, which it knows.
func TestSecretsSetAtOnce(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.keyFile()
	h.profile("work", "")
	h.profile("other", "") // makes the file, cheaply
	h.keep("other")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			cmd := h.command("secret", "set", "work", "--secret-store", "file", "--password-stdin")
			cmd.Stdin = strings.NewReader(h.password())
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	all.Wait()
	h.run(0, "test", "work")
	if n := h.records(); n != 2 {
		t.Errorf("%d records", n)
	}
}

// A password that is set between the two steps of a removal goes with its profile.
func TestSecretSetWhileItsProfileIsRemoved(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.keyFile()
	h.profile("work", "")
	h.profile("other", "")
	for _, name := range []string{"work", "other"} {
		h.keep(name)
	}
	config := profile.Open(filepath.Join(h.dir, "config/smtpwiz/config.toml"))
	removed := make(chan error, 1)
	err := config.Update(t.Context(), func(c *profile.Config) error { // holds the lock that the removal waits for
		go func() {
			out, err := h.command("profiles", "remove", "work", "--yes").CombinedOutput()
			if err != nil {
				err = fmt.Errorf("%w: %s", err, out)
			}
			removed <- err
		}()
		for h.records() == 2 && t.Context().Err() == nil {
			time.Sleep(time.Millisecond)
		}
		p, err := c.Get("work")
		if err != nil {
			return err
		}
		options := secret.KeyOptions{KeyFile: h.env["SMTPWIZ_KEY_FILE"]}
		file := secret.File{Path: filepath.Join(h.dir, "data/smtpwiz/secrets"), Keys: options.Key}
		return file.Set(t.Context(), secret.Ref{ID: p.Secret.ID}, submission.NewSecret(marker))
	})
	if err := errors.Join(err, <-removed); err != nil {
		t.Fatal(err)
	}
	if n := h.records(); n != 1 {
		t.Errorf("%d records, and one profile", n)
	}
}

func TestSecretFollowsARename(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.keyFile()
	h.profile("work", "")
	h.in = h.beforePassword(func() {
		if out, err := h.command("profiles", "rename", "work", "office").CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	h.run(0, "secret", "set", "work", "--secret-store", "file", "--password-stdin")
	h.says("The password of office rests")
	h.run(0, "test", "office")
	if n := h.records(); n != 1 {
		t.Errorf("%d records", n)
	}
}

// A password that cannot be noted is taken back, however that comes about.
func TestSecretIsTakenBack(t *testing.T) {
	t.Parallel()
	t.Run("removed meanwhile", func(t *testing.T) {
		t.Parallel()
		h := newHome(t)
		h.keyFile()
		h.profile("work", "")
		h.in = h.beforePassword(func() {
			if out, err := h.command("profiles", "remove", "work").CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
		h.run(2, "secret", "set", "work", "--secret-store", "file", "--password-stdin")
		if n := h.records(); n != 0 {
			t.Errorf("%d records", n)
		}
	})
	t.Run("no room in the configuration", func(t *testing.T) {
		t.Parallel()
		h := newHome(t)
		h.keyFile()
		h.profile("work", "secret = {store = \"none\", id = \"ID1\"}")
		room := 256<<10 - len(h.config())
		h.write("config/smtpwiz/config.toml", h.config()+"#"+strings.Repeat("x", room-2)+"\n")
		h.stdin = h.password()
		h.run(2, "secret", "set", "work", "--secret-store", "file", "--password-stdin")
		h.says("more than 256 KiB")
		if n := h.records(); n != 0 {
			t.Errorf("%d records", n)
		}
		h.run(0, "profiles") // it can still be read
	})
	t.Run("nothing can be written", func(t *testing.T) {
		t.Parallel()
		if os.Getuid() == 0 || runtime.GOOS == "windows" {
			t.Skip("root writes to any folder, and Windows knows no such mode")
		}
		h := newHome(t)
		h.keyFile()
		h.profile("work", "")
		if err := os.Chmod(filepath.Join(h.dir, "config/smtpwiz"), 0o500); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Chmod(filepath.Join(h.dir, "config/smtpwiz"), 0o700) })
		h.stdin = h.password()
		h.run(1, "secret", "set", "work", "--secret-store", "file", "--password-stdin")
		if n := h.records(); n != 0 {
			t.Errorf("%d records", n)
		}
	})
}

// A block that was copied shares its id with the original, whose password it
// must not take along.
func TestCopiedProfile(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.keyFile()
	h.profile("work", "")
	h.keep("work")
	text := h.config()
	_, block, _ := strings.Cut(text, "[profile.work]")
	h.write("config/smtpwiz/config.toml", text+"\n[profile.copy]"+strings.ReplaceAll(block, "profile.work", "profile.copy"))
	h.run(2, "profiles", "remove", "copy")
	h.says("config.toml:", "the profile work has the same", "smtpwiz secret set copy")
	h.write("config/smtpwiz/config.toml", text)
	h.run(0, "test", "work")
}

func TestMissingRecordIsTold(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.keyFile()
	h.profile("work", "secret = {store = \"file\", id = \"ID1\"}")
	h.run(2, "secret", "check", "work")
	want := h.errs.String()
	h.run(2, "test", "work")
	if got := h.errs.String(); got != want || !strings.Contains(got, "smtpwiz secret set work") {
		t.Errorf("test says %q, secret check %q", got, want)
	}
	h.run(2, "test", "--all")
	h.says("has no password for work")

	// The system's credentials come after the profile's own.
	h.env["CREDENTIALS_DIRECTORY"] = filepath.Dir(h.write("credentials/smtpwiz.password", h.password()))
	h.run(0, "test", "work")
	if strings.Contains(h.config(), "proven") {
		t.Error("a password from elsewhere proves nothing of the profile")
	}
	h.stdin = "pa55-Marker-9fQ"
	h.run(0, "secret", "set", "work", "--password-stdin")
	h.run(7, "test", "work")
}

func TestRekeyKnowsTheProfilesKeyFile(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.keyFile()
	h.profile("work", "")
	h.keep("work")
	delete(h.env, "SMTPWIZ_KEY_FILE")
	words := h.write("words", "battery staple")
	h.run(2, "secret", "rekey", "--new-passphrase-file", words, "--new-key-file", words)
	h.run(0, "secret", "rekey", "--new-passphrase-file", words)
	if strings.Contains(h.config(), "key_file") {
		t.Errorf("the old key file is still named:\n%s", h.config())
	}
	h.run(0, "test", "work", "--passphrase-file", words)
}

// A key file that happens to be named opens nothing that opens with a passphrase.
func TestKeyFileOfAPassphraseFile(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.keyFile()
	h.env["SMTPWIZ_PASSPHRASE"] = "correct horse"
	h.profile("work", "")
	h.keep("work")
	if strings.Contains(h.config(), "key_file") {
		t.Errorf("a key file is named:\n%s", h.config())
	}
}

func TestLoosePassphraseFileIsNoted(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("modes say nothing there")
	}
	h := newHome(t)
	h.profile("work", "")
	words := h.write("words", "battery staple")
	if err := os.Chmod(words, 0o644); err != nil {
		t.Fatal(err)
	}
	h.stdin = h.password()
	h.run(0, "secret", "set", "work", "--secret-store", "file", "--password-stdin", "--passphrase-file", words)
	h.says("warning: others on this machine may read " + words)
	h.run(0, "test", "work", "-q", "--passphrase-file", words)
	if h.errs.Len() > 0 {
		t.Errorf("not quiet: %s", h.errs.String())
	}
}

func TestAgesAreThoseOfPasswords(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.keyFile()
	h.profile("filed", "")
	h.profile("asked", "secret = {store = \"none\", password_set = 2020-01-01}")
	h.profile("printed", "")
	h.keep("filed")
	h.run(0, "secret", "set", "printed", "--secret-store", "command", "--password-command", "echo x")
	var kept []string
	for line := range strings.Lines(h.config()) {
		if !strings.HasPrefix(line, "password_set") {
			kept = append(kept, line)
		}
	}
	h.write("config/smtpwiz/config.toml", strings.Join(kept, ""))
	for name, shows := range map[string]bool{"filed": true, "asked": false, "printed": false} {
		if out := h.run(0, "profiles", "show", name, "--json"); strings.Contains(out, `"set": null`) == shows {
			t.Errorf("%s: %s", name, out)
		}
	}
}

func TestRemoveLeavesWhatCannotBeOpened(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.profile("work", "# a comment of mine\nsecret = {store = \"file\", id = \"ID1\"}")
	h.write("data/smtpwiz/secrets", "damaged")
	h.run(2, "profiles", "remove", "work")
	h.says("the profile stays", "is damaged", "--keep-password")
	if strings.Contains(h.errs.String(), "goes too") {
		t.Errorf("nothing went: %s", h.errs.String())
	}
	h.run(0, "profiles", "remove", "work", "--keep-password")
	h.says("a comment of mine", "Removed the profile work.")
	h.run(2, "profiles", "show", "work")
}

// fifty writers, each a process, change the configuration at once.
func TestFiftyProcesses(t *testing.T) {
	t.Parallel()
	const writers = 50
	h := newHome(t)
	text := "version = 1 # mine\n"
	for i := range writers {
		text += fmt.Sprintf("[profile.p%d]\nusername = 'you'\n", i)
	}
	h.write("config/smtpwiz/config.toml", text)
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			cmd := h.command("secret", "set", fmt.Sprintf("p%d", i), "--secret-store", "command", "--password-command", fmt.Sprintf("echo %d", i))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("writer %d: %v: %s", i, err, out)
			}
		})
	}
	all.Wait()
	for i := range writers {
		if !strings.Contains(h.config(), fmt.Sprintf("\"echo %d\"", i)) {
			t.Errorf("writer %d was lost", i)
		}
	}
	h.run(0, "profiles")
}
