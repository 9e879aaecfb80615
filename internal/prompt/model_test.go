package prompt

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
	"github.com/smtpwiz/smtpwiz/internal/terminal"
	"github.com/smtpwiz/smtpwiz/internal/wizard"
)

var update = flag.Bool("update", false, "write the golden screens")

// driven is a model without a terminal: what is drawn is what View returns.
type driven struct {
	*model
	t     *testing.T
	reply chan outcome
	clock time.Time
}

func utf8Terminal(name string) string {
	return map[string]string{"TERM": "xterm-256color", "LANG": "en_GB.UTF-8"}[name]
}

func drive(t *testing.T, getenv func(string) string, width, height int) *driven {
	t.Helper()
	d := &driven{t: t, clock: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	d.model = &model{look: newLook(os.Stdout, getenv), now: func() time.Time { return d.clock }, width: width, height: height}
	return d
}

func (d *driven) open(p wizard.Page) *driven {
	d.reply = make(chan outcome, 1)
	d.Update(openPage{p, d.reply})
	return d
}

// press types: words in brackets are keys, the rest is text, each letter by itself.
func (d *driven) press(script string) *driven {
	for _, part := range regexp.MustCompile(`<[a-z0-9+]+>|.`).FindAllString(script, -1) {
		d.Update(keyOf(part))
	}
	return d
}

func keyOf(part string) tea.KeyMsg {
	switch part {
	case "<enter>":
		return tea.KeyMsg{Type: tea.KeyEnter}
	case "<ctrl+j>":
		return tea.KeyMsg{Type: tea.KeyCtrlJ}
	case "<ctrl+s>":
		return tea.KeyMsg{Type: tea.KeyCtrlS}
	case "<esc>":
		return tea.KeyMsg{Type: tea.KeyEsc}
	case "<tab>":
		return tea.KeyMsg{Type: tea.KeyTab}
	case "<shift+tab>":
		return tea.KeyMsg{Type: tea.KeyShiftTab}
	case "<up>":
		return tea.KeyMsg{Type: tea.KeyUp}
	case "<down>":
		return tea.KeyMsg{Type: tea.KeyDown}
	case "<left>":
		return tea.KeyMsg{Type: tea.KeyLeft}
	case "<pgdn>":
		return tea.KeyMsg{Type: tea.KeyPgDown}
	case "<bs>":
		return tea.KeyMsg{Type: tea.KeyBackspace}
	case "<f1>":
		return tea.KeyMsg{Type: tea.KeyF1}
	case "<ctrl+c>":
		return tea.KeyMsg{Type: tea.KeyCtrlC}
	case "<ctrl+e>":
		return tea.KeyMsg{Type: tea.KeyCtrlE}
	case "<ctrl+x>":
		return tea.KeyMsg{Type: tea.KeyCtrlX}
	case " ":
		return tea.KeyMsg{Type: tea.KeySpace, Runes: []rune(" ")}
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(part)}
}

func (d *driven) paste(text string) *driven {
	d.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text), Paste: true})
	return d
}

// answer is how the page was left, "" while it is open.
func (d *driven) answer(p wizard.Page) string {
	select {
	case o := <-d.reply:
		if o.err != nil {
			return o.err.Error()
		}
		return describe(p, o.answer)
	default:
		return ""
	}
}

func (d *driven) screen() string { return ansi.Strip(d.View()) }

func (d *driven) sees(texts ...string) {
	d.t.Helper()
	for _, text := range texts {
		if !strings.Contains(d.screen(), text) {
			d.t.Errorf("%q is not on the screen:\n%s", text, d.screen())
		}
	}
}

func page(key string) wizard.Page {
	for _, p := range samplePages() {
		if p.Key == key {
			return p
		}
	}
	panic("no page " + key)
}

