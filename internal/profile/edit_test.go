package profile

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// amend changes a profile that exists.
func amend(name string, change func(*Profile)) func(*Config) error {
	return func(c *Config) error {
		p, err := c.Get(name)
		if err != nil {
			return err
		}
		change(&p)
		return c.Put(p)
	}
}

func ssl(host string) submission.Endpoint {
	return submission.Endpoint{Host: host, Port: 465, Security: submission.SSL}
}

func TestHandEditsAreKept(t *testing.T) {
	t.Parallel()
	setUser := amend("a", func(p *Profile) { p.Username = "new" })
	tests := []struct {
		name   string
		text   string
		change func(*Config) error
		want   string
		lost   []Lost
	}{
		{
			name:   "a value in place, comments and odd spacing kept",
			text:   "# top\n[ profile . 'a' ]  # mine\n  username   =   'old'   # ask IT\n\tmystery = { x = [1, 2] } # ?\n",
			change: setUser,
			want:   "# top\n[ profile . 'a' ]  # mine\n  username   =   \"new\"   # ask IT\n\tmystery = { x = [1, 2] } # ?\n",
		}, {
			name:   "a new key goes behind the last of its section, indented as that",
			text:   "[profile.a]\n  helo = 'x'\n  # more\n\n[profile.b]\n",
			change: setUser,
			want:   "[profile.a]\n  helo = 'x'\n  username = \"new\"\n  # more\n\n[profile.b]\n",
		}, {
			name:   "no line end at the end",
			text:   "[profile.a]\nhelo = 'x'",
			change: setUser,
			want:   "[profile.a]\nhelo = 'x'\nusername = \"new\"\n",
		}, {
			name:   "CRLF",
			text:   "version = 1\r\n\r\n[profile.a]\r\nhelo = 'x' # c\r\nto = \"t@example.com\" # gone\r\n",
			change: amend("a", func(p *Profile) { p.Username, p.To, p.Secret.Store = "new", "", StoreKeyring }),
			want:   "version = 1\r\n\r\n[profile.a]\r\nhelo = 'x' # c\r\n# gone\r\nusername = \"new\"\r\n\r\n[profile.a.secret]\r\nstore = \"keyring\"\r\n",
		}, {
			name:   "dotted keys",
			text:   "[profile]\na.preset = 'zoho'\n\"a\".secret.store = 'file' # here\nb.preset = 'ovh'\n",
			change: amend("a", func(p *Profile) { p.Username, p.Secret.ID = "new", "1" }),
			want:   "[profile]\na.preset = 'zoho'\n\"a\".secret.store = 'file' # here\n\"a\".secret.id = \"1\"\n\"a\".username = \"new\"\nb.preset = 'ovh'\n",
		}, {
			name:   "dotted keys at the top",
			text:   "profile.a.preset = 'zoho'\n",
			change: amend("a", func(p *Profile) { p.Username, p.Secret.Store = "new", StoreFile }),
			want:   "profile.a.preset = 'zoho'\nprofile.a.username = \"new\"\n\n[profile.a.secret]\nstore = \"file\"\n",
		}, {
			name: "inline tables",
			text: "profile = { a = { preset = 'zoho', mystery = 1 }, b = {} } # all\n",
			change: amend("a", func(p *Profile) {
				p.Preset, p.Username, p.Endpoints = "", "new", []submission.Endpoint{ssl("h.example")}
			}),
			want: "profile = { a = { mystery = 1, username = \"new\", endpoint = [{ host = \"h.example\", port = 465, security = \"ssl\" }] }, b = {} } # all\n",
		}, {
			name:   "dotted keys in an inline table",
			text:   "[profile]\na = { secret.store = 'file', helo = 'x' }\n",
			change: amend("a", func(p *Profile) { p.Secret.ID = "1" }),
			want:   "[profile]\na = { secret.store = 'file', secret.id = \"1\", helo = 'x' }\n",
		}, {
			name:   "an inline table of several lines",
			text:   "[profile]\na = {\n  helo = 'x', # why\n  preset = 'zoho', # p\n}\n",
			change: amend("a", func(p *Profile) { p.Helo, p.Username = "", "new" }),
			want:   "[profile]\na = {\n  # why\n  preset = 'zoho', username = \"new\", # p\n}\n",
		}, {
			name:   "a table that only its sub-tables name",
			text:   "# the store\n[profile.a.secret]\nstore = 'file'\n",
			change: setUser,
			want:   "# the store\n[profile.a]\nusername = \"new\"\n\n[profile.a.secret]\nstore = 'file'\n",
		}, {
			name:   "a table that only its sub-tables name, with its comments",
			text:   "version = 1\n\n# the store\n[profile.a.secret]\nstore = 'file'\n",
			change: setUser,
			want:   "version = 1\n\n[profile.a]\nusername = \"new\"\n\n# the store\n[profile.a.secret]\nstore = 'file'\n",
		}, {
			name:   "sections in disorder",
			text:   "[profile.a.secret]\nstore = 'file'\n[profile.b]\n# b's\n[profile.a]\nhelo = 'x'\n# end\n",
			change: amend("a", func(p *Profile) { p.Username, p.Proven.TLS = "new", "TLS 1.3" }),
			want:   "[profile.a.secret]\nstore = 'file'\n[profile.b]\n# b's\n[profile.a]\nhelo = 'x'\nusername = \"new\"\n# end\n\n[profile.a.proven]\ntls = \"TLS 1.3\"\n",
		}, {
			name:   "a section goes before the next one's comments",
			text:   "[profile.a]\nhelo = 'x'\n# b, the other\n[profile.b]\n",
			change: amend("a", func(p *Profile) { p.Secret.Store = StoreFile }),
			want:   "[profile.a]\nhelo = 'x'\n\n[profile.a.secret]\nstore = \"file\"\n\n# b, the other\n[profile.b]\n",
		}, {
			name:   "a list shrinks and grows, its comments stay",
			text:   "[profile.a]\nconnect_to = [ # rules\n  'a:1:b:2', # first\n  'c:1:d:2', # second\n]\n",
			change: amend("a", func(p *Profile) { p.ConnectTo = []string{"c:1:d:2", "e:1:f:2"} }),
			want:   "[profile.a]\nconnect_to = [ # rules\n  \"c:1:d:2\", # first\n  \"e:1:f:2\", # second\n]\n",
		}, {
			name:   "one rule out of a list",
			text:   "[profile.a]\nconnect_to = [\n  'a:1:b:2', # first\n  'c:1:d:2' # second\n] # rules\n",
			change: amend("a", func(p *Profile) { p.ConnectTo = []string{"a:1:b:2"} }),
			want:   "[profile.a]\nconnect_to = [\n  'a:1:b:2' # first\n   # second\n] # rules\n",
		}, {
			name:   "a list out, with its comments left",
			text:   "[profile.a]\n  connect_to = [\n  'a:1:b:2', # first\n  'c:1:d:2' # second\n] # rules\nhelo = 'x'\n",
			change: amend("a", func(p *Profile) { p.ConnectTo = nil }),
			want:   "[profile.a]\n  # first\n  # second\n  # rules\nhelo = 'x'\n",
		}, {
			name:   "an endpoint out, its unknown key told",
			text:   "[profile.a]\n\n# old\n[[profile.a.endpoint]] # one\nhost = 'h.example' # h\nport = 465\nsecurity = 'ssl'\nweight = 5\n\n[[profile.a.endpoint]]\nhost = 'i.example'\nport = 465\nsecurity = 'ssl'\n",
			change: amend("a", func(p *Profile) { p.Endpoints = p.Endpoints[1:] }),
			want:   "[profile.a]\n\n# old\n# one\n# h\n\n[[profile.a.endpoint]]\nhost = 'i.example'\nport = 465\nsecurity = 'ssl'\n",
			lost:   []Lost{{8, "weight = 5"}},
		}, {
			name: "an endpoint changes, one comes before and one behind",
			text: "[[profile.a.endpoint]]\nhost = 'h.example' # h\nport = 465\nsecurity = 'tls' # as they say\n[profile.b]\n",
			change: amend("a", func(p *Profile) {
				p.Endpoints = []submission.Endpoint{ssl("g.example"), p.Endpoints[0], ssl("i.example")}
			}),
			want: "[[profile.a.endpoint]]\nhost = \"g.example\" # h\nport = 465\nsecurity = 'tls' # as they say\n\n[[profile.a.endpoint]]\nhost = \"h.example\"\nport = 465\nsecurity = \"ssl\"\n\n[[profile.a.endpoint]]\nhost = \"i.example\"\nport = 465\nsecurity = \"ssl\"\n\n[profile.b]\n",
		}, {
			name:   "an endpoint in front",
			text:   "[profile.a]\n\n# h\n[[profile.a.endpoint]]\nhost = 'h.example'\nport = 465\nsecurity = 'ssl'\n",
			change: amend("a", func(p *Profile) { p.Endpoints = []submission.Endpoint{ssl("g.example"), p.Endpoints[0]} }),
			want:   "[profile.a]\n\n[[profile.a.endpoint]]\nhost = \"g.example\"\nport = 465\nsecurity = \"ssl\"\n\n# h\n[[profile.a.endpoint]]\nhost = 'h.example'\nport = 465\nsecurity = 'ssl'\n",
		}, {
			name:   "an inline endpoint in front",
			text:   "[profile.a]\nendpoint = [{ host = 'h.example', port = 465, security = 'ssl' }]\n",
			change: amend("a", func(p *Profile) { p.Endpoints = []submission.Endpoint{ssl("g.example"), p.Endpoints[0]} }),
			want:   "[profile.a]\nendpoint = [{ host = \"g.example\", port = 465, security = \"ssl\" }, { host = 'h.example', port = 465, security = 'ssl' }]\n",
		}, {
			name:   "a table is emptied but for what is unknown",
			text:   "[profile.a.secret] # s\nstore = 'file' # f\nmystery = 1\n\n[profile.a.proven]\ncheck = 'send'\n",
			change: amend("a", func(p *Profile) { p.Secret, p.Proven = SecretRef{}, Proven{} }),
			want:   "[profile.a.secret] # s\n# f\nmystery = 1\n",
		}, {
			name:   "a profile is emptied",
			text:   "[profile]\na.helo = 'x' # c\n",
			change: amend("a", func(p *Profile) { p.Helo = "" }),
			want:   "[profile]\n# c\n\n[profile.a]\n",
		}, {
			name:   "a strange text is written so that it comes back",
			text:   "[profile.a]\n",
			change: amend("a", func(p *Profile) { p.Username, p.DisplayName = `DOMAIN\me`, "\u202eתמר\u200d"+`'\"` }),
			want:   "[profile.a]\nusername = 'DOMAIN\\me'\ndisplay_name = \"\\u202Eתמר\\u200D'\\\\\\\"\"\n",
		}, {
			name:   "removed with what adjoins it, the others untouched",
			text:   "# file\n\n# first\n[profile.a] # x\nhelo = 'x'\n# his = 'y'\n\n# apart\n\n[profile.b]\nhelo = 'b'\n\n[profile.a.secret]\nstore = 'file'\nmystery = 1\n\n# c's\n[profile.c]\n",
			change: func(c *Config) error { return c.Remove("a") },
			want:   "# file\n\n# apart\n\n[profile.b]\nhelo = 'b'\n\n# c's\n[profile.c]\n",
			lost:   []Lost{{3, "# first"}, {4, "# x"}, {6, "# his = 'y'"}, {15, "mystery = 1"}},
		}, {
			name:   "removed from dotted keys",
			text:   "default = 'a' # d\nprofile.a.helo = 'x' # x\nprofile.b.helo = 'y' # y\nprofile.c.helo = 'z'\n",
			change: func(c *Config) error { return c.Remove("a") },
			want:   "# d\nprofile.b.helo = 'y' # y\nprofile.c.helo = 'z'\n",
			lost:   []Lost{{2, "# x"}},
		}, {
			name:   "removed from an inline table",
			text:   "profile = { a = { helo = 'x' }, b = { helo = 'y' } }\n",
			change: func(c *Config) error { return c.Remove("b") },
			want:   "profile = { a = { helo = 'x' } }\n",
		}, {
			name:   "removed from dotted keys in an inline table",
			text:   "profile = { a.helo = 'x', b = {}, a.preset = 'y' }\n",
			change: func(c *Config) error { return c.Remove("a") },
			want:   "profile = { b = {} }\n",
		}, {
			name:   "renamed wherever it is named",
			text:   "default = 'a'\n[profile.\"a\"] # a\nhelo = 'a'\n[[ profile.a .endpoint ]]\nhost = 'h'\nport = 465\nsecurity = 'ssl'\n[profile.a.mystery]\na = 1\n",
			change: func(c *Config) error { return c.Rename("a", "büro") },
			want:   "default = \"büro\"\n[profile.\"büro\"] # a\nhelo = 'a'\n[[ profile.\"büro\" .endpoint ]]\nhost = 'h'\nport = 465\nsecurity = 'ssl'\n[profile.\"büro\".mystery]\na = 1\n",
		}, {
			name:   "renamed in an inline table",
			text:   "profile = { a.helo = 'x', a.preset = 'a' }\n",
			change: func(c *Config) error { return c.Rename("a", "b") },
			want:   "profile = { b.helo = 'x', b.preset = 'a' }\n",
		}, {
			name:   "the first setting goes behind the comments that open the file",
			text:   "# mine\n# all mine\n\n# a's\n[profile.a]\n",
			change: func(c *Config) error { return c.SetDefault("a") },
			want:   "# mine\n# all mine\ndefault = \"a\"\n\n# a's\n[profile.a]\n",
		}, {
			name:   "but before a header's",
			text:   "# a's\n[profile.a]\n",
			change: func(c *Config) error { return c.SetAccessible(true) },
			want:   "accessible = true\n\n# a's\n[profile.a]\n",
		}, {
			name:   "a setting goes behind the last, and goes",
			text:   "theme = 'dark' # t\ndefault = 'a' # d\n\n[profile.a]\n",
			change: func(c *Config) error { return c.SetDefault("") },
			want:   "theme = 'dark' # t\n# d\n\n[profile.a]\n",
		}, {
			name:   "a profile more, inline as the rest",
			text:   "profile = {}\n",
			change: func(c *Config) error { return c.Put(Profile{Name: "a", Helo: "x"}) },
			want:   "profile = { a = { helo = \"x\" } }\ndefault = \"a\"\n",
		}, {
			name:   "a profile more, among other tables",
			text:   "[profile.a]\nhelo = 'x'\n\n\n[other]\nx = 1\n",
			change: func(c *Config) error { return c.Put(Profile{Name: "b"}) },
			want:   "[profile.a]\nhelo = 'x'\n\n[profile.b]\n\n\n[other]\nx = 1\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := mustParse(t, test.text)
			if err := test.change(c); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(c.doc.text)); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
			if diff := cmp.Diff(test.lost, c.Lost()); diff != "" {
				t.Errorf("lost, want (-), got (+):\n%s", diff)
			}
			mustParse(t, string(c.doc.text))
		})
	}
}

