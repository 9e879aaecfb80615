package demo

import (
	"net"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// What the tests outside must see.

// Right is the password that works.
func (s *Server) Right() submission.Secret { return s.rules.password }

// Words is the refusal that a provider has for a cause.
type Words struct {
	Cause           submission.Cause
	Stage, Enhanced string
	Code            int
	Text            string
}

// Table lists the refusals of a provider, "" for the demo itself.
func Table(as string) []Words {
	p := named(providers(), as)
	var list []Words
	for _, r := range p.Refusals {
		list = append(list, Words{Cause: r.Cause, Stage: string(r.Stage), Enhanced: r.Enhanced, Code: r.Code, Text: r.Text})
	}
	return list
}

// HostOf is the server that a provider's certificate is for.
func HostOf(as string) string { return named(providers(), as).Host }

// Greeting is what follows 220.
func (s *Server) Greeting() string { return s.greeting() }

// IsFault reports a cause that needs no words.
func IsFault(c submission.Cause) bool { _, ok := faultOf(c); return ok }

// Listeners are those that are to be closed at the end.
func (s *Server) Listeners() []net.Listener { return s.listeners }

// Addresses that make a difference.
const (
	OtherSender    = otherSender
	GoodRecipient  = goodRecipient
	AcceptedByHELO = acceptedByHELO
)
