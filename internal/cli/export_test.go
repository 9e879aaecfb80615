package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/export"
	"github.com/smtpwiz/smtpwiz/internal/terminal"
)

// A password gets onto a terminal only after a yes.
func TestPasswordOnTerminal(t *testing.T) {
	t.Parallel()
	inline, beside, never := &export.Format{Name: "env"}, &export.Format{Name: "postfix", SecretFile: "sasl_passwd"}, &export.Format{Name: "thunderbird", NoPassword: true}
	for _, tt := range []struct {
		name     string
		format   *export.Format
		terminal bool
		ci       string
		answer   string
		output   string
		may, ask bool
	}{
		{"yes", inline, true, "", "y\n", "", true, true},
		{"no", inline, true, "", "n\n", "", false, true},
		{"only Enter", inline, true, "", "\n", "", false, true},
		{"end of input", inline, true, "", "", "", false, true},
		{"nobody to ask", inline, true, "1", "y\n", "", false, false},
		{"a pipe", inline, false, "", "", "", true, false},
		{"a file", inline, true, "", "", "out", true, false},
		{"two files on a pipe", beside, false, "", "", "", false, false},
		{"two files", beside, true, "", "", "out", true, false},
		{"refused later", never, true, "", "", "", true, false},
	} {
		var asked bytes.Buffer
		d := &deps{streams: &terminal.Streams{
			In: strings.NewReader(tt.answer), Err: &asked, Out: &asked,
			InIsTerminal: true, ErrIsTerminal: true, OutIsTerminal: tt.terminal,
			Getenv: func(string) string { return tt.ci },
		}}
		err := mayWrite(d, tt.format, exportOptions{output: tt.output})
		if (err == nil) != tt.may || (asked.Len() > 0) != tt.ask {
			t.Errorf("%s: %v, asked %q", tt.name, err, asked.String())
		}
	}
}
