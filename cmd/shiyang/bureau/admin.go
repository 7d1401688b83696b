package bureau

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"shiyang/internal/readmodel"
)

// health answers whether the process lives and whether it can work.
type health struct {
	ready func() error
}

// live answers as long as the process can answer at all: it must never depend
// on a store, or a restart would be asked for what a restart cannot mend.
func (h health) live(w http.ResponseWriter, _ *http.Request) {
	writeHealth(w, http.StatusOK, "live", nil)
}

func (h health) isReady(w http.ResponseWriter, _ *http.Request) {
	if err := h.ready(); err != nil {
		writeHealth(w, http.StatusServiceUnavailable, "not ready", err)
		return
	}
	writeHealth(w, http.StatusOK, "ready", nil)
}

func writeHealth(w http.ResponseWriter, status int, word string, err error) {
	answer := map[string]string{"status": word}
	if err != nil {
		answer["reason"] = err.Error()
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// The connection is the prober's: if it is gone there is nobody to tell.
	_ = json.NewEncoder(w).Encode(answer)
}

// routes adds the two probes to a mux.
func (h health) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /health/live", h.live)
	mux.HandleFunc("GET /health/ready", h.isReady)
}

// serveAdmin serves metrics, profiles and health on an address of its own.
func (b *Bureau) serveAdmin(h health) error {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &figures{b})
	if store := b.ground.embedded; store != nil {
		registry.MustRegister(store)
	}
	mux := http.NewServeMux()
	h.routes(mux)
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	listener, err := net.Listen("tcp", b.ground.config.Admin)
	if err != nil {
		return fmt.Errorf("admin address: %w", err)
	}
	b.admin = listener.Addr().String()
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 16 << 10}
	b.serve("admin", server, func() error { return server.Serve(listener) })
	return nil
}

// serve runs an HTTP server until the bureau closes; if it ends earlier, the
// whole bureau ends with the error.
func (b *Bureau) serve(name string, server *http.Server, run func() error) {
	b.running.Go(func() {
		if err := run(); err != nil && !errors.Is(err, http.ErrServerClosed) {
			b.fail(fmt.Errorf("%s: %w", name, err))
		}
	})
	b.ground.onClose(func(ctx context.Context) error {
		if err := server.Shutdown(ctx); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", name, err), server.Close())
		}
		return nil
	})
}

// figures are the bureau's own metrics; each is read when asked for.
type figures struct{ bureau *Bureau }

var (
	viewPosition  = desc("shiyang_view_position", "Position up to which a view holds everything.", "view")
	viewBehind    = desc("shiyang_view_behind_positions", "Positions between a view and the head of the log.", "view")
	viewLag       = desc("shiyang_view_lag_seconds", "How long ago the last event of a view was recorded; 0 at the head.", "view")
	viewFailed    = desc("shiyang_view_failed", "1 while a view is set aside because an event failed.", "view")
	unknownEvents = desc("shiyang_unknown_events_total", "Events that views skipped because this program does not know their type.")
	generation    = desc("shiyang_esdb_client_generation", "Number of the store client in use.")
	reconnects    = desc("shiyang_esdb_reconnects_total", "How often the store client was replaced.")
	stuck         = desc("shiyang_esdb_calls_stuck", "Calls of the store client that run on after their caller gave up.")
	reactionAt    = desc("shiyang_reaction_position", "Position up to which a reaction has reacted.", "reaction")
	reactionStuck = desc("shiyang_reaction_stuck", "1 while a reaction tries an event again and again.", "reaction")
	jobFailed     = desc("shiyang_job_failed", "1 if a time-driven job failed when it ran last.", "job")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// truth is 1 for true.
func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// Describe implements prometheus.Collector.
func (f *figures) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		viewPosition, viewBehind, viewLag, viewFailed, unknownEvents, reactionAt, reactionStuck, jobFailed, generation, reconnects, stuck,
		meterConnections, meterPackets, meterMessages, meterRefused, meterFaults,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (f *figures) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	count := func(d *prometheus.Desc, v float64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v)
	}
	for _, s := range f.bureau.runner.Status() {
		gauge(viewPosition, float64(s.Position), s.Name)
		gauge(viewBehind, float64(s.Behind), s.Name)
		gauge(viewLag, s.Lag.Seconds(), s.Name)
		gauge(viewFailed, truth(s.State == "failed"), s.Name)
	}
	count(unknownEvents, float64(f.bureau.runner.UnknownEvents()))
	for _, s := range f.bureau.reactor.Status() {
		gauge(reactionAt, float64(s.Position), s.Name)
		gauge(reactionStuck, truth(s.Failure != (readmodel.Failure{})), s.Name)
	}
	for _, s := range f.bureau.ticker.Status() {
		gauge(jobFailed, truth(s.Err != nil), s.Name)
	}
	collectMeters(f.bureau.meters, ch)
	client := f.bureau.ground.client.Stats()
	gauge(generation, float64(client.Generation))
	count(reconnects, float64(client.Reconnects))
	gauge(stuck, float64(client.Stuck))
}
