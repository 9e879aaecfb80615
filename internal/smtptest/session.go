package smtptest

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

// Line is one line that a client sent.
type Line struct {
	Session int    // from 0, in the order of connecting
	Write   int    // the client's write in which the line began, from 0 in each session
	TLS     bool   // false: in clear
	Text    string // without its end
	End     string // "\r\n", "\n", or "" for bytes that no line end followed
}

var (
	errLeft = errors.New("the client had left")
	errOver = errors.New("the script is over") // no failure: close, reset, drain, …
)

// session plays one script on one connection.
type session struct {
	server   *Server
	number   int
	raw      *pump    // the connection below TLS
	conn     net.Conn // raw, or TLS over it
	secure   bool
	mayLeave bool

	pending []byte // read and not yet taken as a line
	reads   int    // of the client's writes
	began   int    // the write in which pending begins
}

func (s *session) play(steps []step) error {
	for _, st := range steps {
		err := st.do(s)
		switch {
		case err == nil:
		case errors.Is(err, errOver), errors.Is(err, errLeft) && s.mayLeave:
			return nil
		default:
			return fmt.Errorf("line %d of the script, %s: %w", st.line, st.source, err)
		}
	}
	if line, err := s.readLine(); err == nil {
		return fmt.Errorf("behind the end of the script the client sent %q", line)
	}
	return nil
}

func (s *session) send(data string) error {
	if _, err := s.conn.Write([]byte(data)); err != nil {
		return fmt.Errorf("%w (%w)", errLeft, err)
	}
	return nil
}

func (s *session) drip(d time.Duration, data string) error {
	for i := range len(data) {
		if err := s.send(data[i : i+1]); err != nil {
			return err
		}
		if err := s.wait(d); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) wait(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-s.server.ending:
		return errOver
	}
}

func (s *session) expect(wanted pattern) error {
	line, err := s.readLine()
	if err == nil && !wanted.matches(line) {
		err = fmt.Errorf("got %q", line)
	}
	return err
}

func (s *session) message() error {
	for {
		if line, err := s.readLine(); err != nil || line == "." {
			return err
		}
	}
}

func (s *session) answer(name string) error {
	answer, ok := s.server.config.Answers[name]
	if !ok {
		return fmt.Errorf("Config.Answers has no %q", name)
	}
	line, err := s.readLine()
	if err != nil {
		return err
	}
	return s.send(answer(line) + "\r\n")
}

func (s *session) handshake() error {
	conn, err := s.layTLS()
	if err != nil {
		return err
	}
	return conn.Handshake()
}

func (s *session) refusedHandshake() error {
	conn, err := s.layTLS()
	if err != nil {
		return err
	}
	if conn.Handshake() != nil {
		return errOver
	}
	return s.stall()
}

// layTLS puts TLS over the connection; the handshake is yet to come.
func (s *session) layTLS() (*tls.Conn, error) {
	if len(s.pending) > 0 {
		return nil, fmt.Errorf("before the handshake the client sent %q", s.pending)
	}
	if s.server.config.TLS == nil {
		return nil, errors.New("Config.TLS is not set")
	}
	conn := tls.Server(s.conn, s.server.config.TLS)
	s.conn, s.secure = conn, true
	return conn, nil
}

func (s *session) quit() error {
	line, err := s.readLine()
	switch {
	case errors.Is(err, errLeft):
		return errOver
	case err != nil:
		return err
	case line != "QUIT":
		return fmt.Errorf("got %q", line)
	}
	_ = s.send("221 2.0.0 bye\r\n") // it need not wait for that
	return s.close()
}

func (s *session) drain() error {
	s.server.rest(s)
	for {
		if _, err := s.readLine(); err != nil {
			return errOver
		}
	}
}

func (s *session) stall() error {
	s.server.rest(s)
	if line, err := s.readLine(); err == nil {
		return fmt.Errorf("got %q", line)
	}
	return errOver
}

func (s *session) close() error {
	s.conn.Close()
	return errOver
}

func (s *session) half() error {
	conn, ok := s.raw.Conn.(*net.TCPConn)
	if !ok {
		return s.close()
	}
	if err := conn.CloseWrite(); err != nil {
		return err
	}
	return s.drain()
}

func (s *session) reset() error {
	if conn, ok := s.raw.Conn.(*net.TCPConn); ok {
		_ = conn.SetLinger(0)
	}
	s.raw.Close()
	return errOver
}

// readLine takes the client's next line. Bytes without a line end that come
// before the client leaves are a line too.
func (s *session) readLine() (string, error) {
	for !bytes.ContainsRune(s.pending, '\n') {
		chunk := make([]byte, pumpSize)
		n, err := s.conn.Read(chunk)
		if n > 0 {
			if len(s.pending) == 0 {
				s.began = s.reads
			}
			s.reads++
			s.pending = append(s.pending, chunk[:n]...)
		}
		if err == nil {
			continue
		}
		if len(s.pending) == 0 {
			return "", fmt.Errorf("%w (%w)", errLeft, err)
		}
		return s.take(len(s.pending)), nil
	}
	return s.take(bytes.IndexByte(s.pending, '\n') + 1), nil
}

// take removes n bytes, one line with its end, and records it.
func (s *session) take(n int) string {
	whole := string(s.pending[:n])
	text := strings.TrimSuffix(strings.TrimSuffix(whole, "\n"), "\r")
	if !strings.HasSuffix(whole, "\n") {
		text = whole
	}
	s.server.record(Line{Session: s.number, Write: s.began, TLS: s.secure, Text: text, End: whole[len(text):]})
	s.pending = s.pending[n:]
	s.began = s.reads - 1 // what is left came with the last read
	return text
}

// pumpSize is far above what a client writes at once.
const pumpSize = 64 << 10

// pump reads ahead without bound, so that a client's write over net.Pipe ends
// also while the server writes (after a handshake in TLS 1.3 both do), and
// keeps the client's writes apart.
type pump struct {
	net.Conn
	mu     sync.Mutex
	more   *sync.Cond
	chunks [][]byte
	err    error
}

func newPump(conn net.Conn) *pump {
	p := &pump{Conn: conn}
	p.more = sync.NewCond(&p.mu)
	return p
}

// run ends when the connection does.
func (p *pump) run() {
	for {
		chunk := make([]byte, pumpSize)
		n, err := p.Conn.Read(chunk)
		p.mu.Lock()
		if n > 0 {
			p.chunks = append(p.chunks, chunk[:n])
		}
		p.err = err
		p.more.Broadcast()
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (p *pump) Read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.chunks) == 0 {
		if p.err != nil {
			return 0, p.err
		}
		p.more.Wait()
	}
	n := copy(b, p.chunks[0])
	if p.chunks[0] = p.chunks[0][n:]; len(p.chunks[0]) == 0 {
		p.chunks = p.chunks[1:]
	}
	return n, nil
}