// Keys are typed without waiting for anything: as pasted into a terminal that
// does not mark pastes, or typed ahead.
func TestScreenAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, page, keys, want string }{
		{"answers", "address", "you@example.com<enter>You<enter>", "address next  address=you@example.com name=You"},
		{"spaces around", "address", " you@example.com <enter><enter>", "address next  address=you@example.com name="},
		{"Chinese and Hindi", "address", "डाक@उदाहरण.भारत<enter>张伟<enter>", "address next  address=डाक@उदाहरण.भारत name=张伟"},
		{"line ends as some terminals paste them", "address", "you@example.com<ctrl+j>You<ctrl+j>", "address next  address=you@example.com name=You"},
		{"bad answer stays", "address", "you<enter>", ""},
		{"bad answer is mended", "address", "you<enter>@x.org<enter><enter>", "address next  address=you@x.org name="},
		{"empty answer stays", "address", "<enter><enter><enter>", ""},
		{"tab goes round", "address", "<tab>You<tab>a@b.org<tab><enter>", "address next  address=a@b.org name=You"},
		{"the last question sends back to the wrong one", "address", "<tab>You<enter>a@b.org<enter><enter>", "address next  address=a@b.org name=You"},
		{"letters are text", "address", "q<ctrl+x>", "address acted stop address=q name="},
		{"no page before the first", "address", "a<esc><shift+tab>@b.org<enter><enter>", "address next  address=a@b.org name="},

		{"back with esc keeps answers", "change", "x<esc>", "change back  host=smtppro.zoho.eux port=465 security=ssl keyring=yes"},
		{"back from an empty first question", "login", "<shift+tab>", "login back  password=0,false"},
		{"shift+tab goes to the question before", "change", "<enter>9<shift+tab>y<shift+tab>", "change back  host=smtppro.zoho.euy port=4659 security=ssl keyring=yes"},
		{"arrows go from question to question", "change", "<down>9<up>y<esc>", "change back  host=smtppro.zoho.euy port=4659 security=ssl keyring=yes"},
		{"choice by arrow", "change", "<enter><enter><down><enter><enter>", "change next  host=smtppro.zoho.eu port=465 security=starttls keyring=yes"},
		{"no by letter", "change", "<enter><enter><enter>n", "change next  host=smtppro.zoho.eu port=465 security=ssl keyring=no"},
		{"no by arrow", "change", "<enter><enter><enter><left><enter>", "change next  host=smtppro.zoho.eu port=465 security=ssl keyring=no"},

		{"list begins at its value", "provider", "<enter>", "provider next  provider=fastmail"},
		{"list is found by typing", "provider", "gm<enter>", "provider next  provider=gmail"},
		{"and the first match is taken, wherever the cursor was", "provider", "<down><down><down><down><down><down>g<enter>", "provider next  provider=gandi"},
		{"letters that move elsewhere are text here", "provider", "jkghGl<bs><bs><bs><bs><bs><bs>zoho<enter>", "provider next  provider=zoho"},
		{"nothing matches", "provider", "nowhere<enter>", ""},
		{"esc brings the whole list back, then goes back", "provider", "nowhere<esc><enter>", "provider next  provider=own"},
		{"esc with an empty filter", "provider", "<esc>", "provider back  provider=fastmail"},

		{"password", "login", marker + "<enter>", "login next  password=15,true"},
		{"spaces stay in a password", "login", " spaced out <enter>", "login next  password=12,false"},
		{"short password stays", "login", "short<enter>", ""},
		{"chord beside a password", "login", "abc<ctrl+e>", "login acted change password=3,false"},
		{"letters are text in a password", "login", "c?q", ""},

		{"Enter takes the first action", "failed", "<enter>", "failed acted password"},
		{"letter", "failed", "H", "failed acted host"},
		{"cursor", "failed", "<down><down><up><down><enter>", "failed acted region"},
		{"cursor stays in the menu", "failed", "<up><up><down><down><down><down><down><down><down><enter>", "failed acted stop"},
		{"other letters do nothing", "failed", "xyz", ""},
		{"Enter goes on where the page says so", "save", "<enter>", "save next "},
		{"other letter", "save", "c", "save acted change"},
		{"help is closed by what else would answer", "failed", "?<enter>", ""},
		{"help in a text page", "address", "<f1>a<f1>b@c.org<enter><enter>", "address next  address=b@c.org name="},
		{"ctrl+c", "change", "<ctrl+c>", "aborted"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d := drive(t, utf8Terminal, 80, 24).open(page(tc.page)).press(tc.keys)
			if diff := cmp.Diff(tc.want, d.answer(page(tc.page))); diff != "" {
				t.Errorf("(-want +got)\n%s\n%s", diff, d.screen())
			}
			if strings.Contains(d.screen(), marker) {
				t.Errorf("the password is shown:\n%s", d.screen())
			}
		})
	}
}

func TestScreenFocus(t *testing.T) {
	t.Parallel()
	p := page("change")
	p.Focus = "security"
	d := drive(t, utf8Terminal, 80, 24).open(p)
	d.sees("> SSL", "Host: smtppro.zoho.eu")
	if got := d.press("<down><shift+tab>0<esc>").answer(p); got != "change back  host=smtppro.zoho.eu port=4650 security=starttls keyring=yes" {
		t.Error(got)
	}
}

