package web_test

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/problem"
	auditv1 "shiyang/proto/audit/v1"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

func day(iso string) *commonv1.Date { return &commonv1.Date{Iso: iso} }

func text(zh, en string) *commonv1.Text { return &commonv1.Text{Zh: zh, En: en} }

func (o *office) site() *permitsv1.SiteContent {
	return &permitsv1.SiteContent{
		UnitName: o.note, Uscc: "91620623MA73H91T32", SiteAddress: "天祝县宽沟工业集中区 3 号", Division: "620623",
		Park: "宽沟工业集中区", Industry: "3099", Example: true,
		LegalRepresentative: &commonv1.Person{Id: clerkID, Name: "何立群", Phone: "13900000000"},
	}
}

func content() *permitsv1.ApplicationContent {
	limit := func(outlet, pollutant, concentration string, grams int64) *permitsv1.Limit {
		return &permitsv1.Limit{
			Outlet: outlet, Pollutant: pollutant, Concentration: concentration, Unit: "mg/m3",
			Averaging: permitsv1.Averaging_AVERAGING_HOUR, MassGramsPerYear: grams, Standard: "GB 9078-1996",
		}
	}
	return &permitsv1.ApplicationContent{
		ManagementClass: permitsv1.ManagementClass_MANAGEMENT_CLASS_KEY, Industry: "3099", ClassificationRow: 63,
		EiaNumber: "武环评发〔2022〕31号",
		Outlets: []*permitsv1.Outlet{
			{Code: "DA001", Title: "电阻炉", Kind: permitsv1.OutletKind_OUTLET_KIND_MAJOR, HeightMm: 45_500, DiameterMm: 2_400},
			{Code: "DA002", Title: "破碎", Kind: permitsv1.OutletKind_OUTLET_KIND_GENERAL, HeightMm: 15_000},
		},
		Limits: []*permitsv1.Limit{
			limit("DA001", "a21026", "100", 86_400_000), limit("DA001", "a21002", "240", 120_000_000), limit("DA002", "a34013", "30", 8_000_000),
		},
		Monitoring:  []*permitsv1.Monitoring{{Outlet: "DA001", Pollutant: "a21026", Automatic: true, Frequency: "continuous", Method: "HJ 75-2017"}},
		Facilities:  []*permitsv1.ProductionFacility{{Code: "MF0001", Title: "电阻炉", Capacity: "2 万吨/年"}},
		Abatements:  []*permitsv1.Abatement{{Code: "TA001", Process: "双碱法脱硫", Outlet: "DA001"}},
		Attachments: []*commonv1.Attachment{{Sha256: "c41f0000000000000000000000000000000000000000000000000000000a9a07", Size: 1_468_006, MediaType: "application/pdf", Kind: "other", Title: "承诺书.pdf"}},
	}
}

func deadline(state, start, due string, left int32) *commonv1.Deadline {
	return &commonv1.Deadline{
		Rule: "permit-decide-key", Title: text("作出许可决定", "Decide on the permit"), Start: day(start), Due: day(due), OverdueAfter: day(due),
		Unit: "working_day", Amount: 30, State: state, Remaining: left, LawVersion: "2026-10",
		Basis:       text("排污许可管理条例 第12条", "Decree 736, Art. 12"),
		Explanation: []*commonv1.Text{text("批准暂停期限会改变它。", "A pause of the clock would move it.")},
		Pauses:      []*commonv1.Span{{From: day("2026-10-01"), To: day("2026-10-08"), Reason: text("国庆节", "National Day")}},
	}
}

