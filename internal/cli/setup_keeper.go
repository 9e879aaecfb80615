package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/profile"
	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/secret"
	"github.com/smtpwiz/smtpwiz/internal/settings"
	"github.com/smtpwiz/smtpwiz/internal/submission"
	"github.com/smtpwiz/smtpwiz/internal/wizard"
)

// keeper saves for the wizard what it has proven.
type keeper struct {
	*keeping
	options *settings.Settings // what the flags say of connecting, which the profile keeps
	given   settings.Answers
	kept    submission.Secret // what Kept has read: saved again, it was not set anew
}

func (k *keeper) Stores(ctx context.Context) []wizard.StoreOffer {
	return []wizard.StoreOffer{k.keyringOffer(ctx), k.fileOffer()}
}

func (k *keeper) keyringOffer(ctx context.Context) wizard.StoreOffer {
	offer := wizard.StoreOffer{Store: wizard.StoreKeyring}
	if err := (secret.Keyring{Getenv: k.deps.value}).Available(ctx); err != nil {
		offer.Why = reply.Safe(err.Error())
		return offer
	}
	offer.Usable = true
	return offer
}

// fileOffer looks what the encrypted file opens with, and whether that is at hand.
func (k *keeper) fileOffer() wizard.StoreOffer {
	offer := wizard.StoreOffer{Store: wizard.StoreFile, Usable: true}
	saved := ""
	if config, err := k.config.Load(); err == nil {
		saved = savedKeyFile(config)
	}
	file, err := k.encrypted(saved)
	if err != nil {
		offer.Usable, offer.Why = false, reply.Safe(err.Error())
		return offer
	}
	kind, err := file.OpensWith()
	switch {
	case errors.Is(err, secret.ErrNotFound):
	case err != nil:
		offer.Usable, offer.Why = false, reply.Safe(err.Error())
	case kind == secret.KeyFile:
		offer.Unlock = wizard.ByKeyFile
	default:
		offer.Unlock = wizard.ByPassphrase
	}
	offer.Open = k.hasPassphrase() || k.keys.KeyFile != "" && kind != secret.Passphrase
	return offer
}

// hasPassphrase: one is at hand without asking.
func (k *keeper) hasPassphrase() bool {
	if !k.keys.Passphrase.IsZero() || k.keys.PassphraseFile != "" {
		return true
	}
	_, err := secret.FromCredentials(k.keys.CredentialsDir, secret.CredentialPassphrase)
	return err == nil
}

func (k *keeper) Names() []string {
	config, err := k.config.Load()
	if err != nil {
		return nil // it is told when it is written
	}
	return config.Names()
}

func (k *keeper) CheckName(name string) string {
	if err := profile.CheckName(name); err != nil {
		return err.Error()
	}
	return ""
}

// Kept reads the password of a saved profile.
func (k *keeper) Kept(ctx context.Context, name string, passphrase submission.Secret) (submission.Secret, error) {
	p, err := k.profile(name)
	if err != nil {
		return submission.Secret{}, err
	}
	if !passphrase.IsZero() {
		k.keys.Passphrase, k.file = passphrase, nil
	}
	k.kept, err = k.password(ctx, p)
	return k.kept, secretError(ctx, err)
}

// Printed runs a command as a profile that names it does.
func (k *keeper) Printed(ctx context.Context, command string) (submission.Secret, error) {
	return secret.FromCommand(ctx, command, os.Environ())
}

// Save puts the password where it is to rest, then writes the profile. If that
// fails the password is taken away again: both or neither.
func (k *keeper) Save(ctx context.Context, p wizard.Proven) (wizard.Saved, error) {
	old, err := k.replaced(p.Replaces)
	if err != nil {
		return wizard.Saved{}, err
	}
	saved := k.profileOf(p, old)
	if err := k.keep(ctx, &saved, p); err != nil {
		return wizard.Saved{}, secretError(ctx, err)
	}
	isDefault := false
	err = k.update(ctx, func(c *profile.Config) error {
		if p.Replaces != "" && p.Replaces != saved.Name {
			if err := c.Rename(p.Replaces, saved.Name); err != nil {
				return err
			}
		}
		if err := c.Put(saved); err != nil {
			return err
		}
		isDefault = c.Default() == saved.Name
		return nil
	})
	if err != nil {
		k.undo(ctx, saved, old)
		return wizard.Saved{}, err
	}
	if old != nil {
		k.forget(ctx, *old, saved)
	}
	if old != nil && old.Name != saved.Name {
		k.relabel(ctx, saved.Name)
	}
	return wizard.Saved{Name: saved.Name, Path: k.config.Path(), Default: isDefault}, nil
}

