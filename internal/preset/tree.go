package preset

import (
	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// node is a value of a TOML file and where it stands, in byte offsets. Tables
// have fields, arrays have items, all others a text.
type node struct {
	kind  unstable.Kind // Table, Array, or that of the value
	keyAt int           // its key, or the key in its header
	at    int           // the value; of tables and arrays the key
	text  string

	keys   []string // of fields, in the file's order
	fields map[string]*node
	items  []*node
}

// part is one name of a dotted key.
type part struct {
	name string
	at   int
}

// parseTree reads a TOML file. The error is go-toml's *DecodeError.
func parseTree(data []byte) (*node, error) {
	// The parser alone does not see that a key stands twice; the decoder does.
	var whole map[string]any
	if err := toml.Unmarshal(data, &whole); err != nil {
		return nil, err
	}
	root := newTable(0)
	current := root
	var p unstable.Parser
	p.Reset(data)
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind {
		case unstable.Table:
			current = root.descend(parts(e.Key()))
		case unstable.ArrayTable:
			current = root.appendTable(parts(e.Key()))
		case unstable.KeyValue:
			current.set(e)
		}
	}
	return root, p.Error()
}

func parts(key unstable.Iterator) []part {
	var out []part
	for key.Next() {
		k := key.Node()
		out = append(out, part{string(k.Data), int(k.Raw.Offset)})
	}
	return out
}

func newTable(at int) *node {
	return &node{kind: unstable.Table, keyAt: at, at: at, fields: map[string]*node{}}
}

func (n *node) put(name string, child *node) {
	if n.fields[name] == nil {
		n.keys = append(n.keys, name)
	}
	n.fields[name] = child
}

// descend follows a key through tables, making those that are not there yet.
// Of an array of tables it takes the last.
func (n *node) descend(key []part) *node {
	for _, k := range key {
		child := n.fields[k.name]
		if child == nil {
			child = newTable(k.at)
			n.put(k.name, child)
		}
		if len(child.items) > 0 {
			child = child.items[len(child.items)-1]
		}
		n = child
	}
	return n
}

// appendTable adds a table to the array that a [[header]] names.
func (n *node) appendTable(key []part) *node {
	parent, last := n.descend(key[:len(key)-1]), key[len(key)-1]
	array := parent.fields[last.name]
	if array == nil {
		array = &node{kind: unstable.Array, keyAt: last.at, at: last.at}
		parent.put(last.name, array)
	}
	item := newTable(last.at)
	array.items = append(array.items, item)
	return item
}

// set adds what a line "key = value" says.
func (n *node) set(e *unstable.Node) {
	key := parts(e.Key())
	parent, last := n.descend(key[:len(key)-1]), key[len(key)-1]
	parent.put(last.name, value(e.Value(), last.at))
}

func value(v *unstable.Node, keyAt int) *node {
	out := &node{kind: v.Kind, keyAt: keyAt, at: keyAt, text: string(v.Data)}
	switch v.Kind {
	case unstable.InlineTable:
		out = newTable(keyAt)
		for it := v.Children(); it.Next(); {
			out.set(it.Node())
		}
	case unstable.Array:
		for it := v.Children(); it.Next(); {
			out.items = append(out.items, value(it.Node(), keyAt))
		}
	default:
		out.at = int(v.Raw.Offset)
	}
	return out
}
