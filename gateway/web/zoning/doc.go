// Package zoning 三线一单 holds the pages of control units with their access
// lists and of the plan-EIA register of parks: editions, what a new one would
// judge otherwise, a screening that changes nothing, and parks.
//
// It may import visit, component, form, words and the contracts. Start with
// [Pages]; the texts are in words.go.
package zoning

import (
	"slices"

	"shiyang/gateway/web/visit"
	"shiyang/gateway/web/words"
	"shiyang/internal/rpc"
	permitsv1 "shiyang/proto/permits/v1"
)

type pages struct {
	client permitsv1.ZoningServiceClient
}

// Pages is the department of zoning.
func Pages(client permitsv1.ZoningServiceClient) visit.Department {
	p := &pages{client}
	return visit.Department{
		Records: []visit.Record{{Category: "zoning", Title: editionKind}, {Category: "park", Title: parkKind}},
		Names: words.Names{
			Paths:  map[string]words.Text{"validFrom": validFrom, "version": version, "units": unitsText, "source": source, "park": parkKind, "rows": rowsText},
			Values: [][]words.Named{unitKinds, accesses, verdicts},
		},
		Entries: []visit.Entry{{
			Group: visit.LookUp, Icon: "shield", Text: title, Path: "/zoning", Method: permitsv1.ZoningService_ListControlEditions_FullMethodName,
			Roles: holders,
			Tabs: []visit.Tab{
				{Text: editionsTab, Path: "/zoning"},
				{Text: screenTab, Path: "/zoning/screen", Method: permitsv1.ZoningService_ScreenProject_FullMethodName},
				{Text: parksTab, Path: "/zoning/parks"},
			},
		}},
		Routes: visit.Routes(
			visit.Page("GET /zoning", p.editions), visit.Form("/zoning/load", p.load), visit.Page("GET /zoning/screen", p.screen),
			visit.Page("GET /zoning/editions/{id}", p.edition), visit.Page("GET /zoning/editions/{id}/compare", p.compare),
			visit.Form("/zoning/editions/{id}/withdraw", p.withdraw),
			visit.Page("GET /zoning/parks", p.parks), visit.Form("/zoning/parks/new", p.newPark), visit.Form("/zoning/parks/{id}/change", p.changePark),
		),
	}
}

// holders are the roles that file, handle or watch over projects.
var holders = slices.DeleteFunc(rpc.Roles(), func(r rpc.Role) bool { return r == rpc.Person || r == rpc.Public })
