package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/message"
	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/sasl"
	"github.com/smtpwiz/smtpwiz/internal/smtp"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// session is one endpoint being tried: its connection, and what was found.
type session struct {
	run      *run
	endpoint submission.Endpoint
	log      *smtp.Transcript
	opened   chan struct{} // closed when open has returned

	conn       *smtp.Conn
	state      *tls.ConnectionState
	loopback   bool
	mannered   bool // the server greeted, so it is owed a QUIT
	connected  atomic.Bool
	up         bool  // a session stands: EHLO was answered, over verified TLS where asked for
	misuse     error // the plan itself is at fault
	verifier   *verifier
	unsettled  *report.Step // the handshake, while the server has yet to judge our certificate
	steps      []report.Step
	dialled    string
	tls        *report.TLS
	greeting   string
	extensions reply.Extensions
	mechanism  string
	messageID  string
	subject    string
	notes      []string
	asked      bool             // what its silence means was asked while it lasted
	asides     []report.Finding // what came of that
	beside     *session         // of the sibling, opened while this one did not connect

	telling sync.Mutex
	live    bool // tells its steps as they end; until then they are kept back
}

func newSession(r *run, e submission.Endpoint) *session {
	return &session{
		run: r, endpoint: e, opened: make(chan struct{}),
		log: smtp.NewTranscript(r.began, r.redactor),
	}
}

// standstill is how late a time limit has to strike before this process itself
// must have stood still.
const standstill = 2 * time.Second

// stage runs one stage within its time and keeps its step. f leaves the step as
// it is when all went well.
func (s *session) stage(ctx context.Context, name report.Stage, f func(ctx context.Context, step *report.Step) error) bool {
	ctx, cancel := context.WithTimeoutCause(ctx, s.run.plan.Timeout, errStageTimeout)
	defer cancel()
	s.run.tell(report.Event{Endpoint: s.endpoint, Step: report.Step{Stage: name}, Running: true})
	began := time.Now()
	step := report.Step{Stage: name}
	if err := f(ctx, &step); err != nil {
		err = s.judged(err)
		step.Status = report.Failed
		step.Fault, step.Err = faultOf(err), reply.Safe(s.run.redactor.Clean(wordsOf(err)))
		if step.Fault == report.FaultTimeout && time.Since(began) > s.run.plan.Timeout+standstill {
			step.Fault = report.FaultStopped // SIGSTOP, or a computer that slept
		}
	}
	if step.Status == "" {
		step.Status = report.OK
	}
	step.Duration = time.Since(began)
	s.add(step)
	return step.Status == report.OK
}

func (s *session) add(step report.Step) {
	step.Detail = reply.Safe(s.run.redactor.Clean(step.Detail))
	s.telling.Lock()
	defer s.telling.Unlock()
	for _, step := range s.settle(step) {
		s.steps = append(s.steps, step)
		if s.live {
			s.run.tell(report.Event{Endpoint: s.endpoint, Step: step})
		}
	}
}

// keep tells the steps so far, and from now on each as it ends.
func (s *session) keep() {
	s.telling.Lock()
	defer s.telling.Unlock()
	if s.live {
		return
	}
	s.live = true
	for _, step := range s.steps {
		s.run.tell(report.Event{Endpoint: s.endpoint, Step: step})
	}
}

// open goes from the name to a session that AUTH could follow.
func (s *session) open(ctx context.Context) {
	s.up = s.reach(ctx) && s.secure(ctx)
	if s.conn != nil {
		s.extensions = s.conn.Extensions()
	}
	if !s.up && s.conn != nil {
		s.part(ctx)
	}
}

// secure brings the session up in the way the endpoint's security asks for.
func (s *session) secure(ctx context.Context) bool {
	switch s.endpoint.Security {
	case submission.SSL:
		return s.handshake(ctx) && s.greet(ctx) && s.hello(ctx)
	case submission.STARTTLS:
		return s.greet(ctx) && s.hello(ctx) && s.startTLS(ctx) && s.handshake(ctx) && s.hello(ctx)
	}
	return s.greet(ctx) && s.hello(ctx)
}

