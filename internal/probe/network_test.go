package probe

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/smtptest"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// slowResolver answers each family after its own time: network → answer.
type slowResolver map[string]struct {
	after time.Duration
	smtptest.Answer
}

func (r slowResolver) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	a := r[network]
	select {
	case <-time.After(a.after):
	case <-ctx.Done():
		return nil, &net.DNSError{UnwrapErr: ctx.Err(), Err: ctx.Err().Error(), Name: host, IsTimeout: true}
	}
	if a.Err == nil && a.Addrs == nil {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return a.Addrs, a.Err
}

func TestResolveBothFamilies(t *testing.T) {
	t.Parallel()
	six := smtptest.Addrs("2001:db8::1", "2001:db8::2", "2001:db8::3")
	four := smtptest.Addrs("192.0.2.10", "192.0.2.11")
	broken := smtptest.Answer{Err: &net.DNSError{Err: "server misbehaving", IsTemporary: true}}
	none := smtptest.Answer{Err: &net.DNSError{Err: "no such host", IsNotFound: true}}
	empty := smtptest.Answer{Addrs: []netip.Addr{}}
	for _, c := range []struct {
		name           string
		family         Family
		six, four      smtptest.Answer
		after6, after4 time.Duration
		want           string
		took           time.Duration
	}{
		{name: "both", six: six, four: four, want: "2001:db8::1 192.0.2.10 2001:db8::2 192.0.2.11 2001:db8::3"},
		{name: "slow IPv6", six: six, four: four, after6: time.Second, want: "192.0.2.10 192.0.2.11", took: resolutionDelay},
		{name: "IPv6 a little later", six: six, four: four, after6: 40 * time.Millisecond, want: "2001:db8::1 192.0.2.10 2001:db8::2 192.0.2.11 2001:db8::3", took: 40 * time.Millisecond},
		{name: "slow IPv4", six: six, four: four, after4: time.Second, want: "2001:db8::1 2001:db8::2 2001:db8::3", took: resolutionDelay},
		{name: "no IPv6, slow IPv4", six: none, four: four, after4: time.Second, want: "192.0.2.10 192.0.2.11", took: time.Second},
		{name: "IPv6 broken", six: broken, four: four, want: "192.0.2.10 192.0.2.11"},
		{name: "both broken", six: broken, four: broken, want: "server misbehaving"},
		{name: "none and broken", six: none, four: broken, want: "server misbehaving"},
		{name: "broken and none", six: broken, four: none, want: "server misbehaving"},
		{name: "empty and broken", six: empty, four: broken, want: "server misbehaving"},
		{name: "empty and none", six: empty, four: none, want: "no such host"},
		{name: "none at all", six: none, four: none, want: "no such host"},
		{name: "neither answers", six: six, four: four, after6: time.Minute, after4: time.Minute, want: "context deadline exceeded", took: 10 * time.Second},
		{name: "IPv4 only", family: IPv4, six: six, four: four, want: "192.0.2.10 192.0.2.11"},
		{name: "IPv6 only", family: IPv6, six: six, four: four, after4: time.Minute, want: "2001:db8::1 2001:db8::2 2001:db8::3"},
		{name: "mapped", six: none, four: smtptest.Addrs("::ffff:192.0.2.10"), want: "192.0.2.10"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
				defer cancel()
				r := slowResolver{"ip6": {c.after6, c.six}, "ip4": {c.after4, c.four}}
				began := time.Now()
				found, err := newNames(r, c.family).find(ctx, ctx, host)
				var words []string
				for _, a := range found.addrs {
					words = append(words, a.String())
				}
				if err != nil {
					words = []string{err.Error()}
				}
				if got := strings.Join(words, " "); !strings.Contains(got, c.want) {
					t.Errorf("got %s, want %s", got, c.want)
				}
				if took := time.Since(began); took != c.took {
					t.Errorf("took %s, want %s", took, c.took)
				}
			})
		})
	}
}

// A name is asked for once a run, whatever the number of endpoints.
type countingResolver struct {
	Resolver
	asked chan string
}

func (r countingResolver) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	r.asked <- network + " " + host
	return r.Resolver.LookupNetIP(ctx, network, host)
}

func TestResolvesOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		net := &internet{sites: map[string]site{"192.0.2.10:465": refusing, "192.0.2.10:587": refusing}}
		p := proberOn(net)
		asked := make(chan string, 10)
		p.Resolver = countingResolver{p.Resolver, asked}
		runOn(t, context.Background(), p, plan(t, smtptest.NewCA(), implicit, upgraded), nil)
		close(asked)
		var got []string
		for a := range asked {
			got = append(got, a)
		}
		slices.Sort(got)
		if want := []string{"ip4 " + host, "ip6 " + host}; !slices.Equal(got, want) {
			t.Errorf("asked %v", got)
		}
	})
}

func TestHappyEyeballs(t *testing.T) {
	t.Parallel()
	targets := []string{"[2001:db8::1]:465", "192.0.2.10:465", "192.0.2.11:465"}
	const delay = attemptDelay
	after := func(d time.Duration, err error) site {
		return func(ctx context.Context) (net.Conn, error) {
			select {
			case <-time.After(d):
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			if err != nil {
				return nil, err
			}
			near, far := net.Pipe()
			return near, far.Close()
		}
	}
	deaf := func(d time.Duration) site { // connects although nobody waits for it any more
		return func(context.Context) (net.Conn, error) {
			time.Sleep(d)
			near, far := net.Pipe()
			return near, far.Close()
		}
	}
	for _, c := range []struct {
		name    string
		sites   []site
		won     int // index, -1 for none
		dialled int
		took    time.Duration
		says    []string
	}{
		{name: "the first", sites: []site{after(0, nil), nil, nil}, won: 0, dialled: 1},
		{name: "the first stalls", sites: []site{silent, after(time.Millisecond, nil), nil}, won: 1, dialled: 2, took: delay + time.Millisecond},
		{name: "the first is slow and still wins", sites: []site{after(delay+time.Millisecond, nil), silent, nil}, won: 0, dialled: 2, took: delay + time.Millisecond},
		{name: "the first is refused", sites: []site{refusing, after(time.Millisecond, nil), nil}, won: 1, dialled: 2, took: time.Millisecond},
		{name: "the second is refused while the first stalls", sites: []site{silent, refusing, after(time.Millisecond, nil)}, won: 2, dialled: 3, took: delay + time.Millisecond},
		{name: "two win", sites: []site{deaf(2 * delay), after(0, nil), nil}, won: 1, dialled: 2, took: delay},
		{name: "each fails in its own way", sites: []site{failing(syscall.ENETUNREACH), refusing, silent}, won: -1, dialled: 3, took: 10 * time.Second,
			says: []string{"[2001:db8::1]:465: network is unreachable", "192.0.2.10:465: connection refused", "192.0.2.11:465: "}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := &internet{sites: map[string]site{}}
				found := &lookup{}
				for i, target := range targets {
					n.sites[target] = c.sites[i]
					found.addrs = append(found.addrs, netip.MustParseAddrPort(target).Addr())
				}
				ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
				defer cancel()
				began := time.Now()
				conn, err := connect(ctx, n, found, 465)
				if took := time.Since(began); took != c.took {
					t.Errorf("took %s, want %s", took, c.took)
				}
				if got := len(n.asked()); got != c.dialled {
					t.Errorf("dialled %s", n.asked())
				}
				switch {
				case c.won >= 0 && err != nil:
					t.Fatal(err)
				case c.won >= 0:
					if got := conn.RemoteAddr().String(); got != targets[c.won] {
						t.Errorf("%s won", got)
					}
					conn.Close()
				case err == nil:
					t.Fatal("connected")
				}
				for _, words := range c.says {
					if !strings.Contains(wordsOf(err), words) {
						t.Errorf("%q does not say %q", wordsOf(err), words)
					}
				}
				time.Sleep(time.Minute) // those that lost have ended by then
				synctest.Wait()
				n.checkClosed(t)
			})
		})
	}
}

// What is to go in clear to loopback goes nowhere else, also where DNS tells
// another address when the first was judged already.
func TestClearGoesToNoLateAddress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := &internet{sites: map[string]site{"127.0.0.1:25": refusing}}
		p := proberOn(n)
		p.Resolver = slowResolver{"ip4": {0, smtptest.Addrs("127.0.0.1")}, "ip6": {time.Second, smtptest.Addrs("2001:db8::1")}}
		rep := runOn(t, context.Background(), p, plan(t, smtptest.NewCA(), inClear), nil)
		if asked := n.asked(); outcome(rep) != "4 connect refused" || !slices.Equal(asked, []string{"127.0.0.1:25"}) {
			t.Errorf("%s, dialled %s", outcome(rep), asked)
		}
	})
}

