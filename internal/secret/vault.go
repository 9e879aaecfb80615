package secret

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// This file is the text of the encrypted file; docs/secrets-file.md is its
// specification, and what it calls a field is called the same here.

const (
	magic      = "smtpwiz-secrets/"
	version    = magic + "1" // first line, and associated data of the wrapped key
	saltSize   = 16
	checkSize  = sha256.Size
	dateLayout = "2006-01-02T15:04:05Z"
	// maxFile bounds the file, in bytes; it has room for thirty thousand passwords
	// of the usual size, or for forty-odd of MaxSize.
	maxFile = 4 << 20
)

// Cost is what a guess at the passphrase costs: the parameters of Argon2id
// (RFC 9106).
type Cost struct {
	Time    uint32 // passes
	Memory  uint32 // KiB
	Threads uint8  // lanes
}

// DefaultCost is the second choice of RFC 9106 section 4: 64 MiB, 3 passes.
func DefaultCost() Cost { return Cost{Time: 3, Memory: 64 << 10, Threads: 4} }

// valid bounds what a file may ask for: up to 1 GiB of memory and 64 passes.
func (c Cost) valid() bool {
	return c.Time >= 1 && c.Time <= 64 && c.Threads >= 1 && c.Threads <= 64 &&
		c.Memory >= 8*uint32(c.Threads) && c.Memory <= 1<<20
}

// vault is a parsed file. Everything in it may be public.
type vault struct {
	unlock  KeyKind
	cost    Cost
	salt    []byte
	check   []byte // SHA-256 of the second half of what Argon2id gives
	key     []byte // the file key, sealed by the first half
	records []record
}

type record struct {
	id     string
	set    time.Time // UTC, whole seconds
	sealed []byte
}

func (v *vault) find(id string) *record {
	i := slices.IndexFunc(v.records, func(r record) bool { return r.id == id })
	if i < 0 {
		return nil
	}
	return &v.records[i]
}

// header is all that belongs to the key; it differs whenever the key does.
func (v *vault) header() string {
	return fmt.Sprintf("%s\nunlock %s\nargon2id %d %d %d %s\ncheck %s\nkey %s\n", version, v.unlock,
		v.cost.Time, v.cost.Memory, v.cost.Threads, encode64(v.salt), encode64(v.check), encode64(v.key))
}

// encode returns the file's bytes.
func (v *vault) encode() []byte {
	b := bytes.NewBufferString(v.header())
	for _, r := range v.records {
		fmt.Fprintf(b, "record %s %s %s\n", r.id, r.set.Format(dateLayout), encode64(r.sealed))
	}
	return addChecksum(b.Bytes())
}

// The last line is the SHA-256 of all before it. It needs no key: it tells a
// damaged file from a wrong passphrase, not from one that was tampered with.
const checksumWord = "sha256 "

const checksumSize = len(checksumWord) + 2*sha256.Size + 1

func addChecksum(body []byte) []byte {
	return fmt.Appendf(body, "%s%x\n", checksumWord, sha256.Sum256(body))
}

// parse reads a file that is whole, and only as encode writes it.
func parse(data []byte) (*vault, error) {
	split := len(data) - checksumSize
	if split < 0 || !bytes.Equal(addChecksum(bytes.Clone(data[:split])), data) {
		return nil, errors.New("its checksum does not match")
	}
	lines := strings.Split(strings.TrimSuffix(string(data[:split]), "\n"), "\n")
	if number, ok := strings.CutPrefix(lines[0], magic); ok && lines[0] != version && strings.Trim(number, "0123456789") == "" {
		return nil, ErrNewer
	}
	v := &vault{}
	if len(lines) < 5 || !v.parseHeader(lines) {
		return nil, errors.New("its header cannot be read")
	}
	seen := map[string]bool{}
	for i, line := range lines[5:] {
		r, ok := parseRecord(line)
		if !ok || seen[r.id] {
			return nil, fmt.Errorf("line %d cannot be read", i+6)
		}
		seen[r.id] = true
		v.records = append(v.records, r)
	}
	if !bytes.Equal(v.encode(), data) {
		return nil, errors.New("it is not written as it should be")
	}
	return v, nil
}

// parseHeader is lax where parse's comparison with encode is not.
func (v *vault) parseHeader(lines []string) bool {
	var salt, check, key string
	for i, field := range []struct {
		layout string
		values []any
	}{
		{"unlock %s", []any{&v.unlock}},
		{"argon2id %d %d %d %s", []any{&v.cost.Time, &v.cost.Memory, &v.cost.Threads, &salt}},
		{"check %s", []any{&check}},
		{"key %s", []any{&key}},
	} {
		if _, err := fmt.Sscanf(lines[i+1], field.layout, field.values...); err != nil {
			return false
		}
	}
	v.salt, v.check, v.key = decode64(salt), decode64(check), decode64(key)
	return v.unlock.valid() && v.cost.valid() && len(v.salt) == saltSize &&
		len(v.check) == checkSize && len(v.key) == keySize+sealOverhead
}

func parseRecord(line string) (record, bool) {
	words := strings.Split(line, " ")
	if len(words) != 4 || words[0] != "record" || !validID(words[1]) {
		return record{}, false
	}
	set, err := time.Parse(dateLayout, words[2])
	r := record{id: words[1], set: set, sealed: decode64(words[3])}
	size := len(r.sealed) - sealOverhead
	return r, err == nil && size > 0 && size <= MaxSize
}

func encode64(data []byte) string { return base64.StdEncoding.EncodeToString(data) }

// decode64 returns nil for what is no base64; every field must have some length.
func decode64(text string) []byte {
	data, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil
	}
	return data
}
