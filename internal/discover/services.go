package discover

import "slices"

// service is a company that takes in a domain's mail for somebody else.
type service struct {
	suffix string // of its mail exchangers
	name   string // as a person knows it
	smtp   string // of a forwarder that also submits, for customers who pay: its server, with ports 465 and 587
	zone   string // preset that the DNS defaults of this forwarder's company speak for, though there is no mailbox
}

// submission is the forwarder's own server as a candidate, if it has one.
func (s service) submission() []Candidate {
	if s.smtp == "" {
		return nil
	}
	return []Candidate{{Host: s.smtp, Endpoints: usualEndpoints(s.smtp), Why: Why{ByMX, s.suffix}}}
}

// isDefault reports whether a candidate comes of the company's DNS defaults.
func (s service) isDefault(c Candidate) bool {
	return s.zone != "" && c.Preset != nil && c.Preset.Name == s.zone
}

// front is what stands before a domain's mailboxes; the zero services for nothing.
type front struct{ filter, forwarder service }

func (f front) known() bool { return f.filter.name != "" || f.forwarder.name != "" }

// inFront recognises the services among mail exchangers, best first.
func inFront(hosts []string) front {
	return front{filter: serviceOf(filters(), hosts), forwarder: serviceOf(forwarders(), hosts)}
}

func serviceOf(list []service, hosts []string) service {
	for _, host := range hosts {
		if i := slices.IndexFunc(list, func(s service) bool { return under(host, s.suffix) }); i >= 0 {
			return list[i]
		}
	}
	return service{}
}

// The facts were checked on 2026-11-21, against zones and headers that are
// public and against the services' own pages (Trend Micro's on MTA-STS,
// Cloudflare's on Area 1, ImprovMX's on SMTP, OVHcloud's on redirections) and
// DNS templates (github.com/Domain-Connect/Templates@e002d91e). A line ends
// with exchangers as they stand in zones; one without is from other people's
// lists of such services, several of which agree.

// filters hold mail back before it reaches the mailboxes, which are elsewhere.
func filters() []service {
	return []service{
		{suffix: "pphosted.com", name: "Proofpoint"},                            // mx0a-00123456.pphosted.com
		{suffix: "ppe-hosted.com", name: "Proofpoint Essentials"},               // mx1-us1.ppe-hosted.com, mx2-eu1.ppe-hosted.com
		{suffix: "mimecast.com", name: "Mimecast"},                              // eu-smtp-inbound-1.mimecast.com
		{suffix: "mimecast.co.za", name: "Mimecast"},                            // the South African grid
		{suffix: "barracudanetworks.com", name: "Barracuda"},                    // d123456a.ess.barracudanetworks.com, …a.ess.de.…
		{suffix: "cudasvc.com", name: "Barracuda"},                              // a1234.cudasvc.com
		{suffix: "iphmx.com", name: "Cisco Secure Email"},                       // mx1.NAME.iphmx.com
		{suffix: "messagelabs.com", name: "Symantec Email Security.cloud"},      // cluster5.eu.messagelabs.com
		{suffix: "hornetsecurity.com", name: "Hornetsecurity"},                  // mx01.hornetsecurity.com to mx04
		{suffix: "antispameurope.com", name: "Hornetsecurity"},                  // its former name, still in use
		{suffix: "mailinblack.com", name: "Mailinblack"},                        // mibc-fr-10.mailinblack.com
		{suffix: "vadesecure.com", name: "Vade"},                                // mx01.cloud.vadesecure.com
		{suffix: "tmes.trendmicro.com", name: "Trend Micro Email Security"},     // NAME.in.tmes.trendmicro.com: America, Asia
		{suffix: "tmes.trendmicro.eu", name: "Trend Micro Email Security"},      // Europe, Africa
		{suffix: "tmes-anz.trendmicro.com", name: "Trend Micro Email Security"}, // Australia, New Zealand
		{suffix: "tmems-jp.trendmicro.com", name: "Trend Micro Email Security"}, // Japan
		{suffix: "tmes-sg.trendmicro.com", name: "Trend Micro Email Security"},  // Singapore
		{suffix: "tmes-in.trendmicro.com", name: "Trend Micro Email Security"},  // India
		{suffix: "tmes-uae.trendmicro.com", name: "Trend Micro Email Security"}, // Middle East
		{suffix: "hes.trendmicro.com", name: "Trend Micro Email Security"},      // in.hes.trendmicro.com, Hosted Email Security
		{suffix: "hydra.sophos.com", name: "Sophos Email"},                      // mx-01-eu-west-1.prod.hydra.sophos.com
		{suffix: "mailcontrol.com", name: "Forcepoint"},                         // cust12345-1.in.mailcontrol.com
		{suffix: "fortimailcloud.com", name: "FortiMail Cloud"},                 // gwNAME.fortimailcloud.com
		{suffix: "mxrecord.io", name: "Cloudflare Email Security"},              // mailstream-east.mxrecord.io, once Area 1
		{suffix: "mxrecord.mx", name: "Cloudflare Email Security"},              // mailstream-central.mxrecord.mx
		{suffix: "cf-emailsecurity.net", name: "Cloudflare Email Security"},     // mxa.global.inbound.cf-emailsecurity.net
		{suffix: "mtaroutes.com", name: "N-able Mail Assure"},                   // mx1.mtaroutes.com
		{suffix: "antispamcloud.com", name: "SpamExperts"},                      // N-able's, through hosting companies
		{suffix: "spamexperts.com", name: "SpamExperts"},
		{suffix: "spamexperts.net", name: "SpamExperts"},
		{suffix: "spamexperts.eu", name: "SpamExperts"},
		{suffix: "mailchannels.net", name: "MailChannels"}, // mx1.mailchannels.net, for hosting companies
		{suffix: "spamtitan.com", name: "SpamTitan"},       // TitanHQ's
		{suffix: "esvacloud.com", name: "Libraesva"},       // NAME.esvacloud.com
		{suffix: "arsmtp.com", name: "AppRiver"},           // later Zix's
		{suffix: "nospamproxy.com", name: "NoSpamProxy"},   // NAME.cloud.nospamproxy.com
		{suffix: "expurgate.net", name: "eXpurgate"},       // mx.expurgate.net
		{suffix: "seppmail.cloud", name: "SEPPmail.cloud"}, // mx.seppmail.cloud
		{suffix: "retarus.com", name: "Retarus"},
		{suffix: "mailroute.net", name: "MailRoute"},
		{suffix: "fireeyecloud.com", name: "Trellix Email Security"},
	}
}

