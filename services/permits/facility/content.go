package facility

import (
	"strings"

	"shiyang/internal/law"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

// wrong lists every field of a site that stops its registration.
func wrong(site *permitsv1.SiteContent, lists law.View) problem.Fields {
	var fields problem.Fields
	if strings.TrimSpace(site.GetUnitName()) == "" {
		fields.Add("site.unitName", site.GetUnitName(), "REQUIRED",
			"请填写单位名称。", "Enter the name of the unit.")
	}
	if site.GetUscc() != "" {
		for _, f := range law.CheckUSCC(site.GetUscc()) {
			if f.Severity == law.Error {
				fields.Add("site.uscc", site.GetUscc(), f.Reason, f.Zh, f.En)
			}
		}
	}
	for _, f := range lists.CheckDivision(site.GetDivision()) {
		fields.Add("site.division", site.GetDivision(), f.Reason, f.Zh, f.En)
	}
	return fields
}

// doubts lists what does not stop a registration but may be wrong.
func doubts(site *permitsv1.SiteContent) []problem.Field {
	var fields problem.Fields
	if site.GetUscc() == "" {
		fields.Add("site.uscc", "", "USCC_UNKNOWN",
			"统一社会信用代码未知；补充之前不能申请排污许可证。",
			"The credit code is unknown; no permit can be applied for until it is added.")
	} else {
		for _, f := range law.CheckUSCC(site.GetUscc()) {
			if f.Severity == law.Warning {
				fields.Add("site.uscc", site.GetUscc(), f.Reason, f.Zh, f.En)
			}
		}
	}
	if strings.TrimSpace(site.GetSiteAddress()) == "" {
		fields.Add("site.siteAddress", "", "ADDRESS_UNKNOWN",
			"生产经营场所地址未填；排污许可证须载明地址。",
			"The address of the site is missing; a permit has to state it.")
	}
	return fields
}
