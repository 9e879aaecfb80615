package wizard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/diagnose"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

type answers = map[submission.Field]string

// TestGiven: what flags say is not asked, and where nobody can be asked what is
// missing is named.
func TestGiven(t *testing.T) {
	t.Parallel()
	secret := submission.NewSecret(marker)
	all := answers{"from": "you@example.com", "preset": "gandi", "name": "home", "secret-store": "keyring"}
	for name, w := range map[string]walk{
		"everything by flags asks nothing": {
			given: Given{Answers: all, Password: secret}, tries: []outcome{passes()},
			account: "home: you@example.com at mail.gandi.net:465 ssl as you@example.com in keyring",
		},
		"also without a terminal": {
			given: Given{Answers: all, Password: secret}, mute: true, tries: []outcome{passes()},
			account: "home: you@example.com at mail.gandi.net:465 ssl as you@example.com in keyring",
		},
		"--yes fills the rest": {
			given: Given{Answers: answers{"from": "you@example.com"}, Password: secret, Yes: true}, mute: true, dns: atZoho, tries: []outcome{passes()},
			account: "example: you@example.com at smtppro.zoho.eu:465 ssl as you@example.com in keyring",
		},
		"--yes takes the preset's defaults": {
			given: Given{Answers: answers{"from": "you@example.com"}, Password: secret, Yes: true}, mute: true, dns: atOVH, tries: []outcome{passes()},
			account: "example: you@example.com at ssl0.ovh.net:465 ssl as you@example.com in keyring",
		},
		"--yes in a terminal still needs a password": {
			given: Given{Answers: answers{"from": "you@gmail.com"}, Yes: true}, dns: atGmail, tries: []outcome{passes()},
			turns:   []turn{{page: "login", secrets: typed(bare)}},
			account: "gmail: you@gmail.com at smtp.gmail.com:465 ssl as you@gmail.com in keyring",
		},
		"--yes, and a failure while somebody is there": {
			given: Given{Answers: answers{"from": "you@gmail.com"}, Yes: true}, dns: atGmail,
			tries:   []outcome{refused(report.Auth, 535, "5.7.8", "BadCredentials"), passes()},
			turns:   []turn{{page: "login", secrets: typed(bare)}, {page: "failed"}, {page: "login", secrets: typed(bare)}},
			account: "gmail: you@gmail.com at smtp.gmail.com:465 ssl as you@gmail.com in keyring",
		},
		"a port that is given stays while the provider is asked": {
			given: Given{Answers: answers{"port": "587"}}, dns: nothing, tries: []outcome{passes()},
			turns: []turn{
				address("you@example.com"), {page: "provider", texts: map[string]string{"preset": "gandi"}},
				{page: "login", secrets: typed(marker)}, {page: "save"},
			},
			account: "example: you@example.com at mail.gandi.net:587 starttls as you@example.com in keyring",
		},
		"names and words as people spell them": {
			given: Given{Answers: answers{"from": "you@example.com", "preset": "Zoho", "region": "COM.AU", "security": "TLS", "port": "587", "auth": "login"}, Password: secret},
			tries: []outcome{refused(report.Auth, 535, "", "Authentication Failed"), passes()},
			turns: []turn{
				{page: "failed", do: "more"},
				{page: "change", says: []string{"[zoho]", "Region [au]", "[starttls]", "[LOGIN]"}}, {page: "failed", do: "again"}, {page: "save"},
			},
			account: "example: you@example.com at smtp.zoho.com.au:587 starttls as you@example.com in keyring",
		},
		"the server is that of the mailbox, whoever the sender is": {
			given: Given{Answers: answers{"username": "you@gmail.com", "from": "me@example.com", "name": "n", "secret-store": "none"}, Password: secret},
			mute:  true, dns: atGmail, tries: []outcome{passes()},
			account: "n: you@gmail.com at smtp.gmail.com:465 ssl as me@example.com in none",
		},
		"a profile again, as it is": {
			given: Given{Profile: "work", Yes: true, Kept: secret, Defaults: answers{"from": "you@example.com", "preset": "gandi", "secret-store": "none"}},
			names: []string{"work"}, mute: true, tries: []outcome{passes()},
			account: "work: you@example.com at mail.gandi.net:465 ssl as you@example.com in none",
		},
		"the user name is the address": {
			given: Given{Answers: answers{"username": "you@example.com", "host": "mail.example.com", "port": "587", "name": "n", "secret-store": "none"}, Password: secret}, mute: true, tries: []outcome{passes()},
			account: "n: you@example.com at mail.example.com:587 starttls as you@example.com in none",
		},
		"a grouped password from a flag is ungrouped": {
			given: Given{Answers: answers{"from": "you@gmail.com"}, Password: submission.NewSecret("abcd efgh ijkl mnop"), Yes: true}, mute: true, dns: atGmail, tries: []outcome{passes()},
			account: "gmail: you@gmail.com at smtp.gmail.com:465 ssl as you@gmail.com in keyring",
		},
		"nothing given": {
			mute: true, status: 2, err: "answers are missing: EMAIL or --username; --password-stdin, --password-file, --password-command or SMTPWIZ_PASSWORD; --name; --secret-store",
		},
		"an address alone": {
			given: Given{Answers: answers{"from": "you@example.com"}}, dns: atOVH, mute: true, status: 2,
			err: "missing: --variant; --region; --password-stdin",
		},
		"an offer that needs a host": {
			given: Given{Answers: answers{"from": "you@example.com", "preset": "ovh", "variant": "pro"}, Password: secret, Yes: true}, dns: nothing, mute: true, status: 2, err: "missing: --host",
		},
		"--yes never confirms a host that only DNS names": {
			given: Given{Answers: answers{"from": "you@example.com"}, Password: secret, Yes: true}, dns: bySRV, mute: true, status: 2, err: "missing: --host",
		},
		"--yes never trusts a certificate": {
			given: Given{Answers: answers{"from": "you@proton.me"}, Password: secret, Yes: true}, dns: atProton, mute: true, status: 2, err: "missing: --tls-fingerprint",
			bridge: []Bridge{{Endpoint: submission.Endpoint{Host: "127.0.0.1", Port: 1025, Security: submission.STARTTLS}, Certificate: &report.Certificate{SHA256: "00"}}},
		},
		"--yes without a keyring": {
			given: Given{Answers: answers{"from": "you@gmail.com"}, Password: secret, Yes: true}, dns: atGmail, offers: noKeyring, mute: true, status: 2, err: "missing: --secret-store",
			hint: "no D-Bus session, normal over ssh. So say where the password rests: --secret-store file (encrypted), command (yours prints it), or none (given each time)",
		},
		"a keyring that is not there": {
			given: Given{Answers: all, Password: secret}, offers: noKeyring, mute: true, status: 2, err: "no D-Bus session",
		},
		"a file without its passphrase": {
			given: Given{Answers: answers{"from": "you@gmail.com", "secret-store": "file"}, Password: secret, Yes: true}, dns: atGmail, offers: noKeyring, mute: true, status: 2, err: "SMTPWIZ_PASSPHRASE",
		},
		"a file with it": {
			given: Given{Answers: answers{"from": "you@gmail.com", "secret-store": "file"}, Password: secret, Yes: true}, dns: atGmail, mute: true, tries: []outcome{passes()},
			offers:  []StoreOffer{{Store: StoreFile, Usable: true, Unlock: ByPassphrase, Open: true}},
			account: "gmail: you@gmail.com at smtp.gmail.com:465 ssl as you@gmail.com in file passphrase",
		},
		"a command": {
			given: Given{Answers: answers{"from": "you@gmail.com", "secret-store": "command", "password-command": "pass show x"}, Password: secret, Yes: true}, dns: atGmail, mute: true, tries: []outcome{passes()},
			account: "gmail: you@gmail.com at smtp.gmail.com:465 ssl as you@gmail.com in command",
		},
		"a refusal saves nothing": {
			given: Given{Answers: all, Password: secret}, mute: true, tries: []outcome{refused(report.Auth, 535, "5.7.8", "no")}, status: 7,
		},
		"unless told to": {
			given: Given{Answers: all, Password: secret, SaveUntested: true}, mute: true, tries: []outcome{refused(report.Mail, 553, "", "no")}, status: 8,
			account: "home: you@example.com at mail.gandi.net:465 ssl, mail.gandi.net:587 starttls as you@example.com in keyring untested",
		},
		"a name that is taken": {
			given: Given{Answers: all, Password: secret}, mute: true, names: []string{"home"}, status: 2, err: "There is a profile home already",
		},
		"not an address":      {given: Given{Answers: answers{"from": "you"}}, status: 2, err: "--from: An address has the form"},
		"no such preset":      {given: Given{Answers: answers{"preset": "gmial"}}, status: 2, err: `did you mean "gmail"?`},
		"no such region":      {given: Given{Answers: answers{"preset": "zoho", "region": "mars"}}, status: 2, err: "mars"},
		"tls without a port":  {given: Given{Answers: answers{"host": "mail.example.com", "security": "tls"}}, status: 2, err: "tls"},
		"a password in clear": {given: Given{Answers: answers{"host": "mail.example.com", "security": "none", "port": "25"}}, status: 2, err: "in clear"},
		"no proxy":            {given: Given{Answers: answers{"proxy": "http://127.0.0.1:1"}}, status: 2, err: "socks5"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w.run(t)
		})
	}
}

