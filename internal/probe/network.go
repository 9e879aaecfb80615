package probe

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/proxy"
)

// names resolves each host once a run, however many endpoints share it.
type names struct {
	resolver Resolver
	family   Family

	mu    sync.Mutex
	known map[string]*lookup
}

type lookup struct {
	done  chan struct{}
	addrs []netip.Addr
	err   error
}

func newNames(r Resolver, f Family) *names {
	if f == "" {
		f = AnyFamily
	}
	return &names{resolver: r, family: f, known: map[string]*lookup{}}
}

// find returns a host's addresses in the order in which they are dialled.
func (n *names) find(ctx context.Context, host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return n.only(addr)
	}
	n.mu.Lock()
	l, ok := n.known[host]
	if !ok {
		l = &lookup{done: make(chan struct{})}
		n.known[host] = l
		go func() {
			l.addrs, l.err = n.ask(ctx, host)
			close(l.done)
		}()
	}
	n.mu.Unlock()
	select {
	case <-l.done:
		return l.addrs, l.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (n *names) only(addr netip.Addr) ([]netip.Addr, error) {
	addr = addr.Unmap()
	if n.family == IPv4 && !addr.Is4() || n.family == IPv6 && !addr.Is6() {
		return nil, &FamilyError{Host: addr.String(), Wanted: n.family}
	}
	return []netip.Addr{addr}, nil
}

// resolutionDelay is how long the slower family may lag once the other one
// has an answer (RFC 8305 section 3).
const resolutionDelay = 50 * time.Millisecond

// ask looks up both families side by side.
func (n *names) ask(ctx context.Context, host string) ([]netip.Addr, error) {
	if n.family != AnyFamily {
		return n.askOne(ctx, host)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type answer struct {
		addrs []netip.Addr
		err   error
	}
	six, four := make(chan answer, 1), make(chan answer, 1)
	look := func(network Family, to chan<- answer) {
		addrs, err := n.resolver.LookupNetIP(ctx, string(network), host)
		to <- answer{unmapped(addrs), err}
	}
	go look(IPv6, six)
	go look(IPv4, four)
	var a6, a4 answer
	var late <-chan time.Time
	for six != nil || four != nil {
		select {
		case a6 = <-six:
			six = nil
			if len(a6.addrs) > 0 {
				late = time.After(resolutionDelay)
			}
		case a4 = <-four:
			four = nil
			if len(a4.addrs) > 0 {
				late = time.After(resolutionDelay)
			}
		case <-late:
			six, four = nil, nil
		}
	}
	addrs := interleave(a6.addrs, a4.addrs)
	if len(addrs) > 0 {
		return addrs, nil
	}
	return nil, worse(a4.err, a6.err)
}

// FamilyError: what was to be dialled has an address, but none of the wanted family.
type FamilyError struct {
	Host   string
	Wanted Family
}

func (e *FamilyError) Error() string {
	if e.Wanted == IPv6 {
		return e.Host + ": there is no IPv6 address, which -6 asks for, only IPv4"
	}
	return e.Host + ": there is no IPv4 address, which -4 asks for, only IPv6"
}

// askOne looks up one family. Where it finds nothing, the other one tells a
// wrong name from a wrong family.
func (n *names) askOne(ctx context.Context, host string) ([]netip.Addr, error) {
	addrs, err := n.resolver.LookupNetIP(ctx, string(n.family), host)
	var dns *net.DNSError
	var unsuitable *net.AddrError // what the resolver says of names in the hosts file
	switch {
	case len(addrs) > 0:
		return unmapped(addrs), err
	case errors.As(err, &unsuitable):
		return nil, &FamilyError{Host: host, Wanted: n.family}
	case err != nil && !(errors.As(err, &dns) && dns.IsNotFound):
		return nil, err
	}
	other := IPv4
	if n.family == IPv4 {
		other = IPv6
	}
	if found, _ := n.resolver.LookupNetIP(ctx, string(other), host); len(found) > 0 {
		return nil, &FamilyError{Host: host, Wanted: n.family}
	}
	return nil, err
}

// worse prefers a resolver's failure to its word that there is no such name:
// the first leaves open whether there is.
func worse(a, b error) error {
	var dns *net.DNSError
	if a == nil || b != nil && errors.As(a, &dns) && dns.IsNotFound {
		return b
	}
	return a
}

func unmapped(addrs []netip.Addr) []netip.Addr {
	out := make([]netip.Addr, len(addrs))
	for i, a := range addrs {
		out[i] = a.Unmap()
	}
	return out
}

// interleave alternates the families, IPv6 first (RFC 8305 section 4).
func interleave(six, four []netip.Addr) []netip.Addr {
	var out []netip.Addr
	for i := range max(len(six), len(four)) {
		if i < len(six) {
			out = append(out, six[i])
		}
		if i < len(four) {
			out = append(out, four[i])
		}
	}
	return out
}

func withPort(addrs []netip.Addr, port int) []netip.AddrPort {
	out := make([]netip.AddrPort, len(addrs))
	for i, a := range addrs {
		out[i] = netip.AddrPortFrom(a, uint16(port))
	}
	return out
}

// attemptDelay is how long an address may stay silent before the next one is
// tried beside it (RFC 8305 section 5).
const attemptDelay = 250 * time.Millisecond

// AddressError is why one address could not be connected to.
type AddressError struct {
	Address string // host:port
	Err     error
}

func (e *AddressError) Error() string { return e.Address + ": " + plainNetError(e.Err) }
func (e *AddressError) Unwrap() error { return e.Err }

// connect dials addresses with happy eyeballs and returns the first
// connection, or what each address answered.
func connect(ctx context.Context, d Dialer, targets []netip.AddrPort) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type outcome struct {
		conn net.Conn
		err  error
		i    int
	}
	outcomes := make(chan outcome, len(targets))
	dial := func(i int) {
		conn, err := d.DialContext(ctx, "tcp", targets[i].String())
		outcomes <- outcome{conn, err, i}
	}
	failures := make([]error, len(targets))
	started, ended := 0, 0
	next := func() {
		if started < len(targets) {
			go dial(started)
			started++
		}
	}
	for next(); ended < len(targets); next() {
		select {
		case o := <-outcomes:
			ended++
			if o.err == nil {
				discard(outcomes, started-ended, func(o outcome) net.Conn { return o.conn })
				return o.conn, nil
			}
			failures[o.i] = &AddressError{targets[o.i].String(), o.err}
		case <-time.After(attemptDelay):
		}
	}
	return nil, errors.Join(failures...)
}

// discard closes the connections of attempts that end after one has won.
func discard[T any](from <-chan T, n int, conn func(T) net.Conn) {
	go func() {
		for range n {
			if c := conn(<-from); c != nil {
				_ = c.Close()
			}
		}
	}()
}

// throughProxy connects to a name by way of a SOCKS5 proxy.
func throughProxy(ctx context.Context, d Dialer, p *Proxy, target string) (net.Conn, error) {
	var auth *proxy.Auth
	if p.Username != "" || !p.Password.IsZero() {
		auth = &proxy.Auth{User: p.Username, Password: p.Password.Reveal()}
	}
	forward := &proxyDialer{Dialer: d}
	socks, err := proxy.SOCKS5("tcp", p.Address, auth, forward)
	if err != nil {
		return nil, err
	}
	conn, err := socks.(proxy.ContextDialer).DialContext(ctx, "tcp", target)
	if err != nil {
		return nil, &ProxyError{Reached: forward.reached, Err: err}
	}
	return conn, nil
}

// ProxyError: the proxy was not reached, or did not connect us further.
type ProxyError struct {
	Reached bool
	Err     error
}

func (e *ProxyError) Error() string {
	if !e.Reached {
		return "the proxy was not reached: " + plainNetError(e.Err)
	}
	return "the proxy did not connect: " + strings.TrimPrefix(plainNetError(e.Err), "unknown error ")
}
func (e *ProxyError) Unwrap() error { return e.Err }

type proxyDialer struct {
	Dialer
	reached bool
}

func (d *proxyDialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

func (d *proxyDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.Dialer.DialContext(ctx, network, address)
	d.reached = err == nil
	return conn, err
}

// plainNetError drops the "dial tcp 192.0.2.1:465: connect:" that Go puts before.
func plainNetError(err error) string {
	var op *net.OpError
	for errors.As(err, &op) && op.Err != nil {
		err, op = op.Err, nil
	}
	return strings.TrimPrefix(err.Error(), "connect: ")
}
