package prompt

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/charmbracelet/huh"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/smtpwiz/smtpwiz/internal/terminal"
	"github.com/smtpwiz/smtpwiz/internal/wizard"
)

// look is how things are drawn on one terminal. Whatever a colour says, a word
// or a mark says too.
type look struct {
	title, strong, accent, plain lipgloss.Style
	cursor                       lipgloss.Style

	bar, dots, rule string // in ASCII where the locale is not UTF-8
	links           bool   // the terminal knows OSC 8
	ascii           bool   // the terminal shows nothing else
}

// newLook asks the environment, never the terminal: an answer could come late
// and be taken for keys.
func newLook(out io.Writer, getenv func(string) string) look {
	r := lipgloss.NewRenderer(out)
	r.SetHasDarkBackground(true) // known, so that nobody asks; no colour depends on it
	r.SetColorProfile(termenv.ANSI256)
	l := look{plain: r.NewStyle(), cursor: r.NewStyle(), bar: "| ", dots: "...", rule: "-", links: knowsLinks(getenv)}
	l.accent = r.NewStyle().Bold(true)
	if terminal.Palette(getenv) {
		l.accent = l.accent.Foreground(lipgloss.Color(terminal.Accent))
	}
	l.title = l.accent
	l.strong = r.NewStyle().Bold(true)
	l.ascii = !isUTF8(getenv)
	if !l.ascii {
		l.bar, l.dots, l.rule = "│ ", "…", "─"
	}
	return l
}

// legible is a screen as the locale can show it, cell for cell.
func (l look) legible(text string) string {
	if l.ascii {
		return inASCII(text)
	}
	return text
}

// inASCII writes quotes plainly, and a question mark for each cell of what ASCII
// has no sign for.
func inASCII(text string) string {
	var out strings.Builder
	for _, r := range text {
		switch {
		case r <= unicode.MaxASCII:
			out.WriteRune(r)
		case strings.ContainsRune("“”„«»", r):
			out.WriteByte('"')
		case strings.ContainsRune("‘’", r):
			out.WriteByte('\'')
		case strings.ContainsRune("‐‑–—", r):
			out.WriteByte('-')
		default:
			out.WriteString(strings.Repeat("?", ansi.StringWidth(string(r))))
		}
	}
	return out.String()
}

