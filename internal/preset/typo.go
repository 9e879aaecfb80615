package preset

import "strings"

// NearestDomain returns the well-known mail domain that a domain is probably a
// slip of, such as gmail.com for gmial.com or zoho.com for zoho.con; "" where
// it is known itself or near nothing. It is a guess to ask about, never to act on.
func (l *Library) NearestDomain(mailDomain string) string {
	domain := plainName(mailDomain)
	known := l.around(domain).domains
	if _, ok := known[domain]; ok || realNeighbour(domain) {
		return ""
	}
	best := ""
	for k := range known {
		if slip(domain, k) && (best == "" || k < best) {
			best = k
		}
	}
	return best
}

// slip: the ending forgotten, or one edit apart, in a name long enough for that to mean something; a
// short name must keep its first label or its last.
func slip(a, b string) bool {
	nameA, tldA, _ := strings.Cut(a, ".")
	nameB, tldB, _ := strings.Cut(b, ".")
	switch {
	case nameA == nameB && tldA == "":
		return tldB == "com"
	case nameA == nameB:
		// Country domains differ by a letter and are all real: only .com is mistyped.
		return tldB == "com" && len(nameA) >= 3 && (len(tldA) != 2 || tldA == "co" || tldA == "cm" || tldA == "om") &&
			oneEdit(a, b)
	case tldA == tldB:
		return len(nameB) >= 4 && oneEdit(a, b)
	}
	return false
}

// oneEdit compares lengths first: that spares nearly all names the rest.
func oneEdit(a, b string) bool {
	d := len(a) - len(b)
	return -1 <= d && d <= 1 && distance(a, b) == 1
}

// realNeighbour are mail domains of other people, one letter off a known one.
func realNeighbour(domain string) bool {
	switch domain {
	case "mail.com", "email.com", "ymail.com", "imail.com", "qmail.com", "fmail.com":
		return true
	}
	return false
}
