package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/smtpwiz/smtpwiz/internal/export"
	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/settings"
)

type cardOptions struct {
	request
	markdown, json bool
}

func newCardCmd(d *deps) *cobra.Command {
	var o cardOptions
	cmd := &cobra.Command{
		Use:   "card [PROFILE]",
		Short: "Show the settings in the words of mail programs, to copy or print",
		Long: `card shows what to type into Outlook, Apple Mail, Thunderbird, a phone, a web
form or a printer: servers, ports, security, user name, and which password. The
password itself is never shown.`,
		Example: `  smtpwiz card work
  smtpwiz card --preset zoho --region eu
  smtpwiz card work --markdown`,
		Args:              atMostOneArgument,
		ValidArgsFunction: completeProfiles(d),
		RunE: func(cmd *cobra.Command, args []string) error {
			var k *keeping
			var err error
			if o.request, k, err = requestOf(d, cmd, args, map[string]*bool{"markdown": &o.markdown, "json": &o.json}); err != nil {
				return err
			}
			return runCard(k, o)
		},
	}
	cmd.Flags().Bool("markdown", false, "print Markdown")
	cmd.Flags().Bool("json", false, "print JSON")
	takenFlags(cmd.Flags())
	keepingFlags(cmd.Flags())
	cmd.Flags().SortFlags = false
	return cmd
}

func runCard(k *keeping, o cardOptions) error {
	// A card needs no sender: somebody else's may be printed from a preset alone.
	o.given["check"] = settings.Answer{Value: string(report.CheckConnect), Source: settings.FromFlag, Name: "card"}
	t, err := takenOf(k, o.request)
	if err != nil {
		return err
	}
	card := export.NewCard(t.Settings, t.alternatives)
	switch out := k.deps.streams.Out; {
	case o.json:
		return writeJSON(k.deps, card)
	case o.markdown:
		_, err = fmt.Fprint(out, safeLines(card.Markdown()))
	default:
		_, err = fmt.Fprint(out, safeLines(card.Text()))
	}
	return err
}

// safeLines keeps what a preset of somebody else's may hold from the terminal.
func safeLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = reply.Safe(l)
	}
	return strings.Join(lines, "\n")
}
