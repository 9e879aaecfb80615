//go:build unix

package support

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

var there = netip.MustParseAddr("203.0.113.5")

// programs is a folder of fake ones, as shell scripts, and a look-up in it alone.
// Tests that use it do not run side by side: a script that is being written while
// another test forks cannot be run for a moment (ETXTBSY).
func programs(t *testing.T, scripts map[string]string) (dir string, look func(string) (string, error)) {
	t.Helper()
	dir = t.TempDir()
	for name, body := range scripts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+body+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return dir, func(name string) (string, error) {
		path := filepath.Join(dir, name)
		_, err := os.Stat(path)
		return path, err
	}
}

func TestTrace(t *testing.T) {
	const fails = "echo 'Operation not permitted' >&2; exit 1"
	for name, test := range map[string]struct {
		scripts map[string]string
		target  string
		want    Route
	}{
		"the first that is there": {
			scripts: map[string]string{"mtr": "echo mtr $*", "tracepath": "echo tracepath $*"},
			want:    Route{Target: "203.0.113.5", Program: "tracepath", Lines: []string{"tracepath -n -m 20 203.0.113.5"}},
		},
		"the next where one may not": {
			scripts: map[string]string{"traceroute": fails, "mtr": "echo ' 1  192.0.2.1'; echo; echo ' 2  *\t'"},
			want:    Route{Target: "203.0.113.5", Program: "mtr", Lines: []string{" 1  192.0.2.1", " 2  *"}},
		},
		"none may": {
			scripts: map[string]string{"traceroute": fails, "tracepath": "exit 3"},
			want:    Route{Target: "203.0.113.5", Lines: []string{}, Note: "not found out: traceroute: Operation not permitted; tracepath: exit status 3"},
		},
		"none is there": {
			want: Route{Target: "203.0.113.5", Lines: []string{}, Note: "none of traceroute, tracepath and mtr is installed"},
		},
		"one gives up half-way": {
			scripts: map[string]string{"traceroute": "echo ' 1  192.0.2.1'; " + fails},
			want:    Route{Target: "203.0.113.5", Program: "traceroute", Lines: []string{" 1  192.0.2.1"}, Note: "not whole: Operation not permitted"},
		},
		"IPv6": {
			scripts: map[string]string{"traceroute6": `printf '%s\n' "$*"`}, target: "2001:db8::5",
			want: Route{Target: "2001:db8::5", Program: "traceroute6", Lines: []string{"-n -q 1 -w 1 -m 20 2001:db8::5"}},
		},
		"no program of IPv6 for IPv4": {
			scripts: map[string]string{"traceroute6": "echo no"},
			want:    Route{Target: "203.0.113.5", Lines: []string{}, Note: "none of traceroute, tracepath and mtr is installed"},
		},
		"hostile output": {
			scripts: map[string]string{"mtr": `printf '\033[31m\342\200\256x\377\n'`},
			want:    Route{Target: "203.0.113.5", Program: "mtr", Lines: []string{`\x1b[31m\u202ex\xff`}},
		},
		"this machine": {
			scripts: map[string]string{"traceroute": "echo no"}, target: "::ffff:127.0.0.1",
			want: Route{Lines: []string{}, Note: "not followed: the server is on this machine"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			target := there
			if test.target != "" {
				target = netip.MustParseAddr(test.target)
			}
			_, look := programs(t, test.scripts)
			got := Tracer{Look: look}.Trace(t.Context(), target)
			if got.Target != test.want.Target || got.Program != test.want.Program || got.Note != test.want.Note || !slices.Equal(got.Lines, test.want.Lines) {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

// A program without an end is ended: by the volume of its output, or by the clock.
func TestTraceIsBounded(t *testing.T) {
	_, look := programs(t, map[string]string{"traceroute": "exec yes hop"})
	r := Tracer{Look: look}.Trace(t.Context(), there)
	if size := len(strings.Join(r.Lines, "\n")); size > maxRoute || size < maxRoute/2 || r.Note != "not whole: it wrote too much" {
		t.Errorf("%d bytes, %q", size, r.Note)
	}

	dir, look := programs(t, map[string]string{"traceroute": `echo hop; echo > "$(dirname "$0")/pipe"; exec sleep 600`})
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, _ = os.ReadFile(pipe) // until the program has written its hop
		cancel()
	}()
	if r := (Tracer{Look: look}).Trace(ctx, there); !slices.Equal(r.Lines, []string{"hop"}) || r.Note != "not whole: cut short, it took too long" {
		t.Errorf("got %+v", r)
	}
}

// The program gets the environment that is given, and nothing of ours.
func TestTraceEnvironment(t *testing.T) {
	t.Setenv("SMTPWIZ_TEST_SECRET", "pa55-Marker-9fQ")
	_, look := programs(t, map[string]string{"mtr": "/usr/bin/env"})
	r := Tracer{Look: look, Env: []string{"GIVEN=yes"}}.Trace(t.Context(), there)
	if text := strings.Join(r.Lines, "\n"); !strings.Contains(text, "GIVEN=yes") || !strings.Contains(text, "LC_ALL=C") || strings.Contains(text, "Marker") {
		t.Errorf("got %q", text)
	}
}

// fakeDialer has a way to the addresses of IPv4 alone.
type fakeDialer struct{ dialled []string }

func (d *fakeDialer) DialContext(_ context.Context, network, address string) (net.Conn, error) {
	d.dialled = append(d.dialled, network+" "+address)
	if strings.HasPrefix(address, "[") {
		return nil, errors.New("network is unreachable")
	}
	a, b := net.Pipe()
	b.Close()
	return a, nil
}

func TestFirstDial(t *testing.T) {
	_, look := programs(t, map[string]string{"traceroute": `for last; do :; done; echo "to $last"`})
	d := &fakeDialer{}
	f := NewFirstDial(d)
	for _, address := range []string{"proxy.example:1080", "[2001:db8::5]:465", "203.0.113.5:465", "203.0.113.6:587"} {
		if conn, err := f.DialContext(t.Context(), "tcp", address); err == nil {
			conn.Close()
		}
	}
	f.End()
	if r := f.Follow(t.Context(), Tracer{Look: look}); r.Target != "203.0.113.5" || !slices.Equal(r.Lines, []string{"to 203.0.113.5"}) {
		t.Errorf("got %+v", r)
	}
	if !slices.Contains(d.dialled, "tcp [2001:db8::5]:465") || !slices.Contains(d.dialled, "tcp 203.0.113.6:587") {
		t.Errorf("dialled %v", d.dialled)
	}

	f = NewFirstDial(d)
	f.End()
	if r := f.Follow(t.Context(), Tracer{Look: look}); r.Note != "not followed: there was no address to go to" {
		t.Errorf("got %+v", r)
	}
}
