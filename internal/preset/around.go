package preset

import (
	"bytes"
	"io/fs"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// around is the index of those presets alone in whose files a mail domain
// stands, or one that it may be a slip of. Decoding the others would take
// longer than a whole self-test does.
func (l *Library) around(domain string) *index {
	var presets []*Preset
	for _, name := range l.Names() {
		if !mentions(l.text(name), domain) {
			continue
		}
		if p, err := l.Get(name); err == nil { // a broken file is told when it is asked for
			presets = append(presets, p)
		}
	}
	return indexOf(presets)
}

// text is a preset's file as it is, nil where it cannot be read.
func (l *Library) text(name string) []byte {
	if l.userDir != "" {
		if data, err := readFile(filepath.Join(l.userDir, name+extension)); err == nil {
			return data
		}
	}
	data, _ := fs.ReadFile(l.builtin, name+extension)
	return data
}

// mentions reports whether a domain, or one a slip away, is a word of a text. It
// may be wrong in one direction only: escapes and letters beyond ASCII can spell
// any domain.
func mentions(text []byte, domain string) bool {
	if bytes.Contains(text, []byte(`\u`)) || bytes.Contains(text, []byte(`\U`)) {
		return true
	}
	start := 0
	for i, c := range text {
		if partOfDomain(c) {
			continue
		}
		if isNear(text[start:i], domain) {
			return true
		}
		start = i + 1
	}
	return isNear(text[start:], domain)
}

func partOfDomain(c byte) bool {
	return c >= 'a' && c <= 'z' || c == '.' || c == '-' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= utf8.RuneSelf
}

// isNear compares lengths first: that spares nearly all words the rest.
func isNear(word []byte, domain string) bool {
	const most = len("x") + len(".") // one letter amiss, and a final dot
	if d := len(word) - len(domain); d >= -most && d <= most {
		known := strings.TrimSuffix(strings.ToLower(string(word)), ".")
		return known == domain || slip(domain, known) || strings.ContainsFunc(known, notASCII)
	}
	return bytes.ContainsFunc(word, notASCII) && bytes.IndexByte(word, '.') > 0
}

func notASCII(r rune) bool { return r >= utf8.RuneSelf }
