//go:build interop

package interop

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/smtpwiz/smtpwiz/internal/export"
	"github.com/smtpwiz/smtpwiz/internal/smtptest"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// What is hard to quote: $, ", #, \, a blank, ', a letter that is not ASCII, %.
const (
	uglyPassword  = `p$a"s#s\ w'ö%d`
	uglyASCII     = `p$a"s#s\ w'o%d` // for Python's smtplib, which takes no other
	exportAccount = "you@example.test"
	exportName    = `Jürgen "Jo" O'Hara, #1`
)

// TestExport has each program send a mail with the very file that is written
// for it: by implicit TLS and by STARTTLS, with the password in it and by
// reference. The server counts a mail only after a login with the password.
func TestExport(t *testing.T) {
	ca := smtptest.NewCA()
	caFile := filepath.Join(sharedDir(t), "ca.pem")
	writeFile(t, caFile, ca.PEM(), 0o644)
	server := startInbox(t, ca.Server(inboxLeaf()))
	npm := sharedDir(t)
	nodeModules := sync.OnceValues(func() (string, error) { return installNodemailer(t.Context(), npm) })
	for _, p := range exportPrograms() {
		t.Run(p.format, func(t *testing.T) {
			for _, e := range server.endpoints {
				for _, inside := range []bool{true, false} {
					name := map[bool]string{true: "password inside", false: "by reference"}[inside]
					if inside && p.onlyReference || !inside && p.onlyInside || p.only != "" && p.only != e.Security {
						continue
					}
					t.Run(string(e.Security)+", "+name, func(t *testing.T) {
						c := newExportCase(t, server, e, caFile, p, inside, nil)
						c.nodeModules = nodeModules
						before := server.count()
						out := p.send(c)
						eventually(t, "a mail by "+p.format, func() bool {
							return server.count() > before || t.Failed()
						})
						if t.Failed() {
							t.Logf("%s", out)
						}
					})
				}
			}
		})
	}
}

// TestExportTrustAndRoute has the programs that have a word for it believe one
// certificate by its fingerprint, show a certificate of their own, go through a
// proxy, and connect elsewhere: in each case no mail gets through without.
func TestExportTrustAndRoute(t *testing.T) {
	ca := smtptest.NewCA()
	dir := sharedDir(t)
	caFile, own := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "own.pem")
	writeFile(t, caFile, ca.PEM(), 0o644)
	writeFile(t, own, pemOf(t, ca.Issue(smtptest.Leaf{Names: []string{"you.example.test"}, Usage: x509.ExtKeyUsageClientAuth})), 0o600)
	certificate := ca.Issue(inboxLeaf())
	config := &tls.Config{Certificates: []tls.Certificate{certificate}}
	strict := config.Clone()
	strict.ClientAuth, strict.ClientCAs = tls.RequireAndVerifyClientCert, ca.Pool()
	open, locked := startInbox(t, config), startInbox(t, strict)
	npm := sharedDir(t)
	nodeModules := sync.OnceValues(func() (string, error) { return installNodemailer(t.Context(), npm) })
	hash := sha256.Sum256(certificate.Certificate[0])

	for name, tt := range map[string]struct {
		server   *inbox
		programs string
		change   func(*testing.T, *export.Settings)
	}{
		"fingerprint": {open, "go msmtp php postfix python s-nail wordpress", func(_ *testing.T, s *export.Settings) {
			s.CAFile, s.Fingerprint = "", hex.EncodeToString(hash[:])
		}},
		"client certificate": {locked, "alertmanager curl django go msmtp mutt nodemailer php postfix python s-nail swaks wordpress", func(_ *testing.T, s *export.Settings) {
			s.ClientCert = own
		}},
		"proxy": {open, "curl msmtp nodemailer s-nail", func(t *testing.T, s *export.Settings) {
			named := submission.JoinHostPort(inboxName, s.Endpoint.Port)
			s.Proxy = smtptest.NewSOCKS(t, smtptest.SOCKSConfig{Hosts: map[string]string{named: loopback(s.Endpoint.Port)}}).Addr().String()
			s.Endpoint.Host = inboxName
		}},
		"elsewhere": {open, "curl go msmtp nodemailer", func(_ *testing.T, s *export.Settings) {
			s.Elsewhere = loopback(s.Endpoint.Port)
			s.Endpoint.Host, s.Endpoint.Port = inboxName, map[submission.Security]int{submission.SSL: 465, submission.STARTTLS: 587}[s.Endpoint.Security]
		}},
	} {
		for _, p := range exportPrograms() {
			if !slices.Contains(strings.Fields(tt.programs), p.format) {
				continue
			}
			for _, e := range tt.server.endpoints {
				if p.only != "" && p.only != e.Security {
					continue
				}
				if name == "proxy" && p.format == "nodemailer" && e.Security == submission.STARTTLS {
					continue // its socks module loses a greeting that comes at once, as on loopback
				}
				t.Run(name+", "+p.format+", "+string(e.Security), func(t *testing.T) {
					c := newExportCase(t, tt.server, e, caFile, p, true, func(s *export.Settings) { tt.change(t, s) })
					for _, note := range c.out.Notes {
						if !strings.Contains(note, caFile) { // Django trusts the system's alone
							t.Fatal(note)
						}
					}
					c.nodeModules = nodeModules
					before := tt.server.count()
					out := p.send(c)
					eventually(t, "a mail by "+p.format, func() bool { return tt.server.count() > before || t.Failed() })
					if t.Failed() {
						t.Logf("%s\n%s", out, c.out.Files[0].Text)
					}
				})
			}
		}
	}
}

