// Package profile keeps what has been set up: config.toml with its profiles,
// the default one and a few preferences. It never holds a password; a profile
// only says where its password rests.
//
// The usual order: Open a Store, Load to read, Update to change. A hand edit is
// respected: a change touches the bytes that it is about, and every comment,
// unknown key and odd spelling elsewhere stays as it was; Config.Lost tells
// what cannot stay. What cannot be read is refused with line and column.
//
// It dials nothing, asks nobody, and knows no secret.
package profile

import (
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Profile is one account with all that a test of it needs. The zero value of a
// field means that the file does not say; keys are named as the flags of test.
type Profile struct {
	Name        string `toml:"-"`
	Preset      string `toml:"preset"`
	Region      string `toml:"region"`
	Variant     string `toml:"variant"`
	Username    string `toml:"username"`
	From        string `toml:"from"` // an address
	To          string `toml:"to"`   // an address, if it is not the sender
	DisplayName string `toml:"display_name"`

	Auth           string        `toml:"auth"`            // forced SASL mechanism, upper case
	Check          string        `toml:"check"`           // how far test goes
	Helo           string        `toml:"helo"`            // name to greet with
	CAFile         string        `toml:"ca_file"`         // absolute
	TLSFingerprint string        `toml:"tls_fingerprint"` // sha256: and 64 hex digits, lower case
	ClientCert     string        `toml:"client_cert"`     // absolute
	ClientKey      string        `toml:"client_key"`      // absolute
	Proxy          string        `toml:"proxy"`           // socks5://HOST:PORT
	ConnectTo      []string      `toml:"connect_to"`      // HOST:PORT:HOST2:PORT2
	IPVersion      int           `toml:"ip_version"`      // 4 or 6; 0 for both
	Timeout        time.Duration `toml:"timeout"`         // of each stage
	MaxTime        time.Duration `toml:"max_time"`        // of the run

	Endpoints []submission.Endpoint `toml:"endpoint"` // preferred first; normally the proven one alone
	Secret    SecretRef             `toml:"secret"`
	Incoming  []Incoming            `toml:"incoming"`
	Proven    Proven                `toml:"proven"`
}

// SecretStore is a kind of place where a password rests, as --secret-store names it.
type SecretStore string

const (
	StoreKeyring SecretStore = "keyring" // of the system
	StoreFile    SecretStore = "file"    // our encrypted one
	StoreCommand SecretStore = "command" // printed by a command of the user's
	StoreNone    SecretStore = "none"    // asked for each time
)

// SecretRef says where the password rests; never what it is.
type SecretRef struct {
	Store       SecretStore `toml:"store"`
	ID          string      `toml:"id"`           // of its record in the keyring or file; outlives a rename
	Command     string      `toml:"command"`      // the command line that prints it
	KeyFile     string      `toml:"key_file"`     // absolute: opens the encrypted file
	PasswordSet time.Time   `toml:"password_set"` // when the password was last entered
}

// Incoming is where the account's mail is read.
type Incoming struct {
	Protocol string `toml:"protocol"` // imap or pop3
	submission.Endpoint
	Username string `toml:"username"` // where it is not that of submission
}

// Proven is what the last test that passed has shown.
type Proven struct {
	When  time.Time `toml:"when"` // zero: never
	Check string    `toml:"check"`
	submission.Endpoint
	Address   string `toml:"address"`   // host:port that answered
	TLS       string `toml:"tls"`       // "TLS 1.3"
	Mechanism string `toml:"mechanism"` // SASL mechanism that was accepted
}

// clone shares nothing with p.
func (p Profile) clone() Profile {
	p.Endpoints = slices.Clone(p.Endpoints)
	p.ConnectTo = slices.Clone(p.ConnectTo)
	p.Incoming = slices.Clone(p.Incoming)
	return p
}

// normalize puts the values that may be spelled in several ways into the one
// that the rest of the program knows.
func (p *Profile) normalize() {
	p.Auth = strings.ToUpper(p.Auth)
	p.TLSFingerprint = strings.ToLower(strings.ReplaceAll(p.TLSFingerprint, ":", ""))
	if hex, ok := strings.CutPrefix(p.TLSFingerprint, "sha256"); ok {
		p.TLSFingerprint = "sha256:" + hex
	}
	for i := range p.Endpoints {
		normalizeSecurity(&p.Endpoints[i])
	}
	for i := range p.Incoming {
		normalizeSecurity(&p.Incoming[i].Endpoint)
	}
	normalizeSecurity(&p.Proven.Endpoint)
	p.Secret.PasswordSet = normalTime(p.Secret.PasswordSet)
	p.Proven.When = normalTime(p.Proven.When)
}

func normalizeSecurity(e *submission.Endpoint) {
	if s, err := submission.ParseSecurity(string(e.Security), e.Port); err == nil {
		e.Security = s
	}
}

// normalTime is to the second, which is what the file keeps, and UTC.
func normalTime(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Second)
}

// files are the fields that name a file.
func (p *Profile) files() []*string {
	return []*string{&p.CAFile, &p.ClientCert, &p.ClientKey, &p.Secret.KeyFile}
}

// absolute makes the names of files hold from any folder.
func (p *Profile) absolute() error {
	for _, file := range p.files() {
		if *file == "" {
			continue
		}
		abs, err := filepath.Abs(*file)
		if err != nil {
			return err
		}
		*file = abs
	}
	return nil
}
