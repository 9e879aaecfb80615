package wizard

import (
	"context"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

func (s *state) wantsBridge() bool {
	p := s.look()
	return s.bridge == nil && p.preset != nil && p.preset.Kind == preset.Bridge && s.value(submission.FieldPort) == ""
}

func (w *Wizard) findBridge(ctx context.Context) error {
	found := Bridge{}
	if w.deps.Bridges != nil {
		w.deps.Prompter.Busy(w.state.t.lookingForBridge())
		found = w.deps.Bridges.Find(ctx)
	}
	s := w.state
	s.bridge = &found
	if c := found.Certificate; c != nil && found.OwnProcess && s.value(Fingerprint) == "" {
		s.values[Fingerprint] = "sha256:" + c.SHA256
	}
	return ctx.Err()
}

func bridgeStep() step {
	return step{
		key:     "bridge",
		strict:  true,
		passing: true,
		needs: func(s *state) bool {
			p := s.look()
			if s.bridge == nil || p.preset == nil || p.preset.Kind != preset.Bridge || s.value(submission.FieldPort) != "" {
				return false
			}
			return s.bridge.Endpoint.IsZero() || s.bridge.Certificate != nil && s.value(Fingerprint) == ""
		},
		page: func(s *state) Page {
			if s.bridge.Endpoint.IsZero() {
				return s.bridgeMissing()
			}
			p := s.pinPage(*s.bridge.Certificate, s.bridge.Endpoint)
			p.Blocks = append(s.occupants(), p.Blocks...)
			p.Actions = s.bridgeActions()
			return p
		},
		take: func(s *state, a Answer) string {
			if s.bridge.Endpoint.IsZero() {
				s.bridge = nil // look again
				return ""
			}
			return s.pin(a, *s.bridge.Certificate)
		},
		act: func(s *state, key string) {
			switch key {
			case "provider":
				s.wanted = "provider"
			case "port":
				s.change(submission.FieldPort, submission.FieldPort, submission.FieldSecurity)
			}
		},
		flags: func(s *state) []string {
			if s.bridge.Endpoint.IsZero() {
				return []string{"--port"}
			}
			return []string{"--tls-fingerprint"}
		},
	}
}

func (s *state) bridgeMissing() Page {
	p := Page{Title: s.t.bridgeAbsent(), Next: s.t.lookAgain(), Actions: s.bridgeActions()}
	if s.bridge.Installed {
		p.Title = s.t.bridgeNotRunning()
	}
	p.Blocks = append(s.occupants(), Block{Plain, s.t.bridgeStart(s.bridge.Installed)})
	return p
}

func (s *state) bridgeActions() []Action {
	return []Action{
		{Key: "port", Label: s.t.typePort(), Letter: "t"},
		{Key: "provider", Label: s.t.otherProvider(), Letter: "p"},
	}
}

// occupants tells who sits on Bridge's ports in its place.
func (s *state) occupants() []Block {
	var out []Block
	if s.bridge == nil {
		return nil
	}
	for _, o := range s.bridge.Occupants {
		out = append(out, Block{Under, s.t.occupied(o.Port, o.Name)})
	}
	if len(out) > 0 && !s.bridge.Endpoint.IsZero() {
		out = append(out, Block{Under, s.t.bridgeAnswers(s.bridge.Endpoint.Port)})
	}
	return out
}

const pinKey = "trust"

// pinPage shows a certificate that nobody vouches for, to be trusted by itself.
// It is only for servers on this machine.
func (s *state) pinPage(c report.Certificate, e submission.Endpoint) Page {
	return Page{
		Title:     s.t.pinTitle(e.Address()),
		Blocks:    append([]Block{{Plain, s.t.pinWhy()}}, s.certificate(c)...),
		Questions: []Question{{Key: pinKey, Kind: YesNo, Label: s.t.pinLabel(), Value: s.draft[pinKey]}},
	}
}

func (s *state) certificate(c report.Certificate) []Block {
	return []Block{
		{Plain, s.t.certificateFor(c.Names)},
		{Under, s.t.certificateDates(c.NotBefore, c.NotAfter)},
		{Under, s.t.certificateFingerprint()},
		{Command, "sha256:" + c.SHA256},
	}
}

func (s *state) pin(a Answer, c report.Certificate) string {
	if a.Texts[pinKey] != "yes" {
		return s.t.notPinned()
	}
	s.values[Fingerprint] = "sha256:" + c.SHA256
	s.untry()
	return ""
}
