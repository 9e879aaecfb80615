// Package demo is a submission server inside the program, to try everything
// without an account: a made-up provider with one account, a certificate
// authority of its own, an endpoint with implicit TLS and one with STARTTLS,
// both on loopback. Mails are kept in memory and go nowhere.
//
// Start it, show Endpoints, CAPEM and Account, watch OnMessage, Close it.
package demo

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// The provider's names, under a domain that no public DNS has (RFC 6761 section 6.2).
const (
	Domain   = "demo.test"
	Host     = "smtp." + Domain // in the greeting and, among others, in the certificate
	Username = "you@" + Domain
)

// Limits of the server.
const (
	maxMessage     = 25 << 20 // what SIZE says
	maxRecipients  = 100
	maxConnections = 32              // each endpoint
	idleTimeout    = 5 * time.Minute // RFC 5321 section 4.5.3.2.7
	writeTimeout   = time.Minute
)

// Options are for those who need something else; the zero value is complete.
type Options struct {
	Address string           // loopback address to listen on, "" for 127.0.0.1
	Now     func() time.Time // clock, nil for time.Now
}

// Server is a running demo.
type Server struct {
	endpoints []submission.Endpoint
	caPEM     []byte
	rules     rules
	mailbox   mailbox
	now       func() time.Time

	stop      context.CancelFunc
	listeners []net.Listener
	serving   sync.WaitGroup
}

// Start listens on two free ports of a loopback address and serves until ctx
// ends or Close is called. Any other address is refused.
func Start(ctx context.Context, opts Options) (*Server, error) {
	address, err := opts.address()
	if err != nil {
		return nil, err
	}
	s := &Server{now: opts.Now}
	if s.now == nil {
		s.now = time.Now
	}
	s.rules = rules{username: Username, password: newPassword()}
	certificate, caPEM, err := certify(address, s.now())
	if err != nil {
		return nil, fmt.Errorf("make a certificate for the demo server: %w", err)
	}
	s.caPEM = caPEM
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("start the demo server: %w", err)
	}
	ctx, s.stop = context.WithCancel(ctx)
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	if err := s.listen(ctx, address, config); err != nil {
		s.Close()
		return nil, fmt.Errorf("start the demo server: %w", err)
	}
	context.AfterFunc(ctx, s.Close)
	return s, nil
}

func (o Options) address() (netip.Addr, error) {
	if o.Address == "" {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1}), nil
	}
	address, err := netip.ParseAddr(o.Address)
	if err != nil || !address.IsLoopback() {
		return netip.Addr{}, fmt.Errorf("the demo server listens on a loopback address only, not on %q", o.Address)
	}
	return address, nil
}

// listen opens both endpoints, the one with implicit TLS first.
func (s *Server) listen(ctx context.Context, address netip.Addr, config *tls.Config) error {
	server := s.smtpServer(config)
	for _, security := range []submission.Security{submission.SSL, submission.STARTTLS} {
		var lc net.ListenConfig
		l, err := lc.Listen(ctx, "tcp", netip.AddrPortFrom(address, 0).String())
		if err != nil {
			return err
		}
		s.listeners = append(s.listeners, l)
		s.endpoints = append(s.endpoints, submission.Endpoint{
			Host:     address.String(),
			Port:     l.Addr().(*net.TCPAddr).Port,
			Security: security,
		})
		l = newGuard(ctx, l)
		if security == submission.SSL {
			l = tls.NewListener(l, config)
		}
		// Serve ends with its listener; there is nothing to do about other errors.
		s.serving.Go(func() { _ = server.Serve(l) })
	}
	return nil
}

func (s *Server) smtpServer(config *tls.Config) *smtp.Server {
	server := smtp.NewServer(smtp.BackendFunc(s.newSession))
	server.Domain = Host
	server.TLSConfig = config
	server.MaxMessageBytes = maxMessage
	server.MaxRecipients = maxRecipients
	server.ReadTimeout = idleTimeout
	server.WriteTimeout = writeTimeout
	server.EnableSMTPUTF8 = true
	server.ErrorLog = log.New(io.Discard, "", 0)
	return server
}

// Endpoints are where to submit mail, implicit TLS first.
func (s *Server) Endpoints() []submission.Endpoint {
	return append([]submission.Endpoint(nil), s.endpoints...)
}

// CAPEM is the certificate of the authority to trust. Its key is forgotten
// already, so that trusting it for longer harms nobody.
func (s *Server) CAPEM() []byte { return append([]byte(nil), s.caPEM...) }

// Account is the only one there is. The user name is its address too.
func (s *Server) Account() (username string, password submission.Secret) {
	return s.rules.username, s.rules.password
}

// Messages returns the last mails that were accepted, the oldest first.
func (s *Server) Messages() []Message { return s.mailbox.messages() }

// OnMessage has f called for each mail, one at a time, before the client is
// told of its success. It replaces the function set before; nil is none.
func (s *Server) OnMessage(f func(Message)) { s.mailbox.watch(f) }

// Close ends the server and its sessions. It may be called again.
func (s *Server) Close() {
	s.stop()
	for _, l := range s.listeners {
		l.Close()
	}
	s.serving.Wait()
}
