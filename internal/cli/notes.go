package cli

import (
	"fmt"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/settings"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// noteworthy adds to a report what is worth knowing of it and decides nothing.
func noteworthy(rep *report.Report, s *settings.Settings, password submission.Secret) {
	notes := append([]string{}, s.Notes...)
	if s.Preset != nil {
		if shape := s.Preset.Password.Shape; shape != nil && shape.Grouped {
			if _, grouped := shape.Ungroup(password); grouped {
				notes = append(notes, fmt.Sprintf("the password holds the spaces between its groups, and was sent as it is; the %s has none", s.Preset.Password.Label))
			}
		}
		if verified := rep.TLS != nil && rep.TLS.Verified; verified && rep.Greeting != "" && !s.Preset.Match.GreetingFits(rep.Greeting) {
			notes = append(notes, fmt.Sprintf("the greeting is not the one that %s is known for; its certificate is in order: %s", s.Preset.Title, rep.Greeting))
		}
	}
	rep.Notes = append(notes, rep.Notes...)
}
