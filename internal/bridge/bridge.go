// Package bridge finds Proton Mail Bridge on this machine: where it answers and
// how, its certificate, whose process it is, and who sits on its ports in its
// place. It connects to 127.0.0.1 only, never with credentials.
//
//	found := bridge.New(version).Find(ctx)
//	switch {
//	case !found.Endpoint.IsZero(): // found.Certificate is there to be pinned
//	case found.Installed:          // it is not running
//	}
//
// Bridge is recognised by its greeting and by the name in its certificate.
// Neither proves anything: who wants to can copy both. Any user of the machine
// may listen on a port above 1023, and where one does, Bridge moves on to the
// next free port. What nobody can forge is the user id that the kernel keeps
// with the listening socket. If it is the user's own, then whoever is behind it
// can read the password of Bridge anyway, and the certificate may be pinned
// without a question (OwnProcess); else a person has to compare the fingerprint.
package bridge

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/probe"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Bridge listens on firstPort or, where that is taken when it first starts, on
// the next free one. It can be moved anywhere; the search ends at lastPort.
// From: ProtonMail/proton-bridge dbef40cf, internal/vault/types_settings.go.
const (
	host      = "127.0.0.1"
	firstPort = 1025
	lastPort  = 1035
)

// limit bounds a whole search.
const limit = 2 * time.Second

// Finder looks for Bridge. Its fields are what a test replaces. It may be used
// by several goroutines.
type Finder struct {
	Prober *probe.Prober // connects to the ports
	Ports  []int         // in the order in which Bridge takes them

	Proc fs.FS // the proc file system of Linux, nil for none
	UID  int   // the user's own

	System   string // as runtime.GOOS has it
	LookPath func(program string) (string, error)
	Getenv   func(name string) string
	Exists   func(path string) bool
}

// New returns a finder on this machine.
func New(version string) *Finder {
	f := &Finder{
		Prober: probe.New(version),
		UID:    os.Getuid(),
		System: runtime.GOOS, LookPath: exec.LookPath, Getenv: os.Getenv,
		Exists: func(path string) bool { _, err := os.Stat(path); return err == nil },
	}
	for port := firstPort; port <= lastPort; port++ {
		f.Ports = append(f.Ports, port)
	}
	if runtime.GOOS == "linux" {
		f.Proc = os.DirFS("/proc")
	}
	return f
}

// Found is what there is of Bridge. Its texts are safe to print.
type Found struct {
	// Installed: the program is there, as it is where it answers.
	Installed bool
	// Endpoint is where it answers, zero if it does not.
	Endpoint submission.Endpoint
	// Certificate is the one it shows there, nil if it does not answer.
	Certificate *report.Certificate
	// OwnProcess: the listening socket belongs to the user who runs us. False
	// where the system does not tell, which only Linux does.
	OwnProcess bool
	// Occupants are the others on the ports up to Bridge's, on all of them if
	// it does not answer, in the order of the ports.
	Occupants []Occupant
}

// Occupant is another program on a port of Bridge's.
type Occupant struct {
	Port int
	Name string // as in "1025 is Mailpit", "" where it does not tell
}

// Find looks at all ports side by side, for about two seconds at most: as soon
// as it is clear where the user's Bridge answers, the ports behind are not
// waited for. A Bridge of the user's own is preferred to another's. With a
// context that is cancelled it returns what is known by then.
func (f *Finder) Find(ctx context.Context) Found {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	before := f.ownPorts()
	var answering []seen
	for _, look := range f.lookAtAll(ctx) {
		s, ok := await(ctx, look)
		if !ok || !s.open {
			continue
		}
		// Asked before and after, so that nobody can have slipped in between.
		s.own = s.isBridge() && before[s.endpoint.Port] && f.ownPorts()[s.endpoint.Port]
		answering = append(answering, s)
		if s.own || s.isBridge() && f.Proc == nil {
			break
		}
	}
	found := settle(answering)
	found.Installed = !found.Endpoint.IsZero() || f.installed()
	return found
}

// lookAtAll begins to look at each port and returns where the outcomes come.
func (f *Finder) lookAtAll(ctx context.Context) []<-chan seen {
	var looks []<-chan seen
	for _, port := range f.Ports {
		outcome := make(chan seen, 1) // nobody may be waiting for it any more
		go func() { outcome <- f.look(ctx, port) }()
		looks = append(looks, outcome)
	}
	return looks
}

func await(ctx context.Context, look <-chan seen) (seen, bool) {
	select {
	case s := <-look:
		return s, true
	case <-ctx.Done():
		return seen{}, false
	}
}

// settle chooses Bridge among those that answer, in the order of their ports.
func settle(answering []seen) Found {
	best := -1
	for i, s := range answering {
		if s.isBridge() && (best < 0 || s.own && !answering[best].own) {
			best = i
		}
	}
	var found Found
	for i, s := range answering {
		if i == best {
			found.Endpoint, found.Certificate, found.OwnProcess = s.endpoint, s.certificate, s.own
			break
		}
		found.Occupants = append(found.Occupants, Occupant{Port: s.endpoint.Port, Name: s.name()})
	}
	return found
}
