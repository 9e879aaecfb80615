package profile

import (
	"fmt"
	"strings"
	"unicode"
)

// quote writes a text as TOML. A path of Windows, full of backslashes, is
// written literally; what cannot be seen is written as an escape.
func quote(s string) literal {
	visible := !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
	if visible && strings.Contains(s, `\`) && !strings.Contains(s, "'") {
		return literal("'" + s + "'")
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	return literal(`"` + b.String() + `"`)
}

// quoteKey writes a part of a key, bare where TOML allows that.
func quoteKey(s string) string {
	bare := func(r rune) bool {
		return r == '_' || r == '-' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
	}
	if s != "" && strings.TrimLeftFunc(s, bare) == "" {
		return s
	}
	return string(quote(s))
}

// header writes [a.b] or [[a.b]].
func header(open string, path []string, end string) string {
	keys := make([]string, len(path))
	for i, name := range path {
		keys[i] = quoteKey(name)
	}
	return open + strings.Join(keys, ".") + end
}

// sections writes a table under its header, and below it the tables and lists
// of tables that it holds, as lines.
func sections(path []string, open, end string, t table) []string {
	lines := []string{header(open, path, end)}
	var below []string
	for _, e := range t {
		switch v := e.value.(type) {
		case literal:
			lines = append(lines, e.key+" = "+string(v))
		case table:
			if !v.isEmpty() {
				below = append(append(below, ""), sections(join(path, e.key), "[", "]", v)...)
			}
		case list:
			if len(v) == 0 {
				continue
			}
			if _, isTable := v[0].(table); !isTable {
				lines = append(lines, e.key+" = "+inlineText(v))
				continue
			}
			for _, item := range v {
				below = append(append(below, ""), sections(join(path, e.key), "[[", "]]", item.(table))...)
			}
		}
	}
	return append(lines, below...)
}

// inlineText writes a value in one line.
func inlineText(value any) string {
	switch v := value.(type) {
	case literal:
		return string(v)
	case list:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = inlineText(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case table:
		var pairs []string
		for _, e := range v {
			if text := inlineText(e.value); text != "" && text != "[]" && text != "{}" {
				pairs = append(pairs, e.key+" = "+text)
			}
		}
		if len(pairs) == 0 {
			return "{}"
		}
		return "{ " + strings.Join(pairs, ", ") + " }"
	}
	return ""
}
