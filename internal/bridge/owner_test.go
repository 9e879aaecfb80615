package bridge

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

func TestOwnPorts(t *testing.T) {
	t.Parallel()
	only := func(table string) fstest.MapFS {
		return fstest.MapFS{table: {Data: []byte(row("::ffff:127.0.0.1", 1025, "0A", myUID))}}
	}
	six := func(rows ...string) fstest.MapFS {
		tables := proc()
		tables["net/tcp6"].Data = []byte(strings.Join(rows, ""))
		return tables
	}
	broken := proc(listening(1025, myUID))
	broken["net/tcp6"].Data = []byte(strings.Repeat("x", 1<<17)) // no line that can be read
	tests := []struct {
		name string
		proc fs.FS
		uid  int
		mine bool // port 1025
	}{
		{"mine", proc(listening(1025, myUID)), myUID, true},
		{"theirs", proc(listening(1025, theirUID)), myUID, false},
		{"root's", proc(listening(1025, 0)), myUID, false},
		{"mine, and I am root", proc(listening(1025, 0)), 0, true},
		{"nobody listens", proc(), myUID, false},
		{"on another port", proc(listening(1026, myUID)), myUID, false},
		{"on all addresses", proc(row("0.0.0.0", 1025, "0A", myUID)), myUID, true},
		{"on another address", proc(row("127.0.0.2", 1025, "0A", myUID)), myUID, false},
		{"a connection", proc(row("127.0.0.1", 1025, "01", myUID)), myUID, false},
		{"both", proc(listening(1025, myUID), row("0.0.0.0", 1025, "0A", theirUID)), myUID, false},
		{"both, the other way round", proc(listening(1025, theirUID), row("0.0.0.0", 1025, "0A", myUID)), myUID, false},
		{"mine, beside their connection", proc(row("127.0.0.1", 1025, "01", theirUID), listening(1025, myUID)), myUID, true},
		{"IPv6 on all addresses", six(row("::", 1025, "0A", myUID)), myUID, true},
		{"IPv4 by a socket of IPv6", six(row("::ffff:127.0.0.1", 1025, "0A", myUID)), myUID, true},
		{"IPv6 loopback only", six(row("::1", 1025, "0A", myUID)), myUID, false},
		{"no IPv6", only("net/tcp"), myUID, true},
		{"no IPv4", only("net/tcp6"), myUID, false},
		{"a table that cannot be read", broken, myUID, false},
		{"no table may be read", forbidden{}, myUID, false},
		{"no tables", nil, myUID, false},
		{"a user without a number", proc(listening(1025, overflowUID)), overflowUID, false},
		{"no users", proc(listening(1025, myUID)), -1, false},
		{"mine, and one of a large number", proc(listening(1025, myUID), row("0.0.0.0", 1025, "0A", 4_000_000_000)), myUID, false},
	}
	for _, tt := range tests {
		f := &Finder{Proc: tt.proc, UID: tt.uid}
		if got := f.ownPorts(); got[1025] != tt.mine {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

type forbidden struct{}

func (forbidden) Open(string) (fs.File, error) { return nil, fs.ErrPermission }

// Whatever stands in the tables, another's listener does not become one's own.
func FuzzReadTable(f *testing.F) {
	f.Add(listening(1025, theirUID))
	f.Add(row("::", 1025, "0A", myUID))
	f.Add("0: 0100007F:0401 00000000:0000 0A")
	f.Add("0: 7F:0401 a 0A b c d 1000\n0: 0100007F:10401 a 0A b c d -1\n")
	f.Fuzz(func(t *testing.T, table string) {
		_ = readTable(strings.NewReader(table), func(port, uid int) {
			if port < 0 || port > 65535 {
				t.Errorf("port %d", port)
			}
		})
		finder := &Finder{Proc: proc(listening(1025, theirUID), table), UID: myUID}
		if finder.ownPorts()[1025] {
			t.Error("another's port became one's own")
		}
	})
}

func TestReadTableFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	err := readTable(failing{broken}, func(int, int) { t.Error("a row came out of nothing") })
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
