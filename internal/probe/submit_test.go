package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"github.com/xdg-go/scram"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/smtptest"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// Refusals of a transaction that goes out in one write.
func TestPipelinedRefusals(t *testing.T) {
	t.Parallel()
	ca := smtptest.NewCA()
	opening := smtptest.Script([]smtptest.Beat{smtptest.Secured(), smtptest.Greeted(), smtptest.Hello("PIPELINING", "AUTH PLAIN"), smtptest.Transaction()[0]},
		"C: MAIL FROM:<you@example.test>", "C: RCPT TO:<you@example.test>", "C: DATA")
	sender := strings.ReplaceAll(opening, "C: DATA", "C: RSET\nC: QUIT")
	onlySender := func(p *Plan) { p.Check = report.CheckSender }
	for _, f := range []fault{
		{name: "nothing", script: opening + "\nS: 250 ok\nS: 250 ok\nS: 354 go on\nmessage\nS: 250 queued\nC: QUIT\nS: 221 bye", want: "0"},
		{name: "MAIL", script: opening + "\nS: 553 5.7.1 not yours\nS: 503 5.5.1 MAIL first\nS: 503 5.5.1 RCPT first\n" + polite, want: "8 mail 553"},
		{name: "RCPT", script: opening + "\nS: 250 ok\nS: 550 5.1.1 unknown\nS: 554 5.5.1 no recipients\n" + polite, want: "9 rcpt 550"},
		{name: "RCPT, and 354 all the same", script: opening + "\nS: 250 ok\nS: 550 5.1.1 unknown\nS: 354 go on\nC: .\nS: 554 5.5.1 no recipients\n" + polite, want: "9 rcpt 550"},
		{name: "DATA", script: opening + "\nS: 250 ok\nS: 250 ok\nS: 451 4.3.0 later\n" + polite, want: "10 data 451"},
		{name: "DATA answered with 250", script: opening + "\nS: 250 ok\nS: 250 ok\nS: 250 ok\n" + polite, want: "10 data 250"},
		{name: "message", script: opening + "\nS: 250 ok\nS: 250 ok\nS: 354 go on\nmessage\nS: 552 5.3.4 too big\nC: QUIT\nS: 221 bye", want: "10 data 552"},
		{name: "message answered with 251", script: opening + "\nS: 250 ok\nS: 250 ok\nS: 354 go on\nmessage\nS: 251 fine\nC: QUIT\nS: 221 bye", want: "10 data 251"},
		{name: "421 in the middle", script: opening + "\nS: 250 ok\nS: 421 4.3.2 going down\n" + mute, want: "9 rcpt 421"},
		{name: "421 and the end", script: opening + "\nS: 250 ok\nS: 421 4.3.2 going down\nclose", want: "9 rcpt 421"},
		{name: "end of the connection", script: opening + "\nS: 250 ok\nclose", want: "9 rcpt closed"},
		{name: "silence", script: opening + "\nS: 250 ok\nstall", want: "9 rcpt timeout"},
		{name: "silence after the message", script: opening + "\nS: 250 ok\nS: 250 ok\nS: 354 go on\nmessage\nC: QUIT\nstall", want: "10 data timeout"},
		{name: "end behind the last word", script: opening + "\nS: 250 ok\nS: 250 ok\nS: 354 go on\nmessage\nS: 250 queued\nC: QUIT\nclose", want: "0"},

		{name: "sender only", change: onlySender, script: sender + "\nS: 250 ok\nS: 250 ok\nS: 250 reset\nS: 221 bye", want: "0"},
		{name: "sender only, MAIL", change: onlySender, script: sender + "\nS: 553 5.7.1 not yours\nS: 503 MAIL first\nS: 250 reset\nS: 221 bye", want: "8 mail 553"},
		{name: "sender only, RCPT", change: onlySender, script: sender + "\nS: 250 ok\nS: 550 5.1.1 unknown\nS: 250 reset\nS: 221 bye", want: "9 rcpt 550"},
		{name: "sender only, RSET", change: onlySender, script: sender + "\nS: 250 ok\nS: 250 ok\nS: 502 what\nS: 221 bye", want: "0"},
	} {
		t.Run(f.name, func(t *testing.T) { f.run(t, ca) })
	}
}