// TestPassword: what was typed, and what is asked about it before it is sent.
func TestPassword(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		typed string
		turns []turn
		sent  string
	}{
		"as it should be":         {bare, nil, bare},
		"in groups":               {"abcd efgh ijkl mnop", nil, bare},
		"with any Unicode space":  {"abcd\u2009efgh\u3000ijkl\u00a0mnop\n", nil, bare},
		"a line end behind":       {marker + "\n", []turn{{page: "doubt", says: []string{"begins or ends with a space", "[enter] leave them out"}}, {page: "doubt", says: []string{"has 16 letters"}, do: "anyway"}}, marker},
		"a space before, kept":    {" " + marker, []turn{{page: "doubt", do: "anyway"}, {page: "doubt", do: "anyway"}}, " " + marker},
		"a space, typed again":    {" x", []turn{{page: "doubt", do: "again"}, {page: "login", secrets: typed(bare)}}, bare},
		"two lines":               {"abcd\nefgh", []turn{{page: "doubt", says: []string{"a line end in the middle"}}, {page: "login", secrets: typed(bare)}}, bare},
		"the user name":           {"You@gmail.com", []turn{{page: "doubt", says: []string{"not a password"}}, {page: "login", secrets: typed(bare)}}, bare},
		"a key":                   {"-----BEGIN PRIVATE KEY-----", []turn{{page: "doubt", says: []string{"a key or a link"}}, {page: "login", secrets: typed(bare)}}, bare},
		"a link to make codes":    {"otpauth://totp/x?secret=y", []turn{{page: "doubt", says: []string{"a key or a link"}}, {page: "login", secrets: typed(bare)}}, bare},
		"a code":                  {"123456", []turn{{page: "doubt", says: []string{"six digits"}}, {page: "login", secrets: typed(bare)}}, bare},
		"not ASCII":               {"pässword", []turn{{page: "doubt", do: "anyway"}, {page: "doubt", says: []string{"outside ASCII"}, do: "anyway"}}, "pässword"},
		"not sixteen letters":     {"short", []turn{{page: "doubt", says: []string{"A Google app password has 16 letters.", "5 characters were received"}}, {page: "login", secrets: typed(bare)}}, bare},
		"doubted again, left out": {"short", []turn{{page: "doubt", do: "back"}, {page: "login", secrets: typed(bare)}}, bare},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			turns := append([]turn{address("you@gmail.com"), {page: "login", secrets: typed(tt.typed)}}, tt.turns...)
			got := walk{
				dns: atGmail, tries: []outcome{passes()}, turns: append(turns, turn{page: "save"}),
				account: "gmail: you@gmail.com at smtp.gmail.com:465 ssl as you@gmail.com in keyring",
			}.run(t)
			if sent := got.keeper.saved[0].Account.Password.Reveal(); sent != tt.sent {
				t.Errorf("%q was sent, want %q", sent, tt.sent)
			}
			if tried := got.server.tried[0].Account.Password.Reveal(); tried != tt.sent {
				t.Errorf("%q was tried, want %q", tried, tt.sent)
			}
		})
	}
}

