// Package meter keeps the register of meters 数采仪: which device speaks for
// which outlet, whether its data may be taken, and how it came from the list
// to "linked and accepted" 验收联网 (Decree 736 Art. 20, HJ 212-2017).
//
//	Registered ─▶ Installed ─▶ Linked (its first data) ─▶ Accepted
//	     any of these ─▶ Suspended ─▶ back · Replaced (the end)
//
// One stream per MN: the record's id is derived from it (see [ID]), so no MN
// is entered twice. The package is pure. Start with [Meter], then [Acts].
package meter

import (
	"time"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
)

// Category is the first word of the streams.
const Category = "meter"

// Protocol2017 is the standard whose frames are understood.
const Protocol2017 = "HJ 212-2017"

// ID is the record of a device: one for each MN, for ever.
func ID(mn string) string { return es.DerivedID("meter", mn) }

// Meter is what a device's stream says of it 数采仪.
type Meter struct {
	MN, FacilityID, EnterpriseID string
	Division, UnitName, Outlet   string
	System, Protocol             string
	Example                      bool
	Hash                         string // of the password; "" while none was set
	Installed, Linked, Accepted  law.Date
	Suspended                    bool
	SuspendedFor                 string // why
	ReplacedBy                   string
	Silent                       bool
	LastHeard                    time.Time // before it fell silent
}

// Evolve applies one fact.
func (m Meter) Evolve(fact es.Fact) Meter {
	switch e := fact.Event.(type) {
	case *permitsv1.MeterRegistered:
		m.MN, m.FacilityID, m.EnterpriseID = e.GetMn(), e.GetFacilityId(), e.GetEnterpriseId()
		m.Division, m.UnitName, m.Outlet = e.GetDivision(), e.GetUnitName(), e.GetOutlet()
		m.System, m.Protocol, m.Example = e.GetSystem(), e.GetProtocol(), e.GetExample()
	case *permitsv1.MeterPasswordSet:
		m.Hash = e.GetHash()
	case *permitsv1.MeterInstalled:
		m.Installed = dayOf(e.GetOn())
	case *permitsv1.MeterLinked:
		m.Linked = dayOf(e.GetOn())
	case *permitsv1.MeterLinkAccepted:
		m.Accepted = dayOf(e.GetOn())
	case *permitsv1.MeterSuspended:
		m.Suspended, m.SuspendedFor = true, e.GetReason()
	case *permitsv1.MeterResumed:
		m.Suspended, m.SuspendedFor = false, ""
	case *permitsv1.MeterReplaced:
		m.ReplacedBy = e.GetByMeterId()
	case *permitsv1.MeterFellSilent:
		m.Silent, m.LastHeard = true, e.GetLastHeard().AsTime()
	case *permitsv1.MeterHeardAgain:
		m.Silent = false
	}
	return m
}

// Exists tells whether the meter was registered.
func (m Meter) Exists() bool { return m.MN != "" }

// State is where the meter stands.
func (m Meter) State() permitsv1.MeterState {
	switch {
	case !m.Exists():
		return permitsv1.MeterState_METER_STATE_UNSPECIFIED
	case m.ReplacedBy != "":
		return permitsv1.MeterState_METER_STATE_REPLACED
	case m.Suspended:
		return permitsv1.MeterState_METER_STATE_SUSPENDED
	case !m.Accepted.IsZero():
		return permitsv1.MeterState_METER_STATE_ACCEPTED
	case !m.Linked.IsZero():
		return permitsv1.MeterState_METER_STATE_LINKED
	case !m.Installed.IsZero():
		return permitsv1.MeterState_METER_STATE_INSTALLED
	}
	return permitsv1.MeterState_METER_STATE_REGISTERED
}

// Speaks tells whether the meter's data are taken.
func (m Meter) Speaks() bool { return m.Exists() && !m.Suspended && m.ReplacedBy == "" }

// StateName is a state in both languages.
func StateName(s permitsv1.MeterState) problem.Text {
	switch s {
	case permitsv1.MeterState_METER_STATE_REGISTERED:
		return act.Text("已登记", "Registered")
	case permitsv1.MeterState_METER_STATE_INSTALLED:
		return act.Text("已安装", "Installed")
	case permitsv1.MeterState_METER_STATE_LINKED:
		return act.Text("已联网", "Linked")
	case permitsv1.MeterState_METER_STATE_ACCEPTED:
		return act.Text("已验收联网", "Link accepted")
	case permitsv1.MeterState_METER_STATE_SUSPENDED:
		return act.Text("已停用", "Suspended")
	case permitsv1.MeterState_METER_STATE_REPLACED:
		return act.Text("已更换", "Replaced")
	case permitsv1.MeterState_METER_STATE_UNSPECIFIED:
	}
	return act.Text("未安装", "No meter")
}

func dayOf(d *commonv1.Date) law.Date {
	day, err := law.ParseDate(d.GetIso())
	if err != nil {
		return law.Date{}
	}
	return day
}

func wireDay(d law.Date) *commonv1.Date { return &commonv1.Date{Iso: d.String()} }
