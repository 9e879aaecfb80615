package diagnose

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// byFault explains what failed without a reply that says why: the name, the
// network, TLS and the session.
func (t *trouble) byFault() (verdict, bool) {
	switch t.fault {
	case report.FaultNone:
		return verdict{}, false
	case report.FaultNotFound, report.FaultDNS:
		return t.unresolved(), true
	case report.FaultRefused:
		return t.refused(), true
	case report.FaultTimeout:
		return t.timeout(), true
	case report.FaultUnreachable:
		return t.unreachable(), true
	case report.FaultReset, report.FaultClosed:
		return t.broken(), true
	case report.FaultTLS:
		return t.tlsEnded(), true
	case report.FaultProxy:
		return t.proxy(), true
	case report.FaultNotSMTP:
		return t.notSMTP(), true
	case report.FaultNotTLS:
		return t.notTLS(), true
	case report.FaultFamily:
		return t.wrongFamily(), true
	case report.FaultPin:
		return t.otherLeaf(), true
	case report.FaultCertUntrusted, report.FaultCertExpired, report.FaultCertNotYetValid, report.FaultCertName:
		return t.certificate(), true
	case report.FaultNoAuth, report.FaultNoMechanism:
		return t.noAuth(), true
	case report.FaultServerSignature:
		return t.serverSignature(), true
	case report.FaultNoSMTPUTF8:
		return t.noSMTPUTF8(), true
	}
	return plainFault(t.fault)
}

// plainFault is one that means the same wherever it comes.
func plainFault(f report.Fault) (v verdict, ok bool) {
	switch f {
	case report.FaultMalformed:
		return verdict{cause: submission.ProtocolError,
			why: "{Server} sent an answer that breaks the rules of SMTP. The server is faulty, or something on the way garbles what it says."}, true
	case report.FaultTLSVersion:
		return verdict{cause: submission.TLSVersion}, true
	case report.FaultClientCert:
		return verdict{cause: submission.AuthMissing, field: new(submission.Field), enough: true,
			why: "{Server} wants a certificate from you before it goes on, and got none, or one that it does not accept.",
			fixes: []Fix{{Text: "Give the certificate and the key that its operator issued to you with --client-cert and --client-key."},
				{Text: "Ask the operator which certificates it accepts, or whether another port does without."}}}, true
	case report.FaultNoSTARTTLS:
		return verdict{cause: submission.STARTTLSNotOffered}, true
	case report.FaultInjection:
		return verdict{cause: submission.STARTTLSInjection}, true
	case report.FaultInsecure:
		return verdict{cause: submission.TLSRequired,
			why: "The password would go over the network in clear, for anybody on the way to read. So it was not sent."}, true
	case report.FaultStopped:
		return verdict{cause: submission.Unknown, field: new(submission.Field), temporary: true, enough: true,
			why:   "This program stood still while it waited for {server}: it was stopped, or the computer slept. So nobody knows whether the answer came in time.",
			fixes: []Fix{{Text: "Run the same command again."}}}, true
	case report.FaultExhausted:
		return verdict{cause: submission.Unknown, field: new(submission.Field), temporary: true, enough: true,
			why: "This computer gave the program no more open files or memory. {Server} has no part in that.",
			fixes: []Fix{{Text: "Raise the limit of open files (ulimit -n shows it), or close other programs."},
				{Text: "Run the same command again."}}}, true
	case report.FaultInternal:
		return verdict{cause: submission.ProtocolError,
			why: "This program itself failed at this point. That is not your mistake."}, true
	}
	return verdict{}, false
}

// --- names ---