// What a flag gave is tried as it is; where nobody can be asked, a slip is told.
func TestSlipsAreToldAlone(t *testing.T) {
	t.Parallel()
	for password, says := range map[string]string{
		marker + " ":         "begins or ends with a space or line end. The password is tried as it was given.",
		marker + "\n" + bare: "has a line end in the middle. The password",
		marker:               "A Google app password has 16 letters. The password of your Google account is always refused. The password is tried",
		bare:                 "",
	} {
		got := walk{
			given: Given{Answers: answers{"from": "you@gmail.com", "secret-store": "none"}, Password: submission.NewSecret(password), Yes: true},
			mute:  true, dns: atGmail, tries: []outcome{passes()},
			account: "gmail: you@gmail.com at smtp.gmail.com:465 ssl as you@gmail.com in none",
		}.run(t)
		if all := textOf(Page{Blocks: got.told}); !strings.Contains(all, says) || (says == "") == strings.Contains(all, "as it was given") {
			t.Errorf("of %d characters it tells\n%s", len(password), all)
		}
		if sent := got.server.tried[0].Account.Password.Reveal(); sent != password {
			t.Errorf("%q was tried", sent)
		}
	}
}

// What a password should look like is said with the article that its name takes.
func TestShapeInWords(t *testing.T) {
	t.Parallel()
	for label, want := range map[string]string{
		"Google app password": "A Google app password has 16 letters. No.", "app-specific password from Apple": "An app-specific password from Apple has 16 letters. No.",
	} {
		if got := (texts{}).doubtShape(label, 16, "letters", "No."); got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
}

// So it is with a slip in the address, which is never changed without a word.
func TestSlipInTheAddressIsToldAlone(t *testing.T) {
	t.Parallel()
	meant := map[string]Found{"gmail.co": {Suggestion: "gmail.com", DomainMissing: true}}
	given := Given{Answers: answers{"from": "you@gmail.co", "secret-store": "none"}, Password: submission.NewSecret(bare), Yes: true}
	walk{given: given, mute: true, dns: meant, status: 2, err: "missing: --preset or --host"}.run(t)
	deps := Deps{Prompter: &person{t: t}, Keeper: &keeper{}, Finder: &dns{says: meant}, Library: library(), Now: time.Now}
	var wrong *UsageError
	if _, err := New(deps, given).Run(t.Context()); !errors.As(err, &wrong) || wrong.Hint != "Did you mean you@gmail.com?" {
		t.Errorf("the error is %v, its hint %+v", err, wrong)
	}
}

func TestUngroupedIsSaid(t *testing.T) {
	t.Parallel()
	got := walk{
		dns: atGmail, tries: []outcome{passes()},
		turns:   []turn{address("you@gmail.com"), {page: "login", secrets: typed(grouped)}, {page: "save"}},
		account: "gmail: you@gmail.com at smtp.gmail.com:465 ssl as you@gmail.com in keyring",
	}.run(t)
	if title := got.titles[0]; len(title) > 2*40 || !strings.Contains(title, "without its spaces") {
		t.Errorf("the try is called %q", title)
	}
	shape := got.seen[1].Questions[0].Shape
	for typed, want := range map[string]string{
		grouped: "Without the spaces between the groups: 16 characters.", bare: "", "abcd efgh": "", marker: "",
	} {
		if told := shape(typed); told != want {
			t.Errorf("of %d characters it tells %q, not %q", len(typed), told, want)
		}
	}
}

// TestMissingDomain: an address of the command line is asked for again where its
// domain does not exist, and what is said instead is the user name too.
func TestMissingDomain(t *testing.T) {
	t.Parallel()
	given := Given{Answers: answers{"from": "you@exmaple.org", "username": "you@exmaple.org"}}
	dns := map[string]Found{"exmaple.org": {DomainMissing: true}, "example.com": atZoho["example.com"]}
	told := turn{page: "address", says: []string{"DNS knows no domain exmaple.org", "[you@exmaple.org]"}}
	mended := told
	mended.texts = map[string]string{"from": "you@example.com"}
	walk{
		given: given, dns: dns, tries: []outcome{passes()},
		turns:   []turn{mended, {page: "login", says: []string{"Log in and send as you@example.com."}, secrets: typed(marker)}, {page: "save"}},
		account: "example: you@example.com at smtppro.zoho.eu:465 ssl as you@example.com in keyring",
	}.run(t)
	walk{
		given: given, dns: dns, tries: []outcome{passes()},
		turns: []turn{
			told, {page: "provider", do: "back"}, {page: "address"}, {page: "provider", texts: map[string]string{"preset": "gandi"}},
			{page: "login", secrets: typed(marker)}, {page: "save"},
		},
		account: "exmaple: you@exmaple.org at mail.gandi.net:465 ssl as you@exmaple.org in keyring",
	}.run(t)
	given.Yes = true
	walk{given: given, dns: dns, status: report.ExitInterrupted, err: "aborted", turns: []turn{{page: "provider", err: ErrAborted}}}.run(t)
}

// TestOneCharacter: one is not several.
func TestOneCharacter(t *testing.T) {
	t.Parallel()
	walk{
		dns: atZoho, tries: []outcome{refused(report.Auth, 535, "", "no")}, status: report.ExitInterrupted, err: "aborted",
		turns: []turn{
			address("you@example.com"), {page: "login", secrets: typed("x")}, {page: "failed"},
			{page: "login", says: []string{"the 1 character typed before"}, err: ErrAborted},
		},
	}.run(t)
}

// TestRefusedInARow: from the third refusal on, the next try waits on a page
// that counts down; a key tries at once.
func TestRefusedInARow(t *testing.T) {
	t.Parallel()
	no := refused(report.Auth, 454, "4.7.0", "invalid username or password")
	again := []turn{{page: "failed"}, {page: "login", secrets: typed(marker)}}
	turns := []turn{address("you@example.com"), {page: "provider", texts: map[string]string{"preset": "gandi"}}, {page: "login", secrets: typed(marker)}}
	turns = slices.Concat(turns, again, again, []turn{
		{page: "failed", says: []string{"3 logins in a row were refused. The next try waits 20 seconds"}},
		{page: "login", secrets: typed(marker)},
		{page: "wait", says: []string{"3 logins in a row", "[enter] try now", "[s] stop waiting"}, do: "stop"},
		{page: "login", secrets: typed(marker)}, {page: "wait", do: "back"}, {page: "login", secrets: typed(marker)},
		{page: "wait"}, {page: "save"},
	})
	got := walk{
		dns: nothing, tries: []outcome{no, no, no, passes()}, turns: turns,
		account: "example: you@example.com at mail.gandi.net:465 ssl as you@example.com in keyring",
	}.run(t)
	for _, p := range got.seen {
		if want := map[bool]time.Time{true: noon.Add(pause)}[p.Key == waitKey]; p.Until != want {
			t.Errorf("the page %q goes on at %v, want %v", p.Key, p.Until, want)
		}
	}
}

// TestWaitAsAsked: a server that wants to be asked again later gets the time that
// it names, and going back from the wait leads to what it said.
func TestWaitAsAsked(t *testing.T) {
	t.Parallel()
	later := refused(report.Rcpt, 450, "4.2.0", "<you@example.com>: Recipient address rejected: Greylisted for 300 seconds")
	got := walk{
		dns: nothing, tries: []outcome{later, later, passes()},
		turns: []turn{
			address("you@example.com"), {page: "provider", texts: map[string]string{"preset": "gandi"}}, {page: "login", secrets: typed(marker)},
			{page: "failed", says: []string{"[enter] wait 5 minutes, then try again", "[a] try again at once"}},
			{page: "wait", says: []string{"The server wants to be asked again later"}, do: "stop"},
			{page: "failed", hides: []string{"in a row"}, do: "again"},
			{page: "failed"}, {page: "wait"}, {page: "save"},
		},
		account: "example: you@example.com at mail.gandi.net:465 ssl as you@example.com in keyring",
	}.run(t)
	for _, p := range got.seen {
		if want := map[bool]time.Time{true: noon.Add(5 * time.Minute)}[p.Key == waitKey]; p.Until != want {
			t.Errorf("the page %q goes on at %v, want %v", p.Key, p.Until, want)
		}
	}
}

// TestStopWaitingWhereAllWasGiven: there is no page to go back to, and still a way.
func TestStopWaitingWhereAllWasGiven(t *testing.T) {
	t.Parallel()
	no := refused(report.Auth, 454, "4.7.0", "invalid username or password")
	walk{
		given:  Given{Answers: answers{"from": "you@example.com", "preset": "gandi"}, Password: submission.NewSecret(marker)},
		tries:  []outcome{no, no, no},
		status: report.ExitInterrupted, err: "aborted",
		turns: []turn{
			{page: "failed", do: "again"}, {page: "failed", do: "again"}, {page: "failed", do: "again"},
			{page: "wait", do: "stop"}, {page: "login", err: ErrAborted},
		},
	}.run(t)
}

// TestDelay: how long a server wants to be left alone, in its own words.
func TestDelay(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"450 4.2.0 <you@example.com>: Greylisted for 300 seconds":           5 * time.Minute,
		"451 4.7.1 Greylisting in action, please come back in 00:10:05":     10*time.Minute + 5*time.Second,
		"451 4.7.1 Greylisted, try again in 7 minutes":                      7 * time.Minute,
		"450 4.7.1 greylisted. Retry in 90s":                                90 * time.Second,
		"450 4.2.0 Greylisted, please try again later":                      usualDelay,
		"450 4.2.0 Greylisted 192.0.2.1 Sun, 22 Nov 2026 23:18:55 +0000":    usualDelay,
		"450 4.2.0 Greylisted for 0 seconds":                                usualDelay,
		"450 4.2.0 Greylisted, try again in 4 hours":                        0,
		"450 4.2.0 Greylisted for 99999999999999999999999999999999 seconds": usualDelay,
	} {
		for _, cause := range []submission.Cause{submission.Greylisted, submission.RateLimited} {
			s := &state{diagnosis: &diagnose.Diagnosis{Cause: cause, Evidence: text}}
			if got := s.delay(); got != want {
				t.Errorf("%s, %q: %v, want %v", cause, text, got, want)
			}
		}
		s := &state{diagnosis: &diagnose.Diagnosis{Cause: submission.QuotaExceeded, Evidence: text}}
		if got := s.delay(); got != 0 {
			t.Errorf("an allowance that is used up waits %v", got)
		}
	}
}

