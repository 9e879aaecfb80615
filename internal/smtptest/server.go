package smtptest

import (
	"context"
	"crypto/tls"
	"net"
	"slices"
	"sync"
	"testing"
	"time"
)

// patience bounds the wait for sessions that ought to end by themselves. Only
// a failing test waits so long.
const patience = 5 * time.Second

// Config is what a Server plays.
type Config struct {
	// Scripts, in the words of the package's doc: one for every session, or several, each
	// for one session in the order of connecting and each to be played. With
	// none, no session may come.
	Scripts []string
	TLS     *tls.Config                         // for the step tls
	Answers map[string]func(line string) string // for the step answer: the client's line → what to reply
}

// Server plays scripts to clients. Whatever a client does against its script
// fails the test.
type Server struct {
	tb      testing.TB
	config  Config
	scripts [][]step
	ending  chan struct{} // closed when the test ends

	mu       sync.Mutex
	changed  *sync.Cond // over counts and late
	listener []net.Listener
	open     map[*session]bool // true: resting, which the end of the test may cut short
	begun    int
	early    bool // see MayEndEarly
	over     int
	received []Line
}

// New reads the scripts. In a synctest bubble it must be called inside.
func New(tb testing.TB, config Config) *Server {
	tb.Helper()
	s := &Server{tb: tb, config: config, ending: make(chan struct{}), open: map[*session]bool{}}
	s.changed = sync.NewCond(&s.mu)
	for i, text := range config.Scripts {
		steps, err := parseScript(text)
		if err != nil {
			tb.Fatalf("smtptest: script %d: %v", i, err)
		}
		s.scripts = append(s.scripts, steps)
	}
	tb.Cleanup(s.end)
	return s
}

// Listen opens a port on 127.0.0.1 until the test ends. It may be called again
// for another port.
func (s *Server) Listen() *net.TCPAddr {
	s.tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.tb.Fatalf("smtptest: %v", err)
	}
	s.mu.Lock()
	s.listener = append(s.listener, l)
	s.mu.Unlock()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.start(conn)
		}
	}()
	return l.Addr().(*net.TCPAddr)
}

// Dial begins a session over net.Pipe and returns the client's end.
func (s *Server) Dial() net.Conn {
	client, server := net.Pipe()
	s.start(server)
	return client
}

// DialContext is Dial for those who ask for a dialer; it connects whatever the address.
func (s *Server) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.Dial(), nil
}

// Received returns the lines of all sessions so far, in the order they came.
// What a client sent last, without waiting for a reply, is there after Wait.
func (s *Server) Received() []Line {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.received)
}

// Wait returns when n sessions are over; it fails the test if they go on.
func (s *Server) Wait(n int) {
	s.tb.Helper()
	if !s.wait(func() bool { return s.over >= n }) {
		s.tb.Fatalf("smtptest: %d of %d sessions are over", s.over, n)
	}
}

func (s *Server) wait(done func() bool) bool {
	late := false
	timer := time.AfterFunc(patience, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		late = true
		s.changed.Broadcast()
	})
	defer timer.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for !done() && !late {
		s.changed.Wait()
	}
	return done()
}

func (s *Server) start(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended() {
		conn.Close()
		return
	}
	sess := &session{server: s, number: s.begun, raw: newPump(conn)}
	sess.conn = sess.raw
	s.begun++
	s.open[sess] = false
	go sess.raw.run()
	go s.run(sess)
}

func (s *Server) run(sess *session) {
	if steps, ok := s.script(sess.number); !ok {
		s.tb.Errorf("smtptest: session %d was not expected", sess.number)
	} else if err := sess.play(steps); err != nil {
		s.tb.Errorf("smtptest: session %d: %v", sess.number, err)
	}
	sess.raw.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, sess)
	s.over++
	s.changed.Broadcast()
}

func (s *Server) script(number int) ([]step, bool) {
	if len(s.scripts) == 1 {
		number = 0
	}
	if number >= len(s.scripts) {
		return nil, false
	}
	return s.scripts[number], true
}

func (s *Server) record(l Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.received = append(s.received, l)
}

// rest says that a session has nothing more to do: the end of the test may
// close its connection.
func (s *Server) rest(sess *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[sess] = true
	if s.ended() {
		sess.raw.Close()
	}
}

func (s *Server) ended() bool {
	select {
	case <-s.ending:
		return true
	default:
		return false
	}
}

// end lets the sessions come to their own end, then fails the test over those
// that do not, and over scripts that nobody asked for.
func (s *Server) end() {
	s.mu.Lock()
	close(s.ending)
	for _, l := range s.listener {
		l.Close()
	}
	for sess, resting := range s.open {
		if resting {
			sess.raw.Close()
		}
	}
	s.mu.Unlock()
	allOver := func() bool { return s.over == s.begun }
	if !s.wait(allOver) {
		s.tb.Errorf("smtptest: a client kept its session open until the test ended")
		s.mu.Lock()
		for sess := range s.open {
			sess.raw.Close()
		}
		s.mu.Unlock()
		s.wait(allOver)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.scripts) > 1 && s.begun < len(s.scripts) && !s.early {
		s.tb.Errorf("smtptest: %d of %d scripts were played", s.begun, len(s.scripts))
	}
}

// MayEndEarly lets the test end before every script was played.
func (s *Server) MayEndEarly() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.early = true
}
