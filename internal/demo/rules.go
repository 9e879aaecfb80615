package demo

import (
	"crypto/subtle"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/emersion/go-smtp"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Addresses of the demo beside the account's own.
const (
	otherSender    = "shop@" + Domain       // not the account's
	goodRecipient  = "postmaster@" + Domain // the one left where recipients are refused
	acceptedByHELO = "client." + Domain     // the one left where names are refused
)

// rules say who may do what, and in which words the others are refused. A
// refusal is a *smtp.SMTPError. All that makes one provider differ from another
// belongs here; the session only asks.
type rules struct {
	as      *provider
	fail    submission.Cause // what goes wrong, "" for nothing
	fault   fault            // how, where no words are needed
	refusal refusal          // in which words otherwise

	username string
	shown    submission.Secret // the password as it is told
	password submission.Secret // the one that works

	mu  sync.Mutex
	met map[string]bool // senders and recipients that were put off once
}

func newRules(as *provider, fail submission.Cause, random io.Reader) *rules {
	r := &rules{as: as, fail: fail, username: Username, met: map[string]bool{}}
	if as.Username != "" {
		r.username = as.Username
	}
	var silent bool
	if r.fault, silent = faultOf(fail); fail != "" && !silent {
		r.refusal = as.words(fail)
	}
	r.password = newSecret(random, as.Secret)
	r.shown = r.password
	if fail == submission.BadCredentials || fail == submission.AppPasswordRequired {
		r.shown = newPassword(random)
	}
	return r
}

// selective are the causes that not every client meets: what it says decides.
var selective = []submission.Cause{
	submission.BadCredentials, submission.AppPasswordRequired, submission.OAuthRequired, submission.FromMismatch,
	submission.RelayDenied, submission.RecipientRejected, submission.RecipientMailboxFull,
	submission.Greylisted, submission.HELORejected,
}

// refuses is the refusal that is due to everybody at a stage.
func (r *rules) refuses(at stage, pairs ...string) error {
	if r.refusal.Stage != at || slices.Contains(selective, r.fail) {
		return nil
	}
	return r.refusal.reply(r.and(pairs)...)
}

// says is a refusal that this client has earned.
func (r *rules) says(c submission.Cause, pairs ...string) error {
	return r.as.words(c).reply(r.and(pairs)...)
}

func (r *rules) and(pairs []string) []string { return append(pairs, "{user}", r.username) }

// hello judges the name in EHLO.
func (r *rules) hello(name string) error {
	if r.fail == submission.HELORejected && !strings.EqualFold(name, acceptedByHELO) {
		return r.refusal.reply("{name}", name)
	}
	return r.refuses(atEHLO, "{name}", name)
}

// mechanisms are those offered, the first first.
func (r *rules) mechanisms() []string {
	switch {
	case r.fault.noAuth:
		return nil
	case r.fail == submission.OAuthRequired && !slices.Contains(r.as.Auth, xoauth2):
		return append(slices.Clone(r.as.Auth), xoauth2)
	}
	return r.as.Auth
}

// login judges a user name and its password.
func (r *rules) login(username, password string) error {
	if err := r.refuses(atAuth); err != nil {
		return err
	}
	known := strings.EqualFold(username, r.username)
	switch {
	case r.fail == submission.OAuthRequired,
		r.fail == submission.AppPasswordRequired && known && same(password, r.shown):
		return r.says(r.fail)
	case !known || !same(password, r.password):
		return r.says(submission.BadCredentials)
	}
	return nil
}

// token judges a token of OAuth 2.0: the password once more.
func (r *rules) token(username, token string) error {
	if err := r.refuses(atAuth); err != nil {
		return err
	}
	if !strings.EqualFold(username, r.username) || !same(token, r.password) {
		return r.says(submission.OAuthTokenInvalid)
	}
	return nil
}

func same(text string, secret submission.Secret) bool {
	return subtle.ConstantTimeCompare([]byte(text), []byte(secret.Reveal())) == 1
}

// encrypted refuses AUTH and MAIL in clear (RFC 3207 section 4).
func (r *rules) encrypted(secure bool) error {
	if secure {
		return nil
	}
	return r.says(submission.TLSRequired)
}

// begin judges MAIL before its address: TLS first, then AUTH (RFC 4954 section 6).
func (r *rules) begin(secure, loggedIn bool) error {
	if err := r.encrypted(secure); err != nil {
		return err
	}
	if !loggedIn {
		return r.says(submission.AuthMissing)
	}
	return nil
}

// sender lets the account send as itself only, where the provider judges that now.
func (r *rules) sender(address, ip string) error {
	if err := r.refuses(atMail, "{from}", address, "{ip}", ip); err != nil {
		return err
	}
	return r.own(atMail, address)
}

func (r *rules) own(at stage, address string) error {
	if r.as.AnySender || strings.EqualFold(address, Username) || r.as.words(submission.FromMismatch).Stage != at {
		return nil
	}
	return r.says(submission.FromMismatch, "{from}", address)
}

// recipient takes mail for every mailbox of the domain and relays none.
func (r *rules) recipient(from, to, ip string) error {
	pairs := []string{"{from}", from, "{to}", to, "{ip}", ip}
	if err := r.refuses(atRcpt, pairs...); err != nil {
		return err
	}
	switch r.fail {
	case submission.RelayDenied, submission.RecipientRejected, submission.RecipientMailboxFull:
		if !strings.EqualFold(to, goodRecipient) {
			return r.says(r.fail, pairs...)
		}
	case submission.Greylisted:
		if r.meets(from, to) {
			return r.says(r.fail, pairs...)
		}
	}
	if !strings.EqualFold(strings.TrimSuffix(domainOf(to), "."), Domain) {
		return notOurs.reply("{to}", to)
	}
	return nil
}

// notOurs is the demo's own limit, whatever it plays: mails go nowhere.
var notOurs = refusal{Code: 550, Enhanced: "5.7.1", Text: "<{to}>: Relay access denied: this server delivers to " + Domain + " only"}

// maxMet is how many pairs are remembered.
const maxMet = 1000

// meets reports whether a sender and recipient come for the first time.
func (r *rules) meets(from, to string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	pair := strings.ToLower(from + "\n" + to)
	if r.met[pair] {
		return false
	}
	if len(r.met) >= maxMet {
		clear(r.met)
	}
	r.met[pair] = true
	return true
}

// message judges what was sent, by its envelope and its From, "" for none.
func (r *rules) message(from, header string) error {
	if err := r.refuses(atData, "{from}", from, "{domain}", domainOf(from)); err != nil {
		return err
	}
	if err := r.own(atData, from); err != nil || header == "" {
		return err
	}
	return r.own(atData, header)
}

func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

func malformedAuth() error {
	return &smtp.SMTPError{Code: 501, EnhancedCode: smtp.EnhancedCode{5, 5, 2}, Message: "Malformed authentication exchange"}
}

func unknownMechanism() error {
	return &smtp.SMTPError{Code: 504, EnhancedCode: smtp.EnhancedCode{5, 7, 4}, Message: "Unsupported authentication mechanism"}
}

// noAuth is what a server says that does not know AUTH at all.
func noAuth() error {
	return &smtp.SMTPError{Code: 502, EnhancedCode: smtp.EnhancedCode{5, 5, 1}, Message: "Command not implemented"}
}
