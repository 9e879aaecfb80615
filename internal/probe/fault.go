package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/sasl"
	"github.com/smtpwiz/smtpwiz/internal/smtp"
)

var (
	errStageTimeout = errors.New("no answer in time")
	errNoSTARTTLS   = errors.New("the server does not offer STARTTLS")
	errNoAuth       = errors.New("the server does not offer AUTH")
	errInsecure     = errors.New("the session is not protected, so the password stays here")
	errNoSMTPUTF8   = errors.New("an address is not ASCII before the @, and the server does not offer SMTPUTF8")
)

// HandshakeError is a handshake that failed, with what the peer sent first.
type HandshakeError struct {
	Head     string
	Err      error
	Upgraded bool // after STARTTLS
}

func (e *HandshakeError) Error() string { return e.Err.Error() }
func (e *HandshakeError) Unwrap() error { return e.Err }

// notTLS reports that the peer answered the ClientHello with something else.
func (e *HandshakeError) notTLS() bool {
	var record tls.RecordHeaderError
	return errors.As(e.Err, &record)
}

// orInterrupted tells a run that was cut short from a stage that took too long.
func orInterrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// faultOf sorts an error into what the diagnosis knows.
func faultOf(err error) report.Fault {
	for _, known := range []struct {
		err   error
		fault report.Fault
	}{
		{errNoSTARTTLS, report.FaultNoSTARTTLS},
		{errNoAuth, report.FaultNoAuth},
		{errInsecure, report.FaultInsecure},
		{errNoSMTPUTF8, report.FaultNoSMTPUTF8},
		{sasl.ErrServerSignature, report.FaultServerSignature},
		{smtp.ErrInjection, report.FaultInjection},
		{ErrPin, report.FaultPin},
		{ErrWeakKey, report.FaultCertUntrusted},
		{errMaxTime, report.FaultTimeout},
		{errStageTimeout, report.FaultTimeout},
	} {
		if errors.Is(err, known.err) {
			return known.fault
		}
	}
	for _, sort := range []func(error) report.Fault{
		saslFault, proxyFault, familyFault, dnsFault, certificateFault, tlsFault, replyFault, networkFault,
	} {
		if fault := sort(err); fault != report.FaultNone {
			return fault
		}
	}
	return report.FaultInternal
}

func saslFault(err error) report.Fault {
	var notOffered *sasl.NotOfferedError
	switch {
	case errors.As(err, &notOffered), errors.Is(err, sasl.ErrNoneUsable),
		errors.Is(err, sasl.ErrNoBinding), errors.Is(err, sasl.ErrUnknownMechanism), errors.Is(err, sasl.ErrCredentials):
		return report.FaultNoMechanism
	case errors.Is(err, smtp.ErrExchange):
		return report.FaultMalformed
	}
	return report.FaultNone
}

func proxyFault(err error) report.Fault {
	var p *ProxyError
	if !errors.As(err, &p) {
		return report.FaultNone
	}
	if p.Reached && strings.HasSuffix(p.Err.Error(), "connection refused") {
		return report.FaultRefused // by the server: the proxy passes it on (RFC 1928 section 6)
	}
	return report.FaultProxy
}

func familyFault(err error) report.Fault {
	var family *FamilyError
	if errors.As(err, &family) {
		return report.FaultFamily
	}
	return report.FaultNone
}

func dnsFault(err error) report.Fault {
	var dns *net.DNSError
	switch {
	case !errors.As(err, &dns):
		return report.FaultNone
	case dns.IsNotFound:
		return report.FaultNotFound
	}
	return report.FaultDNS
}

func certificateFault(err error) report.Fault {
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	var authority x509.UnknownAuthorityError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && notYetValid(invalid):
		return report.FaultCertNotYetValid
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return report.FaultCertExpired
	case errors.As(err, &name):
		return report.FaultCertName
	case errors.As(err, &invalid), errors.As(err, &authority), isSystemVerification(err):
		return report.FaultCertUntrusted
	}
	return report.FaultNone
}

func isSystemVerification(err error) bool {
	var roots x509.SystemRootsError
	var constraint x509.ConstraintViolationError
	var critical x509.UnhandledCriticalExtension
	return errors.As(err, &roots) || errors.As(err, &constraint) || errors.As(err, &critical)
}

