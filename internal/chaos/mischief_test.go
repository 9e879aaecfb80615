package chaos

import (
	"bufio"
	"encoding/base64"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/reply"
)

func (s *session) misbehaves() bool { return len(s.heard) >= s.calm && s.rng.Float64() < s.mood }

func pick[T any](rng *rand.Rand, from ...T) T { return from[rng.IntN(len(from))] }

// reply says the lines of a reply, or does something else. It reports whether
// it was said as it is.
func (s *session) reply(lines ...string) bool {
	whole := strings.Join(lines, "\r\n") + "\r\n"
	if !s.misbehaves() {
		s.write(whole)
		return true
	}
	misdeeds := s.misdeeds(lines[len(lines)-1], whole)
	if s.calm > 0 {
		const subtle = 7 // the first of them: another answer than is due
		misdeeds = misdeeds[:subtle]
	}
	misdeeds[s.rng.IntN(len(misdeeds))]()
	return false
}

// misdeeds are what a server may do in place of its reply.
func (s *session) misdeeds(last, whole string) []func() {
	code := last[:3]
	other := func() { s.write(s.anyCode() + last[3:] + "\r\n") }
	consent := func() { s.write(s.anyYes() + last[3:] + "\r\n") }
	early := func() { s.write(whole + pick(s.rng, s.anyCode(), s.anyYes()) + " early\r\n") }
	return []func(){
		other, consent, consent, consent, early, early, s.tear,
		func() { s.write(pick(s.rng, "500", "502", "504") + " 5.5.1 unknown\r\n") },
		func() { s.write(s.anyCode() + " " + s.anyText() + "\r\n") },
		func() { s.write(code + " " + s.anyText() + "\r\n") },
		func() { s.write(code + "-" + s.anyText() + "\r\n" + s.anyCode() + " other\r\n") },
		func() { s.write(s.overLines(pick(s.rng, code, s.anyCode()), s.echo())) },
		func() { s.write(s.overLines(pick(s.rng, code, s.anyCode()), s.echo())) },
		func() { s.write(whole + whole) },
		func() { s.write(strings.ReplaceAll(whole, "\r", "")) },
		func() { s.write(strings.Repeat(code+"-"+s.anyText()+"\r\n", s.rng.IntN(1200)) + whole) },
		func() { s.write(code + "-" + strings.Repeat("x", s.rng.IntN(200<<10)) + "\r\n" + whole) },
		func() { s.flood(code + "-" + s.anyText() + "\r\n") },
		func() { s.flood("x") },
		func() { s.write(whole[:s.rng.IntN(len(whole))]); s.leave() },
		func() { s.write(whole[:s.rng.IntN(len(whole))]); s.stall() },
		s.tear, s.tear,
		func() { s.drip(whole) },
		func() { s.wait(30 * time.Second); s.write(whole) },
		func() { s.write(s.noise(1 + s.rng.IntN(300))) },
		func() { s.write("HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n<html>" + s.echo()) },
		func() { s.write("* OK IMAP4rev1 ready\r\n") },
		func() { s.write("421 4.3.2 closing\r\n"); s.leave() },
		func() { s.wire.Close(); s.leave() }, // below TLS: without its goodbye
		func() { s.wire.reset(); s.leave() },
		func() { s.conn.Close(); s.leave() },
		func() { s.stall() },
		func() { s.wire.left = s.rng.IntN(len(whole) + 40); s.write(whole); s.leave() }, // cut within a record
		func() { s.below("\x15\x03\x03\x00\x02\x02\x50") },                              // an alert in clear
		func() { s.below("\x17\x03\x03\x00\x20" + s.noise(32)) },                        // a record that nobody can decipher
		func() { s.below("\x17\x03\x03\x40\x00" + s.noise(3)); s.leave() },              // the beginning of one
	}
}

func (s *session) anyCode() string {
	return pick(s.rng, "250", "220", "235", "334", "354", "221", "421", "450", "454", "500", "502", "504", "530", "535", "550", "552", "554", "000", "199", "600", "999", "25", "2500")
}

// anyYes consents, perhaps to another question.
func (s *session) anyYes() string {
	return pick(s.rng, "220", "235", "250", "250", "250", "251", "334", "354")
}

// anyText may be hostile, and may give away what it was told.
func (s *session) anyText() string {
	return pick(s.rng,
		"", "ok", "5.7.1 no", "2.0.0 fine", "5.5.4 not this", "9.9.9 x", "4.999.999 y", strings.Repeat("word ", 200),
		s.foul(), s.foul(), s.foul(), s.foul(), s.foul(), s.foul(),
		"password "+s.echo()+" refused", s.echo(), "you sent "+s.echo(), s.payload, "you sent "+s.payload, s.noise(60))
}

