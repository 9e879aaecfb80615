package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/smtpwiz/smtpwiz/internal/profile"
	"github.com/smtpwiz/smtpwiz/internal/secret"
	"github.com/smtpwiz/smtpwiz/internal/settings"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

func newSecretCmd(d *deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "secret",
		Short: "Set, check and remove the password of a profile",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	keepingFlags(cmd.PersistentFlags())
	set := profilesSub(d, "set PROFILE", "Keep a password for a profile, in place of the one before", oneArgument("PROFILE"), nil)
	set.Long = `set keeps a password for a profile. It is asked for in a terminal, or read by
--password-stdin or --password-file; --secret-store moves it elsewhere: keyring,
file (encrypted, opened by a passphrase or a key file), command (then
--password-command is what prints it), or none (it is given each time).`
	f := set.Flags()
	f.Bool("password-stdin", false, "read the password from standard input")
	f.String("password-file", "", "read the password from this `file`")
	f.String("password-command", "", "with --secret-store command: the `command` that prints the password")
	f.String("secret-store", "", "where it rests: keyring, file, command or none (default: where it does now)")
	set.RunE = func(cmd *cobra.Command, args []string) error { return runSecretSet(cmd, d, args[0]) }
	cmd.AddCommand(set,
		profilesSub(d, "check PROFILE", "See whether a profile's password can be read, without showing it", oneArgument("PROFILE"), checkSecret),
		profilesSub(d, "remove PROFILE", "Forget the password of a profile, which stays", oneArgument("PROFILE"), removeSecret),
		newRekeyCmd(d),
	)
	return cmd
}

func runSecretSet(cmd *cobra.Command, d *deps, name string) error {
	ctx := cmd.Context()
	given, err := answersOf(d, cmd)
	if err != nil {
		return err
	}
	k, err := newKeeping(d, cmd)
	if err != nil {
		return err
	}
	p, err := k.profile(name)
	if err != nil {
		return err
	}
	if err := choosePlace(&p, given); err != nil {
		return err
	}
	if err := k.setSecret(ctx, &p, given); err != nil {
		return secretError(ctx, err)
	}
	before, err := k.savePlace(ctx, &p)
	if err != nil {
		k.takeBack(ctx, p)
		return err
	}
	k.forget(ctx, before, p)
	_, err = fmt.Fprintf(d.streams.Out, "The password of %s rests in: %s.\n", p.Name, describe(p, false).Secret.words())
	return err
}

// choosePlace puts where the password is to rest into the profile.
func choosePlace(p *profile.Profile, given settings.Answers) error {
	if store := given.Get("secret-store"); store != "" {
		if !slices.Contains(secret.Kinds(), store) {
			return &settings.UsageError{What: fmt.Sprintf("unknown store %q", store), Hint: "use " + strings.Join(secret.Kinds(), ", ")}
		}
		p.Secret.Store = profile.SecretStore(store)
	}
	line := given.Get("password-command")
	switch {
	case p.Secret.Store == "" || p.Secret.Store == profile.StoreNone && given.Get("secret-store") == "":
		return &settings.UsageError{What: "the password of " + p.Name + " is not kept anywhere", Hint: "add --secret-store keyring, file or command"}
	case p.Secret.Store == profile.StoreCommand && line == "":
		return &settings.UsageError{What: "the store command needs the command that prints the password", Hint: "add --password-command 'pass show mail/example'"}
	case p.Secret.Store != profile.StoreCommand && line != "":
		return &settings.UsageError{What: "--password-command goes with --secret-store command only", Hint: "use --password-stdin or --password-file"}
	}
	p.Secret.Command = line
	return nil
}

