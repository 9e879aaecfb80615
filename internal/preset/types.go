// Package preset reads what is known of providers: one TOML file each, built
// in from presets/ or the user's own. It finds a provider by name, mail domain
// or MX, and fills in the region and variant. It dials nothing and asks nobody.
package preset

import "github.com/smtpwiz/smtpwiz/internal/submission"

// Preset is one provider's file. Texts are English sentences for a person.
// "{name}" in hosts, links and texts stands for a value of the region, "{host}"
// for the customer's own server; patterns (RE2) are taken as they are.
type Preset struct {
	Schema  int    `toml:"schema" json:"schema"` // 1
	Name    string `toml:"name" json:"name"`     // as --preset takes it; also the file's name
	Title   string `toml:"title" json:"title"`
	Summary string `toml:"summary" json:"summary"` // whom it is for, one sentence
	Kind    Kind   `toml:"kind" json:"kind"`
	Support string `toml:"support,omitempty" json:"support,omitempty"` // mail address or page of the provider's support
	Status  string `toml:"status,omitempty" json:"status,omitempty"`   // page that tells of outages

	Match     Match      `toml:"match" json:"match"`
	Account   Account    `toml:"account" json:"account"`
	Password  Password   `toml:"password" json:"password"`
	Endpoints []Endpoint `toml:"endpoint" json:"endpoints"` // submission, preferred first
	Incoming  []Incoming `toml:"incoming,omitempty" json:"incoming,omitempty"`
	Sent      Sent       `toml:"sent,omitempty" json:"sent,omitzero"`
	OAuth     *OAuth     `toml:"oauth,omitempty" json:"oauth,omitempty"`

	DefaultRegion   string    `toml:"default_region,omitempty" json:"default_region,omitempty"`
	RegionQuestion  string    `toml:"region_question,omitempty" json:"region_question,omitempty"` // in the user's words
	Regions         []Region  `toml:"region,omitempty" json:"regions,omitempty" fill:"-"`
	DefaultVariant  string    `toml:"default_variant,omitempty" json:"default_variant,omitempty"`
	VariantQuestion string    `toml:"variant_question,omitempty" json:"variant_question,omitempty"`
	Variants        []Variant `toml:"variant,omitempty" json:"variants,omitempty" fill:"-"`
	Limits          []Limit   `toml:"limit,omitempty" json:"limits,omitempty"`
	Quirks          []Quirk   `toml:"quirk,omitempty" json:"quirks,omitempty"`
	Replies         []Reply   `toml:"reply,omitempty" json:"replies,omitempty"`
	Sources         []Source  `toml:"source" json:"sources"`

	Origin string `toml:"-" json:"origin" fill:"-"` // "built in", or the path of the user's file

	unfilled *Preset `fill:"-"` // as it stands in the file, where this is filled in
}

// Kind is what sort of service it is.
type Kind string

const (
	Mailbox       Kind = "mailbox"       // people's mail accounts
	Transactional Kind = "transactional" // mail of programs, by key
	Bridge        Kind = "bridge"        // a program on this machine
)

// Match is how a provider is recognised; what tells the region as well stands
// in the Region.
type Match struct {
	Domains  []string `toml:"domains,omitempty" json:"domains,omitempty"`            // mail domains of its own
	MX       []string `toml:"mx,omitempty" json:"mx,omitempty"`                      // suffixes of the mail exchangers of customers' domains
	SPF      []string `toml:"spf,omitempty" json:"spf,omitempty"`                    // names that its customers include
	Greeting string   `toml:"greeting,omitempty" json:"greeting,omitempty" fill:"-"` // RE2 without regard to case, for the text of its 220
	Before   []string `toml:"before,omitempty" json:"before,omitempty"`              // presets that it stands before where a name speaks for both
}

// Account is what the provider wants as user name and sender.
type Account struct {
	Username      UsernameForm `toml:"username" json:"username"`
	FixedUsername string       `toml:"fixed_username,omitempty" json:"fixed_username,omitempty"`
	UsernameHint  string       `toml:"username_hint,omitempty" json:"username_hint,omitempty"`
	FromRule      string       `toml:"from_rule,omitempty" json:"from_rule,omitempty"`
	FromChecked   FromChecked  `toml:"from_checked,omitempty" json:"from_checked,omitempty"`
	Mechanism     string       `toml:"mechanism,omitempty" json:"mechanism,omitempty"` // SASL mechanism to force
}

// UsernameForm is what the user name looks like.
type UsernameForm string

const (
	UsernameAddress   UsernameForm = "address"    // the full address
	UsernameLocalPart UsernameForm = "local-part" // what stands before the @
	UsernameFixed     UsernameForm = "fixed"      // the same for everybody: FixedUsername
	UsernameIssued    UsernameForm = "issued"     // made by the provider, found in its console
)

