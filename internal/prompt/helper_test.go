package prompt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/quietinit"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
	"github.com/smtpwiz/smtpwiz/internal/terminal"
	"github.com/smtpwiz/smtpwiz/internal/wizard"
)

const marker = "pa55-Marker-9fQ"

// TestMain also lets the test binary be a program in a terminal, for the tests
// that need one and to look at: PROMPT_HELPER=screen ./prompt.test
func TestMain(m *testing.M) {
	quietinit.Restore()
	if mode := os.Getenv("PROMPT_HELPER"); mode != "" {
		os.Exit(helper(mode))
	}
	os.Exit(m.Run())
}

func helper(mode string) int {
	if mode == "start" {
		fmt.Println("started with TERM=" + os.Getenv("TERM"))
		return 0
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var p wizard.Prompter = NewLines(terminal.System(), "PROMPT_HELPER")
	if mode == "screen" {
		screen, err := NewScreen(terminal.System(), stop)
		if err != nil {
			fmt.Println("error:", err)
			return 2
		}
		defer screen.Close()
		p = screen
	}
	err := walk(ctx, p)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, wizard.ErrAborted), errors.Is(err, context.Canceled):
		fmt.Println("aborted")
		return 130
	}
	fmt.Println("error:", err)
	return 1
}

// walk is a small wizard, with a page of every sort.
func walk(ctx context.Context, p wizard.Prompter) error {
	pages := samplePages()
	var told []wizard.Block
	for i := 0; i < len(pages); {
		page := pages[i]
		if page.Key == "try" {
			stopped, err := p.Watch(ctx, page.Title, sampleProbe)
			if err != nil {
				return err
			}
			told = append(told, wizard.Block{Text: fmt.Sprintf("probe stopped: %v", stopped)})
			i++
			continue
		}
		a, err := p.Ask(ctx, page)
		if err != nil {
			return err
		}
		told = append(told, wizard.Block{Text: describe(page, a)})
		if page.Key == os.Getenv("PROMPT_TELL") {
			p.Tell(wizard.Block{Text: "Told in between."})
		}
		switch {
		case a.Move == wizard.Back:
			i--
		case a.Action == "stop":
			i = len(pages)
		default:
			i++
		}
	}
	p.Tell(append([]wizard.Block{{Kind: wizard.Strong, Text: "The end."}}, told...)...)
	return nil
}

// describe says how a page was left; of a secret, whether it is the marker.
func describe(page wizard.Page, a wizard.Answer) string {
	parts := []string{page.Key, string(a.Move), a.Action}
	for _, q := range page.Questions {
		if q.Kind == wizard.Password {
			parts = append(parts, fmt.Sprintf("%s=%d,%v", q.Key, a.Secrets[q.Key].Len(), a.Secrets[q.Key].Reveal() == marker))
		} else {
			parts = append(parts, q.Key+"="+a.Texts[q.Key])
		}
	}
	return strings.Join(parts, " ")
}

