package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// mostLine bounds a line, in bytes: more is no answer.
const mostLine = 64 << 10

// ReadLine reads up to the next line end, which may be LF or CRLF and is
// dropped. A last line without one counts; after it comes io.EOF. A read that is
// left behind by the end of ctx keeps the place, so nothing is read after that.
func ReadLine(ctx context.Context, from io.Reader) (string, error) {
	return within(ctx, func() (string, error) { return readLine(from) })
}

// ReadSecret is ReadLine, but where from is a terminal it does not show the
// line, and then ends it on out. The terminal is left as it was, also when ctx
// ends first, and with nothing in its queue: a shell would show and run it. more
// reports that there was something behind the line, such as the rest of a paste.
func ReadSecret(ctx context.Context, from io.Reader, out io.Writer) (line string, more bool, err error) {
	file, ok := from.(*os.File)
	if !ok || !isTerminal(file) {
		line, err = ReadLine(ctx, from)
		return line, false, err
	}
	if err := ctx.Err(); err != nil {
		return "", false, err
	}
	restore, err := hide(file)
	if err != nil {
		return "", false, fmt.Errorf("the terminal's state: %w", err)
	}
	line, err = ReadLine(ctx, file)
	more = restore() && err == nil
	_, _ = io.WriteString(out, "\n") // for the Enter that was not shown
	return line, more, err
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