func TestScreenPaste(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, page, text, keys, want, sees string }{
		{"two lines: nothing of the second", "address", "you@example.com\n" + marker + "\n", "<enter><enter>", "address next  address=you@example.com name=", sayFirstLine},
		{"line ends of Windows", "address", "you@example.com\r\nmore\r\n", "<enter><enter>", "address next  address=you@example.com name=", sayFirstLine},
		{"a password waits for Enter", "login", marker, "", "", "15 characters"},
		{"and is taken whole", "login", marker, "<enter>", "login next  password=15,true", ""},
		{"a line end behind it is no Enter and is kept, to be asked about", "login", marker + "\r\n", "", "", "16 characters, with a line end"},
		{"and counted", "login", marker + "\n", "<enter>", "login next  password=16,false", ""},
		{"and taken out like any other", "login", marker + "\r", "<bs><enter>", "login next  password=15,true", ""},
		{"a password of two lines", "login", "\n" + marker + "\nrest", "<enter>", "login next  password=21,false", ""},
		{"control characters", "login", "a\tb\x1b[2Jc\x00", "", "", sayLeftOut},
		{"yes cannot be pasted", "save", "y", "", "", "[c] change"},
		{"nor an action", "failed", "s", "", "", "[s] save untested"},
		{"what cannot be seen", "address", "you\u200b@exa\u202emple.com\n", "<enter><enter>", "address next  address=you@example.com name=", sayLeftOut},
		{"into a list", "provider", "gmail\n", "<enter>", "provider next  provider=gmail", "/gmail"},
		{"into a short list nothing goes", "change", "\n", "", "", "smtppro.zoho.eu"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := page(tc.page)
			d := drive(t, utf8Terminal, 80, 24).open(p).paste(tc.text)
			d.sees(tc.sees)
			if got := d.press(tc.keys).answer(p); got != tc.want {
				t.Errorf("got %q, want %q\n%s", got, tc.want, d.screen())
			}
			if strings.Contains(d.View(), marker) {
				t.Errorf("the password is shown:\n%s", d.screen())
			}
		})
	}
}

// What is typed while the wizard thinks goes into a password, whole, and
// nowhere else.
func TestScreenHeldKeys(t *testing.T) {
	t.Parallel()
	tests := []struct{ page, keys, want string }{
		{"login", marker + "<enter>", "login next  password=15,true"},
		{"login", "<enter><enter>" + marker + "<enter>", "login next  password=15,true"}, // Enter was pressed twice
		{"login", "<enter>", ""},
		{"address", marker + "<enter><enter>", ""},
		{"failed", "<enter>", ""},
		{"failed", "s", ""},
		{"save", "<enter>", ""},
	}
	for _, tc := range tests {
		p := page(tc.page)
		d := drive(t, utf8Terminal, 80, 24).press(tc.keys).open(p)
		if got := d.answer(p); got != tc.want {
			t.Errorf("%s, %s: %q, want %q", tc.page, tc.keys, got, tc.want)
		}
		if strings.Contains(d.screen(), marker) {
			t.Errorf("%s: the password is shown:\n%s", tc.page, d.screen())
		}
	}
	d := drive(t, utf8Terminal, 80, 24).press(strings.Repeat("x", 2*mostHeld))
	if len(d.held) > mostHeld {
		t.Errorf("%d keys are held", len(d.held))
	}
}

// What was typed on a page after its answer is for the next one.
func TestScreenTypeAheadOverPages(t *testing.T) {
	t.Parallel()
	d := drive(t, utf8Terminal, 80, 24).open(page("address"))
	d.press("you@example.com<enter><enter>" + marker + "<enter>")
	if got := d.answer(page("address")); got != "address next  address=you@example.com name=" {
		t.Errorf("first page: %q", got)
	}
	if got := d.open(page("login")).answer(page("login")); got != "login next  password=15,true" {
		t.Errorf("second page: %q", got)
	}
}

func TestScreenAbortWhileNothingIsAsked(t *testing.T) {
	t.Parallel()
	d := drive(t, utf8Terminal, 80, 24)
	told := 0
	d.interrupt = func() { told++ }
	d.press("<ctrl+c>").open(page("save"))
	if got := d.answer(page("save")); got != wizard.ErrAborted.Error() || told != 1 {
		t.Errorf("%q, told %d times", got, told)
	}
}

// Esc and ctrl+c in one breath come as one key.
func TestScreenAbortRightAfterEsc(t *testing.T) {
	t.Parallel()
	d := drive(t, utf8Terminal, 80, 24).open(page("login"))
	d.Update(tea.KeyMsg{Type: tea.KeyCtrlC, Alt: true})
	if got := d.answer(page("login")); got != wizard.ErrAborted.Error() {
		t.Errorf("%q", got)
	}
}

