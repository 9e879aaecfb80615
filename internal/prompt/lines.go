package prompt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/terminal"
	"github.com/smtpwiz/smtpwiz/internal/wizard"
)

// Lines asks line by line, in words alone: for screen readers, for plain
// terminals and for pipes. It writes no escape sequence. At a question, a line
// with nothing but < goes back, ? explains, and ! stops; in a password ! is
// itself. A - alone empties an answer that may be empty. Its methods are for one
// goroutine.
type Lines struct {
	in     io.Reader
	out    io.Writer
	shows  bool // what is typed stands on the screen, with its Enter
	ascii  bool // the locale shows nothing else
	reason string
	begun  bool
	every  time.Duration // between two "still waiting"
}

// NewLines prepares Lines between In and Err, where talk goes. reason says what
// switched it on, for its first line: "--accessible", "TERM=dumb"; "" where
// nothing is going to be asked, and then that line is left out. Where In is a
// terminal, passwords are read from it without echo; anywhere else they are lines
// like the others.
func NewLines(s *terminal.Streams, reason string) *Lines {
	return &Lines{in: s.In, out: s.Err, shows: s.InIsTerminal, ascii: !isUTF8(s.Getenv), reason: reason, every: 10 * time.Second}
}

const (
	goBack  = "<"
	explain = "?"
	stop    = "!"
	empty   = "-" // takes back an answer that may be left out
)

// Ask implements wizard.Prompter.
func (l *Lines) Ask(ctx context.Context, p wizard.Page) (wizard.Answer, error) {
	l.begin()
	l.say("")
	l.say(p.Title)
	l.tell(p.Blocks)
	if !p.Until.IsZero() {
		return l.wait(ctx, p.Until)
	}
	d := &dialogue{Lines: l, page: p, texts: make([]string, len(p.Questions))}
	for i, q := range p.Questions {
		d.texts[i] = q.Value
		if q.Kind == wizard.Password {
			d.texts[i] = ""
		}
	}
	if len(p.Questions) == 0 {
		return d.choose(ctx)
	}
	if slices.ContainsFunc(p.Questions, func(q wizard.Question) bool { return q.Kind != wizard.Password }) {
		d.announce(sayInstead)
	}
	return d.run(ctx)
}

// wait lets a page go on when its time has come. It asks for nothing: a line
// that is typed meanwhile belongs to the next question.
func (l *Lines) wait(ctx context.Context, until time.Time) (wizard.Answer, error) {
	left := time.Until(until)
	l.say(sayGoesOn(left))
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return wizard.Answer{Move: wizard.Next}, nil
	case <-ctx.Done():
		return wizard.Answer{}, ctx.Err()
	}
}

// Watch implements wizard.Prompter. It is stopped by the end of ctx alone: a
// line that is typed meanwhile belongs to the next question.
func (l *Lines) Watch(ctx context.Context, title string, run func(context.Context, func(report.Event))) (bool, error) {
	l.begin()
	l.say("")
	l.say(title)
	events := make(chan report.Event)
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(ctx, func(e report.Event) {
			select {
			case events <- e:
			case <-done: // told too late
			}
		})
	}()
	ticker := time.NewTicker(l.every)
	defer ticker.Stop()
	var list checklist
	for {
		select {
		case e := <-events:
			before := len(list.ended)
			list.add(e, time.Now())
			for _, s := range list.ended[before:] {
				l.say(stageLine(s))
			}
		case now := <-ticker.C:
			for _, r := range list.running {
				l.say(sayStillWaiting(r.stage, r.endpoint, now.Sub(r.since)))
			}
		case <-done:
			return ctx.Err() != nil, ctx.Err()
		}
	}
}

// Busy implements wizard.Prompter.
func (l *Lines) Busy(what string) {
	if l.reason != "" { // somebody is there, and waits
		l.begin()
		l.say(what + "...")
	}
}

// Tell implements wizard.Prompter.
func (l *Lines) Tell(blocks ...wizard.Block) {
	if l.begin(); l.reason != "" {
		l.say("")
	}
	l.tell(blocks)
}

