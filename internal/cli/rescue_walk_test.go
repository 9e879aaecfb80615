//go:build linux

package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/demo"
	"github.com/smtpwiz/smtpwiz/internal/ptytest"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// rescue is a walk through setup --demo=CAUSE: from the page that tells of the
// failure to an end that is proven, or to the honest one where nothing that
// the person could do heals it. The person does what the page and the demo's
// own notes say.
type rescue struct {
	as     string // the provider that is played, "" for the demo itself
	cause  submission.Cause
	args   []string
	steps  []step // behind the address
	status int    // 0: proven
}

// The demo's right passwords, which its notes tell. Chance is a counter here.
const (
	demoWord       = "amber-anchor-apple-arrow"
	demoGoogleWord = "bcdefghijklmnopq"
	demoZohoWord   = "bcdefghijklm"
)

const goodRecipient = "postmaster@" + demo.Domain // that the demo takes

// Steps that many rescues have.
func rightPassword(p string) step {
	return step{"login again", "leave it empty for the demonstration's own", "<paste>" + p + "</paste><enter>"}
}

func rightAnswer(page, answer string) step {
	return step{"change", page, "<ctrl+u>" + answer + "<enter>"}
}

// sooner does not wait for a time that real servers want.
var sooner = step{"wait", "It goes on by itself in", "<enter>"}

// refused is the way from the login to the page that tells of a failure, the
// keys typed there, and on.
func refused(title, keys string, then ...step) []step {
	return append([]step{{"login", "[ctrl+e] change", "<enter>"}, {"failed", title, keys}}, then...)
}

var rescues = []rescue{
	// The login.
	{cause: submission.BadCredentials, steps: refused("The login was refused", "<enter>", rightPassword(demoWord))},
	{cause: submission.AppPasswordRequired, steps: refused("The login was refused", "<enter>", rightPassword(demoWord))},
	{cause: submission.OAuthRequired, steps: refused("The login was refused", "<enter>", step{"change", "SASL mechanism:", "xoauth2<enter>"})},
	{cause: submission.AuthDisabledForAccount, steps: refused("The login was refused", "q"), status: 7},
	{cause: submission.AuthMechanismUnsupported, steps: refused("The login was refused", "q"), status: 7},
	{cause: submission.AuthNotOffered, steps: refused("No login", "q"), status: 7},
	{cause: submission.TLSRequired, steps: refused("The login was refused", "<enter>")},
	{cause: submission.WebLoginRequired, steps: refused("The login was refused", "q"), status: 7},
	{cause: submission.AccountSuspended, steps: refused("The login was refused", "q"), status: 7},

	// The envelope and the message.
	{cause: submission.FromMismatch, steps: refused("The sender was refused", "<enter>")},
	{cause: submission.SenderNotVerified, steps: refused("The test mail was refused", "q"), status: 10},
	{cause: submission.SenderDomainInvalid, steps: refused("The sender was refused", "q"), status: 8},
	{cause: submission.SenderDomainAuth, steps: refused("The test mail was refused", "q"), status: 10},
	{cause: submission.SenderRejected, steps: refused("The sender was refused", "q"), status: 8},
	{cause: submission.RelayDenied, steps: refused("The recipient was refused", "r", rightAnswer("Test mail to:", goodRecipient))},
	{cause: submission.RecipientRejected, steps: refused("The recipient was refused", "<enter>", rightAnswer("Test mail to:", goodRecipient))},
	{cause: submission.RecipientMailboxFull, steps: refused("The recipient was refused", "c", rightAnswer("Test mail to:", goodRecipient))},
	{cause: submission.RateLimited, steps: refused("The sender was refused", "u"), status: 8},
	{cause: submission.QuotaExceeded, steps: refused("The test mail was refused", "u"), status: 10},
	{cause: submission.Greylisted, steps: refused("The recipient was refused", "<enter>", sooner)},
	{cause: submission.IPBlocked, steps: refused("The recipient was refused", "u"), status: 9},
	{cause: submission.MessageTooLarge, steps: refused("The test mail was refused", "q"), status: 10},
	{cause: submission.ContentRejectedSpam, steps: refused("The test mail was refused", "q"), status: 10},
	{cause: submission.ContentRejectedVirus, steps: refused("The test mail was refused", "q"), status: 10},

	// The way to the server.
	{cause: submission.HELORejected, steps: refused("No mail session", "<enter>", rightAnswer("EHLO", "client.demo.test"))},
	{cause: submission.ConnectionRefused, steps: refused("No connection", "q"), status: 4},
	{cause: submission.PortBlocked, args: []string{"--timeout", "500ms"}, steps: refused("No connection", "e")},
	{cause: submission.ServerSilent, args: []string{"--timeout", "500ms"}, steps: refused("No mail session", "u"), status: 6},
	{cause: submission.ConnectionLost, steps: refused("The test mail did not get through", "u"), status: 8},
	{cause: submission.NotSMTP, steps: refused("No mail session", "q"), status: 6},
	{cause: submission.WrongPortOrSecurity, steps: refused("No protected connection", "<enter>")},
	{cause: submission.STARTTLSNotOffered, steps: refused("No protected connection", "<enter>")},
	{cause: submission.STARTTLSInjection, steps: refused("No protected connection", "<enter>")},
	{cause: submission.TLSVersion, steps: refused("No protected connection", "q"), status: 5},
	{cause: submission.CertUntrusted, steps: refused("No protected connection", "<enter>", step{"certificate", "Trust the certificate", "y"})},
	{cause: submission.CertExpired, steps: refused("No protected connection", "u"), status: 5},
	{cause: submission.CertNameMismatch, steps: refused("No protected connection", "<enter>", step{"certificate", "Is this the name of your server?", "<enter>"})},
	{cause: submission.ServerDownTemporary, steps: refused("No mail session", "u"), status: 6},

	// In the words of a provider, at its moment, with its advice.
	{as: "zoho", cause: submission.FromMismatch, steps: refused("The test mail was refused", "c", rightAnswer("Sender", demo.Username))},
	{as: "zoho", cause: submission.BadCredentials, status: 7, // the cures lead to nobody but the demo
		steps: refused("The login was refused", "o", step{"refused there", "try Zoho Mail (personal and free)", "q"})},
	{as: "zoho", cause: submission.AppPasswordRequired, steps: refused("The login was refused", "<enter>", rightPassword(demoZohoWord))},
	{as: "gmail", cause: submission.AppPasswordRequired, steps: refused("The login was refused", "<enter>", rightPassword(demoGoogleWord))},
	{as: "gmail", cause: submission.QuotaExceeded, steps: refused("The test mail was refused", "u"), status: 10},
	{as: "gandi", cause: submission.Greylisted, steps: refused("The recipient was refused", "<enter>", sooner)},
	{as: "microsoft365", cause: submission.AuthDisabledForAccount, status: 7,
		steps: append([]step{{"warning", "go on with a password", "<enter>"}}, refused("The login was refused", "q")...)},
	{as: "proton-bridge", cause: submission.BridgeNotRunning, steps: []step{{"not running", "Proton Mail Bridge is not running", "<ctrl+c>"}}, status: 130},
}

