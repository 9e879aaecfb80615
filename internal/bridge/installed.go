package bridge

import (
	"os"
	"path/filepath"
	"slices"
)

// programs are Bridge's names in PATH: in Proton's packages and those made of
// them, in Arch's without the window, and as its launcher is built. It builds a
// "bridge" too, but a program of that name is that of iproute2.
var programs = []string{"protonmail-bridge", "protonmail-bridge-core", "proton-bridge"}

// places are where Bridge rests outside PATH on a system: files or folders, with
// variables of the environment.
func places(system string) []string {
	switch system {
	case "linux":
		return []string{
			"/usr/lib/protonmail/bridge/bridge",                    // Proton's deb and rpm, and what is made of them
			"/var/lib/flatpak/app/ch.protonmail.protonmail-bridge", // flathub, for all users
			"$HOME/.local/share/flatpak/app/ch.protonmail.protonmail-bridge",
		}
	case "darwin": // proton-bridge dbef40cf, utils/remove-bridge
		return []string{
			"/Applications/Proton Mail Bridge.app",
			"$HOME/Applications/Proton Mail Bridge.app",
		}
	case "windows":
		return []string{
			"$ProgramFiles/Proton AG/Proton Mail Bridge/proton-bridge.exe",
			"$ProgramFiles/Proton/Proton Mail Bridge", // proton-bridge dbef40cf, internal/locations
		}
	}
	return nil
}

// installed reports whether the program is on this machine.
func (f *Finder) installed() bool {
	return slices.ContainsFunc(programs, f.inPath) || slices.ContainsFunc(places(f.System), f.rests)
}

func (f *Finder) inPath(program string) bool {
	_, err := f.LookPath(program)
	return err == nil
}

func (f *Finder) rests(place string) bool {
	known := true
	path := os.Expand(place, func(name string) string {
		value := f.Getenv(name)
		known = known && value != ""
		return value
	})
	return known && f.Exists(filepath.FromSlash(path))
}