func (t *trouble) unresolved() verdict {
	v := verdict{cause: submission.DNSFailure}
	switch host := t.endpoint.Host; {
	case t.isOurs(host):
		none := submission.FieldNone // the answer is right
		v.field, v.temporary, v.enough = &none, true, true
		v.why = "The name {server} is right, but it could not be looked up from here. Most often this computer is offline, its name service (DNS) fails, or a VPN or firewall is in the way."
		v.fixes = []Fix{{Text: "Check that this computer is online: do web pages open?"},
			{Text: "Switch a VPN off, or on where your network needs one."}}
		v.tell = "Try from another network: if the name is found there, the name service of this one is at fault."
	case t.fault == report.FaultDNS:
		v.temporary, v.enough = true, true
		v.why = "The name of the server could not be looked up: the name service (DNS) of this network gave no proper answer."
		if host != "" {
			v.why = "The name {server} could not be looked up: the name service (DNS) of this network gave no proper answer."
		}
		v.fixes = []Fix{{Text: "Check that this computer is online: do web pages open?"},
			{Text: "See whether a VPN is needed, or in the way."}}
		v.tell = "Try from another network: if the name is found there, the name service of this one is at fault."
	case host != "" && !strings.Contains(host, ".") && !strings.Contains(host, ":"):
		v.why = "The name {server} leads to no address. It has no dot, so it can only be a computer of this very network."
	case host != "":
		v.why = "There is no server with the name {server}, or it has no address."
		if meant := t.meantHost(); meant != "" {
			v.fixes = []Fix{{Text: "Did you mean " + quoted(meant) + "?"}}
		}
	}
	return v
}

// wrongFamily: -4 or -6 leaves no address. The probe's words say which.
func (t *trouble) wrongFamily() verdict {
	none := submission.FieldNone
	flag, wanted, has := "-4", "IPv4", "IPv6"
	if strings.Contains(t.error, "no IPv6 address") {
		flag, wanted, has = "-6", "IPv6", "IPv4"
	}
	return verdict{cause: submission.DNSFailure, field: &none, enough: true,
		why:   "{Server} has no " + wanted + " address, only " + has + ", and " + flag + " allows no other.",
		fixes: []Fix{{Text: "Try again without " + flag + "."}}}
}

// otherLeaf: --tls-fingerprint names another certificate.
func (t *trouble) otherLeaf() verdict {
	v := verdict{cause: submission.CertUntrusted, field: new(submission.Field), enough: true, also: []submission.Cause{submission.SMTPIntercepted},
		why:   "The certificate of {server} is not the one that is trusted by its fingerprint (--tls-fingerprint). It was renewed, or another server answers.",
		fixes: []Fix{{Text: "Ask whoever runs the server for the fingerprint of its certificate. Do not take it from here: an impostor would show its own."}}}
	if t.isBridge() {
		v.why = "The certificate of the bridge is not the one that is trusted by its fingerprint (--tls-fingerprint). A bridge that was set up anew makes a new one."
		v.fixes = []Fix{{Text: "Export the certificate in the settings of {provider}, and compare its fingerprint."}}
	}
	if leaf, ok := t.leaf(); ok {
		v.why += " The one shown has sha256:" + quoted(leaf.SHA256) + "."
		take := "If it is that one, give --tls-fingerprint sha256:" + quoted(leaf.SHA256) + "."
		if t.onLoopback() { // where setup has a page for it
			take = "If it is that one, trust it (--tls-fingerprint sha256:" + quoted(leaf.SHA256) + ")."
		}
		v.fixes = append(v.fixes, Fix{Text: take})
	}
	v.fixes = append(v.fixes, Fix{Text: "If it is not, send no password: somebody may stand in between."})
	return v
}

// isOurs: the preset itself names this server.
func (t *trouble) isOurs(host string) bool {
	ours, _ := t.serves(func(e submission.Endpoint) bool { return host != "" && strings.EqualFold(e.Host, host) })
	return ours
}

// meantHost is a likely server's name that is a slip or two from the one given.
func (t *trouble) meantHost() string {
	var likely []string
	if t.preset != nil {
		for _, e := range t.preset.Endpoints {
			likely = append(likely, e.Host)
		}
	}
	if t.report != nil && t.report.Account.From.Domain != "" {
		first, _, _ := strings.Cut(t.endpoint.Host, ".")
		likely = append(likely, first+"."+t.report.Account.From.ASCIIDomain())
	}
	for _, name := range likely {
		if near(name, t.endpoint.Host) {
			return name
		}
	}
	return ""
}

// --- the network ---

func (t *trouble) refused() verdict {
	switch {
	case t.bridgeIsMissing():
		return t.noBridge()
	case t.onLoopback():
		return verdict{cause: submission.ConnectionRefused, why: "Nothing answers on {port} of this computer.",
			fixes: []Fix{{Text: "Start the program that should listen there, or give its port."}}}
	case !t.portIsServed():
		return t.wrongPort()
	}
	if known, _ := t.serves(t.samePort); known {
		// The provider does listen there, so it was not the provider who refused.
		v := t.blocked()
		v.also = append([]submission.Cause{submission.ConnectionRefused}, v.also...)
		return v
	}
	return t.withSibling(verdict{cause: submission.ConnectionRefused, also: []submission.Cause{submission.PortBlocked}})
}

