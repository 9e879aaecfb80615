package secret

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// marker is the password that must be found nowhere.
const marker = "pa55-Marker-9fQ"

// vector is one of scripts/secrets-vectors.py.
type vector struct {
	Name        string
	Unlock      KeyKind
	KeyHex      string `json:"key_hex"`
	File        string
	WrappingHex string `json:"wrapping_key_hex"`
	CheckHex    string `json:"check_hex"`
	FileKeyHex  string `json:"file_key_hex"`
	Records     []struct {
		ID, Set     string
		PasswordHex string `json:"password_hex"`
	}
}

func vectors(t testing.TB) (all []vector) {
	t.Helper()
	data, err := os.ReadFile("testdata/vectors.json")
	if err == nil {
		err = json.Unmarshal(data, &all)
	}
	if err != nil || len(all) < 5 {
		t.Fatalf("%d vectors, %v", len(all), err)
	}
	return all
}

func (v vector) key() Key {
	return Key{v.Unlock, submission.NewSecret(string(unhex(v.KeyHex)))}
}

func unhex(text string) []byte {
	data, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return data
}

// fileWith puts text into a new folder and returns a store that opens with key.
func fileWith(t testing.TB, text string, key Key) *File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secrets")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return &File{Path: path, Keys: always(key), Cost: cheap}
}

var cheap = Cost{Time: 1, Memory: 64, Threads: 1}

func always(key Key) KeySource {
	return func(context.Context, Need) (Key, error) { return key, nil }
}

func passphrase(text string) Key { return Key{Passphrase, submission.NewSecret(text)} }

func TestVectors(t *testing.T) {
	t.Parallel()
	for _, vector := range vectors(t) {
		t.Run(vector.Name, func(t *testing.T) {
			t.Parallel()
			v, err := parse([]byte(vector.File))
			if err != nil {
				t.Fatal(err)
			}
			wrapping, check := v.derive(vector.key())
			if hex.EncodeToString(wrapping) != vector.WrappingHex || hex.EncodeToString(check) != vector.CheckHex {
				t.Errorf("derived %x and %x", wrapping, check)
			}
			if fileKey, err := v.open(vector.key()); err != nil || hex.EncodeToString(fileKey) != vector.FileKeyHex {
				t.Errorf("file key %x, %v", fileKey, err)
			}
			if got := v.encode(); string(got) != vector.File {
				t.Errorf("written again:\n%s", got)
			}
			if len(v.records) != len(vector.Records) {
				t.Errorf("%d records, want %d", len(v.records), len(vector.Records))
			}
			file := fileWith(t, vector.File, vector.key())
			for _, r := range vector.Records {
				got, err := file.Get(t.Context(), Ref{ID: r.ID})
				if err != nil || got.Reveal() != string(unhex(r.PasswordHex)) {
					t.Errorf("%s: %q, %v", r.ID, got.Reveal(), err)
				}
				if set, err := file.SetAt(Ref{ID: r.ID}); err != nil || set.Format(dateLayout) != r.Set {
					t.Errorf("%s: set %v, %v", r.ID, set, err)
				}
			}
		})
	}
}

func TestFlippedBits(t *testing.T) {
	t.Parallel()
	text := vectors(t)[2].File
	for i := range len(text) {
		for bit := range 8 {
			data := []byte(text)
			data[i] ^= 1 << bit
			if _, err := parse(data); err == nil {
				t.Fatalf("bit %d of byte %d may be flipped", bit, i)
			}
		}
	}
}

