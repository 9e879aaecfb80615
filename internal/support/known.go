package support

import (
	"net/netip"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Known is what is known of whose names are whose.
type Known struct {
	Addresses []submission.Address // the user's
	Names     []string             // the user's other names: login, display name
	Machines  []string             // host names of the user's side
	Home      string               // the user's folder, "" where there is none

	Hosts   []string     // the provider's
	Domains []string     // mail domains in which anybody can have a mailbox
	Servers []netip.Addr // addresses of the provider's servers
	Public  []string     // mail addresses that stay, such as the support's
}

// AddAccount takes in whose account it is and which servers it uses.
func (k *Known) AddAccount(a submission.Account) {
	if login, err := submission.ParseAddress(a.Username); err == nil {
		k.Addresses = append(k.Addresses, login)
	} else {
		k.Names = append(k.Names, a.Username)
	}
	k.Addresses = append(k.Addresses, a.From, a.To)
	k.Names = append(k.Names, a.DisplayName)
	for _, e := range a.Endpoints {
		k.Hosts = append(k.Hosts, e.Host)
	}
}

// AddPreset takes in the provider's own names; p may be nil.
func (k *Known) AddPreset(p *preset.Preset) {
	if p == nil {
		return
	}
	k.Domains, k.Public = append(k.Domains, p.Match.Domains...), append(k.Public, p.Support)
	for _, r := range p.Regions {
		k.Domains = append(k.Domains, r.Domains...)
	}
}

// AddServers takes in the addresses that the server's name led to.
func (k *Known) AddServers(r *report.Report) {
	if dialled, err := netip.ParseAddrPort(r.Dialled); err == nil {
		k.Servers = append(k.Servers, dialled.Addr().Unmap().WithZone(""))
	}
	for word := range strings.SplitSeq(resolved(r), ", ") {
		if addr, err := netip.ParseAddr(word); err == nil {
			k.Servers = append(k.Servers, addr.Unmap().WithZone(""))
		}
	}
}

// AddGreeted takes in the name that this machine said in EHLO.
func (k *Known) AddGreeted(r *report.Report) {
	for _, l := range r.Transcript {
		if verb, name, _ := strings.Cut(l.Text, " "); l.From == report.Client && (verb == "EHLO" || verb == "HELO") {
			k.AddMachine(name)
		}
	}
}

// AddMachine takes in a name, host:port or address literal of the user's side.
func (k *Known) AddMachine(name string) {
	if strings.HasPrefix(name, "[") {
		return // a literal, which is masked as an address
	}
	if host, _, _ := strings.Cut(name, ":"); host != "" {
		k.Machines = append(k.Machines, host)
	}
}
