package export

import "strings"

// Programs are read line by line for the few lines that set up mail.

// literalIn reads the literal at the beginning of an expression: a string in
// quotes, a number, a word. What is not literal (a variable, a call) is not.
func literalIn(expression string) (value string, literal, isString bool) {
	e := strings.TrimSpace(expression)
	if e == "" {
		return "", false, false
	}
	if quote := e[0]; quote == '"' || quote == '\'' || quote == '`' {
		var b strings.Builder
		for i := 1; i < len(e); i++ {
			switch {
			case e[i] == '\\' && i+1 < len(e):
				i++
				b.WriteByte(e[i])
			case e[i] == quote:
				rest := strings.TrimLeft(e[i+1:], " ")
				return b.String(), rest == "" || strings.IndexByte(",;)}#/]", rest[0]) >= 0, true
			default:
				b.WriteByte(e[i])
			}
		}
		return "", false, true
	}
	word := wordLiteral().FindString(e)
	rest := strings.TrimLeft(e[len(word):], " ")
	return word, word != "" && (rest == "" || strings.IndexByte(",;)}#/]", rest[0]) >= 0), false
}

var wordLiteral = lazily(`^(?:[0-9]+|true|false|True|False|TRUE|FALSE|null|None|NULL)\b`)

func codeSetting(at line, name, separator, expression string) setting {
	value, literal, isString := literalIn(expression)
	shown := value
	if isString {
		shown = "'" + value + "'"
	}
	return setting{line: at.number, name: name, shown: name + separator + shown, value: value, literal: literal, quoted: isString}
}

// withoutComment cuts a comment off that does not stand in quotes.
func withoutComment(text, mark string) string {
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case strings.HasPrefix(text[i:], mark):
			return text[:i]
		}
	}
	return text
}
