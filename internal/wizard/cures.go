package wizard

import (
	"slices"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// cure is a way out of a failure.
type cure struct {
	Action
	do func(*state)
}

// cures are the ways out of this failure, the likeliest first.
func (s *state) cures() []cure {
	d, p := s.diagnosis, s.look()
	var out []cure
	add := func(key, letter, label string, do func(*state)) {
		out = append(out, cure{Action{Key: key, Label: label, Letter: letter}, do})
	}
	// taking changes answers by itself, and can be taken back.
	taking := func(do func(*state)) func(*state) {
		return func(s *state) { s.remember("failed"); do(s) }
	}
	fields := fieldsOf(d.Field)
	switch {
	case s.certifiedName() != "":
		add("certificate", "n", s.t.useCertified(s.certifiedName()), func(s *state) { s.wanted = "certificate" })
	case s.canPin():
		add("trust", "k", s.t.showCertificate(), func(s *state) { s.wanted = "trust" })
	}
	if d.Cause == submission.BridgeNotRunning {
		add("bridge", "b", s.t.lookAgain(), func(s *state) { s.bridge = nil; s.drop(submission.FieldPort, submission.FieldSecurity); s.untry() })
	}
	// Where the network is at fault, no answer is: try again from another one.
	soon := d.Temporary || d.Cause == submission.PortBlocked
	delay := s.delay()
	switch {
	case delay > 0:
		add("wait", "i", s.t.waitAndTry(delay), taking(func(s *state) { s.wait(delay) }))
		add("again", "a", s.t.tryAgainNow(), (*state).untry)
	case soon:
		add("again", "a", s.t.tryAgain(), (*state).untry)
	}
	if e := s.otherEndpoint(p); !e.IsZero() && len(fields) != 1 { // no other port mends a wrong answer
		add("endpoint", "e", s.t.tryEndpoint(e.Port, e.Security), taking(func(s *state) { s.useEndpoint(e) }))
	}
	if d.Field == submission.FieldPassword {
		add("password", "p", s.t.pasteAgain(), (*state).reopenLogin)
	}
	if login := s.loginAddress(); d.Field == submission.FieldFrom && login != "" {
		add("login", "l", s.t.sendAsLogin(), taking(func(s *state) { s.freeze(); s.changeFrom(login) }))
	}
	if len(fields) > 0 {
		add("fix", "c", s.t.changeOne(d.Field), func(s *state) { s.change(d.Field, fields...) })
	}
	if d.Cause == submission.RelayDenied { // of this recipient; the server may know others
		add("recipient", "r", s.t.changeOne(submission.FieldTo), func(s *state) { s.change(submission.FieldTo, submission.FieldTo) })
	}
	if s.failedAtLogin() {
		if d.Field != submission.FieldPassword && judged(d.Cause) {
			add("password", "p", s.t.pasteAgain(), (*state).reopenLogin)
		}
		for _, o := range s.others(p)[:min(1, len(s.others(p)))] {
			add("other", "o", s.t.tryProvider(o.Preset.Title), taking(func(s *state) { s.useOther(o.Preset.Name, o.Region) }))
		}
		if d.Field != submission.FieldRegion && p.regionMatters() {
			add("region", "r", s.t.tryRegion(), func(s *state) { s.change(submission.FieldRegion, submission.FieldRegion) })
		}
	}
	if !soon && delay == 0 {
		add("again", "a", s.t.tryAgain(), (*state).untry)
	}
	if s.failedOnTheWay() || d.Cause == submission.IPBlocked {
		add("proxy", "x", s.t.viaProxy(), func(s *state) { s.change(submission.FieldProxy, submission.FieldProxy) })
	}
	if s.failedOnTheWay() || d.Temporary || d.Cause == submission.IPBlocked {
		add("untested", "u", s.t.saveUntested(s.failedOnTheWay() || d.Cause == submission.IPBlocked), func(s *state) { s.untested = true })
	}
	add("more", "m", s.t.changeMore(), func(s *state) { s.change(d.Field, everyField...) })
	if len(s.report.Transcript) > 0 {
		add("transcript", "t", s.t.seeTranscript(), func(s *state) { s.wanted = "transcript" })
	}
	if s.caseDone != s.report {
		add("case", "w", s.t.writeCase(), func(s *state) { s.caseOf = s.report })
	}
	add("stop", "q", s.t.stop(), (*state).stop)
	return out
}

// fieldsOf are the answers that belong to the one at fault. The password has a
// page of its own.
func fieldsOf(f submission.Field) []submission.Field {
	switch f {
	case submission.FieldNone, submission.FieldPassword:
		return nil
	case submission.FieldHost, submission.FieldPort, submission.FieldSecurity:
		return []submission.Field{submission.FieldHost, submission.FieldPort, submission.FieldSecurity}
	}
	return []submission.Field{f}
}

// judged: the server has looked at the password. It has not where it wants
// another mechanism, or TLS first.
func judged(c submission.Cause) bool {
	return c != submission.AuthMechanismUnsupported && c != submission.TLSRequired
}

func (s *state) failedAtLogin() bool {
	failed := s.report.Failed()
	return failed != nil && failed.Stage == report.Auth && failed.Reply != nil
}

// failedOnTheWay: before the server could say anything about the account.
func (s *state) failedOnTheWay() bool {
	failed := s.report.Failed()
	return failed != nil && failed.Stage != report.Data && !s.report.Reached(report.EHLO) || s.diagnosis.Cause == submission.SMTPIntercepted
}

// loginAddress is the address that is logged in with, where the sender is another.
func (s *state) loginAddress() string {
	p := s.look()
	a, err := submission.ParseAddress(s.username(p))
	if err != nil || a == p.from {
		return ""
	}
	return a.String()
}

func (s *state) reopenLogin() { s.reopen("login") }

// sameOnAnyPort: a server's name or certificate is the same behind each of its ports.
func sameOnAnyPort(c submission.Cause) bool {
	switch c {
	case submission.DNSFailure, submission.CertNameMismatch, submission.CertExpired, submission.CertUntrusted:
		return true
	}
	return false
}

// otherEndpoint is one that may do better: one that answered, else one of the
// server's that was not tried.
func (s *state) otherEndpoint(p picture) submission.Endpoint {
	turned := s.otherSecurity()
	if s.failedAtLogin() || s.report.Reached(report.Auth) {
		return turned
	}
	tried := []submission.Endpoint{s.report.Endpoint}
	for _, a := range s.report.Alternatives {
		if a.Reachable && a.Endpoint != s.report.Endpoint {
			return a.Endpoint
		}
		tried = append(tried, a.Endpoint)
	}
	if !turned.IsZero() && !slices.Contains(tried, turned) {
		return turned
	}
	if sameOnAnyPort(s.diagnosis.Cause) {
		return submission.Endpoint{}
	}
	other := *s
	other.values = map[submission.Field]string{}
	for f, v := range s.values {
		if f != submission.FieldPort && f != submission.FieldSecurity {
			other.values[f] = v
		}
	}
	for _, e := range other.look().endpoints {
		if !slices.Contains(tried, e) {
			return e
		}
	}
	return submission.Endpoint{}
}

// otherSecurity is the same port the other way round, where that is the
// trouble; zero where it is not.
func (s *state) otherSecurity() submission.Endpoint {
	if s.diagnosis.Field != submission.FieldSecurity {
		return submission.Endpoint{}
	}
	e := s.report.Endpoint
	if e.Security == submission.STARTTLS {
		e.Security = submission.SSL
	} else {
		e.Security = submission.STARTTLS
	}
	return e
}

func (s *state) useEndpoint(e submission.Endpoint) {
	s.say(submission.FieldPort, portText(e.Port))
	s.say(submission.FieldSecurity, string(e.Security))
	s.untry()
}

// useOther takes a preset of the same provider, with the same password: the
// key that led here is the consent to send it once more.
func (s *state) useOther(name, region string) {
	s.say(submission.FieldPreset, name)
	if s.look().regionOpen() {
		s.say(submission.FieldRegion, region)
	}
	s.passed["warning"], s.passed["login"] = true, true
	s.untry()
}

// certifiedName is the host name to use where the certificate is for another
// one, "" where that is not the trouble or it names none.
func (s *state) certifiedName() string {
	if s.diagnosis.Cause != submission.CertNameMismatch || s.report.TLS == nil || len(s.report.TLS.Chain) == 0 {
		return ""
	}
	names := s.certifiedNames()
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

func (s *state) certifiedNames() []string {
	const most = 8
	var out []string
	for _, n := range s.report.TLS.Chain[0].Names {
		host, err := submission.ParseHost(n) // no wildcard passes
		if err == nil && host != s.report.Endpoint.Host && isName(host) && !slices.Contains(out, host) && len(out) < most {
			out = append(out, host)
		}
	}
	return out
}

// canPin: an untrusted certificate on this machine, the only place where one
// may be believed without an authority.
func (s *state) canPin() bool {
	if s.diagnosis.Cause != submission.CertUntrusted || s.report.TLS == nil || len(s.report.TLS.Chain) == 0 {
		return false
	}
	return submission.IsLoopbackHost(s.report.Endpoint.Host) && s.value(submission.FieldProxy) == ""
}
