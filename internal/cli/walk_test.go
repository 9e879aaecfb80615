//go:build linux

package cli

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/ptytest"
	"github.com/smtpwiz/smtpwiz/internal/smtptest"
)

// Passwords of the walks.
const (
	loginWord  = "pa55-Marker-9fQ"
	googleWord = "abcdefghijklmnop"
	spacedWord = "abcd efgh ijkl mnop" // as Google shows it
	zohoWord   = "zApp9Marker7"
	bridgeWord = "abcdefghijklmnopqrst_-"
	passphrase = "open-Marker-sesame"
)

// printsZoho prints one of them, which cannot be read in it.
const printsZoho = "printf zApp9%s Marker7"

// secretForms are the passwords of the walks, plainly and as something that can be
// turned back into them.
func secretForms() []string {
	var out []string
	for _, secret := range []string{loginWord, googleWord, spacedWord, zohoWord, bridgeWord, passphrase} {
		out = append(out, secret, base64.StdEncoding.EncodeToString([]byte(secret)))
	}
	return out
}

// noSecrets fails where a password of the walks can be read.
func noSecrets(t *testing.T, text string) {
	t.Helper()
	for _, secret := range secretForms() {
		if strings.Contains(text, secret) {
			t.Errorf("a password can be read:\n%s", text)
		}
	}
}

// What servers say. Each may be left at any time: endpoints are raced.
const (
	opening = "may leave\n"
	hello   = `
		S: 220 mail ready
		C: EHLO *
		S: 250-mail
		S: 250 AUTH PLAIN LOGIN
		`
	upgrade = `
		S: 220 mail ready
		C: EHLO *
		S: 250-mail
		S: 250 STARTTLS
		C: STARTTLS
		S: 220 go on
		tls
		C: EHLO *
		S: 250-mail
		S: 250 AUTH PLAIN LOGIN
		`
	takes = `
		C: AUTH PLAIN *
		S: 235 2.7.0 Accepted
		C: MAIL FROM:*
		S: 250 2.1.0 OK
		C: RCPT TO:*
		S: 250 2.1.5 OK
		C: DATA
		S: 354 Go ahead
		message
		S: 250 2.0.0 OK queued as 4bC2
		quit`
	refuses = `
		C: AUTH PLAIN *
		S: 535 Authentication Failed
		quit`
	mute = opening + "S: 220 mail ready\ndrain" // it is waited for, for a second
)

// place is where a walk goes: a world, with real servers behind it.
type place struct {
	t       *testing.T
	world   world
	ca      *smtptest.CA
	servers []*smtptest.Server
}

func newPlace(t *testing.T, records ...string) *place {
	return &place{t: t, ca: smtptest.NewCA(), world: world{DNS: records, Hosts: map[string]string{}}}
}

// serve puts a server there, with a certificate for its own name.
func (p *place) serve(address string, scripts ...string) *place {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.serveAs(address, p.ca.Server(smtptest.Leaf{Names: []string{host}}), scripts...)
}

func (p *place) serveAs(address string, config *tls.Config, scripts ...string) *place {
	srv := smtptest.New(p.t, smtptest.Config{Scripts: scripts, TLS: config})
	p.world.Hosts[address] = srv.Listen().String()
	p.servers = append(p.servers, srv)
	return p
}

// silent is an address that nobody answers at.
func (p *place) silent(addresses ...string) *place {
	for _, a := range addresses {
		p.world.Hosts[a] = ""
	}
	return p
}

// passwords are those that came with AUTH PLAIN, in order.
func (p *place) passwords() []string {
	var out []string
	for _, srv := range p.servers {
		for _, line := range srv.Received() {
			if text, ok := strings.CutPrefix(line.Text, "AUTH PLAIN "); ok {
				plain, _ := base64.StdEncoding.DecodeString(text)
				out = append(out, string(plain[strings.LastIndexByte(string(plain), 0)+1:]))
			}
		}
	}
	return out
}