// begin says first of all how it is going to ask, and why.
func (l *Lines) begin() {
	if !l.begun && l.reason != "" {
		l.say(sayMode(l.reason))
	}
	l.begun = true
}

func (l *Lines) say(line string) { l.prompt(line + "\n") }

func (l *Lines) prompt(text string) {
	text = safe(text)
	if l.ascii {
		text = inASCII(text)
	}
	fmt.Fprint(l.out, text)
}

// line reads an answer, and ends its line where nobody else does.
func (l *Lines) line(ctx context.Context) (string, error) {
	line, err := terminal.ReadLine(ctx, l.in)
	if !l.shows || err != nil {
		l.say("")
	}
	return line, err
}

func (l *Lines) secret(ctx context.Context) (line string, more bool, err error) {
	line, more, err = terminal.ReadSecret(ctx, l.in, l.out)
	if !l.shows {
		l.say("")
	}
	return line, more, err
}

// tell writes blocks, unwrapped: the terminal or the reader breaks lines better.
func (l *Lines) tell(blocks []wizard.Block) {
	step := 0
	for i, b := range blocks {
		switch b.Kind {
		case wizard.Strong:
			if i > 0 {
				l.say("")
			}
			l.say(b.Text)
		case wizard.Step:
			step++
			l.say(sayStep(step, b.Text))
		case wizard.Quote:
			l.say("  " + b.Text)
		default:
			l.say(b.Text)
		}
	}
}

// dialogue is one page being asked.
type dialogue struct {
	*Lines
	page  wizard.Page
	texts []string // answers so far, by question
}

// turn is what a line meant for the page, where it was no answer.
type turn struct {
	move   wizard.Move
	action string
}

var errAgain = errors.New("ask again")

// run asks the questions in order, from the one that the page wants first: the
// answers before it are there already.
func (d *dialogue) run(ctx context.Context) (wizard.Answer, error) {
	first := max(slices.IndexFunc(d.page.Questions, func(q wizard.Question) bool { return q.Key == d.page.Focus }), 0)
	for i := first; i < len(d.page.Questions); {
		t, err := d.ask(ctx, i)
		switch {
		case errors.Is(err, errAgain):
		case err != nil:
			return wizard.Answer{}, err
		case t.move == wizard.Next:
			i++
			if q := d.page.Questions[i-1]; i < len(d.page.Questions) && decided(q, d.texts[i-1]) {
				a := d.leave(turn{move: wizard.Changed})
				a.Changed, a.Focus = q.Key, d.page.Questions[i].Key
				return a, nil
			}
		case t.move == wizard.Back && i > 0:
			i--
		case t.move == wizard.Back && !d.page.Back:
			d.say(sayNoBack)
		default:
			return d.leave(t), nil
		}
	}
	return d.leave(turn{move: wizard.Next}), nil
}

func (d *dialogue) leave(t turn) wizard.Answer {
	a := collect(t.move, d.page.Questions, d.texts)
	a.Action = t.action
	return a
}

// ask asks one question once.
func (d *dialogue) ask(ctx context.Context, i int) (turn, error) {
	q := d.page.Questions[i]
	if q.Kind == wizard.Password {
		return d.askPassword(ctx, i)
	}
	d.prompt(d.promptFor(q, d.texts[i]))
	line, err := d.line(ctx)
	if err != nil {
		return turn{}, err
	}
	if !utf8.ValidString(line) {
		d.say(sayNotText)
		return turn{}, errAgain
	}
	typed := strings.TrimSpace(line)
	if t, ok, err := d.command(typed, q); ok {
		return t, err
	}
	answer, complaint := read(q, typed, d.texts[i])
	if complaint == "" {
		complaint = problem(q, answer)
	}
	if complaint != "" {
		d.say(complaint)
		return turn{}, errAgain
	}
	d.texts[i] = answer
	return turn{move: wizard.Next}, nil
}

