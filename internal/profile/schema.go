package profile

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// The keys of the file are the tags of our types; what follows walks those.

// field is a key and the part of a struct that it stands for.
type field struct {
	key   string
	value reflect.Value
}

// fieldsOf lists the keys of a struct; an embedded struct's are among them.
// Types from elsewhere have the same names in tags for JSON.
func fieldsOf(v reflect.Value) []field {
	var fields []field
	for i := range v.NumField() {
		f := v.Type().Field(i)
		key := cmp.Or(f.Tag.Get("toml"), f.Tag.Get("json"))
		switch {
		case f.Anonymous:
			fields = append(fields, fieldsOf(v.Field(i))...)
		case key != "-":
			fields = append(fields, field{key, v.Field(i)})
		}
	}
	return fields
}

// encode is what the file should say for a struct.
func encode(v reflect.Value) table {
	var t table
	for _, f := range fieldsOf(v) {
		t = append(t, entry{f.key, encodeValue(f.value)})
	}
	return t
}

func encodeProfile(p Profile) table { return encode(reflect.ValueOf(p)) }

// encodeValue leaves the zero value out, as nil.
func encodeValue(v reflect.Value) any {
	switch value := v.Interface().(type) {
	case time.Time:
		if value.IsZero() {
			return nil
		}
		return literal(normalTime(value).Format(time.RFC3339))
	case time.Duration:
		if value == 0 {
			return nil
		}
		return quote(durationText(value))
	}
	switch {
	case v.Kind() == reflect.Struct:
		return encode(v)
	case v.Kind() == reflect.Slice:
		items := list{}
		for i := range v.Len() {
			items = append(items, encodeItem(v.Index(i)))
		}
		return items
	case v.IsZero():
		return nil
	case v.Kind() == reflect.String:
		return quote(v.String())
	}
	return literal(fmt.Sprint(v.Interface()))
}

// encodeItem keeps the place of an item also where it is zero.
func encodeItem(v reflect.Value) any {
	if value := encodeValue(v); value != nil {
		return value
	}
	return quote("")
}

// durationText is shorter than Duration.String: 2m, not 2m0s.
func durationText(d time.Duration) string {
	s := d.String()
	if short, ok := strings.CutSuffix(s, "m0s"); ok {
		s = short + "m"
	}
	if short, ok := strings.CutSuffix(s, "h0m"); ok {
		s = short + "h"
	}
	return s
}

// decoder fills structs from nodes.
type decoder struct {
	unknown []*node                                 // keys that no field has
	wrong   func(n *node, text string, hint string) // told of every value of a wrong type
}

func (d *decoder) table(n *node, v reflect.Value) {
	fields := fieldsOf(v)
	for _, m := range n.members {
		i := slices.IndexFunc(fields, func(f field) bool { return f.key == m.name })
		if i < 0 {
			d.unknown = append(d.unknown, m)
			continue
		}
		d.value(m, fields[i].value)
	}
}

func (d *decoder) value(n *node, v reflect.Value) {
	switch into := v.Addr().Interface().(type) {
	case *time.Time:
		d.time(n, into)
		return
	case *time.Duration:
		d.duration(n, into)
		return
	}
	switch v.Kind() {
	case reflect.String:
		if s, ok := n.value.(string); ok {
			v.SetString(s)
			return
		}
		d.wrong(n, "it is not a text", fmt.Sprintf(`a text in quotes, as %s = "…"`, n.label()))
	case reflect.Int:
		if i, ok := n.value.(int64); ok && int64(int32(i)) == i {
			v.SetInt(i)
			return
		}
		d.wrong(n, "it is not a whole number", "a whole number without quotes, as "+n.label()+" = 4")
	case reflect.Bool:
		if b, ok := n.value.(bool); ok {
			v.SetBool(b)
			return
		}
		d.wrong(n, "it is neither true nor false", "true or false, without quotes")
	case reflect.Struct:
		if n.kind == tableKind {
			d.table(n, v)
			return
		}
		d.wrong(n, "it is not a table", "["+keyText(n)+"] on a line, and its keys below")
	case reflect.Slice:
		d.list(n, v)
	}
}

func (d *decoder) list(n *node, v reflect.Value) {
	hint := fmt.Sprintf(`as %s = ["…"]`, n.label())
	if v.Type().Elem().Kind() == reflect.Struct {
		hint = "[[" + keyText(n) + "]] on a line, and its keys below"
	}
	if n.kind != arrayKind {
		d.wrong(n, "it is not a list", hint)
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.members), len(n.members)))
	for i, m := range n.members {
		d.value(m, v.Index(i))
	}
}

func (d *decoder) time(n *node, into *time.Time) {
	switch value := n.value.(type) {
	case time.Time:
		*into = value
		return
	case string:
		if t, err := parseTime(value); err == nil {
			*into = t
			return
		}
	}
	d.wrong(n, "it is not a time with its zone", "as "+n.label()+" = 2026-01-31T12:00:00Z")
}

func (d *decoder) duration(n *node, into *time.Duration) {
	if s, ok := n.value.(string); ok {
		if t, err := time.ParseDuration(s); err == nil {
			*into = t
			return
		}
	}
	d.wrong(n, "it is not a length of time", "as "+n.label()+` = "15s"`)
}

// label is the key to show in an example: an item's is that of its array.
func (n *node) label() string {
	for n.parent != nil && n.parent.kind == arrayKind {
		n = n.parent
	}
	return n.name
}
