package diagnose

import (
	"slices"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// withAccount corrects and adds to a verdict by the answers that were given.
func (t *trouble) withAccount(v verdict) verdict {
	a := t.report.Account
	switch v.cause {
	case submission.BadCredentials, submission.AppPasswordRequired:
		return t.credentials(t.inRegion(v))
	case submission.FromMismatch, submission.SenderRejected, submission.SenderDomainInvalid:
		if from := a.From.String(); near(from, a.Username) && strings.Contains(a.Username, "@") {
			v.fixes = append([]Fix{{Text: "Did you mean {user}? The sender is {from}."}}, v.fixes...)
		}
	case submission.AuthMissing:
		// Who has signed in and hears this was refused for the other reason.
		if !t.report.Reached(report.Auth) {
			return v
		}
		if len(v.also) > 0 {
			v.cause, v.also = v.also[0], nil
		} else if t.stage == report.Rcpt && !v.enough {
			v.cause, v.why = submission.RelayDenied, ""
		}
		if v.cause == submission.RelayDenied {
			return t.relayDenied(v)
		}
	case submission.RelayDenied:
		return t.relayDenied(v)
	case submission.AuthMechanismUnsupported:
		return t.mechanismRefused(v)
	}
	return v
}

// credentials looks at what was refused: a token, a user name that is no
// address, a password that does not look like the one that is wanted.
func (t *trouble) credentials(v verdict) verdict {
	a := t.report.Account
	username := submission.FieldUsername
	if t.step != nil && slices.Contains([]string{"XOAUTH2", "OAUTHBEARER"}, strings.ToUpper(t.step.Detail)) {
		return verdict{cause: submission.OAuthTokenInvalid}
	}
	if from := a.From.String(); near(from, a.Username) && strings.Contains(a.Username, "@") {
		v.fixes = append([]Fix{{Text: "Did you mean {from}? The user name is {user}."}}, v.fixes...)
	}
	p := t.preset
	if p == nil {
		if v.cause == submission.BadCredentials && !strings.Contains(a.Username, "@") && a.From.Domain != "" {
			v.fixes = append(v.fixes, Fix{Text: "The user name {user} is no full address. Try {from}."})
		}
		return v
	}
	if p.Account.Username == preset.UsernameAddress && a.Username != "" && !strings.Contains(a.Username, "@") {
		v.field = &username
		v.fixes = append([]Fix{{Text: "Give the full address as user name: {user} has no @."}}, v.fixes...)
	}
	return t.password(v)
}

// inRegion: the account lives in another data centre than the server that was
// asked, which says of all accounts but its own that the password is wrong.
func (t *trouble) inRegion(v verdict) verdict {
	if t.preset == nil || len(t.preset.Regions) < 2 {
		return v
	}
	address, err := submission.ParseAddress(t.report.Account.Username)
	if err != nil {
		address = t.report.Account.From
	}
	found, _ := t.finding(report.FoundExchangers)
	region, by := t.preset.RegionOf(address.ASCIIDomain(), strings.Fields(found.Detail))
	there, err := t.preset.Resolve(preset.Choice{Region: region})
	sameHost := func(e submission.Endpoint) bool { return strings.EqualFold(e.Host, t.endpoint.Host) }
	if region == "" || err != nil || len(there.Endpoints) == 0 || slices.ContainsFunc(there.Endpoints, sameHost) {
		return v
	}
	t.preset = there.Preset // whose pages are those of the account
	if again, ok := t.byPreset(); ok {
		v.fixes = again.fixes
	}
	field := submission.FieldRegion
	v.field = &field
	told := quoted(by) + " is in another data centre"
	if found.Detail != "" {
		told = "mail for " + quoted(address.ASCIIDomain()) + " arrives at " + quoted(by) + " (its MX record), in another data centre"
	}
	v.why = "{Server} does not know your account, so it refuses any password: " + told + "."
	v.fixes = append([]Fix{{Text: "Use the server " + quoted(there.Endpoints[0].Host) + " (--region " + quoted(region) + ")."}}, v.fixes...)
	return v
}

// password: an account password where only another kind works is the likelier
// reason than a slip of the fingers.
func (t *trouble) password(v verdict) verdict {
	secret, want := t.report.Account.Password, t.preset.Password
	if want.Shape == nil || secret.IsZero() || want.Shape.Fits(secret) {
		return v
	}
	if bare, _ := want.Shape.Ungroup(secret); want.Shape.Fits(bare) {
		return v
	}
	v.fixes = append([]Fix{{Text: "What you gave does not look like " + "the " + labelOf(t.preset) + ": it has another length, or other characters."}}, v.fixes...)
	if v.cause == submission.BadCredentials && want.Kind == preset.PasswordApp {
		v.cause, v.why = submission.AppPasswordRequired, ""
		v.also = []submission.Cause{submission.BadCredentials}
	}
	return v
}

// near: two different texts one or two slips apart, as a mistyped address is.
func near(a, b string) bool {
	const slips = 2
	a, b = strings.ToLower(a), strings.ToLower(b)
	if a == b || len(a) > 254 || len(b) > 254 || min(len(a), len(b)) < 6 {
		return false
	}
	return distance([]rune(a), []rune(b)) <= slips
}

// distance counts the insertions, deletions, replacements and swaps of
// neighbours between two texts.
func distance(a, b []rune) int {
	var before, last, row []int
	for j := range len(b) + 1 {
		last = append(last, j)
	}
	for i := 1; i <= len(a); i++ {
		row = make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