// pemOf is a certificate with its key in one file.
func pemOf(t *testing.T, pair tls.Certificate) []byte {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
	return append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})...)
}

// exportProgram is how one program sends with what was written for it.
type exportProgram struct {
	format        string
	send          func(*exportCase) string
	ascii         bool                // takes no other password
	onlyInside    bool                // by reference it asks on the terminal
	onlyReference bool                // the format never holds the password
	only          submission.Security // the other one wants a port of its own
}

func exportPrograms() []exportProgram {
	return []exportProgram{
		{format: "env", send: sendWithEnv},
		{format: "json", send: sendWithJSON},
		{format: "msmtp", send: sendWithMsmtp},
		{format: "git", send: sendWithGit},
		{format: "mutt", send: sendWithMutt},
		{format: "s-nail", send: sendWithSNail},
		{format: "swaks", send: sendWithSwaks, onlyInside: true},
		{format: "curl", send: sendWithCurl, onlyInside: true},
		{format: "python", send: sendWithPython},
		{format: "nodemailer", send: sendWithNodemailer},
		{format: "php", send: sendWithPHPMailer},
		{format: "wordpress", send: sendWithWordPress},
		{format: "symfony", send: sendWithSymfony},
		{format: "django", send: sendWithDjango, ascii: true},
		{format: "rails", send: sendWithRails},
		{format: "go", send: sendWithGo},
		{format: "postfix", send: sendWithPostfix, onlyInside: true},
		{format: "alertmanager", send: sendWithAlertmanager, onlyInside: true, only: submission.STARTTLS},
		{format: "docker-compose", send: sendWithCompose, onlyInside: true},
	}
}

// exportCase is one file as it was written, in a folder of its own.
type exportCase struct {
	*testing.T
	dir      string
	file     string // of the configuration
	out      export.Output
	endpoint submission.Endpoint
	caFile   string
	env      []string

	nodeModules func() (string, error) // with Nodemailer, installed once
}

