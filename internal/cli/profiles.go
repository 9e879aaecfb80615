package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/smtpwiz/smtpwiz/internal/profile"
	"github.com/smtpwiz/smtpwiz/internal/secret"
	"github.com/smtpwiz/smtpwiz/internal/settings"
)

func newProfilesCmd(d *deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "profiles",
		Aliases: []string{"profile"},
		Short:   "List, show, rename and remove saved profiles",
		Args:    noArguments,
		RunE:    withKeeping(d, func(_ context.Context, k *keeping, o profilesOptions) error { return listProfiles(k, o.json) }),
	}
	cmd.Flags().Bool("json", false, "print JSON")
	keepingFlags(cmd.PersistentFlags())
	cmd.AddCommand(
		profilesSub(d, "show NAME", "Show all of a profile but its password", oneArgument("NAME"), showProfile, "json"),
		profilesSub(d, "remove NAME", "Remove a profile and its password", oneArgument("NAME"), removeProfile, "yes", "keep-password"),
		profilesSub(d, "rename NAME NEW-NAME", "Give a profile another name; its password stays", twoArguments, renameProfile),
		profilesSub(d, "default [NAME]", "Say which profile is meant when none is named, or change it", atMostOneArgument, defaultProfile),
	)
	return cmd
}

type profilesOptions struct {
	args []string

	json, yes, keepPassword bool
}

// withKeeping makes a command's function out of one that works on what is saved.
func withKeeping(d *deps, run func(context.Context, *keeping, profilesOptions) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		k, err := newKeeping(d, cmd)
		if err != nil {
			return err
		}
		o := profilesOptions{args: args}
		o.json, _ = cmd.Flags().GetBool("json")
		o.yes, _ = cmd.Flags().GetBool("yes")
		o.keepPassword, _ = cmd.Flags().GetBool("keep-password")
		return run(cmd.Context(), k, o)
	}
}

func profilesSub(d *deps, use, short string, args cobra.PositionalArgs, run func(context.Context, *keeping, profilesOptions) error, flags ...string) *cobra.Command {
	usage := map[string]string{"json": "print JSON", "yes": "do not ask", "keep-password": "leave the password where it rests, for a store that cannot be opened"}
	cmd := &cobra.Command{
		Use: use, Short: short, Args: args,
		RunE: withKeeping(d, run),
		ValidArgsFunction: func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			return profileNames(d, cmd), cobra.ShellCompDirectiveNoFileComp
		},
	}
	for _, name := range flags {
		cmd.Flags().Bool(name, false, usage[name])
	}
	return cmd
}

// profileNames are for completion, which says nothing of errors.
func profileNames(d *deps, cmd *cobra.Command) []string {
	k, err := newKeeping(d, cmd)
	if err != nil {
		return nil
	}
	config, err := k.config.Load()
	if err != nil {
		return nil
	}
	return config.Names()
}

func twoArguments(_ *cobra.Command, args []string) error {
	if len(args) != 2 {
		return &flagError{fmt.Errorf("two names are needed: the profile's and its new one")}
	}
	return nil
}

func atMostOneArgument(_ *cobra.Command, args []string) error {
	if len(args) > 1 {
		return &flagError{fmt.Errorf("unexpected argument %q", args[1])}
	}
	return nil
}

