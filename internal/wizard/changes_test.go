package wizard

import (
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// TestKeptPassword: the saved password, and what opens it, are asked for when
// that password is wanted, and not before.
func TestKeptPassword(t *testing.T) {
	t.Parallel()
	const phrase = "open-Marker-sesame"
	file := []StoreOffer{{Store: StoreKeyring, Why: "none."}, {Store: StoreFile, Usable: true, Unlock: ByPassphrase}}
	work := Given{Profile: "work", Keeps: true, Locked: true, Defaults: answers{"from": "you@example.com", "preset": "gandi", "secret-store": "file"}}
	unattended := func(change ...func(*Given)) Given {
		g := work
		g.Yes = true
		for _, f := range change {
			f(&g)
		}
		return g
	}
	const saved = "work: you@example.com at mail.gandi.net:465 ssl as you@example.com in file passphrase"
	opened := turn{page: "unlock", says: []string{"The saved password of “work” is in it", "Passphrase"}, secrets: map[string]string{"unlock": phrase}}
	for name, tt := range map[string]struct {
		walk
		read int
	}{
		"left empty: its passphrase is asked then, and not again to save": {walk{
			given: work, turns: []turn{{page: "address", says: []string{"the answers of the profile “work”"}}, {page: "login", says: []string{"empty for the saved one"}}, opened, {page: "save"}}, account: saved,
		}, 1},
		"another typed: the passphrase is asked to save it": {walk{
			given: work, turns: []turn{{page: "address"}, {page: "login", secrets: typed("another-word")}, {page: "passphrase", secrets: map[string]string{"passphrase": phrase}}, {page: "save"}}, account: saved,
		}, 0},
		"a wrong passphrase is told, and back from there another can be typed": {walk{
			given: work, turns: []turn{
				{page: "address"}, {page: "login"}, {page: "unlock", secrets: map[string]string{"unlock": "no"}},
				{page: "unlock", says: []string{"The saved password cannot be read: that does not open it."}, do: "back"},
				{page: "login", secrets: typed("another-word")}, {page: "passphrase", secrets: map[string]string{"passphrase": phrase}}, {page: "save"},
			}, account: saved,
		}, 0},
		"changed again after a refusal": {walk{
			given: work, tries: []outcome{refused(report.Auth, 535, "5.7.8", "no"), passes()}, turns: []turn{
				{page: "address"}, {page: "login"}, opened, {page: "failed"}, {page: "login", says: []string{"empty for the saved one"}, secrets: typed("another-word")}, {page: "save"},
			}, account: saved,
		}, 1},
		"--yes in a terminal asks the passphrase alone": {walk{given: unattended(), turns: []turn{opened}, account: saved}, 1},
		"--yes without one names the passphrase alone": {walk{
			given: unattended(), mute: true, tries: []outcome{}, status: 2, err: "answers are missing: SMTPWIZ_PASSPHRASE, --passphrase-file or SMTPWIZ_KEY_FILE",
		}, 0},
		"at hand: nothing is asked": {walk{
			given: unattended(func(g *Given) { g.Locked = false }), mute: true, account: saved,
			offers: []StoreOffer{{Store: StoreFile, Usable: true, Unlock: ByPassphrase, Open: true}},
		}, 1},
		"given by a flag: the saved one is left alone": {walk{
			given: unattended(func(g *Given) { g.Password = submission.NewSecret(marker) }), mute: true, account: saved,
			offers: []StoreOffer{{Store: StoreFile, Usable: true, Unlock: ByPassphrase, Open: true}},
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := tt.walk
			w.names, w.kept, w.opens = []string{"work"}, "saved-word-7", phrase
			if w.offers == nil {
				w.offers = file
			} else {
				w.opens = ""
			}
			if w.tries == nil {
				w.tries = []outcome{passes()}
			}
			if got := w.run(t); got.keeper.read != tt.read {
				t.Errorf("the saved password was read %d times, want %d", got.keeper.read, tt.read)
			}
		})
	}
}

// TestKeptPasswordGone: a store that has it no more is told once, and then a
// password is typed.
func TestKeptPasswordGone(t *testing.T) {
	t.Parallel()
	given := Given{Profile: "work", Keeps: true, Defaults: answers{"from": "you@example.com", "preset": "gandi", "secret-store": "keyring"}}
	walk{
		given: given, names: []string{"work"}, tries: []outcome{passes()},
		turns: []turn{
			{page: "address"}, {page: "login", says: []string{"empty for the saved one"}},
			{page: "login", says: []string{"The saved password cannot be read: that does not open it."}, hides: []string{"saved one"}, secrets: typed(marker)}, {page: "save"},
		},
		account: "work: you@example.com at mail.gandi.net:465 ssl as you@example.com in keyring",
	}.run(t)
	given.Yes = true
	walk{given: given, names: []string{"work"}, mute: true, status: 1, err: "that does not open it"}.run(t)
}

// TestNameWithoutItsPage: an address that is given has no page to ask the name
// on, so the last page has a key for it.
func TestNameWithoutItsPage(t *testing.T) {
	t.Parallel()
	got := walk{
		given: Given{Answers: answers{"from": "you@gmail.com"}}, dns: atGmail, tries: []outcome{passes()},
		turns: []turn{
			{page: "login", secrets: typed(bare)},
			{page: "save", says: []string{"[a] add your name"}, do: "display-name"},
			{page: "change", says: []string{"Add your name", "Your name"}, texts: map[string]string{"display-name": "You Yourself"}},
			{page: "save", hides: []string{"add your name"}},
		},
		account: "gmail: you@gmail.com at smtp.gmail.com:465 ssl as you@gmail.com in keyring",
	}.run(t)
	if name := got.keeper.saved[0].Account.DisplayName; name != "You Yourself" {
		t.Errorf("saved as %q", name)
	}
	walk{
		dns: atGmail, tries: []outcome{passes()},
		turns:   []turn{address("you@gmail.com"), {page: "login", secrets: typed(bare)}, {page: "save", hides: []string{"add your name"}}},
		account: "gmail: you@gmail.com at smtp.gmail.com:465 ssl as you@gmail.com in keyring",
	}.run(t)
}

// TestDemoKeepsNothing: it ends with what would be saved, and says that it is not.
func TestDemoKeepsNothing(t *testing.T) {
	t.Parallel()
	given := Given{
		Demo: true, Kept: submission.NewSecret(marker), Answers: answers{"host": "127.0.0.1", "port": "4465", "security": "ssl"},
		Defaults: answers{"from": "you@demo.test", "secret-store": "none", "name": "demo"},
	}
	found := map[string]Found{"demo.test": {Candidates: []Candidate{{
		Endpoints: []submission.Endpoint{{Host: "127.0.0.1", Port: 4465, Security: submission.SSL}, {Host: "127.0.0.1", Port: 4587, Security: submission.STARTTLS}},
		Why:       []Evidence{{ByDomain, "demo.test"}},
	}}}}
	blocked := faulty(report.Connect, report.FaultTimeout, "no answer")
	got := walk{
		given: given, dns: found, names: []string{"demo"}, offers: noKeyring, tries: []outcome{blocked, passes()},
		turns: []turn{
			{page: "address"}, {page: "login", do: "change"},
			{page: "change", hides: []string{"Name of the profile", "Password rests in"}}, {page: "login"},
			{page: "failed", says: []string{"[e] try port 4587, STARTTLS"}, do: "endpoint"},
			{page: "save", says: []string{"Works.", "Nothing of this demonstration is kept.", "[enter] end the demonstration"}, hides: []string{"Save as", "[c]", "[n]"}},
		},
	}.run(t)
	var told []string
	for _, b := range got.told {
		told = append(told, b.Text)
	}
	if text := strings.Join(told, "\n"); !strings.Contains(text, "The server of the demonstration received “a test mail”;") || strings.Contains(text, "Junk") || strings.Contains(text, "that the mail arrived") {
		t.Errorf("the demo tells of a mailbox, or not of its mail:\n%s", text)
	}
	if last := got.told[len(got.told)-1].Text; last != got.state.t.demoEnds() {
		t.Errorf("it ends with %q", last)
	}
	if all := textOf(Page{Blocks: got.told}); strings.Contains(all, "Look for") || strings.Contains(all, "this computer trusts") {
		t.Errorf("it claims of a demonstration\n%s", all)
	}
	given.Yes = true
	walk{given: given, dns: found, names: []string{"demo"}, mute: true, tries: []outcome{passes()}}.run(t)
}

// TestChangesFollow: behind a new provider comes what it asks and the old one did not.
func TestChangesFollow(t *testing.T) {
	t.Parallel()
	got := walk{
		dns: atGmail, status: report.ExitInterrupted, err: "aborted",
		turns: []turn{
			address("you@gmail.com"), {page: "login", do: "change"},
			{page: "change", hides: []string{"Offer"}, texts: map[string]string{"preset": "ovh"}},
			{page: "change", says: []string{"Offer"}, err: ErrAborted},
		},
	}.run(t)
	if focus := got.seen[len(got.seen)-1].Focus; focus != "variant" {
		t.Errorf("it goes on at %q", focus)
	}
}

// TestChangesAreLeft: Esc on the page of changes brings back what was there,
// also after a change that others followed from.
func TestChangesAreLeft(t *testing.T) {
	t.Parallel()
	walk{
		dns: atZoho, tries: []outcome{passes()},
		turns: []turn{
			address("you@example.com"), {page: "login", do: "change"},
			{page: "change", texts: map[string]string{"preset": "gandi"}},
			{page: "change", says: []string{"Provider [gandi]", "Server [mail.gandi.net]"}, hides: []string{"Region"}, do: "back"},
			{page: "login", says: []string{"smtppro.zoho.eu"}, do: "change"},
			{page: "change", says: []string{"Provider [zoho-pro]", "Region [eu]", "Server [smtppro.zoho.eu]"}, texts: map[string]string{"host": "smtp..example"}, do: "back"},
			{page: "login", do: "change"},
			{page: "change", says: []string{"Server [smtppro.zoho.eu]"}, texts: map[string]string{"region": "in"}},
			{page: "change", says: []string{"Region [in]", "Server [smtppro.zoho.in]"}},
			{page: "login", says: []string{"smtppro.zoho.in"}, secrets: typed(marker)}, {page: "save"},
		},
		account: "example: you@example.com at smtppro.zoho.in:465 ssl as you@example.com in keyring",
	}.run(t)
}
