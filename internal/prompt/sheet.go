package prompt

import (
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/huh"

	"github.com/smtpwiz/smtpwiz/internal/wizard"
)

// sheet is one page on the screen: one huh form of one group, and around it what
// huh cannot do: text, actions, errors, and moving on.
type sheet struct {
	page   wizard.Page
	form   *huh.Form // nil on a page without questions
	fields []*field
	focus  int

	menu     []entry // what a page without questions can be left by
	choice   int     // the one under the cursor
	problem  string  // what is wrong with the answer in focus
	notice   string  // what was done to what was pasted
	scroll   int     // lines of text above the screen
	room     int     // lines of text that were on the screen, a page
	hidden   int     // lines of text that are not on the screen
	unseen   int     // lines of the menu that are not
	helping  bool    // the help is shown in place of the page
	finished bool
	now      time.Time // when the page was looked at last, for one that goes on by itself
}

func newSheet(p wizard.Page, l look, width int) *sheet {
	s := &sheet{page: p}
	for _, q := range p.Questions {
		s.fields = append(s.fields, newField(q))
	}
	if len(s.fields) == 0 {
		s.menu = s.entries()
		return s
	}
	var widgets []huh.Field
	for _, f := range s.fields {
		widgets = append(widgets, f.widget)
	}
	s.form = huh.NewForm(huh.NewGroup(widgets...).WithShowHelp(false).WithShowErrors(false)).
		WithTheme(l.theme()).WithKeyMap(keyMap()).WithAccessible(false)
	s.form.Init()
	s.resize(width)
	at := slices.IndexFunc(s.fields, func(f *field) bool { return f.Key == p.Focus })
	s.moveTo(max(at, 0))
	return s
}

// left is how long the page stays, if it goes on by itself.
func (s *sheet) left() time.Duration { return s.page.Until.Sub(s.now) }

// blocks are the texts of the page, behind what is left of its time.
func (s *sheet) blocks() []wizard.Block {
	if s.page.Until.IsZero() {
		return s.page.Blocks
	}
	return append([]wizard.Block{{Kind: wizard.Strong, Text: sayGoesOn(s.left())}}, s.page.Blocks...)
}

// entry is a way on from a page without questions; the zero action is Next.
type entry struct {
	action wizard.Action
	key    string
	label  string
}

// entries puts what Enter does first, for that is where the cursor begins.
func (s *sheet) entries() []entry {
	var list []entry
	if s.page.Next != "" {
		list = append(list, entry{key: keyEnter, label: s.page.Next})
	}
	for _, a := range s.page.Actions {
		list = append(list, entry{a, s.chord(a), a.Label})
	}
	return list
}

// resize hands on the width alone: the height is cut by us, where the question
// in focus can be kept on the screen.
func (s *sheet) resize(width int) {
	if s.form != nil {
		s.form.WithWidth(max(width, 10))
		for _, f := range s.fields {
			if f.list != nil {
				f.list.WithWidth(unwrapped) // a line each; it is wrapped by list
			}
		}
		s.settle()
	}
}

// settle lets the input in focus find out which part of a long answer to show.
func (s *sheet) settle() { s.form.Update(struct{}{}) }

// moveTo puts the focus on a field, through those between as huh wants it. What
// huh would like to do later (blink) is left undone.
func (s *sheet) moveTo(i int) {
	for ; s.focus < i; s.focus++ {
		s.form.NextField()
	}
	for ; s.focus > i; s.focus-- {
		s.form.PrevField()
	}
	s.problem, s.notice = "", ""
	s.settle()
}

func (s *sheet) current() *field {
	if len(s.fields) == 0 {
		return nil
	}
	return s.fields[s.focus]
}

// letters reports that a letter is an answer somewhere on the page, and so no action.
func (s *sheet) letters() bool { return slices.ContainsFunc(s.fields, (*field).typed) }

// chord is the key of an action here.
func (s *sheet) chord(a wizard.Action) string {
	switch {
	case !s.letters() && a.Letter != "":
		return a.Letter
	case a.Chord != "":
		return a.Chord
	case a.Letter != "":
		return "alt+" + a.Letter
	}
	return ""
}

// key takes a key; the answer is not nil once it moved on.
func (s *sheet) key(k tea.KeyMsg) *wizard.Answer {
	if s.helping {
		s.keyInHelp(k)
		return nil
	}
	if k.Paste || k.Type == tea.KeyRunes && len(k.Runes) > 1 && !k.Alt {
		s.text(k)
		return nil
	}
	name := k.String()
	if a := s.action(name); a != "" && !s.decides(name) {
		return s.act(a)
	}
	switch name {
	case keyEsc:
		if f := s.current(); f != nil && f.filter() != "" {
			s.change(tea.KeyMsg{Type: tea.KeyCtrlU}) // the whole list again, first
			return nil
		}
		return s.back()
	case keyBack:
		if s.focus > 0 {
			return s.leaveFor(s.focus - 1)
		}
		return s.back()
	case keyHelp:
		s.openHelp()
		return nil
	case "pgup":
		s.scrollBy(-s.step())
		return nil
	case "pgdown":
		s.scrollBy(s.step())
		return nil
	}
	if s.current() == nil {
		return s.keyInMenu(name)
	}
	return s.keyInForm(k, name)
}

