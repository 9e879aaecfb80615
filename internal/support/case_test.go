package support

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/diagnose"
	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/render"
	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

var update = flag.Bool("update", false, "write the golden files")

const marker = "pa55-Marker-9fQ"

// refusedAtZoho is a case with something in every part, some of it hostile.
func refusedAtZoho(t testing.TB) Case {
	day := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	ssl := submission.Endpoint{Host: "smtp.zoho.com", Port: 465, Security: submission.SSL}
	account := submission.Account{
		Preset: "zoho", Endpoints: []submission.Endpoint{ssl}, Username: "alice.smith@smith-family.org", Password: submission.NewSecret(marker),
		From: mustAddress(t, "shop@smith-family.org"), To: mustAddress(t, "alice.smith@smith-family.org"), DisplayName: "Alice Smith",
	}
	refusal := &reply.Reply{Code: 553, Lines: []string{"Relaying disallowed as shop@smith-family.org"}}
	rep := &report.Report{
		Check: report.CheckSend, Account: account, Endpoint: ssl, Dialled: "203.0.113.5:465", Duration: 1200 * time.Millisecond,
		Steps: []report.Step{
			{Stage: report.Resolve, Status: report.OK, Duration: 12 * time.Millisecond, Detail: "203.0.113.5, 203.0.113.6"},
			{Stage: report.Connect, Status: report.OK, Duration: 31 * time.Millisecond, Detail: "203.0.113.5:465"},
			{Stage: report.EHLO, Status: report.OK, Duration: 30 * time.Millisecond, Detail: "AUTH LOGIN PLAIN"},
			{Stage: report.Data, Status: report.Failed, Duration: 1100 * time.Millisecond, Reply: refusal},
			{Stage: report.Quit, Status: report.Skipped},
		},
		TLS: &report.TLS{Version: "TLS 1.3", Cipher: "TLS_AES_128_GCM_SHA256", Verified: true, Chain: []report.Certificate{
			{Subject: "CN=*.zoho.com", Issuer: "CN=An Authority", Names: []string{"*.zoho.com", "zoho.com"},
				NotBefore: day.AddDate(0, -1, 0), NotAfter: day.AddDate(1, 0, 0), SHA256: strings.Repeat("ab", 32)},
			{Subject: "CN=An Authority", Issuer: "CN=A Root", NotBefore: day.AddDate(-1, 0, 0), NotAfter: day.AddDate(5, 0, 0), SHA256: strings.Repeat("cd", 32)},
		}},
		Extensions: reply.Extensions{"AUTH": "LOGIN PLAIN", "SIZE": "53477376"}, Conclusive: true,
		MessageID: "<k2.smtpwiz@smith-family.org>", Subject: "smtpwiz self-test ABC123: smtp.zoho.com port 465",
		Notes: []string{"a note with *stars* and <b>marks</b>"},
		Alternatives: []report.Alternative{
			{Endpoint: submission.Endpoint{Host: "smtp.zoho.com", Port: 587, Security: submission.STARTTLS}, Reachable: true},
			{Endpoint: submission.Endpoint{Host: "smtp.zoho.com", Port: 25, Security: submission.STARTTLS}, Err: "203.0.113.5:25: connection refused"},
		},
		Transcript: []report.Line{
			{At: 80 * time.Millisecond, From: report.Server, TLS: true, Text: "220 mx.zohomail.com ready"},
			{At: 81 * time.Millisecond, From: report.Client, TLS: true, Text: "EHLO laptop.fritz.box"},
			{At: 99 * time.Millisecond, From: report.Server, TLS: true, Text: "250-mx.zohomail.com Hello p198-51-100-7.dsl.isp.net [198.51.100.7]"},
			{At: 99 * time.Millisecond, From: report.Server, TLS: true, Text: "250 AUTH LOGIN PLAIN"},
			{At: 100 * time.Millisecond, From: report.Client, TLS: true, Text: "AUTH PLAIN ***"},
			{At: 150 * time.Millisecond, From: report.Client, TLS: true, Text: "MAIL FROM:<shop@smith-family.org>"},
			{At: 160 * time.Millisecond, From: report.Client, TLS: true, Text: `From: "Alice Smith" <shop@smith-family.org>`},
			{At: 1180 * time.Millisecond, From: report.Server, TLS: true, Text: "553 Relaying disallowed as shop@smith-family.org"},
			{At: 1190 * time.Millisecond, From: report.Server, TLS: true, Text: "``` # heading\r![](https://example.org/x) @everybody"},
		},
	}
	p := &preset.Preset{Name: "zoho", Title: "Zoho Mail", Support: "https://help.zoho.com/portal/en/home", Status: "https://status.zoho.com"}
	diagnosis := &diagnose.Diagnosis{
		Cause: submission.FromMismatch, Summary: "Zoho does not know shop@smith-family.org as yours.", Field: submission.FieldFrom,
		Fixes:    []diagnose.Fix{{Text: "Write from the address you sign in with.", URL: "https://mail.zoho.com/"}},
		Evidence: "553 Relaying disallowed as shop@smith-family.org",
	}
	return Case{
		Result:  render.Result{Report: rep, Diagnosis: diagnosis, Check: rep.Check, Account: account, ExitStatus: rep.ExitStatus()},
		Created: day,
		Settings: []Setting{
			{"preset", "zoho", "flag --preset"}, {"username", "alice.smith@smith-family.org", "variable SMTPWIZ_USERNAME"},
			{"ca-file", "/home/asmith/ca.pem", "flag --ca-file"}, {"check", "send", ""},
		},
		SendTo: DeskOf(p),
		Route: Route{Target: "203.0.113.5", Program: "traceroute", Note: "not whole: cut short, it took too long",
			Lines: []string{"traceroute to 203.0.113.5 (203.0.113.5), 20 hops max", " 1  192.168.1.1  0.5 ms", " 2  198.51.100.1  8.1 ms", " 3  *"}},
		Versions: Versions{Smtpwiz: "v0.0.0-test", Go: "1.26.0", System: "linux/amd64, Debian GNU/Linux 13 (trixie)"},
	}
}

