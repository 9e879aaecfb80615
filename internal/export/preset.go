package export

import (
	"fmt"
	"strings"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/preset"
)

// Proof is what a test that passed has shown.
type Proof struct {
	When      time.Time
	Check     string
	Address   string // host:port that answered
	TLS       string
	Mechanism string
}

// Preset writes the file of a preset from settings that have been proven, with
// where they come from. The error is a *RefusedError where no preset can hold
// them.
func Preset(s Settings, proof Proof) (File, error) {
	v := newValues(s)
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	p("schema  = 1\nname    = %s\ntitle   = %s\n", jsonString(v.Slug()), jsonString(v.Domain()))
	p("summary = %s\nkind    = \"mailbox\"\n", jsonString(fmt.Sprintf("Addresses at %s.", v.Domain())))
	p("\n[match]\ndomains = [%s]\n", jsonString(v.Domain()))
	p("\n[account]\nusername = %s\n", jsonString(string(usernameForm(s))))
	if s.Preset == nil {
		p("\n[password]\nkind  = \"account\" # or mailbox, app, key: whichever it was\nlabel = %s\n", jsonString("password of "+v.Domain()))
	} else {
		p("\n[password]\nkind  = %s\nlabel = %s\n", jsonString(string(s.Preset.Password.Kind)), jsonString(s.Preset.Password.Label))
	}
	server := func(table string, host string, port int, security string) {
		p("\n[[%s]]\nhost     = %s\nport     = %d\nsecurity = %s\n", table, jsonString(host), port, jsonString(security))
	}
	server("endpoint", v.Host, v.Port, v.Security())
	facts := []string{"match", "account", "password", "endpoint"}
	for _, in := range s.Incoming {
		server("incoming", in.Host, in.Port, string(in.Security))
		p("protocol = %s\n", jsonString(string(in.Protocol)))
	}
	if len(s.Incoming) > 0 {
		facts = append(facts, "incoming")
	}
	p("\n# Proven by smtpwiz test --check %s on %s: %s.\n", proof.Check, proof.When.Format(time.DateOnly),
		strings.Join(nonEmpty(proof.Address, proof.TLS, proof.Mechanism), ", "))
	p("# Put the provider's own help page in place of the address below.\n")
	p("[[source]]\nfacts      = [\"%s\"]\nfrom       = %s\n", strings.Join(facts, `", "`), jsonString("https://"+v.Domain()))
	p("checked    = %s\nconfidence = \"medium\"\n", jsonString(proof.When.Format(time.DateOnly)))
	name := v.Slug() + ".toml"
	if problems := preset.Check([]byte(b.String()), name); len(problems) > 0 {
		return File{}, &RefusedError{"preset", fmt.Sprint(problems[0]), "write one by hand: docs/presets.md has the format"}
	}
	return File{Name: name, Text: b.String()}, nil
}

func nonEmpty(words ...string) []string {
	var out []string
	for _, w := range words {
		if w != "" {
			out = append(out, w)
		}
	}
	return out
}

// usernameForm tells the form of the user name by the address.
func usernameForm(s Settings) preset.UsernameForm {
	switch {
	case strings.EqualFold(s.Username, s.From.String()):
		return preset.UsernameAddress
	case strings.EqualFold(s.Username, s.From.Local):
		return preset.UsernameLocalPart
	}
	return preset.UsernameIssued
}