func (o *office) record(id string) *permitsv1.Permit {
	p := &permitsv1.Permit{
		PermitId: id, FacilityId: siteID, EnterpriseId: firmID, UnitName: o.note, Uscc: "91620623MA73H91T32",
		Division: "620623", Status: o.status, StatusText: text("待受理", "Filed"),
		ManagementClass: permitsv1.ManagementClass_MANAGEMENT_CLASS_KEY, Content: content(), Received: day("2026-09-20"), Revision: 4,
		Example: true, Missing: []*permitsv1.MissingItem{{Path: "eiaNumber", What: "补交环评批复：" + o.note}},
		Steps: []*permitsv1.Step{
			{Name: "notice", Title: text("申请前公开", "Public notice"), State: "done", Date: day("2026-09-10")},
			{Name: "submitted", Title: text("提交", "Filed"), State: "done", Date: day("2026-09-20")},
			{Name: "accepted", Title: text("受理", "Accepted"), State: "now"},
			{Name: "examined", Title: text("审查", "Examined"), State: "todo"},
			{Name: "decided", Title: text("决定", "Decided"), State: "todo"},
			{Name: "delivered", Title: text("送达", "Delivered"), State: "todo"},
		},
	}
	if id == issuedID {
		p.Status, p.StatusText = permitsv1.PermitStatus_PERMIT_STATUS_ISSUED, text("有效", "In force")
		p.PermitNumber, p.DocumentNumber = number, "武环许〔2026〕12号"
		p.ValidFrom, p.ValidTo, p.Decided = day("2026-10-20"), day("2031-10-19"), day("2026-10-20")
		alive(p)
	}
	return p
}

func (o *office) GetPermit(ctx context.Context, r *permitsv1.GetPermitRequest) (*permitsv1.GetPermitResponse, error) {
	if err := o.called(ctx, "GetPermit", r); err != nil {
		return nil, err
	}
	if r.GetPermitId() != permitID && r.GetPermitId() != issuedID {
		return nil, problem.ErrNotFound
	}
	act := func(name, zh, en string, allowed, next bool) *commonv1.LegalAction {
		return &commonv1.LegalAction{Name: name, Title: text(zh, en), Allowed: allowed, Next: next, Reason: text("材料齐全", "Complete"), Citation: "条例 第9条"}
	}
	actions := []*commonv1.LegalAction{
		act("accept", "受理申请", "Accept the application", true, true), act("notice-deficiency", "发出补正通知", "Send the deficiency notice", true, false),
		act("correct-on-spot", "登记当场更正", "Record the correction", true, false), act("decline", "不予受理", "Decline", true, false),
		act("pause-clock", "中止期限", "Stop the clock", true, false), act("resume-clock", "恢复期限", "Start the clock again", true, false),
		act("record-site-check", "登记现场核查", "Record the site check", true, false), act("report-examination", "提交审查意见", "Report", true, false),
		act("return-examination", "退回重新审查", "Return", true, false), act("refuse", "不予许可", "Refuse", true, false),
		act("record-delivery", "登记送达", "Record the delivery", true, false), act("publish-notice", "登记申请前公开", "Record the notice", true, false),
		act("withdraw", "撤回申请", "Withdraw", true, false), act("submit", "填写申请", "Fill in", true, false),
		act("deem-accepted", "视为受理", "Deem accepted", false, false),
		act("open-procedure", "办理延续、变更等", "Renew, change or adjust", true, false), act("propose-measure", "提请注销、补领等", "Ask for a measure", true, false),
		act("decide-measure", "决定提请事项", "Decide the proposal", true, false), act("enter-platform-number", "录入国家平台编号", "Enter the number", true, false),
	}
	issue := act("issue", "核发许可证", "Issue the permit", r.GetPermitId() == issuedID, false)
	issue.Reason = text("审查意见尚未提交", "The examiner has not reported yet")
	return &permitsv1.GetPermitResponse{
		Permit: o.record(r.GetPermitId()), Actions: append(actions, issue),
		Deadlines: []*commonv1.Deadline{deadline("near", "2026-09-21", "2026-11-03", 4), deadline("met", "2026-09-20", "2026-09-27", 0)},
	}, nil
}

func (o *office) row(id string, d *commonv1.Deadline) *permitsv1.PermitRow {
	p := o.record(id)
	return &permitsv1.PermitRow{
		PermitId: id, PermitNumber: p.GetPermitNumber(), UnitName: p.GetUnitName(), Uscc: p.GetUscc(), Division: p.GetDivision(), Status: p.GetStatus(),
		StatusText: p.GetStatusText(), ManagementClass: p.GetManagementClass(), Industry: "3099", ValidFrom: p.GetValidFrom(), ValidTo: p.GetValidTo(),
		Deadline: d, Example: true,
	}
}