func (t *trouble) timeout() verdict {
	if t.runLimit() {
		return t.outOfTime()
	}
	switch t.stage {
	case report.Resolve:
		t.fault = report.FaultDNS
		return t.unresolved()
	case report.Connect:
		return t.unreachable()
	case report.TLSStage, report.STARTTLS:
		return t.stalledHandshake()
	case report.Greeting:
		return t.noGreeting()
	}
	none := submission.FieldNone // the server has spoken before: port and security are right
	v := verdict{cause: submission.ServerSilent, field: &none, also: []submission.Cause{submission.ServerDownTemporary}, enough: true,
		why:   "{Server} gave no answer in time " + t.after() + ".",
		fixes: []Fix{{Text: "Try again later: the server may be overloaded."}, {Text: "Give it longer with --timeout 1m."}}}
	if t.stage == report.Data {
		v.fixes = append([]Fix{{Text: lookFirst}}, v.fixes...)
	}
	return t.withSibling(v)
}

// stalledHandshake: the server took the ClientHello and said nothing.
func (t *trouble) stalledHandshake() verdict {
	if t.found(report.FoundClearPort) {
		return t.wrongSecurity()
	}
	return t.withSibling(verdict{cause: submission.ServerDownTemporary, also: []submission.Cause{submission.ServerSilent, submission.PortBlocked},
		why:  "{Server} took the connection, but never answered when the encryption was to begin. It is overloaded, or a firewall swallows what follows.",
		tell: "Try from another network: if it works there, a firewall of this one is the reason."})
}

// noGreeting: a server that waits for the client to speak first expects TLS.
func (t *trouble) noGreeting() verdict {
	if t.found(report.FoundTLSPort) || t.endpoint.Port == submission.PortSubmissions && t.endpoint.Security != submission.SSL {
		return t.wrongSecurity()
	}
	if t.endpoint.Port == 0 || t.endpoint.Security == "" && !slices.Contains(clearPorts, t.endpoint.Port) {
		return verdict{cause: submission.WrongPortOrSecurity, also: []submission.Cause{submission.ServerSilent, submission.PortBlocked},
			why:  "The server took the connection and then stayed silent. Most often it waits for encryption (TLS) from the first byte, and the program waits for a greeting in clear.",
			tell: "Try {ports}: if all stay silent, the server or the network is the reason."}
	}
	return t.withSibling(verdict{cause: submission.ServerSilent, also: []submission.Cause{submission.ServerDownTemporary, submission.PortBlocked},
		enough: true, // port and security are right, so there is nothing to check of them
		why:    "{Server} took the connection on {port}, but sent no greeting in time. Port and security fit together, so it is busy, or a firewall swallows its words.",
		fixes: []Fix{{Text: "Try again later: the server may be overloaded."},
			{Text: "Try from another network: if it works there, a firewall of this one is the reason."}}})
}

func (t *trouble) unreachable() verdict {
	if !t.portIsServed() {
		return t.wrongPort()
	}
	if t.bridgeIsMissing() {
		return t.noBridge()
	}
	return t.blocked()
}

// outlookPort is where the program that most people ask about hides it.
const outlookPort = "In Outlook the port is in the account's settings under More Settings, Advanced."

