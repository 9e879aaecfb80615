package cli

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/probe"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/smtptest"
	"github.com/smtpwiz/smtpwiz/internal/submission"
	"github.com/smtpwiz/smtpwiz/internal/terminal"
	"github.com/smtpwiz/smtpwiz/presets"
)

// The matrix of faults: every way to fail that can be brought about, through
// the command line and its JSON. Each run is in a bubble, whose clock stands
// still but for waits: so its time is known to the millisecond.

// mishap is a run that fails. The zero value of most fields is the ordinary.
type mishap struct {
	name     string
	args     []string                   // the server; nil: viaSSL
	script   string                     // what the server plays
	at       map[string]string          // in its place: address:port → a script, or a way to be no server; what is missing refuses
	leaf     smtptest.Leaf              // the zero value: a certificate for the server's name
	tls      func(*tls.Config)          // changes to how it is shown
	resolver map[string]smtptest.Answer // in place of one that knows the server
	mx       []string                   // of every domain
	vendor   string                     // of this machine

	want  string        // "7 auth bad_credentials password": status, stage, cause and field
	says  string        // part of what is said about it
	notes string        // part of the notes
	took  time.Duration // exactly
}

// Ways to be no server.
const (
	silent      = "silent"
	unreachable = "unreachable"
	resets      = "resets"
)

const (
	matrixHost = "smtp.example.test"
	polite     = "C: QUIT\nS: 221 2.0.0 bye" // the client says goodbye
	stageTime  = 5 * time.Second             // --timeout
	lookTime   = 2 * time.Second             // the probe's own bound on its second looks
	hush       = time.Second                 // of a server in clear, after which it looks beside
	deaf       = 2 * time.Second             // of a port that answers no connection, likewise
)

func viaSSL() []string { return []string{"--host", matrixHost, "--port", "465", "--security", "ssl"} }
func viaSTARTTLS() []string {
	return []string{"--host", matrixHost, "--port", "587", "--security", "starttls"}
}
func inClear() []string { return []string{"--host", "localhost", "--port", "25", "--security", "none"} }

// wires is the network of a run: what its addresses come to.
type wires struct {
	t  testing.TB
	ca *smtptest.CA
	m  mishap

	dial func(context.Context, *smtptest.Server) (net.Conn, error)

	mu      sync.Mutex
	servers map[string]*smtptest.Server
}

// newWires is a network of pipes.
func newWires(t testing.TB, ca *smtptest.CA, m mishap) *wires {
	return &wires{t: t, ca: ca, m: m, servers: map[string]*smtptest.Server{},
		dial: func(_ context.Context, s *smtptest.Server) (net.Conn, error) { return s.Dial(), nil }}
}

// onSockets is the same with TCP on loopback.
func onSockets(w *wires) *wires {
	w.dial = func(ctx context.Context, s *smtptest.Server) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", s.Listen().String())
	}
	return w
}

// places are the addresses with something there: the script at the one server, or
// what is told in its place.
func (m mishap) places() map[string]string {
	if m.at != nil || m.script == "" {
		return m.at
	}
	port, host := "465", "192.0.2.10"
	if i := slices.Index(m.args, "--port"); i >= 0 {
		port = m.args[i+1]
	}
	if slices.Contains(m.args, "localhost") {
		host = "127.0.0.1"
	}
	return map[string]string{net.JoinHostPort(host, port): m.script}
}

func (w *wires) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	place, ok := w.m.places()[address]
	fail := func(err error) (net.Conn, error) { return nil, &net.OpError{Op: "dial", Net: network, Err: err} }
	switch {
	case !ok:
		return fail(syscall.ECONNREFUSED)
	case place == unreachable:
		return fail(syscall.EHOSTUNREACH)
	case place == resets:
		return fail(syscall.ECONNRESET)
	case place == silent:
		<-ctx.Done()
		return fail(os.ErrDeadlineExceeded)
	}
	conn, err := w.dial(ctx, w.server(address, place))
	if err != nil {
		return nil, err
	}
	return &worldConn{conn, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(address))}, nil
}

// server plays the scripts of a place: several are parted by a line of dashes,
// each for one connection.
func (w *wires) server(address, place string) *smtptest.Server {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s, ok := w.servers[address]; ok {
		return s
	}
	leaf := w.m.leaf
	if len(leaf.Names) == 0 && leaf.CommonName == "" {
		leaf.Names = []string{matrixHost}
	}
	config := w.ca.Server(leaf)
	if w.m.tls != nil {
		w.m.tls(config)
	}
	w.servers[address] = smtptest.New(w.t, smtptest.Config{TLS: config, Scripts: strings.Split(place, "\n---\n")})
	return w.servers[address]
}

