package prompt

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/smtpwiz/smtpwiz/internal/wizard"
)

// frame puts a page together: the title, the body, and the keys at the bottom.
// Its lines are at most width cells, and there are height of them.
func frame(l look, title string, body func(height int) []string, footer func() []keyed, width, height int) []string {
	spacious := height >= 16
	head := each(wrap(title, width), l.title)
	if len(head) > 2 {
		head = head[:2]
	}
	if spacious {
		head = append(head, "")
	}
	// The keys depend on what of the body fits, and the body on the room they
	// leave: so the body is measured twice.
	rows := max(height/4, 1)
	foot := l.keys(footer(), width, rows)
	body(height - len(head) - len(foot) - 1)
	foot = l.keys(footer(), width, rows)
	room := max(height-len(head)-len(foot)-1, 1)
	lines := slices.Concat(head, fill(body(room), room), []string{""}, foot)
	if len(lines) > height {
		lines = lines[len(lines)-height:]
	}
	return clip(lines, width)
}

// clip cuts what is left over on a screen too narrow for any field: a line that
// the terminal wraps itself would move all the others.
func clip(lines []string, width int) []string {
	const usable = 20
	for i, line := range lines {
		if width < usable {
			lines[i] = ansi.Truncate(line, width, "")
		}
	}
	return lines
}

func fill(lines []string, height int) []string {
	if len(lines) > height {
		return lines[:height]
	}
	return append(lines, make([]string, height-len(lines))...)
}

// view draws the page.
func (s *sheet) view(l look, width, height int, keys func() []keyed) []string {
	title, body := s.page.Title, func(h int) []string { return s.body(l, width, h) }
	if s.helping {
		body = func(h int) []string { return s.part(l, s.help(width), width, h) }
	}
	return frame(l, title, body, keys, width, height)
}

// help is what there is to tell of a page, its options in full, and its keys.
func (s *sheet) help(width int) []string {
	var lines []string
	if s.page.Help != "" {
		lines = append(wrap(s.page.Help, width), "")
	}
	if f := s.current(); f != nil && f.Kind == wizard.Choice {
		for _, o := range f.Options {
			lines = append(lines, led("- ", optionText(o), width)...)
		}
		lines = append(lines, "")
	}
	for _, k := range s.keys() {
		lines = append(lines, led("["+k.key+"] ", safe(k.does), width)...)
	}
	return lines
}

// body shows text and questions whole where they fit. Where they do not, the
// question in focus stays and the text above it scrolls.
func (s *sheet) body(l look, width, height int) []string {
	text := l.blocks(s.blocks(), width)
	s.hidden, s.room = 0, len(text)
	share := height / 3
	if len(s.fields) == 0 {
		share = height / 2 // what happened matters as much as what can be done
	}
	least := min(len(text)+1, max(share, 3))
	if f := s.current(); f != nil && f.Kind == wizard.Choice && height < 10 {
		least = min(len(text), 2) // a list needs the room more
	}
	if len(text) == 0 {
		least = 0
	}
	below := s.below(l, width, max(height-least, 1))
	gap := 0
	if len(text) > 0 && len(below) > 0 {
		gap = 1
	}
	if len(text)+gap+len(below) > height {
		gap = 0
	}
	if len(text)+gap+len(below) <= height {
		s.scroll = 0
		return slices.Concat(text, make([]string, gap), below)
	}
	return append(s.part(l, text, width, height-len(below)), below...)
}

// part shows a part of a text and, in its last line, how much there is more.
func (s *sheet) part(l look, text []string, width, height int) []string {
	if len(text) <= height || height < 2 {
		s.scroll, s.hidden, s.room = 0, max(len(text)-height, 0), height
		return fill(text, max(height, 0))
	}
	s.room = height - 1
	s.hidden = len(text) - s.room
	s.scroll = min(s.scroll, s.hidden)
	shown := slices.Clone(text[s.scroll : s.scroll+s.room])
	marker := strings.Repeat(l.rule, 2)
	if after := len(text) - s.scroll - s.room; after > 0 {
		marker += " " + sayMore(after) + " "
	}
	marker = ansi.Truncate(marker+strings.Repeat(l.rule, width), width, "")
	return append(shown, marker)
}