// Whatever the size, nothing is wider or higher than the screen, and the
// question in focus and the keys are on it.
func TestScreenSizes(t *testing.T) {
	t.Parallel()
	for _, p := range samplePages() {
		if p.Key == "try" {
			continue
		}
		for _, width := range []int{1, 40, 80} {
			for _, height := range []int{1, 5, 12, 24} {
				d := drive(t, utf8Terminal, width, height).open(p)
				checkSize(t, d, width, height)
				d.press("<tab><tab>")
				checkSize(t, d, width, height)
				if width >= 40 && height >= 12 {
					seesQuestion(d)
				}
			}
		}
	}
}

func checkSize(t *testing.T, d *driven, width, height int) {
	t.Helper()
	lines := strings.Split(d.View(), "\n")
	if len(lines) > height {
		t.Errorf("%s: %d lines of %d", d.sheet.page.Key, len(lines), height)
	}
	for _, line := range lines {
		if w := ansi.StringWidth(line); w > max(width, 11) {
			t.Errorf("%s: %d of %d columns: %q", d.sheet.page.Key, w, width, line)
		}
	}
}

func seesQuestion(d *driven) {
	d.t.Helper()
	d.sees("["+keyEnter+"]", "["+keyHelp+"] help", "["+keyInterrupt+"] quit", d.sheet.page.Title)
	if f := d.sheet.current(); f != nil {
		d.sees(f.Label)
	} else {
		d.sees("> ")
	}
}

// A long option does not push the others off a small screen; the help has it
// whole, and the keys.
func TestScreenLongOptions(t *testing.T) {
	t.Parallel()
	p := wizard.Page{
		Title: "Which offer is it? The control panel lists it", Blocks: []wizard.Block{{Text: "example.com has its mail at OVHcloud (MX: mx1.mail.ovh.net)."}}, Back: true,
		Questions: []wizard.Question{{Key: "offer", Label: "Offer", Kind: wizard.Choice, Value: "mx", Options: []wizard.Option{
			{Value: "mx", Label: "MX Plan, or mail that came with hosting", Detail: "The same servers for all customers."},
			{Value: "pro", Label: "Email Pro", Detail: "Its server has a number, which the control panel tells."},
			{Value: "exchange", Label: "Exchange, on a server that others are on too", Detail: "Likewise."},
		}}},
	}
	d := drive(t, utf8Terminal, 40, 12).open(p)
	d.sees("> MX Plan, or mail that came with\n  hosting\n  Email Pro\nThe same servers for all customers.", "move, 1 more")
	d.press("<down><down>").sees("> Exchange, on a server that others are\n  on too\nLikewise.")
	d.press("<f1>").sees("- MX Plan, or mail that came with\n  hosting  The same servers for all\n  customers.", "[pgdn] more")
	d.press("<pgdn><pgdn>").sees("[shift+tab] back", "[ctrl+c] quit")
	if got := d.press("<esc><esc>").answer(p); got != " back  offer=exchange" {
		t.Errorf("got %q", got)
	}
}

// A page that is resized keeps its answer, its focus and its long texts whole.
func TestScreenResize(t *testing.T) {
	t.Parallel()
	p := page("address")
	long := strings.Repeat("long.", 30) + "name@example.com"
	d := drive(t, utf8Terminal, 80, 24).open(p).press(long)
	for _, size := range [][2]int{{40, 12}, {120, 40}, {12, 5}, {1, 1}, {80, 24}} {
		d.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		checkSize(t, d, size[0], size[1])
	}
	d.sees("name@example.com")
	if got := d.press("<enter><enter>").answer(p); got != "address next  address="+long+" name=" {
		t.Error(got)
	}
}

// Text that does not fit scrolls to its end; the question stays.
func TestScreenScrolls(t *testing.T) {
	t.Parallel()
	d := drive(t, utf8Terminal, 40, 12).open(page("login"))
	seen := d.screen()
	for range 10 {
		d.sees("Zoho app password:", "Log in to Zoho")
		d.press("<pgdn>")
		seen += d.screen()
	}
	for _, text := range []string{"1. Open the page", "https://accounts.zoho.eu/home#security/", "3. Copy the password. It is shown once."} {
		if !strings.Contains(strings.Join(strings.Fields(seen), " "), text) {
			t.Errorf("%q was never on the screen", text)
		}
	}
}

