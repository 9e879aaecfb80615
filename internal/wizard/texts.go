package wizard

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/smtpwiz/smtpwiz/internal/report"
	"github.com/smtpwiz/smtpwiz/internal/submission"
)

// texts is all that the wizard itself says, in English: whole sentences, one
// method each, with what differs as parameters. A translation is another type
// with the same methods. What presets and diagnoses say comes in as it is.
type texts struct{}

// --- the address ---

func (texts) addressTitle() string { return "Which address will send the mail?" }
func (texts) welcome() string {
	return "smtpwiz finds its server, proves it with one test mail to yourself, and saves only what works."
}
func (texts) editing(profile string) string {
	return fmt.Sprintf("These are the answers of the profile “%s”. Change what you like: it is tested again, and saved when you say so.", profile)
}
func (texts) addressHelp() string {
	return "The address of your mailbox, such as you@example.com. Its server is found from it. Your name is shown to those who get your mail; you may leave it out."
}
func (texts) demo() string {
	return "This is a demonstration. The server runs inside this program, and no mail leaves this computer."
}
func (texts) notAnAddress() string { return "An address has the form you@example.com." }
func (texts) domainMissing(domain string) string {
	return fmt.Sprintf("DNS knows no domain %s. Check what stands after the @, or go on if you know better.", domain)
}
func (texts) slipTitle(meant string) string { return fmt.Sprintf("Did you mean %s?", meant) }
func (texts) slipLabel() string             { return "Your address" }
func (texts) slipKeep(typed string) string  { return fmt.Sprintf("%s is right", typed) }

// --- while something is looked for ---

func (texts) lookingUp(domain string) string { return fmt.Sprintf("Looking up %s", domain) }
func (texts) lookingForBridge() string       { return "Looking for Proton Mail Bridge" }
func (texts) lookingForKeyring() string      { return "Looking for a keyring" }
func (texts) saving() string                 { return "Saving" }

// --- the server ---

func (texts) providerTitle(domain string) string {
	if domain == "" {
		return "Who is the mail provider?"
	}
	return fmt.Sprintf("Who runs the mail of %s?", domain)
}
func (texts) providerHelp() string {
	return "The company where the mailbox is. If it is not in the list, or the server is your own, choose “My own server”."
}
func (texts) choose() string          { return "Choose one of the list." }
func (texts) askingAgain() string     { return "DNS was asked again." }
func (texts) ownServer() string       { return "My own server, or another provider" }
func (texts) ownServerDetail() string { return "You type the server's name." }
func (texts) byDNS() string           { return "Find it from the address (DNS)" }
func (texts) byDNSDetail() string     { return "Ask again where the mail of the domain goes." }
func (texts) dnsFailed() string       { return "DNS did not answer, so the provider could not be found." }
func (texts) dnsDoesNotTell(domain string) string {
	return fmt.Sprintf("DNS does not tell which provider %s is with.", domain)
}
func (texts) noMail(domain string) string {
	return fmt.Sprintf("%s says in DNS that it takes no mail, so no provider can be found from it.", domain)
}
func (texts) forwardOnly(domain, service string) string {
	return fmt.Sprintf("The mail of %s goes to %s, which only passes it on: there is no mailbox to log in to. Sending needs another provider.", domain, service)
}
func (texts) behindFilter(domain, filter string) string {
	return fmt.Sprintf("The mail of %s passes the spam filter %s first. Who keeps the mailboxes is another matter.", domain, filter)
}
func (texts) variantTitle(provider string) string {
	return fmt.Sprintf("Which offer of %s is it?", provider)
}
func (texts) regionTitle(provider string) string {
	return fmt.Sprintf("In which region of %s is the account?", provider)
}
func (texts) hostTitle(domain string) string {
	return fmt.Sprintf("Which server sends the mail of %s?", domain)
}
func (texts) hostHelp() string {
	return "The provider calls it SMTP server or outgoing mail server. Port and security are found by trying."
}
func (texts) notAHost() string { return "A server's name looks like smtp.example.com." }
func (texts) confirmTitle(host string) string {
	return fmt.Sprintf("Is %s the right server?", host)
}
func (texts) confirmWhy() string {
	return "Only DNS says so, and your password would go there. Compare it with what your provider tells you."
}
func (texts) confirmLabel(host string) string { return fmt.Sprintf("Send the password to %s", host) }

