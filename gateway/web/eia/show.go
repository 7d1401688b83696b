package eia

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/words"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// tone is how a stage looks.
func tone(s permitsv1.EiaStatus) component.Tone {
	switch s {
	case permitsv1.EiaStatus_EIA_STATUS_APPROVED, permitsv1.EiaStatus_EIA_STATUS_FILED:
		return component.OK
	case permitsv1.EiaStatus_EIA_STATUS_DEFICIENT:
		return component.Warn
	case permitsv1.EiaStatus_EIA_STATUS_REFUSED, permitsv1.EiaStatus_EIA_STATUS_RETURNED:
		return component.Bad
	case permitsv1.EiaStatus_EIA_STATUS_SUBMITTED, permitsv1.EiaStatus_EIA_STATUS_ACCEPTED, permitsv1.EiaStatus_EIA_STATUS_EXAMINED:
		return component.Info
	default:
		return component.Mute
	}
}

func verdictTone(v permitsv1.ScreeningVerdict) component.Tone {
	switch v {
	case permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONFORM:
		return component.OK
	case permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONDITIONS:
		return component.Warn
	case permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONFLICT:
		return component.Bad
	default:
		return component.Mute
	}
}

// pressing is the deadline that comes first.
func pressing(list []*commonv1.Deadline) *commonv1.Deadline {
	for _, d := range list {
		if d.GetMet() == nil && d.GetRule() != "eia-stale" {
			return d
		}
	}
	return nil
}

func stepList(ctx context.Context, list []*permitsv1.Step) []component.Step {
	out := make([]component.Step, len(list))
	for i, s := range list {
		out[i] = component.Step{Title: words.From(s.GetTitle()), State: s.GetState()}
		if s.GetDate() != nil {
			out[i].Note = words.ShortDay(ctx, s.GetDate())
		}
	}
	return out
}

// fact is one line of a record with the path that its blame is kept under.
type fact struct {
	name        words.Text
	value, path string
}

// factsOf are the lines of a project; what was not filed is left out.
func factsOf(ctx context.Context, e *permitsv1.Eia) (list []fact) {
	p := e.GetProject()
	add := func(name words.Text, value, path string) {
		if value != "" && value != words.Dash {
			list = append(list, fact{name, value, path})
		}
	}
	add(words.DocumentNumber, e.GetDocumentNumber(), "documentNumber")
	add(projectCode, p.GetProjectCode(), "project.projectCode")
	if p != nil {
		add(nature, words.Find(natures, p.GetNature().String()).In(ctx), "project.nature")
		add(row, strconv.Itoa(int(p.GetClassificationRow())), "project.classificationRow")
		add(invest, money(ctx, p.GetInvestmentFen()), "project.investmentFen")
		add(investEco, money(ctx, p.GetEnvironmentalInvestmentFen()), "project.environmentalInvestmentFen")
	}
	add(industry, p.GetIndustry(), "project.industry")
	if by := e.GetDocumentByRule(); by != e.GetDocument() && p != nil {
		add(byRule, words.Find(documents, by.String()).In(ctx), "documentByRule")
		add(overriding, p.GetOverrideReason(), "project.overrideReason")
	}
	add(place, p.GetSiteAddress(), "project.siteAddress")
	add(words.County, component.County(ctx, e.GetDivision()), "division")
	add(works, p.GetWorks(), "project.works")
	add(processes, strings.Join(p.GetProcesses(), "、"), "project.processes")
	add(pollutants, strings.Join(p.GetPollutants(), "、"), "project.pollutants")
	add(loadSource, p.GetLoadSource(), "project.loadSource")
	add(remedy, p.GetExistingRemedy(), "project.existingRemedy")
	add(consultancy, p.GetConsultancy(), "project.consultancy")
	add(compiler, strings.TrimSpace(p.GetCompiler().GetName()+" "+p.GetCompilerCreditNumber()), "project.compiler.name")
	add(operation, words.Day(ctx, p.GetOperationFrom()), "project.operationFrom")
	add(filedOn, words.Day(ctx, e.GetReceived()), "received")
	accepted := words.Day(ctx, e.GetAccepted())
	if e.GetDeemedAccepted() {
		accepted = words.AcceptedSilent.F(ctx, accepted)
	}
	add(words.Accepted, accepted, "accepted")
	add(words.Decided, words.Day(ctx, e.GetDecided()), "decided")
	add(startBy, words.Day(ctx, e.GetStartBy()), "startBy")
	add(begunOn, words.Day(ctx, e.GetWorksBegun()), "worksBegun")
	add(ownAccept, words.Day(ctx, e.GetAcceptedByBuilder()), "acceptedByBuilder")
	return list
}

// money writes fen as ten thousands of yuan.
func money(ctx context.Context, fen int64) string {
	if fen == 0 {
		return words.Dash
	}
	return form.Unshift(strconv.FormatInt(fen, 10), 6) + " " + yuan.In(ctx)
}

func screeningFacts(ctx context.Context, s *permitsv1.Screening) []component.Pair {
	var units []string
	for _, u := range s.GetUnits() {
		units = append(units, fmt.Sprintf("%s %s（%s）", u.GetCode(), u.GetTitle(), words.Find(unitKinds, u.GetKind().String()).In(ctx)))
	}
	list := []component.Pair{
		{Name: unitText, Value: component.OrDash(strings.Join(units, "；"))},
		{Name: editionText, Value: s.GetVersion()},
		{Name: screenedOn, Value: words.Day(ctx, s.GetOn())},
	}
	if s.GetPark() != "" {
		list = append(list, component.Pair{Name: parkText, Value: s.GetPark() + " " + s.GetParkOpinion()})
	}
	return list
}

func guideFacts(ctx context.Context, g *permitsv1.EiaGuide) []component.Pair {
	if g.GetDecision() == nil {
		return []component.Pair{{Name: legalPeriod, Value: needsNone.In(ctx)}}
	}
	list := []component.Pair{{Name: legalPeriod, Value: words.From(g.GetDecision()).In(ctx)}}
	if n := g.GetPromisedDays(); n > 0 {
		list = append(list, component.Pair{Name: promisedIn, Value: wdays.F(ctx, n)})
	}
	return list
}
