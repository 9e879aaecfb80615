package support

import (
	"bufio"
	"io/fs"
	"runtime"
	"strings"

	"github.com/smtpwiz/smtpwiz/internal/reply"
)

// Versions says with what the case was made.
type Versions struct {
	Smtpwiz string `json:"smtpwiz"`
	Go      string `json:"go"`     // whose TLS and resolver were used
	System  string `json:"system"` // "linux/amd64", with the distribution's name where there is one
}

// VersionsOf returns those of this program and system; root is the file system.
func VersionsOf(version string, root fs.FS) Versions {
	system := runtime.GOOS + "/" + runtime.GOARCH
	if name := distribution(root); name != "" {
		system += ", " + name
	}
	return Versions{Smtpwiz: version, Go: strings.TrimPrefix(runtime.Version(), "go"), System: system}
}

// distribution is PRETTY_NAME of os-release(5), "" where there is none.
func distribution(root fs.FS) string {
	f, err := root.Open("etc/os-release")
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), "PRETTY_NAME="); ok {
			return reply.Safe(strings.Trim(value, `"'`))
		}
	}
	return ""
}
