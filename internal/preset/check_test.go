package preset

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// good has every table that the format knows; the cases below each break it in
// one place.
const good = `schema = 1
name = "example"
title = "Example Mail"
summary = "For examples."
kind = "mailbox"
support = "help@example.com"
status = "https://status.example.com/"
default_region = "eu"
region_question = "Where?"
default_variant = "plain"
variant_question = "Which?"

[match]
domains = ["example.com"]
mx = ["mx.example.net"]
spf = ["_spf.example.net"]
greeting = '\bexample\b'
before = ["other"]

[account]
username = "address"
from_checked = "data"

[password]
kind = "app"
label = "app password"
url = "https://accounts.{tld}/passwords"
steps = ["Sign in."]

[password.shape]
length = 16
alphabet = "letters"
grouped = true

[[endpoint]]
host = "smtp.{tld}"
port = 465
security = "ssl"

[[incoming]]
protocol = "imap"
host = "imap.{tld}"
port = 993
security = "ssl"

[sent]
copy = "server"

[oauth]
auth_url = "https://example.com/auth"
token_url = "https://example.com/token"
scopes = ["mail"]

[[region]]
name = "eu"
aliases = ["europe"]
title = "Europe"
values = { tld = "example.eu" }
domains = ["example.eu"]

[[region]]
name = "us"
title = "America"
values = { tld = "example.com" }

[[variant]]
name = "plain"
title = "Plain"

[[variant]]
name = "own"
title = "Own server"
ask_host = "Which?"
host_pattern = "s{n}.example.com"

[[variant.endpoint]]
host = "{host}"
port = 587
security = "starttls"

[[limit]]
text = "Ten an hour."
per = "hour"
max = 10

[[quirk]]
text = "Beware."
url = "https://example.com/beware"

[[reply]]
pattern = 'no such luck'
example = "550 5.7.1 No such luck"
stages = ["data"]
code = 550
cause = "from_mismatch"

[[reply.fix]]
text = "Try."
url = "https://{tld}/try"

[[source]]
facts = ["support", "status", "match", "account", "password", "endpoint", "incoming", "sent", "oauth", "region", "variant", "limit", "quirk", "reply"]
from = "https://example.com/help"
checked = "2026-01-31"
confidence = "high"
`

func TestCheckGood(t *testing.T) {
	t.Parallel()
	for _, p := range Check([]byte(good), "presets/example.toml") {
		t.Errorf("a good file: %s", p)
	}
	for _, p := range Check([]byte(strings.ReplaceAll(good, "\n", "\r\n")), "-") {
		t.Errorf("with CRLF: %s", p)
	}
}

