package profile

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// seeds are texts in all the forms that TOML has for the same thing.
var seeds = []string{
	"",
	freshFile,
	"# c\n\n[ profile . 'a' ] # h\n  helo = 'x' # d\n\n# e\n[[profile.a.endpoint]]\nhost = \"h\"\nport = 0x1d1\nsecurity = 'ssl'\nweight = 1\n[profile.a.secret]\nstore = 'file'\n[profile.b]\n",
	"version = 1\r\ndefault = 'b'\r\n[profile]\r\na.helo = 'x'\r\na.secret.store = 'none' # c\r\nb = { helo = 'y', connect_to = ['a:1:b:2', ], mystery = [[1], {x = 2}] }\r\n",
	"profile = { a = { helo = 'x', secret.id = '1' }, b = {} } # c\nother = '''\n[profile.c]\n# no comment\n'''",
	"profile.a = {\n# c\nhelo = 'x', # d\nendpoint = [ # e\n{ host = 'h', port = 465, security = 'ssl' }, # f\n],\n}",
	"[profile.a.proven]\nwhen = 2026-01-31 12:00:00Z\n[[x]]\n[[x.y]]\nz = 1\n[profile.a.mystery]\n[profile.a]\nhelo='x'#c",
	byteOrderMark + "[profile.\"b\\u00fcro\"]\nusername = \"\"\"\\\n  x\"\"\"\ntimeout = '1m'\n",
}

// FuzzLoad: any text is refused with a position, or read such that saving what
// was read changes no byte.
func FuzzLoad(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4<<10 {
			return // the library takes long over many keys
		}
		c, err := parse("config.toml", []byte(text))
		if err != nil {
			var fault *Error
			if !errors.As(err, &fault) || fault.Line < 1 || fault.Column < 1 || fault.Hint() == "" {
				t.Fatalf("no position: %#v", err)
			}
			return
		}
		c.Unknown()
		for _, p := range c.Profiles() {
			if err := c.Put(p); err != nil {
				t.Fatalf("what was read cannot be saved: %v", err)
			}
		}
		if want := strings.TrimPrefix(text, byteOrderMark); string(c.doc.text) != want {
			t.Fatalf("saving what was read made\n%q of\n%q", c.doc.text, want)
		}
	})
}

// FuzzUpdate: whatever the text and its form, a change says what it should,
// and keeps comments, unknown keys and all that it is not about.
func FuzzUpdate(f *testing.F) {
	for _, seed := range seeds {
		for what := range byte(8) {
			f.Add(seed, what, "büro", "new")
		}
	}
	f.Fuzz(func(t *testing.T, text string, what byte, name, value string) {
		if len(text) <= 4<<10 {
			changeAndLook(t, text, what, name, value)
		}
	})
}

// TestUpdateOfManyForms does the same with texts that are TOML, of every form
// that a hand could give them.
func TestUpdateOfManyForms(t *testing.T) {
	t.Parallel()
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 0))
		text := randomText(r)
		mustParse(t, text) // or the text is not what it is meant to be
		for range 4 {
			text = changeAndLook(t, text, byte(r.Uint32()), "büro", fmt.Sprint("new ", r.IntN(3)))
		}
	}
}

// changeAndLook makes a change, fails if it did anything else than that, and
// returns the new text.
func changeAndLook(t *testing.T, text string, what byte, name, value string) string {
	t.Helper()
	c, err := parse("config.toml", []byte(text))
	if err != nil {
		return text
	}
	before := *c
	target := ""
	if names := c.Names(); len(names) > 0 {
		target = names[int(what/8)%len(names)]
	}
	switch what % 8 {
	case 0, 1, 6, 7:
		p, _ := c.Get(target)
		amendAll(&p, value)
		if what%8 == 1 || target == "" {
			target = name
		}
		p.Name = target
		err = c.Put(p)
	case 2:
		err = c.Rename(target, name)
	case 3:
		err = c.Remove(target)
	case 4:
		err = c.SetDefault(target)
	case 5:
		err = c.SetAccessible(!c.Accessible())
	}
	if errors.Is(err, errEdit) {
		t.Fatalf("%v: the change of %q in\n%s", err, target, text)
	}
	if err != nil {
		return text
	}
	written, err := c.text()
	if err == nil {
		_, err = parse("config.toml", written)
	}
	if err != nil {
		t.Fatalf("%v: the change of %q made\n%s\nof\n%s", err, target, written, text)
	}
	isShrunk := what%8 == 1 && before.index(target) >= 0 // another's lists came in
	if lost := c.Lost(); what%8 != 3 && !isShrunk && len(lost) > 0 {
		t.Fatalf("lost %v: the change of %q made\n%s\nof\n%s", lost, target, written, text)
	}
	keepsTheRest(t, &before, c, target)
	return string(written)
}

