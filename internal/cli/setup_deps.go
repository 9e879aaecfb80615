package cli

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/bridge"
	"github.com/smtpwiz/smtpwiz/internal/demo"
	"github.com/smtpwiz/smtpwiz/internal/diagnose"
	"github.com/smtpwiz/smtpwiz/internal/discover"
	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/probe"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/settings"
	"github.com/smtpwiz/smtpwiz/internal/submission"
	"github.com/smtpwiz/smtpwiz/internal/wizard"
)

// setupProber tries for the wizard what it has been told, with what the flags
// say of connecting.
type setupProber struct {
	setup   *setup
	options *settings.Settings
	began   time.Time // the last try
}

func (p *setupProber) Probe(ctx context.Context, a wizard.Attempt, events func(report.Event)) (*report.Report, *diagnose.Diagnosis, error) {
	plan, _, err := p.plan(a)
	if err != nil {
		return nil, nil, err
	}
	p.began = time.Now()
	rep, err := p.setup.deps.prober.Run(ctx, plan, events)
	if err != nil {
		return nil, nil, err
	}
	return rep, diagnose.Explain(rep, a.Preset), nil
}

func (p *setupProber) plan(a wizard.Attempt) (probe.Plan, *settings.Settings, error) {
	s := *p.options
	s.Account, s.Preset, s.Helo = a.Account, a.Preset, a.Helo
	s.Fingerprint = strings.TrimPrefix(a.Fingerprint, "sha256:")
	s.Proxy = strings.TrimPrefix(strings.TrimPrefix(a.Proxy, "socks5://"), "socks5h://")
	plan, _, err := planFor(p.setup.deps, &s)
	if err != nil || !p.setup.demo {
		return plan, &s, err
	}
	plan.Trust.Roots = demoRoots(p.setup.server)
	if as := demoPreset(p.setup.given); as != "" {
		if _, plan.Route.ConnectTo, err = disguised(p.setup.deps, p.setup.server, as); err != nil {
			return plan, &s, err
		}
	}
	plan.Route.ConnectTo = everywhere(p.setup.server, plan.Route.ConnectTo)
	return plan, &s, nil
}

// dnsFinder finds servers for the wizard in DNS.
type dnsFinder struct{ discover.Finder }

func (f *dnsFinder) Find(ctx context.Context, a submission.Address) wizard.Found {
	r := f.Finder.Find(ctx, a)
	found := wizard.Found{
		DomainMissing: r.DomainMissing, DNSFailed: r.DNSFailed != nil,
		ForwardOnly: r.ForwardOnly, Filter: r.Filter, Suggestion: r.Suggestion, NoMail: r.NoMail,
	}
	for _, c := range r.Candidates {
		out := wizard.Candidate{Region: c.Region, Variant: c.Variant, Host: c.Host, Endpoints: c.Endpoints}
		if c.Preset != nil {
			out.Preset = c.Preset.Name
		}
		for _, why := range append([]discover.Why{c.Why}, c.Also...) {
			out.Why = append(out.Why, wizard.Evidence{Kind: wizard.EvidenceKind(why.Kind), Name: why.Evidence})
		}
		found.Candidates = append(found.Candidates, out)
	}
	return found
}

// bridges looks for Proton Mail Bridge, which the demo plays too.
func (s *setup) bridges() wizard.BridgeFinder {
	if s.demo {
		return demoBridge{s}
	}
	return bridgeFinder{s.deps.bridge}
}

type bridgeFinder struct{ finder *bridge.Finder }

func (f bridgeFinder) Find(ctx context.Context) wizard.Bridge {
	found := f.finder.Find(ctx)
	out := wizard.Bridge{
		Installed: found.Installed, Endpoint: found.Endpoint,
		Certificate: found.Certificate, OwnProcess: found.OwnProcess,
	}
	for _, o := range found.Occupants {
		out.Occupants = append(out.Occupants, wizard.Occupant{Port: o.Port, Name: o.Name})
	}
	return out
}

// otherHosts are the servers to which a cure may lead: those of a provider's
// other regions, and of its other presets.
func otherHosts(d *deps, as string) []string {
	played, err := d.known.Get(as)
	if err != nil {
		return nil
	}
	mx := played.Match.MX
	for _, r := range played.Regions {
		mx = append(mx[:len(mx):len(mx)], r.MX...)
	}
	var hosts []string
	for _, c := range append(d.known.ByMX(mx), preset.Candidate{Preset: played}) {
		for _, r := range c.Preset.Regions {
			there, _ := c.Preset.Resolve(preset.Choice{Region: r.Name}) // empty where it asks for a host
			for _, e := range there.Endpoints {
				hosts = append(hosts, e.Host)
			}
		}
	}
	return hosts
}

// beginWhereItFails takes the demo's first endpoint alone, so that a trouble of
// one port is seen and not stepped around.
func (s *setup) beginWhereItFails(g *wizard.Given) {
	security := s.given.Get("security")
	if s.fail == "" && security == "" {
		return
	}
	e := firstWith(s.server.Endpoints(), security)
	g.Answers[submission.FieldPort], g.Answers[submission.FieldSecurity] = strconv.Itoa(e.Port), string(e.Security)
}

// demoBridge is the demo in the place of a bridge. Its authority is trusted, so
// that there is no certificate to ask about.
type demoBridge struct{ setup *setup }

func (f demoBridge) Find(context.Context) wizard.Bridge {
	found := wizard.Bridge{Installed: true}
	endpoints, _, err := disguised(f.setup.deps, f.setup.server, demoPreset(f.setup.given))
	if err == nil && len(endpoints) > 0 && f.setup.fail != submission.BridgeNotRunning {
		found.Endpoint = endpoints[0]
	}
	return found
}

// received are the subjects of the mails that the demo took.
func (s *setup) received() []string {
	var subjects []string
	for _, m := range s.server.Messages() {
		subjects = append(subjects, m.Subject)
	}
	return subjects
}

// demoFinder knows one domain: the demo server's own.
type demoFinder struct{ server *demo.Server }

func (f demoFinder) Find(context.Context, submission.Address) wizard.Found {
	return wizard.Found{Candidates: []wizard.Candidate{{
		Endpoints: f.server.Endpoints(),
		Why:       []wizard.Evidence{{Kind: wizard.ByDomain, Name: demo.Domain}},
	}}}
}

// beginDemo starts the server and fills in its account.
func (s *setup) beginDemo(g *wizard.Given) error {
	server, err := startDemo(s.deps, s.given, s.fail, otherHosts(s.deps, demoPreset(s.given))...)
	if err != nil {
		return err
	}
	s.server = server
	username, password := server.Account()
	g.Kept = password
	g.Defaults[submission.FieldUsername], g.Defaults[submission.FieldFrom] = username, server.From()
	for _, field := range []submission.Field{submission.FieldHost, submission.FieldPort, submission.FieldSecurity, wizard.SecretStore} {
		delete(g.Answers, field) // the demo has its own server, and keeps nothing
	}
	if demoPreset(s.given) == "" {
		delete(g.Answers, submission.FieldPreset)
		s.beginWhereItFails(g)
	} else if played, err := s.deps.known.Get(demoPreset(s.given)); err == nil && played.DefaultRegion != "" {
		g.Defaults[submission.FieldRegion] = played.DefaultRegion // where the demo is
	}
	g.Notes = server.Notes()
	g.Defaults[wizard.SecretStore] = wizard.StoreNone
	g.Defaults[wizard.ProfileName] = "demo"
	return nil
}
