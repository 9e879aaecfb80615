//go:build !darwin && !windows

package secret

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/godbus/dbus/v5"

	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// This is the Secret Service API of freedesktop.org, spoken directly: go-keyring
// would have the bus start a daemon, open a window to unlock a collection, and
// wait for both without limit.
const (
	secretsName     = "org.freedesktop.secrets"
	secretsPath     = dbus.ObjectPath("/org/freedesktop/secrets")
	serviceFace     = "org.freedesktop.Secret.Service"
	collectionFace  = "org.freedesktop.Secret.Collection"
	itemFace        = "org.freedesktop.Secret.Item"
	promptFace      = "org.freedesktop.Secret.Prompt"
	propertiesFace  = "org.freedesktop.DBus.Properties"
	noObject        = dbus.ObjectPath("/")
	genericSchema   = "org.freedesktop.Secret.Generic"
	busName         = "org.freedesktop.DBus"
	busPath         = dbus.ObjectPath("/org/freedesktop/DBus")
	unlockHint      = "unlock it (it opens when you log in to the desktop; Seahorse or KWalletManager do it too), " + otherStore
	startHint       = "log in to a desktop, start the keyring yourself, " + otherStore
	contentTypeText = "text/plain; charset=utf8"
)

// dbusSecret is the API's Secret structure (oayays).
type dbusSecret struct {
	Session     dbus.ObjectPath
	Parameters  []byte
	Value       []byte
	ContentType string
}

func (k Keyring) available(ctx context.Context) error {
	s, err := k.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	_, err = s.openCollection()
	return err
}

func (k Keyring) get(ctx context.Context, ref Ref) (submission.Secret, error) {
	s, err := k.connect(ctx)
	if err != nil {
		return submission.Secret{}, err
	}
	defer s.close()
	items, err := s.find(ref)
	if err != nil {
		return submission.Secret{}, err
	}
	session, err := s.session()
	if err != nil {
		return submission.Secret{}, err
	}
	var found dbusSecret
	if err := s.call(items[0], itemFace+".GetSecret", []any{&found}, session); err != nil {
		return submission.Secret{}, err
	}
	if len(found.Value) == 0 || len(found.Value) > MaxSize {
		return submission.Secret{}, &Error{Kind: ErrEmpty, Text: "the keyring's entry for " + ref.String() + " holds no password"}
	}
	return submission.NewSecret(string(found.Value)), nil
}

func (k Keyring) set(ctx context.Context, ref Ref, password submission.Secret) error {
	s, err := k.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	collection, err := s.openCollection()
	if err != nil {
		return err
	}
	session, err := s.session()
	if err != nil {
		return err
	}
	properties := map[string]dbus.Variant{
		itemFace + ".Label":      label(ref),
		itemFace + ".Attributes": dbus.MakeVariant(attributes(ref, "xdg:schema", genericSchema)),
	}
	value := dbusSecret{Session: session, Parameters: []byte{}, Value: []byte(password.Reveal()), ContentType: contentTypeText}
	const replace = true
	var item, prompt dbus.ObjectPath
	if err := s.call(collection, collectionFace+".CreateItem", []any{&item, &prompt}, properties, value, replace); err != nil {
		return err
	}
	return s.noPrompt(prompt)
}

func (k Keyring) relabel(ctx context.Context, ref Ref) error {
	s, err := k.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	items, err := s.find(ref)
	if err != nil {
		return err
	}
	for _, item := range items {
		if err := s.call(item, propertiesFace+".Set", nil, itemFace, "Label", label(ref)); err != nil {
			return err
		}
	}
	return nil
}

func label(ref Ref) dbus.Variant { return dbus.MakeVariant("smtpwiz: " + ref.String()) }

func (k Keyring) remove(ctx context.Context, ref Ref) error {
	s, err := k.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	items, err := s.find(ref)
	if err != nil {
		return err
	}
	for _, item := range items {
		var prompt dbus.ObjectPath
		if err := s.call(item, itemFace+".Delete", []any{&prompt}); err != nil {
			return err
		}
		if err := s.noPrompt(prompt); err != nil {
			return err
		}
	}
	return nil
}

func attributes(ref Ref, more ...string) map[string]string {
	found := map[string]string{"service": service, "username": ref.ID}
	for pair := range slices.Chunk(more, 2) {
		found[pair[0]] = pair[1]
	}
	return found
}

// secretService is a connection of its own to a bus on which the service runs.
type secretService struct {
	ctx  context.Context // one call of Keyring long, as is the connection
	conn *dbus.Conn
}

