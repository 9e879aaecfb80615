package diagnose

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
	"github.com/smtpwiz/smtpwiz/presets"
)

// builtIn are the presets that come with the program.
func builtIn(t testing.TB) []*preset.Preset {
	t.Helper()
	all, err := preset.New(presets.FS, "").All()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestAskByName(t *testing.T) {
	t.Parallel()
	all := builtIn(t)
	for _, c := range []struct {
		text  string
		topic string
		cause submission.Cause
		says  string // in what is said or referred to
	}{
		{"web-form", "web-form", submission.NotDelivered, "Remote Mail Exchanger"},
		{"Web Form", "web-form", submission.NotDelivered, "Email Routing"},
		{"sent_twice", "sent-twice", submission.Unknown, "keeps a copy"},
		{"cannot-send", "cannot-send", submission.Unknown, "outgoing"},
		{"calendar", "calendar", submission.FromMismatch, "attachment"},
		{"limits", "limits", submission.QuotaExceeded, "Space your mails out"},
		{"port-25", "port-25", submission.PortBlocked, "465 with ssl, or port 587"},
		{"25", "port-25", submission.PortBlocked, "Outlook"},
		{"port 25", "port-25", submission.PortBlocked, "between servers"},
		{"junk", "junk", submission.NotDelivered, "Authentication-Results"},

		{"RCPT", "RCPT", submission.Unknown, "RFC 5321 section 4.1.1.3"},
		{"rcpt to", "RCPT", submission.Unknown, "recipient"},
		{"MAIL FROM:<you@example.com> SIZE=100", "MAIL", submission.Unknown, "RFC 5321 section 4.1.1.2"},
		{"helo", "EHLO", submission.Unknown, "RFC 5321 section 4.1.1.1"},
		{"EHLO localhost", "EHLO", submission.Unknown, "name of this computer"},
		{"STARTTLS", "STARTTLS", submission.Unknown, "RFC 3207"},
		{"AUTH PLAIN cGE1NS1NYXJrZXItOWZR", "AUTH", submission.Unknown, "RFC 4954"},
		{"auth", "AUTH", submission.Unknown, "base64"},
		{"data", "DATA", submission.Unknown, "RFC 5321 section 4.1.1.4"},
		{"RSET", "RSET", submission.Unknown, "RFC 5321 section 4.1.1.5"},
		{"NOOP", "NOOP", submission.Unknown, "RFC 5321 section 4.1.1.9"},
		{"QUIT", "QUIT", submission.Unknown, "RFC 5321 section 4.1.1.10"},
		{"VRFY you", "VRFY", submission.Unknown, "252"},
		{"greeting", "GREETING", submission.Unknown, "220"},
		{"tls", "TLS", submission.Unknown, "certificate"},

		{"553", "553", submission.Unknown, "the address is not allowed"},
		{"code 535", "535", submission.BadCredentials, "RFC 4954"},
		{"(454)", "454", submission.ServerDownTemporary, "encrypting"},
		{"577", "577", submission.Unknown, "will not pass"},
		{"250", "250", submission.Unknown, "done"},
		{"354", "354", submission.Unknown, "send the message now"},
		{"5.7.8", "5.7.8", submission.BadCredentials, "RFC 4954"},
		{"x.1.1", "5.1.1", submission.RecipientRejected, "RFC 3463 section 3.2"},
		{"5.7.26", "5.7.26", submission.SenderDomainAuth, "RFC 7372"},
		{"5.9.9", "5.9.9", submission.Unknown, "no fixed meaning"},
		{"#5.2.2", "5.2.2", submission.RecipientMailboxFull, "full"},
		{"530 5.7.0", "530 5.7.0", submission.AuthMissing, "RFC 4954 section 6 and RFC 3463 section 3.8"},
		{"530-5.7.0", "530 5.7.0", submission.AuthMissing, "without a reason"},
		{"4xx", "4xx", submission.Unknown, "may pass later"},
		{"465", "465", submission.Unknown, "RFC 8314"},
		{"587", "587", submission.Unknown, "STARTTLS"},

		{"from_mismatch", "from_mismatch", submission.FromMismatch, "alias"},
		{"From-Mismatch", "from_mismatch", submission.FromMismatch, "not owned by"},
		{"greylisted", "greylisted", submission.Greylisted, "RFC 6647"},
	} {
		a := Ask(Question{Text: c.text, Known: all})
		if a == nil || a.Topic != c.topic || a.Cause != c.cause {
			t.Errorf("%q: got %+v, want topic %s and cause %s", c.text, a, c.topic, c.cause)
			continue
		}
		if all := allOf(a); !strings.Contains(all, c.says) {
			t.Errorf("%q: %q is not in\n%s", c.text, c.says, all)
		}
		if strings.Contains(allOf(a), "cGE1NS1NYXJrZXItOWZR") {
			t.Errorf("%q: its payload is repeated", c.text)
		}
	}
}

func allOf(a *Answer) string {
	return strings.Join(append([]string{a.Topic, a.Title, allText(a.Diagnosis), a.Evidence, a.Reference, fmt.Sprint(a.Also)}, a.Examples...), "\n")
}

// A text that only looks like a name is a text.
func TestAskATextAllTheSame(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]submission.Cause{
		"DATA command failed: 554 5.7.1 Message rejected under suspicion of SPAM": submission.ContentRejectedSpam,
		"AUTH failed: 535 5.7.8 Authentication failed":                            submission.BadCredentials,
		"MAIL FROM refused: 530 5.7.0 Authentication required":                    submission.AuthMissing,
		"RCPT TO:<them@example.net> 550 5.1.1 User unknown":                       submission.RecipientRejected,
		"EHLO rejected: 501 Syntactically invalid EHLO argument(s)":               submission.HELORejected,
		"STARTTLS is required": submission.TLSRequired,
		"550 Your mail is in our junk folder rules: blocked using zen.spamhaus.org":                submission.IPBlocked,
		"553 5.7.1 <you@example.com>: Sender address rejected: not owned by user them@example.com": submission.FromMismatch,
	} {
		if a := Ask(Question{Text: text}); a == nil || a.Topic != "" || a.Cause != want {
			t.Errorf("%q: got %+v, want %s", text, a, want)
		}
	}
	for _, text := range []string{"", " \n", `\n`} {
		if a := Ask(Question{Text: text}); a != nil {
			t.Errorf("%q: got %+v", text, a)
		}
	}
}

func TestAskInOnesOwnWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"the contact form of my site never arrives":         "web-form",
		"every mail is twice in my Sent folder":             "sent-twice",
		"I can receive mail but cannot send":                "cannot-send",
		"forwarding a meeting to a colleague does not work": "calendar",
		"how many emails may I send":                        "limits",
		"port 25 does not work here":                        "port-25",
		"my mail goes to spam":                              "junk",
		"my mail always lands in Junk":                      "junk",
		"the moon is full":                                  "",
	} {
		if a := Ask(Question{Text: text}); a.Topic != want {
			t.Errorf("%q: got %q (%s), want %q", text, a.Topic, a.Cause, want)
		}
	}
}

func TestRecognise(t *testing.T) {
	t.Parallel()
	all := builtIn(t)
	for _, c := range []struct {
		text, preset, provider string
		says                   string // what only this provider's advice has
	}{
		// Its server.
		{"dial tcp: lookup smtp.gmail.com: no such host", "gmail", "Gmail and Google Workspace", ""},
		{`stream_socket_client(): unable to connect to ssl0.ovh.net:587 (Connection refused)`, "ovh", "OVHcloud", ""},
		{"pro2.mail.ovh.net said: 535 5.7.1 Authentication failed", "ovh", "OVHcloud", "alias"},
		{"smtp.zoho.eu: 535 Authentication Failed", "zoho", "Zoho Mail", "https://accounts.zoho.eu/home#security/app_password"},
		{"smtppro.zoho.in:465 said 535 Authentication Failed", "zoho-pro", "Zoho Mail for organisations", "https://accounts.zoho.in/"},
		{"connect to email-smtp.eu-west-1.amazonaws.com[192.0.2.1]:587: Connection timed out", "amazon-ses", "Amazon SES", ""},
		{"protonmail-bridge: dial tcp 127.0.0.1:1025: connection refused", "proton-bridge", "Proton Mail Bridge", "Start the bridge"},
		// Its greeting.
		{"SERVER -> CLIENT: 220 mx.zohomail.com SMTP Server ready\nCLIENT -> SERVER: DATA\nSERVER -> CLIENT: 354 go\nCLIENT -> SERVER: .\nSERVER -> CLIENT: 553 Relaying disallowed as you@example.com",
			"zoho", "Zoho Mail", "alias of the account"},
		// Links in what only the user's own server says.
		{"534 5.7.9 Application-specific password required. https://support.google.com/mail/?p=InvalidSecondFactor - gsmtp", "gmail", "Gmail and Google Workspace", "https://myaccount.google.com/apppasswords"},
		{"535 Login Fail. More information in http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=28&&no=1001256", "qq", "QQ Mail", ""},
		{"535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled", "microsoft365", "Microsoft 365", ""},
		// Links in what any server says: the words are its, the account need not be.
		{"550-5.7.26 Unauthenticated email. https://support.google.com/mail/answer/81126 - gsmtp", "", "Gmail and Google Workspace", ""},
		// Nobody for sure.
		{"553 Relaying disallowed as test@gmail.com", "", "", ""},
		{"relay from smtp.gmail.com to smtp.zoho.eu: 535 Authentication Failed", "", "", ""},
		{"gmail-smtp-in.l.google.com said: 550 5.1.1 User unknown", "", "", ""},
		{"connect ECONNREFUSED 127.0.0.1:1025", "", "", ""},
		{"535 5.7.8 no, see https://www.example.com.au/help", "", "", ""},
		{"535 5.7.8 no, see https://github.com/you/repo", "", "", ""},
		{"554 5.7.1 blocked, see https://check.spamhaus.org/", "", "", ""},
	} {
		a := Ask(Question{Text: c.text, Known: all})
		got := Recognised{}
		if a.Recognised != nil {
			got = *a.Recognised
		}
		if got.Preset != c.preset || got.Provider != c.provider {
			t.Errorf("%q: got %+v, want %q %q", c.text, got, c.preset, c.provider)
		}
		if !strings.Contains(allText(a.Diagnosis), c.says) {
			t.Errorf("%q: %q is not in\n%s", c.text, c.says, allText(a.Diagnosis))
		}
	}
	// A provider that the user names is not looked for.
	a := Ask(Question{Text: "smtp.gmail.com said 535 5.7.8 no", Known: all, Preset: provider()})
	if a.Recognised.Preset != "" || !strings.Contains(allText(a.Diagnosis), "Example app password") {
		t.Errorf("got %+v\n%s", a.Recognised, allText(a.Diagnosis))
	}
}

