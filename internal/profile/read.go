package profile

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/pelletier/go-toml/v2"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

const (
	profilesKey   = "profile"
	byteOrderMark = "\ufeff" // some editors put one in front
)

// parse reads the text of the file; path is for its errors.
func parse(path string, text []byte) (*Config, error) {
	c := &Config{path: path}
	text, c.bom = bytes.CutPrefix(text, []byte(byteOrderMark))
	if err := c.parseTOML(text); err != nil {
		return nil, err
	}
	if err := c.decode(); err != nil {
		return nil, err
	}
	return c, nil
}

// parseTOML lets the library judge the text as a whole first: it knows of keys
// that are there twice and dates that do not exist.
func (c *Config) parseTOML(text []byte) error {
	c.doc = &document{text: text}
	var all map[string]any
	err := toml.Unmarshal(text, &all)
	if err == nil {
		var doc *document
		if doc, err = parseDocument(text); err == nil {
			c.doc = doc
			return nil
		}
	}
	at, message := 0, err.Error()
	if fault := (*toml.DecodeError)(nil); errors.As(err, &fault) {
		row, column := fault.Position()
		at = c.doc.offset(row, column)
	}
	message = strings.TrimPrefix(message, "toml: ")
	line := string(c.doc.text[c.doc.lineStart(at):at])
	if key, _, _ := strings.Cut(line, "="); namesPassword(key) {
		return c.errorAt(c.doc.lineStart(at), "", passwordFault, passwordHint(nil)) // the message could hold some of it
	}
	return c.errorAt(at, "", "it is not TOML: "+printable(message), `a text stands in quotes, as from = "you@example.com"; a key stands once`)
}

// lineStart is where the line of an offset begins.
func (d *document) lineStart(at int) int {
	return strings.LastIndexByte(string(d.text[:at]), '\n') + 1
}

// offset is that of a line and a column in bytes, both from 1.
func (d *document) offset(row, column int) int {
	at := 0
	for ; row > 1; row-- {
		at += strings.IndexByte(string(d.text[at:]), '\n') + 1
	}
	return min(at+column-1, len(d.text))
}

// printable makes one line of what the file holds, fit for a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsPrint(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		}
		return unicode.ReplacementChar
	}, s)
}

func (c *Config) errorAt(offset int, key, text, hint string) *Error {
	line, column := c.doc.position(offset)
	return &Error{Path: c.path, Line: line, Column: column, Key: key, Text: text, hint: hint}
}

// decode fills c from its document and returns the first fault in the file.
func (c *Config) decode() error {
	if err := c.checkVersion(); err != nil {
		return err
	}
	var faults []*Error
	var offsets []int
	wrong := func(n *node, text, hint string) {
		faults = append(faults, c.errorAt(n.start(), keyText(n), text, hint))
		offsets = append(offsets, n.start())
	}
	findPasswords(c.doc.root, wrong)
	d := decoder{wrong: wrong}
	c.settings, c.profiles = settings{}, nil
	d.table(c.doc.root, reflect.ValueOf(&c.settings).Elem())
	d.unknown = slices.DeleteFunc(d.unknown, func(n *node) bool { return n == c.doc.at(profilesKey) })
	c.decodeProfiles(&d)
	c.unknown = d.unknown
	if len(faults) == 0 {
		c.checkAll(wrong)
	}
	if len(faults) == 0 {
		return nil
	}
	return faults[slices.Index(offsets, slices.Min(offsets))]
}

// checkVersion comes first: what a later version says we cannot judge.
func (c *Config) checkVersion() error {
	n := c.doc.at("version")
	if n == nil {
		return nil // written by hand
	}
	v, ok := n.value.(int64)
	switch {
	case ok && v == Version:
		return nil
	case ok && v > Version:
		return c.errorAt(n.start(), "version", fmt.Sprintf("the file is of version %d, and this program knows version %d", v, Version),
			"it was written by a newer smtpwiz: use that one, or name another file with --config")
	}
	return c.errorAt(n.start(), "version", "it is not a version", "version = 1")
}

func (c *Config) decodeProfiles(d *decoder) {
	all := c.doc.at(profilesKey)
	if all == nil {
		return
	}
	if all.kind != tableKind {
		d.wrong(all, "it is not a table", "[profile.NAME] on a line, and its keys below")
		return
	}
	for _, n := range all.members {
		p := Profile{Name: n.name}
		if n.kind != tableKind {
			d.wrong(n, "it is not a profile", "[profile.NAME] on a line, and its keys below")
			continue
		}
		d.table(n, reflect.ValueOf(&p).Elem())
		p.normalize()
		c.profiles = append(c.profiles, p)
	}
}

