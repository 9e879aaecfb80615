//go:build !unix

package demo

import (
	"errors"
	"net"
)

// canBlock: here a full queue refuses connections, so that no port can be made silent.
const canBlock = false

func shortenQueue(*net.TCPListener) error { return errors.ErrUnsupported }
