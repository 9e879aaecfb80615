package export

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Account is one way to send that a file describes, as its program would take it.
type Account struct {
	Name      string            // in the file: an account of msmtp, a service of Compose; "" where it has none
	Line      int               // where it begins
	Values    map[string]Value  // by the flag of smtpwiz test that says the same: host, port, security, username, from, …
	Password  submission.Secret // as it stands in the file
	Elsewhere []Elsewhere       // what the file does not say itself
}

// Value is one setting, and where it stands.
type Value struct {
	Text string
	Line int
}

// Elsewhere is a setting that the file takes from somewhere else, which was
// not looked at.
type Elsewhere struct {
	Flag string // of smtpwiz test, or "password"
	Line int
	From string // "a variable", "the command pass", "the file /run/secrets/x"
}

// role is what a setting is for.
type role int

const (
	noRole role = iota
	roleHost
	rolePort
	roleUser
	rolePassword
	rolePasswordCommand
	rolePasswordFile
	roleFrom
	roleSecurity
	roleURL
	roleMechanism
	roleCAFile
	roleFingerprint
	roleHelo
	roleUnchecked // certificates are not checked
)

// account is what a file says of one way to send.
type account struct {
	name                             string
	host, port, user, password, from setting
	security                         setting // what says it, or should
	mechanism, caFile                setting
	fingerprint, helo                setting
	passwordCommand, passwordFile    setting

	means   submission.Security // what the program will do, "" where that is not told
	instead string              // the value of security that is right for the port as it is
	missing string              // what is missing where security was not said
	unsaid  int                 // the port that the program takes where the file says none; 0 where nobody knows
}

// setting is one value, and where it stands. line is 0 where there is none.
type setting struct {
	line    int
	name    string // its key
	shown   string // as it stands in the file, "secure: true"; of a password its key alone
	value   string
	literal bool   // not a variable, whose value nobody knows here
	quoted  bool   // it is a text
	path    string // what it belongs to in the file
}

// key is the setting's name as it stands in the file.
func (s setting) key() string {
	if end := strings.IndexAny(s.shown, " :=,"); end > 0 {
		return s.shown[:end]
	}
	return s.shown
}

func (s setting) known() bool { return s.line > 0 && s.literal && s.value != "" }

// field is where a setting of that role goes, nil where an account has no such.
func (a *account) field(r role) *setting {
	switch r {
	case roleHost:
		return &a.host
	case rolePort:
		return &a.port
	case roleUser:
		return &a.user
	case rolePassword:
		return &a.password
	case rolePasswordCommand:
		return &a.passwordCommand
	case rolePasswordFile:
		return &a.passwordFile
	case roleFrom:
		return &a.from
	case roleMechanism:
		return &a.mechanism
	case roleCAFile:
		return &a.caFile
	case roleFingerprint:
		return &a.fingerprint
	case roleHelo:
		return &a.helo
	}
	return nil
}

// take keeps a setting for what it is.
func (a *account) take(r role, s setting) {
	if r == rolePassword {
		s.shown = s.key()
	}
	if into := a.field(r); into != nil {
		*into = s
	}
}

// line is where the account begins.
func (a *account) line() int {
	first := 0
	for r := roleHost; r <= roleHelo; r++ {
		if into := a.field(r); into != nil && into.line > 0 && (first == 0 || into.line < first) {
			first = into.line
		}
	}
	return first
}

// exported is the account for those who want to try it.
func (a *account) exported() Account {
	out := Account{Name: a.name, Line: a.line(), Values: map[string]Value{}}
	for flag, s := range map[string]setting{
		"host": a.host, "port": a.port, "username": a.user, "from": a.from, "auth": a.mechanism,
		"ca-file": a.caFile, "tls-fingerprint": a.fingerprint, "helo": a.helo,
	} {
		switch {
		case s.known():
			out.Values[flag] = Value{s.value, s.line}
		case s.line > 0 && !s.literal && flag == "username" && a.passwordFile.line == s.line: // Postfix's table has both
			out.Elsewhere = append(out.Elsewhere, Elsewhere{flag, s.line, "the file " + a.passwordFile.value})
		case s.line > 0 && !s.literal:
			out.Elsewhere = append(out.Elsewhere, Elsewhere{flag, s.line, "a variable"})
		}
	}
	a.exportPassword(&out)
	slices.SortFunc(out.Elsewhere, func(a, b Elsewhere) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Flag, b.Flag))
	})
	if a.port.line == 0 && a.unsaid > 0 {
		out.Values["port"] = Value{strconv.Itoa(a.unsaid), a.line()}
	}
	if a.means != "" {
		out.Values["security"] = Value{string(a.means), max(a.security.line, a.port.line, a.host.line)}
	}
	if _, err := submission.ParseAddress(out.Values["from"].Text); err != nil {
		delete(out.Values, "from") // a user name will do better than what is no address
	}
	return out
}

func (a *account) exportPassword(out *Account) {
	elsewhere := func(s setting, from string) {
		out.Elsewhere = append(out.Elsewhere, Elsewhere{"password", s.line, from})
	}
	switch {
	case a.password.known():
		out.Password = submission.NewSecret(a.password.value)
	case a.passwordCommand.line > 0:
		elsewhere(a.passwordCommand, "the command "+programOf(a.passwordCommand.value))
	case a.passwordFile.line > 0:
		elsewhere(a.passwordFile, "the file "+a.passwordFile.value)
	case a.password.line > 0:
		elsewhere(a.password, "a variable")
	}
}

// programOf is the name of the program of a command line, the rest of which
// may be secret.
func programOf(command string) string {
	words := strings.Fields(command)
	if len(words) == 0 || strings.ContainsAny(words[0], "=$`'\"(){};|&<>") {
		return "in it"
	}
	return filepath.Base(words[0])
}

// String is how a person finds the account in its file.
func (a Account) String() string {
	if a.Name == "" {
		return fmt.Sprintf("that of line %d", a.Line)
	}
	return a.Name
}
