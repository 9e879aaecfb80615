package sasl

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/xdg-go/scram"
)

const (
	tls12 = tls.VersionTLS12
	tls13 = tls.VersionTLS13
)

func first[A, B any](a A, _ B) A { return a }

type vector struct{ mechanism, nonce, clientFirst, serverFirst, clientFinal, serverFinal string }

// The examples of RFC 5802 section 5 and RFC 7677 section 3; the password is "pencil".
func vectors() []vector {
	return []vector{{
		mechanism:   SCRAMSHA1,
		nonce:       "fyko+d2lbbFgONRv9qkxdawL",
		clientFirst: "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
		serverFirst: "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
		clientFinal: "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
		serverFinal: "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
	}, {
		mechanism:   SCRAMSHA256,
		nonce:       "rOprNGfwEbeRWgbNEkqO",
		clientFirst: "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
		serverFirst: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
		clientFinal: "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
		serverFinal: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
	}}
}

// begin makes the client of a vector and checks its first message.
func (v vector) begin(t *testing.T) Client {
	t.Helper()
	client, err := newSCRAM(v.mechanism, Credentials{Username: "user", Password: "pencil"}, nil, func() string { return v.nonce })
	if err != nil {
		t.Fatal(err)
	}
	name, initial, err := client.Start()
	if err != nil || name != v.mechanism || string(initial) != v.clientFirst {
		t.Fatalf("Start = %q, %q, %v; want %q", name, initial, err, v.clientFirst)
	}
	return client
}

func inBase64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func TestSCRAMKnownAnswers(t *testing.T) {
	t.Parallel()
	for _, v := range vectors() {
		t.Run(v.mechanism, func(t *testing.T) {
			t.Parallel()
			client := v.begin(t)
			next(t, client, v.serverFirst, v.clientFinal)
			next(t, client, v.serverFinal, "")
			if err := client.Finish("Authentication successful"); err != nil {
				t.Errorf("Finish: %v", err)
			}
			if _, err := client.Next(nil); !errors.Is(err, ErrChallenge) {
				t.Errorf("a challenge after the end: %v, want ErrChallenge", err)
			}
			if err := client.Finish(""); err != nil {
				t.Errorf("Finish after a stray challenge: %v", err)
			}
		})
	}
}

// Where and how the server proves itself, or not.
func TestSCRAMServerProof(t *testing.T) {
	t.Parallel()
	wrong := "v=" + inBase64("01234567890123456789")
	for _, v := range vectors() {
		tests := []struct {
			name, challenge, success string
			unproved                 bool
		}{
			{"in the challenge", v.serverFinal, "", false},
			{"in 235", "", inBase64(v.serverFinal), false},
			{"in 235, among words", "", "Welcome " + inBase64(v.serverFinal) + "\nhave fun", false},
			{"both", v.serverFinal, inBase64(wrong), false},
			{"nowhere", "", "Authentication successful", true},
			{"wrong in the challenge", wrong, "", true},
			{"wrong in the challenge, right in 235", wrong, inBase64(v.serverFinal), true},
			{"wrong in 235", "", inBase64(wrong), true},
			{"wrong in 235, then right", "", inBase64(wrong) + " " + inBase64(v.serverFinal), true},
			{"not in base64", "", v.serverFinal, true},
			{"malformed", "v=*", "", true},
			{"empty", "v=", "", true},
			{"other words", "OK", "", true},
		}
		for _, tt := range tests {
			t.Run(v.mechanism+" "+tt.name, func(t *testing.T) {
				t.Parallel()
				client := v.begin(t)
				next(t, client, v.serverFirst, v.clientFinal)
				if tt.challenge != "" {
					response, err := client.Next([]byte(tt.challenge))
					if tt.unproved && (response != nil || !errors.Is(err, ErrServerSignature)) {
						t.Errorf("Next = %q, %v; want ErrServerSignature", response, err)
					}
				}
				if err := client.Finish(tt.success); errors.Is(err, ErrServerSignature) != tt.unproved {
					t.Errorf("Finish: %v, want unproved %t", err, tt.unproved)
				}
			})
		}
	}
}

