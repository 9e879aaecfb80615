//go:build interop

package interop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/smtptest"
)

// TestBench compares smtpwiz with other programs that submit a message, on the
// same Postfix: whole processes, taking turns so that the machine's moods meet
// all of them. BENCH_RUNS says how often each one runs; without it nothing does.
func TestBench(t *testing.T) {
	runs, err := strconv.Atoi(os.Getenv("BENCH_RUNS"))
	if err != nil || runs < 1 {
		t.Skip("make bench runs this")
	}
	requireServers(t)
	b := &bench{site: startSite(t), dir: t.TempDir(), home: t.TempDir()}
	b.prepare(t)
	fmt.Printf("Each program %d times; the middle of the runs.\n", runs)
	b.compareMessages(t, runs)
	b.compareDistance(t)
	b.compareFaults(t, min(runs, 5))
	b.compareVersion(t, runs)
}

// bench is what the compared programs need.
type bench struct {
	*site
	dir, home     string
	smtpwiz, bare string // the programs built here
}

// attempt is one submission to be tried.
type attempt struct {
	security string // ssl or starttls
	port     int
	password string
	to       string
}

// peer is a program that is compared, and how it is called for an attempt.
type peer struct {
	name string
	call func(attempt) call
}

// call is how a program is started: by itself, since env(1) or a shell in front
// of it would be measured too.
type call struct {
	args  []string
	env   []string // beside that of the test
	stdin string   // a file's name
}

func (b *bench) prepare(t *testing.T) {
	t.Helper()
	b.bare, b.smtpwiz = b.install(t, "./testdata/bare"), b.install(t, "../../cmd/smtpwiz")
	text := "From: alice@example.test\nTo: alice@example.test\nSubject: test\n\n" +
		strings.Repeat("A line of text as long as others are.\n", 20)
	writeFile(t, b.dir+"/message", []byte(text), 0o644)
}

// install builds a program as a release is built, and copies it: a file fresh
// from the linker is mapped page by page, one that was installed in larger pieces.
func (b *bench) install(t *testing.T, source string) string {
	t.Helper()
	fresh, installed := b.dir+"/fresh", b.dir+"/"+filepath.Base(source)
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", fresh, source)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	program, err := os.ReadFile(fresh)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, installed, program, 0o755)
	return installed
}

// peers are those that are installed, the measure of all first.
func (b *bench) peers() []peer {
	all := []peer{
		{"bare Go client", func(a attempt) call {
			return call{args: []string{b.bare, a.security, loopback(a.port), mailHost, b.certs.ca, alice.login, a.password}}
		}},
		{"smtpwiz", b.callSmtpwiz},
		{"curl", func(a attempt) call {
			url, port := "smtps://"+mailHost+":", itoa(a.port)
			args := []string{"curl", "-sS", "--resolve", mailHost + ":" + port + ":127.0.0.1", "--cacert", b.certs.ca,
				"--user", alice.login + ":" + a.password, "--mail-from", alice.address, "--mail-rcpt", a.to, "--login-options", "AUTH=PLAIN", "--crlf", "-T", b.dir + "/message"}
			if a.security == "starttls" {
				url, args = "smtp://"+mailHost+":", append(args, "--ssl-reqd")
			}
			return call{args: append(args, url+port)}
		}},
		{"s-nail", func(a attempt) call {
			login := strings.ReplaceAll(alice.login, "@", "%40") + ":" + a.password + "@"
			args := []string{"s-nail", "-:/", "-S", "v15-compat", "-S", "tls-verify=ignore", "-S", "smtp-auth=plain", "-S", "sendwait", "-S", "save=/dev/null",
				"-r", alice.address, "-s", "test"}
			if a.security == "starttls" {
				args = append(args, "-S", "smtp-use-starttls", "-S", "mta=smtp://"+login+loopback(a.port))
			} else {
				args = append(args, "-S", "mta=smtps://"+login+loopback(a.port))
			}
			return call{args: append(args, a.to), stdin: b.dir + "/message"}
		}},
		{"python smtplib", func(a attempt) call {
			return call{args: []string{"/usr/bin/python3", "testdata/smtplib_send.py", a.security, itoa(a.port), b.certs.ca, alice.login, a.password, b.dir + "/message"}}
		}},
		{"swaks", func(a attempt) call {
			args := []string{"swaks", "--server", "127.0.0.1", "--port", itoa(a.port), "--helo", "[127.0.0.1]", "--auth", "PLAIN",
				"-au", alice.login, "-ap", a.password, "--from", alice.address, "--to", a.to}
			if a.security == "starttls" {
				return call{args: append(args, "-tls")}
			}
			return call{args: append(args, "-tlsc")}
		}},
		{"msmtp", func(a attempt) call {
			starttls := "on"
			if a.security == "ssl" {
				starttls = "off"
			}
			return call{args: []string{"msmtp", "-C", b.msmtprc(a), "--tls-starttls=" + starttls, a.to}, stdin: b.dir + "/message"}
		}},
	}
	return slices.DeleteFunc(all, func(p peer) bool { return b.missing(p) })
}

