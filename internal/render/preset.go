package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/reply"
)

// Presets writes the table of what is known: name, provider, and the servers of
// its default region.
func (t *Text) Presets(all []*preset.Preset) {
	rows := [][2]string{}
	widest := [2]int{}
	for _, p := range all {
		rows = append(rows, [2]string{p.Name, reply.Safe(p.Title)})
		for i, cell := range rows[len(rows)-1] {
			widest[i] = max(widest[i], ansi.StringWidth(cell))
		}
	}
	for i, p := range all {
		lead := ""
		for j, cell := range rows[i] {
			lead += cell + strings.Repeat(" ", widest[j]-ansi.StringWidth(cell)+2)
		}
		if t.Width > 0 && t.Width < widest[0]+widest[1]+30 {
			t.paragraph(fmt.Sprintf("%-*s  ", widest[0], p.Name), reply.Safe(p.Title))
			t.paragraph(strings.Repeat(" ", widest[0]+2), servers(p))
			continue
		}
		t.printf("%s%s\n", lead, servers(p))
	}
	t.printf("\nsmtpwiz presets show NAME tells all of one.\n")
}

// servers are a preset's hosts, each with its ports.
func servers(p *preset.Preset) string {
	resolved, err := p.Resolve(preset.Choice{})
	if err != nil {
		return ""
	}
	var hosts []string
	ports := map[string][]string{}
	for _, e := range resolved.Endpoints {
		if ports[e.Host] == nil {
			hosts = append(hosts, e.Host)
		}
		if port := fmt.Sprint(e.Port); !slices.Contains(ports[e.Host], port) {
			ports[e.Host] = append(ports[e.Host], port)
		}
	}
	for i, h := range hosts {
		hosts[i] = h + ":" + strings.Join(ports[h], ",")
	}
	return strings.Join(hosts, " ")
}

// Preset writes all that is known of one provider, filled in for a region and variant.
func (t *Text) Preset(s preset.Settings) {
	p := s.Preset
	t.paragraph("", t.bold(reply.Safe(p.Title)))
	t.paragraph("", reply.Safe(p.Summary))
	t.places(s)
	t.account(p)
	t.surprises(p)
	t.recognised(p)
	t.sources(p)
}

func (t *Text) section(title string) { t.printf("\n%s\n", t.bold(title)) }

func (t *Text) item(label, text string) {
	text = reply.Safe(text)
	switch {
	case text == "":
	case t.narrow() && label != "":
		t.labelled("  "+label+": ", text)
	case t.narrow():
		t.paragraph("  ", text)
	default:
		t.paragraph(fmt.Sprintf("  %-11s ", label), text)
	}
}

// link writes an address alone on its line, where a terminal can make it clickable.
func (t *Text) link(url string) {
	indent := strings.Repeat(" ", 14)
	if t.narrow() {
		indent = "  "
	}
	if url != "" {
		t.printf("%s%s\n", indent, reply.Safe(url))
	}
}

func (t *Text) places(s preset.Settings) {
	p := s.Preset
	t.section("Sending")
	for _, e := range p.Endpoints {
		t.item("", fmt.Sprintf("%s port %d (%s)%s", e.Host, e.Port, e.Security, doubt(e.Unverified)))
	}
	for _, v := range p.Variants {
		if v.Name == s.Variant && s.Host == "" && v.AskHost != "" {
			t.item("{host}", v.AskHost+" Give it with --host.")
		}
	}
	for _, in := range p.Incoming {
		t.section("Reading by " + strings.ToUpper(string(in.Protocol)))
		t.item("", fmt.Sprintf("%s port %d (%s)%s", in.Host, in.Port, in.Security, doubt(in.Unverified)))
		t.item("switch on", in.Enable)
		if in.Username != "" {
			t.item("user name", usernameForm(in.Username, ""))
		}
	}
	t.choices(s)
}

func (t *Text) choices(s preset.Settings) {
	if len(s.Preset.Regions) > 0 {
		t.section("Regions (--region)")
	}
	for _, r := range s.Preset.Regions {
		t.item(current(r.Name, s.Region), r.Title+doubt(r.Unverified))
		t.item("", r.Hint)
	}
	if len(s.Preset.Variants) > 0 {
		t.section("Offers (--variant)")
	}
	for _, v := range s.Preset.Variants {
		t.item(current(v.Name, s.Variant), v.Title+doubt(v.Unverified))
		t.item("", v.Hint)
		if v.AskHost != "" {
			t.item("", "Needs --host: "+v.AskHost)
		}
		for _, e := range v.Endpoints {
			t.item("", fmt.Sprintf("%s port %d (%s)", e.Host, e.Port, e.Security))
		}
	}
}

