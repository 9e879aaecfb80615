package demo

import "strings"

// xoauth2 is Google's mechanism, which Microsoft and others took over.
const xoauth2 = "XOAUTH2"

// tokenServer is the server's side of XOAUTH2 and OAUTHBEARER: a refusal comes
// as JSON in a challenge, and only when the client has answered that, as a
// reply (RFC 7628 section 3.2.3). go-sasl would lose the reply's own words.
type tokenServer struct {
	read    func(response string) (username, token string, ok bool)
	token   loginFunc
	refusal error // due behind the client's answer to the challenge
}

func (t *tokenServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if t.refusal != nil {
		return nil, false, t.refusal
	}
	if response == nil {
		return []byte{}, false, nil // no initial response: ask for it
	}
	username, token, ok := t.read(string(response))
	if !ok {
		return nil, false, malformedAuth()
	}
	if t.refusal = t.token(username, token); t.refusal != nil {
		return []byte(`{"status":"401","schemes":"bearer"}`), false, nil
	}
	return nil, true, nil
}

// readXOAuth2 takes "user=" NAME ^A "auth=Bearer " TOKEN ^A ^A apart.
func readXOAuth2(response string) (username, token string, ok bool) {
	user, rest, _ := strings.Cut(response, "\x01")
	username, hasUser := strings.CutPrefix(user, "user=")
	token, hasToken := bearer(strings.Split(rest, "\x01"))
	return username, token, hasUser && hasToken
}

// readOAuthBearer takes "n,a=" NAME "," ^A KEY=VALUE ^A … ^A apart, with one
// "auth=Bearer " TOKEN (RFC 7628 section 3.1). In NAME, "=2C" is a comma and
// "=3D" an equals sign (RFC 5801 section 4).
func readOAuthBearer(response string) (username, token string, ok bool) {
	header, rest, _ := strings.Cut(response, "\x01")
	parts := strings.Split(header, ",")
	if len(parts) != 3 || parts[0] != "n" || parts[2] != "" {
		return "", "", false
	}
	username, hasUser := strings.CutPrefix(parts[1], "a=")
	token, hasToken := bearer(strings.Split(rest, "\x01"))
	return strings.NewReplacer("=2C", ",", "=3D", "=").Replace(username), token, hasUser && hasToken
}

// bearer finds the token among the parameters; its type is written in any case.
func bearer(parameters []string) (token string, ok bool) {
	const prefix = "auth=bearer "
	for _, p := range parameters {
		if len(p) > len(prefix) && strings.EqualFold(p[:len(prefix)], prefix) {
			return p[len(prefix):], true
		}
	}
	return "", false
}
