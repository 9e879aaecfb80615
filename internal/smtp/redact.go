package smtp

import (
	"encoding/base64"
	"iter"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/smtpwiz/smtpwiz/internal/reply"
)

// Redacted stands where a secret was.
const Redacted = "***"

// Secrets of fewer characters occur by chance in any text: they are looked for
// only inside an AUTH exchange, and there only as whole words.
const shortSecret = 4

// Redactor replaces secrets in texts, in every spelling that a server could
// echo them in (spelling.go lists them), whole or with one end missing, on one
// line or broken over several. Several goroutines may use it.
type Redactor struct {
	mu    sync.Mutex
	guard guard
	forms index
	short index
}

// NewRedactor looks for the given secrets; empty ones are ignored.
func NewRedactor(secrets ...string) *Redactor {
	r := &Redactor{}
	for _, s := range secrets {
		r.AddSecret(s)
	}
	return r
}

// AddSecret looks for one more secret from now on.
func (r *Redactor) AddSecret(secret string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch n := utf8.RuneCountInString(secret); {
	case n >= shortSecret:
		r.guard.addSecret(secret)
		r.forms.add(func() []form { return formsOf(secret) })
	case n > 0:
		r.short.add(func() []form { return shortFormsOf(secret) })
	}
}

// AddPayload looks for one SASL payload from now on, as it is sent, and for any
// fifteen letters of it: a server that reads short lines takes a long one for
// several commands, and may answer each with what it was. Decoded it may be a
// user name, which replies ought to show.
func (r *Redactor) AddPayload(payload []byte) {
	if encoded := base64.RawStdEncoding.EncodeToString(payload); len(encoded) >= shortSecret {
		r.mu.Lock()
		r.addEncoded(encoded)
		for block := range slices.Chunk([]byte(encoded), tellingLeast) {
			if len(block) == tellingLeast {
				r.addEncoded(string(block))
			}
		}
		r.mu.Unlock()
	}
	// CRAM-MD5 answers "user digest", SCRAM "…,p=proof": passwords can be guessed against both.
	for _, sep := range []string{" ", ",p="} {
		if i := strings.LastIndex(string(payload), sep); i >= 0 && len(payload)-i > 20 {
			r.AddSecret(string(payload[i+len(sep):]))
		}
	}
}

func (r *Redactor) addEncoded(encoded string) {
	r.guard.addEncoded(encoded)
	r.forms.add(func() []form { return []form{encodedForm(encoded)} })
}

// Clean returns the text with each secret replaced.
func (r *Redactor) Clean(s string) string { return mask(s, r.find(s)) }

// CleanAuth is Clean for the server's words inside an AUTH exchange, where
// short secrets are looked for too.
func (r *Redactor) CleanAuth(s string) string { return mask(s, r.findAuth(s)) }

// CleanLines is Clean for the lines of one reply, without its code. What is
// broken over several lines is replaced on each.
func (r *Redactor) CleanLines(lines []string) []string { return maskLines(lines, r.find) }

// CleanAuthLines is CleanLines inside an AUTH exchange.
func (r *Redactor) CleanAuthLines(lines []string) []string { return maskLines(lines, r.findAuth) }

// CleanEnd replaces the beginning of a secret at the end of lines that broke off.
func (r *Redactor) CleanEnd(lines []string) []string { return maskLines(lines, r.findBegun) }

// find marks the octets of a text that belong to a secret; nil for none.
func (r *Redactor) find(s string) []hit {
	r.mu.Lock()
	defer r.mu.Unlock()
	var hits []hit
	for v := range viewsOf(s) {
		if !r.guard.stops(v.text) {
			hits = r.forms.mark(v, hits, false)
		}
	}
	return hits
}

func (r *Redactor) findAuth(s string) []hit {
	hits := r.find(s)
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.short.mark(view{source: s, text: s}, hits, true)
}

func (r *Redactor) findBegun(s string) []hit {
	r.mu.Lock()
	defer r.mu.Unlock()
	forms := r.forms.spelt()
	if forms == nil {
		return nil
	}
	var hits []hit
	for v := range viewsOf(s) {
		low := lowerASCII(v.text)
		for i := range len(low) {
			for _, f := range forms.first[low[i]] {
				if f.begun(low[i:]) {
					hits = v.mark(hits, i, len(low), f.kind)
				}
			}
		}
	}
	return hits
}

