package probe

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
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

	chain   []*x509.Certificate
	state   tls.ConnectionState
	verdict error
}

// ErrPin: the server showed another certificate than the pinned one.
var ErrPin = errors.New("the certificate is not the one whose fingerprint was given")

func (v *verifier) config() *tls.Config {
	c := &tls.Config{
		ServerName: v.host,
		MinVersion: tls.VersionTLS12,
		// Go's own check drops the chain when it fails; VerifyConnection does
		// the same check, keeps the chain, and ends the handshake likewise.
		InsecureSkipVerify: true,
		VerifyConnection:   v.verify,
	}
	if v.trust.Client != nil {
		// Whoever issued it: the server is to judge it, not the list of
		// authorities that it asks with.
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return v.trust.Client, nil }
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
			return ErrPin
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
	return err
}

// orVerdict prefers our own judgement to the handshake's error that it caused.
func (v *verifier) orVerdict(err error) error {
	if v.verdict != nil {
		return v.verdict
	}
	return err
}

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