func (o *office) ListPermits(ctx context.Context, r *permitsv1.ListPermitsRequest) (*permitsv1.ListPermitsResponse, error) {
	suspended := deadline("running", "2026-09-21", "2026-12-03", 9)
	suspended.Suspended = true
	return &permitsv1.ListPermitsResponse{Permits: []*permitsv1.PermitRow{
		o.row(permitID, deadline("near", "2026-09-21", "2026-11-03", 4)), o.row(issuedID, suspended),
	}, Next: "cursor-2"}, o.called(ctx, "ListPermits", r)
}

func (o *office) ListWork(ctx context.Context, r *permitsv1.ListWorkRequest) (*permitsv1.ListWorkResponse, error) {
	item := func(d *commonv1.Deadline, zh, en string) *permitsv1.WorkItem {
		return &permitsv1.WorkItem{Permit: o.row(permitID, d), Action: &commonv1.LegalAction{Name: "accept", Title: text(zh, en), Allowed: true}, Deadline: d}
	}
	twoReadings := deadline("near", "2026-09-21", "2026-11-03", 4)
	twoReadings.OverdueAfter = day("2026-11-05")
	return &permitsv1.ListWorkResponse{Items: []*permitsv1.WorkItem{
		item(deadline("overdue", "2026-09-20", "2026-10-27", -1), "决定是否受理", "Decide on acceptance"),
		item(deadline("near", "2026-09-21", "2026-10-28", 0), "提交审查意见", "Report the examination"),
		item(twoReadings, "作出许可决定", "Decide on the permit"),
		item(deadline("running", "2026-09-21", "2026-12-14", 33), "送达决定", "Deliver the decision"),
		item(nil, "填写申请", "Fill in the application"),
	}, Overdue: 1, Total: 5}, o.called(ctx, "ListWork", r)
}

func (o *office) CheckApplication(ctx context.Context, r *permitsv1.CheckApplicationRequest) (*permitsv1.CheckApplicationResponse, error) {
	return &permitsv1.CheckApplicationResponse{
		Errors:   []*commonv1.FieldProblem{{Path: "content.limits[1].concentration", Reason: "ABOVE_STANDARD", Text: text("浓度不超过标准的 200", "At most 200, as the standard says")}},
		Warnings: []*commonv1.FieldProblem{{Path: "content.eiaNumber", Reason: "UNUSUAL", Text: text("文号少见，请核对", "An unusual number")}},
	}, o.called(ctx, "CheckApplication", r)
}

func (o *office) facility() *permitsv1.Facility {
	return &permitsv1.Facility{FacilityId: siteID, EnterpriseId: firmID, Site: o.site(), SiteSequence: 1, Revision: 2, PermitId: permitID}
}

func (o *office) GetFacility(ctx context.Context, r *permitsv1.GetFacilityRequest) (*permitsv1.GetFacilityResponse, error) {
	return &permitsv1.GetFacilityResponse{Facility: o.facility(), Actions: []*commonv1.LegalAction{
		{Name: "change", Title: text("变更场所信息", "Change the site's data"), Allowed: true},
		{Name: "assign", Title: text("关联企业", "Tie to an enterprise"), Allowed: true},
		{Name: "open-application", Title: text("申请排污许可证", "Apply for a permit"), Allowed: true, Next: true},
	}}, o.called(ctx, "GetFacility", r)
}

func (o *office) ListFacilities(ctx context.Context, r *permitsv1.ListFacilitiesRequest) (*permitsv1.ListFacilitiesResponse, error) {
	return &permitsv1.ListFacilitiesResponse{Facilities: []*permitsv1.Facility{o.facility()}}, o.called(ctx, "ListFacilities", r)
}

