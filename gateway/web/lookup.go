package web

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/google/uuid"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/page"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	auditv1 "shiyang/proto/audit/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

func (p *pages) register(v *visit) error {
	q := v.listQuery()
	list, err := p.Permits.SearchRegister(v.ask(), &permitsv1.SearchRegisterRequest{
		Query: q.Text, Division: q.County, After: v.query("after"), AtLeast: v.atLeast(),
	})
	if err != nil {
		return err
	}
	q.Next = v.next(list.GetNext())
	return v.show(http.StatusOK, page.Register(v.frame(words.RegisterTitle.In(v.text()), "/register"), q, list.GetEntries(), int(list.GetTotal())))
}

func (p *pages) entry(v *visit) error {
	got, err := p.Permits.GetRegisterEntry(v.ask(), &permitsv1.GetRegisterEntryRequest{PermitNumber: v.r.PathValue("number")})
	if isProblem(err, problem.Invalid) {
		return problem.ErrNotFound
	}
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, page.Entry(v.frame(got.GetEntry().GetPermitNumber(), "/register"), got.GetEntry()))
}

func (p *pages) places(v *visit) error {
	list, err := p.Audit.ListPlaces(v.ask(), &auditv1.ListPlacesRequest{AtLeast: v.atLeast()})
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, page.Places(v.frame(words.PlacesTitle.In(v.text()), "/places"), list.GetPlaces()))
}

func (p *pages) indicators(v *visit) error {
	list, err := p.Audit.ListIndicators(v.ask(), &auditv1.ListIndicatorsRequest{AtLeast: v.atLeast()})
	if err != nil {
		return err
	}
	f := v.frame(words.IndicatorsTitle.In(v.text()), "/indicators")
	return v.show(http.StatusOK, page.Indicators(f, tables(list.GetIndicators())))
}

// tables groups cells into tables with one row per key and one column per
// period; the target of a year has a column beside what was reached in it.
func tables(cells []*auditv1.Indicator) []page.Group {
	var groups []page.Group
	keys := map[string]int{}
	for _, c := range cells {
		g := slices.IndexFunc(groups, func(g page.Group) bool { return g.Title == c.GetTable() })
		if g < 0 {
			g = len(groups)
			groups = append(groups, page.Group{Title: c.GetTable()})
		}
		key := c.GetTable() + "\x00" + c.GetKey()
		row, ok := keys[key]
		if !ok {
			row = len(groups[g].Rows)
			keys[key] = row
			groups[g].Rows = append(groups[g].Rows, page.IndicatorRow{
				Title: words.From(c.GetTitle()), Group: c.GetGroup(), Kind: c.GetKind(), Unit: c.GetUnit(),
				Values: map[page.Column]*auditv1.Indicator{},
			})
		}
		column := page.Column{Period: c.GetPeriod(), Target: c.GetTarget()}
		groups[g].Rows[row].Values[column] = c
		if !slices.Contains(groups[g].Columns, column) {
			groups[g].Columns = append(groups[g].Columns, column)
		}
	}
	for i := range groups {
		slices.SortFunc(groups[i].Columns, page.Column.Compare)
	}
	return groups
}

var findForm = form.Form{{Fields: []form.Field{
	{Path: "category", Kind: form.Choice, Label: words.RecordKind, Options: []form.Option{
		{Value: "permit", Label: words.PermitKind}, {Value: "facility", Label: words.FacilityKindName},
	}},
	{Path: "id", Label: words.RecordID, Hint: words.RecordIDHint, Max: 36},
}}}

func (v *visit) showAudit(status int, t component.Task, result *auditv1.CheckReplayResponse) error {
	t.Filled.Form = findForm
	f := v.frame(words.Audit.In(v.text()), "/audit")
	f.Wrong = status >= http.StatusBadRequest
	if v.r.Method == http.MethodPost {
		f.Other = "/" + string(v.lang.Other()) + "/audit"
	}
	return v.show(status, page.Audit(f, t, may["CheckReplay"][v.role()], result))
}

func (p *pages) audit(v *visit) error { return v.showAudit(http.StatusOK, component.Task{}, nil) }

func (p *pages) replayCheck(v *visit) error {
	result, err := p.Audit.CheckReplay(v.ask(), &auditv1.CheckReplayRequest{})
	if err != nil {
		return err
	}
	return v.showAudit(http.StatusOK, component.Task{}, result)
}

func (p *pages) findRecord(v *visit) error {
	category, id := v.query("category"), v.query("id")
	var wrong problem.Fields
	if category != "permit" && category != "facility" {
		wrong.Add("category", category, "CHOOSE_KIND", "选一种记录", "Choose the kind of record")
	}
	if _, err := uuid.Parse(id); err != nil {
		wrong.Add("id", id, "NOT_AN_ID", "编号是 36 位，形如 018f0000-0000-7000-8000-000000000000", "An id has 36 characters, such as 018f0000-0000-7000-8000-000000000000")
	}
	if len(wrong) > 0 {
		t := component.Task{Refusal: problem.ErrInvalid, Filled: form.Filled{
			Values: url.Values{"category": {category}, "id": {id}}, Errors: wrong,
		}}
		return v.showAudit(http.StatusUnprocessableEntity, t, nil)
	}
	return v.see(component.Record("records", category, id))
}

func (p *pages) replay(v *visit) error {
	category, id := v.r.PathValue("category"), v.r.PathValue("id")
	events := v.history(category, id, 0)
	if len(events) == 0 {
		return problem.ErrNotFound
	}
	at := v.instantOf()
	if !at.asked {
		at = instant{revision: events[len(events)-1].GetRevision(), asked: true}
	}
	state, err := asked(p.Audit.GetStateAt(v.ask(), at.request(category, id)))
	if err != nil {
		return err
	}
	shown := 0
	for i, e := range events {
		if e.GetRevision() <= state.GetRevision() {
			shown = i
		}
	}
	path := component.Record("records", category, id)
	r := page.ReplayRecord{
		Category: category, ID: id, Events: events, At: shown, Lines: lines(state.GetState(), state.GetSince()),
		AsOf: asOf(v.text(), path, at, events[shown].GetRevision(), events),
	}
	return v.show(http.StatusOK, page.ReplayPage(v.frame(words.Replay.In(v.text()), "/audit"), r))
}