// isUTF8 reads the locale as setlocale does: the first of these that is set.
func isUTF8(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(getenv(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}

// knowsLinks is true only of terminals known to draw OSC 8 as a link. The
// address stands there as text in any case.
func knowsLinks(getenv func(string) string) bool {
	term := getenv("TERM")
	if getenv("TMUX") != "" || strings.HasPrefix(term, "screen") || strings.HasPrefix(term, "tmux") {
		return false
	}
	switch getenv("TERM_PROGRAM") {
	case "iTerm.app", "WezTerm", "ghostty", "vscode":
		return true
	}
	for _, known := range []string{"xterm-kitty", "xterm-ghostty", "foot", "alacritty", "contour", "wezterm"} {
		if strings.HasPrefix(term, known) {
			return true
		}
	}
	vte, err := strconv.Atoi(getenv("VTE_VERSION"))
	return err == nil && vte >= 5000 || getenv("WT_SESSION") != ""
}

// theme dresses huh's fields: no borders, no colours of its own, marks that do
// without colour.
func (l look) theme() *huh.Theme {
	t := huh.ThemeBase()
	t.FieldSeparator = l.plain
	f := huh.FieldStyles{
		Base: l.plain, Title: l.plain, Description: l.plain,
		SelectSelector: l.accent.SetString("> "), SelectedOption: l.accent, UnselectedOption: l.plain, Option: l.plain,
		FocusedButton: l.accent.SetString(">").PaddingRight(3),
		BlurredButton: l.plain.SetString(" ").PaddingRight(3),
		TextInput: huh.TextInputStyles{
			Cursor: l.cursor, CursorText: l.plain, Placeholder: l.plain, Prompt: l.accent, Text: l.plain,
		},
	}
	t.Focused, t.Blurred = f, f
	return t
}

// wrap breaks a text into lines of at most width cells, between words where it
// can. It knows wide and combining characters. A hyphen is no place to break:
// host names, dates and options have them.
func wrap(text string, width int) []string {
	const whole = "\u2011" // the non-breaking hyphen
	text = strings.ReplaceAll(safe(text), "-", whole)
	lines := strings.Split(ansi.Wrap(text, max(width, 1), ""), "\n")
	for i, line := range lines {
		lines[i] = strings.ReplaceAll(strings.TrimRight(line, " "), whole, "-")
	}
	return lines
}

// led wraps a text behind a lead and indents what follows by its width.
func led(lead, text string, width int) []string {
	indent := ansi.StringWidth(lead)
	if indent >= width { // no room beside it
		return wrap(lead+text, width)
	}
	lines := wrap(text, width-indent)
	for i := range lines {
		if i == 0 {
			lines[i] = lead + lines[i]
		} else {
			lines[i] = strings.Repeat(" ", indent) + lines[i]
		}
	}
	return lines
}

// blocks sets the text of a page: a blank line between paragraphs, none within
// steps, quotes, and what belongs to the line before.
func (l look) blocks(blocks []wizard.Block, width int) []string {
	return l.set(blocks, width, isClose)
}

// summary sets what stays on the screen at the end: the same, but facts of one
// line stand under each other, for there are many.
func (l look) summary(blocks []wizard.Block, width int) []string {
	fits := func(b wizard.Block) bool { return b.Kind == wizard.Plain && ansi.StringWidth(b.Text) <= width }
	return l.set(blocks, width, func(before, b wizard.Block) bool { return isClose(before, b) || fits(before) && fits(b) })
}

// isClose tells whether a block is set right under the one before.
func isClose(before, b wizard.Block) bool {
	switch b.Kind {
	case wizard.Under:
		return true
	case wizard.Step, wizard.Link, wizard.Command:
		return before.Kind != wizard.Strong && before.Kind != wizard.Quote
	case wizard.Quote:
		return before.Kind == wizard.Quote || strings.HasSuffix(before.Text, ":")
	}
	return false
}

// set draws blocks; close tells which stand right under the one before.
func (l look) set(blocks []wizard.Block, width int, close func(before, b wizard.Block) bool) []string {
	var lines []string
	step := 0
	for i, b := range blocks {
		if i > 0 && !close(blocks[i-1], b) {
			lines = append(lines, "")
		}
		if b.Kind == wizard.Step {
			step++
		}
		lines = append(lines, l.block(b, step, width)...)
	}
	return lines
}

func (l look) block(b wizard.Block, step, width int) []string {
	switch b.Kind {
	case wizard.Strong:
		return each(wrap(b.Text, width), l.strong)
	case wizard.Quote:
		lines := wrap(b.Text, width-ansi.StringWidth(l.bar))
		for i := range lines {
			lines[i] = l.bar + lines[i]
		}
		return lines
	case wizard.Step:
		return led(strconv.Itoa(step)+". ", b.Text, width)
	case wizard.Link:
		return l.link(safe(b.Text), width)
	case wizard.Command:
		return unbroken(safe(b.Text), width)
	}
	return wrap(b.Text, width)
}

// unbroken sets what is to be copied: indented where it fits, else from the
// edge and cut only where the screen ends.
func unbroken(text string, width int) []string {
	const indent = "   "
	if ansi.StringWidth(text)+len(indent) <= width {
		return []string{indent + text}
	}
	return strings.Split(ansi.Hardwrap(text, max(width, 1), true), "\n")
}

// link sets an address alone on its line, as text and, where the terminal
// knows OSC 8, to click on. The id joins the pieces of a long one.
func (l look) link(address string, width int) []string {
	lines := unbroken(address, width)
	if !l.links || !strings.HasPrefix(address, "https://") {
		return lines
	}
	for i, line := range lines {
		text := strings.TrimLeft(line, " ")
		lines[i] = line[:len(line)-len(text)] + ansi.SetHyperlink(address, "id="+address) + text + ansi.ResetHyperlink()
	}
	return lines
}

func each(lines []string, style lipgloss.Style) []string {
	for i, line := range lines {
		if line != "" {
			lines[i] = style.Render(line)
		}
	}
	return lines
}

// keyed is a key and what it does here; brief is the same where room is short,
// if there is a shorter way to say it.
type keyed struct{ key, does, brief string }

// keys sets the line of keys in at most rows lines. Where there is no room for
// all, the last two stay: help, which lists the others, and the way out.
func (l look) keys(list []keyed, width, rows int) []string {
	var items []string
	for _, k := range list {
		item := "[" + k.key + "] " + safe(k.does)
		if width < narrow && k.brief != "" {
			item = k.brief
		}
		items = append(items, item)
	}
	lines := l.pack(items, width)
	for len(lines) > rows && len(items) > 1 {
		i := max(len(items)-3, 0)
		items = slices.Delete(items, i, i+1)
		lines = l.pack(items, width)
	}
	return lines
}

// pack sets items side by side where they fit.
func (l look) pack(items []string, width int) []string {
	var lines []string
	for _, item := range items {
		last := len(lines) - 1
		if last >= 0 && ansi.StringWidth(lines[last]+"  "+item) <= width {
			lines[last] += "  " + item
		} else {
			lines = append(lines, ansi.Truncate(item, width, l.dots))
		}
	}
	return lines
}
