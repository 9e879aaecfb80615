package smtptest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"time"
)

// CA is a certificate authority in memory. Making certificates cannot fail but
// by a mistake in the test, so it panics.
type CA struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// Leaf says what a server's certificate is like. The zero value names nothing
// and is valid, by the clock of the machine and that of a synctest bubble.
type Leaf struct {
	Names      []string         // DNS names and IP addresses
	CommonName string           // without Names: a certificate that only clients of old accept
	NotBefore  time.Time        // zero: long ago
	NotAfter   time.Time        // zero: far away
	SelfSigned bool             // signed by its own key
	Usage      x509.ExtKeyUsage // zero: server authentication
	RSA        int              // bits of a key of RSA; zero: P-256
}

// Expired returns the leaf with its time over.
func (l Leaf) Expired() Leaf {
	l.NotBefore, l.NotAfter = year(1990), year(1991)
	return l
}

// NotYetValid returns the leaf with its time not begun.
func (l Leaf) NotYetValid() Leaf {
	l.NotBefore, l.NotAfter = year(2090), year(2091)
	return l
}

// NewCA makes an authority that no system trusts.
func NewCA() *CA {
	template := &x509.Certificate{
		SerialNumber:          serial(),
		Subject:               pkix.Name{CommonName: "smtptest authority"},
		NotBefore:             year(1980),
		NotAfter:              year(2099),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	ca := &CA{key: newKey()}
	ca.cert = sign(template, template, ca.key, ca.key)
	return ca
}

// Pool holds the authority alone.
func (ca *CA) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	return pool
}

// PEM is the authority's certificate as it stands in a file.
func (ca *CA) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.cert.Raw})
}

// Issue makes a certificate with its key.
func (ca *CA) Issue(l Leaf) tls.Certificate {
	key := l.newKey()
	template := l.template()
	parent, signer := ca.cert, crypto.Signer(ca.key)
	if l.SelfSigned {
		parent, signer = template, key
	}
	cert := sign(template, parent, key, signer)
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}
}

// Server is the configuration of a TLS server with such a certificate.
func (ca *CA) Server(l Leaf) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{ca.Issue(l)}}
}

// Client is the configuration of a client that trusts the authority.
func (ca *CA) Client(name string) *tls.Config {
	return &tls.Config{RootCAs: ca.Pool(), ServerName: name}
}

func (l Leaf) template() *x509.Certificate {
	if l.NotBefore.IsZero() {
		l.NotBefore = year(1981)
	}
	if l.NotAfter.IsZero() {
		l.NotAfter = year(2098)
	}
	if l.Usage == x509.ExtKeyUsageAny {
		l.Usage = x509.ExtKeyUsageServerAuth
	}
	cert := &x509.Certificate{
		SerialNumber: serial(),
		Subject:      pkix.Name{CommonName: l.CommonName},
		NotBefore:    l.NotBefore,
		NotAfter:     l.NotAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{l.Usage},
	}
	for _, name := range l.Names {
		if ip := net.ParseIP(name); ip != nil {
			cert.IPAddresses = append(cert.IPAddresses, ip)
		} else {
			cert.DNSNames = append(cert.DNSNames, name)
		}
	}
	return cert
}

func sign(template, parent *x509.Certificate, key, signer crypto.Signer) *x509.Certificate {
	der := must(x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer))
	return must(x509.ParseCertificate(der))
}

func (l Leaf) newKey() crypto.Signer {
	if l.RSA != 0 {
		return must(rsa.GenerateKey(rand.Reader, l.RSA))
	}
	return newKey()
}

func newKey() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) }

func serial() *big.Int { return must(rand.Int(rand.Reader, big.NewInt(1<<62))) }

func year(y int) time.Time { return time.Date(y, time.January, 1, 0, 0, 0, 0, time.UTC) }

func must[T any](v T, err error) T {
	if err != nil {
		panic("smtptest: " + err.Error())
	}
	return v
}
