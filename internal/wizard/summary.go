package wizard

import (
	"slices"
	"strings"

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

// summary stays on the screen, and fits one of 80 by 24: what was saved and
// where, the settings, what was proven, what else the provider has in store, and
// how to go on.
func (s *state) summary(card []string) []Block {
	if s.given.Demo {
		out := append([]Block{{Strong, s.verdict()}}, paragraphs(card...)...)
		return append(append(out, s.proof()...), Block{Plain, s.t.demoEnds()})
	}
	out := []Block{{Strong, s.t.savedAs(s.saved.Name, s.saved.Default)}}
	out = append(out, under(s.t.settingsAre(s.saved.Path), s.passwordIs())...)
	out = append(out, under(card...)...)
	out = append(out, s.proof()...)
	out = append(out, s.surprises()...)
	return append(out, Block{Plain, s.t.testAgain(s.saved.Name)}, Block{Under, s.t.wholeCard(s.saved.Name)})
}

// passwordIs tells where it rests, and of a new one when it was set.
func (s *state) passwordIs() string {
	store := s.store()
	if (store == StoreKeyring || store == StoreFile) && s.password.Reveal() != s.given.Kept.Reveal() {
		return s.t.passwordIs(store) + " " + s.t.passwordSet(s.now())
	}
	return s.t.passwordIs(store)
}

// under are paragraphs right under the block before.
func under(texts ...string) []Block {
	out := paragraphs(texts...)
	for i := range out {
		out[i].Kind = Under
	}
	return out
}

func (s *state) notSaved(card []string) []Block {
	return append([]Block{{Strong, s.t.nothingWasSaved()}}, append(paragraphs(card...), s.proof()...)...)
}

// proof is what was shown to work, and what was not looked at.
func (s *state) proof() []Block {
	if s.untested || s.report == nil {
		return []Block{{Strong, s.t.notProven()}}
	}
	to, received := s.report.Account.To.String(), s.lastReceived()
	out := paragraphs(s.t.proven(s.report.Check, s.report.Endpoint.Host, to, head(s.report.Subject)))
	if received != "" {
		out = paragraphs(s.t.provenDemo(s.report.Endpoint.Host, to, head(received)))
	}
	if s.report.TLS != nil {
		out = append(out, under(s.t.provenTLS(s.report.TLS.Version, s.value(Fingerprint) != ""))...)
	}
	if !s.report.Conclusive {
		out = append(out, under(s.t.notConclusive())...)
	}
	if received != "" {
		return out // there is no mailbox to look into
	}
	return append(out, under(s.t.notLookedAt(s.report.Check))...)
}

// head is what a subject begins with, which is enough to find the mail by.
func head(subject string) string {
	before, _, _ := strings.Cut(subject, ":")
	return before
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
// sender that is replaced. Of limits it is the first: presets show has them all.
func (s *state) surprises() []Block {
	p := s.look().preset
	if p == nil {
		return nil
	}
	var lines []string
	if p.Sent.Copy == preset.CopyByServer {
		lines = append(lines, s.t.keepsCopy(p.Sent.Switch))
	}
	lines = append(lines, p.Account.FromRule)
	if i := slices.IndexFunc(p.Limits, func(l preset.Limit) bool { return !l.Unverified }); i >= 0 {
		lines = append(lines, p.Limits[i].Text)
	}
	lines = append(lines, s.t.loginAlerts(p.Kind == preset.Mailbox))
	out := under(lines...)
	if len(out) > 0 {
		out = append([]Block{{Strong, s.t.goodToKnow(p.Name)}}, out...)
	}
	return out
}
