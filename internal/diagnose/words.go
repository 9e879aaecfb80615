package diagnose

import (
	"net/netip"
	"strings"
	"sync"
	"unicode"
)

// maxWords bounds what a rule looks at; no server's refusal is longer.
const maxWords = 400

// plainer takes away apostrophes ("doesnt") and accents, which many servers leave out.
var plainer = sync.OnceValue(func() *strings.Replacer {
	return strings.NewReplacer("'", "", "’", "", "`", "",
		"à", "a", "á", "a", "â", "a", "ã", "a", "ä", "a", "ç", "c", "è", "e", "é", "e", "ê", "e", "ë", "e",
		"ì", "i", "í", "i", "î", "i", "ñ", "n", "ò", "o", "ó", "o", "ô", "o", "õ", "o", "ö", "o",
		"ù", "u", "ú", "u", "û", "u", "ü", "u", "ß", "ss")
})

// wordsOf cuts a text into lower-case words without accents. Dots, underscores and
// @ stay inside a word ("5.7.8", "smtp.example.com", "rule2_1"); everything else
// but apostrophes parts words, so that "black-listed" and "black listed" are one.
func wordsOf(text string) []string {
	text = plainer().Replace(strings.ToLower(text))
	fields := strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '.' && r != '_' && r != '@'
	})
	words := make([]string, 0, min(len(fields), maxWords))
	for _, f := range fields {
		if f = strings.Trim(f, "._"); f != "" && len(words) < maxWords {
			words = append(words, f)
		}
	}
	return words
}

// without drops the words that only repeat the reply's codes: in a reply of
// several lines they stand in the middle of sentences.
func without(words []string, codes ...string) []string {
	var out []string
	for _, w := range words {
		repeated := false
		for _, c := range codes {
			repeated = repeated || c != "" && w == c
		}
		if !repeated {
			out = append(out, w)
		}
	}
	return out
}

// maxGap is how many words "…" may stand for.
const maxGap = 6

// phrase is a pattern on words. "relay* … denied|refused" reads: a word that
// begins with "relay", at most maxGap others, then one of two words. A star may
// stand at either end of a word; <ip> is any address of IPv4.
type phrase []part

type part struct {
	gap   bool
	words []string
}

func parsePhrase(s string) phrase {
	var p phrase
	for _, f := range strings.Fields(s) {
		if f == "…" {
			p = append(p, part{gap: true})
		} else {
			p = append(p, part{words: strings.Split(f, "|")})
		}
	}
	return p
}

func parsePhrases(list []string) []phrase {
	out := make([]phrase, len(list))
	for i, s := range list {
		out[i] = parsePhrase(s)
	}
	return out
}

func (p phrase) in(words []string) bool {
	for i := range words {
		if p.at(words[i:]) {
			return true
		}
	}
	return false
}

func (p phrase) at(words []string) bool {
	if len(p) == 0 {
		return true
	}
	if p[0].gap {
		for n := 0; n <= maxGap && n <= len(words); n++ {
			if p[1:].at(words[n:]) {
				return true
			}
		}
		return false
	}
	return len(words) > 0 && p[0].fits(words[0]) && p[1:].at(words[1:])
}

func (p part) fits(word string) bool {
	for _, w := range p.words {
		begin, end := strings.TrimSuffix(w, "*"), strings.TrimPrefix(w, "*")
		switch {
		case w == "<ip>":
			if a, err := netip.ParseAddr(word); err == nil && a.Is4() {
				return true
			}
		case begin != w && end != w:
			if strings.Contains(word, strings.Trim(w, "*")) {
				return true
			}
		case begin != w:
			if strings.HasPrefix(word, begin) {
				return true
			}
		case end != w:
			if strings.HasSuffix(word, end) {
				return true
			}
		case word == w:
			return true
		}
	}
	return false
}

func anyIn(phrases []phrase, words []string) bool {
	for _, p := range phrases {
		if p.in(words) {
			return true
		}
	}
	return false
}
