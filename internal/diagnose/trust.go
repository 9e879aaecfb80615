package diagnose

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// --- certificates ---

func (t *trouble) certificate() verdict {
	if t.isIntercepted() {
		return t.intercepted("")
	}
	switch t.fault {
	case report.FaultCertNotYetValid:
		return t.notYetValid()
	case report.FaultCertExpired:
		return t.expired()
	case report.FaultCertName:
		return t.wrongName()
	}
	return t.untrusted()
}

func (t *trouble) leaf() (report.Certificate, bool) {
	if t.report == nil || t.report.TLS == nil || len(t.report.TLS.Chain) == 0 {
		return report.Certificate{}, false
	}
	return t.report.TLS.Chain[0], true
}

const dateLayout = "2 January 2006"

func (t *trouble) notYetValid() verdict {
	v := verdict{cause: submission.CertExpired,
		why: "By the clock of this computer, the certificate of {server} is not valid yet. Most often that clock is wrong."}
	if leaf, ok := t.leaf(); ok {
		v.why = "The certificate of {server} begins on " + leaf.NotBefore.UTC().Format(dateLayout) + ". By the clock of this computer that is still to come: most often the clock is wrong."
	}
	return v
}

func (t *trouble) expired() verdict {
	v := verdict{cause: submission.CertExpired}
	if leaf, ok := t.leaf(); ok {
		v.why = "The certificate of {server} ended on " + leaf.NotAfter.UTC().Format(dateLayout) + ". If that day is still to come, the clock of this computer is wrong."
	}
	return v
}

func (t *trouble) wrongName() verdict {
	v := verdict{cause: submission.CertNameMismatch}
	certified := t.certifiedNames()
	wanted := t.wantedName()
	if len(certified) == 0 {
		if t.report != nil || anyIn(parsePhrases([]string{"common name field", "not valid for any names"}), t.allWords()) {
			v.why = "The certificate names no server in the way that is valid today (it has no alternative names). So nobody can check that it is {server}."
		}
		return v
	}
	v.why = "The certificate that answers is for " + shortList(certified) + ", not for " + quoted(wanted) + "."
	if best := bestName(certified); best != "" {
		if _, err := netip.ParseAddr(wanted); err == nil {
			v.why = "The certificate is for the name " + best + ", but the server was addressed by the number " + wanted + "."
		}
		v.fixes = []Fix{{Text: "If your provider gave " + best + " as its server, use that name as the host."}}
	}
	if t.unrelated(certified, wanted) {
		v.also = []submission.Cause{submission.SMTPIntercepted}
		v.tell = "Try from another network: if the right certificate answers there, something on this one turns mail round."
	}
	return v
}

// bestName is the certificate's name that one would dial, safe to print.
func bestName(certified []string) string {
	best := ""
	for _, n := range certified {
		if _, err := netip.ParseAddr(n); err == nil || strings.Contains(n, "*") {
			continue
		}
		mail := strings.HasPrefix(n, "smtp") || strings.HasPrefix(n, "mail")
		if best == "" || mail && !strings.HasPrefix(best, "smtp") {
			best = n
		}
	}
	return quoted(best)
}

func shortList(list []string) string {
	const most = 3
	shown := list[:min(most, len(list))]
	s := quoted(strings.Join(shown, ", "))
	if len(list) > most {
		s += " and others"
	}
	return s
}

// unrelated: no certified name shares its last two labels with the wanted one.
func (t *trouble) unrelated(certified []string, wanted string) bool {
	if wanted == "" || len(certified) == 0 {
		return false
	}
	if _, err := netip.ParseAddr(wanted); err == nil {
		return false
	}
	return !slices.ContainsFunc(certified, func(n string) bool { return domainOf(n) == domainOf(wanted) })
}

func domainOf(name string) string {
	labels := strings.Split(strings.ToLower(strings.TrimSuffix(name, ".")), ".")
	return strings.Join(labels[max(0, len(labels)-2):], ".")
}

func (t *trouble) untrusted() verdict {
	v := verdict{cause: submission.CertUntrusted}
	leaf, ok := t.leaf()
	switch {
	case t.isBridge():
		host := submission.FieldNone
		v.field, v.enough = &host, true
		v.why = "The bridge signs its certificate itself, so no authority vouches for it. That is normal: tell smtpwiz to know this one certificate."
		v.fixes = []Fix{{Text: "Export the certificate in the bridge's settings, and give it with --ca-file."}}
		if ok {
			v.fixes = append(v.fixes, Fix{Text: "Or compare its fingerprint with the bridge's, and trust it (--tls-fingerprint sha256:" + quoted(leaf.SHA256) + ")."})
		}
		v.fixes = append(v.fixes, Fix{Text: "Do not switch the check off: the password would go to whoever answers."})
	case strings.Contains(t.error, "too short to protect"):
		v.why = "The certificate of {server} has a key so short that others can work it out. So nobody can tell it from an impostor's."
	case ok && leaf.Subject == leaf.Issuer:
		v.why = "{Server} signed its certificate itself. No authority vouches for it, so nobody can tell it from an impostor's."
	case ok && leaf.Issuer != "":
		v.why = "The certificate of {server} is signed by “" + quoted(leaf.Issuer) + "”, which this computer does not trust. So nobody can tell it from an impostor's."
	}
	return v
}

