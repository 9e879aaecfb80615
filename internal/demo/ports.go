package demo

import (
	"context"
	"net"
	"net/netip"
)

// closedPort finds a port on which nothing listens, and keeps it so: it stays
// the near end of a connection until both ends are closed.
func closedPort(ctx context.Context, address netip.Addr) (port int, held []net.Conn, err error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", netip.AddrPortFrom(address, 0).String())
	if err != nil {
		return 0, nil, err
	}
	defer l.Close()
	from := net.Dialer{LocalAddr: &net.TCPAddr{IP: address.AsSlice(), Zone: address.Zone()}}
	near, err := from.DialContext(ctx, "tcp", l.Addr().String())
	if err != nil {
		return 0, nil, err
	}
	far, err := l.Accept()
	if err != nil {
		near.Close()
		return 0, nil, err
	}
	return near.LocalAddr().(*net.TCPAddr).Port, []net.Conn{near, far}, nil
}

// fill makes a port that does not answer of a listener from which nobody
// accepts: its queue, made as short as can be, is filled, and the system drops
// what comes then.
func fill(ctx context.Context, l *net.TCPListener) (held []net.Conn, err error) {
	if err := shortenQueue(l); err != nil {
		return nil, err
	}
	var d net.Dialer
	for range queueLength + 1 {
		conn, err := d.DialContext(ctx, "tcp", l.Addr().String())
		if err != nil {
			return held, err
		}
		held = append(held, conn)
	}
	// Some systems round the length up: these wait, or take what is left.
	for range 4 * queueLength {
		go func() {
			if conn, err := d.DialContext(ctx, "tcp", l.Addr().String()); err == nil {
				context.AfterFunc(ctx, func() { conn.Close() })
			}
		}()
	}
	return held, nil
}

// queueLength is how many connections may wait to be accepted.
const queueLength = 1
