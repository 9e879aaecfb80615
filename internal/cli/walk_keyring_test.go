//go:build linux

package cli

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
)

// keyring is a D-Bus session with a Secret Service in it, open and empty: as
// much of both as smtpwiz talks to.
type keyring struct {
	mu    sync.Mutex
	items map[dbus.ObjectPath]keyringItem
}

type keyringItem struct {
	label      string
	attributes map[string]string
	secret     keyringSecret
}

// keyringSecret is the Secret structure of the Secret Service API (oayays).
type keyringSecret struct {
	Session     dbus.ObjectPath
	Parameters  []byte
	Value       []byte
	ContentType string
}

const (
	keyringCollection = dbus.ObjectPath("/org/freedesktop/secrets/collection/login")
	noPrompt          = dbus.ObjectPath("/")
)

// newKeyring starts one and returns the variable that leads to it.
func newKeyring(t *testing.T) (*keyring, string) {
	t.Helper()
	socket := filepath.Join(emptyHome(t), "bus")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	k := &keyring{items: map[dbus.ObjectPath]keyringItem{}}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if err := k.serve(conn); err != nil && err != io.EOF {
					t.Errorf("keyring: %v", err)
				}
			}()
		}
	}()
	return k, "DBUS_SESSION_BUS_ADDRESS=unix:path=" + socket
}

// passwords are those that it keeps.
func (k *keyring) passwords() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []string
	for _, item := range k.items {
		out = append(out, string(item.secret.Value))
	}
	return out
}

// labels are the names under which it shows them.
func (k *keyring) labels() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []string
	for _, item := range k.items {
		out = append(out, item.label)
	}
	return out
}

func (k *keyring) serve(conn net.Conn) error {
	in := bufio.NewReader(conn)
	if err := admit(in, conn); err != nil {
		return err
	}
	for {
		m, err := dbus.DecodeMessage(in)
		if err != nil {
			return io.EOF // the program has left
		}
		results, err := k.call(m)
		if err != nil {
			return err
		}
		if err := answerCall(conn, m, results); err != nil {
			return io.EOF
		}
	}
}

// admit lets everybody in (D-Bus specification, "Authentication Protocol").
func admit(in *bufio.Reader, out io.Writer) error {
	if _, err := in.ReadByte(); err != nil { // a null byte goes before all
		return io.EOF
	}
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return io.EOF
		}
		switch word, rest, _ := strings.Cut(strings.TrimSpace(line), " "); {
		case word == "BEGIN":
			return nil
		case word == "AUTH" && rest != "":
			fmt.Fprint(out, "OK 0123456789abcdef0123456789abcdef\r\n")
		case word == "AUTH":
			fmt.Fprint(out, "REJECTED EXTERNAL\r\n")
		default:
			fmt.Fprint(out, "ERROR\r\n")
		}
	}
}

func answerCall(out io.Writer, m *dbus.Message, results []any) error {
	reply := &dbus.Message{Type: dbus.TypeMethodReply, Headers: map[dbus.HeaderField]dbus.Variant{
		dbus.FieldReplySerial: dbus.MakeVariant(m.Serial()),
		dbus.FieldSender:      dbus.MakeVariant("org.freedesktop.secrets"),
	}, Body: results}
	if len(results) > 0 {
		reply.Headers[dbus.FieldSignature] = dbus.MakeVariant(dbus.SignatureOf(results...))
	}
	return reply.EncodeTo(out, binary.LittleEndian)
}

// call does what a method asks.
func (k *keyring) call(m *dbus.Message) ([]any, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	path, _ := m.Headers[dbus.FieldPath].Value().(dbus.ObjectPath)
	member, _ := m.Headers[dbus.FieldMember].Value().(string)
	switch member {
	case "Hello":
		return []any{":1.1"}, nil
	case "NameHasOwner":
		return []any{true}, nil
	case "ReadAlias":
		return []any{keyringCollection}, nil
	case "Get": // of the collection: is it locked?
		return []any{dbus.MakeVariant(false)}, nil
	case "OpenSession":
		return []any{dbus.MakeVariant(""), dbus.ObjectPath("/org/freedesktop/secrets/session/1")}, nil
	case "CreateItem":
		return k.create(m)
	case "SearchItems":
		var wanted map[string]string
		err := dbus.Store(m.Body, &wanted)
		return []any{k.search(wanted), []dbus.ObjectPath{}}, err
	case "GetSecret":
		return []any{k.items[path].secret}, nil
	case "Set": // the label of an item
		var face, property string
		item := k.items[path]
		err := dbus.Store(m.Body, &face, &property, &item.label)
		k.items[path] = item
		return nil, err
	case "Delete":
		delete(k.items, path)
		return []any{noPrompt}, nil
	}
	return nil, fmt.Errorf("nobody taught this service %s", member)
}

func (k *keyring) create(m *dbus.Message) ([]any, error) {
	var properties map[string]dbus.Variant
	var item keyringItem
	var replace bool
	if err := dbus.Store(m.Body, &properties, &item.secret, &replace); err != nil {
		return nil, err
	}
	if err := properties["org.freedesktop.Secret.Item.Attributes"].Store(&item.attributes); err != nil {
		return nil, err
	}
	if err := properties["org.freedesktop.Secret.Item.Label"].Store(&item.label); err != nil {
		return nil, err
	}
	path := dbus.ObjectPath(fmt.Sprintf("%s/%d", keyringCollection, len(k.items)+1))
	k.items[path] = item
	return []any{path, noPrompt}, nil
}

func (k *keyring) search(wanted map[string]string) []dbus.ObjectPath {
	found := []dbus.ObjectPath{}
	for path, item := range k.items {
		fits := true
		for name, value := range wanted {
			fits = fits && item.attributes[name] == value
		}
		if fits {
			found = append(found, path)
		}
	}
	return found
}
