package diagnose

import (
	"slices"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/report"
)

// --- bounds ---

const (
	maxInput = 1 << 20  // bytes of a text that are looked at: its beginning and its end
	maxText  = 16 << 10 // bytes around the line that decides, which alone are read closely
	maxLine  = 4 << 10  // bytes; longer lines are cut
	maxParts = 12       // lines that belong to one refusal
)

// narrowed keeps of a long text, a whole log say, what surrounds the line that
// decides: more of what came before than of what followed.
func narrowed(s string) string {
	if len(s) <= maxText {
		return s
	}
	lines := shortLines(s)
	at, _ := heaviest(lines, true)
	first, last, size := at, at, len(lines[at])
	for grown := true; grown; {
		grown = false
		if first > 0 && size+len(lines[first-1]) < maxText*3/4 {
			first, grown = first-1, true
			size += len(lines[first]) + 1
		}
		if last < len(lines)-1 && last-at < 2*maxParts && size+len(lines[last+1]) < maxText {
			last, grown = last+1, true
			size += len(lines[last]) + 1
		}
	}
	return strings.Join(lines[first:last+1], "\n")
}

// shortLines cuts a text into lines, and lines that are too long at a space.
func shortLines(s string) []string {
	var out []string
	for l := range strings.SplitSeq(s, "\n") {
		for len(l) > maxLine {
			cut := strings.LastIndexByte(l[:maxLine], ' ') + 1
			if cut == 0 {
				cut = len(strings.ToValidUTF8(l[:maxLine], "")) // not inside a character
			}
			out, l = append(out, l[:cut]), l[cut:]
		}
		out = append(out, l)
	}
	return out
}

// --- the line that decides ---

// decisive picks the part of a text that says what went wrong: of a transcript
// the last refusal, with the stage of the command before it; of anything else
// the surest refusal, of a log the surest line; or all of it.
func decisive(text string) (part string, stage report.Stage) {
	lines := strings.Split(text, "\n")
	if part, stage := lastRefusal(lines); part != "" {
		return part, stage
	}
	log := isLog(lines)
	switch at, weight := heaviest(lines, log); {
	case weight >= weighsReply:
		return refusalAt(lines, at), ""
	case log && weight > 0:
		return lines[at], ""
	}
	return text, ""
}

// How much a line has to say about what went wrong.
const (
	weighsAlarm = 1  // it complains
	weighsKnown = 4  // of something that is known
	weighsReply = 10 // it has a server's refusal
)

// alarms are parts of words without which no line is worth a closer look.
var alarms = []string{"err", "fail", "fatal", "refus", "reject", "deni", "disallow", "block", "timeout", "timed", "unable", "not ", "n't", "cannot",
	"closed", "reset", "lost", "eof", "invalid", "expired", "disabled", "unreachable", "requir", "exceed", "limit", "unknown", "bad", "wrong",
	"exception", "abort", "suspend", "must", "handshake", "certificate"}

// heaviest finds the line that says most, 0 and 0 where none says anything. Of
// equals in a log it is the last, which is the latest; else the first, which the
// others only repeat.
func heaviest(lines []string, log bool) (at, weight int) {
	for i, l := range lines {
		w := weightOfReply(l)
		if w == 0 && log && weight < weighsReply {
			w = weightOfWords(l)
		}
		if w > weight || log && w == weight && w > 0 {
			at, weight = i, w
		}
	}
	return at, weight
}

func weightOfReply(line string) int {
	r := findReply(line)
	if r.code < 400 || !r.sure() {
		return 0
	}
	return weighsReply + r.score
}

func weightOfWords(line string) int {
	lower := strings.ToLower(line)
	in := func(s string) bool { return strings.Contains(lower, s) }
	if !slices.ContainsFunc(alarms, in) {
		return 0
	}
	weight := weighsAlarm
	if words := wordsOf(line); faultIn(words) != report.FaultNone || first(tables().worded, &trouble{}, words) != nil {
		weight = weighsKnown
	}
	if slices.ContainsFunc([]string{"error", "fatal", "critical", "panic", "exception", "fail"}, in) {
		weight += 2
	}
	if slices.ContainsFunc([]string{"smtp", "mail", "relay"}, in) {
		weight++
	}
	return weight
}