func (texts) provider(title, region string) string {
	if region == "" {
		return fmt.Sprintf("Provider: %s.", title)
	}
	return fmt.Sprintf("Provider: %s, %s.", title, region)
}
func (texts) ownDomain(domain, title, region string) string {
	if region == "" {
		return fmt.Sprintf("%s belongs to %s.", domain, title)
	}
	return fmt.Sprintf("%s belongs to %s, %s.", domain, title, region)
}
func (texts) hostedAt(domain, title, region, why string) string {
	if region == "" {
		return fmt.Sprintf("%s has its mail at %s%s.", domain, title, why)
	}
	return fmt.Sprintf("%s has its mail at %s, %s%s.", domain, title, region, why)
}
func (texts) throughBridge(domain, title string) string {
	return fmt.Sprintf("The mail of %s goes through %s on this computer.", domain, title)
}
func (texts) serverByDNS(domain, host, why string) string {
	return fmt.Sprintf("DNS names %s as the server of %s%s.", host, domain, why)
}

// why is a bracket that ends a sentence.
func (texts) why(e Evidence) string {
	kind := map[EvidenceKind]string{ByMX: "MX", BySRV: "SRV", BySPF: "SPF", ByAutodiscover: "autodiscover"}[e.Kind]
	if kind == "" || e.Name == "" {
		return ""
	}
	return fmt.Sprintf(" (%s: %s)", kind, e.Name)
}

func (t texts) endpoint(first, second submission.Endpoint) string {
	switch {
	case second.Port == 0:
		return fmt.Sprintf("%s, port %d, %s.", first.Host, first.Port, t.security(first.Security))
	case second.Port == first.Port:
		return fmt.Sprintf("%s, port %d, %s or %s.", first.Host, first.Port, t.security(first.Security), t.security(second.Security))
	}
	return fmt.Sprintf("%s, port %d, %s; else port %d, %s.", first.Host, first.Port, t.security(first.Security), second.Port, t.security(second.Security))
}
func (texts) logsInAs(user, from string) string {
	if user == from {
		return fmt.Sprintf("Log in and send as %s.", user)
	}
	return fmt.Sprintf("Log in as %s, send as %s.", user, from)
}
func (texts) security(s submission.Security) string {
	switch s {
	case submission.SSL:
		return "SSL"
	case submission.STARTTLS:
		return "STARTTLS"
	}
	return "not encrypted"
}
func (texts) byTrying() string        { return "find out by trying" }
func (texts) chosenFromOffer() string { return "chosen from the server's offer" }
func (texts) wouldGoInClear(host string) string {
	return fmt.Sprintf("Without encryption the password for %s would cross the network in clear. Use SSL or STARTTLS.", host)
}

// --- Bridge ---

func (texts) bridgeAbsent() string     { return "Proton Mail Bridge is not on this computer" }
func (texts) bridgeNotRunning() string { return "Proton Mail Bridge is not running" }
func (texts) bridgeStart(installed bool) string {
	if installed {
		return "Nothing on ports 1025 to 1035 is Bridge. Start Bridge, sign in to it, then look again."
	}
	return "Nothing on ports 1025 to 1035 is Bridge. Install Bridge from proton.me/mail/bridge, start it and sign in, then look again. With an address in your own domain, the provider “Proton Mail (SMTP token)” works without Bridge."
}
func (texts) lookAgain() string     { return "look again" }
func (texts) typePort() string      { return "type the port" }
func (texts) otherProvider() string { return "another provider" }
func (texts) occupied(port int, name string) string {
	if name == "" {
		return fmt.Sprintf("Another program answers on port %d.", port)
	}
	return fmt.Sprintf("Port %d is %s.", port, name)
}
func (texts) bridgeAnswers(port int) string { return fmt.Sprintf("Bridge answers on %d.", port) }
func (texts) pinTitle(address string) string {
	return fmt.Sprintf("Trust the certificate of %s?", address)
}
func (texts) pinWhy() string {
	return "The program there made its certificate itself, so nobody else vouches for it. Say yes if that program is yours."
}
func (texts) pinLabel() string { return "Trust this certificate, and no other, from now on" }
func (texts) notPinned() string {
	return "Without trust in its certificate, no password is sent there."
}
func (texts) pinnedItself(sha256 string) string {
	return fmt.Sprintf("Its certificate is trusted by its fingerprint, since the program that listens is your own: sha256:%s…", sha256[:min(16, len(sha256))])
}
func (texts) certificateFor(names []string) string {
	const most = 5
	switch {
	case len(names) == 0:
		return "The certificate names no server."
	case len(names) > most:
		return fmt.Sprintf("The certificate is for %s and %d more.", strings.Join(names[:most], ", "), len(names)-most)
	}
	return fmt.Sprintf("The certificate is for %s.", strings.Join(names, ", "))
}
func (texts) certificateDates(from, to time.Time) string {
	return fmt.Sprintf("It is valid from %s to %s.", day(from), day(to))
}
func (texts) certificateFingerprint() string { return "Its fingerprint:" }

