// Package smtptest holds what the tests of other packages talk to: a
// certificate authority, a server that plays a script, a SOCKS5 proxy, a slow
// link and a resolver. Everything is in memory or on loopback and ends with the
// test. Only tests import it.
//
//	ca := smtptest.NewCA()
//	srv := smtptest.New(t, smtptest.Config{
//		TLS: ca.Server(smtptest.Leaf{Names: []string{"smtp.example.test"}}),
//		Scripts: []string{`
//			S: 220 smtp.example.test ready
//			C: EHLO *
//			S: 250-smtp.example.test
//			S: 250 STARTTLS
//			C: STARTTLS
//			S: 220 go on
//			tls
//			C: EHLO *
//			S: 250 smtp.example.test
//			quit`},
//	})
//	addr := srv.Listen() // on loopback
//	conn := srv.Dial()   // or over net.Pipe, for a testing/synctest bubble
//
// A script has one step a line. Blank lines, lines that begin with # and white
// space before a step do not count.
//
//	S: text         send a line; neighbours go out in one write; Go's escapes (\r\n, \xff) may stand in it
//	C: text         the client must send this line; * stands for any run of characters, \* for itself
//	raw text        send bytes as they are, with Go's escapes
//	drip 10ms text  send a line byte by byte, so long apart
//	wait 2s         send nothing for so long
//	message         take lines up to the one with a dot alone
//	answer NAME     take a line and send what Config.Answers[NAME] makes of it
//	tls             the handshake, which must succeed (starttls is the same); first of all for implicit TLS
//	tls refused     the handshake fails, or the client leaves behind it without a word
//	may leave       from here on the client may leave at any time
//	quit            the client leaves without a word, or says QUIT, is answered 221 and the connection closed
//	drain           say nothing, take all that comes until the client leaves or the test ends
//	stall           say nothing until the client leaves or the test ends; it must be silent too
//	close           end the connection in an orderly way
//	half            end our direction of it only, and take all that comes (over a pipe like close)
//	reset           abort the connection (with a RST; over a pipe like close)
//
// Behind the last step the client must leave without another word.
package smtptest
