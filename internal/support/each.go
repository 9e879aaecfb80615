package support

import (
	"reflect"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Map returns a copy of the case in which f was applied to every text, wherever
// it stands; names that are ours, such as stages and causes, stay. It goes by
// the types and not by the fields, so that no field that comes later is left
// out. Passwords are dropped on the way.
func (c Case) Map(f func(string) string) Case {
	return mapped(reflect.ValueOf(c), f).Interface().(Case)
}

var (
	plainText = reflect.TypeFor[string]()
	mailbox   = reflect.TypeFor[submission.Address]()
	password  = reflect.TypeFor[submission.Secret]()
)

func mapped(v reflect.Value, f func(string) string) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	switch {
	case v.Type() == plainText:
		out.SetString(f(v.String()))
		return out
	case v.Type() == mailbox:
		out.Set(reflect.ValueOf(mappedAddress(v.Interface().(submission.Address), f)))
		return out
	case v.Type() == password:
		return out
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(mapped(v.Elem(), f))
		}
	case reflect.Struct:
		out.Set(v) // what is not exported, as in a time
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				out.Field(i).Set(mapped(v.Field(i), f))
			}
		}
	case reflect.Slice:
		if !v.IsNil() {
			out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			for i := range v.Len() {
				out.Index(i).Set(mapped(v.Index(i), f))
			}
		}
	case reflect.Map:
		if !v.IsNil() {
			out.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
			for entries := v.MapRange(); entries.Next(); {
				out.SetMapIndex(mapped(entries.Key(), f), mapped(entries.Value(), f))
			}
		}
	default:
		out.Set(v)
	}
	return out
}

// mappedAddress maps an address as a whole, since its halves alone are not
// recognised as one.
func mappedAddress(a submission.Address, f func(string) string) submission.Address {
	if a == (submission.Address{}) {
		return a
	}
	text := f(a.String())
	if text == a.String() {
		return a
	}
	if other, err := submission.ParseAddress(text); err == nil {
		return other
	}
	return submission.Address{Local: text} // no address any more, and not to be read as one
}
