package settings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// endpoints chooses those to try: the profile's that fit --port and --security,
// else the preset's, or, of one's own server, those that the port leaves open.
func (r *resolver) endpoints() error {
	port, err := r.port()
	if err != nil {
		return err
	}
	known, err := r.known()
	if err != nil {
		return err
	}
	security, err := r.security(port, known[0].list)
	if err != nil {
		return err
	}
	for _, k := range known {
		if chosen := fitting(k.list, port, security); len(chosen) > 0 {
			r.chose(chosen, k.source)
			return nil
		}
	}
	last := known[len(known)-1]
	chosen, err := r.custom(last.list, port, security)
	if err == nil {
		r.chose(chosen, last.source)
	}
	return err
}

// knownEndpoints are those of one server, preferred first; never empty.
type knownEndpoints struct {
	source string
	list   []submission.Endpoint
}

// known lists what is known of the server, the strongest source first.
func (r *resolver) known() ([]knownEndpoints, error) {
	var known []knownEndpoints
	if len(r.saved) > 0 {
		known = append(known, knownEndpoints{string(FromProfile) + " " + r.out.Account.Profile, r.saved})
	}
	if r.settings.Preset != nil {
		return append(known, knownEndpoints{string(FromPreset), r.presetEndpoints()}), nil
	}
	host := savedHost(r.saved)
	if host == "" {
		var err error
		if host, err = r.host(); err != nil {
			return nil, err
		}
	}
	return append(known, knownEndpoints{string(FromDefault), []submission.Endpoint{
		{Host: host, Port: submission.PortSubmissions, Security: submission.SSL},
		{Host: host, Port: submission.PortSubmission, Security: submission.STARTTLS},
	}}), nil
}

// presetEndpoints are the preset's, at the profile's own server if it has one.
func (r *resolver) presetEndpoints() []submission.Endpoint {
	list, host := slices.Clone(r.settings.Endpoints), savedHost(r.saved)
	if host == "" || slices.ContainsFunc(list, func(e submission.Endpoint) bool { return e.Host == host }) {
		return list
	}
	for i := range list {
		list[i].Host = host
	}
	return list
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

func (r *resolver) chose(endpoints []submission.Endpoint, source string) {
	r.out.Account.Endpoints = endpoints
	for _, name := range []string{"host", "port", "security"} {
		r.say(name)
	}
	for _, e := range endpoints {
		r.note("endpoint", e.String(), source)
	}
}
