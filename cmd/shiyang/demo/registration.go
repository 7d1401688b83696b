package demo

import (
	"context"
	"errors"
	"fmt"

	"shiyang/cmd/shiyang/importer"
)

// miller is a made-up firm under registration: it needs no permit.
var miller = firm{
	name: "民勤示例面粉有限公司", nameEn: "Minqin Example Flour", uscc: "91620621MA7X1K8C9G", division: "620621", address: "民勤县示例路 9 号",
	industry: "1310", row: 9, login: "mianfen", person: "示例经办人戊", age: 30,
}

// roll is a made-up census: some of its sources are settled by what the
// example firms have, the others wait for a clerk.
var roll = []importer.Row{
	source("P-0001", "天祝示例硅材有限公司", "91620623MA73H91T32", "天祝县示例路 3 号", "620623", "3099"),
	source("P-0002", "民勤示例面粉有限公司", "91620621MA7X1K8C9G", "民勤县示例路 9 号", "620621", "1310"),
	source("P-0003", "古浪示例再生资源有限公司", "91620622MA74B60E43", "古浪县示例路 1 号", "620622", "3099"),
	source("P-0004", "古浪示例砖厂", "91620622MA7X3R6E2T", "古浪县示例路 6 号", "620622", "3031"),
	source("P-0005", "民勤示例养殖场", "91620621MA7X2P5D7Y", "民勤县示例路 12 号", "620621", "0311"),
	source("P-0006", "凉州示例修理铺", "", "凉州区示例路 20 号", "620602", "8111"),
}

func source(census, name, uscc, address, division, industry string) importer.Row {
	return importer.Row{
		"census_number": census, "unit_name": name, "uscc": uscc, "site_address": address, "division": division, "industry": industry,
		"origin": "示例普查", "note": "示例：虚构的污染源", "example": "1",
	}
}

// bringRegistrations tells the tier and the registration of an example firm,
// and enters the roll of sources.
func (m *maker) bringRegistrations(ctx context.Context) error {
	f, err := m.found(ctx, miller)
	if err != nil {
		return err
	}
	site, err := f.Command(ctx, "/v1/facilities", "", map[string]any{"enterpriseId": f.id, "site": map[string]any{
		"unitName": f.name, "uscc": f.uscc, "siteAddress": f.address, "division": f.division, "industry": f.industry,
		"contact": map[string]any{"name": f.person, "phone": phone}, "remark": "示例：虚构的企业和数据", "example": true,
	}})
	if err != nil {
		return fmt.Errorf("site of %s: %w", f.name, err)
	}
	at := m.days.at(m.days.ago(f.age))
	for _, step := range []struct {
		verb string
		body map[string]any
	}{
		{"decide-tier", map[string]any{"answers": map[string]any{"industries": []any{
			map[string]any{"row": f.row, "column": "LIST_COLUMN_REGISTRATION"},
		}}}},
		{"file", map[string]any{"content": map[string]any{
			"products": []any{map[string]any{"title": "面粉（示例）", "capacity": "12000 吨/年"}},
			"releases": []any{map[string]any{
				"medium": "REGISTRATION_MEDIUM_AIR", "process": "磨粉", "measure": "布袋除尘", "destination": "大气", "standard": "GB 16297-1996",
			}},
			"declaredTrue": true,
		}}},
	} {
		step.body["occurredAt"] = at
		if _, err := f.Command(ctx, "/v1/registrations/"+site.RecordID+":"+step.verb, "", step.body); err != nil {
			return fmt.Errorf("%s %s: %w", f.name, step.verb, err)
		}
	}
	report, err := importer.Sources.Send(ctx, m.clerk.Client, roll, func() {})
	for _, r := range report.Refused {
		err = errors.Join(err, fmt.Errorf("roll of sources: %s: %s", r.Path, r.Message))
	}
	return err
}
