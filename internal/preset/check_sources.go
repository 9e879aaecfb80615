package preset

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// sources checks where the facts come from, and that each has a source.
func (c *checker) sources() {
	if len(c.p.Sources) == 0 {
		c.reportAt("source", "there is no source", "a [[source]] with facts, from, checked and confidence")
	}
	proven := map[string]bool{}
	for i, s := range c.p.Sources {
		at := joinIndex("source", i)
		for j, fact := range s.Facts {
			if !isFact(fact) {
				c.reportAt(joinIndex(at+".facts", j), fmt.Sprintf("%q is no table or key of this format", fact), "a table as endpoint, or a key of it as account.from_checked")
			}
			proven[fact] = true
		}
		if len(s.Facts) == 0 {
			c.reportAt(at+".facts", "facts are missing", `the tables it proves: facts = ["endpoint", "limit"]`)
		}
		if !sourceAddress().MatchString(s.From) {
			c.reportAt(at+".from", fmt.Sprintf("from is %q", s.From), "a page (https://…) or a file (github.com/owner/repository@commit path)")
		}
		if _, err := time.Parse(time.DateOnly, s.Checked); err != nil {
			c.reportAt(at+".checked", fmt.Sprintf("checked is %q", s.Checked), `a day: checked = "2026-01-31"`)
		}
		choice(c, at+".confidence", s.Confidence, true, confidences)
	}
	if len(c.p.Sources) > 0 {
		c.unproven(proven)
	}
}

// It is compiled when it is first used: most runs of the program check no preset.
var sourceAddress = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(https://[^\s/]+\.[^\s/]+(/\S*)?|github\.com/[^\s/]+/[^\s/@]+@[0-9a-f]{7,40} \S+)$`)
})

// unproven reports the keys that no source speaks of.
func (c *checker) unproven(proven map[string]bool) {
	for _, table := range sourced {
		n := c.root.fields[table]
		if n == nil || proven[table] {
			continue
		}
		var missing []string
		for _, fact := range facts(table, n) {
			if !proven[fact] {
				missing = append(missing, fact)
			}
		}
		if len(missing) > 0 {
			c.report(n.at, "no source for "+strings.Join(missing, ", "), fmt.Sprintf("%q in the facts of a [[source]]", table))
		}
	}
}

// facts lists what a table of the file states, as "limit.text"; a key that is
// no table states itself.
func facts(table string, n *node) []string {
	items := n.items
	if n.fields != nil {
		items = []*node{n}
	}
	if items == nil {
		return []string{table}
	}
	var out []string
	for _, item := range items {
		for _, key := range item.keys {
			if fact := joinKey(table, key); isFact(fact) && !slices.Contains(unsourced, key) && !slices.Contains(out, fact) {
				out = append(out, fact)
			}
		}
	}
	return out
}

// sourced are the tables and keys that state facts of the provider.
var sourced = []string{"support", "status", "match", "account", "password", "endpoint", "incoming",
	"sent", "oauth", "region", "variant", "limit", "quirk", "reply"}

// unsourced are keys that state none: our own names, words and marks.
var unsourced = []string{"name", "aliases", "title", "hint", "username_hint", "label", "ask_host", "before", "example", "unverified"}

func isFact(fact string) bool {
	table, key, hasKey := strings.Cut(fact, ".")
	if !slices.Contains(sourced, table) {
		return false
	}
	field, _ := fieldByKey(reflect.ValueOf(Preset{}), table)
	t := field.Type()
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return !hasKey || (t.Kind() == reflect.Struct && slices.Contains(keysOf(t), key))
}