// A run is not slowed by IPv6 that is advertised and broken, whatever DNS makes
// of it, and a family that DNS tells late still gets its turn.
func TestBrokenIPv6(t *testing.T) {
	t.Parallel()
	const six, four = "[2001:db8::1]:465", "192.0.2.10:465"
	ca := smtptest.NewCA()
	for _, c := range []struct {
		name           string
		six            site
		after6, after4 time.Duration // of DNS
		took           time.Duration
		want           string
	}{
		{name: "swallowed", six: silent, took: attemptDelay},
		{name: "no route", six: failing(syscall.ENETUNREACH)},
		{name: "refused", six: refusing},
		{name: "swallowed, its DNS slow", six: silent, after6: time.Second, took: resolutionDelay},
		{name: "swallowed, the other's DNS slow", six: silent, after4: time.Second, took: time.Second},
		{name: "swallowed, the other's DNS a little slow", six: silent, after4: 100 * time.Millisecond, took: resolutionDelay + attemptDelay},
		{name: "refused, the other's DNS slow", six: refusing, after4: 3 * time.Second, took: 3 * time.Second},
		{name: "refused, the other's DNS silent", six: refusing, after4: time.Hour, took: testTimeout + resolutionDelay, want: "4 connect refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				srv := smtptest.New(t, smtptest.Config{
					TLS: ca.Server(smtptest.Leaf{Names: []string{host}}), Scripts: []string{smtptest.Script(dialogue(submission.SSL), polite)},
				})
				p := proberOn(&internet{sites: map[string]site{six: c.six, four: answering(srv)}})
				p.Resolver = slowResolver{"ip6": {c.after6, smtptest.Addrs("2001:db8::1")}, "ip4": {c.after4, smtptest.Addrs("192.0.2.10")}}
				pl := plan(t, ca, implicit)
				pl.Timeout = testTimeout
				began := time.Now()
				rep := runOn(t, context.Background(), p, pl, nil)
				if got := outcome(rep); got != cmp.Or(c.want, "0") || c.want == "" && rep.Dialled != four {
					t.Errorf("%s, dialled %s", got, rep.Dialled)
				}
				if took := time.Since(began); took != c.took {
					t.Errorf("took %s, want %s", took, c.took)
				}
			})
		})
	}
}

const testTimeout = 5 * time.Second // of a stage

func TestAddressesInTheReport(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := &internet{sites: map[string]site{"192.0.2.10:465": refusing, "[2001:db8::1]:465": failing(syscall.ENETUNREACH)}}
		p := proberOn(n)
		p.Resolver = smtptest.Resolver{host: smtptest.Addrs("192.0.2.10", "2001:db8::1")}
		rep := runOn(t, context.Background(), p, plan(t, smtptest.NewCA(), implicit), nil)
		if got := outcome(rep); got != "4 connect refused" {
			t.Errorf("got %s", got)
		}
		const want = "[2001:db8::1]:465: network is unreachable; 192.0.2.10:465: connection refused"
		if got := rep.Failed().Err; got != want {
			t.Errorf("it says %q", got)
		}
		if rep.Steps[0].Detail != "2001:db8::1, 192.0.2.10" || rep.Dialled != "" {
			t.Errorf("addresses %q, dialled %q", rep.Steps[0].Detail, rep.Dialled)
		}
	})
}

