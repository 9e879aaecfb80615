package preset

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// domainsFile lists the mail domains of the built-in presets: a line each, the
// name first. Reading them all off the presets would take a good part of a whole
// self-test; a test holds the list to them and writes it.
const domainsFile = "domains.txt"

// around is the index of those presets alone that have a mail domain, or one
// that it may be a slip of; a few others may be among them.
func (l *Library) around(domain string) *index {
	names := append(l.builtinAround(domain), l.ownAround(domain)...)
	slices.Sort(names)
	var presets []*Preset
	for _, name := range slices.Compact(names) {
		if p, err := l.Get(name); err == nil { // a broken file is told when it is asked for
			presets = append(presets, p)
		}
	}
	return indexOf(presets)
}

// builtinAround are the presets of the list; without one it is all of them.
func (l *Library) builtinAround(domain string) []string {
	list, err := fs.ReadFile(l.builtin, domainsFile)
	if err != nil {
		entries, _ := fs.ReadDir(l.builtin, ".")
		return namesOf(entries)
	}
	var names []string
	for line := range bytes.Lines(list) {
		name, domains, _ := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
		for known := range bytes.SplitSeq(domains, []byte(" ")) {
			if isNear(domain, string(known)) {
				names = append(names, string(name))
				break
			}
		}
	}
	return names
}

// ownAround are those of the user's own in whose files such a domain stands.
func (l *Library) ownAround(domain string) []string {
	if l.userDir == "" {
		return nil
	}
	entries, _ := os.ReadDir(l.userDir) // a folder that cannot be read holds no presets
	return slices.DeleteFunc(namesOf(entries), func(name string) bool {
		text, err := readFile(filepath.Join(l.userDir, name+extension))
		return err != nil || !mentions(text, domain)
	})
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
		known := strings.TrimSuffix(strings.ToLower(string(text[from:to])), ".")
		if isNear(domain, known) || bytes.ContainsFunc(text[from:to], notASCII) && isQuoted(text, from, to) {
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

// isNear reports whether a domain is the known one, or may be a slip of it.
func isNear(domain, known string) bool { return domain == known || slip(domain, known) }

func notASCII(r rune) bool { return r >= utf8.RuneSelf }
