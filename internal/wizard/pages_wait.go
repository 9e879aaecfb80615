package wizard

import (
	"regexp"
	"strconv"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Providers lock out who guesses: after so many refusals in a row a pause goes
// before the next try. Proton Mail Bridge refuses everything for 20 s after three.
const (
	mostRefusals = 3
	pause        = 20 * time.Second
)

// A server that wants to be asked again later often says when. Where it does
// not, usualDelay is what most greylisting waits for (RFC 6647 section 5 has up
// to five minutes); for longer than longestDelay nobody sits in front of a page.
const (
	usualDelay   = 5 * time.Minute
	longestDelay = time.Hour
)

const waitKey = "wait"

// waitStep counts down to the next try, which can be had sooner.
func waitStep() step {
	return step{
		key:     waitKey,
		strict:  true,
		passing: true,
		needs:   func(s *state) bool { return s.canAsk && s.wantsTry() && s.waiting() },
		page: func(s *state) Page {
			why := s.t.waitForServer()
			if s.refusals >= mostRefusals {
				why = s.t.waitForLock(s.refusals)
			}
			return Page{
				Title: s.t.waitTitle(), Blocks: []Block{{Plain, why}}, Until: s.notBefore, Next: s.t.tryNow(),
				Actions: []Action{{Key: "stop", Label: s.t.stopWaiting(), Letter: "s"}},
			}
		},
		take: func(s *state, _ Answer) string { s.notBefore = time.Time{}; return "" },
		act: func(s *state, _ string) {
			if len(s.history) == 0 { // all was given beforehand
				s.reopenLogin()
			}
			s.back(waitKey)
		},
	}
}

func (s *state) waiting() bool { return s.now().Before(s.notBefore) }

// wait makes the next try wait.
func (s *state) wait(d time.Duration) {
	s.notBefore = s.now().Add(d)
	s.untry()
}

// delay is how long to wait before the same may pass, zero where waiting does
// not help or takes too long.
func (s *state) delay() time.Duration {
	switch s.diagnosis.Cause {
	case submission.Greylisted, submission.RateLimited:
	default:
		return 0
	}
	switch d := delayNamed(s.diagnosis.Evidence); {
	case d == 0:
		return usualDelay
	case d > longestDelay:
		return 0
	default:
		return d
	}
}

// delayNamed reads when to come again out of a server's words: "Greylisted for
// 300 seconds", "come back in 00:05:00". Zero where it does not tell.
func delayNamed(text string) time.Duration {
	inWords := regexp.MustCompile(`(?i)\b(\d{1,6}) ?(s|secs?|seconds?|mins?|minutes?|hours?)\b`)
	onClock := regexp.MustCompile(`\bin (\d{1,2}):(\d\d):(\d\d)\b`)
	if m := onClock.FindStringSubmatch(text); m != nil {
		return times(m[1], time.Hour) + times(m[2], time.Minute) + times(m[3], time.Second)
	}
	m := inWords.FindStringSubmatch(text)
	if m == nil {
		return 0
	}
	switch m[2][0] | 0x20 { // in lower case
	case 'h':
		return times(m[1], time.Hour)
	case 'm':
		return times(m[1], time.Minute)
	}
	return times(m[1], time.Second)
}

func times(digits string, unit time.Duration) time.Duration {
	n, _ := strconv.Atoi(digits)
	return time.Duration(n) * unit
}
