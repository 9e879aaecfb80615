package settings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// endpoints chooses those to try: the preset's that fit --port and --security,
// or, of one's own server, those that the port leaves open.
func (r *resolver) endpoints() error {
	port, err := r.port()
	if err != nil {
		return err
	}
	base := r.settings.Endpoints
	if r.saved != nil {
		base = r.saved
	}
	if base == nil {
		host, err := r.host()
		if err != nil {
			return err
		}
		base = []submission.Endpoint{
			{Host: host, Port: submission.PortSubmissions, Security: submission.SSL},
			{Host: host, Port: submission.PortSubmission, Security: submission.STARTTLS},
		}
	}
	security, err := r.security(port, base)
	if err != nil {
		return err
	}
	chosen := fitting(base, port, security)
	if len(chosen) == 0 {
		if chosen, err = r.custom(base, port, security); err != nil {
			return err
		}
	}
	r.out.Account.Endpoints = chosen
	r.noteEndpoints()
	return nil
}

func (r *resolver) port() (int, error) {
	a, ok := r.given["port"]
	if !ok || a.Value == "" {
		return 0, nil
	}
	port, err := submission.ParsePort(a.Value)
	if err != nil {
		return 0, usage("465 (ssl) and 587 (starttls) are the ports of submission", "%s: %v", a.Name, err)
	}
	return port, nil
}

func (r *resolver) security(port int, base []submission.Endpoint) (submission.Security, error) {
	a, ok := r.given["security"]
	if !ok || a.Value == "" {
		return "", nil
	}
	if port == 0 && len(base) == 1 {
		port = base[0].Port
	}
	security, err := submission.ParseSecurity(a.Value, port)
	if err != nil {
		return "", usage("use --security ssl (port 465) or --security starttls (port 587)", "%s: %v", a.Name, err)
	}
	if strings.EqualFold(a.Value, "tls") {
		r.out.Notes = append(r.out.Notes, fmt.Sprintf("security \"tls\" with port %d was taken as %s", port, security))
	}
	return security, nil
}

func fitting(base []submission.Endpoint, port int, security submission.Security) []submission.Endpoint {
	return slices.DeleteFunc(slices.Clone(base), func(e submission.Endpoint) bool {
		return port != 0 && e.Port != port || security != "" && e.Security != security
	})
}

// custom is an endpoint that is not among the known ones.
func (r *resolver) custom(base []submission.Endpoint, port int, security submission.Security) ([]submission.Endpoint, error) {
	host := base[0].Host
	provider := r.settings.Preset != nil && !submission.IsLoopbackHost(host)
	if port == submission.PortRelay && provider {
		return nil, usage("use 465 (ssl) or 587 (starttls): leave --port out to try the provider's own",
			"port 25 is for servers that pass mail on to each other, not for submission")
	}
	if port == 0 {
		if !provider && security == submission.None {
			return nil, usage("add --port", "--security none does not say which port to use")
		}
		return nil, usage("it has "+list(base), "the preset has no endpoint with --security %s", security)
	}
	securities := []submission.Security{security}
	if security == "" {
		securities = submission.SecuritiesOf(port)
	}
	var out []submission.Endpoint
	for _, s := range securities {
		out = append(out, submission.Endpoint{Host: host, Port: port, Security: s})
	}
	if provider {
		r.out.Notes = append(r.out.Notes, fmt.Sprintf("the preset %s does not list %s; it has %s", r.settings.Preset.Name, list(out), list(base)))
	}
	return out, nil
}

func list(endpoints []submission.Endpoint) string {
	var words []string
	for _, e := range endpoints {
		words = append(words, fmt.Sprintf("port %d %s", e.Port, e.Security))
	}
	return strings.Join(words, " and ")
}

func (r *resolver) noteEndpoints() {
	source := string(FromDefault)
	switch {
	case r.saved != nil:
		source = string(FromProfile) + " " + r.out.Account.Profile
	case r.settings.Preset != nil:
		source = string(FromPreset)
	}
	for _, name := range []string{"host", "port", "security"} {
		r.say(name)
	}
	for _, e := range r.out.Account.Endpoints {
		r.note("endpoint", e.String(), source)
	}
}