// The region is read off what the text names, with --preset too.
func TestRecogniseTheRegion(t *testing.T) {
	t.Parallel()
	for _, p := range builtIn(t) {
		if p.Name != "zoho" {
			continue
		}
		a := Ask(Question{Text: "550 5.4.6 Unusual sending activity detected. See https://mail.zoho.in/UnblockMe", Preset: p})
		if s := allText(a.Diagnosis); !strings.Contains(s, "https://mail.zoho.in/UnblockMe") || strings.Contains(s, "zoho.com/UnblockMe") {
			t.Errorf("got\n%s", s)
		}
	}
}

func TestAskForTheStage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		stage report.Stage
		want  string
	}{
		{"553 Relaying disallowed as you@example.com", "", "[mail data] from_mismatch, [rcpt] relay_denied"},
		{"553 Relaying disallowed as you@example.com", report.Data, ""},
		{"Relaying disallowed", "", "[mail data] from_mismatch, [rcpt] relay_denied"},
		{"EOF", "", "[greeting tls data] connection_lost, [ehlo] helo_rejected"},
		{"553", "", "[mail] sender_rejected, [rcpt] recipient_rejected"},
		{"553", report.Rcpt, ""},
		{"550 5.1.1 User unknown", "", ""},          // the words decide
		{"535 5.7.8 no", "", ""},                    // comes after AUTH only
		{"connect ETIMEDOUT 192.0.2.1:465", "", ""}, // says where it came
	} {
		a := Ask(Question{Text: c.text, Stage: c.stage})
		var got []string
		for _, s := range a.Stages {
			got = append(got, fmt.Sprintf("%v %s", s.Stages, s.Cause))
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%q at %q: got %q, want %q", c.text, c.stage, s, c.want)
		}
		// What is foretold is what comes with the stage.
		for _, s := range a.Stages {
			for _, stage := range s.Stages {
				if b := Ask(Question{Text: c.text, Stage: stage}); b.Cause != s.Cause {
					t.Errorf("%q: foretold %s at %s, got %s", c.text, s.Cause, stage, b.Cause)
				}
			}
		}
	}
}

