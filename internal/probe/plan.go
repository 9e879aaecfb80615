// Package probe tries an account: from its server's name to an accepted
// message, stage by stage. The usual order of calls:
//
//	p := probe.New(version)
//	rep, err := p.Run(ctx, plan, func(e report.Event) { … })
//
// A server's refusal is in the Report; an error is a misuse of the plan, and
// comes before anything is dialled.
package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/smtp"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Plan is what to try and how.
type Plan struct {
	Account submission.Account
	Check   report.Check
	Timeout time.Duration // for each stage
	MaxTime time.Duration // for the whole run, 0 for no limit
	Helo    string        // EHLO name, "" for the machine's own
	// JudgesAfterMessage: the provider accepts any sender until it has the
	// message, so that a check that ends before is not conclusive.
	JudgesAfterMessage bool
	// Look: after a failure before there was a session, look with further
	// connections (never with credentials) for what tells its reason.
	Look bool
	// Regional: the provider has data centres that do not know one another's
	// accounts. After a refused login the look is at the domain's exchangers.
	Regional bool
	Trust    Trust
	Route    Route
	// Redactor hides the password from all that is told; nil for a new one. The
	// run adds to it what else it sends as a secret.
	Redactor *smtp.Redactor
}

// Trust is which certificates are believed and which one is shown.
type Trust struct {
	Roots       func() (*x509.CertPool, error) // nil for the system's
	Fingerprint string                         // SHA-256 of the one leaf to believe, lower-case hex; "" for a chain
	Client      *tls.Certificate               // shown to a server that asks, may be nil
}

// Route is how connections are made.
type Route struct {
	ConnectTo []ConnectTo
	Proxy     *Proxy
	Family    Family
}

// Family restricts addresses to one version of IP.
type Family string

const (
	AnyFamily Family = "ip"
	IPv4      Family = "ip4"
	IPv6      Family = "ip6"
)

// ConnectTo dials Target in place of Host and Port, whose name stays the one
// that certificates are checked against. Empty fields match or keep anything.
type ConnectTo struct {
	Host       string
	Port       int
	TargetHost string
	TargetPort int
}

// Proxy is a SOCKS5 proxy (RFC 1928), which also resolves the names.
type Proxy struct {
	Address  string // host:port
	Username string // RFC 1929, with Password; "" for none
	Password submission.Secret
}

// target is where an endpoint is dialled.
func (r Route) target(e submission.Endpoint) (host string, port int) {
	host, port = e.Host, e.Port
	for _, to := range r.ConnectTo {
		if to.Host != "" && !strings.EqualFold(to.Host, host) || to.Port != 0 && to.Port != port {
			continue
		}
		if to.TargetHost != "" {
			host = to.TargetHost
		}
		if to.TargetPort != 0 {
			port = to.TargetPort
		}
		return host, port
	}
	return host, port
}

// leads: whoever planned the route has thought of this very endpoint.
func (r Route) leads(e submission.Endpoint) bool {
	return slices.ContainsFunc(r.ConnectTo, func(to ConnectTo) bool { return strings.EqualFold(to.Host, e.Host) && to.Port == e.Port })
}

// Resolver finds addresses; network is ip4 or ip6.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Dialer opens connections; address is an IP address with a port, or a proxy's
// name with one.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// Prober runs plans. Its fields are what a test or a caller may replace.
type Prober struct {
	Resolver Resolver
	Dialer   Dialer
	Hostname func() (string, error)
	Now      func() time.Time // the wall clock, nil for time.Now; nothing is timed by it
	// Exchangers finds a domain's MX records, Vendor who made this machine, by the
	// word of its firmware. Either may be nil, for no such look.
	Exchangers func(ctx context.Context, domain string) ([]*net.MX, error)
	Vendor     func() (string, error)
	Version    string // of smtpwiz, for the self-test mail
}

// New returns a prober on this machine's network.
func New(version string) *Prober {
	return &Prober{
		Resolver: &net.Resolver{},
		Dialer:   &net.Dialer{KeepAlive: -1},
		Hostname: os.Hostname,
		Version:  version,

		Exchangers: net.DefaultResolver.LookupMX,
		Vendor:     firmwareVendor,
	}
}

func (p *Prober) now() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return p.Now()
}

// InsecureError: the plan would send credentials in clear over a network.
type InsecureError struct{ Host string }

func (e *InsecureError) Error() string {
	return fmt.Sprintf("credentials for %s would go in clear over the network", e.Host)
}

// validate refuses plans that no run could carry out.
func (p Plan) validate() error {
	if len(p.Account.Endpoints) == 0 {
		return fmt.Errorf("the plan names no endpoint")
	}
	for _, e := range p.Account.Endpoints {
		host, _ := p.Route.target(e)
		if p.wouldLeak(e) && (p.Route.Proxy != nil || isForeignLiteral(host)) {
			return &InsecureError{Host: host}
		}
	}
	return nil
}

func (p Plan) wouldLeak(e submission.Endpoint) bool {
	return e.Security == submission.None && p.Check.Includes(report.Auth) && p.Account.HasCredentials()
}

func isForeignLiteral(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && !addr.Unmap().IsLoopback()
}
