// Package export takes an account's settings to other programs and back: Write
// makes another program's configuration of them, NewCard words them for people
// and their mail programs, Lint reads another program's configuration and says
// what cannot work in it.
//
// A format is one file in formats/: a head in TOML that says what it is, and a
// template that writes it, with the quoting of its program. A new format is a
// new file there.
//
// A password is written only if it is given; without it each format refers to
// where the program finds it (a command, a variable, a file), or leaves it out.
// The package reads no file, dials nothing and asks nobody.
package export

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Settings are what another program needs to submit mail.
type Settings struct {
	Name        string // of the profile or preset
	Endpoint    submission.Endpoint
	Username    string
	From        submission.Address
	DisplayName string
	Mechanism   string            // SASL mechanism that is forced or proven, "" to choose
	Password    submission.Secret // the zero value: by reference
	Command     string            // a command line that prints the password, "" for none
	CAFile      string            // PEM file to trust in place of the system's authorities
	Fingerprint string            // SHA-256 of the one certificate to trust, lower-case hex, "" for none
	ClientCert  string            // PEM file with the certificate to show the server
	ClientKey   string            // PEM file with its key, "" where that is the same file
	Proxy       string            // host:port of a SOCKS5 proxy, which resolves names
	Elsewhere   string            // host:port to connect to in place of the endpoint's, "" for that
	Incoming    []Incoming        // where the mail is read, preferred first
	Preset      *preset.Preset    // of the provider, filled in; nil without one
	File        string            // where the configuration is written, "" for its usual name
}

// Incoming is where mail is read.
type Incoming struct {
	Protocol preset.Protocol
	submission.Endpoint
	Username string
}

// File is one file that a format consists of.
type File struct {
	Name    string // what it is usually called
	Text    string
	Private bool // holds the password, or how to come by it
}

// Output is an account in the form of another program.
type Output struct {
	Files []File   // the configuration first
	Next  []string // two lines: where to put it, and how to go on
	Notes []string // what could not be written
}

// RefusedError says that a format cannot hold these settings, and why.
type RefusedError struct {
	Format string
	Why    string
	Hint   string // what to do, "" to take another format
}

func (e *RefusedError) Error() string { return fmt.Sprintf("%s: %s", e.Format, e.Why) }

// Write puts the settings into a format. The error is a *RefusedError where
// its program could not work with them.
func (f *Format) Write(s Settings) (Output, error) {
	if err := f.refusal(s); err != nil {
		return Output{}, err
	}
	s.File = cmp.Or(s.File, f.File)
	v := newValues(s)
	main, err := f.execute(f.Name, v)
	if err != nil {
		return Output{}, f.refused(err)
	}
	out := Output{Files: []File{{Name: f.File, Text: strings.TrimRight(main, "\n") + "\n", Private: s.Command != "" || f.SecretFile == "" && v.Password != ""}}}
	if f.SecretFile != "" && v.Password != "" {
		text, err := f.execute("secret", v)
		if err != nil {
			return Output{}, f.refused(err)
		}
		out.Files = append(out.Files, File{f.SecretFile, text, true})
	}
	if out.Notes, err = f.lost(s, main); err != nil {
		return Output{}, f.refused(err)
	}
	for i := range f.Next {
		line, err := f.execute(nextName(i), v)
		if err != nil {
			return Output{}, f.refused(err)
		}
		out.Next = append(out.Next, line)
	}
	return out, nil
}

// lost says which of the settings that not every program has a word for are not
// in the text: those without which it would be the same.
func (f *Format) lost(s Settings, text string) ([]string, error) {
	var notes []string
	for _, option := range []struct {
		value *string
		note  string
	}{
		{&s.CAFile, "the authority in %s is not written: the program, or its system, must be told to trust it"},
		{&s.Fingerprint, "the certificate's fingerprint, sha256:%s, is not written: the program checks the certificate in its own way"},
		{&s.ClientCert, "the client certificate in %s is not written: the program must be told of it in its own way"},
		{&s.Proxy, "the proxy %s is not written: the program must be told of it in its own way"},
		{&s.Elsewhere, "the way around, by %s, is not written: the program connects to the server's own name"},
	} {
		value := *option.value
		if value == "" {
			continue
		}
		*option.value = ""
		without, err := f.execute(f.Name, newValues(s))
		if err != nil {
			return nil, err
		}
		if without == text {
			notes = append(notes, fmt.Sprintf(option.note, value))
		}
		*option.value = value
	}
	return notes, nil
}

// refused finds the format's own words in what the template says of an error.
func (f *Format) refused(err error) error {
	var own *RefusedError
	if errors.As(err, &own) {
		own.Format = f.Name
		return own
	}
	return err
}

