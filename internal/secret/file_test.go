package secret

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/atomicfile"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

func newFile(t testing.TB, key Key) *File {
	t.Helper()
	return &File{Path: filepath.Join(t.TempDir(), "data", "smtpwiz", "secrets"), Keys: always(key), Cost: cheap}
}

// reopened is the same file as another process sees it.
func reopened(f *File, key Key) *File {
	return &File{Path: f.Path, Keys: always(key), Cost: f.Cost}
}

func set(t testing.TB, f *File, id, password string) {
	t.Helper()
	if err := f.Set(t.Context(), Ref{ID: id}, submission.NewSecret(password)); err != nil {
		t.Fatalf("set %s: %v", id, err)
	}
}

// get returns "" for what is not found.
func get(t testing.TB, f *File, id string) string {
	t.Helper()
	password, err := f.Get(t.Context(), Ref{ID: id})
	if err != nil && !errors.Is(err, ErrNotFound) {
		t.Fatalf("get %s: %v", id, err)
	}
	return password.Reveal()
}

func TestFileKeeps(t *testing.T) {
	t.Parallel()
	key := passphrase("correct horse")
	f := newFile(t, key)
	f.Now = func() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 8, time.FixedZone("", 3600)) }
	passwords := map[string]string{"a": marker, "b": "\x00\xff\n", "c": strings.Repeat("ü", MaxSize/2)}
	for id, password := range passwords {
		set(t, f, id, "first")
		set(t, f, id, password)
	}
	for id, want := range passwords {
		if got := get(t, reopened(f, key), id); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
	want := time.Date(2026, 3, 4, 4, 6, 7, 0, time.UTC)
	locked := &File{Path: f.Path} // knows no key
	if at, err := locked.SetAt(Ref{ID: "a"}); err != nil || !at.Equal(want) {
		t.Errorf("set at %v, %v, want %v", at, err, want)
	}
	if err := locked.Remove(t.Context(), Ref{ID: "a"}); err != nil {
		t.Error(err)
	}
	if err := locked.Remove(t.Context(), Ref{ID: "a"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
	if got := get(t, f, "a") + get(t, f, "b"); got != passwords["b"] {
		t.Errorf("after the removal: %q", got)
	}
}

func TestDefaultPath(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the paths below are no absolute ones there")
	}
	for _, test := range []struct{ data, home, want string }{
		{"/data", "/home/you", "/data/smtpwiz/secrets"},
		{"", "/home/you", "/home/you/.local/share/smtpwiz/secrets"},
		{"relative", "/home/you", "/home/you/.local/share/smtpwiz/secrets"},
		{"", "", ""},
		{"", "relative", ""},
	} {
		env := map[string]string{"XDG_DATA_HOME": test.data, "HOME": test.home}
		got, err := DefaultPath(func(name string) string { return env[name] })
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%+v: %q, %v", test, got, err)
		}
	}
}

func TestBusyFile(t *testing.T) {
	t.Parallel()
	f := newFile(t, passphrase("p"))
	set(t, f, "a", "1")
	unlock, err := atomicfile.Lock(t.Context(), f.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	f.disk.LockWait = time.Millisecond
	err = f.Set(t.Context(), Ref{ID: "a"}, submission.NewSecret("2"))
	if !errors.Is(err, ErrTimeout) {
		t.Errorf("error %v", err)
	}
	checkHint(t, err)
	if got := get(t, f, "a"); got != "1" { // readers need no lock
		t.Errorf("got %q", got)
	}
}

func TestFileAsksOnlyWhenItMust(t *testing.T) {
	t.Parallel()
	f := newFile(t, Key{})
	var asked []Need
	f.Keys = func(_ context.Context, need Need) (Key, error) {
		asked = append(asked, need)
		return passphrase("p"), nil
	}
	if got := get(t, f, "a"); got != "" || len(asked) != 0 {
		t.Errorf("no file: got %q, asked %v", got, asked)
	}
	if err := f.Remove(t.Context(), Ref{ID: "a"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("remove without a file: %v", err)
	}
	if _, err := os.Stat(filepath.Dir(f.Path)); err == nil {
		t.Error("a folder was made for nothing")
	}
	set(t, f, "a", "1")
	set(t, f, "b", "2")
	if len(asked) != 1 || !asked[0].New || asked[0].Path != f.Path {
		t.Errorf("asked %+v for a new file", asked)
	}
	asked = nil
	again := reopened(f, Key{})
	again.Keys = f.Keys
	get(t, again, "none")
	if len(asked) != 0 {
		t.Errorf("asked %+v for nothing", asked)
	}
	get(t, again, "a")
	get(t, again, "b")
	if len(asked) != 1 || asked[0].New || asked[0].Kind != Passphrase {
		t.Errorf("asked %+v for an old file", asked)
	}
}

// Many may wait while one is asked: a wrong answer, or none, is that of all.
func TestFileAsksOnce(t *testing.T) {
	t.Parallel()
	f := newFile(t, passphrase("right"))
	set(t, f, "a", "1")
	for name, answer := range map[string]func(cancel func()) (Key, error){
		"wrong":     func(func()) (Key, error) { return passphrase("wrong"), nil },
		"none":      func(func()) (Key, error) { return Key{}, errors.New("the terminal is gone") },
		"cancelled": func(cancel func()) (Key, error) { cancel(); return Key{}, context.Canceled },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			again := reopened(f, Key{})
			var asked atomic.Int32
			again.Keys = func(context.Context, Need) (Key, error) {
				asked.Add(1)
				return answer(cancel)
			}
			var all sync.WaitGroup
			for range 5 {
				all.Go(func() {
					if _, err := again.Get(ctx, Ref{ID: "a"}); err == nil {
						t.Error("the file was opened")
					}
				})
			}
			all.Wait()
			if asked.Load() != 1 {
				t.Errorf("asked %d times", asked.Load())
			}
		})
	}
}

