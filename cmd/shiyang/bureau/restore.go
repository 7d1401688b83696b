package bureau

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"shiyang/cmd/shiyang/config"
	"shiyang/internal/backup"
	"shiyang/internal/blob"
	"shiyang/internal/es"
	"shiyang/internal/keyring"
	commonv1 "shiyang/proto/common/v1"
)

// Restored tells what a restore brought back.
type Restored struct {
	Log     backup.Log
	Events  int           // of the log, that were read
	Erased  int           // persons whose keys the log says are destroyed
	Missing []string      // hashes of files that events refer to and the backup lacks
	Took    time.Duration // by the clock of the machine
}

// RestoreOptions say what to restore, and where to.
type RestoreOptions struct {
	Config   config.Config // Data is the folder to make
	Backup   *backup.Backup
	Log      *slog.Logger
	Now      func() time.Time
	Progress func(n int) // hears bytes: once while they are verified, once while they are placed
}

// Restore makes a data folder from a backup, or fails and leaves nothing
// behind. Everything is verified first, then placed in a folder beside the
// target. There the log is opened and read, the keys of everybody whom it
// calls erased are destroyed (D20), and only then the folder gets its name.
// Views are not restored: the bureau builds them when it starts.
//
// With the tables of keys, passwords and drafts in PostgreSQL, these must be
// empty, and are filled before the folder gets its name.
func Restore(ctx context.Context, o RestoreOptions) (Restored, error) {
	began := time.Now()
	if err := o.check(); err != nil {
		return Restored{}, err
	}
	if err := o.Backup.Verify(ctx, o.Progress); err != nil {
		return Restored{}, fmt.Errorf("the backup is damaged and nothing was restored:\n%w", err)
	}
	target, err := filepath.Abs(o.Config.Data)
	if err != nil {
		return Restored{}, err
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		return Restored{}, fmt.Errorf("restore: %w", err)
	}
	beside, err := os.MkdirTemp(filepath.Dir(target), ".restore-")
	if err != nil {
		return Restored{}, fmt.Errorf("restore: %w", err)
	}
	o.Config.Data = beside
	done, err := o.fill(ctx)
	if err == nil {
		err = settle(beside, target)
	}
	if err != nil {
		return Restored{}, errors.Join(fmt.Errorf("restore: %w", err), os.RemoveAll(beside))
	}
	done.Took = time.Since(began)
	return done, nil
}

// check refuses what can be refused before anything is read.
func (o RestoreOptions) check() error {
	c, b := o.Config, o.Backup
	entries, err := os.ReadDir(c.Data)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("restore: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("restore: %s is not empty: name a new folder, nothing is ever overwritten", c.Data)
	}
	switch elsewhere := b.Log.Elsewhere(); {
	case elsewhere && c.EventStore == "":
		return errors.New("restore: this backup holds no log, because it lay in a cluster: restore the cluster first and name it with --event-store")
	case !elsewhere && c.EventStore != "":
		return errors.New("restore: this backup holds its own log: leave event_store empty")
	}
	if b.Holds(holdingKeys) {
		if _, err := os.Stat(c.MasterKey); err != nil {
			return errors.New("restore: the master key is not in any backup: name its file with --master-key")
		}
	}
	return nil
}

// fill makes the data folder, which has another name yet.
func (o RestoreOptions) fill(ctx context.Context) (Restored, error) {
	c, b := o.Config, o.Backup
	for holding, dir := range map[string]string{backup.LogFolder: "journal", holdingFiles: "attachments", holdingUsers: "."} {
		if b.Holds(holding) {
			if err := b.Copy(ctx, holding, c.Path(dir), o.Progress); err != nil {
				return Restored{}, err
			}
		}
	}
	done := Restored{Log: b.Log}
	if !b.Holds(holdingKeys) { // of a store that runs alone: the log is all
		err := o.checkLog(ctx, &done)
		return done, err
	}
	if err := o.importKeys(ctx); err != nil {
		return Restored{}, err
	}
	v, err := OpenVault(ctx, c, o.Log, o.Now)
	if err != nil {
		return Restored{}, err
	}
	err = o.revive(ctx, v.ground, &done)
	return done, errors.Join(err, v.Close(context.WithoutCancel(ctx)), tidy(c))
}

// importKeys fills the keyring before it is opened: opening it proves that
// the master key fits.
func (o RestoreOptions) importKeys(ctx context.Context) error {
	g := &ground{config: o.Config, log: o.Log, now: o.Now}
	db, engine, err := g.openSQL(g.keyringURL(), keyringFile)
	if err == nil {
		err = o.each(holdingKeys, func(r io.Reader) error {
			return keyring.Import(ctx, db, keyring.Engine(engine), r)
		})
	}
	return errors.Join(err, g.close(context.WithoutCancel(ctx)))
}

