package journal_test

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"shiyang/eventstore/journal"
)

// kib is a payload of the size that the limits are stated for.
var kib = `{"x":"` + strings.Repeat("x", 1024-8) + `"}`

// BenchmarkAppend appends 1 KiB events durably, each with its exact expected
// revision, to streams of 20 events.
func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			j := open(b, journal.Options{Dir: b.TempDir(), Logger: quiet})
			var writer, ids atomic.Int64
			b.SetParallelism(max(1, writers/runtime.GOMAXPROCS(0)))
			b.RunParallel(func(pb *testing.PB) {
				w := writer.Add(1)
				for n := 0; pb.Next(); n++ {
					stream := fmt.Sprintf("bench-%d-%d", w, n/20)
					appendTo(b, j, stream, journal.Expected(n%20-1), event(int(ids.Add(1)), kib))
				}
			})
			b.StopTimer()
			s := j.Stats()
			b.ReportMetric(float64(s.Events)/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(s.Events)/float64(max(1, s.Syncs)), "events/fsync")
		})
	}
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

// BenchmarkOpen opens a log of a million small events.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	j := open(b, journal.Options{Dir: dir, Logger: quiet})
	for n := 0; n < 1_000_000; n += 1000 {
		group := make([]journal.Event, 1000)
		for i := range group {
			group[i] = event(n+i, `{"n":1}`)
		}
		appendTo(b, j, fmt.Sprintf("open-%d", n), journal.NoStream, group...)
	}
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		j, err := journal.Open(journal.Options{Dir: dir, Logger: quiet})
		if err != nil {
			b.Fatal(err)
		}
		if j.Head() != 1_000_000 {
			b.Fatalf("head %d", j.Head())
		}
		if err := j.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