// reach resolves and connects.
func (s *session) reach(ctx context.Context) bool {
	host, port := s.run.plan.Route.target(s.endpoint)
	if s.run.plan.Route.Proxy != nil {
		s.add(report.Step{Stage: report.Resolve, Status: report.Skipped, Detail: "left to the proxy"})
		return s.connect(ctx, func(ctx context.Context) (net.Conn, error) {
			return throughProxy(ctx, s.run.prober.Dialer, s.run.plan.Route.Proxy, submission.JoinHostPort(host, port))
		})
	}
	found, ok := s.resolve(ctx, host)
	interrupted := !ok && ctx.Err() != nil
	if s.run.plan.wouldLeak(s.endpoint) && !interrupted {
		if !(ok && allLoopback(found.addrs)) {
			s.misuse = &InsecureError{Host: s.endpoint.Host} // a name that is not found is not loopback either
			return false
		}
		found = &lookup{addrs: found.addrs} // what comes late was not judged
	}
	if !ok {
		return false
	}
	return s.connect(ctx, func(ctx context.Context) (net.Conn, error) {
		return connect(ctx, s.run.prober.Dialer, found, port)
	})
}

func (s *session) resolve(ctx context.Context, host string) (found *lookup, ok bool) {
	ok = s.stage(ctx, report.Resolve, func(bounded context.Context, step *report.Step) error {
		var err error
		found, err = s.run.names.find(ctx, bounded, host)
		switch {
		case ctx.Err() != nil:
			return orInterrupted(ctx, err)
		case bounded.Err() != nil: // whoever said so first, the resolver or the clock
			return &net.DNSError{Err: errStageTimeout.Error(), Name: host, IsTimeout: true}
		case err == nil && len(found.addrs) == 0:
			return &net.DNSError{Err: "the name has no address", Name: host, IsNotFound: true}
		}
		step.Detail = joinAddrs(found.addrs)
		return err
	})
	return found, ok
}

func (s *session) connect(ctx context.Context, dial func(context.Context) (net.Conn, error)) bool {
	return s.stage(ctx, report.Connect, func(bounded context.Context, step *report.Step) error {
		bounded, giveUp := context.WithCancelCause(bounded)
		defer giveUp(nil)
		stop := s.whileUnconnected(bounded, giveUp)
		nc, err := dial(bounded)
		stop()
		if err != nil {
			return orInterrupted(ctx, err)
		}
		s.forget(ctx)
		s.dialled = nc.RemoteAddr().String()
		s.loopback = s.run.plan.Route.Proxy == nil && isLoopback(nc.RemoteAddr())
		s.conn = smtp.New(quick(nc), smtp.Options{
			Timeout: s.run.plan.Timeout, Transcript: s.log, Upgrades: s.endpoint.Security == submission.STARTTLS,
		})
		s.connected.Store(true)
		step.Detail = s.dialled
		if s.run.plan.Route.Proxy != nil {
			step.Detail = "through the proxy " + s.run.plan.Route.Proxy.Address
		}
		return nil
	})
}

func (s *session) handshake(ctx context.Context) bool {
	return s.stage(ctx, report.TLSStage, func(ctx context.Context, step *report.Step) error {
		v := &verifier{host: s.endpoint.Host, trust: s.run.plan.Trust, roots: s.run.roots, now: s.run.prober.now()}
		s.verifier = v
		state, err := s.conn.Handshake(ctx, v.config())
		if len(v.chain) > 0 {
			s.tls = v.describe(state, err == nil)
			s.tls.Chain = cleanChain(s.tls.Chain, s.run.redactor)
		}
		if err != nil {
			s.mannered = false // nothing goes into a session that did not verify
			return &HandshakeError{Head: s.conn.Head(), Err: v.orVerdict(err), Upgraded: s.endpoint.Security == submission.STARTTLS}
		}
		s.state = &state
		if bits := rsaBits(v.chain[0]); bits != 0 && bits < trustedRSA {
			s.notes = append(s.notes, fmt.Sprintf("the key of the server's certificate is short (RSA with %d bits): many programs refuse it", bits))
		}
		s.mannered = s.endpoint.Security == submission.STARTTLS
		step.Detail = s.tls.Version
		if leaf := s.tls.Chain[0]; len(leaf.Names) > 0 {
			step.Detail += ", certificate for " + strings.Join(leaf.Names[:min(3, len(leaf.Names))], ", ") +
				" until " + leaf.NotAfter.Format(time.DateOnly)
		}
		return nil
	})
}

func (s *session) greet(ctx context.Context) bool {
	return s.stage(ctx, report.Greeting, func(ctx context.Context, step *report.Step) error {
		ctx, giveUp := context.WithCancelCause(ctx)
		defer giveUp(nil)
		stop := s.whileSilent(ctx, giveUp)
		r, err := s.conn.Greeting(ctx)
		stop()
		if err != nil {
			return err
		}
		s.mannered, s.greeting = true, r.Text()
		return s.took(step, r, r.Code == reply.CodeReady)
	})
}

