package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/crypto/argon2"
)

const (
	keySize      = 32      // AES-256
	sealOverhead = 12 + 16 // nonce before, tag after
)

// newVault makes the header of a new file that opens with key, and its file key.
func newVault(key Key, cost Cost) (*vault, []byte, error) {
	switch {
	case !cost.valid():
		return nil, nil, errors.New("the cost of Argon2id is out of bounds")
	case !key.Kind.valid():
		return nil, nil, fmt.Errorf("%q is no kind of key", key.Kind)
	case key.Text.IsZero():
		return nil, nil, &Error{Kind: ErrEmpty, Text: "an empty passphrase protects nothing"}
	}
	v := &vault{unlock: key.Kind, cost: cost, salt: random(saltSize)}
	fileKey := random(keySize)
	wrapping, check := v.derive(key)
	v.check = check
	v.key = seal(wrapping, version, fileKey)
	return v, fileKey, nil
}

// open returns the file key.
func (v *vault) open(key Key) ([]byte, error) {
	wrapping, check := v.derive(key)
	if subtle.ConstantTimeCompare(check, v.check) != 1 {
		return nil, ErrWrongPassphrase
	}
	return unseal(wrapping, version, v.key)
}

// derive returns the key that wraps the file key, and the key check.
func (v *vault) derive(key Key) (wrapping, check []byte) {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.SetDefaultGOMAXPROCS() // the program starts on one, and Argon2id computes its lanes side by side
	}
	both := argon2.IDKey([]byte(key.Text.Reveal()), v.salt, v.cost.Time, v.cost.Memory, v.cost.Threads, 2*keySize)
	sum := sha256.Sum256(both[keySize:])
	return both[:keySize], sum[:]
}

// recordData is the associated data of a record: a sealed password that is
// copied to another record's line does not open.
func recordData(id string) string { return version + " " + id }

// seal returns nonce, ciphertext and tag, with a new random nonce.
func seal(key []byte, associated string, plain []byte) []byte {
	return gcm(key).Seal(nil, nil, plain, []byte(associated))
}

func unseal(key []byte, associated string, sealed []byte) ([]byte, error) {
	plain, err := gcm(key).Open(nil, nil, sealed, []byte(associated))
	if err != nil {
		return nil, ErrTampered
	}
	return plain, nil
}

func gcm(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // tells the key's size only, which is always keySize
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // AES always has a GCM
	}
	return aead
}

func random(size int) []byte {
	data := make([]byte, size)
	rand.Read(data) // cannot fail: it ends the program instead
	return data
}
