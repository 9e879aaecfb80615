//go:build !darwin && !windows

package secret

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// keyringWith sees only these environment variables.
func keyringWith(env map[string]string) Keyring {
	return Keyring{Timeout: 100 * time.Millisecond, Getenv: func(name string) string { return env[name] }}
}

// checkAll tries each method.
func checkAll(t *testing.T, k Keyring, want error) {
	t.Helper()
	ref := Ref{ID: "a", Label: "work"}
	_, getErr := k.Get(t.Context(), ref)
	for name, err := range map[string]error{
		"get": getErr, "set": k.Set(t.Context(), ref, submission.NewSecret(marker)),
		"remove": k.Remove(t.Context(), ref), "relabel": k.Relabel(t.Context(), ref), "available": k.Available(t.Context()),
	} {
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
			continue
		}
		checkHint(t, err)
		if strings.Contains(err.Error(), marker) {
			t.Errorf("%s: the password is in the error", name)
		}
	}
}

func TestKeyringWithoutBus(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "bus"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, env := range map[string]map[string]string{
		"nothing set":             nil,
		"autolaunch":              {"DBUS_SESSION_BUS_ADDRESS": "autolaunch:"},
		"autolaunch with a scope": {"DBUS_SESSION_BUS_ADDRESS": "autolaunch:scope=*user"},
		"no socket there":         {"XDG_RUNTIME_DIR": filepath.Join(dir, "none")},
		"a file, no socket":       {"XDG_RUNTIME_DIR": dir},
		"dead":                    {"DBUS_SESSION_BUS_ADDRESS": "unix:path=" + dir + "/gone"},
		"nonsense":                {"DBUS_SESSION_BUS_ADDRESS": "\x1b[2J"},
		"program to start":        {"DBUS_SESSION_BUS_ADDRESS": "unixexec:path=/bin/touch,argv1=" + dir + "/started"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := keyringWith(env)
			checkAll(t, k, ErrNoKeyring)
			if err := k.Available(t.Context()); strings.Contains(err.Error(), "\x1b") {
				t.Errorf("%q is not safe to print", err.Error())
			}
		})
	}
	t.Cleanup(func() {
		if _, err := os.Stat(filepath.Join(dir, "started")); err == nil {
			t.Error("a program was started")
		}
	})
}

// TestKeyringOnSickBus: one takes the connection and says no more, the other
// hangs up at once.
func TestKeyringOnSickBus(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		serve func(net.Conn)
		want  error
	}{
		"silent":   {func(net.Conn) {}, ErrTimeout},
		"hangs up": {func(c net.Conn) { c.Close() }, ErrNoKeyring},
		"no D-Bus": {func(c net.Conn) { c.Write([]byte("220 smtp.example ESMTP\r\n")) }, ErrNoKeyring},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			socket := filepath.Join(shortDir(t), "bus")
			listener, err := net.Listen("unix", socket)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { listener.Close() })
			go func() {
				for {
					conn, err := listener.Accept()
					if err != nil {
						return
					}
					t.Cleanup(func() { conn.Close() })
					test.serve(conn)
				}
			}()
			k := keyringWith(map[string]string{"XDG_RUNTIME_DIR": filepath.Dir(socket)})
			if test.want != ErrTimeout {
				k.Timeout = time.Minute
			}
			checkAll(t, k, test.want)

			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := k.Get(ctx, Ref{ID: "a"}); !errors.Is(err, context.Canceled) || errors.Is(err, ErrTimeout) {
				t.Errorf("cancelled: %v", err)
			}
		})
	}
}

// shortDir: the path of a socket has room for a hundred bytes.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "bus")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
