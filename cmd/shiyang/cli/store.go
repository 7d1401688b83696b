package cli

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"shiyang/eventstore"
	"shiyang/internal/certificate"
)

// openStore opens the embedded store to be served to other processes: plain on
// this machine, or with TLS and users.
func (p *program) openStore(log *slog.Logger) (*eventstore.Store, error) {
	c := p.config
	if err := c.CheckStore(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	o := eventstore.Options{
		Dir: c.Path("journal"), Now: c.Now(), CacheBytes: c.CacheBytes, Logger: log, Advertise: c.StoreAdvertise,
		GroupBytes: int(c.StoreGroupBytes), TailBytes: int(c.StoreTailBytes), Anonymous: c.StoreAnonymous,
	}
	if c.TLSCert != "" {
		pair, err := certificate.Open(c.TLSCert, c.TLSKey, certificate.Options{Logger: log})
		if err != nil {
			return nil, fmt.Errorf("tls_cert and tls_key: %w", err)
		}
		o.TLS = pair.Config()
		if o.Users, err = p.storeUsers(); err != nil {
			return nil, err
		}
		if err := p.firstStoreUser(o.Users); err != nil {
			return nil, err
		}
	}
	return eventstore.Open(o)
}

// storeAddress is how clients reach the store.
func (p *program) storeAddress(at net.Addr) string {
	return fmt.Sprintf("esdb://%s?tls=%t", at, p.config.TLSCert != "")
}

// storeGC is how far the heap of a store that runs alone may grow between
// collections, in percent of what is in use. Little is in use there, so that
// Go's own 100 would collect many times a second under load.
const storeGC = 400

// relaxGC lets the collector run less often, unless the operator has set GOGC.
func relaxGC() {
	if _, set := os.LookupEnv("GOGC"); !set {
		debug.SetGCPercent(storeGC)
	}
}

// storeAdmin answers for health and figures of a store that runs alone, and
// for profiles if asked to.
func storeAdmin(store *eventstore.Store, profiles bool) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), store)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	if profiles {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	mux.HandleFunc("GET /health/live", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, `{"status":"live"}`) })
	mux.HandleFunc("GET /health/ready", func(w http.ResponseWriter, _ *http.Request) {
		if err := store.Ready(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, `{"status":"ready"}`)
	})
	return mux
}
