package cli

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/settings"
)

func newPresetsCmd(d *deps) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "presets",
		Aliases: []string{"preset"},
		Short:   "List, show and check what is known of providers",
		Example: `  smtpwiz presets
  smtpwiz presets show zoho --region eu
  smtpwiz presets check my-provider.toml`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return listPresets(d, asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.AddCommand(newPresetsShowCmd(d), newPresetsCheckCmd(d), newPresetsNewCmd(d))
	return cmd
}

func listPresets(d *deps, asJSON bool) error {
	all, err := d.known.All()
	if err != nil {
		fmt.Fprintf(d.streams.Err, "smtpwiz: warning: %v\n", err)
	}
	if asJSON {
		return writeJSON(d, all)
	}
	text := textOn(d.streams)
	text.Presets(all)
	return text.Err
}

func newPresetsShowCmd(d *deps) *cobra.Command {
	var asJSON bool
	var choice preset.Choice
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "Show all that is known of one provider",
		Args:  oneArgument("NAME"),
		RunE: func(_ *cobra.Command, args []string) error {
			return showPreset(d, args[0], choice, asJSON)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return d.known.Names(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&choice.Region, "region", "", "the data centre to show")
	cmd.Flags().StringVar(&choice.Variant, "variant", "", "the offer to show")
	cmd.Flags().StringVar(&choice.Host, "host", "", "your own server, where the offer has one for each customer")
	return cmd
}

func showPreset(d *deps, name string, choice preset.Choice, asJSON bool) error {
	p, err := d.known.Get(name)
	if err != nil {
		return settings.PresetError(err)
	}
	resolved, err := p.Resolve(choice)
	var open *preset.HostNeededError // the rest is known, and shown
	if err != nil && !errors.As(err, &open) {
		return settings.PresetError(err)
	}
	if asJSON {
		return writeJSON(d, resolved.Preset)
	}
	text := textOn(d.streams)
	text.Preset(resolved)
	return text.Err
}

func newPresetsCheckCmd(d *deps) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Check a preset's file: line, column, what is wrong, what would be right",
		Args:  oneArgument("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			return checkPreset(d, args[0], asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON: a list of problems, empty where nothing is wrong")
	return cmd
}

func checkPreset(d *deps, path string, asJSON bool) error {
	data, err := readLimited(path)
	if err != nil {
		return &settings.UsageError{What: err.Error(), Hint: "name a preset's file; docs/presets.md has the format"}
	}
	problems := append([]preset.Problem{}, preset.Check(data, path)...)
	if asJSON {
		err = writeJSON(d, problems)
	} else {
		for _, p := range problems {
			fmt.Fprintf(d.streams.Out, "%s:%s\n", reply.Safe(path), reply.Safe(p.String()))
		}
	}
	if len(problems) > 0 || asJSON {
		return errors.Join(err, statusOf(len(problems) == 0))
	}
	_, err = fmt.Fprintf(d.streams.Out, "%s: nothing is wrong\n", path)
	return err
}

// statusOf is wrong usage for a file with problems.
func statusOf(ok bool) error {
	if ok {
		return nil
	}
	return statusError(report.ExitUsage)
}

func oneArgument(name string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return &flagError{fmt.Errorf("%s is missing", name)}
		case len(args) > 1:
			return &flagError{fmt.Errorf("unexpected argument %q", args[1])}
		}
		return nil
	}
}

func writeJSON(d *deps, v any) error {
	enc := json.NewEncoder(d.streams.Out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