func TestFileRefuses(t *testing.T) {
	t.Parallel()
	ref, password := Ref{ID: "a"}, submission.NewSecret("x")
	broken := errors.New("the prompt was closed")
	tests := []struct {
		name string
		do   func(f *File) error
		want error // nil: any
	}{
		{"empty password", func(f *File) error { return f.Set(t.Context(), ref, submission.Secret{}) }, ErrEmpty},
		{"long password", func(f *File) error {
			return f.Set(t.Context(), ref, submission.NewSecret(strings.Repeat("x", MaxSize+1)))
		}, ErrTooBig},
		{"id with a line end", func(f *File) error { return f.Set(t.Context(), Ref{ID: "a\nrecord"}, password) }, nil},
		{"empty id", func(f *File) error { return f.Set(t.Context(), Ref{}, password) }, nil},
		{"long id", func(f *File) error { return f.Set(t.Context(), Ref{ID: strings.Repeat("a", 65)}, password) }, nil},
		{"empty passphrase", func(f *File) error { f.Keys = always(passphrase("")); return f.Set(t.Context(), ref, password) }, ErrEmpty},
		{"unknown kind of key", func(f *File) error {
			f.Keys = always(Key{"finger", password})
			return f.Set(t.Context(), ref, password)
		}, nil},
		{"no key", func(f *File) error { f.Keys = nil; return f.Set(t.Context(), ref, password) }, ErrNoKey},
		{"prompt fails", func(f *File) error {
			f.Keys = func(context.Context, Need) (Key, error) { return Key{}, broken }
			return f.Set(t.Context(), ref, password)
		}, broken},
		{"cost out of bounds", func(f *File) error { f.Cost.Time = 65; return f.Set(t.Context(), ref, password) }, nil},
		{"date that cannot be read again", func(f *File) error {
			f.Now = func() time.Time { return time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC) }
			return f.Set(t.Context(), ref, password)
		}, nil},
		{"rekey nothing", func(f *File) error { return f.Rekey(t.Context(), passphrase("p")) }, ErrNotFound},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFile(t, passphrase("p"))
			err := test.do(f)
			if err == nil || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
			if _, err := os.Stat(f.Path); err == nil {
				t.Error("a file was made")
			}
		})
	}
}

func TestFileNeverOutgrowsItself(t *testing.T) {
	t.Parallel()
	f := newFile(t, passphrase("p"))
	set(t, f, "a", "1")
	if err := grow(t, f, 20); err != nil {
		t.Fatal(err)
	}
	if err := grow(t, f, 40); !errors.Is(err, ErrTooBig) {
		t.Errorf("over the limit: %v", err)
	}
	if got := get(t, f, "a"); got != "1" {
		t.Errorf("after that: %q", got)
	}
}

// grow adds n passwords of the greatest size at once.
func grow(t *testing.T, f *File, n int) error {
	t.Helper()
	password := bytes.Repeat([]byte("x"), MaxSize)
	return f.update(t.Context(), func(v *vault, key []byte) (*vault, error) {
		for range n {
			id := NewRef("").ID
			v.records = append(v.records, record{id: id, set: v.records[0].set, sealed: seal(key, recordData(id), password)})
		}
		return v, nil
	})
}

