// Package presets is what is known of providers, one TOML file each, built
// into the program. docs/presets.md says what stands in such a file; package
// preset reads it.
package presets

import "embed"

// FS holds NAME.toml for every provider.
//
//go:embed *.toml
var FS embed.FS
