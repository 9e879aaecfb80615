package chaos

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/smtpwiz/smtpwiz/internal/diagnose"
	"github.com/smtpwiz/smtpwiz/internal/render"
	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/smtp"
	"github.com/smtpwiz/smtpwiz/internal/submission"
	"github.com/smtpwiz/smtpwiz/internal/support"
)

// judge holds a game to all that must be true whatever the servers do.
func (g *game) judge(t *testing.T) {
	t.Helper()
	for _, rule := range []struct {
		name string
		hold func(*game) error
	}{
		{"an end within the limits", (*game).endsInTime},
		{"no connection is left", (*game).leavesNothing},
		{"little is read", (*game).readsLittle},
		{"little memory is used", (*game).takesLittle},
		{"nothing but EHLO, STARTTLS and QUIT in clear", (*game).clearIsBare},
		{"nothing inside TLS that did not verify", (*game).unverifiedIsSilent},
		{"AUTH in verified TLS or on plain loopback", (*game).authIsProtected},
		{"no payload of AUTH is shown", (*game).payloadsAreHidden},
		{"one judged try of a password", (*game).oneTry},
		{"no answer before its question", (*game).answersFollow},
		{"success after the 250 to the message", (*game).successIsEarned},
		{"the transcript is what the wire saw", (*game).transcriptIsTrue},
		{"the stages are whole", (*game).stagesAreWhole},
		{"a diagnosis", (*game).diagnosed},
		{"output without secrets and controls", (*game).outputIsClean},
	} {
		if err := rule.hold(g); err != nil {
			t.Errorf("seed %d: %s: %v", g.seed, rule.name, err)
		}
	}
	if t.Failed() || isReplay() {
		g.tell(t)
	}
}

// endsInTime: each stage has its time, then there is the goodbye, and a second
// for second looks at each of its ends. A real clock is not judged.
func (g *game) endsInTime() error {
	const goodbye, looks = time.Second, 4 * time.Second
	most := 14 * g.plan.Timeout
	if g.plan.MaxTime > 0 {
		most = g.plan.MaxTime
	}
	if g.cancel > 0 {
		most = min(most, g.cancel)
	}
	if most += 2*goodbye + looks; g.took > most && !g.world.real {
		return fmt.Errorf("it took %s of %s", g.took, most)
	}
	return nil
}

func (g *game) leavesNothing() error {
	if g.world.open != 0 {
		return fmt.Errorf("%d are open", g.world.open)
	}
	return nil
}

// readsLittle: a reply is 64 KiB at most, TLS reads some more at once, and of
// replies there is a dozen; AUTH has challenges.
func (g *game) readsLittle() error {
	const most = 40 * reply.MaxBytes
	for _, s := range g.sessions() {
		if s.wire.sent > most && !g.world.real { // a kernel takes more than a client reads
			return fmt.Errorf("%d octets of a server", s.wire.sent)
		}
	}
	text, inReply := 0, 0
	for _, l := range g.report.Transcript {
		text += len(l.Text)
		if inReply++; l.From == report.Client || len(l.Text) < 4 || l.Text[3] != '-' {
			inReply = 0
		}
		if inReply > reply.MaxLines+1 {
			return fmt.Errorf("a reply of more than %d lines", reply.MaxLines)
		}
	}
	if text > most {
		return fmt.Errorf("a transcript of %d octets", text)
	}
	return nil
}

// takesLittle counts all that was allocated in the game, so that the most that
// was held at once is less. The servers have their part in it.
func (g *game) takesLittle() error {
	const most = 32 << 20
	if g.allocated > most {
		return fmt.Errorf("%d octets", g.allocated)
	}
	return nil
}

func (g *game) sessions() (all []*session) {
	for _, s := range g.world.servers {
		all = append(all, s.sessions...)
	}
	return all
}

