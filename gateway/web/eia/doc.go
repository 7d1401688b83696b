// Package eia 环评审批 holds the pages of EIA files: lists, the record with its
// history and past states, the form that a builder files, a form for each
// legal act, the notices to the public and the guides for applicants.
//
// It may import visit, component, form, sheet, page, words and the contracts.
// Start with [Pages]; the acts are a table in act.go, the texts in words.go and words_act.go.
package eia

import (
	"slices"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/visit"
	"shiyang/internal/rpc"
	permitsv1 "shiyang/proto/permits/v1"
)

type pages struct {
	client permitsv1.EiaServiceClient
	zoning permitsv1.ZoningServiceClient
}

// Pages is the department of EIA files; zoning names the parks of the plan-EIA
// register in the builder's form.
func Pages(client permitsv1.EiaServiceClient, zoning permitsv1.ZoningServiceClient) visit.Department {
	p := &pages{client, zoning}
	return visit.Department{
		Records: []visit.Record{{Category: "eia", Title: eiaKind}},
		Names:   names,
		Public:  []component.MenuItem{{Text: noticesTitle, Path: "/eia/notices"}, {Text: guidesTitle, Path: "/eia/guides"}},
		Entries: []visit.Entry{
			{
				Group: visit.Regulated, Icon: "doc", Text: eiaTitle, Path: "/eia", Method: permitsv1.EiaService_ListEia_FullMethodName,
				Tabs: []visit.Tab{
					{Text: filesTab, Path: "/eia"},
					{Text: workTab, Path: "/eia/work", Method: permitsv1.EiaService_ListEiaWork_FullMethodName},
					{Text: noticesTitle, Path: "/eia/notices"},
					{Text: guidesTitle, Path: "/eia/guides"},
				},
				Roles: holders,
			},
		},
		Work: p.waiting, Asks: permitsv1.EiaService_ListEiaWork_FullMethodName,
		Routes: visit.Routes(
			visit.Page("GET /eia", p.files), visit.Page("GET /eia/work", p.work),
			visit.Public("GET /eia/notices", p.notices), visit.Public("GET /eia/guides", p.guides),
			visit.Form("/eia/new", p.begin), visit.Page("GET /eia/{id}", p.file),
			visit.Form("/eia/{id}/submit", p.submit), visit.Form("/eia/{id}/file", p.register),
			visit.Form("/eia/{id}/change", p.change), visit.Form("/eia/{id}/act/{act}", p.act),
		),
	}
}

// holders are the roles that file, handle or watch over EIA files.
var holders = slices.DeleteFunc(rpc.Roles(), func(r rpc.Role) bool { return r == rpc.Person || r == rpc.Public })
