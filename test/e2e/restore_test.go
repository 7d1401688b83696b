package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"shiyang/eventstore"
	"shiyang/internal/es"
	"shiyang/internal/es/esdbstore"
	"shiyang/internal/migrate"
)

// TestRestoreDrill loses the machine again and again: a backup is taken while
// writers send commands, the program is killed, its data are gone, and the
// bureau goes on from the backup. Every event up to the backup's position is
// there, byte for byte; the views equal a replay; sign-in works; files open.
// What the loss costs is printed: events since the backup (RPO) and the time
// that the restore took (RTO).
func TestRestoreDrill(t *testing.T) {
	drills := 3
	if n, err := strconv.Atoi(os.Getenv("SHIYANG_TEST_DRILLS")); err == nil && n > 0 {
		drills = n
	}
	d := newDrill(t)
	for n := 1; n <= drills; n++ {
		d.run(t, n)
	}
	if err := d.end(syscall.SIGTERM, ""); err != nil {
		t.Error(err)
	}
}

// drill is a bureau whose master key is kept apart from its data.
type drill struct {
	*program
	diary *diary
	file  string // hash of an uploaded file
}

var uploaded = []byte("%PDF-1.4\nan example\n%%EOF\n")

func newDrill(t *testing.T) *drill {
	t.Helper()
	notes, err := os.Create(filepath.Join(t.TempDir(), "diary.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	d := &drill{program: &program{dir: t.TempDir()}, diary: &diary{file: notes}}
	t.Cleanup(func() {
		d.abandon()
		_ = notes.Close()
	})
	d.begin(t, 0)
	v, _, err := signIn(d.url, "guicai", d.passwords["guicai"])
	if err != nil {
		t.Fatal(err)
	}
	answer, err := v.upload(d.url, "licence", "licence.pdf", uploaded)
	if err != nil {
		t.Fatal(err)
	}
	if d.file, err = field(answer, "sha256"); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *drill) path(name string) string { return filepath.Join(d.dir, name) }

func (d *drill) begin(t *testing.T, n int) {
	t.Helper()
	if err := d.start(t.Context(), append(clockAt(n), "--master-key", d.path("master.key"))...); err != nil {
		t.Fatal(err)
	}
}

// tool runs a command of the operator to its end and returns what it printed.
func (d *drill) tool(t *testing.T, args ...string) string {
	t.Helper()
	p, err := launch(t.Context(), nil, args...)
	if err != nil {
		t.Fatal(err)
	}
	<-p.ended
	if p.err != nil {
		t.Fatalf("%v: %v\n%s", args, p.err, p.out)
	}
	return p.out.String()
}

var positionLine = regexp.MustCompile(`position 日志位置: (\d+)`)

// run is one drill.
func (d *drill) run(t *testing.T, n int) {
	t.Helper()
	backup, lost := d.path(fmt.Sprint("backup", n)), d.path(fmt.Sprint("lost", n))
	var printed string
	d.underLoad(t, func(more func(int)) {
		more(20)
		printed = d.tool(t, "backup", "--to", backup, "--data", d.path("data"))
		more(20)
	})
	found := positionLine.FindStringSubmatch(printed)
	if found == nil {
		t.Fatalf("no position was printed: %s", printed)
	}
	position, err := strconv.ParseUint(found[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(d.path("data"), lost); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	d.tool(t, "restore", "--from", backup, "--data", d.path("data"), "--master-key", d.path("master.key"))
	restored := time.Since(began)
	kept, gone := compareLogs(t, filepath.Join(lost, "journal"), filepath.Join(d.path("data"), "journal"), es.Position(position))
	d.begin(t, n)
	t.Logf("drill %d: restored %d events in %s, ready after %s (RTO); %d events came after the backup and are lost (RPO)",
		n, kept, restored.Round(time.Millisecond), time.Since(began).Round(time.Millisecond), gone)
	checkReplay(t, d.program)
	v, _, err := signIn(d.url, "guicai", d.passwords["guicai"])
	if err != nil {
		t.Fatal(err)
	}
	if got, err := v.get(d.url + "/v1/attachments/" + d.file); err != nil || !bytes.Equal(got, uploaded) {
		t.Errorf("the uploaded file: %q, %v", got, err)
	}
}

// underLoad lets four writers send commands while act runs, and kills the
// program then, in the middle of whatever runs. more waits until so many
// further commands were acknowledged.
func (d *drill) underLoad(t *testing.T, act func(more func(int))) {
	t.Helper()
	clerk, _, err := signIn(d.url, "shouli", d.passwords["shouli"])
	if err != nil {
		t.Fatal(err)
	}
	var acknowledged atomic.Int64
	var writers sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	for range 4 {
		writers.Go(func() {
			for ctx.Err() == nil {
				if writeOne(clerk, d.url, d.diary) != nil {
					<-ctx.Done() // the program is being killed
					return
				}
				acknowledged.Add(1)
			}
		})
	}
	act(func(count int) {
		enough := acknowledged.Load() + int64(count)
		err := until("commands under load", func() (bool, error) {
			now := acknowledged.Load()
			return now >= enough, fmt.Errorf("%d of %d are acknowledged", now, enough)
		})
		if acknowledged.Load() < enough {
			t.Error(err)
		}
	})
	if err := d.end(syscall.SIGKILL, ""); err != nil {
		t.Error(err)
	}
	stop()
	writers.Wait()
}

// compareLogs checks that the restored log is the lost one up to a position
// and ends there. It returns how many events were kept and how many are gone.
func compareLogs(t *testing.T, lost, restored string, at es.Position) (kept, gone int) {
	t.Helper()
	next, stop := iter.Pull2(everything(t, restored))
	defer stop()
	for want, err := range everything(t, lost) {
		if err != nil {
			t.Fatal(err)
		}
		if want.Position > at {
			gone++
			continue
		}
		got, err, ok := next()
		if err != nil || !ok {
			t.Fatalf("the restored log ends before event %d of %s at position %d: %v", want.Revision, want.Stream, want.Position, err)
		}
		if migrate.Leaf(got) != migrate.Leaf(want) || got.Position != want.Position || !got.Created.Equal(want.Created) || got.Binary != want.Binary {
			t.Fatalf("position %d: event %d of %s was restored as event %d of %s", want.Position, want.Revision, want.Stream, got.Revision, got.Stream)
		}
		kept++
	}
	if more, _, ok := next(); ok {
		t.Errorf("the restored log goes on with event %d of %s at position %d", more.Revision, more.Stream, more.Position)
	}
	if kept == 0 {
		t.Error("nothing was compared")
	}
	return kept, gone
}

// everything is the log in a folder.
func everything(t *testing.T, dir string) iter.Seq2[migrate.RawEvent, error] {
	t.Helper()
	store, err := eventstore.Open(eventstore.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = store.Serve(listener) }()
	client, err := esdbstore.Dial(t.Context(), esdbstore.Config{URL: "esdb://" + listener.Addr().String() + "?tls=false"})
	if err != nil {
		t.Fatal(err)
	}
	return func(yield func(migrate.RawEvent, error) bool) {
		defer func() {
			if err := errors.Join(client.Close(), store.Close()); err != nil {
				t.Error(err)
			}
		}()
		client.ReadAll(t.Context(), 0, nil)(yield)
	}
}

// flip changes one bit of a file, in its middle or where it is told to; done
// twice, the file is as before.
func (c *chapter) flip(ts *testscript.TestScript, args []string) error {
	if len(args) == 0 {
		return errors.New("flip FILE [BYTE]")
	}
	name := ts.MkAbs(args[0])
	content, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	at := len(content) / 2
	if len(args) == 2 {
		at, err = strconv.Atoi(args[1])
	}
	if err != nil || at < 0 || at >= len(content) {
		return fmt.Errorf("%s has no byte %v", name, args[1:])
	}
	content[at] ^= 1
	return os.WriteFile(name, content, 0o600)
}