// mask replaces each run of marked octets.
func mask(s string, hits []hit) string {
	if hits == nil {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); {
		end := i + 1
		for end < len(s) && (hits[end] == 0) == (hits[i] == 0) {
			end++
		}
		if hits[i] != 0 {
			out.WriteString(Redacted)
		} else {
			out.WriteString(s[i:end])
		}
		i = end
	}
	return out.String()
}

func maskLines(lines []string, find func(string) []hit) []string {
	hits := find(strings.Join(lines, "\n"))
	if hits == nil {
		return lines
	}
	out, from := make([]string, len(lines)), 0
	for i, line := range lines {
		out[i] = mask(line, hits[from:from+len(line)])
		from += len(line) + len("\n")
	}
	return out
}

// view is a text as it is searched.
type view struct {
	source string
	text   string
	at     []int // where each octet of the text stands in the source; nil: where it stands in the text
}

// viewsOf returns the text as it is; without what nobody sees and what escapes
// itself, where there is any; and, where it has several lines, with its lines joined: servers break a
// long line where they like, also at a space, which is then on either line or gone.
func viewsOf(s string) iter.Seq[view] {
	return func(yield func(view) bool) {
		if !yield(view{source: s, text: s}) || holdsUnseen(s) && !yield(seen(s)) || !strings.Contains(s, "\n") {
			return
		}
		tight, whole := joined(s, "", space), joined(s, "", "")
		_ = yield(tight) && yield(joined(s, " ", space)) && (whole.text == tight.text || yield(whole))
	}
}

// seen is the text without what a reader passes over: control characters, of
// which UTF-32 is full, those of Unicode's formats, and line breaks. An escape that
// was escaped once more (%2570, \\u0070) is as it was before.
func seen(s string) view {
	text, at := make([]byte, 0, len(s)), make([]int, 0, len(s))
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		for _, twice := range twiceEscaped {
			if strings.HasPrefix(s[i:], twice) {
				text, at = append(text, s[i]), append(at, i)
				r, size = '\n', len(twice)
			}
		}
		for j := i; j < i+size && r != '\n' && !isUnseen(r); j++ {
			text, at = append(text, s[j]), append(at, j)
		}
		i += size
	}
	return view{source: s, text: string(text), at: at}
}

var twiceEscaped = [...]string{"%25", `\\`}

func holdsUnseen(s string) bool {
	return strings.Contains(s, twiceEscaped[0]) || strings.Contains(s, twiceEscaped[1]) || strings.ContainsFunc(s, isUnseen)
}

func isUnseen(r rune) bool {
	return unicode.IsControl(r) && r != '\n' || r > unicode.MaxASCII && unicode.Is(unicode.Cf, r)
}

const space = " \t\r"

// joined is the text with another one in place of each line break and of the
// characters to drop around it.
func joined(s, instead, drop string) view {
	var text strings.Builder
	text.Grow(len(s))
	at := make([]int, 0, len(s))
	for from := 0; from < len(s); {
		end, next := lineEnd(s, from, drop)
		text.WriteString(s[from:end])
		for i := from; i < end; i++ {
			at = append(at, i)
		}
		if next < len(s) {
			text.WriteString(instead)
			for range len(instead) {
				at = append(at, end)
			}
		}
		from = next
	}
	return view{source: s, text: text.String(), at: at}
}

// lineEnd returns where the text of a line ends, and where that of the next one
// begins: behind its enhanced code.
func lineEnd(s string, from int, drop string) (end, next int) {
	n := strings.IndexByte(s[from:], '\n')
	if n < 0 {
		return len(s), len(s)
	}
	end = from + len(strings.TrimRight(s[from:from+n], drop))
	rest := s[from+n+1:]
	line, _, _ := strings.Cut(rest, "\n")
	if code, text := reply.ParseEnhancedCode(line); !code.IsZero() {
		rest = rest[len(line)-len(text):]
	}
	return end, len(s) - len(strings.TrimLeft(rest, drop))
}

// hit says of an octet whether it belongs to a secret, 0 for no.
type hit byte

const (
	hitAlone   hit = iota + 1
	hitEncoded     // and so does all that is joined to it, which is marked too
)