// trust is the variable that makes the authority one of the system's.
func (p *place) trust(home string) string {
	file := filepath.Join(home, "ca.pem")
	if err := os.WriteFile(file, p.ca.PEM(), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return "SSL_CERT_FILE=" + file
}

// bridgeCertificate is one as Proton Mail Bridge makes it for itself.
func bridgeCertificate(t *testing.T) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		Subject: pkix.Name{
			Country: []string{"CH"}, Organization: []string{"Proton AG"}, OrganizationalUnit: []string{"Proton Mail"}, CommonName: "127.0.0.1",
		},
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

// walk is a way through setup. The person types nothing before the screen asks
// for it.
type walk struct {
	args    []string
	place   func(*testing.T) *place
	keyring bool // there is one
	steps   []step
	cut     bool // they end before the walk does
	status  int
	sent    []string // passwords that servers got, in order
	saved   []string // what config.toml must hold; nil: there must be none
}

// step is a screen, by a text on it, and the keys that are typed there.
type step struct{ title, sees, keys string }

// Steps that many walks have.
func address(a string) step {
	return step{"address", "Which address will send the mail?", a + "<enter><enter>"}
}

func password(p string) step {
	return step{"login", "[ctrl+e] change", "<paste>" + p + "</paste><enter>"}
}

var save = step{"save", "Save as", "<enter>"}

var walks = map[string]walk{
	"gmail": {
		place: atGmail, keyring: true,
		steps: []step{address("you@gmail.com"), password(spacedWord), save},
		sent:  []string{googleWord}, saved: []string{"[profile.gmail]", `preset = "gmail"`, `"smtp.gmail.com"`, `"keyring"`},
	},
	"gmail-given": {
		args:  []string{"you@gmail.com"},
		place: atGmail, keyring: true,
		steps: []step{password(spacedWord), save},
		sent:  []string{googleWord}, saved: []string{"[profile.gmail]"},
	},
	"zoho": {
		place: atZoho, keyring: true,
		steps: []step{
			address("you@example.com"), password(loginWord),
			{"refused", "The login was refused", "<enter>"},
			{"login again", "empty for the 15 characters typed before", "<paste>" + zohoWord + "</paste><enter>"}, save,
		},
		sent: []string{loginWord, zohoWord}, saved: []string{"[profile.example]", `preset = "zoho-pro"`, `region = "eu"`, `"smtppro.zoho.eu"`},
	},
	"ovh": {
		place: func(t *testing.T) *place {
			return newPlace(t, "example.com MX 1 mx1.mail.ovh.net.").
				serve("pro2.mail.ovh.net:587", opening+upgrade+takes)
		},
		keyring: true,
		steps: []step{
			address("you@example.com"),
			{"offer", "Which offer is it?", "<down><enter>"},
			{"server", "Which is your server?", "2<enter>"},
			password(loginWord), save,
		},
		sent: []string{loginWord}, saved: []string{`preset = "ovh"`, `variant = "pro"`, `"pro2.mail.ovh.net"`},
	},
	"ovh-srv": {
		place: func(t *testing.T) *place {
			return newPlace(t, "example.com MX 1 mx1.mail.ovh.net.", "_autodiscover._tcp.example.com SRV 0 0 443 pro2.mail.ovh.net.").
				serve("pro2.mail.ovh.net:587", opening+upgrade+takes)
		},
		keyring: true,
		steps:   []step{address("you@example.com"), password(loginWord), save},
		sent:    []string{loginWord}, saved: []string{`preset = "ovh"`, `variant = "pro"`, `"pro2.mail.ovh.net"`},
	},
	"bridge": {
		place: func(t *testing.T) *place {
			p := newPlace(t)
			cert := bridgeCertificate(t)
			p.world.Ports = []int{1025, 1026}
			p.serve("127.0.0.1:1025", opening+"S: 220 laptop Mailpit ESMTP Service ready\nC: EHLO *\nS: 250 laptop\nquit")
			return p.serveAs("127.0.0.1:1026", cert,
				opening+"S: 220 127.0.0.1 ESMTP Service Ready\nC: EHLO *\nS: 250-Hello\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 Ready\ntls refused",
				opening+upgrade+takes)
		},
		keyring: true,
		steps: []step{
			address("you@proton.me"),
			{"certificate", "Trust the certificate", "y"},
			password(bridgeWord), save,
		},
		sent: []string{bridgeWord}, saved: []string{`preset = "proton-bridge"`, "tls_fingerprint", "1026"},
	},
	"ssh": {
		place: atGmail,
		steps: []step{
			address("you@gmail.com"), password(spacedWord),
			{"no keyring", "Will a script use this without you?", "<enter>"},
			{"passphrase", "Choose a passphrase", "<paste>" + passphrase + "</paste><enter><paste>" + passphrase + "</paste><enter>"}, save,
		},
		sent: []string{googleWord}, saved: []string{`preset = "gmail"`, `"file"`},
	},
	"blocked": {
		args: []string{"--timeout", "1s"},
		place: func(t *testing.T) *place {
			return newPlace(t).silent("smtp.gmail.com:465", "smtp.gmail.com:587", "smtp.gmail.com:443")
		},
		keyring: true,
		steps: []step{
			address("you@gmail.com"), password(spacedWord),
			{"no connection", "No connection to smtp.gmail.com", "u"}, save,
		},
		status: 4, saved: []string{"[profile.gmail]"},
	},
	"unknown": {
		place: func(t *testing.T) *place {
			return newPlace(t, "example.com MX 10 mx.elsewhere.example.", "example.com NS ns.elsewhere.example.").
				serve("smtp.elsewhere.example:465", opening+"tls"+hello+takes).
				serve("smtp.elsewhere.example:587", mute)
		},
		keyring: true,
		steps: []step{
			address("you@example.com"),
			{"provider", "Who runs the mail of example.com?", "<enter>"},
			{"server", "Which server sends the mail of example.com?", "smtp.elsewhere.example<enter>"},
			password(loginWord), save,
		},
		sent: []string{loginWord}, saved: []string{`"smtp.elsewhere.example"`},
	},
	"othername": {
		place: func(t *testing.T) *place {
			p := newPlace(t, "example.com NS ns.example.com.")
			cert := p.ca.Server(smtptest.Leaf{Names: []string{"server7.hoster.example"}})
			refused := opening + upgrade[:strings.Index(upgrade, "tls\n")] + "tls refused"
			return p.serveAs("mail.example.com:465", cert, opening+"tls refused").serveAs("mail.example.com:587", cert, refused).
				serveAs("server7.hoster.example:465", cert, opening+"tls"+hello+takes).serveAs("server7.hoster.example:587", cert, mute)
		},
		keyring: true,
		steps: []step{
			address("you@example.com"),
			{"provider", "Who runs the mail of example.com?", "<enter>"},
			{"server", "Which server sends the mail of example.com?", "<enter>"},
			password(loginWord),
			{"other name", "No protected connection", "<enter>"},
			{"certificate", "Is this the name of your server?", "<enter>"},
			save,
		},
		sent: []string{loginWord}, saved: []string{`"server7.hoster.example"`},
	},
}

func atGmail(t *testing.T) *place {
	return newPlace(t).serve("smtp.gmail.com:465", opening+"tls"+hello+takes)
}

func atZoho(t *testing.T) *place {
	return newPlace(t, "example.com MX 10 mx.zoho.eu.", "example.com MX 20 mx2.zoho.eu.").
		serve("smtppro.zoho.eu:465", opening+"tls"+hello+refuses, opening+"tls"+hello+takes)
}

func TestWalks(t *testing.T) {
	t.Parallel()
	for name, w := range walks {
		for _, s := range []ptytest.Size{ptytest.Usual, ptytest.Narrow} {
			t.Run(fmt.Sprintf("%s %s", name, s), func(t *testing.T) {
				t.Parallel()
				w.run(t, name, s)
			})
		}
	}
}

func (w walk) run(t *testing.T, name string, s ptytest.Size) {
	p := w.place(t)
	at, env := w.furnish(t, p)
	person := sit(t, s, program(t, at, p.world, env, append([]string{"setup"}, w.args...)...))
	g := openGolden(t, "walks/"+name+"-"+s.String())
	for _, st := range w.steps {
		person.See(st.sees)
		g.next(st.title+", then "+shownKeys(st.keys), person)
		person.Send(st.keys)
	}
	person.End(w.status)
	left := person.Left()
	g.text("left on the screen", left)
	if n := strings.Count(strings.TrimSpace(left), "\n") + 1; s == ptytest.Usual && n > 22 {
		t.Errorf("what is left has %d lines: it does not fit above the shell's next", n)
	}
	g.close()
	w.check(t, p, at)
}

// furnish makes a home for a walk, and what is in its environment.
func (w walk) furnish(t *testing.T, p *place) (at string, env []string) {
	at = emptyHome(t)
	env = []string{p.trust(at)}
	if w.keyring {
		kept, variable := newKeyring(t)
		env = append(env, variable)
		t.Cleanup(func() {
			if got := kept.passwords(); w.sent != nil && !slices.Equal(got, w.sent[len(w.sent)-1:]) {
				t.Errorf("the keyring has %q, want the last of %q", got, w.sent)
			}
		})
	}
	return at, env
}

// shownKeys are keys as they stand in the golden screens: no password among them.
func shownKeys(keys string) string { return pasted.ReplaceAllString(keys, "<paste>") }

func (w walk) check(t *testing.T, p *place, at string) {
	t.Helper()
	if got := p.passwords(); !slices.Equal(got, w.sent) {
		t.Errorf("passwords %q were sent, want %q", got, w.sent)
	}
	config, err := os.ReadFile(filepath.Join(at, "config/smtpwiz/config.toml"))
	if err != nil && w.saved != nil {
		t.Fatal(err)
	}
	for _, text := range w.saved {
		if !strings.Contains(string(config), text) {
			t.Errorf("config.toml has no %s:\n%s", text, config)
		}
	}
	for _, file := range files(t, at) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		noSecrets(t, string(text))
	}
}

// files are those that the program has written.
func files(t *testing.T, at string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(at, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && d.Name() != "ca.pem" {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
