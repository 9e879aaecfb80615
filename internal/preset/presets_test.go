package preset

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
	"github.com/smtpwiz/smtpwiz/presets"
)

func allPresets(t testing.TB) []*Preset {
	t.Helper()
	all, err := New(presets.FS, "").All()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestPresetsCheckClean(t *testing.T) {
	t.Parallel()
	for _, name := range embedded(t) {
		data, err := fs.ReadFile(presets.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range Check(data, name) {
			t.Errorf("presets/%s:%s", name, p)
		}
	}
}

func TestPresetsThatMustBe(t *testing.T) {
	t.Parallel()
	names := New(presets.FS, "").Names()
	for _, want := range []string{"zoho", "zoho-pro", "gmail", "ovh", "gandi", "infomaniak", "proton-bridge", "laposte", "orange", "free", "sfr"} {
		if !slices.Contains(names, want) {
			t.Errorf("no preset %s", want)
		}
	}
}

func TestPresetsResolve(t *testing.T) {
	t.Parallel()
	for _, p := range allPresets(t) {
		for _, c := range choices(p) {
			s, err := p.Resolve(c)
			if err != nil {
				t.Errorf("%s %+v: %v", p.Name, c, err)
				continue
			}
			checkFilled(t, s)
		}
	}
}

// TestPresetsPreferImplicitTLS holds the order of endpoints against RFC 8314
// section 3.3, where a provider has both.
func TestPresetsPreferImplicitTLS(t *testing.T) {
	t.Parallel()
	for _, p := range allPresets(t) {
		ssl := slices.IndexFunc(p.Endpoints, func(e Endpoint) bool { return e.Port == 465 })
		starttls := slices.IndexFunc(p.Endpoints, func(e Endpoint) bool { return e.Port == 587 })
		if ssl >= 0 && starttls >= 0 && starttls < ssl {
			t.Errorf("%s has 587 before 465", p.Name)
		}
	}
}

// TestPresetsShareNoDomain: a mail domain must lead to one provider.
func TestPresetsShareNoDomain(t *testing.T) {
	t.Parallel()
	owner := map[string]string{}
	for _, p := range allPresets(t) {
		domains := slices.Clone(p.Match.Domains)
		for _, r := range p.Regions {
			domains = append(domains, r.Domains...)
		}
		for _, d := range domains {
			if owner[d] != "" {
				t.Errorf("%s is in %s and in %s", d, owner[d], p.Name)
			}
			owner[d] = p.Name
		}
	}
}

// TestPresetsShareExchangersKnowingly: where one exchanger speaks for several
// presets, one of each two says that it stands first.
func TestPresetsShareExchangersKnowingly(t *testing.T) {
	t.Parallel()
	ix := New(presets.FS, "").index()
	for _, lists := range []map[string][]entry{ix.mx, ix.spf} {
		for name, list := range lists {
			for i, e := range list {
				for _, later := range list[i+1:] {
					if e.preset == later.preset {
						t.Errorf("%s stands twice in %s", name, e.preset.Name)
					} else if !slices.Contains(e.preset.Match.Before, later.preset.Name) {
						t.Errorf("%s is in %s and in %s: which one is likelier?", name, e.preset.Name, later.preset.Name)
					}
				}
			}
		}
	}
}

func TestPresetsNameRealPresets(t *testing.T) {
	t.Parallel()
	names := New(presets.FS, "").Names()
	for _, p := range allPresets(t) {
		for _, other := range p.Match.Before {
			if !slices.Contains(names, other) {
				t.Errorf("%s stands before %s, which does not exist", p.Name, other)
			}
		}
	}
}

// TestPresetsRepliesReachable: an earlier pattern must not hide a later one.
func TestPresetsRepliesReachable(t *testing.T) {
	t.Parallel()
	for _, p := range allPresets(t) {
		for i, r := range p.Replies {
			for _, earlier := range p.Replies[:i] {
				if earlier.Fits(firstOf(r.Stages), r.Code, r.Example) {
					t.Errorf("%s: %q is taken by the pattern %q before its own", p.Name, r.Example, earlier.Pattern)
				}
			}
			if r.Why == "" || len(r.Fixes) == 0 {
				t.Errorf("%s: %q without why or fix", p.Name, r.Example)
			}
		}
	}
}

func firstOf(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// TestPresetsRepliesAreTheirOwn: everyday words of other servers must not be
// taken for a refusal that only one provider knows, whatever the code.
func TestPresetsRepliesAreTheirOwn(t *testing.T) {
	t.Parallel()
	ordinary := []string{
		"2.0.0 OK", "Requested mail action okay, completed", "Service not available, closing transmission channel",
		"mailbox unavailable", "Message size exceeds fixed maximum message size", "Start mail input; end with <CRLF>.<CRLF>",
	}
	for _, p := range allPresets(t) {
		for _, r := range p.Replies {
			for _, text := range ordinary {
				if r.Fits("", 0, text) {
					t.Errorf("%s: the pattern %q fits %q", p.Name, r.Pattern, text)
				}
			}
		}
	}
}

// TestPresetsSpeakPlainly: texts are sentences for people.
func TestPresetsSpeakPlainly(t *testing.T) {
	t.Parallel()
	for _, p := range allPresets(t) {
		texts := map[string]string{"summary": p.Summary, "account.from_rule": p.Account.FromRule, "password.refused": p.Password.Refused, "password.required": p.Password.Required}
		for i, l := range p.Limits {
			texts[fmt.Sprintf("limit[%d]", i)] = l.Text
		}
		for i, q := range p.Quirks {
			texts[fmt.Sprintf("quirk[%d]", i)] = q.Text
		}
		for i, r := range p.Replies {
			texts[fmt.Sprintf("reply[%d].why", i)] = r.Why
			for j, f := range r.Fixes {
				texts[fmt.Sprintf("reply[%d].fix[%d]", i, j)] = f.Text
			}
		}
		for at, text := range maps.All(texts) {
			if text != "" && !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "?") {
				t.Errorf("%s: %s does not end as a sentence: %q", p.Name, at, text)
			}
			if len(text) > 300 {
				t.Errorf("%s: %s has %d bytes, too long to read on a small screen", p.Name, at, len(text))
			}
		}
	}
}

func TestStagesAreTheReports(t *testing.T) {
	t.Parallel()
	want := []string{"dns", "quota"} // the words of pasted texts
	for _, s := range []report.Stage{report.Resolve, report.Connect, report.TLSStage, report.STARTTLS, report.Greeting, report.EHLO,
		report.Auth, report.Mail, report.Rcpt, report.Data, report.Quit, report.Delivery} {
		want = append(want, string(s))
	}
	got := slices.Sorted(slices.Values(stages))
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestByDomain(t *testing.T) {
	t.Parallel()
	lib := New(presets.FS, "")
	tests := []struct{ domain, preset, region string }{
		{"zoho.com", "zoho", "com"}, {"zohomail.eu", "zoho", "eu"}, {"ZOHOMAIL.COM.AU", "zoho", "au"}, {"zohomailcloud.ca", "zoho", "ca"},
		{"gmail.com", "gmail", ""}, {"googlemail.com.", "gmail", ""}, {"ik.me", "infomaniak", ""}, {"pm.me", "proton-bridge", ""},
		{"laposte.net", "laposte", ""}, {"wanadoo.fr", "orange", ""}, {"free.fr", "free", ""}, {"neuf.fr", "sfr", ""},
		{"mail.gmail.com", "", ""}, {"notgmail.com", "", ""}, {"example.com", "", ""}, {"", "", ""},
	}
	for _, tt := range tests {
		p, region, ok := lib.ByDomain(tt.domain)
		name := ""
		if p != nil {
			name = p.Name
		}
		if name != tt.preset || region != tt.region || ok != (tt.preset != "") {
			t.Errorf("%s: got %q, %q, %v; want %q, %q", tt.domain, name, region, ok, tt.preset, tt.region)
		}
	}
}

func TestByMX(t *testing.T) {
	t.Parallel()
	lib := New(presets.FS, "")
	tests := []struct {
		hosts []string
		want  []string // preset/region, likeliest first
	}{
		{[]string{"mx.zoho.eu.", "mx2.zoho.eu", "mx3.zoho.eu"}, []string{"zoho-pro/eu", "zoho/eu"}},
		{[]string{"MX.ZOHO.COM.AU"}, []string{"zoho-pro/au", "zoho/au"}},
		{[]string{"mx.zoho.com"}, []string{"zoho-pro/com", "zoho/com"}},
		{[]string{"aspmx.l.google.com", "alt1.aspmx.l.google.com"}, []string{"gmail/"}},
		{[]string{"smtp.google.com"}, []string{"gmail/"}},
		{[]string{"aspmx2.googlemail.com"}, []string{"gmail/"}},
		{[]string{"mx4.mail.ovh.net"}, []string{"ovh/"}},
		{[]string{"spool.mail.gandi.net", "fb.mail.gandi.net"}, []string{"gandi/"}},
		{[]string{"mta-gw.infomaniak.ch"}, []string{"infomaniak/"}},
		{[]string{"mx.zoho.com", "mx4.mail.ovh.net"}, []string{"zoho-pro/com", "zoho/com", "ovh/"}},
		{[]string{"mx.notzoho.com", "zoho.com.example.net", "com", "", "."}, nil},
		{nil, nil},
	}
	for _, tt := range tests {
		var got []string
		for _, c := range lib.ByMX(tt.hosts) {
			got = append(got, c.Preset.Name+"/"+c.Region)
			if !slices.Contains(tt.hosts, c.Evidence) {
				t.Errorf("%v: the evidence is %q", tt.hosts, c.Evidence)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%v: got %v, want %v", tt.hosts, got, tt.want)
		}
	}
	if got := lib.ByMX([]string{"mail.protonmail.ch"}); len(got) == 0 || got[0].Preset.Name != "proton-bridge" {
		t.Errorf("Proton's exchanger: %v", got)
	}
}

func TestBySPF(t *testing.T) {
	t.Parallel()
	lib := New(presets.FS, "")
	for include, want := range map[string]string{
		"_spf.google.com": "gmail/", "mx.ovh.com": "ovh/", "_mailcust.gandi.net": "gandi/", "spf.infomaniak.ch": "infomaniak/",
		"zohomail.eu": "zoho-pro/eu", "zoho.com": "zoho-pro/com", "_spf.protonmail.ch": "proton-bridge/", "example.com": "",
	} {
		got := ""
		if found := lib.BySPF([]string{include}); len(found) > 0 {
			got = found[0].Preset.Name + "/" + found[0].Region
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", include, got, want)
		}
	}
}

func TestReplyFits(t *testing.T) {
	t.Parallel()
	r := Reply{Pattern: `no such\s+luck.*today`, Stages: []string{"mail", "data"}, Code: 550}
	tests := []struct {
		stage string
		code  int
		text  string
		want  bool
	}{
		{"data", 550, "No such\nluck\ntoday", true},
		{"", 0, "Error: 550 NO SUCH LUCK for you today", true},
		{"rcpt", 550, "no such luck today", false},
		{"data", 554, "no such luck today", false},
		{"data", 550, "no such thing", false},
	}
	for _, tt := range tests {
		if got := r.Fits(tt.stage, tt.code, tt.text); got != tt.want {
			t.Errorf("%q %d %q: got %v", tt.stage, tt.code, tt.text, got)
		}
	}
	if (Reply{Pattern: "("}).Fits("", 0, "(") {
		t.Error("a broken pattern fits")
	}
}

// TestPresetsKnowRefusals holds patterns against replies as servers and other
// programs word them, not only as the files' examples do.
func TestPresetsKnowRefusals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		preset, stage string
		code          int
		text          string
		want          submission.Cause
	}{
		{"zoho", "data", 553, "Relaying disallowed as Shop <shop@example.net>", submission.FromMismatch},
		{"zoho-pro", "data", 553, "Relaying disallowed as @", submission.FromMismatch},
		{"zoho", "", 0, "main.CRITICAL: Relaying disallowed as x@example.net", submission.FromMismatch},
		{"zoho", "data", 550, "5.4.6 Unusual sending activity detected. Please try after sometime", submission.AccountSuspended},
		{"zoho", "auth", 535, "5.7.8 Authentication Failed", submission.BadCredentials},
		{"gmail", "auth", 534, "5.7.9 Application-specific password required. Learn more at\n5.7.9  https://support.google.com/mail/?p=InvalidSecondFactor x - gsmtp", submission.AppPasswordRequired},
		{"gmail", "auth", 534, "5.7.14 Please log in via your web browser and then try again.", submission.WebLoginRequired},
		{"gmail", "auth", 535, "5.7.8 Username and Password not accepted. Learn more at\n5.7.8 https://support.google.com/mail/?p=BadCredentials", submission.AppPasswordRequired},
		{"gmail", "data", 550, "5.4.5 Daily sending quota exceeded", submission.QuotaExceeded},
		{"gmail", "data", 550, "5.4.5 Daily user sending limit exceeded.", submission.QuotaExceeded},
		{"gmail", "ehlo", 421, "4.7.0 Try again later, closing connection. (EHLO) x - gsmtp", submission.HELORejected},
		{"ovh", "auth", 535, "5.7.1 Authentication failed", submission.BadCredentials},
		{"ovh", "data", 550, "5.7.60 SMTP; Client does not have permissions to send as this sender", submission.FromMismatch},
		{"ovh", "data", 421, "4.7.0 player1.ha.ovh.net Error: too many errors", submission.RateLimited},
		{"gandi", "data", 550, "5.7.1 Reject for policy reason RULE1_1. See http://postmaster.gandi.net", submission.ContentRejectedVirus},
		{"gandi", "data", 550, "5.7.1 Reject for policy reason RULE2_2", submission.ContentRejectedSpam},
		{"gandi", "data", 550, "Reject for policy reason. RULE3_1", submission.ContentRejectedSpam},
		{"infomaniak", "data", 550, "5.7.1 Sender mismatch", submission.FromMismatch},
		{"infomaniak", "auth", 535, "5.7.0 Invalid login or password", submission.BadCredentials},
		{"infomaniak", "data", 554, "5.7.1 <x@example.com> is rbl blacklisted", submission.ContentRejectedSpam},
		{"proton-bridge", "auth", 454, "4.7.0 invalid username or password", submission.BadCredentials},
		{"proton-bridge", "data", 451, "4.0.0 backend: invalid return path: not owned by user", submission.FromMismatch},
		{"proton-bridge", "data", 554, "5.0.0 Error: transaction failed: invalid return path", submission.FromMismatch},
		{"proton-bridge", "data", 554, "5.0.0 cannot send from address: x@example.com", submission.FromMismatch},
		{"proton-bridge", "", 0, "too many failed requests, please try again later", submission.RateLimited},
	}
	for _, tt := range tests {
		var got submission.Cause
		for _, r := range mustGet(t, tt.preset).Replies {
			if r.Fits(tt.stage, tt.code, tt.text) {
				got = r.Cause
				break
			}
		}
		if got != tt.want {
			t.Errorf("%s: %q is %q, want %q", tt.preset, tt.text, got, tt.want)
		}
	}
}

func TestShape(t *testing.T) {
	t.Parallel()
	gmail := Shape{Length: 16, Alphabet: Letters, Grouped: true}
	bridge := Shape{Length: 22, Alphabet: Base64URL}
	tests := []struct {
		shape    Shape
		text     string
		fits     bool
		ungroups string
	}{
		{gmail, "abcdefghijklmnop", true, ""},
		{gmail, "abcd efgh ijkl mnop", false, "abcdefghijklmnop"},
		{gmail, "abcd\u00a0efgh\u00a0ijkl\u00a0mnop ", false, "abcdefghijklmnop"},
		{gmail, "pa55-Marker-9fQ", false, ""},
		{gmail, "my long pass word here", false, ""},
		{bridge, "abcdefghijklmnopqrs-_9", true, ""},
		{bridge, "abcdefghijk lmnopqrs-_9", false, ""},
		{Shape{Length: 4, Alphabet: Hex}, "0aF9", true, ""},
		{Shape{Length: 4, Alphabet: Hex}, "0aG9", false, ""},
		{Shape{Length: 3, Alphabet: Alphanumeric}, "é1a", false, ""},
	}
	for _, tt := range tests {
		secret := submission.NewSecret(tt.text)
		if got := tt.shape.Fits(secret); got != tt.fits {
			t.Errorf("%+v fits: %v", tt.shape, got)
		}
		bare, changed := tt.shape.Ungroup(secret)
		want := tt.text
		if tt.ungroups != "" {
			want = tt.ungroups
		}
		if bare.Reveal() != want || changed != (tt.ungroups != "") {
			t.Errorf("%+v ungroups: %v", tt.shape, changed)
		}
	}
}

func BenchmarkByMX(b *testing.B) {
	for b.Loop() {
		New(presets.FS, "").ByMX([]string{"mx.zoho.eu"})
	}
}
