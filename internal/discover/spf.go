package discover

import (
	"context"
	"slices"
	"strings"
)

const (
	maxText     = 4096 // octets of a TXT record that are read; SPF has a few hundred (RFC 7208 section 3.4)
	maxIncludes = 30
	maxFollowed = 3 // records of the domain's own that the first one leads to
)

// spf asks for the names that the domain's SPF record includes. Where the
// record is split over names below the domain, those are read too.
func (f *Finder) spf(ctx context.Context, domain string) ([]string, error) {
	texts, err := f.Resolver.LookupTXT(ctx, domain+".")
	if err != nil {
		return nil, err
	}
	names := included(texts)
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	for i, followed := 0, 0; i < len(names) && followed < maxFollowed; i++ {
		if !under(names[i], domain) {
			continue
		}
		followed++
		more, _ := f.Resolver.LookupTXT(ctx, names[i]+".") // a part that fails tells nothing
		names = appendNew(names, included(more)...)
	}
	return names, nil
}

// included reads the names that SPF records include or redirect to, in their
// order and each once (RFC 7208 sections 5.2 and 6.1). Names with macros and
// those that are excluded ("-include:") tell nothing of the provider. Of
// several records, which is an error (section 4.5), each is read.
func included(texts []string) []string {
	var records []string
	for _, text := range texts[:min(len(texts), maxRecords)] {
		if fields := strings.Fields(text[:min(len(text), maxText)]); len(fields) > 0 && strings.EqualFold(fields[0], "v=spf1") {
			records = append(records, strings.Join(fields[1:], " "))
		}
	}
	slices.Sort(records) // DNS gives them in any order
	var names []string
	for _, term := range strings.Fields(strings.Join(records, " ")) {
		if name, ok := target(term); ok {
			names = appendNew(names, name)
		}
	}
	return names
}

// target is the name that a term hands the question on to.
func target(term string) (string, bool) {
	term = strings.ToLower(strings.TrimLeft(term, "+?~"))
	name, ok := strings.CutPrefix(term, "include:")
	if !ok {
		name, ok = strings.CutPrefix(term, "redirect=")
	}
	if !ok {
		return "", false
	}
	return hostName(name)
}

// appendNew appends the names that are not there yet, up to maxIncludes.
func appendNew(names []string, more ...string) []string {
	for _, n := range more {
		if len(names) < maxIncludes && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}
