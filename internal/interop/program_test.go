//go:build interop

package interop

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// program is smtpwiz as built from this tree, and the folder that it may take
// for its user's home.
type program struct {
	path string
	home string
}

// buildProgram builds smtpwiz. When the test ends, nothing secret may lie in its home.
func buildProgram(t *testing.T) program {
	t.Helper()
	p := program{path: t.TempDir() + "/smtpwiz", home: t.TempDir()}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	build := exec.CommandContext(ctx, "go", "build", "-o", p.path, "./cmd/smtpwiz")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	t.Cleanup(func() { wantNoFileWith(t, p.home, marker) })
	return p
}

// result is smtpwiz.result/1, with the fields that are judged here.
type result struct {
	Schema   string `json:"schema"`
	OK       bool   `json:"ok"`
	ExitCode int    `json:"exit_code"`
	Check    string `json:"check"`
	Endpoint struct {
		endpoint
		Address string `json:"address"`
	} `json:"endpoint"`
	Account struct {
		Username string `json:"username"`
		From     string `json:"from"`
		To       string `json:"to"`
	} `json:"account"`
	Stages []stage `json:"stages"`
	TLS    *struct {
		Version  string `json:"version"`
		Verified bool   `json:"verified"`
		Chain    []struct {
			SHA256 string `json:"sha256"`
		} `json:"chain"`
	} `json:"tls"`
	Extensions   map[string]string `json:"extensions"`
	Conclusive   bool              `json:"conclusive"`
	Alternatives []struct {
		endpoint
		Reachable bool   `json:"reachable"`
		Error     string `json:"error"`
	} `json:"alternatives"`
	Diagnosis *struct {
		Cause     string `json:"cause"`
		Summary   string `json:"summary"`
		Field     string `json:"field"`
		Temporary bool   `json:"temporary"`
	} `json:"diagnosis"`
	Error      string `json:"error"`
	MessageID  string `json:"message_id"`
	Transcript []struct {
		From string `json:"from"`
		TLS  bool   `json:"tls"`
		Line string `json:"line"`
	} `json:"transcript"`
}

type endpoint struct {
	Host     string `json:"host"`
	Port     int    `json:"port"`
	Security string `json:"security"`
}

type stage struct {
	Stage  string `json:"stage"`
	Status string `json:"status"`
	Detail string `json:"detail"`
	Reply  *struct {
		Code     int      `json:"code"`
		Enhanced string   `json:"enhanced_code"`
		Lines    []string `json:"lines"`
	} `json:"reply"`
	Error string `json:"error"`
}

// test runs "smtpwiz test --json" with a password and judges what holds for
// every run: one JSON object in agreement with itself and the exit status, and
// no secret anywhere.
func (p program) test(t *testing.T, password string, flags ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.path, append([]string{"test", "--json"}, flags...)...)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + p.home, "XDG_CONFIG_HOME=" + p.home + "/config",
		"XDG_DATA_HOME=" + p.home + "/data", "CI=1", "SMTPWIZ_PASSWORD=" + password,
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("smtpwiz test %q: %v, %v\n%s", flags, err, ctx.Err(), stderr.Bytes())
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("smtpwiz test %s\nexit status %d\n%s%s", strings.Join(flags, " "), cmd.ProcessState.ExitCode(), stdout.Bytes(), stderr.Bytes())
		}
	})
	wantNoSecret(t, stdout.String()+stderr.String(), password)
	r := parseResult(t, stdout.Bytes())
	r.wantConsistent(t, cmd.ProcessState.ExitCode())
	return r
}

func parseResult(t *testing.T, stdout []byte) result {
	t.Helper()
	var r result
	decoder := json.NewDecoder(bytes.NewReader(stdout))
	if err := decoder.Decode(&r); err != nil {
		t.Fatalf("standard output is not JSON: %v", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		t.Error("standard output holds more than one JSON object")
	}
	return r
}

// wantConsistent judges a result against itself and the exit status.
func (r result) wantConsistent(t *testing.T, status int) {
	t.Helper()
	if r.Schema != "smtpwiz.result/1" || r.ExitCode != status || r.OK != (status == 0) {
		t.Errorf("schema %q, exit_code %d, ok %v with exit status %d", r.Schema, r.ExitCode, r.OK, status)
	}
	if r.Error != "" {
		t.Fatalf("nothing was tried: %s", r.Error)
	}
	if (r.Diagnosis == nil) != r.OK {
		t.Errorf("ok is %v and diagnosis is %+v", r.OK, r.Diagnosis)
	}
	if r.Diagnosis != nil && r.Diagnosis.Summary == "" {
		t.Error("the diagnosis has no summary")
	}
	var failed []string
	for _, s := range r.Stages {
		switch {
		case s.Stage == "quit":
		case s.Status == "failed":
			failed = append(failed, s.Stage)
		case s.Status == "ok" && len(failed) > 0:
			t.Errorf("%s is ok after %s failed", s.Stage, failed[0])
		}
	}
	if len(failed) > 1 || len(failed) == 0 && !r.OK {
		t.Errorf("status %d with failed stages %q", status, failed)
	}
}

// stage returns a stage; one that was not run has the status "".
func (r result) stage(name string) stage {
	for _, s := range r.Stages {
		if s.Stage == name && s.Status == "failed" {
			return s
		}
	}
	for _, s := range r.Stages {
		if s.Stage == name {
			return s
		}
	}
	return stage{}
}

// failed is the stage that failed, or one without a name.
func (r result) failed() stage {
	for _, s := range r.Stages {
		if s.Status == "failed" && s.Stage != "quit" {
			return s
		}
	}
	return stage{}
}

func (r result) cause() string {
	if r.Diagnosis == nil {
		return ""
	}
	return r.Diagnosis.Cause
}

// wantNoSecret looks for a password as it is and in base64, wherever in a
// SASL message it may stand.
func wantNoSecret(t *testing.T, output, password string) {
	t.Helper()
	if password == "" {
		return
	}
	forms := []string{password}
	for before := range 3 {
		encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", before) + password))
		forms = append(forms, encoded[4:len(encoded)-4]) // its ends depend on the neighbours
	}
	for _, form := range forms {
		if strings.Contains(output, form) {
			t.Errorf("the password is in the output, as %q", form)
		}
	}
}

func wantNoFileWith(t *testing.T, dir, secret string) {
	t.Helper()
	files := os.DirFS(dir)
	err := walkFiles(files, func(path string, content []byte) {
		if bytes.Contains(content, []byte(secret)) {
			t.Errorf("%s holds the password", path)
		}
	})
	if err != nil {
		t.Error(err)
	}
}