// amendAll sets, takes out and adds something of every sort.
func amendAll(p *Profile, value string) {
	p.Username, p.DisplayName, p.Helo = value, "", "desk"
	p.Secret, p.Proven = SecretRef{ID: value}, Proven{}
	p.Endpoints = append(p.Endpoints, submission.Endpoint{Host: "n.example", Port: 587, Security: submission.STARTTLS})
	p.ConnectTo = slices.Insert(p.ConnectTo, 0, "a:1:b:2")
}

// keepsTheRest fails if an expression is gone that does not speak of the target.
func keepsTheRest(t *testing.T, before, after *Config, target string) {
	t.Helper()
	changed := []*node{before.doc.at("default"), before.doc.at("accessible"), before.doc.at("version"), before.doc.at(profilesKey, target)}
	for _, e := range before.doc.exprs {
		about := e.header
		if e.pair != nil {
			about = e.pair.nodes[len(e.pair.nodes)-1]
		}
		if slices.ContainsFunc(changed, func(n *node) bool { return n != nil && (about.within(n) || n.within(about) && e.pair != nil) }) {
			continue
		}
		if about == before.doc.at(profilesKey) && e.pair != nil || e.isComment() {
			continue // an inline table gains members; comments have been counted
		}
		if text := string(before.doc.text[e.text.start:e.text.end]); !strings.Contains(string(after.doc.text), text) {
			t.Fatalf("%q is gone: the change of %q made\n%q of\n%q", text, target, after.doc.text, before.doc.text)
		}
	}
}

// writer writes tables in forms that it makes up.
type writer struct {
	*rand.Rand
	strings.Builder
	comments int
}

