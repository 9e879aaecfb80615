package discover

import (
	"slices"
	"strings"
	"testing"
)

func TestIncluded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		texts []string
		want  []string
	}{
		{"none", nil, nil},
		{"another text", []string{"google-site-verification=x", "include:a.example", "v=spf10 include:a.example", "v=spf2.0/pra include:a.example"}, nil},
		{"in order, once", []string{"v=spf1 mx include:b.example a:x.example include:a.example include:b.example ~all"}, []string{"b.example", "a.example"}},
		{"qualifiers", []string{"v=spf1 +include:a.example ?include:b.example ~include:c.example -include:d.example"}, []string{"a.example", "b.example", "c.example"}},
		{"case and dots", []string{"V=SPF1 INCLUDE:_SPF.Example.COM. -ALL"}, []string{"_spf.example.com"}},
		{"redirect", []string{"v=spf1 redirect=_spf.example.com"}, []string{"_spf.example.com"}},
		{"macros", []string{"v=spf1 include:%{ir}._spf.example.com exists:%{i}.x.example include:a.example"}, []string{"a.example"}},
		{"explanation", []string{"v=spf1 exp=a.example"}, nil},
		{"no names", []string{"v=spf1 include: include:a include:.. include:192.0.2.1 include:a\x1b.example include:ip4:192.0.2.1"}, nil},
		{"several, in any order", []string{"v=spf1 include:b.example", "v=spf1 include:a.example"}, []string{"a.example", "b.example"}},
		{"too long", []string{"v=spf1 " + strings.Repeat("a ", maxText/2) + "include:a.example"}, nil},
	} {
		if got := included(tt.texts); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func FuzzIncluded(f *testing.F) {
	for _, seed := range []string{
		"v=spf1 include:_spf.google.com ~all", "v=spf1 redirect=_spf.example.com", "V=SPF1\tINCLUDE:A.B.", "v=spf1 include:%{i}.a.b",
		"v=spf1 include:bücher.example", "v=spf1 include:a。b", "v=spf1 include:xn--a.b\x00", "v=spf1 +?~include:::ffff:1.2.3.4", "v=spf1 include:localhost.", "v=spf1 include:a..",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		names := included([]string{text})
		if len(names) > maxIncludes {
			t.Fatalf("%d names", len(names))
		}
		for _, n := range names {
			if again, ok := hostName(n); !ok || again != n || strings.Trim(n, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
				t.Fatalf("%q is not a plain name", n)
			}
		}
		record := "v=spf1 include:" + strings.Join(names, " include:")
		if again := included([]string{record}); len(record) <= maxText && !slices.Equal(again, names) {
			t.Fatalf("%q, then %q", names, again)
		}
	})
}
