package preset

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

func (c *checker) required(path, value, want string) {
	if strings.TrimSpace(value) == "" {
		c.reportAt(path, path+" is missing", want)
	}
}

func (c *checker) name(path, name string) {
	switch {
	case name == "":
		c.reportAt(path, path+" is missing", "a short name in small letters")
	case !validName(name):
		c.reportAt(path, fmt.Sprintf("%s is %q", path, name), "at most 40 small letters, digits, dots and hyphens")
	}
}

func (c *checker) named(at, name, title string, taken *[]string) {
	c.name(at+".name", name)
	c.required(at+".title", title, "what a person chooses by")
	c.unique(at+".name", name, taken)
}

func (c *checker) unique(path, name string, taken *[]string) {
	if slices.Contains(*taken, name) {
		c.reportAt(path, fmt.Sprintf("%q stands twice", name), "a name of its own")
	}
	*taken = append(*taken, name)
}

func (c *checker) defaultOf(path, chosen string, n int, name func(int) string) {
	var names []string
	for i := range n {
		names = append(names, name(i))
	}
	if (n > 0 || chosen != "") && !slices.Contains(names, chosen) {
		c.reportAt(path, fmt.Sprintf("%s is %q", path, chosen), cmp.Or(oneOf(names), "no default where there is nothing to choose"))
	}
}

// url checks a link that may be left out.
func (c *checker) url(path, link string) {
	if link == "" {
		return
	}
	u, err := url.Parse(placeholder().ReplaceAllString(link, "example.com"))
	if err != nil || u.Scheme != "https" || !strings.Contains(u.Host, ".") || strings.ContainsAny(link, " \t\n") {
		c.reportAt(path, fmt.Sprintf("%q is no safe link", link), "a page that begins with https://")
	}
}

// host checks a host in every region.
func (c *checker) host(path, host string) {
	filled := []string{strings.ReplaceAll(host, "{"+hostPlaceholder+"}", "host.example")}
	for _, r := range c.p.Regions {
		filled = append(filled, placeholder().ReplaceAllStringFunc(filled[0], func(m string) string { return cmp.Or(r.Values[m[1:len(m)-1]], m) }))
	}
	for _, h := range filled[min(1, len(filled)-1):] {
		h = placeholder().ReplaceAllString(h, "x") // one without a value is reported as such
		if _, err := submission.ParseHost(h); err != nil {
			c.reportAt(path, err.Error(), `a server's name or address: host = "smtp.example.com"`)
			return
		}
	}
}

func (c *checker) domains(path string, names []string) {
	for i, name := range names {
		host, err := submission.ParseHost(name)
		if err != nil || host != name || !strings.Contains(name, ".") {
			c.reportAt(joinIndex(path, i), fmt.Sprintf("%q is no domain name", name), "a name like example.com in small letters, without a dot at either end")
		}
	}
}

func (c *checker) pattern(path, pattern string) bool {
	_, err := compile(pattern)
	if err != nil {
		c.reportAt(path, err.Error(), "a pattern of RE2, see https://github.com/google/re2/wiki/Syntax")
	}
	return err == nil
}

// choice checks that a value is one of a list.
func choice[T ~string](c *checker, path string, value T, required bool, allowed []T) {
	if slices.Contains(allowed, value) || (value == "" && !required) {
		return
	}
	names := make([]string, len(allowed))
	for i, v := range allowed {
		names[i] = string(v)
	}
	what := fmt.Sprintf("%s is %q", path, value)
	if value == "" {
		what = path + " is missing"
	}
	want := oneOf(names)
	if near := nearest(strings.ToLower(string(value)), names); near != "" && len(names) > 9 {
		want = near
	}
	c.reportAt(path, what, want)
}