// --connect-to, a proxy and -4 or -6: what is dialled, and which name is checked.
func TestRoutes(t *testing.T) {
	t.Parallel()
	ca := smtptest.NewCA()
	elsewhere := func(c ConnectTo) func(*Plan) {
		return func(p *Plan) {
			p.Route.ConnectTo = []ConnectTo{{Host: "unlike.example.test", TargetHost: "192.0.2.99"}, c}
		}
	}
	family := func(f Family) func(*Plan) { return func(p *Plan) { p.Route.Family = f } }
	for _, c := range []struct {
		name   string
		change func(*Plan)
		want   string // dialled
	}{
		{"as it is", func(*Plan) {}, "[2001:db8::1]:465"},
		{"-4", family(IPv4), "192.0.2.10:465"},
		{"-6", family(IPv6), "[2001:db8::1]:465"},
		{"another address and port", elsewhere(ConnectTo{host, 465, "192.0.2.20", 4650}), "192.0.2.20:4650"},
		{"another name", elsewhere(ConnectTo{strings.ToUpper(host), 465, "other.example.test", 4650}), "192.0.2.20:4650"},
		{"another port alone", elsewhere(ConnectTo{"", 0, "", 4650}), "[2001:db8::1]:4650"},
		{"another host alone", elsewhere(ConnectTo{"", 465, "192.0.2.20", 0}), "192.0.2.20:465"},
		{"for another port", elsewhere(ConnectTo{host, 587, "192.0.2.20", 4650}), "[2001:db8::1]:465"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				srv := smtptest.New(t, smtptest.Config{
					TLS: ca.Server(smtptest.Leaf{Names: []string{host}}), Scripts: []string{smtptest.Script(dialogue(submission.SSL)[:3], polite)},
				})
				n := &internet{sites: map[string]site{c.want: answering(srv)}}
				p := proberOn(n)
				p.Resolver = smtptest.Resolver{host: smtptest.Addrs("192.0.2.10", "2001:db8::1"), "other.example.test": smtptest.Addrs("192.0.2.20")}
				pl := plan(t, ca, implicit)
				pl.Check = report.CheckConnect
				c.change(&pl)
				rep := runOn(t, context.Background(), p, pl, nil)
				if !rep.OK() || rep.Dialled != c.want || rep.Endpoint != implicit {
					t.Errorf("%s, dialled %s for %s", outcome(rep), rep.Dialled, rep.Endpoint)
				}
				if asked := n.asked(); !slices.Equal(asked, []string{c.want}) {
					t.Errorf("dialled %s", asked)
				}
			})
		})
	}
}

func TestProxy(t *testing.T) {
	t.Parallel()
	ca := smtptest.NewCA()
	srv := smtptest.New(t, smtptest.Config{
		TLS: ca.Server(smtptest.Leaf{Names: []string{host}}), Scripts: []string{smtptest.Script(dialogue(submission.SSL), polite)},
	})
	there := map[string]string{host + ":465": srv.Listen().String()}
	const username, password = "proxy-user", "proxy-secret"

	for _, c := range []struct {
		name               string
		config             smtptest.SOCKSConfig
		username, password string
		gone               bool
		want, says         string
	}{
		{name: "open", config: smtptest.SOCKSConfig{Hosts: there}, want: "0"},
		{name: "with a password", config: smtptest.SOCKSConfig{Hosts: there, Username: username, Password: password}, username: username, password: password, want: "0"},
		{name: "wrong password", config: smtptest.SOCKSConfig{Hosts: there, Username: username, Password: "another"}, username: username, password: password, want: "4 connect proxy", says: "the proxy did not connect: "},
		{name: "password missing", config: smtptest.SOCKSConfig{Hosts: there, Username: username, Password: password}, want: "4 connect proxy", says: "no acceptable authentication methods"},
		{name: "does not know the name", config: smtptest.SOCKSConfig{}, want: "4 connect proxy", says: "the proxy did not connect: host unreachable"},
		{name: "forbids", config: smtptest.SOCKSConfig{Refuse: 2}, want: "4 connect proxy", says: "not allowed by ruleset"},
		{name: "the server refuses", config: smtptest.SOCKSConfig{Refuse: 5}, want: "4 connect refused", says: "the proxy did not connect: connection refused"},
		{name: "nobody there", gone: true, want: "4 connect proxy", says: "the proxy was not reached: connection refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			socks := smtptest.NewSOCKS(t, c.config)
			address := socks.Addr().String()
			if c.gone {
				l, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				address = l.Addr().String()
				l.Close()
			}
			p := prober()
			p.Resolver = noResolver{t}
			pl := plan(t, ca, implicit)
			pl.Route.Proxy = &Proxy{Address: address, Username: c.username, Password: submission.NewSecret(c.password)}
			rep := runOn(t, context.Background(), p, pl, nil)
			if got := outcome(rep); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if step := rep.Failed(); step != nil && !strings.Contains(step.Err, c.says) {
				t.Errorf("it says %q, without %q", step.Err, c.says)
			}
			for _, text := range textsOf(rep) {
				if strings.Contains(text, password) {
					t.Errorf("it tells the proxy's password: %q", text)
				}
			}
			if targets := socks.Targets(); c.want == "0" && (len(targets) != 1 || targets[0] != smtptest.Target{Host: host, Port: 465, IsName: true}) {
				t.Errorf("the proxy was asked for %v", targets)
			}
		})
	}
}

// noResolver fails a test that looks a name up.
type noResolver struct{ t *testing.T }

func (r noResolver) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	r.t.Errorf("looked up %s", host)
	return nil, errors.New("no resolver here")
}

