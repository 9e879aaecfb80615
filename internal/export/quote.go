package export

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
	"text/template"
	"unicode"
)

// quoting are the functions of the templates: how each kind of file writes a
// text so that its program reads the very same. None of them is ever given a
// control character.
func quoting() template.FuncMap {
	return template.FuncMap{
		"sh":       Shell,
		"json":     jsonString, // also YAML, TOML, JavaScript and Python
		"compose":  func(s string) string { return strings.ReplaceAll(jsonString(s), "$", "$$") },
		"go":       strconv.Quote,
		"single":   single,
		"double":   func(s string) string { return escaped(s, `\"`) }, // git, curl
		"dotenv":   func(s string) string { return escaped(s, `\"$`) },
		"mutt":     func(s string) string { return escaped(s, "\\\"$`") },
		"url":      percent,
		"xml":      xmlText,
		"ini":      iniValue,
		"grafana":  grafanaValue,
		"plain":    plainValue,
		"lower":    strings.ToLower,
		"isASCII":  isASCII,
		"contains": strings.Contains,
		"uuid":     uuid,
		"refuse":   func(why string) (string, error) { return "", &RefusedError{Why: why} },
	}
}

// Shell quotes for POSIX sh: all but the plainest in single quotes.
func Shell(s string) string {
	const safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@_-+.,:/"
	if s != "" && strings.Trim(s, safe) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func jsonString(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil { // a string always can be
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// single quotes for PHP and Ruby, where only \ and ' need a backslash.
func single(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// escaped puts double quotes around a text and a backslash before each of the
// special characters in it.
func escaped(s, special string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		if strings.ContainsRune(special, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	b.WriteByte('"')
	return b.String()
}

// percent encodes all but the unreserved characters (RFC 3986 section 2.3).
func percent(s string) string {
	const unreserved = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
	var b strings.Builder
	for i := range len(s) {
		if strings.IndexByte(unreserved, s[i]) >= 0 {
			b.WriteByte(s[i])
		} else {
			fmt.Fprintf(&b, "%%%02X", s[i])
		}
	}
	return b.String()
}

func xmlText(s string) (string, error) {
	var b strings.Builder
	err := xml.EscapeText(&b, []byte(s))
	return b.String(), err
}

// iniValue quotes for go-ini, which Gitea reads with. It looks for its own
// variables, %(name)s, within quotes too.
func iniValue(s string) (string, error) {
	switch {
	case strings.Contains(s, "%("):
		return "", &RefusedError{Why: `"%(" has a meaning of its own in its files`}
	case !strings.Contains(s, "`"):
		return "`" + s + "`", nil
	case !strings.Contains(s, `"""`) && !strings.HasSuffix(s, `"`):
		return `"""` + s + `"""`, nil
	}
	return "", &RefusedError{Why: "backquotes and quotation marks together cannot be written in its files"}
}

// grafanaValue is iniValue for Grafana, which also fills in ${NAME}.
func grafanaValue(s string) (string, error) {
	if strings.Contains(s, "${") || strings.Contains(s, "$__") {
		return "", &RefusedError{Why: `"${" and "$__" have a meaning of their own in its files`}
	}
	return iniValue(s)
}

// plainValue is for files without quoting, which take the rest of the line but
// for the blanks around it.
func plainValue(s string) (string, error) {
	if s != strings.TrimSpace(s) {
		return "", &RefusedError{Why: "a blank at the beginning or the end cannot be written in its files"}
	}
	return s, nil
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}

// uuid makes the same identifier of the same words (RFC 9562 version 8), so
// that a second import replaces the first.
func uuid(words ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	return strings.ToUpper(fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16]))
}
