// Package presets is what is known of providers, one TOML file each, built
// into the program. docs/presets.md says what stands in such a file; package
// preset reads it.
package presets

import "embed"

// FS holds NAME.toml for every provider, and domains.txt: the mail domains in
// them, so that most runs need read none.
//
//go:generate go test ../internal/preset -run TestDomainsList -update
//go:embed *.toml domains.txt
var FS embed.FS
