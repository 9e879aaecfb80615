package profile

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2/unstable"
)

// document is a TOML text and what stands where in it. An edit splices bytes
// and parses again, so that whatever it does not touch stays byte for byte.
type document struct {
	text     []byte
	newline  string // as the first line ends
	root     *node
	exprs    []expr // in the order of the text
	comments []span // likewise, those inside of values too
}

// span is a range of bytes, end excluded.
type span struct{ start, end int }

func (s span) holds(t span) bool { return s.start <= t.start && t.end <= s.end }

// expr is a header, a pair or a comment that has lines to itself.
type expr struct {
	header *node // the table that it opens, or nil
	pair   *pair // or nil
	text   span  // without what stands around it
	line   span  // the whole lines, with indent, comment behind and line end
}

func (e *expr) isComment() bool { return e.header == nil && e.pair == nil }

// pair is "key = value" as written, its key maybe dotted, on lines of its own
// or in an inline table.
type pair struct {
	keys  []span  // the parts of the key
	nodes []*node // what each part names; the last is the value
	text  span
	expr  int   // index of its expression, or -1 in an inline table
	in    *node // the inline table
	index int   // its place there
}

// kind is what a node holds.
type kind int

const (
	scalar kind = iota
	tableKind
	arrayKind
)

// form is how a table or array is written.
type form int

const (
	implied form = iota // only named on the way to a header below it
	headed              // [a.b], [[a.b]], and the root
	dotted              // by the dotted keys of its members
	inline              // {…} and […]
)

// node is a value, table or array. The items of an array are named "0", "1", ….
type node struct {
	name    string
	kind    kind
	form    form
	parent  *node
	members []*node // of a table or array, in the order of the text
	names   []span  // every place where its name is written
	value   any     // of a scalar: string, int64, bool, time.Time, or nil for any other
	text    span    // of a scalar or inline form: the value; of a headed table: the header
	pairs   []*pair // of a value: its pair; of a dotted table: those that name it
	items   []span  // of an inline form: where each pair or item stands
}

// member finds a member of a table or an item of an array, or nil.
func (n *node) member(name string) *node {
	if n == nil {
		return nil
	}
	for _, m := range n.members {
		if m.name == name {
			return m
		}
	}
	return nil
}

// start is where to point to when the value of n is wrong.
func (n *node) start() int {
	switch {
	case n.text.end > 0:
		return n.text.start
	case len(n.names) > 0:
		return n.names[0].start
	}
	return 0
}

// within reports whether n is top, or stands somewhere below it.
func (n *node) within(top *node) bool {
	for ; n != nil; n = n.parent {
		if n == top {
			return true
		}
	}
	return false
}

// isClosed reports whether n is in an inline form or is one: no header can add to it.
func (n *node) isClosed() bool {
	return n != nil && (n.form == inline || len(n.pairs) > 0 && n.pairs[0].in != nil)
}

// path is the names from the root down.
func (n *node) path() []string {
	if n.parent == nil {
		return nil
	}
	return append(n.parent.path(), n.name)
}

// at finds a node by its path, or nil.
func (d *document) at(path ...string) *node {
	n := d.root
	for _, name := range path {
		n = n.member(name)
	}
	return n
}

// position is the line and column of an offset, both from 1; columns count
// characters, as editors do.
func (d *document) position(offset int) (line, column int) {
	before := d.text[:offset]
	start := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte("\n")) + 1, len([]rune(string(before[start:]))) + 1
}

// parseDocument reads a text. What TOML forbids beyond its grammar (a date
// that does not exist) is not noticed here.
func parseDocument(text []byte) (*document, error) {
	d := &document{text: text, newline: "\n", root: &node{kind: tableKind, form: headed}}
	if end := bytes.IndexByte(text, '\n'); end > 0 && text[end-1] == '\r' {
		d.newline = "\r\n"
	}
	p := &unstable.Parser{KeepComments: true}
	p.Reset(text)
	b := builder{document: d, parser: p, table: d.root}
	for p.NextExpression() {
		if err := b.add(p.Expression()); err != nil {
			return nil, err
		}
	}
	return d, p.Error()
}

// builder turns the parser's expressions into nodes.
type builder struct {
	*document
	parser *unstable.Parser
	table  *node // that of the last header
}

func (b *builder) add(n *unstable.Node) error {
	e := expr{}
	var err error
	switch n.Kind {
	case unstable.Comment:
		e.text = rangeSpan(n.Raw)
	case unstable.KeyValue:
		e.text = rangeSpan(n.Raw)
		e.pair, err = b.pair(b.table, n)
	default:
		e.header, e.text, err = b.header(n)
	}
	if err != nil {
		return err
	}
	end := e.text.end
	if behind := n.Next(); behind.Valid() && behind.Kind == unstable.Comment {
		comment := rangeSpan(behind.Raw)
		b.comments = append(b.comments, comment)
		end = comment.end
	}
	if e.isComment() {
		b.comments = append(b.comments, e.text)
	}
	e.line = span{bytes.LastIndexByte(b.text[:e.text.start], '\n') + 1, len(b.text)}
	if i := bytes.IndexByte(b.text[end:], '\n'); i >= 0 {
		e.line.end = end + i + 1
	}
	if e.pair != nil {
		e.pair.expr = len(b.exprs)
	}
	b.exprs = append(b.exprs, e)
	return nil
}

