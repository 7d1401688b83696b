package monitoring

import (
	"iter"
	"slices"

	"shiyang/internal/es"
	"shiyang/internal/law"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/monitoring/finding"
	"shiyang/services/permits/monitoring/meter"
	"shiyang/services/permits/monitoring/period"
	"shiyang/services/permits/monitoring/plan"
)

// meterForm is a meter as the API shows it, from its record alone.
func meterForm(id string, m meter.Meter) *permitsv1.Meter {
	return &permitsv1.Meter{
		MeterId: id, Mn: m.MN, FacilityId: m.FacilityID, EnterpriseId: m.EnterpriseID, Division: m.Division, UnitName: m.UnitName,
		Outlet: m.Outlet, System: m.System, Protocol: m.Protocol, State: m.State(), StateText: desk.TextOf(meter.StateName(m.State())),
		Installed: desk.WireDay(m.Installed), Linked: desk.WireDay(m.Linked), Accepted: desk.WireDay(m.Accepted),
		Silent: m.Silent, ReplacedBy: m.ReplacedBy, Example: m.Example,
	}
}

func monthForm(m period.Month) *permitsv1.MeterMonth {
	form := &permitsv1.MeterMonth{MeterId: m.MeterID}
	for key := range m.Periods {
		if key.Period == permitsv1.MeterPeriod_METER_PERIOD_HOUR {
			form.Hours++
		} else {
			form.Days++
		}
	}
	return form
}

func exceedanceForm(id string, x finding.Exceedance) *permitsv1.Exceedance {
	f := x.Found
	return &permitsv1.Exceedance{
		ExceedanceId: id, MeterId: f.GetMeterId(), FacilityId: f.GetFacilityId(), Division: f.GetDivision(), Outlet: f.GetOutlet(),
		Pollutant: &permitsv1.PollutantInfo{Code: f.GetPollutant()}, Period: f.GetPeriod(), From: f.GetFrom(), Value: f.GetValue(),
		Unit: f.GetUnit(), Converted: f.GetConverted(), Limit: f.GetLimit(), Withdrawn: x.Withdrawn, Example: f.GetExample(),
	}
}

func yearForm(y finding.Year) *permitsv1.AnnualMass {
	return &permitsv1.AnnualMass{
		FacilityId: y.Last.GetFacilityId(), Division: y.Last.GetDivision(), Pollutant: &permitsv1.PollutantInfo{Code: y.Last.GetPollutant()},
		MassGrams: y.Last.GetMassGrams(), LimitGrams: y.Last.GetLimitGrams(), ReachedPercent: y.Told[y.Last.GetLimitGrams()],
	}
}

func entryForm(id string, e plan.Entry) *permitsv1.MeterPlanEntry {
	p := e.Planned
	return &permitsv1.MeterPlanEntry{
		EntryId: id, Year: p.GetYear(), FacilityId: p.GetFacilityId(), UnitName: p.GetUnitName(), Division: p.GetDivision(),
		Outlet: p.GetOutlet(), Due: p.GetDue(), Basis: p.GetBasis(), Example: p.GetExample(),
	}
}

// withoutHashes leaves the hashes of passwords out of what a firm reads of its
// meter: it knows the password, the hash is nobody's business.
func withoutHashes(all iter.Seq2[es.Recorded, error]) iter.Seq2[es.Recorded, error] {
	return func(yield func(es.Recorded, error) bool) {
		for rec, err := range all {
			if _, set := rec.Event.(*permitsv1.MeterPasswordSet); set {
				rec.Event = &permitsv1.MeterPasswordSet{}
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}

// info names a pollutant for people, by the list of a day.
func info(lists law.View, code string) *permitsv1.PollutantInfo {
	i := &permitsv1.PollutantInfo{Code: code, Title: &commonv1.Text{Zh: code, En: code}}
	if p, known := lists.Pollutant(code); known {
		i.Title, i.Unit = &commonv1.Text{Zh: p.NameZh, En: p.NameEn}, p.Unit
	}
	return i
}

// order sorts pollutants as people read them: what is limited first, then by
// code.
func order(all map[string]*permitsv1.PollutantInfo) []*permitsv1.PollutantInfo {
	var list []*permitsv1.PollutantInfo
	for _, i := range all {
		list = append(list, i)
	}
	slices.SortFunc(list, func(a, b *permitsv1.PollutantInfo) int {
		switch {
		case (a.GetLimit() == "") != (b.GetLimit() == ""):
			if a.GetLimit() == "" {
				return 1
			}
			return -1
		case a.GetCode() < b.GetCode():
			return -1
		}
		return 1
	})
	return list
}
