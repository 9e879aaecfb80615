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

// mapStrings puts f's result in place of each text in v that may hold "{…}":
// all but those tagged fill:"-". What v shares with others is copied first. f
// gets where the text stands in the file, as "endpoint[0].host".
func mapStrings(v reflect.Value, path string, f func(path, s string) string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(f(path, v.String()))
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.Tag.Get("fill") != "-" {
				mapStrings(v.Field(i), joinKey(path, keyOf(field)), f)
			}
		}
	case reflect.Slice:
		if v.IsNil() {
			return
		}
		own := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(own, v)
		v.Set(own)
		for i := range own.Len() {
			mapStrings(own.Index(i), joinIndex(path, i), f)
		}
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		own := reflect.New(v.Type().Elem())
		own.Elem().Set(v.Elem())
		v.Set(own)
		mapStrings(own.Elem(), path, f)
	}
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
