package web

import (
	"net/http"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/page"
	"shiyang/gateway/web/visit"
	"shiyang/gateway/web/words"
	"shiyang/internal/rpc"
	auditv1 "shiyang/proto/audit/v1"
	identityv1 "shiyang/proto/identity/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// pages of the front door: sign-in, the start page and what is said about the
// portal itself.
type pages struct {
	client permitsv1.PermitsServiceClient
}

func front(client permitsv1.PermitsServiceClient) visit.Department {
	p := &pages{client}
	return visit.Department{
		Entries: []visit.Entry{
			{
				Group: visit.ToDo, Icon: "home", Text: words.MyWorkMenu, Path: "/home",
				Method: permitsv1.PermitsService_ListWork_FullMethodName,
			},
			{Group: visit.ToDo, Icon: "home", Text: words.WelcomeTitle, Path: "/home", Roles: []rpc.Role{rpc.Person}},
		},
		Routes: visit.Routes(
			visit.Public("GET /{$}", door), visit.Public("POST /sign-in", signIn), visit.Page("POST /sign-out", signOut),
			visit.Public("GET /help", help), visit.Public("GET /accessibility", accessibility),
			visit.Page("GET /home", p.home), visit.Page("GET /seats", seats), visit.Page("POST /seats", switchSeat),
		),
	}
}

func (p *pages) home(v *visit.Visit) error {
	f := v.Frame(words.MyWork.In(v.Text()), "/home")
	role := v.Role()
	if role == rpc.Person {
		return v.Show(http.StatusOK, page.Begin(f))
	}
	also := v.Waiting()
	if !v.May(permitsv1.PermitsService_ListWork_FullMethodName) {
		if len(also) > 0 {
			return v.Show(http.StatusOK, page.Waiting(f, also))
		}
		for _, start := range []struct{ method, path string }{
			{identityv1.IdentityService_ListAccounts_FullMethodName, "/accounts"}, {auditv1.AuditService_GetHistory_FullMethodName, "/audit"},
		} {
			if v.May(start.method) {
				return v.See(start.path)
			}
		}
		return v.See("/account")
	}
	work, err := p.client.ListWork(v.Ask(), &permitsv1.ListWorkRequest{PageSize: 50, After: v.Query("after"), AtLeast: v.AtLeast()})
	if err != nil {
		return err
	}
	sorted := sortWork(v, work)
	sorted.Also = also
	return v.Show(http.StatusOK, page.Home(f, sorted))
}

// sortWork puts the items under the headings of the page and counts what ends
// on each day.
func sortWork(v *visit.Visit, list *permitsv1.ListWorkResponse) page.Work {
	w := page.Work{Now: v.Now(), Overdue: int(list.GetOverdue()), Total: int(list.GetTotal()), Next: v.Next(list.GetNext())}
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
