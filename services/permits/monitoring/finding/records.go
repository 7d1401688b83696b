package finding

import (
	"strconv"
	"time"

	"shiyang/internal/es"
	permitsv1 "shiyang/proto/permits/v1"
)

// The first words of the streams.
const (
	CategoryExceedance = "exceedance"
	CategoryYear       = "massyear"
)

// ExceedanceID is the record of one reading above a limit: one for each meter,
// pollutant and period, for ever.
func ExceedanceID(meterID, pollutant string, period permitsv1.MeterPeriod, from time.Time) string {
	return es.DerivedID("exceedance", meterID, pollutant, period.String(), strconv.FormatInt(from.Unix(), 10))
}

// Exceedance 超标 is what its stream says of a reading above a limit.
type Exceedance struct {
	Found     *permitsv1.ExceedanceFound // as it was found last; nil before
	Withdrawn bool
	Reason    string
}

// Evolve applies one fact.
func (x Exceedance) Evolve(fact es.Fact) Exceedance {
	switch e := fact.Event.(type) {
	case *permitsv1.ExceedanceFound:
		x = Exceedance{Found: e}
	case *permitsv1.ExceedanceWithdrawn:
		x.Withdrawn, x.Reason = true, e.GetReason()
	}
	return x
}

// Find tells a reading above a limit.
type Find struct{ Event *permitsv1.ExceedanceFound }

// Decide adds the finding, unless it stands already with the same values.
func (c Find) Decide(x Exceedance) ([]es.Event, error) {
	if x.Found != nil && !x.Withdrawn && x.Found.GetValue() == c.Event.GetValue() && x.Found.GetLimit().GetConcentration() == c.Event.GetLimit().GetConcentration() {
		return nil, nil
	}
	return []es.Event{c.Event}, nil
}

// Withdraw takes a finding back whose reading no longer counts or is another.
type Withdraw struct {
	Reason, CorrectedIn string
	CorrectedAt         uint64
}

// Decide takes the finding back, if there is one that stands.
func (c Withdraw) Decide(x Exceedance) ([]es.Event, error) {
	if x.Found == nil || x.Withdrawn {
		return nil, nil
	}
	return []es.Event{&permitsv1.ExceedanceWithdrawn{Reason: c.Reason, CorrectedIn: c.CorrectedIn, CorrectedAt: c.CorrectedAt}}, nil
}

// Steps are the shares of the permitted mass that are told, in percent.
var Steps = []int32{80, 90, 100}

// StepOf is the highest share that a mass has reached; 0 below the first. Shares
// of the limit are rounded down to whole grams.
func StepOf(massGrams, limitGrams int64) int32 {
	reached := int32(0)
	for _, step := range Steps {
		if limitGrams > 0 && massGrams >= limitGrams/100*int64(step)+limitGrams%100*int64(step)/100 {
			reached = step
		}
	}
	return reached
}

// YearID is the record of a site's year and pollutant.
func YearID(facilityID, pollutant string, year int) string {
	return es.DerivedID("massyear", facilityID, pollutant, strconv.Itoa(year))
}

// Year 年排放量 is what was told of a site's mass in a year: for each limit, the
// highest share. Its map is never changed in place.
type Year struct {
	Told map[int64]int32              // by limit in grams
	Last *permitsv1.AnnualMassReached // the latest; nil before
}

// Evolve applies one fact.
func (y Year) Evolve(fact es.Fact) Year {
	if e, ok := fact.Event.(*permitsv1.AnnualMassReached); ok {
		told := map[int64]int32{e.GetLimitGrams(): e.GetPercent()}
		for limit, percent := range y.Told {
			told[limit] = max(told[limit], percent)
		}
		y.Told, y.Last = told, e
	}
	return y
}

// Reach tells every share that was reached and not told, for this limit.
type Reach struct{ Event *permitsv1.AnnualMassReached } // without Percent

// Decide adds one event for each share, each once a year and limit.
func (c Reach) Decide(y Year) ([]es.Event, error) {
	reached := StepOf(c.Event.GetMassGrams(), c.Event.GetLimitGrams())
	var events []es.Event
	for _, step := range Steps {
		if step <= reached && step > y.Told[c.Event.GetLimitGrams()] {
			events = append(events, &permitsv1.AnnualMassReached{
				FacilityId: c.Event.GetFacilityId(), EnterpriseId: c.Event.GetEnterpriseId(), Division: c.Event.GetDivision(),
				Pollutant: c.Event.GetPollutant(), Year: c.Event.GetYear(), Percent: step, MassGrams: c.Event.GetMassGrams(),
				LimitGrams: c.Event.GetLimitGrams(), PermitId: c.Event.GetPermitId(), PermitNumber: c.Event.GetPermitNumber(),
			})
		}
	}
	return events, nil
}
