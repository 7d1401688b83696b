package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"shiyang/eventstore/journal"
)

// The figures of a store. Everything is counted where it happens and asked for
// when somebody collects.
var (
	events        = desc("shiyang_store_events", "Events in the store.")
	appends       = desc("shiyang_store_appends_total", "Appends and deletes that were answered, refusals included.")
	latency       = desc("shiyang_store_append_seconds", "Time of an append or delete until it is on disk or refused.")
	written       = desc("shiyang_store_written_events_total", "Events written; divided by the syncs: events per fsync.")
	syncs         = desc("shiyang_store_syncs_total", "Commits, each with one fsync.")
	cacheHits     = desc("shiyang_store_cache_hits_total", "Blocks of the index found in the cache.")
	cacheMisses   = desc("shiyang_store_cache_misses_total", "Blocks of the index not found in the cache.")
	logBytes      = desc("shiyang_store_log_bytes", "Size of the log's files.")
	diskFree      = desc("shiyang_store_disk_free_bytes", "Bytes that a write may still take on the disk.")
	diskTotal     = desc("shiyang_store_disk_total_bytes", "Size of the disk.")
	subscriptions = desc("shiyang_store_subscriptions", "Open subscriptions by whether they have reached the end.", "state")
	behindMost    = desc("shiyang_store_subscription_lag_positions", "Positions between the head and the subscription to $all that is furthest behind.")
	wakes         = desc("shiyang_store_wakes_total", "How often a commit woke a subscription or a consumer group.")
	fromMemory    = desc("shiyang_store_events_from_memory_total", "Events that subscriptions to $all took from memory instead of from the log.")
	refusedSigns  = desc("shiyang_store_sign_ins_refused_total", "Calls refused because the user or the password was wrong.")
	scavenging    = desc("shiyang_store_scavenging", "1 while a scavenge is at work.")
	scavenges     = desc("shiyang_store_scavenges_total", "Scavenges that have ended.")
	scavenged     = desc("shiyang_store_scavenged_events_total", "Events that scavenges have removed.")
	returned      = desc("shiyang_store_scavenged_bytes_total", "Bytes of the log that scavenges have given back.")
	groupClients  = desc("shiyang_store_group_clients", "Clients of a consumer group.", "stream", "group")
	groupFlying   = desc("shiyang_store_group_in_flight", "Events of a consumer group that are with its clients.", "stream", "group")
	groupParked   = desc("shiyang_store_group_parked", "Parked events of a consumer group.", "stream", "group")
	groupLag      = desc("shiyang_store_group_lag", "Revisions or positions between what a consumer group has done and the end.", "stream", "group")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (s *Server) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		events, appends, latency, written, syncs, cacheHits, cacheMisses, logBytes, diskFree, diskTotal, subscriptions,
		behindMost, wakes, fromMemory, refusedSigns, scavenging, scavenges, scavenged, returned, groupClients, groupFlying, groupParked, groupLag,
	} {
		ch <- d
	}
}

// collected hands figures over.
type collected chan<- prometheus.Metric

func (c collected) gauge(d *prometheus.Desc, v float64, labels ...string) {
	c <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func (c collected) count(d *prometheus.Desc, v uint64) {
	c <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v))
}

// Collect implements prometheus.Collector.
func (s *Server) Collect(ch chan<- prometheus.Metric) {
	c := collected(ch)
	c.journal(s.journal.Stats())
	live, lag := s.subscriptionsLive()
	c.gauge(subscriptions, float64(live), "live")
	c.gauge(subscriptions, float64(s.Subscribers()-live), "catching up")
	c.gauge(behindMost, float64(lag))
	c.count(wakes, s.tail.Wakes())
	c.count(fromMemory, s.tail.FromMemory())
	if !s.guard.open() {
		c.count(refusedSigns, s.guard.signIns.Refused())
	}
	for _, g := range s.groups.Figures() {
		c.gauge(groupClients, float64(g.Clients), g.Key.Stream, g.Key.Group)
		c.gauge(groupFlying, float64(g.InFlight), g.Key.Stream, g.Key.Group)
		c.gauge(groupParked, float64(g.Parked), g.Key.Stream, g.Key.Group)
		c.gauge(groupLag, float64(g.Behind), g.Key.Stream, g.Key.Group)
	}
}

func (c collected) journal(j journal.Stats) {
	c.gauge(events, float64(j.Events))
	c.count(appends, j.Appends)
	c.count(written, j.Written)
	c.count(syncs, j.Syncs)
	c.count(cacheHits, uint64(j.CacheHits))
	c.count(cacheMisses, uint64(j.CacheMisses))
	c.gauge(logBytes, float64(j.LogBytes))
	c.count(scavenges, j.Scavenges)
	c.count(scavenged, j.Removed)
	c.count(returned, uint64(max(0, j.Returned)))
	active := 0.0
	if j.Scavenging {
		active = 1
	}
	c.gauge(scavenging, active)
	if j.DiskTotal > 0 {
		c.gauge(diskFree, float64(j.DiskFree))
		c.gauge(diskTotal, float64(j.DiskTotal))
	}
	buckets, sum := map[float64]uint64{}, uint64(0)
	for i, n := range j.Append.Buckets[:journal.LatencyBuckets-1] {
		sum += n
		buckets[journal.LatencyBound(i).Seconds()] = sum
	}
	c <- prometheus.MustNewConstHistogram(latency, j.Append.Count, j.Append.Sum.Seconds(), buckets)
}

// subscriptionsLive counts the subscriptions that have reached the end, and
// tells how far the one to $all that lags most is behind.
func (s *Server) subscriptionsLive() (live int, lag uint64) {
	head := s.journal.Head()
	s.mu.Lock()
	defer s.mu.Unlock()
	for sub := range s.subscriptions {
		if sub.waiting.Load() {
			live++
		} else if at := sub.at.Load(); sub.options.GetAll() != nil && at < head {
			lag = max(lag, head-at)
		}
	}
	return live, lag
}
