package probe

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
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

// lookup is what is known of a host's addresses.
type lookup struct {
	done  chan struct{} // closed when addrs and err stand
	addrs []netip.Addr  // in the order in which they are dialled
	err   error

	all  chan struct{} // closed when late stands, nil for never
	late []netip.Addr  // of the family that kept everybody waiting
}

func newNames(r Resolver, f Family) *names {
	if f == "" {
		f = AnyFamily
	}
	return &names{resolver: r, family: f, known: map[string]*lookup{}}
}

// find returns a host's addresses as soon as there are some. The look-up goes
// on in ctx for the family that is late; bounded is how long to wait here.
func (n *names) find(ctx, bounded context.Context, host string) (*lookup, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		addrs, err := n.only(addr)
		return &lookup{addrs: addrs}, err
	}
	n.mu.Lock()
	l, ok := n.known[host]
	if !ok {
		l = &lookup{done: make(chan struct{}), all: make(chan struct{})}
		n.known[host] = l
		go n.ask(ctx, host, l)
	}
	n.mu.Unlock()
	select {
	case <-l.done:
		return l, l.err
	case <-bounded.Done():
		return &lookup{}, context.Cause(bounded)
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
func (n *names) ask(ctx context.Context, host string, l *lookup) {
	defer close(l.all)
	if n.family != AnyFamily {
		l.addrs, l.err = n.askOne(ctx, host)
		close(l.done)
		return
	}
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
	var patience <-chan time.Time
	for six != nil || four != nil {
		select {
		case a6 = <-six:
			six = nil
			if len(a6.addrs) > 0 {
				patience = time.After(resolutionDelay)
			}
		case a4 = <-four:
			four = nil
			if len(a4.addrs) > 0 {
				patience = time.After(resolutionDelay)
			}
		case <-patience:
			l.addrs = interleave(a6.addrs, a4.addrs)
			close(l.done)
			l.late = (<-cmp.Or(six, four)).addrs
			return
		}
	}
	if l.addrs = interleave(a6.addrs, a4.addrs); len(l.addrs) == 0 {
		l.err = worse(a4.err, a6.err)
	}
	close(l.done)
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

// interleave alternates the families, IPv6 first (RFC 8305 section 4), or
// whichever addresses have waited and those that have not.
func interleave(first, second []netip.Addr) []netip.Addr {
	var out []netip.Addr
	for i := range max(len(first), len(second)) {
		if i < len(first) {
			out = append(out, first[i])
		}
		if i < len(second) {
			out = append(out, second[i])
		}
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

func (e *AddressError) Error() string {
	words := plainNetError(e.Err)
	// The dialer's own clock may be the first, and has two words for it.
	if errors.Is(e.Err, os.ErrDeadlineExceeded) || errors.Is(e.Err, context.DeadlineExceeded) {
		words = errStageTimeout.Error()
	}
	return e.Address + ": " + words
}
func (e *AddressError) Unwrap() error { return e.Err }

// connect dials a host's addresses with happy eyeballs and returns the first
// connection, or what each address answered. Addresses that are found late take
// their turn among those not yet tried (RFC 8305 section 3).
func connect(ctx context.Context, d Dialer, l *lookup, port int) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type outcome struct {
		conn net.Conn
		err  error
		i    int
	}
	outcomes := make(chan outcome)
	targets := l.addrs
	var failures []error
	var pace <-chan time.Time
	started, ended, due := 0, 0, false
	next := func() {
		if due = started == len(targets); due {
			return // as soon as there is another one
		}
		i, address := started, netip.AddrPortFrom(targets[started], uint16(port)).String()
		go func() {
			conn, err := d.DialContext(ctx, "tcp", address)
			switch {
			case err != nil && context.Cause(ctx) == errStageTimeout:
				err = &AddressError{address, errStageTimeout}
			case err != nil:
				err = &AddressError{address, err}
			}
			outcomes <- outcome{conn, err, i}
		}()
		started, failures = started+1, append(failures, nil)
		pace = time.After(attemptDelay)
	}
	late, over := l.all, ctx.Done()
	next()
	for ended < len(targets) || late != nil {
		select {
		case o := <-outcomes:
			ended++
			if o.err == nil {
				discard(outcomes, started-ended, func(o outcome) net.Conn { return o.conn })
				return o.conn, nil
			}
			failures[o.i] = o.err
			next()
		case <-pace:
			next()
		case <-late:
			late = nil
			targets = append(targets[:started:started], interleave(l.late, targets[started:])...)
			if due {
				next()
			}
		case <-over:
			late, over = nil, nil
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