// clearIsBare looks at the octets below TLS. Where they are of no use to a
// handshake they are of the three commands.
func (g *game) clearIsBare() error {
	for address, s := range g.world.servers {
		if address == "127.0.0.1:25" {
			continue
		}
		for _, sess := range s.sessions {
			raw := sess.wire.raw
			for len(raw) > 0 && raw[0] != 0x16 && raw[0] != 0x15 {
				line, rest, whole := bytes.Cut(raw, []byte("\r\n"))
				if s.inTLS || whole && !isBare(string(line)) || !whole && !beginsBare(string(line)) {
					return fmt.Errorf("%s got %q", address, line)
				}
				raw = rest
			}
			if err := areRecords(raw); err != nil {
				return fmt.Errorf("%s: %w", address, err)
			}
		}
	}
	return nil
}

func isBare(line string) bool {
	return line == "STARTTLS" || line == "QUIT" || line == "EHLO client.example.test"
}

func beginsBare(part string) bool {
	for _, line := range []string{"STARTTLS\r\n", "QUIT\r\n", "EHLO client.example.test\r\n"} {
		if strings.HasPrefix(line, part) {
			return true
		}
	}
	return false
}

// areRecords: handshakes, alerts, application data and changes of cipher (RFC
// 8446 section 5.1), the last of them perhaps cut off.
func areRecords(raw []byte) error {
	for len(raw) >= 5 {
		if raw[0] < 0x14 || raw[0] > 0x17 || raw[1] != 3 {
			return fmt.Errorf("no record of TLS: %.60q", raw)
		}
		length := int(raw[3])<<8 | int(raw[4])
		raw = raw[min(len(raw), 5+length):]
	}
	return nil
}

func (g *game) unverifiedIsSilent() error {
	for _, s := range g.sessions() {
		for _, h := range s.heard {
			if h.tls && !s.trusted {
				return fmt.Errorf("%q", h.text)
			}
		}
	}
	return nil
}

func (g *game) authIsProtected() error {
	for address, s := range g.world.servers {
		for _, sess := range s.sessions {
			for _, h := range sess.heard {
				isAuth := strings.HasPrefix(strings.ToUpper(h.text), "AUTH") || strings.Contains(h.text, g.world.password)
				if isAuth && !(h.tls && s.trusted || address == "127.0.0.1:25") {
					return fmt.Errorf("%s got %q", address, h.text)
				}
			}
		}
	}
	return nil
}

// oneTry: AUTH goes to one session only, and is said again there only after
// the mechanism itself was refused.
func (g *game) oneTry() error {
	tried := 0
	for _, s := range g.sessions() {
		if slices.ContainsFunc(s.heard, func(h heard) bool { return strings.HasPrefix(h.text, "AUTH") }) {
			tried++
		}
	}
	if tried > 1 {
		return fmt.Errorf("AUTH in %d sessions", tried)
	}
	answer, said := "", map[string]bool{}
	for _, l := range g.report.Transcript {
		switch {
		case l.From == report.Server:
			answer = l.Text
		case strings.HasPrefix(l.Text, "AUTH"):
			if len(said) > 0 && !refusesMechanism(answer) {
				return fmt.Errorf("%q after %q", l.Text, answer)
			}
			if said[l.Text] {
				return fmt.Errorf("%q twice", l.Text)
			}
			said[l.Text] = true
		}
	}
	return nil
}

// payloadsAreHidden: of AUTH the transcript shows the mechanism and the verdict.
func (g *game) payloadsAreHidden() error {
	inAuth := false
	for _, l := range g.report.Transcript {
		verb, rest, _ := strings.Cut(l.Text, " ")
		switch {
		case l.From == report.Server:
			if inAuth = inAuth && verb == "334"; inAuth && rest != smtp.Redacted {
				return fmt.Errorf("a challenge: %q", l.Text)
			}
		case verb == "AUTH":
			inAuth = true
			if _, initial, found := strings.Cut(rest, " "); found && initial != smtp.Redacted {
				return fmt.Errorf("an initial response: %q", l.Text)
			}
		case l.Text == "*" || l.Text == "QUIT":
			inAuth = false
		case inAuth && l.Text != smtp.Redacted:
			return fmt.Errorf("a response: %q", l.Text)
		}
	}
	return nil
}

