package secret

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// CommandTimeout bounds a password command when its context has no deadline.
const CommandTimeout = 60 * time.Second

// maxComplaint is how much of a command's own error text is shown, in bytes.
const maxComplaint = 4 << 10

// Command is the store that asks a command of the user's, such as
// "pass show mail/zoho". It prints as the name of its program, since people
// write secrets into command lines.
type Command struct {
	Line string   // run by sh -c, or cmd /C on Windows
	Env  []string // nil: this process's
}

// Name is "command".
func (Command) Name() string { return KindCommand }

// Get runs the command.
func (c Command) Get(ctx context.Context, _ Ref) (submission.Secret, error) {
	return FromCommand(ctx, c.Line, c.Env)
}

// Set returns ErrReadOnly.
func (c Command) Set(context.Context, Ref, submission.Secret) error {
	return &Error{Kind: ErrReadOnly, Text: fmt.Sprintf("the password comes from a command of yours (%s)", c.Program()),
		Todo: "change it there, or choose another store with --secret-store"}
}

// Remove has nothing to do.
func (Command) Remove(context.Context, Ref) error { return nil }

// Program is the name of the program that the command line starts, or "sh" if
// that is not plain to see.
func (c Command) Program() string { return programName(c.Line) }

// Format hides the command line, whatever the verb.
func (c Command) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "command %s", c.Program()) }

// FromCommand runs a command line and returns what it prints, without one line
// end at the end. The command gets no standard input, no terminal and none of
// our secret variables; env nil means this process's. It and whatever it
// started is killed when ctx is done, after 60 s if ctx has no deadline.
func FromCommand(ctx context.Context, line string, env []string) (submission.Secret, error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, CommandTimeout)
		defer cancel()
	}
	stop, cancel := context.WithCancel(ctx)
	defer cancel()
	if env == nil {
		env = os.Environ()
	}
	output := &bounded{limit: MaxSize + 2, full: cancel}
	complaint := &bounded{limit: maxComplaint, full: func() {}}
	cmd := shellCommand(stop, line)
	cmd.Env = WithoutSecrets(env)
	cmd.Stdout, cmd.Stderr = output, complaint
	// A program that leaves an agent behind may leave it our pipes too.
	cmd.WaitDelay = time.Second

	program := programName(line)
	err := cmd.Run()
	switch {
	case output.over:
		return submission.Secret{}, &Error{Kind: ErrTooBig, Text: fmt.Sprintf("the password command %s printed more than %d bytes, which is no password", program, MaxSize)}
	case ctx.Err() != nil:
		return submission.Secret{}, timedOut(ctx, fmt.Sprintf("the password command %s did not end in time%s", program, said(complaint)),
			"run it by hand: it may be waiting for an answer, and has no terminal here to ask on")
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		return submission.Secret{}, &Error{Kind: ErrCommand, Cause: err, Todo: commandHint(err),
			Text: fmt.Sprintf("the password command %s failed (%s)%s", program, reply.Safe(err.Error()), said(complaint))}
	}
	password, err := newSecret(output.kept.Bytes(), "the output of the password command "+program)
	if errors.Is(err, ErrEmpty) {
		return password, &Error{Kind: ErrEmpty, Text: err.Error() + said(complaint), Todo: "run it by hand: it must print the password"}
	}
	return password, err
}

func commandHint(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 127 {
		return "is the program installed, and in the PATH of this session?"
	}
	return "run it by hand; it has no terminal here to ask on (gpg finds yours after: export GPG_TTY=$(tty))"
}

// said is a command's error text, in one safe line, as the end of a sentence.
func said(complaint *bounded) string {
	var lines []string
	for line := range strings.Lines(complaint.kept.String()) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, reply.Safe(line))
		}
	}
	if len(lines) == 0 {
		return ""
	}
	if complaint.over {
		lines = append(lines, "…")
	}
	return ": " + strings.Join(lines, "; ")
}

// bounded keeps the first limit bytes and says when there are more. (It does not
// embed its buffer, whose ReadFrom would be taken in place of Write.)
type bounded struct {
	kept  bytes.Buffer
	limit int
	over  bool
	full  func()
}

func (b *bounded) Write(p []byte) (int, error) {
	room := b.limit - b.kept.Len()
	if len(p) <= room {
		return b.kept.Write(p)
	}
	b.kept.Write(p[:room])
	b.over = true
	b.full()
	return len(p), nil
}

// programName takes the first word that is no assignment. A line in which
// quoting or substitution comes before that word's end is not taken apart, or
// part of a secret could be shown for a name.
func programName(line string) string {
	for _, word := range strings.Fields(line) {
		if strings.ContainsAny(word, shellSpecial) {
			break
		}
		if strings.Contains(word, "=") {
			continue
		}
		return reply.Safe(filepath.Base(word))
	}
	return shellName
}
