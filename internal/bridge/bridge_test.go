package bridge

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509/pkix"
	"encoding/hex"
	"io/fs"
	"os"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smtpwiz/smtpwiz/internal/submission"
)

func at(port int, security submission.Security) submission.Endpoint {
	return submission.Endpoint{Host: "127.0.0.1", Port: port, Security: security}
}

func TestFind(t *testing.T) {
	t.Parallel()
	const starttls, ssl = submission.STARTTLS, submission.SSL
	own := proc(listening(1025, myUID), listening(1026, myUID))
	someone := pkix.Name{CommonName: "127.0.0.1"}
	tests := []struct {
		name    string
		machine func(*testing.T, tls.Certificate) machine // cert is Bridge's own
		proc    fs.FS
		want    Found // but for the certificate, which is there with the endpoint
	}{
		{"nothing", func(*testing.T, tls.Certificate) machine { return nil }, own, Found{}},
		{"STARTTLS", func(t *testing.T, cert tls.Certificate) machine {
			return machine{1025: upgrading(t, bridgeGreeting, cert)}
		}, own, Found{Installed: true, Endpoint: at(1025, starttls), OwnProcess: true}},
		{"SSL", func(t *testing.T, cert tls.Certificate) machine {
			return machine{1025: implicit(t, bridgeGreeting, cert)}
		}, own, Found{Installed: true, Endpoint: at(1025, ssl), OwnProcess: true}},
		{"behind Mailpit", func(t *testing.T, cert tls.Certificate) machine {
			return machine{
				1025: clearOnly(t, "laptop Mailpit ESMTP Service ready"),
				1026: upgrading(t, bridgeGreeting, cert),
			}
		}, own, Found{Installed: true, Endpoint: at(1026, starttls), OwnProcess: true, Occupants: []Occupant{{1025, "Mailpit"}}}},
		{"at the end", func(t *testing.T, cert tls.Certificate) machine {
			return machine{1035: implicit(t, bridgeGreeting, cert)}
		}, nil, Found{Installed: true, Endpoint: at(1035, ssl)}},
		{"past the end", func(t *testing.T, _ tls.Certificate) machine {
			return machine{1036: serve(t, tls.Certificate{}, "close")}
		}, nil, Found{}},
		{"who comes after it does not matter", func(t *testing.T, cert tls.Certificate) machine {
			return machine{1026: upgrading(t, bridgeGreeting, cert), 1027: serve(t, tls.Certificate{}, "may leave\nS: 220 x\ndrain")}
		}, own, Found{Installed: true, Endpoint: at(1026, starttls), OwnProcess: true}},
		{"others only", func(t *testing.T, _ tls.Certificate) machine {
			return machine{
				1025: clearOnly(t, "DavMail 6.2.2-3546 SMTP ready at Sat Jan 01 00:00:00 UTC 2000"),
				1026: serve(t, tls.Certificate{}, "S: SSH-2.0-OpenSSH_9.7\ndrain"),
				1027: serve(t, tls.Certificate{}, "S: * OK IMAP4rev1 ready\ndrain"),
				1028: serve(t, tls.Certificate{}, "stall", `raw HTTP/1.1 400 Bad Request\r\n`+"\ndrain"),
				1029: serve(t, tls.Certificate{}, "close", "close"),
				1030: silent(t),
				1031: clearOnly(t, "tell\\x1b[31m.example ESMTP"),
				1032: serve(t, tls.Certificate{}, "S: 554 mail.example.test ESMTP Postfix\nquit"),
			}
		}, own, Found{Occupants: []Occupant{
			{1025, "DavMail"}, {1026, "an SSH server"}, {1027, "an IMAP server"}, {1028, "a web server"},
			{1029, ""}, {1030, ""}, {1031, ""}, {1032, "Postfix"},
		}}},
		{"its former certificate", func(t *testing.T, _ tls.Certificate) machine {
			return machine{1025: upgrading(t, bridgeGreeting, signedBy(t, formerName(), formerName()))}
		}, own, Found{Installed: true, Endpoint: at(1025, starttls), OwnProcess: true}},
		{"its greeting with another certificate", func(t *testing.T, _ tls.Certificate) machine {
			return machine{
				1025: upgrading(t, bridgeGreeting, signedBy(t, someone, someone)),
				1026: implicit(t, bridgeGreeting, signedBy(t, someone, someone)),
				1027: clearOnly(t, bridgeGreeting),
			}
		}, own, Found{Occupants: []Occupant{{1025, ""}, {1026, ""}, {1027, ""}}}},
		{"its certificate with another greeting", func(t *testing.T, cert tls.Certificate) machine {
			return machine{
				1025: upgrading(t, "localhost ESMTP Service Ready", cert),
				1026: implicit(t, "laptop Mailpit ESMTP Service ready", cert),
			}
		}, own, Found{Occupants: []Occupant{{1025, ""}, {1026, "Mailpit"}}}},
		{"a certificate that another has signed", func(t *testing.T, _ tls.Certificate) machine {
			return machine{1025: upgrading(t, bridgeGreeting, signedBy(t, bridgeName(), someone))}
		}, own, Found{Occupants: []Occupant{{1025, ""}}}},
		{"another user's", func(t *testing.T, cert tls.Certificate) machine {
			return machine{1025: upgrading(t, bridgeGreeting, cert)}
		}, proc(listening(1025, theirUID)), Found{Installed: true, Endpoint: at(1025, starttls)}},
		{"another user's before one's own", func(t *testing.T, cert tls.Certificate) machine {
			return machine{
				1025: upgrading(t, bridgeGreeting, signedBy(t, bridgeName(), bridgeName())),
				1027: upgrading(t, bridgeGreeting, cert),
			}
		}, proc(listening(1025, theirUID), listening(1027, myUID)), Found{
			Installed: true, Endpoint: at(1027, starttls), OwnProcess: true,
			Occupants: []Occupant{{1025, "another user's Proton Mail Bridge"}},
		}},
		{"two of other users", func(t *testing.T, cert tls.Certificate) machine {
			return machine{
				1025: upgrading(t, bridgeGreeting, cert),
				1026: upgrading(t, bridgeGreeting, signedBy(t, bridgeName(), bridgeName())),
			}
		}, proc(listening(1025, theirUID), listening(1026, theirUID)), Found{Installed: true, Endpoint: at(1025, starttls)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cert := ownCertificate(t)
				got := finder(tt.machine(t, cert), tt.proc).Find(t.Context())
				certificate := got.Certificate
				got.Certificate = nil
				if !reflect.DeepEqual(got, tt.want) {
					t.Errorf("got  %+v\nwant %+v", got, tt.want)
				}
				if (certificate == nil) != tt.want.Endpoint.IsZero() {
					t.Errorf("certificate %+v", certificate)
				}
				if certificate != nil && tt.name != "its former certificate" {
					sum := sha256.Sum256(cert.Certificate[0])
					if certificate.SHA256 != hex.EncodeToString(sum[:]) || !slices.Equal(certificate.Names, []string{"127.0.0.1"}) {
						t.Errorf("certificate %+v", certificate)
					}
				}
			})
		})
	}
}