func TestRekey(t *testing.T) {
	t.Parallel()
	old, fresh := passphrase("old"), Key{KeyFile, submission.NewSecret("new key")}
	f := newFile(t, old)
	f.Now = func() time.Time { return time.Unix(1e9, 0) }
	set(t, f, "a", "1")
	set(t, f, "b", "2")
	before, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	f.Now = nil
	if err := f.Rekey(t.Context(), fresh); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(before)) {
		if strings.HasPrefix(line, "record") && bytes.Contains(after, []byte(line)) {
			t.Errorf("not encrypted anew: %s", line)
		}
	}
	f.Keys = nil // still open
	for _, store := range []*File{f, reopened(f, fresh)} {
		if got := get(t, store, "a") + get(t, store, "b"); got != "12" {
			t.Errorf("with the new key: %q", got)
		}
	}
	if at, err := f.SetAt(Ref{ID: "a"}); err != nil || at.Unix() != 1e9 {
		t.Errorf("the date is now %v, %v", at, err)
	}
	if _, err := reopened(f, old).Get(t.Context(), Ref{ID: "a"}); !errors.Is(err, ErrWrongPassphrase) {
		t.Errorf("with the old key: %v", err)
	}
	// The file key is new too, or an old copy would open the new records.
	oldVault, err1 := parse(before)
	oldKey, err2 := oldVault.open(old)
	newVault, err3 := parse(after)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	if _, err := unseal(oldKey, recordData("a"), newVault.find("a").sealed); !errors.Is(err, ErrTampered) {
		t.Errorf("the old file key: %v", err)
	}
}

func TestRekeyKeepsAllOrNothing(t *testing.T) {
	t.Parallel()
	vector := vectors(t)[2]
	swapped := swapSealed(t, vector.File)
	f := fileWith(t, swapped, vector.key())
	if err := f.Rekey(t.Context(), passphrase("new")); !errors.Is(err, ErrTampered) {
		t.Errorf("error %v", err)
	}
	if data, err := os.ReadFile(f.Path); err != nil || string(data) != swapped {
		t.Errorf("the file was changed (%v)", err)
	}
}

var errCrash = errors.New("crash")

// TestCrashes stops each kind of change before each of its steps on the disk.
func TestCrashes(t *testing.T) {
	t.Parallel()
	const old, fresh = "old", "new"
	changes := []struct {
		name   string
		start  bool // with records a and b
		change func(f *File) error
		isNew  func(f *File) bool
	}{
		{"first password", false,
			func(f *File) error { return f.Set(t.Context(), Ref{ID: "a"}, submission.NewSecret("2")) },
			func(f *File) bool { return get(t, f, "a") == "2" }},
		{"one more", true,
			func(f *File) error { return f.Set(t.Context(), Ref{ID: "c"}, submission.NewSecret("2")) },
			func(f *File) bool { return get(t, f, "c") == "2" }},
		{"replaced", true,
			func(f *File) error { return f.Set(t.Context(), Ref{ID: "a"}, submission.NewSecret("2")) },
			func(f *File) bool { return get(t, f, "a") == "2" }},
		{"removed", true,
			func(f *File) error { return f.Remove(t.Context(), Ref{ID: "a"}) },
			func(f *File) bool { return get(t, f, "a") == "" }},
		{"rekeyed", true,
			func(f *File) error { return f.Rekey(t.Context(), passphrase(fresh)) },
			func(f *File) bool {
				_, err := reopened(f, passphrase(fresh)).Get(t.Context(), Ref{ID: "a"})
				return err == nil
			}},
	}
	for _, test := range changes {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			outcomes := map[bool]int{}
			for n := 0; ; n++ {
				f := newFile(t, passphrase(old))
				if test.start {
					set(t, f, "a", "1")
					set(t, f, "b", "1")
				}
				stopped := ""
				f.disk = atomicfile.Disk{Before: crashAt(n, &stopped)}
				err := test.change(f)
				if stopped == "" {
					if err != nil {
						t.Fatalf("without a crash: %v", err)
					}
					break
				}
				if !errors.Is(err, errCrash) {
					t.Fatalf("crash before %q: error %v", stopped, err)
				}
				key := passphrase(old)
				isNew := test.isNew(reopened(f, key))
				outcomes[isNew]++
				if isNew && test.name == "rekeyed" {
					key = passphrase(fresh)
				}
				after := reopened(f, key)
				if !isNew && test.start && get(t, after, "a") != "1" {
					t.Errorf("crash before %q: neither old nor new", stopped)
				}
				if test.start && get(t, after, "b") != "1" {
					t.Errorf("crash before %q: another record was lost", stopped)
				}
				set(t, after, "next", "3")
			}
			if outcomes[true] == 0 || outcomes[false] < 4 {
				t.Errorf("crashes left %d new and %d old states", outcomes[true], outcomes[false])
			}
		})
	}
}