func (k Keyring) connect(ctx context.Context) (*secretService, error) {
	address, err := k.busAddress()
	if err != nil {
		return nil, err
	}
	conn, err := dbus.Connect(address, dbus.WithContext(ctx))
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, &Error{Kind: ErrNoKeyring, Cause: err, Todo: startHint,
			Text: fmt.Sprintf("the D-Bus session at %s cannot be reached: %s", reply.Safe(address), reply.Safe(err.Error()))}
	}
	s := &secretService{ctx, conn}
	if err := s.mustRun(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// busAddress returns the session bus's, if there is one already: libraries
// start one (and leave it behind) where there is none.
func (k Keyring) busAddress() (string, error) {
	address := k.env("DBUS_SESSION_BUS_ADDRESS")
	if address != "" && !strings.HasPrefix(address, "autolaunch:") {
		return address, nil
	}
	if dir := k.env("XDG_RUNTIME_DIR"); dir != "" {
		socket := filepath.Join(dir, "bus")
		if info, err := os.Stat(socket); err == nil && info.Mode()&os.ModeSocket != 0 {
			return "unix:path=" + dbus.EscapeBusAddressValue(socket), nil
		}
	}
	return "", &Error{Kind: ErrNoKeyring, Text: "there is no keyring: no D-Bus session, which is normal over ssh, in containers and for services",
		Todo: "use --secret-store file, command or none"}
}

// mustRun asks the bus, which does not make it start anything.
func (s *secretService) mustRun() error {
	var running bool
	if err := s.callTo(busName, busPath, busName+".NameHasOwner", []any{&running}, secretsName); err != nil {
		return err
	}
	if running {
		return nil
	}
	var startable []string
	if err := s.callTo(busName, busPath, busName+".ListActivatableNames", []any{&startable}); err != nil {
		return err
	}
	if slices.Contains(startable, secretsName) {
		return &Error{Kind: ErrNoKeyring, Text: "the keyring is installed but does not run in this session", Todo: startHint}
	}
	return &Error{Kind: ErrNoKeyring, Text: "no keyring service runs in this D-Bus session",
		Todo: "install gnome-keyring, KWallet or KeePassXC, " + otherStore}
}

// session is for secrets in clear: the bus is a socket of the user's own.
func (s *secretService) session() (dbus.ObjectPath, error) {
	var output dbus.Variant
	var session dbus.ObjectPath
	err := s.call(secretsPath, serviceFace+".OpenSession", []any{&output, &session}, "plain", dbus.MakeVariant(""))
	return session, err
}

// openCollection returns the user's default collection, unlocked.
func (s *secretService) openCollection() (dbus.ObjectPath, error) {
	var collection dbus.ObjectPath
	if err := s.call(secretsPath, serviceFace+".ReadAlias", []any{&collection}, "default"); err != nil {
		return noObject, err
	}
	if collection == noObject {
		return noObject, &Error{Kind: ErrLocked, Text: "the keyring has no default collection yet, or shows none while it is locked",
			Todo: "make one with Seahorse or KWalletManager, " + otherStore}
	}
	var locked dbus.Variant
	if err := s.call(collection, propertiesFace+".Get", []any{&locked}, collectionFace, "Locked"); err != nil {
		return noObject, err
	}
	if locked.Value() == true {
		return noObject, errLocked()
	}
	return collection, nil
}

func errLocked() error {
	return &Error{Kind: ErrLocked, Text: "the keyring is locked", Todo: unlockHint}
}

// find returns the unlocked items of ref, at least one. Some services show no
// items of a locked collection: then it is locked rather than not found.
func (s *secretService) find(ref Ref) ([]dbus.ObjectPath, error) {
	var unlocked, locked []dbus.ObjectPath
	if err := s.call(secretsPath, serviceFace+".SearchItems", []any{&unlocked, &locked}, attributes(ref)); err != nil {
		return nil, err
	}
	switch {
	case len(unlocked) > 0:
		return unlocked, nil
	case len(locked) > 0:
		return nil, errLocked()
	}
	if _, err := s.openCollection(); err != nil {
		return nil, err
	}
	return nil, notInKeyring(ref)
}

// noPrompt: a service answers with a prompt where it wants to ask the user
// first. Nothing has been done then; the prompt is sent away unseen.
func (s *secretService) noPrompt(prompt dbus.ObjectPath) error {
	if prompt == noObject || prompt == "" {
		return nil
	}
	_ = s.call(prompt, promptFace+".Dismiss", nil)
	return &Error{Kind: ErrLocked, Text: "the keyring wants to ask you first", Todo: unlockHint}
}

func (s *secretService) call(path dbus.ObjectPath, method string, results []any, args ...any) error {
	return s.callTo(secretsName, path, method, results, args...)
}

// callTo never has the bus start a daemon for the name.
func (s *secretService) callTo(name string, path dbus.ObjectPath, method string, results []any, args ...any) error {
	err := s.conn.Object(name, path).CallWithContext(s.ctx, method, dbus.FlagNoAutoStart, args...).Store(results...)
	var refusal dbus.Error
	switch {
	case err == nil:
		return nil
	case s.ctx.Err() != nil:
		return s.ctx.Err()
	case errors.As(err, &refusal) && refusal.Name == "org.freedesktop.Secret.Error.IsLocked":
		return errLocked()
	}
	return &Error{Kind: ErrNoKeyring, Text: "the keyring refuses: " + reply.Safe(err.Error()), Todo: startHint, Cause: err}
}

func (s *secretService) close() { s.conn.Close() }
