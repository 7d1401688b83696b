package bureau

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"shiyang/cmd/shiyang/config"
	"shiyang/cmd/shiyang/control"
	"shiyang/eventstore"
	"shiyang/internal/backup"
	"shiyang/internal/blob"
)

// The holdings of a backup beside the log, named as its folders. ADR 20 lists
// what is not among them: views, sessions, the token key, and the master key,
// which never lies beside what it opens.
const (
	holdingKeys    = "keyring"
	holdingFiles   = "files"
	holdingSecrets = "secrets"
	holdingDrafts  = "drafts"
	holdingMinutes = "minutes"     // of meters
	holdingUsers   = "store-users" // of an event store that runs alone
)

// usersFile holds the users of an event store that runs alone.
const usersFile = "store-users.json"

// exportName is the file of a holding that is rows of a table.
const exportName = "rows.jsonl"

// Vault is everything that a bureau keeps, for those who back it up and check
// it. It is safe for concurrent use.
type Vault struct{ ground *ground }

// OpenVault opens what a bureau keeps without its services. With the embedded
// store the bureau itself must be stopped; a running one has a vault of its
// own, see [Bureau.Vault].
func OpenVault(ctx context.Context, c config.Config, log *slog.Logger, now func() time.Time) (*Vault, error) {
	g, err := openGround(ctx, c, log, now)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(g.openDesk(ctx), g.openMinutes()); err != nil {
		return nil, errors.Join(err, g.close(context.WithoutCancel(ctx)))
	}
	return &Vault{g}, nil
}

var _ control.Keeper = (*Vault)(nil)

// Vault is what this bureau keeps.
func (b *Bureau) Vault() *Vault { return &Vault{b.ground} }

// Close closes what OpenVault opened.
func (v *Vault) Close(ctx context.Context) error { return v.ground.close(ctx) }

// Backup hands out everything that a backup holds, while the bureau works.
func (v *Vault) Backup(ctx context.Context, put backup.Put) (backup.Summary, error) {
	g := v.ground
	return backup.Take(ctx, v.log, append([]backup.Holding{
		{Name: holdingKeys, Export: table(g.keys.Export)},
		{Name: holdingFiles, Export: bucket(g.files)},
		{Name: holdingSecrets, Export: table(g.secrets.Export)},
		{Name: holdingDrafts, Export: table(g.drafts.Export)},
		{Name: holdingMinutes, Export: table(g.minutes.Export)},
	}, storeUsers(g.config)...), put)
}

// storeUsers are the users of an event store that runs alone, where there are
// any. Their file is replaced as a whole, so it is copied as a whole.
func storeUsers(c config.Config) []backup.Holding {
	if _, err := os.Stat(c.Path(usersFile)); err != nil {
		return nil
	}
	return []backup.Holding{{Name: holdingUsers, Export: func(_ context.Context, put backup.Put) error {
		content, err := os.ReadFile(c.Path(usersFile))
		if err != nil {
			return err
		}
		return put(usersFile, int64(len(content)), bytes.NewReader(content))
	}}}
}

// Check reads the whole log of the embedded store and tells every damage.
func (v *Vault) Check(ctx context.Context, progress func(done, total int64)) (control.Findings, error) {
	if v.ground.embedded == nil {
		return control.Findings{}, errors.New("the log lies in another store, which checks itself")
	}
	return StoreVault{Store: v.ground.embedded}.Check(ctx, progress)
}

// Scavenge scavenges the log of the embedded store, while the bureau works.
func (v *Vault) Scavenge(ctx context.Context, o eventstore.ScavengeOptions) (eventstore.ScavengeReport, error) {
	if v.ground.embedded == nil {
		return eventstore.ScavengeReport{}, errors.New("the log lies in another store, which scavenges itself")
	}
	return StoreVault{Store: v.ground.embedded}.Scavenge(ctx, o)
}

// openControl opens the door for commands of the operator, where this process
// has the log to itself. Everything else can be opened by several processes,
// so without the embedded store the commands open it themselves.
func (b *Bureau) openControl() error {
	if b.ground.embedded == nil {
		return nil
	}
	door, err := control.Serve(b.ground.config.Data, b.Vault(), b.ground.log)
	if err != nil {
		return err
	}
	b.ground.onClose(func(context.Context) error { return door.Close() })
	return nil
}