// forwarders pass mail on to an address elsewhere, or hand it to a program, and
// keep no mailbox of the domain. Amazon's inbound-smtp.REGION.amazonaws.com is
// not among them: WorkMail has its mailboxes behind the same name.
func forwarders() []service {
	return []service{
		{suffix: "mx.cloudflare.net", name: "Cloudflare Email Routing"},                    // route1.mx.cloudflare.net to route3; once isaac, linda, amir
		{suffix: "improvmx.com", name: "ImprovMX", smtp: "smtp.improvmx.com"},              // mx1.improvmx.com; it submits for its paid plans only
		{suffix: "forwardemail.net", name: "Forward Email", smtp: "smtp.forwardemail.net"}, // mx1.forwardemail.net; paid plans have mailboxes too
		{suffix: "simplelogin.co", name: "SimpleLogin"},                                    // mx1.simplelogin.co
		{suffix: "anonaddy.me", name: "addy.io"},                                           // mail.anonaddy.me, mail2.anonaddy.me
		{suffix: "duck.com", name: "DuckDuckGo Email Protection"},                          // smtp-inbound1.duck.com
		{suffix: "registrar-servers.com", name: "Namecheap email forwarding"},              // eforward1.registrar-servers.com to eforward5; its mailboxes are at privateemail.com
		{suffix: "fwd1.porkbun.com", name: "Porkbun email forwarding"},
		{suffix: "fwd2.porkbun.com", name: "Porkbun email forwarding"},
		{suffix: "gmr-smtp-in.l.google.com", name: "Google Domains email forwarding"}, // alt1.gmr-smtp-in.l.google.com; Workspace has aspmx.l.google.com
		{suffix: "smtp-fwd.wordpress.com", name: "WordPress.com email forwarding"},
		{suffix: "redirect.ovh.net", name: "OVHcloud redirection", zone: "ovh"}, // in each new zone, beside the SPF and SRV records of MX Plan
		{suffix: "inbound-smtp.resend.com", name: "Resend"},                     // hands mail to a program, like all that follow
		{suffix: "mailgun.org", name: "Mailgun"},                                // mxa.mailgun.org, mxb.mailgun.org
		{suffix: "mx.sendgrid.net", name: "SendGrid"},                           // Inbound Parse
		{suffix: "inbound.postmarkapp.com", name: "Postmark"},
		{suffix: "sparkpostmail.com", name: "SparkPost"}, // rx1.sparkpostmail.com to rx3
		{suffix: "inbound.mailersend.net", name: "MailerSend"},
	}
}

// pointer is a name that DNS leads to and that stands in no preset, as people
// do not type it.
type pointer struct {
	suffix                  string
	preset, region, variant string
	server                  bool // the name is also the customer's server
}

func pointers() []pointer {
	return []pointer{
		// Zones of MX Plan have it as target of _autodiscover._tcp and as alias
		// of autodiscover; those of Email Pro and Exchange have proN and exN.
		{suffix: "mailconfig.ovh.net", preset: "ovh", variant: "mxplan"},
		{suffix: "smtp.mail.ovh.net", preset: "ovh", region: "eu"},                                 // the newer name of ssl0.ovh.net
		{suffix: "ex.mail.ovh.ca", preset: "ovh", region: "ca", variant: "exchange", server: true}, // Canadian Exchange has no number
		{suffix: "autodiscover.outlook.com", preset: "microsoft365"},                               // what Microsoft tells customers to publish
		{suffix: "office.com", preset: "microsoft365"},                                             // where that led in 2020: autod.ms-acdc-autod.office.com
		{suffix: "cloud.microsoft", preset: "microsoft365"},                                        // and since: acdcatm.autodiscover.mira.tm.svc.cloud.microsoft
		{suffix: "adsredir.ionos.info", preset: "ionos"},                                           // in each zone with IONOS mail
		{suffix: "infomaniak.com", preset: "infomaniak"},                                           // autoconfig and autodiscover are aliases of it
	}
}