// setSecret reads the password and puts it where it is to rest. Of a command it
// proves that it prints one.
func (k *keeping) setSecret(ctx context.Context, p *profile.Profile, given settings.Answers) error {
	keyFile := p.Secret.KeyFile
	p.Secret.KeyFile, p.Secret.PasswordSet = "", time.Time{}
	if !hasRecord(*p) {
		if p.Secret.Store == profile.StoreCommand {
			_, err := k.password(ctx, *p)
			return err
		}
		return nil
	}
	if err := k.reserve(ctx, p); err != nil {
		return err // before a password is asked for
	}
	password, err := k.newPassword(ctx, p.Name, given)
	if err != nil {
		return err
	}
	p.Secret.KeyFile = keyFile
	store, ref, err := k.store(*p)
	if err != nil {
		return err
	}
	if err := store.Set(ctx, ref, password); err != nil {
		return err
	}
	p.Secret.KeyFile, p.Secret.PasswordSet = "", time.Now()
	if p.Secret.Store == profile.StoreFile {
		p.Secret.KeyFile = k.keyFileInUse()
	}
	return nil
}

// reserve gives the profile the id of its record before there is a record: one
// that the configuration does not know could not be found again.
func (k *keeping) reserve(ctx context.Context, p *profile.Profile) error {
	if p.Secret.ID != "" {
		return nil
	}
	return k.update(ctx, func(c *profile.Config) error {
		now, err := c.Get(p.Name)
		if err != nil {
			return err
		}
		if now.Secret.ID == "" { // or another was faster
			now.Secret.ID = secret.NewRef(p.Name).ID
		}
		p.Secret.ID = now.Secret.ID
		return c.Put(now)
	})
}

// savePlace notes where the password rests, in whatever the profile is called
// by now, and returns the profile as it was.
func (k *keeping) savePlace(ctx context.Context, p *profile.Profile) (before profile.Profile, err error) {
	err = k.update(ctx, func(c *profile.Config) error {
		if before, err = current(c, *p); err != nil {
			return err
		}
		now := before
		now.Secret = p.Secret
		p.Name = now.Name
		return c.Put(now)
	})
	return before, err
}

// takeBack removes a password that could not be noted, unless the configuration
// points to it all the same or cannot be asked.
func (k *keeping) takeBack(ctx context.Context, p profile.Profile) {
	config, err := k.config.Load()
	if err != nil || !hasRecord(p) {
		return
	}
	if now, ok := config.ByID(p.Secret.ID); !ok || now.Secret.Store != p.Secret.Store {
		k.removeRecord(context.WithoutCancel(ctx), p, "the new copy")
	}
}

func (k *keeping) removeRecord(ctx context.Context, p profile.Profile, what string) {
	store, ref, err := k.store(p)
	if err == nil {
		err = store.Remove(ctx, ref)
	}
	if err != nil && !errors.Is(err, secret.ErrNotFound) {
		k.warn("%s in the %s was not removed: %v", what, p.Secret.Store, err)
	}
}

func (k *keeping) newPassword(ctx context.Context, name string, given settings.Answers) (submission.Secret, error) {
	ways, err := passwordWays(k.deps, given)
	if err != nil {
		return submission.Secret{}, err
	}
	password, _, err := firstPassword(ctx, ways)
	if errors.Is(err, secret.ErrNotFound) && k.deps.streams.Interactive() {
		return ask(ctx, k.deps, "Password for "+name)
	}
	if errors.Is(err, secret.ErrNotFound) {
		return submission.Secret{}, &settings.UsageError{What: "no password was given", Hint: "use --password-stdin or --password-file, or set SMTPWIZ_PASSWORD"}
	}
	return password, err
}

// forget takes the password out of the place where it rested before, once the
// new place is saved.
func (k *keeping) forget(ctx context.Context, before, now profile.Profile) {
	if hasRecord(before) && (before.Secret.Store != now.Secret.Store || before.Secret.ID != now.Secret.ID) {
		k.removeRecord(ctx, before, "the old copy")
	}
}

func checkSecret(ctx context.Context, k *keeping, o profilesOptions) error {
	p, err := k.profile(o.args[0])
	if err != nil {
		return err
	}
	password, err := k.password(ctx, p)
	if err != nil {
		return secretError(ctx, err)
	}
	_, err = fmt.Fprintf(k.deps.streams.Out, "The password of %s can be read: %d characters, in %s.\n", p.Name, password.Len(), describe(p, false).Secret.words())
	return err
}

