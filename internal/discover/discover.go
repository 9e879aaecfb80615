// Package discover finds out where the mail of an address is submitted: from
// the presets where they know its domain, else from what DNS says of it. It
// connects to no mail server and asks nobody anything.
//
//	f := discover.Finder{Library: lib, Resolver: net.DefaultResolver}
//	r := f.Find(ctx, address)
//	// r.Candidates, best first, each with the reason why it is one
//
// DNS is not to be trusted with where a password goes. A host that it alone
// names is marked (Candidate.FromDNSAlone), for a person to confirm.
package discover

import (
	"context"
	"net"
	"net/netip"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Resolver is the part of *net.Resolver that is used. Names come with a final
// dot, so that no search list of the machine is tried on them.
type Resolver interface {
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupNS(ctx context.Context, name string) ([]*net.NS, error)
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error)
	LookupCNAME(ctx context.Context, name string) (string, error)
	LookupNetIP(ctx context.Context, network, name string) ([]netip.Addr, error)
}

// Finder finds the submission server of an address. It may be used by several
// goroutines.
type Finder struct {
	Library  *preset.Library
	Resolver Resolver
	Timeout  time.Duration // for all look-ups together; 0 means 5 s
}

// Result is what was found out about an address.
type Result struct {
	// Suggestion is the well-known domain that this one is probably a slip of,
	// as gmail.com for gmial.com; "" for none. It is to be asked about, never applied.
	Suggestion string
	// DomainMissing: DNS knows no such domain.
	DomainMissing bool
	// NoMail: the domain says that it takes no mail at all (RFC 7505).
	NoMail bool
	// DNSFailed says why the exchangers could not be asked for, or why nothing
	// was found. It is no verdict on the domain: Candidates may hold some all the same.
	DNSFailed error
	// Filter is the name of the spam filter in front of the mailboxes, "" for none.
	Filter string
	// ForwardOnly is the name of the service that only passes the domain's mail
	// on, "" for none. There is no mailbox to log in to, save where a candidate
	// with ByMX, and without a preset, is this service's own submission server.
	ForwardOnly string
	// Candidates stand best first, at most eight.
	Candidates []Candidate
}

// Candidate is one place where the mail may be submitted: at a provider, or at
// a server of the domain's own.
type Candidate struct {
	Preset    *preset.Preset        // nil for a server of its own
	Region    string                // of the preset, "" where nothing tells it
	Variant   string                // likewise
	Host      string                // the server of its own, or the customer's at the provider (pro2.mail.ovh.net); "" for none
	Endpoints []submission.Endpoint // of the server of its own, preferred first; those of a preset come from Preset.Resolve
	Why       Why                   // what spoke for it first
	Also      []Why                 // what agreed, or told region, variant or host
}

// Choice is what DNS chose of the preset, as Preset.Resolve takes it.
func (c Candidate) Choice() preset.Choice {
	return preset.Choice{Region: c.Region, Variant: c.Variant, Host: c.Host}
}

// FromDNSAlone reports whether nothing but DNS says that this host is the
// right one: a person must confirm it before it gets a password.
func (c Candidate) FromDNSAlone() bool {
	return c.Preset == nil && (c.Why.Kind == BySRV || c.Why.Kind == ByGuess)
}

// Why is a fact that speaks for a candidate.
type Why struct {
	Kind     Kind
	Evidence string // the name that told it, in lower case and A-labels, safe to print
}

// Kind is where a fact comes from.
type Kind string

const (
	ByDomain       Kind = "domain"       // the address's domain is the provider's own
	ByMX           Kind = "mx"           // a mail exchanger of the domain
	BySRV          Kind = "srv"          // target of _submissions._tcp (RFC 8314 section 5.1) or _submission._tcp (RFC 6186 section 3.1)
	BySPF          Kind = "spf"          // a name that the domain's SPF record includes (RFC 7208 section 5.2)
	ByAutodiscover Kind = "autodiscover" // target of _autodiscover._tcp, or what autodiscover.DOMAIN is an alias of
	ByGuess        Kind = "guess"        // a usual name that exists, or what it is an alias of
)

const (
	defaultTimeout = 5 * time.Second
	// grace is how long details are waited for once the provider is clear, and
	// a second look-up that follows from a first.
	grace         = time.Second
	maxCandidates = 8
)

// Find looks for the submission server of an address. A domain that a preset
// knows as its own, an address literal and this machine itself need no DNS.
func (f *Finder) Find(ctx context.Context, a submission.Address) Result {
	domain := a.ASCIIDomain()
	if p, region, ok := f.Library.ByDomain(domain); ok {
		return Result{Candidates: []Candidate{{Preset: p, Region: region, Why: Why{ByDomain, domain}}}}
	}
	domain, ok := domainName(domain)
	if !ok {
		return Result{}
	}
	r := f.conclude(domain, f.gather(ctx, domain))
	r.Suggestion = f.Library.NearestDomain(domain)
	return r
}