func (s *session) hello(ctx context.Context) bool {
	return s.stage(ctx, report.EHLO, func(ctx context.Context, step *report.Step) error {
		r, err := s.conn.Hello(ctx, s.helo())
		if err != nil {
			return err
		}
		if err := s.took(step, r, r.OK()); err != nil || !r.OK() {
			return err
		}
		step.Detail = offers(s.conn.Extensions())
		return nil
	})
}

func (s *session) startTLS(ctx context.Context) bool {
	return s.stage(ctx, report.STARTTLS, func(ctx context.Context, step *report.Step) error {
		if !s.conn.Offers("STARTTLS") {
			return errNoSTARTTLS
		}
		r, err := s.conn.StartTLS(ctx)
		if err != nil {
			s.mannered = false // what came next might be taken for the handshake
			return err
		}
		return s.took(step, r, r.Code == reply.CodeReady)
	})
}

// took notes the reply that decided a stage.
func (s *session) took(step *report.Step, r reply.Reply, ok bool) error {
	step.Reply = &r
	if ok {
		step.Detail = r.String()
		return nil
	}
	step.Status = report.Failed
	s.mannered = s.mannered && r.Code != 421 // it says goodbye itself (RFC 5321 section 3.8)
	return nil
}

// goOn carries out what the check asks for after EHLO, then says goodbye.
func (s *session) goOn(ctx context.Context) {
	check := s.run.plan.Check
	if !check.Includes(report.Auth) || s.login(ctx) {
		if check.Includes(report.Mail) {
			s.submit(ctx)
		}
	}
	s.part(ctx)
}

func (s *session) login(ctx context.Context) bool {
	return s.stage(ctx, report.Auth, func(ctx context.Context, step *report.Step) error {
		mechanisms, err := s.mechanisms()
		if err != nil {
			return err
		}
		for i, m := range mechanisms {
			step.Detail = m
			r, err := s.authenticate(ctx, m)
			if err != nil {
				return s.brokeOff(ctx, step, r, err)
			}
			step.Reply = &r
			if r.Code == reply.CodeAuthenticated {
				s.mechanism = m
				return nil
			}
			if !mechanismRefused(r) || i == len(mechanisms)-1 {
				return s.refused(step, r)
			}
			s.notes = append(s.notes, "the server offers "+m+" and then refuses it: "+r.String())
		}
		return nil
	})
}

// brokeOff notes an exchange of AUTH without a verdict. It may have ended with a
// reply all the same: to the "*" that gave it up, or a 235 that proves nothing.
func (s *session) brokeOff(ctx context.Context, step *report.Step, r reply.Reply, err error) error {
	if r.Code != 0 && (errors.Is(err, smtp.ErrExchange) || errors.Is(err, sasl.ErrServerSignature)) {
		step.Reply = &r
	}
	if ctx.Err() != nil && step.Detail != sasl.Plain { // PLAIN is all said in its command
		s.mannered = false // a QUIT might be taken for the answer to a challenge, and that for a wrong password
	}
	return err
}

func (s *session) refused(step *report.Step, r reply.Reply) error {
	detail := step.Detail
	err := s.took(step, r, false)
	step.Detail = detail
	return err
}

// mechanisms lists what may be tried. The last look before credentials leave
// the machine: verified TLS, or loopback.
func (s *session) mechanisms() ([]string, error) {
	clear := s.state == nil
	if clear && !(s.endpoint.Security == submission.None && s.loopback) {
		return nil, errInsecure
	}
	if !s.conn.Offers("AUTH") {
		return nil, errNoAuth
	}
	return sasl.Candidates(sasl.Situation{
		Offered: s.conn.Mechanisms(), Forced: s.run.plan.Account.Mechanism,
		Clear: clear, Binding: s.binding(),
	})
}

func (s *session) binding() *sasl.Binding {
	if s.state == nil {
		return nil
	}
	b, err := sasl.NewBinding(*s.state)
	if err != nil {
		return nil // -PLUS is then not a candidate
	}
	return b
}

func (s *session) authenticate(ctx context.Context, mechanism string) (reply.Reply, error) {
	a := s.run.plan.Account
	client, err := sasl.New(mechanism, sasl.Credentials{
		Username: a.Username, Password: a.Password.Reveal(), Host: s.endpoint.Host, Port: s.endpoint.Port,
	}, s.binding())
	if err != nil {
		return reply.Reply{}, err
	}
	r, err := s.conn.Auth(ctx, client)
	if detail := client.ServerDetail(); detail != "" {
		s.notes = append(s.notes, "the server explains: "+reply.Safe(s.run.redactor.Clean(detail)))
	}
	if err == nil && r.Code == reply.CodeAuthenticated {
		err = client.Finish(r.Text())
	}
	return r, err
}

