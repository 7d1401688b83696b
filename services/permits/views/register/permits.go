package register

import (
	"context"
	"slices"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/readmodel"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// KindPermit is the kind of a discharge permit's entry.
const KindPermit = "permit"

// statuses of a permit, as the public reads them.
var statuses = map[string]*commonv1.Text{
	"in_force":       {Zh: "有效", En: "In force"},
	"deemed_renewed": {Zh: "视为准予延续，有效", En: "Counts as renewed, in force"},
	"withheld":       {Zh: "暂扣", En: "Taken away for a time"},
	"expired":        {Zh: "有效期届满", En: "Expired"},
	"forfeited":      {Zh: "吊销", En: "Taken away as a penalty"},
	"revoked":        {Zh: "撤销", En: "Grant revoked"},
	"cancelled":      {Zh: "注销", En: "Cancelled"},
}

// occasions are the procedures that bring a version about.
var occasions = map[permitsv1.ProcedureKind]*commonv1.Text{
	permitsv1.ProcedureKind_PROCEDURE_KIND_FIRST:         {Zh: "首次核发", En: "First grant"},
	permitsv1.ProcedureKind_PROCEDURE_KIND_RENEWAL:       {Zh: "延续", En: "Renewal"},
	permitsv1.ProcedureKind_PROCEDURE_KIND_BASE_CHANGE:   {Zh: "变更基本信息", En: "Change of base data"},
	permitsv1.ProcedureKind_PROCEDURE_KIND_REAPPLICATION: {Zh: "重新申请", En: "Re-application"},
	permitsv1.ProcedureKind_PROCEDURE_KIND_ADJUSTMENT:    {Zh: "调整", En: "Adjustment"},
	permitsv1.ProcedureKind_PROCEDURE_KIND_BY_AUTHORITY:  {Zh: "依职权变更", En: "Change by the authority"},
}

// Permits publishes discharge permits: granted ones only, never an
// application.
func Permits() Source {
	return Source{Kind: KindPermit, Handlers: []readmodel.Handler{
		On(KindPermit, siteRegistered), On(KindPermit, siteChanged),
		On(KindPermit, permitOpened), On(KindPermit, permitIssued), On(KindPermit, versionIssued),
		On(KindPermit, gone[*permitsv1.PermitRefused]), On(KindPermit, gone[*permitsv1.PermitApplicationWithdrawn]),
		On(KindPermit, gone[*permitsv1.PermitFoundNotRequired]), On(KindPermit, gone[*permitsv1.PermitFoundOutsideAuthority]),
		On(KindPermit, stands[*permitsv1.PermitDeemedRenewed]("deemed_renewed", true)),
		On(KindPermit, stands[*permitsv1.PermitWithheld]("withheld", false)),
		On(KindPermit, stands[*permitsv1.PermitGivenBack]("in_force", true)),
		On(KindPermit, stands[*permitsv1.PermitExpired]("expired", false)),
		On(KindPermit, stands[*permitsv1.PermitForfeited]("forfeited", false)),
		On(KindPermit, stands[*permitsv1.PermitRevoked]("revoked", false)),
		On(KindPermit, stands[*permitsv1.PermitCancelled]("cancelled", false)),
		On(KindPermit, numberEntered),
	}}
}

// place is what is kept of a site.
type place struct {
	Longitude, Latitude string
	Permits             []string
}

func (p place) location() *commonv1.Location {
	if p.Longitude == "" || p.Latitude == "" {
		return nil
	}
	return &commonv1.Location{Longitude: p.Longitude, Latitude: p.Latitude}
}

// applicant is what is kept of an application.
type applicant struct {
	UnitName, Uscc, Address, Division, Facility string
	Example                                     bool
}

func siteRegistered(ctx context.Context, e *Edit, f *permitsv1.FacilityRegistered) error {
	return moveSite(ctx, e, f.GetSite())
}

func siteChanged(ctx context.Context, e *Edit, f *permitsv1.FacilityChanged) error {
	return moveSite(ctx, e, f.GetSite())
}

// moveSite keeps where a site is, and changes the entries that lie there.
func moveSite(ctx context.Context, e *Edit, s *permitsv1.SiteContent) error {
	var kept place
	if _, err := e.Kept(ctx, "site", e.Fact.ID, &kept); err != nil {
		return err
	}
	was := kept.location()
	kept.Longitude, kept.Latitude = s.GetLocation().GetLongitude(), s.GetLocation().GetLatitude()
	if err := e.Keep(ctx, "site", e.Fact.ID, kept); err != nil {
		return err
	}
	if proto.Equal(was, kept.location()) {
		return nil
	}
	for _, id := range kept.Permits {
		head, err := e.Head(ctx, id)
		if err != nil {
			return err
		}
		if head == nil {
			continue
		}
		head.Location = kept.location()
		if err := e.Publish(ctx, id, head, nil, nil); err != nil {
			return err
		}
	}
	return nil
}

func permitOpened(ctx context.Context, e *Edit, o *permitsv1.PermitApplicationOpened) error {
	var site place
	if _, err := e.Kept(ctx, "site", o.GetFacilityId(), &site); err != nil {
		return err
	}
	site.Permits = append(site.Permits, e.Fact.ID)
	if err := e.Keep(ctx, "site", o.GetFacilityId(), site); err != nil {
		return err
	}
	return e.Keep(ctx, "application", e.Fact.ID, applicant{
		UnitName: o.GetUnitName(), Uscc: o.GetUscc(), Address: o.GetSiteAddress(), Division: o.GetDivision(),
		Facility: o.GetFacilityId(), Example: o.GetExample(),
	})
}

// gone forgets an application that came to nothing; of a permit that was
// granted before it changes nothing.
func gone[E es.Event](ctx context.Context, e *Edit, _ E) error {
	var a applicant
	found, err := e.Kept(ctx, "application", e.Fact.ID, &a)
	if err != nil || !found {
		return err
	}
	if err := e.Drop(ctx, "application", e.Fact.ID); err != nil {
		return err
	}
	var site place
	if _, err := e.Kept(ctx, "site", a.Facility, &site); err != nil {
		return err
	}
	site.Permits = slices.DeleteFunc(site.Permits, func(id string) bool { return id == e.Fact.ID })
	return e.Keep(ctx, "site", a.Facility, site)
}

func permitIssued(ctx context.Context, e *Edit, p *permitsv1.PermitIssued) error {
	var a applicant
	if found, err := e.Kept(ctx, "application", e.Fact.ID, &a); err != nil || !found {
		return err
	}
	var site place
	if _, err := e.Kept(ctx, "site", a.Facility, &site); err != nil {
		return err
	}
	if err := e.Drop(ctx, "application", e.Fact.ID); err != nil {
		return err
	}
	head := &permitsv1.PublicEntry{
		Number: p.GetPermitNumber(), UnitName: a.UnitName, Uscc: a.Uscc, SiteAddress: a.Address, Division: a.Division,
		Industry: p.GetContent().GetIndustry(), Class: classOf(p.GetContent()), ValidFrom: p.GetValidFrom(), ValidTo: p.GetValidTo(),
		IssuingOrg: p.GetIssuingOrg(), DocumentNumber: p.GetDocumentNumber(), Decided: p.GetDecided(),
		Location: site.location(), Example: a.Example,
	}
	standing(head, "in_force", true)
	return e.Publish(ctx, e.Fact.ID, head, map[string]proto.Message{"content": p.GetContent()}, &Version{
		Version: 1, From: p.GetValidFrom(), Occasion: occasions[permitsv1.ProcedureKind_PROCEDURE_KIND_FIRST],
		DocumentNumber: p.GetDocumentNumber(), Decided: p.GetDecided(),
	})
}

func versionIssued(ctx context.Context, e *Edit, p *permitsv1.PermitVersionIssued) error {
	head, err := e.Head(ctx, e.Fact.ID)
	if err != nil || head == nil {
		return err
	}
	head.Industry, head.Class = p.GetContent().GetIndustry(), classOf(p.GetContent())
	head.ValidFrom, head.ValidTo, head.Decided = p.GetValidFrom(), p.GetValidTo(), p.GetDecided()
	head.IssuingOrg, head.DocumentNumber = p.GetIssuingOrg(), p.GetDocumentNumber()
	if name := p.GetBaseData().GetUnitName(); name != "" {
		head.UnitName = name
	}
	if head.GetStatus() != "withheld" {
		standing(head, "in_force", true)
	}
	parts := map[string]proto.Message{"content": p.GetContent()}
	if p.GetBaseData() != nil {
		parts["baseData"] = p.GetBaseData()
	}
	return e.Publish(ctx, e.Fact.ID, head, parts, &Version{
		Version: p.GetVersion(), From: p.GetFrom(), Occasion: occasions[p.GetKind()],
		DocumentNumber: p.GetDocumentNumber(), Decided: p.GetDecided(),
	})
}

// stands makes the handler of a fact after which a permit stands otherwise.
func stands[E es.Event](status string, inForce bool) func(context.Context, *Edit, E) error {
	return func(ctx context.Context, e *Edit, _ E) error {
		head, err := e.Head(ctx, e.Fact.ID)
		if err != nil || head == nil {
			return err
		}
		standing(head, status, inForce)
		return e.Publish(ctx, e.Fact.ID, head, nil, nil)
	}
}

func numberEntered(ctx context.Context, e *Edit, n *permitsv1.PlatformNumberEntered) error {
	head, err := e.Head(ctx, e.Fact.ID)
	if err != nil || head == nil || head.GetNumber() == n.GetPermitNumber() {
		return err
	}
	head.Number = n.GetPermitNumber()
	return e.Publish(ctx, e.Fact.ID, head, nil, nil)
}

func standing(head *permitsv1.PublicEntry, status string, inForce bool) {
	head.Status, head.StatusText, head.InForce = status, statuses[status], inForce
}

func classOf(c *permitsv1.ApplicationContent) string {
	switch c.GetManagementClass() {
	case permitsv1.ManagementClass_MANAGEMENT_CLASS_KEY:
		return "key"
	case permitsv1.ManagementClass_MANAGEMENT_CLASS_SIMPLIFIED:
		return "simplified"
	default:
		return ""
	}
}