func TestChecks(t *testing.T) {
	t.Parallel()
	ca := smtptest.NewCA()
	for check, c := range map[report.Check]struct {
		beats int
		more  string
		ran   string
	}{
		report.CheckConnect: {3, polite, "resolve connect tls greeting ehlo quit"},
		report.CheckLogin:   {4, polite, "resolve connect tls greeting ehlo auth quit"},
		report.CheckSender:  {6, "C: RSET\nS: 250 ok\n" + polite, "resolve connect tls greeting ehlo auth mail rcpt quit"},
		report.CheckSend:    {8, polite, "resolve connect tls greeting ehlo auth mail rcpt data quit"},
	} {
		t.Run(string(check), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := fault{script: smtptest.Script(dialogue(submission.SSL)[:c.beats], c.more), change: func(p *Plan) {
					p.Check, p.JudgesAfterMessage = check, true
				}}
				rep := f.report(t, ca)
				if got := ran(rep); got != c.ran || !rep.OK() || rep.ExitStatus() != 0 {
					t.Errorf("ran %s; %s", got, outcome(rep))
				}
				if conclusive := check != report.CheckSender; rep.Conclusive != conclusive {
					t.Errorf("conclusive: %t", rep.Conclusive)
				}
				if sent := check == report.CheckSend; sent != (rep.MessageID != "") || sent != (rep.Subject != "") {
					t.Errorf("message %q, %q", rep.MessageID, rep.Subject)
				}
			})
		})
	}
}

// ran lists the stages that were not skipped.
func ran(rep *report.Report) string {
	var words []string
	for _, step := range rep.Steps {
		if step.Status != report.Skipped {
			words = append(words, string(step.Stage))
		}
	}
	return strings.Join(words, " ")
}

// What the server refused decides whether anything else is tried: the scripts
// fail over every line that they do not expect.
func TestMechanisms(t *testing.T) {
	t.Parallel()
	ca := smtptest.NewCA()
	opening := func(offer string) string {
		return smtptest.Script([]smtptest.Beat{smtptest.Secured(), smtptest.Greeted(), smtptest.Hello("AUTH " + offer)}) + "\n"
	}
	plain := "C: AUTH PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00you@example.test\x00"+marker)) + "\n"
	login := "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\n" +
		"C: " + base64.StdEncoding.EncodeToString([]byte("you@example.test")) + "\nS: 334 UGFzc3dvcmQ6\n" +
		"C: " + base64.StdEncoding.EncodeToString([]byte(marker)) + "\n"
	welcome := "S: 235 2.7.0 welcome\n" + polite
	onlyLogin := func(p *Plan) { p.Check = report.CheckLogin }
	forced := func(m string) func(*Plan) {
		return func(p *Plan) { p.Check, p.Account.Mechanism = report.CheckLogin, m }
	}
	inClear := func(offer string) string {
		return smtptest.Script([]smtptest.Beat{smtptest.Greeted(), smtptest.Hello("AUTH " + offer)}) + "\n"
	}
	loopback := submission.Endpoint{Host: "localhost", Port: 25, Security: submission.None}

	for _, f := range []fault{
		{name: "PLAIN first", script: opening("GSSAPI SCRAM-SHA-256 CRAM-MD5 LOGIN PLAIN") + plain + welcome, want: "0"},
		{name: "then LOGIN", script: opening("SCRAM-SHA-256 CRAM-MD5 LOGIN") + login + welcome, want: "0"},
		{name: "504 goes on", script: opening("PLAIN LOGIN") + plain + "S: 504 what\n" + login + welcome, want: "0"},
		{name: "5.5.4 goes on", script: opening("PLAIN LOGIN") + plain + "S: 501 5.5.4 not so\n" + login + welcome, want: "0"},
		{name: "5.7.4 goes on", script: opening("PLAIN LOGIN") + plain + "S: 535 5.7.4 unrecognized authentication type\n" + login + welcome, want: "0"},
		{name: "all of them refused", script: opening("PLAIN LOGIN") + plain + "S: 504 what\nC: AUTH LOGIN\nS: 504 what\n" + polite, want: "7 auth 504"},
		{name: "535 does not", script: opening("PLAIN LOGIN") + plain + "S: 535 5.7.8 no\n" + polite, want: "7 auth 535"},
		{name: "535 without more does not", script: opening("PLAIN LOGIN") + plain + "S: 535 no\n" + polite, want: "7 auth 535"},
		{name: "534 does not", script: opening("PLAIN LOGIN") + plain + "S: 534 5.7.9 too weak\n" + polite, want: "7 auth 534"},
		{name: "454 does not", script: opening("PLAIN LOGIN") + plain + "S: 454 4.7.0 later\n" + polite, want: "7 auth 454"},
		{name: "250 is no success", script: opening("PLAIN") + plain + "S: 250 ok\n" + polite, want: "7 auth 250"},
		{name: "forced", script: opening("PLAIN LOGIN") + login + welcome, change: forced("login"), want: "0"},
		{name: "forced and refused", script: opening("PLAIN LOGIN") + "C: AUTH LOGIN\nS: 504 what\n" + polite, change: forced("LOGIN"), want: "7 auth 504"},
		{name: "in clear the other way round", endpoint: loopback, script: inClear("PLAIN LOGIN CRAM-MD5") +
			"C: AUTH CRAM-MD5\nS: 504 what\n" + login + welcome, want: "0"},
	} {
		if f.change == nil {
			f.change = onlyLogin
		}
		t.Run(f.name, func(t *testing.T) { f.run(t, ca) })
	}
}

