package demo_test

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/demo"
	"github.com/smtpwiz/smtpwiz/internal/diagnose"
	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/probe"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
	"github.com/smtpwiz/smtpwiz/presets"
)

// acceptable are the causes that an outsider must take for one another, since
// the provider words them alike: the best first.
var acceptable = map[submission.Cause]map[string][]submission.Cause{
	submission.BadCredentials: {
		"gmail":  {submission.AppPasswordRequired}, // Google says so to every password that is wrong
		"yahoo":  {submission.AppPasswordRequired, submission.BadCredentials},
		"yandex": {submission.AppPasswordRequired},
		"qq":     {submission.AppPasswordRequired}, // it asks for the authorisation code
		"proton": {submission.AppPasswordRequired},
		"icloud": {submission.AppPasswordRequired}, // the wrong password has not an app password's shape
	},
	submission.AppPasswordRequired: {
		"zoho": {submission.BadCredentials}, "zoho-pro": {submission.BadCredentials}, // 535 for everything
		"infomaniak": {submission.BadCredentials},
		"netease":    {submission.BadCredentials},
	},
}

// oneEndpoint are the causes that the other endpoint heals.
var oneEndpoint = []submission.Cause{
	submission.PortBlocked, submission.STARTTLSNotOffered, submission.STARTTLSInjection,
}

// timed are the causes that show when the time of a stage is over.
var timed = []submission.Cause{submission.PortBlocked, submission.ServerSilent}

// try is one attempt against a demo, as somebody follows what it tells.
type try struct {
	server *demo.Server
	preset *preset.Preset
	plan   probe.Plan
}

