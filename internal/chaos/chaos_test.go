package chaos

import (
	"context"
	"crypto/x509"
	"fmt"
	"iter"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/probe"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/smtptest"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// TestChaos plays many seeds in simulated time: CHAOS_SEEDS of them, or the one
// of CHAOS_SEED with all that was said.
func TestChaos(t *testing.T) {
	t.Parallel()
	ca := newAuthorities()
	ended := map[string]int{}
	for seed := range seeds(300) {
		ended[simulate(t, seed, ca).summary()]++
	}
	t.Logf("%d kinds of ends: %v", len(ended), ended)
	if isReplay() {
		return
	}
	const enough = 20
	if len(ended) < enough {
		t.Error("too few kinds of ends to prove anything")
	}
}

// simulate runs a seed in a bubble, which fails if a goroutine is left behind,
// and ends the test at the first that fails.
func simulate(t *testing.T, seed uint64, ca authorities) (g *game) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		g = newGame(seed, ca, false)
		g.play(t)
		g.judge(t)
	})
	return g
}

// The same over real connections, where descriptors and goroutines can be
// counted, and time is real: a tenth of the seeds.
func TestChaosOnLoopback(t *testing.T) {
	ca := newAuthorities()
	newGame(0, ca, true).play(t) // what the libraries open once and keep
	descriptors, goroutines := openDescriptors(t), runtime.NumGoroutine()
	for seed := range seeds(300) {
		if seed%10 != 0 && !isReplay() {
			continue
		}
		g := newGame(seed, ca, true)
		g.play(t)
		if g.judge(t); t.Failed() {
			t.FailNow()
		}
	}
	settled := func() bool {
		return runtime.NumGoroutine() <= goroutines && openDescriptors(t) <= descriptors
	}
	for deadline := time.Now().Add(5 * time.Second); !settled(); {
		if time.Now().After(deadline) {
			t.Fatalf("there were %d goroutines and %d descriptors, and are %d and %d",
				goroutines, descriptors, runtime.NumGoroutine(), openDescriptors(t))
		}
		time.Sleep(time.Millisecond)
	}
}

func isReplay() bool { return os.Getenv("CHAOS_SEED") != "" }

// seeds are those to play; without a word in the environment so many.
func seeds(usually int) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		if isReplay() {
			seed, err := strconv.ParseUint(os.Getenv("CHAOS_SEED"), 10, 64)
			if err != nil {
				panic(err)
			}
			yield(seed)
			return
		}
		if n, err := strconv.Atoi(os.Getenv("CHAOS_SEEDS")); err == nil {
			usually = n
		}
		for seed := range uint64(usually) {
			if !yield(seed) {
				return
			}
		}
	}
}

func openDescriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("descriptors are counted in /proc only")
	}
	return len(entries)
}

// game is one seed: a plan, the servers it meets, and what came of it.
type game struct {
	seed   uint64
	world  *world
	plan   probe.Plan
	cancel time.Duration // when the user gives up, 0 for never

	report *report.Report
	took   time.Duration
	stages int

	allocated uint64 // octets
}

