// Package cli is the command line: one file a command, its flags, the exit
// status, and the wiring of the other rooms. It does no work of its own.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/smtpwiz/smtpwiz/internal/bridge"
	"github.com/smtpwiz/smtpwiz/internal/demo"
	"github.com/smtpwiz/smtpwiz/internal/discover"
	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/probe"
	"github.com/smtpwiz/smtpwiz/internal/quietinit"
	"github.com/smtpwiz/smtpwiz/internal/render"
	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/secret"
	"github.com/smtpwiz/smtpwiz/internal/settings"
	"github.com/smtpwiz/smtpwiz/internal/submission"
	"github.com/smtpwiz/smtpwiz/internal/terminal"
	"github.com/smtpwiz/smtpwiz/presets"
)

// deps is what commands work with; tests replace its parts.
type deps struct {
	streams *terminal.Streams
	getenv  func(string) (string, bool)
	known   *preset.Library // the presets there are
	prober  *probe.Prober
	version string

	resolver discover.Resolver // for setup, which looks further than a host's addresses
	bridge   *bridge.Finder

	// Secrets of the environment, taken out of it so that no child gets them.
	password, passphrase, proxyPassword submission.Secret

	cost secret.Cost  // of a new encrypted file; zero for the usual one
	demo demo.Options // clock and chance of a demo; zero for the usual ones
}

// Main runs the program and returns its exit status.
func Main(version string, args []string) int {
	quietinit.Restore()
	if version == "" {
		version = buildVersion()
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	d := &deps{
		streams: terminal.System(),
		getenv:  os.LookupEnv,
		known:   preset.New(presets.FS, userPresets()),
		prober:  probe.New(version),
		version: version,

		resolver: net.DefaultResolver,
		bridge:   bridge.New(version),

		password:      secret.Take("SMTPWIZ_PASSWORD"),
		passphrase:    secret.Take("SMTPWIZ_PASSPHRASE"),
		proxyPassword: secret.Take("SMTPWIZ_PROXY_PASSWORD"),
	}
	return run(ctx, d, args)
}

func run(ctx context.Context, d *deps, args []string) int {
	out := &minded{Writer: d.streams.Out}
	root := newRootCmd(d.writing(out), args)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err = out.orLost(err); err == nil {
		return report.ExitOK
	}
	var status statusError
	if errors.As(err, &status) {
		return int(status)
	}
	f := failureOf(ctx, cmd, err)
	if wantsJSON(d, cmd, args) && out.failed() == nil {
		if err := render.JSON(d.streams.Out, f.result(cmd)); err == nil {
			return f.status
		}
	}
	fmt.Fprintf(d.streams.Err, "smtpwiz: %s\n", reply.Safe(f.what))
	if f.hint != "" {
		fmt.Fprintf(d.streams.Err, "hint: %s\n", reply.Safe(f.hint))
	}
	return f.status
}

// writing is d with another standard output.
func (d *deps) writing(out io.Writer) *deps {
	changed, streams := *d, *d.streams
	streams.Out, changed.streams = out, &streams
	return &changed
}

// minded is standard output up to its first error, which it keeps, so that no
// command has to mind each of its lines: a result that nobody gets is a failure.
type minded struct {
	io.Writer
	mu  sync.Mutex // a demo tells of mails while it runs
	err error
}

func (m *minded) Write(p []byte) (n int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err == nil {
		n, m.err = m.Writer.Write(p)
	}
	return n, m.err
}

func (m *minded) failed() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}

// orLost is err, unless that says that all was told, which it was not, or was
// the error of a write itself.
func (m *minded) orLost(err error) error {
	var status statusError
	if lost := m.failed(); lost != nil && (err == nil || errors.As(err, &status) || errors.Is(err, lost)) {
		return &lostError{fmt.Errorf("writing the result: %w", lost)}
	}
	return err
}

// lostError is a result that could not be written.
type lostError struct{ error }

// statusError ends the program with a status; all was said already.
type statusError int

func (s statusError) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// failure is an error as the user gets to see it.
type failure struct {
	status     int
	what, hint string
}

func failureOf(ctx context.Context, cmd *cobra.Command, err error) failure {
	var wrong *settings.UsageError
	var flag *flagError
	var aborted interruptedError
	var lost *lostError
	switch {
	case errors.As(err, &lost):
		return failure{report.ExitInternal, lost.Error(), remedy(lost.error)}
	case errors.As(err, &aborted):
		return failure{report.ExitInterrupted, aborted.Error(), "run the same command again"}
	case ctx.Err() != nil:
		return failure{report.ExitInterrupted, "interrupted", "run the same command again"}
	case errors.As(err, &wrong):
		return failure{report.ExitUsage, wrong.What, wrong.Hint}
	case errors.As(err, &flag):
		return failure{report.ExitUsage, flag.Error(), "see " + cmd.CommandPath() + " --help"}
	}
	return failure{report.ExitInternal, err.Error(), remedy(err)}
}

func (f failure) result(cmd *cobra.Command) render.Result {
	return render.Result{ExitStatus: f.status, Err: reply.Safe(f.what), Hint: reply.Safe(f.hint), Check: checkOf(cmd)}
}

func checkOf(cmd *cobra.Command) report.Check {
	if flag := cmd.Flags().Lookup("check"); flag != nil {
		return report.Check(flag.Value.String())
	}
	return ""
}

// interruptedError ends the program with status 130.
type interruptedError struct{}

func (interruptedError) Error() string { return "interrupted: nothing was saved" }

// flagError is a command line that cobra could not read.
type flagError struct{ error }

// wantsJSON also looks at the arguments themselves, for a command line that
// could not be read to its end.
func wantsJSON(d *deps, cmd *cobra.Command, args []string) bool {
	flag := cmd.Flags().Lookup("json")
	if flag == nil || cmd.Flags().Lookup("check") == nil {
		return false
	}
	variable, _ := d.getenv(settings.VariableOf("json"))
	return flag.Value.String() == "true" || slices.Contains(args, "--json") || variable == "true" || variable == "1"
}

func buildVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return strings.Trim(info.Main.Version, "()")
	}
	return "devel"
}
