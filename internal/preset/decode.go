package preset

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// Problem is one thing wrong in a preset's file.
type Problem struct {
	Line   int    `json:"line"`   // from 1
	Column int    `json:"column"` // from 1, in characters
	What   string `json:"what"`   // is wrong
	Want   string `json:"want"`   // what would be right
}

func (p Problem) String() string {
	return fmt.Sprintf("%d:%d: %s; want %s", p.Line, p.Column, p.What, p.Want)
}

// InvalidError is a file with problems; there is at least one.
type InvalidError struct {
	Path     string
	Problems []Problem
}

func (e *InvalidError) Error() string {
	more := ""
	if n := len(e.Problems) - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	return fmt.Sprintf("%s:%s%s", e.Path, e.Problems[0], more)
}

// Decode reads a preset's file. It is strict: any problem that Check would
// find makes it return an *InvalidError. The path names the file in errors and
// becomes the Origin.
func Decode(data []byte, path string) (*Preset, error) {
	p, problems := decode(data, path)
	if len(problems) > 0 {
		return nil, &InvalidError{Path: path, Problems: problems}
	}
	p.Origin = path
	return p, nil
}

// Check returns everything that is wrong in a preset's file, in the order of
// the lines. After an error in the syntax there is nothing else to tell. The
// path gives the name that the preset must have; "" or "-" is no file.
func Check(data []byte, path string) []Problem {
	_, problems := decode(data, path)
	return problems
}

func decode(data []byte, path string) (*Preset, []Problem) {
	d := &decoder{data: data, places: map[string]int{}, told: map[string]bool{}}
	root, err := parseTree(data)
	if err != nil {
		d.syntax(err)
		return nil, d.problems
	}
	p := new(Preset)
	d.table(root, reflect.ValueOf(p).Elem(), "")
	c := &checker{decoder: d, p: p, root: root}
	c.check(path)
	slices.SortStableFunc(d.problems, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return p, d.problems
}

// decoder fills a Preset from a tree as far as the tree goes, and collects what
// does not fit: go-toml's own decoder stops at the first value of a wrong type.
type decoder struct {
	data     []byte
	places   map[string]int  // where the value of a path stands
	told     map[string]bool // paths whose problem is reported: what follows from it is not
	problems []Problem
}

func (d *decoder) table(n *node, v reflect.Value, path string) {
	for _, key := range n.keys {
		child := n.fields[key]
		field, known := fieldByKey(v, key)
		if !known {
			d.unknown(child, path, key, keysOf(v.Type()))
			continue
		}
		d.value(child, field, joinKey(path, key))
	}
}

func (d *decoder) value(n *node, v reflect.Value, path string) {
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	d.places[path] = n.at
	if n.kind != kindOf(v) {
		d.report(n.at, fmt.Sprintf("%s is %s", path, a(n)), example(v, path))
		d.told[path] = true
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(n.text)
	case reflect.Bool:
		v.SetBool(n.text == "true")
	case reflect.Int:
		i, err := strconv.ParseInt(n.text, 0, 32)
		if err != nil {
			d.report(n.at, fmt.Sprintf("%s is out of range", path), "a number under two thousand million")
		}
		v.SetInt(i)
	case reflect.Struct:
		d.table(n, v, path)
	case reflect.Map:
		d.texts(n, v, path)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), len(n.items), len(n.items)))
		for i, item := range n.items {
			d.value(item, v.Index(i), joinIndex(path, i))
		}
	}
}

// texts fills a map of strings.
func (d *decoder) texts(n *node, v reflect.Value, path string) {
	v.Set(reflect.MakeMap(v.Type()))
	for _, key := range n.keys {
		text := reflect.New(v.Type().Elem()).Elem()
		d.value(n.fields[key], text, joinKey(path, key))
		v.SetMapIndex(reflect.ValueOf(key), text)
	}
}

func kindOf(v reflect.Value) unstable.Kind {
	switch v.Kind() {
	case reflect.String:
		return unstable.String
	case reflect.Bool:
		return unstable.Bool
	case reflect.Int:
		return unstable.Integer
	case reflect.Slice:
		return unstable.Array
	}
	return unstable.Table
}

