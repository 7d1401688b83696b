package permits_test

import (
	"path/filepath"
	"testing"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/readmodeltest"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/permit"
	"shiyang/services/permits/views/permitlist"
)

// lives are histories after the grant that end in every way.
func lives() map[string][]es.Event {
	const renewal, change = permitsv1.ProcedureKind_PROCEDURE_KIND_RENEWAL, permitsv1.ProcedureKind_PROCEDURE_KIND_BASE_CHANGE
	began := func(k permitsv1.ProcedureKind) es.Event {
		return &permitsv1.PermitProcedureOpened{Kind: k, ChangedOn: day("2026-02-20"), Effective: day("2026-09-01"), Content: lightContent()}
	}
	filed := &permitsv1.PermitApplicationSubmitted{Content: lightContent(), Received: day("2026-08-16")}
	accepted := &permitsv1.PermitApplicationAccepted{Accepted: day("2026-08-18")}
	examined := &permitsv1.PermitApplicationExamined{RecommendGrant: true}
	renewed := &permitsv1.PermitVersionIssued{
		Kind: renewal, Version: 2, Content: lightContent(), From: day("2026-10-16"), ValidFrom: day("2026-10-16"), ValidTo: day("2031-10-15"), Decided: day("2026-10-20"),
	}
	renamed := &permitsv1.PermitVersionIssued{
		Kind: change, Version: 2, Content: lightContent(), From: day("2026-03-20"), ValidFrom: day("2021-10-16"), ValidTo: day("2026-10-15"), Decided: day("2026-03-20"),
		BaseData: &permitsv1.BaseData{UnitName: "武威示例供热有限公司"},
	}
	propose := &permitsv1.PermitMeasureProposed{Measure: "revoke", Ground: "fraud"}
	delivered := &permitsv1.PermitDecisionDelivered{Delivered: day("2026-10-21")}
	return map[string][]es.Event{
		"renewed": {&permitsv1.PermitRenewalReminded{DaysBefore: 90}, began(renewal), filed, accepted, &permitsv1.PermitDeemedRenewed{From: day("2026-10-16")}, examined, renewed, delivered},
		"refused": {
			began(renewal), filed, accepted, &permitsv1.PermitDeemedRenewed{From: day("2026-10-16")}, examined,
			&permitsv1.PermitRefused{Decided: day("2026-10-20")}, &permitsv1.PermitExpired{LastDay: day("2026-10-20")}, delivered, propose,
		},
		"renamed, and revoked": {began(change), filed, accepted, examined, renamed, began(renewal), delivered, propose, &permitsv1.PermitRevoked{From: day("2026-11-01"), BarredUntil: day("2029-11-01")}, &permitsv1.PermitCancelled{On: day("2026-11-02")}},
		"by the authority, withdrawn, withheld": {
			began(permitsv1.ProcedureKind_PROCEDURE_KIND_BY_AUTHORITY), &permitsv1.PermitApplicationWithdrawn{}, propose, &permitsv1.PermitMeasureRejected{},
			&permitsv1.PermitWithheld{From: day("2026-05-01")}, began(renewal), filed, &permitsv1.PermitDeemedRenewed{From: day("2026-10-16")}, &permitsv1.PermitGivenBack{From: day("2026-10-17")},
		},
		"expired, declined, forfeited": {
			began(change), filed, &permitsv1.PermitFoundNotRequired{}, &permitsv1.PermitPaperReissued{Paper: 2}, &permitsv1.PlatformNumberEntered{PermitNumber: sampleUSCC + "009P"},
			&permitsv1.PermitExpired{LastDay: day("2026-10-15")},
		},
		"forfeited in the middle of a procedure": {began(renewal), filed, accepted, &permitsv1.PermitForfeited{From: day("2026-09-01")}},
	}
}

// After every event of every life the list says of a permit what the record
// itself says: standing, term, and the act that it waits for.
func TestListAgreesWithTheRecord(t *testing.T) {
	for name, later := range lives() {
		t.Run(name, func(t *testing.T) {
			opened := intakeSamples()[0].(*permitsv1.PermitApplicationOpened)
			opened.ManagementClass = permitsv1.ManagementClass_MANAGEMENT_CLASS_SIMPLIFIED
			events := append([]es.Event{
				opened, &permitsv1.PermitApplicationSubmitted{Content: lightContent(), Received: day("2021-10-08")}, &permitsv1.PermitApplicationAccepted{Accepted: day("2021-10-09")},
				&permitsv1.PermitApplicationExamined{RecommendGrant: true},
				&permitsv1.PermitIssued{PermitNumber: sampleUSCC + "001P", Content: lightContent(), ValidFrom: day("2021-10-16"), ValidTo: day("2026-10-15"), Decided: day("2021-10-16")},
			}, later...)
			var facts []readmodel.Fact
			for i, e := range events {
				at := readmodeltest.At.Add(time.Duration(i) * time.Hour)
				facts = append(facts, readmodel.Fact{Stream: "permit-1", Event: e, Meta: es.Meta{Actor: examiner, RecordedAt: at, OccurredAt: at}})
			}
			facts = readmodeltest.Complete(0, facts...)
			db := readmodeltest.Open(t, "sqlite:"+filepath.Join(t.TempDir(), "views.db"))
			var state permit.Permit
			for i, f := range facts {
				for _, p := range permits.Projections(desk.Always(law.Embedded)) {
					if p.Name == permitlist.Name {
						readmodeltest.Apply(t, db, p, facts[:i+1]...)
					}
				}
				state = state.Evolve(es.Fact{Event: f.Event, Meta: f.Meta})
				rows, _, err := permitlist.Queries{DB: db}.List(t.Context(), permitlist.Filter{All: true})
				if err != nil || len(rows) != 1 {
					t.Fatal(rows, err)
				}
				act, _ := state.NextAct()
				validTo := ""
				if !state.ValidTo.IsZero() {
					validTo = state.ValidTo.String()
				}
				row := rows[0]
				if row.Facts.Shown() != state.Shown() || row.Facts.Status != state.Status || row.Next.Act != act.Name || row.ValidTo != validTo ||
					row.UnitName != state.UnitName || row.Number != state.Number || row.Facts.Class != state.Class {
					t.Errorf("after %T the list says %v %v %q %s %s, the record %v %v %q %s %s", f.Event, row.Facts.Shown(), row.Facts.Status, row.Next.Act,
						row.ValidTo, row.UnitName, state.Shown(), state.Status, act.Name, validTo, state.UnitName)
				}
			}
		})
	}
}