// TestScreenColours: of colours there are those alone that can be read on white and
// on black, on a terminal that draws them as they are meant; the background decides
// nothing.
func TestScreenColours(t *testing.T) {
	t.Parallel()
	style := regexp.MustCompile(`\x1b\[([0-9;]*)m`)
	for term, allowed := range map[string]string{
		"xterm-256color": `^(0?|1|7|1;38;5;` + terminal.Accent + `)$`,
		"xterm":          `^(0?|1|7)$`,
		"linux":          `^(0?|1|7)$`,
	} {
		shown := regexp.MustCompile(allowed)
		for _, p := range samplePages() {
			var views []string
			for _, background := range []string{"", "0;15", "15;0"} {
				env := func(name string) string {
					return map[string]string{"TERM": term, "LANG": "en_GB.UTF-8", "COLORFGBG": background}[name]
				}
				views = append(views, drive(t, env, 80, 24).open(p).View())
			}
			for _, m := range style.FindAllStringSubmatch(views[0], -1) {
				if !shown.MatchString(m[1]) {
					t.Errorf("%s, %s: style %q", term, p.Key, m[1])
				}
			}
			if views[0] != views[1] || views[0] != views[2] {
				t.Errorf("%s, %s: the background changes what is drawn", term, p.Key)
			}
		}
	}
}

func TestScreenShowsNoColourOnRequest(t *testing.T) {
	t.Parallel()
	env := func(name string) string {
		if name == "NO_COLOR" {
			return "1"
		}
		return utf8Terminal(name)
	}
	colour := regexp.MustCompile(`\x1b\[[0-9;]*\b(3[0-8]|4[0-8]|9[0-7]|10[0-7])\b[0-9;]*m`)
	for _, p := range samplePages() {
		if view := drive(t, env, 80, 24).open(p).View(); colour.MatchString(view) {
			t.Errorf("%s: %q", p.Key, colour.FindString(view))
		}
		if view := drive(t, utf8Terminal, 80, 24).open(p).View(); !colour.MatchString(view) {
			t.Errorf("%s has no colour either way: the test sees nothing", p.Key)
		}
	}
}

// In a locale that is not UTF-8 our own marks are ASCII.
func TestScreenMarksInASCII(t *testing.T) {
	t.Parallel()
	env := func(name string) string { return map[string]string{"TERM": "xterm", "LANG": "C"}[name] }
	p := wizard.Page{
		Title: "Title", Blocks: []wizard.Block{{Kind: wizard.Quote, Text: strings.Repeat("words of a server ", 40)}, {Kind: wizard.Link, Text: "https://example.com/"}},
		Questions: []wizard.Question{{Key: "a", Label: "A", Hint: "b"}}, Next: strings.Repeat("a long label ", 9), Back: true, Help: "x",
	}
	d := drive(t, env, 40, 12).open(p)
	d.Update(openWatch{title: "Trying", stop: func() {}})
	watch := d.View()
	d.Update(happened{report.Event{Running: true, Step: report.Step{Stage: report.Connect}}})
	for _, view := range []string{drive(t, env, 40, 12).open(p).View(), watch, d.press("<esc>").View()} {
		if strings.ContainsFunc(view, func(r rune) bool { return r > unicode.MaxASCII }) {
			t.Errorf("not ASCII:\n%s", ansi.Strip(view))
		}
	}
}

