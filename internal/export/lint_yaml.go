package export

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// readYAML finds variables in Compose files, Kubernetes manifests and
// Alertmanager's configuration: "KEY: value", "- KEY=value", and the pairs of
// name and value of a container.
func readYAML(l *linter, _ []line) []*account {
	w := &yamlWalk{linter: l}
	for dec := yaml.NewDecoder(bytes.NewReader(l.text)); ; {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return l.accountsOf(w.found)
		}
		if err != nil {
			l.broken = err
			return nil
		}
		for _, top := range doc.Content {
			w.enter(top, yamlPlace{})
		}
	}
}

// maxNodes bounds the walk: aliases can make a small file endless.
const maxNodes = 100_000

type yamlWalk struct {
	linter *linter
	found  []setting
	nodes  int
}

// yamlPlace is where in a document something stands.
type yamlPlace struct {
	depth   int
	compose bool   // below services
	name    string // of the service
}

func (w *yamlWalk) enter(n *yaml.Node, at yamlPlace) {
	if w.nodes++; w.nodes > maxNodes {
		return
	}
	switch n.Kind {
	case yaml.AliasNode:
		w.enter(n.Alias, at)
	case yaml.SequenceNode:
		for _, item := range n.Content {
			if key, value, ok := strings.Cut(item.Value, "="); ok && item.Kind == yaml.ScalarNode {
				w.scalar(key, value, item, at)
				continue
			}
			w.enter(item, at)
		}
	case yaml.MappingNode:
		w.mapping(n, at)
	}
}

func (w *yamlWalk) mapping(n *yaml.Node, at yamlPlace) {
	name := ""
	for i := 0; i+1 < len(n.Content); i += 2 {
		if w.nodes++; w.nodes > maxNodes {
			return
		}
		key, value := n.Content[i], n.Content[i+1]
		inside := at
		inside.depth++
		switch {
		case at.depth == 0 && key.Value == "services":
			inside.compose = true
		case at.depth == 1 && at.compose:
			inside.name = key.Value
		}
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		switch {
		case value.Kind != yaml.ScalarNode:
			w.enter(value, inside)
		case key.Value == "name":
			name = value.Value
		case key.Value == "value" && name != "": // of a container's env
			w.scalar(name, value.Value, value, at)
		default:
			w.scalar(key.Value, value.Value, value, at)
		}
	}
}

func (w *yamlWalk) scalar(key, text string, value *yaml.Node, at yamlPlace) {
	s := setting{line: value.Line, name: strings.ToUpper(key), shown: key + ": " + text, value: text, literal: true, path: at.name}
	if _, r := roleOf(s.name); r != noRole && at.compose {
		w.linter.judgeDollar(&s, key)
	}
	w.found = append(w.found, s)
}

// judgeDollar: Compose fills in $NAME and ${NAME} in quotes too; $$ is a dollar.
func (l *linter) judgeDollar(s *setting, key string) {
	plain := strings.ReplaceAll(s.value, "$$", "")
	s.literal = !strings.Contains(plain, "$")
	if s.literal {
		s.value = strings.ReplaceAll(s.value, "$$", "$")
		return
	}
	if !isReference(plain) && !strings.Contains(plain, "${") {
		l.find(s.line, fmt.Sprintf("the $ in the value of %s begins a variable, in quotes too: write $$", key))
	}
}
