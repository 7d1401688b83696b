package control_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shiyang/cmd/shiyang/control"
	"shiyang/eventstore"
	"shiyang/internal/backup"
)

// keeper has files that are hard to send, and fails where it is told to.
type keeper struct {
	files   map[string][]byte
	fail    error
	waiting chan struct{}
}

func (k *keeper) Backup(ctx context.Context, put backup.Put) (backup.Summary, error) {
	for name, content := range k.files {
		size := int64(len(content))
		if strings.HasSuffix(name, "rows") {
			size = -1
		}
		if err := put(name, size, bytes.NewReader(content)); err != nil {
			return backup.Summary{}, err
		}
	}
	if k.waiting != nil {
		close(k.waiting)
		<-ctx.Done()
		return backup.Summary{}, ctx.Err()
	}
	return backup.Summary{Log: backup.Log{Store: "s", Position: 7}, Holdings: []string{"log"}}, k.fail
}

func (k *keeper) Check(_ context.Context, progress func(done, total int64)) (control.Findings, error) {
	progress(1, 2)
	return control.Findings{Events: 7, Damages: []string{"event 3 does not have its checksum"}}, k.fail
}

func (k *keeper) Scavenge(_ context.Context, o eventstore.ScavengeOptions) (eventstore.ScavengeReport, error) {
	o.Progress(1, 2)
	r := eventstore.ScavengeReport{Files: 3, Rewritten: 2, Events: 40, Bytes: 5000, Left: 6000, Took: time.Second}
	if o.DryRun {
		r.Events = uint64(o.LeastPercent)
	}
	return r, k.fail
}

func newKeeper() *keeper {
	random := make([]byte, 3<<20)
	_, _ = rand.Read(random)
	return &keeper{files: map[string][]byte{
		"log/1.sst": random, "log/空 \"x\"\r\n": []byte("\r\n--\r\n"), "log/empty": nil, "keyring/rows": []byte("a\nb\n"),
	}}
}

// folders are a data folder whose path fits a socket, and one whose does not.
func folders(t *testing.T) map[string]string {
	t.Helper()
	short, err := os.MkdirTemp("", "c")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(short) })
	long := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	if err := os.Mkdir(long, 0o700); err != nil {
		t.Fatal(err)
	}
	return map[string]string{"short path": short, "long path": long}
}