// blocked: the port cannot be reached. What else was tried tells how far the block goes.
func (t *trouble) blocked() verdict {
	v := verdict{cause: submission.PortBlocked, also: []submission.Cause{submission.ServerDownTemporary, submission.WrongPortOrSecurity},
		why:  adviceOn(submission.PortBlocked).summary,
		tell: "Try from another network, such as your phone's. If it works there, this network blocks the port."}
	happens := "No answer comes on {port}"
	switch t.fault {
	case report.FaultReset:
		happens = "The connection on {port} is cut off as soon as it opens"
		v.why = "The connection to {server} on {port} is cut off as soon as it opens. A firewall on the way does that, or the server does not want this computer."
	case report.FaultRefused:
		happens = "The connection on {port} is refused"
		v.why = "The connection to {server} on {port} is refused, though it does serve that port. So a firewall on the way refuses it: your network's, your web host's or this computer's own."
	}
	switch s, ok := t.sibling(); {
	case t.endpoint.Port == submission.PortRelay:
		v.enough = true
		v.why = happens + ". That port is for mail between servers, and most networks close it for everybody else."
		v.fixes = []Fix{{Text: "Use {ports}."}, {Text: outlookPort}}
		v.also = nil
	case ok:
		v.why = happens + ", but port " + strconv.Itoa(s.Port) + " of {server} does answer. Something on the way blocks this one port."
		v.fixes = []Fix{{Text: "Use " + inWords(s) + ": it answers."}}
		v.also, v.tell, v.enough = nil, "", true
	case t.found(report.FoundHTTPS):
		v = t.webOnly(v)
	case t.fault == report.FaultUnreachable && t.usedIPv6():
		v.why = "There is no way to {server} from here. Only its IPv6 address was tried, and many networks do not carry IPv6."
		v.fixes = []Fix{{Text: "Try again with -4."}}
	case t.fault == report.FaultUnreachable:
		v.why = "There is no way to {server} from here: this computer is offline, or a firewall turns the connection away."
	}
	if t.closedAll() {
		v.why += " Its other ports for mail stay closed as well."
		v.enough = true
		v.fixes = append(v.fixes, Fix{Text: "Ask whoever runs the network, or the provider of this machine, to open ports 465 and 587."})
	}
	if cloud, ok := t.finding(report.FoundCloud); ok {
		name := quoted(cloud.Detail)
		v.why += " This machine runs at " + name + ", and such providers close ports for mail until you ask."
		v.fixes = append(v.fixes, Fix{Text: "Ask " + name + " to open outgoing mail, or look in its documentation for the ports that it leaves open."})
	}
	return v
}

// webOnly: this network reaches the provider, but not where mail goes.
func (t *trouble) webOnly(v verdict) verdict {
	if f, _ := t.finding(report.FoundHTTPS); f.Detail != "" && !strings.EqualFold(f.Detail, t.endpoint.Host) {
		v.why = "This network reaches " + quoted(f.Detail) + ", but not {server} on {port}. Something on the way blocks the ports for mail, or that server is down."
		return v
	}
	v.why = "{Server} answers on its web port (443), but not on {port}. So it is up, and something on the way blocks the ports for mail."
	v.also = nil
	return v
}

// closedAll: other ports of the host were tried as well, to no avail.
func (t *trouble) closedAll() bool {
	if t.report == nil {
		return false
	}
	for _, a := range t.report.Alternatives {
		if a.Port != t.endpoint.Port && a.Fault != report.FaultNone && a.Stage == report.Connect {
			return true
		}
	}
	return false
}

func (t *trouble) proxy() verdict {
	proxy := submission.FieldProxy
	v := verdict{cause: submission.ConnectionRefused, field: &proxy, why: "The proxy could not be reached, or did not connect further.",
		fixes: []Fix{{Text: "Check the address of the proxy, and whether it lets mail ports through."}, {Text: "Try without the proxy."}}}
	words := wordsOf(t.error)
	switch {
	case anyIn(parsePhrases([]string{"no such host", "name … resolve*|not found"}), words):
		v.cause = submission.DNSFailure
	case anyIn(parsePhrases([]string{"not allowed", "unreachable", "time* out|timeout", "ttl expired"}), words):
		v.cause = submission.PortBlocked
	}
	return v
}

// --- connections that end ---

