package export

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Card is an account in the words of the programs that ask for it: all that
// somebody types into them, but never the password itself.
type Card struct {
	Schema      string    `json:"schema"` // smtpwiz.card/1
	Title       string    `json:"title"`
	Preset      string    `json:"preset"`
	Address     string    `json:"address"`
	DisplayName string    `json:"display_name"`
	Username    string    `json:"username"`
	Password    Login     `json:"password"`
	Outgoing    []Server  `json:"outgoing"` // the first is the one to use
	Incoming    []Server  `json:"incoming"`
	Programs    []Program `json:"programs"`
	Notes       []string  `json:"notes"`
}

// Login says which password is meant, and where to get it.
type Login struct {
	Label   string `json:"label"`
	URL     string `json:"url"`
	Refused string `json:"refused"` // which one does not work
}

// Server is one that a program is to talk to.
type Server struct {
	Protocol string              `json:"protocol"` // smtp, imap or pop3
	Host     string              `json:"host"`
	Port     int                 `json:"port"`
	Security submission.Security `json:"security"`
	Username string              `json:"username"` // "" where it is the account's
	Enable   string              `json:"enable"`   // how to switch it on at the provider
	Note     string              `json:"note"`
}

// Program says what to choose in one program.
type Program struct {
	Program  string `json:"program"`
	Outgoing string `json:"outgoing"`
	Incoming string `json:"incoming"`
	Login    string `json:"login"`
}

// whatPOPLacks is the line that everybody should read who chooses POP.
const whatPOPLacks = "POP fetches the inbox only, mostly to one device: folders, sent mail and what was read elsewhere stay behind. IMAP keeps all devices alike."

// NewCard puts the settings into words. alternatives are further endpoints of
// submission that the provider has.
func NewCard(s Settings, alternatives []submission.Endpoint) Card {
	c := Card{
		Schema: "smtpwiz.card/1", Title: s.Name,
		Address: cmp.Or(s.From.String(), "your address"), DisplayName: s.DisplayName, Username: s.Username,
		Password: Login{Label: "the password of the account"},
		Incoming: []Server{}, Programs: []Program{}, Notes: []string{},
	}
	for _, e := range append([]submission.Endpoint{s.Endpoint}, alternatives...) {
		if len(c.Outgoing) == 0 || e != s.Endpoint {
			c.Outgoing = append(c.Outgoing, Server{Protocol: "smtp", Host: e.Host, Port: e.Port, Security: e.Security})
		}
	}
	c.read(s)
	if s.Preset != nil {
		c.know(s.Preset)
	}
	c.Username = cmp.Or(c.Username, "that of the account, mostly your whole address")
	c.word(s)
	return c
}

// read adds where mail is read.
func (c *Card) read(s Settings) {
	for _, in := range s.Incoming {
		server := Server{Protocol: string(in.Protocol), Host: in.Host, Port: in.Port, Security: in.Security}
		if in.Username != s.Username {
			server.Username = in.Username
		}
		if in.Protocol == preset.POP3 {
			server.Note = whatPOPLacks
		}
		if s.Preset != nil {
			for _, known := range s.Preset.Incoming {
				if known.Protocol == in.Protocol {
					server.Enable = known.Enable
				}
			}
		}
		c.Incoming = append(c.Incoming, server)
	}
}

// know adds what is known of the provider.
func (c *Card) know(p *preset.Preset) {
	c.Title, c.Preset = p.Title, p.Name
	c.Password = Login{p.Password.Label, p.Password.URL, p.Password.Refused}
	if c.Username == "" {
		c.Username = usernameWords(p.Account)
	}
	for _, note := range []string{p.Account.FromRule, p.Sent.Switch} {
		if note != "" {
			c.Notes = append(c.Notes, note)
		}
	}
}

// usernameWords say what the user name is where nobody has told it.
func usernameWords(a preset.Account) string {
	switch a.Username {
	case preset.UsernameFixed:
		return a.FixedUsername
	case preset.UsernameLocalPart:
		return "what stands before the @ of your address"
	case preset.UsernameIssued:
		return cmp.Or(a.UsernameHint, "the one that the provider issued")
	}
	return "your whole address"
}

// word adds what to choose in which program.
func (c *Card) word(s Settings) {
	oauth := s.Mechanism == "XOAUTH2" || s.Mechanism == "OAUTHBEARER" ||
		s.Preset != nil && s.Preset.Password.Kind == preset.PasswordOAuth
	for _, w := range wordings() {
		if w.mail && s.Preset != nil && s.Preset.Kind == preset.Transactional {
			continue // nobody reads mail there
		}
		if w.far && submission.IsLoopbackHost(s.Endpoint.Host) {
			continue // which this machine alone can reach
		}
		p := Program{Program: w.program, Outgoing: w.security(s.Endpoint.Security), Login: w.login}
		if w.mail && len(s.Incoming) > 0 {
			p.Incoming = w.security(s.Incoming[0].Security)
		}
		if oauth {
			p.Login = w.oauth
		}
		c.Programs = append(c.Programs, p)
	}
}

