package secret

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// writerVariable tells the test program to be one writer: "PATH ID".
const writerVariable = "SMTPWIZ_TEST_WRITER"

func TestMain(m *testing.M) {
	job := os.Getenv(writerVariable)
	if job == "" {
		os.Exit(m.Run())
	}
	path, id, _ := strings.Cut(job, " ")
	f := &File{Path: path, Keys: always(passphrase("p")), Cost: cheap}
	if err := f.Set(context.Background(), Ref{ID: id}, submission.NewSecret(id)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Fifty processes at once begin the file together, and lose nothing.
func TestFiftyProcesses(t *testing.T) {
	t.Parallel()
	const writers = 50
	f := newFile(t, passphrase("p"))
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s p%d", writerVariable, f.Path, i))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("writer %d: %v: %s", i, err, out)
			}
		})
	}
	all.Wait()
	for i := range writers {
		if id := fmt.Sprintf("p%d", i); get(t, f, id) != id {
			t.Errorf("the password of writer %d is %q", i, get(t, f, id))
		}
	}
}