func day(t time.Time) string { return t.UTC().Format("2 January 2006") }

// --- the password ---

func (texts) warningTitle(provider string) string {
	return fmt.Sprintf("%s and passwords", provider)
}
func (texts) goOn(oauth bool) string {
	if oauth {
		return "go on, I have a token"
	}
	return "go on with a password"
}
func (texts) loginTitle() string { return "Log in" }
func (texts) logIn(c report.Check) string {
	switch c {
	case report.CheckConnect:
		return "connect"
	case report.CheckLogin:
		return "log in"
	case report.CheckSender:
		return "log in and ask for the sender"
	}
	return "log in and send one test mail"
}
func (texts) senderLabel() string { return "Sender (From)" }
func (texts) loginHelp(c report.Check) string {
	const rest = " The password is not shown. Nothing is saved before you say so."
	switch c {
	case report.CheckConnect:
		return "Enter connects to the server, without logging in." + rest
	case report.CheckLogin:
		return "Enter connects to the server and logs in. No mail is sent." + rest
	case report.CheckSender:
		return "Enter connects to the server, logs in and asks whether it takes a mail from you. None is sent." + rest
	}
	return "Enter connects to the server, logs in and sends one test mail to yourself." + rest
}
func (texts) nothingSaved(c report.Check, to string) string {
	if c.Includes(report.Data) {
		return fmt.Sprintf("One test mail goes to %s. Nothing is saved yet.", to)
	}
	return "No mail is sent. Nothing is saved yet."
}
func (texts) passwordOfServer() string {
	return "The password of the mailbox on this server. If your provider has app passwords, make one and use that."
}
func (texts) passwordOfDemo(refused bool) string {
	if refused {
		return "Enter alone takes the demonstration's password. This goes wrong in it:"
	}
	return "Enter alone takes the password of the demonstration. Type another one to see how a refusal looks."
}
func (texts) passwordGeneric(provider string) string {
	return fmt.Sprintf("The password of your mailbox at %s. If you log in there with a second factor, look in the security settings of your account for an app password.", provider)
}
func (texts) howToGetIt(known bool) string {
	if known {
		return "If you do not know the password:"
	}
	return "How to get the password:"
}
func (texts) nameForIt(name string) string { return fmt.Sprintf("A good name for it: %s", name) }

// named puts the name into the step that speaks of one; false where none does.
func (texts) named(steps []string, name string) ([]string, bool) {
	const example = "smtpwiz for example"
	i := slices.IndexFunc(steps, func(step string) bool { return strings.Contains(step, example) })
	if i < 0 {
		return steps, false
	}
	steps = slices.Clone(steps)
	steps[i] = strings.Replace(steps[i], example, "“"+name+"”", 1)
	return steps, true
}
func (texts) password() string { return "Password" }
func (texts) passwordLabel(label string) string {
	if label == "" {
		return "Password"
	}
	return capital(label)
}
func (texts) characters(n int) string {
	if n == 1 {
		return "1 character"
	}
	return fmt.Sprintf("%d characters", n)
}
func (texts) withoutSpaces(n int) string {
	return fmt.Sprintf("Without the spaces between the groups: %d characters.", n)
}
func (texts) received(n int) string {
	if n == 1 {
		return "1 character was received."
	}
	return fmt.Sprintf("%d characters were received.", n)
}
func (t texts) sameAsTyped(n int) string {
	return fmt.Sprintf("leave it empty for the %s typed before", t.characters(n))
}
func (texts) sameAsSaved() string     { return "leave it empty for the saved one" }
func (texts) sameAsDemo() string      { return "leave it empty for the demonstration's own" }
func (texts) usernameMissing() string { return "The user name is needed." }
func (texts) passwordMissing() string { return "The password is needed." }
func (texts) pasteAgain() string      { return "type the password again" }
func (texts) tryAnyway() string       { return "try it anyway" }
func (texts) leaveOut() string        { return "leave them out" }
func (texts) doubtSpace() string      { return "The password begins or ends with a space or line end" }
func (texts) doubtLine() string       { return "The password has a line end in the middle" }
func (texts) triedAsGiven(slip string) string {
	return strings.TrimSuffix(slip, ".") + ". The password is tried as it was given."
}
func (texts) doubtUsername() string { return "That is an address or user name, not a password" }
func (texts) doubtKey() string      { return "That is a key or a link, not a password" }
func (texts) doubtCode() string {
	return "That looks like the six digits of a second factor, not a password"
}
func (texts) doubtNonASCII() string {
	return "The password has letters outside ASCII. Some servers and programs get those wrong"
}
func (texts) doubtShape(label string, length int, alphabet, refused string) string {
	kind := map[string]string{"letters": "letters", "alphanumeric": "letters and digits", "hex": "digits and the letters a to f"}[alphabet]
	if kind == "" {
		kind = "characters"
	}
	text := fmt.Sprintf("A %s has %d %s.", label, length, kind)
	if strings.ContainsRune("aeiouAEIOU", []rune(label + " ")[0]) {
		text = fmt.Sprintf("An %s has %d %s.", label, length, kind)
	}
	if refused != "" {
		text += " " + refused
	}
	return text
}