// crashAt stops for good before step n.
func crashAt(n int, stopped *string) func(string) error {
	step := 0
	return func(name string) error {
		step++
		if step <= n {
			return nil
		}
		if *stopped == "" {
			*stopped = name
		}
		return errCrash
	}
}

// TestFiftyWriters: each has its own File, as if it were its own process, and
// the first has to make the file. A reader looks on meanwhile.
func TestFiftyWriters(t *testing.T) {
	t.Parallel()
	const writers = 50
	key := passphrase("p")
	f := newFile(t, key)
	done := make(chan struct{})
	var reader, wg sync.WaitGroup
	reader.Go(func() {
		looking := reopened(f, key)
		for {
			if _, err := looking.Get(t.Context(), Ref{ID: "r0"}); err != nil && !errors.Is(err, ErrNotFound) {
				t.Errorf("read meanwhile: %v", err)
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	for i := range writers {
		wg.Go(func() {
			id := fmt.Sprintf("r%d", i)
			if err := reopened(f, key).Set(t.Context(), Ref{ID: id}, submission.NewSecret("password of "+id)); err != nil {
				t.Errorf("%s: %v", id, err)
			}
		})
	}
	wg.Wait()
	close(done)
	reader.Wait()
	all := reopened(f, key)
	for i := range writers {
		id := fmt.Sprintf("r%d", i)
		if got := get(t, all, id); got != "password of "+id {
			t.Errorf("%s: %q", id, got)
		}
	}
}

// TestRekeyBesideWriters: whoever opened the file before it got another key has
// to ask again, and nothing is sealed with the old one.
func TestRekeyBesideWriters(t *testing.T) {
	t.Parallel()
	f := newFile(t, passphrase("old"))
	set(t, f, "a", "1")
	stale, told := reopened(f, passphrase("old")), reopened(f, passphrase("old"))
	set(t, stale, "b", "2")
	get(t, told, "b")
	if err := f.Rekey(t.Context(), passphrase("new")); err != nil {
		t.Fatal(err)
	}
	if err := stale.Set(t.Context(), Ref{ID: "c"}, submission.NewSecret("3")); !errors.Is(err, ErrWrongPassphrase) {
		t.Errorf("with the old passphrase: %v", err)
	}
	told.Keys = always(passphrase("new"))
	set(t, told, "c", "3")
	if got := get(t, f, "a") + get(t, f, "b") + get(t, f, "c"); got != "123" {
		t.Errorf("got %q", got)
	}
}

// TestNothingPrintsASecret tries every verb on all that is ever close to one.
func TestNothingPrintsASecret(t *testing.T) {
	t.Parallel()
	key := passphrase(marker)
	f := newFile(t, key)
	set(t, f, "a", marker)
	get(t, f, "a")
	_, wrong := reopened(f, passphrase("wrong")).Get(t.Context(), Ref{ID: "a"})
	options := KeyOptions{Passphrase: submission.NewSecret(marker)}
	_, refused := options.Key(t.Context(), Need{Kind: KeyFile})
	things := []any{f, key, &key, options, &options, None{Password: submission.NewSecret(marker)}, wrong, refused,
		Command{Line: "echo " + marker}, &Command{Line: "SECRET=" + marker + " show"},
		Command{Line: "x"}.Set(t.Context(), Ref{}, submission.NewSecret(marker)),
		f.Set(t.Context(), Ref{ID: "?"}, submission.NewSecret(marker))}
	data, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.Write(data)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, thing := range things {
			fmt.Fprintf(&b, verb+"\n", thing)
		}
	}
	checkNoSecret(t, b.String(), []byte(marker), f.opened.key)
}

// checkNoSecret looks for secrets in the encodings in which they get out.
func checkNoSecret(t *testing.T, text string, secrets ...[]byte) {
	t.Helper()
	for _, secret := range secrets {
		for _, form := range []string{string(secret), hex.EncodeToString(secret), base64.StdEncoding.EncodeToString(secret),
			strings.Trim(fmt.Sprint(secret), "[]")} {
			if strings.Contains(strings.ToLower(text), strings.ToLower(form)) {
				t.Errorf("%q is in the output", form)
			}
		}
	}
}
