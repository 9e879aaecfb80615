package discover

import (
	"net/netip"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// maxRecords is how many records of one kind are looked at; maxName the octets
// of a name in text, with a final dot (RFC 1035 section 2.3.4).
const (
	maxRecords = 20
	maxName    = 254
)

// hostName makes a name that came out of DNS safe to compare, print and dial:
// lower case, without the final dot. It refuses what is no name of another
// machine: an address, a single label, localhost.
func hostName(s string) (string, bool) {
	if len(s) > maxName {
		return "", false
	}
	host, ok := domainName(s)
	return host, ok && strings.Contains(host, ".")
}

// domainName is like hostName, for the domain of an address, which may have
// one label.
func domainName(s string) (string, bool) {
	host, err := submission.ParseHost(s)
	if err != nil || submission.IsLoopbackHost(host) {
		return "", false
	}
	_, err = netip.ParseAddr(host)
	return host, err != nil
}

// under reports whether a name is the other or below it.
func under(name, above string) bool {
	rest, ok := strings.CutSuffix(name, above)
	return ok && (rest == "" || strings.HasSuffix(rest, "."))
}
