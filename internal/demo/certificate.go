package demo

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"net"
	"net/netip"
	"slices"
	"time"
)

// validity is longer than any demo runs.
const validity = 30 * 24 * time.Hour

// leaf is which certificate a server shows.
type leaf int

const (
	goodLeaf leaf = iota
	expiredLeaf
	selfSignedLeaf
	foreignLeaf // for foreignHost only
)

const foreignHost = "mail.other.test"

// certify makes an authority and, signed by it, the server's certificate: for
// the hosts, localhost, the usual loopback addresses and the one given. The
// authority's key signs that one certificate and is dropped.
func certify(kind leaf, address netip.Addr, now time.Time, hosts ...string) (server tls.Certificate, caPEM []byte, err error) {
	ca := template("smtpwiz demo authority", now)
	ca.IsCA = true
	ca.BasicConstraintsValid = true
	ca.KeyUsage = x509.KeyUsageCertSign
	caKey, err := newKey()
	if err != nil {
		return server, nil, err
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	if err != nil {
		return server, nil, err
	}

	key, err := newKey()
	if err != nil {
		return server, nil, err
	}
	leaf := leafTemplate(kind, now, hosts, net.IPv4(127, 0, 0, 1), net.IPv6loopback, address.AsSlice())
	parent, signer := ca, caKey
	if kind == selfSignedLeaf {
		parent, signer = leaf, key
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, parent, key.Public(), signer)
	if err != nil {
		return server, nil, err
	}
	server = tls.Certificate{Certificate: [][]byte{leafDER}, PrivateKey: key}
	return server, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER}), nil
}

func leafTemplate(kind leaf, now time.Time, hosts []string, addresses ...net.IP) *x509.Certificate {
	t := template(hosts[0], now)
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, address := range addresses {
		if !slices.ContainsFunc(t.IPAddresses, address.Equal) {
			t.IPAddresses = append(t.IPAddresses, address)
		}
	}
	for _, host := range append(hosts, "localhost") {
		if net.ParseIP(host) == nil && !slices.Contains(t.DNSNames, host) {
			t.DNSNames = append(t.DNSNames, host)
		}
	}
	switch kind {
	case expiredLeaf:
		t.NotBefore, t.NotAfter = now.Add(-validity), now.Add(-24*time.Hour)
	case foreignLeaf:
		t.Subject.CommonName, t.DNSNames, t.IPAddresses = foreignHost, []string{foreignHost}, nil
	}
	return t
}

// template leaves the serial number to x509, which makes a random one.
func template(name string, now time.Time) *x509.Certificate {
	return &x509.Certificate{
		Subject:   pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), // clocks differ
		NotAfter:  now.Add(validity),
	}
}

func newKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }
