package secret

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/atomicfile"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// File is the store in one encrypted file (docs/secrets-file.md). It may be used
// by several goroutines and programs at once. A file that is damaged, tampered
// with or readable by others is refused and left as it is. One that its key does
// not open stays closed: to try another key, make another File.
type File struct {
	Path string
	Keys KeySource
	Cost Cost             // of a new file; zero: DefaultCost
	Now  func() time.Time // nil: time.Now

	disk   atomicfile.Disk
	mu     sync.Mutex
	opened *opened // the last outcome, so that the user is asked and Argon2id runs once
}

// opened is what came of opening a file: its key, or why there is none.
type opened struct {
	header string // of that file
	key    []byte
	err    error
}

// DefaultPath is where the encrypted file is: $XDG_DATA_HOME/smtpwiz/secrets,
// by default in ~/.local/share, or on Windows in %LocalAppData%. A relative
// XDG_DATA_HOME is ignored, as its specification asks.
func DefaultPath(getenv func(string) string) (string, error) {
	data := getenv("XDG_DATA_HOME")
	if !filepath.IsAbs(data) {
		data = getenv("LocalAppData")
		if runtime.GOOS != "windows" {
			data = filepath.Join(getenv("HOME"), ".local", "share")
		}
	}
	if !filepath.IsAbs(data) {
		return "", &Error{Kind: ErrNoHome, Text: ErrNoHome.Error(), Todo: "set HOME or XDG_DATA_HOME to an absolute path"}
	}
	return filepath.Join(data, "smtpwiz", "secrets"), nil
}

// Name is "file".
func (f *File) Name() string { return KindFile }

// Format prints the path alone, whatever the verb: the key is in memory.
func (f *File) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "file %s", f.Path) }

// Get returns the password of ref. It asks for the key only if there is one.
func (f *File) Get(ctx context.Context, ref Ref) (submission.Secret, error) {
	v, r, err := f.find(ref)
	if err != nil {
		return submission.Secret{}, err
	}
	key, err := f.open(ctx, v)
	if err != nil {
		return submission.Secret{}, err
	}
	plain, err := unseal(key, recordData(ref.ID), r.sealed)
	if err != nil {
		return submission.Secret{}, f.tampered("the password of " + ref.String())
	}
	return submission.NewSecret(string(plain)), nil
}

// SetAt says when the password of ref was set. It needs no key, and nothing but
// the file's checksum vouches for it.
func (f *File) SetAt(ref Ref) (time.Time, error) {
	_, r, err := f.find(ref)
	if err != nil {
		return time.Time{}, err
	}
	return r.set, nil
}

// OpensWith says what the file is opened with, ErrNotFound while there is none.
// It needs no key.
func (f *File) OpensWith() (KeyKind, error) {
	v, err := f.read()
	if err != nil {
		return "", err
	}
	if v == nil {
		return "", &Error{Kind: ErrNotFound, Text: fmt.Sprintf("there is no encrypted file %s yet", f.Path)}
	}
	return v.unlock, nil
}

// Set keeps password for ref, and makes the file if there is none.
func (f *File) Set(ctx context.Context, ref Ref, password submission.Secret) error {
	if err := checkSet(ref, password); err != nil {
		return err
	}
	return f.update(ctx, func(v *vault, key []byte) (*vault, error) {
		r := v.find(ref.ID)
		if r == nil {
			v.records = append(v.records, record{id: ref.ID})
			r = v.find(ref.ID)
		}
		r.set = f.now().UTC().Truncate(time.Second)
		r.sealed = seal(key, recordData(ref.ID), []byte(password.Reveal()))
		return v, nil
	})
}

// Remove takes the record out. It needs no key.
func (f *File) Remove(ctx context.Context, ref Ref) error {
	if _, _, err := f.find(ref); err != nil {
		return err // before a folder is made for the lock
	}
	unlock, err := f.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	v, _, err := f.find(ref)
	if err != nil {
		return err
	}
	v.records = slices.DeleteFunc(v.records, func(r record) bool { return r.id == ref.ID })
	return f.write(v)
}

