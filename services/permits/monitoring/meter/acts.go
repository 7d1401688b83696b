package meter

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
)

var monitoringDuty = law.Reference{Law: "decree-736", Article: "20"}

// Acts are the acts that the law knows for a meter.
var Acts = []act.Act[Meter]{
	{
		Name: "install", Method: "InstallMeter", Title: act.Text("登记安装", "Record the installation"), Basis: monitoringDuty,
		Allowed: func(m Meter, _ act.Occasion) error {
			return act.FirstOf(inPlace(m), once(m.Installed, "安装", "installed"))
		},
		Expected: func(m Meter) bool { return m.Speaks() && m.Installed.IsZero() },
	},
	{
		Name: "accept", Method: "AcceptMeterLink", Title: act.Text("验收联网", "Accept the link"), Basis: monitoringDuty,
		Allowed: func(m Meter, _ act.Occasion) error {
			if err := act.FirstOf(inPlace(m), once(m.Accepted, "验收", "accepted")); err != nil {
				return err
			}
			if m.Installed.IsZero() || m.Linked.IsZero() {
				return ErrNotLinked
			}
			return nil
		},
		Expected: func(m Meter) bool { return m.Speaks() && !m.Linked.IsZero() && m.Accepted.IsZero() },
	},
	{
		Name: "set-password", Method: "SetMeterPassword", Title: act.Text("更换访问密码", "Set another password"),
		Allowed: func(m Meter, _ act.Occasion) error { return inPlace(m) },
	},
	{
		Name: "reflag", Method: "ReflagReading", Title: act.Text("修改数据标记", "Reflag a reading"), Basis: monitoringDuty,
		Allowed: func(Meter, act.Occasion) error { return nil },
	},
	{
		Name: "suspend", Method: "SuspendMeter", Title: act.Text("停用", "Suspend"),
		Allowed: func(m Meter, _ act.Occasion) error {
			if m.Suspended {
				return ErrSuspended
			}
			return inPlace(m)
		},
	},
	{
		Name: "resume", Method: "ResumeMeter", Title: act.Text("恢复", "Resume"),
		Allowed: func(m Meter, _ act.Occasion) error {
			if !m.Suspended {
				return ErrNotSuspended
			}
			return inPlace(m)
		},
	},
	{
		Name: "replace", Method: "ReplaceMeter", Title: act.Text("更换设备", "Replace"),
		Allowed: func(m Meter, _ act.Occasion) error { return inPlace(m) },
	},
}

// The refusals of this package.
var (
	ErrRegistered   = refusal("METER_REGISTERED", "这个设备标识（MN）已经登记。", "A meter with this MN is already registered.")
	ErrReplaced     = refusal("METER_REPLACED", "该设备已被更换，不能再办理。", "This meter was replaced; nothing more can be done with it.")
	ErrSuspended    = refusal("METER_SUSPENDED", "该设备已经停用。", "This meter is suspended already.")
	ErrNotSuspended = refusal("METER_NOT_SUSPENDED", "该设备没有停用。", "This meter is not suspended.")
	ErrNotLinked    = refusal("METER_NOT_LINKED", "设备安装并传来数据后才能验收。", "A link is accepted after the meter was installed and its data came.")
	ErrOtherOutlet  = refusal("METER_OTHER_OUTLET", "替换的设备须登记在同一排放口，且不是本设备。", "The other meter must be registered at the same outlet, and be another one.")
	ErrDone         = refusal("METER_STEP_DONE", "这一步已经登记。", "This step is on record already.")
)

func refusal(reason, zh, en string) *problem.Error {
	return &problem.Error{Kind: problem.Rejected, Reason: reason, Text: act.Text(zh, en)}
}

func inPlace(m Meter) error {
	switch {
	case !m.Exists():
		return problem.ErrNotFound
	case m.ReplacedBy != "":
		return ErrReplaced
	}
	return nil
}

func once(done law.Date, zh, en string) error {
	if done.IsZero() {
		return nil
	}
	return ErrDone.With("该设备已于 "+done.String()+" "+zh+"。", "This meter was "+en+" on "+done.String()+".")
}

// allowed asks the table of acts, which is also what people are shown.
func allowed(name string, m Meter, o act.Occasion) error {
	for _, a := range Acts {
		if a.Name == name {
			return a.Allowed(m, o)
		}
	}
	return problem.ErrNotFound
}

// Register enters a meter 登记.
type Register struct {
	MN, FacilityID, EnterpriseID, Division, UnitName, Outlet, System string
	Example                                                          bool
	Hash                                                             string // of its password
}

// Decide enters the meter once.
func (c Register) Decide(m Meter) ([]es.Event, error) {
	if m.Exists() {
		return nil, ErrRegistered
	}
	if (c.System == "31") != (c.Outlet[:2] == "DA") {
		var wrong problem.Fields
		wrong.Add("system", c.System, "SYSTEM_OF_OTHER_MEDIUM", "废气排放口（DA）用 31，废水排放口（DW）用 32。",
			"An air outlet (DA) has system 31, a water outlet (DW) 32.")
		return nil, wrong.Err()
	}
	return []es.Event{
		&permitsv1.MeterRegistered{
			Mn: c.MN, FacilityId: c.FacilityID, EnterpriseId: c.EnterpriseID, Division: c.Division, UnitName: c.UnitName,
			Outlet: c.Outlet, System: c.System, Protocol: Protocol2017, Example: c.Example,
		},
		&permitsv1.MeterPasswordSet{Hash: c.Hash},
	}, nil
}