func notYetValid(e x509.CertificateInvalidError) bool {
	return e.Cert != nil && strings.Contains(e.Detail, "is before")
}

func tlsFault(err error) report.Fault {
	var handshake *HandshakeError
	if errors.As(err, &handshake) && handshake.notTLS() {
		if handshake.Upgraded {
			return report.FaultInjection // it promised TLS and went on in clear
		}
		return report.FaultNotTLS
	}
	if fault := alertFault(err); fault != report.FaultNone {
		return fault
	}
	switch {
	case handshake == nil && strings.HasPrefix(plainNetError(err), "tls: "):
		return report.FaultTLS // a record that is none, or that cannot be deciphered
	case handshake == nil:
		return report.FaultNone
	}
	if strings.Contains(err.Error(), "unsupported protocol version") || strings.Contains(err.Error(), "unsupported versions") {
		return report.FaultTLSVersion
	}
	if fault := networkFault(err); fault != report.FaultNone {
		return fault
	}
	return report.FaultTLS
}

// alertFault judges an alert of the peer, which may come after the handshake.
func alertFault(err error) report.Fault {
	const handshakeFailure, protocolVersion, insufficientSecurity = 40, 70, 71
	var client *ClientCertError
	switch alert := alertOf(err); {
	case errors.As(err, &client):
		return report.FaultClientCert
	case alert == handshakeFailure, alert == protocolVersion, alert == insufficientSecurity:
		return report.FaultTLSVersion
	case alert != 0:
		return report.FaultTLS
	}
	return report.FaultNone
}

func replyFault(err error) report.Fault {
	var malformed *reply.MalformedError
	switch {
	case !errors.As(err, &malformed):
		return report.FaultNone
	case malformed.Foreign:
		return report.FaultNotSMTP
	}
	return report.FaultMalformed
}

// networkFault judges by the most telling of several addresses: one that
// refuses says more than one that is silent or has no route.
func networkFault(err error) report.Fault {
	var timeout net.Error
	switch {
	case isErrno(err, refused):
		return report.FaultRefused
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded),
		errors.As(err, &timeout) && timeout.Timeout(), isErrno(err, timedOut):
		return report.FaultTimeout
	case errors.Is(err, context.Canceled):
		return report.FaultInterrupted
	case isErrno(err, aborted):
		return report.FaultReset
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), errors.Is(err, io.ErrClosedPipe):
		return report.FaultClosed
	case isErrno(err, noRoute):
		return report.FaultUnreachable
	case isErrno(err, exhausted):
		return report.FaultExhausted
	}
	return report.FaultNone
}

func isErrno(err error, of func() []syscall.Errno) bool {
	return slices.ContainsFunc(of(), func(e syscall.Errno) bool { return errors.Is(err, e) })
}

// wordsOf says an error in the words of a person, with each address's own.
func wordsOf(err error) string {
	var dns *net.DNSError
	var malformed *reply.MalformedError
	var handshake *HandshakeError
	var proxied *ProxyError
	var client *ClientCertError
	switch { // %q would escape what is made safe to print already
	case errors.As(err, &proxied):
		return proxied.Error()
	case errors.As(err, &client):
		return client.Error()
	case errors.As(err, &dns):
		return dns.Name + ": " + dns.Err
	case errors.As(err, &malformed) && malformed.Line != "":
		return fmt.Sprintf("%s: \"%s\"", malformed.Reason, malformed.Line)
	case errors.As(err, &handshake) && handshake.notTLS():
		return fmt.Sprintf("the answer to TLS is not TLS: \"%s\"", firstLine(handshake.Head))
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var words []string
		for _, e := range joined.Unwrap() {
			words = append(words, wordsOf(e))
		}
		return strings.Join(words, "; ")
	}
	var address *AddressError
	if errors.As(err, &address) {
		return err.Error()
	}
	switch networkFault(err) {
	case report.FaultTimeout:
		if !errors.Is(err, errMaxTime) {
			return errStageTimeout.Error()
		}
	case report.FaultClosed:
		return "the server closed the connection"
	case report.FaultReset:
		return "the server reset the connection"
	case report.FaultInterrupted:
		return "interrupted"
	}
	return plainNetError(err)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return strings.TrimRight(line, "\r")
}