// answersFollow: nothing is said where the consent to it is there already, since
// the server wrote that at once with the answer before; and nothing at all inside
// TLS where bytes in clear stood behind the consent to STARTTLS (CVE-2011-0411).
func (g *game) answersFollow() error {
	s := g.kept()
	if s == nil {
		return nil
	}
	lines, read, last := s.lines(), 0, ""
	waiting := []string{"the greeting"}
	inMessage := false
	for _, l := range g.report.Transcript {
		if l.From == report.Client {
			if len(waiting) == 0 && s.cameTogether(lines, read) && same(last, lines[read-1].text) {
				next := lines[read]
				if strings.ContainsAny(next.text[:1], "23") || l.TLS && !next.tls {
					return fmt.Errorf("%q was said after %q", l.Text, next.text)
				}
			}
			if inMessage = inMessage && l.Text != "."; !inMessage {
				waiting = append(waiting, l.Text)
			}
			continue
		}
		read, last = read+1, l.Text
		isLast := len(l.Text) < 4 || l.Text[3] != '-'
		if isLast && len(waiting) > 0 {
			inMessage = waiting[0] == "DATA" && strings.HasPrefix(l.Text, "354")
			waiting = waiting[1:]
		}
	}
	return nil
}

// cameTogether: the next line was in the client's hands with the one before it.
func (s *session) cameTogether(lines []line, next int) bool {
	return 0 < next && next < len(lines) && lines[next].write == lines[next-1].write &&
		!s.said[lines[next].write].parts && lines[next].text != ""
}

// refusesMechanism: 504, 5.5.4 or 5.7.4, whose code any line of the reply may have.
func refusesMechanism(last string) bool {
	return strings.HasPrefix(last, "504") || strings.HasPrefix(last, "5") && (strings.Contains(last, "5.5.4") || strings.Contains(last, "5.7.4"))
}

// successIsEarned: what a check asks for was said, and the server consented
// when it had read that.
func (g *game) successIsEarned() error {
	if !g.report.OK() {
		return nil
	}
	if g.plan.Check == report.CheckSend {
		return g.kept().tookMessage()
	}
	asked := map[report.Check]struct{ last, yes string }{
		report.CheckSender: {"RCPT", "2"}, report.CheckLogin: {"AUTH", "235"}, report.CheckConnect: {"EHLO", "2"},
	}[g.plan.Check]
	s := g.kept()
	if g.report.Extensions.Has("PIPELINING") && asked.last == "RCPT" {
		asked.last = "MAIL" // with which it was said at once, so that two answers to MAIL are taken for one to each
	}
	at := s.firstHeard(asked.last)
	if at < 0 {
		return fmt.Errorf("%s was never said", asked.last)
	}
	for _, w := range s.said {
		if w.mayComeLate() || w.after > at && strings.HasPrefix(w.text, asked.yes) {
			return nil
		}
	}
	return fmt.Errorf("%s was never granted", asked.last)
}

func (s *session) firstHeard(verb string) int {
	return slices.IndexFunc(s.heard, func(h heard) bool { return strings.HasPrefix(h.text, verb) })
}

// mayComeLate: its end may have come at any time.
func (w said) mayComeLate() bool { return w.parts && strings.Count(w.text, "\n") > 1 }

// tookMessage: to DATA came a 354 and no more, and then, while the message came
// or behind it, a 250 first of all. One that a server says without having read
// the end is a lie that nobody can tell from the truth.
func (s *session) tookMessage() error {
	at := s.firstHeard("DATA")
	if at < 0 {
		return fmt.Errorf("DATA was never said")
	}
	for _, w := range s.said {
		switch {
		case w.mayComeLate():
			return nil
		case w.after == at+1 && strings.Count(w.text, "\n") > 1 && !strings.HasPrefix(w.text, "354-"):
			return fmt.Errorf("after more than an answer to DATA: %q", w.text)
		case w.after > at+1 && !strings.HasPrefix(w.text, "250"):
			return fmt.Errorf("the message was answered by %q", w.text)
		case w.after > at+1:
			return nil
		}
	}
	return fmt.Errorf("the message was never answered")
}