// verdict is what the JSON of a run says, as far as the matrix looks at it.
type verdict struct {
	Schema   string `json:"schema"`
	OK       bool   `json:"ok"`
	ExitCode int    `json:"exit_code"`
	Stages   []struct {
		Stage  report.Stage  `json:"stage"`
		Status report.Status `json:"status"`
	} `json:"stages"`
	Notes        []string `json:"notes"`
	Alternatives []struct {
		Port      int  `json:"port"`
		Reachable bool `json:"reachable"`
	} `json:"alternatives"`
	Diagnosis *struct {
		Cause    submission.Cause `json:"cause"`
		Summary  string           `json:"summary"`
		Field    string           `json:"field"`
		Evidence string           `json:"evidence"`
		Fixes    []struct{ Text string }
	} `json:"diagnosis"`
}

// failed is the stage that failed; nothing but QUIT may have run behind it.
func (v *verdict) failed(t *testing.T) report.Stage {
	t.Helper()
	var failed report.Stage
	for _, s := range v.Stages {
		switch {
		case s.Stage == report.Quit:
		case failed != "" && s.Status != report.Skipped:
			t.Errorf("%s ran after %s had failed", s.Stage, failed)
		case s.Status == report.Failed:
			failed = s.Stage
		}
	}
	return failed
}

// run is `smtpwiz test --json` on a mishap.
func (m mishap) run(t *testing.T, ca *smtptest.CA, roots string) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		status, out := m.command(t, newWires(t, ca, m), roots)
		took := time.Since(began)
		m.check(t, status, out)
		if took != m.took {
			t.Errorf("it took %s, want %s", took, m.took)
		}
	})
}

// command runs the program in the mishap's network and returns its status and
// what it wrote on standard output.
func (m mishap) command(t testing.TB, dialer probe.Dialer, roots string) (status int, out string) {
	t.Helper()
	resolver := smtptest.Resolver{matrixHost: smtptest.Addrs("192.0.2.10"), "localhost": smtptest.Addrs("127.0.0.1"), "smtp.zoho.com": smtptest.Addrs("192.0.2.10")}
	if m.resolver != nil {
		resolver = m.resolver
	}
	prober := &probe.Prober{
		Resolver: resolver, Dialer: dialer, Version: "test",
		Hostname: func() (string, error) { return "client.example.test", nil },
		Vendor:   func() (string, error) { return m.vendor, nil },
		Exchangers: func(context.Context, string) (mx []*net.MX, err error) {
			for _, host := range m.mx {
				mx = append(mx, &net.MX{Host: host + "."})
			}
			return mx, nil
		},
	}
	var stdout, stderr bytes.Buffer
	d := &deps{
		streams: &terminal.Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr, Getenv: func(string) string { return "" }},
		getenv:  func(string) (string, bool) { return "", false },
		known:   preset.New(presets.FS, ""), prober: prober, version: "test", password: submission.NewSecret(marker),
	}
	args := []string{"test", "--json", "--transcript", "--config", filepath.Join(filepath.Dir(roots), "config.toml"), "--ca-file", roots,
		"--timeout", stageTime.String()}
	args = append(args, m.args...)
	if m.args == nil {
		args = append(args, viaSSL()...)
	}
	if !slices.Contains(args, "--username") {
		args = append(args, "--username", "you@example.test")
	}
	status = run(t.Context(), d, args)
	if stderr.Len() > 0 {
		t.Errorf("on standard error: %s", stderr.String())
	}
	return status, stdout.String()
}

// check holds a result against what is wanted, and against what must hold of any.
func (m mishap) check(t *testing.T, status int, out string) {
	t.Helper()
	var v verdict
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	if v.Schema != "smtpwiz.result/1" || v.OK || v.ExitCode != status || v.Diagnosis == nil {
		t.Fatalf("status %d, and the JSON has\n%s", status, out)
	}
	got := strings.TrimSpace(fmt.Sprintf("%d %s %s %s", status, v.failed(t), v.Diagnosis.Cause, v.Diagnosis.Field))
	said := v.Diagnosis.Summary
	for _, f := range v.Diagnosis.Fixes {
		said += "\n" + f.Text
	}
	if got != m.want {
		t.Errorf("got %s, want %s\n%s\n%s", got, m.want, said, v.Diagnosis.Evidence)
	}
	if !strings.Contains(said, m.says) {
		t.Errorf("%q is not in\n%s", m.says, said)
	}
	if !strings.Contains(strings.Join(v.Notes, "\n"), m.notes) {
		t.Errorf("%q is not in the notes %q", m.notes, v.Notes)
	}
	if v.Diagnosis.Summary == "" || len(v.Diagnosis.Fixes) == 0 {
		t.Errorf("nothing is said of it: %q", said)
	}
	checkSafe(t, out)
}