// decides reports a key that answers yes or no, whatever else it could mean.
func (s *sheet) decides(name string) bool {
	f := s.current()
	return f != nil && f.Kind == wizard.YesNo && (strings.EqualFold(name, "y") || strings.EqualFold(name, "n"))
}

func (s *sheet) action(name string) string {
	for _, a := range s.page.Actions {
		if name == a.Chord && a.Chord != "" || strings.EqualFold(name, s.chord(a)) {
			return a.Key
		}
	}
	return ""
}

func (s *sheet) keyInMenu(name string) *wizard.Answer {
	switch name {
	case "up":
		s.stepInMenu(-1)
	case "down", keyField:
		s.stepInMenu(1)
	case keyHelpLetter:
		s.openHelp()
	case keyEnter:
		if len(s.menu) == 0 || s.menu[s.choice].action.Key == "" {
			return s.finish(s.collect(wizard.Next))
		}
		return s.act(s.menu[s.choice].action.Key)
	}
	return nil
}

// stepInMenu moves the cursor; where there is nothing to choose, the text.
func (s *sheet) stepInMenu(by int) {
	if len(s.menu) < 2 {
		s.scrollBy(by)
		return
	}
	s.choice = min(max(s.choice+by, 0), len(s.menu)-1)
}

func (s *sheet) act(action string) *wizard.Answer {
	answer := s.collect(wizard.Acted)
	answer.Action = action
	return s.finish(answer)
}

func (s *sheet) keyInForm(k tea.KeyMsg, name string) *wizard.Answer {
	f := s.current()
	switch {
	case name == keyEnter:
		return s.enter()
	case name == keyDone && s.long():
		return s.done()
	case name == keyField:
		return s.leaveFor((s.focus + 1) % len(s.fields))
	case name == keyHelpLetter && !f.typed():
		s.openHelp()
		return nil
	case s.decides(name):
		f.yes = strings.EqualFold(name, "y")
		return s.enter()
	case f.Kind != wizard.Choice && (name == "up" || name == "down"):
		return s.stepOrScroll(name)
	case k.Type == tea.KeyRunes && !k.Alt && f.typed():
		s.text(k)
		return nil
	}
	s.change(k)
	return nil
}

// stepOrScroll: the arrows go from question to question, and on a page with one
// question they move the text.
func (s *sheet) stepOrScroll(name string) *wizard.Answer {
	by := 1
	if name == "up" {
		by = -1
	}
	if len(s.fields) == 1 {
		s.scrollBy(by)
		return nil
	}
	return s.leaveFor(min(max(s.focus+by, 0), len(s.fields)-1))
}

// leaveFor goes to another question of the page; where the one that is left
// decides about the others and has changed, by way of a page that is asked anew.
func (s *sheet) leaveFor(i int) *wizard.Answer {
	if f := s.current(); i != s.focus && decided(f.Question, f.answer()) && f.problem() == "" {
		a := s.collect(wizard.Changed)
		a.Changed, a.Focus = f.Key, s.fields[i].Key
		return s.finish(a)
	}
	s.moveTo(i)
	return nil
}

// change lets huh change the answer in focus.
func (s *sheet) change(k tea.KeyMsg) {
	s.problem, s.notice = "", ""
	s.form.Update(k)
	if f := s.current(); f.finds() && k.Type != tea.KeyUp && k.Type != tea.KeyDown {
		// What was typed changed the list: the best is the first.
		s.form.Update(toTop)
		s.form.Update(toTop)
	}
}

// text takes a paste, or keys that came at once. It goes into an answer that is
// typed and is nothing anywhere else: a pasted y says yes to nothing.
func (s *sheet) text(k tea.KeyMsg) {
	f := s.current()
	if f == nil || !f.typed() {
		return
	}
	line, notice := pasted(k.Runes, f.Kind == wizard.Password)
	if len(line) > 0 {
		s.change(tea.KeyMsg{Type: tea.KeyRunes, Runes: line})
	}
	s.notice = notice
}

// enter answers the question in focus, and on the last one the page.
func (s *sheet) enter() *wizard.Answer {
	if s.problem = s.current().problem(); s.problem != "" {
		return nil
	}
	if s.focus < len(s.fields)-1 {
		return s.leaveFor(s.focus + 1)
	}
	return s.submit()
}

// long: to go through what is left of the page takes many keys.
func (s *sheet) long() bool { return len(s.fields)-s.focus > 2 }

