package wizard

import (
	"slices"
	"strconv"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// check refuses what was given beforehand and cannot be used.
func (s *state) check() error {
	for f, v := range s.given.Answers {
		if wrong := s.fault(f, v); wrong != "" {
			return &UsageError{What: s.t.givenWrong(string(f), wrong), Hint: s.t.givenHint(f)}
		}
	}
	if p := s.look(); p.err != nil {
		return &UsageError{What: p.err.Error(), Hint: s.t.presetsHint()}
	}
	if wrong := s.clearText(s.attempt().Account.Endpoints); wrong != "" {
		return &UsageError{What: wrong, Hint: s.t.givenHint(submission.FieldSecurity)}
	}
	return nil
}

// clearText: a password in clear would leave this machine.
func (s *state) clearText(endpoints []submission.Endpoint) string {
	for _, e := range endpoints {
		if e.Security == submission.None && !submission.IsLoopbackHost(e.Host) {
			return s.t.wouldGoInClear(e.Host)
		}
	}
	return ""
}

// fault says what is wrong with an answer by itself, "" if nothing.
func (s *state) fault(f submission.Field, v string) string {
	if v == "" {
		return ""
	}
	switch f {
	case submission.FieldFrom, submission.FieldTo:
		if _, err := submission.ParseAddress(v); err != nil {
			return s.t.notAnAddress()
		}
	case submission.FieldPreset:
		if _, err := s.known.Get(v); err != nil && v != OwnServer {
			return err.Error()
		}
	case submission.FieldPort:
		if _, err := submission.ParsePort(v); err != nil {
			return s.t.notAPort()
		}
	case submission.FieldSecurity:
		port, _ := strconv.Atoi(s.value(submission.FieldPort))
		if _, err := submission.ParseSecurity(v, port); err != nil {
			return err.Error()
		}
	case submission.FieldHost:
		if _, err := s.look().offer().HostOf(v); err != nil {
			return s.t.notAHost()
		}
	case submission.FieldUsername, DisplayName:
		if strings.ContainsFunc(v, isControl) || len(v) > 1024 {
			return s.t.notOneLine()
		}
	case submission.FieldHelo:
		if strings.ContainsFunc(v, func(r rune) bool { return r <= 0x20 || r >= 0x7f }) {
			return s.t.notAHeloName()
		}
	case submission.FieldProxy:
		if !isProxy(v) {
			return s.t.notAProxy()
		}
	case ProfileName:
		return s.nameFault(v)
	case SecretStore:
		if !slices.Contains([]string{StoreKeyring, StoreFile, StoreCommand, StoreNone}, v) {
			return s.t.notAStore()
		}
	}
	return ""
}

func isControl(r rune) bool { return r < 0x20 || r == 0x7f }

// isProxy: socks5://HOST:PORT, without a user or password in it.
func isProxy(v string) bool {
	rest, ok := strings.CutPrefix(strings.ToLower(v), "socks5://")
	if !ok {
		rest, ok = strings.CutPrefix(strings.ToLower(v), "socks5h://")
	}
	i := strings.LastIndexByte(rest, ':')
	if !ok || i < 0 {
		return false
	}
	_, wrongHost := submission.ParseHost(rest[:i])
	_, wrongPort := submission.ParsePort(rest[i+1:])
	return wrongHost == nil && wrongPort == nil
}

// nameFault says why a profile cannot have that name.
func (s *state) nameFault(name string) string {
	if wrong := s.checked(name); wrong != "" {
		return wrong
	}
	if name != s.given.Profile && slices.Contains(s.names(), name) {
		return s.t.nameTaken(name)
	}
	return ""
}
