package preset

import (
	"bytes"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// around is the index of those presets alone in whose files a mail domain
// stands, or one that it may be a slip of. Decoding the others would take
// longer than a whole self-test does.
func (l *Library) around(domain string) *index {
	var presets []*Preset
	var text bytes.Buffer // one for all: fresh memory costs more than the search
	for _, name := range l.Names() {
		if l.read(name, &text); !mentions(text.Bytes(), domain) {
			continue
		}
		if p, err := l.Get(name); err == nil { // a broken file is told when it is asked for
			presets = append(presets, p)
		}
	}
	return indexOf(presets)
}

// read puts a preset's file into text as it is, nothing where it cannot be read.
func (l *Library) read(name string, text *bytes.Buffer) {
	text.Reset()
	if l.userDir != "" {
		if data, err := readFile(filepath.Join(l.userDir, name+extension)); err == nil {
			text.Write(data)
			return
		}
	}
	if f, err := l.builtin.Open(name + extension); err == nil {
		_, _ = text.ReadFrom(f) // what is embedded can be read
		_ = f.Close()
	}
}

// mentions reports whether a domain, or one a slip away, is a word of a text. It
// may be wrong in one direction only: escapes can spell any domain.
func mentions(text []byte, domain string) bool {
	if bytes.Contains(text, []byte(`\u`)) || bytes.Contains(text, []byte(`\U`)) || !strings.Contains(domain, ".") {
		return true
	}
	for at := 0; ; { // what is near a name with a dot has one
		dot := bytes.IndexByte(text[at:], '.')
		if dot < 0 {
			return false
		}
		from, to := at+dot, at+dot+1
		for from > 0 && partOfDomain(text[from-1]) {
			from--
		}
		for to < len(text) && partOfDomain(text[to]) {
			to++
		}
		if isNear(text[from:to], domain) || bytes.ContainsFunc(text[from:to], notASCII) && isQuoted(text, from, to) {
			return true
		}
		at = to
	}
}

// isQuoted tells a string of TOML from words of a sentence. One of several lines
// may stand apart from its quotes.
func isQuoted(text []byte, from, to int) bool {
	if bytes.Contains(text, []byte(`"""`)) || bytes.Contains(text, []byte(`'''`)) {
		return true
	}
	return from > 0 && to < len(text) && text[from-1] == text[to] && (text[to] == '"' || text[to] == '\'')
}

func partOfDomain(c byte) bool {
	return c >= 'a' && c <= 'z' || c == '.' || c == '-' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= utf8.RuneSelf
}

// isNear compares lengths first: that spares nearly all words the rest.
func isNear(word []byte, domain string) bool {
	const most = len("x") + len(".") // one letter amiss, and a final dot
	if d := len(word) - len(domain); d < -most || d > most {
		return false
	}
	known := strings.TrimSuffix(strings.ToLower(string(word)), ".")
	return known == domain || slip(domain, known)
}

func notASCII(r rune) bool { return r >= utf8.RuneSelf }
