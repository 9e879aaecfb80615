package export

import (
	"fmt"
	"strings"
)

var assignment = lazily(`^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=(.*)$`)

func readEnv(l *linter, all []line) []*account {
	return l.accountsOf(scan(all, "#", func(at line) []setting {
		m := assignment().FindStringSubmatch(at.text)
		if m == nil {
			return nil
		}
		return []setting{l.envSetting(at, m[1], m[2])}
	}))
}

// envSetting reads a value as the shells and libraries do that read .env files.
func (l *linter) envSetting(at line, name, text string) setting {
	v := setting{name: strings.ToUpper(name), line: at.number, literal: true}
	account, r := roleOf(v.name)
	ours := account != "" && r != noRole
	text = strings.TrimSpace(text)
	ending := quoteClosed
	switch {
	case strings.HasPrefix(text, "'"):
		v.quoted = true
		v.value, ending = unquoteShell(text)
	case strings.HasPrefix(text, `"`):
		v.quoted = true
		v.value, v.literal, ending = unquoteDouble(text)
		if ours && !v.literal && r == rolePassword && !isReference(v.value) {
			l.find(at.number, fmt.Sprintf("the $ in the value of %s begins a variable: put it between single quotes", name))
		}
	default:
		v.value = text
		if cut, _, commented := strings.Cut(text, " #"); commented {
			v.value = strings.TrimSpace(cut)
		}
		v.literal = !variableStart().MatchString(v.value)
		if ours {
			l.judgeBare(at.number, name, v.value, r)
		}
	}
	if ours && ending != quoteClosed {
		l.find(at.number, fmt.Sprintf(string(ending), name))
	}
	v.shown = name + "=" + v.value
	return v
}

// quoteEnding is how a value in quotes ends: what is wrong with that.
type quoteEnding string

const (
	quoteClosed quoteEnding = ""
	quoteOpen   quoteEnding = "the quote at the value of %s is not closed in its line"
	quoteWithin quoteEnding = "the value of %s goes on behind the closing quote: put it between single quotes"
)

// variableStart is where a value begins to be another's.
var variableStart = lazily(`\$[A-Za-z_{(]`)

// reference is a value that is nothing but another's, which is what was meant.
var reference = lazily(`^\$(\{[^}]+\}|[A-Za-z_][A-Za-z0-9_]*|\(.*\))$`)

func isReference(s string) bool { return reference().MatchString(s) }

func (l *linter) judgeBare(at int, name, value string, r role) {
	switch {
	case r == roleURL:
	case strings.Contains(value, "$") && !isReference(value):
		l.find(at, fmt.Sprintf("the $ in the value of %s stands unquoted and begins a variable: put the value between single quotes", name))
	case strings.Contains(value, "#"):
		l.find(at, fmt.Sprintf("the # in the value of %s stands unquoted and begins a comment for many readers: put the value between single quotes", name))
	case strings.ContainsAny(value, " \t"):
		l.find(at, fmt.Sprintf("the value of %s has blanks: put it between quotes", name))
	}
}

// unquoteShell reads a word of the shell: 'a', and a ' in it as '\”.
func unquoteShell(s string) (string, quoteEnding) {
	var b strings.Builder
	inside := false
	for ; s != ""; s = s[1:] {
		switch {
		case s[0] == '\'':
			inside = !inside
		case !inside && strings.HasPrefix(s, `\'`):
			b.WriteByte('\'')
			s = s[1:]
		case !inside && (s[0] == ' ' || s[0] == '#'):
			return b.String(), quoteClosed
		default:
			b.WriteByte(s[0])
		}
	}
	if inside {
		return b.String(), quoteOpen
	}
	return b.String(), quoteClosed
}

// unquoteDouble reads "a\"b" up to the closing quote. It is not literal where a
// variable stands in it.
func unquoteDouble(s string) (value string, literal bool, ending quoteEnding) {
	literal = true
	var b strings.Builder
	i := 1
	for ; i < len(s) && s[i] != '"'; i++ {
		if s[i] == '\\' && i+1 < len(s) && strings.IndexByte("\\\"$`'", s[i+1]) >= 0 {
			i++
		} else if s[i] == '$' && variableStart().MatchString(s[i:min(i+2, len(s))]) {
			literal = false
		}
		b.WriteByte(s[i])
	}
	switch {
	case i >= len(s):
		ending = quoteOpen
	case i+1 < len(s) && !strings.ContainsRune(" \t#", rune(s[i+1])):
		ending = quoteWithin
	}
	return b.String(), literal, ending
}