func (t *trouble) broken() verdict {
	switch {
	case t.bridgeIsMissing() && slices.Contains([]report.Stage{"", report.Connect, report.Greeting, report.TLSStage}, t.stage):
		return t.noBridge()
	case t.stage == report.Connect && t.onLoopback():
		return verdict{cause: submission.ConnectionLost, why: "What listens on {port} of this computer cuts the connection off as soon as it opens."}
	case t.stage == report.Connect && t.fault == report.FaultReset:
		return t.unreachable()
	case (t.stage == report.Greeting || t.stage == report.EHLO) && t.found(report.FoundTLSPort):
		return t.wrongSecurity()
	case t.stage == report.Greeting && t.endpoint.Port == submission.PortSubmissions && t.clear():
		return t.wrongSecurity()
	case t.stage == report.TLSStage && (t.found(report.FoundClearPort) || slices.Contains(clearPorts, t.endpoint.Port) && t.endpoint.Security == submission.SSL):
		return t.wrongSecurity()
	case t.stage == report.EHLO && !t.saidHello():
		return verdict{cause: submission.HELORejected, also: []submission.Cause{submission.ConnectionLost, submission.ServerDownTemporary}, temporary: true,
			why:  "{Server} ended the connection right after this computer gave its name (EHLO). Servers do so to names that they do not accept, such as localhost, and some say no reason.",
			tell: "Try again with another name for EHLO (--helo). If it ends at the same point, the name is not the reason: try from another network."}
	}
	v := verdict{cause: submission.ConnectionLost, why: "The connection broke off " + t.after() + ", without a word from {server}."}
	switch t.stage {
	case "":
		v.also = []submission.Cause{submission.HELORejected, submission.ServerDownTemporary, submission.WrongPortOrSecurity}
		v.tell = "Let smtpwiz test the same server: it shows after which command the connection ends."
	case report.Greeting:
		v.also = []submission.Cause{submission.IPBlocked, submission.ServerDownTemporary}
		v.why = "{Server} took the connection and ended it at once, without a greeting. It is overloaded, or does not want connections from here."
		v.tell = "Try from another network: if it works there, the server does not want this one."
	case report.TLSStage, report.STARTTLS:
		v.also = []submission.Cause{submission.WrongPortOrSecurity, submission.TLSVersion}
	case report.Data:
		v.fixes = append([]Fix{{Text: lookFirst}}, v.fixes...)
	}
	return t.withSibling(v)
}

// tlsEnded: the handshake failed, or what came long after it cannot be deciphered.
func (t *trouble) tlsEnded() verdict {
	if t.report == nil || t.stage == report.TLSStage || t.stage == report.STARTTLS {
		return verdict{cause: submission.TLSVersion, also: []submission.Cause{submission.ServerDownTemporary, submission.WrongPortOrSecurity},
			why:  "The encryption (TLS) could not be set up: one side ended the handshake. It may find no version or cipher that both accept, or want a certificate from you.",
			tell: "Try the other port: if that works, only this one is set up wrongly at the server."}
	}
	v := verdict{cause: submission.ConnectionLost, also: []submission.Cause{submission.ServerDownTemporary, submission.SMTPIntercepted}, temporary: true,
		why:  "The encryption (TLS) broke down " + t.after() + ". {Server} failed, or something on the way changes what is sent.",
		tell: "Try from another network: if it works there, something in this one is in the way."}
	if t.stage == report.Data {
		v.fixes = []Fix{{Text: lookFirst}}
	}
	return v
}

// saidHello: an EHLO of the same name was answered before, so that the name is not at fault.
func (t *trouble) saidHello() bool {
	return t.report != nil && (t.report.Reached(report.EHLO) || t.report.Reached(report.STARTTLS))
}

// after names the command that was sent last.
func (t *trouble) after() string {
	switch t.stage {
	case report.Resolve:
		return "while the name of the server was looked up"
	case report.Connect, report.Greeting:
		return "before the greeting"
	case report.TLSStage:
		return "while the encryption (TLS) was set up"
	case report.STARTTLS:
		return "after STARTTLS, which begins the encryption"
	case report.EHLO:
		return "after EHLO, which gives this computer's name"
	case report.Auth:
		return "after AUTH, which signs you in"
	case report.Mail:
		return "after MAIL, which names the sender"
	case report.Rcpt:
		return "after RCPT, which names the recipient"
	case report.Data:
		return "after the message"
	}
	return "in the middle of the session"
}

// --- something else answers ---

// services are the ways in which others than SMTP servers begin to speak.
var services = []struct{ mark, name, hint string }{
	{"http/", "http", "a web server (HTTP)"},
	{"* ok", "imap", "a server for reading mail (IMAP)"},
	{"imap4", "imap", "a server for reading mail (IMAP)"},
	{"-err", "pop3", "a server for fetching mail (POP3)"},
	{"+ok", "pop3", "a server for fetching mail (POP3)"},
	{"ssh-", "ssh", "a server for remote login (SSH)"},
}

func (t *trouble) notSMTP() verdict {
	if t.found(report.FoundTLSPort) || strings.Contains(t.error, "\x16\x03") || strings.Contains(t.error, "\x15\x03") ||
		strings.Contains(t.error, `\x15\x03`) || strings.Contains(t.error, `\x16\x03`) {
		return t.wrongSecurity()
	}
	if t.report != nil && t.report.Reached(report.Greeting) { // it spoke SMTP so far
		v, _ := plainFault(report.FaultMalformed)
		return v
	}
	v := verdict{cause: submission.NotSMTP}
	if name := t.service(); name != "" {
		v.why = "On {port} of {server}, " + name + " answers, not one for sending mail."
	}
	return t.withSibling(v)
}

