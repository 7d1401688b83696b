package monitoring

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/timeseries"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/monitoring/frame"
	"shiyang/services/permits/monitoring/meter"
	"shiyang/services/permits/monitoring/period"
	"shiyang/services/permits/monitoring/wire"
)

// The commands of HJ 212-2017 table 9 that a meter sends.
const (
	cnRealtime = "2011"
	cnDay      = "2031"
	cnMinute   = "2051"
	cnHour     = "2061"
	cnTime     = "1013" // asks for the time; answered as a notice
)

// Kinds of rows beside the log: the numbers of their commands.
const (
	kindRealtime = 2011
	kindMinute   = 2051
)

const (
	factWriters = 64 // hours and days written at once; the store puts their commits together
	// ahead is how far a period may begin after now: a meter's clock may be
	// fast, but a fact of tomorrow is none.
	ahead = time.Hour
	// oldest is how far back a meter may resend an hour or a day.
	oldest = 400 * 24 * time.Hour
)

var _ wire.Intake = (*Server)(nil)

// Take implements [wire.Intake]: it judges a message and stores what it says.
// done is called when that is durable.
func (s *Server) Take(ctx context.Context, m frame.Message, done func(wire.Verdict)) {
	dev, known, err := s.device(ctx, m.MN)
	if err != nil {
		s.Logger.LogAttrs(ctx, slog.LevelError, "a frame could not be judged", slog.Any("error", err))
		done(wire.Verdict{Outcome: wire.Failed})
		return
	}
	if v := s.admit(dev, known, m.Packet); v.Outcome != 0 {
		done(v)
		return
	}
	data, err := frame.ParseData(m.CP)
	if err != nil {
		done(refuse(frame.Unknown, "data"))
		return
	}
	if now := s.Now(); data.Time.After(now.Add(ahead)) || data.Time.Before(now.Add(-oldest)) {
		done(refuse(frame.Refused, "time"))
		return
	}
	switch string(m.CN) {
	case cnRealtime:
		s.takeRow(ctx, dev, known, m, data, kindRealtime, done)
	case cnMinute:
		s.takeRow(ctx, dev, known, m, data, kindMinute, done)
	case cnHour:
		s.takeFact(ctx, dev, known, m, data, permitsv1.MeterPeriod_METER_PERIOD_HOUR, done)
	case cnDay:
		s.takeFact(ctx, dev, known, m, data, permitsv1.MeterPeriod_METER_PERIOD_DAY, done)
	}
}

func refuse(code frame.Return, why string) wire.Verdict {
	return wire.Verdict{Outcome: wire.Refused, Code: code, Why: why}
}

// admit says why a message is not taken as data: from nobody we know, or of a
// kind that holds none. The zero verdict lets it pass.
func (s *Server) admit(dev *device, known meter.Meter, p frame.Packet) wire.Verdict {
	switch {
	case !known.Exists():
		return refuse(frame.WrongMN, "mn")
	case !s.devices.knows(dev, known.Hash, p.PW, s.Now()):
		return refuse(frame.WrongPW, "pw")
	}
	switch string(p.CN) {
	case cnRealtime, cnMinute, cnHour, cnDay:
	case cnTime:
		return wire.Verdict{Outcome: wire.Noticed}
	default:
		// Everything else that the standard knows asks for nothing to be kept.
		if len(s.Law().On(law.DateOf(s.Now())).Commands(string(p.CN))) > 0 {
			return wire.Verdict{Outcome: wire.Noticed}
		}
		return refuse(frame.WrongCN, "cn")
	}
	switch {
	case string(p.ST) != known.System:
		return refuse(frame.WrongST, "st")
	case !known.Speaks():
		return refuse(frame.Refused, "suspended")
	}
	return wire.Verdict{}
}

// takeRow keeps a message beside the log.
func (s *Server) takeRow(ctx context.Context, dev *device, known meter.Meter, m frame.Message, data frame.Data, kind int, done func(wire.Verdict)) {
	if s.Minutes == nil {
		done(wire.Verdict{Outcome: wire.Noticed})
		return
	}
	s.link(ctx, dev, known, m.Packet)
	row := timeseries.Row{Series: dev.id, Kind: kind, At: data.Time, Body: string(m.CP)}
	err := s.Minutes.Put(ctx, row, func(err error) {
		if err != nil {
			s.Logger.LogAttrs(ctx, slog.LevelError, "minute data could not be stored", slog.Any("error", err))
			done(wire.Verdict{Outcome: wire.Failed})
			return
		}
		done(wire.Verdict{Outcome: wire.Stored})
	})
	switch {
	case errors.Is(err, timeseries.ErrTooOld), errors.Is(err, timeseries.ErrTooNew):
		done(refuse(frame.Refused, "time"))
	case err != nil:
		done(wire.Verdict{Outcome: wire.Failed})
	}
}

