package support

import (
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/diagnose"
	"github.com/smtpwiz/smtpwiz/internal/render"
	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Markdown writes the case to be sent or posted. What others wrote stands
// indented by four columns, where Markdown acts on nothing, whatever is in it.
func (c Case) Markdown(w io.Writer) error {
	d := &document{w: w}
	d.printf("# %s\n", c.title())
	d.address(c)
	d.printf("\n## Please fill in\n\n- Program and version: \n- Screenshot: \n")
	d.outcome(c.Result)
	d.section("Settings", func(t *render.Text) { settings(t.W, c.Settings) })
	d.section("Stages", func(t *render.Text) {
		fmt.Fprintf(t.W, "Begun at %s UTC\n", c.Created.UTC().Format(time.DateTime))
		for _, step := range c.Result.Report.Steps {
			t.Stage(step)
		}
	})
	d.section("Addresses tried", func(t *render.Text) { tried(t.W, c.Result.Report) })
	d.section("Certificates", func(t *render.Text) { certificates(t.W, c.Result.Report.TLS) })
	d.section("Route", func(t *render.Text) { c.Route.write(t.W) })
	d.section("Transcript", func(t *render.Text) {
		if lines := c.Result.Report.Transcript; len(lines) > 0 {
			t.Transcript(lines, false)
		}
	})
	d.section("Versions", func(t *render.Text) {
		fmt.Fprintf(t.W, "smtpwiz %s\nGo %s\n%s\n", c.Versions.Smtpwiz, c.Versions.Go, c.Versions.System)
	})
	return d.err
}

// title says where it fails, or that it works.
func (c Case) title() string {
	e := c.Result.Report.Endpoint
	where := fmt.Sprintf("%s port %d (%s)", e.Host, e.Port, e.Security)
	if step := c.Result.Report.Failed(); step != nil {
		return fmt.Sprintf("Sending through %s fails at %s", where, step.Stage)
	}
	return "Sending through " + where + " works"
}

// document is Markdown under way; its first error ends the writing.
type document struct {
	w   io.Writer
	err error
}

func (d *document) printf(format string, args ...any) {
	if d.err == nil {
		_, d.err = fmt.Fprintf(d.w, format, args...)
	}
}

func (d *document) address(c Case) {
	to := "the support of your provider"
	if c.SendTo.Address != "" {
		to = "<" + c.SendTo.Address + ">"
	}
	d.printf("\nSend this to %s. ", to)
	if c.Public {
		d.printf("There is no password in it, and your addresses are masked.\n")
	} else {
		d.printf("There is no password in it, but your addresses are; `smtpwiz report --public` masks them.\n")
	}
	if c.SendTo.Status != "" {
		d.printf("\nOutages are told at <%s>.\n", c.SendTo.Status)
	}
}

// outcome is the verdict, and what else was noticed.
func (d *document) outcome(r render.Result) {
	if r.Diagnosis == nil {
		d.section("Result", func(t *render.Text) { t.Verdict(r.Report, nil) })
		return
	}
	d.printf("\n## Diagnosis\n\n")
	if d.err == nil {
		d.err = render.Markdown(d.w, &diagnose.Answer{Diagnosis: r.Diagnosis})
	}
	if len(r.Report.Notes) > 0 {
		d.section("Notes", func(t *render.Text) {
			for _, n := range r.Report.Notes {
				fmt.Fprintf(t.W, "%s\n", n)
			}
		})
	}
}

// section is a heading with a text under it that Markdown leaves alone; without
// a text there is no heading.
func (d *document) section(title string, write func(*render.Text)) {
	var text strings.Builder
	write(&render.Text{W: &text})
	body := strings.Trim(text.String(), "\n")
	if body == "" {
		return
	}
	d.printf("\n## %s\n\n", title)
	for line := range strings.SplitSeq(body, "\n") {
		d.printf("%s\n", strings.TrimRight("    "+reply.Safe(line), " "))
	}
}

func settings(w io.Writer, list []Setting) {
	for _, s := range list {
		source := ""
		if s.Source != "" {
			source = "  (" + s.Source + ")"
		}
		fmt.Fprintf(w, "%-15s %s%s\n", s.Name, s.Value, source)
	}
}

// tried tells of each endpoint to which addresses it led and what came of it.
func tried(w io.Writer, r *report.Report) {
	outcome := "no connection"
	if r.Dialled != "" {
		outcome = "answered by " + r.Dialled
	}
	if addresses := resolved(r); addresses != "" {
		outcome = addresses + "; " + outcome
	}
	fmt.Fprintf(w, "%s: %s\n", r.Endpoint, outcome)
	for _, a := range r.Alternatives {
		if a.Endpoint == (submission.Endpoint{}) || a.Endpoint == r.Endpoint {
			continue
		}
		fmt.Fprintf(w, "%s: %s\n", a.Endpoint, alternative(a))
	}
}

func alternative(a report.Alternative) string {
	if a.Reachable {
		return "answers"
	}
	return cmp.Or(a.Err, "not tried to the end")
}

// Target is the address that a report is about: the one that answered, else the
// first that the name led to; false where there is none.
func Target(r *report.Report) (netip.Addr, bool) {
	if to, err := netip.ParseAddrPort(r.Dialled); err == nil {
		return to.Addr().Unmap(), true
	}
	first, _, _ := strings.Cut(resolved(r), ",")
	to, err := netip.ParseAddr(first)
	return to, err == nil
}

// resolved are the addresses that the name led to, "" where it led nowhere.
func resolved(r *report.Report) string {
	for _, step := range r.Steps {
		if step.Stage == report.Resolve && step.Status == report.OK {
			return step.Detail
		}
	}
	return ""
}

func certificates(w io.Writer, state *report.TLS) {
	if state == nil {
		return
	}
	verified := "verified"
	if !state.Verified {
		verified = "NOT verified"
	}
	fmt.Fprintf(w, "%s, %s, %s\n", cmp.Or(state.Version, "no session"), cmp.Or(state.Cipher, "no cipher"), verified)
	for i, c := range state.Chain {
		fmt.Fprintf(w, "\n%d. %s\n", i+1, cmp.Or(c.Subject, "(no subject)"))
		for _, line := range [][2]string{
			{"issuer", c.Issuer},
			{"names", strings.Join(c.Names, ", ")},
			{"valid", c.NotBefore.UTC().Format(time.DateTime) + " to " + c.NotAfter.UTC().Format(time.DateTime) + " UTC"},
			{"sha256", c.SHA256},
		} {
			if line[1] != "" {
				fmt.Fprintf(w, "   %-7s %s\n", line[0], line[1])
			}
		}
	}
}

func (r Route) write(w io.Writer) {
	if r.Program != "" {
		fmt.Fprintf(w, "to %s, by %s:\n", r.Target, r.Program)
	}
	for _, line := range r.Lines {
		fmt.Fprintf(w, "  %s\n", line)
	}
	if r.Note != "" {
		fmt.Fprintf(w, "%s\n", r.Note)
	}
}
