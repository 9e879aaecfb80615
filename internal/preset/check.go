package preset

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// checker looks at what a file says, once it is decoded as far as it goes.
type checker struct {
	*decoder
	p    *Preset
	root *node
}

func (c *checker) check(path string) {
	c.head(path)
	c.match()
	c.account()
	c.password()
	c.endpoints("", c.p.Endpoints, false)
	c.incoming("", c.p.Incoming)
	c.sent()
	c.oauth()
	c.regions()
	c.variants()
	c.limits()
	c.quirks()
	c.replies()
	c.placeholders()
	c.sources()
}

func (c *checker) head(path string) {
	p := c.p
	if p.Schema != 1 {
		c.reportAt("schema", "the schema is not 1", "schema = 1 in the first line")
	}
	c.name("name", p.Name)
	if file := strings.TrimSuffix(filepath.Base(path), extension); path != "" && path != "-" && p.Name != "" && file != p.Name {
		c.reportAt("name", fmt.Sprintf("name is %q in a file called %s", p.Name, filepath.Base(path)), fmt.Sprintf("name = %q, or the file called %s%s", file, p.Name, extension))
	}
	c.required("title", p.Title, "the provider's name")
	c.required("summary", p.Summary, "a sentence that says whom it is for")
	choice(c, "kind", p.Kind, true, kinds)
	if p.Support != "" && !strings.Contains(p.Support, "://") {
		if _, err := submission.ParseAddress(p.Support); err != nil {
			c.reportAt("support", fmt.Sprintf("%q is neither a mail address nor a page", p.Support), "an address, or a page that begins with https://")
		}
	} else {
		c.url("support", p.Support)
	}
	c.url("status", p.Status)
}

func (c *checker) match() {
	m := c.p.Match
	c.domains("match.domains", m.Domains)
	c.domains("match.mx", m.MX)
	c.domains("match.spf", m.SPF)
	c.pattern("match.greeting", m.Greeting)
	for i, name := range m.Before {
		c.name(joinIndex("match.before", i), name)
	}
}

func (c *checker) account() {
	a := c.p.Account
	choice(c, "account.username", a.Username, true, usernameForms)
	switch {
	case a.Username == UsernameFixed && a.FixedUsername == "":
		c.reportAt("account.fixed_username", "the user name is fixed, but not given", `fixed_username = "…"`)
	case a.Username != UsernameFixed && a.FixedUsername != "":
		c.reportAt("account.fixed_username", "fixed_username without username = \"fixed\"", "one of the two changed")
	}
	choice(c, "account.from_checked", a.FromChecked, false, fromChecks)
	choice(c, "account.mechanism", a.Mechanism, false, mechanisms)
}

func (c *checker) password() {
	p := c.p.Password
	choice(c, "password.kind", p.Kind, true, passwordKinds)
	c.required("password.label", p.Label, "what the provider calls it")
	c.url("password.url", p.URL)
	if p.Shape == nil {
		return
	}
	if p.Shape.Length < 1 {
		c.reportAt("password.shape.length", "the length is missing", "how many characters it has: length = 16")
	}
	choice(c, "password.shape.alphabet", p.Shape.Alphabet, true, alphabets)
}

// endpoints checks those of the preset or, with a path like "variant[0].", of a
// variant, whose host may be asked for.
func (c *checker) endpoints(of string, list []Endpoint, asked bool) {
	if of == "" && len(list) == 0 {
		c.reportAt("endpoint", "there is no submission endpoint", "an [[endpoint]] with host, port and security")
	}
	for i, e := range list {
		at := of + joinIndex("endpoint", i)
		c.server(at, e.Host, e.Port, e.Security)
		if asked && e.Host != "{"+hostPlaceholder+"}" {
			c.reportAt(at+".host", fmt.Sprintf("host is %q, though the host is asked for", e.Host), `host = "{host}"`)
		}
	}
}