// StoreVault is what an embedded store that runs alone keeps: the log and its
// users.
type StoreVault struct {
	Config config.Config
	Store  *eventstore.Store
}

// OpenStoreVault opens the data folder of a store that runs alone.
func OpenStoreVault(c config.Config, log *slog.Logger, now func() time.Time) (StoreVault, error) {
	store, err := eventstore.Open(eventstore.Options{Dir: c.Path("journal"), Now: now, CacheBytes: c.CacheBytes, Logger: log})
	return StoreVault{c, store}, err
}

// Close closes what OpenStoreVault opened.
func (v StoreVault) Close(ctx context.Context) error { return v.Store.Stop(ctx) }

// Backup hands out the log and the users.
func (v StoreVault) Backup(ctx context.Context, put backup.Put) (backup.Summary, error) {
	return backup.Take(ctx, logOf(v.Store), storeUsers(v.Config), put)
}

// Check reads the whole log and tells every damage.
func (v StoreVault) Check(ctx context.Context, progress func(done, total int64)) (control.Findings, error) {
	report, err := v.Store.Check(ctx, progress)
	return Findings(report), err
}

// Scavenge scavenges the log, and rests as long as it works: others wait for
// the same disk.
func (v StoreVault) Scavenge(ctx context.Context, o eventstore.ScavengeOptions) (eventstore.ScavengeReport, error) {
	o.Gentle = true
	return v.Store.Scavenge(ctx, o)
}

// Findings says in words what a check found.
func Findings(r eventstore.CheckReport) control.Findings {
	f := control.Findings{Events: r.Events, Head: r.Head, Torn: r.Torn}
	for _, d := range r.Damage {
		f.Damages = append(f.Damages, fmt.Sprintf("%s, byte %d, position %d: %s", d.Segment, d.Offset, d.Position, d.Why))
	}
	return f
}

// log copies the log of the embedded store. A cluster has a backup of its own;
// of it only the position is noted, before anything else is copied.
func (v *Vault) log(ctx context.Context, put backup.Put) (backup.Log, error) {
	if store := v.ground.embedded; store != nil {
		return logOf(store)(ctx, put)
	}
	head, err := v.ground.client.Head(ctx)
	return backup.Log{Position: uint64(head)}, err
}

// logOf is how a backup copies the log of an embedded store.
func logOf(store *eventstore.Store) backup.Snapshot {
	return func(ctx context.Context, put backup.Put) (backup.Log, error) {
		s, err := store.Snapshot(ctx, put)
		return backup.Log{Store: s.StoreID, Position: s.Head}, err
	}
}

// table exports rows as one file.
func table(export func(context.Context, io.Writer) error) func(context.Context, backup.Put) error {
	return func(ctx context.Context, put backup.Put) error {
		return backup.Stream(put, exportName, func(w io.Writer) error { return export(ctx, w) })
	}
}

// bucket copies every file that is kept by its hash, and the records of
// uploads. What is swept away meanwhile was referred to by nothing.
func bucket(files *blob.Files) func(context.Context, backup.Put) error {
	return func(ctx context.Context, put backup.Put) error {
		return files.List(ctx, "", func(key string) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			content, err := files.Open(ctx, key)
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
			size := int64(-1)
			if file, ok := content.(*os.File); ok {
				if info, err := file.Stat(); err == nil {
					size = info.Size()
				}
			}
			return errors.Join(put(key, size, content), content.Close())
		})
	}
}

// CheckFolder checks the log of a data folder that no process serves.
func CheckFolder(ctx context.Context, c config.Config, log *slog.Logger, progress func(done, total int64)) (control.Findings, error) {
	report, err := eventstore.CheckDir(ctx, eventstore.Options{Dir: c.Path("journal"), Logger: log}, progress)
	return Findings(report), err
}

// ScavengeFolder scavenges the log of a data folder that no process serves.
func ScavengeFolder(ctx context.Context, c config.Config, log *slog.Logger, o eventstore.ScavengeOptions) (eventstore.ScavengeReport, error) {
	return eventstore.ScavengeDir(ctx, eventstore.Options{Dir: c.Path("journal"), Now: c.Now(), CacheBytes: c.CacheBytes, Logger: log}, o)
}
