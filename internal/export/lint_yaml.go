package export

import (
	"fmt"
	"regexp"
	"strings"
)

// pair is "KEY: value" or "- KEY=value", as Compose has both.
var (
	pair = regexp.MustCompile(`^(\s*)(?:-\s+)?["']?([A-Za-z_][A-Za-z0-9_]*)["']?\s*:(?:\s+(.*))?$`)
	item = regexp.MustCompile(`^(\s*)-\s+(["']?)([A-Za-z_][A-Za-z0-9_]*)=(.*)$`)
)

// readYAML reads line by line what Compose files, Kubernetes manifests and
// Alertmanager's configuration have in common. It is no YAML parser: values
// that span lines are passed over.
func readYAML(l *linter, all []line) []*account {
	var found []variable
	var at place
	for _, on := range all {
		if strings.HasPrefix(strings.TrimSpace(on.text), "#") {
			continue
		}
		var v variable
		if m := item.FindStringSubmatch(on.text); m != nil {
			v = yamlVariable(on, m[3], m[2]+m[4])
		} else if m := pair.FindStringSubmatch(on.text); m != nil {
			at.enter(len(m[1]), m[2])
			v = yamlVariable(on, m[2], strings.TrimSpace(m[3]))
		} else {
			continue
		}
		v.path = at.service
		if _, r := roleOf(v.name); r != noRole && at.top == "services" {
			l.judgeDollar(&v)
		}
		found = append(found, v)
	}
	return l.accountsOf(found)
}

// place is where in a Compose file a line stands.
type place struct {
	top     string // key without indentation
	indent  int    // of the services' names
	service string // "" outside of them
}

func (p *place) enter(indent int, key string) {
	switch {
	case indent == 0:
		*p = place{top: key}
	case p.top == "services" && (p.indent == 0 || indent == p.indent):
		p.indent, p.service = indent, key
	}
}

// yamlVariable reads a scalar.
func yamlVariable(at line, name, text string) variable {
	v := variable{name: strings.ToUpper(name), setting: setting{line: at.number, literal: true}}
	switch {
	case strings.HasPrefix(text, `"`):
		v.quoted = true
		v.value, _ = unquoteDouble(text)
	case strings.HasPrefix(text, "'"):
		v.quoted = true
		v.value = strings.ReplaceAll(strings.Trim(text, "'"), "''", "'")
	default:
		v.value = text
		if cut, _, commented := strings.Cut(text, " #"); commented {
			v.value = strings.TrimSpace(cut)
		}
	}
	v.shown = name + ": " + v.value
	return v
}

// judgeDollar: Compose fills in $NAME and ${NAME} in quotes too; $$ is a dollar.
func (l *linter) judgeDollar(v *variable) {
	plain := strings.ReplaceAll(v.value, "$$", "")
	v.literal = !strings.Contains(plain, "$")
	if v.literal {
		v.value = strings.ReplaceAll(v.value, "$$", "$")
		return
	}
	if !isReference(plain) && !strings.Contains(plain, "${") {
		l.find(v.line, fmt.Sprintf("the $ in the value of %s begins a variable, in quotes too: write $$", v.name))
	}
}