func (b *bench) missing(p peer) bool {
	name, _, _ := strings.Cut(p.name, " ")
	return !slices.Contains([]string{"bare", "smtpwiz"}, name) && lookPath(name) == ""
}

func (b *bench) callSmtpwiz(a attempt) call {
	return call{
		args: []string{
			b.smtpwiz, "test", "--host", mailHost, "--port", itoa(a.port), "--security", a.security,
			"--connect-to", fmt.Sprintf("%s:%d:127.0.0.1:%d", mailHost, a.port, a.port), "--ca-file", b.certs.ca,
			"--username", alice.login, "--from", alice.address, "--to", a.to,
		},
		env: []string{"SMTPWIZ_PASSWORD=" + a.password, "HOME=" + b.home, "CI=1"},
	}
}

// msmtprc is where msmtp takes a password from without starting a shell.
func (b *bench) msmtprc(a attempt) string {
	path := fmt.Sprintf("%s/msmtprc-%s-%d-%s", b.dir, a.security, a.port, a.password)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	text := fmt.Sprintf("account default\nhost 127.0.0.1\nport %d\nfrom %s\nauth plain\nuser %s\npassword %s\n"+
		"tls on\ntls_trust_file %s\ntls_host_override %s\n", a.port, alice.address, alice.login, a.password, b.certs.ca, mailHost)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		panic(err)
	}
	return path
}

// cost is what one run of a program took.
type cost struct {
	wall, cpu time.Duration
	failed    bool
	output    []byte
}

// limit is when a program that waits for a silent server is stopped.
const limit = 20 * time.Second

// command readies a call, behind what is put in front of it.
func (c call) command(ctx context.Context, t *testing.T, before ...string) *exec.Cmd {
	t.Helper()
	args := append(before, c.args...)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(append(os.Environ(), "LC_ALL=C.UTF-8"), c.env...)
	cmd.WaitDelay = time.Second
	if c.stdin != "" {
		in, err := os.Open(c.stdin)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { in.Close() })
		cmd.Stdin = in
	}
	return cmd
}

func measure(t *testing.T, c call) cost {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := c.command(ctx, t)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	began := time.Now()
	err := cmd.Run()
	took := time.Since(began)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", c.args[0], err)
	}
	return cost{
		wall: took, cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), failed: err != nil, output: out.Bytes(),
	}
}

// mebibytes is what a program holds in memory at most. Linux counts the parent's
// memory as the child's until it is another program, so time(1), which is
// small, is between the two.
func mebibytes(t *testing.T, c call) string {
	t.Helper()
	gnuTime := lookPath("time")
	if gnuTime == "" {
		return "?"
	}
	figure := t.TempDir() + "/kib"
	out, _ := c.command(t.Context(), t, gnuTime, "-q", "-f", "%M", "-o", figure).CombinedOutput()
	kib, err := strconv.Atoi(strings.TrimSpace(readLog(figure)))
	if err != nil {
		t.Fatalf("time %s: %v\n%s", c.args[0], err, out)
	}
	return fmt.Sprintf("%.1f", float64(kib)/1024)
}