func newGame(seed uint64, ca authorities, real bool) *game {
	rng := rand.New(rand.NewPCG(seed, 1))
	g := &game{seed: seed, world: newWorld(rng, ca, real)}
	from, err := submission.ParseAddress(username)
	if err != nil {
		panic(err)
	}
	g.plan = probe.Plan{
		Account: submission.Account{
			Endpoints: endpoints(rng), Username: username, Password: submission.NewSecret(g.world.password), From: from, To: from,
			Mechanism: pick(rng, "", "", "", "", "", "", "", "", "PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "XOAUTH2", "OAUTHBEARER"),
		},
		Check: pick(rng, report.CheckSend, report.CheckSend, report.CheckSend, report.CheckSender, report.CheckLogin, report.CheckConnect),
		Look:  rng.IntN(2) == 0, Timeout: 5 * time.Second, MaxTime: pick(rng, 0, 0, 8*time.Second),
		Trust: probe.Trust{Roots: func() (*x509.CertPool, error) { return ca.good.Pool(), nil }},
	}
	if rng.IntN(10) == 0 {
		g.cancel = time.Duration(1 + rng.Int64N(int64(10*time.Second)))
	}
	if real {
		g.plan.Timeout, g.cancel = 100*time.Millisecond, g.cancel/1000
	}
	return g
}

func endpoints(rng *rand.Rand) []submission.Endpoint {
	ssl := submission.Endpoint{Host: host, Port: 465, Security: submission.SSL}
	starttls := submission.Endpoint{Host: host, Port: 587, Security: submission.STARTTLS}
	inClear := submission.Endpoint{Host: "localhost", Port: 25, Security: submission.None}
	return pick(rng, []submission.Endpoint{ssl}, []submission.Endpoint{starttls}, []submission.Endpoint{inClear},
		[]submission.Endpoint{ssl, starttls}, []submission.Endpoint{starttls, ssl})
}

// play runs the plan to its end.
func (g *game) play(t *testing.T) {
	t.Helper()
	p := probe.New("chaos")
	p.Dialer = g.world
	p.Resolver = smtptest.Resolver{host: smtptest.Addrs(far), "localhost": smtptest.Addrs("127.0.0.1")}
	p.Hostname = func() (string, error) { return "client.example.test", nil }
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if g.cancel > 0 {
		stop := time.AfterFunc(g.cancel, cancel)
		defer stop.Stop()
	}
	began, before := time.Now(), allocated()
	rep, err := p.Run(ctx, g.plan, func(e report.Event) {
		if e.Running {
			g.stages++
		}
	})
	g.took, g.allocated = time.Since(began), allocated()-before
	if err != nil {
		t.Errorf("seed %d: %v", g.seed, err)
		rep = &report.Report{}
	}
	g.report = rep
	g.world.finish()
}

// allocated is how many octets this process has taken from its heap so far.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// kept is the session that the report is of, nil where none was connected.
func (g *game) kept() *session {
	address := net.JoinHostPort(far, strconv.Itoa(g.report.Endpoint.Port))
	if g.report.Endpoint.Security == submission.None {
		address = "127.0.0.1:25"
	}
	if s := g.world.servers[address]; s != nil && len(s.sessions) > 0 && g.report.Dialled != "" {
		return s.sessions[0]
	}
	return nil
}

// summary is how a game ended, in a few words.
func (g *game) summary() string {
	words := []string{strconv.Itoa(g.report.ExitStatus())}
	if step := g.report.Failed(); step != nil {
		words = append(words, string(step.Stage), string(step.Fault))
	}
	return strings.TrimSpace(strings.Join(words, " "))
}

// tell shows a game, for who has to find out what went wrong.
func (g *game) tell(t *testing.T) {
	t.Helper()
	t.Logf("make chaos SEED=%d", g.seed)
	for address, s := range g.world.servers {
		for i, sess := range s.sessions {
			t.Logf("%s, session %d (certificate good: %t, mischief %g):\n%s", address, i, s.trusted, s.mood, sess)
		}
	}
	for _, l := range g.report.Transcript {
		t.Logf("%8s %s (tls %t): %.200q", l.At.Round(time.Millisecond), l.From, l.TLS, l.Text)
	}
	for _, step := range g.report.Steps {
		t.Logf("%s %s %s %s %.200q %v", step.Stage, step.Status, step.Duration, step.Fault, step.Err, replyOf(step))
	}
	t.Logf("ended %s after %s and %d octets of memory, check %s of %v", g.summary(), g.took, g.allocated, g.plan.Check, g.plan.Account.Endpoints)
}

func replyOf(s report.Step) string {
	if s.Reply == nil {
		return ""
	}
	return fmt.Sprintf("%.200q", s.Reply.String())
}
