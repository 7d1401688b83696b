package eventstore

import "github.com/prometheus/client_golang/prometheus"

var healsDesc = prometheus.NewDesc("shiyang_store_index_heals_total",
	"How often the index was found damaged and was made again from the log, since the start.", nil, nil)

// Describe implements prometheus.Collector: a store can be registered as it is.
func (s *Store) Describe(ch chan<- *prometheus.Desc) {
	s.engine.Load().server.Describe(ch)
	ch <- healsDesc
}

// Collect implements prometheus.Collector. It reads counters, and for each
// consumer group the end of its streams.
func (s *Store) Collect(ch chan<- prometheus.Metric) {
	s.engine.Load().server.Collect(ch)
	ch <- prometheus.MustNewConstMetric(healsDesc, prometheus.CounterValue, float64(s.heals.Load()))
}