// longest is a walk that passes as many pages as one can, each answered once.
func longest() walk {
	return walk{
		dns: map[string]Found{"exampel.com": {}}, tries: []outcome{passes()}, offers: noKeyring,
		turns: []turn{
			{page: "address", texts: map[string]string{"from": "you@exampel.com", "display-name": "You"}},
			{page: "provider", texts: map[string]string{"preset": "ovh"}},
			{page: "variant", texts: map[string]string{"variant": "pro"}},
			{page: "host", texts: map[string]string{"host": "7"}},
			{page: "login", secrets: typed(marker)},
			{page: "unattended", texts: map[string]string{"unattended": "yes"}},
			{page: "place", texts: map[string]string{"place": "command"}},
			{page: "command", texts: map[string]string{"password-command": "show marker"}},
			{page: "save"},
		},
		account: "exampel: you@exampel.com at pro7.mail.ovh.net:587 starttls as you@exampel.com in command",
	}
}

// TestBackKeepsAnswers goes back from every page to the page before it, and
// forward again with Enter alone.
func TestBackKeepsAnswers(t *testing.T) {
	t.Parallel()
	plain := longest()
	plain.run(t)
	for i := 1; i < len(plain.turns); i++ {
		t.Run(plain.turns[i].page, func(t *testing.T) {
			t.Parallel()
			w := longest()
			there := w.turns[i]
			leave := turn{page: there.page, texts: there.texts, secrets: there.secrets, do: "back"}
			if there.page == "unattended" || there.page == "place" {
				leave.texts = nil
			}
			before := turn{page: w.turns[i-1].page}
			var turns []turn
			turns = append(turns, w.turns[:i]...)
			turns = append(turns, leave, before)
			if before.page == "login" {
				w.tries = append(w.tries, passes()) // moving on from there tries again
			}
			w.turns = append(turns, w.turns[i:]...)
			w.run(t)
		})
	}
}

