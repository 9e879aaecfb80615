package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/smtpwiz/smtpwiz/internal/profile"
	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/secret"
	"github.com/smtpwiz/smtpwiz/internal/settings"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// keeping is what commands of saved profiles work with: the configuration, and
// the stores of its passwords.
type keeping struct {
	deps   *deps
	config *profile.Store
	keys   secret.KeyOptions
	file   *secret.File // opened once, so that its passphrase is asked for once

	named    string // the flag or variable that names the configuration, "" for none
	mayBeNew bool   // for setup: one that is named need not be there yet
	quiet    bool   // without warnings
	warned   bool   // of the keys without effect
}

// keepingFlags are those of every command that reads or saves a profile.
func keepingFlags(f *pflag.FlagSet) {
	f.String("config", "", "use this configuration `file`")
	f.String("passphrase-file", "", "read the passphrase of the encrypted passwords from this `file`")
	f.String("key-file", "", "open the encrypted passwords with this key `file`")
}

func newKeeping(d *deps, cmd *cobra.Command) (*keeping, error) {
	given, err := answersOf(d, cmd)
	if err != nil {
		return nil, err
	}
	k := &keeping{deps: d, config: profile.OpenDefault(d.value), quiet: given.Get("quiet") == "true"}
	if path := given.Get("config"); path != "" {
		k.config, k.named = profile.Open(path), given["config"].Name
	}
	k.keys = secret.KeyOptions{
		Note:           func(text string) { k.warn("%s", text) },
		PassphraseFile: given.Get("passphrase-file"),
		Passphrase:     d.passphrase,
		KeyFile:        given.Get("key-file"),
		CredentialsDir: d.value("CREDENTIALS_DIRECTORY"),
	}
	if d.streams.Interactive() {
		k.keys.Prompt = k.askPassphrase
	}
	return k, nil
}

// value is an environment variable, "" where it is not set.
func (d *deps) value(name string) string {
	v, _ := d.getenv(name)
	return v
}

// load reads the configuration; what is wrong with it is the user's to mend.
func (k *keeping) load() (*profile.Config, error) {
	config, err := k.config.Load()
	if err != nil {
		return nil, configError(err)
	}
	if config.IsNew() && k.named != "" && !k.mayBeNew {
		return nil, &settings.UsageError{What: fmt.Sprintf("%s: there is no file %s", k.named, k.config.Path()), Hint: "check the path; smtpwiz setup makes a new one"}
	}
	if !k.warned {
		k.warned = true
		k.warnOfUnknown(config)
	}
	return config, nil
}

// warnOfUnknown tells the keys that have no effect: most are slips.
func (k *keeping) warnOfUnknown(config *profile.Config) {
	for _, u := range config.Unknown() {
		meant := ""
		if u.Nearest != "" {
			meant = "; did you mean " + u.Nearest + "?"
		}
		k.warn("%s:%d:%d: %s is unknown and has no effect%s", k.config.Path(), u.Line, u.Column, u.Key, meant)
	}
}

func (k *keeping) warn(format string, args ...any) {
	if !k.quiet {
		fmt.Fprintf(k.deps.streams.Err, "smtpwiz: warning: %s\n", reply.Safe(fmt.Sprintf(format, args...)))
	}
}

// update changes the configuration under its lock.
func (k *keeping) update(ctx context.Context, change func(*profile.Config) error) error {
	if err := k.config.Update(ctx, change); err != nil {
		return configError(err)
	}
	return nil
}

// current is a profile as the configuration has it by now, maybe under another name.
func current(config *profile.Config, p profile.Profile) (profile.Profile, error) {
	if now, ok := config.ByID(p.Secret.ID); ok {
		return now, nil
	}
	return config.Get(p.Name)
}

// configError makes trouble with the configuration a matter of usage, with the
// hint that it brings; trouble with the disk stays our own failure.
func configError(err error) error {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return &settings.UsageError{What: err.Error(), Hint: hinted.Hint()}
	}
	return err
}

// profile finds a saved one; "" is the default.
func (k *keeping) profile(name string) (profile.Profile, error) {
	config, err := k.load()
	if err != nil {
		return profile.Profile{}, err
	}
	if name == "" {
		name = config.Default()
	}
	if name == "" {
		return profile.Profile{}, &settings.UsageError{What: "no profile was named, and none is the default", Hint: listing(config)}
	}
	p, err := config.Get(name)
	if err != nil {
		return profile.Profile{}, configError(err)
	}
	return p, nil
}