// transcriptIsTrue compares line by line with the recording at the server. The
// last line of either side may not have arrived, or not whole.
func (g *game) transcriptIsTrue() error {
	s := g.kept()
	if s == nil {
		if len(g.report.Transcript) > 0 {
			return fmt.Errorf("nobody was there: %+v", g.report.Transcript[0])
		}
		return nil
	}
	told := map[report.Party][]report.Line{}
	for _, l := range g.report.Transcript {
		told[l.From] = append(told[l.From], l)
	}
	client, server, lines := told[report.Client], told[report.Server], s.lines()
	for i, h := range s.heard {
		if i >= len(client) || h.tls != client[i].TLS || !same(client[i].Text, h.text) && i < len(s.heard)-1 {
			return fmt.Errorf("line %d of the client's was %.300q: %.300v", i, h.text, client[min(i, len(client)):min(i+1, len(client))])
		}
	}
	for i, l := range server {
		if i >= len(lines) || l.TLS != lines[i].tls || !same(l.Text, lines[i].text) && !(i == len(server)-1 && begins(l.Text, lines[i].text)) {
			return fmt.Errorf("line %d of the server's was %.300v, not %.300q", i, lines[min(i, len(lines)):min(i+1, len(lines))], l.Text)
		}
	}
	if step := g.report.Failed(); step != nil && (step.Fault == report.FaultMalformed || step.Fault == report.FaultNotSMTP) {
		last := report.Line{From: report.Client}
		for _, l := range g.report.Transcript {
			if l.Text != "*" && l.Text != "QUIT" { // which give up
				last = l
			}
		}
		if last.From == report.Client {
			return fmt.Errorf("what is malformed is not in it")
		}
	}
	return nil
}

// line is one of the server's, and the write that it ended in.
type line struct {
	text  string
	tls   bool
	write int
}

// lines are the server's, as far as it got.
func (s *session) lines() (lines []line) {
	for _, secure := range []bool{false, true} {
		begun := ""
		for i, w := range s.said {
			if w.tls != secure {
				continue
			}
			texts := strings.Split(begun+w.text, "\n")
			begun = texts[len(texts)-1]
			for _, text := range texts[:len(texts)-1] {
				lines = append(lines, line{text, secure, i})
			}
		}
		if begun != "" {
			lines = append(lines, line{begun, secure, len(s.said) - 1})
		}
	}
	return lines
}

// same compares a line of the transcript, made safe and without secrets, with
// what it was.
func same(shown, wire string) bool { return matches(shown, strings.TrimSuffix(wire, "\r")) }

// begins is same for a line of which the client read a part.
func begins(shown, wire string) bool {
	const most = 8 << 10
	for n := range min(len(wire), most) + 1 {
		if matches(shown, wire[:n]) {
			return true
		}
	}
	return strings.HasSuffix(shown, "…") && same(shown, wire)
}

func matches(shown, wire string) bool {
	if shown == "334 "+smtp.Redacted { // a challenge is replaced whole
		return strings.HasPrefix(wire, "334")
	}
	shown, isCut := strings.CutSuffix(shown, "…")
	parts := strings.Split(shown, smtp.Redacted)
	rest, ok := strings.CutPrefix(reply.Safe(wire), parts[0])
	for _, part := range parts[1:] {
		if !ok {
			return false
		}
		_, rest, ok = strings.Cut(rest, part)
	}
	return ok && (rest == "" || isCut || len(parts) > 1 && (parts[len(parts)-1] == "" || strings.HasSuffix(rest, parts[len(parts)-1])))
}

func (g *game) stagesAreWhole() error {
	failed := false
	for _, step := range g.report.Steps {
		if failed && step.Status != report.Skipped && step.Stage != report.Quit {
			return fmt.Errorf("%s ran after a failure", step.Stage)
		}
		failed = failed || step.Status == report.Failed
		if step.Status == report.Failed && step.Reply == nil && (step.Fault == "" || step.Err == "") {
			return fmt.Errorf("%s does not say why it failed", step.Stage)
		}
		if step.Status == report.OK && !consents(step) {
			return fmt.Errorf("%s passed with %v", step.Stage, replyOf(step))
		}
		if step.Fault == report.FaultInternal {
			return fmt.Errorf("%s takes the fault on itself: %s", step.Stage, step.Err)
		}
	}
	return nil
}