func (t *trouble) service() string {
	said := strings.ToLower(t.error + "\n" + t.text)
	if f, ok := t.finding(report.FoundService); ok {
		said = f.Detail
	}
	for _, s := range services {
		if strings.Contains(said, s.mark) || said == s.name {
			return s.hint
		}
	}
	return ""
}

func (t *trouble) notTLS() verdict {
	if t.stage == report.STARTTLS {
		return verdict{cause: submission.SMTPIntercepted, also: []submission.Cause{submission.ServerDownTemporary},
			why: "{Server} agreed to encrypt, then went on in clear. Something between you and the server interferes, or the server is broken."}
	}
	if name := t.service(); name != "" && t.found(report.FoundService) {
		return t.notSMTP()
	}
	if f, ok := t.finding(report.FoundClearPort); ok && t.foreign(f.Detail) && !t.onLoopback() {
		return t.intercepted(f.Detail)
	}
	return t.wrongSecurity()
}

// --- port and security ---

// clearPorts always begin in clear.
var clearPorts = []int{submission.PortRelay, submission.PortSubmission, 2525}

// clear: the program did not begin with TLS, or a text does not tell.
func (t *trouble) clear() bool { return t.endpoint.Security != submission.SSL }

// wrongSecurity: the port speaks, but the other way round.
func (t *trouble) wrongSecurity() verdict {
	v := verdict{cause: submission.WrongPortOrSecurity}
	if t.stage == report.TLSStage || t.fault == report.FaultNotTLS {
		v.why = "{Server} begins in clear on {port}, but encryption (TLS) from the first byte was expected. Port and security do not fit together."
		v.fixes = []Fix{{Text: "Use starttls with {port}" + t.orElse(submission.SSL, submission.PortSubmissions) + "."}}
		if t.endpoint.Port == submission.PortSubmissions {
			v.why = "What answers on port 465 begins in clear, though that port is for encryption (TLS) from the first byte."
			v.fixes, v.enough = []Fix{{Text: "Use {ports}."}}, true
			v.tell = "Try from another network: if encryption begins at once there, something on this one is in the way."
		}
		if t.endpoint.Port == 0 {
			v.fixes = []Fix{{Text: "Use ssl only with port 465, and starttls with port 587."}}
		}
		return v
	}
	v.why = "On {port}, {server} expects encryption (TLS) from the first byte, but the session began in clear. So each side waits for the other."
	v.fixes = []Fix{{Text: "Use ssl with {port}" + t.orElse(submission.STARTTLS, submission.PortSubmission) + "."}}
	if t.endpoint.Port == submission.PortSubmission {
		v.enough = true // what is said of 587 as a rule is what has just failed
		v.fixes = []Fix{{Text: "Use ssl with port 587, or with port 465 if the server has that one too."}}
	}
	return v
}

// orElse is one more thing to try, unless the provider is known not to have it.
func (t *trouble) orElse(s submission.Security, port int) string {
	served, known := t.serves(func(e submission.Endpoint) bool { return e.Port == port && e.Security == s })
	if known && !served {
		return ""
	}
	return ", or " + string(s) + " with port " + strconv.Itoa(port)
}

// wrongPort: the provider does not serve this port.
func (t *trouble) wrongPort() verdict {
	port := submission.FieldPort
	v := verdict{cause: submission.WrongPortOrSecurity, field: &port, also: []submission.Cause{submission.PortBlocked},
		why: "No answer comes on {port}, and {provider} does not serve that port."}
	if t.fault == report.FaultRefused {
		v.why = "{Server} refuses connections on {port}, and {provider} does not serve that port."
	}
	return v
}

func (t *trouble) samePort(e submission.Endpoint) bool { return e.Port == t.endpoint.Port }

// portIsServed is true unless the preset knows the port to be wrong.
func (t *trouble) portIsServed() bool {
	served, known := t.serves(t.samePort)
	return served || !known || t.endpoint.Port == 0 || t.isBridge() || t.onLoopback()
}

// --- the bridge ---

