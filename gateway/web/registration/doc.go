// Package registration 排污登记 holds the pages of registrations and of the roll
// of sources: the tier of a site from its answers, the form and its receipt,
// the public list, and the roll with its counts by county.
//
// It may import visit, component, form, page, words and the contracts. Start
// with [Pages]; the acts are a table in act.go, the texts in words.go.
package registration

import (
	"slices"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/visit"
	"shiyang/internal/rpc"
	permitsv1 "shiyang/proto/permits/v1"
)

type pages struct {
	client  permitsv1.RegistrationServiceClient
	permits permitsv1.PermitsServiceClient // knows the sites
}

// Pages is the department of registrations; permits knows the sites.
func Pages(client permitsv1.RegistrationServiceClient, permits permitsv1.PermitsServiceClient) visit.Department {
	p := &pages{client, permits}
	return visit.Department{
		Records: []visit.Record{{Category: "registration", Title: kind}, {Category: "source", Title: sourceKind}},
		Names:   names,
		Public:  []component.MenuItem{{Text: publicTitle, Path: "/register/registrations"}, {Text: listTitle, Path: "/classification"}},
		Entries: []visit.Entry{
			{
				Group: visit.Regulated, Icon: "doc", Text: title, Path: "/registrations", Lead: lead, Roles: holders,
				Method: permitsv1.RegistrationService_ListRegistrations_FullMethodName,
			},
			{
				Group: visit.Regulated, Icon: "chart", Text: rollTitle, Path: "/sources", Lead: rollLead, Roles: holders,
				Method: permitsv1.RegistrationService_ListSources_FullMethodName,
				Tabs:   []visit.Tab{{Text: rollTitle, Path: "/sources"}, {Text: countsTab, Path: "/source-counts"}},
			},
		},
		Routes: visit.Routes(
			visit.Page("GET /registrations", p.list), visit.Page("GET /registrations/{id}", p.record),
			visit.Page("GET /registrations/{id}/receipt", p.receipt), visit.Form("/registrations/{id}/act/{act}", p.act),
			visit.Public("GET /register/registrations", p.public), visit.Public("GET /classification", p.rows),
			visit.Page("GET /sources", p.sources), visit.Page("GET /source-counts", p.counts), visit.Page("GET /sources/{id}", p.source),
			visit.Form("/sources/{id}/act/link", p.link), visit.Form("/sources/{id}/act/settle", p.settle),
		),
	}
}

// holders are the roles that register, handle or watch over registrations.
var holders = slices.DeleteFunc(rpc.Roles(), func(r rpc.Role) bool { return r == rpc.Person || r == rpc.Public })