func (k *keeper) replaced(name string) (*profile.Profile, error) {
	if name == "" {
		return nil, nil
	}
	p, err := k.profile(name)
	return &p, err
}

func (k *keeper) profileOf(p wizard.Proven, old *profile.Profile) profile.Profile {
	a := p.Account
	out := profile.Profile{
		Name: p.Name, Region: p.Region, Variant: p.Variant,
		Username: a.Username, From: a.From.String(), DisplayName: a.DisplayName, Auth: a.Mechanism,
		Helo: p.Helo, CAFile: k.options.CAFile, ClientCert: k.options.ClientCert, ClientKey: k.options.ClientKey,
		ConnectTo: k.given["connect-to"].List, Proxy: p.Proxy, TLSFingerprint: p.Fingerprint,
		Endpoints: a.Endpoints,
	}
	if p.Preset != nil {
		out.Preset = p.Preset.Name
	}
	if a.To != a.From {
		out.To = a.To.String()
	}
	switch k.options.Family {
	case "ip4":
		out.IPVersion = 4
	case "ip6":
		out.IPVersion = 6
	}
	for _, in := range p.Incoming {
		out.Incoming = append(out.Incoming, profile.Incoming{
			Protocol: string(in.Protocol),
			Endpoint: submission.Endpoint{Host: in.Host, Port: in.Port, Security: in.Security},
		})
	}
	if !p.Untested && p.Report != nil {
		out.Proven = provenBy(p.Report)
	}
	if k.given.Has("timeout") {
		out.Timeout = k.options.Timeout
	}
	if k.given.Has("max-time") {
		out.MaxTime = k.options.MaxTime
	}
	if old != nil {
		out.Secret, out.Check = old.Secret, old.Check
	}
	return out
}

// keep puts the password where the wizard was told to, unless it rests there.
// One that was only moved was not set anew.
func (k *keeper) keep(ctx context.Context, into *profile.Profile, p wizard.Proven) error {
	was := into.Secret
	into.Secret = profile.SecretRef{Store: profile.SecretStore(p.Place.Store)}
	same := !k.kept.IsZero() && p.Account.Password.Reveal() == k.kept.Reveal()
	switch {
	case !hasRecord(*into):
		into.Secret.Command = p.Place.Command
		return nil
	case p.Account.Password.IsZero(), same && was.Store == into.Secret.Store:
		into.Secret.ID, into.Secret.KeyFile, into.Secret.PasswordSet = was.ID, was.KeyFile, was.PasswordSet
		return nil
	}
	into.Secret.ID, into.Secret.PasswordSet = was.ID, time.Now()
	if same && !was.PasswordSet.IsZero() {
		into.Secret.PasswordSet = was.PasswordSet
	}
	if into.Secret.ID == "" {
		into.Secret.ID = secret.NewRef(into.Name).ID
	}
	if !p.Place.Passphrase.IsZero() {
		k.keys.Passphrase, k.file = p.Place.Passphrase, nil
	}
	if p.Place.Unlock == wizard.ByKeyFile && k.keys.KeyFile == "" {
		path, err := k.newKeyFile()
		if err != nil {
			return err
		}
		k.keys.KeyFile, k.file = path, nil
	}
	store, ref, err := k.store(*into)
	if err != nil {
		return err
	}
	if err := store.Set(ctx, ref, p.Account.Password); err != nil {
		return err
	}
	if into.Secret.Store == profile.StoreFile {
		into.Secret.KeyFile = k.keyFileInUse()
	}
	return nil
}

// undo takes away the password of a profile that could not be written.
func (k *keeper) undo(ctx context.Context, saved profile.Profile, old *profile.Profile) {
	if old != nil && old.Secret.ID == saved.Secret.ID && old.Secret.Store == saved.Secret.Store {
		return // its earlier value is gone; the profile still points to this one
	}
	if store, ref, err := k.store(saved); err == nil && ref.ID != "" {
		if err := store.Remove(ctx, ref); err != nil && !errors.Is(err, secret.ErrNotFound) {
			fmt.Fprintf(k.deps.streams.Err, "smtpwiz: warning: the password was not removed from the %s: %v\n", saved.Secret.Store, err)
		}
	}
}

// newKeyFile makes the key that opens the encrypted file without a person.
func (k *keeper) newKeyFile() (string, error) {
	path, err := secret.DefaultPath(k.deps.value)
	if err != nil {
		return "", err
	}
	path += ".key"
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	return path, secret.NewKeyFile(path)
}