func knownOf(t testing.TB, c Case) Known {
	k := Known{Home: "/home/asmith"}
	k.AddAccount(c.Result.Report.Account)
	k.AddPreset(&preset.Preset{Support: c.SendTo.Address})
	k.AddServers(c.Result.Report)
	k.AddGreeted(c.Result.Report)
	return k
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]Case{
		"refused.md": refusedAtZoho(t),
		"public.md":  public(t, refusedAtZoho(t)),
		"bare.md": { // nothing was reached, and no preset is known
			Result: render.Result{Report: &report.Report{
				Endpoint: submission.Endpoint{Host: "smtp.example.test", Port: 587, Security: submission.STARTTLS},
				Steps: []report.Step{{Stage: report.Resolve, Status: report.Failed, Fault: report.FaultNotFound, Err: "no such host"},
					{Stage: report.Connect, Status: report.Skipped}},
			}, Diagnosis: &diagnose.Diagnosis{Cause: submission.DNSFailure, Summary: "There is no smtp.example.test."}},
			Created: time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC), Route: NoRoute("there was no address to go to"),
			Versions: Versions{"v0.0.0-test", "1.26.0", "linux/amd64"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var text strings.Builder
			if err := c.Markdown(&text); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if text.String() != string(want) {
				t.Errorf("%s differs from what is written now (-update writes it):\n%s", path, text.String())
			}
			if strings.Contains(text.String(), marker) {
				t.Error("the password is in it")
			}
		})
	}
}

func public(t testing.TB, c Case) Case {
	c.Public = true
	return c.Map(NewMask(knownOf(t, c)).Clean)
}

// Nothing of the user is left in a public case, in whichever form it is written.
func TestPublicCaseTellsNothing(t *testing.T) {
	t.Parallel()
	c := public(t, refusedAtZoho(t))
	var text strings.Builder
	if err := errors.Join(c.Markdown(&text), c.JSON(&text)); err != nil {
		t.Fatal(err)
	}
	for _, private := range []string{"alice", "smith", "shop@", "192.168.", "198.51.", "198-51", "laptop", "isp.net"} {
		if strings.Contains(strings.ToLower(text.String()), private) {
			t.Errorf("%q is in it:\n%s", private, text.String())
		}
	}
	for _, kept := range []string{"you1@domain1.example", "203.0.113.5", "smtp.zoho.com", "help.zoho.com", "mx.zohomail.com", "TLS_AES_128_GCM_SHA256"} {
		if !strings.Contains(text.String(), kept) {
			t.Errorf("%q is missing:\n%s", kept, text.String())
		}
	}
}