// FromChecked is when the provider judges the sender.
type FromChecked string

const (
	FromUnknown   FromChecked = ""
	FromAtMail    FromChecked = "mail"      // at MAIL or RCPT
	FromAtData    FromChecked = "data"      // after the message
	FromRewritten FromChecked = "rewritten" // never refused: replaced by the account's address
	FromFree      FromChecked = "free"      // any sender goes
)

// Password is which secret the provider wants and how to get it.
type Password struct {
	Kind        PasswordKind `toml:"kind" json:"kind"`
	Label       string       `toml:"label" json:"label"`                           // "Zoho app password"
	Required    string       `toml:"required,omitempty" json:"required,omitempty"` // when and why this one, a sentence
	URL         string       `toml:"url,omitempty" json:"url,omitempty"`           // the page that makes it
	Steps       []string     `toml:"steps,omitempty" json:"steps,omitempty"`
	Refused     string       `toml:"refused,omitempty" json:"refused,omitempty"`         // which password does not work
	Unavailable string       `toml:"unavailable,omitempty" json:"unavailable,omitempty"` // when none can be made, and why
	Shape       *Shape       `toml:"shape,omitempty" json:"shape,omitempty"`
}

// PasswordKind is the sort of secret.
type PasswordKind string

const (
	PasswordAccount PasswordKind = "account" // the one of the web login
	PasswordMailbox PasswordKind = "mailbox" // of the mailbox, apart from the customer's account
	PasswordApp     PasswordKind = "app"     // an app, device or authorisation-code password
	PasswordBridge  PasswordKind = "bridge"  // made by the local program
	PasswordKey     PasswordKind = "key"     // an API or SMTP key
	PasswordOAuth   PasswordKind = "oauth"   // none works: OAuth 2.0 only
)

// Shape is what the secret looks like, so that another one is noticed.
type Shape struct {
	Length   int      `toml:"length" json:"length"` // characters, without the spaces between groups
	Alphabet Alphabet `toml:"alphabet" json:"alphabet"`
	Grouped  bool     `toml:"grouped,omitempty" json:"grouped,omitempty"` // shown in groups with spaces or hyphens between
}

// Alphabet is what characters a secret is made of.
type Alphabet string

const (
	Letters      Alphabet = "letters"
	Alphanumeric Alphabet = "alphanumeric"
	Hex          Alphabet = "hex"
	Base64URL    Alphabet = "base64url"
)

// Endpoint is a submission endpoint; its host may hold "{…}".
type Endpoint struct {
	Host       string              `toml:"host" json:"host"`
	Port       int                 `toml:"port" json:"port"`
	Security   submission.Security `toml:"security" json:"security"`
	Unverified bool                `toml:"unverified,omitempty" json:"unverified,omitempty"`
}

// Incoming is where mail is read.
type Incoming struct {
	Protocol   Protocol            `toml:"protocol" json:"protocol"`
	Host       string              `toml:"host" json:"host"`
	Port       int                 `toml:"port" json:"port"`
	Security   submission.Security `toml:"security" json:"security"`
	Enable     string              `toml:"enable,omitempty" json:"enable,omitempty"`     // how to switch it on
	Username   UsernameForm        `toml:"username,omitempty" json:"username,omitempty"` // where it differs from submission's
	Unverified bool                `toml:"unverified,omitempty" json:"unverified,omitempty"`
}

// Protocol is how mail is read.
type Protocol string

const (
	IMAP Protocol = "imap"
	POP3 Protocol = "pop3"
)

// Sent is what happens to the copy of a mail that was submitted.
type Sent struct {
	Copy       SentCopy `toml:"copy,omitempty" json:"copy,omitempty"`
	Switch     string   `toml:"switch,omitempty" json:"switch,omitempty"` // where to stop doubles
	Unverified bool     `toml:"unverified,omitempty" json:"unverified,omitempty"`
}

// SentCopy is who keeps the copy.
type SentCopy string

const (
	CopyUnknown  SentCopy = ""
	CopyByServer SentCopy = "server" // the provider: a program that keeps one too makes doubles
	CopyByClient SentCopy = "client" // the program, or there is none
)

// OAuth is where tokens come from (RFC 6749).
type OAuth struct {
	AuthURL  string   `toml:"auth_url" json:"auth_url"`
	TokenURL string   `toml:"token_url" json:"token_url"`
	Scopes   []string `toml:"scopes" json:"scopes"`
	Note     string   `toml:"note,omitempty" json:"note,omitempty"`
}