// Rekey has the file open with another key from now on. Everything in it is
// encrypted anew, so that an old copy and its passphrase do not open this one.
func (f *File) Rekey(ctx context.Context, key Key) error {
	if v, err := f.read(); err != nil {
		return err
	} else if v == nil {
		return &Error{Kind: ErrNotFound, Text: fmt.Sprintf("there is no encrypted file %s yet", f.Path)}
	}
	fresh, freshKey, err := newVault(key, f.cost())
	if err != nil {
		return err
	}
	err = f.update(ctx, func(v *vault, oldKey []byte) (*vault, error) {
		for _, r := range v.records {
			plain, err := unseal(oldKey, recordData(r.id), r.sealed)
			if err != nil {
				return nil, f.tampered("record " + r.id)
			}
			r.sealed = seal(freshKey, recordData(r.id), plain)
			fresh.records = append(fresh.records, r)
		}
		return fresh, nil
	})
	if err != nil {
		return err
	}
	f.keep(fresh, freshKey)
	return nil
}

// update changes the file under its lock. The key is asked for and derived
// before, since both take their time; if the file got another key meanwhile,
// it starts again.
func (f *File) update(ctx context.Context, change func(v *vault, key []byte) (*vault, error)) error {
	for {
		v, key, err := f.openOrMake(ctx)
		if err != nil {
			return err
		}
		done, err := f.updateLocked(ctx, v, func(v *vault) (*vault, error) { return change(v, key) })
		if done || err != nil {
			return err
		}
	}
}

// updateLocked reports false if the file is not, or no longer, the one that
// before was.
func (f *File) updateLocked(ctx context.Context, before *vault, change func(*vault) (*vault, error)) (bool, error) {
	unlock, err := f.lock(ctx)
	if err != nil {
		return false, err
	}
	defer unlock()
	v, err := f.read()
	if err != nil {
		return false, err
	}
	if v == nil && len(before.records) == 0 {
		v = before // new, or emptied and then deleted
	}
	if v == nil || v.header() != before.header() {
		return false, nil
	}
	if v, err = change(v); err != nil {
		return false, err
	}
	return true, f.write(v)
}

// openOrMake returns the file and its key, of a new one if there is none.
func (f *File) openOrMake(ctx context.Context) (*vault, []byte, error) {
	v, err := f.read()
	if err != nil {
		return nil, nil, err
	}
	if v != nil {
		key, err := f.open(ctx, v)
		return v, key, err
	}
	key, err := f.ask(ctx, Need{Path: f.Path, New: true})
	if err != nil {
		return nil, nil, err
	}
	v, fileKey, err := newVault(key, f.cost())
	if err != nil {
		return nil, nil, err
	}
	f.keep(v, fileKey)
	return v, fileKey, nil
}

// keep remembers the file key of v.
func (f *File) keep(v *vault, fileKey []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opened = &opened{header: v.header(), key: fileKey}
}

// open returns the file key of v. Who waits here while another asks gets the
// same answer.
func (f *File) open(ctx context.Context, v *vault) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	header := v.header()
	if f.opened == nil || f.opened.header != header {
		key, err := f.openAnew(ctx, v)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		f.opened = &opened{header, key, err}
	}
	return f.opened.key, f.opened.err
}

func (f *File) openAnew(ctx context.Context, v *vault) ([]byte, error) {
	key, err := f.ask(ctx, Need{Path: f.Path, Kind: v.unlock})
	if err != nil {
		return nil, err
	}
	fileKey, err := v.open(key)
	switch {
	case errors.Is(err, ErrWrongPassphrase):
		return nil, f.wrongKey(v.unlock)
	case err != nil:
		return nil, f.tampered("its key")
	}
	return fileKey, nil
}

