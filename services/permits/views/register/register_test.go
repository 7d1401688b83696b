package register_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	"shiyang/internal/es"
	"shiyang/internal/problem"
	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/readmodeltest"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/views/register"
)

const number = "91620602MA74X0001A001P"

func date(iso string) *commonv1.Date { return &commonv1.Date{Iso: iso} }

func fact(stream string, e es.Event) readmodel.Fact {
	return readmodel.Fact{Stream: stream, Event: e}
}

// content is an application in which every text says which field it is.
func content() *permitsv1.ApplicationContent {
	c := &permitsv1.ApplicationContent{}
	fill(c.ProtoReflect(), "content")
	return c
}

func base() *permitsv1.BaseData {
	b := &permitsv1.BaseData{}
	fill(b.ProtoReflect(), "baseData")
	return b
}

func site(longitude string) *permitsv1.SiteContent {
	s := &permitsv1.SiteContent{}
	fill(s.ProtoReflect(), "baseData") // persons of a site are hidden like those of the holder
	s.Location = &commonv1.Location{Longitude: longitude, Latitude: "37.93"}
	return s
}

func granted(i int) []readmodel.Fact {
	return []readmodel.Fact{
		fact(fmt.Sprintf("facility-%d", i), &permitsv1.FacilityRegistered{Site: site("102.64")}),
		fact(fmt.Sprintf("permit-%d", i), &permitsv1.PermitApplicationOpened{
			FacilityId: fmt.Sprint(i), UnitName: fmt.Sprintf("示例热力%d有限公司", i), Uscc: number[:18], Division: "620602", SiteAddress: "示例路1号", Example: true,
		}),
		fact(fmt.Sprintf("permit-%d", i), &permitsv1.PermitIssued{
			PermitNumber: number[:19] + fmt.Sprintf("%02dP", i), DocumentNumber: "武环许〔2026〕1号", Content: content(),
			ValidFrom: date("2026-03-01"), ValidTo: date("2031-02-28"), Decided: date("2026-03-01"), IssuingOrg: "620600",
		}),
	}
}

// life is a permit that is changed, taken away, given back and cancelled, one
// that is refused, and one whose site moves.
func life() []readmodel.Fact {
	facts := append(granted(1), granted(2)...)
	return append(facts,
		fact("permit-3", &permitsv1.PermitApplicationOpened{FacilityId: "1", UnitName: "示例拒绝有限公司", Division: "620602"}),
		fact("permit-3", &permitsv1.PermitRefused{Reasons: "‹reasons›"}),
		fact("permit-1", &permitsv1.PermitVersionIssued{
			Kind: permitsv1.ProcedureKind_PROCEDURE_KIND_BASE_CHANGE, Version: 2, Content: content(), BaseData: base(), From: date("2026-05-01"),
			ValidFrom: date("2026-03-01"), ValidTo: date("2031-02-28"), Decided: date("2026-05-01"), DocumentNumber: "武环许〔2026〕9号", IssuingOrg: "620600",
		}),
		fact("permit-1", &permitsv1.PermitWithheld{From: date("2026-06-01"), Reason: "‹reason›"}),
		fact("permit-1", &permitsv1.PermitGivenBack{From: date("2026-07-01")}),
		fact("facility-2", &permitsv1.FacilityChanged{Site: site("102.70"), Reason: "‹reason›"}),
		fact("facility-2", &permitsv1.FacilityChanged{Site: site("102.70"), Reason: "‹reason›"}), // moves nothing
		fact("permit-1", &permitsv1.PermitRevoked{From: date("2026-08-01"), Ground: "fraud", Reason: "‹reason›"}),
		fact("permit-1", &permitsv1.PermitCancelled{On: date("2026-08-02"), Ground: "revoked"}),
	)
}

func told(t *testing.T, test func(t *testing.T, q register.Queries)) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		readmodeltest.Apply(t, db, register.Projection(), life()...)
		test(t, register.Queries{DB: db})
	})
}

