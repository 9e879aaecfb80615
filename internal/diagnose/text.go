package diagnose

import (
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Stages by which a person may place a text, besides those of a report.
const (
	StageDNS   report.Stage = "dns"   // as report.Resolve
	StageQuota report.Stage = "quota" // about the sending allowance, at whatever command
)

// Pasted is a text from any program: a reply, an error, a bounce, a log, or a
// transcript.
type Pasted struct {
	Text   string
	Stage  report.Stage   // "" where it is not known
	Preset *preset.Preset // nil for none
}

// Text explains a pasted text, nil when it holds nothing.
func Text(p Pasted) *Diagnosis {
	text := unwrap(p.Text)
	if strings.TrimSpace(text) == "" {
		return nil
	}
	t := &trouble{stage: p.Stage}
	switch p.Stage {
	case StageDNS:
		t.stage = report.Resolve
	case StageQuota:
		t.stage, t.quota = "", true
	}
	t.read(text)
	t.preset = resolved(p.Preset, t.endpoint.Host)
	return t.diagnose()
}

// read finds what decides in a text.
func (t *trouble) read(text string) {
	part, stage := decisive(text)
	if t.stage == "" && !t.quota {
		t.stage = stage
	}
	r := findReply(part)
	t.code, t.enhanced = r.code, r.enhanced
	repeated := []string{codeWord(r.code), r.enhanced.String()}
	t.words = [][]string{without(wordsOf(afterWrapper(part)), repeated...)}
	if part != text {
		t.words = append(t.words, without(wordsOf(text), repeated...))
	}
	t.text, t.error, t.evidence = part, text, evidence(masked(part))
	if t.stage == "" && !t.quota {
		t.stage = stageOfCode(t.code)
	}
	if t.stage == "" && !t.quota {
		t.stage = stageIn(t.allWords())
	}
	t.endpoint = endpointIn(text)
	if _, wanted := namesInError(text); wanted != "" && t.endpoint.Host == "" {
		t.endpoint.Host = wanted
	}
	t.readFault(r.code != 0 || !r.enhanced.IsZero())
}

// readFault recognises what is no server's refusal: an error of a program, a
// library or a system. A server's words come first where there are any.
func (t *trouble) readFault(refused bool) {
	if refused && t.codeIsFailure() {
		return
	}
	for _, words := range t.words {
		if f := faultIn(words); f != report.FaultNone {
			t.fault = f
			break
		}
	}
	if t.stage == "" {
		t.stage = usualStage(t.fault, t.allWords())
	}
}

func (t *trouble) codeIsFailure() bool { return t.class() == 4 || t.class() == 5 }

// allWords are those of the whole text.
func (t *trouble) allWords() []string {
	if len(t.words) == 0 {
		return nil
	}
	return t.words[len(t.words)-1]
}

// lazily compiles a pattern when it is first used: most runs need none.
func lazily(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

// --- taking wrappers off ---

// maxText is how much of a text is read: its beginning and its end.
const maxText = 16 << 10

var (
	lineEnds   = strings.NewReplacer(`\r\n`, "\n", `\\n`, "\n", `\n`, "\n", "\r\n", "\n", "\r", "\n", "<br>", "\n", "<br/>", "\n", "<br />", "\n")
	pythonText = lazily(`\bb(['"])`)
	bounceType = lazily(`(?i)\bsmtp; ?`) // RFC 3464 section 2.3.6
)

// unwrap undoes what other programs do to a text when they print it: escaped
// line ends, Python's b'…', HTML.
func unwrap(s string) string {
	if len(s) > maxText {
		s = s[:maxText/2] + "\n" + s[len(s)-maxText/2:]
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "�")
	}
	s = lineEnds.Replace(html.UnescapeString(s))
	return bounceType().ReplaceAllString(pythonText().ReplaceAllString(s, "$1"), "")
}

// wrappers are the words by which programs introduce a server's own; what .NET
// says before them is only the code in words.
var wrappers = []string{"the server response was:", "server responded:"}

func afterWrapper(s string) string {
	lower := strings.ToLower(s)
	for _, w := range wrappers {
		if i := strings.LastIndex(lower, w); i >= 0 && len(lower) == len(s) {
			if rest := s[i+len(w):]; strings.TrimSpace(rest) != "" {
				return rest
			}
		}
	}
	return s
}

// secrets are what people paste by mistake: the payload of an AUTH, a password
// in a program's settings.
var secrets = []func() *regexp.Regexp{
	lazily(`(?i)(\bauth\s+(?:plain|login|xoauth2|oauthbearer|external|cram-md5|scram-\S+)\s+)[^\s"'<>]+`),
	lazily(`(?i)(\b(?:password|passwd|passphrase|pass|pwd|secret|token|api_?key)["']?\s*(?:=|=>|:\s*["'])\s*["']?)[^\s"',;]+`),
}

func masked(s string) string {
	for _, re := range secrets {
		s = re().ReplaceAllString(s, "${1}***")
	}
	return s
}

// --- finding the line that decides ---

// speakers are how programs mark the server's and the client's lines in a transcript.
var (
	serverLine = lazily(`(?i)^(?:.*\bserver -> client:|.*\bsmtp<<?|<[-~*]+[>]?|<<<|s:|reply:|got:|.*\bin:|server:|←)\s*['"]?(.*)$`)
	clientLine = lazily(`(?i)^(?:.*\bclient -> server:|.*\bsmtp>>?|[-~]+>|>>>|>|c:|send:|sent:|.*\bout:|client:|→)\s*['"]?(.*)$`)
	replyLine  = lazily(`^[2-5][0-5][0-9](?:[- ]|$)`)
)

// decisive picks the part of a text that says what went wrong: of a transcript
// the last refusal, with the stage of the command before it; of anything else
// the lines from the refusal on, or all of it.
func decisive(text string) (part string, stage report.Stage) {
	lines := strings.Split(text, "\n")
	if part, stage := lastRefusal(lines); part != "" {
		return part, stage
	}
	const most = 12 // lines that belong to one refusal, at most
	for i, l := range lines {
		if r := findReply(l); r.code >= 400 && r.sure() {
			return strings.Join(lines[i:min(len(lines), i+most)], "\n"), ""
		}
	}
	return text, ""
}

// lastRefusal reads a transcript: its lines are the two sides' own.
func lastRefusal(lines []string) (part string, stage report.Stage) {
	var said []string // of one reply
	var now report.Stage
	replies := 0
	for _, l := range lines {
		l = strings.TrimSpace(l)
		if m := clientLine().FindStringSubmatch(l); m != nil && !replyLine().MatchString(l) {
			said = nil
			if s := stageOf(m[1]); s != "" {
				now = s
			}
			continue
		}
		if m := serverLine().FindStringSubmatch(l); m != nil {
			l = m[1]
		}
		if !replyLine().MatchString(l) {
			continue
		}
		replies++
		if len(said) > 0 && said[0][:3] != l[:3] {
			said = nil
		}
		said = append(said, l)
		if l[0] >= '4' && now != report.Quit {
			part, stage = strings.Join(said, "\n"), now
		}
	}
	const least = 3 // replies that make a transcript
	if replies < least {
		return "", ""
	}
	return part, stage
}

// stageOf is the stage of a client's command.
func stageOf(command string) report.Stage {
	c := strings.ToUpper(strings.TrimSpace(command))
	for _, s := range []struct {
		verb  string
		stage report.Stage
	}{{"EHLO", report.EHLO}, {"HELO", report.EHLO}, {"STARTTLS", report.STARTTLS}, {"AUTH", report.Auth},
		{"MAIL FROM", report.Mail}, {"RCPT TO", report.Rcpt}, {"DATA", report.Data}, {"QUIT", report.Quit}} {
		if strings.HasPrefix(c, s.verb) {
			return s.stage
		}
	}
	return ""
}

// --- finding codes ---

// foundCode is a reply's code and enhanced code in a text.
type foundCode struct {
	code     int
	enhanced reply.EnhancedCode
	score    int // how surely it is a reply's code and no other number
}

const (
	scoreNumber   = 1 // three figures that could be a code
	scoreNamed    = 2 // after a word such as "code"
	scoreAtStart  = 3 // where a reply begins
	scoreEnhanced = 4 // with an enhanced code of its class behind
)

func (f foundCode) sure() bool { return f.score >= scoreNamed }

var (
	// Ports and parts of addresses and dates are kept out by what stands around.
	codeAt = lazily(`(^|[\s"'(\[{;,=<>|#]|[^\d]:)([2-5]\d\d)(?:[-\s:,"'\])};|#.]|$)`)
	// What follows a word is a program's version.
	enhancedAt = lazily(`(?m)(?:^|[^\s\w.])\s*([245]\.\d{1,3}\.\d{1,3})(?:[^\d.]|\.?$|\.\s)`)
	codeWords  = lazily(`(?i)(?:code|error|response|reply|status|smtp|said|got|server|returned|erreur|antwort|resposta\S*|login|failed)[\s:=("'\[#]*$`)
)

// findReply finds the refusal's codes: the surest, of equals the first.
func findReply(s string) foundCodeCode {
	var best foundCode
	for pos := 0; pos < len(s); {
		m := codeAt().FindStringSubmatchIndex(s[pos:])
		if m == nil {
			break
		}
		f := judgeCode(s, pos+m[4])
		if f.score > best.score {
			best = f
		}
		pos += m[5]
	}
	if !best.sure() {
		best = foundCode{}
	}
	if best.enhanced.IsZero() {
		best.enhanced = findEnhanced(s, best.code)
	}
	return best
}

// judgeCode looks at the number at s[at:at+3].
func judgeCode(s string, at int) foundCodeCode {
	code, _ := strconv.Atoi(s[at : at+3])
	f := foundCode{code: code}
	if code < 400 {
		return f // a success decides nothing
	}
	f.enhanced, _ = reply.ParseEnhancedCode(firstWord(strings.TrimLeft(s[at+3:], "-: ,'\"\t\n)")))
	if f.enhanced.Class != code/100 {
		f.enhanced = reply.EnhancedCode{}
	}
	lead := s[:at]
	before := strings.TrimRight(lead, " \t\"'([{#")
	switch {
	case !f.enhanced.IsZero():
		f.score = scoreEnhanced
	case s[at+1] > '5': // RFC 5321 section 4.2: the second figure is 0 to 5
	case before == "" || strings.HasSuffix(before, "\n") || strings.HasSuffix(before, ":") && before != lead:
		f.score = scoreAtStart
	case codeWords().MatchString(lead[max(0, len(lead)-24):]):
		f.score = scoreNamed
	default:
		f.score = scoreNumber
	}
	return f
}

func firstWord(s string) string {
	w := strings.FieldsFunc(s, func(r rune) bool { return !(r >= '0' && r <= '9' || r == '.') })
	if len(w) == 0 || !strings.HasPrefix(s, w[0]) {
		return ""
	}
	return strings.TrimSuffix(w[0], ".")
}

// findEnhanced finds an enhanced code that stands alone, of the code's class if there is one.
func findEnhanced(s string, code int) reply.EnhancedCode {
	for _, m := range enhancedAt().FindAllStringSubmatch(s, 8) {
		e, _ := reply.ParseEnhancedCode(m[1])
		if e.Class >= 4 && (code == 0 || e.Class == code/100) {
			return e
		}
	}
	return reply.EnhancedCode{}
}

// greetingLine is a server's 220 in a text.
var greetingLine = lazily(`(?m)(?:^|[\s"'>:])220[- ]([^\n]{4,160})`)

// pastedGreeting is the first greeting that a text quotes. A 220 also answers STARTTLS.
func (t *trouble) pastedGreeting() string {
	m := greetingLine().FindStringSubmatch(t.error)
	if m == nil || strings.Contains(strings.ToLower(m[1]), "tls") {
		return ""
	}
	return m[1]
}

// --- finding the stage ---

// stageWords tell at which command a refusal came.
var stageWords = []struct {
	says  []string
	stage report.Stage
}{
	{[]string{"in reply to end|data", "end of data", "smtpdataerror", "data end command", "after end of data", "error data"}, report.Data},
	{[]string{"in reply to rcpt", "smtprecipientsrefused", "rcpt to command|failed|error", "rcpt failed", "after rcpt", "command rcpt", "smtpfailedrecipientexception"}, report.Rcpt},
	{[]string{"in reply to mail", "smtpsenderrefused", "mail from command|failed|error", "mail failed", "after mail from", "sending mail command", "mail command failed", "command mail"}, report.Mail},
	{[]string{"in reply to ehlo|helo", "smtpheloerror", "after ehlo|helo"}, report.EHLO},
	{[]string{"smtpauthenticationerror", "invalid login", "authenticationfailedexception", "sasl authentication", "password command failed", "eauth", "auth plain|login|xoauth2|cram", "failed to authenticate", "could not authenticate"}, report.Auth},
	{[]string{"refused to talk to me", "greeting never received", "invalid greeting", "after initial connection"}, report.Greeting},
}

// stageOfCode: some codes answer AUTH alone (RFC 4954 section 6).
func stageOfCode(code int) report.Stage {
	if code == 534 || code == 535 || code == 538 {
		return report.Auth
	}
	return ""
}

func stageIn(words []string) report.Stage {
	for i, says := range stagePhrases() {
		if anyIn(says, words) {
			return stageWords[i].stage
		}
	}
	return ""
}

var stagePhrases = sync.OnceValue(func() (all [][]phrase) {
	for _, s := range stageWords {
		all = append(all, parsePhrases(s.says))
	}
	return all
})

// --- finding the endpoint ---

var (
	hostPort = lazily(`([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):(\d{2,5})\b`)
	portWord = lazily(`(?i)\bport["']?\s*[:=]?\s*["']?(\d{2,5})\b`)
	implicit = lazily(`(?i)\b(?:ssl|tls|smtps)://`)
)

// endpointIn is the server that a text names last; ports of sources and of
// other services than mail are passed over.
func endpointIn(text string) submission.Endpoint {
	var e submission.Endpoint
	for _, m := range hostPort().FindAllStringSubmatch(text, 32) {
		port, err := submission.ParsePort(m[2])
		host := strings.Trim(m[1], "[]")
		if err != nil || !(strings.Contains(host, ".") || strings.Contains(host, ":") || host == "localhost") || strings.Contains(host, "..") {
			continue
		}
		if e.Port == 0 || slices.Contains(mailPorts, port) || !slices.Contains(mailPorts, e.Port) {
			e.Host, e.Port = host, port
		}
	}
	if m := portWord().FindStringSubmatch(text); m != nil && e.Port == 0 {
		e.Port, _ = submission.ParsePort(m[1])
	}
	if e.Port == 53 { // the resolver's, not the server's
		e = submission.Endpoint{}
	}
	if implicit().MatchString(text) {
		e.Security = submission.SSL
	}
	return e
}

var mailPorts = []int{25, 465, 587, 1025, 2525}

// --- finding faults ---

// faultWords are how programs, libraries and systems word what is no server's
// refusal; the first that fits decides.
var faultWords = []struct {
	says  []string
	fault report.Fault
}{
	{[]string{"certificate is valid for … not", "certificate … not valid for", "not valid for any names", "common name field", "altname*|altnames", "ip sans", "hostname|host mismatch", "hostname|host name|name … doesnt|does not|did not|not match",
		"did not match expected", "remotecertificatenamemismatch", "name mismatch", "ip address mismatch", "alternative … name|names", "certnamemismatch|notvalidforname", "certificate … subject … match"}, report.FaultCertName},
	{[]string{"certificate is not yet valid", "certificate … not yet valid current time … before", "notyetvalid|notvalidyet", "certificate not yet valid", "cert_not_yet_valid"}, report.FaultCertNotYetValid},
	{[]string{"certificate … expired", "expired certificate", "cert_has_expired", "certificateexpired", "not yet valid", "certexpired", "notafter"}, report.FaultCertExpired},
	{[]string{"unknown authority", "self signed", "selfsigned*", "unable to get … issuer", "unable to verify … certificate", "certificate verify failed", "certificate … verification failed|error", "verify|verification … certificate … failed", "unknown ca", "bad certificate",
		"unknown certificate", "certificate unknown", "untrusted", "pkix path", "trust anchor*", "certificate is invalid", "depth_zero_self_signed_cert", "unable_to_verify_leaf_signature", "self_signed_cert_in_chain", "partialchain|untrustedroot",
		"not trusted", "unknownissuer", "causedasendentity", "certificate … not … trusted", "unable_to_get_issuer*"}, report.FaultCertUntrusted},
	{[]string{"first record does not look like a tls handshake", "wrong version number", "unknown protocol", "unrecognized ssl message", "packet length too long", "oversized record", "record too long", "ssl_error_rx_record_too_long", "unexpected packet format",
		"cannot determine the frame size", "corrupted frame", "invalidcontenttype", "unknown_protocol", "wrong_version_number", "plaintext connection", "http request", "handshake … not … tls|ssl"}, report.FaultNotTLS},
	{[]string{"unsupported protocol", "protocol version", "protocol_version", "no appropriate protocol", "protocol is disabled", "inappropriate fallback", "no shared|common cipher*", "no cipher*", "cipher … mismatch", "no protocols available", "dh key too small",
		"unsupported … version", "version too low", "legacy renegotiation", "handshake failure", "handshake_failure", "insufficient security", "unsupported_protocol", "tlsv1 alert", "sslv3 alert", "tls 1.0|1.1|1.2", "no overlap", "ssl_error_no_cypher_overlap"}, report.FaultTLSVersion},
	{[]string{"starttls … not supported|available|offered|advertised|implemented", "starttls extension", "doesnt|does not|not|isnt support|offer|advertise|support* … starttls|tls", "no starttls", "starttls is required|not"}, report.FaultNoSTARTTLS},
	{[]string{"no such host*", "name or service not known", "nodename nor servname", "enotfound", "host|domain|name not found", "could not|couldnt|unable|cannot|cant|failed … resolve*", "unknown host", "*unknownhostexception", "no address associated", "name could not be resolved",
		"non existent domain", "nxdomain", "11001", "errno 2 name", "no data record", "host unknown", "remote name"}, report.FaultNotFound},
	{[]string{"temporary failure in name resolution", "name resolution", "eai_again", "server misbehaving", "dns … fail*|error|timeout|timed|failure", "edns", "lookup … timeout|timed|refused", "php_network_getaddresses", "getaddrinfo*", "dns lookup|query", "lookup … read|dial udp"}, report.FaultDNS},
	{[]string{"connection refused", "econnrefused", "actively refused", "10061", "os error 111|61", "errno 111|61", "refused the connection", "verbindung verweigert|abgelehnt", "connexion refusee", "connectionrefused*", "connection was refused"}, report.FaultRefused},
	{[]string{"no route to host", "network is unreachable", "network unreachable", "host is unreachable|down", "host unreachable", "enetunreach|ehostunreach|eacces", "unreachable network|host", "10051|10065", "unreachable", "os error 113|101", "permission denied 13", "address not available"}, report.FaultUnreachable},
	{[]string{"timed out", "timeout|timeouts", "etimedout|esockettimedout|esocketti*", "deadline exceeded", "10060", "*timeout|*timeoutexception|*timeouterror", "did not properly respond", "os error 110", "greeting never received", "zeituberschreitung", "no response", "timedout", "took too long"}, report.FaultTimeout},
	{[]string{"connection reset*", "econnreset", "reset by peer", "10054", "broken pipe", "epipe", "forcibly closed", "connection … aborted", "econnaborted", "10053", "os error 104"}, report.FaultReset},
	{[]string{"eof", "*eoferror|*eofexception", "empty response", "connection … closed|lost|terminated|dropped", "closed … connection", "lost connection", "server disconnected|hung", "hang|hung up", "smtpserverdisconnected", "closed unexpectedly", "unexpectedly closed|disconnected", "connection … ended",
		"run connect first", "got … empty", "disconnected"}, report.FaultClosed},
	{[]string{"http 1.0|1.1", "400 bad request", "ssh 2.0", "imap4rev1", "ok … imap4*|imap|dovecot", "ok pop3", "pop3 … ready", "imap … ready", "invalid|malformed|short|unexpected … greeting|response"}, report.FaultNotSMTP},
	{[]string{"tls|ssl handshake … failed|error", "handshake failed|error", "ssl|tls … failed|error|failure", "ssl routines", "*sslexception|*sslhandshakeexception|sslerror", "eproto", "failed … tls|ssl"}, report.FaultTLS},
}

func faultIn(words []string) report.Fault {
	for i, says := range faultPhrases() {
		if anyIn(says, words) {
			return faultWords[i].fault
		}
	}
	return report.FaultNone
}

var faultPhrases = sync.OnceValue(func() (all [][]phrase) {
	for _, f := range faultWords {
		all = append(all, parsePhrases(f.says))
	}
	return all
})

// usualStage is where a fault comes as a rule.
func usualStage(f report.Fault, words []string) report.Stage {
	switch f {
	case report.FaultNotFound, report.FaultDNS:
		return report.Resolve
	case report.FaultRefused, report.FaultUnreachable:
		return report.Connect
	case report.FaultTimeout:
		if anyIn(parsePhrases([]string{"read|reading", "readtimeout*|*readtimeout", "greeting", "waiting"}), words) {
			return report.Greeting
		}
		return report.Connect
	case report.FaultCertName, report.FaultCertExpired, report.FaultCertNotYetValid, report.FaultCertUntrusted,
		report.FaultNotTLS, report.FaultTLSVersion, report.FaultTLS:
		return report.TLSStage
	case report.FaultNoSTARTTLS:
		return report.STARTTLS
	}
	return ""
}

// --- certificate names in errors ---

var (
	phpCertName = lazily("CN=[`'\"]?([^`'\"\\s]+)[`'\"]? did not match expected CN=[`'\"]?([^`'\"\\s]+)")
	jsCertName  = lazily(`Host: ([^\s,]+?)\.? is not (?:in the cert's altnames: |cert's CN: )(.+)`)
)

// namesInError are the names of a certificate, and the wanted one, as an error tells them.
func namesInError(text string) (certified []string, wanted string) {
	list := ""
	if _, rest, ok := strings.Cut(text, "certificate is valid for "); ok {
		list, rest, _ = strings.Cut(rest, ", not ")
		wanted, _, _ = strings.Cut(rest, " ")
		wanted = strings.Trim(wanted, "\"',.;:\n")
	} else if m := phpCertName().FindStringSubmatch(text); m != nil {
		list, wanted = m[1], m[2]
	} else if m := jsCertName().FindStringSubmatch(text); m != nil {
		wanted, list = m[1], m[2]
	}
	for n := range strings.SplitSeq(list, ",") {
		n = strings.TrimPrefix(strings.TrimSpace(n), "DNS:")
		if n, _, _ = strings.Cut(n, " "); n != "" && len(certified) < 20 {
			certified = append(certified, n)
		}
	}
	return certified, wanted
}

func (t *trouble) certifiedNames() []string {
	if leaf, ok := t.leaf(); ok {
		return leaf.Names
	}
	names, _ := namesInError(t.error)
	return names
}

func (t *trouble) wantedName() string {
	if t.report != nil {
		return t.endpoint.Host
	}
	if _, wanted := namesInError(t.error); wanted != "" {
		return wanted
	}
	return t.endpoint.Host
}
