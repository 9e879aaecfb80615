package demo

import (
	"bufio"
	"bytes"
	"mime"
	"net/textproto"
	"slices"
	"sync"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/reply"
)

// Limits of what is remembered.
const (
	maxMessages = 100
	maxRaw      = 1 << 20 // octets of each
	maxSubject  = 200     // characters
)

// Message is a mail that was accepted. From, To and Subject are safe to print.
type Message struct {
	From      string // of the envelope
	To        []string
	Subject   string // decoded (RFC 2047), at most 200 characters
	Received  time.Time
	Raw       []byte // as it was sent, its first MiB; not to be changed
	Truncated bool   // it was longer
}

func newMessage(from string, to []string, raw []byte) Message {
	m := Message{From: reply.Safe(from), Subject: subject(raw), Raw: raw}
	for _, address := range to {
		m.To = append(m.To, reply.Safe(address))
	}
	return m
}

// header reads the fields at the head of a message. An error may come behind
// good ones, or because there is no body.
func header(raw []byte) textproto.MIMEHeader {
	fields, _ := textproto.NewReader(bufio.NewReader(bytes.NewReader(raw))).ReadMIMEHeader()
	return fields
}

// subject is the header's first Subject. What cannot be decoded stays as it is.
func subject(raw []byte) string {
	text := header(raw).Get("Subject")
	if decoded, err := new(mime.WordDecoder).DecodeHeader(text); err == nil {
		text = decoded
	}
	safe := []rune(reply.Safe(text))
	if len(safe) > maxSubject {
		safe = append(safe[:maxSubject-1], '…')
	}
	return string(safe)
}

// mailbox remembers the last messages.
type mailbox struct {
	telling sync.Mutex // one call of notify at a time, without holding mu

	mu     sync.Mutex
	kept   []Message
	notify func(Message)
}

func (b *mailbox) add(m Message) {
	b.telling.Lock()
	defer b.telling.Unlock()
	b.mu.Lock()
	if len(b.kept) == maxMessages {
		b.kept = slices.Delete(b.kept, 0, 1)
	}
	b.kept = append(b.kept, m)
	notify := b.notify
	b.mu.Unlock()
	if notify != nil {
		notify(m)
	}
}

func (b *mailbox) messages() []Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.kept)
}

func (b *mailbox) watch(notify func(Message)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.notify = notify
}
