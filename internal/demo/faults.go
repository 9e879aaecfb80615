package demo

import (
	"crypto/tls"
	"slices"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// fault is a trouble that lies in how a server behaves, not in its words.
type fault struct {
	cause submission.Cause
	note  string // what it is, for people; {ssl} and {starttls} are the ports

	// The network.
	closed  bool // nothing listens on the ports
	blocked bool // the port with implicit TLS does not answer
	mistold bool // the one with STARTTLS is told as with implicit TLS

	// TLS.
	leaf       leaf // the certificate shown
	oldTLS     bool // only versions that nobody may use any more (RFC 8996)
	noSTARTTLS bool
	injects    bool // a line in clear behind the reply to STARTTLS (RFC 3207 section 6)
	clear      bool // an endpoint is told without TLS, where AUTH is offered and refused

	// The session.
	noAuth bool
	hangUp bool // at MAIL
	play   play // in place of a session
}

// faults are the causes that need no words.
var faults = []fault{
	{cause: submission.ConnectionRefused, closed: true,
		note: "Nothing listens on these ports."},
	{cause: submission.BridgeNotRunning, closed: true,
		note: "Nothing listens on these ports, as when the bridge does not run."},
	{cause: submission.PortBlocked, blocked: true,
		note: "Port {ssl} does not answer, as behind a firewall. Port {starttls} works."},
	{cause: submission.WrongPortOrSecurity, mistold: true,
		note: "Port {ssl} is told as one with TLS from the first byte (ssl). It works with STARTTLS."},
	{cause: submission.CertExpired, leaf: expiredLeaf,
		note: "The certificate ended yesterday."},
	{cause: submission.CertUntrusted, leaf: selfSignedLeaf,
		note: "The server has signed its certificate itself."},
	{cause: submission.CertNameMismatch, leaf: foreignLeaf,
		note: "The certificate is for " + foreignHost + " only."},
	{cause: submission.TLSVersion, oldTLS: true,
		note: "The server speaks no TLS newer than 1.1."},
	{cause: submission.STARTTLSNotOffered, noSTARTTLS: true,
		note: "Port {starttls} does not offer STARTTLS. Port {ssl} works."},
	{cause: submission.STARTTLSInjection, injects: true,
		note: "Port {starttls} says more than it should before the encryption begins. Port {ssl} works."},
	{cause: submission.TLSRequired, clear: true,
		note: "Port {starttls} refuses everything that comes without STARTTLS, and works with it. Port {ssl} works."},
	{cause: submission.AuthNotOffered, noAuth: true,
		note: "The server does not offer AUTH."},
	{cause: submission.ServerSilent, play: silence,
		note: "The server takes connections and never says a word."},
	{cause: submission.NotSMTP, play: imap,
		note: "What answers is a server for reading mail (IMAP)."},
	{cause: submission.ConnectionLost, hangUp: true,
		note: "The connection ends at MAIL, without a reply."},
}

func faultOf(c submission.Cause) (f fault, ok bool) {
	i := slices.IndexFunc(faults, func(f fault) bool { return f.cause == c })
	if i < 0 {
		return fault{}, false
	}
	return faults[i], true
}

// order is in which endpoints are opened and told: the one that fails first.
func (f fault) order() []submission.Security {
	switch {
	case f.mistold:
		return []submission.Security{submission.STARTTLS}
	case f.noSTARTTLS || f.injects:
		return []submission.Security{submission.STARTTLS, submission.SSL}
	}
	return []submission.Security{submission.SSL, submission.STARTTLS}
}

// onOne: the other endpoint works.
func (f fault) onOne() bool { return f.blocked || f.noSTARTTLS || f.injects || f.clear }

// told is what is said of an endpoint.
func (f fault) told(s submission.Security) submission.Security {
	if f.mistold {
		return submission.SSL
	}
	return s
}

func (f fault) tls(certificate tls.Certificate) *tls.Config {
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	if f.oldTLS {
		config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	}
	return config
}