func removeSecret(ctx context.Context, k *keeping, o profilesOptions) error {
	p, err := k.profile(o.args[0])
	if err != nil {
		return err
	}
	store, ref, err := k.store(p)
	if err == nil {
		err = store.Remove(ctx, ref)
	}
	if err != nil && !errors.Is(err, secret.ErrNotFound) {
		return secretError(ctx, err)
	}
	if err := k.update(ctx, func(c *profile.Config) error {
		now, err := current(c, p)
		if err != nil {
			return err
		}
		now.Secret = profile.SecretRef{Store: profile.StoreNone}
		return c.Put(now)
	}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(k.deps.streams.Out, "The password of %s is forgotten; from now on it is asked for.\n", p.Name)
	return err
}

// newRekeyCmd changes what the encrypted file opens with.
func newRekeyCmd(d *deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rekey",
		Short: "Change the passphrase or key file of the encrypted passwords",
		Long: `rekey encrypts all passwords anew. The present passphrase or key file comes from
where it always does; the new one from --new-passphrase-file, --new-key-file, or
a question in a terminal.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runRekey(cmd, d) },
	}
	cmd.Flags().String("new-passphrase-file", "", "read the new passphrase from this `file`")
	cmd.Flags().String("new-key-file", "", "open it with this key `file` from now on")
	return cmd
}

func runRekey(cmd *cobra.Command, d *deps) error {
	ctx := cmd.Context()
	k, err := newKeeping(d, cmd)
	if err != nil {
		return err
	}
	given, err := answersOf(d, cmd)
	if err != nil {
		return err
	}
	config, err := k.load()
	if err != nil {
		return err
	}
	file, err := k.encrypted(savedKeyFile(config))
	if err != nil {
		return secretError(ctx, err)
	}
	if _, err := file.OpensWith(); errors.Is(err, secret.ErrNotFound) {
		return &settings.UsageError{What: "there is no encrypted file yet", Hint: "smtpwiz secret set PROFILE --secret-store file makes one"}
	}
	key, err := k.newKey(ctx, file, given)
	if err != nil {
		return secretError(ctx, err)
	}
	if err := file.Rekey(ctx, key); err != nil {
		return secretError(ctx, err)
	}
	keyFile := ""
	if key.Kind == secret.KeyFile {
		keyFile = given.Get("new-key-file")
	}
	if err := k.update(ctx, func(c *profile.Config) error { return useKeyFile(c, keyFile) }); err != nil {
		k.warn("%s opens with the new %s, but the profiles could not be told", file.Path, key.Kind)
		return err
	}
	_, err = fmt.Fprintf(d.streams.Out, "%s opens with the new %s.\n", file.Path, strings.ReplaceAll(string(key.Kind), "-", " "))
	return err
}

// newKey is what the file is to open with from now on.
func (k *keeping) newKey(ctx context.Context, file *secret.File, given settings.Answers) (secret.Key, error) {
	options := secret.KeyOptions{PassphraseFile: given.Get("new-passphrase-file"), KeyFile: given.Get("new-key-file"), Note: k.keys.Note, Prompt: k.keys.Prompt}
	if options.PassphraseFile != "" && options.KeyFile != "" {
		return secret.Key{}, &settings.UsageError{What: "--new-passphrase-file and --new-key-file exclude each other", Hint: "leave one of them out"}
	}
	key, err := options.Key(ctx, secret.Need{Path: file.Path, New: true})
	if errors.Is(err, secret.ErrNoKey) && options.KeyFile == "" {
		err = &settings.UsageError{What: "no new passphrase or key file was given", Hint: "use --new-passphrase-file or --new-key-file, or run it in a terminal"}
	}
	return key, err
}

// useKeyFile has every profile of the encrypted file name its key file.
func useKeyFile(c *profile.Config, path string) error {
	for _, p := range c.Profiles() {
		if p.Secret.Store != profile.StoreFile || p.Secret.KeyFile == path {
			continue
		}
		p.Secret.KeyFile = path
		if err := c.Put(p); err != nil {
			return err
		}
	}
	return nil
}
