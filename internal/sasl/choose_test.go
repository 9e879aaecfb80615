package sasl

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestCandidates(t *testing.T) {
	t.Parallel()
	all := []string{"CRAM-MD5", "XOAUTH2", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS", "GSSAPI", "OAUTHBEARER",
		"SCRAM-SHA-1-PLUS", "LOGIN", "EXTERNAL", "SCRAM-SHA-256", "PLAIN", "NTLM"}
	bound := &Binding{}
	tests := []struct {
		name string
		s    Situation
		want string
	}{
		{"all in TLS", Situation{Offered: all, Binding: bound},
			"PLAIN LOGIN SCRAM-SHA-256-PLUS SCRAM-SHA-256 SCRAM-SHA-1-PLUS SCRAM-SHA-1 CRAM-MD5"},
		{"without binding", Situation{Offered: all},
			"PLAIN LOGIN SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5"},
		{"in clear", Situation{Offered: all, Clear: true},
			"CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 LOGIN PLAIN"},
		{"some", Situation{Offered: []string{"LOGIN", "CRAM-MD5"}, Binding: bound}, "LOGIN CRAM-MD5"},
		{"some in clear", Situation{Offered: []string{"LOGIN", "CRAM-MD5"}, Clear: true}, "CRAM-MD5 LOGIN"},
		{"lower case", Situation{Offered: []string{"login", "Plain"}}, "PLAIN LOGIN"},
		{"twice", Situation{Offered: []string{"PLAIN", "PLAIN", "plain"}}, "PLAIN"},
		{"tokens never unasked", Situation{Offered: []string{"XOAUTH2", "OAUTHBEARER", "EXTERNAL", "LOGIN"}}, "LOGIN"},
		{"forced", Situation{Offered: all, Forced: "CRAM-MD5"}, "CRAM-MD5"},
		{"forced in lower case", Situation{Offered: []string{"xoauth2"}, Forced: "XOauth2"}, "XOAUTH2"},
		{"forced OAUTHBEARER", Situation{Offered: all, Forced: "OAUTHBEARER"}, "OAUTHBEARER"},
		{"forced EXTERNAL", Situation{Offered: all, Forced: "EXTERNAL"}, "EXTERNAL"},
		{"forced in clear", Situation{Offered: all, Forced: "PLAIN", Clear: true}, "PLAIN"},
		{"forced PLUS", Situation{Offered: all, Forced: "SCRAM-SHA-256-PLUS", Binding: bound}, "SCRAM-SHA-256-PLUS"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Candidates(tt.s)
			if err != nil || strings.Join(got, " ") != tt.want {
				t.Errorf("Candidates = %q, %v; want %s", got, err, tt.want)
			}
		})
	}
}

func TestCandidatesRefused(t *testing.T) {
	t.Parallel()
	many := slices.Repeat([]string{"GSSAPI"}, 5000)
	tests := []struct {
		name string
		s    Situation
		is   error
		says string
	}{
		{"nothing offered", Situation{}, ErrNoneUsable, "the server offers none"},
		{"only tokens", Situation{Offered: []string{"XOAUTH2", "GSSAPI"}}, ErrNoneUsable, "the server offers XOAUTH2, GSSAPI"},
		{"only PLUS, no binding", Situation{Offered: []string{"SCRAM-SHA-256-PLUS"}}, ErrNoneUsable, "SCRAM-SHA-256-PLUS"},
		{"hostile name", Situation{Offered: []string{"\x1b[2JPLAIN", "PL\u202eAIN"}}, ErrNoneUsable, `"\x1b[2JPLAIN", "PL\u202eAIN"`},
		{"very many", Situation{Offered: many}, ErrNoneUsable, "…"},
		{"very long", Situation{Offered: []string{strings.Repeat("A", 5000)}}, ErrNoneUsable, `"AAAAAAAAAAAAAAAAAAAA"`},
		{"unknown", Situation{Offered: []string{"DIGEST-MD5"}, Forced: "DIGEST-MD5"}, ErrUnknownMechanism, "use one of PLAIN, LOGIN"},
		{"PLUS without binding", Situation{Offered: []string{"SCRAM-SHA-1-PLUS"}, Forced: "SCRAM-SHA-1-PLUS"}, ErrNoBinding, "SCRAM-SHA-1-PLUS"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Candidates(tt.s)
			if got != nil || !errors.Is(err, tt.is) {
				t.Fatalf("Candidates = %q, %v; want %v", got, err, tt.is)
			}
			if !strings.Contains(err.Error(), tt.says) || len(err.Error()) > 1000 {
				t.Errorf("error is %q, want it to say %q", err, tt.says)
			}
		})
	}
}

func TestForcedButNotOffered(t *testing.T) {
	t.Parallel()
	_, err := Candidates(Situation{Offered: []string{"PLAIN", "LOGIN"}, Forced: "cram-md5"})
	var not *NotOfferedError
	if !errors.As(err, &not) {
		t.Fatalf("error is %v, want a NotOfferedError", err)
	}
	if not.Mechanism != CRAMMD5 || !slices.Equal(not.Offered, []string{"PLAIN", "LOGIN"}) {
		t.Errorf("error holds %+v", *not)
	}
	if want := "CRAM-MD5 is not offered: the server offers PLAIN, LOGIN"; err.Error() != want {
		t.Errorf("error says %q, want %q", err, want)
	}
}

// Each name that may be forced can be made.
func TestMechanismsAreAllThere(t *testing.T) {
	t.Parallel()
	b := binding(t, first(tlsPair(t, tls13, ecdsaKey(t))))
	names := Mechanisms()
	if len(names) != 10 {
		t.Errorf("there are %d mechanisms, want 10: %q", len(names), names)
	}
	for _, name := range names {
		start(t, name, account(), b)
	}
	names[0] = "BROKEN"
	if Mechanisms()[0] != Plain {
		t.Error("a caller can change the list")
	}
}
