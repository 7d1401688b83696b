package eventstore_test

import (
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"shiyang/eventstore"
)

var kib = `{"x":"` + strings.Repeat("x", 1024-8) + `"}`

// BenchmarkClientAppend appends 1 KiB events durably through the official
// client, each with its exact expected revision, to streams of 20 events.
func BenchmarkClientAppend(b *testing.B) {
	for _, writers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			store, client := serve(b, eventstore.Options{Dir: b.TempDir()})
			var ids atomic.Int64
			b.SetParallelism(max(1, writers/runtime.GOMAXPROCS(0)))
			b.RunParallel(func(pb *testing.PB) {
				w := ids.Add(1)
				for n := 0; pb.Next(); n++ {
					var expected esdb.ExpectedRevision = esdb.NoStream{}
					if n%20 > 0 {
						expected = esdb.Revision(uint64(n%20) - 1)
					}
					_, err := client.AppendToStream(b.Context(), fmt.Sprintf("bench-%d-%d", w, n/20),
						esdb.AppendToStreamOptions{ExpectedRevision: expected}, event(kib))
					if err != nil {
						b.Error(err)
						return
					}
				}
			})
			s := store.Stats()
			b.ReportMetric(float64(s.Events)/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(s.Events)/float64(max(1, s.Syncs)), "events/fsync")
		})
	}
}

// BenchmarkClientReadAll reads 1 KiB events from $all through the official client.
func BenchmarkClientReadAll(b *testing.B) {
	_, client := serve(b, eventstore.Options{Dir: b.TempDir()})
	const events = 20_000
	for n := 0; n < events; n += 500 {
		group := make([]esdb.EventData, 500)
		for i := range group {
			group[i] = event(kib)
		}
		if _, err := client.AppendToStream(b.Context(), fmt.Sprintf("read-%d", n), esdb.AppendToStreamOptions{}, group...); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		stream, err := client.ReadAll(b.Context(), esdb.ReadAllOptions{From: esdb.Start{}}, events)
		if err != nil {
			b.Fatal(err)
		}
		for range events {
			if _, err := stream.Recv(); err != nil {
				b.Fatal(err)
			}
		}
		stream.Close()
	}
	b.ReportMetric(float64(b.N)*events/b.Elapsed().Seconds(), "events/s")
}