func (texts) unlockWhy(profile string) string {
	return fmt.Sprintf("The saved password of “%s” is in it. To type another password instead, go back.", profile)
}
func (texts) readingKept() string { return "Reading the saved password" }
func (texts) keptUnreadable(err string) string {
	return fmt.Sprintf("The saved password cannot be read: %s.", strings.TrimSuffix(err, "."))
}

// --- the try ---

func (texts) trying(host string) string { return fmt.Sprintf("Trying %s", host) }
func (texts) tryingUngrouped(host string) string {
	return fmt.Sprintf("Trying %s, the password without its spaces", host)
}
func (texts) waitTitle() string   { return "Waiting before the next try" }
func (texts) tryNow() string      { return "try now" }
func (texts) stopWaiting() string { return "stop waiting" }
func (texts) waitForServer() string {
	return "The server wants to be asked again later. Tried sooner, it often says no once more."
}
func (texts) waitForLock(refusals int) string {
	return fmt.Sprintf("%d logins in a row were refused. Many providers lock an account that guesses on.", refusals)
}
func (texts) stopped() string { return "Stopped. All answers are kept." }

// --- a failure ---

// failedTitle says what happened. Nothing was refused where no reply came.
func (t texts) failedTitle(failed report.Step, host string) string {
	if failed.Reply == nil {
		return t.brokenTitle(failed.Stage, host)
	}
	switch failed.Stage {
	case report.Auth:
		return "The login was refused"
	case report.Mail:
		return "The sender was refused"
	case report.Rcpt:
		return "The recipient was refused"
	case report.Data:
		return "The test mail was refused"
	}
	return t.brokenTitle(failed.Stage, host)
}
func (texts) brokenTitle(stage report.Stage, host string) string {
	switch stage {
	case report.Resolve:
		return fmt.Sprintf("The name %s was not found", host)
	case report.Connect:
		return fmt.Sprintf("No connection to %s", host)
	case report.TLSStage, report.STARTTLS:
		return fmt.Sprintf("No protected connection to %s", host)
	case report.Greeting, report.EHLO:
		return fmt.Sprintf("No mail session with %s", host)
	case report.Auth:
		return fmt.Sprintf("No login at %s", host)
	}
	return "The test mail did not get through"
}
func (texts) serverSaid() string { return "The server said:" }
func (t texts) alsoTried(port int, s submission.Security, reachable bool, err string) string {
	if reachable {
		return fmt.Sprintf("Port %d (%s) was tried too and answers.", port, t.security(s))
	}
	return fmt.Sprintf("Port %d (%s) was tried too: %s.", port, t.security(s), err)
}
func (t texts) pausing(refusals int, left time.Duration) string {
	return fmt.Sprintf("%d logins in a row were refused. The next try waits %s, so that the account is not locked.", refusals, t.howLong(left))
}
func (t texts) changeOne(f submission.Field) string {
	switch f {
	case submission.FieldPreset:
		return "change the provider"
	case submission.FieldRegion:
		return "change the region"
	case submission.FieldVariant:
		return "change the offer"
	case submission.FieldHost:
		return "change the server"
	case submission.FieldPort:
		return "change the port"
	case submission.FieldSecurity:
		return "change the security"
	case submission.FieldUsername:
		return "change the user name"
	case submission.FieldFrom:
		return "change the sender"
	case submission.FieldTo:
		return "change the recipient"
	case submission.FieldAuth:
		return "change the way of signing in"
	case submission.FieldHelo:
		return "change the name for EHLO"
	case submission.FieldProxy:
		return "change the proxy"
	case DisplayName:
		return "add your name"
	case ProfileName:
		return "change what is saved"
	}
	return "change it"
}
func (t texts) changeOneTitle(f submission.Field) string { return capital(t.changeOne(f)) }

