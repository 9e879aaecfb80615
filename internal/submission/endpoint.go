// Package submission holds the words every other room speaks: endpoints,
// accounts, addresses, causes, fields and secrets. It does no I/O.
package submission

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Security is how the connection to a submission server is protected.
type Security string

const (
	// SSL is implicit TLS: the handshake comes before the greeting (RFC 8314 section 3.3).
	SSL Security = "ssl"
	// STARTTLS is a required upgrade after EHLO (RFC 3207); it is never opportunistic here.
	STARTTLS Security = "starttls"
	// None is a session in clear, which may carry credentials to loopback only.
	None Security = "none"
)

// Ports of submission: implicit TLS, STARTTLS, and the relay port between
// servers, which people often enter by mistake (RFC 8314 sections 3.3 and 7).
const (
	PortSubmissions = 465
	PortSubmission  = 587
	PortRelay       = 25
)

// ParseSecurity reads a security as people write it. "tls" means what the
// providers' documents mean with that port: STARTTLS on 587, implicit TLS on 465.
func ParseSecurity(s string, port int) (Security, error) {
	switch strings.ToLower(s) {
	case "ssl", "implicit", "smtps":
		return SSL, nil
	case "starttls":
		return STARTTLS, nil
	case "none", "plain":
		return None, nil
	case "tls":
		switch port {
		case PortSubmissions:
			return SSL, nil
		case PortSubmission:
			return STARTTLS, nil
		}
		return "", fmt.Errorf("security \"tls\" is not clear without port 465 or 587: is it ssl (TLS from the first byte) or starttls (an upgrade)?")
	}
	return "", fmt.Errorf("unknown security %q: use ssl, starttls or none", s)
}

// SecuritiesOf lists what may be spoken on a port, the likeliest first. Port 465
// is always implicit TLS and 25, 587 and 2525 always begin in clear; on any
// other port only trying tells.
func SecuritiesOf(port int) []Security {
	switch port {
	case PortSubmissions:
		return []Security{SSL}
	case PortRelay, PortSubmission, 2525:
		return []Security{STARTTLS}
	}
	return []Security{STARTTLS, SSL}
}

// Endpoint is one place to submit mail to.
type Endpoint struct {
	Host     string   `json:"host"`
	Port     int      `json:"port"`
	Security Security `json:"security"`
}

// Address is host:port, with brackets around an IPv6 literal.
func (e Endpoint) Address() string { return JoinHostPort(e.Host, e.Port) }

func (e Endpoint) String() string { return e.Address() + " " + string(e.Security) }

// IsZero reports whether nothing is set.
func (e Endpoint) IsZero() bool { return e == Endpoint{} }

// JoinHostPort is net.JoinHostPort with a numeric port.
func JoinHostPort(host string, port int) string {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + strconv.Itoa(port)
}

// ParsePort reads a TCP port, 1 to 65535.
func ParsePort(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 65535 {
		return 0, fmt.Errorf("port %q is not a number from 1 to 65535", s)
	}
	return n, nil
}

// ParseHost checks a server's name or address literal and returns the form
// that is dialled: an IDN as its A-labels (RFC 5891), an address without brackets.
func ParseHost(s string) (string, error) {
	if err := checkVisible(s); err != nil {
		return "", fmt.Errorf("host %w", err)
	}
	s = strings.TrimSpace(s)
	bare := s
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		bare = s[1 : len(s)-1]
	}
	addr, err := netip.ParseAddr(bare) // whose zone may hold anything
	if zone := strings.ToLower(addr.Zone()); err == nil && strings.Trim(zone, letters+digits+"-_.") == "" {
		return addr.String(), nil
	}
	switch {
	case s == "":
		return "", fmt.Errorf("the host is empty")
	case strings.Contains(s, "://"):
		return "", fmt.Errorf("host %q holds a scheme: give the name alone", s)
	case strings.Contains(s, "@"):
		return "", fmt.Errorf("host %q is an address: give the server's name", s)
	case strings.ContainsAny(s, "/?#"):
		return "", fmt.Errorf("host %q holds a path: give the name alone", s)
	case strings.Contains(s, ":"):
		return "", fmt.Errorf("host %q holds a port: give it as --port", s)
	}
	return domainToASCII(strings.TrimSuffix(s, "."))
}

// IsLoopbackHost reports whether a host is certain to be this machine without
// asking DNS: a loopback literal, or localhost (RFC 6761 section 6.3).
func IsLoopbackHost(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().IsLoopback()
	}
	h := strings.ToLower(host)
	return h == "localhost" || strings.HasSuffix(h, ".localhost")
}