// What listens is asked before and after: a port that changed hands in between
// is nobody's.
func TestFindWhileThePortChangesHands(t *testing.T) {
	t.Parallel()
	for name, tables := range map[string][2]string{
		"theirs first": {listening(1025, theirUID), listening(1025, myUID)},
		"mine first":   {listening(1025, myUID), listening(1025, theirUID)},
		"free at last": {listening(1025, myUID), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				changing := &changingProc{before: proc(tables[0]), after: proc(tables[1])}
				found := finder(machine{1025: upgrading(t, bridgeGreeting, ownCertificate(t))}, changing).Find(t.Context())
				if found.OwnProcess || found.Endpoint != at(1025, submission.STARTTLS) {
					t.Errorf("found %+v", found)
				}
			})
		})
	}
}

// changingProc shows before to the first who looks, and after to the next.
type changingProc struct {
	before, after fs.FS
	reads         int
}

func (c *changingProc) Open(name string) (fs.File, error) {
	if c.reads++; c.reads <= 2 { // two tables
		return c.before.Open(name)
	}
	return c.after.Open(name)
}

// Bubbles keep time by themselves, so that these are exact.
func TestFindIsBounded(t *testing.T) {
	t.Parallel()
	const slow = "drip 300ms 220 one word and another and one more"
	everywhere := func(t *testing.T, scripts ...string) machine {
		m := machine{}
		for port := firstPort; port <= lastPort; port++ {
			m[port] = serve(t, tls.Certificate{}, scripts...)
		}
		return m
	}
	tests := []struct {
		name    string
		machine func(*testing.T) machine
		proc    fs.FS
		cancel  time.Duration
		atMost  time.Duration
	}{
		{"silence everywhere", func(t *testing.T) machine { return everywhere(t, "stall", "drain") }, nil, time.Minute, limit},
		{"slowness everywhere", func(t *testing.T) machine { return everywhere(t, "may leave\n"+slow) }, nil, time.Minute, limit},
		{"cancelled", func(t *testing.T) machine { return everywhere(t, "may leave\n"+slow) }, nil, time.Second / 10, time.Second / 10},
		{"silence behind one's own", func(t *testing.T) machine {
			return machine{1025: upgrading(t, bridgeGreeting, ownCertificate(t)), 1026: serve(t, tls.Certificate{}, "drain")}
		}, proc(listening(1025, myUID)), time.Minute, 0},
		{"silence behind one where nothing tells whose it is", func(t *testing.T) machine {
			return machine{1025: upgrading(t, bridgeGreeting, ownCertificate(t)), 1026: serve(t, tls.Certificate{}, "drain")}
		}, nil, time.Minute, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := finder(tt.machine(t), tt.proc)
				began := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), tt.cancel)
				defer cancel()
				f.Find(ctx)
				if took := time.Since(began); took > tt.atMost {
					t.Errorf("took %s", took)
				}
			})
		})
	}
}

