// Package register 公开登记簿 holds the pages of the public register: what
// everybody may look up without signing in.
package register

import (
	"net/http"

	"shiyang/gateway/web/page"
	"shiyang/gateway/web/visit"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

type pages struct {
	client permitsv1.PermitsServiceClient
}

// Pages is the department of the public register.
func Pages(client permitsv1.PermitsServiceClient) visit.Department {
	p := &pages{client}
	return visit.Department{
		Entries: []visit.Entry{{Group: visit.LookUp, Icon: "public", Text: words.PublicRegister, Path: "/register"}},
		Routes: visit.Routes(
			visit.Public("GET /register", p.register), visit.Public("GET /register/{number}", p.entry),
		),
	}
}

func (p *pages) register(v *visit.Visit) error {
	q := v.List()
	list, err := p.client.SearchRegister(v.Ask(), &permitsv1.SearchRegisterRequest{
		Query: q.Text, Division: q.County, After: v.Query("after"), AtLeast: v.AtLeast(),
	})
	if err != nil {
		return err
	}
	q.Next = v.Next(list.GetNext())
	return v.Show(http.StatusOK, page.Register(v.Frame(words.RegisterTitle.In(v.Text()), "/register"), q, list.GetEntries(), int(list.GetTotal())))
}

func (p *pages) entry(v *visit.Visit) error {
	got, err := p.client.GetRegisterEntry(v.Ask(), &permitsv1.GetRegisterEntryRequest{PermitNumber: v.R.PathValue("number")})
	if visit.IsProblem(err, problem.Invalid) {
		return problem.ErrNotFound
	}
	if err != nil {
		return err
	}
	return v.Show(http.StatusOK, page.Entry(v.Frame(got.GetEntry().GetPermitNumber(), "/register"), got.GetEntry()))
}
