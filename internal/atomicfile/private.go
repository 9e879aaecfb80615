package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// ErrLoose is what every *LooseError is.
var ErrLoose = errors.New("not private")

// LooseError is a file or folder that somebody else could read or change, or
// that is no plain file of the user's own.
type LooseError struct {
	Path    string
	Problem string // "mode 0644 lets others read it"
	Fix     string // the command that mends it, or what to do
}

func (e *LooseError) Error() string { return fmt.Sprintf("%s is refused: %s", e.Path, e.Problem) }

// Hint is what to do about it.
func (e *LooseError) Hint() string { return e.Fix }

func (e *LooseError) Is(target error) bool { return target == ErrLoose }

func checkFile(path string, info fs.FileInfo, forbidden fs.FileMode) error {
	if !info.Mode().IsRegular() {
		return notPlain(path, info)
	}
	if err := checkOwner(path, info); err != nil {
		return err
	}
	loose := info.Mode().Perm() & forbidden
	switch {
	case !modesCount || loose == 0:
		return nil
	case forbidden == Private:
		return &LooseError{path, looseness(info), "chmod 600 " + shellWord(path)}
	default:
		return &LooseError{path, looseness(info), "chmod go-w " + shellWord(path)}
	}
}

// checkFolder: whoever may write a folder may put another file in the place of
// ours, save where the sticky bit forbids it (/tmp).
func checkFolder(path string, info fs.FileInfo) error {
	if err := checkFolderOwner(path, info); err != nil {
		return err
	}
	if !modesCount || info.Mode().Perm()&Own == 0 || info.Mode()&fs.ModeSticky != 0 {
		return nil
	}
	return &LooseError{path, looseness(info), "chmod go-w " + shellWord(path)}
}

func looseness(info fs.FileInfo) string {
	verb := "read"
	if info.Mode().Perm()&Own != 0 {
		verb = "change"
	}
	return fmt.Sprintf("its mode %04o lets others %s it", info.Mode().Perm(), verb)
}

func notPlain(path string, info fs.FileInfo) error {
	if info.Mode()&fs.ModeSymlink != 0 {
		return &LooseError{path, "it is a symbolic link", "put the file itself into " + filepath.Dir(path)}
	}
	return &LooseError{path, "it is not a plain file", "move it away"}
}

// shellWord quotes a path for a command to be copied.
func shellWord(path string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+@%,:", r)
	}
	if path != "" && path[0] != '-' && strings.IndexFunc(path, func(r rune) bool { return !plain(r) }) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
