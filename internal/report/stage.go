package report

import "github.com/smtpwiz/smtpwiz/internal/submission"

// Stage is a step of the way from a name to an accepted message.
type Stage string

const (
	Resolve  Stage = "resolve"
	Connect  Stage = "connect"
	TLSStage Stage = "tls"
	STARTTLS Stage = "starttls"
	Greeting Stage = "greeting"
	EHLO     Stage = "ehlo"
	Auth     Stage = "auth"
	Mail     Stage = "mail"
	Rcpt     Stage = "rcpt"
	Data     Stage = "data"
	Quit     Stage = "quit"
	Delivery Stage = "delivery"
)

// Status is how a stage ended.
type Status string

const (
	OK      Status = "ok"
	Failed  Status = "failed"
	Skipped Status = "skipped" // not asked for, or not reached
)

// Check is how far a probe goes.
type Check string

const (
	CheckConnect Check = "connect" // to a session: name, network, TLS, EHLO
	CheckLogin   Check = "login"   // and AUTH
	CheckSender  Check = "sender"  // and MAIL, RCPT, then RSET
	CheckSend    Check = "send"    // and the self-test message
)

// Checks lists them, each going further than the one before.
func Checks() []Check { return []Check{CheckConnect, CheckLogin, CheckSender, CheckSend} }

// Includes reports whether a check of c asks for a stage.
func (c Check) Includes(s Stage) bool {
	switch s {
	case Auth:
		return c != CheckConnect
	case Mail, Rcpt:
		return c == CheckSender || c == CheckSend
	case Data:
		return c == CheckSend
	case Delivery:
		return false
	}
	return true
}

// Exit statuses of the program; scripts depend on them.
const (
	ExitOK          = 0
	ExitInternal    = 1
	ExitUsage       = 2
	ExitInterrupted = 130
)

var exitOf = map[Stage]int{
	Resolve: 3, Connect: 4, TLSStage: 5, STARTTLS: 5, Greeting: 6, EHLO: 6,
	Auth: 7, Mail: 8, Rcpt: 9, Data: 10, Delivery: 11,
}

// ExitStatus is that of the stage that failed, whatever the cause.
func (r *Report) ExitStatus() int {
	if r.Interrupted {
		return ExitInterrupted
	}
	if failed := r.Failed(); failed != nil {
		return exitOf[failed.Stage]
	}
	return ExitOK
}

// Fault is why a stage failed where no reply of the server says so.
type Fault string

const (
	FaultNone            Fault = ""
	FaultNotFound        Fault = "not_found"          // the name does not exist, or has no address
	FaultFamily          Fault = "family"             // there is no address of the IP version asked for
	FaultDNS             Fault = "dns"                // the resolver failed or did not answer
	FaultRefused         Fault = "refused"            // nothing listens there
	FaultTimeout         Fault = "timeout"            // no answer in time
	FaultUnreachable     Fault = "unreachable"        // no route to the host or network
	FaultReset           Fault = "reset"              // the peer aborted the connection
	FaultClosed          Fault = "closed"             // the peer ended the connection without a reply
	FaultProxy           Fault = "proxy"              // the proxy could not be reached or refused
	FaultNotTLS          Fault = "not_tls"            // the answer to a ClientHello is not TLS
	FaultNotSMTP         Fault = "not_smtp"           // the answer is no reply of SMTP
	FaultMalformed       Fault = "malformed"          // a reply past the limits or in disagreement with itself
	FaultTLSVersion      Fault = "tls_version"        // no protocol version or cipher in common
	FaultTLS             Fault = "tls"                // any other failure of the handshake
	FaultClientCert      Fault = "client_cert"        // the server misses a certificate of ours, or refuses it
	FaultCertUntrusted   Fault = "cert_untrusted"     // unknown authority
	FaultPin             Fault = "pin"                // another leaf than the pinned one
	FaultCertExpired     Fault = "cert_expired"       // its time is over
	FaultCertNotYetValid Fault = "cert_not_yet_valid" // its time has not begun
	FaultCertName        Fault = "cert_name"          // it is for other names
	FaultNoSTARTTLS      Fault = "no_starttls"        // STARTTLS is not offered
	FaultInjection       Fault = "injection"          // bytes in clear behind the reply to STARTTLS
	FaultNoAuth          Fault = "no_auth"            // AUTH is not offered
	FaultNoMechanism     Fault = "no_mechanism"       // none of the offered mechanisms can be used
	FaultServerSignature Fault = "server_signature"   // SCRAM: the server did not prove that it knows the password
	FaultNoSMTPUTF8      Fault = "no_smtputf8"        // the address needs SMTPUTF8, which is not offered
	FaultInsecure        Fault = "insecure"           // credentials would have gone in clear
	FaultInterrupted     Fault = "interrupted"        // the run was cancelled
	FaultStopped         Fault = "stopped"            // our process stood still for longer than the time limit
	FaultExhausted       Fault = "exhausted"          // this machine has no more files or memory to give
	FaultInternal        Fault = "internal"           // ours
)

// IsCertificate reports that a certificate was seen and not believed.
func (f Fault) IsCertificate() bool {
	switch f {
	case FaultCertUntrusted, FaultPin, FaultCertExpired, FaultCertNotYetValid, FaultCertName:
		return true
	}
	return false
}

// Event is told while a probe runs. Stages that begin are told of every
// endpoint that is tried; stages that ended only of the one that is kept, in order.
type Event struct {
	Endpoint submission.Endpoint
	Step     Step
	Running  bool // the stage began, and its step has nothing yet but its name
}
