package profile

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// What the file should say: a literal as TOML writes it, a table, a list of
// either, or nil for a value that is not there. Tables name every key that we
// know, so that two of the same type can be compared member by member.
type (
	literal string
	table   []entry
	list    []any
)

type entry struct {
	key   string
	value any
}

// isEmpty reports whether a table would say nothing.
func (t table) isEmpty() bool {
	for _, e := range t {
		switch v := e.value.(type) {
		case literal:
			return false
		case list:
			if len(v) > 0 {
				return false
			}
		case table:
			if !v.isEmpty() {
				return false
			}
		}
	}
	return true
}

// at is the table under a key, of a list its first item.
func (t table) at(key string) table {
	for _, e := range t {
		if e.key != key {
			continue
		}
		switch v := e.value.(type) {
		case table:
			return v
		case list:
			return v[0].(table)
		}
	}
	return nil
}

// edit puts a text in place of a range.
type edit struct {
	span
	with string
}

// apply makes edits that do not overlap, all in terms of the text as it was.
func (d *document) apply(edits ...edit) error {
	slices.SortStableFunc(edits, func(a, b edit) int { return a.start - b.start })
	var text []byte
	pos := 0
	for _, e := range edits {
		text = append(append(text, d.text[pos:e.start]...), e.with...)
		pos = e.end
	}
	next, err := parseDocument(append(text, d.text[pos:]...))
	if err != nil {
		return fmt.Errorf("the edited text is not TOML: %w", err)
	}
	next.newline = d.newline
	*d = *next
	return nil
}

// sync makes what stands at path say want where it said have. Only what
// differs is touched.
func (d *document) sync(path []string, have, want any) error {
	if reflect.DeepEqual(have, want) {
		return nil
	}
	switch want := want.(type) {
	case literal:
		if n := d.at(path...); n != nil {
			return d.apply(edit{n.text, string(want)})
		}
		return d.insertMember(path, string(want))
	case table:
		if err := d.syncTable(path, have.(table), want); err != nil {
			return err
		}
		if n := d.at(path...); n == nil || !want.isEmpty() || len(n.members) > 0 {
			return nil
		}
	case list:
		return d.syncList(path, have.(list), want)
	}
	return d.remove(path)
}

// syncTable puts in before it takes out: a table that is written as dotted keys
// is gone with the last of them.
func (d *document) syncTable(path []string, have, want table) error {
	if d.at(path...) == nil {
		return d.insertTable(path, want)
	}
	for _, out := range []bool{false, true} {
		for i, e := range want {
			if (e.value == nil) != out {
				continue
			}
			if err := d.sync(join(path, e.key), have[i].value, e.value); err != nil {
				return err
			}
		}
	}
	return nil
}

// syncList leaves what is alike at both ends alone, so that an item taken out
// or put in keeps its neighbours, with their comments, as they are.
func (d *document) syncList(path []string, have, want list) error {
	first := 0
	for first < min(len(have), len(want)) && reflect.DeepEqual(have[first], want[first]) {
		first++
	}
	have, want = have[first:], want[first:]
	for len(have) > 0 && len(want) > 0 && reflect.DeepEqual(have[len(have)-1], want[len(want)-1]) {
		have, want = have[:len(have)-1], want[:len(want)-1]
	}
	both := min(len(have), len(want))
	for i := range both {
		if err := d.sync(join(path, strconv.Itoa(first+i)), have[i], want[i]); err != nil {
			return err
		}
	}
	for i := len(have) - 1; i >= both; i-- {
		if err := d.remove(join(path, strconv.Itoa(first+i))); err != nil {
			return err
		}
	}
	for i := both; i < len(want); i++ {
		if err := d.insertItem(join(path, strconv.Itoa(first+i)), want[i]); err != nil {
			return err
		}
	}
	if n := d.at(path...); n != nil && len(n.members) == 0 {
		return d.remove(path)
	}
	return nil
}

// insertMember adds a key to the table that path names it in, which exists.
func (d *document) insertMember(path []string, value string) error {
	t := d.at(path[:len(path)-1]...)
	pair := quoteKey(path[len(path)-1]) + " = " + value
	switch t.form {
	case inline:
		return d.insertInline(t, len(t.items), pair)
	case dotted:
		last := t.pairs[len(t.pairs)-1]
		name := last.keys[slices.Index(last.nodes, t)]
		pair = string(d.text[last.keys[0].start:name.end]) + "." + pair
		if last.in != nil {
			return d.insertInline(last.in, last.index+1, pair)
		}
		return d.insertLine(last.expr, pair)
	case implied:
		first := slices.IndexFunc(d.exprs, func(e expr) bool { return e.header.within(t) })
		return d.insertLines(d.opening(first), "", header("[", t.path(), "]"), pair)
	}
	section := slices.IndexFunc(d.exprs, func(e expr) bool { return e.header == t }) // -1: the root
	if last := d.lastPair(section); last >= 0 {
		return d.insertLine(last, pair)
	}
	at := d.preamble()
	return d.insertLines(at, d.fresh(at), pair)
}

