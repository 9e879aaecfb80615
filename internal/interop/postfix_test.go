//go:build interop

package interop

import (
	"fmt"
	"strings"
	"testing"
	"text/template"
)

// service is one smtpd of Postfix on a port of its own.
type service struct {
	name    string
	options []string // in place of main.cf's
}

const implicitTLS = "smtpd_tls_wrappermode=yes"

// services are what the scenarios talk to. Their log lines carry their names.
var services = []service{
	{"ssl", []string{implicitTLS}},
	{"starttls", nil},
	{"clear", []string{"smtpd_tls_security_level=none", "smtpd_tls_auth_only=no"}},

	{"envelope", []string{implicitTLS}},
	{"misdialled", nil}, // is sent TLS where it expects a command
	{"upgrade", nil},
	{"once", []string{implicitTLS}},
	{"early", []string{implicitTLS, "smtpd_delay_reject=no"}}, // refuses at MAIL what others refuse at RCPT
	{"noauth", []string{implicitTLS, "smtpd_sasl_auth_enable=no"}},
	{"cramonly", []string{implicitTLS, "smtpd_sasl_mechanism_filter=cram-md5"}},
	{"scramonly", []string{implicitTLS, "smtpd_sasl_mechanism_filter=scram-sha-1,scram-sha-256"}},
	{"oauthonly", []string{implicitTLS, "smtpd_sasl_mechanism_filter=xoauth2,oauthbearer"}},
	{"nopipelining", []string{implicitTLS, "smtpd_discard_ehlo_keywords=pipelining,8bitmime"}},
	{"clientcert", []string{implicitTLS, "smtpd_tls_req_ccert=yes"}},

	{"tiny", []string{implicitTLS, "message_size_limit=200"}},
	{"busy", []string{implicitTLS, "smtpd_client_connection_rate_limit=1", "smtpd_client_event_limit_exceptions="}},
	{"greylist", []string{implicitTLS, atRcpt("450 4.2.0 Greylisted, please try again later")}},
	{"full", []string{implicitTLS, atRcpt("552 5.2.2 Mailbox is full")}},
	{"spam", []string{implicitTLS, "cleanup_service_name=spamfilter"}},
	{"strict", []string{implicitTLS, "smtpd_helo_required=yes", strictHelo}},
	{"strictehlo", []string{implicitTLS, "smtpd_helo_required=yes", strictHelo, "smtpd_delay_reject=no"}},

	{"tls12", []string{implicitTLS, "smtpd_tls_mandatory_protocols=TLSv1.2"}},
	// OpenSSL speaks TLS 1.1 at its lowest security level only.
	{"tls11", []string{implicitTLS, "smtpd_tls_mandatory_protocols=TLSv1.1",
		"smtpd_tls_mandatory_ciphers=medium", "tls_medium_cipherlist=ALL:@SECLEVEL=0"}},
	{"selfsigned", []string{implicitTLS, shows("selfsigned")}},
	{"silence", []string{implicitTLS, shows("stranger")}},
	{"stranger", []string{implicitTLS, shows("stranger")}},
	{"expired", []string{implicitTLS, shows("expired")}},
	{"expiredstarttls", []string{shows("expired")}},
	{"future", []string{implicitTLS, shows("future")}},
	{"subject", []string{implicitTLS, shows("subject")}},
}

const strictHelo = "smtpd_helo_restrictions=reject_invalid_helo_hostname reject_non_fqdn_helo_hostname"

// atRcpt answers every RCPT with a reply.
func atRcpt(reply string) string {
	return "smtpd_recipient_restrictions=check_recipient_access static:{" + reply + "}"
}

// shows presents another certificate.
func shows(certificate string) string {
	return "smtpd_tls_chain_files=$certs/" + certificate + ".pem"
}