// mechanismRefused tells a refused mechanism from a refused password (RFC 4954
// section 6, RFC 3463 section 3.6, and Exchange's own 5.7.4).
func mechanismRefused(r reply.Reply) bool {
	return r.Code == reply.CodeParameterUnknown ||
		r.Enhanced == reply.EnhancedCode{Class: 5, Subject: 5, Detail: 4} ||
		r.Enhanced == reply.EnhancedCode{Class: 5, Subject: 7, Detail: 4}
}

// submit runs the transaction. Its commands may go in one write, so a stage
// begins when the one before it is answered.
func (s *session) submit(ctx context.Context) {
	t, err := s.transaction()
	if err != nil {
		s.stage(ctx, report.Mail, func(context.Context, *report.Step) error { return err })
		return
	}
	ctx, giveUp := context.WithCancelCause(ctx)
	replies := make(chan answer)
	go func() {
		defer close(replies)
		err := s.conn.Submit(ctx, t, func(v smtp.Verb, r reply.Reply) { replies <- answer{v, r, nil} })
		if err != nil {
			replies <- answer{err: err}
		}
	}()
	defer func() { // what is left over decides nothing
		late := time.AfterFunc(courtesy, func() { giveUp(errStageTimeout) })
		defer late.Stop()
		for range replies {
		}
		giveUp(nil)
	}()
	stages := []report.Stage{report.Mail, report.Rcpt}
	if t.Message != nil {
		stages = append(stages, report.Data)
	}
	for _, name := range stages {
		ok := s.stage(ctx, name, func(bounded context.Context, step *report.Step) error {
			stop := context.AfterFunc(bounded, func() { giveUp(context.Cause(bounded)) })
			defer stop()
			return s.await(step, replies)
		})
		if !ok {
			return
		}
	}
}

type answer struct {
	verb  smtp.Verb
	reply reply.Reply
	err   error
}

// await takes the reply of a stage; that of DATA is in two parts.
func (s *session) await(step *report.Step, replies <-chan answer) error {
	a := <-replies
	switch {
	case a.err != nil:
		// A QUIT might be taken for a line of the message.
		s.mannered = s.mannered && !s.messageBegun(step.Stage)
		return a.err
	case a.verb == smtp.DATA && a.reply.Code == reply.CodeStartMailInput:
		return s.await(step, replies)
	case step.Stage == report.Data: // 354 alone is a yes to DATA, 250 to the message (RFC 5321 section 4.3.2)
		return s.took(step, a.reply, a.verb == smtp.Message && a.reply.Code == reply.CodeOK)
	}
	return s.took(step, a.reply, a.reply.OK())
}

// messageBegun reports whether the server may be reading the message: DATA was
// said, which may have gone in one write with what came before it.
func (s *session) messageBegun(at report.Stage) bool {
	return at == report.Data || s.run.plan.Check == report.CheckSend && s.conn.Offers("PIPELINING")
}

// transaction prepares the envelope, and the message where one is asked for.
func (s *session) transaction() (smtp.Transaction, error) {
	a := s.run.plan.Account
	utf8 := a.Envelope().NeedsSMTPUTF8()
	if utf8 && !s.conn.Offers("SMTPUTF8") {
		return smtp.Transaction{}, errNoSMTPUTF8
	}
	t := smtp.Transaction{From: a.From.Wire(), To: a.To.Wire(), UTF8: utf8}
	if s.run.plan.Check != report.CheckSend {
		return t, nil
	}
	m := message.New(message.Facts{
		Account: a, Endpoint: s.endpoint, Mechanism: s.mechanism, TLSVersion: s.tlsVersion(),
		Version: s.run.prober.Version, Date: s.run.prober.now(), EightBit: s.conn.Offers("8BITMIME"), UTF8: utf8,
	})
	t.Message, t.EightBit = m.Bytes, m.EightBit
	s.messageID, s.subject = m.ID, m.Subject
	return t, nil
}

func (s *session) tlsVersion() string {
	if s.tls == nil {
		return ""
	}
	return s.tls.Version
}

// part ends the session: with QUIT where the server is owed one and the wire
// is in a state for it, at most for a moment, also when the run was cancelled.
func (s *session) part(ctx context.Context) {
	if s.conn == nil {
		return
	}
	if s.conn.SawBareLF() {
		s.notes = append(s.notes, "the server ends lines with a bare LF, which RFC 5321 section 2.3.8 forbids")
	}
	if !s.mannered || s.broken() {
		_ = s.conn.Close()
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), courtesy)
	defer cancel()
	s.stage(ctx, report.Quit, func(ctx context.Context, step *report.Step) error {
		r, err := s.conn.Quit(ctx)
		if err != nil {
			return err
		}
		return s.took(step, r, r.OK())
	})
}

