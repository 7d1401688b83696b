package zoning

import (
	"net/http"
	"strings"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/visit"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

func (p *pages) editions(v *visit.Visit) error {
	list, err := p.client.ListControlEditions(v.Ask(), &permitsv1.ListControlEditionsRequest{AtLeast: v.AtLeast()})
	if err != nil {
		return err
	}
	may := v.May(permitsv1.ZoningService_LoadControlEdition_FullMethodName)
	return v.Show(http.StatusOK, editionsPage(v.Frame(title.In(v.Text()), "/zoning"), list.GetEditions(), may, v.Query("done")))
}

func (p *pages) get(v *visit.Visit) (*permitsv1.GetControlEditionResponse, error) {
	return p.client.GetControlEdition(v.Ask(), &permitsv1.GetControlEditionRequest{EditionId: v.R.PathValue("id")})
}

func (p *pages) edition(v *visit.Visit) error {
	got, err := p.get(v)
	if err != nil {
		return err
	}
	id := got.GetEdition().GetEditionId()
	past := v.History("zoning", id, 0)
	var acts []component.Act
	for _, a := range got.GetActions() {
		acts = append(acts, component.Act{LegalAction: a, Path: component.Record("zoning", "editions", id, a.GetName())})
	}
	compare := v.May(permitsv1.ZoningService_CompareEditions_FullMethodName)
	return v.Show(http.StatusOK, editionPage(v.Frame(got.GetEdition().GetTitle(), "/zoning"), got, acts, past, compare, v.Query("done")))
}

func (p *pages) compare(v *visit.Visit) error {
	got, err := p.get(v)
	if err != nil {
		return err
	}
	flips, err := p.client.CompareEditions(v.Ask(), &permitsv1.CompareEditionsRequest{EditionId: got.GetEdition().GetEditionId()})
	if err != nil {
		return err
	}
	return v.Show(http.StatusOK, comparePage(v.Frame(compareText.In(v.Text()), "/zoning"), got.GetEdition(), flips))
}

func (p *pages) load(v *visit.Visit) (*visit.Task, error) {
	request := &permitsv1.LoadControlEditionRequest{}
	return &visit.Task{
		Task: component.Task{
			Title: loadTitle, Lead: loadLead, Button: loadTitle, Back: "/zoning",
			Crumbs: []component.Crumb{{Text: title, Path: "/zoning"}, {Text: loadTitle}},
			Filled: form.Filled{Form: form.Form{{Fields: []form.Field{
				{Path: "title", Label: nameField, Max: 200},
				{Path: "version", Label: version, Max: 40, Short: true},
				{Path: "validFrom", Kind: form.Day, Label: validFrom},
				{Path: "source", Label: source, Max: 300},
				{Path: "text", Kind: form.Area, Label: content, Max: 786432},
				{Path: "example", Kind: form.Tick, Label: words.IsExample},
			}}}},
		},
		Here: "/zoning", Request: request, Send: visit.Send(p.client.LoadControlEdition, request),
		Prepare: func(string) { request.Content = []byte(v.R.PostForm.Get("text")) },
		Done: func(v *visit.Visit, r *commonv1.Receipt) error {
			return v.See(visit.After(component.Record("zoning", "editions", r.GetRecordId()), r))
		},
	}, nil
}

func (p *pages) withdraw(v *visit.Visit) (*visit.Task, error) {
	got, err := p.get(v)
	if err != nil {
		return nil, err
	}
	e := got.GetEdition()
	if v.R.Method != http.MethodPost {
		if err := visit.Allowed(got.GetActions(), "withdraw"); err != nil {
			return nil, err
		}
	}
	back := component.Record("zoning", "editions", e.GetEditionId())
	request := &permitsv1.WithdrawControlEditionRequest{EditionId: e.GetEditionId()}
	return &visit.Task{
		Task: component.Task{
			Title: takeBack, Button: takeBack, Risky: true, Back: back,
			Crumbs: []component.Crumb{{Text: title, Path: "/zoning"}, {Text: words.Same(e.GetTitle()), Path: back}, {Text: takeBack}},
			Filled: form.Filled{Form: form.Form{{Fields: []form.Field{{Path: "reason", Kind: form.Area, Label: why, Max: 500}}}}},
		},
		Here: "/zoning", Request: request, Send: visit.Send(p.client.WithdrawControlEdition, request), Done: visit.ToRecord(back),
	}, nil
}

// asked is what the screening form was filled with.
type asked struct {
	county, industry, words, longitude, latitude, park string
	result                                             *permitsv1.Screening
	refusal                                            *problem.Error
	sent                                               bool
}

func (p *pages) screen(v *visit.Visit) error {
	q := asked{
		county: v.Query("county"), industry: v.Query("industry"), words: v.Query("words"), longitude: v.Query("longitude"),
		latitude: v.Query("latitude"), park: v.Query("park"),
	}
	parks, err := p.client.ListParks(v.Ask(), &permitsv1.ListParksRequest{})
	if err != nil {
		return err
	}
	if q.sent = q.industry != ""; q.sent {
		request := &permitsv1.ScreenProjectRequest{
			Division: q.county, Location: &commonv1.Location{Longitude: q.longitude, Latitude: q.latitude}, Industry: q.industry, ParkId: q.park,
			Words: strings.FieldsFunc(q.words, func(r rune) bool { return strings.ContainsRune("、，,;； ", r) }),
		}
		got, err := p.client.ScreenProject(v.Ask(), request)
		if q.refusal = rpc.ProblemFrom(err); err != nil && q.refusal == nil {
			return err
		}
		q.result = got.GetScreening()
	}
	return v.Show(http.StatusOK, screenPage(v.Frame(screenTab.In(v.Text()), "/zoning/screen"), q, parks.GetParks()))
}

func (p *pages) parks(v *visit.Visit) error {
	list, err := p.client.ListParks(v.Ask(), &permitsv1.ListParksRequest{AtLeast: v.AtLeast()})
	if err != nil {
		return err
	}
	may := v.May(permitsv1.ZoningService_RecordPark_FullMethodName)
	return v.Show(http.StatusOK, parksPage(v.Frame(parksTab.In(v.Text()), "/zoning/parks"), list.GetParks(), may, v.Query("done")))
}

// parkForm asks for the entry of a park.
func parkForm() form.Form {
	return form.Form{
		{Fields: []form.Field{
			{Path: "park.title", Label: parkName, Max: 100},
			{Path: "park.division", Kind: form.Choice, Label: words.County, Options: form.Options(words.Counties)},
			{Path: "park.plan", Label: plan, Max: 200},
			{Path: "park.opinionNumber", Label: opinion, Max: 100},
			{Path: "park.opinionBy", Label: opinionBy, Max: 100},
			{Path: "park.opinionOn", Kind: form.Day, Label: opinionOn},
			{Path: "park.validTo", Kind: form.Day, Label: validTo},
			{Path: "park.example", Kind: form.Tick, Label: words.IsExample},
		}},
		{Title: negative, Rows: &form.Rows{Path: "park.rows", Item: rowNo, Add: addRow, Fields: []form.Field{
			{Path: "row", Label: rowLabel, Max: 20},
			{Path: "access", Kind: form.Choice, Label: accessLabel, Options: form.Options(accesses)},
			{Path: "industries", Kind: form.Area, Label: industries, Optional: true},
			{Path: "words", Kind: form.Area, Label: rowWords, Optional: true},
			{Path: "text", Label: rowText, Max: 1000},
		}}},
	}
}

func (p *pages) parkTask(heading words.Text, request *permitsv1.RecordParkRequest) *visit.Task {
	return &visit.Task{
		Task: component.Task{
			Title: heading, Button: heading, Back: "/zoning/parks",
			Crumbs: []component.Crumb{{Text: parksTab, Path: "/zoning/parks"}, {Text: heading}}, Filled: form.Filled{Form: parkForm()},
		},
		Here: "/zoning/parks", Request: request, Send: visit.Send(p.client.RecordPark, request), Done: visit.ToRecord("/zoning/parks"),
	}
}

func (p *pages) newPark(*visit.Visit) (*visit.Task, error) {
	return p.parkTask(newParkText, &permitsv1.RecordParkRequest{}), nil
}

func (p *pages) changePark(v *visit.Visit) (*visit.Task, error) {
	list, err := p.client.ListParks(v.Ask(), &permitsv1.ListParksRequest{})
	if err != nil {
		return nil, err
	}
	for _, row := range list.GetParks() {
		if row.GetParkId() != v.R.PathValue("id") {
			continue
		}
		task := p.parkTask(changeText, &permitsv1.RecordParkRequest{ParkId: row.GetParkId()})
		task.Start = task.Filled.Form.Encode(&permitsv1.RecordParkRequest{Park: row.GetPark()})
		for name, values := range task.Start {
			task.Start[name] = []string{strings.Join(values, " ")}
		}
		return task, nil
	}
	return nil, problem.ErrNotFound
}
