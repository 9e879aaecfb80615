package prompt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// lineReader reads lines, each within a context. A read that was left behind by
// its context keeps the terminal, so nothing is read after that.
type lineReader struct {
	from io.Reader
}

// mostLine bounds a line, in bytes: more is no answer.
const mostLine = 64 << 10

// line reads up to the next line end, which may be LF or CRLF and is dropped. A
// last line without one counts; after it comes io.EOF.
func (r *lineReader) line(ctx context.Context) (string, error) {
	return within(ctx, func() (string, error) { return readLine(r.from) })
}

// secret reads a line that the terminal does not show. The terminal is put back
// as it was also when the context ends first.
func (r *lineReader) secret(ctx context.Context, out io.Writer) (string, error) {
	file, ok := r.from.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return r.line(ctx)
	}
	fd := int(file.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("the terminal's state: %w", err)
	}
	defer fmt.Fprintln(out) // for the Enter that was not shown
	line, err := within(ctx, func() (string, error) {
		password, err := term.ReadPassword(fd)
		return string(password), err
	})
	if ctx.Err() != nil {
		_ = term.Restore(fd, before)
	}
	return line, err
}

// within gives up waiting for a read when the context ends.
func within(ctx context.Context, read func() (string, error)) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	type result struct {
		line string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		line, err := read()
		done <- result{line, err}
	}()
	select {
	case r := <-done:
		return r.line, r.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// readLine reads byte by byte: what stands behind the line stays where it is,
// for a password that is read without echo.
func readLine(from io.Reader) (string, error) {
	var line []byte
	one := make([]byte, 1)
	for {
		n, err := from.Read(one)
		switch {
		case n == 1 && one[0] == '\n':
			return strings.TrimSuffix(string(line), "\r"), nil
		case n == 1 && len(line) == mostLine:
			return "", fmt.Errorf("a line of more than %d bytes", mostLine)
		case n == 1:
			line = append(line, one[0])
		case errors.Is(err, io.EOF) && len(line) > 0:
			return strings.TrimSuffix(string(line), "\r"), nil
		case err != nil:
			return "", err
		}
	}
}
