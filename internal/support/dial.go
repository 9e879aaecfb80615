package support

import (
	"context"
	"net"
	"net/netip"
	"sync"
)

// Dialer opens connections.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// FirstDial is a dialer that notices the first address which the machine has a
// way to, so that the route to it can be followed while the connection is used.
type FirstDial struct {
	dialer Dialer
	once   sync.Once
	to     chan netip.Addr
}

// NewFirstDial dials with d. End it once, behind the last connection.
func NewFirstDial(d Dialer) *FirstDial {
	return &FirstDial{dialer: d, to: make(chan netip.Addr, 1)}
}

// DialContext is the dialer's.
func (f *FirstDial) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	f.notice(ctx, address)
	return f.dialer.DialContext(ctx, network, address)
}

func (f *FirstDial) notice(ctx context.Context, address string) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return
	}
	// Connecting a UDP socket sends nothing, and fails where there is no way, as
	// for IPv6 on most machines without it.
	conn, err := f.dialer.DialContext(ctx, "udp", address)
	if err != nil {
		return
	}
	conn.Close()
	f.once.Do(func() { f.to <- to.Addr().Unmap(); close(f.to) })
}

// End says that nothing more will be dialled.
func (f *FirstDial) End() { f.once.Do(func() { close(f.to) }) }

// Follow waits for the address and follows the route to it.
func (f *FirstDial) Follow(ctx context.Context, t Tracer) Route {
	to, ok := <-f.to
	if !ok {
		return NoRoute("there was no address to go to")
	}
	return t.Trace(ctx, to)
}
