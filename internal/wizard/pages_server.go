package wizard

import (
	"slices"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// askDNS is the choice of a provider that leaves it to DNS.
const askDNS = "dns"

func providerStep() step {
	return step{
		key:    "provider",
		strict: true,
		needs:  func(s *state) bool { return !s.look().decidedProvider() },
		page: func(s *state) Page {
			return Page{
				Title:     s.t.providerTitle(s.look().mailbox.Domain),
				Blocks:    s.dnsInWords(),
				Questions: []Question{s.question(submission.FieldPreset)},
				Help:      s.t.providerHelp(),
			}
		},
		take: func(s *state, a Answer) string {
			switch choice := a.Texts[string(submission.FieldPreset)]; choice {
			case "":
				return s.t.choose()
			case askDNS:
				return s.lookAgain()
			}
			s.taken(a, submission.FieldPreset)
			return ""
		},
		flags: func(s *state) []string {
			if s.look().from.Domain == "" {
				return nil // the address may tell
			}
			return []string{"--preset or --host"}
		},
	}
}

// lookAgain leaves the choice of the provider to DNS.
func (s *state) lookAgain() string {
	s.say(submission.FieldPreset, "")
	delete(s.draft, string(submission.FieldPreset))
	if s.found != nil && s.decided() == nil {
		s.found = nil
		return s.t.askingAgain()
	}
	return ""
}

// dnsInWords tells why the provider has to be asked.
func (s *state) dnsInWords() []Block {
	f, domain := s.found, s.look().mailbox.Domain
	switch {
	case f == nil:
		return nil
	case s.decided() != nil:
		return s.evidence(s.look()) // and the person wants another
	case f.DNSFailed:
		return []Block{{Plain, s.t.dnsFailed()}}
	case f.DomainMissing && s.passed[slipKey]:
		return nil // that page has told it
	case f.DomainMissing:
		return []Block{{Plain, s.t.domainMissing(domain)}}
	case f.NoMail:
		return []Block{{Plain, s.t.noMail(domain)}}
	case f.ForwardOnly != "":
		return []Block{{Plain, s.t.forwardOnly(domain, f.ForwardOnly)}}
	case f.Filter != "":
		return []Block{{Plain, s.t.behindFilter(domain, f.Filter)}}
	}
	return []Block{{Plain, s.t.dnsDoesNotTell(domain)}}
}

func (s *state) variantOpen(p picture) bool {
	return p.known != nil && p.variant == "" && len(p.known.Variants) > 0
}

func variantStep() step {
	return step{
		key:    "variant",
		strict: true,
		needs:  func(s *state) bool { return s.variantOpen(s.look()) },
		page: func(s *state) Page {
			lib := s.look().known
			return Page{Title: or(lib.VariantQuestion, s.t.variantTitle(lib.Title)), Blocks: s.evidence(s.look()), Questions: []Question{s.question(submission.FieldVariant)}}
		},
		take: func(s *state, a Answer) string { s.taken(a, submission.FieldVariant); return "" },
		assume: func(s *state) bool {
			lib := s.look().known
			if s.given.Yes && lib.DefaultVariant != "" {
				s.values[submission.FieldVariant] = lib.DefaultVariant
			}
			return s.given.Yes && lib.DefaultVariant != ""
		},
		flags: func(*state) []string { return []string{"--variant"} },
	}
}

func hostStep() step {
	return step{
		key:    "host",
		strict: true,
		needs: func(s *state) bool {
			p := s.look()
			return p.asksHost() && p.host == ""
		},
		page: func(s *state) Page {
			p := s.look()
			title := s.t.hostTitle(p.mailbox.Domain)
			if ask := p.offer().AskHost; ask != "" {
				title = ask
			}
			return Page{Title: title, Questions: []Question{s.question(submission.FieldHost)}, Help: s.t.hostHelp()}
		},
		take: func(s *state, a Answer) string {
			host := a.Texts[string(submission.FieldHost)]
			if strings.TrimSpace(host) == "" || s.fault(submission.FieldHost, host) != "" {
				return s.t.notAHost()
			}
			s.taken(a, submission.FieldHost)
			s.passed["confirm"] = true // typed by a person
			return ""
		},
		flags: func(*state) []string { return []string{"--host"} },
	}
}

func regionStep() step {
	return step{
		key:    "region",
		strict: true,
		needs:  func(s *state) bool { return s.look().regionOpen() },
		page: func(s *state) Page {
			lib := s.look().known
			return Page{Title: or(lib.RegionQuestion, s.t.regionTitle(lib.Title)), Blocks: s.evidence(s.look()), Questions: []Question{s.question(submission.FieldRegion)}}
		},
		take: func(s *state, a Answer) string { s.taken(a, submission.FieldRegion); return "" },
		assume: func(s *state) bool {
			lib := s.look().known
			if s.given.Yes && lib.DefaultRegion != "" {
				s.values[submission.FieldRegion] = lib.DefaultRegion
			}
			return s.given.Yes && lib.DefaultRegion != ""
		},
		flags: func(*state) []string { return []string{"--region"} },
	}
}

// onlyByDNS: nothing but DNS, which anybody on the way can forge, says that the
// password should go to this server. A host of the provider's own pattern is
// not in question.
func (s *state) onlyByDNS(p picture) bool {
	c := p.candidate
	if s.given.Demo || c == nil || len(p.endpoints) == 0 || s.value(submission.FieldHost) != "" || !p.asksHost() {
		return false
	}
	before, after, ok := strings.Cut(p.offer().HostPattern, "{n}")
	host := p.endpoints[0].Host
	return !(ok && strings.HasPrefix(host, before) && strings.HasSuffix(host, after))
}

func confirmStep() step {
	const key = "confirm"
	return step{
		key:   key,
		needs: func(s *state) bool { return s.onlyByDNS(s.look()) },
		page: func(s *state) Page {
			p := s.look()
			return Page{
				Title:  s.t.confirmTitle(p.endpoints[0].Host),
				Blocks: append(s.evidence(p), Block{Plain, s.t.confirmWhy()}),
				Questions: []Question{{
					Key: key, Kind: YesNo, Label: s.t.confirmLabel(p.endpoints[0].Host), Value: s.draft[key],
				}},
				Actions: []Action{{Key: "provider", Label: s.t.otherProvider(), Letter: "p"}},
			}
		},
		take: func(s *state, a Answer) string {
			p := s.look()
			if a.Texts[key] == "yes" {
				return ""
			}
			s.old[submission.FieldHost] = p.endpoints[0].Host
			s.found.Candidates = slices.DeleteFunc(slices.Clone(s.found.Candidates), func(c Candidate) bool { return c.Preset == "" })
			for i := range s.found.Candidates {
				s.found.Candidates[i].Host = ""
			}
			if p.own {
				s.values[submission.FieldPreset] = OwnServer
			}
			return ""
		},
		act:   func(s *state, _ string) { s.wanted = "provider" },
		flags: func(*state) []string { return []string{"--host"} },
	}
}

// takesNoPasswords: the provider wants OAuth, now or soon.
func takesNoPasswords(p *preset.Preset) bool {
	return p.Password.Kind == preset.PasswordOAuth || p.Password.Kind == preset.PasswordAccount && p.OAuth != nil
}

func warningStep() step {
	return step{
		key: "warning",
		needs: func(s *state) bool {
			p := s.look()
			return p.preset != nil && takesNoPasswords(p.preset) && s.given.Password.IsZero()
		},
		page: func(s *state) Page {
			p := s.look().preset
			page := Page{
				Title: s.t.warningTitle(short(p.Title)),
				Next:  s.t.goOn(p.Password.Kind == preset.PasswordOAuth),
				Actions: []Action{
					{Key: "provider", Label: s.t.otherProvider(), Letter: "p"},
					{Key: "stop", Label: s.t.stop(), Letter: "q"},
				},
			}
			page.Blocks = paragraphs(p.Password.Required, p.Password.Refused, p.Password.Unavailable)
			page.Blocks = append(page.Blocks, guide(p.Password)...)
			return page
		},
		take: func(*state, Answer) string { return "" },
		act: func(s *state, key string) {
			if key == "stop" {
				s.stop()
				return
			}
			s.wanted = "provider"
		},
		assume: func(s *state) bool { return !s.canAsk },
	}
}

func paragraphs(texts ...string) []Block {
	var out []Block
	for _, t := range texts {
		if t != "" {
			out = append(out, Block{Plain, t})
		}
	}
	return out
}

// guide is how to make a password: the steps, and the page under the one that
// opens it.
func guide(p preset.Password) []Block {
	var out []Block
	told := p.URL == ""
	for _, step := range p.Steps {
		out = append(out, Block{Step, step})
		if !told && strings.Contains(step, strings.TrimPrefix(p.URL, "https://")) {
			out, told = append(out, Block{Link, p.URL}), true
		}
	}
	if !told {
		out = append(out, Block{Link, p.URL})
	}
	return out
}
