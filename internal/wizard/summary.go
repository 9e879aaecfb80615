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
	return []Block{{Plain, s.t.accepted(s.report.Check, s.report.Endpoint.Host, s.report.Account.To.String())}}
}

// summary stays on the screen: the settings, what was proven, where it is, how
// to test it again, and what else the provider has in store.
func (s *state) summary(card []string) []Block {
	if s.given.Demo {
		out := append([]Block{{Strong, s.verdict()}}, paragraphs(card...)...)
		return append(append(out, s.proof()...), Block{Plain, s.t.demoEnds()})
	}
	out := append([]Block{{Strong, s.t.savedAs(s.saved.Name)}}, paragraphs(card...)...)
	out = append(out, s.proof()...)
	out = append(out, paragraphs(s.t.settingsAre(s.saved.Path))...)
	if s.saved.Default {
		out = append(out, Block{Plain, s.t.isDefault(s.saved.Name)})
	}
	out = append(out, Block{Plain, s.t.passwordIs(s.store())})
	if (s.store() == StoreKeyring || s.store() == StoreFile) && s.password.Reveal() != s.given.Kept.Reveal() {
		out = append(out, Block{Plain, s.t.passwordSet(s.now())})
	}
	out = append(out,
		Block{Plain, s.t.testAgain()}, Block{Command, s.t.testCommand(s.saved.Name)},
		Block{Plain, s.t.wholeCard()}, Block{Command, s.t.cardCommand(s.saved.Name)})
	return append(out, s.surprises()...)
}

func (s *state) notSaved(card []string) []Block {
	return append([]Block{{Strong, s.t.nothingWasSaved()}}, append(paragraphs(card...), s.proof()...)...)
}

// proof is what was shown to work, and what was not looked at.
func (s *state) proof() []Block {
	if s.untested || s.report == nil {
		return []Block{{Plain, s.t.notProven()}}
	}
	to, received := s.report.Account.To.String(), s.lastReceived()
	out := []Block{{Plain, s.t.proven(s.report.Check, s.report.Endpoint.Host, to, s.report.Subject)}}
	if received != "" {
		out = []Block{{Plain, s.t.provenDemo(s.report.Endpoint.Host, to, received)}}
	}
	if s.report.TLS != nil {
		out = append(out, Block{Plain, s.t.provenTLS(s.report.TLS.Version, s.value(Fingerprint) != "")})
	}
	if !s.report.Conclusive {
		out = append(out, Block{Plain, s.t.notConclusive()})
	}
	if received != "" {
		return out // there is no mailbox to look into
	}
	return append(out, Block{Plain, s.t.notLookedAt(s.report.Check)})
}

// lastReceived is the subject of the mail that the demo took last, "" for none.
func (s *state) lastReceived() string {
	if !s.given.Demo || s.received == nil {
		return ""
	}
	got := s.received()
	if len(got) == 0 {
		return ""
	}
	return got[len(got)-1]
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