// TestBackToTheBeginning leaves the last page for the first, page by page.
func TestBackToTheBeginning(t *testing.T) {
	t.Parallel()
	w := longest()
	forward := w.turns
	last := len(forward) - 1
	w.turns = slices.Clone(forward)
	w.turns[last].do = "back"
	for i := last - 1; i > 0; i-- {
		w.turns = append(w.turns, turn{page: forward[i].page, do: "back"})
	}
	w.turns = append(w.turns, turn{page: "address", says: []string{"[you@exampel.com]", "[You]"}, err: ErrAborted})
	w.status, w.err, w.account = report.ExitInterrupted, "aborted", ""
	w.run(t)
}

// TestEndAnywhere: Ctrl-C and the end of the input save nothing on any page.
func TestEndAnywhere(t *testing.T) {
	t.Parallel()
	for i, last := range longest().turns {
		for _, tt := range []struct {
			err    error
			status int
			text   string
		}{{ErrAborted, 130, "aborted"}, {context.Canceled, 130, "canceled"}, {io.EOF, 2, "answers ended"}} {
			t.Run(fmt.Sprintf("%s %v", last.page, tt.err), func(t *testing.T) {
				t.Parallel()
				w := longest()
				w.turns = w.turns[:i+1]
				w.turns[i].err = tt.err
				w.status, w.err, w.account = tt.status, tt.text, ""
				if i <= 4 {
					w.tries = nil
				}
				w.run(t)
			})
		}
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	k := &keeper{offers: keyring}
	out, err := New(Deps{Prompter: &person{t: t}, CanAsk: true, Keeper: k, Now: time.Now}, Given{}).Run(ctx)
	if !errors.Is(err, context.Canceled) || out.Status != 130 || len(k.saved) > 0 {
		t.Errorf("%+v, %v", out, err)
	}
}

// TestSavingFails: a wrong passphrase is asked again, and a store that fails
// can be left for another.
func TestSavingFails(t *testing.T) {
	t.Parallel()
	walk{
		dns: atGmail, tries: []outcome{passes()}, fails: []error{errors.New("wrong passphrase")},
		offers: []StoreOffer{{Store: StoreFile, Usable: true, Unlock: ByPassphrase}},
		turns: []turn{
			address("you@gmail.com"), {page: "login", secrets: typed(bare)}, {page: "unattended"},
			{page: "passphrase", secrets: map[string]string{"passphrase": "one"}}, {page: "save"},
			{page: "passphrase", says: []string{"It could not be saved: wrong passphrase."}, secrets: map[string]string{"passphrase": "two"}}, {page: "save"},
		},
		account: "gmail: you@gmail.com at smtp.gmail.com:465 ssl as you@gmail.com in file passphrase",
	}.run(t)
	walk{
		dns: atGmail, tries: []outcome{passes()}, fails: []error{errors.New("the keyring is locked")},
		turns: []turn{
			address("you@gmail.com"), {page: "login", secrets: typed(bare)}, {page: "save"},
			{page: "save", says: []string{"the keyring is locked"}, do: "change"},
			{page: "change", texts: map[string]string{"secret-store": "none"}}, {page: "save", says: []string{"without the password"}},
		},
		account: "gmail: you@gmail.com at smtp.gmail.com:465 ssl as you@gmail.com in none",
	}.run(t)
	walk{
		given: Given{Answers: answers{"from": "you@gmail.com"}, Password: submission.NewSecret(marker), Yes: true}, mute: true,
		dns: atGmail, tries: []outcome{passes()}, fails: []error{errors.New("the disk is full")}, status: 1, err: "the disk is full",
	}.run(t)
}

// TestSummary: settings, what was proven and what not, where it is, how to test
// it again, and what else is good to know.
func TestSummary(t *testing.T) {
	t.Parallel()
	got := walk{
		dns: atGmail, tries: []outcome{passes()},
		turns:   []turn{address("you@gmail.com"), {page: "login", secrets: typed(bare)}, {page: "save"}},
		account: "gmail: you@gmail.com at smtp.gmail.com:465 ssl as you@gmail.com in keyring",
	}.run(t)
	var text []string
	for _, b := range got.told {
		text = append(text, b.Text)
	}
	all := strings.Join(text, "\n")
	for _, want := range []string{
		"Saved as “gmail”, the default profile.", "card of smtp.gmail.com:465 ssl", "smtpwiz card gmail",
		"took a mail to you@gmail.com", "Not proven: that the mail arrived", "config.toml", "the keyring", "default profile", "smtpwiz test gmail",
		"doubles", "500 mails", "presets show gmail", "replaces any other one by your own", "login alerts", "2 January 2026",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("the summary does not say %q:\n%s", want, all)
		}
	}
	if in := got.keeper.saved[0].Incoming; len(in) != 2 {
		t.Errorf("%d incoming servers were saved", len(in))
	}
}

