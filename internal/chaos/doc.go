// Package chaos sets a probe against servers that do as they like, and holds
// what must be true whatever a server does. It has tests only:
//
//	make chaos SEEDS=10000     # so many servers
//	make chaos SEED=4711       # one of them again, with what was said
//
// A seed decides all there is to decide: the plan and its password, the server's
// certificate, every word and misdeed of the server and where it breaks what it
// writes. Time is simulated, so a server that is silent for a minute costs
// nothing, and a seed that fails fails again. A tenth of the seeds is played
// over loopback too, in real time, where the system counts what is left open.
//
// Whether the judges see anything was tried by breaking the program on purpose.
// Seeds until a break was noticed, on the average of five times:
//
//	the second consent in one write is taken for the next answer    70
//	bytes in clear behind the consent to STARTTLS are passed over   36
//	the same are read as if they came inside TLS                    57
//	HELO goes in clear where STARTTLS was asked for                 10
//	an escape character is let through                               2
//	a bidirectional character is let through                         6
//	replies show an echoed password                                  4
//	the transcript shows it                                          4
//	the end of a reply that broke off shows its beginning           63
//	a challenge of AUTH is shown                                     3
//	another mechanism is tried after a refused password             16
//	the same one is tried again after a 4yz                        108
//	the 354 is success                                              11
//	any 2yz to the message is success                               57
//	any 2yz to AUTH is success                                      25
//	the endpoint that lost the race stays open                      15
//	a second look's connection stays open                           39
//	a goroutine stays behind                                         1
//	a reply has no limit in octets                                 172
//	a reply has no limit in lines                                  240
//	the transcript loses the line that could not be read            23
//	the transcript loses the QUIT behind the message                12
//	the transcript loses a line that was waited for                  6
//
// Not noticed is a break behind which a second guard stands: the time of each
// read (that of the stage), the number of challenges (each mechanism has its
// end), the payload in AUTH's own line (it is looked for in every line).
package chaos
