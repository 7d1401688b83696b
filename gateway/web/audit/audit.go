// Package audit 回放与核对 holds the pages that replay records and compare views
// with the log, and those of the plan: its indicators and the places it names.
//
// It may import visit, component, form, page, words and the contracts. Start
// with [Pages].
package audit

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/google/uuid"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/page"
	"shiyang/gateway/web/visit"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	auditv1 "shiyang/proto/audit/v1"
)

type pages struct{ client auditv1.AuditServiceClient }

// Pages is the department of replay and of the plan.
func Pages(client auditv1.AuditServiceClient) visit.Department {
	p := &pages{client}
	return visit.Department{
		Entries: []visit.Entry{{
			Group: visit.LookUp, Icon: "replay", Text: words.AuditMenu, Path: "/audit",
			Method: auditv1.AuditService_GetHistory_FullMethodName, Roles: replayers,
		}},
		Routes: visit.Routes(
			visit.Public("GET /indicators", p.indicators), visit.Public("GET /places", p.places),
			visit.Page("GET /audit", p.audit), visit.Page("POST /audit/replay-check", p.replayCheck),
			visit.Page("GET /records", p.findRecord), visit.Page("GET /records/{category}/{id}", p.replay),
		),
	}
}

// replayers are all that hold a capacity.
var replayers = slices.DeleteFunc(rpc.Roles(), func(r rpc.Role) bool { return r == rpc.Person || r == rpc.Public })

func (p *pages) places(v *visit.Visit) error {
	list, err := p.client.ListPlaces(v.Ask(), &auditv1.ListPlacesRequest{AtLeast: v.AtLeast()})
	if err != nil {
		return err
	}
	return v.Show(http.StatusOK, page.Places(v.Frame(words.PlacesTitle.In(v.Text()), "/places"), list.GetPlaces()))
}

func (p *pages) indicators(v *visit.Visit) error {
	list, err := p.client.ListIndicators(v.Ask(), &auditv1.ListIndicatorsRequest{AtLeast: v.AtLeast()})
	if err != nil {
		return err
	}
	f := v.Frame(words.IndicatorsTitle.In(v.Text()), "/indicators")
	return v.Show(http.StatusOK, page.Indicators(f, tables(list.GetIndicators())))
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

// findForm asks for a record by its kind and id.
func findForm(v *visit.Visit) form.Form {
	var kinds []form.Option
	for _, r := range v.Records() {
		kinds = append(kinds, form.Option{Value: r.Category, Label: r.Title})
	}
	return form.Form{{Fields: []form.Field{
		{Path: "category", Kind: form.Choice, Label: words.RecordKind, Options: kinds},
		{Path: "id", Label: words.RecordID, Hint: words.RecordIDHint, Max: 36},
	}}}
}

// kindOf is what people call a category; ok is false if no department has it.
func kindOf(v *visit.Visit, category string) (kind words.Text, ok bool) {
	for _, r := range v.Records() {
		if r.Category == category {
			return r.Title, true
		}
	}
	return words.Same(category), false
}

func showAudit(v *visit.Visit, status int, t component.Task, result *auditv1.CheckReplayResponse) error {
	t.Filled.Form = findForm(v)
	f := v.Frame(words.Audit.In(v.Text()), "/audit")
	f.Wrong = status >= http.StatusBadRequest
	if v.R.Method == http.MethodPost {
		f.Other = "/" + string(v.Lang.Other()) + "/audit"
	}
	return v.Show(status, page.Audit(f, t, v.May(auditv1.AuditService_CheckReplay_FullMethodName), result))
}

func (p *pages) audit(v *visit.Visit) error {
	return showAudit(v, http.StatusOK, component.Task{}, nil)
}

func (p *pages) replayCheck(v *visit.Visit) error {
	result, err := p.client.CheckReplay(v.Ask(), &auditv1.CheckReplayRequest{})
	if err != nil {
		return err
	}
	return showAudit(v, http.StatusOK, component.Task{}, result)
}

func (p *pages) findRecord(v *visit.Visit) error {
	category, id := v.Query("category"), v.Query("id")
	var wrong problem.Fields
	if _, ok := kindOf(v, category); !ok {
		wrong.Add("category", category, "CHOOSE_KIND", "选一种记录", "Choose the kind of record")
	}
	if _, err := uuid.Parse(id); err != nil {
		wrong.Add("id", id, "NOT_AN_ID", "编号是 36 位，形如 018f0000-0000-7000-8000-000000000000", "An id has 36 characters, such as 018f0000-0000-7000-8000-000000000000")
	}
	if len(wrong) > 0 {
		t := component.Task{Refusal: problem.ErrInvalid, Filled: form.Filled{
			Values: url.Values{"category": {category}, "id": {id}}, Errors: wrong,
		}}
		return showAudit(v, http.StatusUnprocessableEntity, t, nil)
	}
	return v.See(component.Record("records", category, id))
}

func (p *pages) replay(v *visit.Visit) error {
	category, id := v.R.PathValue("category"), v.R.PathValue("id")
	events := v.History(category, id, 0)
	if len(events) == 0 {
		return problem.ErrNotFound
	}
	at := v.Instant()
	if !at.Asked {
		at = visit.Instant{Revision: events[len(events)-1].GetRevision(), Asked: true}
	}
	state, err := visit.Asked(p.client.GetStateAt(v.Ask(), at.Request(category, id)))
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
	kind, _ := kindOf(v, category)
	r := page.ReplayRecord{
		Category: category, ID: id, Kind: kind, Events: events, At: shown, Lines: visit.Lines(state.GetState(), state.GetSince()),
		AsOf: v.AsOf(path, at, events[shown].GetRevision(), events),
	}
	return v.Show(http.StatusOK, page.ReplayPage(v.Frame(words.Replay.In(v.Text()), "/audit"), r))
}