// A try that was told to stop before the test mail claims nothing of it.
func TestShorterChecks(t *testing.T) {
	t.Parallel()
	for check, proves := range map[report.Check]string{
		report.CheckConnect: "smtp.gmail.com answers as a mail server", report.CheckLogin: "smtp.gmail.com let you in",
		report.CheckSender: "smtp.gmail.com let you in, and let you begin a mail to you@gmail.com",
	} {
		t.Run(string(check), func(t *testing.T) {
			t.Parallel()
			stops := ends(report.Step{Stage: report.Quit, Status: report.OK}, func(r *report.Report) { r.Check, r.Subject = check, "" })
			got := walk{
				given: Given{Check: check}, dns: atGmail, tries: []outcome{stops},
				turns: []turn{
					address("you@gmail.com"), {page: "login", says: []string{"No mail is sent."}, hides: []string{"test mail"}, secrets: typed(bare)},
					{page: "save", hides: []string{"test mail"}},
				},
				account: "gmail: you@gmail.com at smtp.gmail.com:465 ssl as you@gmail.com in keyring",
			}.run(t)
			all := textOf(Page{Blocks: got.told})
			if !strings.Contains(all, "Proven: "+proves+".") || strings.Contains(all, "Look for") || strings.Contains(all, "took a mail") {
				t.Errorf("the summary says\n%s", all)
			}
		})
	}
}

