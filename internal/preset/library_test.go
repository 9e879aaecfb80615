package preset

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// named is the good file under another name.
func named(name string) string {
	return strings.Replace(good, `name = "example"`, `name = "`+name+`"`, 1)
}

func builtins(names ...string) fstest.MapFS {
	files := fstest.MapFS{"presets.go": {Data: []byte("package presets")}}
	for _, n := range names {
		files[n+".toml"] = &fstest.MapFile{Data: []byte(named(n))}
	}
	return files
}

func userDir(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLibraryNames(t *testing.T) {
	t.Parallel()
	dir := userDir(t, map[string]string{"mine.toml": named("mine"), "beta.toml": named("beta"), "Notes.toml": "", "x.txt": ""})
	if err := os.Mkdir(filepath.Join(dir, "folder.toml"), 0o700); err != nil {
		t.Fatal(err)
	}
	got := New(builtins("beta", "alpha"), dir).Names()
	if want := []string{"alpha", "beta", "mine"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := New(builtins("alpha"), filepath.Join(dir, "none")).Names(); !slices.Equal(got, []string{"alpha"}) {
		t.Errorf("without a folder of the user's: %v", got)
	}
}

func TestLibraryOwnFileOverrides(t *testing.T) {
	t.Parallel()
	own := strings.Replace(named("alpha"), "Example Mail", "My own", 1)
	dir := userDir(t, map[string]string{"alpha.toml": own})
	lib := New(builtins("alpha", "beta"), dir)

	alpha, err := lib.Get("alpha")
	if err != nil || alpha.Title != "My own" || alpha.Origin != filepath.Join(dir, "alpha.toml") {
		t.Errorf("got %+v, %v", alpha, err)
	}
	beta, err := lib.Get("BETA")
	if err != nil || beta.Title != "Example Mail" || beta.Origin != BuiltIn {
		t.Errorf("got %+v, %v", beta, err)
	}
	if again, _ := lib.Get("alpha"); again != alpha {
		t.Error("the file was decoded twice")
	}
}

func TestLibraryBrokenOwnFile(t *testing.T) {
	t.Parallel()
	dir := userDir(t, map[string]string{
		"alpha.toml": strings.Replace(named("alpha"), "port = 465", `port = "465"`, 1),
		"mine.toml":  named("mine"),
	})
	lib := New(builtins("alpha", "beta"), dir)

	_, err := lib.Get("alpha")
	var invalid *InvalidError
	if !errors.As(err, &invalid) || !strings.HasPrefix(err.Error(), filepath.Join(dir, "alpha.toml")+":37:8: ") {
		t.Errorf("got error %v", err)
	}
	all, err := lib.All()
	var names []string
	for _, p := range all {
		names = append(names, p.Name)
	}
	if !slices.Equal(names, []string{"beta", "mine"}) || !errors.As(err, &invalid) {
		t.Errorf("got %v, %v", names, err)
	}
	if p, _, ok := lib.ByDomain("example.com"); !ok || p.Name != "mine" {
		t.Errorf("got %v, %v; want the user's own", p, ok)
	}
}

func TestLibraryOwnFileTooLarge(t *testing.T) {
	t.Parallel()
	dir := userDir(t, map[string]string{"big.toml": "# " + strings.Repeat("x", maxFileSize)})
	if _, err := New(builtins(), dir).Get("big"); err == nil || !strings.Contains(err.Error(), "KiB") {
		t.Errorf("got error %v", err)
	}
}

func TestLibraryUnknown(t *testing.T) {
	t.Parallel()
	lib := New(builtins("gmail", "zoho", "zoho-pro", "proton-bridge", "ovh"), "")
	tests := []struct{ name, nearest string }{
		{"gmial", "gmail"}, {"Gmial", "gmail"}, {"zho", "zoho"}, {"zohopro", "zoho-pro"},
		{"proton", "proton-bridge"}, {"bridge", "proton-bridge"}, {"ovhcloud", "ovh"},
		{"something-else", ""}, {"", ""}, {"../zoho", ""}, {"zoho/../../etc/passwd", ""},
		{strings.Repeat("zoho", 1000), ""},
	}
	for _, tt := range tests {
		_, err := lib.Get(tt.name)
		var unknown *UnknownError
		if !errors.As(err, &unknown) {
			t.Errorf("%q: got error %v", tt.name, err)
			continue
		}
		if unknown.Name != tt.name || unknown.Field != submission.FieldPreset || (tt.nearest != "" && unknown.Nearest != tt.nearest) {
			t.Errorf("%q: got %+v, want nearest %q", tt.name, unknown, tt.nearest)
		}
		if tt.nearest != "" && !strings.Contains(err.Error(), tt.nearest) {
			t.Errorf("%q: %q does not say %q", tt.name, err, tt.nearest)
		}
	}
}

// countingFS counts what is opened.
type countingFS struct {
	fs.FS
	mu     sync.Mutex
	opened map[string]int
}

func (c *countingFS) Open(name string) (fs.File, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.opened[name]++
	return c.FS.Open(name)
}

func TestLibraryReadsOnlyWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	files := &countingFS{FS: builtins("alpha", "beta"), opened: map[string]int{}}
	lib := New(files, "")
	if len(files.opened) > 0 {
		t.Errorf("New opened %v", files.opened)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := lib.Get("alpha"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if files.opened["alpha.toml"] != 1 || files.opened["beta.toml"] != 0 {
		t.Errorf("opened %v", files.opened)
	}
}

func TestLibraryBrokenBuiltIn(t *testing.T) {
	t.Parallel()
	if _, err := New(fstest.MapFS{"alpha.toml": {Data: []byte("[")}}, "").Get("alpha"); err == nil || !strings.Contains(err.Error(), "built-in preset alpha") {
		t.Errorf("got error %v", err)
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"zoho", "zoho", 0}, {"zoho", "zohi", 1},
		{"gmial", "gmail", 1}, {"ca", "abc", 3}, {"kitten", "sitting", 3},
	}
	for _, tt := range tests {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