// about tells what an answer is for that has a page to itself, nil where that is plain.
func (texts) about(f submission.Field) []Block {
	switch f {
	case submission.FieldProxy:
		return []Block{
			{Plain, "A SOCKS proxy passes the connection on from another network, for where this one lets no mail out. If you have none, leave this empty: your phone's network or a VPN does the same."},
			{Plain, "It is written socks5://HOST:PORT. A login by ssh on another computer is one: leave this line running in another window, with that computer's name in it, and type socks5://127.0.0.1:1080 here."},
			{Command, "ssh -D 1080 USER@COMPUTER"},
			{Plain, "What the proxy itself wants to log in goes into SMTPWIZ_PROXY_USERNAME and SMTPWIZ_PROXY_PASSWORD, before setup is started."},
		}
	case submission.FieldTo:
		return []Block{{Plain, "The test mail goes to this address, and to nobody else. Empty means your own."}}
	case submission.FieldFrom:
		return []Block{{Plain, "Who the mail is from, as its readers see it. Most servers take only an address of the account that you log in with."}}
	case submission.FieldUsername:
		return []Block{{Plain, "What you log in with. With most providers that is the whole address."}}
	case submission.FieldHelo:
		return []Block{{Plain, "The name by which this computer introduces itself to the server. A host name with a dot in it, such as one of your own domain, is taken almost everywhere. Empty means this computer's own name."}}
	case submission.FieldAuth:
		return []Block{{Plain, "How user name and password are sent. The first choice is right for almost everybody. XOAUTH2 and OAUTHBEARER want a token in place of the password."}}
	}
	return nil
}

// capital begins a sentence.
func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

func (texts) sendAsLogin() string             { return "send as the login address" }
func (texts) useCertified(host string) string { return fmt.Sprintf("use the name %s", host) }
func (texts) certifiedTitle() string          { return "Is this the name of your server?" }
func (texts) certifiedWhy(host string) string {
	return fmt.Sprintf("You asked for %s, and the server that answers is certified for another name. Take it only if it is your provider's.", host)
}
func (texts) certifiedLabel() string  { return "The server's name" }
func (texts) showCertificate() string { return "look at the certificate" }
func (texts) tryAgain() string        { return "try again" }
func (texts) tryAgainNow() string     { return "try again at once" }
func (t texts) waitAndTry(d time.Duration) string {
	return fmt.Sprintf("wait %s, then try again", t.howLong(d))
}
func (texts) howLong(d time.Duration) string {
	seconds := int(math.Ceil(d.Seconds()))
	switch {
	case seconds == 1:
		return "1 second"
	case seconds == 60:
		return "1 minute"
	case seconds%60 == 0:
		return fmt.Sprintf("%d minutes", seconds/60)
	}
	return fmt.Sprintf("%d seconds", seconds)
}
func (texts) writeCase() string { return "write a report for support" }
func (texts) writingCase() string {
	return "Writing the report. The route to the server is followed for 10 s at most"
}
func (texts) caseWritten(file, to string) string {
	if to == "" {
		return fmt.Sprintf("The report is in %s. Send it to the support of your provider; there is no password in it.", file)
	}
	return fmt.Sprintf("The report is in %s. Send it to %s; there is no password in it.", file, to)
}
func (texts) caseNotWritten(err string) string {
	return fmt.Sprintf("The report could not be written: %s.", strings.TrimSuffix(err, "."))
}
func (t texts) tryEndpoint(port int, s submission.Security) string {
	return fmt.Sprintf("try port %d, %s", port, t.security(s))
}
func (texts) tryProvider(title string) string { return fmt.Sprintf("try %s", title) }
func (texts) tryRegion() string               { return "another region" }
func (texts) viaProxy() string                { return "through a SOCKS proxy" }
func (texts) saveUntested(otherNetwork bool) string {
	if otherNetwork {
		return "save it untested, for another network"
	}
	return "save it untested, for later"
}
func (texts) changeMore() string      { return "change something else" }
func (texts) seeTranscript() string   { return "see the transcript" }
func (texts) stop() string            { return "stop" }
func (texts) goBack() string          { return "go back" }
func (texts) transcriptTitle() string { return "Transcript" }
func (texts) transcriptWhat() string {
	return "C is this side, S the server, * inside TLS. Passwords are replaced."
}
func (texts) transcriptLine(server, tls bool, text string) string {
	who, inside := "C", " "
	if server {
		who = "S"
	}
	if tls {
		inside = "*"
	}
	return inside + who + ": " + text
}