// consents: a stage passes by the reply that its standard asks for (RFC 5321
// section 4.3.2, RFC 3207 section 4, RFC 4954 section 6), or needs none.
func consents(step report.Step) bool {
	yes, spoken := map[report.Stage]string{
		report.Greeting: "220", report.EHLO: "2", report.STARTTLS: "220", report.Auth: "235",
		report.Mail: "2", report.Rcpt: "2", report.Data: "250", report.Quit: "2",
	}[step.Stage]
	return !spoken || step.Reply != nil && strings.HasPrefix(step.Reply.String(), yes)
}

func (g *game) diagnosed() error {
	d := diagnose.Explain(g.report, nil)
	switch {
	case (d == nil) != (g.report.OK() || g.report.Interrupted):
		return fmt.Errorf("ok %t, interrupted %t: %+v", g.report.OK(), g.report.Interrupted, d)
	case d == nil:
		return nil
	case !slices.Contains(submission.Causes(), d.Cause), d.Summary == "", len(d.Fixes) == 0:
		return fmt.Errorf("%+v", d)
	}
	return nil
}

// outputIsClean looks at all that a user gets to see.
func (g *game) outputIsClean() error {
	var out bytes.Buffer
	if err := g.show(&out); err != nil {
		return err
	}
	last := ""
	for _, l := range g.report.Transcript {
		if l.From == report.Server { // what is broken over lines is put together again
			text := []rune(l.Text)
			last = string(text[min(len("250 "), len(text)):])
			out.WriteString(last)
		}
	}
	const few = 4                                                                            // characters, with which anything may begin
	for begun := []rune(g.world.password); len(begun) >= few; begun = begun[:len(begun)-1] { // what broke off does not show what was to come
		if strings.HasSuffix(last, string(begun)) {
			return fmt.Errorf("the beginning of the password at the end of %.200q", last)
		}
	}
	shown := out.String()
	low := strings.ToLower(shown)
	for _, piece := range pieces(g.world.password) {
		for _, secret := range spellings(piece) {
			if i := strings.Index(low, strings.ToLower(secret)); i >= 0 {
				return fmt.Errorf("%q in %.200q", secret, low[max(0, i-80):])
			}
		}
	}
	if !utf8.ValidString(shown) {
		return fmt.Errorf("invalid UTF-8")
	}
	for i, r := range shown {
		if r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Bidi_Control) {
			return fmt.Errorf("%q in %.100q", r, shown[max(0, i-50):])
		}
	}
	return nil
}

// writeTexts writes what a reader of JSON gets, whose escapes are undone.
func writeTexts(out *bytes.Buffer, decoded any) {
	switch v := decoded.(type) {
	case string:
		out.WriteString(v + "\n")
	case []any:
		for _, element := range v {
			writeTexts(out, element)
		}
	case map[string]any:
		for key, value := range v {
			out.WriteString(key + "\n")
			writeTexts(out, value)
		}
	}
}

// show writes the result as the commands do: for people, for scripts and as a
// support case.
func (g *game) show(out *bytes.Buffer) error {
	d := diagnose.Explain(g.report, nil)
	result := render.Result{Report: g.report, Diagnosis: d, Check: g.plan.Check, Account: g.report.Account, Transcript: true, ExitStatus: g.report.ExitStatus()}
	c := support.Case{Result: result}
	var object bytes.Buffer
	if err := errors.Join(render.JSON(&object, result), c.Markdown(out), c.JSON(out)); err != nil {
		return err
	}
	var decoded any
	if err := json.Unmarshal(object.Bytes(), &decoded); err != nil {
		return err
	}
	out.Write(object.Bytes())
	writeTexts(out, decoded)
	for _, width := range []int{0, 40} {
		text := &render.Text{W: out, Width: width}
		for _, step := range g.report.Steps {
			text.Stage(step)
		}
		text.Verdict(g.report, d)
		text.Transcript(g.report.Transcript, true)
		text.Summary("chaos", result)
	}
	return nil
}
