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
package chaos
