// Package report is what a probe found out: an ordered list of stages with
// their replies, the certificate chain, what else was seen, and the exit status.
// A server's refusal is data here, not an error.
package report

import (
	"strings"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Report is one run of a probe, whole or cut short.
type Report struct {
	Check    Check
	Account  submission.Account
	Endpoint submission.Endpoint // the one that was used, or came furthest
	Dialled  string              // host:port that answered, "" if none
	Steps    []Step              // as they ran, then what was skipped

	TLS          *TLS
	Greeting     string // text of the 220, made safe
	Extensions   reply.Extensions
	Conclusive   bool // false: the check could not see what the provider judges later
	MessageID    string
	Subject      string
	Notes        []string
	Alternatives []Alternative
	Findings     []Finding
	Transcript   []Line
	Duration     time.Duration
	Interrupted  bool
}

// Failed returns the step that failed, or nil.
func (r *Report) Failed() *Step {
	for i := range r.Steps {
		if r.Steps[i].Status == Failed && r.Steps[i].Stage != Quit {
			return &r.Steps[i]
		}
	}
	return nil
}

// OK reports that every stage that was asked for passed.
func (r *Report) OK() bool { return r.Failed() == nil && !r.Interrupted }

// Reached reports whether a stage passed.
func (r *Report) Reached(s Stage) bool {
	for _, step := range r.Steps {
		if step.Stage == s && step.Status == OK {
			return true
		}
	}
	return false
}

// Step is one stage as it ran.
type Step struct {
	Stage    Stage
	Status   Status
	Duration time.Duration
	Detail   string       // what was found, safe to print
	Reply    *reply.Reply // the server's answer that decided, safe to print
	Fault    Fault        // why it failed where no reply says so
	Err      string       // the same in words, safe to print
}

// Found is what a stage that ended has to say, on one line: what was found,
// or the reply and the reason why it failed, behind the mechanism at AUTH.
func (s Step) Found() string {
	if s.Status != Failed {
		return s.Detail
	}
	var parts []string
	if s.Stage == Auth && s.Detail != "" {
		parts = append(parts, s.Detail)
	}
	if s.Reply != nil {
		parts = append(parts, s.Reply.String())
	}
	if s.Err != "" {
		parts = append(parts, s.Err)
	}
	return strings.Join(parts, ": ")
}

// TLS is the session's protection. Chain is kept whole also where it was not trusted.
type TLS struct {
	Version  string        `json:"version"`
	Cipher   string        `json:"cipher"`
	Verified bool          `json:"verified"`
	Chain    []Certificate `json:"chain"`
}

// Certificate is one of a chain, the leaf first.
type Certificate struct {
	Subject   string    `json:"subject"`
	Issuer    string    `json:"issuer"`
	Names     []string  `json:"names"` // DNS names and addresses it is valid for
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
	SHA256    string    `json:"sha256"` // of the whole certificate, lower-case hex
}

// Alternative is an endpoint that was tried beside the one that was kept.
type Alternative struct {
	submission.Endpoint
	Reachable bool   `json:"reachable"` // it got through EHLO, over verified TLS where asked for
	Err       string `json:"error"`
	Fault     Fault  `json:"-"`
	Stage     Stage  `json:"-"` // the stage that failed
}

// Finding is something a second look found out, for the diagnosis.
type Finding struct {
	Kind   FindingKind
	Detail string
}

// FindingKind names what a second look saw.
type FindingKind string

const (
	// FoundTLSPort: a port asked in clear speaks TLS from the first byte.
	FoundTLSPort FindingKind = "speaks_tls"
	// FoundClearPort: a port asked for TLS greets in clear; Detail is the greeting.
	FoundClearPort FindingKind = "greets_in_clear"
	// FoundService: something other than SMTP answers; Detail is http, imap, pop3 or ssh.
	FoundService FindingKind = "service"
	// FoundHTTPS: port 443 of the same host, or of its domain, opens although its
	// mail ports do not; Detail is which.
	FoundHTTPS FindingKind = "https_open"
	// FoundExchangers: Detail are the mail exchangers (MX) of the account's domain.
	FoundExchangers FindingKind = "exchangers"
	// FoundCloud: the machine runs at a cloud provider; Detail is its name.
	FoundCloud FindingKind = "cloud"
)

// Line is one line of the transcript, with every secret already replaced.
type Line struct {
	At   time.Duration // since the run began
	From Party
	TLS  bool
	Text string
}

// Party is who sent a line.
type Party string

const (
	Client Party = "client"
	Server Party = "server"
)
