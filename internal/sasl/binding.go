package sasl

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"

	"github.com/xdg-go/scram"
)

// ErrNoBinding: a -PLUS mechanism without a TLS connection to bind it to.
var ErrNoBinding = errors.New("channel binding needs a TLS connection")

// Binding ties a SCRAM-…-PLUS exchange to its TLS connection, so that it fails
// through anyone who decrypts in between (RFC 5056).
type Binding struct{ channel scram.ChannelBinding }

// NewBinding takes the binding from a completed handshake: tls-exporter for
// TLS 1.3 (RFC 9266), tls-server-end-point before (RFC 5929 section 4). It
// fails where the certificate's signature has no single hash, as with Ed25519.
func NewBinding(state tls.ConnectionState) (*Binding, error) {
	if !state.HandshakeComplete {
		return nil, fmt.Errorf("%w: the handshake is not complete", ErrNoBinding)
	}
	bind := scram.NewTLSServerEndpointBinding
	if state.Version >= tls.VersionTLS13 {
		bind = scram.NewTLSExporterBinding
	}
	channel, err := bind(&state)
	if err != nil {
		return nil, fmt.Errorf("channel binding: %w", err)
	}
	return &Binding{channel}, nil
}

// Type is its registered name: "tls-exporter" or "tls-server-end-point".
func (b Binding) Type() string { return string(b.channel.Type) }

// Format prints the type alone: keying material is nobody's to read.
func (b Binding) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, b.Type()) }
