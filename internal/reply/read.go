package reply

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Limits on one reply: far above what any server sends, far below what hurts.
const (
	MaxLines = 512
	MaxBytes = 64 << 10
)

// MalformedError is an answer that is no reply of SMTP, or one past the limits.
type MalformedError struct {
	Reason  string
	Line    string // the line that could not be read, raw; a secret in it would be whole
	Foreign bool   // not SMTP at all, rather than bad SMTP
}

func (e *MalformedError) Error() string { return "malformed reply: " + e.Reason }

// Raw is one line as it came, without its line end.
type Raw struct {
	Text   string
	BareLF bool // ended by LF alone, which RFC 5321 section 2.3.8 forbids
}

// Read reads one whole reply. Each line is given to seen as it comes, also
// those of a reply that turns out malformed. Errors of the reader return as
// they are, io.EOF in the middle of a reply as io.ErrUnexpectedEOF.
func Read(br *bufio.Reader, seen func(Raw)) (Reply, error) {
	var r Reply
	var budget = MaxBytes
	for n := 0; ; n++ {
		raw, err := readLine(br, &budget)
		if err == nil || raw.Text != "" {
			seen(raw)
		}
		if err != nil {
			return r, broken(err, raw.Text, n == 0)
		}
		if n == MaxLines {
			return r, &MalformedError{Reason: fmt.Sprintf("more than %d lines", MaxLines)}
		}
		more, err := r.add(raw.Text, n == 0)
		if err != nil || !more {
			return r, err
		}
	}
}

// broken judges a reply that ended in the middle: part is what there is of the line.
func broken(err error, part string, first bool) error {
	if err == io.EOF && !(first && part == "") {
		err = io.ErrUnexpectedEOF
	}
	if first && !mayBecomeReply(part) {
		return errors.Join(foreign(part), err)
	}
	return err
}

func readLine(br *bufio.Reader, budget *int) (Raw, error) {
	var line []byte
	for {
		part, err := br.ReadSlice('\n')
		*budget -= len(part)
		line = append(line, part...)
		if *budget < 0 {
			text := strings.TrimRight(string(line), "\r\n")
			return Raw{Text: text}, &MalformedError{Reason: fmt.Sprintf("more than %d octets", MaxBytes), Line: text}
		}
		if err == bufio.ErrBufferFull {
			continue
		}
		if err != nil {
			return Raw{Text: string(line)}, err
		}
		break
	}
	text := strings.TrimSuffix(string(line), "\n")
	bare := !strings.HasSuffix(text, "\r")
	return Raw{Text: strings.TrimSuffix(text, "\r"), BareLF: bare}, nil
}

// add takes one line in and reports whether more follow.
func (r *Reply) add(line string, first bool) (more bool, err error) {
	switch {
	case looksLikeReply(line):
	case first:
		return false, foreign(line)
	default:
		return false, &MalformedError{Reason: "a line without a code in a reply", Line: line}
	}
	code, _ := strconv.Atoi(line[:3])
	if !first && code != r.Code {
		return false, &MalformedError{Reason: fmt.Sprintf("codes %d and %d in one reply", r.Code, code), Line: line}
	}
	text := ""
	if len(line) > 4 {
		text = line[4:]
	}
	if enhanced, rest := ParseEnhancedCode(text); enhanced.Class == code/100 {
		if r.Enhanced.IsZero() {
			r.Enhanced = enhanced
		}
		// A line may carry a code of its own; only the reply's is taken off.
		if enhanced == r.Enhanced {
			text = rest
		}
	}
	r.Code = code
	r.Lines = append(r.Lines, text)
	return len(line) > 3 && line[3] == '-', nil
}

func foreign(line string) *MalformedError {
	return &MalformedError{Reason: "what answers does not speak SMTP", Line: line, Foreign: true}
}

// looksLikeReply is three digits, the first 2 to 5, then a space, a hyphen or the end.
func looksLikeReply(line string) bool {
	if len(line) < 3 || line[0] < '2' || line[0] > '5' || !digits(line[:3], 3, 3) {
		return false
	}
	return len(line) == 3 || line[3] == ' ' || line[3] == '-'
}

// mayBecomeReply reports whether a line that was cut off began as one.
func mayBecomeReply(part string) bool {
	const example = "250"
	return looksLikeReply(part + example[min(len(part), len(example)):])
}
