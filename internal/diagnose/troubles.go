package diagnose

import (
	"slices"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Trouble is one that has no error text, by the name under which Ask knows it.
type Trouble struct {
	Name  string `json:"name"`
	Title string `json:"title"`
}

// Troubles lists them.
func Troubles() []Trouble {
	var out []Trouble
	for _, t := range troubles {
		out = append(out, Trouble{t.name, t.title})
	}
	return out
}

// silent is a trouble that comes without an error.
type silent struct {
	name, title string
	cause       submission.Cause // "" for unknown
	also        []submission.Cause
	field       submission.Field
	temporary   bool
	summary     string
	known       func(*preset.Preset) []Fix // what the preset has to say
	unknown     []string                   // fixes where it has nothing to say
	fixes       []string
	says        []string // how people put it
	rfc         string
}

var troubles = []silent{
	{
		name: "web-form", title: "Mail from a web form to your own domain never arrives",
		cause: submission.NotDelivered, also: []submission.Cause{submission.SenderDomainAuth, submission.FromMismatch, submission.ContentRejectedSpam},
		summary: "The host of your web site probably takes your domain for one of its own. Then it puts what the form sends into a mailbox on the web server, and never passes it on to where your mail is.",
		fixes: []string{
			"Let the form send to an address elsewhere. If that arrives, this is the reason.",
			"In cPanel, open Email Routing, choose the domain and select Remote Mail Exchanger.",
			"In Plesk, switch off the mail service of this domain. In DirectAdmin, untick the local mail server under MX Records.",
			"Or let the form send through your provider's server, with user name and password (SMTP), and not with the mail function of the web server.",
			"Let the form send from an address of your own domain. The visitor's address belongs into Reply-To.",
		},
		says: []string{"web|contact|website form|forms", "contactform|webform*", "form … website|site"},
	},
	{
		name: "sent-twice", title: "Each mail stands twice in the Sent folder",
		summary: "The provider keeps a copy of each mail that you send, and so does your mail program. The mail itself went out once.",
		known:   sentCopies,
		unknown: []string{"Switch one of the two copies off: best the one of your mail program, in its settings for copies and folders."},
		fixes: []string{
			"Ask a recipient whether it came twice there too. If so, it was sent twice: look in the outbox of each program and device that uses the account.",
		},
		says: []string{"twice|duplicate*|double* … sent", "sent … twice|duplicate*|double*", "two copies"},
	},
	{
		name: "cannot-send", title: "Receiving works and sending does not",
		also:    []submission.Cause{submission.AuthMissing, submission.PortBlocked, submission.WrongPortOrSecurity, submission.BadCredentials, submission.FromMismatch, submission.AccountSuspended},
		summary: "Sending goes through another server than receiving, with settings of its own. As mail arrives, the account itself is fine: look only at the settings for outgoing mail.",
		known:   outgoing,
		unknown: []string{
			"Compare the outgoing server with your provider's. It has a name of its own, port 465 with ssl or port 587 with starttls.",
			"Send from the address you sign in with, not from another one.",
		},
		fixes: []string{
			"Let smtpwiz find the step that fails: run smtpwiz setup with your address.",
			"Switch on authentication for outgoing mail, with the same user name and password as for incoming mail.",
			"Try from another network: some close the ports for mail.",
			"Look in the web mail for a notice that your outgoing mail is blocked.",
		},
		says: []string{"receiv* … but … " + not + " … send*", "can receive", "receiving works", "incoming works", not + " send … receive*"},
		rfc:  "RFC 6409",
	},
	{
		name: "calendar", title: "Forwarding a calendar invitation fails",
		cause: submission.FromMismatch, also: []submission.Cause{submission.RelayDenied}, field: submission.FieldFrom,
		summary: "A forwarded invitation keeps its organiser as the sender. Your provider sees a sender that is not you and refuses the mail, though all others go. Zoho then says “Relaying disallowed”.",
		fixes: []string{
			"Forward it as an attachment: in Outlook, open it and choose Forward as iCalendar, or Forward as Attachment.",
			"Or save the invitation as a file (.ics) and attach that to a new mail.",
			"Or ask the organiser to invite the other person.",
		},
		says: []string{"calendar|invitation|invitations|invite|ics|icalendar", "meeting … forward*", "forward* … meeting|event|events"},
		rfc:  "RFC 6047",
	},
	{
		name: "limits", title: "How many mails may be sent, and how large",
		cause: submission.QuotaExceeded, also: []submission.Cause{submission.RateLimited, submission.MessageTooLarge}, temporary: true,
		summary: "Each provider limits how many mails an account sends in an hour or a day, to how many recipients, and how large each is. Who goes over it is refused for a while: the settings are right.",
		known:   allowances,
		unknown: []string{"For your provider's figures, add --preset with its name; smtpwiz presets lists them."},
		fixes: []string{
			"Space your mails out: fewer at a time, with pauses between them. As a rule each recipient counts.",
			"If you need more, ask your provider for a larger allowance.",
			"For newsletters and the mail of programs, use a service made for them.",
		},
		says: []string{"how many … mails|emails|messages", "sending limit|limits"},
	},
	{
		name: "port-25", title: "Port 25 does not work",
		cause: submission.PortBlocked, also: []submission.Cause{submission.AuthNotOffered, submission.RelayDenied}, field: submission.FieldPort,
		summary: "Port 25 is for mail between servers. Most networks close it for everybody else, and many servers let nobody sign in there.",
		known:   endpoints,
		unknown: []string{"Use port 465 with ssl, or port 587 with starttls."},
		fixes:   []string{outlookPort},
		says:    []string{"port 25"},
		rfc:     "RFC 6409 section 3.1",
	},
	{
		name: "junk", title: "Mail arrives, but in Junk",
		cause: submission.NotDelivered, also: []submission.Cause{submission.SenderDomainAuth, submission.ContentRejectedSpam},
		summary: "Your mail is sent and arrives, so your settings for sending are right. The receiving side takes it for spam: it judges the sender's domain, the words and links, and what it knows of the sender.",
		known:   published,
		fixes: []string{
			"In the mail in Junk, look for Authentication-Results among its headers: spf, dkim and dmarc should say pass.",
			"If the domain is yours: put your provider into its SPF record, switch on DKIM at the provider, and publish a DMARC record.",
			"Write a subject and some plain words. Leave out shortened links and large pictures.",
			"Mark the mail as no junk, and add the sender to your contacts: the filter learns.",
		},
		says: []string{"junk|spam folder", "in|into junk|spam", "goes to junk|spam", "lands|land|landing in junk|spam"},
		rfc:  "RFC 8601",
	},
}

// trouble answers by the name of a trouble without a text.
func (q Question) trouble(name string) *Answer {
	name = hyphened(name)
	i := slices.IndexFunc(troubles, func(t silent) bool { return t.name == name })
	if i < 0 {
		return nil
	}
	s := troubles[i]
	v := verdict{cause: s.cause, also: s.also, why: s.summary, field: &s.field, temporary: s.temporary}
	if s.cause == "" {
		v.cause = submission.Unknown
	}
	if q.Preset != nil && s.known != nil {
		v.fixes = s.known(q.preset())
	}
	if len(v.fixes) == 0 {
		v.fixes = plain(s.unknown)
	}
	v.fixes = append(v.fixes, plain(s.fixes)...)
	return &Answer{Diagnosis: q.tell(v), Topic: s.name, Title: s.title, Reference: s.rfc}
}

// preset is the one of the question, filled in.
func (q Question) preset() *preset.Preset { return resolved(q.Preset, "") }

// tell writes a verdict as it stands, without the advice on its cause.
func (q Question) tell(v verdict) *Diagnosis {
	t := &trouble{preset: q.preset()}
	d := &Diagnosis{Cause: v.cause, Also: v.also, Summary: v.why, Temporary: v.temporary, Fixes: v.fixes}
	if v.field != nil {
		d.Field = *v.field
	}
	return t.fill(d)
}

func hyphened(name string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == ' ' || r == '_' || r == '-' }), "-")
}