func TestScreenLetsNoEscapeThrough(t *testing.T) {
	t.Parallel()
	evil := "a\x1b[2Jb\x07c\u202ed\u0085e\x9bf"
	p := wizard.Page{
		Title: evil, Help: evil, Next: evil,
		Blocks: []wizard.Block{{Text: evil}, {Kind: wizard.Quote, Text: evil}, {Kind: wizard.Link, Text: "https://" + evil}, {Kind: wizard.Command, Text: evil}, {Kind: wizard.Step, Text: evil}, {Kind: wizard.Strong, Text: evil}},
		Questions: []wizard.Question{
			{Key: "x", Label: evil, Hint: evil, Value: evil, Check: func(string) string { return evil }},
			{Key: "y", Label: evil, Kind: wizard.Choice, Options: []wizard.Option{{Value: "v", Label: evil, Detail: evil}}},
		},
		Actions: []wizard.Action{{Key: "a", Label: evil, Letter: "z", Chord: "ctrl+e"}},
	}
	d := drive(t, utf8Terminal, 80, 50).open(p)
	views := []string{d.View(), d.press("<enter>").View(), d.press("<f1>").View()}
	d.Update(openWatch{title: evil, stop: func() {}})
	d.Update(happened{report.Event{Step: report.Step{Stage: report.Auth, Status: report.Failed, Err: evil, Detail: evil}}})
	for i, view := range append(views, d.View()) {
		for _, bad := range []string{"\x1b[2J", "\x07", "\u202e", "\u0085", "\x9b"} {
			if strings.Contains(view, bad) {
				t.Errorf("view %d has %q", i, bad)
			}
		}
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	d := drive(t, utf8Terminal, 80, 24)
	ctx, stop := context.WithCancel(t.Context())
	d.Update(openWatch{title: "Trying mail.example.com", stop: stop})
	ssl := submission.Endpoint{Host: "mail.example.com", Port: 465, Security: submission.SSL}
	other := submission.Endpoint{Host: "mail.example.com", Port: 587, Security: submission.STARTTLS}
	for _, e := range []submission.Endpoint{ssl, other} {
		d.Update(happened{report.Event{Endpoint: e, Step: report.Step{Stage: report.Connect}, Running: true}})
	}
	d.clock = d.clock.Add(2 * time.Second)
	if strings.Contains(d.screen(), "no answer yet") {
		t.Errorf("impatient:\n%s", d.screen())
	}
	d.clock = d.clock.Add(time.Second)
	d.sees("465: no answer yet", "587: no answer yet", "[esc] stop")
	d.Update(happened{report.Event{Endpoint: other, Step: report.Step{Stage: report.Connect, Status: report.OK, Detail: "203.0.113.5:587", Duration: 3 * time.Second}}})
	d.Update(happened{report.Event{Endpoint: other, Step: report.Step{Stage: report.Auth, Status: report.Failed, Err: "refused", Duration: time.Second}}})
	d.sees("ok   connect     3.0 s  203.0.113.5:587", "FAIL auth        1.0 s  refused")
	if strings.Contains(d.screen(), "465") {
		t.Errorf("the endpoint that lost is still there:\n%s", d.screen())
	}
	d.press("x<enter><esc>")
	if ctx.Err() == nil {
		t.Error("esc did not stop it")
	}
	d.sees(sayStopping)
	end := make(chan watchEnd, 1)
	d.Update(closeWatch{end})
	if got := <-end; got != (watchEnd{stopped: true}) {
		t.Errorf("%+v", got)
	}
	d.open(page("save"))
	if got := d.answer(page("save")); got != "" {
		t.Errorf("keys of the watch answered the next page: %q", got)
	}
}

// Endpoints side by side keep their lines, whichever gets on first.
func TestWatchKeepsOrder(t *testing.T) {
	t.Parallel()
	d := drive(t, utf8Terminal, 80, 24)
	d.Update(openWatch{title: "Trying", stop: func() {}})
	for _, e := range []report.Event{
		{Endpoint: submission.Endpoint{Host: "h", Port: 465}, Step: report.Step{Stage: report.Connect}},
		{Endpoint: submission.Endpoint{Host: "h", Port: 587}, Step: report.Step{Stage: report.Connect}},
		{Endpoint: submission.Endpoint{Host: "h", Port: 465}, Step: report.Step{Stage: report.TLSStage}},
	} {
		e.Running = true
		d.Update(happened{e})
	}
	if first, second := strings.Index(d.screen(), "465"), strings.Index(d.screen(), "587"); first < 0 || second < first {
		t.Errorf("the lines changed places:\n%s", d.screen())
	}
}

// An answer to choose says its detail where it is chosen, not after.
func TestScreenClosedChoice(t *testing.T) {
	t.Parallel()
	d := drive(t, utf8Terminal, 80, 24).open(wizard.Page{Title: "Change", Questions: []wizard.Question{
		{Key: "a", Label: "Region", Kind: wizard.Choice, Value: "eu", Options: []wizard.Option{{Value: "eu", Label: "Europe", Detail: "Your mail opens at mail.example.eu."}}},
		{Key: "b", Label: "Server", Optional: true},
	}})
	d.sees("Your mail opens at")
	d.press("<enter>").sees("Region: Europe\n")
	if strings.Contains(d.screen(), "Your mail opens at") {
		t.Errorf("the detail is still there:\n%s", d.screen())
	}
}

// TestScreenGoesOn: a page that goes on by itself counts down, takes its keys
// meanwhile, and goes on when its time has come, not before.
func TestScreenGoesOn(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {40, 12}} {
		d := drive(t, utf8Terminal, size[0], size[1])
		p := wizard.Page{
			Key: "wait", Title: "Waiting before the next try", Next: "try now", Until: d.clock.Add(61 * time.Second), Back: true,
			Blocks:  []wizard.Block{{Text: strings.Repeat("Many providers lock an account that guesses on. ", 12)}},
			Actions: []wizard.Action{{Key: "stop", Label: "stop waiting", Letter: "s"}},
		}
		after := func(wait time.Duration) {
			d.clock = d.clock.Add(wait)
			d.Update(tick{d.turn})
		}
		d.open(p).sees("It goes on by itself in 1 min 1 s.", "[enter] try now", "[s] stop waiting")
		after(1500 * time.Millisecond)
		d.sees("in 1 min 0 s.")
		after(40 * time.Second)
		d.sees("in 20 s.")
		d.Update(tick{d.turn - 1}) // of an earlier page
		after(19400 * time.Millisecond)
		d.sees("in 1 s.")
		if got := d.answer(p); got != "" {
			t.Errorf("it went on too early: %s", got)
		}
		after(100 * time.Millisecond)
		if got := d.answer(p); got != "wait next " {
			t.Errorf("in the end: %q", got)
		}
		after(time.Second) // nobody listens any more
		if got := d.open(p).press("s").answer(p); got != "wait acted stop" {
			t.Errorf("s: %q", got)
		}
		if got := d.open(p).press("<enter>").answer(p); got != "wait next " {
			t.Errorf("enter: %q", got)
		}
	}
}

