package probe

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/smtp"
)

// verifier judges the server's certificate in the one handshake there is, and
// keeps the chain whatever the verdict.
type verifier struct {
	host  string
	trust Trust
	roots func() (*x509.CertPool, error)
	now   time.Time

	asked   bool // the server wants a certificate of ours
	chain   []*x509.Certificate
	state   tls.ConnectionState
	verdict error
}

// ErrPin: the server showed another certificate than the pinned one.
var ErrPin = errors.New("the certificate is not the one whose fingerprint was given")

// ErrWeakKey: the server's key protects nothing.
var ErrWeakKey = errors.New("the key in the certificate is too short to protect anything")

// ClientCertError: the server wants a certificate of ours and got none, or
// refused the one it got.
type ClientCertError struct {
	Given bool
	Err   error // the server's alert
}

func (e *ClientCertError) Error() string {
	if e.Given {
		return "the server refused the client certificate of --client-cert: " + plainNetError(e.Err)
	}
	return "the server wants a client certificate, and none was given with --client-cert: " + plainNetError(e.Err)
}
func (e *ClientCertError) Unwrap() error { return e.Err }

func (v *verifier) config() *tls.Config {
	c := &tls.Config{
		ServerName: v.host,
		MinVersion: tls.VersionTLS12,
		// Go's own check drops the chain when it fails; VerifyConnection does
		// the same check, keeps the chain, and ends the handshake likewise.
		InsecureSkipVerify: true,
		VerifyConnection:   v.verify,
	}
	c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		v.asked = true
		if v.trust.Client == nil {
			return &tls.Certificate{}, nil // none: many servers ask and do not insist
		}
		// Whoever issued it: the server is to judge it, not the list of
		// authorities that it asks with.
		return v.trust.Client, nil
	}
	return c
}

func (v *verifier) verify(state tls.ConnectionState) error {
	v.chain, v.state = state.PeerCertificates, state
	v.verdict = v.judge()
	return v.verdict
}

func (v *verifier) judge() error {
	if v.trust.Fingerprint != "" {
		if fingerprint(v.chain[0]) != v.trust.Fingerprint {
			return fmt.Errorf("%w: it has sha256:%s", ErrPin, fingerprint(v.chain[0]))
		}
		return nil
	}
	roots, err := v.roots()
	if err != nil {
		return err
	}
	intermediates := x509.NewCertPool()
	for _, c := range v.chain[1:] {
		intermediates.AddCert(c)
	}
	_, err = v.chain[0].Verify(x509.VerifyOptions{
		DNSName: v.host, Roots: roots, Intermediates: intermediates, CurrentTime: v.now,
	})
	if bits := rsaBits(v.chain[0]); err == nil && bits != 0 && bits < leastRSA {
		return fmt.Errorf("%w: RSA with %d bits", ErrWeakKey, bits)
	}
	return err
}

// Keys of RSA below the first can be broken by anyone with time, and Go makes no
// use of them; below the second no public authority may certify them (Baseline
// Requirements section 6.1.5), and OpenSSL refuses them as Debian configures it.
const (
	leastRSA   = 1024
	trustedRSA = 2048
)

// rsaBits is the size of a certificate's key, 0 for one that is not of RSA.
func rsaBits(c *x509.Certificate) int {
	if key, ok := c.PublicKey.(*rsa.PublicKey); ok {
		return key.N.BitLen()
	}
	return 0
}

// orVerdict prefers our own judgement, or the server's on our certificate, to
// the handshake's error that it caused.
func (v *verifier) orVerdict(err error) error {
	if v.verdict != nil {
		return v.verdict
	}
	return v.orClientCert(err)
}

// orClientCert tells an alert about our certificate from others.
func (v *verifier) orClientCert(err error) error {
	var known *ClientCertError
	if !v.asked || errors.As(err, &known) || !judgesClientCert(err) {
		return err
	}
	return &ClientCertError{Given: v.trust.Client != nil, Err: err}
}

// judged is orClientCert also behind the handshake: in TLS 1.3 that is when a
// server judges our certificate (RFC 8446 section 4.4.2.4).
func (s *session) judged(err error) error {
	if s.verifier == nil {
		return err
	}
	return s.verifier.orClientCert(err)
}

// settle returns the steps that can be told now. A handshake in which the server
// asked for a certificate is held back until its next word: an alert in place of
// that is the handshake's failure, and the stage that met it did not begin.
func (s *session) settle(step report.Step) []report.Step {
	held := s.unsettled
	s.unsettled = nil
	switch {
	case held != nil && step.Fault == report.FaultClientCert:
		step.Stage, step.Duration = report.TLSStage, held.Duration+step.Duration
		return []report.Step{step}
	case held != nil:
		return []report.Step{*held, step}
	case step.Stage == report.TLSStage && step.Status == report.OK && s.verifier.asked:
		s.unsettled = &step
		return nil
	}
	return []report.Step{step}
}

// judgesClientCert reports an alert about a certificate of ours: there is no
// other that a server could mean (RFC 8446 section 6.2). TLS 1.2 has none for a
// missing one, so servers say handshake_failure (RFC 5246 section 7.4.6).
func judgesClientCert(err error) bool {
	const handshakeFailure, badCertificate, unknownCertificate, unknownCA, accessDenied, certificateRequired = 40, 42, 46, 48, 49, 116
	alert := alertOf(err)
	return alert >= badCertificate && alert <= unknownCertificate ||
		alert == unknownCA || alert == accessDenied || alert == certificateRequired || alert == handshakeFailure
}

// alertOf is the alert that the peer sent, 0 for none. Outside QUIC its type is
// not exported; its words are those of tls.AlertError.
func alertOf(err error) tls.AlertError {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" {
		return 0
	}
	for alert := tls.AlertError(1); alert < 128; alert++ {
		if op.Err.Error() == alert.Error() {
			return alert
		}
	}
	return otherAlert
}

const otherAlert tls.AlertError = 255

func (v *verifier) describe(state tls.ConnectionState, verified bool) *report.TLS {
	if state.Version == 0 {
		state = v.state
	}
	t := &report.TLS{
		Version:  tls.VersionName(state.Version),
		Cipher:   tls.CipherSuiteName(state.CipherSuite),
		Verified: verified,
	}
	const most = 10
	for _, c := range v.chain[:min(most, len(v.chain))] {
		t.Chain = append(t.Chain, describeCertificate(c))
	}
	return t
}

func describeCertificate(c *x509.Certificate) report.Certificate {
	names := append([]string(nil), c.DNSNames...)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	const most = 100
	if len(names) > most {
		names = names[:most]
	}
	return report.Certificate{
		Subject: c.Subject.String(), Issuer: c.Issuer.String(), Names: names,
		NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(), SHA256: fingerprint(c),
	}
}

// cleanChain makes the texts of a chain, which anyone may have written, safe to print.
func cleanChain(chain []report.Certificate, r *smtp.Redactor) []report.Certificate {
	clean := func(s string) string { return reply.Safe(r.Clean(s)) }
	for i := range chain {
		c := &chain[i]
		c.Subject, c.Issuer = clean(c.Subject), clean(c.Issuer)
		for j, name := range c.Names {
			c.Names[j] = clean(name)
		}
	}
	return chain
}

func fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(sum[:])
}