func TestTruncated(t *testing.T) {
	t.Parallel()
	vector := vectors(t)[1]
	file := fileWith(t, vector.File, vector.key())
	refs := []Ref{{ID: vector.Records[0].ID}, {ID: "unknown"}}
	for size := range len(vector.File) {
		if err := os.WriteFile(file.Path, []byte(vector.File[:size]), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, ref := range refs {
			_, getErr := file.Get(t.Context(), ref)
			setErr := file.Set(t.Context(), ref, submission.NewSecret("x"))
			if !errors.Is(getErr, ErrDamaged) || !errors.Is(setErr, ErrDamaged) || !errors.Is(file.Remove(t.Context(), ref), ErrDamaged) {
				t.Fatalf("cut to %d bytes: get %v, set %v", size, getErr, setErr)
			}
		}
		if data, err := os.ReadFile(file.Path); err != nil || string(data) != vector.File[:size] {
			t.Fatalf("cut to %d bytes: the damaged file was changed", size)
		}
	}
}

// TestTampered flips bits as somebody does who mends the checksum too: the
// password comes out as it was, or not at all.
func TestTampered(t *testing.T) {
	t.Parallel()
	vector := vectors(t)[1]
	ref := Ref{ID: vector.Records[0].ID}
	body := vector.File[:len(vector.File)-checksumSize]
	date := strings.Index(body, vector.Records[0].Set)
	outcomes := map[error]int{}
	for i := range len(body) {
		for bit := range 8 {
			data := []byte(body)
			data[i] ^= 1 << bit
			inDate := i >= date && i < date+len(vector.Records[0].Set)
			v, err := parse(addChecksum(data))
			if err != nil {
				outcomes[ErrDamaged]++
				continue
			}
			if v.cost.Memory > 1<<10 || v.find(ref.ID) == nil {
				continue // slow, or another id
			}
			fileKey, err := v.open(vector.key())
			if err == nil {
				var plain []byte
				plain, err = unseal(fileKey, recordData(ref.ID), v.find(ref.ID).sealed)
				if err == nil && (string(plain) != marker || !inDate) {
					t.Fatalf("bit %d of byte %d (%q): opened as %q", bit, i, body[i], plain)
				}
			}
			outcomes[err]++
		}
	}
	for _, want := range []error{nil, ErrDamaged, ErrWrongPassphrase, ErrTampered} {
		if outcomes[want] == 0 {
			t.Errorf("none was %v", want)
		}
	}
}

func TestTamperedIsToldFromWrong(t *testing.T) {
	t.Parallel()
	vector := vectors(t)[2]
	swapped := swapSealed(t, vector.File)
	first, last := Ref{ID: vector.Records[0].ID}, Ref{ID: vector.Records[2].ID}
	tests := []struct {
		name string
		text string
		key  Key
		ref  Ref
		want error
	}{
		{"as it is", vector.File, vector.key(), first, nil},
		{"wrong passphrase", vector.File, passphrase("wrong"), first, ErrWrongPassphrase},
		{"passphrase with a line end", vector.File, passphrase(vector.key().Text.Reveal() + "\n"), first, ErrWrongPassphrase},
		{"two records swapped", swapped, vector.key(), first, ErrTampered},
		{"the third is still good", swapped, vector.key(), last, nil},
		{"not there", vector.File, vector.key(), Ref{ID: "none"}, ErrNotFound},
		{"empty", "", vector.key(), first, ErrDamaged},
		{"something after it", vector.File + "\n", vector.key(), first, ErrDamaged},
		{"newer", remake(vector.File, version, magic+"2"), vector.key(), first, ErrNewer},
		{"no such version", remake(vector.File, version, "other/1"), vector.key(), first, ErrDamaged},
		{"too much memory", remake(vector.File, "argon2id 2 256 4", "argon2id 2 1048577 4"), vector.key(), first, ErrDamaged},
		{"memory that overflows", remake(vector.File, "argon2id 2 256 4", "argon2id 2 4294967552 4"), vector.key(), first, ErrDamaged},
		{"too little memory", remake(vector.File, "argon2id 2 256 4", "argon2id 2 31 4"), vector.key(), first, ErrDamaged},
		{"too many passes", remake(vector.File, "argon2id 2 256 4", "argon2id 65 256 4"), vector.key(), first, ErrDamaged},
		{"no pass", remake(vector.File, "argon2id 2 256 4", "argon2id 0 256 4"), vector.key(), first, ErrDamaged},
		{"too many lanes", remake(vector.File, "argon2id 2 256 4", "argon2id 2 256 65"), vector.key(), first, ErrDamaged},
		{"no lane", remake(vector.File, "argon2id 2 256 4", "argon2id 2 256 0"), vector.key(), first, ErrDamaged},
		{"leading zero", remake(vector.File, "argon2id 2 256 4", "argon2id 02 256 4"), vector.key(), first, ErrDamaged},
		{"hexadecimal", remake(vector.File, "argon2id 2 256 4", "argon2id 0x2 256 4"), vector.key(), first, ErrDamaged},
		{"one more space", remake(vector.File, "argon2id 2", "argon2id  2"), vector.key(), first, ErrDamaged},
		{"CRLF", remake(vector.File, "\n", "\r\n"), vector.key(), first, ErrDamaged},
		{"an id twice", remake(vector.File, "record A_1", "record b-2"), vector.key(), first, ErrDamaged},
		{"no such day", remake(vector.File, "2026-02-28", "2026-02-30"), vector.key(), first, ErrDamaged},
		{"unknown line", remake(vector.File, "record A_1", "note A_1"), vector.key(), first, ErrDamaged},
		{"no header", string(addChecksum([]byte(version + "\n"))), vector.key(), first, ErrDamaged},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			file := fileWith(t, test.text, test.key)
			_, err := file.Get(t.Context(), test.ref)
			if !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
			checkHint(t, err)
		})
	}
}

func TestTooBigFile(t *testing.T) {
	t.Parallel()
	file := fileWith(t, strings.Repeat("x", maxFile+1), passphrase("x"))
	if _, err := file.Get(t.Context(), Ref{ID: "a"}); !errors.Is(err, ErrDamaged) {
		t.Errorf("error %v", err)
	}
}

func checkHint(t *testing.T, err error) {
	t.Helper()
	var hinter interface{ Hint() string }
	if err != nil && (!errors.As(err, &hinter) || hinter.Hint() == "") {
		t.Errorf("%v has no hint", err)
	}
}

// remake changes the text and mends its checksum.
func remake(text, old, new string) string {
	body := text[:len(text)-checksumSize]
	if !strings.Contains(body, old) {
		panic(fmt.Sprintf("no %q in the file", old))
	}
	return string(addChecksum([]byte(strings.ReplaceAll(body, old, new))))
}

// swapSealed exchanges what the first two records hold.
func swapSealed(t *testing.T, text string) string {
	t.Helper()
	v, err := parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	v.records[0].sealed, v.records[1].sealed = v.records[1].sealed, v.records[0].sealed
	return string(v.encode())
}

func FuzzParse(f *testing.F) {
	for _, vector := range vectors(f) {
		f.Add([]byte(vector.File[:len(vector.File)-checksumSize]))
	}
	f.Add([]byte(version + "\nunlock x\n\n\n\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		data := addChecksum(bytes.Clone(body))
		v, err := parse(data)
		if err != nil {
			return
		}
		if !v.cost.valid() || !v.unlock.valid() {
			t.Errorf("taken: %+v", v)
		}
		if !bytes.Equal(v.encode(), data) {
			t.Errorf("written otherwise than read: %q", body)
		}
	})
}
