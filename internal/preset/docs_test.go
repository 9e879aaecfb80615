package preset

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

const docsFile = "../../docs/presets.md"

// TestDocsExample holds the smallest file of the documentation against Check.
func TestDocsExample(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(docsFile)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "```toml\nschema")
	example, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatal("the documentation has no example")
	}
	for _, p := range Check([]byte("schema"+example), "example.toml") {
		t.Error(p)
	}
}

// TestDocsNameEveryKey: a key that nobody can find is as good as none.
func TestDocsNameEveryKey(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(docsFile)
	if err != nil {
		t.Fatal(err)
	}
	var look func(typ reflect.Type)
	look = func(typ reflect.Type) {
		for typ.Kind() == reflect.Slice || typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct {
			return
		}
		for i := range typ.NumField() {
			key := keyOf(typ.Field(i))
			if key == "" {
				continue
			}
			if !strings.Contains(string(text), key) {
				t.Errorf("%s does not name the key %s of %s", docsFile, key, typ.Name())
			}
			look(typ.Field(i).Type)
		}
	}
	look(reflect.TypeFor[Preset]())
}