// newExportCase writes the file into a folder. change, which may be nil, is made to the
// settings before.
func newExportCase(t *testing.T, server *inbox, e submission.Endpoint, caFile string, p exportProgram, inside bool, change func(*export.Settings)) *exportCase {
	t.Helper()
	f, err := export.Find(p.format)
	if err != nil {
		t.Fatal(err)
	}
	c := &exportCase{T: t, dir: sharedDir(t), endpoint: e, caFile: caFile}
	password := uglyPassword
	if p.ascii {
		password = uglyASCII
	}
	server.expect(password)
	from, err := submission.ParseAddress(exportAccount)
	if err != nil {
		t.Fatal(err)
	}
	s := export.Settings{
		Name: "test", Endpoint: e, Username: exportAccount, From: from, DisplayName: exportName, CAFile: caFile,
	}
	if inside {
		s.Password = submission.NewSecret(password)
	} else {
		secret := filepath.Join(c.dir, "the password")
		writeFile(t, secret, []byte(password+"\n"), 0o600)
		s.Command = `cat "` + secret + `"`
		c.env = append(c.env, "SMTP_PASSWORD="+password)
		if p.format == "symfony" {
			c.env = []string{"SMTP_PASSWORD=" + percentEncoded(password)}
		}
	}
	if change != nil {
		change(&s)
	}
	if c.out, err = f.Write(s); err != nil {
		t.Fatal(err)
	}
	if holds := strings.Contains(c.out.Files[0].Text, password); holds && !inside {
		t.Error("the password is in it")
	}
	c.file = filepath.Join(c.dir, filepath.Base(c.out.Files[0].Name))
	for i, file := range c.out.Files {
		path := c.file
		if i > 0 {
			path = filepath.Join(c.dir, file.Name)
		}
		writeFile(t, path, []byte(file.Text), 0o600)
	}
	findings, err := export.Lint(c.file, []byte(c.out.Files[0].Text), nil)
	if err != nil && !errors.Is(err, export.ErrUnknownFile) {
		t.Error(err)
	}
	for _, finding := range findings {
		t.Errorf("lint: line %d: %s", finding.Line, finding.Text)
	}
	return c
}

func percentEncoded(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		b.WriteString("%" + strings.ToUpper(string("0123456789abcdef"[c>>4])+string("0123456789abcdef"[c&15])))
	}
	return b.String()
}

// write puts a further file into the case's folder.
func (c *exportCase) write(name, text string) string {
	path := filepath.Join(c.dir, name)
	writeFile(c.T, path, []byte(text), 0o600)
	return path
}

// run runs a program in the case's folder, which is its home too, with the mail
// on its standard input.
func (c *exportCase) run(program string, args ...string) string {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.Context(), 2*time.Minute)
	defer cancel()
	if lookPath(program) == "" {
		c.Fatalf("%s is not installed: see docs/export.md for what the proof needs", program)
	}
	cmd := exec.CommandContext(ctx, lookPath(program), args...)
	cmd.Dir = c.dir
	cmd.Stdin = strings.NewReader(mailText)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + c.dir, "LANG=C.UTF-8", "TERM=dumb"}, c.env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.Fatalf("%s: %v\n%s\n%s", program, err, out, c.out.Files[0].Text)
	}
	return string(out)
}

const mailText = "From: " + exportAccount + "\nTo: " + exportAccount + "\nSubject: Test\n\nHello.\n"

// inbox is a submission server of the test's own, which keeps what comes from
// the right account.
type inbox struct {
	endpoints []submission.Endpoint

	mu       sync.Mutex
	password string
	mails    [][]byte
}

func startInbox(t *testing.T, config *tls.Config) *inbox {
	t.Helper()
	box := &inbox{}
	for _, security := range []submission.Security{submission.SSL, submission.STARTTLS} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		box.endpoints = append(box.endpoints, submission.Endpoint{Host: "localhost", Port: l.Addr().(*net.TCPAddr).Port, Security: security})
		server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &inboxSession{box: box, conn: c}, nil }))
		server.Domain = "inbox.example.test"
		server.EnableSMTPUTF8 = true
		server.ErrorLog = discardLog{}
		if security == submission.SSL {
			l = tls.NewListener(l, config)
		} else {
			server.TLSConfig = config
		}
		go func() { _ = server.Serve(l) }()
		t.Cleanup(func() { _ = server.Close() })
	}
	return box
}