func TestNotesARefusedMechanism(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := fault{
			script: smtptest.Script([]smtptest.Beat{smtptest.Secured(), smtptest.Greeted(), smtptest.Hello("AUTH PLAIN LOGIN")}, "C: AUTH PLAIN *", "S: 504 5.5.4 what", "C: AUTH LOGIN", "S: 535 5.7.8 no", polite),
		}
		rep := f.report(t, smtptest.NewCA())
		if len(rep.Notes) != 1 || !strings.Contains(rep.Notes[0], "PLAIN") || !strings.Contains(rep.Notes[0], "504 5.5.4 what") {
			t.Errorf("notes %q", rep.Notes)
		}
		if step := rep.Failed(); step.Detail != "LOGIN" {
			t.Errorf("detail %q", step.Detail)
		}
	})
}

// scramServer is a server's side of SCRAM-SHA-256 as answers of a script; with a
// binding, of -PLUS.
func scramServer(t *testing.T, binding *scram.ChannelBinding, last func(string) string) map[string]func(string) string {
	t.Helper()
	client, err := scram.SHA256.NewClient("you@example.test", marker, "")
	if err != nil {
		t.Fatal(err)
	}
	stored, err := client.GetStoredCredentialsWithError(scram.KeyFactors{Salt: "a salt of 16 oct", Iters: 4096})
	if err != nil {
		t.Fatal(err)
	}
	server, err := scram.SHA256.NewServer(func(string) (scram.StoredCredentials, error) { return stored, nil })
	if err != nil {
		t.Fatal(err)
	}
	conversation, mechanism := server.NewConversation(), "SCRAM-SHA-256"
	if binding != nil {
		conversation, mechanism = server.NewConversationWithChannelBindingRequired(*binding), "SCRAM-SHA-256-PLUS"
	}
	step := func(encoded string) string {
		message, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			t.Errorf("not base64: %q", encoded)
		}
		answer, err := conversation.Step(string(message))
		if err != nil {
			t.Errorf("SCRAM: %v", err)
		}
		return answer
	}
	challenge := func(s string) string { return "334 " + base64.StdEncoding.EncodeToString([]byte(s)) }
	return map[string]func(string) string{
		"first": func(line string) string { return challenge(step(strings.TrimPrefix(line, "AUTH "+mechanism+" "))) },
		"proof": func(line string) string { return challenge(last(step(line))) },
	}
}