func TestFindCancelledKeepsWhatIsKnown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := finder(machine{
			1025: clearOnly(t, "laptop Mailpit ESMTP Service ready"),
			1026: serve(t, tls.Certificate{}, "drain"),
			1027: upgrading(t, bridgeGreeting, ownCertificate(t)),
		}, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/10)
		defer cancel()
		if got := f.Find(ctx).Occupants; !slices.Equal(got, []Occupant{{1025, "Mailpit"}}) {
			t.Errorf("occupants %v", got)
		}
	})
}

// On real sockets, with what the system says of them.
func TestFindOnLoopback(t *testing.T) {
	t.Parallel()
	cert := ownCertificate(t)
	first := clearOnlyHere(t, "220 laptop Mailpit ESMTP Service ready")
	second := serve(t, cert, "S: 220 "+bridgeGreeting+`
		C: EHLO *
		S: 250-Hello *
		S: 250 STARTTLS
		C: STARTTLS
		S: 220 Ready to start TLS
		tls refused`).Listen().Port
	f := New("test")
	f.Ports = []int{first, second}
	got := f.Find(t.Context())
	if got.Endpoint != at(second, submission.STARTTLS) || !got.Installed || got.Certificate == nil {
		t.Errorf("found %+v", got)
	}
	if !slices.Equal(got.Occupants, []Occupant{{first, "Mailpit"}}) {
		t.Errorf("occupants %v", got.Occupants)
	}
	if told := runtime.GOOS == "linux" && os.Getuid() != overflowUID; got.OwnProcess != told {
		t.Errorf("own process: %v", got.OwnProcess)
	}
}

func clearOnlyHere(t *testing.T, greeting string) int {
	return serve(t, tls.Certificate{}, "S: "+greeting+`
		C: EHLO *
		S: 250 Hello
		quit`).Listen().Port
}

func TestNew(t *testing.T) {
	t.Parallel()
	f := New("test")
	if len(f.Ports) != 11 || f.Ports[0] != 1025 || f.Ports[10] != 1035 {
		t.Errorf("ports %v", f.Ports)
	}
	if (f.Proc != nil) != (runtime.GOOS == "linux") {
		t.Errorf("proc %v", f.Proc)
	}
}
