package crash

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"syscall"
	"time"

	"shiyang/test/torture/load"
	"shiyang/test/torture/oracle"
	"shiyang/test/torture/program"
	"shiyang/test/torture/trial"
	"shiyang/test/torture/wire"
)

// Drill is scenario R15: a backup is made under load, the store is killed and
// wiped, and restored. Up to the position of the backup everything is as it
// was; a backup that lacks a file or has a bit turned is refused.
func Drill(ctx context.Context, t *trial.Trial) error {
	for n := range t.Count {
		dir, err := t.Folder("drill")
		if err != nil {
			return err
		}
		d := &drill{t: t, data: filepath.Join(dir, "data"), backup: filepath.Join(dir, "backup"), restored: filepath.Join(dir, "restored"), oracle: oracle.New()}
		d.fleet = load.NewFleet(Writers, d.oracle, "drill", func(w uint64) *rand.Rand { return t.Fork(uint64(n)<<8 + w) })
		if err := d.run(ctx); err != nil {
			return fmt.Errorf("drill %d: %w", n+1, err)
		}
		t.Progress(n + 1)
	}
	return nil
}

type drill struct {
	t                      *trial.Trial
	data, backup, restored string
	oracle                 *oracle.Oracle
	fleet                  *load.Fleet
}

func (d *drill) run(ctx context.Context) error {
	whole, owed, position, err := d.lose(ctx)
	if err != nil {
		return err
	}
	if err := d.refuseDamaged(ctx); err != nil {
		return err
	}
	began := time.Now()
	if out, err := d.shiyang(ctx, "restore", "--from", d.backup, "--data", d.restored, "--master-key", d.restored+".key"); err != nil {
		return fmt.Errorf("restore: %w\n%s", err, out)
	}
	d.t.Measure("restore", time.Since(began))
	return d.compare(ctx, whole, owed, position)
}

var heldPosition = regexp.MustCompile(`(?m)^position[^:]*: (\d+)`)

// lose makes a backup of a store under load, and kills and wipes the store. It
// returns what the store held, what it owed when the backup began, and the
// position of the backup.
func (d *drill) lose(ctx context.Context) (whole *oracle.History, owed oracle.Promises, position uint64, err error) {
	fail := func(err error) (*oracle.History, oracle.Promises, uint64, error) { return nil, owed, 0, err }
	store, err := program.StartStore(ctx, d.t.Program, d.data, "127.0.0.1:0")
	if err != nil {
		return fail(err)
	}
	defer store.End(syscall.SIGKILL) //nolint:errcheck // gone already, unless something failed
	client, err := wire.Dial(store.Address)
	if err != nil {
		return fail(err)
	}
	defer client.Close() //nolint:errcheck // always nil
	working, stop := context.WithCancel(ctx)
	defer stop()
	written := make(chan struct{})
	go func() {
		defer close(written)
		d.fleet.Run(working, client)
	}()
	if err := d.more(ctx, 3000); err != nil {
		return fail(err)
	}
	owed = d.oracle.Promised()
	began := time.Now()
	out, err := d.shiyang(ctx, "backup", "--data", d.data, "--to", d.backup)
	if err != nil {
		return fail(fmt.Errorf("backup: %w\n%s", err, out))
	}
	d.t.Measure("backup", time.Since(began))
	found := heldPosition.FindSubmatch(out)
	if found == nil {
		return fail(fmt.Errorf("the backup names no position:\n%s", out))
	}
	if position, err = strconv.ParseUint(string(found[1]), 10, 64); err != nil {
		return fail(err)
	}
	if err := d.more(ctx, 500); err != nil {
		return fail(err)
	}
	stop()
	<-written
	whole = d.oracle.Read()
	verdict, err := client.Judge(ctx, whole, d.oracle.Promised())
	d.t.Judge(verdict, "before the loss")
	return whole, owed, position, errors.Join(err, store.End(syscall.SIGKILL), os.RemoveAll(d.data))
}

// more waits for further acknowledgements.
func (d *drill) more(ctx context.Context, events int) error {
	enough := d.oracle.Acked() + events
	limit := time.NewTimer(patience)
	defer limit.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for d.oracle.Acked() < enough {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-limit.C:
			return fmt.Errorf("not within %s: %d acknowledgements", patience, events)
		}
	}
	return nil
}

func (d *drill) shiyang(ctx context.Context, args ...string) ([]byte, error) {
	return exec.CommandContext(ctx, d.t.Program, args...).CombinedOutput() //nolint:gosec // the binary that was built
}

// refuseDamaged turns a bit of each file of the backup, and removes each, one
// after the other; neither may be restored.
func (d *drill) refuseDamaged(ctx context.Context) error {
	var files []string
	if err := filepath.WalkDir(d.backup, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files = append(files, path)
		}
		return err
	}); err != nil {
		return err
	}
	for _, path := range files {
		right, err := os.ReadFile(path) //nolint:gosec // a file of our backup
		if err != nil {
			return err
		}
		if wrong := slices.Clone(right); len(wrong) > 0 {
			at := d.t.Random.IntN(len(wrong))
			wrong[at] ^= 1 << d.t.Random.IntN(8)
			if err := os.WriteFile(path, wrong, 0o600); err != nil { //nolint:gosec // a file of our backup
				return err
			}
			d.mustRefuse(ctx, fmt.Sprintf("a bit of byte %d of %s is turned", at, filepath.Base(path)))
		}
		if err := os.Remove(path); err != nil {
			return err
		}
		d.mustRefuse(ctx, filepath.Base(path)+" is missing")
		if err := os.WriteFile(path, right, 0o600); err != nil { //nolint:gosec // a file of our backup
			return err
		}
	}
	return nil
}

func (d *drill) mustRefuse(ctx context.Context, what string) {
	if _, err := d.shiyang(ctx, "restore", "--from", d.backup, "--data", d.restored, "--master-key", d.restored+".key"); err == nil {
		d.t.Fault("a backup is restored although %s", what)
	}
	if left, _ := os.ReadDir(d.restored); len(left) > 0 {
		d.t.Fault("a refused restore leaves %d files, although %s", len(left), what)
	}
	d.t.Add("damaged backups refused", 1)
}

// compare reads what was restored.
func (d *drill) compare(ctx context.Context, whole *oracle.History, owed oracle.Promises, position uint64) error {
	store, err := program.StartStore(ctx, d.t.Program, d.restored, "127.0.0.1:0")
	if err != nil {
		return err
	}
	client, err := wire.Dial(store.Address)
	if err != nil {
		return errors.Join(err, store.End(syscall.SIGKILL))
	}
	again := d.oracle.Read()
	verdict, err := client.Judge(ctx, again, owed)
	same := whole.Again(&verdict)
	for e, err := range client.All(ctx, 0) {
		if err != nil {
			return errors.Join(err, store.End(syscall.SIGKILL))
		}
		same(e.Event)
		if e.Position > position {
			d.t.Fault("position %d is beyond that of the backup, %d", e.Position, position)
		}
	}
	if want := whole.Upto(position); want != again.Len() {
		d.t.Fault("%d events up to position %d before the loss, %d restored", want, position, again.Len())
	}
	d.t.Judge(verdict, "restored")
	d.t.Add("events restored and compared", again.Len())
	return errors.Join(err, client.Close(), store.End(syscall.SIGTERM))
}
