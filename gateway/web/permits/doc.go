// Package permits 排污许可 holds the pages of sites and of discharge permits:
// lists, records with their history and past states, the application over
// several pages, and a form for each legal act.
//
// It may import visit, component, form, sheet, page, words and the contracts.
// Start with [Pages]; the acts are a table in act.go.
package permits

import (
	"slices"

	"shiyang/gateway/web/visit"
	"shiyang/gateway/web/words"
	"shiyang/internal/rpc"
	permitsv1 "shiyang/proto/permits/v1"
)

type pages struct {
	client permitsv1.PermitsServiceClient
}

// Pages is the department of discharge permits.
func Pages(client permitsv1.PermitsServiceClient) visit.Department {
	p := &pages{client}
	return visit.Department{
		Records: []visit.Record{
			{Category: "permit", Title: words.PermitKind}, {Category: "facility", Title: words.FacilityKindName},
		},
		Entries: []visit.Entry{
			{
				Group: visit.Regulated, Icon: "firm", Text: words.SitesTitle, Path: "/facilities",
				Method: permitsv1.PermitsService_ListFacilities_FullMethodName, Roles: holders,
			},
			{
				Group: visit.Regulated, Icon: "permit", Text: words.Permits, Path: "/permits",
				Method: permitsv1.PermitsService_ListPermits_FullMethodName, Roles: holders,
			},
		},
		Routes: visit.Routes(
			visit.Page("GET /facilities", p.sites), visit.Form("/facilities/new", p.registerSite),
			visit.Page("GET /facilities/{id}", p.site), visit.Form("/facilities/{id}/change", p.changeSite),
			visit.Form("/facilities/{id}/assign", p.assignSite), visit.Form("/facilities/{id}/apply", p.openApplication),
			visit.Page("GET /permits", p.permits), visit.Page("GET /permits/{id}", p.permit),
			visit.Page("GET /permits/{id}/print", p.paper), visit.Page("GET /permits/{id}/versions", p.versions),
			visit.Form("/permits/{id}/base-data", p.baseData), visit.Public("GET /register/{number}/version", p.scanned),
			visit.Form("/permits/{id}/act/{act}", p.act),
			visit.Page("GET /permits/{id}/apply", p.applyStart), visit.Page("GET /permits/{id}/apply/{step}", p.applyStep),
			visit.Page("POST /permits/{id}/apply/{step}", p.saveStep),
		),
	}
}

// holders are the roles that look after sites or watch over them; a person
// without a capacity has none yet.
var holders = slices.DeleteFunc(rpc.Roles(), func(r rpc.Role) bool { return r == rpc.Person || r == rpc.Public })