// each reads the tables of a holding.
func (o RestoreOptions) each(holding string, read func(io.Reader) error) error {
	for _, f := range o.Backup.Of(holding) {
		r, err := o.Backup.Reader(f)
		if err != nil {
			return err
		}
		if err := errors.Join(read(r), r.Close()); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return nil
}

// revive reads the restored log, destroys what has to stay destroyed, and
// brings back passwords and drafts.
func (o RestoreOptions) revive(ctx context.Context, g *ground, done *Restored) error {
	head, err := g.client.Head(ctx)
	switch {
	case err != nil:
		return err
	case g.embedded != nil && (uint64(head) != done.Log.Position || g.embedded.StoreID() != done.Log.Store):
		return fmt.Errorf("the restored log ends at position %d, the manifest says %d", head, done.Log.Position)
	case uint64(head) < done.Log.Position:
		return fmt.Errorf("the event store ends at position %d and the backup was made at %d: restore a later backup of the store", head, done.Log.Position)
	}
	if err := replayErasures(ctx, g, done); err != nil {
		return err
	}
	err = o.each(holdingSecrets, func(r io.Reader) error { return g.secrets.Import(ctx, r) })
	if err == nil {
		err = o.each(holdingDrafts, func(r io.Reader) error { return g.drafts.Import(ctx, r) })
	}
	if err == nil {
		err = o.each(holdingMinutes, func(r io.Reader) error { return g.minutes.Import(ctx, r) })
	}
	return err
}

// contentHash finds the files that events refer to.
var contentHash = regexp.MustCompile(`"sha256": *"([0-9a-f]{64})"`)

// replayErasures reads every event: the keys of erased persons are destroyed
// again, and the files that events refer to are looked for.
func replayErasures(ctx context.Context, g *ground, done *Restored) error {
	erased, wanted := map[string]bool{}, map[string]bool{}
	name := es.TypeName(&commonv1.PersonErased{})
	for e, err := range g.client.ReadAll(ctx, 0, nil) {
		if err != nil {
			return err
		}
		done.Events++
		for _, found := range contentHash.FindAllSubmatch(e.Data, -1) {
			wanted[string(found[1])] = true
		}
		if e.Type != name {
			continue
		}
		event, err := g.codec.Decode(ctx, e.Type, e.Data)
		if err != nil {
			return fmt.Errorf("event %d of %s: %w", e.Revision, e.Stream, err)
		}
		if gone, ok := event.(*commonv1.PersonErased); ok {
			erased[gone.GetSubject()] = true
		}
	}
	for hash := range wanted {
		file, err := g.files.Open(ctx, blob.Key(hash))
		if errors.Is(err, fs.ErrNotExist) {
			done.Missing = append(done.Missing, hash)
			continue
		}
		if err != nil {
			return err
		}
		if err := file.Close(); err != nil {
			return err
		}
	}
	done.Erased = len(erased)
	slices.Sort(done.Missing)
	return g.keys.ReplayDestroyed(ctx, maps.Keys(erased))
}

// checkLog opens a log that was restored alone, at the position it should have.
func (o RestoreOptions) checkLog(ctx context.Context, done *Restored) error {
	g := &ground{config: o.Config, log: o.Log, now: o.Now}
	err := g.openLog(ctx)
	if err == nil && (g.embedded.Head() != o.Backup.Log.Position || g.embedded.StoreID() != o.Backup.Log.Store) {
		err = fmt.Errorf("the restored log ends at position %d, the manifest says %d", g.embedded.Head(), o.Backup.Log.Position)
	}
	if err == nil {
		done.Events = int(g.embedded.Stats().Events)
	}
	return errors.Join(err, g.close(context.WithoutCancel(ctx)), tidy(o.Config))
}

// tidy takes away what opening the folder made and a start makes again: views,
// sockets and locks.
func tidy(c config.Config) error {
	var err error
	for _, pattern := range []string{"views.db*", "*.sock"} {
		found, bad := filepath.Glob(c.Path(pattern))
		err = errors.Join(err, bad)
		for _, name := range found {
			err = errors.Join(err, os.Remove(name))
		}
	}
	return err
}

// settle gives a finished folder its name, in one step and durably.
func settle(beside, target string) error {
	if err := backup.SyncTree(beside); err != nil {
		return err
	}
	// An empty folder may stand there; one that is not is never removed.
	if err := os.Remove(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(beside, target); err != nil {
		return err
	}
	return backup.SyncFolder(filepath.Dir(target))
}
