package wizard

import (
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// What DNS says in the walks.
var (
	atGmail = map[string]Found{"gmail.com": {Candidates: []Candidate{{Preset: "gmail", Why: []Evidence{{ByDomain, "gmail.com"}}}}}}
	atZoho  = map[string]Found{"example.com": {Candidates: []Candidate{
		{Preset: "zoho-pro", Region: "eu", Why: []Evidence{{ByMX, "mx.zoho.eu"}}},
		{Preset: "zoho", Region: "eu", Why: []Evidence{{ByMX, "mx.zoho.eu"}}},
	}}}
	atOVH    = map[string]Found{"example.com": {Candidates: []Candidate{{Preset: "ovh", Why: []Evidence{{ByMX, "mx1.mail.ovh.net"}}}}}}
	atOVHPro = map[string]Found{"example.com": {Candidates: []Candidate{{
		Preset: "ovh", Variant: "pro", Host: "pro2.mail.ovh.net", Why: []Evidence{{ByMX, "mx1.mail.ovh.net"}, {ByAutodiscover, "pro2.mail.ovh.net"}},
	}}}}
	atProton = map[string]Found{"proton.me": {Candidates: []Candidate{{Preset: "proton-bridge", Why: []Evidence{{ByDomain, "proton.me"}}}}}}
	bySRV    = map[string]Found{"example.com": {Candidates: []Candidate{{
		Host: "mail.example.com", Endpoints: []submission.Endpoint{{Host: "mail.example.com", Port: 465, Security: submission.SSL}}, Why: []Evidence{{BySRV, "mail.example.com"}},
	}}}}
	nothing = map[string]Found{"example.com": {}}
	guessed = map[string]Found{"example.com": {Candidates: []Candidate{{Host: "mail.example.com", Why: []Evidence{{ByGuess, "mail.example.com"}}}}}}
)

func TestWalks(t *testing.T) {
	t.Parallel()
	bridgePassword := "abcdefghijklmnopqrst_-"
	certificate := &report.Certificate{Names: []string{"127.0.0.1"}, SHA256: "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"}
	for name, w := range map[string]walk{
		"Gmail with a spaced app password: three screens": {
			dns: atGmail, tries: []outcome{passes()},
			turns: []turn{
				address("you@gmail.com"),
				{page: "login", says: []string{"gmail.com belongs to Gmail", "smtp.gmail.com, port 465, SSL", "Log in and send as you@gmail.com", "https://myaccount.google.com/apppasswords", "smtpwiz laptop", "16 characters", "Nothing is saved yet"}, secrets: typed(grouped)},
				{page: "save", says: []string{"Works.", "Save as “gmail”, password in the keyring?"}},
			},
			account: "gmail: you@gmail.com at smtp.gmail.com:465 ssl as you@gmail.com in keyring",
		},
		"Gmail with the login password, first by mistake, then anyway": {
			dns: atGmail, tries: []outcome{refused(report.Auth, 535, "5.7.8", "Username and Password not accepted. For more information, go to https://support.google.com/mail/?p=BadCredentials"), passes()},
			turns: []turn{
				address("you@gmail.com"),
				{page: "login", secrets: typed(marker)},
				{page: "doubt", says: []string{"A Google app password has 16 letters.", "is always refused", "15 characters were received", "[enter] type the password again", "[t] try it anyway"}, do: "anyway"},
				{page: "failed", says: []string{"The login was refused", "535", "Google refuses your ordinary password", "[enter] type the password again"}},
				{page: "login", secrets: typed(bare)},
				{page: "save"},
			},
			account: "gmail: you@gmail.com at smtp.gmail.com:465 ssl as you@gmail.com in keyring",
		},
		"Zoho organisation in Europe with 2FA, first with the login password": {
			dns: atZoho, tries: []outcome{refused(report.Auth, 535, "", "Authentication Failed"), passes()},
			turns: []turn{
				address("you@example.com"),
				{page: "login", says: []string{"example.com has its mail at Zoho", "European Union (MX: mx.zoho.eu).", "smtppro.zoho.eu, port 465, SSL", "https://accounts.zoho.eu/home#security/app_password"}, secrets: typed(marker)},
				{page: "failed", says: []string{"Authentication Failed", "try Zoho Mail (personal and free)", "another region", "[enter] type the password again"}},
				{page: "login", says: []string{"empty for the 15 characters typed before"}, secrets: typed("app-password")},
				{page: "save", says: []string{"Save as “example”"}},
			},
			account: "example: you@example.com at smtppro.zoho.eu:465 ssl as you@example.com in keyring",
		},
		"Zoho free organisation: the other host by one key, the password kept": {
			dns: atZoho, tries: []outcome{refused(report.Auth, 535, "", "Authentication Failed"), passes()},
			turns: []turn{
				address("you@example.com"), {page: "login", secrets: typed(marker)},
				{page: "failed", do: "other"},
				{page: "save"},
			},
			account: "example: you@example.com at smtp.zoho.eu:465 ssl as you@example.com in keyring",
		},
		"Zoho in another region": {
			dns: atZoho, tries: []outcome{refused(report.Auth, 535, "", "Authentication Failed"), passes()},
			turns: []turn{
				address("you@example.com"), {page: "login", secrets: typed(marker)},
				{page: "failed", do: "region"},
				{page: "change", says: []string{"Change the region", "[eu]"}, texts: map[string]string{"region": "in"}},
				{page: "save"},
			},
			account: "example: you@example.com at smtppro.zoho.in:465 ssl as you@example.com in keyring",
		},
		"Zoho without DNS: the region is asked in the user's words": {
			dns: map[string]Found{"example.com": {DNSFailed: true}}, tries: []outcome{passes()},
			turns: []turn{
				address("you@example.com"),
				{page: "provider", says: []string{"DNS did not answer"}, texts: map[string]string{"preset": "zoho"}},
				{page: "region", says: []string{"Which address does your browser show", "United States"}, texts: map[string]string{"region": "jp"}},
				{page: "login", says: []string{"Provider: Zoho", "smtp.zoho.jp"}, secrets: typed(marker)}, {page: "save"},
			},
			account: "example: you@example.com at smtp.zoho.jp:465 ssl as you@example.com in keyring",
		},
		"OVH Email Pro without the SRV record": {
			dns: atOVH, tries: []outcome{passes()},
			turns: []turn{
				address("you@example.com"),
				{page: "variant", says: []string{"OVHcloud control panel"}, texts: map[string]string{"variant": "pro"}},
				{page: "host", says: []string{"The number alone will do", "pro1.mail.ovh.net"}, texts: map[string]string{"host": "2"}},
				{page: "login", says: []string{"pro2.mail.ovh.net, port 587, STARTTLS."}, secrets: typed(marker)}, {page: "save"},
			},
			account: "example: you@example.com at pro2.mail.ovh.net:587 starttls as you@example.com in keyring",
		},
		"OVH Email Pro with it: nothing is asked": {
			dns: atOVHPro, tries: []outcome{passes()},
			turns: []turn{
				address("you@example.com"),
				{page: "login", says: []string{"pro2.mail.ovh.net, port 587, STARTTLS."}, secrets: typed(marker)}, {page: "save"},
			},
			account: "example: you@example.com at pro2.mail.ovh.net:587 starttls as you@example.com in keyring",
		},
		"OVH MX Plan: the region decides the host": {
			dns: atOVH, tries: []outcome{passes()},
			turns: []turn{
				address("you@example.com"),
				{page: "variant"}, {page: "region", says: []string{"Where did you order"}, texts: map[string]string{"region": "ca"}},
				{page: "login", secrets: typed(marker)}, {page: "save"},
			},
			account: "example: you@example.com at smtp.mail.ovh.ca:465 ssl as you@example.com in keyring",
		},
		"OVH Exchange with a private name that only DNS tells": {
			dns:   map[string]Found{"example.com": {Candidates: []Candidate{{Preset: "ovh", Variant: "exchange", Host: "mail.private.example", Why: []Evidence{{ByAutodiscover, "mail.private.example"}}}}}},
			tries: []outcome{passes()},
			turns: []turn{
				address("you@example.com"),
				{page: "confirm", says: []string{"mail.private.example"}, texts: map[string]string{"confirm": "no"}},
				{page: "host", says: []string{"[mail.private.example]"}, texts: map[string]string{"host": "ex4"}},
				{page: "login", secrets: typed(marker)}, {page: "save"},
			},
			account: "example: you@example.com at ex4.mail.ovh.net:587 starttls as you@example.com in keyring",
		},
		"Bridge moved to 1026, its socket the user's own": {
			dns: atProton, tries: []outcome{passes()},
			bridge: []Bridge{{
				Installed: true, Endpoint: submission.Endpoint{Host: "127.0.0.1", Port: 1026, Security: submission.STARTTLS},
				Certificate: certificate, OwnProcess: true, Occupants: []Occupant{{1025, "Mailpit"}},
			}},
			turns: []turn{
				address("you@proton.me"),
				{page: "login", says: []string{"Port 1025 is Mailpit.", "Bridge answers on 1026.", "127.0.0.1, port 1026, STARTTLS.", "since the program that listens is your own"}, secrets: typed(bridgePassword)},
				{page: "save"},
			},
			account: "proton-bridge: you@proton.me at 127.0.0.1:1026 starttls as you@proton.me in keyring",
		},
		"Bridge of another user: its certificate is shown": {
			dns: atProton, tries: []outcome{passes()},
			bridge: []Bridge{{Installed: true, Endpoint: submission.Endpoint{Host: "127.0.0.1", Port: 1025, Security: submission.STARTTLS}, Certificate: certificate}},
			turns: []turn{
				address("you@proton.me"),
				{page: "bridge", says: []string{"Trust the certificate of 127.0.0.1:1025?", "The certificate is for 127.0.0.1.", "sha256:0011"}, texts: map[string]string{"trust": "no"}},
				{page: "bridge", says: []string{"no password is sent there"}, texts: map[string]string{"trust": "yes"}},
				{page: "login", secrets: typed(bridgePassword)}, {page: "save"},
			},
			account: "proton-bridge: you@proton.me at 127.0.0.1:1025 starttls as you@proton.me in keyring",
		},
		"Bridge not running, then started": {
			dns: atProton, tries: []outcome{passes()},
			bridge: []Bridge{{Installed: true}, {Installed: true, Endpoint: submission.Endpoint{Host: "127.0.0.1", Port: 1025, Security: submission.STARTTLS}, Certificate: certificate, OwnProcess: true}},
			turns: []turn{
				address("you@proton.me"),
				{page: "bridge", says: []string{"is not running"}, do: "port"},
				{page: "change", says: []string{"1025, or what Bridge shows"}, do: "back"},
				{page: "bridge", says: []string{"is not running", "[enter] look again"}},
				{page: "login", secrets: typed(bridgePassword)}, {page: "save"},
			},
			account: "proton-bridge: you@proton.me at 127.0.0.1:1025 starttls as you@proton.me in keyring",
		},
		"Bridge is not there: another provider": {
			dns: atProton, tries: []outcome{passes()}, bridge: []Bridge{{}},
			turns: []turn{
				address("you@proton.me"),
				{page: "bridge", says: []string{"is not on this computer"}, do: "provider"},
				{page: "provider", says: []string{"The mail of proton.me goes through Proton Mail Bridge"}, hides: []string{"DNS does not tell"}, texts: map[string]string{"preset": "proton"}},
				{page: "login", says: []string{"smtp.protonmail.ch"}, secrets: typed(marker)}, {page: "save"},
			},
			account: "proton: you@proton.me at smtp.protonmail.ch:587 starttls as you@proton.me in keyring",
		},
		"no keyring, for a person": {
			dns: atGmail, tries: []outcome{passes()}, offers: noKeyring,
			turns: []turn{
				address("you@gmail.com"), {page: "login", secrets: typed(bare)},
				{page: "unattended", says: []string{"Works.", "No D-Bus session, normal over ssh. So the password", "Will a script use this without you?"}},
				{page: "passphrase", says: []string{"not against root or you"}, secrets: map[string]string{"passphrase": "one", "passphrase-again": "two"}},
				{page: "passphrase", says: []string{"The two passphrases differ."}, secrets: map[string]string{"passphrase": "one", "passphrase-again": "one"}},
				{page: "save", says: []string{"opened by a passphrase"}},
			},
			account: "gmail: you@gmail.com at smtp.gmail.com:465 ssl as you@gmail.com in file passphrase",
		},
		"no keyring, for a script: a key file": {
			dns: atGmail, tries: []outcome{passes()}, offers: noKeyring,
			turns: []turn{
				address("you@gmail.com"), {page: "login", secrets: typed(bare)},
				{page: "unattended", texts: map[string]string{"unattended": "yes"}},
				{page: "place", says: []string{"opened by a key file", "A command of yours prints it"}},
				{page: "save", says: []string{"opened by a key file"}},
			},
			account: "gmail: you@gmail.com at smtp.gmail.com:465 ssl as you@gmail.com in file key-file",
		},
		"no keyring, for a script: a command": {
			dns: atGmail, tries: []outcome{passes()}, offers: noKeyring,
			turns: []turn{
				address("you@gmail.com"), {page: "login", secrets: typed(bare)},
				{page: "unattended", texts: map[string]string{"unattended": "yes"}},
				{page: "place", texts: map[string]string{"place": "command"}},
				{page: "command", texts: map[string]string{"password-command": "pass show mail/gmail"}},
				{page: "command", says: []string{"The password command pass failed (exit status 127). Is the program installed?", "[pass show mail/gmail]"}, texts: map[string]string{"password-command": "show other"}},
				{page: "command", says: []string{"another password than the one that was tried."}, texts: map[string]string{"password-command": "show short"}},
				{page: "command", says: []string{"its length is 4, not 16."}, do: "back"},
				{page: "place", texts: map[string]string{"place": "command"}},
				{page: "command", texts: map[string]string{"password-command": "echo '" + bare + "'"}},
				{page: "command", says: []string{"The password itself stands in that command", "[show short]"}, texts: map[string]string{"password-command": "show bare"}},
				{page: "save", says: []string{"from your command"}},
			},
			account: "gmail: you@gmail.com at smtp.gmail.com:465 ssl as you@gmail.com in command",
		},
		"no keyring, but a file that a key file opens": {
			dns: atGmail, tries: []outcome{passes()}, offers: []StoreOffer{{Store: StoreFile, Usable: true, Unlock: ByKeyFile}},
			turns:   []turn{address("you@gmail.com"), {page: "login", secrets: typed(bare)}, {page: "save"}},
			account: "gmail: you@gmail.com at smtp.gmail.com:465 ssl as you@gmail.com in file key-file",
		},
		"both ports blocked: saved untested for another network": {
			dns: atGmail, status: 4,
			tries: []outcome{faulty(report.Connect, report.FaultTimeout, "no answer in 15 s", func(r *report.Report) {
				r.Alternatives = []report.Alternative{{Endpoint: submission.Endpoint{Host: "smtp.gmail.com", Port: 587, Security: submission.STARTTLS}, Err: "no answer in 15 s", Fault: report.FaultTimeout, Stage: report.Connect}}
			})},
			turns: []turn{
				address("you@gmail.com"), {page: "login", secrets: typed(bare)},
				{page: "failed", says: []string{"No connection to smtp.gmail.com", "Port 587 (STARTTLS) was tried too: no answer in 15 s.", "through a SOCKS proxy", "save it untested"}, hides: []string{"try port 587"}, do: "untested"},
				{page: "save", says: []string{"Not tested"}},
			},
			account: "gmail: you@gmail.com at smtp.gmail.com:465 ssl, smtp.gmail.com:587 starttls as you@gmail.com in keyring untested",
		},
		"both ports blocked: through a proxy": {
			dns: atGmail, tries: []outcome{faulty(report.Connect, report.FaultTimeout, "no answer"), passes()},
			turns: []turn{
				address("you@gmail.com"), {page: "login", secrets: typed(bare)},
				{page: "failed", do: "proxy"},
				{page: "change", says: []string{"SOCKS proxy"}, texts: map[string]string{"proxy": "socks5://127.0.0.1:1080"}},
				{page: "save"},
			},
			account: "gmail: you@gmail.com at smtp.gmail.com:465 ssl as you@gmail.com in keyring",
		},
		"own domain whose host is not known": {
			dns: nothing, tries: []outcome{passes()},
			turns: []turn{
				address("you@example.com"),
				{page: "provider", says: []string{"DNS does not tell", "My own server"}, texts: map[string]string{"preset": OwnServer}},
				{page: "host", says: []string{"Which server sends the mail of example.com?"}, texts: map[string]string{"host": "mail.example.net"}},
				{page: "login", says: []string{"mail.example.net, port 465, SSL; else port 587, STARTTLS."}, secrets: typed(marker)}, {page: "save"},
			},
			account: "example: you@example.com at mail.example.net:465 ssl as you@example.com in keyring",
		},
		"own domain, a usual name exists: shown, not taken": {
			dns: guessed, tries: []outcome{passes()},
			turns: []turn{
				address("you@example.com"),
				{page: "provider", says: []string{"[own server]"}},
				{page: "host", says: []string{"[mail.example.com]"}},
				{page: "login", secrets: typed(marker)}, {page: "save"},
			},
			account: "example: you@example.com at mail.example.com:465 ssl as you@example.com in keyring",
		},
		"own domain with an SRV record: confirmed": {
			dns: bySRV, tries: []outcome{passes()},
			turns: []turn{
				address("you@example.com"),
				{page: "confirm", says: []string{"DNS names mail.example.com as the server of example.com (SRV: mail.example.com).", "your password would go there"}, texts: map[string]string{"confirm": "yes"}},
				{page: "login", says: []string{"mail.example.com, port 465, SSL."}, secrets: typed(marker)}, {page: "save"},
			},
			account: "example: you@example.com at mail.example.com:465 ssl as you@example.com in keyring",
		},
		"own server with a certificate for another name": {
			dns: nothing,
			tries: []outcome{faulty(report.TLSStage, report.FaultCertName, "certificate is valid for *.hoster.example, mail.hoster.example", func(r *report.Report) {
				r.TLS = &report.TLS{Chain: []report.Certificate{{Names: []string{"*.hoster.example", "mail.hoster.example"}}}}
			}), passes()},
			turns: []turn{
				address("you@example.com"), {page: "provider", texts: map[string]string{"preset": OwnServer}},
				{page: "host", texts: map[string]string{"host": "mail.example.com"}}, {page: "login", secrets: typed(marker)},
				{page: "failed", says: []string{"[enter] use the name mail.hoster.example"}, hides: []string{"look at the certificate"}},
				{page: "certificate", says: []string{"The certificate is for *.hoster.example, mail.hoster.example.", "You asked for mail.example.com"}},
				{page: "save"},
			},
			account: "example: you@example.com at mail.hoster.example:465 ssl as you@example.com in keyring",
		},
		"off loopback an untrusted certificate cannot be waved through": {
			dns: nothing, status: 5,
			tries: []outcome{faulty(report.TLSStage, report.FaultCertUntrusted, "unknown authority", func(r *report.Report) {
				r.TLS = &report.TLS{Chain: []report.Certificate{*certificate}}
			})},
			turns: []turn{
				address("you@example.com"), {page: "provider", texts: map[string]string{"preset": OwnServer}},
				{page: "host", texts: map[string]string{"host": "mail.example.com"}}, {page: "login", secrets: typed(marker)},
				{page: "failed", hides: []string{"look at the certificate"}, do: "stop"},
			},
		},
		"on loopback it can, once seen": {
			dns: nothing,
			tries: []outcome{faulty(report.TLSStage, report.FaultCertUntrusted, "unknown authority", func(r *report.Report) {
				r.TLS = &report.TLS{Chain: []report.Certificate{*certificate}}
			}), passes()},
			turns: []turn{
				address("you@example.com"), {page: "provider", texts: map[string]string{"preset": OwnServer}},
				{page: "host", texts: map[string]string{"host": "127.0.0.1"}}, {page: "login", secrets: typed(marker)},
				{page: "failed", says: []string{"[enter] look at the certificate"}},
				{page: "trust", says: []string{"sha256:0011"}, texts: map[string]string{"trust": "yes"}},
				{page: "save"},
			},
			account: "example: you@example.com at 127.0.0.1:465 ssl as you@example.com in keyring",
		},
		"a slip in the address is questioned": {
			dns: map[string]Found{"gmail.co": {Suggestion: "gmail.com"}, "gmail.com": atGmail["gmail.com"]}, tries: []outcome{passes()},
			turns: []turn{
				address("you@gmail.co"), {page: "slip", says: []string{"Did you mean you@gmail.com?", "you@gmail.co is right"}},
				{page: "login", says: []string{"gmail.com belongs to"}, secrets: typed(bare)}, {page: "save"},
			},
			account: "gmail: you@gmail.com at smtp.gmail.com:465 ssl as you@gmail.com in keyring",
		},
		"and kept, if it is none": {
			dns: map[string]Found{"gmail.co": {Suggestion: "gmail.com"}}, tries: []outcome{passes()},
			turns: []turn{
				address("you@gmail.co"), {page: "slip", texts: map[string]string{"slip": "you@gmail.co"}},
				{page: "provider", texts: map[string]string{"preset": "gmail"}},
				{page: "login", secrets: typed(bare)}, {page: "save"},
			},
			account: "gmail: you@gmail.co at smtp.gmail.com:465 ssl as you@gmail.co in keyring",
		},
		"a domain that does not exist is told at once, and may be insisted on": {
			dns: map[string]Found{"example.invalid": {DomainMissing: true}}, tries: []outcome{passes()},
			turns: []turn{
				address("you@example.invalid"),
				{page: "address", says: []string{"DNS knows no domain example.invalid", "[you@example.invalid]"}},
				{page: "provider", texts: map[string]string{"preset": "gandi"}},
				{page: "login", secrets: typed(marker)}, {page: "save"},
			},
			account: "example: you@example.invalid at mail.gandi.net:465 ssl as you@example.invalid in keyring",
		},
		"a forwarder has no mailbox": {
			dns: map[string]Found{"example.com": {ForwardOnly: "ImprovMX"}}, tries: []outcome{passes()},
			turns: []turn{
				address("you@example.com"),
				{page: "provider", says: []string{"goes to ImprovMX, which only passes it on"}, texts: map[string]string{"preset": "gmail"}},
				{page: "login", secrets: typed(bare)}, {page: "save"},
			},
			account: "example: you@example.com at smtp.gmail.com:465 ssl as you@example.com in keyring",
		},
		"a filter in front: SPF decides": {
			dns:   map[string]Found{"example.com": {Filter: "Proofpoint", Candidates: []Candidate{{Preset: "gmail", Why: []Evidence{{BySPF, "_spf.google.com"}}}}}},
			tries: []outcome{passes()},
			turns: []turn{
				address("you@example.com"),
				{page: "login", says: []string{"(SPF: _spf.google.com)", "passes the spam filter Proofpoint first"}, secrets: typed(bare)}, {page: "save"},
			},
			account: "example: you@example.com at smtp.gmail.com:465 ssl as you@example.com in keyring",
		},
		"an SPF record that names a sender of newsletters decides nothing": {
			dns:   map[string]Found{"example.com": {Candidates: []Candidate{{Preset: "sendgrid", Why: []Evidence{{BySPF, "sendgrid.net"}}}}}},
			tries: []outcome{passes()},
			turns: []turn{
				address("you@example.com"), {page: "provider", texts: map[string]string{"preset": "gandi"}},
				{page: "login", secrets: typed(marker)}, {page: "save"},
			},
			account: "example: you@example.com at mail.gandi.net:465 ssl as you@example.com in keyring",
		},
		"Outlook says before that it takes no password": {
			dns: map[string]Found{"outlook.com": {Candidates: []Candidate{{Preset: "outlook", Why: []Evidence{{ByDomain, "outlook.com"}}}}}}, status: 130,
			turns: []turn{
				address("you@outlook.com"),
				{page: "warning", says: []string{"Passwords are refused here", "[enter] go on, I have a token"}, do: "stop"},
			},
		},
		"Microsoft 365 says so too, and a password may be tried": {
			dns:   map[string]Found{"example.com": {Candidates: []Candidate{{Preset: "microsoft365", Why: []Evidence{{ByMX, "mail.protection.outlook.com"}}}}}},
			tries: []outcome{passes()},
			turns: []turn{
				address("you@example.com"), {page: "warning", says: []string{"only while your administrator allows"}},
				{page: "login", secrets: typed(marker)}, {page: "save"},
			},
			account: "example: you@example.com at smtp.office365.com:587 starttls as you@example.com in keyring",
		},
		"a service that issues user names": {
			dns: nothing, tries: []outcome{passes()},
			turns: []turn{
				address("you@example.com"), {page: "provider", texts: map[string]string{"preset": "postmark"}}, {page: "variant"},
				{page: "login", texts: map[string]string{"username": "token-of-a-server"}, secrets: typed("token-of-a-server")}, {page: "save"},
			},
			account: "example: token-of-a-server at smtp.postmarkapp.com:587 starttls as you@example.com in keyring",
		},
		"a sender that is refused: changed alone, the login and server stay": {
			dns: atZoho, tries: []outcome{refused(report.Data, 553, "", "Relaying disallowed as you@example.com"), passes()},
			turns: []turn{
				address("you@example.com"), {page: "login", secrets: typed(marker)},
				{page: "failed", says: []string{"The test mail was refused", "[enter] change the sender"}},
				{page: "change", says: []string{"[you@example.com]"}, texts: map[string]string{"from": "me@example.org"}},
				{page: "save"},
			},
			account: "example: you@example.com at smtppro.zoho.eu:465 ssl as me@example.org in keyring",
		},
		"everything else stands behind change": {
			dns: atZoho, tries: []outcome{passes()},
			turns: []turn{
				address("you@example.com"),
				{page: "login", secrets: typed(marker), do: "change"},
				{page: "change", says: []string{"Provider", "Region", "Server", "Port", "Security", "User name", "Sender (From)", "Test mail to", "SASL mechanism", "Name of the profile", "Password rests in"},
					texts: map[string]string{"port": "587", "username": "login@example.com", "name": "work", "to": "other@example.com"}},
				{page: "login", says: []string{"port 587, STARTTLS.", "Log in as login@example.com, send as you@example.com.", "mail goes to other@example.com", "empty for the 15 characters typed before"}},
				{page: "save", says: []string{"“work”"}},
			},
			account: "work: login@example.com at smtppro.zoho.eu:587 starttls as you@example.com in keyring",
		},
		"another provider on the page of changes: what belonged to the old one goes": {
			dns: atZoho, tries: []outcome{passes()},
			turns: []turn{
				address("you@example.com"),
				{page: "login", do: "change"},
				{page: "change", says: []string{"Region [eu]", "Server [smtppro.zoho.eu]"}, texts: map[string]string{"preset": "ovh"}},
				{page: "change", says: []string{"Provider [ovh]", "Offer [mxplan]"}, hides: []string{"zoho.eu"}, texts: map[string]string{"variant": "exchange"}},
				{page: "change", says: []string{"Offer [exchange]", "Server []"}, texts: map[string]string{"host": "https://ex3.mail.ovh.net/owa"}},
				{page: "change", says: []string{"Server [ex3.mail.ovh.net]"}},
				{page: "login", says: []string{"ex3.mail.ovh.net, port 587, STARTTLS."}, secrets: typed(marker)}, {page: "save"},
			},
			account: "example: you@example.com at ex3.mail.ovh.net:587 starttls as you@example.com in keyring",
		},
		"stopped while trying: all answers are kept": {
			dns: atGmail, tries: []outcome{passes(), passes()}, stops: 1,
			turns: []turn{
				address("you@gmail.com"), {page: "login", secrets: typed(bare)},
				{page: "login", says: []string{"Stopped. All answers are kept.", "empty for the 16 characters typed before"}},
				{page: "save"},
			},
			account: "gmail: you@gmail.com at smtp.gmail.com:465 ssl as you@gmail.com in keyring",
		},
		"proven, and not saved": {
			dns: atGmail, tries: []outcome{passes()},
			turns: []turn{address("you@gmail.com"), {page: "login", secrets: typed(bare)}, {page: "save", do: "no"}},
		},
		"the transcript, and back": {
			dns: atGmail, status: 7,
			tries: []outcome{func(a Attempt) *report.Report {
				r := refused(report.Auth, 535, "5.7.8", "no")(a)
				r.Transcript = []report.Line{{From: report.Server, TLS: true, Text: "535 5.7.8 no"}}
				return r
			}},
			turns: []turn{
				address("you@gmail.com"), {page: "login", secrets: typed(bare)},
				{page: "failed", do: "transcript"}, {page: "transcript", says: []string{"*S: 535 5.7.8 no"}},
				{page: "failed", do: "transcript"}, {page: "transcript", do: "back"},
				{page: "failed", do: "stop"},
			},
		},
		"a name that is taken gets a number": {
			dns: atGmail, tries: []outcome{passes()}, names: []string{"gmail", "gmail-2"},
			turns: []turn{
				address("you@gmail.com"), {page: "login", secrets: typed(bare)},
				{page: "save", says: []string{"“gmail-3”"}, do: "change"},
				{page: "change", texts: map[string]string{"name": "home"}},
				{page: "save", says: []string{"“home”"}},
			},
			account: "home: you@gmail.com at smtp.gmail.com:465 ssl as you@gmail.com in keyring",
		},
		"a saved profile is edited: its answers are the defaults": {
			given: Given{Profile: "work", Kept: submission.NewSecret(marker), Defaults: map[submission.Field]string{
				"from": "you@example.com", "preset": "ovh", "variant": "pro", "host": "pro2.mail.ovh.net", "port": "587", "security": "starttls",
			}},
			names: []string{"work"}, tries: []outcome{passes()},
			turns: []turn{
				{page: "address", says: []string{"[you@example.com]"}},
				{page: "login", says: []string{"pro2.mail.ovh.net, port 587", "empty for the saved one"}},
				{page: "save", says: []string{"“work”"}},
			},
			account: "work: you@example.com at pro2.mail.ovh.net:587 starttls as you@example.com in keyring",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w.run(t)
		})
	}
}