// mark adds the octets from..to of the view to hits.
func (v view) mark(hits []hit, from, to int, as hit) []hit {
	if hits == nil {
		hits = make([]hit, len(v.source))
	}
	place := func(i int) int {
		if v.at == nil {
			return i
		}
		return v.at[i]
	}
	for i := from; i < to; i++ {
		if p := place(i); v.source[p] != '\n' || v.at == nil {
			hits[p] = max(hits[p], as)
		}
	}
	if as != hitEncoded {
		return hits
	}
	// What is joined to it on its line is part of the same encoding.
	for i := place(from) - 1; i >= 0 && isBase64(v.source[i]) && hits[i] != hitEncoded; i-- {
		hits[i] = hitEncoded
	}
	for i := place(to-1) + 1; i < len(v.source) && (isBase64(v.source[i]) || v.source[i] == '=') && hits[i] != hitEncoded; i++ {
		hits[i] = hitEncoded
	}
	return hits
}

// index holds forms, which are worked out when they are first looked for.
type index struct {
	unspelt []func() []form
	edges   *edges
}

// edges find the forms that may begin or end at an octet.
type edges struct {
	first, last [256][]*form
	begin, end  pairs
}

// pairs is a set of two octets that stand side by side.
type pairs [1 << 16 / 64]uint64

func (p *pairs) add(a, b byte)      { n := uint(a)<<8 | uint(b); p[n/64] |= 1 << (n % 64) }
func (p *pairs) has(a, b byte) bool { n := uint(a)<<8 | uint(b); return p[n/64]&(1<<(n%64)) != 0 }

func (x *index) add(spell func() []form) { x.unspelt = append(x.unspelt, spell) }

// spelt are the edges of all forms, nil without any.
func (x *index) spelt() *edges {
	if len(x.unspelt) > 0 && x.edges == nil {
		x.edges = &edges{}
	}
	for _, spell := range x.unspelt {
		for _, f := range spell() {
			enter(&f, false, &x.edges.first, &x.edges.begin)
			enter(&f, true, &x.edges.last, &x.edges.end)
		}
	}
	x.unspelt = nil
	return x.edges
}

// enter notes with which two octets a form may begin or, backwards, end.
func enter(f *form, back bool, by *[256][]*form, begin *pairs) {
	edge := func(s string, n int) byte { // the n-th octet from where the search begins
		if back {
			return s[len(s)-1-n]
		}
		return s[n]
	}
	for _, way := range f.unit(0, back) {
		c := edge(way, 0)
		if !slices.Contains(by[c], f) {
			by[c] = append(by[c], f)
		}
		switch {
		case len(way) > 1:
			begin.add(c, edge(way, 1))
		case len(f.units) == 1:
			for other := range 256 {
				begin.add(c, byte(other))
			}
		default:
			for _, next := range f.second(back) {
				begin.add(c, edge(next, 0))
			}
		}
	}
}

// mark adds to hits what the forms match in a view; words: only whole ones.
func (x *index) mark(v view, hits []hit, words bool) []hit {
	edges := x.spelt()
	if edges == nil {
		return hits
	}
	low := lowerASCII(v.text) // as the forms are
	work, most := 0, leastWork+workPerOctet*len(low)
	try := func(f *form, i int, back bool) {
		from := i
		to := f.match(low, i, back, &work)
		if back {
			from, to = to, from
		}
		if from < 0 || to < 0 || words && !(isEdge(low, from) && isEdge(low, to)) {
			return
		}
		work += to - from
		hits = v.mark(hits, from, to, f.kind)
	}
	for i := range len(low) {
		if work > most {
			return v.mark(hits, 0, len(low), hitAlone)
		}
		if i+1 == len(low) || edges.begin.has(low[i], low[i+1]) {
			for _, f := range edges.first[low[i]] {
				try(f, i, false)
			}
		}
		if i == 0 || edges.end.has(low[i], low[i-1]) {
			for _, f := range edges.last[low[i]] {
				try(f, i+1, true)
			}
		}
	}
	return hits
}

// So many steps a text may take. Where it takes more, it is the echo over and over
// of a secret that repeats itself, and is hidden as a whole: no time limit ends
// the search.
const (
	leastWork    = 1 << 20
	workPerOctet = 8
)

