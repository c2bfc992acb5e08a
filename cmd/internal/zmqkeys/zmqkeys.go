// Package zmqkeys is the program zmqkeys, which makes CURVE certificates.
package zmqkeys

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"example.org/zmq"
	"example.org/zmq/cmd/internal/cli"
)

const exitFailed = 2 // a file could not be read or written, or did not pass the check

const long = `zmqkeys makes the certificates by which ØMQ sockets know each other under CURVE security. A certificate
is two files, in the format of czmq and pyzmq:

  NAME.key         the public key: give it to those who have to know whom they talk to
  NAME.key_secret  both keys: it stays on the machine of its owner, who alone may read it

A server needs its own secret file, and the public ones of the clients that it accepts, best in a folder of their own.
A client needs its own secret file and the server's public key.

EXIT CODES
  0  done
  1  wrong arguments
  2  a file could not be read or written, or did not pass the check`

const example = `  zmqkeys new queue
  zmqkeys new --meta name=alice --meta email=alice@example.org --dir clients alice
  zmqkeys show queue.key_secret
  zmqkeys public alice.key_secret clients/alice.key
  zmqkeys check clients/*`

// Main runs the program and returns its exit code.
func Main(ctx context.Context, args []string, s cli.Streams) int {
	root := &cobra.Command{
		Use: "zmqkeys", Short: "Make CURVE certificates", Long: long, Example: example,
		Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.AddCommand(newCommand(), showCommand(), publicCommand(), checkCommand())
	return cli.Execute(ctx, root, args[min(len(args), 1):], s)
}

func newCommand() *cobra.Command {
	var meta []string
	var dir string
	var force bool
	cmd := &cobra.Command{
		Use: "new [flags] NAME...", Short: "Make certificates: NAME.key and NAME.key_secret",
		Long: "Make a certificate for each NAME, of a new pair of keys. Files that exist are not touched, unless --force.\nPrints the public keys.",
		Args: cobra.MinimumNArgs(1), ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.RunE = func(cmd *cobra.Command, names []string) error {
		metadata := map[string]string{}
		for _, m := range meta {
			name, value, ok := strings.Cut(m, "=")
			if !ok || name == "" {
				return cli.BadUse("--meta: %q is not NAME=VALUE", m)
			}
			metadata[name] = value
		}
		for _, name := range names {
			if strings.ContainsAny(name, "/\\") || strings.HasPrefix(name, ".") || name == "" {
				return cli.BadUse("%q is not a name for a file; --dir says where it goes", name)
			}
			if err := makeOne(cmd, dir, name, metadata, force); err != nil {
				return cli.Exit(exitFailed, err)
			}
		}
		return nil
	}
	cmd.Flags().StringArrayVar(&meta, "meta", nil, "NAME=VALUE to write into the certificates; may be repeated")
	cmd.Flags().StringVarP(&dir, "dir", "d", ".", "folder for the files; it has to exist")
	cmd.Flags().BoolVar(&force, "force", false, "replace files that exist: the old keys are lost")
	return cmd
}

func makeOne(cmd *cobra.Command, dir, name string, metadata map[string]string, force bool) error {
	public := strings.TrimSuffix(dir, "/") + "/" + name + ".key"
	secret := public + "_secret"
	for _, path := range []string{public, secret} {
		if _, err := os.Lstat(path); !force && !errors.Is(err, os.ErrNotExist) {
			if err == nil {
				err = fmt.Errorf("%s is there already: --force replaces it, and its keys are lost", path)
			}
			return err
		}
	}
	cert, err := zmq.NewCertificate(metadata)
	if err != nil {
		return err
	}
	if err := cert.SaveSecret(secret); err != nil {
		return err
	}
	if err := cert.SavePublic(public); err != nil {
		return err
	}
	// The public part is for others to read.
	if err := os.Chmod(public, 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s  %s\n", cert.Public, public)
	return err
}

func showCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show FILE...", Short: "Print the public keys of certificates", Args: cobra.MinimumNArgs(1),
		Long: "Print the public key of each certificate, in Z85, and its metadata. Secret keys are never shown.",
		RunE: func(cmd *cobra.Command, files []string) error {
			for _, f := range files {
				cert, err := zmq.LoadCertificate(f)
				if err != nil {
					return cli.Exit(exitFailed, err)
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s  %s%s\n", cert.Public, f, describe(cert))
			}
			return nil
		},
	}
}

func describe(c *zmq.Certificate) string {
	text := ""
	if c.Secret != (zmq.CurveSecretKey{}) {
		text = "  with its secret key"
	}
	if name := c.Metadata["name"]; name != "" {
		text += fmt.Sprintf("  name=%q", name)
	}
	return text
}

func publicCommand() *cobra.Command {
	return &cobra.Command{
		Use: "public SECRET-FILE PUBLIC-FILE", Short: "Write the public part of a secret certificate", Args: cobra.ExactArgs(2),
		Long: "Write the part of a certificate that others may have into a file of its own, which must not exist.",
		RunE: func(cmd *cobra.Command, files []string) error {
			cert, err := zmq.LoadCertificate(files[0])
			if err != nil {
				return cli.Exit(exitFailed, err)
			}
			if _, err := os.Lstat(files[1]); err == nil {
				return cli.Exit(exitFailed, fmt.Errorf("%s is there already", files[1]))
			}
			if err = cert.SavePublic(files[1]); err == nil {
				err = os.Chmod(files[1], 0o644)
			}
			return cli.Exit(exitFailed, err)
		},
	}
}

func checkCommand() *cobra.Command {
	return &cobra.Command{
		Use: "check FILE...", Short: "Check certificates and who may read their secrets", Args: cobra.MinimumNArgs(1),
		Long: "Check that each file is a certificate whose keys belong together, and that others cannot read the secret ones.",
		RunE: func(cmd *cobra.Command, files []string) error {
			bad := 0
			for _, f := range files {
				if err := checkFile(f); err != nil {
					bad++
					fmt.Fprintf(cmd.ErrOrStderr(), "zmqkeys: %s\n", cli.OneLine(err.Error()))
				}
			}
			if bad > 0 {
				return &cli.ExitError{Code: exitFailed}
			}
			return nil
		},
	}
}

func checkFile(path string) error {
	cert, err := zmq.LoadCertificate(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err == nil && cert.Secret != (zmq.CurveSecretKey{}) && info.Mode().Perm()&0o077 != 0 {
		err = fmt.Errorf("%s: others may read the secret key (mode %04o): chmod 600 it", path, info.Mode().Perm())
	}
	return err
}
