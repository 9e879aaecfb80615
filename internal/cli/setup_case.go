package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/export"
	"github.com/smtpwiz/smtpwiz/internal/probe"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/settings"
	"github.com/smtpwiz/smtpwiz/internal/submission"
	"github.com/smtpwiz/smtpwiz/internal/support"
	"github.com/smtpwiz/smtpwiz/internal/wizard"
)

// writeCase writes for the wizard what smtpwiz report would of the last try,
// into a new file of the working folder.
func (p *setupProber) writeCase(ctx context.Context, a wizard.Attempt, rep *report.Report) (wizard.Case, error) {
	plan, s, err := p.plan(a)
	if err != nil {
		return wizard.Case{}, err
	}
	s.Check, s.Provenance = rep.Check, p.provenance(a)
	tried := attempt{plan: plan, settings: s}
	c := caseOf(p.setup.deps, tried, rep, p.began)
	c.Route = routeOf(ctx, plan, rep)
	c = withoutSecrets(p.setup.deps, tried, c)
	var text bytes.Buffer
	if err := c.Markdown(&text); err != nil {
		return wizard.Case{}, fmt.Errorf("writing the report: %w", err)
	}
	file, err := putNewCase(text.Bytes())
	return wizard.Case{File: file, SendTo: c.SendTo.Address}, err
}

// putNewCase writes a file that is not there yet, smtpwiz-report.md or with a
// number, for the user alone: a case holds addresses.
func putNewCase(text []byte) (file string, err error) {
	const most = 1000
	for n := 1; n <= most; n++ {
		name := "smtpwiz-report.md"
		if n > 1 {
			name = fmt.Sprintf("smtpwiz-report-%d.md", n)
		}
		if file, err = filepath.Abs(name); err != nil {
			return "", err
		}
		if err = putFile(file, text, 0o600, false); !errors.Is(err, fs.ErrExist) {
			return file, err
		}
	}
	return "", err
}

// routeOf follows the route to the server of a try that has ended.
func routeOf(ctx context.Context, plan probe.Plan, rep *report.Report) support.Route {
	to, ok := support.Target(rep)
	switch {
	case plan.Route.Proxy != nil:
		return support.NoRoute("the connection goes through a proxy")
	case !ok:
		return support.NoRoute("there was no address to go to")
	}
	return tracer().Trace(ctx, to)
}

// provenance lists the answers as they were tried. Those that no flag or
// variable gave were given, or found out, in setup.
func (p *setupProber) provenance(a wizard.Attempt) []settings.Provenance {
	var endpoints []string
	for _, e := range a.Account.Endpoints {
		endpoints = append(endpoints, e.String())
	}
	var list []settings.Provenance
	for _, v := range [][2]string{
		{"preset", a.Account.Preset}, {"region", a.Region}, {"variant", a.Variant}, {"endpoint", strings.Join(endpoints, ", ")},
		{"username", a.Account.Username}, {"from", a.Account.From.String()}, {"to", a.Account.To.String()},
		{"auth", a.Account.Mechanism}, {"helo", a.Helo}, {"proxy", a.Proxy}, {"tls-fingerprint", a.Fingerprint},
	} {
		source := "setup"
		if given, ok := p.setup.given[v[0]]; ok && given.Value == v[1] {
			source = string(given.Source) + " " + given.Name
		}
		if v[1] != "" {
			list = append(list, settings.Provenance{Name: v[0], Value: v[1], Source: source})
		}
	}
	return list
}

// card is the settings card in a few lines, of what is saved.
func (s *setup) card(p wizard.Proven) []string {
	a := p.Account
	if len(a.Endpoints) == 0 {
		return nil
	}
	in := export.Settings{
		Name: p.Name, Endpoint: a.Endpoints[0], Username: a.Username, From: a.From, DisplayName: a.DisplayName,
		Mechanism: a.Mechanism, Preset: p.Preset,
	}
	for _, known := range p.Incoming {
		if !known.Unverified {
			in.Incoming = append(in.Incoming, export.Incoming{
				Protocol: known.Protocol, Username: incomingName(known.Username, a),
				Endpoint: submission.Endpoint{Host: known.Host, Port: known.Port, Security: known.Security},
			})
		}
	}
	return export.NewCard(in, nil).Short()
}