func (o *office) events() []*commonv1.HistoryResponse {
	at := func(hours int) *timestamppb.Timestamp {
		return timestamppb.New(time.Date(2026, 9, 10, 1, 0, 0, 0, time.UTC).Add(time.Duration(hours) * time.Hour))
	}
	event := func(revision uint64, kind, zh, en string, happened, recorded int, changes ...*commonv1.Change) *commonv1.HistoryResponse {
		return &commonv1.HistoryResponse{
			Revision: revision, Position: revision * 100, Type: "permits.v1." + kind, Sentence: text(zh, en), ActorId: handlerID, ActorRole: "firm_handler",
			ActorOrg: firmID, ActorCounty: "620623", OccurredAt: at(happened), RecordedAt: at(recorded), Changes: changes, LawVersion: "2026-10",
			CommandId: permitID, CorrelationId: permitID, Client: "web", EventId: permitID,
		}
	}
	return []*commonv1.HistoryResponse{
		event(1, "PermitApplicationOpened", "企业开启申请。", "The works opened an application.", 0, 0, &commonv1.Change{Path: "status", After: "draft"}),
		event(2, "PublicNoticePublished", "企业公开申请。", "The works made it public.", 5, 30, &commonv1.Change{Path: "noticeUrl", After: "https://example.org/n"}),
		event(3, "PermitApplicationSubmitted", "企业提交申请。", "The works filed it.", 240, 240, &commonv1.Change{Path: "content.industry", Before: "3091", After: "3099"}),
		event(4, "PermitApplicationCorrectedOnSpot", "受理人员登记当场更正："+o.note, "A correction was recorded.", 250, 250, &commonv1.Change{Path: "content.eiaNumber", Before: "1", After: "2"}),
	}
}

func (o *office) GetHistory(ctx context.Context, r *auditv1.GetHistoryRequest) (*auditv1.GetHistoryResponse, error) {
	var list []*commonv1.HistoryResponse
	for _, e := range o.events() {
		if e.GetRevision() > r.GetAfter() {
			list = append(list, e)
		}
	}
	return &auditv1.GetHistoryResponse{Events: list}, o.called(ctx, "GetHistory", r)
}

func (o *office) GetStateAt(ctx context.Context, r *auditv1.GetStateAtRequest) (*auditv1.GetStateAtResponse, error) {
	state, err := structpb.NewStruct(map[string]any{
		"status": "submitted", "unitName": o.note, "content": map[string]any{
			"industry": "3091", "limits": []any{map[string]any{"outlet": "DA001", "pollutant": "a21026", "concentration": "100", "unit": "mg/m3", "standard": "GB 9078-1996"}},
		},
	})
	if err != nil {
		return nil, err
	}
	revision := r.GetRevision()
	if revision == 0 {
		revision = 2
	}
	return &auditv1.GetStateAtResponse{
		State: state, Revision: revision, Position: revision * 100, Skipped: o.events()[2:3],
		Since: []*commonv1.Change{{Path: "content.industry", Before: "3091", After: "3099"}, {Path: "permitNumber", After: number}},
	}, o.called(ctx, "GetStateAt", r)
}

func (o *office) CheckReplay(ctx context.Context, r *auditv1.CheckReplayRequest) (*auditv1.CheckReplayResponse, error) {
	return &auditv1.CheckReplayResponse{Views: []*commonv1.CheckViewsResponse{
		{View: "permit_register_v1", Position: 4711, RowsLive: 3, RowsReplayed: 3, Events: 400, Equal: true},
		{View: "permit_worklist_v1", Position: 4711, RowsLive: 3, RowsReplayed: 2, Events: 400, Differences: []string{"row 7 is missing"}},
	}}, o.called(ctx, "CheckReplay", r)
}

func (o *office) ListPlaces(ctx context.Context, r *auditv1.ListPlacesRequest) (*auditv1.ListPlacesResponse, error) {
	return &auditv1.ListPlacesResponse{Places: []*auditv1.Place{
		{PlaceId: siteID, Kind: "county", Title: "凉州区", Division: "620602", Source: "规划"}, {PlaceId: firmID, Kind: "firm", Title: o.note, Note: "重点", Source: "规划"},
	}}, o.called(ctx, "ListPlaces", r)
}