// askPassword takes a line as it is. Only < and ? alone are no password: nobody
// has one of one character. The words of the actions count only after a ? or an
// empty line, for any of them might be a password.
func (d *dialogue) askPassword(ctx context.Context, i int) (turn, error) {
	q := d.page.Questions[i]
	if q.Hint != "" {
		d.say(sayHint(q.Hint))
	}
	d.say(sayPassword(d.words()))
	for wordsCount := false; ; wordsCount = true {
		d.prompt(withColon(q.Label) + " ")
		line, more, err := d.secret(ctx)
		if err != nil {
			return turn{}, err
		}
		if more {
			d.say(sayFirstLine)
		}
		switch {
		case line == goBack:
			return turn{move: wizard.Back}, nil
		case line == explain:
			d.help(q)
			continue
		case line == "" && !q.Optional:
			d.say(sayEmptyPassword)
			d.announce(sayInstead)
			continue
		case wordsCount:
			if t, ok, err := d.command(line, q); ok {
				return t, err
			}
		}
		return d.takePassword(i, line)
	}
}

func (d *dialogue) takePassword(i int, line string) (turn, error) {
	switch shape := d.page.Questions[i].Shape; {
	case line == "":
		d.say(sayKept)
	case shape != nil && shape(line) != "":
		d.say(sayReceived(utf8.RuneCountInString(line)) + " " + shape(line))
	default:
		d.say(sayReceived(utf8.RuneCountInString(line)))
	}
	if complaint := problem(d.page.Questions[i], line); complaint != "" {
		d.say(complaint)
		return turn{}, errAgain
	}
	d.texts[i] = line
	return turn{move: wizard.Next}, nil
}

// command reads a line that is no answer: <, ?, ! or the word of an action.
func (d *dialogue) command(typed string, q wizard.Question) (turn, bool, error) {
	switch typed {
	case goBack:
		return turn{move: wizard.Back}, true, nil
	case explain:
		d.help(q)
		return turn{}, true, errAgain
	case stop:
		return turn{}, true, wizard.ErrAborted
	}
	if chosen, _ := pick(q, typed); chosen != "" {
		return turn{}, false, nil // an option's name comes before an action's
	}
	for _, a := range d.page.Actions {
		if typed != "" && (strings.EqualFold(typed, a.Key) || strings.EqualFold(typed, a.Label)) {
			return turn{move: wizard.Acted, action: a.Key}, true, nil
		}
	}
	return turn{}, false, nil
}

// choose asks on a page without questions for one of its actions.
func (d *dialogue) choose(ctx context.Context) (wizard.Answer, error) {
	_, action := d.onEnter()
	d.choices()
	for {
		d.prompt(sayWhatNext)
		line, err := d.line(ctx)
		if err != nil {
			return wizard.Answer{}, err
		}
		typed := strings.TrimSpace(line)
		if typed == "" && action == "" {
			return d.leave(turn{move: wizard.Next}), nil
		}
		if typed == "" {
			return d.leave(turn{wizard.Acted, action}), nil
		}
		t, ok, err := d.command(d.letter(typed), wizard.Question{})
		switch {
		case errors.Is(err, errAgain):
		case err != nil:
			return wizard.Answer{}, err
		case !ok:
			d.say(sayUnknown)
		case t.move == wizard.Back && !d.page.Back:
			d.say(sayNoBack)
		default:
			return d.leave(t), nil
		}
	}
}

// onEnter is what Enter does on a page without questions: its label, and the
// action's key where it is one.
func (d *dialogue) onEnter() (label, action string) {
	if d.page.Next != "" || len(d.page.Actions) == 0 {
		return d.page.Next, ""
	}
	return d.page.Actions[0].Label, d.page.Actions[0].Key
}

// letter lets the key of full screen stand for the word, where no text is asked.
func (d *dialogue) letter(typed string) string {
	for _, a := range d.page.Actions {
		if strings.EqualFold(typed, a.Letter) {
			return a.Key
		}
	}
	return typed
}