// A server that says 235 before it could prove anything has proved nothing.
func TestSCRAMSuccessTooEarly(t *testing.T) {
	t.Parallel()
	for _, v := range vectors() {
		for _, success := range []string{"", inBase64(v.serverFinal), inBase64(v.serverFirst)} {
			if err := v.begin(t).Finish(success); !errors.Is(err, ErrServerSignature) {
				t.Errorf("%s: Finish(%q) = %v, want ErrServerSignature", v.mechanism, success, err)
			}
		}
	}
}

func TestSCRAMServerError(t *testing.T) {
	t.Parallel()
	v := vectors()[1]
	tests := []struct{ message, want string }{
		{"e=invalid-proof", "invalid-proof"},
		{"e=channel-bindings-dont-match,x=y", "channel-bindings-dont-match"},
		{"e=", ""},
		{"e=\x1b[2Jpencil", ""},
		{"e=" + strings.Repeat("a", 65), ""},
	}
	for _, tt := range tests {
		for _, early := range []bool{true, false} {
			client := v.begin(t)
			if !early {
				next(t, client, v.serverFirst, v.clientFinal)
			}
			next(t, client, tt.message, "") // and the failure reply follows
			if got := client.ServerDetail(); got != tt.want {
				t.Errorf("%q: detail %q, want %q", tt.message, got, tt.want)
			}
			if _, err := client.Next([]byte(v.serverFinal)); !errors.Is(err, ErrChallenge) {
				t.Errorf("%q: another challenge: %v, want ErrChallenge", tt.message, err)
			}
			if err := client.Finish(inBase64(v.serverFinal)); !errors.Is(err, ErrServerSignature) {
				t.Errorf("%q: Finish: %v, want ErrServerSignature", tt.message, err)
			}
		}
	}
}

func TestSCRAMRefusesServerFirst(t *testing.T) {
	t.Parallel()
	v := vectors()[1]
	nonce, salt := "r="+v.nonce+"more", ",s=W22ZaJ0SNY7soEsUEjb6gQ=="
	tests := map[string]string{
		"too many":        nonce + salt + ",i=1000001",
		"far too many":    nonce + salt + ",i=2147483647",
		"beyond int":      nonce + salt + ",i=99999999999999999999999",
		"too few":         nonce + salt + ",i=4095",
		"zero":            nonce + salt + ",i=0",
		"negative":        nonce + salt + ",i=-4096",
		"plus":            nonce + salt + ",i=+4096",
		"leading zero":    nonce + salt + ",i=04096",
		"underscore":      nonce + salt + ",i=4_096",
		"hex":             nonce + salt + ",i=0x1000",
		"space":           nonce + salt + ",i= 4096",
		"no number":       nonce + salt + ",i=",
		"missing":         nonce + salt,
		"second count":    nonce + salt + ",x=1,i=4096",
		"extension":       "m=new," + nonce + salt + ",i=4096",
		"another nonce":   "r=other" + salt + ",i=4096",
		"empty nonce":     "r=" + salt + ",i=4096",
		"salt no base64":  nonce + ",s=***,i=4096",
		"no salt":         nonce + ",i=4096",
		"empty":           "",
		"server-final":    v.serverFinal,
		"too long":        nonce + salt + ",i=4096," + strings.Repeat("x", maxServerText),
		"other mechanism": "Username:",
	}
	for name, message := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := v.begin(t)
			response, err := client.Next([]byte(message))
			if response != nil || !errors.Is(err, ErrChallenge) {
				t.Errorf("Next = %q, %v; want ErrChallenge", response, err)
			}
			if _, err := client.Next([]byte(v.serverFirst)); !errors.Is(err, ErrChallenge) {
				t.Errorf("the exchange goes on: %v", err)
			}
		})
	}
	next(t, v.begin(t), v.serverFirst, v.clientFinal) // the same client takes what is right
}

