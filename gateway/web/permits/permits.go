package permits

import (
	"net/http"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/page"
	"shiyang/gateway/web/visit"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	auditv1 "shiyang/proto/audit/v1"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

func (p *pages) permits(v *visit.Visit) error {
	q := v.List()
	list, err := p.client.ListPermits(v.Ask(), &permitsv1.ListPermitsRequest{
		Query: q.Text, Division: q.County, Order: q.Order, After: v.Query("after"), AtLeast: v.AtLeast(),
		Status:          permitsv1.PermitStatus(permitsv1.PermitStatus_value[q.Status]),
		ManagementClass: permitsv1.ManagementClass(permitsv1.ManagementClass_value[q.Class]),
	})
	if err != nil {
		return err
	}
	q.Next = v.Next(list.GetNext())
	return v.Show(http.StatusOK, page.Permits(v.Frame(words.Permits.In(v.Text()), "/permits"), q, list.GetPermits(), v.Now()))
}

func (p *pages) getPermit(v *visit.Visit) (*permitsv1.GetPermitResponse, error) {
	return p.client.GetPermit(v.Ask(), &permitsv1.GetPermitRequest{PermitId: v.R.PathValue("id"), AtLeast: v.AtLeast()})
}

func (p *pages) permit(v *visit.Visit) error {
	got, err := p.getPermit(v)
	if err != nil {
		return err
	}
	permit := got.GetPermit()
	path := component.Record("permits", permit.GetPermitId())
	events := v.History("permit", permit.GetPermitId(), 0)
	title := page.PermitTitle(permit).In(v.Text())
	at := v.Instant()
	if at.Asked && (at.Revision == 0 || at.Revision < permit.GetRevision()) {
		return p.pastPermit(v, permit, title, path, at, events)
	}
	r := page.PermitRecord{
		Permit: permit, Deadlines: got.GetDeadlines(), Past: events, Blame: component.NewBlame(events),
		AsOf: v.AsOf(path, visit.Instant{}, permit.GetRevision(), events), Now: v.Now(), Done: v.Query("done"), Life: lifeCard(permit),
	}
	for _, a := range got.GetActions() {
		r.Acts = append(r.Acts, component.Act{LegalAction: a, Path: page.ActPath(permit.GetPermitId(), a.GetName())})
	}
	return v.Show(http.StatusOK, page.Permit(v.Frame(title, "/permits"), r))
}

// pastPermit shows the record as it stood; nothing can be done there.
func (p *pages) pastPermit(v *visit.Visit, now *permitsv1.Permit, title, path string, at visit.Instant, events []component.Event) error {
	state, err := v.Audit.GetStateAt(v.Ask(), at.Request("permit", now.GetPermitId()))
	if visit.IsProblem(err, problem.NotFound) {
		state, err = &auditv1.GetStateAtResponse{}, nil // it did not exist then
	}
	if err != nil {
		return err
	}
	r := page.PastRecord{
		Title:  title,
		Crumbs: []component.Crumb{{Text: words.Permits, Path: "/permits"}, {Text: words.Same(now.GetUnitName()), Path: path}, {Text: words.SeeAsItWas}},
		Permit: permitOf(state.GetState()), Lines: visit.Lines(state.GetState(), state.GetSince()),
		AsOf: v.AsOf(path, at, state.GetRevision(), events), Skipped: skipped(state.GetSkipped(), events),
	}
	for _, e := range events {
		if e.GetRevision() <= state.GetRevision() {
			r.Past = append(r.Past, e)
		}
	}
	return v.Show(http.StatusOK, page.Past(v.Frame(title, "/permits"), r))
}

// skipped are events that were known but had not happened, with the names
// that the history already has.
func skipped(list []*commonv1.HistoryResponse, events []component.Event) []component.Event {
	names := map[string]string{}
	for _, e := range events {
		names[e.GetActorId()] = e.Name
	}
	out := make([]component.Event, len(list))
	for i, e := range list {
		out[i] = component.Event{HistoryResponse: e, Name: names[e.GetActorId()]}
	}
	return out
}

// permitOf reads a state that has the names of the API as a permit; nil if
// there was none, or if it cannot be read as one: the page then shows the
// values one by one.
func permitOf(state *structpb.Struct) *permitsv1.Permit {
	if len(state.GetFields()) == 0 {
		return nil
	}
	body, err := state.MarshalJSON()
	if err != nil {
		return nil
	}
	var p permitsv1.Permit
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(body, &p); err != nil {
		return nil
	}
	return &p
}
