package bureau

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	"shiyang/internal/timeseries"
	"shiyang/services/permits"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/monitoring/wire"
)

// openPermits makes the permits service with all its departments.
func (b *Bureau) openPermits(_ context.Context, server grpc.ServiceRegistrar, _ tokenKey) error {
	g := b.ground
	if err := g.openMinutes(); err != nil {
		return err
	}
	service := permits.NewServer(desk.Deps{
		Store: g.store, DB: g.views, Law: b.law, Lawbook: g.library, Keys: g.reserved, Numbers: g.numbers, Now: g.now, Logger: g.log,
		Source: g.client, Codec: g.codec, Practice: desk.Practice{
			Mark: g.config.PermitMark[0], National: g.config.National(), MeterSilence: int(g.config.MeterSilence), ManualCounts: g.config.ManualReadings,
		}, Minutes: g.minutes,
	})
	service.Register(server)
	b.intake = service.Meters()
	b.work.add(permits.Projections(g.library), permits.Reactions(service), permits.Jobs(service))
	return nil
}

// openMinutes opens what meters tell every minute, beside the log, once.
func (g *ground) openMinutes() (err error) {
	if g.minutes != nil {
		return nil
	}
	g.minutes, err = timeseries.Open(timeseries.Options{
		Dir: g.config.Path("minutes"), Retention: time.Duration(g.config.MinuteDays) * 24 * time.Hour, Now: g.now,
	})
	if err != nil {
		return fmt.Errorf("minute data of meters: %w", err)
	}
	g.onClose(func(context.Context) error { return g.minutes.Close() })
	return nil
}

// openMeters listens to meters where the settings say so; a demo bureau does
// on a free port.
func (b *Bureau) openMeters() error {
	addr := b.ground.config.Meters
	if addr == "" && b.ground.config.Demo {
		addr = "127.0.0.1:0"
	}
	if addr == "" || b.intake == nil {
		return nil
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("address of meters: %w", err)
	}
	b.meters, b.meterAddr = wire.New(wire.Options{Intake: b.intake, Now: b.ground.now}), listener.Addr().String()
	b.running.Go(func() {
		if err := b.meters.Serve(listener); err != nil {
			b.fail(err)
		}
	})
	b.ground.onClose(b.meters.Close)
	return nil
}

// Meters is the address that meters send frames to; empty if none are
// listened to.
func (b *Bureau) Meters() string { return b.meterAddr }

var (
	meterConnections = desc("shiyang_meter_connections", "Connections of meters that are open.")
	meterPackets     = desc("shiyang_meter_packets_total", "Good frames that meters sent.")
	meterMessages    = desc("shiyang_meter_messages_total", "Messages of meters by what became of them.", "outcome")
	meterRefused     = desc("shiyang_meter_refused_total", "Messages of meters that became nothing, by reason.", "reason")
	meterFaults      = desc("shiyang_meter_faults_total", "What meters sent and was no good frame, by kind.", "kind")
)

// collectMeters tells what the listener for meters has done.
func collectMeters(s *wire.Server, ch chan<- prometheus.Metric) {
	if s == nil {
		return
	}
	stats := s.Stats()
	count := func(d *prometheus.Desc, v int64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	ch <- prometheus.MustNewConstMetric(meterConnections, prometheus.GaugeValue, float64(stats.Connections))
	count(meterPackets, stats.Packets)
	count(meterMessages, stats.Stored, "stored")
	count(meterMessages, stats.Repeated, "repeated")
	count(meterMessages, stats.Failed, "failed")
	for reason, n := range stats.Refused {
		count(meterRefused, n, reason)
	}
	for kind, n := range stats.Faults {
		count(meterFaults, n, kind)
	}
}