// inboxName is a name of the server that nobody can look up.
const inboxName = "inbox.example.test"

func inboxLeaf() smtptest.Leaf {
	return smtptest.Leaf{Names: []string{"localhost", "127.0.0.1", inboxName}}
}

type discardLog struct{}

func (discardLog) Printf(string, ...any) {}
func (discardLog) Println(...any)        {}

// expect sets the password; nothing sends meanwhile.
func (b *inbox) expect(password string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.password = password
}

func (b *inbox) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.mails)
}

// inboxSession wants TLS, the right login, and the account's own sender.
type inboxSession struct {
	box  *inbox
	conn *smtp.Conn
	in   bool
}

func (s *inboxSession) AuthMechanisms() []string { return []string{sasl.Plain, sasl.Login} }

func (s *inboxSession) Auth(mechanism string) (sasl.Server, error) {
	check := func(username, password string) error {
		s.box.mu.Lock()
		defer s.box.mu.Unlock()
		if username != exportAccount || password != s.box.password {
			return smtp.ErrAuthFailed
		}
		s.in = true
		return nil
	}
	if mechanism == sasl.Plain {
		return sasl.NewPlainServer(func(_, username, password string) error { return check(username, password) }), nil
	}
	return &loginServer{check: check}, nil
}

// loginServer asks for the two in a row, as every server with LOGIN does.
type loginServer struct {
	check   func(username, password string) error
	answers []string
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if response != nil {
		l.answers = append(l.answers, string(response))
	}
	switch len(l.answers) {
	case 0:
		return []byte("Username:"), false, nil
	case 1:
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.answers[0], l.answers[1])
}

func (s *inboxSession) Mail(from string, _ *smtp.MailOptions) error {
	if _, secure := s.conn.TLSConnectionState(); !secure || !s.in {
		return smtp.ErrAuthRequired
	}
	if from != exportAccount {
		return &smtp.SMTPError{Code: 553, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "not your address: " + from}
	}
	return nil
}

func (s *inboxSession) Rcpt(string, *smtp.RcptOptions) error { return nil }

func (s *inboxSession) Data(r io.Reader) error {
	mail, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	s.box.mails = append(s.box.mails, mail)
	return nil
}

func (s *inboxSession) Reset()        {}
func (s *inboxSession) Logout() error { return nil }

// sender sends by Python's smtplib what a dictionary of settings says, for
// formats that are read and not run.
const sender = `
import base64, json, os, smtplib, ssl, sys
s = json.load(sys.stdin)
context = ssl.create_default_context(cafile=s["ca"])
if s["SMTP_SECURITY"] == "ssl":
    server = smtplib.SMTP_SSL(s["SMTP_HOST"], int(s["SMTP_PORT"]), context=context)
else:
    server = smtplib.SMTP(s["SMTP_HOST"], int(s["SMTP_PORT"]))
    server.starttls(context=context)
server.ehlo()
answer = base64.b64encode(("\0%s\0%s" % (s["SMTP_USERNAME"], s["SMTP_PASSWORD"])).encode())
code, text = server.docmd("AUTH", "PLAIN " + answer.decode())
assert code == 235, text
server.sendmail(s["SMTP_FROM"], ["you@example.test"], "Subject: Test\r\n\r\nHello.\r\n")
server.quit()
`

func (c *exportCase) sendRead(s map[string]string) string {
	c.Helper()
	if s["SMTP_FROM_NAME"] != exportName {
		c.Errorf("the name was read as %q", s["SMTP_FROM_NAME"])
	}
	s["ca"] = c.caFile
	text, err := json.Marshal(s)
	if err != nil {
		c.Fatal(err)
	}
	path := c.write("settings.json", string(text))
	return c.run("sh", "-c", `exec python3 "$1" <"$2"`, "sh", c.write("send.py", sender), path)
}

