package register

import (
	"context"
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"

	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

// Find returns one page of permits in force without outlets and limits, newest
// first, the cursor of the next page, and how many match in all.
func (q Queries) Find(ctx context.Context, query, division string, size int32, after string) (found []*permitsv1.RegisterEntry, next string, total int64, err error) {
	list, next, total, err := q.Search(ctx, Filter{
		Query: query, Kind: KindPermit, Division: division, State: "in_force", Size: size, After: after,
	})
	for _, e := range list {
		found = append(found, permitEntry(e))
	}
	return found, next, total, err
}

// Entry returns one permit in force with its outlets and limits, or
// problem.ErrNotFound.
func (q Queries) Entry(ctx context.Context, permitNumber string) (*permitsv1.RegisterEntry, error) {
	e, _, err := q.Get(ctx, KindPermit, permitNumber, 0)
	if err != nil {
		return nil, err
	}
	if !e.GetInForce() {
		return nil, problem.ErrNotFound
	}
	var said struct {
		Content json.RawMessage `json:"content"`
	}
	body, err := e.GetContent().MarshalJSON()
	if err == nil {
		err = json.Unmarshal(body, &said)
	}
	var content permitsv1.ApplicationContent
	if err == nil {
		err = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(said.Content, &content)
	}
	if err != nil {
		return nil, fmt.Errorf("read register: %w", err)
	}
	entry := permitEntry(e)
	entry.Outlets, entry.Limits = content.GetOutlets(), content.GetLimits()
	return entry, nil
}

var classes = map[string]permitsv1.ManagementClass{
	"key":        permitsv1.ManagementClass_MANAGEMENT_CLASS_KEY,
	"simplified": permitsv1.ManagementClass_MANAGEMENT_CLASS_SIMPLIFIED,
}

func permitEntry(e *permitsv1.PublicEntry) *permitsv1.RegisterEntry {
	return &permitsv1.RegisterEntry{
		PermitNumber: e.GetNumber(), UnitName: e.GetUnitName(), Uscc: e.GetUscc(), SiteAddress: e.GetSiteAddress(),
		Division: e.GetDivision(), Industry: e.GetIndustry(), ManagementClass: classes[e.GetClass()],
		ValidFrom: e.GetValidFrom(), ValidTo: e.GetValidTo(), IssuingOrg: e.GetIssuingOrg(), Example: e.GetExample(),
		DocumentNumber: e.GetDocumentNumber(), Decided: e.GetDecided(), PermitId: e.GetId(),
	}
}
