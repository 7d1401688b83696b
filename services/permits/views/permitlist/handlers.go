package permitlist

import (
	"context"
	"errors"
	"slices"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/readmodel"
	permitsv1 "shiyang/proto/permits/v1"
)

type readmodelEvent = proto.Message

func onOpened(_ context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.PermitApplicationOpened) error {
	held := heldRows(tx)
	if held.known[fact.ID] != nil {
		return errors.New("the permit was opened before")
	}
	held.add(&row{
		id: fact.ID, facility: e.GetFacilityId(), enterprise: e.GetEnterpriseId(), name: e.GetUnitName(), uscc: e.GetUscc(),
		division: e.GetDivision(), example: e.GetExample(), recorded: stamp(fact), at: fact.Position, fresh: true,
		facts: Facts{Status: permitsv1.PermitStatus_PERMIT_STATUS_DRAFT, Class: e.GetManagementClass()},
	})
	return nil
}

// file is what every filing changes: stage, class, industry and receipt.
func (r *row) file(content *permitsv1.ApplicationContent, received string) {
	r.facts.Class = content.GetManagementClass()
	if received == "" || r.facts.Standing == 0 { // of a granted permit only a new version changes it
		r.industry = content.GetIndustry()
	}
	if received != "" {
		r.facts.Status, r.facts.Received, r.facts.Answered = permitsv1.PermitStatus_PERMIT_STATUS_SUBMITTED, received, ""
		if r.facts.Filed == "" {
			r.facts.Filed = received
		}
	}
}

func onSubmitted(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.PermitApplicationSubmitted) error {
	return edit(ctx, tx, fact, func(r *row) { r.file(e.GetContent(), e.GetReceived().GetIso()) })
}

func onResubmitted(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.PermitApplicationResubmitted) error {
	return edit(ctx, tx, fact, func(r *row) { r.file(e.GetContent(), e.GetReceived().GetIso()) })
}

func onCorrected(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.PermitApplicationCorrectedOnSpot) error {
	return edit(ctx, tx, fact, func(r *row) {
		r.file(e.GetContent(), "")
		r.facts.Clerks = add(r.facts.Clerks, fact.Meta.Actor.ID)
	})
}

func onIssued(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.PermitIssued) error {
	return edit(ctx, tx, fact, func(r *row) {
		r.number, r.validFrom, r.validTo = e.GetPermitNumber(), e.GetValidFrom().GetIso(), e.GetValidTo().GetIso()
		r.file(e.GetContent(), "")
		r.facts.Status, r.facts.Decided = permitsv1.PermitStatus_PERMIT_STATUS_ISSUED, e.GetDecided().GetIso()
		r.facts.Standing, r.facts.Kind, r.facts.ValidTo = r.facts.Status, permitsv1.ProcedureKind_PROCEDURE_KIND_FIRST, r.validTo
		r.facts.Numbered, r.facts.Granted, r.issued = r.number != "", r.facts.Class, true
	})
}

func onDeficient(f *Facts, fact readmodel.Fact, e *permitsv1.DeficiencyNoticed) {
	f.Status, f.Answered = permitsv1.PermitStatus_PERMIT_STATUS_DEFICIENT, e.GetNoticed().GetIso()
	f.Clerks = add(f.Clerks, fact.Meta.Actor.ID)
}

func onNotRequired(f *Facts, _ readmodel.Fact, _ *permitsv1.PermitFoundNotRequired) {
	f.Status = permitsv1.PermitStatus_PERMIT_STATUS_NOT_REQUIRED
	f.fallBack()
}

func onOutside(f *Facts, _ readmodel.Fact, _ *permitsv1.PermitFoundOutsideAuthority) {
	f.Status = permitsv1.PermitStatus_PERMIT_STATUS_WRONG_AUTHORITY
	f.fallBack()
}

func onAccepted(f *Facts, fact readmodel.Fact, e *permitsv1.PermitApplicationAccepted) {
	f.Status = permitsv1.PermitStatus_PERMIT_STATUS_ACCEPTED
	f.Accepted, f.Answered = e.GetAccepted().GetIso(), e.GetAccepted().GetIso()
	f.Clerks = add(f.Clerks, fact.Meta.Actor.ID)
}

func onDeemed(f *Facts, _ readmodel.Fact, e *permitsv1.PermitApplicationDeemedAccepted) {
	f.Status, f.Accepted, f.Deemed = permitsv1.PermitStatus_PERMIT_STATUS_ACCEPTED, e.GetAccepted().GetIso(), true
}

func onWithdrawn(f *Facts, _ readmodel.Fact, _ *permitsv1.PermitApplicationWithdrawn) {
	f.Status = permitsv1.PermitStatus_PERMIT_STATUS_WITHDRAWN
	f.fallBack()
}

func onPaused(f *Facts, _ readmodel.Fact, e *permitsv1.DecisionClockPaused) {
	f.Pauses = append(f.Pauses, Pause{Kind: e.GetKind(), From: e.GetFrom().GetIso()})
}

func onResumed(f *Facts, _ readmodel.Fact, e *permitsv1.DecisionClockResumed) {
	if n := len(f.Pauses); n > 0 {
		f.Pauses[n-1].Last = e.GetLast().GetIso()
	}
}

func onExamined(f *Facts, fact readmodel.Fact, e *permitsv1.PermitApplicationExamined) {
	f.Status, f.RecommendGrant = permitsv1.PermitStatus_PERMIT_STATUS_EXAMINED, e.GetRecommendGrant()
	f.Examiners = add(f.Examiners, fact.Meta.Actor.ID)
}

func onRefused(f *Facts, _ readmodel.Fact, e *permitsv1.PermitRefused) {
	f.Status, f.Decided = permitsv1.PermitStatus_PERMIT_STATUS_REFUSED, e.GetDecided().GetIso()
	f.fallBack()
}

func add(accounts []string, id string) []string {
	if id == "" || slices.Contains(accounts, id) {
		return accounts
	}
	return append(accounts, id)
}