// --- changes ---

func (texts) change() string      { return "change" }
func (texts) changeTitle() string { return "Change what you like" }
func (texts) changeHelp() string {
	return "Leave as it is what is right. What is left empty is found out by smtpwiz. A SOCKS proxy is for networks that let no mail out: without one, leave that empty."
}
func (texts) label(f submission.Field) string {
	switch f {
	case submission.FieldFrom:
		return "Address"
	case DisplayName:
		return "Your name"
	case submission.FieldPreset:
		return "Provider"
	case submission.FieldRegion:
		return "Region"
	case submission.FieldVariant:
		return "Offer"
	case submission.FieldHost:
		return "Server"
	case submission.FieldPort:
		return "Port"
	case submission.FieldSecurity:
		return "Security"
	case submission.FieldUsername:
		return "User name"
	case submission.FieldTo:
		return "Test mail to"
	case submission.FieldAuth:
		return "SASL mechanism"
	case submission.FieldHelo:
		return "Name for EHLO"
	case submission.FieldProxy:
		return "SOCKS proxy"
	case ProfileName:
		return "Name of the profile"
	case SecretStore:
		return "Password rests in"
	case PasswordCommand:
		return "Command"
	}
	return string(f)
}
func (texts) hint(f submission.Field) string {
	switch f {
	case submission.FieldFrom, submission.FieldTo:
		return "you@example.com"
	case submission.FieldHost:
		return "smtp.example.com"
	case submission.FieldPort:
		return "465 or 587, by trying"
	case submission.FieldProxy:
		return "socks5://127.0.0.1:1080"
	case PasswordCommand:
		return "pass show mail/example"
	case DisplayName:
		return "optional"
	}
	return ""
}
func (texts) bridgePort() string      { return "1025, or what Bridge shows" }
func (texts) unfit(err string) string { return fmt.Sprintf("That does not go together: %s.", err) }
func (texts) notAPort() string        { return "A port is a number from 1 to 65535." }
func (texts) notOneLine() string      { return "It must be one line of text." }
func (texts) notAHeloName() string    { return "A name for EHLO is a host name, without spaces." }
func (texts) notAProxy() string       { return "A proxy is written socks5://HOST:PORT." }
func (texts) notAStore() string       { return "It is one of keyring, file, command and none." }
func (texts) nameTaken(name string) string {
	return fmt.Sprintf("There is a profile %s already. Choose another name, or change that one with smtpwiz setup %s.", name, name)
}

// --- saving ---

