package diagnose

import (
	"slices"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// command is one of SMTP's, or a step before the first.
type command struct {
	names    []string // in capitals; what may follow it decides where it is more than a name
	takes    string   // what follows: "", "a word", "a path" ("FROM:<…>") or "anything"
	title    string
	summary  string
	rfc      string
	examples []string
	stage    report.Stage
	causes   []submission.Cause // why it is refused or fails, the likelier first
}

var commands = []command{
	{
		names: []string{"RESOLVE"}, title: "The server's name", stage: report.Resolve,
		summary:  "The name of the server is turned into addresses by the name service (DNS).",
		rfc:      "RFC 5321 section 5",
		examples: nil,
		causes:   []submission.Cause{submission.DNSFailure},
	},
	{
		names: []string{"CONNECT"}, title: "The connection", stage: report.Connect,
		summary: "A connection is made to the server's address on its port. Nothing is said yet.",
		rfc:     "RFC 5321 section 3.1",
		causes:  []submission.Cause{submission.PortBlocked, submission.ConnectionRefused, submission.BridgeNotRunning, submission.WrongPortOrSecurity},
	},
	{
		names: []string{"TLS", "SSL"}, title: "Encryption (TLS)", stage: report.TLSStage,
		summary: "The two sides agree on a cipher, and the server shows a certificate that proves its name. With ssl it comes first, on port 465; with starttls after the STARTTLS command, on port 587.",
		rfc:     "RFC 8314 section 3",
		causes:  []submission.Cause{submission.WrongPortOrSecurity, submission.CertNameMismatch, submission.CertUntrusted, submission.CertExpired, submission.TLSVersion, submission.SMTPIntercepted},
	},
	{
		names: []string{"GREETING", "BANNER"}, title: "The greeting", stage: report.Greeting,
		summary:  "The server speaks first: 220, its name, and often the name of its software.",
		rfc:      "RFC 5321 section 4.3.1",
		examples: []string{"220 mail.example.com ESMTP ready"},
		causes:   []submission.Cause{submission.ServerSilent, submission.WrongPortOrSecurity, submission.IPBlocked, submission.NotSMTP, submission.ServerDownTemporary},
	},
	{
		names: []string{"EHLO", "HELO"}, takes: "a word", title: "EHLO, or HELO in old programs", stage: report.EHLO,
		summary:  "EHLO tells the name of this computer and asks what the server can do. The answer has a line for each extension, such as STARTTLS, AUTH and SIZE.",
		rfc:      "RFC 5321 section 4.1.1.1",
		examples: []string{"EHLO pc.example.com", "250-mail.example.com", "250 AUTH PLAIN LOGIN"},
		causes:   []submission.Cause{submission.HELORejected, submission.IPBlocked, submission.RateLimited},
	},
	{
		names: []string{"STARTTLS"}, title: "STARTTLS", stage: report.STARTTLS,
		summary:  "STARTTLS asks the server to encrypt the connection from here on. It answers 220, the two sides set up TLS, and the session begins anew with EHLO.",
		rfc:      "RFC 3207",
		examples: []string{"STARTTLS", "220 2.0.0 Ready to start TLS"},
		causes:   []submission.Cause{submission.STARTTLSNotOffered, submission.ServerDownTemporary, submission.STARTTLSInjection},
	},
	{
		names: []string{"AUTH"}, takes: "anything", title: "AUTH", stage: report.Auth,
		summary:  "AUTH signs you in. The word behind it is the way, such as PLAIN or LOGIN; user name and password follow in base64, which hides nothing: only TLS does.",
		rfc:      "RFC 4954",
		examples: []string{"AUTH PLAIN ***", "235 2.7.0 Authentication successful"},
		causes:   []submission.Cause{submission.BadCredentials, submission.AppPasswordRequired, submission.AuthDisabledForAccount, submission.OAuthRequired, submission.AuthNotOffered, submission.AuthMechanismUnsupported},
	},
	{
		names: []string{"MAIL", "MAIL FROM"}, takes: "a path", title: "MAIL FROM", stage: report.Mail,
		summary:  "MAIL FROM names the sender on the envelope, to whom failures are told. The From that recipients see stands in the message itself. Many providers check here that the address is yours, some only after DATA.",
		rfc:      "RFC 5321 section 4.1.1.2",
		examples: []string{"MAIL FROM:<you@example.com>", "250 2.1.0 Ok"},
		causes:   []submission.Cause{submission.FromMismatch, submission.AuthMissing, submission.TLSRequired, submission.SenderDomainInvalid, submission.SenderRejected, submission.MessageTooLarge},
	},
	{
		names: []string{"RCPT", "RCPT TO"}, takes: "a path", title: "RCPT TO", stage: report.Rcpt,
		summary:  "RCPT TO names one recipient on the envelope, once for each. The To that recipients see stands in the message itself.",
		rfc:      "RFC 5321 section 4.1.1.3",
		examples: []string{"RCPT TO:<them@example.net>", "250 2.1.5 Ok"},
		causes:   []submission.Cause{submission.RecipientRejected, submission.RelayDenied, submission.AuthMissing, submission.Greylisted, submission.IPBlocked, submission.RecipientMailboxFull, submission.QuotaExceeded},
	},
	{
		names: []string{"DATA", "END OF DATA", "END-OF-DATA"}, title: "DATA", stage: report.Data,
		summary:  "DATA begins the message: headers, an empty line, the text. A dot alone on a line ends it, and only the 250 after that says that the server has taken the mail.",
		rfc:      "RFC 5321 section 4.1.1.4",
		examples: []string{"DATA", "354 End data with <CR><LF>.<CR><LF>", "250 2.0.0 Ok: queued"},
		causes:   []submission.Cause{submission.ContentRejectedSpam, submission.FromMismatch, submission.SenderDomainAuth, submission.MessageTooLarge, submission.ContentRejectedVirus, submission.QuotaExceeded, submission.AccountSuspended},
	},
	{
		names: []string{"BDAT"}, takes: "anything", title: "BDAT", stage: report.Data,
		summary:  "BDAT sends the message in pieces of a known length, in place of DATA. Servers that take it offer CHUNKING.",
		rfc:      "RFC 3030",
		examples: []string{"BDAT 86 LAST"},
		causes:   []submission.Cause{submission.ContentRejectedSpam, submission.MessageTooLarge, submission.ProtocolError},
	},
	{
		names: []string{"RSET"}, title: "RSET",
		summary:  "RSET forgets sender and recipients. Nothing is sent, and the session goes on. smtpwiz ends with it where it only looks whether a sender would be accepted.",
		rfc:      "RFC 5321 section 4.1.1.5",
		examples: []string{"RSET", "250 2.0.0 Ok"},
	},
	{
		names: []string{"VRFY"}, takes: "anything", title: "VRFY",
		summary:  "VRFY asks whether a mailbox exists. Nearly all servers answer 252, which says neither yes nor no, to tell spammers nothing.",
		rfc:      "RFC 5321 section 4.1.1.6",
		examples: []string{"VRFY them", "252 2.1.5 Cannot verify"},
	},
	{
		names: []string{"EXPN"}, takes: "anything", title: "EXPN",
		summary: "EXPN asks who is on a mailing list. Nearly all servers refuse it.",
		rfc:     "RFC 5321 section 4.1.1.7",
	},
	{
		names: []string{"HELP"}, title: "HELP",
		summary: "HELP asks the server for a text about its commands. It changes nothing.",
		rfc:     "RFC 5321 section 4.1.1.8",
	},
	{
		names: []string{"NOOP"}, title: "NOOP",
		summary:  "NOOP does nothing but get an answer. Programs send it to keep a connection open.",
		rfc:      "RFC 5321 section 4.1.1.9",
		examples: []string{"NOOP", "250 2.0.0 Ok"},
	},
	{
		names: []string{"QUIT"}, title: "QUIT", stage: report.Quit,
		summary:  "QUIT ends the session. The server answers 221 and closes the connection. Whatever comes here, the mail is sent already.",
		rfc:      "RFC 5321 section 4.1.1.10",
		examples: []string{"QUIT", "221 2.0.0 Bye"},
	},
	{
		names: []string{"SIZE"}, title: "SIZE",
		summary:  "SIZE in the answer to EHLO is the largest message that the server takes, in bytes. Attachments grow by a third on their way.",
		rfc:      "RFC 1870",
		examples: []string{"250-SIZE 26214400"},
		causes:   []submission.Cause{submission.MessageTooLarge},
	},
	{
		names: []string{"PIPELINING"}, title: "PIPELINING",
		summary: "PIPELINING in the answer to EHLO lets a program send several commands before it reads the answers. It only saves time.",
		rfc:     "RFC 2920",
	},
	{
		names: []string{"8BITMIME"}, title: "8BITMIME",
		summary: "8BITMIME in the answer to EHLO says that the server takes messages with letters outside ASCII as they are.",
		rfc:     "RFC 6152",
	},
	{
		names: []string{"SMTPUTF8"}, title: "SMTPUTF8",
		summary: "SMTPUTF8 in the answer to EHLO says that the server takes addresses with letters outside ASCII before the @.",
		rfc:     "RFC 6531",
		causes:  []submission.Cause{submission.SenderRejected, submission.RecipientRejected},
	},
	{
		names: []string{"ENHANCEDSTATUSCODES"}, title: "ENHANCEDSTATUSCODES",
		summary:  "ENHANCEDSTATUSCODES in the answer to EHLO says that replies have a second code behind the first, such as 5.7.8, which is more exact.",
		rfc:      "RFC 2034",
		examples: []string{"535 5.7.8 Authentication failed"},
	},
}

// command answers by a command, alone or as it is sent.
func (q Question) command(text string) *Answer {
	i := slices.IndexFunc(commands, func(c command) bool { return c.is(text) })
	if i < 0 {
		return nil
	}
	c := commands[i]
	v := verdict{cause: submission.Unknown, also: c.causes, why: c.summary}
	if len(c.causes) > 0 {
		v.fixes = []Fix{{Text: "Has it failed? Give smtpwiz explain the words of the server: they tell why."}}
	}
	return &Answer{Diagnosis: q.tell(v), Topic: c.names[0], Title: c.title, Reference: c.rfc, Examples: c.examples}
}

// pathAlone is what MAIL and RCPT take (RFC 5321 section 4.1.2).
var pathAlone = lazily(`^(?:FROM|TO): ?<[^<>]*>(?: [A-Z0-9-]+(?:=\S*)?)*$`)

// is reports whether a text is this command. What follows the name is looked
// at for its form only: it may be a password.
func (c command) is(text string) bool {
	upper := strings.ToUpper(strings.Join(strings.Fields(text), " "))
	if slices.Contains(c.names, upper) {
		return true
	}
	verb, rest, _ := strings.Cut(upper, " ")
	if verb != c.names[0] && (c.takes != "a word" || !slices.Contains(c.names, verb)) {
		return false
	}
	switch c.takes {
	case "a path":
		return pathAlone.re().MatchString(rest)
	case "a word":
		return rest != "" && !strings.ContainsAny(rest, " :")
	case "anything":
		mechanisms := []string{"PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "OAUTHBEARER", "EXTERNAL", "SCRAM-SHA-1", "SCRAM-SHA-256"}
		first, more, _ := strings.Cut(rest, " ")
		return !strings.Contains(more, " ") && (verb != "AUTH" || slices.Contains(mechanisms, first))
	}
	return false
}

// port is what a port is for.
type port struct {
	number, title, summary, rfc string
	fixes                       []string
}

var ports = []port{
	{"465", "Port 465", "Port 465 is for sending mail with encryption (TLS) from the first byte. smtpwiz and many programs call that ssl.", "RFC 8314 section 3.3",
		[]string{"Use it with ssl, not with starttls."}},
	{"587", "Port 587", "Port 587 is for sending mail, too. The session begins in clear and encrypts itself with STARTTLS before you sign in.", "RFC 6409 section 3.1",
		[]string{"Use it with starttls, not with ssl."}},
	{"2525", "Port 2525", "Port 2525 is no standard. Some services for the mail of programs answer there as on port 587, for networks that close the others.", "",
		[]string{"Use it with starttls, where your provider names it."}},
}

// port answers by a port's number, which some take for a code.
func (q Question) port(text string) *Answer {
	name := strings.TrimPrefix(hyphened(text), "port-")
	if name == "25" {
		return q.trouble("port-25")
	}
	i := slices.IndexFunc(ports, func(p port) bool { return p.number == name })
	if i < 0 {
		return nil
	}
	p := ports[i]
	d := q.tell(verdict{cause: submission.Unknown, also: []submission.Cause{submission.WrongPortOrSecurity, submission.PortBlocked}, why: p.summary, fixes: plain(p.fixes)})
	return &Answer{Diagnosis: d, Topic: name, Title: p.title, Reference: p.rfc}
}

// cause answers by a cause's name, with hyphens or spaces too.
func (q Question) cause(text string) *Answer {
	c := submission.Cause(strings.ReplaceAll(hyphened(text), "-", "_"))
	if !slices.Contains(submission.Causes(), c) {
		return nil
	}
	a := adviceOn(c)
	t := &trouble{preset: q.preset(), stage: q.Stage}
	return &Answer{Diagnosis: t.write(verdict{cause: c}), Topic: string(c), Title: "Cause " + string(c), Reference: a.rfc, Examples: a.examples}
}

// AtProvider is how one provider words a cause, and its advice.
type AtProvider struct {
	Provider, Example, Why string
	Fixes                  []Fix
}

// OfProviders collects what presets know of a cause in their servers' words.
func OfProviders(c submission.Cause, presets []*preset.Preset) []AtProvider {
	var out []AtProvider
	for _, p := range presets {
		p = resolved(p, "")
		for _, r := range p.Replies {
			if r.Cause != c {
				continue
			}
			at := AtProvider{Provider: p.Title, Example: r.Example, Why: filledIn(r.Why)}
			same := func(o AtProvider) bool { return o.Example == at.Example && o.Why == at.Why }
			if i := slices.IndexFunc(out, same); i >= 0 { // another offer of the same provider
				out[i].Provider += ", " + at.Provider
				continue
			}
			for _, f := range r.Fixes {
				at.Fixes = append(at.Fixes, known(Fix{f.Text, f.URL})...)
			}
			out = append(out, at)
		}
	}
	return out
}
