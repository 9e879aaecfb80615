package smtptest

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

const host = "smtp.example.test"

func TestLeafAsClientsJudgeIt(t *testing.T) {
	t.Parallel()
	reason := func(want x509.InvalidReason) func(error) bool {
		return func(err error) bool {
			var invalid x509.CertificateInvalidError
			return errors.As(err, &invalid) && invalid.Reason == want
		}
	}
	untrusted := func(err error) bool {
		return errors.As(err, new(x509.UnknownAuthorityError))
	}
	wrongName := func(err error) bool {
		return errors.As(err, new(x509.HostnameError))
	}
	fine := func(err error) bool { return err == nil }
	named := Leaf{Names: []string{host, "127.0.0.1", "::1"}}
	selfSigned, forClients := named, named
	selfSigned.SelfSigned = true
	forClients.Usage = x509.ExtKeyUsageClientAuth
	tests := []struct {
		name string
		leaf Leaf
		dial string
		want func(error) bool
	}{
		{"name", named, host, fine},
		{"IPv4 address", named, "127.0.0.1", fine},
		{"IPv6 address", named, "::1", fine},
		{"wildcard", Leaf{Names: []string{"*.example.test"}}, host, fine},
		{"other name", named, "other.example.test", wrongName},
		{"CN only", Leaf{CommonName: host}, host, wrongName},
		{"expired", named.Expired(), host, reason(x509.Expired)},
		{"not yet valid", named.NotYetValid(), host, reason(x509.Expired)},
		{"wrong usage", forClients, host, reason(x509.IncompatibleUsage)},
		{"self-signed", selfSigned, host, untrusted},
	}
	ca := NewCA()
	for _, tt := range tests {
		judge := func(t *testing.T) {
			if err := verify(ca, ca.Issue(tt.leaf), tt.dial); !tt.want(err) {
				t.Errorf("verdict %v", err)
			}
		}
		t.Run(tt.name, judge)
		t.Run(tt.name+" by a bubble's clock", func(t *testing.T) { synctest.Test(t, judge) })
	}
	t.Run("other authority", func(t *testing.T) {
		if err := verify(NewCA(), ca.Issue(named), host); !untrusted(err) {
			t.Errorf("verdict %v", err)
		}
	})
}

func verify(ca *CA, cert tls.Certificate, name string) error {
	_, err := cert.Leaf.Verify(x509.VerifyOptions{Roots: ca.Pool(), DNSName: name})
	return err
}

func TestNotYetValidIsAheadOfNow(t *testing.T) {
	t.Parallel()
	if leaf := NewCA().Issue(Leaf{}.NotYetValid()).Leaf; !leaf.NotBefore.After(time.Now()) {
		t.Errorf("begins at %v", leaf.NotBefore)
	}
}

func TestPEMIsTheAuthority(t *testing.T) {
	t.Parallel()
	ca, pool := NewCA(), x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca.PEM()) || !pool.Equal(ca.Pool()) {
		t.Error("the PEM does not hold the authority alone")
	}
}
