package discover

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/presets"
)

// library is what the program comes with; it is decoded once for all tests.
var library = preset.New(presets.FS, "")

// zone is a fake of DNS, written like a zone file: a line for each record, as
//
//	example.com MX 10 mx.example.com.
//	example.com TXT v=spf1 -all
//	_submission._tcp.example.com SRV 0 1 587 mail.example.com.
//	autodiscover.example.com CNAME elsewhere.example.
//	mail.example.com A 192.0.2.1
//
// "example.com MX !fail" fails as a broken server does, "!stall" never
// answers, "!3s" takes its time before the other records of that name and type.
type zone map[string][]string

func parseZone(text string) zone {
	z := zone{}
	for line := range strings.Lines(text) {
		if name, rest, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			kind, data, _ := strings.Cut(rest, " ")
			z[name+" "+kind] = append(z[name+" "+kind], data)
		}
	}
	return z
}

// records are those of a name, which must be absolute.
func (z zone) records(ctx context.Context, name, kind string) ([]string, error) {
	bare, ok := strings.CutSuffix(name, ".")
	if !ok {
		panic(fmt.Sprintf("%s asked for %q, which the machine's search list may change", kind, name))
	}
	var out []string
	for _, data := range z[bare+" "+kind] {
		order, special := strings.CutPrefix(data, "!")
		switch {
		case !special:
			out = append(out, data)
		case order == "fail":
			return nil, &net.DNSError{Err: "server misbehaving", Name: name, IsTemporary: true}
		default:
			wait, err := time.ParseDuration(order)
			if err != nil {
				wait = time.Hour // stall
			}
			select {
			case <-time.After(wait):
			case <-ctx.Done():
				return nil, &net.DNSError{UnwrapErr: ctx.Err(), Err: ctx.Err().Error(), Name: name, IsTimeout: true}
			}
		}
	}
	if len(out) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return out, nil
}

func (z zone) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	records, err := z.records(ctx, name, "MX")
	var out []*net.MX
	for _, r := range records {
		f := strings.Fields(r)
		out = append(out, &net.MX{Pref: number(f[0]), Host: f[1]})
	}
	return out, err
}

func (z zone) LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error) {
	records, err := z.records(ctx, "_"+service+"._"+proto+"."+name, "SRV")
	var out []*net.SRV
	for _, r := range records {
		f := strings.Fields(r)
		out = append(out, &net.SRV{Priority: number(f[0]), Weight: number(f[1]), Port: number(f[2]), Target: f[3]})
	}
	return name, out, err
}

func (z zone) LookupNS(ctx context.Context, name string) ([]*net.NS, error) {
	records, err := z.records(ctx, name, "NS")
	var out []*net.NS
	for _, r := range records {
		out = append(out, &net.NS{Host: r})
	}
	return out, err
}

func (z zone) LookupTXT(ctx context.Context, name string) ([]string, error) {
	return z.records(ctx, name, "TXT")
}

// LookupCNAME follows one alias, whose end need not be in the zone.
func (z zone) LookupCNAME(ctx context.Context, name string) (string, error) {
	if records, err := z.records(ctx, name, "CNAME"); err == nil {
		return records[0], nil
	}
	_, err := z.records(ctx, name, "A")
	return name, err
}

func (z zone) LookupNetIP(ctx context.Context, _, name string) ([]netip.Addr, error) {
	if _, err := z.records(ctx, name, "CNAME"); err == nil {
		return []netip.Addr{netip.MustParseAddr("192.0.2.80")}, nil
	}
	records, err := z.records(ctx, name, "A")
	var out []netip.Addr
	for _, r := range records {
		out = append(out, netip.MustParseAddr(r))
	}
	return out, err
}

func number(s string) uint16 {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		panic(err)
	}
	return uint16(n)
}