// The object is that of a result, with the case's own fields besides.
func TestJSON(t *testing.T) {
	t.Parallel()
	c := refusedAtZoho(t)
	var text strings.Builder
	if err := c.JSON(&text); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schema     string
		OK         bool
		ExitCode   int `json:"exit_code"`
		Created    time.Time
		Support    Desk
		Settings   []Setting
		Route      Route
		Versions   Versions
		Public     bool
		Transcript []struct{ Line string }
		Account    struct{ Username string }
	}
	if err := json.Unmarshal([]byte(text.String()), &got); err != nil {
		t.Fatal(err)
	}
	if got.Schema != render.Schema || got.OK || got.ExitCode != 10 || len(got.Transcript) != len(c.Result.Report.Transcript) || got.Account.Username != c.Result.Account.Username {
		t.Errorf("got %+v", got)
	}
	if !got.Created.Equal(c.Created) || got.Support != c.SendTo || !reflect.DeepEqual(got.Settings, c.Settings) || !reflect.DeepEqual(got.Route, c.Route) || got.Versions != c.Versions {
		t.Errorf("got %+v", got)
	}
	if strings.Contains(text.String(), marker) || strings.Contains(text.String(), `\u003c`) {
		t.Errorf("got %s", text.String())
	}
}

// Map reaches every text, changes no name of ours, and leaves the case as it was.
func TestMap(t *testing.T) {
	t.Parallel()
	before := refusedAtZoho(t)
	got := before.Map(func(s string) string { return "[" + s + "]" })
	if !reflect.DeepEqual(withoutPasswords(before), withoutPasswords(refusedAtZoho(t))) {
		t.Error("the case itself changed")
	}
	r := got.Result.Report
	for name, text := range map[string]string{
		"detail": r.Steps[0].Detail, "reply": r.Steps[3].Reply.Lines[0], "subject": r.Subject, "chain": r.TLS.Chain[0].Names[1],
		"extension": r.Extensions["[AUTH]"], "transcript": r.Transcript[0].Text, "alternative": r.Alternatives[1].Err,
		"host": r.Endpoint.Host, "username": got.Result.Account.Username, "fix": got.Result.Diagnosis.Fixes[0].Text,
		"setting": got.Settings[0].Value, "route": got.Route.Lines[0], "version": got.Versions.System, "support": got.SendTo.Address,
	} {
		if !strings.HasPrefix(text, "[") || !strings.HasSuffix(text, "]") {
			t.Errorf("%s is %q", name, text)
		}
	}
	if r.Steps[3].Stage != report.Data || got.Result.Diagnosis.Cause != submission.FromMismatch || !got.Created.Equal(before.Created) {
		t.Errorf("got %+v", got)
	}
	if !got.Result.Account.Password.IsZero() || !r.Account.Password.IsZero() {
		t.Error("the password came along")
	}
}

func withoutPasswords(c Case) Case { return c.Map(func(s string) string { return s }) }

func TestMapAddress(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]func(string) string{
		"a@b.test": func(s string) string { return s },
		"you1@c.d": func(string) string { return "you1@c.d" },
		"***@":     func(string) string { return "***" }, // no part of it stands for the whole
	} {
		if got := mappedAddress(submission.Address{Local: "a", Domain: "b.test"}, f).String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestMarkdownTellsItsWriterFails(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	for _, write := range []func(Case) error{
		func(c Case) error { return c.Markdown(&failing{after: 3, err: full}) },
		func(c Case) error { return c.JSON(&failing{err: full}) },
	} {
		if err := write(refusedAtZoho(t)); !errors.Is(err, full) {
			t.Errorf("got %v", err)
		}
	}
}

type failing struct {
	after int
	err   error
}

func (f *failing) Write(p []byte) (int, error) {
	if f.after--; f.after < 0 {
		return 0, f.err
	}
	return len(p), nil
}

func TestVersionsOf(t *testing.T) {
	t.Parallel()
	for release, want := range map[string]string{
		"NAME=x\nPRETTY_NAME=\"Debian 13\x1b\"\n": `Debian 13\x1b`,
		"NAME=x\n": "",
	} {
		root := fstest.MapFS{"etc/os-release": {Data: []byte(release)}}
		if got := distribution(root); got != want {
			t.Errorf("%q: got %q", release, got)
		}
	}
	v := VersionsOf("v1", fstest.MapFS{})
	if v.Smtpwiz != "v1" || v.Go == "" || strings.HasPrefix(v.Go, "go") || !strings.Contains(v.System, "/") || strings.Contains(v.System, ",") {
		t.Error(fmt.Sprint(v))
	}
}
