package demo

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Notes are sentences for the person who tries the demo: what goes wrong, and
// what works. They tell the right password in clear, which was made up for this
// run; they belong on the screen and nowhere else.
func (s *Server) Notes() []string {
	r := s.rules
	var notes []string
	say := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	if r.fail == "" {
		return nil
	}
	if r.fault.note != "" {
		say("%s", s.ports(r.fault.note))
	}
	if r.refusal.Code != 0 {
		words := strings.Join(r.refusal.lines(s.examples()...), "\n")
		words = strings.ReplaceAll(words, "\n"+r.refusal.Enhanced+" ", " ") // it stands on every line
		say("%s: “%d %s”", when(r.refusal.Stage), r.refusal.Code, strings.Join(strings.Fields(words), " "))
		if r.as.Name != "" && r.as.own(r.fail) == nil {
			say("How %s words this is not known: these are another server's words.", r.as.Name)
		}
	}
	if rescue := s.rescue(); rescue != "" {
		notes = append(notes, rescue)
	}
	return notes
}

// when tells at which point a refusal comes.
func when(s stage) string {
	switch s {
	case atGreeting:
		return "The server greets with a refusal"
	case atEHLO:
		return "The server refuses EHLO"
	case atAuth:
		return "The server refuses the login"
	case atMail:
		return "The server refuses the sender"
	case atRcpt:
		return "The server refuses the recipient"
	}
	return "The server refuses the message after it was sent"
}

// rescue is what works all the same, "" where nothing does.
func (s *Server) rescue() string {
	r := s.rules
	switch r.fail {
	case submission.BadCredentials:
		return "The password " + r.shown.Reveal() + " is out of date. The right one is " + r.password.Reveal()
	case submission.AppPasswordRequired:
		return "The password " + r.shown.Reveal() + " is the account's, which mail programs may not use. The app password is " + r.password.Reveal()
	case submission.OAuthRequired:
		return "With the mechanism XOAUTH2 the password is taken as a token."
	case submission.FromMismatch:
		return "The account's own address is " + Username
	case submission.RelayDenied, submission.RecipientRejected, submission.RecipientMailboxFull:
		return "The recipient that it takes is " + goodRecipient
	case submission.Greylisted:
		return "The second try passes."
	case submission.HELORejected:
		return "The name that it takes in EHLO is " + acceptedByHELO
	}
	return ""
}

// examples stand for what a client will say.
func (s *Server) examples() []string {
	return []string{"{user}", s.rules.username, "{from}", s.From(), "{to}", Username, "{name}", "[127.0.0.1]", "{ip}", "127.0.0.1", "{domain}", Domain}
}

// ports fills in which port is which.
func (s *Server) ports(note string) string {
	for _, e := range s.endpoints {
		note = strings.ReplaceAll(note, "{"+string(e.Security)+"}", strconv.Itoa(e.Port))
	}
	return note
}
