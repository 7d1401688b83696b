package rights

const registration = "/permits.v1.RegistrationService/"

// registrationPolicy is the desk of registrations and of the roll of sources.
// A firm decides the tier of its own site and registers; the bureau may
// decide otherwise, and keeps the roll.
var registrationPolicy = []Rule{
	{Method: registration + "FindListRows", Roles: everyone, Scope: None, Public: true},
	{Method: registration + "CheckTier", Roles: siteKeepers, Scope: Either},
	{Method: registration + "DecideTier", Roles: siteKeepers, Write: true, Scope: Either},
	{Method: registration + "OverrideTier", Roles: clerk, Write: true, Scope: County},
	{Method: registration + "FileRegistration", Roles: firms, Write: true, Scope: Firm},
	{Method: registration + "ChangeRegistration", Roles: firms, Write: true, Scope: Firm},
	{Method: registration + "RenewRegistration", Roles: firms, Write: true, Scope: Firm},
	{Method: registration + "CancelRegistration", Roles: siteKeepers, Write: true, Scope: Either},
	{Method: registration + "EnterRegistrationNumber", Roles: clerk, Write: true, Scope: County},
	{Method: registration + "GetRegistration", Roles: readers, Scope: Either},
	{Method: registration + "ListRegistrations", Roles: readers, Scope: Either},
	{Method: registration + "SearchRegistrations", Roles: everyone, Scope: None, Public: true},
	{Method: registration + "ListSource", Roles: clerk, Write: true, Scope: County},
	{Method: registration + "LinkSource", Roles: clerk, Write: true, Scope: County},
	{Method: registration + "SettleSource", Roles: clerk, Write: true, Scope: County},
	{Method: registration + "GetSource", Roles: caseReaders, Scope: County},
	{Method: registration + "ListSources", Roles: caseReaders, Scope: County},
	{Method: registration + "CountSources", Roles: caseReaders, Scope: County},
}

// caseReaders read the bureau's own lists, which are not for firms.
var caseReaders = with(caseRoles, Auditor, System)
