// Package render writes reports for people and for programs.
package render

import (
	"encoding/json"
	"io"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/diagnose"
	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Schema names the form of the JSON object. It changes when a field goes.
const Schema = "smtpwiz.result/1"

// Result is all there is to tell of one command: a report, or the error that
// came before one.
type Result struct {
	Report     *report.Report // nil where nothing was tried
	Diagnosis  *diagnose.Diagnosis
	Check      report.Check
	Account    submission.Account
	Transcript bool
	ExitStatus int
	Err, Hint  string
}

type document struct {
	Schema       string               `json:"schema"`
	OK           bool                 `json:"ok"`
	ExitCode     int                  `json:"exit_code"`
	Preset       string               `json:"preset"`
	Profile      string               `json:"profile"`
	Check        report.Check         `json:"check"`
	Endpoint     endpoint             `json:"endpoint"`
	Account      account              `json:"account"`
	Stages       []stage              `json:"stages"`
	TLS          *report.TLS          `json:"tls"`
	Extensions   reply.Extensions     `json:"extensions"`
	Conclusive   bool                 `json:"conclusive"`
	Notes        []string             `json:"notes"`
	Alternatives []report.Alternative `json:"alternatives"`
	Diagnosis    *diagnose.Diagnosis  `json:"diagnosis"`
	Error        string               `json:"error"`
	Hint         string               `json:"hint"`
	MessageID    string               `json:"message_id"`
	DurationMS   float64              `json:"duration_ms"`
	Transcript   []line               `json:"transcript,omitempty"`
}

type endpoint struct {
	submission.Endpoint
	Address string `json:"address"`
}

type account struct {
	Username string `json:"username"`
	From     string `json:"from"`
	To       string `json:"to"`
}

type stage struct {
	Stage      report.Stage  `json:"stage"`
	Status     report.Status `json:"status"`
	DurationMS float64       `json:"duration_ms"`
	Detail     string        `json:"detail"`
	Reply      *reply.Reply  `json:"reply"`
	Error      string        `json:"error"`
}

type line struct {
	MS   float64      `json:"ms"`
	From report.Party `json:"from"`
	TLS  bool         `json:"tls"`
	Line string       `json:"line"`
}

// JSON writes a result as the one object that scripts read.
func JSON(w io.Writer, r Result) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(r.document())
}

// MarshalJSON is the same object, for those who write several.
func (r Result) MarshalJSON() ([]byte, error) { return json.Marshal(r.document()) }

func (r Result) document() document {
	d := document{
		Schema: Schema, ExitCode: r.ExitStatus, OK: r.ExitStatus == report.ExitOK,
		Preset: r.Account.Preset, Profile: r.Account.Profile, Check: r.Check,
		Account: account{r.Account.Username, r.Account.From.String(), r.Account.To.String()},
		Error:   r.Err, Hint: r.Hint, Diagnosis: r.Diagnosis,
		Stages: []stage{}, Extensions: reply.Extensions{}, Notes: []string{}, Alternatives: []report.Alternative{},
	}
	if len(r.Account.Endpoints) > 0 {
		d.Endpoint.Endpoint = r.Account.Endpoints[0]
	}
	if r.Report != nil {
		d.fill(r.Report)
	}
	if r.Transcript && r.Report != nil {
		d.Transcript = transcript(r.Report)
	}
	return d
}

func (d *document) fill(r *report.Report) {
	d.Endpoint = endpoint{r.Endpoint, r.Dialled}
	d.TLS, d.Conclusive, d.MessageID = r.TLS, r.Conclusive, r.MessageID
	d.DurationMS = milliseconds(r.Duration)
	d.Notes = append(d.Notes, r.Notes...)
	d.Alternatives = append(d.Alternatives, r.Alternatives...)
	if r.Extensions != nil {
		d.Extensions = r.Extensions
	}
	for _, s := range r.Steps {
		d.Stages = append(d.Stages, stage{s.Stage, s.Status, milliseconds(s.Duration), s.Detail, s.Reply, s.Err})
	}
}

func transcript(r *report.Report) []line {
	out := []line{}
	for _, l := range r.Transcript {
		out = append(out, line{milliseconds(l.At), l.From, l.TLS, l.Text})
	}
	return out
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Microseconds()) / 1000
}
