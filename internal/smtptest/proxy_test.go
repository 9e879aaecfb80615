package smtptest

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/proxy"
)

// The client is x/net's, so that proxy and test cannot share a mistake.
func TestSOCKS(t *testing.T) {
	t.Parallel()
	srv := New(t, Config{Scripts: []string{"S: 220 ready\nquit"}})
	real := srv.Listen()
	login := SOCKSConfig{Username: "you", Password: "pa55-Marker-9fQ"}
	named := SOCKSConfig{Hosts: map[string]string{"smtp.example.test:465": real.String(), "[2001:db8::5]:465": real.String()}}
	tests := []struct {
		name   string
		config SOCKSConfig
		auth   *proxy.Auth
		dial   string
		want   string // in the error, "" for success
		target []Target
	}{
		{"name", named, nil, "smtp.example.test:465", "", []Target{{"smtp.example.test", 465, true}}},
		{"IPv6 address", named, nil, "[2001:db8::5]:465", "", []Target{{"2001:db8::5", 465, false}}},
		{"loopback address", SOCKSConfig{}, nil, real.String(), "", []Target{{"127.0.0.1", real.Port, false}}},
		{"password", login, &proxy.Auth{User: "you", Password: "pa55-Marker-9fQ"}, real.String(), "", []Target{{"127.0.0.1", real.Port, false}}},
		{"wrong password", login, &proxy.Auth{User: "you", Password: "wrong"}, real.String(), "authentication failed", nil},
		{"no password", login, nil, real.String(), "no acceptable authentication methods", nil},
		{"refused", SOCKSConfig{Refuse: 2}, nil, real.String(), "not allowed by ruleset", []Target{{"127.0.0.1", real.Port, false}}},
		{"unknown name", named, nil, "other.example.test:465", "host unreachable", []Target{{"other.example.test", 465, true}}},
		{"far address", SOCKSConfig{}, nil, "203.0.113.5:465", "host unreachable", []Target{{"203.0.113.5", 465, false}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := NewSOCKS(t, tt.config)
			dialer := must(proxy.SOCKS5("tcp", p.Addr().String(), tt.auth, nil))
			conn, err := dialer.Dial("tcp", tt.dial)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v", err)
			}
			if got := p.Targets(); !slices.Equal(got, tt.target) {
				t.Errorf("targets %+v", got)
			}
			if err == nil {
				converse(t, conn)
			}
		})
	}
}

func TestSOCKSWithNothingBehind(t *testing.T) {
	t.Parallel()
	dialer := must(proxy.SOCKS5("tcp", NewSOCKS(t, SOCKSConfig{}).Addr().String(), nil, nil))
	if _, err := dialer.Dial("tcp", "127.0.0.1:1"); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("error %v", err)
	}
}

func TestSOCKSLeavesStrangers(t *testing.T) {
	t.Parallel()
	conn := must(net.Dial("tcp", NewSOCKS(t, SOCKSConfig{}).Addr().String()))
	fmt.Fprint(conn, "EHLO x\r\n")
	if got, _ := io.ReadAll(conn); len(got) > 0 {
		t.Errorf("said %q", got)
	}
}

func TestLink(t *testing.T) {
	t.Parallel()
	const delay = 20 * time.Millisecond
	srv := New(t, Config{Scripts: []string{"S: 220 ready\nquit"}})
	link := NewLink(t, srv.Listen().String(), delay)
	begin := time.Now()
	for range 2 {
		converse(t, must(net.Dial("tcp", link.Addr().String())))
	}
	if turns := link.Turns(); turns != 6 {
		t.Errorf("%d turns", turns)
	}
	// Each of the six was held back; how much longer it took is the machine's affair.
	if took := time.Since(begin); took < 6*delay {
		t.Errorf("took %v", took)
	}
}

// converse takes a greeting and says QUIT: three turns.
func converse(t *testing.T, conn net.Conn) {
	t.Helper()
	defer conn.Close()
	if got := readLine(t, conn); got != "220 ready\r\n" {
		t.Errorf("greeted with %q", got)
	}
	fmt.Fprint(conn, "QUIT\r\n")
	if got, err := io.ReadAll(conn); string(got) != "221 2.0.0 bye\r\n" || err != nil {
		t.Errorf("dismissed with %q, %v", got, err)
	}
}