func serve(t *testing.T, data string, k control.Keeper) (*control.Server, *control.Client) {
	t.Helper()
	s, err := control.Serve(data, k, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	c, err := control.Dial(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return s, c
}

func collect(into map[string][]byte) backup.Put {
	return func(name string, size int64, content io.Reader) error {
		got, err := io.ReadAll(content)
		if size >= 0 && size != int64(len(got)) {
			err = errors.Join(err, errors.New(name+" has another size than announced"))
		}
		into[name] = got
		return err
	}
}

func TestABackupPassesTheDoor(t *testing.T) {
	for name, data := range folders(t) {
		t.Run(name, func(t *testing.T) {
			k := newKeeper()
			_, c := serve(t, data, k)
			got := map[string][]byte{}
			s, err := c.Backup(t.Context(), collect(got))
			if err != nil || s.Log.Position != 7 || len(s.Holdings) != 1 {
				t.Fatalf("%+v, %v", s, err)
			}
			if len(got) != len(k.files) {
				t.Errorf("%d files came, not %d", len(got), len(k.files))
			}
			for name, content := range k.files {
				if !bytes.Equal(got[name], content) {
					t.Errorf("%q: %d bytes came, not %d", name, len(got[name]), len(content))
				}
			}
		})
	}
}

func TestFindingsPassTheDoor(t *testing.T) {
	for name, data := range folders(t) {
		t.Run(name, func(t *testing.T) {
			k := newKeeper()
			_, c := serve(t, data, k)
			var told [][2]int64
			got, err := c.Check(t.Context(), func(done, total int64) { told = append(told, [2]int64{done, total}) })
			if diff := cmp.Diff(control.Findings{Events: 7, Damages: []string{"event 3 does not have its checksum"}}, got); diff != "" || err != nil {
				t.Error(diff, err)
			}
			if len(told) != 1 || told[0] != [2]int64{1, 2} {
				t.Errorf("progress %v", told)
			}
		})
	}
}

func TestAScavengePassesTheDoor(t *testing.T) {
	k := newKeeper()
	_, c := serve(t, folders(t)["short path"], k)
	told := 0
	o := eventstore.ScavengeOptions{Progress: func(done, total int64) { told += int(10*done + total) }}
	got, err := c.Scavenge(t.Context(), o)
	want := eventstore.ScavengeReport{Files: 3, Rewritten: 2, Events: 40, Bytes: 5000, Left: 6000, Took: time.Second}
	if err != nil || got != want || told != 12 {
		t.Errorf("%+v, %v, told %d", got, err, told)
	}
	o.DryRun, o.LeastPercent = true, 7
	if got, err = c.Scavenge(t.Context(), o); err != nil || got.Events != 7 {
		t.Errorf("the order did not pass: %+v, %v", got, err)
	}
	k.fail = errors.New("scavenge: the disk is full") // what was done until then is told, too
	if got, err = c.Scavenge(t.Context(), eventstore.ScavengeOptions{}); err == nil || err.Error() != k.fail.Error() || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestFailuresPassTheDoor(t *testing.T) {
	k := newKeeper()
	k.fail = errors.New("back up keyring: the disk is gone")
	_, c := serve(t, folders(t)["short path"], k)
	if _, err := c.Backup(t.Context(), collect(map[string][]byte{})); err == nil || err.Error() != k.fail.Error() {
		t.Errorf("backup: %v", err)
	}
	if _, err := c.Check(t.Context(), func(int64, int64) {}); err == nil || err.Error() != k.fail.Error() {
		t.Errorf("check: %v", err)
	}
}

// What the process could not finish is no backup.
func TestAnAnswerThatBreaksOffIsRefused(t *testing.T) {
	k := newKeeper()
	k.waiting = make(chan struct{})
	s, c := serve(t, folders(t)["short path"], k)
	ended := make(chan error, 1)
	go func() {
		_, err := c.Backup(context.Background(), collect(map[string][]byte{}))
		ended <- err
	}()
	<-k.waiting
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "broke off") {
		t.Errorf("error = %v", err)
	}
}

func TestWhoeverTakesTheFilesCanStop(t *testing.T) {
	_, c := serve(t, folders(t)["short path"], newKeeper())
	full := errors.New("no more room")
	if _, err := c.Backup(t.Context(), func(string, int64, io.Reader) error { return full }); !errors.Is(err, full) {
		t.Errorf("error = %v", err)
	}
}

func TestNobodyIsThere(t *testing.T) {
	for name, data := range folders(t) {
		t.Run(name, func(t *testing.T) {
			if _, err := control.Dial(t.Context(), data); !errors.Is(err, control.ErrNobody) {
				t.Errorf("nobody was ever there: %v", err)
			}
			s, _ := serve(t, data, newKeeper())
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if _, err := control.Dial(t.Context(), data); !errors.Is(err, control.ErrNobody) {
				t.Errorf("it was closed: %v", err)
			}
		})
	}
	killed := folders(t)["short path"] // its socket stays behind
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(killed, "control.sock")})
	if err != nil {
		t.Fatal(err)
	}
	listener.SetUnlinkOnClose(false)
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := control.Dial(t.Context(), killed); !errors.Is(err, control.ErrNobody) {
		t.Errorf("it was killed: %v", err)
	}
	serve(t, killed, newKeeper()) // and the next one takes its place
}

func TestTheDoorIsForItsOwnerOnly(t *testing.T) {
	for name, data := range folders(t) {
		t.Run(name, func(t *testing.T) {
			serve(t, data, newKeeper())
			info, err := os.Stat(filepath.Join(data, "control.sock"))
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("mode %v, %v", info.Mode(), err)
			}
		})
	}
}
