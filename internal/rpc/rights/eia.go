package rights

const (
	eia    = "/permits.v1.EiaService/"
	zoning = "/permits.v1.ZoningService/"
)

var eiaPolicy = []Rule{
	{Method: eia + "OpenEia", Roles: firms, Write: true, Scope: Firm},
	{Method: eia + "CheckEia", Roles: with(firms, PermitClerk, PermitExaminer), Scope: Either},
	{Method: eia + "SubmitEia", Roles: firms, Write: true, Scope: Firm},
	{Method: eia + "FileEiaRegistration", Roles: firms, Write: true, Scope: Firm},
	{Method: eia + "WithdrawEia", Roles: firms, Write: true, Scope: Firm},
	{Method: eia + "NoticeEiaDeficiency", Roles: clerk, Write: true, Scope: County},
	{Method: eia + "AcceptEia", Roles: clerk, Write: true, Scope: County},
	{Method: eia + "DeclineEia", Roles: clerk, Write: true, Scope: County},
	{Method: eia + "DeemEiaAccepted", Roles: machine, Write: true, Scope: County},
	{Method: eia + "SupplyPromised", Roles: firms, Write: true, Scope: Firm},
	{Method: eia + "RecordPromiseBreach", Roles: machine, Write: true, Scope: County},
	{Method: eia + "ReturnEia", Roles: clerk, Write: true, Scope: County},
	{Method: eia + "PublishEiaAcceptance", Roles: clerk, Write: true, Scope: County},
	{Method: eia + "PauseEiaClock", Roles: examiner, Write: true, Scope: County},
	{Method: eia + "ResumeEiaClock", Roles: examiner, Write: true, Scope: County},
	{Method: eia + "ScreenEia", Roles: examiner, Write: true, Scope: County},
	{Method: eia + "ReportEiaExamination", Roles: examiner, Write: true, Scope: County},
	{Method: eia + "ReturnEiaExamination", Roles: decider, Write: true, Scope: County},
	{Method: eia + "PublishEiaIntention", Roles: clerk, Write: true, Scope: County},
	{Method: eia + "RequestEiaHearing", Roles: with(firms, PermitClerk), Write: true, Scope: Either},
	{Method: eia + "CloseEiaHearing", Roles: examiner, Write: true, Scope: County},
	{Method: eia + "ApproveEia", Roles: decider, Write: true, Scope: County},
	{Method: eia + "RefuseEia", Roles: decider, Write: true, Scope: County},
	{Method: eia + "PublishEiaDecision", Roles: clerk, Write: true, Scope: County},
	{Method: eia + "RecordEiaStart", Roles: siteKeepers, Write: true, Scope: Either},
	{Method: eia + "NoteEiaChange", Roles: siteKeepers, Write: true, Scope: Either},
	{Method: eia + "RequestEiaRecheck", Roles: firms, Write: true, Scope: Firm},
	{Method: eia + "AnswerEiaRecheck", Roles: decider, Write: true, Scope: County},
	{Method: eia + "ReportSelfAcceptance", Roles: firms, Write: true, Scope: Firm},
	{Method: eia + "GetEia", Roles: readers, Scope: Either},
	{Method: eia + "ListEia", Roles: readers, Scope: Either},
	{Method: eia + "ListEiaWork", Roles: with(firms, PermitClerk, PermitExaminer, PermitDecider, Head), Scope: Either},
	{Method: eia + "ListEiaNotices", Roles: everyone, Scope: None, Public: true},
	{Method: eia + "GetEiaGuides", Roles: everyone, Scope: None, Public: true},
}

var zoningPolicy = []Rule{
	{Method: zoning + "LoadControlEdition", Roles: lawKeepers, Write: true, Scope: County},
	{Method: zoning + "WithdrawControlEdition", Roles: lawKeepers, Write: true, Scope: County},
	{Method: zoning + "GetControlEdition", Roles: with(readers, SystemAdmin), Scope: None},
	{Method: zoning + "ListControlEditions", Roles: with(readers, SystemAdmin), Scope: None},
	{Method: zoning + "ScreenProject", Roles: readers, Scope: None},
	{Method: zoning + "CompareEditions", Roles: with(lawKeepers, PermitExaminer, PermitDecider), Scope: County},
	{Method: zoning + "RecordPark", Roles: planners, Write: true, Scope: None},
	{Method: zoning + "ListParks", Roles: with(readers, SystemAdmin), Scope: None},
}