func (texts) works() string { return "Works." }
func (texts) accepted(c report.Check, host, to string) string {
	switch c {
	case report.CheckConnect:
		return fmt.Sprintf("%s answers. The login was not tried.", host)
	case report.CheckLogin:
		return fmt.Sprintf("%s let you in. No mail was sent.", host)
	case report.CheckSender:
		return fmt.Sprintf("%s let you in and takes mail from you to %s. None was sent.", host, to)
	}
	return fmt.Sprintf("%s took the test mail to %s.", host, to)
}
func (texts) untested() string { return "Not tested: what is saved may be wrong" }
func (texts) saveQuestion(name, store string, unlock Unlock) string {
	switch store {
	case StoreKeyring:
		return fmt.Sprintf("Save as “%s”, password in the keyring?", name)
	case StoreFile:
		if unlock == ByKeyFile {
			return fmt.Sprintf("Save as “%s”, password in the encrypted file, opened by a key file?", name)
		}
		return fmt.Sprintf("Save as “%s”, password in the encrypted file, opened by a passphrase?", name)
	case StoreCommand:
		return fmt.Sprintf("Save as “%s”, password from your command?", name)
	}
	return fmt.Sprintf("Save as “%s”, without the password?", name)
}
func (texts) demoKeepsNothing() string {
	return "With an account of yours, setup would save it now, and its password in the keyring or an encrypted file. Nothing of this demonstration is kept."
}
func (texts) endDemo() string   { return "end the demonstration" }
func (texts) save() string      { return "save" }
func (texts) doNotSave() string { return "no" }
func (texts) noKeyring(why string) string {
	if why == "" {
		return "There is no keyring here, so the password needs another place."
	}
	return capital(strings.TrimSuffix(why, ".")) + ". So the password needs another place."
}
func (texts) unattended() string { return "Will a script use this without you?" }
func (texts) storesHelp() string {
	return "A script cannot type a passphrase. For it, the password is opened by a key file, or printed by a command such as pass. If only you use it, an encrypted file with a passphrase is safer."
}
func (texts) placeTitle() string   { return "Where should the password rest?" }
func (texts) placeLabel() string   { return "Place" }
func (texts) placeKeyFile() string { return "Encrypted file, opened by a key file" }
func (texts) placeKeyFileDetail() string {
	return "Protects backups and copies, not against root or you."
}
func (texts) placeFile() string          { return "The encrypted file that is there" }
func (texts) placeFileDetail() string    { return "A script needs its passphrase in SMTPWIZ_PASSPHRASE." }
func (texts) placeCommand() string       { return "A command of yours prints it" }
func (texts) placeCommandDetail() string { return "Such as pass, gopass or a vault." }
func (texts) placeNone() string          { return "Nowhere" }
func (texts) placeNoneDetail() string {
	return "It comes from SMTPWIZ_PASSWORD, or is asked for each time."
}
func (texts) store(store string) string {
	switch store {
	case StoreKeyring:
		return "the keyring"
	case StoreFile:
		return "the encrypted file"
	case StoreCommand:
		return "a command of yours"
	}
	return "nowhere: asked for each time"
}
func (texts) askLater() string     { return "asked before it is saved" }
func (texts) commandTitle() string { return "Which command prints the password?" }
func (texts) commandWhat() string {
	return "It is run now, to see that it prints the password, and then each time. The password itself is not kept."
}
func (texts) commandMissing() string { return "The command is needed." }
func (texts) commandTells() string {
	return "The password itself stands in that command, and anybody who reads the settings would read it. Name a program that keeps it, such as pass."
}
func (texts) runningCommand() string { return "Running the command" }
func (texts) printsAnother(printed, tried int) string {
	if printed == tried {
		return "The command prints another password than the one that was tried."
	}
	return fmt.Sprintf("The command prints another password than the one that was tried: its length is %d, not %d.", printed, tried)
}
func (texts) printsNone(err, hint string) string {
	text := capital(strings.TrimSuffix(err, ".")) + "."
	if hint == "" {
		return text
	}
	if hint = capital(hint); !strings.ContainsAny(hint[len(hint)-1:], ".?") {
		hint += "."
	}
	return text + " " + hint
}
func (texts) passphraseTitle(isNew bool) string {
	if isNew {
		return "Choose a passphrase for the encrypted file"
	}
	return "The passphrase of the encrypted file"
}
func (texts) passphraseLabel() string { return "Passphrase" }
func (texts) repeatLabel() string     { return "The same again" }
func (texts) passphraseLines() string {
	return "There is a line end in the passphrase. Take it out, or type it anew."
}
func (texts) passphraseMissing() string { return "The passphrase is needed." }
func (texts) passphrasesDiffer() string { return "The two passphrases differ." }
func (texts) protects() string {
	return "The encrypted file protects backups and copies, not against root or you."
}
func (texts) notSavedBecause(err string) string {
	return fmt.Sprintf("It could not be saved: %s.", err)
}

// --- the summary ---

