package probe

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/smtptest"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

const host = "smtp.example.test"

// Endpoints of host in the tests, at the addresses that internet serves.
var (
	implicit = submission.Endpoint{Host: host, Port: 465, Security: submission.SSL}
	upgraded = submission.Endpoint{Host: host, Port: 587, Security: submission.STARTTLS}
	inClear  = submission.Endpoint{Host: "localhost", Port: 25, Security: submission.None}
)

// internet is a fake one: host:port → what dialling it comes to. It knows which
// connections were not closed.
type internet struct {
	sites map[string]site

	mu      sync.Mutex
	dialled []string
	open    int
}

type site func(ctx context.Context) (net.Conn, error)

// serve is an internet with one server behind every address of the tests.
func serve(srv *smtptest.Server) *internet {
	at := answering(srv)
	return &internet{sites: map[string]site{
		"192.0.2.10:465": at, "192.0.2.10:587": at, "127.0.0.1:25": at,
	}}
}

func answering(srv *smtptest.Server) site {
	return func(ctx context.Context) (net.Conn, error) { return srv.DialContext(ctx, "", "") }
}

func refusing(context.Context) (net.Conn, error) { return nil, syscall.ECONNREFUSED }

func silent(ctx context.Context) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func failing(err error) site {
	return func(context.Context) (net.Conn, error) { return nil, err }
}

func (n *internet) DialContext(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	n.dialled = append(n.dialled, address)
	to, ok := n.sites[address]
	n.mu.Unlock()
	if !ok {
		to = failing(fmt.Errorf("no test serves %s", address))
	}
	conn, err := to(ctx)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: err}
	}
	n.count(1)
	return &wire{Conn: conn, far: address, closed: sync.OnceFunc(func() { n.count(-1) })}, nil
}

func (n *internet) count(by int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.open += by
}

// asked returns what was dialled, in order.
func (n *internet) asked() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string(nil), n.dialled...)
}

func (n *internet) checkClosed(t *testing.T) {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.open != 0 {
		t.Errorf("%d connections were left open", n.open)
	}
}

// wire is a connection with the addresses of a network.
type wire struct {
	net.Conn
	far    string
	closed func()
}

func (w *wire) Close() error         { w.closed(); return w.Conn.Close() }
func (w *wire) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(w.far)) }
func (w *wire) LocalAddr() net.Addr {
	near := "192.0.2.1:40000"
	switch far := netip.MustParseAddrPort(w.far).Addr(); {
	case far.IsLoopback():
		near = "127.0.0.1:40000"
	case far.Is6():
		near = "[2001:db8::1%eth0]:40000"
	}
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(near))
}

// proberOn works in a fake internet.
func proberOn(n *internet) *Prober {
	p := prober()
	p.Dialer = n
	p.Resolver = smtptest.Resolver{host: smtptest.Addrs("192.0.2.10"), "localhost": smtptest.Addrs("127.0.0.1")}
	return p
}

// runOn runs a plan and checks what must hold of every report: it is whole, it
// tells no secret, and no connection is left.
func runOn(t *testing.T, ctx context.Context, p *Prober, pl Plan, events func(report.Event)) *report.Report {
	t.Helper()
	rep, err := p.Run(ctx, pl, events)
	if err != nil {
		t.Fatal(err)
	}
	checkWhole(t, rep)
	checkSecret(t, rep)
	if n, ok := p.Dialer.(*internet); ok {
		n.checkClosed(t)
	}
	return rep
}

// checkWhole: each stage stands there once at least, nothing but QUIT ran
// after one that failed, and a failure says why.
func checkWhole(t *testing.T, rep *report.Report) {
	t.Helper()
	seen := map[report.Stage]bool{}
	failed := false
	for _, step := range rep.Steps {
		seen[step.Stage] = true
		if failed && step.Status != report.Skipped && step.Stage != report.Quit {
			t.Errorf("%s ran after a failure", step.Stage)
		}
		failed = failed || step.Status == report.Failed
		if step.Status == report.Failed && step.Reply == nil && (step.Fault == "" || step.Err == "") {
			t.Errorf("%s does not say why it failed: %+v", step.Stage, step)
		}
	}
	for _, stage := range order(rep.Endpoint.Security) {
		if !seen[stage] {
			t.Errorf("the report has no %s", stage)
		}
	}
}

// checkSecret looks for the password in every text of a report, in the
// encodings that it crosses the wire in.
func checkSecret(t *testing.T, rep *report.Report) {
	t.Helper()
	text, err := json.Marshal(rep)
	if err != nil {
		t.Fatal(err)
	}
	texts := append(textsOf(rep), string(text), fmt.Sprintf("%+v %#v", rep, rep))
	payload := "\x00you@example.test\x00" + marker
	for _, secret := range []string{
		marker, base64.StdEncoding.EncodeToString([]byte(marker)), base64.StdEncoding.EncodeToString([]byte(payload)),
	} {
		for _, text := range texts {
			if strings.Contains(text, secret) {
				t.Errorf("the report tells the password: %s", text)
			}
		}
	}
}

func textsOf(rep *report.Report) []string { return textsIn(reflect.ValueOf(*rep)) }

// textsIn walks a value down to its strings. A Secret is not looked into.
func textsIn(v reflect.Value) []string {
	if v.Type() == reflect.TypeFor[submission.Secret]() {
		return nil
	}
	var texts []string
	switch v.Kind() {
	case reflect.String:
		texts = append(texts, v.String())
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			texts = textsIn(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			texts = append(texts, textsIn(v.Field(i))...)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			texts = append(texts, textsIn(v.Index(i))...)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			texts = append(texts, textsIn(key)...)
			texts = append(texts, textsIn(v.MapIndex(key))...)
		}
	}
	return texts
}

// outcome is how a run ended, in a line: "7 auth no_auth", "0".
func outcome(rep *report.Report) string {
	words := []string{fmt.Sprint(rep.ExitStatus())}
	if step := rep.Failed(); step != nil {
		words = append(words, string(step.Stage))
		if step.Reply != nil {
			words = append(words, fmt.Sprint(step.Reply.Code))
		}
		if step.Fault != "" {
			words = append(words, string(step.Fault))
		}
	}
	return strings.Join(words, " ")
}

// dialogue is a session that passes all, but for its goodbye.
func dialogue(s submission.Security) []smtptest.Beat { return smtptest.Dialogue(string(s)) }

// until is a session up to a stage, which then ends otherwise.
func until(s submission.Security, stage report.Stage, more ...string) string {
	return smtptest.Until(string(s), string(stage), more...)
}

const (
	polite = "C: QUIT\nS: 221 2.0.0 bye\n" // the client has to say goodbye
	mute   = ""                            // it has to leave without a word
)
