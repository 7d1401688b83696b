package rights

const monitoring = "/permits.v1.MonitoringService/"

// meterKeepers keep the register of meters: officers supervise what the
// permit's clerks have granted.
var meterKeepers = []Role{PermitClerk, Officer}

var monitoringPolicy = []Rule{
	{Method: monitoring + "RegisterMeter", Roles: meterKeepers, Write: true, Scope: County},
	{Method: monitoring + "SetMeterPassword", Roles: meterKeepers, Write: true, Scope: County},
	{Method: monitoring + "InstallMeter", Roles: meterKeepers, Write: true, Scope: County},
	{Method: monitoring + "AcceptMeterLink", Roles: meterKeepers, Write: true, Scope: County},
	{Method: monitoring + "SuspendMeter", Roles: meterKeepers, Write: true, Scope: County},
	{Method: monitoring + "ResumeMeter", Roles: meterKeepers, Write: true, Scope: County},
	{Method: monitoring + "ReplaceMeter", Roles: meterKeepers, Write: true, Scope: County},
	{Method: monitoring + "ReflagReading", Roles: []Role{Officer}, Write: true, Scope: County},
	{Method: monitoring + "PlanMeter", Roles: with(meterKeepers, Head), Write: true, Scope: County},
	{Method: monitoring + "WithdrawMeterPlan", Roles: with(meterKeepers, Head), Write: true, Scope: County},
	{Method: monitoring + "ImportFrames", Roles: []Role{Officer, SystemAdmin}, Write: true, Scope: None},
	{Method: monitoring + "GetMeter", Roles: readers, Scope: Either},
	{Method: monitoring + "ListMeters", Roles: readers, Scope: Either},
	{Method: monitoring + "ListMeterReadings", Roles: readers, Scope: Either},
	{Method: monitoring + "ListMinuteReadings", Roles: readers, Scope: Either},
	{Method: monitoring + "ListExceedances", Roles: readers, Scope: Either},
	{Method: monitoring + "ListAnnualMass", Roles: readers, Scope: Either},
	{Method: monitoring + "GetLinkage", Roles: with(caseRoles, Auditor, System), Scope: County},
	{Method: monitoring + "ListMeterPlan", Roles: with(caseRoles, Auditor, System), Scope: County},
}
