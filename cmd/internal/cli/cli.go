// Package cli is what the programs have in common: their streams, how they end, and how they read what they are told.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// Streams is what a program reads from and writes to. Signals may be nil.
type Streams struct {
	In      io.Reader
	Out     io.Writer
	Err     io.Writer
	Signals <-chan os.Signal
}

// System returns the streams and the signals of the process.
func System() Streams {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	return Streams{os.Stdin, os.Stdout, os.Stderr, signals}
}

// ExitBadUse is the exit code for wrong arguments, files and settings, in all programs.
const ExitBadUse = 1

// ExitError is an error with the exit code that the program ends with.
type ExitError struct {
	Code int
	Err  error // nil: nothing is printed
}

func (e *ExitError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit %d", e.Code)
	}
	return e.Err.Error()
}

func (e *ExitError) Unwrap() error { return e.Err }

// Exit returns err with an exit code, nil for nil.
func Exit(code int, err error) error {
	if err == nil {
		return nil
	}
	return &ExitError{code, err}
}

// BadUse returns an error for wrong arguments.
func BadUse(format string, args ...any) error {
	return &ExitError{ExitBadUse, fmt.Errorf(format, args...)}
}

// Name returns the name that a program was called by.
func Name(args []string, usual string) string {
	if len(args) == 0 || args[0] == "" {
		return usual
	}
	return strings.TrimSuffix(filepath.Base(args[0]), ".exe")
}

// Execute runs a command and returns the exit code. An error is one line on the error stream, after the name of the
// program.
func Execute(ctx context.Context, root *cobra.Command, args []string, s Streams) int {
	root.AddCommand(manCommand(root))
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	root.SetArgs(args)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.Version = ReadBuild().String()
	root.SetVersionTemplate(root.Name() + " {{.Version}}\n")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return BadUse("%w (see %s --help)", err, c.CommandPath())
	})
	sayUsage(root)
	return Report(root.Name(), root.ExecuteContext(ctx), s.Err)
}

// sayUsage has errors about the arguments of c and its commands say how the command is used.
func sayUsage(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return BadUse("%w (usage: %s; see %s --help)", err, cmd.UseLine(), cmd.CommandPath())
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		sayUsage(sub)
	}
}

// Report prints err, if there is one, and returns its exit code.
func Report(name string, err error, w io.Writer) int {
	if err == nil {
		return 0
	}
	var exit *ExitError
	if !errors.As(err, &exit) {
		exit = &ExitError{ExitBadUse, err}
	}
	if exit.Err != nil {
		fmt.Fprintf(w, "%s: %s\n", name, OneLine(err.Error()))
	}
	return exit.Code
}

// OneLine keeps a text from another source from breaking a line of the log.
func OneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }), " ")
}

// UntilSignal returns a context that ends when the program is told to stop. Release it when done.
func UntilSignal(parent context.Context, signals <-chan os.Signal) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	if signals == nil {
		return ctx, cancel
	}
	go func() {
		for {
			select {
			case sig := <-signals:
				if sig != syscall.SIGHUP {
					cancel()
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return ctx, cancel
}