// Region is a data centre; an account lives in exactly one.
type Region struct {
	Name       string            `toml:"name" json:"name"`
	Aliases    []string          `toml:"aliases,omitempty" json:"aliases,omitempty"` // other names that --region takes
	Title      string            `toml:"title" json:"title"`
	Hint       string            `toml:"hint,omitempty" json:"hint,omitempty"` // how its users recognise it
	Values     map[string]string `toml:"values" json:"values"`                 // what "{…}" stands for
	Domains    []string          `toml:"domains,omitempty" json:"domains,omitempty"`
	MX         []string          `toml:"mx,omitempty" json:"mx,omitempty"`
	SPF        []string          `toml:"spf,omitempty" json:"spf,omitempty"`
	Unverified bool              `toml:"unverified,omitempty" json:"unverified,omitempty"`
}

// Variant is an offer of the provider with servers of its own.
type Variant struct {
	Name        string     `toml:"name" json:"name"`
	Title       string     `toml:"title" json:"title"`
	Hint        string     `toml:"hint,omitempty" json:"hint,omitempty"`
	AskHost     string     `toml:"ask_host,omitempty" json:"ask_host,omitempty"`                  // the server differs per customer: what to ask
	HostPattern string     `toml:"host_pattern,omitempty" json:"host_pattern,omitempty" fill:"-"` // "pro{n}.mail.ovh.net": how a number becomes a host
	Endpoints   []Endpoint `toml:"endpoint,omitempty" json:"endpoints,omitempty"`                 // in place of the preset's
	Incoming    []Incoming `toml:"incoming,omitempty" json:"incoming,omitempty"`
	Greeting    string     `toml:"greeting,omitempty" json:"greeting,omitempty" fill:"-"`
	Mechanism   string     `toml:"mechanism,omitempty" json:"mechanism,omitempty"`
	Unverified  bool       `toml:"unverified,omitempty" json:"unverified,omitempty"`
}

// Limit is a sending allowance.
type Limit struct {
	Text       string `toml:"text" json:"text"` // the whole of it, a sentence
	Per        Period `toml:"per,omitempty" json:"per,omitempty"`
	Max        int    `toml:"max,omitempty" json:"max,omitempty"` // the figure that stops a sender, where there is one
	URL        string `toml:"url,omitempty" json:"url,omitempty"`
	Unverified bool   `toml:"unverified,omitempty" json:"unverified,omitempty"`
}

// Period is what a limit counts in.
type Period string

const (
	PerMessage Period = "message"
	PerMinute  Period = "minute"
	PerHour    Period = "hour"
	PerDay     Period = "day"
	PerMonth   Period = "month"
)

// Quirk is something that surprises people.
type Quirk struct {
	Text       string `toml:"text" json:"text"`
	URL        string `toml:"url,omitempty" json:"url,omitempty"`
	Unverified bool   `toml:"unverified,omitempty" json:"unverified,omitempty"`
}

// Reply is how the provider words a refusal, for the diagnosis. Every part
// that is set must fit.
type Reply struct {
	Pattern   string           `toml:"pattern" json:"pattern" fill:"-"`          // RE2 without regard to case, on the reply's text; "." and "\s" cross lines
	Example   string           `toml:"example" json:"example" fill:"-"`          // a text that the pattern fits
	Stages    []string         `toml:"stages,omitempty" json:"stages,omitempty"` // as in the JSON result, or dns, quota
	Code      int              `toml:"code,omitempty" json:"code,omitempty"`
	Cause     submission.Cause `toml:"cause" json:"cause"`
	Why       string           `toml:"why,omitempty" json:"why,omitempty"` // what it means at this provider, a sentence
	Fixes     []Fix            `toml:"fix,omitempty" json:"fixes,omitempty"`
	Temporary bool             `toml:"temporary,omitempty" json:"temporary,omitempty"`
}

// Fix is one thing to do.
type Fix struct {
	Text string `toml:"text" json:"text"`
	URL  string `toml:"url,omitempty" json:"url,omitempty"`
}

// Source is where facts come from.
type Source struct {
	Facts      []string   `toml:"facts" json:"facts"`     // what it proves: a table ("endpoint") or a key of it ("account.from_checked")
	From       string     `toml:"from" json:"from"`       // a page's https address, or github.com/owner/repo@commit path
	Checked    string     `toml:"checked" json:"checked"` // YYYY-MM-DD
	Confidence Confidence `toml:"confidence" json:"confidence"`
}

// Confidence is how sure a source's facts are.
type Confidence string

const (
	High              Confidence = "high"       // the provider itself, its code, or several that agree
	Medium            Confidence = "medium"     // one good source
	ConfidenceUnknown Confidence = "unverified" // hearsay
)
