package diagnose

import (
	"slices"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// passwordWays are the mechanisms that a password is enough for; without --auth
// the program tries each of them that is offered.
var passwordWays = []string{"PLAIN", "LOGIN", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-1", "CRAM-MD5"}

// tokenWays want an OAuth token.
var tokenWays = []string{"XOAUTH2", "OAUTHBEARER", "XOAUTH"}

func usable(mechanism string) bool { return slices.Contains(passwordWays, strings.ToUpper(mechanism)) }
func byToken(mechanism string) bool {
	return slices.Contains(tokenWays, strings.ToUpper(mechanism))
}

// thoseThat keeps those of a list that fit.
func thoseThat(list []string, fits func(string) bool) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return !fits(s) })
}

func shortWords(list []string) string {
	return quoted(strings.Join(list[:min(8, len(list))], ", "))
}

// noAuth: no mechanism was tried at all.
func (t *trouble) noAuth() verdict {
	if t.fault == report.FaultNoAuth || t.report == nil {
		return t.authNotOffered()
	}
	offered, forced := t.report.Extensions.Mechanisms(), strings.ToUpper(t.report.Account.Mechanism)
	ways := thoseThat(offered, usable)
	switch {
	case len(offered) > 0 && len(thoseThat(offered, byToken)) == len(offered):
		return verdict{cause: submission.OAuthRequired}
	case len(ways) > 0 && forced != "":
		return t.forcedInVain(forced, ways)
	case len(ways) > 0:
		return verdict{cause: submission.AuthMechanismUnsupported, enough: true,
			why:   "The user name or the password cannot be sent: it has characters that this way of signing in cannot carry.",
			fixes: []Fix{{Text: "Type user name and password again, without control characters. A pasted text may have brought some."}}}
	case len(offered) > 0:
		return verdict{cause: submission.AuthMechanismUnsupported, enough: true,
			why: "{Server} offers only these ways to sign in: " + shortWords(offered) + ". None of them can be used here.",
			fixes: []Fix{{Text: "Check that this is your provider's outgoing server for mail programs, and not another of its servers."},
				{Text: "Ask whoever runs the server to allow PLAIN or LOGIN over an encrypted connection."}}}
	}
	return verdict{cause: submission.AuthMechanismUnsupported}
}

// forcedInVain: --auth asked for what cannot be had, and others can.
func (t *trouble) forcedInVain(forced string, ways []string) verdict {
	v := verdict{cause: submission.AuthMechanismUnsupported, enough: true}
	named := func(m string) bool { return strings.EqualFold(m, forced) }
	v.why = "{Server} does not offer " + quoted(forced) + ", the way of signing in that was asked for (--auth)."
	if slices.ContainsFunc(t.report.Extensions.Mechanisms(), named) {
		v.why = quoted(forced) + " cannot be used on this connection, and no other way of signing in was allowed (--auth)."
		ways = thoseThat(ways, func(m string) bool { return !named(m) })
	}
	v.fixes = []Fix{{Text: "Leave the way of signing in open (no --auth): then smtpwiz chooses by itself."}}
	if len(ways) > 0 {
		v.fixes = append(v.fixes, Fix{Text: "Or choose one that is offered: " + shortWords(ways) + "."})
	}
	return v
}

// mechanismRefused: the server's answer was to the mechanism, not to the password.
func (t *trouble) mechanismRefused(v verdict) verdict {
	if t.fault != report.FaultNone || v.enough {
		return v
	}
	offered, forced := t.report.Extensions.Mechanisms(), t.report.Account.Mechanism
	left := t.untried(thoseThat(offered, usable))
	switch {
	case len(offered) == 0:
		return v
	case len(left) > 0:
		v.enough = true
		v.why = "{Server} refuses " + quoted(t.lastTried()) + ", though it offers that way of signing in."
		v.fixes = append(v.fixes, Fix{Text: "Choose " + quoted(left[0]) + " as the way of signing in (--auth " + quoted(left[0]) + "). {Server} offers: " + shortWords(offered) + "."})
		if forced != "" {
			v.fixes = append(v.fixes, Fix{Text: "Or leave the way of signing in open (no --auth): then smtpwiz tries one after the other."})
		}
		return v
	}
	v.enough = true
	v.why = "{Server} offers these ways to sign in, and refuses each that takes a password: " + shortWords(offered) + ". So password and user name were not even looked at."
	if tokens := thoseThat(offered, byToken); len(tokens) > 0 {
		v.fixes = append(v.fixes, Fix{Text: "It may take OAuth only: choose " + quoted(tokens[0]) + " as the way of signing in (--auth " + quoted(tokens[0]) + "), with a token as the password."})
	} else {
		none := submission.FieldNone // no answer to --auth would help
		v.field = &none
	}
	v.fixes = append(v.fixes, Fix{Text: "Look in the settings of the account whether mail programs may send (SMTP access)."},
		Fix{Text: "Ask whoever runs the server, and quote its words: its settings contradict each other."})
	return v
}

