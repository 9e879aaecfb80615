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

// Version is the version of the file that this program writes and reads.
const Version = 1

// Config is what the file says. Its methods change it in memory; Store.Update
// writes it.
type Config struct {
	path     string
	doc      *document
	settings settings
	profiles []Profile // in the order of the file
	unknown  []*node
	lost     []Lost
	bom      bool // the text began with a byte order mark
}

// settings are the keys at the top of the file.
type settings struct {
	Version    int    `toml:"version"`
	Default    string `toml:"default"`
	Accessible bool   `toml:"accessible"`
}

const profilesKey = "profile"

// freshFile is one that has nothing in it yet.
const freshFile = `# smtpwiz: saved profiles. Passwords are never in here: smtpwiz secret set NAME
version = 1
`

const byteOrderMark = "\ufeff" // some editors put one in front

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
		c.doc, err = parseDocument(text)
	}
	if err == nil {
		return nil
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

// printable leaves out what does not belong on a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
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
	}
	if _, err := c.Get(c.settings.Default); c.settings.Default != "" && err != nil {
		wrong(c.doc.at("default"), err.Error(), "the name of a profile, or no such line")
	}
}

// locate points to the value of a fault, or to the table that lacks it.
func (c *Config) locate(n *node, fault problem, wrong func(n *node, text, hint string)) {
	for i, name := range fault.path {
		next := n.member(name)
		if next == nil {
			fault.text = strings.Join(fault.path[i:], ".") + ": " + fault.text
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

// text is the file's new text, with its version.
func (c *Config) text() ([]byte, error) {
	next := state{c.settings, c.profiles}
	next.settings.Version = Version
	if err := c.change(next, func(*document) error { return nil }); err != nil {
		return nil, err
	}
	if c.bom {
		return append([]byte(byteOrderMark), c.doc.text...), nil
	}
	return c.doc.text, nil
}

// Default is the name of the profile that is meant when none is named, or "".
func (c *Config) Default() string { return c.settings.Default }

// Accessible reports whether questions are to be asked line by line.
func (c *Config) Accessible() bool { return c.settings.Accessible }

// Profiles are all of them in the order of the file, as copies.
func (c *Config) Profiles() []Profile {
	all := make([]Profile, len(c.profiles))
	for i, p := range c.profiles {
		all[i] = p.clone()
	}
	return all
}

// Names are those of the profiles, in the order of the file.
func (c *Config) Names() []string {
	names := make([]string, len(c.profiles))
	for i, p := range c.profiles {
		names[i] = p.Name
	}
	return names
}

// Get returns a copy of a profile, or an *UnknownError.
func (c *Config) Get(name string) (Profile, error) {
	if i := c.index(name); i >= 0 {
		return c.profiles[i].clone(), nil
	}
	return Profile{}, &UnknownError{Name: name, Nearest: nearest(name, c.Names()), None: len(c.profiles) == 0}
}

func (c *Config) index(name string) int { return slices.Index(c.Names(), name) }

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
	t := table{}
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

// Lost is a comment or an unknown key that a change takes along.
type Lost struct {
	Line int // in the text before the change
	Text string
}

// Lost lists what the changes so far take along beyond what they are about:
// removing a profile takes its comments and unknown keys, taking out an
// endpoint its unknown keys. Show it before the change is written.
func (c *Config) Lost() []Lost { return slices.Clone(c.lost) }

// Put saves a profile, in the place of the one of its name if there is one. It
// makes the names of files absolute. The first profile becomes the default.
func (c *Config) Put(p Profile) error {
	p = p.clone()
	if err := CheckName(p.Name); err != nil {
		return err
	}
	if err := p.absolute(); err != nil {
		return err
	}
	p.normalize()
	if faults := p.check(); len(faults) > 0 {
		key := strings.Join(append([]string{profilesKey, quoteKey(p.Name)}, faults[0].path...), ".")
		return &Error{Key: key, Text: faults[0].text, hint: faults[0].hint}
	}
	next := state{c.settings, slices.Clone(c.profiles)}
	have := encodeProfile(Profile{})
	if i := c.index(p.Name); i >= 0 {
		have = encodeProfile(c.profiles[i])
		next.profiles[i] = p
	} else if next.profiles = append(next.profiles, p); len(next.profiles) == 1 {
		next.settings.Default = p.Name
	}
	return c.change(next, func(d *document) error {
		path := []string{profilesKey, p.Name}
		if err := d.syncTable(path, have, encodeProfile(p)); err != nil || d.at(path...) != nil {
			return err
		}
		return d.insertTable(path, table{}) // nothing was left of it: say at least that it is there
	})
}

// Remove takes a profile out, and hands its being the default on to the only
// one left, or to none. Its password rests elsewhere and is not touched.
func (c *Config) Remove(name string) error {
	if _, err := c.Get(name); err != nil {
		return err
	}
	i := c.index(name)
	next := state{c.settings, slices.Delete(slices.Clone(c.profiles), i, i+1)}
	if next.settings.Default == name {
		next.settings.Default = ""
		if len(next.profiles) == 1 {
			next.settings.Default = next.profiles[0].Name
		}
	}
	return c.change(next, func(d *document) error { return d.removeSections([]string{profilesKey, name}) })
}

// Rename gives a profile another name; it stays the default if it was.
func (c *Config) Rename(name, to string) error {
	if _, err := c.Get(name); err != nil {
		return err
	}
	if err := CheckName(to); err != nil {
		return err
	}
	if name == to {
		return nil
	}
	if c.index(to) >= 0 {
		return &ExistsError{to}
	}
	next := state{c.settings, slices.Clone(c.profiles)}
	next.profiles[c.index(name)].Name = to
	if next.settings.Default == name {
		next.settings.Default = to
	}
	return c.change(next, func(d *document) error { return d.rename([]string{profilesKey, name}, to) })
}

// SetDefault names the default profile; "" is none.
func (c *Config) SetDefault(name string) error {
	if _, err := c.Get(name); name != "" && err != nil {
		return err
	}
	next := state{c.settings, c.profiles}
	next.settings.Default = name
	return c.change(next, func(*document) error { return nil })
}

// SetAccessible keeps the preference to be asked line by line.
func (c *Config) SetAccessible(on bool) error {
	next := state{c.settings, c.profiles}
	next.settings.Accessible = on
	return c.change(next, func(*document) error { return nil })
}

// state is what a file says to us.
type state struct {
	settings settings
	profiles []Profile
}

// equal compares what would be written, in whatever order.
func (s state) equal(t state) bool {
	said := func(profiles []Profile) map[string]table {
		all := map[string]table{}
		for _, p := range profiles {
			all[p.Name] = encodeProfile(p)
		}
		return all
	}
	return s.settings == t.settings && reflect.DeepEqual(said(s.profiles), said(t.profiles))
}

// change edits a copy of the document, with the settings that next asks for,
// and takes it over if it then says next and nothing else. A change that fails
// changes nothing.
func (c *Config) change(next state, edit func(*document) error) error {
	doc := *c.doc
	changed := Config{path: c.path, doc: &doc, bom: c.bom}
	if err := edit(&doc); err != nil {
		return fmt.Errorf("%w: %w", errEdit, err)
	}
	if err := doc.syncTable(nil, encode(reflect.ValueOf(c.settings)), encode(reflect.ValueOf(next.settings))); err != nil {
		return fmt.Errorf("%w: %w", errEdit, err)
	}
	if err := changed.decode(); err != nil {
		return fmt.Errorf("%w: %w", errEdit, err)
	}
	if !next.equal(state{changed.settings, changed.profiles}) {
		return errEdit
	}
	changed.lost = append(slices.Clip(c.lost), c.missingIn(&changed)...)
	*c = changed
	return nil
}

// missingIn lists the comments and unknown keys that after does not have.
func (c *Config) missingIn(after *Config) []Lost {
	left := map[string]int{}
	for _, item := range after.extras() {
		left[item.Text]++
	}
	var lost []Lost
	for _, item := range c.extras() {
		if left[item.Text]--; left[item.Text] < 0 {
			lost = append(lost, item)
		}
	}
	return lost
}

// extras are what the file holds beyond what it says to us.
func (c *Config) extras() []Lost {
	var all []Lost
	add := func(at int, text string) {
		line, _ := c.doc.position(at)
		all = append(all, Lost{line, text})
	}
	for _, comment := range c.doc.comments {
		add(comment.start, string(c.doc.text[comment.start:comment.end]))
	}
	var walk func(n *node)
	walk = func(n *node) {
		switch {
		case n.kind == scalar || n.form == inline:
			add(n.start(), fmt.Sprintf("%s = %s", n.name, c.doc.text[n.text.start:n.text.end]))
		case len(n.members) == 0:
			add(n.start(), n.name)
		}
		if n.form != inline {
			for _, m := range n.members {
				walk(m)
			}
		}
	}
	for _, n := range c.unknown {
		walk(n)
	}
	slices.SortStableFunc(all, func(a, b Lost) int { return a.Line - b.Line })
	return all
}