func sendWithEnv(c *exportCase) string {
	out := c.run("sh", "-c", `set -eu; set -a; . "./.env"; exec python3 -c 'import json, os; print(json.dumps(dict(os.environ)))'`)
	var s map[string]string
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		c.Fatalf("%v\n%s", err, out)
	}
	return c.sendRead(s)
}

func sendWithJSON(c *exportCase) string {
	var s struct {
		Host, Security, Username, From string
		Password                       *string
		Port                           json.Number
		DisplayName                    string `json:"display_name"`
		Command                        string `json:"password_command"`
	}
	if err := json.Unmarshal([]byte(c.out.Files[0].Text), &s); err != nil {
		c.Fatal(err)
	}
	if s.Password == nil {
		printed := strings.TrimSuffix(c.run("sh", "-c", s.Command), "\n")
		s.Password = &printed
	}
	return c.sendRead(map[string]string{
		"SMTP_HOST": s.Host, "SMTP_PORT": s.Port.String(), "SMTP_SECURITY": s.Security, "SMTP_USERNAME": s.Username,
		"SMTP_PASSWORD": *s.Password, "SMTP_FROM": s.From, "SMTP_FROM_NAME": s.DisplayName,
	})
}

// sendWithCompose lets docker-compose read it, and takes the secret's file.
func sendWithCompose(c *exportCase) string {
	out := c.run("sh", "-c", `printf 'version: "3.9"\nservices: {app: {image: app}}\n' >base.yaml; exec docker-compose -f base.yaml -f compose.smtp.yaml config`)
	read := c.run("/usr/bin/python3", "-c", `
import json, sys, yaml
c = yaml.safe_load(open(sys.argv[1]))
s = c["services"]["app"]["environment"]
s = {k: str(v).replace("$$", "$") for k, v in s.items()}
s["SMTP_PASSWORD"] = open(c["secrets"]["smtp_password"]["file"]).read()
print(json.dumps(s))`, c.write("config.yaml", out))
	var s map[string]string
	if err := json.Unmarshal([]byte(read), &s); err != nil {
		c.Fatal(err)
	}
	return c.sendRead(s)
}

func sendWithMsmtp(c *exportCase) string {
	return c.run("msmtp", "-C", c.file, "-a", "test", exportAccount)
}

func sendWithGit(c *exportCase) string {
	patch := c.write("0001-test.patch", "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\nFrom: You <you@example.test>\nDate: Sat, 21 Nov 2026 00:00:00 +0000\nSubject: [PATCH] Test\n\nHello.\n---\n a | 1 +\n")
	c.env = append(c.env, "GIT_COMMITTER_NAME=You", "GIT_AUTHOR_NAME=You", "GIT_COMMITTER_EMAIL="+exportAccount, "GIT_AUTHOR_EMAIL="+exportAccount)
	// Debian's git, where send-email is.
	return c.run("/usr/bin/git", "send-email", "--to="+exportAccount, "--confirm=never", "--quiet", patch)
}

func sendWithMutt(c *exportCase) string {
	return c.run("mutt", "-n", "-F", c.file, "-e", "unset record", "-s", "Test", exportAccount)
}

func sendWithSNail(c *exportCase) string {
	c.env = append(c.env, "MAILRC="+c.file)
	return c.run("s-nail", "-S", "sendwait", "-S", "DEAD=/dev/null", "-s", "Test", exportAccount)
}

func sendWithSwaks(c *exportCase) string {
	return c.run("swaks", "--config", c.file, "--to", exportAccount, "--silent", "2")
}

func sendWithCurl(c *exportCase) string {
	return c.run("curl", "--silent", "--show-error", "--config", c.file, "--mail-rcpt", exportAccount, "--upload-file", c.write("mail.txt", mailText))
}

