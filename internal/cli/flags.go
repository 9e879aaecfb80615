package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/smtpwiz/smtpwiz/internal/sasl"
	"github.com/smtpwiz/smtpwiz/internal/secret"
	"github.com/smtpwiz/smtpwiz/internal/settings"
)

// accountFlags adds those that say what to try, where and how.
func accountFlags(f *pflag.FlagSet) {
	f.String("preset", "", "the provider, as smtpwiz presets lists them")
	f.String("region", "", "the provider's data centre, such as eu for smtp.zoho.eu")
	f.String("variant", "", "the provider's offer, such as pro for OVH Email Pro")
	f.String("host", "", "the server's name")
	f.String("port", "", "its port; 465 and 587 are tried where none is given")
	f.String("security", "", "ssl (TLS from the first byte), starttls or none")
	f.String("username", "", "the user name, mostly the whole address")
	f.String("from", "", "the sender's address (default: the user name)")
	f.String("to", "", "the recipient's address (default: the sender)")
	f.String("display-name", "", "the sender's name beside the address")
	f.String("auth", "", "the SASL mechanism to use, such as LOGIN or XOAUTH2 (default: chosen from the offer)")
	f.String("check", "send", "how far to go: connect, login, sender or send")
	f.String("timeout", "15s", "how long each stage may take")
	f.String("max-time", "", "how long the whole run may take (default: no limit)")
	f.StringArray("connect-to", nil, "`HOST:PORT:HOST2:PORT2`: dial the second for the first; may repeat")
	f.String("ca-file", "", "believe the authorities in this PEM `file` instead of the system's")
	f.String("tls-fingerprint", "", "believe only the certificate with this fingerprint, `sha256:HEX`")
	f.String("client-cert", "", "PEM `file` with the certificate to show the server")
	f.String("client-key", "", "PEM `file` with its key (default: the same file)")
	f.String("proxy", "", "`socks5://HOST:PORT` to go through; it resolves the names")
	f.BoolP("ipv4", "4", false, "use IPv4 only")
	f.BoolP("ipv6", "6", false, "use IPv6 only")
	f.String("helo", "", "the `name` to say in EHLO (default: this machine's)")
	f.Bool("password-stdin", false, "read the password from standard input")
	f.String("password-file", "", "read the password from this `file`")
	f.String("password-command", "", "read the password from what this `command` prints")
}

// outputFlags adds those that say what to show.
func outputFlags(f *pflag.FlagSet) {
	f.Bool("json", false, "print one JSON object")
	f.Bool("transcript", false, "show what crossed the wire, passwords replaced")
	f.BoolP("quiet", "q", false, "print nothing when all goes well")
	f.BoolP("verbose", "v", false, "show where each value came from, and the transcript explained")
}

// completeFlags offers a shell what may stand behind a flag.
func completeFlags(d *deps, cmd *cobra.Command) {
	for name, values := range map[string]func() []string{
		"preset":       d.known.Names,
		"security":     func() []string { return []string{"ssl", "starttls", "none", "tls"} },
		"check":        func() []string { return []string{"connect", "login", "sender", "send"} },
		"auth":         sasl.Mechanisms,
		"secret-store": secret.Kinds,
		"region":       func() []string { return regionsOf(d, cmd) },
		"variant":      func() []string { return variantsOf(d, cmd) },
	} {
		if cmd.Flags().Lookup(name) == nil {
			continue
		}
		_ = cmd.RegisterFlagCompletionFunc(name, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return values(), cobra.ShellCompDirectiveNoFileComp
		})
	}
}

func regionsOf(d *deps, cmd *cobra.Command) []string {
	var names []string
	if p, err := d.known.Get(cmd.Flags().Lookup("preset").Value.String()); err == nil {
		for _, r := range p.Regions {
			names = append(names, r.Name)
		}
	}
	return names
}

func variantsOf(d *deps, cmd *cobra.Command) []string {
	var names []string
	if p, err := d.known.Get(cmd.Flags().Lookup("preset").Value.String()); err == nil {
		for _, v := range p.Variants {
			names = append(names, v.Name)
		}
	}
	return names
}

// setFromVariable is what the flag would take; one that may repeat takes its
// values with spaces between.
func setFromVariable(f *pflag.Flag, text string) error {
	if list, ok := f.Value.(pflag.SliceValue); ok {
		return list.Replace(strings.Fields(text))
	}
	err := f.Value.Set(text)
	if err != nil && f.Value.Type() == "bool" {
		return errors.New("it has to be true or false")
	}
	return err
}

// answersOf collects what flags and variables say; a flag goes before its variable.
func answersOf(d *deps, cmd *cobra.Command) (settings.Answers, error) {
	given := settings.Answers{}
	var wrong error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		answer := settings.Answer{Source: settings.FromFlag, Name: "--" + f.Name}
		if f.Name == "help" {
			return
		}
		if !f.Changed {
			text, ok := d.getenv(settings.VariableOf(f.Name))
			if !ok || text == "" {
				return
			}
			answer.Source, answer.Name = settings.FromVariable, settings.VariableOf(f.Name)
			if err := setFromVariable(f, text); err != nil && wrong == nil {
				wrong = &settings.UsageError{What: fmt.Sprintf("%s=%q: %v", answer.Name, text, err), Hint: "see " + cmd.CommandPath() + " --help for what it may be"}
			}
		}
		answer.Value = f.Value.String()
		if list, ok := f.Value.(pflag.SliceValue); ok {
			answer.List = list.GetSlice()
		}
		given[f.Name] = answer
	})
	return given, wrong
}
