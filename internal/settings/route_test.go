package settings

import (
	"fmt"
	"strings"
	"testing"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

func TestParseConnectTo(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]ConnectTo{
		"smtp.example.com:465:127.0.0.1:1465": {"smtp.example.com", 465, "127.0.0.1", 1465},
		"smtp.example.com:465:other.example:": {"smtp.example.com", 465, "other.example", 0},
		"SMTP.Example.com:::1465":             {"smtp.example.com", 0, "", 1465},
		":465:[2001:db8::1]:1465":             {"", 465, "2001:db8::1", 1465},
		"[2001:db8::1]:465:[::1]:1465":        {"2001:db8::1", 465, "::1", 1465},
		"münchen.example:587:localhost:2587":  {"xn--mnchen-3ya.example", 587, "localhost", 2587},
		":::":                                 {},
	} {
		if got, err := ParseConnectTo(text); err != nil || got != want {
			t.Errorf("%q: got %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "a", "a:1:b", "a:1:b:2:c", "a:x:b:2", "a:1:b:0", "a:65536:b:2", "2001:db8::1:465:b:2", "[a:1:b:2", "a]:1:b:2",
		"[a]:1:b:2", "a b:1:c:2", "a:1:http://b:2", "[[::1]]:1:b:2",
	} {
		if got, err := ParseConnectTo(text); err == nil {
			t.Errorf("%q was taken as %+v", text, got)
		}
	}
}

// Whatever is taken can be written again and means the same, and can be dialled.
func FuzzParseConnectTo(f *testing.F) {
	for _, seed := range []string{"a.example:465:127.0.0.1:1465", ":::", "[::1]:465:[fe80::1%eth0]:1", "[a]:1:b:2", "ü.example:1:_x.example:2", "]:1:[:2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseConnectTo(text)
		if err != nil {
			return
		}
		for _, port := range []int{got.Port, got.TargetPort} {
			if port < 0 || port > 65535 {
				t.Errorf("%q: port %d", text, port)
			}
		}
		for _, host := range []string{got.Host, got.TargetHost} {
			if strings.ContainsAny(host, " \r\n\t\x00[]/@") {
				t.Errorf("%q: host %q", text, host)
			}
		}
		again, err := ParseConnectTo(written(got))
		if err != nil || again != got {
			t.Errorf("%q: %+v is written %q and read as %+v, %v", text, got, written(got), again, err)
		}
	})
}

func written(c ConnectTo) string {
	half := func(host string, port int) string {
		joined := submission.JoinHostPort(host, port)
		if port == 0 {
			return strings.TrimSuffix(joined, "0")
		}
		return joined
	}
	return fmt.Sprintf("%s:%s", half(c.Host, c.Port), half(c.TargetHost, c.TargetPort))
}
