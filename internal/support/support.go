// Package support writes the support case: all that a provider's support asks
// about a failed submission, in one document without secrets. The usual order:
//
//	route := support.Tracer{Env: env}.Trace(ctx, address) // beside the probe
//	c := support.Case{Result: result, Route: route, …}
//	c = c.Map(redact)     // and Map(mask.Clean) for a public place
//	err := c.Markdown(w)  // or c.JSON(w)
package support

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/preset"
	"github.com/smtpwiz/smtpwiz/internal/render"
)

// Case is everything that goes into the document.
type Case struct {
	Result   render.Result // with its report
	Created  time.Time     // when the run began
	Settings []Setting
	SendTo   Desk
	Route    Route
	Versions Versions
	Public   bool // addresses are masked
}

// Setting is one value and where it came from.
type Setting struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source"`
}

// Desk is who takes the case; its fields are "" where that is not known.
type Desk struct {
	Provider string `json:"provider"`
	Address  string `json:"address"` // a page or a mail address
	Status   string `json:"status"`  // the page that tells of outages
}

// DeskOf is the support of a preset's provider; the preset may be nil.
func DeskOf(p *preset.Preset) Desk {
	if p == nil {
		return Desk{}
	}
	return Desk{Provider: p.Title, Address: p.Support, Status: p.Status}
}

// JSON writes the result's object of the contract, with what a case has besides.
func (c Case) JSON(w io.Writer) error {
	c.Result.Transcript = true
	var result bytes.Buffer
	if err := render.JSON(&result, c.Result); err != nil {
		return fmt.Errorf("encoding the result: %w", err)
	}
	more, err := plainJSON(struct {
		Created  time.Time `json:"created"`
		Support  Desk      `json:"support"`
		Settings []Setting `json:"settings"`
		Route    Route     `json:"route"`
		Versions Versions  `json:"versions"`
		Public   bool      `json:"public"`
	}{c.Created, c.SendTo, c.Settings, c.Route, c.Versions, c.Public})
	if err != nil {
		return fmt.Errorf("encoding the case: %w", err)
	}
	// Two objects become one, their fields in this order.
	joined := append(bytes.TrimSuffix(bytes.TrimSpace(result.Bytes()), []byte("}")), ',')
	joined = append(joined, more[1:]...)
	var out bytes.Buffer
	if err := json.Indent(&out, joined, "", "  "); err != nil {
		return fmt.Errorf("encoding the case: %w", err)
	}
	out.WriteByte('\n')
	_, err = w.Write(out.Bytes())
	return err
}

// plainJSON leaves <, > and & as they are: a transcript is full of them.
func plainJSON(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSpace(out.Bytes()), err
}
