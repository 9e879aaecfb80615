package demo

import (
	"crypto/rand"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// passwordWords of wordList make 28 bits: enough on loopback for the life of a
// demo, and easy to type from the screen.
const passwordWords = 4

// newPassword is four words with hyphens between.
func newPassword() submission.Secret {
	list := strings.Fields(wordList)
	random := make([]byte, passwordWords)
	_, _ = rand.Read(random) // never fails
	words := make([]string, passwordWords)
	for i, b := range random {
		words[i] = list[int(b)%len(list)]
	}
	return submission.NewSecret(strings.Join(words, "-"))
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
