package wizard

import (
	"context"

	"github.com/smtpwiz/smtpwiz/internal/diagnose"
	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Prober tries an account and says why it failed. The error is that of a
// misuse, never a server's refusal.
type Prober interface {
	Probe(ctx context.Context, a Attempt, events func(report.Event)) (*report.Report, *diagnose.Diagnosis, error)
}

// Attempt is what is tried: the account, and what decides how it is reached.
// What else was given by flags (--timeout, --ca-file) the Prober knows itself.
type Attempt struct {
	Account     submission.Account
	Preset      *preset.Preset // filled in for its region and variant, nil for none
	Region      string
	Variant     string
	Fingerprint string // the leaf to believe, as --tls-fingerprint has it, "" for a chain
	Proxy       string // as --proxy has it
	Helo        string // as --helo has it
}

// Finder finds the server of an address in DNS.
type Finder interface {
	Find(ctx context.Context, a submission.Address) Found
}

// Found is what DNS says of an address. Its texts are safe to print.
type Found struct {
	Suggestion    string // the domain that was probably meant, "" for none
	DomainMissing bool   // there is no such domain
	NoMail        bool   // it says that it takes no mail (RFC 7505)
	DNSFailed     bool   // nothing could be asked
	Candidates    []Candidate
	ForwardOnly   string // the service that only passes the domain's mail on
	Filter        string // the spam filter in front of the mailboxes
}

// Candidate is a server or provider that DNS speaks for, the likeliest first.
type Candidate struct {
	Preset    string // "" for a server that no preset has
	Region    string
	Variant   string
	Host      string                // the customer's own server
	Endpoints []submission.Endpoint // of a server that no preset has
	Why       []Evidence
}

// Evidence is what speaks for a candidate.
type Evidence struct {
	Kind EvidenceKind
	Name string // the name that told it: mx.zoho.eu
}

// EvidenceKind is where in DNS it stands.
type EvidenceKind string

const (
	ByDomain       EvidenceKind = "domain" // the provider's own mail domain
	ByMX           EvidenceKind = "mx"
	BySRV          EvidenceKind = "srv"
	BySPF          EvidenceKind = "spf"
	ByAutodiscover EvidenceKind = "autodiscover"
	ByGuess        EvidenceKind = "guess" // a usual name that exists
)

// BridgeFinder looks for Proton Mail Bridge on this machine.
type BridgeFinder interface {
	Find(ctx context.Context) Bridge
}

// Bridge is what was found of it. Its texts are safe to print.
type Bridge struct {
	Installed bool
	Endpoint  submission.Endpoint // where it answers, zero if it does not
	// Certificate is the one it shows, nil if none could be had.
	Certificate *report.Certificate
	OwnProcess  bool       // the socket belongs to a process of the user's own
	Occupants   []Occupant // who else answers on its ports, in order
}

// Occupant is another program on a port of Bridge's.
type Occupant struct {
	Port int
	Name string // "Mailpit", "" where it does not tell
}

// Keeper saves what was proven.
type Keeper interface {
	// Stores tells where passwords can rest. It may look for a keyring.
	Stores(ctx context.Context) []StoreOffer
	// Names lists the profiles that there are.
	Names() []string
	// CheckName says what is wrong with a profile's name, "" if nothing.
	CheckName(name string) string
	// Kept reads the password of a profile; the passphrase is that of the encrypted
	// file, zero where none is needed.
	Kept(ctx context.Context, profile string, passphrase submission.Secret) (submission.Secret, error)
	// Printed runs a command and reads the password that it prints.
	Printed(ctx context.Context, command string) (submission.Secret, error)
	// Save writes profile and password, both or neither.
	Save(ctx context.Context, p Proven) (Saved, error)
}

// Stores, as --secret-store takes them.
const (
	StoreKeyring = "keyring"
	StoreFile    = "file"
	StoreCommand = "command"
	StoreNone    = "none"
)

// StoreOffer is one store. One that is not listed can be used without more ado,
// but for the keyring, which is then missing.
type StoreOffer struct {
	Store  string
	Usable bool
	Why    string // why not, a sentence
	Unlock Unlock // of the file: what opens the one there is, "" while there is none
	Open   bool   // of the file: its passphrase or key is at hand already
}

// Unlock is what opens the encrypted file.
type Unlock string

const (
	ByPassphrase Unlock = "passphrase"
	ByKeyFile    Unlock = "key-file"
)

// Case is a support case that was written.
type Case struct {
	File   string
	SendTo string // whom to send it to, "" where that is not known
}

// Proven is what to save.
type Proven struct {
	Name     string
	Replaces string // name of the profile that was edited, "" for a new one
	Attempt         // its Account holds the password, and the proven endpoint alone
	Incoming []preset.Incoming
	Report   *report.Report // of the try that passed; of a failed one if Untested
	Untested bool
	Place    Place
}

// Place is where the password goes.
type Place struct {
	Store      string
	Unlock     Unlock            // of the file
	Passphrase submission.Secret // of the file, if it is to be opened or made with one
	Command    string            // that prints the password
}

// Saved is where it is now. Its texts are safe to print.
type Saved struct {
	Name    string
	Path    string // of the file with the settings
	Default bool   // it is the default profile
}