func feed(t *testing.T, q register.Queries, since uint64, size int32) (all []*permitsv1.RegisterChange) {
	t.Helper()
	for {
		list, more, err := q.Changes(t.Context(), since, "", size)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, list...)
		if !more {
			return all
		}
		since = list[len(list)-1].GetPosition()
	}
}

func TestFeedTellsEveryChangeOnce(t *testing.T) {
	told(t, func(t *testing.T, q register.Queries) {
		want := []string{
			"1 published in_force", "2 published in_force", "1 changed in_force", "1 ended withheld", "1 changed in_force",
			"2 changed in_force", "1 ended revoked", "1 changed cancelled",
		}
		for _, size := range []int32{0, 1, 3} {
			var got []string
			var last uint64
			for i, c := range feed(t, q, 0, size) {
				got = append(got, c.GetId()+" "+c.GetChange()+" "+c.GetEntry().GetStatus())
				if c.GetSequence() != uint64(i+1) || c.GetPosition() <= last || c.GetRecordedAt() == nil || c.GetEntry().GetPosition() != c.GetPosition() {
					t.Errorf("change %d of %v stands behind %d", i+1, c, last)
				}
				last = c.GetPosition()
			}
			if !slices.Equal(got, want) {
				t.Errorf("pages of %d: %q, want %q", size, got, want)
			}
		}
		all := feed(t, q, 0, 0)
		if rest := feed(t, q, all[4].GetPosition(), 2); len(rest) != 3 || rest[0].GetSequence() != 6 {
			t.Errorf("behind the fifth change stand %v", rest)
		}
		if none := feed(t, q, all[7].GetPosition(), 0); len(none) != 0 {
			t.Errorf("behind the last change stand %v", none)
		}
	})
}

func TestEntriesAndTheirVersions(t *testing.T) {
	told(t, func(t *testing.T, q register.Queries) {
		one := number[:19] + "01P"
		entry, versions, err := q.Get(t.Context(), register.KindPermit, one, 0)
		if err != nil || entry.GetStatus() != "cancelled" || entry.GetInForce() || entry.GetVersion() != 2 || len(versions) != 2 {
			t.Fatalf("%v %v %v", entry, versions, err)
		}
		if versions[0].GetOccasion().GetZh() != "变更基本信息" || versions[0].GetDocumentNumber() != "武环许〔2026〕9号" || versions[1].GetPosition() == 0 {
			t.Errorf("versions: %v", versions)
		}
		first, _, err := q.Get(t.Context(), register.KindPermit, one, 1)
		if err != nil || first.GetUnitName() != "示例热力1有限公司" || first.GetStatus() != "in_force" || first.GetContent().GetFields()["baseData"] != nil {
			t.Errorf("version 1: %v %v", first, err)
		}
		for _, missing := range []struct {
			number  string
			version int32
		}{{one, 3}, {number[:18] + "999P", 0}} {
			if _, _, err := q.Get(t.Context(), register.KindPermit, missing.number, missing.version); !errors.Is(err, problem.ErrNotFound) {
				t.Errorf("%v: %v", missing, err)
			}
		}
		for state, want := range map[string]int64{"": 2, "in_force": 1, "ended": 1} {
			found, _, total, err := q.Search(t.Context(), register.Filter{State: state, Kind: register.KindPermit, Division: "620602"})
			if err != nil || total != want || int64(len(found)) != want {
				t.Errorf("%q: %d of %d entries (%v)", state, len(found), total, err)
			}
		}
		found, next, _, err := q.Search(t.Context(), register.Filter{Size: 1})
		if err != nil || len(found) != 1 || next == "" {
			t.Fatalf("%v %q %v", found, next, err)
		}
		rest, end, _, err := q.Search(t.Context(), register.Filter{Size: 1, After: next})
		if err != nil || len(rest) != 1 || end != "" || rest[0].GetId() == found[0].GetId() {
			t.Errorf("the second page has %v and goes on at %q (%v)", rest, end, err)
		}
		if byName, _, _, err := q.Search(t.Context(), register.Filter{Query: "热力2"}); err != nil || len(byName) != 1 || byName[0].GetContent() != nil {
			t.Errorf("found %v (%v)", byName, err)
		}
	})
}