// middle is the median of each figure by itself.
func middle(costs []cost) cost {
	at := func(of func(cost) int64) int64 {
		var figures []int64
		for _, c := range costs {
			figures = append(figures, of(c))
		}
		slices.Sort(figures)
		return figures[len(figures)/2]
	}
	return cost{
		wall:   time.Duration(at(func(c cost) int64 { return int64(c.wall) })),
		cpu:    time.Duration(at(func(c cost) int64 { return int64(c.cpu) })),
		failed: slices.ContainsFunc(costs, func(c cost) bool { return c.failed }),
		output: costs[0].output,
	}
}

// each runs every program in turn, so many times, and where that is more than
// one once beforehand, so that its files are in memory.
func (b *bench) each(t *testing.T, peers []peer, a attempt, runs int) map[string]cost {
	t.Helper()
	costs := map[string][]cost{}
	warmUp := min(1, runs-1)
	for run := range warmUp + runs {
		for _, p := range peers {
			if c := measure(t, p.call(a)); run >= warmUp {
				costs[p.name] = append(costs[p.name], c)
			}
		}
	}
	middles := map[string]cost{}
	for name, c := range costs {
		middles[name] = middle(c)
	}
	return middles
}

func (b *bench) compareMessages(t *testing.T, runs int) {
	t.Helper()
	for _, security := range []string{"ssl", "starttls"} {
		a := attempt{security, b.ports[security], marker, alice.address}
		peers := b.peers()
		before := b.delivered(t)
		costs := b.each(t, peers, a, runs)
		eventually(t, "all messages", func() bool { return b.delivered(t)-before == (min(1, runs-1)+runs)*len(peers) })
		least := costs[peers[0].name]
		ours := costs["smtpwiz"]
		w := heading("One message over "+security+", on loopback", "program", "wall ms", "× bare", "× smtpwiz", "CPU ms", "× smtpwiz", "memory MiB")
		for _, p := range peers {
			c := costs[p.name]
			if c.failed {
				t.Errorf("%s fails:\n%s", p.name, c.output)
			}
			mib := mebibytes(t, p.call(a))
			row(w, p.name, ms(c.wall), ratio(c.wall, least.wall), ratio(c.wall, ours.wall), ms(c.cpu), ratio(c.cpu, ours.cpu), mib)
			if most, err := strconv.ParseFloat(mib, 64); err == nil && p.name == "smtpwiz" && most > mostMiB {
				t.Errorf("smtpwiz holds %s MiB", mib)
			}
		}
		w.Flush()
		if float64(ours.wall) > mostOfBare*float64(least.wall) {
			t.Errorf("smtpwiz takes more than %.1f times the bare client over %s", mostOfBare, security)
		}
		for name, c := range costs {
			if name != "smtpwiz" && name != peers[0].name && c.cpu <= ours.cpu {
				t.Errorf("%s needs no more CPU than smtpwiz over %s", name, security)
			}
		}
	}
}

// What smtpwiz is to keep to on a machine that does nothing else.
const (
	mostOfBare  = 1.5 // times the bare client's wall time
	mostMiB     = 30.0
	mostOfStart = 10 * time.Millisecond
)

func (b *bench) delivered(t *testing.T) int {
	t.Helper()
	mails, err := filepath.Glob(b.maildirs + "/" + alice.address + "/new/*")
	if err != nil {
		t.Fatal(err)
	}
	return len(mails)
}

// compareDistance puts each server a tenth of a second away, there and back.
func (b *bench) compareDistance(t *testing.T) {
	t.Helper()
	const away = 100 * time.Millisecond
	for _, security := range []string{"ssl", "starttls"} {
		w := heading("One message over "+security+", the server 100 ms away (there and back; the connection itself opens at once)",
			"program", "wall ms", "turns of speech", "round trips with TCP's")
		for _, p := range b.peers() {
			link := smtptest.NewLink(t, loopback(b.ports[security]), away/2)
			c := measure(t, p.call(attempt{security, link.Addr().Port, marker, alice.address}))
			if c.failed {
				t.Errorf("%s fails:\n%s", p.name, c.output)
			}
			row(w, p.name, ms(c.wall), itoa(link.Turns()), itoa(roundTrips(security, link.Turns())))
		}
		w.Flush()
	}
}

// roundTrips is how often the client waits for the server: each run of the
// server's, and the answer to TCP's SYN.
func roundTrips(security string, turns int) int {
	if security == "starttls" { // the server speaks first
		turns++
	}
	return turns/2 + 1
}

