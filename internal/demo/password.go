package demo

import (
	"crypto/rand"
	"io"
	"math/big"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// passwordWords of wordList make 28 bits: enough on loopback for the life of a
// demo, and easy to type from the screen.
const passwordWords = 4

// newPassword is four words with hyphens between.
func newPassword(r io.Reader) submission.Secret {
	list := strings.Fields(wordList)
	random := make([]byte, passwordWords)
	_, _ = io.ReadFull(r, random) // crypto/rand never fails
	words := make([]string, passwordWords)
	for i, b := range random {
		words[i] = list[int(b)%len(list)]
	}
	return submission.NewSecret(strings.Join(words, "-"))
}

// newSecret follows a pattern in which a stands for a lower-case letter, x for
// one or a digit, and the rest for itself. Without one it is a password in words.
func newSecret(r io.Reader, pattern string) submission.Secret {
	if pattern == "" {
		return newPassword(r)
	}
	const letters, digits = "abcdefghijklmnopqrstuvwxyz", "0123456789"
	secret := []byte(pattern)
	for i, c := range secret {
		switch c {
		case 'a':
			secret[i] = randomOf(r, letters)
		case 'x':
			secret[i] = randomOf(r, letters+digits)
		}
	}
	return submission.NewSecret(string(secret))
}

func randomOf(r io.Reader, list string) byte {
	i, _ := rand.Int(r, big.NewInt(int64(len(list)))) // crypto/rand never fails
	return list[i.Int64()]
}

// wordList has 128 words, so that a random octet picks each equally often.
const wordList = `
	acorn amber anchor apple arrow aspen atlas autumn
	badge bamboo basil beach birch bloom breeze bridge
	cabin candle canoe canvas cedar cherry cloud clover
	cobalt comet copper coral cotton crane creek crystal
	daisy dawn delta desert dune eagle echo ember
	falcon feather fern fiddle field finch flame flute
	forest garden ginger glacier grape gravel grove hamlet
	hazel heron hill honey indigo island ivory ivy
	jasmine jungle juniper kettle kite ladder lagoon lake
	lantern laurel lemon lilac linen lotus maple marble
	meadow melon mint mist moss mountain nectar nutmeg
	oasis ocean olive opal orange orchid otter oyster
	paper peach pearl pebble pepper piano pine planet
	plum poppy quartz quill rain raven reef river
	robin saddle saffron sage sail sand silver sparrow
	spruce summer sunset thistle thyme tiger tulip violet
`
