package preset

import (
	"errors"
	"io/fs"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pelletier/go-toml/v2"

	"github.com/smtpwiz/smtpwiz/presets"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	p, err := Decode([]byte(good), "own/example.toml")
	if err != nil {
		t.Fatal(err)
	}
	if p.Origin != "own/example.toml" || p.Regions[1].Values["tld"] != "example.com" || p.Variants[1].Endpoints[0].Port != 587 || !p.Password.Shape.Grouped {
		t.Errorf("got %+v", p)
	}
}

func TestDecodeError(t *testing.T) {
	t.Parallel()
	_, err := Decode([]byte(strings.Replace(good, "[sent]\ncopy", "[sent]\ncopi", 1)), "own/example.toml")
	var invalid *InvalidError
	if !errors.As(err, &invalid) || invalid.Problems[0].Want != "copy" {
		t.Fatalf("got %v", err)
	}
	if want := `own/example.toml:47:1: unknown key "sent.copi"; want copy`; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	_, err = Decode([]byte("schema = 1"), "x.toml")
	if err == nil || !strings.Contains(err.Error(), "more)") {
		t.Errorf("got %v, want a count of the others", err)
	}
}

// TestDecodeAsTOML holds our reading of the built-in files against go-toml's,
// by which the program reads them.
func TestDecodeAsTOML(t *testing.T) {
	t.Parallel()
	texts := map[string]string{"good.toml": good, "inline.toml": `reply = [{ pattern = "a", fix = [{ text = "b" }, { text = "c" }] }]
"title" = 'x'
region = [{ name = "eu", values = { a = "b" } }]
variant = [{ "name" = """
multi
line""", endpoint = [{ port = 1_000 }, { port = 0x10 }] }]
password.shape.length = 3
`}
	for _, name := range embedded(t) {
		data, err := fs.ReadFile(presets.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(data)
	}
	for name, text := range texts {
		var want Preset
		if err := toml.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		root, err := parseTree([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		d := &decoder{data: []byte(text), places: map[string]int{}, told: map[string]bool{}}
		var got Preset
		d.table(root, reflect.ValueOf(&got).Elem(), "")
		if len(d.problems) > 0 {
			t.Errorf("%s: %v", name, d.problems)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(Preset{})); diff != "" {
			t.Errorf("%s (-go-toml +ours):\n%s", name, diff)
		}
	}
}

func embedded(t testing.TB) []string {
	t.Helper()
	names, err := fs.Glob(presets.FS, "*.toml")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d presets, %v", len(names), err)
	}
	return names
}

func FuzzDecode(f *testing.F) {
	f.Add(good)
	f.Add("[[a.b]]\n[a.b.c]\n[a]\n")
	f.Add("endpoint = [{ port = 1 }]\n[[endpoint]]\n")
	f.Add("region.values.a = 1\nregion = []")
	f.Add("variant = [[{}]]\npassword = [1]\nreply = {}\n\"\\n\" = 1")
	f.Add("\ufeffschema = 1\r\nname = '\x00'")
	for _, name := range embedded(f) {
		data, err := fs.ReadFile(presets.FS, name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Decode([]byte(text), "example.toml")
		problems := Check([]byte(text), "example.toml")
		if (err == nil) != (len(problems) == 0) {
			t.Fatalf("Decode says %v, Check %v", err, problems)
		}
		lines := strings.Count(text, "\n") + 1
		for _, p := range problems {
			if p.Line < 1 || p.Line > lines || p.Column < 1 || p.What == "" || p.Want == "" {
				t.Errorf("%+v in %d lines", p, lines)
			}
		}
		if err != nil {
			return
		}
		for _, c := range choices(p) {
			s, err := p.Resolve(c)
			if err != nil {
				t.Fatalf("%+v: %v", c, err)
			}
			checkFilled(t, s)
		}
	})
}
