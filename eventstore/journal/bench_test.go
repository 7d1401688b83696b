package journal_test

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"shiyang/eventstore/journal"
)

// kib is a payload of the size that the limits are stated for.
var kib = `{"x":"` + strings.Repeat("x", 1024-8) + `"}`

// BenchmarkAppend appends 1 KiB events durably, each append with its exact
// expected revision, to streams of 20 events. "raw" is a write and an fdatasync
// of as many bytes into a file of zeros, by one goroutine: what the disk allows.
func BenchmarkAppend(b *testing.B) {
	b.Run("raw", benchmarkRaw)
	for _, size := range []int{1, 10} {
		for _, writers := range []int{1, 16, 64} {
			b.Run(fmt.Sprintf("events=%d/writers=%d", size, writers), func(b *testing.B) {
				benchmarkAppend(b, writers, size)
			})
		}
	}
}

func benchmarkAppend(b *testing.B, writers, size int) {
	j := open(b, journal.Options{Dir: b.TempDir(), Logger: quiet})
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ResetTimer()
	before := cpu(b)
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			events := make([]journal.Event, size)
			for n := 0; left.Add(-1) >= 0; n++ {
				for i := range events {
					events[i] = event(w<<40+n*size+i, kib)
				}
				stream := fmt.Sprintf("bench-%d-%d", w, n*size/20)
				appendTo(b, j, stream, journal.Expected(n*size%20-1), events...)
			}
		})
	}
	all.Wait()
	b.StopTimer()
	s := j.Stats()
	b.ReportMetric(float64(s.Written)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(s.Written)/float64(max(1, s.Syncs)), "events/fsync")
	b.ReportMetric(float64(cpu(b)-before)/float64(s.Written)/1000, "µs-cpu/event")
}

// cpu is what the process has used so far, in nanoseconds.
func cpu(b *testing.B) int64 {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return use.Utime.Nano() + use.Stime.Nano()
}

func benchmarkRaw(b *testing.B) {
	write := rawDisk(b)
	before := cpu(b)
	for b.Loop() {
		write()
	}
	b.ReportMetric(float64(cpu(b)-before)/float64(b.N)/1000, "µs-cpu/event")
}

// rawDisk returns a function that makes a KiB durable in a file of zeros.
func rawDisk(b *testing.B) func() {
	f, err := vfs.Default.OpenReadWrite(filepath.Join(b.TempDir(), "raw"), vfs.WriteCategoryUnspecified)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = f.Close() })
	const size = 64 << 20
	if _, err := f.WriteAt(make([]byte, size), 0); err != nil {
		b.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		b.Fatal(err)
	}
	frame := []byte(kib + strings.Repeat("x", 200))
	at := int64(0)
	return func() {
		if at+int64(len(frame)) > size {
			at = 0
		}
		if _, err := f.WriteAt(frame, at); err != nil {
			b.Fatal(err)
		}
		if err := f.SyncData(); err != nil {
			b.Fatal(err)
		}
		at += int64(len(frame))
	}
}

// BenchmarkAppendBesideRaw lets the disk and the journal take turns, so that
// both meet the same noise, and compares their medians.
func BenchmarkAppendBesideRaw(b *testing.B) {
	write := rawDisk(b)
	j := open(b, journal.Options{Dir: b.TempDir(), Logger: quiet})
	var raw, own []time.Duration
	for n := 0; b.Loop(); n++ {
		start := time.Now()
		write()
		middle := time.Now()
		appendTo(b, j, fmt.Sprintf("bench-%d", n/20), journal.Expected(n%20-1), event(n, kib))
		raw, own = append(raw, middle.Sub(start)), append(own, time.Since(middle))
	}
	slices.Sort(raw)
	slices.Sort(own)
	b.ReportMetric(float64(raw[len(raw)/2].Microseconds()), "raw-p50-µs")
	b.ReportMetric(float64(own[len(own)/2].Microseconds()), "append-p50-µs")
	b.ReportMetric(float64(own[len(own)/2])/float64(raw[len(raw)/2]), "append/raw")
}

// BenchmarkScan reads the whole log, and one stream, of 1 KiB events.
func BenchmarkScan(b *testing.B) {
	j := open(b, journal.Options{Dir: b.TempDir(), Logger: quiet})
	const events = 50_000
	for n := 0; n < events; n += 100 {
		group := make([]journal.Event, 100)
		for i := range group {
			group[i] = event(n+i, kib)
		}
		appendTo(b, j, fmt.Sprintf("scan-%d", n/100%2), journal.Any, group...)
	}
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			for _, err := range j.All(1, math.MaxUint64) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(b.N)*events/b.Elapsed().Seconds(), "events/s")
	})
	b.Run("stream", func(b *testing.B) {
		for b.Loop() {
			for _, err := range j.Events("scan-1", 0, math.MaxInt64-1) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(b.N)*events/2/b.Elapsed().Seconds(), "events/s")
	})
}

var logEvents = flag.Int("events", 1_000_000, "events in the log of BenchmarkOpen")

// BenchmarkOpen opens a log of many small events, with its index and without.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	j := open(b, journal.Options{Dir: dir, Logger: quiet})
	for n := 0; n < *logEvents; n += 1000 {
		group := make([]journal.Event, 1000)
		for i := range group {
			group[i] = event(n+i, `{"n":1}`)
		}
		appendTo(b, j, fmt.Sprintf("open-%d", n), journal.NoStream, group...)
	}
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
	reopen := func(b *testing.B) {
		j, err := journal.Open(journal.Options{Dir: dir, Logger: quiet})
		if err != nil {
			b.Fatal(err)
		}
		if j.Head() != uint64(*logEvents) {
			b.Fatalf("head %d", j.Head())
		}
		if err := j.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("closed", func(b *testing.B) {
		for b.Loop() {
			reopen(b)
		}
	})
	b.Run("index removed", func(b *testing.B) {
		for b.Loop() {
			if err := os.RemoveAll(filepath.Join(dir, "index")); err != nil {
				b.Fatal(err)
			}
			reopen(b)
		}
		b.ReportMetric(float64(b.N)*float64(*logEvents)/b.Elapsed().Seconds(), "events/s")
	})
}
