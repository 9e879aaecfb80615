package prompt

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/smtpwiz/smtpwiz/internal/diagnose"
	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
	"github.com/smtpwiz/smtpwiz/internal/wizard"
	"github.com/smtpwiz/smtpwiz/presets"
)

// saves is a setup in which all is given and all goes well.
type saves struct {
	wizard.Prompter
	told []wizard.Block // in the end
}

func (s *saves) Busy(string)                 {}
func (s *saves) Tell(blocks ...wizard.Block) { s.told = blocks }
func (s *saves) Watch(ctx context.Context, _ string, run func(context.Context, func(report.Event))) (bool, error) {
	run(ctx, func(report.Event) {})
	return false, nil
}

func (s *saves) Probe(_ context.Context, a wizard.Attempt, _ func(report.Event)) (*report.Report, *diagnose.Diagnosis, error) {
	return &report.Report{
		Check: report.CheckSend, Endpoint: a.Account.Endpoints[0], Account: a.Account, Conclusive: true,
		Subject: fmt.Sprintf("smtpwiz self-test 4QQB6W: %s port %d", a.Account.Endpoints[0].Host, a.Account.Endpoints[0].Port),
		TLS:     &report.TLS{Version: "TLS 1.3", Verified: true},
		Steps:   []report.Step{{Stage: report.Quit, Status: report.OK}},
	}, nil, nil
}

func (s *saves) Find(context.Context, submission.Address) wizard.Found { return wizard.Found{} }

func (s *saves) Stores(context.Context) []wizard.StoreOffer {
	return []wizard.StoreOffer{{Store: wizard.StoreKeyring, Usable: true}}
}
func (s *saves) Names() []string         { return nil }
func (s *saves) CheckName(string) string { return "" }
func (s *saves) Kept(context.Context, string, submission.Secret) (submission.Secret, error) {
	return submission.Secret{}, nil
}
func (s *saves) Printed(context.Context, string) (submission.Secret, error) {
	return submission.Secret{}, nil
}
func (s *saves) Save(_ context.Context, p wizard.Proven) (wizard.Saved, error) {
	return wizard.Saved{Name: p.Name, Path: "/home/somebody/.config/smtpwiz/config.toml", Default: true}, nil
}

// TestSummaryFits: what is left on the screen at the end fits 80 by 24, above a
// shell's next line or two, at every provider.
func TestSummaryFits(t *testing.T) {
	t.Parallel()
	library := preset.New(presets.FS, "")
	all, err := library.All()
	if err != nil || len(all) < 30 {
		t.Fatalf("%d presets, %v", len(all), err)
	}
	for _, p := range all {
		s := &saves{}
		given := wizard.Given{
			Answers: map[submission.Field]string{
				submission.FieldFrom: "you@example.com", submission.FieldPreset: p.Name, submission.FieldUsername: "you@example.com",
				wizard.ProfileName: "example", wizard.SecretStore: wizard.StoreKeyring,
			},
			Password: submission.NewSecret(marker), Yes: true,
		}
		if p.DefaultRegion == "" && len(p.Regions) > 0 {
			given.Answers[submission.FieldRegion] = p.Regions[0].Name
		}
		if p.Kind == preset.Bridge {
			given.Answers[submission.FieldPort] = "1025"
		}
		out, err := wizard.New(wizard.Deps{
			Prompter: s, Prober: s, Finder: s, Keeper: s, Library: library, Now: func() time.Time { return time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC) },
			Card: func(p wizard.Proven) []string {
				return []string{"Outgoing (SMTP)   " + p.Account.Endpoints[0].String(), "Incoming (IMAP)   the same", "User name         you@example.com"}
			},
		}, given).Run(t.Context())
		if err != nil || out.Saved == nil {
			t.Errorf("%s: %v", p.Name, err)
			continue
		}
		lines := newLook(nil, utf8Terminal).summary(s.told, 79)
		if len(lines) > 22 {
			t.Errorf("%s: %d lines", p.Name, len(lines))
			for _, line := range lines {
				t.Log(ansi.Strip(line))
			}
		}
	}
}
