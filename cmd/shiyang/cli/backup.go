package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"shiyang/cmd/shiyang/bureau"
	"shiyang/cmd/shiyang/control"
	"shiyang/internal/backup"
	"shiyang/internal/bucket"
)

func (p *program) backupCommand() *cobra.Command {
	var to string
	cmd := &cobra.Command{
		Use:   "backup --to PLACE",
		Short: "Back up everything that the bureau keeps, while it works",
		Long: "Copies the event log, the keys of persons, uploaded files, password hashes and drafts into a\n" +
			"new folder, all as they belong together at one position of the log, which is printed. The bureau\n" +
			"may be at work: then the process that serves the data folder hands everything out through its\n" +
			"control socket. Views and sessions are not copied, and the master key never is: keep its file\n" +
			"apart, because without it a backup does not open. PLACE is a folder, or a place in a bucket of\n" +
			"an object store: s3://BUCKET/PREFIX?endpoint=https://HOST, with AWS_ACCESS_KEY_ID and\n" +
			"AWS_SECRET_ACCESS_KEY in the environment. docs/backup.md says more.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.backUp(cmd.Context(), to) },
	}
	cmd.Flags().StringVar(&to, "to", "", "folder to make, or an empty one; s3://BUCKET/PREFIX and file:///path work too")
	// The flag exists: it was made one line above.
	_ = cmd.MarkFlagRequired("to")
	cmd.AddCommand(&cobra.Command{
		Use: "verify PLACE", Short: "Read a backup and compare every file with its checksum", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return p.verify(cmd.Context(), args[0]) },
	})
	return cmd
}

// folder takes a path or a file:// URL.
func folder(place string) (string, error) {
	if !strings.Contains(place, "://") {
		return place, nil
	}
	u, err := url.Parse(place)
	if err != nil || u.Scheme != "file" || u.Host != "" || u.Path == "" {
		return "", errors.New("a backup lies in a folder, file:///path, or s3://BUCKET/PREFIX")
	}
	return u.Path, nil
}

// begin begins a backup in a folder or in a bucket.
func begin(ctx context.Context, place string) (*backup.Writer, error) {
	if strings.HasPrefix(place, bucket.Scheme) {
		b, err := bucket.Open(place, bucket.Options{})
		if err != nil {
			return nil, err
		}
		return backup.CreateIn(ctx, b)
	}
	dir, err := folder(place)
	if err != nil {
		return nil, err
	}
	return backup.Create(dir)
}

// openBackup opens a backup in a folder or in a bucket.
func openBackup(ctx context.Context, place string) (*backup.Backup, error) {
	if strings.HasPrefix(place, bucket.Scheme) {
		b, err := bucket.Open(place, bucket.Options{})
		if err != nil {
			return nil, err
		}
		return backup.OpenIn(ctx, b, b.String())
	}
	dir, err := folder(place)
	if err != nil {
		return nil, err
	}
	return backup.Open(dir)
}

// barEvery is how often a bar is drawn.
const barEvery = 100 * time.Millisecond

// bytesBar counts bytes on stderr, of a total where it is known.
func (p *program) bytesBar(total int64, what string) *progressbar.ProgressBar {
	return progressbar.NewOptions64(total, progressbar.OptionSetWriter(p.err), progressbar.OptionSetDescription(what),
		progressbar.OptionShowBytes(true), progressbar.OptionThrottle(barEvery),
		progressbar.OptionSetSpinnerChangeInterval(0), // no goroutine of its own, which would race with the end
		progressbar.OptionClearOnFinish())
}

func (p *program) backUp(ctx context.Context, to string) error {
	w, err := begin(ctx, to)
	if err != nil {
		return err
	}
	m, err := p.keepIn(ctx, w)
	if err = errors.Join(err, w.Close()); err != nil {
		return err
	}
	where := "store " + m.Log.Store
	if m.Log.Elsewhere() {
		where = "the log itself lies in another store and is NOT in this backup"
	}
	fmt.Fprintf(p.out, "backup 备份: %s\nposition 日志位置: %d (%s)\nholds: %s; %d files, %d bytes\n",
		to, m.Log.Position, where, strings.Join(m.Holdings, ", "), len(m.Files), m.Bytes())
	fmt.Fprintln(p.out, "The master key is not in it 主密钥不在备份中: keep its file apart from this place; without it the backup does not open.")
	return nil
}

// keepIn takes the backup of the data folder.
func (p *program) keepIn(ctx context.Context, w *backup.Writer) (backup.Manifest, error) {
	keeper, closeKeeper, err := p.keeper(ctx)
	if err != nil {
		return backup.Manifest{}, err
	}
	m, err := p.write(ctx, keeper, w)
	return m, errors.Join(err, closeKeeper())
}

// write takes the backup; what fails leaves nothing there.
func (p *program) write(ctx context.Context, keeper control.Keeper, w *backup.Writer) (backup.Manifest, error) {
	bar := p.bytesBar(-1, "backup")
	s, err := keeper.Backup(ctx, watch(bar, w.Put))
	// A bar that cannot be drawn must not stop a backup.
	_ = bar.Finish()
	if err != nil {
		return backup.Manifest{}, err
	}
	return w.Commit(s, p.config.Now()())
}

// keeper is the process that serves the data folder, or, where none does, the
// folder itself.
func (p *program) keeper(ctx context.Context) (control.Keeper, func() error, error) {
	client, err := control.Dial(ctx, p.config.Data)
	if err == nil {
		return client, func() error { client.Close(); return nil }, nil
	}
	if !errors.Is(err, control.ErrNobody) {
		return nil, nil, err
	}
	there := func(name string) bool {
		_, err := os.Stat(p.config.Path(name))
		return err == nil
	}
	switch {
	case p.config.EventStore == "" && there("journal") && !there("attachments"): // a store that runs alone
		v, err := bureau.OpenStoreVault(p.config, p.logger(), p.config.Now())
		if err != nil {
			return nil, nil, err
		}
		return v, func() error { return v.Close(context.WithoutCancel(ctx)) }, nil
	case p.config.EventStore == "" && !there("journal"), !there("attachments"):
		return nil, nil, fmt.Errorf("data = %q: there is no bureau here to back up; name its folder with --data", p.config.Data)
	}
	v, err := bureau.OpenVault(ctx, p.config, p.logger(), p.config.Now())
	if err != nil {
		return nil, nil, err
	}
	return v, func() error { return v.Close(context.WithoutCancel(ctx)) }, nil
}

func (p *program) verify(ctx context.Context, place string) error {
	b, err := openBackup(ctx, place)
	if err != nil {
		return err
	}
	bar := p.bytesBar(b.Bytes(), "verify")
	err = b.Verify(ctx, counter(bar))
	_ = bar.Finish() // as above
	if err = errors.Join(err, b.Close()); err != nil {
		return fmt.Errorf("the backup is damaged 备份已损坏:\n%w", err)
	}
	fmt.Fprintf(p.out, "whole 完好: position %d, made %s, %d files, %d bytes\n", b.Log.Position, b.Made.Format("2006-01-02T15:04:05Z"), len(b.Files), b.Bytes())
	return nil
}

func counter(bar *progressbar.ProgressBar) func(int) {
	return func(n int) { _ = bar.Add(n) } // a bar that cannot be drawn stops nothing
}
