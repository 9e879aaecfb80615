// Command smtpwiz gets outgoing mail to work, and tells why when it does not.
//
// The program starts on one processor (internal/oneprocessor), so the runtime
// need not first read the control groups to find out how many it may use.
//
//go:debug containermaxprocs=0
package main

import (
	"os"

	"github.com/smtpwiz/smtpwiz/internal/cli"
	_ "github.com/smtpwiz/smtpwiz/internal/oneprocessor"
)

// version is set by the linker for a release.
var version = ""

func main() { os.Exit(cli.Main(version, os.Args[1:])) }
