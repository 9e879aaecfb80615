package submission

// Account is one set of settings, ready to be tried: where mail is submitted
// and as whom.
type Account struct {
	Preset      string     // name of the provider's preset, "" for none
	Profile     string     // name of the saved profile, "" for none
	Endpoints   []Endpoint // preferred first; several are raced up to EHLO
	Username    string
	Password    Secret
	From        Address
	To          Address // the sender itself unless told otherwise
	DisplayName string
	Mechanism   string // forced SASL mechanism, "" to choose
}

// Envelope is the account's own: from it, to its recipient.
func (a Account) Envelope() Envelope { return Envelope{From: a.From, To: a.To} }

// HasCredentials reports whether AUTH could be attempted.
func (a Account) HasCredentials() bool { return a.Username != "" || !a.Password.IsZero() }

// Field names an answer: a flag of test, a question of setup, and where a
// diagnosis points to.
type Field string

const (
	FieldNone     Field = ""
	FieldPreset   Field = "preset"
	FieldRegion   Field = "region"
	FieldVariant  Field = "variant"
	FieldHost     Field = "host"
	FieldPort     Field = "port"
	FieldSecurity Field = "security"
	FieldUsername Field = "username"
	FieldPassword Field = "password"
	FieldFrom     Field = "from"
	FieldTo       Field = "to"
	FieldAuth     Field = "auth"
	FieldHelo     Field = "helo"
	FieldProxy    Field = "proxy"
)

// Fields lists every field there is.
func Fields() []Field {
	return []Field{FieldPreset, FieldRegion, FieldVariant, FieldHost, FieldPort, FieldSecurity,
		FieldUsername, FieldPassword, FieldFrom, FieldTo, FieldAuth, FieldHelo, FieldProxy}
}
