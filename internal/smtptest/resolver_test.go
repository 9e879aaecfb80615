package smtptest

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestResolver(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	r := Resolver{
		"both.test":   Addrs("203.0.113.5", "2001:db8::5"),
		"four.test":   Addrs("203.0.113.4"),
		"broken.test": {Err: broken},
	}
	notFound := func(err error) bool {
		var dns *net.DNSError
		return errors.As(err, &dns) && dns.IsNotFound
	}
	tests := []struct {
		network, host string
		want          []netip.Addr
		fails         func(error) bool
	}{
		{"ip", "both.test", Addrs("203.0.113.5", "2001:db8::5").Addrs, nil},
		{"ip4", "BOTH.test.", Addrs("203.0.113.5").Addrs, nil},
		{"ip6", "both.test", Addrs("2001:db8::5").Addrs, nil},
		{"ip6", "four.test", nil, notFound},
		{"ip", "none.test", nil, notFound},
		{"ip", "broken.test", nil, func(err error) bool { return err == broken }},
		{"ip", "::1", Addrs("::1").Addrs, nil},
	}
	for _, tt := range tests {
		got, err := r.LookupNetIP(t.Context(), tt.network, tt.host)
		if tt.fails == nil && err != nil || tt.fails != nil && !tt.fails(err) || !slices.Equal(got, tt.want) {
			t.Errorf("%s %s: %v, %v", tt.network, tt.host, got, err)
		}
	}
}

func TestResolverStalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begin := time.Now()
		_, err := Resolver{"slow.test": {Stall: true}}.LookupNetIP(ctx, "ip", "slow.test")
		var dns *net.DNSError
		if !errors.As(err, &dns) || !dns.IsTimeout || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		if waited := time.Since(begin); waited != time.Minute {
			t.Errorf("waited %v", waited)
		}
	})
}
