// Command soak runs all patterns, devices, security, monitors and reconnects at once for as long as it is told, and
// watches memory, descriptors and threads meanwhile. One process, the node, is watched. Another, the peer, is
// killed and started again all the time. What the node receives is checked: nothing twice, nothing out of order, nothing torn.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	if spec := os.Getenv(peerVariable); spec != "" {
		fmt.Fprintln(os.Stderr, "soak: peer:", runPeer(context.Background(), spec))
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("soak", flag.ContinueOnError)
	lasting := flags.Duration("for", time.Minute, "how long")
	every := flags.Duration("every", 0, "how often the node is sampled; 0 takes 240 samples, a second apart at least")
	life := flags.Duration("life", 20*time.Second, "how long a peer lives before it is killed")
	out := flags.String("out", "", "the folder where soak.csv, soak.svg and soak.md are written")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *out == "" {
		return fmt.Errorf("-out is missing: the folder where soak.csv, soak.svg and soak.md are written")
	}
	if *every == 0 {
		*every = max(time.Second, *lasting/240).Round(time.Second)
	}
	record, err := newRecord(filepath.Join(*out, "soak.csv"))
	if err != nil {
		return err
	}
	defer record.close()
	dir, err := os.MkdirTemp("", "soak")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	begun := time.Now()
	left, err := soak(ctx, dir, *lasting, *every, *life, record)
	if err != nil {
		return err
	}
	s := record.summarise(time.Since(begun), left)
	if err := record.draw(filepath.Join(*out, "soak.svg")); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(*out, "soak.md"), []byte(s.document(*life)), 0o644); err != nil {
		return err
	}
	fmt.Print(s.short())
	return s.verdict()
}