func samplePages() []wizard.Page {
	return []wizard.Page{
		{
			Key: "address", Title: "smtpwiz setup",
			Blocks: []wizard.Block{{Text: "From an address to proven, saved settings in a minute."}},
			Questions: []wizard.Question{
				{Key: "address", Label: "Which address will send the mail?", Hint: "you@example.com", Check: func(s string) string {
					if !strings.Contains(s, "@") {
						return "An address has an @ in it."
					}
					return ""
				}},
				{Key: "name", Label: "Your name (optional)", Optional: true},
			},
			Actions: []wizard.Action{{Key: "stop", Label: "stop", Letter: "q", Chord: "ctrl+x"}},
			Help:    "The address that stands in the From line of your mails.\n\nIt decides which provider is asked first.",
		},
		{
			Key: "provider", Title: "Who hosts your mail?", Back: true,
			Blocks:    []wizard.Block{{Text: "The domain does not say which provider it is."}},
			Questions: []wizard.Question{{Key: "provider", Label: "Provider", Kind: wizard.Choice, Value: "fastmail", Options: sampleProviders()}},
		},
		{
			Key: "login", Title: "Log in to Zoho", Back: true, Next: "log in and send one test mail to you",
			Blocks: []wizard.Block{
				{Text: "example.com is hosted at Zoho, Europe (MX: mx.zoho.eu). The mail goes to smtppro.zoho.eu, port 465, SSL."},
				{Kind: wizard.Strong, Text: "Zoho wants an app password here, not your login password."},
				{Text: "This is how to make one:"},
				{Kind: wizard.Step, Text: "Open the page for app passwords and log in."},
				{Kind: wizard.Link, Text: "https://accounts.zoho.eu/home#security/app_password"},
				{Kind: wizard.Step, Text: "Choose “Generate new password” and name it smtpwiz laptop."},
				{Kind: wizard.Step, Text: "Copy the password. It is shown once."},
			},
			Questions: []wizard.Question{{Key: "password", Label: "Zoho app password", Kind: wizard.Password, Check: func(s string) string {
				if len(s) < 8 {
					return "That is too short for an app password."
				}
				return ""
			}}},
			Actions: []wizard.Action{{Key: "change", Label: "change", Letter: "c", Chord: "ctrl+e"}},
			Help:    "An app password is a second password for one program.",
		},
		{Key: "try", Title: "Trying smtppro.zoho.eu"},
		{
			Key: "failed", Title: "The server refused the password", Back: true,
			Blocks: []wizard.Block{
				{Kind: wizard.Strong, Text: "Zoho wants an app password for programs when 2-Step Verification is on."},
				{Kind: wizard.Quote, Text: "535 5.7.8 Authentication Failed _*`not markdown`*_"},
				{Text: "为您的账户生成应用专用密码，然后在此处粘贴。"},
				{Text: "आपके खाते के लिए एक ऐप पासवर्ड बनाएं और उसे यहां चिपकाएं।"},
				{Kind: wizard.Command, Text: "smtpwiz test --preset zoho --region eu --username you@example.com"},
			},
			Actions: []wizard.Action{
				{Key: "password", Label: "paste the password again", Letter: "p"},
				{Key: "host", Label: "try smtp.zoho.eu, the other host", Letter: "h"},
				{Key: "region", Label: "choose another region", Letter: "r"},
				{Key: "save", Label: "save untested, for another network", Letter: "s"},
				{Key: "stop", Label: "stop", Letter: "q"},
			},
			Help: "A new try runs all stages.",
		},
		{
			Key: "change", Title: "Change", Back: true,
			Questions: []wizard.Question{
				{Key: "host", Label: "Host", Value: "smtppro.zoho.eu"},
				{Key: "port", Label: "Port", Value: "465"},
				{Key: "security", Label: "Security", Kind: wizard.Choice, Value: "ssl", Options: []wizard.Option{
					{Value: "ssl", Label: "SSL", Detail: "TLS from the first byte, port 465"},
					{Value: "starttls", Label: "STARTTLS", Detail: "port 587"},
				}},
				{Key: "keyring", Label: "Password in the keyring?", Kind: wizard.YesNo, Value: "yes"},
			},
		},
		{
			Key: "save", Title: "Works.", Back: true, Next: "save",
			Blocks:  []wizard.Block{{Text: "Save as “example”, with the password in the keyring?"}},
			Actions: []wizard.Action{{Key: "change", Label: "change", Letter: "c"}, {Key: "stop", Label: "do not save", Letter: "n"}},
		},
	}
}

func sampleProviders() []wizard.Option {
	list := []wizard.Option{{Value: "own", Label: "My own server"}, {Value: "dns", Label: "Find it from the address (DNS)"}}
	for _, name := range strings.Fields("AOL Brevo Fastmail Gandi Gmail GMX iCloud Infomaniak Mailbox.org Mailgun Outlook.com OVH Posteo Proton QQ-邮箱 SendGrid Yahoo Yandex Zoho रेडिफ़") {
		list = append(list, wizard.Option{Value: strings.ToLower(name), Label: name, Detail: "smtp." + strings.ToLower(name)})
	}
	return list
}

func sampleProbe(ctx context.Context, tell func(report.Event)) {
	ssl := submission.Endpoint{Host: "smtppro.zoho.eu", Port: 465, Security: submission.SSL}
	starttls := submission.Endpoint{Host: "smtppro.zoho.eu", Port: 587, Security: submission.STARTTLS}
	tell(report.Event{Endpoint: ssl, Step: report.Step{Stage: report.Connect}, Running: true})
	tell(report.Event{Endpoint: starttls, Step: report.Step{Stage: report.Connect}, Running: true})
	pace, err := time.ParseDuration(os.Getenv("PROMPT_PACE"))
	if err != nil {
		pace = time.Millisecond
	}
	for _, s := range []report.Step{
		{Stage: report.Resolve, Status: report.OK, Detail: "203.0.113.5, 203.0.113.6, 2001:db8::5", Duration: 12 * time.Millisecond},
		{Stage: report.Connect, Status: report.OK, Detail: "203.0.113.5:465", Duration: 34 * time.Millisecond},
		{Stage: report.TLSStage, Status: report.OK, Detail: "TLS 1.3, certificate for smtppro.zoho.eu until 2027-03-01", Duration: 88 * time.Millisecond},
		{Stage: report.EHLO, Status: report.OK, Duration: 20 * time.Millisecond},
		{Stage: report.Auth, Status: report.Failed, Detail: "PLAIN", Err: "535 5.7.8 Authentication Failed", Duration: 1240 * time.Millisecond},
	} {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pace):
		}
		tell(report.Event{Endpoint: ssl, Step: report.Step{Stage: s.Stage}, Running: true})
		select {
		case <-ctx.Done():
			return
		case <-time.After(pace):
		}
		tell(report.Event{Endpoint: ssl, Step: s})
	}
}
