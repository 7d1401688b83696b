package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"shiyang/cmd/shiyang/bureau"
	"shiyang/cmd/shiyang/config"
	"shiyang/internal/es"
	"shiyang/internal/es/esdbstore"
	"shiyang/internal/migrate"
)

// move is what the command line says of one.
type move struct{ from, to, file string }

func (p *program) migrateCommand() *cobra.Command {
	var m move
	cmd := &cobra.Command{
		Use:   "migrate --to URL",
		Short: "Move the event log to another event store, and prove that nothing changed",
		Long: "Copies all streams in the order of the log, with the same event ids, revisions, data and metadata,\n" +
			"into an empty store, then the streams' metadata and deletions, and compares both logs event by\n" +
			"event. Stop the bureau first. A move that was cut off goes on when the same command is run again.\n" +
			"Positions differ afterwards: run \"shiyang views forget\", then start with --event-store URL.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.migrate(cmd.Context(), m) },
	}
	cmd.Flags().StringVar(&m.to, "to", "", "esdb:// URL of an empty event store")
	cmd.Flags().StringVar(&m.from, "from", "", "esdb:// URL of the log; by default the one of the data folder")
	cmd.Flags().StringVar(&m.file, "progress", "", "file that holds the progress; move-progress.json in the data folder by default")
	// The flag exists: it was made above.
	_ = cmd.MarkFlagRequired("to")
	return cmd
}

func (p *program) migrate(ctx context.Context, m move) error {
	if m.file == "" {
		m.file = p.config.Path("move-progress.json")
	}
	from, err := p.openSource(ctx, m.from)
	if err != nil {
		return err
	}
	to, err := esdbstore.Dial(ctx, esdbstore.Config{URL: m.to, Logger: p.logger(), Now: p.config.Now()})
	if err != nil {
		return errors.Join(fmt.Errorf("to: %w", err), from.Close(context.WithoutCancel(ctx)))
	}
	err = p.moveLog(ctx, from, to, m)
	return errors.Join(err, to.Close(), from.Close(context.WithoutCancel(ctx)))
}

// openSource opens the log that is moved: a store by its address, or that of
// the data folder, which nobody else may have open.
func (p *program) openSource(ctx context.Context, url string) (*bureau.Log, error) {
	c := p.config
	if url != "" {
		c.EventStore = url
	}
	if c.EventStore == "" {
		if _, err := os.Stat(c.Path("journal")); err != nil {
			return nil, fmt.Errorf("data = %q: there is no event log here; name its folder with --data, or its store with --from", c.Data)
		}
	}
	return bureau.OpenLog(ctx, c, p.logger(), p.config.Now())
}

func (p *program) moveLog(ctx context.Context, from *bureau.Log, to *esdbstore.Client, m move) error {
	name := config.Redact(m.from)
	if name == "" {
		name = config.Redact(p.config.EventStore)
	}
	if name == "" {
		path, err := filepath.Abs(p.config.Data)
		if err != nil {
			return err
		}
		name = path
	}
	bar := p.countBar("copy")
	done, err := (&migrate.Migration{
		From: from, To: to, File: m.file, FromName: name, ToName: config.Redact(m.to),
		Progress: func(at, head es.Position) {
			bar.ChangeMax64(int64(head))
			_ = bar.Set64(int64(at)) // a bar that cannot be drawn stops nothing
		},
	}).Run(ctx)
	_ = bar.Finish() // as above
	if err != nil {
		return fmt.Errorf("%w\nWhat was copied stays; run the same command again to go on", err)
	}
	p.tell(done)
	bar = p.countBar("compare")
	bar.ChangeMax(done.Events)
	same, err := migrate.Compare(ctx, from, to, func(n int) { _ = bar.Set(n) }) // as above
	_ = bar.Finish()                                                            // as above
	if err != nil {
		return err
	}
	if same.Difference != "" {
		return fmt.Errorf("%d events are the same, then: %s", same.Events, same.Difference)
	}
	fmt.Fprintf(p.out, "equal 一致: %d events, SHA-256 over all leaves %s\n", same.Events, same.Root)
	fmt.Fprintln(p.out, strings.TrimSpace(fmt.Sprintf(`
Positions differ in the new store 新库中的日志位置不同. Before the next start:
  shiyang views forget --event-store %[1]s     (with the same --data or --database)
  shiyang serve --event-store %[1]s            builds the views anew
Then keep the old log, read-only, until you trust the new one.`, config.Redact(m.to))))
	return nil
}

// tell says what was copied, and what was not.
func (p *program) tell(done migrate.Report) {
	fmt.Fprintf(p.out, "copied 已复制: %d events, %d of them now; %d versions of metadata, %d tombstones\n",
		done.Events, done.Written, done.Metadata, done.Tombstones)
	if done.Placeholders > 0 {
		fmt.Fprintf(p.out, "scavenged before 此前已清理: %d gaps; %d placeholders keep the revisions of what comes after them, hidden as it was\n",
			done.Gaps, done.Placeholders)
	}
	if done.KeptDefaults {
		fmt.Fprintln(p.out, "$settings: the target has default access lists of its own, which stay 目标库已有默认权限，未覆盖")
	}
	if done.LeftBehind > 0 {
		fmt.Fprintf(p.out, "not copied 未复制: %d events of the store's own streams (users of a cluster, consumer groups, projections); make users and groups anew\n",
			done.LeftBehind)
	}
}

// countBar counts events on stderr.
func (p *program) countBar(what string) *progressbar.ProgressBar {
	return progressbar.NewOptions64(-1, progressbar.OptionSetWriter(p.err), progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(), progressbar.OptionThrottle(barEvery),
		progressbar.OptionSetSpinnerChangeInterval(0), // no goroutine of its own, which would race with the end
		progressbar.OptionClearOnFinish())
}
