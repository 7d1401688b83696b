package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"shiyang/cmd/shiyang/bureau"
	"shiyang/cmd/shiyang/control"
	"shiyang/eventstore"
)

func (p *program) scavengeCommand() *cobra.Command {
	var o eventstore.ScavengeOptions
	cmd := &cobra.Command{
		Use: "scavenge", Short: "Give back the space of deleted, truncated and expired streams",
		Long: "Rewrites the full files of the log without the events that no read of a stream can return any more.\n" +
			"The newest event of every stream stays, and so do tombstones, metadata in force, positions and\n" +
			"revisions. What is removed is gone for good: take a backup first if it may be needed. A process that\n" +
			"serves the folder scavenges its own log and goes on working, at half the speed of the disk at most.\n" +
			"What is done when the command is stopped stays done; the next run does the rest.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.scavengeLog(cmd.Context(), o) },
	}
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "only tell what would be removed")
	cmd.Flags().IntVar(&o.LeastPercent, "least", 0, "leave files alone of which less than so many percent would become free; 0: rewrite each with anything to remove")
	return cmd
}

func (p *program) scavengeLog(ctx context.Context, o eventstore.ScavengeOptions) error {
	if o.LeastPercent < 0 || o.LeastPercent > 100 {
		return fmt.Errorf("--least is a percentage from 0 to 100, not %d", o.LeastPercent)
	}
	bar := p.bytesBar(-1, "scavenge")
	o.Progress = func(done, total int64) {
		bar.ChangeMax64(total)
		_ = bar.Set64(done) // a bar that cannot be drawn stops nothing
	}
	var done eventstore.ScavengeReport
	client, err := control.Dial(ctx, p.config.Data)
	switch {
	case err == nil:
		done, err = client.Scavenge(ctx, o)
		client.Close()
	case errors.Is(err, control.ErrNobody):
		done, err = bureau.ScavengeFolder(ctx, p.config, p.logger(), o)
	}
	_ = bar.Finish() // as above
	if err == nil || done.Rewritten > 0 {
		p.tellScavenged(done, o.DryRun)
	}
	return err
}

func (p *program) tellScavenged(r eventstore.ScavengeReport, dry bool) {
	what := "scavenged 已清理"
	if dry {
		what = "a scavenge would remove 清理将删除"
	}
	fmt.Fprintf(p.out, "%s: %d events, %d bytes, in %d of %d full files; %d bytes are left in them; took 用时: %s\n",
		what, r.Events, r.Bytes, r.Rewritten, r.Files, r.Left, r.Took.Round(time.Millisecond))
}
