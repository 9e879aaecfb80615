package bridge

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/probe"
	"github.com/smtpwiz/smtpwiz/internal/smtptest"
)

const myUID, theirUID = 1000, 1001

// machine is what listens on 127.0.0.1: port → who.
type machine map[int]*smtptest.Server

func (m machine) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	at := netip.MustParseAddrPort(address)
	srv, ok := m[int(at.Port())]
	if network != "tcp" || at.Addr().String() != "127.0.0.1" {
		return nil, fmt.Errorf("dialled %s %s", network, address)
	}
	if !ok {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	return srv.DialContext(ctx, network, address)
}

// finder looks at a machine; proc may be nil. Nothing is installed.
func finder(m machine, proc fs.FS) *Finder {
	f := New("test")
	f.Prober = &probe.Prober{Dialer: m, Hostname: func() (string, error) { return "laptop", nil }}
	f.Proc, f.UID = proc, myUID
	f.LookPath = func(string) (string, error) { return "", fs.ErrNotExist }
	f.Exists = func(string) bool { return false }
	return f
}

// Who may listen, as scripts. Each session is one connection that the finder makes.
const (
	bridgeGreeting = "127.0.0.1 ESMTP Service Ready"
	upgrade        = `
		C: EHLO [127.0.0.1]
		S: 250-Hello [127.0.0.1]
		S: 250-STARTTLS
		S: 250 AUTH PLAIN LOGIN
		C: STARTTLS
		S: 220 Ready to start TLS
		tls refused`
	noUpgrade = `
		C: EHLO [127.0.0.1]
		S: 250-Hello [127.0.0.1]
		S: 250 AUTH PLAIN
		quit`
)

// upgrading greets in clear and offers STARTTLS.
func upgrading(t *testing.T, greeting string, cert tls.Certificate) *smtptest.Server {
	return serve(t, cert, "S: 220 "+greeting+upgrade)
}

// clearOnly greets in clear and has nothing else.
func clearOnly(t *testing.T, greeting string) *smtptest.Server {
	return serve(t, tls.Certificate{}, "S: 220 "+greeting+noUpgrade)
}

// implicit waits for TLS, and greets inside whoever trusts its certificate.
func implicit(t *testing.T, greeting string, cert tls.Certificate) *smtptest.Server {
	return serve(t, cert, "stall", "tls refused", "tls\nS: 220 "+greeting+noUpgrade)
}

func silent(t *testing.T) *smtptest.Server { return serve(t, tls.Certificate{}, "stall", "drain") }

func serve(t *testing.T, cert tls.Certificate, scripts ...string) *smtptest.Server {
	return smtptest.New(t, smtptest.Config{Scripts: scripts, TLS: &tls.Config{Certificates: []tls.Certificate{cert}}})
}

// bridgeName is the name that Bridge gives its certificate.
func bridgeName() pkix.Name {
	return pkix.Name{
		Country: []string{"CH"}, Organization: []string{"Proton AG"},
		OrganizationalUnit: []string{"Proton Mail"}, CommonName: "127.0.0.1",
	}
}

func formerName() pkix.Name {
	return pkix.Name{
		Country: []string{"CH"}, Organization: []string{"Proton Technologies AG"},
		OrganizationalUnit: []string{"ProtonMail"}, CommonName: "127.0.0.1",
	}
}

// signedBy makes a certificate for one name, signed as if by another; Bridge's
// own are signed by themselves.
func signedBy(t *testing.T, subject, issuer pkix.Name) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: subject, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now(), NotAfter: time.Now().AddDate(20, 0, 0),
		IsCA: true, BasicConstraintsValid: true,
	}
	parent := *template
	parent.Subject = issuer
	der, err := x509.CreateCertificate(rand.Reader, template, &parent, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func ownCertificate(t *testing.T) tls.Certificate { return signedBy(t, bridgeName(), bridgeName()) }

// proc is the file system of a machine that listens so.
func proc(rows ...string) fstest.MapFS {
	const header = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	return fstest.MapFS{
		"net/tcp":  {Data: []byte(header + strings.Join(rows, ""))},
		"net/tcp6": {Data: []byte(header)},
	}
}

// row is a line of such a table, as a machine of this byte order prints it.
func row(address string, port int, state string, uid uint32) string {
	var words strings.Builder
	for raw := netip.MustParseAddr(address).AsSlice(); len(raw) > 0; raw = raw[4:] {
		fmt.Fprintf(&words, "%08X", binary.NativeEndian.Uint32(raw))
	}
	return fmt.Sprintf("   0: %s:%04X 00000000:0000 %s 00000000:00000000 00:00000000 00000000 %5d        0 124 1 0000000062970581 100 0 0 10 0\n",
		words.String(), port, state, uid)
}

func listening(port int, uid uint32) string { return row("127.0.0.1", port, "0A", uid) }
