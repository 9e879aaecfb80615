package terminal

import (
	"math"
	"strconv"
	"testing"
)

// luminance is WCAG's relative luminance of a colour of the 256: a cube of six
// steps a side, then 24 greys.
func luminance(index int) float64 {
	rgb := [3]int{}
	if index >= 232 {
		grey := 8 + 10*(index-232)
		rgb = [3]int{grey, grey, grey}
	} else {
		step := [6]int{0, 95, 135, 175, 215, 255}
		cube := index - 16
		rgb = [3]int{step[cube/36], step[cube/6%6], step[cube%6]}
	}
	sum := 0.0
	for i, weight := range [3]float64{0.2126, 0.7152, 0.0722} {
		c := float64(rgb[i]) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

// contrasts are those to white and to black.
func contrasts(index int) (white, black float64) {
	l := luminance(index)
	return 1.05 / (l + 0.05), (l + 0.05) / 0.05
}

// TestColoursCanBeRead: on white as on black.
func TestColoursCanBeRead(t *testing.T) {
	t.Parallel()
	for _, colour := range []string{Accent, Alarm} {
		index, err := strconv.Atoi(colour)
		if err != nil || index < 16 || index > 255 {
			t.Fatalf("%s is none of the colours that terminals draw alike", colour)
		}
		if white, black := contrasts(index); white < 4.5 || black < 4.5 {
			t.Errorf("colour %s has a contrast of %.2f to white and %.2f to black, want 4.5", colour, white, black)
		}
	}
	// The measure itself: white, black, and the grey that is known to be the middle.
	for _, tt := range []struct {
		index        int
		white, black float64
	}{{231, 1, 21}, {16, 21, 1}, {243, 4.54, 4.62}} {
		if white, black := contrasts(tt.index); math.Abs(white-tt.white) > 0.01 || math.Abs(black-tt.black) > 0.01 {
			t.Errorf("colour %d: %.2f and %.2f, want %.2f and %.2f", tt.index, white, black, tt.white, tt.black)
		}
	}
}

func TestPalette(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		env  map[string]string
		want bool
	}{
		{map[string]string{"TERM": "xterm-256color"}, true},
		{map[string]string{"TERM": "xterm", "COLORTERM": "truecolor"}, true},
		{map[string]string{"TERM": "xterm"}, false},
		{map[string]string{"WT_SESSION": "00ff"}, true},
		{map[string]string{"TERM": "linux"}, false},
		{map[string]string{"TERM": "xterm-256color", "NO_COLOR": "1"}, false},
	} {
		if got := Palette(func(name string) string { return tt.env[name] }); got != tt.want {
			t.Errorf("%v: %v", tt.env, got)
		}
	}
}