func listProfiles(k *keeping, asJSON bool) error {
	config, err := k.load()
	if err != nil {
		return err
	}
	if asJSON {
		return writeJSON(k.deps, k.described(config))
	}
	if len(config.Names()) == 0 {
		_, err := fmt.Fprintln(k.deps.streams.Out, "There are no saved profiles yet: smtpwiz setup makes one.")
		return err
	}
	table := tabwriter.NewWriter(k.deps.streams.Out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "PROFILE\tACCOUNT\tSERVER\tPASSWORD\tLAST PASSED")
	for _, p := range k.described(config) {
		name := p.Name
		if p.Default {
			name += " *"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", name, p.Username, p.server(), p.Secret.words(), passed(p.Proven))
	}
	return table.Flush()
}

// described is a profile as it is shown: without anything secret, of a command
// its program's name alone.
type described struct {
	Name     string              `json:"name"`
	Default  bool                `json:"default"`
	Preset   string              `json:"preset"`
	Region   string              `json:"region"`
	Variant  string              `json:"variant"`
	Username string              `json:"username"`
	From     string              `json:"from"`
	To       string              `json:"to"`
	Auth     string              `json:"auth"`
	Servers  []describedEndpoint `json:"endpoints"`
	Incoming []describedIncoming `json:"incoming"`
	Secret   describedSecret     `json:"secret"`
	Proven   *describedProof     `json:"proven"`
	Options  map[string]string   `json:"options"`
}

type describedEndpoint struct {
	Host     string `json:"host"`
	Port     int    `json:"port"`
	Security string `json:"security"`
}

func (e describedEndpoint) String() string {
	return fmt.Sprintf("%s:%d %s", e.Host, e.Port, e.Security)
}

type describedIncoming struct {
	Protocol string `json:"protocol"`
	describedEndpoint
	Username string `json:"username"`
}

type describedSecret struct {
	Store   string     `json:"store"`
	Program string     `json:"program"` // of a command
	Set     *time.Time `json:"set"`     // when the password was last given
}

type describedProof struct {
	When      time.Time `json:"when"`
	Check     string    `json:"check"`
	Address   string    `json:"address"`
	TLS       string    `json:"tls"`
	Mechanism string    `json:"mechanism"`
}

func (k *keeping) described(config *profile.Config) []described {
	all := []described{}
	for _, p := range config.Profiles() {
		all = append(all, describe(k.dated(p), p.Name == config.Default()))
	}
	return all
}

// dated fills in the age of a password where the encrypted file alone knows it.
func (k *keeping) dated(p profile.Profile) profile.Profile {
	if p.Secret.Store != profile.StoreFile || !p.Secret.PasswordSet.IsZero() {
		return p
	}
	if file, err := k.encrypted(p.Secret.KeyFile); err == nil {
		p.Secret.PasswordSet, _ = file.SetAt(secret.Ref{ID: p.Secret.ID})
	}
	return p
}

func describe(p profile.Profile, isDefault bool) described {
	out := described{
		Name: p.Name, Default: isDefault, Preset: p.Preset, Region: p.Region, Variant: p.Variant,
		Username: p.Username, From: p.From, To: p.To, Auth: p.Auth,
		Servers: []describedEndpoint{}, Incoming: []describedIncoming{}, Options: map[string]string{},
		Secret: describedSecret{Store: string(p.Secret.Store)},
	}
	for _, e := range p.Endpoints {
		out.Servers = append(out.Servers, describedEndpoint{e.Host, e.Port, string(e.Security)})
	}
	for _, in := range p.Incoming {
		out.Incoming = append(out.Incoming, describedIncoming{in.Protocol, describedEndpoint{in.Host, in.Port, string(in.Security)}, in.Username})
	}
	if p.Secret.Store == profile.StoreCommand {
		out.Secret.Program = secret.Command{Line: p.Secret.Command}.Program()
	}
	if hasRecord(p) && !p.Secret.PasswordSet.IsZero() { // of a command we know when it was noted only
		out.Secret.Set = &p.Secret.PasswordSet
	}
	if !p.Proven.When.IsZero() {
		out.Proven = &describedProof{p.Proven.When, p.Proven.Check, p.Proven.Address, p.Proven.TLS, p.Proven.Mechanism}
	}
	for name, value := range settings.OptionsOf(p) {
		out.Options[name] = value
	}
	return out
}

func (p described) server() string {
	var words []string
	for _, s := range p.Servers {
		words = append(words, s.String())
	}
	if len(words) == 0 {
		return p.Preset
	}
	return strings.Join(words, ", ")
}

func (s describedSecret) words() string {
	store := s.Store
	switch {
	case store == "" || store == string(profile.StoreNone):
		return "not kept"
	case s.Program != "":
		store += " " + s.Program
	}
	if s.Set != nil {
		store += ", " + age(*s.Set)
	}
	return store
}

// age says how old something is in the unit that matters.
func age(since time.Time) string {
	days := int(time.Since(since).Hours() / 24)
	switch {
	case days < 1:
		return "today"
	case days == 1:
		return "1 day old"
	case days < 60:
		return fmt.Sprintf("%d days old", days)
	}
	return fmt.Sprintf("%d months old", days/30)
}

func passed(proof *describedProof) string {
	if proof == nil {
		return "never"
	}
	return proof.When.Local().Format("2006-01-02 15:04") + " (" + proof.Check + ")"
}

func showProfile(_ context.Context, k *keeping, o profilesOptions) error {
	config, err := k.load()
	if err != nil {
		return err
	}
	p, err := config.Get(o.args[0])
	if err != nil {
		return configError(err)
	}
	d := describe(k.dated(p), p.Name == config.Default())
	if o.json {
		return writeJSON(k.deps, d)
	}
	table := tabwriter.NewWriter(k.deps.streams.Out, 0, 8, 2, ' ', 0)
	row := func(label, value string) {
		if value != "" {
			fmt.Fprintf(table, "%s\t%s\n", label, value)
		}
	}
	row("profile", d.Name)
	row("default", map[bool]string{true: "yes"}[d.Default])
	row("preset", d.Preset)
	row("region", d.Region)
	row("variant", d.Variant)
	for _, s := range d.Servers {
		row("server", s.String())
	}
	row("user name", d.Username)
	row("from", d.From)
	row("to", d.To)
	row("auth", d.Auth)
	row("password", d.Secret.words())
	for _, in := range d.Incoming {
		row(in.Protocol, in.describedEndpoint.String())
	}
	for _, name := range settings.OptionNames() {
		row(name, d.Options[name])
	}
	row("last passed", passed(d.Proven))
	if d.Proven != nil {
		row("proven", strings.Join([]string{d.Proven.Address, d.Proven.TLS, d.Proven.Mechanism}, ", "))
	}
	row("file", k.config.Path())
	return table.Flush()
}

// removeProfile takes the password first: a profile without its password can be
// mended, a password without its profile cannot be found.
func removeProfile(ctx context.Context, k *keeping, o profilesOptions) error {
	p, err := k.profile(o.args[0])
	if err != nil {
		return err
	}
	lost, err := k.lostWith(p)
	if err != nil {
		return err
	}
	what := p.Name
	takes := hasRecord(p) && p.Secret.ID != "" && !o.keepPassword
	if takes {
		what += " and its password"
	}
	asks := !o.yes && k.deps.streams.Interactive()
	if asks {
		k.tellLost(lost)
		if err := k.confirm(ctx, fmt.Sprintf("Remove the profile %s (%s)", what, p.Username)); err != nil {
			return err
		}
	}
	if takes {
		if err := k.removePassword(ctx, p); err != nil {
			return err
		}
	}
	if err := k.update(ctx, func(c *profile.Config) error {
		now, err := current(c, p)
		if err != nil {
			return err
		}
		p = now
		return c.Remove(now.Name)
	}); err != nil {
		return err
	}
	if takes && hasRecord(p) { // that secret set may have made meanwhile; later ones are taken back there
		k.removeRecord(context.WithoutCancel(ctx), p, "a new password")
	}
	if !asks {
		k.tellLost(lost)
	}
	_, err = fmt.Fprintf(k.deps.streams.Out, "Removed the profile %s.\n", what)
	return err
}

func (k *keeping) removePassword(ctx context.Context, p profile.Profile) error {
	store, ref, err := k.store(p)
	if err == nil {
		err = store.Remove(ctx, ref)
	}
	if err == nil || errors.Is(err, secret.ErrNotFound) {
		return nil
	}
	what := fmt.Errorf("the password of %s was not removed from the %s, so the profile stays: %w", p.Name, p.Secret.Store, err)
	var wrong *settings.UsageError
	if mended := secretError(ctx, what); errors.As(mended, &wrong) {
		return &settings.UsageError{What: wrong.What, Hint: wrong.Hint + "; or leave the password there: --keep-password"}
	}
	return what
}

// lostWith lists what goes with a profile beyond what we know of.
func (k *keeping) lostWith(p profile.Profile) ([]profile.Lost, error) {
	config, err := k.load()
	if err != nil {
		return nil, err
	}
	if err := config.Remove(p.Name); err != nil {
		return nil, configError(err)
	}
	return config.Lost(), nil
}

func (k *keeping) tellLost(lost []profile.Lost) {
	for _, l := range lost {
		fmt.Fprintf(k.deps.streams.Err, "line %d goes too: %s\n", l.Line, l.Text)
	}
}

// confirm asks in the terminal, and waits no longer than for Ctrl-C.
func (k *keeping) confirm(ctx context.Context, question string) error {
	fmt.Fprintf(k.deps.streams.Err, "%s? [y/N] ", question)
	answered := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(k.deps.streams.In).ReadString('\n')
		answered <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case answer := <-answered:
		if answer == "y" || answer == "yes" {
			return nil
		}
	case <-ctx.Done():
		fmt.Fprintln(k.deps.streams.Err)
		return ctx.Err()
	}
	return &settings.UsageError{What: "nothing was removed", Hint: "answer y, or use --yes"}
}

func renameProfile(ctx context.Context, k *keeping, o profilesOptions) error {
	if _, err := k.profile(o.args[0]); err != nil {
		return err
	}
	if err := k.update(ctx, func(c *profile.Config) error { return c.Rename(o.args[0], o.args[1]) }); err != nil {
		return err
	}
	k.relabel(ctx, o.args[1])
	_, err := fmt.Fprintf(k.deps.streams.Out, "%s is now called %s.\n", o.args[0], o.args[1])
	return err
}

func defaultProfile(ctx context.Context, k *keeping, o profilesOptions) error {
	if len(o.args) == 1 {
		if _, err := k.profile(o.args[0]); err != nil {
			return err
		}
		return k.update(ctx, func(c *profile.Config) error { return c.SetDefault(o.args[0]) })
	}
	config, err := k.load()
	if err != nil {
		return err
	}
	if config.Default() == "" {
		return &settings.UsageError{What: "no profile is the default", Hint: listing(config)}
	}
	_, err = fmt.Fprintln(k.deps.streams.Out, config.Default())
	return err
}
