package diagnose

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

var (
	codeAlone  = lazily(`(?i)^(?:smtp |reply |status |error |code )*\(?([2-5][0-9][0-9])\)?(?:[- :#]+\(?#?([245]\.\d{1,3}\.\d{1,3})\)?)?$`)
	enhancedIn = lazily(`(?i)^(?:dsn |status |error |code |enhanced )*\(?#?([245x]\.\d{1,3}\.\d{1,3})\)?$`)
	classAlone = lazily(`(?i)^([2-5])(?:xx|yz|\d\d codes)$`)
)

// code answers by a reply's code, an enhanced one, or both: what it means, and
// what servers say with it.
func (q Question) code(text string) *Answer {
	text = strings.Join(strings.Fields(text), " ")
	t := &trouble{stage: q.Stage, preset: q.preset(), words: [][]string{nil}} // a refusal without a word
	switch {
	case codeAlone.re().MatchString(text):
		m := codeAlone.re().FindStringSubmatch(text)
		t.code, _ = strconv.Atoi(m[1])
		t.enhanced, _ = reply.ParseEnhancedCode(m[2])
	case enhancedIn.re().MatchString(text):
		t.enhanced, _ = reply.ParseEnhancedCode(strings.Replace(strings.ToLower(enhancedIn.re().FindStringSubmatch(text)[1]), "x", "5", 1))
	case classAlone.re().MatchString(text):
		return q.class(text[:1])
	default:
		return nil
	}
	return t.numbered()
}

// numbered explains codes that stand alone.
func (t *trouble) numbered() *Answer {
	if t.stage == "" {
		t.stage = stageOfCode(t.code, t.enhanced)
	}
	said, rfc, causes := t.meaning()
	name := strings.TrimSpace(codeWord(t.code) + " " + t.enhanced.String())
	a := &Answer{Topic: name, Title: "Code " + name, Reference: rfc}
	if t.class() < 4 {
		a.Diagnosis = t.fill(&Diagnosis{Cause: submission.Unknown, Summary: said})
		return a
	}
	v := t.judge()
	if v.cause == submission.Unknown && len(causes) == 1 {
		v = verdict{cause: causes[0]}
	}
	for _, c := range causes {
		if c != v.cause && !slices.Contains(v.also, c) {
			v.also = append(v.also, c)
		}
	}
	v.why, v.tell = said, "Give smtpwiz explain the whole reply: the words behind the number tell more."
	v.temporary = t.class() == 4
	v.enough = v.enough || v.cause == submission.Unknown
	a.Diagnosis = t.write(v)
	a.Stages = t.undecided(a.Diagnosis)
	return a
}

// meaning says what the codes mean, by which standard, and for what servers use them.
func (t *trouble) meaning() (said, rfc string, causes []submission.Cause) {
	d, known := detailOf(t.enhanced)
	if t.enhanced.IsZero() {
		known = false
	}
	if meaning, from := codeMeaning(t.code); meaning != "" {
		said, rfc = fmt.Sprintf("%d means: %s.", t.code, meaning), from
	}
	if c, ok := knownCode(t.code); ok {
		causes = c.causes
	}
	switch {
	case known:
		said, causes = strings.TrimSpace(said+fmt.Sprintf(" %s means: %s.", t.enhanced, d.meaning)), d.causes
		rfc = strings.TrimPrefix(rfc+" and "+d.rfc, " and ")
		rfc = strings.TrimSuffix(rfc, " and ")
	case !t.enhanced.IsZero():
		said = strings.TrimSpace(said + fmt.Sprintf(" %s has no fixed meaning; codes with %d in the middle are about %s.",
			t.enhanced, t.enhanced.Subject, subjectOf(t.enhanced)))
		rfc = strings.TrimPrefix(rfc+" and RFC 3463 section 2", " and ")
	}
	if class := classMeaning(t.class()); t.code == 0 && class != "" {
		said += fmt.Sprintf(" The first figure, %d, means: %s.", t.class(), class)
	}
	return said, rfc, causes
}

func subjectOf(e reply.EnhancedCode) string {
	return cmp.Or(subject(e.Subject), "no subject that is known")
}

// class answers for all codes with the same first figure.
func (q Question) class(figure string) *Answer {
	n, _ := strconv.Atoi(figure)
	name := figure + "xx"
	d := q.tell(verdict{cause: submission.Unknown, why: fmt.Sprintf("Replies that begin with %d mean: %s.", n, classMeaning(n)), temporary: n == 4})
	return &Answer{Diagnosis: d, Topic: name, Title: "Codes " + name, Reference: "RFC 5321 section 4.2.1"}
}
