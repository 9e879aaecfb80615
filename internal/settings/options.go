package settings

import "github.com/smtpwiz/smtpwiz/internal/preset"

// Options reads the answers that say how to connect and how far to go, and
// leaves the account to be asked for. The error is a *UsageError.
func Options(given Answers, lib *preset.Library) (*Settings, error) {
	r := &resolver{given: given, lib: lib, out: &Settings{}}
	for _, step := range []func() error{r.limits, r.check, r.trust, r.route} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return r.out, nil
}