// insertTable adds a table: as its parent is written, else under a header.
func (d *document) insertTable(path []string, t table) error {
	parent := d.at(path[:len(path)-1]...)
	if parent.isClosed() {
		return d.insertMember(path, inlineText(t))
	}
	return d.insertSections(d.closing(parent), sections(path, "[", "]", t))
}

// insertItem adds an item to an array, or the first to one that is not there.
func (d *document) insertItem(path []string, value any) error {
	index, _ := strconv.Atoi(path[len(path)-1])
	path = path[:len(path)-1]
	array, parent := d.at(path...), d.at(path[:len(path)-1]...)
	t, isTable := value.(table)
	switch {
	case array != nil && array.form == inline:
		return d.insertInline(array, index, inlineText(value))
	case !isTable || parent.isClosed():
		return d.insertMember(path, inlineText(list{value}))
	}
	behind := parent
	if index > 0 {
		behind = array.members[index-1]
	} else if array != nil {
		first := slices.IndexFunc(d.exprs, func(e expr) bool { return e.header == array.members[0] })
		return d.insertLines(d.opening(first), "", sections(path, "[[", "]]", t)...)
	}
	return d.insertSections(d.closing(behind), sections(path, "[[", "]]", t))
}

// insertInline puts a pair or an item into an inline form, as its index-th.
func (d *document) insertInline(n *node, index int, text string) error {
	at := n.text.start + 1
	switch {
	case index > 0:
		at, text = n.items[index-1].end, ", "+text
	case len(n.items) > 0:
		at, text = n.items[0].start, text+", "
	case n.kind == tableKind && n.text.end == at+1: // {}
		text = " " + text + " "
	}
	return d.apply(edit{span{at, at}, text})
}

// insertLine puts a line behind an expression, indented as that is.
func (d *document) insertLine(behind int, text string) error {
	e := d.exprs[behind]
	text = d.lines(string(d.text[e.line.start:e.text.start]) + text)
	return d.apply(edit{span{e.line.end, e.line.end}, d.fresh(e.line.end) + text})
}

// insertSections puts whole sections at an offset, apart from what is before.
func (d *document) insertSections(at int, lines []string) error {
	gap := d.fresh(at)
	if at > 0 && (gap != "" || !endsBlank(d.text[:at])) {
		gap += d.newline
	}
	return d.insertLines(at, gap, lines...)
}

// insertLines puts lines at an offset, with a blank one behind unless there is.
func (d *document) insertLines(at int, gap string, lines ...string) error {
	if at < len(d.text) && len(bytes.TrimSpace(d.text[at:d.lineEnd(at)])) > 0 {
		lines = append(slices.Clip(lines), "")
	}
	return d.apply(edit{span{at, at}, gap + d.lines(lines...)})
}

// fresh is the line end that is missing before a new line at an offset.
func (d *document) fresh(at int) string {
	if at > 0 && d.text[at-1] != '\n' {
		return d.newline
	}
	return ""
}

// lines joins lines, ending each as the text does.
func (d *document) lines(lines ...string) string {
	return strings.Join(lines, d.newline) + d.newline
}

// remove takes a value or table out. The comments in it and behind it stay, on
// lines of their own; unknown keys of a table go with it.
func (d *document) remove(path []string) error {
	n := d.at(path...)
	if n == nil {
		return nil
	}
	if container, index := inlinePlace(n); container != nil {
		if err := d.cutItem(container, index); err != nil || len(n.pairs) < 2 {
			return err
		}
		return d.remove(path) // dotted: the other keys too
	}
	var edits []edit
	for i := range d.exprs {
		e := &d.exprs[i]
		if !e.belongs(n) {
			continue
		}
		cut := edit{e.line, d.commentsIn(e)}
		if e.header != nil && cut.with == "" {
			cut.start = d.blanksBefore(cut.start)
		}
		edits = append(edits, cut)
	}
	return d.apply(edits...)
}

// removeSections takes a table out with all that stands in its sections and
// the comments that adjoin them.
func (d *document) removeSections(path []string) error {
	n := d.at(path...)
	if container, _ := inlinePlace(n); container != nil {
		return d.remove(path)
	}
	var edits []edit
	for i := range d.exprs {
		e := &d.exprs[i]
		if !e.belongs(n) || len(edits) > 0 && edits[len(edits)-1].holds(e.line) {
			continue
		}
		cut := e.line
		if e.header != nil {
			cut = span{d.blanksBefore(d.opening(i)), d.sectionEnd(i)}
		}
		edits = append(edits, edit{span: cut})
	}
	return d.apply(edits...)
}

// belongs reports whether an expression is a header of n or of what is in it,
// or a pair that says something of it.
func (e *expr) belongs(n *node) bool {
	return e.header.within(n) || e.pair != nil && e.pair.nodes[len(e.pair.nodes)-1].within(n)
}

