package cli

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/probe"
	"github.com/smtpwiz/smtpwiz/internal/smtptest"
	"github.com/smtpwiz/smtpwiz/internal/terminal"
	"github.com/smtpwiz/smtpwiz/presets"
)

var updateReports = flag.Bool("update-reports", false, "write the golden reports")

// differing is what differs from one run to the next, and what stands for it.
var differing = [][2]string{
	{`(?m)^ +[\d.]+ ms `, "    T "},
	{` +[\d.]+ m?s\b`, " T"},
	{`127\.0\.0\.1( port |:)\d+`, "127.0.0.1:PORT"},
	{`(port +)\d{5}`, "${1}PORT"},
	{`(Port: +)\d{5}`, "${1}PORT"},
	{`\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\dZ?( [-+]\d{4})?`, "TIME"},
	{`\d{4}-\d\d-\d\d`, "DAY"},
	{`\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [-+]\d{4}`, "DATE"},
	{`\w+ \d+, \d{4} \d+:\d\d:\d\d [AP]M \w+`, "DATE"},
	{`(sha256 +)[0-9a-f]{64}`, "${1}HASH"},
	{`self-test \w{6}`, "self-test TOKEN"},
	{`<\w{24}\.smtpwiz@`, "<token.smtpwiz@"},
	{`Test:( +)\w{24}`, "Test:${1}TOKEN"},
	{`(EHLO|Hello) \S+`, "$1 ME"},
	{`Go \d\S+\n +.+`, "Go VERSION\n    SYSTEM"},
}

func sameEachTime(text string) string {
	for _, c := range differing {
		text = regexp.MustCompile(c[0]).ReplaceAllString(text, c[1])
	}
	return text
}

// The whole document, for a demo that works and one that refuses.
func TestReportOfTheDemo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		args   []string
	}{
		"works.md":   {0, []string{"report", "--demo", "--security", "ssl"}},
		"refused.md": {10, []string{"report", "--demo=from_mismatch", "--preset", "zoho", "--security", "ssl"}},
		"public.md":  {10, []string{"report", "--demo=from_mismatch", "--preset", "zoho", "--security", "ssl", "--public", "--display-name", "Ana Lima"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := sameEachTime(newHome(t).run(test.status, test.args...))
			path := filepath.Join("testdata", "report", name)
			if *updateReports {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs from what is written now (-update-reports writes it):\n%s", path, got)
			}
		})
	}
}

// echoes are the ways in which a server may give the password back.
func echoes() []string {
	in := func(before string) string { return base64.StdEncoding.EncodeToString([]byte(before + marker)) }
	percent, entities, quoted := "", "", ""
	for _, c := range []byte(marker) {
		percent, entities, quoted = percent+fmt.Sprintf("%%%02x", c), entities+fmt.Sprintf("&#%d;", c), quoted+fmt.Sprintf("=%02X", c)
	}
	return []string{marker, strings.ToUpper(marker), in(""), in("x"), in("xy"), in("\x00ana@demo.test\x00"), url.QueryEscape(in("")),
		hex.EncodeToString([]byte(marker)), strings.ToUpper(hex.EncodeToString([]byte(marker))), percent, entities, quoted}
}

// hostile answers every command with the password, in all encodings, and
// refuses the message with it.
func hostile(t *testing.T) *smtptest.Server {
	say := func(code string) func(string) string {
		return func(line string) string {
			var lines []string
			for _, e := range echoes() {
				lines = append(lines, code+"-"+e)
			}
			return strings.Join(append(lines, code+" you said "+line+" with "+marker), "\r\n")
		}
	}
	return smtptest.New(t, smtptest.Config{
		Scripts: []string{`
			S: 220 ` + marker + ` greets you
			answer hello
			answer yes
			answer fine
			answer fine
			answer go
			message
			S: 554 5.7.1 ` + strings.Join(echoes(), " ") + `
			answer bye`},
		Answers: map[string]func(string) string{
			"hello": func(string) string {
				return "250-smtp.demo.test\r\n250-X-" + marker + " " + marker + "\r\n250 AUTH PLAIN"
			},
			"yes": say("235"), "fine": say("250"), "go": say("354"), "bye": say("221"),
		},
	})
}

func TestReportHoldsNoPassword(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][]string{
		"markdown": nil, "json": {"--json"}, "public": {"--public"}, "public json": {"--public", "--json"}, "verbose": {"-v", "--transcript"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t)
			h.env["SMTPWIZ_PASSWORD"] = marker
			to := hostile(t).Listen()
			args := append([]string{"report", "--host", "127.0.0.1", "--port", fmt.Sprint(to.Port), "--security", "none",
				"--username", "ana@demo.test", "--display-name", marker}, flags...)
			all := h.run(10, args...) + h.errs.String()
			if !strings.Contains(all, "***") || !strings.Contains(all, "554") {
				t.Errorf("the echo is not in it:\n%s", all)
			}
			h.hides(name, all)
			low := strings.ToLower(all)
			for _, e := range echoes() {
				// What is left of base64 at its edges depends on what stands beside the password.
				for _, form := range []string{e, strings.Trim(e, "=")} {
					if strings.Contains(low, strings.ToLower(form)) {
						t.Errorf("%q is in it", e)
					}
				}
			}
			if strings.Contains(name, "public") && strings.Contains(low, "ana@") {
				t.Errorf("the address is in it:\n%s", all)
			}
			if strings.Contains(name, "json") && !json.Valid(h.out.Bytes()) {
				t.Errorf("no JSON:\n%s", h.out.String())
			}
		})
	}
}

func TestReportOfASavedProfile(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.profile("work", "")
	h.env["SMTPWIZ_PASSWORD"] = h.password()
	config := filepath.Join(h.dir, "config/smtpwiz/config.toml")
	before, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	out := h.run(0, "report", "work", "--public")
	if !strings.Contains(out, "works") || !strings.Contains(out, "(profile work)") || !strings.Contains(out, "~/ca.pem") {
		t.Errorf("got:\n%s", out)
	}
	if after, err := os.ReadFile(config); err != nil || string(after) != string(before) {
		t.Errorf("the profile was changed: %v\n%s", err, after)
	}
}

// What was cut short is no case: nothing is written.
func TestReportInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	server := smtptest.New(t, smtptest.Config{
		Scripts: []string{"S: 220 smtp.demo.test\nanswer hello\ndrain"},
		Answers: map[string]func(string) string{"hello": func(string) string { cancel(); return "250 smtp.demo.test" }},
	})
	h := newHome(t)
	file := filepath.Join(h.dir, "case.md")
	d := &deps{
		streams: &terminal.Streams{Out: &h.out, Err: &h.errs, Getenv: os.Getenv},
		getenv:  func(string) (string, bool) { return "", false },
		known:   preset.New(presets.FS, ""), prober: probe.New("test"), version: "test",
	}
	args := []string{"report", "--host", "127.0.0.1", "--port", fmt.Sprint(server.Listen().Port), "--security", "none", "--check", "connect",
		"--config", filepath.Join(h.dir, "config.toml"), "-o", file}
	if status := run(ctx, d, args); status != 130 {
		t.Errorf("status %d\n%s", status, h.errs.String())
	}
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) || h.out.Len() > 0 {
		t.Errorf("something was written: %v %s", err, h.out.String())
	}
}