// SetPassword gives the meter another password.
type SetPassword struct {
	act.Occasion
	Hash string
}

// Decide records the new hash.
func (c SetPassword) Decide(m Meter) ([]es.Event, error) {
	if err := allowed("set-password", m, c.Occasion); err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.MeterPasswordSet{Hash: c.Hash}}, nil
}

// Install records that the meter was put up 安装; a zero day is that of the act.
type Install struct {
	act.Occasion
	Day law.Date
}

// Decide records the installation once.
func (c Install) Decide(m Meter) ([]es.Event, error) {
	if err := allowed("install", m, c.Occasion); err != nil {
		return nil, err
	}
	day, err := c.day(c.Day)
	if err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.MeterInstalled{On: wireDay(day)}}, nil
}

// AcceptLink records that the link passed acceptance 验收联网.
type AcceptLink struct {
	act.Occasion
	Day      law.Date
	Document string
}

// Decide records the acceptance once, not before the link.
func (c AcceptLink) Decide(m Meter) ([]es.Event, error) {
	if err := allowed("accept", m, c.Occasion); err != nil {
		return nil, err
	}
	day, err := Install{Occasion: c.Occasion}.day(c.Day)
	if err != nil {
		return nil, err
	}
	if day.Before(m.Linked) {
		var wrong problem.Fields
		wrong.Add("on", day.String(), "BEFORE_LINK", "验收日期不能早于联网日期（"+m.Linked.String()+"）。",
			"The day cannot be before that of the link ("+m.Linked.String()+").")
		return nil, wrong.Err()
	}
	return []es.Event{&permitsv1.MeterLinkAccepted{On: wireDay(day), Document: c.Document}}, nil
}

// day is the day of a step: as given, never after the act.
func (c Install) day(given law.Date) (law.Date, error) {
	if given.IsZero() {
		return c.On, nil
	}
	if given.After(c.On) {
		var wrong problem.Fields
		wrong.Add("on", given.String(), "DAY_IN_FUTURE", "日期不能晚于办理之日。", "The day cannot be after that of the act.")
		return law.Date{}, wrong.Err()
	}
	return given, nil
}

// Suspend stops taking the meter's data 停用.
type Suspend struct {
	act.Occasion
	Reason string
}

// Decide records the suspension.
func (c Suspend) Decide(m Meter) ([]es.Event, error) {
	if err := allowed("suspend", m, c.Occasion); err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.MeterSuspended{Reason: c.Reason, From: wireDay(c.On)}}, nil
}

// Resume takes the meter's data again 恢复.
type Resume struct {
	act.Occasion
	Reason string
}

// Decide records the end of the suspension.
func (c Resume) Decide(m Meter) ([]es.Event, error) {
	if err := allowed("resume", m, c.Occasion); err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.MeterResumed{Reason: c.Reason}}, nil
}

// Replace puts another meter in the place of this one 更换.
type Replace struct {
	act.Occasion
	By     Meter // the other, as it was read
	Reason string
}

// Decide records the replacement; the other must stand at the same outlet.
func (c Replace) Decide(m Meter) ([]es.Event, error) {
	if err := allowed("replace", m, c.Occasion); err != nil {
		return nil, err
	}
	if !c.By.Exists() || c.By.MN == m.MN || c.By.FacilityID != m.FacilityID || c.By.Outlet != m.Outlet || c.By.ReplacedBy != "" {
		return nil, ErrOtherOutlet
	}
	return []es.Event{&permitsv1.MeterReplaced{ByMeterId: ID(c.By.MN), Reason: c.Reason}}, nil
}

// Link records the first data of the meter 联网; later ones change nothing.
type Link struct {
	On law.Date
	QN string
}

// Decide records the link once.
func (c Link) Decide(m Meter) ([]es.Event, error) {
	if !m.Speaks() || !m.Linked.IsZero() {
		return nil, nil
	}
	return []es.Event{&permitsv1.MeterLinked{On: wireDay(c.On), Qn: c.QN}}, nil
}

// Listen tells whether the meter is heard: it has fallen silent when its last
// good data are older than allowed, and is heard again when they are not.
type Listen struct {
	LastHeard time.Time // zero: never
	Now       time.Time
	Hours     int32 // allowed silence
}

// Decide records the begin and the end of a silence, each once.
func (c Listen) Decide(m Meter) ([]es.Event, error) {
	if !m.Speaks() || m.Linked.IsZero() || c.LastHeard.IsZero() {
		return nil, nil
	}
	late := c.Now.Sub(c.LastHeard) > time.Duration(c.Hours)*time.Hour
	switch {
	case late && !m.Silent:
		return []es.Event{&permitsv1.MeterFellSilent{LastHeard: timestamppb.New(c.LastHeard), AfterHours: c.Hours}}, nil
	case !late && m.Silent && c.LastHeard.After(m.LastHeard):
		return []es.Event{&permitsv1.MeterHeardAgain{Heard: timestamppb.New(c.LastHeard)}}, nil
	}
	return nil, nil
}
