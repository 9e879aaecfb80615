package smtptest

import (
	"fmt"
	"strings"
)

// Beat is what is said for one stage of a session, as lines of a script. The
// stage has the name that a report has for it.
type Beat struct{ Stage, Client, Server string }

// Greeted is the greeting of smtp.example.test.
func Greeted() Beat { return Beat{"greeting", "", "S: 220 smtp.example.test ready"} }

// Secured is the handshake.
func Secured() Beat { return Beat{"tls", "", "tls"} }

// Hello is client.example.test's EHLO and what the server offers in return.
func Hello(offers ...string) Beat {
	lines := []string{"S: 250-smtp.example.test"}
	for _, o := range offers {
		lines = append(lines, "S: 250-"+o)
	}
	return Beat{"ehlo", "C: EHLO client.example.test", strings.Join(append(lines, "S: 250 HELP"), "\n")}
}

// Transaction is you@example.test signing in and sending a mail to itself.
func Transaction() []Beat {
	return []Beat{
		{"auth", "C: AUTH PLAIN *", "S: 235 2.7.0 welcome"},
		{"mail", "C: MAIL FROM:<you@example.test>*", "S: 250 2.1.0 sender fine"},
		{"rcpt", "C: RCPT TO:<you@example.test>", "S: 250 2.1.5 recipient fine"},
		{"data", "C: DATA", "S: 354 go on"},
		{"data", "message", "S: 250 2.0.0 queued"},
	}
}

// Dialogue is a session that passes all, but for its goodbye; security is ssl,
// starttls or none.
func Dialogue(security string) []Beat {
	auth := Hello("AUTH PLAIN LOGIN", "8BITMIME", "SIZE 1000000")
	var opening []Beat
	switch security {
	case "ssl":
		opening = []Beat{Secured(), Greeted(), auth}
	case "starttls":
		opening = []Beat{Greeted(), Hello("STARTTLS"), {"starttls", "C: STARTTLS", "S: 220 go on"}, Secured(), auth}
	default:
		opening = []Beat{Greeted(), Hello("AUTH PLAIN")}
	}
	return append(opening, Transaction()...)
}

// Until is a Dialogue up to a stage, which then ends otherwise: with these lines.
func Until(security, stage string, more ...string) string {
	var beats []Beat
	for _, b := range Dialogue(security) {
		if b.Stage == stage {
			return Script(append(beats, Beat{stage, b.Client, ""}), more...)
		}
		beats = append(beats, b)
	}
	panic(fmt.Sprintf("smtptest: %s has no stage %s", security, stage))
}

// Script is what a Config takes: the lines of the beats, then more.
func Script(beats []Beat, more ...string) string {
	var lines []string
	for _, b := range beats {
		lines = append(lines, b.Client, b.Server)
	}
	return strings.Join(append(lines, more...), "\n")
}