func TestSCRAM(t *testing.T) {
	t.Parallel()
	same := func(s string) string { return s }
	forged := func(string) string { return "v=" + base64.StdEncoding.EncodeToString(make([]byte, 32)) }
	for name, c := range map[string]struct {
		last func(string) string
		end  string
		want string
	}{
		"proved":              {same, "answer first\nanswer proof\nC: \nS: 235 2.7.0 welcome\n" + polite, "0"},
		"wrong signature":     {forged, "answer first\nanswer proof\nC: \\*\nS: 501 5.7.0 cancelled\n" + polite, "7 auth 501 server_signature"},
		"no signature at all": {same, "answer first\nC: *\nS: 235 2.7.0 welcome\n" + polite, "7 auth 235 server_signature"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ca := smtptest.NewCA()
				srv := smtptest.New(t, smtptest.Config{
					TLS:     ca.Server(smtptest.Leaf{Names: []string{host}}),
					Scripts: []string{smtptest.Script([]smtptest.Beat{smtptest.Secured(), smtptest.Greeted(), smtptest.Hello("AUTH SCRAM-SHA-256")}, c.end)},
					Answers: scramServer(t, nil, c.last),
				})
				pl := plan(t, ca, implicit)
				pl.Check = report.CheckLogin
				rep := runOn(t, context.Background(), proberOn(serve(srv)), pl, nil)
				if got := outcome(rep); got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
			})
		})
	}
}

// Bound to its connection, which the server here knows by its certificate
// (RFC 5929 section 4).
func TestChannelBinding(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ca := smtptest.NewCA()
		config := limited(ca.Server(smtptest.Leaf{Names: []string{host}}), tls.VersionTLS12)
		binding, err := scram.NewTLSServerEndpointBinding(&tls.ConnectionState{PeerCertificates: []*x509.Certificate{config.Certificates[0].Leaf}})
		if err != nil {
			t.Fatal(err)
		}
		srv := smtptest.New(t, smtptest.Config{
			TLS: config,
			Scripts: []string{smtptest.Script([]smtptest.Beat{smtptest.Secured(), smtptest.Greeted(), smtptest.Hello("AUTH SCRAM-SHA-256 SCRAM-SHA-256-PLUS")},
				"answer first", "answer proof", "C: ", "S: 235 2.7.0 welcome", polite)},
			Answers: scramServer(t, &binding, func(s string) string { return s }),
		})
		pl := plan(t, ca, implicit)
		pl.Check = report.CheckLogin
		rep := runOn(t, context.Background(), proberOn(serve(srv)), pl, nil)
		if step := rep.Steps[5]; !rep.OK() || step.Detail != "SCRAM-SHA-256-PLUS" {
			t.Errorf("%s: %+v", outcome(rep), step)
		}
	})
}

// What the server explains inside an exchange is a note, without the token in any
// spelling; one that repeats it as OAuth does is of no use.
func TestNotesWhatTheServerExplains(t *testing.T) {
	t.Parallel()
	for said, notes := range map[string]string{
		`{"status":"400","schemes":"bearer"}`:       `[the server explains: {"status":"400","schemes":"bearer"}]`,
		`{"status":"400","token":"` + marker + `"}`: `[]`,
		fmt.Sprintf(`{"token":"%x"}`, marker):       `[the server explains: {"token":"***"}]`,
		"\x1b[2J":                                   `[the server explains: \x1b[2J]`,
	} {
		t.Run(said, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				challenge := base64.StdEncoding.EncodeToString([]byte(said))
				f := fault{
					script: smtptest.Script([]smtptest.Beat{smtptest.Secured(), smtptest.Greeted(), smtptest.Hello("AUTH PLAIN XOAUTH2")}, "C: AUTH XOAUTH2 *", "S: 334 "+challenge, "C: ", "S: 535 5.7.8 no", polite),
					change: func(p *Plan) { p.Account.Mechanism = "XOAUTH2" },
				}
				rep := f.report(t, smtptest.NewCA())
				if got := outcome(rep); got != "7 auth 535" || fmt.Sprint(rep.Notes) != notes {
					t.Errorf("%s, notes %q", got, rep.Notes)
				}
			})
		})
	}
}

