package diagnose

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Whatever fails at a provider, nobody is sent to a port that it does not have,
// nor back to the one that has just failed.
func TestFixesNameOnlyPortsThatAreServed(t *testing.T) {
	t.Parallel()
	advised := regexp.MustCompile(`\b(?:(ssl|starttls) with )?port (\d+)(?: with (ssl|starttls))?`)
	faults := []report.Fault{
		report.FaultTimeout, report.FaultUnreachable, report.FaultReset, report.FaultClosed, report.FaultNotTLS, report.FaultNotSMTP,
		report.FaultNoSTARTTLS, report.FaultInjection, report.FaultNoAuth, report.FaultRefused, report.FaultInsecure,
	}
	stages := []report.Stage{report.Connect, report.TLSStage, report.STARTTLS, report.Greeting, report.EHLO, report.Auth}
	for _, p := range builtIn(t) {
		p = resolved(p, "")
		served := func(port int) bool {
			return slices.ContainsFunc(p.Endpoints, func(e preset.Endpoint) bool { return e.Port == port })
		}
		for _, e := range p.Endpoints {
			for _, f := range faults {
				for _, s := range stages {
					at := submission.Endpoint{Host: e.Host, Port: e.Port, Security: e.Security}
					d := Explain(failedAt(at, s, fault(f, "192.0.2.1: it failed")), p)
					for _, fix := range d.Fixes {
						for _, m := range advised.FindAllStringSubmatch(fix.Text, -1) {
							if port, _ := strconv.Atoi(m[2]); !served(port) {
								t.Errorf("%s %d %s, %s at %s: %s", p.Name, e.Port, e.Security, f, s, fix.Text)
							}
						}
						if again := "ry " + inWords(at); strings.Contains(fix.Text, again) {
							t.Errorf("%s, %s at %s, once more: %s", p.Name, f, s, fix.Text)
						}
					}
				}
			}
		}
		for _, trouble := range []string{"cannot-send", "port-25", "tls_required", "not_smtp", "auth_not_offered", "server_silent"} {
			a := Ask(Question{Text: trouble, Preset: p})
			for _, fix := range a.Fixes {
				for _, m := range advised.FindAllStringSubmatch(fix.Text, -1) {
					if port, _ := strconv.Atoi(m[2]); !served(port) {
						t.Errorf("%s, %s: %s", p.Name, trouble, fix.Text)
					}
				}
			}
		}
	}
}

func TestFixesKnowWhatWasTriedBeside(t *testing.T) {
	t.Parallel()
	r := failedAt(ssl465, report.Greeting, fault(report.FaultTimeout, "no answer in time"))
	r.Alternatives = []report.Alternative{{Endpoint: starttls587, Stage: report.Greeting, Fault: report.FaultTimeout}}
	for _, fix := range Explain(r, nil).Fixes {
		if strings.Contains(fix.Text, "587") || strings.Contains(fix.Text, "{") {
			t.Errorf("it has failed as well: %s", fix.Text)
		}
	}
}

// Where programs have a password of their own, the web mail does not know it:
// trying it there would only mislead.
func TestWebmailIsNoTestOfAnAppPassword(t *testing.T) {
	t.Parallel()
	for _, p := range append(builtIn(t), nil) {
		a := Ask(Question{Text: "535 5.7.8 Error: authentication failed", Stage: report.Auth, Preset: p})
		sent := strings.Contains(allText(a.Diagnosis), "Sign in to the web mail with the same two")
		wanted := p == nil || p.Password.Kind == preset.PasswordAccount || p.Password.Kind == preset.PasswordMailbox
		if a.Cause == submission.BadCredentials && sent != wanted {
			t.Errorf("%v: sent to the web mail: %t", p, sent)
		}
	}
}

// With a preset the server is named, nothing is said that is another's, and
// nothing twice.
func TestCannotSendNamesTheServer(t *testing.T) {
	t.Parallel()
	for _, p := range builtIn(t) {
		p = resolved(p, "")
		text := allText(Ask(Question{Text: "cannot-send", Preset: p}).Diagnosis)
		if host := p.Endpoints[0].Host; !strings.Contains(host, "{") && !strings.Contains(text, " is "+host+": use ") || strings.Contains(text, "Compare the outgoing server") {
			t.Errorf("%s: %s", p.Name, text)
		}
		if text := allText(Ask(Question{Text: "limits", Preset: p}).Diagnosis); strings.Contains(text, "add --preset") {
			t.Errorf("%s: %s", p.Name, text)
		}
	}
}

// Where all ports have failed something is left to do all the same.
func TestThereIsAlwaysAFix(t *testing.T) {
	t.Parallel()
	for _, f := range []report.Fault{report.FaultTimeout, report.FaultNotSMTP, report.FaultNotTLS, report.FaultRefused, report.FaultNoSTARTTLS, report.FaultNoAuth, report.FaultClosed} {
		for _, s := range []report.Stage{report.Connect, report.TLSStage, report.STARTTLS, report.Greeting, report.Auth} {
			r := failedAt(starttls587, s, fault(f, "it failed"))
			r.Alternatives = []report.Alternative{{Endpoint: ssl465, Stage: s, Fault: f}}
			if d := Explain(r, nil); len(d.Fixes) == 0 {
				t.Errorf("%s at %s: %s without a fix", f, s, d.Cause)
			}
		}
	}
}