// takeFact makes a fact of the readings of an hour or a day.
func (s *Server) takeFact(ctx context.Context, dev *device, known meter.Meter, m frame.Message, data frame.Data, kind permitsv1.MeterPeriod, done func(wire.Verdict)) {
	event := &permitsv1.MeterPeriodReported{
		MeterId: dev.id, Mn: known.MN, FacilityId: known.FacilityID, Outlet: known.Outlet, EnterpriseId: known.EnterpriseID,
		Division: known.Division, Period: kind, From: timestamppb.New(begin(data.Time, kind)), Qn: string(m.QN), Readings: readingsOf(data),
	}
	for _, raw := range m.Raws {
		event.Frames = append(event.Frames, withoutPassword(raw))
	}
	sent := m.Sent()
	s.link(ctx, dev, known, m.Packet)
	select {
	case s.facts <- struct{}{}: // a storm of hours waits here, and so does its connection
		go func() {
			defer func() { <-s.facts }()
			done(s.report(ctx, event, sent))
		}()
	case <-ctx.Done():
		done(wire.Verdict{Outcome: wire.Failed})
	}
}

// begin is the begin of the period that holds an instant: a meter may name any
// second of its hour.
func begin(at time.Time, kind permitsv1.MeterPeriod) time.Time {
	if kind == permitsv1.MeterPeriod_METER_PERIOD_DAY {
		return law.DateOf(at).Start().UTC()
	}
	return at.Truncate(time.Hour)
}

// report stores a fact. The id of the command comes from what is said, so the
// same frame again, by wire or by file, is the same command.
func (s *Server) report(ctx context.Context, event *permitsv1.MeterPeriodReported, sent time.Time) wire.Verdict {
	from := event.GetFrom().AsTime()
	digest := period.Digest(event.GetReadings())
	occurred := s.Now().UTC()
	if sent.Before(occurred) {
		occurred = sent
	}
	meta := es.Meta{
		CommandID:   es.DerivedID("frame", event.GetMn(), event.GetPeriod().String(), from.Format(time.RFC3339), digest),
		CommandHash: digest, Actor: systemActor("meters"), OccurredAt: occurred, LawVersion: s.Law().Version(), Client: "hj212",
	}
	receipt, err := s.months.Execute(ctx, period.ID(event.GetMeterId(), from), meta, period.Report{Event: event})
	switch {
	case err != nil:
		s.Logger.LogAttrs(ctx, slog.LevelError, "a report of a meter could not be stored", slog.String("meter", event.GetMeterId()), slog.Any("error", err))
		return wire.Verdict{Outcome: wire.Failed}
	case receipt.Repeated, receipt.Position == 0:
		return wire.Verdict{Outcome: wire.Repeated, At: uint64(receipt.Position)}
	}
	return wire.Verdict{Outcome: wire.Stored, At: uint64(receipt.Position)}
}

// link records the first data of a meter, once.
func (s *Server) link(ctx context.Context, dev *device, known meter.Meter, p frame.Packet) {
	dev.mu.Lock()
	told := dev.linked || !known.Linked.IsZero()
	dev.linked = true
	dev.mu.Unlock()
	if told {
		return
	}
	meta := es.Meta{
		CommandID: es.DerivedID("link", known.MN), CommandHash: "link", Actor: systemActor("meters"),
		LawVersion: s.Law().Version(), Client: "hj212",
	}
	if _, err := s.meters.Execute(ctx, dev.id, meta, meter.Link{On: law.DateOf(s.Now()), QN: string(p.QN)}); err != nil {
		dev.mu.Lock()
		dev.linked = false // the next data try again
		dev.mu.Unlock()
		s.Logger.LogAttrs(ctx, slog.LevelWarn, "the link of a meter was not recorded", slog.String("meter", dev.id), slog.Any("error", err))
	}
}

func readingsOf(data frame.Data) []*permitsv1.MeterReading {
	all := make([]*permitsv1.MeterReading, len(data.Readings))
	for i, r := range data.Readings {
		all[i] = &permitsv1.MeterReading{
			Pollutant: r.Pollutant, Avg: r.Avg, Min: r.Min, Max: r.Max, Cou: r.Cou, ZsAvg: r.ZsAvg, ZsMin: r.ZsMin, ZsMax: r.ZsMax, Flag: r.Flag,
		}
	}
	return all
}

// withoutPassword is a frame as it is kept: each character of the password is
// an asterisk.
func withoutPassword(raw []byte) string {
	before, after, found := bytes.Cut(raw, []byte(";PW="))
	if !found {
		return string(raw)
	}
	_, rest, _ := bytes.Cut(after, []byte{';'})
	return string(before) + ";PW=" + strings.Repeat("*", len(after)-len(rest)-1) + ";" + string(rest)
}