// TestThreeScreens counts what setup asks when all goes well.
func TestThreeScreens(t *testing.T) {
	t.Parallel()
	got := walk{
		dns: atZoho, tries: []outcome{passes()},
		turns:   []turn{address("you@example.com"), {page: "login", secrets: typed(marker)}, {page: "save"}},
		account: "example: you@example.com at smtppro.zoho.eu:465 ssl as you@example.com in keyring",
	}.run(t)
	asked := 0
	for _, p := range got.seen {
		for _, q := range p.Questions {
			if !q.Optional {
				asked++
			}
		}
	}
	if len(got.seen) != 3 || asked != 2 {
		t.Errorf("%d screens with %d questions that must be answered", len(got.seen), asked)
	}
	if len(got.dns.asked) != 1 {
		t.Errorf("DNS was asked %d times", len(got.dns.asked))
	}
}

// checkPage: keys are distinct, choices hold their value and Enter is named.
func checkPage(t *testing.T, p Page) {
	t.Helper()
	letters, keys := map[string]bool{}, map[string]bool{}
	for _, a := range p.Actions {
		if a.Label == "" || len([]rune(a.Label)) > 40 || a.Letter == "" || letters[a.Letter] || keys[a.Key] {
			t.Errorf("page %q: the action %+v is not usable", p.Key, a)
		}
		letters[a.Letter], keys[a.Key] = true, true
	}
	for _, q := range p.Questions {
		if q.Label == "" || keys["?"+q.Key] {
			t.Errorf("page %q: the question %q is not usable", p.Key, q.Key)
		}
		keys["?"+q.Key] = true
		if q.Kind == Choice && !slices.ContainsFunc(q.Options, func(o Option) bool { return o.Value == q.Value }) {
			t.Errorf("page %q: %q is none of the options of %q", p.Key, q.Value, q.Key)
		}
	}
	if p.Title == "" || p.Focus != "" && !keys["?"+p.Focus] {
		t.Errorf("page %q: title %q, focus %q", p.Key, p.Title, p.Focus)
	}
	if len(p.Questions) == 0 && p.Next == "" {
		t.Errorf("page %q does not say what Enter does", p.Key)
	}
}