// a names the kind of a value for a person.
func a(n *node) string {
	switch n.kind {
	case unstable.String:
		return "a text"
	case unstable.Integer, unstable.Float:
		return "the number " + n.text
	case unstable.Bool:
		return n.text
	case unstable.Array:
		return "a list"
	case unstable.Table:
		return "a table"
	}
	return "the date or time " + n.text
}

// example shows what belongs at a path, as it is written in the file.
func example(v reflect.Value, path string) string {
	key := path[strings.LastIndexByte(path, '.')+1:]
	key, _, inList := strings.Cut(key, "[")
	switch {
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
		return fmt.Sprintf("a table under [[%s]]", plainPath(path))
	case v.Kind() == reflect.Slice:
		return fmt.Sprintf("a list of texts: %s = [\"…\"]", key)
	case v.Kind() == reflect.Struct && !inList:
		return fmt.Sprintf("a table under [%s]", plainPath(path))
	case v.Kind() == reflect.Struct, v.Kind() == reflect.Map:
		return fmt.Sprintf("a table: %s = { … }", key)
	case v.Kind() == reflect.Int:
		return fmt.Sprintf("a number: %s = 1", key)
	case v.Kind() == reflect.Bool:
		return fmt.Sprintf("true or false, without quotation marks: %s = true", key)
	case inList:
		return "a text in quotation marks"
	}
	return fmt.Sprintf("a text in quotation marks: %s = \"…\"", key)
}

// plainPath is a path without the positions in lists: "reply.fix".
func plainPath(path string) string {
	var b strings.Builder
	for rest := path; rest != ""; {
		before, after, _ := strings.Cut(rest, "[")
		b.WriteString(before)
		_, rest, _ = strings.Cut(after, "]")
	}
	return b.String()
}

func fieldByKey(v reflect.Value, key string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if k := keyOf(v.Type().Field(i)); k != "" && k == key {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

func keysOf(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		if k := keyOf(t.Field(i)); k != "" {
			keys = append(keys, k)
		}
	}
	return keys
}

func (d *decoder) unknown(n *node, table, key string, known []string) {
	near := nearest(strings.ToLower(key), known)
	d.told[joinKey(table, near)] = near != ""
	d.report(n.keyAt, fmt.Sprintf("unknown key %q", joinKey(table, key)), cmp.Or(near, oneOf(known)))
}

// oneOf lists what may stand somewhere: "a, b or c".
func oneOf(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

func (d *decoder) syntax(err error) {
	var at *toml.DecodeError
	if !errors.As(err, &at) {
		d.report(0, "not TOML: "+err.Error(), "a file in TOML, see https://toml.io")
		return
	}
	row, column := at.Position()
	lines := strings.SplitAfter(string(d.data), "\n")
	offset := column - 1
	for _, line := range lines[:min(max(row-1, 0), len(lines))] {
		offset += len(line)
	}
	d.report(offset, "not TOML: "+strings.TrimPrefix(at.Error(), "toml: "), "a line that TOML allows, see https://toml.io")
}

// report notes a problem at a byte offset.
func (d *decoder) report(offset int, what, want string) {
	before := string(d.data[:min(max(offset, 0), len(d.data))])
	lineStart := strings.LastIndexByte(before, '\n') + 1
	d.problems = append(d.problems, Problem{
		Line:   strings.Count(before, "\n") + 1,
		Column: utf8.RuneCountInString(before[lineStart:]) + 1,
		What:   what,
		Want:   want,
	})
}

// reportAt notes a problem at the value of a path, or at the nearest table
// around it that is in the file.
func (d *decoder) reportAt(path, what, want string) {
	if d.told[path] {
		return
	}
	for {
		if offset, ok := d.places[path]; ok || path == "" {
			d.report(offset, what, want)
			return
		}
		path = path[:max(strings.LastIndexByte(path, '.'), 0)]
	}
}