// inlinePlace is the inline form that n stands in, and where, or nil.
func inlinePlace(n *node) (*node, int) {
	switch {
	case len(n.pairs) > 0 && n.pairs[0].in != nil:
		return n.pairs[0].in, n.pairs[0].index
	case len(n.names) == 0 && n.parent != nil && n.parent.kind == arrayKind && n.parent.form == inline:
		return n.parent, slices.Index(n.parent.members, n)
	}
	return nil, 0
}

// cutItem takes a pair or an item out of an inline form, and one comma.
func (d *document) cutItem(n *node, index int) error {
	item := n.items[index]
	kept := ""
	for _, c := range d.comments {
		if item.holds(c) {
			kept += string(d.text[c.start:c.end]) + d.newline
		}
	}
	if comma := d.comma(item.end); comma >= 0 {
		end := comma + 1
		for d.text[end] == ' ' || d.text[end] == '\t' {
			end++
		}
		return d.apply(edit{item, kept}, edit{span: span{comma, end}})
	}
	if index == 0 {
		return d.apply(edit{item, kept})
	}
	comma := d.comma(n.items[index-1].end)
	if len(bytes.TrimSpace(d.text[comma+1:item.start])) == 0 && kept == "" {
		return d.apply(edit{span: span{comma, item.end}})
	}
	return d.apply(edit{span: span{comma, comma + 1}}, edit{item, kept})
}

// comma finds the comma behind an item, or -1 when the bracket comes first.
func (d *document) comma(pos int) int {
	for {
		switch d.text[pos] {
		case ',':
			return pos
		case '#':
			pos = d.lineEnd(pos)
		case ']', '}':
			return -1
		default:
			pos++
		}
	}
}

// rename gives a table another name wherever its name is written.
func (d *document) rename(path []string, name string) error {
	var edits []edit
	for _, at := range d.at(path...).names {
		edits = append(edits, edit{at, quoteKey(name)})
	}
	return d.apply(edits...)
}

// commentsIn is the comments on the lines of an expression, each on a line.
func (d *document) commentsIn(e *expr) string {
	var kept string
	for _, c := range d.comments {
		if e.line.holds(c) {
			kept += d.lines(string(d.text[e.line.start:e.text.start]) + string(d.text[c.start:c.end]))
		}
	}
	return kept
}

// lastPair is the index of the last pair of a section, or of its header.
// Section -1 is what stands before the first header.
func (d *document) lastPair(section int) int {
	last := section
	for i := section + 1; i < len(d.exprs) && d.exprs[i].header == nil; i++ {
		if d.exprs[i].pair != nil {
			last = i
		}
	}
	return last
}

// preamble is where the first pair of a text goes that has none before its
// first header: behind the comments that open the file, if a blank line ends them.
func (d *document) preamble() int {
	end := 0
	for i := range d.exprs {
		e := &d.exprs[i]
		if !e.isComment() || e.line.start != end {
			if e.line.start == end {
				return 0 // the comments are the header's
			}
			break
		}
		end = e.line.end
	}
	return end
}

// opening is where a section begins: at the comments directly above its
// header, unless these open the file.
func (d *document) opening(header int) int {
	start := d.exprs[header].line.start
	first := start
	for i := header - 1; i >= 0 && d.exprs[i].isComment() && d.exprs[i].line.end == first; i-- {
		first = d.exprs[i].line.start
	}
	if first == 0 {
		return start
	}
	return first
}

// sectionEnd is where a section ends: behind its last pair and the comments
// directly below, unless these are the next header's.
func (d *document) sectionEnd(header int) int {
	i := d.lastPair(header)
	pairs := d.exprs[i].line.end
	end := pairs
	for i++; i < len(d.exprs) && d.exprs[i].line.start == end; i++ {
		if d.exprs[i].header != nil {
			return pairs
		}
		end = d.exprs[i].line.end
	}
	return end
}

// closing is where a section can follow all those of a table: the end of the
// text if it has none.
func (d *document) closing(n *node) int {
	end := len(d.text)
	for i := range d.exprs {
		if n != nil && d.exprs[i].header.within(n) {
			end = d.sectionEnd(i)
		}
	}
	return end
}

// blanksBefore is where the blank lines above an offset begin.
func (d *document) blanksBefore(at int) int {
	for at > 0 && endsBlank(d.text[:at]) {
		at = bytes.LastIndexByte(d.text[:at-1], '\n') + 1
	}
	return at
}

// endsBlank reports whether the last line of a text is blank.
func endsBlank(text []byte) bool {
	start := bytes.LastIndexByte(text[:max(len(text)-1, 0)], '\n') + 1
	return len(bytes.TrimSpace(text[start:])) == 0
}

// join extends a path without touching the one that it extends.
func join(path []string, name string) []string {
	return append(slices.Clip(path), name)
}
