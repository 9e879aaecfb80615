package wizard

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/diagnose"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

func failedStep() step {
	return step{
		key:     "failed",
		strict:  true,
		passing: true,
		needs:   func(s *state) bool { return s.report != nil && !s.report.OK() && !s.untested },
		page: func(s *state) Page {
			cures := s.cures()
			p := Page{Title: s.t.failedTitle(*s.report.Failed(), s.report.Endpoint.Host), Blocks: s.failureInWords(), Next: cures[0].Label}
			for _, c := range cures[1:] {
				p.Actions = append(p.Actions, c.Action)
			}
			return p
		},
		take: func(s *state, _ Answer) string { s.cures()[0].do(s); return "" },
		act: func(s *state, key string) {
			cures := s.cures()
			if i := slices.IndexFunc(cures, func(c cure) bool { return c.Key == key }); i >= 0 {
				cures[i].do(s)
			}
		},
		assume: func(s *state) bool {
			switch {
			case s.canAsk && s.asked:
				return false // somebody is there
			case s.given.SaveUntested:
				s.untested = true
			default:
				s.stop()
			}
			return true
		},
	}
}

// failureInWords: what happened and why, the server's words, what to do.
func (s *state) failureInWords() []Block {
	d := s.diagnosis
	out := []Block{{Strong, diagnose.Asked(d.Summary)}}
	if failed := s.report.Failed(); failed.Reply != nil {
		out = append(out, Block{Plain, s.t.serverSaid()}, Block{Quote, d.Evidence})
	} else if d.Evidence != "" {
		out = append(out, Block{Quote, d.Evidence})
	}
	for _, f := range d.Fixes {
		out = append(out, Block{Step, diagnose.Asked(f.Text)})
		if f.URL != "" {
			out = append(out, Block{Link, f.URL})
		}
	}
	for _, a := range s.report.Alternatives {
		if a.Endpoint != s.report.Endpoint && !s.report.Reached(report.EHLO) { // later, it was not the way
			out = append(out, Block{Plain, s.t.alsoTried(a.Port, a.Security, a.Reachable, a.Err)})
		}
	}
	if s.waiting() {
		out = append(out, Block{Plain, s.t.pausing(s.refusals, s.notBefore.Sub(s.now()))})
	}
	return out
}

// certificateNameStep offers the names that the certificate is for. What is
// chosen is checked like any other host: the certificate must prove it.
func certificateNameStep() step {
	return step{
		key:   "certificate",
		needs: never,
		page: func(s *state) Page {
			names := s.certifiedNames()
			p := Page{
				Title:  s.t.certifiedTitle(),
				Blocks: append([]Block{{Plain, s.t.certifiedWhy(s.report.Endpoint.Host)}}, s.certificate(s.report.TLS.Chain[0])...),
				Questions: []Question{{
					Key: string(submission.FieldHost), Kind: Choice, Label: s.t.certifiedLabel(), Value: names[0],
				}},
			}
			for _, n := range names {
				p.Questions[0].Options = append(p.Questions[0].Options, Option{n, n, ""})
			}
			return p
		},
		take: func(s *state, a Answer) string {
			host := a.Texts[string(submission.FieldHost)]
			if !slices.Contains(s.certifiedNames(), host) {
				return s.t.choose()
			}
			s.remember("certificate")
			s.rename(host)
			s.passed["confirm"] = true
			return ""
		},
	}
}

// rename takes another name for the same server, which keeps its port.
func (s *state) rename(host string) {
	port, security := s.value(submission.FieldPort), s.value(submission.FieldSecurity)
	s.say(submission.FieldHost, host)
	s.say(submission.FieldPort, port)
	s.say(submission.FieldSecurity, security)
	s.untry()
}

func trustStep() step {
	return step{
		key:   "trust",
		needs: never,
		page: func(s *state) Page {
			return s.pinPage(s.report.TLS.Chain[0], s.report.Endpoint)
		},
		take: func(s *state, a Answer) string { return s.pin(a, s.report.TLS.Chain[0]) },
	}
}

func transcriptStep() step {
	return step{
		key:   "transcript",
		needs: never,
		page: func(s *state) Page {
			p := Page{Title: s.t.transcriptTitle(), Blocks: []Block{{Plain, s.t.transcriptWhat()}}, Next: s.t.goBack()}
			for _, l := range s.report.Transcript {
				p.Blocks = append(p.Blocks, Block{Quote, s.t.transcriptLine(l.From == report.Server, l.TLS, l.Text)})
			}
			return p
		},
		take: func(*state, Answer) string { return "" },
	}
}

func portText(port int) string { return strconv.Itoa(port) }

// isName: a host name with a dot, no address.
func isName(host string) bool {
	_, err := netip.ParseAddr(host)
	return err != nil && strings.Contains(host, ".")
}