// mainCF reads, writes and asks nothing outside the folder, DNS included. Of
// what a client may do wrong it forgives nothing, and adds no header field to
// what it is given.
var mainCF = template.Must(template.New("main.cf").Parse(`
compatibility_level = 3.6
queue_directory = {{.Spool}}/queue
data_directory = {{.Spool}}/data
maillog_file_prefixes = {{.Dir}}
maillog_file = {{.Log}}
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = {{.Host}}
mydomain = {{.Domain}}
myorigin = {{.Domain}}
mydestination =
mynetworks = 192.0.2.1/32
alias_maps =
alias_database =
local_recipient_maps =
default_transport = error:nothing leaves this machine
disable_dns_lookups = yes
smtpd_peername_lookup = no
smtputf8_enable = yes

virtual_mailbox_domains = {{.Domain}}
virtual_mailbox_base = {{.Maildirs}}
virtual_mailbox_maps = texthash:{{.Dir}}/mailboxes
virtual_uid_maps = static:{{.Nobody}}
virtual_gid_maps = static:{{.Nobody}}

smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{{.SASLPort}}
smtpd_sasl_security_options = noanonymous
smtpd_sender_login_maps = texthash:{{.Dir}}/owners
smtpd_sender_restrictions = reject_sender_login_mismatch
smtpd_relay_restrictions = permit_sasl_authenticated, reject

smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_tls_chain_files = {{.Certs}}/good.pem
smtpd_tls_CAfile = {{.Certs}}/ca.pem
smtpd_tls_loglevel = 1
smtpd_tls_received_header = yes

strict_rfc821_envelopes = yes
smtpd_forbid_bare_newline = reject
smtpd_forbid_unauth_pipelining = yes
local_header_rewrite_clients =

# Many scenarios fail on purpose, and none may slow down another.
smtpd_error_sleep_time = 0
smtpd_client_connection_count_limit = 0
smtpd_timeout = 30s
`))

const masterCF = `cleanup    unix n - n -   0 cleanup
spamfilter unix n - n -   0 cleanup
  -o {header_checks=static:{REJECT This message was classified as spam}}
qmgr       unix n - n 300 1 qmgr
tlsmgr     unix - - n 1000? 1 tlsmgr
anvil      unix - - n -   1 anvil
rewrite    unix - - n -   - trivial-rewrite
bounce     unix - - n -   0 bounce
defer      unix - - n -   0 bounce
trace      unix - - n -   0 bounce
error      unix - - n -   - error
retry      unix - - n -   - error
virtual    unix - n n -   - virtual
proxymap   unix - - n -   - proxymap
postlog    unix-dgram n - n - 1 postlogd
`

// postfix is a running instance with a configuration of its own.
type postfix struct {
	conf     string
	spool    string
	maildirs string
	mailLog  string
}

// startPostfix starts an instance whose services ask Dovecot about logins.
func startPostfix(t *testing.T, s *site) *postfix {
	t.Helper()
	p := &postfix{
		conf: s.dir + "/postfix", spool: s.dir + "/spool", maildirs: s.dir + "/maildirs",
		mailLog: s.dir + "/postfix/mail.log",
	}
	makeDir(t, p.conf, 0)
	makeDir(t, p.maildirs, nobody)
	makeDir(t, p.spool+"/queue", 0)
	makeDir(t, p.spool+"/data", userID(t, "postfix"))
	p.configure(t, s)
	showLog(t, p.mailLog)

	command(t, "postfix", "-c", p.conf, "check") // makes the queue's folders
	master := command(t, "postconf", "-c", p.conf, "-h", "daemon_directory") + "/master"
	// -w returns when the ports are open.
	command(t, master, "-c", p.conf, "-e", lifetime(t), "-w")
	t.Cleanup(func() { command(t, "postfix", "-c", p.conf, "stop") })
	return p
}

func (p *postfix) configure(t *testing.T, s *site) {
	t.Helper()
	main := execute(t, mainCF, map[string]any{
		"Dir": p.conf, "Log": p.mailLog, "Spool": p.spool, "Maildirs": p.maildirs, "Nobody": nobody,
		"Certs": s.certs.dir, "Host": mailHost, "Domain": mailDomain, "SASLPort": s.ports["sasl"],
	})
	var mailboxes, owners strings.Builder
	for _, a := range accounts {
		fmt.Fprintf(&mailboxes, "%s %s/\n", a.address, a.address)
		fmt.Fprintf(&owners, "%s %s\n", a.address, a.login)
	}
	writeFile(t, p.conf+"/main.cf", main, 0o644)
	writeFile(t, p.conf+"/master.cf", []byte(masterCF+smtpds(s)), 0o644)
	writeFile(t, p.conf+"/mailboxes", []byte(mailboxes.String()), 0o644)
	writeFile(t, p.conf+"/owners", []byte(owners.String()), 0o644)
}

// smtpds are the entries of master.cf for the services.
func smtpds(s *site) string {
	var b strings.Builder
	for _, svc := range services {
		fmt.Fprintf(&b, "%s inet n - n - - smtpd -o syslog_name=postfix/%s", loopback(s.ports[svc.name]), svc.name)
		for _, option := range svc.options {
			fmt.Fprintf(&b, "\n  -o {%s}", strings.ReplaceAll(option, "$certs", s.certs.dir))
		}
		b.WriteString("\n")
	}
	return b.String()
}