func newTry(t *testing.T, as string, fail submission.Cause) *try {
	t.Helper()
	now := time.Now() // greetings tell the time, which is not to move
	server, err := demo.Start(t.Context(), demo.Options{As: as, Fail: fail, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(server.CAPEM())
	username, password := server.Account()
	from := address(t, server.From())
	a := &try{server: server}
	if as != "" {
		a.preset = resolved(t, as).Preset
	}
	a.plan = probe.Plan{
		Account: submission.Account{
			Endpoints: server.Endpoints(), Username: username, Password: password, From: from, To: from,
		},
		Check: report.CheckSend, Timeout: 20 * time.Second, Helo: "host.example.test", Look: true,
		Trust:              probe.Trust{Roots: func() (*x509.CertPool, error) { return pool, nil }},
		JudgesAfterMessage: a.preset != nil && a.preset.Account.FromChecked == preset.FromAtData,
	}
	if slices.Contains(oneEndpoint, fail) {
		a.plan.Account.Endpoints = a.plan.Account.Endpoints[:1]
	}
	if slices.Contains(timed, fail) {
		a.plan.Timeout = time.Second // which has to pass
	}
	return a
}

func (a *try) run(t *testing.T) (*report.Report, *diagnose.Diagnosis) {
	t.Helper()
	rep, err := probe.New("test").Run(t.Context(), a.plan, nil)
	if err != nil {
		t.Fatal(err)
	}
	return rep, diagnose.Explain(rep, a.preset)
}

func resolved(t *testing.T, name string) preset.Settings {
	t.Helper()
	p, err := preset.New(presets.FS, "").Get(name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Resolve(preset.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func address(t *testing.T, text string) submission.Address {
	t.Helper()
	a, err := submission.ParseAddress(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// everybody are the providers and the demo itself.
func everybody() []string { return append([]string{""}, demo.Providers()...) }

// Each trouble that a demo shows is told for what it is.
func TestEveryCause(t *testing.T) {
	t.Parallel()
	for _, as := range everybody() {
		for _, fail := range demo.Causes(as) {
			other := !slices.Contains([]string{"", "zoho", "proton-bridge"}, as)
			if demo.IsFault(fail) && (other || as != "" && slices.Contains(timed, fail)) {
				continue // the same whoever is played
			}
			t.Run(as+"/"+string(fail), func(t *testing.T) {
				t.Parallel()
				a := newTry(t, as, fail)
				rep, d := a.run(t)
				if d == nil {
					t.Fatalf("passes, status %d", rep.ExitStatus())
				}
				want := acceptable[fail][as]
				if want == nil {
					want = []submission.Cause{fail}
				}
				if !slices.Contains(want, d.Cause) {
					t.Errorf("told as %s, want %v: %s\n%+v", d.Cause, want, d.Evidence, *rep.Failed())
				}
				if len(a.server.Messages()) != 0 {
					t.Error("a message was accepted")
				}
				if len(a.server.Notes()) == 0 {
					t.Error("nothing tells what goes wrong")
				}
				a.server.Close()
			})
		}
	}
}

// Refusals come at their own stage, word for word.
func TestWords(t *testing.T) {
	t.Parallel()
	for _, as := range everybody() {
		for _, w := range demo.Table(as) {
			if !slices.Contains(demo.Causes(as), w.Cause) || demo.IsFault(w.Cause) {
				continue
			}
			t.Run(as+"/"+string(w.Cause), func(t *testing.T) {
				t.Parallel()
				a := newTry(t, as, w.Cause)
				rep, _ := a.run(t)
				failed := rep.Failed()
				if failed == nil || string(failed.Stage) != w.Stage || failed.Reply == nil || failed.Reply.Code != w.Code {
					t.Fatalf("want %d at %s: %+v", w.Code, w.Stage, failed)
				}
				if failed.Reply.Enhanced.String() != w.Enhanced {
					t.Errorf("enhanced code %q, want %q", failed.Reply.Enhanced, w.Enhanced)
				}
				said := failed.Reply.String()
				if strings.ContainsAny(said, "{}") {
					t.Errorf("a name is missing: %s", said)
				}
				begin, _, _ := strings.Cut(w.Text, "\n")
				if begin, _, _ = strings.Cut(begin, "{"); !strings.Contains(said, strings.TrimPrefix(begin, "<")) {
					t.Errorf("says %q, want %q", said, w.Text)
				}
			})
		}
	}
}

// What the notes tell works.
func TestRescues(t *testing.T) {
	t.Parallel()
	right := func(_ *testing.T, a *try) { a.plan.Account.Password = a.server.Right() }
	all := func(_ *testing.T, a *try) { a.plan.Account.Endpoints = a.server.Endpoints() }
	rescues := map[submission.Cause]struct {
		change func(*testing.T, *try)
		noted  string
	}{
		submission.BadCredentials:       {right, ""},
		submission.AppPasswordRequired:  {right, ""},
		submission.PortBlocked:          {all, ""},
		submission.STARTTLSNotOffered:   {all, ""},
		submission.STARTTLSInjection:    {all, ""},
		submission.Greylisted:           {func(t *testing.T, a *try) { a.run(t) }, "second try"},
		submission.OAuthRequired:        {func(_ *testing.T, a *try) { a.plan.Account.Mechanism = "XOAUTH2" }, "XOAUTH2"},
		submission.FromMismatch:         {func(t *testing.T, a *try) { a.plan.Account.From = address(t, demo.Username) }, demo.Username},
		submission.RelayDenied:          {func(t *testing.T, a *try) { a.plan.Account.To = address(t, demo.GoodRecipient) }, demo.GoodRecipient},
		submission.RecipientRejected:    {func(t *testing.T, a *try) { a.plan.Account.To = address(t, demo.GoodRecipient) }, demo.GoodRecipient},
		submission.RecipientMailboxFull: {func(t *testing.T, a *try) { a.plan.Account.To = address(t, demo.GoodRecipient) }, demo.GoodRecipient},
		submission.HELORejected:         {func(_ *testing.T, a *try) { a.plan.Helo = demo.AcceptedByHELO }, demo.AcceptedByHELO},
		submission.TLSRequired:          {func(_ *testing.T, a *try) { a.plan.Account.Endpoints = a.server.Endpoints()[1:] }, ""},
		submission.WrongPortOrSecurity:  {func(_ *testing.T, a *try) { a.plan.Account.Endpoints[0].Security = submission.STARTTLS }, ""},
	}
	for _, as := range everybody() {
		for _, fail := range demo.Causes(as) {
			rescue, ok := rescues[fail]
			if !ok || demo.IsFault(fail) && as != "" {
				continue
			}
			t.Run(as+"/"+string(fail), func(t *testing.T) {
				t.Parallel()
				a := newTry(t, as, fail)
				a.plan.Timeout = 20 * time.Second
				rescue.change(t, a)
				if rep, d := a.run(t); d != nil {
					t.Errorf("still fails: %s\n%+v", d.Cause, *rep.Failed())
				}
				if len(a.server.Messages()) != 1 {
					t.Errorf("%d messages were accepted", len(a.server.Messages()))
				}
				if notes := strings.Join(a.server.Notes(), "\n"); !strings.Contains(notes, rescue.noted) || strings.Contains(notes, "{") {
					t.Errorf("notes: %s", notes)
				}
			})
		}
	}
}

func TestNotesTellTheRightPassword(t *testing.T) {
	t.Parallel()
	for _, fail := range []submission.Cause{submission.BadCredentials, submission.AppPasswordRequired} {
		a := newTry(t, "zoho", fail)
		_, shown := a.server.Account()
		if shown.Reveal() == a.server.Right().Reveal() || !strings.Contains(strings.Join(a.server.Notes(), "\n"), a.server.Right().Reveal()) {
			t.Errorf("%s: notes %v", fail, a.server.Notes())
		}
	}
}

// A provider that is only played lets its account in, and is taken for itself.
func TestProvidersWork(t *testing.T) {
	t.Parallel()
	for _, as := range demo.Providers() {
		t.Run(as, func(t *testing.T) {
			t.Parallel()
			a := newTry(t, as, "")
			rep, d := a.run(t)
			if d != nil {
				t.Fatalf("%s\n%+v", d.Cause, *rep.Failed())
			}
			if rep.Greeting != a.server.Greeting() || a.preset.Match.Greeting != "" && !a.preset.Match.GreetingFits(rep.Greeting) {
				t.Errorf("greets with %q", rep.Greeting)
			}
			if shape := a.preset.Password.Shape; shape != nil && !shape.Fits(a.server.Right()) {
				t.Error("the password has not the shape of the provider's")
			}
			if list := resolved(t, as).Endpoints; !slices.ContainsFunc(list, func(e submission.Endpoint) bool { return e.Host == demo.HostOf(as) }) {
				t.Errorf("%s is none of the preset's servers: %v", demo.HostOf(as), list)
			}
			if len(a.server.Notes()) != 0 {
				t.Errorf("notes: %v", a.server.Notes())
			}
		})
	}
}

// The sender is judged when the preset says so, whatever else is to go wrong.
func TestSenderIsJudgedAsThePresetSays(t *testing.T) {
	t.Parallel()
	for _, as := range demo.Providers() {
		p := resolved(t, as).Preset
		stage := map[preset.FromChecked]report.Stage{preset.FromAtMail: report.Mail, preset.FromAtData: report.Data}[p.Account.FromChecked]
		shows := slices.Contains(demo.Causes(as), submission.FromMismatch)
		if p.Account.FromChecked == preset.FromRewritten && shows {
			t.Errorf("%s rewrites the sender and never refuses it", as)
		}
		if stage == "" || !shows {
			continue
		}
		t.Run(as, func(t *testing.T) {
			t.Parallel()
			a := newTry(t, as, "")
			a.plan.Account.From = address(t, demo.OtherSender)
			rep, d := a.run(t)
			if d == nil || d.Cause != submission.FromMismatch || rep.Failed().Stage != stage {
				t.Errorf("%v at %+v, want %s", d, rep.Failed(), stage)
			}
		})
	}
}

// A token is taken where the provider offers that, and a wrong one refused in
// the words that the mechanism has for it.
func TestTokens(t *testing.T) {
	t.Parallel()
	for _, as := range []string{"gmail", "yahoo"} {
		for _, mechanism := range []string{"XOAUTH2", "OAUTHBEARER"} {
			t.Run(as+"/"+mechanism, func(t *testing.T) {
				t.Parallel()
				a := newTry(t, as, "")
				a.plan.Account.Mechanism = mechanism
				if rep, d := a.run(t); d != nil {
					t.Errorf("%s\n%+v", d.Cause, *rep.Failed())
				}
				a.plan.Account.Password = submission.NewSecret("pa55-Marker-9fQ")
				rep, d := a.run(t)
				if d == nil || d.Cause != submission.OAuthTokenInvalid {
					t.Errorf("a wrong token: %v", d)
				}
				if !slices.ContainsFunc(rep.Notes, func(n string) bool { return strings.Contains(n, `"status":"401"`) }) {
					t.Errorf("notes: %v", rep.Notes)
				}
			})
		}
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	for _, as := range everybody() {
		seen := map[submission.Cause]bool{}
		for _, w := range demo.Table(as) {
			switch {
			case seen[w.Cause]:
				t.Errorf("%s: %s twice", as, w.Cause)
			case !slices.Contains(submission.Causes(), w.Cause):
				t.Errorf("%s: unknown cause %s", as, w.Cause)
			case !slices.Contains([]string{"greeting", "ehlo", "auth", "mail", "rcpt", "data"}, w.Stage):
				t.Errorf("%s: unknown stage %q", as, w.Stage)
			case w.Code < 400 || w.Code > 599 || w.Text == "":
				t.Errorf("%s: %+v", as, w)
			case w.Enhanced != "" && w.Enhanced[0] != byte('0'+w.Code/100):
				t.Errorf("%s: %d and %s disagree", as, w.Code, w.Enhanced)
			case strings.ContainsAny(w.Text, "\r\t") || strings.Contains(w.Text, "\n\n"):
				t.Errorf("%s: %q", as, w.Text)
			}
			seen[w.Cause] = true
		}
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	tests := []struct {
		as, what, known string
		fail            submission.Cause
	}{
		{"nobody", "provider", "zoho", ""},
		{"zoho", "cause", "from_mismatch", "web_login_required"},  // not in Zoho's words
		{"gmail", "cause", "web_login_required", "from_mismatch"}, // Google rewrites it
		{"", "cause", "greylisted", "no_such_cause"},
		{"", "cause", "connection_refused", "bridge_not_running"},
		{"proton-bridge", "cause", "bridge_not_running", "connection_refused"},
	}
	for _, tt := range tests {
		s, err := demo.Start(t.Context(), demo.Options{As: tt.as, Fail: tt.fail})
		if err == nil {
			s.Close()
		}
		var unknown *demo.UnknownError
		if !errors.As(err, &unknown) || unknown.What != tt.what || !slices.Contains(unknown.Known, tt.known) {
			t.Errorf("%s, %s: %v", tt.as, tt.fail, err)
		}
	}
	if demo.Causes("nobody") != nil {
		t.Error("causes of nobody")
	}
}

// Whatever goes wrong, a demo ends at once, and so do its clients.
func TestEveryDemoEnds(t *testing.T) {
	t.Parallel()
	for _, fail := range demo.Causes("") {
		t.Run(string(fail), func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			s, err := demo.Start(ctx, demo.Options{Fail: fail})
			if err != nil {
				t.Fatal(err)
			}
			var clients []net.Conn
			if fail != submission.PortBlocked {
				for _, e := range s.Endpoints() {
					if conn, err := net.Dial("tcp", e.Address()); err == nil {
						clients = append(clients, conn)
						defer conn.Close()
					}
				}
			}
			if (len(clients) == 0) != (fail == submission.ConnectionRefused || fail == submission.PortBlocked) {
				t.Errorf("%d connections", len(clients))
			}
			s.Close()
			for _, conn := range clients {
				for buf := make([]byte, 512); ; {
					if _, err := conn.Read(buf); err != nil {
						break
					}
				}
			}
			for _, l := range s.Listeners() {
				if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
					t.Errorf("still listens: %v", err)
				}
			}
		})
	}
}
