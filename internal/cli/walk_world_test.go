package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/bridge"
	"github.com/smtpwiz/smtpwiz/internal/demo"
	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/probe"
	"github.com/smtpwiz/smtpwiz/internal/quietinit"
	"github.com/smtpwiz/smtpwiz/internal/terminal"
	"github.com/smtpwiz/smtpwiz/presets"
)

// world is the network in which a walk takes place. The test hands it to the
// program in a variable, with its own servers behind it.
type world struct {
	DNS   []string          // records, each as in a zone file: example.com MX 10 mx.example.com.
	Hosts map[string]string // host:port → where that is in truth; "" is silent, what is missing refuses
	Ports []int             // that Bridge is looked for on
	Demo  bool              // what else is on this machine can be reached, as a demo's server
}

const worldVariable = "WALK_WORLD"

// WalkMain is the program as TestMain runs it for a walk: the command line as
// it is, in the world of the variable.
func WalkMain() { os.Exit(walkMain()) }

func walkMain() int {
	quietinit.Restore()
	var w world
	if err := json.Unmarshal([]byte(os.Getenv(worldVariable)), &w); err != nil {
		fmt.Fprintln(os.Stderr, worldVariable+":", err)
		return 1
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	prober := &probe.Prober{Resolver: w, Dialer: w, Version: "v0.0.0-test", Exchangers: w.LookupMX, Hostname: func() (string, error) { return "laptop", nil }}
	d := &deps{
		streams: terminal.System(), getenv: os.LookupEnv, known: preset.New(presets.FS, ""),
		prober: prober, version: "v0.0.0-test", resolver: w, bridge: w.bridge(prober),
	}
	if w.Demo {
		prober.Now = func() time.Time { return time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC) }
		d.demo = demo.Options{Now: prober.Now, Random: new(counter)}
	}
	return run(ctx, d, os.Args[1:])
}

// counter stands in for chance: the passwords of a demo are always the same.
type counter struct{ n byte }

func (c *counter) Read(p []byte) (int, error) {
	for i := range p {
		c.n++
		p[i] = c.n
	}
	return len(p), nil
}

func (w world) bridge(prober *probe.Prober) *bridge.Finder {
	f := bridge.New("v0.0.0-test")
	f.Prober, f.Ports = prober, w.Ports
	f.LookPath = func(string) (string, error) { return "", fs.ErrNotExist }
	f.Exists = func(string) bool { return false }
	return f
}

// records are those of a name, which may end in a dot.
func (w world) records(name, kind string) ([]string, error) {
	var out []string
	for _, r := range w.DNS {
		if data, ok := strings.CutPrefix(r, strings.TrimSuffix(name, ".")+" "+kind+" "); ok {
			out = append(out, data)
		}
	}
	if len(out) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return out, nil
}

func (w world) LookupMX(_ context.Context, name string) ([]*net.MX, error) {
	records, err := w.records(name, "MX")
	var out []*net.MX
	for _, r := range records {
		f := strings.Fields(r)
		out = append(out, &net.MX{Pref: number(f[0]), Host: f[1]})
	}
	return out, err
}

func (w world) LookupSRV(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
	records, err := w.records("_"+service+"._"+proto+"."+name, "SRV")
	var out []*net.SRV
	for _, r := range records {
		f := strings.Fields(r)
		out = append(out, &net.SRV{Priority: number(f[0]), Weight: number(f[1]), Port: number(f[2]), Target: f[3]})
	}
	return name, out, err
}

func (w world) LookupNS(_ context.Context, name string) ([]*net.NS, error) {
	records, err := w.records(name, "NS")
	var out []*net.NS
	for _, r := range records {
		out = append(out, &net.NS{Host: r})
	}
	return out, err
}

func (w world) LookupTXT(_ context.Context, name string) ([]string, error) {
	return w.records(name, "TXT")
}

func (w world) LookupCNAME(_ context.Context, name string) (string, error) {
	if records, err := w.records(name, "CNAME"); err == nil {
		return records[0], nil
	}
	_, err := w.LookupNetIP(context.Background(), "ip4", name)
	return name, err
}

// hosts are the names with a server, in order.
func (w world) hosts() []string {
	var out []string
	for address := range maps.Keys(w.Hosts) {
		host, _, _ := net.SplitHostPort(address)
		out = append(out, host)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// LookupNetIP gives each host an address of its own, from those for documentation.
func (w world) LookupNetIP(_ context.Context, network, name string) ([]netip.Addr, error) {
	i := slices.Index(w.hosts(), strings.TrimSuffix(name, "."))
	if i < 0 || network == "ip6" {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return []netip.Addr{netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 1)})}, nil
}

func (w world) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if last, ok := strings.CutPrefix(host, "192.0.2."); ok {
		host = w.hosts()[number(last)-1]
	}
	to, known := w.Hosts[net.JoinHostPort(host, port)]
	switch {
	case !known && w.Demo && host == "127.0.0.1":
		to = address
	case !known:
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	case to == "":
		<-ctx.Done()
		return nil, &net.OpError{Op: "dial", Net: network, Err: os.ErrDeadlineExceeded}
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, to)
	if err != nil {
		return nil, err
	}
	return &worldConn{conn, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(address))}, nil
}

// worldConn is a connection that does not tell where it leads in truth.
type worldConn struct {
	net.Conn
	remote net.Addr
}

func (c *worldConn) RemoteAddr() net.Addr { return c.remote }

func number(s string) uint16 {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		panic(err)
	}
	return uint16(n)
}