func (c *checker) incoming(of string, list []Incoming) {
	for i, in := range list {
		at := of + joinIndex("incoming", i)
		choice(c, at+".protocol", in.Protocol, true, protocols)
		c.server(at, in.Host, in.Port, in.Security)
		choice(c, at+".username", in.Username, false, usernameForms)
	}
}

func (c *checker) server(at, host string, port int, security submission.Security) {
	c.host(at+".host", host)
	if port < 1 || port > 65535 {
		c.reportAt(at+".port", fmt.Sprintf("port %d is no port", port), "a number from 1 to 65535")
	}
	choice(c, at+".security", security, true, securities)
	switch want := securityOf(port); {
	case security == submission.None && !submission.IsLoopbackHost(host):
		c.reportAt(at+".security", "without TLS the password goes in clear", "ssl or starttls; none is for 127.0.0.1 only")
	case want != "" && security != "" && security != want && security != submission.None && slices.Contains(securities, security):
		c.reportAt(at+".security", fmt.Sprintf("port %d with %s", port, security), string(want)+", which is what this port speaks")
	}
}

func (c *checker) sent() { choice(c, "sent.copy", c.p.Sent.Copy, false, sentCopies) }

func (c *checker) oauth() {
	o := c.p.OAuth
	if o == nil {
		return
	}
	c.required("oauth.auth_url", o.AuthURL, "where the user gives consent")
	c.url("oauth.auth_url", o.AuthURL)
	c.required("oauth.token_url", o.TokenURL, "where tokens are given out")
	c.url("oauth.token_url", o.TokenURL)
	if len(o.Scopes) == 0 {
		c.reportAt("oauth.scopes", "there is no scope", `scopes = ["…"]`)
	}
}

func (c *checker) regions() {
	var names []string
	for i, r := range c.p.Regions {
		at := joinIndex("region", i)
		c.named(at, r.Name, r.Title, &names)
		for j, alias := range r.Aliases {
			c.unique(joinIndex(at+".aliases", j), alias, &names)
		}
		c.domains(at+".domains", r.Domains)
		c.domains(at+".mx", r.MX)
		c.domains(at+".spf", r.SPF)
	}
	c.defaultOf("default_region", c.p.DefaultRegion, len(c.p.Regions), func(i int) string { return c.p.Regions[i].Name })
	if len(c.p.Regions) > 1 {
		c.required("region_question", c.p.RegionQuestion, "how to ask for the region, in the user's words")
	}
}

func (c *checker) variants() {
	var names []string
	for i, v := range c.p.Variants {
		at := joinIndex("variant", i)
		c.named(at, v.Name, v.Title, &names)
		c.endpoints(at+".", v.Endpoints, v.AskHost != "")
		c.incoming(at+".", v.Incoming)
		c.pattern(at+".greeting", v.Greeting)
		choice(c, at+".mechanism", v.Mechanism, false, mechanisms)
		c.asked(at, v)
	}
	c.defaultOf("default_variant", c.p.DefaultVariant, len(c.p.Variants), func(i int) string { return c.p.Variants[i].Name })
	if len(c.p.Variants) > 1 {
		c.required("variant_question", c.p.VariantQuestion, "how to ask for the variant, in the user's words")
	}
}

// asked checks a variant whose host is the customer's own.
func (c *checker) asked(at string, v Variant) {
	if v.AskHost != "" && len(v.Endpoints) == 0 {
		c.reportAt(at+".ask_host", "the host is asked for and used nowhere", `a [[variant.endpoint]] with host = "{host}"`)
	}
	if v.HostPattern == "" {
		return
	}
	if v.AskHost == "" {
		c.reportAt(at+".host_pattern", "host_pattern without ask_host", "ask_host = \"…\", what to ask for")
	}
	_, err := submission.ParseHost(strings.Replace(v.HostPattern, numberPlaceholder, "1", 1))
	if strings.Count(v.HostPattern, numberPlaceholder) != 1 || err != nil {
		c.reportAt(at+".host_pattern", fmt.Sprintf("host_pattern is %q", v.HostPattern), "a host with {n} once, as pro{n}.mail.example.com")
	}
}