// refusalAt is the refusal that stands on a line: with those before it that
// have the same code, and those after it that go on with it.
func refusalAt(lines []string, at int) string {
	from, to := at, at+1
	if code := codeWord(findReply(lines[at]).code); code != "" {
		for from > 0 && strings.HasPrefix(strings.TrimSpace(lines[from-1]), code) {
			from--
		}
	}
	for to < len(lines) && to-from < maxParts && goesOn(strings.Join(lines[from:to], " "), lines[to]) {
		to++
	}
	return strings.Join(lines[from:to], "\n")
}

// goesOn: the line is no beginning of something else.
func goesOn(before, line string) bool {
	const least = 3                                                           // words that say something
	folded := strings.HasPrefix(line, " ") && !strings.HasPrefix(before, " ") // RFC 5322 section 2.2.3
	line = strings.TrimSpace(line)
	switch {
	case line == "":
		return len(wordsOf(before)) < least
	case folded:
		return !strings.HasPrefix(line, "at ")
	}
	if m := serverLine.re().FindStringSubmatch(line); m != nil {
		line = m[1]
	}
	return replyLine.re().MatchString(line) || !logLine.re().MatchString(line) && !clientLine.re().MatchString(line) && !otherLine.re().MatchString(line)
}

// otherLine begins something else: a stack's next frame, a bracket that closes,
// a program's name or a field with a colon.
var otherLine = lazily(`^(?:at [^ ]*[.(/]|[*})\]]|["']?\w[\w .-]{0,24}["']?: )`)

// logLine: a date, a time or a level stands at the beginning.
var logLine = lazily(`^[\[("{'<\d>]*(?:\d{4}[-/.]\d\d[-/.]\d\d|\d{1,2}[-/.](?:\d\d|[A-Z][a-z]{2})[-/.]\d{2,4}\b|(?:[A-Z][a-z]{2},? )?[A-Z][a-z]{2} {1,2}\d{1,2},? (?:\d{4} )?\d\d:|\d\d:\d\d:\d\d|(?:time|ts|level|msg)["']?[=:]|(?i:debug|info|notice|warn|warning|error|fatal|trace)\b[\]:)]?\s)`)

// isLog: most lines begin as those of a log do, or there are more than a person
// would quote.
func isLog(lines []string) bool {
	const few, many = 3, 60
	dated, filled := 0, 0
	for _, l := range lines {
		if strings.TrimSpace(l) == "" {
			continue
		}
		filled++
		if logLine.re().MatchString(strings.TrimSpace(l)) {
			dated++
		}
	}
	return filled > many || dated >= few && 2*dated >= filled
}

// --- transcripts ---

// speakers are how programs mark the server's and the client's lines in a transcript.
var (
	serverLine = lazily(`(?i)^(?:.*\bserver -> client:|.*\bsmtp<<?|<[-~*]+[>]?|<<<|s:|reply:|got:|.*\bin:|server:|←)\s*['"]?(.*)$`)
	clientLine = lazily(`(?i)^(?:.*\bclient -> server:|.*\bsmtp>>?|[-~]+>|>>>|>|c:|send:|sent:|.*\bout:|client:|→)\s*['"]?(.*)$`)
	replyLine  = lazily(`^[2-5][0-5][0-9](?:[- ]|$)`)
)

// lastRefusal reads a transcript: its lines are the two sides' own.
func lastRefusal(lines []string) (part string, stage report.Stage) {
	var said []string // of one reply
	var now report.Stage
	replies := 0
	for _, l := range lines {
		l = strings.TrimSpace(l)
		if m := clientLine.re().FindStringSubmatch(l); m != nil && !replyLine.re().MatchString(l) {
			said = nil
			if s := stageOf(m[1]); s != "" {
				now = s
			}
			continue
		}
		if m := serverLine.re().FindStringSubmatch(l); m != nil {
			l = m[1]
		}
		if !replyLine.re().MatchString(l) {
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
