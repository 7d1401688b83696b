package permits

import (
	"context"
	"fmt"
	"net/url"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/permit"
	"shiyang/services/permits/version"
)

// errBarred refuses an application within the years that follow a fraud.
var errBarred = &problem.Error{
	Kind: problem.Rejected, Reason: "APPLICANT_BARRED", Citation: "decree-736 art. 40",
	Text: problem.Text{
		Zh: "该单位因以欺骗、贿赂等不正当手段取得排污许可证被撤销，三年内不得再次申请。",
		En: "A permit of this unit was revoked for fraud; it may not apply again for three years.",
	},
}

// notBarred refuses an application of an enterprise within the ban that follows
// a revocation for fraud.
func (s *Server) notBarred(ctx context.Context, enterprise string, o permit.Occasion) error {
	until, err := s.list.Barred(ctx, enterprise)
	if err != nil {
		return err
	}
	if last, err := law.ParseDate(until); err == nil && !o.On.After(last) {
		return errBarred.With("禁止申请至 "+until+"（条例第四十条）。", "No application until "+until+" (Decree 736 Art. 40).")
	}
	return nil
}

// OpenProcedure begins a renewal, change, re-application or adjustment.
func (s *Server) OpenProcedure(ctx context.Context, r *permitsv1.OpenProcedureRequest) (*permitsv1.OpenProcedureResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	c := call{Method: "OpenProcedure", ID: r.GetPermitId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision()}
	receipt, err := s.permits.Act(ctx, c, func(o permit.Occasion) es.Command[permit.Permit] {
		return permit.OpenProcedure{
			Occasion: o, Kind: r.GetKind(), Causes: r.GetCauses(), Reason: r.GetReason(), ChangedOn: desk.DayOf(r.GetChangedOn()),
			Requirement: r.GetRequirement(), Effective: desk.DayOf(r.GetEffective()), Content: r.GetContent(),
			ByBureau: rpc.Role(who.Actor.Role).Staff(),
		}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.OpenProcedureResponse{Receipt: receipt}, nil
}

// ProposeMeasure asks for, or proposes, a measure about a granted permit.
func (s *Server) ProposeMeasure(ctx context.Context, r *permitsv1.ProposeMeasureRequest) (*permitsv1.ProposeMeasureResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	c := call{Method: "ProposeMeasure", ID: r.GetPermitId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision()}
	receipt, err := s.permits.Act(ctx, c, func(o permit.Occasion) es.Command[permit.Permit] {
		return permit.Propose{
			Occasion: o, Measure: r.GetMeasure(), Ground: r.GetGround(), Reason: r.GetReason(), Basis: r.GetBasisDocument(),
			ByHolder: rpc.Role(who.Actor.Role).Firm(),
		}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.ProposeMeasureResponse{Receipt: receipt}, nil
}

// DecideMeasure takes or turns down the proposed measure.
func (s *Server) DecideMeasure(ctx context.Context, r *permitsv1.DecideMeasureRequest) (*permitsv1.DecideMeasureResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	p, _, err := s.permits.Open(ctx, who, "DecideMeasure", r.GetPermitId())
	if err != nil {
		return nil, err
	}
	document := docCancelled
	if _, revocation := p.MeasureSeries(); revocation {
		document = docRevocation
	}
	c := call{Method: "DecideMeasure", ID: r.GetPermitId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision()}
	receipt, err := s.permits.Numbered(ctx, c, document, func(o permit.Occasion, number string) es.Command[permit.Permit] {
		return permit.DecideMeasure{Occasion: o, Approve: r.GetApprove(), Reason: r.GetReason(), URL: r.GetAnnouncementUrl(), Number: number}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.DecideMeasureResponse{Receipt: receipt}, nil
}

// EnterPlatformNumber enters the number that the national platform gave.
func (s *Server) EnterPlatformNumber(ctx context.Context, r *permitsv1.EnterPlatformNumberRequest) (*permitsv1.EnterPlatformNumberResponse, error) {
	c := call{
		Method: "EnterPlatformNumber", ID: r.GetPermitId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision(),
		Number: func(p permit.Permit) string { return p.Number },
	}
	receipt, err := s.permits.Act(ctx, c, func(o permit.Occasion) es.Command[permit.Permit] {
		return permit.EnterNumber{Occasion: o, Number: r.GetPermitNumber(), Source: r.GetSource()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.EnterPlatformNumberResponse{Receipt: receipt}, nil
}

// ListVersions shows the versions of a permit and the difference of two.
func (s *Server) ListVersions(ctx context.Context, r *permitsv1.ListVersionsRequest) (*permitsv1.ListVersionsResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	p, _, err := s.permits.Open(ctx, who, "ListVersions", r.GetPermitId())
	if err != nil {
		return nil, err
	}
	answer := &permitsv1.ListVersionsResponse{}
	for i := range p.Versions {
		answer.Versions = append(answer.Versions, versionForm(p, i))
	}
	from, to, pair, err := compared(p, r.GetFromVersion(), r.GetToVersion())
	if err != nil || pair == nil {
		return answer, err
	}
	answer.FromVersion, answer.ToVersion = from, to
	changes := version.Compare(pair.old, pair.now, pollutants(s.Law().On(s.Today(who).Today)))
	if pair.nowBase != nil {
		changes = append(changes, version.CompareBase(pair.oldBase, pair.nowBase)...)
	}
	for _, c := range changes {
		answer.Changes = append(answer.Changes, &permitsv1.ContentChange{
			Part: c.Part, Key: c.Key, Direction: string(c.Direction), DirectionText: desk.TextOf(c.Direction.Name()), Title: desk.TextOf(c.Title),
			Before: desk.TextOf(c.Before), After: desk.TextOf(c.After), NeedsReapplication: c.Reapply,
		})
	}
	return answer, nil
}

// twoContents are what a comparison compares.
type twoContents struct {
	old, now         *permitsv1.ApplicationContent
	oldBase, nowBase *permitsv1.BaseData
}

// compared finds the two versions of a comparison; 0 as the newer one is what
// the open procedure asks for or, without one, the latest version.
func compared(p permit.Permit, from, to int32) (int32, int32, *twoContents, error) {
	count := int32(len(p.Versions))
	if from > count || to > count {
		var wrong problem.Fields
		wrong.Add("toVersion", fmt.Sprint(max(from, to)), "NO_SUCH_VERSION", "没有这个版本。", "There is no such version.")
		return 0, 0, nil, wrong.Err()
	}
	asked := to == 0 && p.Open() && p.Kind != permit.First
	if to == 0 && !asked {
		to = count
	}
	if from == 0 {
		from = max(to-1, 0)
		if asked {
			from = count
		}
	}
	if from == 0 || !asked && to == 0 {
		return 0, 0, nil, nil
	}
	old := p.Versions[from-1]
	if asked {
		return from, 0, &twoContents{old.Content, p.Content, old.Base, p.Asked}, nil
	}
	now := p.Versions[to-1]
	return from, to, &twoContents{old.Content, now.Content, old.Base, now.Base}, nil
}

// pollutants names pollutants by the list of a day.
func pollutants(lists law.View) version.Names {
	return func(code string) problem.Text {
		if p, ok := lists.Pollutant(code); ok {
			return problem.Text{Zh: p.NameZh, En: p.NameEn}
		}
		return problem.Text{Zh: code, En: code}
	}
}

// versionForm is a version as the API shows it, without the persons it names.
func versionForm(p permit.Permit, i int) *permitsv1.PermitVersion {
	v := p.Versions[i]
	shown := &permitsv1.PermitVersion{
		Version: v.Number, Kind: v.Kind, KindText: desk.TextOf(permit.CourseOf(v.Kind).Title), From: desk.WireDay(v.From),
		ValidFrom: desk.WireDay(v.ValidFrom), ValidTo: desk.WireDay(v.ValidTo), Decided: desk.WireDay(v.Decided), DocumentNumber: v.DocumentNumber,
		UnitName: v.Base.GetUnitName(), Domicile: v.Base.GetDomicile(), Content: v.Content,
		GapFrom: desk.WireDay(v.GapFrom), GapTo: desk.WireDay(v.GapTo),
	}
	if i+1 < len(p.Versions) {
		shown.Until = desk.WireDay(p.Versions[i+1].From.AddDays(-1))
	}
	return shown
}

// GetCertificate shows the permit as it is printed.
func (s *Server) GetCertificate(ctx context.Context, r *permitsv1.GetCertificateRequest) (*permitsv1.GetCertificateResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	p, _, err := s.permits.Open(ctx, who, "GetCertificate", r.GetPermitId())
	if err != nil {
		return nil, err
	}
	if !p.Granted() {
		return nil, problem.ErrNotFound
	}
	return &permitsv1.GetCertificateResponse{Certificate: certificate(p, s.dayOr(r.GetOn()))}, nil
}

// GetRegisterVersion is the public face of the version in force on a day: what
// anybody sees who scans the code on the paper. It says nothing of drafts, of
// attachments, domiciles or persons.
func (s *Server) GetRegisterVersion(ctx context.Context, r *permitsv1.GetRegisterVersionRequest) (*permitsv1.GetRegisterVersionResponse, error) {
	id, err := s.list.ByNumber(ctx, r.GetPermitNumber())
	if err != nil {
		return nil, err
	}
	p, _, err := s.permits.Load(ctx, id)
	if err != nil {
		return nil, err
	}
	if !p.Granted() {
		return nil, problem.ErrNotFound
	}
	shown := certificate(p, s.dayOr(r.GetOn()))
	if v := shown.GetVersion(); v != nil {
		v.Content = proto.CloneOf(v.GetContent())
		v.Content.Attachments, v.Content.DeclaredTrue = nil, false
		v.Domicile = "" // where the register lists what is public, it is not
	}
	return &permitsv1.GetRegisterVersionResponse{Certificate: shown}, nil
}

func (s *Server) dayOr(d *commonv1.Date) law.Date {
	if day := desk.DayOf(d); !day.IsZero() {
		return day
	}
	return law.DateOf(s.Now())
}

// certificate is the permit as of a day. The path of its code carries the number
// and the day, and nothing about anybody.
func certificate(p permit.Permit, on law.Date) *permitsv1.Certificate {
	shown := &permitsv1.Certificate{
		PermitNumber: p.Number, NumberState: numberState(p), Uscc: p.USCC, SiteAddress: p.SiteAddress, Division: p.Division,
		Status: p.Standing, StatusText: desk.TextOf(permit.StatusName(p.Standing)), On: desk.WireDay(on), Paper: p.Paper,
		IssuingOrg: p.IssuingOrg, Example: p.Example,
	}
	if p.Number != "" {
		shown.PublicPath = "/register/" + url.PathEscape(p.Number) + "/version?on=" + on.String()
	}
	if v, ok := p.VersionOn(on); ok {
		shown.Version = versionForm(p, int(v.Number)-1)
	}
	return shown
}

// numberState says whose number a permit carries.
func numberState(p permit.Permit) string {
	switch {
	case p.Number == "":
		return "awaited"
	case p.ExternalNumber != "":
		return "mirrored"
	}
	return "local"
}

// lifeForm adds what happened since the grant.
func lifeForm(shown *permitsv1.Permit, p permit.Permit) {
	shown.Procedure, shown.ProcedureText = p.Kind, desk.TextOf(permit.CourseOf(p.Kind).Title)
	shown.Stage, shown.StageText = p.Status, desk.TextOf(permit.StatusName(p.Status))
	if e := p.Procedure; e != nil && p.Kind != permit.First {
		shown.Causes, shown.ProcedureReason, shown.ChangedOn = e.GetCauses(), e.GetReason(), e.GetChangedOn()
		shown.Requirement, shown.Effective = e.GetRequirement(), e.GetEffective()
	}
	if !p.Granted() {
		return
	}
	shown.BaseData = p.Base
	if p.Asked != nil {
		shown.BaseData = p.Asked
	}
	if v, ok := p.Latest(); ok {
		shown.Version, shown.GapFrom, shown.GapTo = v.Number, desk.WireDay(v.GapFrom), desk.WireDay(v.GapTo)
	}
	if m := p.Proposed; m != nil {
		shown.ProposedMeasure, shown.ProposedMeasureText = m.Name, desk.TextOf(permit.MeasureName(m.Name))
		shown.ProposedReason = permit.GroundName(m.Ground).Zh + "：" + m.Reason
	}
	shown.Alarm, shown.Ended, shown.Paper = alarm(p), desk.WireDay(p.Ended), p.Paper
	if p.Number == "" {
		shown.SyncState = "awaited"
	}
}

// alarm is what the decider has to know at once.
func alarm(p permit.Permit) *commonv1.Text {
	if p.DeemedFrom.IsZero() || p.Kind != permit.Renewal || !p.Open() {
		return nil
	}
	return &commonv1.Text{
		Zh: fmt.Sprintf("有效期已于 %s 届满而延续申请尚未决定，自 %s 起视为准予延续（行政许可法第五十条），请立即作出决定。", p.DeemedFrom.AddDays(-1), p.DeemedFrom),
		En: fmt.Sprintf("The term ended on %s with the renewal undecided; since %s it counts as granted (Licensing Law Art. 50). Decide at once.", p.DeemedFrom.AddDays(-1), p.DeemedFrom),
	}
}

func procedureText(p permit.Permit) *commonv1.Text {
	kind, stage := permit.CourseOf(p.Kind).Title, permit.StatusName(p.Status)
	return &commonv1.Text{Zh: kind.Zh + "：" + stage.Zh, En: kind.En + ": " + stage.En}
}

// withPersonID gives the person of base data an id of its own, under which the
// key to the name is kept.
func withPersonID(base *permitsv1.BaseData, commandID string) *permitsv1.BaseData {
	if base.GetLegalRepresentative() == nil || base.GetLegalRepresentative().GetId() != "" {
		return base
	}
	named := proto.CloneOf(base)
	named.LegalRepresentative.Id = es.DerivedID("person", commandID, "legal-representative")
	return named
}
