package settings

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

func (r *resolver) route() error {
	var err error
	if r.out.Proxy, err = r.proxy(); err != nil {
		return err
	}
	for _, text := range r.given["connect-to"].List {
		to, err := ParseConnectTo(text)
		if err != nil {
			return usage("write HOST:PORT:TARGET-HOST:TARGET-PORT, IPv6 addresses in brackets", "%s: %v", r.given["connect-to"].Name, err)
		}
		r.out.ConnectTo = append(r.out.ConnectTo, to)
	}
	if err := r.family(); err != nil {
		return err
	}
	r.say("proxy")
	return nil
}

// family is what -4 or -6 says; a stronger source outdoes a weaker one.
func (r *resolver) family() error {
	four, six := r.given["ipv4"], r.given["ipv6"]
	if four.Value == "true" && six.Value == "true" {
		switch a, b := four.Source.strength(), six.Source.strength(); {
		case a == b:
			return usage("leave both out to use either", "-4 and -6 exclude each other")
		case a < b:
			four.Value = ""
		default:
			six.Value = ""
		}
	}
	switch {
	case four.Value == "true":
		r.out.Family = "ip4"
	case six.Value == "true":
		r.out.Family = "ip6"
	}
	return nil
}

// proxy reads socks5://HOST:PORT. Names are resolved there, so socks5h is the same.
func (r *resolver) proxy() (string, error) {
	text := r.given.Get("proxy")
	if text == "" {
		return "", nil
	}
	hint := "write socks5://HOST:PORT"
	_, rest, ok := cutScheme(text, "socks5://", "socks5h://")
	if !ok {
		return "", usage(hint, "%s is not a SOCKS5 proxy", r.given["proxy"].Name)
	}
	if strings.Contains(rest, "@") {
		return "", usage("put the user in SMTPWIZ_PROXY_USERNAME and the password in SMTPWIZ_PROXY_PASSWORD",
			"%s may not hold a user or password, which other processes could read", r.given["proxy"].Name)
	}
	host, port, err := splitHostPort(strings.TrimSuffix(rest, "/"))
	if err != nil {
		return "", usage(hint, "%s: %v", r.given["proxy"].Name, err)
	}
	return submission.JoinHostPort(host, port), nil
}

func cutScheme(s string, schemes ...string) (scheme, rest string, ok bool) {
	for _, scheme := range schemes {
		if len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			return scheme, s[len(scheme):], true
		}
	}
	return "", s, false
}

func splitHostPort(s string) (string, int, error) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return "", 0, fmt.Errorf("%q has no port", s)
	}
	host, err := submission.ParseHost(s[:i])
	if err != nil {
		return "", 0, err
	}
	port, err := submission.ParsePort(s[i+1:])
	return host, port, err
}

// ParseConnectTo reads HOST:PORT:TARGET-HOST:TARGET-PORT, any of which may be empty.
func ParseConnectTo(s string) (ConnectTo, error) {
	parts, err := splitColons(s)
	if err != nil {
		return ConnectTo{}, err
	}
	var to ConnectTo
	for i, into := range []*string{&to.Host, &to.TargetHost} {
		if text := parts[2*i]; text != "" {
			if *into, err = submission.ParseHost(text); err != nil {
				return ConnectTo{}, err
			}
		}
	}
	for i, into := range []*int{&to.Port, &to.TargetPort} {
		if text := parts[2*i+1]; text != "" {
			if *into, err = submission.ParsePort(text); err != nil {
				return ConnectTo{}, err
			}
		}
	}
	return to, nil
}

// splitColons cuts at colons outside brackets, into exactly four parts.
func splitColons(s string) ([]string, error) {
	var parts []string
	depth, start := 0, 0
	for i, c := range s {
		switch {
		case c == '[':
			depth++
		case c == ']':
			depth--
		case c == ':' && depth == 0:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	parts = append(parts, s[start:])
	if len(parts) != 4 {
		return nil, fmt.Errorf("%q has %d parts, not four", s, len(parts))
	}
	return parts, nil
}

// warn tells what looks like a slip of the fingers, and changes nothing.
func (r *resolver) warn() {
	seen := map[string]bool{}
	a := r.out.Account
	for _, address := range []submission.Address{a.From, a.To, addressOf(a.Username)} {
		domain := strings.ToLower(address.Domain)
		if domain == "" || seen[domain] || isIP(domain) {
			continue
		}
		seen[domain] = true
		if meant := r.lib.NearestDomain(domain); meant != "" {
			r.out.Warnings = append(r.out.Warnings, fmt.Sprintf("%s: did you mean %s@%s?", address, address.Local, meant))
		}
	}
}

func addressOf(s string) submission.Address {
	a, _ := submission.ParseAddress(s)
	return a
}

func isIP(s string) bool {
	_, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return err == nil
}
