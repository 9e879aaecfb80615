//go:build interop

// Package interop proves smtpwiz against servers that others wrote: Postfix for
// SMTP and TLS, Dovecot for SASL. They run on ports of loopback, out of one
// temporary folder and with an own CA; the built program is judged by its exit
// status and its JSON, the servers' logs say what it really did, and the mail
// is read back from the maildir.
//
// To add a case, add a line to scenarios. If it needs a server that behaves in
// another way, add it to services first.
package interop

import "testing"

// TestInterop starts the servers once. swaks goes first, as the independent
// client that shows that the servers do what the scenarios take for granted.
func TestInterop(t *testing.T) {
	requireServers(t)
	p := buildProgram(t)
	s := startSite(t)
	t.Cleanup(func() { s.wantManners(t) })
	t.Run("swaks", s.testWithSwaks)
	t.Run("scenario", func(t *testing.T) {
		for _, sc := range scenarios(s) {
			t.Run(sc.name, func(t *testing.T) {
				t.Parallel()
				sc.run(t, p, s)
			})
		}
	})
	for _, c := range []struct {
		name string
		test func(*testing.T, program, *site)
	}{
		{"a wrong password is sent once", testWrongPasswordOnce},
		{"check sender leaves no mail behind", testEnvelopeOnly},
		{"nothing is said in an unverified session", testUnverifiedSilence},
		{"too many connections", testTooManyConnections},
		{"no two messages are alike", testMessagesDiffer},
		{"in clear goes only what has to", testClearCommands},
		{"both endpoints are tried", testRace},
		{"saved profiles", testSavedProfiles},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, p, s)
		})
	}
}