// done answers the page with what stands in the questions that are left. Where
// they follow from the one in focus, and that was changed, they come anew first.
func (s *sheet) done() *wizard.Answer {
	if s.problem = s.current().problem(); s.problem != "" {
		return nil
	}
	if f := s.current(); decided(f.Question, f.answer()) {
		return s.leaveFor(s.focus + 1)
	}
	return s.submit()
}

// submit answers the page, if every answer of it will do.
func (s *sheet) submit() *wizard.Answer {
	for i, f := range s.fields {
		if problem := f.problem(); problem != "" {
			s.moveTo(i)
			s.problem = problem
			return nil
		}
	}
	return s.finish(s.collect(wizard.Next))
}

func (s *sheet) back() *wizard.Answer {
	if !s.page.Back {
		return nil
	}
	return s.finish(s.collect(wizard.Back))
}

func (s *sheet) collect(move wizard.Move) *wizard.Answer {
	var texts []string
	for _, f := range s.fields {
		texts = append(texts, f.answer())
	}
	a := collect(move, s.page.Questions, texts)
	return &a
}

func (s *sheet) finish(a *wizard.Answer) *wizard.Answer {
	s.finished = true
	return a
}

func (s *sheet) openHelp() { s.helping, s.scroll = true, 0 }

func (s *sheet) keyInHelp(k tea.KeyMsg) {
	switch k.String() {
	case "up":
		s.scrollBy(-1)
	case "down":
		s.scrollBy(1)
	case "pgup":
		s.scrollBy(-s.step())
	case "pgdown", " ":
		s.scrollBy(s.step())
	case keyEsc, keyEnter, keyHelp, keyHelpLetter, "q":
		s.helping, s.scroll = false, 0
	}
}

// step is how far a page goes: one line stays in sight where there are several.
func (s *sheet) step() int {
	if s.room < 5 {
		return max(s.room, 1)
	}
	return s.room - 1
}

// scrollBy moves the text; the view knows where its end is.
func (s *sheet) scrollBy(lines int) { s.scroll = max(s.scroll+lines, 0) }

// accepts reports whether keys that were typed before the page came may go into
// it: only into a password, which shows nothing and takes nothing as a decision.
func (s *sheet) accepts() bool {
	f := s.current()
	return f != nil && f.Kind == wizard.Password && !s.finished
}

// footer lists the keys that work now, the most needed first and last.
func (s *sheet) footer() []keyed {
	if s.helping {
		list := []keyed{{key: keyEsc, does: labelClose}}
		if s.hidden > 0 {
			list = append(list, keyed{keyPages, labelRead, briefPages})
		}
		return append(list, keyed{key: keyInterrupt, does: labelQuit})
	}
	return s.keys()
}

// keys are those of the page.
func (s *sheet) keys() []keyed {
	list := []keyed{{key: keyEnter, does: s.enterLabel()}}
	f := s.current()
	if s.long() {
		list = append(list, keyed{key: keyDone, does: labelDone})
	}
	if len(s.menu) > 1 || f != nil && f.Kind == wizard.Choice {
		list = append(list, keyed{key: keyArrows, does: sayMove(s.unseen)})
	}
	if f != nil && f.Kind == wizard.YesNo {
		list = append(list, keyed{"y, n", labelYesNo, briefYesNo})
	}
	if s.hidden > 0 {
		list = append(list, keyed{keyPages, labelRead, briefPages})
	}
	for _, a := range s.page.Actions {
		if chord := s.chord(a); chord != "" && f != nil {
			list = append(list, keyed{key: chord, does: a.Label})
		}
	}
	if s.focus > 0 {
		list = append(list, keyed{key: keyBack, does: labelBack})
	} else if s.page.Back {
		list = append(list, keyed{keyBack, labelBack, briefBack})
	}
	return append(list, keyed{key: keyHelp, does: labelHelp}, keyed{key: keyInterrupt, does: labelQuit})
}

func (s *sheet) enterLabel() string {
	switch {
	case len(s.menu) == 1:
		return s.menu[0].label
	case len(s.menu) > 1:
		return labelChoose
	case s.page.Next != "" && s.focus >= len(s.fields)-1:
		return s.page.Next
	}
	return labelNext
}

// note is the line under the answer in focus: it is always there, so that
// nothing moves when it has something to say.
func (s *sheet) note() string {
	f := s.current()
	switch {
	case s.problem != "":
		return "! " + s.problem
	case s.notice != "":
		return "! " + s.notice
	case f.Kind == wizard.Password && f.text != "":
		return f.shape()
	case f.Hint != "" && f.text == "" && f.Kind != wizard.YesNo:
		return sayHint(safe(f.Hint))
	case f.Kind == wizard.Choice && f.problem() != "":
		return "! " + f.problem()
	}
	return ""
}
