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
	t := p.trouble()
	if t == nil {
		return nil
	}
	return t.diagnose()
}

// trouble reads the facts out of a text, nil when it holds nothing.
func (p Pasted) trouble() *trouble {
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
	return t
}

// read finds what decides in a text.
func (t *trouble) read(text string) {
	part, stage := decisive(text)
	if t.stage == "" && !t.quota {
		t.stage = stage
	}
	r := findReply(part)
	part = around(part, r.at)
	t.code, t.enhanced = r.code, r.enhanced
	repeated := []string{codeWord(r.code), r.enhanced.String()}
	t.words = [][]string{without(wordsOf(afterWrapper(part)), repeated...)}
	if part != text {
		t.words = append(t.words, without(wordsOf(text), repeated...))
	}
	t.text, t.error = part, text
	if t.stage == "" && !t.quota {
		t.stage = stageOfCode(t.code, t.enhanced)
	}
	if t.stage == "" && !t.quota {
		t.stage = stageIn(t.allWords())
	}
	t.endpoint = endpointIn(text)
	if _, wanted := namesInError(text); wanted != "" && t.endpoint.Host == "" {
		t.endpoint.Host = wanted
	}
	t.readFault(r.code != 0 || !r.enhanced.IsZero())
	t.evidence = evidence(masked(t.tellingLine(part)))
}

// around is what stands around a place of a long text without line ends.
func around(part string, at int) string {
	const before, after = 160, 2000
	if len(part) <= before+after {
		return part
	}
	from := max(0, at-before)
	return strings.ToValidUTF8(part[from:min(len(part), at+after)], "")
}

// tellingLine is the one line of several that says by itself what all say
// together, the last of those; or all of them.
func (t *trouble) tellingLine(part string) string {
	lines := strings.Split(part, "\n")
	if t.code != 0 || len(lines) == 1 {
		return part
	}
	var rule *compiled
	if t.fault == report.FaultNone {
		rule = first(tables().worded, t, t.words[0])
	}
	for _, l := range slices.Backward(lines) {
		words := wordsOf(l)
		if t.fault != report.FaultNone && faultIn(words) == t.fault || rule != nil && first(tables().worded, t, words) == rule {
			return l
		}
	}
	return part
}

// readFault recognises what is no server's refusal: an error of a program, a
// library or a system. A server's words come first where there are any.
func (t *trouble) readFault(refused bool) {
	if refused && t.codeIsFailure() {
		return
	}
	if otherService.re().MatchString(t.error) {
		t.fault = report.FaultNotSMTP
	}
	for _, words := range t.words {
		if t.fault != report.FaultNone {
			break
		}
		t.fault = faultIn(words)
	}
	if t.stage == "" && t.fault != report.FaultNone {
		t.stage, t.guessed = usualStage(t.fault, t.allWords())
	}
}

// otherService: a line is the first word of POP3, IMAP or SSH (RFC 1939 section 3,
// RFC 9051 section 7.1, RFC 4253 section 4.2).
var otherService = lazily(`(?m)^["'(\[]*(?:\+OK\b|-ERR\b|\* (?:OK|BYE|PREAUTH)\b|SSH-\d)`)

func (t *trouble) codeIsFailure() bool { return t.class() == 4 || t.class() == 5 }

// allWords are those of the whole text.
func (t *trouble) allWords() []string {
	if len(t.words) == 0 {
		return nil
	}
	return t.words[len(t.words)-1]
}

// pattern is a regular expression that is compiled when it is first used: most
// runs need none.
type pattern struct {
	text string
	once sync.Once
	made *regexp.Regexp
}

func lazily(text string) *pattern { return &pattern{text: text} }

func (p *pattern) re() *regexp.Regexp {
	p.once.Do(func() { p.made = regexp.MustCompile(p.text) })
	return p.made
}

// --- taking wrappers off ---

var (
	lineEnds = sync.OnceValue(func() *strings.Replacer {
		return strings.NewReplacer(`\r\n`, "\n", `\\n`, "\n", `\n`, "\n", "\r\n", "\n", "\r", "\n", "<br>", "\n", "<br/>", "\n", "<br />", "\n",
			`\"`, `"`, `\/`, "/", `\t`, " ", `\u003c`, "<", `\u003e`, ">", `\u0026`, "&", `\u003C`, "<", `\u003E`, ">")
	})
	pythonText = lazily(`\bb(['"])`)
	bounceType = lazily(`(?i)\bsmtp; ?`) // RFC 3464 section 2.3.6
)

// unwrap undoes what other programs do to a text when they print it: escaped
// line ends and quotes, Python's b'…', HTML. Of a long text it keeps what matters.
func unwrap(s string) string {
	if len(s) > maxInput {
		s = s[:maxInput/2] + "\n" + s[len(s)-maxInput/2:]
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "�")
	}
	s = narrowed(lineEnds().Replace(html.UnescapeString(s)))
	return bounceType.re().ReplaceAllString(pythonText.re().ReplaceAllString(s, "$1"), "")
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
var secrets = []*pattern{
	lazily(`(?i)(\bauth\s+(?:plain|login|xoauth2|oauthbearer|external|cram-md5|scram-\S+)\s+)[^\s"'<>]+`),
	lazily(`(?im)^(.*(?:->|>>|\bc:|send:|server:)\s*['"]?)[a-z0-9+/]{6,}={0,2}\b`),
	lazily(`(?i)(\b(?:password|passwd|passphrase|pass|pwd|secret|token|api_?key)["']?\s*(?:=|=>|:\s*["'])\s*["']?)[^\s"',;]+`),
}

func masked(s string) string {
	for _, secret := range secrets {
		s = secret.re().ReplaceAllString(s, "${1}***")
	}
	return s
}

// --- finding codes ---

// foundCode is a reply's code and enhanced code in a text.
type foundCode struct {
	code     int
	enhanced reply.EnhancedCode
	score    int // how surely it is a reply's code and no other number
	at       int // where in the text
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
func findReply(s string) foundCode {
	var best foundCode
	for pos := 0; pos < len(s); {
		m := codeAt.re().FindStringSubmatchIndex(s[pos:])
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
func judgeCode(s string, at int) foundCode {
	code, _ := strconv.Atoi(s[at : at+3])
	f := foundCode{code: code, at: at}
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
	case codeWords.re().MatchString(lead[max(0, len(lead)-24):]):
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
	for _, m := range enhancedAt.re().FindAllStringSubmatch(s, 8) {
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
	m := greetingLine.re().FindStringSubmatch(t.error)
	if m == nil || strings.Contains(strings.ToLower(m[1]), "tls") {
		return ""
	}
	return m[1]
}

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
	for _, m := range hostPort.re().FindAllStringSubmatch(text, 32) {
		port, err := submission.ParsePort(m[2])
		host := strings.Trim(m[1], "[]")
		if err != nil || !(strings.Contains(host, ".") || strings.Contains(host, ":") || host == "localhost") || strings.Contains(host, "..") {
			continue
		}
		if e.Port == 0 || slices.Contains(mailPorts, port) || !slices.Contains(mailPorts, e.Port) {
			e.Host, e.Port = host, port
		}
	}
	if m := portWord.re().FindStringSubmatch(text); m != nil && e.Port == 0 {
		e.Port, _ = submission.ParsePort(m[1])
	}
	if e.Port == 53 { // the resolver's, not the server's
		e = submission.Endpoint{}
	}
	if implicit.re().MatchString(text) {
		e.Security = submission.SSL
	}
	return e
}

var mailPorts = []int{25, 465, 587, 1025, 2525}
