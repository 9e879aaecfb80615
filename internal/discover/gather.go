package discover

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"time"
)

// facts is what DNS has said so far.
type facts struct {
	mx           answer[exchangers]
	ns, addr     answer[bool]
	spf          answer[[]string] // names that are included, in the record's order
	submissions  answer[[]*net.SRV]
	submission   answer[[]*net.SRV]
	autodiscover answer[[]*net.SRV]
	alias        answer[string] // what autodiscover.DOMAIN is an alias of
	mail, smtp   answer[guess]  // mail.DOMAIN and smtp.DOMAIN
	ended        error          // why the rest was not waited for
}

// answer is the end of one look-up.
type answer[T any] struct {
	got     T
	in      bool
	missing bool // there is no such name, or nothing of this type: net.Resolver does not tell which
	err     error
}

func settle[T any](got T, err error) answer[T] {
	var dns *net.DNSError
	missing := errors.As(err, &dns) && dns.IsNotFound
	if missing {
		err = nil
	}
	return answer[T]{got: got, in: true, missing: missing, err: err}
}

// exchangers are a domain's mail exchangers, best first.
type exchangers struct {
	hosts []string
	none  bool // the null MX of RFC 7505: the domain takes no mail
}

// guess is a usual name that exists.
type guess struct {
	name  string
	alias string // the name that it is an alias of, else itself
}

// look is a look-up: it asks, and returns how to write the answer down.
type look func(context.Context) func(*facts)

func ask[T any](field func(*facts) *answer[T], lookup func(context.Context) (T, error)) look {
	return func(ctx context.Context) func(*facts) {
		a := settle(lookup(ctx))
		return func(x *facts) { *field(x) = a }
	}
}

// looks lists everything to ask about a domain; the order does not matter.
func (f *Finder) looks(domain string) []look {
	srv := func(service string) func(context.Context) ([]*net.SRV, error) {
		return func(ctx context.Context) ([]*net.SRV, error) { return f.srv(ctx, service, domain) }
	}
	usual := func(label string) func(context.Context) (guess, error) {
		return func(ctx context.Context) (guess, error) { return f.guess(ctx, label+"."+domain) }
	}
	return []look{
		ask(func(x *facts) *answer[exchangers] { return &x.mx }, func(ctx context.Context) (exchangers, error) { return f.mx(ctx, domain) }),
		ask(func(x *facts) *answer[bool] { return &x.ns }, func(ctx context.Context) (bool, error) { return f.delegated(ctx, domain) }),
		ask(func(x *facts) *answer[bool] { return &x.addr }, func(ctx context.Context) (bool, error) { return f.addressed(ctx, domain) }),
		ask(func(x *facts) *answer[[]string] { return &x.spf }, func(ctx context.Context) ([]string, error) { return f.spf(ctx, domain) }),
		ask(func(x *facts) *answer[[]*net.SRV] { return &x.submissions }, srv("submissions")),
		ask(func(x *facts) *answer[[]*net.SRV] { return &x.submission }, srv("submission")),
		ask(func(x *facts) *answer[[]*net.SRV] { return &x.autodiscover }, srv("autodiscover")),
		ask(func(x *facts) *answer[string] { return &x.alias }, func(ctx context.Context) (string, error) { return f.alias(ctx, "autodiscover."+domain) }),
		ask(func(x *facts) *answer[guess] { return &x.mail }, usual("mail")),
		ask(func(x *facts) *answer[guess] { return &x.smtp }, usual("smtp")),
	}
}

// gather asks everything side by side and returns as soon as what is still out
// cannot matter, or when the time is up. What is out then is cancelled.
func (f *Finder) gather(ctx context.Context, domain string) *facts {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(f.Timeout, defaultTimeout))
	defer cancel()
	looks := f.looks(domain)
	answers := make(chan func(*facts), len(looks)) // none has to wait for a reader who has left
	for _, l := range looks {
		go func() { answers <- l(ctx) }()
	}
	x := &facts{}
	var enough <-chan time.Time
	for range looks {
		select {
		case write := <-answers:
			write(x)
		case <-enough:
			return x
		case <-ctx.Done():
			x.ended = ctx.Err()
			return x
		}
		switch clear, details := f.clear(x); {
		case clear && !details:
			return x
		case clear && enough == nil:
			enough = time.After(grace)
		}
	}
	return x
}

