package probe

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"io"
	"math/big"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/smtptest"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// What makes a certificate believed, each with a server whose certificate the
// ordinary way refuses.
func TestTrust(t *testing.T) {
	t.Parallel()
	ca, stranger := smtptest.NewCA(), smtptest.NewCA()
	pin := func(c *tls.Config) string {
		sum := sha256.Sum256(c.Certificates[0].Certificate[0])
		return hex.EncodeToString(sum[:])
	}
	literal := submission.Endpoint{Host: "192.0.2.10", Port: 465, Security: submission.SSL}
	ofHost := smtptest.Leaf{Names: []string{host}}
	worst := stranger.Server(smtptest.Leaf{Names: []string{"other.example.test"}, SelfSigned: true}.Expired())
	for _, c := range []struct {
		name     string
		endpoint submission.Endpoint
		server   *tls.Config
		change   func(*Plan)
		want     string
	}{
		{"the authority's file", implicit, stranger.Server(ofHost), func(p *Plan) {
			p.Trust.Roots = func() (*x509.CertPool, error) {
				pool := x509.NewCertPool()
				pool.AppendCertsFromPEM(stranger.PEM())
				return pool, nil
			}
		}, "0"},
		{"no authority of that file", implicit, stranger.Server(ofHost), nil, "5 tls cert_untrusted"},
		{"the pinned leaf, whatever else is wrong", implicit, worst, func(p *Plan) { p.Trust.Fingerprint = pin(worst) }, "0"},
		{"the same leaf without a pin", implicit, worst, nil, "5 tls cert_expired"},
		{"a pin that a valid chain does not fit", implicit, ca.Server(ofHost), func(p *Plan) { p.Trust.Fingerprint = pin(worst) }, "5 tls pin"},
		{"an address in the certificate", literal, ca.Server(smtptest.Leaf{Names: []string{"192.0.2.10"}}), nil, "0"},
		{"another address", literal, ca.Server(smtptest.Leaf{Names: []string{"192.0.2.11"}}), nil, "5 tls cert_name"},
		{"a wildcard", implicit, ca.Server(smtptest.Leaf{Names: []string{"*.example.test"}}), nil, "0"},
		{"a certificate for clients", implicit, ca.Server(smtptest.Leaf{Names: []string{host}, Usage: x509.ExtKeyUsageClientAuth}), nil, "5 tls cert_untrusted"},
		{"TLS 1.2", implicit, limited(ca.Server(ofHost), tls.VersionTLS12), nil, "0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				text := smtptest.Script(dialogue(submission.SSL), polite)
				if c.want != "0" {
					text = "tls refused"
				}
				rep := fault{endpoint: c.endpoint, script: text, tls: c.server, change: c.change}.report(t, ca)
				if got := outcome(rep); got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
				if rep.TLS == nil || rep.TLS.Verified != rep.OK() || len(rep.TLS.Chain) != 1 || rep.TLS.Chain[0].SHA256 != pin(c.server) ||
					rep.TLS.Version == "" || rep.TLS.Cipher == "" || rep.TLS.Chain[0].NotAfter.IsZero() {
					t.Errorf("TLS %+v", rep.TLS)
				}
			})
		})
	}
}

func limited(c *tls.Config, version uint16) *tls.Config {
	c.MaxVersion = version
	return c
}

// What comes after the handshake and cannot be deciphered, or is no record, is
// a fault of the encryption and not ours.
func TestGarbledTLS(t *testing.T) {
	t.Parallel()
	ca := smtptest.NewCA()
	config := ca.Server(smtptest.Leaf{Names: []string{host}})
	for record, says := range map[string]string{
		"\x17\x03\x03\x00\x20" + strings.Repeat("x", 32): "bad record MAC",
		"\x17\x03\x03\xff\xff":                           "oversized record",
		"HTTP/1.1 400 Bad Request":                       "record with version",
	} {
		garble := func(context.Context) (net.Conn, error) {
			client, server := net.Pipe()
			go func() {
				defer server.Close()
				if tls.Server(server, config).Handshake() == nil {
					_, _ = server.Write([]byte(record))
					_, _ = io.Copy(io.Discard, server)
				}
			}()
			return client, nil
		}
		t.Run(says, func(t *testing.T) { fault{name: says, site: garble, want: "6 greeting tls", says: says}.run(t, ca) })
	}
}

// SNI is the name of the endpoint, also where something else is dialled; an
// address is none (RFC 6066 section 3).
func TestSNI(t *testing.T) {
	t.Parallel()
	ca := smtptest.NewCA()
	for name, want := range map[string]string{host: host, "192.0.2.10": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				config := ca.Server(smtptest.Leaf{Names: []string{name}})
				seen := "never asked"
				config.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
					seen = h.ServerName
					return nil, nil
				}
				f := fault{
					endpoint: submission.Endpoint{Host: name, Port: 465, Security: submission.SSL}, tls: config,
					script: smtptest.Script(dialogue(submission.SSL)[:3], polite),
					change: func(p *Plan) {
						p.Check = report.CheckConnect
						p.Route.ConnectTo = []ConnectTo{{TargetHost: "192.0.2.10"}}
					},
				}
				if rep := f.report(t, ca); !rep.OK() || seen != want {
					t.Errorf("%s, SNI %q", outcome(rep), seen)
				}
			})
		})
	}
}