func TestRescues(t *testing.T) {
	t.Parallel()
	for _, r := range rescues {
		for _, s := range []ptytest.Size{ptytest.Usual, ptytest.Narrow} {
			t.Run(r.name()+" "+s.String(), func(t *testing.T) {
				t.Parallel()
				r.run(t, s)
			})
		}
	}
}

// Whatever the demo can refuse has its rescue.
func TestRescuesCoverTheDemo(t *testing.T) {
	t.Parallel()
	for _, as := range append(demo.Providers(), "") {
		for _, cause := range demo.Causes(as) {
			if !slices.ContainsFunc(rescues, func(r rescue) bool { return r.cause == cause }) {
				t.Errorf("no walk shows the rescue of %s", cause)
			}
		}
	}
}

func (r rescue) name() string { return strings.TrimPrefix(r.as+"-"+string(r.cause), "-") }

func (r rescue) run(t *testing.T, s ptytest.Size) {
	args := append([]string{"setup", "--demo=" + string(r.cause)}, r.args...)
	if r.as != "" {
		args = append(args, "--preset", r.as)
	}
	at := emptyHome(t)
	person := sit(t, s, program(t, at, world{Demo: true}, nil, args...))
	g := openGolden(t, "rescues/"+r.name()+"-"+s.String())
	person.See("Which address will send the mail?").Send("<enter><enter>")
	steps := r.steps
	if last := steps[len(steps)-1]; r.status == 0 || last.keys == "u" { // where an account would be saved
		steps = append(steps[:len(steps):len(steps)], step{"end", "Nothing of this demonstration is kept.", "<enter>"})
	}
	for _, st := range steps {
		person.See(st.sees)
		g.next(st.title+", then "+shownKeys(st.keys), person)
		person.Send(st.keys)
	}
	person.End(r.status)
	left := person.Left()
	g.text("left on the screen", left)
	g.close()
	if proven := strings.Contains(left, "Proven:"); proven != (r.status == 0) {
		t.Errorf("status %d, and what is left says proven=%v", r.status, proven)
	}
	if got := files(t, at); got != nil {
		t.Errorf("a demo wrote %v", got)
	}
}
