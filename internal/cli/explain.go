package cli

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/spf13/cobra"

	"github.com/smtpwiz/smtpwiz/internal/diagnose"
	"github.com/smtpwiz/smtpwiz/internal/render"
	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/settings"
)

type explainOptions struct {
	text, stage, preset string
	json, markdown      bool
}

func newExplainCmd(d *deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain [TEXT]",
		Short: "Say what an error of any mail program means, and what to do",
		Long: `explain tells what a server's reply or a program's error means: as an argument
or on standard input, alone or inside a whole log. It dials nothing and sends
nothing anywhere.

It also explains a command (RCPT), a code (553, 5.7.8), a cause (from_mismatch),
and troubles that have no error text:
` + troubleNames() + `.

Exit status: 0, or 2 without text.`,
		Example: `  smtpwiz explain "535 5.7.8 Username and Password not accepted"
  smtpwiz explain --preset zoho --stage data "553 Relaying disallowed"
  smtpwiz explain < program.log
  smtpwiz explain RCPT
  smtpwiz explain limits --preset gmail`,
		Args: cobra.ArbitraryArgs, // a text without quotes is a text too
		RunE: func(cmd *cobra.Command, args []string) error {
			given, err := answersOf(d, cmd)
			if err != nil {
				return err
			}
			o := explainOptions{text: strings.Join(args, " "), stage: given.Get("stage"), preset: given.Get("preset")}
			o.json, _ = cmd.Flags().GetBool("json")
			o.markdown, _ = cmd.Flags().GetBool("markdown")
			return runExplain(cmd.Context(), d, o)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return strings.Split(troubleNames(), ", "), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().String("stage", "", "where it came: "+strings.Join(stageNames(), ", "))
	cmd.Flags().String("preset", "", "the provider, as smtpwiz presets lists them (default: found in the text)")
	cmd.Flags().Bool("json", false, "print the diagnosis as one JSON object")
	cmd.Flags().Bool("markdown", false, "print Markdown, to answer in an issue's thread")
	cmd.Flags().SortFlags = false
	return cmd
}

func runExplain(ctx context.Context, d *deps, o explainOptions) error {
	a, err := explain(ctx, d, o)
	var wrong *settings.UsageError
	switch {
	case errors.As(err, &wrong) && o.json:
		result := render.Result{ExitStatus: report.ExitUsage, Err: reply.Safe(wrong.What), Hint: reply.Safe(wrong.Hint)}
		if err := render.JSON(d.streams.Out, result); err != nil {
			return err
		}
		return statusError(report.ExitUsage)
	case err != nil:
		return err
	case o.json:
		return writeJSON(d, a)
	case o.markdown:
		return render.Markdown(d.streams.Out, a)
	}
	text := textOn(d.streams)
	text.Answer(a)
	return text.Err
}

// explain finds the answer; the error may be a *settings.UsageError.
func explain(ctx context.Context, d *deps, o explainOptions) (*diagnose.Answer, error) {
	q, err := question(d, o)
	if err != nil {
		return nil, err
	}
	if q.Text, err = pastedText(ctx, d, o); err != nil {
		return nil, err
	}
	if a := diagnose.Ask(q); a != nil {
		return a, nil
	}
	return nil, &settings.UsageError{What: "there is no text to explain", Hint: "give it as an argument or on standard input, or name one of " + troubleNames()}
}

// question is all but the text.
func question(d *deps, o explainOptions) (q diagnose.Question, err error) {
	if o.json && o.markdown {
		return q, &settings.UsageError{What: "--json and --markdown exclude each other", Hint: "leave one of them out"}
	}
	q.Stage = report.Stage(strings.ToLower(o.stage))
	if o.stage != "" && !slices.Contains(stageNames(), string(q.Stage)) {
		return q, &settings.UsageError{What: fmt.Sprintf("unknown stage %q", o.stage), Hint: "use one of " + strings.Join(stageNames(), ", ")}
	}
	if o.preset != "" {
		if q.Preset, err = d.known.Get(o.preset); err != nil {
			return q, settings.PresetError(err)
		}
		return q, nil
	}
	if q.Known, err = d.known.All(); err != nil {
		fmt.Fprintf(d.streams.Err, "smtpwiz: warning: %s\n", reply.Safe(err.Error()))
	}
	return q, nil
}

func stageNames() []string {
	var names []string
	for _, s := range []report.Stage{report.Resolve, report.Connect, report.TLSStage, report.STARTTLS, report.Greeting, report.EHLO, report.Auth,
		report.Mail, report.Rcpt, report.Data, report.Quit, report.Delivery, diagnose.StageDNS, diagnose.StageQuota} {
		names = append(names, string(s))
	}
	return names
}

func troubleNames() string {
	var names []string
	for _, t := range diagnose.Troubles() {
		names = append(names, t.Name)
	}
	return strings.Join(names, ", ")
}

// pastedText is the argument, else standard input. At a terminal, where nothing
// has been pasted yet, it lists what can be asked instead.
func pastedText(ctx context.Context, d *deps, o explainOptions) (string, error) {
	switch {
	case o.text != "" && o.text != "-":
		return o.text, nil
	case o.text == "" && d.streams.InIsTerminal && !o.json:
		text := textOn(d.streams)
		text.Troubles(diagnose.Troubles())
		if text.Err != nil {
			return "", text.Err
		}
		return "", statusError(report.ExitUsage)
	case o.text == "" && d.streams.InIsTerminal:
		return "", nil
	}
	type read struct {
		text string
		more bool
		err  error
	}
	done := make(chan read, 1)
	go func() {
		text, more, err := readText(d.streams.In)
		done <- read{text, more, err}
	}()
	select {
	case r := <-done:
		if r.more {
			fmt.Fprintf(d.streams.Err, "smtpwiz: warning: only the first and the last %d KiB are looked at\n", maxPasted>>11)
		}
		return r.text, r.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// maxPasted is how many bytes of standard input are kept.
const maxPasted = 1 << 20

// readEnds keeps the first and the last half of what a reader has, where it has
// more than most bytes: the failure that a log is read for is its latest.
func readEnds(r io.Reader, most int) (data []byte, more bool, err error) {
	half := most / 2
	for {
		chunk, err := io.ReadAll(io.LimitReader(r, int64(half)))
		data = append(data, chunk...)
		if over := len(data) - most; over > 0 {
			data, more = slices.Delete(data, half, half+over), true
		}
		if err != nil || len(chunk) == 0 {
			return data, more, err
		}
	}
}

// readText reads a text in UTF-8, or in UTF-16 with the mark that Windows puts
// before it; more tells that there was more than is kept.
func readText(r io.Reader) (text string, more bool, err error) {
	data, more, err := readEnds(r, maxPasted)
	if err != nil {
		return "", false, fmt.Errorf("reading the text: %w", err)
	}
	s := string(data)
	switch {
	case strings.HasPrefix(s, "\xff\xfe"):
		return fromUTF16(data[2:], binary.LittleEndian), more, nil
	case strings.HasPrefix(s, "\xfe\xff"):
		return fromUTF16(data[2:], binary.BigEndian), more, nil
	}
	return strings.TrimPrefix(s, "\ufeff"), more, nil
}

func fromUTF16(data []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return string(utf16.Decode(units))
}
