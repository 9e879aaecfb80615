package sasl

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

const marker = "pa55-Marker-9fQ"

func account() Credentials {
	return Credentials{Username: "you@example.com", Password: marker, Host: "mail.example.com", Port: 587}
}

// start is New and Start, which must not fail; the name must be the one asked for.
func start(t *testing.T, mechanism string, c Credentials, b *Binding) (client Client, initial []byte) {
	t.Helper()
	client, err := New(mechanism, c, b)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	name, initial, err := client.Start()
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	if name != mechanism {
		t.Errorf("Start names %q, want %q", name, mechanism)
	}
	return client, initial
}

// next is Next, which must answer with want: neither nil nor an error.
func next(t *testing.T, client Client, challenge, want string) {
	t.Helper()
	got, err := client.Next([]byte(challenge))
	if err != nil {
		t.Fatalf("Next(%q): %v", challenge, err)
	}
	if got == nil || string(got) != want {
		t.Errorf("Next(%q) = %q (nil: %t), want %q", challenge, got, got == nil, want)
	}
}

// leak is the first spelling of a secret that stands in a text, or "".
func leak(text, secret string) string {
	raw := []byte(secret)
	for _, spelling := range []string{
		secret, base64.RawStdEncoding.EncodeToString(raw), hex.EncodeToString(raw),
		strings.ToUpper(hex.EncodeToString(raw)), strings.Trim(fmt.Sprint(raw), "[]"),
		strings.Trim(fmt.Sprintf("%#v", raw), "[]byte{}"),
	} {
		if strings.Contains(text, spelling) {
			return spelling
		}
	}
	return ""
}

// tlsPair is both ends of a real handshake of the given version.
func tlsPair(t *testing.T, version uint16, key crypto.Signer) (client, server tls.ConnectionState) {
	t.Helper()
	config := &tls.Config{
		Certificates: []tls.Certificate{certificate(t, key)},
		MinVersion:   version, MaxVersion: version,
	}
	a, b := net.Pipe()
	s := tls.Server(b, config)
	c := tls.Client(a, &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version})
	done := make(chan error, 1)
	go func() { done <- s.Handshake() }()
	if err := c.Handshake(); err != nil {
		t.Fatalf("client's handshake: %v", err)
	}
	// In TLS 1.3 the server still writes its tickets: somebody must read them.
	go func() { _, _ = c.Read(make([]byte, 1)) }()
	if err := <-done; err != nil {
		t.Fatalf("server's handshake: %v", err)
	}
	client, server = c.ConnectionState(), s.ConnectionState()
	_, _ = a.Close(), b.Close()
	return client, server
}

func certificate(t *testing.T, key crypto.Signer) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail.example.com"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func ecdsaKey(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func ed25519Key(t *testing.T) crypto.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func binding(t *testing.T, state tls.ConnectionState) *Binding {
	t.Helper()
	b, err := NewBinding(state)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
