package cli

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/smtpwiz/smtpwiz/internal/export"
	"github.com/smtpwiz/smtpwiz/internal/settings"
)

func newPresetsNewCmd(d *deps) *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "new --from PROFILE",
		Short: "Make a preset's file of a profile that has passed its test",
		Example: `  smtpwiz presets new --from work -o work.toml
  smtpwiz presets check work.toml`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			k, err := newKeeping(d, cmd)
			if err != nil {
				return err
			}
			if o.name == "" {
				return &settings.UsageError{What: "nothing says which profile: --from is missing", Hint: "smtpwiz profiles lists them"}
			}
			return newPreset(k, o)
		},
	}
	cmd.Flags().StringVar(&o.name, "from", "", "the `profile`")
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "write into this `file` instead of standard output")
	cmd.Flags().BoolVar(&o.force, "force", false, "overwrite the file")
	keepingFlags(cmd.Flags())
	_ = cmd.RegisterFlagCompletionFunc("from", completeProfiles(d))
	return cmd
}

func newPreset(k *keeping, o exportOptions) error {
	p, err := k.profile(o.name)
	if err != nil {
		return err
	}
	if p.Proven.When.IsZero() {
		return &settings.UsageError{What: "the profile " + p.Name + " has not passed a test yet", Hint: "smtpwiz test " + p.Name}
	}
	t, err := takenOf(k, request{name: p.Name})
	if err != nil {
		return err
	}
	if o.output = fileOf(o.output); o.output != "" {
		t.Name = strings.TrimSuffix(filepath.Base(o.output), ".toml")
	}
	file, err := export.Preset(t.Settings, export.Proof{
		When: p.Proven.When, Check: p.Proven.Check, Address: p.Proven.Address, TLS: p.Proven.TLS, Mechanism: p.Proven.Mechanism,
	})
	if err != nil {
		return exportError(err)
	}
	if err := deliver(k.deps, export.Output{Files: []export.File{file}}, o); err != nil {
		return err
	}
	fmt.Fprintf(k.deps.streams.Err, "Save it as %s in %s; docs/presets.md has the rest.\n", file.Name, userPresets())
	return nil
}
