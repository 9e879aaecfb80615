package demo

import (
	"context"
	"net"
	"sync"
)

// guard is a listener that lets in so many connections at a time and closes
// them all when its context ends.
type guard struct {
	net.Listener
	ctx   context.Context
	slots chan struct{}
}

func newGuard(ctx context.Context, l net.Listener) guard {
	return guard{l, ctx, make(chan struct{}, maxConnections)}
}

// Accept waits for a free slot first: whoever is too many stays in the
// system's queue.
func (g guard) Accept() (net.Conn, error) {
	select {
	case g.slots <- struct{}{}:
	case <-g.ctx.Done():
		return nil, net.ErrClosed
	}
	conn, err := g.Listener.Accept()
	if err != nil {
		<-g.slots
		return nil, err
	}
	c := &guarded{Conn: conn, release: func() { <-g.slots }}
	c.forget = context.AfterFunc(g.ctx, func() { _ = c.end() }) // at once where it is done already
	return c, nil
}

type guarded struct {
	net.Conn
	once    sync.Once
	release func()
	forget  func() bool
}

func (c *guarded) Close() error {
	c.forget()
	return c.end()
}

func (c *guarded) end() error {
	c.once.Do(c.release)
	return c.Conn.Close()
}