// A server that says the password again, in every reply and encoding.
func TestEchoedPassword(t *testing.T) {
	t.Parallel()
	ca := smtptest.NewCA()
	payload := "\x00you@example.test\x00" + marker
	encode := base64.StdEncoding.EncodeToString
	for _, text := range []string{
		marker, encode([]byte(marker)), encode([]byte(payload)), fmt.Sprintf("%x", marker), strings.ToUpper(marker),
		"you@example.test:" + marker, "<" + marker + ">", strings.Join([]string{marker, marker}, ""),
	} {
		for i, b := range dialogue(submission.SSL) {
			if b.Stage == string(report.TLSStage) {
				continue
			}
			t.Run(fmt.Sprintf("%d %s %s", i, b.Stage, text), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					lines := []string{"S: 550-5.7.1 " + text, "S: 550 5.7.1 (" + text + ")", "C: QUIT", "S: 550 " + text}
					f := fault{script: smtptest.Script(append(dialogue(submission.SSL)[:i:i], smtptest.Beat{Stage: b.Stage, Client: b.Client}), lines...)}
					rep := f.report(t, ca)
					if rep.Failed() == nil {
						t.Error("nothing failed")
					}
					checkNoEcho(t, rep, text)
				})
			})
		}
	}
}

func checkNoEcho(t *testing.T, rep *report.Report, text string) {
	t.Helper()
	for _, l := range rep.Transcript {
		if strings.Contains(l.Text, text) {
			t.Errorf("the transcript tells %q", l.Text)
		}
	}
	for _, step := range rep.Steps {
		if words := step.Detail + step.Err + rep.Greeting; strings.Contains(words, text) {
			t.Errorf("%s tells %q", step.Stage, words)
		}
		if step.Reply != nil && strings.Contains(step.Reply.String(), text) {
			t.Errorf("%s tells %q", step.Stage, step.Reply)
		}
	}
}

// Texts of a server reach a report escaped.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const nasty = `\x1b[2J\xff\u202e`
		f := fault{script: strings.Join([]string{
			"tls", "S: 220 " + nasty, "C: EHLO *", "S: 250-" + nasty, "S: 250-AUTH PLAIN " + nasty, "S: 250 SIZE " + nasty,
			"C: AUTH PLAIN *", "S: 535 5.7.8 " + nasty, "C: QUIT", "S: 221 " + nasty,
		}, "\n")}
		rep := f.report(t, smtptest.NewCA())
		if got := outcome(rep); got != "7 auth 535" {
			t.Errorf("got %s", got)
		}
		for _, text := range textsOf(rep) {
			if !utf8.ValidString(text) || strings.ContainsAny(text, "\x1b\u202e") {
				t.Errorf("not safe: %q", text)
			}
		}
		if !strings.Contains(rep.Failed().Reply.Text(), `\x1b[2J\xff\u202e`) {
			t.Errorf("reply %q", rep.Failed().Reply)
		}
	})
}

func TestNotesABareLF(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := fault{
			script: smtptest.Script([]smtptest.Beat{smtptest.Secured()}, `raw 220 smtp.example.test\n`, "C: EHLO *", "S: 250 hello", polite),
			change: func(p *Plan) { p.Check = report.CheckConnect },
		}
		rep := f.report(t, smtptest.NewCA())
		if !rep.OK() || len(rep.Notes) != 1 || !strings.Contains(rep.Notes[0], "bare LF") {
			t.Errorf("%s, notes %q", outcome(rep), rep.Notes)
		}
	})
}