// below is what stands under the text: the questions, or the actions to choose from.
func (s *sheet) below(l look, width, height int) []string {
	if len(s.fields) == 0 {
		return s.actions(l, width, height)
	}
	var lines []string
	var from, to int
	others := 0
	for i, f := range s.fields {
		if i != s.focus {
			others += len(closed(f, width))
		}
	}
	for i, f := range s.fields {
		if i != s.focus {
			lines = append(lines, closed(f, width)...)
			continue
		}
		from = len(lines)
		lines = append(lines, s.open(l, f, width, max(height-others, min(height, 6)))...)
		to = len(lines)
	}
	return window(lines, from, to, height)
}

// closed is a question without focus, in a line: what it asks and what was said.
func closed(f *field, width int) []string {
	return led("  ", strings.TrimSpace(withColon(safe(f.Label))+" "+f.shown()), width)
}

// open is the question in focus: what it asks, the answer, and a line of notes.
func (s *sheet) open(l look, f *field, width, height int) []string {
	lines := each(wrap(withColon(f.Label), width), l.strong)
	answer, note := f.lines(), s.note()
	if f.finds() {
		if f.filter() == "" {
			answer[0] += " " + sayHint(labelFind)
		}
		lines = append(lines, each(answer[:1], l.plain.MaxWidth(width))...)
		answer = answer[1:]
	}
	if f.Kind == wizard.Choice {
		var whole bool
		answer, s.unseen, whole = l.list(answer, width, max(height-len(lines)-1, 1))
		if !whole && note == "" && ansi.StringWidth(optionText(f.option()))+2 > width {
			note = l.cut(safe(f.option().Detail), width)
		}
	}
	lines = append(lines, answer...)
	return append(lines, wrap(note, width)...)
}

// list sets the options, one in each of rows as huh draws it: whole, where height
// lines are enough for all. Where they are not, each has a line, the long ones for
// their label alone, and more lines are not to be seen. The help has them whole.
func (l look) list(rows []string, width, height int) (lines []string, more int, whole bool) {
	if lines, _, _ = l.options(rows, width, false); len(lines) <= height {
		return lines, 0, true
	}
	lines, from, to := l.options(rows, width, true)
	shown := window(lines, from, to, height)
	return shown, len(lines) - len(shown), false
}

// options sets the options, with the one under the cursor in lines [from, to).
func (l look) options(rows []string, width int, brief bool) (lines []string, from, to int) {
	for _, row := range rows {
		text := strings.TrimSpace(ansi.Strip(row))
		if brief && ansi.StringWidth(text)+2 > width {
			text, _, _ = strings.Cut(text, beforeDetail)
		}
		chosen, ok := strings.CutPrefix(text, ">")
		switch {
		case ok:
			from = len(lines)
			lines = append(lines, each(led("> ", strings.TrimSpace(chosen), width), l.accent)...)
			to = len(lines)
		case brief:
			lines = append(lines, l.cut("  "+text, width))
		default:
			lines = append(lines, led("  ", text, width)...)
		}
	}
	return lines, from, to
}

// cut is a text in one line, with dots where it had to be cut.
func (l look) cut(text string, width int) string {
	if ansi.StringWidth(text) <= width {
		return text
	}
	return ansi.Truncate(text, width-ansi.StringWidth(l.dots), "") + l.dots
}

// actions is the menu of a page without questions.
func (s *sheet) actions(l look, width, height int) []string {
	var lines []string
	var from, to int
	for i, e := range s.menu {
		lead, style := "  ", l.plain
		if i == s.choice {
			lead, style, from = "> ", l.accent, len(lines)
		}
		if e.key != "" {
			lead += "[" + e.key + "] "
		}
		lines = append(lines, each(led(lead, e.label, width), style)...)
		if i == s.choice {
			to = len(lines)
		}
	}
	shown := window(lines, from, to, height)
	s.unseen = len(lines) - len(shown)
	return shown
}

// window is the part of lines, at most height of them, that has [from, to) in it.
func window(lines []string, from, to, height int) []string {
	if len(lines) <= height {
		return lines
	}
	to = min(to, len(lines))
	start := max(to-height, 0)
	if from < start {
		start = from
	}
	// Keep a line of what comes before in sight.
	if start == from && start > 0 && to-from < height {
		start--
	}
	return lines[start:min(start+height, len(lines))]
}
