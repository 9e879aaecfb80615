package submission

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

const marker = "pa55-Marker-9fQ"

// leak is the first spelling of the marker that stands in a text, or "".
func leak(text string) string {
	raw := []byte(marker)
	for _, spelling := range []string{
		marker, base64.RawStdEncoding.EncodeToString(raw), hex.EncodeToString(raw), fmt.Sprintf("%X", raw),
		strings.Trim(fmt.Sprint(raw), "[]"), strings.Trim(fmt.Sprintf("%#v", raw), "[]byte{}"),
	} {
		if strings.Contains(text, spelling) {
			return spelling
		}
	}
	return ""
}

// holder is how careless code keeps a secret: fmt asks an unexported field no methods.
type holder struct {
	Open   Secret
	hidden Secret
	Ptr    *Secret
	Map    map[string]Secret
	Any    any
}

func newHolder() holder {
	s := NewSecret(marker)
	return holder{s, s, &s, map[string]Secret{"k": s}, s}
}

func TestSecretIsPrintedByNoVerb(t *testing.T) {
	t.Parallel()
	s := NewSecret(marker)
	for _, verb := range strings.Fields("v +v #v s +s q #q +q x X #x d b o O c U e g t p #p w 20s -20s .3s 5.2x T z") {
		format := "%" + verb
		for name, arg := range map[string]any{"value": s, "pointer": &s, "holder": newHolder(), "slice": []Secret{s}} {
			if got := fmt.Sprintf(format, arg); leak(got) != "" {
				t.Errorf("Sprintf(%q, %s) = %s", format, name, got)
			}
			if got := fmt.Errorf(format, arg).Error(); leak(got) != "" {
				t.Errorf("Errorf(%q, %s) = %s", format, name, got)
			}
		}
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(format, s); got != "***" {
			t.Errorf("Sprintf(%q) = %q, want ***", format, got)
		}
	}
	if got := fmt.Sprint(s, &s) + fmt.Sprintln(s) + s.String() + s.GoString(); got != "*** ******\n******" {
		t.Errorf("got %q", got)
	}
}

func TestSecretIsEncodedByNothing(t *testing.T) {
	t.Parallel()
	h := newHolder()
	toXML := func(any) ([]byte, error) { return xml.Marshal(h.Open) }
	toGob := func(v any) ([]byte, error) {
		var b bytes.Buffer
		_ = gob.NewEncoder(&b).Encode(v) // it may refuse
		return b.Bytes(), nil
	}
	for name, encode := range map[string]func(any) ([]byte, error){
		"json": json.Marshal, "toml": toml.Marshal, "xml": toXML, "gob": toGob,
	} {
		got, err := encode(h)
		if err != nil || leak(string(got)) != "" {
			t.Errorf("%s: %s, %v", name, got, err)
		}
		if name != "gob" && !strings.Contains(string(got), "***") {
			t.Errorf("%s: no *** in %s", name, got)
		}
	}
}

func TestSecretIsNotLogged(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var b bytes.Buffer
		h := newHolder()
		slog.New(handler(&b)).Info("login", "secret", h.Open, "ptr", h.Ptr, "holder", h, "account", Account{Password: h.Open})
		if got := b.String(); leak(got) != "" || !strings.Contains(got, "***") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestSecretKeepsItsText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "a", marker, "pä55", "\x00\xff\n", "密码"} {
		s := NewSecret(text)
		if s.Reveal() != text || s.IsZero() != (text == "") || s.Len() != len([]rune(text)) {
			t.Errorf("%q: Reveal %q, IsZero %t, Len %d", text, s.Reveal(), s.IsZero(), s.Len())
		}
	}
	var zero Secret
	if zero.Reveal() != "" || !zero.IsZero() || zero.Len() != 0 || zero.String() != "***" {
		t.Errorf("the zero Secret: %q, %t, %d, %s", zero.Reveal(), zero.IsZero(), zero.Len(), zero)
	}
}

func TestHasCredentials(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a    Account
		want bool
	}{
		{Account{}, false},
		{Account{Username: "you"}, true},
		{Account{Password: NewSecret(marker)}, true},
		{Account{Password: NewSecret("")}, false},
	} {
		if got := tt.a.HasCredentials(); got != tt.want {
			t.Errorf("%+v: %t", tt.a, got)
		}
	}
}