// foul is what a terminal obeys, a reader does not see, or nobody can decode.
func (s *session) foul() string {
	return pick(s.rng,
		"\x1b[2J\x1b]0;title\x07", "\u009b31mred", "\x00nul", "tab\tand\rreturn", "\x7f\x08", "\xff\xfe not UTF-8", "torn \xe5\xaf",
		"\u202eevil", "\u2066isolated\u2069", "\u200fmark", "\u061cmark", "\u200bhidden\ufeff", "soft\u00ad", "line\u2028paragraph\u2029", "\U000e0041tag")
}

// echo is the password as somebody may spell it, whole or with one end missing.
func (s *session) echo() string {
	password := pick(s.rng, pieces(s.world.password)...)
	if s.rng.IntN(8) == 0 {
		return base64.StdEncoding.EncodeToString([]byte("\x00" + username + "\x00" + password))
	}
	return pick(s.rng, spellings(password)...)
}

// overLines is a reply that breaks a text anywhere.
func (s *session) overLines(code, text string) string {
	whole := ""
	for len(text) > 1 && s.rng.IntN(3) > 0 {
		n := 1 + s.rng.IntN(len(text)-1)
		whole += code + "-" + pick(s.rng, "", "", "5.7.8 ", " ") + text[:n] + "\r\n"
		text = text[n:]
	}
	return whole + code + " " + text + "\r\n"
}

// tear breaks off within the password, and says the rest perhaps when nobody
// waits any more.
func (s *session) tear() {
	const few = 4 // octets, which anything may begin with
	before := pick(s.rng, "250 ", "535 5.7.8 ", "550-") + "you said "
	password := pick(s.rng, s.world.password, s.world.password, s.echo())
	n := few + s.rng.IntN(len(password)-few)
	s.write(before + password[:n])
	s.wait(20 * time.Second)
	s.write(password[n:] + "\r\n")
}

// write says a text, in pieces of any size and sometimes slowly.
func (s *session) write(text string) {
	parts := 1
	if s.rng.IntN(4) == 0 {
		parts = 1 + s.rng.IntN(6)
	}
	s.note(text, parts > 1)
	for ; parts > 1 && len(text) > 1; parts-- {
		n := 1 + s.rng.IntN(len(text)-1)
		s.put(text[:n])
		text = text[n:]
		if s.rng.IntN(4) == 0 {
			s.wait(2 * time.Second)
		}
	}
	s.put(text)
}

func (s *session) note(text string, inParts bool) {
	const record = 1000 // octets; more than that TLS may send in parts as well
	s.said = append(s.said, said{text, s.safe, len(s.heard), inParts || s.wire.chops || len(text) > record})
}

func (s *session) put(text string) {
	if _, err := s.conn.Write([]byte(text)); err != nil {
		s.leave()
	}
}

// below writes under TLS, where there is one.
func (s *session) below(text string) {
	if !s.safe {
		s.note(text, false)
	}
	if _, err := s.wire.Write([]byte(text)); err != nil {
		s.leave()
	}
}

// drip writes an octet at a time, for longer than anybody has patience.
func (s *session) drip(text string) {
	s.note(text, true)
	for i := range len(text) {
		s.put(text[i : i+1])
		s.wait(3 * time.Second)
	}
}

// flood does not end before any client has to have had enough.
func (s *session) flood(text string) {
	s.note(text, true)
	endless := &s.said[len(s.said)-1]
	const much, enough = 16 << 10, 64 * reply.MaxBytes
	text = strings.Repeat(text, 1+much/len(text))
	for n := 0; n < enough; n += len(text) {
		if len(endless.text) < 4*reply.MaxBytes {
			endless.text += text
		}
		s.put(text)
	}
	s.stall()
}

// stall says nothing until the client leaves.
func (s *session) stall() {
	for {
		s.readLine()
	}
}

func (s *session) wait(most time.Duration) {
	s.world.wait(time.Duration(s.rng.Int64N(int64(most) + 1)))
}

// noise is octets of any value.
func (s *session) noise(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(s.rng.Uint32())
	}
	return string(b)
}

func (s *session) readLine() string {
	const most = 1 << 20
	var line []byte
	for {
		part, err := s.br.ReadSlice('\n')
		line = append(line, part...)
		if err == nil {
			break
		}
		if err != bufio.ErrBufferFull || len(line) > most {
			if len(line) > 0 {
				s.heard = append(s.heard, heard{string(line), s.safe})
			}
			s.leave()
		}
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r")
	s.heard = append(s.heard, heard{text, s.safe})
	return text
}
