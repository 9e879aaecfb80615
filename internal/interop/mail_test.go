//go:build interop

package interop

import (
	"bytes"
	"encoding/base64"
	"io"
	"io/fs"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"strings"
	"testing"
	"time"
)

// delivered is a mail as it was found in a maildir.
type delivered struct {
	raw    []byte
	header mail.Header
	body   string // decoded
}

// awaitMail waits for the message with an ID to lie in an account's maildir.
func (s *site) awaitMail(t *testing.T, address, id string) delivered {
	t.Helper()
	var raw []byte
	eventually(t, "message "+id+" to "+address, func() bool {
		err := walkFiles(os.DirFS(s.maildirs), func(path string, content []byte) {
			if strings.HasPrefix(path, address+"/new/") && bytes.Contains(content, []byte(id)) {
				raw = content
			}
		})
		return err == nil && raw != nil
	})
	message, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("the message cannot be parsed: %v\n%s", err, raw)
	}
	return delivered{raw, message.Header, decodeBody(t, message)}
}

// walkFiles reads every file below a folder. One that goes away meanwhile is passed over.
func walkFiles(fsys fs.FS, visit func(path string, content []byte)) error {
	return fs.WalkDir(fsys, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(fsys, path)
		if err == nil {
			visit(path, content)
		}
		return nil
	})
}

// decodeBody undoes the transfer encoding of a message that is one text.
func decodeBody(t *testing.T, m *mail.Message) string {
	t.Helper()
	kind, _, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "text/plain" {
		t.Fatalf("Content-Type %q: %v", m.Header.Get("Content-Type"), err)
	}
	body := m.Body
	switch strings.ToLower(m.Header.Get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// wantSelfTest judges a delivered message against the run that sent it.
func (d delivered) wantSelfTest(t *testing.T, r result, displayName string) {
	t.Helper()
	d.wantAddress(t, "From", displayName, r.Account.From)
	d.wantAddress(t, "To", "", r.Account.To)
	if date, err := d.header.Date(); err != nil || time.Since(date).Abs() > time.Hour {
		t.Errorf("Date %q: %v", d.header.Get("Date"), err)
	}
	_, domain, _ := strings.Cut(r.Account.From, "@")
	if id := d.header.Get("Message-Id"); id != r.MessageID || !strings.HasSuffix(id, "@"+domain+">") {
		t.Errorf("Message-ID %q, where JSON has %q and the sender is of %s", id, r.MessageID, domain)
	}
	if auto := d.header.Get("Auto-Submitted"); auto != "auto-generated" {
		t.Errorf("Auto-Submitted %q", auto)
	}
	for name, values := range d.header {
		if len(values) > 1 && name != "Received" {
			t.Errorf("%d fields %s", len(values), name)
		}
	}
	d.wantFacts(t, r)
}

// wantFacts judges what the body tells of the session, and what Postfix does.
func (d delivered) wantFacts(t *testing.T, r result) {
	t.Helper()
	facts := []string{r.Endpoint.Host, itoa(r.Endpoint.Port), r.Endpoint.Security, r.stage("auth").Detail}
	received := "with ESMTPA" // in clear (RFC 3848)
	if r.TLS != nil {
		facts = append(facts, r.TLS.Version)
		received = "using " + strings.Replace(r.TLS.Version, "TLS ", "TLSv", 1) + " with"
	}
	for _, fact := range facts {
		if fact == "" || !strings.Contains(d.body, fact) {
			t.Errorf("the body does not mention %q:\n%s", fact, d.body)
		}
	}
	if got := d.header.Get("Received"); !strings.Contains(got, received) {
		t.Errorf("Postfix noted no %q: %s", received, got)
	}
}

func (d delivered) wantAddress(t *testing.T, field, name, address string) {
	t.Helper()
	got, err := d.header.AddressList(field)
	if err != nil || len(got) != 1 || got[0].Name != name || got[0].Address != address {
		t.Errorf("%s is %q (%v), want %q <%s>", field, d.header.Get(field), err, name, address)
	}
}
