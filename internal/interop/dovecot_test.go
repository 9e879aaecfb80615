//go:build interop

package interop

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"text/template"
	"time"
)

// goodToken is the OAuth 2.0 token that the issuer vouches for, as alice's.
const goodToken = "ya29." + marker + "-token"

// dovecotConf has no protocols, only the service that Postfix asks. A failed
// login delays nobody, not even itself.
var dovecotConf = template.Must(template.New("dovecot.conf").Parse(`
base_dir = {{.Dir}}/run
state_dir = {{.Dir}}/state
log_path = {{.Dir}}/dovecot.log
protocols =
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256 xoauth2 oauthbearer
auth_username_chars =
auth_username_format =
auth_verbose = yes
auth_failure_delay = 0
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {{.Dir}}/oauth2.conf
}
passdb {
  driver = passwd-file
  mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256
  args = username_format=%u {{.Dir}}/passwords
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=/nonexistent
}
service auth {
  inet_listener {
    address = 127.0.0.1
    port = {{.Port}}
  }
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
`))

var oauth2Conf = template.Must(template.New("oauth2.conf").Parse(`
introspection_mode = post
introspection_url = {{.Issuer}}
username_attribute = username
active_attribute = active
active_value = true
`))

// dovecot is a running instance with a configuration of its own.
type dovecot struct {
	authLog string
}

// startDovecot starts an instance that answers questions about logins.
func startDovecot(t *testing.T, s *site) *dovecot {
	t.Helper()
	dir := s.dir + "/dovecot"
	d := &dovecot{authLog: dir + "/dovecot.log"}
	makeDir(t, dir, 0)
	values := map[string]any{"Dir": dir, "Port": s.ports["sasl"], "Issuer": startIssuer(t)}
	writeFile(t, dir+"/dovecot.conf", execute(t, dovecotConf, values), 0o644)
	writeFile(t, dir+"/oauth2.conf", execute(t, oauth2Conf, values), 0o644)
	var passwords strings.Builder
	for _, a := range accounts {
		passwords.WriteString(a.login + ":" + a.storedPassword() + "::::::\n")
	}
	writeFile(t, dir+"/passwords", []byte(passwords.String()), 0o644)
	showLog(t, d.authLog)

	runDovecot(t, dir+"/dovecot.conf")
	eventually(t, "Dovecot to listen", func() bool {
		conn, err := net.DialTimeout("tcp", loopback(s.ports["sasl"]), time.Second)
		return err == nil && conn.Close() == nil
	})
	return d
}

// storedPassword is the password in clear, which CRAM-MD5 and SCRAM need on the
// server, or a salted hash.
func (a account) storedPassword() string {
	if !a.hashed {
		return "{PLAIN.b64}" + base64.StdEncoding.EncodeToString([]byte(a.password))
	}
	const salt = "salt"
	sum := sha256.Sum256([]byte(a.password + salt))
	return "{SSHA256.b64}" + base64.StdEncoding.EncodeToString(append(sum[:], salt...))
}

// runDovecot starts the program and has it stopped.
func runDovecot(t *testing.T, conf string) {
	t.Helper()
	cmd := exec.Command("timeout", lifetime(t), lookPath("dovecot"), "-F", "-c", conf)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			t.Errorf("Dovecot does not stop, so it is killed: %v", cmd.Process.Kill())
		}
	})
}

// startIssuer starts the service that Dovecot asks whose token it was given
// (RFC 7662), and returns its URL.
func startIssuer(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := map[string]any{"active": false}
		if r.FormValue("token") == goodToken {
			answer = map[string]any{"active": true, "username": alice.login}
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer) // Dovecot judges what it gets
	}))
	t.Cleanup(server.Close)
	return server.URL + "/introspect"
}
