//go:build unix

package secret

import (
	"context"
	"os/exec"
	"syscall"
)

const (
	shellName    = "sh"
	shellSpecial = "'\"`$()\\{}<>|&;*?~#!"
)

// shellCommand runs line in a session of its own: as its leader it can be killed
// with all that it started, and without a terminal a program that wants to ask
// on it fails at once instead of being stopped in the background.
func shellCommand(ctx context.Context, line string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}
