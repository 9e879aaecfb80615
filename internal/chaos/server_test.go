package chaos

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"time"
)

// server is one listening port with a mind of its own.
type server struct {
	world   *world
	rng     *rand.Rand
	mood    float64 // the share of misdeeds
	calm    int     // so many lines of the client's pass before the first
	tls     *tls.Config
	trusted bool // its certificate is good
	inTLS   bool // implicit TLS

	// What the wire saw, for the judges. The first session alone may be one that
	// logs in; those after it are second looks.
	sessions []*session
}

// session is one connection as the server knows it.
type session struct {
	*server
	wire *wire
	conn net.Conn // the wire, or TLS over it
	br   *bufio.Reader
	safe bool // TLS stands

	heard []heard
	said  []said

	payload string // the last of AUTH, to be echoed
}

// heard is a line of the client's.
type heard struct {
	text string
	tls  bool
}

// said is what the server wrote at once.
type said struct {
	text  string
	tls   bool
	after int  // so many lines of the client's were read
	parts bool // not in one record: what follows a first line may come later
}

// over ends a session: its server has had enough, or the client has.
type over struct{}

func (s *session) leave() { panic(over{}) }

// serve plays one session to its end.
func (s *session) serve() {
	defer s.wire.Close()
	defer func() {
		if r := recover(); r != nil && r != (over{}) {
			panic(r)
		}
	}()
	if s.inTLS {
		s.beforeTLS()
		s.handshake()
	}
	s.reply("220 " + host + " ESMTP ready")
	for {
		s.answer(s.readLine())
	}
}

func (s *session) answer(line string) {
	verb, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "EHLO":
		const rare = 12
		if s.mood > 0 && s.rng.IntN(rare) == 0 { // from before RFC 1869, or so it says
			s.reply(pick(s.rng, "500", "502", "504") + " 5.5.1 unknown")
			return
		}
		s.reply(s.offers()...)
	case "HELO":
		s.reply("250 " + host)
	case "STARTTLS":
		s.startTLS()
	case "AUTH":
		s.auth(rest)
	case "MAIL", "RCPT", "RSET", "NOOP":
		s.reply(pick(s.rng, "250 2.1.0 fine", "250 2.1.0 fine", "250 2.1.5 fine", "250 ok"))
	case "DATA":
		s.message()
	case "QUIT":
		s.reply("221 2.0.0 bye")
		s.leave()
	default:
		s.reply("500 5.5.2 what?")
	}
}

func (s *session) offers() []string {
	all := []string{"PIPELINING", "SIZE 10240000", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "CHUNKING", "DSN", "X-" + s.echo(), "X-" + s.foul(), "AUTH=PLAIN LOGIN", "size=1", ""}
	lines := []string{"250-" + host}
	for _, offer := range all {
		if s.rng.IntN(2) == 0 {
			lines = append(lines, "250-"+offer)
		}
	}
	if !s.safe && s.rng.IntN(20) > 0 {
		lines = append(lines, "250-STARTTLS")
	}
	if s.rng.IntN(20) > 0 {
		lines = append(lines, "250-AUTH "+s.mechanisms())
	}
	return append(lines, "250 HELP")
}

