package demo

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/emersion/go-smtp"
	"github.com/pelletier/go-toml/v2"

	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

//go:embed providers.toml
var providersTOML string

// provider is how one greets, what it offers and in which words it refuses.
type provider struct {
	Name      string    `toml:"name"` // of its preset, "" for the demo itself
	Host      string    `toml:"host"`
	Like      string    `toml:"like"` // the provider whose refusals it shares
	Greeting  string    `toml:"greeting"`
	Date      string    `toml:"date"` // layout of {date} in the greeting, "" for that of mail
	Auth      []string  `toml:"auth"`
	Size      int64     `toml:"size"`     // octets
	Username  string    `toml:"username"` // where it is the same for everybody
	Secret    string    `toml:"secret"`   // pattern of its passwords, "" for words
	AnySender bool      `toml:"any_sender"`
	Local     bool      `toml:"local"` // a program on this machine
	Refusals  []refusal `toml:"refusal"`
}

// refusal is a no in a provider's own words.
type refusal struct {
	Cause    submission.Cause `toml:"cause"`
	Stage    stage            `toml:"stage"`
	Code     int              `toml:"code"`
	Enhanced string           `toml:"enhanced"` // said on every line, "" for none
	Text     string           `toml:"text"`     // one line or more
}

// stage is the point of a session at which a refusal comes.
type stage string

const (
	atGreeting stage = "greeting"
	atEHLO     stage = "ehlo"
	atAuth     stage = "auth"
	atMail     stage = "mail"
	atRcpt     stage = "rcpt"
	atData     stage = "data" // after the message
)

// providers reads the table once, when the first demo starts.
var providers = sync.OnceValue(func() []provider {
	var table struct {
		Providers []provider `toml:"provider"`
	}
	decoder := toml.NewDecoder(strings.NewReader(providersTOML)).DisallowUnknownFields()
	if err := decoder.Decode(&table); err != nil {
		panic("internal/demo/providers.toml: " + err.Error()) // ours, and tested
	}
	for i := range table.Providers {
		if p := &table.Providers[i]; p.Like != "" {
			p.Refusals = append(p.Refusals, named(table.Providers, p.Like).Refusals...)
		}
	}
	return table.Providers
})

func named(list []provider, name string) *provider {
	for i := range list {
		if list[i].Name == name {
			return &list[i]
		}
	}
	return nil
}

// Providers lists those that a demo can play, by the names of their presets.
func Providers() []string {
	var names []string
	for _, p := range providers() {
		if p.Name != "" {
			names = append(names, p.Name)
		}
	}
	slices.Sort(names)
	return names
}

// Causes lists what a demo can show of a provider, "" for the demo itself; nil
// where it does not know the provider.
func Causes(as string) []submission.Cause {
	p := named(providers(), as)
	if p == nil {
		return nil
	}
	var list []submission.Cause
	for _, c := range submission.Causes() {
		if p.shows(c) {
			list = append(list, c)
		}
	}
	return list
}

// shows reports whether a demo as the provider can bring a cause about.
func (p *provider) shows(c submission.Cause) bool {
	switch c {
	case submission.AuthMissing, submission.OAuthTokenInvalid:
		return false // they come by themselves, to who does not sign in or has no token
	case submission.BadCredentials:
		return true
	case submission.FromMismatch:
		return !p.AnySender
	case submission.BridgeNotRunning:
		return p.Local
	case submission.ConnectionRefused, submission.PortBlocked:
		if p.Local {
			return false // there it is a bridge that does not run
		}
	}
	if f, ok := faultOf(c); ok {
		return !f.blocked || canBlock
	}
	return p.own(c) != nil
}

// own is how the provider itself words a refusal, nil where that is not known.
func (p *provider) own(c submission.Cause) *refusal {
	for i := range p.Refusals {
		if p.Refusals[i].Cause == c {
			return &p.Refusals[i]
		}
	}
	return nil
}

// words is how it refuses, in the demo's own words where the provider's are not known.
func (p *provider) words(c submission.Cause) refusal {
	if r := p.own(c); r != nil {
		return *r
	}
	if r := named(providers(), "").own(c); r != nil {
		return *r
	}
	return refusal{}
}

// lines is what follows the code on each line. Names and their values alternate
// in pairs; the values are made safe, since they come from the client.
func (r refusal) lines(pairs ...string) []string {
	for i := 1; i < len(pairs); i += 2 {
		pairs[i] = reply.Safe(pairs[i])
	}
	lines := strings.Split(strings.NewReplacer(pairs...).Replace(r.Text), "\n")
	for i := range lines {
		if r.Enhanced != "" {
			lines[i] = r.Enhanced + " " + lines[i]
		}
	}
	return lines
}

// reply is the refusal as the library sends it, which would put an enhanced
// code on the last line only.
func (r refusal) reply(pairs ...string) *smtp.SMTPError {
	return &smtp.SMTPError{
		Code:         r.Code,
		EnhancedCode: smtp.NoEnhancedCode,
		Message:      strings.Join(r.lines(pairs...), "\n"),
	}
}

// UnknownError is an --as or --fail that no demo can play.
type UnknownError struct {
	What  string   // "provider" or "cause"
	Value string   // what was asked for
	As    string   // the provider that it was asked of, "" for the demo itself
	Known []string // what it could be
}

func (e *UnknownError) Error() string {
	of := ""
	if e.As != "" {
		of = " of " + e.As
	}
	return fmt.Sprintf("the demo cannot play the %s %q%s", e.What, e.Value, of)
}

func choose(as string, fail submission.Cause) (*provider, error) {
	p := named(providers(), as)
	if p == nil {
		return nil, &UnknownError{What: "provider", Value: as, Known: Providers()}
	}
	if fail == "" || p.shows(fail) {
		return p, nil
	}
	e := &UnknownError{What: "cause", Value: string(fail), As: as}
	for _, c := range Causes(as) {
		e.Known = append(e.Known, string(c))
	}
	return nil, e
}
