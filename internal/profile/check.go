package profile

import (
	"fmt"
	"net/url"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// problem is a value that cannot stand, and its path within the profile.
type problem struct {
	path []string
	text string
	hint string // what would be right
}

// key is the path as a person would write it, ".endpoint[1].port".
func (p problem) key() string {
	text := ""
	for _, name := range p.path {
		if i, err := strconv.Atoi(name); err == nil {
			text += fmt.Sprintf("[%d]", i+1)
		} else {
			text += "." + name
		}
	}
	return text
}

// CheckName reports what is wrong with a profile's name: 1 to 64 letters,
// digits and ._- of any script, not beginning with a hyphen, as that would be
// a flag. An @ would make it an address, which setup takes instead of a name.
func CheckName(name string) error {
	fault := ""
	switch {
	case name == "":
		fault = "it is empty"
	case strings.Contains(name, "@"):
		fault = "it holds an @, which makes it an address"
	case strings.HasPrefix(name, "-"):
		fault = "it begins with a hyphen, as flags do"
	case utf8.RuneCountInString(name) > 64:
		fault = "it has more than 64 characters"
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !inName(r) }):
		fault = "it holds something else than letters, digits, dots, hyphens and underscores"
	case strings.Trim(name, "._-") == "":
		fault = "it has neither a letter nor a digit"
	default:
		return nil
	}
	return &NameError{Name: name, Fault: fault}
}

// inName: marks too, since the vowel signs of Indic scripts are such.
func inName(r rune) bool {
	return r != utf8.RuneError && unicode.In(r, unicode.L, unicode.M, unicode.N) || strings.ContainsRune("._-", r)
}

// checker gathers the problems of a profile.
type checker struct{ problems []problem }

// fail notes a fault of the value at a path, such as "endpoint.0.port".
func (c *checker) fail(path, text, hint string) {
	c.problems = append(c.problems, problem{strings.Split(path, "."), text, hint})
}

// need notes a fault unless ok.
func (c *checker) need(ok bool, path, text, hint string) {
	if !ok {
		c.fail(path, text, hint)
	}
}

// check lists what cannot stand in a profile, which has been normalized.
func (p *Profile) check() []problem {
	c := &checker{}
	c.texts(reflect.ValueOf(*p), nil)
	if len(c.problems) > 0 {
		return c.problems // what follows may quote values
	}
	c.address("from", p.From)
	c.address("to", p.To)
	c.need(p.Auth == "" || mechanismName().MatchString(p.Auth), "auth", quoted(p.Auth)+" is not a SASL mechanism's name", `as auth = "PLAIN"`)
	c.oneOf("check", p.Check, checks...)
	c.need(p.Helo == "" || heloName().MatchString(p.Helo), "helo", quoted(p.Helo)+" is not a host's name", `as helo = "desk.example.com"`)
	for i, key := range []string{"ca_file", "client_cert", "client_key", "secret.key_file"} {
		file := *p.files()[i]
		c.need(file == "" || filepath.IsAbs(file), key, quoted(file)+" is not an absolute path", "write the whole path, from the root on")
	}
	c.need(p.ClientKey == "" || p.ClientCert != "", "client_key", "it has no client_cert to belong to", "add client_cert, the certificate's file")
	c.need(p.TLSFingerprint == "" || fingerprint().MatchString(p.TLSFingerprint), "tls_fingerprint", "it is not a fingerprint", `"sha256:" and 64 hexadecimal digits`)
	c.need(p.Proxy == "" || isProxy(p.Proxy), "proxy", "it is not a SOCKS5 proxy without user and password", `as proxy = "socks5://127.0.0.1:1080"; its password goes into SMTPWIZ_PROXY_PASSWORD`)
	for i, rule := range p.ConnectTo {
		c.need(isConnectTo(rule), fmt.Sprintf("connect_to.%d", i), quoted(rule)+" is not a rule", "HOST:PORT:HOST2:PORT2")
	}
	c.need(slices.Contains([]int{0, 4, 6}, p.IPVersion), "ip_version", fmt.Sprintf("%d is not a version of IP", p.IPVersion), "4 or 6; leave it out for both")
	c.need(p.Timeout >= 0, "timeout", "it is negative", `as timeout = "15s"`)
	c.need(p.MaxTime >= 0, "max_time", "it is negative", `as max_time = "2m"`)
	c.places(p)
	c.secret(p.Secret)
	return c.problems
}