// TestCheck breaks the good file in one place a case. ¶ in the new text marks
// where the problem is to be reported, and is taken out.
func TestCheck(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, old, new, what, want string }{
		{"syntax", "kind = \"mailbox\"", "kind = ¶mailbox", "not TOML", "toml.io"},
		{"syntax after text beyond ASCII", "title = \"Example Mail\"\nsummary", "title = \"Exämple\" ¶é\nsummary", "not TOML", "toml.io"},
		{"unclosed string", `summary = "For examples."`, `summary = "For examples.¶`, "not TOML", "toml.io"},
		{"a key twice", `kind = "mailbox"`, "kind = \"mailbox\"\n¶kind = \"bridge\"", "not TOML", "toml.io"},

		{"unknown key", "[[endpoint]]\nhost", "[[endpoint]]\n¶hots", `unknown key "endpoint[0].hots"`, "host"},
		{"unknown key at the top", `title = "Example Mail"`, `¶titel = "Example Mail"`, `unknown key "titel"`, "title"},
		{"unknown table", "[sent]", "[¶sended]", `unknown key "sended"`, "sent"},
		{"unknown key far from all", "[sent]\n", "[sent]\n¶whatever = 1\n", `unknown key "sent.whatever"`, "copy, switch or unverified"},
		{"unknown key inline", `values = { tld = "example.com" }`, `values = { tld = "example.com" }` + "\n¶hitn = \"x\"", `unknown key "region[1].hitn"`, "hint"},

		{"text for a number", "port = 465", `port = ¶"465"`, "endpoint[0].port is a text", "port = 1"},
		{"number for a text", `title = "Plain"`, `title = ¶7`, "variant[0].title is the number 7", `title = "…"`},
		{"text for a boolean", "grouped = true", `grouped = ¶"yes"`, "grouped is a text", "true or false"},
		{"text for a list", `scopes = ["mail"]`, `scopes = ¶"mail"`, "oauth.scopes is a text", `scopes = ["…"]`},
		{"number in a list", `scopes = ["mail"]`, `scopes = ["mail", ¶5]`, "oauth.scopes[1] is the number 5", "quotation marks"},
		{"table for tables", "[[limit]]", "[¶limit]", "limit is a table", "[[limit]]"},
		{"tables for a table", "[sent]", "[[¶sent]]", "sent is a list", "[sent]"},
		{"text for a table", "[password.shape]\nlength = 16\nalphabet = \"letters\"\ngrouped = true", "shape = ¶\"long\"", "password.shape is a text", "[password.shape]"},
		{"number in values", `values = { tld = "example.com" }`, `values = { tld = ¶1 }`, "region[1].values.tld is the number 1", "tld"},
		{"date", `checked = "2026-01-31"`, `checked = ¶2026-01-31`, "the date or time 2026-01-31", "quotation marks"},
		{"number too large", "max = 10", "max = ¶10000000000", "out of range", "number"},

		{"schema", "schema = 1", "schema = ¶2", "schema", "schema = 1"},
		{"no schema", "schema = 1", "¶", "schema", "schema = 1"},
		{"no name", `name = "example"`, "", "name is missing", "small letters"},
		{"bad name", `name = "example"`, `name = ¶"Example Mail"`, `name is "Example Mail"`, "small letters"},
		{"name of another file", `name = "example"`, `name = ¶"sample"`, "in a file called example.toml", `name = "example"`},
		{"no title", `title = "Example Mail"`, "", "title is missing", "name"},
		{"no summary", `summary = "For examples."`, "", "summary is missing", "sentence"},
		{"kind", `kind = "mailbox"`, `kind = ¶"mailboxes"`, `kind is "mailboxes"`, "mailbox, transactional or bridge"},
		{"no kind", `kind = "mailbox"`, "", "kind is missing", "mailbox, transactional or bridge"},
		{"support", `"help@example.com"`, `¶"ask the boss"`, "neither a mail address nor a page", "https://"},
		{"status", `"https://status.example.com/"`, `¶"http://status.example.com/"`, "no safe link", "https://"},

		{"domain", `domains = ["example.com"]`, `domains = [¶"Example.com."]`, "no domain name", "small letters"},
		{"domain without a dot", `domains = ["example.com"]`, `domains = ["example.com", ¶"localhost"]`, "no domain name", "example.com"},
		{"mx", `"mx.example.net"`, `¶"*.example.net"`, "no domain name", "example.com"},
		{"spf", `"_spf.example.net"`, `¶"include:_spf.example.net"`, "no domain name", "example.com"},
		{"greeting", `'\bexample\b'`, `¶'(example'`, "missing closing )", "RE2"},
		{"before", `before = ["other"]`, `before = [¶"Other One"]`, "Other One", "small letters"},

		{"username", `username = "address"`, `username = ¶"email"`, `account.username is "email"`, "address, local-part, fixed or issued"},
		{"fixed without the name", `username = "address"`, `username = "fixed"`, "fixed, but not given", "fixed_username"},
		{"the name without fixed", `username = "address"`, "username = \"address\"\nfixed_username = ¶\"apikey\"", "without username", "changed"},
		{"from_checked", `"data"` + "\n\n[password]", `¶"later"` + "\n\n[password]", `from_checked is "later"`, "mail, data, rewritten or free"},
		{"mechanism", `from_checked = "data"`, `mechanism = ¶"plain"`, `mechanism is "plain"`, "PLAIN"},

		{"password kind", `kind = "app"`, `kind = ¶"secret"`, `password.kind is "secret"`, "account, mailbox, app, bridge, key or oauth"},
		{"password label", `label = "app password"`, "", "password.label is missing", "calls it"},
		{"password url", `"https://accounts.{tld}/passwords"`, `¶"accounts.{tld}/passwords"`, "no safe link", "https://"},
		{"shape length", "length = 16", "", "length is missing", "length = 16"},
		{"shape alphabet", `alphabet = "letters"`, `alphabet = ¶"abc"`, `alphabet is "abc"`, "letters, alphanumeric, hex or base64url"},

		{"no endpoint", "[[endpoint]]\nhost = \"smtp.{tld}\"\nport = 465\nsecurity = \"ssl\"\n", "", "no submission endpoint", "[[endpoint]]"},
		{"host", `host = "smtp.{tld}"`, `host = ¶"smtps://smtp.{tld}"`, "scheme", "smtp.example.com"},
		{"host by a region's value", `tld = "example.com"`, `tld = "example com"`, "not a domain name", "smtp.example.com"},
		{"no host", `host = "smtp.{tld}"`, "", "the host is empty", "smtp.example.com"},
		{"port", "port = 465", "port = ¶70000", "port 70000", "1 to 65535"},
		{"no port", "port = 465", "", "port 0", "1 to 65535"},
		{"security", `security = "ssl"` + "\n\n[[incoming]]", `security = ¶"tls"` + "\n\n[[incoming]]", `endpoint[0].security is "tls"`, "ssl, starttls or none"},
		{"security of the port", `security = "ssl"` + "\n\n[[incoming]]", `security = ¶"starttls"` + "\n\n[[incoming]]", "port 465 with starttls", "ssl"},
		{"security none", `security = "ssl"` + "\n\n[[incoming]]", `security = ¶"none"` + "\n\n[[incoming]]", "in clear", "127.0.0.1"},
		{"incoming protocol", `protocol = "imap"`, `protocol = ¶"pop"`, `incoming[0].protocol is "pop"`, "imap or pop3"},
		{"incoming security", "port = 993\nsecurity = \"ssl\"", "port = 993\nsecurity = ¶\"starttls\"", "port 993 with starttls", "ssl"},
		{"incoming username", "port = 993\n", "port = 993\nusername = ¶\"me\"\n", `username is "me"`, "local-part"},
		{"sent copy", `copy = "server"`, `copy = ¶"both"`, `sent.copy is "both"`, "server or client"},
		{"oauth auth_url", `auth_url = "https://example.com/auth"`, "", "oauth.auth_url is missing", "consent"},
		{"oauth token_url", `"https://example.com/token"`, `¶"http://example.com/token"`, "no safe link", "https://"},
		{"oauth scopes", `scopes = ["mail"]`, "¶scopes = []", "there is no scope", "scopes ="},

		{"default region", `default_region = "eu"`, `default_region = ¶"uk"`, `default_region is "uk"`, "eu or us"},
		{"no default region", `default_region = "eu"`, "", `default_region is ""`, "eu or us"},
		{"region question", `region_question = "Where?"`, "", "region_question is missing", "words"},
		{"region twice", `name = "us"`, `name = ¶"eu"`, `"eu" stands twice`, "of its own"},
		{"region as an alias", `aliases = ["europe"]`, `aliases = ["europe", ¶"eu"]`, `"eu" stands twice`, "of its own"},
		{"region title", `title = "America"`, "", "region[1].title is missing", "chooses"},
		{"region name", `name = "us"`, `name = ¶"U.S."`, `region[1].name is "U.S."`, "small letters"},
		{"region domain", `domains = ["example.eu"]`, `domains = [¶"example"]`, "no domain name", "example.com"},
		{"value without use", `{ tld = "example.com" }`, `{ tld = "example.com", TLD = ¶"x" }`, "value TLD cannot be used", "small letters"},
		{"empty value", `{ tld = "example.com" }`, `{ tld = ¶"" }`, "value tld cannot be used", "not empty"},
		{"placeholder of no region", `title = "Example Mail"`, `title = ¶"Example {city}"`, "{city} has no value in eu, us", `city = "…"`},
		{"placeholder of one region", `values = { tld = "example.com" }`, `values = { other = "example.com" }`, "{tld} has no value in us", `tld = "…"`},
		{"placeholder in a list", `steps = ["Sign in."]`, `steps = ["Sign in.", ¶"Open {page}."]`, "{page} has no value", `page = "…"`},
		{"host asked for by nobody", `host = "imap.{tld}"`, `host = ¶"{host}"`, "{host} has no value", "values"},
		{"placeholder in a variant", `title = "Own server"`, `title = ¶"Own {thing}"`, "{thing} has no value", "values"},

		{"default variant", `default_variant = "plain"`, `default_variant = ¶"fancy"`, `default_variant is "fancy"`, "plain or own"},
		{"variant question", `variant_question = "Which?"`, "", "variant_question is missing", "words"},
		{"variant twice", `name = "own"`, `name = ¶"plain"`, `"plain" stands twice`, "of its own"},
		{"variant greeting", `ask_host = "Which?"`, "ask_host = \"Which?\"\ngreeting = ¶'['", "missing closing ]", "RE2"},
		{"variant mechanism", `ask_host = "Which?"`, "ask_host = \"Which?\"\nmechanism = ¶'NTLM'", `mechanism is "NTLM"`, "LOGIN"},
		{"asked host unused", `host = "{host}"`, `host = ¶"smtp.example.com"`, "though the host is asked for", `host = "{host}"`},
		{"host pattern", `"s{n}.example.com"`, `¶"s.example.com"`, "host_pattern is", "{n} once"},
		{"host pattern unasked", `ask_host = "Which?"`, "", "host_pattern without ask_host", "ask_host"},
		{"ask_host without endpoints", "[[variant.endpoint]]\nhost = \"{host}\"\nport = 587\nsecurity = \"starttls\"\n", "", "used nowhere", "[[variant.endpoint]]"},

		{"limit text", `text = "Ten an hour."`, "", "limit[0].text is missing", "sentence"},
		{"limit per", `per = "hour"`, `per = ¶"week"`, `limit[0].per is "week"`, "message, minute, hour, day or month"},
		{"limit without per", `per = "hour"`, "", "max is 10 without a meaning", "per"},
		{"limit below nothing", "max = 10", "max = ¶-1", "max is -1", "above 0"},
		{"quirk text", `text = "Beware."`, `text = ¶" "`, "quirk[0].text is missing", "sentence"},
		{"quirk url", `"https://example.com/beware"`, `¶"https://example"`, "no safe link", "https://"},

		{"reply pattern", `'no such luck'`, `¶'no such (luck'`, "missing closing )", "RE2"},
		{"reply with a back-reference", `'no such luck'`, `¶'(no) \1'`, "invalid escape", "RE2"},
		{"no reply pattern", `pattern = 'no such luck'`, "", "reply[0].pattern is missing", "RE2"},
		{"no reply example", `example = "550 5.7.1 No such luck"`, "", "reply[0].example is missing", "fits"},
		{"reply example", `"550 5.7.1 No such luck"`, `¶"All is well"`, "does not fit the pattern", "changed"},
		{"reply stage", `stages = ["data"]`, `stages = ["data", ¶"datum"]`, `stages[1] is "datum"`, "data"},
		{"reply code", "code = 550", "code = ¶250", "code 250 is no refusal", "400 to 599"},
		{"reply cause", `cause = "from_mismatch"`, `cause = ¶"from_missmatch"`, `cause is "from_missmatch"`, "from_mismatch"},
		{"no reply cause", `cause = "from_mismatch"`, "", "reply[0].cause is missing", "bad_credentials"},
		{"fix text", `text = "Try."`, "", "fix[0].text is missing", "what to do"},
		{"fix url", `"https://{tld}/try"`, `¶"ftp://{tld}/try"`, "no safe link", "https://"},

		{"unknown fact", `facts = ["support", `, `facts = ["support", ¶"endpoints", `, `"endpoints" is no table or key`, "endpoint"},
		{"unknown key as a fact", `facts = ["support", `, `facts = ["support", ¶"account.user", `, `"account.user" is no table or key`, "account.from_checked"},
		{"unproven table", `"limit", "quirk", "reply"]`, `"quirk", "reply"]`, "no source for limit.text, limit.per, limit.max", `"limit"`},
		{"unproven key", `"account", `, `"account.username", `, "no source for account.from_checked", `"account"`},
		{"unproven support", `facts = ["support", `, `facts = [`, "no source for support", `"support"`},
		{"source from", `from = "https://example.com/help"`, `from = ¶"the manual"`, `from is "the manual"`, "github.com/"},
		{"source at a branch", `from = "https://example.com/help"`, `from = ¶"github.com/a/b@main x.md"`, `from is`, "commit"},
		{"source checked", `"2026-01-31"`, `¶"2026-02-30"`, `checked is "2026-02-30"`, "2026-01-31"},
		{"source confidence", `confidence = "high"`, `confidence = ¶"certain"`, `confidence is "certain"`, "high, medium or unverified"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if strings.Count(good, tt.old) < 1 {
				t.Fatalf("the good file has no %q", tt.old)
			}
			file := strings.Replace(good, tt.old, tt.new, 1)
			line, column := 0, 0
			if before, _, marked := strings.Cut(file, "¶"); marked {
				line = strings.Count(before, "\n") + 1
				column = utf8.RuneCountInString(before[strings.LastIndex(before, "\n")+1:]) + 1
				file = strings.Replace(file, "¶", "", 1)
			}
			problems := Check([]byte(file), "own/example.toml")
			if len(problems) == 0 {
				t.Fatal("no problem was found")
			}
			for _, p := range problems {
				at := line == 0 || (p.Line == line && p.Column == column)
				if at && strings.Contains(p.What, tt.what) && strings.Contains(p.Want, tt.want) {
					return
				}
			}
			t.Errorf("none at %d:%d with %q, want %q, but %v", line, column, tt.what, tt.want, problems)
		})
	}
}

