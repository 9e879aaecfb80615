package oneprocessor

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

func TestOneUnlessAskedOtherwise(t *testing.T) {
	const asked = "2"
	if os.Getenv("GOMAXPROCS") == asked { // the child below
		if n := runtime.GOMAXPROCS(0); n != 2 {
			t.Fatalf("GOMAXPROCS is %d though the environment says 2", n)
		}
		return
	}
	if n := runtime.GOMAXPROCS(0); n != 1 && os.Getenv("GOMAXPROCS") == "" {
		t.Errorf("GOMAXPROCS is %d after init, want 1", n)
	}
	child := exec.Command(os.Args[0], "-test.run", "^TestOneUnlessAskedOtherwise$")
	child.Env = append(os.Environ(), "GOMAXPROCS="+asked)
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("with GOMAXPROCS=%s: %v\n%s", asked, err, out)
	}
}

// It is of use only before the packages whose initialisation costs most.
func TestInitialisedEarly(t *testing.T) {
	program := t.TempDir() + "/smtpwiz"
	build := exec.Command("go", "build", "-o", program, "github.com/smtpwiz/smtpwiz/cmd/smtpwiz")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	cmd := exec.Command(program, "version")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	trace, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, trace)
	}
	before, _, found := strings.Cut(string(trace), "\ninit github.com/smtpwiz/smtpwiz/internal/oneprocessor ")
	if !found {
		t.Fatalf("it is not initialised:\n%s", trace)
	}
	for _, late := range []string{"github.com/charmbracelet/bubbletea", "github.com/xdg-go/stringprep", "github.com/smtpwiz/smtpwiz/internal/diagnose"} {
		if strings.Contains(before, "init "+late+" ") {
			t.Errorf("%s is initialised before", late)
		}
	}
}
