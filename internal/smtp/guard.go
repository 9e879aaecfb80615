package smtp

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// guard tells at little cost which texts may hold a piece of a secret, so that
// the spellings are worked out and looked for in these alone. It may let
// through what holds none; it never stops what holds one.
//
// A piece is at least tellingLeast characters from either end of a form, or the
// whole of a shorter one. Either all of them stand there as letters, or as
// numbers, whose digits are the same whatever is between them; or at least one
// of them is escaped.
type guard struct {
	letters fragments
	digits  fragments
	escaped octetSet
	blind   bool // there is a secret that it cannot tell
}

// addSecret lets through what may hold a piece of a secret.
func (g *guard) addSecret(secret string) {
	octets := []byte(secret)
	for _, c := range octets {
		if c >= utf8.RuneSelf { // may come in letters of many kinds
			g.blind = true
			return
		}
		g.escaped.add(c)
	}
	// UTF-16, where every other octet is zero, shows half as many characters.
	few := leastOf(2*len(octets)) / 2
	for _, base := range []int{8, 10, 16} {
		g.addEnds(&g.digits, digitsOf(octets[:few], base))
		g.addEnds(&g.digits, digitsOf(octets[len(octets)-few:], base))
	}
	for _, encoded := range encodingsOf(secret) {
		g.addEncoded(encoded)
	}
	g.addEnds(&g.letters, octets)
	slices.Reverse(octets)
	g.addEnds(&g.letters, octets)
}

// addEncoded lets through what may hold a piece of base64 or base32.
func (g *guard) addEncoded(encoded string) {
	g.escaped.add('+')
	g.escaped.add('/')
	g.addEnds(&g.letters, []byte(encoded))
}

func (g *guard) addEnds(f *fragments, text []byte) {
	n := min(len(text), tellingLeast)
	if n < leastFragment {
		g.blind = true
		return
	}
	f.add(text[:n])
	if n < len(text) {
		f.add(text[len(text)-n:])
	}
}

// digitsOf are the digits of all octets without zeros, of which there may be
// any number in front of each.
func digitsOf(octets []byte, base int) []byte {
	var digits []byte
	for _, c := range octets {
		digits = strconv.AppendInt(digits, int64(c), base)
	}
	return slices.DeleteFunc(digits, func(c byte) bool { return c == '0' })
}

// stops reports that a text holds no piece of a secret.
func (g *guard) stops(s string) bool {
	return !g.blind && !g.hasLetters(s) && !g.hasNumbers(s) && !g.hasEscapes(s)
}

func (g *guard) hasLetters(s string) bool {
	var last uint64
	for i := range len(s) {
		last = last<<8 | uint64(fold(s[i]))
		if g.letters.mayHave(last) && g.letters.has(last) {
			return true
		}
	}
	return false
}

func (g *guard) hasNumbers(s string) bool {
	var last uint64
	for i := range len(s) {
		switch c := fold(s[i]); {
		case isDigit(c):
			last = last<<8 | uint64(c)
			if g.digits.mayHave(last) && g.digits.has(last) {
				return true
			}
		case !isBesideDigits(c):
			last = 0
		}
	}
	return false
}

// hasEscapes looks for an octet of a secret that is escaped, or for the zeros of
// UTF-16. A backslash or an ampersand may begin anything.
func (g *guard) hasEscapes(s string) bool {
	zeros := 0
	for i := range len(s) {
		switch s[i] {
		case '\\', '&':
			return true
		case 'u', 'U': // %u0061, U+0061
			if i > 0 && s[i-1] == '%' || strings.HasPrefix(s[i+1:], "+00") {
				return true
			}
		case '%', '=', '+':
			octet, ok := hexOctet(s[i+1:])
			if ok && g.escaped.has(octet) {
				return true
			}
			if ok && octet == 0 {
				zeros++
			}
		case 0, '^': // ^@
			zeros++
		}
	}
	return zeros >= tellingLeast/2
}

// hexOctet reads two digits.
func hexOctet(s string) (octet byte, ok bool) {
	if len(s) < 2 {
		return 0, false
	}
	var octets [1]byte
	_, err := hex.Decode(octets[:], []byte(s[:2]))
	return octets[0], err == nil
}

// fold makes one of letters that stand for each other: upper and lower case,
// the last two of base64, and how a space is written.
func fold(c byte) byte {
	switch {
	case c >= 'A' && c <= 'Z':
		return c + 'a' - 'A'
	case c == ' ' || c == '-' || c == '/' || c == '_':
		return '+'
	}
	return c
}

func isDigit(c byte) bool { return c >= '1' && c <= '9' || c >= 'a' && c <= 'f' }

// isBesideDigits: 0x61, 0o141, U+0061 and what parts the numbers of a list.
func isBesideDigits(c byte) bool {
	switch c {
	case '0', 'x', 'o', 'u', '+', ',', ';', ':', '.', '|':
		return true
	}
	return false
}

// fragments are the first or last few octets of pieces.
type fragments struct {
	known  []uint64
	cut    int        // by so many bits the shortest is shorter than eight octets
	hashed [64]uint64 // a bit for each by its last four octets
}

const leastFragment = 4

func (f *fragments) add(fragment []byte) {
	var octets uint64
	for _, c := range fragment {
		octets = octets<<8 | uint64(fold(c))
	}
	f.known = append(f.known, octets)
	f.cut = max(f.cut, 64-8*len(fragment))
	h := hash(octets)
	f.hashed[h/64] |= 1 << (h % 64)
}

// mayHave says no at once to most of what has says no to.
func (f *fragments) mayHave(last uint64) bool {
	h := hash(last)
	return f.hashed[h/64]&(1<<(h%64)) != 0
}

// has reports whether a text that ends so ends with one.
func (f *fragments) has(last uint64) bool {
	return slices.ContainsFunc(f.known, func(k uint64) bool { return (k^last)<<f.cut == 0 })
}

// hash is of the last four octets, to 12 bits.
func hash(last uint64) uint32 { return uint32(last) * 0x9e3779b1 >> 20 }

// octetSet has a bit for each octet.
type octetSet [4]uint64

func (s *octetSet) add(c byte)      { s[c/64] |= 1 << (c % 64) }
func (s *octetSet) has(c byte) bool { return s[c/64]&(1<<(c%64)) != 0 }
