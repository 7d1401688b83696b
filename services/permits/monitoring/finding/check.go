package finding

import (
	"time"

	"shiyang/internal/law"
	"shiyang/internal/law/catalogue"
	permitsv1 "shiyang/proto/permits/v1"
)

// Limit 许可限值 is one row of a permit, from the day its version began to hold.
type Limit struct {
	PermitID, PermitNumber string
	PermitRevision         uint64
	Outlet, Pollutant      string
	Concentration, Unit    string // "" if only mass is limited
	Averaging              permitsv1.Averaging
	MassGrams              int64 // in a year; 0 if only concentration is limited
	Standard               string
}

// Counts tells whether a reading under a flag is held against a limit: N, and
// S (set by hand) where the practice of the bureau says so.
func Counts(flag string, manual bool) bool { return flag == "N" || manual && flag == "S" }

// averages is the period over which a limit is averaged; where the permit does
// not say, air hourly and water daily.
func (l Limit) averages() permitsv1.MeterPeriod {
	switch {
	case l.Averaging == permitsv1.Averaging_AVERAGING_HOUR:
		return permitsv1.MeterPeriod_METER_PERIOD_HOUR
	case l.Averaging == permitsv1.Averaging_AVERAGING_DAY:
		return permitsv1.MeterPeriod_METER_PERIOD_DAY
	case len(l.Pollutant) > 0 && l.Pollutant[0] == 'w':
		return permitsv1.MeterPeriod_METER_PERIOD_DAY
	}
	return permitsv1.MeterPeriod_METER_PERIOD_HOUR
}

// AppliesTo tells whether a limit is held against readings of a period.
func (l Limit) AppliesTo(outlet, pollutant string, period permitsv1.MeterPeriod) bool {
	return l.Outlet == outlet && l.Pollutant == pollutant && l.Concentration != "" && l.averages() == period
}

// Over is a reading above a limit.
type Over struct {
	Reading   *permitsv1.MeterReading
	Limit     Limit
	Value     string
	Unit      string
	Converted bool // the mean at the reference oxygen
}

// Check holds the readings of a period against the limits of the permit.
// Readings under other flags, without a limit of that period, or in a unit
// that cannot be compared, are passed over.
func Check(lists law.View, outlet string, period permitsv1.MeterPeriod, readings []*permitsv1.MeterReading, limits []Limit, manual bool) []Over {
	var found []Over
	for _, r := range readings {
		if !Counts(r.GetFlag(), manual) {
			continue
		}
		pollutant, known := lists.Pollutant(r.GetPollutant())
		if !known {
			continue
		}
		for _, l := range limits {
			if !l.AppliesTo(outlet, r.GetPollutant(), period) {
				continue
			}
			if o, over := compare(r, pollutant, l); over {
				found = append(found, o)
			}
		}
	}
	return found
}

func compare(r *permitsv1.MeterReading, p catalogue.Pollutant, l Limit) (Over, bool) {
	o := Over{Reading: r, Limit: l, Value: r.GetAvg(), Unit: p.Unit}
	if r.GetZsAvg() != "" {
		o.Value, o.Converted = r.GetZsAvg(), true
	}
	over, fit := above(o.Value, o.Unit, l.Concentration, unitOf(l.Unit, p))
	return o, over && fit
}

// unitOf is the unit of a limit; a permit that names none uses that of the
// list.
func unitOf(written string, p catalogue.Pollutant) string {
	switch written {
	case "":
		return p.Unit
	case p.UnitZh:
		return p.Unit
	}
	return written
}

// zone is that of legal days.
var zone = time.FixedZone("Asia/Shanghai", 8*60*60)

// YearOf is the calendar year of an instant in Asia/Shanghai.
func YearOf(at time.Time) int { return at.In(zone).Year() }