func (f *File) lock(ctx context.Context) (unlock func(), err error) {
	unlock, err = f.disk.Lock(ctx, f.Path)
	if errors.Is(err, atomicfile.ErrBusy) {
		err = &Error{Kind: ErrTimeout, Cause: err, Text: fmt.Sprintf("another program keeps %s locked", f.Path),
			Todo: fmt.Sprintf("wait for it to end, or see which it is: fuser %s.lock", f.Path)}
	}
	return unlock, err
}

func (f *File) ask(ctx context.Context, need Need) (Key, error) {
	if err := ctx.Err(); err != nil {
		return Key{}, err // nobody is asked any more
	}
	if f.Keys == nil {
		return Key{}, noKey(need)
	}
	key, err := f.Keys(ctx, need)
	if err == nil && key.Text.IsZero() {
		err = &Error{Kind: ErrEmpty, Text: "an empty passphrase protects nothing"}
	}
	return key, err
}

// find reads the file and finds a record in it, or returns ErrNotFound.
func (f *File) find(ref Ref) (*vault, *record, error) {
	v, err := f.read()
	if err != nil {
		return nil, nil, err
	}
	if v != nil {
		if r := v.find(ref.ID); r != nil {
			return v, r, nil
		}
	}
	return nil, nil, &Error{Kind: ErrNotFound, Text: fmt.Sprintf("%s has no password for %s", f.Path, ref), Todo: setHint(ref)}
}

// read returns nil if there is no file.
func (f *File) read() (*vault, error) {
	data, err := atomicfile.Read(f.Path, atomicfile.Private, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if errors.Is(err, atomicfile.ErrTooBig) {
		return nil, f.damaged(err)
	}
	if err != nil {
		return nil, err
	}
	v, err := parse(data)
	if errors.Is(err, ErrNewer) {
		return nil, &Error{Kind: ErrNewer, Text: fmt.Sprintf("%s was written by a newer smtpwiz", f.Path), Todo: "update smtpwiz"}
	}
	if err != nil {
		return nil, f.damaged(err)
	}
	return v, nil
}

func (f *File) write(v *vault) error {
	data := v.encode()
	if len(data) > maxFile {
		return &Error{Kind: ErrTooBig, Text: fmt.Sprintf("%s would grow over %d MiB", f.Path, maxFile>>20), Todo: "remove passwords from it first"}
	}
	if _, err := parse(data); err != nil {
		return fmt.Errorf("nothing was written to %s: it could not be read again: %w", f.Path, err)
	}
	return f.disk.Write(f.Path, data, 0o600)
}

func (f *File) cost() Cost {
	if f.Cost == (Cost{}) {
		return DefaultCost()
	}
	return f.Cost
}

func (f *File) now() time.Time {
	if f.Now == nil {
		return time.Now()
	}
	return f.Now()
}

func (f *File) wrongKey(kind KeyKind) error {
	if kind == KeyFile {
		return &Error{Kind: ErrWrongPassphrase, Text: fmt.Sprintf("this key file does not open %s", f.Path), Todo: "set SMTPWIZ_KEY_FILE to the one it was made with"}
	}
	return &Error{Kind: ErrWrongPassphrase, Text: fmt.Sprintf("this passphrase does not open %s", f.Path), Todo: "try again; a lost passphrase cannot be recovered"}
}

func (f *File) damaged(cause error) error {
	return &Error{Kind: ErrDamaged, Cause: cause, Text: fmt.Sprintf("%s is damaged: %v", f.Path, cause), Todo: f.replaceHint()}
}

func (f *File) tampered(what string) error {
	return &Error{Kind: ErrTampered, Text: fmt.Sprintf("%s was tampered with: %s is not what was written", f.Path, what), Todo: f.replaceHint()}
}

func (f *File) replaceHint() string {
	return fmt.Sprintf("put back a copy that you trust, or move %s away and set the passwords again with smtpwiz secret set", f.Path)
}