func TestWatchAborted(t *testing.T) {
	t.Parallel()
	d := drive(t, utf8Terminal, 80, 24)
	ctx, stop := context.WithCancel(t.Context())
	d.Update(openWatch{title: "Trying", stop: stop})
	d.press("<ctrl+c>")
	end := make(chan watchEnd, 1)
	d.Update(closeWatch{end})
	if got := <-end; !got.aborted || ctx.Err() == nil {
		t.Errorf("%+v, %v", got, ctx.Err())
	}
}

func TestOneMoment(t *testing.T) {
	t.Parallel()
	d := drive(t, utf8Terminal, 80, 24).open(page("save")).press("<enter>")
	late := lateTick{d.turn}
	d.Update(late)
	d.sees(sayMoment)
	d.open(page("change"))
	d.Update(late)
	if strings.Contains(d.screen(), sayMoment) {
		t.Errorf("a late tick was taken for one of this page:\n%s", d.screen())
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	tests := []struct {
		env  map[string]string
		want bool
	}{
		{map[string]string{"TERM": "xterm-256color"}, false},
		{map[string]string{"TERM": "xterm-256color", "VTE_VERSION": "7600"}, true},
		{map[string]string{"TERM": "xterm-256color", "VTE_VERSION": "4800"}, false},
		{map[string]string{"TERM": "xterm-kitty"}, true},
		{map[string]string{"TERM": "tmux-256color", "TERM_PROGRAM": "WezTerm"}, false},
		{map[string]string{"TERM": "xterm-kitty", "TMUX": "/tmp/tmux"}, false},
		{map[string]string{"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, true},
	}
	for _, tc := range tests {
		if got := knowsLinks(func(name string) string { return tc.env[name] }); got != tc.want {
			t.Errorf("%v: %v", tc.env, got)
		}
	}
	l := newLook(os.Stdout, func(name string) string { return map[string]string{"TERM": "foot", "LANG": "C.UTF-8"}[name] })
	const address = "https://example.com/a/rather/long/path/to/the/page"
	for _, width := range []int{20, 80} {
		lines := l.link(address, width)
		if got := strings.TrimSpace(ansi.Strip(strings.Join(lines, ""))); got != address {
			t.Errorf("%d columns: the text is %q", width, got)
		}
		for _, line := range lines {
			if !strings.Contains(line, ";"+address) {
				t.Errorf("%d columns: no link to the whole address in %q", width, line)
			}
		}
	}
}

func TestLocale(t *testing.T) {
	t.Parallel()
	tests := []struct {
		env  map[string]string
		want bool
	}{
		{nil, false},
		{map[string]string{"LANG": "C"}, false},
		{map[string]string{"LANG": "de_DE.UTF-8"}, true},
		{map[string]string{"LANG": "zh_CN.utf8"}, true},
		{map[string]string{"LC_ALL": "C", "LANG": "de_DE.UTF-8"}, false},
		{map[string]string{"LC_CTYPE": "C.UTF-8", "LANG": "C"}, true},
	}
	for _, tc := range tests {
		if got := isUTF8(func(name string) string { return tc.env[name] }); got != tc.want {
			t.Errorf("%v: %v", tc.env, got)
		}
	}
}

// The pages as they look, so that a change of looks is seen in review:
// go test ./internal/prompt -update
// What the wizard looks for is told where it takes a while, and no longer once
// the next page is there.
func TestBusy(t *testing.T) {
	t.Parallel()
	m := &model{look: newLook(os.Stdout, utf8Terminal), now: time.Now, width: 40, height: 12}
	m.Update(busy{"Looking up example.com"})
	if view := m.View(); strings.Contains(view, "Looking up") {
		t.Errorf("told at once:\n%s", view)
	}
	m.Update(lateTick{m.turn})
	if view := m.View(); !strings.Contains(view, "Looking up example.com…") {
		t.Errorf("not told:\n%s", view)
	}
	m.Update(openPage{wizard.Page{Title: "Next"}, make(chan outcome, 1)})
	if view := m.View(); strings.Contains(view, "Looking up") {
		t.Errorf("still told:\n%s", view)
	}
}

// In a locale without UTF-8 all is ASCII, and as wide as before.
func TestLegible(t *testing.T) {
	t.Parallel()
	l := newLook(os.Stdout, func(name string) string { return map[string]string{"TERM": "xterm", "LANG": "C"}[name] })
	for text, want := range map[string]string{
		"Save as “gmail”, password?": `Save as "gmail", password?`, "it’s": "it's", "网易 x": "???? x", "\x1b[1mé\x1b[0m": "\x1b[1m?\x1b[0m",
	} {
		if got := l.legible(text); got != want || ansi.StringWidth(got) != ansi.StringWidth(text) {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestGoldenScreens(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {40, 12}} {
		for _, p := range samplePages() {
			name := fmt.Sprintf("%s-%dx%d.txt", p.Key, size[0], size[1])
			d := drive(t, utf8Terminal, size[0], size[1]).open(p)
			if p.Key == "try" {
				d.Update(openWatch{title: p.Title, stop: func() {}})
				sampleProbe(t.Context(), func(e report.Event) { d.Update(happened{e}) })
				d.Update(happened{report.Event{Step: report.Step{Stage: report.Quit}, Running: true, Endpoint: submission.Endpoint{Host: "h", Port: 465}}})
				d.clock = d.clock.Add(4 * time.Second)
			}
			golden(t, filepath.Join("testdata", "screens", name), d.screen())
		}
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	lines := strings.Split(got, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	got = strings.Join(lines, "\n") + "\n"
	if *update {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(got), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got)\n%s", path, diff)
	}
}

// Whatever is typed, nothing panics, nothing leaves the screen, and a password
// is not shown.
func FuzzKeys(f *testing.F) {
	f.Add(uint8(0), uint8(80), uint8(24), "you@example.com\r张伟\r")
	f.Add(uint8(1), uint8(40), uint8(12), "\x01g\x02\x02\x03\x7f\r")
	f.Add(uint8(2), uint8(1), uint8(1), marker+"\t\x1b")
	f.Add(uint8(4), uint8(12), uint8(3), "\x02\x02\x02\x04\x04?\x1b")
	special := map[rune]tea.KeyType{
		1: tea.KeyUp, 2: tea.KeyDown, 3: tea.KeyLeft, 4: tea.KeyPgDown, 5: tea.KeyPgUp, 6: tea.KeyF1,
		7: tea.KeyShiftTab, 8: tea.KeyF20, 9: tea.KeyTab, 13: tea.KeyEnter, 27: tea.KeyEsc, 127: tea.KeyBackspace, ' ': tea.KeySpace,
	}
	f.Fuzz(func(t *testing.T, which, width, height uint8, keys string) {
		p := samplePages()[int(which)%len(samplePages())]
		d := drive(t, utf8Terminal, max(int(width), 1), max(int(height), 1)).open(p)
		for _, r := range keys {
			if kind, ok := special[r]; ok {
				d.Update(tea.KeyMsg{Type: kind, Runes: []rune{r}})
			} else {
				d.press(string(r))
			}
			checkSize(t, d, max(int(width), 1), max(int(height), 1))
		}
		if p.Key == "login" && strings.Contains(d.View(), marker) {
			t.Errorf("the password is shown:\n%s", d.screen())
		}
	})
}

func BenchmarkView(b *testing.B) {
	for _, p := range samplePages() {
		m := &model{look: newLook(os.Stdout, utf8Terminal), now: time.Now, width: 80, height: 24}
		m.Update(openPage{p, make(chan outcome, 1)})
		b.Run(p.Key, func(b *testing.B) {
			for b.Loop() {
				m.View()
			}
		})
	}
}

// Where two lines of a text are on the screen, a page is two lines.
func TestScreenPagesOfAFewLines(t *testing.T) {
	t.Parallel()
	d := drive(t, utf8Terminal, 40, 12).open(page("failed"))
	before, _, _ := strings.Cut(d.screen(), " more lines")
	d.press("<pgdn>")
	after, _, _ := strings.Cut(d.screen(), " more lines")
	if !strings.HasSuffix(before, " 11") || !strings.HasSuffix(after, " 9") {
		t.Errorf("%s\nthen\n%s", before, after)
	}
}