// checkAll looks at the values, once their types are right.
func (c *Config) checkAll(wrong func(n *node, text, hint string)) {
	for _, p := range c.profiles {
		n := c.doc.at(profilesKey, p.Name)
		if err := (*NameError)(nil); errors.As(CheckName(p.Name), &err) {
			wrong(n, err.Error(), err.Hint())
		}
		for _, fault := range p.check() {
			c.locate(n, fault, wrong)
		}
		if other := c.owner(p.Secret.ID); other != "" && other != p.Name {
			wrong(n.member("secret").member("id"), idFault(other), idHint(p.Name))
		}
	}
	if _, err := c.Get(c.settings.Default); c.settings.Default != "" && err != nil {
		wrong(c.doc.at("default"), err.Error(), "the name of a profile, or no such line")
	}
}

// Two profiles with one record would change and remove each other's password.
func idFault(other string) string {
	return "the profile " + other + " has the same; no two share a password"
}

func idHint(name string) string {
	return "a copied block needs no id: take the line out, then: smtpwiz secret set " + name
}

// locate points to the value of a fault, or to the table that lacks it.
func (c *Config) locate(n *node, fault problem, wrong func(n *node, text, hint string)) {
	for i, name := range fault.path {
		next := n.member(name)
		if next == nil {
			missing := problem{path: fault.path[i:]}.key()
			fault.text = strings.TrimPrefix(missing, ".") + ": " + fault.text
			break
		}
		n = next
	}
	wrong(n, fault.text, fault.hint)
}

// findPasswords refuses keys that look as if a password were their value, and
// never shows that value. A profile may have such a name.
func findPasswords(n *node, wrong func(n *node, text, hint string)) {
	isProfiles := n.name == profilesKey && n.parent != nil && n.parent.parent == nil
	for _, m := range n.members {
		isPlace := m.kind == tableKind && (isProfiles || m.name == "secret")
		if n.kind != tableKind || isPlace || !namesPassword(m.name) {
			findPasswords(m, wrong)
			continue
		}
		key := *m
		key.text = m.names[0] // point to the key: what stands behind it is not looked at
		wrong(&key, passwordFault, passwordHint(m.path()))
	}
}

const passwordFault = "passwords never stand in this file"

func passwordHint(path []string) string {
	name := "NAME"
	if len(path) > 2 && path[0] == profilesKey {
		name = path[1]
	}
	return "take the line out, then: smtpwiz secret set " + name
}

// namesPassword: "password", "Passwd", "smtp-password", "accessToken", "api_key".
func namesPassword(key string) bool {
	words := strings.FieldsFunc(strings.ToLower(key), func(r rune) bool { return !unicode.IsLetter(r) })
	if len(words) == 0 {
		return false
	}
	switch words[len(words)-1] {
	case "pass", "pwd", "pw", "secret", "token":
		return true
	}
	whole := strings.Join(words, "")
	for _, end := range []string{"password", "passwd", "passphrase", "passcode", "apikey", "accesstoken", "refreshtoken"} {
		if strings.HasSuffix(whole, end) {
			return true
		}
	}
	return false
}

// Unknown is a key that means nothing to this program: kept, but of no effect.
type Unknown struct {
	Line, Column int
	Key          string // "profile.work.usernme"
	Nearest      string // the key that may be meant, or ""
}

// Unknown lists the keys that have no effect, in the order of the file.
func (c *Config) Unknown() []Unknown {
	var all []Unknown
	for _, n := range c.unknown {
		at := n.start()
		if len(n.names) > 0 {
			at = n.names[0].start
		}
		line, column := c.doc.position(at)
		all = append(all, Unknown{line, column, keyText(n), nearest(n.name, c.keysBeside(n))})
	}
	slices.SortFunc(all, func(a, b Unknown) int { return cmp.Or(a.Line-b.Line, a.Column-b.Column) })
	return all
}

// keysBeside are the keys that n could have been.
func (c *Config) keysBeside(n *node) []string {
	var t table
	path := n.parent.path()
	switch {
	case len(path) == 0:
		t = append(encode(reflect.ValueOf(settings{})), entry{key: profilesKey})
	case len(path) == 2:
		t = encodeProfile(Profile{})
	case path[2] == "endpoint":
		t = encodeProfile(Profile{Endpoints: make([]submission.Endpoint, 1)}).at("endpoint")
	case path[2] == "incoming":
		t = encodeProfile(Profile{Incoming: make([]Incoming, 1)}).at("incoming")
	default:
		t = encodeProfile(Profile{}).at(path[2])
	}
	var keys []string
	for _, e := range t {
		keys = append(keys, e.key)
	}
	return keys
}