func TestExportIsAsOfAPosition(t *testing.T) {
	told(t, func(t *testing.T, q register.Queries) {
		all := feed(t, q, 0, 0)
		for i, want := range map[int][]string{
			0: {"1 in_force"}, 1: {"1 in_force", "2 in_force"}, 3: {"1 withheld", "2 in_force"}, 7: {"1 cancelled", "2 in_force"},
		} {
			var got []string
			err := q.Export(t.Context(), register.KindPermit, all[i].GetPosition(), true, func(e *permitsv1.PublicEntry) error {
				got = append(got, e.GetId()+" "+e.GetStatus())
				return nil
			})
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("after %d changes: %v, want %v (%v)", i+1, got, want, err)
			}
			position, recorded, err := q.Head(t.Context(), all[i].GetPosition())
			if err != nil || position != all[i].GetPosition() || recorded.IsZero() {
				t.Errorf("head at %d is %d, %v (%v)", all[i].GetPosition(), position, recorded, err)
			}
		}
		if err := q.Export(t.Context(), register.KindPermit, all[7].GetPosition(), false, func(e *permitsv1.PublicEntry) error {
			if e.GetContent() != nil || e.GetNumber() == "" {
				t.Errorf("without content: %v", e)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		stop := errors.New("enough")
		if err := q.Export(t.Context(), register.KindPermit, all[7].GetPosition(), true, func(*permitsv1.PublicEntry) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("a reader that has enough is answered %v", err)
		}
	})
}

// Whatever way is asked, nothing leaves the register that its rules keep back.
func TestNothingHiddenLeaves(t *testing.T) {
	told(t, func(t *testing.T, q register.Queries) {
		var out strings.Builder
		for _, c := range feed(t, q, 0, 0) {
			out.WriteString(protojson.Format(c))
		}
		found, _, _, err := q.Search(t.Context(), register.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range found {
			out.WriteString(protojson.Format(e))
			for v := range int32(3) {
				whole, versions, err := q.Get(t.Context(), e.GetKind(), e.GetNumber(), v)
				if err == nil {
					out.WriteString(protojson.Format(whole) + fmt.Sprint(versions))
				}
			}
		}
		if err := q.Export(t.Context(), register.KindPermit, 1<<62, true, func(e *permitsv1.PublicEntry) error {
			out.WriteString(protojson.Format(e))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for _, value := range append(hidden(t), "‹reason›", "‹reasons›", "示例拒绝") {
			if strings.Contains(out.String(), value) {
				t.Errorf("%s has left the register", value)
			}
		}
		if !strings.Contains(out.String(), "‹content.limits.standard›") {
			t.Error("limits are missing: this test looks at nothing")
		}
	})
}

// withdrawn is a source that takes an entry back.
func TestWithdrawnEntriesLeaveNoCopy(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		p := register.Projection()
		p.Handlers = append(slices.Clone(p.Handlers), register.On(register.KindPermit,
			func(ctx context.Context, e *register.Edit, _ *permitsv1.PermitPaperReissued) error {
				return e.Withdraw(ctx, e.Fact.ID)
			}))
		facts := append(granted(1), fact("permit-1", &permitsv1.PermitPaperReissued{Paper: 2}), fact("permit-9", &permitsv1.PermitPaperReissued{Paper: 2}))
		readmodeltest.Apply(t, db, p, facts...)
		q := register.Queries{DB: db}
		all := feed(t, q, 0, 0)
		if len(all) != 2 || all[1].GetChange() != "withdrawn" || all[1].GetEntry() != nil || all[0].GetEntry() != nil {
			t.Errorf("the feed still tells %v", all)
		}
		if _, _, err := q.Get(t.Context(), register.KindPermit, "1", 0); !errors.Is(err, problem.ErrNotFound) {
			t.Errorf("a withdrawn entry is answered %v", err)
		}
		if found, _, total, err := q.Search(t.Context(), register.Filter{Query: "热力"}); err != nil || total != 0 || len(found) != 0 {
			t.Errorf("a withdrawn entry is found: %v (%v)", found, err)
		}
	})
}