// checkSafe: no secret in it, in no encoding, and nothing that a terminal obeys.
func checkSafe(t *testing.T, out string) {
	t.Helper()
	low := strings.ToLower(out)
	for _, e := range append(echoes(), "AHlvdUBleGFtcGxlLnRlc3QAcGE1NS1NYXJrZXItOWZR") {
		if strings.Contains(low, strings.ToLower(e)) {
			t.Errorf("the password is in it, as %q:\n%s", e, out)
		}
	}
	for _, r := range out {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == unicode.ReplacementChar) {
			t.Fatalf("%q is in it:\n%s", r, out)
		}
	}
}

// matrixRoots writes an authority to a file.
func matrixRoots(t testing.TB, ca *smtptest.CA) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, ca.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMatrix(t *testing.T) {
	t.Parallel()
	ca := smtptest.NewCA()
	roots := matrixRoots(t, ca)
	for _, m := range mishaps() {
		t.Run(m.name, func(t *testing.T) { m.run(t, ca, roots) })
	}
}

// What pipes do not have: a connection aborted, and one that is over in one
// direction only, at each point of a session. Both are seen and not waited for.
func TestMatrixOnSockets(t *testing.T) {
	t.Parallel()
	ca := smtptest.NewCA()
	roots := matrixRoots(t, ca)
	const patience = time.Minute // of a stage: none may use it
	for security, args := range map[string][]string{"ssl": viaSSL(), "starttls": viaSTARTTLS(), "none": inClear()} {
		beats := smtptest.Dialogue(security)
		for i, b := range beats {
			for _, how := range []string{"reset", "half"} {
				if i == 0 && how == "reset" {
					continue // it may overtake the end of connecting; "reset while connecting" is that
				}
				name := fmt.Sprintf("%s at %d %s of %s", how, i, b.Stage, security)
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					said := slices.ContainsFunc(beats[:i], func(b smtptest.Beat) bool { return b.Stage == "ehlo" })
					cause, _ := cutShort("the end", b.Stage, said)
					m := mishap{args: append(args, "--timeout", patience.String()), want: fmt.Sprintf("%d %s %s", exitAt[b.Stage], b.Stage, cause),
						script: smtptest.Script(append(beats[:i:i], smtptest.Beat{Stage: b.Stage, Client: b.Client}), how)}
					began := time.Now()
					status, out := m.command(t, onSockets(newWires(t, ca, m)), roots)
					m.check(t, status, out)
					if took := time.Since(began); took >= patience {
						t.Errorf("it waited for %s", took)
					}
				})
			}
		}
	}
}

// BenchmarkDiagnosis is the time until a run that fails says why: where port and
// security do not fit together, and where a network blocks the preferred port.
func BenchmarkDiagnosis(b *testing.B) {
	const most = 3 * time.Second
	ca := smtptest.NewCA()
	roots := matrixRoots(b, ca)
	for _, m := range mishaps() {
		if !slices.Contains([]string{"a port of STARTTLS asked for TLS", "a port of TLS asked in clear", "a blocked port", "port 25 is blocked"}, m.name) {
			continue
		}
		b.Run(m.name, func(b *testing.B) {
			if m.args == nil {
				m.args = viaSSL()
			}
			m.args = append(m.args, "--timeout", "15s") // as it is without the flag
			for b.Loop() {
				began := time.Now()
				status, out := m.command(b, onSockets(newWires(b, ca, m)), roots)
				if took := time.Since(began); took > most || fmt.Sprint(status) != strings.Fields(m.want)[0] {
					b.Fatalf("status %d after %s:\n%s", status, took, out)
				}
			}
		})
	}
}

// unprovoked are the causes that no server can bring about here, with the reason.
var unprovoked = map[submission.Cause]string{
	submission.NotDelivered: "the mail would have to be looked for in the mailbox, which --check delivery is to do",
}

// Every cause of the contract is in the matrix, or stands above with a reason.
func TestMatrixIsWhole(t *testing.T) {
	t.Parallel()
	provoked := map[submission.Cause]bool{}
	for _, m := range mishaps() {
		provoked[submission.Cause(strings.Fields(m.want)[2])] = true
	}
	for _, c := range submission.Causes() {
		if why := unprovoked[c]; provoked[c] == (why != "") {
			t.Errorf("%s: provoked %t, reason %q", c, provoked[c], why)
		}
		delete(provoked, c)
	}
	for c := range maps.Keys(provoked) {
		t.Errorf("%s is no cause", c)
	}
}
