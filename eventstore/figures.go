package eventstore

import "github.com/prometheus/client_golang/prometheus"

// Describe implements prometheus.Collector: a store can be registered as it is.
func (s *Store) Describe(ch chan<- *prometheus.Desc) { s.server.Describe(ch) }

// Collect implements prometheus.Collector. It reads counters, and for each
// consumer group the end of its streams.
func (s *Store) Collect(ch chan<- prometheus.Metric) { s.server.Collect(ch) }