func (o *office) ListIndicators(ctx context.Context, r *auditv1.ListIndicatorsRequest) (*auditv1.ListIndicatorsResponse, error) {
	cell := func(period, value string, target bool) *auditv1.Indicator {
		return &auditv1.Indicator{
			Table: "14th plan indicators", Key: "pm25", Title: text("凉州区PM2.5", "PM2.5 in Liangzhou"), Group: "环境治理", Kind: "约束性",
			Unit: "ug/m3", Period: period, Value: value, Target: target, Source: "规划",
		}
	}
	return &auditv1.ListIndicatorsResponse{Indicators: []*auditv1.Indicator{cell("2020", "35", false), cell("2020", "40", true), cell("2025", "31", true)}}, o.called(ctx, "ListIndicators", r)
}

func (o *office) ResolveNames(ctx context.Context, r *identityv1.ResolveNamesRequest) (*identityv1.ResolveNamesResponse, error) {
	return &identityv1.ResolveNamesResponse{Names: map[string]string{handlerID: "陈雪", clerkID: "李文静"}}, o.called(ctx, "ResolveNames", r)
}

func (o *office) ListColleagues(ctx context.Context, r *identityv1.ListColleaguesRequest) (*identityv1.ListColleaguesResponse, error) {
	return &identityv1.ListColleaguesResponse{Colleagues: []*identityv1.Colleague{
		{AccountId: clerkID, Name: "李文静", Roles: []string{"permit_examiner"}},
		{AccountId: handlerID, Roles: []string{"head", "officer"}},
		{AccountId: appID, Name: "系统管理员", Roles: []string{"system_admin"}},
	}}, o.called(ctx, "ListColleagues", r)
}

func (o *office) GetMe(ctx context.Context, r *identityv1.GetMeRequest) (*identityv1.GetMeResponse, error) {
	return &identityv1.GetMeResponse{AccountId: clerkID, Login: "clerk", Person: &commonv1.Person{Id: clerkID, Name: "李文静"}}, o.called(ctx, "GetMe", r)
}

func (o *office) ListAccounts(ctx context.Context, r *identityv1.ListAccountsRequest) (*identityv1.ListAccountsResponse, error) {
	return &identityv1.ListAccountsResponse{Accounts: []*identityv1.Account{
		{AccountId: clerkID, Login: "clerk", Person: &commonv1.Person{Name: "李文静"}, Seats: []*identityv1.Seat{{SeatId: "s", Role: "permit_clerk", RoleTitle: text("许可受理人员", "Permit clerk"), County: "620602"}}},
		{AccountId: appID, Login: "other", Person: &commonv1.Person{Name: "王强"}},
		{AccountId: handlerID, Login: "gone", Person: &commonv1.Person{Name: "离职"}, Disabled: true},
	}}, o.called(ctx, "ListAccounts", r)
}

func (o *office) ListFirmApplications(ctx context.Context, r *identityv1.ListFirmApplicationsRequest) (*identityv1.ListFirmApplicationsResponse, error) {
	return &identityv1.ListFirmApplicationsResponse{Applications: []*identityv1.FirmApplication{{
		ApplicationId: appID, AccountId: handlerID, Uscc: "91620623MA73H91T32", UnitName: o.note, Division: "620623", State: "open",
		Licence: content().GetAttachments()[0],
	}}}, o.called(ctx, "ListFirmApplications", r)
}

func (o *office) GetFirm(ctx context.Context, r *identityv1.GetFirmRequest) (*identityv1.GetFirmResponse, error) {
	return &identityv1.GetFirmResponse{FirmId: firmID, Uscc: "91620623MA73H91T32", UnitName: o.note, Division: "620623", Members: []*identityv1.Member{
		{AccountId: handlerID, Role: "firm_admin", Person: &commonv1.Person{Name: "陈雪"}},
		{AccountId: clerkID, Role: "consultant", Person: &commonv1.Person{Name: "顾问"}, To: day("2026-12-31"), Revoked: true},
	}}, o.called(ctx, "GetFirm", r)
}
