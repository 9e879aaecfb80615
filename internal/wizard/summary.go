package wizard

import (
	"github.com/smtpwiz/smtpwiz/internal/preset"
)

// verdict is the title of the pages that save.
func (s *state) verdict() string {
	if s.untested {
		return s.t.untested()
	}
	return s.t.works()
}

func (s *state) acceptance() []Block {
	if s.untested || s.report == nil {
		return nil
	}
	return []Block{{Plain, s.t.accepted(s.report.Endpoint.Host, s.report.Account.To.String())}}
}

// summary stays on the screen: the settings, what was proven, where it is, how
// to test it again, and what else the provider has in store.
func (s *state) summary() []Block {
	if s.given.Demo {
		out := append([]Block{{Strong, s.t.works()}}, s.card()...)
		return append(append(out, s.proof()...), Block{Plain, s.t.demoEnds()})
	}
	out := append([]Block{{Strong, s.t.savedAs(s.saved.Name)}}, s.card()...)
	out = append(out, s.proof()...)
	out = append(out, paragraphs(s.t.settingsAre(s.saved.Path))...)
	if s.saved.Default {
		out = append(out, Block{Plain, s.t.isDefault(s.saved.Name)})
	}
	out = append(out, Block{Plain, s.t.passwordIs(s.store())})
	if s.store() == StoreKeyring || s.store() == StoreFile {
		out = append(out, Block{Plain, s.t.passwordSet(s.now())})
	}
	out = append(out, Block{Plain, s.t.testAgain()}, Block{Command, s.t.testCommand(s.saved.Name)})
	return append(out, s.surprises()...)
}

func (s *state) notSaved() []Block {
	return append([]Block{{Strong, s.t.nothingWasSaved()}}, append(s.card(), s.proof()...)...)
}

// card is the settings in the words of mail programs.
func (s *state) card() []Block {
	a := s.attempt()
	if s.report == nil && len(a.Account.Endpoints) == 0 {
		return nil
	}
	used := a.Account.Endpoints[0]
	if s.report != nil && !s.untested {
		used = s.report.Endpoint
	}
	out := []Block{
		{Plain, s.t.cardOutgoing(used)},
		{Plain, s.t.cardUser(a.Account.Username)},
		{Plain, s.t.cardFrom(a.Account.From.String())},
	}
	if a.Preset == nil {
		return out
	}
	for _, in := range a.Preset.Incoming {
		if !in.Unverified {
			out = append(out, Block{Plain, s.t.cardIncoming(string(in.Protocol), in.Host, in.Port, in.Security)})
		}
	}
	return out
}

// proof is what was shown to work, and what was not looked at.
func (s *state) proof() []Block {
	if s.untested || s.report == nil {
		return []Block{{Plain, s.t.notProven()}}
	}
	out := []Block{{Plain, s.t.proven(s.report.Endpoint, s.report.Account.To.String(), s.report.Subject)}}
	if s.report.TLS != nil {
		out = append(out, Block{Plain, s.t.provenTLS(s.report.TLS.Version, s.value(Fingerprint) != "")})
	}
	if !s.report.Conclusive {
		out = append(out, Block{Plain, s.t.notConclusive()})
	}
	return append(out, Block{Plain, s.t.notLookedAt()})
}

// surprises is what people find out too late: doubles in Sent, limits, the
// sender that is replaced.
func (s *state) surprises() []Block {
	p := s.look().preset
	if p == nil {
		return nil
	}
	var lines []string
	if p.Sent.Copy == preset.CopyByServer {
		lines = append(lines, s.t.keepsCopy(), p.Sent.Switch)
	}
	lines = append(lines, p.Account.FromRule)
	for _, l := range p.Limits {
		if !l.Unverified {
			lines = append(lines, l.Text)
		}
	}
	lines = append(lines, s.t.loginAlerts(p.Kind == preset.Mailbox))
	out := paragraphs(lines...)
	if len(out) > 0 {
		out = append([]Block{{Strong, s.t.goodToKnow(short(p.Title))}}, out...)
	}
	return out
}