func TestSCRAMMostIterations(t *testing.T) {
	t.Parallel()
	v := vectors()[0]
	client := v.begin(t)
	response, err := client.Next([]byte(strings.Replace(v.serverFirst, "i=4096", "i=1000000", 1)))
	if err != nil || !strings.Contains(string(response), ",p=") {
		t.Errorf("Next = %q, %v", response, err)
	}
}

func TestSCRAMNonceIsFresh(t *testing.T) {
	t.Parallel()
	_, one := start(t, SCRAMSHA256, account(), nil)
	_, two := start(t, SCRAMSHA256, account(), nil)
	if string(one) == string(two) || len(one) < len("n,,n=you@example.com,r=")+24 {
		t.Errorf("two exchanges begin with %q and %q", one, two)
	}
}

// scramServer is xdg-go's, which knows one account.
func scramServer(t *testing.T, mechanism string, c Credentials) *scram.Server {
	t.Helper()
	hash := hashOf(mechanism)
	keys, err := hash.NewClientUnprepped(c.Username, c.Password, "")
	if err != nil {
		t.Fatal(err)
	}
	stored, err := keys.GetStoredCredentialsWithError(scram.KeyFactors{Salt: "salt", Iters: minIterations})
	if err != nil {
		t.Fatal(err)
	}
	server, err := hash.NewServer(func(name string) (scram.StoredCredentials, error) {
		if name != c.Username {
			return scram.StoredCredentials{}, fmt.Errorf("no user %q", name)
		}
		return stored, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// converse runs a whole exchange, the server's last word as a challenge. The
// error is the server's.
func converse(t *testing.T, client Client, server *scram.ServerConversation) error {
	t.Helper()
	_, response, err := client.Start()
	if err != nil {
		t.Fatal(err)
	}
	for !server.Done() {
		challenge, failed := server.Step(string(response))
		if response, err = client.Next([]byte(challenge)); err != nil {
			t.Fatalf("Next(%q): %v", challenge, err)
		}
		if failed != nil {
			return failed
		}
	}
	return client.Finish("")
}

func TestSCRAMWithServer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name          string
		typed, stored Credentials
		refused       bool
	}{
		{"plain", account(), account(), false},
		{"escapes", Credentials{Username: "a,b=c", Password: ",="}, Credentials{Username: "a,b=c", Password: ",="}, false},
		{"prepared", Credentials{Username: "ｊörg", Password: "pass\u00a0w\u00ador\u0064Ⅸ"}, Credentials{Username: "jörg", Password: "pass wordIX"}, false},
		{"emoji stays", Credentials{Username: "you", Password: "🔑\u00a0"}, Credentials{Username: "you", Password: "🔑\u00a0"}, false},
		{"Latin-1 stays", Credentials{Username: "you", Password: "stra\xdfe"}, Credentials{Username: "you", Password: "stra\xdfe"}, false},
		{"mixed directions stay", Credentials{Username: "you", Password: "אa1"}, Credentials{Username: "you", Password: "אa1"}, false},
		{"wrong password", account(), Credentials{Username: "you@example.com", Password: "another"}, true},
		{"wrong user", account(), Credentials{Username: "them", Password: marker}, true},
	}
	for _, mechanism := range []string{SCRAMSHA1, SCRAMSHA256} {
		for _, tt := range tests {
			t.Run(mechanism+" "+tt.name, func(t *testing.T) {
				t.Parallel()
				client, err := New(mechanism, tt.typed, nil)
				if err != nil {
					t.Fatal(err)
				}
				server := scramServer(t, mechanism, tt.stored).NewConversation()
				if err := converse(t, client, server); (err != nil) != tt.refused {
					t.Errorf("the exchange ends with %v, want refused %t", err, tt.refused)
				}
				if server.Valid() == tt.refused {
					t.Errorf("the server is content: %t", server.Valid())
				}
				if detail := client.ServerDetail(); (detail != "") != tt.refused {
					t.Errorf("detail %q", detail)
				}
			})
		}
	}
}

// serverBinding is computed from the server's end of the connection.
func serverBinding(t *testing.T, state tls.ConnectionState, leaf []byte) scram.ChannelBinding {
	t.Helper()
	if state.Version == tls12 {
		sum := sha256.Sum256(leaf) // RFC 5929 section 4.1: the certificate is signed with SHA-256
		return scram.ChannelBinding{Type: "tls-server-end-point", Data: sum[:]}
	}
	data, err := state.ExportKeyingMaterial("EXPORTER-Channel-Binding", nil, 32) // RFC 9266 section 2
	if err != nil {
		t.Fatal(err)
	}
	return scram.ChannelBinding{Type: "tls-exporter", Data: data}
}

func TestSCRAMPlusWithServer(t *testing.T) {
	t.Parallel()
	for _, mechanism := range []string{SCRAMSHA1Plus, SCRAMSHA256Plus} {
		for _, version := range []uint16{tls12, tls13} {
			t.Run(mechanism+" "+tls.VersionName(version), func(t *testing.T) {
				t.Parallel()
				near, far := tlsPair(t, version, ecdsaKey(t))
				channel := serverBinding(t, far, near.PeerCertificates[0].Raw)
				b := binding(t, near)
				if b.Type() != string(channel.Type) {
					t.Fatalf("bound by %s, want %s", b.Type(), channel.Type)
				}
				server := scramServer(t, mechanism, account())

				client, err := New(mechanism, account(), b)
				if err != nil {
					t.Fatal(err)
				}
				if err := converse(t, client, server.NewConversationWithChannelBindingRequired(channel)); err != nil {
					t.Errorf("the exchange ends with %v", err)
				}

				// Somebody between: the server's connection is another one.
				elsewhere := binding(t, first(tlsPair(t, version, ecdsaKey(t))))
				client, err = New(mechanism, account(), elsewhere)
				if err != nil {
					t.Fatal(err)
				}
				between := server.NewConversationWithChannelBindingRequired(channel)
				if err := converse(t, client, between); err == nil || between.Valid() {
					t.Error("the exchange succeeds through another connection")
				}
				if got := client.ServerDetail(); got != "channel-bindings-dont-match" {
					t.Errorf("detail %q", got)
				}
			})
		}
	}
}

// A server that offers -PLUS too must not mistake the exchange without for a downgrade.
func TestSCRAMWithoutPlusWhereOffered(t *testing.T) {
	t.Parallel()
	near, far := tlsPair(t, tls13, ecdsaKey(t))
	client, err := New(SCRAMSHA256, account(), binding(t, near))
	if err != nil {
		t.Fatal(err)
	}
	server := scramServer(t, SCRAMSHA256, account()).NewConversationWithChannelBinding(serverBinding(t, far, nil))
	if err := converse(t, client, server); err != nil {
		t.Errorf("the exchange ends with %v", err)
	}
}

func TestNewBindingRefused(t *testing.T) {
	t.Parallel()
	if b, err := NewBinding(tls.ConnectionState{}); b != nil || !errors.Is(err, ErrNoBinding) {
		t.Errorf("before the handshake: %v, %v", b, err)
	}
	near, _ := tlsPair(t, tls12, ed25519Key(t))
	if b, err := NewBinding(near); b != nil || err == nil {
		t.Errorf("Ed25519 in TLS 1.2: %v, %v", b, err)
	}
	near, _ = tlsPair(t, tls13, ed25519Key(t))
	if b, err := NewBinding(near); err != nil || b.Type() != "tls-exporter" {
		t.Errorf("Ed25519 in TLS 1.3: %v, %v", b, err)
	}
}
