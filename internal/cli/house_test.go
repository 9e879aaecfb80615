package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/smtpwiz/smtpwiz/"

// house is the plan of the rooms: which other rooms each may import, and which
// packages it must not know, however deep. A room that is not here may not be built.
var house = map[string]struct{ imports, unknown string }{
	"presets":               {"", ""},
	"internal/submission":   {"", "net huh cobra"},
	"internal/reply":        {"", "net huh cobra"},
	"internal/report":       {"submission reply", "net huh cobra"},
	"internal/smtp":         {"reply", "huh cobra"},
	"internal/sasl":         {"", "huh cobra"},
	"internal/message":      {"submission", "net huh cobra"},
	"internal/preset":       {"submission", "net huh cobra"},
	"internal/probe":        {"submission report reply smtp sasl message", "huh cobra"},
	"internal/diagnose":     {"submission reply report preset", "net huh cobra"},
	"internal/atomicfile":   {"", "huh cobra"},
	"internal/profile":      {"submission atomicfile", "huh cobra"},
	"internal/secret":       {"submission reply atomicfile", "huh cobra"},
	"internal/settings":     {"submission preset profile report", "net huh cobra"},
	"internal/render":       {"submission reply report diagnose preset terminal", "net huh cobra"},
	"internal/support":      {"submission reply report preset diagnose render", "huh cobra"},
	"internal/terminal":     {"", "huh cobra"},
	"internal/prompt":       {"wizard submission report terminal quietinit", "cobra"},
	"internal/quietinit":    {"", "net huh cobra"},
	"internal/discover":     {"submission preset reply", "huh cobra"},
	"internal/bridge":       {"submission report reply probe", "huh cobra"},
	"internal/wizard":       {"submission preset report diagnose", "net huh cobra"},
	"internal/demo":         {"submission reply", "huh cobra"},
	"internal/export":       {"submission preset", "net huh cobra"},
	"internal/cli":          {"*", ""},
	"cmd/smtpwiz":           {"cli oneprocessor", ""},
	"internal/oneprocessor": {"", "net huh cobra"},
	"internal/smtptest":     {"", "huh cobra"},     // imported by tests only
	"internal/ptytest":      {"", "huh cobra"},     // likewise
	"internal/chaos":        {"", "net huh cobra"}, // has tests only
}

// paths are the packages that the names in the table stand for.
var paths = map[string]string{
	"net":   "net",
	"huh":   "github.com/charmbracelet/huh",
	"cobra": "github.com/spf13/cobra",
}

type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func TestHouse(t *testing.T) {
	t.Parallel()
	packages := list(t)
	for _, p := range packages {
		room := strings.TrimPrefix(p.ImportPath, module)
		plan, ok := house[room]
		if !ok {
			t.Errorf("%s is not in the plan of the house", room)
			continue
		}
		allowed := strings.Fields(plan.imports)
		for _, i := range p.Imports {
			other, ours := strings.CutPrefix(i, module)
			if !ours || plan.imports == "*" && !strings.HasSuffix(other, "test") || room == "internal/preset" && other == "presets" {
				continue
			}
			if !slices.Contains(allowed, strings.TrimPrefix(other, "internal/")) {
				t.Errorf("%s may not import %s", room, other)
			}
		}
		for _, name := range strings.Fields(plan.unknown) {
			if slices.Contains(p.Deps, paths[name]) {
				t.Errorf("%s must not know %s, however deep", room, name)
			}
		}
	}
}

func list(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,Deps", module+"...")
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, complaint.String())
	}
	var packages []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}
