package bridge

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"net/netip"
	"strconv"
	"strings"
)

// overflowUID stands for every user that has no number in our user namespace
// (user_namespaces(7)): no two of them need be the same.
const overflowUID = 65534

// ownPorts are the ports of 127.0.0.1 on which the user's own processes listen
// and nobody else's. It is empty where the system does not tell.
func (f *Finder) ownPorts() map[int]bool {
	if f.Proc == nil || f.UID < 0 || f.UID == overflowUID {
		return nil
	}
	own := map[int]bool{}
	// A socket of IPv6 may serve IPv4 too; without IPv6 there is no second table.
	for _, table := range []string{"net/tcp", "net/tcp6"} {
		err := listeners(f.Proc, table, func(port, uid int) {
			before, known := own[port]
			own[port] = uid == f.UID && (before || !known)
		})
		if err != nil && !(table == "net/tcp6" && errors.Is(err, fs.ErrNotExist)) {
			return nil
		}
	}
	return own
}

// listeners calls each for every listening socket that takes connections to 127.0.0.1.
func listeners(proc fs.FS, table string, each func(port, uid int)) error {
	file, err := proc.Open(table)
	if err != nil {
		return err
	}
	defer file.Close()
	return readTable(file, each)
}

// readTable reads a table of TCP sockets as the kernel prints it
// (Documentation/networking/proc_net_tcp.rst).
func readTable(r io.Reader, each func(port, uid int)) error {
	const (
		local, state, uid = 1, 3, 7 // columns
		listening         = "0A"
	)
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		row := strings.Fields(lines.Text())
		if len(row) <= uid || row[state] != listening {
			continue
		}
		at, ok := parseLocal(row[local])
		owner, err := strconv.ParseUint(row[uid], 10, 32)
		if !ok || err != nil {
			continue
		}
		if addr := at.Addr().Unmap(); addr.IsUnspecified() || addr == netip.MustParseAddr(host) {
			each(int(at.Port()), int(owner))
		}
	}
	return lines.Err()
}

// parseLocal reads address:port in hexadecimal. An address is printed in words of
// 32 bits, each in the byte order of the machine.
func parseLocal(s string) (netip.AddrPort, bool) {
	address, number, _ := strings.Cut(s, ":")
	raw, err := hex.DecodeString(address)
	if err != nil || len(raw) != 4 && len(raw) != 16 {
		return netip.AddrPort{}, false
	}
	for word := raw; len(word) > 0; word = word[4:] {
		binary.NativeEndian.PutUint32(word, binary.BigEndian.Uint32(word))
	}
	addr, _ := netip.AddrFromSlice(raw)
	port, err := strconv.ParseUint(number, 16, 16)
	return netip.AddrPortFrom(addr, uint16(port)), err == nil
}