func listing(config *profile.Config) string {
	if len(config.Names()) == 0 {
		return "there are no saved profiles yet"
	}
	return "smtpwiz profiles lists them"
}

// store is where a profile's password rests.
func (k *keeping) store(p profile.Profile) (secret.Store, secret.Ref, error) {
	ref := secret.Ref{ID: p.Secret.ID, Label: p.Name}
	switch p.Secret.Store {
	case profile.StoreKeyring:
		return secret.Keyring{Getenv: k.deps.value}, ref, nil
	case profile.StoreFile:
		file, err := k.encrypted(p.Secret.KeyFile)
		return file, ref, err
	case profile.StoreCommand:
		return secret.Command{Line: p.Secret.Command, Env: os.Environ()}, ref, nil
	}
	return secret.None{}, ref, nil
}

// relabel shows a renamed profile's password under its new name in the keyring.
// That it cannot changes nothing but what people read there.
func (k *keeping) relabel(ctx context.Context, name string) {
	p, err := k.profile(name)
	if err != nil || p.Secret.Store != profile.StoreKeyring || p.Secret.ID == "" {
		return
	}
	err = secret.Keyring{Getenv: k.deps.value}.Relabel(ctx, secret.Ref{ID: p.Secret.ID, Label: p.Name})
	if err != nil && !errors.Is(err, secret.ErrNotFound) {
		k.warn("the keyring shows the password of %s under its old name still: %v", p.Name, err)
	}
}

// isKept reports whether a profile's password rests in some store.
func isKept(p profile.Profile) bool {
	return p.Secret.Store != "" && p.Secret.Store != profile.StoreNone
}

// hasRecord reports whether a profile's password rests in a store of ours, which
// knows it by its id.
func hasRecord(p profile.Profile) bool {
	return p.Secret.Store == profile.StoreKeyring || p.Secret.Store == profile.StoreFile
}

// encrypted is the file of all passwords; keyFile is what a profile says of
// opening it, where no flag or variable does.
func (k *keeping) encrypted(keyFile string) (*secret.File, error) {
	if k.file != nil {
		return k.file, nil
	}
	path, err := secret.DefaultPath(k.deps.value)
	if err != nil {
		return nil, err
	}
	if k.keys.KeyFile == "" {
		k.keys.KeyFile = keyFile
	}
	k.file = &secret.File{Path: path, Keys: k.keys.Key, Cost: k.deps.cost}
	return k.file, nil
}

// savedKeyFile is the key file of the encrypted file as the first profile names
// it that names one: there is one file for all.
func savedKeyFile(config *profile.Config) string {
	for _, p := range config.Profiles() {
		if p.Secret.Store == profile.StoreFile && p.Secret.KeyFile != "" {
			return p.Secret.KeyFile
		}
	}
	return ""
}

// keyFileInUse is what a profile has to name so that its password can be read
// again: nothing if the encrypted file opens with a passphrase, whatever else is given.
func (k *keeping) keyFileInUse() string {
	if kind, err := k.file.OpensWith(); err != nil || kind != secret.KeyFile {
		return ""
	}
	return k.keys.KeyFile
}

// password fetches a profile's password from its store.
func (k *keeping) password(ctx context.Context, p profile.Profile) (submission.Secret, error) {
	store, ref, err := k.store(p)
	if err != nil {
		return submission.Secret{}, err
	}
	return store.Get(ctx, ref)
}

// askPassphrase asks for the passphrase of the encrypted file, twice where it is new.
func (k *keeping) askPassphrase(ctx context.Context, need secret.Need) (submission.Secret, error) {
	if !need.New {
		return ask(ctx, k.deps, "Passphrase of "+need.Path)
	}
	first, err := ask(ctx, k.deps, "New passphrase for "+need.Path)
	if err != nil || first.IsZero() {
		return first, err
	}
	again, err := ask(ctx, k.deps, "The new passphrase again")
	if err == nil && !bytes.Equal([]byte(first.Reveal()), []byte(again.Reveal())) {
		err = &settings.UsageError{What: "the two passphrases differ", Hint: "run the same command again"}
	}
	return first, err
}