// A proxy that has a name itself and is not found, or says nothing.
func TestProxyOutOfReach(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		site site
		says string
	}{
		"not found": {failing(&net.DNSError{Err: "no such host", Name: "proxy.example.test", IsNotFound: true}), "the proxy was not reached: "},
		"silent":    {silent, "the proxy was not reached: "},
		"mute": {func(context.Context) (net.Conn, error) {
			near, far := net.Pipe()
			go func() { // it takes what comes, until it is closed
				for b := make([]byte, 100); ; {
					if _, err := far.Read(b); err != nil {
						return
					}
				}
			}()
			return near, nil
		}, "the proxy did not connect: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := &internet{sites: map[string]site{"proxy.example.test:1080": c.site}}
				pl := plan(t, smtptest.NewCA(), implicit)
				pl.Route.Proxy = &Proxy{Address: "proxy.example.test:1080"}
				rep := runOn(t, context.Background(), proberOn(n), pl, nil)
				step := rep.Failed()
				if got := outcome(rep); got != "4 connect proxy" || !strings.HasPrefix(step.Err, c.says) {
					t.Errorf("got %s: %q", got, step.Err)
				}
			})
		})
	}
}

func TestHelo(t *testing.T) {
	t.Parallel()
	ca := smtptest.NewCA()
	named := func(name string) func() (string, error) { return func() (string, error) { return name, nil } }
	for _, c := range []struct {
		name, address, helo string
		hostname            func() (string, error)
		want                string
	}{
		{name: "the machine's own", hostname: named("mail.example.test"), want: "mail.example.test"},
		{name: "in capitals and with a dot", hostname: named("Mail.Example.Test."), want: "mail.example.test"},
		{name: "international", hostname: named("münchen.example.test"), want: "xn--mnchen-3ya.example.test"},
		{name: "without a dot", hostname: named("laptop"), want: "[192.0.2.1]"},
		{name: "localhost", hostname: named("localhost"), want: "[192.0.2.1]"},
		{name: "localhost with a domain", hostname: named("localhost.localdomain"), want: "[192.0.2.1]"},
		{name: "localhost in capitals", hostname: named("LOCALHOST.localdomain"), want: "[192.0.2.1]"},
		{name: "an address for a name", hostname: named("203.0.113.7"), want: "[192.0.2.1]"},
		{name: "two commands", hostname: named("a.b\r\nQUIT"), want: "[192.0.2.1]"},
		{name: "not known", hostname: func() (string, error) { return "", errors.New("no name") }, want: "[192.0.2.1]"},
		{name: "without a dot, over IPv6", address: "[2001:db8::1]:465", hostname: named("laptop"), want: "[IPv6:2001:db8::1]"},
		{name: "as told", hostname: named("mail.example.test"), helo: "other.example.test", want: "other.example.test"},
		{name: "localhost as told", hostname: named("mail.example.test"), helo: "localhost", want: "localhost"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				srv := smtptest.New(t, smtptest.Config{
					TLS:     ca.Server(smtptest.Leaf{Names: []string{host}}),
					Scripts: []string{"tls\nS: 220 hello\nC: EHLO " + c.want + "\nS: 250 hello\n" + polite},
				})
				if c.address == "" {
					c.address = "192.0.2.10:465"
				}
				p := proberOn(&internet{sites: map[string]site{c.address: answering(srv)}})
				p.Resolver = smtptest.Resolver{host: {Addrs: []netip.Addr{netip.MustParseAddrPort(c.address).Addr()}}}
				p.Hostname = c.hostname
				pl := plan(t, ca, implicit)
				pl.Check, pl.Helo = report.CheckConnect, c.helo
				if rep := runOn(t, context.Background(), p, pl, nil); !rep.OK() {
					t.Error(outcome(rep))
				}
			})
		})
	}
}

// Whichever clock of the dialer strikes first, the words are the same.
func TestAddressErrorOfEveryClock(t *testing.T) {
	t.Parallel()
	_, dialer := (&net.Dialer{Deadline: time.Unix(1, 0)}).Dial("tcp", "127.0.0.1:1")
	for _, err := range []error{dialer, context.DeadlineExceeded, os.ErrDeadlineExceeded, errStageTimeout} {
		if got := (&AddressError{"192.0.2.1:465", err}).Error(); got != "192.0.2.1:465: no answer in time" {
			t.Errorf("of %v: %s", err, got)
		}
	}
}
