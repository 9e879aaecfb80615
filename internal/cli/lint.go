package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/smtpwiz/smtpwiz/internal/export"
	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/settings"
)

// lintFound is the status of a file with findings.
const lintFound = statusError(1)

func newLintCmd(d *deps) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "lint FILE",
		Short: "Read another program's mail settings and say what cannot work",
		Long: `lint reads the mail settings of another program, dials nothing, and says line by
line what cannot work: implicit TLS on the port of STARTTLS, port 25, the server
of another provider, a login password where an app password is needed, a $ that
begins a variable.

It reads ` + strings.Join(export.Kinds(), ", ") + `.
FILE may be - for standard input.

Exit status: 0 nothing is wrong, 1 something is, 2 it cannot be read.`,
		Example: `  smtpwiz lint .env
  smtpwiz lint /etc/postfix/main.cf`,
		Args: oneArgument("FILE"),
		RunE: func(_ *cobra.Command, args []string) error { return runLint(d, args[0], asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func runLint(d *deps, path string, asJSON bool) error {
	reading, err := readMailFile(d, path)
	if err != nil {
		return err
	}
	findings := reading.Findings
	if err := tellFindings(d, path, findings, asJSON); err != nil {
		return err
	}
	if len(findings) > 0 {
		return lintFound
	}
	return nil
}

// readMailFile reads another program's configuration; - is standard input.
func readMailFile(d *deps, path string) (export.Reading, error) {
	text, err := readForLint(d, path)
	if err != nil {
		return export.Reading{}, &settings.UsageError{What: err.Error(), Hint: "name a file with mail settings, or - for standard input"}
	}
	reading, err := export.Read(path, text, d.known)
	if errors.Is(err, export.ErrUnknownFile) {
		err = &settings.UsageError{What: path + ": " + err.Error(), Hint: "it reads " + strings.Join(export.Kinds(), ", ")}
	}
	return reading, err
}

func readForLint(d *deps, path string) ([]byte, error) {
	in := d.streams.In
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	return io.ReadAll(io.LimitReader(in, export.MaxLint+1))
}

func tellFindings(d *deps, path string, findings []export.Finding, asJSON bool) error {
	for i := range findings {
		findings[i].Text = reply.Safe(findings[i].Text)
	}
	if asJSON {
		return writeJSON(d, struct {
			Schema   string           `json:"schema"`
			File     string           `json:"file"`
			OK       bool             `json:"ok"`
			Findings []export.Finding `json:"findings"`
		}{"smtpwiz.lint/1", path, len(findings) == 0, append([]export.Finding{}, findings...)})
	}
	for _, f := range findings {
		fmt.Fprintf(d.streams.Out, "line %d: %s\n", f.Line, f.Text)
	}
	if len(findings) == 0 {
		_, err := fmt.Fprintf(d.streams.Out, "%s: nothing is wrong\n", reply.Safe(path))
		return err
	}
	return nil
}