// form is one spelling of a secret.
type form struct {
	units   [][]string // for each character what may stand for it, ASCII letters in lower case
	between []string   // what may stand between two of them; nil for nothing
	least   int        // so many units of either end are a match; more belong to it as far as they follow
	kind    hit        // what a match makes of its octets
}

// Servers cut short what they echo, or leave out its beginning: half of a
// secret gives it away, and of a long one so much.
const (
	tellingLeast = 8
	tellingMost  = 16
)

func newForm(units [][]string, between ...string) form {
	return form{units: units, between: between, least: leastOf(len(units)), kind: hitAlone}
}

// leastOf is how many of so many units are a match.
func leastOf(n int) int { return min(max((n+1)/2, tellingLeast), tellingMost, n) }

// wholly makes a form match as a whole only.
func (f form) wholly() form {
	f.least = len(f.units)
	return f
}

// unit is the n-th, or the n-th from the end.
func (f *form) unit(n int, back bool) []string {
	if back {
		return f.units[len(f.units)-1-n]
	}
	return f.units[n]
}

// second is what may stand beside the unit that a search begins with.
func (f *form) second(back bool) []string {
	next := f.unit(1, back)
	for _, sep := range f.between {
		if sep != "" {
			next = append(slices.Clip(next), sep)
		}
	}
	return next
}

// match returns how far the longest match at a place goes, -1 for none.
func (f *form) match(low string, at int, back bool, work *int) int {
	ends, next := make([]int, 1, 8), make([]int, 0, 8)
	ends[0] = at
	for n := range f.units {
		*work += len(ends)
		next = f.advance(next[:0], low, ends, n, back)
		if len(next) == 0 {
			if n < f.least {
				return -1
			}
			break
		}
		ends, next = next, ends
	}
	if back {
		return slices.Min(ends)
	}
	return slices.Max(ends)
}

// advance adds to next where the n-th unit ends that stands at one of the ends.
func (f *form) advance(next []int, low string, ends []int, n int, back bool) []int {
	for _, end := range ends {
		if n == 0 || len(f.between) == 0 {
			next = follow(next, low, end, f.unit(n, back), back)
			continue
		}
		for _, sep := range f.between {
			if i := step(low, end, sep, back); i >= 0 {
				next = follow(next, low, i, f.unit(n, back), back)
			}
		}
	}
	return next
}

// begun reports whether a text is the beginning of the form, long enough to tell
// something. It may end within a unit, or within what stands before one.
func (f *form) begun(low string) bool {
	ends, next := make([]int, 1, 8), make([]int, 0, 8)
	for n := range f.units {
		if n >= shortSecret && slices.ContainsFunc(ends, func(end int) bool { return f.isBroken(low[end:], n) }) {
			return true
		}
		ends, next = f.advance(next[:0], low, ends, n, false), ends
	}
	return false
}

// isBroken reports whether a text is the beginning of the n-th unit.
func (f *form) isBroken(rest string, n int) bool {
	begins := func(way string) bool { return strings.HasPrefix(way, rest) }
	if len(f.between) == 0 {
		return slices.ContainsFunc(f.units[n], begins)
	}
	return slices.ContainsFunc(f.between, func(sep string) bool {
		after, longer := strings.CutPrefix(rest, sep)
		return begins(sep) || longer && slices.ContainsFunc(f.units[n], func(way string) bool { return strings.HasPrefix(way, after) })
	})
}

// follow adds to the ends those of the ways that stand at a place.
func follow(ends []int, low string, at int, ways []string, back bool) []int {
	for _, way := range ways {
		if i := step(low, at, way, back); i >= 0 && !slices.Contains(ends, i) {
			ends = append(ends, i)
		}
	}
	return ends
}

// step returns the far side of a text that stands at a place, -1 where it does not.
func step(low string, at int, text string, back bool) int {
	switch {
	case !back && strings.HasPrefix(low[at:], text):
		return at + len(text)
	case back && strings.HasSuffix(low[:at], text):
		return at - len(text)
	}
	return -1
}

func isBase64(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("+/-_", c) >= 0
}

// isEdge reports whether a word begins or ends at i.
func isEdge(s string, i int) bool {
	return i == 0 || i == len(s) || !isWord(s[i-1]) || !isWord(s[i])
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80
}

// lowerASCII keeps offsets, which strings.ToLower does not.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
