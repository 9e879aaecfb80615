//go:build interop

package interop

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"os"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/smtptest"
)

// certificates are files: a chain for each way in which a server's certificate
// can be right or wrong, as NAME.pem, and what a client needs.
type certificates struct {
	dir        string
	ca         string // the authority that the client is to trust
	clientCert string
	clientKey  string
	pins       map[string]string // NAME → the leaf's fingerprint as --tls-fingerprint takes it
}

func issueCertificates(t *testing.T, dir string) certificates {
	t.Helper()
	c := certificates{
		dir: dir, ca: dir + "/ca.pem", clientCert: dir + "/client.pem", clientKey: dir + "/client.key",
		pins: map[string]string{},
	}
	ca, stranger := smtptest.NewCA(), smtptest.NewCA()
	writeFile(t, c.ca, ca.PEM(), 0o644)

	right := smtptest.Leaf{Names: []string{mailHost}}
	selfSigned := right
	selfSigned.SelfSigned = true
	c.write(t, "good", ca.Issue(right))
	c.write(t, "expired", ca.Issue(right.Expired()))
	c.write(t, "future", ca.Issue(right.NotYetValid()))
	c.write(t, "selfsigned", ca.Issue(selfSigned))
	c.write(t, "stranger", stranger.Issue(right), stranger.PEM())
	// Certificates of old name their server in the subject only.
	c.write(t, "subject", ca.Issue(smtptest.Leaf{CommonName: mailHost}))

	client := ca.Issue(smtptest.Leaf{CommonName: "alice", Usage: x509.ExtKeyUsageClientAuth})
	writeFile(t, c.clientCert, certPEM(client), 0o644)
	writeFile(t, c.clientKey, keyPEM(t, client), 0o600)
	return c
}

// write makes the one file with key and chain that Postfix's smtpd_tls_chain_files wants.
func (c certificates) write(t *testing.T, name string, leaf tls.Certificate, issuers ...[]byte) {
	t.Helper()
	chain := append([][]byte{keyPEM(t, leaf), certPEM(leaf)}, issuers...)
	writeFile(t, c.dir+"/"+name+".pem", bytes.Join(chain, nil), 0o600)
	sum := sha256.Sum256(leaf.Certificate[0])
	c.pins[name] = "sha256:" + hex.EncodeToString(sum[:])
}

func certPEM(c tls.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})
}

func keyPEM(t *testing.T, c tls.Certificate) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func writeFile(t *testing.T, path string, content []byte, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, content, mode); err != nil {
		t.Fatal(err)
	}
}
