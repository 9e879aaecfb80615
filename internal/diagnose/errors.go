package diagnose

import (
	"sync"

	"github.com/smtpwiz/smtpwiz/internal/reply"
	"github.com/smtpwiz/smtpwiz/internal/report"
)

// --- finding the stage ---

// stageWords tell at which command a refusal came.
var stageWords = []struct {
	says  []string
	stage report.Stage
}{
	{[]string{
		"in reply to end|data", "end of data", "smtpdataerror", "data end command", "after end of data",
		"error data",
	}, report.Data},
	{[]string{
		"in reply to rcpt", "smtprecipientsrefused", "rcpt to command|failed|error", "rcpt failed",
		"after rcpt", "command rcpt", "smtpfailedrecipientexception",
	}, report.Rcpt},
	{[]string{
		"in reply to mail", "smtpsenderrefused", "mail from command|failed|error",
		"after mail from", "sending mail command", "mail command failed", "command mail", "curl … mail failed",
	}, report.Mail},
	{[]string{"in reply to ehlo|helo", "smtpheloerror", "after ehlo|helo"}, report.EHLO},
	{[]string{
		"smtpauthenticationerror", "invalid login", "authenticationfailedexception", "sasl authentication",
		"password command failed", "eauth", "auth plain|login|xoauth2|cram", "failed to authenticate",
		"could not authenticate",
	}, report.Auth},
	{[]string{
		"refused to talk to me", "greeting never received", "invalid greeting", "after initial connection",
	}, report.Greeting},
}

// stageOfCode: some codes answer AUTH alone (RFC 4954 section 6).
func stageOfCode(code int, e reply.EnhancedCode) report.Stage {
	temporaryAuth := code == 454 && e == reply.EnhancedCode{Class: 4, Subject: 7}
	if code == 534 || code == 535 || code == 538 || temporaryAuth {
		return report.Auth
	}
	return ""
}

func stageIn(words []string) report.Stage {
	for i, says := range stagePhrases() {
		if anyIn(says, words) {
			return stageWords[i].stage
		}
	}
	return ""
}

var stagePhrases = sync.OnceValue(func() (all [][]phrase) {
	for _, s := range stageWords {
		all = append(all, parsePhrases(s.says))
	}
	return all
})

// --- finding faults ---

