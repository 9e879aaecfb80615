package support

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net/netip"
	"os/exec"
	"strings"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/reply"
)

// Route is the way to the server, hop by hop, as a program of the system tells it.
type Route struct {
	Target  string   `json:"target"`  // the address, "" where none was followed
	Program string   `json:"program"` // "" where none was of use
	Lines   []string `json:"lines"`   // what the program wrote, safe to print
	Note    string   `json:"note"`    // why there is none, or that it is not whole
}

// NoRoute is a route that was not followed, and why.
func NoRoute(why string) Route { return Route{Lines: []string{}, Note: "not followed: " + why} }

// What is kept of a program's output, and how long all of them may take.
const (
	maxRoute    = 8 << 10 // bytes
	maxComplain = 300
	routeLimit  = 10 * time.Second
)

// Tracer follows the way to an address with the first program that can.
type Tracer struct {
	Env   []string                     // of the program; without secrets
	Look  func(string) (string, error) // finds a program, nil for exec.LookPath
	Limit time.Duration                // for all of it, 0 for 10 s
}

// tracers are the programs, the one that is done soonest first. None of them
// asks DNS for the hops' names, and none needs to be root everywhere.
var tracers = []struct {
	name  string
	flags []string
}{
	{"traceroute", []string{"-n", "-q", "1", "-w", "1", "-m", "20"}},
	{"traceroute6", []string{"-n", "-q", "1", "-w", "1", "-m", "20"}}, // BSD and macOS, for IPv6
	{"tracepath", []string{"-n", "-m", "20"}},
	{"mtr", []string{"--report", "--no-dns", "--report-cycles", "2", "--max-ttl", "20"}},
	{"tracert", []string{"-d", "-w", "500", "-h", "20"}}, // Windows
}

// Trace returns what was found until the limit or the end of ctx.
func (t Tracer) Trace(ctx context.Context, target netip.Addr) Route {
	if target.Unmap().IsLoopback() {
		return NoRoute("the server is on this machine")
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(t.Limit, routeLimit))
	defer cancel()
	r := Route{Target: target.WithZone("").String(), Lines: []string{}}
	var complaints []string
	for _, program := range tracers {
		path, err := t.find(program.name)
		if err != nil || program.name == "traceroute6" && target.Is4() {
			continue
		}
		lines, err := t.run(ctx, path, append(program.flags[:len(program.flags):len(program.flags)], target.String()))
		switch {
		case len(lines) > 0:
			r.Program, r.Lines = program.name, lines
			if err != nil {
				r.Note = "not whole: " + err.Error()
			}
			return r
		case err != nil:
			complaints = append(complaints, program.name+": "+err.Error())
		}
	}
	r.Note = "none of traceroute, tracepath and mtr is installed"
	if len(complaints) > 0 {
		r.Note = "not found out: " + strings.Join(complaints, "; ")
	}
	return r
}

// find looks where administrators' programs are too, which are not in
// everybody's PATH.
func (t Tracer) find(name string) (string, error) {
	look := t.Look
	if look == nil {
		look = exec.LookPath
	}
	path, err := look(name)
	if err != nil {
		return look("/usr/sbin/" + name)
	}
	return path, nil
}

// run returns a program's lines; they count also where it failed or was cut short.
func (t Tracer) run(ctx context.Context, path string, args []string) ([]string, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	out, complaint := &head{limit: maxRoute, full: stop}, &head{limit: maxComplain, full: func() {}}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(t.Env[:len(t.Env):len(t.Env)], "LC_ALL=C")
	cmd.Stdout, cmd.Stderr = out, complaint
	cmd.WaitDelay = time.Second // a child of its own may hold our pipes
	err := cmd.Run()
	switch words := strings.Join(complaint.lines(), " "); {
	case out.over:
		err = errors.New("it wrote too much")
	case ctx.Err() != nil:
		err = errors.New("cut short, it took too long")
	case err != nil && words != "":
		err = errors.New(words)
	}
	return out.lines(), err
}

// head keeps the first limit bytes of what is written to it.
type head struct {
	kept  bytes.Buffer // not embedded: its ReadFrom would be taken in place of Write
	limit int
	over  bool
	full  func() // told of what is over the limit
}

func (h *head) Write(p []byte) (int, error) {
	room := h.limit - h.kept.Len()
	if len(p) > room {
		h.over = true
		h.kept.Write(p[:room])
		h.full()
		return len(p), nil
	}
	return h.kept.Write(p)
}

// lines are those with something in them, safe to print.
func (h *head) lines() []string {
	var lines []string
	for line := range strings.Lines(h.kept.String()) {
		line = strings.ReplaceAll(strings.TrimRight(line, " \t\r\n"), "\t", "  ")
		if line != "" {
			lines = append(lines, reply.Safe(line))
		}
	}
	return lines
}
