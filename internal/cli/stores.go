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

	demoHome string // of setup --demo: a folder that goes with it
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
	path := given.Get("config")
	if path == "" {
		if path, err = profile.DefaultPath(d.value); err != nil {
			return nil, &settings.UsageError{What: err.Error(), Hint: "set HOME, or name a file with --config"}
		}
	}
	k := &keeping{deps: d, config: profile.Open(path)}
	k.keys = secret.KeyOptions{
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
	return config, nil
}

// update changes the configuration under its lock.
func (k *keeping) update(change func(*profile.Config) error) error {
	if err := k.config.Update(change); err != nil {
		return configError(err)
	}
	return nil
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

// encrypted is the file of all passwords; keyFile is a profile's own way to open it.
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
	k.file = &secret.File{Path: path, Keys: k.keys.Key}
	return k.file, nil
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
		return ask(ctx, k.deps, fmt.Sprintf("Passphrase of %s (it is not shown): ", need.Path))
	}
	first, err := ask(ctx, k.deps, fmt.Sprintf("New passphrase for %s (it is not shown): ", need.Path))
	if err != nil || first.IsZero() {
		return first, err
	}
	again, err := ask(ctx, k.deps, "The same again: ")
	if err == nil && !bytes.Equal([]byte(first.Reveal()), []byte(again.Reveal())) {
		err = &settings.UsageError{What: "the two passphrases differ", Hint: "run the same command again"}
	}
	return first, err
}