// TestEveryKeyInEveryForm sets and takes out every key of a profile that is
// written in each of the forms that TOML has.
func TestEveryKeyInEveryForm(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"headers":        "[profile.a] # keep 1\nmystery = 1\n[profile.b]\nhelo = 'b' # keep 2\n",
		"only below":     "[profile.a.secret]\nmystery = 1 # keep 1\n# keep 2\n",
		"dotted":         "profile.a.mystery = 1 # keep 1\nprofile.b.helo = 'b' # keep 2\n",
		"dotted below":   "[profile]\na.mystery = 1 # keep 1\na.secret.mystery = 2 # keep 2\n",
		"inline":         "profile = { a = { mystery = 1 }, b = {} } # keep 1\n# keep 2",
		"inline profile": "[profile]\na = { mystery = 1, secret = { mystery = 2 }, endpoint = [], } # keep 1\nb = {} # keep 2\n",
		"inline in part": "[profile.a]\nmystery = 1\nsecret = {} # keep 1\nendpoint = [] # keep 2\nincoming = [\n]\n",
		"dotted inline":  "profile = { a.mystery = 1, a.secret.mystery = 2 } # keep 1\n# keep 2",
		"several lines":  "profile.a = {\n# keep 1\nmystery = 1,\nsecret.mystery = 1 # keep 2\n}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := mustParse(t, text)
			mustPut(t, c, full(t, "a"))
			mustPut(t, c, Profile{Name: "a", Preset: "zoho"})
			mustPut(t, c, full(t, "a"))
			mustPut(t, c, Profile{Name: "a"})
			for _, keep := range []string{"# keep 1", "# keep 2", "mystery = 1"} {
				if !strings.Contains(string(c.doc.text), keep) {
					t.Errorf("%q is gone from:\n%s", keep, c.doc.text)
				}
			}
			if len(c.Lost()) > 0 {
				t.Errorf("lost: %v", c.Lost())
			}
			mustParse(t, string(c.doc.text))
		})
	}
}
