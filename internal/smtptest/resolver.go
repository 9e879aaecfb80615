package smtptest

import (
	"context"
	"net"
	"net/netip"
	"strings"
)

// Resolver is a fake of net.Resolver: lower-case name without a final dot →
// what the look-up gives. A name that is not there does not exist.
type Resolver map[string]Answer

// Answer is the end of one look-up.
type Answer struct {
	Addrs []netip.Addr
	Err   error
	Stall bool // no answer before the context ends
}

// Addrs is the answer with these addresses, IPv4 and IPv6 in any order.
func Addrs(literals ...string) Answer {
	var a Answer
	for _, l := range literals {
		a.Addrs = append(a.Addrs, netip.MustParseAddr(l))
	}
	return a
}

// LookupNetIP does what net.Resolver's does; network is "ip", "ip4" or "ip6".
func (r Resolver) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}, nil
	}
	answer := r[strings.ToLower(strings.TrimSuffix(host, "."))]
	if answer.Stall {
		<-ctx.Done()
	}
	if err := ctx.Err(); err != nil {
		return nil, &net.DNSError{UnwrapErr: err, Err: err.Error(), Name: host, IsTimeout: err == context.DeadlineExceeded}
	}
	if answer.Err != nil {
		return nil, answer.Err
	}
	addrs := ofNetwork(answer.Addrs, network)
	if len(addrs) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return addrs, nil
}

func ofNetwork(all []netip.Addr, network string) []netip.Addr {
	var kept []netip.Addr
	for _, a := range all {
		if network == "ip" || (network == "ip4") == a.Is4() {
			kept = append(kept, a)
		}
	}
	return kept
}
