package permits

import (
	"context"
	"fmt"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/words"
	permitsv1 "shiyang/proto/permits/v1"
)

func lifePairs(ctx context.Context, p *permitsv1.Permit) []component.Pair {
	pairs := []component.Pair{
		{Name: standing, Value: words.From(p.GetStatusText()).In(ctx)},
		{Name: versionLabel, Value: versionNo.F(ctx, p.GetVersion())},
	}
	if p.GetProcedure() != permitsv1.ProcedureKind_PROCEDURE_KIND_FIRST {
		pairs = append(pairs, component.Pair{
			Name: procedureNow, Value: words.From(p.GetProcedureText()).In(ctx) + " · " + words.From(p.GetStageText()).In(ctx),
		})
	}
	if p.GetRequirement() != "" {
		pairs = append(pairs, component.Pair{Name: requirement, Value: p.GetRequirement()})
	}
	if p.GetProcedureReason() != "" {
		pairs = append(pairs, component.Pair{Name: reasonLabel, Value: p.GetProcedureReason()})
	}
	if p.GetPermitNumber() == "" {
		pairs = append(pairs, component.Pair{Name: words.PermitNumber, Value: numberAwaited.In(ctx)})
	}
	return pairs
}

func versionOptions(got *permitsv1.ListVersionsResponse) []words.Named {
	var list []words.Named
	for _, v := range got.GetVersions() {
		list = append(list, words.Named{Code: fmt.Sprint(v.GetVersion()), Text: versionNo.Fill(v.GetVersion())})
	}
	return list
}

// newest is what stands for no choice of the newer version.
func newest(p *permitsv1.Permit) words.Text {
	if p.GetStage() != permitsv1.PermitStatus_PERMIT_STATUS_ISSUED {
		return askedVersion
	}
	return words.All
}

func differenceTitle(ctx context.Context, got *permitsv1.ListVersionsResponse) string {
	to := askedVersion.In(ctx)
	if got.GetToVersion() > 0 {
		to = versionNo.F(ctx, got.GetToVersion())
	}
	if got.GetFromVersion() == 0 {
		return seeVersions.In(ctx)
	}
	return compareTitle.F(ctx, versionNo.F(ctx, got.GetFromVersion()), to)
}

var parts = []words.Named{
	{Code: "limit", Text: words.Limits},
	{Code: "outlet", Text: words.Outlets},
	{Code: "facility", Text: words.Facilities},
	{Code: "abatement", Text: words.Abatements},
	{Code: "monitoring", Text: words.MonitoringPlan},
	{Code: "condition", Text: words.Conditions},
	{Code: "requirement", Text: words.BasicData},
	{Code: "base", Text: words.BasicData},
}

func partName(ctx context.Context, part string) string { return words.Find(parts, part).In(ctx) }

func directionTone(direction string) component.Tone {
	switch direction {
	case "loosened":
		return component.Warn
	case "tightened":
		return component.OK
	case "added", "removed":
		return component.Info
	}
	return component.Mute
}

func numberOf(ctx context.Context, c *permitsv1.Certificate) string {
	if c.GetPermitNumber() == "" {
		return numberAwaited.In(ctx)
	}
	return c.GetPermitNumber()
}

// originalPairs are what the original says: the base data.
func originalPairs(ctx context.Context, c *permitsv1.Certificate) []component.Pair {
	v := c.GetVersion()
	pairs := []component.Pair{
		{Name: words.UnitName, Value: v.GetUnitName()},
		{Name: words.Uscc, Value: c.GetUscc()},
		{Name: domicile, Value: component.OrDash(v.GetDomicile())},
		{Name: words.SiteAddress, Value: c.GetSiteAddress()},
		{Name: words.Industry, Value: component.OrDash(v.GetContent().GetIndustry())},
		{Name: termLabel, Value: component.Validity(ctx, v.GetValidFrom(), v.GetValidTo())},
		{Name: words.DocumentNumber, Value: component.OrDash(v.GetDocumentNumber())},
		{Name: words.Decided, Value: words.Day(ctx, v.GetDecided())},
	}
	if v == nil {
		return []component.Pair{{Name: words.Uscc, Value: c.GetUscc()}, {Name: words.SiteAddress, Value: c.GetSiteAddress()}, {Name: standing, Value: words.From(c.GetStatusText()).In(ctx)}}
	}
	return pairs
}

// copyPairs are the base data of the copy, before its tables.
func copyPairs(ctx context.Context, c *permitsv1.Certificate) []component.Pair {
	v := c.GetVersion()
	return []component.Pair{
		{Name: words.UnitName, Value: v.GetUnitName()},
		{Name: versionLabel, Value: versionNo.F(ctx, v.GetVersion()) + " · " + words.From(v.GetKindText()).In(ctx)},
		{Name: words.County, Value: component.County(ctx, c.GetDivision())},
		{Name: termLabel, Value: component.Validity(ctx, v.GetValidFrom(), v.GetValidTo())},
		{Name: eiaLabel, Value: component.OrDash(v.GetContent().GetEiaNumber())},
	}
}

func scannedPairs(ctx context.Context, c *permitsv1.Certificate) []component.Pair {
	v := c.GetVersion()
	pairs := []component.Pair{
		{Name: words.PermitNumber, Value: c.GetPermitNumber()},
		{Name: words.Uscc, Value: c.GetUscc()},
		{Name: words.SiteAddress, Value: component.OrDash(c.GetSiteAddress())},
		{Name: words.County, Value: component.County(ctx, c.GetDivision())},
		{Name: standing, Value: words.From(c.GetStatusText()).In(ctx)},
	}
	if v != nil {
		pairs = append(pairs,
			component.Pair{Name: words.UnitName, Value: v.GetUnitName()},
			component.Pair{Name: versionLabel, Value: versionNo.F(ctx, v.GetVersion()) + " · " + words.From(v.GetKindText()).In(ctx)},
			component.Pair{Name: termLabel, Value: component.Validity(ctx, v.GetValidFrom(), v.GetValidTo())},
			component.Pair{Name: words.DocumentNumber, Value: component.OrDash(v.GetDocumentNumber())})
	}
	return pairs
}
