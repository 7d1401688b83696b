// Package cli reads the command line and runs what it names; package bureau
// puts the parts together. It is a package of its own so that the end-to-end
// scripts can run the real program.
package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"shiyang/cmd/shiyang/config"
)

// closeTime is how long a stop may take before it is forced.
const closeTime = 30 * time.Second

// Main runs the program with the process's arguments and ends the process
// with status 1 if it failed.
func Main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := newCommand(os.Stdout, os.Stderr).ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "shiyang:", err)
		os.Exit(1)
	}
}

// program is what all commands share: the settings and where to write.
type program struct {
	config config.Config
	file   string
	out    io.Writer // for people
	err    io.Writer // for logs and progress
}

func newCommand(out, errOut io.Writer) *cobra.Command {
	p := &program{config: config.Default(), out: out, err: errOut}
	root := &cobra.Command{
		Use:   "shiyang",
		Short: "Cases, permits and waste of an ecology and environment bureau",
		Long: "Without a command, everything starts in this process on an embedded store.\n" +
			"Every setting can also come from the environment (SHIYANG_LISTEN) or a YAML file (--config).",
		Args: cobra.NoArgs, SilenceUsage: true, SilenceErrors: true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if p.file == "" {
				p.file = os.Getenv(config.Prefix + "CONFIG")
			}
			return p.config.Load(cmd.Flags(), os.Environ(), p.file)
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return p.runAll(cmd.Context()) },
	}
	root.SetOut(out)
	root.SetErr(errOut)
	p.config.Bind(root.PersistentFlags())
	root.PersistentFlags().StringVar(&p.file, "config", "", "YAML file of settings")
	imports := p.importCommand()
	imports.AddCommand(p.framesCommand())
	root.AddCommand(p.serveCommand(), p.initCommand(), imports, p.viewsCommand(), p.lawCommand(),
		p.backupCommand(), p.restoreCommand(), p.migrateCommand(), p.eventstoreCommand())
	return root
}

// logger returns the structured log of this process.
func (p *program) logger() *slog.Logger {
	var level slog.Level
	// The level was checked when the settings were loaded.
	_ = level.UnmarshalText([]byte(p.config.LogLevel))
	options := &slog.HandlerOptions{Level: level}
	if p.config.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(p.err, options))
	}
	return slog.New(slog.NewTextHandler(p.err, options))
}
