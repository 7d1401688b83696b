package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"shiyang/cmd/shiyang/cli"
)

// servedStore runs the store alone on a data folder and returns a client, and
// a function that stops it.
func servedStore(t *testing.T, data string) (*esdb.Client, func()) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	cmd := cli.NewCommand(writer, io.Discard)
	cmd.SetArgs([]string{"serve", "eventstore", "--data", data})
	ended := make(chan error, 1)
	go func() {
		err := cmd.ExecuteContext(ctx)
		ended <- errors.Join(err, writer.CloseWithError(io.EOF))
	}()
	lines := bufio.NewScanner(reader)
	var at []string
	for at == nil {
		if !lines.Scan() {
			t.Fatalf("the store ended: %v", <-ended)
		}
		at = regexp.MustCompile(`esdb://127\.0\.0\.1:\d+\?tls=false`).FindStringSubmatch(lines.Text())
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	config, err := esdb.ParseConnectionString(at[0])
	if err != nil {
		t.Fatal(err)
	}
	config.Logger = func(esdb.LogLevel, string, ...any) {}
	client, err := esdb.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	return client, func() {
		_ = client.Close()
		stop()
		if err := <-ended; err != nil {
			t.Error("stopped:", err)
		}
	}
}

// fill writes a hundred kilobytes so many times to a stream.
func fill(t *testing.T, client *esdb.Client, stream string, times int) {
	t.Helper()
	for range times {
		_, err := client.AppendToStream(t.Context(), stream, esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}},
			esdb.EventData{EventType: "Happened", ContentType: esdb.ContentTypeBinary, Data: bytes.Repeat([]byte("x"), 100<<10)})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// onDisk counts the bytes of the log.
func onDisk(t *testing.T, data string) (bytes int64) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(data, "journal", "log", "*"))
	if err != nil || len(files) < 3 {
		t.Fatalf("files %v, %v", files, err)
	}
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		bytes += info.Size()
	}
	return bytes
}

var scavengedLine = regexp.MustCompile(`: (\d+) events, (\d+) bytes, in (\d+) of (\d+) full files`)

// scavenged runs the command and returns how many events and bytes it tells of.
func scavenged(t *testing.T, data string, args ...string) (events, freed int64) {
	t.Helper()
	out, err := run(t, append([]string{"eventstore", "scavenge", "--data", data}, args...)...)
	m := scavengedLine.FindStringSubmatch(out)
	if err != nil || m == nil {
		t.Fatalf("scavenge %v: %q, %v", args, out, err)
	}
	events, _ = strconv.ParseInt(m[1], 10, 64)
	freed, _ = strconv.ParseInt(m[2], 10, 64)
	return events, freed
}

// TestTheSpaceOfADeletedStreamIsGivenBack does it while the store serves, and
// once more when nobody does.
func TestTheSpaceOfADeletedStreamIsGivenBack(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	client, stop := servedStore(t, data)
	fill(t, client, "gone-1", 12)
	fill(t, client, "kept-1", 12)
	fill(t, client, "gone-2", 12)
	fill(t, client, "kept-1", 12)
	if _, err := client.TombstoneStream(t.Context(), "gone-1", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}}); err != nil {
		t.Fatal(err)
	}
	before := onDisk(t, data)
	events, planned := scavenged(t, data, "--dry-run")
	if events < 9 || events > 12 || onDisk(t, data) != before {
		t.Errorf("a dry run tells of %d events, and the log has %d bytes, before %d", events, onDisk(t, data), before)
	}
	removed, freed := scavenged(t, data)
	if now := onDisk(t, data); removed != events || freed != planned || before-now != freed || freed < 9*100<<10 {
		t.Errorf("%d events and %d bytes, planned %d and %d; the log had %d bytes and has %d", removed, freed, events, planned, before, now)
	}
	wantReadable(t, client, "kept-1", 24)
	wantReadable(t, client, "gone-2", 12)
	if out, err := run(t, "eventstore", "check", "--data", data); err != nil || !regexp.MustCompile(`whole`).MatchString(out) {
		t.Errorf("check: %q, %v", out, err)
	}
	if _, err := client.DeleteStream(t.Context(), "gone-2", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}}); err != nil {
		t.Fatal(err)
	}
	stop()
	if events, freed = scavenged(t, data); events < 8 || freed < 8*100<<10 {
		t.Errorf("offline: %d events, %d bytes", events, freed)
	}
	client, stop = servedStore(t, data)
	defer stop()
	wantReadable(t, client, "kept-1", 24)
	fill(t, client, "gone-2", 1) // numbering goes on, though its events are gone
	wantReadable(t, client, "gone-2", 1)
}

func wantReadable(t *testing.T, client *esdb.Client, stream string, want int) {
	t.Helper()
	r, err := client.ReadStream(t.Context(), stream, esdb.ReadStreamOptions{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for n := range want {
		e, err := r.Recv()
		if err != nil {
			t.Fatalf("%s: %d of %d events, %v", stream, n, want, err)
		}
		if first := e.OriginalEvent().EventNumber; want == 1 && first != 12 {
			t.Errorf("%s goes on at %d", stream, first)
		}
	}
	if _, err := r.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("%s has more than %d events, or %v", stream, want, err)
	}
}

func TestAScavengeNeedsALog(t *testing.T) {
	empty := t.TempDir()
	if _, err := run(t, "eventstore", "scavenge", "--data", empty); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no log: %v", err)
	}
	if names, err := os.ReadDir(empty); err != nil || len(names) > 0 {
		t.Errorf("%v was made, %v", names, err)
	}
	if _, err := run(t, "eventstore", "scavenge", "--data", empty, "--least", "101"); err == nil {
		t.Error("101 % was taken")
	}
}