// compareFaults measures how long a program takes to say that it failed, with
// the time that it gives a silent server by itself.
func (b *bench) compareFaults(t *testing.T, runs int) {
	t.Helper()
	faults := []struct {
		name string
		attempt
		runs int
	}{
		{"wrong password", attempt{"ssl", b.ports["ssl"], "wr0ng-" + marker, alice.address}, runs},
		{"unknown recipient", attempt{"ssl", b.ports["ssl"], marker, "ghost@example.test"}, runs},
		{"full mailbox", attempt{"ssl", b.ports["full"], marker, alice.address}, runs},
		{"message too large", attempt{"ssl", b.ports["tiny"], marker, alice.address}, runs},
		{"message taken for spam", attempt{"ssl", b.ports["spam"], marker, alice.address}, runs},
		{"greylisted", attempt{"ssl", b.ports["greylist"], marker, alice.address}, runs},
		{"AUTH for tokens alone", attempt{"ssl", b.ports["oauthonly"], marker, alice.address}, runs},
		{"no AUTH", attempt{"ssl", b.ports["noauth"], marker, alice.address}, runs},
		{"certificate expired", attempt{"ssl", b.ports["expired"], marker, alice.address}, runs},
		{"certificate of the future", attempt{"ssl", b.ports["future"], marker, alice.address}, runs},
		{"certificate self-signed", attempt{"ssl", b.ports["selfsigned"], marker, alice.address}, runs},
		{"certificate of an unknown CA", attempt{"ssl", b.ports["stranger"], marker, alice.address}, runs},
		{"TLS 1.1", attempt{"ssl", b.ports["tls11"], marker, alice.address}, runs},
		{"no STARTTLS", attempt{"starttls", b.ports["clear"], marker, alice.address}, runs},
		{"nothing listens", attempt{"ssl", b.ports["dead"], marker, alice.address}, runs},
		{"ssl on a port of STARTTLS", attempt{"ssl", b.ports["starttls"], marker, alice.address}, runs},
		{"STARTTLS on a port of ssl", attempt{"starttls", b.ports["ssl"], marker, alice.address}, 1},
	}
	peers := b.peers()[1:]
	titles := []string{"fault"}
	for _, p := range peers {
		titles = append(titles, p.name)
	}
	w := heading(fmt.Sprintf("Time to the end of a run that fails, ms (– did not fail, > stopped after %s)", limit), titles...)
	for _, f := range faults {
		costs := b.each(t, peers, f.attempt, f.runs)
		cells := []string{f.name}
		for _, p := range peers {
			c := costs[p.name]
			switch {
			case c.wall >= limit:
				cells = append(cells, ">")
			case c.failed:
				cells = append(cells, ms(c.wall))
			default:
				cells = append(cells, "–")
			}
		}
		row(w, cells...)
	}
	w.Flush()
}

func (b *bench) compareVersion(t *testing.T, runs int) {
	t.Helper()
	w := heading("Starting and ending", "program", "wall ms", "CPU ms", "memory MiB")
	for _, args := range [][]string{
		{b.smtpwiz, "--version"}, {"curl", "--version"}, {"msmtp", "--version"}, {"swaks", "--version"},
	} {
		var costs []cost
		for range runs {
			costs = append(costs, measure(t, call{args: args}))
		}
		c := middle(costs)
		row(w, filepath.Base(args[0])+" --version", ms(c.wall), ms(c.cpu), mebibytes(t, call{args: args}))
		if args[0] == b.smtpwiz && c.wall > mostOfStart {
			t.Errorf("smtpwiz --version takes %s", c.wall)
		}
	}
	w.Flush()
}

func heading(title string, columns ...string) *tabwriter.Writer {
	fmt.Printf("\n%s\n\n", title)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)
	row(w, columns...)
	rule := make([]string, len(columns))
	for i := range rule {
		rule[i] = "---"
	}
	row(w, rule...)
	return w
}

func row(w *tabwriter.Writer, cells ...string) {
	fmt.Fprintf(w, "| %s\t|\n", strings.Join(cells, "\t| "))
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d.Microseconds())/1000) }

func ratio(a, b time.Duration) string { return fmt.Sprintf("%.1f", float64(a)/float64(b)) }
