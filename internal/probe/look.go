package probe

import (
	"context"
	"crypto/tls"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// lookTime bounds all second looks together.
const lookTime = 2 * time.Second

// hush is how long a server may be silent in clear before it is asked beside
// whether it waits for TLS. Servers that look a client up first answer later;
// they are waited for to the end.
const hush = time.Second

// deaf is how long a port may leave a connection unanswered before its sibling
// is tried. By then the system has asked twice (RFC 6298 section 2).
const deaf = 2 * time.Second

// whileSilent asks a port that has not greeted whether it speaks TLS, and if so
// gives up the wait for a greeting that will never come. Its findings may be
// read when stop has returned.
func (s *session) whileSilent(ctx context.Context, giveUp context.CancelCauseFunc) (stop func()) {
	if !s.run.plan.Look || s.endpoint.Security == submission.SSL {
		return func() {}
	}
	var asking sync.WaitGroup
	ctx, cancel := context.WithCancel(ctx)
	asking.Go(func() {
		select {
		case <-ctx.Done():
			return
		case <-time.After(hush):
		}
		bounded, cancel := context.WithTimeout(ctx, lookTime)
		defer cancel()
		finding, ok := s.run.speaksTLS(bounded, s.endpoint)
		s.asked = ok || !over(ctx)
		if ok {
			s.asides = append(s.asides, finding)
			giveUp(errStageTimeout)
		}
	})
	return func() {
		cancel()
		asking.Wait()
	}
}

// over reports that a look had no time left. A dial or a read that fails for the
// deadline may return before the context itself knows that it has passed.
func over(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ctx.Err() != nil || ok && !time.Now().Before(deadline)
}

// whileUnconnected looks beside a port that does not answer. Where the sibling
// gets through the port is blocked; so are the mail ports where the web port opens
// and they are silent still, for by then the system has asked three times (RFC 6298
// section 2: after one second, then after two more). Then the wait is given up.
// s.beside and s.asides may be read when stop has returned.
func (s *session) whileUnconnected(ctx context.Context, giveUp context.CancelCauseFunc) (stop func()) {
	planned := slices.Contains(s.run.plan.Account.Endpoints, s.endpoint) // and no look itself
	beside, web := s.run.looksBeside(s.endpoint), s.run.plan.Look && planned && s.run.abroad(s.endpoint)
	if !beside && !web {
		return func() {}
	}
	var looks sync.WaitGroup
	ctx, cancel := context.WithCancelCause(ctx)
	looks.Go(func() {
		select {
		case <-ctx.Done():
			return
		case <-time.After(deaf):
		}
		if web {
			looks.Go(func() { s.seeWeb(ctx, giveUp) })
		}
		if beside {
			s.openBeside(ctx, giveUp)
		}
	})
	return func() {
		cancel(errStageTimeout)
		looks.Wait()
	}
}

func (s *session) openBeside(ctx context.Context, giveUp context.CancelCauseFunc) {
	s.beside = newSession(s.run, siblingOf(s.endpoint))
	s.beside.open(ctx)
	close(s.beside.opened)
	if s.beside.up {
		giveUp(errStageTimeout)
	}
}

func (s *session) seeWeb(ctx context.Context, giveUp context.CancelCauseFunc) {
	bounded, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	finding, ok := s.run.opensHTTPS(bounded, s.endpoint)
	s.asked = ok || !over(ctx)
	if !ok {
		return
	}
	s.asides = append(s.asides, finding)
	<-bounded.Done()
	if ctx.Err() == nil {
		giveUp(errStageTimeout)
	}
}

// forget drops what was seen beside a port that has answered after all.
func (s *session) forget(ctx context.Context) {
	if s.beside != nil {
		s.beside.leave(ctx)
	}
	s.beside, s.asides, s.asked = nil, nil, false
}

// looksBeside: this one endpoint alone was to be tried, so that its sibling may
// tell more.
func (r *run) looksBeside(e submission.Endpoint) bool {
	all := r.plan.Account.Endpoints
	return r.plan.Look && len(all) == 1 && all[0] == e && (r.abroad(e) || r.plan.Route.leads(siblingOf(e)))
}

// siblingOf is the other endpoint of submission on the same host (RFC 8314
// section 3.3).
func siblingOf(e submission.Endpoint) submission.Endpoint {
	if e.Port == submission.PortSubmissions {
		return submission.Endpoint{Host: e.Host, Port: submission.PortSubmission, Security: submission.STARTTLS}
	}
	return submission.Endpoint{Host: e.Host, Port: submission.PortSubmissions, Security: submission.SSL}
}

// look takes a second look at what failed before there was a session, where
// one tells the reason: side by side, without credentials, and never for long.
func (r *run) look(ctx context.Context, s *session) (found []report.Finding, others []report.Alternative) {
	step := s.failed()
	if step == nil || ctx.Err() != nil {
		return nil, nil
	}
	found = heard(step, s)
	mute := step.Stage == report.Greeting && step.Fault == report.FaultTimeout && s.endpoint.Security != submission.SSL
	blocked := step.Stage == report.Connect && (step.Fault == report.FaultTimeout || step.Fault == report.FaultUnreachable)
	if mute || blocked {
		found = append(found, s.asides...)
	}
	if !r.plan.Look {
		return found, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	var mu sync.Mutex
	var looks sync.WaitGroup
	look := func(due bool, f func() (report.Finding, bool)) {
		if due {
			looks.Go(func() {
				if finding, ok := f(); ok {
					mu.Lock()
					found = append(found, finding)
					mu.Unlock()
				}
			})
		}
	}
	look(mute && !s.asked, func() (report.Finding, bool) { return r.speaksTLS(ctx, s.endpoint) })
	gotThrough := s.beside != nil && s.beside.up
	look(blocked && !s.asked && !gotThrough && r.abroad(s.endpoint), func() (report.Finding, bool) { return r.opensHTTPS(ctx, s.endpoint) })
	look(blocked && r.abroad(s.endpoint), func() (report.Finding, bool) { return r.cloud(s.endpoint.Port) })
	refused := step.Stage == report.Auth && step.Reply != nil
	look(refused && r.plan.Regional && r.abroad(s.endpoint), func() (report.Finding, bool) { return r.exchangers(ctx) })
	if sibling := s.beside; gotThrough || sibling != nil && step.Fault == report.FaultTimeout {
		looks.Go(func() { sibling.leave(ctx) })
		defer func() { others = append(others, sibling.alternative()) }()
	} else if r.looksBeside(s.endpoint) && mayDiffer(step) {
		sibling := newSession(r, siblingOf(s.endpoint))
		looks.Go(func() {
			sibling.open(ctx)
			close(sibling.opened)
			sibling.leave(ctx)
		})
		defer func() { others = append(others, sibling.alternative()) }()
	}
	looks.Wait()
	return found, nil
}

// heard names what answered, from its own first words.
func heard(step *report.Step, s *session) []report.Finding {
	if s.conn == nil {
		return nil
	}
	head := firstLine(s.conn.Head())
	switch {
	case step.Fault == report.FaultNotTLS && strings.HasPrefix(head, "220"):
		return []report.Finding{{Kind: report.FoundClearPort, Detail: reply.Safe(s.run.redactor.Clean(head))}}
	case step.Fault == report.FaultNotSMTP:
		head = s.lastHeard() // also inside TLS
	case step.Fault != report.FaultNotTLS:
		return nil
	}
	if service := serviceOf(head); service != "" {
		return []report.Finding{{Kind: report.FoundService, Detail: service}}
	}
	return nil
}

// lastHeard is the last line that the server said.
func (s *session) lastHeard() string {
	for _, l := range slices.Backward(s.log.Lines()) {
		if l.Server {
			return l.Text
		}
	}
	return ""
}

// serviceOf recognises other services by how they begin to speak (RFC 9112
// section 4, RFC 9051 section 7.1, RFC 1939 section 3, RFC 4253 section 4.2).
func serviceOf(head string) string {
	for prefix, service := range map[string]string{
		"HTTP/": "http", "<html": "http", "<!DOC": "http", "* OK": "imap", "* PREAUTH": "imap", "* BYE": "imap",
		"+OK": "pop3", "-ERR": "pop3", "SSH-": "ssh",
	} {
		if len(head) >= len(prefix) && strings.EqualFold(head[:len(prefix)], prefix) {
			return service
		}
	}
	return ""
}

// speaksTLS asks a port that said nothing in clear whether it waits for TLS.
func (r *run) speaksTLS(ctx context.Context, e submission.Endpoint) (report.Finding, bool) {
	conn, err := r.dial(ctx, e)
	if err != nil {
		return report.Finding{}, false
	}
	defer conn.Close()
	// Nothing is sent inside: that it answers in TLS is all there is to see.
	probe := tls.Client(conn, &tls.Config{ServerName: e.Host, InsecureSkipVerify: true, MinVersion: tls.VersionTLS12})
	if err := probe.HandshakeContext(ctx); err != nil {
		return report.Finding{}, false
	}
	return report.Finding{Kind: report.FoundTLSPort}, true
}

// opensHTTPS sees whether the host, or else its domain, is reached at all: by a
// port that networks rarely block.
func (r *run) opensHTTPS(ctx context.Context, e submission.Endpoint) (report.Finding, bool) {
	hosts := []string{e.Host}
	if domain, err := publicsuffix.EffectiveTLDPlusOne(e.Host); err == nil && domain != e.Host {
		hosts = append(hosts, domain) // many servers for mail have no web port
	}
	ctx, enough := context.WithCancel(ctx)
	defer enough()
	opened := make([]bool, len(hosts))
	var opening sync.WaitGroup
	for i, host := range hosts {
		opening.Go(func() {
			if conn, err := r.dial(ctx, submission.Endpoint{Host: host, Port: 443}); err == nil {
				_, opened[i] = conn.Close(), true
			}
			if i == 0 && opened[0] {
				enough()
			}
		})
	}
	opening.Wait()
	i := slices.Index(opened, true)
	if i < 0 {
		return report.Finding{}, false
	}
	return report.Finding{Kind: report.FoundHTTPS, Detail: hosts[i]}, true
}

// exchangers tells by DNS where the mail of the account's domain arrives.
func (r *run) exchangers(ctx context.Context) (report.Finding, bool) {
	a := r.plan.Account
	address, err := submission.ParseAddress(a.Username)
	if err != nil {
		address = a.From
	}
	if r.prober.Exchangers == nil || address.Domain == "" {
		return report.Finding{}, false
	}
	answered := make(chan []*net.MX, 1)
	go func() { // a resolver of the system may not heed the context
		mx, _ := r.prober.Exchangers(ctx, address.ASCIIDomain()+".")
		answered <- mx
	}()
	var hosts []string
	select {
	case mx := <-answered:
		const most = 10
		for _, record := range mx[:min(most, len(mx))] {
			hosts = append(hosts, reply.Safe(strings.TrimSuffix(record.Host, ".")))
		}
	case <-ctx.Done():
	}
	return report.Finding{Kind: report.FoundExchangers, Detail: strings.Join(hosts, " ")}, len(hosts) > 0
}

// clouds are providers of machines that close ports for outgoing mail until the
// customer asks, by what their firmware calls itself; as their documentation says.
var clouds = []struct {
	vendor, name string
	ports        []int
}{
	{"DigitalOcean", "DigitalOcean", []int{25, 465, 587}},
	{"Linode", "Akamai (Linode)", []int{25, 465, 587}},
	{"Akamai", "Akamai (Linode)", []int{25, 465, 587}},
	{"Scaleway", "Scaleway", []int{25, 465, 587}},
	{"Hetzner", "Hetzner", []int{25, 465}},
	{"Amazon EC2", "Amazon EC2", []int{25}},
	{"Google", "Google Cloud", []int{25}},
	{"Vultr", "Vultr", []int{25}},
	{"Alibaba Cloud", "Alibaba Cloud", []int{25}},
	{"Tencent Cloud", "Tencent Cloud", []int{25}},
}

// cloud recognises a machine at a cloud provider that is known to close the port.
func (r *run) cloud(port int) (report.Finding, bool) {
	if r.prober.Vendor == nil {
		return report.Finding{}, false
	}
	vendor, err := r.prober.Vendor()
	if err != nil {
		return report.Finding{}, false
	}
	for _, c := range clouds {
		if slices.Contains(c.ports, port) && strings.EqualFold(strings.TrimSpace(vendor), c.vendor) {
			return report.Finding{Kind: report.FoundCloud, Detail: c.name}, true
		}
	}
	return report.Finding{}, false
}

// firmwareVendor is the maker in the DMI table; Linux shows it to everybody.
func firmwareVendor() (string, error) {
	vendor, err := os.ReadFile("/sys/class/dmi/id/sys_vendor")
	return string(vendor), err
}

// abroad reports an endpoint that is reached over the network and not by
// somebody's special arrangement.
func (r *run) abroad(e submission.Endpoint) bool {
	host, _ := r.plan.Route.target(e)
	return r.plan.Route.Proxy == nil && len(r.plan.Route.ConnectTo) == 0 && !submission.IsLoopbackHost(host)
}

// mayDiffer: what failed lies in this one port, and not in the server behind it.
func mayDiffer(step *report.Step) bool {
	switch step.Stage {
	case report.Connect, report.TLSStage, report.Greeting, report.STARTTLS:
	default:
		return false
	}
	switch step.Fault {
	case report.FaultTimeout, report.FaultRefused, report.FaultUnreachable, report.FaultReset, report.FaultClosed,
		report.FaultNotTLS, report.FaultNotSMTP, report.FaultNoSTARTTLS:
		return true
	}
	return false
}

// dial connects to an endpoint as its session does.
func (r *run) dial(ctx context.Context, e submission.Endpoint) (net.Conn, error) {
	host, port := r.plan.Route.target(e)
	if p := r.plan.Route.Proxy; p != nil {
		return throughProxy(ctx, r.prober.Dialer, p, submission.JoinHostPort(host, port))
	}
	found, err := r.names.find(ctx, ctx, host)
	if err != nil {
		return nil, err
	}
	return connect(ctx, r.prober.Dialer, found, port)
}