func (s *session) mechanisms() string {
	all := []string{"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "XOAUTH2", "OAUTHBEARER", "EXTERNAL", "NTLM", "X\x1b[2J"}
	s.rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return strings.Join(all[:max(1+s.rng.IntN(len(all)), s.rng.IntN(len(all)))], " ")
}

func (s *session) startTLS() {
	const rare = 6
	switch {
	case s.mood > 0 && s.rng.IntN(rare) == 0: // the worst that can happen here
		s.write("220 go on\r\n" + pick(s.rng, "250 injected", s.anyYes()+"-injected", s.anyCode()+" "+s.anyText(), "2", s.noise(9)) + "\r\n")
	case s.misbehaves():
		s.write(pick(s.rng, "220 go on\r\n", "454 4.7.0 not now\r\n", "220-go\r\n220 on\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n"))
		s.beforeTLS()
	default:
		s.reply("220 2.0.0 go on")
	}
	s.handshake()
}

// beforeTLS is what may go wrong where a ClientHello is due.
func (s *session) beforeTLS() {
	if !s.misbehaves() {
		return
	}
	switch s.rng.IntN(9) {
	case 0:
		s.write("220 " + host + " ready\r\n")
	case 1:
		s.write("\x15\x03\x01\x00\x02\x02" + string([]byte{byte(pick(s.rng, 0, 10, 40, 42, 48, 70, 71, 80, 112))})) // an alert
	case 2:
		s.write("\x16\x03\x03\x40") // a record cut short
		s.leave()
	case 3:
		s.write("\x16\x03\x03\xff\xff" + s.noise(200)) // a record too long
	case 4:
		s.write(s.noise(1 + s.rng.IntN(600)))
	case 5:
		s.leave()
	case 6:
		s.wire.reset()
		s.leave()
	case 7:
		_, _ = io.Copy(io.Discard, s.wire)
		s.leave()
	default:
		s.wait(20 * time.Second)
	}
}

func (s *session) handshake() {
	conn := tls.Server(s.wire, s.tls)
	if conn.Handshake() != nil {
		s.leave()
	}
	s.conn, s.safe, s.br = conn, true, bufio.NewReader(conn)
}

// message answers DATA and takes the message. Whoever says 354 has to.
func (s *session) message() {
	if !s.reply("354 go on") {
		return
	}
	for s.readLine() != "." {
	}
	s.reply(pick(s.rng, "250 2.0.0 queued", "250 2.0.0 queued", "250 ok", "252 2.0.0 perhaps", "550 5.7.1 spam", "451 4.3.0 later"))
}

// auth plays an exchange, honest or not, and then judges.
func (s *session) auth(rest string) {
	mechanism, initial, _ := strings.Cut(rest, " ")
	s.payload = initial
	for _, challenge := range s.challenges(strings.ToUpper(mechanism), initial) {
		s.reply("334 " + challenge)
		s.payload = s.readLine()
		if s.payload == "*" {
			s.reply("501 5.7.0 cancelled")
			return
		}
	}
	if s.calm > 0 {
		s.reply("235 2.7.0 welcome")
		return
	}
	s.reply(pick(s.rng,
		"235 2.7.0 welcome", "235 2.7.0 welcome", "235 2.7.0 welcome", "235 2.7.0 welcome", "235 2.7.0 welcome", "235 ok", "235 ok", "535 5.7.8 no", "535 5.7.8 no",
		"504 5.5.4 not this mechanism", "534 5.7.9 application password required", "454 4.7.0 later", "250 2.0.0 fine", "538 5.7.11 encrypt"))
}

func (s *session) challenges(mechanism, initial string) []string {
	encode := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	var honest []string
	switch mechanism {
	case "LOGIN":
		honest = []string{encode("Username:"), encode("Password:")}
	case "CRAM-MD5":
		honest = []string{encode("<1896.697170952@" + host + ">")}
	case "PLAIN", "XOAUTH2", "OAUTHBEARER", "EXTERNAL":
		if initial == "" {
			honest = []string{""}
		}
	default: // SCRAM, whose nonce has to begin with the client's
		first, _ := base64.StdEncoding.DecodeString(initial)
		_, nonce, _ := strings.Cut(string(first), "r=")
		rounds := pick(s.rng, "4096", "4096", "1", "0", "-1", "1000000000", "99999999999999999999", "many")
		honest = []string{encode("r=" + nonce + "server,s=" + encode("salt") + ",i=" + rounds), encode("v=" + encode("proof"))}
	}
	if !s.misbehaves() {
		return honest
	}
	var odd []string
	for range s.rng.IntN(24) {
		odd = append(odd, pick(s.rng, "", "=", "not base64", encode(s.world.password), encode(s.noise(40)), encode("r=,s=,i=1"), strings.Repeat("A", 4*s.rng.IntN(5000))))
	}
	return append(odd, honest...)
}
