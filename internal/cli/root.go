package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/smtpwiz/smtpwiz/internal/profile"
)

func newRootCmd(d *deps, args []string) *cobra.Command {
	root := &cobra.Command{
		Use:   "smtpwiz",
		Short: "Get outgoing mail to work, and know why when it does not",
		Long: `smtpwiz tries an account the way a mail program would, from the server's name
to an accepted message, and says at which stage it fails, why, and what to do.`,
		Example: `  smtpwiz setup
  smtpwiz test --preset gmail --username you@gmail.com
  SMTPWIZ_USERNAME=you@zoho.com smtpwiz test --preset zoho --password-file pw
  smtpwiz presets show zoho --region eu`,
		Version:       d.version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
	}
	root.SetOut(d.streams.Out)
	root.SetErr(d.streams.Err)
	root.SetIn(d.streams.In)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &flagError{err} })
	root.SetVersionTemplate("smtpwiz {{.Version}}\n")
	root.AddCommand(commandsFor(d, args)...)
	return root
}

// commandsFor builds the command that the arguments begin with, and all of them
// where they begin with none: a tree of which one branch is used costs each run
// more than reading its flags.
func commandsFor(d *deps, args []string) []*cobra.Command {
	builders := []struct {
		names string
		build func(*deps) *cobra.Command
	}{
		{"setup", newSetupCmd}, {"test", newTestCmd}, {"presets preset", newPresetsCmd},
		{"profiles profile", newProfilesCmd}, {"secret", newSecretCmd}, {"demo", newDemoCmd},
		{"explain", newExplainCmd}, {"report", newReportCmd}, {"card", newCardCmd},
		{"export", newExportCmd}, {"lint", newLintCmd}, {"version", newVersionCmd},
	}
	for _, b := range builders {
		if len(args) > 0 && slices.Contains(strings.Fields(b.names), args[0]) {
			return []*cobra.Command{b.build(d)}
		}
	}
	var all []*cobra.Command
	for _, b := range builders {
		all = append(all, b.build(d))
	}
	return all
}

// noArguments refuses them in our own words, with the nearest command where there is one.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return &flagError{fmt.Errorf("unknown command %q, did you mean %s?", args[0], strings.Join(near, " or "))}
	}
	if cmd.HasAvailableSubCommands() {
		return &flagError{fmt.Errorf("unknown command %q", args[0])}
	}
	return &flagError{fmt.Errorf("unexpected argument %q", args[0])}
}

func newVersionCmd(d *deps) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(d.streams.Out, "smtpwiz %s\n", d.version)
			return err
		},
	}
}

// userPresets is the folder of the user's own presets, "" where there is no home.
func userPresets() string {
	dir, err := profile.Dir(os.Getenv)
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "presets")
}