func TestCheckMissingStandsAtItsTable(t *testing.T) {
	t.Parallel()
	file := strings.Replace(good, "port = 465\n", "", 1)
	line := strings.Count(file[:strings.Index(file, "[[endpoint]]")], "\n") + 1
	problems := Check([]byte(file), "")
	if len(problems) != 1 || problems[0].Line != line || problems[0].Column != 3 {
		t.Errorf("got %v, want one problem at %d:3", problems, line)
	}
}

func TestCheckTellsAll(t *testing.T) {
	t.Parallel()
	file := good
	for _, r := range [][2]string{
		{"port = 465", `port = "465"`},
		{`kind = "app"`, `kind = "apps"`},
		{`cause = "from_mismatch"`, `cause = "bad luck"`},
		{"[sent]\n", "[sent]\nkopy = \"x\"\n"},
	} {
		file = strings.Replace(file, r[0], r[1], 1)
	}
	problems := Check([]byte(file), "example.toml")
	if len(problems) != 4 {
		t.Errorf("got %d problems, want 4: %v", len(problems), problems)
	}
	for i := 1; i < len(problems); i++ {
		if problems[i-1].Line > problems[i].Line {
			t.Errorf("line %d stands before line %d", problems[i-1].Line, problems[i].Line)
		}
	}
}

func TestCheckNamesWithoutAFile(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", "-"} {
		if problems := Check([]byte(good), path); len(problems) > 0 {
			t.Errorf("path %q: %v", path, problems)
		}
	}
}

func TestCheckEmpty(t *testing.T) {
	t.Parallel()
	for _, p := range Check(nil, "example.toml") {
		if p.Line != 1 || p.Column != 1 || p.Want == "" {
			t.Errorf("in an empty file: %v", p)
		}
	}
}
