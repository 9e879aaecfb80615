package settings

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Settings is everything a run needs to know, but for the password.
type Settings struct {
	Account submission.Account // without the password
	Preset  *preset.Preset     // filled in for its region and variant; nil without one
	Region  string
	Variant string

	Check       report.Check
	Timeout     time.Duration
	MaxTime     time.Duration
	Helo        string
	CAFile      string
	Fingerprint string // lower-case hex
	ClientCert  string
	ClientKey   string
	Proxy       string // host:port
	ConnectTo   []ConnectTo
	Family      string // ip, ip4 or ip6

	Provenance []Provenance
	Notes      []string // what was derived, in words
	Warnings   []string // what looks like a slip
}

// ConnectTo is one --connect-to, as curl has it.
type ConnectTo struct {
	Host       string
	Port       int
	TargetHost string
	TargetPort int
}

// Resolve puts the answers together. The error is a *UsageError.
func Resolve(given Answers, lib *preset.Library) (*Settings, error) {
	r := &resolver{given: given, lib: lib, out: &Settings{}}
	return r.resolve()
}

func (r *resolver) resolve() (*Settings, error) {
	for _, step := range []func() error{
		r.limits, r.check, r.addresses, r.preset, r.endpoints, r.account, r.trust, r.route,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	r.warn()
	return r.out, nil
}

type resolver struct {
	given    Answers
	lib      *preset.Library
	out      *Settings
	settings preset.Settings
	saved    []submission.Endpoint // of a profile, where nothing stronger says another server
}

func (r *resolver) note(name, value, source string) {
	r.out.Provenance = append(r.out.Provenance, Provenance{name, value, source})
}

// say notes an answer as the user gave it.
func (r *resolver) say(name string) {
	if a, ok := r.given[name]; ok {
		r.note(name, a.Value, a.origin())
	}
}

func (r *resolver) limits() error {
	var err error
	if r.out.Timeout, err = r.duration("timeout", 15*time.Second); err != nil {
		return err
	}
	r.out.MaxTime, err = r.duration("max-time", 0)
	return err
}

func (r *resolver) duration(name string, fallback time.Duration) (time.Duration, error) {
	text := r.given.Get(name)
	if text == "" {
		return fallback, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, usage("write it like 15s or 1m30s", "%s %q is not a span of time", r.given[name].Name, text)
	}
	return d, nil
}

func (r *resolver) check() error {
	r.out.Check = report.CheckSend
	if c := r.given.Get("check"); c != "" {
		if !slices.Contains(report.Checks(), report.Check(c)) {
			return usage("use connect, login, sender or send", "unknown check %q", c)
		}
		r.out.Check = report.Check(c)
	}
	return nil
}

// addresses reads --from and --to; the user name is often an address too.
func (r *resolver) addresses() error {
	a := &r.out.Account
	var err error
	if a.From, err = r.address("from"); err != nil {
		return err
	}
	a.To, err = r.address("to")
	return err
}

func (r *resolver) address(name string) (submission.Address, error) {
	text := r.given.Get(name)
	if text == "" {
		return submission.Address{}, nil
	}
	a, err := submission.ParseAddress(text)
	if err != nil {
		return submission.Address{}, usage("write it like you@example.com", "%s: %v", r.given[name].Name, err)
	}
	return a, nil
}

func (r *resolver) preset() error {
	name := r.given.Get("preset")
	region := r.given.Get("region")
	if name != "" {
		r.say("preset")
	} else if !r.given.Has("host") && r.saved == nil {
		name, region = r.guess()
		if name == "" {
			return usage("name the provider with --preset (smtpwiz presets lists them) or the server with --host, or save an account with smtpwiz setup",
				"nothing says which server to test")
		}
	}
	if name == "" {
		return r.noPreset()
	}
	p, err := r.lib.Get(name)
	if err != nil {
		return PresetError(err)
	}
	if region == "" && r.saved == nil {
		region = r.regionOfAddress(p)
	}
	choice := preset.Choice{Region: region, Variant: r.given.Get("variant"), Host: r.given.Get("host")}
	if choice.Host != "" && !asksHost(p, choice.Variant) {
		if choice.Host, err = r.host(); err != nil {
			return err
		}
	}
	if choice.Host == "" && asksHost(p, choice.Variant) {
		choice.Host = savedHost(r.saved)
	}
	if r.settings, err = p.Resolve(choice); err != nil {
		return r.choiceError(err)
	}
	r.out.Preset, r.out.Region, r.out.Variant = r.settings.Preset, r.settings.Region, r.settings.Variant
	r.out.Account.Preset = p.Name
	r.chosen("region", r.settings.Region)
	r.chosen("variant", r.settings.Variant)
	return nil
}

// regionOfAddress is the region that the address's own mail domain tells: an
// account at zoho.eu is not known in another data centre.
func (r *resolver) regionOfAddress(p *preset.Preset) string {
	for _, text := range []string{r.given.Get("username"), r.given.Get("from")} {
		a, err := submission.ParseAddress(text)
		if err != nil {
			continue
		}
		_, region, ok := r.lib.ByDomain(a.ASCIIDomain())
		known := slices.ContainsFunc(p.Regions, func(known preset.Region) bool { return known.Name == region })
		if ok && region != "" && region != p.DefaultRegion && known {
			r.out.Notes = append(r.out.Notes, fmt.Sprintf("the region %s was taken from the mail domain %s", region, a.Domain))
			return region
		}
	}
	return ""
}

// choiceError is PresetError, but for a host that the offer cannot make a
// server of.
func (r *resolver) choiceError(err error) error {
	var unknown *preset.UnknownError
	var needed *preset.HostNeededError
	if errors.As(err, &unknown) || errors.As(err, &needed) {
		return PresetError(err)
	}
	return usage("give the name of your own server", "%s: %v", r.given["host"].Name, err)
}

func (r *resolver) chosen(name, value string) {
	if r.given.Has(name) {
		r.say(name)
	} else if value != "" {
		r.note(name, value, string(FromPreset))
	}
}

// noPreset refuses what only a preset gives a meaning.
func (r *resolver) noPreset() error {
	for _, name := range []string{"region", "variant"} {
		if a, ok := r.given[name]; ok {
			return usage("add --preset NAME, or leave it out", "%s says nothing without a preset", a.Name)
		}
	}
	return nil
}

// guess finds the preset whose own mail domain the address is in.
func (r *resolver) guess() (name, region string) {
	for _, text := range []string{r.given.Get("username"), r.given.Get("from")} {
		a, err := submission.ParseAddress(text)
		if err != nil {
			continue
		}
		if p, at, ok := r.lib.ByDomain(a.ASCIIDomain()); ok {
			r.note("preset", p.Name, "mail domain "+a.Domain)
			if r.given.Has("region") {
				at = r.given.Get("region")
			}
			return p.Name, at
		}
	}
	return "", ""
}

func asksHost(p *preset.Preset, variant string) bool {
	if variant == "" {
		variant = p.DefaultVariant
	}
	for _, v := range p.Variants {
		if strings.EqualFold(v.Name, variant) {
			return v.AskHost != ""
		}
	}
	return false
}

// PresetError puts what went wrong in finding a preset into words.
func PresetError(err error) error {
	var unknown *preset.UnknownError
	var needed *preset.HostNeededError
	switch {
	case errors.As(err, &needed):
		return usage("add --host: "+needed.Ask, "%v", err)
	case errors.As(err, &unknown) && unknown.Field == submission.FieldPreset:
		hint := "smtpwiz presets lists them"
		if unknown.Nearest != "" {
			hint = "use --preset " + unknown.Nearest + ", or see smtpwiz presets"
		}
		return usage(hint, "unknown preset %q", unknown.Name)
	case errors.As(err, &unknown):
		hint := "leave it out"
		if len(unknown.Known) > 0 {
			hint = "use one of " + strings.Join(unknown.Known, ", ")
		}
		if unknown.Nearest != "" {
			hint = fmt.Sprintf("did you mean %s? ", unknown.Nearest) + hint
		}
		return usage(hint, "preset %s has no %s %q", unknown.Preset, unknown.Field, unknown.Name)
	}
	return usage("see smtpwiz presets, and docs/presets.md for the format", "%v", err)
}

func (r *resolver) host() (string, error) {
	a := r.given["host"]
	host, err := submission.ParseHost(a.Value)
	if err != nil {
		return "", usage("write it like smtp.example.com", "%s: %v", a.Name, err)
	}
	return host, nil
}

func (r *resolver) account() error {
	a := &r.out.Account
	a.Username = r.given.Get("username")
	source := r.given["username"].origin()
	if p := r.out.Preset; a.Username == "" && p != nil && p.Account.Username == preset.UsernameFixed {
		a.Username, source = p.Account.FixedUsername, string(FromPreset)
	}
	// EXTERNAL: the certificate says who it is, unless a name is asked for.
	external := strings.EqualFold(r.given.Get("auth"), "EXTERNAL")
	if a.Username == "" && a.From.Local != "" && r.usesAddress() && !external {
		a.Username, source = a.From.String(), "the sender's address"
	}
	if err := r.checkUsername(a.Username); err != nil {
		return err
	}
	if a.Username != "" {
		r.note("username", a.Username, source)
	}
	r.mechanism()
	if err := r.senders(); err != nil {
		return err
	}
	a.DisplayName = r.given.Get("display-name")
	if len(a.DisplayName) > 256 || strings.ContainsFunc(a.DisplayName, isControl) {
		return usage("use a name of one line, up to 256 bytes", "%s is not a name to show", r.given["display-name"].Name)
	}
	r.say("display-name")
	return nil
}

func (r *resolver) mechanism() {
	a := &r.out.Account
	if a.Mechanism = strings.ToUpper(r.given.Get("auth")); a.Mechanism != "" {
		r.say("auth")
	} else if p := r.out.Preset; p != nil && p.Account.Mechanism != "" {
		a.Mechanism = p.Account.Mechanism
		r.note("auth", a.Mechanism, string(FromPreset))
	}
}

// usesAddress reports whether the user name is the address as far as is known.
func (r *resolver) usesAddress() bool {
	return r.out.Preset == nil || r.out.Preset.Account.Username == preset.UsernameAddress
}

func (r *resolver) checkUsername(name string) error {
	if strings.ContainsFunc(name, isControl) || len(name) > 1024 {
		return usage("give the user name in one line", "the user name holds a control character or is too long")
	}
	return nil
}

func isControl(c rune) bool { return c < 0x20 || c == 0x7f }

// external is the SASL mechanism that needs no user name: the client's
// certificate is the login (RFC 4422 appendix A).
const external = "EXTERNAL"

// senders fills in what the address and the user name say of each other.
func (r *resolver) senders() error {
	a := &r.out.Account
	r.say("from")
	if a.From.Local == "" {
		if from, err := submission.ParseAddress(a.Username); err == nil {
			a.From = from
			r.note("from", from.String(), "the user name")
		} else if r.out.Check.Includes(report.Mail) && a.Username != "" {
			return usage("add --from you@example.com", "the user name %q is no address, so the sender is not known", a.Username)
		} else if r.out.Check.Includes(report.Mail) && a.Mechanism == external {
			return usage("add --from you@example.com", "the sender is not known")
		}
	}
	r.say("to")
	if a.To.Local == "" && a.From.Local != "" {
		a.To = a.From
		r.note("to", a.To.String(), "the sender's address")
	}
	return nil
}

func (r *resolver) trust() error {
	o := r.out
	o.Helo, o.CAFile = r.given.Get("helo"), r.given.Get("ca-file")
	o.ClientCert, o.ClientKey = r.given.Get("client-cert"), r.given.Get("client-key")
	if strings.ContainsFunc(o.Helo, func(c rune) bool { return c <= 0x20 || c >= 0x7f }) {
		return usage("use a host name, or an address literal like [192.0.2.1]", "%s %q cannot be said in EHLO", r.given["helo"].Name, o.Helo)
	}
	if o.ClientKey != "" && o.ClientCert == "" {
		return usage("add --client-cert FILE", "a client key was given without its certificate")
	}
	if text := r.given.Get("tls-fingerprint"); text != "" {
		var ok bool
		if o.Fingerprint, ok = parseFingerprint(text); !ok {
			return usage("write sha256: and 64 hexadecimal digits", "%s %q is not a fingerprint", r.given["tls-fingerprint"].Name, text)
		}
	}
	for _, name := range []string{"helo", "ca-file", "client-cert", "client-key", "tls-fingerprint"} {
		r.say(name)
	}
	return nil
}

func parseFingerprint(text string) (string, bool) {
	s := strings.ToLower(text)
	s, ok := strings.CutPrefix(s, "sha256:")
	s = strings.ReplaceAll(s, ":", "")
	return s, ok && len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}
