package reply

import "strings"

// Extensions is what an EHLO offers: keyword in upper case → its parameters
// (RFC 5321 section 4.1.1.1).
type Extensions map[string]string

// ParseExtensions reads the reply to EHLO, whose first line is the greeting.
func ParseExtensions(r Reply) Extensions {
	ext := Extensions{}
	said := map[string]bool{} // keyword and parameter
	for i, line := range r.Lines {
		if i == 0 {
			continue
		}
		keyword, params, _ := strings.Cut(strings.TrimSpace(line), " ")
		keyword = strings.ToUpper(keyword)
		// "AUTH=LOGIN PLAIN" is from before RFC 2554; servers send it beside the real one.
		if rest, old := strings.CutPrefix(keyword, "AUTH="); old {
			keyword, params = "AUTH", rest+" "+params
		}
		if keyword == "" {
			continue
		}
		words := []string{ext[keyword]}
		for word := range strings.FieldsSeq(params) {
			if key := keyword + " " + strings.ToUpper(word); !said[key] {
				said[key] = true
				words = append(words, word)
			}
		}
		ext[keyword] = strings.TrimSpace(strings.Join(words, " "))
	}
	return ext
}

// Has reports whether a keyword is offered.
func (e Extensions) Has(keyword string) bool { _, ok := e[keyword]; return ok }

// Mechanisms are the SASL mechanisms offered, in upper case and the server's order.
func (e Extensions) Mechanisms() []string { return strings.Fields(strings.ToUpper(e["AUTH"])) }
