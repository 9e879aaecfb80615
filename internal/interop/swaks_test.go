//go:build interop

package interop

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// testWithSwaks has an independent client meet the replies that the scenarios
// expect. If this fails, the servers are wrong and not smtpwiz.
func (s *site) testWithSwaks(t *testing.T) {
	boss, ghost := []string{"--from", boss.address}, []string{"--to", "ghost@example.test"}
	mechanism := func(name string) []string { return []string{"--auth", name} }
	for _, c := range []struct {
		name    string
		service string
		flags   []string
		want    string // the start of a line of the server
	}{
		{"PLAIN", "ssl", mechanism("PLAIN"), "250 2.0.0 Ok: queued as"},
		{"LOGIN", "ssl", mechanism("LOGIN"), "250 2.0.0 Ok: queued as"},
		{"CRAM-MD5", "ssl", mechanism("CRAM-MD5"), "250 2.0.0 Ok: queued as"},
		{"STARTTLS", "starttls", nil, "250 2.0.0 Ok: queued as"},
		{"clear", "clear", nil, "250 2.0.0 Ok: queued as"},
		{"stored hash", "ssl", []string{"-au", hashed.login, "--from", hashed.address}, "250 2.0.0 Ok: queued as"},
		{"odd login", "ssl", []string{"-au", odd.login, "-ap", odd.password, "--quit-after", "AUTH"}, "235 2.7.0"},
		{"wrong password", "ssl", []string{"-ap", badPassword}, "535 5.7.8"},
		{"another's sender at RCPT", "ssl", boss, "553 5.7.1"},
		{"another's sender at MAIL", "early", boss, "553 5.7.1"},
		{"unknown recipient", "ssl", ghost, "550 5.1.1"},
		{"full mailbox", "full", nil, "552 5.2.2"},
		{"greylisted", "greylist", nil, "450 4.2.0"},
		{"spam", "spam", nil, "550 5.7.1"},
		{"EHLO name", "strictehlo", []string{"--helo", "localhost"}, "504 5.5.2"},
		{"no client certificate", "clientcert", nil, "421 4.7.1"},
		{"client certificate", "clientcert", []string{"--tls-cert", s.certs.clientCert, "--tls-key", s.certs.clientKey}, "250 2.0.0 Ok: queued as"},
		{"TLS 1.1", "tls11", []string{"--tls-protocol", "tlsv1_1", "--tls-cipher", "ALL:@SECLEVEL=0"}, "250 2.0.0 Ok: queued as"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if out := s.swaks(t, c.service, c.flags); !strings.Contains(out, " "+c.want) {
				t.Errorf("no reply %q:\n%s", c.want, out)
			}
		})
	}
}

// swaks sends a message as alice, unless the flags say otherwise, and returns
// the transcript. Its exit status follows from the replies.
func (s *site) swaks(t *testing.T, service string, flags []string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	args := []string{
		"--server", "127.0.0.1", "--port", itoa(s.ports[service]), "--timeout", "20", "--helo", "[127.0.0.1]",
		"--auth", "PLAIN", "-au", alice.login, "-ap", alice.password, "--from", alice.address, "--to", alice.address,
	}
	switch service {
	case "clear":
	case "starttls":
		args = append(args, "-tls")
	default:
		args = append(args, "-tlsc")
	}
	out, err := exec.CommandContext(ctx, "swaks", append(args, flags...)...).CombinedOutput()
	if ctx.Err() != nil {
		t.Fatalf("swaks: %v\n%s", err, out)
	}
	return string(out)
}
