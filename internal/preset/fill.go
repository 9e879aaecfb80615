package preset

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// What "{…}" may hold besides the names of a region's values.
const (
	hostPlaceholder   = "host" // the customer's own server
	numberPlaceholder = "{n}"  // its number, in a variant's host_pattern
)

var placeholder = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{[a-z_]+\}`) })

// mapStrings returns a deep copy of v with f applied to each text that may hold
// "{…}": all but those tagged fill:"-". f gets where it stands in the file,
// as "endpoint[0].host".
func mapStrings(v reflect.Value, path string, f func(path, s string) string) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.String:
		out.SetString(f(path, v.String()))
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.Tag.Get("fill") != "-" {
				out.Field(i).Set(mapStrings(v.Field(i), joinKey(path, keyOf(field)), f))
			}
		}
	case reflect.Slice:
		if !v.IsNil() {
			out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		}
		for i := range v.Len() {
			out.Index(i).Set(mapStrings(v.Index(i), joinIndex(path, i), f))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(mapStrings(v.Elem(), path, f))
		}
	}
	return out
}

// keyOf is the TOML key of a field, "" for one that is no key.
func keyOf(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("toml"), ",")
	if name == "-" {
		return ""
	}
	return name
}

func joinKey(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func joinIndex(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
