package smtp

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// blind is a redactor that looks for all spellings in every text.
func blind(secret string) *Redactor {
	r := NewRedactor(secret)
	r.guard.blind = true
	return r
}

// aPiece writes a part of a form that has to be found: each unit in any way that
// the form has for it, or all as short as can be but one and those like it.
func aPiece(random *rand.Rand, f form) string {
	n := f.least + random.IntN(len(f.units)-f.least+1)
	units := f.units[:n]
	if random.IntN(2) == 0 {
		units = f.units[len(f.units)-n:]
	}
	pick := func(ways []string) string { return ways[random.IntN(len(ways))] }
	odd := units[random.IntN(n)]
	way, mixed, upper := pick(odd), random.IntN(2) == 0, random.IntN(2) == 0
	var b strings.Builder
	for i, ways := range units {
		if i > 0 && len(f.between) > 0 {
			b.WriteString(pick(f.between))
		}
		switch {
		case mixed:
			b.WriteString(pick(ways))
		case slices.Equal(ways, odd):
			b.WriteString(way)
		default:
			b.WriteString(slices.MinFunc(ways, func(a, b string) int { return len(a) - len(b) }))
		}
	}
	if upper {
		return upperASCII(b.String())
	}
	return b.String()
}

func upperASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

func TestGuardStopsNoPiece(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	for _, secret := range append(randomSecrets(random, 100), secrets...) {
		var g guard
		g.addSecret(secret)
		for _, f := range formsOf(secret) {
			for range 30 {
				text := somewhere(random, aPiece(random, f))
				if g.stops(text) {
					t.Fatalf("%q is stopped, a piece of %q", text, secret)
				}
			}
		}
	}
}

func randomSecrets(random *rand.Rand, n int) []string {
	all := make([]string, n)
	for i := range all {
		octets := make([]byte, shortSecret+random.IntN(30))
		for j := range octets {
			octets[j] = byte(random.IntN(utf8.RuneSelf))
		}
		all[i] = string(octets)
	}
	return all
}

func somewhere(random *rand.Rand, text string) string {
	around := []string{"", " ", "535 5.7.8 <", "u", "0", "7", "=", "a+0"}
	return around[random.IntN(len(around))] + text + around[random.IntN(len(around))]
}

// Else all the work would be done for every text.
func TestGuardStopsOtherTexts(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{marker, "correct horse battery staple", "abcd efgh ijkl mnop", "Zq7-mR2_xW9+kT4=vB", "Tr0ub4dor&3"} {
		var g guard
		g.addSecret(secret)
		for _, text := range []string{
			"", "smtp.example.test ESMTP Service Ready", "ENHANCEDSTATUSCODES", "AUTH PLAIN LOGIN XOAUTH2 SCRAM-SHA-256", "MAIL FROM:<you@example.com> SIZE=1234 BODY=8BITMIME",
			"Date: Sun, 22 Nov 2026 05:07:51 +0000", "Content-Type: text/plain; charset=utf-8", "250 2.0.0 OK 1710000000 d9443c01a7336-2a2f3c65d66sm50829075ad.20 - gsmtp",
			"  Sent:       2026-11-22 05:07:51 +0000", "535 5.7.8 Username and Password not accepted", "Grüße · Привет · नमस्ते · 你好", "250 2.0.0 Ok: queued as 4dB8zC0x1fz9sXY",
			"550e8400-e29b-41d4-a716-446655440000",
		} {
			if !g.stops(text) {
				t.Errorf("%q may hold a piece of %q", text, secret)
			}
		}
	}
}

// FuzzGuard: a redactor finds what it finds without its guard.
func FuzzGuard(f *testing.F) {
	f.Add(marker, "535 ", " is wrong", uint64(1))
	f.Add("%25%41", "%", "%25", uint64(2))
	f.Add("0 0 0 0 ", "+00", "u", uint64(3))
	f.Add("+/+/+/", "AA", "==", uint64(4))
	f.Add("aaaa", "61 61", "\n5.7.8 aa", uint64(5))
	f.Fuzz(func(t *testing.T, secret, before, after string, seed uint64) {
		if utf8.RuneCountInString(secret) < shortSecret || len(secret) > 100 || len(before)+len(after) > 1000 {
			return
		}
		forms := formsOf(secret)
		random := rand.New(rand.NewPCG(seed, 0))
		form := forms[random.IntN(len(forms))]
		guarded, sees := NewRedactor(secret), blind(secret)
		piece := aPiece(random, form)
		for _, text := range []string{before, before + piece + after, before + piece[:len(piece)/2] + "\n" + piece[len(piece)/2:] + after} {
			if got, want := guarded.Clean(text), sees.Clean(text); got != want {
				t.Fatalf("%q in %q: became %q, without a guard %q", secret, text, got, want)
			}
			guarded = NewRedactor(secret)
		}
	})
}
