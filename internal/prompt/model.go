package prompt

import (
	"context"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/wizard"
)

// model is the bubbletea model of the whole wizard: one page, or the stages of a
// probe, or nothing while the wizard thinks. All of it happens in Update, one
// message after the other, so a key always meets the field that is in focus.
type model struct {
	look          look
	now           func() time.Time
	width, height int
	interrupt     func() // told of ctrl+c while nothing is asked; may be nil

	sheet *sheet
	reply chan<- outcome // of the page that is open; nil while none is
	watch *watching

	held    []tea.KeyMsg // typed while no page was open
	turn    int          // counts pages, so that a late tick is known for late
	waiting bool         // the wizard has been thinking for a while
	busy    string       // about what, "" if it does not tell
	aborted bool
}

// outcome is how a page was left.
type outcome struct {
	answer wizard.Answer
	err    error
}

// Messages to the model.
type (
	openPage struct {
		page  wizard.Page
		reply chan<- outcome
	}
	openWatch struct {
		title string
		stop  context.CancelFunc
	}
	busy       struct{ what string }
	closeWatch struct{ reply chan<- watchEnd }
	happened   struct{ event report.Event }
	lateTick   struct{ turn int }
	tick       struct{ turn int }
)

// watching is a probe that runs.
type watching struct {
	title   string
	list    checklist
	stop    context.CancelFunc
	stopped bool
}

type watchEnd struct{ stopped, aborted bool }

const (
	mostHeld = 512                    // keys; more is no typing
	lateness = 400 * time.Millisecond // before "One moment" is said
)

func (m *model) Init() tea.Cmd { return nil }

func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		if m.sheet != nil {
			m.sheet.resize(m.columns())
		}
	case tea.KeyMsg:
		return m, m.key(msg)
	case openPage:
		return m, m.open(msg)
	case openWatch:
		m.turn++
		m.watch = &watching{title: msg.title, stop: msg.stop}
		m.sheet, m.reply, m.waiting, m.busy, m.held = nil, nil, false, "", nil
		return m, m.soon()
	case happened:
		if m.watch != nil {
			m.watch.list.add(msg.event, m.now())
		}
	case closeWatch:
		msg.reply <- watchEnd{m.watch.stopped, m.aborted}
		m.turn++
		m.watch.list.running, m.watch.stop = nil, nil
		return m, m.late()
	case tick:
		if m.turn == msg.turn {
			return m, m.goOn()
		}
	case busy:
		m.busy = msg.what
		return m, m.late()
	case lateTick:
		m.waiting = m.turn == msg.turn && m.reply == nil
	}
	return m, nil
}

// soon draws again what shows seconds.
func (m *model) soon() tea.Cmd {
	turn := m.turn
	return tea.Tick(time.Second/2, func(time.Time) tea.Msg { return tick{turn} })
}

// goOn leaves a page whose time has come; what else shows seconds is drawn again.
func (m *model) goOn() tea.Cmd {
	if m.reply == nil {
		return m.soon()
	}
	if m.sheet.now = m.now(); m.sheet.left() > 0 {
		return m.soon()
	}
	m.close(outcome{answer: *m.sheet.collect(wizard.Next)})
	return m.late()
}

func (m *model) late() tea.Cmd {
	turn := m.turn
	return tea.Tick(lateness, func(time.Time) tea.Msg { return lateTick{turn} })
}

// columns keeps the last one free: some terminals wrap when it is written to.
func (m *model) columns() int { return max(m.width-1, 10) }

func (m *model) open(msg openPage) tea.Cmd {
	m.turn++
	m.sheet = newSheet(msg.page, m.look, m.columns())
	m.reply, m.watch, m.waiting, m.busy = msg.reply, nil, false, ""
	if m.aborted {
		m.close(outcome{err: wizard.ErrAborted})
		return nil
	}
	held := m.held
	m.held = nil
	if m.sheet.now = m.now(); !msg.page.Until.IsZero() {
		return m.soon()
	}
	return m.replay(held)
}

// replay gives a page what was typed before it came, without the Enter that may
// have been pressed twice. Other pages than a password's get nothing: what was
// meant for a page that nobody saw decides nothing and is shown nowhere.
func (m *model) replay(held []tea.KeyMsg) tea.Cmd {
	for len(held) > 0 && held[0].Type == tea.KeyEnter {
		held = held[1:]
	}
	if !m.sheet.accepts() {
		return nil
	}
	var last tea.Cmd
	for _, k := range held {
		if cmd := m.key(k); cmd != nil {
			last = cmd
		}
	}
	return last
}

func (m *model) key(k tea.KeyMsg) tea.Cmd {
	if k.Type == tea.KeyCtrlJ {
		k = tea.KeyMsg{Type: tea.KeyEnter} // some terminals paste line ends so
	}
	switch {
	case k.Type == tea.KeyCtrlC: // also right behind an esc, which makes it alt+ctrl+c
		return m.abort()
	case m.reply != nil:
		answer := m.sheet.key(k)
		if answer == nil {
			return nil
		}
		m.close(outcome{answer: *answer})
		return m.late()
	case m.watch != nil && m.watch.stop != nil:
		if k.String() == keyEsc {
			m.watch.stopped = true
			m.watch.stop()
		}
	case len(m.held) < mostHeld:
		m.held = append(m.held, k)
	}
	return nil
}

// close answers the page; it stays on the screen until the next comes.
func (m *model) close(o outcome) {
	m.reply <- o
	m.reply = nil
	m.turn++
}

func (m *model) abort() tea.Cmd {
	m.aborted = true
	switch {
	case m.reply != nil:
		m.close(outcome{err: wizard.ErrAborted})
	case m.watch != nil && m.watch.stop != nil:
		m.watch.stop()
	case m.interrupt != nil:
		m.interrupt()
	}
	return nil
}

func (m *model) View() string {
	if m.width == 0 || m.height == 0 {
		return ""
	}
	var lines []string
	switch {
	case m.watch != nil:
		lines = m.watch.view(m.look, m.now(), m.columns(), m.height, m.footer)
	case m.sheet != nil:
		lines = m.sheet.view(m.look, m.columns(), m.height, m.footer)
	default:
		lines = fill(nil, m.height)
	}
	if m.waiting {
		lines[len(lines)-1] = ansi.Truncate(sayBusy(m.busy)+m.look.dots, m.columns(), "")
	}
	return m.look.legible(strings.Join(lines, "\n"))
}

func (m *model) footer() []keyed {
	switch {
	case m.watch == nil:
		return m.sheet.footer()
	case m.watch.stopped:
		return []keyed{{key: keyInterrupt, does: labelQuit}}
	}
	return []keyed{{key: keyEsc, does: labelStop}, {key: keyInterrupt, does: labelQuit}}
}

func (w *watching) view(l look, now time.Time, width, height int, keys func() []keyed) []string {
	body := func(h int) []string {
		lines := w.list.lines(l, now, width, false)
		if len(lines) > h-2 {
			lines = w.list.lines(l, now, width, true)
		}
		if w.stopped {
			lines = append(lines, "", sayStopping+l.dots)
		}
		if len(lines) > h {
			lines = lines[len(lines)-h:] // what happens now is last
		}
		return lines
	}
	return frame(l, w.title, body, keys, width, height)
}
