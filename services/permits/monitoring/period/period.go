// Package period keeps what a meter said of hours and days 小时、日数据: one
// stream for each meter and month, so that streams stay short (about 800
// events). A report is a fact and is never changed: the same period told again
// with other values is another report that replaces the earlier one, and a
// person who gives a reading another flag adds a correction.
//
// The package is pure. Start with [Month], then [Report] and [Reflag].
package period

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/es"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
)

// Category is the first word of the streams.
const Category = "metermonth"

// zone is that of the standard and of legal days.
var zone = time.FixedZone("Asia/Shanghai", 8*60*60)

// ID is the record that holds a period of a meter: by the month in which the
// period begins, in Asia/Shanghai.
func ID(meterID string, from time.Time) string {
	return es.DerivedID("metermonth", meterID, from.In(zone).Format("2006-01"))
}

// Key names a period inside a month.
type Key struct {
	Period permitsv1.MeterPeriod
	From   int64 // Unix seconds
}

// Told is what a month remembers of a period: which report stands, what it
// said and under which flags.
type Told struct {
	Digest   string
	Revision uint64
	Flags    map[string]string // by pollutant, as they hold now
}

// Month 月度数据 is what a stream says. Its maps are never changed in place.
type Month struct {
	MeterID  string
	Division string
	Firm     string
	Periods  map[Key]Told
	at       uint64
}

// Evolve applies one fact.
func (m Month) Evolve(fact es.Fact) Month {
	m.at++
	switch e := fact.Event.(type) {
	case *permitsv1.MeterPeriodReported:
		m.MeterID, m.Division, m.Firm = e.GetMeterId(), e.GetDivision(), e.GetEnterpriseId()
		told := Told{Digest: Digest(e.GetReadings()), Revision: m.at, Flags: make(map[string]string, len(e.GetReadings()))}
		for _, r := range e.GetReadings() {
			told.Flags[r.GetPollutant()] = r.GetFlag()
		}
		m.Periods = with(m.Periods, Key{e.GetPeriod(), e.GetFrom().GetSeconds()}, told)
	case *permitsv1.MeterReadingReflagged:
		key := Key{e.GetPeriod(), e.GetFrom().GetSeconds()}
		told := m.Periods[key]
		told.Flags = maps.Clone(told.Flags)
		told.Flags[e.GetPollutant()] = e.GetFlag()
		m.Periods = with(m.Periods, key, told)
	}
	return m
}

func with(periods map[Key]Told, key Key, told Told) map[Key]Told {
	periods = maps.Clone(periods)
	if periods == nil {
		periods = map[Key]Told{}
	}
	periods[key] = told
	return periods
}

// Digest names what readings say, whatever the frame looked like.
func Digest(readings []*permitsv1.MeterReading) string {
	h := sha256.New()
	for _, r := range readings {
		_, _ = fmt.Fprintf(h, "%q %q %q %q %q %q %q %q %q\n", r.GetPollutant(), r.GetAvg(), r.GetMin(), r.GetMax(), r.GetCou(),
			r.GetZsAvg(), r.GetZsMin(), r.GetZsMax(), r.GetFlag()) // a hash never fails to take bytes
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Report tells the readings of a period as they came over the wire.
type Report struct {
	Event *permitsv1.MeterPeriodReported // without Replaces
}

// Decide adds the report, unless it stands already; another one of the same
// period names the one that it replaces.
func (c Report) Decide(m Month) ([]es.Event, error) {
	key := Key{c.Event.GetPeriod(), c.Event.GetFrom().GetSeconds()}
	told, known := m.Periods[key]
	if known && told.Digest == Digest(c.Event.GetReadings()) {
		return nil, nil
	}
	c.Event.Replaces = told.Revision
	return []es.Event{c.Event}, nil
}

// The refusals of this package.
var (
	ErrNoReading = &problem.Error{
		Kind: problem.Rejected, Reason: "READING_UNKNOWN",
		Text: act.Text("这一时段没有该污染物的数据。", "There is no such reading of that period."),
	}
	ErrSameFlag = &problem.Error{
		Kind: problem.Rejected, Reason: "FLAG_UNCHANGED",
		Text: act.Text("数据标记没有变化。", "The reading has that flag already."),
	}
)

// Reflag gives a reading another flag 修改数据标记, for a reason.
type Reflag struct {
	Period                  permitsv1.MeterPeriod
	From                    time.Time
	Pollutant, Flag, Reason string
}

// Decide adds the correction, which refers to the report that it corrects.
func (c Reflag) Decide(m Month) ([]es.Event, error) {
	told, known := m.Periods[Key{c.Period, c.From.Unix()}]
	before, has := told.Flags[c.Pollutant]
	switch {
	case !known || !has:
		return nil, ErrNoReading
	case before == c.Flag:
		return nil, ErrSameFlag
	}
	return []es.Event{&permitsv1.MeterReadingReflagged{
		MeterId: m.MeterID, Period: c.Period, From: timestamppb.New(c.From), Pollutant: c.Pollutant,
		Before: before, Flag: c.Flag, Reason: c.Reason, Corrects: told.Revision,
	}}, nil
}
