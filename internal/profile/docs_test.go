package profile

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestDocumentation holds docs/config.md to the file as it is: its example is
// good, every key has its place in the right section, and no other has.
func TestDocumentation(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(page), "\r\n", "\n")
	example := regexp.MustCompile("(?s)```toml\n(.*?)```").FindStringSubmatch(text)
	c := mustParse(t, example[1])
	if unknown := c.Unknown(); len(unknown) > 0 || len(c.Profiles()) != 2 {
		t.Errorf("the example has %v unknown and the profiles %v", unknown, c.Names())
	}

	want := map[string]bool{}
	addKeys(want, "At the top", reflect.TypeFor[settings]())
	addKeys(want, "`[profile.NAME]`", reflect.TypeFor[Profile]())
	got := map[string]bool{}
	section := ""
	row := regexp.MustCompile("^\\| (`[a-z_`, ]+`) \\|")
	for line := range strings.Lines(text) {
		if title, ok := strings.CutPrefix(line, "### "); ok {
			section = strings.TrimSpace(title)
		}
		if keys := row.FindStringSubmatch(line); keys != nil {
			for key := range strings.SplitSeq(keys[1], ", ") {
				got[section+" "+strings.Trim(key, "`")] = true
			}
		}
	}
	for key := range want {
		if !got[key] {
			t.Errorf("docs/config.md does not explain %s", key)
		}
	}
	for key := range got {
		if !want[key] {
			t.Errorf("docs/config.md explains %s, which does not exist", key)
		}
	}
}

// addKeys adds "section key" for every key of a type and of those in it.
func addKeys(all map[string]bool, section string, of reflect.Type) {
	for _, f := range fieldsOf(reflect.New(of).Elem()) {
		in := f.value.Type()
		switch {
		case in.Kind() == reflect.Slice && in.Elem().Kind() == reflect.Struct:
			addKeys(all, "`[[profile.NAME."+f.key+"]]`", in.Elem())
		case in.Kind() == reflect.Struct && in != reflect.TypeFor[time.Time]():
			addKeys(all, "`[profile.NAME."+f.key+"]`", in)
		default:
			all[section+" "+f.key] = true
		}
	}
}
