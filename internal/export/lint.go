package export

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/preset"
)

// Finding is one thing in a configuration that cannot work, or not safely.
type Finding struct {
	Line int    `json:"line"` // from 1
	Text string `json:"text"` // never with a password
}

// ErrUnknownFile is a file of none of the kinds that Lint reads, or without
// settings of outgoing mail.
var ErrUnknownFile = errors.New("no settings of outgoing mail are in it that lint can read")

// MaxLint is how much of a file Lint reads, in bytes.
const MaxLint = 1 << 20

// Kinds are the files that Lint reads, for people.
func Kinds() []string {
	return []string{".env files", "Compose and other YAML files", "msmtprc", "main.cf of Postfix", "wp-config.php and PHPMailer",
		"Nodemailer", "Django settings", "app.ini of Gitea", "grafana.ini"}
}

// Reading is what a file says of outgoing mail.
type Reading struct {
	Accounts []Account // in the order of the file, one at least
	Findings []Finding // in the order of lines
}

// Lint reads another program's configuration and says what is wrong in it, in
// the order of lines. The kind of file is told by its name, else by what is in
// it. providers may be nil; then nothing is said of their rules. The error is
// ErrUnknownFile, maybe wrapped.
func Lint(name string, text []byte, providers *preset.Library) ([]Finding, error) {
	r, err := Read(name, text, providers)
	return r.Findings, err
}

// Read is Lint that returns the accounts too.
func Read(name string, text []byte, providers *preset.Library) (Reading, error) {
	if len(text) > MaxLint {
		return Reading{}, ErrUnknownFile
	}
	read := readerOf(name, string(text))
	if read == nil {
		return Reading{}, ErrUnknownFile
	}
	l := &linter{providers: providers, text: text}
	accounts := withServer(read(l, lines(string(text))))
	if l.broken != nil {
		return Reading{}, fmt.Errorf("%w: %w", ErrUnknownFile, l.broken)
	}
	if len(accounts) == 0 {
		return Reading{}, ErrUnknownFile
	}
	var r Reading
	for _, a := range accounts {
		l.judge(a)
		r.Accounts = append(r.Accounts, a.exported())
	}
	slices.SortStableFunc(l.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Text, b.Text))
	})
	r.Findings = slices.Compact(l.findings)
	return r, nil
}

// reader finds the accounts that a kind of file describes, and notes what is
// wrong with how it is written.
type reader func(*linter, []line) []*account

type linter struct {
	providers *preset.Library
	hosts     map[string][]submitter // filled in by submitters
	text      []byte                 // the whole file
	broken    error                  // where it cannot be read at all
	findings  []Finding
}

func (l *linter) find(at int, text string) {
	if at > 0 {
		l.findings = append(l.findings, Finding{at, text})
	}
}

// line is one of a file, without its end.
type line struct {
	number int
	text   string
}

func lines(text string) []line {
	var out []line
	for i, t := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		out = append(out, line{i + 1, strings.TrimSuffix(t, "\r")})
	}
	return out
}

// scan reads a file line by line: read finds the settings that stand in one.
// Lines that are comments from their first character on are passed over.
func scan(all []line, comments string, read func(line) []setting) []setting {
	var found []setting
	for _, at := range all {
		text := strings.TrimSpace(at.text)
		if text != "" && !strings.ContainsAny(text[:1], comments) {
			found = append(found, read(at)...)
		}
	}
	return found
}

// withServer drops what names no server: settings that only look alike.
func withServer(all []*account) []*account {
	return slices.DeleteFunc(all, func(a *account) bool {
		return a.host.line == 0 && a.port.line == 0 && a.security.line == 0
	})
}

// readerOf tells the kind of a file.
func readerOf(name, text string) reader {
	base := strings.ToLower(path.Base(strings.ReplaceAll(name, `\`, "/")))
	switch ext := path.Ext(base); {
	case base == ".env" || strings.HasPrefix(base, ".env.") || ext == ".env":
		return readEnv
	case strings.HasSuffix(base, "msmtprc"):
		return readMsmtp
	case base == "main.cf":
		return readPostfix
	case ext == ".yml" || ext == ".yaml":
		return readYAML
	case ext == ".ini":
		return readINI
	case ext == ".php":
		return readPHP
	case ext == ".py":
		return readDjango
	case ext == ".js" || ext == ".cjs" || ext == ".mjs" || ext == ".ts":
		return readNodemailer
	}
	for _, kind := range []struct {
		sign *regexp.Regexp
		read reader
	}{
		{regexp.MustCompile(`(?m)^\s*relayhost\s*=`), readPostfix},
		{regexp.MustCompile(`(?m)^<\?php`), readPHP},
		{regexp.MustCompile(`createTransport\s*\(`), readNodemailer},
		{regexp.MustCompile(`(?mi)^\s*\[(mailer|smtp)\]\s*$`), readINI},
		{regexp.MustCompile(`(?m)^EMAIL_(HOST|PORT|USE_TLS|USE_SSL)\s*=`), readDjango},
		{regexp.MustCompile(`(?m)^\s*(services|environment|smtp_smarthost|kind)\s*:`), readYAML},
		{regexp.MustCompile(`(?m)^account\s+\S+(.|\n)*^host\s+\S`), readMsmtp},
		{regexp.MustCompile(`(?m)^(export )?[A-Z][A-Z0-9_]*=`), readEnv},
	} {
		if kind.sign.MatchString(text) {
			return kind.read
		}
	}
	return nil
}
