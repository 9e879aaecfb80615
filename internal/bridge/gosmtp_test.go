package bridge

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// The server of Bridge is made with go-smtp, and so is this one, in both of
// Bridge's modes and as it sets it up (newSMTPServer and newListener in its
// internal/services/imapsmtpserver).
func TestFindGoSMTP(t *testing.T) {
	t.Parallel()
	cert := ownCertificate(t)
	config := &tls.Config{Certificates: []tls.Certificate{cert}, ClientAuth: tls.VerifyClientCertIfGiven}
	for security, wrap := range map[submission.Security]func(net.Listener) net.Listener{
		submission.STARTTLS: func(l net.Listener) net.Listener { return l },
		submission.SSL:      func(l net.Listener) net.Listener { return tls.NewListener(l, config) },
	} {
		t.Run(string(security), func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			port := l.Addr().(*net.TCPAddr).Port
			server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
				return session{}, nil
			}))
			server.Domain, server.TLSConfig, server.AllowInsecureAuth = "127.0.0.1", config, true
			server.ErrorLog = log.New(io.Discard, "", 0)
			go func() { _ = server.Serve(wrap(l)) }()
			t.Cleanup(func() { _ = server.Close() })

			f := New("test")
			f.Ports = []int{port}
			got := f.Find(t.Context())
			if got.Endpoint != at(port, security) || got.Certificate == nil || len(got.Occupants) > 0 {
				t.Errorf("found %+v", got)
			}
		})
	}
}

// session is one in which nothing is sent: anything but a farewell panics.
type session struct{ smtp.Session }

func (session) Reset()        {}
func (session) Logout() error { return nil }