// The client's certificate is shown to a server that asks, whichever
// authorities it asks for, and EXTERNAL logs in with it.
func TestClientCertificate(t *testing.T) {
	t.Parallel()
	ca := smtptest.NewCA()
	mine := ca.Issue(smtptest.Leaf{CommonName: "you", SelfSigned: true, Usage: x509.ExtKeyUsageClientAuth})
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				config := limited(ca.Server(smtptest.Leaf{Names: []string{host}}), version)
				config.ClientAuth, config.ClientCAs = tls.RequireAnyClientCert, smtptest.NewCA().Pool()
				var shown [][]byte
				config.VerifyPeerCertificate = func(raw [][]byte, _ [][]*x509.Certificate) error {
					shown = raw
					return nil
				}
				f := fault{
					tls:    config,
					script: smtptest.Script([]smtptest.Beat{smtptest.Secured(), smtptest.Greeted(), smtptest.Hello("AUTH PLAIN EXTERNAL")}, "C: AUTH EXTERNAL eW91QGV4YW1wbGUudGVzdA==", "S: 235 2.7.0 welcome", polite),
					change: func(p *Plan) {
						p.Check, p.Account.Mechanism, p.Account.Password = report.CheckLogin, "EXTERNAL", submission.Secret{}
						p.Trust.Client = &mine
					},
				}
				if rep := f.report(t, ca); !rep.OK() {
					t.Error(outcome(rep))
				}
				if len(shown) == 0 || string(shown[0]) != string(mine.Certificate[0]) {
					t.Error("the certificate was not shown")
				}
			})
		})
	}
}

// Nothing but EHLO, STARTTLS and QUIT goes in clear once TLS was asked for.
func TestWhatGoesInClear(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ca := smtptest.NewCA()
		srv := smtptest.New(t, smtptest.Config{
			TLS: ca.Server(smtptest.Leaf{Names: []string{host}}), Scripts: []string{smtptest.Script(dialogue(submission.STARTTLS), polite)},
		})
		rep := runOn(t, context.Background(), proberOn(serve(srv)), plan(t, ca, upgraded), nil)
		srv.Wait(1)
		if !rep.OK() {
			t.Error(outcome(rep))
		}
		var clear []string
		for _, l := range srv.Received() {
			if !l.TLS {
				clear = append(clear, l.Text)
			}
		}
		if got := strings.Join(clear, ", "); got != "EHLO client.example.test, STARTTLS" {
			t.Errorf("in clear went %s", got)
		}
		secure := false
		for _, l := range rep.Transcript {
			if l.TLS != secure {
				t.Errorf("marked wrongly: %+v", l)
			}
			secure = secure || l.Text == "220 go on"
		}
	})
}

// Names in a certificate are anybody's text.
func TestHostileCertificate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ca := smtptest.NewCA()
		f := fault{script: "tls refused", tls: ca.Server(smtptest.Leaf{CommonName: "\x1b[2J\u202e " + marker})}
		rep := f.report(t, ca)
		if got := outcome(rep); got != "5 tls cert_name" {
			t.Errorf("got %s", got)
		}
		for _, text := range textsOf(rep) {
			if strings.ContainsAny(text, "\x1b\u202e") {
				t.Errorf("not safe: %q", text)
			}
		}
	})
}

// Of a chain as long as TLS allows, with as many names, a report holds the first.
func TestCertificatesAreBounded(t *testing.T) {
	t.Parallel()
	many := &x509.Certificate{DNSNames: slices.Repeat([]string{host}, 1000), IPAddresses: slices.Repeat([]net.IP{net.IPv4(192, 0, 2, 10)}, 1000)}
	v := &verifier{chain: slices.Repeat([]*x509.Certificate{many}, 1000)}
	names := 0
	for _, c := range v.describe(tls.ConnectionState{}, false).Chain {
		names += len(c.Names)
	}
	if names != 10*100 {
		t.Errorf("%d names are kept", names)
	}
}

// A key that can be worked out makes an impostor of anybody, whoever signed it.
func TestShortKeys(t *testing.T) {
	t.Parallel()
	authority, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	root := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true, NotAfter: time.Now().Add(time.Hour)}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: []string{host}, NotAfter: time.Now().Add(time.Hour)}
	for bits, want := range map[uint]error{512: ErrWeakKey, 1023: ErrWeakKey, 1024: nil, 2048: nil} {
		// Only its length counts: nobody has the key.
		key := &rsa.PublicKey{N: new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), bits), big.NewInt(1)), E: 65537}
		roots := x509.NewCertPool()
		v := &verifier{host: host, now: time.Now(), roots: func() (*x509.CertPool, error) { return roots, nil }}
		for i, template := range []*x509.Certificate{leaf, root} {
			public := any(key)
			if i == 1 {
				public = &authority.PublicKey
			}
			der, err := x509.CreateCertificate(rand.Reader, template, root, public, authority)
			if err != nil {
				t.Fatal(err)
			}
			c, err := x509.ParseCertificate(der)
			if err != nil {
				t.Fatal(err)
			}
			v.chain = append(v.chain, c)
		}
		roots.AddCert(v.chain[1])
		if err := v.judge(); !errors.Is(err, want) || want != nil && faultOf(err) != report.FaultCertUntrusted {
			t.Errorf("%d bits: %v", bits, err)
		}
	}
}