// clear reports whether it is known who the provider is, or that there is no
// such domain, and whether the details still out are worth a moment.
func (f *Finder) clear(x *facts) (known, details bool) {
	if found := f.byMX(x); len(found) > 0 {
		in := x.submissions.in && x.submission.in && x.autodiscover.in && x.alias.in
		return true, !in && tellable(found)
	}
	if x.absent() {
		return true, false
	}
	mailboxes, _ := f.bySPF(x)
	return x.mx.in && len(mailboxes) > 0, true
}

// absent: the domain has neither exchangers nor a delegation, an address or a
// text. A name that is registered has at least the delegation.
func (x *facts) absent() bool {
	return x.mx.missing && x.ns.missing && x.addr.missing && x.spf.missing
}

// failure is the first thing that went wrong; that of the exchangers counts most.
func (x *facts) failure() error {
	return cmp.Or(x.mx.err, x.ended, x.spf.err, x.submissions.err, x.submission.err,
		x.ns.err, x.addr.err, x.autodiscover.err, x.alias.err, x.mail.err, x.smtp.err)
}

func (f *Finder) mx(ctx context.Context, domain string) (exchangers, error) {
	records, err := f.Resolver.LookupMX(ctx, domain+".")
	if len(records) == 0 {
		return exchangers{}, err
	}
	// An error beside records is about names that were left out.
	records = slices.SortedFunc(slices.Values(records), func(a, b *net.MX) int {
		return cmp.Or(cmp.Compare(a.Pref, b.Pref), cmp.Compare(a.Host, b.Host))
	})
	var x exchangers
	for _, r := range records[:min(len(records), maxRecords)] {
		if host, ok := hostName(r.Host); ok && !slices.Contains(x.hosts, host) {
			x.hosts = append(x.hosts, host)
		}
	}
	x.none = len(records) == 1 && (records[0].Host == "." || records[0].Host == "")
	return x, nil
}

func (f *Finder) delegated(ctx context.Context, domain string) (bool, error) {
	records, err := f.Resolver.LookupNS(ctx, domain+".")
	if len(records) > 0 {
		err = nil
	}
	return err == nil, err
}

func (f *Finder) addressed(ctx context.Context, domain string) (bool, error) {
	_, err := f.Resolver.LookupNetIP(ctx, "ip", domain+".")
	return err == nil, err
}

func (f *Finder) srv(ctx context.Context, service, domain string) ([]*net.SRV, error) {
	_, records, err := f.Resolver.LookupSRV(ctx, service, "tcp", domain+".")
	if len(records) > 0 {
		err = nil // as with the exchangers
	}
	return usable(records), err
}

// usable sorts SRV records and leaves out what cannot be dialled, among it the
// target "." that says there is no such service (RFC 2782). Weights are for
// sharing load among clients; here the heaviest stands first, always.
func usable(records []*net.SRV) []*net.SRV {
	records = slices.SortedFunc(slices.Values(records), func(a, b *net.SRV) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(b.Weight, a.Weight),
			cmp.Compare(a.Target, b.Target), cmp.Compare(a.Port, b.Port))
	})
	var out []*net.SRV
	for _, r := range records[:min(len(records), maxRecords)] {
		if host, ok := hostName(r.Target); ok && r.Port != 0 {
			out = append(out, &net.SRV{Target: host, Port: r.Port})
		}
	}
	return out
}

// alias is the name at the end of the chain of CNAMEs that begins at a name,
// "" if that is itself.
func (f *Finder) alias(ctx context.Context, name string) (string, error) {
	end, err := f.Resolver.LookupCNAME(ctx, name+".")
	if err != nil {
		return "", err
	}
	if host, ok := hostName(end); ok && host != name {
		return host, nil
	}
	return "", nil
}

// guess looks whether a name leads anywhere else than to this machine.
func (f *Finder) guess(ctx context.Context, name string) (guess, error) {
	addrs, err := f.Resolver.LookupNetIP(ctx, "ip", name+".")
	if err != nil {
		return guess{}, err
	}
	if !slices.ContainsFunc(addrs, func(a netip.Addr) bool { return !a.Unmap().IsLoopback() && !a.IsUnspecified() }) {
		return guess{}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	alias, _ := f.alias(ctx, name) // that it exists is known already
	return guess{name: name, alias: cmp.Or(alias, name)}, nil
}