// --- somebody in between ---

// filters are makers of virus scanners and firewalls that open TLS and sign
// with an authority of their own.
var filters = []string{"avast", "avg ", "kaspersky", "eset ", "bitdefender", "norton", "fortinet", "fortigate", "sophos", "zscaler", "watchguard", "palo alto", "checkpoint", "check point", "sonicwall", "netskope", "drweb", "dr.web", "mcafee", "cisco umbrella"}

// isIntercepted: the certificate failed, and what answers is plainly not the
// provider's server. A certificate that verified settles the question, so that
// a strange greeting behind it means nothing.
func (t *trouble) isIntercepted() bool {
	if t.isBridge() || t.onLoopback() {
		return false
	}
	if leaf, ok := t.leaf(); ok && t.fault == report.FaultCertUntrusted {
		issuer := strings.ToLower(leaf.Issuer) + " "
		if slices.ContainsFunc(filters, func(f string) bool { return strings.Contains(issuer, f) }) {
			return true
		}
	}
	if t.report != nil && t.foreign(t.report.Greeting) {
		return true
	}
	ours, _ := t.serves(func(e submission.Endpoint) bool { return strings.EqualFold(e.Host, t.wantedName()) })
	return ours && t.unrelated(t.certifiedNames(), t.wantedName())
}

// foreign: the greeting is not as the preset's server greets.
func (t *trouble) foreign(greeting string) bool {
	if t.preset == nil || greeting == "" || t.preset.Match.Greeting == "" || t.preset.Match.GreetingFits(greeting) {
		return false
	}
	for _, v := range t.preset.Variants {
		m := t.preset.Match
		m.Greeting = v.Greeting
		if v.Greeting != "" && m.GreetingFits(greeting) {
			return false
		}
	}
	return true
}

func (t *trouble) intercepted(greeting string) verdict {
	v := verdict{cause: submission.SMTPIntercepted}
	if greeting == "" && t.report != nil && t.foreign(t.report.Greeting) {
		greeting = t.report.Greeting
	}
	leaf, ok := t.leaf()
	switch {
	case greeting != "":
		v.why = "Another server answers in place of {server}. It greets with “" + quoted(firstRunes(greeting, 80)) + "”, which is not how {provider} greets."
	case t.unrelated(t.certifiedNames(), t.wantedName()):
		v.why = "Another server answers in place of {server}: its certificate is for " + shortList(t.certifiedNames()) + "."
		v.also = []submission.Cause{submission.CertNameMismatch}
	case ok && t.fault == report.FaultCertUntrusted && leaf.Issuer != "":
		v.why = "“" + quoted(leaf.Issuer) + "” opens the encrypted connection to {server} on the way. That is a virus scanner or a firewall, and it can read the password."
	}
	return v
}

// quoted is a text of others inside one of ours: safe to print, and without the
// braces that would ask for a name to be filled in.
func quoted(s string) string {
	const most = 254 // as long as an address may be
	return strings.NewReplacer("{", "(", "}", ")").Replace(reply.Safe(firstRunes(s, most)))
}

func firstRunes(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// --- the names on a certificate ---

var (
	phpCertName = lazily("CN=[`'\"]?([^`'\"\\s]+)[`'\"]? did not match expected CN=[`'\"]?([^`'\"\\s]+)")
	jsCertName  = lazily(`Host: ([^\s,]+?)\.? is not (?:in the cert's altnames: |cert's CN: )(.+)`)
)

// namesInError are the names of a certificate, and the wanted one, as an error tells them.
func namesInError(text string) (certified []string, wanted string) {
	list := ""
	if _, rest, ok := strings.Cut(text, "certificate is valid for "); ok {
		list, rest, _ = strings.Cut(rest, ", not ")
		wanted, _, _ = strings.Cut(rest, " ")
		wanted = strings.Trim(wanted, "\"',.;:\n")
	} else if m := phpCertName.re().FindStringSubmatch(text); m != nil {
		list, wanted = m[1], m[2]
	} else if m := jsCertName.re().FindStringSubmatch(text); m != nil {
		wanted, list = m[1], m[2]
	}
	for n := range strings.SplitSeq(list, ",") {
		n = strings.TrimPrefix(strings.TrimSpace(n), "DNS:")
		if n, _, _ = strings.Cut(n, " "); n != "" && len(certified) < 20 {
			certified = append(certified, n)
		}
	}
	return certified, wanted
}

func (t *trouble) certifiedNames() []string {
	if leaf, ok := t.leaf(); ok {
		return leaf.Names
	}
	names, _ := namesInError(t.error)
	return names
}

func (t *trouble) wantedName() string {
	if t.report != nil {
		return t.endpoint.Host
	}
	if _, wanted := namesInError(t.error); wanted != "" {
		return wanted
	}
	return t.endpoint.Host
}
