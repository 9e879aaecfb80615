package bridge

import (
	"io/fs"
	"path/filepath"
	"testing"
)

func TestInstalled(t *testing.T) {
	t.Parallel()
	env := map[string]string{"HOME": "/home/me", "ProgramFiles": "C:/Program Files"}
	tests := []struct {
		name, system, program, place string
		env                          map[string]string
		want                         bool
	}{
		{"nothing", "linux", "", "", env, false},
		{"in PATH", "linux", "protonmail-bridge", "", env, true},
		{"Arch, without the window", "linux", "protonmail-bridge-core", "", env, true},
		{"the launcher", "freebsd", "proton-bridge", "", env, true},
		{"iproute2", "linux", "bridge", "", env, false},
		{"a package", "linux", "", "/usr/lib/protonmail/bridge/bridge", env, true},
		{"Flatpak, all users", "linux", "", "/var/lib/flatpak/app/ch.protonmail.protonmail-bridge", env, true},
		{"Flatpak, one user", "linux", "", "/home/me/.local/share/flatpak/app/ch.protonmail.protonmail-bridge", env, true},
		{"no home", "linux", "", "/.local/share/flatpak/app/ch.protonmail.protonmail-bridge", nil, false},
		{"Mac", "darwin", "", "/Applications/Proton Mail Bridge.app", env, true},
		{"Mac, one user", "darwin", "", "/home/me/Applications/Proton Mail Bridge.app", env, true},
		{"Windows", "windows", "", "C:/Program Files/Proton AG/Proton Mail Bridge/proton-bridge.exe", env, true},
		{"Windows, elsewhere", "windows", "", "C:/Program Files/Proton/Proton Mail Bridge", env, true},
		{"the place of another system", "linux", "", "/Applications/Proton Mail Bridge.app", env, false},
	}
	for _, tt := range tests {
		f := finder(nil, nil)
		f.System = tt.system
		f.Getenv = func(name string) string { return tt.env[name] }
		f.Exists = func(path string) bool { return path == filepath.FromSlash(tt.place) }
		f.LookPath = func(program string) (string, error) {
			if program == tt.program {
				return "/usr/bin/" + program, nil
			}
			return "", fs.ErrNotExist
		}
		if got := f.Find(t.Context()); got.Installed != tt.want || !got.Endpoint.IsZero() {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
}
