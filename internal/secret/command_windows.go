package secret

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
)

const (
	shellName    = "cmd"
	shellSpecial = "'\"`$(){}<>|&;*?~#!%^"
)

// shellCommand hands line to cmd as it is, since cmd does not unquote the way
// other programs do.
func shellCommand(ctx context.Context, line string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "cmd.exe")
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd.exe /D /S /C "` + line + `"`, HideWindow: true}
	cmd.Cancel = func() error {
		kill := exec.Command(filepath.Join(os.Getenv("SystemRoot"), "System32", "taskkill.exe"),
			"/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid))
		kill.Env = WithoutSecrets(os.Environ())
		return errors.Join(kill.Run(), cmd.Process.Kill())
	}
	return cmd
}