func TestTroublesWithAPreset(t *testing.T) {
	t.Parallel()
	p := provider()
	p.Sent = preset.Sent{Copy: preset.CopyByServer, Switch: "In Example Mail, untick Keep a copy."}
	p.Match.SPF = []string{"spf.example.com"}
	p.Limits = append(p.Limits, preset.Limit{Text: "At most 100 recipients in one mail.", URL: p.Limits[0].URL})
	client := provider()
	client.Sent.Copy = preset.CopyByClient
	for _, c := range []struct {
		name   string
		preset *preset.Preset
		says   string
	}{
		{"sent-twice", p, "untick Keep a copy"},
		{"sent-twice", client, "Example Mail keeps no copy itself"},
		{"limits", p, "At most 200 mails a day. https://example.com/limits"},
		{"limits", p, "At most 100 recipients"},
		{"limits", nil, "add --preset"},
		{"port-25", nil, "Use port 465 with ssl, or port 587 with starttls"},
		{"port-25", p, "With Example Mail, use port 465 with ssl or port 587 with starttls"},
		{"cannot-send", p, "Example app password"},
		{"junk", p, "include:spf.example.com"},
	} {
		if a := Ask(Question{Text: c.name, Preset: c.preset}); !strings.Contains(allText(a.Diagnosis), c.says) {
			t.Errorf("%s: %q is not in\n%s", c.name, c.says, allText(a.Diagnosis))
		}
	}
	if a := Ask(Question{Text: "app_password_required", Preset: p}); !strings.Contains(allText(a.Diagnosis), "https://example.eu/app-passwords") {
		t.Errorf("the cause without the preset's page:\n%s", allText(a.Diagnosis))
	}
}

// Whatever can be asked by name has a whole answer, with each preset.
func TestEveryTopicIsWhole(t *testing.T) {
	t.Parallel()
	var topics []string
	for _, tr := range Troubles() {
		if tr.Title == "" {
			t.Errorf("%s has no title", tr.Name)
		}
		topics = append(topics, tr.Name)
	}
	for _, c := range codes {
		topics = append(topics, fmt.Sprint(c.code))
	}
	for _, d := range details {
		topics = append(topics, "5."+d.code, "4."+d.code)
	}
	for _, c := range commands {
		topics = append(topics, c.names...)
	}
	for _, c := range submission.Causes() {
		topics = append(topics, string(c))
	}
	some := []*preset.Preset{nil}
	for _, p := range builtIn(t) {
		if slices.Contains([]string{"zoho"}, p.Name) {
			some = append(some, p)
		}
	}
	for _, p := range some {
		for _, topic := range topics {
			a := Ask(Question{Text: topic, Preset: p})
			if a == nil || a.Topic == "" || a.Summary == "" {
				t.Fatalf("%s: got %+v", topic, a)
			}
			if s := allOf(a); strings.ContainsAny(s, "{}") && p != nil && a.Examples == nil {
				t.Errorf("%s: a name is not filled in: %s", topic, s)
			}
			if !slices.Contains(submission.Causes(), a.Cause) || slices.Contains(a.Also, a.Cause) {
				t.Errorf("%s: cause %q, also %v", topic, a.Cause, a.Also)
			}
			for _, c := range a.Also {
				if !slices.Contains(submission.Causes(), c) {
					t.Errorf("%s: %q is no cause", topic, c)
				}
			}
		}
	}
	for _, tr := range troubles {
		for _, s := range append([]string{tr.summary}, tr.fixes...) {
			checkSentences(t, tr.name, s)
		}
	}
	for _, c := range commands {
		checkSentences(t, c.names[0], c.summary)
		if c.rfc == "" {
			t.Errorf("%s has no standard", c.names[0])
		}
	}
}

