package settings

import (
	"strconv"
	"strings"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/profile"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// ResolveProfile is Resolve for a saved profile: its values stand behind flags
// and variables, and before what its preset says.
func ResolveProfile(p profile.Profile, given Answers, lib *preset.Library) (*Settings, error) {
	merged := answersOf(p)
	if given.Has("preset") && !strings.EqualFold(given.Get("preset"), p.Preset) {
		delete(merged, "region") // they are the saved preset's
		delete(merged, "variant")
	}
	for name, a := range given {
		merged[name] = a
	}
	r := &resolver{given: merged, lib: lib, out: &Settings{}}
	r.out.Account.Profile = p.Name
	elsewhere := false
	for _, name := range []string{"preset", "region", "variant", "host"} {
		elsewhere = elsewhere || given.Has(name)
	}
	if !elsewhere {
		r.saved = p.Endpoints
	}
	return r.resolve()
}

// answersOf are a profile's values under the names of their flags.
func answersOf(p profile.Profile) Answers {
	source := "profile " + p.Name
	given := Answers{}
	for name, value := range map[string]string{
		"preset": p.Preset, "region": p.Region, "variant": p.Variant,
		"username": p.Username, "from": p.From, "to": p.To, "display-name": p.DisplayName,
		"auth": p.Auth, "check": p.Check, "helo": p.Helo, "ca-file": p.CAFile,
		"tls-fingerprint": p.TLSFingerprint, "client-cert": p.ClientCert, "client-key": p.ClientKey,
		"proxy": p.Proxy, "timeout": span(p.Timeout), "max-time": span(p.MaxTime),
		"ipv4": yes(p.IPVersion == 4), "ipv6": yes(p.IPVersion == 6),
	} {
		if value != "" {
			given[name] = Answer{Value: value, Source: FromProfile, Name: source}
		}
	}
	if len(p.ConnectTo) > 0 {
		given["connect-to"] = Answer{Value: strings.Join(p.ConnectTo, " "), List: p.ConnectTo, Source: FromProfile, Name: source}
	}
	return given
}

func span(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

func yes(b bool) string {
	if !b {
		return ""
	}
	return strconv.FormatBool(b)
}

// savedHost is the customer's own server that a profile of such an offer names.
func savedHost(endpoints []submission.Endpoint) string {
	if len(endpoints) == 0 {
		return ""
	}
	return endpoints[0].Host
}

// OptionNames lists what OptionsOf may hold, in the order to show it.
func OptionNames() []string {
	return []string{"display-name", "check", "helo", "ca-file", "tls-fingerprint", "client-cert", "client-key",
		"proxy", "connect-to", "timeout", "max-time", "ipv4", "ipv6"}
}

// OptionAnswers are the values of a profile that say how to connect, as answers.
func OptionAnswers(p profile.Profile) Answers {
	out := Answers{}
	all := answersOf(p)
	for _, name := range OptionNames() {
		if a, ok := all[name]; ok {
			out[name] = a
		}
	}
	return out
}

// OptionsOf are those values of a profile that say how to connect, by flag.
func OptionsOf(p profile.Profile) map[string]string {
	out := map[string]string{}
	all := answersOf(p)
	for _, name := range OptionNames() {
		if a, ok := all[name]; ok {
			out[name] = a.Value
		}
	}
	return out
}
