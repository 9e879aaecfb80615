package terminal

import (
	"os"

	"golang.org/x/sys/windows"
)

// hide turns the echo off. restore puts the console back as it was and throws
// away what has been typed since; it cannot tell whether there was any.
func hide(file *os.File) (restore func() (dropped bool), err error) {
	console := windows.Handle(file.Fd())
	var before uint32
	if err := windows.GetConsoleMode(console, &before); err != nil {
		return nil, err
	}
	now := before&^windows.ENABLE_ECHO_INPUT | windows.ENABLE_LINE_INPUT | windows.ENABLE_PROCESSED_INPUT
	if err := windows.SetConsoleMode(console, now); err != nil {
		return nil, err
	}
	return func() bool {
		Flush(file)
		_ = windows.SetConsoleMode(console, before)
		return false
	}, nil
}

// Flush throws away what was typed and nobody has read.
func Flush(file *os.File) { _ = windows.FlushConsoleInputBuffer(windows.Handle(file.Fd())) }
