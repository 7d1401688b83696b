// Package monitoring 自动监测 holds the pages of meters: the register, a meter
// with its hours and days as chart and table, readings above the limit, the
// mass of the year, linkage by county, and the yearly plan.
//
// It may import visit, component, form, page, words and the contracts. Start
// with [Pages]; the acts are a table in act.go, the texts in words.go.
package monitoring

import (
	"shiyang/gateway/web/visit"
	"shiyang/internal/rpc"
	permitsv1 "shiyang/proto/permits/v1"
)

type pages struct {
	client permitsv1.MonitoringServiceClient
	sites  permitsv1.PermitsServiceClient
}

// Pages is the department of automatic monitoring; sites names the sites in its
// forms.
func Pages(client permitsv1.MonitoringServiceClient, sites permitsv1.PermitsServiceClient) visit.Department {
	p := &pages{client, sites}
	return visit.Department{
		Records: []visit.Record{
			{Category: "meter", Title: meterKind},
			{Category: "exceedance", Title: exceedanceKind},
			{Category: "metermonth", Title: monthKind},
			{Category: "massyear", Title: massKind},
			{Category: "meterplan", Title: planKind},
		},
		Names: names,
		Entries: []visit.Entry{{
			Group: visit.Regulated, Icon: "clock", Text: title, Path: "/meters", Method: permitsv1.MonitoringService_ListMeters_FullMethodName,
			Roles: readers,
			Tabs: []visit.Tab{
				{Text: metersTab, Path: "/meters"},
				{Text: exceedancesTab, Path: "/meters/exceedances", Method: permitsv1.MonitoringService_ListExceedances_FullMethodName},
				{Text: massTab, Path: "/meters/mass", Method: permitsv1.MonitoringService_ListAnnualMass_FullMethodName},
				{Text: linkageTab, Path: "/meters/linkage", Method: permitsv1.MonitoringService_GetLinkage_FullMethodName},
				{Text: planTab, Path: "/meters/plan", Method: permitsv1.MonitoringService_ListMeterPlan_FullMethodName},
			},
		}},
		Routes: visit.Routes(
			visit.Page("GET /meters", p.meters), visit.Page("GET /meters/exceedances", p.exceedances), visit.Page("GET /meters/mass", p.mass),
			visit.Page("GET /meters/linkage", p.linkage), visit.Page("GET /meters/plan", p.plan),
			visit.Form("/meters/new", p.register), visit.Form("/meters/plan/new", p.planOutlet), visit.Form("/meters/plan/withdraw/{id}", p.withdraw),
			visit.Page("GET /meters/{id}", p.meter), visit.Form("/meters/{id}/act/{act}", p.act),
			visit.Form("/meters/{id}/reflag/{period}/{at}/{pollutant}", p.reflag),
		),
	}
}

// readers are the roles that see meters; the machine reads the API.
var readers = []rpc.Role{
	rpc.PermitClerk, rpc.PermitExaminer, rpc.PermitDecider, rpc.Officer, rpc.Head, rpc.Auditor, rpc.FirmAdmin, rpc.FirmHandler, rpc.Consultant,
}
