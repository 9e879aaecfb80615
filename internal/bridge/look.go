package bridge

import (
	"context"
	"crypto/x509"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/probe"
	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// patience is how long one answer may take. Programs on this machine greet at
// once; the other mode is tried within the limit of the search after it.
const patience = 700 * time.Millisecond

// seen is what answers on a port.
type seen struct {
	open        bool // something accepts connections
	endpoint    submission.Endpoint
	greeting    string
	service     string              // what it is if it does not speak SMTP, as a report.Finding has it
	certificate *report.Certificate // the leaf
	own         bool                // Bridge, and the user's own process
}

// look sees who is on a port: first in clear, up to the certificate where it
// offers STARTTLS. One that does not greet in clear may be waiting for TLS.
func (f *Finder) look(ctx context.Context, port int) seen {
	clear := f.try(ctx, submission.Endpoint{Host: host, Port: port, Security: submission.STARTTLS}, "")
	if !clear.open || clear.greeting != "" {
		return clear
	}
	secure := submission.Endpoint{Host: host, Port: port, Security: submission.SSL}
	tls := f.try(ctx, secure, "")
	if tls.certificate != nil {
		// Nothing is read in a session that is not trusted. To hear the greeting
		// this very leaf is trusted, for as long as that takes.
		tls = f.try(ctx, secure, tls.certificate.SHA256)
	}
	return tls
}

// try connects and goes on to EHLO as far as that comes. No certificate is
// trusted but that with the fingerprint in pin.
func (f *Finder) try(ctx context.Context, e submission.Endpoint, pin string) seen {
	rep, err := f.Prober.Run(ctx, probe.Plan{
		Account: submission.Account{Endpoints: []submission.Endpoint{e}},
		Check:   report.CheckConnect,
		Timeout: patience,
		Trust:   probe.Trust{Roots: noRoots, Fingerprint: pin},
	}, nil)
	if err != nil || !rep.Reached(report.Connect) {
		return seen{}
	}
	s := seen{open: true, endpoint: e, greeting: rep.Greeting}
	if rep.TLS != nil && len(rep.TLS.Chain) > 0 {
		s.certificate = &rep.TLS.Chain[0]
	}
	for _, finding := range rep.Findings {
		if finding.Kind == report.FoundService {
			s.service = finding.Detail
		}
	}
	return s
}

func noRoots() (*x509.CertPool, error) { return x509.NewCertPool(), nil }