// refusal is what no template could do anything about.
func (f *Format) refusal(s Settings) error {
	refuse := func(why, hint string) error { return &RefusedError{f.Name, why, hint} }
	switch {
	case s.Username == "":
		return refuse("the settings have no user name", "add --username")
	case (s.Mechanism == "XOAUTH2" || s.Mechanism == "OAUTHBEARER" || s.Mechanism == "EXTERNAL") && !f.AnyLogin:
		return refuse(fmt.Sprintf("the login is by %s, and only that by password is written for this program", s.Mechanism), "")
	case !s.Password.IsZero() && f.NoPassword:
		return refuse("it holds no password", "leave --with-password out")
	}
	for _, text := range []string{s.Name, s.Endpoint.Host, s.Username, s.From.String(), s.DisplayName, s.Password.Reveal(), s.Command, s.CAFile, s.ClientCert, s.ClientKey} {
		if strings.ContainsFunc(text, unicode.IsControl) {
			return refuse("a line end or another control character stands in the settings", "take it out: no program's file could hold it")
		}
	}
	return nil
}

// values are the settings as templates see them.
type values struct {
	Settings
	Host     string
	Port     int
	From     string
	Address  string // host:port
	Password string // "" by reference
}

func newValues(s Settings) values {
	return values{s, s.Endpoint.Host, s.Endpoint.Port, s.From.String(), s.Endpoint.Address(), s.Password.Reveal()}
}

// SSL reports implicit TLS.
func (v values) SSL() bool { return v.Endpoint.Security == submission.SSL }

// STARTTLS reports a required upgrade.
func (v values) STARTTLS() bool { return v.Endpoint.Security == submission.STARTTLS }

// Security is ssl, starttls or none.
func (v values) Security() string { return string(v.Endpoint.Security) }

// Key is the file with the key of the client's certificate.
func (v values) Key() string { return cmp.Or(v.ClientKey, v.ClientCert) }

// Colons is the fingerprint as 01:23:45:….
func (v values) Colons() string {
	var pairs []string
	for pair := range slices.Chunk([]byte(v.Fingerprint), 2) {
		pairs = append(pairs, strings.ToUpper(string(pair)))
	}
	return strings.Join(pairs, ":")
}

// Dial is where to connect: the server, or what goes in its place.
func (v values) Dial() (part, error) { return partsOf(cmp.Or(v.Elsewhere, v.Address)) }

// Socks is the proxy.
func (v values) Socks() (part, error) { return partsOf(v.Proxy) }

// part is a host and a port that are written apart.
type part struct {
	Host string // an IPv6 address without brackets
	Port string
}

func partsOf(address string) (part, error) {
	i := strings.LastIndexByte(address, ':')
	if i < 0 {
		return part{}, fmt.Errorf("%q has no port", address)
	}
	return part{strings.Trim(address[:i], "[]"), address[i+1:]}, nil
}

// Sender is the From field of a mail (RFC 5322 section 3.4).
func (v values) Sender() string {
	if v.DisplayName == "" {
		return v.From
	}
	return phrase(v.DisplayName) + " <" + v.From + ">"
}

// phrase quotes a display name where it is more than words.
func phrase(name string) string {
	if !strings.ContainsAny(name, `()<>[]:;@\,."`) {
		return name
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
}

// Login is PLAIN, LOGIN or CRAM-MD5 where the program should use that one.
func (v values) Login() string {
	switch v.Mechanism {
	case "PLAIN", "LOGIN", "CRAM-MD5":
		return v.Mechanism
	}
	return ""
}

// Slug is the name in the letters that every program takes for a name.
func (v values) Slug() string {
	slug := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, v.Name)
	if slug = strings.Trim(slug, "-"); slug == "" {
		return "mail"
	}
	return slug
}

// Give is a shell's way to hand the password to a program by SMTP_PASSWORD.
func (v values) Give() string {
	if v.Command != "" {
		return `SMTP_PASSWORD="$(` + v.Command + `)"`
	}
	return ""
}

// Domain is that of the sender.
func (v values) Domain() string { return v.Settings.From.ASCIIDomain() }

// Reading is where the mail is read, the zero value where that is not known.
func (v values) Reading() Incoming {
	if len(v.Incoming) == 0 {
		return Incoming{}
	}
	return v.Incoming[0]
}

// Path is the file where a bare name would be looked for elsewhere: by the
// shell's dot, by require.
func (v values) Path() string {
	if filepath.IsAbs(v.File) || strings.HasPrefix(v.File, "./") || strings.HasPrefix(v.File, "../") {
		return v.File
	}
	return "./" + v.File
}

// Provider is the name of the service.
func (v values) Provider() string {
	if v.Preset != nil {
		return v.Preset.Title
	}
	return v.Domain()
}