// randomText is a file of some profiles, TOML and acceptable to us.
func randomText(r *rand.Rand) string {
	w := &writer{Rand: r}
	w.noise()
	if w.maybe() {
		w.line("theme = 'dark'")
	}
	names := []string{"a", "b", "c"}[:1+r.IntN(3)]
	if w.maybe() {
		w.line("default = '" + names[0] + "'")
	}
	switch r.IntN(4) {
	case 0: // all inline
		var all table
		for _, name := range names {
			all = append(all, entry{name, w.profile()})
		}
		w.line("profile = " + w.inline(all))
	case 1: // dotted at the top
		for _, name := range names {
			w.dotted("profile."+name, w.profile())
		}
	case 2: // dotted below a header
		w.line("[profile]")
		for _, name := range names {
			w.dotted(name, w.profile())
		}
	default:
		var below []func()
		for _, name := range names {
			below = append(below, w.section("profile."+name, "[profile."+name+"]", w.profile())...)
		}
		r.Shuffle(len(below), func(i, j int) { below[i], below[j] = below[j], below[i] })
		for _, write := range below {
			write()
		}
	}
	if w.maybe() {
		w.line("[other.table]")
		w.line("x = { y = [1, { z = 2 }] }")
	}
	w.noise()
	text := w.String()
	if w.IntN(4) == 0 {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	if w.IntN(4) == 0 {
		text = strings.TrimRight(text, "\r\n")
	}
	return text
}

func (w *writer) maybe() bool { return w.IntN(2) == 0 }

// comment is one that is nowhere else.
func (w *writer) comment() string {
	w.comments++
	return fmt.Sprintf("# comment %d", w.comments)
}

// noise is blank lines and comments.
func (w *writer) noise() {
	for range w.IntN(3) {
		if w.maybe() {
			w.WriteString(strings.Repeat(" ", w.IntN(3)) + w.comment())
		}
		w.WriteString("\n")
	}
}

func (w *writer) line(text string) {
	w.noise()
	w.WriteString(strings.Repeat(" ", w.IntN(3)) + text)
	if w.maybe() {
		w.WriteString(" " + w.comment())
	}
	w.WriteString("\n")
}

// profile has keys of all sorts in any order, some of them unknown.
func (w *writer) profile() table {
	var endpoints, rules list
	for i := range w.IntN(3) {
		endpoints = append(endpoints, w.some(table{{"host", literal(fmt.Sprintf("'h%d'", i))}, {"port", literal("465")}, {"security", literal("'ssl'")}}, table{{"weight", literal("1")}}))
		rules = append(rules, literal(fmt.Sprintf("'a:%d:b:2'", i+1)))
	}
	return w.some(nil, table{
		{"helo", literal("'x'")}, {"display_name", literal("'x'")}, {"mystery", literal("'x'")},
		{"connect_to", rules}, {"endpoint", endpoints},
		{"secret", w.some(nil, table{{"store", literal("'file'")}, {"id", literal(fmt.Sprintf("'%d'", w.Uint64()))}, {"mystery", literal("2")}})},
		{"proven", w.some(nil, table{{"check", literal("'send'")}, {"tls", literal("'TLS 1.3'")}})},
		{"unknown", w.some(nil, table{{"helo", literal("'x'")}, {"secret", table{}}})},
	})
}

// some is all of one table and some of another, in any order.
func (w *writer) some(all, some table) table {
	t := slices.Clone(all)
	for _, e := range some {
		if w.maybe() {
			t = append(t, e)
		}
	}
	w.Shuffle(len(t), func(i, j int) { t[i], t[j] = t[j], t[i] })
	return t
}

// inline writes a value in one or several lines.
func (w *writer) inline(value any) string {
	var items []string
	var open, end string
	switch v := value.(type) {
	case literal:
		return string(v)
	case list:
		open, end = "[", "]"
		for _, item := range v {
			items = append(items, w.inline(item))
		}
	case table:
		open, end = "{", "}"
		for _, e := range v {
			below, ok := e.value.(table)
			if !ok || len(below) == 0 || w.maybe() {
				below = table{{"", e.value}}
			}
			for _, b := range below { // as one pair, or as dotted keys
				items = append(items, strings.TrimSuffix(e.key+"."+b.key, ".")+" = "+w.inline(b.value))
			}
		}
	}
	text := open
	for i, item := range items {
		text += w.gap() + item + w.gap()
		if i < len(items)-1 || w.IntN(4) == 0 {
			text += ","
		}
	}
	return text + w.gap() + end
}

func (w *writer) gap() string {
	switch w.IntN(8) {
	case 0:
		return " " + w.comment() + "\n"
	case 1:
		return "\n "
	}
	return " "
}

// dotted writes a table as keys below a prefix, for which it must have some.
func (w *writer) dotted(prefix string, t table) {
	if len(t) == 0 {
		w.line(prefix + " = {}")
	}
	for _, e := range t {
		if below, ok := e.value.(table); ok && w.maybe() {
			w.dotted(prefix+" . "+e.key, below)
			continue
		}
		w.line(prefix + "." + e.key + " = " + w.inline(e.value))
	}
}

// section returns what writes a table under a header, and its tables below.
func (w *writer) section(path, header string, t table) []func() {
	var own, below []func()
	for _, e := range t {
		at := path + "." + e.key
		v, isTable := e.value.(table)
		items, isList := e.value.(list)
		isTables := isList && len(items) > 0 && e.key == "endpoint"
		switch {
		case isTable && w.maybe():
			below = append(below, w.section(at, "["+at+"]", v)...)
		case isTable && w.maybe():
			own = append(own, func() { w.dotted(e.key, v) })
		case isTables && w.maybe():
			below = append(below, func() { // in one go: their order counts
				for _, item := range items {
					for _, write := range w.section(at, "[["+at+"]]", item.(table)) {
						write()
					}
				}
			})
		default:
			own = append(own, func() { w.line(e.key + " = " + w.inline(e.value)) })
		}
	}
	if len(own) == 0 && len(below) > 0 && !strings.HasPrefix(header, "[[") && w.maybe() {
		return below // only implied
	}
	return append(below, func() {
		w.line(header)
		for _, write := range own {
			write()
		}
	})
}