// lastTried is the mechanism that the server's answer was to.
func (t *trouble) lastTried() string {
	if t.step != nil && t.step.Detail != "" {
		return strings.ToUpper(t.step.Detail)
	}
	if forced := t.report.Account.Mechanism; forced != "" {
		return strings.ToUpper(forced)
	}
	return "the one that was tried"
}

// untried are those of the ways that the server has not refused. Where its codes
// say that it refused the mechanism, and none was forced, all were tried (RFC
// 4954 section 6; 5.7.4 is Exchange's).
func (t *trouble) untried(ways []string) []string {
	refused := t.code == 504 || t.enhanced.Class == 5 && t.enhanced.Detail == 4 && (t.enhanced.Subject == 5 || t.enhanced.Subject == 7)
	if refused && t.report.Account.Mechanism == "" {
		return nil
	}
	return thoseThat(ways, func(m string) bool { return !strings.EqualFold(m, t.lastTried()) })
}

// authNotOffered: where TLS is still to come, that is the reason as a rule.
func (t *trouble) authNotOffered() verdict {
	v := verdict{cause: submission.AuthNotOffered}
	if t.report == nil {
		return v
	}
	port := submission.FieldPort
	switch {
	case t.endpoint.Security == submission.None && t.report.Extensions.Has("STARTTLS"):
		v.why = "{Server} offers no way to sign in before the connection is encrypted, and it does offer to encrypt (STARTTLS)."
		v.fixes = []Fix{{Text: "Use starttls with {port}."}}
	case t.endpoint.Port == submission.PortRelay:
		v.field = &port
		v.why = "{Server} offers no way to sign in on port 25. That port is for mail between servers."
	case t.endpoint.Security != submission.None:
		v.field, v.enough = &port, true
		v.why = "{Server} offers no way to sign in on {port}, though the connection is encrypted. It may be a server that only receives mail."
		v.fixes = []Fix{{Text: "Try {ports}."},
			{Text: "Check that this is your provider's outgoing server, not the one where its mail arrives."},
			{Text: "A relay of your own network may want no sign-in: then leave user name and password out."}}
	}
	return v
}

// relayDenied: who has signed in and hears it needs no other user name, but the
// right to send there.
func (t *trouble) relayDenied(v verdict) verdict {
	a := t.report.Account
	if !t.report.Reached(report.Auth) {
		username := submission.FieldUsername
		v.field = &username
		return v
	}
	if v.why == "" {
		v.why = "{Server} will not pass this mail on to {to}, though you are signed in. This account may not send there."
	}
	if v.enough {
		return v
	}
	v.enough = true
	if a.To.String() != a.From.String() {
		to := submission.FieldTo
		v.field = &to
		v.fixes = append(v.fixes, Fix{Text: "Check the spelling of the recipient's address."})
	}
	v.fixes = append(v.fixes, Fix{Text: "Look whether the plan of the account, or a switch in its settings, allows mail to other domains."},
		Fix{Text: "Check that this is your provider's outgoing server, not the one where its mail arrives."},
		Fix{Text: "Ask whoever runs the server, and quote its words."})
	return v
}

// --- the limits of time ---

// runLimit: the whole run was to end, whatever the server was about to say.
func (t *trouble) runLimit() bool { return strings.Contains(t.error, "time limit of the run") }

// outOfTime: so nothing is known of the server; the cause is only where it ended.
func (t *trouble) outOfTime() verdict {
	none := submission.FieldNone
	v := verdict{cause: submission.ServerSilent, field: &none, temporary: true, enough: true,
		why:   "The run had no more time (--max-time) and ended " + t.after() + ". Whether an answer would have come is not known.",
		fixes: []Fix{{Text: "Give the whole run longer with --max-time 2m, or leave that out."}}}
	switch t.stage {
	case report.Resolve:
		v.cause = submission.DNSFailure
	case report.Connect:
		v.cause = submission.PortBlocked
	case report.Data:
		v.fixes = append([]Fix{{Text: lookFirst}}, v.fixes...)
	}
	return v
}

// lookFirst keeps a mail from being sent twice.
const lookFirst = "Look whether the mail has arrived all the same before you send it again."
