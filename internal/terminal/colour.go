package terminal

import "strings"

// Colours of the palette of 256, which terminals draw alike on whatever
// background. Both have a contrast of 4.5 and more to white and to black (WCAG 2.2,
// success criterion 1.4.3). The first sixteen are not used: each terminal draws
// them its own way, many of them too pale for white or too dark for black.
const (
	Accent = "29"  // a green, of where one is and what went well
	Alarm  = "131" // a red, of what failed
)

// Palette reports whether the terminal of this environment knows those colours
// and is to show any. It is not asked itself: an answer could come late.
func Palette(getenv func(string) string) bool {
	knows := strings.Contains(getenv("TERM"), "256color") || getenv("COLORTERM") != "" || getenv("WT_SESSION") != "" // of Windows
	return knows && getenv("NO_COLOR") == ""
}