func sendWithPython(c *exportCase) string {
	return c.run("python3", c.file, exportAccount)
}

func sendWithNodemailer(c *exportCase) string {
	modules, err := c.nodeModules()
	if err != nil {
		c.Fatal(err)
	}
	script := c.write("send.cjs", `require("./transport.cjs").sendMail({ to: "you@example.test", subject: "Test", text: "Hello." }).then(
  () => process.exit(0), (e) => { console.error(e); process.exit(1); });`)
	c.env = append(c.env, "NODE_PATH="+modules)
	return c.run("node", script)
}

// installNodemailer gets Nodemailer from npm and returns its folder of modules.
func installNodemailer(ctx context.Context, dir string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "npm", "install", "--prefix", dir, "--no-audit", "--no-fund", "--ignore-scripts", "nodemailer@7.0.10", "socks@2").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("npm install: %w\n%s", err, out)
	}
	return filepath.Join(dir, "node_modules"), nil
}

func sendWithPHPMailer(c *exportCase) string {
	return c.run("php", c.write("send.php", `<?php
require '/usr/share/php/libphp-phpmailer/src/Exception.php';
require '/usr/share/php/libphp-phpmailer/src/PHPMailer.php';
require '/usr/share/php/libphp-phpmailer/src/SMTP.php';
$mail = require __DIR__ . '/mailer.php';
$mail->addAddress('you@example.test');
$mail->Subject = 'Test';
$mail->Body = 'Hello.';
$mail->send();
`))
}

// sendWithWordPress calls the hooks as wp_mail does, with the PHPMailer that
// WordPress brings along.
func sendWithWordPress(c *exportCase) string {
	return c.run("php", c.write("send.php", `<?php
require '/usr/share/php/libphp-phpmailer/src/Exception.php';
require '/usr/share/php/libphp-phpmailer/src/PHPMailer.php';
require '/usr/share/php/libphp-phpmailer/src/SMTP.php';
$hooks = [];
function add_action($name, $do) { global $hooks; $hooks[$name] = $do; }
function add_filter($name, $do) { global $hooks; $hooks[$name] = $do; }
require __DIR__ . '/smtp.php';
$mail = new PHPMailer\PHPMailer\PHPMailer(true);
$mail->CharSet = 'utf-8';
$mail->setFrom($hooks['wp_mail_from']('wordpress@localhost'), $hooks['wp_mail_from_name']('WordPress'), false);
$mail->addAddress('you@example.test');
$mail->Subject = 'Test';
$mail->Body = 'Hello.';
$mail->isMail();
$hooks['phpmailer_init']($mail);
$mail->send();
`))
}

func sendWithSymfony(c *exportCase) string {
	return c.run("php", "-d", "openssl.cafile="+c.caFile, c.write("send.php", `<?php
require '/usr/share/php/Symfony/Component/Mailer/autoload.php';
require '/usr/share/php/Symfony/Component/Dotenv/autoload.php';
(new Symfony\Component\Dotenv\Dotenv())->usePutenv()->load(__DIR__ . '/.env.local');
$mailer = new Symfony\Component\Mailer\Mailer(Symfony\Component\Mailer\Transport::fromDsn($_ENV['MAILER_DSN']));
$mailer->send((new Symfony\Component\Mime\Email())
    ->from(Symfony\Component\Mime\Address::create($_ENV['MAILER_FROM']))
    ->to('you@example.test')->subject('Test')->text('Hello.'));
`))
}

func sendWithDjango(c *exportCase) string {
	c.env = append(c.env, "SSL_CERT_FILE="+c.caFile, "DJANGO_SETTINGS_MODULE=settings", "PYTHONPATH="+c.dir)
	return c.run("/usr/bin/python3", "-c", `
import settings
settings.SECRET_KEY = "test"
import django.core.management
django.core.management.call_command("sendtestemail", "you@example.test")`)
}

