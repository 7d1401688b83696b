package server

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"shiyang/eventstore/journal"
)

// figures are what the server measures itself; the rest is asked for when the
// figures are collected.
type figures struct {
	latency prometheus.Histogram // of appends, from the last message to the journal's answer
	events  prometheus.Counter   // appended, repetitions included
	refused prometheus.Counter   // appends
}

func newFigures() *figures {
	return &figures{
		latency: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "shiyang_store_append_seconds", Help: "Time of an append from its last message until it is on disk or refused.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 2, 18), // 100 µs to 13 s
		}),
		events:  prometheus.NewCounter(prometheus.CounterOpts{Name: "shiyang_store_appended_events_total", Help: "Events whose append was answered with success."}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{Name: "shiyang_store_refused_appends_total", Help: "Appends that were answered with a refusal or an error."}),
	}
}

func (f *figures) appended(took time.Duration, events int, err error) {
	if err == nil {
		f.latency.Observe(took.Seconds())
		f.events.Add(float64(events))
		return
	}
	f.refused.Inc()
	if _, conflict := errors.AsType[*journal.WrongRevisionError](err); conflict {
		f.latency.Observe(took.Seconds()) // an answer as good as any
	}
}

var (
	perSync       = desc("shiyang_store_events_per_sync", "Events that one fsync made durable, on average since the start.")
	subscriptions = desc("shiyang_store_subscriptions", "Open subscriptions by whether they have reached the end.", "state")
	behindMost    = desc("shiyang_store_subscription_lag_positions", "Positions between the head and the subscription to $all that is furthest behind.")
	wakes         = desc("shiyang_store_wakes_total", "How often a commit woke a subscription or a consumer group.")
	fromMemory    = desc("shiyang_store_events_from_memory_total", "Events that subscriptions to $all took from memory instead of from the log.")
	refusedSigns  = desc("shiyang_store_sign_ins_refused_total", "Calls refused because the user or the password was wrong.")
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
		s.figures.latency.Desc(), s.figures.events.Desc(), s.figures.refused.Desc(), perSync, subscriptions, behindMost,
		wakes, fromMemory, refusedSigns, groupClients, groupFlying, groupParked, groupLag,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (s *Server) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	count := func(d *prometheus.Desc, v uint64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v))
	}
	s.figures.latency.Collect(ch)
	s.figures.events.Collect(ch)
	s.figures.refused.Collect(ch)
	if syncs := s.journal.Stats().Syncs; syncs > 0 {
		gauge(perSync, float64(s.journal.Head()-s.opened)/float64(syncs))
	}
	live, lag := s.subscriptionsLive()
	gauge(subscriptions, float64(live), "live")
	gauge(subscriptions, float64(s.Subscribers()-live), "catching up")
	gauge(behindMost, float64(lag))
	count(wakes, s.tail.Wakes())
	count(fromMemory, s.tail.FromMemory())
	if !s.guard.open() {
		count(refusedSigns, s.guard.signIns.Refused())
	}
	for _, g := range s.groups.Figures() {
		gauge(groupClients, float64(g.Clients), g.Key.Stream, g.Key.Group)
		gauge(groupFlying, float64(g.InFlight), g.Key.Stream, g.Key.Group)
		gauge(groupParked, float64(g.Parked), g.Key.Stream, g.Key.Group)
		gauge(groupLag, float64(g.Behind), g.Key.Stream, g.Key.Group)
	}
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