func (texts) savedAs(name string, isDefault bool) string {
	if isDefault {
		return fmt.Sprintf("Saved as “%s”, the default profile.", name)
	}
	return fmt.Sprintf("Saved as “%s”.", name)
}
func (texts) nothingWasSaved() string { return "Nothing was saved." }
func (texts) proven(c report.Check, host, to, subject string) string {
	switch c {
	case report.CheckConnect:
		return fmt.Sprintf("Proven: %s answers as a mail server.", host)
	case report.CheckLogin:
		return fmt.Sprintf("Proven: %s let you in.", host)
	case report.CheckSender:
		return fmt.Sprintf("Proven: %s let you in, and let you begin a mail to %s.", host, to)
	}
	if subject == "" {
		return fmt.Sprintf("Proven: %s let you in and took a mail to %s.", host, to)
	}
	return fmt.Sprintf("Proven: %s let you in and took a mail to %s. Look for “%s” in that mailbox; it may be in Junk.", host, to, subject)
}
func (texts) provenDemo(host, to, subject string) string {
	return fmt.Sprintf("Proven: %s let you in and took a mail to %s. The server of the demonstration received “%s”; with a provider it would be in your mailbox.", host, to, subject)
}
func (texts) provenTLS(version string, pinned bool) string {
	if pinned {
		return fmt.Sprintf("Proven: the connection is protected by %s, with the one certificate that you trust.", version)
	}
	return fmt.Sprintf("Proven: the connection is protected by %s, with a verified certificate.", version)
}
func (texts) notConclusive() string {
	return "Not proven: whether the provider lets you send as this address."
}
func (texts) notLookedAt(c report.Check) string {
	switch c {
	case report.CheckConnect:
		return "Not proven: the user name, the password, that it takes your mail, and that reading mail works."
	case report.CheckLogin, report.CheckSender:
		return "Not proven: that it takes a mail of yours, and that reading mail works."
	}
	return "Not proven: that the mail arrived, and that reading mail works."
}
func (texts) notProven() string { return "Nothing is proven: the last try did not pass." }
func (texts) settingsAre(path string) string {
	if path == "" {
		return ""
	}
	return fmt.Sprintf("The settings are in %s.", path)
}
func (texts) passwordIs(store string) string {
	switch store {
	case StoreKeyring:
		return "The password is in the keyring."
	case StoreFile:
		return "The password is in the encrypted file."
	case StoreCommand:
		return "The password comes from your command."
	}
	return "The password is not kept."
}
func (texts) demoEnds() string {
	return "This was a demonstration: its server is gone, and nothing was kept. With an account of yours: smtpwiz setup"
}
func (texts) passwordSet(now time.Time) string {
	return fmt.Sprintf("It was set on %s.", now.Format("2 January 2006"))
}
func (texts) testAgain(name string) string {
	return fmt.Sprintf("To test it again: smtpwiz test %s", name)
}
func (texts) wholeCard(name string) string {
	return fmt.Sprintf("For a mail program, a phone or a printer: smtpwiz card %s", name)
}
func (texts) goodToKnow(preset string) string {
	return fmt.Sprintf("Good to know (more: smtpwiz presets show %s)", preset)
}
func (texts) keepsCopy(how string) string {
	if how == "" {
		return "What you send is kept in Sent by the server. A program that keeps a copy too makes doubles."
	}
	return "The server keeps a copy in Sent, so mind doubles. " + how
}
func (texts) loginAlerts(mailbox bool) string {
	if !mailbox {
		return ""
	}
	return "Switch on login alerts in your account: they tell when somebody else signs in."
}

// --- where nobody can be asked ---

func (texts) missing(flags string) string { return fmt.Sprintf("answers are missing: %s", flags) }
func (texts) ended(title, flags string) string {
	if flags == "" {
		return fmt.Sprintf("the answers ended before all was answered, at “%s”", title)
	}
	return fmt.Sprintf("the answers ended before all was answered, at “%s”; missing: %s", title, flags)
}
func (texts) endedHint() string {
	return "run it in a terminal, or give the answers as flags: see smtpwiz setup --help"
}
func (texts) missingHint(yes bool) string {
	if yes {
		return "give them as flags, or run it in a terminal"
	}
	return "give them as flags, let --yes take the defaults, or run it in a terminal"
}
func (texts) passphraseFlags() string {
	return "SMTPWIZ_PASSPHRASE, --passphrase-file or SMTPWIZ_KEY_FILE"
}
func (texts) storeMissing(why string) string {
	if why == "" {
		why = "there is no keyring here"
	}
	return strings.TrimSuffix(why, ".") + ". So say where the password rests: --secret-store file (encrypted), command (yours prints it), or none (given each time)"
}
func (texts) passwordFlags() string {
	return "--password-stdin, --password-file, --password-command or SMTPWIZ_PASSWORD"
}
func (texts) givenWrong(flag, wrong string) string { return fmt.Sprintf("--%s: %s", flag, wrong) }
func (texts) givenHint(f submission.Field) string {
	switch f {
	case submission.FieldPreset:
		return "smtpwiz presets lists them"
	case SecretStore:
		return "--secret-store file (encrypted), command (yours prints it) and none (given each time) need no keyring"
	}
	return fmt.Sprintf("change --%s", f)
}
func (texts) presetsHint() string {
	return "smtpwiz presets show NAME tells regions, variants and servers"
}
func (texts) storeUnusable(store, why string) string {
	if why == "" {
		return fmt.Sprintf("The password cannot rest in %s here.", texts{}.store(store))
	}
	return fmt.Sprintf("The password cannot rest in %s here: %s", texts{}.store(store), why)
}
