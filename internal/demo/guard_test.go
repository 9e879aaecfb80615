package demo

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
)

// queue is a listener to which clients come through a channel.
type queue chan net.Conn

func (q queue) Accept() (net.Conn, error) { return <-q, nil }
func (q queue) Close() error              { return nil }
func (q queue) Addr() net.Addr            { return nil }

// dial leaves a connection in the queue and returns the client's end.
func (q queue) dial() net.Conn {
	client, server := net.Pipe()
	q <- server
	return client
}

func TestGuard(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		q := make(queue, 2*maxConnections)
		g := newGuard(ctx, q)
		accepted := make(chan net.Conn, 2*maxConnections)
		ended := make(chan error, 1)
		go func() {
			for {
				conn, err := g.Accept()
				if err != nil {
					ended <- err
					return
				}
				accepted <- conn
			}
		}()
		last := q.dial()
		for range maxConnections {
			last = q.dial()
		}
		synctest.Wait()
		if n := len(accepted); n != maxConnections {
			t.Fatalf("%d are let in at once", n)
		}
		first := <-accepted
		first.Close()
		first.Close() // gives its place back once
		synctest.Wait()
		if n := len(accepted); n != maxConnections {
			t.Fatalf("%d are in after one left", n)
		}
		cancel()
		if _, err := last.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("a connection goes on after the end: %v", err)
		}
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept ends with %v", err)
		}
	})
}
