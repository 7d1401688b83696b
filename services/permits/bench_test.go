package permits_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/readmodeltest"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/views/permitlist"
)

// fill enters many applications in batches: four counties, one in a thousand
// withdrawn, a tenth filed.
func fill(b *testing.B, db *readmodel.DB, n int) {
	b.Helper()
	list := permits.Projections(desk.Always(law.Embedded))[0]
	content := sampleContent()
	var facts []readmodel.Fact
	for i := range n {
		stream := fmt.Sprintf("permit-%08d", i)
		at := readmodeltest.At.Add(time.Duration(i) * time.Second)
		say := func(revision es.Revision, e es.Event) {
			facts = append(facts, readmodel.Fact{
				Stream: stream, Revision: revision, Event: e, Position: es.Position(i*3) + es.Position(revision),
				Meta: es.Meta{Actor: firm, RecordedAt: at, OccurredAt: at},
			})
		}
		opened := intakeSamples()[0].(*permitsv1.PermitApplicationOpened)
		opened.UnitName = fmt.Sprintf("武威示例第%d热力有限公司", i)
		opened.Uscc = fmt.Sprintf("91620602MA%06dX1", i)
		opened.Division = []string{"620602", "620621", "620622", "620623"}[i%4]
		opened.EnterpriseId = fmt.Sprint("firm-", i)
		say(1, opened)
		switch {
		case i%1000 == 7:
			say(2, &permitsv1.PermitApplicationWithdrawn{Reason: "x"})
		case i%10 == 3:
			say(2, &permitsv1.PermitApplicationSubmitted{Content: content, Received: day("2026-01-05")})
		}
		if len(facts) >= 2000 || i == n-1 {
			if err := readmodel.Apply(b.Context(), db, list, readmodeltest.Complete(0, facts...)...); err != nil {
				b.Fatal(err)
			}
			facts = facts[:0]
		}
	}
}

// The list of permits by size of the register: the 99th percentile of every
// kind of question must not grow with it.
func BenchmarkList(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		db := readmodeltest.Open(b, "sqlite:"+b.TempDir()+"/views.db")
		fill(b, db, n)
		q := permitlist.Queries{DB: db}
		for name, filter := range map[string]permitlist.Filter{
			"newest":            {All: true},
			"county by name":    {Counties: []string{"620623"}, Order: "unit_name"},
			"stage by due":      {All: true, Status: permitsv1.PermitStatus_PERMIT_STATUS_SUBMITTED, Order: "due"},
			"rare stage, class": {All: true, Status: permitsv1.PermitStatus_PERMIT_STATUS_WITHDRAWN, Class: 1, Order: "valid_to"},
			"common words":      {All: true, Query: "热力有限公司"},
			"rare words":        {All: true, Query: fmt.Sprint("第", n/2, "热力")},
			"number in county":  {Counties: []string{"620602"}, Query: "MA000004"},
			"two words":         {All: true, Query: "热力 77"},
			"firm":              {Firms: []string{"firm-77"}},
		} {
			b.Run(fmt.Sprintf("%s of %d", name, n), func(b *testing.B) {
				var took []time.Duration
				for b.Loop() {
					began := time.Now()
					if _, _, err := q.List(b.Context(), filter); err != nil {
						b.Fatal(err)
					}
					took = append(took, time.Since(began))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			})
		}
	}
}