func (c *checker) limits() {
	for i, l := range c.p.Limits {
		at := joinIndex("limit", i)
		c.required(at+".text", l.Text, "the limit as a sentence")
		choice(c, at+".per", l.Per, false, periods)
		if l.Max < 0 || (l.Max > 0 && l.Per == "") {
			c.reportAt(at+".max", fmt.Sprintf("max is %d without a meaning", l.Max), "a number above 0, and per")
		}
		c.url(at+".url", l.URL)
	}
}

func (c *checker) quirks() {
	for i, q := range c.p.Quirks {
		at := joinIndex("quirk", i)
		c.required(at+".text", q.Text, "what surprises people, as a sentence")
		c.url(at+".url", q.URL)
	}
}

func (c *checker) replies() {
	for i, r := range c.p.Replies {
		at := joinIndex("reply", i)
		c.required(at+".pattern", r.Pattern, "RE2 for the reply's text")
		c.required(at+".example", r.Example, "a text that the pattern fits")
		if c.pattern(at+".pattern", r.Pattern) && r.Pattern != "" && r.Example != "" && !r.Fits("", 0, r.Example) {
			c.reportAt(at+".example", "the example does not fit the pattern", "one of the two changed")
		}
		for j, stage := range r.Stages {
			choice(c, joinIndex(at+".stages", j), stage, true, stages)
		}
		if r.Code != 0 && (r.Code < 400 || r.Code > 599) {
			c.reportAt(at+".code", fmt.Sprintf("code %d is no refusal", r.Code), "a code from 400 to 599")
		}
		choice(c, at+".cause", r.Cause, true, submission.Causes())
		for j, f := range r.Fixes {
			at := joinIndex(at+".fix", j)
			c.required(at+".text", f.Text, "what to do, as a sentence")
			c.url(at+".url", f.URL)
		}
	}
}

// placeholders looks at each "{…}": every region must have a value for it.
func (c *checker) placeholders() {
	p := *c.p
	c.placeholdersIn("", reflect.ValueOf(&p).Elem(), false)
	for i, v := range c.p.Variants {
		c.placeholdersIn(joinIndex("variant", i), reflect.ValueOf(&v).Elem(), v.AskHost != "")
	}
	for i, r := range c.p.Regions {
		for name, value := range r.Values {
			if at := joinKey(joinIndex("region", i)+".values", name); value == "" || !placeholder().MatchString("{"+name+"}") || name == hostPlaceholder {
				c.reportAt(at, fmt.Sprintf("the value %s cannot be used", name), "a name of small letters and _ (not host), and a text that is not empty")
			}
		}
	}
}

func (c *checker) placeholdersIn(path string, v reflect.Value, hostAsked bool) {
	mapStrings(v, path, func(at, s string) string {
		for _, m := range placeholder().FindAllString(s, -1) {
			name := m[1 : len(m)-1]
			if hostAsked && name == hostPlaceholder {
				continue
			}
			if lacking := c.regionsWithout(name); len(lacking) > 0 {
				c.reportAt(at, fmt.Sprintf("%s has no value%s", m, inRegions(lacking)), fmt.Sprintf("values = { %s = \"…\" } in each region", name))
			}
		}
		return s
	})
}

// regionsWithout lists the regions that lack a value; "" stands for a preset
// without regions.
func (c *checker) regionsWithout(value string) []string {
	if len(c.p.Regions) == 0 {
		return []string{""}
	}
	var out []string
	for _, r := range c.p.Regions {
		if _, ok := r.Values[value]; !ok {
			out = append(out, r.Name)
		}
	}
	return out
}

func inRegions(names []string) string {
	if names[0] == "" {
		return ""
	}
	return " in " + strings.Join(names, ", ")
}
