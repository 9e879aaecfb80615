package support

import (
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/report"
)

func TestTarget(t *testing.T) {
	t.Parallel()
	resolved := []report.Step{{Stage: report.Resolve, Status: report.OK, Detail: "192.0.2.7, 2001:db8::7"}}
	for name, tt := range map[string]struct {
		report report.Report
		want   string
	}{
		"one answered":   {report.Report{Dialled: "[2001:db8::7]:465", Steps: resolved}, "2001:db8::7"},
		"none answered":  {report.Report{Steps: resolved}, "192.0.2.7"},
		"no such name":   {report.Report{Steps: []report.Step{{Stage: report.Resolve, Status: report.Failed}}}, ""},
		"not even asked": {report.Report{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := Target(&tt.report)
			if ok != (tt.want != "") || ok && got.String() != tt.want {
				t.Errorf("%v %v, want %q", got, ok, tt.want)
			}
		})
	}
}
