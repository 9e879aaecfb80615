package diagnose

import (
	"fmt"
	"slices"
	"sync"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// rule is one thing that is known of how servers and programs word a trouble.
// Every part that is set must fit; the first rule of a table that fits decides.
type rule struct {
	says     []string       // any of these phrases (see phrase); nil: whatever is said
	unless   []string       // and none of these
	stages   []report.Stage // at one of these; nil: at any
	codes    []int          // one of these codes, or of a class: 4, 5; nil: any
	enhanced []string       // one of these, as subject.detail of RFC 3463; "" for none; nil: any
	bridge   bool           // only where the preset is a program on this machine
	provider bool           // only where there is a preset

	cause submission.Cause
	also  []submission.Cause // other causes in question, the likelier first
	why   string             // in place of the cause's own summary
	tell  string             // the experiment that tells the causes apart
}

// The stages at which a kind of refusal comes.
var (
	atStart    = []report.Stage{report.Connect, report.Greeting}
	atSTARTTLS = []report.Stage{report.STARTTLS}
	atHello    = []report.Stage{report.EHLO}
	atAuth     = []report.Stage{report.Auth}
	atMail     = []report.Stage{report.Mail}
	atRcpt     = []report.Stage{report.Rcpt}
	inMail     = []report.Stage{report.Mail, report.Rcpt, report.Data}
	pastMail   = []report.Stage{report.Rcpt, report.Data}
	notRcpt    = []report.Stage{report.EHLO, report.Auth, report.Mail, report.Data}
)

// numbered are the rules on enhanced status codes, for refusals whose words say
// nothing that is known. What a code means stands in the registry of RFC 5248;
// 7.3, 7.57 and 7.60 are Exchange's.
var numbered = []rule{
	{enhanced: []string{"7.8", "7.12"}, cause: submission.BadCredentials},
	{enhanced: []string{"7.0", "7.1", "7.3"}, stages: atAuth, codes: []int{535}, cause: submission.BadCredentials},
	{enhanced: []string{"7.9"}, codes: []int{504, 534}, cause: submission.AuthMechanismUnsupported},
	{enhanced: []string{"5.4", "7.4"}, stages: atAuth, codes: []int{5}, cause: submission.AuthMechanismUnsupported},
	{enhanced: []string{"5.1", "5.2"}, stages: atAuth, codes: []int{500, 502, 503}, cause: submission.AuthNotOffered},
	{enhanced: []string{"7.10", "7.11"}, cause: submission.TLSRequired},
	{enhanced: []string{"7.13"}, cause: submission.AccountSuspended},
	{enhanced: []string{"7.14"}, codes: []int{534}, cause: submission.WebLoginRequired}, // trust has to be set up first
	{enhanced: []string{"7.57"}, cause: submission.AuthMissing},
	{enhanced: []string{"7.60"}, cause: submission.FromMismatch},
	{enhanced: []string{"7.29"}, cause: submission.SenderDomainAuth},
	{enhanced: []string{"7.25"}, cause: submission.IPBlocked}, // no reverse DNS
	{enhanced: []string{"7.28"}, cause: submission.RateLimited},
	{enhanced: []string{"1.8", "7.27"}, cause: submission.SenderDomainInvalid},
	{enhanced: []string{"1.7"}, cause: submission.SenderRejected},
	{enhanced: []string{"1.1", "1.2", "1.3", "1.4", "1.6", "1.10"}, cause: submission.RecipientRejected},
	{enhanced: []string{"1.0", "2.0", "2.1", "4.6"}, stages: pastMail, cause: submission.RecipientRejected},
	{enhanced: []string{"2.2"}, cause: submission.RecipientMailboxFull},
	{enhanced: []string{"2.3", "3.4"}, cause: submission.MessageTooLarge},
	{enhanced: []string{"5.3"}, cause: submission.RateLimited}, // too many recipients
	{enhanced: []string{"5.4"}, stages: atHello, cause: submission.HELORejected},
	{enhanced: []string{"7.0", "7.1"}, stages: atStart, codes: []int{5}, cause: submission.IPBlocked},
	{enhanced: []string{"4.2"}, cause: submission.ConnectionLost, also: []submission.Cause{submission.ServerDownTemporary}},
	{enhanced: []string{"3.0", "3.1", "3.2", "3.5", "4.1", "4.3", "4.4", "4.5"}, cause: submission.ServerDownTemporary},
	{enhanced: []string{"5.0", "5.1", "5.2", "5.4", "5.5"}, stages: inMail, codes: []int{500, 501, 502, 503, 504, 555}, cause: submission.ProtocolError},
}

// coded are the rules on a reply's code, the last resort: only where RFC 5321
// section 4.2.3 and RFC 4954 section 6 give it one meaning at that stage.
var coded = []rule{
	{codes: []int{535}, cause: submission.BadCredentials},
	{codes: []int{538}, cause: submission.TLSRequired},
	{codes: []int{530}, cause: submission.AuthMissing, also: []submission.Cause{submission.TLSRequired}},
	{codes: []int{504, 534}, stages: atAuth, cause: submission.AuthMechanismUnsupported},
	{codes: []int{500, 502, 503}, stages: atAuth, cause: submission.AuthNotOffered},
	{codes: []int{500, 502, 503}, stages: atSTARTTLS, cause: submission.STARTTLSNotOffered},
	{codes: []int{5}, stages: atStart, cause: submission.IPBlocked, also: []submission.Cause{submission.ServerDownTemporary},
		why: "{Server} turns the connection away before anything was said. As a rule it does not want mail from this internet address (IP)."},
	{codes: []int{421}, stages: atHello, cause: submission.HELORejected, also: []submission.Cause{submission.ServerDownTemporary},
		tell: "Try again with another name for EHLO (--helo): if the reply stays the same, the name is not the reason."},
	{codes: []int{501, 504, 550, 554}, stages: atHello, cause: submission.HELORejected},
	{codes: []int{552}, stages: atMail, cause: submission.MessageTooLarge}, // RFC 1870 section 6.1
	{codes: []int{5}, stages: atMail, cause: submission.SenderRejected,
		why: "{Server} does not accept {from} as the sender. Its words give no reason that is known."},
	{codes: []int{550, 551, 553}, enhanced: []string{""}, stages: atRcpt, cause: submission.RecipientRejected,
		also: []submission.Cause{submission.RelayDenied, submission.IPBlocked},
		why:  "{Server} does not accept the recipient {to}. Its words give no reason that is known.",
		tell: "Try another recipient, at another provider: if that is refused too, the recipient is not the reason."},
	{codes: []int{500, 501, 502, 503, 504, 555}, stages: inMail, cause: submission.ProtocolError},
	{codes: []int{421, 450, 451, 452, 454}, cause: submission.ServerDownTemporary},
}

// compiled is a rule with its phrases parsed.
type compiled struct {
	rule
	says, unless []phrase
}

// tables holds the rules, parsed once, when the first trouble comes.
var tables = sync.OnceValue(func() (t struct{ worded, numbered, coded []compiled }) {
	t.worded, t.numbered, t.coded = compileRules(worded), compileRules(numbered), compileRules(coded)
	return t
})

func compileRules(list []rule) []compiled {
	out := make([]compiled, len(list))
	for i, r := range list {
		out[i] = compiled{r, parsePhrases(r.says), parsePhrases(r.unless)}
	}
	return out
}

// first returns the rule of a table that decides. Rules on words take a stage
// that is not known for any; those on codes alone do not.
func first(table []compiled, t *trouble, words []string) *compiled {
	for i := range table {
		if table[i].fits(t, words) {
			return &table[i]
		}
	}
	return nil
}

func (c *compiled) fits(t *trouble, words []string) bool {
	return c.fitsStage(t.stage) && c.fitsCode(t) && c.fitsEnhanced(t) && (!c.bridge || t.isBridge()) && (!c.provider || t.preset != nil) &&
		(len(c.says) == 0 || anyIn(c.says, words)) && !anyIn(c.unless, words)
}

func (c *compiled) fitsStage(s report.Stage) bool {
	return len(c.stages) == 0 || s == "" && len(c.says) > 0 || slices.Contains(c.stages, s)
}

func (c *compiled) fitsCode(t *trouble) bool {
	return len(c.codes) == 0 || slices.Contains(c.codes, t.code) || slices.Contains(c.codes, t.class())
}

func (c *compiled) fitsEnhanced(t *trouble) bool {
	if len(c.enhanced) == 0 {
		return true
	}
	key := ""
	if !t.enhanced.IsZero() {
		key = fmt.Sprintf("%d.%d", t.enhanced.Subject, t.enhanced.Detail)
	}
	return slices.Contains(c.enhanced, key)
}

func (c *compiled) verdict() verdict {
	return verdict{cause: c.cause, also: c.also, why: c.why, tell: c.tell}
}