// faultWords are how programs, libraries and systems word what is no server's
// refusal; the first that fits decides.
var faultWords = []struct {
	says  []string
	fault report.Fault
}{
	{[]string{
		"alert … certificate required", "tls certificate required", "certificate_required", "peer did not return a certificate",
		"no required ssl|tls certificate",
	}, report.FaultClientCert},
	{[]string{
		"certificate is valid for … not", "certificate … not valid for", "not valid for any names",
		"common name field", "*altname*", "ip sans", "hostname|host mismatch",
		"hostname|host name|name … doesnt|does not|did not|not match", "did not match expected",
		"remotecertificatenamemismatch", "name mismatch", "ip address mismatch", "alternative … name|names",
		"certnamemismatch|notvalidforname", "certificate … subject … match",
	}, report.FaultCertName},
	{[]string{
		"certificate is not yet valid", "certificate … not yet valid current time … before",
		"notyetvalid|notvalidyet", "certificate not yet valid", "cert_not_yet_valid",
	}, report.FaultCertNotYetValid},
	{[]string{
		"certificate … expired", "expired certificate", "cert_has_expired", "certificateexpired",
		"not yet valid", "certexpired", "notafter", "nottimevalid",
	}, report.FaultCertExpired},
	{[]string{
		"unknown authority", "self signed", "selfsigned*", "unable to get … issuer",
		"unable to verify … certificate", "certificate verify failed",
		"certificate … verification failed|error", "verify|verification … certificate … failed", "unknown ca",
		"bad certificate", "unknown certificate", "certificate unknown", "untrusted", "pkix path",
		"trust anchor*", "certificate is invalid", "depth_zero_self_signed_cert",
		"unable_to_verify_leaf_signature", "self_signed_cert_in_chain", "partialchain|untrustedroot",
		"not trusted", "unknownissuer", "causedasendentity", "certificate … not … trusted|verified|validated",
		"ee|certificate key too", "key|md too weak", "certificate … weak|insecure",
		"unable_to_get_issuer*",
	}, report.FaultCertUntrusted},
	{[]string{
		"first record does not look like a tls handshake", "wrong version number", "unknown protocol",
		"unrecognized ssl message", "packet length too long", "oversized record", "record too long",
		"ssl_error_rx_record_too_long", "unexpected packet format", "cannot determine the frame size",
		"corrupted frame", "invalidcontenttype", "unknown_protocol", "wrong_version_number",
		"plaintext connection", "http request", "handshake … not … tls|ssl", "unexpected tls|ssl packet",
	}, report.FaultNotTLS},
	{[]string{
		"unsupported protocol", "protocol version", "protocol_version", "no appropriate protocol",
		"protocol is disabled", "inappropriate fallback", "no shared|common cipher*", "no cipher*",
		"cipher … mismatch", "no protocols available", "dh key too small", "unsupported … version",
		"version too low", "legacy renegotiation", "handshake failure", "handshake_failure",
		"insufficient security", "unsupported_protocol", "tlsv1 alert", "sslv3 alert", "tls 1.0|1.1|1.2",
		"no overlap", "ssl_error_no_cypher_overlap", "common algorithm",
	}, report.FaultTLSVersion},
	{[]string{
		"data|bytes|plaintext … after|behind … starttls", "starttls … extra|trailing|leftover|buffered data|bytes|plaintext",
	}, report.FaultInjection},
	{[]string{
		"tls|starttls … not supported|available|offered|advertised|implemented", "starttls extension",
		"not|doesnt|didnt|isnt support*|offer*|advertise*|find … starttls|tls", "no starttls",
		"starttls is not", "not support secure connections", "starttls is required … not|doesnt|unsupported",
	}, report.FaultNoSTARTTLS},
	{[]string{
		"no such host*", "name or service not known", "nodename nor servname", "enotfound",
		"host|domain|name not found", "could not|couldnt|unable|cannot|cant|failed … resolve*", "unknown host",
		"*unknownhostexception", "no address associated", "name could not be resolved", "non existent domain",
		"nxdomain", "11001", "errno 2 name", "no data record", "host unknown", "remote name",
	}, report.FaultNotFound},
	{[]string{
		"temporary failure in name resolution", "name resolution", "eai_again", "server misbehaving",
		"dns … fail*|error|timeout|timed|failure", "edns", "lookup … timeout|timed|refused",
		"php_network_getaddresses", "getaddrinfo*", "dns lookup|query", "lookup … read|dial udp",
	}, report.FaultDNS},
	{[]string{
		"connection refused", "econnrefused", "actively refused", "10061", "os error 111|61", "errno 111|61",
		"refused the connection", "verbindung verweigert|abgelehnt", "connexion refusee", "connessione rifiutata", "conexion rechazada|rehusada", "conexao recusada", "connectionrefused*",
		"connection was refused",
	}, report.FaultRefused},
	{[]string{
		"no route to host", "network is unreachable", "network unreachable", "host is unreachable|down",
		"host unreachable", "enetunreach|ehostunreach|eacces", "unreachable network|host", "10051|10065",
		"unreachable", "os error 113|101", "permission denied 13", "address not available",
	}, report.FaultUnreachable},
	{[]string{
		"timed out", "timeout|timeouts", "etimedout|esockettimedout|esocketti*", "deadline exceeded", "10060",
		"*timeout|*timeoutexception|*timeouterror", "did not properly respond", "os error 110",
		"greeting never received", "zeituberschreitung", "no response|answer", "timedout", "took too long",
		"delai … depasse", "tiempo … agotado", "tempo … scaduto|esgotado",
	}, report.FaultTimeout},
	{[]string{
		"connection reset*", "econnreset", "reset by peer", "10054", "broken pipe", "epipe", "forcibly closed",
		"connection … aborted", "econnaborted", "10053", "os error 104",
	}, report.FaultReset},
	{[]string{
		"eof", "*eoferror|*eofexception", "empty response", "connection … closed|lost|terminated|dropped",
		"closed … connection", "lost connection", "server disconnected|hung", "hang|hung up",
		"smtpserverdisconnected", "closed unexpectedly", "unexpectedly closed|disconnected",
		"connection … ended|interrupted", "*connectionclosed", "transport connection", "socket close|closed", "run connect first", "got … empty", "disconnected",
	}, report.FaultClosed},
	{[]string{
		"http 1.0|1.1", "400 bad request", "ssh 2.0", "imap4rev1", "ok … imap4*|imap|dovecot", "ok pop3",
		"pop3 … ready", "imap … ready", "weird server reply", "invalid|malformed|short|unexpected … greeting|response",
	}, report.FaultNotSMTP},
	{[]string{
		"tls|ssl handshake … failed|error", "handshake failed|error", "ssl|tls … failed|error|failure",
		"ssl routines", "*sslexception|*sslhandshakeexception|sslerror", "eproto", "failed … tls|ssl",
	}, report.FaultTLS},
}

func faultIn(words []string) report.Fault {
	for i, says := range faultPhrases() {
		if anyIn(says, words) {
			return faultWords[i].fault
		}
	}
	return report.FaultNone
}

var faultPhrases = sync.OnceValue(func() (all [][]phrase) {
	for _, f := range faultWords {
		all = append(all, parsePhrases(f.says))
	}
	return all
})

// usualStage is where a fault comes as a rule; unsure where it comes elsewhere too.
func usualStage(f report.Fault, words []string) (s report.Stage, unsure bool) {
	switch f {
	case report.FaultNotFound, report.FaultDNS:
		return report.Resolve, false
	case report.FaultRefused, report.FaultUnreachable:
		return report.Connect, false
	case report.FaultTimeout:
		if anyIn(parsePhrases([]string{"read|reading", "readtimeout*|*readtimeout", "greeting", "waiting"}), words) {
			return report.Greeting, false
		}
		return report.Connect, !anyIn(parsePhrases([]string{"connect*", "dial"}), words)
	case report.FaultCertName, report.FaultCertExpired, report.FaultCertNotYetValid, report.FaultCertUntrusted,
		report.FaultNotTLS, report.FaultTLSVersion, report.FaultTLS, report.FaultClientCert:
		return report.TLSStage, false
	case report.FaultNoSTARTTLS:
		return report.STARTTLS, false
	}
	return "", f == report.FaultClosed || f == report.FaultReset
}