func (c *checker) places(p *Profile) {
	for i, e := range p.Endpoints {
		c.endpoint(fmt.Sprintf("endpoint.%d.", i), e)
	}
	for i, in := range p.Incoming {
		key := fmt.Sprintf("incoming.%d.", i)
		c.oneOf(key+"protocol", in.Protocol, "imap", "pop3")
		c.endpoint(key, in.Endpoint)
	}
	c.oneOf("proven.check", p.Proven.Check, checks...)
	if !p.Proven.Endpoint.IsZero() {
		c.endpoint("proven.", p.Proven.Endpoint)
	}
}

func (c *checker) endpoint(key string, e submission.Endpoint) {
	if _, err := submission.ParseHost(e.Host); err != nil {
		c.fail(key+"host", err.Error(), `as host = "smtp.example.com"`)
	}
	if _, err := submission.ParsePort(strconv.Itoa(e.Port)); err != nil {
		c.fail(key+"port", err.Error(), "as port = 465")
	}
	if _, err := submission.ParseSecurity(string(e.Security), e.Port); err != nil {
		c.fail(key+"security", err.Error(), `as security = "ssl"`)
	}
}

func (c *checker) secret(s SecretRef) {
	c.oneOf("secret.store", string(s.Store), "", string(StoreKeyring), string(StoreFile), string(StoreCommand), string(StoreNone))
	c.need(s.Store != StoreCommand || s.Command != "", "secret.command", "it is missing", "the command that prints the password")
}

func (c *checker) address(key, value string) {
	if value == "" {
		return
	}
	if _, err := submission.ParseAddress(value); err != nil {
		c.fail(key, err.Error(), "as "+key+` = "you@example.com"`)
	}
}

// oneOf takes known words only; a first one that is empty makes it optional.
func (c *checker) oneOf(key, value string, known ...string) {
	c.need(slices.Contains(known, value), key, quoted(value)+" is unknown", "one of "+strings.TrimPrefix(strings.Join(known, ", "), ", "))
}

const maxText = 4096 // characters in any text; a command line is the longest

// texts looks at every text: none of them has a use for control characters,
// and several become part of a line of the protocol.
func (c *checker) texts(v reflect.Value, path []string) {
	switch v.Kind() {
	case reflect.String:
		s := v.String()
		if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
			c.problems = append(c.problems, problem{path, "it holds a control character", "a text of one line"})
		} else if utf8.RuneCountInString(s) > maxText {
			c.problems = append(c.problems, problem{path, fmt.Sprintf("it has more than %d characters", maxText), "a shorter text"})
		}
	case reflect.Slice:
		for i := range v.Len() {
			c.texts(v.Index(i), join(path, strconv.Itoa(i)))
		}
	case reflect.Struct:
		for _, f := range fieldsOf(v) {
			c.texts(f.value, join(path, f.key))
		}
	}
}

// checks are how far a test may go, in the flag's words; or not said.
var checks = []string{"", "connect", "login", "sender", "send"}

var (
	mechanismName = pattern(`^[A-Z0-9_-]{1,20}$`) // RFC 4422 section 3.1
	heloName      = pattern(`^[!-~]{1,255}$`)     // a domain or an address literal, in ASCII
	fingerprint   = pattern(`^sha256:[0-9a-f]{64}$`)
)

// pattern is compiled when it is first used: most runs of the program use none.
func pattern(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}

// isProxy: a user or password in it would rest in the file.
func isProxy(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "socks5" || u.User != nil || u.Hostname() == "" || strings.Trim(u.Path, "/")+u.RawQuery+u.Fragment != "" {
		return false
	}
	_, err = submission.ParsePort(u.Port())
	return err == nil
}

// isConnectTo: as curl's, where an empty part means any, or the same.
func isConnectTo(s string) bool {
	parts := connectTo().FindStringSubmatch(s)
	if parts == nil {
		return false
	}
	for _, port := range []string{parts[2], parts[4]} {
		if _, err := submission.ParsePort(port); port != "" && err != nil {
			return false
		}
	}
	return true
}

var connectTo = pattern(`^(\[[^\]\s]*\]|[^:\[\]\s]*):([0-9]*):(\[[^\]\s]*\]|[^:\[\]\s]*):([0-9]*)$`)

// quoted shows a value of the file, not more of it than helps.
func quoted(s string) string {
	if r := []rune(s); len(r) > 64 {
		s = string(r[:64]) + "…"
	}
	return strconv.Quote(s)
}