// wording is how one program calls things.
type wording struct {
	program       string
	mail          bool // it reads mail too
	far           bool // it runs on another machine than the one that sets it up
	ssl, starttls string
	none, login   string
	oauth         string // how to log in where no password works
}

func (w wording) security(s submission.Security) string {
	switch s {
	case submission.SSL:
		return w.ssl
	case submission.STARTTLS:
		return w.starttls
	}
	return w.none
}

// wordings are the programs' own words, in English.
func wordings() []wording {
	const (
		window   = "sign in in the window that opens (OAuth 2.0)"
		listed   = "choose the provider in the list of accounts, and sign in"
		password = "cannot log in: it takes a password only"
		unless   = "cannot log in, unless it has a sign-in (OAuth 2.0) of its own"
	)
	return []wording{
		{"Outlook", true, false, "Encryption method: SSL/TLS", "Encryption method: STARTTLS", "Encryption method: None",
			"outgoing server requires authentication, same as incoming; SPA off", window},
		{"Apple Mail", true, false, "Use TLS/SSL: ticked", "Use TLS/SSL: ticked (the port tells STARTTLS)", "Use TLS/SSL: not ticked",
			"Authentication: Password", listed},
		{"iPhone, iPad", true, true, "Use SSL: on", "Use SSL: on (the port tells STARTTLS)", "Use SSL: off",
			"Authentication: Password", listed},
		{"Thunderbird", true, false, "Connection security: SSL/TLS", "Connection security: STARTTLS", "Connection security: None",
			"Authentication method: Normal password", "Authentication method: OAuth2"},
		{"Gmail app", true, true, "Security type: SSL/TLS", "Security type: STARTTLS", "Security type: None",
			"Require sign-in: on", listed},
		{"Android", true, true, "Security type: SSL", "Security type: TLS (that is STARTTLS)", "Security type: None",
			"Require sign-in: on", listed},
		{"Gmail, Send mail as", false, true, "Secured connection using SSL", "Secured connection using TLS", "Unsecured connection",
			"user name and password as above", password},
		{"A web form", false, true, "SSL, SSL/TLS, or secure: true", "TLS, STARTTLS, or secure: false", "None",
			"authentication: yes, plain or login", unless},
		{"A printer", false, true, "SSL/TLS, or SMTP over SSL", "STARTTLS, or TLS", "Off",
			"SMTP authentication: on; sender address: yours", unless},
	}
}

// securityWords name a security for a person.
func securityWords(s submission.Security) string {
	switch s {
	case submission.SSL:
		return "SSL/TLS (implicit TLS)"
	case submission.STARTTLS:
		return "STARTTLS"
	}
	return "none"
}

func (s Server) name() string {
	return map[string]string{"smtp": "SMTP", "imap": "IMAP", "pop3": "POP"}[s.Protocol]
}

// Short is the card in a few lines, for the end of a setup: where a program sends,
// where it reads, by IMAP if there is that, and as whom.
func (c Card) Short() []string {
	var lines []string
	reads := firsts(c.Incoming)
	slices.SortStableFunc(reads, func(a, b Server) int { return strings.Compare(a.Protocol, b.Protocol) }) // imap, pop3
	for _, s := range append(c.Outgoing[:1:1], reads[:min(1, len(reads))]...) {
		what := "Outgoing (" + s.name() + ")"
		if s.Protocol != "smtp" {
			what = "Incoming (" + s.name() + ")"
		}
		lines = append(lines, fmt.Sprintf("%-16s  %s", what, s.short()))
	}
	row := func(label, text string) { lines = append(lines, fmt.Sprintf("%-16s  %s", label, text)) }
	row("User name", c.Username)
	if c.Address != c.Username {
		row("Sender", c.Address)
	}
	return lines
}

// Text is the card on a page of 80 columns.
func (c Card) Text() string {
	var p page
	p.line(c.heading())
	for i, s := range c.Outgoing {
		if i == 0 {
			p.section("Outgoing mail (SMTP)")
			p.server(s)
			p.row("user name", c.Username)
			p.login(c.Password)
			continue
		}
		p.row(ifFirst(i == 1, "or else"), s.short())
	}
	for _, s := range firsts(c.Incoming) {
		p.section("Incoming mail (" + s.name() + ")")
		p.server(s)
		for _, other := range c.Incoming {
			if other.Protocol == s.Protocol && other != s {
				p.row("or else", other.short())
			}
		}
		p.row("user name", s.Username)
		p.row("switch on", s.Enable)
		p.row("note", s.Note)
	}
	p.section("What to choose in your program")
	for _, w := range c.Programs {
		p.row(w.Program, w.choice()+"; "+w.Login)
	}
	if len(c.Notes) > 0 {
		p.section("Good to know")
	}
	for _, note := range c.Notes {
		p.wrapped("  ", note)
	}
	return p.String()
}