// header opens the table of [a.b] or [[a.b]].
func (b *builder) header(n *unstable.Node) (*node, span, error) {
	t := b.root
	var at span
	keys := n.Key()
	for keys.Next() {
		at = rangeSpan(keys.Node().Raw)
		if t.kind == arrayKind && len(t.members) > 0 {
			t = t.members[len(t.members)-1] // the item that was opened last
		}
		next := t.member(string(keys.Node().Data))
		if next == nil {
			next = t.add(string(keys.Node().Data), tableKind, implied)
		}
		if next.kind == scalar || next.form == inline {
			return nil, at, fmt.Errorf("%q is not a table", next.name)
		}
		next.names = append(next.names, at)
		t = next
	}
	start := bytes.LastIndexByte(b.text[:at.end], '\n') + 1
	start += bytes.IndexByte(b.text[start:], '[')
	end := at.end + bytes.IndexByte(b.text[at.end:], ']') + 1
	if n.Kind == unstable.ArrayTable {
		t.kind, t.form = arrayKind, headed
		t = t.add(strconv.Itoa(len(t.members)), tableKind, headed)
		end++
	}
	t.form, t.text = headed, span{start, end}
	b.table = t
	return t, t.text, nil
}

// add makes a member at the end.
func (n *node) add(name string, k kind, f form) *node {
	m := &node{name: name, kind: k, form: f, parent: n}
	n.members = append(n.members, m)
	return m
}

// pair adds what "key = value" says to a table.
func (b *builder) pair(t *node, n *unstable.Node) (*pair, error) {
	p := &pair{text: rangeSpan(n.Raw), expr: -1}
	keys := n.Key()
	for keys.Next() {
		name := string(keys.Node().Data)
		next := t.member(name)
		switch {
		case next == nil:
			next = t.add(name, tableKind, dotted)
		case keys.IsLast():
			return nil, fmt.Errorf("%q is there twice", name)
		case next.kind != tableKind || next.form == inline:
			return nil, fmt.Errorf("%q is not a table", name)
		}
		at := rangeSpan(keys.Node().Raw)
		next.names = append(next.names, at)
		next.pairs = append(next.pairs, p)
		p.keys, p.nodes = append(p.keys, at), append(p.nodes, next)
		t = next
	}
	start := b.skip(p.keys[len(p.keys)-1].end)
	start = b.skip(start + len("="))
	end, err := b.value(t, n.Value(), start)
	if err == nil && end != p.text.end {
		err = fmt.Errorf("the value of %q cannot be told from what follows it", t.name)
	}
	return p, err
}

// value fills in what stands at start and returns where it ends; the parser
// knows the ends of scalars only.
func (b *builder) value(into *node, n *unstable.Node, start int) (end int, err error) {
	into.form = inline
	switch n.Kind {
	case unstable.Array:
		into.kind = arrayKind
		end, err = b.contents(into, n, start+1)
	case unstable.InlineTable:
		into.kind = tableKind
		end, err = b.contents(into, n, start+1)
	default:
		into.kind, into.value = scalar, scalarValue(n)
		end = rangeSpan(n.Raw).end
	}
	into.text = span{start, end}
	return end, err
}

// contents reads the items of an array or the pairs of an inline table, from
// behind its bracket on, and returns what lies behind the closing one.
func (b *builder) contents(into *node, n *unstable.Node, pos int) (int, error) {
	children := n.Children()
	for children.Next() {
		child := children.Node()
		if child.Kind == unstable.Comment {
			continue // b.skip sees them
		}
		start := b.skip(pos)
		if pos = start; child.Kind == unstable.KeyValue {
			p, err := b.pair(into, child)
			if err != nil {
				return 0, err
			}
			p.in, p.index = into, len(into.items)
			pos = p.text.end
		} else {
			end, err := b.value(into.add(strconv.Itoa(len(into.items)), scalar, inline), child, start)
			if err != nil {
				return 0, err
			}
			pos = end
		}
		into.items = append(into.items, span{start, pos})
		pos = b.skip(pos)
		if b.text[pos] == ',' {
			pos++
		}
	}
	return b.skip(pos) + 1, nil
}

// skip steps over blanks, line ends and comments, which it notes.
func (b *builder) skip(pos int) int {
	for pos < len(b.text) {
		switch b.text[pos] {
		case ' ', '\t', '\r', '\n':
			pos++
		case '#':
			end := b.lineEnd(pos)
			if last := len(b.comments) - 1; last < 0 || b.comments[last].start < pos {
				b.comments = append(b.comments, span{pos, end})
			}
			pos = end
		default:
			return pos
		}
	}
	return pos
}

// lineEnd is where the text of a line ends, before its line end.
func (d *document) lineEnd(pos int) int {
	if i := bytes.IndexByte(d.text[pos:], '\n'); i >= 0 {
		return pos + len(bytes.TrimSuffix(d.text[pos:pos+i], []byte("\r")))
	}
	return len(d.text)
}

func rangeSpan(r unstable.Range) span { return span{int(r.Offset), int(r.Offset + r.Length)} }

// scalarValue decodes the kinds that our keys have; a date is midnight UTC.
func scalarValue(n *unstable.Node) any {
	text := string(n.Data)
	switch n.Kind {
	case unstable.String:
		return text
	case unstable.Bool:
		return text == "true"
	case unstable.Integer:
		if i, err := strconv.ParseInt(strings.TrimPrefix(text, "+"), 0, 64); err == nil {
			return i
		}
	case unstable.DateTime, unstable.LocalDate:
		if t, err := parseTime(text); err == nil {
			return t
		}
	}
	return nil
}

// parseTime reads an RFC 3339 time, in the spellings that TOML allows, or a date.
func parseTime(s string) (time.Time, error) {
	if t, err := time.ParseInLocation(time.DateOnly, s, time.UTC); err == nil {
		return t, nil
	}
	spelled := strings.ToUpper(strings.Replace(s, " ", "T", 1))
	t, err := time.Parse(time.RFC3339, spelled)
	return t.UTC(), err
}