// Each example of a cause is taken for that cause, at a stage where it can come.
func TestEveryExampleHasItsCause(t *testing.T) {
	t.Parallel()
	stages := append([]report.Stage{"", report.Connect, report.TLSStage, report.STARTTLS}, anywhere...)
	for _, a := range advices {
		c := a.cause
		if len(a.examples) == 0 && !slices.Contains([]submission.Cause{submission.SMTPIntercepted, submission.STARTTLSInjection, submission.NotDelivered, submission.Unknown}, c) {
			t.Errorf("%s has no example", c)
		}
		for _, text := range a.examples {
			fits := func(s report.Stage) bool {
				var p *preset.Preset
				if c == submission.BridgeNotRunning {
					p = bridge()
				}
				return Text(Pasted{Text: text, Stage: s, Preset: p}).Cause == c
			}
			if !slices.ContainsFunc(stages, fits) {
				t.Errorf("%s: %q is %s", c, text, Text(Pasted{Text: text}).Cause)
			}
		}
	}
}

// The JSON is the diagnosis itself, with what was recognised beside it.
func TestAnswerJSON(t *testing.T) {
	t.Parallel()
	a := Ask(Question{Text: "smtp.zoho.eu: 535 5.7.8 Authentication Failed", Known: builtIn(t)})
	data, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Cause, Summary, Field, Evidence string
		Temporary                       *bool
		Fixes                           []Fix
		Recognised                      struct {
			Preset, Provider, By, Stage string
			Code                        int
			Enhanced                    string `json:"enhanced_code"`
		}
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if got.Cause != "bad_credentials" || got.Summary == "" || got.Field != "password" || got.Temporary == nil || len(got.Fixes) == 0 || got.Evidence == "" {
		t.Errorf("the diagnosis is not whole: %s", data)
	}
	if r := got.Recognised; r.Preset != "zoho" || r.Provider != "Zoho Mail" || r.By != "smtp.zoho.eu" || r.Stage != "auth" || r.Code != 535 || r.Enhanced != "5.7.8" {
		t.Errorf("recognised %+v in %s", r, data)
	}
}

func TestOfProviders(t *testing.T) {
	t.Parallel()
	got := OfProviders(submission.ContentRejectedVirus, []*preset.Preset{provider(), bridge()})
	if len(got) != 1 || got[0].Provider != "Example Mail" || got[0].Why != "Example Mail takes no bananas." || got[0].Fixes[0].URL != "https://example.com/peel" {
		t.Errorf("got %+v", got)
	}
}

func FuzzAsk(f *testing.F) {
	for _, s := range []string{"553", "5.7.1", "RCPT TO:<a@b.example>", "web-form", "AUTH PLAIN x", "4xx", "port 25", "smtp.gmail.com said 535", "x.1.1",
		"220 mx.zohomail.com\n553 no", "https://support.google.com/ 535", "EOF", "\x1b[2J 535 \u202e"} {
		f.Add(s)
	}
	all := builtIn(f)
	f.Fuzz(func(t *testing.T, text string) {
		a := Ask(Question{Text: text, Known: all})
		if a == nil {
			return
		}
		if a.Summary == "" || !slices.Contains(submission.Causes(), a.Cause) {
			t.Errorf("%q: got %+v", text, a.Diagnosis)
		}
		if a.Topic == "" {
			wellFormed(t, a.Diagnosis)
		}
	})
}