func current(name, chosen string) string {
	if name == chosen {
		return name + " *"
	}
	return name
}

func doubt(unverified bool) string {
	if unverified {
		return " (unverified)"
	}
	return ""
}

func usernameForm(f preset.UsernameForm, fixed string) string {
	switch f {
	case preset.UsernameAddress:
		return "your full address"
	case preset.UsernameLocalPart:
		return "what stands before the @ of your address"
	case preset.UsernameFixed:
		return "always " + fixed
	}
	return "one that the provider gives you"
}

func (t *Text) account(p *preset.Preset) {
	t.section("Login")
	t.item("user name", usernameForm(p.Account.Username, p.Account.FixedUsername))
	t.item("", p.Account.UsernameHint)
	t.item("password", p.Password.Label)
	t.item("", p.Password.Required)
	t.item("not", p.Password.Refused)
	t.item("", p.Password.Unavailable)
	for i, step := range p.Password.Steps {
		t.item(fmt.Sprintf("%d.", i+1), step)
	}
	t.link(p.Password.URL)
	if p.OAuth != nil {
		t.item("OAuth 2.0", p.OAuth.Note)
		t.item("", "authorise at "+p.OAuth.AuthURL)
		t.item("", "tokens from "+p.OAuth.TokenURL)
		t.item("", "scope "+strings.Join(p.OAuth.Scopes, " "))
	}
	t.section("Sender")
	t.item("", p.Account.FromRule)
	t.item("judged", judged(p.Account.FromChecked))
	for i, l := range p.Limits {
		if i == 0 {
			t.section("Limits")
		}
		t.item("", l.Text+doubt(l.Unverified))
		t.link(l.URL)
	}
}

func judged(f preset.FromChecked) string {
	switch f {
	case preset.FromAtMail:
		return "at MAIL or RCPT, before the message"
	case preset.FromAtData:
		return "only after the message, so only --check send is conclusive"
	case preset.FromRewritten:
		return "never: a foreign sender is replaced by the account's address"
	case preset.FromFree:
		return "not at all"
	}
	return ""
}

func (t *Text) surprises(p *preset.Preset) {
	if p.Sent.Copy != "" {
		t.section("Sent folder")
		copyOf := map[preset.SentCopy]string{
			preset.CopyByServer: "The provider keeps a copy of what you send: a program that keeps one too makes doubles.",
			preset.CopyByClient: "The provider keeps no copy: your program has to.",
		}
		t.item("", copyOf[p.Sent.Copy]+doubt(p.Sent.Unverified))
		t.item("switch", p.Sent.Switch)
	}
	for i, q := range p.Quirks {
		if i == 0 {
			t.section("Good to know")
		}
		t.item("", q.Text+doubt(q.Unverified))
		t.link(q.URL)
	}
	for i, r := range p.Replies {
		if i == 0 {
			t.section("What its refusals mean")
		}
		t.item("", fmt.Sprintf("%q: %s (%s)", r.Example, r.Why, r.Cause))
	}
}

func (t *Text) recognised(p *preset.Preset) {
	t.section("Recognised by")
	t.item("domains", strings.Join(p.Match.Domains, ", "))
	t.item("MX under", strings.Join(p.Match.MX, ", "))
	t.item("SPF include", strings.Join(p.Match.SPF, ", "))
	for _, r := range p.Regions {
		t.item(r.Name, strings.Join(append(append([]string{}, r.Domains...), prefixed("MX ", r.MX)...), ", "))
	}
	t.item("greeting", p.Match.Greeting)
	t.item("support", p.Support)
	t.item("outages", p.Status)
}

func prefixed(prefix string, list []string) []string {
	var out []string
	for _, s := range list {
		out = append(out, prefix+s)
	}
	return out
}

func (t *Text) sources(p *preset.Preset) {
	t.section("Sources (" + p.Origin + ")")
	for _, s := range p.Sources {
		t.item("", fmt.Sprintf("%s: %s, checked %s, confidence %s", strings.Join(s.Facts, ", "), s.From, s.Checked, s.Confidence))
	}
}
