package smtptest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// step is one line of a script, or several S: lines that go out in one write.
type step struct {
	line   int    // in the script, from 1
	source string // as written, for what a failing test prints
	do     func(*session) error
}

// parseScript reads the steps that the package's doc lists.
func parseScript(text string) ([]step, error) {
	var steps []step
	var reply []string // S: lines that wait for one write
	first := 0
	flush := func() {
		if len(reply) > 0 {
			data := strings.Join(reply, "")
			steps = append(steps, step{first, fmt.Sprintf("S: %q", data), func(s *session) error { return s.send(data) }})
			reply = nil
		}
	}
	for i, source := range strings.Split(text, "\n") {
		source = strings.TrimLeft(source, " \t")
		if strings.TrimSpace(source) == "" || source[0] == '#' {
			continue
		}
		if said, ok := strings.CutPrefix(source, "S:"); ok {
			data, err := unescape(strings.TrimPrefix(said, " "))
			if err != nil {
				return nil, fmt.Errorf("line %d, %q: %w", i+1, source, err)
			}
			if len(reply) == 0 {
				first = i + 1
			}
			reply = append(reply, data+"\r\n")
			continue
		}
		flush()
		do, err := parseStep(source)
		if err != nil {
			return nil, fmt.Errorf("line %d, %q: %w", i+1, source, err)
		}
		steps = append(steps, step{i + 1, source, do})
	}
	flush()
	return steps, nil
}

func parseStep(source string) (func(*session) error, error) {
	if wanted, ok := strings.CutPrefix(source, "C:"); ok {
		pattern := parsePattern(strings.TrimPrefix(wanted, " "))
		return func(s *session) error { return s.expect(pattern) }, nil
	}
	word, rest, _ := strings.Cut(source, " ")
	switch word {
	case "raw":
		data, err := unescape(rest)
		return func(s *session) error { return s.send(data) }, err
	case "drip", "wait":
		return parseTimed(word, rest)
	case "answer":
		return func(s *session) error { return s.answer(strings.TrimSpace(rest)) }, nil
	}
	switch strings.TrimSpace(source) {
	case "message":
		return (*session).message, nil
	case "tls", "starttls":
		return (*session).handshake, nil
	case "tls refused":
		return (*session).refusedHandshake, nil
	case "may leave":
		return func(s *session) error { s.mayLeave = true; return nil }, nil
	case "quit":
		return (*session).quit, nil
	case "drain":
		return (*session).drain, nil
	case "stall":
		return (*session).stall, nil
	case "close":
		return (*session).close, nil
	case "half":
		return (*session).half, nil
	case "reset":
		return (*session).reset, nil
	}
	return nil, fmt.Errorf("no such step")
}

func parseTimed(word, rest string) (func(*session) error, error) {
	length, text, _ := strings.Cut(rest, " ")
	d, err := time.ParseDuration(strings.TrimSpace(length))
	if err != nil {
		return nil, err
	}
	if word == "wait" {
		return func(s *session) error { return s.wait(d) }, nil
	}
	data, err := unescape(text)
	return func(s *session) error { return s.drip(d, data+"\r\n") }, err
}

// unescape reads Go's escapes in a text that stands without quotes.
func unescape(s string) (string, error) {
	var text []byte
	for s != "" {
		r, multibyte, rest, err := strconv.UnquoteChar(s, 0)
		if err != nil {
			return "", fmt.Errorf("no escape of Go's begins %q", s)
		}
		if multibyte {
			text = utf8.AppendRune(text, r)
		} else {
			text = append(text, byte(r))
		}
		s = rest
	}
	return string(text), nil
}

// pattern is the texts between the stars of a C: line.
type pattern []string

func parsePattern(s string) pattern {
	const star = "\x00"
	pieces := strings.Split(strings.ReplaceAll(s, `\*`, star), "*")
	for i := range pieces {
		pieces[i] = strings.ReplaceAll(pieces[i], star, "*")
	}
	return pieces
}

func (p pattern) matches(line string) bool {
	rest, ok := strings.CutPrefix(line, p[0])
	if !ok || len(p) == 1 {
		return ok && rest == ""
	}
	last := len(p) - 1
	for _, piece := range p[1:last] {
		if _, rest, ok = strings.Cut(rest, piece); !ok {
			return false
		}
	}
	return strings.HasSuffix(rest, p[last])
}
