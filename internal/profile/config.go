package profile

import (
	"fmt"
	"reflect"
	"slices"
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
	isNew    bool
}

// settings are the keys at the top of the file.
type settings struct {
	Version    int    `toml:"version"`
	Default    string `toml:"default"`
	Accessible bool   `toml:"accessible"`
}

// freshFile is one that has nothing in it yet.
const freshFile = `# smtpwiz: saved profiles. Passwords are never in here: smtpwiz secret set NAME
version = 1
`

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

// IsNew reports that there is no file yet.
func (c *Config) IsNew() bool { return c.isNew }

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

// ByID returns a copy of the profile whose password has this record, which also
// finds it under a new name. No two share one.
func (c *Config) ByID(id string) (Profile, bool) {
	name := c.owner(id)
	if name == "" {
		return Profile{}, false
	}
	return c.profiles[c.index(name)].clone(), true
}

// owner is the name of the first profile with this record, "" for none.
func (c *Config) owner(id string) string {
	i := slices.IndexFunc(c.profiles, func(p Profile) bool { return id != "" && p.Secret.ID == id })
	if i < 0 {
		return ""
	}
	return c.profiles[i].Name
}

// Lost is a comment or an unknown key that a change takes along.
type Lost struct {
	Line int    // in the text before the change
	Text string // printable
}

// Lost lists what the changes so far take along beyond what they are about:
// removing a profile takes its comments and unknown keys, taking out an
// endpoint its unknown keys. Show it before the change is written.
func (c *Config) Lost() []Lost {
	all := slices.Clone(c.lost)
	for i := range all {
		all[i].Text = printable(all[i].Text)
	}
	return all
}

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
		key := profilesKey + "." + quoteKey(p.Name) + faults[0].key()
		return &Error{Key: key, Text: faults[0].text, hint: faults[0].hint}
	}
	if other := c.owner(p.Secret.ID); other != "" && other != p.Name {
		return &Error{Key: profilesKey + "." + quoteKey(p.Name) + ".secret.id", Text: idFault(other), hint: idHint(p.Name)}
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
	changed := Config{path: c.path, doc: &doc, bom: c.bom, isNew: c.isNew}
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
