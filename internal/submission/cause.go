package submission

// Cause is the reason of a failure, as scripts and the wizard know it. The names
// are fixed: scripts depend on them.
type Cause string

const (
	BadCredentials           Cause = "bad_credentials"
	AppPasswordRequired      Cause = "app_password_required"
	OAuthRequired            Cause = "oauth_required"
	OAuthTokenInvalid        Cause = "oauth_token_invalid"
	AuthDisabledForAccount   Cause = "auth_disabled_for_account"
	AuthMissing              Cause = "auth_missing"
	AuthMechanismUnsupported Cause = "auth_mechanism_unsupported"
	AuthNotOffered           Cause = "auth_not_offered"
	TLSRequired              Cause = "tls_required"
	WebLoginRequired         Cause = "web_login_required"
	AccountSuspended         Cause = "account_suspended"
	FromMismatch             Cause = "from_mismatch"
	SenderNotVerified        Cause = "sender_not_verified"
	SenderDomainInvalid      Cause = "sender_domain_invalid"
	SenderDomainAuth         Cause = "sender_domain_auth"
	SenderRejected           Cause = "sender_rejected"
	RelayDenied              Cause = "relay_denied"
	RecipientRejected        Cause = "recipient_rejected"
	RecipientMailboxFull     Cause = "recipient_mailbox_full"
	RateLimited              Cause = "rate_limited"
	QuotaExceeded            Cause = "quota_exceeded"
	Greylisted               Cause = "greylisted"
	IPBlocked                Cause = "ip_blocked"
	MessageTooLarge          Cause = "message_too_large"
	ContentRejectedSpam      Cause = "content_rejected_spam"
	ContentRejectedVirus     Cause = "content_rejected_virus"
	ProtocolError            Cause = "protocol_error"
	HELORejected             Cause = "helo_rejected"
	DNSFailure               Cause = "dns_failure"
	ConnectionRefused        Cause = "connection_refused"
	BridgeNotRunning         Cause = "bridge_not_running"
	PortBlocked              Cause = "port_blocked"
	ServerSilent             Cause = "server_silent"
	ConnectionLost           Cause = "connection_lost"
	NotSMTP                  Cause = "not_smtp"
	SMTPIntercepted          Cause = "smtp_intercepted"
	WrongPortOrSecurity      Cause = "wrong_port_or_security"
	STARTTLSNotOffered       Cause = "starttls_not_offered"
	STARTTLSInjection        Cause = "starttls_injection"
	TLSVersion               Cause = "tls_version"
	CertUntrusted            Cause = "cert_untrusted"
	CertExpired              Cause = "cert_expired"
	CertNameMismatch         Cause = "cert_name_mismatch"
	ServerDownTemporary      Cause = "server_down_temporary"
	NotDelivered             Cause = "not_delivered"
	Unknown                  Cause = "unknown"
)

// Causes lists every cause there is.
func Causes() []Cause {
	return []Cause{BadCredentials, AppPasswordRequired, OAuthRequired, OAuthTokenInvalid, AuthDisabledForAccount, AuthMissing, AuthMechanismUnsupported, AuthNotOffered, TLSRequired, WebLoginRequired, AccountSuspended, FromMismatch, SenderNotVerified, SenderDomainInvalid, SenderDomainAuth, SenderRejected, RelayDenied, RecipientRejected, RecipientMailboxFull, RateLimited, QuotaExceeded, Greylisted, IPBlocked, MessageTooLarge, ContentRejectedSpam, ContentRejectedVirus, ProtocolError, HELORejected, DNSFailure, ConnectionRefused, BridgeNotRunning, PortBlocked, ServerSilent, ConnectionLost, NotSMTP, SMTPIntercepted, WrongPortOrSecurity, STARTTLSNotOffered, STARTTLSInjection, TLSVersion, CertUntrusted, CertExpired, CertNameMismatch, ServerDownTemporary, NotDelivered, Unknown}
}
