package web

import (
	"net/http"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/page"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	auditv1 "shiyang/proto/audit/v1"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

func (p *pages) home(v *visit) error {
	f := v.frame(words.MyWork.In(v.text()), "/home")
	role := v.role()
	if role == rpc.Person {
		return v.show(http.StatusOK, page.Begin(f))
	}
	if !may["ListWork"][role] {
		for _, start := range []struct{ method, path string }{{"ListAccounts", "/accounts"}, {"GetHistory", "/audit"}} {
			if may[start.method][role] {
				return v.see(start.path)
			}
		}
		return v.see("/account")
	}
	work, err := p.Permits.ListWork(v.ask(), &permitsv1.ListWorkRequest{PageSize: 50, After: v.query("after"), AtLeast: v.atLeast()})
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, page.Home(f, p.sortWork(v, work)))
}

// sortWork puts the items under the headings of the page and counts what ends
// on each day.
func (p *pages) sortWork(v *visit, list *permitsv1.ListWorkResponse) page.Work {
	w := page.Work{Now: p.Now(), Overdue: int(list.GetOverdue()), Total: int(list.GetTotal()), Next: v.next(list.GetNext())}
	w.Weeks = component.Weeks{Today: words.Today(w.Now), Rest: list.GetRestDays(), Provisional: list.GetRestDaysProvisional()}
	today := w.Weeks.Today.GetIso()
	for _, i := range list.GetItems() {
		d := i.GetDeadline()
		switch {
		case d == nil || d.GetDue() == nil || d.GetSuspended():
			w.Loose = append(w.Loose, i)
			continue
		case d.GetState() == "overdue" || d.GetDue().GetIso() <= today:
			w.Urgent = append(w.Urgent, i)
		case d.GetState() == "near":
			w.Near = append(w.Near, i)
		default:
			w.Later = append(w.Later, i)
		}
		if n := len(w.Weeks.Loads); n > 0 && w.Weeks.Loads[n-1].Day.GetIso() == d.GetDue().GetIso() {
			w.Weeks.Loads[n-1].Count++
		} else {
			w.Weeks.Loads = append(w.Weeks.Loads, component.Load{Day: d.GetDue(), Count: 1, Late: d.GetState() == "overdue"})
		}
	}
	return w
}

func (p *pages) permits(v *visit) error {
	q := v.listQuery()
	list, err := p.Permits.ListPermits(v.ask(), &permitsv1.ListPermitsRequest{
		Query: q.Text, Division: q.County, Order: q.Order, After: v.query("after"), AtLeast: v.atLeast(),
		Status:          permitsv1.PermitStatus(permitsv1.PermitStatus_value[q.Status]),
		ManagementClass: permitsv1.ManagementClass(permitsv1.ManagementClass_value[q.Class]),
	})
	if err != nil {
		return err
	}
	q.Next = v.next(list.GetNext())
	return v.show(http.StatusOK, page.Permits(v.frame(words.Permits.In(v.text()), "/permits"), q, list.GetPermits(), p.Now()))
}

func (v *visit) getPermit() (*permitsv1.GetPermitResponse, error) {
	return v.Permits.GetPermit(v.ask(), &permitsv1.GetPermitRequest{PermitId: v.r.PathValue("id"), AtLeast: v.atLeast()})
}

func (p *pages) permit(v *visit) error {
	got, err := v.getPermit()
	if err != nil {
		return err
	}
	permit := got.GetPermit()
	path := component.Record("permits", permit.GetPermitId())
	events := v.history("permit", permit.GetPermitId(), 0)
	title := page.PermitTitle(permit).In(v.text())
	at := v.instantOf()
	if at.asked && (at.revision == 0 || at.revision < permit.GetRevision()) {
		return p.pastPermit(v, permit, title, path, at, events)
	}
	r := page.PermitRecord{
		Permit: permit, Deadlines: got.GetDeadlines(), Past: events, Blame: component.NewBlame(events),
		AsOf: asOf(v.text(), path, instant{}, permit.GetRevision(), events), Now: p.Now(), Done: v.query("done"),
	}
	for _, a := range got.GetActions() {
		r.Acts = append(r.Acts, component.Act{LegalAction: a, Path: page.ActPath(permit.GetPermitId(), a.GetName())})
	}
	return v.show(http.StatusOK, page.Permit(v.frame(title, "/permits"), r))
}

// pastPermit shows the record as it stood; nothing can be done there.
func (p *pages) pastPermit(v *visit, now *permitsv1.Permit, title, path string, at instant, events []component.Event) error {
	state, err := p.Audit.GetStateAt(v.ask(), at.request("permit", now.GetPermitId()))
	if isProblem(err, problem.NotFound) {
		state, err = &auditv1.GetStateAtResponse{}, nil // it did not exist then
	}
	if err != nil {
		return err
	}
	r := page.PastRecord{
		Title:  title,
		Crumbs: []component.Crumb{{Text: words.Permits, Path: "/permits"}, {Text: words.Same(now.GetUnitName()), Path: path}, {Text: words.SeeAsItWas}},
		Permit: permitOf(state.GetState()), Lines: lines(state.GetState(), state.GetSince()),
		AsOf: asOf(v.text(), path, at, state.GetRevision(), events), Skipped: skipped(state.GetSkipped(), events),
	}
	for _, e := range events {
		if e.GetRevision() <= state.GetRevision() {
			r.Past = append(r.Past, e)
		}
	}
	return v.show(http.StatusOK, page.Past(v.frame(title, "/permits"), r))
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

func (p *pages) paper(v *visit) error {
	got, err := v.getPermit()
	if err != nil {
		return err
	}
	if got.GetPermit().GetPermitNumber() == "" {
		return problem.ErrNotFound
	}
	f := v.frame(page.PermitTitle(got.GetPermit()).In(v.text()), "/permits")
	f.Paper = true
	return v.show(http.StatusOK, page.Paper(f, got.GetPermit()))
}