// bridgeIsMissing: nothing speaks SMTP where the local program should.
func (t *trouble) bridgeIsMissing() bool {
	return t.isBridge() && (t.endpoint.Host == "" || t.onLoopback() || submission.IsLoopbackHost(t.endpoint.Host))
}

func (t *trouble) noBridge() verdict {
	why := ""
	if t.fault == report.FaultReset || t.fault == report.FaultClosed {
		why = "The connection on {port} of this computer ends at once. The bridge is not running or not signed in, or another program holds its port."
	}
	return verdict{cause: submission.BridgeNotRunning, why: why, also: []submission.Cause{submission.ConnectionRefused}}
}

// onLoopback: the address that was dialled is this very computer.
func (t *trouble) onLoopback() bool {
	if submission.IsLoopbackHost(t.endpoint.Host) {
		return true
	}
	dialled := t.error
	if t.report != nil {
		dialled += " " + t.report.Dialled
	}
	for _, a := range addressesIn(dialled) {
		if a.IsLoopback() {
			return true
		}
	}
	return false
}

func (t *trouble) usedIPv6() bool {
	list := addressesIn(t.error)
	return len(list) > 0 && !slices.ContainsFunc(list, func(a netip.Addr) bool { return a.Is4() })
}

// addressesIn finds IP addresses, bare or with a port, in a text.
func addressesIn(text string) []netip.Addr {
	var out []netip.Addr
	for _, f := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\n,;()<>\"'", r) }) {
		for part := range strings.SplitSeq(f, "->") {
			part = strings.TrimRight(part, ":.")
			if a, err := netip.ParseAddrPort(part); err == nil {
				out = append(out, a.Addr().Unmap())
			} else if a, err := netip.ParseAddr(strings.Trim(part, "[]")); err == nil {
				out = append(out, a.Unmap())
			}
		}
	}
	return out
}

// --- signing in, before a word was said ---

// serverSignature: a server that could not prove that it knows the password is
// an impostor, or a broken one; verified TLS leaves only the second.
func (t *trouble) serverSignature() verdict {
	if t.report != nil && t.report.TLS != nil && t.report.TLS.Verified {
		return verdict{cause: submission.AuthMechanismUnsupported,
			why:   "{Server} could not prove that it knows your password, as this way of signing in (SCRAM) asks of it. Its certificate is right, so the fault is in its own settings.",
			fixes: []Fix{{Text: "Choose PLAIN as the way of signing in (--auth PLAIN): the connection is encrypted."}}}
	}
	return verdict{cause: submission.SMTPIntercepted,
		why: "What answers could not prove that it knows your password, as this way of signing in (SCRAM) asks of it. It may be an impostor, or a server with a fault."}
}

func (t *trouble) noSMTPUTF8() verdict {
	v := verdict{cause: submission.RecipientRejected, why: "{Server} cannot carry addresses with letters outside ASCII before the @, and {to} has some."}
	if t.report != nil && t.report.Account.From.NeedsSMTPUTF8() {
		v = verdict{cause: submission.SenderRejected, why: "{Server} cannot carry addresses with letters outside ASCII before the @, and {from} has some."}
	}
	v.fixes = []Fix{{Text: "Use an address with plain letters."}}
	return v
}

// --- what else was seen ---

func (t *trouble) finding(k report.FindingKind) (report.Finding, bool) {
	if t.report != nil {
		for _, f := range t.report.Findings {
			if f.Kind == k {
				return f, true
			}
		}
	}
	return report.Finding{}, false
}

func (t *trouble) found(k report.FindingKind) bool { _, ok := t.finding(k); return ok }

// sibling is another endpoint that did get through.
func (t *trouble) sibling() (submission.Endpoint, bool) {
	if t.report != nil {
		for _, a := range t.report.Alternatives {
			if a.Reachable && a.Endpoint != t.endpoint {
				return a.Endpoint, true
			}
		}
	}
	return submission.Endpoint{}, false
}

func (t *trouble) withSibling(v verdict) verdict {
	if s, ok := t.sibling(); ok {
		port := submission.FieldPort
		v.field = &port
		v.fixes = append([]Fix{{Text: "Use " + inWords(s) + ": it answers."}}, v.fixes...)
	}
	return v
}

// inWords names an endpoint's port and security.
func inWords(e submission.Endpoint) string {
	return "port " + strconv.Itoa(e.Port) + " with " + string(e.Security)
}