// choices tells of all that can be done on a page without questions.
func (d *dialogue) choices() {
	label, action := d.onEnter()
	if label == "" {
		label = sayGoOn
	}
	if len(d.page.Actions) == 0 {
		d.say(sayEnter(label))
		return
	}
	d.say(sayChoices)
	d.say("  " + sayEnter(label))
	d.list(action)
}

// announce tells of the actions, each by the word that does it.
func (d *dialogue) announce(intro string) {
	if len(d.page.Actions) > 0 {
		d.say(intro)
		d.list("")
	}
}

// list tells of the actions, without the one that Enter does.
func (d *dialogue) list(onEnter string) {
	for _, a := range d.page.Actions {
		switch {
		case a.Key == onEnter:
		case strings.EqualFold(a.Key, a.Label):
			d.say("  " + a.Key)
		default:
			d.say("  " + a.Key + ": " + a.Label)
		}
	}
}

func (d *dialogue) words() []string {
	var words []string
	for _, a := range d.page.Actions {
		words = append(words, a.Key)
	}
	return words
}

func (d *dialogue) promptFor(q wizard.Question, value string) string {
	label := strings.TrimRight(q.Label, ": ")
	switch {
	case q.Kind == wizard.YesNo:
		return askYesNo(label, value)
	case q.Kind == wizard.Choice && value != "":
		return askListDefault(label, nameOf(q, value))
	case q.Kind == wizard.Choice:
		return askList(label)
	case value != "" && q.Optional:
		return askDefaultOrEmpty(label, value)
	case value != "":
		return askDefault(label, value)
	case q.Optional:
		return askOptional(label)
	}
	return askPlain(label)
}

// help explains the page and lists what can be chosen.
func (d *dialogue) help(q wizard.Question) {
	told := false
	if d.page.Help != "" {
		d.say(d.page.Help)
		told = true
	}
	if q.Hint != "" {
		d.say(sayHint(q.Hint))
		told = true
	}
	if q.Kind == wizard.Choice {
		d.say(sayList)
		for i, o := range q.Options {
			d.say(sayOption(i+1, optionName(o), o.Detail))
		}
		told = true
	}
	if !told {
		d.say(sayNoHelp)
	}
	if len(d.page.Questions) == 0 {
		d.choices()
	} else {
		d.announce(sayInstead)
	}
}

// read makes an answer of a line: Enter alone keeps the value so far.
func read(q wizard.Question, typed, value string) (answer, complaint string) {
	switch {
	case typed == "":
		return value, ""
	case q.Kind == wizard.Choice:
		return pick(q, typed)
	case q.Kind == wizard.YesNo:
		switch strings.ToLower(typed) {
		case "y", "yes", strings.ToLower(wordYes):
			return "yes", ""
		case "n", "no", strings.ToLower(wordNo):
			return "no", ""
		}
		return "", sayYesOrNo
	case typed == empty && q.Optional:
		return "", ""
	}
	return typed, ""
}

// pick finds an option by its number, its name, or the beginning of one.
func pick(q wizard.Question, typed string) (value, complaint string) {
	if q.Kind != wizard.Choice || typed == "" {
		return "", ""
	}
	var begin []wizard.Option
	for _, o := range q.Options {
		if strings.EqualFold(typed, o.Value) || strings.EqualFold(typed, o.Label) {
			return o.Value, ""
		}
		if startsWith(o.Label, typed) || startsWith(o.Value, typed) {
			begin = append(begin, o)
		}
	}
	if n, err := strconv.Atoi(typed); err == nil && n >= 1 && n <= len(q.Options) {
		return q.Options[n-1].Value, ""
	}
	switch len(begin) {
	case 0:
		return "", sayNoSuchOption(typed)
	case 1:
		return begin[0].Value, ""
	}
	var names []string
	for _, o := range begin {
		names = append(names, optionName(o))
	}
	return "", saySeveral(names)
}

func startsWith(text, begin string) bool {
	return strings.HasPrefix(strings.ToLower(text), strings.ToLower(begin))
}

func nameOf(q wizard.Question, value string) string {
	for _, o := range q.Options {
		if o.Value == value && o.Label != "" {
			return o.Label
		}
	}
	return value
}