// --- what a preset knows ---

func sentCopies(p *preset.Preset) []Fix {
	switch p.Sent.Copy {
	case preset.CopyByServer:
		return known(Fix{Text: p.Sent.Switch})
	case preset.CopyByClient:
		return []Fix{{Text: titleOf(p) + " keeps no copy itself. So look for a second program or device that does."}}
	}
	return nil
}

func outgoing(p *preset.Preset) []Fix {
	var fixes []Fix
	if len(p.Endpoints) > 0 {
		t := trouble{preset: p}
		fixes = known(Fix{Text: "The outgoing server of " + titleOf(p) + " is " + p.Endpoints[0].Host + ": use " + t.ports(submission.SSL, submission.STARTTLS) + "."})
	}
	if p.Password.Kind != preset.PasswordAccount && p.Password.Label != "" {
		fixes = append(fixes, known(Fix{"For sending, use the " + labelOf(p) + ".", p.Password.URL})...)
	}
	return append(fixes, known(Fix{Text: p.Account.FromRule})...)
}

func endpoints(p *preset.Preset) []Fix {
	t := trouble{preset: p}
	return known(Fix{Text: t.endpointsInWords()})
}

// allowances are the limits, or where to ask for them.
func allowances(p *preset.Preset) []Fix {
	if fixes := limits(p); len(fixes) > 0 {
		return fixes
	}
	return known(Fix{"The figures of " + titleOf(p) + " are not known to smtpwiz: ask there.", p.Support})
}

// limits are the allowances, of one period or of all, each page once.
func limits(p *preset.Preset, periods ...preset.Period) []Fix {
	var fixes []Fix
	for _, l := range p.Limits {
		if len(periods) > 0 && !slices.Contains(periods, l.Per) {
			continue
		}
		f := Fix{l.Text, l.URL}
		if l.Unverified {
			f.Text = strings.TrimSuffix(f.Text, ".") + " (unverified)."
		}
		if slices.ContainsFunc(fixes, func(g Fix) bool { return g.URL == f.URL }) {
			f.URL = ""
		}
		fixes = append(fixes, known(f)...)
	}
	return fixes
}

func published(p *preset.Preset) []Fix {
	if len(p.Match.SPF) == 0 {
		return nil
	}
	return known(Fix{Text: "The SPF record of a domain at " + titleOf(p) + " has include:" + p.Match.SPF[0] + " in it."})
}

// known leaves out what is empty or waits for a region or host.
func known(f Fix) []Fix {
	if f = (Fix{filledIn(f.Text), filledIn(f.URL)}); f.Text == "" {
		return nil
	}
	return []Fix{f}
}