// firsts are the preferred servers, one of each protocol.
func firsts(all []Server) []Server {
	var out []Server
	for _, s := range all {
		if !slices.ContainsFunc(out, func(o Server) bool { return o.Protocol == s.Protocol }) {
			out = append(out, s)
		}
	}
	return out
}

// short is a server in a line.
func (s Server) short() string {
	return fmt.Sprintf("%s, port %d, %s", s.Host, s.Port, securityWords(s.Security))
}

func (c Card) heading() string {
	if c.DisplayName != "" {
		return fmt.Sprintf("Mail settings of %s (%s), %s", c.Address, c.DisplayName, c.Title)
	}
	return fmt.Sprintf("Mail settings of %s, %s", c.Address, c.Title)
}

func ifFirst(first bool, label string) string {
	if first {
		return label
	}
	return ""
}

// choice names both securities only where they differ.
func (w Program) choice() string {
	if w.Incoming == "" || w.Incoming == w.Outgoing {
		return w.Outgoing
	}
	return fmt.Sprintf("outgoing %s, incoming %s", w.Outgoing, w.Incoming)
}

// page is plain text in two columns.
type page struct{ strings.Builder }

const (
	pageWidth  = 80
	labelWidth = 19
)

func (p *page) line(text string)     { p.WriteString(text + "\n") }
func (p *page) section(title string) { p.line("\n" + title) }

func (p *page) server(s Server) {
	p.row("server", s.Host)
	p.row("port", strconv.Itoa(s.Port))
	p.row("security", securityWords(s.Security))
}

func (p *page) login(l Login) {
	p.row("password", l.Label)
	p.row("", l.URL)
	p.row("", l.Refused)
}

// row writes a label and a text that is wrapped beside it; nothing without a text.
func (p *page) row(label, text string) {
	if text != "" {
		p.wrapped(fmt.Sprintf("  %-*s ", labelWidth, label), text)
	}
}

// wrapped writes a text behind what stands before its first line.
func (p *page) wrapped(before, text string) {
	line, empty := before, len([]rune(before))
	width := empty
	for i, word := range strings.Fields(text) {
		if i > 0 && width+1+len([]rune(word)) > pageWidth {
			p.line(line)
			line, width = strings.Repeat(" ", empty), empty
		} else if i > 0 {
			line, width = line+" ", width+1
		}
		line, width = line+word, width+len([]rune(word))
	}
	p.line(line)
}

// Markdown is the card for a wiki or a mail.
func (c Card) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", cell(c.heading()))
	table := func(title string, rows ...[2]string) {
		fmt.Fprintf(&b, "\n## %s\n\n| | |\n|---|---|\n", title)
		for _, r := range rows {
			if r[1] != "" {
				fmt.Fprintf(&b, "| %s | %s |\n", cell(r[0]), cell(r[1]))
			}
		}
	}
	for i, s := range c.Outgoing {
		rows := [][2]string{{"Server", s.Host}, {"Port", strconv.Itoa(s.Port)}, {"Security", securityWords(s.Security)}}
		title := "Outgoing mail (SMTP), in its place"
		if i == 0 {
			title = "Outgoing mail (SMTP)"
			rows = append(rows, [2]string{"User name", c.Username}, [2]string{"Password", c.Password.Label},
				[2]string{"Get it at", c.Password.URL}, [2]string{"Not", c.Password.Refused})
		}
		table(title, rows...)
	}
	for _, s := range c.Incoming {
		table("Incoming mail ("+s.name()+")", [][2]string{{"Server", s.Host}, {"Port", strconv.Itoa(s.Port)},
			{"Security", securityWords(s.Security)}, {"User name", s.Username}, {"Switch on", s.Enable}, {"Note", s.Note}}...)
	}
	var programs [][2]string
	for _, w := range c.Programs {
		programs = append(programs, [2]string{w.Program, w.choice() + "; " + w.Login})
	}
	table("What to choose in your program", programs...)
	if len(c.Notes) > 0 {
		b.WriteString("\n## Good to know\n\n")
	}
	for _, note := range c.Notes {
		fmt.Fprintf(&b, "- %s\n", cell(note))
	}
	return b.String()
}

// cell keeps Markdown from reading what is meant as text. An address stays a link.
func cell(s string) string {
	if strings.HasPrefix(s, "https://") && !strings.ContainsAny(s, " <>|") {
		return "<" + s + ">"
	}
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "<", `\<`, "`", "\\`").Replace(s)
}
