package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"shiyang/cmd/shiyang/bureau"
	"shiyang/cmd/shiyang/control"
	"shiyang/internal/backup"
)

// watch counts the bytes of a backup on a bar.
func watch(bar *progressbar.ProgressBar, put backup.Put) backup.Put {
	return func(name string, size int64, content io.Reader) error {
		return put(name, size, io.TeeReader(content, bar))
	}
}

func (p *program) restoreCommand() *cobra.Command {
	var from string
	cmd := &cobra.Command{
		Use:   "restore --from PLACE --data NEW-FOLDER --master-key FILE",
		Short: "Make a data folder from a backup",
		Long: "Verifies the whole backup, and only then makes the data folder, which must not exist or be empty:\n" +
			"nothing is ever overwritten, and nothing half-restored is left. Persons whom the log calls erased\n" +
			"stay erased, even where the backup still holds their keys. Views are built at the next start;\n" +
			"everybody signs in anew.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.restore(cmd.Context(), from) },
	}
	cmd.Flags().StringVar(&from, "from", "", "folder of the backup, or s3://BUCKET/PREFIX")
	// The flag exists: it was made one line above.
	_ = cmd.MarkFlagRequired("from")
	return cmd
}

func (p *program) restore(ctx context.Context, from string) error {
	b, err := openBackup(ctx, from)
	if err != nil {
		return err
	}
	bar := p.bytesBar(2*b.Bytes(), "restore")
	done, err := bureau.Restore(ctx, bureau.RestoreOptions{
		Config: p.config, Backup: b, Log: p.logger(), Now: p.config.Now(), Progress: counter(bar),
	})
	_ = bar.Finish() // a bar that cannot be drawn stops nothing
	if err = errors.Join(err, b.Close()); err != nil {
		return err
	}
	fmt.Fprintf(p.out, "restored 已恢复: %s\nposition 日志位置: %d, %d events; the backup was made %s\n",
		p.config.Data, done.Log.Position, done.Events, b.Made.Format("2006-01-02T15:04:05Z"))
	fmt.Fprintf(p.out, "erased persons 已清除的个人: %d; took 用时: %s\n", done.Erased, done.Took.Round(time.Millisecond))
	for _, hash := range done.Missing {
		fmt.Fprintf(p.out, "warning 注意: an event refers to the file %s, which the backup does not hold\n", hash)
	}
	start := "serve --master-key " + p.config.MasterKey
	if p.config.MasterKey == "" { // the log alone
		start = "serve eventstore"
	}
	fmt.Fprintf(p.out, "Start it with 启动: shiyang %s --data %s\n", start, p.config.Data)
	return nil
}

// errDamagedLog ends a check that found something.
var errDamagedLog = errors.New("the log is damaged 事件日志已损坏: restore a backup")

func (p *program) eventstoreCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "eventstore", Short: "Look after the embedded event store"}
	cmd.AddCommand(&cobra.Command{
		Use: "check", Short: "Read the whole event log and compare it with its checksums",
		Long: "Reads every record of the log in the data folder and tells every damage. A process that serves the\n" +
			"folder checks its own log and goes on working. The status is 1 if anything is damaged.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.checkLog(cmd.Context()) },
	}, p.scavengeCommand(), p.storeUserCommand())
	return cmd
}

func (p *program) checkLog(ctx context.Context) error {
	bar := p.bytesBar(-1, "check")
	progress := func(done, total int64) {
		bar.ChangeMax64(total)
		_ = bar.Set64(done) // a bar that cannot be drawn stops nothing
	}
	var found control.Findings
	client, err := control.Dial(ctx, p.config.Data)
	switch {
	case err == nil:
		found, err = client.Check(ctx, progress)
		client.Close()
	case errors.Is(err, control.ErrNobody):
		found, err = bureau.CheckFolder(ctx, p.config, p.logger(), progress)
	}
	_ = bar.Finish() // as above
	if err != nil {
		return err
	}
	for _, d := range found.Damages {
		fmt.Fprintf(p.out, "damaged 损坏: %s\n", d)
	}
	if len(found.Damages) > 0 {
		return errDamagedLog
	}
	fmt.Fprintf(p.out, "whole 完好: %d events up to position %d\n", found.Events, found.Head)
	if found.Torn > 0 {
		fmt.Fprintf(p.out, "The last write was cut off, and nobody was told that it is kept: the next start removes its %d bytes.\n", found.Torn)
	}
	return nil
}
