// Package demo is a submission server inside the program, to try everything
// without an account: one account, a certificate authority of its own, an
// endpoint with implicit TLS and one with STARTTLS, both on loopback. Mails are
// kept in memory and go nowhere.
//
// It can play a provider, and it can refuse: Options name whom to greet like and
// what goes wrong. The words are in providers.toml, the troubles without words
// in faults.go.
//
// Start it, show Endpoints, CAPEM, Account, From and Notes, watch OnMessage,
// Close it.
package demo

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// The provider's names, under a domain that no public DNS has (RFC 6761 section 6.2).
const (
	Domain   = "demo.test"
	Host     = "smtp." + Domain // among others, in the certificate
	Username = "you@" + Domain
)

// Limits of the server.
const (
	maxRecipients  = 100
	maxConnections = 32              // each endpoint
	idleTimeout    = 5 * time.Minute // RFC 5321 section 4.5.3.2.7
	writeTimeout   = time.Minute
)

// Options are for those who need something else; the zero value is complete.
type Options struct {
	Address string           // loopback address to listen on, "" for 127.0.0.1
	As      string           // the provider to play, one of Providers; "" for none
	Fail    submission.Cause // what goes wrong, one of Causes(As); "" for nothing
	Hosts   []string         // more names for the certificate: where else the provider is
	Now     func() time.Time // clock, nil for time.Now
	Random  io.Reader        // what passwords are made of, nil for crypto/rand
}

// Server is a running demo.
type Server struct {
	endpoints []submission.Endpoint
	caPEM     []byte
	rules     *rules
	mailbox   mailbox
	now       func() time.Time

	stop      context.CancelFunc
	listeners []net.Listener
	held      []net.Conn // that keep ports closed or full
	serving   sync.WaitGroup
}

// Start listens on two free ports of a loopback address and serves until ctx
// ends or Close is called. Any other address is refused, and with an
// *UnknownError whatever cannot be played.
func Start(ctx context.Context, opts Options) (*Server, error) {
	address, err := opts.address()
	if err != nil {
		return nil, err
	}
	as, err := choose(opts.As, opts.Fail)
	if err != nil {
		return nil, err
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Random == nil {
		opts.Random = rand.Reader
	}
	s := &Server{now: opts.Now, rules: newRules(as, opts.Fail, opts.Random)}
	certificate, caPEM, err := certify(s.rules.fault.leaf, address, s.now(), append([]string{as.Host, Host}, opts.Hosts...)...)
	if err != nil {
		return nil, fmt.Errorf("make a certificate for the demo server: %w", err)
	}
	s.caPEM = caPEM
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("start the demo server: %w", err)
	}
	ctx, s.stop = context.WithCancel(ctx)
	if err := s.listen(ctx, address, s.rules.fault.tls(certificate)); err != nil {
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

// listen opens both endpoints, and tells of them as the fault has it.
func (s *Server) listen(ctx context.Context, address netip.Addr, config *tls.Config) error {
	fault := s.rules.fault
	for _, security := range fault.order() {
		port, err := s.open(ctx, address, security, config)
		if err != nil {
			return err
		}
		e := submission.Endpoint{Host: address.String(), Port: port, Security: fault.told(security)}
		s.endpoints = append(s.endpoints, e)
		if fault.clear && security == submission.STARTTLS {
			e.Security = submission.None
			s.endpoints = slices.Insert(s.endpoints, 0, e)
		}
	}
	return nil
}

// open occupies a port with what is to be found there.
func (s *Server) open(ctx context.Context, address netip.Addr, security submission.Security, config *tls.Config) (port int, err error) {
	fault := s.rules.fault
	if fault.closed {
		port, held, err := closedPort(ctx, address)
		s.held = append(s.held, held...)
		return port, err
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", netip.AddrPortFrom(address, 0).String())
	if err != nil {
		return 0, err
	}
	s.listeners = append(s.listeners, l)
	port = l.Addr().(*net.TCPAddr).Port
	if fault.blocked && security == submission.SSL {
		held, err := fill(ctx, l.(*net.TCPListener))
		s.held = append(s.held, held...)
		return port, err
	}
	s.serve(newGuard(ctx, l), security, config)
	return port, nil
}

// serve lets the library speak, or what stands in for it.
func (s *Server) serve(l net.Listener, security submission.Security, config *tls.Config) {
	implicit := security == submission.SSL
	if implicit {
		l = tls.NewListener(l, config)
	}
	part := s.rules.fault.play
	if s.rules.refusal.Stage == atGreeting {
		part = s.turnAway
	}
	if part != nil {
		s.serving.Go(func() { s.perform(l, part) })
		return
	}
	server := s.smtpServer(implicit)
	if !implicit && !s.rules.fault.noSTARTTLS {
		server.TLSConfig = config
	}
	// Serve ends with its listener; there is nothing to do about other errors.
	s.serving.Go(func() { _ = server.Serve(greeter{l, s.greeting, s.rules.fault.injects}) })
}

func (s *Server) smtpServer(implicit bool) *smtp.Server {
	as := s.rules.as
	server := smtp.NewServer(s.backend(implicit))
	server.AllowInsecureAuth = true // the session judges that, in the provider's words
	server.MaxMessageBytes = as.Size
	server.MaxRecipients = maxRecipients
	server.ReadTimeout = idleTimeout
	server.WriteTimeout = writeTimeout
	server.EnableSMTPUTF8 = true
	server.ErrorLog = log.New(io.Discard, "", 0)
	return server
}

// greeting is what follows 220.
func (s *Server) greeting() string {
	layout := s.rules.as.Date
	if layout == "" {
		layout = time.RFC1123Z
	}
	return strings.ReplaceAll(s.rules.as.Greeting, "{date}", s.now().Format(layout))
}

// Endpoints are where to submit mail: the preferred one first, which is the one
// that fails where not all of them do.
func (s *Server) Endpoints() []submission.Endpoint {
	return append([]submission.Endpoint(nil), s.endpoints...)
}

// Failing is the endpoint that alone shows the trouble; ok is false where all do.
func (s *Server) Failing() (e submission.Endpoint, ok bool) {
	return s.endpoints[0], s.rules.fault.onOne()
}

// CAPEM is the certificate of the authority to trust. Its key is forgotten
// already, so that trusting it for longer harms nobody.
func (s *Server) CAPEM() []byte { return append([]byte(nil), s.caPEM...) }

// Account is the only one there is. Where the trouble to show is its password,
// that is the wrong one, and Notes tell the right one.
func (s *Server) Account() (username string, password submission.Secret) {
	return s.rules.username, s.rules.shown
}

// From is the sender to write from. Where the trouble to show is the sender,
// that is somebody else, and Notes tell the account's own address.
func (s *Server) From() string {
	if s.rules.fail == submission.FromMismatch {
		return otherSender
	}
	return Username
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
	for _, conn := range s.held {
		conn.Close()
	}
	s.serving.Wait()
}