func sendWithRails(c *exportCase) string {
	return c.run("ruby", c.write("send.rb", `
require 'action_mailer'
Settings = Struct.new(:action_mailer)
Mailer = Struct.new(:delivery_method, :default_options, :smtp_settings)
config = Settings.new(Mailer.new)
eval(File.read(File.join(__dir__, 'production.rb')))
class Test < ActionMailer::Base
  def hello
    mail(to: 'you@example.test', subject: 'Test', body: 'Hello.', content_type: 'text/plain')
  end
end
Test.delivery_method = config.action_mailer.delivery_method
Test.smtp_settings = config.action_mailer.smtp_settings
Test.default(config.action_mailer.default_options)
Test.hello.deliver_now
`))
}

func sendWithGo(c *exportCase) string {
	c.env = append(c.env, "GOCACHE="+strings.TrimSpace(command(c.T, "go", "env", "GOCACHE")), "GOFLAGS=-mod=mod", "GO111MODULE=off")
	return c.run("go", "run", c.file, exportAccount)
}

// sendWithPostfix has a Postfix of its own relay what its sendmail gets.
func sendWithPostfix(c *exportCase) string {
	etc, spool, data := filepath.Join(c.dir, "etc"), filepath.Join(c.dir, "spool"), filepath.Join(c.dir, "data")
	makeDir(c.T, etc, 0)
	makeDir(c.T, spool, 0)
	makeDir(c.T, data, userID(c.T, "postfix"))
	writeFile(c.T, etc+"/sasl_passwd", []byte(c.out.Files[1].Text), 0o600)
	lines := strings.ReplaceAll(c.out.Files[0].Text, "/etc/postfix/sasl_passwd", etc+"/sasl_passwd")
	writeFile(c.T, etc+"/main.cf", []byte("compatibility_level = 3.6\nqueue_directory = "+spool+"\ndata_directory = "+data+
		"\nmaillog_file_prefixes = /\nmaillog_file = "+c.dir+"/log\nmyhostname = relay.example.test\nmydestination =\ninet_interfaces = loopback-only\ninet_protocols = ipv4\nsmtp_host_lookup = native\nalias_maps =\n"+lines), 0o644)
	writeFile(c.T, etc+"/master.cf", []byte(relayServices), 0o644)
	c.run("postfix", "-c", etc, "start")
	c.Cleanup(func() { command(c.T, "postfix", "-c", etc, "stop") })
	showLog(c.T, c.dir+"/log")
	return c.run("sendmail", "-C", etc, "-f", exportAccount, exportAccount)
}

const relayServices = `pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`

// sendWithAlertmanager checks the file with amtool and lets an alert go out.
func sendWithAlertmanager(c *exportCase) string {
	text := strings.ReplaceAll(c.out.Files[0].Text, "/etc/alertmanager/smtp_password", filepath.Join(c.dir, "smtp_password"))
	file := c.write("alertmanager.yml", strings.Replace(text, "route:", "route:\n  group_wait: 0s", 1))
	c.run("amtool", "check-config", file)
	address := loopback(freePorts(c.T, 1)[0])
	cmd := exec.CommandContext(c.Context(), "prometheus-alertmanager", "--config.file="+file, "--storage.path="+c.dir+"/data",
		"--web.listen-address="+address, "--cluster.listen-address=", "--log.level=debug")
	cmd.Env = []string{"SSL_CERT_FILE=" + c.caFile}
	var log lockedBuffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if c.Failed() {
			c.Logf("%s", log.String())
		}
	})
	eventually(c.T, "Alertmanager to take the alert", func() bool {
		r, err := http.Post("http://"+address+"/api/v2/alerts", "application/json", strings.NewReader(`[{"labels": {"alertname": "Test"}}]`))
		if err != nil {
			return false
		}
		defer r.Body.Close()
		return r.StatusCode == http.StatusOK
	})
	return ""
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
