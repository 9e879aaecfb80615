// Package reply holds what a server says: replies, enhanced status codes and
// the extensions of an EHLO, parsed within bounds and made safe to print.
// It reads from any reader and knows nothing of connections.
package reply

import (
	"fmt"
	"strconv"
	"strings"
)

// Reply codes that the dialogue turns on (RFC 5321 section 4.2.3, RFC 4954 section 4).
const (
	CodeReady            = 220
	CodeAuthenticated    = 235
	CodeOK               = 250
	CodeContinue         = 334
	CodeStartMailInput   = 354
	CodeMechanismTooWeak = 534
	CodeParameterUnknown = 504
)

// Reply is one complete answer of a server (RFC 5321 section 4.2).
type Reply struct {
	Code     int          `json:"code"`
	Enhanced EnhancedCode `json:"enhanced_code"`
	Lines    []string     `json:"lines"` // the texts, without code and enhanced code
}

// Class is the code's first digit: 2 done, 3 go on, 4 not now, 5 no.
func (r Reply) Class() int { return r.Code / 100 }

// OK reports a positive completion, 2yz.
func (r Reply) OK() bool { return r.Class() == 2 }

// Text is the lines in one, without code and enhanced code.
func (r Reply) Text() string { return strings.Join(r.Lines, "\n") }

// String is the reply in one line as people quote it: "535 5.7.8 Authentication failed".
func (r Reply) String() string {
	parts := []string{fmt.Sprintf("%03d", r.Code)}
	if !r.Enhanced.IsZero() {
		parts = append(parts, r.Enhanced.String())
	}
	if text := strings.TrimSpace(strings.Join(r.Lines, " ")); text != "" {
		parts = append(parts, text)
	}
	return strings.Join(parts, " ")
}

// Map returns the reply with f applied to each line.
func (r Reply) Map(f func(string) string) Reply {
	lines := make([]string, len(r.Lines))
	for i, l := range r.Lines {
		lines[i] = f(l)
	}
	r.Lines = lines
	return r
}

// EnhancedCode is class.subject.detail (RFC 3463); the zero value is none.
type EnhancedCode struct{ Class, Subject, Detail int }

// IsZero reports that the server gave none.
func (e EnhancedCode) IsZero() bool { return e == EnhancedCode{} }

func (e EnhancedCode) String() string {
	if e.IsZero() {
		return ""
	}
	return fmt.Sprintf("%d.%d.%d", e.Class, e.Subject, e.Detail)
}

// MarshalText writes "5.7.8", or nothing for none.
func (e EnhancedCode) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (e *EnhancedCode) UnmarshalText(b []byte) error {
	*e = EnhancedCode{}
	if len(b) == 0 {
		return nil
	}
	code, rest := ParseEnhancedCode(string(b))
	if code.IsZero() || rest != "" {
		return fmt.Errorf("%q is not an enhanced status code", b)
	}
	*e = code
	return nil
}

// ParseEnhancedCode reads a code at the start of a text: one digit 2, 4 or 5,
// then two numbers of one to three digits, then a space or the end (RFC 3463
// section 2). Without one, the zero code and the whole text return.
func ParseEnhancedCode(s string) (EnhancedCode, string) {
	head, rest, _ := strings.Cut(s, " ")
	parts := strings.Split(head, ".")
	if len(parts) != 3 || (parts[0] != "2" && parts[0] != "4" && parts[0] != "5") {
		return EnhancedCode{}, s
	}
	var numbers [3]int
	for i, p := range parts {
		if !digits(p, 1, 3) {
			return EnhancedCode{}, s
		}
		numbers[i], _ = strconv.Atoi(p)
	}
	return EnhancedCode{numbers[0], numbers[1], numbers[2]}, rest
}

func digits(s string, least, most int) bool {
	if len(s) < least || len(s) > most {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}