// broken reports that the connection itself failed: there is nobody to say goodbye to.
func (s *session) broken() bool {
	last := s.steps[len(s.steps)-1]
	switch last.Fault {
	case report.FaultClosed, report.FaultReset, report.FaultTimeout, report.FaultTLS, report.FaultClientCert, report.FaultNotSMTP, report.FaultMalformed:
		return last.Reply == nil
	}
	return false
}

// leave ends a session that was not kept.
func (s *session) leave(ctx context.Context) {
	<-s.opened
	if s.up {
		s.part(ctx)
	}
}

// isOpened reports whether open has returned.
func (s *session) isOpened() bool {
	select {
	case <-s.opened:
		return true
	default:
		return false
	}
}

// underWay reports a session that is connected and not yet decided.
func (s *session) underWay() bool { return s.connected.Load() && !s.isOpened() }

// progress ranks how far a session came, so that the report of a run that
// failed everywhere is of the one that came furthest.
func (s *session) progress() int {
	switch {
	case s.passed(report.TLSStage) && s.passed(report.Greeting):
		return 6
	case s.passed(report.TLSStage):
		return 5
	case s.certificateFailed(): // the same finding before and after a greeting
		return 4
	case s.passed(report.Greeting):
		return 3
	case s.passed(report.Connect):
		return 2
	case s.passed(report.Resolve):
		return 1
	}
	return 0
}

func (s *session) passed(stage report.Stage) bool {
	return slices.ContainsFunc(s.steps, func(step report.Step) bool {
		return step.Stage == stage && step.Status == report.OK
	})
}

func (s *session) failed() *report.Step {
	for i := range s.steps {
		if s.steps[i].Status == report.Failed && s.steps[i].Stage != report.Quit {
			return &s.steps[i]
		}
	}
	return nil
}

// cutShort reports that something asked for was left undone by a cancelled
// context, which the goodbye is not.
func (s *session) cutShort() bool {
	step := s.failed()
	return step != nil && step.Fault == report.FaultInterrupted
}

func (s *session) certificateFailed() bool {
	step := s.failed()
	return step != nil && step.Fault.IsCertificate()
}

func (s *session) alternative() report.Alternative {
	a := report.Alternative{Endpoint: s.endpoint, Reachable: s.up}
	if step := s.failed(); step != nil {
		a.Stage, a.Fault, a.Err = step.Stage, step.Fault, step.Err
		if step.Fault == report.FaultInterrupted {
			a.Err = "not waited for: another endpoint was ready first"
		}
		if step.Reply != nil && a.Err == "" {
			a.Err = step.Reply.String()
		}
	}
	return a
}

// helo is the name to say in EHLO: the machine's own if it has a dot, else an
// address literal (RFC 5321 section 4.1.4). Servers refuse "localhost".
func (s *session) helo() string {
	if s.run.plan.Helo != "" {
		return s.run.plan.Helo
	}
	name, err := s.run.prober.Hostname()
	if ascii, bad := submission.ParseHost(name); err == nil && bad == nil && strings.Contains(ascii, ".") &&
		!strings.HasPrefix(ascii, "localhost.") && !isLiteral(ascii) {
		return ascii
	}
	return literal(s.conn.LocalAddr())
}

func literal(a net.Addr) string {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return "[127.0.0.1]"
	}
	addr := ap.Addr().Unmap().WithZone("")
	if addr.Is6() {
		return "[IPv6:" + addr.String() + "]"
	}
	return "[" + addr.String() + "]"
}

func isLiteral(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

func isLoopback(a net.Addr) bool {
	ap, err := netip.ParseAddrPort(a.String())
	return err == nil && ap.Addr().Unmap().IsLoopback()
}

func allLoopback(addrs []netip.Addr) bool {
	for _, a := range addrs {
		if !a.Unmap().IsLoopback() {
			return false
		}
	}
	return true
}

func joinAddrs(addrs []netip.Addr) string {
	const most = 8
	words := make([]string, 0, most)
	for _, a := range addrs[:min(most, len(addrs))] {
		words = append(words, a.String())
	}
	return strings.Join(words, ", ")
}

// offers tells the extensions that matter to a submission.
func offers(ext reply.Extensions) string {
	var words []string
	for _, keyword := range []string{"STARTTLS", "AUTH", "SIZE", "8BITMIME", "SMTPUTF8", "PIPELINING"} {
		if params, ok := ext[keyword]; ok {
			words = append(words, strings.TrimSpace(keyword+" "+params))
		}
	}
	return strings.Join(words, ", ")
}
