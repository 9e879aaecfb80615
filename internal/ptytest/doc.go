// Package ptytest sits a test down at a pseudo-terminal with a program in it:
//
//	p := ptytest.Start(t, cmd, ptytest.Usual)
//	p.See("Password").Send("secret<enter>").See("Works.")
//	p.End(0)
//
// Nothing is typed before the program is ready for it: each step waits for a
// text. It is imported by tests only, and works on Linux.
package ptytest
