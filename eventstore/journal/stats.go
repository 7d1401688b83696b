package journal

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Stats are figures for the operator: counters since the journal was opened,
// and what is there now.
type Stats struct {
	Head        uint64 // position of the newest durable event; 0 when there is none
	Events      uint64 // events in the log
	Appends     uint64 // requests answered, refusals included
	Written     uint64 // events written since Open
	Syncs       uint64 // commits, each with one fsync; Written ÷ Syncs is events per fsync
	Append      Latency
	CacheHits   int64  // blocks of the index found in its cache
	CacheMisses int64  // … and not
	LogFiles    int    // files of the log
	LogBytes    int64  // their size, prepared room included
	DiskFree    uint64 // bytes a write may still take on the disk; 0 with DiskTotal 0: unknown
	DiskTotal   uint64
	Scavenging  bool   // a scavenge is at work
	Scavenges   uint64 // finished since Open
	Removed     uint64 // events that they have removed
	Returned    int64  // bytes of the log that they have given back
}

// LatencyBuckets is the number of buckets of a Latency.
const LatencyBuckets = 20

// LatencyBound is the upper bound of bucket i: 32 µs, 64 µs, … 8.4 s. The last
// bucket takes all that is longer.
func LatencyBound(i int) time.Duration { return 32 * time.Microsecond << i }

// Latency tells how long requests took, from the call to the answer.
type Latency struct {
	Buckets [LatencyBuckets]uint64 // requests in each bucket, not cumulated
	Count   uint64
	Sum     time.Duration
}

// latency counts durations without a lock.
type latency struct {
	buckets [LatencyBuckets]atomic.Uint64
	sum     atomic.Int64
}

func (l *latency) add(d time.Duration) {
	i := bits.Len64(uint64(max(0, d-1) / (32 * time.Microsecond)))
	l.buckets[min(i, LatencyBuckets-1)].Add(1)
	l.sum.Add(int64(d))
}

func (l *latency) read() Latency {
	r := Latency{Sum: time.Duration(l.sum.Load())}
	for i := range l.buckets {
		r.Buckets[i] = l.buckets[i].Load()
		r.Count += r.Buckets[i]
	}
	return r
}

// Stats returns the journal's figures. Call it until Close only.
func (j *Journal) Stats() Stats {
	head := j.Head()
	s := Stats{
		Head: head, Events: head, Appends: j.appends.Load(), Written: head - j.opened,
		Syncs: j.syncs.Load(), Append: j.latency.read(),
		Scavenging: j.maintenance.running.Load(), Scavenges: j.maintenance.runs.Load(),
		Removed: j.maintenance.events.Load(), Returned: j.maintenance.bytes.Load(),
	}
	if !j.readers.enter() {
		return s
	}
	defer j.readers.leave()
	s.Events -= j.log.Removed()
	s.CacheHits, s.CacheMisses = j.index.CacheUse()
	s.LogFiles, s.LogBytes = j.log.Files()
	if usage, err := j.opts.FS.GetDiskUsage(j.opts.Dir); err == nil {
		s.DiskFree, s.DiskTotal = usage.AvailBytes, usage.TotalBytes
	}
	return s
}
