//go:build interop

package interop

import (
	"context"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"testing"
	"text/template"
	"time"
)

const (
	mailHost   = "mail.example.test" // the name on the certificates
	mailDomain = "example.test"
	marker     = "pa55-Marker-9fQ" // the password of the tests
	nobody     = 65534             // the user who owns the delivered mail
)

// account is a user of the site, for Dovecot and for Postfix.
type account struct {
	login    string
	password string
	address  string // the sender that the login owns
	hashed   bool   // stored as a salted hash, from which CRAM-MD5 and SCRAM cannot be done
}

var (
	alice = account{login: "alice@example.test", password: marker, address: "alice@example.test"}
	boss  = account{login: "boss@example.test", password: marker, address: "boss@example.test"}
	// A login in which SCRAM and OAUTHBEARER have to escape (RFC 5802 section
	// 5.1, RFC 7628 section 3.1), and a password that is not ASCII.
	odd = account{login: "o=d,d", password: "pä:55 wörd=,", address: "odd@example.test"}
	// An address that only SMTPUTF8 carries (RFC 6531).
	intl   = account{login: "intl", password: marker, address: "jürgen@example.test"}
	hashed = account{login: "hashed@example.test", password: marker, address: "hashed@example.test", hashed: true}

	accounts = []account{alice, boss, odd, intl, hashed}
)

// site is a provider on loopback: Postfix, Dovecot behind it for SASL, and a
// CA, with everything in one folder.
type site struct {
	dir   string
	certs certificates
	ports map[string]int // of each service, by its name; nothing listens on "dead"
	*postfix
	*dovecot
}

// startSite starts the servers and has them stopped when the test ends.
func startSite(t *testing.T) *site {
	t.Helper()
	s := &site{dir: sharedDir(t), ports: map[string]int{}}
	s.certs = issueCertificates(t, s.dir)
	free := freePorts(t, len(services)+2)
	for i, svc := range services {
		s.ports[svc.name] = free[i]
	}
	s.ports["dead"], s.ports["sasl"] = free[len(services)], free[len(services)+1]
	s.dovecot = startDovecot(t, s)
	s.postfix = startPostfix(t, s)
	return s
}

// requireServers fails with the line that installs what is missing.
func requireServers(t *testing.T) {
	t.Helper()
	const install = "apt-get install postfix dovecot-core swaks"
	for _, program := range []string{"postfix", "postconf", "dovecot", "swaks"} {
		if lookPath(program) == "" {
			t.Fatalf("%s is not installed: %s", program, install)
		}
	}
	if os.Geteuid() != 0 {
		t.Fatal("Postfix and Dovecot start as root only: run this as root, in a container for instance")
	}
	if version := command(t, "dovecot", "--version"); !strings.HasPrefix(version, "2.3.") {
		t.Fatalf("the configuration here is for Dovecot 2.3, as in Debian 12, and this is %s", version)
	}
}

// lookPath finds a program also where servers live, which is not in everybody's
// PATH. Without it, the answer is "".
func lookPath(program string) string {
	for _, name := range []string{program, "/usr/sbin/" + program} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// sharedDir is a temporary folder that the servers' own users may enter, which
// those of t.TempDir are not.
func sharedDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "smtpwiz-interop-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// freePorts picks ports of loopback on which nobody listens, below the range
// from which systems take the ports of outgoing connections, so that none is
// gone before the servers have it.
func freePorts(t *testing.T, n int) []int {
	t.Helper()
	var ports []int
	for attempt := 0; len(ports) < n && attempt < 1000; attempt++ {
		listener, err := net.Listen("tcp", loopback(20000+rand.IntN(12000)))
		if err != nil {
			continue
		}
		defer listener.Close() // each stays taken until all are found
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	if len(ports) < n {
		t.Fatal("there are no free ports on 127.0.0.1")
	}
	return ports
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// lifetime is after how many seconds a server ends by itself, for the case that
// this process is killed before it can stop it: not before the test has to end.
func lifetime(t *testing.T) string {
	t.Helper()
	deadline, ok := t.Deadline()
	if !ok {
		deadline = time.Now().Add(time.Hour)
	}
	return strconv.Itoa(int(time.Until(deadline).Seconds()) + 1)
}

// command runs a program, which has to end well, and returns what it wrote.
func command(t *testing.T, program string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, lookPath(program), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// eventually asks until the answer is yes, for at most ten seconds.
func eventually(t *testing.T, what string, yes func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !yes() {
		select {
		case <-deadline:
			t.Fatalf("waited 10 s in vain for %s", what)
		case <-again.C:
		}
	}
}

// makeDir makes a folder and gives it to a user.
func makeDir(t *testing.T, path string, uid int) {
	t.Helper()
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, uid, -1); err != nil {
		t.Fatal(err)
	}
}

func userID(t *testing.T, name string) int {
	t.Helper()
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		t.Fatal(err)
	}
	return uid
}

func execute(t *testing.T, tmpl *template.Template, values any) []byte {
	t.Helper()
	var b strings.Builder
	if err := tmpl.Execute(&b, values); err != nil {
		t.Fatal(err)
	}
	return []byte(b.String())
}

// showLog prints the end of a server's log when the test has failed.
func showLog(t *testing.T, path string) {
	t.Cleanup(func() {
		if t.Failed() {
			lines := strings.Split(readLog(path), "\n")
			const most = 100
			t.Logf("the end of %s:\n%s", path, strings.Join(lines[max(0, len(lines)-most):], "\n"))
		}
	})
}

func readLog(path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(content)
}
